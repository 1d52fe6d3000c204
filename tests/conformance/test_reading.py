"""Whatever happens to an answer on its way, reading it ends in a value or in UnexpectedResponse."""

from __future__ import annotations

import copy
import io
import json
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import anyio
import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from leonardo_nb.errors import NotFound, UnexpectedResponse
from leonardo_nb.service.client import Client
from leonardo_nb.service.requests import (
    Body,
    CreateGeneration,
    ImageToVideo,
    MotionSvd,
    RemoveBackground,
    TextToVideo,
    UniversalUpscale,
    Unzoom,
    Upscale,
    VideoUpscale,
)
from leonardo_nb.service.webhooks import read_event
from leonardo_nb.simulator import Simulator
from leonardo_nb.testing import ManualClock

from .conftest import SHARED, document, text

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator

    Call = Callable[[Client], Awaitable[object]]

ID = "1f197fd2-30f6-6e90-8d3c-0242ac120002"
SECRET = "0f0e0d0c-1111-4222-8333-444444444444"
BASE = "https://cloud.example.org/api/rest/v1"
WIRE = Path(__file__).parents[1] / "wire"

# What a job cannot do without: null in one of them is an answer that does not fit.
NEEDED = {"id", "generationId", "variationId", "uploadId", "akUUID", "prompt", "url", "cost"} | {
    *("initImageId", "initUrl", "initFields", "maskImageId", "maskUrl", "maskFields", "fields"),
    *("userLoraId", "user"),
}
NEW_VALUES: tuple[Any, ...] = (None, "NEW_VALUE", 1.5, True, -7, "", [], {"new": 1})


@dataclass(frozen=True)
class Sample:
    """One answer, and the call of the client that it answers."""

    name: str
    call: Call
    body: Any


class Recording(httpx.AsyncBaseTransport):
    """Hands requests on, and keeps the last answer."""

    def __init__(self, inner: httpx.AsyncBaseTransport) -> None:
        self.inner = inner
        self.body: Any = None

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Return the inner transport's answer."""
        answer = await self.inner.handle_async_request(request)
        self.body = json.loads(await answer.aread())
        return answer


class Collector:
    """Asks a simulator once in every way, and keeps what it answered."""

    def __init__(self) -> None:
        self.clock = ManualClock()
        self.simulator = Simulator(now=self.clock.now, wall=self.clock.wall, seed=1, unit="DOLLARS")
        self.transport = Recording(self.simulator.transport())
        self.samples: list[Sample] = []

    async def ask(self, name: str, call: Call) -> Any:
        """Return what *call* gives; what was answered is kept under *name*."""
        client = Client(
            base_url=self.simulator.base_url,
            api_key=self.simulator.key,
            transport=self.transport,
        )
        try:
            return await call(client)
        finally:
            await client.aclose()
            self.samples.append(Sample(name, call, self.transport.body))

    async def look(self, name: str, call: Call) -> None:
        """Keep what a look sees at once, in a moment, and when all is over."""
        for seconds, moment in ((0, "new"), (1, "pending"), (3600, "done")):
            self.clock.advance(seconds)
            await self.ask(f"{name}, {moment}", call)

    async def collect(self) -> None:
        """Ask everything."""
        me = await self.ask("me", lambda it: it.me())
        user = me.user_id
        await self.ask("models", lambda it: it.platform_models())
        await self.ask("v2 models", lambda it: it.models_v2())
        await self.ask("elements", lambda it: it.elements())
        await self.ask("user elements", lambda it: it.user_elements(user))
        await self.ask("improve", lambda it: it.prompt_improve("a fox"))
        await self.ask("random", lambda it: it.prompt_random())
        fox = CreateGeneration.of("a fox", width=64, height=64, num_images=2, seed=1)
        await self.ask("price", lambda it: it.price(fox))
        job = (await self.ask("image", lambda it: it.create(fox))).id
        await self.look("image", lambda it: it.generation(job))
        image = (await self.ask("again", lambda it: it.generation(job))).images[0].id
        lucid = CreateGeneration.of("a fox", modelId="lucid-origin", seed=1)
        newer = (await self.ask("v2 image", lambda it: it.create(lucid))).id
        await self.look("v2 image", lambda it: it.generation(newer))
        for body in (
            Upscale.of(image),
            Unzoom.of(image),
            RemoveBackground.of(image),
            UniversalUpscale.of(image),
        ):
            name = type(body).__name__
            await self._variation(name, body)
        waves = TextToVideo.of("waves", seed=1)
        video = (await self.ask("video", lambda it: it.create(waves))).id
        await self.look("video", lambda it: it.generation(video))
        finer = (await self.ask("finer video", lambda it: it.create(VideoUpscale.of(video)))).id
        await self.look("finer video", lambda it: it.motion_variation(finer))
        await self.ask("history", lambda it: it.generations(user))
        await self._uploads(image)
        await self.ask("deleted", lambda it: it.delete_generation(job))

    async def _variation(self, name: str, body: Any) -> None:
        made = (await self.ask(name, lambda it: it.create(body))).id
        await self.look(name, lambda it: it.variation(made))

    async def _uploads(self, image: str) -> None:
        picture = io.BytesIO()
        Image.new("RGB", (64, 64), "orange").save(picture, "PNG")
        form = await self.ask("upload", lambda it: it.init_image("png"))
        client = Client(
            base_url=self.simulator.base_url,
            api_key=self.simulator.key,
            transport=self.simulator.transport(),
        )
        await client.upload(form, picture.getvalue(), "image/png")
        await client.aclose()
        await self.ask("uploaded", lambda it: it.init_image_info(form.id))
        await self.ask("canvas", lambda it: it.canvas_init_image("png"))
        film = await self.ask("media", lambda it: it.media_upload("mp4"))
        await self.ask("media info", lambda it: it.media_info(film.id))
        source = {"id": image, "type": "GENERATED"}
        await self.ask("cut out", lambda it: it.remove_background_sync(source))
        await self.ask("media gone", lambda it: it.delete_media(film.id))
        await self.ask("upload gone", lambda it: it.delete_init_image(form.id))


def collected() -> list[Sample]:
    """Return an answer of the simulator to every call of the client."""
    collector = Collector()
    anyio.run(collector.collect)
    return collector.samples


def written() -> list[Sample]:
    """Return the answers in `tests/wire` that are not refusals."""
    calls: dict[str, Callable[[str], Call]] = {
        "POST /generations": lambda _: (
            lambda it: it.create_generation(CreateGeneration.of("a fox"))
        ),
        "POST /v2/generations": lambda _: lambda it: it.create_v2("lucid-origin", {}),
        "GET /generations/user/{}": lambda one: lambda it: it.generations(one),
        "GET /generations/{}": lambda one: lambda it: it.generation(one),
        "DELETE /generations/{}": lambda one: lambda it: it.delete_generation(one),
        "GET /variations/{}": lambda one: lambda it: it.variation(one),
        "GET /me": lambda _: lambda it: it.me(),
        "GET /platformModels": lambda _: lambda it: it.platform_models(),
        "POST /init-image": lambda _: lambda it: it.init_image("png"),
        "POST /pricing-calculator": lambda _: lambda it: it.price(CreateGeneration.of("a fox")),
    }
    found = []
    for file in sorted(WIRE.glob("*.json")):
        answer = json.loads(file.read_text(encoding="utf-8"))
        if file.stem.startswith("error-"):
            continue
        head, _, last = answer["path"].rpartition("/")
        plain = f"{answer['method']} {answer['path']}"
        one = calls.get(plain) or calls[f"{answer['method']} {head}/{{}}"]
        found.append(Sample(f"wire: {file.stem}", one(last), answer["body"]))
    return found


BODIES: tuple[Body, ...] = (
    CreateGeneration.of("a fox"),
    TextToVideo.of("waves"),
    ImageToVideo.of("dolly in", imageId=ID),
    MotionSvd.of(ID),
    VideoUpscale.of(ID),
    Upscale.of(ID),
    Unzoom.of(ID),
    RemoveBackground.of(ID),
    UniversalUpscale.of(ID),
)


def creating(body: Body) -> Call:
    """Return the call that asks for *body*."""
    # not `create`, which would ask the v2 API for some
    if isinstance(body, CreateGeneration):
        return lambda it: it.create_generation(body)
    return lambda it: it.create(body)


def documented() -> list[Sample]:
    """Return the sample answers of the specification and of others, where they lie beside."""
    calls: dict[str, Call] = {f"/{body.endpoint}": creating(body) for body in BODIES}
    calls["/prompt/improve"] = lambda it: it.prompt_improve("a fox")
    calls["/prompt/random"] = lambda it: it.prompt_random()
    if not (SHARED / "openapi.json").exists():
        return []
    found = [
        Sample(f"openapi: {path}", calls[path], content["example"])
        for path, methods in document("openapi.json")["paths"].items()
        for operation in methods.values()
        for answer in operation["responses"].values()
        for content in answer.get("content", {}).values()
        if "example" in content and path in calls
    ]
    others: dict[str, Call] = {
        "create-generation": calls["/generations"],
        "get-generation": lambda it: it.generation(ID),
        "image-to-video": calls["/generations-image-to-video"],
        "me": lambda it: it.me(),
        "pricing-calculator": lambda it: it.price(CreateGeneration.of("a fox")),
    }
    for name, call in others.items():
        sample = document(f"third-party/examples/leonardo-ai-{name}-example.json")
        found.append(Sample(f"third party: {name}", call, sample["response"]["body"]))
    return found


@pytest.fixture(scope="module")
def samples() -> dict[str, Sample]:
    """Every answer by its name."""
    return {each.name: each for each in (*collected(), *written(), *documented())}


def read(sample: Sample, body: Any) -> object:
    """Return what the client makes of *body* where *sample*'s was due."""

    async def run() -> object:
        client = Client(
            base_url=BASE,
            api_key=SECRET,
            transport=httpx.MockTransport(lambda _: httpx.Response(200, content=json.dumps(body))),
        )
        try:
            return await sample.call(client)
        finally:
            await client.aclose()

    return anyio.run(run)


Path_ = tuple[str | int, ...]


def paths(node: Any, here: Path_ = ()) -> Iterator[Path_]:
    """Yield where every value in *node* is, but for the whole."""
    children = node.items() if isinstance(node, dict) else enumerate(node)
    for step, child in children:
        yield (*here, step)
        if isinstance(child, (dict, list)):
            yield from paths(child, (*here, step))


def changed(body: Any, path: Path_, change: Callable[[Any, Any], None]) -> Any:
    """Return a copy of *body* in which *change* was done to the parent and step of *path*."""
    copied = copy.deepcopy(body)
    node = copied
    for step in path[:-1]:
        try:
            node = node[step]
        except (KeyError, IndexError, TypeError):
            return copied  # an earlier change took it away
    with suppress(KeyError, IndexError, TypeError, AttributeError):
        change(node, path[-1])
    return copied


def put(value: Any) -> Callable[[Any, Any], None]:
    """Return the change that puts *value* there."""
    return lambda node, step: node.__setitem__(step, copy.deepcopy(value))


def take(node: Any, step: Any) -> None:
    """Take away what is there."""
    del node[step]


def add(node: Any, _: Any) -> None:
    """Add a member, or an item, that nobody knows."""
    if isinstance(node, dict):
        node["brandNew"] = {"x": [1]}
    else:
        node.append({"brandNew": None})


PLAIN = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5)
VALUES = PLAIN | st.lists(PLAIN, max_size=3) | st.dictionaries(st.text(max_size=5), PLAIN)
CHANGES = st.sampled_from([*map(put, NEW_VALUES), take, add]) | VALUES.map(put)


def test_every_answer_is_read_as_it_came(samples: dict[str, Sample]) -> None:
    """Before anything is changed in it."""
    nothing = {name for name, sample in samples.items() if read_or_none(sample) is None}

    # what was deleted is not there, and a variation is not listed in its first moments
    assert {
        "Upscale, new",
        "Unzoom, new",
        "RemoveBackground, new",
        "UniversalUpscale, new",
        "finer video, new",
        "wire: generation-unknown",
        "wire: variation-new",
    } == nothing


def read_or_none(sample: Sample) -> object:
    """Return what a sample says, or None where it says that there is nothing."""
    try:
        return read(sample, sample.body)
    except NotFound:
        return None


@pytest.mark.timeout(120)
@settings(
    max_examples=400,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow],
)
@given(data=st.data())
def test_a_changed_answer_never_breaks_reading(
    samples: dict[str, Sample], data: st.DataObject
) -> None:
    """Nulls, words, types and members that nobody promised, a few at once."""
    sample = samples[data.draw(st.sampled_from(sorted(samples)))]
    body = sample.body
    places = list(paths(body))
    for path in data.draw(st.lists(st.sampled_from(places), min_size=1, max_size=3)):
        body = changed(body, path, data.draw(CHANGES))
    with suppress(UnexpectedResponse, NotFound):
        read(sample, body)


@pytest.mark.timeout(120)
def test_a_value_that_a_job_can_do_without_is_read_past(samples: dict[str, Sample]) -> None:
    """Each plain value of each answer, one after the other, null and of an unknown word."""
    broken = []
    for sample in samples.values():
        if read_or_none(sample) is None:
            continue
        for path in one_of_each(sample.body):
            for value in (None, "NEW_VALUE"):
                try:
                    read(sample, changed(sample.body, path, put(value)))
                except UnexpectedResponse:
                    broken.append((sample.name, path[-1], value))

    assert [] == broken


def one_of_each(body: Any) -> list[Path_]:
    """Return where the plain values are that are not needed, of equal rows only the first."""
    found: dict[tuple[str, ...], Path_] = {}
    for path in paths(body):
        node = body
        for step in path:
            node = node[step]
        names = tuple(step for step in path if isinstance(step, str))
        if not isinstance(node, (dict, list)) and names[-1] not in NEEDED:
            found.setdefault(names, path)
    return list(found.values())


def test_a_new_member_changes_nothing(samples: dict[str, Sample]) -> None:
    """Every object of every answer may have more than we know."""

    def richer(node: Any) -> Any:
        if isinstance(node, list):
            return [richer(child) for child in node]
        if not isinstance(node, dict):
            return node
        return {name: richer(child) for name, child in node.items()} | {"brandNew": {"x": [1]}}

    for sample in samples.values():
        once = read_or_none(sample)
        # the parameters of v2 models are told as they are
        if once is not None and sample.name != "v2 models":
            assert repr(once) == repr(read(sample, richer(sample.body))), sample.name


# -- callbacks


@pytest.fixture(scope="module")
def callbacks() -> list[Any]:
    """The documented sample callbacks, with keys that can be told from the ids."""
    yaml = pytest.importorskip("yaml", reason="needs PyYAML")
    description = yaml.safe_load(text("webhooks-asyncapi.yml"))
    payloads = [
        example["payload"]
        for message in description["components"]["messages"].values()
        for example in message["examples"]
    ]
    for payload in payloads:
        payload["data"]["object"]["apiKey"]["key"] = SECRET
    return payloads


def test_every_documented_callback_is_read(callbacks: list[Any]) -> None:
    """Its kind, its time and its job; the keys in it are left behind."""
    assert callbacks
    for payload in callbacks:
        event = read_event(json.dumps(payload).encode())
        assert event is not None
        assert (payload["type"], payload["timestamp"]) == (event.kind, event.timestamp)
        assert payload["data"]["object"]["id"] == event.job_ids[0]
        assert SECRET not in repr(event)


@settings(max_examples=200, deadline=None, derandomize=True)
@given(data=st.data())
def test_a_changed_callback_is_an_event_or_nothing(
    callbacks: list[Any], data: st.DataObject
) -> None:
    """It is a stranger's post, so anything may be in it."""
    payload = data.draw(st.sampled_from(callbacks))
    for path in data.draw(st.lists(st.sampled_from(list(paths(payload))), max_size=3)):
        payload = changed(payload, path, data.draw(CHANGES))
    event = read_event(json.dumps(payload).encode())

    assert event is None or all(event.job_ids)
