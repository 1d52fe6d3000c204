"""
How much may happen at once, and how much in a minute.

Who may go when is decided in `turns`, on plain values; here somebody waits for it. All of it lives
on the engine's thread. What several kernels share goes through a `Board`.
"""

from __future__ import annotations

import asyncio
import logging
import random
import uuid
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from heapq import heapify, heappop, heappush
from itertools import count
from typing import TYPE_CHECKING

import anyio

from leonardo_nb.engine.boards import REQUESTS, MemoryBoard
from leonardo_nb.engine.turns import LATE, Room, Standing, answered, ask, slow, withdraw
from leonardo_nb.errors import LibraryError, RateLimited

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from leonardo_nb.clock import Clock
    from leonardo_nb.engine.boards import Board
    from leonardo_nb.engine.leases import Lease

__all__ = ["PLACE_LEASE", "Limits", "Pace", "PerMinute", "Slots"]

log = logging.getLogger("leonardo_nb")

LONGEST_RETRY_AFTER = 120.0
SHORTEST_WAIT = 0.001
"""Seconds; the wall clock's last digits are no reason to ask again and again."""
PLACE_LEASE = 60.0
"""Seconds after which a place comes back whose holder has not renewed it; it may have died."""
PLACE_EVERY = 1.0
"""Seconds; how often a place that another kernel may give back is asked for."""


@dataclass(frozen=True, slots=True)
class Limits:
    """
    What an account is allowed; the numbers are the service's published defaults.

    Kernels that use one library share them. After "too many requests" a line's rate is halved and
    grows back by a tenth of what is allowed in each minute.

    Attributes:
        slots: Jobs of a kind in flight at once, exactly; None asks the account
            (`apiConcurrencySlots`) and sends a few more ahead, so that no slot is idle between two
            looks: once it is known how long such jobs take, as many as end in four seconds, at
            most as many as there are slots. What is sent ahead is paid and cannot be withdrawn.
        creates_per_minute: Requests for new jobs in any 60 seconds, for each endpoint.
        patience: Seconds for which a request that meets "too many requests" is tried again.
        requests_per_minute: Requests of every kind in any 60 seconds.
        queue: How many more jobs per slot of the account the service keeps waiting before it
            refuses; more *slots* than the account has use it.
        longest_retry_after: Seconds; where the service asks for a longer pause, it is asked again
            after this one.
    """

    __module__ = "leonardo_nb"

    slots: int | None = None
    creates_per_minute: int = 100
    patience: float = 300.0
    requests_per_minute: int = 2000
    queue: int = 20
    longest_retry_after: float = LONGEST_RETRY_AFTER

    def __post_init__(self) -> None:
        for name in ("slots", "creates_per_minute", "requests_per_minute"):
            value = getattr(self, name)
            if value is not None and value < 1:
                raise ValueError(f"{name}={value} lets nothing through; the least is 1.")
        for name in ("queue", "patience", "longest_retry_after"):
            value = getattr(self, name)
            if not value >= 0:  # no comparison holds for nan
                raise ValueError(f"{name}={value} is no amount; the least is 0.")

    def places(self, account_slots: int) -> int:
        """
        Return how many jobs of a kind may be in flight on an account that has *account_slots*.

        >>> Limits().places(10), Limits(slots=4).places(10), Limits(slots=500).places(10)
        (10, 4, 210)
        """
        most = account_slots * (1 + self.queue)
        return account_slots if self.slots is None else min(self.slots, most)


@dataclass(order=True, slots=True)
class _InLine:
    """Somebody who waits for a place."""

    order: float
    came: int
    called: asyncio.Future[None] = field(compare=False)
    """Done when he has a place; a future, for an event of his own takes a kilobyte."""
    is_gone: bool = field(default=False, compare=False)


class Slots:
    """
    A number of places; who comes when all are taken waits in line.

    The number may change while places are taken. With a board that is shared, the places are those
    of all kernels together; one that died gives its places back when its lease is over.

    Args:
        total: How many places there are.
        board: Where it is kept who has a place; this process alone without one.
        name: The room on that board, such as a kind of job.
        lease: In whose name places are held, and who knows of others whether they live; without
            one, places of the dead come back when their lease is over.
    """

    def __init__(
        self,
        total: int,
        board: Board | None = None,
        name: str = "jobs",
        lease: Lease | None = None,
    ) -> None:
        self._total = total
        self._taken = 0
        self._line: list[_InLine] = []
        self._gone = 0
        self._came = count()
        self._board = board
        self._name = name
        self._lease = lease
        self._held: set[str] = set()
        self._first = anyio.Lock()
        self._changed = anyio.Event()

    @property
    def total(self) -> int:
        """How many places there are."""
        return self._total

    @total.setter
    def total(self, total: int) -> None:
        self._total = max(1, total)
        self._changed.set()
        self._call_next()

    @asynccontextmanager
    async def place(
        self, order: float = float("inf"), *, at_once: bool = False
    ) -> AsyncIterator[None]:
        """
        Hold one place for as long as the block runs.

        Args:
            order: Where to stand in this process's line, the smallest first; those of one number
                in the order in which they come. Who left the line finds his place again with it.
            at_once: Wait for nothing, because the job is at the service already; it then counts
                like the others, and those who come later wait for it.

        Raises:
            LibraryError: What the kernels share cannot be kept.
        """
        if at_once:
            self._taken += 1
        else:
            await self._local_place(order)
        try:
            if self._board is None:
                yield
            else:
                async with self._shared_place(self._board, at_once=at_once):
                    yield
        finally:
            self._leave()

    async def renew(self) -> None:
        """
        Say that whoever holds a place here is alive; due several times in `PLACE_LEASE` seconds.

        Raises:
            LibraryError: What the kernels share cannot be kept.
        """
        if self._board is not None and self._held:
            held = sorted(self._held)

            def renew(standing: Standing, now: float) -> None:
                room = standing.rooms.get(self._name, Room())
                standing.rooms[self._name] = room.renewed(held, now, PLACE_LEASE)

            await self._board.change(renew)

    async def _local_place(self, order: float) -> None:
        if self._taken < self._total and len(self._line) == self._gone:
            self._taken += 1
            return
        called = asyncio.get_running_loop().create_future()
        mine = _InLine(order, next(self._came), called)
        heappush(self._line, mine)
        try:
            await called
        except BaseException:
            if (
                called.done() and not called.cancelled()
            ):  # called and cancelled at once: the place goes to the next
                self._leave()
            else:
                self._leave_line(mine)
            raise

    def _leave_line(self, who: _InLine) -> None:
        """Let *who* wait no longer, without looking for him among thousands."""
        if who.is_gone:
            return
        who.is_gone = True
        self._gone += 1
        if self._gone > len(self._line) / 2:
            self._line = [each for each in self._line if not each.is_gone]
            heapify(self._line)
            self._gone = 0

    @asynccontextmanager
    async def _shared_place(self, board: Board, *, at_once: bool) -> AsyncIterator[None]:
        owner = "" if self._lease is None else self._lease.owner
        name = f"{owner}:{uuid.uuid4().hex}"

        def enter(standing: Standing, now: float) -> bool:
            room = standing.rooms.get(self._name, Room())
            asked = (name, self._total, now, PLACE_LEASE)
            entered, has_place = room.entered(*asked, at_once=at_once)
            if not has_place and self._lease is not None:
                entered, has_place = self._of_the_living(room).entered(*asked)
            standing.rooms[self._name] = entered
            return has_place

        def leave(standing: Standing, _now: float) -> None:
            standing.rooms[self._name] = standing.rooms.get(self._name, Room()).left(name)

        try:
            if at_once:
                await board.change(enter)
            else:
                async with self._first:  # one of this process at a time waits among the others
                    while not await board.change(enter):
                        self._changed = anyio.Event()
                        await board.clock.pause(PLACE_EVERY, until=self._changed)
            self._held.add(name)
            yield
        finally:
            self._held.discard(name)
            await _quietly(board, leave)
            self._changed.set()

    def _of_the_living(self, room: Room) -> Room:
        """Return *room* without those whose processes are known to be gone."""
        owners = {each.name.rpartition(":")[0] for each in room.inside}
        dead = {owner for owner in owners if owner and self._lease and self._lease.is_dead(owner)}
        return Room(tuple(t for t in room.inside if t.name.rpartition(":")[0] not in dead))

    def _leave(self) -> None:
        self._taken -= 1
        self._call_next()

    def _call_next(self) -> None:
        while self._line and self._taken < self._total:
            first = heappop(self._line)
            if first.is_gone:
                self._gone -= 1
            elif first.called.done():  # cancelled in this moment
                first.is_gone = True
            else:
                self._taken += 1
                first.called.set_result(None)


class PerMinute:
    """
    At most so many turns in any 60 seconds, and fewer after "too many requests".

    Args:
        turns: How many.
        clock: Time.
        board: Where turns are kept; this process alone without one.
        name: The line on that board.
        within: Further lines of that board and their turns, in which a turn is taken as well.
        longest_hold: The longest pause in seconds that the service can ask for.
    """

    def __init__(
        self,
        turns: int,
        clock: Clock,
        *,
        board: Board | None = None,
        name: str = "turns",
        within: dict[str, int] | None = None,
        longest_hold: float = LONGEST_RETRY_AFTER,
    ) -> None:
        self._board = board or MemoryBoard(clock)
        self._name = name
        self._lines = {name: turns, **(within or {})}
        self._longest_hold = longest_hold
        self._one_by_one = anyio.Lock()
        self._random = random.Random()

    async def turn(self) -> float:
        """
        Return when it is this caller's turn; callers are served in the order they came.

        Returns:
            The moment, which `answered` is to be told.

        Raises:
            LibraryError: What the kernels share cannot be kept.
        """
        name = uuid.uuid4().hex

        def take(standing: Standing, now: float) -> tuple[float, float]:
            return ask(standing, self._lines, name, now, self._longest_hold), now

        async with self._one_by_one:
            try:
                while True:
                    wait, moment = await self._board.change(take)
                    if wait <= 0:
                        return moment
                    await self._board.clock.pause(max(wait, SHORTEST_WAIT))
            except BaseException:
                await _quietly(self._board, lambda it, _: withdraw(it, self._lines, name))
                raise

    async def answered(self, taken: float) -> None:
        """
        Take in that the request has been answered, or lost, whose turn was *taken*.

        A slow one may have arrived any time until now, and counts from now on.
        """
        if self._board.now() - taken > LATE:
            await _quietly(self._board, lambda it, now: answered(it, self._lines, taken, now))

    async def refused(self, retry_after: float | None = None) -> float:
        """
        Go slower, because the service said "too many requests".

        Args:
            retry_after: The seconds that it named, or None.

        Returns:
            The seconds for which nobody goes; `turn()` waits for them.

        Raises:
            LibraryError: What the kernels share cannot be kept.
        """
        noise = self._random.random()
        return await self._board.change(
            lambda standing, now: slow(
                standing,
                self._name,
                now,
                retry_after=retry_after,
                longest_hold=self._longest_hold,
                noise=noise,
            )
        )


class Pace:
    """
    When each request may go: all of them in one line, and those that make jobs in one more each.

    Args:
        limits: How many in a minute.
        board: Where that is kept; a `FileBoard` shares it with other kernels.
    """

    def __init__(self, limits: Limits, board: Board) -> None:
        self._limits = limits
        self._board = board
        self._lines: dict[str | None, PerMinute] = {}

    @asynccontextmanager
    async def request(self, endpoint: str | None = None) -> AsyncIterator[None]:
        """
        Wait for a turn, and run the block that sends one request.

        A `RateLimited` that comes out of the block slows the line and goes on to the caller, whose
        next request waits for as long as the service asked, up to the cap.

        Args:
            endpoint: Where it makes a job, such as "generations"; None for everything else.

        Raises:
            LibraryError: What the kernels share cannot be kept; nothing was sent.
        """
        line = self.line(endpoint)
        taken = await line.turn()
        try:
            yield
        except RateLimited as refusal:
            try:
                await line.refused(refusal.retry_after)
            except LibraryError as error:  # what the service said is the more important
                log.warning("A refusal could not be told to other kernels: %s", error)
            raise
        finally:
            await line.answered(taken)

    def line(self, endpoint: str | None = None) -> PerMinute:
        """Return the line of *endpoint*, or the one of all requests."""
        if endpoint not in self._lines:
            limits = self._limits
            everything = {REQUESTS: limits.requests_per_minute}
            name = REQUESTS if endpoint is None else endpoint
            self._lines[endpoint] = PerMinute(
                limits.requests_per_minute if endpoint is None else limits.creates_per_minute,
                self._board.clock,
                board=self._board,
                name=name,
                within=None if endpoint is None else everything,
                longest_hold=limits.longest_retry_after,
            )
        return self._lines[endpoint]


async def _quietly(board: Board, how: Callable[[Standing, float], None]) -> None:
    """Change the standing; where that cannot be kept, what is there ends by itself in a minute."""
    with anyio.CancelScope(shield=True):
        try:
            await board.change(how)
        except LibraryError as error:
            log.warning("A turn or a place is given back only after a minute: %s", error)
