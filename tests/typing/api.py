"""Uses every public signature; `make types` checks it, nothing runs it."""

from __future__ import annotations

from concurrent.futures import Future
from pathlib import Path
from typing import TYPE_CHECKING, Any, assert_type

import leonardo_nb as leo
from leonardo_nb.engine.deletion import Sentence
from leonardo_nb.simulator import Simulator
from leonardo_nb.sweeps.cells import Cell
from leonardo_nb.testing import ManualClock

if TYPE_CHECKING:
    from PIL.Image import Image as Picture


def connecting() -> None:
    """Every way to a studio."""
    assert_type(leo.connect(), leo.Studio)
    assert_type(leo.studio(), leo.Studio)
    leo.connect(api_key="key", base_url="https://example.org/api/rest/v1", budget=leo.Credits(500))
    leo.connect(simulator=True, library="~/pictures", limits=leo.Limits())
    leo.connect(simulator=Simulator(speed=20), library=Path("pictures"), budget=leo.Dollars("5"))
    with leo.Studio(simulator=Simulator(), clock=ManualClock()) as studio:
        assert_type(studio.simulated, bool)
        assert_type(studio.base_url, str)
        assert_type(studio.generate("a fox"), leo.GenerationJob)
        request = leo.CreateGeneration.of("a fox", seed=1)
        assert_type(studio.submit(request), leo.GenerationJob)
        assert_type(studio.price_later(request), Future[leo.Cost])


def logging_in() -> None:
    """Every way to give a key without writing it down, and to take it away."""
    assert_type(leo.login(), Sentence | None)
    assert_type(leo.login(keep="memory", base_url="https://example.org/v1"), Sentence | None)
    assert_type(leo.login(keep="keyring"), Sentence | None)
    assert_type(leo.logout(), Sentence)
    said: str = leo.logout()
    assert said


async def a_job() -> None:
    """What a job is asked for."""
    job = leo.generate("a fox", seed=42, guidance_scale=7, presetStyle="CINEMATIC")
    assert_type(job, leo.GenerationJob)
    assert_type(await job, leo.Images)
    assert_type(job.result(timeout=1.5), leo.Images)
    assert_type(job.done(), bool)
    assert_type(job.cancel(), bool)
    assert_type(job.exception(), BaseException | None)
    assert_type(job.again(seed=43), leo.GenerationJob)
    assert_type(job.id, str | None)
    assert_type(job.cost, leo.Cost | None)
    assert_type(job.elapsed, float)
    assert_type(job.request, leo.CreateGeneration)
    assert_type(job.images, leo.Images)
    assert_type(job.error, leo.LeonardoError | None)
    job.state == "complete"  # noqa: B015  a state compares with its word
    job.to_dict()
    job.add_done_callback(print)
    assert_type(leo.job("0641598d"), leo.Job[Any])


def a_picture(images: leo.Images) -> None:
    """What a picture is asked for."""
    image = images[0]
    assert_type(image, leo.Image)
    assert_type(image.path, Path)
    assert_type(image.url, str)
    assert_type(image.id, str)
    assert_type(image.seed, int | None)
    assert_type(image.width + image.height, int)
    assert_type(image.nsfw, bool)
    picture: Picture = image.pil()
    picture.close()
    assert_type(images[:1], leo.Images)


async def a_sweep() -> None:
    """What a sweep is asked for."""
    plan = leo.plan("a fox", seed=range(8), guidance_scale=leo.linspace(3, 12, 4))
    assert_type(plan, leo.Plan)
    assert_type(len(plan), int)
    assert_type(plan.estimate().cost, leo.Cost | None)
    assert_type(plan.start(budget=leo.Credits(100)), leo.Run)
    run = leo.sweep(["a fox", "an owl"], presetStyle=["CINEMATIC", "DYNAMIC"])
    assert_type(run, leo.Run)
    assert_type(await run, leo.Run)
    assert_type(run.result(timeout=2), leo.Run)
    assert_type(run.sel(seed=1), leo.Run | leo.GenerationJob)
    assert_type(run.grid(x="guidance_scale", y="presetStyle", facet="seed"), leo.Run)
    assert_type(run.grid(page="seed", at={"seed": 2}, shown={"seed": [2, 1]}, star=True), leo.Run)
    assert_type(run.marks, dict[int, leo.Mark])
    assert_type(run.star(0, run.cells[1]), tuple[Cell, ...])
    assert_type(run.reject(seed=[1, 2]), tuple[Cell, ...])
    assert_type(run.note(0, "sharp"), Cell)
    assert_type(run.starred, tuple[Cell, ...])
    assert_type(run.selected, tuple[Cell, ...])
    assert_type(run.select(presetStyle="DYNAMIC"), tuple[Cell, ...])
    assert_type(run.cost, leo.Cost | None)
    assert_type(run.cancel(), int)
    assert_type(leo.sweep_seeds("a fox", 8), leo.Run)
    assert_type(leo.sweep_guidance("a fox", 2, 16, 5), leo.Run)
    assert_type(leo.sweep_styles("a fox"), leo.Run)


async def a_sweep_of_before() -> None:
    """What was run, or made, before."""
    replay = leo.replay("foxes.zip", speed=20)
    assert_type(replay, leo.Replay)
    assert_type(await replay, leo.Replay)
    assert_type(replay.finish(), leo.Replay)
    assert_type(replay.restart(speed=5), leo.Replay)
    assert_type(replay.pause(), int)
    assert_type(replay.go_on(), int)
    assert_type(replay.speed, float)
    assert_type(replay.to_replay("again.zip", "small", prompt=False), Path)
    replay.close()
    past = leo.sweep_from_history(100, prompt="fox", model="Phoenix 1.0", since="2026-01-31")
    assert_type(past, leo.HistoryRun)
    assert_type(past.missing, leo.Plan | None)
    assert_type(past.missing_cost, leo.Cost | None)
    assert_type(past.left_out, dict[str, int])


def pictures_of_one_s_own(picture: Picture, images: leo.Images) -> None:
    """What a job can begin with."""
    upload = leo.upload(Path("fox.png"))
    assert_type(upload, leo.Upload)
    assert_type(leo.upload(picture), leo.Upload)
    assert_type(leo.upload(images[0]), leo.Upload)
    assert_type(leo.upload(b"..."), leo.Upload)
    assert_type(upload.path, Path)
    assert_type(upload.id, str)
    guides = [leo.guidance.style(upload, strength="High"), leo.guidance.edge(images[0], weight=1)]
    leo.generate("a fox", init_image=upload, controlnets=guides, elements={"Woodcut": 0.5})
    assert_type(leo.inpaint("a hat", picture, "mask.png", strength=0.7), leo.GenerationJob)


def the_account(job: leo.GenerationJob) -> None:
    """What an account is asked for."""
    assert_type(leo.me(), leo.Me)
    assert_type(leo.me().balance, leo.Cost | None)
    assert_type(leo.models(), leo.ModelTable)
    assert_type(leo.elements(), leo.ElementTable)
    assert_type(leo.elements(own=True), leo.OwnElementTable)
    assert_type(leo.styles(), leo.StyleTable)
    assert_type(leo.styles()[0], leo.Style)
    assert_type(leo.models()[0].name, str)
    assert_type(leo.elements()[0].id, str)
    assert_type(leo.elements(own=True)[0].id, int)
    leo.generate("a fox", **leo.styles("Lucid Origin")[0].use())
    assert_type(leo.price("a fox", num_images=4), leo.Cost)
    assert_type(leo.price(leo.text_to_video, "waves", resolution="720p").dollars, leo.Dollars)
    assert_type(leo.price(service="LCM_GENERATION", width=512, height=512).credits, leo.Credits)
    assert_type(leo.improve_prompt("a fox", "in winter"), leo.Prompt)
    assert_type(leo.improve_prompt("a fox", "in winter").cost, leo.Cost | None)
    leo.generate(leo.random_prompt())
    assert_type(leo.jobs(limit=5), leo.JobTable)
    assert_type(leo.spending(), leo.SpendingTable)
    assert_type(leo.spending(by="sweep").sums()[0][0].text, str)
    assert_type(leo.spending()[0].charged, leo.Cost)
    assert_type(leo.history(), leo.History)
    for each in leo.history(limit=3):
        assert_type(each.id, str | None)
    assert_type(job.delete(), str)
    assert_type(leo.delete("5b1e1d6c-0000-4000-8000-00000000beef"), str)


def the_rest() -> None:
    """What is left of the public names."""
    assert_type(leo.panel(prompt="a fox", seed=1), leo.Panel)
    assert_type(leo.Credits(1) + leo.Credits(2), leo.Credits)
    assert_type(leo.allow_nested_loops(), str)
    leo.jobs(limit=5)
    try:
        leo.generate("a fox", presetStyle="ANIMEE")
    except leo.ConflictingParameters as error:
        assert_type(error.members, tuple[str, ...])
    except leo.InvalidRequest as error:
        assert_type(error.member, str)
    except (leo.RateLimited, leo.RequestRefused) as error:
        assert_type(error.status, int)


def videos_and_variations(image: leo.Image, video: leo.Video) -> None:
    """Every way on from a picture."""
    assert_type(image.upscale(), leo.VariationJob)
    assert_type(image.unzoom(), leo.VariationJob)
    assert_type(image.nobg(bg_color="ffffff"), leo.VariationJob)
    assert_type(image.universal_upscale(upscalerStyle="CINEMATIC"), leo.VariationJob)
    assert_type(image.to_video("slow dolly in", model="MOTION2"), leo.VideoJob)
    assert_type(image.motion(strength=5), leo.VideoJob)
    assert_type(video.upscale(), leo.VideoJob)
    assert_type(leo.text_to_video("waves", resolution="RESOLUTION_720"), leo.VideoJob)
    assert_type(leo.image_to_video("waves", image), leo.VideoJob)
    assert_type(leo.image_to_video("waves", imageId="an-id"), leo.VideoJob)
    assert_type(leo.motion("an-id", motionStrength=3), leo.VideoJob)
    assert_type(leo.upscale_video(video), leo.VideoJob)
    assert_type(leo.upscale("an-id"), leo.VariationJob)
    assert_type(leo.unzoom("an-id", isVariation=True), leo.VariationJob)
    assert_type(leo.nobg(image), leo.VariationJob)
    assert_type(leo.universal_upscale(variationId="an-id"), leo.VariationJob)
    assert_type(video.embed(), leo.Video)
    assert_type(video.poster, leo.Image | None)
    assert_type(video.duration, float)
    assert_type(video.path, Path)


async def results(video: leo.VideoJob, variation: leo.VariationJob) -> None:
    """What awaiting gives."""
    assert_type(await video, leo.Video)
    assert_type(await variation, leo.Image)
    assert_type(video.video, leo.Video | None)
    assert_type(variation.image, leo.Image | None)
    assert_type(variation.source, leo.Image | None)
    assert_type(video.again(seed=2), leo.VideoJob)


def called_back() -> None:
    """Callbacks."""
    leo.connect(webhook_url="https://example.org/", webhook_port=8765, webhook_token="t")
    leo.connect(webhook_url=True)
    assert leo.studio().webhook is not None


def spaces() -> None:
    """What varies is a value."""
    words = leo.prompt("a {animal}", animal=["fox", "owl"])
    space = words * leo.axes(seed=[1, 2]) + words * leo.axes(seed=range(5, 8))
    assert_type(space, leo.Space)
    assert_type(space[2:5], leo.Space)
    assert_type(len(space), int)
    assert_type(space.where(lambda seed: seed > 1, because="so"), leo.Space)
    assert_type(leo.zip_("size", width=[512], height=[640], labels=["tall"]), leo.Space)
    assert_type(leo.arange(0.1, 0.5, 0.1), list[float])
    assert_type(leo.styles.for_("Kino XL", alchemy=True), list[str])
    assert_type(leo.plan(space, replicates=2, order="rows"), leo.Plan)
    assert_type(leo.plan("a fox", presetStyle={"film": "CINEMATIC"}).axes, tuple[leo.Axis, ...])


def sweeps(run: leo.Run) -> None:
    """What a sweep can be asked."""
    assert_type(run.extend(seed=[10, 11]), leo.Run)
    assert_type(run.where(lambda seed: seed > 1), leo.Run)
    assert_type(run | run, leo.Run)
    assert_type(run - run, leo.Run)
    assert_type(run.retry_failed(), leo.Run)
    assert_type(run.pause(), int)
    assert_type(run.plan, leo.Plan)
    assert_type(run.marks, dict[int, leo.Mark])
    assert_type(run.effects(), leo.Effects)
    assert_type(run.rank(), leo.Ranking)
    assert_type(run.rank().suggest(8), leo.Plan)
    assert_type(run.to_html("foxes.html"), Path)
    assert_type(leo.sweeps(), leo.SweepTable)
    assert_type(leo.open_sweep("foxes"), leo.Run)
    assert_type(leo.replay("foxes.zip", speed=20), leo.Replay)
