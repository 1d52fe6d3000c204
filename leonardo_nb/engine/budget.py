"""
Walls for spending, which hold for every process that shares the library.

What is set aside and what was charged is in the ledger, where one transaction looks and reserves;
here it becomes errors in sentences.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import anyio.to_thread

from leonardo_nb.engine.gathering import Gathering
from leonardo_nb.errors import BudgetExceeded
from leonardo_nb.money import converted

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from leonardo_nb.engine.terms import Terms, Wall
    from leonardo_nb.library.ledger import Ledger
    from leonardo_nb.money import Cost

__all__ = ["Purse"]


class _Asked(NamedTuple):
    """An amount that is to be set aside for one job behind one wall."""

    uid: str
    amount: Cost
    wall: Wall


class Purse:
    """
    Sets money aside before anything is sent.

    It is settled by what the ledger learns of the job: charged at the acknowledgement, given back
    where nothing was made or the service refunds, and counted as spent where nobody knows.

    Args:
        ledger: Where it is written down.
        wall: The studio's own budget, or None.
    """

    def __init__(self, ledger: Ledger, wall: Wall | None) -> None:
        self.wall = wall
        self._ledger = ledger
        # many at once: each sums up its scope, and ten thousand sums of ten thousand take minutes
        self._asked = Gathering(self._reserved)

    @property
    def spent(self) -> Cost | None:
        """What was spent of the studio's budget, in its unit; None without one."""
        if self.wall is None:
            return None
        return self._ledger.reserved(self.wall.scope, self.wall.limit.unit)[0]

    @property
    def left(self) -> Cost | None:
        """What may still be set aside of it; None without one."""
        return None if self.wall is None else self.left_of(self.wall)

    async def reserve(self, uid: str, price: Cost | None, terms: Terms) -> None:
        """
        Set *price* aside for job *uid*, which is written down, behind every wall of *terms*.

        Raises:
            BudgetExceeded: It would pass one of them, or the price is not known.
        """
        for wall in terms.walls:
            amount = self._amount(price, wall, terms)
            if not await self._asked.done(_Asked(uid, amount, wall)):
                left = await anyio.to_thread.run_sync(self.left_of, wall)
                raise BudgetExceeded(
                    f"The job costs {converted(amount, wall.limit.unit)} and {left} of {wall.name} "
                    f"of {wall.limit} is left; nothing was sent. {_advice(wall)}"
                )

    def _reserved(self, asked: Sequence[_Asked]) -> Sequence[bool]:
        """Return which of *asked* were set aside; one transaction for each wall."""
        of_wall: dict[Wall, dict[str, Cost]] = {}
        for each in asked:
            of_wall.setdefault(each.wall, {})[each.uid] = each.amount
        kept = {
            wall: self._ledger.reserve_all(amounts, wall.limit, wall.scope)
            for wall, amounts in of_wall.items()
        }
        return [each.uid in kept[each.wall] for each in asked]

    @staticmethod
    def _amount(price: Cost | None, wall: Wall, terms: Terms) -> Cost:
        if price is not None:
            return price
        if terms.unpriced:  # counts from its acknowledgement on
            return wall.limit * 0
        raise BudgetExceeded(
            f"The price of this job is not known before it is made, so {wall.name} of "
            f"{wall.limit} cannot be kept; nothing was sent. unpriced=True sends it all the same, "
            "and counts what it turns out to cost."
        )

    def left_of(self, wall: Wall, *, without: Iterable[str] = ()) -> Cost:
        """
        Return what may still be set aside behind *wall*.

        Args:
            wall: The budget.
            without: Jobs that have cost nothing yet; what is set aside for them counts as left.
        """
        unit = wall.limit.unit
        spent, kept = self._ledger.reserved(wall.scope, unit)
        theirs = self._ledger.set_aside(wall.scope, without) if without else {}
        back = sum((converted(each, unit) for each in theirs.values()), wall.limit * 0)
        return max(wall.limit - spent - kept + back, wall.limit * 0)


def _advice(wall: Wall) -> str:
    if wall.scope.startswith("sweep "):
        return "Raise it with budget=..., or sweep over less."
    if wall.scope.startswith("job "):
        return "Raise it with budget=..., or ask for less."
    return "Raise it with leo.connect(budget=...)."
