"""MP4 files made of boxes by hand, so that each can be wrong in one way."""

from __future__ import annotations

import struct

UPRIGHT = (1, 0, 0, 0, 1, 0, 0, 0, 1)
ON_ITS_SIDE = (0, 1, 0, -1, 0, 0, 0, 0, 1)
FIXED = 65_536


def box(name: bytes, *parts: bytes, wide: bool = False) -> bytes:
    """Return a box; its length stands in 64 bits where it is *wide*."""
    content = b"".join(parts)
    if wide:
        return struct.pack(">I4sQ", 1, name, 16 + len(content)) + content
    return struct.pack(">I4s", 8 + len(content), name) + content


def mvhd(ticks: int = 3000, scale: int = 600, version: int = 0) -> bytes:
    """Return the header of a movie of *ticks*, *scale* of them a second."""
    form = ">B3xIIII" if version == 0 else ">B3xQQIQ"
    return box(b"mvhd", struct.pack(form, version, 0, 0, scale, ticks), bytes(80))


def track(
    width: int = 832,
    height: int = 480,
    *,
    handler: bytes = b"vide",
    version: int = 0,
    matrix: tuple[int, ...] = UPRIGHT,
) -> bytes:
    """Return a track of *width* x *height* pixels."""
    form = ">B3xIIIII16x" if version == 0 else ">B3xQQIIQ16x"
    times = struct.pack(form, version, 0, 0, 1, 0, 0)
    shape = struct.pack(">9i2I", *(FIXED * part for part in (*matrix, width, height)))
    media = box(b"mdia", box(b"mdhd", bytes(24)), box(b"hdlr", bytes(8), handler, bytes(13)))
    return box(b"trak", box(b"tkhd", times, shape), media)


FTYP = box(b"ftyp", b"isom", bytes(4), b"isommp41")
MDAT = box(b"mdat", bytes(1000))


def movie(*inside: bytes) -> bytes:
    """Return an index: a header of 5 s and a picture track, unless others are given."""
    return box(b"moov", *(inside or (mvhd(), track())))


def film() -> bytes:
    """Return a whole file of 832 x 480 pixels and 5 s, in which no samples are."""
    return FTYP + movie() + MDAT
