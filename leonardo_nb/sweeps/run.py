"""
A sweep that is paid for: its jobs, seen as one grid.

A run holds no state of its own; everything is read from the jobs, which all its views share. So a
part of it (`sel`, `where`) or another way of laying it out (`grid`) is one more run.
"""

from __future__ import annotations

import re
from collections import Counter
from contextlib import suppress
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
)
from leonardo_nb.service.values import shown
from leonardo_nb.sweeps.axes import is_whole
from leonardo_nb.sweeps.book import Book
from leonardo_nb.sweeps.cells import Cells
from leonardo_nb.sweeps.estimate import (
    counted,
    remaining_seconds,
    seconds_for,
    total,
    usual_seconds,
)
from leonardo_nb.sweeps.frame import frame_of
from leonardo_nb.sweeps.layout import Layout, lay_out
from leonardo_nb.sweeps.methods import SweepMethods
from leonardo_nb.sweeps.parts import Part, difference, selection, that_satisfy, union
from leonardo_nb.sweeps.states import CellState, Counts, took

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
    from concurrent.futures import Future
    from pathlib import Path

    import pandas as pd
    from PIL.Image import Image as Picture

    from leonardo_nb.engine.kinds import GenerationJob
    from leonardo_nb.engine.terms import Terms
    from leonardo_nb.money import Cost
    from leonardo_nb.service.requests import CreateGeneration
    from leonardo_nb.studios import Studio
    from leonardo_nb.sweeps.axes import Axis
    from leonardo_nb.sweeps.cells import Cell
    from leonardo_nb.sweeps.plan import Plan
    from leonardo_nb.sweeps.space import Drops

__all__ = ["CellState", "Counts", "Run", "took"]

ANY_ID = re.compile(r"\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b")


def _reason(error: BaseException) -> str:
    """Return why a cell failed, the same for all that failed alike: without ids and seconds."""
    said = error.reason if isinstance(error, JobFailed) else str(error)
    return ANY_ID.sub("…", said)


class Run(Together, SweepMethods):
    """
    The jobs of a sweep as one grid; awaitable, and shown as it fills.

    Attributes:
        axes: What varies.
        fixed: What is the same in every cell.
        cells: Every cell, the last axis varying fastest.
        layout: Which axes are columns, rows and facets.
        name: What the sweep is called in the library; empty where it has no name.
    """

    __module__ = "leonardo_nb"

    stopped_waiting = "Stopped waiting; the sweep goes on. `await run` waits again."
    axes: tuple[Axis, ...]
    fixed: dict[str, Any]
    cells: Sequence[Cell]
    layout: Layout
    name: str

    def __init__(  # noqa: PLR0917  made by rooms of this house, always with all of them
        self,
        studio: Studio,
        axes: Sequence[Axis],
        fixed: Mapping[str, Any],
        cells: Sequence[Cell],
        jobs: Mapping[str, GenerationJob] | Book,
        prices: Mapping[str, Future[Cost]] | None = None,
        layout: Layout | None = None,
        *,
        name: str = "",
        terms: Terms | None = None,
        plan: Plan | None = None,
    ) -> None:
        super().__init__()
        self.studio = studio
        self.axes = tuple(axes)
        self.fixed = dict(fixed)
        self.cells = cells
        self.layout = layout or lay_out(self.axes)
        self.name = name
        self._book = jobs if isinstance(jobs, Book) else Book(jobs, prices)
        studio.follow(self._book)
        self._terms = terms
        self._plan = plan
        self._like = plan
        self._keys = [cell.key for cell in cells] if not isinstance(cells, Cells) else cells.keys
        # each job once, however many cells show it
        self._own_keys = list(dict.fromkeys(self._keys))

    @classmethod
    def started(
        cls, studio: Studio, plan: Plan, terms: Terms, name: str, have: Book | None = None
    ) -> Run:
        """
        Submit what *plan* asks for, in its order, and return the run.

        The engine holds back what passes the account's slots; the order in which they are
        submitted is the order in which they are sent.

        Args:
            studio: Where.
            plan: What.
            terms: What it may cost.
            name: What the sweep is called.
            have: Jobs that are there already, and are not asked for again.
        """
        there = {} if have is None else have.jobs
        wanted = [key for key in plan.keys_in_order if key not in there]
        requests = plan.requests_of(wanted)
        jobs, prices = _submitted(studio, requests, terms)
        book = Book(there | jobs, ({} if have is None else have.prices) | prices)
        return cls(
            studio, plan.axes, plan.fixed, plan.cells, book, name=name, terms=terms, plan=plan
        )

    # -- reading

    def __len__(self) -> int:
        return len(self.cells)

    def __iter__(self) -> Iterator[GenerationJob]:
        return iter(self.jobs)

    @property
    def _each(self) -> Collection[GenerationJob]:
        return [self._book.jobs[key] for key in self._own_keys]

    @property
    def jobs(self) -> tuple[GenerationJob, ...]:
        """Each cell's job, in the order of `cells`; equal cells share one."""
        jobs = self._book.jobs
        return tuple([jobs[key] for key in self._keys])

    def job(self, cell: Cell) -> GenerationJob:
        """Return the job of one cell."""
        return self._book.jobs[cell.key]

    def jobs_of(self, keys: Iterable[str]) -> list[GenerationJob]:
        """Return the jobs that have the content *keys*."""
        return [self._book.jobs[key] for key in keys]

    def picture(self, cell: Cell) -> Image | None:
        """Return the picture that *cell* shows; None where it has none yet, or never will."""
        images = self.job(cell).images
        return images[cell.image] if cell.image < len(images) else None

    @property
    def plan(self) -> Plan:
        """
        The plan of the same cells, to be widened, priced or started again.

        Raises:
            InvalidRequest: The words of the prompt vary, and how they stand in it is not known.
        """
        if self._plan is None:
            from leonardo_nb.sweeps.plan import Plan

            self._plan = Plan.of_cells(
                self.axes, self.fixed, self.cells, studio=self.studio, like=self._like
            )
        return self._plan

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
        return Images(filter(None, map(self.picture, self.cells)))

    @property
    def failures(self) -> dict[int, BaseException]:
        """Why cells failed, by cell index."""
        return {
            cell.index: job.error
            for cell, job in zip(self.cells, self.jobs, strict=True)
            if job.error is not None and job.state is State.FAILED
        }

    @property
    def dropped(self) -> tuple[Drops, ...]:
        """What its plan left out, and why."""
        return () if self._plan is None else self._plan.dropped

    @property
    def cost(self) -> Cost | None:
        """
        What is spent so far by this run; failed jobs are refunded.

        Nothing, and not None, where the library had all of it. None where the service says nothing.
        """
        spent = [
            self._cost_of(key)
            for key, job in self._own()
            if job.charge in {Charge.UNKNOWN, Charge.CHARGED}
        ]
        had = (job.cost for job in self._each if job.snapshot.reused and job.cost is not None)
        if not spent and (cost := next(had, None)) is not None:
            return cost * 0
        return total(spent)

    @property
    def price(self) -> Cost | None:
        """What all of it costs, without what was withdrawn or refunded; None where unknown."""
        return total(
            self._cost_of(key)
            for key, job in self._own()
            if not (job.done() and job.charge in {Charge.NONE, Charge.REFUNDED})
        )

    def price_of(self, cell: Cell) -> Cost | None:
        """Return what *cell*'s job has cost, or will; None where nobody knows yet."""
        return self._cost_of(cell.key)

    def _cost_of(self, key: str) -> Cost | None:
        job, asked = self._book.jobs[key], self._book.prices.get(key)
        if job.cost is not None:
            return job.cost
        if asked is None or not asked.done() or asked.cancelled() or asked.exception() is not None:
            return job.price
        return asked.result()

    def _own(self) -> Iterator[tuple[str, GenerationJob]]:
        return ((key, self._book.jobs[key]) for key in self._own_keys)

    @property
    def seconds_left(self) -> float:
        """About how long until the last cell is done, under the account's slots and its pace."""
        running, waiting = [], []
        for job in self._each:
            match CellState.of(job):
                case CellState.RUNNING:
                    running.append(remaining_seconds(job))
                case CellState.WAITING:
                    waiting.append(usual_seconds(job))
        return seconds_for(self.studio, [*running, *waiting])

    @property
    def simulated(self) -> bool:
        """Whether the built-in simulator draws it."""
        return any(job.simulated for job in self._each)

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
            future.set_exception(next(filter(None, (job.exception() for job in self._each))))
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

        What is sent is paid for, so it is left to finish; `job.cancel()` gives one up. Requests
        whose answers were lost, and that wait for `go_on()`, are given up.
        """
        engine = self.studio.engine
        if engine.is_current_thread():
            return len(self._withdraw_waiting())
        return engine.wait(engine.run(self._withdraw))

    def _withdraw_waiting(self) -> list[GenerationJob]:
        """Only on the engine's thread: else a job could be sent after it was looked at."""
        waiting = [
            job
            for job in self._each
            if CellState.of(job) is CellState.WAITING or self.studio.held([job])
        ]
        # the last first: the one that is sent next has the least time to be withdrawn
        return [job for job in reversed(waiting) if job.cancel()]

    async def _withdraw(self) -> int:
        withdrawn = self._withdraw_waiting()
        for job in withdrawn:
            with suppress(Exception):
                await job
        return sum(not job.sent for job in withdrawn)

    def pause(self) -> int:
        """
        Hold back every cell that is not sent yet, and return how many that are.

        What is sent goes on, for it is paid for. `go_on()` lets the others go; a kernel that ends
        meanwhile leaves them to `leo.resume()`.

        Raises:
            InvalidRequest: Its cells are of several studios; pause the parts.
        """
        self._refuse_several_studios("pause")
        self.studio.hold([job for job in self._each if not job.done()])
        self._tell_all()
        return self._unsent()  # counted now: one of them may have left while it was held

    def go_on(self) -> int:
        """
        Let go of what `pause` or `open_sweep` held back, and return how many cells that are.

        Among them are those whose answers were lost and of which nothing was found: they are looked
        for once more, and sent again unless their `resend` was "never".
        """
        self._refuse_several_studios("go_on")
        held = self._unsent() + sum(job.sent and self.studio.held([job]) for job in self._each)
        self.studio.let_go([job for job in self._each if not job.done()])
        self._tell_all()
        return held

    def _unsent(self) -> int:
        return sum(CellState.of(job) is CellState.WAITING for job in self._each)

    @property
    def is_paused(self) -> bool:
        """Whether something is held back from being sent."""
        return self.studio.held(job for job in self._each if not job.done())

    def _refuse_several_studios(self, doing: str) -> None:
        """Refuse what would reach the jobs of one studio by another: each pays for its own."""
        if any(not self.studio.has(job) for job in self._each):
            raise InvalidRequest(
                f"{doing}(): these cells are of several studios, each with an account of its own; "
                f"{doing} the sweeps that were put together. Nothing was sent.",
                member=doing,
            )

    def _refuse_while_paused(self, doing: str) -> None:
        if self.is_paused:
            raise InvalidRequest(
                f"{doing}(): this sweep is paused; run.go_on() lets it go, and then {doing}() may "
                "ask for more. Nothing was sent.",
                member=doing,
            )

    def retry_failed(self) -> Run:
        """
        Ask once more for the cells that failed, and pay for these alone; return the run itself.

        They are sent under the same budget and name. Cells of which nobody knows whether they were
        paid are left as they are: `job.resend()` and `job.adopt()` are for those.

        A cell for which the budget has no room fails again, and says so.

        Raises:
            InvalidRequest: It is paused, or its cells are of several studios.
        """
        self._refuse_several_studios("retry_failed")
        self._refuse_while_paused("retry_failed")
        with self._book.changing:  # a button and a cell may ask at once
            failed = {
                key: job.request
                for key, job in self._own()
                if job.state is State.FAILED and job.charge is not Charge.UNKNOWN
            }
            if failed:
                terms = self._terms or self.studio.usual.with_(reuse=True)
                self._book.put(*_submitted(self.studio, failed, terms))
        return self

    def _tell_all(self) -> None:
        """Say that something changed that is no job's: whether cells are held back."""
        for key in self._own_keys[:1]:
            self._book.put({key: self._book.jobs[key]})

    # -- listening

    def watch(
        self, function: Callable[[GenerationJob, tuple[int, ...]], object]
    ) -> Callable[[], None]:
        """
        Call *function* with a job and its cells' places at every change, on the engine's thread.

        Also when another job takes its place, as by `retry_failed`.

        Returns:
            What ends it.
        """
        places: dict[str, tuple[int, ...]] = {}
        for place, key in enumerate(self._keys):
            places[key] = (*places.get(key, ()), place)

        def told(key: str, job: GenerationJob) -> None:
            if key in places:
                function(job, places[key])

        return self._book.watch(told)

    def subscribe(self, function: Callable[[Self], object]) -> Callable[[], None]:
        """Call *function* at every change of a job, on the engine's thread; return what ends it."""
        return self.watch(lambda *_: function(self))

    # -- parts and other views

    @property
    def _part(self) -> Part:
        return Part(self.axes, self.fixed, self.cells)

    def sel(self, **coords: Any) -> Run | GenerationJob:  # noqa: ANN401  a value on an axis
        """
        Return the part of the run at *coords*; its job where one cell is left.

        A list of values keeps the axis with these values; a label means its value.

        Raises:
            InvalidRequest: No such axis or no such value; the error names the nearest.
            UnknownParameter: An axis is given twice, in two spellings.
        """
        part = selection(self._part, coords)
        if not part.axes and len(part.cells) == 1:
            return self.job(part.cells[0])
        return self._view(part)

    def where(
        self,
        predicate: Callable[..., object] | None = None,
        **values: Any,  # noqa: ANN401  values on axes
    ) -> Run:
        """
        Return the part of the run for which *predicate* is true.

        Args:
            predicate: Takes a `Point`, or values by the names of its arguments, as in
                `lambda seed, guidance_scale: seed < guidance_scale`.
            **values: A value, or a list of them, on an axis.

        Raises:
            InvalidRequest: It fails for a cell, or leaves none.
        """
        return self._view(that_satisfy(self._part, predicate, **values))

    def __or__(self, other: Run) -> Run:
        """Return the cells of both; what differs between the two sweeps becomes an axis."""
        if not isinstance(other, Run):
            return NotImplemented
        jobs = dict(self._book.jobs)
        for key, job in other._book.jobs.items():
            if key not in jobs or _rank(job) < _rank(jobs[key]):
                jobs[key] = job
        both = Book(jobs, other._book.prices | self._book.prices)
        other.studio.follow(both)
        return self._view(union(self._part, other._part), both)

    def __sub__(self, other: Run) -> Run:
        """Return the cells whose pictures *other* does not have."""
        if not isinstance(other, Run):
            return NotImplemented
        return self._view(difference(self._part, other._part))

    def extend(self, *, budget: Cost | None = None, **axes: Any) -> Run:  # noqa: ANN401  lists of values
        """
        Widen the sweep by more values, pay for what is new, and return the wider run.

        It keeps its name, its budget and the jobs that it has, but for those that were stopped,
        which are asked for again. What was the same in every cell becomes an axis.

        Args:
            budget: The most that all runs of this name may cost together; as it was if None.
            **axes: New values, in a list, by the name of what they are values of.

        Raises:
            InvalidRequest: A value is refused or there already, the sweep is paused, or its cells
                are of several studios.
            BudgetExceeded: The new cells would pass the budget; nothing was sent.
        """
        self._refuse_several_studios("extend")
        self._refuse_while_paused("extend")
        wider = self.plan.widened(**axes)
        kept = {key: job for key, job in self._own() if job.state is not State.CANCELLED}
        have = Book(kept, self._book.prices)
        return wider.started_as(self.name or None, self._terms, budget=budget, have=have)

    def __getitem__(self, index: int) -> GenerationJob:
        return self._book.jobs[self._keys[index]]

    def _view(self, part: Part, book: Book | None = None, layout: Layout | None = None) -> Run:
        view = Run(
            self.studio,
            part.axes,
            part.fixed,
            part.cells,
            book or self._book,
            layout=layout,
            name=self.name,
            terms=self._terms,
            plan=self._plan if part.cells is self.cells else None,
        )
        view._like = self._like
        return view

    def to_pandas(self) -> pd.DataFrame:
        """
        Return a table with one row a cell: coordinates, state, seed, cost, seconds, path, error.

        Raises:
            ImportError: pandas is not installed.
        """
        return frame_of([self._row(cell) for cell in self.cells], "run.to_pandas()")

    def _row(self, cell: Cell) -> dict[str, object]:
        job, picture = self.job(cell), self.picture(cell)
        facts: dict[str, object] = {
            "state": str(job.state),
            "seed": job.request.seed,
            "cost": float(job.cost.amount) if job.cost is not None else None,
            "seconds": round(took(job), 1),
            "path": None if picture is None else str(picture.path),
            "error": str(job.error) if job.error is not None else None,
        }
        # an axis called seed stands first, with the other coordinates
        return {**cell.coords, **{k: v for k, v in facts.items() if k not in cell.coords}}

    # -- showing

    def contact_sheet(self, path: str | Path | None = None, *, tile: int = 256) -> Picture:
        """
        Return every picture with its labels on one white sheet, and save it if *path* is given.

        Args:
            path: Where to save it; `.jpg`, `.png` or `.webp`.
            tile: The longer side of each picture, in pixels.

        Raises:
            InvalidRequest: *tile* is no whole number above 0, or the ending says no format.
            ExportFailed: The file cannot be written, or something else has its name.
            ValueError: The sheet would be larger than 100 million pixels.
        """
        from leonardo_nb.widgets.contact import contact_sheet, save_sheet

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
            save_sheet(sheet, path)
        return sheet

    def __repr__(self) -> str:
        reused = sum(job.snapshot.reused for job in self.jobs)
        had = f", {reused:,} {FROM_LIBRARY}" if reused else ""
        held = ", paused" if self.is_paused else ""
        gone = sum(map(len, self.dropped))
        dropped = f", {gone:,} left out" if gone else ""
        return f"<Run of {counted(len(self), 'cell')}: {self.counts}{had}{dropped}{held}>"


def _rank(job: GenerationJob) -> int:
    """Return which job shows a cell best, the smallest first: done, under way, ended otherwise."""
    return 0 if job.state is State.COMPLETE else 2 if job.done() else 1


def _submitted(
    studio: Studio, requests: Mapping[str, CreateGeneration], terms: Terms
) -> tuple[dict[str, GenerationJob], dict[str, Future[Cost]]]:
    """Return jobs for *requests*, by key, and futures of what they cost, each price asked once."""
    asked: dict[str, Future[Cost]] = {}
    prices: dict[str, Future[Cost]] = {}
    for key, request in requests.items():
        kind = request.price_key()
        if kind not in asked:
            asked[kind] = studio.price_later(request)
        prices[key] = asked[kind]
    submitted = studio.submit_all(list(requests.values()), terms=terms)
    return dict(zip(requests, submitted, strict=True)), prices
