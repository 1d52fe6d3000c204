"""What a job says when it ends without its files, in sentences that say what to do now."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

from leonardo_nb.engine.lifecycle import State
from leonardo_nb.errors import JobError, JobFailed, OutcomeUnknown
from leonardo_nb.service.responses import printable

if TYPE_CHECKING:
    from leonardo_nb.engine.job import Job
    from leonardo_nb.engine.looks import Look
    from leonardo_nb.errors import Candidate, LeonardoError, LibraryError
    from leonardo_nb.library.records import JobRecord

__all__ = [
    "HELD",
    "SIMULATOR_GONE",
    "failure",
    "no_way_to_look",
    "nothing_found",
    "price_sentence",
    "reason_of",
    "reused",
    "search_broken_off",
    "sent_by_hand",
    "several",
    "too_old",
    "unkept",
    "unsent",
    "unwatched",
    "why",
]


def why(record: JobRecord, state: State) -> LeonardoError | None:
    """Return why a job of the library has no files and never will have by itself."""
    if state is State.FAILED:
        return JobFailed(record.error or "It failed.")
    if state.is_final:
        return None
    if record.sent is None:
        return JobError(
            "This job was never sent, so it has cost nothing; leo.resume() sends it, "
            "`job.again()` asks anew."
        )
    return OutcomeUnknown(
        record.error
        or "The answer to this request was lost, so nobody knows whether it was accepted and "
        "paid; leo.resume() looks for it before anything is sent again."
    )


SIMULATOR_GONE = (
    "The built-in simulator that drew this ended with its kernel, so there is nothing to fetch; it "
    "was play money. `job.again()` asks for it here."
)
HELD = (
    "The account's newest jobs showed nothing of it, and it was held back until run.go_on(), "
    "leo.resume() or the same line, which look once more before they send it again."
)
_HAPPENED = " What happened: "


def sent_by_hand(record: JobRecord) -> str:
    """Return why a request whose answer was lost stands beside the job that took its place."""
    return (
        "The answer to this request was lost, and it was sent again by hand as job "
        f"{record.uid[:8]}; nobody knows whether this one was paid."
    )


def reused(record: JobRecord) -> str:
    """Return the note of a job that is given in the place of a new one."""
    day = record.created.astimezone().strftime("%Y-%m-%d")
    return f"From the library, where it is since {day}; asking for it again cost nothing."


def reason_of(record: JobRecord) -> str | None:
    """Return why the answer to a job without an id was lost, where it is written down."""
    if record.job_id is not None or record.error is None:
        return None
    return record.error.partition(_HAPPENED)[2] or None


def price_sentence(job: Job[Any]) -> str:
    """Return what *job* cost, or nothing where the service has not said."""
    return "" if job.cost is None else f"It cost {job.cost}. "


def unsent(error: LeonardoError) -> LeonardoError:
    """Return *error*, which came before a job was sent, with a sentence that says so."""
    return _saying(error, f"{error} The job itself was not sent, so nothing was spent.")


def unwatched(job: Job[Any], error: LeonardoError) -> LeonardoError:
    """Return *error*, which ended the watching of an accepted *job*, with how to go on."""
    return _saying(
        error,
        f"{error} {job.noun} {job.id} was accepted and may be made all the same. "
        f"{price_sentence(job)}leo.resume() looks for it again.",
    )


def unkept(job: Job[Any], error: LibraryError) -> LeonardoError:
    """Return *error*, which kept an accepted *job* out of the library, with how to go on."""
    return _saying(
        error,
        f"{error} {job.noun} {job.id} is at the service. {price_sentence(job)}leo.resume() "
        "fetches it once that is mended.",
    )


def _saying(error: LeonardoError, sentence: str) -> LeonardoError:
    """Return a copy of *error* that says *sentence*; several jobs may have met the same one."""
    told = copy.copy(error)
    told.args = (sentence,)
    return told


def failure(job: Job[Any], look: Look) -> JobFailed:
    """Return the error of a *job* that the service has given up, and refunds."""
    words = ", ".join(map(printable, look.moderation))
    reason = (
        f"The service's content filter names {words}" if words else "The service gives no reason"
    )
    refund = "" if job.cost is None else f" ({job.cost})"
    advice = (
        "Change the prompt: `job.again(prompt=...)`."
        if words
        else "Prompt and parameters are kept; `job.again()` submits them unchanged."
    )
    said = f"{reason} and refunds failed jobs{refund}. {advice}"
    return JobFailed(
        f"{job.noun} {job.id} failed after {job.elapsed:.0f} s. {said}",
        snapshot=job.snapshot,
        reason=said,
    )


def nothing_found(job: Job[Any]) -> OutcomeUnknown:
    """Return the error of a *job* that was not made, as far as one can see, and is not resent."""
    if job.snapshot.resent:
        return _unknown(
            job,
            "It was lost twice, and the account's newest jobs show nothing of it",
            "`job.resend()` sends it once more",
            is_absent=True,
        )
    return _unknown(
        job,
        'The account\'s newest jobs show nothing of it, and resend="never" leaves it to you',
        "`job.resend()` sends it again",
        is_absent=True,
    )


def no_way_to_look(job: Job[Any]) -> OutcomeUnknown:
    """Return the error of a *job* of a kind that the service lets nobody look for."""
    return _unknown(
        job,
        "The service has no list in which it could be looked for",
        f"Look at your account there: {_CHOICE}",
    )


def too_old(job: Job[Any]) -> OutcomeUnknown:
    """Return the error of a *job* that is older than what the account's list shows."""
    return _unknown(
        job,
        "So many jobs were made since that the account's list does not go back to it",
        f"Look at your account there: {_CHOICE}",
    )


def search_broken_off(job: Job[Any], error: LeonardoError) -> OutcomeUnknown:
    """Return the error of a *job* that could not be looked for because of *error*."""
    return _unknown(
        job,
        f"It could not be looked for ({str(error).rstrip('.')})",
        "leo.resume() looks again; `job.resend()` pays once more at once",
    )


def several(job: Job[Any], candidates: tuple[Candidate, ...]) -> OutcomeUnknown:
    """Return the error of a *job* that may be any of *candidates*."""
    count = len(candidates)
    found = (
        f"{count} of the account's newest jobs may be it"
        if count > 1
        else "One of the account's newest jobs may be it, and is not surely it"
    )
    listed = "; ".join(map(_candidate, candidates[:_MOST_LISTED]))
    more = f"; and {count - _MOST_LISTED} more" if count > _MOST_LISTED else ""
    return _unknown(job, f"{found}: {listed}{more}", _CHOICE, candidates)


_MOST_LISTED = 5
_CHOICE = '`job.adopt("<id>")` takes a job that is there, `job.resend()` pays once more'


def _candidate(each: Candidate) -> str:
    when = "" if each.created is None else f", made {each.created:%Y-%m-%d %H:%M:%S} UTC"
    differs = f", differs in {' and '.join(each.differs)}" if each.differs else ""
    return f"{each.id}{when}{differs}"


def _unknown(
    job: Job[Any],
    found: str,
    advice: str,
    candidates: tuple[Candidate, ...] = (),
    *,
    is_absent: bool = False,
) -> OutcomeUnknown:
    price = "" if job.price is None else f" ({job.price})"
    lost = job.snapshot.lost
    happened = "" if lost is None else f"{_HAPPENED}{lost}"
    return OutcomeUnknown(
        f"The answer to this request was lost, so nobody knows whether it was accepted and "
        f"paid{price}. {found}. {advice}.{happened}",
        snapshot=job.snapshot,
        candidates=candidates,
        is_absent=is_absent,
    )
