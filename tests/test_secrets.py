"""The key and the webhook's token are found in nothing that the toolkit writes, says or shows."""

from __future__ import annotations

import contextlib
import gc
import io
import json
import logging
import pickle
import socket
import traceback
from contextlib import closing
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from rich.console import Console

import leonardo_nb as leo
from leonardo_nb import default_studio, terminal
from leonardo_nb.service.keys import Key, bare, hidden
from leonardo_nb.simulator import Simulator, serve_in_thread
from leonardo_nb.testing import ManualClock
from leonardo_nb.widgets.contact import freeze_run
from leonardo_nb.widgets.freeze import freeze_job

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

KEY = "0f0e0d0c-1111-4222-8333-4444deadbeef"
TOKEN = "token-5f1d2c3b4a"
SECRETS = (KEY, TOKEN)
SMALL: dict[str, Any] = {"width": 64, "height": 64, "alchemy": False}
ECHO = {"error": f"The key {KEY} is bad", "path": KEY, "code": KEY, "apiKey": KEY}

ANSWERS: dict[str, dict[str, Any]] = {
    "refused": {"status": 400, "body": ECHO},
    "forbidden": {"status": 403, "body": ECHO},
    "an error that looks well": {"status": 200, "body": [ECHO]},
    "a page": {"status": 200, "body": f"<html>{KEY}"},
    "elsewhere": {"status": 302, "headers": {"location": f"https://example.org/?{KEY}"}},
}
"""Named, because a traceback shows what the test itself holds, too."""


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The secrets come from the environment, so that no test's own call has them."""
    monkeypatch.setenv("LEONARDO_API_KEY", KEY)
    monkeypatch.setenv("LEONARDO_WEBHOOK_TOKEN", TOKEN)
    monkeypatch.delenv("LEONARDO_BASE_URL", raising=False)
    monkeypatch.setattr(default_studio, "_default", None)
    yield
    if default_studio._default is not None:
        default_studio._default.close()


class Echoing(Simulator):
    """
    A service that says the key wherever it can: in every answer's headers and first words.

    Attributes:
        heard: The keys that came with requests, by path.
    """

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.heard: dict[str, set[str]] = {}
        inner = self.app

        async def echoing(scope: Any, receive: Any, send: Any) -> None:
            headers = dict(scope["headers"])
            self.heard.setdefault(scope["path"], set()).add(
                headers.get(b"authorization", b"").decode()
            )

            async def say(message: Any) -> None:
                if message["type"] == "http.response.start":
                    more = [(b"x-your-key", KEY.encode()), (b"set-cookie", f"key={KEY}".encode())]
                    message["headers"] = [*message["headers"], *more]
                await send(message)

            await inner(scope, receive, say)

        self.app = echoing  # type: ignore[assignment]  # any ASGI application will do


def free_port() -> int:
    """Return a port of this machine that nobody listens at."""
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture
def service() -> Iterator[tuple[Echoing, str]]:
    """A service on a port, and its address."""
    simulator = Echoing(speed=1000)
    with serve_in_thread(simulator) as url:
        yield simulator, url


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    """Everything that any logger says at level DEBUG, with tracebacks."""
    written = io.StringIO()
    handler = logging.StreamHandler(written)
    root = logging.getLogger()
    before = root.level
    root.setLevel(logging.DEBUG)
    root.addHandler(handler)
    yield written
    root.removeHandler(handler)
    root.setLevel(before)


def found(*texts: str | bytes) -> list[str]:
    """Return which secrets are in *texts*."""
    whole = b"\n".join(each if isinstance(each, bytes) else each.encode() for each in texts)
    return [secret for secret in SECRETS if secret.encode() in whole]


def told(error: BaseException) -> str:
    """Return *error* as pytest and IPython show it: with its causes, and every local variable."""
    shown = traceback.TracebackException.from_exception(error, capture_locals=True)
    pickled = pickle.dumps(error) if isinstance(error, leo.LeonardoError) else b""
    return "".join(shown.format()) + repr(error) + repr(vars(error)) + repr(pickled)


def reachable(start: object) -> list[object]:
    """Return every object of ours that can be reached from *start*, and what these hold."""
    seen: dict[int, object] = {}
    left = [start]
    while left:
        each = left.pop()
        if id(each) in seen or isinstance(each, (type, Simulator)):
            continue
        module = type(each).__module__
        is_box = isinstance(each, (dict, list, tuple, set, frozenset))
        if module.startswith("leonardo_nb.simulator"):
            continue
        if is_box or (module.startswith("leonardo_nb") and not isinstance(each, Key)):
            seen[id(each)] = each
            left += gc.get_referents(each)
        elif not isinstance(each, (bytes, str, int, float)):
            seen[id(each)] = each  # somebody else's: its repr, and not what it holds
    return list(seen.values())


def files_of(folder: Path) -> list[bytes]:
    """Return the names and the bytes of every file in *folder*."""
    files = [file for file in folder.rglob("*") if file.is_file()]
    assert files
    return [part for file in files for part in (str(file).encode(), file.read_bytes())]


def shown(job: leo.Job[Any]) -> list[str]:
    """Return all that is shown of *job*."""
    card = job.card()
    frozen = freeze_job(job)
    written = io.StringIO()
    terminal.watch_job(Console(file=written, width=100, color_system=None), job)
    said = [
        *(repr(job), repr(job.snapshot), repr(job.request), str(job.to_dict()), written.getvalue()),
        *(repr(card), json.dumps(card.get_state(), default=str), repr(frozen)),
        *(str(value) for value in frozen.data.values()),
    ]
    card.close()
    return said


def test_a_day_of_work(service: tuple[Echoing, str], log: io.StringIO, tmp_path: Path) -> None:
    """
    Pictures, a sweep, refusals, failures and broken connections, with a service that says the key.

    Looked through are errors with local variables and pickles, the log at level DEBUG, what is
    shown of jobs, the library's files, and everything that can be reached from the studio.
    """
    simulator, url = service
    said: list[str] = []
    clock = ManualClock()
    with leo.Studio(base_url=url, library=tmp_path / "library", clock=clock) as studio:
        good = studio.generate("a fox", seed=1, **SMALL)
        good.result(timeout=10)
        said += shown(good)
        run = leo.sweep("a fox", studio=studio, **{**SMALL, "seed": [2, 3]})
        run.result(timeout=10)
        said += [repr(run), *map(str, freeze_run(run).data.values())]

        for what in tuple(ANSWERS):
            simulator.script(method="POST", path="/generations", **ANSWERS[what])
            job = studio.generate("a fox", seed=4, resend="never", **SMALL)
            with pytest.raises(leo.LeonardoError) as caught:
                job.result(timeout=10)
            said += [told(caught.value), *shown(job)]
        simulator.script(fail=True, moderation=[ECHO["error"]])
        job = studio.generate("a fox", seed=5, **SMALL)
        with pytest.raises(leo.LeonardoError) as caught:
            job.result(timeout=10)
        said += [told(caught.value), *shown(job)]

        for drop in ("before", "after"):
            simulator.script(path="/me", drop=drop, times=3)
            with contextlib.suppress(leo.LeonardoError):
                studio.me()
        said += [repr(each) for each in reachable(studio)]
        said += [made._repr_html_() for made in (studio.jobs(), studio.models(), studio.history())]

    assert "HTTP/1.1" in log.getvalue()
    assert "x-your-key" in log.getvalue()  # headers are in the log, and the key is not
    leaks = [each for each in said if found(each)]
    assert [] == leaks
    assert [] == found(log.getvalue())
    assert [] == found(*files_of(tmp_path / "library"))


def test_the_key_goes_to_the_service_only(service: tuple[Echoing, str], tmp_path: Path) -> None:
    """Every request to the API has it, and none for a file."""
    simulator, url = service
    with leo.Studio(base_url=url, library=tmp_path) as studio:
        studio.generate("a fox", seed=1, **SMALL).result(timeout=10)
    media = {path: keys for path, keys in simulator.heard.items() if "/api/rest/" not in path}

    assert media
    assert {""} == set().union(*media.values())
    assert {f"Bearer {KEY}"} == set().union(
        *(keys for path, keys in simulator.heard.items() if path not in media)
    )


@pytest.mark.parametrize(
    "refused", [{"base_url": "http://leonardo.example.org"}, {"base_url": "ftp://x"}]
)
def test_a_studio_that_cannot_be_made(refused: dict[str, Any], log: io.StringIO) -> None:
    """The key from the environment is in no frame of the traceback."""
    with pytest.raises(leo.InvalidRequest) as caught:
        leo.connect(**refused)

    assert [] == found(told(caught.value), log.getvalue())


def test_a_key_that_is_given(log: io.StringIO) -> None:
    """What is given as an argument is in no frame but the caller's."""
    given = json.loads(f'{{"api_key": "{KEY}", "webhook_token": "{TOKEN}"}}')
    with pytest.raises(leo.InvalidRequest) as caught:
        _forget_and_connect(given)

    assert [] == found(told(caught.value), log.getvalue())


def _forget_and_connect(given: dict[str, str]) -> None:
    leo.connect(base_url="ftp://x", api_key=given.pop("api_key"), webhook_token=given.popitem()[1])


def test_nobody_listens(tmp_path: Path, log: io.StringIO) -> None:
    """A connection that is refused leaves frames of httpx, whose variables are not shown."""
    with leo.Studio(base_url=f"http://127.0.0.1:{free_port()}", library=tmp_path) as studio:
        with pytest.raises(leo.LeonardoError) as caught:
            studio.me()

        assert [] == found(told(caught.value), log.getvalue())


@pytest.mark.parametrize("drop", ["before", "after"])
def test_a_connection_that_breaks(
    service: tuple[Echoing, str], drop: Any, tmp_path: Path, log: io.StringIO
) -> None:
    """A request that was on its way is in the frames as bytes, with the key; they are dropped."""
    simulator, url = service
    simulator.script(path="/me", drop=drop, times=9)
    with leo.Studio(base_url=url, library=tmp_path) as studio:
        with pytest.raises(leo.LeonardoError) as caught:
            studio.me()

        assert [] == found(told(caught.value), log.getvalue())


def test_callbacks(tmp_path: Path, log: io.StringIO) -> None:
    """The token, and the keys that every callback has in clear text, are nowhere afterwards."""
    port = free_port()
    with leo.Studio(
        simulator=Simulator(speed=1000), library=tmp_path, webhook_url=True, webhook_port=port
    ) as studio:
        job = studio.generate("a fox", seed=1, **SMALL)
        payload = {
            "type": "image_generation.complete",
            "data": {
                "object": {"id": "a-job", "apiKey": {"webhookCallbackApiKey": TOKEN, "key": KEY}}
            },
        }
        for headers, body in (
            ({"authorization": f"Bearer {TOKEN}"}, json.dumps(payload)),
            ({"authorization": f"Bearer {TOKEN}"}, f"{{{KEY}"),
            ({"authorization": f"Bearer {KEY}"}, json.dumps(payload)),
            ({}, f"{KEY} {TOKEN}"),
        ):
            httpx.post(f"http://127.0.0.1:{port}/", headers=headers, content=body, timeout=5)
        job.result(timeout=10)
        said = [*shown(job), *(repr(each) for each in reachable(studio))]

    assert [] == found(*said, log.getvalue())
    assert [] == found(*files_of(tmp_path))


# -- what does it


def test_a_key_shows_itself_nowhere() -> None:
    """In a repr, a format, a container, a pickle."""
    key = Key(f" {KEY} ")

    assert ("[key]", "[key]", "{'k': [key]}") == (repr(key), f"{key}", str({"k": key}))
    with pytest.raises(TypeError, match="A key is not written to files"):
        pickle.dumps(key)
    assert KEY == key.reveal()


def test_a_key_is_taken_out_of_text_while_it_is_in_use() -> None:
    """And what is too short to be one is no reason to change a text."""
    keys = [Key(KEY), Key("fox")]

    assert "the key [key] of a fox" == hidden(f"the key {keys[0].reveal()} of a fox")


def test_a_cause_keeps_its_words_and_loses_its_frames() -> None:
    """Of all that led to it, too."""

    def reset(secret: str) -> None:
        raise OSError("reset")

    def fail(secret: str) -> None:
        try:
            reset(secret)
        except OSError as error:
            raise ValueError("broken") from error

    with pytest.raises(ValueError, match="broken") as caught:
        fail(KEY)
    before = told(caught.value)
    text = told(bare(caught.value))

    assert ([KEY], []) == (found(before), found(text))
    assert "OSError: reset" in text
