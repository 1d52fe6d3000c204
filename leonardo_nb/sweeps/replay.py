"""
A run that went before, played again from its file: with no key, no network and no money.

Its jobs are real ones, moved by the events that were recorded, so that whatever can be done with a
run can be done with a replay.
"""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple, cast

import anyio.lowlevel
import numpy as np

from leonardo_nb.clock import SystemClock
from leonardo_nb.engine.kinds import GenerationJob
from leonardo_nb.engine.lifecycle import (
    Acked,
    Cancelled,
    Completed,
    Drawn,
    Failed,
    Noted,
    Saved,
    Sent,
    Snapshot,
)
from leonardo_nb.errors import InvalidRequest, JobFailed, OutcomeUnknown
from leonardo_nb.library.records import MediaFile
from leonardo_nb.service.values import shown
from leonardo_nb.sweeps.axes import Axis, handed_on
from leonardo_nb.sweeps.cells import Cells
from leonardo_nb.sweeps.estimate import counted
from leonardo_nb.sweeps.recorded.theatre import Theatre
from leonardo_nb.sweeps.recorded.unpacking import unpacked
from leonardo_nb.sweeps.run import Run

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import datetime
    from os import PathLike
    from typing import Self

    from leonardo_nb.clock import Clock
    from leonardo_nb.engine.lifecycle import Event
    from leonardo_nb.engine.runner import Runner
    from leonardo_nb.library.files import StoredFile
    from leonardo_nb.sweeps.recorded.manifest import Recording, Scale, Take

__all__ = ["Replay", "replay"]

TICK: Final = 0.1
"""Seconds after which is played what is due; a sheet draws no more often."""
AT_ONCE: Final = 1_000
"""Events after which the engine is let do something else."""
SENT, DRAWN = Sent(), Drawn()
FASTEST: Final = 1_000_000.0
IN_FULL: Final = 20.0
"""Times as fast as it went, unless said."""


def replay(
    path: str | PathLike[str], speed: float = IN_FULL, *, clock: Clock | None = None
) -> Replay:
    """
    Play the run in the replay file *path* again; return it at once.

    It needs no key, no network and no service, costs nothing, and writes nothing into the library:
    its pictures are unpacked into a temporary folder, which goes with it. As the last line of a
    cell it is the same sheet as that of any run, and fills in the order in which it was recorded.
    Stars, rejections and notes that are in the file are there from its beginning; more can be given
    and these taken back, in that folder as well.

    Args:
        path: A file that `run.to_replay(path)` has made.
        speed: Times as fast as it went; `replay.finish()` shows all of it at once.
        clock: Real time; tests have one that never waits.

    Raises:
        ReplayError: There is no such file, it is damaged, was made by a newer leonardo_nb, or
            holds what does not belong there. Nothing of it is kept then.
        InvalidRequest: *speed* is no number above 0.
    """
    theatre = Theatre(clock or SystemClock(), _checked(speed))
    try:
        recording, files = unpacked(Path(path).expanduser(), theatre.folder)
        return Replay(theatre, recording, files)
    except BaseException:
        theatre.close()
        raise


class _Cue(NamedTuple):
    """What happens to a job, and when, in seconds of the recording."""

    at: float
    job: GenerationJob
    event: Event


class Replay(Run):
    """
    A run that went before, as it fills again.

    Everything that reads a run works: `sel`, `grid`, `effects`, `rank`, exports. What would ask a
    service does not, and raises `ReplayError`: `extend`, `retry_failed`, `job.again()`, and making
    more of a picture (`image.upscale()`, ...). What it cost is what the run cost when it was paid.
    `marks` and `starred` begin with what the file says; `to_replay` hands them on as they are then.

    Args:
        theatre: Where it is played; from its beginning.
        recording: What is played.
        files: The pictures, by their names in the recording.
    """

    __module__ = "leonardo_nb"

    stopped_waiting = "Stopped waiting; the replay goes on. `await replay` waits again."

    def __init__(
        self, theatre: Theatre, recording: Recording, files: Mapping[str, StoredFile]
    ) -> None:
        self.theatre = theatre
        self.recording = recording
        self._files = files
        jobs = self._begin()
        requests = [job.request for job in jobs.values()]
        axes = [_axis(scale) for scale in recording.axes]
        at = np.array([place.at for place in recording.cells], np.int32)
        cells = Cells(
            axes,
            at.reshape(len(recording.cells), len(axes)),
            [recording.jobs[place.job].key for place in recording.cells],
            [place.image for place in recording.cells],
            lambda n: requests[recording.cells[n].job],
        )
        theatre.seconds = recording.seconds
        if marks := {
            cells[n].picture: place.mark.mark()
            for n, place in enumerate(recording.cells)
            if place.mark is not None
        }:
            theatre.shelf.mark_all(marks)
        fixed = handed_on(recording.fixed)
        super().__init__(theatre, axes, fixed, cells, jobs, name=recording.name)
        theatre.engine.spawn(self._play)

    def _begin(self) -> dict[str, GenerationJob]:
        """Return the jobs as they were before anything happened to them; nothing is played yet."""
        takes = self.recording.jobs
        jobs = {take.key: _job(self.theatre, take, self.recording.began) for take in takes}
        cues = [
            _Cue(at, jobs[take.key], event)
            for take in takes
            for at, event in _events(take, self._files)
        ]
        self._cues = sorted(cues, key=lambda cue: cue.at)
        self._played = 0
        self.theatre.play.move(to=0.0)
        return jobs

    # -- playing

    @property
    def speed(self) -> float:
        """How many times as fast as it went it is played; may be set at any moment."""
        return self.theatre.play.speed

    @speed.setter
    def speed(self, times: float) -> None:
        self.theatre.play.move(speed=_checked(times))

    @property
    def seconds(self) -> float:
        """How long the run took when it was made, in seconds, without long pauses."""
        return self.recording.seconds

    @property
    def position(self) -> float:
        """How far it is, in seconds of the run."""
        return min(self.theatre.play.now(), self.seconds)

    @property
    def seconds_left(self) -> float:
        """How long it still plays at this speed, in seconds."""
        return self.theatre.seconds_left

    @property
    def is_paused(self) -> bool:
        """Whether it stands still."""
        return self.theatre.play.stands and not self.done()

    def pause(self) -> int:
        """Let it stand still, and return how many cells have not ended."""
        self.theatre.hold()
        self._tell_all()
        return self.counts.open

    def go_on(self) -> int:
        """Let it go on where it stands, and return how many cells have not ended."""
        self.theatre.let_go()
        self._tell_all()
        return self.counts.open

    def finish(self) -> Self:
        """Jump to its end, and return it complete."""
        self.theatre.skip()
        engine = self.theatre.engine
        if engine.is_current_thread():
            self._play_due(len(self._cues))
        else:
            engine.wait(engine.run(self._play_all))
        return self

    def restart(self, speed: float | None = None) -> Self:
        """
        Play it from its beginning, in all its sheets, and return it.

        Who still waits for it gets it complete; whoever asks for `run.jobs` then has new ones.

        Args:
            speed: Times as fast as it went; as now unless given.
        """
        speed = self.speed if speed is None else _checked(speed)
        self.finish()
        self.theatre.play.move(speed=speed)
        engine = self.theatre.engine
        if engine.is_current_thread():
            self._again()
        else:
            engine.wait(engine.run(self._again_there))
        return self

    async def _again_there(self) -> None:
        self._again()

    def _again(self) -> None:
        """Only on the engine's thread, where nothing is played meanwhile."""
        self._book.put(self._begin())
        self.theatre.engine.spawn(self._play)

    def cancel(self) -> int:
        """Jump to its end; nothing is withdrawn, for all of it was sent long ago. Return 0."""
        self.finish()
        return 0

    def close(self) -> None:
        """Stop playing and remove the pictures that were unpacked; they are gone then."""
        self.theatre.close()

    async def _play(self) -> None:
        cues = self._cues
        while self._cues is cues and self._played < len(cues):  # or it has begun anew
            if self._play_due(AT_ONCE):
                await anyio.lowlevel.checkpoint()
            else:
                await self.theatre.tick(TICK)

    async def _play_all(self) -> None:
        while self._play_due(AT_ONCE):
            await anyio.lowlevel.checkpoint()

    def _play_due(self, most: int) -> bool:
        """Play what is due, at most so many events; return whether there may be more."""
        now = self.theatre.play.now()
        for _ in range(most):
            if self._played == len(self._cues) or self._cues[self._played].at > now:
                return False
            cue = self._cues[self._played]
            self._played += 1  # first, for whoever is told may ask for the end
            cue.job.apply(cue.event)
        return True

    def __repr__(self) -> str:
        times = f" at {self.speed:g} times its speed" if not self.done() else ""
        return f"<Replay of {counted(len(self), 'cell')}{times}: {self.counts}>"


def _checked(speed: object) -> float:
    """
    Return *speed* as a number.

    Raises:
        InvalidRequest: It is none above 0.
    """
    is_number = isinstance(speed, int | float) and not isinstance(speed, bool)
    if is_number and 0 < (times := cast("float", speed)) <= FASTEST and math.isfinite(times):
        return float(times)
    raise InvalidRequest(
        f"speed={shown(speed)}: a replay is played at a number of times its own speed, above 0 and "
        f"at most {FASTEST:,.0f}; finish() shows all of it at once.",
        member="speed",
        value=speed,
        nearest=FASTEST if is_number and cast("float", speed) > FASTEST else IN_FULL,
    )


def _job(theatre: Theatre, take: Take, created: datetime) -> GenerationJob:
    """Return the job of *take* as it was before anything happened to it."""
    snapshot = Snapshot(
        uid=take.key,
        request=take.body,
        created=created,
        started=0.0,
        expected=_usual(take),
        simulated=take.simulated,
        price=None if take.price is None else take.price.cost(),
    )
    return GenerationJob(cast("Runner", theatre.stage), snapshot)


def _usual(take: Take) -> float | None:
    """Return how long the job took, which is what is expected of it now."""
    return None if take.accepted is None else max(take.ended - take.accepted, 0.001)


def _events(take: Take, files: Mapping[str, StoredFile]) -> Iterator[tuple[float, Event]]:
    """Yield what happened to a job, in order."""
    if take.sent is not None:
        yield take.sent, SENT
    if take.accepted is not None and take.id is not None:
        cost = None if take.cost is None else take.cost.cost()
        yield take.accepted, Acked(take.id, cost, take.accepted)
    for note in take.notes:
        yield take.ended, Noted(note)
    match take.end:
        case "complete":
            yield take.ended, DRAWN
            for picture in take.media:
                item = MediaFile(picture.id, "", picture.nsfw, files[picture.file])
                yield take.ended, Saved(item)
            yield take.ended, Completed(take.ended)
        case "failed":
            said = take.said or "It failed."
            error = JobFailed(said, reason=take.reason)
            yield take.ended, Failed(error, take.ended, take.refunded)
        case "unknown":
            lost = OutcomeUnknown(take.said or "Its answer was lost.")
            yield take.ended, Failed(lost, take.ended)
        case "stopped":
            if take.said is not None:
                yield take.ended, Noted(take.said)
            yield take.ended, Cancelled(take.ended)


def _axis(scale: Scale) -> Axis:
    """Return the axis that *scale* says."""
    is_zip = scale.role == "zip"
    return Axis(
        scale.name,
        tuple(tuple(value) if is_zip else value for value in scale.values),
        None if scale.labels is None else tuple(scale.labels),
        scale.role,
        tuple(scale.members),
    )
