"""
How near a sweep comes to what the service allows.

The bound is list scheduling over the account's slots, of requests that go as early as the limit per
minute lets them, with the durations that the simulator itself gave to the jobs. Beside it stands
the same sweep on a clock that never waits, and over real connections to a simulator in a process
of its own.
"""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
import tempfile
import time
import uuid
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING, Any

import leonardo_nb as leo
from leonardo_nb.engine.bounds import bound_seconds
from leonardo_nb.engine.limits import Limits
from leonardo_nb.engine.polling import Polling
from leonardo_nb.simulator import Simulator
from leonardo_nb.studios import Studio
from leonardo_nb.testing import ManualClock

if TYPE_CHECKING:
    from collections.abc import Iterator

CELLS = 1000
WISHED = 1.03
FEW_SLOTS = 3
"""With ten slots and pictures of three seconds, requests a minute are what holds up, not slots."""
SLOTS = 10
SPEED = 3.0
"""Of the simulator behind real connections: ten pictures a second, on one of two cores."""
SMALL: dict[str, Any] = {"width": 64, "height": 64, "alchemy": False}

SERVER = """
import json, sys
from leonardo_nb.simulator import Simulator
from leonardo_nb.simulator.server import serve_in_thread

simulator = Simulator(**json.loads(sys.argv[1]))
with serve_in_thread(simulator) as url:
    print(url, flush=True)
    sys.stdin.readline()
jobs = simulator.world.jobs.values()
print(json.dumps([len(simulator.requests), [job.done_at - job.started_at for job in jobs]]))
"""


@dataclass(frozen=True)
class Measured:
    """How long a sweep took, what it takes at least, and how many requests it made."""

    seconds: float
    bound: float
    requests: int

    @property
    def ratio(self) -> float:
        """How many times as long as the bound."""
        return self.seconds / self.bound

    def __str__(self) -> str:
        return (
            f"{self.seconds:,.1f} s, {self.ratio:.3f} of the {self.bound:,.1f} s that the service "
            f"allows; {self.requests:,} requests"
        )


class SteadyClock(ManualClock):
    """A made-up clock that gives requests in process the time to end before it moves on."""

    async def _settle(self) -> None:
        for _ in range(10):
            await super()._settle()


def virtual(cells: int = CELLS, slots: int = SLOTS) -> Measured:
    """Measure a sweep in the seconds of a made-up clock, with the service's own limits."""
    clock = SteadyClock()
    simulator = Simulator(now=clock.now, wall=clock.wall, pause=clock.pause, slots=slots)
    with (
        tempfile.TemporaryDirectory() as folder,
        Studio(simulator=simulator, library=folder, clock=clock) as studio,
    ):
        leo.plan("a fox", seed=range(cells), studio=studio, **SMALL).start().result()
        seconds = clock.now()
    world = simulator.world
    durations = [job.done_at - job.started_at for job in world.jobs.values()]
    bound = bound_seconds(durations, slots, world.creates_per_minute)
    return Measured(seconds, bound, len(simulator.requests))


def over_sockets(cells: int = CELLS, slots: int = SLOTS, speed: float = SPEED) -> Measured:
    """
    Measure a sweep over real connections, in seconds of the machine.

    The server lives *speed* times as fast; its limits per minute, which would be as many times as
    narrow for a client that lives in real minutes, are lifted on both sides.
    """
    lifted = {"creates_per_minute": 10**6, "requests_per_minute": 10**6}
    with (
        tempfile.TemporaryDirectory() as folder,
        _served({"slots": slots, "speed": speed, **lifted}) as (url, end),
    ):
        with Studio(
            api_key=str(uuid.uuid4()),
            base_url=url,
            library=folder,
            polling=Polling().faster(speed),
            limits=Limits(**lifted),
        ) as studio:
            planned = leo.plan("a fox", seed=range(cells), studio=studio, **SMALL)
            started = time.perf_counter()
            planned.start().result()
            seconds = time.perf_counter() - started
        requests, durations = end()
    return Measured(seconds, bound_seconds(durations, slots), requests)


@contextlib.contextmanager
def _served(facts: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    """Give the address of a simulator in a process of its own, and what ends and asks it."""
    server = subprocess.Popen(
        [sys.executable, "-c", SERVER, json.dumps(facts)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    stdin, stdout = _pipes(server)

    def end() -> tuple[int, list[float]]:
        stdin.write("\n")
        stdin.flush()
        requests, durations = json.loads(stdout.readline())
        return requests, durations

    try:
        yield stdout.readline().strip(), end
    finally:
        stdin.close()
        server.wait(timeout=30)
        stdout.close()


def _pipes(server: subprocess.Popen[str]) -> tuple[IO[str], IO[str]]:
    if server.stdin is None or server.stdout is None:
        raise AssertionError("it was started with pipes")
    return server.stdin, server.stdout


def measured() -> Iterator[tuple[str, Measured]]:
    """Yield what was measured, with the words for it."""
    yield "slots hold up, virtual clock", virtual(slots=FEW_SLOTS)
    yield "requests a minute hold up, virtual clock", virtual()
    yield "slots hold up, real sockets", over_sockets()


def main() -> None:
    """Print each as a ratio."""
    for what, found in measured():
        print(f"{CELLS:,} cells, {what}: {found}")


if __name__ == "__main__":
    main()
