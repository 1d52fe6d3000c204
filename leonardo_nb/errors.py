"""
Every exception that leonardo_nb raises on purpose.

They live in one file at the bottom of the import order, so that any room may raise any of them
and a reader sees the whole tree at once:

LeonardoError
├── InvalidRequest
│   └── ConflictingParameters
├── BudgetExceeded
├── ServiceError
│   ├── AuthenticationError
│   ├── NotEnoughCredits
│   ├── ModerationError
│   ├── RequestRefused
│   ├── RateLimited
│   ├── NotFound
│   └── UnexpectedResponse
├── ConnectionFailed
├── DownloadFailed
├── LibraryError
├── ExportFailed
├── ReplayError
└── JobError
    ├── JobFailed
    ├── OutcomeUnknown
    ├── JobCancelled
    ├── JobTimeout
    └── SweepFailed

Mistakes in the caller's code are outside the tree, so that no retry swallows them:
UnknownParameter is a TypeError, EngineThreadError is a RuntimeError.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from pathlib import Path

__all__ = [
    "AuthenticationError",
    "BudgetExceeded",
    "Candidate",
    "ConflictingParameters",
    "ConnectionFailed",
    "DownloadFailed",
    "EngineThreadError",
    "ExportFailed",
    "InvalidRequest",
    "JobCancelled",
    "JobError",
    "JobFailed",
    "JobTimeout",
    "LeonardoError",
    "LibraryError",
    "ModerationError",
    "NotEnoughCredits",
    "NotFound",
    "OutcomeUnknown",
    "RateLimited",
    "ReplayError",
    "RequestRefused",
    "ServiceError",
    "SweepFailed",
    "UnexpectedResponse",
    "UnknownParameter",
]


class LeonardoError(Exception):
    """The base of everything that can go wrong while asking for pictures and videos."""

    def __reduce__(self) -> tuple[Any, ...]:
        # by hand, because keyword-only arguments would be lost on the way to another process
        return _again, (type(self), self.args, self.__dict__)


def _again(
    kind: type[LeonardoError], args: tuple[Any, ...], values: dict[str, Any]
) -> LeonardoError:
    """Return the error of *kind* that `__reduce__` took apart."""
    error = kind.__new__(kind)
    error.args = args
    error.__dict__.update(values)
    return error


class InvalidRequest(LeonardoError, ValueError):
    """
    A value that the service would refuse, caught here, before anything is paid.

    Attributes:
        member: The service's name of the parameter, such as `"presetStyle"`.
        value: What was given.
        nearest: The nearest value that would be accepted, or None where there is none.
    """

    def __init__(
        self, message: str, *, member: str, value: object = None, nearest: object = None
    ) -> None:
        super().__init__(message)
        self.member = member
        self.value = value
        self.nearest = nearest


class ConflictingParameters(InvalidRequest):
    """
    Values that are fine alone and refused together, caught here, before anything is paid.

    Attributes:
        members: Every parameter that the rule speaks of.
        rule: The rule's short name in `leonardo_nb.service.rules`.
    """

    def __init__(self, message: str, *, members: Sequence[str], rule: str) -> None:
        super().__init__(message, member=members[0])
        self.members = tuple(members)
        self.rule = rule


class UnknownParameter(TypeError):
    """
    A keyword that the service does not have; a misspelling must not reach a paid endpoint.

    Attributes:
        member: The keyword that was given.
        nearest: The nearest valid name, or None where nothing is near.
    """

    def __init__(self, message: str, *, member: str, nearest: str | None = None) -> None:
        super().__init__(message)
        self.member = member
        self.nearest = nearest


class BudgetExceeded(LeonardoError):
    """The price would pass the budget; nothing was sent."""


class ServiceError(LeonardoError):
    """
    The service answered, and the answer was no.

    Attributes:
        status: The HTTP status.
        code: The service's own code, such as `"validation-failed"`, or None.
        path: Where in the request the service saw it, or None.
        body: The answer's body, decoded where it was JSON, cut to a sane length.
    """

    def __init__(
        self,
        message: str,
        *,
        status: int,
        code: str | None = None,
        path: str | None = None,
        body: Any = None,  # noqa: ANN401  an answer's body can be anything
    ) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.path = path
        self.body = body


class AuthenticationError(ServiceError):
    """The API key is missing, malformed, unknown or revoked."""


class NotEnoughCredits(ServiceError):
    """The account's API balance does not cover the job; nothing was drawn or charged."""


class ModerationError(ServiceError):
    """The prompt was refused by the service's content filter; nothing was drawn or charged."""


class RequestRefused(ServiceError):
    """
    The service refused a value that our own rules let through; nothing was drawn or charged.

    Attributes:
        member: The parameter that the service names, or None where it names none.
    """

    def __init__(self, message: str, *, member: str | None = None, **facts: Any) -> None:  # noqa: ANN401
        super().__init__(message, **facts)
        self.member = member


class RateLimited(ServiceError):
    """
    Too many requests, or too many jobs waiting.

    Attributes:
        retry_after: Seconds to wait where the service says so, else None.
    """

    def __init__(self, message: str, *, retry_after: float | None = None, **facts: Any) -> None:  # noqa: ANN401
        super().__init__(message, **facts)
        self.retry_after = retry_after


class NotFound(ServiceError):
    """There is nothing at that address, or nothing with that id."""


class UnexpectedResponse(ServiceError):
    """The answer did not fit what the service documents; the raw body is attached."""


class ConnectionFailed(LeonardoError):
    """
    No answer came.

    Attributes:
        delivered: False where the request provably never arrived (refused, no such host), so that
            nothing can have been paid; True where it may have arrived.
    """

    def __init__(self, message: str, *, delivered: bool) -> None:
        super().__init__(message)
        self.delivered = delivered


class DownloadFailed(LeonardoError):
    """
    A finished file could not be fetched, or what came is neither a picture nor a video.

    Attributes:
        url: Where the service keeps it; it can be fetched again.
    """

    def __init__(self, message: str, *, url: str) -> None:
        super().__init__(message)
        self.url = url


class LibraryError(LeonardoError):
    """The folder or the database that keeps jobs and their files cannot be used."""


class ExportFailed(LeonardoError):
    """
    What was to be handed on could not be written; nothing half written is left behind.

    Attributes:
        path: Where it was to be.
    """

    def __init__(self, message: str, *, path: Path) -> None:
        super().__init__(message)
        self.path = path


class ReplayError(LeonardoError):
    """A replay that cannot be played, or that was asked for what only a service can do."""


class JobError(LeonardoError):
    """
    Something about one job.

    Attributes:
        snapshot: What was known of the job when this was raised.
    """

    def __init__(self, message: str, *, snapshot: Any = None) -> None:  # noqa: ANN401  an engine.lifecycle.Snapshot; this room is below that one
        super().__init__(message)
        self.snapshot = snapshot


class JobFailed(JobError):
    """
    The service finished the job without files; its snapshot says whether it was refunded.

    Attributes:
        reason: Why, and what to do now, for places that say already which job failed and when; the
            whole message where there is nothing to leave out.
    """

    def __init__(self, message: str, *, snapshot: Any = None, reason: str | None = None) -> None:  # noqa: ANN401  as above
        super().__init__(message, snapshot=snapshot)
        self.reason = reason or message


@dataclass(frozen=True, slots=True)
class Candidate:
    """
    A job at the service that may be the one whose answer was lost.

    Attributes:
        id: The service's id.
        created: When the service says that it was asked for, in UTC.
        status: The service's word for its state.
        differs: The members in which it is not what was asked for; empty where none are known.
    """

    id: str
    created: datetime | None
    status: str
    differs: tuple[str, ...] = ()


class OutcomeUnknown(JobError):
    """
    The answer to a paid request was lost: nobody knows whether it was accepted.

    The account's newest jobs were searched for it as far as the service lets one look, and it
    waits for your word: `job.adopt(id)` takes a job that is there, `job.resend()` pays once more.

    Attributes:
        candidates: What was found that may be it.
        is_absent: Whether it was looked for, long enough, and nothing of it was found.
    """

    def __init__(
        self,
        message: str,
        *,
        snapshot: Any = None,  # noqa: ANN401  as above
        candidates: tuple[Candidate, ...] = (),
        is_absent: bool = False,
    ) -> None:
        super().__init__(message, snapshot=snapshot)
        self.candidates = candidates
        self.is_absent = is_absent


class JobCancelled(JobError):
    """The job was withdrawn before it was sent, or given up afterwards."""


class JobTimeout(JobError, TimeoutError):
    """Waiting took longer than allowed; the job itself may still finish."""


class SweepFailed(JobError):
    """
    Cells of a sweep failed.

    Attributes:
        failures: The failed cells' errors, by cell index.
    """

    def __init__(self, message: str, *, failures: dict[int, BaseException]) -> None:
        super().__init__(message)
        self.failures = failures


class EngineThreadError(RuntimeError):
    """A call that would block the thread that has to finish it."""


for _name in __all__:
    # so that a traceback shows the name that users write in `except`
    globals()[_name].__module__ = "leonardo_nb"
