"""What people laid out and said of pictures is kept, for each service by itself."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from leonardo_nb.errors import InvalidRequest
from leonardo_nb.library.ledger import Ledger
from leonardo_nb.library.shelf import Mark, Shelf, SweepRecord, Vote

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    made = Ledger(tmp_path)
    yield made
    made.close()


@pytest.fixture
def shelf(ledger: Ledger) -> Shelf:
    return Shelf(ledger.database, "https://service.invalid")


def vote(uid: str, winner: str = "a", loser: str = "b", *, minutes: float = 0) -> Vote:
    """Return a vote that was given *minutes* after noon."""
    return Vote(uid, "foxes", winner, loser, NOON + timedelta(minutes=minutes), by="Ada")


def test_a_sweep_is_found_by_its_name(shelf: Shelf) -> None:
    """What was put there comes back as it was."""
    record = SweepRecord("foxes", {"axes": [{"name": "seed", "values": [1, 2.5, "ü"]}]}, NOON, NOON)
    shelf.put_sweep(record)

    assert record == shelf.sweep("foxes")
    assert shelf.sweep("hares") is None


def test_a_sweep_that_is_widened_keeps_its_first_day(shelf: Shelf) -> None:
    """The newer layout takes the place of the older one; when it began stays."""
    shelf.put_sweep(SweepRecord("foxes", {"cells": 2}, NOON, NOON))
    later = NOON + timedelta(days=1)
    shelf.put_sweep(SweepRecord("foxes", {"cells": 3}, later, later))

    assert (SweepRecord("foxes", {"cells": 3}, NOON, later),) == shelf.sweeps()


def test_the_newest_sweep_comes_first(shelf: Shelf) -> None:
    """Sweeps are listed by when they were last started or widened."""
    for day, name in enumerate(["one", "two", "three"]):
        shelf.put_sweep(SweepRecord(name, {}, NOON, NOON + timedelta(days=day)))

    assert ["three", "two", "one"] == [record.name for record in shelf.sweeps()]


def test_a_mark_is_kept_and_taken_back(shelf: Shelf) -> None:
    """The last word counts, and an empty mark leaves none."""
    shelf.mark("k1", Mark(star=True))
    shelf.mark("k2#1", Mark(reject=True, note="six legs"))
    shelf.mark("k1", Mark())

    assert {"k2#1": Mark(reject=True, note="six legs")} == shelf.marks(["k1", "k2#1", "k3"])


def test_marks_of_thousands_are_one_transaction(shelf: Shelf) -> None:
    """More pictures than one statement takes have their marks all the same."""
    marks = {f"k{n}": Mark(star=True, note=str(n)) for n in range(1_234)}
    shelf.mark_all(marks)

    assert marks == shelf.marks(marks)


def test_a_vote_counts_once(shelf: Shelf) -> None:
    """A log that is merged twice adds nothing the second time."""
    votes = [vote("v1"), vote("v2", "b", "a", minutes=1)]

    assert [2, 0] == [shelf.add_votes(votes), shelf.add_votes(votes[::-1])]
    assert tuple(votes) == shelf.votes("foxes")
    assert () == shelf.votes("hares")


def test_a_picture_does_not_win_against_itself(shelf: Shelf) -> None:
    """One such vote, and none of them is added."""
    with pytest.raises(InvalidRequest, match="between a picture and itself"):
        shelf.add_votes([vote("v1"), vote("v2", "a", "a")])

    assert () == shelf.votes()


def test_a_vote_can_be_taken_back(shelf: Shelf) -> None:
    """What was undone is no longer among the votes."""
    shelf.add_votes([vote("v1"), vote("v2")])
    shelf.remove_votes(["v1"])

    assert ["v2"] == [found.uid for found in shelf.votes()]


def test_services_do_not_see_each_other(ledger: Ledger, shelf: Shelf) -> None:
    """What was said of simulated pictures is not said of paid ones."""
    other = Shelf(ledger.database, "https://service.invalid simulated")
    shelf.put_sweep(SweepRecord("foxes", {}))
    shelf.mark("k1", Mark(star=True))
    shelf.add_votes([vote("v1")])

    assert (None, {}, ()) == (other.sweep("foxes"), other.marks(["k1"]), other.votes())


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    parts=st.lists(st.lists(st.integers(0, 9).map(str), max_size=5), max_size=5),
    order=st.randoms(use_true_random=False),
)
def test_logs_merge_in_any_order(
    tmp_path_factory: pytest.TempPathFactory, parts: list[list[str]], order: object
) -> None:
    """However votes come together, the same ones are there in the same order."""
    made = [Ledger(tmp_path_factory.mktemp("votes")) for _ in range(2)]
    shelves = [Shelf(ledger.database, "s") for ledger in made]
    shuffled = list(parts)
    order.shuffle(shuffled)  # type: ignore[attr-defined]
    for shelf, some in zip(shelves, (parts, shuffled), strict=True):
        for uids in some:
            shelf.add_votes(vote(uid, minutes=int(uid)) for uid in uids)
    found = [shelf.votes() for shelf in shelves]
    for ledger in made:
        ledger.close()

    assert found[0] == found[1]
