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

__all__ = ["Awake", "Durations", "Polling"]

LONGEST_STEP = 60.0
"""Seconds; a wait is read at least this often, unless the machine slept or its clock jumped."""
FARTHEST_SAMPLE = 4.0
"""Times as long as usual; what seems to have taken longer slept on the way."""


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
        deadline: After how many seconds awake without an end a job is reported as overdue; what
            the machine slept does not count.
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


class Awake:
    """
    Counts the seconds for which somebody was there to wait, from readings of a clock.

    A monotonic clock stands still while Linux is suspended and goes on under macOS and Windows, and
    virtual machines jump. A deadline that is a difference of two readings would then report jobs
    as overdue although nobody has looked at them. Here a step between two readings counts at most
    *longest_step*, so that a night with the lid closed is one pause.

    Args:
        now: The clock's reading at the start, in seconds.
        longest_step: What one step counts at most, in seconds; longer than any pause between two
            readings that is meant.

    >>> awake = Awake(100.0)
    >>> [awake.at(now) for now in (110.0, 40_110.0, 40_120.0)]
    [10.0, 70.0, 80.0]
    """

    def __init__(self, now: float, longest_step: float = LONGEST_STEP) -> None:
        self._last = now
        self._longest_step = longest_step
        self._counted = 0.0

    def at(self, now: float) -> float:
        """Return the seconds awake so far, *now* being the clock's reading."""
        self._counted += min(max(0.0, now - self._last), self._longest_step)
        self._last = now
        return self._counted


class Durations:
    """How long jobs of each kind took lately; a moving mean that follows the last few."""

    def __init__(self, weight: float = 0.3) -> None:
        self._weight = weight
        self._seconds: dict[Hashable, float] = {}

    def learn(self, kind: Hashable, seconds: float) -> None:
        """Take in that a job of *kind* took *seconds*; at most four times as long as usual."""
        before = self._seconds.get(kind, seconds)
        seconds = min(seconds, FARTHEST_SAMPLE * before)
        self._seconds[kind] = before + self._weight * (seconds - before)

    def expected(self, kind: Hashable, default: float | None = None) -> float | None:
        """Return the seconds that a job of *kind* usually takes, or *default*."""
        return self._seconds.get(kind, default)
