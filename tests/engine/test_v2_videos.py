"""Videos of models that live in the v2 API, from request to saved file."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

import leonardo_nb as leo

if TYPE_CHECKING:
    from leonardo_nb.simulator import Simulator
    from leonardo_nb.studios import Studio

SMALL: dict[str, Any] = {"width": 64, "height": 64, "alchemy": False, "seed": 42}
CLIP: dict[str, Any] = {"model": "Kling 3.0", "width": 96, "height": 64, "duration": 2}


@pytest.fixture
async def image(studio: Studio) -> leo.Image:
    """A picture that was generated."""
    return (await studio.generate("a fox", **SMALL))[0]


@pytest.mark.parametrize("begins_with", ["words", "image"])
async def test_a_newer_video_is_asked_for_in_v2(
    studio: Studio, image: leo.Image, simulator: Simulator, begins_with: str
) -> None:
    """It is looked for where the others are, and gives the same kind of file."""
    before = len(simulator.requests)
    if begins_with == "words":
        job = studio.text_to_video("waves", **CLIP)
    else:
        job = image.to_video("slow dolly in", **CLIP)
    video = await job
    asked = list(simulator.requests)[before:]

    assert [("POST", "/v2/generations")] == [each for each in asked if each[0] == "POST"]
    assert ("GET", f"/generations/{job.id}") in asked
    assert b"ftyp" == video.read_bytes()[4:8]
    assert (96, 64) == video.size
    assert 2.0 == pytest.approx(video.duration, abs=0.1)
    assert job.cost is not None


async def test_a_first_and_a_last_image(studio: Studio, image: leo.Image) -> None:
    """Both are pictures of ours, and the job knows the first."""
    other = (await studio.generate("a heron", **SMALL))[0]
    job = image.to_video("it turns", endFrameImage=other, **CLIP)
    await job
    told = job.request.translated()  # type: ignore[attr-defined]

    assert image == job.source
    assert [image.id, other.id] == [
        told.parameters["guidances"][name][0]["image"]["id"]
        for name in ("start_frame", "end_frame")
    ]


async def test_a_newer_video_is_found_again(studio: Studio, simulator: Simulator) -> None:
    """What the library gives back asks for the same, and what is made of it goes to v2 too."""
    job = studio.text_to_video("waves", **CLIP)
    await job
    assert job.id is not None
    found = studio.job(job.id)
    shorter = await found.again(duration=1)

    assert ("complete", job.request) == (found.state, found.request)
    assert 1.0 == pytest.approx(shorter.duration, abs=0.1)
    assert 2 == list(simulator.requests).count(("POST", "/v2/generations"))


def test_a_newer_video_has_no_price_before(studio: Studio, simulator: Simulator) -> None:
    """The calculator knows no model of v2 and is not asked; the sentence says who names it."""
    with pytest.raises(leo.InvalidRequest, match="acknowledgement names it"):
        studio.price(leo.text_to_video, "waves", model="Kling 3.0")

    assert ("POST", "/pricing-calculator") not in simulator.requests


async def test_what_a_newer_model_does_not_take_costs_nothing(
    studio: Studio, simulator: Simulator
) -> None:
    """An array with status 200 is the same refusal as elsewhere, before anything is paid."""
    job = studio.text_to_video("waves", model="happy-horse", motion_has_audio=True)
    with pytest.raises(leo.RequestRefused, match="motion_has_audio should not exist"):
        await job

    assert 0 == simulator.creates
