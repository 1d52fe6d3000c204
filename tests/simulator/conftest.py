"""A simulator whose time stands still until a test moves it, and a client of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import httpx
import pytest

from leonardo_nb.simulator import Simulator
from leonardo_nb.testing import ManualClock

if TYPE_CHECKING:
    from collections.abc import AsyncIterator


@pytest.fixture
def clock() -> ManualClock:
    """Time that only a test moves."""
    return ManualClock()


@pytest.fixture
def simulator(clock: ManualClock) -> Simulator:
    """A simulator that repeats itself."""
    return Simulator(now=clock.now, wall=clock.wall, pause=clock.pause, seed=1)


@pytest.fixture
async def client(simulator: Simulator) -> AsyncIterator[httpx.AsyncClient]:
    """A client without a socket, with a good key."""
    async with httpx.AsyncClient(
        transport=simulator.transport(),
        base_url=simulator.base_url,
        headers={"Authorization": f"Bearer {simulator.key}"},
    ) as opened:
        yield opened
