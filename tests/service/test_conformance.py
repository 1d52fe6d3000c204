"""What the documents promise: every sample answer parses, every row of the structure works."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from leonardo_nb.money import Credits, Dollars
from leonardo_nb.service.assets import (
    CanvasPresigned,
    PlatformElement,
    Presigned,
    Prompt,
    SyncResult,
    Uploaded,
)
from leonardo_nb.service.client import Client
from leonardo_nb.service.requests import (
    BODIES,
    Body,
    CreateGeneration,
    CutOut,
    ImageToVideo,
    MotionSvd,
    RemoveBackground,
    TextToVideo,
    UniversalUpscale,
    Unzoom,
    Upscale,
)
from leonardo_nb.service.responses import (
    Account,
    Ack,
    Generation,
    MotionVariation,
    Variation,
    price_of,
)

if TYPE_CHECKING:
    from collections.abc import Callable

ID = "1f197fd2-30f6-6e90-8d3c-0242ac120002"

# Operations that the toolkit has no use for; the simulator answers 501.
UNUSED = {
    "/blueprints",
    "/blueprints/{id}",
    "/blueprints/{id}/versions",
    "/blueprint-executions",
    "/blueprint-executions/{id}",
    "/blueprint-executions/{id}/generations",
    "/elements",  # training; listing them has no sample
    "/models",
    "/generations-lcm",
    "/lcm-instant-refine",
    "/lcm-inpainting",
    "/lcm-upscale",
}


def reader(kind: type[Body]) -> Callable[[Any], Any]:
    """Return what reads a kind's acknowledgement."""
    return lambda body: Ack.read(body, kind.wrappers)


READERS: dict[str, Callable[[Any], Any]] = {
    "/prompt/random": Prompt.read,
    "/prompt/improve": Prompt.read,
    **{f"/{endpoint}": reader(kind) for endpoint, kind in BODIES.items()},
}


def samples(specification: dict[str, Any]) -> list[tuple[str, Any]]:
    """Return path and body of every sample answer."""
    return [
        (path, content["example"])
        for path, operations in specification["paths"].items()
        for operation in operations.values()
        for answer in operation["responses"].values()
        for content in answer.get("content", {}).values()
        if "example" in content
    ]


def test_every_documented_sample_answer_parses(document: Any) -> None:
    """Each has its reader, finds its id or prompt, and costs what the sample says."""
    found = [row for row in samples(document("openapi.json")) if row[0] not in UNUSED]
    costs = {path: READERS[path](body).cost for path, body in found}

    # no sample in v1's specification: only the clients know one of these, the other is v2's
    without = {"/generations-video-upscale", f"/{CutOut.endpoint}"}
    assert READERS.keys() - without == costs.keys()
    assert {Dollars("0.0147")} == set(costs.values())


THIRD_PARTY: dict[str, tuple[Callable[[Any], Any], Any]] = {
    "create-generation": (lambda it: Ack.read(it).cost, Credits("0.024")),
    "get-generation": (
        lambda it: len(Generation.model_validate(it["generations_by_pk"]).images),
        2,
    ),
    "image-to-video": (lambda it: Ack.read(it, ImageToVideo.wrappers).id, "vid-9f81a2"),
    "me": (lambda it: Account.read(it).balance, Credits("12.4567")),
    "pricing-calculator": (price_of, Credits("0.048")),
}


@pytest.mark.parametrize("name", THIRD_PARTY)
def test_every_third_party_sample_answer_parses(name: str, document: Any) -> None:
    """Also those that the service would not give, with fractions where it counts in whole."""
    sample = document(f"third-party/examples/leonardo-ai-{name}-example.json")
    read, expected = THIRD_PARTY[name]

    assert expected == read(sample["response"]["body"])


# -- the structure document: lifecycle, endpoints, members, terminal states

LOOKS: dict[str, Callable[[Client], Any]] = {
    "generation": lambda client: client.generation(ID),
    "variation": lambda client: client.variation(ID),
    "motion-variation": lambda client: client.motion_variation(ID),
}
LOOK_PATHS = {
    "generation": "GET /generations/{id}",
    "variation": "GET /variations/{id}",
    "motion-variation": "GET /motion-variations/{id}",
}
ROWS: dict[str, Callable[[str | None], dict[str, Any]]] = {
    "generation": lambda status: {
        "generations_by_pk": {
            "id": ID,
            "status": status,
            "generated_images": [{"id": "i", "url": "https://cdn/x.jpg", "motionMP4URL": "u"}]
            if status == "COMPLETE"
            else [],
        }
    },
    "variation": lambda status: {
        "generated_image_variation_generic": [
            {"id": ID, "status": status, "url": "u" if status == "COMPLETE" else None}
        ]
    },
    "motion-variation": lambda status: {
        "generated_image_variation_motion": [
            {"id": ID, "status": status, "url": "u" if status == "COMPLETE" else None}
        ]
    },
}

# entry, request endpoint, a body, its acknowledgement, where it is looked for in reality
LIFECYCLES: list[tuple[str, str, Body, str]] = [
    ("Generation", "POST /generations", CreateGeneration.of("a fox"), "generation"),
    ("Video", "POST /generations-image-to-video", ImageToVideo.of("w", imageId=ID), "generation"),
    ("Video", "POST /generations-text-to-video", TextToVideo.of("w"), "generation"),
    ("Video", "POST /generations-motion-svd", MotionSvd.of(ID), "generation"),
    ("Variation", "POST /variations/upscale", Upscale.of(ID), "variation"),
    ("Variation", "POST /variations/unzoom", Unzoom.of(ID), "variation"),
    ("Variation", "POST /variations/nobg", RemoveBackground.of(ID), "variation"),
    ("Variation", "POST /variations/universal-upscaler", UniversalUpscale.of(ID), "variation"),
]
STATES = ("request", "ack", "pending", "complete", "failed")


class Service:
    """Answers one request for a job, then looks at it with one status after the other."""

    def __init__(self, body: Body, statuses: list[str | None]) -> None:
        self.body = body
        self.statuses = statuses
        self.asked: list[str] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        """Answer as the service does."""
        path = request.url.path.removeprefix("/api/rest/v1")
        self.asked.append(f"{request.method} {path.replace(ID, '{id}')}")
        if request.method == "POST":
            name = "id" if self.body.kind == "variation" else "generationId"
            cost = {"amount": "0.0147", "unit": "DOLLARS"}
            job = {name: ID, "apiCreditCost": None, "cost": cost}
            return httpx.Response(200, json={self.body.wrappers[0]: job})
        status = self.statuses.pop(0)
        row = ROWS[self.body.looked_for](status)
        if status is None:
            row = {name: [] for name in row}
        return httpx.Response(200, json=row)

    def client(self) -> Client:
        """Return a client whose service this is."""
        base = "https://cloud.example.org/api/rest/v1"
        key = "0f0e0d0c-1111-4222-8333-444444444444"
        return Client(base_url=base, api_key=key, transport=httpx.MockTransport(self))


def test_every_entry_of_the_structure_document_has_a_row(document: Any) -> None:
    """Its entries, states and endpoints are the rows above; no entry is forgotten."""
    name = "third-party/json-structure/leonardo-ai-generation-structure.json"
    structure = document(name)["structure"]
    endpoints = {
        entry: [row["request"]["endpoint"]] if "request" in row else row["request_endpoints"]
        for entry, row in structure.items()
    }

    assert endpoints == {
        entry: [row[1] for row in LIFECYCLES if row[0] == entry] for entry in structure
    }
    assert {STATES} == {tuple(row["lifecycle"]) for row in structure.values()}
    assert ["COMPLETE", "FAILED"] == structure["Generation"]["poll"]["terminal_states"]


def test_where_the_structure_document_looks(document: Any) -> None:
    """Its addresses are asked; that videos are looked for elsewhere is its known mistake."""
    name = "third-party/json-structure/leonardo-ai-generation-structure.json"
    structure = document(name)["structure"]
    polls = {
        entry: row["poll"]["endpoint"] if isinstance(row["poll"], dict) else row["poll"]
        for entry, row in structure.items()
    }
    ours = {row[0]: LOOK_PATHS[row[3]] for row in LIFECYCLES}

    assert polls == ours | {"Video": LOOK_PATHS["motion-variation"]}


@pytest.mark.parametrize("terminal", ["COMPLETE", "FAILED"])
@pytest.mark.parametrize(
    ("entry", "endpoint", "body", "looked_for"), LIFECYCLES, ids=[row[1] for row in LIFECYCLES]
)
async def test_lifecycle(
    entry: str, endpoint: str, body: Body, looked_for: str, terminal: str
) -> None:
    """Request, ack with id and cost, pending, then complete or failed: at the row's endpoints."""
    service = Service(body, ["PENDING", terminal])
    client = service.client()
    ack = await client.create(body)
    pending = await LOOKS[body.looked_for](client)
    ended = await LOOKS[body.looked_for](client)
    await client.aclose()

    assert (entry.lower(), looked_for) == (body.kind, body.looked_for)
    assert [endpoint, *[LOOK_PATHS[looked_for]] * 2] == service.asked
    assert (ID, Dollars("0.0147")) == (ack.id, ack.cost)
    assert (False, False) == (pending.is_complete, pending.is_failed)
    assert (terminal == "COMPLETE", terminal == "FAILED") == (ended.is_complete, ended.is_failed)


@pytest.mark.parametrize(
    "body", [row[2] for row in LIFECYCLES if row[3] == "variation"], ids=lambda body: body.endpoint
)
async def test_the_first_moments_of_a_variation(body: Body) -> None:
    """An empty array is no variation yet, not a failure."""
    client = Service(body, [None]).client()
    look = await LOOKS[body.looked_for](client)
    await client.aclose()

    assert None is look


def test_a_video_s_address_is_on_its_image() -> None:
    """The clip is beside the poster."""
    row = ROWS["generation"]("COMPLETE")["generations_by_pk"]

    assert ("u", "https://cdn/x.jpg") == (
        (look := Generation.model_validate(row)).video_url,
        look.images[0].url,
    )


# -- unknown values, nulls and new members

ANSWERS: list[tuple[Callable[[Any], Any], Any]] = [
    (Ack.read, {"sdGenerationJob": {"generationId": ID, "apiCreditCost": 3, "cost": None}}),
    (
        lambda it: Generation.model_validate(it["row"]),
        {
            "row": {
                "id": ID,
                "status": "COMPLETE",
                "seed": 1,
                "scheduler": "KLMS",
                "createdAt": "2025-03-09T14:14:40.429",
                "generated_images": [
                    {
                        "id": "i",
                        "url": "u",
                        "nsfw": False,
                        "generated_image_variation_generics": [{"id": "v", "status": "PENDING"}],
                    }
                ],
                "prompt_moderations": [{"moderationClassification": ["NSFW"]}],
            }
        },
    ),
    (
        lambda it: Variation.model_validate(it["row"]),
        {"row": {"id": ID, "status": "COMPLETE", "transformType": "UPSCALE", "url": "u"}},
    ),
    (
        lambda it: MotionVariation.model_validate(it["row"]),
        {"row": {"id": ID, "status": "FAILED", "resolution": "RESOLUTION_720", "url": None}},
    ),
    (
        Account.read,
        {"user_details": [{"user": {"id": ID}, "apiPaidTokens": 3, "apiConcurrencySlots": 10}]},
    ),
    (
        PlatformElement.read,
        {"loras": [{"akUUID": ID, "name": "Glow", "weightDefault": 1, "weightMax": 2}]},
    ),
    (Uploaded.read, {"id": ID, "url": "u", "status": "COMPLETE", "duration": 1.5, "width": 3}),
    (Prompt.read, {"promptGeneration": {"prompt": "a fox", "apiCreditCost": 4, "cost": None}}),
    (
        SyncResult.read,
        {"generateSync": {"id": ID, "results": [{"url": "u", "width": 4}], "blockedCount": 0}},
    ),
    (
        Presigned.read,
        {"uploadInitImage": {"id": ID, "url": "https://u", "fields": '{"key": "k"}', "key": "k"}},
    ),
    (
        CanvasPresigned.read,
        {
            "uploadCanvasInitImage": {
                "initImageId": ID,
                "initUrl": "u",
                "initFields": "{}",
                "maskImageId": ID,
                "maskUrl": "u",
                "maskFields": "{}",
            }
        },
    ),
]
# What a job cannot do without; null in one of them is an answer that does not fit.
NEEDED = {"id", "generationId", "akUUID", "prompt", "url", "fields", "user"} | {
    f"{which}{part}" for which in ("init", "mask") for part in ("ImageId", "Url", "Fields")
}


def changed(node: Any, name: str, value: Any) -> Any:
    """Return *node* with *value* for every member of that name."""
    if isinstance(node, list):
        return [changed(child, name, value) for child in node]
    if not isinstance(node, dict):
        return node
    return {
        key: value if key == name else changed(child, name, value) for key, child in node.items()
    }


def members(node: Any) -> set[str]:
    """Return the names of every member that holds a plain value."""
    if isinstance(node, list):
        return {name for child in node for name in members(child)}
    if not isinstance(node, dict):
        return set()
    plain = {key for key, child in node.items() if not isinstance(child, (dict, list))}
    return plain | {name for child in node.values() for name in members(child)}


@pytest.mark.parametrize(("read", "answer"), ANSWERS)
@pytest.mark.parametrize("value", [None, "NEW_VALUE", 1.5, True, [], {"new": 1}])
def test_a_value_that_nobody_promised(read: Callable[[Any], Any], answer: Any, value: Any) -> None:
    """Any value of any member that a job can do without is read past."""
    for name in members(answer) - NEEDED:
        assert None is not read(changed(answer, name, value))


@pytest.mark.parametrize(("read", "answer"), ANSWERS)
def test_a_member_that_nobody_promised(read: Callable[[Any], Any], answer: Any) -> None:
    """New members are not noticed."""

    def richer(node: Any) -> Any:
        if isinstance(node, list):
            return [richer(child) for child in node]
        if not isinstance(node, dict):
            return node
        return {key: richer(child) for key, child in node.items()} | {"brandNew": {"x": [1]}}

    once, twice = read(answer), read(richer(answer))

    # the row is kept as it came, for members that we do not name
    assert repr(once) == repr(twice)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=8,
)


@pytest.mark.parametrize(("read", "answer"), ANSWERS)
@given(body=JSON)
def test_nonsense_is_a_value_error(read: Callable[[Any], Any], answer: Any, body: Any) -> None:
    """The client turns a ValueError into an answer that does not fit; nothing else may come out."""
    wrapper = next(iter(answer))
    if wrapper in {"row", "id"}:
        return  # the reader is given a row that was found to be one
    for nonsense in (body, {wrapper: body}, {wrapper: [body]}):
        with suppress(ValueError):
            read(json.loads(json.dumps(nonsense)))
