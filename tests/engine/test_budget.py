"""A wall for spending, as amounts."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as some

from leonardo_nb.engine.budget import Budget
from leonardo_nb.errors import BudgetExceeded
from leonardo_nb.money import Cost, Credits, Dollars, converted

PRICES = some.integers(min_value=0, max_value=60).map(Credits) | some.decimals(
    min_value=0, max_value="0.09", places=4
).map(Dollars)


@given(
    limit=some.sampled_from([Credits(100), Dollars("0.15")]),
    jobs=some.lists(
        some.tuples(PRICES, some.sampled_from(["settle", "refund", "withdraw", "wait"]))
    ),
)
def test_a_budget_is_a_wall(limit: Cost, jobs: list[tuple[Cost, str]]) -> None:
    """Whatever is asked for, in either unit, what is let through never passes the limit."""
    budget, spent = Budget(limit), limit * 0
    for price, fate in jobs:
        try:
            reservation = budget.reserve(price)
        except BudgetExceeded:
            continue
        if fate in {"settle", "refund"}:
            reservation.settle(price)
        if fate in {"refund", "withdraw"}:
            reservation.give_back()
        if fate == "settle":
            spent += converted(price, limit.unit)

        assert budget.left is not None
        assert budget.left >= limit * 0
    assert spent == budget.spent


def test_what_is_given_back_twice_is_given_back_once() -> None:
    """A refund cannot be counted again."""
    budget = Budget(Credits(10))
    reservation = budget.reserve(Credits(4))
    reservation.settle(None)
    reservation.give_back()
    reservation.give_back()

    assert (Credits(10), Credits(0)) == (budget.left, budget.spent)


def test_the_reserved_price_counts_where_the_service_names_none() -> None:
    """An acknowledgement without a cost is not free."""
    budget = Budget(Credits(10))
    budget.reserve(Credits(4)).settle(None)

    assert Credits(4) == budget.spent


def test_dollars_charged_count_against_credits() -> None:
    """A dollar account cannot pass a budget in credits."""
    budget = Budget(Credits(20))
    budget.reserve(Credits(11)).settle(Dollars("0.0165"))

    assert Credits(12) == budget.spent
    with pytest.raises(BudgetExceeded, match="11 credits and 8 credits of the budget"):
        budget.reserve(Credits(11))


def test_an_unknown_price_does_not_pass() -> None:
    """A budget lets nothing through whose price nobody knows."""
    with pytest.raises(BudgetExceeded, match="nothing was sent"):
        Budget(Credits(10)).reserve(None)


def test_without_a_wall_everything_passes() -> None:
    """No budget means no refusal, and nothing to be left."""
    budget = Budget()
    budget.reserve(None).settle(Credits(5))

    assert (None, None) == (budget.left, budget.spent)
