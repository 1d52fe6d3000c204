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
from leonardo_nb.simulator.uploads import Uploads

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from datetime import datetime

    from leonardo_nb.simulator.darkroom import Darkroom
    from leonardo_nb.simulator.uploads import Upload

__all__ = [
    "COMPLETE",
    "FAILED",
    "NOTHING_SCRIPTED",
    "PENDING",
    "USD_PER_CREDIT",
    "Changes",
    "Fate",
    "Foreseen",
    "Kind",
    "Known",
    "Lane",
    "Rate",
    "Shelf",
    "SimJob",
    "Slots",
    "Source",
    "Status",
    "World",
    "cost_of",
    "status_at",
]

Status = Literal["PENDING", "COMPLETE", "FAILED"]
PENDING: Status = "PENDING"
COMPLETE: Status = "COMPLETE"
FAILED: Status = "FAILED"

Shelf = Literal["generations", "variations", "motions"]
"""Where a job is looked for."""

Lane = Literal["images", "upscaling"]
"""Jobs of one lane share slots and a queue."""

Source = dict[str, object]
"""A picture that another is made of: how to draw it again, so that it outlives its job."""

USD_PER_CREDIT = Decimal("0.001495")
"""What one credit costs in dollars; amounts are billed with four decimals."""

QUEUE_PER_SLOT = 20
"""Jobs that may wait for each slot of the account."""

REQUESTS_PER_MINUTE = 2000
CREATES_PER_MINUTE = 100
KEPT_JOBS = 5000
"""Finished jobs beyond this many are forgotten, the oldest first."""

UNLISTED = 1.0
"""Seconds during which a look at a fresh variation still finds an empty list."""


@dataclass(frozen=True, slots=True)
class Kind:
    """
    One kind of job as data: what it reads, costs and gives, and how long it takes.

    Attributes:
        name: What it is called here, and in the pricing calculator where that knows it.
        wrapper: The member that wraps its acknowledgement.
        read: Checks a request body and fills the defaults in; raises `Refusal`.
        credits: The price of what was read.
        seconds: How long it takes at speed 1.
        outputs: How many images or videos it gives.
        foresee: What a content filter would find after submission.
        row: What a look at it answers, given its status, date and the address of each file.
        files: Where its files lie, below the account's folder.
        draw: Makes one of its files.
        shelf: Where it is looked for.
        lane: Whose slots it takes.
        id_member: What the acknowledgement calls its id.
        event: The type of the callback that tells of its end, and of the object inside.
        id_version: Which version of UUID its id is.
    """

    name: str
    wrapper: str
    read: Callable[[Mapping[str, object], Known], dict[str, object]]
    credits: Callable[[Mapping[str, object]], int]
    seconds: Callable[[Mapping[str, object]], float]
    outputs: Callable[[Mapping[str, object]], int]
    foresee: Callable[[Mapping[str, object]], Foreseen]
    row: Callable[[SimJob, Status, datetime, Callable[[int], str]], dict[str, object]]
    files: Callable[[SimJob], tuple[str, ...]]
    draw: Callable[[SimJob, int, Darkroom], bytes]
    shelf: Shelf = "generations"
    lane: Lane = "images"
    id_member: str = "generationId"
    event: tuple[str, str] = ("image_generation.complete", "generation")
    id_version: Literal[4, 6] = 4


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
        absent_looks: A variation is not even listed for this many looks.
        callbacks: How often its end is told to the webhook.
        callback_delay: Seconds that the webhook is told late.
    """

    empty_looks: int = 0
    never_finish: bool = False
    fail: bool = False
    moderation: tuple[str, ...] = ()
    absent_looks: int = 0
    callbacks: int = 1
    callback_delay: float = 0.0


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
        listed_at: When a look first finds it.
        absent_looks: Looks that do not find it, whatever the time.
        callbacks: How often its end is told to the webhook.
        callback_delay: Seconds that the webhook is told late.
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
    listed_at: float = -math.inf
    absent_looks: int = 0
    callbacks: int = 1
    callback_delay: float = 0.0

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


@dataclass(frozen=True, slots=True)
class Known:
    """What a request may point at: finished images and variations, uploads that have arrived."""

    world: World
    now: float

    def image(self, output_id: object) -> Source | None:
        """Return how to draw a generated image again, or None where there is none yet."""
        job = self.world.jobs.get(self.world.outputs.get(str(output_id), ""))
        if job is None or status_at(job, self.now) != COMPLETE:
            return None
        return _source(job, job.output_ids.index(str(output_id)), str(output_id))

    def variation(self, variation_id: object) -> Source | None:
        """Return how to draw a variation again, or None where there is none yet."""
        job = self.world.variations.get(str(variation_id))
        if job is None or status_at(job, self.now) != COMPLETE:
            return None
        return _source(job, 0, job.id)

    def upload(self, upload_id: object) -> Source | None:
        """Return an uploaded file; its digest is None until the file has arrived."""
        upload = self.world.uploads.find(str(upload_id))
        if upload is None:
            return None
        return {"kind": "UPLOAD", "id": upload.id, "digest": upload.digest}

    def video(self, job_id: object) -> SimJob | None:
        """Return a finished video job."""
        job = self.world.jobs.get(str(job_id))
        if job is None or status_at(job, self.now) != COMPLETE or "duration" not in job.members:
            return None
        return job


def _source(job: SimJob, number: int, output_id: str) -> Source:
    return {
        "kind": job.kind.name,
        "members": job.members,
        "number": number,
        "id": output_id,
        "of": job.id,
    }


@dataclass(frozen=True, slots=True)
class Changes:
    """
    What has changed in a world, by id.

    Attributes:
        jobs: Jobs as they are now, or None where one is gone.
        uploads: Uploads, likewise.
    """

    jobs: dict[str, SimJob | None]
    uploads: dict[str, Upload | None]


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
        jobs: The generations that are remembered, oldest first, by id.
        variations: The variations, likewise.
        motions: The video upscales, likewise.
        uploads: What was uploaded.
        files: Whose file lies where, below the account's folder.
        outputs: Whose image an id is.
    """

    credits: int = 15_000
    slots: int = 10
    speed: float = 1.0
    requests_per_minute: int = REQUESTS_PER_MINUTE
    creates_per_minute: int = CREATES_PER_MINUTE
    queue_per_slot: int = QUEUE_PER_SLOT
    kept_jobs: int = KEPT_JOBS
    tell_retry_after: bool = False
    refuses_retired: bool = False
    rng: random.Random = field(default_factory=random.SystemRandom)

    user_id: str = field(init=False)
    created: int = field(init=False, default=0)
    jobs: dict[str, SimJob] = field(init=False, default_factory=dict)
    variations: dict[str, SimJob] = field(init=False, default_factory=dict)
    motions: dict[str, SimJob] = field(init=False, default_factory=dict)
    uploads: Uploads = field(init=False, default_factory=Uploads)
    files: dict[str, tuple[SimJob, int]] = field(init=False, default_factory=dict)
    outputs: dict[str, str] = field(init=False, default_factory=dict)
    _made_of: dict[str, list[str]] = field(init=False, default_factory=dict)
    _touched: dict[str, None] = field(init=False, default_factory=dict)
    _spent: int = field(init=False, default=0)
    _places: dict[Lane, Slots] = field(init=False)
    _requests: Rate = field(init=False)
    _creates: dict[str, Rate] = field(init=False, default_factory=dict)
    _failing: dict[str, SimJob] = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        if not self.speed > 0:
            raise ValueError(f"speed must be above 0, not {self.speed}")
        if self.slots < 1:
            raise ValueError(f"slots must be at least 1, not {self.slots}")
        self.user_id = self.new_id()
        self._places = {"images": Slots(self.slots), "upscaling": Slots(self.slots)}
        self._requests = Rate(self.requests_per_minute, self._minute)

    @property
    def _minute(self) -> float:
        return 60.0 / self.speed

    def new_id(self, version: Literal[4, 6] = 4) -> str:
        """Return a fresh id; version 4 is what the service's specification asks for."""
        fresh = str(uuid.UUID(int=self.rng.getrandbits(128), version=4))
        # no UUID of version 6 is made before Python 3.14, and only its shape matters
        return fresh if version == 4 else f"{fresh[:14]}6{fresh[15:]}"

    # -- what a request meets, in this order

    def admit(self, now: float, *, creates: str = "") -> None:
        """
        Count a request, or refuse it where the minute is full; a refused one is not counted.

        *creates* names the endpoint where it is one that makes jobs: each has its own limit.
        """
        waits = [rate.wait(now) for rate in self._rates(creates)]
        if max(waits) > 0:
            raise refusals.too_many_requests(self._retry_after(max(waits)))
        for rate in self._rates(creates):
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
        members = kind.read(body, Known(self, now))
        places = self._places[kind.lane]
        if places.waiting(now) >= self.queue_per_slot * self.slots:
            raise refusals.queue_full(self._retry_after(places.next_start(now)))
        price = kind.credits(members)
        self._afford(price, now)
        if members.get("seed") is None:
            members["seed"] = self.rng.randrange(2_147_483_637)
        job = self._begin(kind, members, price, now, fate())
        self.created += 1
        self._spent += price
        self.keep(job)
        self._forget(kind.shelf, now)
        return job

    def pay(self, price: int, now: float) -> None:
        """Take *price* credits for something that is done at once, or raise `Refusal`."""
        self._afford(price, now)
        self._spent += price

    def keep(self, job: SimJob) -> None:
        """Put *job* where looks find it."""
        self.shelf(job.kind.shelf)[job.id] = job
        self._touched[job.id] = None
        self.outputs.update(dict.fromkeys(job.output_ids, job.id))
        self.files.update((path, (job, i)) for i, path in enumerate(job.kind.files(job)))
        source = job.members.get("source")
        if job.kind.shelf == "variations" and isinstance(source, dict):
            self._made_of.setdefault(str(source["id"]), []).append(job.id)
        if job.fails and not job.refunded:
            self._failing[job.id] = job

    def shelf(self, name: Shelf) -> dict[str, SimJob]:
        """Return the jobs that are looked for in one place."""
        return {"generations": self.jobs, "variations": self.variations, "motions": self.motions}[
            name
        ]

    def all_jobs(self) -> Iterator[SimJob]:
        """Give every job that is remembered."""
        yield from self.jobs.values()
        yield from self.variations.values()
        yield from self.motions.values()

    def variations_of(self, output_id: str) -> list[SimJob]:
        """Return the variations that were made of one image, oldest first."""
        ids = self._made_of.get(output_id, ())
        return [self.variations[one] for one in ids if one in self.variations]

    def look(self, job_id: str, now: float, shelf: Shelf = "generations") -> SimJob | None:
        """Return the job with that id as one look sees it, or None; looks are counted."""
        job = self.shelf(shelf).get(job_id)
        if job is None or now < job.listed_at:
            return None
        if job.absent_looks:
            job.absent_looks -= 1
            self._touched[job_id] = None
            return None
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
        self._touched[job.id] = None
        self._drop_files(job)
        return job.id

    def changes(self) -> Changes:
        """Return what has changed since this was asked last."""
        jobs, uploads = self._touched, self.uploads.touched
        self._touched, self.uploads.touched = {}, {}
        return Changes(
            {one: self._anywhere(one) for one in jobs},
            {one: self.uploads.announced.get(one) for one in uploads},
        )

    def balance_at(self, now: float) -> int:
        """Return the credits left at *now*, failed jobs refunded."""
        for job in [job for job in self._failing.values() if status_at(job, now) == FAILED]:
            job.refunded = True
            self._touched[job.id] = None
            self._spent -= job.credits
            del self._failing[job.id]
        return self.credits - self._spent

    @property
    def spent(self) -> int:
        """The credits taken so far, less what was given back."""
        return self._spent

    @spent.setter
    def spent(self, credits: int) -> None:  # noqa: A002  the service's word
        self._spent = credits

    # -- inside

    def _anywhere(self, job_id: str) -> SimJob | None:
        shelves = (self.jobs, self.variations, self.motions)
        return next((shelf[job_id] for shelf in shelves if job_id in shelf), None)

    def _afford(self, price: int, now: float) -> None:
        if price > self.balance_at(now):
            raise refusals.out_of_credits(self.user_id)

    def _rates(self, creates: str) -> Iterator[Rate]:
        yield self._requests
        if creates:
            if creates not in self._creates:
                self._creates[creates] = Rate(self.creates_per_minute, self._minute)
            yield self._creates[creates]

    def _retry_after(self, seconds: float) -> int | None:
        if not self.tell_retry_after or math.isinf(seconds):
            return None
        return max(1, math.ceil(seconds))

    def _begin(
        self, kind: Kind, members: dict[str, object], price: int, now: float, fate: Fate
    ) -> SimJob:
        seconds = math.inf if fate.never_finish else kind.seconds(members) / self.speed
        foreseen = kind.foresee(members)
        started_at = self._places[kind.lane].take(now, seconds)
        looks_decide = fate.empty_looks > 0 and not fate.never_finish
        return SimJob(
            id=self.new_id(kind.id_version),
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
            listed_at=-math.inf if kind.shelf == "generations" else now + UNLISTED / self.speed,
            absent_looks=fate.absent_looks,
            callbacks=fate.callbacks,
            callback_delay=fate.callback_delay,
        )

    def _seen(self, job: SimJob, now: float) -> None:
        if job.looks_left is None:
            return
        self._touched[job.id] = None
        if job.looks_left == 0:
            job.done_at = now
            job.looks_left = None
        else:
            job.looks_left -= 1

    def _forget(self, shelf: Shelf, now: float) -> None:
        jobs = self.shelf(shelf)
        surplus = len(jobs) - self.kept_jobs
        if surplus <= 0:
            return
        finished = (job for job in jobs.values() if status_at(job, now) != PENDING)
        for job in [job for _, job in zip(range(surplus), finished, strict=False)]:
            del jobs[job.id]
            self._touched[job.id] = None
            self._drop_files(job)

    def _drop_files(self, job: SimJob) -> None:
        for output_id in job.output_ids:
            self.outputs.pop(output_id, None)
            self._made_of.pop(output_id, None)
        for path in job.kind.files(job):
            self.files.pop(path, None)
