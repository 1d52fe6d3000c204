"""
Chunks of a WebP file: what they say, and a file with more of them.

Source: RFC 9649; C2PA 2.1 (a `C2PA` chunk).
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Final, NamedTuple

from leonardo_nb.library.embedding.blocks import MOST_BLOCKS, Blocks, NoRoom, Written, payload
from leonardo_nb.library.embedding.exif import comment_of, with_comment

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import BinaryIO

__all__ = ["MAGIC", "MEDIA_TYPE", "look", "splice"]

MEDIA_TYPE: Final = "image/webp"
MAGIC: Final = b"RIFF"
_OWN: Final = b"LNBJ"
_EXIF, _XMP, _EXTENDED, _MANIFEST = b"EXIF", b"XMP ", b"VP8X", b"C2PA"
_HAS_EXIF, _HAS_XMP, _HAS_ALPHA = 0x08, 0x04, 0x10
_PIXELS: Final = {b"VP8 ", b"VP8L", b"ANMF"}


class _Chunk(NamedTuple):
    kind: bytes
    start: int
    """Where its content starts, 8 bytes behind its name."""
    length: int

    @property
    def end(self) -> int:
        return self.start + self.length + self.length % 2


def look(file: BinaryIO) -> Blocks:
    """Return what the WebP *file* has besides its pixels."""
    found: dict[bytes, bytes | None] = {}
    signed = pixels = False
    size = None
    last = 12
    for each in _chunks(file):
        if size is None:
            head = payload(file, each.start, min(each.length, 10)) or b""
            size = _size(head if each.kind == _EXTENDED else _extended(each.kind, head))
        if each.kind in {_OWN, _EXIF, _XMP} and not found.get(each.kind):
            found[each.kind] = payload(file, each.start, each.length)
        signed = signed or each.kind == _MANIFEST
        pixels = pixels or each.kind in _PIXELS
        last = each.end
    exif = _bare(found.get(_EXIF))
    return Blocks(
        record=found.get(_OWN),
        parameters=None if exif is None else comment_of(exif),
        xmp=found.get(_XMP),
        exif=exif,
        is_signed=signed,
        is_whole=pixels and last >= _said_end(file),
        size=size,
    )


def splice(file: BinaryIO, what: Written) -> bytes:
    """
    Return the WebP *file* with *what* in it; pixels and all other chunks stay.

    Raises:
        NoRoom: The file is damaged.
    """
    chunks = list(_chunks(file))
    if not chunks or chunks[-1].end < (end := _said_end(file)):
        raise NoRoom("The WebP is cut off.")
    file.seek(0)
    data = file.read()
    has = {each.kind: data[each.start : each.start + each.length] for each in reversed(chunks)}
    put = dict[bytes, bytes]()
    if what.parameters is not None:
        there = None if what.is_alone else _bare(has.get(_EXIF))
        put[_EXIF] = with_comment(there, what.parameters)
    if what.xmp is not None:
        put[_XMP] = what.xmp
    put[_OWN] = what.record
    first = chunks[0].kind
    head = bytearray(has.get(_EXTENDED) or _extended(first, has[first]))
    if _size(bytes(head)) is None:
        raise NoRoom("The WebP is damaged.")
    head[0] |= _HAS_EXIF * (_EXIF in put) | _HAS_XMP * (_XMP in put)
    kept = [
        _packed(each.kind, data[each.start : each.start + each.length])
        for each in chunks
        if each.kind != _EXTENDED and each.kind not in put
    ]
    added = [_packed(kind, content) for kind, content in put.items()]
    body = b"".join([b"WEBP", _packed(_EXTENDED, bytes(head)), *kept, *added])
    return MAGIC + struct.pack("<I", len(body)) + body + data[end:]


def _packed(kind: bytes, content: bytes) -> bytes:
    return kind + struct.pack("<I", len(content)) + content + bytes(len(content) % 2)


def _said_end(file: BinaryIO) -> int:
    """Return where the file says that it ends; an odd size has a byte that fills it up."""
    file.seek(4)
    return 8 + int(struct.unpack("<I", file.read(4).ljust(4, b"\0"))[0])


def _chunks(file: BinaryIO) -> Iterator[_Chunk]:
    """Yield the chunks, as far as they are whole."""
    end = min(file.seek(0, 2), _said_end(file))
    at = 12
    for _ in range(MOST_BLOCKS):
        file.seek(at)
        head = file.read(8)
        if at + 8 > end or len(head) < 8:
            return
        kind, length = struct.unpack("<4sI", head)
        if at + 8 + length > end:
            return
        chunk = _Chunk(kind, at + 8, length)
        yield chunk
        at = chunk.end


def _bare(exif: bytes | None) -> bytes | None:
    """Return the block without the word that some programs write before it."""
    return None if exif is None else exif.removeprefix(b"Exif\0\0")


def _extended(kind: bytes, pixels: bytes) -> bytes:
    """Return the head that a simple file lacks, of what its *pixels* begin with; else b""."""
    flags = 0
    if kind == b"VP8L" and len(pixels) >= 5:
        bits = int.from_bytes(pixels[1:5], "little")
        width, height = bits & 0x3FFF, bits >> 14 & 0x3FFF
        flags = _HAS_ALPHA * (bits >> 28 & 1)
    elif kind == b"VP8 " and len(pixels) >= 10:
        width, height = (int(side & 0x3FFF) - 1 for side in struct.unpack_from("<HH", pixels, 6))
    else:
        return b""
    if width < 0 or height < 0:
        return b""
    return struct.pack("<I", flags) + width.to_bytes(3, "little") + height.to_bytes(3, "little")


def _size(head: bytes) -> tuple[int, int] | None:
    """Return the size that an extended *head* says."""
    if len(head) < 10:
        return None
    return int.from_bytes(head[4:7], "little") + 1, int.from_bytes(head[7:10], "little") + 1
