"""
Segments of a JPEG file: what its head says, and a head with more in it.

Source: ITU-T T.81 annex B; XMP part 3; C2PA 2.1 (JUMBF in APP11).
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Final, NamedTuple

from leonardo_nb.library.embedding.blocks import (
    MOST_BLOCKS,
    MOST_BYTES,
    Blocks,
    NoRoom,
    Written,
    payload,
)
from leonardo_nb.library.embedding.exif import comment_of, with_comment

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import BinaryIO

__all__ = ["MAGIC", "MEDIA_TYPE", "look", "splice"]

MEDIA_TYPE: Final = "image/jpeg"
MAGIC: Final = b"\xff\xd8\xff"
_EXIF: Final = b"Exif\0\0"
_XMP: Final = b"http://ns.adobe.com/xap/1.0/\0"
_OWN: Final = b"leonardo_nb\0"
"""Of our own segments; after it two bytes: which part, and of how many."""
_APP0, _APP1, _APP9, _APP11 = 0xE0, 0xE1, 0xE9, 0xEB
_WORDS: Final = {_APP1, _APP9, 0xED, 0xFE}
"""Where words are: EXIF and XMP, ours, those of an editor, comments."""
_START_OF_SCAN, _END = 0xDA, 0xD9
_FRAMES: Final = {*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC}
"""Segments that say how large the picture is, for each way of coding it."""
_MOST: Final = 65_533
"""Bytes of a segment, without the two that say its length."""
_PART: Final = 60_000


class _Segment(NamedTuple):
    kind: int
    at: int
    """Where its marker stands."""
    start: int
    """Where its content starts."""
    length: int


def look(file: BinaryIO) -> Blocks:
    """Return what the JPEG *file* has besides its pixels."""
    parts: dict[int, bytes] = {}
    count = 0
    xmp = exif = size = None
    signed = whole = False
    for each in _segments(file):
        if each.kind == _START_OF_SCAN:
            whole = _ends(file, each.start)
        elif each.kind in _FRAMES and (head := payload(file, each.start, min(each.length, 5))):
            high, wide = struct.unpack(">xHH", head.rjust(5, b"\0"))
            size = wide, high
        elif each.kind == _APP11:
            signed = signed or payload(file, each.start, min(each.length, 2)) == b"JP"
        elif each.kind == _APP1 and (content := payload(file, each.start, each.length)):
            if content.startswith(_EXIF):
                exif = exif or content[len(_EXIF) :]
            elif content.startswith(_XMP):
                xmp = xmp or content[len(_XMP) :]
        elif each.kind == _APP9 and (content := payload(file, each.start, each.length)):
            name, part = content[: len(_OWN)], content[len(_OWN) :]
            if name == _OWN and len(part) > 2:
                number, count = part[:2]
                parts[number] = part[2:]
    own = b"".join(parts[number] for number in sorted(parts)) if len(parts) == count else b""
    return Blocks(
        record=own if 0 < len(own) <= MOST_BYTES else None,
        parameters=None if exif is None else comment_of(exif),
        xmp=xmp,
        exif=exif,
        is_signed=signed,
        is_whole=whole,
        size=size,
    )


def splice(file: BinaryIO, what: Written) -> bytes:
    """
    Return the JPEG *file* with *what* in it; every other byte stays.

    Raises:
        NoRoom: It does not fit, or the file is damaged.
    """
    segments = list(_segments(file))
    if not segments or segments[-1].kind != _START_OF_SCAN:
        raise NoRoom("The JPEG is cut off.")
    file.seek(0)
    data = file.read()
    kept, head, put = list[bytes](), list[bytes](), list[bytes]()
    exif = None
    for each in segments[:-1]:
        whole = data[each.at : each.start + each.length]
        content = data[each.start : each.start + each.length]
        if each.kind == _APP0 and not kept:
            head.append(whole)  # its place is the first
        elif what.is_alone and each.kind in _WORDS:
            continue
        elif each.kind == _APP1 and content.startswith(_EXIF) and what.parameters is not None:
            exif = exif or content[len(_EXIF) :]
        elif not (
            (each.kind == _APP9 and content.startswith(_OWN))
            or (each.kind == _APP1 and content.startswith(_XMP) and what.xmp is not None)
        ):
            kept.append(whole)
    if what.parameters is not None:
        put.append(_packed(_APP1, _EXIF + with_comment(exif, what.parameters)))
    if what.xmp is not None:
        put.append(_packed(_APP1, _XMP + what.xmp))
    parts = [what.record[at : at + _PART] for at in range(0, len(what.record), _PART)]
    if len(parts) > 255:
        raise NoRoom("Our own words are too many for a JPEG.")
    put += [
        _packed(_APP9, _OWN + bytes((number, len(parts))) + part)
        for number, part in enumerate(parts)
    ]
    return b"".join([data[:2], *head, *put, *kept, data[segments[-1].at :]])


def _packed(kind: int, content: bytes) -> bytes:
    if len(content) > _MOST:
        raise NoRoom(f"{len(content):,} bytes do not fit into a segment of a JPEG.")
    return struct.pack(">BBH", 0xFF, kind, len(content) + 2) + content


def _segments(file: BinaryIO) -> Iterator[_Segment]:
    """Yield the segments up to the pixels, as far as they are whole."""
    end = file.seek(0, 2)
    at = 2
    for _ in range(MOST_BLOCKS):
        file.seek(at)
        head = file.read(4)
        if len(head) < 4 or head[0] != 0xFF:
            return
        if head[1] == 0xFF:  # bytes that fill up
            at += 1
            continue
        length = struct.unpack(">H", head[2:])[0]
        if length < 2 or at + 2 + length > end or head[1] == _END:
            return
        yield _Segment(head[1], at, at + 4, length - 2)
        if head[1] == _START_OF_SCAN:
            return
        at += 2 + length


def _ends(file: BinaryIO, start: int) -> bool:
    """Whether the marker of the end stands somewhere behind *start*: pixels never contain it."""
    end = file.seek(0, 2)
    near = max(start, end - 4096)
    file.seek(near)
    mark = bytes((0xFF, _END))
    if mark in file.read(4096):
        return True
    # a film or a second picture may lie behind it
    file.seek(start)
    last = b""
    while part := file.read(1 << 20):
        if mark in last + part:
            return True
        last = part[-1:]
    return False
