"""The first cell of a notebook whose jobs are under way until its `let_go()` is called."""

from __future__ import annotations

import time

import leonardo_nb as leo
from leonardo_nb.simulator import Simulator


class Hand:
    """The simulator's clock: it stands still, and then every look at it is ten minutes later."""

    def __init__(self) -> None:
        self.now = time.time()
        self.step = 0.0

    def __call__(self) -> float:
        """Return the time in seconds."""
        self.now += self.step
        return self.now


hand = Hand()
if __name__ == "__main__":  # so it is in a kernel, and not where the file is only looked through
    studio = leo.connect(simulator=Simulator(speed=20, now=hand))


def let_go() -> None:
    """Let every job that is under way, or comes later, end."""
    hand.step = 600.0
