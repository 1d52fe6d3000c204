"""Whose a job is: a lock where there is one, else a lease."""

from __future__ import annotations

import os
import subprocess
import sys
import uuid
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from leonardo_nb.engine.leases import BEAT, LASTS, Lease
from leonardo_nb.errors import LibraryError
from leonardo_nb.library.ledger import Ledger
from leonardo_nb.library.records import JobRecord

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from leonardo_nb.testing import ManualClock

BASE = "http://simulator.invalid"


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    """The library that all owners of a test share."""
    made = Ledger(tmp_path)
    yield made
    made.close()


def owned(ledger: Ledger, by: str | None, until: datetime | None, **facts: Any) -> JobRecord:
    """Write down a job that is *by*'s, and return its row."""
    uid = uuid.uuid4().hex
    ledger.intend(
        JobRecord(
            uid=uid,
            kind="generation",
            state="request",
            request={"prompt": "a fox"},
            content_key="k",
            simulated=True,
            base_url=BASE,
            created=until or datetime.fromisoformat("2026-01-01T00:00+00:00"),
            owner=by,
            lease_until=until,
            **facts,
        )
    )
    return now_of(ledger, uid)


def now_of(ledger: Ledger, uid: str) -> JobRecord:
    record = ledger.job(uid)
    assert record is not None
    return record


def lease_on(ledger: Ledger, clock: ManualClock) -> Lease:
    """Return a lease that is begun."""
    lease = Lease(ledger, ledger.folder, clock)
    lease.begin()
    return lease


async def test_a_living_owner_keeps_its_job(ledger: Ledger, clock: ManualClock) -> None:
    """Another one sees that it is elsewhere, and does not get it."""
    one, two = lease_on(ledger, clock), lease_on(ledger, clock)
    record = owned(ledger, one.owner, one.until)

    assert (True, False) == (two.is_elsewhere(record), one.is_elsewhere(record))
    assert (False, True) == (await two.claim(record), await one.claim(record))
    one.close()
    two.close()


async def test_a_job_of_nobody_s_is_the_first_one_s(ledger: Ledger, clock: ManualClock) -> None:
    """One claims it, and the other is too late."""
    one, two = lease_on(ledger, clock), lease_on(ledger, clock)
    record = owned(ledger, None, None)

    assert (False, False) == (one.is_elsewhere(record), two.is_elsewhere(record))
    assert (True, False) == (await two.claim(record), await one.claim(record))
    one.close()
    two.close()


async def test_an_owner_that_closes_frees_its_jobs(ledger: Ledger, clock: ManualClock) -> None:
    """At once, and its lock is gone."""
    one, two = lease_on(ledger, clock), lease_on(ledger, clock)
    uid = owned(ledger, one.owner, one.until).uid

    one.close()

    record = now_of(ledger, uid)
    assert (None, False) == (record.owner, two.is_elsewhere(record))
    assert 1 == len(list((ledger.folder / "owners").iterdir()))
    assert await two.claim(record)
    two.close()


DEAD = """
import sys
from pathlib import Path
from leonardo_nb.clock import SystemClock
from leonardo_nb.engine.leases import Lease
from leonardo_nb.library.ledger import Ledger

folder = Path(sys.argv[1])
lease = Lease(Ledger(folder), folder, SystemClock())
lease.begin()
print(lease.owner, flush=True)
sys.stdin.read()
"""


@pytest.fixture
def process(ledger: Ledger) -> Iterator[subprocess.Popen[str]]:
    """Another process that owns jobs of the library; its first line is its owner's name."""
    with subprocess.Popen(
        [sys.executable, "-c", DEAD, str(ledger.folder)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as started:
        yield started
        started.kill()


async def test_the_jobs_of_a_killed_process_are_free_at_once(
    ledger: Ledger, clock: ManualClock, process: subprocess.Popen[str]
) -> None:
    """While it lives its lock counts, whatever the clocks show; then none of its lease does."""
    assert process.stdout is not None
    owner = process.stdout.readline().strip()
    lease = lease_on(ledger, clock)
    long_over = owned(ledger, owner, clock.wall() - timedelta(days=1))
    fresh = owned(ledger, owner, clock.wall() + timedelta(days=1))
    assert [True, True] == [lease.is_elsewhere(each) for each in (long_over, fresh)]

    process.kill()
    process.wait()

    assert [False, False] == [lease.is_elsewhere(each) for each in (long_over, fresh)]
    assert await lease.claim(fresh)
    # with the first of its jobs all others are free
    assert now_of(ledger, long_over.uid).owner is None
    lease.close()


async def test_a_dead_owner_s_jobs_are_freed_together(ledger: Ledger, clock: ManualClock) -> None:
    """Also where nobody has claimed one; those of the living, and of other hosts, stay."""
    dead, alive, asking = (lease_on(ledger, clock) for _ in range(3))
    uids = [
        owned(ledger, owner, clock.wall() + LASTS).uid
        for owner in (dead.owner, dead.owner, alive.owner, "elsewhere/1")
    ]
    dead._held.close()  # as the system does when a process ends

    asking.bury(BASE)

    assert [None, None, alive.owner, "elsewhere/1"] == [now_of(ledger, uid).owner for uid in uids]
    alive.close()
    asking.close()


async def test_another_machine_s_owner_has_its_lease(ledger: Ledger, clock: ManualClock) -> None:
    """Its lock cannot be seen here, so it lives until the lease is over, and not a second more."""
    lease = lease_on(ledger, clock)
    record = owned(ledger, "elsewhere/1", clock.wall() + LASTS)

    clock.advance(30)
    at_its_end = (lease.is_elsewhere(record), await lease.claim(record))
    clock.advance(1)

    assert (True, False) == at_its_end
    assert (False, True) == (lease.is_elsewhere(record), await lease.claim(record))
    lease.close()


async def test_a_word_keeps_a_lease(ledger: Ledger, clock: ManualClock) -> None:
    """It is over 30 s after the last one, and there are three in that time."""
    one, two = lease_on(ledger, clock), lease_on(ledger, clock)
    uid = owned(ledger, one.owner, one.until).uid
    clock.advance(20)
    ledger.beat(one.owner, one.until)
    assert LASTS >= 3 * timedelta(seconds=BEAT)

    assert clock.wall() + LASTS == now_of(ledger, uid).lease_until
    one.close()
    two.close()


async def test_where_there_is_no_lock_the_lease_counts(ledger: Ledger, clock: ManualClock) -> None:
    """An owner that could not lock is not taken for dead, and is when its lease is over."""
    (ledger.folder / "owners").write_text("in the way of the folder")
    one = Lease(ledger, ledger.folder, clock)
    one.begin()
    record = owned(ledger, one.owner, one.until)
    (ledger.folder / "owners").unlink()
    two = lease_on(ledger, clock)

    assert (True, False) == (two.is_elsewhere(record), await two.claim(record))
    clock.advance(31)
    assert (False, True) == (two.is_elsewhere(record), await two.claim(record))
    two.close()


async def test_an_ended_job_is_claimed_by_nobody(ledger: Ledger, clock: ManualClock) -> None:
    """There is nothing left to be done."""
    lease = lease_on(ledger, clock)
    record = owned(ledger, None, None)
    ledger.ended(replace(record, state="failed"))

    assert not await lease.claim(record)
    lease.close()


def test_beginning_twice_is_once(ledger: Ledger, clock: ManualClock) -> None:
    """An owner is one, with one lock, from its first job on."""
    lease = Lease(ledger, ledger.folder, clock)
    assert not (ledger.folder / "owners").exists()
    lease.begin()
    owner = lease.owner
    lease.begin()

    assert owner == lease.owner
    assert 1 == len(list((ledger.folder / "owners").iterdir()))
    lease.close()


def test_a_lease_that_was_never_begun_closes(ledger: Ledger, clock: ManualClock) -> None:
    """A studio that made no job has nothing to let go of."""
    Lease(ledger, ledger.folder, clock).close()

    assert not (ledger.folder / "owners").exists()


@pytest.mark.parametrize("owner", ["../../etc/passwd", "", "host/", "host/a/b", "host/a b"])
def test_a_strange_owner_reaches_no_other_file(
    ledger: Ledger, clock: ManualClock, owner: str
) -> None:
    """Names in a shared library are somebody else's, and are no paths."""
    lease = lease_on(ledger, clock)
    assert (ledger.folder / "owners") == lease._path(owner).parent

    lease.close()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs os.fork")
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_a_fork_is_somebody_else(ledger: Ledger, clock: ManualClock) -> None:
    """The child has another name and no lock, so that the parent's jobs stay the parent's."""
    lease, other = lease_on(ledger, clock), lease_on(ledger, clock)
    record = owned(ledger, lease.owner, lease.until)
    ours = lease.owner
    read, write = os.pipe()
    stay, go = os.pipe()
    if (child := os.fork()) == 0:
        os.write(write, f"{lease.owner != ours} {lease.is_elsewhere(record)}".encode())
        os.close(write)
        os.close(go)
        os.read(stay, 1)
        os._exit(0)
    os.close(write)
    os.close(stay)
    said = os.read(read, 100).decode()
    alive = other.is_elsewhere(record)
    lease._held.close()  # as the system does when the parent ends; the child still lives
    dead = not other.is_elsewhere(record)
    os.close(go)
    os.close(read)
    os.waitpid(child, 0)
    other.close()

    assert ("True True", True, True) == (said, alive, dead)


def test_closing_is_quiet_where_the_library_is_gone(ledger: Ledger, clock: ManualClock) -> None:
    """The lease ends by itself then."""
    lease = lease_on(ledger, clock)
    ledger.close()
    ledger.path.write_bytes(b"no database any more")
    with pytest.raises(LibraryError):
        ledger.release(lease.owner)

    lease.close()

    assert [] == list((ledger.folder / "owners").iterdir())
