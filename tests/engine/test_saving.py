from __future__ import annotations

import pickle
from typing import TYPE_CHECKING

import pytest

from leonardo_nb.errors import ExportFailed
from leonardo_nb.library.provenance import read

if TYPE_CHECKING:
    from pathlib import Path

    from leonardo_nb.studios import Studio


def test_a_copy_says_how_it_was_made(studio: Studio, tmp_path: Path) -> None:
    """The whole request, the ids, which picture of its job, and the cost; the original stays."""
    job = studio.generate("a fox", num_images=2)
    image = job.result()[1]
    before = image.read_bytes()

    path = image.save(tmp_path / "fox")
    known = read(path)

    assert tmp_path / "fox.jpg" == path
    assert known is not None
    assert job.request.wire() == known.request
    assert (job.id, image.id, 1, job.cost) == (
        known.generation,
        known.image,
        known.number,
        known.cost,
    )
    assert before == image.read_bytes() != path.read_bytes()


def test_a_copy_can_be_without_words(studio: Studio, tmp_path: Path) -> None:
    """Then no word of the prompt is in it."""
    image = studio.generate("a very secret fox").result()[0]

    data = image.save(tmp_path, prompt=False).read_bytes()

    assert b"secret" not in data
    assert "secret".encode("utf-16-be") not in data


def test_a_folder_gets_the_picture_s_own_name(studio: Studio, tmp_path: Path) -> None:
    """The service's id, and the ending of its format."""
    image = studio.generate("a fox").result()[0]

    assert tmp_path / f"{image.id}.jpg" == image.save(tmp_path)


def test_variations_say_what_was_done(studio: Studio, tmp_path: Path) -> None:
    """A picture that was made of another one says by which request."""
    job = studio.generate("a fox").result()[0].upscale()

    known = read(job.result().save(tmp_path))

    assert known is not None
    assert (job.request.endpoint, job.request.wire()) == (known.endpoint, known.request)


def test_a_pickled_picture_can_be_saved(studio: Studio, tmp_path: Path) -> None:
    """It still knows how it was made."""
    image = pickle.loads(pickle.dumps(studio.generate("a fox").result()[0]))  # noqa: S301  just made here

    assert read(image.save(tmp_path)) is not None


def test_other_formats_are_refused(studio: Studio, tmp_path: Path) -> None:
    """A copy keeps its bytes, so a JPEG does not become a PNG; nothing is written."""
    image = studio.generate("a fox").result()[0]

    with pytest.raises(ExportFailed, match=r"name it fox\.jpg"):
        image.save(tmp_path / "fox.png")

    assert [] == list(tmp_path.glob("fox*"))


def test_a_folder_that_is_not_there_is_said(studio: Studio, tmp_path: Path) -> None:
    """The error names the file, and nothing is left."""
    image = studio.generate("a fox").result()[0]

    with pytest.raises(ExportFailed, match="could not be written"):
        image.save(tmp_path / "none" / "fox.jpg")


def test_a_file_in_place_of_a_folder_is_said(studio: Studio, tmp_path: Path) -> None:
    """In the same words; it stays as it was."""
    image = studio.generate("a fox").result()[0]
    (tmp_path / "none").write_bytes(b"a file")

    with pytest.raises(ExportFailed, match=r"could not be written .* nothing of it is left"):
        image.save(tmp_path / "none" / "fox.jpg")

    assert b"a file" == (tmp_path / "none").read_bytes()


def test_a_copy_is_written_again_over_the_first(studio: Studio, tmp_path: Path) -> None:
    """It takes the name when it is whole, and nothing lies beside it."""
    image = studio.generate("a fox").result()[0]
    place = tmp_path / "fox.jpg"
    place.write_bytes(b"another picture")

    assert [image.save(place)] == [each for each in tmp_path.iterdir() if each.is_file()]
    assert read(place) is not None
