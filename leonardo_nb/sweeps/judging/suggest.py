"""
Which cells a run does not have and may like best, out of what people said of those it has.

A cell that was never drawn has no votes, so all that is known of it is what it shares with judged
ones: its values. How much that is worth is learned with the ranking; where quality does not add up
over the axes, what is suggested is spread out instead.
"""

from __future__ import annotations

import itertools
import math
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from leonardo_nb.errors import InvalidRequest
from leonardo_nb.service.requests import check_value
from leonardo_nb.sweeps.axes import Axis
from leonardo_nb.sweeps.judging.pool import Pool, is_smooth
from leonardo_nb.sweeps.plan import Plan
from leonardo_nb.sweeps.rank import Factor, Posterior, additive
from leonardo_nb.sweeps.recorded.theatre import is_replay
from leonardo_nb.sweeps.saved import LONGEST_NAME
from leonardo_nb.sweeps.space import Space

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from leonardo_nb.sweeps.cells import Cell
    from leonardo_nb.sweeps.run import Run

__all__ = ["chosen", "new_points", "suggested"]

MOST_HOLES: Final = 20_000
"""Combinations that are all looked through for holes; of larger grids, those near the best."""
MOST_WEIGHED: Final = 600
"""New cells that are weighed against each other, those that are most like the best."""
OTHER_SEEDS: Final = 3
"""New seeds for each of the best pictures."""
SPARE: Final = 3
"""Times as many cells are chosen as are wanted, because the service may refuse some of them."""
ENDING: Final = ", suggested"
"""Behind the run's name, that of what is suggested."""

Point = dict[str, Any]
"""A value for each axis, by the axis's name; and a seed where no axis has it."""


def suggested(run: Run, pool: Pool, posterior: Posterior, best: Sequence[Cell], n: int) -> Plan:
    """
    Return a plan of at most *n* cells that *run* does not have and that may be better than all.

    Where a request gives several pictures they are all cells; one request is always among it.

    Args:
        run: The run.
        pool: The pictures that were compared.
        posterior: What is known of them.
        best: The cells of the best pictures, the best one first.
        n: How many are wanted.

    Raises:
        InvalidRequest: There is no such cell, or the words of the run's prompts vary and how they
            stand in it is not known.
    """
    seed = run.fixed.get("seed")
    axes = tuple(axis for axis in run.axes if axis.role != "replicate")
    points = new_points(
        axes,
        [cell.coords for cell in run.cells],
        [{axis.name: cell.coords.get(axis.name) for axis in axes} for cell in best],
        seed=seed if isinstance(seed, int) else None,
    )
    if not points:
        raise InvalidRequest(
            "Nothing can be suggested: the run has every combination of its values, and neither "
            "a number nor a seed of it can be changed. run.extend(...) adds values of your own.",
            member="cells",
        )
    wanted = max(n // (run.fixed.get("num_images") or 1), 1)
    order = chosen(run.axes, posterior, pool.factors, points, SPARE * wanted)
    taken, plan = wanted, _plan_of(run, axes, [points[at] for at in order[:wanted]])
    while (missing := wanted - len(plan.keys)) > 0 and taken < len(order):
        taken += missing
        plan = _plan_of(run, axes, [points[at] for at in order[:taken]])
    return plan


class _Suggested(Plan):
    """A plan without a name of its own: started, it gets one that no other sweep has."""

    called = ""

    @property
    def name(self) -> str:
        """What it is called unless another sweep is; a number follows then."""
        return self.called or super().name


def _plan_of(run: Run, axes: Sequence[Axis], points: Sequence[Point]) -> Plan:
    """Return the plan of *points*, named after *run*."""
    fixed = dict(run.plan.fixed)
    if any("seed" in point for point in points) and "seed" not in {each.name for each in axes}:
        seed = fixed.pop("seed")
        axes = (*axes, Axis("seed", (seed,)))
        points = [{"seed": seed, **point} for point in points]
    grown = []
    for own in axes:
        values = [value for value in _each_once(points, own.name) if not own.has(value)]
        axis = own.joined(Axis(own.name, tuple(values), None, own.role, own.members))
        in_order = sorted(range(len(axis)), key=axis.values.__getitem__)
        grown.append(axis.at(in_order) if axis.is_numeric else axis)
    rows = [[axis.index(point[axis.name]) for axis in grown] for point in points]
    # only what is used, so that the grid has no empty rows
    used = [sorted({row[column] for row in rows}) for column in range(len(grown))]
    indices = [[used[c].index(at) for c, at in enumerate(row)] for row in rows]
    space = Space(
        tuple(axis.at(kept) for axis, kept in zip(grown, used, strict=True)),
        np.array(indices, np.int32).reshape(len(points), len(grown)),
        run.plan.space.template,
    )
    # a replay has nobody to ask; what it suggests is the default studio's
    studio = None if is_replay(run) else run.studio
    plan = _Suggested(space, fixed, studio=studio)
    plan.called = f"{(run.name or 'sweep')[: LONGEST_NAME - len(ENDING)]}{ENDING}"
    return plan


def _each_once(points: Sequence[Point], name: str) -> list[Any]:
    found: list[Any] = []
    for point in points:
        if point[name] not in found:
            found.append(point[name])
    return found


def new_points(
    axes: Sequence[Axis],
    have: Iterable[Mapping[str, Any]],
    best: Sequence[Mapping[str, Any]],
    *,
    seed: int | None = None,
) -> list[Point]:
    """
    Return places that a sweep does not have, those that are most like the best ones first.

    Args:
        axes: What varies.
        have: Where cells are already, whether or not they have a picture.
        best: Where the best pictures are, the best one first.
        seed: The seed of every cell, where it is no axis.

    Returns:
        Values between two neighbours and one step beyond the ends, other seeds of the best, and
        holes, each once.
    """
    taken = {_name(axes, point) for point in have}
    found: dict[object, Point] = {}
    for point in itertools.chain(
        _beside(axes, best), _other_seeds(axes, best, seed), _holes(axes, best)
    ):
        name = _name(axes, point)
        if name not in taken:
            found.setdefault(name, point)
        if len(found) >= MOST_WEIGHED:
            break
    return list(found.values())


def _name(axes: Sequence[Axis], point: Mapping[str, Any]) -> object:
    """Return what is equal for two points that are one place."""
    own = {axis.name for axis in axes}
    places = (_spot(axis, point.get(axis.name)) for axis in axes)
    return (*places, *((k, v) for k, v in sorted(point.items()) if k not in own))


def _spot(axis: Axis, value: object) -> tuple[bool, object]:
    """Return where *value* stands, for a list is no key; a number that is new stands for itself."""
    place = axis.finder()(value)
    return (False, value) if place is None else (True, place)


def _beside(axes: Sequence[Axis], best: Sequence[Mapping[str, Any]]) -> Iterator[Point]:
    """Yield the best places with one number changed by half a step, or past the end by one."""
    for point, axis in itertools.product(best, axes):
        if not is_smooth(axis) or len(axis) < 2 or axis.role != "member":
            continue
        values = sorted(axis.values)
        at = values.index(point[axis.name])
        near = values[max(at - 1, 0) : at + 2]
        wanted = [(one + two) / 2 for one, two in itertools.pairwise(near)]
        if at == 0:
            wanted.append(2 * values[0] - values[1])
        if at == len(values) - 1:
            wanted.append(2 * values[-1] - values[-2])
        for value in wanted:
            allowed = _allowed(axis, value)
            if allowed is not None and allowed not in values:
                yield {**point, axis.name: allowed}


def _allowed(axis: Axis, value: float) -> float | None:
    """Return the value nearest to *value* that the service takes, or None where none is near."""
    whole = all(isinstance(each, int) for each in axis.values)
    wanted = round(value) if whole or float(value).is_integer() else round(value, 6)
    try:
        check_value(axis.name, wanted)
    except InvalidRequest as error:
        nearest = error.nearest
        # what the service takes instead may be far away
        if isinstance(nearest, int | float) and min(axis.values) < nearest < max(axis.values):
            return nearest
        return None
    return wanted


def _other_seeds(
    axes: Sequence[Axis], best: Sequence[Mapping[str, Any]], seed: int | None
) -> Iterator[Point]:
    """Yield the best places with seeds that no cell has."""
    axis = next((axis for axis in axes if axis.name == "seed"), None)
    if axis is None and seed is None:
        return
    known = set(axis.values) if axis is not None else {seed}
    first = max(value for value in known if isinstance(value, int))
    for point, step in itertools.product(best, range(1, OTHER_SEEDS + 1)):
        try:
            value = check_value("seed", first + step)
        except InvalidRequest:
            return
        yield {**point, "seed": value}


def _holes(axes: Sequence[Axis], best: Sequence[Mapping[str, Any]]) -> Iterator[Point]:
    """Yield places of the grid: those that two changes reach, and of a small one all."""
    names = [axis.name for axis in axes]
    for changes in (1, 2):
        for point in best:
            for some in itertools.combinations(axes, changes):
                for values in itertools.product(*(axis.values for axis in some)):
                    changed = zip((axis.name for axis in some), values, strict=True)
                    yield {**{name: point[name] for name in names}, **dict(changed)}
    if math.prod(len(axis) for axis in axes) <= MOST_HOLES:
        for values in itertools.product(*(axis.values for axis in axes)):
            yield dict(zip(names, values, strict=True))


def chosen(
    axes: Sequence[Axis],
    posterior: Posterior,
    factors: Sequence[Factor],
    points: Sequence[Point],
    n: int,
) -> list[int]:
    """
    Return which *n* of *points* may be best: the highest upper bounds, one after the other.

    After each choice the others are weighed as if it had turned out as expected, so that they are
    not all the same idea.

    Args:
        axes: What varies.
        posterior: What is known of the pictures.
        factors: Where these stand, for each axis that has several values.
        points: Where the new cells would be.
        n: How many are wanted.
    """
    there = [
        Factor(tuple(_place(axis, point.get(axis.name)) for point in points), is_smooth(axis))
        for axis in axes
        if len(axis) > 1
    ]
    size = posterior.sources.spread**2 * posterior.sources.share
    if there:
        across, within = size * additive(there, factors), size * additive(there)
    else:  # nothing varies, so that all are equally unknown
        across, within = np.zeros((len(points), len(posterior))), size * np.eye(len(points))
    pull = across @ posterior.precision
    mean = pull @ posterior.mean
    spread = within - pull @ across.T + pull @ posterior.covariance @ pull.T
    own = posterior.sources.spread**2 * (1.0 - posterior.sources.share)
    left, picked = np.ones(len(points), dtype=bool), list[int]()
    for _ in range(min(n, len(points))):
        upper = mean + np.sqrt(np.maximum(np.diag(spread), 0.0))
        # rounded, so that of equals the one that is most like the best comes first
        best = int(np.argmax(np.where(left, np.round(upper, 9), -np.inf)))
        left[best] = False
        picked.append(best)
        column = spread[:, best]
        spread = spread - np.outer(column, column) / (column[best] + own + 1e-9)
    return picked


def _place(axis: Axis, value: Any) -> float:  # noqa: ANN401  a value, on the axis or not
    """Return where *value* stands, as `pool.places_on` does; new ones between and beyond."""
    if not is_smooth(axis):
        # a new one is a seed, which has nothing in common with the others
        place = axis.finder()(value)
        return -1.0 - float(value or 0) if place is None else float(place)
    values = sorted(axis.values)
    if value < values[0]:
        return float((value - values[0]) / (values[1] - values[0]))
    if value > values[-1]:
        return float(len(values) - 1 + (value - values[-1]) / (values[-1] - values[-2]))
    return float(np.interp(value, values, range(len(values))))
