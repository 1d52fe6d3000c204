from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from leonardo_nb.engine.lifecycle import Snapshot
from leonardo_nb.engine.standing import ADOPTED, history, in_short
from leonardo_nb.errors import OutcomeUnknown
from leonardo_nb.money import Credits
from leonardo_nb.service.requests import CreateGeneration

REQUEST = CreateGeneration.of("a fox", seed=1)
CREATED = datetime(2026, 11, 22, 12, tzinfo=UTC)


def snapshot(**facts: Any) -> Snapshot:
    """Return what is known of a job that was sent, with *facts*."""
    known: dict[str, Any] = {"sent": True, "price": Credits(8)}
    return Snapshot(uid="a", request=REQUEST, created=CREATED, started=0.0, **(known | facts))


@pytest.mark.parametrize(
    ("facts", "words"),
    [
        ({}, ()),
        ({"job_id": "x", "complete": True}, ()),
        ({"lost": "reset"}, ("answer lost, looking for it",)),
        ({"lost": "reset", "resent": 1}, ("answer lost, looking for it", "sent again once")),
        ({"lost": "reset", "job_id": "x"}, ("found again",)),
        ({"lost": "reset", "job_id": "x", "resent": 1}, ("sent again once",)),
        ({"lost": "reset", "job_id": "x", "resent": 2}, ("sent again 2 times",)),
        ({"lost": "reset", "error": OutcomeUnknown("")}, ("8 credits perhaps paid",)),
        ({"error": OutcomeUnknown(""), "price": None}, ("perhaps paid",)),
        ({"elsewhere": True}, ("watched here",)),
        ({"elsewhere": True, "job_id": "x", "complete": True}, ()),
        ({"reused": True, "job_id": "x", "complete": True}, ("from the library",)),
    ],
)
def test_a_few_words_for_a_line(facts: dict[str, Any], words: tuple[str, ...]) -> None:
    """A repr says what bears on the cost, and nothing where everything went its usual way."""
    assert words == in_short(snapshot(**facts))


def test_what_stays_true_after_the_end() -> None:
    """Found again or sent again stays; a search and another kernel are over with the job."""
    assert (ADOPTED,) == history(snapshot(lost="reset", job_id="x", complete=True))
    assert (
        "was lost, so it was sent once more."
        in history(snapshot(lost="reset", resent=1, job_id="x"))[0]
    )
    assert () == history(snapshot(lost="reset"))
    assert () == history(snapshot(job_id="x", elsewhere=True, complete=True))
