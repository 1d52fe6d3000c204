"""MP4 files: how long, how large, and whether they are whole."""

from __future__ import annotations

import io
import struct
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from leonardo_nb.library.mp4 import MOST_BOXES, Film, begins_like_mp4, read_film
from leonardo_nb.simulator.film import shoot
from leonardo_nb.simulator.mp4 import can_film

from .boxes import FTYP, MDAT, ON_ITS_SIDE, box, film, movie, mvhd, track

if TYPE_CHECKING:
    from collections.abc import Callable


def read(data: bytes) -> Film:
    return read_film(io.BytesIO(data))


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(film(), id="index first"),
        pytest.param(FTYP + MDAT + movie(), id="index last"),
        pytest.param(FTYP + movie(mvhd(version=1), track(version=1)) + MDAT, id="64-bit times"),
        pytest.param(FTYP + movie() + box(b"mdat", bytes(9), wide=True), id="64-bit length"),
        pytest.param(FTYP + movie() + struct.pack(">I4s9x", 0, b"mdat"), id="until the end"),
        pytest.param(
            FTYP + movie(mvhd(), track(160, 90), track(), track(999, 999, handler=b"soun")) + MDAT,
            id="largest picture track",
        ),
        pytest.param(
            FTYP + movie(mvhd(), track(480, 832, matrix=ON_ITS_SIDE)) + MDAT, id="on its side"
        ),
        pytest.param(
            FTYP + movie(mvhd(0), track(), box(b"mvex", box(b"mehd", bytes(4), b"\0\0\x0b\xb8")))
            + box(b"moof") + MDAT,
            id="in pieces",
        ),
        pytest.param(FTYP + box(b"free") + box(b"uuid", bytes(99)) + movie() + MDAT, id="others"),
    ],
)  # fmt: skip
def test_length_and_size_are_read(data: bytes) -> None:
    """Every layout that the standard allows gives the same 5 s and 832 x 480 pixels."""
    assert Film(5.0, 832, 480) == read(data)


@pytest.mark.skipif(not can_film(), reason="needs a Pillow that encodes AV1")
def test_a_film_that_plays_is_read() -> None:
    """What the simulator shoots, and browsers play, is read as it was asked for."""
    made = shoot(Image.new("RGB", (128, 96), "teal"), (96, 64), 1.5)

    assert Film(1.5, 96, 64) == read(made)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        pytest.param(b"", "does not begin like an MP4", id="empty"),
        pytest.param(movie() + MDAT, "does not begin like an MP4", id="no ftyp"),
        pytest.param(FTYP.replace(b"isom", b"avif", 1) + movie() + MDAT, "begin", id="a picture"),
        pytest.param(film()[:-1], "cut off: box mdat misses 1 bytes", id="last byte"),
        pytest.param(FTYP + movie()[:-30], "cut off: box moov misses 30 bytes", id="index"),
        pytest.param(FTYP + MDAT, "cut off: it has no index", id="no index"),
        pytest.param(FTYP + movie(), "an index and no pictures", id="no samples"),
        pytest.param(film() + b"\0\0", "last box has no header", id="a rest"),
        pytest.param(FTYP + struct.pack(">I4s", 1, b"mdat"), "header of box mdat", id="half"),
        pytest.param(FTYP + struct.pack(">I4s", 7, b"\x1b[2J"), r"\?\[2J is shorter", id="seven"),
        pytest.param(
            FTYP + movie(mvhd(), struct.pack(">I4s", 99, b"trak")) + MDAT,
            "box trak misses 91 bytes",
            id="reaches out of its parent",
        ),
        pytest.param(FTYP + movie(track()) + MDAT, "how long", id="no header"),
        pytest.param(FTYP + movie(mvhd(scale=0), track()) + MDAT, "how long", id="no time scale"),
        pytest.param(FTYP + movie(mvhd(0), track()) + MDAT, "how long", id="no length"),
        pytest.param(FTYP + movie(mvhd(0xFFFF_FFFF), track()) + MDAT, "how long", id="unknown"),
        pytest.param(FTYP + movie(box(b"mvhd"), track()) + MDAT, "too short", id="empty header"),
        pytest.param(FTYP + movie(mvhd()) + MDAT, "no track", id="no track"),
        pytest.param(FTYP + movie(mvhd(), track(handler=b"soun")) + MDAT, "no track", id="sound"),
        pytest.param(FTYP + movie(mvhd(), track(0, 0)) + MDAT, "no track", id="no size"),
        pytest.param(FTYP + box(b"free") * MOST_BOXES, "more than 10,000 boxes", id="many boxes"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said(data: bytes, words: str) -> None:
    """Each fault is refused in words of its own."""
    with pytest.raises(ValueError, match=words):
        read(data)


@given(st.integers(0, len(film()) - 1))
def test_no_beginning_of_a_film_is_whole(length: int) -> None:
    """However a file is cut off, it is refused."""
    with pytest.raises(ValueError, match=r"cut off|begin"):
        read(film()[:length])


@given(st.lists(st.tuples(st.integers(0, len(film()) - 1), st.integers(0, 255)), max_size=20))
def test_made_up_bytes_do_no_harm(changes: list[tuple[int, int]]) -> None:
    """Whatever is in the file, it is read or refused, and nothing else is raised."""
    data = bytearray(film())
    for place, value in changes:
        data[place] = value

    assert is_read_or_refused(lambda: read(bytes(data)))


def is_read_or_refused(reading: Callable[[], Film]) -> bool:
    try:
        return reading().width > 0
    except ValueError:
        return True


def test_samples_are_not_read() -> None:
    """Of a large file only headers are read."""
    file = Counting(film())
    read_film(file)

    assert file.count < 1000


class Counting(io.BytesIO):
    """A file that counts the bytes that are read."""

    count = 0

    def read(self, size: int | None = -1) -> bytes:
        """Read, and count the bytes."""
        data = super().read(size)
        self.count += len(data)
        return data


@pytest.mark.parametrize(
    ("head", "is_one"),
    [
        (b"\0\0\0\x18ftypmp42", True),
        (b"\0\0\0\x18ftypheic", False),
        (b"\xff\xd8\xff\xe0\0\x10JFIF\0\1", False),
        (b"", False),
    ],
)
def test_a_video_is_known_by_its_first_bytes(head: bytes, is_one: bool) -> None:
    """Pictures that are kept in the same boxes are no videos."""
    assert is_one == begins_like_mp4(head)
