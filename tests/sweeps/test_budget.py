"""What a budget of a name counts: what is paid, what is only asked for, and until when it holds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

import leonardo_nb as leo
from leonardo_nb.engine.limits import Limits
from leonardo_nb.errors import BudgetExceeded
from leonardo_nb.studios import Studio

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from leonardo_nb.simulator import Simulator
    from leonardo_nb.sweeps.run import Run
    from leonardo_nb.testing import ManualClock

SMALL: dict[str, Any] = {"width": 64, "height": 64}
CELLS = range(10)
EACH = 2
"""Credits; what a cell costs."""


@pytest.fixture
def studio(tmp_path: Path, simulator: Simulator, clock: ManualClock) -> Iterator[Studio]:
    """A studio that sends one job at a time."""
    limits = Limits(slots=1)
    with Studio(simulator=simulator, library=tmp_path, clock=clock, limits=limits) as made:
        yield made


def paused(studio: Studio, **more: Any) -> tuple[Run, int]:
    """Return a paused sweep of which some cells are done, and how many were not sent."""
    leo.sweep("a fox", name="some", studio=studio, seed=CELLS[:4], **SMALL).result(15)
    run = leo.sweep("a fox", name="foxes", studio=studio, seed=CELLS, **SMALL, **more)
    held = run.pause()
    for job in run.jobs:
        if job.sent:
            job.exception(15)
    return run, held


def test_what_is_only_asked_for_is_new(studio: Studio) -> None:
    """A plan of the same cells has the price of those that a paused run has not sent."""
    _, held = paused(studio)

    estimate = leo.plan("a fox", studio=studio, seed=CELLS, **SMALL).estimate(new=True)

    assert 0 < held < len(CELLS)
    assert (held, leo.Credits(EACH * held)) == (estimate.cells, estimate.cost)


@pytest.mark.parametrize("before", [{}, {"budget": leo.Credits(100)}])
def test_a_budget_counts_what_is_only_asked_for(
    studio: Studio, simulator: Simulator, before: dict[str, Any]
) -> None:
    """However it was asked for: what would now pass the budget is said, and nothing is sent."""
    run, held = paused(studio, **before)
    sent = simulator.creates
    again = leo.plan("a fox", name="foxes", studio=studio, seed=CELLS, **SMALL)

    with pytest.raises(BudgetExceeded, match=f"{held} cells that are new would cost"):
        again.start(budget=leo.Credits(1))

    assert (sent, held) == (simulator.creates, run.counts.waiting)


def test_a_budget_counts_what_was_asked_for_before_a_restart(
    studio: Studio, simulator: Simulator, clock: ManualClock
) -> None:
    """A kernel has ended with cells that it never sent; they go out only within the new budget."""
    _, held = paused(studio)
    sent = simulator.creates
    studio.close()
    with Studio(simulator=simulator, library=studio.folder, clock=clock) as later:
        again = leo.plan("a fox", name="foxes", studio=later, seed=CELLS, **SMALL)

        with pytest.raises(BudgetExceeded):
            again.start(budget=leo.Credits(EACH * held - 1))
        assert sent == simulator.creates

        again.start(budget=leo.Credits(EACH * held)).result(15)
        assert len(CELLS) == simulator.creates


def test_the_same_line_fits_its_own_budget_while_it_runs(
    studio: Studio, simulator: Simulator
) -> None:
    """What is set aside for the cells that wait is not counted a second time."""
    exactly = leo.Credits(EACH * 6)
    run, _ = paused(studio, budget=exactly)

    again, _ = paused(studio, budget=exactly)
    run.go_on()

    assert len(CELLS) == again.result(15).counts.done == simulator.creates


def test_what_waits_counts_in_every_budget_that_it_was_asked_for_with(
    studio: Studio, simulator: Simulator
) -> None:
    """Cells of a run without a budget fill that of a second sweep which asks for them, too."""
    run, held = paused(studio)
    other = {"name": "other", "studio": studio, "budget": leo.Credits(EACH * held), **SMALL}
    leo.sweep("a fox", seed=CELLS, **other)

    with pytest.raises(BudgetExceeded, match="0 credits that are left"):
        leo.sweep("a fox", seed=[77], **other)

    assert len(CELLS) == run.result(15).counts.done == simulator.creates


def test_what_is_asked_for_again_is_no_longer_held(studio: Studio, simulator: Simulator) -> None:
    """The same line as that of a run that is paused sends what waits, and ends."""
    run, held = paused(studio)

    again = leo.sweep("a fox", name="foxes", studio=studio, seed=CELLS, **SMALL)

    assert 0 < held
    assert len(CELLS) == again.result(15).counts.done == simulator.creates
    assert not run.is_paused


def test_a_part_has_the_name_and_the_budget_of_the_whole(studio: Studio) -> None:
    """What its plan sends besides is behind the same wall."""
    line = {"name": "wall", "studio": studio, **SMALL}
    leo.sweep("a fox", seed=[1, 2], budget=leo.Credits(2 * EACH), **line).result(15)

    part = leo.open_sweep("wall", studio=studio).where(lambda seed: seed == 1)

    with pytest.raises(BudgetExceeded, match=r"1 cell that is new would cost.*\(wall\)"):
        part.plan.widened(seed=[3]).start()


def test_a_budget_holds_until_another_is_given(studio: Studio, simulator: Simulator) -> None:
    """Also for a call that does not repeat it; a larger one takes its place."""
    line = {"name": "wall", "studio": studio, **SMALL}
    leo.sweep("a fox", seed=[1, 2], budget=leo.Credits(2 * EACH), **line).result(15)

    with pytest.raises(BudgetExceeded, match="0 credits that are left of the budget of 4 credits"):
        leo.sweep("a fox", seed=[1, 2, 3], **line)
    with pytest.raises(BudgetExceeded, match="nothing was sent"):
        leo.plan("a fox", seed=[1, 2, 3], **line).start()
    leo.sweep("a fox", seed=[1, 2, 3], budget=leo.Credits(3 * EACH), **line).result(15)

    assert 3 == simulator.creates
