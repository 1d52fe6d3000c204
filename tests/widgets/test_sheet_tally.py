"""The time that a sheet says is left."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

import leonardo_nb as leo
from leonardo_nb.engine.limits import Limits
from leonardo_nb.studios import Studio
from leonardo_nb.widgets import sheet_tally
from leonardo_nb.widgets.sheet_tally import Tally

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from leonardo_nb.simulator import Simulator
    from leonardo_nb.sweeps.run import Run
    from leonardo_nb.testing import ManualClock

A_MINUTE = 2


@pytest.fixture
def held(simulator: Simulator, clock: ManualClock, tmp_path: Path) -> Iterator[Run]:
    """A run of 20 jobs, two of which may be sent in a minute, that is paused at once."""
    limits = Limits(creates_per_minute=A_MINUTE)
    with Studio(simulator=simulator, library=tmp_path, clock=clock, limits=limits) as studio:
        run = leo.sweep("a fox", studio=studio, seed=range(20), width=64, height=64)
        run.pause()
        yield run


def test_time_left_is_that_of_the_run(held: Run) -> None:
    """The requests that may be sent in a minute count."""
    assert held.seconds_left == pytest.approx(Tally.of(held).seconds_left(10, A_MINUTE))


def test_time_left_of_many_is_about_that_of_the_run(
    held: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Above some hundred jobs it is read off the sums, and the minute counts as well."""
    monkeypatch.setattr(sheet_tally, "EXACT", 1)

    assert held.seconds_left == pytest.approx(Tally.of(held).seconds_left(10, A_MINUTE), rel=0.05)
