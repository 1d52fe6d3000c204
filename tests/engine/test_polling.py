"""When to look next, as numbers."""

from __future__ import annotations

import itertools

from hypothesis import given
from hypothesis import strategies as some

from leonardo_nb.engine.polling import Awake, Durations, Polling

SECONDS = some.floats(min_value=0, max_value=10_000)


@given(
    looks=some.integers(min_value=0, max_value=500),
    waited=SECONDS,
    expected=some.none() | SECONDS,
    noise=some.floats(min_value=-1, max_value=1),
)
def test_a_pause_is_bounded(
    looks: int, waited: float, expected: float | None, noise: float
) -> None:
    """No pause is shorter than the first or longer than the longest, but for the jitter."""
    policy = Polling()

    pause = policy.pause(looks, waited=waited, expected=expected, noise=noise)

    assert policy.first * (1 - policy.jitter) <= pause
    assert pause <= policy.longest * policy.growth * (1 + policy.jitter)


@given(expected=some.floats(min_value=2, max_value=600))
def test_looks_gather_around_the_expected_moment(expected: float) -> None:
    """Some look falls on the expected moment, or a shortest pause after it."""
    policy, at, looks = Polling(), 0.0, 0
    while at < expected - 1e-9:
        at += policy.pause(looks, waited=at, expected=expected)
        looks += 1

    assert at - expected <= policy.first


def test_looks_thin_out_when_overdue() -> None:
    """Past the expected moment pauses grow with the delay, up to the longest."""
    policy = Polling()

    pauses = [policy.pause(9, waited=10 + late, expected=10) for late in (0, 4, 10, 20, 1000)]

    assert [2.0, 2.0, 5.0, 10.0, 15.0] == pauses


def test_durations_follow_the_last_jobs() -> None:
    """A kind that is not known gives the default; a known one moves towards what it took."""
    durations = Durations(weight=0.5)

    unknown = durations.expected("a", default=3.0)
    durations.learn("a", 8.0)
    durations.learn("a", 4.0)

    assert (3.0, 6.0) == (unknown, durations.expected("a"))


def test_an_outlier_is_taken_for_a_nap() -> None:
    """A job that seems to have taken the whole night moves the mean by little."""
    durations = Durations(weight=0.5)

    durations.learn("a", 8.0)
    durations.learn("a", 8 * 3600.0)

    assert 20.0 == durations.expected("a")


@given(
    steps=some.lists(some.floats(min_value=-1e6, max_value=1e6), max_size=30),
    longest=some.floats(min_value=1, max_value=100),
)
def test_a_jump_counts_as_one_step(steps: list[float], longest: float) -> None:
    """Seconds awake never go back, and grow by at most the longest step between two readings."""
    now, awake = 0.0, Awake(0.0, longest)
    readings = [0.0]
    for step in steps:
        now += step
        readings.append(awake.at(now))

    grown = [later - earlier for earlier, later in itertools.pairwise(readings)]
    assert all(0 <= each <= longest * 1.000001 for each in grown)


@given(steps=some.lists(some.floats(min_value=0, max_value=59), max_size=30))
def test_awake_is_the_clock_without_jumps(steps: list[float]) -> None:
    """Where every step is short, seconds awake are the clock's."""
    now, awake = 0.0, Awake(0.0)
    for step in steps:
        now += step
        awake.at(now)

    assert abs(now - awake.at(now)) < 1e-6
