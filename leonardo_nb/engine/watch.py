"""
Looks at every job in flight, as seldom as it can.

One list request serves all of them, so that the number of requests does not grow with the number
of jobs; a single job is asked for by its id.
"""

from __future__ import annotations

import logging
import random
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import anyio

from leonardo_nb.errors import (
    AuthenticationError,
    LeonardoError,
    NotFound,
    RateLimited,
)

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from leonardo_nb.clock import Clock
    from leonardo_nb.engine.polling import Polling
    from leonardo_nb.service.client import Client
    from leonardo_nb.service.responses import Generation

__all__ = ["Watch"]

log = logging.getLogger("leonardo_nb")

LIST_MARGIN = 10
"""How many more rows than jobs are asked for, for pictures made elsewhere in the meantime."""
LIST_LONGEST = 100
SINGLE_LOOKS = 5
"""How many jobs that a list did not show are asked for one by one in one turn."""
TIMES_MISSING = 5
"""How often a job may be missing before it is believed; a new one can be."""


@dataclass(eq=False)
class _Watched:
    """One job in flight."""

    job_id: str
    expected: float | None
    accepted: float
    next_look: float
    on_look: Callable[[str], None]
    looks: int = 0
    missing: int = 0
    ended: anyio.Event = field(default_factory=anyio.Event)
    generation: Generation | None = None
    error: Exception | None = None


class Watch:
    """
    Watches jobs until the service has finished them.

    Args:
        client: Whom to ask.
        clock: What time it is, and how to wait.
        polling: When to look.
        user_id: Gives the account's id once it is known; without it no list can be asked for.
        spawn: Starts a coroutine function beside the callers, on the same loop.
    """

    def __init__(
        self,
        client: Client,
        clock: Clock,
        polling: Polling,
        *,
        user_id: Callable[[], str | None],
        spawn: Callable[[Callable[[], Awaitable[None]]], object],
    ) -> None:
        self._client = client
        self._clock = clock
        self._polling = polling
        self._user_id = user_id
        self._spawn = spawn
        self._random = random.Random()
        self._watched: set[_Watched] = set()
        self._changed = anyio.Event()
        self._looking = False
        self._last_list = float("-inf")

    async def until_ended(
        self, job_id: str, *, expected: float | None, on_look: Callable[[str], None]
    ) -> Generation:
        """
        Return the generation *job_id* once its status is COMPLETE or FAILED.

        Args:
            job_id: The service's id.
            expected: Seconds that such a job usually takes, or None.
            on_look: Called with the status after each look that found it still at work.

        Raises:
            TimeoutError: It did not end before the policy's deadline.
            NotFound: The service does not know it, several times over.
            AuthenticationError: The key is no longer accepted.
        """
        now = self._clock.now()
        watched = _Watched(job_id, expected, accepted=now, next_look=now, on_look=on_look)
        watched.next_look += self._pause(watched)
        self._watched.add(watched)
        self._changed.set()
        if not self._looking:
            self._looking = True
            self._spawn(self._look_for_all)
        try:
            await watched.ended.wait()
        finally:
            self._watched.discard(watched)
        if watched.error is not None:
            raise watched.error
        if watched.generation is None:
            raise TimeoutError
        return watched.generation

    async def _look_for_all(self) -> None:
        """Look for as long as a job is in flight."""
        try:
            while in_flight := self._in_flight():
                self._changed = anyio.Event()
                wait = min(each.next_look for each in in_flight) - self._clock.now()
                if wait > 0:
                    await self._clock.pause(wait, until=self._changed)
                else:
                    await self._look(in_flight)
        except Exception as error:
            # whoever waits must not wait for ever for a look that nobody makes
            log.exception("Looking at jobs failed")
            for each in self._in_flight():
                each.error = error
                each.ended.set()
        finally:
            self._looking = False

    def _in_flight(self) -> list[_Watched]:
        return [each for each in self._watched if not each.ended.is_set()]

    async def _look(self, in_flight: list[_Watched]) -> None:
        """Look once at whatever is due, and at all others with it where one request serves all."""
        now = self._clock.now()
        due = [each for each in in_flight if each.next_look <= now]
        user_id = self._user_id()
        if len(in_flight) > 1 and user_id is not None:
            ready = self._last_list + self._polling.shared_every
            if ready > now:
                for each in due:
                    each.next_look = ready
                return
            self._last_list = now
            unseen = await self._look_at_list(user_id, in_flight, due)
        else:
            unseen = due
        for each in unseen[:SINGLE_LOOKS]:
            await self._look_at(each)
        for each in unseen[SINGLE_LOOKS:]:
            each.next_look = self._clock.now() + self._polling.first

    async def _look_at_list(
        self, user_id: str, in_flight: list[_Watched], due: list[_Watched]
    ) -> list[_Watched]:
        """Look at the account's newest generations; return the due jobs that are not among them."""
        limit = min(LIST_LONGEST, len(in_flight) + LIST_MARGIN)
        try:
            rows = await self._client.generations(user_id, limit=limit)
        except LeonardoError as error:
            for each in due:
                self._missed(each, error)
            return []
        found = {row.id: row for row in rows}
        for each in in_flight:
            if (row := found.get(each.job_id)) is not None:
                self._seen(each, row)
        return [each for each in due if each.job_id not in found]

    async def _look_at(self, watched: _Watched) -> None:
        try:
            row = await self._client.generation(watched.job_id)
        except LeonardoError as error:
            self._missed(watched, error)
        else:
            self._seen(watched, row)

    def _seen(self, watched: _Watched, row: Generation) -> None:
        watched.missing = 0
        if row.is_complete or row.is_failed:
            watched.generation = row
            watched.ended.set()
            return
        watched.looks += 1
        watched.on_look(row.status)
        self._go_on(watched)

    def _missed(self, watched: _Watched, error: LeonardoError) -> None:
        """Take in that a look brought nothing; a job is not lost because one look was."""
        if isinstance(error, NotFound):
            watched.missing += 1
        if isinstance(error, AuthenticationError) or watched.missing >= TIMES_MISSING:
            watched.error = error
            watched.ended.set()
            return
        log.info("A look at job %s failed and is repeated: %s", watched.job_id, error)
        watched.looks += 1
        self._go_on(watched)
        if isinstance(error, RateLimited) and error.retry_after is not None:
            watched.next_look = max(watched.next_look, self._clock.now() + error.retry_after)

    def _go_on(self, watched: _Watched) -> None:
        if self._clock.now() - watched.accepted >= self._polling.deadline:
            watched.ended.set()
            return
        watched.next_look = self._clock.now() + self._pause(watched)

    def _pause(self, watched: _Watched) -> float:
        return self._polling.pause(
            watched.looks,
            waited=self._clock.now() - watched.accepted,
            expected=watched.expected,
            noise=self._random.uniform(-1, 1),
        )
