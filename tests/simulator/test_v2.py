from __future__ import annotations

import base64
import io
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from PIL import Image

from leonardo_nb.simulator import mp4
from leonardo_nb.simulator.v2_models import MODELS

from .uploading import PICTURE, arrived, image_of, opened

if TYPE_CHECKING:
    import httpx

    from leonardo_nb.simulator import Simulator
    from leonardo_nb.testing import ManualClock

SHARED = Path(__file__).parents[2].parent / "shared" / "leonardo"
GENERATIONS = "http://simulator.invalid/api/rest/v2/generations"
SYNC = GENERATIONS + "sync"
FOX = {"prompt": "a fox", "width": 128, "height": 96, "quantity": 1}
NOBODY = "9d8a6c9e-5f0b-4a8e-9a39-3d1f0f6f7a11"


async def ask(
    client: httpx.AsyncClient, model: str = "lucid-origin", **parameters: object
) -> httpx.Response:
    body = {"model": model, "public": False, "parameters": {**FOX, **parameters}}
    return await client.post(GENERATIONS, json=body)


async def made(
    client: httpx.AsyncClient, clock: ManualClock, model: str = "lucid-origin", **parameters: object
) -> dict[str, Any]:
    answer = await ask(client, model, **parameters)
    assert ["generate"] == list(answer.json()), answer.text
    clock.advance(600)
    look = await client.get(f"/generations/{answer.json()['generate']['generationId']}")
    row: dict[str, Any] = look.json()["generations_by_pk"]
    return row


async def test_a_v2_job_is_looked_for_in_v1(client: httpx.AsyncClient, clock: ManualClock) -> None:
    """A nested acknowledgement, an id of version 6, and the rows and files of v1."""
    answer = await ask(client, quantity=2, seed=7)
    ack = answer.json()["generate"]
    row = await made(client, clock, quantity=2, seed=7)
    picture = await opened(client, row["generated_images"][1]["url"])

    assert {"generationId", "apiCreditCost", "cost"} == set(ack)
    assert ("6", None) == (ack["generationId"][14], ack["apiCreditCost"])
    assert ("COMPLETE", 7, 2) == (row["status"], row["seed"], len(row["generated_images"]))
    assert ("JPEG", (128, 96)) == (picture.format, picture.size)


async def test_looks_at_v2_have_no_endpoint(client: httpx.AsyncClient) -> None:
    """Reading stays on v1."""
    answer = await client.get(f"{GENERATIONS}/{NOBODY}")

    assert (404, "Endpoint not found") == (answer.status_code, answer.json()["error"])


@pytest.mark.parametrize(
    ("model", "parameters", "code", "words"),
    [
        ("lucid-origin", {"prompt": ""}, "VALIDATION_ERROR", "prompt should not be empty"),
        ("lucid-origin", {"width": 130}, "VALIDATION_ERROR", "width must be a multiple of 8"),
        ("lucid-origin", {"width": 4000}, "VALIDATION_ERROR", "between 16 and 3840"),
        ("lucid-origin", {"quantity": 9}, "VALIDATION_ERROR", "quantity"),
        ("lucid-origin", {"mode": "QUALITY"}, "VALIDATION_ERROR", "FAST, ULTRA"),
        ("lucid-origin", {"guidance_scale": 7}, "VALIDATION_ERROR", "guidance_scale should not"),
        ("lucid-origin", {"style_ids": [NOBODY]}, "VALIDATION_ERROR", "is not a style of"),
        ("lucid-origin", {"guidances": {"pose": []}}, "VALIDATION_ERROR", "pose should not exist"),
        (
            "lucid-origin",
            {"guidances": {"style": [{"image": {"id": NOBODY, "type": "UPLOADED"}}]}},
            "VALIDATION_ERROR",
            "strength must be one of",
        ),
        (
            "lucid-origin",
            {
                "guidances": {
                    "style": [{"image": {"id": NOBODY, "type": "UPLOADED"}, "strength": "MID"}]
                }
            },
            "BadRequestException",
            "invalid init image id",
        ),
        ("lucid-origin", {"prompt": "gore"}, "BadRequestException", "content moderation filter"),
        ("gpt-image-2", {"seed": 3}, "VALIDATION_ERROR", "seed should not exist"),
        ("motion_2.0", {"width": 500}, "VALIDATION_ERROR", "width and height must be one of"),
        ("no-such-model", {}, "NOT_FOUND", "no-such-model not found"),
    ],
)
async def test_failures_are_arrays(
    *,
    client: httpx.AsyncClient,
    simulator: Simulator,
    model: str,
    parameters: dict[str, object],
    code: str,
    words: str,
) -> None:
    """HTTP 200, one error with a code, and nothing paid."""
    answer = await ask(client, model, **parameters)
    (error,) = answer.json()

    assert (200, code, 0) == (answer.status_code, error["extensions"]["code"], simulator.creates)
    assert words in json.dumps(error)
    assert {"message", "path", "locations", "extensions"} == set(error)


async def test_a_video_whose_length_has_a_default_takes_a_length(
    client: httpx.AsyncClient, clock: ManualClock
) -> None:
    """Happy Horse makes 5 s unless it is told otherwise; which lengths it has is not known."""
    video = {"width": 96, "height": 64, "quantity": 1}

    assert "COMPLETE" == (await made(client, clock, "happy-horse", duration=2, **video))["status"]


async def test_an_empty_account(client: httpx.AsyncClient, simulator: Simulator) -> None:
    """Too few credits are an array as well; a bad key is not."""
    simulator.world.credits = 0
    (error,) = (await ask(client)).json()
    refused = await client.post(GENERATIONS, json={}, headers={"Authorization": "Bearer no"})

    assert "not enough api tokens" in error["message"]
    assert (500, "unexpected") == (refused.status_code, refused.json()["code"])


async def test_other_models(client: httpx.AsyncClient) -> None:
    """Sound is part of the service, and not simulated."""
    answer = await ask(client, "music-v1")

    assert (501, "not-supported") == (answer.status_code, answer.json()["code"])


async def test_guidances_show(
    client: httpx.AsyncClient, clock: ManualClock, simulator: Simulator
) -> None:
    """A style reference changes the picture."""
    upload = await arrived(simulator, client)
    style = [{"image": {"id": upload, "type": "UPLOADED"}, "strength": "MAX"}]
    plain = await made(client, clock, seed=1)
    guided = await made(client, clock, seed=1, guidances={"style": style})
    pictures = [
        (await opened(client, row["generated_images"][0]["url"])).tobytes()
        for row in (plain, guided)
    ]

    assert pictures[0] != pictures[1]


@pytest.mark.skipif(not mp4.can_film(), reason="this Pillow cannot encode AV1")
async def test_a_v2_video(client: httpx.AsyncClient, clock: ManualClock) -> None:
    """Motion 2.0 through v2 gives the films of v1."""
    row = await made(client, clock, "motion_2.0", width=576, height=720)
    (image,) = row["generated_images"]
    content = (await client.get(image["motionMP4URL"])).content

    assert (576, 720, 5.0) == mp4.measures(content)


async def test_the_models_list_has_no_slugs(client: httpx.AsyncClient) -> None:
    """Ids, names and schemas of every model."""
    answer = await client.get("http://simulator.invalid/api/rest/v2/models")
    rows = answer.json()["productionApiAvailableModels"]

    assert len(MODELS) == len(rows)
    assert {"id", "name", "parameters"} == {name for row in rows for name in row}


def test_the_slugs_are_the_reference_s() -> None:
    """All 79, with the sizes and quantities that are known."""
    file = SHARED / "v2-models.json"
    if not file.exists():
        pytest.skip("needs the reference data beside the repository")
    rows = {row["model"]: row for row in json.loads(file.read_text())["models"]}

    assert set(rows) == {model.slug for model in MODELS}
    for model in MODELS:
        row = rows[model.slug]
        assert row.get("width") == (model.width and list(model.width))
        assert tuple(row.get("mode", ())) == model.modes
        assert row.get("v1_model_id") == model.model_id


async def remove(client: httpx.AsyncClient, image: object, **options: object) -> httpx.Response:
    body = {
        "model": "remove-bg",
        "parameters": {"guidances": {"image_reference": [{"image": image}]}},
        **options,
    }
    return await client.post(SYNC, json=body)


async def test_backgrounds_are_removed_at_once(
    client: httpx.AsyncClient, clock: ManualClock, simulator: Simulator
) -> None:
    """The answer is the picture: a URL, or its bytes; every answer is billed."""
    image = (await image_of(client, clock))["generated_images"][0]
    before = simulator.balance
    linked = (await remove(client, {"id": image["id"], "type": "GENERATED"})).json()["generateSync"]
    data = base64.b64encode(PICTURE).decode()
    sent = await remove(client, {"data": data, "type": "BASE64"}, base64=True)
    (result,) = sent.json()["generateSync"]["results"]
    picture = Image.open(io.BytesIO(base64.b64decode(result["dataB64"])))

    assert "RGBA" == (await opened(client, linked["results"][0]["url"])).mode
    assert ("RGBA", (96, 64)) == (picture.mode, picture.size)
    assert ("image/png", 0) == (result["contentType"], linked["blockedCount"])
    assert before - 140 == simulator.balance


async def test_what_sync_refuses(client: httpx.AsyncClient) -> None:
    """No image, no such image, no such model: arrays, and nothing paid."""
    answers = [
        await client.post(SYNC, json={"model": "remove-bg", "parameters": {}}),
        await remove(client, {"id": NOBODY, "type": "GENERATED"}),
        await client.post(SYNC, json={"model": "lucid-origin", "parameters": {}}),
    ]
    codes = [answer.json()[0]["extensions"]["code"] for answer in answers]

    assert ["VALIDATION_ERROR", "BadRequestException", "NOT_FOUND"] == codes
