"""What the library's database remembers."""

from __future__ import annotations

import dataclasses
import os
import subprocess
import sys
import threading
import uuid
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
import sqlalchemy as sql
from hypothesis import given, settings
from hypothesis import strategies as st

from leonardo_nb.errors import LibraryError
from leonardo_nb.library.files import StoredFile
from leonardo_nb.library.ledger import Ledger
from leonardo_nb.library.reader import Reader
from leonardo_nb.library.records import JobRecord, MediaFile, Spending
from leonardo_nb.library.tables import METADATA, MIGRATIONS, MIGRATIONS_DONE
from leonardo_nb.money import Credits, Dollars

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
TABLES = tuple(METADATA.tables)


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


class Place:
    """Where a library is, on SQLite or on PostgreSQL, and what opens it."""

    def __init__(self, folder: Path, url: str | None) -> None:
        self.folder, self.url = folder, url
        self._opened: list[Ledger] = []

    def open(self) -> Ledger:
        """Return the library, which is closed at the end of the test."""
        opened = Ledger(self.folder, self.url)
        self._opened.append(opened)
        return opened

    def close(self) -> None:
        """Close what was opened."""
        for opened in self._opened:
            opened.close()

    def execute(self, *statements: str | sql.Executable) -> None:
        """Do to the database what no ledger would."""
        engine = sql.create_engine(self.url or f"sqlite:///{self.folder / 'library.sqlite'}")
        with engine.begin() as connection:
            for each in statements:
                if isinstance(each, str):
                    connection.exec_driver_sql(each)
                else:
                    connection.execute(each)
        engine.dispose()

    def columns_and_indexes(self) -> tuple[dict[str, set[str]], set[str | None]]:
        """Return what the database itself says of the tables that we know."""
        engine = sql.create_engine(self.url or f"sqlite:///{self.folder / 'library.sqlite'}")
        seen = sql.inspect(engine)
        columns = {table: {each["name"] for each in seen.get_columns(table)} for table in TABLES}
        indexes = {each["name"] for table in TABLES for each in seen.get_indexes(table)}
        engine.dispose()
        return columns, indexes


@pytest.fixture(params=["sqlite", "postgresql"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Place]:
    if request.param == "sqlite":
        place = Place(tmp_path, None)
        yield place
        place.close()
        return
    server = os.environ.get("LEONARDO_TEST_POSTGRES")
    if not server:
        pytest.skip("LEONARDO_TEST_POSTGRES names no server")
    pytest.importorskip("psycopg")
    schema = f"test_{uuid.uuid4().hex}"
    engine = sql.create_engine(server)
    with engine.begin() as connection:
        connection.exec_driver_sql(f"CREATE SCHEMA {schema}")
    url = engine.url.update_query_dict({"options": f"-csearch_path={schema}"})
    place = Place(tmp_path, url.render_as_string(hide_password=False))
    yield place
    place.close()
    with engine.begin() as connection:
        connection.exec_driver_sql(f"DROP SCHEMA {schema} CASCADE")
    engine.dispose()


@pytest.fixture(scope="module")
def lasting(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ledger]:
    made = Ledger(tmp_path_factory.mktemp("ledger"))
    yield made
    made.close()


@pytest.fixture
def ledger(place: Place) -> Ledger:
    return place.open()


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
        charge="charged",
    )
    ledger.acked(dataclasses.replace(whole, state="ack"))
    ledger.completed(whole)
    ledger.completed(whole)  # as another kernel may that looked for the same job

    assert (whole,) == ledger.jobs()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs os.fork")
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_after_a_fork_both_go_on(place: Place) -> None:
    """No connection is both's, and what the child writes is there, also after the parent's end."""
    ledger = place.open()
    ledger.intend(record("before"))
    told, tell = os.pipe()
    stay, go = os.pipe()
    if (child := os.fork()) == 0:
        failed = 1
        try:
            assert 0 == ledger.database._engine.pool.checkedin()  # type: ignore[attr-defined]
            ledger.intend(record("child"))
            os.write(tell, b"x")
            os.close(go)
            os.read(stay, 1)
            ledger.intend(record("child, alone"))
            failed = 0
        finally:
            os._exit(failed)
    os.close(tell)
    os.read(told, 1)
    ledger.intend(record("parent"))
    ledger.close()
    os.close(go)
    _, status = os.waitpid(child, 0)
    for end in (told, stay):
        os.close(end)

    assert (0, {"before", "child", "parent", "child, alone"}) == (
        status,
        {each.uid for each in place.open().jobs()},
    )


def test_a_fork_waits_for_what_is_being_written(place: Place) -> None:
    """A transaction of another thread is in one process only; the child begins with none."""
    ledger = place.open()
    begun, forked = threading.Event(), threading.Event()
    database = ledger.database

    def write() -> bool:
        with database.writing():
            begun.set()
            return forked.wait(0.3)

    with ThreadPoolExecutor(1) as thread:
        writing = thread.submit(write)
        begun.wait()
        database._before_fork()
        forked.set()
        at_work = database._at_work
        database._after_fork()

    assert (False, 0) == (writing.result(), at_work)


@pytest.fixture
def server(place: Place) -> Iterator[sql.Engine]:
    if place.url is None:
        pytest.skip("SQLite has one writer at a time")
    engine = sql.create_engine(place.url)
    yield engine
    engine.dispose()


def is_waiting(connection: sql.Connection) -> bool:
    """Return whether somebody waits for what *connection* holds."""
    query = "SELECT count(*) FROM pg_locks WHERE pg_backend_pid() = ANY(pg_blocking_pids(pid))"
    return bool(connection.exec_driver_sql(query).scalar_one())


@pytest.mark.parametrize("work", ["beat", "claim_all", "release"])
def test_a_deadlock_costs_a_lease_nothing(place: Place, server: sql.Engine, work: str) -> None:
    """What the server breaks off, because two wait for each other, is done again."""
    ledger = place.open()
    for uid in ("u1", "u2"):
        ledger.intend(record(uid, owner="me", lease_until=NOON))
    calls: dict[str, Callable[[], object]] = {
        "beat": lambda: ledger.beat("me", LATER),
        "claim_all": lambda: ledger.claim_all(["u1", "u2"], "me", LATER, now=NOON),
        "release": lambda: ledger.release("me"),
    }
    touch = "UPDATE jobs SET resent = 0 WHERE uid = %s"
    with ThreadPoolExecutor(1) as thread, server.begin() as other:
        other.exec_driver_sql("SET LOCAL deadlock_timeout = '8s'")  # so that it is not the one
        other.exec_driver_sql(touch, ("u2",))
        done = thread.submit(calls[work])
        while not is_waiting(other):
            assert not done.done()
        other.exec_driver_sql(touch, ("u1",))
        other.commit()
        done.result()

    until = None if work == "release" else LATER
    assert [until] * 2 == [each.lease_until for each in ledger.jobs()]


@pytest.mark.usefixtures("server")
def test_owners_change_one_after_another(place: Place) -> None:
    """Two that take the same jobs in opposite orders do not meet in the middle."""
    first, second = place.open(), place.open()
    uids = [f"u{number:04}" for number in range(1000)]
    first.intend_once([record(uid, content_key=uid) for uid in uids])
    broken: list[object] = []
    is_half_done = threading.Event()
    for ledger in (first, second):
        sql.event.listen(
            ledger.database._engine, "handle_error", lambda c: broken.append(c.original_exception)
        )

    def after(connection: sql.Connection, _cursor: object, statement: str, *_: object) -> None:
        if statement.startswith("UPDATE jobs") and not is_half_done.is_set():
            is_half_done.set()
            while not is_waiting(connection):
                pass

    sql.event.listen(first.database._engine, "after_cursor_execute", after)
    with ThreadPoolExecutor(2) as threads:
        one = threads.submit(first.claim_all, uids, "one", LATER, now=NOON)
        is_half_done.wait()
        two = threads.submit(second.claim_all, uids[::-1], "two", LATER, now=NOON)
        found = len(one.result()), len(two.result())

    assert ([], (1000, 0)) == (broken, found)


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
    whole = dataclasses.replace(asked, state="complete", media=media, charge="none")
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


def made_by(place: Place, migrations: int) -> None:
    """Make a library as it was after the first *migrations*, with one job that is complete."""
    place.execute(
        "CREATE TABLE migrations (name VARCHAR PRIMARY KEY, applied VARCHAR NOT NULL)",
    )
    for migration in MIGRATIONS[:migrations]:
        place.execute(
            *migration.statements,
            *(migration.postgresql if place.url else ()),
            sql.insert(MIGRATIONS_DONE).values(name=migration.name, applied=NOON.isoformat()),
        )
    if migrations:
        place.execute(
            "INSERT INTO jobs (uid, kind, state, request, content_key, simulated, base_url,"
            " created, job_id) VALUES ('u1', 'generation', 'complete', '{\"prompt\": \"fox\"}',"
            " 'k', TRUE, 'http://simulator.invalid', '2026-01-01T12:00:00+00:00', 'job-1')",
            "INSERT INTO files (uid, position, image_id, url, nsfw, path, sha256, media_type,"
            " width, height, size_bytes) VALUES ('u1', 0, 'i1', 'https://x/1', FALSE,"
            " 'media/p1/p1.jpeg', 'p1', 'image/jpeg', 8, 6, 100)",
        )


@pytest.mark.parametrize("migrations", range(1, len(MIGRATIONS) + 1))
def test_a_library_of_any_age_keeps_its_jobs(place: Place, tmp_path: Path, migrations: int) -> None:
    """Rows of every earlier version are read as if they had been written today."""
    made_by(place, migrations)

    found = place.open().jobs()

    picture = MediaFile("i1", "https://x/1", False, stored(tmp_path, "p1"))
    whole = record(state="complete", request={"prompt": "fox"}, job_id="job-1", media=(picture,))
    assert (dataclasses.replace(whole, endpoint="generations", charge="charged"),) == found


@pytest.mark.parametrize("migrations", range(len(MIGRATIONS) + 1))
def test_every_way_leads_to_the_same_tables(place: Place, migrations: int) -> None:
    """Whatever age a library is, it then has the columns that the ledger asks for."""
    made_by(place, migrations)
    place.open()
    columns, indexes = place.columns_and_indexes()

    assert {name: set(table.c.keys()) for name, table in METADATA.tables.items()} == columns
    assert {
        str(index.name) for each in METADATA.tables.values() for index in each.indexes
    } == indexes


def test_an_older_kernel_may_go_on_writing(place: Place, ledger: Ledger) -> None:
    """What was opened before a migration and does not know its columns still writes jobs."""
    place.execute(
        "INSERT INTO jobs (uid, kind, state, request, content_key, simulated, base_url,"
        " created) VALUES ('u1', 'generation', 'request', '{}', 'k', TRUE, '',"
        " '2026-01-01T12:00:00+00:00')"
    )

    assert [("generations", "none", 0)] == [
        (found.endpoint, found.charge, found.resent) for found in ledger.jobs()
    ]


def test_what_is_complete_stays_complete(ledger: Ledger) -> None:
    """A kernel that comes late with an error does not take the pictures away."""
    ledger.intend(record())
    ledger.completed(record(media=(), state="complete"))
    ledger.ended(record(state="failed", error="too late"))

    assert [("complete", None)] == [(found.state, found.error) for found in ledger.jobs()]


def test_processes_may_open_a_new_library_together(place: Place) -> None:
    """Whoever comes first makes the tables, and nobody stumbles over them."""
    with ThreadPoolExecutor(8) as threads:
        opened = list(threads.map(lambda _: place.open(), range(16)))

    assert [0] * 16 == [ledger.count() for ledger in opened]


def test_a_library_survives_its_process(place: Place) -> None:
    """What one ledger wrote the next one reads, and nothing is migrated twice."""
    first = place.open()
    first.intend(record())
    first.close()

    assert ["u1"] == [found.uid for found in place.open().jobs()]


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

    found = [len(ledger.find(name)) for name in ("u1", "1f19-abc", "1f19", "1F19-A", "%", "_1")]

    assert [1, 1, 1, 1, 0, 0] == found


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


def test_a_newer_library_is_refused(place: Place) -> None:
    """A database with a migration that we do not know is left alone."""
    place.open()
    place.execute("INSERT INTO migrations VALUES ('0099 from the future', '2030-01-01')")

    with pytest.raises(LibraryError, match=r"newer leonardo_nb \(0099 from the future"):
        place.open()


LATER = NOON + timedelta(minutes=1)


def test_a_job_has_one_owner(ledger: Ledger) -> None:
    """A job is claimed where it is free, one's own, or its lease is over, and not otherwise."""
    ledger.intend(record())

    claims = [
        ledger.claim("u1", "a", LATER, now=NOON),
        ledger.claim("u1", "b", LATER, now=NOON),
        ledger.claim("u1", "a", LATER, now=NOON),
        ledger.claim("u1", "b", LATER, now=LATER),
        ledger.claim("u1", "b", LATER + timedelta(minutes=1), now=LATER + timedelta(seconds=1)),
        ledger.claim("nothing", "b", LATER, now=NOON),
    ]

    assert [True, False, True, False, True, False] == claims
    assert ["b"] == [found.owner for found in ledger.jobs()]


def test_one_of_many_gets_the_job(place: Place) -> None:
    """Of engines that claim a job at the same moment, one has it."""
    ledgers = [place.open() for _ in range(4)]
    ledgers[0].intend(record())
    with ThreadPoolExecutor(8) as threads:
        claims = list(
            threads.map(
                lambda number: ledgers[number % 4].claim("u1", f"o{number}", LATER, now=NOON),
                range(24),
            )
        )

    assert 1 == sum(claims)


def test_a_new_job_is_its_maker_s(ledger: Ledger) -> None:
    """An intent may name owner, lease and sweep, and nobody can come between."""
    asked = record(owner="a", lease_until=LATER, sweep="foxes", price=Credits(11))
    ledger.intend(asked)

    assert not ledger.claim("u1", "b", LATER, now=NOON)
    assert (dataclasses.replace(asked, charge="none"),) == ledger.jobs()


def test_a_heartbeat_keeps_every_job_of_its_owner(ledger: Ledger) -> None:
    """The lease of all of them grows, and of nobody else's."""
    for uid, owner in (("u1", "a"), ("u2", "a"), ("u3", "b")):
        ledger.intend(record(uid, owner=owner, lease_until=NOON))

    assert 2 == ledger.beat("a", LATER)
    assert {"u1": LATER, "u2": LATER, "u3": NOON} == {
        found.uid: found.lease_until for found in ledger.jobs()
    }


def test_released_jobs_are_free(ledger: Ledger) -> None:
    """Whoever wants them may claim what an owner let go of."""
    ledger.intend(record(owner="a", lease_until=LATER))
    ledger.release("a")

    assert ledger.claim("u1", "b", LATER, now=NOON)


@pytest.mark.parametrize("state", ["complete", "failed"])
def test_a_job_that_ended_is_nobody_s(ledger: Ledger, state: str) -> None:
    """Its last owner lets go of it with the end, and nobody claims it again."""
    ledger.intend(record(owner="a", lease_until=LATER))
    whole = record(state=state, job_id="job-1")
    (ledger.completed if state == "complete" else ledger.ended)(whole)

    assert [None] == [found.owner for found in ledger.jobs()]
    assert not ledger.claim("u1", "a", LATER, now=NOON)


def test_who_lost_a_job_does_not_send_it(ledger: Ledger) -> None:
    """A sender whose job was taken meanwhile is told no, and nothing is written."""
    ledger.intend(record(owner="a", lease_until=NOON))
    ledger.claim("u1", "b", LATER, now=LATER)

    assert not ledger.sent("u1", NOON, owner="a")
    assert [(None, "none")] == [(found.sent, found.charge) for found in ledger.jobs()]
    assert ledger.sent("u1", NOON, owner="b")


def test_money_is_followed(ledger: Ledger) -> None:
    """Before sending nothing is spent, then it is unknown, then charged, then perhaps refunded."""
    ledger.intend(record())
    seen = [ledger.job("u1")]
    ledger.sent("u1", NOON)
    seen.append(ledger.job("u1"))
    ledger.sent_back("u1")
    seen.append(ledger.job("u1"))
    ledger.sent("u1", NOON, again=1)
    ledger.acked(record(state="ack", job_id="job-1", cost=Credits(11)))
    seen.append(ledger.job("u1"))
    ledger.ended(record(state="failed", job_id="job-1", cost=Credits(11), charge="refunded"))
    seen.append(ledger.job("u1"))

    assert ["none", "unknown", "none", "charged", "refunded"] == [
        found and found.charge for found in seen
    ]
    assert [0, 0, 0, 1, 1] == [found and found.resent for found in seen]


@pytest.mark.parametrize(("job_id", "charge"), [(None, "none"), ("job-1", "refunded")])
def test_a_failure_costs_nothing_unless_told(
    ledger: Ledger, job_id: str | None, charge: str
) -> None:
    """What was refused was never charged, and what failed at the service is given back."""
    ledger.intend(record())
    ledger.sent("u1", NOON)
    ledger.ended(record(state="failed", job_id=job_id))

    assert [charge] == [found.charge for found in ledger.jobs()]


def test_a_late_acknowledgement_moves_no_job_that_ended(ledger: Ledger) -> None:
    """Id and price are kept, and the state stays the last one."""
    ledger.intend(record())
    ledger.ended(record(state="cancelled"))
    ledger.acked(record(state="ack", job_id="job-1", cost=Credits(11)))

    assert [("cancelled", "job-1", Credits(11))] == [
        (found.state, found.job_id, found.cost) for found in ledger.jobs()
    ]


def test_a_look_moves_what_is_accepted_and_nothing_else(ledger: Ledger) -> None:
    """It is at work from then on; a late look moves no job that ended, and none without an id."""
    for uid, state in (("u1", "ack"), ("u2", "complete"), ("u3", "request")):
        ledger.intend(record(uid, state=state))
        ledger.looked(uid)

    assert {"u1": "pending", "u2": "complete", "u3": "request"} == {
        found.uid: found.state for found in ledger.jobs()
    }


def test_one_job_is_adopted_once(ledger: Ledger) -> None:
    """Of two requests that were the same, one takes the job that was found, the other does not."""
    for uid in ("u1", "u2"):
        ledger.intend(record(uid))

    taken = [
        ledger.adopt(record(uid, state="ack", job_id=job_id))
        for uid, job_id in (("u1", "job-1"), ("u2", "job-1"), ("u2", "job-2"), ("u2", "job-2"))
    ]

    assert [True, False, True, True] == taken
    assert {"job-1", "job-2"} == ledger.known(["job-1", "job-2", "job-3"])


def test_what_has_not_ended_is_found_again(ledger: Ledger) -> None:
    """Intents, sent and accepted jobs of one service, the oldest first; what ended is not."""
    states = ("pending", "ack", "request", "complete", "failed", "cancelled")
    for number, state in enumerate(states):
        created = NOON - timedelta(minutes=number)
        ledger.intend(record(f"u{number}", state=state, created=created))
    ledger.intend(record("elsewhere", base_url="https://x"))
    ledger.claim("u1", "a", LATER, now=NOON)
    here = record().base_url

    assert ["u2", "u1", "u0"] == [found.uid for found in ledger.unfinished(here)]
    assert ["u2", "u1"] == [found.uid for found in ledger.unfinished(here, limit=2)]
    earlier = ledger.unfinished(here, before=NOON - timedelta(minutes=1))
    assert ["u2"] == [found.uid for found in earlier]


def test_a_request_is_written_down_once(ledger: Ledger, tmp_path: Path) -> None:
    """The newest whole job of a request stands for it, else one under way, of the same service."""
    for number, has_file in enumerate((True, True, False)):
        asked = record(f"u{number}", created=NOON + timedelta(minutes=number))
        file = stored(tmp_path, f"p{number}")
        if has_file:
            file.path.parent.mkdir(parents=True)
            file.path.touch()
        ledger.intend(asked)
        item = MediaFile("i", "https://x", False, file)
        ledger.completed(dataclasses.replace(asked, state="complete", media=(item,)))
    ledger.intend(record("open", content_key="under way", created=LATER))
    ledger.intend(record("failed", content_key="failed"))
    ledger.ended(record("failed", state="failed"))

    asked_for: tuple[dict[str, Any], ...] = (
        {},
        {"simulated": False},
        {"base_url": "https://x"},
        {"content_key": "under way"},
        {"content_key": "failed"},
        {"content_key": "failed"},
    )
    found = [
        ledger.intend_once([record(f"new{number}", **facts)])[0].uid
        for number, facts in enumerate(asked_for)
    ]

    assert ["u1", "new1", "new2", "open", "new4", "new4"] == found


def test_of_many_who_ask_at_once_one_is_written_down(place: Place) -> None:
    """Two kernels that run the same sweep pay for each of its cells once."""
    ledgers = [place.open() for _ in range(4)]

    def ask(number: int) -> list[str]:
        asked = [record(f"{number}-{cell}", content_key=f"k{cell}") for cell in range(6)]
        return [each.uid for each in ledgers[number % 4].intend_once(asked)]

    with ThreadPoolExecutor(8) as threads:
        found = list(threads.map(ask, range(8)))

    assert 6 == ledgers[0].count()
    assert all(found[0] == each for each in found)


def test_a_budget_is_a_wall(ledger: Ledger) -> None:
    """What is set aside, charged or unknown counts; what was given back or never sent does not."""
    for number in range(9):
        ledger.intend(record(f"u{number}"))

    def fits(number: int, amount: int) -> bool:
        return ledger.reserve(f"u{number}", Credits(amount), Credits(100), "studio")

    assert fits(0, 60)
    assert not fits(1, 41)
    assert fits(1, 40)
    assert fits(0, 60)  # the same job again takes the place of its first reservation
    assert not fits(2, 1)
    ledger.sent("u0", NOON)
    assert not fits(2, 1)  # its answer may be lost, and the money too
    ledger.acked(record("u0", state="ack", job_id="job-0", cost=Credits(50)))
    assert fits(2, 10)
    assert not fits(3, 1)
    ledger.ended(record("u0", state="failed", job_id="job-0", cost=Credits(50), charge="refunded"))
    assert not fits(3, 51)
    assert fits(3, 50)
    ledger.ended(record("u1", state="cancelled", charge="none"))
    assert fits(4, 40)
    assert ledger.reserve("u5", Credits(100), Credits(100), "of another scope")


def test_a_budget_counts_in_its_own_unit(ledger: Ledger) -> None:
    """Credits count in a budget of dollars by about what they are worth."""
    for uid in ("u1", "u2", "u3"):
        ledger.intend(record(uid))

    fits = [
        ledger.reserve("u1", Credits(100), Dollars("0.20"), "s"),  # $0.1495
        ledger.reserve("u2", Dollars("0.06"), Dollars("0.20"), "s"),
        ledger.reserve("u3", Dollars("0.05"), Dollars("0.20"), "s"),
    ]

    assert [True, False, True] == fits


@settings(max_examples=40)
@given(
    steps=st.lists(
        st.tuples(
            st.integers(0, 5),
            st.sampled_from(["reserve", "sent", "acked", "refunded", "refused"]),
            st.integers(0, 40),
        ),
        max_size=30,
    )
)
def test_a_budget_is_never_passed_by_a_reservation(
    steps: list[tuple[int, str, int]], lasting: Ledger
) -> None:
    """Whatever happens to jobs in any order, one more is let in if and only if there is room."""
    ledger, scope = lasting, uuid.uuid4().hex
    uids = [f"{scope}-{number}" for number in range(6)]
    taken = dict.fromkeys(uids, 0)
    ended = set()
    for uid in uids:
        ledger.intend(record(uid))
    for number, what, amount in steps:
        uid = uids[number]
        if uid in ended:
            continue
        if what == "reserve" and not taken[uid]:
            fits = sum(taken.values()) + amount <= 100
            assert fits == ledger.reserve(uid, Credits(amount), Credits(100), scope)
            taken[uid] = amount if fits else 0
        elif what == "sent":
            ledger.sent(uid, NOON)
        elif what == "acked" and taken[uid]:
            ledger.acked(record(uid, state="ack", job_id=uid, cost=Credits(amount)))
            taken[uid] = amount  # the service has the last word, and it may be more
        elif what in {"refunded", "refused"}:
            job_id = uid if what == "refunded" else None
            ledger.ended(record(uid, state="failed", job_id=job_id))
            ended.add(uid)
            taken[uid] = 0


def test_a_budget_is_a_wall_for_threads(place: Place) -> None:
    """However many ask at once, the sum never passes the limit, and reaches it."""
    ledgers = [place.open() for _ in range(4)]
    for number in range(40):
        ledgers[0].intend(record(f"u{number}"))
    with ThreadPoolExecutor(8) as threads:
        fitting = list(
            threads.map(
                lambda n: ledgers[n % 4].reserve(f"u{n}", Credits(11), Credits(110), "s"),
                range(40),
            )
        )

    assert 10 == sum(fitting)


SPENDER = """
import sys
from pathlib import Path
from leonardo_nb.library.ledger import Ledger
from leonardo_nb.money import Credits

folder, url, number = sys.argv[1:]
ledger = Ledger(Path(folder), url or None)
uids = [f"u{number}-{each}" for each in range(10)]
print(sum(ledger.reserve(uid, Credits(11), Credits(275), "s") for uid in uids))
ledger.close()
"""


@pytest.mark.timeout(60)  # eight interpreters start
def test_a_budget_is_a_wall_for_processes(place: Place) -> None:
    """Eight processes that each want ten jobs get together what the budget has room for."""
    ledger = place.open()
    for process in range(8):
        for each in range(10):
            ledger.intend(record(f"u{process}-{each}"))
    running = [
        subprocess.Popen(
            [sys.executable, "-c", SPENDER, str(place.folder), place.url or "", str(number)],
            stdout=subprocess.PIPE,
            text=True,
        )
        for number in range(8)
    ]

    assert 25 == sum(int(process.communicate()[0]) for process in running)


def test_spending_is_told_by_day_and_by_sweep(ledger: Ledger) -> None:
    """Each line has what was charged, refunded and unknown in one unit; intents cost nothing."""
    tomorrow = NOON + timedelta(days=1)
    paid: tuple[dict[str, Any], ...] = (
        {"cost": Credits(11), "charge": "charged", "sweep": "foxes"},
        {"cost": Credits(11), "charge": "refunded", "sweep": "foxes"},
        {"cost": None, "price": Credits(5), "charge": "unknown"},
        {"cost": None, "charge": "charged"},
        {"cost": Dollars("0.0147"), "charge": "charged", "created": tomorrow},
        {"cost": Credits(7), "charge": "charged", "created": tomorrow, "simulated": False},
        {"price": Credits(7)},
    )
    for number, facts in enumerate(paid):
        asked = record(f"u{number}", **facts)
        ledger.intend(asked)
        if "charge" in facts:
            ledger.ended(dataclasses.replace(asked, state="pending"))
    none = Credits(0)

    assert {
        Spending("2026-01-02", False, "CREDITS", 1, Credits(7), none, none, 0),
        Spending("2026-01-02", True, "DOLLARS", 1, Dollars("0.0147"), Dollars(0), Dollars(0), 0),
        Spending("2026-01-01", True, "CREDITS", 4, Credits(11), Credits(11), Credits(5), 1),
    } == set(ledger.spending())
    assert {
        Spending("foxes", True, "CREDITS", 2, Credits(11), Credits(11), none, 0),
        Spending("", True, "CREDITS", 1, none, none, Credits(5), 0),
        Spending("", True, "DOLLARS", 2, Dollars("0.0147"), Dollars(0), Dollars(0), 1),
        Spending("", False, "CREDITS", 1, Credits(7), none, none, 0),
    } == set(ledger.spending("sweep"))
    assert ["2026-01-02", "2026-01-02", "2026-01-01"] == [row.name for row in ledger.spending()]


def test_text_that_a_server_refuses_is_asked_for_and_kept(ledger: Ledger) -> None:
    """A zero byte is in no id, and an error that has one is written down without it."""
    ledger.intend(record(request={"prompt": "a\0fox"}))
    ledger.ended(record(state="failed", error="no\0"))

    assert () == ledger.find("u1\0")
    assert [("a\0fox", "no")] == [(each.request["prompt"], each.error) for each in ledger.jobs()]


def test_what_gave_a_picture_is_found(ledger: Ledger, tmp_path: Path) -> None:
    """By the id of the picture or of the job, whole; the newest of several."""
    for uid, later in (("u1", 0), ("u2", 1)):
        media = (MediaFile("i1", "https://x", False, stored(tmp_path, uid)),)
        made = record(uid, created=NOON + timedelta(hours=later), job_id=f"job-{uid}", media=media)
        ledger.intend(made)
        ledger.completed(made)

    found = [ledger.made(name) for name in ("i1", "job-u1", "job", "i")]

    assert ["u2", "u1", None, None] == [each and each.uid for each in found]


def test_many_reservations_are_one_sum(ledger: Ledger) -> None:
    """Of ten jobs those fit that fit one after the other, the last one after one that did not."""
    for number in range(10):
        ledger.intend(record(f"u{number}"))
    amounts = {f"u{number}": Credits(30) for number in range(4)} | {"u9": Credits(10)}

    kept = ledger.reserve_all(amounts, Credits(100), "s")

    assert {"u0", "u1", "u2", "u9"} == kept
    assert (Credits(0), Credits(100)) == ledger.reserved("s", "CREDITS")


def test_what_is_set_aside_already_fits_again(ledger: Ledger) -> None:
    """Jobs that are taken up after a restart keep their place in a budget that is full."""
    for number in range(3):
        ledger.intend(record(f"u{number}"))
    amounts = {"u0": Credits(50), "u1": Credits(50)}
    ledger.reserve_all(amounts, Credits(100), "s")

    again = ledger.reserve_all(amounts | {"u2": Credits(1)}, Credits(100), "s")
    lower = ledger.reserve_all(amounts, Credits(99), "s")

    assert ({"u0", "u1"}, set()) == (again, lower)


def test_many_end_together(ledger: Ledger) -> None:
    """Those with an error and those without one are written down; what is complete stays so."""
    for number in range(3):
        ledger.intend(record(f"u{number}"))
    ledger.completed(record("u0", state="complete"))
    failed = record("u2", state="failed", error="no")

    ledger.ended_all([record("u0", state="cancelled"), record("u1", state="cancelled"), failed])

    ends = ledger.with_uids(["u0", "u1", "u2"])
    assert ["complete", "cancelled", "failed"] == [ends[f"u{n}"].state for n in range(3)]
    assert [None, None, "no"] == [ends[f"u{n}"].error for n in range(3)]


def test_whoever_only_asks_waits_for_nobody(ledger: Ledger) -> None:
    """A reader on the ledger's database sees what is written down, while somebody writes."""
    ledger.intend(record())
    reader = Reader(ledger.folder, ledger.database)

    with ledger.database.writing():
        assert (1, ["u1"]) == (reader.count(), [found.uid for found in reader.jobs()])
