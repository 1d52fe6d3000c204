"""Watches jobs that other kernels work on, by what these write into the shared library."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Final

import anyio
import anyio.to_thread

from leonardo_nb.errors import LeonardoError, LibraryError

if TYPE_CHECKING:
    from collections.abc import Callable

    from leonardo_nb.clock import Clock
    from leonardo_nb.library.reader import Reader
    from leonardo_nb.library.records import JobRecord

__all__ = ["Following"]

log = logging.getLogger("leonardo_nb")

EVERY: Final = 1.0
"""Seconds between two readings, which serve all jobs that are followed."""


class Following:
    """
    Reads the rows of all followed jobs together.

    Args:
        ledger: The library.
        clock: Time.
        spawn: Starts a coroutine function beside the callers, on the same loop.
    """

    def __init__(self, ledger: Reader, clock: Clock, spawn: Callable[..., object]) -> None:
        self._ledger = ledger
        self._clock = clock
        self._spawn: Callable[..., object] = spawn
        self._waiting: dict[str, tuple[anyio.Event, list[JobRecord]]] = {}
        self._is_reading = False

    async def next(self, uid: str) -> JobRecord:
        """
        Return what the library says of job *uid* a moment later.

        Raises:
            LibraryError: It does not have the job any more.
        """
        read: tuple[anyio.Event, list[JobRecord]] = (anyio.Event(), [])
        self._waiting[uid] = read
        if not self._is_reading:
            self._is_reading = True
            self._spawn(self._read)
        await read[0].wait()
        if not read[1]:
            raise LibraryError("The library does not have this job any more; it was removed.")
        return read[1][0]

    async def _read(self) -> None:
        try:
            while self._waiting:
                await self._clock.pause(EVERY)
                uids = list(self._waiting)
                try:
                    found = await anyio.to_thread.run_sync(self._ledger.with_uids, uids)
                except LeonardoError as error:
                    log.info("The library is read again later: %s", error)
                    continue
                for uid in uids:
                    event, into = self._waiting.pop(uid)
                    into += [found[uid]] if uid in found else []
                    event.set()
        finally:
            self._is_reading = False
            for event, _ in self._waiting.values():  # nobody waits for ever
                event.set()
            self._waiting.clear()
