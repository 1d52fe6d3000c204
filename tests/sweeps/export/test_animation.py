from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from PIL import Image, features

import leonardo_nb as leo
from leonardo_nb.library.mp4 import read_film
from leonardo_nb.sweeps.export.animation import animate

if TYPE_CHECKING:
    from pathlib import Path

    from leonardo_nb.simulator import Simulator
    from leonardo_nb.studios import Studio
    from leonardo_nb.sweeps.run import Run


def opened(path: Path) -> tuple[int, tuple[int, int], object]:
    with Image.open(path) as film:
        film.seek(1)
        film.load()  # only then does Pillow know for how long
        return film.n_frames, film.size, film.info["duration"]  # type: ignore[attr-defined]


def test_one_axis_is_time_and_the_other_is_fixed(run: Run, tmp_path: Path) -> None:
    """Three seeds are three frames, as large as a picture."""
    path = animate(run, tmp_path / "a.webp", "seed", fps=4, presetStyle="DYNAMIC")

    assert (3, run.images[0].size, 250) == opened(path)


def test_axes_that_are_left_stand_side_by_side(run: Run, tmp_path: Path) -> None:
    """Each frame is then a grid over them."""
    wide, high = run.images[0].size

    assert (3, (2 * wide + 4, high), 500) == opened(animate(run, tmp_path / "a.gif", "seed"))


def test_label_stands_below_the_pictures(run: Run, tmp_path: Path) -> None:
    """In a strip of its own, so that it hides nothing."""
    wide, high = run.images[0].size
    path = animate(run, tmp_path / "a.gif", "seed", label=True, presetStyle="DYNAMIC")
    with Image.open(path) as film:
        strip = film.convert("L").crop((0, high + 2, wide, film.height))

    assert opened(path)[1][1] > high
    assert strip.getextrema()[0] < 120  # type: ignore[operator]


def test_pictures_are_no_larger_than_asked(run: Run, tmp_path: Path) -> None:
    """The longer side is what was said."""
    assert (32, 32) == opened(
        animate(run, tmp_path / "a.gif", "seed", size=32, presetStyle="DYNAMIC")
    )[1]


@pytest.mark.skipif(not features.check("avif"), reason="this Pillow encodes no AV1")
def test_mp4_is_a_film(run: Run, tmp_path: Path) -> None:
    """As long as its frames."""
    with animate(run, tmp_path / "a.mp4", "seed", fps=2, presetStyle="DYNAMIC").open("rb") as file:
        assert 1.5 == read_film(file).duration


def test_time_is_an_axis_of_numbers_where_nothing_is_said(studio: Studio, tmp_path: Path) -> None:
    """A direction is what a film shows."""
    run = leo.sweep(
        "a fox",
        studio=studio,
        presetStyle=["CINEMATIC", "DYNAMIC", "NONE"],
        guidance_scale=[3, 7],
        width=64,
        height=64,
    )

    assert 2 == opened(animate(run.result(15), tmp_path / "a.gif"))[0]


def test_values_without_a_picture_are_left_out(one_failed: Run, tmp_path: Path) -> None:
    """A film has no black frames."""
    assert 2 == opened(animate(one_failed, tmp_path / "a.gif", "seed"))[0]


def test_damaged_file_is_left_out_of_a_film(harmed: Run, tmp_path: Path) -> None:
    """Its place is grey where others of its frame are there, and else there is no frame."""
    assert 3 == opened(animate(harmed, tmp_path / "a.gif", "seed"))[0]
    assert 2 == opened(animate(harmed, tmp_path / "b.gif", "seed", presetStyle="DYNAMIC"))[0]


def test_film_of_nothing_is_refused(studio: Studio, simulator: Simulator, tmp_path: Path) -> None:
    """One clear error, and no file."""
    simulator.script(method="POST", path="/generations", fail=True, times=2)
    run = leo.sweep("a fox", studio=studio, seed=[1, 2], width=64, height=64)
    with pytest.raises(leo.SweepFailed):
        run.result(15)
    with pytest.raises(leo.ExportFailed, match="None of these cells has a picture"):
        animate(run, tmp_path / "a.gif")

    assert [] == list(tmp_path.glob("*.gif"))


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"along": "sead"}, 'did you mean "seed"'),
        ({"along": "seed", "seed": 1}, "is time here"),
        ({"presetStyle": "DYNAMICS"}, "the nearest value is DYNAMIC"),
        ({"fps": 0}, "fps=0 must be a number"),
        ({"fps": float("nan")}, "fps=nan must be a number"),
        ({"size": 1_000_000}, "must be a number from 32 to 1600"),
        ({"seed": 1, "presetStyle": "DYNAMIC"}, "no axis is left"),
    ],
)
def test_what_makes_no_film_is_refused(
    run: Run, tmp_path: Path, options: dict[str, Any], sentence: str
) -> None:
    """One clear error each, before anything is written."""
    with pytest.raises(leo.InvalidRequest, match=sentence):
        animate(run, tmp_path / "a.gif", **options)

    assert [] == list(tmp_path.glob("*.gif"))


def test_unknown_ending_is_refused_with_the_nearest(run: Run, tmp_path: Path) -> None:
    """The error names what there is."""
    with pytest.raises(leo.InvalidRequest, match=r"\.gif, \.webp, \.mp4") as caught:
        animate(run, tmp_path / "a.mp3")

    assert ".mp4" == caught.value.nearest
