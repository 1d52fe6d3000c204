"""A run to be judged, and votes as somebody would give them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

import leonardo_nb as leo
from leonardo_nb.library.shelf import Mark, Vote
from leonardo_nb.simulator import Simulator
from leonardo_nb.studios import Studio
from leonardo_nb.testing import ManualClock

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from leonardo_nb.sweeps.cells import Cell
    from leonardo_nb.sweeps.run import Run

__all__ = ["SMALL", "foxes", "judged", "prefer", "run", "vote"]

DAY = datetime(2026, 11, 22, 12, tzinfo=UTC)
SMALL: dict[str, Any] = {"width": 64, "height": 64}


@pytest.fixture(scope="module")
def foxes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Run]:
    """Twelve pictures, drawn once for a module."""
    clock = ManualClock()
    simulator = Simulator(now=clock.now, wall=clock.wall, pause=clock.pause)
    folder = tmp_path_factory.mktemp("foxes")
    with Studio(simulator=simulator, library=folder, clock=clock) as studio:
        yield leo.sweep(
            "a fox",
            studio=studio,
            seed=[1, 2],
            guidance_scale=[4, 7, 10],
            presetStyle=["CINEMATIC", "ANIME"],
            name="foxes",
            **SMALL,
        ).result(20)


@pytest.fixture
def run(foxes: Run) -> Iterator[Run]:
    """The twelve pictures, of which nobody has said anything."""
    yield foxes
    shelf = foxes.studio.shelf
    shelf.remove_votes([each.uid for each in shelf.votes()])
    shelf.mark_all({cell.picture: Mark() for cell in foxes.cells})


def vote(uid: str, winner: str, loser: str, *, tie: bool = False, by: str = "") -> Vote:
    """Return a vote whose time follows from its name."""
    at = DAY + timedelta(seconds=sum(uid.encode()))
    return Vote(uid, "foxes", winner, loser, at, tie, by)


def judged(run: Run, pairs: Iterable[tuple[int, int]], *, by: str = "") -> None:
    """Let each pair's first cell win against its second."""
    cells = run.cells
    start = len(run.studio.shelf.votes())
    run.studio.shelf.add_votes(
        vote(f"v{start + n}", cells[one].picture, cells[other].picture, by=by)
        for n, (one, other) in enumerate(pairs)
    )


def prefer(cell: Cell) -> float:
    """Return how good a cell is to somebody who likes ANIME, and then higher guidance."""
    likes: float = cell.coords["guidance_scale"] / 10
    return likes + (3 if cell.coords["presetStyle"] == "ANIME" else 0)
