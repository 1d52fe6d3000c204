"""
Small pictures of a sheet: painted once, then kept beside the library's files.

What they are called follows from the picture's own bytes, so that a sheet that is opened again
after a restart finds them; the folder `thumbnails` may be deleted at any time.
"""

from __future__ import annotations

import io
import logging
import threading
import time
from collections import OrderedDict
from contextlib import suppress
from functools import cache
from typing import TYPE_CHECKING, Any, Final

from PIL import Image as Pillow

from leonardo_nb.errors import LeonardoError
from leonardo_nb.library.files import StoredFile
from leonardo_nb.whole import written_whole
from leonardo_nb.widgets.freeze import fitted, is_see_through, on_squares, on_white

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path
    from typing import BinaryIO

__all__ = ["BROKEN", "LARGE", "SIZES", "Thumbs", "first_of", "large", "thumbs_in"]

logger = logging.getLogger("leonardo_nb")

SIZES: Final = (64, 128, 256)
"""Pixels of the longer side of a small picture."""
LARGE: Final = 1024
"""Pixels of the longer side of a picture at the side or in a comparison."""
AS_IT_IS_BYTES: Final = 400_000
"""A file that is not larger, in bytes and pixels, is sent as the service made it."""
HELD_BYTES: Final = 24_000_000
"""Of small pictures held in memory; the disk has all of them."""
FEW: Final = 40
"""Up to so many cells are wide enough for the largest size."""
FIRST_SECONDS, FIRST_BYTES = 0.15, 1_000_000
"""Of the small pictures in the message that opens a sheet."""
BROKEN: Final = (LeonardoError, OSError, ValueError, SyntaxError, Pillow.DecompressionBombError)
"""What a file that is gone, cut off or no picture raises; Pillow's own errors among them."""


class Thumbs:
    """
    Small pictures of one library, for all its sheets; used from any thread.

    Args:
        folder: The library's.
        most_bytes: How many bytes of them are held in memory; the least used go first.
    """

    def __init__(self, folder: Path, most_bytes: int = HELD_BYTES) -> None:
        self._folder = folder / "thumbnails"
        self._most_bytes = most_bytes
        self._held: OrderedDict[tuple[str, int], bytes] = OrderedDict()
        self._bytes = 0
        self._lock = threading.Lock()

    def held(self, file: StoredFile, size: int) -> bytes | None:
        """Return the small picture of *file* if it is in memory; never waits for the disk."""
        with self._lock:
            data = self._held.get((file.sha256, size))
            if data is not None:
                self._held.move_to_end((file.sha256, size))
            return data

    def kept(self, file: StoredFile, size: int) -> bytes | None:
        """Return the small picture of *file* if it is in memory or on the disk."""
        data = self.held(file, size)
        if data is not None:
            return data
        try:
            data = self._place(file, size).read_bytes()
        except OSError:
            return None
        if not _is_whole(data):
            return None
        self._hold(file, size, data)
        return data

    def make(self, file: StoredFile, size: int) -> bytes:
        """
        Return the small picture of *file* as WebP, painted if need be.

        Raises:
            OSError: The file is gone, or no whole picture; `BROKEN` has all that may come.
        """
        data = self.kept(file, size)
        if data is None:
            data = painted(self._source(file, size), size)
            self._hold(file, size, data)
            self._keep(file, size, data)
        return data

    def _source(self, file: StoredFile, size: int) -> Path | BinaryIO:
        """Return what is quickest to be made smaller: another small picture, else the file."""
        for larger in SIZES:
            if larger > size and (data := self.kept(file, larger)) is not None:
                return io.BytesIO(data)
        return file.path

    def _place(self, file: StoredFile, size: int) -> Path:
        return self._folder / str(size) / file.sha256[:2] / f"{file.sha256}.webp"

    def _hold(self, file: StoredFile, size: int, data: bytes) -> None:
        with self._lock:
            self._bytes += len(data) - len(self._held.pop((file.sha256, size), b""))
            self._held[file.sha256, size] = data
            while self._bytes > self._most_bytes:
                self._bytes -= len(self._held.popitem(last=False)[1])

    def _keep(self, file: StoredFile, size: int, data: bytes) -> None:
        """Write it to the disk; where that cannot be, it is painted again next time."""
        place = self._place(file, size)
        try:
            place.parent.mkdir(parents=True, exist_ok=True)
            with written_whole(place) as part:
                part.write_bytes(data)
        except OSError:
            logger.debug("A small picture could not be kept in %s.", place, exc_info=True)


@cache
def thumbs_in(folder: Path) -> Thumbs:
    """Return the small pictures of the library in *folder*, the same for all its sheets."""
    return Thumbs(folder)


def first_of(
    thumbs: Thumbs, cells: Sequence[int], file_of: Callable[[int], StoredFile | str | None]
) -> dict[str, Any]:
    """
    Return small pictures for the message that opens a sheet, as many as are cheap.

    Those that are kept come first; what has to be painted is, as long as there is time.

    Args:
        thumbs: The library's small pictures.
        cells: The cells in view, in the order of reading.
        file_of: Returns the file of a cell's picture, or something else where there is none.

    Returns:
        `size`, `cells` and `data`; empty where there is no picture.
    """
    files = {cell: file for cell in cells if isinstance(file := file_of(cell), StoredFile)}
    size = 256 if len(cells) <= FEW else 128
    ends = time.monotonic() + FIRST_SECONDS
    found: dict[int, bytes] = {}
    total = 0
    for make in (thumbs.kept, thumbs.make):
        for cell, file in files.items():
            if cell in found or total > FIRST_BYTES or time.monotonic() > ends:
                continue
            with suppress(*BROKEN):  # the page asks for it again, and is told
                if (data := make(file, size)) is not None:
                    found[cell] = data
                    total += len(data)
    if not found:
        return {}
    return {"size": size, "cells": list(found), "data": list(found.values())}


def _is_whole(data: bytes) -> bool:
    """Whether *data* is as long as a WebP says of itself: a machine may have lost its power."""
    return data[:4] == b"RIFF" and len(data) >= 8 + int.from_bytes(data[4:8], "little") > 8


def painted(source: Path | BinaryIO, size: int) -> bytes:
    """Return the picture in *source* as WebP, its longer side at most *size* pixels."""
    with Pillow.open(source) as image:
        # a JPEG is then decoded at a half, a quarter or an eighth, which is several times faster
        image.draft("RGB", (2 * size, 2 * size))
        small = fitted(image, size, size)
    if is_see_through(small):
        small = on_squares(small)
    buffer = io.BytesIO()
    small.convert("RGB").save(buffer, "WEBP", quality=78, method=1)
    return buffer.getvalue()


def large(file: StoredFile) -> bytes:
    """
    Return the picture of *file* at most 1,024 pixels long, as JPEG or WebP.

    A file that is small enough is given as it is, which is fast and loses nothing.

    Raises:
        OSError: The file is gone, or no whole picture; `BROKEN` has all that may come.
    """
    is_small = max(file.width, file.height) <= LARGE and file.size_bytes <= AS_IT_IS_BYTES
    if is_small and file.media_type in {"image/jpeg", "image/webp"}:
        return file.path.read_bytes()
    with Pillow.open(file.path) as image:
        image.draft("RGB", (LARGE, LARGE))
        less = fitted(image, LARGE, LARGE)
    buffer = io.BytesIO()
    if is_see_through(less):
        less.convert("RGBA").save(buffer, "WEBP", quality=90, method=1)
    else:
        on_white(less).save(buffer, "JPEG", quality=90)
    return buffer.getvalue()
