"""What several tests need: a job that is done, an upload that has arrived."""

from __future__ import annotations

import io
import json
from typing import TYPE_CHECKING, Any

import httpx
from PIL import Image

if TYPE_CHECKING:
    from leonardo_nb.simulator import Simulator
    from leonardo_nb.testing import ManualClock

__all__ = ["PICTURE", "arrived", "image_of", "opened", "png", "posted"]


def png(size: tuple[int, int] = (96, 64), colour: str = "#c02010") -> bytes:
    """Return a PNG of one colour with a blue square in its middle."""
    image = Image.new("RGB", size, colour)
    image.paste("#1030d0", (size[0] // 3, size[1] // 3, size[0] * 2 // 3, size[1] * 2 // 3))
    buffer = io.BytesIO()
    image.save(buffer, "PNG")
    return buffer.getvalue()


PICTURE = png()


async def posted(
    simulator: Simulator, target: dict[str, Any], content: bytes, **headers: str
) -> httpx.Response:
    """Post *content* to a presigned target, as its documentation says."""
    async with httpx.AsyncClient(transport=simulator.transport()) as bare:
        return await bare.post(
            target["url"],
            data=json.loads(target["fields"]),
            files={"file": ("picture.png", content, "image/png")},
            headers=headers,
        )


async def arrived(simulator: Simulator, client: httpx.AsyncClient, content: bytes = PICTURE) -> str:
    """Upload *content*; return its id."""
    answer = await client.post("/init-image", json={"extension": "png"})
    target = answer.json()["uploadInitImage"]
    assert 204 == (await posted(simulator, target, content)).status_code
    return str(target["id"])


async def image_of(
    client: httpx.AsyncClient, clock: ManualClock, **members: object
) -> dict[str, Any]:
    """Return the row of a finished generation."""
    asked = {"prompt": "a fox", "num_images": 1, "width": 128, "height": 96, "alchemy": False}
    made = await client.post("/generations", json={**asked, **members})
    clock.advance(600)
    look = await client.get(f"/generations/{made.json()['sdGenerationJob']['generationId']}")
    row: dict[str, Any] = look.json()["generations_by_pk"]
    return row


async def opened(client: httpx.AsyncClient, url: str) -> Image.Image:
    """Return the picture at *url*."""
    answer = await client.get(url, headers={"Authorization": ""})
    assert 200 == answer.status_code
    image = Image.open(io.BytesIO(answer.content))
    image.load()
    return image
