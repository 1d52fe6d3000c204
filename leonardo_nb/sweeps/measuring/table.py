"""What was measured of each picture of a sweep, as a table of numbers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from leonardo_nb.account.tables import Cell as Text
from leonardo_nb.account.tables import Table
from leonardo_nb.sweeps.axes import label_of
from leonardo_nb.sweeps.frame import frame_of
from leonardo_nb.sweeps.measuring.measure import measure, pictures_of
from leonardo_nb.sweeps.measuring.metrics import METRICS, metric_named

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    import pandas as pd
    from numpy.typing import NDArray

    from leonardo_nb.sweeps.cells import Cell
    from leonardo_nb.sweeps.measuring.measure import Measured
    from leonardo_nb.sweeps.run import Run

    Floats = NDArray[np.float64]

__all__ = ["MetricRow", "MetricTable", "metrics_of"]

OURS: Final = tuple(METRICS)
FEW: Final = 3
"""Numbers of an array that a row of a table has room for."""


@dataclass(frozen=True, slots=True, eq=False)
class MetricRow:
    """
    What was measured of one cell's picture.

    Attributes:
        cell: The cell.
        found: By metric's name: a number, a tuple of them, or the hexadecimal digits of a hash;
            None where it could not be measured.
    """

    cell: Cell
    found: dict[str, float | str | tuple[float, ...] | None]


class MetricTable(Table[MetricRow]):
    """The numbers of a sweep's pictures, a row for each cell that has one."""

    __module__ = "leonardo_nb"
    nouns = ("picture", "pictures")
    page = 30

    def __init__(
        self, rows: Iterable[MetricRow], axes: Sequence[str], names: Sequence[str], notes: list[str]
    ) -> None:
        super().__init__(rows, notes=notes)
        self._axes, self._names = tuple(axes), tuple(names)
        self.columns = (*axes, *names)
        self.numbers = frozenset(names)

    def cells(self, row: MetricRow) -> tuple[Text, ...]:
        """Return where the picture stands, and its numbers."""
        return (
            *(Text(label_of(name, row.cell.coords[name])) for name in self._axes),
            *(_text(row.found[name]) for name in self._names),
        )

    def to_pandas(self) -> pd.DataFrame:
        """
        Return a table with one row a picture: coordinates, then numbers; arrays in columns.

        Raises:
            ImportError: pandas is not installed.
        """
        rows = []
        for row in self:
            flat: dict[str, object] = dict(row.cell.coords)
            for name, value in row.found.items():
                many = isinstance(value, tuple)
                flat |= _columns(name, value) if many else {name: value}
            rows.append(flat)
        return frame_of(rows, "metrics.to_pandas()")


def metrics_of(run: Run, metrics: Sequence[object] = ()) -> MetricTable:
    """
    Return what *metrics* give for the pictures of *run*; all of ours where none is named.

    Raises:
        InvalidRequest: There is no such metric, no picture, or none that could be measured.
        TypeError: Something is neither a name nor a function.
    """
    chosen = [metric_named(metric) for metric in metrics or OURS]
    pictures = pictures_of(run)
    measured = [measure(run, metric, pictures) for metric in chosen]
    names = _names([metric.name for metric in chosen])
    found = {
        name: {cell.index: each.numbers[n] for n, cell in enumerate(each.cells)}
        for name, each in zip(names, measured, strict=True)
    }
    rows = [
        MetricRow(
            cell,
            {
                name: _value(each, found[name].get(cell.index))
                for name, each in zip(names, measured, strict=True)
            },
        )
        for cell, _ in pictures
    ]
    notes = list(dict.fromkeys(note for each in measured for note in each.notes))
    return MetricTable(rows, [axis.name for axis in run.axes], names, notes)


def _names(names: Sequence[str]) -> list[str]:
    """Return *names* so that each is there once: two functions may be called alike."""
    told: list[str] = []
    for name in names:
        again = sum(each == name or each.startswith(f"{name} ") for each in told)
        told.append(f"{name} {again + 1}" if name in told else name)
    return told


def _value(measured: Measured, numbers: Floats | None) -> float | str | tuple[float, ...] | None:
    if numbers is None:
        return None
    if measured.metric.is_hash:
        return np.packbits(numbers.astype(bool)).tobytes().hex()
    if len(numbers) == 1:
        return float(numbers[0])
    return tuple(map(float, numbers))


def _columns(name: str, value: object) -> dict[str, object]:
    parts = value if isinstance(value, tuple) else (value,)
    letters = ("L", "a", "b") if name == "colour" else range(len(parts))
    return {f"{name}_{letter}": part for letter, part in zip(letters, parts, strict=True)}


def _text(value: float | str | tuple[float, ...] | None) -> Text:
    match value:
        case None:
            return Text("")
        case str():
            return Text(value, is_code=True)
        case tuple():
            more = " …" if len(value) > FEW else ""
            return Text(" ".join(f"{part:.2f}" for part in value[:FEW]) + more)
        case _:
            return Text(f"{value:.3g}" if abs(value) < 1000 else f"{value:,.0f}")
