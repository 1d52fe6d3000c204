"""How many jobs are at the service, and how long they are drawn there."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as some

from leonardo_nb.engine.flow import AtWork, ahead_of


@pytest.mark.parametrize(
    ("slots", "usual", "ahead"),
    [(10, None, 0), (10, 60.0, 1), (10, 5.0, 8), (10, 0.5, 10), (1, 5.0, 1), (10, 0.0, 0)],
)
def test_what_is_sent_ahead(slots: int, usual: float | None, ahead: int) -> None:
    """As many as end between two looks, at most as many as there are slots."""
    assert ahead == ahead_of(slots, usual, 2.0)


def test_what_waits_there_is_not_drawn() -> None:
    """The third job on two slots begins when the first one ends."""
    work = AtWork()
    for name in ("a", "b", "c"):
        work.accept(name, 0.0, 2)

    ended = [work.end("a", 5.0, 2), work.end("b", 6.0, 2), work.end("c", 10.0, 2)]

    assert [5.0, 6.0, 5.0] == ended


def test_what_seems_not_to_be_drawn_yet_teaches_nothing() -> None:
    """Other kernels, or another order, may have let it begin before we thought so."""
    work = AtWork()
    for name in ("a", "b"):
        work.accept(name, 0.0, 1)

    assert (None, 7.0) == (work.end("b", 5.0, 1), work.end("a", 7.0, 1))


def test_who_is_not_known_ends_nothing() -> None:
    """Twice is as good as once."""
    work = AtWork()
    work.accept("a", 0.0, 1)
    work.end("a", 1.0, 1)

    assert None is work.end("a", 2.0, 1)


@given(some.integers(1, 5), some.lists(some.floats(0.5, 30), min_size=1, max_size=40))
def test_seen_exactly_durations_are_exact(slots: int, durations: list[float]) -> None:
    """Where each end is seen as it happens, what is learned is what was drawn."""
    work, free = AtWork(), [0.0] * slots
    ends = []
    for number, seconds in enumerate(durations):
        work.accept(str(number), 0.0, slots)
        start = min(free)
        free[free.index(start)] = start + seconds
        ends.append((start + seconds, number))

    learned = {number: work.end(str(number), end, slots) for end, number in sorted(ends)}

    assert pytest.approx(durations) == [learned[number] for number in range(len(durations))]
