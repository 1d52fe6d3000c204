"""Every answer fits the published specification, where that lies beside the repository."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jsonschema  # type: ignore[import-untyped]
import pytest

if TYPE_CHECKING:
    import httpx

    from leonardo_nb.simulator import Simulator
    from leonardo_nb.testing import ManualClock

FILE = Path(__file__).parents[2].parent / "shared" / "leonardo" / "openapi.json"

PHOENIX = "de7d3faf-762f-48e0-b3b7-9d0ac3a3fcf3"
LUCID_ORIGIN = "7b592283-e8a7-4c5a-9ba6-d18c31f258b9"
KONTEXT = "28aeddf8-bd19-4803-80fc-79602d1a9989"
KINO = "aa77f04e-3eec-4034-9c07-d0f619684628"

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
PRICE = {
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
