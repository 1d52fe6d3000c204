"""Whose account it is and what is left, as a value that shows itself."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING

from leonardo_nb.account.tables import LINE, QUIET
from leonardo_nb.engine.markup import NO_MATH

if TYPE_CHECKING:
    from datetime import datetime

    from leonardo_nb.money import Cost, Credits, Dollars
    from leonardo_nb.service.responses import Account

__all__ = ["Me"]


@dataclass(frozen=True)
class Me:
    """
    An account, as it was when it was asked for.

    Attributes:
        user_id: The service's id of the account, or None where it does not say.
        username: As shown on the site; may be empty.
        balance: API credits left, or None where the service does not say.
        slots: How many image jobs run at once; further ones wait.
        renewal: When an API plan is renewed, in UTC, or None where there is none.
        simulated: Whether it is the built-in simulator's, which costs nothing.
        budget: The most that this studio may spend, or None.
        spent: What it has spent of that, or None.
    """

    __module__ = "leonardo_nb"

    user_id: str | None
    username: str
    balance: Cost | None
    slots: int
    renewal: datetime | None
    simulated: bool
    budget: Cost | None = None
    spent: Cost | None = None

    @classmethod
    def of(
        cls, account: Account, *, simulated: bool, budget: Cost | None, spent: Cost | None
    ) -> Me:
        """Return what *account* says, and what this studio may spend of it."""
        return cls(
            account.user_id,
            account.username,
            account.balance,
            account.slots,
            account.renewal,
            simulated,
            budget,
            spent,
        )

    @property
    def credits(self) -> Credits | None:
        """The balance in credits, or None where the service does not say."""
        return None if self.balance is None else self.balance.credits

    @property
    def dollars(self) -> Dollars | None:
        """About what the balance is worth in dollars, or None where the service does not say."""
        return None if self.balance is None else self.balance.dollars

    def facts(self) -> tuple[tuple[str, str], ...]:
        """Return what it shows: pairs of a name and a text."""
        balance = "not said by the service"
        if self.balance is not None:
            other = self.dollars if self.balance.unit == "CREDITS" else self.credits
            balance = f"{self.balance}, about {other}"
        renewal = "none; what was bought does not expire"
        if self.renewal is not None:
            renewal = f"{self.renewal:%Y-%m-%d}"
        shown = [
            ("account", self.username or self.user_id or "not said by the service"),
            ("balance", balance),
            ("at once", f"{self.slots} image {'job' if self.slots == 1 else 'jobs'}"),
            ("renewal", renewal),
        ]
        if self.budget is not None:
            shown.append(("budget", f"{self.spent} of {self.budget} spent"))
        if self.simulated:
            shown.append(("service", "the built-in simulator, which costs nothing"))
        return tuple(shown)

    def __repr__(self) -> str:
        facts = self.facts()
        width = max(len(name) for name, _ in facts)
        return "\n".join(
            f"{name.ljust(width)}  {''.join(c if c.isprintable() else ' ' for c in text)}"
            for name, text in facts
        )

    def _repr_html_(self) -> str:
        rows = "".join(
            f"<tr style='background:none;{'' if at == 0 else f'border-top:{LINE}'}'>"
            f"<td style='text-align:left;padding:4px 18px 4px 0;{QUIET}'>{escape(name)}</td>"
            f"<td style='text-align:left;padding:4px 0;white-space:normal'>{escape(text)}</td></tr>"
            for at, (name, text) in enumerate(self.facts())
        )
        return (
            f"<table {NO_MATH} style='border-collapse:collapse;margin:0;font-size:13px;"
            "line-height:1.35'>"
            f"<tbody>{rows}</tbody></table>"
        )
