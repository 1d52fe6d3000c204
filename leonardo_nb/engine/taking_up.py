"""
Makes live jobs of what the library and the service know: one for each row, however many ask.

After a restart, from the history, out of another kernel's hands, or because the user says what
became of a lost request.
"""

from __future__ import annotations

import logging
import threading
import uuid
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any, Protocol

import anyio
import anyio.to_thread

from leonardo_nb.engine import words
from leonardo_nb.engine.lifecycle import Charge, Noted, Snapshot, State
from leonardo_nb.engine.looks import look_at_generation, looks_at
from leonardo_nb.engine.resumed import Resumed
from leonardo_nb.engine.terms import Terms
from leonardo_nb.errors import LeonardoError, LibraryError, NotFound, OutcomeUnknown
from leonardo_nb.library.records import JobRecord
from leonardo_nb.service.requests import Echo, body_of, echo_of, is_echo

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping, MutableMapping, Sequence

    from leonardo_nb.clock import Clock
    from leonardo_nb.engine.job import Job
    from leonardo_nb.engine.leases import Lease
    from leonardo_nb.engine.looks import Look
    from leonardo_nb.engine.recent import Recent
    from leonardo_nb.engine.sending import Sending
    from leonardo_nb.engine.terms import Wall
    from leonardo_nb.engine.thread import Engine
    from leonardo_nb.engine.ways import Ways
    from leonardo_nb.library.ledger import Ledger
    from leonardo_nb.service.client import Client
    from leonardo_nb.service.requests import Body
    from leonardo_nb.service.responses import Generation

__all__ = ["Follower", "TakingUp"]

log = logging.getLogger("leonardo_nb")

MOST_RESUMED = 10_000
"""Jobs that are taken up at once; whoever has more takes them up in turns."""


class Follower(Protocol):
    """Whoever holds jobs by the content keys of their requests."""

    def succeed(self, key: str, job: Any) -> None:  # noqa: ANN401  of any kind
        """Let *job* take the place of the ended job of *key* that has the same row."""


class TakingUp:
    """
    Takes up the jobs of one studio that it did not ask for itself, or not in this process.

    Args:
        client: The service.
        ledger: What is written down.
        engine: The thread that carries jobs.
        clock: Time.
        lease: In whose name.
        wall: The studio's budget, or None.
        recent: The account's newest generations.
        sending: Whose answers are on their way.
        ways: The steps of a job.
        jobs: The live jobs, by our names for them.
        make: Makes a live job of what is known of it.
        start: Starts it on one of its ways.
        replaced: Told of a live job in the place of an ended one, with the content key of both.
        let_go: Lets jobs that are held be sent.
        simulated: Whether the service is the built-in simulator.
        remembers: Whether the service still knows the jobs of earlier processes.
        speed: How many times as fast as the real service it is.

    Attributes:
        making: Held between looking for a row's live job and making one, on whatever thread.
    """

    def __init__(
        self,
        *,
        client: Client,
        ledger: Ledger,
        engine: Engine,
        clock: Clock,
        lease: Lease,
        wall: Wall | None,
        recent: Recent,
        sending: Sending,
        ways: Ways,
        jobs: MutableMapping[str, Job[Any]],
        make: Callable[[Snapshot], Job[Any]],
        start: Callable[[Job[Any], Callable[[Job[Any]], Awaitable[None]]], object],
        replaced: Callable[[str, Job[Any]], None],
        let_go: Callable[[tuple[Job[Any], ...]], None],
        simulated: bool,
        remembers: bool,
        speed: float,
    ) -> None:
        self.making = threading.RLock()
        self._client = client
        self._ledger = ledger
        self._engine = engine
        self._clock = clock
        self._lease = lease
        self._wall = wall
        self._recent = recent
        self._sending = sending
        self._ways = ways
        self._jobs = jobs
        self._make = make
        self._start = start
        self._replaced = replaced
        self._let_go = let_go
        self._simulated = simulated
        self._remembers = remembers
        self._speed = speed
        self._began = clock.wall()

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
        is_elsewhere = is_open and self._lease.is_elsewhere(record)
        goes_on = is_open and (record.job_id is not None or taken_up or is_elsewhere)
        now = self._clock.now()
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
            accepted=(
                _accepted(record, now)
                if not goes_on
                else now
                if record.job_id is not None
                else None
            ),
            notes=(*notes, words.reused(record)) if reused else notes,
            answer=record.answer,
            media=record.media,
            complete=state is State.COMPLETE,
            cancelled=state is State.CANCELLED and not goes_on,
            error=None if goes_on else words.why(record, state),
            refunded=record.charge == Charge.REFUNDED,
            ended=None if goes_on else now,
            terms=Terms.of_json(record.terms, record.sweep).behind(self._wall),
        )
        job = self._make(snapshot)
        if not goes_on:
            job.end()
        elif look is not None and (look.is_complete or look.is_failed):
            self._start(job, partial(self._ways.keep, look=look))
        else:
            way = partial(self._ways.taken_over, taken_up=taken_up, at_once=at_once)
            self._start(job, way)
        return job

    async def resume(self) -> Resumed:
        """
        Take up every job of this service that has not ended and that nobody alive owns.

        Those of other kernels that live are among the result, and are watched.
        """
        self._lease.begin()
        await anyio.to_thread.run_sync(self._lease.bury, self._client.base_url)
        gone = await anyio.to_thread.run_sync(self.end_gone)
        records = await anyio.to_thread.run_sync(
            partial(self._ledger.unfinished, self._client.base_url, limit=MOST_RESUMED)
        )
        records = tuple(record for record in records if record.simulated == self._simulated)
        jobs = {record.uid: self.restore(record) for record in gone}
        waiting = []
        for record in records:
            live = self._jobs.get(record.uid)
            if live is not None and not live.done():
                jobs[record.uid] = live
            else:
                waiting.append(record)
        free = [record.uid for record in waiting if not self._lease.is_elsewhere(record)]
        await anyio.to_thread.run_sync(
            partial(
                self._ledger.claim_all,
                free,
                self._lease.owner,
                self._lease.until,
                now=self._clock.wall(),
            )
        )
        looks = await self._looks_of(waiting)
        fresh = await anyio.to_thread.run_sync(
            self._ledger.with_uids, [record.uid for record in waiting]
        )
        for record in fresh.values():
            look = looks.get(record.job_id or "")
            jobs[record.uid] = self.found(record, look, taken_up=True)
        # here, where none of them has gone on yet
        return Resumed.of(sorted(jobs.values(), key=lambda job: job.created))

    def unfinished(self) -> int:
        """Return how many jobs `resume` would take up, of those that no other engine has."""
        if self._simulated and not self._remembers:
            return 0
        self._lease.bury(self._client.base_url)
        found = self._ledger.unfinished(self._client.base_url, limit=MOST_RESUMED)
        return sum(
            record.simulated == self._simulated and not self._lease.is_elsewhere(record)
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
        return looks_at(listing.rows)

    def end_gone(self) -> tuple[JobRecord, ...]:
        """End the jobs of built-in simulators that ended with their processes; return them."""
        if not self._simulated or self._remembers:
            return ()
        self._lease.bury(self._client.base_url)
        ended = [
            replace(
                record,
                state=State.FAILED,
                error=words.SIMULATOR_GONE,
                charge=Charge.NONE if record.job_id is None else Charge.REFUNDED,
                ended=self._clock.wall(),
            )
            for record in self._ledger.unfinished(
                self._client.base_url, limit=MOST_RESUMED, before=self._began
            )
            if record.simulated and not self._lease.is_elsewhere(record)
        ]
        if ended:
            self._ledger.ended_all(ended)
        return tuple(ended)

    async def opened(
        self, requests: Mapping[str, Body], hold: Callable[[tuple[Job[Any], ...]], None]
    ) -> dict[str, Job[Any]]:
        """
        Return the job of each of *requests*, by content key, as the library knows it.

        Those at the service are watched to their end, and those whose answers were lost are looked
        for. What was never sent, or is looked for and not found, is held back, so that opening
        costs nothing. What the library does not know is a job that was withdrawn.
        """
        self._lease.begin()
        await anyio.to_thread.run_sync(self.end_gone)
        find = partial(
            self._ledger.newest, base_url=self._client.base_url, simulated=self._simulated
        )
        records = await anyio.to_thread.run_sync(find, list(requests))
        jobs: dict[str, Job[Any]] = {}
        for key, request in requests.items():
            record = records.get(key)
            if record is None:
                jobs[key] = self._never_asked(request)
                continue
            live = self._jobs.get(record.uid)
            may_be_sent = record.state == State.REQUEST and record.job_id is None
            jobs[key] = job = self.found(record, taken_up=may_be_sent)
            if may_be_sent and job is not live:  # nothing of it has run yet: this is the engine
                hold((job,))
        return jobs

    def _never_asked(self, request: Body) -> Job[Any]:
        now = self._clock.now()
        job = self._make(
            Snapshot(
                uid=uuid.uuid4().hex,
                request=request,
                created=self._clock.wall(),
                started=now,
                simulated=self._simulated,
                cancelled=True,
                ended=now,
            )
        )
        job.end()
        return job

    def assign(self, uid: str, job_id: str) -> Job[Any]:
        """
        Return the job that we call *uid*, whose answer was lost, as the service's job *job_id*.

        Raises:
            LibraryError: It is another job's, or this one's answer was not lost.
            NotFound: The service has none of that id.
        """
        return self._engine.wait(self._engine.run(self._assign, uid, job_id))

    async def _assign(self, uid: str, job_id: str) -> Job[Any]:
        record = await self._lost(uid)
        request = body_of(record.endpoint, record.request)
        await self._check_there(request, job_id)
        taken = replace(record, job_id=job_id, state=State.ACK, charge=Charge.CHARGED, error=None)
        if not await anyio.to_thread.run_sync(self._ledger.adopt, taken):
            raise LibraryError(
                f"The service's job {job_id} is another job's of this library already; "
                f'leo.job("{job_id}") shows it. Nothing was changed.'
            )
        job = self.found(taken, taken_up=True)
        self._let_go((job,))  # held, it would not hear of its id
        return job

    async def _check_there(self, request: Body, job_id: str) -> None:
        """
        Look whether the service has the job *job_id* of the kind of *request*.

        Raises:
            NotFound: It has none, nor a moment later.
        """
        if request.looked_for == "generation":
            await self._client.generation(job_id)
            return
        is_motion = request.looked_for == "motion-variation"
        ask = self._client.motion_variation if is_motion else self._client.variation
        for pause in (1.0, 2.0, None):
            row = await ask(job_id)
            if row is not None:
                return
            if pause is not None:  # a new one is not known in its first moments
                await self._clock.pause(pause / self._speed)
        raise NotFound(
            f"The service knows no variation {job_id[:64]}; copy its id once more. Nothing was "
            "changed.",
            status=200,
        )

    def resend(self, uid: str) -> Job[Any]:
        """
        Return the job that we call *uid*, whose answer was lost, sent once more; it is paid.

        Raises:
            LibraryError: Its answer was not lost, or another kernel has it.
        """
        return self._engine.wait(self._engine.run(self._resend, uid))

    async def _resend(self, uid: str) -> Job[Any]:
        record = await self._lost(uid)
        if not await self._lease.claim(record):
            raise LibraryError("Another kernel works on this job; nothing was sent.")
        with self.making:
            live = self._jobs.get(uid)
            if live is not None and not live.done():  # somebody was faster, or it is held
                self._let_go((live,))
                return live
            mine = replace(record, owner=self._lease.owner)
            job = self.restore(mine, taken_up=True, at_once=True)
        self._replaced(record.content_key, job)
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
            ended=self._clock.wall(),
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

    def from_history(self, row: Generation) -> Job[Any]:
        """
        Return the job of a *row* of the service's history, and fetch the files that are missing.

        One that the library does not know, because it was asked for elsewhere, is written down
        with what the row says of its request, which is not all of it.
        """
        return self._engine.wait(self._engine.run(self._from_history, row))

    async def _from_history(self, row: Generation) -> Job[Any]:
        await self._sending.all_answered()  # one of them may be this very job's
        echo = echo_of(row)
        request = echo.request
        known = await anyio.to_thread.run_sync(
            self._ledger.from_history,
            JobRecord(
                uid=uuid.uuid4().hex,
                kind=request.kind,
                endpoint=request.endpoint,
                state=State.ACK,
                request=request.wire(),
                content_key=echo.content_key(),
                simulated=self._simulated,
                base_url=self._client.base_url,
                created=row.created_at or self._clock.wall(),
                sent=row.created_at or self._clock.wall(),
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
        with self.making:  # two of one row would both send it
            live = self._jobs.get(record.uid)
            if live is not None and not (live.done() and may_have_more):
                return live
            job = self.restore(record, look, taken_up=taken_up)
        if live is not None:
            self._replaced(record.content_key, job)
        return job


def _accepted(record: JobRecord, ended: float) -> float | None:
    """
    Return when a job that has ended was accepted, in clock seconds; None if it never was.

    The library knows when it was sent and when it ended, which is nearly as long.
    """
    if record.job_id is None:
        return None
    whole = record.seconds or 0.0
    if record.sent is None or record.ended is None:
        return ended - whole
    return ended - min((record.ended - record.sent).total_seconds(), whole)


def _is_open(record: JobRecord) -> bool:
    """Whether there may be more of the job of *record*: files, or an end."""
    state = State(record.state)
    if state is State.CANCELLED:
        return record.job_id is not None
    return state not in {State.COMPLETE, State.FAILED}
