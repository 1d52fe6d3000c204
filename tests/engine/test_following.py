"""Jobs of other kernels, read out of the library."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import anyio
import anyio.lowlevel
import pytest

from leonardo_nb.engine.following import EVERY, Following
from leonardo_nb.errors import LibraryError
from leonardo_nb.library.ledger import Ledger
from leonardo_nb.library.records import JobRecord

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from leonardo_nb.testing import ManualClock

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


class CountedLedger(Ledger):
    """
    A ledger that counts readings, and cannot be read for a while.

    Attributes:
        readings: How many names each reading was about.
        unreadable: How many more readings fail.
    """

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.readings: list[int] = []
        self.unreadable = 0

    def with_uids(self, uids: Sequence[str]) -> dict[str, JobRecord]:
        """Return the jobs that we call *uids*, or fail."""
        self.readings.append(len(uids))
        if self.unreadable:
            self.unreadable -= 1
            raise LibraryError("The disk is away for a moment.")
        return super().with_uids(uids)


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[CountedLedger]:
    """The library that the followed jobs are in."""
    made = CountedLedger(tmp_path)
    yield made
    made.close()


def job_of_another(ledger: Ledger, uid: str) -> JobRecord:
    record = JobRecord(
        uid=uid,
        kind="generation",
        state="request",
        request={"prompt": "a fox"},
        content_key=uid,
        simulated=True,
        base_url="http://simulator.invalid",
        created=NOON,
        owner="elsewhere/1",
    )
    ledger.intend(record)
    return record


async def test_all_jobs_are_read_together(ledger: CountedLedger, clock: ManualClock) -> None:
    """Fifty jobs that are followed are one reading in a second."""
    names = [f"u{number}" for number in range(50)]
    for name in names:
        job_of_another(ledger, name)
    found: list[str] = []

    async with anyio.create_task_group() as tasks:
        following = Following(ledger, clock, tasks.start_soon)

        async def follow(name: str) -> None:
            found.append((await following.next(name)).uid)

        for name in names:
            tasks.start_soon(follow, name)

    assert sorted(names) == sorted(found)
    assert ([50], [EVERY]) == (ledger.readings, clock.paused)


async def test_what_another_kernel_writes_is_seen_a_moment_later(
    ledger: CountedLedger, clock: ManualClock
) -> None:
    """Each reading is a second after the last one, for as long as somebody wants it."""
    record = job_of_another(ledger, "u1")

    async with anyio.create_task_group() as tasks:
        following = Following(ledger, clock, tasks.start_soon)
        first = await following.next("u1")
        ledger.acked(replace(record, state="ack", job_id="sim-1"))
        second = await following.next("u1")

    assert [None, "sim-1"] == [first.job_id, second.job_id]
    assert [EVERY, EVERY] == clock.paused


async def test_a_job_that_was_removed_is_an_error(
    ledger: CountedLedger, clock: ManualClock
) -> None:
    """Nobody waits for what will never be there; others are read all the same."""
    job_of_another(ledger, "u1")

    async with anyio.create_task_group() as tasks:
        following = Following(ledger, clock, tasks.start_soon)
        with pytest.raises(LibraryError, match="does not have this job any more"):
            await following.next("gone")

        assert "u1" == (await following.next("u1")).uid


async def test_a_library_that_cannot_be_read_is_read_again(
    ledger: CountedLedger, clock: ManualClock
) -> None:
    """A disk that is away for three seconds ends no watching."""
    job_of_another(ledger, "u1")
    ledger.unreadable = 3

    async with anyio.create_task_group() as tasks:
        found = await Following(ledger, clock, tasks.start_soon).next("u1")

    assert ("u1", [1] * 4) == (found.uid, ledger.readings)


async def test_nobody_waits_for_a_reading_that_is_stopped(
    ledger: CountedLedger, clock: ManualClock
) -> None:
    """When the engine ends, whoever follows is told at once instead of waiting for ever."""
    job_of_another(ledger, "u1")
    clock.holds = True
    said: list[str] = []

    async with anyio.create_task_group() as followers, anyio.create_task_group() as readers:
        following = Following(ledger, clock, readers.start_soon)

        async def follow() -> None:
            try:
                await following.next("u1")
            except LibraryError as error:
                said.append(str(error))

        followers.start_soon(follow)
        while not clock.paused:
            await anyio.lowlevel.checkpoint()
        readers.cancel_scope.cancel()

    assert 1 == len(said)


async def test_it_can_be_followed_again_after_a_pause(
    ledger: CountedLedger, clock: ManualClock
) -> None:
    """Reading stops when nobody waits, and starts with the next one who does."""
    job_of_another(ledger, "u1")

    async with anyio.create_task_group() as tasks:
        following = Following(ledger, clock, tasks.start_soon)
        await following.next("u1")
        await anyio.lowlevel.checkpoint()
        readings = len(ledger.readings)
        clock.advance(100)
        await following.next("u1")

    assert (1, 2) == (readings, len(ledger.readings))
