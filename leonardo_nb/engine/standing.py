"""
What of a job's way is worth a word: an answer lost, sent again, another kernel, the library.

Cards, pictures, tables, terminals and reprs say it alike, so the words are here, as plain functions
on what is known of a job.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from leonardo_nb.engine.lifecycle import Charge

if TYPE_CHECKING:
    from leonardo_nb.engine.lifecycle import Snapshot

__all__ = [
    "ADOPTED",
    "ELSEWHERE",
    "FROM_LIBRARY",
    "NO_COST",
    "SENT_AGAIN",
    "history",
    "in_short",
    "may_be_paid",
]

FROM_LIBRARY: Final = "from the library"
NO_COST: Final = "no cost"
ELSEWHERE: Final = "Another kernel works on it; watched here."
ADOPTED: Final = (
    "The answer to its request was lost; it was found among the account's jobs, and was not sent "
    "again."
)
SENT_AGAIN: Final = "The answer to its first request was lost, so it was sent {times} more."


def history(snapshot: Snapshot) -> tuple[str, ...]:
    """Return what stays true of a job after its end and bears on what it cost, in sentences."""
    if snapshot.resent:
        return (SENT_AGAIN.format(times=_times(snapshot.resent)),)
    # with an id, and never sent again: the one that was found
    if snapshot.lost is not None and snapshot.job_id is not None:
        return (ADOPTED,)
    return ()


def in_short(snapshot: Snapshot) -> tuple[str, ...]:
    """Return the same in a few words each, for a line that says other things too."""
    words = [f"sent again {_times(snapshot.resent)}"] if snapshot.resent else []
    if snapshot.reused:
        words = [FROM_LIBRARY, *words]
    elif snapshot.is_searched:
        words = ["answer lost, looking for it", *words]
    elif snapshot.lost is not None and snapshot.job_id is not None and not snapshot.resent:
        words = ["found again", *words]
    elif snapshot.state.is_final and may_be_paid(snapshot):
        price = "" if snapshot.price is None else f"{snapshot.price} "
        words = [f"{price}perhaps paid", *words]
    if snapshot.elsewhere and not snapshot.state.is_final:
        words.append("watched here")
    return tuple(words)


def may_be_paid(snapshot: Snapshot) -> bool:
    """Whether nobody knows if money was spent on it."""
    return snapshot.charge is Charge.UNKNOWN


def _times(number: int) -> str:
    return "once" if number == 1 else f"{number} times"
