"""
A sweep before it is paid for: its cells, its price, and the door to running it.

A plan is a value that can be looked at, counted and priced as often as one likes; only `start`
sends anything.
"""

from __future__ import annotations

import difflib
from collections import Counter
from typing import TYPE_CHECKING, Any, Final, Self, cast

import numpy as np

from leonardo_nb.engine.terms import checked_budget
from leonardo_nb.errors import BudgetExceeded, InvalidRequest
from leonardo_nb.money import converted
from leonardo_nb.service.values import ALIASES, shown
from leonardo_nb.sweeps import saved
from leonardo_nb.sweeps.axes import axis_values, handed_on, is_whole, same
from leonardo_nb.sweeps.cells import Cells, indices_of, lay
from leonardo_nb.sweeps.estimate import Estimate, counted, seconds_of, total
from leonardo_nb.sweeps.order import ORDERS, Order, order_of
from leonardo_nb.sweeps.preview import plan_html
from leonardo_nb.sweeps.run import Run
from leonardo_nb.sweeps.space import Space, widened

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from collections.abc import Set as AbstractSet

    from leonardo_nb.engine.terms import Resend, Terms, Wall
    from leonardo_nb.money import Cost
    from leonardo_nb.service.requests import CreateGeneration
    from leonardo_nb.studios import Studio
    from leonardo_nb.sweeps.axes import Axis
    from leonardo_nb.sweeps.book import Book
    from leonardo_nb.sweeps.cells import Cell
    from leonardo_nb.sweeps.space import Drops

WORDS_IN_NAME = 4
MAX_JOBS: Final = 10_000
"""Jobs of one sweep: at the service's 100 a minute they take nearly two hours."""

__all__ = ["MAX_JOBS", "Plan"]


class Plan:
    """
    A sweep that is not paid for yet: `len(plan)` cells, the last axis varies fastest.

    Args:
        space: The places.
        fixed: What is the same in every cell, by wire names.
        replicates: How many pictures each place has; as many as one request gives if None.
        order: In which order cells are sent.
        studio: Where to price and run it; the default one if None.
        reuse: Whether cells that the library has already are taken from it.
        check: False sends what our rules would refuse.
        name: What it is called; else its words and what varies.

    Attributes:
        budget: What starting it may cost where nothing else is said; None for no wall.
        space: The places.
        axes: What varies, in the order given, replicates last.
        fixed: What is the same in every cell, the seed always among it or among the axes.
        cells: Every cell with its request.
        dropped: What was left out, and why: by `where`, by a rule of the service, or because it
            stood there twice.

    Raises:
        InvalidRequest: No cell can be asked for.
        ConflictingParameters: No cell can be asked for, for a rule.
    """

    __module__ = "leonardo_nb"

    axes: tuple[Axis, ...]
    fixed: dict[str, Any]
    cells: Cells
    dropped: tuple[Drops, ...]

    def __init__(
        self,
        space: Space,
        fixed: Mapping[str, Any],
        *,
        replicates: int | None = None,
        order: Order = "spread",
        studio: Studio | None = None,
        reuse: bool = True,
        check: bool = True,
        name: str | None = None,
    ) -> None:
        self.space = space
        self.replicates = _checked_replicates(replicates)
        self.order = _checked_order(order)
        self.reuse = reuse
        self.budget: Cost | None = None
        self.fixed = dict(fixed)
        self.check = check
        self._name = None if name is None else saved.checked_name(name)
        self._laid = lay(space, fixed, replicates=self.replicates, check=check)
        self.axes, self.cells = self._laid.axes, self._laid.cells
        self.dropped = self._laid.dropped
        self._studio = studio
        self._estimates: dict[AbstractSet[str], Estimate] = {}

    @classmethod
    def of_cells(
        cls,
        axes: Sequence[Axis],
        fixed: Mapping[str, Any],
        cells: Sequence[Cell],
        *,
        studio: Studio | None = None,
        like: Plan | None = None,
    ) -> Plan:
        """
        Return the plan of cells that are there already.

        Args:
            axes: What varies among them.
            fixed: What is the same in all of them.
            cells: The cells.
            studio: Where to price and run it.
            like: The plan that they are a part of, whose order, rules and words are kept.

        Raises:
            InvalidRequest: No plan gives these very pictures: the words of their prompt vary, and
                how they stand in it is not known, or they are some of a place's replicates.
        """
        if like is not None and like.space.template is not None:
            return like.of_these(cells)
        if any(axis.role == "slot" for axis in axes):
            raise InvalidRequest(
                "This sweep's prompts vary in single words, and how they stand in them is not "
                "known here; leo.plan() with leo.prompt() makes the plan anew.",
                member="prompt",
            )
        kept = [n for n, axis in enumerate(axes) if axis.role != "replicate"]
        replicates = next((len(axis) for axis in axes if axis.role == "replicate"), None)
        points = np.unique(indices_of(axes, cells)[:, kept], axis=0)
        space = Space(tuple(axes[n] for n in kept), points)
        settings: dict[str, Any] = {"check": False}
        if like is not None:
            settings = {"order": like.order, "reuse": like.reuse, "check": like.check}
            settings["name"] = like._name  # noqa: SLF001  of this class
        if "replicate" in fixed:
            raise _no_plan_of_replicates()
        made = cls(space, fixed, replicates=replicates, studio=studio, **settings)
        if like is not None:
            made.budget = like.budget
        if replicates is not None or like is not None:
            _refuse_other_pictures(made, cells)
        return made

    def of_these(self, cells: Sequence[Cell]) -> Plan:
        """
        Return this plan with those of its places that *cells* stand on.

        Raises:
            InvalidRequest: No plan gives these very pictures.
        """
        wanted = {cell.picture for cell in cells}
        names = [axis.name for axis in self.space.axes]
        kept = set()
        for cell in self.cells:
            if cell.picture in wanted:
                kept.add(tuple(repr(cell.coords[name]) for name in names))
        rows = [tuple(repr(point.get(name)) for name in names) in kept for point in self.space]
        made = self.over(self.space.at(self.space.points[rows]))
        _refuse_other_pictures(made, cells)
        return made

    def __len__(self) -> int:
        return len(self.cells)

    def __iter__(self) -> Iterator[Cell]:
        return iter(self.cells)

    @property
    def studio(self) -> Studio:
        """The studio that prices and runs it: the one given, or the default one at first need."""
        if self._studio is None:
            from leonardo_nb.default_studio import studio

            self._studio = studio()
        return self._studio

    @property
    def keys(self) -> list[str]:
        """The content keys of its jobs: each is paid once, however many cells show it."""
        return list(dict.fromkeys(self.cells.keys))

    @property
    def requests(self) -> dict[str, CreateGeneration]:
        """The jobs it stands for, by content key, in the order of the cells."""
        return self.requests_of(self.keys)

    def requests_of(self, keys: Sequence[str]) -> dict[str, CreateGeneration]:
        """Return the requests that have *keys*, in their order."""
        first = {key: n for n, key in reversed(list(enumerate(self.cells.keys)))}
        return {key: self.cells[first[key]].request for key in keys}

    @property
    def keys_in_order(self) -> list[str]:
        """The content keys of its jobs, in the order in which they are sent."""
        cells = self.cells
        costs: list[float] = []
        if self.order == "cheap first":
            each = {kind: float(request.estimated_credits()) for kind, request in self._kinds()}
            costs = [each[kind] for kind in self._laid.kinds.tolist()]
        shape = [len(axis) for axis in self.axes]
        order = order_of(self.order, shape, cells.indices, lambda n: costs[n])
        return list(dict.fromkeys(cells.keys[n] for n in order))

    def _kinds(self) -> Iterator[tuple[int, CreateGeneration]]:
        """Yield a request of every kind; those of one kind cost the same and take as long."""
        kinds, first = np.unique(self._laid.kinds, return_index=True)
        for kind, place in zip(kinds.tolist(), first.tolist(), strict=True):
            yield kind, self.cells[place].request

    def known(self) -> AbstractSet[str]:
        """
        Return the keys of the jobs that the library has, finished or at the service.

        Those that are only asked for, as of a run that is paused, have cost nothing yet.
        """
        return self.studio.known(self.keys) if self.reuse else frozenset()

    def estimate(self, *, new: bool = False) -> Estimate:
        """
        Return the size, price and duration, before anything is paid.

        The calculator is asked once for every price that can differ, not once a cell.

        Args:
            new: Only of what the library does not have.

        Raises:
            ServiceError: The service refused to say, for instance because of the key.
            ConnectionFailed: It did not answer.
        """
        return self.estimate_without(self.known() if new else frozenset())

    def estimate_without(self, known: AbstractSet[str]) -> Estimate:
        """Return the estimate of the jobs that do not have the *known* content keys."""
        known = frozenset(known)
        if known not in self._estimates:
            self._estimates[known] = self._estimated(known)
        return self._estimates[known]

    def _estimated(self, known: AbstractSet[str]) -> Estimate:
        keys = self.cells.keys
        places = [n for n in self.cells.first_of_jobs if keys[n] not in known]
        counts = Counter(self._laid.kinds[places].tolist())
        kinds = {kind: request for kind, request in self._kinds() if kind in counts}
        asked = {
            key: self.studio.price_later(request)
            for key, request in {each.price_key(): each for each in kinds.values()}.items()
        }
        prices = {key: self.studio.engine.wait(future) for key, future in asked.items()}
        return Estimate(
            cells=sum(key not in known for key in keys),
            jobs=len(places),
            images=sum((kinds[kind].num_images or 1) * n for kind, n in counts.items()),
            cost=total(prices[kinds[kind].price_key()] * n for kind, n in counts.items()),
            seconds=seconds_of(self.studio, [(kinds[kind], n) for kind, n in counts.items()]),
        )

    def widened(self, **axes: Any) -> Plan:  # noqa: ANN401  lists of values
        """
        Return the plan with more values on its axes; what was the same in every cell may vary.

        Args:
            **axes: New values, in a list, by the name of what they are values of.

        Raises:
            InvalidRequest: A value is refused or there already, or there is no such axis.
        """
        space, fixed, replicates = self.space, dict(self.fixed), self.replicates
        for typed, values in axes.items():
            if typed == "replicate":
                replicates = _more_replicates(self.axes, values)
            else:
                space, fixed = widened(space, self._defaults(typed) | fixed, typed, values)
        return self.over(space, fixed, replicates)

    def over(
        self,
        space: Space,
        fixed: Mapping[str, Any] | None = None,
        replicates: int | None = None,
    ) -> Self:
        """Return the same plan over another *space*, with what else is given in its place."""
        return type(self)(
            space,
            self.fixed if fixed is None else fixed,
            replicates=replicates or self.replicates,
            order=self.order,
            studio=self._studio,
            reuse=self.reuse,
            check=self.check,
            name=self._name,
        )

    def _defaults(self, typed: str) -> dict[str, Any]:
        """Return what a member is everywhere that nobody named, where it is the same everywhere."""
        name = ALIASES.get(typed, typed)
        if any(name in {axis.name, *axis.sets} for axis in self.space.axes) or name == "prompt":
            return {}
        found = [request.wire().get(name) for _, request in self._kinds()]
        return {name: found[0]} if all(same(each, found[0]) for each in found) else {}

    def to_dict(self) -> dict[str, Any]:
        """Return it made of what JSON has, without addresses; `Plan.from_dict` reads it again."""
        spec = saved.written_down(self)
        return spec | {"fixed": handed_on(spec["fixed"])}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any], *, studio: Studio | None = None) -> Plan:
        """
        Return the plan that `to_dict` was asked of.

        Raises:
            InvalidRequest: It is none, is not whole, or was written by a newer leonardo_nb.
        """
        space, fixed, more = saved.read_again(data)
        return cls(space, fixed, studio=studio, **more)

    def start(
        self,
        budget: Cost | None = None,
        *,
        name: str | None = None,
        unpriced: bool = False,
        resend: Resend | None = None,
    ) -> Run:
        """
        Send every cell that the library does not have, and return the run at once.

        Cells that another run of this kernel holds back are let go, for they are asked for now.

        Args:
            budget: The most that all runs of this name may cost together, such as
                `leo.Credits(100)`; also after a restart, until another one is given.
            name: What `leo.sweeps()` and `leo.spending(by="sweep")` call it; else its words and
                what varies.
            unpriced: Send cells under a budget although their price is known only afterwards.
            resend: What happens to a cell whose request's answer was lost, as in `leo.generate`.

        Raises:
            BudgetExceeded: The cells that are not in the library would pass the budget, or nobody
                can say their price; nothing was sent.
            InvalidRequest: They are more jobs than are sent at once.
        """
        terms = self.studio.usual.with_(
            reuse=self.reuse,
            unpriced=unpriced,
            **({} if resend is None else {"resend": resend}),
        )
        given = self._name if name is None else saved.checked_name(name)
        return self.started_as(given, terms, budget=self.budget if budget is None else budget)

    def started_as(
        self,
        name: str | None,
        terms: Terms | None,
        *,
        budget: Cost | None = None,
        have: Book | None = None,
    ) -> Run:
        """
        Send what is missing, on *terms*, and return the run; see `start`.

        Args:
            name: What the sweep is called; None for a name that no other sweep has.
            terms: What it may cost, and what to do when an answer is lost; as usual if None.
            budget: The most that all runs of the name may cost together; if None, what an earlier
                run of it was given.
            have: Jobs that are there already, and are not asked for again.
        """
        checked_budget(budget)
        terms = terms or self.studio.usual.with_(reuse=self.reuse)
        there = set() if have is None else have.jobs.keys() & set(self.keys)
        self._refuse_too_many_jobs(len(self.keys) - len(there))
        name = saved.name_for(self, name)
        limit = saved.budget_of_name(self.studio, name) if budget is None else budget
        if limit is not None:
            terms = terms.behind(saved.wall_of(self.studio, name, limit))
        unsent = self._unsent(have) if terms.walls else {}
        for wall in terms.walls:
            self._keep_within(wall, there, unsent, unpriced=terms.unpriced)
        saved.put(self, name, budget)
        run = Run.started(self.studio, self, terms.of_sweep(name), name, have)
        self.studio.stand_behind(terms.walls, run.jobs_of(unsent))
        self.studio.let_go(run.jobs_of(self.keys))
        return run

    def _unsent(self, have: Book | None) -> dict[str, str]:
        """Return our names of those of its jobs that are asked for already and may yet be sent."""
        mine = set(self.keys)
        there = {} if have is None else {k: job for k, job in have.jobs.items() if k in mine}
        unsent = {k: job.uid for k, job in there.items() if job.id is None and not job.done()}
        if self.reuse:
            unsent |= self.studio.unsent([key for key in self.keys if key not in there])
        return unsent

    def _refuse_too_many_jobs(self, jobs: int) -> None:
        if jobs > MAX_JOBS:
            raise InvalidRequest(
                f"{jobs:,} jobs are more than the {MAX_JOBS:,} that a sweep sends; start a part "
                f"of it, such as leo.plan(space[:{MAX_JOBS:_}]), and widen it later.",
                member="space",
                value=jobs,
                nearest=MAX_JOBS,
            )

    @property
    def name(self) -> str:
        """What it is called unless it is given a name: its words, and what varies."""
        if self._name is not None:
            return self._name
        prompt = self.space.template or self.fixed.get("prompt", "")
        words = " ".join(str(prompt).split()[:WORDS_IN_NAME])
        varies = " x ".join(axis.name for axis in self.axes)
        return (
            ": ".join(filter(None, (words.rstrip(",.;:"), varies)))[: saved.LONGEST_NAME] or "sweep"
        )

    def _keep_within(
        self,
        wall: Wall,
        there: AbstractSet[str],
        unsent: Mapping[str, str],
        *,
        unpriced: bool,
    ) -> None:
        """Say before anything is sent that what is missing would cost more than is left."""
        known = (self.known() | there) - unsent.keys()
        missing = sum(key not in known for key in self.keys)
        cost = self._estimated(known).cost if missing else wall.limit * 0
        if cost is None:
            if unpriced:
                return
            raise BudgetExceeded(
                f"The service names no price for this sweep, so {wall.limit} cannot be kept; "
                "nothing was sent. unpriced=True starts it, and counts what each cell turns out "
                "to cost."
            )
        cost = converted(cost, wall.limit.unit)
        left = self.studio.left_of(wall, without=unsent.values())
        if cost > left:
            count = len(self) if missing == len(self.keys) else missing
            new = "" if missing == len(self.keys) else f" that {'is' if count == 1 else 'are'} new"
            if left == wall.limit:
                of, advice = "", "Take fewer values, or raise the budget."
            else:
                of = f"{left} that are left of "
                advice = (
                    f"It is one budget for every run of this name ({wall.scope.split(' ', 2)[2]}); "
                    'raise it, or give another one with name="...".'
                )
            raise BudgetExceeded(
                f"{counted(count, 'cell')}{new} would cost {cost}, which passes {of}the budget of "
                f"{wall.limit}; nothing was sent. {advice}"
            )

    def __repr__(self) -> str:
        product = " x ".join(f"{len(axis)} {axis.name}" for axis in self.axes) or "nothing varies"
        whole = self._estimates.get(frozenset())
        estimate = f": {whole}" if whole else ""
        gone = sum(map(len, self.dropped))
        dropped = f", {gone:,} left out" if gone else ""
        return f"<Plan of {counted(len(self), 'cell')} ({product}){dropped}{estimate}>"

    def _repr_html_(self) -> str:
        return plan_html(self)


def _refuse_other_pictures(made: Plan, cells: Sequence[Cell]) -> None:
    """Refuse a plan that would ask for other pictures than those that it is made of."""
    if {cell.picture for cell in made.cells} != {cell.picture for cell in cells}:
        raise _no_plan_of_replicates()


def _no_plan_of_replicates() -> InvalidRequest:
    return InvalidRequest(
        "These are some of the pictures of their places, and seeds of replicates are counted from "
        "the first one; a plan of these alone would draw others. Take run.plan of the whole sweep, "
        "or of a part whose places have equally many, such as run.where(replicate=1).",
        member="replicate",
    )


def _checked_replicates(replicates: object) -> int | None:
    if replicates is None:
        return None
    if not is_whole(replicates):
        raise TypeError(f"replicates={shown(replicates)} must be a whole number.")
    number = int(cast("int", replicates))
    if number < 1:
        raise InvalidRequest(
            f"replicates={number}: each place has at least one picture.",
            member="replicates",
            value=number,
            nearest=1,
        )
    return number


def _checked_order(order: object) -> Order:
    if order not in ORDERS:
        near = difflib.get_close_matches(str(order)[:100], ORDERS, 1, 0)
        raise InvalidRequest(
            f"order={shown(order)} is none of {', '.join(map(repr, ORDERS))}.",
            member="order",
            value=order,
            nearest=near[0] if near else ORDERS[0],
        )
    return cast("Order", order)


def _more_replicates(axes: Sequence[Axis], values: object) -> int:
    """Return how many replicates there are once those with the numbers *values* have come."""
    have = next((len(axis) for axis in axes if axis.role == "replicate"), 1)
    numbers = list(axis_values("replicate", values) or [values])
    if not all(map(is_whole, numbers)) or sorted(numbers) != list(
        range(have + 1, have + 1 + len(numbers))
    ):
        raise InvalidRequest(
            f"replicate={shown(values)}: there are {have}, counted from 1; the next one is "
            f"{have + 1}, as in replicate=[{have + 1}].",
            member="replicate",
            value=values,
            nearest=have + 1,
        )
    return have + len(numbers)
