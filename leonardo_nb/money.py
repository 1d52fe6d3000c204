"""
Amounts of money, each with its unit.

The service counts in credits on older accounts and in dollars on newer ones; an amount without
its unit could be added to one of the other kind, so there is none.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_UP, Decimal, InvalidOperation
from typing import ClassVar, Literal, Protocol, Self

__all__ = ["Cost", "Credits", "Dollars", "Unit", "converted"]

Unit = Literal["CREDITS", "DOLLARS"]

CREDIT_IN_DOLLARS = Decimal("0.001495")
"""What a credit costs in the largest plan; the quoted dollar prices fit it."""


class Printer(Protocol):
    """What IPython prints values with."""

    stack: list[int]
    """What is being printed, from the outside in."""

    def text(self, text: str) -> None:
        """Print *text*."""


@dataclass(frozen=True, slots=True)
class Cost:
    """
    An amount of money; `Credits` or `Dollars`.

    Amounts of one unit add, subtract, multiply and compare; mixing units is a TypeError.
    """

    amount: Decimal
    unit: ClassVar[Unit]

    def __init__(self, amount: Decimal | float | str) -> None:
        try:
            # str() first, so that 0.0147 stays 0.0147
            exact = Decimal(str(amount))
        except InvalidOperation:
            exact = Decimal("nan")
        if not exact.is_finite():
            raise ValueError(f"{amount!r} is no amount of money.")
        object.__setattr__(self, "amount", exact)

    @staticmethod
    def of(amount: Decimal | float | str, unit: Unit) -> Cost:
        """Return *amount* in *unit*."""
        return Dollars(amount) if unit == "DOLLARS" else Credits(amount)

    @property
    def credits(self) -> Credits:
        """About how many credits it is, rounded up; exact where it is in credits."""
        return Credits(converted(self, "CREDITS").amount)

    @property
    def dollars(self) -> Dollars:
        """About how many dollars it is, rounded up to four decimals; exact where it is dollars."""
        return Dollars(converted(self, "DOLLARS").amount)

    def _same_unit(self, other: Cost) -> Decimal:
        if type(other) is not type(self):
            raise TypeError(f"{self} and {other} are different units; they cannot be combined.")
        return other.amount

    def __add__(self, other: Cost) -> Self:
        return type(self)(self.amount + self._same_unit(other))

    def __sub__(self, other: Cost) -> Self:
        return type(self)(self.amount - self._same_unit(other))

    def __mul__(self, times: int) -> Self:
        return type(self)(self.amount * times)

    def __lt__(self, other: Cost) -> bool:
        return self.amount < self._same_unit(other)

    def __le__(self, other: Cost) -> bool:
        return self.amount <= self._same_unit(other)

    def __gt__(self, other: Cost) -> bool:
        return self.amount > self._same_unit(other)

    def __ge__(self, other: Cost) -> bool:
        return self.amount >= self._same_unit(other)

    def _repr_pretty_(self, printer: Printer, cycle: bool) -> None:  # noqa: FBT001  IPython's own
        """Show a cell's last value as people say it, in both units; inside others it is code."""
        del cycle
        if len(printer.stack) > 1:
            printer.text(repr(self))
            return
        other = self.dollars if self.unit == "CREDITS" else self.credits
        printer.text(f"{self}, about {other}")


@dataclass(frozen=True, slots=True, init=False)
class Credits(Cost):
    """An amount in API credits; reads as "11 credits"."""

    unit: ClassVar[Unit] = "CREDITS"

    def __str__(self) -> str:
        return f"{self.amount:,f} {'credit' if self.amount == 1 else 'credits'}"

    def __repr__(self) -> str:
        return f"Credits({self.amount})"

    _repr_pretty_ = Cost._repr_pretty_  # IPython takes a class's own `__repr__` first


@dataclass(frozen=True, slots=True, init=False)
class Dollars(Cost):
    """An amount in US dollars; reads as "$0.0147", for the service bills four decimals."""

    unit: ClassVar[Unit] = "DOLLARS"

    def __str__(self) -> str:
        cents = self.amount.quantize(Decimal("0.01"))
        shown = cents if cents == self.amount else self.amount.quantize(Decimal("0.0001"))
        return f"${shown:,f}"

    def __repr__(self) -> str:
        return f"Dollars({str(self.amount)!r})"

    _repr_pretty_ = Cost._repr_pretty_


def converted(amount: Cost, unit: Unit) -> Cost:
    """
    Return about the same *amount* in *unit*, rounded up to what the service bills.

    The calculator answers in credits on dollar accounts too, so a price there is an estimate.
    """
    if amount.unit == unit:
        return amount
    if unit == "DOLLARS":
        dollars = amount.amount * CREDIT_IN_DOLLARS
        return Dollars(dollars.quantize(Decimal("0.0001"), rounding=ROUND_UP))
    credits_ = amount.amount / CREDIT_IN_DOLLARS
    return Credits(credits_.quantize(Decimal(1), rounding=ROUND_UP))
