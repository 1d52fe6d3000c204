"""Waits for many jobs as for one: what a sweep and what was taken up again have in common."""

from __future__ import annotations

import asyncio
import threading
from concurrent.futures import Future, InvalidStateError
from contextlib import suppress
from typing import TYPE_CHECKING, Any, ClassVar

from leonardo_nb.engine.job import until_done
from leonardo_nb.errors import EngineThreadError, JobTimeout

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Generator
    from typing import Self

    from leonardo_nb.engine.job import Job

__all__ = ["Together"]


class Together:
    """
    Jobs that are waited for together, from any thread and any number of times.

    Awaiting them gives the collection itself once all have ended; giving up waiting never cancels
    one. Which jobs these are may change while somebody waits.
    """

    stopped_waiting: ClassVar[str]
    """What a cell says that is interrupted while it waits."""

    def __init__(self) -> None:
        self._future: Future[Self] | None = None
        self._settled: tuple[Job[Any], ...] = ()
        self._making = threading.Lock()

    @property
    def _each(self) -> Collection[Job[Any]]:
        """Each job once."""
        raise NotImplementedError

    def done(self) -> bool:
        """Whether all of them have ended, in whatever way."""
        return all(job.done() for job in self._each)

    def __await__(self) -> Generator[Any, None, Self]:
        return self._wait().__await__()

    async def _wait(self) -> Self:
        try:
            return await until_done(self._ended())
        except asyncio.CancelledError as error:
            if not error.args:  # the cell then ends with a sentence instead of nothing
                error.args = (self.stopped_waiting,)
            raise

    def _wait_here(self, timeout: float | None, blocking: str, late: Callable[[], str]) -> Self:
        """
        Return the collection once all have ended, blocking the calling thread.

        Args:
            timeout: Seconds to wait at most; the jobs go on afterwards.
            blocking: What is said on the engine's thread, which has to finish them.
            late: Returns what is said after *timeout*.

        Raises:
            JobTimeout: *timeout* has passed.
            EngineThreadError: Called on the engine's thread.
        """
        if not self.done() and self._on_engine():
            raise EngineThreadError(blocking)
        future = self._ended()
        try:
            return future.result(timeout)
        except TimeoutError:
            if future.done():
                raise
            raise JobTimeout(late()) from None
        except KeyboardInterrupt:
            raise KeyboardInterrupt(self.stopped_waiting) from None

    def add_done_callback(self, function: Callable[[Self], object]) -> None:
        """Call *function* with the collection once all have ended."""
        self._ended().add_done_callback(lambda _: function(self))

    def subscribe(self, function: Callable[[Self], object]) -> Callable[[], None]:
        """Call *function* at every change of a job, on the engine's thread; return what ends it."""
        ends = [job.subscribe(lambda _: function(self)) for job in self._each]

        def unsubscribe() -> None:
            for end in ends:
                end()

        return unsubscribe

    def _ended(self) -> Future[Self]:
        """Return a future that is done when every job is; anew where jobs have come since."""
        with self._making:
            if self._future is not None and (
                not self._future.done() or self._settled == tuple(self._each)
            ):
                return self._future
            future: Future[Self] = Future()
            self._future = future
        self._wait_for(future)
        return future

    def _wait_for(self, future: Future[Self]) -> None:
        """Settle *future* once no job is left that has not ended, whichever there are then."""
        each = tuple(self._each)
        left = {job.uid: job for job in each if not job.done()}
        if not left:
            self._settled = each
            with suppress(InvalidStateError):  # two that end at once, on two threads
                self._settle(future)
            return

        def one_less(job: Job[Any]) -> None:
            left.pop(job.uid, None)
            if not left and not future.done():
                self._wait_for(future)

        for job in tuple(left.values()):
            job.add_done_callback(one_less)

    def _settle(self, future: Future[Self]) -> None:
        """Wake whoever waits, now that all have ended."""
        future.set_result(self)

    def _on_engine(self) -> bool:
        engines = {job._runner.engine for job in self._each}  # noqa: SLF001  a job's own collection
        return any(engine.is_current_thread() for engine in engines)
