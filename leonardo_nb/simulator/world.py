"""
What happens to a job and when: slots, queue, rates, balance, refunds.

Everything here is a function of the time that is passed in, so that no test has to wait: a job's
end is known the moment it is made, and looking at it only compares two numbers. It knows neither
HTTP nor pictures.
"""

from __future__ import annotations

import heapq
import math
import random
import uuid
from collections import deque
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal
from itertools import islice
from typing import TYPE_CHECKING, Literal

from leonardo_nb.simulator import refusals

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from datetime import datetime

__all__ = [
    "COMPLETE",
    "FAILED",
    "NOTHING_SCRIPTED",
    "PENDING",
    "USD_PER_CREDIT",
    "Fate",
    "Kind",
    "Rate",
    "SimJob",
    "Slots",
    "Status",
    "World",
    "cost_of",
    "status_at",
]

Status = Literal["PENDING", "COMPLETE", "FAILED"]
PENDING: Status = "PENDING"
COMPLETE: Status = "COMPLETE"
FAILED: Status = "FAILED"

USD_PER_CREDIT = Decimal("0.001495")
"""What one credit costs in dollars; amounts are billed with four decimals."""

QUEUE_PER_SLOT = 20
"""Jobs that may wait for each slot of the account."""

REQUESTS_PER_MINUTE = 2000
CREATES_PER_MINUTE = 100
KEPT_JOBS = 5000
"""Finished jobs beyond this many are forgotten, the oldest first."""


@dataclass(frozen=True, slots=True)
class Kind:
    """
    One kind of job as data: what it reads, costs and gives, and how long it takes.

    Attributes:
        name: What it is called in the pricing calculator.
        wrapper: The member that wraps its acknowledgement.
        read: Checks a request body and fills the defaults in; raises `Refusal`.
        credits: The price of what was read.
        seconds: How long it takes at speed 1.
        outputs: How many files it gives.
        foresee: What a content filter would find after submission.
        row: What a look at it answers, given its status, date and the address of each file.
        file_name: What one of its files is called.
        file_size: Width and height of its files in pixels.
    """

    name: str
    wrapper: str
    read: Callable[[Mapping[str, object], Callable[[str], bool]], dict[str, object]]
    credits: Callable[[Mapping[str, object]], int]
    seconds: Callable[[Mapping[str, object]], float]
    outputs: Callable[[Mapping[str, object]], int]
    foresee: Callable[[Mapping[str, object]], Foreseen]
    row: Callable[[SimJob, Status, datetime, Callable[[int], str]], dict[str, object]]
    file_name: Callable[[Mapping[str, object], int], str]
    file_size: Callable[[Mapping[str, object]], tuple[int, int]]


@dataclass(frozen=True, slots=True)
class Foreseen:
    """What a content filter finds in a job: the classes that fail it, or a flag on its images."""

    moderation: tuple[str, ...] = ()
    nsfw: bool = False


@dataclass(frozen=True, slots=True)
class Fate:
    """
    What a test wants to happen to one job.

    Attributes:
        empty_looks: The job is pending for this many looks and done at the next, at any time.
        never_finish: It stays pending for ever, and keeps its slot.
        fail: It fails in the end, and is refunded.
        moderation: It fails, and these classes are its only explanation.
    """

    empty_looks: int = 0
    never_finish: bool = False
    fail: bool = False
    moderation: tuple[str, ...] = ()


NOTHING_SCRIPTED = Fate()


@dataclass(slots=True)
class SimJob:
    """
    One job and everything that will happen to it.

    Attributes:
        id: What the acknowledgement names.
        kind: Which kind of job it is.
        members: The request with every default filled in.
        credits: What was taken from the balance.
        created_at: When it was asked for, in the world's seconds.
        started_at: When a slot took it.
        done_at: When it ends; infinite where it never does, or where looks decide.
        fails: Whether it ends as FAILED.
        moderation: The classes that a failed job shows.
        nsfw: Whether its images are flagged.
        output_ids: One id for each file.
        looks_left: Looks that still see it pending, or None where time decides.
        refunded: Whether its credits were given back.
    """

    id: str
    kind: Kind
    members: dict[str, object]
    credits: int
    created_at: float
    started_at: float
    done_at: float
    fails: bool = False
    moderation: tuple[str, ...] = ()
    nsfw: bool = False
    output_ids: tuple[str, ...] = ()
    looks_left: int | None = None
    refunded: bool = False

    def __repr__(self) -> str:
        return f"<SimJob {self.kind.name} of {self.credits} credits>"


def status_at(job: SimJob, now: float) -> Status:
    """Return what a look at time *now* (seconds) sees."""
    if now < job.done_at:
        return PENDING
    return FAILED if job.fails else COMPLETE


def cost_of(credits: int, unit: str) -> dict[str, str]:  # noqa: A002  the service's word
    """
    Return the `cost` member of an acknowledgement.

    >>> cost_of(11, "CREDITS"), cost_of(30, "DOLLARS")
    ({'amount': '11', 'unit': 'CREDITS'}, {'amount': '0.0449', 'unit': 'DOLLARS'})
    """
    if unit == "CREDITS":
        return {"amount": str(credits), "unit": unit}
    dollars = (credits * USD_PER_CREDIT).quantize(Decimal("0.0001"), ROUND_HALF_UP)
    return {"amount": f"{dollars:f}", "unit": unit}


class Slots:
    """
    The account's concurrency: who starts when, first come, first served.

    Starts never go backwards, so the jobs that wait are the tail of `_starts`.
    """

    def __init__(self, count: int) -> None:
        self.count = count
        self._free_at = [-math.inf] * count
        self._starts: deque[float] = deque()

    def take(self, now: float, seconds: float) -> float:
        """Give the next slot to a job of *seconds*; return when it starts."""
        start = max(now, heapq.heappop(self._free_at))
        heapq.heappush(self._free_at, start + seconds)
        self._starts.append(start)
        return start

    def waiting(self, now: float) -> int:
        """Return how many jobs have been given a slot that is not free yet."""
        while self._starts and self._starts[0] <= now:
            self._starts.popleft()
        return len(self._starts)

    def next_start(self, now: float) -> float:
        """Return the seconds until the first waiting job starts."""
        return max(0.0, self._starts[0] - now) if self.waiting(now) else 0.0


class Rate:
    """At most so many requests in any window of *seconds*."""

    def __init__(self, limit: int, seconds: float = 60.0) -> None:
        self.limit = limit
        self.seconds = seconds
        self._times: deque[float] = deque()

    def wait(self, now: float) -> float:
        """Return the seconds until one more request fits; 0 where it fits now."""
        while self._times and self._times[0] <= now - self.seconds:
            self._times.popleft()
        if len(self._times) < self.limit:
            return 0.0
        return self._times[0] + self.seconds - now

    def count(self, now: float) -> None:
        """Count one request that was let in."""
        self._times.append(now)


@dataclass(slots=True)
class World:
    """
    One account and its jobs.

    Times are seconds of whatever clock the caller has. *speed* divides every duration, so that
    a world of speed 20 lives a minute in three seconds, rate windows included.

    Attributes:
        credits: The balance that the account started with, in credits.
        slots: How many jobs run at once.
        created: How many jobs were ever made, which is how many were paid for.
        jobs: The jobs that are remembered, oldest first, by id.
    """

    credits: int = 15_000
    slots: int = 10
    speed: float = 1.0
    requests_per_minute: int = REQUESTS_PER_MINUTE
    creates_per_minute: int = CREATES_PER_MINUTE
    queue_per_slot: int = QUEUE_PER_SLOT
    kept_jobs: int = KEPT_JOBS
    tell_retry_after: bool = False
    rng: random.Random = field(default_factory=random.SystemRandom)

    user_id: str = field(init=False)
    created: int = field(init=False, default=0)
    jobs: dict[str, SimJob] = field(init=False, default_factory=dict)
    _spent: int = field(init=False, default=0)
    _places: Slots = field(init=False)
    _requests: Rate = field(init=False)
    _creates: Rate = field(init=False)
    _failing: dict[str, SimJob] = field(init=False, default_factory=dict)
    _outputs: dict[str, str] = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        if not self.speed > 0:
            raise ValueError(f"speed must be above 0, not {self.speed}")
        if self.slots < 1:
            raise ValueError(f"slots must be at least 1, not {self.slots}")
        minute = 60.0 / self.speed
        self.user_id = self.new_id()
        self._places = Slots(self.slots)
        self._requests = Rate(self.requests_per_minute, minute)
        self._creates = Rate(self.creates_per_minute, minute)

    def new_id(self) -> str:
        """Return a fresh id in the shape that the service's specification asks for."""
        return str(uuid.UUID(int=self.rng.getrandbits(128), version=4))

    # -- what a request meets, in this order

    def admit(self, now: float, *, creates: bool = False) -> None:
        """Count a request, or refuse it where the minute is full; a refused one is not counted."""
        waits = [rate.wait(now) for rate in self._rates(creates=creates)]
        if max(waits) > 0:
            raise refusals.too_many_requests(self._retry_after(max(waits)))
        for rate in self._rates(creates=creates):
            rate.count(now)

    def create(
        self,
        kind: Kind,
        body: Mapping[str, object],
        now: float,
        fate: Callable[[], Fate] = lambda: NOTHING_SCRIPTED,
    ) -> SimJob:
        """
        Make a job and take its price, or raise `Refusal`; a refused job costs nothing.

        *fate* is asked only once nothing can refuse the job any more.
        """
        members = kind.read(body, self.has_output)
        if self._places.waiting(now) >= self.queue_per_slot * self.slots:
            raise refusals.queue_full(self._retry_after(self._places.next_start(now)))
        price = kind.credits(members)
        if price > self.balance_at(now):
            raise refusals.out_of_credits(self.user_id)
        if members.get("seed") is None:
            members["seed"] = self.rng.randrange(2_147_483_637)
        job = self._begin(kind, members, price, now, fate())
        self.created += 1
        self._spent += price
        self.jobs[job.id] = job
        self._outputs.update(dict.fromkeys(job.output_ids, job.id))
        if job.fails:
            self._failing[job.id] = job
        self._forget(now)
        return job

    def look(self, job_id: str, now: float) -> SimJob | None:
        """Return the job with that id as one look sees it, or None; looks are counted."""
        job = self.jobs.get(job_id)
        if job is not None:
            self._seen(job, now)
        return job

    def page(self, offset: int, limit: int, now: float) -> list[SimJob]:
        """Return *limit* jobs after the newest *offset*; each of them counts as looked at."""
        newest = list(islice(reversed(self.jobs.values()), offset, offset + limit))
        for job in newest:
            self._seen(job, now)
        return newest

    def delete(self, job_id: str, now: float) -> str | None:
        """
        Forget a job and its files; return its id, or None where there is none.

        The work goes on and stays paid, because the service has no way to cancel.
        """
        self.balance_at(now)
        job = self.jobs.pop(job_id, None)
        if job is None:
            return None
        self._drop_outputs(job)
        return job.id

    def balance_at(self, now: float) -> int:
        """Return the credits left at *now*, failed jobs refunded."""
        for job in [job for job in self._failing.values() if status_at(job, now) == FAILED]:
            job.refunded = True
            self._spent -= job.credits
            del self._failing[job.id]
        return self.credits - self._spent

    def has_output(self, output_id: str) -> bool:
        """Return whether an image with that id was generated here."""
        return output_id in self._outputs

    # -- inside

    def _rates(self, *, creates: bool) -> Iterator[Rate]:
        yield self._requests
        if creates:
            yield self._creates

    def _retry_after(self, seconds: float) -> int | None:
        if not self.tell_retry_after or math.isinf(seconds):
            return None
        return max(1, math.ceil(seconds))

    def _begin(
        self, kind: Kind, members: dict[str, object], price: int, now: float, fate: Fate
    ) -> SimJob:
        seconds = math.inf if fate.never_finish else kind.seconds(members) / self.speed
        foreseen = kind.foresee(members)
        started_at = self._places.take(now, seconds)
        looks_decide = fate.empty_looks > 0 and not fate.never_finish
        return SimJob(
            id=self.new_id(),
            kind=kind,
            members=members,
            credits=price,
            created_at=now,
            started_at=started_at,
            done_at=math.inf if looks_decide else started_at + seconds,
            fails=fate.fail or bool(fate.moderation or foreseen.moderation),
            moderation=fate.moderation or foreseen.moderation,
            nsfw=foreseen.nsfw,
            output_ids=tuple(self.new_id() for _ in range(kind.outputs(members))),
            looks_left=fate.empty_looks if looks_decide else None,
        )

    def _seen(self, job: SimJob, now: float) -> None:
        if job.looks_left is None:
            return
        if job.looks_left == 0:
            job.done_at = now
            job.looks_left = None
        else:
            job.looks_left -= 1

    def _forget(self, now: float) -> None:
        surplus = len(self.jobs) - self.kept_jobs
        if surplus <= 0:
            return
        finished = (job for job in self.jobs.values() if status_at(job, now) != PENDING)
        for job in [job for _, job in zip(range(surplus), finished, strict=False)]:
            del self.jobs[job.id]
            self._drop_outputs(job)

    def _drop_outputs(self, job: SimJob) -> None:
        for output_id in job.output_ids:
            self._outputs.pop(output_id, None)
