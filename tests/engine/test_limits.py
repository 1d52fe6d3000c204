"""Places, turns and money."""

from __future__ import annotations

import anyio
import pytest
from hypothesis import given
from hypothesis import strategies as some

from leonardo_nb.engine.limits import Budget, PerMinute, Slots
from leonardo_nb.errors import BudgetExceeded
from leonardo_nb.money import Cost, Credits, Dollars
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


@given(some.lists(some.integers(min_value=0, max_value=60)))
def test_a_budget_is_a_wall(prices: list[int]) -> None:
    """Whatever is asked for, what was let through never passes the limit."""
    budget, spent = Budget(Credits(100)), 0
    for price in prices:
        try:
            budget.reserve(Credits(price))
        except BudgetExceeded:
            continue
        budget.settle(Credits(price), Credits(price))
        spent += price

    assert spent <= 100
    assert Credits(spent) == budget.spent


def test_a_refund_can_be_spent_again() -> None:
    """A failed job's price comes back under the wall."""
    budget = Budget(Credits(10))
    budget.reserve(Credits(10))
    budget.settle(Credits(10), Credits(10))
    budget.refund(Credits(10))

    assert Credits(10) == budget.left


@pytest.mark.parametrize("price", [None, Dollars("0.01")])
def test_an_unknown_price_does_not_pass(price: Cost | None) -> None:
    """A budget lets nothing through whose price it cannot compare."""
    with pytest.raises(BudgetExceeded, match="nothing was sent"):
        Budget(Credits(10)).reserve(price)


def test_without_a_wall_everything_passes() -> None:
    """No budget means no refusal, and nothing to be left."""
    budget = Budget()
    budget.reserve(None)

    assert (None, None) == (budget.left, budget.spent)
