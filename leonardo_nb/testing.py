"""
What tests of notebooks and tools need: a clock that does not wait, and a studio on the simulator.

Use it as a pytest plugin: `pytest_plugins = ["leonardo_nb.testing"]`.
"""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import anyio
import anyio.lowlevel
import anyio.to_thread
import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from leonardo_nb.simulator import Simulator
    from leonardo_nb.studios import Studio

__all__ = ["ManualClock", "clock", "simulator", "studio"]

# Turns of the event loop before time moves: lets everything that is ready run first.
SETTLING_TURNS = 20


class ManualClock:
    """
    A clock whose pauses end at once and move it forward, so that nothing ever waits.

    Sleepers wake in the order of their deadlines. With `holds=True` time stands still until
    `advance()` is called, from any thread.

    Attributes:
        holds: Whether time stands still; may be set at any moment.
        paused: The seconds of every pause, in the order in which they were asked for.
    """

    def __init__(self, start: datetime | None = None, *, holds: bool = False) -> None:
        self._start = start or datetime(2026, 1, 1, tzinfo=UTC)
        self._lock = threading.Lock()
        self._now = 0.0
        self._deadlines: list[float] = []
        self.holds = holds
        self.paused: list[float] = []

    def now(self) -> float:
        """Return seconds since the clock was made."""
        return self._now

    def wall(self) -> datetime:
        """Return the date and time, in UTC."""
        return self._start + timedelta(seconds=self._now)

    def advance(self, seconds: float) -> None:
        """Move time forward by *seconds*."""
        with self._lock:
            self._now += seconds

    async def pause(self, seconds: float, until: anyio.Event | None = None) -> None:
        """Return once *seconds* have gone by on this clock, or *until* is set."""
        self.paused.append(round(seconds, 6))
        deadline = self._now + seconds
        self._deadlines.append(deadline)
        try:
            while self._now < deadline and not (until is not None and until.is_set()):
                await self._settle()
                if until is not None and until.is_set():
                    return
                if not self.holds and deadline == min(self._deadlines):
                    with self._lock:
                        self._now = max(self._now, deadline)
                else:
                    await anyio.sleep(0.001)
        finally:
            self._deadlines.remove(deadline)

    async def _settle(self) -> None:
        """Let everything that is ready run first, and what was handed to threads end."""
        threads = anyio.to_thread.current_default_thread_limiter()
        for _ in range(SETTLING_TURNS):
            await anyio.lowlevel.checkpoint()
            while threads.borrowed_tokens:  # noqa: ASYNC110  the limiter has no event
                await anyio.sleep(0.0005)


@pytest.fixture
def clock() -> ManualClock:
    """The clock of the `studio` fixture; nothing ever waits for it."""
    return ManualClock()


@pytest.fixture
def simulator(clock: ManualClock) -> Simulator:
    """The simulator of the `studio` fixture, to be scripted and counted."""
    from leonardo_nb.simulator import Simulator

    return Simulator(now=clock.now, wall=clock.wall, pause=clock.pause)


@pytest.fixture
def studio(tmp_path: Path, clock: ManualClock, simulator: Simulator) -> Iterator[Studio]:
    """A studio of its own on the simulator, with an empty library, on a clock that never waits."""
    from leonardo_nb.studios import Studio

    with Studio(simulator=simulator, library=tmp_path / "library", clock=clock) as made:
        yield made
