"""What may be deleted at the service: only what it has ended, and what is here."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest

import leonardo_nb as leo

if TYPE_CHECKING:
    from pathlib import Path

    from leonardo_nb.simulator import Simulator
    from leonardo_nb.testing import ManualClock

SMALL: dict[str, Any] = {"width": 64, "height": 64, "alchemy": False}


async def cancelled(studio: leo.Studio, **parameters: Any) -> leo.GenerationJob:
    """Return a job that was given up after the service had accepted it."""
    accepted, loop = asyncio.Event(), asyncio.get_running_loop()
    job = studio.generate("a fox", **SMALL, **parameters)
    job.subscribe(lambda job: job.id and loop.call_soon_threadsafe(accepted.set))
    if job.id is None:
        await accepted.wait()
    job.cancel()
    with pytest.raises(leo.JobCancelled):
        await job
    return job


def is_there(simulator: Simulator, job: leo.Job[Any]) -> bool:
    """Whether the service still has *job*."""
    return ("DELETE", f"/generations/{job.id}") not in simulator.requests


async def test_what_the_service_still_draws_is_not_deleted(
    studio: leo.Studio, simulator: Simulator
) -> None:
    """A job that was given up goes on there; our own view of it is not the service's."""
    simulator.script(never_finish=True)
    job = await cancelled(studio)
    with pytest.raises(leo.InvalidRequest, match="is in flight"):
        job.delete()

    assert is_there(simulator, job)


async def test_what_was_drawn_and_is_not_here_is_not_deleted(
    studio: leo.Studio, simulator: Simulator
) -> None:
    """It is paid, so the sentence says how to fetch it; then it can be deleted."""
    simulator.script(empty_looks=1)
    job = await cancelled(studio)
    studio.engine.wait(studio.engine.run(studio.client.generation, str(job.id)))
    with pytest.raises(leo.InvalidRequest, match=rf'leo\.job\("{job.id}"\) fetches') as caught:
        job.delete()
    assert is_there(simulator, job)

    assert "its 1 file is not here" in str(caught.value)
    assert 1 == len(await studio.job(str(job.id)))
    assert "its file in the library stays" in studio.job(str(job.id)).delete()


def test_files_that_could_not_be_fetched_are_not_deleted(
    studio: leo.Studio, simulator: Simulator
) -> None:
    """One of two is here; deleting the job would lose the other."""
    simulator.script(method="GET", path="/media/*_1.jpg", times=9, status=404)
    job = studio.generate("a fox", num_images=2, **SMALL)
    assert isinstance(job.exception(20), leo.DownloadFailed)
    for what in (job, str(job.id)):
        with pytest.raises(leo.InvalidRequest, match="1 of its 2 files is not here"):
            studio.delete(what)

    assert is_there(simulator, job)


def test_a_job_that_took_too_long_is_looked_at(studio: leo.Studio, simulator: Simulator) -> None:
    """It is drawn there still."""
    simulator.script(never_finish=True)
    job = studio.generate("a fox", **SMALL)
    assert isinstance(job.exception(20), leo.JobTimeout)
    with pytest.raises(leo.InvalidRequest, match="is in flight"):
        job.delete()

    assert is_there(simulator, job)


async def test_what_failed_there_after_all_is_deleted(
    studio: leo.Studio, simulator: Simulator
) -> None:
    """Nothing is lost with it, although it was given up here before."""
    simulator.script(empty_looks=1, fail=True)
    job = await cancelled(studio)
    studio.engine.wait(studio.engine.run(studio.client.generation, str(job.id)))

    assert "the library has no file of it" in job.delete()


@pytest.mark.parametrize("fails", [False, True])
def test_the_service_s_last_word_needs_no_look(
    studio: leo.Studio, simulator: Simulator, fails: bool
) -> None:
    """What it has completed, and is here, or has failed, is deleted with one request."""
    simulator.script(fail=fails)
    job = studio.generate("a fox", **SMALL)
    job.exception(20)
    before = len(simulator.requests)
    job.delete()

    assert [("DELETE", f"/generations/{job.id}")] == list(simulator.requests)[before:]


async def test_a_row_that_has_not_ended_is_looked_at(
    simulator: Simulator, clock: ManualClock, tmp_path: Path
) -> None:
    """A job of the library that nobody holds may be at work, or drawn and not here."""
    simulator.script(never_finish=True)
    simulator.script(empty_looks=0)
    with leo.Studio(simulator=simulator, library=tmp_path, clock=clock) as studio:
        at_work, drawn = str((await cancelled(studio)).id), str((await cancelled(studio)).id)
    clock.advance(600)
    with leo.Studio(simulator=simulator, library=tmp_path, clock=clock) as again:
        with pytest.raises(leo.InvalidRequest, match="is in flight"):
            again.delete(at_work)
        with pytest.raises(leo.InvalidRequest, match=rf'leo\.job\("{drawn}"\) fetches'):
            again.delete(drawn)

        assert not [method for method, _ in simulator.requests if method == "DELETE"]


async def test_what_nobody_here_knows_is_looked_at(
    studio: leo.Studio, simulator: Simulator, clock: ManualClock, tmp_path: Path
) -> None:
    """An id of another library may be that of a job at work."""
    simulator.script(never_finish=True)
    with leo.Studio(simulator=simulator, library=tmp_path / "other", clock=clock) as other:
        job = await cancelled(other)
    with pytest.raises(leo.InvalidRequest, match="is in flight"):
        studio.delete(str(job.id))

    assert is_there(simulator, job)


async def test_a_finer_video_cannot_be_deleted_by_its_id(
    simulator: Simulator, clock: ManualClock, tmp_path: Path
) -> None:
    """It has no generation of its own, and its row is no other than the job."""
    with leo.Studio(simulator=simulator, library=tmp_path, clock=clock) as studio:
        clip = await studio.text_to_video("waves", resolution="RESOLUTION_480")
        finer = clip.upscale()
        await finer
    with (
        leo.Studio(simulator=simulator, library=tmp_path, clock=clock) as again,
        pytest.raises(leo.InvalidRequest, match="deletes generations only"),
    ):
        again.delete(str(finer.id))
