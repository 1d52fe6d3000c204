"""
Where more values of an axis would show most: between neighbours that differ most.

Which values is plain arithmetic on the steps of `effects`; sending them is the plan's.
"""

from __future__ import annotations

import difflib
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from leonardo_nb.engine.terms import checked_budget
from leonardo_nb.errors import BudgetExceeded, InvalidRequest
from leonardo_nb.service.values import MEMBERS, shown
from leonardo_nb.sweeps.axes import is_whole, linspace
from leonardo_nb.sweeps.effects import effects_of
from leonardo_nb.sweeps.layout import axis_named
from leonardo_nb.sweeps.plan import Plan
from leonardo_nb.sweeps.recorded.theatre import is_replay

if TYPE_CHECKING:
    from collections.abc import Sequence

    from leonardo_nb.money import Cost
    from leonardo_nb.sweeps.axes import Axis
    from leonardo_nb.sweeps.run import Run

__all__ = ["Gap", "refine", "values_between"]

USUAL: Final = 3
"""Values that are added where no number is said and no budget either."""
MOST: Final = 24
"""Values that are added at once, whatever the budget."""


@dataclass(frozen=True, slots=True)
class Gap:
    """
    Two neighbouring values, and how much changes between them.

    Attributes:
        start: The lower value.
        stop: The higher value.
        change: In any unit; only which is larger matters.
        vs_noise: In multiples of the noise; None where that is not known.
    """

    start: float
    stop: float
    change: float
    vs_noise: float | None = None


def values_between(gaps: Sequence[Gap], n: int, *, every: int = 0) -> list[float]:
    """
    Return at most *n* new values, where the most changes, in rising order.

    A gap that is cut into m pieces is taken to change the m-th part at each, which is 1/m² of a
    squared distance; the next value goes where the largest piece is. Pieces that would change less
    than the noise are not cut. There are fewer than *n* values where nothing is left to cut.

    >>> values_between([Gap(3, 7, 9.0), Gap(7, 9, 1.0)], 2)
    [4.33, 5.67]
    >>> values_between([Gap(10, 13, 9.0)], 5, every=1)
    [11, 12]

    Args:
        gaps: Between neighbouring values of one axis.
        n: How many values.
        every: Values are multiples of this whole number; 0 for any number.
    """
    pieces = dict.fromkeys(gaps, 1)
    for _ in range(n):
        open_ = [gap for gap, m in pieces.items() if _can_be_cut(gap, m, every)]
        if not open_:
            break
        largest = max(open_, key=lambda gap: gap.change / pieces[gap] ** 2)
        pieces[largest] += 1
    return sorted(value for gap, m in pieces.items() for value in _inside(gap, m, every))


def _can_be_cut(gap: Gap, pieces: int, every: int) -> bool:
    is_loud = gap.change > 0 and (gap.vs_noise is None or gap.vs_noise / pieces**2 > 1)
    return is_loud and len(_inside(gap, pieces + 1, every)) == pieces


def _inside(gap: Gap, pieces: int, every: int) -> list[float]:
    """Return the values that cut *gap* into so many pieces, fewer where whole ones run out."""
    if pieces < 2:
        return []
    cuts = linspace(gap.start, gap.stop, pieces + 1)[1:-1]
    if every:
        cuts = [round(value / every) * every for value in cuts]
    return [value for value in dict.fromkeys(cuts) if gap.start < value < gap.stop]


def refine(
    run: Run,
    axis: str,
    budget: Cost | None = None,
    *,
    n: int | None = None,
    metric: object = "phash",
) -> Plan | Run:
    """
    Return the sweep with more values on a numeric *axis*, where neighbours differ most.

    Args:
        run: The sweep, finished or not.
        axis: A parameter that varies and is a number.
        budget: As in `run.extend`: the most that all runs of this name may cost together. As many
            values are added as it allows, and sent. Without it a plan is returned, and nothing is
            sent before its `start()`; that of a replay is one for the default studio.
        n: How many values at most; without it three, or with a budget as many as there is
            something to see between.
        metric: What differing is; as in `run.effects`.

    Raises:
        InvalidRequest: There is no such axis, it is no number or has no order, too few pictures are
            there, or no neighbours differ more than the noise.
        BudgetExceeded: Not even one more value is within the budget; nothing was sent.
    """
    checked_budget(budget)
    chosen = axis_named(run.axes, axis, function="refine")
    _refuse_no_order(run, chosen)
    if n is not None and (not is_whole(n) or not 1 <= n <= MOST):
        raise InvalidRequest(
            f"refine() takes a whole number from 1 to {MOST} as n, not {shown(n)}.",
            member="n",
            value=n,
            nearest=min(max(n, 1), MOST) if is_whole(n) else USUAL,
        )
    most = n or (USUAL if budget is None else MOST)
    steps = [step for step in effects_of(run, metric).steps if step.axis == chosen.name]
    gaps = [Gap(step.start, step.stop, step.change, step.vs_noise) for step in steps]
    if not gaps:
        raise InvalidRequest(
            f"refine(): too few pictures; at two values of {chosen.name} they are needed in the "
            "same place of all other axes.",
            member=chosen.name,
        )
    every = _multiple_of(chosen)
    values = values_between(gaps, most, every=every)
    if not values:
        raise InvalidRequest(
            f"refine(): no neighbours on {chosen.name} differ more than the noise or have room "
            "between them, so more values would show nothing new.",
            member=chosen.name,
        )
    if budget is None:
        wider = run.plan.widened(**{chosen.name: values})
        return _for_a_service(wider) if is_replay(run) else wider
    while len(values) > 1:
        with suppress(BudgetExceeded):
            return run.extend(budget=budget, **{chosen.name: values})
        values = values_between(gaps, len(values) - 1, every=every)
    return run.extend(budget=budget, **{chosen.name: values})


def _for_a_service(plan: Plan) -> Plan:
    """Return *plan* for the default studio; a replay has nobody who could draw it."""
    return Plan(
        plan.space,
        plan.fixed,
        replicates=plan.replicates,
        order=plan.order,
        reuse=plan.reuse,
        check=plan.check,
    )


def _refuse_no_order(run: Run, axis: Axis) -> None:
    if not axis.is_numeric:
        numeric = [each.name for each in run.axes if each.is_numeric and each.name != "seed"]
        near = difflib.get_close_matches(axis.name, numeric, 1, 0.0)
        there = f"; {' and '.join(numeric)} can be refined" if numeric else ""
        raise InvalidRequest(
            f"refine() adds numbers between numbers, and {axis.name} has none{there}.",
            member=axis.name,
            nearest=near[0] if near else None,
        )
    if axis.name == "seed":
        raise InvalidRequest(
            "refine(): seeds have no order, so nothing lies between two of them; "
            "run.extend(seed=[...]) adds some.",
            member="seed",
        )


def _multiple_of(axis: Axis) -> int:
    """Return what values of *axis* are multiples of; 0 where they need not be whole."""
    member = MEMBERS.get(axis.name)
    if member is None or member.kind != "whole":
        return 0
    return max(int(member.limits.step), 1) if member.limits is not None else 1
