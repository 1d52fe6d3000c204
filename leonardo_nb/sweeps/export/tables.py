"""A sweep as a file that spreadsheets, pandas, polars and DuckDB read: CSV or Parquet."""

from __future__ import annotations

import csv
import json
from typing import TYPE_CHECKING, Any, Final

from leonardo_nb.errors import ExportFailed
from leonardo_nb.sweeps.export.handout import Handout
from leonardo_nb.sweeps.export.rows import FACTS, columns_of, rows_of
from leonardo_nb.sweeps.export.writing import place_of, written

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from leonardo_nb.sweeps.export.rows import Row
    from leonardo_nb.sweeps.run import Run

__all__ = ["as_csv", "to_csv", "to_json", "to_parquet"]

STARTS_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")
"""What a spreadsheet takes for a formula when it is the first character of a cell."""
CSV_MARK: Final = ",".join(FACTS[:4]).encode()
"""What every CSV of ours has in its first line."""


def to_csv(run: Run, path: str | Path, *, prompt: bool = True) -> Path:
    """
    Write the table of *run* as CSV, and return its path.

    UTF-8 with a byte order mark, which spreadsheets need to know it. Text that one would take for a
    formula has an apostrophe in front. Columns are those of `rows_of`.

    Args:
        run: The run, or a part of it.
        path: Where to write it.
        prompt: False leaves out all words that somebody wrote.

    Raises:
        ExportFailed: It cannot be written, or something else is there.
    """
    place = place_of(path)
    rows = rows_of(Handout(run, prompt=prompt))
    with written(place, mark=CSV_MARK) as part:
        part.write_bytes(as_csv(rows))
    return place


def as_csv(rows: Sequence[Row]) -> bytes:
    """Return *rows* as the bytes of a CSV file."""
    lines = _Lines()
    table = csv.writer(lines, lineterminator="\r\n")
    columns = columns_of(rows)
    table.writerow([_harmless(name) for name in columns])
    table.writerows([_harmless(row[name]) for name in columns] for row in rows)
    return "".join(lines).encode("utf-8-sig")


class _Lines(list[str]):
    """What the csv module writes to."""

    def write(self, text: str) -> None:
        self.append(text)


def _harmless(value: object) -> object:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        value = value.replace("\0", "")
        return f"'{value}" if value.startswith(STARTS_FORMULA) else value
    return "" if value is None else value


def to_parquet(run: Run, path: str | Path, *, prompt: bool = True) -> Path:
    """
    Write the table of *run* as Parquet, and return its path; `sweep.json` is in its metadata.

    Args:
        run: The run, or a part of it.
        path: Where to write it.
        prompt: False leaves out all words that somebody wrote.

    Raises:
        ImportError: pyarrow is not installed.
        ExportFailed: It cannot be written, or something else is there.
    """
    try:
        import pyarrow as pa
        import pyarrow.parquet as pq
    except ImportError as error:
        raise ImportError(
            'run.to_parquet() needs pyarrow: pip install "leonardo_nb[parquet]". run.to_csv() '
            "writes the same table without it."
        ) from error
    place = place_of(path)
    handed = Handout(run, prompt=prompt)
    rows = rows_of(handed)
    kinds: dict[type, Any] = {bool: pa.bool_(), int: pa.int64(), float: pa.float64()}
    fields, arrays = [], []
    for name in columns_of(rows):
        values = [row[name] for row in rows]
        first = next((value for value in values if value is not None), "")
        fields.append(pa.field(name, kinds.get(type(first), pa.string())))
        arrays.append(pa.array(values, fields[-1].type))
    about = {"leonardo_nb": json.dumps(handed.spec, ensure_ascii=False)}
    table = pa.Table.from_arrays(arrays, schema=pa.schema(fields, metadata=about))
    with written(place) as part:
        try:
            pq.write_table(table, part)
        except pa.ArrowException as error:
            raise ExportFailed(
                f"{place} could not be written ({error}); run.to_csv() writes the same table.",
                path=place,
            ) from error
    return place


def to_json(run: Run, path: str | Path, *, prompt: bool = True) -> Path:
    """
    Write the `sweep.json` of *run*, of which `Plan.from_dict` makes its plan again.

    Args:
        run: The run, or a part of it.
        path: Where to write it.
        prompt: False leaves out all words; what is left says what varied, and makes no plan.

    Raises:
        ExportFailed: It cannot be written, or something else is there.
    """
    place = place_of(path)
    spec = Handout(run, prompt=prompt).spec
    with written(place) as part:
        part.write_text(f"{json.dumps(spec, ensure_ascii=False, indent=1)}\n", encoding="utf-8")
    return place
