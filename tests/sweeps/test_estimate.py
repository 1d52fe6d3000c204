"""How long a sweep takes: one number for a plan and for its run."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

import leonardo_nb as leo
from leonardo_nb.engine.limits import Limits
from leonardo_nb.studios import Studio

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from leonardo_nb.simulator import Simulator
    from leonardo_nb.testing import ManualClock

SMALL: dict[str, Any] = {"width": 64, "height": 64}


@pytest.fixture
def slow(simulator: Simulator, clock: ManualClock, tmp_path: Path) -> Iterator[Studio]:
    """A studio that may send two requests in a minute."""
    limits = Limits(creates_per_minute=2)
    with Studio(simulator=simulator, library=tmp_path, clock=clock, limits=limits) as made:
        yield made


def test_run_that_begins_takes_as_long_as_its_plan(slow: Studio) -> None:
    """The requests that may be sent in a minute count for both."""
    plan = leo.plan("a fox", studio=slow, seed=range(20), **SMALL)
    planned = plan.estimate().seconds
    run = plan.start()
    run.pause()

    assert 9 * 60 < planned == pytest.approx(run.seconds_left)


def test_nothing_is_left_of_what_is_done(studio: Studio) -> None:
    """Only what is open counts."""
    assert 0.0 == leo.sweep("a fox", studio=studio, seed=[1, 2], **SMALL).result(15).seconds_left
