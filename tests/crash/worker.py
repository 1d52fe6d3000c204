"""One process that runs a sweep on a library, to be killed by whoever started it."""

from __future__ import annotations

import argparse
import json
import sys
import time
from dataclasses import asdict
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import anyio

import leonardo_nb as leo
from leonardo_nb.studios import Studio

if TYPE_CHECKING:
    from collections.abc import Sequence

STYLES = ("LEONARDO", "NONE")
AT_ONCE = leo.Limits(slots=200, creates_per_minute=10_000, requests_per_minute=100_000)
"""As much as the simulator takes, so that much is in flight whenever one is killed."""
WAIT = 90.0
"""Seconds that a sweep may take, or what is taken up again."""


class FastClock:
    """
    A clock whose pauses are short, for a simulator that lives fast; dates are the machine's.

    Args:
        times: How many times as fast as real seconds its own go by.
    """

    def __init__(self, times: float) -> None:
        self._times = times

    def now(self) -> float:
        """Return seconds that never go back."""
        return time.monotonic() * self._times

    def wall(self) -> datetime:
        """Return the date and time, in UTC."""
        return datetime.now(UTC)

    async def pause(self, seconds: float, until: anyio.Event | None = None) -> None:
        """Return after *seconds*, or as soon as *until* is set."""
        with anyio.move_on_after(seconds / self._times):
            await (anyio.sleep_forever() if until is None else until.wait())


def say(**facts: Any) -> None:
    """Tell whoever started this one fact a line."""
    sys.stdout.write(json.dumps(facts, default=str) + "\n")
    sys.stdout.flush()


def ended(job: leo.Job[Any]) -> dict[str, Any]:
    """Return what there is to know of a *job* that has ended."""
    return {
        "seed": job.request.wire().get("seed"),
        "style": job.request.wire().get("presetStyle"),
        "state": str(job.state),
        "charge": str(job.charge),
        "reused": job.snapshot.reused,
        "resent": job.snapshot.resent,
        "error": None if job.error is None else type(job.error).__name__,
        "reason": None if job.error is None else str(job.error),
        "files": [str(image.path) for image in getattr(job, "images", ())],
    }


def waited_for(jobs: Sequence[leo.Job[Any]]) -> list[dict[str, Any]]:
    """Return what became of *jobs*, once all of them have ended."""
    ends = time.monotonic() + WAIT
    for job in jobs:
        job.exception(max(0.0, ends - time.monotonic()))
    return [ended(job) for job in jobs]


def main() -> None:
    """Take up what is unfinished where that is asked for, and run the sweep."""
    words = argparse.ArgumentParser()
    words.add_argument("base_url")
    words.add_argument("key")
    words.add_argument("library")
    words.add_argument("--seeds", type=int, nargs=2, required=True)
    words.add_argument("--budget", type=int)
    words.add_argument("--url", help="of the library's database")
    words.add_argument("--resume", action="store_true")
    words.add_argument("--times", type=float, default=20.0)
    given = words.parse_args()
    with Studio(
        base_url=given.base_url,
        api_key=given.key,
        library=given.library,
        database=given.url,
        budget=None if given.budget is None else leo.Credits(given.budget),
        clock=FastClock(given.times),
        limits=AT_ONCE,
    ) as studio:
        say(what="open")
        resumed = waited_for(studio.resume()) if given.resume else []
        say(what="resumed", jobs=resumed)
        run = leo.sweep(
            "a lighthouse",
            seed=range(*given.seeds),
            presetStyle=list(STYLES),
            alchemy=False,
            width=64,
            height=64,
            studio=studio,
        )
        for job in run.jobs:
            job.subscribe(lambda it: say(what="moved", state=str(it.state), sent=it.sent))
        say(what="done", jobs=waited_for(run.jobs), resumed=resumed)
        say(
            what="spending",
            lines=[asdict(line) for line in studio._ledger.spending()],
            unfinished=len(studio._ledger.unfinished(studio.base_url)),
        )


if __name__ == "__main__":
    main()
