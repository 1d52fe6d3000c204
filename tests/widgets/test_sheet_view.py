from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

import leonardo_nb as leo
from leonardo_nb.sweeps.states import Counts
from leonardo_nb.widgets.sheet_deck import deck_of, indices
from leonardo_nb.widgets.sheet_tally import letter_of
from leonardo_nb.widgets.sheet_view import (
    _mark,
    cell_view,
    head_view,
    money_words,
    reason_of,
)

if TYPE_CHECKING:
    from leonardo_nb.simulator import Simulator
    from leonardo_nb.studios import Studio
    from leonardo_nb.sweeps.run import Run

SMALL: dict[str, Any] = {"width": 64, "height": 64}


@pytest.fixture
def run(studio: Studio) -> Run:
    """Two by two cells by two seeds, all done."""
    started = leo.sweep(
        "a <b>fox</b>",
        studio=studio,
        seed=[1, 2],
        guidance_scale=[3, 7.5],
        presetStyle=["ANIME", "DYNAMIC"],
        **SMALL,
    )
    return started.result(15)


@pytest.fixture
def failed(studio: Studio, simulator: Simulator) -> Run:
    """Three cells of which one has failed."""
    simulator.script(method="POST", path="/generations", fail=True, times=1)
    return leo.sweep("a fox", studio=studio, seed=[1, 2, 3], **SMALL).result(15)


def test_head_of_a_run_that_has_ended(run: Run) -> None:
    """A disc, all of it, what it cost, and nothing to stop."""
    head = head_view(run)

    assert ("disc", "8 of 8", [8, 0, 0, 0, 0]) == (head["mark"], head["word"], head["bar"])
    assert (str(run.cost), "", []) == (head["money"], head["left"], head["actions"])
    assert head["simulated"]


def test_head_says_how_many_failed(failed: Run) -> None:
    """The bar has a part for them, and the words a number."""
    head = head_view(failed)

    assert ("2 of 3", "1 failed", [2, 1, 0, 0, 0]) == (head["word"], head["rest"], head["bar"])


@pytest.mark.parametrize(
    ("counts", "is_paused", "mark"),
    [
        (Counts(done=12), False, "disc"),
        (Counts(done=9, failed=1, stopped=2), False, "triangle"),
        (Counts(done=9, stopped=3), False, "square"),
        (Counts(stopped=3), False, "square"),
        (Counts(done=1, running=1, waiting=1), False, "quarter"),
        (Counts(waiting=2), False, "circle"),
        (Counts(running=1, waiting=1), True, "bars"),
        (Counts(waiting=2), True, "bars"),
    ],
)
def test_mark_is_that_of_what_did_not_come(counts: Counts, is_paused: bool, mark: str) -> None:
    """A disc says that all is done; what is paused shows nothing at work."""
    assert mark == _mark(counts, is_paused=is_paused)


def test_stopped_sweep_says_what_sends_the_rest(simulator: Simulator, studio: Studio) -> None:
    """And that line asks for these alone, under the same name."""
    run = leo.sweep("a fox", studio=studio, seed=range(40), **SMALL)
    run.jobs[0].result(15)
    assert run.cancel() > 1
    run.result(15)
    head, counts = head_view(run), run.counts
    again = run.extend().result(15)

    assert f"{counts.stopped} stopped; run.extend() sends them" == head["rest"]
    assert "square" == head["mark"]
    assert "extend" not in head["said"]
    assert (40, run.name) == (again.counts.done, again.name)
    states = zip(run.jobs, again.jobs, run.states, strict=True)
    assert all((old.id == new.id) == (state == "done") for old, new, state in states)


def test_said_is_one_sentence_at_the_end(failed: Run) -> None:
    """Screen readers hear quarters and the end, not every cell."""
    assert f"Sweep ended: 2 of 3 done, 1 failed, {failed.cost}." == head_view(failed)["said"]


def test_head_of_a_run_that_has_just_started(studio: Studio) -> None:
    """Stop says what it does, the money says of how much, the time is in words."""
    run = leo.sweep("a fox", studio=studio, seed=range(40), **SMALL)
    head = head_view(run)
    run.cancel()

    pause, stop = head["actions"]
    assert ("pause", "stop") == (pause["do"], stop["do"])
    assert re.fullmatch(r"\d+ wait(, \d+ already paid finish(es)?)?", pause["consequence"])
    assert " are never sent or paid" in stop["consequence"]
    assert head["left"].startswith("about ")
    assert 40 == sum(head["bar"])


def test_what_failed_can_be_tried_again_at_its_price(failed: Run) -> None:
    """The consequence is beside the word."""
    (retry,) = head_view(failed)["actions"]
    price = failed.price_of(failed.cells[0])

    assert ("retry", f"only the 1 that failed, {price}") == (retry["do"], retry["consequence"])


def test_money_of_failed_jobs_is_given_back(failed: Run) -> None:
    """What was refunded is neither spent nor expected."""
    assert str(failed.price) == money_words(failed)


def test_cell_is_shown_with_coordinates_first(run: Run) -> None:
    """Then what else is not the default, then what it took and cost."""
    cell = cell_view(run, 3)

    assert [["seed", "1"], ["guidance_scale", "7.5"], ["presetStyle", "DYNAMIC"]] == cell["where"]
    assert [["size", "64 \u00d7 64"]] == [list(pair) for pair in cell["parameters"]]
    assert ["took", "cost"] == [name for name, _ in cell["facts"]]
    assert "a <b>fox</b>" == cell["prompt"]


def test_cell_that_failed_says_why(failed: Run) -> None:
    """With what to do now."""
    (number,) = failed.failures
    cell = cell_view(failed, number)

    assert ("triangle", "Failed") == (cell["mark"], cell["word"])
    assert cell["error"]
    assert cell["advice"]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("Generation 438afa3c-4b23-4048-b6e2-0d0ddce0115c failed after 3 s.", "Failed after 3 s."),
        ("The prompt was refused. Change it.", "The prompt was refused."),
        ('The service refused width: "Invalid width 7.".', "Invalid width 7."),
    ],
)
def test_reason_has_no_id(text: str, reason: str) -> None:
    """A cell has room for a sentence."""
    assert reason == reason_of(ValueError(text))


def test_side_without_a_cell_lists_what_is_always_so(studio: Studio) -> None:
    """Before the first picture: model and size, which no label says, and what else was set."""
    plan = leo.plan("a fox", studio=studio, seed=[1, 2], guidance_scale=9)
    run = plan.start()
    run.cancel()
    always = dict(deck_of(run, indices(run))["always"])

    assert ["model", "size", "guidance_scale"] == list(always)
    assert "1024 × 768" == always["size"]  # noqa: RUF001  typographic


CHANGES: dict[str, dict[str, Any]] = {
    "reused": {"reused": True},
    "searched": {"complete": False, "job_id": None, "cost": None, "lost": "No answer."},
    "elsewhere": {"complete": False, "elsewhere": True},
    "unknown": {
        "complete": False,
        "job_id": None,
        "cost": None,
        "error": leo.OutcomeUnknown("The answer was lost. `job.resend()` pays once more."),
    },
}


def told(run: Run, *names: str) -> Run:
    """Return *run* as if its first cells had gone another way, one for each of *names*."""
    for name, job in zip(names, run.jobs, strict=False):
        job._snapshot = replace(job.snapshot, **CHANGES[name])
    return run


def test_what_the_library_had_is_counted(run: Run) -> None:
    """How many cells of all, and what was spent now, for the others."""
    one = run.cost
    told(run, "reused", "reused")

    assert one is not None
    assert one != run.cost
    assert f"2 of 8 from the library, {run.cost} spent now" == money_words(run)
    assert f"8 of 8 done, 2 of 8 from the library, {run.cost} spent now" in head_view(run)["said"]
    assert "<Run of 8 cells: 8 done, 2 from the library>" == repr(run)


def test_a_run_that_was_all_there_costs_nothing(run: Run) -> None:
    """No amount is said, for none was paid."""
    told(run, *["reused"] * 8)

    assert "all 8 from the library, nothing spent now" == money_words(run)


def test_a_cell_of_the_library_says_when_it_was_made(run: Run) -> None:
    """At the side: its day, and no cost."""
    told(run, "reused")
    facts = dict(cell_view(run, 0)["facts"])

    assert ["made", "cost"] == list(facts)
    assert "none, from the library" == facts["cost"]
    assert str(run.jobs[0].created.year) in facts["made"]


def test_lost_answers_have_letters_of_their_own(run: Run) -> None:
    """They are counted apart: looked for, and of unknown outcome, which is no failure."""
    told(run, "searched", "unknown", "elsewhere")

    assert "lurddddd" == "".join(map(letter_of, run.jobs))
    assert (
        "1 of unknown outcome, 1 looked for, 1 of another kernel watched" == head_view(run)["rest"]
    )
    assert ["No answer."] == cell_view(run, 0)["notes"]
    assert ["Another kernel works on it; watched here."] == cell_view(run, 2)["notes"]
    assert "Outcome unknown" == cell_view(run, 1)["word"]
