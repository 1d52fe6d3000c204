from __future__ import annotations

import json
from typing import TYPE_CHECKING

import httpx
import pytest

from leonardo_nb.simulator import Simulator, serve_in_thread
from leonardo_nb.simulator.elements import ELEMENTS

from .uploading import PICTURE, image_of, opened

if TYPE_CHECKING:
    from leonardo_nb.testing import ManualClock


async def test_prompts_are_improved(client: httpx.AsyncClient, simulator: Simulator) -> None:
    """The prompt goes on, the same way each time, for four credits."""
    first, second = [
        (await client.post("/prompt/improve", json={"prompt": "a fox"})).json()["promptGeneration"]
        for _ in range(2)
    ]

    assert first["prompt"].startswith("a fox, ")
    assert first["prompt"] == second["prompt"]
    assert (4, 14_992) == (first["apiCreditCost"], simulator.balance)


async def test_instructions_and_videos_change_prompts(client: httpx.AsyncClient) -> None:
    """What is asked for is in it, and a film has a moving camera."""
    body = {"prompt": "a fox", "promptInstructions": "make it night", "isVideo": True}
    better = (await client.post("/prompt/improve", json=body)).json()["promptGeneration"]

    assert "make it night" in better["prompt"]
    assert "amera" in better["prompt"] or "pan" in better["prompt"]


@pytest.mark.parametrize(
    ("body", "error"),
    [
        (
            {"prompt": "x" * 201},
            "Prompt is too long, please keep it under 200 characters",
        ),
        ({}, 'expecting a value for non-nullable variable: "prompt"'),
        ({"prompt": "a fox", "style": "x"}, "Unexpected variable style"),
        ({"prompt": "gore"}, "content moderation filter: gore"),
    ],
)
async def test_what_improving_refuses(
    client: httpx.AsyncClient, simulator: Simulator, body: dict[str, object], error: str
) -> None:
    """400, the service's words, and nothing paid."""
    answer = await client.post("/prompt/improve", json=body)

    assert (400, error) == (answer.status_code, answer.json()["error"])
    assert 15_000 == simulator.balance


async def test_prompts_are_invented(client: httpx.AsyncClient) -> None:
    """Neither a body nor the same prompt twice in ten."""
    prompts = {
        (await client.post("/prompt/random")).json()["promptGeneration"]["prompt"]
        for _ in range(10)
    }

    assert len(prompts) > 5


async def test_elements_have_pictures(client: httpx.AsyncClient) -> None:
    """Every row has an address, and there is a picture."""
    rows = (await client.get("/elements")).json()["loras"]

    assert [one.name for one in ELEMENTS] == [row["name"] for row in rows]
    assert (256, 256) == (await opened(client, rows[0]["urlImage"])).size


async def test_elements_are_named_in_the_row(client: httpx.AsyncClient, clock: ManualClock) -> None:
    """A known element is described, an unknown one is not."""
    known = {"akUUID": ELEMENTS[0].id, "weight": 0.5}
    row = await image_of(client, clock, elements=[known, {"akUUID": "x"}])
    first, second = row["generation_elements"]

    assert (ELEMENTS[0].name, 0.5) == (first["lora"]["name"], first["weightApplied"])
    assert None is second["lora"]


async def test_each_endpoint_has_its_own_limit(clock: ManualClock) -> None:
    """A minute full of images leaves room for videos and v2."""
    simulator = Simulator(now=clock.now, wall=clock.wall, creates_per_minute=1)
    async with httpx.AsyncClient(
        transport=simulator.transport(),
        base_url=simulator.base_url,
        headers={"Authorization": f"Bearer {simulator.key}"},
    ) as client:
        body = {"prompt": "a fox"}
        v2 = {"model": "lucid-origin", "parameters": body}
        where = [
            ("/generations", body),
            ("/generations", body),
            ("/generations-text-to-video", body),
            ("http://simulator.invalid/api/rest/v2/generations", v2),
        ]
        codes = [(await client.post(path, json=sent)).status_code for path, sent in where]

    assert [200, 429, 200, 200] == codes


def test_uploads_through_a_port() -> None:
    """The form, the storage and the CDN are where the client found the simulator."""
    simulator = Simulator()
    with (
        serve_in_thread(simulator) as url,
        httpx.Client(headers={"Authorization": f"Bearer {simulator.key}"}) as client,
    ):
        answer = client.post(f"{url}/init-image", json={"extension": "png"})
        form = answer.json()["uploadInitImage"]
        stored = httpx.post(
            form["url"],
            data=json.loads(form["fields"]),
            files={"file": ("a.png", PICTURE, "image/png")},
        )
        row = client.get(f"{url}/init-image/{form['id']}").json()["init_images_by_pk"]
        content = httpx.get(row["url"]).content

    assert (204, PICTURE) == (stored.status_code, content)
