"""
A wall for spending.

It lives on the engine's thread, so that nothing here needs a lock.
"""

from __future__ import annotations

from leonardo_nb.errors import BudgetExceeded
from leonardo_nb.money import Cost, converted

__all__ = ["Budget", "Reservation"]


class Budget:
    """
    What is reserved and what is spent never pass *limit* together.

    Amounts in another unit count by about what they are worth in the limit's.

    Attributes:
        limit: The most that may be spent; None for no wall.
        spent: What was charged, in the unit of the limit; None without one.
    """

    def __init__(self, limit: Cost | None = None) -> None:
        self.limit = limit
        self.spent: Cost | None = None if limit is None else limit * 0
        self._reserved: list[Cost] = []

    @property
    def left(self) -> Cost | None:
        """What may still be reserved, or None without a wall."""
        if self.limit is None or self.spent is None:
            return None
        left = self.limit - self.spent
        for amount in self._reserved:
            left -= amount
        return left

    def reserve(self, price: Cost | None) -> Reservation:
        """
        Set *price* aside before anything is sent.

        Raises:
            BudgetExceeded: It would pass the wall, or the price is not known.
        """
        if self.limit is None or self.left is None:
            return Reservation(self, None)
        if price is None:
            raise BudgetExceeded(
                f"The price of this job is not known, and the budget is {self.limit}; "
                "nothing was sent. Connect without a budget to send it."
            )
        amount = converted(price, self.limit.unit)
        if amount > self.left:
            raise BudgetExceeded(
                f"The job costs {amount} and {self.left} of the budget of {self.limit} is left; "
                "nothing was sent. Raise it with leo.connect(budget=...)."
            )
        self._reserved.append(amount)
        return Reservation(self, amount)

    def _turn(self, reserved: Cost, charged: Cost | None) -> None:
        """Take *reserved* off what is set aside, and add *charged* to what is spent."""
        self._reserved.remove(reserved)
        if charged is not None:
            self._spend(charged)

    def _spend(self, amount: Cost) -> None:
        if self.spent is not None:
            self.spent += amount


class Reservation:
    """One job's part of a budget: reserved, then charged or given back."""

    def __init__(self, budget: Budget, amount: Cost | None) -> None:
        self._budget = budget
        self._reserved = amount
        self._charged: Cost | None = None

    def settle(self, cost: Cost | None) -> None:
        """Count *cost* as charged; the reserved price where the service names none."""
        if self._reserved is None:
            return
        charged = self._reserved if cost is None else converted(cost, self._reserved.unit)
        self._budget._turn(self._reserved, charged)  # noqa: SLF001  the two are one idea
        self._reserved, self._charged = None, charged

    def give_back(self) -> None:
        """Free what was reserved, or what was charged, for a job that costs nothing after all."""
        if self._reserved is not None:
            self._budget._turn(self._reserved, None)  # noqa: SLF001  as above
        if self._charged is not None:
            self._budget._spend(self._charged * -1)  # noqa: SLF001  as above
        self._reserved = self._charged = None
