"""
How long and how large an MP4 video is, and whether all of it is there; nothing is decoded.

Its own file because the layout is a standard's, ISO/IEC 14496-12 "ISO base media file format", and
because what came over a network is read with limits: few bytes, few boxes, no recursion.
"""

from __future__ import annotations

import os
import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import BinaryIO

__all__ = ["HEAD_BYTES", "Film", "begins_like_mp4", "read_film"]

HEAD_BYTES = 12
"""As much of a file's beginning as `begins_like_mp4` wants to see."""

MOST_BOXES = 10_000
"""A video has some forty; with more than this, looking would be work for a made-up file."""

LARGEST_HEADER = 128
"""Bytes of a movie's or track's header that are read; the longest that is defined has 112."""

STILLS = frozenset({b"avif", b"avis", b"heic", b"heix", b"hevc", b"hevx", b"mif1", b"msf1"})
"""Brands of pictures that are kept in the same boxes."""

FIXED = 65_536
"""Widths and heights are written in 65,536ths of a pixel."""


@dataclass(frozen=True, slots=True)
class Film:
    """
    What an MP4 file says of itself.

    Attributes:
        duration: In seconds.
        width: In pixels, as it is shown: turned as the file says.
        height: In pixels.
    """

    duration: float
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class _Box:
    name: bytes
    start: int
    """The first byte of its content."""
    end: int


def begins_like_mp4(head: bytes) -> bool:
    """Return whether *head*, a file's first `HEAD_BYTES` bytes, is that of a video in boxes."""
    return head[4:8] == b"ftyp" and head[8:12] not in STILLS


def read_film(file: BinaryIO) -> Film:
    """
    Return length and size of the video in *file*, which can be sought in.

    The samples are not read. What is checked: the file begins as MP4 does, every box ends inside
    the one that it is in, no box at the top reaches past the end of the file, and there are an
    index (moov) with a length and a picture track, and something that it is an index of.

    Raises:
        ValueError: One of that is not so; the message says what, in words to put in brackets.
        OSError: The file cannot be read.
    """
    length = file.seek(0, os.SEEK_END)
    file.seek(0)
    if not begins_like_mp4(file.read(HEAD_BYTES)):
        raise ValueError("it does not begin like an MP4 file")
    reader = _Reader(file)
    top = list(reader.boxes(0, length))
    movie = next((box for box in top if box.name == b"moov"), None)
    if movie is None:
        raise ValueError("it is cut off: it has no index")
    if not any(box.name in {b"mdat", b"moof"} for box in top):
        raise ValueError("it is cut off: it has an index and no pictures")
    inside = list(reader.boxes(movie.start, movie.end))
    duration = reader.duration(inside)
    sizes = [size for box in inside if box.name == b"trak" and (size := reader.size(box))]
    if not sizes:
        raise ValueError("no track in it has pictures")
    width, height = max(sizes, key=lambda size: size[0] * size[1])
    return Film(duration, width, height)


class _Reader:
    """Reads boxes of one file, and counts them."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._seen = 0

    def boxes(self, at: int, end: int) -> Iterator[_Box]:
        """
        Give the boxes from byte *at* to byte *end*, and not those within them.

        Raises:
            ValueError: One of them does not end before *end* does, or there are too many.
        """
        while at < end:
            self._seen += 1
            if self._seen > MOST_BOXES:
                raise ValueError(f"it has more than {MOST_BOXES:,} boxes")
            header = self._read(at, min(end, at + 16))
            if len(header) < 8:
                raise ValueError("it is cut off: its last box has no header")
            size, name = struct.unpack_from(">I4s", header)
            start = at + 8
            if size == 0:  # the last one: as long as there is something
                size = end - at
            elif size == 1:
                if len(header) < 16:
                    raise ValueError(f"it is cut off in the header of box {_shown(name)}")
                (size,) = struct.unpack_from(">Q", header, 8)
                start = at + 16
            if size < start - at:
                raise ValueError(f"box {_shown(name)} is shorter than its header")
            if at + size > end:
                missing = at + size - end
                raise ValueError(f"it is cut off: box {_shown(name)} misses {missing:,} bytes")
            yield _Box(name, start, at + size)
            at += size

    def duration(self, inside: list[_Box]) -> float:
        """
        Return the seconds of the movie with the boxes *inside*.

        Raises:
            ValueError: They do not say.
        """
        ticks, scale = 0, 0
        for box in inside:
            if box.name == b"mvhd":
                version, content = self._versioned(box)
                # created, changed, ticks a second, ticks
                scale, ticks = self._numbers(">II" if version == 0 else ">IQ", content, version)
                if ticks == (0xFFFF_FFFF if version == 0 else 0xFFFF_FFFF_FFFF_FFFF):
                    ticks = 0  # says that nobody knew
        if not ticks:  # written piece by piece: the whole length stands elsewhere, if at all
            ticks = self._length_of_pieces(inside)
        if not scale or not ticks:
            raise ValueError("it does not say how long it is")
        return ticks / scale

    def _length_of_pieces(self, inside: list[_Box]) -> int:
        for box in inside:
            if box.name == b"mvex":
                for within in self.boxes(box.start, box.end):
                    if within.name == b"mehd":
                        version, content = self._versioned(within)
                        form = ">I" if version == 0 else ">Q"
                        return int(_unpacked(form, content, 4)[0])
        return 0

    def size(self, track: _Box) -> tuple[int, int] | None:
        """Return width and height of *track* in pixels; None where it holds no pictures."""
        size, handler = None, b""
        for box in self.boxes(track.start, track.end):
            if box.name == b"tkhd":
                size = self._size_in(box)
            elif box.name == b"mdia":
                for within in self.boxes(box.start, box.end):
                    if within.name == b"hdlr":
                        handler = self._read(within.start, within.end)[8:12]
        return size if handler == b"vide" else None

    def _size_in(self, header: _Box) -> tuple[int, int] | None:
        version, content = self._versioned(header)
        at = 40 if version == 0 else 52  # behind the times, the layer and the volume
        matrix_and_size = _unpacked(">9i2I", content, at)
        width, height = (side // FIXED for side in matrix_and_size[-2:])
        if matrix_and_size[0] == matrix_and_size[4] == 0:  # lies on its side
            width, height = height, width
        return (width, height) if width and height else None

    def _versioned(self, box: _Box) -> tuple[int, bytes]:
        content = self._read(box.start, box.end)
        return (content[0] if content else 0), content

    @staticmethod
    def _numbers(form: str, content: bytes, version: int) -> tuple[int, int]:
        first, second = _unpacked(form, content, 12 if version == 0 else 20)
        return int(first), int(second)

    def _read(self, start: int, end: int) -> bytes:
        self._file.seek(start)
        return self._file.read(min(end - start, LARGEST_HEADER))


def _unpacked(form: str, content: bytes, at: int) -> tuple[int, ...]:
    try:
        return struct.unpack_from(form, content, at)
    except struct.error as error:
        raise ValueError("one of its headers is too short") from error


def _shown(name: bytes) -> str:
    """Return a box's name as text in which nothing steers a terminal."""
    return "".join(chr(byte) if 0x20 < byte < 0x7F else "?" for byte in name)
