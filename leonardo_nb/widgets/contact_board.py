"""
What stands where on contact sheets: a run as it is laid out, cut into pages.

Plain values, without a pixel: which labels and cells a page has is tested without painting one.
"""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from leonardo_nb.sweeps.provenance import wordless

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from leonardo_nb.sweeps.arrangement import Arrangement
    from leonardo_nb.sweeps.axes import Axis
    from leonardo_nb.sweeps.run import Run

__all__ = ["Block", "Board", "Bounds", "Spot", "pages_of"]

SHORTEST_SAME: Final = 16
"""Characters that long labels have to begin with alike, before those are left out of them."""
LONG_LABEL: Final = 32
NOT_SET: Final = "not set"
"""What stands on an axis for cells that say nothing about it."""


class Spot(NamedTuple):
    """Where a cell stands on a board: which grid, which row of it, which column; all from 0."""

    grid: int
    row: int
    column: int


@dataclass(frozen=True, slots=True)
class Board:
    """
    A run as it is laid out, with hidden values left out and the others in the order shown.

    Attributes:
        titles: What stands above each grid; one empty text where there is one grid.
        rows: The labels of the rows; one empty text where there is one row.
        columns: The labels of the columns; or of the pictures of one axis that wraps, with its
            name where they say nothing without it.
        cells: Index in `run.cells` of what stands at a spot; there may be holes.
        total: How many cells the run has, hidden ones with them.
        places: Which axis is what, for the caption: place in words, axis, and its labels shown.
        wraps: Whether it is one row that goes on in the next line where it is too long.
        has_rows: Whether labels stand beside the rows.
        has_columns: Whether labels stand above the columns.
    """

    titles: tuple[str, ...]
    rows: tuple[str, ...]
    columns: tuple[str, ...]
    cells: dict[Spot, int]
    total: int
    places: tuple[tuple[str, Axis, tuple[str, ...]], ...]
    wraps: bool
    has_rows: bool
    has_columns: bool

    def name_at(self, place: str) -> str:
        """Return the name of the axis that is "rows" or "columns"; "" where there is none."""
        return next((axis.name for where, axis, _ in self.places if where == place), "")

    @classmethod
    def of(cls, run: Run, arrangement: Arrangement | None = None, *, prompt: bool = True) -> Board:
        """
        Return the board of *run*.

        Args:
            run: Whose cells.
            arrangement: How its sheet is turned; as `run.layout` says where None. What it filters
                is shown all the same.
            prompt: False writes numbers for what somebody wrote, and no names given to values.
        """
        if arrangement is None:
            layout, shown = run.layout, {}
        else:
            layout, shown = arrangement.layout(run.axes), dict(arrangement.shown)
        x, y = _told(layout.x, prompt=prompt), _told(layout.y, prompt=prompt)
        apart = [axis for each in layout.apart if (axis := _told(each, prompt=prompt))]
        used = {
            axis.name: tuple(shown.get(axis.name, range(len(axis))))
            for axis in (x, y, *apart)
            if axis is not None
        }
        coords = [cell.coords for cell in run.cells]
        finders = {axis.name: _Finder(axis) for axis in run.axes if axis.name in used}
        for name, finder in finders.items():
            if any(name not in each for each in coords):
                used[name] = (*used[name], finder.unset)
        places = {name: {n: at for at, n in enumerate(some)} for name, some in used.items()}
        cells: dict[Spot, int] = {}
        for index, each in enumerate(coords):
            at: dict[str, int] = {}
            for name, finder in finders.items():
                place = places[name].get(finder.of(each))
                if place is None:
                    break
                at[name] = place
            else:
                grid = 0
                for axis in apart:
                    grid = grid * len(used[axis.name]) + at[axis.name]
                row = at[y.name] if y else 0
                cells[Spot(grid, row, at[x.name] if x else 0)] = index
        titles = _titles(apart, used)
        # a grid without a cell says nothing
        filled = sorted({spot.grid for spot in cells})
        number = {grid: n for n, grid in enumerate(filled)}
        return cls(
            tuple(titles[grid] for grid in filled) or ("",),
            _labels(y, used),
            _labels(x, used) if y or x is None else _titles([x], used),
            {spot._replace(grid=number[spot.grid]): index for spot, index in cells.items()},
            len(coords),
            tuple(_places(x, y, apart, used)),
            y is None,
            y is not None,
            x is not None,
        )


def _told(axis: Axis | None, *, prompt: bool) -> Axis | None:
    """Return *axis*, with labels that nobody wrote where words are not told."""
    return axis if axis is None or prompt else wordless(axis)


class _Finder:
    """Finds values of an axis; 10,000 cells ask."""

    def __init__(self, axis: Axis) -> None:
        self._axis = axis
        self.unset = len(axis)
        """The place of cells that say nothing about the axis: behind its last value."""
        self._known: dict[tuple[type, Any], int] = {}
        for n, value in enumerate(axis.values):
            try:
                self._known.setdefault((type(value), value), n)
            except TypeError:  # a list has no hash
                continue

    def of(self, coords: Mapping[str, Any]) -> int:
        """Return which of the axis's values the cell at *coords* has."""
        if self._axis.name not in coords:
            return self.unset
        value = coords[self._axis.name]
        try:
            return self._known[type(value), value]
        except (KeyError, TypeError):
            return self._axis.values.index(value)


def _every(axis: Axis, shown: Iterable[int]) -> list[str]:
    """Return the labels of the values *shown*; an axis may make its labels anew at each asking."""
    labels = (*axis.labels, NOT_SET)
    return [labels[n] for n in shown]


def _labels(axis: Axis | None, used: dict[str, tuple[int, ...]]) -> tuple[str, ...]:
    if axis is None:
        return ("",)
    return told_apart(_every(axis, used[axis.name]))


def _titles(apart: Sequence[Axis], used: dict[str, tuple[int, ...]]) -> tuple[str, ...]:
    named = [
        told_apart(
            [
                _title(axis, n, label)
                for n, label in zip(used[axis.name], _every(axis, used[axis.name]), strict=True)
            ]
        )
        for axis in apart
    ]
    return tuple(", ".join(labels) for labels in itertools.product(*named))


def _title(axis: Axis, n: int, label: str) -> str:
    """Numbers and flags say nothing without their name; CINEMATIC does."""
    return label if n < len(axis) and isinstance(axis.values[n], str) else f"{axis.name} {label}"


def _places(
    x: Axis | None, y: Axis | None, apart: Sequence[Axis], used: dict[str, tuple[int, ...]]
) -> Iterator[tuple[str, Axis, tuple[str, ...]]]:
    where = [("columns" if y else "", x), ("rows", y), *(("grids", axis) for axis in apart)]
    for place, axis in where:
        if axis is not None:
            yield place, axis, tuple(_every(axis, used[axis.name]))


def told_apart(labels: Sequence[str]) -> tuple[str, ...]:
    """
    Return *labels*; long ones that begin alike only from where they differ.

    >>> told_apart(["a lighthouse at dawn, in rain", "a lighthouse at dawn, in deep snow"])
    ('… rain', '… deep snow')
    """
    lines = [" ".join(label.split()) for label in labels]
    if len(lines) < 2 or max(map(len, lines)) < LONG_LABEL:
        return tuple(lines)
    words = [line.split(" ") for line in lines]
    same = 0
    while all(len(each) > same + 1 and each[same] == words[0][same] for each in words):
        same += 1
    if len(" ".join(words[0][:same])) < SHORTEST_SAME:
        return tuple(lines)
    return tuple(f"… {' '.join(each[same:])}" for each in words)


# ---- pages --------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Block:
    """A part of one grid: some rows by some columns, drawn with its own labels."""

    grid: int
    rows: range
    columns: range

    def __len__(self) -> int:
        return len(self.rows) * len(self.columns)


@dataclass(frozen=True, slots=True)
class Bounds:
    """
    How much of a board fits on one page.

    Attributes:
        columns: Pictures in one row of a grid; where one axis wraps, pictures in one grid.
        rows: Rows of one grid.
        blocks: Grids, or parts of grids.
    """

    columns: int
    rows: int
    blocks: int


def pages_of(board: Board, bounds: Bounds) -> list[tuple[Block, ...]]:
    """
    Return the blocks of each page: whole grids where they fit, else whole rows.

    Every spot of the board is on exactly one page. Parts of grids that are too large follow each
    other, left to right and then down, as one reads; parts without a cell are left out.
    """
    columns = _chunks(len(board.columns), bounds.columns)
    rows = _chunks(len(board.rows), bounds.rows)
    filled = {
        (spot.grid, _chunk(rows, spot.row), _chunk(columns, spot.column)) for spot in board.cells
    }
    blocks = [Block(grid, rows[row], columns[column]) for grid, row, column in sorted(filled)]
    few = max(bounds.blocks, 1)
    pages = [tuple(blocks[at : at + few]) for at in range(0, len(blocks), few)]
    return pages or [(Block(0, rows[0], columns[0]),)]


def _chunks(length: int, most: int) -> list[range]:
    """Return 0 to *length* in parts of at most *most*, all about as long."""
    number = math.ceil(length / max(most, 1))
    size = math.ceil(length / number)
    return [range(at, min(at + size, length)) for at in range(0, length, size)]


def _chunk(chunks: Sequence[range], place: int) -> int:
    return place // len(chunks[0])
