from __future__ import annotations

import zipfile
from typing import TYPE_CHECKING

import pytest

import leonardo_nb as leo
from leonardo_nb.library.shelf import Mark
from leonardo_nb.sweeps.export.handout import Handout
from leonardo_nb.sweeps.export.html import to_html
from leonardo_nb.sweeps.export.rows import rows_of
from leonardo_nb.sweeps.run import Run
from leonardo_nb.widgets.contact_board import Board
from leonardo_nb.widgets.contact_paint import Pictures

if TYPE_CHECKING:
    from pathlib import Path

    from leonardo_nb.studios import Studio


def test_part_has_pictures_and_places_of_its_cells(run: Run) -> None:
    """Six cells, six pictures, each at its place."""
    handout = Handout(run)

    assert [0, 1, 2, 3, 4, 5] == sorted(handout.pictures)
    assert {"seed": "2", "presetStyle": "DYNAMIC"} == handout.where(run.cells[3])
    assert "3 seed x 2 presetStyle" == handout.headline()


def test_selection_is_handed_on_alone(run: Run) -> None:
    """What was selected has cells of its own, counted from 0."""
    some = run.sel(seed=[2, 3])
    assert not isinstance(some, leo.GenerationJob)
    handout = Handout(some)

    assert [2, 2, 3, 3] == [cell.request.seed for cell in handout.run.cells]
    assert {"seed": "2", "presetStyle": "CINEMATIC"} == handout.where(some.cells[0])


def test_all_there_needs_no_sentence(run: Run) -> None:
    """Nothing is said of what is missing where nothing is."""
    assert "" == Handout(run).missing()


def test_what_is_not_there_is_counted(one_failed: Run) -> None:
    """Somebody who was sent a file does not count the holes."""
    assert "1 of 3 cells is not there: 1 failed." == Handout(one_failed).missing()


def test_damaged_file_is_no_picture(harmed: Run) -> None:
    """It is counted with the cells that have none, and no table names its file."""
    handout = Handout(harmed)

    assert [0, 1, 2, 4, 5] == sorted(handout.pictures)
    assert "1 of 6 cells is not there: 1 without a picture." == handout.missing()
    assert [3] == [row["cell"] for row in rows_of(handout) if row["file"] is None]


def test_contact_sheets_have_a_gap_for_a_damaged_file(harmed: Run) -> None:
    """Where its picture was stands that there is no file."""
    board = Board.of(harmed)
    there = [Pictures(64).of(harmed, harmed.cells[n]) is not None for n in board.cells.values()]

    assert 5 == sum(there)


def test_what_is_handed_on_is_of_one_moment(one_failed: Run, tmp_path: Path) -> None:
    """A run that goes on while it is written says the same at both ends of the file."""

    def told(_done: int, _total: int) -> None:
        one_failed.retry_failed().result(15)

    page = to_html(one_failed, tmp_path / "foxes.html", told=told).read_text("utf-8")

    assert 3 == one_failed.counts.done
    assert "2 of 3" in page
    assert "1 of 3 cells is not there: 1 failed." in page


def test_marks_are_those_of_the_library(run: Run) -> None:
    """They are read once, by cell."""
    run.studio.shelf.mark(run.cells[4].picture, Mark(star=True, note="the ears"))

    assert {4: Mark(star=True, note="the ears")} == Handout(run).marks


def test_withheld_words_leave_name_and_plan(run: Run) -> None:
    """Neither the name, which may be made of a prompt, nor the plan has any of them."""
    handout = Handout(run, prompt=False)

    assert "seed x presetStyle" == handout.name
    assert "prompt" not in handout.spec
    assert set() == {"prompt", "negative_prompt"} & set(handout.spec["fixed"])


def test_no_plan_is_made_of_what_has_no_words(of_prompts: Run) -> None:
    """Numbers in the place of prompts would be asked for, and paid."""
    spec = Handout(of_prompts, prompt=False).spec
    with pytest.raises(leo.InvalidRequest, match="is not whole"):
        leo.Plan.from_dict(spec, studio=of_prompts.studio)


def test_plan_of_a_handout_is_that_of_the_run(run: Run) -> None:
    """The same cells, under the same keys."""
    plan = leo.Plan.from_dict(Handout(run).spec, studio=run.studio)

    assert [cell.key for cell in run.cells] == [cell.key for cell in plan.cells]


def test_axis_of_words_has_numbers_where_they_are_withheld(of_prompts: Run) -> None:
    """Which of the prompts it is stays known."""
    handout = Handout(of_prompts, prompt=False)

    assert (("prompt 1", "prompt 2"),) == handout.labels
    assert ["prompt 1", "prompt 2"] == handout.spec["axes"][0]["values"]


def test_sentences_about_a_cell_lose_its_words(of_prompts: Run) -> None:
    """A refusal may quote what it refuses."""
    handout, cell = Handout(of_prompts, prompt=False), of_prompts.cells[0]

    assert 'Refused: "…".' == handout.said('Refused: "a red fox running".', cell)
    assert "a red fox running" == Handout(of_prompts).said("a red fox running", cell)


@pytest.fixture
def named(studio: Studio) -> Run:
    """Two cells, whose seeds have names that somebody gave them, one with a note."""
    seeds = {"ACME pick": 1, "other": 2}
    made = leo.sweep("a fox", studio=studio, seed=seeds, width=64, height=64).result(15)
    made.note(0, "ACME liked this one")
    made.star(1)
    return made


def test_names_that_were_given_to_values_are_withheld(named: Run) -> None:
    """The values stand there as they are, also in the plan."""
    handout = Handout(named, prompt=False)

    assert (("1", "2"),) == handout.labels
    assert {"values": [1, 2], "labels": None}.items() <= handout.spec["axes"][0].items()
    assert (("ACME pick", "other"),) == Handout(named).labels


def test_notes_are_withheld(named: Run) -> None:
    """They are somebody's words too; what was starred stays known."""
    assert {1: Mark(star=True)} == Handout(named, prompt=False).marks
    assert "ACME liked this one" == Handout(named).marks[0].note


def test_no_file_has_notes_and_names_that_are_withheld(named: Run, tmp_path: Path) -> None:
    """Tables, pages and names of pictures alike."""
    place = tmp_path / "handed on"
    named.to_csv(place / "a.csv", prompt=False)
    named.to_json(place / "a.json", prompt=False)
    named.to_html(place / "a.html", prompt=False)
    folder = named.to_folder(place / "a", prompt=False)
    named.to_replay(place / "a.zip", prompt=False)
    files = [file for file in place.rglob("*") if file.is_file()]
    with zipfile.ZipFile(place / "a.zip") as packed:
        said = b"".join(map(packed.read, packed.namelist()))

    assert ["seed-1.jpg", "seed-2.jpg"] == sorted(p.name for p in folder.rglob("*.jpg"))
    assert [] == [file.name for file in files if b"ACME" in file.read_bytes()]
    assert b"ACME" not in said


def test_nothing_is_not_handed_on(run: Run) -> None:
    """One clear error, before anything is written."""
    with pytest.raises(leo.InvalidRequest, match="has no cells"):
        Handout(Run(run.studio, run.axes, run.fixed, [], {}, {}))


@pytest.mark.parametrize("form", ["to_html", "to_folder", "to_csv", "to_json", "to_replay"])
def test_no_address_that_is_called_back_is_handed_on(
    studio: Studio, tmp_path: Path, form: str
) -> None:
    """Whoever gets the file neither reads it nor sends it; the plan in the library keeps it."""
    address = "https://me.example/?token=abc"
    run = leo.sweep(
        "a fox", seed=[1, 2], webhookCallbackUrl=address, studio=studio, width=64, height=64
    ).result(15)

    place = getattr(run, form)(tmp_path / "handed on")
    files = [place] if place.is_file() else [each for each in place.rglob("*") if each.is_file()]
    for file in files:
        assert b"me.example" not in file.read_bytes()
        if form == "to_replay":
            assert b"me.example" not in zipfile.ZipFile(file).read("manifest.json")

    assert files
    assert address == run.plan.fixed["webhookCallbackUrl"]
    assert address == leo.open_sweep(run.name, studio=studio).plan.fixed["webhookCallbackUrl"]


def test_an_address_is_no_axis(studio: Studio) -> None:
    """It varies no picture, and would stand in the names of files."""
    for line in (
        lambda: leo.plan("a fox", webhookCallbackUrl=["https://a.example"], studio=studio),
        lambda: leo.axes(webhookCallbackUrl="https://a.example"),
        lambda: leo.zip_("both", seed=[1], webhookCallbackUrl=["https://a.example"]),
    ):
        with pytest.raises(leo.InvalidRequest, match="stands on no axis"):
            line()
