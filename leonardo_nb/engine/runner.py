"""
Carries jobs of every kind from request to saved file.

One job's way, in order: intent in the ledger, price, budget, a slot, the request, id and cost in
the ledger before anything else, looks until it has ended, files, and the row that says it is done.
"""

from __future__ import annotations

import logging
import threading
import uuid
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any, overload
from weakref import WeakSet, WeakValueDictionary

import anyio
import anyio.to_thread

from leonardo_nb.engine.balance import Balance
from leonardo_nb.engine.boards import FileBoard, MemoryBoard
from leonardo_nb.engine.budget import Purse
from leonardo_nb.engine.downloads import Downloads
from leonardo_nb.engine.flow import Flow
from leonardo_nb.engine.following import Following
from leonardo_nb.engine.gathering import Gathering
from leonardo_nb.engine.holding import Holding
from leonardo_nb.engine.kinds import KINDS
from leonardo_nb.engine.leases import Lease
from leonardo_nb.engine.lifecycle import (
    Snapshot,
    State,
)
from leonardo_nb.engine.limits import Limits, Pace
from leonardo_nb.engine.looks import (
    GenerationLooks,
    VariationLooks,
)
from leonardo_nb.engine.manners import Manners
from leonardo_nb.engine.payments import Payments
from leonardo_nb.engine.polling import Durations, Polling
from leonardo_nb.engine.recent import Recent
from leonardo_nb.engine.rows import Rows
from leonardo_nb.engine.search import Search
from leonardo_nb.engine.sending import Sending, TakenOver
from leonardo_nb.engine.taking_up import TakingUp
from leonardo_nb.engine.terms import AS_USUAL, Terms, Wall
from leonardo_nb.engine.watch import Watch
from leonardo_nb.engine.ways import Ways, sort_of
from leonardo_nb.errors import (
    JobCancelled,
    JobError,
    LeonardoError,
)

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence

    from leonardo_nb.clock import Clock
    from leonardo_nb.engine.job import Job
    from leonardo_nb.engine.kinds import GenerationJob, VariationJob, VideoJob
    from leonardo_nb.engine.looks import Looks
    from leonardo_nb.engine.taking_up import Follower
    from leonardo_nb.engine.thread import Engine
    from leonardo_nb.library.files import MediaStore
    from leonardo_nb.library.ledger import Ledger
    from leonardo_nb.library.records import JobRecord, MediaFile
    from leonardo_nb.money import Cost
    from leonardo_nb.service.client import Client
    from leonardo_nb.service.requests import Body, CreateGeneration, VariationBody, VideoBody
    from leonardo_nb.service.responses import Account

__all__ = ["Runner"]

log = logging.getLogger("leonardo_nb")


class Runner:
    """
    What carries every job of one studio.

    Its coroutines run on the engine's thread, and only they change jobs.

    Args:
        client: The service.
        ledger: Where intents, prices and results are written down.
        store: Where pictures are kept.
        engine: The thread.
        clock: Time.
        polling: When to look.
        limits: How much at once.
        wall: The studio's budget, or None.
        usual: On what terms jobs are sent that say nothing else.
        simulated: Whether the service is the built-in simulator.
        remembers: Whether the service still knows the jobs of earlier processes.
        speed: How many times as fast as the real service it is.
    """

    def __init__(
        self,
        *,
        client: Client,
        ledger: Ledger,
        store: MediaStore,
        engine: Engine,
        clock: Clock,
        polling: Polling | None = None,
        limits: Limits | None = None,
        wall: Wall | None = None,
        usual: Terms = AS_USUAL,
        simulated: bool = False,
        remembers: bool = True,
        speed: float = 1.0,
    ) -> None:
        self.client = client
        self.engine = engine
        self.clock = clock
        self.purse = Purse(ledger, wall)
        self.usual = usual
        self._ledger = ledger
        self._limits = limits = limits or Limits()
        self._simulated = simulated
        self._speed = speed
        self.lease = Lease(ledger, ledger.folder, clock)
        self._is_keeping = False
        # a simulator in process is an account of its own; what is elsewhere is shared by kernels
        board = (
            MemoryBoard(clock, speed)
            if simulated
            else FileBoard(ledger.folder, client.base_url, clock)
        )
        pace = Pace(limits, board)
        client.manners = Manners(pace, limits, clock)
        self._polling = (polling or Polling()).faster(speed)
        self._durations = Durations()
        # each kind has its own: the service counts them apart, and numbers only those of pictures
        self._flow = Flow(
            KINDS, limits, board if board.shared else None, self.lease, self._polling.shared_every
        )
        self._balance = Balance(client, clock, speed, self._seen)
        recent = Recent(client, self._balance.user_id, clock)
        self._rows = Rows(self.lease, clock, client.base_url, simulated=simulated)
        awaited: dict[str, anyio.Event] = {}
        self._holding = Holding()
        search = Search(
            client=client,
            ledger=ledger,
            recent=recent,
            lease=self.lease,
            clock=clock,
            speed=speed,
            awaited=awaited,
        )
        self._sending = Sending(
            client=client,
            ledger=ledger,
            lease=self.lease,
            pace=pace,
            purse=self.purse,
            limits=limits,
            holding=self._holding,
            clock=clock,
            search=search,
            rows=self._rows,
            awaited=awaited,
        )
        self.payments = Payments(
            ledger=ledger,
            purse=self.purse,
            lease=self.lease,
            clock=clock,
            base_url=client.base_url,
            simulated=simulated,
        )
        generations = GenerationLooks(
            client, lambda: None if self.account is None else self.account.user_id
        )
        looks: dict[str, Looks] = {
            "generation": generations,
            "variation": VariationLooks(
                partial(client.variation, once=True), rows=generations.rows
            ),
            "motion-variation": VariationLooks(
                partial(client.motion_variation, once=True), video=True
            ),
        }
        self._watches = {
            name: Watch(each, clock, self._polling, spawn=engine.spawn)
            for name, each in looks.items()
        }
        self._ways = Ways(
            ledger=ledger,
            lease=self.lease,
            clock=clock,
            purse=self.purse,
            balance=self._balance,
            flow=self._flow,
            holding=self._holding,
            sending=self._sending,
            following=Following(ledger, clock, engine.spawn),
            watches=self._watches,
            downloads=Downloads(client, store, clock, speed),
            durations=self._durations,
            rows=self._rows,
            spawn=engine.spawn,
        )
        self.jobs: WeakValueDictionary[str, Job[Any]] = WeakValueDictionary()
        """Every job of this studio that somebody still holds, by its own name."""
        self._intents = Gathering(self._intended)
        self.taking_up = TakingUp(
            client=client,
            ledger=ledger,
            engine=engine,
            clock=clock,
            lease=self.lease,
            wall=wall,
            recent=recent,
            sending=self._sending,
            ways=self._ways,
            jobs=self.jobs,
            make=self._made,
            start=self._start,
            replaced=self._replaced,
            let_go=self._holding.let_go,
            simulated=simulated,
            remembers=remembers,
            speed=speed,
        )
        self._followers: WeakSet[Follower] = WeakSet()
        self._following = threading.Lock()
        self._scopes: dict[str, anyio.CancelScope] = {}
        self._cancelled_early: set[str] = set()
        self._closing = False
        self._idle = anyio.Event()

    # from any thread

    @property
    def account(self) -> Account | None:
        """The account as last seen; None before the first answer."""
        return self._balance.account

    @overload
    def submit(
        self,
        request: CreateGeneration,
        source: MediaFile | None = None,
        *,
        check: bool = ...,
        terms: Terms | None = ...,
    ) -> GenerationJob: ...
    @overload
    def submit(
        self,
        request: VideoBody,
        source: MediaFile | None = None,
        *,
        check: bool = ...,
        terms: Terms | None = ...,
    ) -> VideoJob: ...
    @overload
    def submit(
        self,
        request: VariationBody,
        source: MediaFile | None = None,
        *,
        check: bool = ...,
        terms: Terms | None = ...,
    ) -> VariationJob: ...
    @overload
    def submit(
        self,
        request: Body,
        source: MediaFile | None = None,
        *,
        check: bool = ...,
        terms: Terms | None = ...,
    ) -> Job[Any]: ...
    def submit(
        self,
        request: Body,
        source: MediaFile | None = None,
        *,
        check: bool = True,
        terms: Terms | None = None,
    ) -> Job[Any]:
        """
        Return a job for *request* at once; it starts on the engine.

        Args:
            request: What is asked for; its kind decides the job's.
            source: The file that it begins with, where the caller has it; else the library's.
            check: False lets pass what that file is too large for.
            terms: What it may cost, and whether another job of the same request will do; the
                usual ones unless given.

        Raises:
            ConflictingParameters: The result would be larger than the service makes.
            LibraryError: It is asked for with `reuse`, and the library cannot be used.
        """
        terms = terms or self.usual
        if source is None and request.source_id is not None:
            source = self._ledger.media(request.source_id)
        if check and source is not None:
            request.check_source((source.file.width, source.file.height))
        snapshot = self._asked(request, source, terms)
        if terms.reuse:
            return self._once([snapshot])[0]
        job = self._made(snapshot)
        self.engine.spawn(self._carry, job, self._whole_way)
        return job

    def submit_once(self, requests: Sequence[Body], terms: Terms) -> tuple[Job[Any], ...]:
        """
        Return a job for each of *requests*: one that is there already, or one that starts.

        They are written down together before this returns, so that of several processes which ask
        for the same at once one pays.
        """
        return self._once([self._asked(request, None, terms) for request in requests])

    def opened(self, requests: Mapping[str, Body]) -> dict[str, Job[Any]]:
        """Return the jobs that the library has of *requests*; see `TakingUp.opened`."""
        return self.engine.wait(
            self.engine.run(self.taking_up.opened, requests, self._holding.hold)
        )

    def hold(self, jobs: Iterable[Job[Any]]) -> None:
        """
        Send none of *jobs* until `let_go`; when this returns, nothing more of them leaves.

        What is on its way, or at the service, goes on to its end. A job that is held takes no
        slot and no turn, costs nothing, and can be cancelled. What was set aside for it in budgets
        stays so, see `Holding`. It is not written down: after a restart `resume()` sends it.

        Args:
            jobs: Of this studio. Those that have ended, or that another kernel works on, stay as
                they are.
        """
        self._on_engine(self._holding.hold, tuple(jobs))

    def let_go(self, jobs: Iterable[Job[Any]]) -> None:
        """Let *jobs* be sent again, at once where there is room, in the order of their asking."""
        self._on_engine(self._holding.let_go, tuple(jobs))

    def stand_behind(self, walls: tuple[Wall, ...], jobs: tuple[Job[Any], ...]) -> None:
        """Count *jobs* behind *walls* as well, as far as there is room; returns when they do."""

        async def each() -> None:
            async with anyio.create_task_group() as group:
                for job in jobs:
                    group.start_soon(self._ways.stand_behind, job, walls)

        if walls and jobs:
            self.engine.wait(self.engine.run(each))

    @property
    def holds_any(self) -> bool:
        """Whether a job is held back."""
        return bool(self._holding)

    def keeps_back(self, job: Job[Any]) -> bool:
        """Whether *job* is held back from being sent; may be asked on any thread."""
        return self._holding.keeps_back(job)

    def follow(self, follower: Follower) -> None:
        """Tell *follower*, as long as it lives, of jobs that take the place of ended ones."""
        with self._following:
            self._followers.add(follower)

    def _replaced(self, key: str, job: Job[Any]) -> None:
        with self._following:
            followers = tuple(self._followers)
        for follower in followers:
            follower.succeed(key, job)

    def _on_engine(
        self, function: Callable[[tuple[Job[Any], ...]], None], jobs: tuple[Job[Any], ...]
    ) -> None:
        if self.engine.is_current_thread():
            function(jobs)
            return

        async def call() -> None:
            function(jobs)

        self.engine.wait(self.engine.run(call))

    def _asked(self, request: Body, source: MediaFile | None, terms: Terms) -> Snapshot:
        uid = uuid.uuid4().hex
        own = (
            None if terms.budget is None else Wall(f"job {uid}", terms.budget, "this job's budget")
        )
        return Snapshot(
            uid=uid,
            request=request,
            created=self.clock.wall(),
            started=self.clock.now(),
            expected=self.expected(request),
            simulated=self._simulated,
            source=source,
            notes=request.advice(),
            terms=terms.behind(self.purse.wall, own),
        )

    def _once(self, asked: Sequence[Snapshot]) -> tuple[Job[Any], ...]:
        self.lease.begin()
        records = [self._rows.intent(snapshot) for snapshot in asked]
        jobs: dict[str, Job[Any]] = {}
        new: list[Job[Any]] = []
        with self.taking_up.making:
            self.taking_up.end_gone()
            found = self._ledger.intend_once(records)
            try:
                for snapshot, record in zip(asked, found, strict=True):
                    if record.uid in jobs:
                        continue
                    if record.uid == snapshot.uid:
                        job = self._made(snapshot)
                        new.append(job)
                    elif record.state == State.COMPLETE:
                        job = self.taking_up.restore(record, reused=True)
                    else:
                        job = self.taking_up.found(record, taken_up=True)
                    jobs[record.uid] = job
            finally:  # what is written down is sent
                self.engine.spawn_each(self._carry, new, self._ways.paid)
        return tuple(jobs[record.uid] for record in found)

    def _made(self, snapshot: Snapshot) -> Job[Any]:
        """Return the live job of *snapshot*, with the file that it begins with, if it is here."""
        snapshot = self._with_source(snapshot)
        job = KINDS[snapshot.request.kind](self, snapshot)
        self.jobs[job.uid] = job
        return job

    def _with_source(self, snapshot: Snapshot) -> Snapshot:
        """Return *snapshot* with the file that the job begins with, if the library has it."""
        source_id = snapshot.request.source_id
        if snapshot.source is not None or source_id is None:
            return snapshot
        return replace(snapshot, source=self._ledger.media(source_id))

    def expected(self, request: Body) -> float:
        """Return about how many seconds a job of *request* takes once it has a slot."""
        prior = request.expected_seconds() / self._speed
        return self._durations.expected(sort_of(request)) or prior

    # on the engine

    def is_in_flight(self, job_id: str) -> bool:
        """Whether the service's job *job_id* is waited for."""
        return any(watch.is_watched(job_id) for watch in self._watches.values())

    def nudge(self, job_id: str) -> None:
        """Look at the service's job *job_id* now, because somebody says that it has ended."""
        for watch in self._watches.values():
            watch.nudge(job_id)

    def cancel(self, job: Job[Any]) -> None:
        """Withdraw *job*, or stop watching it."""
        if (scope := self._scopes.get(job.uid)) is not None:
            scope.cancel()
        elif not job.done():
            self._cancelled_early.add(job.uid)

    async def cancelled(self, job: Job[Any]) -> None:
        """Cancel *job* and return once it has ended."""
        ended = anyio.Event()
        job.add_done_callback(lambda _job: ended.set())
        self.cancel(job)
        await ended.wait()

    async def close(self) -> None:
        """Stop watching every job, without giving one up, and let go of the service."""
        self._closing = True
        for scope in tuple(self._scopes.values()):
            scope.cancel()
        if self._scopes:  # an answer that is on its way is still written down
            self._idle = anyio.Event()
            await self._idle.wait()
        await anyio.to_thread.run_sync(self.lease.close)
        await self.client.aclose()

    async def price(self, request: Body, size: tuple[int, int] | None = None) -> Cost:
        """Return what *request* would cost; see `Balance.price`."""
        return await self._balance.price(request, size)

    async def refresh_account(self, *, always: bool = False) -> Account:
        """Ask for balance and slots, unless that was done a moment ago; see `Balance.refresh`."""
        return await self._balance.refresh(always=always)

    async def user_id(self) -> str:
        """Return the id that the account's lists are asked with; see `Balance.user_id`."""
        return await self._balance.user_id()

    def _seen(self, account: Account) -> None:
        self._flow.seen(account.slots)

    def _start(self, job: Job[Any], way: Callable[[Job[Any]], Awaitable[None]]) -> None:
        self.engine.spawn(self._carry, job, way)

    async def _carry(self, job: Job[Any], way: Callable[[Job[Any]], Awaitable[None]]) -> None:
        """Take *job* its *way* and see to it that it ends, whatever happens."""
        scope = anyio.CancelScope()
        self._scopes[job.uid] = scope
        if not self._is_keeping:
            self._is_keeping = True
            self.engine.spawn(self._keep_alive)
        if job.uid in self._cancelled_early:
            self._cancelled_early.discard(job.uid)
            scope.cancel()
        try:
            with scope:
                try:
                    await way(job)
                except TakenOver:
                    await self._ways.taken_over(job)
            if scope.cancelled_caught and not self._closing:
                await self._ways.give_up(job)
        except LeonardoError as error:
            await self._ways.fail(job, error)
        except Exception as error:
            log.exception("%r met a mistake of leonardo_nb itself", job)
            await self._ways.fail(
                job,
                JobError(
                    f"leonardo_nb itself made a mistake ({type(error).__name__}: {error}); the "
                    'log of "leonardo_nb" has the details.',
                    snapshot=job.snapshot,
                ),
            )
        finally:
            if self._scopes.get(job.uid) is scope:
                del self._scopes[job.uid]
            self._holding.forget(job.uid)
            if not self._scopes:
                self._idle.set()
            job.abandon(
                JobCancelled(
                    "The studio was closed before this job had ended; the library knows it.",
                    snapshot=job.snapshot,
                )
            )

    async def _keep_alive(self) -> None:
        try:
            await self.lease.keep(lambda: bool(self._scopes), self._flow.renew)
        finally:
            self._is_keeping = False

    async def _whole_way(self, job: Job[Any]) -> None:
        self.lease.begin()
        await self._intents.done(self._rows.intent(job.snapshot))
        await self._ways.paid(job)

    def _intended(self, records: Sequence[JobRecord]) -> Sequence[None]:
        self._ledger.intend_all(records)
        return [None] * len(records)
