"""What is read as a picture, and what is refused before anything is sent."""

from __future__ import annotations

import io
import os
import struct
import tracemalloc
import zlib
from typing import TYPE_CHECKING, Any

import numpy as np
import PIL.Image
import pytest

import leonardo_nb as leo
from leonardo_nb.engine.pictures import read_picture

if TYPE_CHECKING:
    from pathlib import Path


def encoded(
    kind: str, size: tuple[int, int] = (48, 32), mode: str = "RGB", **options: Any
) -> bytes:
    """Return a small picture as a file's bytes."""
    buffer = io.BytesIO()
    PIL.Image.new(mode, size).save(buffer, kind, **options)
    return buffer.getvalue()


def huge_png(side: int) -> bytes:
    """Return the first bytes of a PNG that says it is *side* pixels wide and high."""
    header = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    check = struct.pack(">I", zlib.crc32(b"IHDR" + header))
    body = b"\0\0\0\rIHDR" + header + check
    data = zlib.compress(b"\0" * 1000)
    idat = (
        struct.pack(">I", len(data))
        + b"IDAT"
        + data
        + struct.pack(">I", zlib.crc32(b"IDAT" + data))
    )
    return b"\x89PNG\r\n\x1a\n" + body + idat


def turned() -> PIL.Image.Image:
    """Return a picture that its EXIF data says to turn by a quarter."""
    image = PIL.Image.new("RGB", (48, 32), "red")
    image.getexif()[0x0112] = 6
    return image


@pytest.mark.parametrize(("kind", "extension"), [("JPEG", "jpg"), ("PNG", "png"), ("WEBP", "webp")])
def test_what_the_service_takes_is_left_as_it_is(kind: str, extension: str) -> None:
    """Not one byte of a JPEG, PNG or WEBP is changed."""
    data = encoded(kind)
    picture = read_picture(data)

    assert (data, f"image/{kind.lower()}", extension) == (
        picture.data,
        picture.media_type,
        picture.extension,
    )
    assert (48, 32) == picture.size


@pytest.mark.parametrize("kind", ["GIF", "BMP", "TIFF", "PPM"])
def test_other_formats_become_png(kind: str) -> None:
    """A scan or a drawing is sent as a PNG of the same size."""
    picture = read_picture(encoded(kind))

    assert ("image/png", (48, 32)) == (picture.media_type, picture.size)
    assert picture.data.startswith(b"\x89PNG")


def test_a_large_one_that_has_to_be_encoded_becomes_a_jpeg() -> None:
    """A PNG of many megapixels would be slow to make and slower to send."""
    picture = read_picture(PIL.Image.new("RGB", (2400, 1800)))

    assert "image/jpeg" == picture.media_type


def test_transparency_is_kept() -> None:
    """However large it is."""
    picture = read_picture(PIL.Image.new("RGBA", (2400, 1800), (0, 0, 0, 0)))

    assert ("image/png", "RGBA") == (picture.media_type, picture.pil().mode)


def test_a_pillow_image_is_turned_as_its_exif_says() -> None:
    """The service would see it lying on its side."""
    assert (32, 48) == read_picture(turned()).size


def test_a_file_that_is_turned_is_left_as_it_is() -> None:
    """An original is never encoded again; whoever decodes it here sees it upright."""
    buffer = io.BytesIO()
    turned().save(buffer, "JPEG", exif=turned().getexif())
    picture = read_picture(buffer.getvalue())

    assert (buffer.getvalue(), (48, 32), (32, 48)) == (
        picture.data,
        picture.size,
        picture.pil().size,
    )


def test_a_telephone_s_jpeg_is_left_as_it_is() -> None:
    """Behind its picture there is a second one, and Pillow has another name for that."""
    buffer = io.BytesIO()
    first, second = (PIL.Image.new("RGB", (48, 32), colour) for colour in ("red", "blue"))
    first.save(buffer, "MPO", save_all=True, append_images=[second])
    picture = read_picture(buffer.getvalue())

    assert (buffer.getvalue(), "image/jpeg") == (picture.data, picture.media_type)


def test_paths_and_open_files_are_read(tmp_path: Path) -> None:
    """As text, as a path, and as a file."""
    file = tmp_path / "fox.png"
    file.write_bytes(encoded("PNG"))
    with file.open("rb") as opened:
        pictures = [read_picture(each) for each in (str(file), file, opened)]

    assert [file.read_bytes()] * 3 == [picture.data for picture in pictures]


@pytest.mark.parametrize(
    "array",
    [
        np.zeros((32, 48, 3), np.uint8),
        np.zeros((32, 48, 4), np.uint8),
        np.ones((32, 48), np.float32),
        np.ones((32, 48, 1), bool),
    ],
)
def test_arrays_are_read(array: np.ndarray[Any, Any]) -> None:
    """Bytes, floats up to 1 and booleans, with and without colour."""
    assert (48, 32) == read_picture(array).size


def test_a_mask_of_booleans_is_black_and_white() -> None:
    """True is white."""
    assert 255 == read_picture(np.ones((8, 8), bool)).pil().getpixel((0, 0))


@pytest.mark.parametrize("mode", ["1", "L", "P", "CMYK", "LA", "I;16", "F", "HSV"])
def test_every_mode_can_be_sent(mode: str) -> None:
    """Whatever a picture's pixels are made of, a PNG comes out."""
    assert (8, 8) == read_picture(PIL.Image.new(mode, (8, 8))).size


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"Dear diary,\n" * 40, "is text, not a picture"),
        ("Ein Füchslein".encode(), "is text, not a picture"),
        (b"%PDF-1.7\n\xff\xfe", "is a PDF document, not a picture"),
        (b"PK\x03\x04\0\0", "is a ZIP archive or an office document, not a picture"),
        (b"<!DOCTYPE html><html></html>", "is a web page, not a picture"),
        (b'<?xml version="1.0"?><svg></svg>', "is an SVG drawing, not a picture"),
        (b"\0\0\0\x18ftypmp42\0\0\0\0", "is a video, not a picture"),
        (b"\0\0\0\x18ftypheic\0\0\0\0", "is a HEIC photograph, which cannot be read here"),
        (b"\x00\x01\x02\x03\xff", "is in no format that is known here"),
        (b"\x89PNG\r\n", "is the beginning of a picture that is damaged"),
        (b"", "is empty"),
    ],
)
def test_what_is_no_picture_is_named(data: bytes, words: str) -> None:
    """The sentence says what it is, so that nobody looks for a fault in the service."""
    with pytest.raises(leo.InvalidRequest, match=words) as caught:
        read_picture(data)

    assert ("image", True) == (caught.value.member, str(caught.value).endswith("Nothing was sent."))


def test_a_picture_that_is_cut_off_is_refused() -> None:
    """Half a picture would make a job of half a picture."""
    with pytest.raises(leo.InvalidRequest, match="is damaged"):
        read_picture(encoded("PNG", (400, 400))[:-400])


@pytest.mark.parametrize("side", [9_000, 10_000, 30_000])
def test_one_that_is_too_large_is_refused_undecoded(side: int) -> None:
    """Nine thousand, ten thousand (Pillow warns) and thirty thousand pixels (Pillow refuses)."""
    with pytest.raises(
        leo.InvalidRequest, match=rf"has {side:,} x {side:,} pixels, more than the 80 megapixels"
    ):
        read_picture(huge_png(side))


def test_a_pillow_image_that_is_too_large_is_refused() -> None:
    """Before it is encoded."""
    with pytest.raises(leo.InvalidRequest, match="9,000 x 9,000 pixels"):
        read_picture(PIL.Image.new("1", (9_000, 9_000)))


def test_too_many_bytes_are_refused(tmp_path: Path) -> None:
    """The file is not even read."""
    file = tmp_path / "large.png"
    with file.open("wb") as opened:
        opened.truncate(150_000_000)

    with pytest.raises(leo.InvalidRequest, match=r'large\.png" has 150 MB'):
        read_picture(file)


def test_files_that_are_not_there_are_named(tmp_path: Path) -> None:
    """And folders, and addresses."""
    for what, words in (
        (tmp_path / "fox.png", "There is no file"),
        (tmp_path, "is a folder"),
        ("https://example.org/fox.png", "is an address"),
        ("a\0b", "cannot be read"),
    ):
        with pytest.raises(leo.InvalidRequest, match=words):
            read_picture(what)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no pipes with names here")
def test_a_path_to_no_file_is_never_opened(tmp_path: Path) -> None:
    """Reading a pipe would wait for ever, and a device may never end."""
    os.mkfifo(tmp_path / "pipe.png")
    for path in (tmp_path / "pipe.png", "/dev/zero"):
        with pytest.raises(leo.InvalidRequest, match="is a device or a pipe, not a file"):
            read_picture(path)


@pytest.mark.parametrize("pixel", [np.uint8(7), np.False_, 0.5, [0.1, 0.2, 0.3], [1, 2, 3, 4]])
def test_an_array_that_is_too_large_is_refused_unread(pixel: Any) -> None:
    """By its shape alone; a copy would take hundreds of megabytes."""
    array = np.broadcast_to(np.array(pixel), (30_000, 30_000, *np.shape(pixel)))
    tracemalloc.start()
    try:
        with pytest.raises(leo.InvalidRequest, match="30,000 x 30,000 pixels, more than the 80 me"):
            read_picture(array)
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert most < 1_000_000


def test_an_array_of_other_numbers_is_refused() -> None:
    """Nobody knows which of them is white."""
    for array in (np.full((4, 4), 2.5), np.zeros((4, 4), np.int64), np.zeros((4, 0))):
        with pytest.raises(leo.InvalidRequest, match=r"image is an array of .*; a picture has"):
            read_picture(array)


def test_a_file_open_as_text_is_refused() -> None:
    """The sentence says how to open it."""
    with pytest.raises(leo.InvalidRequest, match='open it with "rb"'):
        read_picture(io.StringIO("a fox"))


@pytest.mark.parametrize("what", [None, 7, [encoded("PNG")], np.zeros((2, 2, 2, 2)), np.zeros(3)])
def test_other_things_are_refused(what: object) -> None:
    """With a sentence, and never with a foreign error."""
    with pytest.raises(leo.InvalidRequest, match=r"image (must be|is an array)"):
        read_picture(what)


def test_the_caller_s_word_is_used() -> None:
    """Who gives a mask is told about a mask."""
    with pytest.raises(leo.InvalidRequest) as caught:
        read_picture(7, member="mask")

    assert ("mask", True) == (caught.value.member, str(caught.value).startswith("mask must be"))
