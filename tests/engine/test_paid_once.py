"""Stories in which a job could be paid twice, or be taken for another one; each was seen once."""

from __future__ import annotations

import contextlib
import threading
import uuid
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import anyio
import anyio.to_thread
import pytest

import leonardo_nb as leo
from leonardo_nb.library.records import JobRecord
from leonardo_nb.money import Credits
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


async def searched(scene: Scene, studio: leo.Studio, **members: Any) -> leo.Job[Any]:
    """Return a job that was made and whose answer was lost, while time stands still."""
    scene.clock.holds = True
    job = studio.generate("a fox", **SMALL, **members)
    await until(job, lambda: job.snapshot.is_searched)
    return job


async def test_the_history_is_no_claim_on_what_was_lost(scene: Scene) -> None:
    """Who looks at it after a restart sees the lost job there, and it is still found."""
    one = scene.open()
    lost(scene.simulator)
    job = await searched(scene, one)
    one.close()
    scene.clock.holds = False
    two = scene.open()
    (made,) = scene.simulator.world.jobs

    assert 1 == len(await anyio.to_thread.run_sync(two.history))
    again = await anyio.to_thread.run_sync(two.resume)
    (found,) = (each for each in again if each.uid == job.uid)
    await found

    row = two._ledger.job(job.uid)
    assert row is not None
    assert (made, "complete", 1) == (row.job_id, row.state, scene.simulator.creates)
    assert 1 == len(two.jobs())


async def test_the_history_takes_nothing_from_a_search(scene: Scene) -> None:
    """In the same kernel, between two looks."""
    studio = scene.open()
    lost(scene.simulator)
    job = await searched(scene, studio)
    (made,) = scene.simulator.world.jobs

    assert 1 == len(await anyio.to_thread.run_sync(studio.history))
    scene.clock.holds = False
    await job

    assert (1, made) == (scene.simulator.creates, job.id)
    assert 1 == len(studio.jobs())


async def test_an_id_that_was_given_stays_when_nothing_was_found(scene: Scene) -> None:
    """A search that ends after `adopt` writes no id away."""
    studio = scene.open(resend="never")
    scene.simulator.script(**CREATE, drop="after", empty_looks=40)
    scene.simulator.script(**NOTHING, times=1)
    job = await searched(scene, studio)
    (made,) = scene.simulator.world.jobs
    await anyio.to_thread.run_sync(lambda: job.adopt(made))
    scene.clock.holds = False

    with contextlib.suppress(leo.LeonardoError):
        await job

    row = studio._ledger.job(job.uid)
    assert (made, 1) == (row and row.job_id, scene.simulator.creates)


async def test_an_id_that_was_given_stays_when_another_kernel_gives_up(scene: Scene) -> None:
    """`cancel` here does not take away what was adopted there."""
    one, two = scene.open(), scene.open()
    scene.simulator.script(**CREATE, drop="after", empty_looks=40)
    job = await searched(scene, one)
    (made,) = scene.simulator.world.jobs
    seen = two.job(job.uid)
    await anyio.to_thread.run_sync(lambda: seen.adopt(made))
    two.close()

    await anyio.to_thread.run_sync(job.cancel)
    with contextlib.suppress(leo.LeonardoError):
        await job

    row = one._ledger.job(job.uid)
    assert made == (row and row.job_id)


async def test_what_is_sent_again_has_to_fit_the_budget_of_now(scene: Scene) -> None:
    """A job of a kernel without a budget is not paid by one that has too little."""
    one = scene.open()
    lost(scene.simulator, made=False)
    await searched(scene, one)
    one.close()
    scene.clock.holds = False

    (again,) = await anyio.to_thread.run_sync(scene.open(budget=Credits(1)).resume)
    error = await failure(again)

    assert isinstance(error, leo.BudgetExceeded)
    assert 0 == scene.simulator.creates


async def test_what_is_sent_again_unseen_counts_beside_the_first(scene: Scene) -> None:
    """Where nobody could look, both may be paid: in the budget, and in what was spent."""
    studio = scene.open(budget=Credits(100), resend="never")
    lost(scene.simulator)
    scene.simulator.script(**LIST, status=404, times=100)
    job = studio.generate("a fox", **SMALL)
    await unknown(job)

    await job.resend()

    assert job.price is not None
    assert 2 == scene.simulator.creates
    assert job.price * 2 == studio.spent
    (line,) = studio._ledger.spending()
    assert (job.price, job.price) == (line.charged, line.unknown)


async def test_what_nobody_knew_the_price_of_is_not_said_to_be_free(scene: Scene) -> None:
    """A job that was found again has no cost of its own, so it counts as one without a price."""
    studio = scene.open(budget=Credits(100))
    scene.simulator.script(method="POST", path="/pricing-calculator", status=500, times=50)
    lost(scene.simulator)

    await studio.generate("a fox", unpriced=True, **SMALL)

    (row,) = studio._ledger.jobs()
    (line,) = studio._ledger.spending()
    assert (None, None, "charged") == (row.price, row.cost, row.charge)
    assert 1 == line.unpriced


@pytest.mark.parametrize("way", ["again", "upscale"])
async def test_never_is_the_studio_s_word_for_all_that_is_made_of_a_job(
    scene: Scene, way: str
) -> None:
    """Also for `job.again()` and what is asked of a picture."""
    studio = scene.open(resend="never")
    job = studio.generate("a fox", **SMALL)
    (image,) = await job
    path = "/generations" if way == "again" else "/variations/upscale"
    before = scene.simulator.asked("POST", path)
    lost(scene.simulator, made=False, path=path)

    await unknown(job.again() if way == "again" else image.upscale())

    assert 1 == scene.simulator.asked("POST", path) - before


async def test_a_job_that_is_withdrawn_after_it_was_lost_may_be_paid(scene: Scene) -> None:
    """The error does not say that nothing was spent, and says what helps."""
    studio = scene.open()
    lost(scene.simulator)
    job = await searched(scene, studio)

    await anyio.to_thread.run_sync(job.cancel)
    said = str(await failure(job))

    assert "nothing was spent" not in said
    assert ("unknown", True, True) == (job.charge, "job.adopt(" in said, "job.resend()" in said)


async def test_an_id_that_nobody_has_is_not_adopted(scene: Scene) -> None:
    """Of a variation neither; the right one is taken afterwards."""
    studio = scene.open(resend="never")
    (image,) = await studio.generate("a fox", **SMALL)
    lost(scene.simulator, path="/variations/upscale")
    scene.simulator.script(method="GET", path="/generations/{id}", status=404, times=100)
    job = image.upscale()
    await unknown(job)
    made = list(scene.simulator.world.variations)[-1]

    with pytest.raises(leo.NotFound):
        await anyio.to_thread.run_sync(lambda: job.adopt(str(uuid.UUID(int=7))))
    adopted = await anyio.to_thread.run_sync(lambda: job.adopt(made))
    await adopted

    assert (made, 2) == (adopted.id, scene.simulator.creates)


def respelt(scene: Scene, prompt: str) -> dict[str, Any]:
    """Return the list that has the only job there is, with *prompt* as its prompt."""
    (made,) = scene.simulator.world.jobs.values()
    row = scene.simulator._house.row(made, scene.simulator.base_url, scene.clock.now())
    return {**LIST, "status": 200, "body": {"generations": [row | {"prompt": prompt}]}}


async def test_letters_that_are_composed_otherwise_are_the_same(scene: Scene) -> None:
    """A service that gives back U+00E9 for an e and its accent has made this job."""
    studio = scene.open()
    lost(scene.simulator)
    scene.clock.holds = True
    job = studio.generate("cafe\u0301 at dawn", **SMALL)
    await until(job, lambda: job.snapshot.is_searched)
    scene.simulator.script(**respelt(scene, "caf\u00e9 at dawn"), times=40)
    scene.clock.holds = False

    await job

    assert (list(scene.simulator.world.jobs), 1) == ([job.id], scene.simulator.creates)


async def test_a_prompt_that_the_service_spells_in_its_own_way_is_asked_about(
    scene: Scene,
) -> None:
    """Where seed, size, model and letters are the same, it is not sent again."""
    studio = scene.open()
    lost(scene.simulator)
    job = await searched(scene, studio)
    page = respelt(scene, "A Fox!")
    for _ in range(20):  # each look reads on, to the end of the list
        scene.simulator.script(**page)
        scene.simulator.script(**NOTHING)
    scene.clock.holds = False

    await unknown(job)

    assert 1 == scene.simulator.creates
