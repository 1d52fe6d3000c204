"""
Time as a parameter.

Whatever waits or dates something takes a `Clock`, so that tests and the simulator can run on a
clock of their own and nobody has to wait for them.
"""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Protocol

import anyio

if TYPE_CHECKING:
    from collections.abc import Awaitable

__all__ = ["Clock", "SystemClock"]


class Clock(Protocol):
    """What the engine needs to know of time."""

    def now(self) -> float:
        """Return seconds since some fixed moment; never goes back."""

    def wall(self) -> datetime:
        """Return the date and time, in UTC."""

    def pause(self, seconds: float, until: anyio.Event | None = None) -> Awaitable[None]:
        """Return after *seconds*, or as soon as *until* is set."""


class SystemClock:
    """The machine's own clock."""

    def now(self) -> float:
        """Return seconds since some fixed moment; never goes back."""
        return time.monotonic()

    def wall(self) -> datetime:
        """Return the date and time, in UTC."""
        return datetime.now(UTC)

    async def pause(self, seconds: float, until: anyio.Event | None = None) -> None:
        """Return after *seconds*, or as soon as *until* is set."""
        if until is None:
            await anyio.sleep(seconds)
            return
        with anyio.move_on_after(seconds):
            await until.wait()
