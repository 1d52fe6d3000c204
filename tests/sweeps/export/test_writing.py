from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

import leonardo_nb as leo
from leonardo_nb.sweeps.export.writing import written, written_folder

if TYPE_CHECKING:
    from pathlib import Path


def half_written(place: Path, error: Exception) -> None:
    with written(place) as part:
        part.write_bytes(b"half")
        raise error


def half_a_folder(place: Path) -> None:
    with written_folder(place) as part:
        (part / "a.jpg").touch()
        raise OSError(28, "No space left on device")


def test_file_is_there_when_it_is_whole(tmp_path: Path) -> None:
    """Until then its name is free, and afterwards nothing else is left."""
    place = tmp_path / "new" / "a.html"
    with written(place) as part:
        part.write_text("all of it", encoding="utf-8")
        assert not place.exists()

    assert ["all of it"] == [file.read_text("utf-8") for file in place.parent.iterdir()]


def test_what_goes_wrong_leaves_what_was_there(tmp_path: Path) -> None:
    """An export of before stays, and nothing half written lies beside it."""
    place = tmp_path / "a.html"
    place.write_text("<!-- leonardo_nb --> before", encoding="utf-8")
    with pytest.raises(KeyError):
        half_written(place, KeyError())

    assert [place] == list(tmp_path.iterdir())
    assert "before" in place.read_text("utf-8")


def test_our_own_file_is_replaced(tmp_path: Path) -> None:
    """The same cell can be run again."""
    place = tmp_path / "a.html"
    for text in ("<!-- leonardo_nb --> one", "<!-- leonardo_nb --> two"):
        with written(place) as part:
            part.write_text(text, encoding="utf-8")

    assert "two" in place.read_text("utf-8")


def test_files_of_others_are_left_alone(tmp_path: Path) -> None:
    """The error names the file and what to do; what is in it stays."""
    place = tmp_path / "thesis.html"
    place.write_text("three years of work", encoding="utf-8")
    with (
        pytest.raises(leo.ExportFailed, match=r"thesis.html is there already and is no") as caught,
        written(place),
    ):
        raise AssertionError("nothing is written")

    assert (place, "three years of work") == (caught.value.path, place.read_text("utf-8"))


def test_folder_is_no_file(tmp_path: Path) -> None:
    """The error says so before anything is written."""
    with pytest.raises(leo.ExportFailed, match="is a folder"), written(tmp_path):
        raise AssertionError("nothing is written")


def test_full_disk_is_one_sentence(tmp_path: Path) -> None:
    """It says why, and that nothing is left behind, and nothing is."""
    place = tmp_path / "a.gif"
    with pytest.raises(leo.ExportFailed, match=r"\(No space left on device\), and nothing of it"):
        half_written(place, OSError(28, "No space left on device"))

    assert [] == list(tmp_path.iterdir())


def test_folder_that_cannot_be_made_is_one_sentence(tmp_path: Path) -> None:
    """A file stands where the folder should be."""
    (tmp_path / "file").touch()
    with (
        pytest.raises(leo.ExportFailed, match="could not be written"),
        written(tmp_path / "file" / "a.csv"),
    ):
        raise AssertionError("nothing is written")


def test_half_a_folder_is_no_folder(tmp_path: Path) -> None:
    """What was in it goes with it."""
    with pytest.raises(leo.ExportFailed):
        half_a_folder(tmp_path / "foxes")

    assert [] == list(tmp_path.iterdir())
