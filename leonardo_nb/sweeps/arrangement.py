"""
How a sheet is turned: places of the axes, values shown, width of cells, filter.

Plain values that a page and Python exchange. What Python says is checked and refused with the
nearest name; what a page says is read as far as it makes sense, because a page can say anything.
"""

from __future__ import annotations

import difflib
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final, TypeGuard

from leonardo_nb.errors import InvalidRequest
from leonardo_nb.money import Cost
from leonardo_nb.service.values import shown as worded
from leonardo_nb.sweeps.axes import axis_values, is_whole
from leonardo_nb.sweeps.layout import Layout, axis_named, lay_out

if TYPE_CHECKING:
    from collections.abc import Iterable

    from leonardo_nb.sweeps.axes import Axis

__all__ = [
    "Arrangement",
    "Filter",
    "arranged",
    "first_arrangement",
    "of_layout",
    "read_arrangement",
]

STATES: Final = {
    "waiting": "w",
    "running": "rl",
    "done": "d",
    "failed": "fu",
    "unknown": "u",
    "stopped": "s",
}
"""The letters of `Sheet.states` that a word stands for."""
LETTERS: Final = frozenset("wrldfus")
STARS: Final = ("", "star", "reject", "unmarked")
LARGEST: Final = 2048
"""Pixels of the widest cell."""
MANY_GRIDS: Final = 400
"""More grids than this are not looked through; what is longest is turned over as pages."""


@dataclass(frozen=True, slots=True)
class Filter:
    """
    Which cells a sheet shows.

    Attributes:
        state: Letters of states, as in `Sheet.states`; "" for all.
        star: "star", "reject", "unmarked", or "" for all.
        most: The highest price of a cell, in its unit; None for all.
        text: Words that stand in a cell's labels or its note.
        values: Which values of an axis, as indices.
    """

    state: str = ""
    star: str = ""
    most: float | None = None
    text: str = ""
    values: Mapping[str, tuple[int, ...]] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return self != Filter()

    def to_dict(self) -> dict[str, Any]:
        """Return it as a page takes it."""
        return {
            "state": self.state,
            "star": self.star,
            "most": self.most,
            "text": self.text,
            "values": {name: list(some) for name, some in self.values.items()},
        }


@dataclass(frozen=True, slots=True)
class Arrangement:
    """
    How a sheet is turned; each axis has one place.

    Attributes:
        x: The axis of the columns, "" for none.
        y: The axis of the rows, "" for none.
        facets: The axes side by side.
        pages: The axes of which one value is shown at a time.
        at: Which value that is, as an index, by page axis.
        shown: Which values of an axis are shown, as indices, in their order; all where not said.
        size: Pixels that a cell is wide; 0 for what fits.
        filter: Which cells are shown.
    """

    x: str = ""
    y: str = ""
    facets: tuple[str, ...] = ()
    pages: tuple[str, ...] = ()
    at: Mapping[str, int] = field(default_factory=dict)
    shown: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    size: int = 0
    filter: Filter = field(default_factory=Filter)

    def to_dict(self) -> dict[str, Any]:
        """Return it as a page takes it."""
        return {
            "x": self.x,
            "y": self.y,
            "facets": list(self.facets),
            "pages": list(self.pages),
            "at": dict(self.at),
            "shown": {name: list(some) for name, some in self.shown.items()},
            "size": self.size,
            "filter": self.filter.to_dict(),
        }

    def layout(self, axes: Sequence[Axis]) -> Layout:
        """Return the layout of *axes* that it stands for, without what it hides or reorders."""
        by_name = {axis.name: axis for axis in axes}
        return Layout(
            by_name.get(self.x),
            by_name.get(self.y),
            tuple(by_name[name] for name in self.facets),
            tuple(by_name[name] for name in self.pages),
        )


def first_arrangement(axes: Sequence[Axis]) -> Arrangement:
    """Return how *axes* are laid out as long as nobody has said anything, see `lay_out`."""
    layout = lay_out(axes)
    facets = list(layout.facets)
    pages: list[Axis] = []
    while facets and math.prod(len(axis) for axis in facets) > MANY_GRIDS:
        longest = max(facets, key=len)
        facets.remove(longest)
        pages.append(longest)
    return of_layout(replace(layout, facets=tuple(facets), pages=tuple(pages)))


def of_layout(layout: Layout) -> Arrangement:
    """Return *layout* as an arrangement that hides nothing."""
    pages = tuple(axis.name for axis in layout.pages)
    return Arrangement(
        layout.x.name if layout.x else "",
        layout.y.name if layout.y else "",
        tuple(axis.name for axis in layout.facets),
        pages,
        dict.fromkeys(pages, 0),
    )


def arranged(  # each is a thing of its own that may be said
    now: Arrangement,
    axes: Sequence[Axis],
    *,
    x: str | None = None,
    y: str | None = None,
    facet: str | Iterable[str] | None = None,
    page: str | Iterable[str] | None = None,
    at: Mapping[str, object] | None = None,
    shown: Mapping[str, object] | None = None,
    size: int | None = None,
    state: str | None = None,
    star: str | bool | None = None,
    most: Cost | float | None = None,
    text: str | None = None,
    **values: object,
) -> Arrangement:
    """
    Return *now* with what is said changed.

    Args:
        now: How the sheet is turned.
        axes: What varies.
        x: The axis of the columns. Where one of x, y, facet and page is said, the places of the
            other axes are chosen anew.
        y: The axis of the rows.
        facet: The axis, or axes, side by side.
        page: The axis, or axes, turned over.
        at: Which value of a page axis is shown.
        shown: Which values of an axis are shown, in this order; None for all of them.
        size: Pixels that a cell is wide; 0 for what fits.
        state: Only cells in this state, a word of `CellState` or "unknown"; "" for all.
        star: Only cells with this mark: True or "star", "reject", "unmarked"; "" for all.
        most: Only cells that cost no more than this amount, of at least 0.
        text: Only cells with these words in a label or note; "" for all.
        **values: Only these values of an axis, one or a list; None for all.

    Raises:
        InvalidRequest: No such axis, value, state or mark; the error names the nearest.
    """
    if any(part is not None for part in (x, y, facet, page)):
        placed = of_layout(lay_out(axes, x=x, y=y, facet=facet, page=page))
        kept = {name: now.at.get(name, 0) for name in placed.pages}
        now = replace(placed, at=kept, shown=now.shown, size=now.size, filter=now.filter)
    pages, hidden, chosen = dict(now.at), dict(now.shown), dict(now.filter.values)
    for typed, value in (at or {}).items():
        axis = axis_named(axes, typed)
        if axis.name not in now.pages:
            raise InvalidRequest(
                f"grid(): {axis.name} is not turned over, so no page of it can be opened; give "
                f"page={axis.name!r} as well.",
                member=axis.name,
            )
        (pages[axis.name],) = _indices(axis, [value])
    for typed, some in (shown or {}).items():
        axis = axis_named(axes, typed)
        _put(hidden, axis, some)
    for typed, some in values.items():
        axis = axis_named(axes, typed)
        _put(chosen, axis, some)
    found = now.filter
    if state is not None:
        found = replace(found, state=_state(state))
    if star is not None:
        found = replace(found, star=_star(star))
    if most is not None:
        found = replace(found, most=_most(most))
    if text is not None:
        found = replace(found, text=str(text))
    return replace(
        now,
        at=pages,
        shown=hidden,
        size=now.size if size is None else _size(size),
        filter=replace(found, values=chosen),
    )


def _put(places: dict[str, tuple[int, ...]], axis: Axis, some: object) -> None:
    """Keep which values of *axis* are meant; None is all of them."""
    if some is None:
        places.pop(axis.name, None)
        return
    several = axis_values(axis.name, some)
    indices = _indices(axis, [some] if several is None else several)
    if len(set(indices)) < len(indices):
        raise InvalidRequest(f"grid(): {axis.name} is given a value twice.", member=axis.name)
    places[axis.name] = indices


def _indices(axis: Axis, values: Iterable[object]) -> tuple[int, ...]:
    """Return where *values* stand on *axis*; a label that is no value means its own, as in sel."""
    return tuple(axis.index(axis.find(value)) for value in values)


def _state(word: str) -> str:
    if word in {"", *STATES}:
        return STATES.get(word, "")
    near = difflib.get_close_matches(str(word), STATES, 1, 0.0)[0]
    raise InvalidRequest(
        f"grid(): {worded(word)} is no state of a cell; the nearest is {near!r}. There are "
        f"{', '.join(STATES)}.",
        member="state",
        value=word,
        nearest=near,
    )


def _star(mark: str | bool) -> str:  # noqa: FBT001  what a user wrote for star
    word = {True: "star", False: ""}[mark] if isinstance(mark, bool) else mark
    if word in STARS:
        return word
    raise InvalidRequest(
        f"grid(): {worded(word)} is no mark; star takes True, 'reject', 'unmarked' or ''.",
        member="star",
        value=mark,
        nearest="star",
    )


def _most(most: Cost | float) -> float:
    amount = most.amount if isinstance(most, Cost) else most
    if isinstance(amount, bool) or not math.isfinite(amount) or amount < 0:
        raise InvalidRequest(
            f"grid(): {worded(most)} is no price; most takes an amount such as leo.Credits(20).",
            member="most",
            value=most,
            nearest=0,
        )
    return float(amount)


def _size(size: int) -> int:
    if not is_whole(size) or not 0 <= size <= LARGEST:
        raise InvalidRequest(
            f"grid(): {worded(size)} is no width of a cell; size takes whole pixels up to "
            f"{LARGEST:,}, and 0 for what fits.",
            member="size",
            value=size,
            nearest=0,
        )
    return size


def read_arrangement(said: object, axes: Sequence[Axis]) -> Arrangement:
    """
    Return what a page means by *said*; what makes no sense of it is left out.

    An axis that has no place becomes a facet, and one that has two keeps the first.
    """
    given = said if isinstance(said, Mapping) else {}
    if not any(given.get(part) for part in ("x", "y", "facets", "pages")):
        start = first_arrangement(axes)
        given = {**start.to_dict(), **{name: given[name] for name in given if given[name]}}
    lengths = {axis.name: len(axis) for axis in axes}
    left = dict.fromkeys(lengths)

    def taken(name: object) -> str:
        return str(name) if isinstance(name, str) and left.pop(name, 0) is None else ""

    x, y = taken(given.get("x")), taken(given.get("y"))
    pages = tuple(filter(None, map(taken, _listed(given.get("pages")))))
    facets = tuple(filter(None, map(taken, _listed(given.get("facets")))))
    shown = _by_axis(given.get("shown"), lengths)
    at = _mapping(given.get("at"))
    size = given.get("size")
    return Arrangement(
        x,
        y,
        (*facets, *left),
        pages,
        {
            name: found[0] if (found := _known([at.get(name)], lengths[name])) else 0
            for name in pages
        },
        {name: some for name, some in shown.items() if some != tuple(range(lengths[name]))},
        round(size) if _is_number(size) and 0 <= size <= LARGEST else 0,
        _read_filter(_mapping(given.get("filter")), lengths),
    )


def _read_filter(given: Mapping[str, Any], lengths: Mapping[str, int]) -> Filter:
    state, star, most, text = (given.get(name) for name in ("state", "star", "most", "text"))
    return Filter(
        "".join(letter for letter in state if letter in LETTERS) if isinstance(state, str) else "",
        star if star in STARS else "",
        float(most) if _is_number(most) else None,
        text if isinstance(text, str) else "",
        _by_axis(given.get("values"), lengths),
    )


def _by_axis(said: object, lengths: Mapping[str, int]) -> dict[str, tuple[int, ...]]:
    found = {
        name: _known(_listed(some), lengths[name])
        for name, some in _mapping(said).items()
        if name in lengths
    }
    return {name: some for name, some in found.items() if some}


def _known(said: Iterable[object], length: int) -> tuple[int, ...]:
    """Return the indices among *said*, each once."""
    kept = (n for n in said if isinstance(n, int) and not isinstance(n, bool) and 0 <= n < length)
    return tuple(dict.fromkeys(kept))


def _mapping(said: object) -> Mapping[str, Any]:
    return said if isinstance(said, Mapping) else {}


def _listed(said: object) -> Sequence[object]:
    return said if isinstance(said, list | tuple) else ()


def _is_number(said: object) -> TypeGuard[float]:
    return isinstance(said, int | float) and not isinstance(said, bool) and math.isfinite(said)
