from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from leonardo_nb.widgets.pace import Gather

if TYPE_CHECKING:
    from tests.widgets.conftest import FakeEngine


@pytest.fixture
def drawn() -> list[float]:
    """The moments at which something was drawn."""
    return []


@pytest.fixture
def gather(engine: FakeEngine, drawn: list[float]) -> Gather:
    """Ten a second, noting when."""
    return Gather(engine, lambda: drawn.append(round(engine.now, 3)), per_second=10)


def test_first_ask_draws_at_once(engine: FakeEngine, gather: Gather, drawn: list[float]) -> None:
    """Nobody waits a tenth of a second for the first change."""
    gather.ask()
    engine.turn()

    assert [0.0] == drawn


def test_many_asks_are_few_drawings(engine: FakeEngine, gather: Gather, drawn: list[float]) -> None:
    """A hundred changes in a second are ten drawings, and one after it for the last of them."""
    for _ in range(100):
        gather.ask()
        engine.advance(0.01)
    engine.advance(1)

    assert [round(n / 10, 1) for n in range(11)] == [round(moment, 1) for moment in drawn]


def test_last_ask_is_not_lost(engine: FakeEngine, gather: Gather, drawn: list[float]) -> None:
    """What changes just after a drawing is drawn a little later, with nobody asking again."""
    gather.ask()
    engine.advance(0.01)
    gather.ask()
    engine.advance(5)

    assert [0.0, 0.1] == drawn


def test_a_drawing_that_fails_is_not_the_last(
    engine: FakeEngine, caplog: pytest.LogCaptureFixture
) -> None:
    """An error is logged, and the next change is drawn."""
    drawn = []

    def draw() -> None:
        drawn.append(engine.now)
        raise ValueError("no ink")

    gather = Gather(engine, draw)
    gather.ask()
    engine.advance(1)
    gather.ask()
    engine.advance(1)

    assert [0.0, 1.0] == drawn
    assert "its job goes on" in caplog.text


def test_closed_engine_is_no_error(engine: FakeEngine, gather: Gather) -> None:
    """A job that ends while the kernel shuts down asks nobody."""
    engine.is_closed = True

    gather.ask()
    engine.turn()

    assert gather is not None
