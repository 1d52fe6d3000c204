"""
How much may happen at once, and how much in a minute.

All of it lives on the engine's thread, so that nothing here needs a lock.
"""

from __future__ import annotations

from collections import deque
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import anyio

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from leonardo_nb.clock import Clock

__all__ = ["Limits", "PerMinute", "Slots"]

MINUTE = 60.0


@dataclass(frozen=True, slots=True)
class Limits:
    """
    What an account is allowed; the numbers are the service's published defaults.

    Attributes:
        slots: Image jobs at work at once; None asks the account (`apiConcurrencySlots`).
        creates_per_minute: Requests for new pictures in any 60 seconds.
        patience: Seconds for which a request that meets "too many requests" is tried again.
    """

    __module__ = "leonardo_nb"

    slots: int | None = None
    creates_per_minute: int = 100
    patience: float = 300.0

    def __post_init__(self) -> None:
        for name in ("slots", "creates_per_minute"):
            value = getattr(self, name)
            if value is not None and value < 1:
                raise ValueError(f"{name}={value} lets nothing through; the least is 1.")


class Slots:
    """
    A number of places; who comes when all are taken waits in line.

    The number may change while places are taken.
    """

    def __init__(self, total: int) -> None:
        self._total = total
        self._taken = 0
        self._line: deque[anyio.Event] = deque()

    @property
    def total(self) -> int:
        """How many places there are."""
        return self._total

    @total.setter
    def total(self, total: int) -> None:
        self._total = max(1, total)
        self._call_next()

    @asynccontextmanager
    async def place(self) -> AsyncIterator[None]:
        """Hold one place for as long as the block runs."""
        if self._line or self._taken >= self._total:
            turn = anyio.Event()
            self._line.append(turn)
            try:
                await turn.wait()
            except BaseException:
                if turn.is_set():  # called and cancelled at once: the place goes to the next
                    self._leave()
                else:
                    self._line.remove(turn)
                raise
        else:
            self._taken += 1
        try:
            yield
        finally:
            self._leave()

    def _leave(self) -> None:
        self._taken -= 1
        self._call_next()

    def _call_next(self) -> None:
        while self._line and self._taken < self._total:
            self._taken += 1
            self._line.popleft().set()


class PerMinute:
    """At most so many turns in any 60 seconds."""

    def __init__(self, turns: int, clock: Clock) -> None:
        self._turns = turns
        self._clock = clock
        self._taken: deque[float] = deque()
        self._one_by_one = anyio.Lock()

    async def turn(self) -> None:
        """Return when it is this caller's turn; callers are served in the order they came."""
        async with self._one_by_one:
            while self._taken and self._taken[0] <= self._clock.now() - MINUTE:
                self._taken.popleft()
            if len(self._taken) >= self._turns:
                await self._clock.pause(self._taken[0] + MINUTE - self._clock.now())
                self._taken.popleft()
            self._taken.append(self._clock.now())
