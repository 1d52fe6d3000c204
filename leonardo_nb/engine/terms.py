"""
On what terms a job is sent: what it may cost, and what to do when its answer is lost.

Plain values and no I/O. They are written down with the intent, so that a job which another kernel
takes up keeps the budgets that it was asked for with.
"""

from __future__ import annotations

import difflib
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final, Literal, Self, TypeVar, cast

from leonardo_nb.errors import InvalidRequest
from leonardo_nb.money import Cost
from leonardo_nb.service.values import shown

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from leonardo_nb.money import Unit
    from leonardo_nb.service.requests import Body

__all__ = ["AS_USUAL", "Resend", "Terms", "Wall", "checked_budget", "checked_resend"]

B = TypeVar("B", bound="Body")
Resend = Literal["once", "never"]

RESEND: Final = ("once", "never")
NAMES: Final = ("reuse", "budget", "unpriced", "resend")
"""What every function that makes a job takes besides the service's own parameters."""


@dataclass(frozen=True, slots=True)
class Wall:
    """
    The most that the jobs of one scope may cost together.

    Attributes:
        scope: Its name in the library; jobs of all processes that say the same count together.
        limit: The most.
        name: What a sentence calls it, such as "today's budget".
    """

    scope: str
    limit: Cost
    name: str = "the budget"

    def as_json(self) -> dict[str, str]:
        """Return it made of what JSON has."""
        amount = str(self.limit.amount)
        return {"scope": self.scope, "amount": amount, "unit": self.limit.unit, "name": self.name}

    @classmethod
    def of_json(cls, found: Mapping[str, str]) -> Self:
        """Return what `as_json` was made of."""
        limit = Cost.of(found["amount"], cast("Unit", found["unit"]))
        return cls(found["scope"], limit, found["name"])


@dataclass(frozen=True, slots=True)
class Terms:
    """
    What a caller says of a job besides the request.

    Attributes:
        reuse: Whether a finished or unfinished job of the same request will do.
        budget: The most that this one job may cost, or None.
        unpriced: Whether it may be sent although nobody can say its price and there is a budget.
        resend: Whether a request whose answer was lost, and of which nothing was found, is sent
            again "once" or "never".
        sweep: The name of the sweep that it is a cell of, or None.
        walls: Every budget that it counts for, once they are known.
    """

    reuse: bool = False
    budget: Cost | None = None
    unpriced: bool = False
    resend: Resend = "once"
    sweep: str | None = None
    walls: tuple[Wall, ...] = ()

    @classmethod
    def taken_from(cls, parameters: dict[str, Any], usual: Terms | None = None) -> Terms:
        """
        Return what *parameters* say of terms, and take it out of them.

        Args:
            parameters: What a function was called with; its terms are taken out.
            usual: What holds where they say nothing.

        Raises:
            TypeError: A budget without a unit, or a flag that is none.
            InvalidRequest: `resend` is neither "once" nor "never".
        """
        given = {name: parameters.pop(name) for name in NAMES if name in parameters}
        return (usual or cls()).with_(**given)

    def with_(self, **given: Any) -> Terms:  # noqa: ANN401  checked here
        """Return these terms with what is *given*, checked."""
        for name in ("reuse", "unpriced"):
            if not isinstance(given.get(name, False), bool):
                raise TypeError(f"{name}={given[name]!r} must be True or False.")
        checked_budget(given.get("budget"))
        checked_resend(given.get("resend", "once"))
        return replace(self, **given)

    def seeded(self, request: B, typed: Iterable[str]) -> B:
        """Return *request*, with its own seed where it is to be found again and none was typed."""
        return request.seeded(typed) if self.reuse else request

    def of_sweep(self, name: str) -> Terms:
        """Return these terms for the cells of the sweep that is called *name*."""
        return replace(self, sweep=name)

    def behind(self, *walls: Wall | None) -> Terms:
        """Return these terms with *walls* before those that are there."""
        new = tuple(each for each in walls if each is not None)
        scopes = {each.scope for each in new}
        return replace(
            self, walls=(*new, *(each for each in self.walls if each.scope not in scopes))
        )

    def as_json(self) -> dict[str, Any]:
        """Return what another kernel has to know of them, made of what JSON has."""
        return {
            "walls": [each.as_json() for each in self.walls],
            "unpriced": self.unpriced,
            "resend": self.resend,
        }

    @classmethod
    def of_json(cls, found: Mapping[str, Any] | None, sweep: str | None = None) -> Self:
        """Return the terms that a row of the library has; the usual ones where it has none."""
        if found is None:
            return cls(sweep=sweep)
        return cls(
            unpriced=found.get("unpriced") is True,
            resend="never" if found.get("resend") == "never" else "once",
            sweep=sweep,
            walls=tuple(map(Wall.of_json, found.get("walls", ()))),
        )


AS_USUAL: Final = Terms()


def checked_budget(budget: object) -> None:
    """
    Say that *budget* is no amount of money that could be spent.

    Raises:
        TypeError: It has no unit.
        InvalidRequest: It is below 0.
    """
    if isinstance(budget, Cost) and budget.amount < 0:
        least = Cost.of(0, budget.unit)  # -1 times 0 is -0
        raise InvalidRequest(
            f"A budget of {budget} is below nothing; the least is {least}.",
            member="budget",
            value=budget,
            nearest=least,
        )
    if budget is not None and not isinstance(budget, Cost):
        raise TypeError(
            f"budget={shown(budget)} has no unit; write leo.Credits({shown(budget)}) or "
            f"leo.Dollars({shown(budget)})."
        )


def checked_resend(resend: object) -> None:
    """
    Say that *resend* is no choice.

    Raises:
        InvalidRequest: It is neither "once" nor "never".
    """
    if resend in RESEND:
        return
    nearest = (difflib.get_close_matches(str(resend), RESEND, 1, 0) or RESEND)[0]
    raise InvalidRequest(
        f'resend={str(resend)[:40]!r} must be "once" or "never"; the nearest is "{nearest}".',
        member="resend",
        value=resend,
        nearest=nearest,
    )
