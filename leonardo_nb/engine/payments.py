"""What is paid and is no job, such as better words for a prompt: an intent, and an answer."""

from __future__ import annotations

import logging
import uuid
from dataclasses import replace
from typing import TYPE_CHECKING, TypeVar

import anyio
import anyio.to_thread

from leonardo_nb.engine.lifecycle import Charge, State
from leonardo_nb.engine.terms import Terms
from leonardo_nb.errors import LeonardoError, LibraryError, OutcomeUnknown
from leonardo_nb.library.records import JobRecord
from leonardo_nb.service.retries import may_be_done

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from leonardo_nb.clock import Clock
    from leonardo_nb.engine.budget import Purse
    from leonardo_nb.engine.leases import Lease
    from leonardo_nb.library.ledger import Ledger
    from leonardo_nb.money import Cost

__all__ = ["Payments"]

log = logging.getLogger("leonardo_nb")

T = TypeVar("T")


class Payments:
    """
    Pays for answers, each within the studio's budget and with a row in the library.

    Args:
        ledger: Where it is written down.
        purse: The budget.
        lease: In whose name.
        clock: Time.
        base_url: Whom it is paid to.
        simulated: Whether it is play money.
    """

    def __init__(
        self,
        *,
        ledger: Ledger,
        purse: Purse,
        lease: Lease,
        clock: Clock,
        base_url: str,
        simulated: bool,
    ) -> None:
        self._ledger = ledger
        self._purse = purse
        self._lease = lease
        self._clock = clock
        self._base_url = base_url
        self._simulated = simulated

    async def answer(
        self,
        endpoint: str,
        request: Mapping[str, object],
        price: Cost,
        ask: Callable[[], Awaitable[T]],
        cost_of: Callable[[T], Cost | None],
    ) -> T:
        """
        Return what *ask* returns, which costs *price*.

        Once it was sent, a row that cannot be written changes nothing of this but a warning in the
        log: what was paid is given, and what the service said is raised.

        Args:
            endpoint: Where it is posted.
            request: What is posted, for the library.
            price: What it is said to cost.
            ask: Sends it.
            cost_of: What the answer says that it cost.

        Raises:
            BudgetExceeded: It does not fit; nothing was sent.
            LibraryError: It could not be written down before; nothing was sent.
            OutcomeUnknown: The answer was lost, and it may have been paid.
            ServiceError: The service said no; nothing was paid.
        """
        uid = uuid.uuid4().hex
        terms = Terms().behind(self._purse.wall)
        self._lease.begin()
        record = JobRecord(
            uid=uid,
            kind="prompt",
            endpoint=endpoint,
            state=State.REQUEST,
            request=dict(request),
            content_key=f"prompt:{uid}",  # the same words may be made better twice
            simulated=self._simulated,
            base_url=self._base_url,
            created=self._clock.wall(),
            owner=self._lease.owner,
            lease_until=self._lease.until,
            terms=terms.as_json(),
            price=price,
        )
        await anyio.to_thread.run_sync(self._ledger.intend, record)
        try:
            await self._purse.reserve(uid, price, terms)
        except LeonardoError as error:
            await self._end(record, Charge.NONE, error)
            raise
        with anyio.CancelScope(shield=True):  # what is paid is counted, whoever loses patience
            try:
                await anyio.to_thread.run_sync(self._ledger.sent, uid, self._clock.wall())
            except LibraryError as error:
                # what was set aside is free again, where at least that can be written
                await self._end(record, Charge.NONE, error)
                raise
            try:
                answer = await ask()
            except LeonardoError as error:
                if may_be_done(error):
                    await self._end(record, Charge.UNKNOWN, error)
                    raise OutcomeUnknown(
                        "The answer to this request was lost, so nobody knows whether its "
                        f"{price} were paid; it was not sent again. leo.me() shows what is left, "
                        f"and calling it again pays again. What happened: {error}"
                    ) from error
                await self._end(record, Charge.NONE, error)
                raise
            await self._end(replace(record, cost=cost_of(answer)), Charge.CHARGED)
        return answer

    async def _end(
        self, record: JobRecord, charge: Charge, error: LeonardoError | None = None
    ) -> None:
        now = self._clock.wall()
        ended = replace(
            record,
            state=State.COMPLETE if error is None else State.FAILED,
            charge=charge,
            error=None if error is None else str(error),
            ended=now,
            seconds=max(0.0, (now - record.created).total_seconds()),
        )
        try:
            await anyio.to_thread.run_sync(self._ledger.ended, ended)
        except LibraryError as failure:  # neither an answer that was paid nor a no is lost for it
            sentence = "How a request that is no job ended (%s) could not be written down: %s"
            log.warning(sentence, charge, failure)
