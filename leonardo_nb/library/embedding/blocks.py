"""
What the three formats share: what is looked for in a file, and how far anybody looks.

A file may claim anything. Nothing here allocates what a file claims: a length is compared with what
is there, and what is longer than `MOST_BYTES` is skipped.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from typing import BinaryIO

__all__ = ["MOST_BLOCKS", "MOST_BYTES", "Blocks", "NoRoom", "Written", "inflated", "payload"]

MOST_BYTES: Final = 1_000_000
"""Of one block of words that is read, unpacked; our own are a few thousand."""
MOST_BLOCKS: Final = 100_000
"""Chunks or segments of one file that are looked at; a picture of 20 MB has some thousands."""


class NoRoom(ValueError):
    """The file cannot take what is to be put in: it is damaged, or too small a place is left."""


@dataclass(frozen=True, slots=True)
class Blocks:
    """
    What was found in a file besides its pixels.

    Attributes:
        record: Our own JSON.
        parameters: The text that most programs read.
        xmp: The XMP packet.
        exif: The EXIF block, a TIFF without the word Exif before it.
        is_signed: Whether a C2PA manifest is there, which any change of the file would break.
        is_whole: Whether the file goes on to its own end; pixels are not looked at.
        size: Width and height in pixels, as its head says; None where it says nothing.
    """

    record: bytes | None = None
    parameters: str | None = None
    xmp: bytes | None = None
    exif: bytes | None = None
    is_signed: bool = False
    is_whole: bool = False
    size: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True)
class Written:
    """
    What is to be put into a file.

    Attributes:
        record: Our own JSON, in ASCII.
        parameters: The text that most programs read; None leaves what is there.
        xmp: A whole XMP packet, in UTF-8; None leaves what is there.
        is_alone: Whether the words of others are taken out: they may repeat what is to be left out.
    """

    record: bytes
    parameters: str | None
    xmp: bytes | None
    is_alone: bool = False


def payload(file: BinaryIO, start: int, length: int) -> bytes | None:
    """Return *length* bytes from *start*, or None where it is too much or not all there."""
    if not 0 <= length <= MOST_BYTES:
        return None
    file.seek(start)
    found = file.read(length)
    return found if len(found) == length else None


def inflated(packed: bytes) -> bytes | None:
    """Return what zlib packed, or None where it is damaged or more than anybody would write."""
    unpacker = zlib.decompressobj()
    try:
        found = unpacker.decompress(packed, MOST_BYTES)
    except zlib.error:
        return None
    return found if unpacker.eof else None
