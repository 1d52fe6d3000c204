from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from leonardo_nb.simulator import Simulator

from .uploading import image_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from leonardo_nb.testing import ManualClock

URL = "https://hub.example/callback"
SMALL = {"prompt": "a fox", "num_images": 2, "width": 64, "height": 64, "alchemy": False}


class Letters:
    """Everything that was sent."""

    def __init__(self) -> None:
        self.sent: list[tuple[str, dict[str, str], dict[str, Any]]] = []
        self.news = threading.Event()

    def __call__(self, url: str, headers: Mapping[str, str], body: bytes) -> None:
        """Take one."""
        self.sent.append((url, dict(headers), json.loads(body)))
        self.news.set()


@pytest.fixture
def letters() -> Letters:
    return Letters()


@pytest.fixture
def simulator(clock: ManualClock, letters: Letters) -> Simulator:
    """A simulator that writes to *letters* when a test says so."""
    return Simulator(
        now=clock.now, wall=clock.wall, pause=clock.pause, seed=1, webhook_url=URL,
        webhook_key="abcd", send=letters, callbacks_by_themselves=False,
    )  # fmt: skip


@pytest.fixture
async def job(client: httpx.AsyncClient) -> str:
    answer = await client.post("/generations", json=SMALL)
    return str(answer.json()["sdGenerationJob"]["generationId"])


async def test_what_a_callback_says(
    simulator: Simulator, letters: Letters, clock: ManualClock, job: str
) -> None:
    """The envelope and members of the guide: images, a seed in quotes, and a made-up key."""
    clock.advance(600)
    sent = simulator.deliver_callbacks()
    ((url, headers, payload),) = letters.sent
    content = payload["data"]["object"]

    assert (1, URL, "Bearer abcd") == (sent, url, headers["Authorization"])
    assert ("image_generation.complete", "generation", "v1") == (
        payload["type"],
        payload["object"],
        payload["api_version"],
    )
    assert (job, "COMPLETE", 2) == (content["id"], content["status"], len(content["images"]))
    assert isinstance(content["seed"], str)
    assert ("abcd", URL) == (
        content["apiKey"]["webhookCallbackApiKey"],
        content["apiKey"]["webhookCallbackUrl"],
    )
    assert simulator.key != content["apiKey"]["key"]


async def test_files_named_in_a_callback_are_there(
    client: httpx.AsyncClient, simulator: Simulator, letters: Letters, clock: ManualClock, job: str
) -> None:
    """The address is the one that a look gives."""
    clock.advance(600)
    simulator.deliver_callbacks()
    row = (await client.get(f"/generations/{job}")).json()["generations_by_pk"]
    images = letters.sent[0][2]["data"]["object"]["images"]

    assert [one["url"] for one in row["generated_images"]] == [one["url"] for one in images]


async def test_nothing_is_sent_early_or_again(
    simulator: Simulator, clock: ManualClock, job: str
) -> None:
    """Pending jobs are not told of, and done ones once."""
    counts = [simulator.deliver_callbacks()]
    clock.advance(600)
    counts += [simulator.deliver_callbacks(), simulator.deliver_callbacks()]

    assert (job in simulator.world.jobs, [0, 1, 0]) == (True, counts)


@pytest.mark.parametrize("count", [0, 1, 2])
async def test_scripted_counts(
    client: httpx.AsyncClient, simulator: Simulator, clock: ManualClock, count: int
) -> None:
    """Never, once, twice."""
    simulator.script(callbacks=count)
    await client.post("/generations", json=SMALL)
    clock.advance(600)

    assert count == simulator.deliver_callbacks()


async def test_scripted_delays(
    client: httpx.AsyncClient, simulator: Simulator, clock: ManualClock
) -> None:
    """A late callback comes that many seconds after the job's end."""
    simulator.script(callback_delay=1000)
    await client.post("/generations", json=SMALL)
    clock.advance(600)
    early = simulator.deliver_callbacks()
    clock.advance(1000)

    assert (0, 1) == (early, simulator.deliver_callbacks())


async def test_failed_jobs_are_not_told_of(
    client: httpx.AsyncClient, simulator: Simulator, clock: ManualClock
) -> None:
    """No such event is documented, so polling has to find out."""
    simulator.script(fail=True)
    await client.post("/generations", json=SMALL)
    clock.advance(600)

    assert 0 == simulator.deliver_callbacks()


async def test_other_kinds_have_other_events(
    client: httpx.AsyncClient, simulator: Simulator, letters: Letters, clock: ManualClock
) -> None:
    """Videos, and what is made of an image."""
    image = (await image_of(client, clock))["generated_images"][0]
    await client.post("/variations/nobg", json={"id": image["id"]})
    await client.post("/generations-text-to-video", json={"prompt": "a fox"})
    clock.advance(600)
    simulator.deliver_callbacks()
    payloads = {payload["type"]: payload for _, _, payload in letters.sent}
    variation = payloads["post_processing.completed"]

    assert "video_generation.complete" in payloads
    assert "generated_image_variation_generic" == variation["object"]
    assert image["id"] == variation["data"]["object"]["generatedImageId"]


async def test_a_listener_that_is_gone_does_no_harm(clock: ManualClock) -> None:
    """What the sender raises is logged and forgotten."""

    def broken(_: str, __: Mapping[str, str], ___: bytes) -> None:
        raise ConnectionError("gone")

    simulator = Simulator(
        now=clock.now, wall=clock.wall, webhook_url=URL, send=broken, callbacks_by_themselves=False
    )
    async with httpx.AsyncClient(
        transport=simulator.transport(),
        base_url=simulator.base_url,
        headers={"Authorization": f"Bearer {simulator.key}"},
    ) as client:
        await client.post("/generations", json=SMALL)
    clock.advance(600)

    assert 1 == simulator.deliver_callbacks()


async def test_a_thread_sends_what_is_due(letters: Letters) -> None:
    """Left alone, a simulator sends its callbacks when jobs are done."""
    simulator = Simulator(speed=500, webhook_url="http://127.0.0.1:1/x", send=letters)
    async with httpx.AsyncClient(
        transport=simulator.transport(),
        base_url=simulator.base_url,
        headers={"Authorization": f"Bearer {simulator.key}"},
    ) as client:
        await client.post("/generations", json=SMALL)

    assert letters.news.wait(10)
    assert ["image_generation.complete"] == [payload["type"] for _, _, payload in letters.sent]


async def test_callbacks_are_posted() -> None:
    """Without a sender of one's own, httpx posts them."""
    got: list[tuple[str | None, dict[str, Any]]] = []
    news = threading.Event()

    class Listener(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            got.append((self.headers["Authorization"], json.loads(body)))
            self.send_response(204)
            self.end_headers()
            news.set()

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with HTTPServer(("127.0.0.1", 0), Listener) as server:
        thread = threading.Thread(target=server.handle_request)
        thread.start()
        simulator = Simulator(
            speed=500, webhook_url=f"http://127.0.0.1:{server.server_port}/", webhook_key="abcd"
        )
        async with httpx.AsyncClient(
            transport=simulator.transport(),
            base_url=simulator.base_url,
            headers={"Authorization": f"Bearer {simulator.key}"},
        ) as client:
            await client.post("/generations", json=SMALL)
        assert news.wait(10)
        thread.join()

    assert [("Bearer abcd", "image_generation.complete")] == [
        (key, payload["type"]) for key, payload in got
    ]


@pytest.mark.parametrize("url", ["http://hub.example/x", "ftp://127.0.0.1/x", "x"])
def test_addresses_must_be_https(url: str) -> None:
    """Only this machine may be told without encryption."""
    with pytest.raises(ValueError, match="must be https"):
        Simulator(webhook_url=url)
