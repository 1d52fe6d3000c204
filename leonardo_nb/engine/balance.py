"""What the account has and what jobs would cost, each asked for no more often than it changes."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import anyio

from leonardo_nb.errors import LeonardoError, UnexpectedResponse

if TYPE_CHECKING:
    from collections.abc import Callable

    from leonardo_nb.clock import Clock
    from leonardo_nb.money import Cost
    from leonardo_nb.service.client import Client
    from leonardo_nb.service.requests import Body
    from leonardo_nb.service.responses import Account

__all__ = ["Balance"]

log = logging.getLogger("leonardo_nb")

ACCOUNT_EVERY = 1.0
"""Seconds; the balance is not asked for more often."""
QUIETLY = 2.0
"""Seconds of the machine's own clock, for which a job that has ended waits for the balance."""
UNPRICED_SECONDS = 30.0
"""For how long a price that the calculator did not give is not asked for again."""


class Balance:
    """
    Asks for the account and for prices, and remembers them.

    Args:
        client: The service.
        clock: Time.
        speed: How many times as fast as the real service it is.
        told: Called with the account whenever it was asked for.

    Attributes:
        account: As last seen; None before the first answer.
    """

    def __init__(
        self, client: Client, clock: Clock, speed: float, told: Callable[[Account], object]
    ) -> None:
        self.account: Account | None = None
        self._client = client
        self._clock = clock
        self._speed = speed
        self._told = told
        self._prices: dict[str, Cost] = {}
        self._pricing: dict[str, anyio.Lock] = {}
        self._unpriced: dict[str, tuple[LeonardoError, float]] = {}
        self._accounting = anyio.Lock()
        self._account_seen = float("-inf")

    async def price(self, request: Body, size: tuple[int, int] | None = None) -> Cost:
        """
        Return what *request* would cost, from the service's calculator; asked once for each price.

        Args:
            request: What would be asked for.
            size: Width and height in pixels of what it begins with, where they are known.

        Raises:
            LeonardoError: The calculator does not know, or does not answer.
        """
        key = request.price_key(size)
        async with self._pricing.setdefault(key, anyio.Lock()):
            if key in self._prices:
                return self._prices[key]
            known, until = self._unpriced.get(key, (None, 0.0))
            if known is not None and self._clock.now() < until:
                raise known
            try:
                self._prices[key] = await self._client.price(request, size=size)
            except LeonardoError as error:
                self._unpriced[key] = (error, self._clock.now() + UNPRICED_SECONDS)
                raise
            return self._prices[key]

    async def refresh(self, *, always: bool = False, once: bool = False) -> Account:
        """
        Ask for balance and slots, unless that was done a moment ago.

        Args:
            always: Ask even then, because somebody wants to read it.
            once: Do not ask again where that fails.

        Raises:
            LeonardoError: The service does not answer, or refuses the key.
        """
        async with self._accounting:
            age = self._clock.now() - self._account_seen
            if always or self.account is None or age >= ACCOUNT_EVERY / self._speed:
                self.account = await self._client.me(once=once)
                self._account_seen = self._clock.now()
                self._told(self.account)
            return self.account

    async def user_id(self) -> str:
        """
        Return the id that the account's lists are asked with.

        Raises:
            UnexpectedResponse: The service does not say whose key it is.
        """
        account = self.account or await self.refresh()
        if account.user_id is None:
            account = await self.refresh(always=True)
        if account.user_id is None:
            raise UnexpectedResponse(
                "The service does not say whose key this is (its answer to GET /me names no user), "
                "so that the account's lists cannot be asked for. Jobs run all the same, and "
                "leo.jobs() has those of this library.",
                status=200,
            )
        return account.user_id

    async def refresh_quietly(self) -> None:
        """Ask for balance and slots, once and not for long, where nothing depends on the answer."""
        try:
            with anyio.move_on_after(QUIETLY):
                await self.refresh(once=True)
        except LeonardoError as error:
            log.info("The balance could not be asked for: %s", error)
