"""
A sweep as a table: one row a cell, and in each column values of one kind.

On its own because three kinds of file hold the same table.
"""

from __future__ import annotations

import json
from collections import Counter
from typing import TYPE_CHECKING, Any, Final

from leonardo_nb.errors import JobFailed
from leonardo_nb.service.plain import on_one_line
from leonardo_nb.sweeps.run import CellState, took

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from leonardo_nb.sweeps.axes import Axis
    from leonardo_nb.sweeps.cells import Cell
    from leonardo_nb.sweeps.export.handout import Handout

__all__ = ["FACTS", "Row", "columns_of", "rows_of"]

Row = dict[str, Any]
"""One cell: text, whole numbers, numbers, flags, and None where there is nothing to say."""

FACTS: Final = (
    "state", "cost", "unit", "seconds", "created", "simulated", "file", "generation_id",
    "image_id", "picture_width", "picture_height", "nsfw", "star", "reject", "note", "error",
)  # fmt: skip
"""Columns behind the coordinates, which no parameter of the service is called."""
LARGEST: Final = 2**63
"""Whole numbers from this on are written as numbers with a point; no reader holds them exactly."""


def rows_of(handout: Handout, files: Mapping[int, str] | None = None) -> list[Row]:
    """
    Return one row for each cell of *handout*, in its order; all rows have the same columns.

    They are `cell`, each axis by its name (a zip also by its members; what is called by an id also
    with its label, as `modelId_label`), `seed`, `prompt` and other words unless they are withheld,
    and `FACTS`. A job's cost is shared evenly by the cells that show pictures of it, so that the
    column adds up. Times are seconds, `created` is UTC.

    Args:
        handout: What is handed on.
        files: The name of each cell's picture; else what it is called in the library.
    """
    names = {n: picture.path.name for n, picture in handout.pictures.items()}
    shared = Counter(cell.key for cell in handout.cells)
    rows = [
        {
            "cell": cell.index,
            **_place(handout, cell),
            **_facts(handout, cell, shared[cell.key]),
            "file": (names if files is None else files).get(cell.index),
        }
        for cell in handout.cells
    ]
    return _even(rows)


def columns_of(rows: Sequence[Row]) -> list[str]:
    """Return every column of *rows*, in their order."""
    return list(dict.fromkeys(name for row in rows for name in row))


def _place(handout: Handout, cell: Cell) -> Row:
    found: Row = {}
    for axis in handout.axes:
        found[axis.name] = _value(handout, cell, axis)
        if axis.name.endswith(("Id", "UUID")):
            found[f"{axis.name}_label"] = handout.label(cell, axis)
    for axis in handout.axes:
        for name in axis.members:
            if name not in found and not handout.is_withheld(axis):
                found[name] = _plain(getattr(cell.request, name, None))
    return found


def _value(handout: Handout, cell: Cell, axis: Axis) -> Any:  # noqa: ANN401  whatever is on the axis
    value = cell.coords.get(axis.name)
    if handout.is_withheld(axis) or not isinstance(value, str | int | float | bool | None):
        return handout.label(cell, axis)
    return _plain(value)


def _plain(value: object) -> Any:  # noqa: ANN401  as above
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode()
    if value is None or isinstance(value, bool | int | float):
        return value
    return json.dumps(value, ensure_ascii=False, default=str)


def _facts(handout: Handout, cell: Cell, sharing: int) -> Row:
    job, mark = handout.run.job(cell), handout.marks.get(cell.index)
    picture = handout.pictures.get(cell.index)
    cost = job.cost
    words = {name: _plain(text) for name, text in handout.words(cell.request).items()}
    return {
        **{name: text for name, text in words.items() if name not in cell.coords},
        **({} if "seed" in cell.coords else {"seed": cell.request.seed}),
        "state": str(CellState.of(job)),
        "cost": None if cost is None else float(cost.amount) / sharing,
        "unit": None if cost is None else cost.unit.lower(),
        "seconds": round(took(job), 1),
        "created": job.created.isoformat(timespec="seconds"),
        "simulated": job.simulated,
        "file": None,
        "generation_id": job.id,
        "image_id": None if picture is None else picture.id,
        "picture_width": None if picture is None else picture.width,
        "picture_height": None if picture is None else picture.height,
        "nsfw": None if picture is None else picture.nsfw,
        "star": mark is not None and mark.star,
        "reject": mark is not None and mark.reject,
        "note": _plain(mark.note) if mark is not None and mark.note else None,
        "error": _reason(handout, cell, job.error),
    }


def _reason(handout: Handout, cell: Cell, error: BaseException | None) -> str | None:
    if error is None:
        return None
    said = error.reason if isinstance(error, JobFailed) else str(error)
    return on_one_line(handout.said(said, cell))


def _even(rows: list[Row]) -> list[Row]:
    """Return *rows* with every column in each, and in each column values of one kind."""
    columns = columns_of(rows)
    made = {name: _of_one_kind([row.get(name) for row in rows]) for name in columns}
    return [{name: made[name][n] for name in columns} for n in range(len(rows))]


def _of_one_kind(values: list[Any]) -> list[Any]:
    """Return *values* as flags, whole numbers, numbers or text: the first that all of them are."""
    there = [value for value in values if value is not None]
    if all(isinstance(value, bool) for value in there) or all(isinstance(v, str) for v in there):
        return values
    if any(isinstance(value, bool | str) for value in there):
        return [None if value is None else str(value) for value in values]
    if all(isinstance(value, int) and abs(value) < LARGEST for value in there):
        return values
    return [None if value is None else float(value) for value in values]
