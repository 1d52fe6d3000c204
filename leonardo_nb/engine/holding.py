"""
Holds jobs back that are not sent yet, such as those of a sweep that is paused.

It is a state of this process and of nobody's library: a kernel that takes the jobs up later knows
of no pause, and sends them.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import anyio

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from leonardo_nb.engine.job import Job

__all__ = ["HeldBack", "Holding"]


class HeldBack(Exception):
    """The job is held and was not sent; it waits outside until it is let go."""


class Holding:
    """
    Who is held back; only on the engine's thread.

    A job that is held has no slot and no place in the line of a rate limit; others get them. What
    has left goes on, also where its answer was lost; what the service provably refused is held
    again. The one whose answer an earlier process lost, and of which nothing is found, is sent
    again only when it is let go.

    A job that is held keeps the money that was set aside for it, although nothing of it is spent:
    whoever pauses a sweep means to go on, and what fitted into the budget before the pause fits
    after it. Another kernel with the same budget therefore sees it as taken; cancelling gives it
    back at once.
    """

    def __init__(self) -> None:
        self._held: dict[str, anyio.Event] = {}
        self._waiting: dict[str, anyio.CancelScope] = {}
        self._lost: set[str] = set()

    def hold(self, jobs: Iterable[Job[Any]]) -> None:
        """Send none of *jobs* from now on; what was sent, or has ended, stays as it is."""
        for job in jobs:
            if job.done():
                continue
            self._held.setdefault(job.uid, anyio.Event())
            if not job.sent and (scope := self._waiting.get(job.uid)) is not None:
                scope.cancel()

    def let_go(self, jobs: Iterable[Job[Any]]) -> None:
        """Let *jobs* stand in line again, where they stood before."""
        for job in jobs:
            if (held := self._held.pop(job.uid, None)) is not None:
                held.set()
            self._lost.discard(job.uid)

    def keep_back(self, job: Job[Any]) -> None:
        """Take in that *job* was sent, that nothing of it is found, and that it is held."""
        if self.is_held(job):
            self._lost.add(job.uid)

    def forget(self, uid: str) -> None:
        """Know nothing more of a job that has ended."""
        self._held.pop(uid, None)
        self._lost.discard(uid)

    def __bool__(self) -> bool:
        """Whether anybody is held back."""
        return bool(self._held)

    def is_held(self, job: Job[Any]) -> bool:
        """Whether *job* is not to be sent."""
        return job.uid in self._held

    def keeps_back(self, job: Job[Any]) -> bool:
        """Whether *job* would be sent, for the first time or again, if it were let go."""
        return self.is_held(job) and (not job.sent or job.uid in self._lost)

    async def until_let_go(self, job: Job[Any]) -> None:
        """Return at once, or when *job* is no longer held."""
        while (held := self._held.get(job.uid)) is not None:
            await held.wait()

    @contextmanager
    def waiting(self, job: Job[Any]) -> Iterator[None]:
        """
        Run the block that waits to send *job*, and then sends it.

        Raises:
            HeldBack: The job was held before it was sent.
        """
        scope = anyio.CancelScope()
        self._waiting[job.uid] = scope
        try:
            with scope:
                self.check(job)
                yield
        finally:
            del self._waiting[job.uid]
        if scope.cancelled_caught:
            raise HeldBack

    def check(self, job: Job[Any]) -> None:
        """
        Return where *job* may be sent.

        Raises:
            HeldBack: It is held, and was not sent.
        """
        if not job.sent and self.is_held(job):
            raise HeldBack
