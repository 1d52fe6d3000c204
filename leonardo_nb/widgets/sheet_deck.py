"""
What a sheet is dealt with when it opens: axes, places, shapes, and what is the same everywhere.

Plain values, read once from a run; what changes while it fills is in `sheet_tally`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from leonardo_nb.service.catalog import find_model
from leonardo_nb.service.plain import as_shown
from leonardo_nb.sweeps.cells import Cells, indices_of
from leonardo_nb.widgets.view import parameter_pairs

if TYPE_CHECKING:
    from collections.abc import Sequence

    from leonardo_nb.money import Cost
    from leonardo_nb.sweeps.arrangement import Arrangement
    from leonardo_nb.sweeps.axes import Axis
    from leonardo_nb.sweeps.run import Run

__all__ = ["NOT_SET", "coords_of", "costs_of", "deck_of", "first_cells", "indices"]

NOT_SET: Final = "not set"
"""What stands on an axis for cells that say nothing about it."""
USUAL_WIDTH, USUAL_HEIGHT = 1024, 768
ROOM, HIGH = 800, 640
"""Pixels in which a grid is thought to be seen; nobody knows before the page is there."""
NARROWEST, WIDEST = 64, 168
"""Pixels that a cell is wide where a page lets it fit."""
FACET_GAP, GAP = 18, 6
FIRST: Final = 300
"""Cells in the first view of a page at most."""


def indices(run: Run) -> np.ndarray[tuple[int, int], np.dtype[np.int32]]:
    """Return where each cell stands on each axis, n x axes; behind the last value where unsaid."""
    found = np.array(indices_of(run.axes, run.cells), dtype=np.int32)  # a copy: cells keep theirs
    found = found.reshape(len(run.cells), len(run.axes))
    for column, axis in enumerate(run.axes):
        found[found[:, column] < 0, column] = len(axis)
    return found


def coords_of(places: np.ndarray[Any, np.dtype[np.int32]]) -> bytes:
    """Return *places* as a page takes them: little-endian, two bytes each, cell by cell."""
    return places.astype("<u2").tobytes()


def costs_of(costs: Sequence[Cost | None]) -> bytes:
    """Return amounts as a page takes them: four bytes each, NaN where nobody knows one."""
    amounts = [float("nan") if cost is None else float(cost.amount) for cost in costs]
    return np.array(amounts, dtype="<f4").tobytes()


def deck_of(run: Run, places: np.ndarray[Any, np.dtype[np.int32]]) -> dict[str, Any]:
    """
    Return what a page has to know of *run* before it draws; it changes only when a run is widened.

    Members: `name`, `n`, `prompt` (empty where it varies), `axes` (each with `name`, `role`,
    `labels` and `numeric`), `same` and `always` (name and value pairs that all cells share: what is
    not the default, and that with model and size), `shapes` (width over height, one a cell or one
    for all), `unit` of prices, `simulated`, `live` and `can`.

    Args:
        run: Any run.
        places: What `indices` returns of it.
    """
    alike = _Alike(run, places)
    shapes = alike.shapes()
    same = alike.same()
    prices = (run.price_of(cell) for cell in run.cells[:1])
    unit = next((price.unit for price in prices if price is not None), None)
    return {
        "name": run.name,
        "n": len(run.cells),
        "prompt": alike.prompt(),
        "axes": [
            {
                "name": axis.name,
                "role": axis.role,
                "labels": _labels(axis, bool((places[:, column] == len(axis)).any())),
                "numeric": axis.is_numeric,
            }
            for column, axis in enumerate(run.axes)
        ],
        "same": same,
        "always": [*alike.usual({name for name, _ in same}), *same],
        "shapes": shapes[:1] if len(set(shapes)) == 1 else shapes,
        "unit": "" if unit is None else unit.lower(),
        "simulated": run.simulated,
        "live": True,
        "can": {"mark": True, "pause": True, "download": True},
    }


def _labels(axis: Axis, has_unset: bool) -> list[str]:  # noqa: FBT001  one of two plain facts
    return [*axis.labels, *([NOT_SET] if has_unset else [])]


class _Alike:
    """
    What the requests of a run have in common.

    A request is made when somebody looks at it. So only those are looked at that can differ in what
    is asked: one for each combination of values on the axes that set it. Where cells were not made
    of axes, but found, as in a folder of pictures, all of them are.
    """

    def __init__(self, run: Run, places: np.ndarray[Any, np.dtype[np.int32]]) -> None:
        self._run = run
        self._places = places
        self._sets = [_sets(axis) for axis in run.axes]
        self._varying = frozenset[str]().union(*self._sets)
        self._first = run.cells[0].request if len(run.cells) else None
        self._found = None if isinstance(run.cells, Cells) else [c.request for c in run.cells]

    def _of(self, *names: str) -> list[Any]:
        """Return for each cell what its request has under *names*; one for all where it can."""
        if self._found is not None:
            return [tuple(getattr(each, name) for name in names) for each in self._found]
        columns = [n for n, some in enumerate(self._sets) if some.intersection(names)]
        _, first, of = np.unique(
            self._places[:, columns], axis=0, return_index=True, return_inverse=True
        )
        made = [self._run.cells[int(n)].request for n in first]
        values = [tuple(getattr(each, name) for name in names) for each in made]
        return values if len(values) == 1 else [values[n] for n in of.reshape(-1)]

    def prompt(self) -> str:
        """The prompt of all cells, or "" where it varies."""
        prompts = [] if "prompt" in self._varying else list(dict.fromkeys(self._of("prompt")))
        return as_shown(prompts[0][0]) if len(prompts) == 1 else ""

    def shapes(self) -> list[float]:
        """Width over height: one for all cells where they are alike, else one a cell."""
        shapes = [
            round((width or USUAL_WIDTH) / (height or USUAL_HEIGHT), 4)
            for width, height in self._of("width", "height")
        ]
        return shapes[:1] if len(set(shapes)) == 1 else shapes

    def same(self) -> list[list[str]]:
        """What differs from the defaults in every cell alike, as (name, value) text."""
        if self._first is None:
            return []
        same = {
            name: value
            for name, value in self._first.notable().items()
            if name not in self._varying and self._is_alike(name)
        }
        return [list(pair) for pair in parameter_pairs(same)]

    def _is_alike(self, name: str) -> bool:
        if self._found is None:
            return True
        return all(getattr(each, name) == getattr(self._first, name) for each in self._found)

    def usual(self, said: set[str]) -> list[list[str]]:
        """Model and size, which a reader looks for although they are the default."""
        found = []
        models = set(self._of("modelId"))
        if len(models) == 1 and "modelId" not in said:
            ((name,),) = models
            model = find_model(name) if name else None
            found += [["model", model.name if model else str(name)]]
        sizes = set(self._of("width", "height"))
        if len(sizes) == 1 and "size" not in said:
            (sides,) = sizes
            found += [["size", " × ".join(map(str, sides))]]  # noqa: RUF001  typographic
        return found


def _sets(axis: Axis) -> frozenset[str]:
    """Return the members of a request that the values of *axis* decide."""
    by_role = {"slot": ("prompt",), "replicate": ("seed",)}
    return frozenset((*axis.sets, *by_role.get(axis.role, ())))


def first_cells(
    arrangement: Arrangement,
    names: Sequence[str],
    places: np.ndarray[Any, np.dtype[np.int32]],
    shape: float = 1.0,
) -> list[int]:
    """
    Return the cells that are probably in view when a page opens, in the order of reading.

    Not more than that: a page shows the first of them when it has decoded them all.

    Args:
        arrangement: How the sheet is turned.
        names: The axes, as in *places*.
        places: What `indices` returns.
        shape: Width over height of a cell.
    """
    column = {name: places[:, n] for n, name in enumerate(names)}
    nothing = np.zeros(len(places), dtype=np.int32)
    here = np.ones(len(places), dtype=bool)
    for name in arrangement.pages:
        here &= column[name] == arrangement.at.get(name, 0)
    facet = nothing
    for name in arrangement.facets:
        facet = facet * (int(column[name].max(initial=0)) + 1) + column[name]
    x, y = column.get(arrangement.x, nothing), column.get(arrangement.y, nothing)
    columns = int(x.max(initial=0)) + 1
    across = max(1, ROOM // (columns * (NARROWEST + GAP) + FACET_GAP))
    order = np.lexsort((x, facet % across, y, facet // across))
    if not arrangement.y:  # one axis goes on in the next line
        columns, across = ROOM // (WIDEST + GAP), 1
    side_by_side = columns * min(across, int(facet.max(initial=0)) + 1)
    width = min(max(ROOM // side_by_side - GAP, NARROWEST), WIDEST)
    lines = int(HIGH / (width / shape + GAP)) + 1
    return [int(cell) for cell in order[here[order]][: min(lines * side_by_side, FIRST)]]
