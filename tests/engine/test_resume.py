"""Jobs that are taken up: after a restart, from another kernel, or in the place of a new one."""

from __future__ import annotations

import dataclasses
import platform
import threading
import uuid
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import anyio
import anyio.lowlevel
import anyio.to_thread
import pytest

import leonardo_nb as leo
from leonardo_nb import default_studio
from leonardo_nb.engine.terms import Terms, Wall
from leonardo_nb.library.records import JobRecord
from leonardo_nb.money import Credits
from leonardo_nb.simulator import images

from .scenes import PATIENCE, SMALL, Scene, failure, lost, until

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from leonardo_nb.studios import Studio
    from leonardo_nb.testing import ManualClock

MEDIA: dict[str, Any] = {"method": "GET", "path": "/media/*"}


@pytest.fixture
def scene(tmp_path: Path, clock: ManualClock) -> Iterator[Scene]:
    """A service with one place, and a library."""
    made = Scene(tmp_path / "own", clock, slots=1)
    yield made
    made.close()


def posts(scene: Scene) -> int:
    return scene.simulator.asked("POST", "/generations")


def row(scene: Scene, studio: Studio, number: int = 0, **facts: Any) -> JobRecord:
    """Return a row as another kernel would have written it before it sent anything."""
    request = studio.request("a fox", **SMALL | {"seed": number})
    made = JobRecord(
        uid=uuid.uuid4().hex,
        kind="generation",
        state="request",
        request=request.wire(),
        content_key=request.content_key(),
        simulated=True,
        base_url=scene.simulator.base_url,
        created=scene.clock.wall(),
    )
    return dataclasses.replace(made, **facts)


async def under_way(scene: Scene, studio: Studio, **members: Any) -> leo.Job[Any]:
    """Return a job that is accepted, while time stands still."""
    scene.clock.holds = True
    job = studio.generate("a fox", **SMALL | members)
    await until(job, lambda: job.id is not None)
    return job


# after a restart


async def test_an_accepted_job_is_fetched(scene: Scene) -> None:
    """It is looked for, and neither sent nor paid again."""
    first = scene.open()
    job = await under_way(scene, first)
    first.close()
    scene.clock.holds = False

    resumed = await scene.open().resume()

    assert [(job.uid, job.id, "complete")] == [(it.uid, it.id, it.state) for it in resumed]
    assert (1, 1) == (posts(scene), resumed.how.at_service)


async def test_a_job_that_never_left_is_sent(scene: Scene) -> None:
    """One that waited for its place, under its old name, once."""
    first = scene.open()
    accepted = await under_way(scene, first)
    scene.clock.advance(1)
    waiting = first.generate("a hare", **SMALL)
    while len(first.jobs()) < 2:
        await anyio.lowlevel.checkpoint()
    first.close()
    scene.clock.holds = False

    second = scene.open()
    resumed = await second.resume()

    assert [accepted.uid, waiting.uid] == [job.uid for job in resumed]
    assert ["complete", "complete"] == [job.state for job in resumed]
    assert (2, 1, 1) == (posts(scene), resumed.how.at_service, resumed.how.sent)
    assert (0, 0) == (second.unfinished(), len(second.resume()))


@pytest.mark.parametrize("made", [True, False])
async def test_a_job_whose_answer_was_lost_is_looked_for(scene: Scene, made: bool) -> None:
    """Found where it was made, sent once more where it was not; one job in the end."""
    first = scene.open()
    lost(scene.simulator, made=made)
    scene.clock.holds = True
    job = first.generate("a fox", **SMALL)
    await until(job, lambda: job.snapshot.is_searched)
    first.close()
    scene.clock.holds = False

    resumed = await scene.open().resume()

    assert [(job.uid, "complete")] == [(it.uid, it.state) for it in resumed]
    assert (1, 1, 1 if made else 2) == (
        resumed.how.looked_for,
        scene.simulator.creates,
        posts(scene),
    )


async def test_never_holds_after_a_restart(scene: Scene) -> None:
    """Nobody sends a job again that was asked for with `resend="never"`."""
    first = scene.open()
    lost(scene.simulator, made=False)
    scene.clock.holds = True
    job = first.generate("a fox", resend="never", **SMALL)
    await until(job, lambda: job.snapshot.is_searched)
    first.close()
    scene.clock.holds = False

    (again,) = scene.open().resume()

    assert isinstance(await failure(again), leo.OutcomeUnknown)
    assert (1, 0) == (posts(scene), scene.simulator.creates)


async def test_what_was_sent_again_is_not_sent_a_third_time(scene: Scene) -> None:
    """The row counts it, so a restart brings no new chance."""
    first = scene.open()
    lost(scene.simulator, 2, made=False)
    job = first.generate("a fox", **SMALL)
    await failure(job)
    first.close()

    (again,) = scene.open().resume()

    assert isinstance(await failure(again), leo.OutcomeUnknown)
    assert (2, 0) == (posts(scene), scene.simulator.creates)


async def test_files_that_are_missing_are_fetched(scene: Scene) -> None:
    """Of three pictures one was there; all are whole in the end, and nothing is paid again."""
    first = scene.open()
    scene.simulator.script(**MEDIA, delay=0.001)  # the first one is whole
    scene.simulator.script(**MEDIA, corrupt=True, times=1000)
    job = first.generate("a fox", num_images=3, **SMALL)
    assert isinstance(await failure(job), leo.LeonardoError)
    kept = len(job.snapshot.media)
    first.close()
    scene.simulator._faults.clear()

    (again,) = await scene.open().resume()

    assert (1, 3, 1) == (kept, len(again.images), posts(scene))
    assert all(image.path.is_file() for image in again.images)
    assert [] == [path for path in scene.folder.rglob("*") if ".part" in path.name]


async def test_a_finished_job_is_nothing_to_resume(scene: Scene) -> None:
    """Also where somebody has deleted its file."""
    studio = scene.open()
    (image,) = await studio.generate("a fox", **SMALL)
    image.path.unlink()

    assert (0, 0) == (studio.unfinished(), len(studio.resume()))


async def test_a_cancelled_job_is_left_alone(scene: Scene) -> None:
    """Whether it was withdrawn, or given up when it was paid; `leo.job` still looks for that."""
    studio = scene.open()
    paid = await under_way(scene, studio)
    waiting = studio.generate("a hare", **SMALL)
    while len(studio.jobs()) < 2:
        await anyio.lowlevel.checkpoint()
    for job in (waiting, paid):
        await anyio.to_thread.run_sync(job.cancel)
    studio.close()
    scene.clock.holds = False
    later = scene.open()

    assert (0, 0) == (later.unfinished(), len(later.resume()))
    assert 1 == len(await later.job(str(paid.id)))
    assert isinstance(await failure(later.job(waiting.uid)), leo.JobError)
    assert 1 == posts(scene)


async def test_the_oldest_come_first(scene: Scene) -> None:
    """In the order in which they were asked for."""
    studio = scene.open()
    rows = [
        row(scene, studio, number, created=scene.clock.wall() - timedelta(minutes=number))
        for number in range(4)
    ]
    for each in rows:
        studio._ledger.intend(each)

    resumed = studio.resume()

    assert [each.uid for each in reversed(rows)] == [job.uid for job in resumed]
    await resumed


async def test_resuming_twice_takes_up_once(scene: Scene) -> None:
    """What is under way here already is the same object."""
    first = scene.open()
    await under_way(scene, first)
    first.close()
    second = scene.open()

    one, two = second.resume(), second.resume()
    scene.clock.holds = False
    await one

    assert [True] == [a is b for a, b in zip(one, two, strict=True)]


@pytest.mark.timeout(60)
async def test_a_thousand_jobs_are_known_in_thirty_requests(
    tmp_path: Path, clock: ManualClock
) -> None:
    """The list is read once for all of them."""
    scene = Scene(tmp_path / "own", clock, slots=1000)
    studio = scene.open()
    house = scene.simulator._house
    scene.simulator.script(fail=True, times=1000)
    for number in range(1000):
        intended = row(scene, studio, number)
        made = house.create(images.IMAGE, dict(intended.request), "/generations")
        studio._ledger.from_history(
            dataclasses.replace(intended, state="ack", job_id=made.id, sent=intended.created)
        )
    clock.advance(3600)
    before = len(scene.simulator.requests)

    resumed = await studio.resume()

    assert (1000, {"refunded"}) == (len(resumed), {job.charge for job in resumed})
    assert len(scene.simulator.requests) - before <= 30
    scene.close()


# budgets


@pytest.mark.parametrize("most", [1, 1000])
async def test_a_budget_is_kept_over_a_restart(scene: Scene, most: int) -> None:
    """A job that never left is sent within its budgets, which its row has, or not at all."""
    studio = scene.open()
    wall = Wall("sweep foxes", Credits(most), "the sweep's budget")
    terms = Terms(sweep="foxes", walls=(wall,))
    studio._ledger.intend(row(scene, studio, terms=terms.as_json(), sweep="foxes"))

    (job,) = studio.resume()
    end = job.exception(PATIENCE)

    spent = studio._ledger.reserved("sweep foxes", "CREDITS")[0]
    if most == 1:
        assert isinstance(end, leo.BudgetExceeded)
        assert (0, Credits(0)) == (posts(scene), spent)
    else:
        assert (None, 1, job.cost) == (end, posts(scene), spent)


async def test_what_is_resumed_counts_in_the_studio_s_budget(scene: Scene) -> None:
    """Of today, whoever had asked for it."""
    scene.open()._ledger.intend(row(scene, scene.open()))
    studio = scene.open(budget=Credits(1000))

    (job,) = await studio.resume()

    assert job.cost == studio.spent


async def test_a_budget_is_one_for_studios_and_restarts(scene: Scene) -> None:
    """What the first has spent today the second cannot."""
    first = scene.open(budget=Credits(1000))
    job = first.generate("a fox", **SMALL)
    await job
    assert job.cost is not None
    first.close()

    second = scene.open(budget=job.cost * 2 - Credits(1))
    error = await failure(second.generate("a hare", **SMALL))

    assert isinstance(error, leo.BudgetExceeded)
    assert (job.cost, 1) == (second.spent, posts(scene))


# other kernels


async def test_a_living_kernel_s_job_is_watched(scene: Scene) -> None:
    """It is not sent here, and its picture arrives in both."""
    one, two = scene.open(), scene.open()
    job = await under_way(scene, one)
    assert 0 == two.unfinished()
    resumed = two.resume()
    (seen,) = resumed
    scene.clock.holds = False

    await job
    await seen

    assert (1, 1, job.uid) == (resumed.how.watched, posts(scene), seen.uid)
    assert [each.path for each in job.images] == [each.path for each in seen.images]


async def test_cancelling_what_is_watched_touches_it_not(scene: Scene) -> None:
    """It is the other kernel's, which goes on with it."""
    one, two = scene.open(), scene.open()
    job = await under_way(scene, one)
    (seen,) = two.resume()
    await until(seen, lambda: seen.snapshot.elsewhere)
    before = one._ledger.job(job.uid)

    await anyio.to_thread.run_sync(seen.cancel)

    assert ("cancelled", before) == (seen.state, one._ledger.job(job.uid))
    scene.clock.holds = False
    assert 1 == len(await job)


async def test_a_watched_job_is_taken_over(scene: Scene) -> None:
    """When the kernel that had it closes, also one that was never sent."""
    one, two = scene.open(), scene.open()
    accepted = await under_way(scene, one)
    scene.clock.advance(1)
    waiting = one.generate("a hare", **SMALL)
    while len(one.jobs()) < 2:
        await anyio.lowlevel.checkpoint()
    resumed = two.resume()
    assert 2 == resumed.how.watched

    one.close()
    scene.clock.holds = False
    await resumed

    assert [(accepted.uid, "complete"), (waiting.uid, "complete")] == [
        (job.uid, job.state) for job in resumed
    ]
    assert 2 == posts(scene)


def dead_owner() -> str:
    """Return an owner of this machine whose process has ended without a word."""
    return f"{platform.node() or 'localhost'}/{uuid.uuid4().hex}"


async def test_a_dead_kernel_s_jobs_are_free_at_once(scene: Scene) -> None:
    """On one machine nobody waits for the end of its lease."""
    studio = scene.open()
    until_tomorrow = scene.clock.wall() + timedelta(days=1)
    mine = row(scene, studio, owner=dead_owner(), lease_until=until_tomorrow)
    studio._ledger.intend(mine)

    assert 1 == studio.unfinished()
    resumed = await studio.resume()

    assert (0, 1, 1) == (resumed.how.watched, resumed.how.sent, posts(scene))
    assert scene.clock.wall() < until_tomorrow


async def test_another_machine_s_jobs_are_free_after_its_lease(scene: Scene) -> None:
    """While it lasts they are watched; then they are taken up."""
    studio = scene.open()
    over = scene.clock.wall() + timedelta(seconds=30)
    studio._ledger.intend(row(scene, studio, owner="elsewhere/1", lease_until=over))

    assert 0 == studio.unfinished()
    resumed = studio.resume()
    watched = resumed.how.watched
    await resumed

    assert (1, 1) == (watched, posts(scene))
    sent = [when for when, url in scene.simulator.log if url.path.endswith("/generations")]
    assert 30 <= sent[0] <= 33


async def test_another_service_s_jobs_stay(scene: Scene) -> None:
    """They are its own studio's to resume."""
    studio = scene.open()
    studio._ledger.intend(row(scene, studio, base_url="https://other.example/api/rest/v1"))

    assert (0, 0, 0) == (studio.unfinished(), len(studio.resume()), posts(scene))


# reuse


async def test_a_finished_job_is_given_at_once(scene: Scene) -> None:
    """From the library, by any studio, without a request, and it costs nothing."""
    (first,) = await scene.open().generate("a fox", reuse=True, **SMALL)
    later = scene.open()
    before = len(scene.simulator.requests)

    job = later.generate("a fox", reuse=True, **SMALL)

    assert (True, "complete", "none") == (job.snapshot.reused, job.state, job.charge)
    assert [first.path] == [each.path for each in job.images]
    assert "From the library" in job.notes[0]
    assert before == len(scene.simulator.requests)


async def test_a_job_under_way_here_is_the_same(scene: Scene) -> None:
    """One object, one request."""
    studio = scene.open()
    jobs = [studio.generate("a fox", reuse=True, **SMALL) for _ in range(3)]
    await jobs[0]

    assert (1, 1) == (len({id(job) for job in jobs}), posts(scene))


async def test_a_job_under_way_elsewhere_is_watched(scene: Scene) -> None:
    """It is paid there."""
    one, two = scene.open(), scene.open()
    theirs = await under_way(scene, one)
    ours = two.generate("a fox", reuse=True, **SMALL)
    await until(ours, lambda: ours.snapshot.elsewhere)
    scene.clock.holds = False
    await ours
    await theirs

    assert (theirs.uid, 1) == (ours.uid, posts(scene))


async def test_a_job_that_nobody_has_is_taken_up(scene: Scene) -> None:
    """One that a dead kernel never sent is sent, under its old name."""
    studio = scene.open()
    theirs = row(scene, studio, 7, owner=dead_owner())
    studio._ledger.intend(theirs)

    ours = studio.generate("a fox", reuse=True, **SMALL | {"seed": 7})
    await ours

    assert (theirs.uid, 1) == (ours.uid, posts(scene))


async def test_a_failed_job_is_asked_for_anew(scene: Scene) -> None:
    """A failure is nothing to reuse."""
    studio = scene.open()
    scene.simulator.script(fail=True)
    first = studio.generate("a fox", reuse=True, **SMALL)
    await failure(first)

    second = studio.generate("a fox", reuse=True, **SMALL)
    await second

    assert (2, True, False) == (posts(scene), first.uid != second.uid, second.snapshot.reused)


async def test_a_deleted_file_is_made_anew(scene: Scene) -> None:
    """A row without its picture is nothing to reuse."""
    studio = scene.open()
    (image,) = await studio.generate("a fox", reuse=True, **SMALL)
    image.path.unlink()

    job = studio.generate("a fox", reuse=True, **SMALL)
    await job

    assert (2, False, True) == (posts(scene), job.snapshot.reused, image.path.is_file())


async def test_a_cancelled_job_is_asked_for_anew(scene: Scene) -> None:
    """Whoever gave it up and asks again wants it."""
    studio = scene.open()
    first = await under_way(scene, studio)
    await anyio.to_thread.run_sync(first.cancel)
    scene.clock.holds = False

    second = studio.generate("a fox", reuse=True, **SMALL)
    await second

    assert (2, True) == (posts(scene), first.uid != second.uid)


async def test_own_seeds_are_the_same_in_every_studio(scene: Scene) -> None:
    """So that the same line without a seed is the same picture, and another line another one."""
    members = {name: value for name, value in SMALL.items() if name != "seed"}
    one = scene.open().generate("a fox", reuse=True, **members)
    await one
    two = scene.open().generate("a fox", reuse=True, **members)
    other = scene.open().generate("a hare", reuse=True, **members)
    await other

    assert (one.uid, 2) == (two.uid, posts(scene))
    assert one.request.wire()["seed"] != other.request.wire()["seed"]


async def test_without_reuse_every_job_is_paid(scene: Scene) -> None:
    """Asking is paying, unless something else was said."""
    studio = scene.open()
    for _ in range(2):
        await studio.generate("a fox", **SMALL)

    assert 2 == posts(scene)


def at_once(asks: list[Callable[[], leo.Job[Any]]]) -> list[leo.Job[Any]]:
    """Return what *asks* return, each called on a thread of its own at the same moment."""
    together = threading.Barrier(len(asks))

    def ask(one: Callable[[], leo.Job[Any]]) -> leo.Job[Any]:
        together.wait()
        return one()

    with ThreadPoolExecutor(len(asks)) as pool:
        return list(pool.map(ask, asks))


def test_studios_that_ask_for_the_same_at_once_pay_once(tmp_path: Path, clock: ManualClock) -> None:
    """Ten requests of four studios are ten jobs."""
    scene = Scene(tmp_path / "own", clock)
    four = [scene.open() for _ in range(4)]

    def ask(studio: Studio) -> Callable[[], leo.Job[Any]]:
        requests = [studio.request("a fox", **SMALL | {"seed": seed}) for seed in range(10)]

        def all_of_them() -> leo.Job[Any]:
            jobs = studio.submit_all(requests, terms=Terms(reuse=True))
            for job in jobs:
                job.result(PATIENCE)
            return jobs[0]

        return all_of_them

    jobs = at_once([ask(studio) for studio in four])

    assert (1, 10) == (len({job.uid for job in jobs}), posts(scene))
    assert 10 == scene.simulator.creates
    scene.close()


# the line of connect()


@pytest.fixture
def default() -> Iterator[None]:
    """Close the default studio that a test makes."""
    yield
    if default_studio._default is not None:
        default_studio._default.close()
        default_studio._default = None


def test_connecting_says_once_what_there_is(
    scene: Scene, default: None, capsys: pytest.CaptureFixture[str]
) -> None:
    """One line for each library and service of a process, and none where all has ended."""
    before = scene.open()
    for number in range(2):
        before._ledger.intend(row(scene, before, number))
    wanted: dict[str, Any] = {"simulator": scene.simulator, "library": scene.folder}
    for _ in range(2):
        leo.connect(**wanted).close()
    leo.connect(simulator=scene.simulator, library=scene.folder.parent / "other").close()

    assert (
        "2 jobs of before have not ended; leo.resume() picks up what is there.\n"
        == capsys.readouterr().out
    )


def test_a_simulator_that_forgets_has_nothing_to_resume(
    scene: Scene, default: None, capsys: pytest.CaptureFixture[str]
) -> None:
    """Its jobs ended with its process; nothing is said of them, and `resume()` closes them."""
    before = scene.open()
    before._ledger.intend(row(scene, before))
    sent = row(scene, before, 1, state="ack", job_id="sim-1", sent=scene.clock.wall())
    before._ledger.from_history(sent)

    studio = leo.connect(simulator=True, library=scene.folder)

    assert ("", 0) == (capsys.readouterr().out, studio.unfinished())
    ends = [type(job.error) for job in studio.resume()]
    assert ([leo.JobFailed] * 2, 0) == (ends, len(studio.resume()))


@pytest.mark.parametrize("is_sent", [True, False])
def test_a_job_of_a_simulator_that_has_ended_is_made_anew(scene: Scene, is_sent: bool) -> None:
    """The line that asked for it with `reuse` runs again after a restart."""
    before = scene.open()
    gone = row(scene, before, SMALL["seed"])
    before._ledger.intend(gone)
    if is_sent:
        before._ledger.sent(gone.uid, scene.clock.wall())
        before._ledger.acked(dataclasses.replace(gone, state="ack", job_id="sim-1"))
    before.close()

    with leo.Studio(simulator=True, library=scene.folder) as studio:
        job = studio.generate("a fox", reuse=True, **SMALL)

        assert 1 == len(job.result(PATIENCE))
        assert (False, "failed") == (job.uid == gone.uid, studio.job(gone.uid).state)


async def test_what_a_watched_kernel_never_sent_stays_open(scene: Scene) -> None:
    """The one who watched it says that it was never sent, and `resume` sends it."""
    one, two = scene.open(), scene.open()
    one._runner.lease.begin()
    lease = one._runner.lease
    waiting = row(scene, one, owner=lease.owner, lease_until=lease.until)
    one._ledger.intend(waiting)
    seen = await anyio.to_thread.run_sync(two.job, waiting.uid)
    await until(seen, lambda: seen.snapshot.elsewhere)

    await anyio.to_thread.run_sync(one.close)
    error = await failure(seen)
    assert "leo.resume()" in str(error)
    (again,) = await anyio.to_thread.run_sync(two.resume)
    await again

    assert (waiting.uid, 1) == (again.uid, posts(scene))


async def test_all_that_was_asked_for_is_in_the_library(scene: Scene) -> None:
    """However many jobs wait to be written down when the studio is closed."""
    studio = scene.open()
    scene.clock.holds = True
    for number in range(300):
        studio.generate("a fox", **SMALL | {"seed": number})

    await anyio.to_thread.run_sync(studio.close)

    assert 300 == len(scene.open().jobs(limit=1000))
