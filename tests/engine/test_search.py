"""What became of a request whose answer was lost: one, several, near, none, or nobody knows."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import anyio.lowlevel
import pytest

import leonardo_nb as leo
from leonardo_nb.simulator import Simulator
from leonardo_nb.studios import Studio

from .scenes import CREATE, LIST, PATIENCE, SMALL, Scene, SkewedClock, failure, lost, until

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from leonardo_nb.service.requests import CreateGeneration
    from leonardo_nb.testing import ManualClock

NOTHING: dict[str, Any] = {**LIST, "status": 200, "body": {"generations": []}}


@pytest.fixture
def scene(tmp_path: Path, clock: ManualClock) -> Iterator[Scene]:
    """A service and a library."""
    made = Scene(tmp_path / "own", clock)
    yield made
    made.close()


def fox(studio: Studio, **members: Any) -> CreateGeneration:
    return studio.request("a fox", **SMALL | members)


async def unknown(job: leo.Job[Any]) -> leo.OutcomeUnknown:
    error = await failure(job)
    assert isinstance(error, leo.OutcomeUnknown)
    return error


def ids(error: leo.OutcomeUnknown) -> set[str]:
    return {each.id for each in error.candidates}


# one that is surely it

KINDS: dict[str, tuple[Callable[[Studio], leo.Job[Any]], str]] = {
    "image": (lambda it: it.generate("a fox", **SMALL), "/generations"),
    "image of v2": (
        lambda it: it.generate("a fox", modelId="gpt-image-1.5"),
        "/v2/generations",
    ),
    "video": (lambda it: it.text_to_video("a fox"), "/generations-text-to-video"),
    "video of v2": (lambda it: it.text_to_video("a fox", model="Kling 3.0"), "/v2/generations"),
}


@pytest.mark.parametrize("kind", KINDS)
async def test_what_is_surely_it_is_taken(scene: Scene, kind: str) -> None:
    """Made once, found, and complete with its files."""
    studio = scene.open()
    ask, path = KINDS[kind]
    lost(scene.simulator, path=path)

    job = ask(studio)
    await job

    assert (1, 0, "charged") == (scene.simulator.creates, job.snapshot.resent, job.charge)


@pytest.mark.parametrize("kind", ["upscale", "unzoom", "nobg"])
async def test_a_variation_is_found_by_its_picture(scene: Scene, kind: str) -> None:
    """The row of the generation lists what was made of its pictures."""
    studio = scene.open()
    picture = (await studio.generate("a fox", **SMALL))[0]
    lost(scene.simulator, path=f"/variations/{kind}")

    job = getattr(studio, kind)(picture)
    await job

    assert (2, 0) == (scene.simulator.creates, job.snapshot.resent)


@pytest.mark.parametrize("kind", ["upscale", "unzoom", "nobg"])
async def test_an_older_variation_is_not_taken(scene: Scene, kind: str) -> None:
    """One that the library has, of the same picture, is another job's."""
    studio = scene.open()
    picture = (await studio.generate("a fox", **SMALL))[0]
    first = getattr(studio, kind)(picture)
    await first
    scene.clock.advance(600)
    lost(scene.simulator, made=False, path=f"/variations/{kind}")

    second = getattr(studio, kind)(picture)
    await second

    assert (3, 1, True) == (scene.simulator.creates, second.snapshot.resent, first.id != second.id)


async def test_a_kind_without_a_list_is_the_user_s_at_once(scene: Scene) -> None:
    """A finer video is in no list, so nobody searches, and nothing is sent again."""
    studio = scene.open()
    video = studio.text_to_video("a fox")
    await video
    lost(scene.simulator, path="/generations-video-upscale", made=True)
    asked = len(scene.simulator.requests)

    job = studio.upscale_video(str(video.id))
    error = await unknown(job)

    assert "The service has no list in which it could be looked for" in str(error)
    assert 2 == scene.simulator.creates
    assert not any(
        path.startswith("/generations/") for _, path in list(scene.simulator.requests)[asked:]
    )


@pytest.mark.parametrize("hours", [7.0, -7.0, 0.02, -0.02])
async def test_a_clock_that_is_off_hides_nothing(scene: Scene, hours: float) -> None:
    """The service says its date with each answer, so ours may be wrong by hours."""
    studio = scene.open(hours=hours)
    lost(scene.simulator)

    job = studio.generate("a fox", **SMALL)
    await job

    assert (1, 0) == (scene.simulator.creates, job.snapshot.resent)


@pytest.mark.parametrize("hours", [7.0, -7.0])
async def test_a_clock_that_is_off_takes_no_older_job(scene: Scene, hours: float) -> None:
    """One that was made two minutes before is not what was asked for now; it is shown."""
    studio = scene.open(hours=hours)
    older = scene.elsewhere(fox(studio))
    scene.clock.advance(120)
    lost(scene.simulator, made=False)

    error = await unknown(studio.generate("a fox", **SMALL))

    assert [(older, ("created",))] == [(each.id, each.differs) for each in error.candidates]


async def test_a_service_that_does_not_say_the_date(tmp_path: Path, clock: ManualClock) -> None:
    """A clock that is hours ahead then makes it a job of before, which is shown and not taken."""
    simulator = Simulator(now=clock.now, wall=clock.wall, pause=clock.pause)
    lost(simulator)
    with Studio(
        simulator=simulator, library=tmp_path / "own", clock=SkewedClock(clock, 7.0)
    ) as studio:
        job = studio.generate("a fox", **SMALL)
        error = await unknown(job)
        (candidate,) = error.candidates
        await job.adopt(candidate.id)

    assert (("created",), 1) == (candidate.differs, simulator.creates)


# none


async def test_none_is_believed_after_four_looks_in_21_s(scene: Scene) -> None:
    """Looks after 1, 5, 12 and 22 s: the first that are three, and 20 s from first to last."""
    studio = scene.open()
    lost(scene.simulator, made=False)

    job = studio.generate("a fox", **SMALL)
    await job
    posted = [when for when, url in scene.simulator.log if url.path.endswith("/generations")]

    start = posted[0]
    assert [1, 5, 12, 22] == [round(look - start) for look in scene.simulator.looks[:4]]
    assert [0, 22] == [round(when - start) for when in posted]


async def test_a_fast_simulator_is_searched_as_fast(tmp_path: Path, clock: ManualClock) -> None:
    """Of one that is 20 times as fast, a second is enough."""
    scene = Scene(tmp_path / "own", clock, speed=20)
    studio = scene.open()
    lost(scene.simulator, made=False)

    await studio.generate("a fox", **SMALL)
    first, second = (when for when, url in scene.simulator.log if url.path.endswith("/generations"))
    scene.close()

    assert pytest.approx(22 / 20) == second - first


async def test_a_list_that_is_late_is_looked_at_until_it_shows_it(scene: Scene) -> None:
    """What the first three looks do not show is found by the fourth, and not sent again."""
    studio = scene.open()
    lost(scene.simulator)
    scene.simulator.script(**NOTHING, times=3)

    job = studio.generate("a fox", **SMALL)
    await job

    assert (1, 0) == (scene.simulator.creates, job.snapshot.resent)


async def test_a_look_that_fails_counts_for_nothing(scene: Scene) -> None:
    """Three good ones are needed, over 20 s: of every other one that fails it takes five."""
    studio = scene.open()
    lost(scene.simulator, made=False)
    for fault in (NOTHING, LIST | {"status": 503}) * 3:
        scene.simulator.script(**fault)

    job = studio.generate("a fox", **SMALL)
    await job

    first, second = (when for when, url in scene.simulator.log if url.path.endswith("/generations"))
    assert (1, 1) == (scene.simulator.creates, job.snapshot.resent)
    # the fifth look, after 1, 5, 12 and 22 s
    assert 32 == second - first


async def test_a_service_that_answers_after_minutes_is_asked_until_then(scene: Scene) -> None:
    """Four minutes of nothing but faults, and the job is found all the same."""
    studio = scene.open()
    lost(scene.simulator)
    scene.simulator.script(**LIST, status=503, times=24)

    job = studio.generate("a fox", **SMALL)
    await job

    assert (1, 0) == (scene.simulator.creates, job.snapshot.resent)
    assert job.elapsed > 200


async def test_a_service_that_does_not_answer_for_five_minutes(scene: Scene) -> None:
    """The job ends unknown, nothing is sent again, and `resume()` looks once more."""
    studio = scene.open()
    lost(scene.simulator)
    scene.simulator.script(**LIST, status=503, times=10_000)

    job = studio.generate("a fox", **SMALL)
    error = await unknown(job)

    assert "It could not be looked for" in str(error)
    assert "leo.resume() looks again" in str(error)
    assert 300 <= job.elapsed < 330
    assert ((), "unknown", 1) == (error.candidates, job.charge, scene.simulator.creates)
    scene.simulator._faults.clear()
    (again,) = await studio.resume()
    assert (job.uid, "complete", 1) == (again.uid, again.state, scene.simulator.creates)


async def test_a_service_that_does_not_say_whose_key_it_is(scene: Scene) -> None:
    """Without a list nothing can be known, so nothing is sent again."""
    row = {"user": None, "apiPaidTokens": 77, "apiConcurrencySlots": 3}
    scene.simulator.script(path="/me", status=200, body={"user_details": [row]}, times=10_000)
    studio = scene.open()
    lost(scene.simulator, made=False)

    error = await unknown(studio.generate("a fox", **SMALL))

    assert "does not say whose key this is" in str(error)
    assert 0 == scene.simulator.creates


async def test_a_closed_lid_is_no_five_minutes(scene: Scene) -> None:
    """A night between two looks counts as one of them; the job is found in the morning."""
    studio = scene.open()
    lost(scene.simulator)
    scene.simulator.script(**LIST, status=503, times=2)
    scene.clock.holds = True
    job = studio.generate("a fox", **SMALL)
    await until(job, lambda: job.snapshot.is_searched)
    scene.clock.advance(8 * 3600)
    scene.clock.holds = False

    await job

    assert (1, 0) == (scene.simulator.creates, job.snapshot.resent)


async def test_a_closed_lid_is_no_twenty_seconds(scene: Scene) -> None:
    """After a night between two looks that found nothing, a third one is made; it finds the job."""
    studio = scene.open()
    lost(scene.simulator)
    scene.simulator.script(**NOTHING, times=2)
    scene.clock.holds = True
    job = studio.generate("a fox", **SMALL)
    await until(job, lambda: job.snapshot.is_searched)
    await first_look(scene)
    scene.clock.advance(8 * 3600)
    scene.clock.holds = False

    await job

    assert (1, 0) == (scene.simulator.creates, job.snapshot.resent)


async def test_a_key_that_is_refused_ends_the_search(scene: Scene) -> None:
    """Looking again would bring nothing else; the job is the user's, and nothing is sent."""
    studio = scene.open()
    await studio.generate("a hare", **SMALL)
    lost(scene.simulator, made=False)
    refused = {"error": "Invalid API key", "code": "access-denied"}
    scene.simulator.script(**LIST, status=401, body=refused)

    job = studio.generate("a fox", **SMALL)
    error = await unknown(job)

    assert isinstance(error.__cause__, leo.AuthenticationError)
    assert ("unknown", 1) == (job.charge, scene.simulator.creates)


# several, near, of another time


async def test_several_are_shown_and_one_is_adopted(scene: Scene) -> None:
    """The user says which; it goes on under its old name, and nothing is paid for it again."""
    studio = scene.open()
    lost(scene.simulator)
    other = scene.elsewhere(fox(studio))

    job = studio.generate("a fox", **SMALL)
    error = await unknown(job)
    mine = next(iter(ids(error) - {other}))

    assert (2, "unknown") == (len(error.candidates), job.charge)
    assert all(() == each.differs and each.created is not None for each in error.candidates)
    assert all(each.id in str(error) for each in error.candidates)
    adopted = job.adopt(mine)
    await adopted
    assert (job.uid, mine, "complete") == (adopted.uid, adopted.id, adopted.state)
    assert 2 == scene.simulator.creates
    assert [(mine, "charged")] == [(row.job_id, row.charge) for row in studio.jobs()]


async def test_several_and_none_of_them(scene: Scene) -> None:
    """The user may pay once more instead; the others stay whose they are."""
    studio = scene.open()
    others = {scene.elsewhere(fox(studio)) for _ in range(2)}
    lost(scene.simulator, made=False)
    job = studio.generate("a fox", **SMALL)
    error = await unknown(job)

    again = job.resend()
    await again

    assert (others, 3) == (ids(error), scene.simulator.creates)
    assert (job.uid, True) == (again.uid, again.id not in others)


async def test_many_are_counted_and_five_are_listed(scene: Scene) -> None:
    """A sentence is no table; `candidates` has all of them."""
    studio = scene.open()
    others = {scene.elsewhere(fox(studio)) for _ in range(8)}
    lost(scene.simulator, made=False)

    error = await unknown(studio.generate("a fox", **SMALL))

    assert others == ids(error)
    assert 5 == sum(each in str(error) for each in others)
    assert "8 of the account's newest jobs may be it" in str(error)
    assert "and 3 more" in str(error)


async def test_what_is_near_is_shown_and_not_taken(scene: Scene) -> None:
    """A job with another guidance was made by somebody else, or by a service that changed it."""
    studio = scene.open()
    other = scene.elsewhere(fox(studio, guidance_scale=9))
    lost(scene.simulator, made=False)

    job = studio.generate("a fox", guidance_scale=7, **SMALL)
    error = await unknown(job)

    assert [(other, ("guidance_scale",))] == [(each.id, each.differs) for each in error.candidates]
    assert "One of the account's newest jobs may be it, and is not surely it" in str(error)
    assert (1, 1) == (scene.simulator.creates, scene.simulator.asked("POST", "/generations"))


async def test_what_is_surely_it_is_taken_beside_what_is_near(scene: Scene) -> None:
    """One exact match is enough."""
    studio = scene.open()
    other = scene.elsewhere(fox(studio, guidance_scale=9))
    lost(scene.simulator)

    job = studio.generate("a fox", guidance_scale=7, **SMALL)
    await job

    assert (2, True) == (scene.simulator.creates, job.id != other)


async def test_what_was_made_before_is_shown_and_not_taken(scene: Scene) -> None:
    """It is the same in everything, and was there an hour before it was asked for."""
    studio = scene.open()
    older = scene.elsewhere(fox(studio))
    scene.clock.advance(3600)
    lost(scene.simulator, made=False)

    error = await unknown(studio.generate("a fox", **SMALL))

    assert [(older, ("created",))] == [(each.id, each.differs) for each in error.candidates]


async def test_what_was_made_days_before_is_not_shown(scene: Scene) -> None:
    """No clock is put right by more than a day."""
    studio = scene.open()
    scene.elsewhere(fox(studio))
    scene.clock.advance(2 * 86_400)
    lost(scene.simulator, made=False)

    job = studio.generate("a fox", **SMALL)
    await job

    assert (2, 1) == (scene.simulator.creates, job.snapshot.resent)


# jobs of this library


async def test_a_job_that_the_library_has_is_never_taken(scene: Scene) -> None:
    """The same request, a moment before, is that job's and not this one's."""
    studio = scene.open()
    first = studio.generate("a fox", **SMALL)
    await first
    lost(scene.simulator, made=False)

    second = studio.generate("a fox", **SMALL)
    await second

    assert (2, 1, True) == (scene.simulator.creates, second.snapshot.resent, first.id != second.id)


async def test_a_job_of_another_studio_is_never_taken(scene: Scene) -> None:
    """They share the library, so what one has accepted is not the other's."""
    one, two = scene.open(), scene.open()
    first = one.generate("a fox", **SMALL)
    await first
    lost(scene.simulator, made=False)

    second = two.generate("a fox", **SMALL)
    await second

    assert (2, 1, True) == (scene.simulator.creates, second.snapshot.resent, first.id != second.id)


@pytest.mark.parametrize("made", [(True, True), (True, False), (False, True), (False, False)])
async def test_two_that_are_the_same_are_lost_at_once(
    scene: Scene, made: tuple[bool, bool]
) -> None:
    """No job is both's, and none is made that was made already."""
    studio = scene.open()
    for each in made:
        lost(scene.simulator, made=each)

    jobs = [studio.generate("a fox", **SMALL) for _ in made]
    ends = [job.exception(PATIENCE) for job in jobs]

    taken = [job.id for job in jobs if job.id is not None]
    assert len(taken) == len(set(taken))
    assert scene.simulator.creates <= 2
    for job, end in zip(jobs, ends, strict=True):
        assert end is None or isinstance(end, leo.OutcomeUnknown), job
    if made != (True, True):
        assert (2, [None, None]) == (scene.simulator.creates, ends)


@pytest.mark.parametrize("made", [(True, False), (False, True)])
async def test_a_sibling_that_looks_the_same_is_not_taken(
    scene: Scene, made: tuple[bool, bool]
) -> None:
    """Contrast is in no row, so one may be either's: both are shown it, and neither takes it."""
    studio = scene.open()
    for each in made:
        lost(scene.simulator, made=each)

    jobs = [studio.generate("a fox", contrast=contrast, **SMALL) for contrast in (3, 4)]
    errors = [await unknown(job) for job in jobs]

    assert [1, 1] == [len(error.candidates) for error in errors]
    assert (1, ids(errors[0])) == (scene.simulator.creates, ids(errors[1]))


async def test_siblings_that_look_the_same_are_told_apart_by_the_user(scene: Scene) -> None:
    """Adopting one leaves the other what is left; no row is given twice."""
    studio = scene.open()
    lost(scene.simulator, 2)
    jobs = [studio.generate("a fox", contrast=contrast, **SMALL) for contrast in (3, 4)]
    errors = [await unknown(job) for job in jobs]
    one, two = ids(errors[0])

    adopted = jobs[0].adopt(one)
    with pytest.raises(leo.LibraryError, match="is another job's of this library already"):
        jobs[1].adopt(one)
    await adopted
    await jobs[1].adopt(two)

    assert (2, {one, two}) == (scene.simulator.creates, {row.job_id for row in studio.jobs()})


async def first_look(scene: Scene) -> None:
    """Let the one search that is under way look once, while time stands still."""
    for pause in (1.0, 4.0):
        while pause not in scene.clock.paused:
            await anyio.lowlevel.checkpoint()
        scene.clock.advance(1.0 if pause == 1.0 else 0.0)


async def test_an_answer_that_is_on_its_way_is_waited_for(scene: Scene) -> None:
    """The row of a sibling whose answer comes in 25 s is that one's, and the other is found."""
    studio = scene.open()
    scene.simulator.script(**CREATE, delay=25.0)
    lost(scene.simulator)

    scene.clock.holds = True
    slow = studio.generate("a fox", contrast=3, **SMALL)
    while not scene.simulator.creates:
        await anyio.lowlevel.checkpoint()
    fast = studio.generate("a fox", contrast=4, **SMALL)
    await until(fast, lambda: fast.snapshot.is_searched)
    await first_look(scene)
    scene.clock.holds = False
    await slow
    await fast

    assert 1 == scene.simulator.looks[0]
    assert (2, 2) == (scene.simulator.creates, len({slow.id, fast.id}))
    assert (None, 0) == (slow.snapshot.lost, fast.snapshot.resent)
    made_of = {job.id: job.members["contrast"] for job in scene.simulator.world.all_jobs()}
    assert (3, 4) == (made_of[str(slow.id)], made_of[str(fast.id)])


async def test_an_answer_on_its_way_to_another_studio_is_waited_for(scene: Scene) -> None:
    """The same, where the sibling is another living kernel's."""
    one, two = scene.open(), scene.open()
    scene.simulator.script(**CREATE, delay=25.0)
    lost(scene.simulator)

    scene.clock.holds = True
    slow = one.generate("a fox", contrast=3, **SMALL)
    while not scene.simulator.creates:
        await anyio.lowlevel.checkpoint()
    fast = two.generate("a fox", contrast=4, **SMALL)
    await until(fast, lambda: fast.snapshot.is_searched)
    await first_look(scene)
    scene.clock.holds = False
    await slow
    await fast

    made_of = {job.id: job.members["contrast"] for job in scene.simulator.world.all_jobs()}
    assert (2, 3, 4) == (scene.simulator.creates, made_of[str(slow.id)], made_of[str(fast.id)])


# adopt and resend


async def test_adopting_what_the_service_does_not_have(scene: Scene) -> None:
    """Nothing is changed, and the job can still be adopted."""
    studio = scene.open(resend="never")
    lost(scene.simulator, made=False)
    job = studio.generate("a fox", **SMALL)
    await unknown(job)

    with pytest.raises(leo.NotFound):
        job.adopt("9c1f9a5a-0000-4000-8000-000000000001")

    assert [("request", None)] == [(row.state, row.job_id) for row in studio.jobs()]


async def test_a_job_that_is_not_lost_is_not_adopted_or_resent(scene: Scene) -> None:
    """What has an id keeps it."""
    studio = scene.open()
    job = studio.generate("a fox", **SMALL)
    await job

    with pytest.raises(leo.LibraryError, match="was not lost"):
        job.adopt(str(job.id))
    with pytest.raises(leo.LibraryError, match="was not lost"):
        job.resend()
    assert 1 == scene.simulator.creates


async def test_resend_is_for_one_time(scene: Scene) -> None:
    """A job that was sent again is not lost any more."""
    studio = scene.open(resend="never")
    lost(scene.simulator, made=False)
    job = studio.generate("a fox", **SMALL)
    await unknown(job)
    await job.resend()

    with pytest.raises(leo.LibraryError, match="was not lost"):
        job.resend()
    assert 1 == scene.simulator.creates


async def test_the_choice_is_there_after_a_restart(scene: Scene) -> None:
    """The row stays open, and another studio's job of it can be adopted as well."""
    studio = scene.open()
    lost(scene.simulator)
    other = scene.elsewhere(fox(studio))
    job = studio.generate("a fox", **SMALL)
    error = await unknown(job)
    studio.close()
    mine = next(iter(ids(error) - {other}))

    later = scene.open()
    seen = later.job(job.uid)
    assert isinstance(await failure(seen), leo.OutcomeUnknown)
    await seen.adopt(mine)

    assert (2, mine) == (scene.simulator.creates, later.job(job.uid).id)


async def test_a_sentence_says_when_candidates_were_made(scene: Scene) -> None:
    """By the service's clock, in UTC, so that they can be told apart at the service."""
    studio = scene.open()
    scene.elsewhere(fox(studio))
    scene.clock.advance(90)
    scene.elsewhere(fox(studio))
    scene.clock.advance(timedelta(minutes=5).total_seconds())
    lost(scene.simulator, made=False)

    said = str(await unknown(studio.generate("a fox", **SMALL)))

    assert "made 2026-01-01 00:00:00 UTC" in said
    assert "made 2026-01-01 00:01:30 UTC" in said
