"""From request to saved file, with everything that goes wrong on the way."""

from __future__ import annotations

import asyncio
import sqlite3
import threading
from typing import TYPE_CHECKING, Any

import anyio
import pytest

import leonardo_nb as leo
from leonardo_nb.engine.bounds import bound_seconds
from leonardo_nb.money import Credits
from leonardo_nb.simulator import Simulator
from leonardo_nb.studios import Studio

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from leonardo_nb.testing import ManualClock

SMALL: dict[str, Any] = {"width": 64, "height": 64, "alchemy": False, "seed": 42}
CREATE: dict[str, Any] = {"method": "POST", "path": "/generations"}


@pytest.fixture
def make_studio(tmp_path: Path, clock: ManualClock) -> Iterator[Any]:
    """Make a studio on a simulator with facts of its own."""
    made: list[Studio] = []

    def make(
        *, budget: leo.Cost | None = None, limits: leo.Limits | None = None, **facts: Any
    ) -> Studio:
        made.append(
            Studio(
                simulator=Simulator(now=clock.now, **facts),
                library=tmp_path / "own",
                clock=clock,
                budget=budget,
                limits=limits,
            )
        )
        return made[-1]

    yield make
    for studio in made:
        studio.close()


async def until(job: leo.Job[Any], holds: Callable[[], bool]) -> None:
    """Return as soon as *holds*, which is looked at whenever *job* changes."""
    reached, loop = asyncio.Event(), asyncio.get_running_loop()
    job.subscribe(lambda _job: holds() and loop.call_soon_threadsafe(reached.set))
    if not holds():
        await reached.wait()


async def failure(job: leo.Job[Any]) -> leo.LeonardoError:
    with pytest.raises(leo.LeonardoError) as caught:
        await job
    return caught.value


async def test_looks_until_done(studio: Studio, simulator: Simulator) -> None:
    """Three empty looks, then the picture."""
    simulator.script(empty_looks=3)

    job = studio.generate("a fox", **SMALL)
    await job

    assert (3 + 1, "complete") == (job.snapshot.looks, job.state)


async def test_one_request_looks_at_all_jobs(studio: Studio, simulator: Simulator) -> None:
    """Thirty jobs in flight are looked at with lists, at most one in two seconds."""
    jobs = [studio.generate("a fox", **SMALL | {"seed": seed}) for seed in range(30)]
    for job in jobs:
        await job

    looks = [path for method, path in simulator.requests if path.startswith("/generations/")]
    lists = [path for path in looks if path.startswith("/generations/user/")]
    seconds = max(job.elapsed for job in jobs)

    assert 0 < len(lists) <= seconds / 2 + 1
    assert len(looks) - len(lists) < len(jobs)


async def most_at_the_service(studio: Studio, count: int) -> int:
    """Run *count* jobs, and return how many were accepted and not drawn at the same time."""
    most = 0

    def look(_job: object) -> None:
        nonlocal most
        at_work = [job for job in jobs if job.id is not None and not job.snapshot.drawn]
        most = max(most, len(at_work))

    jobs = [studio.generate("a fox", **SMALL | {"seed": seed}) for seed in range(count)]
    for job in jobs:
        job.subscribe(look)
    for job in jobs:
        await job
    return most


async def test_no_more_jobs_in_flight_than_slots_that_are_named(make_studio: Any) -> None:
    """With `Limits(slots=2)` the service never has a third job that is not drawn."""
    studio = make_studio(limits=leo.Limits(slots=2))

    assert 2 == await most_at_the_service(studio, 7)


async def test_a_few_jobs_are_sent_ahead(make_studio: Any) -> None:
    """With two slots of the account, the service has another two that wait for one of them."""
    studio = make_studio(slots=2)

    assert 2 + 2 == await most_at_the_service(studio, 12)


async def test_the_service_never_waits_for_us(make_studio: Any, clock: ManualClock) -> None:
    """Forty jobs on two slots take hardly longer than the slots need, though looks are rare."""
    studio = make_studio(slots=2)

    await most_at_the_service(studio, 40)

    drawn = studio.simulator.world.jobs.values()
    bound = bound_seconds([job.done_at - job.started_at for job in drawn], 2)
    assert clock.now() < 1.1 * bound


async def test_a_simulator_s_minute_is_as_short_as_it_is_fast(
    make_studio: Any, clock: ManualClock
) -> None:
    """Two requests a minute are two in 15 seconds where the simulator is four times as fast."""
    limits = leo.Limits(creates_per_minute=2)
    studio = make_studio(limits=limits, speed=4.0, creates_per_minute=2)

    await most_at_the_service(studio, 5)

    sent = [job.created_at for job in studio.simulator.world.jobs.values()]
    assert 2 * 15 < sent[-1] < 2 * 16
    assert 5 == len([path for method, path in studio.simulator.requests if path == "/generations"])


async def test_a_download_holds_no_slot(make_studio: Any) -> None:
    """While the picture of the first job does not come, the second one is drawn."""
    may_come = threading.Event()

    async def pause(_seconds: float) -> None:
        while not may_come.is_set():  # noqa: ASYNC110  set on the test's own loop
            await anyio.sleep(0.001)

    studio = make_studio(limits=leo.Limits(slots=1), pause=pause)
    studio.simulator.script(path="/media/*", delay=1.0)
    slow, quick = (studio.generate("a fox", **SMALL | {"seed": seed}) for seed in range(2))

    await quick

    assert (True, False) == (slow.snapshot.drawn, slow.done())
    may_come.set()
    await slow


async def test_a_create_that_never_left_costs_nothing(studio: Studio, simulator: Simulator) -> None:
    """A refused connection is an error of its own, and the row is closed."""
    simulator.script(**CREATE, drop="before", times=3)

    job = studio.generate("a fox", **SMALL)
    error = await failure(job)

    assert isinstance(error, leo.ConnectionFailed)
    assert ("none", 0) == (job.snapshot.charge, simulator.creates)
    assert ["failed"] == [record.state for record in studio.jobs()]


async def test_an_address_that_the_service_refuses_is_left_out(
    studio: Studio, simulator: Simulator
) -> None:
    """The picture is made all the same, once, and the job says what was left out."""
    job = studio.generate("a fox", webhook_callback_url="https://example.com/hook", **SMALL)
    await job

    assert 1 == simulator.creates
    assert (
        "The service does not take webhookCallbackUrl; the job was sent without it.",
    ) == job.notes


async def test_too_many_requests_is_tried_again(
    studio: Studio, simulator: Simulator, clock: ManualClock
) -> None:
    """Two refusals that created nothing, then one picture, paid once."""
    simulator.script(**CREATE, status=429, times=2, headers={"Retry-After": "7"})

    await studio.generate("a fox", **SMALL)

    assert 1 == simulator.creates
    assert [7.0, 7.0] == [pause for pause in clock.paused if pause == 7.0]


async def test_the_pending_queue_is_never_overrun(make_studio: Any) -> None:
    """With one slot and no queue, jobs come one by one and all get through."""
    studio = make_studio(slots=1, queue_per_slot=1)

    jobs = [studio.generate("a fox", **SMALL | {"seed": seed}) for seed in range(5)]
    for job in jobs:
        await job

    assert 5 == studio.simulator.creates


async def test_a_failed_job_is_refunded_and_says_so(studio: Studio, simulator: Simulator) -> None:
    """What happened, to which job, at what cost, what now."""
    simulator.script(fail=True)

    job = studio.generate("a fox", **SMALL)
    error = await failure(job)

    assert isinstance(error, leo.JobFailed)
    assert f"Generation {job.id} failed after" in str(error)
    assert f"gives no reason and refunds failed jobs ({job.cost})" in str(error)
    assert "`job.again()` submits them unchanged" in str(error)
    assert Credits(15_000) == job.balance


async def test_what_the_service_still_has_stays_open(studio: Studio, simulator: Simulator) -> None:
    """An error of ours is not the service's last word: looking again brings the picture."""
    simulator.script(method="GET", path="/generations/{id}", status=401)

    job = studio.generate("a fox", **SMALL)
    error = await failure(job)

    assert isinstance(error, leo.AuthenticationError)
    (row,) = studio.jobs()
    assert ("charged", "ack", None, None) == (
        job.snapshot.charge,
        row.state,
        row.ended,
        row.seconds,
    )
    assert job.id is not None
    assert 1 == len(await studio.job(job.id))


async def test_an_ack_that_cannot_be_written_down_loses_nothing(
    studio: Studio, simulator: Simulator
) -> None:
    """The job is known and paid, says so, and the row has it in the end."""
    job = studio.generate("a fox", **SMALL)
    with sqlite3.connect(studio.folder / "library.sqlite", isolation_level=None) as raw:
        # whatever is written down between the sending and the picture is refused
        raw.execute(
            "CREATE TRIGGER full BEFORE UPDATE OF job_id ON jobs WHEN NEW.state = 'ack' "
            "BEGIN SELECT RAISE(ABORT, 'disk full'); END"
        )
    raw.close()

    images = await job
    (record,) = studio.jobs()

    assert (1, job.id, "complete") == (len(images), record.job_id, record.state)


async def test_an_answer_that_nobody_can_read_ends_no_watching(
    studio: Studio, simulator: Simulator
) -> None:
    """Looks that bring nonsense are repeated, for this job and for the next."""
    simulator.script(
        method="GET",
        path="/generations/{id}",
        status=200,
        body={"generations_by_pk": {"id": 7, "createdAt": "0001-01-01T00:00:00+10:00"}},
        times=2,
    )

    first = await studio.generate("a fox", **SMALL)
    second = await studio.generate("a fox", **SMALL)

    assert (1, 1) == (len(first), len(second))


async def test_what_is_expected_is_learned_from_jobs_not_from_queues(make_studio: Any) -> None:
    """With one slot, the wait in line is not taken for the time that a picture takes."""
    studio = make_studio(slots=1)
    for job in [studio.generate("a fox", **SMALL | {"seed": seed}) for seed in range(6)]:
        await job

    last = studio.generate("a fox", **SMALL)

    assert last.expected is not None
    assert last.expected < 10
    await last


async def test_what_is_expected_of_a_request(make_studio: Any) -> None:
    """What such requests took, and what is known of the service before there were any."""
    studio = make_studio()
    fox = studio.request("a fox", **SMALL)
    before = studio._runner.expected(fox)

    job = studio.generate("a hare", **SMALL)
    await job

    assert fox.expected_seconds() == before
    assert job.snapshot.expected == before
    assert studio.generate("a wolf", **SMALL).expected == studio._runner.expected(fox) != before


async def test_a_state_that_nobody_knows_is_waited_for(
    studio: Studio, simulator: Simulator, caplog: pytest.LogCaptureFixture
) -> None:
    """The job stays pending, says so once, and the log hears of it once."""
    row = {"id": "x", "status": "QUEUED", "generated_images": []}
    simulator.script(
        method="GET",
        path="/generations/{id}",
        status=200,
        body={"generations_by_pk": row},
        times=3,
    )

    job = studio.generate("a fox", **SMALL)
    images = await job

    assert (1, "complete") == (len(images), job.state)
    assert (
        'The service calls its state "QUEUED", which is not known here; it is waited for.',
    ) == job.notes
    assert 1 == caplog.text.count("QUEUED")


async def test_jobs_of_one_price_ask_for_it_once(studio: Studio, simulator: Simulator) -> None:
    """Also where the calculator does not answer, and is asked as often as the policy says."""
    simulator.script(method="POST", path="/pricing-calculator", status=503, times=50)

    jobs = [studio.generate("a fox", **SMALL | {"seed": seed}) for seed in range(5)]
    for job in jobs:
        await job

    assert 1 + 4 == list(simulator.requests).count(("POST", "/pricing-calculator"))


async def test_a_moderated_job_names_the_words(studio: Studio, simulator: Simulator) -> None:
    """The filter's classes are the only hint that the service gives."""
    simulator.script(moderation=["EXTREME_VIOLENCE"])

    error = await failure(studio.generate("a fox", **SMALL))

    assert "names EXTREME_VIOLENCE" in str(error)
    assert "job.again(prompt=...)" in str(error)


@pytest.mark.parametrize("fault", [{"status": 503}, {"drop": "after"}, {"corrupt": True}])
async def test_a_look_that_fails_loses_nothing(
    studio: Studio, simulator: Simulator, fault: dict[str, Any]
) -> None:
    """Three looks go wrong, the fourth finds the picture."""
    simulator.script(method="GET", path="/generations/{id}", times=3, **fault)

    assert 1 == len(await studio.generate("a fox", **SMALL))


async def test_a_job_that_never_ends_is_reported_with_its_id(
    studio: Studio, simulator: Simulator
) -> None:
    """After the deadline the error says how to look again; the library keeps it open."""
    simulator.script(never_finish=True)

    job = studio.generate("a fox", **SMALL)
    error = await failure(job)

    assert isinstance(error, leo.JobTimeout)
    assert f'leo.job("{job.id}") looks for it again' in str(error)
    assert ["pending"] == [record.state for record in studio.jobs()]


@pytest.mark.parametrize(
    "fault",
    [{"status": 503}, {"corrupt": True}, {"drop": "after"}, {"status": 200, "body": "sorry"}],
)
async def test_a_broken_download_is_fetched_again(
    studio: Studio, simulator: Simulator, fault: dict[str, Any]
) -> None:
    """Two tries go wrong, the third brings the whole file."""
    simulator.script(method="GET", path="/media/*", times=2, **fault)

    images = await studio.generate("a fox", **SMALL)

    assert (64, 64) == images[0].pil().size


async def test_a_download_that_stays_broken_keeps_the_address(
    studio: Studio, simulator: Simulator
) -> None:
    """The picture is paid, so the error says where it is; looking again later fetches it."""
    simulator.script(method="GET", path="/media/*", times=3, status=404)

    job = studio.generate("a fox", **SMALL)
    error = await failure(job)

    assert isinstance(error, leo.DownloadFailed)
    assert "there and paid" in str(error)
    assert error.url in str(error)
    assert job.id is not None
    assert 1 == len(await studio.job(job.id))
    assert 1 == simulator.creates


async def test_a_wrong_key_is_one_error_and_costs_nothing(tmp_path: Path) -> None:
    """The service is asked who we are before anything is sent."""
    simulator = Simulator()
    simulator.key = "00000000-0000-0000-0000-000000000000"
    with Studio(simulator=simulator, library=tmp_path) as studio:
        error = await failure(studio.generate("a fox", **SMALL))

    assert isinstance(error, leo.AuthenticationError)
    assert 0 == simulator.creates


async def test_no_credits_is_one_error(make_studio: Any) -> None:
    """The service refuses, nothing was drawn, and the job keeps its request."""
    studio = make_studio(balance=0)

    job = studio.generate("a fox", **SMALL)
    error = await failure(job)

    assert isinstance(error, leo.NotEnoughCredits)
    assert (0, "a fox") == (studio.simulator.creates, job.request.prompt)


async def test_a_budget_stops_before_sending(make_studio: Any) -> None:
    """The second job would pass the wall: it fails, and the service never hears of it."""
    studio = make_studio(budget=Credits(3))

    await studio.generate("a fox", **SMALL)
    error = await failure(studio.generate("a fox", **SMALL))

    assert isinstance(error, leo.BudgetExceeded)
    assert (1, Credits(2)) == (studio.simulator.creates, studio.spent)


async def test_a_failed_job_s_money_can_be_spent_again(make_studio: Any) -> None:
    """A refund goes back under the wall, in dollars too, where the price is only estimated."""
    studio = make_studio(budget=leo.Dollars("0.004"), unit="DOLLARS")
    studio.simulator.script(fail=True)

    failed = studio.generate("a fox", **SMALL)
    await failure(failed)
    images = await studio.generate("a fox", **SMALL)

    assert ("refunded", 1) == (failed.snapshot.charge, len(images))
    assert studio.spent == failed.cost


async def test_a_restored_job_is_on_no_budget(make_studio: Any, tmp_path: Path) -> None:
    """What another session paid for is not given back to this one."""
    studio = make_studio(budget=Credits(3))
    studio.simulator.script(fail=True)
    clock = studio.clock
    clock.holds = True
    with Studio(simulator=studio.simulator, library=studio.folder, clock=clock) as other:
        job = other.generate("a fox", **SMALL)
        await until(job, lambda: job.id is not None)
    clock.holds = False

    await failure(studio.job(str(job.id)))

    assert Credits(0) == studio.spent


async def test_a_job_of_another_kernel_is_watched(make_studio: Any, clock: ManualClock) -> None:
    """One that is queued there is not sent here, and its picture arrives in both."""
    studio = make_studio(slots=1)
    clock.holds = True
    first, second = (studio.generate("a fox", **SMALL) for _ in range(2))
    await until(first, lambda: first.id is not None)
    with Studio(simulator=studio.simulator, library=studio.folder, clock=clock) as other:
        seen = other.job(second.uid)
        await until(seen, lambda: seen.snapshot.elsewhere)
        clock.holds = False

        assert [image.path for image in await second] == [image.path for image in await seen]
    assert 2 == studio.simulator.creates


async def test_nobody_at_the_address(tmp_path: Path) -> None:
    """An unreachable service is one error that says that nothing was sent."""
    with Studio(
        api_key="5b1e1d6c-0000-4000-8000-000000000000",
        base_url="http://127.0.0.1:9/api/rest/v1",
        library=tmp_path,
    ) as studio:
        error = await failure(studio.generate("a fox", **SMALL))

    assert isinstance(error, leo.ConnectionFailed)
    assert error.delivered is False


def test_a_library_that_cannot_be_written() -> None:
    """Connecting says so at once, and names the folder."""
    with pytest.raises(leo.LibraryError, match="/proc/nowhere"):
        Studio(simulator=True, library="/proc/nowhere")


@pytest.mark.parametrize(
    ("parameters", "member", "nearest"),
    [
        ({"prompt": ""}, "prompt", None),
        ({"prompt": "x" * 1501}, "prompt", None),
        ({"width": 517}, "width", 520),
        ({"num_images": 9}, "num_images", 8),
        ({"guidance_scale": 0}, "guidance_scale", 1),
        ({"presetStyle": "ANIMEE"}, "presetStyle", "ANIME"),
        ({"seed": "a lot"}, "seed", None),
    ],
)
def test_bad_values_are_refused_before_anything_is_sent(
    studio: Studio, simulator: Simulator, parameters: dict[str, Any], member: str, nearest: object
) -> None:
    """One clear error that names the member and the nearest valid value; no request, no row."""
    with pytest.raises(leo.InvalidRequest) as caught:
        studio.generate(**{"prompt": "a fox", **parameters})

    assert (member, nearest) == (caught.value.member, caught.value.nearest)
    assert [] == list(simulator.requests)
    assert 0 == len(studio.jobs())


def test_a_misspelt_parameter_is_refused(studio: Studio) -> None:
    """It is a mistake in the code, so a TypeError, and the nearest name is in it."""
    with pytest.raises(leo.UnknownParameter, match="guidance_scale") as caught:
        studio.generate("a fox", guidence_scale=7)

    assert "guidance_scale" == caught.value.nearest


async def test_prompts_are_text(studio: Studio) -> None:
    """Markup and quotes come back as they were typed."""
    prompt = """<script>alert("it's a 'fox'")</script>"""

    job = studio.generate(prompt, **SMALL)
    await job

    assert prompt == studio.jobs()[0].request["prompt"]


async def test_the_intent_is_written_before_the_request_leaves(
    studio: Studio, simulator: Simulator
) -> None:
    """When the answer is lost, the library still knows what was asked for."""
    simulator.script(**CREATE, drop="after", times=2)
    job = studio.generate("a fox", **SMALL)
    await until(job, lambda: job.snapshot.is_searched)
    rows = studio.jobs()

    assert ["a fox"] == [record.request["prompt"] for record in rows]
    assert rows[0].sent is not None


async def test_closing_leaves_paid_jobs_open(tmp_path: Path, clock: ManualClock) -> None:
    """A studio that closes gives no job up: whoever waits is told, and the next one has it."""
    simulator = Simulator(now=clock.now)
    clock.holds = True
    with Studio(simulator=simulator, library=tmp_path, clock=clock) as first:
        job = first.generate("a fox", **SMALL)
        await until(job, lambda: job.id is not None)
    clock.holds = False

    assert isinstance(await failure(job), leo.JobCancelled)
    with Studio(simulator=simulator, library=tmp_path, clock=clock) as second:
        assert job.id is not None
        assert 1 == len(await second.job(job.id))
    assert 1 == simulator.creates


async def test_an_account_in_dollars(make_studio: Any) -> None:
    """The charged cost has the account's unit."""
    studio = make_studio(unit="DOLLARS")

    job = studio.generate("a fox", **SMALL)
    await job

    assert isinstance(job.cost, leo.Dollars)
