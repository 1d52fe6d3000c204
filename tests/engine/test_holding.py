"""Jobs that are held back, and let go."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import anyio.lowlevel
import pytest

import leonardo_nb as leo
from leonardo_nb.engine.limits import Limits
from leonardo_nb.money import Credits
from tests.engine.scenes import CREATE, LIST, SMALL, Scene, lost, until

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from leonardo_nb.studios import Studio
    from leonardo_nb.testing import ManualClock


@pytest.fixture
def scene(tmp_path: Path, clock: ManualClock) -> Iterator[Scene]:
    """A service with two slots, and a library."""
    made = Scene(tmp_path / "own", clock, slots=2)
    yield made
    made.close()


def asked(studio: Studio, count: int, prompt: str = "a fox", **facts: Any) -> list[Any]:
    """Return *count* jobs that differ in their seeds."""
    return [
        studio.generate(prompt, **SMALL | {"seed": seed} | facts) for seed in range(1, count + 1)
    ]


async def standing_still(scene: Scene, studio: Studio, jobs: list[Any]) -> None:
    """Return once the first two of *jobs* are accepted and everybody else waits; time stands."""
    scene.clock.holds = True
    for job in jobs[:2]:
        await until(job, lambda job=job: job.id is not None)  # type: ignore[misc]
    for job in jobs[2:]:
        await until(job, lambda job=job: job.price is not None)  # type: ignore[misc]


async def test_what_is_held_is_not_sent(scene: Scene) -> None:
    """Two that are at the service end; the other four stay where they are."""
    studio = scene.open()
    jobs = asked(studio, 6)
    await standing_still(scene, studio, jobs)

    studio._runner.hold(jobs)
    scene.clock.holds = False
    for job in jobs[:2]:
        await job
    await studio.generate("a hare", **SMALL)

    assert 3 == scene.simulator.creates
    assert [("request", False)] * 4 == [(str(job.state), job.sent) for job in jobs[2:]]


async def test_what_is_let_go_is_sent_in_its_old_order(scene: Scene) -> None:
    """In the order of asking, whatever order it is let go in, before who came later."""
    studio = scene.open(limits=Limits(slots=1))
    scene.clock.holds = True
    first, *jobs = asked(studio, 5)
    await until(first, lambda: first.id is not None)
    for job in jobs:
        await until(job, lambda job=job: job.price is not None)  # type: ignore[misc]
    studio._runner.hold(jobs)
    later = studio.generate("a hare", **SMALL)
    await until(later, lambda: later.price is not None)

    studio._runner.let_go(reversed(jobs))
    scene.clock.holds = False
    sent: list[Any] = []
    for job in [*jobs, later]:
        job.subscribe(lambda job: sent.append(job) if job.sent and job not in sent else None)
    for job in [*jobs, later]:
        await job

    assert [*jobs, later] == sent


async def test_what_is_let_go_goes_at_once(scene: Scene) -> None:
    """Not a second passes between letting go and sending."""
    studio = scene.open()
    scene.clock.holds = True
    job = studio.generate("a fox", **SMALL)
    studio._runner.hold([job])
    assert not job.sent

    before = scene.clock.now()
    studio._runner.let_go([job])
    await until(job, lambda: job.id is not None)

    assert before == scene.clock.now()


async def test_slots_of_what_is_held_go_to_others(scene: Scene) -> None:
    """A job that came last runs while all before it are held."""
    studio = scene.open(limits=Limits(slots=1))
    scene.clock.holds = True
    jobs = asked(studio, 3)
    await until(jobs[0], lambda: jobs[0].id is not None)
    studio._runner.hold(jobs)
    scene.clock.holds = False

    await studio.generate("a hare", **SMALL)

    assert [True, False, False] == [job.sent for job in jobs]


async def test_who_waits_for_a_turn_gives_it_back(scene: Scene) -> None:
    """A job that has a slot and waits for its minute is held too; another gets slot and turn."""
    studio = scene.open(limits=Limits(creates_per_minute=1, slots=2))
    first = studio.generate("a fox", **SMALL)
    await until(first, lambda: first.id is not None)
    scene.clock.holds = True
    waits = studio.generate("a hare", **SMALL)
    await until(waits, lambda: waits.price is not None)
    while not any(pause > 50 for pause in scene.clock.paused):
        await anyio.lowlevel.checkpoint()

    studio._runner.hold([waits])
    scene.clock.holds = False
    other = studio.generate("a wolf", **SMALL)
    await other

    assert (False, True) == (waits.sent, other.done())
    assert 61 <= scene.clock.now() < 2 * 61


async def test_a_refused_job_is_held_again(scene: Scene) -> None:
    """What the service did not take while it was held is not sent a second time."""
    studio = scene.open()
    scene.clock.holds = True
    scene.simulator.script(**CREATE, status=429, delay=5.0)
    job = studio.generate("a fox", **SMALL)
    await until(job, lambda: job.sent)
    studio._runner.hold([job])

    scene.clock.holds = False
    await until(job, lambda: not job.sent)
    await studio.generate("a hare", **SMALL)

    assert (False, 1) == (job.sent, scene.simulator.creates)
    studio._runner.let_go([job])
    assert 1 == len(await job)


async def test_a_lost_answer_is_looked_for_while_it_is_held(scene: Scene) -> None:
    """It may be paid, so it is no job that could be held back."""
    studio = scene.open()
    scene.clock.holds = True
    scene.simulator.script(**LIST, delay=5.0)
    lost(scene.simulator)
    job = studio.generate("a fox", **SMALL)
    await until(job, lambda: job.snapshot.is_searched)

    studio._runner.hold([job])
    scene.clock.holds = False

    assert 1 == len(await job)
    assert 1 == scene.simulator.creates


async def test_what_is_held_can_be_cancelled(scene: Scene) -> None:
    """What was set aside for it stays so until then, and is free again."""
    studio = scene.open(budget=Credits(100))
    scene.clock.holds = True
    jobs = asked(studio, 4)
    await standing_still(scene, studio, jobs)
    studio._runner.hold(jobs)
    wall, price = studio._runner.purse.wall, jobs[0].price
    assert wall is not None
    while studio.left_of(wall) != Credits(100) - price * 4:
        await anyio.lowlevel.checkpoint()

    for job in jobs[2:]:
        job.cancel()
        with pytest.raises(leo.JobCancelled, match="nothing was spent"):
            await job

    assert Credits(100) - price * 2 == studio.left_of(wall)
    scene.clock.holds = False


async def test_a_held_job_that_is_cancelled_is_forgotten(scene: Scene) -> None:
    """Nothing stays of who was held, whatever became of him."""
    studio = scene.open()
    jobs = asked(studio, 4)
    studio._runner.hold(jobs)
    for job in jobs[2:]:
        job.cancel()
    studio._runner.let_go(jobs[:2])
    for job in jobs[:2]:
        await job

    studio.close()
    holding = studio._runner._holding

    assert ({}, {}) == (holding._held, holding._waiting)


async def test_a_studio_closes_over_what_is_held(scene: Scene) -> None:
    """The library keeps it as asked for, and a studio that takes it up sends it."""
    studio = scene.open()
    jobs = asked(studio, 3)
    studio._runner.hold(jobs)
    held = [job for job in jobs if not job.sent]
    studio.close()

    with pytest.raises(leo.JobCancelled):
        await held[-1]
    rows = {row.uid: row for row in scene.open().jobs()}
    assert {("request", None)} == {(rows[job.uid].state, rows[job.uid].sent) for job in held}

    resumed = scene.open().resume()
    await resumed

    assert {"complete"} == {str(job.state) for job in resumed}
    assert 3 == scene.simulator.creates


async def test_what_is_held_stays_ours(scene: Scene) -> None:
    """Its lease goes on, so that another kernel which resumes watches it and does not send it."""
    studio, other = scene.open(), scene.open()
    job = studio.generate("a fox", **SMALL)
    studio._runner.hold([job])
    await until(job, lambda: job.price is not None)  # it is written down then

    (seen,) = other.resume()
    await until(seen, lambda: seen.snapshot.elsewhere)
    assert 0 == scene.simulator.creates
    studio._runner.let_go([job])
    await job
    await seen

    assert 1 == scene.simulator.creates


async def test_what_has_ended_is_not_held(scene: Scene) -> None:
    """Holding it changes nothing and leaves nothing behind."""
    studio = scene.open()
    job = studio.generate("a fox", **SMALL)
    await job

    studio._runner.hold([job])

    assert not studio._runner._holding.is_held(job)


async def test_holding_on_the_engine(scene: Scene) -> None:
    """What is told of a job may hold what is left."""
    studio = scene.open(limits=Limits(slots=1))
    scene.clock.holds = True
    first, second = asked(studio, 2)
    await until(first, lambda: first.id is not None)
    first.subscribe(lambda job: studio._runner.hold([second]) if not job.done() else None)
    scene.clock.holds = False

    await first
    await studio.generate("a hare", **SMALL)

    assert not second.sent
