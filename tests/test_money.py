"""Amounts of money, each with its unit."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from leonardo_nb.money import Cost, Credits, Dollars, Unit, converted

if TYPE_CHECKING:
    from collections.abc import Callable


@pytest.mark.parametrize(
    ("amount", "words"),
    [
        (Credits(1), "1 credit"),
        (Credits(11), "11 credits"),
        (Credits(15_000), "15,000 credits"),
        (Dollars("0.0147"), "$0.0147"),
        (Dollars(5), "$5.00"),
        (Dollars(1234.5), "$1,234.50"),
    ],
)
def test_an_amount_reads_as_people_say_it(amount: Cost, words: str) -> None:
    """Credits are counted, dollars have two decimals, or four where the service bills them."""
    assert words == str(amount)


def test_decimals_stay_exact() -> None:
    """Three times a tenth of a cent is what it is on paper."""
    assert Decimal("0.0441") == (Dollars(0.0147) * 3).amount


def test_amounts_of_one_unit_are_numbers() -> None:
    """They add, subtract, compare and are equal by value."""
    assert (Credits(14), Credits(8), True, Credits(3)) == (
        Credits(11) + Credits(3),
        Credits(11) - Credits(3),
        Credits(3) < Credits(11),
        Credits("3"),
    )


@pytest.mark.parametrize(
    "mix", [lambda a, b: a + b, lambda a, b: a - b, lambda a, b: a < b, lambda a, b: a >= b]
)
def test_units_do_not_mix(mix: Callable[[Cost, Cost], object]) -> None:
    """Credits and dollars together are a mistake in the code."""
    with pytest.raises(TypeError, match=r"11 credits and \$5\.00 are different units"):
        mix(Credits(11), Dollars(5))


def test_the_unit_is_chosen_by_the_service_s_word() -> None:
    """As acknowledgements name it."""
    assert [Dollars("0.0147"), Credits(11)] == [
        Cost.of("0.0147", "DOLLARS"),
        Cost.of(11, "CREDITS"),
    ]


@pytest.mark.parametrize(
    ("amount", "unit", "worth"),
    [
        (Credits(11), "DOLLARS", Dollars("0.0165")),
        (Dollars("0.0165"), "CREDITS", Credits(12)),
        (Credits(11), "CREDITS", Credits(11)),
    ],
)
def test_an_amount_has_about_the_same_worth_in_the_other_unit(
    amount: Cost, unit: Unit, worth: Cost
) -> None:
    """Rounded up to what the service bills, so that a wall built of it holds."""
    assert worth == converted(amount, unit)


@pytest.mark.parametrize("amount", ["nan", float("inf"), "a lot"])
def test_an_amount_is_a_number(amount: float | str) -> None:
    """Nothing else can be paid, or be a budget."""
    with pytest.raises(ValueError, match="is no amount of money"):
        Credits(amount)
