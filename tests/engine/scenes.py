"""What tests of lost and resumed jobs share: a service with a clock of its own, and helpers."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from email.utils import format_datetime
from typing import TYPE_CHECKING, Any

import httpx

from leonardo_nb.simulator import Simulator
from leonardo_nb.testing import ManualClock

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    import anyio

    import leonardo_nb as leo

__all__ = ["CREATE", "LIST", "PATIENCE", "SMALL", "DatedSimulator", "SkewedClock", "lost", "until"]

SMALL: dict[str, Any] = {"width": 512, "height": 512, "alchemy": False, "seed": 42}
CREATE: dict[str, Any] = {"method": "POST", "path": "/generations"}
LIST: dict[str, Any] = {"method": "GET", "path": "/generations/user/{id}"}
PATIENCE = 15.0
"""Real seconds; a job that has not ended after them hangs."""


class SkewedClock(ManualClock):
    """A machine's clock that is *hours* off; its seconds go by as on *true*."""

    def __init__(self, true: ManualClock, hours: float) -> None:
        super().__init__()
        self._true = true
        self._off = timedelta(hours=hours)

    def now(self) -> float:
        """Return seconds since some fixed moment."""
        return self._true.now()

    def wall(self) -> datetime:
        """Return the date and time that the machine takes for right."""
        return self._true.wall() + self._off

    async def pause(self, seconds: float, until: anyio.Event | None = None) -> None:
        """Return once *seconds* have gone by."""
        await self._true.pause(seconds, until)


class DatedSimulator(Simulator):
    """
    A simulator whose answers say the date, as every server's do.

    In process it has no server, and dates itself by *clock*.
    """

    def __init__(self, clock: ManualClock, **facts: Any) -> None:
        super().__init__(
            now=clock.now,
            wall=clock.wall,
            pause=clock.pause,
            **{"requests_per_minute": 1_000_000, "creates_per_minute": 1_000_000} | facts,
        )
        self._dates = clock

    def transport(self) -> Any:
        """Return the transport of `Simulator`, with dates."""
        return _Dated(super().transport(), self._dates)

    def asked(self, method: str, path: str) -> int:
        """Return how many requests began so."""
        return sum(each[0] == method and each[1].startswith(path) for each in self.requests)


class _Dated(httpx.AsyncBaseTransport):
    def __init__(self, inner: httpx.AsyncBaseTransport, clock: ManualClock) -> None:
        self._inner = inner
        self._clock = clock

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        answer = await self._inner.handle_async_request(request)
        answer.headers["Date"] = format_datetime(self._clock.wall(), usegmt=True)
        return answer


def lost(simulator: Simulator, times: int = 1, *, made: bool = True, **where: Any) -> None:
    """Let the answers to the next requests for a job be lost, after the work or before it."""
    fault: dict[str, Any] = {"drop": "after"} if made else {"status": 503}
    simulator.script(**CREATE | where, **fault, times=times)


async def until(job: leo.Job[Any], holds: Callable[[], bool]) -> None:
    """Return as soon as *holds*, which is looked at whenever *job* changes."""
    reached, loop = asyncio.Event(), asyncio.get_running_loop()
    end = job.subscribe(lambda _job: holds() and loop.call_soon_threadsafe(reached.set))
    if not holds():
        await reached.wait()
    end()
