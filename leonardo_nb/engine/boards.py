"""
Where the standing of an account's lines and rooms is kept: in memory, or in a file for many.

Several kernels and processes that use one library are one account to the service, so they share
its limits through a small file in the library's folder. Every change is made under a lock of the
operating system, which ends with the process that holds it, and arrives by a rename, so that a
process may die at any moment.
"""

from __future__ import annotations

import hashlib
import json
import logging
from typing import TYPE_CHECKING, Final, Protocol, TypeVar

import anyio
import anyio.to_thread

from leonardo_nb.engine.turns import Line, Standing
from leonardo_nb.errors import LibraryError
from leonardo_nb.library.locks import FileLock

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from datetime import datetime
    from pathlib import Path

    from leonardo_nb.clock import Clock

__all__ = ["Board", "FileBoard", "MemoryBoard"]

T = TypeVar("T")

log = logging.getLogger("leonardo_nb")

LOCK_LONGEST: Final = 10.0
"""Seconds; a change takes a thousandth of that, so whoever holds the lock longer is stopped."""
UNKNOWN_HOLD: Final = 60.0
"""Seconds; whatever was forgotten counts no more after that."""
REQUESTS: Final = "requests"
"""The line that every request stands in."""


class Board(Protocol):
    """
    Keeps one standing, and lets one change be made at a time.

    Attributes:
        clock: What its waits are made with.
        shared: Whether somebody else may change it, so that waits have to look again.
    """

    clock: Clock
    shared: bool

    def now(self) -> float:
        """Return the moment in seconds, as everybody who uses this board reads it."""

    async def change(self, how: Callable[[Standing, float], T]) -> T:
        """Return what *how* makes of the standing, which it may change, and of the moment."""


class _FasterClock:
    """A clock on which a minute of a service is over sooner, as a simulator's may be."""

    def __init__(self, clock: Clock, speed: float) -> None:
        self._clock = clock
        self._speed = speed

    def now(self) -> float:
        return self._clock.now() * self._speed

    def wall(self) -> datetime:
        return self._clock.wall()

    def pause(self, seconds: float, until: anyio.Event | None = None) -> Awaitable[None]:
        return self._clock.pause(seconds / self._speed, until)


class MemoryBoard:
    """
    The standing of one process that shares its limits with no other.

    Args:
        clock: Time.
        speed: How many times as fast as the real service the one here is; its minutes are as many
            times shorter.
    """

    shared = False

    def __init__(self, clock: Clock, speed: float = 1.0) -> None:
        self.clock = clock if speed == 1.0 else _FasterClock(clock, speed)
        self._standing = Standing()

    def now(self) -> float:
        """Return the moment of that service, which never goes back."""
        return self.clock.now()

    async def change(self, how: Callable[[Standing, float], T]) -> T:
        """Return what *how* makes of the standing; only on the engine's loop."""
        return how(self._standing, self.now())


class FileBoard:
    """
    The standing that all processes share which use the library in *folder* with one service.

    Moments are the wall clock's, the only one that processes and restarts share; `Line.at` says
    what happens where it is set back. Set forward by a minute or more it forgets the last turns
    once, and the service's own refusal then slows the line. Two accounts at one address share one
    limit, which is too careful and never too fast; the file has nothing in it that is made of a
    key.

    A file that cannot be read tells nothing of the last minute: it is made anew, and every request
    waits for a minute.

    Args:
        folder: The library's folder; it exists.
        base_url: Whom the requests go to.
        clock: Time.
    """

    shared = True

    def __init__(self, folder: Path, base_url: str, clock: Clock) -> None:
        self.clock = clock
        digest = hashlib.sha256(base_url.encode()).hexdigest()[:12]
        self.path = folder / f"limits-{digest}.json"
        self._lock = FileLock(folder / f"limits-{digest}.lock", patience=LOCK_LONGEST)
        self._last: tuple[tuple[int, int, int], Standing] | None = None

    def now(self) -> float:
        """Return the wall clock's moment."""
        return self.clock.wall().timestamp()

    async def change(self, how: Callable[[Standing, float], T]) -> T:
        """
        Return what *how* makes of the standing, once nobody else changes it.

        Raises:
            LibraryError: The file cannot be written, or somebody holds its lock and does not end.
        """
        return await anyio.to_thread.run_sync(self._change, how)

    def _change(self, how: Callable[[Standing, float], T]) -> T:
        try:
            with self._lock.held():
                now = self.now()
                standing = self._read(now)
                self._last = None  # until the change is written
                made = how(standing, now)
                self._last = self._write(standing), standing
                return made
        except OSError as error:
            raise LibraryError(
                f"The limits that kernels share in {self.path} cannot be kept "
                f"({error.strerror or error}), so nothing was sent; make the folder writable, "
                "or choose another with LEONARDO_LIBRARY."
            ) from error

    def _read(self, now: float) -> Standing:
        try:
            if self._last is not None and self._last[0] == _version(self.path):
                return self._last[
                    1
                ]  # nobody else has changed it: a minute's turns take long to read
            return Standing.of_json(json.loads(self.path.read_bytes()))
        except FileNotFoundError:
            return Standing()
        except (ValueError, RecursionError):  # cut by a power failure, or somebody else's
            log.warning("%s was unreadable; requests wait for a minute.", self.path)
            return Standing({REQUESTS: Line(held=now + UNKNOWN_HOLD, since=now + UNKNOWN_HOLD)})

    def _write(self, standing: Standing) -> tuple[int, int, int]:
        part = self.path.with_suffix(".part")
        # not flushed to the disk: after a power failure the last minute is over
        part.write_text(json.dumps(standing.as_json()), encoding="ascii")
        part.replace(self.path)
        return _version(self.path)


def _version(path: Path) -> tuple[int, int, int]:
    """Return what tells one state of a file from another that took its place."""
    found = path.stat()
    return found.st_ino, found.st_mtime_ns, found.st_size
