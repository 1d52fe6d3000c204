"""Every answer fits the published specification, where that lies beside the repository."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jsonschema  # type: ignore[import-untyped]
import pytest

from leonardo_nb.simulator.mp4 import can_film

from .uploading import arrived, image_of

if TYPE_CHECKING:
    import httpx

    from leonardo_nb.simulator import Simulator
    from leonardo_nb.testing import ManualClock

FILE = Path(__file__).parents[2].parent / "shared" / "leonardo" / "openapi.json"

PHOENIX = "de7d3faf-762f-48e0-b3b7-9d0ac3a3fcf3"
LUCID_ORIGIN = "7b592283-e8a7-4c5a-9ba6-d18c31f258b9"
KONTEXT = "28aeddf8-bd19-4803-80fc-79602d1a9989"
KINO = "aa77f04e-3eec-4034-9c07-d0f619684628"

NOBODY = "9d8a6c9e-5f0b-4a8e-9a39-3d1f0f6f7a11"

REQUESTS: list[dict[str, object]] = [
    {},
    {"num_images": 2, "seed": 7, "guidance_scale": 7.5, "negative_prompt": "fog"},
    {"modelId": PHOENIX, "contrast": 3.5},
    {"modelId": LUCID_ORIGIN, "ultra": True},
    {"modelId": KONTEXT},
    {"photoReal": True, "photoRealVersion": "v2", "modelId": KINO, "presetStyle": "FILM"},
    {"photoReal": True},
    {"sd_version": "v2", "promptMagic": True, "promptMagicVersion": "v3"},
    {"elements": [{"akUUID": "x", "weight": 0.5}], "public": True, "fantasyAvatar": True},
    {"prompt": "a massacre"},
]
PRICE: dict[str, object] = {
    "service": "IMAGE_GENERATION",
    "serviceParams": {
        "IMAGE_GENERATION": {
            "imageHeight": 512,
            "imageWidth": 512,
            "numImages": 1,
            "inferenceSteps": 15,
            "alchemyMode": True,
            "highResolution": False,
        }
    },
}


@pytest.fixture(scope="module")
def specification() -> dict[str, Any]:
    """The specification as JSON Schema: what is nullable may be null, members are all there."""
    if not FILE.exists():
        pytest.skip("needs the published specification beside the repository")
    translated: dict[str, Any] = _with_nulls(json.loads(FILE.read_text()))
    return translated


def _with_nulls(node: Any) -> Any:
    """Say in JSON Schema's words what OpenAPI 3.0 calls nullable."""
    if isinstance(node, list):
        return [_with_nulls(child) for child in node]
    if not isinstance(node, dict):
        return node
    schema = {name: _with_nulls(child) for name, child in node.items()}
    if node.get("nullable") is True and isinstance(node.get("type"), str):
        schema["type"] = [node["type"], "null"]
        if "enum" in node:
            schema["enum"] = [*node["enum"], None]
    return schema


def check(specification: dict[str, Any], method: str, path: str, answer: httpx.Response) -> None:
    content = specification["paths"][path][method]["responses"]["200"]["content"]
    schema = content["application/json"]["schema"]
    assert 200 == answer.status_code
    assert set(schema["properties"]) == set(answer.json())
    jsonschema.validate(answer.json(), {**schema, "components": specification["components"]})


async def test_simple_answers_fit(client: httpx.AsyncClient, specification: dict[str, Any]) -> None:
    """The account, the models and the price."""
    check(specification, "get", "/me", await client.get("/me"))
    check(specification, "get", "/platformModels", await client.get("/platformModels"))
    priced = await client.post("/pricing-calculator", json=PRICE)
    check(specification, "post", "/pricing-calculator", priced)


@pytest.mark.parametrize("unit", ["CREDITS", "DOLLARS"])
@pytest.mark.parametrize("members", REQUESTS)
async def test_a_job_s_answers_fit(
    *,
    simulator: Simulator,
    client: httpx.AsyncClient,
    clock: ManualClock,
    specification: dict[str, Any],
    members: dict[str, object],
    unit: Any,
) -> None:
    """Made, pending, listed, done or failed, deleted, and deleted again."""
    simulator.unit = unit
    made = await client.post("/generations", json={"prompt": "a fox"} | members)
    check(specification, "post", "/generations", made)
    one = f"/generations/{made.json()['sdGenerationJob']['generationId']}"
    for seconds in (0, 600):
        clock.advance(seconds)
        check(specification, "get", "/generations/{id}", await client.get(one))
        listed = await client.get(f"/generations/user/{simulator.world.user_id}")
        check(specification, "get", "/generations/user/{userId}", listed)
    for _ in range(2):
        check(specification, "delete", "/generations/{id}", await client.delete(one))
    check(specification, "get", "/generations/{id}", await client.get(one))


async def test_a_variation_s_answers_fit(
    client: httpx.AsyncClient, clock: ManualClock, specification: dict[str, Any]
) -> None:
    """Made, absent, pending, done, failed, and listed with its image."""
    row = await image_of(client, clock)
    image = row["generated_images"][0]["id"]
    bodies: dict[str, dict[str, object]] = {
        "upscale": {"id": image},
        "unzoom": {"id": image, "isVariation": False},
        "nobg": {"id": image},
        "universal-upscaler": {"generatedImageId": image, "ultraUpscaleStyle": "ARTISTIC"},
    }
    for how, body in bodies.items():
        made = await client.post(f"/variations/{how}", json=body)
        check(specification, "post", f"/variations/{how}", made)
        (ack,) = made.json().values()
        for seconds in (0, 1, 600):
            clock.advance(seconds)
            look = await client.get(f"/variations/{ack['id']}")
            check(specification, "get", "/variations/{id}", look)
    again = await client.get(f"/generations/{row['id']}")
    check(specification, "get", "/generations/{id}", again)


@pytest.mark.skipif(not can_film(), reason="this Pillow cannot encode AV1")
async def test_a_video_s_answers_fit(
    client: httpx.AsyncClient,
    clock: ManualClock,
    simulator: Simulator,
    specification: dict[str, Any],
) -> None:
    """From text, from an image, upscaled; pending, done, listed."""
    image = (await image_of(client, clock))["generated_images"][0]["id"]
    bodies: dict[str, dict[str, object]] = {
        "text": {"prompt": "a fox"},
        "image": {"prompt": "a fox", "imageId": image, "imageType": "GENERATED"},
    }
    for how, body in bodies.items():
        path = f"/generations-{how}-to-video"
        made = await client.post(path, json=body)
        check(specification, "post", path, made)
        job = made.json()["motionVideoGenerationJob"]["generationId"]
        for seconds in (0, 600):
            clock.advance(seconds)
            look = await client.get(f"/generations/{job}")
            check(specification, "get", "/generations/{id}", look)
    listed = await client.get(f"/generations/user/{simulator.world.user_id}")
    check(specification, "get", "/generations/user/{userId}", listed)
    made = await client.post(
        "/generations-video-upscale",
        json={"sourceGenerationId": job, "resolution": "RESOLUTION_720"},
    )
    check(specification, "post", "/generations-video-upscale", made)
    variation = made.json()["motionVideoGenerationJob"]["variationId"]
    for seconds in (0, 1, 600):
        clock.advance(seconds)
        look = await client.get(f"/motion-variations/{variation}")
        check(specification, "get", "/motion-variations/{id}", look)


@pytest.mark.parametrize("unit", ["CREDITS", "DOLLARS"])
async def test_tools_answers_fit(
    client: httpx.AsyncClient, simulator: Simulator, specification: dict[str, Any], unit: Any
) -> None:
    """Uploads, elements and prompts."""
    simulator.unit = unit
    upload = await arrived(simulator, client)
    canvas = {"initExtension": "png", "maskExtension": "webp"}
    media = await client.post("/media", json={"extension": "mov"})
    media_id = media.json()["uploadMedia"]["uploadId"]
    check(specification, "post", "/media", media)
    for method, path, body in (
        ("post", "/init-image", {"extension": "webp"}),
        ("post", "/canvas-init-image", canvas),
        ("get", "/init-image/{id}", upload),
        ("get", "/init-image/{id}", NOBODY),
        ("delete", "/init-image/{id}", upload),
        ("delete", "/init-image/{id}", upload),
        ("get", "/media/{id}", media_id),
        ("get", "/media/{id}", NOBODY),
        ("delete", "/media/{id}", media_id),
        ("delete", "/media/{id}", media_id),
        ("get", "/elements", None),
        ("get", "/elements/{id}", "7"),
        ("delete", "/elements/{id}", "7"),
        ("get", "/elements/user/{userId}", simulator.world.user_id),
        ("post", "/prompt/improve", {"prompt": "a fox", "isVideo": True}),
        ("post", "/prompt/random", None),
        ("get", "/variations/{id}", NOBODY),
        ("get", "/motion-variations/{id}", NOBODY),
    ):
        where = path if not isinstance(body, str) else re.sub(r"\{\w+\}", body, path)
        sent = {"json": body} if isinstance(body, dict) else {}
        answer = await client.request(method, where, **sent)  # type: ignore[arg-type]
        check(specification, method, path, answer)


@pytest.mark.parametrize(
    ("service", "params", "credits"),
    [
        ("FANTASY_AVATAR_GENERATION", {"imageHeight": 512, "imageWidth": 512, "numImages": 4}, 7),
        ("MOTION_SVD_GENERATION", {}, 45),
        ("MOTION_VIDEO_GENERATION", {"resolution": "RESOLUTION_480"}, 100),
        ("VEO3_MOTION_VIDEO_GENERATION", {"resolution": "RESOLUTION_720"}, 672),
        ("LCM_GENERATION", {"width": 1024, "height": 1024}, 4),
        ("MODEL_TRAINING", {"resolution": 768}, 1500),
        ("TEXTURE_GENERATION", {"preview": True}, 30),
        ("UNIVERSAL_UPSCALER", {"megapixel": 7}, 100),
        (
            "UNIVERSAL_UPSCALER_ULTRA",
            {"inputWidth": 2000, "inputHeight": 2000, "upscaleMultiplier": 2.0},
            280,
        ),
    ],
)
async def test_every_service_has_a_price(
    client: httpx.AsyncClient,
    specification: dict[str, Any],
    service: str,
    params: dict[str, object],
    credits: int,  # noqa: A002  the service's word
) -> None:
    """Whole credits, in the specification's shape."""
    body = {"service": service, "serviceParams": {service: params}}
    answer = await client.post("/pricing-calculator", json=body)
    check(specification, "post", "/pricing-calculator", answer)

    assert credits == answer.json()["calculateProductionApiServiceCost"]["cost"]


JUNK: list[object] = [None, True, -1, 2.5, "x", "", [], {}, [None], {"a": 1}, "\ud800", 10**30]


async def test_bad_input_is_refused_in_the_service_s_shape(
    client: httpx.AsyncClient, clock: ManualClock, specification: dict[str, Any]
) -> None:
    """Every member of every simulated endpoint, given junk: no crash, and three members."""
    image = (await image_of(client, clock))["generated_images"][0]["id"]
    good: dict[str, dict[str, object]] = {
        "/generations": {"prompt": "a fox"},
        "/generations-text-to-video": {"prompt": "a fox"},
        "/generations-image-to-video": {
            "prompt": "a fox",
            "imageId": image,
            "imageType": "GENERATED",
        },
        "/generations-video-upscale": {
            "sourceGenerationId": NOBODY,
            "resolution": "RESOLUTION_720",
        },
        "/variations/upscale": {"id": image},
        "/variations/unzoom": {"id": image},
        "/variations/nobg": {"id": image},
        "/variations/universal-upscaler": {"generatedImageId": image},
        "/init-image": {"extension": "png"},
        "/canvas-init-image": {"initExtension": "png", "maskExtension": "png"},
        "/media": {"extension": "mp4"},
        "/prompt/improve": {"prompt": "a fox"},
        "/pricing-calculator": PRICE,
    }
    for path, body in good.items():
        content = specification["paths"][path]["post"]["requestBody"]["content"]
        schema = next(iter(content.values()))["schema"]
        for name in schema["properties"]:
            for junk in JUNK:
                clock.advance(61)
                answer = await client.post(path, content=json.dumps({**body, name: junk}))
                if answer.status_code == 200:
                    check(specification, "post", path, answer)
                else:
                    assert answer.status_code in {400, 500, 429}, (path, name, junk)
                    assert {"error", "path", "code"} == set(answer.json())
                    assert all(isinstance(text, str) for text in answer.json().values())


async def test_every_specified_route_is_known(
    client: httpx.AsyncClient, specification: dict[str, Any]
) -> None:
    """No path of the specification answers 404."""
    unknown = [
        f"{method} {path}"
        for path, methods in specification["paths"].items()
        for method in methods
        if method in {"get", "post", "delete"}
        and 404
        == (await client.request(method, path.replace("{", "").replace("}", ""))).status_code
    ]

    assert [] == unknown
