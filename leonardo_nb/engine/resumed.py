"""The jobs that were taken up again after a kernel or a process had ended, as one collection."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, overload

from leonardo_nb.engine.lifecycle import State
from leonardo_nb.engine.together import Together

if TYPE_CHECKING:
    from leonardo_nb.engine.job import Job

__all__ = ["Resumed", "TakenUp"]

NOTHING = "Nothing to pick up: every job has ended."


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


class Resumed(Together, Sequence["Job[Any]"]):
    """
    The jobs that `resume()` has taken up, the oldest first; awaitable, and shown as cards.

    Awaiting it waits for all of them and gives it back; jobs that fail are in `failures` and stop
    no other. Giving up waiting never cancels one.

    Args:
        jobs: The jobs.
        how: What was done to them.
    """

    __module__ = "leonardo_nb"

    stopped_waiting = "Stopped waiting; the jobs go on. `await` it once more to wait again."

    def __init__(self, jobs: Sequence[Job[Any]] = (), how: TakenUp | None = None) -> None:
        super().__init__()
        self._jobs = tuple(jobs)
        self.how = how or TakenUp()

    @property
    def _each(self) -> tuple[Job[Any], ...]:
        return self._jobs

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
        return self._each[index]

    def __len__(self) -> int:
        return len(self._each)

    @property
    def failures(self) -> dict[int, BaseException]:
        """Why jobs failed, by their place in this sequence."""
        return {
            place: job.error
            for place, job in enumerate(self._each)
            if job.error is not None and job.state is State.FAILED
        }

    @property
    def counts(self) -> dict[State, int]:
        """How many of them are in each state, where there are any."""
        return dict(Counter(job.state for job in self._each))

    def result(self, timeout: float | None = None) -> Resumed:
        """
        Wait until all of them have ended, and return this sequence; see `failures`.

        Args:
            timeout: Seconds to wait at most; the jobs go on afterwards.

        Raises:
            JobTimeout: *timeout* has passed.
            EngineThreadError: Called on the engine's thread, which has to finish the jobs.
        """
        return self._wait_here(
            timeout,
            "result() would block the engine that has to finish these jobs; use `await` here.",
            lambda: self._late(timeout or 0.0),
        )

    def _late(self, timeout: float) -> str:
        left = sum(not job.done() for job in self)
        has, go = ("has", "goes") if left == 1 else ("have", "go")
        return (
            f"{left:,} of {_counted(len(self))} {has} not ended after {timeout:g} s and {go} on; "
            "wait again with `await`."
        )

    def __repr__(self) -> str:
        if not self._each:
            return NOTHING
        how = f": {self.how}" if str(self.how) else ""
        return f"{_counted(len(self))} taken up{how}"

    def _ipython_display_(self) -> None:
        from leonardo_nb.widgets.pickup import show

        show(self)


def _counted(number: int) -> str:
    return f"{number:,} {'job' if number == 1 else 'jobs'}"
