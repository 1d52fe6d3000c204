from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest

import leonardo_nb as leo
from leonardo_nb.engine.lifecycle import State
from leonardo_nb.engine.resumed import Resumed, TakenUp

if TYPE_CHECKING:
    from leonardo_nb.simulator import Simulator
    from leonardo_nb.studios import Studio

SMALL: dict[str, Any] = {"width": 64, "height": 64}


def some(studio: Studio, number: int = 3) -> Resumed:
    """Return *number* jobs that are under way, as if they had been taken up."""
    jobs = [studio.generate("a fox", seed=seed, **SMALL) for seed in range(number)]
    return Resumed(jobs, TakenUp(at_service=number))


def test_result_waits_for_all(studio: Studio) -> None:
    """It gives the sequence itself back, in the order it was made from."""
    resumed = some(studio)

    assert resumed is resumed.result(20)
    assert [State.COMPLETE] * 3 == [job.state for job in resumed]
    assert (True, {}) == (resumed.done(), resumed.failures)
    assert {State.COMPLETE: 3} == resumed.counts


async def test_it_can_be_awaited_many_times(studio: Studio) -> None:
    """From any loop, also when all have ended."""
    resumed = some(studio)

    assert [resumed, resumed] == [await resumed, await resumed]


def test_jobs_that_fail_stop_no_other(studio: Studio, simulator: Simulator) -> None:
    """Their errors are kept by their place."""
    simulator.script(method="POST", path="/generations", fail=True, times=1)
    resumed = some(studio).result(20)
    ((place, error),) = resumed.failures.items()

    assert isinstance(error, leo.JobFailed)
    assert resumed[place].error is error
    assert {State.COMPLETE: 2, State.FAILED: 1} == resumed.counts


def test_all_may_fail(studio: Studio, simulator: Simulator) -> None:
    """Nothing is raised: what failed is read from `failures`."""
    simulator.script(method="POST", path="/generations", fail=True, times=3)

    assert [0, 1, 2] == sorted(some(studio).result(20).failures)


def test_nothing_to_pick_up() -> None:
    """It is empty, has ended, and says so in a sentence."""
    nothing = Resumed()

    assert nothing is nothing.result(0)
    assert (0, True) == (len(nothing), nothing.done())
    assert "Nothing to pick up: every job has ended." == repr(nothing)


async def test_awaiting_nothing_ends() -> None:
    """There is nobody to wait for."""
    nothing = Resumed()

    assert nothing is await asyncio.wait_for(_awaited(nothing), 1)


async def _awaited(resumed: Resumed) -> Resumed:
    return await resumed


async def test_giving_up_waiting_cancels_nothing(studio: Studio, simulator: Simulator) -> None:
    """The jobs go on, and the sentence says how to wait again."""
    simulator.script(method="POST", path="/generations", never_finish=True, times=1)
    resumed = some(studio, 1)
    waiting = asyncio.ensure_future(_awaited(resumed))
    await asyncio.sleep(0)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError, match="wait again"):
        await waiting

    assert not resumed.done()
    resumed[0].cancel()


def test_patience_can_end(studio: Studio, simulator: Simulator) -> None:
    """The error says how many are left."""
    simulator.script(method="POST", path="/generations", never_finish=True, times=1)
    resumed = some(studio, 1)
    with pytest.raises(leo.JobTimeout, match=r"^1 of 1 job has not ended after 0 s and goes on"):
        resumed.result(0)
    resumed[0].cancel()


def test_the_engine_cannot_wait_for_itself(studio: Studio, simulator: Simulator) -> None:
    """It would wait for ever."""
    simulator.script(method="POST", path="/generations", never_finish=True, times=1)
    resumed = some(studio, 1)

    async def wait() -> None:
        resumed.result()

    with pytest.raises(leo.EngineThreadError, match="await"):
        studio.engine.run(wait).result(5)
    resumed[0].cancel()


@pytest.mark.parametrize(
    ("how", "number", "words"),
    [
        (
            TakenUp(at_service=2, looked_for=1),
            3,
            "3 jobs taken up: 2 at the service, 1 looked for",
        ),
        (TakenUp(sent=1), 1, "1 job taken up: 1 sent now"),
        (TakenUp(at_service=1000), 1000, "1,000 jobs taken up: 1,000 at the service"),
        (
            TakenUp(at_service=1, watched=2),
            3,
            "3 jobs taken up: 1 at the service, 2 of another kernel watched",
        ),
        (None, 2, "2 jobs taken up"),
    ],
)
def test_repr_is_one_line(how: TakenUp | None, number: int, words: str) -> None:
    """How many, and what was done to them."""
    jobs: Any = [object()] * number

    assert words == repr(Resumed(jobs, how))


def test_parts_are_jobs(studio: Studio) -> None:
    """An index gives a job, a slice gives some."""
    resumed = some(studio)

    assert (resumed[0], resumed[1]) == resumed[:2]
    assert resumed[0] in resumed
    resumed.result(20)
