from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest

from leonardo_nb.engine.resumed import Resumed, TakenUp
from leonardo_nb.errors import OutcomeUnknown
from leonardo_nb.widgets.pickup import MOST_CARDS, Pickup, freeze, head_view, show
from tests.widgets.test_show import FakeShell, shell, shows_widget, until_painted

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.widgets.conftest import FakeEngine

__all__ = ["shell"]  # a fixture

UNDER_WAY = {"state": "pending", "sent": True, "id": "x"}


@pytest.fixture
def made(make_job: Callable[..., Any]) -> Iterator[Callable[..., Resumed]]:
    """Return what makes as many jobs as it is told to."""
    all_: list[Any] = []

    def make(number: int, **facts: Any) -> Resumed:
        jobs = [make_job(uid=uuid4().hex, **(UNDER_WAY | facts)) for _ in range(number)]
        all_.extend(jobs)
        return Resumed(jobs, TakenUp(at_service=number))

    yield make
    for job in all_:
        job.listeners.clear()


def text_of(bundle: Any) -> str:
    """Return the words of its html."""
    return re.sub(r"<[^>]+>", "", str(bundle.data["text/html"]))


def test_head_says_how_far_they_are(made: Callable[..., Resumed]) -> None:
    """How they were taken up, and how many have ended; at the end, how they ended."""
    jobs: Any = made(3)
    before = head_view(jobs)
    jobs[0].tell(state="complete")
    during = head_view(jobs)
    jobs[1].tell(state="failed")
    jobs[2].tell(state="cancelled")
    after = head_view(jobs)

    assert ("3 jobs taken up", "3 at the service") == (before["word"], before["rest"])
    assert [("quarter", "0 of 3 ended"), ("quarter", "1 of 3 ended")] == [
        (head["mark"], head["ends"]) for head in (before, during)
    ]
    assert ("disc", "1 done, 1 failed, 1 stopped") == (after["mark"], after["ends"])
    assert before["said"] == during["said"] != after["said"]


def test_only_the_first_have_cards(made: Callable[..., Resumed], engine: FakeEngine) -> None:
    """A thousand cards are nothing to look at; the rest is counted."""
    jobs = made(1000)
    pickup = Pickup(jobs)
    engine.advance(1)

    assert list(jobs[:MOST_CARDS]) == [card.job for card in pickup.cards]
    assert "and 988 more; `leo.jobs()` lists them" == pickup.head["more"]
    pickup.close()
    engine.advance(1)


def test_cards_are_held_as_long_as_it_is_open(
    made: Callable[..., Resumed], engine: FakeEngine
) -> None:
    """A card lives by itself afterwards, or ends where nobody sees it."""
    jobs: Any = made(2)
    pickup = Pickup(jobs)
    engine.advance(1)
    held = [card._holds for card in pickup.cards]
    cards = list(pickup.cards)
    pickup.close()
    engine.advance(1)

    assert ([1, 1], [0, 0]) == (held, [card._holds for card in cards])
    assert 0 == sum(len(job.listeners) for job in jobs) - sum(card.is_open for card in cards)
    for card in cards:
        card.close()


def test_it_asks_while_a_card_asks(
    made: Callable[..., Resumed], make_job: Callable[..., Any], engine: FakeEngine
) -> None:
    """And it counts the job that takes the place of the one whose end was unknown."""
    jobs: Any = made(2, id=None)
    pickup = Pickup(jobs)
    jobs[0].tell(state="complete")
    jobs[1].decision = make_job(uid=jobs[1].uid, state="pending", sent=True, id="y")
    jobs[1].tell(state="failed", error=OutcomeUnknown("The answer was lost."))
    engine.advance(1)
    asked = (pickup.asks, pickup.is_at_work, pickup.head["ends"])
    card = pickup.cards[1]
    card._heard(card, {"do": "resend"}, [])
    until_painted(engine)

    assert (True, False, "1 done, 1 of unknown outcome") == asked
    assert (False, True, "1 of 2 ended") == (pickup.asks, pickup.is_at_work, pickup.head["ends"])
    pickup.close()
    engine.advance(1)


def test_nothing_is_one_quiet_line(shell: FakeShell, monkeypatch: pytest.MonkeyPatch) -> None:
    """No empty box, and no widget."""
    said: list[Any] = []
    monkeypatch.setattr(shell, "publish", lambda **facts: said.append(facts["data"]))
    show(Resumed())

    assert ["Nothing to pick up: every job has ended."] == [each["text/plain"] for each in said]
    assert "border" not in said[0]["text/html"]


def test_cards_become_pictures(
    made: Callable[..., Resumed], shell: FakeShell, engine: FakeEngine
) -> None:
    """Live while one is under way, and plain data after the last."""
    jobs: Any = made(2)
    show(jobs)
    engine.advance(1)
    seen = [shows_widget(shell)]
    for job in jobs:
        job.tell(state="cancelled")
        until_painted(engine)
        seen.append(shows_widget(shell))

    assert [True, True, False] == seen


def test_plain_form_says_the_same(made: Callable[..., Resumed]) -> None:
    """The line above, every job that has a card, the others counted; one line for terminals."""
    jobs: Any = made(14)
    for job in jobs:
        job.tell(state="cancelled")
    plain = freeze(jobs)

    assert text_of(plain).startswith("14 jobs taken up: 14 at the service. 14 stopped.")
    assert text_of(plain).endswith("and 2 more; leo.jobs() lists them")
    assert 12 == text_of(plain).count("Stopped")
    assert repr(jobs) == plain.data["text/plain"]


def test_without_a_notebook_there_is_a_line(
    made: Callable[..., Resumed], capsys: pytest.CaptureFixture[str]
) -> None:
    """In plain Python it is its repr."""
    made(2)._ipython_display_()

    assert "2 jobs taken up: 2 at the service\n" == capsys.readouterr().out
