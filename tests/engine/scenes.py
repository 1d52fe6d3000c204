"""What tests of lost and resumed jobs share: a service with a clock of its own, and helpers."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from email.utils import format_datetime
from typing import TYPE_CHECKING, Any

import httpx
import pytest

import leonardo_nb as leo
from leonardo_nb.simulator import Simulator, images
from leonardo_nb.studios import Studio
from leonardo_nb.testing import ManualClock
from tests.library.boxes import film

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime
    from pathlib import Path

    import anyio

    from leonardo_nb.service.requests import Body

__all__ = [
    "CREATE",
    "LIST",
    "PATIENCE",
    "SMALL",
    "DatedSimulator",
    "Scene",
    "SkewedClock",
    "failure",
    "lost",
    "until",
]

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

    Attributes:
        log: When each request came, and what it asked for.
    """

    def __init__(self, clock: ManualClock, **facts: Any) -> None:
        super().__init__(
            now=clock.now,
            wall=clock.wall,
            pause=clock.pause,
            **{"requests_per_minute": 1_000_000, "creates_per_minute": 1_000_000} | facts,
        )
        self._clock = clock
        self.log: list[tuple[float, httpx.URL]] = []

    def transport(self) -> Any:
        """Return the transport of `Simulator`, with dates."""
        return _Dated(super().transport(), self._clock, self.log)

    @property
    def looks(self) -> list[float]:
        """When the account's list was asked for, by its first page."""
        return [
            when
            for when, url in self.log
            if "/generations/user/" in url.path and url.params.get("offset") == "0"
        ]

    def asked(self, method: str, path: str) -> int:
        """Return how many requests began so."""
        return sum(each[0] == method and each[1].startswith(path) for each in self.requests)


class _Dated(httpx.AsyncBaseTransport):
    def __init__(
        self,
        inner: httpx.AsyncBaseTransport,
        clock: ManualClock,
        log: list[tuple[float, httpx.URL]],
    ) -> None:
        self._inner = inner
        self._clock = clock
        self._log = log

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self._log.append((self._clock.now(), request.url))
        is_film = request.url.path.endswith(".mp4")
        # a film takes seconds to draw, and none of these tests looks at one
        answer = (
            httpx.Response(200, content=film(), headers={"Content-Type": "video/mp4"})
            if is_film
            else await self._inner.handle_async_request(request)
        )
        answer.headers["Date"] = format_datetime(self._clock.wall(), usegmt=True)
        return answer


class Scene:
    """
    One service, and studios on one library that ask it.

    Attributes:
        clock: The service's time, and the studios' unless they are off.
        simulator: The service.
        folder: The library.
    """

    def __init__(self, folder: Path, clock: ManualClock, **facts: Any) -> None:
        self.folder = folder
        self.clock = clock
        self.simulator = DatedSimulator(clock, **facts)
        self._opened: list[Studio] = []

    def open(self, *, hours: float = 0.0, **facts: Any) -> Studio:
        """Return one more studio, whose clock is *hours* off."""
        made = Studio(
            simulator=self.simulator,
            library=self.folder,
            clock=SkewedClock(self.clock, hours) if hours else self.clock,
            **facts,
        )
        self._opened.append(made)
        return made

    def elsewhere(self, request: Body, **fate: Any) -> str:
        """Let somebody who has no library ask for pictures; return the service's id."""
        if fate:
            self.simulator.script(**fate)
        house = self.simulator._house
        return house.create(images.IMAGE, request.wire(), "/generations").id

    def close(self) -> None:
        """Close what was opened."""
        self.clock.holds = False
        for each in self._opened:
            each.close()


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


async def failure(job: leo.Job[Any]) -> leo.LeonardoError:
    """Return the error that *job* ends with."""
    with pytest.raises(leo.LeonardoError) as caught:
        await job
    return caught.value
