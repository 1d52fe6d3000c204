"""
Where an export goes: whole or not at all, and in the place of nothing but what we have made.

Why it could not be written is one sentence here, for every kind of export.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

from leonardo_nb.errors import ExportFailed
from leonardo_nb.whole import written_whole

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["MADE_BY", "Told", "place_of", "refused", "written", "written_folder"]

MADE_BY: Final = b"leonardo_nb"
"""What stands near the beginning or the end of every file that we make."""
LOOKED_AT: Final = 65_536
"""Bytes at each end of a file in which that is looked for."""

Told = Callable[[int, int], object]
"""Who is told how far an export is: parts done, and parts in all."""


def place_of(path: str | Path) -> Path:
    """Return *path* as a place, `~` being the user's home."""
    return Path(path).expanduser()


def refused(path: Path, error: OSError) -> ExportFailed:
    """Return what is said when the disk refuses *path*; nothing half written is there then."""
    why = error.strerror or str(error)
    return ExportFailed(
        f"{path} could not be written ({why}), and nothing of it is left behind. Free some space "
        "or name another place; nothing is paid for exporting again.",
        path=path,
    )


@contextmanager
def written(path: Path, *, mark: bytes = MADE_BY) -> Iterator[Path]:
    """
    Give a path to write to; what is there at the end gets the name *path*.

    Args:
        path: Where it is to be; its folder is made where there is none.
        mark: What shows that a file that is there is one of ours, so that it may be replaced.

    Raises:
        ExportFailed: Something else has that name, or the disk refuses it.
    """
    try:
        _refuse_others(path, mark)
        path.parent.mkdir(parents=True, exist_ok=True)
        with written_whole(path) as part:
            yield part
    except OSError as error:
        raise refused(path, error) from error


@contextmanager
def written_folder(path: Path) -> Iterator[Path]:
    """
    Give a folder to write into; at the end it gets the name *path*, where nothing may be.

    Raises:
        ExportFailed: The disk refuses it.
    """
    try:
        with written_whole(path) as part:
            part.mkdir(parents=True)
            yield part
            if path.is_dir():  # an empty one; not every system renames onto it
                path.rmdir()
    except OSError as error:
        raise refused(path, error) from error


def _refuse_others(path: Path, mark: bytes) -> None:
    """
    Let *path* be replaced only where it is ours.

    Raises:
        ExportFailed: It is somebody else's, or a folder.
    """
    if path.is_dir():
        raise ExportFailed(
            f"{path} is a folder; name a file in it, and nothing is lost.", path=path
        )
    if path.exists() and not _is_ours(path, mark):
        raise ExportFailed(
            f"{path} is there already and is no export of this kind, so it was left alone. Name "
            "another file, or remove that one.",
            path=path,
        )


def _is_ours(path: Path, mark: bytes) -> bool:
    with path.open("rb") as file:
        head = file.read(LOOKED_AT)
        size = file.seek(0, 2)
        file.seek(max(size - LOOKED_AT, 0))
        return not size or mark in head or mark in file.read()
