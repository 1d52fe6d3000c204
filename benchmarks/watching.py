"""How soon a callback ends its job, and how many looks 200 jobs of every kind cost."""

from __future__ import annotations

import socket
import statistics
import tempfile
import time
from collections import Counter
from contextlib import closing, suppress
from typing import TYPE_CHECKING, Any

import httpx

from leonardo_nb.engine.limits import Limits
from leonardo_nb.engine.polling import Polling
from leonardo_nb.errors import JobTimeout
from leonardo_nb.simulator import Simulator
from leonardo_nb.studios import Studio
from leonardo_nb.testing import ManualClock

if TYPE_CHECKING:
    from collections.abc import Mapping

    from leonardo_nb.engine.job import Job

TIMES = 30
MANY = 200
MINUTE = 60.0
SMALL: dict[str, Any] = {"width": 64, "height": 64, "alchemy": False}


def callback_to_end() -> tuple[float, float]:
    """
    Return the median and the longest time from a callback's sending to its job's end, in seconds.

    Looks are an hour apart, so that nothing but the callback can end a job; the picture is drawn,
    fetched and written to the library in that time.
    """
    sent: list[float] = []

    def send(url: str, headers: Mapping[str, str], body: bytes) -> None:
        sent.append(time.perf_counter())
        httpx.post(url, headers=dict(headers), content=body)

    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    rarely = Polling(first=36e5, longest=36e5, shared_every=36e5)
    simulator = Simulator(speed=50, webhook_url=f"http://127.0.0.1:{port}/", send=send)
    durations = []
    with (
        tempfile.TemporaryDirectory() as folder,
        Studio(
            simulator=simulator,
            library=folder,
            polling=rarely,
            webhook_url=True,
            webhook_port=port,
        ) as studio,
    ):
        for seed in range(TIMES):
            studio.generate("a fox", seed=seed, **SMALL).result()
            durations.append(time.perf_counter() - sent[-1])
    return statistics.median(durations), max(durations)


def looks_of_many() -> tuple[Counter[str], float]:
    """
    Return the looks by kind that 200 unfinished jobs of every kind cost, and in how many seconds.

    Half are pictures, a quarter videos, a quarter variations; the clock is a made-up one.
    """
    clock = ManualClock()
    simulator = Simulator(
        now=clock.now, pause=clock.pause, slots=MANY, creates_per_minute=1000, queue_per_slot=100
    )
    with (
        tempfile.TemporaryDirectory() as folder,
        Studio(
            simulator=simulator,
            library=folder,
            clock=clock,
            polling=Polling(deadline=MINUTE),
            limits=Limits(slots=MANY, creates_per_minute=1000),
        ) as studio,
    ):
        image = studio.generate("a fox", **SMALL).result()[0]
        simulator.script(never_finish=True, times=MANY)
        before, started = len(simulator.requests), clock.now()
        jobs: list[Job[Any]] = []
        for number in range(MANY // 4):
            jobs += [studio.generate("a fox", seed=2 * number, **SMALL)]
            jobs += [studio.generate("a fox", seed=2 * number + 1, **SMALL)]
            jobs += [studio.text_to_video("waves", seed=number), image.unzoom()]
        for job in jobs:
            with suppress(JobTimeout):
                job.result()
        looks = Counter(
            path.split("/")[1]
            for method, path in list(simulator.requests)[before:]
            if method == "GET" and path.startswith(("/generations/", "/variations/"))
        )
        return looks, clock.now() - started


if __name__ == "__main__":
    print(callback_to_end())
    print(looks_of_many())
