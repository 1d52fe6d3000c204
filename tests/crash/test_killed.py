"""
Processes that run sweeps and are killed at any moment, against a simulator that counts.

What the simulator wrote into its own state file is the truth: how many jobs it ever made, what it
took for them and what it ever had taken at most.
"""

from __future__ import annotations

import contextlib
import json
import os
import random
import re
import subprocess
import sys
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from leonardo_nb.simulator import Simulator, serve_in_thread
from tests.crash.worker import STYLES

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[2]
WORKER = Path(__file__).with_name("worker.py")
ROUNDS = int(os.environ.get("LEONARDO_CRASH_ROUNDS", "12"))
"""How often a process is killed in the long test."""
SEED = int(os.environ.get("LEONARDO_CRASH_SEED", "20260101"))
"""Decides the moments; what the machine does in them is its own affair."""
KEY = "51a70000-0000-4000-8000-0000000000c4"
SPEED = 20
CELLS_A_ROUND = 3 * len(STYLES)
PRICE = 2
"""Credits for one picture of 64 x 64 pixels."""
LONGEST = 60.0
"""Seconds; no process here takes so long unless it hangs, and it is killed then."""
MINUTES = pytest.mark.timeout(120 + 20 * ROUNDS)  # each round starts a Python and waits for jobs


@dataclass
class Service:
    """A simulator on a port, and what its state file says."""

    base_url: str
    state: Path

    @property
    def history(self) -> list[dict[str, Any]]:
        """What it had made and taken after each change."""
        lines = self.state.read_bytes().split(b"\n")[:-1]
        return [json.loads(line) for line in lines]

    @property
    def creates(self) -> int:
        """How many jobs it ever made."""
        return int(self.history[-1]["created"])

    @property
    def spent(self) -> int:
        """The credits that it took."""
        return int(self.history[-1]["spent"])

    @property
    def most(self) -> int:
        """The most that it had ever taken."""
        return max(int(line["spent"]) for line in self.history)


@contextlib.contextmanager
def simulated(state: Path, *, port: int = 0) -> Iterator[tuple[Service, subprocess.Popen[str]]]:
    """Give a simulator in a process of its own, and end it."""
    command = [sys.executable, "-m", "leonardo_nb.cli", "simulate", "--port", str(port)]
    command += ["--speed", str(SPEED), "--state", str(state)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            said = ""
            for line in process.stdout:
                said += line
                if "base URL" in line:
                    break
            found = re.search(r"http://127\.0\.0\.1:\d+\S*", said)
            assert found is not None, said
            yield Service(found[0], state), process
        finally:
            process.kill()


@dataclass
class Worker:
    """A process that runs a sweep, and what it has said so far."""

    process: subprocess.Popen[str]
    said: list[dict[str, Any]] = field(default_factory=list)
    errors: str = ""

    @classmethod
    def started(
        cls, service: Service, library: Path, *words: str, seeds: tuple[int, int]
    ) -> Worker:
        """Start one."""
        command = [sys.executable, str(WORKER), service.base_url, KEY, str(library)]
        command += ["--seeds", str(seeds[0]), str(seeds[1]), *words]
        return cls(
            subprocess.Popen(
                command,
                cwd=ROOT,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
                env={**os.environ, "LEONARDO_LIBRARY": str(library)},
            )
        )

    def read(self, lines: int | None = None) -> None:
        """Take in what it says: so many *lines*, or all until it ends."""
        assert self.process.stdout is not None
        watchdog = threading.Timer(LONGEST, self.process.kill)
        watchdog.start()
        try:
            for line in self.process.stdout:
                self.said.append(json.loads(line))
                if lines is not None and len(self.said) >= lines:
                    return
        finally:
            watchdog.cancel()

    def kill(self) -> bool:
        """Kill it without a warning, and return whether it was still at work."""
        self.process.kill()
        _, self.errors = self.process.communicate()
        return self.process.returncode < 0

    def finish(self) -> dict[str, dict[str, Any]]:
        """Return what it said of each thing last, once it has ended by itself."""
        with self.process:
            assert self.process.stderr is not None
            self.read()
            self.errors = self.process.stderr.read()
        assert 0 == self.process.wait(), self.errors
        return {line["what"]: line for line in self.said}


def killed_sometime(worker: Worker, chance: random.Random) -> bool:
    """Kill *worker* after some of its words, and a moment; return whether it was at work."""
    worker.read(lines=1)
    if chance.random() < 0.5:  # by what it does
        worker.read(lines=chance.randint(2, 4 * CELLS_A_ROUND))
        time.sleep(chance.uniform(0, 0.01))
    else:  # by the clock
        time.sleep(chance.uniform(0, 1.2))
    return worker.kill()


def check_everything(
    service: Service, library: Path, words: tuple[str, ...], seeds: int, counts: Counter[str]
) -> None:
    """Finish the sweep of all *seeds*, and compare it with what the simulator has counted."""
    ends = Worker.started(service, library, *words, "--resume", seeds=(0, seeds)).finish()
    again = Worker.started(service, library, *words, seeds=(0, seeds)).finish()
    jobs = again["done"]["jobs"]
    files = {file for job in jobs for file in job["files"]}
    cells = seeds * len(STYLES)
    counts["cells"] += cells
    counts["jobs made by the simulator"] += service.creates
    counts["jobs taken up at the end"] += len(ends["resumed"]["jobs"])
    counts["requests sent again"] += sum(job["resent"] for job in ends["done"]["jobs"])

    assert Counter({"complete": cells}) == Counter(job["state"] for job in ends["done"]["jobs"])
    assert cells == service.creates
    assert (cells, cells) == (len(files), sum(Path(file).stat().st_size > 0 for file in files))
    assert [True] * cells == [job["reused"] for job in jobs]
    assert service.spent == charged(again) == PRICE * cells
    assert 0 == again["spending"]["unfinished"]


def charged(said: dict[str, dict[str, Any]]) -> int:
    """Return the credits that a ledger says were charged, of which all are known."""
    lines = said["spending"]["lines"]
    assert [0] * len(lines) == [line["unpriced"] for line in lines]
    assert [0.0] * len(lines) == [float(line["unknown"]["amount"]) for line in lines]
    return sum(int(line["charged"]["amount"]) for line in lines)


@MINUTES
def test_killed_sweeps_are_paid_once(
    tmp_path: Path, database: str | None, counts: Counter[str]
) -> None:
    """Whenever processes are killed, each cell is made once, paid once, and in the library."""
    chance = random.Random(SEED)
    library = tmp_path / "own"
    words = () if database is None else ("--url", database)
    with simulated(tmp_path / "state") as (service, _):
        for number in range(ROUNDS):
            resumes = ["--resume"] if chance.random() < 0.5 else []
            # each round adds cells, and asks for some of before again
            seeds = (max(0, 3 * number - chance.randint(0, 6)), 3 * (number + 1))
            worker = Worker.started(service, library, *words, *resumes, seeds=seeds)
            counts["processes killed at work"] += killed_sometime(worker, chance)
            counts["processes"] += 1
            assert "Traceback" not in worker.errors
        check_everything(service, library, words, 3 * ROUNDS, counts)


@MINUTES
def test_a_service_that_dies_is_paid_once(tmp_path: Path, counts: Counter[str]) -> None:
    """The service is killed in the middle of everything and comes back with what it had on disk."""
    chance = random.Random(SEED)
    library, state, seeds = tmp_path / "own", tmp_path / "state", 6
    with simulated(state) as (service, server):
        worker = Worker.started(service, library, seeds=(0, seeds))
        worker.read(lines=chance.randint(3, 12))
        server.kill()
        server.wait()
    counts["services killed"] += 1
    port = int(re.findall(r":(\d+)/", service.base_url)[0])
    with simulated(state, port=port) as (service, _):
        counts["processes killed at work"] += killed_sometime(worker, chance)
        counts["processes"] += 1
        check_everything(service, library, (), seeds, counts)


@MINUTES
def test_lost_answers_are_paid_once(
    tmp_path: Path, database: str | None, counts: Counter[str]
) -> None:
    """Answers are lost before and after the work was done, while processes are killed."""
    chance = random.Random(SEED + 1)
    library, state, seeds = tmp_path / "own", tmp_path / "state", 12
    words = () if database is None else ("--url", database)
    simulator = Simulator(speed=SPEED, state=state)
    with serve_in_thread(simulator) as base_url:
        service = Service(base_url, state)
        for number in range(3):
            for when in chance.sample(("after", "after", "before", "broken"), 4):
                lost: dict[str, Any] = {"drop": when}
                if when == "broken":
                    lost = {"status": 502, "work_done": True}
                simulator.script(method="POST", path="/generations", **lost)
                counts["answers lost"] += 1
            worker = Worker.started(service, library, *words, seeds=(0, 4 * (number + 1)))
            counts["processes killed at work"] += killed_sometime(worker, chance)
            counts["processes"] += 1
        simulator.script(method="POST", path="/generations", drop="after")
        check_everything(service, library, words, seeds, counts)


@MINUTES
def test_eight_processes_never_pass_a_budget(
    tmp_path: Path, database: str | None, counts: Counter[str]
) -> None:
    """Eight processes on one library spend what one may, also where some of them are killed."""
    chance = random.Random(SEED + 2)
    library, budget, each = tmp_path / "own", 30, 2
    day = datetime.now(UTC).date()
    words = ["--budget", str(budget), *(() if database is None else ("--url", database))]
    with simulated(tmp_path / "state") as (service, _):
        workers = [
            Worker.started(service, library, *words, seeds=(each * number, each * (number + 1)))
            for number in range(8)
        ]
        for worker in workers[:3]:
            counts["processes killed at work"] += killed_sometime(worker, chance)
        said = [worker.finish() for worker in workers[3:]]
        counts["processes"] += 8
        end = Worker.started(service, library, *words, "--resume", seeds=(0, 8 * each)).finish()
        counts["jobs made by the simulator"] += service.creates
        days = 1 if datetime.now(UTC).date() == day else 2

        assert service.most <= budget * days
        assert (budget // PRICE, budget) == (service.creates, service.spent) or days > 1
        assert service.spent == charged(end)
        assert {"complete", "failed"} >= {
            job["state"] for one in said for job in one["done"]["jobs"]
        }
        assert {None, "BudgetExceeded"} == {job["error"] for job in end["done"]["jobs"]}
        assert budget // PRICE == sum(job["state"] == "complete" for job in end["done"]["jobs"])
