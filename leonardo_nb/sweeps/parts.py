"""
Parts of a sweep and sweeps put together: which axes and cells are then there.

Plain functions on axes and cells, so that a run and whatever else has cells are cut alike.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from leonardo_nb.errors import InvalidRequest, UnknownParameter
from leonardo_nb.service.values import shown
from leonardo_nb.sweeps.axes import Axis, axis_values, in_order, same
from leonardo_nb.sweeps.cells import indices_of
from leonardo_nb.sweeps.layout import axis_named
from leonardo_nb.sweeps.space import Space

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from numpy.typing import NDArray

    from leonardo_nb.sweeps.cells import Cell

__all__ = ["Part", "difference", "in_numbers", "selection", "that_satisfy", "union"]


@dataclass(frozen=True, slots=True)
class Part:
    """
    Some cells, and what they are laid out on.

    Attributes:
        axes: What varies among them.
        fixed: What is the same in all of them.
        cells: The cells, numbered from 0.
    """

    axes: tuple[Axis, ...]
    fixed: dict[str, Any]
    cells: Sequence[Cell]


def selection(part: Part, coords: Mapping[str, Any]) -> Part:
    """
    Return the part at *coords*; a value takes its axis away, a list of values keeps it with these.

    Raises:
        InvalidRequest: No such axis or no such value; the error names the nearest.
        UnknownParameter: An axis is given twice, in two spellings.
    """
    axes, fixed = list(part.axes), dict(part.fixed)
    wanted: dict[str, tuple[Axis, set[int]]] = {}
    for typed, value in coords.items():
        axis = axis_named(part.axes, typed, function="sel")
        name = axis.name
        if name in wanted:
            raise UnknownParameter(f"sel(): {name} is given twice, in two spellings.", member=typed)
        is_place = axis.role == "zip" and isinstance(value, tuple)
        some = None if is_place else axis_values(name, value)
        kept = [axis.find(one) for one in ([value] if some is None else some)]
        wanted[name] = axis, {axis.index(one) for one in kept}
        place = axes.index(axis)
        if some is None:
            del axes[place]
            fixed |= _fixed_by(axis, kept[0])
        else:
            axes[place] = axis.only(kept)
    cells = [
        cell
        for cell in part.cells
        if all(axis.index(cell.coords[name]) in kept for name, (axis, kept) in wanted.items())
    ]
    if not cells:
        said = ", ".join(f"{name}={shown(value)}" for name, value in coords.items())
        raise InvalidRequest(
            f"sel({said}): this sweep has no cell there; it was left out of its space.",
            member=next(iter(coords), "sel"),
        )
    return _numbered(axes, fixed, cells)


def _fixed_by(axis: Axis, value: Any) -> dict[str, Any]:  # noqa: ANN401  a value on the axis
    if axis.role == "zip" and isinstance(value, tuple):
        return dict(zip(axis.members, value, strict=True))
    return {axis.name: value}


def that_satisfy(part: Part, predicate: Callable[..., object] | None, **values: Any) -> Part:  # noqa: ANN401
    """
    Return the cells for which *predicate* is true, as `Space.where` takes it.

    Raises:
        InvalidRequest: It fails for a cell, or there is none left.
    """
    indices = indices_of(part.axes, part.cells)
    space = Space(part.axes, indices).where(predicate, **values)
    left = set(map(tuple, space.points.tolist()))
    cells = [
        cell for cell, row in zip(part.cells, indices.tolist(), strict=True) if tuple(row) in left
    ]
    return _numbered(_used(part.axes, space.points), part.fixed, cells)


def union(one: Part, other: Part) -> Part:
    """
    Return the cells of both, each place once; what differs between the two becomes an axis.

    Raises:
        InvalidRequest: An axis of one is another kind of thing in the other.
    """
    one, other = _spelt_out(one, other)
    theirs = {axis.name: axis for axis in other.axes}
    axes = []
    for axis in one.axes:
        joined = axis.joined(theirs[axis.name])
        axes.append(joined.at(in_order(axis, joined)))
    there: set[tuple[int, ...]] = set()
    cells = []
    for cell in (*one.cells, *other.cells):
        place = tuple(axis.index(cell.coords[axis.name]) for axis in axes)
        if place not in there:
            there.add(place)
            cells.append(cell)
    return _numbered(axes, one.fixed, cells)


def _spelt_out(one: Part, other: Part) -> tuple[Part, Part]:
    """Return both parts with an axis for whatever one varies and the other does not."""
    names = dict.fromkeys(axis.name for axis in (*one.axes, *other.axes))
    differ = [
        name
        for name in dict.fromkeys((*one.fixed, *other.fixed))
        if name not in names and not same(one.fixed.get(name), other.fixed.get(name))
    ]
    wanted = [*names, *differ]
    kinds = {axis.name: axis for axis in (*one.axes, *other.axes)}
    return _with_axes(one, wanted, kinds), _with_axes(other, wanted, kinds)


def _with_axes(part: Part, wanted: Sequence[str], kinds: Mapping[str, Axis]) -> Part:
    own = {axis.name: axis for axis in part.axes}
    added: dict[str, Any] = {}
    for name in wanted:
        if name in own:
            continue
        kind = kinds.get(name)
        value: Any = part.fixed.get(name)
        if kind is not None and kind.role == "zip":
            given = tuple(part.fixed.get(member) for member in kind.members)
            value = None if None in given else given
        elif kind is not None and kind.role == "replicate":
            value = 1
        added[name] = value
        role = ("member", ()) if kind is None else (kind.role, kind.members)
        own[name] = Axis(name, (value,), None, *role)
    fixed = {name: value for name, value in part.fixed.items() if name not in wanted}
    cells = [cell.at(cell.index, {**cell.coords, **added}) for cell in part.cells]
    return Part(tuple(own[name] for name in wanted), fixed, cells)


def difference(one: Part, other: Part) -> Part:
    """
    Return the cells of *one* whose pictures *other* does not have.

    Raises:
        InvalidRequest: There is none.
    """
    theirs = {cell.picture for cell in other.cells}
    cells = [cell for cell in one.cells if cell.picture not in theirs]
    if not cells:
        raise InvalidRequest(
            "Nothing is left: the second sweep has every picture of the first.", member="cells"
        )
    return _numbered(_used(one.axes, indices_of(one.axes, cells)), one.fixed, cells)


def in_numbers(space: Space, before: Space) -> Space:
    """Return *space*, which has more values than *before*, with its numbers in their order."""
    known = {axis.name: axis for axis in before.axes}
    axes, points = list(space.axes), np.array(space.points)
    for column, axis in enumerate(space.axes):
        order = in_order(known.get(axis.name, axis), axis)
        axes[column] = axis.at(order)
        spoken = points[:, column] >= 0  # a place may say nothing of an axis
        points[spoken, column] = np.argsort(order)[points[spoken, column]]
    if axes:
        points = points[np.lexsort(points.T[::-1])]
    return Space(tuple(axes), points, space.template, space.dropped)


def _used(axes: Sequence[Axis], indices: NDArray[np.int32]) -> list[Axis]:
    """Return *axes* with the values that a row of *indices* has."""
    return [axis.at(np.unique(indices[:, n]).tolist()) for n, axis in enumerate(axes)]


def _numbered(axes: Sequence[Axis], fixed: Mapping[str, Any], cells: Sequence[Cell]) -> Part:
    names = [axis.name for axis in axes]
    numbered = tuple(
        cell.at(n, {name: cell.coords[name] for name in names}) for n, cell in enumerate(cells)
    )
    return Part(tuple(axes), dict(fixed), numbered)
