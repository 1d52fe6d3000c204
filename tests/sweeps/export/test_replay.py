"""A run written as a replay."""

from __future__ import annotations

import json
import zipfile
from typing import TYPE_CHECKING, Any

import pytest
from PIL import Image

from leonardo_nb.errors import ExportFailed, InvalidRequest
from leonardo_nb.library.shelf import Mark
from leonardo_nb.money import Credits
from leonardo_nb.sweeps.export.replay import QUIET
from leonardo_nb.sweeps.functions import plan, sweep
from leonardo_nb.sweeps.recorded.manifest import Recording, read
from leonardo_nb.sweeps.replay import replay
from leonardo_nb.sweeps.space import prompt, zip_
from leonardo_nb.testing import ManualClock

if TYPE_CHECKING:
    from pathlib import Path

    from leonardo_nb.simulator import Simulator
    from leonardo_nb.studios import Studio
    from leonardo_nb.sweeps.run import Run

SMALL: dict[str, Any] = {"width": 512, "height": 512}


@pytest.fixture
def run(studio: Studio) -> Run:
    """Four finished cells of two prompts."""
    return sweep(["a red fox", "an old lighthouse"], seed=[1, 2], studio=studio, **SMALL).result(20)


def recording(path: Path) -> Recording:
    with zipfile.ZipFile(path) as packed:
        return read(packed.read("manifest.json"), path.name)


def test_what_is_played_is_what_was_run(run: Run, tmp_path: Path) -> None:
    """Axes, cells, requests, pictures and costs come back as they were, byte for byte."""
    path = run.to_replay(tmp_path / "foxes.zip")

    again = replay(path, clock=ManualClock()).finish()

    assert tmp_path / "foxes.zip" == path
    assert run.axes == again.axes
    assert [cell.coords for cell in run.cells] == [cell.coords for cell in again.cells]
    assert [cell.key for cell in run.cells] == [cell.key for cell in again.cells]
    assert [job.request for job in run] == [job.request for job in again]
    assert [job.id for job in run] == [job.id for job in again]
    assert [image.read_bytes() for image in run.images] == [
        image.read_bytes() for image in again.images
    ]
    assert (run.cost, run.simulated) == (again.cost, again.simulated)
    again.close()


def test_times_are_those_of_the_run(run: Run, tmp_path: Path) -> None:
    """Each job was sent, accepted and done in the seconds of its own clock."""
    takes = recording(run.to_replay(tmp_path / "foxes.zip")).jobs

    for job, take in zip(run, takes, strict=True):
        snapshot = job.snapshot
        assert snapshot.accepted is not None
        assert snapshot.ended is not None
        assert take.accepted is not None
        assert take.sent is not None
        assert take.ended - take.accepted == pytest.approx(
            snapshot.ended - snapshot.accepted, abs=0.002
        )
        assert 0 <= take.asked <= take.sent <= take.accepted < take.ended


def test_a_run_of_the_library_is_written_from_its_rows(
    run: Run, studio: Studio, simulator: Simulator, clock: ManualClock, tmp_path: Path
) -> None:
    """Asked for again another day, it is the same replay, with its costs, and without the night."""
    first = recording(run.to_replay(tmp_path / "first.zip"))
    clock.advance(86_400)

    prompts = ["a red fox", "an old lighthouse"]
    again = sweep(prompts, seed=[1, 2], studio=studio, width=512, height=512)
    wider = sweep(prompts, seed=[1, 2, 3], studio=studio, width=512, height=512).result(20)

    second = recording(again.to_replay(tmp_path / "second.zip"))
    assert [take.cost for take in first.jobs] == [take.cost for take in second.jobs]
    assert first.seconds == pytest.approx(second.seconds, abs=0.5)
    third = recording(wider.to_replay(tmp_path / "third.zip"))
    assert first.seconds + QUIET < third.seconds < 2 * first.seconds + 2 * QUIET


def test_no_address_and_no_path_is_in_it(run: Run, tmp_path: Path, simulator: Simulator) -> None:
    """Nothing in any byte says where the pictures were, or with which key."""
    with zipfile.ZipFile(run.to_replay(tmp_path / "foxes.zip")) as packed:
        said = b"".join(packed.read(name) for name in packed.namelist())

    for secret in (simulator.key, simulator.base_url, str(tmp_path), run.images[0].url, "http"):
        assert secret.encode() not in said.replace(b"http://ns.adobe", b"").replace(
            b"http://www.w3", b""
        ).replace(b"http://cv.iptc", b"")


def test_words_can_be_left_out(run: Run, tmp_path: Path) -> None:
    """No prompt is anywhere in it, nor a key made of one; the cells stay apart."""
    path = run.to_replay(tmp_path / "foxes.zip", prompt=False)

    with zipfile.ZipFile(path) as packed:
        said = b"".join(packed.read(name) for name in packed.namelist())
    for word in ("fox", "lighthouse", *(cell.key for cell in run.cells)):
        assert word.encode() not in said
    again = replay(path, clock=ManualClock()).finish()
    assert [("prompt 1", "prompt 2"), (1, 2)] == [axis.values for axis in again.axes]
    assert 4 == len({cell.key for cell in again.cells}) == again.counts.done
    again.close()


def test_what_was_said_of_pictures_is_in_it(run: Run, tmp_path: Path) -> None:
    """Stars, rejections and notes are those of the run, cell by cell; the others have none."""
    run.star(0)
    run.reject(2)
    run.note(2, "the ears\nare wrong")

    path = run.to_replay(tmp_path / "foxes.zip")

    marks = {0: Mark(star=True), 2: Mark(reject=True, note="the ears\nare wrong")}
    again = replay(path, clock=ManualClock())
    assert marks == again.marks == run.marks
    assert [0] == [cell.index for cell in again.starred]
    assert [1, 3] == [n for n, cell in enumerate(recording(path).cells) if cell.mark is None]
    again.close()


def test_notes_are_left_out_with_the_words(run: Run, tmp_path: Path) -> None:
    """Stars and rejections say nothing that somebody wrote, and stay."""
    run.star(0)
    run.reject(3)
    for cell in (0, 1):
        run.note(cell, "ACME liked this one")

    path = run.to_replay(tmp_path / "foxes.zip", prompt=False)

    with zipfile.ZipFile(path) as packed:
        assert b"ACME" not in b"".join(packed.read(name) for name in packed.namelist())
    again = replay(path, clock=ManualClock())
    assert {0: Mark(star=True), 3: Mark(reject=True)} == again.marks
    again.close()


def test_marks_of_the_library_that_no_replay_has_are_set_right(run: Run, tmp_path: Path) -> None:
    """What an older version or other hands left there does not keep it from being handed on."""
    shelf = run.studio.shelf
    shelf.mark(run.cells[0].picture, Mark(star=True, reject=True))
    shelf.mark(run.cells[1].picture, Mark(note="x" * 3_000 + "\x1b"))

    again = replay(run.to_replay(tmp_path / "foxes.zip"), clock=ManualClock())

    assert {0: Mark(star=True), 1: Mark(note="x" * 2_000)} == again.marks
    again.close()


def test_a_failed_cell_says_no_prompt(studio: Studio, simulator: Simulator, tmp_path: Path) -> None:
    """A sentence that repeats the prompt is left out with it."""
    run = sweep("a nude fox", seed=[1], studio=studio, check=False, **SMALL)
    run.jobs[0].exception(20)

    shown = recording(run.to_replay(tmp_path / "shown.zip")).jobs[0]
    hidden = recording(run.to_replay(tmp_path / "hidden.zip", prompt=False)).jobs[0]

    assert "failed" == shown.end == hidden.end
    assert shown.said
    assert "nude fox" not in (hidden.said or "") + (hidden.reason or "")


def test_small_pictures_are_small(run: Run, tmp_path: Path) -> None:
    """They are WebP of at most 512 pixels, and the whole file a fraction of the full one."""
    full = run.to_replay(tmp_path / "full.zip")
    small = run.to_replay(tmp_path / "small.zip", "small")

    again = replay(small, clock=ManualClock()).finish()
    assert {"image/webp"} == {image.media_type for image in again.images}
    assert {512} == {max(image.size) for image in again.images}
    assert [image.size for image in again.images] == [image.pil().size for image in again.images]
    assert 4 * small.stat().st_size < full.stat().st_size
    again.close()


def test_a_replay_can_be_written_again(run: Run, tmp_path: Path) -> None:
    """What was handed on can be handed on, whole or in part, with what was said of it since."""
    run.star(0, 1)
    first = replay(run.to_replay(tmp_path / "first.zip"), clock=ManualClock()).finish()
    first.note(0, "mine")
    first.star(1, undo=True)
    first.reject(2)

    part = first.sel(seed=1).to_replay(tmp_path / "second.zip")  # type: ignore[union-attr]

    second = replay(part, clock=ManualClock()).finish()
    assert [cell.key for cell in run.cells if cell.coords["seed"] == 1] == [
        cell.key for cell in second.cells
    ]
    assert Credits(first.cost.amount / 2 if first.cost else 0) == second.cost
    assert {0: Mark(star=True, note="mine"), 1: Mark(reject=True)} == second.marks
    first.close()
    second.close()


def test_what_has_not_ended_is_stopped(tmp_path: Path) -> None:
    """A run that still works is written as far as it is."""
    from leonardo_nb.simulator import Simulator
    from leonardo_nb.studios import Studio

    clock = ManualClock(holds=True)
    simulator = Simulator(now=clock.now, wall=clock.wall, pause=clock.pause)
    with Studio(simulator=simulator, library=tmp_path / "held", clock=clock) as studio:
        run = sweep("a fox", seed=[1, 2], studio=studio, **SMALL)

        takes = recording(run.to_replay(tmp_path / "foxes.zip")).jobs

    assert ["stopped"] * 2 == [take.end for take in takes]
    assert ["It had not ended when this replay was made."] * 2 == [take.said for take in takes]


def test_a_picture_that_is_gone_is_a_failed_cell(run: Run, tmp_path: Path) -> None:
    """One lost file does not keep the others from being handed on."""
    run.images[0].path.unlink()

    takes = recording(run.to_replay(tmp_path / "foxes.zip")).jobs

    assert ["failed", "complete", "complete", "complete"] == [take.end for take in takes]


def test_a_replay_with_a_damaged_file_is_played(harmed: Run, tmp_path: Path) -> None:
    """What is no picture is not written as one."""
    again = replay(harmed.to_replay(tmp_path / "foxes.zip"), clock=ManualClock()).finish()

    assert [True] * 3 + [False] == [again.picture(cell) is not None for cell in again.cells]
    again.close()


def test_a_batch_is_handed_on_without_its_damaged_picture(studio: Studio, tmp_path: Path) -> None:
    """The other pictures of its job stay where they were, and get no votes on other ones."""
    run = sweep("a fox", seed=[1], num_images=3, studio=studio, **SMALL).result(20)
    run.images[1].path.write_bytes(b"no picture")

    again = replay(run.to_replay(tmp_path / "foxes.zip"), clock=ManualClock()).finish()
    shown = [again.picture(cell) for cell in again.cells]

    assert shown[1] is None
    assert run.images[0].read_bytes() == shown[0].read_bytes()  # type: ignore[union-attr]
    assert run.images[2].read_bytes() == shown[2].read_bytes()  # type: ignore[union-attr]
    assert {cell.key for cell in run.cells}.isdisjoint(cell.key for cell in again.cells)
    again.close()


def test_a_part_of_a_batch_has_its_own_pictures_alone(studio: Studio, tmp_path: Path) -> None:
    """What was left out or rejected is not handed on; what is shown stays where it was."""
    run = sweep("a fox", seed=[1, 50], num_images=3, studio=studio, **SMALL).result(20)
    part = run.where(lambda seed, replicate: seed == 50 or replicate == 2)
    path = part.to_replay(tmp_path / "part.zip")
    part.star(0, 3)
    run.star(*(cell for cell in run.cells if cell.picture not in {c.picture for c in part.cells}))
    part.to_replay(path)
    shown = [part.picture(cell) for cell in part.cells]

    said = recording(path)
    with zipfile.ZipFile(path) as packed:
        names = [name for name in packed.namelist() if name.startswith("media/")]
        written = [packed.read(said.jobs[cell.job].media[cell.image].file) for cell in said.cells]

    assert 4 == len(shown) == len(names)
    assert [image.read_bytes() for image in shown if image] == written
    assert [0, 3] == [n for n, cell in enumerate(said.cells) if cell.mark]
    # a picture that is counted anew has another name, so that it gets no votes on others
    assert {part.cells[-1].key} == {cell.key for cell in part.cells} & {j.key for j in said.jobs}


def test_what_is_there_stays(run: Run, tmp_path: Path) -> None:
    """Somebody else's file is not replaced; a replay of ours is, and only by a whole one."""
    other = tmp_path / "other.zip"
    Image.new("RGB", (8, 8)).save(other, "PNG")
    ours = run.to_replay(tmp_path / "ours.zip")
    before = ours.read_bytes()

    with pytest.raises(ExportFailed, match="left alone"):
        run.to_replay(other)
    with pytest.raises(InvalidRequest, match="small"):
        run.to_replay(ours, "tiny")  # type: ignore[arg-type]

    assert before == ours.read_bytes() == run.to_replay(ours).read_bytes()
    assert {"other.zip", "ours.zip", "library"} == {each.name for each in tmp_path.iterdir()}


def test_what_is_written_is_plain_json(run: Run, tmp_path: Path) -> None:
    """The manifest says what it is before anything else."""
    with zipfile.ZipFile(run.to_replay(tmp_path / "foxes.zip")) as packed:
        said = json.loads(packed.read("manifest.json"))

    assert ["leonardo_nb", "version"] == list(said)[:2]
    assert ("replay", 1) == (said["leonardo_nb"], said["version"])


def test_every_kind_of_axis_comes_back(studio: Studio, tmp_path: Path) -> None:
    """Words of a prompt, pairs with labels, and the pictures of a batch, each with its place."""
    words = prompt("a {colour} fox", colour=["red", "grey"])
    sizes = zip_("shape", width=[512, 640], height=[640, 512], labels=["tall", "wide"])
    made = plan(words * sizes, num_images=2, seed=7, studio=studio)
    run = made.start().result(20)

    again = replay(run.to_replay(tmp_path / "foxes.zip"), clock=ManualClock()).finish()

    assert ["slot", "zip", "replicate"] == [axis.role for axis in again.axes]
    assert run.axes == again.axes
    assert [(cell.coords, cell.picture) for cell in run.cells] == [
        (cell.coords, cell.picture) for cell in again.cells
    ]
    assert [image.id for image in run.images] == [image.id for image in again.images]
    assert run.name == again.name
    assert 4 == len(again.sel(shape="tall"))  # type: ignore[arg-type]
    again.close()

    silent = replay(run.to_replay(tmp_path / "silent.zip", prompt=False), clock=ManualClock())
    assert ("colour 1", "colour 2") == silent.axes[0].values
    assert "colour x shape x replicate" == silent.name
    assert 8 == silent.finish().counts.done
    silent.close()
