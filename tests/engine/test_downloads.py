"""A file that arrives damaged is fetched again, and then its address is kept."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

import leonardo_nb as leo
from leonardo_nb.simulator import Simulator
from leonardo_nb.testing import ManualClock

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SMALL: dict[str, Any] = {"width": 64, "height": 64, "alchemy": False, "seed": 1}
KINDS = ("picture", "video")


@pytest.fixture
def simulator() -> Simulator:
    """A service that a test gives trouble to."""
    return Simulator(speed=1000)


@pytest.fixture
def studio(simulator: Simulator, tmp_path: Path) -> Iterator[leo.Studio]:
    """A studio whose pauses pass at once."""
    with leo.Studio(simulator=simulator, library=tmp_path, clock=ManualClock()) as made:
        yield made


def asked(studio: leo.Studio, kind: str) -> leo.Job[Any]:
    """Ask for a picture or a video."""
    return studio.generate("a fox", **SMALL) if kind == "picture" else studio.text_to_video("waves")


@pytest.mark.parametrize("kind", KINDS)
def test_a_file_that_is_cut_off_twice(studio: leo.Studio, simulator: Simulator, kind: str) -> None:
    """The third time it is whole, and nothing is said."""
    simulator.script(path="/media/*", corrupt=True, times=2)
    job = asked(studio, kind)
    job.result(timeout=15)

    assert "complete" == job.state


@pytest.mark.parametrize("kind", KINDS)
def test_a_file_that_is_never_whole(studio: leo.Studio, simulator: Simulator, kind: str) -> None:
    """It is paid, and the error says where the service keeps it; no half file stays."""
    simulator.script(path="/media/*", corrupt=True, times=9)
    job = asked(studio, kind)
    with pytest.raises(leo.DownloadFailed) as caught:
        job.result(timeout=15)
    error = caught.value
    files = list((studio.folder / "incoming").iterdir())

    assert str(error).startswith(f"The {kind} is there and paid, and could not be fetched: ")
    assert f" The service keeps it at {error.url}; leo.resume() fetches" in str(error)
    assert error.url.startswith("http://simulator.invalid/media/")
    assert [] == files


@pytest.mark.parametrize("kind", KINDS)
def test_a_page_in_the_place_of_a_file(studio: leo.Studio, simulator: Simulator, kind: str) -> None:
    """What a file is called proves nothing; what it holds decides."""
    simulator.script(path="/media/*", status=200, body="<html>", times=9)
    job = asked(studio, kind)
    with pytest.raises(leo.DownloadFailed) as caught:
        job.result(timeout=15)

    assert "is not a JPEG, PNG or WebP picture, nor an MP4 video" in str(caught.value)
