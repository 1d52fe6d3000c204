"""Whether a request that failed is sent again: the table, and whoever follows it."""

from __future__ import annotations

import math

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as some

from leonardo_nb.engine.limits import Limits
from leonardo_nb.errors import (
    AuthenticationError,
    ConnectionFailed,
    LeonardoError,
    LibraryError,
    ModerationError,
    NotEnoughCredits,
    NotFound,
    RateLimited,
    RequestRefused,
    UnexpectedResponse,
)
from leonardo_nb.service import retries
from leonardo_nb.service.client import Client
from leonardo_nb.service.retries import (
    POLICY,
    Again,
    Failure,
    Kind,
    Stop,
    Unknown,
    decide,
    failure_of,
    retried,
    table,
)
from leonardo_nb.testing import ManualClock

KEY = "51a70000-0000-4000-8000-000000000001"
NEVER_ACTED_ON = {Failure.UNREACHABLE, Failure.TOO_MANY, Failure.TOO_MANY_FOR}
SURE = {
    *NEVER_ACTED_ON,
    Failure.REFUSED,
    Failure.KEY,
    Failure.FORBIDDEN,
    Failure.MISSING,
    Failure.OTHER,
}


def test_the_docstring_has_the_table() -> None:
    """What is written is what is done."""
    assert f"\n\n{table()}\n\n" in str(retries.__doc__)


def test_every_failure_has_a_row_and_every_kind_a_column() -> None:
    """There is no case that nobody thought of."""
    assert list(Failure) == list(POLICY)
    assert [list(Kind)] * len(Failure) == [list(rules) for rules, _ in POLICY.values()]


def test_the_caps_are_those_of_the_limits() -> None:
    """One number each, in two rooms that do not know each other."""
    limits = Limits()

    assert (limits.patience, limits.longest_retry_after) == (
        retries.PATIENCE,
        retries.LONGEST_RETRY_AFTER,
    )


@pytest.mark.parametrize("failure", Failure)
@pytest.mark.parametrize("attempt", [1, 2, 50])
def test_money_is_never_spent_twice(failure: Failure, attempt: int) -> None:
    """A paid write is sent again only where it was provably not acted on."""
    verdict = decide(Kind.PAID_WRITE, failure, attempt)

    assert failure in NEVER_ACTED_ON or not isinstance(verdict, Again)
    assert (failure in SURE) is not isinstance(verdict, Unknown)


@pytest.mark.parametrize("kind", [kind for kind in Kind if kind is not Kind.PAID_WRITE])
@pytest.mark.parametrize("failure", Failure)
def test_only_what_is_paid_is_ever_unknown(kind: Kind, failure: Failure) -> None:
    """All else can be asked for again by whoever wants it."""
    assert not isinstance(decide(kind, failure, 1), Unknown)


@given(
    kind=some.sampled_from(Kind),
    failure=some.sampled_from(Failure),
    attempt=some.integers(1, 10_000),
    retry_after=some.none() | some.floats(),
    noise=some.floats(0, 1),
)
def test_pauses_are_bounded(
    kind: Kind, failure: Failure, attempt: int, retry_after: float | None, noise: float
) -> None:
    """Never in a circle, and never longer than the cap."""
    verdict = decide(kind, failure, attempt, retry_after=retry_after, noise=noise)

    assert not isinstance(verdict, Again) or 0.5 <= verdict.after <= 120


@pytest.mark.parametrize("kind", Kind)
@pytest.mark.parametrize("failure", Failure)
def test_every_story_ends(kind: Kind, failure: Failure) -> None:
    """However patient: at some try it stops."""
    attempt, waited = 1, 0.0
    while isinstance(verdict := decide(kind, failure, attempt, waited=waited), Again):
        attempt += 1
        waited += verdict.after

    assert waited <= retries.PATIENCE


@pytest.mark.parametrize(
    ("named", "after"), [(7.5, 7.5), (0.0, 1.0), (3600.0, 120.0), (math.nan, 120.0)]
)
def test_what_the_service_names_is_waited_for(named: float, after: float) -> None:
    """In full, up to the cap; jitter does not shorten it."""
    verdict = decide(Kind.PAID_WRITE, Failure.TOO_MANY_FOR, 1, retry_after=named, noise=0.0)

    assert Again(after) == verdict


def test_pauses_double() -> None:
    """And chance takes at most half."""
    verdicts = [decide(Kind.READ, Failure.UNAVAILABLE, n) for n in range(1, 6)]
    least = decide(Kind.READ, Failure.UNAVAILABLE, 2, noise=0.0)

    assert [Again(2.0), Again(4.0), Again(8.0), Again(16.0), Stop()] == verdicts
    assert Again(2.0) == least


@pytest.mark.parametrize(
    ("error", "failure"),
    [
        (ConnectionFailed("", delivered=False), Failure.UNREACHABLE),
        (ConnectionFailed("", delivered=True), Failure.LOST),
        (RequestRefused("", status=400), Failure.REFUSED),
        (RequestRefused("", status=200), Failure.REFUSED),
        (ModerationError("", status=400), Failure.REFUSED),
        (NotEnoughCredits("", status=400), Failure.REFUSED),
        (AuthenticationError("", status=500), Failure.KEY),
        (NotFound("", status=404), Failure.MISSING),
        (NotFound("", status=200), Failure.MISSING),
        (NotFound("", status=500), Failure.BROKEN),
        (RateLimited("", status=429), Failure.TOO_MANY),
        (RateLimited("", status=429, retry_after=0.0), Failure.TOO_MANY_FOR),
        (RateLimited("", status=500), Failure.BROKEN),
        (UnexpectedResponse("", status=413), Failure.REFUSED),
        (UnexpectedResponse("", status=409), Failure.LOST),
        (UnexpectedResponse("", status=408), Failure.LOST),
        (UnexpectedResponse("", status=307), Failure.REDIRECT),
        (UnexpectedResponse("", status=599), Failure.BROKEN),
        (UnexpectedResponse("", status=200, body={"a": 1}), Failure.MISFIT),
        (UnexpectedResponse("", status=200), Failure.UNREADABLE),
        (LibraryError("full"), Failure.OTHER),
    ],
    ids=repr,
)
def test_errors_have_their_row(error: LeonardoError, failure: Failure) -> None:
    """Whatever the client raises is in the table."""
    assert failure == failure_of(error)


HTML = "<!doctype html><title>Welcome to the hotel</title>"


@pytest.mark.parametrize(
    ("answer", "failure"),
    [
        (httpx.ConnectError("refused"), Failure.UNREACHABLE),
        (httpx.ReadError("reset"), Failure.LOST),
        (httpx.ReadTimeout("slow"), Failure.LOST),
        (httpx.Response(400, json={"error": "no", "code": "bad-request"}), Failure.REFUSED),
        (httpx.Response(400), Failure.REFUSED),
        (httpx.Response(401), Failure.KEY),
        (httpx.Response(402), Failure.REFUSED),
        (httpx.Response(403, text=HTML), Failure.FORBIDDEN),
        (httpx.Response(404), Failure.MISSING),
        (httpx.Response(429), Failure.TOO_MANY),
        (httpx.Response(429, headers={"Retry-After": "7"}), Failure.TOO_MANY_FOR),
        (httpx.Response(500), Failure.BROKEN),
        (httpx.Response(500, json={"error": "authorization hook"}), Failure.KEY),
        (httpx.Response(502, text=HTML), Failure.BAD_GATEWAY),
        (httpx.Response(503), Failure.UNAVAILABLE),
        (httpx.Response(504), Failure.BAD_GATEWAY),
        (httpx.Response(200, json=[]), Failure.ARRAY),
        (
            httpx.Response(
                200, json=[{"message": "no", "extensions": {"code": "VALIDATION_ERROR"}}]
            ),
            Failure.REFUSED,
        ),
        (httpx.Response(200, text='{"user_details": [{"us'), Failure.UNREADABLE),
        (httpx.Response(200, text=HTML), Failure.UNREADABLE),
        (httpx.Response(200, json={"user_details": "none"}), Failure.MISFIT),
        (httpx.Response(302, headers={"Location": "https://x.example/"}), Failure.REDIRECT),
    ],
    ids=lambda it: str(it) if isinstance(it, httpx.Response) else repr(it),
)
async def test_answers_have_their_row(answer: httpx.Response | Exception, failure: Failure) -> None:
    """What the client makes of each answer is the row that the table names after it."""

    def respond(_: httpx.Request) -> httpx.Response:
        if isinstance(answer, Exception):
            raise answer
        return answer

    client = Client(
        base_url="https://service.example/v1",
        api_key=KEY,
        transport=httpx.MockTransport(respond),
    )
    with pytest.raises(LeonardoError) as raised:
        await client.me()
    await client.aclose()

    assert failure == failure_of(raised.value)


async def test_reads_are_repeated() -> None:
    """Two lost answers and a broken server cost pauses of 1, 2 and 4 seconds, and no more."""
    clock, tries = ManualClock(), 0

    async def send() -> str:
        nonlocal tries
        tries += 1
        if tries < 3:
            raise ConnectionFailed("lost", delivered=True)
        if tries == 3:
            raise UnexpectedResponse("broken", status=500)
        return "here"

    assert "here" == await retried(Kind.READ, send, clock, noise=lambda: 1.0)
    assert [1.0, 2.0, 4.0] == clock.paused


async def test_a_paid_write_is_sent_once() -> None:
    """Its lost answer is an error at once."""
    clock, tries = ManualClock(), 0

    async def send() -> None:
        nonlocal tries
        tries += 1
        raise ConnectionFailed("lost", delivered=True)

    with pytest.raises(ConnectionFailed):
        await retried(Kind.PAID_WRITE, send, clock)
    assert (1, []) == (tries, clock.paused)


async def test_patience_is_counted_in_pauses() -> None:
    """A night with the lid closed uses up none of it."""
    clock, tries = ManualClock(), 0

    async def send() -> str:
        nonlocal tries
        tries += 1
        if tries == 4:
            return "here"
        clock.advance(36_000)
        raise RateLimited("no", status=429, retry_after=90.0)

    assert "here" == await retried(Kind.PAID_WRITE, send, clock)
    assert [90.0] * 3 == clock.paused


async def test_mistakes_are_not_repeated() -> None:
    """A TypeError of the caller's own comes out at once."""

    async def send() -> None:
        raise TypeError

    with pytest.raises(TypeError):
        await retried(Kind.READ, send, ManualClock())
