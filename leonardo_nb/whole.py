"""
How a file gets its name: written beside it under another one, and renamed when it is whole.

Whoever writes a file that somebody may find, read or already have does it here, so that nobody
finds half of one. What needs more than that has its own way: the library flushes its pictures to
the disk, and kernels that share a file hold a lock.
"""

from __future__ import annotations

import shutil
import uuid
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

__all__ = ["written_whole"]


@contextmanager
def written_whole(place: Path) -> Iterator[Path]:
    """
    Give a free path beside *place*; the file or folder that is there at the end gets its name.

    Where anything goes wrong, *place* is as it was and nothing else is left behind. What has the
    name already is replaced, a link itself and not what it leads to; but no folder that has
    something in it.

    Raises:
        OSError: The disk refuses it; what it means for the user is the caller's to say.
    """
    part = place.parent / f".leonardo_nb-{uuid.uuid4().hex}.part"
    try:
        yield part
        part.replace(place)
    except BaseException:  # an interrupted cell, too
        _remove(part)
        raise


def _remove(part: Path) -> None:
    """Remove what was written; if the disk refuses that as well, the first error says more."""
    if part.is_dir():
        shutil.rmtree(part, ignore_errors=True)
    else:
        with suppress(OSError):
            part.unlink()
