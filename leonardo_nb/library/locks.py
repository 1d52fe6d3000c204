"""
A lock between processes where SQLite's own may not reach, such as on a network file system.

Apart from the database, because it speaks to the operating system and to nothing else.
"""

from __future__ import annotations

import os
import sys
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from leonardo_nb.errors import LibraryError

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["AGAIN", "FileLock", "is_on_network"]

AGAIN = 0.005
"""How long to wait before the lock is tried again, in seconds."""

NETWORK = {"9p", "afs", "ceph", "cifs", "fuse.sshfs", "lustre", "nfs", "nfs4", "smb3", "smbfs"}
"""File systems, by the kernel's names, that several machines may have open at once."""


class FileLock:
    """
    A lock that processes, and threads of one process, hold on the file at *path*.

    The operating system lets go of it when its holder dies.

    Args:
        path: A file of the lock's own; it is made and stays.
        patience: How long to wait for the lock, in seconds.
    """

    def __init__(self, path: Path, *, patience: float) -> None:
        self._path = path
        self._patience = patience

    @contextmanager
    def held(self, *, shared: bool = False) -> Iterator[None]:
        """
        Hold the lock; *shared* with others who only read, where the system has such locks.

        Raises:
            LibraryError: Somebody else held it all the time, or the file system has no locks.
        """
        # opened anew, because threads that share an opened file would share its lock
        try:
            file = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o644)
        except OSError as error:
            raise LibraryError(
                f"The lock {self._path} cannot be opened ({error.strerror}); is the folder "
                "writable?"
            ) from error
        try:
            self._acquire(file, shared=shared)
            yield
        finally:
            os.close(file)  # lets go of the lock

    def _acquire(self, file: int, *, shared: bool) -> None:
        until = time.monotonic() + self._patience
        while True:
            try:
                _try(file, shared=shared)
            except (BlockingIOError, PermissionError):  # Windows says the latter
                if time.monotonic() > until:
                    raise LibraryError(
                        f"Another process has held {self._path} for {self._patience:.0f} s; "
                        "nothing was written. Try again."
                    ) from None
                time.sleep(AGAIN)
            except OSError as error:
                raise LibraryError(
                    f"The file system of {self._path} has no locks ({error.strerror}), so the "
                    "library would not be safe there; put it on a local disk with "
                    'leo.connect(library="...").'
                ) from error
            else:
                return


if sys.platform == "win32":
    import msvcrt

    def _try(file: int, *, shared: bool) -> None:
        """Take the lock at once or raise; there are no shared locks here."""
        del shared
        os.lseek(file, 0, os.SEEK_SET)
        msvcrt.locking(file, msvcrt.LK_NBLCK, 1)

else:
    import fcntl

    def _try(file: int, *, shared: bool) -> None:
        """Take the lock at once or raise."""
        fcntl.flock(file, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)


def is_on_network(folder: Path, mounts: Path = Path("/proc/self/mounts")) -> bool:
    """
    Return whether *folder* is known to lie on a network file system.

    Args:
        folder: Any folder.
        mounts: What is mounted, as Linux lists it; other systems do not say, and False is meant
            for "not known".
    """
    try:
        lines = mounts.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return False
    kinds = {}
    for line in lines:
        _, place, kind = line.split(" ")[:3]
        kinds[place.replace("\\040", " ")] = kind  # the last mount on a place is the one seen
    folder = folder.resolve()
    above = (kinds[str(place)] for place in (folder, *folder.parents) if str(place) in kinds)
    return next(above, "") in NETWORK
