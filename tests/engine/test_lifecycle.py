"""The life of a job as values."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as some

from leonardo_nb.engine.lifecycle import (
    Acked,
    Cancelled,
    Charge,
    Completed,
    Drawn,
    Event,
    Failed,
    Looked,
    Noted,
    Priced,
    Saved,
    Sent,
    SentBack,
    Snapshot,
    State,
)
from leonardo_nb.errors import JobFailed
from leonardo_nb.library.files import StoredFile
from leonardo_nb.library.records import MediaFile
from leonardo_nb.money import Credits
from leonardo_nb.service.requests import CreateGeneration

ITEM = MediaFile(
    "image-1", "https://x/1.jpg", False, StoredFile(Path("a.jpg"), "ab", "image/jpeg", 8, 8, 1)
)
FAILURE = JobFailed("no")

EVENTS: dict[str, Event] = {
    "priced": Priced(Credits(11)),
    "sent": Sent(),
    "sent back": SentBack(),
    "acked": Acked("id-1", Credits(11), 1.0),
    "looked": Looked(),
    "drawn": Drawn(),
    "saved": Saved(ITEM),
    "completed": Completed(5.0),
    "failed": Failed(FAILURE, 5.0),
    "refunded": Failed(FAILURE, 5.0, refunded=True),
    "cancelled": Cancelled(5.0),
    "noted": Noted("something"),
}


def fresh() -> Snapshot:
    return Snapshot(
        uid="u",
        request=CreateGeneration.of("a fox", seed=1),
        created=datetime(2026, 1, 1, tzinfo=UTC),
        started=0.0,
    )


@pytest.mark.parametrize(
    ("events", "state"),
    [
        ([], State.REQUEST),
        (["priced", "sent"], State.REQUEST),
        (["sent", "acked"], State.ACK),
        (["sent", "acked", "looked"], State.PENDING),
        (["sent", "acked", "looked", "drawn", "saved"], State.PENDING),
        (["sent", "acked", "drawn", "saved", "completed"], State.COMPLETE),
        (["sent", "acked", "looked", "failed"], State.FAILED),
        (["failed"], State.FAILED),
        (["cancelled"], State.CANCELLED),
        (["sent", "acked", "cancelled"], State.CANCELLED),
    ],
)
def test_state_follows_from_the_facts(events: list[str], state: State) -> None:
    """The structure document's words, in its order, from nothing but what happened."""
    snapshot = fresh()
    for name in events:
        snapshot = snapshot.after(EVENTS[name])

    assert state == snapshot.state


@given(
    before=some.lists(some.sampled_from(sorted(EVENTS))),
    end=some.sampled_from(["completed", "failed", "cancelled"]),
    late=some.lists(some.sampled_from(sorted(EVENTS))),
)
def test_a_final_job_never_moves_again(before: list[str], end: str, late: list[str]) -> None:
    """Whatever comes late, doubled or in any order, a job that has ended stays as it is."""
    snapshot = fresh()
    for name in [*before, end]:
        snapshot = snapshot.after(EVENTS[name])
    ended = snapshot
    for name in late:
        snapshot = snapshot.after(EVENTS[name])

    assert ended.state.is_final
    assert ended == snapshot


@given(
    some.lists(
        some.sampled_from(sorted(set(EVENTS) - {"completed", "failed", "refunded", "cancelled"}))
    )
)
def test_only_an_end_ends_a_job(events: list[str]) -> None:
    """No number of looks, prices or notes makes a job final."""
    snapshot = fresh()
    for name in events:
        snapshot = snapshot.after(EVENTS[name])

    assert not snapshot.state.is_final


@pytest.mark.parametrize(
    ("events", "charge"),
    [
        ([], Charge.NONE),
        (["priced", "cancelled"], Charge.NONE),
        (["sent", "sent back", "failed"], Charge.NONE),
        (["sent", "failed"], Charge.UNKNOWN),
        (["sent", "acked", "cancelled"], Charge.CHARGED),
        (["sent", "acked", "failed"], Charge.CHARGED),
        (["sent", "acked", "refunded"], Charge.REFUNDED),
        (["sent", "acked", "drawn", "saved", "completed"], Charge.CHARGED),
    ],
)
def test_what_was_spent_follows_from_the_facts(events: list[str], charge: Charge) -> None:
    """Every display and every sum asks this one place."""
    snapshot = fresh()
    for name in events:
        snapshot = snapshot.after(EVENTS[name])

    assert charge == snapshot.charge


def test_a_request_sent_back_costs_nothing_to_cancel() -> None:
    """After a refusal that created nothing, the job counts as not sent."""
    assert not fresh().after(Sent()).after(SentBack()).sent


def test_pictures_keep_their_order() -> None:
    """Saved pictures stand in the order in which the service listed them."""
    other: Any = MediaFile("image-2", "https://x/2.jpg", True, ITEM.file)

    snapshot = fresh().after(Saved(ITEM)).after(Saved(other))

    assert ["image-1", "image-2"] == [item.image_id for item in snapshot.media]
