from __future__ import annotations

import csv
import json
import struct
import zlib
from typing import TYPE_CHECKING

import pytest
from PIL import Image
from PIL.PngImagePlugin import PngInfo

import leonardo_nb as leo
from leonardo_nb.sweeps.export.folder import to_folder

if TYPE_CHECKING:
    from pathlib import Path

    from leonardo_nb.studios import Studio
    from leonardo_nb.sweeps.run import Run


def lines(folder: Path) -> list[dict[str, object]]:
    text = (folder / "metadata.jsonl").read_text("utf-8")
    return [json.loads(line) for line in text.splitlines()]


def test_folder_has_pictures_and_what_is_known(run: Run, tmp_path: Path) -> None:
    """Pictures by their place, a line for each, and the tables beside."""
    place = to_folder(run, tmp_path / "foxes")

    assert ["README.txt", "data.csv", "sweep.json", "train"] == sorted(
        file.name for file in place.iterdir()
    )
    assert 6 == len(list((place / "train").glob("seed-*_presetStyle-*.jpg")))
    assert [tmp_path / "foxes"] == [each for each in tmp_path.iterdir() if each.name != "library"]


def test_every_line_begins_with_the_name_of_a_picture_that_is_there(
    run: Run, tmp_path: Path
) -> None:
    """As the loader of image folders wants it, and all lines have the same members."""
    inner = to_folder(run, tmp_path / "foxes") / "train"
    found = lines(inner)

    assert {"file_name"} == {next(iter(line)) for line in found}
    assert all((inner / str(line["file_name"])).is_file() for line in found)
    assert 1 == len({tuple(line) for line in found})
    assert set() == {"image", "label"} & set(found[0])


def test_flat_folder_has_everything_in_it(run: Run, tmp_path: Path) -> None:
    """For whoever does not want a folder in a folder."""
    place = to_folder(run, tmp_path / "foxes", layout="flat")

    assert 10 == len(list(place.iterdir()))
    assert 6 == len(lines(place))


def test_copies_are_the_service_own_bytes(run: Run, tmp_path: Path) -> None:
    """Byte for byte where nothing is put into them."""
    inner = to_folder(run, tmp_path / "foxes", provenance=False) / "train"

    assert {each.read_bytes() for each in run.images} == {
        file.read_bytes() for file in inner.glob("*.jpg")
    }


def test_provenance_touches_no_pixel(run: Run, tmp_path: Path) -> None:
    """Copies say how they were made, and look the same to the last pixel."""
    inner = to_folder(run, tmp_path / "foxes") / "train"
    before, after = run.images[0], inner / "seed-1_presetStyle-CINEMATIC.jpg"
    with Image.open(after) as picture:
        assert before.pil().tobytes() == picture.tobytes()

    assert b"trainedAlgorithmicMedia" in after.read_bytes()


def test_folder_of_the_same_sweep_is_gone_on_with(run: Run, tmp_path: Path) -> None:
    """What is there is not written again; what is new comes to it."""
    some = run.sel(seed=[1, 2])
    place = to_folder(some, tmp_path / "foxes")  # type: ignore[arg-type]
    first = place / "train" / "seed-1_presetStyle-CINEMATIC.jpg"
    written = first.stat().st_mtime_ns
    to_folder(run, place)

    assert written == first.stat().st_mtime_ns
    assert (6, 6) == (len(list(first.parent.glob("*.jpg"))), len(lines(first.parent)))


def test_folder_of_something_else_is_left_alone(run: Run, tmp_path: Path) -> None:
    """One clear error, and nothing in it is changed."""
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.txt").touch()
    with pytest.raises(leo.ExportFailed, match="has something else in it"):
        to_folder(run, tmp_path / "mine")

    assert ["thesis.txt"] == [file.name for file in (tmp_path / "mine").iterdir()]


def test_folder_of_another_part_is_left_alone(run: Run, tmp_path: Path) -> None:
    """Its pictures would have no line any more."""
    place = to_folder(run, tmp_path / "foxes")
    with pytest.raises(leo.ExportFailed, match=r"seed-\d_presetStyle-\w+.jpg, which is no part"):
        to_folder(run.sel(seed=[1, 2]), place)  # type: ignore[arg-type]


def test_cells_without_a_picture_are_in_the_table_only(one_failed: Run, tmp_path: Path) -> None:
    """And README.txt counts them."""
    place = to_folder(one_failed, tmp_path / "foxes")

    assert 2 == len(lines(place / "train"))
    assert 4 == len((place / "data.csv").read_text("utf-8").splitlines())
    assert "1 of 3 cells is not there: 1 failed." in (place / "README.txt").read_text("utf-8")


def test_withheld_words_are_nowhere_in_the_folder(of_prompts: Run, tmp_path: Path) -> None:
    """Neither in a name nor in a byte of any file."""
    place = to_folder(of_prompts, tmp_path / "two", prompt=False)
    files = [file for file in place.rglob("*") if file.is_file()]

    assert len(files) >= 6
    for word in ("fox", "lighthouse"):
        assert [] == [file for file in files if word in file.name]
        assert [] == [file for file in files if word.encode() in file.read_bytes()]


@pytest.mark.parametrize("provenance", [True, False])
def test_signed_picture_that_says_the_prompt_is_drawn_anew(
    studio: Studio, tmp_path: Path, *, provenance: bool
) -> None:
    """Neither its words nor its manifest, which may repeat them, are handed on."""
    said = PngInfo()
    said.add_text("parameters", "the secret ACME prompt\nSteps: 3, Seed: 1, Size: 8x8")
    file = tmp_path / "found" / "a.png"
    file.parent.mkdir()
    Image.new("RGB", (8, 8), "teal").save(file, pnginfo=said)
    data = file.read_bytes()
    chunk = b"caBX" + bytes(40)
    signed = struct.pack(">I", 40) + chunk + struct.pack(">I", zlib.crc32(chunk))
    file.write_bytes(data[:33] + signed + data[33:])
    run = leo.from_files(file.parent, studio=studio)

    whole = to_folder(run, tmp_path / "whole", provenance=provenance)
    less = to_folder(run, tmp_path / "less", prompt=False, provenance=provenance)
    (one,), (two,) = whole.rglob("*.png"), less.rglob("*.png")

    assert (True, True) == tuple(word in one.read_bytes() for word in (b"ACME", b"caBX"))
    assert (False, False) == tuple(word in two.read_bytes() for word in (b"ACME", b"caBX"))
    with Image.open(two) as picture:
        assert (0, 128, 128) == picture.getpixel((0, 0))


def test_progress_is_told(run: Run, tmp_path: Path) -> None:
    """From none to all."""
    told: list[tuple[int, int]] = []
    to_folder(run, tmp_path / "foxes", told=lambda done, total: told.append((done, total)))

    assert ((0, 6), (6, 6)) == (told[0], told[-1])


def test_layout_is_one_of_two(run: Run, tmp_path: Path) -> None:
    """Another word is refused before anything is written."""
    with pytest.raises(leo.InvalidRequest, match='neither "train" nor "flat"'):
        to_folder(run, tmp_path / "foxes", layout="deep")  # type: ignore[arg-type]


def test_damaged_file_is_a_cell_without_a_picture(harmed: Run, tmp_path: Path) -> None:
    """The others are handed on, and it is said."""
    place = to_folder(harmed, tmp_path / "foxes")
    harmed.to_html(tmp_path / "beside.html", pictures="beside")
    rows = list(csv.DictReader((place / "data.csv").read_text("utf-8-sig").splitlines()))

    assert 5 == len(list((place / "train").glob("*.jpg")))
    assert 5 == len(list((tmp_path / "beside_files").glob("*.jpg")))
    assert 5 == len((place / "train" / "metadata.jsonl").read_text("utf-8").splitlines())
    assert ("", "done") == (rows[3]["file"], rows[3]["state"])
    assert "1 of 6 cells is not there: 1 without a picture." in (place / "README.txt").read_text()
    assert "1 of 6 cells is not there" in (tmp_path / "beside.html").read_text("utf-8")


def test_file_in_the_way_is_one_clear_error(run: Run, tmp_path: Path) -> None:
    """A folder cannot be where a file is."""
    (tmp_path / "foxes").touch()
    with pytest.raises(leo.ExportFailed, match="is a file; name a folder"):
        to_folder(run, tmp_path / "foxes")
    with pytest.raises(leo.ExportFailed, match=r"pictures could not be written \(Not a dir"):
        to_folder(run, tmp_path / "foxes" / "pictures")
