"""Every request that the client can send is one of the specification's."""

from __future__ import annotations

import inspect
import json
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import anyio
import httpx
import pytest
from hypothesis import HealthCheck, given, reject, settings
from hypothesis import strategies as st

from leonardo_nb.errors import ConflictingParameters, InvalidRequest, LeonardoError
from leonardo_nb.service.catalog import MODELS, STYLES, V2_MODELS
from leonardo_nb.service.client import Client
from leonardo_nb.service.requests import BODIES, Body

from .specification import Specification

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Sequence

    from leonardo_nb.service.reading import Member

ID = "1f197fd2-30f6-6e90-8d3c-0242ac120002"
KEY = "0f0e0d0c-1111-4222-8333-444444444444"
V1_BASE, V2_BASE = "/api/rest/v1", "/api/rest/v2"

thorough = settings(
    max_examples=40,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.filter_too_much, HealthCheck.too_slow],
)


class Recorder:
    """A service that refuses everything, and keeps what was asked."""

    def __init__(self) -> None:
        self.requests: list[httpx.Request] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        """Refuse, as the service does."""
        self.requests.append(request)
        refusal = {"error": "Service Error", "path": "$", "code": "unexpected"}
        return httpx.Response(400, json=refusal)


def asked(call: Callable[[Client], Coroutine[Any, Any, object]]) -> list[httpx.Request]:
    """Return the requests that one call of the client sends."""
    recorder = Recorder()

    async def run() -> None:
        client = Client(
            base_url=f"https://cloud.example.org{V1_BASE}",
            api_key=KEY,
            transport=httpx.MockTransport(recorder),
        )
        with suppress(LeonardoError):
            await call(client)
        await client.aclose()

    anyio.run(run)
    return recorder.requests


def wrong(requests: Sequence[httpx.Request], v1: Specification, v2: Specification) -> list[str]:
    """Return what is wrong with *requests*, each with its path."""
    found = []
    for request in requests:
        path = request.url.path
        which, base = (v2, V2_BASE) if path.startswith(V2_BASE) else (v1, V1_BASE)
        body = json.loads(request.content) if request.content else None
        path = path.removeprefix(base)
        errors = which.request_errors(request.method, path, body)
        errors += which.query_errors(request.method, path, dict(request.url.params))
        found += [f"{request.method} {request.url.path}: {error}" for error in errors]
    return found


# -- values, drawn from the tables that say what each member takes


LETTERS = st.characters(exclude_categories=["Cs"], exclude_characters="\0")


def values(member: Member) -> st.SearchStrategy[Any]:
    """Draw what *member* takes."""
    if member.name == "controlnets":
        return st.lists(CONTROLNET, min_size=1, max_size=2)
    if member.choices:
        return st.sampled_from(member.choices)
    low = member.limits.low if member.limits else 0
    high = member.limits.high if member.limits else 100
    step = member.limits.step if member.limits else 1
    match member.kind:
        case "text":
            return st.text(LETTERS, max_size=30).map("a {}".format)
        case "id":
            return st.uuids().map(str)
        case "url":
            return st.just("https://example.org/hook")
        case "flag":
            return st.booleans()
        case "whole":
            return st.integers(int(low / step), int(high / step)).map(lambda at: int(at * step))
        case "number":
            return st.floats(low, high) | st.sampled_from([low, high])
        case "model":
            ids = [model.id for model in MODELS] + [model.slug for model in V2_MODELS]
            return st.sampled_from(ids)
        case "style":
            return st.sampled_from(list(STYLES))
        case "list" if member.items:
            return st.lists(objects(member), min_size=1, max_size=2)
        case "list":
            return st.lists(st.uuids().map(str), min_size=1, max_size=2)
        case _:
            return objects(member)


def objects(member: Member) -> st.SearchStrategy[dict[str, Any]]:
    """Draw an object with the members that *member* lists."""
    each = {item.name: values(item) for item in member.items}
    needed = {name: strategy for name, strategy in each.items() if name in member.required}
    rest = {name: strategy for name, strategy in each.items() if name not in member.required}
    return st.fixed_dictionaries(needed, optional=rest)


CONTROLNET = st.fixed_dictionaries(
    {
        "initImageId": st.uuids().map(str),
        "initImageType": st.sampled_from(["GENERATED", "UPLOADED"]),
        "preprocessorId": st.sampled_from([67, 133, 100, 19, 166]),
    },
    optional={
        "weight": st.floats(0, 2, width=32),
        "strengthType": st.sampled_from(["Low", "Mid", "High"]),
        "influence": st.floats(0, 1, width=32),
    },
)


@st.composite
def parameters(draw: st.DrawFn, kind: type[Body], at_most: int = 5) -> dict[str, Any]:
    """Draw a few parameters of one kind of request, the needed ones among them."""
    members = kind.vocabulary.members
    needed = [name for name, field in kind.model_fields.items() if field.is_required()]
    names = draw(st.lists(st.sampled_from(list(members)), unique=True, max_size=at_most))
    # most models are in the v2 API, so one is given in every second request
    for name in members.keys() & {"modelId", "model"}:
        if draw(st.booleans()):
            names.append(name)
    if "initImageId" in members and not {"generatedImageId", "variationId"} & set(names):
        names.append("initImageId")
    return {name: draw(values(members[name])) for name in dict.fromkeys([*needed, *names])}


@st.composite
def bodies(draw: st.DrawFn, kind: type[Body]) -> Body:
    """Draw a request of one kind; parameters that do not go together are drawn anew."""
    given_ = draw(parameters(kind))
    try:
        return kind.of(given_.pop(kind.lead, None), **given_)
    except (ConflictingParameters, InvalidRequest):
        reject()


@pytest.mark.parametrize("kind", BODIES.values(), ids=lambda kind: kind.__name__)
@thorough
@given(data=st.data())
def test_every_body_fits(
    kind: type[Body], data: st.DataObject, v1: Specification, v2: Specification
) -> None:
    """Whatever parameters go together, what is posted is what the specification takes."""
    body = data.draw(bodies(kind))

    assert [] == wrong(asked(lambda client: client.create(body)), v1, v2)


@pytest.mark.parametrize("kind", BODIES.values(), ids=lambda kind: kind.__name__)
@thorough
@given(data=st.data())
def test_what_is_sent_unchecked_fits(
    kind: type[Body], data: st.DataObject, v1: Specification, v2: Specification
) -> None:
    """With check=False names and types are right all the same; v1 says no more of them."""
    given_ = data.draw(parameters(kind))
    try:
        body = kind.of(given_.pop(kind.lead, None), check=False, **given_)
    except ConflictingParameters as error:
        # a member that the model's own API has no word for is an unknown name there
        if error.rule not in {"v1", "v2"}:
            raise
        reject()
    requests = asked(lambda client: client.create(body))

    assert [] == wrong([each for each in requests if V2_BASE not in each.url.path], v1, v2)


@pytest.mark.parametrize("kind", BODIES.values(), ids=lambda kind: kind.__name__)
@thorough
@given(data=st.data())
def test_every_question_for_a_price_fits(
    kind: type[Body], data: st.DataObject, v1: Specification, v2: Specification
) -> None:
    """The calculator is asked in its own words, which differ from those of the request."""
    body = data.draw(bodies(kind))
    size = data.draw(st.none() | st.tuples(st.integers(1, 2000), st.integers(1, 2000)))

    assert [] == wrong(asked(lambda client: client.price(body, size=size)), v1, v2)


IDS = st.uuids().map(str)
EXTENSIONS = st.sampled_from(["png", ".JPG", "jpeg", "webp"])
SOURCES = st.fixed_dictionaries(
    {"id": IDS, "type": st.sampled_from(["UPLOADED", "GENERATED", "VARIATION"])}
) | st.just({"url": "https://example.org/a.png", "type": "URL"})
CALLS: dict[str, tuple[tuple[st.SearchStrategy[Any], ...], dict[str, st.SearchStrategy[Any]]]] = {
    "me": ((), {}),
    "platform_models": ((), {}),
    "models_v2": ((), {}),
    "generation": ((IDS,), {}),
    "variation": ((IDS,), {}),
    "motion_variation": ((IDS,), {}),
    "generations": ((IDS,), {"offset": st.integers(0, 10**6), "limit": st.integers(0, 1000)}),
    "delete_generation": ((IDS,), {}),
    "elements": ((), {}),
    "user_elements": ((IDS,), {}),
    "prompt_improve": (
        (st.text(LETTERS, max_size=190).map("a {}".format),),
        {"instructions": st.text(LETTERS), "is_video": st.booleans()},
    ),
    "prompt_random": ((), {}),
    "init_image": ((EXTENSIONS,), {}),
    "canvas_init_image": ((EXTENSIONS,), {"mask_extension": EXTENSIONS}),
    "init_image_info": ((IDS,), {}),
    "delete_init_image": ((IDS,), {}),
    "media_upload": (
        (st.sampled_from(["mp4", "mov", "mp3", "WAV"]),),
        {"original_filename": st.text(LETTERS)},
    ),
    "media_info": ((IDS,), {}),
    "delete_media": ((IDS,), {}),
    "remove_background_sync": (
        (SOURCES,),
        {"ephemeral": st.booleans(), "base64": st.booleans(), "public": st.booleans()},
    ),
    "calculated": (
        (st.just("LCM_GENERATION"), st.just({"width": 512, "height": 512})),
        {},
    ),
}
"""Every other call of the client: its arguments and its options."""

OTHERWISE = {
    "create": "above, with every kind of body",
    "create_generation": "by create",
    "create_v2": "by create; its parameters are the caller's",
    "price": "above",
    "upload": "goes to the storage, which has no specification",
    "media": "goes to the files, which have no specification",
    "aclose": "asks for nothing",
}


def test_no_call_is_forgotten() -> None:
    """A new call of the client is given a row above."""
    public = {
        name
        for name, _ in inspect.getmembers(Client, inspect.isfunction)
        if not name.startswith("_")
    }

    assert public == CALLS.keys() | OTHERWISE.keys()


@pytest.mark.parametrize("name", CALLS)
@thorough
@given(data=st.data())
def test_every_call_fits(
    name: str, data: st.DataObject, v1: Specification, v2: Specification
) -> None:
    """Path, query and body are those of one operation."""
    arguments, options = CALLS[name]
    args = data.draw(st.tuples(*arguments))
    kwargs = data.draw(st.fixed_dictionaries({}, optional=options))
    requests = asked(lambda client: getattr(client, name)(*args, **kwargs))

    assert 1 == len(requests)
    assert [] == wrong(requests, v1, v2)


def test_every_known_deviation_is_one(v1: Specification) -> None:
    """A deviation that the specification has caught up with is to be deleted."""
    closed = Specification(v1.document)
    veo = {"prompt": "a", "imageId": ID, "imageType": "GENERATED", "model": "VEO3_1"}
    bodies_ = {
        "/generations": {"prompt": "a", "webhookCallbackUrl": "https://example.org"},
        "/generations-text-to-video": {"prompt": "a", "model": "VEO3_1"},
        "/generations-image-to-video": veo,
    }
    for path, body in bodies_.items():
        assert 1 == len(closed.request_errors("POST", path, body))
        assert [] == v1.request_errors("POST", path, body)
