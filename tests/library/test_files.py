"""Picture and video files: received, checked, renamed."""

from __future__ import annotations

import hashlib
import io
import sys
from typing import TYPE_CHECKING

import PIL.Image
import pytest

from leonardo_nb.errors import DownloadFailed, LibraryError
from leonardo_nb.library.files import MediaStore

from .boxes import film

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

URL = "https://cdn.example/picture.exe"


def picture(kind: str = "JPEG", size: tuple[int, int] = (64, 48)) -> bytes:
    buffer = io.BytesIO()
    PIL.Image.effect_noise(size, 80).save(buffer, kind)
    return buffer.getvalue()


def files_in(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


async def chunks(data: bytes, size: int = 100) -> AsyncIterator[bytes]:
    for start in range(0, len(data), size):
        yield data[start : start + size]


@pytest.mark.parametrize(
    ("kind", "media_type", "suffix"),
    [
        ("JPEG", "image/jpeg", ".jpg"),
        ("PNG", "image/png", ".png"),
        ("WEBP", "image/webp", ".webp"),
    ],
)
async def test_a_file_is_named_by_its_content(
    tmp_path: Path, kind: str, media_type: str, suffix: str
) -> None:
    """Type, suffix and name come from the bytes, whatever the address says."""
    data = picture(kind)

    stored = await MediaStore(tmp_path).save(chunks(data), url=URL)

    assert (media_type, 64, 48, len(data)) == (
        stored.media_type,
        stored.width,
        stored.height,
        stored.size_bytes,
    )
    assert hashlib.sha256(data).hexdigest() + suffix == stored.path.name
    assert data == stored.path.read_bytes()


async def test_the_same_bytes_are_one_file(tmp_path: Path) -> None:
    """A picture that is saved twice has one path."""
    store, data = MediaStore(tmp_path), picture()

    first = await store.save(chunks(data), url=URL)
    second = await store.save(chunks(data), url=URL)

    assert first == second


async def test_a_video_is_named_by_its_content(tmp_path: Path) -> None:
    """Type, suffix, size and length of a video come from its bytes."""
    data = film()

    stored = await MediaStore(tmp_path).save(chunks(data, 5), url=URL)

    assert ("video/mp4", 832, 480, 5.0, len(data)) == (
        stored.media_type,
        stored.width,
        stored.height,
        stored.duration,
        stored.size_bytes,
    )
    assert hashlib.sha256(data).hexdigest() + ".mp4" == stored.path.name
    assert data == stored.path.read_bytes()


async def test_a_picture_has_no_duration(tmp_path: Path) -> None:
    """Only videos last."""
    stored = await MediaStore(tmp_path).save(chunks(picture()), url=URL)

    assert stored.duration is None


async def test_videos_may_be_larger_than_pictures(tmp_path: Path) -> None:
    """What begins like a video has a limit of its own, however its bytes arrive."""
    data = film()

    stored = await MediaStore(tmp_path).save(
        chunks(data, 1), url=URL, limit_bytes=100, limit_video_bytes=len(data)
    )

    assert len(data) == stored.size_bytes


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        pytest.param(film()[:-9], "The video arrived damaged .it is cut off: box mdat", id="cut"),
        pytest.param(film()[:20], "The video arrived damaged .it is cut off", id="its beginning"),
        pytest.param(film() + bytes(99), "The video is larger than 1,", id="too many bytes"),
        pytest.param(film()[:7], "nor an MP4 video", id="hardly anything"),
    ],
)
async def test_a_video_that_is_not_whole_is_not_kept(
    tmp_path: Path, data: bytes, sentence: str
) -> None:
    """The sentence speaks of a video, and no file is left behind."""
    store = MediaStore(tmp_path)

    with pytest.raises(DownloadFailed, match=sentence):
        await store.save(chunks(data), url=URL, limit_video_bytes=len(film()))

    assert [] == files_in(tmp_path)


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        pytest.param(b"", "not a JPEG, PNG or WebP", id="empty"),
        pytest.param(b"<html>Sorry</html>" * 50, "not a JPEG, PNG or WebP", id="html"),
        pytest.param(picture()[:-400], "arrived damaged", id="cut off"),
        pytest.param(picture("GIF"), "not a JPEG, PNG or WebP", id="another format"),
        pytest.param(picture(size=(300, 300)), "pixels", id="too many pixels"),
        pytest.param(picture() + b"x" * 200_000, "larger than", id="too many bytes"),
    ],
)
async def test_what_is_no_picture_is_not_kept(tmp_path: Path, data: bytes, sentence: str) -> None:
    """Whatever else comes is refused with a sentence and leaves no file behind."""
    store = MediaStore(tmp_path)

    with pytest.raises(DownloadFailed, match=sentence) as caught:
        await store.save(chunks(data), url=URL, limit_bytes=100_000, limit_pixels=50_000)

    assert URL == caught.value.url
    assert [] == files_in(tmp_path)


async def test_a_huge_picture_is_never_decoded(tmp_path: Path) -> None:
    """A small file that claims 30,000 x 30,000 pixels is refused from its header."""
    buffer = io.BytesIO()
    PIL.Image.new("1", (30_000, 30_000)).save(buffer, "PNG")

    with pytest.raises(DownloadFailed, match="80,000,000"):
        await MediaStore(tmp_path).save(chunks(buffer.getvalue(), 50_000), url=URL)


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX paths")
def test_a_folder_that_cannot_be_written_is_refused_at_once() -> None:
    """The error names the folder and the two ways to give another."""
    from pathlib import Path

    with pytest.raises(LibraryError, match=r"/proc/nowhere cannot be written.*LEONARDO_LIBRARY"):
        MediaStore(Path("/proc/nowhere"))
