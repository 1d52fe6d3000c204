"""How many requests it takes to know 1,000 jobs again that a process has left at the service."""

from __future__ import annotations

import tempfile
import time
from typing import Any

from leonardo_nb.engine.limits import Limits
from leonardo_nb.simulator import Simulator
from leonardo_nb.studios import Studio
from leonardo_nb.testing import ManualClock

MANY = 1000
WISHED = 30
SMALL: dict[str, Any] = {"width": 64, "height": 64, "alchemy": False}


def requests_until_known() -> tuple[int, float]:
    """
    Return how many requests are made until each of 1,000 jobs is known, and the seconds it takes.

    The jobs were accepted, and ended while nobody watched; fetching their pictures is not counted.
    """
    clock = ManualClock()
    simulator = Simulator(
        now=clock.now,
        wall=clock.wall,
        pause=clock.pause,
        slots=MANY,
        balance=10**6,
        requests_per_minute=10**6,
        creates_per_minute=10**6,
    )
    limits = Limits(slots=MANY, creates_per_minute=10**6, requests_per_minute=10**6)
    with tempfile.TemporaryDirectory() as folder:
        clock.holds = True  # nothing ends before the first studio is closed
        with Studio(simulator=simulator, library=folder, clock=clock, limits=limits) as first:
            jobs = [first.generate("a fox", seed=seed, **SMALL) for seed in range(MANY)]
            while not all(job.id for job in jobs):
                time.sleep(0.01)
        clock.holds = False
        clock.advance(600)
        with Studio(simulator=simulator, library=folder, clock=clock, limits=limits) as second:
            before = len(simulator.requests)
            started = time.perf_counter()
            taken_up = second.resume()
            seconds = time.perf_counter() - started
            asked = list(simulator.requests)[before:]
            if len(taken_up) != MANY:
                raise AssertionError(f"{len(taken_up)} jobs were taken up, not {MANY}")
            taken_up.result()
            looks = [path for method, path in simulator.requests if method == "GET"]
            lists = [path for path in looks if path.startswith("/generations/user/")]
            if any(path.startswith("/generations/") for path in set(looks) - set(lists)):
                raise AssertionError("jobs were asked for by their ids")
        return len([each for each in asked if each[1].startswith("/generations")]), seconds
