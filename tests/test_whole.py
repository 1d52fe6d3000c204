from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from leonardo_nb.whole import written_whole

if TYPE_CHECKING:
    from pathlib import Path


def half_written(place: Path, error: BaseException) -> None:
    with written_whole(place) as part:
        part.write_bytes(b"half")
        raise error


def half_a_folder(place: Path) -> None:
    with written_whole(place) as part:
        (part / "in").mkdir(parents=True)
        (part / "in" / "a.jpg").write_bytes(b"half")
        raise OSError(28, "No space left on device")


def write(place: Path, data: bytes) -> None:
    with written_whole(place) as part:
        part.write_bytes(data)


def test_name_is_free_until_the_file_is_whole(tmp_path: Path) -> None:
    """Afterwards it has all of it, and nothing else is left."""
    place = tmp_path / "a.csv"
    with written_whole(place) as part:
        part.write_bytes(b"all of it")
        assert (place.parent, False) == (part.parent, place.exists())

    assert {place: b"all of it"} == {file: file.read_bytes() for file in tmp_path.iterdir()}


def test_what_was_there_stays_until_the_new_file_is_whole(tmp_path: Path) -> None:
    """Who reads it meanwhile reads the old one, and the new one afterwards."""
    place = tmp_path / "a.csv"
    place.write_bytes(b"before")
    with written_whole(place) as part:
        part.write_bytes(b"after")
        assert b"before" == place.read_bytes()

    assert b"after" == place.read_bytes()


@pytest.mark.parametrize(
    "error", [OSError(28, "No space left on device"), KeyError("name"), KeyboardInterrupt()]
)
def test_what_goes_wrong_leaves_what_was_there(tmp_path: Path, error: BaseException) -> None:
    """The error comes out as it is, also that of an interrupted cell, and no part is left."""
    place = tmp_path / "a.csv"
    place.write_bytes(b"before")
    with pytest.raises(type(error)) as caught:
        half_written(place, error)

    assert error is caught.value
    assert {place: b"before"} == {file: file.read_bytes() for file in tmp_path.iterdir()}


def test_half_of_what_is_new_is_nothing(tmp_path: Path) -> None:
    """Neither the name is taken nor a part left."""
    with pytest.raises(OSError, match="No space left"):
        half_written(tmp_path / "a.csv", OSError(28, "No space left on device"))

    assert [] == list(tmp_path.iterdir())


def test_name_that_cannot_be_taken_leaves_no_part(tmp_path: Path) -> None:
    """A folder that has something in it is not replaced."""
    place = tmp_path / "a.csv"
    place.mkdir()
    (place / "kept").touch()
    with pytest.raises(OSError, match=r"a\.csv"):
        write(place, b"all of it")

    assert ([place], [place / "kept"]) == (list(tmp_path.iterdir()), list(place.iterdir()))


def test_folder_is_there_when_it_is_whole(tmp_path: Path) -> None:
    """It gets its name with all that is in it."""
    place = tmp_path / "foxes"
    with written_whole(place) as part:
        part.mkdir()
        (part / "a.jpg").write_bytes(b"a fox")
        assert not place.exists()

    assert [place] == list(tmp_path.iterdir())
    assert b"a fox" == (place / "a.jpg").read_bytes()


def test_half_a_folder_goes_with_what_is_in_it(tmp_path: Path) -> None:
    """Nothing of it is left."""
    with pytest.raises(OSError, match="No space left"):
        half_a_folder(tmp_path / "foxes")

    assert [] == list(tmp_path.iterdir())


def test_folder_that_is_not_there_is_not_made(tmp_path: Path) -> None:
    """The error is that of writing, not that of cleaning up."""
    with pytest.raises(FileNotFoundError):
        write(tmp_path / "none" / "a.csv", b"all of it")

    assert [] == list(tmp_path.iterdir())


def test_file_in_place_of_a_folder_is_an_error_of_the_disk(tmp_path: Path) -> None:
    """There it stays as it was."""
    (tmp_path / "none").write_bytes(b"a file")
    with pytest.raises((NotADirectoryError, FileNotFoundError)):
        write(tmp_path / "none" / "a.csv", b"all of it")

    assert b"a file" == (tmp_path / "none").read_bytes()


def test_two_writers_do_not_meet(tmp_path: Path) -> None:
    """Each has a part of its own, and the last one to end has the name."""
    place = tmp_path / "a.csv"
    with written_whole(place) as one, written_whole(place) as other:
        one.write_bytes(b"one")
        other.write_bytes(b"other")

    assert {place: b"one"} == {file: file.read_bytes() for file in tmp_path.iterdir()}


@pytest.mark.skipif(os.name == "nt", reason="links need a right there that not everybody has")
def test_link_is_replaced_and_not_what_it_leads_to(tmp_path: Path) -> None:
    """Nothing is written outside of the folder that was named."""
    other, place = tmp_path / "other", tmp_path / "a.csv"
    other.write_bytes(b"somebody's")
    place.symlink_to(other)
    write(place, b"ours")

    assert (False, b"ours", b"somebody's") == (
        place.is_symlink(),
        place.read_bytes(),
        other.read_bytes(),
    )


@pytest.mark.skipif(os.name == "nt", reason="files have no such permissions there")
def test_file_has_the_permissions_of_a_new_one(tmp_path: Path) -> None:
    """Whatever those were of the file that it replaces."""
    usual, place = tmp_path / "usual", tmp_path / "a.csv"
    usual.touch()
    place.touch(mode=0o600)
    write(place, b"ours")

    assert usual.stat().st_mode == place.stat().st_mode
