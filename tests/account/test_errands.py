"""Small questions: what is paid is counted, and what was seen once is not fetched again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import anyio
import pytest

import leonardo_nb as leo
from leonardo_nb.account import errands
from leonardo_nb.simulator import Simulator

if TYPE_CHECKING:
    from pathlib import Path

    from leonardo_nb.testing import ManualClock

MEDIA = "/media/*"


async def test_a_prompt_that_is_not_waited_for_is_counted(
    tmp_path: Path, clock: ManualClock
) -> None:
    """Once it has been sent it may be paid, whoever loses patience."""
    simulator = Simulator(now=clock.now, wall=clock.wall, pause=clock.pause)
    simulator.script(path="/prompt/random", delay=5)
    clock.holds = True
    with leo.Studio(
        simulator=simulator, library=tmp_path, clock=clock, budget=leo.Credits(9)
    ) as studio:

        async def impatient() -> None:
            async with anyio.create_task_group() as together:
                together.start_soon(studio._errands.invented)
                while ("POST", "/prompt/random") not in simulator.requests:  # noqa: ASYNC110  no event tells
                    await anyio.sleep(0.001)
                together.cancel_scope.cancel()
                clock.holds = False

        studio.engine.wait(studio.engine.run(impatient))

        assert (leo.Credits(4), leo.Credits(5)) == (studio.spent, studio._runner.purse.left)


def previews(studio: leo.Studio, simulator: Simulator) -> tuple[int, int]:
    """Return how many elements are shown with a picture, and how many were fetched for it."""
    before = list(simulator.requests)
    table = studio.elements()
    asked = list(simulator.requests)[len(before) :]
    fetched = [path for _, path in asked if path.startswith("/media/")]
    return sum(table.picture(row) is not None for row in table), len(fetched)


def test_previews_are_fetched_once(studio: leo.Studio, simulator: Simulator) -> None:
    """All eight, and then none."""
    assert [(8, 8), (8, 0)] == [previews(studio, simulator) for _ in range(2)]


@pytest.mark.parametrize("trouble", [{"status": 503}, {"status": 404}, {"drop": "before"}])
def test_a_preview_that_could_not_be_fetched_is_fetched_again(
    studio: leo.Studio, simulator: Simulator, trouble: dict[str, Any]
) -> None:
    """A line that was down for a moment leaves no table without a picture for ever."""
    simulator.script(method="GET", path=MEDIA, times=2, **trouble)

    assert [(6, 8), (8, 2), (8, 0)] == [previews(studio, simulator) for _ in range(3)]


def test_a_preview_that_is_no_picture_is_remembered(
    studio: leo.Studio, simulator: Simulator
) -> None:
    """Fetching it again would give the same."""
    simulator.script(method="GET", path=MEDIA, times=2, status=200, body="<html>")

    assert [(6, 8), (6, 0)] == [previews(studio, simulator) for _ in range(2)]


def test_a_preview_that_is_too_large_is_not_read_to_its_end(
    studio: leo.Studio, simulator: Simulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody wants megabytes for a picture of 56 pixels; it is not asked for again."""
    monkeypatch.setattr(errands, "PREVIEW_BYTES", 100)

    assert [(0, 8), (0, 0)] == [previews(studio, simulator) for _ in range(2)]
