"""
Writes many things down in one transaction, as many at once as wait.

A transaction that is flushed to the disk costs the same for one row and for a thousand; ten
thousand jobs that are asked for in one line must not be ten thousand of them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Generic, TypeVar

import anyio
import anyio.to_thread

from leonardo_nb.errors import LibraryError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

__all__ = ["Gathering"]

T = TypeVar("T")
R = TypeVar("R")


class _Waiting(Generic[T, R]):
    """One thing that is to be written."""

    def __init__(self, what: T) -> None:
        self.what = what
        self.error: Exception | None = None
        self.made: R
        self.is_done = False


class Gathering(Generic[T, R]):
    """
    Does one kind of work for many callers, in the order in which they came.

    Args:
        work: Called in a thread with what has come together; returns one result for each, in the
            same order. What it raises is raised to all of them.
    """

    def __init__(self, work: Callable[[Sequence[T]], Sequence[R]]) -> None:
        self._work = work
        self._waiting: list[_Waiting[T, R]] = []
        self._one_by_one = anyio.Lock()

    async def done(self, what: T) -> R:
        """
        Return what became of *what*; it is done then, also for who is cancelled meanwhile.

        Raises:
            Exception: The work could not be done; what it raised is raised to all of its batch.
            LibraryError: It was broken off by another of the batch, and how it ended is not known.
        """
        mine = _Waiting[T, R](what)
        self._waiting.append(mine)
        with anyio.CancelScope(shield=True):
            async with self._one_by_one:
                if not mine.is_done:
                    await self._work_off()
        if mine.error is not None:
            raise mine.error
        return mine.made

    async def _work_off(self) -> None:
        batch, self._waiting = self._waiting, []
        error: Exception = LibraryError(
            "Work on the library was broken off, and nobody knows whether it was done; "
            "leo.jobs() shows what is written."
        )
        try:
            made = await anyio.to_thread.run_sync(self._work, [each.what for each in batch])
            pairs = list(zip(batch, made, strict=True))  # before any of them counts as done
            for each, result in pairs:
                each.made, each.is_done = result, True
        except Exception as raised:  # noqa: BLE001  it is raised to each of them
            error = raised
        finally:
            for each in batch:
                if not each.is_done:
                    each.error, each.is_done = error, True
