"""What is written down of jobs: the row of one that is asked for, and of one on its way."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from leonardo_nb.engine.lifecycle import State
from leonardo_nb.library.records import JobRecord

if TYPE_CHECKING:
    from leonardo_nb.clock import Clock
    from leonardo_nb.engine.job import Job
    from leonardo_nb.engine.leases import Lease
    from leonardo_nb.engine.lifecycle import Snapshot

__all__ = ["Rows"]


class Rows:
    """
    Makes the rows of one studio's jobs.

    Args:
        lease: Whose they are.
        clock: Time.
        base_url: Who is asked.
        simulated: Whether that is the built-in simulator.
    """

    def __init__(self, lease: Lease, clock: Clock, base_url: str, *, simulated: bool) -> None:
        self._lease = lease
        self._clock = clock
        self._base_url = base_url
        self._simulated = simulated

    def intent(self, snapshot: Snapshot) -> JobRecord:
        """Return what the library is to know before anything is sent."""
        request = snapshot.request
        return JobRecord(
            uid=snapshot.uid,
            kind=request.kind,
            endpoint=request.endpoint,
            state=State.REQUEST,
            request=request.wire(),
            content_key=request.content_key(),
            simulated=self._simulated,
            base_url=self._base_url,
            created=snapshot.created,
            owner=self._lease.owner,
            lease_until=self._lease.until,
            sweep=snapshot.terms.sweep,
            terms=snapshot.terms.as_json(),
        )

    def of(self, job: Job[Any]) -> JobRecord:
        """Return what is known of *job* now, as the library keeps it."""
        return JobRecord(
            uid=job.uid,
            kind=job.kind,
            endpoint=job.request.endpoint,
            state=job.state,
            request=job.request.wire(),
            content_key=job.request.content_key(),
            simulated=self._simulated,
            base_url=self._base_url,
            created=job.created,
            ended=self._clock.wall(),
            seconds=job.elapsed,
            job_id=job.id,
            cost=job.cost,
            price=job.price,
            answer=job.snapshot.answer,
            media=job.snapshot.media,
        )
