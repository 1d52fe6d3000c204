"""The least time that many jobs take."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as some

from leonardo_nb.engine.bounds import bound_seconds

SECONDS = some.lists(some.integers(1, 50), max_size=60)


@pytest.mark.parametrize(
    ("durations", "slots", "posts", "seconds"),
    [
        ([], 10, 100, 0),
        ([4, 4, 4], 2, 100, 8),
        ([4, 4, 4], 0, 100, 12),
        ([4] * 5, 10, 2, 124),
        ([50, 50, 1], 1, 2, 101),
    ],
    ids=["nothing", "slots", "at least one slot", "a minute", "both"],
)
def test_bounds(durations: list[float], slots: int, posts: int, seconds: float) -> None:
    """Slots are taken as they come free, and requests go as early as the minute lets them."""
    assert seconds == bound_seconds(durations, slots, posts)


@given(SECONDS, some.integers(1, 12), some.integers(1, 40))
def test_nobody_is_faster_than_the_work(durations: list[float], slots: int, posts: int) -> None:
    """It is never below the work that is shared by all slots, nor below the longest job."""
    bound = bound_seconds(durations, slots, posts)

    assert bound >= sum(durations) / slots
    assert bound >= max(durations, default=0)


@given(SECONDS, some.integers(1, 12), some.integers(1, 40))
def test_more_requests_are_never_slower(durations: list[float], slots: int, posts: int) -> None:
    """A service that takes one request more a minute is done as soon, or sooner."""
    assert bound_seconds(durations, slots, posts + 1) <= bound_seconds(durations, slots, posts)


@given(SECONDS, some.integers(1, 12))
def test_without_a_limit_a_minute(durations: list[float], slots: int) -> None:
    """Only the slots count."""
    assert bound_seconds(durations, slots) == bound_seconds(durations, slots, len(durations) + 1)
