"""
Looks for what became of a request whose answer was lost, before anything is sent again.

One job that is surely it is taken. None in several looks over at least twenty seconds means that
it was not made. Whatever lies between is the user's to decide.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

import anyio.to_thread

from leonardo_nb.engine import words
from leonardo_nb.engine.lifecycle import Charge, State
from leonardo_nb.engine.matching import differences, is_recognisable
from leonardo_nb.engine.polling import Awake
from leonardo_nb.errors import AuthenticationError, Candidate, LeonardoError
from leonardo_nb.service.requests import body_of

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Container
    from datetime import datetime

    from leonardo_nb.clock import Clock
    from leonardo_nb.engine.job import Job
    from leonardo_nb.engine.leases import Lease
    from leonardo_nb.engine.recent import Recent
    from leonardo_nb.library.ledger import Ledger
    from leonardo_nb.library.records import JobRecord
    from leonardo_nb.service.client import Client
    from leonardo_nb.service.requests import Body
    from leonardo_nb.service.responses import Variation

__all__ = ["Search"]

log = logging.getLogger("leonardo_nb")

PAUSES: Final = (1.0, 4.0, 7.0, 10.0)
"""Seconds before each of the first looks; the last pause is repeated."""
LEAST_LOOKS: Final = 3
LEAST_SECONDS: Final = 20.0
"""From the first look that found nothing to the one that is believed."""
PATIENCE: Final = 300.0
"""Seconds awake for which a service that does not answer is asked."""
ON_ITS_WAY: Final = timedelta(minutes=4)
"""How long the answer to a request of another kernel may yet come."""
SLACK, MORE_SLACK = timedelta(seconds=30), timedelta(minutes=2)
"""By how much a job may seem to be made before it was asked for: where the service's clock is
known, and where it is not."""
OUT_OF_TIME: Final = timedelta(days=1)
"""How much older what looks like it is shown, and not taken: a clock may have been put right."""
TRANSFORMS: Final = {
    "variations/upscale": "UPSCALE",
    "variations/unzoom": "UNZOOM",
    "variations/nobg": "NOBG",
}
"""What the service calls what was done; what the universal upscaler is called is not known."""


@dataclass(frozen=True, slots=True)
class _Seen:
    """
    What one look found.

    Attributes:
        surely: Jobs that are what was asked for.
        perhaps: Jobs that may be it.
        is_open: Whether the answer to a request that is alike may yet come.
        is_short: Whether the list does not go back to when it was asked for.
    """

    surely: tuple[Candidate, ...] = ()
    perhaps: tuple[Candidate, ...] = ()
    is_open: bool = False
    is_short: bool = False


class Search:
    """
    Searches the account's newest jobs.

    Args:
        client: The service.
        ledger: Who has taken which job.
        recent: The account's newest generations.
        lease: Who lives.
        clock: Time.
        speed: How many times as fast as the real service it is.
        awaited: The jobs, by our names for them, whose answers are on their way to this engine.
    """

    def __init__(
        self,
        *,
        client: Client,
        ledger: Ledger,
        recent: Recent,
        lease: Lease,
        clock: Clock,
        speed: float,
        awaited: Container[str],
    ) -> None:
        self._client = client
        self._ledger = ledger
        self._recent = recent
        self._lease = lease
        self._clock = clock
        self._speed = speed
        self._awaited = awaited
        self._bodies: dict[str, Body] = {}

    async def outcome(self, job: Job[Any], record: JobRecord) -> str | None:
        """
        Return the service's id of what became of *job*; None where nothing did.

        What is found is written down as this job's before it is returned.

        Args:
            job: Its answer was lost.
            record: What is written down of it.

        Raises:
            OutcomeUnknown: Several may be it, or there is no way to look, or nobody answers.
        """
        look = await self._way(job)
        if look is None:
            raise words.no_way_to_look(job)
        awake = Awake(self._clock.now())
        good, first, turn = 0, 0.0, 0
        while True:
            await self._clock.pause(PAUSES[min(turn, len(PAUSES) - 1)] / self._speed)
            turn += 1
            waited = awake.at(self._clock.now())
            try:
                seen = await look()
            except AuthenticationError as error:
                raise words.search_broken_off(job, error) from error
            except LeonardoError as error:
                log.info("A look for %r failed and is repeated: %s", job, error)
                if waited >= PATIENCE:
                    raise words.search_broken_off(job, error) from error
                continue
            if seen.is_open and waited < PATIENCE:
                good = 0
                continue
            if len(seen.surely) > 1:
                raise words.several(job, (*seen.surely, *seen.perhaps))
            if seen.surely:
                found = seen.surely[0].id
                taken = replace(
                    record, job_id=found, state=State.ACK, charge=Charge.CHARGED, error=None
                )
                if await anyio.to_thread.run_sync(self._ledger.adopt, taken):
                    return found
                current = await anyio.to_thread.run_sync(self._ledger.job, job.uid)
                if current is not None and current.job_id is not None:  # somebody told us
                    return current.job_id
                continue  # another job that is alike was faster
            if seen.is_short:
                raise words.too_old(job)
            good += 1
            first = first if good > 1 else self._clock.now()
            if good >= LEAST_LOOKS and self._clock.now() - first >= LEAST_SECONDS / self._speed:
                if seen.perhaps:
                    raise words.several(job, seen.perhaps)
                return None

    async def _way(self, job: Job[Any]) -> Callable[[], Awaitable[_Seen]] | None:
        """Return what looks for *job*, or None where the service lets nobody look."""
        request = job.request
        if request.looked_for == "generation" and is_recognisable(request):
            return lambda: self._among_generations(job)
        if request.looked_for != "variation" or not request.endpoint.startswith("variations/"):
            return None
        source = str(request.source_id)
        made = await anyio.to_thread.run_sync(self._ledger.made, source)
        if made is None or made.job_id is None or made.kind != "generation":
            return None
        generation = made.job_id
        return lambda: self._among_variations(job, generation, source)

    async def _among_generations(self, job: Job[Any]) -> _Seen:
        now = self._clock.wall()
        # asked for in the future: the clock was put back since, and tells nothing
        moment = job.created - MORE_SLACK if job.created <= now + SLACK else now - OUT_OF_TIME
        listing = await self._recent.since(moment, once=True)
        others = await self._others(job)
        taken = await anyio.to_thread.run_sync(self._ledger.known, [row.id for row in listing.rows])
        since = self._earliest(job, listing.offset)
        surely: list[Candidate] = []
        perhaps: list[Candidate] = []
        is_open = False
        for row in listing.rows:
            if row.id in taken or (differs := differences(job.request, row)) is None:
                continue
            alike = [other for other in others if differences(self._body(other), row) == ()]
            if any(self._may_be_answered(other) for other in alike):
                is_open = True
            if row.created_at is not None and row.created_at < since:
                if row.created_at < since - OUT_OF_TIME:
                    continue
                differs = (*differs, "created")
            candidate = Candidate(row.id, row.created_at, row.status, differs)
            if differs:
                if not alike:  # else it is what that other request made
                    perhaps.append(candidate)
            elif any(other.content_key != job.request.content_key() for other in alike):
                perhaps.append(candidate)
            else:
                surely.append(candidate)
        is_short = listing.since is not None and listing.since > moment
        return _Seen(tuple(surely), tuple(perhaps), is_open, is_short)

    async def _among_variations(self, job: Job[Any], generation: str, source: str) -> _Seen:
        row = await self._client.generation(generation, once=True)
        made = [each for image in row.images if image.id == source for each in image.variations]
        taken = await anyio.to_thread.run_sync(self._ledger.known, [each.id for each in made])
        wanted = TRANSFORMS.get(job.request.endpoint)
        others = [
            other
            for other in await self._others(job)
            if other.endpoint == job.request.endpoint and self._body(other).source_id == source
        ]
        surely: list[Candidate] = []
        perhaps: list[Candidate] = []
        for each in made:
            kind = each.transform
            is_other = kind in TRANSFORMS.values() and kind != (wanted or "UPSCALE")
            if each.id in taken or is_other:
                continue
            whole = await self._client.variation(each.id, once=True)
            created = None if whole is None else whole.created_at
            if not self._is_since(created, job):
                continue
            candidate = Candidate(each.id, created, each.status)
            (surely if self._is_sure(each, wanted, created, others) else perhaps).append(candidate)
        is_open = any(map(self._may_be_answered, others))
        return _Seen(tuple(surely), tuple(perhaps), is_open)

    def _is_since(self, created: datetime | None, job: Job[Any]) -> bool:
        offset = (
            None
            if self._client.service_time is None
            else self._client.service_time - self._clock.wall()
        )
        return created is None or created >= self._earliest(job, offset)

    @staticmethod
    def _is_sure(
        variation: Variation,
        wanted: str | None,
        created: datetime | None,
        others: list[JobRecord],
    ) -> bool:
        """Whether *variation* can be nothing else: its list repeats none of the parameters."""
        return variation.transform == wanted and created is not None and not others

    async def _others(self, job: Job[Any]) -> list[JobRecord]:
        """Return the other requests whose answers are not here."""
        lost = await anyio.to_thread.run_sync(self._ledger.lost, self._client.base_url)
        return [each for each in lost if each.uid != job.uid]

    def _may_be_answered(self, other: JobRecord) -> bool:
        """Whether the answer to *other* may yet come, to this engine or to another that lives."""
        if other.uid in self._awaited:
            return True
        is_young = other.sent is not None and self._clock.wall() - other.sent < ON_ITS_WAY
        return is_young and self._lease.is_elsewhere(other)

    @staticmethod
    def _earliest(job: Job[Any], offset: timedelta | None) -> datetime:
        """Return the first moment, by the service's clock, at which *job* can have been made."""
        return job.created - MORE_SLACK if offset is None else job.created + offset - SLACK

    def _body(self, record: JobRecord) -> Body:
        """Return what *record* asked for, read once; many jobs are compared with many."""
        if record.uid not in self._bodies:
            self._bodies[record.uid] = body_of(record.endpoint, record.request)
        return self._bodies[record.uid]
