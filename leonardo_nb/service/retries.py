"""
Whether a request that failed is sent again, and when: the one policy, in one place.

Nothing here sends; `decide` is plain values in and a verdict out, and `retried` asks it. Read from
top to bottom: what came back, and what that means for each kind of request. "again 4x" sends the
request at most 4 times more, with the pauses of the last column between; "stop" gives the error to
the caller; "unknown" does as well, and says that the request may have been acted on and paid, so
that it is not sent again before somebody has looked.

================================  ========  ==========  ========  ========  ==========  =========
what came back                    read      free write  upload    delete    paid write  pauses
================================  ========  ==========  ========  ========  ==========  =========
refused connection, no such host  again 4x  again 4x    again 4x  again 4x  again 2x    1, 2.. 8
reset before or after, timeout    again 4x  again 4x    again 4x  again 4x  unknown     1, 2.. 8
400, 402, 422, moderated          stop      stop        stop      stop      stop
401, wrong key                    stop      stop        stop      stop      stop
403                               stop      stop        stop      stop      stop
404                               stop      stop        stop      stop      stop
429                               patience  patience    patience  patience  patience    2, 4.. 30
429 with Retry-After              patience  patience    patience  patience  patience    as named
500                               again 3x  again 3x    again 3x  again 3x  unknown     1, 2.. 8
502, 504                          again 4x  again 4x    again 4x  again 4x  unknown     1, 2.. 8
503                               again 4x  again 4x    again 4x  again 4x  unknown     2, 4.. 30
array with status 200             again 2x  again 2x    again 2x  again 2x  unknown     1, 2.. 8
truncated JSON, HTML              again 2x  again 2x    again 2x  again 2x  unknown     1, 2.. 8
wrong types                       stop      stop        stop      stop      unknown
redirect                          stop      stop        stop      stop      unknown
any other error                   stop      stop        stop      stop      stop
================================  ========  ==========  ========  ========  ==========  =========

Pauses are in seconds and between half and all of what stands there, by chance, so that kernels
which failed together do not come back together. What a 429 names is waited for in full, for at
least a second and up to a cap. "patience" is `Limits.patience`. A wrong key is "401" whatever its
status, and an array with status 200 that gives a reason is what the reason says: only one without
a reason has its own row. A status of 400 or more that says nothing of itself, such as 409, counts
as a lost answer. Uploads are sent to storage under an address made for them, so a second
one replaces the first. Looks at a job in flight are not repeated here, because the next look is
the repetition (`watch`), and files that are fetched have a rule of their own (`downloads`).
"""

from __future__ import annotations

import math
import random
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Final, TypeVar

from leonardo_nb.errors import (
    AuthenticationError,
    ConnectionFailed,
    LeonardoError,
    ModerationError,
    NotEnoughCredits,
    NotFound,
    RateLimited,
    RequestRefused,
    ServiceError,
    UnexpectedResponse,
)

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from leonardo_nb.clock import Clock

__all__ = [
    "POLICY",
    "Again",
    "Failure",
    "Kind",
    "Stop",
    "Unknown",
    "Verdict",
    "decide",
    "failure_of",
    "may_be_done",
    "retried",
    "table",
]

T = TypeVar("T")

PATIENCE: Final = 300.0
"""Seconds; as `Limits.patience`."""
LONGEST_RETRY_AFTER: Final = 120.0
"""Seconds; as `Limits.longest_retry_after`."""
SHORTEST_NAMED: Final = 1.0
"""Seconds; a service that names none is not asked in a circle."""
SERVER_FAULT: Final = 500


class Kind(StrEnum):
    """What a request does."""

    READ = "read"
    """Looks, lists, the account; changes nothing."""
    FREE_WRITE = "free write"
    """The calculator, an address for an upload: twice is as good as once."""
    UPLOAD = "upload"
    """A file to storage, under an address made for it."""
    DELETE = "delete"
    """Gone is gone, however often."""
    PAID_WRITE = "paid write"
    """Makes a job, or is charged in itself, as better prompts are."""


class Failure(StrEnum):
    """What came back instead of what was asked for."""

    UNREACHABLE = "refused connection, no such host"
    """Nothing was sent."""
    LOST = "reset before or after, timeout"
    """Nobody on this side can tell whether the work was done."""
    REFUSED = "400, 402, 422, moderated"
    KEY = "401, wrong key"
    FORBIDDEN = "403"
    MISSING = "404"
    TOO_MANY = "429"
    TOO_MANY_FOR = "429 with Retry-After"
    BROKEN = "500"
    BAD_GATEWAY = "502, 504"
    UNAVAILABLE = "503"
    ARRAY = "array with status 200"
    UNREADABLE = "truncated JSON, HTML"
    MISFIT = "wrong types"
    REDIRECT = "redirect"
    """Not followed, so that the key goes nowhere else."""
    OTHER = "any other error"
    """The caller's or the library's own; nothing was sent."""


@dataclass(frozen=True, slots=True)
class Again:
    """
    Send it again.

    Attributes:
        after: Seconds to wait before.
    """

    after: float


@dataclass(frozen=True, slots=True)
class Stop:
    """The error is the answer: nothing was done, or asking again brings nothing else."""


@dataclass(frozen=True, slots=True)
class Unknown:
    """It may have been done, and paid; look before anything is sent again."""


Verdict = Again | Stop | Unknown


@dataclass(frozen=True, slots=True)
class _Rule:
    """
    One cell of the table.

    Attributes:
        word: "again", "stop" or "unknown".
        times: How many times more; None for as long as patience lasts.
    """

    word: str
    times: int | None = 0

    def __str__(self) -> str:
        if self.word != "again":
            return self.word
        return "patience" if self.times is None else f"again {self.times}x"


@dataclass(frozen=True, slots=True)
class _Pauses:
    """How long between: *first* seconds, twice as long each time, up to *longest*."""

    first: float = 0.0
    longest: float = 0.0

    def __str__(self) -> str:
        return f"{self.first:g}, {self.first * 2:g}.. {self.longest:g}" if self.first else ""

    def after(self, attempt: int, noise: float) -> float:
        """Return the pause after try number *attempt*, the first of which is 1."""
        whole = min(self.longest, self.first * 2.0 ** min(attempt - 1, 32))
        return whole * (0.5 + 0.5 * noise)


_STOP, _UNKNOWN = _Rule("stop"), _Rule("unknown")
_PATIENTLY = _Rule("again", None)
_QUICK, _SLOW = _Pauses(1.0, 8.0), _Pauses(2.0, 30.0)
_NAMED: Final = "as named"


def _row(
    harmless: _Rule, paid: _Rule, pauses: _Pauses | None = None
) -> tuple[Mapping[Kind, _Rule], _Pauses]:
    """Return a row in which all that costs nothing is alike."""
    rules = {kind: paid if kind is Kind.PAID_WRITE else harmless for kind in Kind}
    return rules, pauses or _Pauses()


POLICY: Final[Mapping[Failure, tuple[Mapping[Kind, _Rule], _Pauses]]] = {
    Failure.UNREACHABLE: _row(_Rule("again", 4), _Rule("again", 2), _QUICK),
    Failure.LOST: _row(_Rule("again", 4), _UNKNOWN, _QUICK),
    Failure.REFUSED: _row(_STOP, _STOP),
    Failure.KEY: _row(_STOP, _STOP),
    Failure.FORBIDDEN: _row(_STOP, _STOP),
    Failure.MISSING: _row(_STOP, _STOP),
    Failure.TOO_MANY: _row(_PATIENTLY, _PATIENTLY, _SLOW),
    Failure.TOO_MANY_FOR: _row(_PATIENTLY, _PATIENTLY),
    Failure.BROKEN: _row(_Rule("again", 3), _UNKNOWN, _QUICK),
    Failure.BAD_GATEWAY: _row(_Rule("again", 4), _UNKNOWN, _QUICK),
    Failure.UNAVAILABLE: _row(_Rule("again", 4), _UNKNOWN, _SLOW),
    Failure.ARRAY: _row(_Rule("again", 2), _UNKNOWN, _QUICK),
    Failure.UNREADABLE: _row(_Rule("again", 2), _UNKNOWN, _QUICK),
    Failure.MISFIT: _row(_STOP, _UNKNOWN),
    Failure.REDIRECT: _row(_STOP, _UNKNOWN),
    Failure.OTHER: _row(_STOP, _STOP),
}
"""For each failure: what it means for each kind of request, and the pauses."""


def table() -> str:
    """Return the policy as a table of text, for documents; the module's docstring has it."""
    head = ("what came back", *Kind, "pauses")
    rows = [
        (
            failure.value,
            *(str(rules[kind]) for kind in Kind),
            _NAMED if failure is Failure.TOO_MANY_FOR else str(pauses),
        )
        for failure, (rules, pauses) in POLICY.items()
    ]
    widths = [max(len(row[column]) for row in (head, *rows)) for column in range(len(head))]
    rule = tuple("=" * width for width in widths)
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in (rule, head, rule, *rows, rule)
    )


def decide(
    request_kind: Kind,
    failure: Failure,
    attempt: int,
    *,
    waited: float = 0.0,
    patience: float = PATIENCE,
    retry_after: float | None = None,
    longest_retry_after: float = LONGEST_RETRY_AFTER,
    noise: float = 1.0,
) -> Verdict:
    """
    Return what follows from *failure*.

    Args:
        request_kind: What the request does.
        failure: What came back.
        attempt: The number of the try that failed, from 1.
        waited: Seconds that were waited between the tries so far, in pauses and not by the clock,
            so that a closed lid uses up no patience.
        patience: For how many seconds "too many requests" is tried again.
        retry_after: The seconds that the service named.
        longest_retry_after: The cap for those.
        noise: From 0 to 1; chooses within the jitter.

    >>> decide(Kind.READ, Failure.BROKEN, 1)
    Again(after=1.0)
    >>> decide(Kind.PAID_WRITE, Failure.BROKEN, 1)
    Unknown()
    >>> decide(Kind.PAID_WRITE, Failure.REFUSED, 1)
    Stop()
    """
    rules, pauses = POLICY[failure]
    rule = rules[request_kind]
    if rule.word == "unknown":
        return Unknown()
    if rule.word == "stop":
        return Stop()
    if failure is Failure.TOO_MANY_FOR and retry_after is not None:
        # what is no number is no reason to be quick
        named = longest_retry_after if math.isnan(retry_after) else retry_after
        after = min(max(named, SHORTEST_NAMED), longest_retry_after)
    else:
        after = (pauses if pauses.first else _SLOW).after(attempt, noise)
    if rule.times is None:
        return Again(after) if waited + after <= patience else Stop()
    return Again(after) if attempt <= rule.times else Stop()


def failure_of(error: Exception) -> Failure:
    """Return the row of the table that *error* belongs to."""
    match error:
        case ConnectionFailed():
            return Failure.LOST if error.delivered else Failure.UNREACHABLE
        case AuthenticationError():
            return Failure.KEY
        case RequestRefused():  # never made of a server's fault, see `refusals`
            return Failure.REFUSED
        case ServiceError(status=status) if status >= SERVER_FAULT:
            # whatever reason it names, it may have made the job before it broke
            return _BY_STATUS.get(status, Failure.BROKEN)
        case RateLimited():
            return Failure.TOO_MANY if error.retry_after is None else Failure.TOO_MANY_FOR
        case NotFound():
            return Failure.MISSING
        case ModerationError() | NotEnoughCredits():
            return Failure.REFUSED
        case UnexpectedResponse():
            return _unexpected(error)
    return Failure.OTHER


_PLAIN_REFUSALS: Final = {400, 401, 402, 404, 405, 406, 410, 411, 413, 414, 415, 422, 431}
"""Statuses that say by themselves that nothing was done."""

_BY_STATUS: Final = {
    502: Failure.BAD_GATEWAY,
    503: Failure.UNAVAILABLE,
    504: Failure.BAD_GATEWAY,
}


def _unexpected(error: UnexpectedResponse) -> Failure:
    """Return what an answer below 500 is that says neither yes nor a known no."""
    if error.status == 403:
        return Failure.FORBIDDEN
    if error.status in _PLAIN_REFUSALS:
        return Failure.REFUSED
    if error.status >= 400:  # somebody gave up on the way, or it says what nobody knows here
        return Failure.LOST
    if error.status >= 300:
        return Failure.REDIRECT
    if isinstance(error.body, list):
        return Failure.ARRAY
    # a body that was JSON is kept decoded; what could not be decoded is kept as text
    is_text = isinstance(error.body, str) or error.body is None
    return Failure.UNREADABLE if is_text else Failure.MISFIT


def may_be_done(error: LeonardoError) -> bool:
    """Whether the service may have done what was answered with *error*, so that it may be paid."""
    return isinstance(decide(Kind.PAID_WRITE, failure_of(error), 1), Unknown)


async def retried(
    request_kind: Kind,
    send: Callable[[], Awaitable[T]],
    clock: Clock,
    *,
    patience: float = PATIENCE,
    longest_retry_after: float = LONGEST_RETRY_AFTER,
    noise: Callable[[], float] = random.random,
) -> T:
    """
    Return what *send* returns, calling it again as the table says.

    Args:
        request_kind: What the request does.
        send: Sends it once.
        clock: What pauses are made with.
        patience: For how many seconds "too many requests" is tried again.
        longest_retry_after: The longest pause in seconds that the service can ask for.
        noise: Chooses within the jitter, from 0 to 1.

    Raises:
        LeonardoError: The last error of *send*. For a paid write `decide` says whether that was
            "stop", and nothing was done, or "unknown".
    """
    attempt, waited = 1, 0.0
    while True:
        try:
            return await send()
        except LeonardoError as error:
            verdict = decide(
                request_kind,
                failure_of(error),
                attempt,
                waited=waited,
                patience=patience,
                retry_after=getattr(error, "retry_after", None),
                longest_retry_after=longest_retry_after,
                noise=noise(),
            )
            if not isinstance(verdict, Again):
                if attempt > 1:
                    error.args = (
                        f"{error} It was asked for {attempt} times; try again in a while.",
                    )
                raise
        await clock.pause(verdict.after)
        attempt += 1
        waited += verdict.after
