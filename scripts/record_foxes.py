"""
Make the replay that notebook 07 plays, and votes on its pictures, on the simulator.

    python scripts/record_foxes.py

The simulator's clock is turned by hand, so that the run takes as long as it would at the service
and this script does not. The votes are made up: somebody who likes illustrations, and much
guidance, and is not always of one mind.
"""

from __future__ import annotations

import random
import sys
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

from leonardo_nb import Limits
from leonardo_nb.library.shelf import Vote
from leonardo_nb.simulator import Simulator
from leonardo_nb.studios import Studio
from leonardo_nb.sweeps.functions import sweep
from leonardo_nb.testing import ManualClock

NOTEBOOKS = Path(__file__).parent.parent / "notebooks"
STYLES = ["ILLUSTRATION", "CINEMATIC", "SKETCH_COLOR"]
LIKED = {"ILLUSTRATION": 1.6, "CINEMATIC": 0.6, "SKETCH_COLOR": 0.0}
ROUNDS = 60
DAY = datetime(2026, 11, 22, 15, tzinfo=UTC)


def main() -> None:
    """Record the run and the votes, and say how large they are."""
    clock = ManualClock(DAY)
    simulator = Simulator(now=clock.now, wall=clock.wall, pause=clock.pause)
    with (
        tempfile.TemporaryDirectory() as folder,
        Studio(
            simulator=simulator,
            library=folder,
            clock=clock,
            limits=Limits(slots=4),
        ) as studio,
    ):
        run = sweep(
            "a red fox in a forest in autumn",
            presetStyle=STYLES,
            guidance_scale=[3, 7, 12],
            seed=[1, 2],
            width=512,
            height=384,
            name="foxes",
            studio=studio,
        ).result()
        replay = run.to_replay(NOTEBOOKS / "foxes.zip", "small")
        chance = random.Random(7)
        votes = []
        for n in range(ROUNDS):
            one, other = chance.sample(list(run.cells), 2)
            lead = sum(
                sign * (LIKED[cell.coords["presetStyle"]] + cell.coords["guidance_scale"] / 12)
                for sign, cell in ((1, one), (-1, other))
            )
            if lead + chance.gauss(0, 0.5) < 0:
                one, other = other, one
            at = DAY + timedelta(hours=1, seconds=4 * n)
            votes.append(Vote(f"{n:032x}", run.name, one.picture, other.picture, at, by="a friend"))
        studio.shelf.add_votes(votes)
        log = run.rank().votes.save(NOTEBOOKS / "foxes-votes.jsonl")
    for path in (replay, log):
        sys.stdout.write(f"{path.name}: {path.stat().st_size:,} bytes\n")


if __name__ == "__main__":
    main()
