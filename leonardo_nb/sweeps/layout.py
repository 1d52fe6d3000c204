"""
Which axis of a sweep becomes rows, which columns, which grids side by side, and which pages.

Plain values, on their own because the live grid, the contact sheet and `Run.grid` have to agree.
"""

from __future__ import annotations

import difflib
import itertools
import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from leonardo_nb.errors import InvalidRequest, UnknownParameter
from leonardo_nb.service.requests import parameter_name
from leonardo_nb.service.values import shown

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from leonardo_nb.sweeps.axes import Axis

__all__ = ["MANY_COLUMNS", "Layout", "Place", "axis_named", "lay_out"]

MANY_COLUMNS = 12
"""More columns than this no longer fit beside each other at a size worth looking at."""

LONGEST_NAME = 100
"""Characters of a name that is looked for; to compare more of them takes too long."""
NEAR = 0.5
"""How alike two names are, from 0 to 1, before one is offered for the other."""


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """Where a cell stands: which grid, which row of it, which column; all from 0."""

    facet: int
    row: int
    column: int


@dataclass(frozen=True, slots=True)
class Layout:
    """
    Columns, rows, facets and pages of a grid.

    Attributes:
        x: The axis of the columns; None where nothing varies.
        y: The axis of the rows; None where one axis is a wrapping row.
        facets: The axes whose values are grids side by side, the last one fastest.
        pages: The axes of which a live grid shows one value at a time. What has no pages, such as
            a picture of all cells, takes them for the outermost facets.
    """

    x: Axis | None
    y: Axis | None
    facets: tuple[Axis, ...] = ()
    pages: tuple[Axis, ...] = ()

    @property
    def columns(self) -> int:
        """How many columns each grid has."""
        return len(self.x) if self.x else 1

    @property
    def rows(self) -> int:
        """How many rows each grid has."""
        return len(self.y) if self.y else 1

    @property
    def grids(self) -> int:
        """How many grids there are, on all pages."""
        return math.prod(len(axis) for axis in self.apart)

    @property
    def apart(self) -> tuple[Axis, ...]:
        """The axes that are no rows and no columns: pages, then facets."""
        return (*self.pages, *self.facets)

    @property
    def wraps(self) -> bool:
        """Whether this is one row that goes on in the next line where it is too long."""
        return self.y is None

    @property
    def facet_labels(self) -> tuple[str, ...]:
        """What stands above each grid, such as `seed 1`; one empty text where there is one."""
        named = [[_facet_label(axis, n) for n in range(len(axis))] for axis in self.apart]
        return tuple(", ".join(labels) for labels in itertools.product(*named))

    def place(self, coords: Mapping[str, Any]) -> Place:
        """Return where the cell at *coords* stands."""
        facet = 0
        for axis in self.apart:
            facet = facet * len(axis) + axis.index(coords[axis.name])
        return Place(
            facet,
            self.y.index(coords[self.y.name]) if self.y else 0,
            self.x.index(coords[self.x.name]) if self.x else 0,
        )


def _facet_label(axis: Axis, n: int) -> str:
    """Numbers and flags say nothing without their name; CINEMATIC does."""
    label = axis.labels[n]
    return label if isinstance(axis.values[n], str) else f"{axis.name} {label}"


def lay_out(
    axes: Sequence[Axis],
    *,
    x: str | None = None,
    y: str | None = None,
    facet: str | Iterable[str] | None = None,
    page: str | Iterable[str] | None = None,
) -> Layout:
    """
    Return the layout of *axes*, with what is not said chosen.

    Left to itself, the seed, or replicates, and then the shortest axes become facets; of the two
    that are left, numbers run along the columns, where a direction is read from left to right, and
    prompts along the rows, where there is room for them. A long axis runs down, not across.

    Args:
        axes: What varies.
        x: Name of the axis of the columns.
        y: Name of the axis of the rows.
        facet: Name, or names, of the axes side by side.
        page: Name, or names, of the axes that are turned over.

    Raises:
        InvalidRequest: A name is no axis of this sweep, or is given two places.
    """
    facets, pages = _all_named(axes, facet), _all_named(axes, page)
    facets_are_said = bool(facets)
    columns = axis_named(axes, x) if _is_said(x) else None
    rows = axis_named(axes, y) if _is_said(y) else None
    chosen = [axis for axis in (columns, rows, *facets, *pages) if axis]
    names = [axis.name for axis in chosen]
    for name in names:
        if names.count(name) > 1:
            raise InvalidRequest(
                f"{name} can be the columns, the rows, a facet or a page, and not two of them.",
                member=name,
            )
    free = [axis for axis in axes if axis.name not in names]
    room = (columns is None) + (rows is None)
    # a facet stays small on the page, so the axes with the fewest values go there
    for axis in sorted(free, key=_facet_rank)[: max(len(free) - room, 0)]:
        free.remove(axis)
        facets.append(axis)
    if columns is None and rows is None and len(free) == 2:
        columns = max(free, key=_column_rank)
        free.remove(columns)
        rows = free.pop()
    if columns is None and free:
        columns = free.pop()
    if rows is None and free:
        rows = free.pop()
    if not facets_are_said:
        facets.sort(key=list(axes).index)
    return Layout(columns, rows, tuple(facets), tuple(pages))


def _all_named(axes: Sequence[Axis], said: str | Iterable[str] | None) -> list[Axis]:
    """Return the axes of a name, or of several."""
    alone = isinstance(said, str) or not isinstance(said, Iterable)
    names: Iterable[object] = [said] if alone else said or ()
    return [axis_named(axes, name) for name in names if _is_said(name)]


def _is_said(name: object) -> bool:
    """Say whether a place was asked for: a page has "" for none, and 0 is a mistake."""
    return name is not None and name != ""


def axis_named(axes: Sequence[Axis], typed: object, *, function: str = "grid") -> Axis:
    """
    Return the axis that *typed* means, in any spelling of its name.

    Args:
        axes: What varies.
        typed: What the user wrote.
        function: Who was called, for the sentence.

    Raises:
        InvalidRequest: There is none of that name; the error names those there are.
    """
    by_name = {axis.name: axis for axis in axes}
    name, meant = shown(typed), None
    if isinstance(typed, str):
        if typed in by_name:  # a word slot, or a name that somebody made up, is no parameter
            return by_name[typed]
        try:
            name = parameter_name(typed)
        except UnknownParameter as error:
            meant = error.nearest
        if name in by_name:
            return by_name[name]
    like = meant or str(typed)[:LONGEST_NAME] if isinstance(typed, str) else ""
    near = difflib.get_close_matches(like, by_name, 1, 0.0)
    is_near = bool(near) and difflib.SequenceMatcher(None, like, near[0]).ratio() > NEAR
    hint = f'; did you mean "{near[0]}"?' if is_near else "."
    has = f"it has {', '.join(by_name)}" if by_name else "it has none"
    raise InvalidRequest(
        f"{function}(): {name} is no axis of this sweep; {has}{hint}",
        member=typed if isinstance(typed, str) else "axis",
        value=typed,
        nearest=near[0] if near else None,
    )


def _facet_rank(axis: Axis) -> tuple[bool, bool, bool, int]:
    """First to become a facet: the seed, then the fewest values; prompts and long axes last."""
    is_chance = axis.name == "seed" or axis.role == "replicate"
    return (len(axis) > MANY_COLUMNS, not is_chance, axis.name == "prompt", len(axis))


def _column_rank(axis: Axis) -> tuple[bool, bool, bool, int]:
    """Best as columns: what fits across, is no prompt, is a number, and is long."""
    return (len(axis) <= MANY_COLUMNS, axis.name != "prompt", axis.is_numeric, len(axis))
