"""How long many jobs take at least, by what the service allows: plain numbers and no I/O."""

from __future__ import annotations

import heapq
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["bound_seconds"]

MINUTE: Final = 60.0


def bound_seconds(
    durations: Iterable[float], slots: int, posts_per_minute: float = float("inf")
) -> float:
    """
    Return the seconds from the first request to the end of the last job; nobody can be faster.

    Each job takes the first slot that is free once its request may go. In any 60 seconds go at
    most so many requests, which are then sent together as early as they may.

    Args:
        durations: Seconds that each job takes once it has a slot, in the order of sending.
        slots: How many the account has at work at once; at least 1 is assumed.
        posts_per_minute: How many requests for jobs the service takes in 60 seconds, at least 1.
            For a service that is sped up, give durations and limits as they would be without.

    Returns:
        0 for no jobs.

    >>> bound_seconds([4, 4, 4], 2)
    8.0
    >>> bound_seconds([4] * 5, 10, posts_per_minute=2)  # two at 0, at 60, and one at 120
    124.0
    """
    free = [0.0] * max(slots, 1)
    last = 0.0
    for number, seconds in enumerate(durations):
        may_go = MINUTE * (number // max(posts_per_minute, 1.0))
        end = max(free[0], may_go) + seconds
        heapq.heapreplace(free, end)
        last = max(last, end)
    return last
