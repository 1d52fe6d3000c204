from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

import pytest
from PIL import Image as Pillow
from PIL.PngImagePlugin import PngInfo

import leonardo_nb as leo
from leonardo_nb.errors import InvalidRequest, LibraryError
from leonardo_nb.service.requests import CreateGeneration
from leonardo_nb.simulator import Simulator
from leonardo_nb.studios import Studio
from leonardo_nb.sweeps import provenance, sweep, zip_
from leonardo_nb.sweeps.from_files import from_files

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from leonardo_nb.sweeps import Run
    from leonardo_nb.testing import ManualClock


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """An empty folder."""
    folder = tmp_path / "foxes"
    folder.mkdir()
    return folder


def handed_on(run: Run, folder: Path, *, prompt: bool = True) -> list[Path]:
    """Write a copy of each of *run*'s pictures, and return where they are, in its order."""
    paths = []
    for cell in run.cells:
        what = provenance.of_cell(run, cell, prompt=prompt)
        path = folder / f"{len(run.cells) - cell.index}.jpg"
        image = run.picture(cell)
        assert image is not None
        path.write_bytes(provenance.embed(image.read_bytes(), what).data)
        paths.append(path)
    return paths


def foreign(parameters: str | None) -> bytes:
    """Return a picture of another program."""
    info = PngInfo()
    if parameters is not None:
        info.add_text("parameters", parameters)
    buffer = io.BytesIO()
    Pillow.new("RGB", (32, 24), "teal").save(buffer, "PNG", pnginfo=info)
    return buffer.getvalue()


def test_a_sweep_comes_back_as_it_was(studio: Studio, folder: Path) -> None:
    """Axes, order of values, requests, keys, ids and prices are those of the run."""
    run = sweep("a fox", seed=[9, 2], presetStyle=["DYNAMIC", "CINEMATIC"], studio=studio).result()
    handed_on(run, folder)

    again = from_files(folder, studio=studio)

    assert [axis.name for axis in run.axes] == [axis.name for axis in again.axes]
    assert [axis.values for axis in run.axes] == [axis.values for axis in again.axes]
    assert [cell.coords for cell in run.cells] == [cell.coords for cell in again.cells]
    assert [cell.key for cell in run.cells] == [cell.key for cell in again.cells]
    assert [job.request for job in run.jobs] == [job.request for job in again.jobs]
    assert [job.id for job in run.jobs] == [job.id for job in again.jobs]
    assert [job.cost for job in run.jobs] == [job.cost for job in again.jobs]
    assert [image.id for image in run.images] == [image.id for image in again.images]
    assert ({}, "a fox") == (again.left_out, again.fixed["prompt"])


@pytest.mark.parametrize("prompt", [True, False])
def test_paired_values_and_words_come_back(studio: Studio, folder: Path, *, prompt: bool) -> None:
    """Axes of several members, and of words in a prompt, keep roles; names are words, too."""
    space = zip_("size", width=[512, 640], height=[640, 512], labels=["tall", "wide"])
    words = leo.prompt("a {animal} in {light}", animal=["fox", "hare"], light=["rain", "snow"])
    run = leo.plan(space * words, seed=7, studio=studio).start().result()
    handed_on(run, folder, prompt=prompt)

    again = from_files(folder, studio=studio)

    assert [(axis.name, axis.role, axis.members) for axis in run.axes] == [
        (axis.name, axis.role, axis.members) for axis in again.axes
    ]
    labels = ("tall", "wide") if prompt else ("512 x 640", "640 x 512")
    assert labels == again.axes[0].labels
    assert run.axes[0].values == again.axes[0].values
    assert prompt == ([cell.coords for cell in run.cells] == [c.coords for c in again.cells])
    assert 8 == len({cell.key for cell in again.cells})


def test_batches_come_back_as_one_job_each(studio: Studio, folder: Path) -> None:
    """Pictures that were made together are replicates of one job, under their own names."""
    run = leo.sweep("a fox", seed=[1, 2], num_images=3, studio=studio).result()
    handed_on(run, folder)

    again = from_files(folder, studio=studio)

    assert ("seed", "replicate") == tuple(axis.name for axis in again.axes)
    assert [cell.picture for cell in run.cells] == [cell.picture for cell in again.cells]
    assert [image.id for image in run.images] == [image.id for image in again.images]
    assert 2 == len({job.uid for job in again.jobs})


def test_more_of_it_is_asked_of_the_studio(studio: Studio, folder: Path) -> None:
    """A run of files can be widened: only what is not there is paid."""
    handed_on(leo.sweep("a fox", seed=[1, 2], studio=studio).result(), folder)
    before = len(studio.jobs())

    wider = from_files(folder, studio=studio).extend(seed=[3]).result()

    assert 3 == wider.counts.done
    assert before + 1 == len(studio.jobs())


def test_it_is_a_run_like_any_other(studio: Studio, folder: Path) -> None:
    """Parts, layouts and sheets are made of it, and it says that nothing was spent."""
    run = sweep("a fox", seed=[1, 2], guidance_scale=[3, 7], studio=studio).result()
    handed_on(run, folder)

    again = from_files(folder, studio=studio)

    assert 4 == again.counts.done == len(again)
    assert again.sel(seed=2, guidance_scale=7).request.seed == 2  # type: ignore[union-attr]
    assert (None, True, True) == (again.cost, again.simulated, again.done())
    assert again.contact_sheet(tile=32).width > 64
    assert "<Run of 4 cells: 4 done, from foxes>" == repr(again)


def test_files_stay_where_they_are(studio: Studio, folder: Path) -> None:
    """A picture is the file in the folder, and the library is not written to."""
    run = sweep("a fox", seed=[1, 2], studio=studio).result()
    paths = handed_on(run, folder)
    before = sorted(studio.folder.rglob("*"))

    again = from_files(folder, studio=studio)

    assert [path.resolve() for path in paths] == [image.path for image in again.images]
    assert (2, before) == (len(studio.jobs()), sorted(studio.folder.rglob("*")))


def test_missing_and_broken_pictures(studio: Studio, folder: Path) -> None:
    """What is gone is a hole in the grid; what is broken, foreign or there twice is listed."""
    run = sweep("a fox", seed=[1, 2, 3], guidance_scale=[3, 7], studio=studio).result()
    paths = handed_on(run, folder)
    paths[0].unlink()
    data = paths[3].read_bytes()
    paths[3].write_bytes(data[: len(data) // 2])
    (folder / "a copy.jpg").write_bytes(paths[2].read_bytes())
    (folder / "holiday.png").write_bytes(foreign(None))
    (folder / "film.gif").write_bytes(b"GIF89a")
    (folder / "notes.txt").write_text("not a picture, and not spoken of")

    again = from_files(folder, studio=studio)

    assert [3, 2] == [len(axis) for axis in again.axes]
    assert 4 == len(again.cells)
    assert {
        "3.jpg": "is cut off",
        "a copy.jpg": "is there already",
        "holiday.png": "does not say how it was made",
        "film.gif": "is neither JPEG, PNG nor WebP",
    } == {path.name: why for path, why in again.left_out.items()}


def test_pictures_of_another_program(studio: Studio, folder: Path) -> None:
    """What varies in their parameters is laid out, and what they do not say is not claimed."""
    for steps in (10, 20):
        for cfg in (4.5, 7, 9):
            text = (
                f"a hare\nNegative prompt: fog\nSteps: {steps}, Sampler: Euler a, "
                f"CFG scale: {cfg}, Seed: 5, Size: 32x24, Model: dream, Version: v1.9"
            )
            (folder / f"{steps}-{cfg}.png").write_bytes(foreign(text))

    again = from_files(folder, studio=studio)
    job = again.jobs[0]

    assert {"num_inference_steps": (10, 20), "guidance_scale": (4.5, 7, 9)} == {
        axis.name: axis.values for axis in again.axes
    }
    assert ("a hare", "fog", "Euler a", "dream", 5) == (
        job.request.prompt,
        job.request.negative_prompt,
        job.request.scheduler,
        job.request.modelId,
        job.request.seed,
    )
    copy = provenance.embed(foreign(None), provenance.of_cell(again, again.cells[0])).data
    assert b"Leonardo.AI" not in copy
    assert b"trainedAlgorithmicMedia" in copy
    assert (None, None, None) == (job.id, job.cost, job.request.alchemy)
    assert "say a part of its request" in job.notes[0]


def test_words_that_were_left_out_keep_their_places(studio: Studio, folder: Path) -> None:
    """A sweep of prompts without their words is laid out by their numbers."""
    run = sweep(["a fox", "a hare"], seed=[1, 2], studio=studio).result()
    handed_on(run, folder, prompt=False)

    again = from_files(folder, studio=studio)

    assert {"prompt": ("prompt 1", "prompt 2"), "seed": (1, 2)} == {
        axis.name: axis.values for axis in again.axes
    }
    assert 4 == len({cell.key for cell in again.cells})
    assert "(left out: prompt 1)" == again.cells[0].request.prompt


@pytest.mark.parametrize(
    "places",
    [
        [("seed", 1, 0), ("seed", 1, 1)],
        [("seed", float("nan"), 0), ("seed", float("nan"), 1)],
        [("seed", {"a": [1]}, 0), ("seed", [[2], {}], 1)],
        [("seed", 10**30, 10**30), ("seed", "", 10**12)],
        [("seed", 1, 0), ("guidance_scale", 1, 0)],
    ],
)
def test_files_that_say_nonsense_are_laid_out_all_the_same(
    studio: Studio, folder: Path, places: list[tuple[str, Any, int]]
) -> None:
    """Places that cannot be told apart are not believed, and strange ones do no harm."""
    for n, (name, value, at) in enumerate(places):
        request = CreateGeneration.of("a fox", seed=n + 1).wire()
        what = provenance.Provenance(
            request, sweep="x", axes=(provenance.OnAxis(name, f"{n}", value, at),)
        )
        (folder / f"{n}.png").write_bytes(provenance.embed(foreign(None), what).data)

    again = from_files(folder, studio=studio)

    assert 2 == len(again) == len({str(cell.coords) for cell in again.cells})
    assert again.contact_sheet(tile=32).width > 64


def test_one_axis_twice_is_not_believed(studio: Studio, folder: Path) -> None:
    """Two axes of one name would be one coordinate."""
    axis = provenance.OnAxis("seed", "1", 1)
    request = CreateGeneration.of("a fox", seed=1).wire()
    what = provenance.Provenance(request, sweep="x", axes=(axis, axis))
    (folder / "a.png").write_bytes(provenance.embed(foreign(None), what).data)

    assert () == from_files(folder, studio=studio).axes


def test_two_sweeps_in_one_folder(studio: Studio, folder: Path) -> None:
    """Pictures of different sweeps are laid out by what varies among them."""
    for n, seeds in enumerate(([1, 2], [3, 4])):
        inner = folder / str(n)
        inner.mkdir()
        handed_on(sweep("a fox", seed=seeds, studio=studio).result(), inner)

    again = from_files(folder, studio=studio)

    assert [("seed", (1, 2, 3, 4))] == [(axis.name, axis.values) for axis in again.axes]


def test_links_are_not_followed(studio: Studio, folder: Path, tmp_path: Path) -> None:
    """Neither a picture nor a folder elsewhere is reached through a link."""
    outside = tmp_path / "outside"
    outside.mkdir()
    run = sweep("a fox", seed=[1, 2], studio=studio).result()
    first, second = handed_on(run, outside)
    (folder / "here.jpg").write_bytes(first.read_bytes())
    (folder / "link.jpg").symlink_to(second)
    (folder / "inside").symlink_to(outside)

    again = from_files(folder, studio=studio)

    assert 1 == len(again)
    assert ["is a link, which is not followed"] == list(again.left_out.values())


@pytest.mark.parametrize(
    ("files", "said"),
    [
        ({}, "There is no picture in "),
        ({"a.png": None}, "None of the 1 picture in "),
        ({"a.png": None, "b.png": "a fox", "c.png": None}, "3 does not say how it was made"),
    ],
)
def test_foreign_folders_are_refused(
    studio: Studio, folder: Path, files: dict[str, str | None], said: str
) -> None:
    """A folder without a picture that says how it was made is one error, which says why."""
    for name, text in files.items():
        (folder / name).write_bytes(foreign(text))

    with pytest.raises(LibraryError) as raised:
        from_files(folder, studio=studio)

    assert said in str(raised.value)


def test_no_folder(studio: Studio, tmp_path: Path) -> None:
    """A path that is no folder is said to be none."""
    (tmp_path / "a.png").write_bytes(foreign(None))

    for name, said in (("a.png", "is a file."), ("none", "does not exist.")):
        with pytest.raises(LibraryError) as raised:
            from_files(tmp_path / name, studio=studio)
        assert str(raised.value).endswith(said)


@pytest.fixture
def elsewhere(tmp_path: Path, clock: ManualClock) -> Iterator[Studio]:
    """A studio of somebody else, with an account and a library of their own."""
    simulator = Simulator(now=clock.now, wall=clock.wall, pause=clock.pause)
    with Studio(simulator=simulator, library=tmp_path / "elsewhere", clock=clock) as made:
        yield made


@pytest.mark.parametrize(
    ("varies", "more", "new"),
    [
        ({"seed": [1, 2], "guidance_scale": [3, 7]}, {"seed": [9]}, 2),
        ({"guidance_scale": [3, 7], "replicates": 2}, {"guidance_scale": [5]}, 2),
        ({"seed": [1, 2], "replicates": 2}, {"seed": [9]}, 2),
        ({"guidance_scale": [3, 7], "replicates": 2}, {"replicate": [3]}, 2),
        ({"guidance_scale": [3, 7], "num_images": 2}, {"guidance_scale": [5]}, 1),
    ],
)
def test_what_is_there_is_not_paid_again_elsewhere(
    studio: Studio,
    elsewhere: Studio,
    folder: Path,
    *,
    varies: dict[str, Any],
    more: dict[str, Any],
    new: int,
) -> None:
    """Whoever gets the files and widens the sweep pays for its new jobs alone."""
    run = sweep("a fox", studio=studio, width=64, height=64, **varies).result()
    handed_on(run, folder)
    again = from_files(folder, studio=elsewhere)

    wider = again.extend(**more).result()

    assert elsewhere.simulator is not None
    assert new == elsewhere.simulator.creates
    assert {cell.picture for cell in again.cells} < {cell.picture for cell in wider.cells}
    assert len(wider) == wider.counts.done == len({image.path for image in wider.images})


def test_a_part_of_what_was_found_is_not_paid_again_either(
    studio: Studio, elsewhere: Studio, folder: Path
) -> None:
    """Nor is what was widened once, nor a union with a sweep that was paid for."""
    handed_on(sweep("a fox", seed=[1, 2], replicates=2, studio=studio).result(), folder)
    paid = sweep("a fox", seed=[5], replicates=2, studio=elsewhere).result()
    assert elsewhere.simulator is not None
    before = elsewhere.simulator.creates

    wider = from_files(folder, studio=elsewhere).where(seed=[1]).extend(seed=[3]).result()
    once_more = wider.extend(seed=[4]).result()
    (paid | once_more).extend(seed=[6]).result()

    assert before + 3 * 2 == elsewhere.simulator.creates


def test_what_has_no_words_is_not_asked_for(
    studio: Studio, elsewhere: Studio, folder: Path
) -> None:
    """Nobody pays for a picture of "(left out)"; parts of the run refuse it, too."""
    handed_on(sweep("a fox", seed=[1, 2], studio=studio).result(), folder, prompt=False)
    again = from_files(folder, studio=elsewhere)

    for run in (again, again.where(seed=[1])):
        with pytest.raises(InvalidRequest, match="handed on without their words"):
            run.extend(seed=[9])

    assert elsewhere.simulator is not None
    assert 0 == elsewhere.simulator.creates


def test_pictures_of_a_batch_keep_their_numbers(studio: Studio, folder: Path) -> None:
    """Where the first is gone, a star on the second does not move to the third."""
    run = leo.sweep("an owl", seed=[1], num_images=3, studio=studio).result()
    paths = handed_on(run, folder)
    run.star(1)
    paths[0].unlink()

    again = from_files(folder, studio=studio)

    assert [cell.picture for cell in run.cells][1:] == [cell.picture for cell in again.cells]
    assert [image.id for image in run.images][1:] == [image.id for image in again.images]
    assert [2] == [cell.coords["replicate"] for cell in again.starred]
    with pytest.raises(InvalidRequest, match="some of the pictures of its places"):
        again.extend(seed=[9])
