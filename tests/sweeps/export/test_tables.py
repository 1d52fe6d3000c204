from __future__ import annotations

import csv
import io
import json
from typing import TYPE_CHECKING, Any

import pytest

import leonardo_nb as leo
from leonardo_nb.library.shelf import Mark
from leonardo_nb.sweeps.export.handout import Handout
from leonardo_nb.sweeps.export.rows import rows_of
from leonardo_nb.sweeps.export.tables import as_csv, to_csv, to_json, to_parquet

if TYPE_CHECKING:
    from pathlib import Path

    from leonardo_nb.sweeps.run import Run

NEGATIVE = "=HYPERLINK(blurry)"


def read(path: Path) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(path.read_bytes().decode("utf-8-sig"), newline="")))


def test_every_cell_is_a_row_of_plain_values(run: Run) -> None:
    """Coordinates first, then what became of it."""
    row = rows_of(Handout(run))[3]

    assert ["cell", "seed", "presetStyle"] == list(row)[:3]
    assert (3, 2, "DYNAMIC", "done") == tuple(
        row[name] for name in ("cell", "seed", "presetStyle", "state")
    )
    assert run.jobs[3].images[0].id == row["image_id"]


def test_costs_add_up(run: Run) -> None:
    """The column's sum is what the sweep has cost."""
    assert run.cost is not None

    assert float(run.cost.amount) == sum(row["cost"] for row in rows_of(Handout(run)))


def test_failed_cell_has_its_reason(one_failed: Run) -> None:
    """And neither a file nor a size."""
    (row,) = (row for row in rows_of(Handout(one_failed)) if row["state"] == "failed")

    assert (None, None, None) == (row["file"], row["picture_width"], row["image_id"])
    assert row["error"]


def test_marks_are_columns(run: Run) -> None:
    """A star is a flag, a note is text."""
    run.studio.shelf.mark(run.cells[1].picture, Mark(star=True, note="the ears"))
    rows = rows_of(Handout(run))

    assert (True, False, "the ears") == tuple(rows[1][each] for each in ("star", "reject", "note"))
    assert (False, None) == (rows[0]["star"], rows[0]["note"])


def test_csv_says_the_same(run: Run, tmp_path: Path) -> None:
    """What is read back is what was there, whatever is in the prompt."""
    rows = read(to_csv(run, tmp_path / "foxes.csv"))

    assert ["1", "1", "2", "2", "3", "3"] == [row["seed"] for row in rows]
    assert run.fixed["prompt"] == rows[0]["prompt"]


@pytest.mark.parametrize("text", ["=1+1", "+1", "-cmd", "@SUM(A1)", "\t=1", "\r=1"])
def test_spreadsheet_runs_nothing(text: str) -> None:
    """What would be a formula is text."""
    assert f"'{text}" in as_csv([{"note": text}]).decode("utf-8-sig")


def test_number_below_nothing_stays_a_number() -> None:
    """Only text can be a formula."""
    assert "n\r\n-3\r\n" == as_csv([{"n": -3}]).decode("utf-8-sig")


def test_withheld_words_are_in_no_table(run: Run, tmp_path: Path) -> None:
    """Neither the prompt nor what is not wanted."""
    text = to_csv(run, tmp_path / "foxes.csv", prompt=False).read_text("utf-8-sig")

    assert "fox" not in text
    assert "blurry" not in text


def test_parquet_has_types(run: Run, tmp_path: Path) -> None:
    """Whole numbers, numbers, flags and text are what they are, and the plan is with them."""
    pq: Any = pytest.importorskip("pyarrow.parquet")
    table = pq.read_table(to_parquet(run, tmp_path / "foxes.parquet"))
    kinds = {name: str(table.schema.field(name).type) for name in ("seed", "cost", "star", "state")}
    spec = json.loads(table.schema.metadata[b"leonardo_nb"])

    assert {"seed": "int64", "cost": "double", "star": "bool", "state": "string"} == kinds
    assert [1, 1, 2, 2, 3, 3] == table.column("seed").to_pylist()
    assert "sweep" == spec["leonardo_nb"]


def test_parquet_without_pyarrow_says_what_to_install(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The error names the extra, and what works without it."""
    monkeypatch.setitem(__import__("sys").modules, "pyarrow", None)
    with pytest.raises(ImportError, match=r"leonardo_nb\[parquet\].*to_csv"):
        to_parquet(run, tmp_path / "foxes.parquet")

    assert [] == list(tmp_path.glob("*.parquet"))


def test_table_is_replaced_and_files_of_others_are_not(run: Run, tmp_path: Path) -> None:
    """A table of ours is known by its columns."""
    to_csv(run, tmp_path / "foxes.csv")
    to_csv(run, tmp_path / "foxes.csv")
    (tmp_path / "sales.csv").write_text("month,sum\r\n1,2\r\n", encoding="utf-8")
    with pytest.raises(leo.ExportFailed, match="no export of this kind"):
        to_csv(run, tmp_path / "sales.csv")


def test_plan_is_written_and_says_what_it_is(run: Run, tmp_path: Path) -> None:
    """A `sweep.json` begins with whose it is."""
    spec = json.loads(to_json(run, tmp_path / "sweep.json").read_text("utf-8"))

    assert ("sweep", run.name) == (spec["leonardo_nb"], spec["name"])
    assert ["seed", "presetStyle"] == [axis["name"] for axis in spec["axes"]]


def test_columns_have_values_of_one_kind(run: Run) -> None:
    """An axis of numbers with a default among them stays one of numbers."""
    columns = {
        name: {type(row[name]) for row in rows_of(Handout(run))} for name in ("cost", "seed")
    }

    assert {"cost": {float}, "seed": {int}} == columns
