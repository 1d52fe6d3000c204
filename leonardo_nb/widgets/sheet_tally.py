"""
The running numbers of a sweep: kept while jobs change, never counted anew.

A sweep may have 10,000 jobs that change hundreds of times a second. So a change costs the same
however many there are, and what is said above a grid is read off these numbers.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from leonardo_nb.engine.bounds import MINUTE, bound_seconds
from leonardo_nb.engine.lifecycle import Charge, State
from leonardo_nb.errors import OutcomeUnknown
from leonardo_nb.money import Cost
from leonardo_nb.sweeps.estimate import remaining_seconds, total, usual_seconds
from leonardo_nb.sweeps.states import Counts

if TYPE_CHECKING:
    from collections.abc import Sequence

    from leonardo_nb.engine.job import Job
    from leonardo_nb.engine.kinds import GenerationJob
    from leonardo_nb.money import Unit
    from leonardo_nb.sweeps.run import Run

__all__ = ["Tally", "is_unknown", "letter_of"]

WAITING, RUNNING, LOOKED_FOR, DONE, FAILED, UNKNOWN, STOPPED = "wrldfus"
OPEN: Final = frozenset({WAITING, RUNNING, LOOKED_FOR})
EXACT: Final = 400
"""Up to so many open jobs the time left is worked out job by job, above from their sums."""


def letter_of(job: GenerationJob) -> str:
    """Return what a cell shows of *job*, as one letter of `Sheet.states`."""
    snapshot = job.snapshot
    match snapshot.state:
        case State.COMPLETE:
            return DONE
        case State.FAILED:
            return UNKNOWN if is_unknown(job) else FAILED
        case State.CANCELLED:
            return STOPPED
        case _ if snapshot.is_searched:
            return LOOKED_FOR
        case State.REQUEST if not snapshot.sent:
            return WAITING
        case _:
            return RUNNING


def is_unknown(job: Job[Any]) -> bool:
    """Whether nobody knows how *job* has ended, and whether it was paid."""
    return (
        job.state == State.FAILED
        and job.charge is Charge.UNKNOWN
        and isinstance(job.error, OutcomeUnknown)
    )


@dataclass(frozen=True, slots=True)
class _Seen:
    """What is counted of one job."""

    letter: str
    watched: bool
    """Whether another kernel works on it."""
    reused: bool
    amount: Cost | None
    is_spent: bool
    is_expected: bool
    """Whether its price is a part of what all of it costs."""
    seconds: float
    """How long it will take once it is sent; 0 for one that was."""


class Sums:
    """Amounts that come and go, and how many of them nobody knows."""

    def __init__(self) -> None:
        self._by_unit: dict[Unit, Decimal] = defaultdict(Decimal)
        self._counts: Counter[Unit | None] = Counter()

    def add(self, amount: Cost | None, way: int) -> None:
        """Count *amount* in (1) or out (-1)."""
        self._counts[None if amount is None else amount.unit] += way
        if amount is not None:
            self._by_unit[amount.unit] += way * amount.amount

    @property
    def total(self) -> Cost | None:
        """The sum, or None where a part of it is unknown or nothing is summed."""
        parts: list[Cost | None] = [
            Cost.of(amount, unit) for unit, amount in self._by_unit.items() if self._counts[unit]
        ]
        return total([*parts, *([None] if self._counts[None] else [])])


class Tally:
    """
    How many cells of a run are in which state, and what they cost.

    Attributes:
        letters: One letter a cell, as ASCII, see `Sheet.states`.
        simulated: Whether the built-in simulator draws it.
    """

    def __init__(self, size: int) -> None:
        self.letters = bytearray(WAITING.encode() * size)
        self.simulated = False
        self._seen: dict[int, _Seen] = {}
        self._running: dict[int, GenerationJob] = {}
        self._cells: Counter[str] = Counter()
        self._jobs: Counter[str] = Counter()
        self._watched = self._reused = 0
        self._seconds = 0.0
        self._spent, self._expected, self._again = Sums(), Sums(), Sums()

    @classmethod
    def of(cls, run: Run) -> Tally:
        """Return the numbers of *run* as it is now."""
        every = tuple(run.cells)  # each is made anew when a run is asked for it
        tally = cls(len(every))
        places: dict[str, list[int]] = defaultdict(list)
        for position, cell in enumerate(every):
            places[cell.key].append(position)
        for cells in places.values():
            cell = every[cells[0]]
            tally.look(run.job(cell), cells, run.price_of(cell))
        return tally

    def look(self, job: GenerationJob, cells: Sequence[int], amount: Cost | None) -> bool:
        """
        Count *job* as it is now, in the place of what it, or the one before it, was.

        Args:
            job: Any job of the run.
            cells: The positions of its cells, always the same for the same place.
            amount: What it costs, or will; None where nobody knows.

        Returns:
            Whether another letter stands in its cells now.
        """
        place, before = cells[0], self._seen.get(cells[0])
        now = _seen(job, amount)
        if now == before:
            return False
        if before is not None:
            self._count(before, len(cells), -1)
        self._count(now, len(cells), 1)
        self._seen[place] = now
        self.simulated = self.simulated or job.simulated
        if now.letter in {RUNNING, LOOKED_FOR}:
            self._running[place] = job
        else:
            self._running.pop(place, None)
        if before is not None and before.letter == now.letter:
            return False
        for cell in cells:
            self.letters[cell] = ord(now.letter)
        return True

    def _count(self, seen: _Seen, cells: int, way: int) -> None:
        self._cells[seen.letter] += way * cells
        self._jobs[seen.letter] += way
        self._watched += way * cells * seen.watched
        self._reused += way * cells * seen.reused
        self._seconds += way * seen.seconds
        if seen.is_spent:
            self._spent.add(seen.amount, way)
        if seen.is_expected:
            self._expected.add(seen.amount, way)
        if seen.letter == FAILED:
            self._again.add(seen.amount, way)

    @property
    def counts(self) -> Counts:
        """How many cells are done, failed, running, waiting and stopped."""
        cells = self._cells
        return Counts(
            done=cells[DONE],
            failed=cells[FAILED] + cells[UNKNOWN],
            running=cells[RUNNING] + cells[LOOKED_FOR],
            waiting=cells[WAITING],
            stopped=cells[STOPPED],
        )

    @property
    def unknown(self) -> int:
        """Cells of which nobody knows how they ended."""
        return self._cells[UNKNOWN]

    @property
    def looked_for(self) -> int:
        """Cells whose answer was lost, and that are looked for."""
        return self._cells[LOOKED_FOR]

    @property
    def watched(self) -> int:
        """Cells that another kernel works on."""
        return self._watched

    @property
    def reused(self) -> int:
        """Cells that were in the library, and cost nothing."""
        return self._reused

    @property
    def failed(self) -> int:
        """Cells that may be tried again; those of unknown outcome are not among them."""
        return self._cells[FAILED]

    @property
    def cost(self) -> Cost | None:
        """What is spent so far, or None where a part of it is unknown."""
        return self._spent.total

    @property
    def price(self) -> Cost | None:
        """What all of it costs, or None where a part of it is unknown."""
        return self._expected.total

    @property
    def price_again(self) -> Cost | None:
        """What it costs to try again what failed, or None where a part of it is unknown."""
        return self._again.total

    def seconds_left(
        self, slots: int, posts_per_minute: float = math.inf, speed: float = 1.0
    ) -> float:
        """
        Return about how long it takes until the last cell is done; as `Run.seconds_left`.

        Args:
            slots: Jobs at once.
            posts_per_minute: Requests for jobs that may be sent in a minute.
            speed: How many times as fast as the service's the account's clock is.
        """
        running = [remaining_seconds(job) for job in self._running.values()]
        count = len(running) + self._jobs[WAITING]
        if count > EXACT:
            work = sum(running) + self._seconds
            last = MINUTE * ((count - 1) // posts_per_minute) / speed + work / count
            return max(*running, work / max(slots, 1), last)
        waiting = [seen.seconds for seen in self._seen.values() if seen.letter == WAITING]
        each = (seconds * speed for seconds in [*running, *waiting])
        return bound_seconds(each, slots, posts_per_minute) / speed


def _seen(job: GenerationJob, amount: Cost | None) -> _Seen:
    letter, charge = letter_of(job), job.charge
    snapshot = job.snapshot
    return _Seen(
        letter=letter,
        watched=snapshot.elsewhere and letter in OPEN,
        reused=snapshot.reused,
        amount=amount,
        is_spent=charge in {Charge.UNKNOWN, Charge.CHARGED},
        is_expected=letter in OPEN or charge not in {Charge.NONE, Charge.REFUNDED},
        seconds=usual_seconds(job) if letter == WAITING else 0.0,
    )
