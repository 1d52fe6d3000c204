from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from PIL import Image, ImageChops, ImageStat

from leonardo_nb.simulator import retouch
from leonardo_nb.simulator.painter import paint
from leonardo_nb.simulator.variations import UPSCALER_STYLES

from .uploading import arrived, image_of, opened

if TYPE_CHECKING:
    import httpx

    from leonardo_nb.simulator import Simulator
    from leonardo_nb.testing import ManualClock

NOBODY = "9d8a6c9e-5f0b-4a8e-9a39-3d1f0f6f7a11"
WRAPPERS = {
    "upscale": ("sdUpscaleJob", 15, "UPSCALE"),
    "unzoom": ("sdUnzoomJob", 15, "UNZOOM"),
    "nobg": ("sdNobgJob", 5, "NOBG"),
}


async def vary(client: httpx.AsyncClient, how: str, **body: object) -> dict[str, Any]:
    answer = await client.post(f"/variations/{how}", json=body)
    assert 200 == answer.status_code, answer.text
    (acknowledgement,) = answer.json().values()
    return dict(acknowledgement)


async def look(client: httpx.AsyncClient, variation_id: str) -> list[dict[str, Any]]:
    answer = await client.get(f"/variations/{variation_id}")
    rows: list[dict[str, Any]] = answer.json()["generated_image_variation_generic"]
    return rows


async def varied(
    client: httpx.AsyncClient, clock: ManualClock, how: str, **body: object
) -> Image.Image:
    made = await vary(client, how, **body)
    clock.advance(600)
    (row,) = await look(client, made["id"])
    return await opened(client, row["url"])


def apart(one: Image.Image, other: Image.Image) -> float:
    """Return how different two pictures are, 0 to 255."""
    size = (64, 48)
    difference = ImageChops.difference(
        one.convert("RGB").resize(size), other.convert("RGB").resize(size)
    )
    return sum(ImageStat.Stat(difference).mean) / 3


@pytest.mark.parametrize("how", WRAPPERS)
async def test_a_variation_s_life(client: httpx.AsyncClient, clock: ManualClock, how: str) -> None:
    """An id and a price; nothing at first, then PENDING without a URL, then COMPLETE with one."""
    wrapper, price, transform = WRAPPERS[how]
    image = (await image_of(client, clock))["generated_images"][0]
    answer = await client.post(f"/variations/{how}", json={"id": image["id"]})
    job = answer.json()[wrapper]
    at_once = await look(client, job["id"])
    clock.advance(1)
    (pending,) = await look(client, job["id"])
    clock.advance(60)
    (complete,) = await look(client, job["id"])

    assert [wrapper] == list(answer.json())
    assert {"amount": str(price), "unit": "CREDITS"} == job["cost"]
    assert [] == at_once
    assert ("PENDING", None) == (pending["status"], pending["url"])
    assert ("COMPLETE", transform) == (complete["status"], complete["transformType"])


async def test_a_scripted_variation_is_absent_for_longer(
    client: httpx.AsyncClient, clock: ManualClock, simulator: Simulator
) -> None:
    """Two looks find nothing, whatever the time."""
    image = (await image_of(client, clock))["generated_images"][0]
    simulator.script(absent_looks=2)
    job = await vary(client, "nobg", id=image["id"])
    clock.advance(60)

    assert [0, 0, 1] == [len(await look(client, job["id"])) for _ in range(3)]


async def test_a_variation_may_fail(
    client: httpx.AsyncClient, clock: ManualClock, simulator: Simulator
) -> None:
    """FAILED without a URL, and the credits come back."""
    image = (await image_of(client, clock))["generated_images"][0]
    before = simulator.balance
    simulator.script(path="/variations/upscale", fail=True)
    job = await vary(client, "upscale", id=image["id"])
    clock.advance(60)
    (row,) = await look(client, job["id"])

    assert (("FAILED", None), before) == ((row["status"], row["url"]), simulator.balance)


async def test_an_image_lists_its_variations(client: httpx.AsyncClient, clock: ManualClock) -> None:
    """The generation's row names what was made of each image."""
    row = await image_of(client, clock)
    job = await vary(client, "nobg", id=row["generated_images"][0]["id"])
    again = (await client.get(f"/generations/{row['id']}")).json()["generations_by_pk"]
    (variation,) = again["generated_images"][0]["generated_image_variation_generics"]

    assert {"id": job["id"], "status": "PENDING", "transformType": "NOBG", "url": None} == variation


@pytest.mark.parametrize(
    ("how", "body", "status", "error"),
    [
        ("upscale", {}, 400, 'expecting a value for non-nullable variable: "id"'),
        ("upscale", {"id": NOBODY}, 500, "Service Error"),
        ("upscale", {"id": NOBODY, "isVariation": True}, 400, "Unexpected variable isVariation"),
        ("unzoom", {"id": NOBODY, "isVariation": True}, 400, "failed to find init variation"),
        ("nobg", {"id": 7}, 400, "expected a string for type 'String', but found a number"),
        ("universal-upscaler", {}, 400, "Exactly one of"),
        ("universal-upscaler", {"variationId": NOBODY}, 400, "failed to find init variation"),
        ("universal-upscaler", {"generatedImageId": NOBODY}, 500, "Service Error"),
        ("universal-upscaler", {"initImageId": NOBODY}, 400, "invalid init image id"),
        (
            "universal-upscaler",
            {"initImageId": NOBODY, "upscalerStyle": "GENERAL", "ultraUpscaleStyle": "ARTISTIC"},
            400,
            "can not be used with ultraUpscaleStyle",
        ),
        ("universal-upscaler", {"initImageId": NOBODY, "similarity": 3}, 400, "similarity"),
        (
            "universal-upscaler",
            {"initImageId": NOBODY, "creativityStrength": 11},
            400,
            "creativityStrength",
        ),
    ],
)
async def test_what_is_refused(
    client: httpx.AsyncClient, how: str, body: dict[str, object], status: int, error: str
) -> None:
    """Each refusal has the service's status, text and three members."""
    answer = await client.post(f"/variations/{how}", json=body)

    assert status == answer.status_code
    assert error in answer.json()["error"]
    assert {"error", "path", "code"} == set(answer.json())


async def test_a_generation_s_id_is_no_image(client: httpx.AsyncClient, clock: ManualClock) -> None:
    """The two ids that people mix up give the service's least helpful sentence."""
    row = await image_of(client, clock)
    answer = await client.post("/variations/upscale", json={"id": row["id"]})

    assert (500, "Service Error") == (answer.status_code, answer.json()["error"])


async def test_upscaled_is_the_same_larger(client: httpx.AsyncClient, clock: ManualClock) -> None:
    """Twice the sides, and hardly another picture."""
    image = (await image_of(client, clock))["generated_images"][0]
    original = await opened(client, image["url"])
    large = await varied(client, clock, "upscale", id=image["id"])

    assert (original.width * 2, original.height * 2) == large.size
    assert apart(original, large) < 8


async def test_unzoomed_is_wider(client: httpx.AsyncClient, clock: ManualClock) -> None:
    """The middle of the new view is the old picture, made smaller."""
    image = (await image_of(client, clock))["generated_images"][0]
    original = await opened(client, image["url"])
    wide = await varied(client, clock, "unzoom", id=image["id"])
    edge = 0.5 - 0.5 / 1.6
    box = tuple(
        round(side * share) for share in (edge, 1 - edge) for side in (wide.width, wide.height)
    )

    assert original.size == wide.size
    assert apart(original, wide.crop(box)) < 14  # type: ignore[arg-type]


async def test_nobg_keeps_transparency(client: httpx.AsyncClient, clock: ManualClock) -> None:
    """A PNG with an alpha channel: clear corners, a solid subject."""
    image = (await image_of(client, clock))["generated_images"][0]
    cut = await varied(client, clock, "nobg", id=image["id"])
    alpha = np.asarray(cut.getchannel("A"))

    assert ("PNG", "RGBA") == (cut.format, cut.mode)
    assert 0 == alpha[0, 0]
    assert 0.02 < (alpha > 200).mean() < 0.9


async def test_variations_of_variations(client: httpx.AsyncClient, clock: ManualClock) -> None:
    """The member isVariation says whose id it is; an upscaled cut-out stays transparent."""
    image = (await image_of(client, clock))["generated_images"][0]
    cut = await vary(client, "nobg", id=image["id"])
    clock.advance(60)
    refused = await client.post("/variations/unzoom", json={"id": cut["id"], "isVariation": False})
    wide = await varied(client, clock, "unzoom", id=cut["id"], isVariation=True)

    assert "failed to find init variation" == refused.json()["error"]
    assert "RGB" == wide.mode


async def test_universal_styles_differ(client: httpx.AsyncClient, clock: ManualClock) -> None:
    """Six styles, six pictures, each of the asked size."""
    image = (await image_of(client, clock))["generated_images"][0]
    styles = [
        *(("upscalerStyle", one) for one in ("GENERAL", "CINEMATIC", "2D ART & ILLUSTRATION")),
        ("upscalerStyle", "CG ART & GAME ASSETS"),
        ("ultraUpscaleStyle", "ARTISTIC"),
        ("ultraUpscaleStyle", "REALISTIC"),
    ]
    pictures = [
        await varied(
            client, clock, "universal-upscaler", generatedImageId=image["id"],
            upscaleMultiplier=2.0, **{name: style},
        )
        for name, style in styles
    ]  # fmt: skip
    closest = min(apart(one, other) for i, one in enumerate(pictures) for other in pictures[:i])

    assert {(256, 192)} == {picture.size for picture in pictures}
    assert closest > 1


async def test_uploads_can_be_upscaled(
    client: httpx.AsyncClient, clock: ManualClock, simulator: Simulator
) -> None:
    """An upload goes in, and comes out larger by the multiplier; 60 credits."""
    upload = await arrived(simulator, client)
    job = await vary(client, "universal-upscaler", initImageId=upload)
    large = await varied(client, clock, "universal-upscaler", initImageId=upload)

    assert (60, (144, 96)) == (job["apiCreditCost"], large.size)


@pytest.mark.parametrize("prompt", ["a fox in a forest at dawn", "a lighthouse at sunset"])
def test_the_styles_of_the_upscaler_can_be_told_apart(prompt: str) -> None:
    """Each pair of the four is more than ten of 256 levels apart, on the average of all pixels."""
    image = paint({"prompt": prompt, "seed": 4}, width=256, height=256)
    made = [
        np.asarray(retouch.restyled(image.copy(), style, 0.6), dtype=np.float32)
        for style in UPSCALER_STYLES
    ]
    apart = [np.abs(a - b).mean() for a, b in itertools.combinations(made, 2)]

    assert 6 == sum(levels > 10 for levels in apart)
