"""Sweeps that are paused, tried again, widened, put together, and opened after a restart."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any

import pytest

import leonardo_nb as leo
from leonardo_nb.engine.limits import Limits
from leonardo_nb.errors import BudgetExceeded, InvalidRequest, NotFound
from leonardo_nb.library.shelf import SweepRecord
from leonardo_nb.simulator import Simulator
from leonardo_nb.studios import Studio
from leonardo_nb.sweeps.saved import cells_of
from leonardo_nb.sweeps.states import CellState, took

if TYPE_CHECKING:
    from pathlib import Path

    from leonardo_nb.sweeps.run import Run
    from leonardo_nb.testing import ManualClock

SMALL: dict[str, Any] = {"width": 64, "height": 64}


@pytest.fixture
def run(studio: Studio) -> Run:
    """Six cells of the sweep called foxes, all done."""
    started = leo.sweep(
        "a fox", name="foxes", studio=studio, seed=[1, 2, 3], guidance_scale=[3, 7], **SMALL
    )
    return started.result(15)


# -- trying again


def test_only_what_failed_is_tried_again(studio: Studio, simulator: Simulator) -> None:
    """The run itself then has the new jobs, and the others are not asked for again."""
    simulator.script(method="POST", path="/generations", fail=True, times=2)
    run = leo.sweep("a fox", studio=studio, seed=[1, 2, 3], **SMALL).result(15)
    before = (run.counts.done, run.counts.failed, simulator.creates)
    again = run.retry_failed()

    assert (1, 2, 3) == before
    assert again is run
    assert 3 == run.result(15).counts.done
    assert 5 == simulator.creates


def test_what_has_ended_since_counts(studio: Studio, simulator: Simulator) -> None:
    """Also where nobody waited for the run while the new jobs were under way."""
    simulator.script(method="POST", path="/generations", fail=True, times=1)
    run = leo.sweep("a fox", studio=studio, seed=[1], **SMALL)
    with pytest.raises(leo.SweepFailed):
        run.result(15)
    run.retry_failed().jobs[0].result(15)

    assert 1 == run.result(15).counts.done


def test_views_see_what_was_tried_again(studio: Studio, simulator: Simulator) -> None:
    """A part of a run that was taken before shows the new job, and whoever watches is told."""
    simulator.script(method="POST", path="/generations", fail=True, times=1)
    run = leo.sweep("a fox", studio=studio, seed=[1], guidance_scale=[3], **SMALL)
    part = run.where(guidance_scale=[3])
    seen: list[tuple[int, ...]] = []
    part.watch(lambda _job, cells: seen.append(cells))
    with pytest.raises(leo.SweepFailed):
        run.result(15)
    run.retry_failed().result(15)

    assert [CellState.DONE] == list(part.states)
    assert {(0,)} == set(seen)


def test_nothing_is_tried_again_where_nothing_failed(run: Run, simulator: Simulator) -> None:
    """It costs nothing."""
    run.retry_failed()

    assert 6 == simulator.creates


# -- pausing


def test_a_paused_sweep_sends_nothing(
    tmp_path: Path, simulator: Simulator, clock: ManualClock
) -> None:
    """What was sent goes on; the others wait until they are let go."""
    with Studio(
        simulator=simulator, library=tmp_path, clock=clock, limits=Limits(slots=1)
    ) as studio:
        run = leo.sweep("a fox", studio=studio, seed=range(6), **SMALL)
        held = run.pause()
        for job in run.jobs:
            if CellState.of(job) is not CellState.WAITING:
                job.exception(15)
        sent = 6 - held
        counts = run.counts

        assert (sent, held, sent) == (counts.done, counts.waiting, simulator.creates)
        assert run.is_paused
        assert "paused" in repr(run)
        assert held == run.go_on()
        assert 6 == run.result(15).counts.done
        assert not run.is_paused


def test_a_paused_sweep_can_be_cancelled(
    tmp_path: Path, simulator: Simulator, clock: ManualClock
) -> None:
    """What is held back is withdrawn, and costs nothing."""
    with Studio(
        simulator=simulator, library=tmp_path, clock=clock, limits=Limits(slots=1)
    ) as studio:
        run = leo.sweep("a fox", studio=studio, seed=range(6), **SMALL)
        held = run.pause()

        assert held == run.cancel() == run.counts.stopped


# -- widening


def test_widening_pays_for_what_is_new(run: Run, simulator: Simulator) -> None:
    """The cells that are there stay, with their jobs; the new ones are asked for."""
    wider = run.extend(seed=[4]).result(15)

    assert (8, 8) == (len(wider), simulator.creates)
    assert set(run.jobs) < set(wider.jobs)
    assert "foxes" == wider.name


def test_what_was_fixed_can_vary(run: Run, simulator: Simulator) -> None:
    """Its own value comes first, and is not paid again."""
    wider = run.extend(num_inference_steps=[20]).result(15)

    assert [15, 20] == list(wider.axes[-1].values)
    assert 12 == simulator.creates


def test_values_between_others_stand_between_them(run: Run) -> None:
    """A numeric axis stays in order."""
    assert (3, 5, 7) == run.plan.widened(guidance_scale=[5]).axes[1].values


def test_widening_by_what_is_there_is_refused(run: Run, simulator: Simulator) -> None:
    """Nothing is sent for a value that the sweep has."""
    with pytest.raises(InvalidRequest, match="seed has 2 already"):
        run.extend(seed=[2, 9])

    assert 6 == simulator.creates


def test_widening_keeps_within_its_budget(run: Run, simulator: Simulator) -> None:
    """What the new cells cost is known before one of them is sent."""
    with pytest.raises(BudgetExceeded, match="nothing was sent"):
        run.extend(seed=range(10, 30), budget=leo.Credits(3))

    assert 6 == simulator.creates


def test_more_replicates_keep_the_first(studio: Studio, simulator: Simulator) -> None:
    """Each further replicate is one more picture of every place."""
    run = leo.sweep("a fox", studio=studio, seed=[1, 2], replicates=2, **SMALL).result(15)
    wider = run.extend(replicate=[3]).result(15)

    assert (6, 6) == (len(wider), simulator.creates)


def test_words_of_a_prompt_are_widened(studio: Studio, simulator: Simulator) -> None:
    """A slot takes new words."""
    words = leo.prompt("a {animal}", animal=["fox", "owl"])
    run = leo.sweep(words, studio=studio, seed=1, **SMALL).result(15)
    wider = run.extend(animal=["cat"]).result(15)

    assert ["a fox", "a owl", "a cat"] == [job.request.prompt for job in wider.jobs]
    assert 3 == simulator.creates


# -- putting together


def test_sweeps_are_put_together(run: Run, studio: Studio) -> None:
    """What differs between two sweeps becomes an axis, and common pictures stand once."""
    other = leo.sweep("an owl", studio=studio, seed=[1, 2], guidance_scale=[7, 9], **SMALL).result(
        15
    )
    both = run | other

    assert {"seed", "guidance_scale", "prompt"} == {axis.name for axis in both.axes}
    assert 10 == len(both) == both.counts.done
    assert 4 == len(both.sel(prompt="an owl"))  # type: ignore[arg-type]


def test_a_part_is_taken_away(run: Run) -> None:
    """What is left are the pictures that the other does not have."""
    left = run - run.where(seed=[1, 2])

    assert [(3, 3), (3, 7)] == [tuple(cell.coords.values()) for cell in left.cells]
    assert len(run) == len(left | run)


def test_nothing_left_is_refused(run: Run) -> None:
    """A sweep without cells is none."""
    with pytest.raises(InvalidRequest, match="Nothing is left"):
        run - run


def test_a_part_is_chosen_by_a_condition(run: Run) -> None:
    """The axes keep the values that are left; cells are counted anew."""
    part = run.where(lambda seed, guidance_scale: seed > 1 and guidance_scale < 5)

    assert [(2, 3), (3, 3)] == [tuple(cell.coords.values()) for cell in part.cells]
    assert [0, 1] == [cell.index for cell in part.cells]
    assert [(2, 3), (3,)] == [axis.values for axis in part.axes]


# -- names, and opening again


def test_a_sweep_is_opened_after_a_restart(
    run: Run, studio: Studio, simulator: Simulator, clock: ManualClock
) -> None:
    """With the same cells and pictures, and nothing is paid."""
    studio.close()
    with Studio(simulator=simulator, library=studio.folder, clock=clock) as again:
        opened = leo.open_sweep("foxes", studio=again)

        assert (6, "foxes") == (opened.counts.done, opened.name)
        assert [image.path for image in run.images] == [image.path for image in opened.images]
        assert 6 == simulator.creates
        assert ["foxes"] == [record.name for record in leo.sweeps(studio=again)]


def test_what_was_never_sent_waits_for_a_word(
    tmp_path: Path, simulator: Simulator, clock: ManualClock
) -> None:
    """Opening a sweep that was broken off sends nothing; `go_on` does, and pays each once."""
    with Studio(
        simulator=simulator, library=tmp_path, clock=clock, limits=Limits(slots=1)
    ) as studio:
        first = leo.sweep("a fox", name="foxes", studio=studio, seed=range(4), **SMALL)
        held = first.pause()
        for job in first.jobs:
            if CellState.of(job) is not CellState.WAITING:
                job.exception(15)
    with Studio(simulator=simulator, library=tmp_path, clock=clock) as studio:
        run = leo.open_sweep("foxes", studio=studio)
        paid = simulator.creates

        assert (4 - held, held, True) == (run.counts.done, run.counts.waiting, run.is_paused)
        assert held == run.go_on()
        assert 4 == run.result(15).counts.done
        assert (4 - held, 4) == (paid, simulator.creates)


def test_an_opened_sweep_is_widened(run: Run, studio: Studio, simulator: Simulator) -> None:
    """As the run was that it was opened of."""
    wider = leo.open_sweep("foxes", studio=studio).extend(seed=[4]).result(15)

    assert (8, 8) == (wider.counts.done, simulator.creates)
    assert 8 == len(leo.open_sweep("foxes", studio=studio))


def test_a_part_of_it_does_not_narrow_a_name(run: Run, studio: Studio) -> None:
    """A notebook that is run again from the top does not forget what was widened below."""
    run.extend(seed=[4]).result(15)
    leo.sweep("a fox", name="foxes", studio=studio, seed=[1, 2, 3], guidance_scale=[3, 7], **SMALL)

    assert 8 == len(leo.open_sweep("foxes", studio=studio))


def test_sweeps_without_a_name_are_told_apart(studio: Studio) -> None:
    """The same line has the same name, another one of the same words a number more."""
    names = [
        leo.sweep("a fox", studio=studio, seed=seeds, **SMALL).result(15).name
        for seeds in ([1, 2], [1, 2], [3])
    ]

    assert ["a fox: seed", "a fox: seed", "a fox: seed 2"] == names


def test_a_name_that_is_not_there_is_said_with_the_nearest(run: Run, studio: Studio) -> None:
    """Nothing is made up."""
    with pytest.raises(NotFound, match='did you mean "foxes"'):
        leo.open_sweep("foxs", studio=studio)


def test_half_a_character_is_no_name(studio: Studio) -> None:
    """It is not found, as any other name that there is not."""
    with pytest.raises(NotFound, match="No sweep is called"):
        leo.open_sweep("\ud800", studio=studio)


def test_the_room_is_also_the_function() -> None:
    """`leo.sweeps` lists sweeps, whatever was imported from the room before."""
    from leonardo_nb import sweeps
    from leonardo_nb.sweeps.plan import Plan

    assert callable(sweeps)
    assert leo.Plan is Plan


def test_cells_of_a_batch_show_a_picture_each(studio: Studio) -> None:
    """One job, three cells, three pictures."""
    run = leo.sweep("a fox", studio=studio, seed=[1], num_images=3, **SMALL).result(15)
    ids = [image.id for image in run.images]

    assert (3, 1, 3) == (len(run), len(set(run.jobs)), len(set(ids)))


# -- money, after a restart and beside other sweeps


def test_an_opened_sweep_has_its_own_budget(studio: Studio, simulator: Simulator) -> None:
    """Also where its pictures were paid by another sweep, whose budget is larger."""
    rich = leo.sweep(
        "a fox", name="rich", studio=studio, seed=[1], budget=leo.Credits(900), **SMALL
    )
    rich.result(15)
    leo.sweep(
        "a fox", name="poor", studio=studio, seed=[1, 2], budget=leo.Credits(3), **SMALL
    ).result(15)
    opened = leo.open_sweep("poor", studio=studio)
    with pytest.raises(BudgetExceeded, match="nothing was sent"):
        opened.extend(seed=range(10, 30))
    with pytest.raises(BudgetExceeded, match="nothing was sent"):
        opened.plan.widened(seed=range(10, 30)).start(opened.plan.budget)

    assert 2 == simulator.creates


def test_widening_minds_the_budget_that_it_began_with(studio: Studio, simulator: Simulator) -> None:
    """Nothing is sent of what would pass it, although it is not said again."""
    run = leo.sweep("a fox", studio=studio, seed=[1], budget=leo.Credits(5), **SMALL).result(15)
    with pytest.raises(BudgetExceeded, match="nothing was sent"):
        run.extend(seed=range(10, 30))

    assert 1 == simulator.creates


def test_a_budget_is_of_the_name_that_a_sweep_is_kept_under(
    studio: Studio, simulator: Simulator
) -> None:
    """Two sweeps that would be called alike have a budget each."""
    for seeds in ([1], [2]):
        leo.sweep("a fox", studio=studio, seed=seeds, budget=leo.Credits(2), **SMALL).result(15)

    assert 2 == simulator.creates


def test_opening_a_sweep_that_runs_here_does_not_pause_it(
    tmp_path: Path, simulator: Simulator, clock: ManualClock
) -> None:
    """Its jobs are the same, and go on."""
    with Studio(
        simulator=simulator, library=tmp_path, clock=clock, limits=Limits(slots=1)
    ) as studio:
        run = leo.sweep("a fox", name="foxes", studio=studio, seed=range(6), **SMALL)
        opened = leo.open_sweep("foxes", studio=studio)

        assert not opened.is_paused
        assert 6 == run.result(15).counts.done == opened.result(15).counts.done


def test_resuming_ends_a_pause(tmp_path: Path, simulator: Simulator, clock: ManualClock) -> None:
    """Whoever takes everything up wants everything."""
    with Studio(
        simulator=simulator, library=tmp_path, clock=clock, limits=Limits(slots=1)
    ) as studio:
        run = leo.sweep("a fox", studio=studio, seed=range(6), **SMALL)
        run.pause()
        studio.resume().result(15)

        assert (6, False) == (run.counts.done, run.is_paused)


def test_a_part_that_goes_on_says_what_is_still_held(
    tmp_path: Path, simulator: Simulator, clock: ManualClock
) -> None:
    """The whole is paused as long as one of its cells is."""
    with Studio(
        simulator=simulator, library=tmp_path, clock=clock, limits=Limits(slots=1)
    ) as studio:
        run = leo.sweep("a fox", studio=studio, seed=range(6), **SMALL)
        run.pause()
        run.where(seed=[4, 5]).go_on()

        assert run.is_paused
        with pytest.raises(InvalidRequest, match="is paused"):
            run.extend(seed=[9])
        with pytest.raises(InvalidRequest, match="is paused"):
            run.retry_failed()
        run.go_on()
        assert 6 == run.result(15).counts.done


def test_cells_of_two_studios_are_only_looked_at(
    run: Run, tmp_path: Path, clock: ManualClock
) -> None:
    """Neither account pays for the other's cells."""
    theirs = Simulator(now=clock.now, wall=clock.wall, pause=clock.pause)
    with Studio(simulator=theirs, library=tmp_path / "other", clock=clock) as other:
        both = run | leo.sweep("an owl", studio=other, seed=[1], **SMALL).result(15)

        assert 7 == both.counts.done
        for act in (both.pause, both.go_on, both.retry_failed, lambda: both.extend(seed=[9])):
            with pytest.raises(InvalidRequest, match="several studios"):
                act()


def test_a_done_cell_stays_done_in_a_union(
    tmp_path: Path, simulator: Simulator, clock: ManualClock
) -> None:
    """What one of two sweeps has stopped, and the other has, is shown."""
    with Studio(
        simulator=simulator, library=tmp_path, clock=clock, limits=Limits(slots=1)
    ) as studio:
        stopped = leo.sweep("a fox", studio=studio, seed=range(4), **SMALL)
        stopped.pause()
        stopped.cancel()
        stopped._ended().exception(15)
        done = leo.sweep("a fox", name="again", studio=studio, seed=range(4), **SMALL).result(15)

        assert 4 == (done | stopped).counts.done == (stopped | done).counts.done


def test_widening_asks_again_for_what_was_stopped(
    tmp_path: Path, simulator: Simulator, clock: ManualClock
) -> None:
    """A cell that was withdrawn was not paid."""
    with Studio(
        simulator=simulator, library=tmp_path, clock=clock, limits=Limits(slots=1)
    ) as studio:
        run = leo.sweep("a fox", studio=studio, seed=range(4), **SMALL)
        run.pause()
        run.cancel()
        run._ended().exception(15)

        assert 5 == run.extend(seed=[9]).result(15).counts.done == simulator.creates


# -- parts


@pytest.mark.parametrize(
    "part",
    [
        lambda run: run.where(seed=[1]),
        lambda run: run.sel(seed=1),
        lambda run: run.where(lambda seed, guidance_scale: (seed, guidance_scale) != (1, 3)),
    ],
)
def test_widening_a_part_keeps_the_whole(run: Run, studio: Studio, part: Any) -> None:
    """What is known under the name has all cells, old and new."""
    wider = part(run).extend(guidance_scale=[5]).result(15)
    opened = leo.open_sweep("foxes", studio=studio)
    pictures = {cell.picture for cell in opened.cells}

    assert {cell.picture for cell in (*run.cells, *wider.cells)} <= pictures
    assert len(opened) == opened.counts.done


WIDENINGS: list[dict[str, Any]] = [
    {"seed": [4]},
    {"guidance_scale": [9]},
    {"presetStyle": ["CINEMATIC"]},
    {"negative_prompt": ["rain"]},
    {"num_images": [2]},
    {"replicate": [2]},
]


@pytest.mark.parametrize(
    ("first", "second"),
    [
        pair
        for one, other in itertools.pairwise([*WIDENINGS, WIDENINGS[0]])
        for pair in ((one, other), (other, one))
    ],
    ids=lambda axes: next(iter(axes)),
)
def test_two_ways_of_widening_are_both_kept(
    run: Run, studio: Studio, simulator: Simulator, first: Any, second: Any
) -> None:
    """One after the other, from the same run; also by what one of them does not name."""
    runs = [run, run.extend(**first).result(15), run.extend(**second).result(15)]
    opened = leo.open_sweep("foxes", studio=studio)
    pictures = [cell.picture for cell in opened.cells]

    assert {cell.picture for each in runs for cell in each.cells} == set(pictures)
    assert len(set(pictures)) == len(pictures) == opened.counts.done
    assert simulator.creates == len(set(opened.jobs))
    assert () == opened.dropped
    assert len(opened) == cells_of(leo.sweeps(studio=studio)[0].spec)


def test_what_is_starred_is_starred_after_another_widening(run: Run, studio: Studio) -> None:
    """A default that only one of two widenings names is the same pictures in the other."""
    run.extend(seed=[5]).result(15).star(seed=5)
    run.extend(presetStyle=["CINEMATIC"]).result(15)
    opened = leo.open_sweep("foxes", studio=studio)

    assert (6 + 2 + 6, 2) == (len(opened), len(opened.starred))
    assert [("DYNAMIC", "CINEMATIC")] == [
        axis.values for axis in opened.axes if axis.name == "presetStyle"
    ]


def test_a_sweep_of_several_plans_goes_on(run: Run, studio: Studio) -> None:
    """Replicates of some places are no plan of all; its parts are widened, and stay in it."""
    run.extend(replicate=[2]).result(15)
    run.extend(presetStyle=["CINEMATIC"]).result(15)
    opened = leo.open_sweep("foxes", studio=studio)
    with pytest.raises(InvalidRequest, match=r"run\.where\(replicate=1\)"):
        opened.extend(seed=[4])
    opened.where(replicate=1).extend(seed=[4]).result(15)

    assert 12 + 6 + 4 == leo.open_sweep("foxes", studio=studio).counts.done
    assert ["foxes"] == [record.name for record in leo.sweeps(studio=studio)]


def test_a_sweep_of_several_plans_keeps_its_budget(studio: Studio, simulator: Simulator) -> None:
    """Its parts are behind it after a restart."""
    run = leo.sweep(
        "a fox", name="poor", studio=studio, seed=[1], budget=leo.Credits(9), **SMALL
    ).result(15)
    run.extend(replicate=[2]).result(15)
    run.extend(seed=[2]).result(15)
    opened = leo.open_sweep("poor", studio=studio)
    with pytest.raises(BudgetExceeded, match="nothing was sent"):
        opened.where(replicate=1).extend(seed=range(10, 30))

    assert (3, 3) == (len(opened), simulator.creates)


def test_defaults_that_differ_are_no_cells_twice(studio: Studio) -> None:
    """Where models have other defaults, what nobody named is the service's, and there once."""
    run = leo.sweep("a fox", name="foxes", studio=studio, seed=1, **SMALL).result(15)
    styles = run.extend(presetStyle=["CINEMATIC"]).result(15)
    models = run.extend(modelId=["Phoenix 1.0", "Lucid Realism"]).result(15)
    opened = leo.open_sweep("foxes", studio=studio)
    wanted = {cell.picture for cell in (*styles.cells, *models.cells)}

    assert wanted == {cell.picture for cell in opened.cells}
    assert (4, 4) == (len(wanted), len(opened))


def test_another_prompt_of_the_same_words_is_kept_beside(studio: Studio) -> None:
    """Words at the same place of two prompts are two pictures."""
    names = [
        leo.sweep(
            leo.prompt(words, animal=["fox", "owl"]), name="a", studio=studio, seed=1, **SMALL
        )
        .result(15)
        .name
        for words in ("a {animal}", "the {animal} at night")
    ]

    assert ["a", "a 2"] == names
    assert [2, 2] == [leo.open_sweep(name, studio=studio).counts.done for name in names]


def test_places_that_are_twice_in_a_record_are_not_left_out(run: Run, studio: Studio) -> None:
    """As in records of older versions; they are cells that exist."""
    record = studio.shelf.sweep("foxes")
    assert record is not None
    spec = {name: value for name, value in record.spec.items() if name != "cells"}
    points = run.plan.space.points.tolist()
    studio.shelf.put_sweep(SweepRecord("foxes", spec | {"points": points + points[:4]}))
    opened = leo.open_sweep("foxes", studio=studio)

    assert (6, ()) == (opened.counts.done, opened.dropped)
    assert 6 == len(opened.extend(seed=[4]).where(seed=[1, 2, 3]))


def test_cells_that_a_rule_leaves_out_are_not_counted(studio: Studio) -> None:
    """The table of sweeps says how many there are to be opened."""
    run = leo.sweep(
        "a fox",
        studio=studio,
        presetStyle=["CINEMATIC", "LONG_EXPOSURE"],
        seed=[1, 2, 3],
        **SMALL,
    ).result(15)
    table = leo.sweeps(studio=studio)

    assert ("3", 3) == (table.cells(table[0])[2].text, len(run))


def test_a_part_of_replicates_makes_no_other_pictures(studio: Studio, simulator: Simulator) -> None:
    """Replicates are counted from the first; some of them alone are no plan."""
    run = leo.sweep("a fox", studio=studio, seed=[1, 2], replicates=3, **SMALL).result(15)
    whole = run.where(seed=[1, 2])
    for some in (whole.where(replicate=[2, 3]), run.sel(replicate=2), run - run.where(replicate=1)):
        with pytest.raises(InvalidRequest, match=r"run\.plan of the whole"):
            some.extend(seed=[9])  # type: ignore[union-attr]

    assert 6 == simulator.creates


def test_widening_a_part_keeps_the_rules(studio: Studio) -> None:
    """What would be dropped from the whole is dropped from a part of it."""
    run = leo.sweep(
        "a fox", studio=studio, seed=[1, 2], presetStyle=["ANIME", "DYNAMIC"], **SMALL
    ).result(15)
    wider = run.where(seed=[1]).plan.widened(presetStyle=["LONG_EXPOSURE"])

    assert (2, 1) == (len(wider), sum(map(len, wider.dropped)))


def test_a_part_of_words_can_be_widened(studio: Studio, simulator: Simulator) -> None:
    """The words' places in the prompt are known of the whole."""
    words = leo.prompt("a {animal} in {light}", animal=["fox", "owl"], light=["rain", "fog"])
    run = leo.sweep(words, studio=studio, seed=1, **SMALL).result(15)
    run.where(animal="fox").extend(light=["snow"]).result(15)

    assert 5 == simulator.creates


def test_another_sweep_of_the_same_name_is_kept_beside(run: Run, studio: Studio) -> None:
    """It is called so with a number, and the first one can still be opened."""
    other = leo.sweep("an owl", name="foxes", studio=studio, seed=[1, 2], **SMALL).result(15)

    assert "foxes 2" == other.name
    assert (6, 2) == tuple(len(leo.open_sweep(n, studio=studio)) for n in ("foxes", "foxes 2"))


def test_new_places_are_asked_what_the_first_ones_were(
    studio: Studio, simulator: Simulator
) -> None:
    """What `where` left out is left out of what comes later, too, and said."""
    space = leo.axes(guidance_scale=[3, 9], presetStyle=["DYNAMIC", "ANIME"]).where(
        lambda p: p.presetStyle == "DYNAMIC" or p.guidance_scale < 5, because="too strong"
    )
    run = leo.sweep(space, "a fox", studio=studio, seed=1, **SMALL).result(15)
    wider = run.extend(guidance_scale=[2, 15]).result(15)

    assert (3, 6, 6) == (len(run), len(wider), simulator.creates)
    assert ["too strong"] == [dropped.because for dropped in wider.dropped]


def test_what_the_library_had_cost_nothing_now(run: Run, studio: Studio) -> None:
    """An amount of nothing, which is not the same as not knowing."""
    again = leo.sweep(
        "a fox", name="foxes", studio=studio, seed=[1, 2, 3], guidance_scale=[3, 7], **SMALL
    )

    assert leo.Credits(0) == again.result(15).cost


def test_how_long_it_took_is_known_after_a_restart(
    run: Run, studio: Studio, simulator: Simulator, clock: ManualClock
) -> None:
    """As far as the library knows it, and never as no time at all."""
    before = [took(job) for job in run.jobs]
    studio.close()
    with Studio(simulator=simulator, library=studio.folder, clock=clock) as again:
        after = [took(job) for job in leo.open_sweep("foxes", studio=again).jobs]

    assert all(0 < one <= two + 1 for one, two in zip(before, after, strict=True))
