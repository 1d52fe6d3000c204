from __future__ import annotations

import base64
import shutil
from typing import TYPE_CHECKING, Any

import pytest
from PIL import Image

from leonardo_nb.simulator import film, mp4
from leonardo_nb.simulator.painter import paint

from .uploading import arrived, image_of, opened

if TYPE_CHECKING:
    import httpx

    from leonardo_nb.simulator import Simulator
    from leonardo_nb.testing import ManualClock

pytestmark = pytest.mark.skipif(not mp4.can_film(), reason="this Pillow cannot encode AV1")

NOBODY = "9d8a6c9e-5f0b-4a8e-9a39-3d1f0f6f7a11"


async def shoot(client: httpx.AsyncClient, how: str = "text", **body: object) -> dict[str, Any]:
    answer = await client.post(f"/generations-{how}-to-video", json={"prompt": "a fox"} | body)
    assert 200 == answer.status_code, answer.text
    job: dict[str, Any] = answer.json()["motionVideoGenerationJob"]
    return job


async def look(client: httpx.AsyncClient, job_id: str) -> dict[str, Any]:
    answer = await client.get(f"/generations/{job_id}")
    row: dict[str, Any] = answer.json()["generations_by_pk"]
    return row


async def test_a_video_s_life(client: httpx.AsyncClient, clock: ManualClock) -> None:
    """Pending without files; then one image with a poster and an MP4."""
    job = await shoot(client, width=480, height=832)
    pending = await look(client, job["generationId"])
    clock.advance(600)
    row = await look(client, job["generationId"])
    (image,) = row["generated_images"]
    poster = await opened(client, image["url"])
    video = await client.get(image["motionMP4URL"])

    assert ("PENDING", []) == (pending["status"], pending["generated_images"])
    assert ("COMPLETE", True, "MOTION2") == (row["status"], row["motion"], row["motionModel"])
    assert ("JPEG", (480, 832)) == (poster.format, poster.size)
    assert "video/mp4" == video.headers["content-type"]
    assert (480, 832, 5.0) == mp4.measures(video.content)
    assert len(video.content) < 1_000_000


async def test_parts_of_a_file(client: httpx.AsyncClient, clock: ManualClock) -> None:
    """A player may ask for a range of bytes."""
    url = (await image_of(client, clock))["generated_images"][0]["url"]
    whole = await client.get(url)
    part = await client.get(url, headers={"Range": "bytes=4-7"})
    rest = await client.get(url, headers={"Range": "bytes=9-"})

    assert (206, whole.content[4:8]) == (part.status_code, part.content)
    assert f"bytes 4-7/{len(whole.content)}" == part.headers["content-range"]
    assert whole.content[9:] == rest.content


async def test_an_image_becomes_a_video(
    client: httpx.AsyncClient, clock: ManualClock, simulator: Simulator
) -> None:
    """From a generated image and from an upload, whose colours the poster has."""
    image = (await image_of(client, clock))["generated_images"][0]
    upload = await arrived(simulator, client)
    first = await shoot(client, "image", imageId=image["id"], imageType="GENERATED")
    second = await shoot(client, "image", imageId=upload, imageType="UPLOADED")
    clock.advance(600)
    row = await look(client, second["generationId"])
    poster = await opened(client, row["generated_images"][0]["url"])
    red, _, blue = poster.getpixel((30, 30))  # type: ignore[misc]

    assert (await look(client, first["generationId"]))["imageToVideo"] is True
    assert red > 150 > blue


async def test_videos_are_upscaled(client: httpx.AsyncClient, clock: ManualClock) -> None:
    """Two ids in the acknowledgement; the second is looked for among the motion variations."""
    job = await shoot(client)
    clock.advance(600)
    answer = await client.post(
        "/generations-video-upscale",
        json={"sourceGenerationId": job["generationId"], "resolution": "RESOLUTION_720"},
    )
    ack = answer.json()["motionVideoGenerationJob"]
    where = f"/motion-variations/{ack['variationId']}"
    early = (await client.get(where)).json()
    clock.advance(600)
    (row,) = (await client.get(where)).json()["generated_image_variation_motion"]
    width, height, seconds = mp4.measures((await client.get(row["url"])).content)

    assert job["generationId"] == ack["generationId"]
    assert {"generated_image_variation_motion": []} == early
    assert ("COMPLETE", "UPSCALE") == (row["status"], row["motionTransformType"])
    assert (1248, 720, 5.0) == (width, height, seconds)


@pytest.mark.parametrize(
    ("how", "body", "error"),
    [
        ("text", {"prompt": None}, 'expecting a value for non-nullable variable: "prompt"'),
        ("text", {"model": "VEO_3"}, "but found 'VEO_3'"),
        ("text", {"model": "VEO3"}, "VEO3 is no longer available."),
        ("text", {"model": "VEO3_1", "duration": 5}, "must be one of 4, 6, 8"),
        ("text", {"resolution": "RESOLUTION_1080"}, "MOTION2 supports"),
        ("text", {"width": 500, "height": 500}, "invalid dimensions"),
        ("text", {"seed": 2_147_483_638}, "Invalid seed"),
        ("text", {"negative_prompt": "x"}, "Unexpected variable negative_prompt"),
        ("image", {}, '"imageId"'),
        ("image", {"imageId": NOBODY}, '"imageType"'),
        ("image", {"imageId": NOBODY, "imageType": "GENERATED"}, "invalid init image id"),
    ],
)
async def test_what_is_refused(
    client: httpx.AsyncClient, how: str, body: dict[str, object], error: str
) -> None:
    """400 and the three members; nothing is paid."""
    answer = await client.post(f"/generations-{how}-to-video", json={"prompt": "a fox"} | body)

    assert 400 == answer.status_code
    assert error in answer.json()["error"]
    assert {"error", "path", "code"} == set(answer.json())


async def test_motion_svd_moves_an_image(
    client: httpx.AsyncClient, clock: ManualClock, simulator: Simulator
) -> None:
    """Four seconds in the wrapper of its own, and a stronger motion is another film."""
    image = (await image_of(client, clock))["generated_images"][0]["id"]
    films = []
    for strength in (1, 10):
        body = {"imageId": image, "motionStrength": strength}
        answer = await client.post("/generations-motion-svd", json=body)
        job = answer.json()["motionSvdGenerationJob"]
        clock.advance(600)
        row = await look(client, job["generationId"])
        assert (45, "SVD", strength) == (
            job["apiCreditCost"],
            row["motionModel"],
            row["motionStrength"],
        )
        films.append((await client.get(row["generated_images"][0]["motionMP4URL"])).content)

    assert [(1024, 576, 4.0)] * 2 == [mp4.measures(each) for each in films]
    assert films[0] != films[1]


@pytest.mark.parametrize(
    ("body", "error"),
    [
        ({}, "imageId"),
        ({"imageId": NOBODY}, "invalid init image id"),
        ({"imageId": NOBODY, "isVariation": True}, "failed to find init variation"),
        ({"imageId": NOBODY, "motionStrength": 11}, "between 1 and 10"),
        ({"imageId": NOBODY, "speed": 1}, "Unexpected variable speed"),
    ],
)
async def test_motion_svd_refuses(
    client: httpx.AsyncClient, simulator: Simulator, body: dict[str, Any], error: str
) -> None:
    """400 and one sentence; nothing is paid."""
    answer = await client.post("/generations-motion-svd", json=body)

    assert (400, 0) == (answer.status_code, simulator.creates)
    assert error in answer.json()["error"]


async def test_motion_svd_may_be_retired(client: httpx.AsyncClient, simulator: Simulator) -> None:
    """Where it is asked to, the simulator refuses what is retired; that costs nothing."""
    simulator.world.refuses_retired = True

    answer = await client.post("/generations-motion-svd", json={"imageId": NOBODY})

    assert (410, 0) == (answer.status_code, simulator.creates)
    assert "no longer available" in answer.json()["error"]


def test_frames_move_and_repeat() -> None:
    """Neighbouring frames differ, and the same request gives the same film."""
    picture = paint({"prompt": "a sailboat on the sea"}, width=190, height=114)
    one = film.shoot(picture, (160, 96), 1, prompt="a sailboat on the sea", seed=3)
    two = film.shoot(picture, (160, 96), 1, prompt="a sailboat on the sea", seed=3)
    draw = film.camera(picture, (160, 96), 12, prompt="snowfall at sea")

    assert one == two
    assert draw(3).tobytes() == draw(3).tobytes()
    assert draw(3).tobytes() != draw(4).tobytes()


def test_long_large_films_have_fewer_frames() -> None:
    """Twelve a second where that is soon drawn, six at least."""
    assert [12, 10, 6] == [
        film.fps_for(size, seconds)
        for size, seconds in (((832, 480), 5), ((1280, 720), 6), ((1920, 1080), 10))
    ]


@pytest.mark.browser
@pytest.mark.skipif(not shutil.which("chromium"), reason="needs a Chromium at hand")
def test_chromium_plays_it() -> None:
    """The film is decoded, as long and as wide as asked for, and its frames differ."""
    playwright = pytest.importorskip("playwright.sync_api")
    picture = Image.effect_mandelbrot((400, 240), (-2, -1, 1, 1), 50).convert("RGB")
    data = base64.b64encode(film.shoot(picture, (320, 192), 2)).decode()
    with playwright.sync_playwright() as running:
        browser = running.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox"]
        )
        page = browser.new_page()
        page.set_content("<video id=v muted></video>")
        seen = page.evaluate(_PLAY, data)
        browser.close()
    frames = seen.pop("frames")

    assert {"ready": True, "duration": 2, "width": 320, "height": 192} == seen
    assert 3 == len(set(frames))


_PLAY = """async data => {
  const video = document.getElementById("v");
  video.src = "data:video/mp4;base64," + data;
  await new Promise((done, failed) => {
    video.onloadeddata = done;
    video.onerror = () => failed(new Error(video.error.message));
  });
  const canvas = Object.assign(document.createElement("canvas"), { width: 40, height: 24 });
  const pen = canvas.getContext("2d", { willReadFrequently: true });
  const frames = [];
  for (const time of [0, 1, 1.9]) {
    video.currentTime = time;
    await new Promise(done => (video.onseeked = done));
    pen.drawImage(video, 0, 0, 40, 24);
    frames.push(pen.getImageData(0, 0, 40, 24).data.join());
  }
  return { ready: video.readyState >= 2, duration: video.duration,
           width: video.videoWidth, height: video.videoHeight, frames };
}"""
