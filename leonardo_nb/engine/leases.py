"""
Whose a job is, when several kernels and processes share one library.

Each engine has a name in the rows that it works on. On one machine a lock of the operating system
says whether its process lives, at once and whatever any clock shows; for others there is a lease
with a heartbeat.
"""

from __future__ import annotations

import logging
import os
import platform
import threading
import uuid
import weakref
from contextlib import ExitStack, suppress
from datetime import timedelta
from typing import TYPE_CHECKING, Final

import anyio
import anyio.to_thread

from leonardo_nb.errors import LeonardoError, LibraryError
from leonardo_nb.library.locks import FileLock, is_on_network

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from datetime import datetime
    from pathlib import Path

    from leonardo_nb.clock import Clock
    from leonardo_nb.library.ledger import Ledger
    from leonardo_nb.library.records import JobRecord

__all__ = ["Lease"]

log = logging.getLogger("leonardo_nb")

LASTS: Final = timedelta(seconds=30)
"""How long an owner that another machine sees is believed to live without a word."""
BEAT: Final = 10.0
"""Seconds between two words."""


class Lease:
    """
    One engine's name as an owner of jobs, kept alive.

    Args:
        ledger: Where the rows are.
        folder: The library's folder, where the owners' locks are.
        clock: What leases are dated with.
    """

    def __init__(self, ledger: Ledger, folder: Path, clock: Clock) -> None:
        self._host = platform.node() or "localhost"
        self.owner = f"{self._host}/{uuid.uuid4().hex}"
        self._ledger = ledger
        self._clock = clock
        self._folder = folder / "owners"
        # where a lock may be one machine's alone, its being free proves nothing
        self._has_locks = not is_on_network(folder)
        self._held = ExitStack()
        self._is_begun = False
        self._beginning = threading.Lock()
        if hasattr(os, "register_at_fork"):
            os.register_at_fork(after_in_child=_calling(self._begin_anew))

    @property
    def until(self) -> datetime:
        """When others may take this engine's jobs, unless it says before that it lives."""
        return self._clock.wall() + LASTS

    def begin(self) -> None:
        """Take the lock that says that this process lives; before the first row has its name."""
        with self._beginning:  # cells and the engine may both be first
            if not self._is_begun:
                self._take_lock()
                self._is_begun = True

    def _take_lock(self) -> None:
        if not self._has_locks:
            return
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            self._held.enter_context(FileLock(self._path(self.owner), patience=0).held())
        except (LibraryError, OSError) as error:
            # under a host of nobody's, so that nobody takes a missing lock for a death
            self.owner = f"unlocked/{uuid.uuid4().hex}"
            log.info("There is no lock in %s, so the lease counts: %s", self._folder, error)

    async def keep(self, is_busy: Callable[[], bool], *also: Callable[[], Awaitable[None]]) -> None:
        """
        Say every ten seconds that this engine lives, as long as it *is_busy*.

        The seconds are the machine's own, whatever the studio's clock is: a lease is a promise to
        other machines.

        Args:
            is_busy: Whether there is anything to keep.
            *also: What else has to be kept alive as often.
        """
        while is_busy():
            await anyio.sleep(BEAT)
            try:
                await anyio.to_thread.run_sync(self._ledger.beat, self.owner, self.until)
                for each in also:
                    await each()
            except LeonardoError as error:
                log.warning("That this kernel lives could not be written down: %s", error)

    async def claim(self, record: JobRecord) -> bool:
        """Make this engine the owner of the job of *record*; False where somebody else has it."""
        self.begin()
        if record.owner is not None and self.is_dead(record.owner):
            await anyio.to_thread.run_sync(self._bury, record.owner)
        return await anyio.to_thread.run_sync(
            lambda: self._ledger.claim(record.uid, self.owner, self.until, now=self._clock.wall())
        )

    def is_elsewhere(self, record: JobRecord) -> bool:
        """Whether another engine that lives has the job of *record*."""
        if record.owner is None or record.owner == self.owner:
            return False
        if self._has_lock_of(record.owner):
            return not self.is_dead(record.owner)
        return record.lease_until is None or record.lease_until >= self._clock.wall()

    def is_dead(self, owner: str) -> bool:
        """Whether *owner* worked on this machine and its process is known to be gone."""
        if owner == self.owner:
            return False
        if not self._has_lock_of(owner):
            return False
        path = self._path(owner)
        if not path.exists():
            return True
        try:
            with FileLock(path, patience=0).held():
                return True
        except LibraryError:
            return False

    def bury(self, base_url: str) -> None:
        """Free the jobs of every owner that is known to be dead."""
        for owner in self._ledger.owners(base_url):
            if owner != self.owner and self.is_dead(owner):
                self._bury(owner)

    def close(self) -> None:
        """Leave this engine's jobs to whoever wants them."""
        if not self._is_begun:
            return
        with suppress(LeonardoError):  # the lease ends by itself
            self._ledger.release(self.owner)
        with suppress(OSError):
            self._path(self.owner).unlink(missing_ok=True)
        self._held.close()

    def _begin_anew(self) -> None:
        """Be somebody else in a forked process; the parent's jobs stay the parent's."""
        self._held.close()  # or its death would not free the lock
        self._held = ExitStack()
        self.owner = f"{self._host}/{uuid.uuid4().hex}"
        self._is_begun = False
        self._beginning = threading.Lock()  # the parent's may have been held

    def _bury(self, owner: str) -> None:
        self._ledger.release(owner)
        with suppress(OSError):
            self._path(owner).unlink(missing_ok=True)

    def _has_lock_of(self, owner: str) -> bool:
        """Whether a lock on this machine says whether *owner* lives."""
        return self._has_locks and owner.partition("/")[0] == self._host

    def _path(self, owner: str) -> Path:
        name = owner.rpartition("/")[2]
        return self._folder / f"{name if name.isalnum() else 'unknown'}.lock"


def _calling(method: Callable[[], None]) -> Callable[[], None]:
    """Return what calls *method* as long as its object lives, without keeping it alive."""
    weakly = weakref.WeakMethod(method)

    def call() -> None:
        if (found := weakly()) is not None:
            found()

    return call
