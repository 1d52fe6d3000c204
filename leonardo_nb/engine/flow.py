"""
How many jobs of each kind are at the service, so that it never waits for us.

The service draws as many at once as the account has slots, and keeps some more waiting. That a job
has ended is seen only at the next look, some two seconds later; were the next one sent only then, a
slot would be idle for a third of the time with pictures that take five seconds. So a few jobs are
sent ahead: as many as usually end between two looks.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

from leonardo_nb.engine.limits import Slots

if TYPE_CHECKING:
    from collections.abc import Iterable
    from contextlib import AbstractAsyncContextManager

    from leonardo_nb.engine.boards import Board
    from leonardo_nb.engine.leases import Lease
    from leonardo_nb.engine.limits import Limits

__all__ = ["AtWork", "Flow", "ahead_of"]

DEFAULT_SLOTS: Final = 10
"""Until the account has said how many it has; the service's published default."""
LATE: Final = 2.0
"""Times the pause between looks; what ends right after a look, and the way of the next request."""
WEIGHT: Final = 0.1
"""Of the newest job in the mean of how long they are drawn."""


def ahead_of(slots: int, usual: float | None, between_looks: float) -> int:
    """
    Return how many jobs are sent although all of *slots* are taken.

    Args:
        slots: How many the account has at work at once.
        usual: Seconds for which such a job is usually drawn, or None where nobody knows.
        between_looks: Seconds between two looks that serve all jobs.

    Returns:
        At most as many as there are slots, for what is sent cannot be withdrawn.

    >>> [ahead_of(10, usual, 2.0) for usual in (None, 60, 20, 5, 0.5)]
    [0, 1, 2, 8, 10]
    """
    if not usual:
        return 0
    return min(slots, math.ceil(slots * LATE * between_looks / usual))


class AtWork:
    """
    Which of our accepted jobs the service is drawing, as far as can be seen from here.

    It draws them in the order in which it accepted them, so the first one that waits begins when
    an earlier one is seen to have ended. Both moments are seen late by the same on average.
    """

    def __init__(self) -> None:
        self._begun: dict[str, float] = {}
        self._waiting: dict[str, None] = {}

    def accept(self, uid: str, now: float, slots: int) -> None:
        """Take in that the service has job *uid*, and draws *slots* of them at once."""
        self._waiting[uid] = None
        self._begin(now, slots)

    def end(self, uid: str, now: float, slots: int) -> float | None:
        """Return the seconds for which job *uid* was drawn; None where it seems it was not."""
        self._waiting.pop(uid, None)
        begun = self._begun.pop(uid, None)
        self._begin(now, slots)
        return None if begun is None else now - begun

    def _begin(self, now: float, slots: int) -> None:
        while self._waiting and len(self._begun) < slots:
            uid = next(iter(self._waiting))
            del self._waiting[uid]
            self._begun[uid] = now


class Flow:
    """
    The places of each kind of job, some ahead of the account's slots.

    Args:
        kinds: Those that the service counts apart.
        limits: What is allowed; slots that are named there are kept to, with none ahead.
        board: Where it is kept who has a place, if kernels share that; else None.
        lease: In whose name.
        between_looks: Seconds between two looks that serve all jobs.
    """

    def __init__(
        self,
        kinds: Iterable[str],
        limits: Limits,
        board: Board | None,
        lease: Lease,
        between_looks: float,
    ) -> None:
        self._limits = limits
        self._between_looks = between_looks
        self._account_slots = limits.slots or DEFAULT_SLOTS
        self._slots = {kind: Slots(self._account_slots, board, kind, lease) for kind in kinds}
        self._at_work = {kind: AtWork() for kind in self._slots}
        self._usual: dict[str, float] = {}

    def place(
        self, kind: str, order: float = math.inf, *, at_once: bool = False
    ) -> AbstractAsyncContextManager[None]:
        """Hold a place for a job of *kind*; see `Slots.place`."""
        return self._slots[kind].place(order, at_once=at_once)

    def seen(self, account_slots: int) -> None:
        """Take in how many slots the account has."""
        self._account_slots = account_slots
        for kind in self._slots:
            self._fit(kind)

    def accepted(self, kind: str, uid: str, now: float) -> None:
        """Take in that the service has job *uid*."""
        self._at_work[kind].accept(uid, now, self._account_slots)

    def ended(self, kind: str, uid: str, now: float) -> float | None:
        """Return the seconds for which job *uid* was drawn, without what it waited there."""
        seconds = self._at_work[kind].end(uid, now, self._account_slots)
        if seconds is not None:
            before = self._usual.get(kind, seconds)
            self._usual[kind] = before + WEIGHT * (seconds - before)
            self._fit(kind)
        return seconds

    def given_up(self, kind: str, uid: str, now: float) -> None:
        """Take in that nobody watches job *uid* any more."""
        self._at_work[kind].end(uid, now, self._account_slots)

    async def renew(self) -> None:
        """
        Say that whoever holds a place here is alive; see `Slots.renew`.

        Raises:
            LibraryError: What the kernels share cannot be kept.
        """
        for slots in self._slots.values():
            await slots.renew()

    def _fit(self, kind: str) -> None:
        places = self._limits.places(self._account_slots)
        if self._limits.slots is None:
            ahead = ahead_of(self._account_slots, self._usual.get(kind), self._between_looks)
            places += min(ahead, self._account_slots * self._limits.queue)
        if self._slots[kind].total != places:
            self._slots[kind].total = places
