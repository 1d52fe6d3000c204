"""
Which job each request of a sweep has; one book for a run and all views of it.

On its own because a job may be put in the place of another, as when failed cells are tried again,
and every view, sheet and waiter has to learn of it.
"""

from __future__ import annotations

import logging
import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from concurrent.futures import Future

    from leonardo_nb.engine.kinds import GenerationJob
    from leonardo_nb.money import Cost

__all__ = ["Book"]

log = logging.getLogger("leonardo_nb")


class Book:
    """
    The jobs of a sweep by content key, and who wants to know when one changes.

    Args:
        jobs: The jobs.
        prices: What each request costs, as far as it is known.

    Attributes:
        changing: Held by whoever looks which jobs are to be replaced, and replaces them.
    """

    def __init__(
        self, jobs: Mapping[str, GenerationJob], prices: Mapping[str, Future[Cost]] | None = None
    ) -> None:
        self.jobs = dict(jobs)
        self.prices = dict(prices or {})
        self.changing = threading.Lock()
        self._watchers: list[Callable[[str, GenerationJob], object]] = []
        self._ends: dict[str, Callable[[], None]] = {}
        self._lock = threading.RLock()

    def put(
        self, jobs: Mapping[str, GenerationJob], prices: Mapping[str, Future[Cost]] | None = None
    ) -> None:
        """Let *jobs* take the place of those that have their keys, and tell everybody."""
        with self._lock:
            self.jobs.update(jobs)
            self.prices.update(prices or {})
            if self._watchers:
                for key in jobs:
                    self._follow(key)
        for key, job in jobs.items():
            self._tell(key, job)

    def succeed(self, key: str, job: GenerationJob) -> None:
        """Let *job* take the place of the ended job of *key* that has the same row, if one has."""
        with self._lock:
            have = self.jobs.get(key)
            if have is None or have is job or have.uid != job.uid:
                return
            self.jobs[key] = job
            if self._watchers:
                self._follow(key)
        self._tell(key, job)

    def watch(self, function: Callable[[str, GenerationJob], object]) -> Callable[[], None]:
        """
        Call *function* with a key and its job at every change of one.

        Returns:
            What ends that.
        """
        with self._lock:
            self._watchers.append(function)
            if len(self._watchers) == 1:
                for key in self.jobs:
                    self._follow(key)

        def end() -> None:
            with self._lock:
                if function in self._watchers:
                    self._watchers.remove(function)
                if not self._watchers:
                    for stop in self._ends.values():
                        stop()
                    self._ends.clear()

        return end

    def _follow(self, key: str) -> None:
        if (stop := self._ends.pop(key, None)) is not None:
            stop()
        self._ends[key] = self.jobs[key].subscribe(lambda job: self._tell(key, job))

    def _tell(self, key: str, job: GenerationJob) -> None:
        for function in tuple(self._watchers):
            try:
                function(key, job)
            except Exception:
                log.exception("Somebody who watches a sweep failed")
