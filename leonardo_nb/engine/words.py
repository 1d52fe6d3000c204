"""What a job says when it ends without its files, in sentences that say what to do now."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from leonardo_nb.engine.lifecycle import State
from leonardo_nb.errors import JobError, JobFailed, OutcomeUnknown
from leonardo_nb.service.responses import printable

if TYPE_CHECKING:
    from leonardo_nb.engine.job import Job
    from leonardo_nb.engine.looks import Look
    from leonardo_nb.errors import LeonardoError
    from leonardo_nb.library.records import JobRecord

__all__ = ["failure", "outcome_unknown", "price_sentence", "why"]


def why(record: JobRecord, state: State) -> LeonardoError | None:
    """Return why a job of the library has no files and never will have by itself."""
    if state is State.FAILED:
        return JobFailed(record.error or "It failed.")
    if state.is_final:
        return None
    if record.sent is None:
        return JobError(
            "This job was not sent, or not yet by the process that asked for it; it has cost "
            "nothing so far. `job.again()` asks for it here."
        )
    return OutcomeUnknown(
        record.error
        or "The answer to this request was lost, so nobody knows whether it was accepted and "
        "paid; it was not sent again."
    )


def price_sentence(job: Job[Any]) -> str:
    """Return what *job* cost, or nothing where the service has not said."""
    return "" if job.cost is None else f"It cost {job.cost}. "


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


def outcome_unknown(job: Job[Any], error: LeonardoError) -> OutcomeUnknown:
    """Return the error of a *job* whose answer was lost because of *error*."""
    price = "" if job.price is None else f" ({job.price})"
    return OutcomeUnknown(
        f"The answer to this request was lost, so nobody knows whether it was accepted and "
        f"paid{price}; it was not sent again. Look at the account's newest jobs before "
        f"`job.again()`. What happened: {error}",
        snapshot=job.snapshot,
    )
