"""What the library knows of a job, as plain values, so that only this room knows SQL."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from leonardo_nb.library.files import StoredFile
    from leonardo_nb.money import Cost, Unit

__all__ = ["JobRecord", "MediaFile", "Spending"]


@dataclass(frozen=True, slots=True)
class MediaFile:
    """
    One finished picture or video: the service's names for it, and the file that holds it.

    Attributes:
        image_id: The service's id of the picture or video, not of the job.
        url: Where the service keeps it.
        nsfw: Whether the service marked it so; the mark only informs.
        file: Our copy; an MP4 where it is a video.
        poster: The still of a video; None for a picture, and where the service made none.
    """

    image_id: str
    url: str
    nsfw: bool
    file: StoredFile
    poster: StoredFile | None = None


@dataclass(frozen=True, slots=True)
class JobRecord:
    """
    One row of the library.

    Attributes:
        uid: Our own name for the job.
        kind: `"generation"`, `"video"` or `"variation"`; `"prompt"` where words were paid for.
        state: A word of `leonardo_nb.engine.lifecycle.State`.
        request: What was sent, by the service's names.
        content_key: The SHA-256 of the resolved request.
        simulated: Whether the built-in simulator drew it.
        base_url: The service that was asked.
        created: When it was asked for, in UTC.
        sent: When the request left, in UTC; None where it never did.
        ended: When it became final, in UTC.
        seconds: How long it took, or None while it runs.
        job_id: The service's id, or None before it was accepted.
        cost: What the service charged, or None where it did not say.
        error: Why it failed, or None.
        answer: Where the results are, where the acknowledgement said so; else None.
        media: Its pictures or videos, in the service's order.
        endpoint: Where the request was posted, below the base address; it says which kind of body
            `request` is, see `leonardo_nb.service.requests.BODIES`.
        owner: Which engine works on it, or None for nobody.
        lease_until: How long the owner has it without saying so again, in UTC.
        sweep: The name of the sweep that it is a cell of, or None.
        price: What was set aside for it before it was sent, or None.
        charge: A word of `leonardo_nb.engine.lifecycle.Charge`. None in a record that is written
            stands for what its other members tell; a record that was read always has a word.
        resent: How often the request was sent again after its answer was lost.
        terms: What it may cost and what to do when its answer is lost, see
            `leonardo_nb.engine.terms.Terms`; None for a row of before.
    """

    uid: str
    kind: str
    state: str
    request: Mapping[str, Any]
    content_key: str
    simulated: bool
    base_url: str
    created: datetime
    sent: datetime | None = None
    ended: datetime | None = None
    seconds: float | None = None
    job_id: str | None = None
    cost: Cost | None = None
    error: str | None = None
    answer: tuple[str, ...] | None = None
    media: tuple[MediaFile, ...] = ()
    endpoint: str = "generations"
    owner: str | None = None
    lease_until: datetime | None = None
    sweep: str | None = None
    price: Cost | None = None
    charge: str | None = None
    resent: int = 0
    terms: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Spending:
    """
    What the jobs of one day or one sweep cost; one line for each unit.

    Attributes:
        name: The day in UTC, as `"2026-01-31"`, or the sweep's name; empty for no sweep.
        simulated: Whether it is play money: the built-in simulator's.
        unit: Of the amounts.
        jobs: How many jobs were paid for, given back, or may have been paid for.
        charged: What was paid and not given back; the price set aside where the service named none.
        refunded: What was paid and given back.
        unknown: What was set aside for jobs that were sent and whose answer is not here.
        unpriced: How many of `jobs` have no amount at all, so that the sums leave them out.
    """

    name: str
    simulated: bool
    unit: Unit
    jobs: int
    charged: Cost
    refunded: Cost
    unknown: Cost
    unpriced: int
