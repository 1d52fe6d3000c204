"""Videos and variations, from request to saved file, and what a library finds of them again."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from PIL import Image as Picture

import leonardo_nb as leo
from leonardo_nb.service.responses import Generation
from leonardo_nb.studios import Studio

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from leonardo_nb.simulator import Simulator
    from leonardo_nb.testing import ManualClock

SMALL: dict[str, Any] = {"width": 64, "height": 64, "alchemy": False, "seed": 42}
CLIP: dict[str, Any] = {"resolution": "RESOLUTION_480", "seed": 7}

VARIATIONS: dict[str, Callable[[leo.Image], leo.VariationJob]] = {
    "upscale": lambda image: image.upscale(),
    "unzoom": lambda image: image.unzoom(),
    "nobg": lambda image: image.nobg(),
    "universal_upscale": lambda image: image.universal_upscale(upscalerStyle="CINEMATIC"),
}
VIDEOS: dict[str, Callable[[Studio, leo.Image], leo.VideoJob]] = {
    "text_to_video": lambda studio, _: studio.text_to_video("waves", **CLIP),
    "to_video": lambda _, image: image.to_video("slow dolly in", **CLIP),
}


@pytest.fixture
def make(tmp_path: Path, clock: ManualClock, simulator: Simulator) -> Iterator[Any]:
    """Make a studio with facts of its own."""
    made: list[Studio] = []

    def studio_with(**facts: Any) -> Studio:
        made.append(Studio(simulator=simulator, library=tmp_path / "own", clock=clock, **facts))
        return made[-1]

    yield studio_with
    for each in made:
        each.close()


@pytest.fixture
async def image(studio: Studio) -> leo.Image:
    """A picture that was generated."""
    return (await studio.generate("a fox", **SMALL))[0]


@pytest.mark.parametrize("name", VARIATIONS)
async def test_variation_gives_a_picture(studio: Studio, image: leo.Image, name: str) -> None:
    """Awaiting a variation gives one picture, a file here, and the job knows what it came from."""
    job = VARIATIONS[name](image)
    made = await job

    assert ("complete", "variation", True) == (job.state, job.kind, made.is_variation)
    assert (made.width, made.height) == made.pil().size
    assert image == job.source
    assert job.cost == job.price


async def test_nobg_is_transparent(image: leo.Image) -> None:
    """What is cut out has an alpha channel, and part of it is empty."""
    made = (await image.nobg()).pil()

    assert "A" in made.getbands()
    assert 0 == made.getchannel("A").getextrema()[0]


async def test_nobg_with_more_goes_to_v2(image: leo.Image, simulator: Simulator) -> None:
    """What only the v2 API knows is asked there; its answer is the result, so no look follows."""
    before = len(simulator.requests)
    job = image.nobg(bg_color="ffffff", format="png")
    made = await job

    asked = list(simulator.requests)[before:]
    assert [("POST", "/v2/generationssync")] == [each for each in asked if each[0] == "POST"]
    assert all(not path.startswith("/generations/") for _, path in asked)
    assert (image.size, "complete", image) == (made.size, job.state, job.source)


async def test_blocked_cut_out_stays_paid(image: leo.Image, simulator: Simulator) -> None:
    """An answer without a result is billed, and is not taken for a refund."""
    simulator.script(
        path="/v2/generationssync",
        status=200,
        body={"generateSync": {"id": "sync-1", "results": [], "blockedCount": 1}},
    )

    job = image.nobg(type="person")
    with pytest.raises(leo.JobFailed, match="complete and has no picture"):
        await job

    assert ("failed", "charged") == (job.state, job.charge)
    assert "content filter kept the result" in job.notes[0]


async def test_variation_of_a_variation(image: leo.Image) -> None:
    """The id of a variation is sent as one."""
    larger = await image.upscale()
    job = larger.unzoom()
    await job

    assert {"id": larger.id, "isVariation": True} == job.request.wire()
    assert larger == job.source


@pytest.mark.parametrize("name", VIDEOS)
async def test_video_gives_a_clip(studio: Studio, image: leo.Image, name: str) -> None:
    """Awaiting a video gives an MP4 here with its length and its still."""
    job = VIDEOS[name](studio, image)
    video = await job

    assert ("complete", "video", 7) == (job.state, job.kind, video.seed)
    assert b"ftyp" == video.read_bytes()[4:8]
    assert 5.0 == pytest.approx(video.duration, abs=0.3)
    assert (832, 480) == video.size
    assert video.poster is not None
    assert video.poster.path.is_file()
    assert [video.poster] == list(job.images)


async def test_video_upscale_is_looked_for_among_the_variations(
    studio: Studio, simulator: Simulator
) -> None:
    """A finer video is a motion variation, and keeps the still of the one that it came from."""
    video = await studio.text_to_video("waves", **CLIP)
    job = video.upscale()
    finer = await job

    assert ("GET", f"/motion-variations/{job.id}") in simulator.requests
    assert min(finer.size) == 720
    assert finer.poster is not None
    assert video.poster is not None
    assert video.poster.path == finer.poster.path
    assert video == job.source


async def test_retired_motion_says_what_takes_its_place(image: leo.Image) -> None:
    """Motion 1.0 carries a note before anything is known of the answer."""
    job = image.motion(strength=3)

    assert "motionStrength" in job.request.wire()
    assert 'to_video(prompt, model="MOTION2")' in job.notes[0]


@pytest.mark.parametrize("kind", ["upscale", "to_video"])
async def test_library_knows_every_kind(
    tmp_path: Path, clock: ManualClock, simulator: Simulator, kind: str
) -> None:
    """A job of any kind is found again by another studio, with its files, and asks nothing."""
    with Studio(simulator=simulator, library=tmp_path / "one", clock=clock) as first:
        image = (await first.generate("a fox", **SMALL))[0]
        job: leo.Job[Any] = (
            VARIATIONS[kind](image) if kind in VARIATIONS else image.to_video("slow", **CLIP)
        )
        await job
    asked = len(simulator.requests)

    with Studio(simulator=simulator, library=tmp_path / "one", clock=clock) as second:
        again = second.job(str(job.id))
        await again

    assert type(job) is type(again)
    assert job.request == again.request
    assert job.snapshot.media == again.snapshot.media
    assert job.snapshot.source == again.snapshot.source
    assert asked == len(simulator.requests)


async def test_an_id_finds_its_file(studio: Studio, image: leo.Image) -> None:
    """Given by its id alone, the picture that a job begins with is found in the library."""
    job = studio.upscale(image.id)
    await job

    assert job.source is not None
    assert image.path == job.source.path


async def test_failed_variation_is_refunded(image: leo.Image, simulator: Simulator) -> None:
    """It ends like a failed picture, and the money is back."""
    before = simulator.balance
    simulator.script(fail=True)

    job = image.upscale()
    with pytest.raises(leo.JobFailed):
        await job

    assert ("failed", "refunded", before) == (job.state, job.charge, simulator.balance)


async def test_lost_still_loses_no_video(studio: Studio, simulator: Simulator) -> None:
    """A still that cannot be fetched leaves a video without one."""
    simulator.script(method="GET", path="/media/*.jpg", times=3, status=404)

    video = await studio.text_to_video("waves", **CLIP)

    assert None is video.poster
    assert video.path.is_file()


async def test_again_keeps_the_source(image: leo.Image) -> None:
    """The same once more begins with the same picture."""
    job = image.upscale()
    await job
    again = job.again()
    await again

    assert (leo.VariationJob, image) == (type(again), again.source)


async def test_history_row_becomes_a_job(
    studio: Studio, simulator: Simulator, tmp_path: Path, clock: ManualClock
) -> None:
    """A job that was asked for elsewhere gets its files here, and is known from then on."""
    with Studio(simulator=simulator, library=tmp_path / "elsewhere", clock=clock) as elsewhere:
        job = elsewhere.generate("a fox", **SMALL)
        images = await job
        row = elsewhere.engine.wait(elsewhere.engine.run(elsewhere.client.generation, str(job.id)))
    before = len(simulator.requests)

    adopted = studio._runner.taking_up.from_history(row)
    found = await adopted

    assert images[0].read_bytes() == found[0].read_bytes()
    assert {"prompt": "a fox", "seed": 42, "width": 64}.items() <= adopted.request.wire().items()
    assert studio.job(str(job.id)) is adopted
    assert studio._runner.taking_up.from_history(row) is adopted
    assert all("POST" != method for method, _ in list(simulator.requests)[before:])


def test_history_row_with_nothing_known(studio: Studio) -> None:
    """A row without numbers is a request with a prompt."""
    row = Generation.model_validate({"id": "x", "status": "FAILED", "prompt": "a fox"})

    assert {"prompt": "a fox"} == studio._runner.taking_up.from_history(row).request.wire()


@pytest.mark.parametrize("kind", ["upscale", "unzoom", "nobg", "universal_upscale"])
async def test_wrong_id_is_refused_and_costs_nothing(make: Any, kind: str) -> None:
    """A generation's id in an image's place says so, and the budget is whole afterwards."""
    studio = make(budget=leo.Credits(80))
    first = studio.generate("a fox", **SMALL)
    await first
    spent = studio.spent

    job = getattr(studio, kind)(str(first.id))
    with pytest.raises(leo.RequestRefused, match=r"job\.images\[0\]\.id") as caught:
        await job

    assert ("failed", "none", spent) == (job.state, job.charge, studio.spent)
    assert not isinstance(caught.value, leo.OutcomeUnknown)
    await studio.upscale((await first)[0])  # what was reserved is free again


async def test_unknown_outcome_counts_as_spent(make: Any) -> None:
    """A lost answer may have been paid, so that the wall and the sum both count it."""
    studio = make(budget=leo.Credits(80))
    image = (await studio.generate("a fox", **SMALL))[0]
    spent = studio.spent
    studio.simulator.script(path="/variations/upscale", status=502, times=2)

    with pytest.raises(leo.OutcomeUnknown):
        await image.upscale()

    assert spent + leo.Credits(15) == studio.spent


async def test_again_of_another_picture_begins_with_that_one(studio: Studio) -> None:
    """A changed image is shown, and priced, as what it is."""
    small, large = [
        (await studio.generate("a fox", **SMALL | {"width": side, "height": side}))[0]
        for side in (64, 1024)
    ]
    job = small.universal_upscale()
    again = job.again(generatedImageId=large.id)
    await again

    assert (small, large) == (job.source, again.source)
    assert again.price == again.cost


async def test_too_large_a_result_is_refused_by_id_too(studio: Studio) -> None:
    """The library knows the size of an image that is given by its id; check=False sends it."""
    image = (await studio.generate("a fox", **SMALL))[0]
    large = await image.universal_upscale(upscalerStyle="CINEMATIC", upscaleMultiplier=2)
    media = large.origin.media
    assert media is not None
    before = studio.simulator.creates if studio.simulator else 0

    with pytest.raises(leo.ConflictingParameters, match="megapixels"):
        studio._runner.submit(large_upscale(large.id), larger_than(media))

    assert studio.simulator is not None
    assert before == studio.simulator.creates


def large_upscale(variation: str) -> Any:
    from leonardo_nb.service.requests import UniversalUpscale

    return UniversalUpscale.of(variationId=variation, upscaleMultiplier=2)


def larger_than(media: Any) -> Any:
    """Return *media* as if it had 5,000 pixels a side."""
    return replace(media, file=replace(media.file, width=5000, height=5000))


async def test_answer_that_brought_its_result_outlives_the_studio(
    tmp_path: Path, clock: ManualClock, simulator: Simulator
) -> None:
    """A cut-out that was paid and not fetched is fetched from where its answer said it is."""
    with Studio(simulator=simulator, library=tmp_path / "one", clock=clock) as first:
        image = (await first.generate("a fox", **SMALL))[0]
        simulator.script(method="GET", path="/media/*", times=3, status=500)
        job = image.nobg(crop=True)
        with pytest.raises(leo.DownloadFailed):
            await job
    paid = simulator.creates

    with Studio(simulator=simulator, library=tmp_path / "one", clock=clock) as second:
        again = second.job(str(job.id))
        await again

    assert ("complete", paid) == (again.state, simulator.creates)


async def test_cancel_after_the_library_knows_it_is_too_late(
    studio: Studio, simulator: Simulator
) -> None:
    """A job whose files are written down ends as complete, whatever comes in between."""
    asked: list[leo.Job[Any]] = []
    real = studio._ledger.completed

    def completed(record: Any) -> None:
        real(record)
        studio.engine.call_soon(asked[0].cancel)

    studio._ledger.completed = completed  # type: ignore[method-assign]
    job = studio.generate("a fox", **SMALL)
    asked.append(job)

    assert 1 == len(await job)
    assert "complete" == job.state


async def test_history_during_a_create_makes_no_second_job(
    studio: Studio, simulator: Simulator
) -> None:
    """A row that is read before the answer to its own request is that job, and not another."""
    job = studio.generate("a fox", **SMALL)
    images = await job
    row = studio.engine.wait(studio.engine.run(studio.client.generation, str(job.id)))

    adopted = [studio._runner.taking_up.from_history(row) for _ in range(3)]

    assert [job] * 3 == adopted
    assert images == adopted[0].images
    assert 1 == len(studio.jobs())


async def test_cancel_while_the_answer_is_on_its_way_loses_no_id(
    studio: Studio, simulator: Simulator
) -> None:
    """What was paid is written down with its id, whoever loses patience meanwhile."""
    simulator.script(path="/generations", method="POST", delay=5)
    job = studio.generate("a fox", **SMALL)
    while not job.sent:  # noqa: ASYNC110  it is on its way to the service
        await asyncio.sleep(0)

    job.cancel()
    with pytest.raises(leo.JobCancelled):
        await job

    (row,) = studio.jobs()
    assert 1 == simulator.creates
    assert (job.id, job.cost) == (row.job_id, row.cost)
    assert row.job_id is not None


async def test_upload_is_the_source(studio: Studio) -> None:
    """A picture of one's own is in no row of the library, and its job knows it all the same."""
    upload = studio.upload(Picture.new("RGB", (64, 48), "navy"))
    job = studio.universal_upscale(upload)
    await job

    assert job.source is not None
    assert ((64, 48), upload.path) == (job.source.size, job.source.path)


async def test_adopted_job_says_that_it_is_not_whole(
    studio: Studio, simulator: Simulator, tmp_path: Path, clock: ManualClock
) -> None:
    """What the history does not say is named, and such a job is never taken for a plain one."""
    with Studio(simulator=simulator, library=tmp_path / "elsewhere", clock=clock) as elsewhere:
        image = (await elsewhere.generate("a fox", **SMALL))[0]
        job = image.to_video("slow dolly in", **CLIP)
        await job
        row = elsewhere.engine.wait(elsewhere.engine.run(elsewhere.client.generation, str(job.id)))

    adopted = studio._runner.taking_up.from_history(row)
    await adopted
    (record,) = studio.jobs()

    assert any("which image it begins with" in note for note in adopted.notes)
    assert record.content_key != adopted.request.content_key()


async def test_cut_out_is_cropped_and_has_its_background(image: leo.Image) -> None:
    """What only the v2 API knows is seen in the result: its own colour, and no empty edges."""
    cropped = await image.nobg(crop=True)
    red = (await image.nobg(bg_color="ff0000")).pil().convert("RGB")

    assert cropped.size < image.size
    assert (255, 0, 0) == red.getpixel((0, 0))


async def test_a_background_that_is_no_colour_is_refused(image: leo.Image) -> None:
    """The service's sentence comes back, and nothing is paid."""
    job = image.nobg(bg_color="zzz")
    with pytest.raises(leo.RequestRefused, match="bg_color must be a colour"):
        await job

    assert "none" == job.charge
