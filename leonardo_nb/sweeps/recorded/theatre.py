"""
Where a replay is played: a studio with nobody behind it, and a clock that runs as fast as wanted.

On its own because a run, its jobs and its sheet need a studio, and this one must neither send
anything nor write into anybody's library.
"""

from __future__ import annotations

import shutil
import tempfile
import threading
import weakref
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import anyio

from leonardo_nb.errors import ReplayError
from leonardo_nb.studios import Studio

if TYPE_CHECKING:
    from collections.abc import Awaitable, Iterable
    from datetime import datetime

    from leonardo_nb.clock import Clock
    from leonardo_nb.engine.job import Job
    from leonardo_nb.engine.thread import Engine
    from leonardo_nb.service.requests import Body
    from leonardo_nb.sweeps.run import Run

__all__ = ["PlayClock", "Stage", "Theatre", "is_replay", "refuse"]


def refuse(*_: object, **__: object) -> NoReturn:
    """
    Say that a replay has no service behind it.

    Raises:
        ReplayError: Always.
    """
    raise ReplayError(
        "This is a replay: nothing can be asked of a service here, and nothing was sent. "
        "`cell.request.code()` or `job.request.code()` is the line that asks for the same on your "
        "own account; image.path is the file, for leo.upload()."
    )


class PlayClock:
    """
    The time of what is played: seconds of the recording, which stand still while it is paused.

    Args:
        clock: Real time.
        speed: Seconds of the recording in a real one.
    """

    def __init__(self, clock: Clock, speed: float) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._speed = speed
        self._at, self._since = 0.0, clock.now()
        self._stands = False

    def now(self) -> float:
        """Return how far the recording is, in its own seconds."""
        with self._lock:
            return self._position()

    def wall(self) -> datetime:
        """Return the real date and time, in UTC."""
        return self._clock.wall()

    def pause(self, seconds: float, until: anyio.Event | None = None) -> Awaitable[None]:
        """Return after real *seconds*, or as soon as *until* is set."""
        return self._clock.pause(seconds, until)

    @property
    def speed(self) -> float:
        """Seconds of the recording in a real one."""
        return self._speed

    @property
    def stands(self) -> bool:
        """Whether it stands still."""
        return self._stands

    def move(
        self, *, to: float | None = None, speed: float | None = None, stands: bool | None = None
    ) -> None:
        """Go on from here, or from *to*, with another speed, or not at all."""
        with self._lock:
            self._at = self._position() if to is None else to
            self._since = self._clock.now()
            self._speed = self._speed if speed is None else speed
            self._stands = self._stands if stands is None else stands

    def _position(self) -> float:
        passed = 0.0 if self._stands else self._clock.now() - self._since
        return self._at + passed * self._speed


class Theatre(Studio):
    """
    A studio without a service, on a library of its own that ends with it.

    Marks and votes work as in any studio and are gone at the end. Its folder is removed when it is
    closed, when nobody holds it any more, or when the process ends.

    Args:
        clock: Real time.
        speed: Seconds of the recording in a real one.

    Attributes:
        play: How far it is.
        seconds: How long the recording is, in its own seconds.
    """

    __module__ = "leonardo_nb"

    def __init__(self, clock: Clock, speed: float) -> None:
        self.play = PlayClock(clock, speed)
        self.seconds = 0.0
        self._goes_on = anyio.Event()
        folder = _own_folder()
        self._removed = weakref.finalize(self, shutil.rmtree, folder, ignore_errors=True)
        try:
            super().__init__(simulator=True, library=folder, database="", clock=self.play)
        except BaseException:
            self._removed()
            raise
        self.stage = Stage(self)

    def close(self) -> None:
        """End the thread and remove the pictures that were unpacked."""
        super().close()
        self._removed()

    submit = refuse
    submit_all = refuse
    generate = refuse

    def hold(self, jobs: Iterable[Job[Any]] = ()) -> None:
        """Let the whole replay stand still, whichever *jobs* of it are to be held."""
        del jobs
        self.play.move(stands=True)

    def let_go(self, jobs: Iterable[Job[Any]] = ()) -> None:
        """Let the whole replay go on."""
        del jobs
        self.play.move(stands=False)
        self.engine.call_soon(self._wake)

    def held(self, jobs: Iterable[Job[Any]]) -> bool:
        """Whether *jobs* stand still that have not ended."""
        return self.play.stands and any(not job.done() for job in jobs)

    def has(self, job: Job[Any]) -> bool:
        """Whether *job* is played here."""
        return job.belongs_to(self.stage)

    def skip(self) -> None:
        """Let all that is left happen now."""
        self.play.move(to=max(self.seconds, self.play.now()))
        self.let_go()

    @property
    def seconds_left(self) -> float:
        """How long it still plays, in real seconds."""
        return max(self.seconds - self.play.now(), 0.0) / self.play.speed

    async def tick(self, seconds: float) -> None:
        """
        Return after real *seconds*, or once it goes on or jumps; only on the engine's thread.

        While it stands still, nothing happens, and nobody looks whether anything does.
        """
        self._goes_on = anyio.Event()
        if self.play.stands:
            await self._goes_on.wait()
        else:
            await self.play.pause(seconds, until=self._goes_on)

    def _wake(self) -> None:
        self._goes_on.set()

    def __repr__(self) -> str:
        return "<Studio of a replay, which asks nobody>"


class Stage:
    """
    What a played job has in the place of a runner: time, a thread, and nobody to ask.

    Args:
        theatre: Whose.
    """

    account = None

    def __init__(self, theatre: Theatre) -> None:
        self.clock: Clock = theatre.play
        self.engine: Engine = theatre.engine
        self.usual = theatre.usual
        self._theatre = theatre  # as long as a picture of it is held, its file stays

    submit = staticmethod(refuse)

    @property
    def client(self) -> NoReturn:
        """Nobody."""
        refuse()

    @property
    def taking_up(self) -> NoReturn:
        """Nobody."""
        refuse()

    async def price(self, _request: Body, _size: tuple[int, int] | None = None) -> NoReturn:
        """Say that nobody can be asked."""
        refuse()

    def cancel(self, job: Job[Any]) -> None:
        """Jump to the end: nothing of what is recorded can be withdrawn, or stopped, any more."""
        del job
        self._theatre.skip()

    async def cancelled(self, job: Job[Any]) -> None:
        """Jump to the end, as `cancel`."""
        self.cancel(job)


def _own_folder() -> Path:
    """
    Return a new folder for temporary files.

    Raises:
        ReplayError: There is no place for one.
    """
    try:
        return Path(tempfile.mkdtemp(prefix="leonardo_nb-replay-"))
    except OSError as error:
        raise ReplayError(
            f"A replay needs a folder for temporary files ({error.strerror or error}); name one "
            "that can be written to with TMPDIR."
        ) from error


def is_replay(run: Run) -> bool:
    """Whether *run*, or what it is a part of, is played and not paid."""
    return isinstance(run.studio, Theatre)
