"""
Carries jobs of every kind from request to saved file.

One job's way, in order: intent in the ledger, price, budget, a slot, the request, id and cost in
the ledger before anything else, looks until it has ended, files, and the row that says it is done.
"""

from __future__ import annotations

import logging
import uuid
from collections import defaultdict
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any, overload
from weakref import WeakValueDictionary

import anyio
import anyio.to_thread

from leonardo_nb.engine import words
from leonardo_nb.engine.budget import Budget, Reservation
from leonardo_nb.engine.downloads import Downloads
from leonardo_nb.engine.kinds import KINDS
from leonardo_nb.engine.lifecycle import (
    Acked,
    Cancelled,
    Charge,
    Completed,
    Drawn,
    Failed,
    Looked,
    Noted,
    Priced,
    Saved,
    Sent,
    SentBack,
    Snapshot,
    State,
)
from leonardo_nb.engine.limits import Limits, PerMinute, Slots
from leonardo_nb.engine.looks import (
    PENDING,
    GenerationLooks,
    VariationLooks,
    look_at_generation,
    look_of_answer,
)
from leonardo_nb.engine.polling import Durations, Polling
from leonardo_nb.engine.watch import Watch
from leonardo_nb.errors import (
    AuthenticationError,
    ConnectionFailed,
    JobCancelled,
    JobError,
    JobFailed,
    JobTimeout,
    LeonardoError,
    LibraryError,
    OutcomeUnknown,
    RateLimited,
    RequestRefused,
    ServiceError,
    UnexpectedResponse,
)
from leonardo_nb.library.records import JobRecord, MediaFile
from leonardo_nb.service.requests import Echo, body_of, echo_of, is_echo

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Hashable

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
    from leonardo_nb.service.responses import Account, Ack, Generation

__all__ = ["Runner"]

log = logging.getLogger("leonardo_nb")

DEFAULT_SLOTS = 10
"""Until the account has said how many it has; the service's published default."""
ACCOUNT_EVERY = 1.0
"""Seconds; the balance is not asked for more often."""
UNPRICED_SECONDS = 30.0
"""For how long a price that the calculator did not give is not asked for again."""
SEND_PAUSE_LONGEST = 30.0
"""Seconds; the longest pause after "too many requests" that names no time itself."""
SERVER_FAULT = 500


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
        budget: The wall for spending, or None.
        simulated: Whether the service is the built-in simulator.
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
        budget: Cost | None = None,
        simulated: bool = False,
        speed: float = 1.0,
    ) -> None:
        self.client = client
        self.engine = engine
        self.clock = clock
        self.budget = Budget(budget)
        self.account: Account | None = None
        self._ledger = ledger
        self._downloads = Downloads(client, store, clock, speed)
        self._limits = limits or Limits()
        self._simulated = simulated
        self._speed = speed
        self._polling = (polling or Polling()).faster(speed)
        self._durations = Durations()
        # each kind has its own: the service counts them apart, and numbers only those of pictures
        self._slots = {kind: Slots(self._limits.slots or DEFAULT_SLOTS) for kind in KINDS}
        self._per_minute: dict[str, PerMinute] = defaultdict(
            lambda: PerMinute(self._limits.creates_per_minute, clock)
        )
        generations = GenerationLooks(
            client, lambda: None if self.account is None else self.account.user_id
        )
        looks: dict[str, Looks] = {
            "generation": generations,
            "variation": VariationLooks(client.variation, rows=generations.rows),
            "motion-variation": VariationLooks(client.motion_variation, video=True),
        }
        self._watches = {
            name: Watch(each, clock, self._polling, spawn=engine.spawn)
            for name, each in looks.items()
        }
        self.jobs: WeakValueDictionary[str, Job[Any]] = WeakValueDictionary()
        """Every job of this studio that somebody still holds, by its own name."""
        self._prices: dict[str, Cost] = {}
        self._intending = anyio.Lock()
        self._pricing: dict[str, anyio.Lock] = {}
        self._unpriced: dict[str, tuple[LeonardoError, float]] = {}
        self._accounting = anyio.Lock()
        self._account_seen = float("-inf")
        self._scopes: dict[str, anyio.CancelScope] = {}
        self._reservations: dict[str, Reservation] = {}
        self._answers: set[anyio.Event] = set()
        self._unknown: set[str] = set()
        self._cancelled_early: set[str] = set()
        self._closing = False
        self._idle = anyio.Event()

    # from any thread

    @overload
    def submit(
        self, request: CreateGeneration, source: MediaFile | None = None, *, check: bool = ...
    ) -> GenerationJob: ...
    @overload
    def submit(
        self, request: VideoBody, source: MediaFile | None = None, *, check: bool = ...
    ) -> VideoJob: ...
    @overload
    def submit(
        self, request: VariationBody, source: MediaFile | None = None, *, check: bool = ...
    ) -> VariationJob: ...
    @overload
    def submit(
        self, request: Body, source: MediaFile | None = None, *, check: bool = ...
    ) -> Job[Any]: ...
    def submit(
        self, request: Body, source: MediaFile | None = None, *, check: bool = True
    ) -> Job[Any]:
        """
        Return a job for *request* at once; it starts on the engine.

        Args:
            request: What is asked for; its kind decides the job's.
            source: The file that it begins with, where the caller has it; else the library's.
            check: False lets pass what that file is too large for.

        Raises:
            ConflictingParameters: The result would be larger than the service makes.
        """
        if source is None and request.source_id is not None:
            source = self._ledger.media(request.source_id)
        if check and source is not None:
            request.check_source((source.file.width, source.file.height))
        prior = request.expected_seconds() / self._speed
        snapshot = Snapshot(
            uid=uuid.uuid4().hex,
            request=request,
            created=self.clock.wall(),
            started=self.clock.now(),
            expected=self._durations.expected(_kind(request), prior),
            simulated=self._simulated,
            source=source,
            notes=request.advice(),
        )
        job = self._made(snapshot)
        self.engine.spawn(self._carry, job, self._whole_way)
        return job

    def restore(self, record: JobRecord, look: Look | None = None) -> Job[Any]:
        """
        Return the job that *record* tells of; one that may yet have files is looked for.

        Args:
            record: What the library knows.
            look: What the service says of it, where it was just asked.
        """
        state = State(record.state)
        may_have_files = record.job_id is not None and state not in {
            State.COMPLETE,
            State.FAILED,
        }
        now = self.clock.now()
        request = body_of(record.endpoint, record.request)
        snapshot = Snapshot(
            uid=record.uid,
            request=request,
            created=record.created,
            started=now - (0.0 if may_have_files else record.seconds or 0.0),
            simulated=record.simulated,
            sent=record.sent is not None,
            job_id=record.job_id,
            cost=record.cost,
            accepted=None if record.job_id is None else now,
            notes=(Echo(request).note(),) if is_echo(record.content_key) else (),
            answer=record.answer,
            media=record.media,
            complete=state is State.COMPLETE,
            cancelled=state is State.CANCELLED and not may_have_files,
            error=None if may_have_files else words.why(record, state),
            ended=None if may_have_files else now,
        )
        job = self._made(self._with_source(snapshot))
        if may_have_files:
            if look is not None and (look.is_complete or look.is_failed):
                self.engine.spawn(self._carry, job, partial(self._keep, look=look))
            else:
                self.engine.spawn(self._carry, job, self._second_half)
        else:
            job.end()
        return job

    def adopt(self, row: Generation) -> Job[Any]:
        """
        Return the job of a *row* of the service's history, and fetch the files that are missing.

        One that the library does not know, because it was asked for elsewhere, is written down
        with what the row says of its request, which is not all of it.
        """
        return self.engine.wait(self.engine.run(self._adopt, row))

    async def _adopt(self, row: Generation) -> Job[Any]:
        for answered in tuple(self._answers):  # one of them may be this very job's
            await answered.wait()
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

    def found(self, record: JobRecord, look: Look | None = None) -> Job[Any]:
        """
        Return the job of *record*: the one that is there, unless there may be more of it.

        Args:
            record: What the library knows.
            look: What the service says of it, where it was just asked.
        """
        live = self.jobs.get(record.uid)
        may_have_more = record.job_id is not None and record.state not in {
            State.COMPLETE,
            State.FAILED,
        }
        if live is None or (live.done() and may_have_more):
            return self.restore(record, look)
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
        await self.client.aclose()

    async def price(self, request: Body, size: tuple[int, int] | None = None) -> Cost:
        """
        Return what *request* would cost, from the service's calculator; asked once for each price.

        Args:
            request: What would be asked for.
            size: Width and height in pixels of what it begins with, where they are known.

        Raises:
            LeonardoError: The calculator does not know, or does not answer.
        """
        key = request.price_key(size)
        async with self._pricing.setdefault(key, anyio.Lock()):
            if key in self._prices:
                return self._prices[key]
            known, until = self._unpriced.get(key, (None, 0.0))
            if known is not None and self.clock.now() < until:
                raise known
            try:
                self._prices[key] = await self.client.price(request, size=size)
            except LeonardoError as error:
                self._unpriced[key] = (error, self.clock.now() + UNPRICED_SECONDS)
                raise
            return self._prices[key]

    async def refresh_account(self, *, always: bool = False) -> Account:
        """
        Ask for balance and slots, unless that was done a moment ago.

        Args:
            always: Ask even then, because somebody wants to read it.

        Raises:
            LeonardoError: The service does not answer, or refuses the key.
        """
        async with self._accounting:
            age = self.clock.now() - self._account_seen
            if always or self.account is None or age >= ACCOUNT_EVERY / self._speed:
                self.account = await self.client.me()
                self._account_seen = self.clock.now()
                for slots in self._slots.values():
                    slots.total = self._limits.slots or self.account.slots
            return self.account

    async def _carry(self, job: Job[Any], way: Callable[[Job[Any]], Awaitable[None]]) -> None:
        """Take *job* its *way* and see to it that it ends, whatever happens."""
        scope = anyio.CancelScope()
        self._scopes[job.uid] = scope
        if job.uid in self._cancelled_early:
            self._cancelled_early.discard(job.uid)
            scope.cancel()
        try:
            with scope:
                await way(job)
            if scope.cancelled_caught and not self._closing:
                await self._give_up(job)
        except LeonardoError as error:
            await self._fail(job, error)
        except Exception as error:
            log.exception("%r met a mistake of leonardo_nb itself", job)
            await self._fail(
                job,
                JobError(
                    f"leonardo_nb itself made a mistake ({type(error).__name__}: {error}); the "
                    'log of "leonardo_nb" has the details.',
                    snapshot=job.snapshot,
                ),
            )
        finally:
            del self._scopes[job.uid]
            self._reservations.pop(job.uid, None)
            if not self._scopes:
                self._idle.set()
            job.abandon(
                JobCancelled(
                    "The studio was closed before this job had ended; the library knows it.",
                    snapshot=job.snapshot,
                )
            )

    async def _whole_way(self, job: Job[Any]) -> None:
        async with self._intending:  # one by one, so that jobs start in the order they were asked
            await anyio.to_thread.run_sync(self._ledger.intend, self._record(job))
        try:
            await self.refresh_account()
        except ConnectionFailed as error:
            raise ConnectionFailed(
                f"{error} The job itself was not sent, so nothing was spent.", delivered=False
            ) from error
        reservation = self.budget.reserve(await self._price_or_none(job))
        self._reservations[job.uid] = reservation
        async with self._slots[job.kind].place():
            ack = await self._send(job, reservation)
            accepted = self.clock.now()
            look = look_of_answer(ack.id, ack.files) or await self._until_ended(job, ack.id)
            self._durations.learn(_kind(job.request), self.clock.now() - accepted)
            await self._keep(job, look)

    async def _second_half(self, job: Job[Any]) -> None:
        """From the service's id to the saved files, for a job of another session."""
        look = look_of_answer(str(job.id), job.snapshot.answer)
        await self._keep(job, look or await self._until_ended(job, str(job.id)))

    async def _keep(self, job: Job[Any], look: Look) -> None:
        """Fetch what an ended job made, and write down how it ended."""
        if look.is_failed:
            await self._end(job, words.failure(job, look), refunded=True)
            return
        job.apply(Drawn())
        files = [file for file in look.files if job.kind != "video" or file.video_url is not None]
        for file in files[len(job.snapshot.media) :]:
            saved = await self._downloads.media(
                file, is_video=job.kind == "video", source=job.snapshot.source
            )
            job.apply(Saved(saved))
        if not job.snapshot.media:
            nothing = "no video" if job.kind == "video" else "no picture"
            error = JobFailed(
                f"{job.noun} {job.id} is complete and has {nothing}. {words.price_sentence(job)}"
                "`job.again()` asks once more.",
                snapshot=job.snapshot,
            )
            await self._end(job, error, refunded=False)
            return
        with anyio.CancelScope(shield=True):  # what the library calls complete is complete
            await anyio.to_thread.run_sync(self._ledger.completed, self._record(job))
            await self._refresh_quietly()
            job.apply(Completed(self.clock.now()))

    async def _price_or_none(self, job: Job[Any]) -> Cost | None:
        source = job.snapshot.source
        size = None if source is None else (source.file.width, source.file.height)
        try:
            price = await self.price(job.request, size)
        except AuthenticationError:
            raise
        except LeonardoError as error:
            log.info("The price of %r is not known: %s", job, error)
            return None
        job.apply(Priced(price))
        return price

    async def _send(self, job: Job[Any], reservation: Reservation) -> Ack:
        """Send the request until it is accepted or refused for good."""
        started, pause = self.clock.now(), 1.0
        while True:
            await self._per_minute[job.request.endpoint].turn()
            try:
                # once it leaves, its answer must be written down, whoever loses patience meanwhile
                with anyio.CancelScope(shield=True):
                    ack = await self._send_once(job)
                    reservation.settle(job.cost)
            except OutcomeUnknown:
                reservation.settle(None)  # it may be paid, so it counts as spent
                raise
            except RateLimited as refusal:
                wait = refusal.retry_after or pause
                if self.clock.now() + wait - started > self._limits.patience:
                    raise
            else:
                return ack
            await self.clock.pause(wait)
            pause = min(pause * 2, SEND_PAUSE_LONGEST)

    async def _send_once(self, job: Job[Any]) -> Ack:
        job.apply(Sent())  # first, so that nobody takes it for one that can still be withdrawn
        try:
            await anyio.to_thread.run_sync(self._ledger.sent, job.uid, self.clock.wall())
        except LeonardoError:
            job.apply(SentBack())
            raise
        answered = anyio.Event()
        self._answers.add(answered)
        try:
            return await self._answered(job)
        finally:
            answered.set()
            self._answers.discard(answered)

    async def _answered(self, job: Job[Any]) -> Ack:
        """Return the answer to the request of *job*, once it is written down."""
        try:
            ack = await self.client.create(job.request)
        except RateLimited:
            job.apply(SentBack())
            raise
        except ConnectionFailed as error:
            if error.delivered:
                raise words.outcome_unknown(job, error) from error
            job.apply(SentBack())
            raise
        except ServiceError as error:
            if _may_have_created(error):
                raise words.outcome_unknown(job, error) from error
            job.apply(SentBack())
            raise
        # known first and written down then: a full disk must not lose a job that is paid
        job.apply(Acked(ack.id, ack.cost, self.clock.now(), ack.files))
        for member in ack.left_out:
            job.apply(Noted(f"The service does not take {member}; the job was sent without it."))
        for sentence in ack.notes:
            job.apply(Noted(sentence))
        try:
            await anyio.to_thread.run_sync(self._ledger.acked, self._record(job))
        except LibraryError as error:
            log.warning("%r is paid, and could not be written down: %s", job, error)
            job.apply(Noted(f"Keep the id {job.id}: it could not be written down ({error})"))
        return ack

    async def _until_ended(self, job: Job[Any], job_id: str) -> Look:
        try:
            return await self._watches[job.request.looked_for].until_ended(
                job_id, expected=job.expected, on_look=partial(self._looked, job)
            )
        except TimeoutError:
            raise JobTimeout(
                f"{job.noun} {job_id} has not ended after {job.elapsed:.0f} s. "
                f'{words.price_sentence(job)}It may still: leo.job("{job_id}") looks for it again.',
                snapshot=job.snapshot,
            ) from None

    def _looked(self, job: Job[Any], status: str) -> None:
        job.apply(Looked())
        if status == PENDING:
            return
        sentence = (
            f'The service calls its state "{status[:40]}", which is not known here; '
            "it is waited for."
        )
        if sentence not in job.notes:
            job.apply(Noted(sentence))
        if status not in self._unknown:
            self._unknown.add(status)
            log.warning("The service has a state that is not known here: %.40r", status)

    async def _fail(self, job: Job[Any], error: LeonardoError) -> None:
        """End *job* with *error*, which is not the service's last word on it."""
        with anyio.CancelScope(shield=True):
            if job.sent:
                await self._refresh_quietly()
            if job.snapshot.charge is Charge.NONE:
                self._give_back(job)
                await self._write_end(job, State.FAILED, error)
            else:  # it may be finished there, or may finish yet, so the row stays open
                await self._write_end(job, job.state, error)
        job.apply(Failed(error, self.clock.now()))

    async def _end(self, job: Job[Any], error: JobFailed, *, refunded: bool) -> None:
        """End *job* with the service's last word."""
        await self._refresh_quietly()
        await self._write_end(job, State.FAILED, error)
        if refunded:
            self._give_back(job)
        job.apply(Failed(error, self.clock.now(), refunded))

    async def _give_up(self, job: Job[Any]) -> None:
        with anyio.CancelScope(shield=True):
            if job.snapshot.charge is Charge.NONE:
                self._give_back(job)
            await self._write_end(job, State.CANCELLED, None)
        job.apply(Cancelled(self.clock.now()))

    def _give_back(self, job: Job[Any]) -> None:
        if (reservation := self._reservations.get(job.uid)) is not None:
            reservation.give_back()

    async def _write_end(self, job: Job[Any], state: State, error: LeonardoError | None) -> None:
        record = replace(
            self._record(job), state=state, error=None if error is None else str(error)
        )
        if not state.is_final:
            record = replace(record, ended=None, seconds=None)
        try:
            await anyio.to_thread.run_sync(self._ledger.ended, record)
        except LeonardoError:
            log.exception("The end of %r could not be written down", job)

    async def _refresh_quietly(self) -> None:
        try:
            await self.refresh_account()
        except LeonardoError as error:
            log.info("The balance could not be asked for: %s", error)

    def _record(self, job: Job[Any]) -> JobRecord:
        """Return what is known of *job* now, as the library keeps it."""
        return JobRecord(
            uid=job.uid,
            kind=job.kind,
            endpoint=job.request.endpoint,
            state=job.state,
            request=job.request.wire(),
            content_key=job.request.content_key(),
            simulated=self._simulated,
            base_url=self.client.base_url,
            created=job.created,
            ended=self.clock.wall(),
            seconds=job.elapsed,
            job_id=job.id,
            cost=job.cost,
            answer=job.snapshot.answer,
            media=job.snapshot.media,
        )


# Which members decide how long a job takes; no kind has all of them.
_LONGER = (
    *("modelId", "alchemy", "ultra", "width", "height", "num_images", "num_inference_steps"),
    *("model", "resolution", "duration", "upscaleMultiplier"),
)


def _kind(request: Body) -> Hashable:
    """What decides how long a job takes."""
    members = request.wire()
    return (request.endpoint, *(members.get(name) for name in _LONGER))


def _may_have_created(error: ServiceError) -> bool:
    """Whether a job may exist although the answer to its request was *error*."""
    if isinstance(error, (AuthenticationError, RequestRefused)):
        return False
    return isinstance(error, UnexpectedResponse) or error.status >= SERVER_FAULT
