"""
Chunks of a PNG file: what they say, and a file with more of them.

Source: PNG 1.2 and its third edition; XMP part 3; C2PA 2.1 (`caBX`).
"""

from __future__ import annotations

import struct
import zlib
from typing import TYPE_CHECKING, Final, NamedTuple

from leonardo_nb.library.embedding.blocks import (
    MOST_BLOCKS,
    Blocks,
    NoRoom,
    Written,
    inflated,
    payload,
)
from leonardo_nb.library.embedding.exif import comment_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import BinaryIO

__all__ = ["MAGIC", "MEDIA_TYPE", "look", "splice"]

MEDIA_TYPE: Final = "image/png"
MAGIC: Final = b"\x89PNG\r\n\x1a\n"
_OWN, _PARAMETERS, _XMP = "leonardo_nb", "parameters", "XML:com.adobe.xmp"
_TEXTS: Final = {b"tEXt", b"zTXt", b"iTXt"}
_MANIFEST: Final = b"caBX"


class _Chunk(NamedTuple):
    kind: bytes
    at: int
    """Where its length stands; its content begins 8 bytes later and a checksum follows it."""
    length: int

    @property
    def end(self) -> int:
        return self.at + 12 + self.length


def look(file: BinaryIO) -> Blocks:
    """Return what the PNG *file* has besides its pixels; of words that stand twice, the first."""
    texts: dict[str, str] = {}
    exif = size = None
    signed = whole = False
    for each in _chunks(file):
        if each.kind == b"IHDR" and len(head := _content(file, each) or b"") == 13:
            size = struct.unpack_from(">II", head)
        elif each.kind in _TEXTS and (found := _text_of(file, each)):
            texts.setdefault(*found)
        elif each.kind == b"eXIf":
            exif = exif or _content(file, each)
        signed = signed or each.kind == _MANIFEST
        whole = each.kind == b"IEND"
    record, xmp = texts.get(_OWN), texts.get(_XMP)
    parameters = texts.get(_PARAMETERS)
    if parameters is None and exif is not None:
        parameters = comment_of(exif)
    return Blocks(
        record=None if record is None else record.encode(),
        parameters=parameters,
        xmp=None if xmp is None else xmp.encode(),
        exif=exif,
        is_signed=signed,
        is_whole=whole,
        size=size,
    )


def splice(file: BinaryIO, what: Written) -> bytes:
    """
    Return the PNG *file* with *what* in it; every other byte stays.

    Raises:
        NoRoom: The file is damaged.
    """
    chunks = list(_chunks(file))
    if not chunks or chunks[0].kind != b"IHDR" or chunks[-1].kind != b"IEND":
        raise NoRoom("The PNG is cut off.")
    put = {_OWN: _text(_OWN, what.record.decode("ascii"))}
    if what.parameters is not None:
        put[_PARAMETERS] = _text(_PARAMETERS, what.parameters)
    if what.xmp is not None:
        put[_XMP] = _unicode_text(_XMP, what.xmp.decode())
    file.seek(0)
    data = file.read()
    kept = [
        data[each.at : each.end]
        for each in chunks[1:]
        if not (what.is_alone and each.kind in {*_TEXTS, b"eXIf"})
        and (each.kind not in _TEXTS or _keyword(file, each) not in put)
    ]
    return b"".join([data[: chunks[0].end], *put.values(), *kept, data[chunks[-1].end :]])


def _chunks(file: BinaryIO) -> Iterator[_Chunk]:
    """Yield the chunks, as far as they are whole."""
    end = file.seek(0, 2)
    at = len(MAGIC)
    for _ in range(MOST_BLOCKS):
        file.seek(at)
        head = file.read(8)
        if len(head) < 8:
            return
        length, kind = struct.unpack(">I4s", head)
        chunk = _Chunk(kind, at, length)
        if chunk.end > end:
            return
        yield chunk
        if kind == b"IEND":
            return
        at = chunk.end


def _content(file: BinaryIO, chunk: _Chunk) -> bytes | None:
    """Return what is in *chunk*, or None where it is too much or its checksum is another."""
    content = payload(file, chunk.at + 8, chunk.length)
    if content is None:
        return None
    (checksum,) = struct.unpack(">I", file.read(4))
    return content if zlib.crc32(chunk.kind + content) == checksum else None


def _keyword(file: BinaryIO, chunk: _Chunk) -> str:
    found = payload(file, chunk.at + 8, min(chunk.length, 80)) or b""
    return found.partition(b"\0")[0].decode("latin-1")


def _text_of(file: BinaryIO, chunk: _Chunk) -> tuple[str, str] | None:
    if _keyword(file, chunk) not in {_OWN, _PARAMETERS, _XMP}:
        return None
    keyword, mark, rest = (_content(file, chunk) or b"").partition(b"\0")
    if not mark:
        return None
    packed, encoding = False, "latin-1"
    if chunk.kind == b"zTXt":
        packed, rest = True, rest[1:]
    elif chunk.kind == b"iTXt":
        encoding, packed = "utf-8", rest[:1] == b"\1"
        # method, language and a translated keyword stand between
        *_, rest = [b"", *rest[2:].split(b"\0", 2)]
    found = inflated(rest) if packed else rest
    return None if found is None else (keyword.decode("latin-1"), found.decode(encoding, "replace"))


def _text(keyword: str, text: str) -> bytes:
    try:
        latin = text.encode("latin-1")
    except UnicodeEncodeError:
        return _unicode_text(keyword, text)
    return _packed(b"tEXt", keyword.encode() + b"\0" + latin)


def _unicode_text(keyword: str, text: str) -> bytes:
    return _packed(b"iTXt", keyword.encode() + bytes(5) + text.encode("utf-8", "replace"))


def _packed(kind: bytes, content: bytes) -> bytes:
    checksum = zlib.crc32(kind + content)
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", checksum)
