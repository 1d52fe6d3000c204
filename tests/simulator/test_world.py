from __future__ import annotations

import math
import random
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leonardo_nb.simulator.refusals import Refusal
from leonardo_nb.simulator.world import (
    COMPLETE,
    FAILED,
    PENDING,
    Fate,
    Foreseen,
    Kind,
    Rate,
    SimJob,
    Slots,
    World,
    cost_of,
    status_at,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

# A job kind is data: ten seconds, five credits, two files.
PLAIN = Kind(
    name="PLAIN",
    wrapper="plainJob",
    read=lambda body, _: dict(body),
    credits=lambda _: 5,
    seconds=lambda _: 10.0,
    outputs=lambda _: 2,
    foresee=lambda _: Foreseen(),
    row=lambda _job, status, _created, _url: {"status": status},
    files=lambda job: tuple(f"{job.id}/{index}.jpg" for index in range(2)),
    draw=lambda _job, _number, _darkroom: b"",
)


def world(**settings: object) -> World:
    return World(rng=random.Random(1), **settings)  # type: ignore[arg-type]


def create(made_in: World, now: float = 0.0, fate: Fate | None = None, **members: object) -> SimJob:
    return made_in.create(PLAIN, members, now, lambda: fate or Fate())


def seen(job: SimJob | None, now: float) -> str:
    assert job is not None
    return status_at(job, now)


def refusal_of(made_in: World, now: float = 0.0) -> Refusal:
    with pytest.raises(Refusal) as caught:
        create(made_in, now)
    return caught.value


@pytest.mark.parametrize(("now", "status"), [(0, PENDING), (9.9, PENDING), (10, COMPLETE)])
def test_a_job_is_a_function_of_time(now: float, status: str) -> None:
    """What a look sees depends on the time of the look alone."""
    job = create(world())

    assert status == status_at(job, now)


def test_jobs_over_the_slots_wait_in_order() -> None:
    """With two slots the third job starts when the first ends, the fifth when the third ends."""
    small = world(slots=2)

    assert [0, 0, 10, 10, 20] == [create(small).started_at for _ in range(5)]


@given(
    st.integers(1, 4),
    st.lists(st.tuples(st.floats(0, 5), st.floats(0.1, 30)), min_size=1, max_size=30),
)
def test_slots_are_never_shared(count: int, jobs: list[tuple[float, float]]) -> None:
    """Whatever comes, at most `count` jobs run at once, and none overtakes another."""
    slots, now, runs = Slots(count), 0.0, []
    for gap, seconds in jobs:
        now += gap
        start = slots.take(now, seconds)
        runs.append((start, start + seconds))
    starts = [start for start, _ in runs]

    assert starts == sorted(starts)
    assert all(sum(a <= moment < b for a, b in runs) <= count for moment in starts)


def test_speed_divides_time() -> None:
    """At speed 20 ten seconds take half a second."""
    assert 0.5 == create(world(speed=20)).done_at


@pytest.mark.parametrize("settings", [{"speed": 0}, {"speed": -1}, {"slots": 0}])
def test_impossible_worlds_are_refused(settings: dict[str, float]) -> None:
    """Time does not stand still or run backwards, and somebody must do the work."""
    with pytest.raises(ValueError, match="must be"):
        world(**settings)


def test_the_queue_is_bounded() -> None:
    """One slot runs one job and lets twenty wait; the next is refused and costs nothing."""
    small = world(slots=1)
    for _ in range(21):
        create(small)

    assert 429 == refusal_of(small).status
    assert 15_000 - 21 * 5 == small.balance_at(0)


def test_the_queue_drains() -> None:
    """Once a job has ended there is room for another."""
    small = world(slots=1)
    for _ in range(21):
        create(small)

    assert 210 == create(small, now=10).started_at


def test_balance_goes_down_at_creation() -> None:
    """A job is paid for when it is made, not when it is done."""
    rich = world(credits=100)
    create(rich)

    assert 95 == rich.balance_at(0)


def test_failed_jobs_are_refunded_when_they_fail() -> None:
    """The credits come back at the job's end, once."""
    rich = world(credits=100)
    create(rich, fate=Fate(fail=True))

    assert [95, 95, 100, 100] == [rich.balance_at(now) for now in (0, 9, 10, 11)]


def test_too_small_a_balance_refuses_work() -> None:
    """A job that costs more than is left is refused with the account's id in the text."""
    poor = world(credits=4)

    assert f"not enough api tokens userId: {poor.user_id}" == refusal_of(poor).error
    assert 0 == poor.created


def test_refunds_buy_new_jobs() -> None:
    """What a failed job gives back can be spent again."""
    poor = world(credits=5)
    create(poor, fate=Fate(fail=True))

    assert "not enough api tokens" in refusal_of(poor, 9).error
    assert 1 == len(create(poor, now=10).id.split()), "made"


def test_empty_looks_decide_instead_of_time() -> None:
    """With two empty looks scripted the third look sees the end, at any time."""
    scripted = world()
    job = create(scripted, fate=Fate(empty_looks=2))
    looks = [seen(scripted.look(job.id, now), now) for now in (1000, 1001, 1002)]

    assert [PENDING, PENDING, COMPLETE] == looks


def test_a_page_counts_as_a_look() -> None:
    """Listing jobs looks at each job that is on the page."""
    scripted = world()
    create(scripted, fate=Fate(empty_looks=1))
    first, second = (seen(scripted.page(0, 10, 0.0)[0], 0.0) for _ in range(2))

    assert (PENDING, COMPLETE) == (first, second)


def test_a_job_may_never_finish() -> None:
    """It is pending for ever, and its slot stays taken."""
    stuck = world(slots=1)
    job = create(stuck, fate=Fate(never_finish=True, empty_looks=3))

    assert PENDING == status_at(job, 1e12)
    assert math.isinf(create(stuck).started_at)


def test_moderation_fails_a_job() -> None:
    """Classes that a filter finds afterwards are the only explanation of a failure."""
    job = create(world(), fate=Fate(moderation=("NSFW",)))

    assert (FAILED, ("NSFW",)) == (status_at(job, 10), job.moderation)


def test_fate_is_asked_for_accepted_jobs_only() -> None:
    """A refused request does not use a script up."""
    fates = iter([Fate()])
    poor = world(credits=0)
    with pytest.raises(Refusal):
        poor.create(PLAIN, {}, 0.0, lambda: next(fates))

    assert [Fate()] == list(fates)


@pytest.mark.parametrize(("creates", "limit"), [("/generations", 100), ("", 2000)])
def test_requests_of_a_minute_are_limited(creates: str, limit: int) -> None:
    """A hundred creations and two thousand requests a minute are let in."""
    busy = world()
    for _ in range(limit):
        busy.admit(0.0, creates=creates)
    with pytest.raises(Refusal) as caught:
        busy.admit(59.9, creates=creates)
    busy.admit(60.0, creates=creates)

    assert 429 == caught.value.status


def test_speed_shortens_the_minute() -> None:
    """At speed 60 the limits are per second."""
    busy = world(speed=60, creates_per_minute=1)
    busy.admit(0.0, creates="/generations")
    busy.admit(1.0, creates="/generations")

    assert 0 == busy.created


@pytest.mark.parametrize(("told", "header"), [(False, None), (True, "21")])
def test_retry_after_is_told_on_wish(told: bool, header: str | None) -> None:
    """Seconds until the minute has room, rounded up; left out as the service does by default."""
    busy = world(creates_per_minute=1, tell_retry_after=told)
    busy.admit(0.0, creates="/generations")
    with pytest.raises(Refusal) as caught:
        busy.admit(39.5, creates="/generations")

    assert header == caught.value.headers.get("Retry-After")


@given(st.lists(st.floats(0, 30), max_size=60))
def test_no_window_holds_more_than_the_limit(gaps: list[float]) -> None:
    """In any minute at most `limit` requests are let in."""
    rate, now, let_in = Rate(5), 0.0, []
    for gap in gaps:
        now += gap
        if rate.wait(now) <= 0:
            rate.count(now)
            let_in.append(now)

    assert all(sum(start <= t < start + 59.99 for t in let_in) <= 5 for start in let_in)


def test_newest_jobs_come_first() -> None:
    """A page starts at the newest job."""
    many = world()
    ids = [create(many).id for _ in range(4)]

    assert [ids[2], ids[1]] == [job.id for job in many.page(1, 2, 0.0)]


def test_deleting_forgets_and_does_not_refund() -> None:
    """The work goes on and stays paid, and a second deletion finds nothing."""
    rich = world(credits=100)
    job = create(rich)

    assert [job.id, None] == [rich.delete(job.id, 0.0) for _ in range(2)]
    assert (None, 95) == (rich.look(job.id, 20), rich.balance_at(20))
    assert ({}, {}) == (rich.outputs, rich.files)


def test_oldest_finished_jobs_are_forgotten() -> None:
    """Memory is bounded, and jobs that still run are never forgotten."""
    small = world(kept_jobs=3)
    running = create(small, fate=Fate(never_finish=True))
    done = [create(small, now=100.0 * step) for step in range(1, 5)]

    assert [running.id, done[2].id, done[3].id] == list(small.jobs)
    assert 5 == small.created


def test_ids_have_the_specified_shape() -> None:
    """The specification's pattern asks for version 4."""
    assert "4" == create(world()).id[14]


def test_a_missing_seed_is_drawn() -> None:
    """What was drawn is kept with the job, so that looks can tell it."""
    members: Mapping[str, object] = create(world()).members

    assert isinstance(members["seed"], int)


@pytest.mark.parametrize(
    ("price", "amount"),
    [
        (3, "0.0045"),
        (18, "0.0269"),
        (30, "0.0449"),
        (65, "0.0972"),
        (70, "0.1047"),
        (90, "0.1346"),
        (110, "0.1645"),
        (672, "1.0046"),
    ],
)
def test_dollars_are_what_the_service_quotes(price: int, amount: str) -> None:
    """Every amount that was seen follows from one rate, rounded half up to four decimals."""
    assert {"amount": amount, "unit": "DOLLARS"} == cost_of(price, "DOLLARS")
