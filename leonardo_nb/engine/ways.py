"""
Takes one job from wherever it is to its end: paid, looked for, fetched, written down.

Each step may be a job's first one here, for another process may have gone the way before it.
"""

from __future__ import annotations

import logging
from dataclasses import replace
from functools import partial
from itertools import count
from typing import TYPE_CHECKING, Any

import anyio
import anyio.to_thread

from leonardo_nb.engine import words
from leonardo_nb.engine.gathering import Gathering
from leonardo_nb.engine.holding import HeldBack
from leonardo_nb.engine.lifecycle import (
    Acked,
    Cancelled,
    Charge,
    Completed,
    Drawn,
    Failed,
    Looked,
    Lost,
    Noted,
    Priced,
    Saved,
    Sent,
    State,
    Took,
)
from leonardo_nb.engine.looks import PENDING, look_of_answer
from leonardo_nb.engine.sending import SENDER_GONE
from leonardo_nb.engine.terms import Terms
from leonardo_nb.errors import (
    AuthenticationError,
    JobError,
    JobFailed,
    JobTimeout,
    LeonardoError,
    LibraryError,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Mapping, Sequence

    from leonardo_nb.clock import Clock
    from leonardo_nb.engine.balance import Balance
    from leonardo_nb.engine.budget import Purse
    from leonardo_nb.engine.downloads import Downloads
    from leonardo_nb.engine.flow import Flow
    from leonardo_nb.engine.following import Following
    from leonardo_nb.engine.holding import Holding
    from leonardo_nb.engine.job import Job
    from leonardo_nb.engine.leases import Lease
    from leonardo_nb.engine.looks import Look
    from leonardo_nb.engine.polling import Durations
    from leonardo_nb.engine.rows import Rows
    from leonardo_nb.engine.sending import Sending
    from leonardo_nb.engine.terms import Wall
    from leonardo_nb.engine.watch import Watch
    from leonardo_nb.library.ledger import Ledger
    from leonardo_nb.library.records import JobRecord
    from leonardo_nb.money import Cost
    from leonardo_nb.service.requests import Body

__all__ = ["Ways", "sort_of"]

log = logging.getLogger("leonardo_nb")


class Ways:
    """
    The steps of every job of one studio.

    Args:
        ledger: Where each step is written down.
        lease: In whose name.
        clock: Time.
        purse: What may be spent.
        balance: What the account has, and what jobs cost.
        flow: The places for each kind of job.
        holding: Which jobs are not to be sent for now.
        sending: Sends what costs money.
        following: Watches what other engines work on.
        watches: Look at jobs at the service, by where they are looked for.
        downloads: Fetches files.
        durations: How long jobs take.
        rows: What is written down.
        spawn: Starts a coroutine function beside the callers, on the same loop.
    """

    def __init__(
        self,
        *,
        ledger: Ledger,
        lease: Lease,
        clock: Clock,
        purse: Purse,
        balance: Balance,
        flow: Flow,
        holding: Holding,
        sending: Sending,
        following: Following,
        watches: Mapping[str, Watch],
        downloads: Downloads,
        durations: Durations,
        rows: Rows,
        spawn: Callable[..., object],
    ) -> None:
        self._ledger = ledger
        self._lease = lease
        self._clock = clock
        self._purse = purse
        self._balance = balance
        self._flow = flow
        self._holding = holding
        self._orders = count()
        self._sending = sending
        self._following = following
        self._watches = watches
        self._downloads = downloads
        self._durations = durations
        self._rows = rows
        self._spawn: Callable[..., object] = spawn
        self._ends = Gathering(self._ended)
        self._reads = Gathering(self._read)
        self._unknown: set[str] = set()

    def _read(self, uids: Sequence[str]) -> Sequence[JobRecord | None]:
        found = self._ledger.with_uids(uids)
        return [found.get(uid) for uid in uids]

    def _ended(self, records: Sequence[JobRecord]) -> Sequence[None]:
        self._ledger.ended_all(records)
        return [None] * len(records)

    async def paid(self, job: Job[Any]) -> None:
        """From what is written down and was never sent to the saved files."""
        order = next(self._orders)
        try:
            await self._balance.refresh()
        except LeonardoError as error:
            raise words.unsent(error) from error.__cause__
        price = await self._price_or_none(job)
        await self._purse.reserve(job.uid, price, job.snapshot.terms)
        while True:
            await self._holding.until_let_go(job)
            try:
                with self._holding.waiting(job):
                    async with self._flow.place(job.kind, order):
                        await self._sending.accepted(job, job.snapshot.terms.resend)
                        look = await self._seen_to_end(job, learns=True)
            except HeldBack:
                continue
            break
        await self.keep(job, look)

    async def stand_behind(self, job: Job[Any], walls: tuple[Wall, ...]) -> None:
        """Set aside for *job* behind *walls*, too; it was asked for without them."""
        if job.done():
            return
        try:
            price = job.price if job.price is not None else await self._price_or_none(job)
            await self._purse.reserve(job.uid, price, Terms(unpriced=True, walls=walls))
        except LeonardoError as error:  # who asks has looked whether it fits, a moment ago
            log.warning("%r does not count in a budget: %s", job, error)

    async def _seen_to_end(self, job: Job[Any], *, learns: bool = False) -> Look:
        """Return what there is of an accepted job once the service has ended it."""
        look = look_of_answer(str(job.id), job.snapshot.answer)
        if look is not None:
            return look
        self._flow.accepted(job.kind, job.uid, self._clock.now())
        try:
            look = await self._until_ended(job, str(job.id))
        except BaseException:
            self._flow.given_up(job.kind, job.uid, self._clock.now())
            raise
        seconds = self._flow.ended(job.kind, job.uid, self._clock.now())
        if learns and seconds is not None:
            self._durations.learn(sort_of(job.request), seconds)
        return look

    async def taken_over(
        self, job: Job[Any], *, taken_up: bool = False, at_once: bool = False
    ) -> None:
        """
        From wherever another engine has left *job*, once that one has let go of it.

        Args:
            job: A job that is written down.
            taken_up: Whether one that was never sent, or whose answer was lost, goes on.
            at_once: Whether one whose answer was lost is sent again and not looked for.
        """
        record = await self._claimed(job)
        if record is None:
            return
        if job.id is not None:
            async with self._flow.place(job.kind, at_once=True):
                look = await self._seen_to_end(job)
            await self.keep(job, look)
        elif not taken_up:
            error = words.why(record, State(record.state)) or JobError("It has no id.")
            await self._write_end(job, job.state, None)  # whoever takes it up may have it
            job.apply(Failed(error, self._clock.now()))
        elif job.sent:
            if job.snapshot.lost is None:
                job.apply(Lost(SENDER_GONE))
            try:
                await self._balance.refresh()
            except LeonardoError as error:
                log.info("The account could not be asked for: %s", error)
            await self.keep(job, await self._found_or_sent(job, at_once=at_once))
        else:
            await self.paid(job)

    async def _found_or_sent(self, job: Job[Any], *, at_once: bool) -> Look:
        """
        Return what there is of *job*, whose answer was lost, once the service has ended it.

        Where nothing of it is found and it is held, it is looked for again when it is let go: so
        it is never sent again upon what was seen long ago.
        """
        while True:
            try:
                async with self._flow.place(job.kind, at_once=True):
                    await self._sending.accepted(
                        job, job.snapshot.terms.resend, was_searched=at_once, may_be_held=True
                    )
                    return await self._seen_to_end(job)
            except HeldBack:
                self._holding.keep_back(job)
                if words.HELD not in job.notes:
                    job.apply(Noted(words.HELD))
                await self._holding.until_let_go(job)
                at_once = False

    async def _claimed(self, job: Job[Any]) -> JobRecord | None:
        """Return what is written down of *job*, now this engine's; None where it has ended."""
        record = await self._reads.done(job.uid)
        while record is not None:
            self._learn_from(job, record)
            if job.state.is_final:
                return None
            if record.owner == self._lease.owner:  # many were claimed at once
                break
            if not self._lease.is_elsewhere(record) and await self._lease.claim(record):
                break
            if not job.snapshot.elsewhere:
                job.apply(Took(elsewhere=True))
            record = await self._following.next(job.uid)
        if job.snapshot.elsewhere:
            job.apply(Took(elsewhere=False))
        if record is not None and record.owner == self._lease.owner:
            return record
        # the last owner may have written something between the reading and the claim
        record = await anyio.to_thread.run_sync(self._ledger.job, job.uid)
        if record is None:
            raise LibraryError("The library does not have this job any more; it was removed.")
        self._learn_from(job, record)
        return None if job.state.is_final else record

    def _learn_from(self, job: Job[Any], record: JobRecord) -> None:
        """Take in what the library says of *job*, which another engine has written."""
        if record.sent is not None and not job.sent:
            job.apply(Sent())
        if record.job_id is not None and job.id is None:
            job.apply(Acked(record.job_id, record.cost, self._clock.now(), record.answer))
        match State(record.state):
            case State.COMPLETE:
                for item in record.media[len(job.snapshot.media) :]:
                    job.apply(Saved(item))
                job.apply(Completed(self._clock.now()))
            case State.FAILED:
                error = words.why(record, State.FAILED) or JobError("It failed.")
                refunded = record.charge == Charge.REFUNDED
                job.apply(Failed(error, self._clock.now(), refunded))
            case State.CANCELLED if job.id is None:
                job.apply(Cancelled(self._clock.now()))
            case _:
                pass

    async def keep(self, job: Job[Any], look: Look) -> None:
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
            await anyio.to_thread.run_sync(self._ledger.completed, self._rows.of(job))
            await self._balance.refresh_quietly()
            job.apply(Completed(self._clock.now()))

    async def _price_or_none(self, job: Job[Any]) -> Cost | None:
        source = job.snapshot.source
        size = None if source is None else (source.file.width, source.file.height)
        try:
            price = await self._balance.price(job.request, size)
        except AuthenticationError as error:
            raise words.unsent(error) from error.__cause__
        except LeonardoError as error:
            log.info("The price of %r is not known: %s", job, error)
            return None
        job.apply(Priced(price))
        return price

    async def _until_ended(self, job: Job[Any], job_id: str) -> Look:
        try:
            return await self._watches[job.request.looked_for].until_ended(
                job_id, expected=job.expected, on_look=partial(self._looked, job)
            )
        except TimeoutError:
            raise JobTimeout(
                f"{job.noun} {job_id} has not ended after {job.elapsed:.0f} s. "
                f'{words.price_sentence(job)}It may still: leo.job("{job_id}") looks for it again, '
                "and so does leo.resume().",
                snapshot=job.snapshot,
            ) from None
        except LeonardoError as error:
            raise words.unwatched(job, error) from error.__cause__

    def _looked(self, job: Job[Any], status: str) -> None:
        if job.state is State.ACK:
            self._spawn(self._write_look, job.uid)
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

    async def _write_look(self, uid: str) -> None:
        try:
            await anyio.to_thread.run_sync(self._ledger.looked, uid)
        except LibraryError as error:  # the next one who looks knows as much
            log.info("A look could not be written down: %s", error)

    async def fail(self, job: Job[Any], error: LeonardoError) -> None:
        """End *job* with *error*, which is not the service's last word on it."""
        if isinstance(error, LibraryError) and job.id is not None:
            error = words.unkept(job, error)
        with anyio.CancelScope(shield=True):
            if job.sent:
                await self._balance.refresh_quietly()
            if job.snapshot.elsewhere:
                pass  # it was only watched, and its row is another engine's
            elif job.snapshot.charge is Charge.NONE:
                await self._write_end(job, State.FAILED, error)
            else:  # it may be finished there, or may finish yet, so the row stays open
                await self._write_end(job, job.state, error)
        job.apply(Failed(error, self._clock.now()))

    async def _end(self, job: Job[Any], error: JobFailed, *, refunded: bool) -> None:
        """End *job* with the service's last word."""
        charge = Charge.REFUNDED if refunded else job.snapshot.charge
        with anyio.CancelScope(shield=True):  # what is given back is to be known as such
            await self._write_end(job, State.FAILED, error, charge)
            await self._balance.refresh_quietly()
            job.apply(Failed(error, self._clock.now(), refunded))

    async def give_up(self, job: Job[Any]) -> None:
        """End *job* because the user has withdrawn it, or stopped watching."""
        with anyio.CancelScope(shield=True):
            if not job.snapshot.elsewhere:  # another engine goes on with it
                await self._write_end(job, State.CANCELLED, None)
        job.apply(Cancelled(self._clock.now()))

    async def _write_end(
        self,
        job: Job[Any],
        state: State,
        error: LeonardoError | None,
        charge: Charge | None = None,
    ) -> None:
        record = replace(
            self._rows.of(job),
            state=state,
            error=None if error is None else str(error),
            charge=charge,
        )
        if not state.is_final:
            record = replace(record, ended=None, seconds=None)
        try:
            await self._ends.done(record)
        except LeonardoError:
            log.exception("The end of %r could not be written down", job)


# Which members decide how long a job takes; no kind has all of them.
_LONGER = (
    *("modelId", "alchemy", "ultra", "width", "height", "num_images", "num_inference_steps"),
    *("model", "resolution", "duration", "upscaleMultiplier"),
)


def sort_of(request: Body) -> Hashable:
    """What decides how long a job takes."""
    members = request.wire()
    return (request.endpoint, *(members.get(name) for name in _LONGER))
