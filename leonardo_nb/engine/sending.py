"""
Sends what costs money: once, and never again before somebody has looked for what became of it.

Between any two lines here the process may die. So the row in the library says first that the
request leaves, and the service's id is written down before anything else is done with it.
"""

from __future__ import annotations

import logging
import random
from typing import TYPE_CHECKING, Any

import anyio
import anyio.lowlevel
import anyio.to_thread

from leonardo_nb.engine import words
from leonardo_nb.engine.holding import HeldBack
from leonardo_nb.engine.lifecycle import Acked, Lost, Noted, Sent, SentBack
from leonardo_nb.errors import LeonardoError, LibraryError, UnexpectedResponse
from leonardo_nb.service.retries import Again, Kind, Unknown, decide, failure_of, may_be_done

if TYPE_CHECKING:
    from leonardo_nb.clock import Clock
    from leonardo_nb.engine.budget import Purse
    from leonardo_nb.engine.holding import Holding
    from leonardo_nb.engine.job import Job
    from leonardo_nb.engine.leases import Lease
    from leonardo_nb.engine.limits import Limits, Pace
    from leonardo_nb.engine.rows import Rows
    from leonardo_nb.engine.search import Search
    from leonardo_nb.engine.terms import Resend
    from leonardo_nb.library.ledger import Ledger
    from leonardo_nb.service.client import Client

__all__ = ["SENDER_GONE", "Sending", "TakenOver"]

log = logging.getLogger("leonardo_nb")


SENDER_GONE = "The process that sent it ended before the answer was here."


class TakenOver(Exception):
    """Another engine has the job now, so this one must not send it."""


class Sending:
    """
    Takes a job from its price to the service's id.

    Args:
        client: The service.
        ledger: Where it is written down.
        lease: In whose name.
        pace: When requests may go.
        purse: What may be spent.
        limits: For how long "too many requests" is tried again.
        holding: Which jobs are not to be sent for now.
        clock: Time.
        search: Looks for what became of a request whose answer was lost.
        rows: What is written down.
        awaited: What is set when an answer is here or lost, by our name for its job.
    """

    def __init__(
        self,
        *,
        client: Client,
        ledger: Ledger,
        lease: Lease,
        pace: Pace,
        purse: Purse,
        limits: Limits,
        holding: Holding,
        clock: Clock,
        search: Search,
        rows: Rows,
        awaited: dict[str, anyio.Event],
    ) -> None:
        self._client = client
        self._ledger = ledger
        self._lease = lease
        self._pace = pace
        self._purse = purse
        self._limits = limits
        self._holding = holding
        self._clock = clock
        self._search = search
        self._rows = rows
        self._awaited = awaited

    async def all_answered(self) -> None:
        """Return once every answer that is on its way now is here, or lost."""
        for answered in tuple(self._awaited.values()):
            await answered.wait()

    async def accepted(
        self,
        job: Job[Any],
        resend: Resend,
        *,
        was_searched: bool = False,
        may_be_held: bool = False,
    ) -> None:
        """
        Send *job* until it is accepted, or refused for good; its snapshot then has the id.

        A job whose request has left before is first looked for.

        Args:
            job: Written down, and what it costs set aside.
            resend: What to do where its answer is lost and nothing of it is found.
            was_searched: Whether the user wants it sent again, whatever is there.
            may_be_held: Whether one that is held is not sent again where nothing of it is found.

        Raises:
            TakenOver: Another engine has the job.
            HeldBack: It is held, and was not sent, or not again.
            OutcomeUnknown: Its answer was lost, and the user has to say what is to happen.
            LeonardoError: The service said no, or it did not reach it; nothing was made.
        """
        if job.sent:
            if not was_searched and await self._is_found(job, resend):
                return
            if may_be_held and not was_searched and self._holding.is_held(job):
                raise HeldBack
            # as it is paid now, it counts behind the walls of now
            await self._purse.reserve(job.uid, job.price, job.snapshot.terms)
        attempt, waited = 1, 0.0
        while True:
            self._holding.check(job)
            try:
                async with self._pace.request(job.request.endpoint):
                    await anyio.lowlevel.checkpoint_if_cancelled()  # withdrawn in the last moment
                    # once it leaves, its answer is written down, whoever loses patience meanwhile
                    with anyio.CancelScope(shield=True):
                        await self._send(job)
                        return
            except LeonardoError as error:
                verdict = decide(
                    Kind.PAID_WRITE,
                    failure_of(error),
                    attempt,
                    waited=waited,
                    patience=self._limits.patience,
                    retry_after=getattr(error, "retry_after", None),
                    longest_retry_after=self._limits.longest_retry_after,
                    noise=random.random(),
                )
                if isinstance(verdict, Unknown) and job.sent:
                    if await self._is_found(job, resend):
                        return
                    await self._purse.reserve(job.uid, job.price, job.snapshot.terms)
                    attempt = 1
                elif isinstance(verdict, Again):
                    await self._clock.pause(verdict.after)
                    attempt, waited = attempt + 1, waited + verdict.after
                else:
                    raise

    async def _is_found(self, job: Job[Any], resend: Resend) -> bool:
        """Whether *job* is at the service; its snapshot then has the id. False: send it again."""
        found = await self._search.outcome(job, self._rows.of(job))
        if found is not None:
            job.apply(Acked(found, None, self._clock.now()))
            return True
        if resend == "never" or job.snapshot.resent:
            raise words.nothing_found(job)
        return False

    async def _send(self, job: Job[Any]) -> None:
        """Send the request, once, and write down what came back."""
        is_again = job.snapshot.lost is not None
        job.apply(Sent(is_again))  # first, so that nobody takes it for one that can be withdrawn
        try:
            is_ours = await anyio.to_thread.run_sync(
                lambda: self._ledger.sent(
                    job.uid,
                    self._clock.wall(),
                    owner=self._lease.owner,
                    again=job.snapshot.resent,
                    price=job.price,
                )
            )
        except LeonardoError:
            job.apply(SentBack())
            raise
        if not is_ours:
            job.apply(SentBack())
            raise TakenOver
        self._awaited[job.uid] = anyio.Event()
        try:
            await self._answer(job)
        finally:
            self._awaited.pop(job.uid).set()

    async def _answer(self, job: Job[Any]) -> None:
        try:
            ack = await self._client.create(job.request)
        except LeonardoError as error:
            if may_be_done(error):
                job.apply(Lost(str(error)))
            else:
                await self._back(job)
            raise
        except Exception as error:
            # an answer that breaks us is an answer, so it may be paid
            log.exception("The answer to %r met a mistake of leonardo_nb itself", job)
            lost = f"leonardo_nb could not read the answer ({type(error).__name__})."
            job.apply(Lost(lost))
            raise UnexpectedResponse(lost, status=200) from error
        # known first and written down then: a full disk must not lose a job that is paid
        job.apply(Acked(ack.id, ack.cost, self._clock.now(), ack.files))
        for member in ack.left_out:
            job.apply(Noted(f"The service does not take {member}; the job was sent without it."))
        for sentence in ack.notes:
            job.apply(Noted(sentence))
        try:
            await anyio.to_thread.run_sync(self._ledger.acked, self._rows.of(job))
        except LibraryError as error:
            log.warning("%r is paid, and could not be written down: %s", job, error)
            job.apply(Noted(f"Keep the id {job.id}: it could not be written down ({error})"))

    async def _back(self, job: Job[Any]) -> None:
        """Take in that the service provably made nothing of what was just sent."""
        again = job.snapshot.resent
        job.apply(SentBack())
        try:
            await anyio.to_thread.run_sync(lambda: self._ledger.sent_back(job.uid, again=again))
        except LibraryError as error:  # it is then looked for before it is sent again
            log.warning("That %r was refused could not be written down: %s", job, error)
