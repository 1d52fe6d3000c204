from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from ipywidgets.widgets import widget as ipywidgets_widget

from leonardo_nb.widgets import live
from leonardo_nb.widgets.card import Card, card_for, shared_card

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.widgets.conftest import FakeEngine


@pytest.fixture(autouse=True)
def none_left(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """No widget of another test is counted, and none of this one outlives it."""
    monkeypatch.setattr(live, "_left", [])
    before = set(ipywidgets_widget._instances)
    yield
    for name, made in list(ipywidgets_widget._instances.items()):
        if name not in before:
            made.close()


def says(card: Card, do: str, view: str) -> None:
    """Stand for a page."""
    card._heard(card, {"do": do, "view": view}, [])


@pytest.mark.parametrize(
    ("holds", "is_kept", "closed"), [(0, False, True), (1, False, False), (0, True, False)]
)
def test_last_view_closes_what_nobody_needs(
    make_job: Callable[..., Any], engine: FakeEngine, holds: int, is_kept: bool, closed: bool
) -> None:
    """Once its outputs are plain, a widget goes with its last view, unless it was asked for."""
    card = shared_card(make_job(state="complete"))
    card.is_kept = is_kept
    for _ in range(holds):
        card.hold()
    for do, view in [("look", "a"), ("look", "b"), ("bye", "a")]:
        says(card, do, view)
    engine.turn()
    before = card.is_open
    says(card, "bye", "b")
    engine.turn()

    assert (True, not closed) == (before, card.is_open)


def test_reloaded_page_keeps_what_it_shows(
    make_job: Callable[..., Any], engine: FakeEngine
) -> None:
    """It cannot follow the output's name, so the widget outlives the freeze until the page goes."""
    card = shared_card(make_job(state="complete"))
    card.hold()
    says(card, "look", "reloaded")
    engine.turn()
    card.release()
    before = card.is_open
    says(card, "bye", "reloaded")
    engine.turn()

    assert (True, False) == (before, card.is_open)


def test_what_every_page_has_left_closes_with_its_output(
    make_job: Callable[..., Any], engine: FakeEngine
) -> None:
    """Nobody is there to say so later."""
    card = shared_card(make_job(state="complete"))
    card.hold()
    for do in ("look", "bye"):
        says(card, do, "a")
    engine.turn()
    before = card.is_open
    card.release()

    assert (True, False) == (before, card.is_open)


def test_hosts_that_never_say_bye_have_a_few(make_job: Callable[..., Any]) -> None:
    """Widgets whose outputs are plain stay while they are among the newest, kept ones longer."""
    kept = card_for(make_job(uid="kept", state="complete"))
    cards = [shared_card(make_job(uid=f"job-{n}", state="complete")) for n in range(20)]
    for card in (kept, *cards):
        card.hold()
        card.release()

    assert [False] * 4 + [True] * live.MOST_LEFT == [card.is_open for card in cards]
    assert kept.is_open


def test_closed_widget_leaves_no_model(make_job: Callable[..., Any]) -> None:
    """Its layout is a model of its own, and goes with it."""
    before = len(ipywidgets_widget._instances)
    card = card_for(make_job())
    made = len(ipywidgets_widget._instances) - before
    card.close()

    assert (2, before) == (made, len(ipywidgets_widget._instances))
