from __future__ import annotations

import asyncio
import contextlib
import gc
import json
import logging
import signal
import socket
from typing import TYPE_CHECKING, Any

import anyio.lowlevel
import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leonardo_nb.service.webhooks import BODY_LIMIT_BYTES, Event, Receiver, read_event
from leonardo_nb.testing import ManualClock

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

TOKEN = "hook-token-5d1c"
BEARER = {"Authorization": f"Bearer {TOKEN}"}
FOX = "1f197fd2-30f6-6e90-8d31-6c9b0a2f7e11"
OWL = "2c4be6a0-0000-4000-8000-000000000002"
HEAD = b"POST / HTTP/1.1\r\nHost: h\r\nAuthorization: Bearer " + TOKEN.encode() + b"\r\n"
STRANGER = "99999999-0000-4000-8000-000000000009"
API_KEY = "c0ffee00-dead-4bee-8f00-apikeymarker"
WEBHOOK_KEY = "webhook-key-marker"


def callback(
    job: str = FOX, *, kind: str = "image_generation.complete", at: int = 1_699_490_546_932
) -> dict[str, Any]:
    """Return a callback as the service sends it, shortened, with its keys in clear text."""
    image = {"id": "f0f0", "url": "https://cdn.example/0.jpg", "generationId": job, "nsfw": False}
    key = {"key": API_KEY, "type": "PRODUCTION", "webhookCallbackApiKey": WEBHOOK_KEY}
    thing = {"id": job, "status": "COMPLETE", "seed": "905778432", "images": [image], "apiKey": key}
    return {
        "type": kind,
        "object": "generation",
        "timestamp": at,
        "api_version": "v1",
        "data": {"object": thing},
    }


def processed(**members: Any) -> dict[str, Any]:
    """Return a callback of post-processing whose object has *members*."""
    thing = {"status": "COMPLETE", "transformType": "UPSCALE", "generatedImageId": "f0f0"}
    return {"type": "post_processing.completed", "data": {"object": {**thing, **members}}}


class Jobs:
    """What a receiver is told to know, and the nudges that it gave."""

    def __init__(self, *known: str) -> None:
        self.known = set(known)
        self.nudges: list[str] = []


@pytest.fixture
def jobs() -> Jobs:
    return Jobs(FOX, OWL)


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
async def receiver(jobs: Jobs, clock: ManualClock) -> AsyncIterator[Receiver]:
    made = Receiver(jobs.nudges.append, TOKEN, is_known=jobs.known.__contains__, now=clock.now)
    await made.start()
    yield made
    await made.stop()


@pytest.fixture
async def service(receiver: Receiver) -> AsyncIterator[httpx.AsyncClient]:
    """The service, which calls over a real socket."""
    url = str(receiver.url)
    async with httpx.AsyncClient(base_url=url, headers=BEARER, trust_env=False) as opened:
        yield opened


def posted(body: dict[str, Any]) -> tuple[bytes, bytes]:
    """Return the request that carries *body*, as it is on the wire."""
    content = json.dumps(body).encode()
    return HEAD + f"Content-Length: {len(content)}\r\n\r\n".encode(), content


async def speak(receiver: Receiver, *lines: bytes, eof: bool = False) -> bytes:
    """Return all that the receiver answers to raw *lines*, until it closes the connection."""
    reader, writer = await asyncio.open_connection("127.0.0.1", receiver.port)
    writer.writelines(lines)
    if eof:
        writer.write_eof()
    try:
        return await reader.read()
    except ConnectionResetError:
        return b""
    finally:
        writer.close()


# what a callback says


@pytest.mark.parametrize(
    "kind",
    [
        "image_generation.complete",
        "video_generation.complete",
        "image_generation.failed",
        "post_processing.complete",
        "post_processing.completed",
        "something_new.begun",
    ],
)
def test_event_names_its_job(kind: str) -> None:
    """Every kind of event is read alike, also one that nobody has heard of."""
    expected = Event(kind=kind, timestamp=1_699_490_546_932, job_ids=(FOX,))

    assert expected == read_event(json.dumps(callback(kind=kind)).encode())


@pytest.mark.parametrize(
    ("members", "ids"),
    [
        ({"id": OWL}, (OWL,)),
        ({"id": OWL, "generationId": FOX}, (OWL, FOX)),
        ({"id": OWL, "generatedImage": {"id": "f0f0", "generationId": FOX}}, (OWL, FOX)),
        ({"id": OWL, "generated_image": {"generationId": FOX}}, (OWL, FOX)),
        ({"id": OWL, "images": [{"generationId": FOX}]}, (OWL, FOX)),
        ({"id": OWL, "images": ["?"], "generatedImage": None}, (OWL,)),
        ({"id": 7, "generationId": FOX}, (FOX,)),
        ({"id": "../" * 9, "generationId": "f" * 65}, ()),
        ({}, ()),
    ],
)
def test_event_of_a_variation_names_its_generation(
    members: dict[str, Any], ids: tuple[str, ...]
) -> None:
    """A variation's own id comes first, then the generation of its image where it is given."""
    event = read_event(json.dumps(processed(**members)).encode())

    assert Event("post_processing.completed", None, ids) == event


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"fox",
        b"null",
        b"[]",
        b"{}",
        b'"image_generation.complete"',
        b'{"type": "image_generation.complete"}',
        b'{"type": 7, "data": {"object": {}}}',
        b'{"type": "a.b", "data": []}',
        b'{"type": "a.b", "data": {"object": null}}',
        b"\xff\xfe",
        b"[" * 500_000,
        b"9" * 5000,
    ],
)
def test_what_is_not_an_event(body: bytes) -> None:
    """JSON of another shape, and what is no JSON, is not an event and raises nothing."""
    assert read_event(body) is None


@settings(max_examples=50)
@given(
    st.recursive(
        st.none() | st.integers() | st.text(),
        lambda it: (
            st.dictionaries(
                st.sampled_from(["id", "generationId", "generatedImage", "images", "timestamp"]), it
            )
            | st.lists(it)
        ),
    )
)
def test_any_object_is_read(thing: Any) -> None:
    """Whatever stands where the object should be, reading it raises nothing."""
    event = read_event(json.dumps({"type": "a.b", "data": {"object": thing}}).encode())

    assert isinstance(thing, dict) == (event is not None)


# what a callback does


@pytest.mark.parametrize(
    "body",
    [
        callback(),
        callback(kind="video_generation.complete"),
        callback(kind="image_generation.failed"),
        callback(kind="something_new.begun"),
        processed(id=FOX),
        processed(id=STRANGER, generatedImage={"generationId": FOX}),
        processed(id=FOX, generationId=OWL),
    ],
)
async def test_callback_is_one_nudge(
    service: httpx.AsyncClient, jobs: Jobs, body: dict[str, Any]
) -> None:
    """The first job that is known gets one nudge."""
    answer = await service.post("/any/path?at=all", json=body)

    assert (200, "OK") == (answer.status_code, answer.text)
    assert [FOX] == jobs.nudges


async def test_doubled_callback_is_one_nudge(
    service: httpx.AsyncClient, jobs: Jobs, clock: ManualClock
) -> None:
    """The same callback nudges once, at once or an hour later, and is answered all the same."""
    first = await service.post("/", json=callback())
    second = await service.post("/", json=callback())
    clock.advance(3600)
    third = await service.post("/", json=callback())

    assert [200, 200, 200] == [it.status_code for it in (first, second, third)]
    assert [FOX] == jobs.nudges


async def test_nudges_are_rationed_by_job(
    service: httpx.AsyncClient, jobs: Jobs, clock: ManualClock
) -> None:
    """Other callbacks for a job wait out a second; other jobs do not wait for it."""
    for at in range(5):
        await service.post("/", json=callback(at=at))
    await service.post("/", json=callback(OWL))
    clock.advance(1.0)
    await service.post("/", json=callback(at=6))

    assert [FOX, OWL, FOX] == jobs.nudges


async def test_unknown_job_is_no_nudge(service: httpx.AsyncClient, jobs: Jobs) -> None:
    """A job that is not in flight is not looked at, and the caller learns nothing of it."""
    strange = await service.post("/", json=callback(STRANGER))
    known = await service.post("/", json=callback())

    assert [FOX] == jobs.nudges
    assert (known.status_code, known.text) == (strange.status_code, strange.text)
    assert dict(known.headers) == dict(strange.headers)


async def test_200_callbacks_at_once(receiver: Receiver, jobs: Jobs) -> None:
    """Each of 200 jobs gets its nudge when all callbacks come together."""
    ids = [f"job-{number}" for number in range(200)]
    jobs.known.update(ids)

    answers = await asyncio.gather(*(speak(receiver, *posted(callback(job))) for job in ids))

    assert {b"HTTP/1.1 200"} == {answer[:12] for answer in answers}
    assert sorted(ids) == sorted(jobs.nudges)


async def test_broken_nudge_is_logged_and_repeatable(caplog: pytest.LogCaptureFixture) -> None:
    """What a nudge raises goes to the log by its name only, and the next callback is served."""
    tries: list[str] = []

    def nudge(job_id: str) -> None:
        tries.append(job_id)
        raise LookupError(API_KEY)

    receiver = Receiver(nudge, is_known=lambda _: True)
    url = await receiver.start()
    async with httpx.AsyncClient(base_url=url, trust_env=False) as service:
        statuses = [(await service.post("/", json=callback())).status_code for _ in range(2)]
    await receiver.stop()

    assert [200, 200] == statuses
    assert [FOX, FOX] == tries
    assert [f"A callback did not reach job {FOX} (LookupError)."] * 2 == caplog.messages


# who may call


@pytest.mark.parametrize(
    "authorization",
    [
        None,
        "",
        "Bearer",
        TOKEN,
        f"Basic {TOKEN}",
        f"Bearer {TOKEN[:-1]}",
        f"Bearer {TOKEN}x",
        f"Bearer {TOKEN.upper()}",
        "Bearer \xe9",
    ],
)
async def test_wrong_token(receiver: Receiver, jobs: Jobs, authorization: str | None) -> None:
    """Without the token there is one answer, which does not tell what was wrong."""
    headers = [] if authorization is None else [(b"Authorization", authorization.encode("latin-1"))]
    async with httpx.AsyncClient(trust_env=False) as stranger:
        answer = await stranger.post(str(receiver.url), json=callback(), headers=headers)

    assert (401, "Unauthorized") == (answer.status_code, answer.text)
    assert {"connection", "content-length", "content-type"} == set(answer.headers)
    assert [] == jobs.nudges


@pytest.mark.parametrize("token", ["tökén ✓", "voilà", "a b", TOKEN])
async def test_right_token(jobs: Jobs, token: str) -> None:
    """Any text is a token, and the scheme may be written in lower case."""
    receiver = Receiver(jobs.nudges.append, token, is_known=jobs.known.__contains__)
    url = await receiver.start()
    async with httpx.AsyncClient(trust_env=False) as service:
        headers = [(b"Authorization", f"bearer {token}".encode())]
        answer = await service.post(url, json=callback(), headers=headers)
    await receiver.stop()

    assert 200 == answer.status_code
    assert [FOX] == jobs.nudges


def test_empty_token_is_a_mistake() -> None:
    """A blank token would let everybody in while looking like a lock."""
    with pytest.raises(ValueError) as caught:
        Receiver(print, " ", is_known=bool)

    assert "A webhook token is some text; leave it out to take any callback." == str(caught.value)


async def test_only_posts_are_taken(service: httpx.AsyncClient) -> None:
    """Other methods are refused without acting on them."""
    methods = ("GET", "HEAD", "PUT", "DELETE", "OPTIONS")
    answers = [await service.request(method, "/") for method in methods]

    assert {405} == {answer.status_code for answer in answers}


# what is in a callback stays in it


async def test_keys_leave_no_trace(
    service: httpx.AsyncClient,
    receiver: Receiver,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
) -> None:
    """After good, doubled, cut and broken callbacks no key is logged, printed, shown or kept."""
    caplog.set_level(logging.DEBUG)
    good = json.dumps(callback()).encode()
    for body in (good, good, good[:-9], good + b"]", b"[" + good + b"]", good[:-1] + b',"id":'):
        await service.post("/", content=body)
    await service.post("/", content=good, headers={"Authorization": f"Bearer {WEBHOOK_KEY}"})
    await speak(receiver, b"POST / HTTP/1.1\r\nX: " + API_KEY.encode(), b"\r\n" * 9)
    del good, body
    service.headers.pop("authorization")
    gc.collect()

    kept = repr((receiver, vars(receiver))) + "".join(map(repr, receiver._nudged.items()))
    said = caplog.text + "".join(capfd.readouterr())
    assert [] == [it for it in (API_KEY, WEBHOOK_KEY) if it in kept or it in said]
    assert f"<Receiver at {receiver.url}, with a token>" == repr(receiver)


async def test_logging_of_the_notebook_is_left_alone(jobs: Jobs) -> None:
    """Starting and stopping changes no handler, no level and no signal handler."""

    def state() -> list[object]:
        names = (None, "uvicorn", "uvicorn.error", "uvicorn.access", "uvicorn.asgi", "asyncio")
        loggers = [logging.getLogger(name) for name in names]
        signals = [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)]
        known = [(it.handlers[:], it.level, it.propagate, it.disabled) for it in loggers]
        return [*known, *signals]

    before = state()
    handler = logging.NullHandler()
    logging.getLogger("uvicorn.access").addHandler(handler)
    receiver = Receiver(jobs.nudges.append, is_known=bool)
    await receiver.start()
    await receiver.stop()
    kept = handler in logging.getLogger("uvicorn.access").handlers
    logging.getLogger("uvicorn.access").removeHandler(handler)

    assert kept
    assert before == state()


async def test_traffic_is_no_news(
    receiver: Receiver, service: httpx.AsyncClient, caplog: pytest.LogCaptureFixture
) -> None:
    """Malformed requests, upgrades and good callbacks write no line, even for debugging."""
    for name in (None, "uvicorn", "uvicorn.access", "uvicorn.error"):
        caplog.set_level(logging.DEBUG, logger=name)
    await service.post("/", json=callback())
    await speak(receiver, b"\x16\x03\x01 hello\r\n\r\n")
    await speak(
        receiver, b"POST / HTTP/1.1\r\nHost: h\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n"
    )

    ours = [it.message for it in caplog.records if it.name.startswith(("uvicorn", "leonardo_nb"))]
    assert [] == ours


# what may go wrong


async def still_up(service: httpx.AsyncClient, jobs: Jobs) -> bool:
    """Whether a good callback still becomes a nudge."""
    jobs.known.add("after")
    answer = await service.post("/", json=callback("after"), headers=BEARER)
    return answer.status_code == 200 and jobs.nudges[-1] == "after"


@pytest.mark.parametrize("body", [b"", b"fox", b"{}", b"[1]", b"[" * 900_000, b"\x00" * 999])
async def test_not_an_event(service: httpx.AsyncClient, jobs: Jobs, body: bytes) -> None:
    """What is not an event is told so in one sentence, and the receiver stays up."""
    answer = await service.post("/", content=body)

    assert (400, "This is not an event of the Leonardo.Ai API.") == (
        answer.status_code,
        answer.text,
    )
    assert await still_up(service, jobs)


@pytest.mark.parametrize("is_announced", [True, False])
async def test_50_megabytes(service: httpx.AsyncClient, jobs: Jobs, is_announced: bool) -> None:
    """A huge body is refused, whether its size is announced or found out; nothing is kept of it."""
    block = b" " * 500_000

    async def chunks() -> AsyncIterator[bytes]:
        for _ in range(100):
            yield block

    headers = {"Content-Length": str(100 * len(block))} if is_announced else {}
    answer = await service.post("/", content=chunks(), headers=headers)

    assert (413, "A callback is at most 1 MB.") == (answer.status_code, answer.text)
    assert await still_up(service, jobs)


async def test_announced_size_is_refused_before_the_body(receiver: Receiver) -> None:
    """A caller that asks first is told before it sends anything."""
    head = f"POST / HTTP/1.1\r\nHost: h\r\nAuthorization: Bearer {TOKEN}\r\n"
    head += f"Expect: 100-continue\r\nContent-Length: {BODY_LIMIT_BYTES + 1}\r\n\r\n"
    reader, writer = await asyncio.open_connection("127.0.0.1", receiver.port)
    writer.write(head.encode())
    line = await reader.readline()
    writer.close()

    assert b"HTTP/1.1 413" == line[:12]


async def test_50_megabytes_without_token(service: httpx.AsyncClient, jobs: Jobs) -> None:
    """A huge body of a stranger is not read, and its sender still gets the answer."""
    wrong = {"Authorization": "Bearer wrong"}
    answer = await service.post("/", content=b" " * 50_000_000, headers=wrong)

    assert (401, "Unauthorized") == (answer.status_code, answer.text)
    assert await still_up(service, jobs)


async def test_largest_callback(service: httpx.AsyncClient, jobs: Jobs) -> None:
    """A body of exactly 1 MB is read."""
    body = json.dumps(callback()).encode().ljust(BODY_LIMIT_BYTES)
    answer = await service.post("/", content=body)

    assert 200 == answer.status_code
    assert [FOX] == jobs.nudges


@pytest.mark.parametrize(
    "beginning",
    [b"", b"POST", HEAD, HEAD + b"Content-Length: 9\r\n\r\n", HEAD + b"Content-Length: 9\r\n\r\n{"],
)
async def test_slow_callers_are_cut_off(jobs: Jobs, beginning: bytes) -> None:
    """A caller that says half of what it has to say loses its connection when its time is over."""
    receiver = Receiver(
        jobs.nudges.append, TOKEN, is_known=jobs.known.__contains__, read_seconds=0.05
    )
    url = await receiver.start()
    said = await asyncio.gather(*(speak(receiver, beginning) for _ in range(20)))
    async with httpx.AsyncClient(base_url=url, trust_env=False) as service:
        assert await still_up(service, jobs)
    await receiver.stop()

    assert {b""} == set(said)
    assert {} == receiver._connections


async def test_half_open_connections(
    receiver: Receiver, service: httpx.AsyncClient, jobs: Jobs
) -> None:
    """Callers that hang up at once or half-way leave nothing behind."""
    for beginning in (b"", HEAD, HEAD + b"Content-Length: 9\r\n\r\n{"):
        await speak(receiver, beginning, eof=True)

    assert await still_up(service, jobs)
    assert [] == [it for it in receiver._tasks if not it.done()]


async def test_caller_that_closes_its_side_gets_its_answer(receiver: Receiver, jobs: Jobs) -> None:
    """Who has said everything may close its side, as some shells' clients do."""
    answer = await speak(receiver, *posted(callback()), eof=True)

    assert b"HTTP/1.1 200" == answer[:12]
    assert [FOX] == jobs.nudges


@pytest.mark.parametrize(
    "lines",
    [
        (b"\r\n" * 99, b"nonsense\r\n\r\n"),
        (b"POST / HTTP/1.1\r\n", b"X: " + b"x" * 99_999 + b"\r\n\r\n"),
        (HEAD, b"Content-Length: -1\r\n\r\n"),
        (HEAD, b"Content-Length: " + b"9" * 9999 + b"\r\n\r\n"),
        (HEAD, b"Transfer-Encoding: chunked\r\n\r\nfox\r\n"),
    ],
)
async def test_malformed_requests(
    receiver: Receiver, service: httpx.AsyncClient, jobs: Jobs, lines: tuple[bytes, ...]
) -> None:
    """What is no HTTP gets an error or a closed connection, and the receiver stays up."""
    answer = await speak(receiver, *lines, eof=True)

    assert answer[:10] in {b"HTTP/1.1 4", b""}
    assert await still_up(service, jobs)


async def test_oldest_of_too_many_connections_goes(
    receiver: Receiver,
    service: httpx.AsyncClient,
    jobs: Jobs,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Callers that only hold connections cannot keep the service out."""
    monkeypatch.setattr("leonardo_nb.service.webhooks._CONNECTIONS", 8)
    held = [await asyncio.open_connection("127.0.0.1", receiver.port) for _ in range(12)]

    assert await still_up(service, jobs)
    assert len(receiver._connections) <= 8
    with contextlib.suppress(ConnectionResetError):
        assert b"" == await held[0][0].read()
    for _, writer in held:
        writer.close()


async def test_memory_of_nudges_is_bounded(
    service: httpx.AsyncClient, receiver: Receiver, monkeypatch: pytest.MonkeyPatch, jobs: Jobs
) -> None:
    """A session of many jobs remembers the last ones only."""
    monkeypatch.setattr("leonardo_nb.service.webhooks._JOBS_REMEMBERED", 3)
    jobs.known.update("abcde")
    for job in "abcde":
        await service.post("/", json=callback(job))

    assert ["c", "d", "e"] == list(receiver._nudged)


# where and how long it listens


async def test_port_that_is_taken(receiver: Receiver, jobs: Jobs) -> None:
    """A taken port is named, with what to do instead."""
    second = Receiver(jobs.nudges.append, is_known=bool)
    with pytest.raises(OSError) as caught:
        await second.start(port=receiver.port or 0)

    sentence = f"Port {receiver.port} of 127.0.0.1 is taken by another program"
    assert f"{sentence}; port=0 takes a free one." == caught.value.strerror
    assert "<Receiver not listening, any caller>" == repr(second)


@pytest.mark.parametrize("port", [-1, 65_536])
async def test_port_that_does_not_exist(jobs: Jobs, port: int) -> None:
    """A number that is no port is an error of the same kind."""
    with pytest.raises(OSError) as caught:
        await Receiver(jobs.nudges.append, is_known=bool).start(port=port)

    assert f"Port {port} of 127.0.0.1 cannot be listened at" in str(caught.value)


async def test_listens_on_loopback_at_a_free_port(receiver: Receiver) -> None:
    """Nothing outside this machine reaches it, and start() returns when it listens."""
    sockets = receiver._server.sockets if receiver._server else ()

    assert [("127.0.0.1", receiver.port)] == [it.getsockname() for it in sockets]
    assert f"http://127.0.0.1:{receiver.port}/" == receiver.url
    with pytest.raises(RuntimeError, match="listens already"):
        await receiver.start()


async def test_stop_leaves_nothing(jobs: Jobs) -> None:
    """stop() cuts off who is still talking; no task, no socket and no timer is left."""
    before = asyncio.all_tasks()
    receiver = Receiver(jobs.nudges.append, TOKEN, is_known=bool)
    await receiver.start()
    port = receiver.port or 0
    half = HEAD + b"Content-Length: 9\r\n\r\n{"
    talks = [asyncio.create_task(speak(receiver, half)) for _ in range(5)]
    while len(receiver._tasks) < len(talks):
        await anyio.lowlevel.checkpoint()
    await receiver.stop()
    await receiver.stop()

    assert [b""] * 5 == await asyncio.gather(*talks)
    assert before == asyncio.all_tasks()
    assert {} == receiver._connections
    with socket.socket() as probe:
        assert probe.connect_ex(("127.0.0.1", port)) != 0


async def test_stop_closes_connections_that_say_nothing(jobs: Jobs) -> None:
    """When stop() is over no connection is left, also none that never asked for anything."""
    receiver = Receiver(jobs.nudges.append, is_known=bool)
    await receiver.start()
    _, writer = await asyncio.open_connection("127.0.0.1", receiver.port)
    while not receiver._connections:
        await anyio.lowlevel.checkpoint()
    await receiver.stop()

    assert {} == receiver._connections
    writer.close()


async def test_starts_again(jobs: Jobs) -> None:
    """A receiver that was stopped can listen again, at the port that it had."""
    receiver = Receiver(jobs.nudges.append, is_known=jobs.known.__contains__)
    first = await receiver.start()
    port = receiver.port or 0
    await receiver.stop()
    second = await receiver.start(port=port)
    async with httpx.AsyncClient(trust_env=False) as service:
        await service.post(second, json=callback())
    await receiver.stop()

    assert first == second
    assert [FOX] == jobs.nudges


async def test_public_url_is_of_the_port(receiver: Receiver, jobs: Jobs) -> None:
    """The address on a hub ends at the receiver's own port, and there is none before it listens."""
    hub = {"JUPYTERHUB_PUBLIC_URL": "https://hub.example.org/user/ada/"}
    expected = f"https://hub.example.org/user/ada/proxy/{receiver.port}/"

    assert expected == receiver.public_url(hub).url
    with pytest.raises(RuntimeError, match="no address before start"):
        Receiver(jobs.nudges.append, is_known=bool).public_url(hub)
