"""What several tests of sweeps need."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from leonardo_nb.simulator import Simulator
from leonardo_nb.studios import Studio

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from leonardo_nb.testing import ManualClock


@pytest.fixture
def dollars(tmp_path: Path, clock: ManualClock) -> Iterator[Studio]:
    """A studio like the `studio` fixture's, on an account that is charged in dollars."""
    simulator = Simulator(unit="DOLLARS", now=clock.now, wall=clock.wall, pause=clock.pause)
    with Studio(simulator=simulator, library=tmp_path / "dollars", clock=clock) as made:
        yield made
