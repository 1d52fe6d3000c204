"""Whatever is asked of the simulator, well or badly, its answer is one of the specification's."""

from __future__ import annotations

import io
import json
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import anyio
import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image
from starlette.routing import Route

from leonardo_nb.simulator import Simulator
from leonardo_nb.simulator.desk import NOT_SIMULATED
from leonardo_nb.simulator.house import BASE_PATH
from leonardo_nb.testing import ManualClock

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

    from .specification import Specification

thorough = settings(
    max_examples=30,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)

NOBODY = "9d8a6c9e-5f0b-4a8e-9a39-3d1f0f6f7a11"
SMALL = {"prompt": "a fox", "width": 64, "height": 64, "num_images": 1}
PNG = io.BytesIO()
Image.new("RGB", (64, 64), "orange").save(PNG, "PNG")

REFUSALS = {400, 404, 410, 413, 429, 501}
"""Besides 500, which only the service's own sentences have."""


@dataclass
class Account:
    """A simulator in which something of everything has happened, and what it answered so far."""

    v1: Specification
    clock: ManualClock = field(default_factory=ManualClock)
    ids: dict[str, str] = field(default_factory=lambda: {"nobody": NOBODY})
    wrong: list[str] = field(default_factory=list)
    drawn: dict[str, st.SearchStrategy[Any]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.simulator = Simulator(
            now=self.clock.now,
            wall=self.clock.wall,
            seed=1,
            balance=10**9,
            queue_per_slot=10**6,
            requests_per_minute=10**9,
            creates_per_minute=10**9,
        )

    def run(self, story: Callable[[httpx.AsyncClient], Coroutine[Any, Any, None]]) -> None:
        """Let *story* ask, and check that nothing was answered wrongly."""

        async def inside() -> None:
            async with httpx.AsyncClient(
                transport=self.simulator.transport(),
                base_url=self.simulator.base_url,
                headers={"Authorization": f"Bearer {self.simulator.key}"},
            ) as client:
                await story(client)

        anyio.run(inside)
        wrong, self.wrong = self.wrong, []
        assert [] == wrong

    async def ask(
        self, client: httpx.AsyncClient, method: str, path: str, body: object = None
    ) -> Any:
        """Return what is answered, having looked at it; None where it is a refusal."""
        content = None if body is None else json.dumps(body)
        answer = await client.request(method, path, content=content)
        where = f"{method} {path}: HTTP {answer.status_code}"
        read = answer.json()
        if answer.status_code == 200:
            self._check(method, path.partition("?")[0], where, read)
            return read
        if answer.headers["content-type"] != "application/json; charset=utf-8":
            self.wrong.append(f"{where}: {answer.headers['content-type']}")
        if read.keys() != {"error", "path", "code"} or not all(
            isinstance(text, str) and text for text in read.values()
        ):
            self.wrong.append(f"{where}: {read}")
        if answer.status_code not in REFUSALS and read["error"] != "Service Error":
            self.wrong.append(f"{where}: {read}")
        return None

    def _check(self, method: str, path: str, where: str, read: Any) -> None:
        self.wrong += [f"{where}: {error}" for error in self.v1.answer_errors(method, path, read)]
        if wrapped := self.v1.wrapper(method, path) - read.keys():
            self.wrong.append(f"{where}: {wrapped} is missing")

    async def look(self, client: httpx.AsyncClient, ack: Any) -> None:
        """Look at a new job at once, in a moment, and when it is over."""
        (job,) = ack.values()
        for seconds in (0, 1, 3600):
            self.clock.advance(seconds)
            for name, path in (
                ("generationId", "/generations/"),
                ("id", "/variations/"),
                ("variationId", "/motion-variations/"),
            ):
                if isinstance(job, dict) and name in job:
                    await self.ask(client, "GET", path + job[name])

    async def settle(self, client: httpx.AsyncClient) -> None:
        """Let something of everything happen, and remember its ids."""
        ids = self.ids
        ids["user"] = self.simulator.world.user_id
        made = await self.ask(client, "POST", "/generations", SMALL | {"num_images": 2})
        ids["generation"] = made["sdGenerationJob"]["generationId"]
        video = await self.ask(client, "POST", "/generations-text-to-video", {"prompt": "a fox"})
        ids["video"] = video["motionVideoGenerationJob"]["generationId"]
        form = await self.ask(client, "POST", "/init-image", {"extension": "png"})
        ids["upload"] = form["uploadInitImage"]["id"]
        await self.send(form["uploadInitImage"])
        film = await self.ask(client, "POST", "/media", {"extension": "mp4"})
        ids["media"] = film["uploadMedia"]["uploadId"]
        self.clock.advance(3600)
        row = await self.ask(client, "GET", f"/generations/{ids['generation']}")
        ids["image"] = row["generations_by_pk"]["generated_images"][0]["id"]
        larger = await self.ask(client, "POST", "/variations/upscale", {"id": ids["image"]})
        ids["variation"] = larger["sdUpscaleJob"]["id"]
        finer = {"sourceGenerationId": ids["video"], "resolution": "RESOLUTION_720"}
        motion = await self.ask(client, "POST", "/generations-video-upscale", finer)
        ids["motion"] = motion["motionVideoGenerationJob"]["variationId"]
        elements = await self.ask(client, "GET", "/elements")
        ids["element"] = elements["loras"][0]["akUUID"]
        models = await self.ask(client, "GET", "/platformModels")
        ids["model"] = models["custom_models"][3]["id"]
        self.clock.advance(3600)
        self.simulator.script(never_finish=True)
        waiting = await self.ask(client, "POST", "/generations", SMALL)
        ids["pending"] = waiting["sdGenerationJob"]["generationId"]

    async def send(self, form: Any) -> None:
        """Send a picture with *form*, without the key."""
        async with httpx.AsyncClient(transport=self.simulator.transport()) as keyless:
            fields = json.loads(form["fields"])
            answer = await keyless.post(form["url"], data=fields, files={"file": PNG.getvalue()})
            assert 204 == answer.status_code


@pytest.fixture(scope="module")
def account(v1: Specification) -> Account:
    """An account with jobs, files and ids of every kind."""
    opened = Account(v1)
    opened.run(opened.settle)
    return opened


ROUTES = {
    (next(iter(route.methods - {"HEAD"})), route.path.removeprefix(BASE_PATH))
    for route in Simulator().app.routes
    if isinstance(route, Route) and route.methods and route.path.startswith(BASE_PATH)
}
SIMULATED = sorted(ROUTES - set(NOT_SIMULATED))


def test_every_operation_has_a_route(v1: Specification) -> None:
    """What the specification lists is routed, and nothing else."""
    assert v1.operations() == ROUTES


# -- what is asked: values that fit, values of another type, and ids of everything


PLAIN = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=8)
    | st.sampled_from(["", "\ud800", "\0", "9" * 400, NOBODY])
    | st.sampled_from([-1, 0, 2**31, 2**63, 10**30, 1e308, 0.5])
)
JUNK = st.recursive(
    PLAIN,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3)
    ),
    max_leaves=5,
)
"""Anything that JSON can say."""


def fitting(v1: Specification, schema: dict[str, Any], ids: list[str]) -> st.SearchStrategy[Any]:
    """Draw what *schema* takes, with the account's *ids* where it says string."""
    schema = v1.resolved(schema)
    if "enum" in schema:
        return st.sampled_from(schema["enum"])
    match schema.get("type"):
        case "string":
            return st.sampled_from([*ids, "a fox", "png", "mp4", "NONE"]) | st.text(max_size=20)
        case "integer":
            return st.sampled_from([1, 2, 4, 10, 15, 64, 512, 1024, 431, 67]) | st.integers(
                0, 10**5
            )
        case "number":
            return st.sampled_from([0.1, 0.5, 1, 1.5, 2, 3.5, 7]) | st.floats(-1, 50)
        case "boolean":
            return st.booleans()
        case "array":
            return st.lists(fitting(v1, schema["items"], ids), max_size=2)
        case _:
            return members(v1, schema, ids)


def members(v1: Specification, schema: dict[str, Any], ids: list[str]) -> st.SearchStrategy[Any]:
    """Draw an object of *schema*, some of whose members are junk."""
    each = {
        name: st.one_of(*[fitting(v1, inner, ids)] * 4, JUNK)
        for name, inner in schema.get("properties", {}).items()
    }
    return st.lists(st.sampled_from(sorted(each) or ["x"]), unique=True, max_size=4).flatmap(
        lambda names: st.fixed_dictionaries({name: each.get(name, JUNK) for name in names})
    )


def good(path: str, ids: dict[str, str]) -> dict[str, Any]:
    """Return the least that a request needs."""
    least: dict[str, dict[str, Any]] = {
        "/generations": SMALL,
        "/generations-text-to-video": {"prompt": "a fox"},
        "/generations-image-to-video": {
            "prompt": "a fox",
            "imageId": ids["image"],
            "imageType": "GENERATED",
        },
        "/generations-motion-svd": {"imageId": ids["image"]},
        "/generations-video-upscale": {
            "sourceGenerationId": ids["video"],
            "resolution": "RESOLUTION_720",
        },
        "/variations/upscale": {"id": ids["image"]},
        "/variations/unzoom": {"id": ids["image"]},
        "/variations/nobg": {"id": ids["image"]},
        "/variations/universal-upscaler": {"generatedImageId": ids["image"]},
        "/init-image": {"extension": "png"},
        "/canvas-init-image": {"initExtension": "png", "maskExtension": "png"},
        "/media": {"extension": "mp4"},
        "/prompt/improve": {"prompt": "a fox"},
        "/pricing-calculator": {
            "service": "LCM_GENERATION",
            "serviceParams": {"LCM_GENERATION": {"width": 512, "height": 512}},
        },
    }
    return least.get(path, {})


@pytest.mark.timeout(120)
@pytest.mark.parametrize(("method", "path"), [one for one in SIMULATED if one[0] == "POST"])
@thorough
@given(data=st.data())
def test_every_post_is_answered_as_specified(
    account: Account, v1: Specification, method: str, path: str, data: st.DataObject
) -> None:
    """Good requests with a few members changed, added, taken away or made of junk; then looks."""
    base = good(path, account.ids)
    if path not in account.drawn:
        schema = v1.body_schema("POST", path)
        account.drawn[path] = members(v1, schema or {}, list(account.ids.values()))
    missing = data.draw(st.sampled_from([None, None, None, *base]))
    body = {name: value for name, value in base.items() if name != missing}
    body |= data.draw(account.drawn[path])
    body |= data.draw(st.sampled_from([{}, {}, {}, {}, {"unknownMember": 1}]))
    account.simulator.unit = data.draw(st.sampled_from(["CREDITS", "DOLLARS"]))
    if data.draw(st.integers(0, 9)) == 0:
        account.simulator.script(fail=True, moderation=data.draw(MODERATION))

    async def story(client: httpx.AsyncClient) -> None:
        ack = await account.ask(client, method, path, body)
        if ack is not None:
            await account.look(client, ack)

    account.run(story)


MODERATION = st.sampled_from([[], ["NSFW"], ["NSFW", "EXTREME_VIOLENCE"]])
BODY = st.one_of(JUNK, st.dictionaries(st.text(max_size=8), JUNK, max_size=4))


@pytest.mark.timeout(60)
@pytest.mark.parametrize(("method", "path"), [one for one in SIMULATED if one[0] == "POST"])
@thorough
@given(body=BODY)
def test_every_post_refuses_junk(account: Account, method: str, path: str, body: Any) -> None:
    """Anything that JSON can say is answered as specified, or refused in the error's shape."""

    async def story(client: httpx.AsyncClient) -> None:
        await account.ask(client, method, path, body)

    account.run(story)


@pytest.mark.timeout(60)
@pytest.mark.parametrize("path", [path for method, path in SIMULATED if method == "GET"])
@thorough
@given(data=st.data())
def test_every_get_is_answered_as_specified(
    account: Account, path: str, data: st.DataObject
) -> None:
    """With ids of every kind, of nobody and of no shape, on pages of every sort."""
    where = re.sub(r"\{\w+\}", data.draw(segments(account)), path)
    if path.endswith("{userId}"):
        page = st.sampled_from(["", "0", "1", "10", "100000", "-1", "x", "1.5"])
        where += f"?offset={data.draw(page)}&limit={data.draw(page)}"

    async def story(client: httpx.AsyncClient) -> None:
        await account.ask(client, "GET", where)

    account.run(story)


DELETABLE = {
    "/generations/{id}": ("/generations", "sdGenerationJob", "generationId"),
    "/init-image/{id}": ("/init-image", "uploadInitImage", "id"),
    "/media/{id}": ("/media", "uploadMedia", "uploadId"),
    "/elements/{id}": None,
}
"""How to make what can be deleted, and where its id is; elements are trained elsewhere."""


def test_everything_deletable_is_here() -> None:
    """A new DELETE is given a row above."""
    assert {path for method, path in SIMULATED if method == "DELETE"} == DELETABLE.keys()


@pytest.mark.timeout(60)
@pytest.mark.parametrize("path", DELETABLE)
@thorough
@given(data=st.data())
def test_every_delete_is_answered_as_specified(
    account: Account, path: str, data: st.DataObject
) -> None:
    """What is there is deleted once; what is not there, or of another kind, is null."""
    other = data.draw(segments(account))
    done = data.draw(st.booleans())

    async def story(client: httpx.AsyncClient) -> None:
        if making := DELETABLE[path]:
            created, wrapper, name = making
            made = await account.ask(client, "POST", created, good(created, account.ids))
            account.clock.advance(600 if done else 0)
            one = path.replace("{id}", made[wrapper][name])
            for method in ("DELETE", "GET", "DELETE"):
                await account.ask(client, method, one)
        if other not in account.ids.values():  # the others are needed by the next test
            await account.ask(client, "DELETE", path.replace("{id}", other))

    account.run(story)


# -- the v2 API, whose failures have status 200

V2_BODIES: dict[str, dict[str, Any]] = {
    "/generations": {"model": "lucid-origin", "public": False, "parameters": {"prompt": "a fox"}},
    "/generationssync": {
        "model": "remove-bg",
        "public": False,
        "parameters": {"guidances": {"image_reference": [{"image": {"id": NOBODY}}]}},
    },
}
V2_PARAMETERS = [
    "prompt",
    "width",
    "height",
    "quantity",
    "seed",
    "mode",
    "style_ids",
    "prompt_enhance",
    "negative_prompt",
    "contrast",
    "tiling",
    "guidances",
    "duration",
    "quality",
    "image",
    "unknown",
]
V2_MODELS = [
    "lucid-origin",
    "phoenix-v1.0",
    "flux-dev",
    "kino-xl",
    "motion_2.0",
    "gpt-image-2",
    "x",
]


@pytest.mark.timeout(60)
@pytest.mark.parametrize("path", V2_BODIES)
@thorough
@given(data=st.data())
def test_every_post_to_v2_is_answered_as_specified(
    account: Account, v2: Specification, path: str, data: st.DataObject
) -> None:
    """An acknowledgement or an array of failures; other bodies are refused as v1 does."""
    names = st.sampled_from(V2_PARAMETERS)
    values = JUNK | st.sampled_from(["FAST", "a fox", 512, 1024, "ON", *account.ids.values()])
    body: Any = dict(V2_BODIES[path])
    body["parameters"] = body["parameters"] | data.draw(st.dictionaries(names, values, max_size=2))
    if path == "/generations":
        body["model"] = data.draw(st.sampled_from(V2_MODELS))
    body |= data.draw(
        st.dictionaries(st.sampled_from(["model", "public", "parameters", "x"]), JUNK, max_size=1)
        | st.just({})
    )

    async def story(client: httpx.AsyncClient) -> None:
        url = account.simulator.base_url.replace("/v1", "/v2") + path
        answer = await client.post(url, content=json.dumps(body))
        if answer.status_code != 200:
            assert {"error", "path", "code"} == answer.json().keys()
            assert answer.status_code in REFUSALS
            return
        assert [] == v2.answer_errors("POST", path, answer.json())
        if isinstance(answer.json(), dict) and "generate" in answer.json():
            await account.look(client, answer.json())

    account.run(story)


@st.composite
def segments(draw: st.DrawFn, account: Account) -> str:
    """Draw a segment of a path: an id that is known, a number, or anything else."""
    known = st.sampled_from(sorted(account.ids.values()))
    strange = st.text(LETTERS, min_size=1, max_size=12).filter(lambda text: text.strip("."))
    return quote(draw(known | st.integers(0, 10**10).map(str) | strange), safe="")


LETTERS = st.characters(exclude_categories=["Cs"], exclude_characters="/?#\0")
