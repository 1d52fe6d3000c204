"""Stories in which a job could be paid twice, or be taken for another one; each was seen once."""

from __future__ import annotations

import contextlib
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import anyio
import anyio.to_thread
import pytest

import leonardo_nb as leo
from leonardo_nb.library.records import JobRecord
from leonardo_nb.simulator import images

from .scenes import CREATE, LIST, PATIENCE, SMALL, Scene, failure, lost, until

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from leonardo_nb.engine.resumed import Resumed
    from leonardo_nb.testing import ManualClock

NOTHING: dict[str, Any] = {**LIST, "status": 200, "body": {"generations": []}}


@pytest.fixture
def scene(tmp_path: Path, clock: ManualClock) -> Iterator[Scene]:
    """A service and a library."""
    made = Scene(tmp_path / "own", clock)
    yield made
    made.close()


async def unknown(job: leo.Job[Any]) -> None:
    assert isinstance(await failure(job), leo.OutcomeUnknown)


def never_sent(scene: Scene, studio: leo.Studio, number: int) -> JobRecord:
    """Return a row of a kernel that has ended before it sent anything."""
    request = studio.request("a fox", **SMALL | {"seed": number})
    return JobRecord(
        uid=f"u{number}",
        kind="generation",
        state="request",
        request=request.wire(),
        content_key=request.content_key(),
        simulated=True,
        base_url=scene.simulator.base_url,
        created=scene.clock.wall(),
    )


def test_resuming_on_several_threads_pays_once(scene: Scene) -> None:
    """Whoever comes second has the first one's jobs."""
    studio = scene.open()
    for number in range(3):
        studio._ledger.intend(never_sent(scene, studio, number))
    together = threading.Barrier(4)

    def resume(_: int) -> Resumed:
        together.wait()
        return studio.resume()

    with ThreadPoolExecutor(4) as pool:
        for resumed in list(pool.map(resume, range(4))):
            resumed.result(PATIENCE)

    assert 3 == scene.simulator.creates


async def test_resending_twice_in_a_row_pays_once(scene: Scene) -> None:
    """A double click is one wish."""
    studio = scene.open(resend="never")
    lost(scene.simulator, made=False)
    job = studio.generate("a fox", **SMALL)
    await unknown(job)

    one = job.resend()
    two = one
    with contextlib.suppress(leo.LibraryError):
        two = job.resend()
    await one
    await two

    assert 1 == scene.simulator.creates


@pytest.mark.timeout(60)
async def test_a_job_that_is_too_old_for_the_list_is_not_sent_again(
    tmp_path: Path, clock: ManualClock
) -> None:
    """A list that ends before it has come back to a job shows nothing about it."""
    scene = Scene(tmp_path / "own", clock, slots=10_000, balance=10**6)
    first = scene.open()
    lost(scene.simulator)
    clock.holds = True
    job = first.generate("a fox", **SMALL)
    await until(job, lambda: job.snapshot.is_searched)
    first.close()
    clock.holds = False
    for seed in range(2600):
        members = {"prompt": "a hare", **SMALL | {"seed": seed}}
        scene.simulator._house.create(images.IMAGE, members, "/generations")
        clock.advance(30)
    before = scene.simulator.creates

    (again,) = scene.open().resume()
    await unknown(again)

    assert before == scene.simulator.creates
    scene.close()


async def test_a_job_that_was_given_up_is_not_another_s(scene: Scene) -> None:
    """Its row looks like a sibling's, whose picture it is not."""
    studio = scene.open()
    lost(scene.simulator)
    scene.clock.holds = True
    given_up = studio.generate("a fox", contrast=3, **SMALL)
    await until(given_up, lambda: given_up.snapshot.is_searched)
    await anyio.to_thread.run_sync(given_up.cancel)
    lost(scene.simulator, made=False)
    job = studio.generate("a fox", contrast=4, **SMALL)
    scene.clock.holds = False

    await unknown(job)

    assert 1 == scene.simulator.creates


@pytest.mark.parametrize("looks", [0, 40])
@pytest.mark.parametrize("is_elsewhere", [True, False])
async def test_what_is_adopted_while_it_is_searched_is_not_sent_again(
    scene: Scene, is_elsewhere: bool, looks: int
) -> None:
    """The search ends with what was adopted, or adopting is refused."""
    one, two = scene.open(), scene.open()
    scene.simulator.script(**CREATE, drop="after", empty_looks=looks)
    scene.simulator.script(**NOTHING, times=2)
    scene.clock.holds = True
    job = one.generate("a fox", **SMALL)
    await until(job, lambda: job.snapshot.is_searched)
    (made,) = scene.simulator.world.jobs
    seen = two.job(job.uid) if is_elsewhere else job
    with contextlib.suppress(leo.LibraryError):
        await anyio.to_thread.run_sync(lambda: seen.adopt(made))
    scene.clock.holds = False

    await job

    assert (1, made) == (scene.simulator.creates, job.id)
