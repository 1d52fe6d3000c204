"""Writes intents down, as many at once as wait, before anything is done about them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import anyio
import anyio.to_thread

from leonardo_nb.errors import LeonardoError

if TYPE_CHECKING:
    from leonardo_nb.library.ledger import Ledger
    from leonardo_nb.library.records import JobRecord

__all__ = ["Intents"]


class _Waiting:
    """One intent that is to be written."""

    def __init__(self, record: JobRecord) -> None:
        self.record = record
        self.is_done = False
        self.error: LeonardoError | None = None


class Intents:
    """
    Writes the intents of one engine, in the order in which they came.

    Args:
        ledger: Where.
    """

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._waiting: list[_Waiting] = []
        self._one_by_one = anyio.Lock()

    async def write(self, record: JobRecord) -> None:
        """
        Return once *record* is on disk, also for who is cancelled meanwhile.

        What is asked for is then known, whatever becomes of the engine.

        Raises:
            LibraryError: It cannot be written.
        """
        mine = _Waiting(record)
        self._waiting.append(mine)
        with anyio.CancelScope(shield=True):
            async with self._one_by_one:
                if not mine.is_done:
                    await self._write_all()
        if mine.error is not None:
            raise mine.error

    async def _write_all(self) -> None:
        batch, self._waiting = self._waiting, []
        error: LeonardoError | None = None
        try:
            await anyio.to_thread.run_sync(self._ledger.intend_all, [each.record for each in batch])
        except LeonardoError as caught:
            error = caught
        for each in batch:
            each.is_done, each.error = True, error
