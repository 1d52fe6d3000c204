from __future__ import annotations

import io
import json
import re
import struct
import zlib
from typing import TYPE_CHECKING, Any

import httpx
import numpy as np
import pytest
from PIL import Image

from .uploading import PICTURE, arrived, image_of, opened, png, posted

if TYPE_CHECKING:
    from leonardo_nb.simulator import Simulator
    from leonardo_nb.testing import ManualClock


async def target(client: httpx.AsyncClient, extension: str = "png") -> dict[str, Any]:
    answer = await client.post("/init-image", json={"extension": extension})
    made: dict[str, Any] = answer.json()["uploadInitImage"]
    return made


def code_of(answer: httpx.Response) -> tuple[int, str | None]:
    found = re.search("<Error><Code>(.*?)</Code><Message>", answer.text)
    return answer.status_code, found and found[1]


async def test_an_upload_s_life(client: httpx.AsyncClient, simulator: Simulator) -> None:
    """Fields are JSON in JSON, the answer is 204; the file is on the CDN until it is deleted."""
    made = await target(client)
    answer = await posted(simulator, made, PICTURE)
    path = f"/init-image/{made['id']}"
    row = (await client.get(path)).json()["init_images_by_pk"]
    content = (await client.get(row["url"])).content
    first, second = [(await client.delete(path)).json() for _ in range(2)]

    assert "image/png" == json.loads(made["fields"])["Content-Type"]
    assert (204, b"") == (answer.status_code, answer.content)
    assert PICTURE == content
    assert {"delete_init_images_by_pk": {"id": made["id"]}} == first
    assert {"delete_init_images_by_pk": None} == second
    assert 404 == (await client.get(row["url"])).status_code


async def test_a_key_sent_along_is_refused(client: httpx.AsyncClient, simulator: Simulator) -> None:
    """The storage answers 403 in XML, and does not keep the file."""
    made = await target(client)
    answer = await posted(simulator, made, PICTURE, Authorization=f"Bearer {simulator.key}")

    assert (403, "AccessDenied") == code_of(answer)
    assert {} == dict(simulator.world.uploads.contents)


@pytest.mark.parametrize(("seconds", "status"), [(120, 204), (121, 403)])
async def test_forms_live_two_minutes(
    client: httpx.AsyncClient,
    simulator: Simulator,
    clock: ManualClock,
    seconds: float,
    status: int,
) -> None:
    """The last moment is good, the next one says that the policy has expired."""
    made = await target(client)
    clock.advance(seconds)
    answer = await posted(simulator, made, PICTURE)

    assert status == answer.status_code
    assert ("Policy expired" in answer.text) is (status == 403)


async def test_the_file_comes_last(client: httpx.AsyncClient, simulator: Simulator) -> None:
    """Fields behind the file are not seen."""
    made = await target(client)
    parts: list[tuple[str, Any]] = [("file", ("a.png", PICTURE, "image/png"))]
    parts += [(name, (None, value)) for name, value in json.loads(made["fields"]).items()]
    async with httpx.AsyncClient(transport=simulator.transport()) as bare:
        answer = await bare.post(made["url"], files=parts)

    assert (400, "InvalidArgument") == code_of(answer)
    assert "check the order of the fields" in answer.text


@pytest.mark.parametrize(
    ("changes", "status", "code"),
    [
        ({"X-Amz-Signature": "0"}, 403, "SignatureDoesNotMatch"),
        ({"Policy": "e30="}, 403, "SignatureDoesNotMatch"),
        ({"Content-Type": "image/gif"}, 403, "AccessDenied"),
        ({"key": "elsewhere.png"}, 403, "AccessDenied"),
    ],
)
async def test_fields_are_signed(
    client: httpx.AsyncClient,
    simulator: Simulator,
    changes: dict[str, str],
    status: int,
    code: str,
) -> None:
    """A field that was changed is not accepted."""
    made = await target(client)
    fields = json.dumps(json.loads(made["fields"]) | changes)

    assert (status, code) == code_of(await posted(simulator, made | {"fields": fields}, PICTURE))


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/init-image", {"extension": ".png"}),
        ("/init-image", {"extension": "gif"}),
        ("/canvas-init-image", {"initExtension": "png", "maskExtension": "tiff"}),
        ("/media", {"extension": "png"}),
    ],
)
async def test_extensions(client: httpx.AsyncClient, path: str, body: dict[str, str]) -> None:
    """The dot is not part of it, and not every one is taken."""
    answer = await client.post(path, json=body)

    assert (400, "invalid file extension", "unexpected") == (
        answer.status_code,
        answer.json()["error"],
        answer.json()["code"],
    )


def huge() -> bytes:
    """Return the head of a PNG of 30,000 x 30,000 pixels, which is all that may be read."""
    head = b"IHDR" + struct.pack(">IIBBBBB", 30_000, 30_000, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + head + struct.pack(">I", zlib.crc32(head))


@pytest.mark.parametrize("content", [b"not a picture", b"", huge()])
async def test_what_is_no_picture_cannot_be_used(
    client: httpx.AsyncClient, simulator: Simulator, content: bytes
) -> None:
    """The storage takes anything; the job does not, and costs nothing."""
    upload = await arrived(simulator, client, content)
    answer = await client.post("/generations", json={"prompt": "a fox", "init_image_id": upload})

    assert (400, "couldn't access image") == (answer.status_code, answer.json()["error"])
    assert 0 == simulator.creates


async def test_what_has_not_arrived_cannot_be_used(client: httpx.AsyncClient) -> None:
    """Announcing is not uploading."""
    made = await target(client)
    answer = await client.post(
        "/generations", json={"prompt": "a fox", "init_image_id": made["id"]}
    )

    assert "couldn't access image" == answer.json()["error"]


def redness(image: Image.Image) -> float:
    values = np.asarray(image.convert("RGB"), dtype=np.float32).mean((0, 1))
    return float(values[0] - values[1])


async def test_images_follow_an_uploaded_one(
    client: httpx.AsyncClient, clock: ManualClock, simulator: Simulator
) -> None:
    """The more init_strength, the more of the upload's red."""
    upload = await arrived(simulator, client)
    plain = await image_of(client, clock, seed=3)
    weak, strong = [
        await image_of(client, clock, seed=3, init_image_id=upload, init_strength=share)
        for share in (0.2, 0.9)
    ]
    reds = [
        redness(await opened(client, row["generated_images"][0]["url"]))
        for row in (plain, weak, strong)
    ]

    assert sorted(reds) == reds
    assert reds[2] - reds[0] > 40


async def test_guidance_shows(
    client: httpx.AsyncClient, clock: ManualClock, simulator: Simulator
) -> None:
    """A style reference lends its colours."""
    upload = await arrived(simulator, client)
    net = {"initImageId": upload, "initImageType": "UPLOADED", "preprocessorId": 67}
    plain = await image_of(client, clock, seed=3)
    guided = await image_of(client, clock, seed=3, controlnets=[net | {"strengthType": "Max"}])
    reds = [
        redness(await opened(client, row["generated_images"][0]["url"])) for row in (plain, guided)
    ]

    assert reds[1] - reds[0] > 25


async def test_inpainting_repaints_only_the_mask(
    client: httpx.AsyncClient, clock: ManualClock, simulator: Simulator
) -> None:
    """Where the mask is black the original is left, where it is white it is gone."""
    answer = await client.post(
        "/canvas-init-image", json={"initExtension": "png", "maskExtension": "png"}
    )
    canvas = answer.json()["uploadCanvasInitImage"]
    mask = Image.new("L", (128, 96))
    mask.paste(255, (64, 0, 128, 96))
    for name, content in (("init", png((128, 96))), ("mask", _bytes(mask))):
        form = {"url": canvas[f"{name}Url"], "fields": canvas[f"{name}Fields"]}
        assert 204 == (await posted(simulator, form, content)).status_code
    row = await image_of(
        client, clock, modelId="1e60896f-3c26-4296-8ecc-53e2afecc132", presetStyle="NONE",
        canvasRequest=True, canvasRequestType="INPAINT", canvasInitId=canvas["initImageId"],
        canvasMaskId=canvas["maskImageId"],
    )  # fmt: skip
    painted = await opened(client, row["generated_images"][0]["url"])
    left, right = painted.crop((2, 2, 40, 30)), painted.crop((90, 2, 126, 30))

    assert redness(left) > 140
    assert redness(right) < 90


async def test_a_mask_has_its_picture_s_size(
    client: httpx.AsyncClient, simulator: Simulator
) -> None:
    """Another size is refused, and costs nothing."""
    picture = await arrived(simulator, client, png((128, 96)))
    mask = await arrived(simulator, client, png((96, 96)))
    answer = await client.post(
        "/generations",
        json={
            "prompt": "a fox",
            "modelId": "1e60896f-3c26-4296-8ecc-53e2afecc132",
            "alchemy": False,
            "presetStyle": "NONE",
            "canvasRequest": True,
            "canvasRequestType": "INPAINT",
            "canvasInitId": picture,
            "canvasMaskId": mask,
        },
    )

    assert (400, "invalid dimensions") == (answer.status_code, answer.json()["error"])


def _bytes(image: Image.Image) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, "PNG")
    return buffer.getvalue()


async def test_media(client: httpx.AsyncClient, simulator: Simulator) -> None:
    """A film is announced, arrives, is described, and is deleted."""
    answer = await client.post("/media", json={"extension": "mp4"})
    made = answer.json()["uploadMedia"]
    path = f"/media/{made['uploadId']}"
    early = (await client.get(path)).json()["uploaded_media_by_pk"]
    await posted(simulator, made, b"film")
    row = (await client.get(path)).json()["uploaded_media_by_pk"]

    assert ("PENDING", None) == (early["status"], early["url"])
    assert ("COMPLETE", "VIDEO") == (row["status"], row["mediaType"])
    assert b"film" == (await client.get(row["url"])).content
    assert (
        made["uploadId"] == (await client.delete(path)).json()["delete_uploaded_media_by_pk"]["id"]
    )
