"""A run that went before, played again."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest

from leonardo_nb.engine.lifecycle import State
from leonardo_nb.errors import InvalidRequest, JobFailed, OutcomeUnknown, ReplayError
from leonardo_nb.library.shelf import Mark
from leonardo_nb.money import Credits
from leonardo_nb.sweeps.replay import Replay, replay
from leonardo_nb.testing import ManualClock
from tests.sweeps.recordings import manifest, marked, packed, put, take, until

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from leonardo_nb.sweeps.run import Run


@pytest.fixture
def held() -> ManualClock:
    """A clock that stands still until it is moved."""
    return ManualClock(holds=True)


@pytest.fixture
def play(tmp_path: Path, held: ManualClock) -> Iterator[Callable[..., Replay]]:
    """Plays a recording on the held clock, one second a second."""
    opened: list[Replay] = []

    def play(speed: float = 1, **changes: Any) -> Replay:
        path = put(tmp_path / "foxes.zip", packed(manifest(**changes)))
        opened.append(replay(path, speed, clock=held))
        return opened[-1]

    yield play
    for each in opened:
        each.close()


def letters(run: Run) -> str:
    return "".join(str(state)[0] for state in run.states)


def is_at(wanted: str) -> Callable[[Run], bool]:
    return lambda run: letters(run) == wanted


def test_it_fills_as_it_was_recorded(play: Callable[..., Replay], held: ManualClock) -> None:
    """Nothing at first, then every cell in its second."""
    run = play()
    seen = [letters(run)]

    for wanted in ("rrrr", "drrr", "ddrr", "dddd"):
        held.advance({"rrrr": 0.6, "dddd": 5.0}.get(wanted, 1.0))
        until(run, is_at(wanted))
        seen.append(letters(run))

    assert ["wwww", "rrrr", "drrr", "ddrr", "dddd"] == seen


def test_it_ends_as_the_run_itself(tmp_path: Path) -> None:
    """Awaiting it gives it, with pictures, costs and seconds as they were."""
    run = replay(put(tmp_path / "foxes.zip", packed(manifest())), clock=ManualClock())

    async def wait() -> Replay:
        return await run

    assert run is asyncio.run(wait())
    assert Credits(28) == run.cost == run.price
    assert 4 == len(run.images)
    assert [(16, 12)] * 4 == [image.pil().size for image in run.images]
    assert [1.0, 2.0, 3.0, 4.0] == [job.elapsed for job in run]
    assert not run.simulated
    assert "<Replay of 4 cells: 4 done>" == repr(run)
    run.close()


def test_parts_and_tables_are_those_of_any_run(play: Callable[..., Replay]) -> None:
    """A part of it is a run, and one cell is a job."""
    run = play().finish()

    assert 2 == len(run.sel(seed=[1, 2]))  # type: ignore[arg-type]
    assert run.jobs[3] is run.sel(seed=3)
    assert {"prompt": "a fox"} == run.fixed


def test_a_recording_calls_nobody_back(play: Callable[..., Replay]) -> None:
    """An address in it is left out, also of what is the same everywhere."""
    run = play(fixed={"prompt": "a fox", "webhookCallbackUrl": "https://elsewhere.example/x"})

    assert {"prompt": "a fox"} == run.fixed


def test_speed_is_its_own(play: Callable[..., Replay], held: ManualClock) -> None:
    """At ten times the speed a second is ten; the speed may change on the way."""
    run = play(speed=10)

    held.advance(0.1)
    until(run, is_at("drrr"))
    run.speed = 2
    held.advance(0.5)
    until(run, is_at("ddrr"))

    assert (2.0, 2.0) == (run.position, run.speed)
    assert (4.0, 1.0) == (run.seconds, run.seconds_left)


def test_it_stands_still(play: Callable[..., Replay], held: ManualClock) -> None:
    """Paused, nothing moves, whatever the clock says; then it goes on from there."""
    run = play()
    held.advance(1)
    until(run, is_at("drrr"))

    left = run.pause()
    held.advance(100)
    stood = (run.is_paused, run.position, letters(run))
    assert 3 == left == run.go_on()
    held.advance(1)
    until(run, is_at("ddrr"))

    assert (True, 1.0, "drrr") == stood
    assert not run.is_paused


def test_it_can_jump_to_its_end(play: Callable[..., Replay]) -> None:
    """finish() needs no time, also where it was paused."""
    run = play()

    run.pause()

    assert "dddd" == letters(run.finish())
    assert run.done()
    assert 0.0 == run.seconds_left


def test_it_can_begin_anew(play: Callable[..., Replay], held: ManualClock) -> None:
    """restart() plays it from nothing on, for whoever watches; who waited got it complete."""
    run = play()
    seen: list[str] = []
    run.subscribe(lambda run: seen.append(letters(run)))
    first = run.jobs

    assert run is run.restart(speed=3)

    assert {"dddd", "wwww"} <= set(seen)
    assert "wwww" == letters(run) == seen[-1]
    assert all(job.done() for job in first)
    assert (3.0, 0.0) == (run.speed, run.position)
    held.advance(0.7)
    until(run, is_at("ddrr"))
    assert first[0].images[0].path == run.finish().images[0].path


def test_its_parts_stand_still_with_it(play: Callable[..., Replay]) -> None:
    """A view of it, as a sheet may show, pauses all of it."""
    run = play()

    run.grid(x="seed").pause()
    stood = run.is_paused
    run.sel(seed=[0, 1]).go_on()  # type: ignore[union-attr]

    assert (True, False) == (stood, run.is_paused)


def test_stopping_it_withdraws_nothing(play: Callable[..., Replay]) -> None:
    """What is recorded was sent long ago, so whoever stops it sees its end."""
    whole, part = play(), play()

    assert 0 == whole.cancel()
    assert 0 == part.grid(x="seed").cancel()
    assert ("dddd", "dddd") == (letters(whole), letters(part))


def test_every_end_is_played(play: Callable[..., Replay]) -> None:
    """Failed, unknown and stopped cells have their words, and are charged as they were."""
    none: dict[str, Any] = {"media": []}
    run = play(
        jobs=[
            take(0),
            take(1, end="failed", said="Job 1 failed.", reason="No.", refunded=True, **none),
            take(2, end="unknown", said="Lost.", id=None, accepted=None, cost=None, **none),
            take(3, end="stopped", id=None, accepted=None, sent=None, cost=None, **none),
        ]
    ).finish()

    assert "dffs" == letters(run)
    assert ["charged", "refunded", "unknown", "none"] == [job.charge for job in run]
    failed, lost = run.jobs[1].error, run.jobs[2].error
    assert isinstance(failed, JobFailed)
    assert ("Job 1 failed.", "No.") == (str(failed), failed.reason)
    assert isinstance(lost, OutcomeUnknown)
    assert State.CANCELLED == run.jobs[3].state


def test_what_was_said_of_its_pictures_is_there_from_the_beginning(
    play: Callable[..., Replay],
) -> None:
    """Before any picture is; a part of it has the marks of its cells."""
    run = play(cells=marked({0: {"star": True}, 2: {"reject": True, "note": "the ears"}}))

    assert "wwww" == letters(run)
    assert {0: Mark(star=True), 2: Mark(reject=True, note="the ears")} == run.marks
    assert (run.cells[0],) == run.starred
    part = run.sel(seed=[2, 3])
    assert {0: Mark(reject=True, note="the ears")} == part.marks  # type: ignore[union-attr]


def test_its_marks_can_be_changed(play: Callable[..., Replay]) -> None:
    """As those of any run; begun anew it keeps them, and played from its file it has the file's."""
    said = marked({0: {"star": True}, 2: {"note": "the ears"}})
    run = play(cells=said)

    run.reject(0)
    run.star(1)
    run.note(2, "")

    changed = {0: Mark(reject=True), 1: Mark(star=True)}
    assert changed == run.marks == run.restart().marks
    assert {0: Mark(star=True), 2: Mark(note="the ears")} == play(cells=said).marks


def test_a_note_from_elsewhere_steers_nothing(play: Callable[..., Replay]) -> None:
    """What a page or a terminal would obey is taken out of it, its lines stay."""
    note = " the \x1b[31mears\u202e\nare\x00 <b>wrong</b> "
    run = play(cells=marked({0: {"note": note}, 1: {"note": "\x9b"}}))

    assert {0: Mark(note="the [31mears\nare <b>wrong</b>")} == run.marks


def test_a_replay_without_marks_has_none(play: Callable[..., Replay]) -> None:
    """Files that were made before they had any are played, and can be marked."""
    run = play()

    assert {} == run.marks
    run.star(3)
    assert (run.cells[3],) == run.starred


def test_nothing_can_be_asked_of_it(play: Callable[..., Replay]) -> None:
    """What would need a service says that there is none."""
    run = play().finish()
    image, job = run.images[0], run.jobs[0]

    for ask in (
        image.upscale,
        image.nobg,
        lambda: image.to_video("it runs"),
        job.again,
        lambda: job.again(seed=3),
        job.delete,
        lambda: job.adopt("x"),
        lambda: run.studio.generate("a fox"),
        lambda: run.studio.submit(job.request),
    ):
        with pytest.raises(ReplayError, match=r"nothing was sent"):
            ask()


def test_it_leaves_nothing_behind(
    play: Callable[..., Replay], library_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its pictures are gone once it is closed, and no library of the user's was touched."""
    monkeypatch.setenv("LEONARDO_DATABASE", "postgresql+psycopg://nobody@nowhere.invalid/none")
    run = play(cells=marked({0: {"star": True}})).finish()
    run.reject(1)
    path = run.images[0].path

    was_there = path.exists()
    run.close()

    assert was_there
    assert not path.exists()
    assert not run.theatre.folder.exists()
    assert not library_folder.exists()


@pytest.mark.parametrize(
    ("speed", "nearest"),
    [
        *((each, 20.0) for each in (0, -1, float("nan"), "fast", True, None)),
        *((each, 1_000_000.0) for each in (1_000_001, 10**400, float("inf"))),
    ],
)
def test_a_speed_is_a_number(tmp_path: Path, speed: object, nearest: float) -> None:
    """Nothing else is a speed, and the nearest that works is named."""
    with pytest.raises(InvalidRequest, match="above 0") as caught:
        replay(put(tmp_path / "foxes.zip", packed(manifest())), speed)  # type: ignore[arg-type]

    assert nearest == caught.value.nearest


def test_ten_thousand_cells_are_played(play: Callable[..., Replay]) -> None:
    """The largest replay there may be is opened, with all that was said, and its events happen."""
    said = marked({n: {"star": True, "note": f"fox {n}"} for n in range(10_000)}, 10_000)

    run = play(count=10_000, cells=said).finish()

    assert 10_000 == run.counts.done == len(run.starred)
