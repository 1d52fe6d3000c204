"""What the library's database remembers."""

from __future__ import annotations

import dataclasses
import sqlite3
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from leonardo_nb.errors import LibraryError
from leonardo_nb.library.files import StoredFile
from leonardo_nb.library.ledger import METADATA, MIGRATIONS, Ledger
from leonardo_nb.library.records import JobRecord, MediaFile
from leonardo_nb.money import Credits, Dollars

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


def record(uid: str = "u1", **facts: Any) -> JobRecord:
    return dataclasses.replace(
        JobRecord(
            uid=uid,
            kind="generation",
            state="request",
            request={"prompt": 'a "fox" 🦊', "seed": 7},
            content_key="k",
            simulated=True,
            base_url="http://simulator.invalid",
            created=NOON,
        ),
        **facts,
    )


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    made = Ledger(tmp_path)
    yield made
    made.close()


def test_a_whole_life_is_remembered(ledger: Ledger, tmp_path: Path) -> None:
    """Intent, sending, price and files are read back as they were written."""
    file = StoredFile(tmp_path / "media" / "ab" / "ab.jpg", "ab", "image/jpeg", 8, 6, 100)
    media = (
        MediaFile("i1", "https://x/1.jpg", False, file),
        MediaFile("i2", "https://x/2.jpg", True, file),
    )
    ledger.intend(record())
    ledger.sent("u1", NOON)
    whole = record(
        state="complete",
        sent=NOON,
        ended=NOON,
        seconds=4.5,
        job_id="job-1",
        cost=Dollars("0.0147"),
        media=media,
    )
    ledger.acked(dataclasses.replace(whole, state="ack"))
    ledger.completed(whole)
    ledger.completed(whole)  # as another kernel may that looked for the same job

    assert (whole,) == ledger.jobs()


def stored(folder: Path, name: str, media_type: str = "image/jpeg", **facts: Any) -> StoredFile:
    suffix = media_type.partition("/")[2]
    path = folder / "media" / name[:2] / f"{name}.{suffix}"
    return StoredFile(path, name, media_type, 8, 6, 100, **facts)


def test_a_video_is_remembered_with_its_poster(ledger: Ledger, tmp_path: Path) -> None:
    """Where it was asked for, how long it is and its still are read back; a picture has neither."""
    video = stored(tmp_path, "v1", "video/mp4", duration=5.25)
    media = (
        MediaFile("i1", "https://x/1.mp4", False, video, poster=stored(tmp_path, "p1")),
        MediaFile("i2", "https://x/2.mp4", False, video),
        MediaFile("i3", "https://x/3.jpg", False, stored(tmp_path, "p3")),
    )
    asked = record(kind="video", endpoint="generations-text-to-video")
    ledger.intend(asked)
    whole = dataclasses.replace(asked, state="complete", media=media)
    ledger.completed(whole)
    ledger.completed(whole)  # as another kernel may that looked for the same job

    assert (whole,) == ledger.jobs()


def test_a_file_is_found_by_its_id_or_its_job(ledger: Ledger, tmp_path: Path) -> None:
    """An id leads to its newest file, a job's id to the job's first one, and no part to any."""
    for uid, minutes in (("new", 2), ("old", 1)):
        asked = record(uid, created=NOON + timedelta(minutes=minutes), job_id=f"job-{uid}")
        first = MediaFile("shared", f"https://x/{uid}/0", False, stored(tmp_path, "p1"))
        second = MediaFile(f"own-{uid}", f"https://x/{uid}/1", False, stored(tmp_path, "p2"))
        ledger.intend(asked)
        ledger.completed(dataclasses.replace(asked, media=(first, second)))
    names = ("shared", "own-old", "job-old", "job-new", "job", "", "%")

    found = {name: item.url for name in names if (item := ledger.media(name))}

    assert {
        "shared": "https://x/new/0",
        "own-old": "https://x/old/1",
        "job-old": "https://x/old/0",
        "job-new": "https://x/new/0",
    } == found


def test_a_found_video_has_its_poster(ledger: Ledger, tmp_path: Path) -> None:
    """What is found is the file as it was written down."""
    video = stored(tmp_path, "v1", "video/mp4", duration=5.25)
    item = MediaFile("i1", "https://x/1.mp4", False, video, poster=stored(tmp_path, "p1"))
    ledger.intend(record(kind="video"))
    ledger.completed(record(kind="video", job_id="job-1", media=(item,)))

    assert [item, item] == [ledger.media("i1"), ledger.media("job-1")]


def test_a_job_without_files_has_none(ledger: Ledger) -> None:
    """A job that is still at work is no file."""
    ledger.intend(record())
    ledger.acked(record(job_id="job-1", state="ack"))

    assert ledger.media("job-1") is None


def made_by(folder: Path, migrations: int) -> None:
    """Make a library as it was after the first *migrations*, with one job that is complete."""
    with sqlite3.connect(folder / "library.sqlite") as raw:
        raw.execute("CREATE TABLE migrations (name VARCHAR PRIMARY KEY, applied VARCHAR NOT NULL)")
        for name, statements in MIGRATIONS[:migrations]:
            for statement in statements:
                raw.execute(statement)
            raw.execute("INSERT INTO migrations VALUES (?, 'then')", (name,))
        if migrations:
            raw.execute(
                "INSERT INTO jobs (uid, kind, state, request, content_key, simulated, base_url,"
                " created, job_id) VALUES ('u1', 'generation', 'complete', '{\"prompt\": \"fox\"}',"
                " 'k', 1, 'http://simulator.invalid', '2026-01-01T12:00:00+00:00', 'job-1')"
            )
            raw.execute(
                "INSERT INTO files (uid, position, image_id, url, nsfw, path, sha256, media_type,"
                " width, height, size_bytes) VALUES ('u1', 0, 'i1', 'https://x/1', 0,"
                " 'media/p1/p1.jpeg', 'p1', 'image/jpeg', 8, 6, 100)"
            )
    raw.close()


@pytest.mark.parametrize("migrations", range(1, len(MIGRATIONS) + 1))
def test_a_library_of_any_age_keeps_its_jobs(tmp_path: Path, migrations: int) -> None:
    """Rows of every earlier version are read as if they had been written today."""
    made_by(tmp_path, migrations)
    ledger = Ledger(tmp_path)

    found = ledger.jobs()
    ledger.close()

    picture = MediaFile("i1", "https://x/1", False, stored(tmp_path, "p1"))
    whole = record(state="complete", request={"prompt": "fox"}, job_id="job-1", media=(picture,))
    assert (dataclasses.replace(whole, endpoint="generations"),) == found


@pytest.mark.parametrize("migrations", range(len(MIGRATIONS) + 1))
def test_every_way_leads_to_the_same_tables(tmp_path: Path, migrations: int) -> None:
    """Whatever age a library is, it then has the columns that the ledger asks for."""
    made_by(tmp_path, migrations)
    Ledger(tmp_path).close()
    with sqlite3.connect(tmp_path / "library.sqlite") as raw:
        columns = {
            table: {row[1] for row in raw.execute(f"PRAGMA table_info({table})")}
            for table in METADATA.tables
        }
        indexes = {row[0] for row in raw.execute("SELECT name FROM sqlite_master WHERE sql > ''"
                                                 " AND type = 'index'")}  # fmt: skip
    raw.close()

    assert {name: set(table.c.keys()) for name, table in METADATA.tables.items()} == columns
    assert {
        str(index.name) for each in METADATA.tables.values() for index in each.indexes
    } == indexes


def test_an_older_kernel_may_go_on_writing(ledger: Ledger) -> None:
    """What was opened before a migration and does not know its columns still writes jobs."""
    with sqlite3.connect(ledger.path) as raw:
        raw.execute(
            "INSERT INTO jobs (uid, kind, state, request, content_key, simulated, base_url,"
            " created) VALUES ('u1', 'generation', 'request', '{}', 'k', 1, '', ?)",
            (NOON.isoformat(),),
        )
    raw.close()

    assert ["generations"] == [found.endpoint for found in ledger.jobs()]


def test_what_is_complete_stays_complete(ledger: Ledger) -> None:
    """A kernel that comes late with an error does not take the pictures away."""
    ledger.intend(record())
    ledger.completed(record(media=(), state="complete"))
    ledger.ended(record(state="failed", error="too late"))

    assert [("complete", None)] == [(found.state, found.error) for found in ledger.jobs()]


def test_processes_may_open_a_new_library_together(tmp_path: Path) -> None:
    """Whoever comes first makes the tables, and nobody stumbles over them."""
    with ThreadPoolExecutor(8) as threads:
        opened = list(threads.map(Ledger, [tmp_path] * 16))
    counts = [ledger.count() for ledger in opened]
    for ledger in opened:
        ledger.close()

    assert [0] * 16 == counts


def test_a_library_survives_its_process(tmp_path: Path) -> None:
    """What one ledger wrote the next one reads, and nothing is migrated twice."""
    first = Ledger(tmp_path)
    first.intend(record())
    first.close()
    second = Ledger(tmp_path)

    names = [found.uid for found in second.jobs()]
    second.close()

    assert ["u1"] == names


def test_the_newest_comes_first_in_pages(ledger: Ledger) -> None:
    """Pages run from the newest to the oldest without gap or repeat."""
    for number in range(5):
        ledger.intend(record(f"u{number}", created=NOON + timedelta(minutes=number)))

    pages = [[found.uid for found in ledger.jobs(limit=2, offset=start)] for start in (0, 2, 4)]

    assert ([["u4", "u3"], ["u2", "u1"], ["u0"]], 5) == (pages, ledger.count())


def test_a_job_is_found_by_either_name_and_its_beginning(ledger: Ledger) -> None:
    """Our name and the service's lead to the same row; wildcards are letters."""
    ledger.intend(record("u1"))
    ledger.acked(record("u1", job_id="1f19-abc", cost=Credits(11), state="ack"))

    found = [len(ledger.find(name)) for name in ("u1", "1f19-abc", "1f19", "%", "_1")]

    assert [1, 1, 1, 0, 0] == found


def test_many_jobs_are_found_by_their_whole_ids(ledger: Ledger) -> None:
    """In one query; neither beginnings nor unknown ids find anything."""
    for number in range(3):
        ledger.intend(record(f"u{number}"))
        ledger.acked(record(f"u{number}", state="ack", job_id=f"job-{number}"))
    found = ledger.with_job_ids(["job-0", "job-2", "job", "u1"])

    assert {"job-0": "u0", "job-2": "u2"} == {name: each.uid for name, each in found.items()}
    assert {} == ledger.with_job_ids([])


def test_a_failure_keeps_its_sentence(ledger: Ledger) -> None:
    """The error's words are kept as they are."""
    ledger.intend(record())
    ledger.ended(record(state="failed", error="<b>no</b>"))

    assert [("failed", "<b>no</b>")] == [(found.state, found.error) for found in ledger.jobs()]


def test_a_newer_library_is_refused(tmp_path: Path) -> None:
    """A database with a migration that we do not know is left alone."""
    Ledger(tmp_path).close()
    with sqlite3.connect(tmp_path / "library.sqlite") as raw:
        raw.execute("INSERT INTO migrations VALUES ('0099 from the future', 'x')")
    raw.close()

    with pytest.raises(LibraryError, match=r"newer leonardo_nb \(0099 from the future"):
        Ledger(tmp_path)


def test_a_file_that_is_no_database_is_refused(tmp_path: Path) -> None:
    """Something else under the database's name is an error, and stays as it is."""
    path = tmp_path / "library.sqlite"
    path.write_bytes(b"not a database" * 100)

    with pytest.raises(LibraryError, match="cannot be used"):
        Ledger(tmp_path)

    assert b"not a database" * 100 == path.read_bytes()


def test_what_gave_a_picture_is_found(ledger: Ledger, tmp_path: Path) -> None:
    """By the id of the picture or of the job, whole; the newest of several."""
    for uid, later in (("u1", 0), ("u2", 1)):
        media = (MediaFile("i1", "https://x", False, stored(tmp_path, uid)),)
        made = record(uid, created=NOON + timedelta(hours=later), job_id=f"job-{uid}", media=media)
        ledger.intend(made)
        ledger.completed(made)

    found = [ledger.made(name) for name in ("i1", "job-u1", "job", "i")]

    assert ["u2", "u1", None, None] == [each and each.uid for each in found]
