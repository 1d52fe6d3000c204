"""Looking at jobs: how often, at which, and what a look that brings nothing means."""

from __future__ import annotations

import asyncio
import itertools
from typing import TYPE_CHECKING, Any

import pytest

from leonardo_nb.engine.looks import GenerationLooks, Look, RemoteFile, VariationLooks
from leonardo_nb.engine.polling import Polling
from leonardo_nb.engine.watch import Watch
from leonardo_nb.errors import AuthenticationError, ConnectionFailed, NotFound
from leonardo_nb.service.responses import Generation, Variation

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Iterator, Mapping

    from leonardo_nb.testing import ManualClock

DONE = Look("COMPLETE", (RemoteFile("picture", "https://example.org/1.jpg"),))
WORKING = Look("PENDING")


class Told:
    """Looks that answer as they are told, and write down when they were asked what."""

    def __init__(
        self,
        clock: ManualClock,
        *,
        one: Callable[[str], Look | Exception | None] = lambda _: DONE,
        newest: Callable[[int], Mapping[str, Look] | None] = lambda _: None,
    ) -> None:
        self.clock = clock
        self.asked: list[tuple[float, str]] = []
        self._one = one
        self._newest = newest

    async def one(self, job_id: str) -> Look | None:
        """Answer about one job."""
        self.asked.append((round(self.clock.now(), 3), job_id))
        answer = self._one(job_id)
        if isinstance(answer, Exception):
            raise answer
        return answer

    async def newest(self, count: int) -> Mapping[str, Look] | None:
        """Answer with a list, or with None."""
        answer = self._newest(count)
        if answer is not None:
            self.asked.append((round(self.clock.now(), 3), f"newest {count}"))
        return answer


def watch_of(looks: Told, polling: Polling | None = None) -> Watch:
    tasks: set[asyncio.Task[object]] = set()

    def spawn(function: Callable[..., Coroutine[Any, Any, object]], *args: object) -> None:
        task = asyncio.ensure_future(function(*args))
        tasks.add(task)
        task.add_done_callback(tasks.discard)

    return Watch(looks, looks.clock, polling or Polling(jitter=0), spawn=spawn)


async def ended(watch: Watch, *names: str) -> list[Look]:
    waits = (watch.until_ended(name, expected=None, on_look=lambda _: None) for name in names)
    return await asyncio.gather(*waits)


async def test_one_at_a_time_where_there_is_no_list(clock: ManualClock) -> None:
    """Sixty jobs without a list are asked for in turn, one in two seconds."""
    looks = Told(clock)
    names = [f"job-{number}" for number in range(60)]

    await ended(watch_of(looks), *names)

    times = [at for at, _ in looks.asked]
    assert sorted(names) == sorted(name for _, name in looks.asked)
    assert all(later - earlier >= 2.0 for earlier, later in itertools.pairwise(times))


async def test_the_list_serves_all(clock: ManualClock) -> None:
    """Sixty jobs on a list are looked at with one request."""
    names = [f"job-{number}" for number in range(60)]
    looks = Told(clock, newest=lambda _: dict.fromkeys(names, DONE))

    await ended(watch_of(looks), *names)

    assert [(2.0, "newest 70")] == looks.asked


async def test_what_the_list_does_not_show_takes_turns(clock: ManualClock) -> None:
    """A job that is too old for the list is asked for by its id, two seconds after the list."""
    looks = Told(clock, newest=lambda _: {"new": DONE})

    await ended(watch_of(looks), "new", "old")

    assert [(2.0, "newest 12"), (4.0, "old")] == looks.asked


async def test_not_there_yet_is_at_work(clock: ManualClock) -> None:
    """A variation that the service does not list in its first moments is waited for."""
    answers = iter([None, None, WORKING, DONE])
    looks = Told(clock, one=lambda _: next(answers))
    statuses: list[str] = []

    look = await watch_of(looks).until_ended("new", expected=None, on_look=statuses.append)

    assert (DONE, ["PENDING", "PENDING", "PENDING"]) == (look, statuses)


async def test_nudge_looks_at_once(clock: ManualClock) -> None:
    """A nudge waits for no pause, whenever the last look was."""
    clock.holds = True
    looks = Told(clock)
    watch = watch_of(looks)
    waiting = asyncio.ensure_future(ended(watch, "a", "b"))
    while not watch.is_watched("b"):  # noqa: ASYNC110  it is being put there
        await asyncio.sleep(0)

    watch.nudge("b")
    while watch.is_watched("b"):  # noqa: ASYNC110  its look is on the way
        await asyncio.sleep(0)

    assert ([(0.0, "b")], True) == (looks.asked, watch.is_watched("a"))
    waiting.cancel()


async def test_nudge_for_nobody_is_nothing(clock: ManualClock) -> None:
    """A job that nobody waits for is not looked at."""
    looks = Told(clock)

    watch_of(looks).nudge("somebody-elses")
    await asyncio.sleep(0)

    assert [] == looks.asked


async def test_a_look_that_fails_is_repeated(clock: ManualClock) -> None:
    """A lost answer loses no job."""
    answers: Iterator[Look | Exception] = iter([ConnectionFailed("lost", delivered=True), DONE])
    looks = Told(clock, one=lambda _: next(answers))

    assert [DONE] == await ended(watch_of(looks), "a")


async def test_missing_five_times_is_believed(clock: ManualClock) -> None:
    """A service that says five times that there is no such job is right."""
    looks = Told(clock, one=lambda _: NotFound("none", status=200))

    with pytest.raises(NotFound):
        await ended(watch_of(looks), "a")

    assert 5 == len(looks.asked)


async def test_a_refused_key_ends_the_wait(clock: ManualClock) -> None:
    """Without a key no look can ever bring anything."""
    looks = Told(clock, one=lambda _: AuthenticationError("no", status=401))

    with pytest.raises(AuthenticationError):
        await ended(watch_of(looks), "a")

    assert 1 == len(looks.asked)


async def test_the_deadline_ends_the_wait(clock: ManualClock) -> None:
    """A job that never ends is reported once its time is over."""
    looks = Told(clock, one=lambda _: WORKING)

    with pytest.raises(TimeoutError):
        await ended(watch_of(looks, Polling(jitter=0, deadline=60)), "a")

    assert 60 <= clock.now() < 60 + 15


async def test_a_closed_lid_expires_no_job(clock: ManualClock) -> None:
    """The clock jumps by ten hours in every look, and the job is still waited for to its end."""
    answers = iter([WORKING] * 9 + [DONE])

    def ask(_: str) -> Look:
        clock.advance(36_000)
        return next(answers)

    assert [DONE] == await ended(watch_of(Told(clock, one=ask)), "a")
    assert clock.now() > 360_000


async def test_a_jump_is_one_pause(clock: ManualClock) -> None:
    """After a jump in the middle of a pause the job is looked at, and its deadline goes on."""
    clock.holds = True
    seen = asyncio.Event()

    def ask(_: str) -> Look:
        seen.set()
        return WORKING

    looks = Told(clock, one=ask)
    waiting = asyncio.ensure_future(ended(watch_of(looks, Polling(jitter=0, deadline=90)), "a"))
    while not clock.paused:  # noqa: ASYNC110  the pause is being begun
        await asyncio.sleep(0)
    clock.advance(36_000)
    await seen.wait()
    clock.holds = False

    with pytest.raises(TimeoutError):
        await waiting
    assert 36_000 == looks.asked[0][0]
    assert 36_030 <= clock.now() < 36_090


async def test_a_video_is_told_from_its_still() -> None:
    """A row of the motion variations names a video, one of the others a picture."""
    row = Variation.model_validate({"id": "v", "status": "COMPLETE", "url": "https://x/1"})

    async def ask(_: str) -> Variation:
        return row

    picture = await VariationLooks(ask).one("v")
    video = await VariationLooks(ask, video=True).one("v")

    assert picture is not None
    assert video is not None
    assert (RemoteFile("v", "https://x/1"),) == picture.files
    assert (RemoteFile("v", None, "https://x/1"),) == video.files


async def test_no_list_before_the_account_is_known() -> None:
    """The list is asked for with the account's id."""
    nobody: object = None

    assert None is await GenerationLooks(nobody, lambda: None).newest(10)  # type: ignore[arg-type]


async def test_many_nudges_share_a_look(clock: ManualClock) -> None:
    """Two hundred callbacks at once are one look and then the list, not two hundred requests."""
    clock.holds = True
    names = [f"job-{number}" for number in range(200)]
    looks = Told(clock, newest=lambda _: dict.fromkeys(names, DONE))
    watch = watch_of(looks)
    waiting = asyncio.ensure_future(ended(watch, *names))
    while not watch.is_watched(names[-1]):  # noqa: ASYNC110  they are being put there
        await asyncio.sleep(0)

    for name in names:
        watch.nudge(name)
    await waiting

    assert [(0.0, "newest 100")] == looks.asked


async def test_forged_nudges_are_five_looks_a_second(clock: ManualClock) -> None:
    """However often somebody claims that a job has ended, it is looked at five times a second."""
    clock.holds = True
    looks = Told(clock, one=lambda _: WORKING)
    watch = watch_of(looks)
    waiting = asyncio.ensure_future(ended(watch, "a"))
    while not watch.is_watched("a"):  # noqa: ASYNC110  it is being put there
        await asyncio.sleep(0)

    for _ in range(100):
        watch.nudge("a")
        await asyncio.sleep(0)
        clock.advance(0.01)
        await asyncio.sleep(0.002)

    assert 1 <= len(looks.asked) <= 7
    waiting.cancel()


async def test_variations_are_found_beside_their_pictures() -> None:
    """One list of generations shows what was made out of their pictures, as far as it has ended."""
    row = Generation.model_validate(
        {
            "id": "g",
            "status": "COMPLETE",
            "generated_images": [
                {
                    "id": "i",
                    "url": "https://x/i",
                    "generated_image_variation_generics": [
                        {"id": "done", "status": "COMPLETE", "url": "https://x/done"},
                        {"id": "working", "status": "PENDING", "url": None},
                        {"id": "half", "status": "COMPLETE", "url": None},
                    ],
                }
            ],
        }
    )

    async def rows(_: int) -> tuple[Generation, ...]:
        return (row,)

    async def ask(_: str) -> Variation | None:
        return None

    assert {
        "done": Look("COMPLETE", (RemoteFile("done", "https://x/done"),)),
        "working": Look("PENDING"),
    } == await VariationLooks(ask, rows=rows).newest(1)


async def test_two_that_the_list_does_not_show_take_turns(clock: ManualClock) -> None:
    """Jobs that are too old for the list are asked for by their ids, between two lists."""
    looks = Told(clock, newest=lambda _: {})

    await ended(watch_of(looks), "old", "older")

    assert ["newest 12", "old", "older"] == sorted({name for _, name in looks.asked})
    assert {"old", "older"} <= {name for _, name in looks.asked}


async def test_complete_without_an_address_is_looked_at_again(clock: ManualClock) -> None:
    """A variation that is called complete and is nowhere yet has not ended."""
    rows = iter(
        [
            Variation.model_validate({"id": "v", "status": "COMPLETE", "url": None}),
            Variation.model_validate({"id": "v", "status": "COMPLETE", "url": "https://x/v"}),
        ]
    )

    async def ask(_: str) -> Variation:
        return next(rows)

    told = Told(clock)
    told.one = VariationLooks(ask).one  # type: ignore[method-assign]
    (look,) = await ended(watch_of(told), "v")

    assert (RemoteFile("v", "https://x/v"),) == look.files
