"""
Studios that are stopped between any two of their effects, and what is paid for in the end.

First at every single point of short stories, then wherever Hypothesis likes in long ones.
"""

from __future__ import annotations

import contextlib
import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    rule,
    run_state_machine_as_test,
)

import leonardo_nb as leo

from .cells import PRICE, Cell, Story
from .conftest import a_schema
from .lives import Killed, Life, World, a_world

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Callable

EXAMPLES = int(os.environ.get("LEONARDO_CRASH_EXAMPLES", "60"))
"""How many stories Hypothesis tells."""
EVERY = int(os.environ.get("LEONARDO_CRASH_EVERY", "5"))
"""1 stops the short stories at every effect, 5 at every fifth of them."""
SHORTER = bool(os.environ.get("LEONARDO_CRASH_SHRINK"))
"""Whether a story that fails is made shorter first, which takes minutes."""
ANEW = bool(os.environ.get("LEONARDO_CRASH_ANEW"))
"""Whether the stories are others in every run."""
MEMORY = Path("/dev/shm")  # noqa: S108  what is written there is gone with the folder
MINUTES = pytest.mark.timeout(60 + 12 * EXAMPLES)

LOST: dict[str, dict[str, Any]] = {
    "refused": {"drop": "before"},
    "reset": {"drop": "after"},
    "broken": {"status": 500, "work_done": True},
    "unavailable": {"status": 503},
    "cut": {"corrupt": True},
    "late": {"delay": 20.0},
    "too late": {"delay": 90.0},
}
"""What may happen to the answer to a request for a picture."""


def folder() -> tempfile.TemporaryDirectory[str]:
    """Return a folder that is quick where the system has one; what is lost there is no matter."""
    return tempfile.TemporaryDirectory(
        dir=MEMORY if os.access(MEMORY, os.W_OK) else None, ignore_cleanup_errors=True
    )


def a_sweep(story: Story) -> None:
    """Three cells, and nothing goes wrong but the end of the studio."""
    life = story.world.alive[0]
    story.sweep(life, range(3))


def lost_answers(story: Story) -> None:
    """Of three answers one is lost before, and one after the work was done."""
    for lost in ("reset", "unavailable", "broken"):
        story.world.simulator.script(method="POST", path="/generations", **LOST[lost])
    a_sweep(story)


def two_at_once(story: Story) -> None:
    """Another studio asks for the same at the same time, and for one more."""
    other = story.world.open()
    a_sweep(story)
    story.sweep(other, range(1, 4))


def within_a_budget(story: Story) -> None:
    """There is money for two of three."""
    a_sweep(story)


def killed_twice(story: Story) -> None:
    """Whoever takes it up is killed soon after."""
    a_sweep(story)
    world = story.world
    world.until(
        lambda: world.lives[0].dead or all(job.done() for job in story.jobs[world.lives[0]])
    )
    second = world.open()
    second.dies_at = second.effects + 15
    with_death(lambda: story.resume(second))


def held_up(story: Story) -> None:
    """What has left is on its way for ten seconds, when its sender is long dead."""
    story.world.held_up = 10.0
    a_sweep(story)


def twins(story: Story) -> None:
    """Two that look alike in the list; the answer of one is lost, and the other was not made."""
    for lost in ("reset", "unavailable", "unavailable"):
        story.world.simulator.script(method="POST", path="/generations", **LOST[lost])
    story.ask(story.world.alive[0], [Cell(0), Cell(0, tiling=True)])


def the_same_again(story: Story) -> None:
    """One is paid for twice, on purpose, and what was made first is not the second's."""
    life = story.world.alive[0]
    (first,) = story.ask(life, [Cell(0)])
    story.world.until(lambda: life.dead or first.done())
    story.world.simulator.script(method="POST", path="/generations", **LOST["unavailable"])
    if not life.dead:
        story.ask(life, [Cell(0), Cell(1)], reuse=False)


def lost_within_a_budget(story: Story) -> None:
    """What may have been paid counts as paid, while nobody knows."""
    life = story.world.alive[0]
    for _ in range(2):
        story.world.simulator.script(method="POST", path="/generations", **LOST["reset"])
    story.ask(life, [Cell(0), Cell(1)])
    story.world.until(lambda: life.dead or 2 == story.world.simulator.creates)
    story.world.go(3.0)
    if not life.dead:
        story.ask(life, [Cell(2)])


STORIES: dict[str, Callable[[Story], None]] = {
    each.__name__: each
    for each in (
        a_sweep,
        lost_answers,
        two_at_once,
        within_a_budget,
        killed_twice,
        held_up,
        twins,
        the_same_again,
        lost_within_a_budget,
    )
}


def with_death(act: Callable[[], object]) -> None:
    """Do something in the midst of which the studio may die."""
    with contextlib.suppress(Killed):
        act()


def told(name: str, dies_at: int | None, url: str | None, counts: Counter[str]) -> bool:
    """Tell a story in which the first studio dies at that effect; return whether it did."""
    budget = leo.Credits(2 * PRICE) if "budget" in name else None
    with folder() as place, a_world(Path(place), 1, budget=budget, url=url) as world:
        story = Story(world)
        life = world.open()
        life.dies_at = dies_at
        with_death(lambda: STORIES[name](story))
        world.until(lambda: life.dead or all(job.done() for job in story.jobs[life]))
        counts.update(story.finish().check())
        return life.dead and dies_at is not None and world.kills > 0


@pytest.mark.timeout(600)
@pytest.mark.parametrize("name", STORIES)
def test_stopped_at_any_effect(name: str, counts: Counter[str]) -> None:
    """Wherever a studio is stopped, each cell is made once and paid once after a resume."""
    at = 1
    while told(name, at, None, counts):
        at += EVERY
    counts["points"] += at // EVERY


@pytest.mark.timeout(600)
@pytest.mark.parametrize("locks", [True, False])
def test_asleep_at_any_effect(locks: bool, counts: Counter[str]) -> None:
    """Wherever a machine falls asleep, whoever goes on meanwhile and itself pay once."""
    at = 1
    while slept(at, counts, locks=locks):
        at += EVERY
    counts["points"] += at // EVERY


def slept(at: int, counts: Counter[str], *, locks: bool) -> bool:
    """Tell a story in which a machine sleeps from that effect on; return whether it did."""
    with folder() as place, a_world(Path(place), 1, locks=locks) as world:
        story = Story(world)
        sleeper, other = world.open(), world.open()
        sleeper.sleeps_at = at
        story.sweep(sleeper, range(2))
        world.until(lambda: sleeper.asleep or all(job.done() for job in story.jobs[sleeper]))
        was_asleep = sleeper.asleep
        story.sweep(other, range(3))
        world.go(45.0)
        story.resume(other)
        world.go(45.0)
        counts.update(story.finish().check())
        counts["machines asleep"] += was_asleep
        return was_asleep


THEN = st.sampled_from([0.0, 0.3, 2.0, 5.0, 9.0, 30.0])
"""Seconds that go by after something was asked for."""


class Lives(RuleBasedStateMachine):
    """Studios come and go, answers are lost, clocks jump; in the end everything is paid once."""

    on_server = False
    counts: Counter[str]

    def __init__(self) -> None:
        super().__init__()
        self._ends = contextlib.ExitStack()
        self._place = self._ends.enter_context(folder())
        self._url = self._ends.enter_context(a_schema()) if self.on_server else None
        self._world: World | None = None

    @property
    def world(self) -> World:
        """The world of this story."""
        assert self._world is not None
        return self._world

    @initialize(
        seed=st.integers(0, 999),
        budget=st.sampled_from([None, None, 2, 5]),
        skew=st.sampled_from([0.0, 0.0, 3600.0, -90.0]),
        locks=st.sampled_from([True, True, False]),
    )
    def begin(self, seed: int, budget: int | None, skew: float, locks: bool) -> None:
        """Begin with one studio, and perhaps with money for so many pictures."""
        self._world = World(
            Path(self._place),
            seed,
            budget=None if budget is None else leo.Credits(budget * PRICE),
            url=self._url,
            skew=skew,
            locks=locks,
        )
        self.story = Story(self.world)
        self.world.open()

    @rule(
        which=st.integers(0, 2),
        cells=st.lists(
            st.builds(
                Cell,
                st.integers(0, 4),
                guidance=st.sampled_from([7, 7, 7, 9]),
                tiling=st.sampled_from([False, False, True]),
            ),
            min_size=1,
            max_size=4,
        ),
        dies_after=st.none() | st.integers(1, 120),
        reuse=st.sampled_from([True, True, True, False]),
        then=THEN,
    )
    def ask(
        self, which: int, cells: list[Cell], dies_after: int | None, reuse: bool, then: float
    ) -> None:
        """Ask for pictures, some of which somebody may have asked for before."""
        life = self._armed(which, dies_after)
        with_death(lambda: self.story.ask(life, cells, reuse=reuse))
        self.world.go(then)

    @rule(
        which=st.integers(0, 2),
        seeds=st.sets(st.integers(0, 4), min_size=2, max_size=4),
        dies_after=st.none() | st.integers(1, 120),
        then=THEN,
    )
    def sweep(self, which: int, seeds: set[int], dies_after: int | None, then: float) -> None:
        """Ask for pictures as a sweep."""
        life = self._armed(which, dies_after)
        with_death(lambda: self.story.sweep(life, sorted(seeds)))
        self.world.go(then)

    @rule(which=st.integers(0, 2), dies_after=st.none() | st.integers(1, 60), then=THEN)
    def resume(self, which: int, dies_after: int | None, then: float) -> None:
        """Take up what nobody alive works on."""
        life = self._armed(which, dies_after)
        life.sleeps_at, life.asleep = None, False  # somebody types there
        with_death(lambda: self.story.resume(life))
        self.world.go(then)

    @rule()
    def start(self) -> None:
        """Open one more studio on the library; three at once are enough."""
        if len(self.world.alive) < 3:
            self.world.open()

    @rule(which=st.integers(0, 2))
    def kill(self, which: int) -> None:
        """Kill a studio now."""
        self._one(which).die()

    @rule(which=st.integers(0, 2))
    def close(self, which: int) -> None:
        """Close a studio as a user does."""
        life = self._one(which)
        life.sleeps_at, life.asleep = None, False
        with_death(life.studio.close)
        life.dead = True

    @rule(which=st.integers(0, 2), after=st.integers(1, 60))
    def sleep(self, which: int, after: int) -> None:
        """Let a machine fall asleep so many effects later."""
        life = self._one(which)
        life.sleeps_at = life.effects + after

    @rule()
    def wake(self) -> None:
        """Wake every machine."""
        for life in self.world.alive:
            life.asleep = False

    @rule(seconds=st.sampled_from([0.0, 10.0]))
    def hold_up(self, seconds: float) -> None:
        """Let what leaves from now on be longer on its way."""
        self.world.held_up = seconds

    @rule(what=st.sampled_from(sorted(LOST)))
    def lose(self, what: str) -> None:
        """Let something happen to the answer to the next request for a picture."""
        self.world.simulator.script(method="POST", path="/generations", **LOST[what])

    @rule(what=st.sampled_from(["reset", "unavailable", "cut", "late"]))
    def lose_a_look(self, what: str) -> None:
        """Let something happen to the next answer that costs nothing."""
        self.world.simulator.script(method="GET", path="*", **LOST[what])

    @rule()
    def double(self) -> None:
        """Let the next list have each row twice, and tell of each job's end twice."""
        self.world.doubled = True
        for life in self.world.alive:
            for job_id in tuple(self.world.simulator.world.jobs) * 2:
                life.studio.engine.call_soon(life.studio._runner.nudge, job_id)

    @rule(seconds=st.sampled_from([0.05, 0.5, 2.0, 8.0, 25.0, 70.0]))
    def go(self, seconds: float) -> None:
        """Let time go by."""
        self.world.go(seconds)

    @rule(seconds=st.sampled_from([5.0, 45.0, 3600.0, 40_000.0]), asleep=st.booleans())
    def jump(self, seconds: float, asleep: bool) -> None:
        """Let the clocks jump, as behind a closed lid."""
        self.world.jump(seconds, asleep=asleep)

    def teardown(self) -> None:
        """Take up what is left, and compare."""
        try:
            if self._world is not None:
                self.counts.update(self.story.finish().check())
                self.counts["stories"] += 1
        finally:
            if self._world is not None:
                self._world.close()
            self._ends.close()

    def _one(self, which: int) -> Life:
        """Return one that is alive; rules have no preconditions, so that they replay the same."""
        alive = self.world.alive or [self.world.open()]
        return alive[which % len(alive)]

    def _armed(self, which: int, dies_after: int | None) -> Life:
        life = self._one(which)
        if dies_after is not None:
            life.dies_at = life.effects + dies_after
        return life


@MINUTES
def test_any_story_is_paid_once(database: str | None, counts: Counter[str]) -> None:
    """Whatever happens to studios, answers and clocks, money is spent once and nothing is lost."""
    Lives.on_server, Lives.counts = database is not None, counts
    run_state_machine_as_test(
        Lives,
        settings=settings(
            max_examples=EXAMPLES if database is None else EXAMPLES // 4,
            stateful_step_count=25,
            deadline=None,
            suppress_health_check=list(HealthCheck),
            derandomize=not ANEW,
            phases=[phase for phase in Phase if SHORTER or phase is not Phase.shrink],
        ),
    )
