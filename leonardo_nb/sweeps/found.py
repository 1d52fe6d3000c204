"""
A sweep whose pictures were found, and a plan that asks for none of them again.

What is known of a found picture is seldom its whole request, so its key is no request's. A plan of
such a sweep therefore knows by their places what is there.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Final, Self

import numpy as np

from leonardo_nb.engine.lifecycle import State
from leonardo_nb.errors import InvalidRequest, LeonardoError
from leonardo_nb.service.requests import own_seed
from leonardo_nb.service.values import ALIASES
from leonardo_nb.sweeps.book import Book
from leonardo_nb.sweeps.cells import indices_of
from leonardo_nb.sweeps.plan import Plan
from leonardo_nb.sweeps.run import Run
from leonardo_nb.sweeps.space import Space

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from collections.abc import Set as AbstractSet

    from leonardo_nb.engine.kinds import GenerationJob
    from leonardo_nb.engine.terms import Terms
    from leonardo_nb.money import Cost
    from leonardo_nb.sweeps.axes import Axis
    from leonardo_nb.sweeps.cells import Cell
    from leonardo_nb.sweeps.layout import Layout
    from leonardo_nb.sweeps.parts import Part

__all__ = ["FoundPlan", "FoundRun"]

SEED: Final = "seed"
SOME: Final = (
    "some of the pictures of its places are not there, and a plan would ask for all of them"
)


class FoundPlan(Plan):
    """
    The plan of a sweep that was found: what is there is neither asked for nor paid again.

    Attributes:
        found: The cells that are there and their jobs, by the names that their pictures have here.
        has_own_seeds: Whether each of them has a seed of its own, so that the plan's is for new
            ones only.
    """

    found: Mapping[str, tuple[Cell, GenerationJob]]
    has_own_seeds: bool

    @classmethod
    def of(
        cls, run: FoundRun, axes: Sequence[Axis], fixed: Mapping[str, Any], *, check: bool
    ) -> FoundPlan:
        """
        Return the plan of *run*, whose axes stand for *axes*.

        Raises:
            InvalidRequest: A plan would have other places than the run.
        """
        order = sorted(range(len(axes)), key=lambda n: axes[n].role == "replicate")
        kept = [n for n in order if axes[n].role != "replicate"]
        replicates = next((len(axis) for axis in axes if axis.role == "replicate"), None)
        rows = indices_of(run.axes, run.cells)
        space = Space(tuple(axes[n] for n in kept), np.unique(rows[:, kept], axis=0))
        is_seedless = SEED not in fixed and all(SEED not in axis.sets for axis in axes)
        seeded = {**fixed, SEED: own_seed(fixed)} if is_seedless else fixed
        plan = cls(space, seeded, replicates=replicates, studio=run.studio, check=check)
        there = {
            tuple(row): cell for row, cell in zip(rows[:, order].tolist(), run.cells, strict=True)
        }
        names = [axis.name for axis in plan.axes]
        places = [tuple(row) for row in plan.cells.indices.tolist()]
        if names != [axes[n].name for n in order] or set(places) != set(there):
            raise InvalidRequest(SOME, member="cells")
        plan.found = {
            cell.picture: (there[place], run.job(there[place]))
            for cell, place in zip(plan.cells, places, strict=True)
        }
        plan.has_own_seeds = is_seedless
        return plan

    def __init__(self, *args: Any, **settings: Any) -> None:  # noqa: ANN401  as Plan takes them
        super().__init__(*args, **settings)
        self.found = {}
        self.has_own_seeds = False

    def known(self) -> AbstractSet[str]:
        """Return the keys of the jobs that are there, or that the library has."""
        return super().known() | self._there()

    def _there(self) -> set[str]:
        return {cell.key for cell in self.cells if cell.picture in self.found}

    def widened(self, **axes: Any) -> Plan:  # noqa: ANN401  lists of values
        """
        Return the plan with more values on its axes, see `Plan.widened`.

        Raises:
            InvalidRequest: Also where seeds are asked for, and each cell has one of its own.
        """
        if self.has_own_seeds and SEED in {ALIASES.get(name, name) for name in axes}:
            raise InvalidRequest(
                "extend(): each picture of this sweep has a seed of its own, so seed is no axis; "
                "extend(replicate=[...]) adds more of each. Nothing was sent.",
                member=SEED,
            )
        return super().widened(**axes)

    def over(
        self,
        space: Space,
        fixed: Mapping[str, Any] | None = None,
        replicates: int | None = None,
    ) -> Self:
        """Return the same plan over another *space*; what is there stays known."""
        made = super().over(space, fixed, replicates)
        made.found, made.has_own_seeds = self.found, self.has_own_seeds
        return made

    def started_as(
        self,
        name: str | None,
        terms: Terms | None,
        *,
        budget: Cost | None = None,
        have: Book | None = None,
    ) -> Run:
        """
        Send what is not there, and return the run of both; see `Plan.started_as`.

        Raises:
            InvalidRequest: Also where what is there has no place in it.
        """
        left = self.found.keys() - {cell.picture for cell in self.cells}
        if left:
            raise InvalidRequest(
                f"{len(left):,} of the pictures that are there would be asked for again; start "
                "what is new as a sweep of its own, leo.plan(...). Nothing was sent.",
                member="cells",
            )
        there = {
            cell.key: self.found[cell.picture][1]
            for cell in self.cells
            if cell.picture in self.found and _stays(self.found[cell.picture][1])
        }
        own = {} if have is None else have.jobs
        prices = {} if have is None else have.prices
        run = super().started_as(name, terms, budget=budget, have=Book(own | there, prices))
        jobs: dict[str, GenerationJob] = {}
        cells: list[Cell] = []
        for cell in run.cells:
            mine, job = self.found.get(cell.picture, (cell, run.job(cell)))
            if not _stays(job):
                mine, job = cell, run.job(cell)
            cells.append(mine.at(cell.index, cell.coords))
            jobs[mine.key] = job
        fixed = {
            key: value
            for key, value in run.fixed.items()
            if not (key == SEED and self.has_own_seeds)
        }
        return FoundRun(
            run.studio,
            run.axes,
            fixed,
            cells,
            Book(jobs, run._book.prices),  # noqa: SLF001  a run of its own making
            name=run.name,
            terms=run._terms,  # noqa: SLF001
        )


class FoundRun(Run):
    """
    A run of pictures that were found, and of what it was widened by.

    `extend` asks only for what has no place in it.
    """

    _asked: tuple[Axis, ...] | None = None
    """Its axes as new cells need them, where others follow them; None for as they are."""
    _refusal: str = ""
    """Why no more of it can be asked for, as the end of a sentence; "" where it can."""
    _instead: ClassVar = "leo.plan(...) makes a sweep of what is new"
    """What can be done then."""

    @property
    def plan(self) -> Plan:
        """
        The plan of the same cells, to be widened and priced; what is there is not paid again.

        Raises:
            InvalidRequest: No more of it can be asked for; says why, and what can be done.
        """
        if self._plan is None:
            if self._refusal:
                raise self._no_plan(self._refusal)
            if any(axis.role == "slot" for axis in self.axes):
                raise self._no_plan(
                    "its prompts vary in single words, and how they stand in them is lost"
                )
            if "replicate" in self.fixed:
                raise self._no_plan("it has one of several pictures of each place")
            self._plan = self._planned()
        return self._plan

    def _planned(self) -> Plan:
        axes = self._asked or self.axes
        try:
            return FoundPlan.of(self, axes, self.fixed, check=True)
        except LeonardoError:  # what is there was made all the same
            pass
        try:
            return FoundPlan.of(self, axes, self.fixed, check=False)
        except InvalidRequest as error:
            why = SOME if error.member == "replicates" else str(error).rstrip(".")
            raise self._no_plan(why) from error

    def _no_plan(self, why: str) -> InvalidRequest:
        return InvalidRequest(
            f"No more of this sweep can be asked for: {why}. Nothing was sent; {self._instead}.",
            member="cells",
        )

    def __or__(self, other: Run) -> Run:
        """Return the cells of both, see `Run`; what cannot be asked for again stays so."""
        both = super().__or__(other)
        if isinstance(both, FoundRun) and isinstance(other, FoundRun):
            both._refusal = both._refusal or other._refusal
        return both

    def __ror__(self, other: Run) -> Run:
        # asked first, because a found run is a kind of run
        return self._as_found(Run.__or__(other, self))

    def _view(self, part: Part, book: Book | None = None, layout: Layout | None = None) -> Run:
        return self._as_found(super()._view(part, book, layout))

    def _as_found(self, run: Run) -> FoundRun:
        """Return *run*, which has cells of this one, as one that pays for none of them."""
        found = FoundRun(
            run.studio,
            run.axes,
            run.fixed,
            run.cells,
            run._book,  # noqa: SLF001  its own kind
            layout=run.layout,
            name=run.name,
            terms=run._terms,  # noqa: SLF001
            plan=run._plan,  # noqa: SLF001
        )
        found._refusal = self._refusal
        if run.cells is self.cells:
            found._asked = self._asked
        elif self._asked is not None:
            found._refusal = "members follow its axes; extend the whole of it"
        return found


def _stays(job: GenerationJob) -> bool:
    """Whether *job* is not asked for again: all but those that were stopped."""
    return job.state is not State.CANCELLED
