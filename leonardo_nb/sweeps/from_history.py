"""
A sweep out of what the account has made before.

Whoever tried one value after another has often made most of a grid; here it is laid out, and what
is missing in it is a plan with a price.
"""

from __future__ import annotations

import html
import itertools
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import TYPE_CHECKING, ClassVar, Final, cast

import numpy as np

from leonardo_nb.engine.looks import LIST_LONGEST
from leonardo_nb.engine.markup import NO_MATH
from leonardo_nb.errors import InvalidRequest, LeonardoError, LibraryError
from leonardo_nb.service.requests import (
    CreateGeneration,
    body_of,
    check_value,
    echo_of,
    is_echo,
    own_seed,
)
from leonardo_nb.service.values import shown
from leonardo_nb.sweeps.axes import Axis, same
from leonardo_nb.sweeps.cells import Cell
from leonardo_nb.sweeps.estimate import counted
from leonardo_nb.sweeps.found import FoundRun
from leonardo_nb.sweeps.infer import REPLICATE, SIZE, Inferred, Placed, layout_of
from leonardo_nb.sweeps.plan import Plan
from leonardo_nb.sweeps.space import Space

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from leonardo_nb.engine.kinds import GenerationJob
    from leonardo_nb.library.records import JobRecord
    from leonardo_nb.money import Cost
    from leonardo_nb.service.responses import Generation
    from leonardo_nb.studios import Studio

__all__ = ["HistoryRun", "sweep_from_history"]

MOST: Final = 10_000
"""Generations that are looked at; a sweep has no more cells."""
USUAL: Final = 200
TOLD: Final = frozenset(
    {
        *("prompt", "negative_prompt", "seed", "width", "height", "modelId", "presetStyle"),
        *("guidance_scale", "num_inference_steps", "scheduler", "num_images", "elements"),
        *("ultra", "photoReal", "photoRealStrength", "promptMagic", "promptMagicStrength"),
        *("promptMagicVersion", "init_strength"),
    }
)
"""Members that a row of the service's history says; without one, nobody knows of the others."""
UNTOLD: Final = "may have had more than the history says"


class HistoryRun(FoundRun):
    """
    A sweep that was found in the history.

    Attributes:
        missing: The cells of the full grid that nobody has made yet, as a plan that
            `run.missing.start(budget=...)` starts; None where there are none.
        missing_cost: What they would cost; None where nobody says.
        refused: How many cells of the full grid the service would refuse, or cannot make alone.
        left_out: How many other pictures have no place in it, by why.
    """

    __module__ = "leonardo_nb"

    missing: Plan | None
    missing_cost: Cost | None
    refused: int
    left_out: dict[str, int]
    places: int
    _instead: ClassVar = (
        "run.missing.start() asks for its missing cells, and leo.plan(...) makes another sweep"
    )

    def __repr__(self) -> str:
        return f"<Run from the history: {self.sentence()}>"

    def _ipython_display_(self) -> None:
        from IPython.display import display

        super()._ipython_display_()
        words = f"<div {NO_MATH}>{html.escape(self.sentence())}</div>"
        display({"text/html": words, "text/plain": self.sentence()}, raw=True)  # type: ignore[no-untyped-call]

    def sentence(self) -> str:
        """Return what was found, what is missing and what was left out, in words."""
        said = f"{len(self):,} of {counted(self.places, 'cell')}"
        if self.missing is not None:
            count = len(self.missing)
            cost, budget = "of unknown price", ""
            if self.missing_cost is not None:
                verb = "costs" if count == 1 else "cost"
                cost, budget = f"{verb} {self.missing_cost}", f"budget=leo.{self.missing_cost!r}"
            said += f"; {count:,} missing {cost}: run.missing.start({budget})"
        if self.refused:
            said += f"; {self.refused:,} cannot be made"
        if left := sum(self.left_out.values()):
            said += f"; {counted(left, 'picture')} left out"
        return said


def sweep_from_history(
    limit: int = USUAL,
    *,
    prompt: str | None = None,
    model: str | None = None,
    since: date | str | None = None,
    studio: Studio | None = None,
) -> HistoryRun:
    """
    Return the largest nearly full grid among what the account has made, as a run.

    The account's list and the library are read; what varies among the pictures becomes axes, see
    `leonardo_nb.sweeps.infer`. Jobs that the library does not know are written into it and their
    files fetched, as `leo.history()` does; nothing is paid. `run.missing` is the rest of the grid
    as a plan with its price, and `run.left_out` counts what has no place.

    Of jobs that were asked for elsewhere the history says words, sizes, numbers and model, and
    neither contrast nor guiding images nor styles by id. They are compared by what it says, never
    stand on an axis that it is silent about, and what is missing beside them is asked for with the
    usual values.

    Args:
        limit: How many generations are looked at, newest first, at most 10,000.
        prompt: Only those whose prompt contains this, in capitals or not.
        model: Only those of this model, by name or id.
        since: Only those asked for since then: a date, a datetime, or one as text in ISO form.
        studio: Whose history; the default one if None.

    Raises:
        InvalidRequest: An argument is no such thing; names the nearest.
        LibraryError: Nothing that was made fits.
        ConnectionFailed: The service does not answer.
        EngineThreadError: Called on the engine, such as in a job's callback.
    """
    wanted = _Wanted.of(limit, prompt, model, since)
    if studio is None:
        from leonardo_nb.default_studio import studio as default

        studio = default()
    past = [each for each in _past(studio, wanted.limit) if wanted.takes(each)]
    if not past:
        raise LibraryError(
            "Nothing that the account has made fits, among its newest "
            f"{counted(wanted.limit, 'generation')}; limit= looks farther back, and without "
            "prompt=, model= and since= everything counts."
        )
    entries = [(each, image) for each in past for image in range(each.pictures)]
    found, left_out = _laid_out(entries)
    return _run(studio, found, entries, left_out)


@dataclass(frozen=True, slots=True)
class _Past:
    """
    A generation that was made.

    Attributes:
        request: As far as it is known.
        key: Of the request; that of an echo is no request's.
        pictures: How many there are.
        is_echo: Whether only the service's history says what was asked for.
        job: Makes its live job.
    """

    request: CreateGeneration
    key: str
    created: datetime
    pictures: int
    is_echo: bool
    job: Callable[[], GenerationJob]


@dataclass(frozen=True, slots=True)
class _Wanted:
    """Which generations count."""

    limit: int
    prompt: str
    model: str | None
    since: datetime | None

    @classmethod
    def of(cls, limit: object, prompt: object, model: object, since: object) -> _Wanted:
        if not isinstance(limit, int) or isinstance(limit, bool) or not 1 <= limit <= MOST:
            is_number = isinstance(limit, int) and not isinstance(limit, bool)
            raise InvalidRequest(
                f"limit={shown(limit)} must be a whole number from 1 to {MOST:,}.",
                member="limit",
                value=limit,
                nearest=min(max(cast("int", limit), 1), MOST) if is_number else USUAL,
            )
        if not isinstance(prompt, str | None):
            raise TypeError(f"prompt={shown(prompt)} must be text that prompts contain.")
        known = None if model is None else str(check_value("modelId", model))
        return cls(limit, (prompt or "").casefold(), known, _moment(since))

    def takes(self, each: _Past) -> bool:
        return (
            self.prompt in each.request.prompt.casefold()
            and self.model in {None, each.request.modelId}
            and (self.since is None or each.created >= self.since)
        )


def _moment(since: object) -> datetime | None:
    """
    Return *since* as a moment; a day begins at midnight here.

    Raises:
        InvalidRequest: It is none.
    """
    if since is None:
        return None
    try:
        if isinstance(since, str):
            since = datetime.fromisoformat(since)
        if isinstance(since, date) and not isinstance(since, datetime):
            since = datetime.combine(since, time())
        if isinstance(since, datetime):
            return since.astimezone(UTC)
    except (ValueError, OverflowError):
        pass
    raise InvalidRequest(
        f'since={shown(since)} is no date; write one as "2026-01-31".', member="since", value=since
    )


def _past(studio: Studio, limit: int) -> list[_Past]:
    """Return what was made, of the account's list and then of the library, each once."""
    rows = [row for row in _rows(studio, limit) if row.is_complete and not row.motion]
    ledger = studio._ledger  # noqa: SLF001  the rows behind `studio.jobs()`
    known: dict[str, JobRecord] = {}
    for start in range(0, len(rows), LIST_LONGEST):
        known |= ledger.with_job_ids([row.id for row in rows[start : start + LIST_LONGEST]])
    made = [_of_row(studio, row, known.get(row.id)) for row in rows]
    listed = {row.id for row in rows}
    made += [
        _of_record(studio, record)
        for record in ledger.jobs(limit=limit)
        if record.kind == "generation"
        and record.state == "complete"
        and record.job_id not in listed
        and (record.base_url, record.simulated) == (studio.base_url, studio.simulated)
    ]
    return [each for each in made if each is not None and each.pictures]


def _rows(studio: Studio, limit: int) -> tuple[Generation, ...]:
    runner, client = studio._runner, studio.client  # noqa: SLF001  the account's id is the runner's

    async def ask() -> tuple[Generation, ...]:
        user_id = await runner.user_id()
        found: dict[str, Generation] = {}  # a row moves on when a job comes between two pages
        for offset in range(0, limit, LIST_LONGEST):
            size = min(LIST_LONGEST, limit - offset)
            page = await client.generations(user_id, limit=size, offset=offset)
            found |= {row.id: row for row in page}
            if not page:
                break
        return tuple(found.values())

    return studio.engine.wait(studio.engine.run(ask))


def _of_row(studio: Studio, row: Generation, record: JobRecord | None) -> _Past | None:
    """Return the generation of a *row* of the history; None for a video."""
    if record is not None and not is_echo(record.content_key):
        return _of_record(studio, record, pictures=len(row.images))
    echo = echo_of(row)
    if not isinstance(echo.request, CreateGeneration):
        return None
    taking_up = studio._runner.taking_up  # noqa: SLF001  as `studio.history()` does
    return _Past(
        request=echo.request,
        key=echo.content_key(),
        created=row.created_at or studio.clock.wall(),
        pictures=len(row.images),
        is_echo=True,
        job=lambda: cast("GenerationJob", taking_up.from_history(row)),
    )


def _of_record(studio: Studio, record: JobRecord, *, pictures: int = 0) -> _Past | None:
    """Return the generation of a row of the library; None for what is no picture of words."""
    request = body_of(record.endpoint, record.request)
    if not isinstance(request, CreateGeneration):
        return None
    taking_up = studio._runner.taking_up  # noqa: SLF001  as `studio.job()` does
    return _Past(
        request,
        record.content_key,
        record.created,
        len(record.media) or pictures,
        is_echo(record.content_key),
        lambda: cast("GenerationJob", taking_up.found(record)),
    )


def _laid_out(entries: Sequence[tuple[_Past, int]]) -> tuple[Inferred, dict[str, int]]:
    """
    Return the grid of *entries*, and how many of them have no place, by why.

    An echo does not stand on an axis of which the history says nothing: what is not in its row may
    have been there all the same.
    """
    kept = list(range(len(entries)))
    silent: Counter[str] = Counter()
    while True:
        found = layout_of([entries[n][0].request for n in kept], [entries[n][1] for n in kept])
        untold = {axis.name for axis in found.axes} - TOLD - {REPLICATE, SIZE}
        doubtful = {
            cell.entry for cell in found.cells if untold and entries[kept[cell.entry]][0].is_echo
        }
        if not doubtful:
            break
        silent[UNTOLD] += len(doubtful)
        kept = [entry for n, entry in enumerate(kept) if n not in doubtful]
    cells = tuple(_at(cell, kept) for cell in found.cells)
    left_out = Counter(found.left_out.values()) + silent
    return (
        Inferred(found.axes, found.fixed, cells, found.follows),
        dict(sorted(left_out.items(), key=lambda each: (-each[1], each[0]))),
    )


def _at(cell: Placed, kept: Sequence[int]) -> Placed:
    return Placed(cell.coords, kept[cell.entry])


def _run(
    studio: Studio,
    found: Inferred,
    entries: Sequence[tuple[_Past, int]],
    left_out: dict[str, int],
) -> HistoryRun:
    """Return the jobs of *found* as a run, with what is missing in it."""
    made: dict[int, tuple[str, GenerationJob]] = {}
    jobs: dict[str, GenerationJob] = {}
    cells = []
    for index, cell in enumerate(found.cells):
        past, image = entries[cell.entry]
        if id(past) not in made:
            key = past.key if past.key not in jobs else f"{past.key}:{len(jobs)}"
            made[id(past)] = key, past.job()
            jobs[key] = made[id(past)][1]
        key, job = made[id(past)]
        cells.append(Cell(index, cell.coords, job.request, key, image))
    run = HistoryRun(studio, found.axes, found.fixed, cells, jobs)
    if found.follows:
        run._asked = tuple(_asked(axis, found, entries) for axis in found.axes)  # noqa: SLF001
    run.missing, run.refused = _missing(studio, found, entries)
    run.missing_cost = _cost(run.missing)
    run.left_out = left_out
    run.places = found.places
    return run


def _missing(
    studio: Studio, found: Inferred, entries: Sequence[tuple[_Past, int]]
) -> tuple[Plan | None, int]:
    """Return the cells of the full grid that are not there, and how many cannot be made."""
    axes = [axis for axis in found.axes if axis.role != REPLICATE]
    times = next((len(axis) for axis in found.axes if axis.role == REPLICATE), 1)
    there = Counter(
        tuple(axis.index(cell.coords[axis.name]) for axis in axes) for cell in found.cells
    )
    every = itertools.product(*(range(len(axis)) for axis in axes))
    short = {place: times - there[place] for place in every if there[place] < times}
    is_batch = times > 1 and ("seed" in found.fixed or any(axis.name == "seed" for axis in axes))
    # one picture of a batch is not made alone
    refused = sum(n for n in short.values() if is_batch and n < times)
    wanted = [place for place, n in short.items() if not is_batch or n == times]
    asked = [_asked(axis, found, entries) for axis in axes]
    if "seed" not in found.fixed and all(axis.name != "seed" for axis in axes):
        # each cell has a seed of its own, and a new one has one that follows from its place
        places = [(place, n) for place in wanted for n in range(short[place])]
        seeds = [own_seed([found.fixed, list(place), n]) for place, n in places]
        asked.append(Axis("seed", tuple(seeds)))
        wanted = [(*place, n) for n, (place, _) in enumerate(places)]
    if not wanted:
        return None, refused
    space = Space(tuple(asked), np.array(wanted, np.int32).reshape(len(wanted), len(asked)))
    try:
        plan = Plan(space, found.fixed, studio=studio)
    except InvalidRequest:  # the service would take none of them
        return None, refused + len(wanted)
    return plan, refused + sum(map(len, plan.dropped))


def _asked(axis: Axis, found: Inferred, entries: Sequence[tuple[_Past, int]]) -> Axis:
    """Return *axis* with the members that follow it, so that new cells have them as well."""
    followers = [name for name, leader in found.follows.items() if leader == axis.name]
    if not followers:
        return axis
    values = []
    for value in axis.values:
        like = next(cell for cell in found.cells if same(cell.coords[axis.name], value))
        wire = entries[like.entry][0].request.wire()
        own = value if axis.role == "zip" else (value,)
        values.append((*own, *(wire.get(name) for name in followers)))
    return Axis(axis.name, tuple(values), axis.labels, "zip", (*axis.sets, *followers))


def _cost(plan: Plan | None) -> Cost | None:
    """Return what *plan* would cost, or None where nobody can say."""
    try:
        return None if plan is None else plan.estimate().cost
    except LeonardoError:
        return None
