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
from weakref import WeakValueDictionary

import anyio
import anyio.to_thread

from leonardo_nb.engine import words
from leonardo_nb.engine.balance import Balance
from leonardo_nb.engine.boards import FileBoard, MemoryBoard
from leonardo_nb.engine.budget import Purse
from leonardo_nb.engine.downloads import Downloads
from leonardo_nb.engine.following import Following
from leonardo_nb.engine.intents import Intents
from leonardo_nb.engine.kinds import KINDS
from leonardo_nb.engine.leases import Lease
from leonardo_nb.engine.lifecycle import (
    Charge,
    Noted,
    Snapshot,
    State,
)
from leonardo_nb.engine.limits import Limits, Pace, Slots
from leonardo_nb.engine.looks import (
    GenerationLooks,
    VariationLooks,
    look_at_generation,
    looks_at,
)
from leonardo_nb.engine.manners import Manners
from leonardo_nb.engine.payments import Payments
from leonardo_nb.engine.polling import Durations, Polling
from leonardo_nb.engine.recent import Recent
from leonardo_nb.engine.rows import Rows
from leonardo_nb.engine.search import Search
from leonardo_nb.engine.sending import Sending, TakenOver
from leonardo_nb.engine.terms import AS_USUAL, Terms, Wall
from leonardo_nb.engine.watch import Watch
from leonardo_nb.engine.ways import Ways, sort_of
from leonardo_nb.errors import (
    JobCancelled,
    JobError,
    LeonardoError,
    LibraryError,
    NotFound,
    OutcomeUnknown,
)
from leonardo_nb.library.records import JobRecord, MediaFile
from leonardo_nb.service.requests import Echo, body_of, echo_of, is_echo

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping, Sequence

    from leonardo_nb.clock import Clock
    from leonardo_nb.engine.job import Job
    from leonardo_nb.engine.kinds import GenerationJob, VariationJob, VideoJob
    from leonardo_nb.engine.looks import Look, Looks
    from leonardo_nb.engine.thread import Engine
    from leonardo_nb.library.files import MediaStore
    from leonardo_nb.library.ledger import Ledger
    from leonardo_nb.money import Cost
    from leonardo_nb.service.client import Client
    from leonardo_nb.service.requests import Body, CreateGeneration, VariationBody, VideoBody
    from leonardo_nb.service.responses import Account, Generation

__all__ = ["Runner"]

log = logging.getLogger("leonardo_nb")

DEFAULT_SLOTS = 10
"""Until the account has said how many it has; the service's published default."""
MOST_RESUMED = 10_000
"""Jobs that are taken up at once; whoever has more takes them up in turns."""


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
        self._began = clock.wall()
        self._ledger = ledger
        self._limits = limits = limits or Limits()
        self._simulated = simulated
        self._remembers = remembers
        self._speed = speed
        self.lease = Lease(ledger, ledger.folder, clock)
        self._is_keeping = False
        # a simulator in process is an account of its own; what is elsewhere is shared by kernels
        board = (
            MemoryBoard(clock) if simulated else FileBoard(ledger.folder, client.base_url, clock)
        )
        pace = Pace(limits, board)
        client.manners = Manners(pace, limits, clock)
        self._polling = (polling or Polling()).faster(speed)
        self._durations = Durations()
        # each kind has its own: the service counts them apart, and numbers only those of pictures
        self._slots = {
            kind: Slots(
                limits.slots or DEFAULT_SLOTS, board if board.shared else None, kind, self.lease
            )
            for kind in KINDS
        }
        self._balance = Balance(client, clock, speed, self._seen)
        self._recent = Recent(client, self._balance.user_id, clock)
        self._rows = Rows(self.lease, clock, client.base_url, simulated=simulated)
        awaited: dict[str, anyio.Event] = {}
        search = Search(
            client=client,
            ledger=ledger,
            recent=self._recent,
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
            slots=self._slots,
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
        self._intents = Intents(ledger)
        self._making = threading.RLock()
        """Held between looking for a row's live job and making one, on whatever thread."""
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

    def _asked(self, request: Body, source: MediaFile | None, terms: Terms) -> Snapshot:
        uid = uuid.uuid4().hex
        own = (
            None if terms.budget is None else Wall(f"job {uid}", terms.budget, "this job's budget")
        )
        prior = request.expected_seconds() / self._speed
        return Snapshot(
            uid=uid,
            request=request,
            created=self.clock.wall(),
            started=self.clock.now(),
            expected=self._durations.expected(sort_of(request), prior),
            simulated=self._simulated,
            source=source,
            notes=request.advice(),
            terms=terms.behind(self.purse.wall, own),
        )

    def _once(self, asked: Sequence[Snapshot]) -> tuple[Job[Any], ...]:
        self.lease.begin()
        records = [self._rows.intent(snapshot) for snapshot in asked]
        jobs: dict[str, Job[Any]] = {}
        with self._making:
            self._end_gone()
            found = self._ledger.intend_once(records)
            for snapshot, record in zip(asked, found, strict=True):
                if record.uid in jobs:
                    continue
                if record.uid == snapshot.uid:
                    job = self._made(self._with_source(snapshot))
                    self.engine.spawn(self._carry, job, self._ways.paid)
                elif record.state == State.COMPLETE:
                    job = self.restore(record, reused=True)
                else:
                    job = self.found(record, taken_up=True)
                jobs[record.uid] = job
        return tuple(jobs[record.uid] for record in found)

    def restore(
        self,
        record: JobRecord,
        look: Look | None = None,
        *,
        taken_up: bool = False,
        at_once: bool = False,
        reused: bool = False,
    ) -> Job[Any]:
        """
        Return the job that *record* tells of; one that may yet have files is looked for.

        Args:
            record: What the library knows.
            look: What the service says of it, where it was just asked.
            taken_up: Whether one that was never sent, or whose answer was lost, goes on too.
            at_once: Whether one whose answer was lost is sent again and not looked for.
            reused: Whether it is given in the place of a new one, because it is complete.
        """
        state = State(record.state)
        is_open = _is_open(record)
        is_elsewhere = is_open and self.lease.is_elsewhere(record)
        goes_on = is_open and (record.job_id is not None or taken_up or is_elsewhere)
        now = self.clock.now()
        request = body_of(record.endpoint, record.request)
        notes = (Echo(request).note(),) if is_echo(record.content_key) else ()
        snapshot = Snapshot(
            uid=record.uid,
            request=request,
            created=record.created,
            started=now - (0.0 if goes_on else record.seconds or 0.0),
            simulated=record.simulated,
            price=record.price,
            sent=record.sent is not None,
            lost=words.reason_of(record) if goes_on else None,
            resent=record.resent,
            elsewhere=is_elsewhere,
            reused=reused,
            job_id=record.job_id,
            cost=record.cost,
            accepted=None if record.job_id is None else now,
            notes=(*notes, words.reused(record)) if reused else notes,
            answer=record.answer,
            media=record.media,
            complete=state is State.COMPLETE,
            cancelled=state is State.CANCELLED and not goes_on,
            error=None if goes_on else words.why(record, state),
            refunded=record.charge == Charge.REFUNDED,
            ended=None if goes_on else now,
            terms=Terms.of_json(record.terms, record.sweep).behind(self.purse.wall),
        )
        job = self._made(self._with_source(snapshot))
        if not goes_on:
            job.end()
        elif look is not None and (look.is_complete or look.is_failed):
            self.engine.spawn(self._carry, job, partial(self._ways.keep, look=look))
        else:
            way = partial(self._ways.taken_over, taken_up=taken_up, at_once=at_once)
            self.engine.spawn(self._carry, job, way)
        return job

    async def resume(self) -> tuple[Job[Any], ...]:
        """
        Take up every job of this service that has not ended and that nobody alive owns.

        Those of other kernels that live are among the result, and are watched.
        """
        self.lease.begin()
        await anyio.to_thread.run_sync(self.lease.bury, self.client.base_url)
        gone = await anyio.to_thread.run_sync(self._end_gone)
        records = await anyio.to_thread.run_sync(
            partial(self._ledger.unfinished, self.client.base_url, limit=MOST_RESUMED)
        )
        records = tuple(record for record in records if record.simulated == self._simulated)
        jobs = {record.uid: self.restore(record) for record in gone}
        waiting = []
        for record in records:
            live = self.jobs.get(record.uid)
            if live is not None and not live.done():
                jobs[record.uid] = live
            else:
                waiting.append(record)
        free = [record.uid for record in waiting if not self.lease.is_elsewhere(record)]
        await anyio.to_thread.run_sync(
            partial(
                self._ledger.claim_all,
                free,
                self.lease.owner,
                self.lease.until,
                now=self.clock.wall(),
            )
        )
        looks = await self._looks_of(waiting)
        fresh = await anyio.to_thread.run_sync(
            self._ledger.with_uids, [record.uid for record in waiting]
        )
        for record in fresh.values():
            look = looks.get(record.job_id or "")
            jobs[record.uid] = self.found(record, look, taken_up=True)
        return tuple(sorted(jobs.values(), key=lambda job: job.created))

    def unfinished(self) -> int:
        """Return how many jobs `resume` would take up, of those that no other engine has."""
        if self._simulated and not self._remembers:
            return 0
        self.lease.bury(self.client.base_url)
        found = self._ledger.unfinished(self.client.base_url, limit=MOST_RESUMED)
        return sum(
            record.simulated == self._simulated and not self.lease.is_elsewhere(record)
            for record in found
        )

    async def _looks_of(self, records: Sequence[JobRecord]) -> Mapping[str, Look]:
        """Return what the list says of those of *records* that have an id, by these ids."""
        accepted = [record for record in records if record.job_id is not None]
        if len(accepted) < 2:
            return {}
        try:
            listing = await self._recent.since(min(record.created for record in accepted))
        except LeonardoError as error:
            log.info("The account's list is not to be had: %s", error)
            return {}
        return {} if listing is None else looks_at(listing.rows)

    def _end_gone(self) -> tuple[JobRecord, ...]:
        """End the jobs of built-in simulators that ended with their processes; return them."""
        if not self._simulated or self._remembers:
            return ()
        self.lease.bury(self.client.base_url)
        ended = [
            replace(
                record,
                state=State.FAILED,
                error=words.SIMULATOR_GONE,
                charge=Charge.NONE if record.job_id is None else Charge.REFUNDED,
                ended=self.clock.wall(),
            )
            for record in self._ledger.unfinished(self.client.base_url, limit=MOST_RESUMED)
            if record.simulated
            and record.created < self._began
            and not self.lease.is_elsewhere(record)
        ]
        for record in ended:
            self._ledger.ended(record)
        return tuple(ended)

    def assigned(self, uid: str, job_id: str) -> Job[Any]:
        """
        Return the job that we call *uid*, whose answer was lost, as the service's job *job_id*.

        Raises:
            LibraryError: It is another job's, or this one's answer was not lost.
            NotFound: The service has none of that id.
        """
        return self.engine.wait(self.engine.run(self._assigned, uid, job_id))

    async def _assigned(self, uid: str, job_id: str) -> Job[Any]:
        record = await self._lost(uid)
        request = body_of(record.endpoint, record.request)
        await self._check_there(request, job_id)
        taken = replace(record, job_id=job_id, state=State.ACK, charge=Charge.CHARGED, error=None)
        if not await anyio.to_thread.run_sync(self._ledger.adopt, taken):
            raise LibraryError(
                f"The service's job {job_id} is another job's of this library already; "
                f'leo.job("{job_id}") shows it. Nothing was changed.'
            )
        return self.found(taken, taken_up=True)

    async def _check_there(self, request: Body, job_id: str) -> None:
        """
        Look whether the service has the job *job_id* of the kind of *request*.

        Raises:
            NotFound: It has none, nor a moment later.
        """
        if request.looked_for == "generation":
            await self.client.generation(job_id)
            return
        is_motion = request.looked_for == "motion-variation"
        ask = self.client.motion_variation if is_motion else self.client.variation
        for pause in (1.0, 2.0, None):
            row = await ask(job_id)
            if row is not None:
                return
            if pause is not None:  # a new one is not known in its first moments
                await self.clock.pause(pause / self._speed)
        raise NotFound(
            f"The service knows no variation {job_id[:64]}; copy its id once more. Nothing was "
            "changed.",
            status=200,
        )

    def resent(self, uid: str) -> Job[Any]:
        """
        Return the job that we call *uid*, whose answer was lost, sent once more; it is paid.

        Raises:
            LibraryError: Its answer was not lost, or another kernel has it.
        """
        return self.engine.wait(self.engine.run(self._resent, uid))

    async def _resent(self, uid: str) -> Job[Any]:
        record = await self._lost(uid)
        if not await self.lease.claim(record):
            raise LibraryError("Another kernel works on this job; nothing was sent.")
        with self._making:
            live = self.jobs.get(uid)
            if live is not None and not live.done():  # somebody was faster
                return live
            mine = replace(record, owner=self.lease.owner)
            job = self.restore(mine, taken_up=True, at_once=True)
        lost = None if live is None else live.error
        if not (isinstance(lost, OutcomeUnknown) and lost.is_absent):
            await self._count_lost(record)
        return job

    async def _count_lost(self, record: JobRecord) -> None:
        """Give the request that was lost a row of its own: it may be paid besides the next one."""
        first = replace(
            record,
            uid=uuid.uuid4().hex,
            state=State.FAILED,
            charge=Charge.UNKNOWN,
            content_key=f"lost:{record.uid}",
            owner=None,
            lease_until=None,
            error=words.sent_by_hand(record),
            ended=self.clock.wall(),
            seconds=record.seconds or 0.0,
        )
        await anyio.to_thread.run_sync(self._ledger.intend, replace(first, state=State.REQUEST))
        for wall in Terms.of_json(record.terms).walls:
            amount = record.price or wall.limit * 0
            await anyio.to_thread.run_sync(self._ledger.count_in, first.uid, amount, wall.scope)
        await anyio.to_thread.run_sync(self._ledger.ended, first)

    async def _lost(self, uid: str) -> JobRecord:
        """Return the row of a job whose answer was lost."""
        record = await anyio.to_thread.run_sync(self._ledger.job, uid)
        if record is None or record.sent is None or record.job_id is not None:
            state = "not in this library" if record is None else record.state
            raise LibraryError(
                f"The answer to this job was not lost (it is {state}); nothing was changed."
            )
        return record

    def adopt(self, row: Generation) -> Job[Any]:
        """
        Return the job of a *row* of the service's history, and fetch the files that are missing.

        One that the library does not know, because it was asked for elsewhere, is written down
        with what the row says of its request, which is not all of it.
        """
        return self.engine.wait(self.engine.run(self._adopt, row))

    async def _adopt(self, row: Generation) -> Job[Any]:
        await self._sending.all_answered()  # one of them may be this very job's
        echo = echo_of(row)
        request = echo.request
        known = await anyio.to_thread.run_sync(
            self._ledger.adopted,
            JobRecord(
                uid=uuid.uuid4().hex,
                kind=request.kind,
                endpoint=request.endpoint,
                state=State.ACK,
                request=request.wire(),
                content_key=echo.content_key(),
                simulated=self._simulated,
                base_url=self.client.base_url,
                created=row.created_at or self.clock.wall(),
                sent=row.created_at or self.clock.wall(),
                job_id=row.id,
            ),
        )
        job = self.found(known, look_at_generation(row))
        if is_echo(known.content_key) and echo.missing and echo.note() not in job.notes:
            job.apply(Noted(echo.note()))
        return job

    def found(
        self, record: JobRecord, look: Look | None = None, *, taken_up: bool = False
    ) -> Job[Any]:
        """
        Return the job of *record*: the one that is there, unless there may be more of it.

        Args:
            record: What the library knows.
            look: What the service says of it, where it was just asked.
            taken_up: Whether one that was never sent, or whose answer was lost, goes on too.
        """
        may_have_more = _is_open(record) and (record.job_id is not None or taken_up)
        with self._making:  # two of one row would both send it
            live = self.jobs.get(record.uid)
            if live is None or (live.done() and may_have_more):
                return self.restore(record, look, taken_up=taken_up)
            return live

    def _made(self, snapshot: Snapshot) -> Job[Any]:
        job = KINDS[snapshot.request.kind](self, snapshot)
        self.jobs[job.uid] = job
        return job

    def _with_source(self, snapshot: Snapshot) -> Snapshot:
        """Return *snapshot* with the file that the job begins with, if the library has it."""
        source_id = snapshot.request.source_id
        if snapshot.source is not None or source_id is None:
            return snapshot
        return replace(snapshot, source=self._ledger.media(source_id))

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

    def _seen(self, account: Account) -> None:
        for slots in self._slots.values():
            slots.total = self._limits.places(account.slots)

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
            await self.lease.keep(
                lambda: bool(self._scopes), *(slots.renew for slots in self._slots.values())
            )
        finally:
            self._is_keeping = False

    async def _whole_way(self, job: Job[Any]) -> None:
        self.lease.begin()
        await self._intents.write(self._rows.intent(job.snapshot))
        await self._ways.paid(job)


def _is_open(record: JobRecord) -> bool:
    """Whether there may be more of the job of *record*: files, or an end."""
    state = State(record.state)
    if state is State.CANCELLED:
        return record.job_id is not None
    return state not in {State.COMPLETE, State.FAILED}
