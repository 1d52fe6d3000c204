"""The jobs that were taken up again after a kernel or a process had ended, as one collection."""

from __future__ import annotations

import asyncio
import threading
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import Future, InvalidStateError
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, overload

from leonardo_nb.engine.job import until_done
from leonardo_nb.engine.lifecycle import State
from leonardo_nb.errors import EngineThreadError, JobTimeout

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    from leonardo_nb.engine.job import Job

__all__ = ["Resumed", "TakenUp"]

NOTHING = "Nothing to pick up: every job has ended."
STOPPED_WAITING = "Stopped waiting; the jobs go on. `await` it once more to wait again."


@dataclass(frozen=True, slots=True)
class TakenUp:
    """What was done to jobs that had not ended, each counted once."""

    at_service: int = 0
    """They have an id, and are looked at until they end; files that are missing are fetched."""
    looked_for: int = 0
    """They were sent and have no id: the account's newest jobs are searched for them."""
    sent: int = 0
    """They had never left, and are sent now, as places become free."""
    watched: int = 0
    """Another living kernel works on them."""

    def __str__(self) -> str:
        named = {
            "at the service": self.at_service,
            "looked for": self.looked_for,
            "sent now": self.sent,
            "of another kernel watched": self.watched,
        }
        return ", ".join(f"{number:,} {name}" for name, number in named.items() if number)


class Resumed(Sequence["Job[Any]"]):
    """
    The jobs that `resume()` has taken up, the oldest first; awaitable, and shown as cards.

    Awaiting it waits for all of them and gives it back; jobs that fail are in `failures` and stop
    no other. Giving up waiting never cancels one.

    Args:
        jobs: The jobs.
        how: What was done to them.
    """

    __module__ = "leonardo_nb"

    def __init__(self, jobs: Sequence[Job[Any]] = (), how: TakenUp | None = None) -> None:
        self._jobs = tuple(jobs)
        self.how = how or TakenUp()
        self._future: Future[Resumed] | None = None
        self._making = threading.Lock()

    @classmethod
    def of(cls, jobs: Sequence[Job[Any]]) -> Resumed:
        """Return the collection of *jobs* that have just been taken up."""
        return cls(
            jobs,
            TakenUp(
                at_service=sum(job.id is not None and not job.snapshot.elsewhere for job in jobs),
                looked_for=sum(
                    job.id is None and job.sent and not job.snapshot.elsewhere for job in jobs
                ),
                sent=sum(
                    job.id is None and not job.sent and not job.snapshot.elsewhere for job in jobs
                ),
                watched=sum(job.snapshot.elsewhere for job in jobs),
            ),
        )

    @overload
    def __getitem__(self, index: int) -> Job[Any]: ...
    @overload
    def __getitem__(self, index: slice) -> tuple[Job[Any], ...]: ...
    def __getitem__(self, index: int | slice) -> Job[Any] | tuple[Job[Any], ...]:
        return self._jobs[index]

    def __len__(self) -> int:
        return len(self._jobs)

    @property
    def failures(self) -> dict[int, BaseException]:
        """Why jobs failed, by their place in this sequence."""
        return {
            place: job.error
            for place, job in enumerate(self._jobs)
            if job.error is not None and job.state is State.FAILED
        }

    @property
    def counts(self) -> dict[State, int]:
        """How many of them are in each state, where there are any."""
        return dict(Counter(job.state for job in self._jobs))

    def done(self) -> bool:
        """Whether all of them have ended, in whatever way."""
        return all(job.done() for job in self._jobs)

    def result(self, timeout: float | None = None) -> Resumed:
        """
        Wait until all of them have ended, and return this sequence; see `failures`.

        Args:
            timeout: Seconds to wait at most; the jobs go on afterwards.

        Raises:
            JobTimeout: *timeout* has passed.
            EngineThreadError: Called on the engine's thread, which has to finish the jobs.
        """
        if not self.done() and self._on_engine():
            raise EngineThreadError(
                "result() would block the engine that has to finish these jobs; use `await` here."
            )
        future = self._ended()
        try:
            return future.result(timeout)
        except TimeoutError:
            if future.done():
                raise
            left = sum(not job.done() for job in self._jobs)
            raise JobTimeout(
                f"{left:,} of {_counted(len(self))} {'has' if left == 1 else 'have'} not ended "
                f"after {timeout:g} s and {'goes' if left == 1 else 'go'} on; wait again with "
                "`await`."
            ) from None
        except KeyboardInterrupt:
            raise KeyboardInterrupt(STOPPED_WAITING) from None

    def __await__(self) -> Generator[Any, None, Resumed]:
        return self._wait().__await__()

    async def _wait(self) -> Resumed:
        try:
            return await until_done(self._ended())
        except asyncio.CancelledError as error:
            if not error.args:  # the cell then ends with a sentence instead of nothing
                error.args = (STOPPED_WAITING,)
            raise

    def add_done_callback(self, function: Callable[[Resumed], object]) -> None:
        """Call *function* with this sequence once all have ended."""
        self._ended().add_done_callback(lambda _: function(self))

    def subscribe(self, function: Callable[[Resumed], object]) -> Callable[[], None]:
        """Call *function* at every change of a job, on the engine's thread; return what ends it."""
        ends = [job.subscribe(lambda _: function(self)) for job in self._jobs]

        def unsubscribe() -> None:
            for end in ends:
                end()

        return unsubscribe

    def _ended(self) -> Future[Resumed]:
        """Return a future that is done when every job is; made once."""
        with self._making:
            if self._future is not None:
                return self._future
            future = self._future = Future()
        left = {job.uid for job in self._jobs}

        def one_less(job: Job[Any]) -> None:
            left.discard(job.uid)
            if not left:
                with suppress(InvalidStateError):  # two that end at once, on two threads
                    future.set_result(self)

        for job in self._jobs:
            job.add_done_callback(one_less)
        if not self._jobs:
            future.set_result(self)
        return future

    def _on_engine(self) -> bool:
        engines = {job._runner.engine for job in self._jobs}  # noqa: SLF001  a job's own collection
        return any(engine.is_current_thread() for engine in engines)

    def __repr__(self) -> str:
        if not self._jobs:
            return NOTHING
        how = f": {self.how}" if str(self.how) else ""
        return f"{_counted(len(self))} taken up{how}"

    def _ipython_display_(self) -> None:
        from leonardo_nb.widgets.pickup import show

        show(self)


def _counted(number: int) -> str:
    return f"{number:,} {'job' if number == 1 else 'jobs'}"
