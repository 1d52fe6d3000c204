"""Places and turns."""

from __future__ import annotations

import anyio
import pytest

from leonardo_nb.engine.limits import Limits, PerMinute, Slots
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
    """The third of two turns a minute comes when the first is 61 seconds old."""
    clock = ManualClock()
    turns = PerMinute(2, clock)

    for _ in range(3):
        await turns.turn()

    assert [61.0] == clock.paused


async def test_a_slow_request_counts_from_its_answer() -> None:
    """It may have arrived late, so the next one of one a minute comes a minute after its answer."""
    clock = ManualClock()
    turns = PerMinute(1, clock)

    taken = await turns.turn()
    await clock.pause(2.5)
    await turns.answered(taken)
    again = await turns.turn()
    await turns.answered(again)  # at once
    await turns.turn()

    assert [2.5, 61.0, 61.0] == clock.paused


async def test_a_refusal_holds_every_turn() -> None:
    """The next turn comes after the seconds that the service named, and the rate is halved."""
    clock = ManualClock()
    turns = PerMinute(4, clock)

    held = await turns.refused(7.0)
    for _ in range(3):
        await turns.turn()

    assert (7.0, [7.0, 61.0]) == (held, clock.paused)


@pytest.mark.parametrize(
    ("name", "value"),
    [("slots", 0), ("creates_per_minute", 0), ("requests_per_minute", -1)],
)
def test_a_limit_lets_something_through(name: str, value: int) -> None:
    """Zero would wait for ever."""
    with pytest.raises(ValueError) as refused:
        Limits(**{name: value})

    assert f"{name}={value} lets nothing through; the least is 1." == str(refused.value)


@pytest.mark.parametrize("name", ["queue", "patience", "longest_retry_after"])
@pytest.mark.parametrize("value", [-1, float("nan")])
def test_an_amount_is_not_negative(name: str, value: float) -> None:
    """Nor is it no number."""
    with pytest.raises(ValueError) as refused:
        Limits(**{name: value})  # type: ignore[arg-type]

    assert f"{name}={value} is no amount; the least is 0." == str(refused.value)
