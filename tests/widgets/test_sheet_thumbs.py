from __future__ import annotations

import io
from typing import TYPE_CHECKING

import pytest
from PIL import Image as Pillow

from leonardo_nb.library.files import StoredFile
from leonardo_nb.widgets.sheet_thumbs import BROKEN, LARGE, SIZES, Thumbs, large

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

TYPES = {"PNG": "image/png", "JPEG": "image/jpeg", "WEBP": "image/webp"}


@pytest.fixture
def stored(tmp_path: Path) -> Callable[..., StoredFile]:
    """Return what puts a picture on the disk, as the library would."""

    def put(size: tuple[int, int] = (512, 384), kind: str = "JPEG", name: str = "a") -> StoredFile:
        path = tmp_path / f"{name}.{kind.lower()}"
        Pillow.new("RGB", size, (200, 90, 20)).save(path, kind)
        sha = name * 64
        return StoredFile(path, sha, TYPES[kind], *size, path.stat().st_size)

    return put


def opened(data: bytes) -> Pillow.Image:
    return Pillow.open(io.BytesIO(data))


@pytest.mark.parametrize("kind", TYPES)
@pytest.mark.parametrize("size", SIZES)
def test_small_picture_is_webp_of_that_size(
    stored: Callable[..., StoredFile], tmp_path: Path, kind: str, size: int
) -> None:
    """The longer side; a page gets nothing larger than it shows."""
    small = opened(Thumbs(tmp_path).make(stored(kind=kind), size))

    assert ("WEBP", (size, size * 3 // 4)) == (small.format, small.size)


def test_small_picture_is_found_again_after_a_restart(
    stored: Callable[..., StoredFile], tmp_path: Path
) -> None:
    """It is on the disk under the name of its content, so the file itself is not needed."""
    file = stored()
    made = Thumbs(tmp_path).make(file, 128)
    file.path.unlink()

    assert made == Thumbs(tmp_path).kept(file, 128)


def test_folder_may_be_deleted(stored: Callable[..., StoredFile], tmp_path: Path) -> None:
    """What is missing is painted again."""
    file = stored()
    made = Thumbs(tmp_path).make(file, 128)
    (kept,) = (tmp_path / "thumbnails").rglob("*.webp")
    kept.unlink()

    assert made == Thumbs(tmp_path).make(file, 128)
    assert kept.exists()


def test_small_picture_that_is_cut_off_is_painted_again(
    stored: Callable[..., StoredFile], tmp_path: Path
) -> None:
    """A machine may lose its power between writing and naming."""
    file = stored()
    made = Thumbs(tmp_path).make(file, 128)
    (kept,) = (tmp_path / "thumbnails").rglob("*.webp")
    kept.write_bytes(made[:-20])

    assert made == Thumbs(tmp_path).make(file, 128)


def test_smaller_one_is_made_of_a_larger_one(
    stored: Callable[..., StoredFile], tmp_path: Path
) -> None:
    """Decoding 256 pixels is many times faster than decoding the whole picture."""
    thumbs, file = Thumbs(tmp_path), stored()
    thumbs.make(file, 256)
    file.path.unlink()

    assert (64, 48) == opened(thumbs.make(file, 64)).size


def test_memory_is_bounded_in_bytes(stored: Callable[..., StoredFile], tmp_path: Path) -> None:
    """The least used go first; the disk has them all."""
    first, second = stored(name="a"), stored(name="b")
    size = len(Thumbs(tmp_path).make(first, 64))
    thumbs = Thumbs(tmp_path, most_bytes=size)
    thumbs.make(first, 64)
    thumbs.make(second, 64)

    assert thumbs.held(first, 64) is None
    assert thumbs.held(second, 64) is not None


def test_library_that_cannot_be_written_still_shows(
    stored: Callable[..., StoredFile], tmp_path: Path
) -> None:
    """The small picture is then painted each time."""
    (tmp_path / "thumbnails").write_text("in the way", encoding="utf-8")

    assert (64, 48) == opened(Thumbs(tmp_path).make(stored(), 64)).size


def test_file_that_is_no_picture_is_refused(tmp_path: Path) -> None:
    """With one of the errors that a sheet expects."""
    path = tmp_path / "broken.png"
    path.write_bytes(b"nothing")

    with pytest.raises(BROKEN):
        Thumbs(tmp_path).make(StoredFile(path, "c" * 64, "image/png", 8, 8, 7), 64)


def test_large_picture_is_the_file_itself_where_that_is_small(
    stored: Callable[..., StoredFile],
) -> None:
    """Nothing is lost, and nothing is decoded."""
    file = stored()

    assert file.path.read_bytes() == large(file)


def test_large_picture_is_made_smaller_where_it_is_too_large(
    stored: Callable[..., StoredFile],
) -> None:
    """1,024 pixels are what a comparison shows."""
    assert (LARGE, 512) == opened(large(stored((2048, 1024)))).size
