"""
The `UserComment` of an EXIF block, where programs look for `parameters` in JPEG and WebP.

A block that is there keeps its bytes: a new directory is written behind them, and only the pointer
at the beginning is changed, so that no offset inside moves.

Source: TIFF 6.0, Exif 2.32.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Final, NamedTuple

from leonardo_nb.library.embedding.blocks import MOST_BYTES, NoRoom

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["comment_of", "with_comment"]

_EXIF_POINTER: Final = 0x8769
_USER_COMMENT: Final = 0x9286
_VERSION: Final = 0x9000
_OURS: Final = {_VERSION, _USER_COMMENT}
_LONG, _UNDEFINED = 4, 7
_UNICODE: Final = b"UNICODE\0"
_ASCII: Final = b"ASCII\0\0\0"
_NEW: Final = b"MM\0*\0\0\0\x08\0\0\0\0\0\0"
"""A block without entries, high bytes first."""


class _Entry(NamedTuple):
    tag: int
    kind: int
    length: int
    value: bytes


class _Directory(NamedTuple):
    entries: tuple[_Entry, ...]
    following: int


def comment_of(block: bytes) -> str | None:
    """Return the user's comment in an EXIF *block*, or None where it has none."""
    try:
        order, first = _header(block)
        entry = _entry(_directory(block, order, first), _EXIF_POINTER)
        if entry is None:
            return None
        (offset,) = struct.unpack(f"{order}I", entry.value)
        comment = _entry(_directory(block, order, offset), _USER_COMMENT)
    except NoRoom:
        return None
    if comment is None or not len(_UNICODE) <= comment.length <= MOST_BYTES:
        return None
    (offset,) = struct.unpack(f"{order}I", comment.value)
    found = block[offset : offset + comment.length]
    return _text(found) if len(found) == comment.length else None


def with_comment(block: bytes | None, text: str) -> bytes:
    """
    Return an EXIF block with *text* as its comment, and all that *block* has.

    Raises:
        NoRoom: *block* is damaged.
    """
    block = block or _NEW
    order, first = _header(block)
    main = _directory(block, order, first)
    inner = _Directory((), 0)
    if (pointer := _entry(main, _EXIF_POINTER)) is not None:
        inner = _directory(block, order, struct.unpack(f"{order}I", pointer.value)[0])
    if (old := _entry(inner, _USER_COMMENT)) is not None:
        is_ours = len(main.entries) == 1 and {each.tag for each in inner.entries} == _OURS
        if is_ours and block.startswith(_NEW[:4]) and block[8:14] == _NEW[8:]:
            return with_comment(None, text)
        # nothing points to it any more, and it may be what is to be left out
        (start,) = struct.unpack(f"{order}I", old.value)
        length = min(old.length, len(block) - start)
        block = block[:start] + bytes(max(length, 0)) + block[start + length :]
    # readers take high bytes first here, whatever the order of the block
    comment = _UNICODE + text.encode("utf-16-be", errors="replace")
    block += bytes(len(block) % 2)
    at = len(block)
    comment += bytes(len(comment) % 2)
    entries = [each for each in inner.entries if each.tag != _USER_COMMENT]
    if not any(each.tag == _VERSION for each in entries):
        entries.append(_Entry(_VERSION, _UNDEFINED, 4, b"0232"))
    entries.append(_Entry(_USER_COMMENT, _UNDEFINED, len(comment), struct.pack(f"{order}I", at)))
    inner_bytes = _packed(order, entries, inner.following)
    outer = [each for each in main.entries if each.tag != _EXIF_POINTER]
    inner_at = at + len(comment)
    outer.append(_Entry(_EXIF_POINTER, _LONG, 1, struct.pack(f"{order}I", inner_at)))
    outer_at = inner_at + len(inner_bytes)
    return b"".join(
        [
            block[:4],
            struct.pack(f"{order}I", outer_at),
            block[8:],
            comment,
            inner_bytes,
            _packed(order, outer, main.following),
        ]
    )


def _header(block: bytes) -> tuple[str, int]:
    order = {b"II*\0": "<", b"MM\0*": ">"}.get(block[:4])
    if order is None or len(block) < 8:
        raise NoRoom("This is no EXIF block.")
    return order, struct.unpack_from(f"{order}I", block, 4)[0]


def _directory(block: bytes, order: str, at: int) -> _Directory:
    try:
        (count,) = struct.unpack_from(f"{order}H", block, at)
        entries = tuple(
            _Entry(*struct.unpack_from(f"{order}HHI4s", block, at + 2 + 12 * number))
            for number in range(count)
        )
        (following,) = struct.unpack_from(f"{order}I", block, at + 2 + 12 * count)
    except struct.error as error:
        raise NoRoom("The EXIF block is damaged.") from error
    return _Directory(entries, following)


def _entry(directory: _Directory, tag: int) -> _Entry | None:
    return next((each for each in directory.entries if each.tag == tag), None)


def _packed(order: str, entries: Sequence[_Entry], following: int) -> bytes:
    rows = [struct.pack(f"{order}HHI4s", *each) for each in sorted(entries)]
    head, tail = struct.pack(f"{order}H", len(rows)), struct.pack(f"{order}I", following)
    return head + b"".join(rows) + tail


def _text(comment: bytes) -> str | None:
    code, body = comment[: len(_UNICODE)], comment[len(_UNICODE) :]
    if code == _UNICODE:
        # the order is often wrong; what is mostly ASCII has its zeros on one side
        zeros = body[0::2].count(0), body[1::2].count(0)
        wide = "utf-16-le" if zeros[1] > zeros[0] else "utf-16-be"
        return body[: len(body) // 2 * 2].decode(wide, errors="replace").strip("\0\ufeff")
    if code in {_ASCII, bytes(8)}:
        return body.decode("utf-8", errors="replace").strip("\0")
    return None
