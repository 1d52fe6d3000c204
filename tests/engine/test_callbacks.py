"""A callback that arrives ends its job at once; whatever else arrives changes nothing."""

from __future__ import annotations

import socket
import threading
from contextlib import closing
from typing import TYPE_CHECKING, Any

import httpx
import pytest

import leonardo_nb as leo
from leonardo_nb.simulator import Simulator
from leonardo_nb.studios import Studio
from leonardo_nb.testing import ManualClock

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

TOKEN = "a-webhook-key"
SMALL: dict[str, Any] = {"width": 64, "height": 64, "alchemy": False, "seed": 42}


def free_port() -> int:
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Called:
    """A studio whose own clock stands still, so that only a callback can end a job."""

    def __init__(self, tmp_path: Path) -> None:
        self.service = ManualClock()
        port = free_port()
        self.url = f"http://127.0.0.1:{port}/"
        self.simulator = Simulator(
            now=self.service.now,
            pause=self.service.pause,
            webhook_url=self.url,
            webhook_key=TOKEN,
            callbacks_by_themselves=False,
        )
        self.studio = Studio(
            simulator=self.simulator,
            library=tmp_path / "library",
            clock=ManualClock(holds=True),
            webhook_url=True,
            webhook_port=port,
            webhook_token=TOKEN,
        )

    def accepted(self, job: leo.Job[Any]) -> leo.Job[Any]:
        """Return *job* once the service has it."""
        return once(job, "ack")

    def looks(self) -> int:
        """Return how often the service was asked about a job."""
        asked = [path for method, path in self.simulator.requests if method == "GET"]
        return sum(path.startswith(("/generations/", "/variations/")) for path in asked)


@pytest.fixture
def called(tmp_path: Path) -> Iterator[Called]:
    """A studio that is called back, and only so learns what has ended."""
    made = Called(tmp_path)
    with made.studio:
        yield made


def test_callback_ends_a_picture(called: Called) -> None:
    """With one look, made because of the callback."""
    job = called.accepted(called.studio.generate("a fox", **SMALL))

    called.service.advance(60)
    called.simulator.deliver_callbacks()

    assert 1 == len(job.result(timeout=10))
    assert 1 == called.looks()


def test_callback_ends_a_variation(called: Called) -> None:
    """Post-processing is told of, too, by the variation's id."""
    first = called.accepted(called.studio.generate("a fox", **SMALL))
    called.service.advance(60)
    called.simulator.deliver_callbacks()
    image = first.result(timeout=10)[0]

    job = called.accepted(image.nobg())
    called.service.advance(60)
    called.simulator.deliver_callbacks()

    assert "complete" == (job.result(timeout=10) and job.state)


def test_callback_ends_a_video(called: Called) -> None:
    """The same holds for a video."""
    job = called.accepted(called.studio.text_to_video("waves", seed=1))

    called.service.advance(600)
    called.simulator.deliver_callbacks()

    assert 5.0 == pytest.approx(job.result(timeout=20).duration, abs=0.3)


def test_forged_callbacks_do_nothing(called: Called) -> None:
    """Without the token nothing is looked at, and the receiver is still there afterwards."""
    job = called.accepted(called.studio.generate("a fox", **SMALL))
    event = {"type": "image_generation.complete", "data": {"object": {"id": job.id}}}

    answers = [
        httpx.post(called.url, json=event).status_code,
        httpx.post(called.url, json=event, headers={"Authorization": "Bearer x"}).status_code,
        httpx.post(called.url, content=b"hello", headers=bearer()).status_code,
        httpx.post(called.url, json={"hello": 1}, headers=bearer()).status_code,
    ]

    assert [401, 401, 400, 400] == answers
    assert 0 == called.looks()


def test_early_callback_is_one_look(called: Called) -> None:
    """A callback for a job that is not done costs a look, and the job goes on."""
    job = called.accepted(called.studio.generate("a fox", **SMALL))
    event = {"type": "image_generation.complete", "data": {"object": {"id": job.id}}}

    httpx.post(called.url, json=event, headers=bearer())
    once(job, "pending")

    assert (1, False) == (called.looks(), job.done())


def test_unknown_job_is_no_look(called: Called) -> None:
    """An id that is nobody's here is answered like any other and asked nobody about."""
    event = {"type": "image_generation.complete", "data": {"object": {"id": "somebody-elses"}}}

    assert 200 == httpx.post(called.url, json=event, headers=bearer()).status_code
    assert 0 == called.looks()


def test_own_simulator_calls_back(tmp_path: Path) -> None:
    """One that somebody brings is told where to call, as the built-in one is."""
    service = ManualClock()
    simulator = Simulator(now=service.now, callbacks_by_themselves=False)
    with Studio(
        simulator=simulator,
        library=tmp_path / "own",
        clock=ManualClock(holds=True),
        webhook_url=True,
    ) as studio:
        job = once(studio.generate("a fox", **SMALL), "ack")
        service.advance(60)

        assert 1 == simulator.deliver_callbacks()
        assert 1 == len(job.result(timeout=10))


def test_closing_frees_the_port(called: Called) -> None:
    """Nobody listens once the studio is closed."""
    called.studio.close()

    with pytest.raises(httpx.ConnectError):
        httpx.post(called.url, json={})


def test_webhook_says_where(tmp_path: Path) -> None:
    """The studio names the address that the service is told, and what has to be behind it."""
    with Studio(
        simulator=True,
        library=tmp_path / "own",
        webhook_url="https://hub.example.org/user/ada/proxy/0/",
    ) as studio:
        webhook = studio.webhook

    assert webhook is not None
    assert "https://hub.example.org/user/ada/proxy/0/" == webhook.url
    assert "http://127.0.0.1:" in webhook.sentence


def test_hub_address_names_the_port(tmp_path: Path) -> None:
    """`/proxy/<port>/` in the address is the port that is listened at."""
    port = free_port()
    with Studio(
        simulator=True,
        library=tmp_path / "own",
        webhook_url=f"https://hub.example.org/user/ada/proxy/{port}/",
    ) as studio:
        assert studio.webhook is not None
        assert f"http://127.0.0.1:{port}/" in studio.webhook.sentence


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("http://example.org/hook", "https addresses only"),
        ("https://localhost/hook", "cannot reach localhost"),
        ("hook", "https:// and a host"),
    ],
)
def test_address_that_the_service_cannot_call(tmp_path: Path, url: str, words: str) -> None:
    """It is refused at once, and says why."""
    with pytest.raises(leo.InvalidRequest, match=words) as caught:
        Studio(simulator=True, library=tmp_path / "own", webhook_url=url)

    assert "webhook_url" == caught.value.member


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"webhook_port": "x"}, "from 0 .* to 65535, not 'x'"),
        ({"webhook_port": -1}, "not -1"),
        ({"webhook_port": 65_536}, "not 65536"),
        ({"webhook_port": True}, "not True"),
        ({"webhook_port": None}, "not None"),
        ({"webhook_token": 5}, "is text, not an int"),
        ({"webhook_token": b"token"}, "is text, not a bytes"),
        ({"webhook_token": " "}, "is blank"),
        ({"webhook_token": "secret\r\nX: y"}, "is one line"),
        ({"webhook_token": "secret "}, "is one line"),
        ({"webhook_url": "https://127.1/"}, "cannot reach 127.1"),
        ({"webhook_url": "https://x.org/\n"}, "is one line without spaces"),
        ({"webhook_url": 5}, "is text"),
        ({"webhook_url": ["https://x.org/"]}, "is text"),
        ({"webhook_url": ""}, "https:// and a host"),
    ],
    ids=repr,
)
def test_webhook_arguments_that_cannot_be_used(
    given: dict[str, Any], words: str, tmp_path: Path
) -> None:
    """Each is named before a thread is started, and a token is kept out of the error."""
    before = threading.enumerate()
    with pytest.raises(leo.InvalidRequest, match=words) as caught:
        Studio(simulator=True, library=tmp_path / "own", **{"webhook_url": True, **given})

    assert (list(given), before) == ([caught.value.member], threading.enumerate())
    assert "secret" not in str(caught.value)


def test_taken_port_is_named(tmp_path: Path) -> None:
    """A port that another program has is one clear error."""
    with closing(socket.socket()) as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        with pytest.raises(leo.InvalidRequest, match=f"Port {port} .* taken") as caught:
            Studio(simulator=True, library=tmp_path / "own", webhook_url=True, webhook_port=port)

    assert "webhook_port" == caught.value.member


def once(job: leo.Job[Any], state: str) -> leo.Job[Any]:
    """Return *job* as soon as it is in *state*."""
    reached = threading.Event()
    job.subscribe(lambda _: reached.set() if job.state == state else None)
    assert job.state == state or reached.wait(10)
    return job


def bearer() -> dict[str, str]:
    return {"Authorization": f"Bearer {TOKEN}"}
