"""
One sitting of judging: which two pictures are shown next, and what was said of them.

Without a page, so that it can be used from a terminal or a test as well; the widget draws it.
"""

from __future__ import annotations

import threading
import uuid
from collections import deque
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final, Literal

import numpy as np

from leonardo_nb.library.shelf import Vote
from leonardo_nb.sweeps.judging.pool import Pool, pool_of
from leonardo_nb.sweeps.judging.ranking import Ranked, Ranking, ranked_of
from leonardo_nb.sweeps.rank import Posterior, Sources, fit, next_pair

if TYPE_CHECKING:
    from collections.abc import Callable

    from leonardo_nb.sweeps.cells import Cell
    from leonardo_nb.sweeps.run import Run

__all__ = ["AHEAD", "Choice", "Judging", "Pair", "Scoreboard"]

Choice = Literal["left", "right", "equal", "skip"]

AHEAD: Final = 3
"""Pairs that are chosen in advance, the one that is shown among them."""
RELEARNED: Final = 1.2
"""How many times as many votes there are until it is learned anew how scores come about."""
SMALL: Final = 200
"""Up to so many pictures it is learned anew after each vote, which takes a tenth of a second."""


@dataclass(frozen=True, slots=True)
class Pair:
    """
    Two pictures to be compared.

    Attributes:
        number: Counts up over the sitting; a pair that is shown again has a new one.
        left: The cell of the picture on the left.
        right: The cell of the one on the right.
    """

    number: int
    left: Cell
    right: Cell

    @property
    def cells(self) -> frozenset[int]:
        """The indices of both cells, in no order."""
        return frozenset((self.left.index, self.right.index))


@dataclass(frozen=True, slots=True)
class Scoreboard:
    """
    How it stands.

    Attributes:
        votes: How many votes count, of all sittings.
        pictures: How many pictures take part.
        best: The best pictures, at most five, the best one first; empty before the first vote.
        sure: The chance that the first of them is the best of all.
    """

    votes: int
    pictures: int
    best: tuple[Ranked, ...] = ()
    sure: float = 0.0


class Judging:
    """
    One person's sitting over the finished pictures of a run; callable from any thread.

    Args:
        run: The run; pictures that come while somebody judges take part from then on.
        by: Who judges; everybody's votes count for what is asked next.
        seed: Of the draws that choose pairs; drawn without it.
        now: Returns the time of a vote, in UTC.
    """

    def __init__(
        self,
        run: Run,
        *,
        by: str = "",
        seed: int | None = None,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self.run = run
        self.by = by
        self._random = np.random.default_rng(seed)
        self._now = now
        self._lock = threading.RLock()
        self._numbers = 0
        self._pairs: deque[Pair] = deque()
        self._given: list[tuple[Pair, Vote | None]] = []
        self._skipped: dict[frozenset[int], None] = {}
        self._sources: tuple[Sources, int] | None = None
        self._pool: Pool | None = None
        self._posterior: Posterior | None = None
        self._votes = 0

    @property
    def pairs(self) -> tuple[Pair, ...]:
        """The pair that is asked about, and those that follow it; empty where none is left."""
        return tuple(self._pairs)

    @property
    def given(self) -> int:
        """How often something was said in this sitting, without what was taken back."""
        return len(self._given)

    @property
    def active(self) -> int:
        """How many pictures can be asked about."""
        return 0 if self._pool is None else int(self._pool.active.sum())

    def refresh(self) -> Scoreboard:
        """Read votes and pictures anew, choose what is asked next, and return how it stands."""
        with self._lock:
            votes = Ranking(self.run).votes
            before, self._pool = self._pool, pool_of(self.run, votes)
            pool = self._pool
            if len(pool) < 2:
                self._pairs.clear()
                return Scoreboard(0, len(pool))
            counts = pool.tally(votes)
            self._votes = round((counts.won + counts.lost).sum())
            same = before is not None and before.names == pool.names
            self._posterior = fit(
                len(pool),
                counts,
                pool.factors,
                sources=self._known_sources(len(pool)),
                start=self._posterior if same else None,
            )
            if self._sources is None or self._sources[0] != self._posterior.sources:
                self._sources = (self._posterior.sources, self._votes)
            self._fill()
            return self._scoreboard()

    def choose(self, number: int, choice: Choice) -> bool:
        """
        Keep what is said of pair *number*; False where that is no pair that is asked about.

        The pairs that follow it are there at once; `refresh()` learns from the vote.
        """
        with self._lock:
            pair = next((pair for pair in self._pairs if pair.number == number), None)
            if pair is None:
                return False
            vote = None if choice == "skip" else self._vote(pair, choice)
            if vote is not None:
                self.run.studio.shelf.add_votes([vote])
            else:
                self._skipped[pair.cells] = None
            self._pairs.remove(pair)
            self._given.append((pair, vote))
            return True

    def undo(self) -> bool:
        """Take back what was said last in this sitting, and ask it again."""
        with self._lock:
            if not self._given:
                return False
            pair, vote = self._given.pop()
            if vote is not None:
                self.run.studio.shelf.remove_votes([vote.uid])
            self._skipped.pop(pair.cells, None)
            self._numbers += 1
            self._pairs.appendleft(Pair(self._numbers, pair.left, pair.right))
            return True

    def _vote(self, pair: Pair, choice: Choice) -> Vote:
        winner, loser = pair.left, pair.right
        if choice == "right":
            winner, loser = loser, winner
        return Vote(
            uid=str(uuid.uuid4()),
            sweep=self.run.name,
            winner=winner.picture,
            loser=loser.picture,
            at=self._now(),
            tie=choice == "equal",
            by=self.by,
        )

    def _known_sources(self, pictures: int) -> Sources | None:
        """Return how scores come about, unless it is time to learn it anew."""
        if self._sources is None or pictures <= SMALL:
            return None
        sources, votes = self._sources
        return None if self._votes > RELEARNED * votes + 5 else sources

    def _fill(self) -> None:
        """Choose pairs until enough are chosen in advance; keep those that may still be asked."""
        pool, posterior = self._pool, self._posterior
        if pool is None or posterior is None:
            return
        places = {cell.index: place for place, cell in enumerate(pool.cells)}
        self._pairs = deque(
            pair
            for pair in self._pairs
            if all(n in places and pool.active[places[n]] for n in pair.cells)
        )
        while len(self._pairs) < AHEAD:
            recent = [pair.cells for pair, _ in self._given[-1:]]
            recent += [pair.cells for pair in self._pairs]
            avoid = {
                frozenset(places[n] for n in cells)
                for cells in (*recent, *self._skipped)
                if all(n in places for n in cells)
            }
            found = next_pair(posterior, pool.active, self._random, avoid=avoid)
            if found is None:
                return
            self._numbers += 1
            left, right = (pool.cells[place] for place in found)
            self._pairs.append(Pair(self._numbers, left, right))

    def _scoreboard(self) -> Scoreboard:
        pool, posterior = self._pool, self._posterior
        if pool is None or posterior is None or not self._votes or not pool.active.any():
            return Scoreboard(self._votes, 0 if pool is None else len(pool))
        ranked = ranked_of(pool, posterior)
        order = [n for n in np.argsort(-posterior.mean, kind="stable") if pool.active[n]]
        sure = posterior.best_chances(pool.active)[order[0]]
        best = tuple(ranked[place] for place in order[:5])
        return Scoreboard(self._votes, len(pool), best, float(sure))
