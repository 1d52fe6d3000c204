"""Who may go when, as plain values: what holds whatever happens."""

from __future__ import annotations

import heapq
import itertools
import json
import math

import pytest
from hypothesis import example, given
from hypothesis import strategies as some

from leonardo_nb.engine.turns import (
    LATE,
    LEAST_SHARE,
    MINUTE,
    WINDOW,
    Room,
    Standing,
    Ticket,
    answered,
    ask,
    slow,
    withdraw,
)

HOLD = 120.0
MOMENTS = some.floats(min_value=0, max_value=600)


def played(
    arrivals: list[float],
    lines: dict[str, int],
    refusals: list[float] | None = None,
    start: float = 0.0,
    late: list[float] | None = None,
) -> tuple[list[tuple[float, int]], Standing]:
    """
    Let everybody come at his moment and ask until he may go.

    Returns (moment, number) of each turn in the order in which they were taken; whoever came
    earlier has the lower number. A refusal is said to the first line at its moment. Whoever is
    answered more than a second *late* says so then.
    """
    standing = Standing()
    turns: dict[int, float] = {}
    todo: list[tuple[float, int, int]] = [
        (start + at, 1, number) for number, at in enumerate(sorted(arrivals))
    ]
    todo += [(start + at, 0, -1) for at in refusals or []]
    heapq.heapify(todo)
    for _ in range(20_000):
        if not todo:
            return [(at, number) for number, at in turns.items()], standing
        now, _, number = heapq.heappop(todo)
        if number < 0:
            slow(standing, next(iter(lines)), now, retry_after=None, longest_hold=HOLD)
        elif number in turns:
            answered(standing, lines, turns[number], now)
        elif wait := ask(standing, lines, str(number), now, HOLD):
            heapq.heappush(todo, (now + max(wait, 0.001), 1, number))
        else:
            turns[number] = now
            if late is not None and late[number] > LATE:
                heapq.heappush(todo, (now + late[number], 2, number))
    raise AssertionError("somebody waits for ever")


def most_in_a_minute(moments: list[float]) -> int:
    """Return the largest number of *moments* in any 60 seconds, of which the end does not count."""
    return max(
        (sum(begin <= each < begin + MINUTE for each in moments) for begin in moments), default=0
    )


@given(
    arrivals=some.lists(MOMENTS, max_size=40),
    most=some.integers(1, 12),
    refusals=some.lists(MOMENTS, max_size=5),
    start=some.sampled_from([0.0, 1_800_000_000.0]),
    late=some.lists(some.floats(0, 60), min_size=40, max_size=40),
)
@example(arrivals=[0.0] * 40, most=1, refusals=[0.0, 30.0, 90.0], start=0.0, late=[0.0] * 40)
@example(arrivals=[0.0, 0.0], most=1, refusals=[], start=0.0, late=[2.0] + [0.0] * 39)
def test_never_more_than_so_many_in_any_minute(
    arrivals: list[float], most: int, refusals: list[float], start: float, late: list[float]
) -> None:
    """Whoever comes when, whatever is refused, however late it arrives: the limit holds."""
    taken, _ = played(arrivals, {"line": most}, refusals, start, late)

    assert sorted(range(len(arrivals))) == sorted(number for _, number in taken)
    assert most_in_a_minute([at + late[number] for at, number in taken]) <= most


@given(
    arrivals=some.lists(MOMENTS, max_size=40, unique=True),
    most=some.integers(1, 12),
    refusals=some.lists(MOMENTS, max_size=5),
)
def test_first_come_first_served(arrivals: list[float], most: int, refusals: list[float]) -> None:
    """Nobody is overtaken, also where each is another process."""
    taken, _ = played(arrivals, {"line": most}, refusals)

    assert list(range(len(arrivals))) == [number for _, number in taken]


@given(arrivals=some.lists(MOMENTS, min_size=1, max_size=30), most=some.integers(1, 10))
def test_nobody_waits_longer_than_the_line(arrivals: list[float], most: int) -> None:
    """Who finds n before him goes after n // most minutes at the latest, and a look."""
    taken, _ = played(arrivals, {"line": most})
    came = sorted(arrivals)

    assert all(at - came[number] <= (number // most) * WINDOW + number + 1 for at, number in taken)


@given(arrivals=some.lists(MOMENTS, max_size=30))
def test_a_turn_is_taken_in_every_line_or_in_none(arrivals: list[float]) -> None:
    """A request for a job counts among those of its endpoint and among all."""
    taken, standing = played(arrivals, {"generations": 3, "requests": 5})

    last = {name: line.taken for name, line in standing.lines.items()}
    assert last.get("generations") == last.get("requests")
    assert most_in_a_minute([at for at, _ in taken]) <= 3


def test_a_narrow_line_holds_up_no_wide_one() -> None:
    """While a job waits for its endpoint's line, looks go on."""
    standing = Standing()
    creates = {"generations": 1, "requests": 2000}

    assert 0 == ask(standing, creates, "first", 0.0, HOLD)
    assert 61 == ask(standing, creates, "second", 0.0, HOLD)
    assert [0] * 50 == [ask(standing, {"requests": 2000}, f"look {n}", n, HOLD) for n in range(50)]
    assert 0 == ask(standing, creates, "second", 61.0, HOLD)


def test_who_withdraws_holds_up_nobody() -> None:
    """The next one is the first at once."""
    standing, lines = Standing(), {"line": 1}
    for name in ("goes", "withdraws", "stays"):
        ask(standing, lines, name, 0.0, HOLD)

    withdraw(standing, lines, "withdraws")

    assert 0 == ask(standing, lines, "stays", 61.0, HOLD)


def test_the_dead_hold_nobody_up_for_long() -> None:
    """A process that died at the head of the line is passed after half a minute."""
    standing, lines = Standing(), {"line": 1}
    for name in ("goes", "dies", "lives"):
        ask(standing, lines, name, 0.0, HOLD)

    now = 0.0
    while wait := ask(standing, lines, "lives", now, HOLD):
        now += wait

    assert 91 <= now <= 92


def test_too_many_requests_halves_and_grows_back() -> None:
    """Half at once, a tenth of the whole more in each minute after the hold, and never above."""
    standing = Standing()

    held = slow(standing, "line", 1000.0, retry_after=30, longest_hold=HOLD)

    line = standing.lines["line"]
    minutes = [line.allowed(100, 1030 + 60 * minute) for minute in (0, 1, 2, 5, 9)]
    assert (30, [50, 60, 70, 100, 100]) == (held, minutes)


def test_a_burst_counts_once() -> None:
    """Ten requests on their way when the first is refused halve the rate once."""
    standing = Standing()

    for number in range(10):
        slow(standing, "line", number / 10, retry_after=5, longest_hold=HOLD)

    assert (0.5, 5.9) == (standing.lines["line"].share, standing.lines["line"].held)


def test_holds_grow_where_no_time_is_named() -> None:
    """1, 2, 4, 8, 16, 30 and 30 seconds; after a quiet minute from the start."""
    standing, now, holds = Standing(), 0.0, []
    for _ in range(7):
        holds.append(slow(standing, "line", now, retry_after=None, longest_hold=HOLD))
        now += holds[-1]
    holds.append(slow(standing, "line", now + MINUTE, retry_after=None, longest_hold=HOLD))

    assert [1, 2, 4, 8, 16, 30, 30, 1] == holds


@pytest.mark.parametrize("seconds", [3600.0, math.inf, math.nan, 1e300])
def test_no_hold_is_longer_than_the_cap(seconds: float) -> None:
    """An hour, or nonsense, is two minutes."""
    assert HOLD == slow(Standing(), "line", 0.0, retry_after=seconds, longest_hold=HOLD)


def test_a_line_never_stops_for_good() -> None:
    """After any number of refusals a twentieth goes through."""
    standing, now = Standing(), 0.0
    for _ in range(50):
        now += slow(standing, "line", now, retry_after=None, longest_hold=HOLD)

    assert (LEAST_SHARE, 5) == (
        standing.lines["line"].share,
        standing.lines["line"].allowed(100, now),
    )


@given(back=some.floats(min_value=1, max_value=1e9))
def test_a_clock_that_is_set_back_stops_nobody(back: float) -> None:
    """Turns that seem to lie in the future count as taken now, so the wait is theirs."""
    standing, lines, now = Standing(), {"line": 2}, 2e9
    for name in ("a", "b"):
        ask(standing, lines, name, now, HOLD)
    now -= back

    waits = []
    while wait := ask(standing, lines, "c", now, HOLD):
        waits.append(wait)
        now += max(wait, 0.001)

    assert 0 < sum(waits) <= 61.1


def test_places_are_given_in_order() -> None:
    """The first two have the two places; the third has one when one of them leaves."""
    room, had = Room(), []
    for name in ("a", "b", "c"):
        room, has_place = room.entered(name, 2, 0.0, 60.0)
        had.append(has_place)

    room, third = room.left("a").entered("c", 2, 1.0, 60.0)

    assert ([True, True, False], True) == (had, third)


def test_places_of_the_dead_come_back() -> None:
    """Who has not renewed within the lease is gone; who has, is not."""
    room = Room()
    for name in ("dead", "alive"):
        room, _ = room.entered(name, 2, 0.0, 60.0)
    room = room.renewed(["alive"], 50.0, 60.0)

    first = room.entered("new", 2, 59.0, 60.0)[1]
    second = room.entered("new", 2, 61.0, 60.0)[1]

    assert (False, True) == (first, second)


def test_who_was_taken_for_gone_has_his_place_again() -> None:
    """A laptop that wakes up still has jobs at the service, and they count."""
    room = Room().renewed(["slept"], 1e5, 60.0)

    assert (Room((Ticket("slept", 1e5 + 60),)), False) == (
        room,
        room.entered("new", 1, 1e5, 60.0)[1],
    )


def test_a_job_at_the_service_counts_at_once() -> None:
    """It takes a place whoever has one, and who comes later waits for it."""
    room, _ = Room().entered("first", 1, 0.0, 60.0)
    room, resumed = room.entered("resumed", 1, 0.0, 60.0, at_once=True)

    assert (True, False) == (resumed, room.left("first").entered("new", 1, 0.0, 60.0)[1])


@given(arrivals=some.lists(MOMENTS, max_size=20), refusals=some.lists(MOMENTS, max_size=3))
def test_a_standing_survives_json(arrivals: list[float], refusals: list[float]) -> None:
    """What is read is what was written."""
    _, standing = played(arrivals, {"line": 3, "requests": 4}, refusals)
    standing.rooms["generation"] = Room((Ticket("a", 5.0),))

    assert standing == Standing.of_json(json.loads(json.dumps(standing.as_json())))


JSON = some.recursive(
    some.none() | some.booleans() | some.floats() | some.text(max_size=3),
    lambda inner: (
        some.lists(inner, max_size=3)
        | some.dictionaries(
            some.sampled_from(["lines", "rooms", "taken", "waiting", "share", "held", "since"]),
            inner,
            max_size=5,
        )
    ),
    max_leaves=12,
)


@given(JSON)
def test_any_other_file_is_refused_or_usable(found: object) -> None:
    """Whatever is in the file: a ValueError, or a standing that a turn can be taken in."""
    try:
        standing = Standing.of_json(found)
    except ValueError:
        return
    assert 0 <= ask(standing, {"line": 1}, "me", 0.0, HOLD) < math.inf


def test_a_line_keeps_the_last_minute_only() -> None:
    """However long it runs, at most so many turns stand in it, the oldest first."""
    standing, lines = Standing(), {"requests": 2000}
    for number in range(2500):
        now = number * 0.03
        while wait := ask(standing, lines, str(number), now, HOLD):
            now += wait

    assert len(standing.lines["requests"].taken) <= 2000
    assert all(a <= b for a, b in itertools.pairwise(standing.lines["requests"].taken))
