"""How one studio's requests behave: turns, and sending again."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from leonardo_nb.engine.boards import MemoryBoard
from leonardo_nb.engine.limits import Limits, Pace
from leonardo_nb.engine.manners import Manners
from leonardo_nb.errors import (
    AuthenticationError,
    ConnectionFailed,
    LeonardoError,
    RateLimited,
)
from leonardo_nb.service.retries import Kind

if TYPE_CHECKING:
    from leonardo_nb.testing import ManualClock

LOST = ConnectionFailed("reset", delivered=True)
HARMLESS = [kind for kind in Kind if kind is not Kind.PAID_WRITE]


class Wire:
    """
    What is sent: fails with each of *errors* in turn, and is answered then.

    Attributes:
        sent: When each request left.
    """

    def __init__(self, clock: ManualClock, *errors: LeonardoError) -> None:
        self._clock = clock
        self._errors = list(errors)
        self.sent: list[float] = []

    async def __call__(self) -> str:
        """Send it once."""
        self.sent.append(self._clock.now())
        if self._errors:
            raise self._errors.pop(0)
        return "answer"


def manners(clock: ManualClock, limits: Limits | None = None) -> Manners:
    limits = limits or Limits()
    return Manners(Pace(limits, MemoryBoard(clock)), limits, clock)


async def test_every_request_waits_for_its_turn(clock: ManualClock) -> None:
    """Three a minute: the fourth and the seventh wait for a minute to pass."""
    ours, wire = manners(clock, Limits(requests_per_minute=3)), Wire(clock)

    for _ in range(7):
        assert "answer" == await ours.ask(Kind.READ, wire, once=False)

    for earlier, later in zip(wire.sent, wire.sent[3:], strict=False):
        assert later - earlier >= 60


async def test_uploads_take_no_turn(clock: ManualClock) -> None:
    """They go to a storage, which counts nothing of the account's."""
    ours, wire = manners(clock, Limits(requests_per_minute=1)), Wire(clock)

    for _ in range(5):
        await ours.ask(Kind.UPLOAD, wire, once=False)

    assert [0.0] * 5 == wire.sent


@pytest.mark.parametrize("kind", HARMLESS)
async def test_what_is_harmless_is_sent_again(clock: ManualClock, kind: Kind) -> None:
    """Two lost answers, and the third is the caller's."""
    wire = Wire(clock, LOST, LOST)

    assert "answer" == await manners(clock).ask(kind, wire, once=False)
    assert 3 == len(wire.sent)


async def test_what_is_paid_is_never_sent_again(clock: ManualClock) -> None:
    """An answer that was lost may have been the answer of a paid one."""
    wire = Wire(clock, LOST)

    with pytest.raises(ConnectionFailed):
        await manners(clock).ask(Kind.PAID_WRITE, wire, once=False)
    assert 1 == len(wire.sent)


@pytest.mark.parametrize("kind", list(Kind))
async def test_once_is_once(clock: ManualClock, kind: Kind) -> None:
    """Whoever looks again by himself has each failure at once."""
    wire = Wire(clock, LOST)

    with pytest.raises(ConnectionFailed):
        await manners(clock).ask(kind, wire, once=True)
    assert ([0.0], []) == (wire.sent, clock.paused)


async def test_each_repetition_takes_a_turn(clock: ManualClock) -> None:
    """A request that fails is counted as every other."""
    wire = Wire(clock, LOST)

    await manners(clock, Limits(requests_per_minute=1)).ask(Kind.READ, wire, once=False)

    assert wire.sent[1] - wire.sent[0] >= 60


async def test_a_named_pause_is_kept(clock: ManualClock) -> None:
    """Too many requests: as long as the service says, and no sooner for anybody."""
    ours = manners(clock)
    wire = Wire(clock, RateLimited("slow down", status=429, retry_after=50.0))
    other = Wire(clock)

    await ours.ask(Kind.READ, wire, once=False)
    await ours.ask(Kind.READ, other, once=True)

    assert wire.sent[1] - wire.sent[0] >= 50
    assert other.sent[0] >= 50


async def test_a_pause_has_a_cap(clock: ManualClock) -> None:
    """A service that names a day is asked again after `longest_retry_after`."""
    wire = Wire(clock, RateLimited("slow down", status=429, retry_after=86_400.0))

    await manners(clock, Limits(longest_retry_after=10)).ask(Kind.READ, wire, once=False)

    assert 10 <= wire.sent[1] - wire.sent[0] < 60


async def test_patience_ends(clock: ManualClock) -> None:
    """A service that says "too many" for ever is believed after `patience` seconds."""
    wire = Wire(clock, *[RateLimited("slow down", status=429, retry_after=7.0)] * 50)

    with pytest.raises(RateLimited):
        await manners(clock, Limits(patience=30)).ask(Kind.READ, wire, once=False)
    assert [7.0] * 4 == [pause for pause in clock.paused if pause == 7.0][:4]
    assert 5 == len(wire.sent)


async def test_a_refused_key_is_not_tried_again(clock: ManualClock) -> None:
    """Asking again brings nothing else."""
    wire = Wire(clock, AuthenticationError("wrong key", status=401))

    with pytest.raises(AuthenticationError):
        await manners(clock).ask(Kind.READ, wire, once=False)
    assert 1 == len(wire.sent)
