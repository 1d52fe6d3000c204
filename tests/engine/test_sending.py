"""From a price to the service's id: a request that may have been paid is never just repeated."""

from __future__ import annotations

import threading
import time
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

import leonardo_nb as leo
from leonardo_nb.money import Credits
from leonardo_nb.simulator import Simulator
from leonardo_nb.studios import Studio

from .scenes import CREATE, PATIENCE, SMALL, Scene, failure, lost, until

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from leonardo_nb.testing import ManualClock

AT_ONCE = 5.0
"""Real seconds, in which no request is tried again four times."""

MADE: list[dict[str, Any]] = [
    {"status": 500, "body": {"error": "x", "code": "unexpected"}, "work_done": True},
    {"status": 502, "body": "<html>Bad Gateway</html>", "work_done": True},
    {"drop": "after"},
    {"corrupt": True},
    {"status": 200, "body": [{"message": "x", "extensions": {}}], "work_done": True},
    {"status": 307, "headers": {"Location": "https://example.com/"}, "work_done": True},
]
NOT_MADE: list[dict[str, Any]] = [
    {"status": 500, "body": {"error": "x", "path": "$", "code": "unexpected"}},
    {"status": 500, "body": {"error": "could not publish to queue", "code": "unexpected"}},
    {"status": 503, "body": {"error": "webhookCallbackUrl could not be reached"}},
    {"status": 504},
    {"status": 200, "body": "<html>hi</html>"},
    {"status": 200, "body": {"sdGenerationJob": None}},
    {"status": 200, "body": {"sdGenerationJob": {"generationId": ""}}},
    {"status": 408},
]


@pytest.fixture
def scene(tmp_path: Path, clock: ManualClock) -> Iterator[Scene]:
    """A service and a library."""
    made = Scene(tmp_path / "own", clock)
    yield made
    made.close()


def posts(scene: Scene) -> int:
    return scene.simulator.asked("POST", "/generations")


def price_of(scene: Scene, studio: leo.Studio) -> leo.Cost:
    return studio.price_later(studio.request("a fox", **SMALL)).result(PATIENCE)


@pytest.mark.parametrize("resend", ["once", "never"])
@pytest.mark.parametrize("fault", MADE, ids=str)
async def test_a_job_that_was_made_is_found_and_not_made_again(
    scene: Scene, fault: dict[str, Any], resend: Any
) -> None:
    """One POST, one job, and the picture is here, whatever came in place of the answer."""
    studio = scene.open()
    scene.simulator.script(**CREATE, **fault)

    job = studio.generate("a fox", resend=resend, **SMALL)
    pictures = await job

    assert (1, 1, 1) == (posts(scene), scene.simulator.creates, len(pictures))
    assert ("charged", 0) == (job.charge, job.snapshot.resent)
    assert job.snapshot.lost is not None
    assert [("complete", job.id)] == [(row.state, row.job_id) for row in studio.jobs()]


@pytest.mark.parametrize("fault", NOT_MADE, ids=str)
async def test_a_job_that_was_not_made_is_sent_again_once(
    scene: Scene, fault: dict[str, Any]
) -> None:
    """Two POSTs, one job, and both the job and its row know that it was sent again."""
    studio = scene.open()
    scene.simulator.script(**CREATE, **fault)

    job = studio.generate("a fox", **SMALL)
    await job

    assert (2, 1) == (posts(scene), scene.simulator.creates)
    assert ("charged", 1) == (job.charge, job.snapshot.resent)
    assert job.snapshot.lost is not None
    assert [("complete", 1)] == [(row.state, row.resent) for row in studio.jobs()]


@pytest.mark.parametrize("fault", NOT_MADE, ids=str)
async def test_never_leaves_it_to_the_user(scene: Scene, fault: dict[str, Any]) -> None:
    """One POST, nothing made, and an open row; `resend()` then sends it, under the same name."""
    studio = scene.open()
    scene.simulator.script(**CREATE, **fault)

    job = studio.generate("a fox", resend="never", **SMALL)
    error = await failure(job)

    assert isinstance(error, leo.OutcomeUnknown)
    assert ((), "unknown") == (error.candidates, job.charge)
    assert (1, 0) == (posts(scene), scene.simulator.creates)
    assert [("request", "unknown")] == [(row.state, row.charge) for row in studio.jobs()]
    again = job.resend()
    await again
    assert (job.uid, 1, 2) == (again.uid, scene.simulator.creates, posts(scene))


async def test_an_address_in_a_server_s_fault_is_no_refusal(scene: Scene) -> None:
    """A 503 that speaks of the callback may come after the job was made; nothing is repeated."""
    studio = scene.open()
    says = {"error": "webhookCallbackUrl could not be reached"}
    scene.simulator.script(**CREATE, status=503, body=says)

    url = "https://example.com/hook"
    job = studio.generate("a fox", webhook_callback_url=url, resend="never", **SMALL)

    assert isinstance(await failure(job), leo.OutcomeUnknown)
    assert (1, 0) == (posts(scene), scene.simulator.creates)


async def test_the_studio_s_choice_holds_for_all_its_jobs(scene: Scene) -> None:
    """`resend="never"` of connecting, unless a call says otherwise."""
    studio = scene.open(resend="never")
    lost(scene.simulator, 2, made=False)

    left = studio.generate("a fox", **SMALL)
    assert isinstance(await failure(left), leo.OutcomeUnknown)
    sent = studio.generate("a hare", resend="once", **SMALL)
    await sent

    assert (0, 1) == (left.snapshot.resent, sent.snapshot.resent)


async def test_a_second_loss_is_the_user_s(scene: Scene) -> None:
    """Nothing is sent a third time."""
    studio = scene.open()
    lost(scene.simulator, 2, made=False)

    job = studio.generate("a fox", **SMALL)
    error = await failure(job)

    assert isinstance(error, leo.OutcomeUnknown)
    assert "It was lost twice" in str(error)
    assert (2, 0, 1) == (posts(scene), scene.simulator.creates, job.snapshot.resent)


async def test_a_second_loss_that_was_made_is_found(scene: Scene) -> None:
    """The search after sending again is as good as the first one."""
    studio = scene.open()
    lost(scene.simulator, made=False)
    lost(scene.simulator, made=True)

    job = studio.generate("a fox", **SMALL)
    await job

    assert (2, 1, 1) == (posts(scene), scene.simulator.creates, job.snapshot.resent)


@pytest.mark.parametrize(
    ("status", "kind"),
    [(402, leo.LeonardoError), (400, leo.LeonardoError), (401, leo.LeonardoError)],
)
async def test_a_refusal_of_the_second_request_says_nothing_of_the_first(
    scene: Scene, status: int, kind: type[leo.LeonardoError]
) -> None:
    """What was lost may be made yet, so the row stays open and its charge unknown."""
    studio = scene.open()
    lost(scene.simulator, made=False)
    scene.simulator.script(**CREATE, status=status, body={"error": "no", "code": "x"})

    job = studio.generate("a fox", **SMALL)
    error = await failure(job)

    assert isinstance(error, kind)
    assert ("unknown", 2, 0) == (job.charge, posts(scene), scene.simulator.creates)
    assert [("request", "unknown")] == [(row.state, row.charge) for row in studio.jobs()]


@pytest.mark.parametrize("status", [400, 401, 402, 403, 404, 422])
@pytest.mark.parametrize("body", [{"error": "no", "code": "x"}, "<html>hi</html>"], ids=str)
async def test_a_refusal_is_an_answer(scene: Scene, status: int, body: object) -> None:
    """Nothing was made, nothing is searched for, nothing is sent again, nothing is spent."""
    studio = scene.open(budget=Credits(100))
    scene.simulator.script(**CREATE, status=status, body=body)

    job = studio.generate("a fox", **SMALL)
    await failure(job)

    assert (1, 0, []) == (posts(scene), scene.simulator.creates, scene.simulator.looks)
    assert ("none", Credits(0)) == (job.charge, studio.spent)
    assert ["failed"] == [row.state for row in studio.jobs()]


async def test_a_connection_that_was_refused_is_tried_again(scene: Scene) -> None:
    """Nothing left, so nothing has to be searched for."""
    studio = scene.open()
    scene.simulator.script(**CREATE, drop="before", times=2)

    job = studio.generate("a fox", **SMALL)
    await job

    assert (3, 1) == (posts(scene), scene.simulator.creates)
    assert (None, 0) == (job.snapshot.lost, job.snapshot.resent)


async def test_what_was_lost_counts_in_the_budget_until_it_is_known(scene: Scene) -> None:
    """As spent while nobody knows; once, when it was sent again; nothing more when it is found."""
    studio = scene.open(budget=Credits(100), resend="never")
    price = price_of(scene, studio)
    lost(scene.simulator, made=False)
    job = studio.generate("a fox", **SMALL)
    await failure(job)
    assert price == studio.spent

    await job.resend()
    lost(scene.simulator, made=True)
    await studio.generate("a hare", **SMALL)

    assert (price * 2, 2) == (studio.spent, scene.simulator.creates)
    assert Credits(15_000 - scene.simulator.balance) == studio.spent


async def test_who_lost_a_job_to_another_engine_does_not_send_it(
    tmp_path: Path, clock: ManualClock
) -> None:
    """One that was away for longer than its lease finds its job taken, and watches it."""
    scene = Scene(tmp_path / "own", clock, slots=1)
    studio = scene.open()
    clock.holds = True
    first, waiting = (studio.generate(f"fox {number}", **SMALL) for number in range(2))
    await until(first, lambda: first.id is not None)
    much_later = clock.wall() + timedelta(days=1)
    taken = studio._ledger.claim(waiting.uid, "elsewhere/1", much_later, now=much_later)

    clock.holds = False
    await first
    await until(waiting, lambda: waiting.snapshot.elsewhere)

    assert (True, 1, 1) == (taken, posts(scene), scene.simulator.creates)
    assert (False, "none") == (waiting.sent, waiting.charge)
    scene.close()


async def test_an_answer_is_written_down_whoever_loses_patience(scene: Scene) -> None:
    """A job that is given up while its answer is on its way is in the library with its id."""
    studio = scene.open()
    scene.simulator.script(**CREATE, delay=20.0)
    scene.clock.holds = True
    job = studio.generate("a fox", **SMALL)
    await until(job, lambda: job.sent)
    studio.engine.call_soon(studio._runner.cancel, job)
    scene.clock.holds = False
    with pytest.raises(leo.JobCancelled):
        await job

    assert [("cancelled", "charged", True)] == [
        (row.state, row.charge, row.job_id is not None) for row in studio.jobs()
    ]


async def test_a_price_below_nothing_is_none(scene: Scene) -> None:
    """It makes no room in a budget; what was set aside counts."""
    studio = scene.open(budget=Credits(100))
    price = price_of(scene, studio)
    made = scene.elsewhere(studio.request("a fox", **SMALL))
    ack = {"sdGenerationJob": {"generationId": made, "apiCreditCost": -50}}
    scene.simulator.script(**CREATE, status=200, body=ack)

    job = studio.generate("a fox", **SMALL)
    await job

    assert (made, None, price) == (job.id, job.cost, studio.spent)


@pytest.mark.parametrize("odd", ["../../etc", "a" * 100_000, "a b", "\u2028"], ids=lambda x: x[:9])
async def test_an_id_that_is_none_is_never_asked_for(scene: Scene, odd: str) -> None:
    """The answer counts as lost, and the job is found by what was asked for."""
    studio = scene.open()
    ack = {"sdGenerationJob": {"generationId": odd, "apiCreditCost": 2}}
    scene.simulator.script(**CREATE, status=200, body=ack, work_done=True)

    job = studio.generate("a fox", **SMALL)
    await job

    assert (list(scene.simulator.world.jobs), 1) == ([job.id], scene.simulator.creates)
    assert not any(odd in str(url) for _, url in scene.simulator.log)


@pytest.mark.parametrize("status", [503, 429])
def test_a_finished_picture_does_not_wait_for_the_balance(tmp_path: Path, status: int) -> None:
    """It is given while `/me` is down, and `close()` is not held up either."""
    simulator = Simulator(speed=50)
    studio = Studio(simulator=simulator, library=tmp_path)
    studio.refresh()
    job = studio.generate("a fox", **SMALL)
    while job.id is None:
        time.sleep(0.01)
    simulator.script(method="GET", path="/me", status=status, times=10_000)

    assert 1 == len(job.result(AT_ONCE))
    closing = threading.Thread(target=studio.close, daemon=True)
    closing.start()
    closing.join(AT_ONCE)
    assert not closing.is_alive()
