"""
Carries jobs from request to saved file.

One job's way, in order: intent in the ledger, price, budget, a slot, the request, id and cost in
the ledger before anything else, looks until it has ended, files, and the row that says it is done.
"""

from __future__ import annotations

import json
import logging
import uuid
from typing import TYPE_CHECKING, Any

import anyio
import anyio.to_thread

from leonardo_nb.engine.job import GenerationJob, Job
from leonardo_nb.engine.lifecycle import (
    Acked,
    Cancelled,
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
from leonardo_nb.engine.limits import Budget, Limits, PerMinute, Slots
from leonardo_nb.engine.polling import Durations, Polling
from leonardo_nb.engine.watch import Watch
from leonardo_nb.errors import (
    AuthenticationError,
    ConnectionFailed,
    DownloadFailed,
    JobCancelled,
    JobFailed,
    JobTimeout,
    LeonardoError,
    RateLimited,
    ServiceError,
    UnexpectedResponse,
)
from leonardo_nb.library.records import JobRecord, MediaFile
from leonardo_nb.service import catalog
from leonardo_nb.service.requests import CreateGeneration

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable

    from leonardo_nb.clock import Clock
    from leonardo_nb.engine.thread import Engine
    from leonardo_nb.library.files import MediaStore
    from leonardo_nb.library.ledger import Ledger
    from leonardo_nb.money import Cost
    from leonardo_nb.service.client import Client
    from leonardo_nb.service.responses import Account, GeneratedImage, Generation

__all__ = ["Runner"]

log = logging.getLogger("leonardo_nb")

DEFAULT_SLOTS = 10
"""Until the account has said how many it has; the service's published default."""
ACCOUNT_EVERY = 1.0
"""Seconds; the balance is not asked for more often."""
DOWNLOAD_PAUSES = (1.0, 3.0)
"""Seconds before a picture is fetched for the second and the third time."""
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
        self._store = store
        self._limits = limits or Limits()
        self._simulated = simulated
        self._speed = speed
        self._polling = (polling or Polling()).faster(speed)
        self._durations = Durations()
        self._slots = Slots(self._limits.slots or DEFAULT_SLOTS)
        self._per_minute = PerMinute(self._limits.creates_per_minute, clock)
        self._watch = Watch(
            client,
            clock,
            self._polling,
            user_id=lambda: None if self.account is None else self.account.user_id,
            spawn=engine.run,
        )
        self._prices: dict[str, Cost] = {}
        self._intending = anyio.Lock()
        self._pricing = anyio.Lock()
        self._accounting = anyio.Lock()
        self._account_seen = float("-inf")
        self._scopes: dict[str, anyio.CancelScope] = {}
        self._jobs: set[GenerationJob] = set()
        self._cancelled_early: set[str] = set()
        self._closing = False
        self._idle = anyio.Event()

    # from any thread

    def submit(self, request: CreateGeneration) -> GenerationJob:
        """Return a job for *request* at once; it starts on the engine."""
        snapshot = Snapshot(
            uid=uuid.uuid4().hex,
            request=request,
            created=self.clock.wall(),
            started=self.clock.now(),
            expected=self._durations.expected(_kind(request), self._prior(request)),
            simulated=self._simulated,
        )
        job = GenerationJob(self, snapshot)
        self.engine.run(self._carry, job, self._whole_way)
        return job

    def restore(self, record: JobRecord) -> GenerationJob:
        """Return the job that *record* tells of; one that may yet have pictures is looked for."""
        state = State(record.state)
        request = CreateGeneration.from_wire(record.request)
        lost = state is State.CANCELLED and record.job_id is not None
        open_ended = lost or not state.is_final
        now = self.clock.now()
        snapshot = Snapshot(
            uid=record.uid,
            request=request,
            created=record.created,
            started=now - (0.0 if open_ended else record.seconds or 0.0),
            simulated=record.simulated,
            sent=record.sent is not None,
            job_id=record.job_id,
            cost=record.cost,
            accepted=None if record.job_id is None else now,
            media=record.media,
            complete=state is State.COMPLETE,
            cancelled=state is State.CANCELLED and not lost,
            error=JobFailed(record.error or "It failed.") if state is State.FAILED else None,
            ended=None if open_ended else now,
        )
        job = GenerationJob(self, snapshot)
        if open_ended:
            self.engine.run(self._carry, job, self._second_half)
        else:
            self.engine.wait(self.engine.run(_end, job))
        return job

    # on the engine

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

    async def price(self, request: CreateGeneration) -> Cost:
        """
        Return what *request* would cost, from the service's calculator; asked once for each price.

        Raises:
            LeonardoError: The calculator does not know, or does not answer.
        """
        key = json.dumps(request.pricing(), sort_keys=True)
        async with self._pricing:
            if key not in self._prices:
                self._prices[key] = await self.client.price(request)
            return self._prices[key]

    async def refresh_account(self) -> Account:
        """
        Ask for balance and slots, unless that was done a moment ago.

        Raises:
            LeonardoError: The service does not answer, or refuses the key.
        """
        async with self._accounting:
            now = self.clock.now()
            if self.account is None or now - self._account_seen >= ACCOUNT_EVERY / self._speed:
                self.account = await self.client.me()
                self._account_seen = self.clock.now()
                self._slots.total = self._limits.slots or self.account.slots
            return self.account

    async def _carry(self, job: GenerationJob, way: Callable[[GenerationJob], object]) -> None:
        """Take *job* its *way* and see to it that it ends, whatever happens."""
        scope = anyio.CancelScope()
        self._scopes[job.uid] = scope
        if job.uid in self._cancelled_early:
            self._cancelled_early.discard(job.uid)
            scope.cancel()
        self._jobs.add(job)
        try:
            with scope:
                await way(job)  # type: ignore[misc]
            if scope.cancelled_caught and not self._closing:
                await self._give_up(job)
        except LeonardoError as error:
            await self._fail(job, error)
        except Exception as error:
            log.exception("%r met a mistake of leonardo_nb itself", job)
            await self._fail(
                job,
                JobFailed(
                    f"leonardo_nb itself made a mistake ({type(error).__name__}: {error}); the "
                    'log of "leonardo_nb" has the details.',
                    snapshot=job.snapshot,
                ),
            )
        finally:
            del self._scopes[job.uid]
            if not self._scopes:
                self._idle.set()
            self._jobs.discard(job)
            job.abandon(
                JobCancelled(
                    "The studio was closed before this job had ended; the library knows it.",
                    snapshot=job.snapshot,
                )
            )

    async def _whole_way(self, job: GenerationJob) -> None:
        async with self._intending:  # one by one, so that jobs start in the order they were asked
            await anyio.to_thread.run_sync(self._ledger.intend, self._record(job))
        await self.refresh_account()
        price = await self._price_or_none(job)
        self.budget.reserve(price)
        try:
            async with self._slots.place():
                await self._send(job)
                self.budget.settle(price, job.cost)
                price = None
                await self._second_half(job)
        finally:
            if not job.sent:
                self.budget.release(price)

    async def _second_half(self, job: GenerationJob) -> None:
        """From the service's id to the saved files."""
        if job.id is None:
            raise JobFailed(
                "The answer to this request was lost, so nobody knows whether it was accepted and "
                "paid; it was not sent again.",
                snapshot=job.snapshot,
            )
        generation = await self._until_ended(job, job.id)
        if generation.is_failed:
            self.budget.refund(job.cost)
            raise _failure(job, generation)
        self._durations.learn(_kind(job.request), job.elapsed)
        job.apply(Drawn())
        for picture in generation.images[len(job.snapshot.media) :]:
            job.apply(Saved(await self._fetch(picture)))
        if not job.snapshot.media:
            raise JobFailed(
                f"Generation {job.id} is complete and has no picture. {_price_sentence(job)}"
                "`job.again()` asks once more.",
                snapshot=job.snapshot,
            )
        await self._refresh_quietly()
        await anyio.to_thread.run_sync(
            lambda: self._ledger.completed(
                job.uid,
                job.snapshot.media,
                state=State.COMPLETE,
                at=self.clock.wall(),
                seconds=job.elapsed,
            )
        )
        job.apply(Completed(self.clock.now()))

    async def _price_or_none(self, job: GenerationJob) -> Cost | None:
        try:
            price = await self.price(job.request)
        except AuthenticationError:
            raise
        except LeonardoError as error:
            log.info("The price of %r is not known: %s", job, error)
            return None
        job.apply(Priced(price))
        return price

    async def _send(self, job: GenerationJob) -> None:
        """Send the request until it is accepted or refused for good."""
        started, pause = self.clock.now(), 1.0
        while True:
            await self._per_minute.turn()
            # once it leaves, its answer must be written down, whoever loses patience meanwhile
            with anyio.CancelScope(shield=True):
                refusal = await self._send_once(job)
            if refusal is None:
                return
            wait = refusal.retry_after or pause
            if self.clock.now() + wait - started > self._limits.patience:
                raise refusal
            await self.clock.pause(wait)
            pause = min(pause * 2, SEND_PAUSE_LONGEST)

    async def _send_once(self, job: GenerationJob) -> RateLimited | None:
        job.apply(Sent())  # first, so that nobody takes it for one that can still be withdrawn
        try:
            await anyio.to_thread.run_sync(self._ledger.sent, job.uid, self.clock.wall())
        except LeonardoError:
            job.apply(SentBack())
            raise
        try:
            ack = await self.client.create_generation(job.request)
        except RateLimited as refusal:
            job.apply(SentBack())
            return refusal
        except ConnectionFailed as error:
            if error.delivered:
                raise _outcome_unknown(job, error) from error
            job.apply(SentBack())
            raise
        except ServiceError as error:
            if _may_have_created(error):
                raise _outcome_unknown(job, error) from error
            job.apply(SentBack())
            raise
        await anyio.to_thread.run_sync(
            lambda: self._ledger.acked(job.uid, ack.generation_id, ack.cost, state=State.ACK)
        )
        job.apply(Acked(ack.generation_id, ack.cost, self.clock.now()))
        for member in ack.left_out:
            job.apply(Noted(f"The service does not take {member}; the job was sent without it."))
        return None

    async def _until_ended(self, job: GenerationJob, job_id: str) -> Generation:
        try:
            return await self._watch.until_ended(
                job_id, expected=job.expected, on_look=lambda: job.apply(Looked())
            )
        except TimeoutError:
            raise JobTimeout(
                f"Generation {job_id} has not ended after {job.elapsed:.0f} s. "
                f'{_price_sentence(job)}It may still: leo.job("{job_id}") looks for it again.',
                snapshot=job.snapshot,
            ) from None

    async def _fetch(self, picture: GeneratedImage) -> MediaFile:
        """Fetch one picture, with a second and a third try."""
        url = picture.url or ""
        for pause in (*DOWNLOAD_PAUSES, None):
            try:
                async with self.client.media(url) as answer:
                    stored = await self._store.save(answer.aiter_bytes(), url=url)
                return MediaFile(picture.id, url, picture.nsfw, stored)
            except (ConnectionFailed, DownloadFailed, ServiceError) as error:
                if pause is None:
                    raise DownloadFailed(
                        f"The picture is drawn and paid, and could not be fetched: {error} "
                        f"The service keeps it at {url}.",
                        url=url,
                    ) from error
                log.info("A picture is fetched again: %s", error)
                await self.clock.pause(pause / self._speed)
        raise AssertionError("unreachable")

    async def _fail(self, job: GenerationJob, error: LeonardoError) -> None:
        with anyio.CancelScope(shield=True):
            if job.sent:
                await self._refresh_quietly()
            # an overdue job may still end, and a picture that was not fetched is there
            if not isinstance(error, JobTimeout | DownloadFailed):
                await self._write_end(job, State.FAILED, str(error))
        job.apply(Failed(error, self.clock.now()))

    async def _give_up(self, job: GenerationJob) -> None:
        with anyio.CancelScope(shield=True):
            await self._write_end(job, State.CANCELLED, None)
        job.apply(Cancelled(self.clock.now()))

    async def _write_end(self, job: GenerationJob, state: State, error: str | None) -> None:
        try:
            await anyio.to_thread.run_sync(
                lambda: self._ledger.ended(
                    job.uid, state=state, at=self.clock.wall(), seconds=job.elapsed, error=error
                )
            )
        except LeonardoError:
            log.exception("The end of %r could not be written down", job)

    async def _refresh_quietly(self) -> None:
        try:
            await self.refresh_account()
        except LeonardoError as error:
            log.info("The balance could not be asked for: %s", error)

    def _prior(self, request: CreateGeneration) -> float:
        return catalog.expected_seconds(request.wire()) / self._speed

    def _record(self, job: GenerationJob) -> JobRecord:
        return JobRecord(
            uid=job.uid,
            kind=job.kind,
            state=job.state,
            request=job.request.wire(),
            content_key=job.request.content_key(),
            simulated=self._simulated,
            base_url=self.client.base_url,
            created=job.created,
        )


async def _end(job: GenerationJob) -> None:
    job._end()  # noqa: SLF001  a restored job has ended before it was made


def _kind(request: CreateGeneration) -> Hashable:
    """What decides how long a job takes."""
    members = request.wire()
    names = ("modelId", "alchemy", "ultra", "width", "height", "num_images", "num_inference_steps")
    return tuple(members.get(name) for name in names)


def _may_have_created(error: ServiceError) -> bool:
    """Whether a job may exist although the answer to its request was *error*."""
    if isinstance(error, AuthenticationError):
        return False
    return isinstance(error, UnexpectedResponse) or error.status >= SERVER_FAULT


def _price_sentence(job: GenerationJob) -> str:
    return "" if job.cost is None else f"It cost {job.cost}. "


def _failure(job: GenerationJob, generation: Generation) -> JobFailed:
    words = ", ".join(generation.moderation)
    reason = (
        f"The service's content filter names {words}" if words else "The service gives no reason"
    )
    refund = "" if job.cost is None else f" ({job.cost})"
    advice = (
        "Change the prompt: `job.again(prompt=...)`."
        if words
        else "Prompt and parameters are kept; `job.again()` submits them unchanged."
    )
    said = f"{reason} and refunds failed jobs{refund}. {advice}"
    return JobFailed(
        f"Generation {job.id} failed after {job.elapsed:.0f} s. {said}",
        snapshot=job.snapshot,
        reason=said,
    )


def _outcome_unknown(job: GenerationJob, error: LeonardoError) -> JobFailed:
    price = "" if job.price is None else f" ({job.price})"
    return JobFailed(
        f"The answer to this request was lost, so nobody knows whether it was accepted and "
        f"paid{price}; it was not sent again. Look at the account's newest pictures before "
        f"`job.again()`. What happened: {error}",
        snapshot=job.snapshot,
    )
