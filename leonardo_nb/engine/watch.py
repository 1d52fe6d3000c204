"""
Looks at every job of one kind in flight, as seldom as it can.

There is at most one request in two seconds, however many jobs there are: where the service has a
list, it serves all of them; else, and for what the list does not show, they take turns.
"""

from __future__ import annotations

import logging
import random
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import anyio

from leonardo_nb.engine.looks import LIST_LONGEST, PENDING
from leonardo_nb.engine.polling import Awake
from leonardo_nb.errors import (
    AuthenticationError,
    LeonardoError,
    NotFound,
    RateLimited,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from leonardo_nb.clock import Clock
    from leonardo_nb.engine.looks import Look, Looks
    from leonardo_nb.engine.polling import Polling

__all__ = ["Watch"]

log = logging.getLogger("leonardo_nb")

LIST_MARGIN = 10
"""How many more rows than jobs are asked for, for pictures made elsewhere in the meantime."""
TIMES_MISSING = 5
"""How often a job may be missing before it is believed; a new one can be."""
NUDGED_EVERY = 0.2
"""Seconds between two requests that nudges cause, however many come; callbacks can be forged."""


@dataclass(eq=False)
class _Watched:
    """One job in flight."""

    job_id: str
    expected: float | None
    accepted: float
    """When it was, in seconds awake."""
    next_look: float
    on_look: Callable[[str], None]
    looks: int = 0
    missing: int = 0
    unlisted: bool = False
    """Whether the last list did not show it, so that it has to be asked for by its id."""
    ended: anyio.Event = field(default_factory=anyio.Event)
    look: Look | None = None
    error: Exception | None = None


class Watch:
    """
    Watches jobs of one kind until the service has finished them.

    Args:
        looks: Whom to ask.
        clock: What time it is, and how to wait.
        polling: When to look.
        spawn: Starts a coroutine function beside the callers, on the same loop.
    """

    def __init__(
        self,
        looks: Looks,
        clock: Clock,
        polling: Polling,
        *,
        spawn: Callable[..., object],
    ) -> None:
        self._looks = looks
        self._clock = clock
        self._polling = polling
        self._spawn: Callable[..., object] = spawn
        self._random = random.Random()
        self._watched: set[_Watched] = set()
        self._changed = anyio.Event()
        self._looking = False
        self._nudged: set[_Watched] = set()
        self._serving = False
        self._last_request = float("-inf")
        self._awake = Awake(clock.now())

    async def until_ended(
        self, job_id: str, *, expected: float | None, on_look: Callable[[str], None]
    ) -> Look:
        """
        Return what there is of *job_id* once its status is COMPLETE or FAILED.

        Args:
            job_id: The service's id.
            expected: Seconds that such a job usually takes, or None.
            on_look: Called with the status after each look that found it still at work.

        Raises:
            TimeoutError: It did not end before the policy's deadline, counted in seconds awake.
            NotFound: The service does not know it, several times over.
            AuthenticationError: The key is no longer accepted.
        """
        watched = _Watched(
            job_id,
            expected,
            accepted=self._seconds_awake(),
            next_look=self._clock.now(),
            on_look=on_look,
        )
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
        if watched.look is None:
            raise TimeoutError
        return watched.look

    def is_watched(self, job_id: str) -> bool:
        """Whether somebody waits for *job_id*."""
        return any(each.job_id == job_id for each in self._in_flight())

    def nudge(self, job_id: str) -> None:
        """
        Look at *job_id* now, whenever the last look was; only on the loop that waits for it.

        Many nudges at once share a look at the list, and there are at most five such looks a
        second.
        """
        self._nudged |= {each for each in self._in_flight() if each.job_id == job_id}
        if self._nudged and not self._serving:
            self._serving = True
            self._spawn(self._serve_nudges)

    async def _look_for_all(self) -> None:
        """Look for as long as a job is in flight."""
        try:
            while in_flight := self._in_flight():
                self._changed = anyio.Event()
                self._seconds_awake()
                due = min(each.next_look for each in in_flight)
                wait = max(due, self._last_request + self._polling.shared_every) - self._clock.now()
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

    async def _serve_nudges(self) -> None:
        """Look at what was nudged, until nothing more is."""
        try:
            while nudged := [each for each in self._nudged if not each.ended.is_set()]:
                self._nudged.clear()
                if len(nudged) == 1 or not await self._look_at_list(self._in_flight(), nudged):
                    await self._look_at(nudged[0])
                    self._nudged.update(nudged[1:])
                await self._clock.pause(NUDGED_EVERY)
        finally:
            self._serving = False

    def _in_flight(self) -> list[_Watched]:
        return [each for each in self._watched if not each.ended.is_set()]

    async def _look(self, in_flight: list[_Watched]) -> None:
        """Make one request: for all of them where that can be, else for who has waited longest."""
        now = self._last_request = self._clock.now()
        due = [each for each in in_flight if each.next_look <= now]
        turn = min(due, key=lambda each: each.next_look)
        if len(in_flight) == 1 or turn.unlisted:
            await self._look_at(turn)
            turn.unlisted = False
            return
        if not await self._look_at_list(in_flight, due):
            await self._look_at(turn)

    async def _look_at_list(self, in_flight: list[_Watched], due: list[_Watched]) -> bool:
        """Look at all of them with one request; return False where there is no list."""
        try:
            found = await self._looks.newest(min(LIST_LONGEST, len(in_flight) + LIST_MARGIN))
        except LeonardoError as error:
            for each in due:
                self._missed(each, error)
            return True
        if found is None:
            return False
        for each in in_flight:
            if (look := found.get(each.job_id)) is not None:
                self._seen(each, look)
        for each in due:
            each.unlisted = each.job_id not in found
        return True

    async def _look_at(self, watched: _Watched) -> None:
        try:
            look = await self._looks.one(watched.job_id)
        except LeonardoError as error:
            self._missed(watched, error)
        else:
            self._seen(watched, look)

    def _seen(self, watched: _Watched, look: Look | None) -> None:
        if watched.ended.is_set():
            return
        watched.missing = 0
        if look is not None and (look.is_complete or look.is_failed):
            watched.look = look
            watched.ended.set()
            return
        watched.looks += 1
        watched.on_look(PENDING if look is None else look.status)
        self._go_on(watched)

    def _missed(self, watched: _Watched, error: LeonardoError) -> None:
        """Take in that a look brought nothing; a job is not lost because one look was."""
        if watched.ended.is_set():
            return
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
        if self._seconds_awake() - watched.accepted >= self._polling.deadline:
            watched.ended.set()
            return
        watched.next_look = self._clock.now() + self._pause(watched)

    def _pause(self, watched: _Watched) -> float:
        return self._polling.pause(
            watched.looks,
            waited=self._seconds_awake() - watched.accepted,
            expected=watched.expected,
            noise=self._random.uniform(-1, 1),
        )

    def _seconds_awake(self) -> float:
        """Return the seconds for which this was awake; to be read before and after each pause."""
        return self._awake.at(self._clock.now())
