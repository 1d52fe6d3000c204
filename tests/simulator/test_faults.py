from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from leonardo_nb.simulator.faults import Faults, Trouble
from leonardo_nb.simulator.world import NOTHING_SCRIPTED

if TYPE_CHECKING:
    from leonardo_nb.simulator import Simulator
    from leonardo_nb.testing import ManualClock

FOX = {"prompt": "a fox", "num_images": 1}


async def created(client: httpx.AsyncClient) -> str:
    answer = await client.post("/generations", json=FOX)
    return str(answer.json()["sdGenerationJob"]["generationId"])


async def row(client: httpx.AsyncClient, job_id: str) -> dict[str, Any]:
    answer = await client.get(f"/generations/{job_id}")
    found: dict[str, Any] = answer.json()["generations_by_pk"]
    return found


async def test_a_status_answers_without_the_work(
    simulator: Simulator, client: httpx.AsyncClient
) -> None:
    """A scripted 503 has its body and headers, makes no job, and happens once."""
    simulator.script(method="POST", status=503, body={"oops": 1}, headers={"Retry-After": "7"})
    answer = await client.post("/generations", json=FOX)

    assert (503, {"oops": 1}, "7") == (
        answer.status_code,
        answer.json(),
        answer.headers["retry-after"],
    )
    assert 0 == simulator.creates
    assert 200 == (await client.post("/generations", json=FOX)).status_code


async def test_a_status_may_hide_work_that_was_done(
    simulator: Simulator, client: httpx.AsyncClient
) -> None:
    """A 502 on the way back: the job exists, and the caller does not know."""
    simulator.script(status=502, body="Bad Gateway", work_done=True)
    answer = await client.post("/generations", json=FOX)

    assert (502, "Bad Gateway", 1) == (answer.status_code, answer.text, simulator.creates)


@pytest.mark.parametrize(
    ("drop", "error", "creates"),
    [("before", httpx.ConnectError, 0), ("after", httpx.ReadError, 1)],
)
async def test_a_drop_raises_what_a_network_raises(
    simulator: Simulator,
    client: httpx.AsyncClient,
    drop: Any,
    error: type[Exception],
    creates: int,
) -> None:
    """Before the work nothing was delivered, after it the answer is lost."""
    simulator.script(drop=drop)
    with pytest.raises(error):
        await client.post("/generations", json=FOX)

    assert creates == simulator.creates


async def test_a_delay_is_paused_by_the_given_pause(
    simulator: Simulator, client: httpx.AsyncClient, clock: ManualClock
) -> None:
    """The simulator waits for nothing but a scripted delay, and not on the real clock."""
    simulator.script(delay=3)
    await client.get("/me")
    await client.get("/me")

    assert [3] == clock.paused


async def test_a_corrupt_answer_is_half_of_it(
    simulator: Simulator, client: httpx.AsyncClient
) -> None:
    """The body is cut, and its length says so."""
    whole = (await client.get("/me")).content
    simulator.script(corrupt=True)
    half = await client.get("/me")

    assert whole[: len(whole) // 2] == half.content
    assert str(len(half.content)) == half.headers["content-length"]


async def test_times_bounds_a_script(simulator: Simulator, client: httpx.AsyncClient) -> None:
    """A script for two requests lets the third through."""
    simulator.script(status=500, times=2)

    assert [500, 500, 200] == [(await client.get("/me")).status_code for _ in range(3)]


async def test_scripts_are_used_in_order(simulator: Simulator, client: httpx.AsyncClient) -> None:
    """One request takes one script, the oldest that fits."""
    simulator.script(status=500)
    simulator.script(status=429)

    assert [500, 429, 200] == [(await client.get("/me")).status_code for _ in range(3)]


@pytest.mark.parametrize(
    ("method", "path", "hit"),
    [
        (None, None, True),
        ("GET", "/generations/{id}", True),
        ("get", "/generations/*", True),
        (None, "/gen*", True),
        ("POST", "/generations/{id}", False),
        ("GET", "/generations", False),
        ("GET", "/generations/user/{userId}", False),
    ],
)
def test_scripts_fit_methods_and_paths(method: str | None, path: str | None, hit: bool) -> None:
    """A placeholder is one segment, a star is anything, nothing is everything."""
    faults = Faults()
    faults.add(
        trouble=Trouble(status=500), fate=NOTHING_SCRIPTED, times=1, method=method, path=path
    )

    assert hit == (faults.trouble_for("GET", "/generations/1-2-3") is not None)


def test_scripts_happen_at_least_once(simulator: Simulator) -> None:
    """A script for no request is a mistake."""
    with pytest.raises(ValueError, match="times"):
        simulator.script(status=500, times=0)


async def test_jobs_fail_and_are_refunded(
    simulator: Simulator, client: httpx.AsyncClient, clock: ManualClock
) -> None:
    """A scripted failure ends the next job only, and gives its credits back."""
    simulator.script(fail=True)
    failing = await created(client)
    after_one = simulator.balance
    fine = await created(client)
    clock.advance(120)

    assert ("FAILED", []) == (
        (await row(client, failing))["status"],
        (await row(client, failing))["generated_images"],
    )
    assert "COMPLETE" == (await row(client, fine))["status"]
    assert after_one == simulator.balance < 15_000


async def test_failed_jobs_show_their_moderation(
    simulator: Simulator, client: httpx.AsyncClient, clock: ManualClock
) -> None:
    """The classes are where the service puts them."""
    simulator.script(moderation=["NSFW", "EXTREME_VIOLENCE"])
    job = await created(client)
    clock.advance(120)

    assert [{"moderationClassification": ["NSFW", "EXTREME_VIOLENCE"]}] == (await row(client, job))[
        "prompt_moderations"
    ]


async def test_looks_stay_empty_as_scripted(
    simulator: Simulator, client: httpx.AsyncClient
) -> None:
    """Three empty looks, then the pictures, however little time has passed."""
    simulator.script(empty_looks=3)
    job = await created(client)
    looks = [len((await row(client, job))["generated_images"]) for _ in range(5)]

    assert [0, 0, 0, 1, 1] == looks


async def test_jobs_that_never_finish(
    simulator: Simulator, client: httpx.AsyncClient, clock: ManualClock
) -> None:
    """A year later the job is still pending."""
    simulator.script(never_finish=True)
    job = await created(client)
    clock.advance(365 * 24 * 3600)

    assert "PENDING" == (await row(client, job))["status"]


async def test_a_refused_request_uses_no_fate_up(
    simulator: Simulator, client: httpx.AsyncClient, clock: ManualClock
) -> None:
    """What was scripted for a job waits until there is one."""
    simulator.script(fail=True)
    await client.post("/generations", json={"prompt": ""})
    job = await created(client)
    clock.advance(120)

    assert "FAILED" == (await row(client, job))["status"]


def test_scripts_may_be_written_from_any_thread() -> None:
    """Eight threads write and use up four thousand scripts, and none is lost or used twice."""
    faults = Faults()
    taken: list[Trouble] = []

    def work() -> None:
        for _ in range(500):
            faults.add(
                trouble=Trouble(status=500), fate=NOTHING_SCRIPTED, times=1, method=None, path=None
            )
            trouble = faults.trouble_for("GET", "/me")
            if trouble is not None:
                taken.append(trouble)

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert (4000, "<Faults 0 left>") == (len(taken), repr(faults))


def test_clear_forgets_every_script() -> None:
    """After clearing nothing happens any more."""
    faults = Faults()
    faults.add(trouble=Trouble(delay=1), fate=NOTHING_SCRIPTED, times=9, method=None, path=None)
    faults.clear()

    assert None is faults.trouble_for("GET", "/me")
