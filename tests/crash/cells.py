"""What is asked for in the crash tests, and what must be true of it at the end."""

from __future__ import annotations

import os
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import leonardo_nb as leo
from leonardo_nb.errors import BudgetExceeded, OutcomeUnknown
from leonardo_nb.library.ledger import Ledger

if TYPE_CHECKING:
    from collections.abc import Iterable

    from leonardo_nb.library.records import JobRecord
    from leonardo_nb.simulator.world import SimJob

    from .lives import Life, World

PRICE = 2
"""Credits for one picture of 64 x 64 pixels without alchemy."""
SMALL: dict[str, Any] = {"width": 64, "height": 64, "alchemy": False}
PROMPT = "a lighthouse"


@dataclass(frozen=True, order=True)
class Cell:
    """
    One picture that is asked for.

    Two that differ in their tiling alone look alike in the service's history, which does not say
    it; in guidance, they look alike but for that.
    """

    seed: int
    guidance: int = 7
    tiling: bool = False

    def members(self) -> dict[str, Any]:
        """Return what differs from other cells."""
        return {"seed": self.seed, "guidance_scale": self.guidance, "tiling": self.tiling}


class Story:
    """
    What was asked for in a world, and by whom.

    Attributes:
        asked: Every cell that anybody asked for.
        again: Those that somebody asked for although they may be there, to pay for another.
        jobs: The jobs of each life, as long as it is not over.
    """

    def __init__(self, world: World) -> None:
        self.world = world
        self.asked: set[Cell] = set()
        self.again: set[Cell] = set()
        self.jobs: dict[Life, list[leo.Job[Any]]] = {}

    def ask(self, life: Life, cells: Iterable[Cell], *, reuse: bool = True) -> list[leo.Job[Any]]:
        """Let *life* ask for *cells* one by one; with *reuse*, each may be there already."""
        made: list[leo.Job[Any]] = []
        for cell in cells:
            self.asked.add(cell)
            self.again |= set() if reuse else {cell}
            job = life.studio.generate(PROMPT, **SMALL, **cell.members(), reuse=reuse)
            made.append(job)
            self._hold(life, [job])
        return made

    def sweep(self, life: Life, seeds: Iterable[int]) -> leo.Run:
        """Let *life* ask for *seeds* as a sweep, whose cells may be there already."""
        seeds = list(seeds)
        self.asked |= {Cell(seed) for seed in seeds}
        run = leo.sweep(
            PROMPT,
            **SMALL | Cell(0).members() | {"seed": seeds},
            studio=life.studio,
        )
        self._hold(life, run.jobs)
        return run

    def resume(self, life: Life) -> list[leo.Job[Any]]:
        """Let *life* take up what nobody alive works on."""
        found = list(life.studio.resume())
        self._hold(life, found)
        return found

    def _hold(self, life: Life, jobs: Iterable[leo.Job[Any]]) -> None:
        self.jobs.setdefault(life, []).extend(jobs)

    def finish(self) -> End:
        """Take up what is left, ask for everything once more, and return what there is then."""
        world = self.world
        world.simulator._faults.clear()
        world.held_up = 0.0
        for life in world.alive:
            life.dies_at = life.sleeps_at = None
            life.asleep = False
        last = world.open()
        self.resume(last)
        self._quiet()
        again = self.ask(last, sorted(self.asked))
        self._quiet()
        for life in world.alive:
            life.studio.close()
            life.dead = True
        return End.of(self, dict(zip(sorted(self.asked), again, strict=True)))

    def _quiet(self) -> None:
        """Wait until every job that somebody alive holds has ended."""
        jobs = [job for life in self.world.alive for job in self.jobs.get(life, [])]
        try:
            self.world.until(lambda: all(job.done() for job in jobs))
        except TimeoutError:
            left = [job for job in jobs if not job.done()]
            raise AssertionError(f"These never end: {left}") from None


@dataclass(frozen=True)
class End:
    """
    What there is once everything is over.

    Attributes:
        jobs: The job of each cell that was asked for, from whoever asked last.
        again: Those of which there may be more than one.
        made: What the simulator made, by the cell that it was asked for.
        rows: What the library knows.
        charged: The credits that it says were charged.
        spent: The credits that the simulator took.
    """

    jobs: dict[Cell, leo.Job[Any]]
    again: frozenset[Cell]
    made: dict[Cell, list[SimJob]]
    rows: tuple[JobRecord, ...]
    unfinished: tuple[JobRecord, ...]
    charged: int
    spent: int
    world: World

    @classmethod
    def of(cls, story: Story, jobs: dict[Cell, leo.Job[Any]]) -> End:
        """Look into the library and into the simulator."""
        world = story.world
        made: dict[Cell, list[SimJob]] = {}
        for job in world.simulator.world.jobs.values():
            made.setdefault(_cell_of(job.members), []).append(job)
        ledger = Ledger(world.folder, world.url)
        try:
            lines = ledger.spending()
            return cls(
                jobs=jobs,
                again=frozenset(story.again),
                made=made,
                rows=ledger.jobs(limit=1000),
                unfinished=ledger.unfinished(world.simulator.base_url),
                charged=sum(int(line.charged.amount) for line in lines),
                spent=world.simulator.world.spent,
                world=world,
            )
        finally:
            ledger.close()

    def check(self) -> Counter[str]:
        """Compare what was paid for with what was asked for; return what is worth counting."""
        errors = {cell: type(job.error) for cell, job in self.jobs.items() if job.error is not None}
        assert set(errors.values()) <= {BudgetExceeded, OutcomeUnknown}, self.tell()
        unknown = {cell for cell, error in errors.items() if error is OutcomeUnknown}
        walled = {cell for cell, error in errors.items() if error is BudgetExceeded}
        known = set(self.jobs) - unknown - walled
        # each picture that was asked for was made once, and paid once
        done = [row for row in self.rows if row.state == "complete"]
        made = {cell: len(self.made.get(cell, ())) for cell in known}
        once = known - self.again
        assert dict.fromkeys(once, 1) == {cell: made[cell] for cell in once}, self.tell()
        rows = Counter(_cell_of(row.request) for row in done)
        open_ = Counter(_cell_of(row.request) for row in self.unfinished)
        for cell in known & self.again:
            assert rows[cell] <= made[cell] <= rows[cell] + open_[cell], self.tell()
        assert not walled & set(self.made), self.tell()
        ids = Counter(row.job_id for row in self.rows if row.job_id is not None)
        assert dict.fromkeys(ids, 1) == ids, self.tell()
        # it is the one that was asked for, and its file is there
        whose = {job.id: cell for cell, jobs in self.made.items() for job in jobs}
        assert {row.uid: _cell_of(row.request) for row in done} == {
            row.uid: whose[str(row.job_id)] for row in done
        }, self.tell()
        assert all(item.file.path.exists() for row in done for item in row.media), self.tell()
        assert known == {_cell_of(row.request) for row in done} - unknown, self.tell()
        # what is not known is said to be, and nothing else is open
        lost = unknown | {
            _cell_of(row.request)
            for row in self.unfinished
            if row.charge == "unknown" and row.error and _cell_of(row.request) in self.again
        }
        assert {_cell_of(row.request) for row in self.unfinished} <= lost, self.tell()
        orphans = set(whose) - set(ids)
        assert {whose[job_id] for job_id in orphans} <= lost, self.tell()
        assert self.charged + PRICE * len(orphans) == self.spent, self.tell()
        if self.world.budget is not None:
            wall = int(self.world.budget.amount) * len(self.world.days)
            assert self.world.spent_most <= wall, self.tell()
        elif walled:
            raise AssertionError(self.tell())
        return Counter(
            {
                "cells": len(self.jobs),
                "jobs made by the simulator": sum(map(len, self.made.values())),
                "cells over budget": len(walled),
                "outcomes unknown": len(unknown),
                "requests sent again": sum(row.resent for row in self.rows),
                "effects": self.world.effects,
                "studios killed": self.world.kills,
            }
        )

    def tell(self) -> str:
        """Return everything that somebody needs who looks for the mistake."""
        lines = [f"spent {self.spent}, at most {self.world.spent_most}, charged {self.charged}"]
        lines += [f"{cell}: {job!r} {job.error}" for cell, job in self.jobs.items()]
        lines += [f"{cell}: made {[job.id for job in jobs]}" for cell, jobs in self.made.items()]
        lines += [
            f"row {row.uid[:6]} {_cell_of(row.request)} {row.state} {row.charge} id {row.job_id} "
            f"resent {row.resent} owner {row.owner} error {row.error}"
            for row in self.rows
        ]
        lines += [f"killed at {dict(self.world.killed_at)}"]
        if folder := os.environ.get("LEONARDO_CRASH_TRACES"):
            Path(folder, f"{os.getpid()}.txt").write_text("\n".join([*self.world.told, *lines]))
        return "\n".join(lines)


def _cell_of(members: Any) -> Cell:
    """Return which cell a request or a simulated job is."""
    return Cell(int(members["seed"]), int(members["guidance_scale"]), members.get("tiling") is True)
