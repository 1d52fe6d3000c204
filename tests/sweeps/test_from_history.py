"""A sweep out of what was made before."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from leonardo_nb.errors import BudgetExceeded, InvalidRequest, LibraryError
from leonardo_nb.money import Credits
from leonardo_nb.simulator import Simulator
from leonardo_nb.studios import Studio
from leonardo_nb.sweeps.from_history import UNTOLD, sweep_from_history
from leonardo_nb.sweeps.functions import sweep
from leonardo_nb.sweeps.infer import REPLICATE

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from leonardo_nb.sweeps.run import Run
    from leonardo_nb.testing import ManualClock

SMALL: dict[str, Any] = {"width": 512, "height": 512}


@pytest.fixture
def elsewhere(tmp_path: Path, simulator: Simulator, clock: ManualClock) -> Iterator[Studio]:
    """A studio on the same account with a library that is empty."""
    with Studio(simulator=simulator, library=tmp_path / "elsewhere", clock=clock) as made:
        yield made


def named(run: Run) -> dict[str, tuple[Any, ...]]:
    return {axis.name: axis.values for axis in run.axes}


def test_what_was_made_one_by_one_is_a_grid(studio: Studio) -> None:
    """Single jobs that differ in two members are cells; the hole is a plan with a price."""
    for seed, scale in [(1, 5), (2, 5), (1, 7), (2, 7), (3, 5)]:
        studio.generate("a red fox", seed=seed, guidance_scale=scale, **SMALL).result(20)
    studio.generate("a ship", seed=1, **SMALL).result(20)

    run = sweep_from_history(studio=studio)

    assert {"seed": (1, 2, 3), "guidance_scale": (5, 7)} == named(run)
    assert ("a red fox", 5, 6) == (run.fixed["prompt"], len(run), run.places)
    assert run.missing is not None
    assert [{"seed": 3, "guidance_scale": 7}] == [cell.coords for cell in run.missing]
    assert {"differs in prompt": 1} == run.left_out
    assert 5 == run.counts.done
    assert run.missing_cost == run.missing.estimate().cost
    assert f"missing costs {run.missing_cost}: run.missing.start(budget=leo.Credits(" in repr(run)
    assert repr(run).startswith("<Run from the history: 5 of 6 cells; 1 missing")
    assert repr(run).endswith("; 1 picture left out>")


def test_nothing_is_paid_for_looking(studio: Studio, simulator: Simulator) -> None:
    """The jobs are those of the library; nothing is asked for."""
    made = sweep("a fox", seed=[1, 2, 3], studio=studio, **SMALL).result(20)
    before = simulator.world.balance_at(0)

    run = sweep_from_history(studio=studio)

    assert before == simulator.world.balance_at(0)
    assert {job.id for job in made} == {job.id for job in run}
    assert made.cost == run.cost
    assert run.missing is None


def test_what_was_made_elsewhere_is_fetched(studio: Studio, elsewhere: Studio) -> None:
    """An empty library takes the account's jobs over, with what the history says of them."""
    made = sweep("a fox", seed=[1, 2], guidance_scale=[4, 9], studio=studio, **SMALL).result(20)

    run = sweep_from_history(studio=elsewhere).result(20)

    assert {"seed": (1, 2), "guidance_scale": (4, 9)} == named(run)
    assert {image.id for image in made.images} == {image.id for image in run.images}
    assert {image.read_bytes() for image in made.images} == {
        image.read_bytes() for image in run.images
    }


def test_the_history_is_not_asked_what_it_does_not_say(studio: Studio, elsewhere: Studio) -> None:
    """Jobs of elsewhere stand on no axis that the history is silent about."""
    phoenix: dict[str, Any] = {"modelId": "Phoenix 1.0", "guidance_scale": 7, **SMALL}
    sweep("a fox", seed=[1], contrast=[2.5, 3], studio=studio, **phoenix).result(20)
    sweep("a fox", seed=[1], contrast=[3, 3.5, 4], studio=elsewhere, **phoenix).result(20)

    run = sweep_from_history(studio=elsewhere)

    assert (3, 3.5, 4) == named(run).get("contrast", ())
    assert 3 == len(run)
    assert 2 == sum(run.left_out.values())
    assert all("contrast" in why or why in {UNTOLD, "is there already"} for why in run.left_out)


def test_a_batch_fills_replicates(studio: Studio) -> None:
    """The pictures of one job are cells beside each other; a missing batch is one job."""
    for seed, scale in [(1, 5), (1, 7), (2, 5)]:
        studio.generate("a fox", seed=seed, guidance_scale=scale, num_images=2, **SMALL).result(20)

    run = sweep_from_history(studio=studio)

    assert {"seed": (1, 2), "guidance_scale": (5, 7), REPLICATE: (1, 2)} == named(run)
    assert 6 == len(run)
    assert 6 == len({image.id for image in run.images})
    assert run.missing is not None
    assert 2 == len(run.missing)
    assert 1 == len({cell.key for cell in run.missing})


def test_missing_cells_can_be_made(studio: Studio) -> None:
    """Once the plan has run, the grid is full, and the first cells were not paid again."""
    for seed, scale in [(1, 5), (2, 5), (1, 7)]:
        studio.generate("a fox", seed=seed, guidance_scale=scale, **SMALL).result(20)
    run = sweep_from_history(studio=studio)
    assert run.missing is not None

    run.missing.start(budget=run.missing_cost).result(20)

    full = sweep_from_history(studio=studio)
    assert (4, None) == (full.counts.done, full.missing)


def test_it_can_be_narrowed(studio: Studio, clock: ManualClock) -> None:
    """By words, by model and by day."""
    sweep("a red FOX", seed=[1, 2], studio=studio, **SMALL).result(20)
    clock.advance(2 * 86_400)
    sweep("an owl", seed=[1, 2, 3], modelId="Leonardo Kino XL", studio=studio, **SMALL).result(20)
    today = clock.wall()

    def count(**narrowed: Any) -> int:
        return len(sweep_from_history(studio=studio, **narrowed))

    assert 2 == count(prompt="fox")
    assert 3 == count(model="Leonardo Kino XL")
    assert 3 == count(since=today - timedelta(days=1)) == count(since=f"{today:%Y-%m-%d}")
    assert 3 == count(since=date(today.year, today.month, today.day))


@pytest.mark.parametrize(
    ("bad", "nearest"),
    [
        ({"limit": 0}, 1),
        ({"limit": 10**9}, 10_000),
        ({"limit": "all"}, 200),
        ({"model": "Phoenix 99"}, "Leonardo Phoenix 0.9"),
        ({"since": "yesterday"}, None),
        ({"since": 7}, None),
    ],
)
def test_what_is_no_wish_is_refused(studio: Studio, bad: dict[str, Any], nearest: object) -> None:
    """One error for each, before anything is asked."""
    with pytest.raises(InvalidRequest) as caught:
        sweep_from_history(studio=studio, **bad)

    assert nearest == caught.value.nearest


def test_no_history_says_so(studio: Studio) -> None:
    """An account that has made nothing, or nothing of the kind, has no grid."""
    with pytest.raises(LibraryError, match="Nothing that the account has made fits"):
        sweep_from_history(studio=studio, prompt="fox")


def test_what_only_the_library_has_counts(
    studio: Studio, tmp_path: Path, clock: ManualClock
) -> None:
    """A service that has forgotten everything takes nothing away."""
    made = sweep("a fox", seed=[1, 2], studio=studio, **SMALL).result(20)
    studio.close()
    fresh = Simulator(now=clock.now, wall=clock.wall, pause=clock.pause)

    with Studio(simulator=fresh, library=tmp_path / "library", clock=clock) as later:
        run = sweep_from_history(studio=later)

    assert {job.id for job in made} == {job.id for job in run}
    assert made.cost == run.cost


def test_widening_pays_for_what_is_new(studio: Studio, elsewhere: Studio) -> None:
    """Jobs of which only the history tells are not asked for again, nor in a part of the run."""
    for seed, scale in [(1, 5), (2, 5), (1, 7), (2, 7)]:
        studio.generate("a fox", seed=seed, guidance_scale=scale, **SMALL).result(20)
    run = sweep_from_history(studio=elsewhere)
    simulator = elsewhere.simulator
    assert simulator is not None
    before = simulator.creates

    wider = run.extend(seed=[9]).result(20)
    assert (6, 6, before + 2) == (len(wider), wider.counts.done, simulator.creates)
    assert {job.id for job in run} < {job.id for job in wider}

    run.where(seed=[1]).plan.widened(guidance_scale=[6]).start().result(20)
    assert before + 3 == simulator.creates


def test_widening_where_each_picture_has_a_seed_of_its_own(
    studio: Studio, elsewhere: Studio
) -> None:
    """New cells get seeds; a seed is no axis there, and a budget counts what is new only."""
    seeds = iter(range(10, 20))
    for scale in (5, 5, 7, 7):
        studio.generate("a fox", seed=next(seeds), guidance_scale=scale, **SMALL).result(20)
    run = sweep_from_history(studio=elsewhere)
    assert {"guidance_scale": (5, 7), REPLICATE: (1, 2)} == named(run)
    simulator = elsewhere.simulator
    assert simulator is not None
    before = simulator.creates

    with pytest.raises(InvalidRequest, match="a seed of its own"):
        run.extend(seed=[3])
    with pytest.raises(BudgetExceeded, match="nothing was sent"):
        run.extend(guidance_scale=[9], budget=Credits(1))
    assert before == simulator.creates

    wider = run.extend(guidance_scale=[9]).result(20)
    assert (6, before + 2) == (wider.counts.done, simulator.creates)
    assert "seed" not in wider.fixed


def test_what_cannot_be_widened_names_the_missing_cells(studio: Studio) -> None:
    """Where a replicate is missing, a plan of the places would pay for it unasked."""
    seeds = iter(range(10, 20))
    for scale in (5, 5, 7):
        studio.generate("a fox", seed=next(seeds), guidance_scale=scale, **SMALL).result(20)
    run = sweep_from_history(studio=studio)
    assert (3, 4) == (len(run), run.places)

    with pytest.raises(InvalidRequest, match=r"run\.missing\.start\(\)"):
        run.extend(guidance_scale=[9])


def test_members_that_follow_an_axis_are_widened_with_it(studio: Studio) -> None:
    """A new cell has the negative prompt that goes with its prompt."""
    pairs = {"a fox": "fog", "an owl": "rain"}
    for prompt, seed in [(prompt, seed) for prompt in pairs for seed in (1, 2)]:
        studio.generate(prompt, negative_prompt=pairs[prompt], seed=seed, **SMALL).result(20)

    wider = sweep_from_history(studio=studio).extend(seed=[3]).result(20)

    assert 6 == wider.counts.done
    assert set(pairs.items()) == {
        (job.request.prompt, job.request.negative_prompt)
        for cell, job in zip(wider.cells, wider, strict=True)
        if cell.coords["seed"] == 3
    }
