"""
When to look at a job next: plain numbers and no I/O.

The service gives no progress and asks for no interval, so looks gather around the moment at which
such a job is usually done, and thin out after it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Hashable

__all__ = ["Durations", "Polling"]


@dataclass(frozen=True, slots=True)
class Polling:
    """
    How often to look; every time is in seconds.

    Attributes:
        first: The shortest pause before a look.
        growth: By what each pause is longer than the one before.
        longest: The longest pause.
        shared_every: The shortest time between two looks that serve all jobs in flight.
        jitter: The share of a pause that chance may add or take, so that many jobs spread out.
        deadline: After how long without an end a job is reported as overdue.
    """

    first: float = 2.0
    growth: float = 1.5
    longest: float = 15.0
    shared_every: float = 2.0
    jitter: float = 0.1
    deadline: float = 900.0

    def faster(self, times: float) -> Polling:
        """Return the same policy for a service that is *times* as fast, as a simulator may be."""
        return replace(
            self,
            first=self.first / times,
            longest=self.longest / times,
            shared_every=self.shared_every / times,
        )

    def pause(
        self, looks: int, *, waited: float, expected: float | None = None, noise: float = 0.0
    ) -> float:
        """
        Return how long to wait before the next look.

        Args:
            looks: Looks made so far.
            waited: Seconds since the job was accepted.
            expected: Seconds that such a job usually takes, or None where nobody knows.
            noise: From -1 to 1; chooses within the jitter.

        >>> [Polling().pause(n, waited=0) for n in range(4)]
        [2.0, 3.0, 4.5, 6.75]
        >>> Polling().pause(1, waited=2, expected=5.5)  # lands on the expected moment
        3.5
        """
        pause = min(self.longest, self.first * self.growth**looks)
        if expected is not None:
            left = expected - waited
            if left <= 0:  # overdue: by half of the delay so far
                pause = min(self.longest, max(self.first, -left * (self.growth - 1)))
            elif left < pause * self.growth:  # near: land on the moment, or a little after it
                return max(self.first, left) * (1 + self.jitter * abs(noise))
        return pause * (1 + self.jitter * noise)


class Durations:
    """How long jobs of each kind took lately; a moving mean that follows the last few."""

    def __init__(self, weight: float = 0.3) -> None:
        self._weight = weight
        self._seconds: dict[Hashable, float] = {}

    def learn(self, kind: Hashable, seconds: float) -> None:
        """Take in that a job of *kind* took *seconds*."""
        before = self._seconds.get(kind, seconds)
        self._seconds[kind] = before + self._weight * (seconds - before)

    def expected(self, kind: Hashable, default: float | None = None) -> float | None:
        """Return the seconds that a job of *kind* usually takes, or *default*."""
        return self._seconds.get(kind, default)
