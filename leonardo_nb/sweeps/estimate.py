"""
What a sweep will cost and how long it will take, known before anything is paid.

On its own because a plan asks once, before, and a run asks again and again while it fills.
"""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from leonardo_nb.engine.bounds import bound_seconds
from leonardo_nb.money import converted
from leonardo_nb.service.catalog import expected_seconds

if TYPE_CHECKING:
    from collections.abc import Iterable

    from leonardo_nb.engine.kinds import GenerationJob
    from leonardo_nb.money import Cost, Unit
    from leonardo_nb.service.requests import CreateGeneration
    from leonardo_nb.studios import Studio

__all__ = [
    "Estimate",
    "counted",
    "in_words",
    "remaining_seconds",
    "seconds_for",
    "seconds_of",
    "slots_of",
    "total",
    "usual_seconds",
]

USUAL_SLOTS = 10
"""Jobs at once on an account whose own number is not known yet."""


@dataclass(frozen=True, slots=True, repr=False)
class Estimate:
    """
    The size, price and duration of a plan.

    Attributes:
        cells: Places in the grid.
        jobs: Requests that are sent and paid; fewer than cells where cells ask for the same.
        images: Pictures that come back.
        cost: The price of all of them, or None where the service names none.
        seconds: How long it takes under the account's slots, from the first to the last.
    """

    cells: int
    jobs: int
    images: int
    cost: Cost | None
    seconds: float

    def __str__(self) -> str:
        price = str(self.cost) if self.cost is not None else "price unknown"
        parts = [counted(self.cells, "cell"), counted(self.images, "image"), price]
        if self.jobs < self.cells:
            parts.insert(1, counted(self.jobs, "job"))
        return f"{', '.join(parts)}, about {in_words(self.seconds)}"

    def __repr__(self) -> str:
        return f"<Estimate: {self}>"


def counted(number: int, noun: str) -> str:
    """
    Return a number with its noun.

    >>> counted(1, "cell"), counted(1200, "cell")
    ('1 cell', '1,200 cells')
    """
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def in_words(seconds: float) -> str:
    """
    Return a duration as it is said, rounded up to what can be known.

    >>> in_words(3.2), in_words(41), in_words(200), in_words(7000)
    ('4 s', '45 s', '4 min', '2 h')
    """
    if seconds <= 10:
        return f"{max(math.ceil(seconds), 1)} s"
    if seconds <= 90:
        return f"{math.ceil(seconds / 5) * 5} s"
    if seconds <= 90 * 60:
        return f"{math.ceil(seconds / 60)} min"
    return f"{math.ceil(seconds / 3600)} h"


def total(costs: Iterable[Cost | None]) -> Cost | None:
    """
    Return the sum, or None where a part of it is unknown or nothing is summed.

    On a dollar account prices are in credits and charges in dollars: together they are dollars.
    """
    parts = list(costs)
    known = [cost for cost in parts if cost is not None]
    if not known or len(known) < len(parts):
        return None
    unit: Unit = "DOLLARS" if any(cost.unit == "DOLLARS" for cost in known) else "CREDITS"
    summed = converted(known[0], unit)
    for cost in known[1:]:
        summed += converted(cost, unit)
    return summed


def seconds_of(studio: Studio, requests: Iterable[tuple[CreateGeneration, int]]) -> float:
    """
    Return about how long *requests* take on the studio's account, from the first to the last.

    Its slots count, the requests that it may send in a minute, and how long such jobs took lately.

    Args:
        studio: Whose account.
        requests: Different ones, and how often each is sent.
    """
    return seconds_for(
        studio,
        itertools.chain.from_iterable(
            itertools.repeat(studio.expected_seconds(request), times) for request, times in requests
        ),
    )


def seconds_for(studio: Studio, durations: Iterable[float]) -> float:
    """
    Return about how long jobs take on the studio's account, from now to the end of the last.

    Args:
        studio: Whose account: its slots, and the requests that it may send in a minute.
        durations: Seconds that each job takes once it has a slot. Those that run come first, with
            what is left of them; each counts as a request of this minute.
    """
    at_usual_speed = (seconds * studio.speed for seconds in durations)
    a_minute = studio.limits.creates_per_minute
    return bound_seconds(at_usual_speed, slots_of(studio), a_minute) / studio.speed


def usual_seconds(job: GenerationJob) -> float:
    """Return how long such a job usually takes."""
    return job.expected or expected_seconds(job.request.wire())


def remaining_seconds(job: GenerationJob) -> float:
    """Return the seconds that *job*, which was sent, still takes; one that is late takes 1."""
    left = usual_seconds(job) if job.remaining is None else job.remaining
    return max(left, 1.0)  # one that is late is nearly there; nobody knows better


def slots_of(studio: Studio) -> int:
    """Return how many jobs run at once on the studio's account."""
    return studio.slots or USUAL_SLOTS
