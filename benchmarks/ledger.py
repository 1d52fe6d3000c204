"""How long an intent and an acknowledgement take, and what a library of 100,000 jobs is like."""

from __future__ import annotations

import json
import os
import statistics
import tempfile
import time
import tracemalloc
import uuid
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import sqlalchemy as sql

from leonardo_nb.library.ledger import Ledger
from leonardo_nb.library.records import JobRecord
from leonardo_nb.money import Credits

if TYPE_CHECKING:
    from collections.abc import Callable

TIMES = 200
MANY = 100_000
OPEN = 1_000
"""How many of them have not ended."""
WISHED = {"intent and ack": 0.010, "open": 0.3, "jobs()": 0.1}
"""What each may take at most, in seconds."""

SCATTERED = 0x9E3779B97F4A7C15F39CC0605CEDC834
"""Spreads numbers over all ids, as the service's are spread."""

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
BASE = "https://cloud.leonardo.ai/api/rest/v1"


@dataclass(frozen=True)
class Large:
    """
    What a library of `MANY` jobs costs to use.

    Attributes:
        seconds: How long each thing takes, by its name; the median of several.
        kilobytes: What opening it and reading a page holds in memory.
        kilobytes_small: The same for a library of 100 jobs.
    """

    seconds: dict[str, float]
    kilobytes: float
    kilobytes_small: float


def record(number: int) -> JobRecord:
    """Return job *number* as it is before it is sent; one a minute."""
    return JobRecord(
        uid=f"{number:032x}",
        kind="generation",
        state="request",
        request={"prompt": f"a fox, number {number}", "seed": number, "width": 1024, "height": 768},
        content_key=f"{number:064x}",
        simulated=False,
        base_url=BASE,
        created=NOON + timedelta(minutes=number),
        sweep=f"sweep-{number // 1000}",
        price=Credits(11),
    )


def intent_and_ack(url: str | None = None) -> tuple[float, float]:
    """
    Return the median of an intent and an acknowledgement together, and of two bare fsyncs.

    In seconds; both are on disk then. The bare ones are on a file of their own, in the same folder.

    Args:
        url: Of a PostgreSQL database that may be written to; None for SQLite.
    """
    ours, bare = [], []
    with tempfile.TemporaryDirectory() as folder, closing(Ledger(Path(folder), url)) as ledger:
        file = os.open(Path(folder) / "bare", os.O_WRONLY | os.O_CREAT, 0o600)
        for _ in range(TIMES):
            asked = replace(record(0), uid=uuid.uuid4().hex)
            started = time.perf_counter()
            ledger.intend(asked)
            ledger.acked(replace(asked, state="ack", job_id=asked.uid, cost=Credits(11)))
            ours.append(time.perf_counter() - started)
            started = time.perf_counter()
            for _ in range(2):
                os.write(file, b"x" * 4096)
                os.fsync(file)
            bare.append(time.perf_counter() - started)
        os.close(file)
    return statistics.median(ours), statistics.median(bare)


def fill(folder: Path, count: int, url: str | None = None) -> None:
    """Write *count* jobs with a picture each into a library; the last ones are unfinished."""
    Ledger(folder, url).close()
    engine = sql.create_engine(url or f"sqlite:///{folder / 'library.sqlite'}")
    meta = sql.MetaData()
    meta.reflect(engine)
    jobs, files = [], []
    for number in range(count):
        asked = record(number)
        is_open = number >= count - OPEN
        moment = asked.created.isoformat(timespec="microseconds")
        jobs.append(
            {
                "uid": asked.uid,
                "kind": asked.kind,
                "state": "pending" if is_open else "complete",
                "request": json.dumps(dict(asked.request)),
                "content_key": asked.content_key,
                "simulated": asked.simulated,
                "base_url": asked.base_url,
                "created": moment,
                "sent": moment,
                "ended": None if is_open else moment,
                "job_id": str(uuid.UUID(int=number * SCATTERED % 2**128)),
                "cost_amount": "11",
                "cost_unit": "CREDITS",
                "endpoint": asked.endpoint,
                "sweep": asked.sweep,
                "price_amount": "11",
                "price_unit": "CREDITS",
                "settled": "charged",
            }
        )
        if not is_open:
            files.append(
                {
                    "uid": asked.uid,
                    "position": 0,
                    "image_id": f"i{number}",
                    "url": f"https://cdn.leonardo.ai/users/u/generations/{number}/fox.jpg",
                    "nsfw": False,
                    "path": f"media/ab/{number}.jpg",
                    "sha256": asked.content_key,
                    "media_type": "image/jpeg",
                    "width": 1024,
                    "height": 768,
                    "size_bytes": 100_000,
                }
            )
    with engine.begin() as connection:
        connection.execute(sql.insert(meta.tables["jobs"]), jobs)
        if files:
            connection.execute(sql.insert(meta.tables["files"]), files)
        if url is not None:  # as a server does by itself within a minute; SQLite never does
            connection.exec_driver_sql("ANALYZE")
    engine.dispose()


def large(url: str | None = None) -> Large:
    """
    Measure a library of `MANY` jobs, `OPEN` of them unfinished.

    Args:
        url: Of an empty PostgreSQL database; None for SQLite.
    """
    with tempfile.TemporaryDirectory() as folder, tempfile.TemporaryDirectory() as other:
        fill(Path(folder), MANY, url)
        fill(Path(other), 100)
        seconds = {"open": _median(lambda: Ledger(Path(folder), url).close(), 9)}
        with closing(Ledger(Path(folder), url)) as ledger:
            middle = record(MANY // 2)
            job_id = ledger.find(middle.uid)[0].job_id or ""
            questions: dict[str, Callable[[], object]] = {
                "jobs()": ledger.jobs,
                "jobs(offset=50,000)": lambda: ledger.jobs(offset=MANY // 2),
                "count": ledger.count,
                "find by id": lambda: ledger.find(job_id),
                "find by beginning": lambda: ledger.find(job_id[:8]),
                "media": lambda: ledger.media(f"i{MANY // 2}"),
                f"unfinished, all {OPEN:,}": lambda: ledger.unfinished(BASE),
                "has, 1,000 requests": lambda: ledger.has(
                    [record(number).content_key for number in range(1000)],
                    base_url=BASE,
                    simulated=False,
                ),
                "lost": lambda: ledger.lost(BASE),
                "spending by day": ledger.spending,
                "spending by sweep": lambda: ledger.spending("sweep"),
            }
            assert (ledger.count(), len(ledger.jobs())) == (MANY, 50)
            assert len(ledger.unfinished(BASE)) == OPEN
            assert len(ledger.find(job_id[:8])) == 1
            seconds |= {name: _median(ask, 9) for name, ask in questions.items()}
            unfinished = record(MANY - 1).uid
            later = datetime.now(UTC) + timedelta(hours=1)
            writes: dict[str, Callable[[], object]] = {
                "claim": lambda: ledger.claim(unfinished, "me", later),
                "beat": lambda: ledger.beat("me", later),
                "release": lambda: ledger.release("me"),
            }
            seconds |= {name: _median(write, 9) for name, write in writes.items()}
            for number in range(1000):
                ledger.reserve(record(number).uid, Credits(11), Credits(10**6), "wall")
            seconds["reserve, the 1,000th"] = _median(
                lambda: ledger.reserve(unfinished, Credits(11), Credits(10**6), "wall"), 9
            )
        return Large(seconds, _held(Path(folder), url), _held(Path(other), None))


def _held(folder: Path, url: str | None) -> float:
    """Return how much memory opening a library and reading a page takes at most, in kB."""
    tracemalloc.start()
    with closing(Ledger(folder, url)) as ledger:
        ledger.jobs()
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return peak / 1000


def _median(run: Callable[[], object], times: int) -> float:
    durations = []
    for _ in range(times):
        started = time.perf_counter()
        run()
        durations.append(time.perf_counter() - started)
    return statistics.median(durations)


if __name__ == "__main__":
    # a server is measured where one is named; it is to be an empty database
    for place in dict.fromkeys((None, os.environ.get("LEONARDO_TEST_POSTGRES"))):
        print("SQLite" if place is None else "PostgreSQL")
        ours, bare = intent_and_ack(place)
        print(f"  intent and ack: {1000 * ours:.1f} ms, two bare fsyncs {1000 * bare:.1f} ms")
        measured = large(place)
        for name, seconds in measured.seconds.items():
            limit = f", {1000 * WISHED[name]:.0f} are wished" if name in WISHED else ""
            print(f"  {name}: {1000 * seconds:.1f} ms{limit}")
        print(
            f"  memory: {measured.kilobytes:.0f} kB, {measured.kilobytes_small:.0f} kB for 100 jobs"
        )
