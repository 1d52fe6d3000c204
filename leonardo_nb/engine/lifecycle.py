"""
What is known of one job, and how each event changes it: plain values and no I/O.

A job is a frozen `Snapshot`; its state is computed from the facts, so the two cannot disagree.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING, assert_never

from leonardo_nb.engine.terms import AS_USUAL, Terms

if TYPE_CHECKING:
    from datetime import datetime

    from leonardo_nb.errors import LeonardoError
    from leonardo_nb.library.records import MediaFile
    from leonardo_nb.money import Cost
    from leonardo_nb.service.requests import Body

__all__ = [
    "Acked",
    "Cancelled",
    "Charge",
    "Completed",
    "Drawn",
    "Event",
    "Failed",
    "Looked",
    "Lost",
    "Noted",
    "Priced",
    "Saved",
    "Sent",
    "SentBack",
    "Snapshot",
    "State",
    "Took",
]


class State(StrEnum):
    """Where a job stands; the words are the structure document's, `cancelled` is ours alone."""

    REQUEST = "request"
    """Not accepted yet: waiting for a slot, or on its way to the service."""
    ACK = "ack"
    """Accepted and paid; not looked at yet."""
    PENDING = "pending"
    """Looked at, and not done."""
    COMPLETE = "complete"
    """The files are in the library."""
    FAILED = "failed"
    """It ended without files; `Snapshot.error` says why."""
    CANCELLED = "cancelled"
    """Withdrawn before it was sent, or given up afterwards."""

    @property
    def is_final(self) -> bool:
        """Whether nothing more will happen."""
        return self in {State.COMPLETE, State.FAILED, State.CANCELLED}


class Charge(StrEnum):
    """Whether money was spent on a job; the one place that every display and sum asks."""

    NONE = "none"
    """Nothing was sent, or what was sent provably created nothing."""
    UNKNOWN = "unknown"
    """It was sent, and the answer is not here, or was lost."""
    CHARGED = "charged"
    """It was accepted; `Snapshot.cost` has the amount where the service named one."""
    REFUNDED = "refunded"
    """It was accepted and failed at the service, which gives the money back."""


@dataclass(frozen=True, slots=True)
class Priced:
    """The calculator named a price."""

    price: Cost


@dataclass(frozen=True, slots=True)
class Sent:
    """The request is leaving; from here on money may have been spent."""

    again: bool = False
    """Whether its answer was lost before, and nothing of it was found."""


@dataclass(frozen=True, slots=True)
class Lost:
    """The answer to the request was lost; the account's newest jobs are searched for it."""

    reason: str


@dataclass(frozen=True, slots=True)
class Took:
    """Whose the job is has changed: this studio's, or that of another kernel, watched here."""

    elsewhere: bool


@dataclass(frozen=True, slots=True)
class SentBack:
    """The service provably created nothing, and the request waits to be sent again."""


@dataclass(frozen=True, slots=True)
class Acked:
    """The service accepted the request."""

    job_id: str
    cost: Cost | None
    """What it is charged, or None where the service does not say."""
    at: float
    """Clock seconds."""
    answer: tuple[str, ...] | None = None
    """Where the results are, from endpoints that answer with them."""


@dataclass(frozen=True, slots=True)
class Looked:
    """A look found the job still at work."""


@dataclass(frozen=True, slots=True)
class Drawn:
    """A look found the job complete; its files are being fetched."""


@dataclass(frozen=True, slots=True)
class Saved:
    """One more file is in the library."""

    item: MediaFile


@dataclass(frozen=True, slots=True)
class Completed:
    """Every file is in the library."""

    at: float
    """Clock seconds."""


@dataclass(frozen=True, slots=True)
class Failed:
    """The job ended without files."""

    error: LeonardoError
    at: float
    """Clock seconds."""
    refunded: bool = False
    """Whether the service gives back what it charged, as it does for jobs that fail there."""


@dataclass(frozen=True, slots=True)
class Cancelled:
    """The user withdrew the job or gave it up."""

    at: float
    """Clock seconds."""


@dataclass(frozen=True, slots=True)
class Noted:
    """Something that the user should know and that changes nothing."""

    sentence: str


Event = (
    Priced
    | Sent
    | SentBack
    | Lost
    | Took
    | Acked
    | Looked
    | Drawn
    | Saved
    | Completed
    | Failed
    | Cancelled
    | Noted
)


@dataclass(frozen=True, slots=True)
class Snapshot:
    """
    Everything known of one job at one moment.

    Attributes:
        uid: Our own name for the job, there before the service has given one.
        request: What was asked for.
        created: When it was asked for, in UTC.
        started: The same moment in clock seconds.
        expected: How long such a job usually takes, in seconds, or None where nobody knows.
        simulated: Whether the built-in simulator draws it.
        price: What the calculator says, before anything is sent; None where it cannot say.
        sent: Whether the request has left; before that, cancelling costs nothing.
        lost: Why the answer to the request was lost; None where it was not. Without an id and an
            end, it is being searched for.
        resent: How often it was sent again, because nothing of it was found.
        elsewhere: Whether another kernel works on it, and it is only watched here.
        reused: Whether it was complete in the library when it was asked for, so that asking cost
            nothing.
        job_id: The service's id.
        cost: What the service charged, from its acknowledgement.
        looks: How often the job was looked at.
        drawn: Whether the service has finished and only the files are missing.
        accepted: When the service accepted it, in clock seconds.
        source: The file of ours that the job begins with, or None.
        answer: Where the results are, where the acknowledgement brought them; None where the job
            has to be looked for.
        media: The files that are in the library so far, in the service's order.
        complete: Whether these are all.
        error: Why it failed.
        refunded: Whether the service gave back what it charged.
        cancelled: Whether the user withdrew it or gave it up.
        ended: When it became final, in clock seconds.
        notes: Sentences worth showing beside it.
        terms: What it may cost, and what to do when its answer is lost.
    """

    uid: str
    request: Body
    created: datetime
    started: float
    expected: float | None = None
    simulated: bool = False
    price: Cost | None = None
    sent: bool = False
    lost: str | None = None
    resent: int = 0
    elsewhere: bool = False
    reused: bool = False
    job_id: str | None = None
    cost: Cost | None = None
    looks: int = 0
    drawn: bool = False
    accepted: float | None = None
    source: MediaFile | None = None
    answer: tuple[str, ...] | None = None
    media: tuple[MediaFile, ...] = ()
    complete: bool = False
    error: LeonardoError | None = None
    refunded: bool = False
    cancelled: bool = False
    ended: float | None = None
    notes: tuple[str, ...] = ()
    terms: Terms = AS_USUAL

    @property
    def state(self) -> State:
        """Where the job stands, from the facts."""
        if self.complete:
            return State.COMPLETE
        if self.error is not None:
            return State.FAILED
        if self.cancelled:
            return State.CANCELLED
        if self.job_id is None:
            return State.REQUEST
        return State.PENDING if self.looks else State.ACK

    @property
    def is_searched(self) -> bool:
        """Whether the account's newest jobs are being searched for it."""
        return self.lost is not None and self.job_id is None and not self.state.is_final

    @property
    def charge(self) -> Charge:
        """Whether money was spent on it, from the facts."""
        if self.reused or not self.sent:
            return Charge.NONE
        if self.job_id is None:
            return Charge.UNKNOWN
        return Charge.REFUNDED if self.refunded else Charge.CHARGED

    def after(self, event: Event) -> Snapshot:
        """Return what is known once *event* is known; a final job never moves again."""
        if self.state.is_final:
            return self
        match event:
            case Priced(price):
                return replace(self, price=price)
            case Sent(again):
                return replace(self, sent=True, resent=self.resent + again)
            case SentBack() if self.lost is None:
                return replace(self, sent=False)
            case SentBack():  # what was lost before may have made something all the same
                return replace(self, resent=max(0, self.resent - 1))
            case Lost(reason):
                return replace(self, lost=reason)
            case Took(elsewhere):
                return replace(self, elsewhere=elsewhere)
            case Acked(job_id, cost, at, answer):
                return replace(
                    self, sent=True, job_id=job_id, cost=cost, accepted=at, answer=answer
                )
            case Looked():
                return replace(self, looks=self.looks + 1)
            case Drawn():
                return replace(self, looks=self.looks + 1, drawn=True)
            case Saved(item):
                return replace(self, media=(*self.media, item))
            case Completed(at):
                return replace(self, complete=True, ended=at)
            case Failed(error, at, refunded):
                return replace(self, error=error, ended=at, refunded=refunded)
            case Cancelled(at):
                return replace(self, cancelled=True, ended=at)
            case Noted(sentence):
                return replace(self, notes=(*self.notes, sentence))
            case _:
                assert_never(event)
