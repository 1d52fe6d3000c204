"""How one studio's requests behave: each waits for its turn, and goes again where it may."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from leonardo_nb.service.retries import Kind, retried

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from leonardo_nb.clock import Clock
    from leonardo_nb.engine.limits import Limits, Pace

__all__ = ["Manners"]

T = TypeVar("T")


class Manners:
    """
    Paces every request but those that make jobs, which take their turn where they are sent.

    Args:
        pace: When each may go.
        limits: For how long "too many requests" is tried again.
        clock: What pauses are made with.
    """

    def __init__(self, pace: Pace, limits: Limits, clock: Clock) -> None:
        self._pace = pace
        self._limits = limits
        self._clock = clock

    async def ask(self, kind: Kind, send: Callable[[], Awaitable[T]], *, once: bool) -> T:
        """Return what *send* returns, called at its turn, and again as the policy says."""
        if kind is Kind.UPLOAD:  # goes to a storage, which counts nothing
            turn = send
        else:

            async def turn() -> T:
                async with self._pace.request():
                    return await send()

        if once:
            return await turn()
        return await retried(
            kind,
            turn,
            self._clock,
            patience=self._limits.patience,
            longest_retry_after=self._limits.longest_retry_after,
        )
