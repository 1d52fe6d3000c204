"""What a user holds, on the simulator and a clock that never waits."""

from __future__ import annotations

import asyncio
import copy
import json
import threading
from typing import TYPE_CHECKING, Any

import pytest

import leonardo_nb as leo
from leonardo_nb.money import Credits

if TYPE_CHECKING:
    from leonardo_nb.simulator import Simulator
    from leonardo_nb.studios import Studio
    from leonardo_nb.testing import ManualClock

SMALL: dict[str, Any] = {"width": 64, "height": 64, "alchemy": False, "seed": 42}


async def test_awaiting_gives_the_pictures(studio: Studio) -> None:
    """Two pictures were asked for, two files are here, with everything that is known of them."""
    job = studio.generate("a fox", num_images=2, **SMALL)

    images = await job

    assert [(64, 64, 42, False, 0), (64, 64, 42, False, 1)] == [
        (image.width, image.height, image.seed, image.nsfw, image.index) for image in images
    ]
    assert [True, True] == [image.path.is_file() for image in images]
    assert [(64, 64), (64, 64)] == [image.pil().size for image in images]


async def test_a_job_can_be_awaited_any_number_of_times(studio: Studio) -> None:
    """Together or one after the other, everybody gets the same pictures."""
    job = studio.generate("a fox", **SMALL)

    first, second = await asyncio.gather(job, job)
    third = await job

    assert [image.id for image in first] == [image.id for image in second]
    assert [image.id for image in first] == [image.id for image in third]


def test_a_job_can_be_awaited_from_any_loop(studio: Studio) -> None:
    """Loops on other threads wait for the same job."""
    job = studio.generate("a fox", **SMALL)
    counts: list[int] = []

    async def wait() -> None:
        counts.append(len(await job))

    threads = [threading.Thread(target=lambda: asyncio.run(wait())) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert [1, 1, 1] == counts


async def test_giving_up_waiting_leaves_the_job_running(studio: Studio, clock: ManualClock) -> None:
    """Whoever cancels the waiting cancels nothing else, and the job says that it goes on."""
    clock.holds = True
    job = studio.generate("a fox", **SMALL)
    waiting = asyncio.ensure_future(until(job))
    await asyncio.sleep(0)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError, match=r"the job goes on. `await job` waits again"):
        await waiting
    clock.holds = False

    images = await job

    assert 1 == len(images)
    assert ("Stopped waiting; the job goes on. `await job` waits again.",) == job.notes


async def until(job: leo.GenerationJob) -> leo.Images:
    return await job


def test_waiting_has_a_limit_and_the_job_goes_on(studio: Studio, clock: ManualClock) -> None:
    """After the timeout the error says so, and a later result() has the pictures."""
    clock.holds = True
    job = studio.generate("a fox", **SMALL)

    with pytest.raises(leo.JobTimeout, match=r"has not ended after 0\.01 s and goes on") as caught:
        job.result(timeout=0.01)
    clock.holds = False

    assert isinstance(caught.value, TimeoutError)
    assert 1 == len(job.result(timeout=10))


async def test_result_is_refused_where_it_would_block_the_engine(
    studio: Studio, clock: ManualClock
) -> None:
    """On the engine's own thread the sentence says what to use instead."""
    clock.holds = True
    job = studio.generate("a fox", **SMALL)

    async def on_engine() -> str:
        with pytest.raises(leo.EngineThreadError) as caught:
            job.result()
        return str(caught.value)

    said = await asyncio.wrap_future(studio.engine.run(on_engine))
    clock.holds = False
    await job

    assert (
        "result() would block the engine that has to finish this job; use `await job` here." == said
    )


async def test_callbacks_come_with_the_job(studio: Studio) -> None:
    """One that is added before and one that is added after are both called with the job."""
    called: list[leo.GenerationJob] = []
    job = studio.generate("a fox", **SMALL)
    job.add_done_callback(called.append)
    await job
    job.add_done_callback(called.append)

    assert [job, job] == called


async def test_a_failing_callback_harms_nobody(studio: Studio, caplog: Any) -> None:
    """It goes to the log, and the job ends as it would have."""

    def fail(_job: leo.GenerationJob) -> None:
        raise ValueError("my own mistake")

    job = studio.generate("a fox", **SMALL)
    job.add_done_callback(fail)
    job.subscribe(fail)
    images = await job

    assert 1 == len(images)
    assert "my own mistake" in caplog.text


async def test_again_changes_what_it_is_told(studio: Studio, simulator: Simulator) -> None:
    """The same request with another guidance is another job; the seed stays."""
    job = studio.generate("a fox", **SMALL)

    other = job.again(guidance_scale=9)
    await asyncio.gather(until(job), until(other))

    assert (42, 9) == (other.request.seed, other.request.guidance_scale)
    assert job.id != other.id
    assert 2 == simulator.creates


async def test_again_without_changes_asks_for_exactly_the_same(studio: Studio) -> None:
    """Also for a request that our own rules would refuse."""
    odd = SMALL | {"guidance_scale": 25}
    job = studio.generate("a fox", check=False, **odd)
    await asyncio.gather(until(job), return_exceptions=True)

    assert job.request == job.again().request


def test_a_job_is_not_copied(studio: Studio) -> None:
    """Pickle and deepcopy say what to do instead."""
    job = studio.generate("a fox", **SMALL)

    with pytest.raises(TypeError, match=r"keep `job\.id`"):
        copy.deepcopy(job)


async def test_images_are_equal_by_what_they_are(studio: Studio) -> None:
    """The same pictures asked for twice are the same pictures."""
    job = studio.generate("a fox", **SMALL)

    assert await job == job.images


async def test_the_repr_is_a_sentence(studio: Studio) -> None:
    """Kind, id, state, pictures and cost, and nothing that changes by itself."""
    job = studio.generate("a fox", num_images=2, **SMALL)
    await job
    assert job.id is not None

    assert f"<Generation {job.id[:8]} complete, 2 images, {job.cost}>" == repr(job)


async def test_to_dict_is_json(studio: Studio) -> None:
    """Everything that is known survives a trip through JSON."""
    job = studio.generate('a "fox"', **SMALL)
    images = await job

    known = json.loads(json.dumps(job.to_dict()))

    assert ("generation", "complete", 'a "fox"', 42, str(images[0].path)) == (
        known["kind"],
        known["state"],
        known["request"]["prompt"],
        known["request"]["seed"],
        known["images"][0]["path"],
    )


def test_cancelling_before_sending_costs_nothing(studio: Studio, clock: ManualClock) -> None:
    """A job that waits for a slot is withdrawn: nothing was sent, nothing is paid."""
    clock.holds = True
    ahead = [studio.generate("a fox", **SMALL) for _ in range(11)]

    cancelled = ahead[-1].cancel()

    assert (True, "cancelled", False) == (cancelled, ahead[-1].state, ahead[-1].sent)
    with pytest.raises(leo.JobCancelled, match="withdrawn before it was sent; nothing was spent"):
        ahead[-1].result()


async def test_cancelling_afterwards_stops_watching(studio: Studio, clock: ManualClock) -> None:
    """Once accepted, the job is paid: the sentence says so and how to get the pictures."""
    clock.holds = True
    job = studio.generate("a fox", **SMALL)
    accepted = asyncio.Event()
    loop = asyncio.get_running_loop()
    job.subscribe(lambda it: it.id and loop.call_soon_threadsafe(accepted.set))
    if job.id is None:
        await accepted.wait()

    job.cancel()

    with pytest.raises(leo.JobCancelled, match=r"You stopped watching .* are spent\. leo\.job"):
        await job
    assert job.id is not None
    clock.holds = False
    assert 1 == len(await studio.job(job.id))


async def test_a_finished_job_cannot_be_cancelled(studio: Studio) -> None:
    """There is nothing to withdraw any more."""
    job = studio.generate("a fox", **SMALL)
    await job

    assert (False, "complete") == (job.cancel(), job.state)


async def test_the_balance_of_a_job_that_ended_stays_as_it_was(studio: Studio) -> None:
    """What a later job costs does not change what an earlier one says."""
    first = studio.generate("a fox", **SMALL)
    await first
    left = first.balance
    second = studio.generate("a fox", **SMALL)
    await second
    studio.refresh()

    assert Credits(15_000 - 2) == left == first.balance
    assert second.balance == Credits(15_000 - 4)


async def test_the_price_is_known_before_and_the_cost_after(studio: Studio) -> None:
    """The calculator's price is the charged cost here, and the balance went down by it."""
    job = studio.generate("a fox", **SMALL)
    await job
    assert job.cost is not None

    assert job.price == job.cost
    assert Credits(15_000) - job.cost == job.balance
