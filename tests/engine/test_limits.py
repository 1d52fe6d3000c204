"""Places and turns."""

from __future__ import annotations

import anyio
import pytest

from leonardo_nb.engine.limits import PerMinute, Slots
from leonardo_nb.testing import ManualClock


async def test_no_more_than_the_places_are_taken() -> None:
    """Of seven who come, three are in at once, in the order in which they came."""
    slots, inside, most, order = Slots(3), 0, 0, []

    async def come(name: int) -> None:
        nonlocal inside, most
        async with slots.place():
            order.append(name)
            inside += 1
            most = max(most, inside)
            await anyio.lowlevel.checkpoint()
            inside -= 1

    async with anyio.create_task_group() as group:
        for name in range(7):
            group.start_soon(come, name)

    assert (3, list(range(7))) == (most, order)


async def test_a_cancelled_wait_gives_its_place_on() -> None:
    """Somebody who loses patience in the line holds nobody up."""
    slots, reached = Slots(1), anyio.Event()

    async def last() -> None:
        async with slots.place():
            reached.set()

    async with anyio.create_task_group() as group, slots.place():
        with anyio.move_on_after(0.01):
            async with slots.place():
                pytest.fail("there was no place")
        group.start_soon(last)

    assert reached.is_set()


async def test_more_places_let_the_line_in() -> None:
    """When the account turns out to have more slots, who waits is let in."""
    slots, reached = Slots(1), anyio.Event()

    async def second() -> None:
        async with slots.place():
            reached.set()

    async with anyio.create_task_group() as group, slots.place():
        group.start_soon(second)
        await anyio.lowlevel.checkpoint()
        slots.total = 2
        await reached.wait()

    assert reached.is_set()


async def test_turns_wait_for_the_minute() -> None:
    """The third of two turns a minute comes when the first is 60 seconds old."""
    clock = ManualClock()
    turns = PerMinute(2, clock)

    for _ in range(3):
        await turns.turn()

    assert [60.0] == clock.paused
