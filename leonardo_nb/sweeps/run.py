"""
A sweep that is paid for: its jobs, seen as one grid.

A run holds no state of its own; everything is read from the jobs. So a part of it (`sel`) or
another way of laying it out (`grid`) is one more run over the same jobs.
"""

from __future__ import annotations

import re
import threading
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Self

from leonardo_nb.engine.lifecycle import Charge, State
from leonardo_nb.engine.media import Image, Images
from leonardo_nb.engine.standing import FROM_LIBRARY
from leonardo_nb.engine.together import Together
from leonardo_nb.errors import (
    InvalidRequest,
    JobCancelled,
    JobFailed,
    SweepFailed,
    UnknownParameter,
)
from leonardo_nb.service.catalog import expected_seconds
from leonardo_nb.service.values import shown
from leonardo_nb.sweeps.estimate import counted, makespan, slots_of, total
from leonardo_nb.sweeps.layout import Layout, axis_named, lay_out
from leonardo_nb.sweeps.methods import SweepMethods
from leonardo_nb.sweeps.space import Axis, Cell, axis_values, is_whole, spread_order

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from concurrent.futures import Future
    from pathlib import Path

    import pandas as pd
    from PIL.Image import Image as Picture

    from leonardo_nb.engine.kinds import GenerationJob
    from leonardo_nb.engine.lifecycle import Snapshot
    from leonardo_nb.engine.terms import Terms
    from leonardo_nb.money import Cost
    from leonardo_nb.service.requests import CreateGeneration
    from leonardo_nb.studios import Studio
    from leonardo_nb.widgets.sheet import Sheet

__all__ = ["CellState", "Counts", "Run", "took"]

ANY_ID = re.compile(r"\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b")


class CellState(StrEnum):
    """What a cell shows: fewer words than a job's state, for who looks at a grid."""

    WAITING = "waiting"
    """Not sent: it costs nothing to withdraw it."""
    RUNNING = "running"
    """Sent, and paid for."""
    DONE = "done"
    FAILED = "failed"
    STOPPED = "stopped"
    """Withdrawn, or given up."""

    @staticmethod
    def of(job: GenerationJob) -> CellState:
        """Return what *job* looks like in a grid."""
        match job.state:
            case State.COMPLETE:
                return CellState.DONE
            case State.FAILED:
                return CellState.FAILED
            case State.CANCELLED:
                return CellState.STOPPED
            case State.REQUEST if not job.sent:
                return CellState.WAITING
            case _:
                return CellState.RUNNING


@dataclass(frozen=True, slots=True)
class Counts:
    """How many cells are in each state; they add up to `total`."""

    done: int = 0
    failed: int = 0
    running: int = 0
    waiting: int = 0
    stopped: int = 0

    @property
    def total(self) -> int:
        """All cells."""
        return self.done + self.failed + self.running + self.waiting + self.stopped

    @property
    def open(self) -> int:
        """Cells that still change."""
        return self.running + self.waiting

    def __str__(self) -> str:
        named = {
            "done": self.done,
            "failed": self.failed,
            "running": self.running,
            "waiting": self.waiting,
            "stopped": self.stopped,
        }
        return ", ".join(f"{number:,} {name}" for name, number in named.items() if number)


def took(job: GenerationJob) -> float:
    """Return the seconds from acceptance to now or the end, without the wait for a slot."""
    waited = job.elapsed if job.snapshot.accepted is None else _waited(job.snapshot)
    return max(job.elapsed - waited, 0.0)


def _reason(error: BaseException) -> str:
    """Return why a cell failed, the same for all that failed alike: without ids and seconds."""
    said = error.reason if isinstance(error, JobFailed) else str(error)
    return ANY_ID.sub("…", said)


def _waited(snapshot: Snapshot) -> float:
    return (snapshot.accepted or snapshot.started) - snapshot.started


class Run(Together, SweepMethods):
    """
    The jobs of a sweep as one grid; awaitable, and shown as it fills.

    Attributes:
        axes: What varies.
        fixed: What is the same in every cell.
        cells: Every cell, the last axis varying fastest.
        layout: Which axes are columns, rows and facets.
    """

    __module__ = "leonardo_nb"

    stopped_waiting = "Stopped waiting; the sweep goes on. `await run` waits again."
    axes: tuple[Axis, ...]
    fixed: dict[str, Any]
    cells: tuple[Cell, ...]
    layout: Layout

    def __init__(  # noqa: PLR0917  made here alone, always with all of them
        self,
        studio: Studio,
        axes: Sequence[Axis],
        fixed: Mapping[str, Any],
        cells: Sequence[Cell],
        jobs: Mapping[str, GenerationJob],
        prices: Mapping[str, Future[Cost]],
        layout: Layout | None = None,
    ) -> None:
        self.studio = studio
        self.axes = tuple(axes)
        self.fixed = dict(fixed)
        self.cells = tuple(cells)
        self.layout = layout or lay_out(self.axes)
        self._by_key = jobs
        self._prices = prices
        # each job once, however many cells show it
        self._own = {cell.key: jobs[cell.key] for cell in self.cells}
        super().__init__(self._own.values())
        self._sheet: Sheet | None = None
        self._sheet_made = threading.Lock()  # asked for by cells and by the engine

    @classmethod
    def started(
        cls,
        studio: Studio,
        axes: Sequence[Axis],
        fixed: Mapping[str, Any],
        cells: Sequence[Cell],
        terms: Terms,
    ) -> Run:
        """
        Submit every cell, spread over the grid, and return the run.

        The engine holds back what passes the account's slots; the order in which they are
        submitted is the order in which they are sent.
        """
        asked: dict[str, Future[Cost]] = {}
        prices: dict[str, Future[Cost]] = {}
        requests: dict[str, CreateGeneration] = {}
        for index in spread_order([len(axis) for axis in axes]):
            cell = cells[index]
            if cell.key in requests:
                continue
            kind = cell.request.price_key()
            if kind not in asked:
                asked[kind] = studio.price_later(cell.request)
            prices[cell.key] = asked[kind]
            requests[cell.key] = cell.request
        submitted = studio.submit_all(list(requests.values()), terms=terms)
        jobs = dict(zip(requests, submitted, strict=True))
        return cls(studio, axes, fixed, cells, jobs, prices)

    # -- reading

    def __len__(self) -> int:
        return len(self.cells)

    def __iter__(self) -> Iterator[GenerationJob]:
        return iter(self.jobs)

    @property
    def jobs(self) -> tuple[GenerationJob, ...]:
        """Each cell's job, in the order of `cells`; equal cells share one."""
        return tuple(self._by_key[cell.key] for cell in self.cells)

    def job(self, cell: Cell) -> GenerationJob:
        """Return the job of one cell."""
        return self._by_key[cell.key]

    @property
    def states(self) -> tuple[CellState, ...]:
        """Each cell's state, in the order of `cells`."""
        return tuple(CellState.of(job) for job in self.jobs)

    @property
    def counts(self) -> Counts:
        """How many cells are done, failed, running, waiting and stopped."""
        return Counts(**{str(state): n for state, n in Counter(self.states).items()})

    @property
    def images(self) -> Images:
        """Every picture that is there, in the order of `cells`."""
        pictures: list[Image] = [image for job in self.jobs for image in job.images]
        return Images(pictures)

    @property
    def failures(self) -> dict[int, BaseException]:
        """Why cells failed, by cell index."""
        return {
            cell.index: job.error
            for cell, job in zip(self.cells, self.jobs, strict=True)
            if job.error is not None and job.state is State.FAILED
        }

    @property
    def cost(self) -> Cost | None:
        """What is spent so far; failed jobs are refunded. None where the service says nothing."""
        return total(
            self._cost_of(key)
            for key, job in self._own.items()
            if job.charge in {Charge.UNKNOWN, Charge.CHARGED}
        )

    @property
    def price(self) -> Cost | None:
        """What all of it costs, without what was withdrawn or refunded; None where unknown."""
        return total(
            self._cost_of(key)
            for key, job in self._own.items()
            if not (job.done() and job.charge in {Charge.NONE, Charge.REFUNDED})
        )

    def _cost_of(self, key: str) -> Cost | None:
        job, asked = self._own[key], self._prices[key]
        if job.cost is not None:
            return job.cost
        if not asked.done() or asked.cancelled() or asked.exception() is not None:
            return job.price
        return asked.result()

    @property
    def seconds_left(self) -> float:
        """About how long until the last cell is done, under the account's slots."""
        running, waiting = [], []
        for job in self._own.values():
            usual = job.expected or expected_seconds(job.request.wire())
            match CellState.of(job):
                case CellState.RUNNING:
                    left = usual if job.remaining is None else job.remaining
                    # a job that is late is nearly there; nobody knows better
                    running.append(max(left, 1.0))
                case CellState.WAITING:
                    waiting.append(usual)
        return makespan([*running, *waiting], slots_of(self.studio))

    @property
    def simulated(self) -> bool:
        """Whether the built-in simulator draws it."""
        return any(job.simulated for job in self._own.values())

    # -- waiting

    def result(self, timeout: float | None = None) -> Run:
        """
        Wait until every cell is done, and return the run itself.

        Cells that failed are in `failures`; they do not stop the others.

        Raises:
            SweepFailed: Not one cell has a picture.
            JobCancelled: All of them were stopped.
            JobTimeout: It took longer than *timeout* seconds; the jobs go on.
        """
        return self._wait_here(
            timeout,
            "result() would block the engine that has to finish this sweep; use `await run` here.",
            lambda: (
                f"The sweep has not ended after {timeout:g} s and goes on ({self.counts}); "
                "wait again with `await run`."
            ),
        )

    def _settle(self, future: Future[Self]) -> None:
        counts = self.counts
        if counts.done or not counts.total:
            future.set_result(self)
        elif counts.failed:
            future.set_exception(self._all_failed())
        elif counts.open:  # the engine was closed over them
            future.set_exception(
                next(filter(None, (job.exception() for job in self._own.values())))
            )
        else:
            future.set_exception(
                JobCancelled(
                    f"All {counted(counts.total, 'cell')} of the sweep were stopped before one "
                    "was done; start it again with the same line."
                )
            )

    def _all_failed(self) -> SweepFailed:
        failures = self.failures
        reasons = Counter(_reason(error) for error in failures.values())
        reason, times = reasons.most_common(1)[0]
        share = "Each" if times == len(failures) else f"{times:,} of them"
        return SweepFailed(
            f"All {counted(len(failures), 'cell')} of the sweep failed. {share}: {reason}",
            failures=failures,
        )

    def cancel(self) -> int:
        """
        Withdraw every cell that is not sent yet, and return how many that were.

        What is sent is paid for, so it is left to finish; `job.cancel()` gives one up.
        """
        engine = self.studio.engine
        if engine.is_current_thread():
            return len(self._withdraw_waiting())
        return engine.wait(engine.run(self._withdraw))

    def _withdraw_waiting(self) -> list[GenerationJob]:
        """Only on the engine's thread: else a job could be sent after it was looked at."""
        waiting = [job for job in self._own.values() if CellState.of(job) is CellState.WAITING]
        # the last first: the one that is sent next has the least time to be withdrawn
        return [job for job in reversed(waiting) if job.cancel()]

    async def _withdraw(self) -> int:
        withdrawn = self._withdraw_waiting()
        for job in withdrawn:
            with suppress(Exception):
                await job
        return sum(not job.sent for job in withdrawn)

    # -- parts and other views

    def sel(self, **coords: Any) -> Run | GenerationJob:  # noqa: ANN401  a value on an axis
        """
        Return the part of the run at *coords*; its job where one cell is left.

        A list of values keeps the axis with these values.

        Raises:
            InvalidRequest: No such axis or no such value; the error names the nearest.
            UnknownParameter: An axis is given twice, in two spellings.
        """
        axes, fixed, wanted = list(self.axes), dict(self.fixed), {}
        for typed, value in coords.items():
            axis = axis_named(self.axes, typed, function="sel")
            name = axis.name
            if name in wanted:
                raise UnknownParameter(
                    f"sel(): {name} is given twice, in two spellings.", member=typed
                )
            some = axis_values(name, value)
            kept = [axis.find(one) for one in ([value] if some is None else some)]
            wanted[name] = kept
            place = axes.index(axis)
            if some is None:
                del axes[place]
                fixed[name] = kept[0]
            else:
                axes[place] = axis.only(kept)
        cells = [
            cell
            for cell in self.cells
            if all(cell.coords[name] in kept for name, kept in wanted.items())
        ]
        if not axes and len(cells) == 1:
            return self.job(cells[0])
        return self._view(axes, fixed, cells)

    def __getitem__(self, index: int) -> GenerationJob:
        return self.jobs[index]

    def grid(
        self,
        x: str | None = None,
        y: str | None = None,
        facet: str | Iterable[str] | None = None,
    ) -> Run:
        """
        Return the same run laid out otherwise, to be shown by the cell.

        Args:
            x: The axis of the columns.
            y: The axis of the rows.
            facet: The axis, or axes, side by side.

        Raises:
            InvalidRequest: A name is no axis of this sweep; the error names those that are.
        """
        layout = lay_out(self.axes, x=x, y=y, facet=facet)
        return self._view(self.axes, self.fixed, self.cells, layout)

    def _view(
        self,
        axes: Sequence[Axis],
        fixed: Mapping[str, Any],
        cells: Sequence[Cell],
        layout: Layout | None = None,
    ) -> Run:
        return Run(self.studio, axes, fixed, cells, self._by_key, self._prices, layout)

    def to_pandas(self) -> pd.DataFrame:
        """
        Return a table with one row a cell: coordinates, state, seed, cost, seconds, path, error.

        Raises:
            ImportError: pandas is not installed.
        """
        try:
            import pandas as pd
        except ImportError as error:
            raise ImportError(
                'run.to_pandas() needs pandas: pip install "leonardo_nb[pandas]".'
            ) from error
        return pd.DataFrame([self._row(cell) for cell in self.cells])

    def _row(self, cell: Cell) -> dict[str, object]:
        job = self.job(cell)
        facts: dict[str, object] = {
            "state": str(job.state),
            "seed": job.request.seed,
            "cost": float(job.cost.amount) if job.cost is not None else None,
            "seconds": round(took(job), 1),
            "path": str(job.images[0].path) if job.images else None,
            "error": str(job.error) if job.error is not None else None,
        }
        # an axis called seed stands first, with the other coordinates
        return {**cell.coords, **{k: v for k, v in facts.items() if k not in cell.coords}}

    # -- showing

    def sheet(self) -> Sheet:
        """Return the live grid, an ipywidget that sits in any box; one model for all its views."""
        sheet = self.live_sheet()
        sheet.is_kept = True
        return sheet

    def live_sheet(self) -> Sheet:
        """Return the grid that `sheet` returns, without keeping it past the last cell it is in."""
        from leonardo_nb.widgets.sheet import Sheet

        with self._sheet_made:
            if self._sheet is None or self._sheet.comm is None:
                self._sheet = Sheet(self)
            return self._sheet

    def contact_sheet(self, path: str | Path | None = None, *, tile: int = 256) -> Picture:
        """
        Return every picture with its labels on one white sheet, and save it if *path* is given.

        Args:
            path: Where to save it; the ending says the format.
            tile: The longer side of each picture, in pixels.

        Raises:
            InvalidRequest: *tile* is no whole number above 0.
            ValueError: The sheet would be larger than 100 million pixels.
        """
        from leonardo_nb.widgets.contact import contact_sheet

        if not is_whole(tile) or tile < 1:
            raise InvalidRequest(
                f"contact_sheet() takes a whole number of pixels above 0 as tile, not "
                f"{shown(tile)}.",
                member="tile",
                value=tile,
                nearest=1,
            )
        sheet: Picture = contact_sheet(self, tile=tile)
        if path is not None:
            sheet.save(path)
        return sheet

    def _ipython_display_(self) -> None:
        from leonardo_nb.widgets.sheet import show

        show(self)

    def __repr__(self) -> str:
        reused = sum(job.snapshot.reused for job in self.jobs)
        had = f", {reused:,} {FROM_LIBRARY}" if reused else ""
        return f"<Run of {counted(len(self), 'cell')}: {self.counts}{had}>"
