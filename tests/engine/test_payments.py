"""What is paid and is no job: prompts."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING, Any

import pytest

import leonardo_nb as leo
from leonardo_nb.library.records import JobRecord
from leonardo_nb.money import Credits
from leonardo_nb.studios import Studio

from .scenes import SMALL, DatedSimulator

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from leonardo_nb.testing import ManualClock

IMPROVE: dict[str, Any] = {"method": "POST", "path": "/prompt/improve"}
PRICE = 4
"""Credits for one prompt."""


@pytest.fixture
def simulator(clock: ManualClock) -> DatedSimulator:
    """The service of all studios here."""
    return DatedSimulator(clock)


@pytest.fixture
def open_studio(
    simulator: DatedSimulator, clock: ManualClock, tmp_path: Path
) -> Iterator[Callable[..., Studio]]:
    """Open studios on one library."""
    opened: list[Studio] = []

    def make(budget: leo.Cost | None = None) -> Studio:
        opened.append(
            Studio(simulator=simulator, library=tmp_path / "own", clock=clock, budget=budget)
        )
        return opened[-1]

    yield make
    for studio in opened:
        studio.close()


def rows(studio: Studio) -> list[JobRecord]:
    return list(studio._ledger.jobs())


def spent_in_all(studio: Studio) -> dict[str, Any]:
    (line,) = studio._ledger.spending()
    return {"jobs": line.jobs, "charged": line.charged, "unknown": line.unknown}


def test_a_prompt_is_a_row_that_was_paid(open_studio: Callable[..., Studio]) -> None:
    """With its words and its price, complete, and counted as spent."""
    studio = open_studio()

    studio.improve_prompt("a fox")

    (row,) = rows(studio)
    assert ("prompt", "prompt/improve", "complete") == (row.kind, row.endpoint, row.state)
    assert ("charged", Credits(PRICE), {"prompt": "a fox"}) == (row.charge, row.cost, row.request)
    assert {"jobs": 1, "charged": Credits(PRICE), "unknown": Credits(0)} == spent_in_all(studio)


def test_two_prompts_of_the_same_words_are_paid_twice(
    open_studio: Callable[..., Studio],
) -> None:
    """They may come out differently, so none is given in the place of the other."""
    studio = open_studio()
    for _ in range(2):
        studio.random_prompt()

    assert 2 == len({row.content_key for row in rows(studio)})
    assert Credits(2 * PRICE) == spent_in_all(studio)["charged"]


def test_prompts_count_in_the_budget(
    open_studio: Callable[..., Studio], simulator: DatedSimulator
) -> None:
    """Of all studios that share it; what does not fit is not sent and costs nothing."""
    one, two = (open_studio(Credits(2 * PRICE + 1)) for _ in range(2))
    one.improve_prompt("a fox")
    two.improve_prompt("a hare")

    with pytest.raises(leo.BudgetExceeded, match="4 credits and 1 credit of the budget"):
        one.improve_prompt("a wolf")
    assert (Credits(2 * PRICE), Credits(2 * PRICE)) == (one.spent, two.spent)
    assert 2 == simulator.asked("POST", "/prompt")
    assert ["charged", "charged", "none"] == sorted(str(row.charge) for row in rows(one))


def test_prompts_leave_less_for_pictures(open_studio: Callable[..., Studio]) -> None:
    """One budget for both."""
    studio = open_studio(Credits(PRICE + 1))
    studio.improve_prompt("a fox")

    with pytest.raises(leo.BudgetExceeded):
        studio.generate("a fox", **SMALL).result(15)


@pytest.mark.parametrize(
    ("fault", "paid"),
    [
        ({"drop": "after"}, PRICE),
        ({"status": 500, "work_done": True}, PRICE),
        ({"corrupt": True}, PRICE),
        ({"status": 503}, 0),
    ],
    ids=str,
)
def test_a_lost_answer_is_not_asked_for_again(
    open_studio: Callable[..., Studio], simulator: DatedSimulator, fault: dict[str, Any], paid: int
) -> None:
    """It may have been paid, counts as spent, and says so; one request left."""
    studio = open_studio(Credits(100))
    before = simulator.balance
    simulator.script(**IMPROVE, **fault)

    with pytest.raises(leo.OutcomeUnknown, match="nobody knows whether its 4 credits were paid"):
        studio.improve_prompt("a fox")

    assert (1, paid) == (simulator.asked("POST", "/prompt/improve"), before - simulator.balance)
    assert [("failed", "unknown")] == [(row.state, row.charge) for row in rows(studio)]
    assert (Credits(PRICE), Credits(PRICE)) == (studio.spent, spent_in_all(studio)["unknown"])


@pytest.mark.parametrize("fault", [{"status": 400, "body": {"error": "no"}}, {"status": 401}])
def test_a_refusal_costs_nothing(
    open_studio: Callable[..., Studio], simulator: DatedSimulator, fault: dict[str, Any]
) -> None:
    """The service said no, so the money is there again."""
    studio = open_studio(Credits(100))
    simulator.script(**IMPROVE, **fault)

    with pytest.raises(leo.LeonardoError) as caught:
        studio.improve_prompt("a fox")

    assert not isinstance(caught.value, leo.OutcomeUnknown)
    assert [("failed", "none")] == [(row.state, row.charge) for row in rows(studio)]
    assert (Credits(0), ()) == (studio.spent, studio._ledger.spending())


def test_a_prompt_is_nothing_to_resume(
    open_studio: Callable[..., Studio], simulator: DatedSimulator
) -> None:
    """Whatever became of it, nothing of it is looked for."""
    studio = open_studio()
    studio.improve_prompt("a fox")
    simulator.script(**IMPROVE, drop="after")
    with pytest.raises(leo.OutcomeUnknown):
        studio.improve_prompt("a hare")
    other = open_studio()

    assert (0, 0) == (other.unfinished(), len(other.resume()))
    assert 2 == simulator.asked("POST", "/prompt")


def test_a_prompt_that_died_on_its_way_is_nothing_to_resume(
    open_studio: Callable[..., Studio], clock: ManualClock, simulator: DatedSimulator
) -> None:
    """Its row stays as it was sent, counts as unknown, and is asked for by nobody."""
    studio = open_studio()
    died = JobRecord(
        uid="u1",
        kind="prompt",
        endpoint="prompt/improve",
        state="request",
        request={"prompt": "a fox"},
        content_key="prompt:u1",
        simulated=True,
        base_url=simulator.base_url,
        created=clock.wall(),
        price=Credits(PRICE),
    )
    studio._ledger.intend(died)
    studio._ledger.sent("u1", clock.wall())

    assert (0, 0) == (studio.unfinished(), len(studio.resume()))
    assert Credits(PRICE) == spent_in_all(studio)["unknown"]
    assert 0 == simulator.asked("POST", "/prompt")


def test_a_prompt_is_no_job(open_studio: Callable[..., Studio]) -> None:
    """`leo.job` says what its id is of."""
    studio = open_studio()
    studio.improve_prompt("a fox")

    with pytest.raises(leo.LibraryError, match="was a prompt and no job"):
        studio.job(rows(studio)[0].uid)


def ends_unwritable(studio: Studio) -> None:
    """Let the library refuse how a request ended, as a full disk does in the wrong moment."""
    with closing(sqlite3.connect(studio._ledger.path)) as library, library:
        library.execute(
            "CREATE TRIGGER full BEFORE UPDATE ON jobs WHEN NEW.state IN ('complete', 'failed') "
            "BEGIN SELECT RAISE(ABORT, 'the disk is full'); END"
        )


def test_a_paid_prompt_is_given_although_its_row_cannot_be_written(
    open_studio: Callable[..., Studio], simulator: DatedSimulator, caplog: pytest.LogCaptureFixture
) -> None:
    """It was paid once; the log says that the library does not know how it ended."""
    studio = open_studio()
    before = simulator.balance
    ends_unwritable(studio)

    better = studio.improve_prompt("a fox")

    assert better.startswith("a fox")
    assert PRICE == before - simulator.balance
    assert ["request"] == [row.state for row in rows(studio)]
    assert "(charged) could not be written down" in caplog.text


@pytest.mark.parametrize(
    ("fault", "error"),
    [({"drop": "after"}, leo.OutcomeUnknown), ({"status": 401}, leo.AuthenticationError)],
    ids=str,
)
def test_what_the_service_said_is_raised_although_its_row_cannot_be_written(
    open_studio: Callable[..., Studio],
    simulator: DatedSimulator,
    fault: dict[str, Any],
    error: type[leo.LeonardoError],
) -> None:
    """The library's own trouble does not stand in its place."""
    studio = open_studio()
    ends_unwritable(studio)
    simulator.script(**IMPROVE, **fault)

    with pytest.raises(error):
        studio.improve_prompt("a fox")
