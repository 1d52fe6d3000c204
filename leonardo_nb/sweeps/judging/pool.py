"""
The pictures of a run that are compared with each other, as numbers that `rank` works on.

Between a run, whose cells have values of any kind, and arithmetic, which knows none of that.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from leonardo_nb.sweeps.rank import Factor, Tally, tally

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from numpy.typing import NDArray

    from leonardo_nb.library.shelf import Vote
    from leonardo_nb.sweeps.axes import Axis
    from leonardo_nb.sweeps.cells import Cell
    from leonardo_nb.sweeps.run import Run

__all__ = [
    "MOST_COMPARED",
    "Pool",
    "is_smooth",
    "label_at",
    "places_on",
    "pool_of",
]

MOST_COMPARED: Final = 1_000
"""Pictures that are compared; of more, those with votes and an even part of the others."""


@dataclass(frozen=True, slots=True, eq=False)
class Pool:
    """
    The pictures that are compared: `len(cells)` of them, in the order of the run's cells.

    Attributes:
        cells: The cell of each picture.
        names: The name of each picture.
        number: Each picture's place here, by name.
        factors: Where they stand on each axis that has several values.
        active: Which of them may be asked about, and be best: those that were not rejected.
        finished: How many pictures of the run are finished, with those that do not take part.
    """

    cells: tuple[Cell, ...]
    names: tuple[str, ...]
    number: dict[str, int]
    factors: tuple[Factor, ...]
    active: NDArray[np.bool_]
    finished: int

    def __len__(self) -> int:
        return len(self.cells)

    def tally(self, votes: Iterable[Vote]) -> Tally:
        """Return *votes* by pair; those on pictures that are not here are left out."""
        number = self.number
        return tally(
            (number[vote.winner], number[vote.loser], vote.tie)
            for vote in votes
            if vote.winner in number and vote.loser in number
        )


def pool_of(run: Run, votes: Sequence[Vote]) -> Pool:
    """Return the pictures of *run* that are finished, however many cells are still open."""
    finished: dict[str, Cell] = {}
    for cell in run.cells:
        if run.picture(cell) is not None:
            finished.setdefault(cell.picture, cell)
    rejected = {name for name, mark in run.studio.shelf.marks(finished).items() if mark.reject}
    kept = _kept(list(finished), votes, rejected)
    cells = tuple(finished[name] for name in kept)
    return Pool(
        cells,
        tuple(kept),
        {name: place for place, name in enumerate(kept)},
        tuple(
            Factor(tuple(places_on(axis, cells)), is_smooth(axis))
            for axis in run.axes
            if len(axis) > 1
        ),
        np.array([name not in rejected for name in kept], dtype=bool),
        len(finished),
    )


def _kept(names: list[str], votes: Sequence[Vote], rejected: set[str]) -> list[str]:
    """Return at most 1,000 of *names*, in their order: those with votes, and an even part."""
    if len(names) <= MOST_COMPARED:
        return names
    times: dict[str, int] = {}
    for vote in votes:
        for name in (vote.winner, vote.loser):
            times[name] = times.get(name, 0) + 1
    seen = sorted((name for name in names if name in times), key=lambda name: -times[name])
    chosen = set(seen[:MOST_COMPARED])
    others = [name for name in names if name not in times and name not in rejected]
    room = MOST_COMPARED - len(chosen)
    chosen.update(others[n * len(others) // room] for n in range(room) if others)
    return [name for name in names if name in chosen]


def is_smooth(axis: Axis) -> bool:
    """Whether neighbours on *axis* may be alike: it has numbers, and they are no seeds."""
    return axis.is_numeric and axis.name != "seed"


def places_on(axis: Axis, cells: Iterable[Cell]) -> list[float]:
    """Return where *cells* stand on *axis*: by size on one of numbers, 1 apart, else by turn."""
    order = list(range(len(axis)))
    if is_smooth(axis):
        ranks = sorted(order, key=lambda n: axis.values[n])
        order.sort(key=ranks.__getitem__)
    return [
        float(order[axis.index(cell.coords[axis.name])]) if axis.name in cell.coords else -1.0
        for cell in cells
    ]


def label_at(axes: Sequence[Axis], coords: Mapping[str, Any], *, between: str = " ") -> str:
    """
    Return where a picture stands, in words such as "CINEMATIC, seed 3".

    Numbers and flags say nothing without their axis; words do.

    Args:
        axes: What varies.
        coords: The picture's values.
        between: What stands between an axis and its value.
    """
    words = []
    for axis in axes:
        if len(axis) < 2 or axis.name not in coords:
            continue
        value = coords[axis.name]
        label = axis.label(value)
        words.append(label if isinstance(value, str) else f"{axis.name}{between}{label}")
    return ", ".join(words)
