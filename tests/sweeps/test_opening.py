"""Sweeps whose process ended while requests were on their way, opened again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import anyio.to_thread
import pytest

import leonardo_nb as leo
from leonardo_nb.engine.limits import Limits
from leonardo_nb.sweeps.states import CellState
from leonardo_nb.widgets.sheet_tally import LOOKED_FOR, letter_of
from leonardo_nb.widgets.sheet_view import head_view
from tests.engine.scenes import LIST, Scene, lost, until

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from leonardo_nb.studios import Studio
    from leonardo_nb.testing import ManualClock

SMALL: dict[str, Any] = {"width": 64, "height": 64}


@pytest.fixture
def scene(tmp_path: Path, clock: ManualClock) -> Iterator[Scene]:
    """A service, and a library."""
    made = Scene(tmp_path / "own", clock)
    yield made
    made.close()


def posts(scene: Scene) -> int:
    return scene.simulator.asked("POST", "/generations")


async def broken_off(scene: Scene, *, made: bool, sent: int = 2, **facts: Any) -> None:
    """
    Start the sweep called foxes of four cells, and end its studio.

    The answers to *sent* of them are lost, and the others are not sent.
    """
    scene.clock.holds = True
    studio = scene.open(limits=Limits(slots=sent))
    lost(scene.simulator, sent, made=made)
    run = leo.sweep("a fox", name="foxes", studio=studio, seed=range(4), **SMALL, **facts)
    for job in (run._book.jobs[key] for key in run.plan.keys_in_order[:sent]):
        await searched(job)
    await anyio.to_thread.run_sync(studio.close)
    assert (sent, sent if made else 0) == (posts(scene), scene.simulator.creates)


async def opened(studio: Studio) -> leo.Run:
    return await anyio.to_thread.run_sync(lambda: leo.open_sweep("foxes", studio=studio))


async def searched(job: leo.Job[Any]) -> None:
    """Return once *job* is looked for."""
    await until(job, lambda: job.snapshot.is_searched)


async def is_held(job: leo.Job[Any]) -> None:
    """Return once *job* was looked for, and is held back."""
    await until(job, lambda: any("show" in note and "held back" in note for note in job.notes))


async def test_what_was_on_its_way_is_looked_for(scene: Scene) -> None:
    """What the service has made is found, and opening sends nothing; `go_on` sends the rest."""
    await broken_off(scene, made=True)
    run = await opened(scene.open())
    gone = [job for job in run.jobs if job.sent]
    looking = run.counts
    for job in gone:
        await searched(job)
    letters = [letter_of(job) for job in gone]
    scene.clock.holds = False
    for job in gone:
        await job

    assert ("2 running, 2 waiting", [LOOKED_FOR] * 2) == (str(looking), letters)
    assert ("2 done, 2 waiting", True) == (str(run.counts), run.is_paused)
    assert (2, 2) == (posts(scene), scene.simulator.creates)
    assert 2 == await anyio.to_thread.run_sync(run.go_on)
    assert 4 == (await run).counts.done
    assert (4, 4) == (posts(scene), scene.simulator.creates)


async def test_what_is_not_found_waits_for_a_word(scene: Scene) -> None:
    """It is not sent again until `go_on`, and then looked for once more before."""
    await broken_off(scene, made=False)
    run = await opened(scene.open())
    gone = [job for job in run.jobs if job.sent]
    scene.clock.holds = False
    for job in gone:
        await is_held(job)
    waits = head_view(run)["actions"][0]
    seen, looks = posts(scene), len(scene.simulator.looks)

    assert ("2 running, 2 waiting", True, 2) == (str(run.counts), run.is_paused, seen)
    assert "sends 2 that wait, and of 2 looked for what is not found" == waits["consequence"]
    assert 4 == await anyio.to_thread.run_sync(run.go_on)
    assert (4, False) == ((await run).counts.done, run.is_paused)
    assert (2 + 4, 4) == (posts(scene), scene.simulator.creates)
    assert len(scene.simulator.looks) >= looks + 3


async def test_what_turns_up_while_it_is_held_is_found(scene: Scene) -> None:
    """A request that was long on its way is not paid a second time."""
    await broken_off(scene, made=False, sent=1)
    run = await opened(scene.open())
    gone = [job for job in run.jobs if job.sent]
    scene.clock.holds = False
    await is_held(gone[0])
    place = run.jobs.index(gone[0])
    late = scene.elsewhere(gone[0].request)
    await anyio.to_thread.run_sync(run.go_on)

    assert 4 == (await run).counts.done
    assert (late, 4) == (run.jobs[place].id, scene.simulator.creates)


async def test_all_that_was_on_its_way_may_be_held(scene: Scene) -> None:
    """A sweep with nothing unsent says that it is paused, and can go on."""
    await broken_off(scene, made=False, sent=4)
    run = await opened(scene.open())
    searching = run.is_paused
    scene.clock.holds = False
    for job in run.jobs:
        await is_held(job)
    paused = await anyio.to_thread.run_sync(lambda: run.is_paused)

    assert (False, True, 0) == (searching, paused, scene.simulator.creates)
    assert ["go_on"] == [each["do"] for each in head_view(run)["actions"]]
    assert 4 == await anyio.to_thread.run_sync(run.go_on)
    assert 4 == (await run).counts.done == scene.simulator.creates


async def test_a_word_while_it_is_looked_for_is_kept(scene: Scene) -> None:
    """Who says `go_on` at once does not have to say it again."""
    await broken_off(scene, made=False)
    run = await opened(scene.open())
    await anyio.to_thread.run_sync(run.go_on)
    scene.clock.holds = False

    assert 4 == (await run).counts.done == scene.simulator.creates


async def test_resuming_lets_go_of_it(scene: Scene) -> None:
    """`resume` takes up the very jobs of the run."""
    await broken_off(scene, made=False)
    studio = scene.open()
    run = await opened(studio)
    gone = [job for job in run.jobs if job.sent]
    scene.clock.holds = False
    await is_held(gone[0])
    resumed = await anyio.to_thread.run_sync(studio.resume)
    await resumed

    assert set(run.jobs) == set(resumed)
    assert (4, False) == (run.counts.done, run.is_paused)
    assert 4 == scene.simulator.creates


async def test_never_is_kept_to(scene: Scene) -> None:
    """Neither opening nor `go_on` sends again what was asked for with `resend="never"`."""
    await broken_off(scene, made=False, resend="never")
    run = await opened(scene.open())
    await anyio.to_thread.run_sync(run.go_on)
    scene.clock.holds = False
    await run

    assert "2 done, 2 failed" == str(run.counts)
    assert {leo.OutcomeUnknown} == set(map(type, run.failures.values()))
    assert (2 + 2, 2) == (posts(scene), scene.simulator.creates)


async def test_two_kernels_may_open_it(scene: Scene) -> None:
    """One looks for what was on its way, the other watches, and each cell is paid once."""
    await broken_off(scene, made=False)
    one, two = await opened(scene.open()), await opened(scene.open())
    scene.clock.holds = False
    for run in (one, two):
        await anyio.to_thread.run_sync(run.go_on)

    assert (4, 4) == ((await one).counts.done, (await two).counts.done)
    assert 4 == scene.simulator.creates


async def test_a_run_follows_what_is_resumed(scene: Scene) -> None:
    """Where it could not be looked for; a part of it and whoever watches learn of it, too."""
    await broken_off(scene, made=True, sent=4)
    scene.simulator.script(**LIST, status=401, times=100)
    studio = scene.open()
    run = await opened(studio)
    part = run.where(seed=[0, 1])
    scene.clock.holds = False
    with pytest.raises(leo.SweepFailed):
        await run
    told: list[int] = []
    part.watch(lambda _job, places: told.extend(places))
    scene.simulator._faults.clear()
    resumed = await anyio.to_thread.run_sync(studio.resume)
    seen = set(told)
    await resumed

    assert ("4 done", "2 done", {0, 1}) == (str(run.counts), str(part.counts), seen)
    assert set(run.jobs) == set(resumed)
    assert run is await run
    assert (4, 4) == (posts(scene), scene.simulator.creates)


async def test_a_run_follows_what_is_adopted(scene: Scene) -> None:
    """`job.adopt` and `job.resend` begin the job again, and its cell shows it."""
    await broken_off(scene, made=False, sent=2, resend="never")
    run = await opened(scene.open())
    gone = [job for job in run.jobs if job.sent]
    await anyio.to_thread.run_sync(run.go_on)
    scene.clock.holds = False
    await run
    late = scene.elsewhere(gone[0].request)
    await anyio.to_thread.run_sync(gone[0].adopt, late)
    await anyio.to_thread.run_sync(gone[1].resend)

    assert 4 == (await run).counts.done == scene.simulator.creates
    assert late in [job.id for job in run.jobs]


async def test_opening_leaves_alone_what_is_sent_here(scene: Scene) -> None:
    """A request that is on its way in this very kernel is not held, and goes its own way."""
    scene.clock.holds = True
    studio = scene.open(limits=Limits(slots=4))
    lost(scene.simulator, made=False)
    run = await anyio.to_thread.run_sync(
        lambda: leo.sweep("a fox", name="foxes", studio=studio, seed=range(4), **SMALL)
    )
    await until(run.jobs[0], lambda: any(job.snapshot.is_searched for job in run.jobs))
    again = await opened(studio)
    scene.clock.holds = False

    assert (4, False) == ((await again).counts.done, again.is_paused)
    assert run.jobs == again.jobs
    assert {CellState.DONE} == set(run.states)


async def held_and_lost(scene: Scene) -> tuple[leo.Run, list[leo.Job[Any]]]:
    """Return an opened sweep with two cells that were lost and not found, and two never sent."""
    await broken_off(scene, made=False)
    run = await opened(scene.open())
    gone: list[leo.Job[Any]] = [job for job in run.jobs if job.sent]
    scene.clock.holds = False
    for job in gone:
        await is_held(job)
    return run, gone


async def test_what_is_held_can_be_given_up(scene: Scene) -> None:
    """Cancelling leaves nothing that waits for a word, and sends nothing."""
    run, _ = await held_and_lost(scene)

    await anyio.to_thread.run_sync(run.cancel)
    with pytest.raises(leo.JobCancelled):
        await run

    assert ("4 stopped", 2, 0) == (str(run.counts), posts(scene), scene.simulator.creates)


async def test_what_is_held_can_be_named(scene: Scene) -> None:
    """The service's job is taken, and the request is not sent again."""
    _, gone = await held_and_lost(scene)
    theirs = scene.elsewhere(gone[0].request)

    job = await anyio.to_thread.run_sync(lambda: gone[0].adopt(theirs))

    assert 1 == len(await job)
    assert (theirs, 2) == (job.id, posts(scene))


async def test_what_is_held_can_be_sent_again(scene: Scene) -> None:
    """By hand, one of them."""
    _, gone = await held_and_lost(scene)

    job = await anyio.to_thread.run_sync(gone[0].resend)

    assert 1 == len(await job)
    assert 3 == posts(scene)


async def test_what_may_be_sent_again_counts_in_a_new_budget(scene: Scene) -> None:
    """All four cells may yet be paid, so a budget for two is too small."""
    run, _ = await held_and_lost(scene)
    price = run.plan.estimate().cost
    assert price is not None

    def start() -> leo.Run:
        return run.plan.start(budget=leo.Credits(price.amount / 2))

    with pytest.raises(leo.BudgetExceeded, match="4 cells would cost"):
        await anyio.to_thread.run_sync(start)

    assert (2, True) == (posts(scene), run.is_paused)


async def test_the_same_line_sends_what_an_opened_sweep_holds_back(scene: Scene) -> None:
    """Whoever looks at a sweep first need not tell it to go on, when the cell runs again."""
    run, _ = await held_and_lost(scene)

    def again() -> leo.Run:
        return leo.sweep("a fox", name="foxes", studio=run.studio, seed=range(4), **SMALL)

    assert 4 == (await (await anyio.to_thread.run_sync(again))).counts.done
    assert 4 == scene.simulator.creates
