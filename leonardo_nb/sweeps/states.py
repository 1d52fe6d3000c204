"""What the cells of a sweep look like: fewer words than jobs have, for who looks at a grid."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from leonardo_nb.engine.lifecycle import State

if TYPE_CHECKING:
    from leonardo_nb.engine.kinds import GenerationJob

__all__ = ["CellState", "Counts", "took"]


class CellState(StrEnum):
    """What a cell shows."""

    WAITING = "waiting"
    """Not sent: it costs nothing to withdraw it."""
    RUNNING = "running"
    """Sent, and paid for."""
    DONE = "done"
    FAILED = "failed"
    STOPPED = "stopped"
    """Withdrawn, or given up."""

    @staticmethod
    def of(job: GenerationJob) -> CellState:
        """Return what *job* looks like in a grid."""
        match job.state:
            case State.COMPLETE:
                return CellState.DONE
            case State.FAILED:
                return CellState.FAILED
            case State.CANCELLED:
                return CellState.STOPPED
            case State.REQUEST if not job.sent:
                return CellState.WAITING
            case _:
                return CellState.RUNNING


@dataclass(frozen=True, slots=True)
class Counts:
    """How many cells are in each state; they add up to `total`."""

    done: int = 0
    failed: int = 0
    running: int = 0
    waiting: int = 0
    stopped: int = 0

    @property
    def total(self) -> int:
        """All cells."""
        return self.done + self.failed + self.running + self.waiting + self.stopped

    @property
    def open(self) -> int:
        """Cells that still change."""
        return self.running + self.waiting

    def __str__(self) -> str:
        named = {
            "done": self.done,
            "failed": self.failed,
            "running": self.running,
            "waiting": self.waiting,
            "stopped": self.stopped,
        }
        return ", ".join(f"{number:,} {name}" for name, number in named.items() if number)


def took(job: GenerationJob) -> float:
    """Return the seconds from acceptance to now or the end, without the wait for a slot."""
    snapshot = job.snapshot
    if snapshot.accepted is None:
        return 0.0
    return max(job.elapsed - (snapshot.accepted - snapshot.started), 0.0)
