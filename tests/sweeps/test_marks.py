from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

import leonardo_nb as leo
from leonardo_nb.errors import InvalidRequest
from leonardo_nb.library.shelf import Mark
from leonardo_nb.sweeps.marks import listen

if TYPE_CHECKING:
    from leonardo_nb.studios import Studio
    from leonardo_nb.sweeps.run import Run

SMALL: dict[str, Any] = {"width": 64, "height": 64}


@pytest.fixture
def run(studio: Studio) -> Run:
    """Three seeds in two styles."""
    styles = ["ANIME", "DYNAMIC"]
    return leo.sweep("a fox", studio=studio, seed=[1, 2, 3], presetStyle=styles, **SMALL).result(15)


def test_stars_are_given_by_cell_position_and_value(run: Run) -> None:
    """All three name the same thing."""
    run.star(run.cells[0])
    run.star(-1)
    run.star(seed=2, presetStyle=["ANIME"])

    assert [0, 2, 5] == [cell.index for cell in run.starred]


def test_marks_are_kept_in_the_library(run: Run, studio: Studio) -> None:
    """Under the picture's name, so that any sweep that shows it has them."""
    run.star(3)
    run.note(3, "  sharp  ")

    assert {run.cells[3].picture: Mark(star=True, note="sharp")} == studio.shelf.marks(
        cell.picture for cell in run.cells
    )


def test_part_of_a_run_marks_the_same_pictures(run: Run) -> None:
    """Its cells are numbered anew, and are the same pictures."""
    part = run.sel(seed=[2])
    assert isinstance(part, leo.Run)
    part.star(0)
    run.reject(*part.cells[1:])

    assert {2: Mark(star=True), 3: Mark(reject=True)} == run.marks


def test_star_and_rejection_exclude_each_other(run: Run) -> None:
    """What is said last counts; the note stays."""
    run.note(0, "hm")
    run.reject(0)
    run.star(0)

    assert Mark(star=True, note="hm") == run.marks[0]


def test_what_is_taken_back_is_gone(run: Run) -> None:
    """A picture of which nothing is said has no mark."""
    run.star(0)
    run.star(0, undo=True)
    run.note(1, "hm")
    run.note(1, "")

    assert {} == run.marks


def test_listeners_hear_what_is_said_until_they_end(run: Run, studio: Studio) -> None:
    """By the names of pictures."""
    heard: list[object] = []
    end = listen(studio.shelf, heard.append)
    run.star(0)
    end()
    run.star(1)

    assert [{run.cells[0].picture: Mark(star=True)}] == heard


@pytest.mark.parametrize(
    ("cells", "coords", "nearest"),
    [
        ((6,), {}, 5),
        (("first",), {}, None),
        ((), {"seed": 4}, 3),
        ((), {"sed": 1}, "seed"),
        ((), {}, None),
    ],
)
def test_cells_that_are_none_are_an_error(
    run: Run, cells: tuple[Any, ...], coords: dict[str, Any], nearest: object
) -> None:
    """Nothing is marked."""
    with pytest.raises(InvalidRequest) as refused:
        run.star(*cells, **coords)

    assert nearest == refused.value.nearest
    assert {} == run.marks


def test_a_note_that_is_too_long_is_refused(run: Run) -> None:
    """Nothing of what somebody wrote is cut off unseen."""
    with pytest.raises(InvalidRequest, match="at most 2,000 characters; this one has 2,001"):
        run.note(0, "x" * 2_001)

    assert {} == run.marks


@pytest.mark.parametrize("wrong", [None, 5, b"hm", "\ud800"])
def test_a_note_is_whole_text(run: Run, wrong: object) -> None:
    """None is no note that says "None", and what was there stays."""
    run.note(0, "hm")
    with pytest.raises(InvalidRequest, match="A note ") as refused:
        run.note(0, wrong)  # type: ignore[arg-type]

    assert "note" == refused.value.member
    assert "hm" == run.marks[0].note


def test_half_a_character_of_a_page_takes_no_note_away(run: Run) -> None:
    """A page may cut a note within a character."""
    run._all_marks().change([0], note="a fox \ud83e")

    assert "a fox ?" == run.marks[0].note
