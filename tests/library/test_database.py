"""How the library's database is opened, refused, backed up and locked."""

from __future__ import annotations

import os
import sqlite3
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
import sqlalchemy as sql

from leonardo_nb.errors import LibraryError
from leonardo_nb.library import database as database_module
from leonardo_nb.library.database import IMMEDIATE, Database, set_journal
from leonardo_nb.library.ledger import Ledger
from leonardo_nb.library.locks import FileLock, is_on_network
from leonardo_nb.library.records import JobRecord
from leonardo_nb.library.tables import MIGRATIONS
from leonardo_nb.money import Credits

if TYPE_CHECKING:
    from pathlib import Path

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
LONG_AGO = NOON.isoformat()
BEFORE = "library.sqlite.before-0002-videos-and-variations"


def record(uid: str) -> JobRecord:
    return JobRecord(uid, "generation", "request", {}, "k", True, "http://x.invalid", NOON)


def old_library(folder: Path, migrations: int = 1, *, applied: str = LONG_AGO) -> Path:
    """Make a library as it was after the first *migrations*, with one job."""
    path = folder / "library.sqlite"
    with closing(sqlite3.connect(path)) as raw, raw:
        raw.execute("CREATE TABLE migrations (name VARCHAR PRIMARY KEY, applied VARCHAR NOT NULL)")
        for migration in MIGRATIONS[:migrations]:
            for statement in migration.statements:
                raw.execute(statement)
            raw.execute("INSERT INTO migrations VALUES (?, ?)", (migration.name, applied))
        raw.execute(
            "INSERT INTO jobs (uid, kind, state, request, content_key, simulated, base_url,"
            " created) VALUES ('u1', 'generation', 'request', '{}', 'k', 1, '', ?)",
            (LONG_AGO,),
        )
    return path


def read(path: Path, query: str) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(path)) as raw:
        return raw.execute(query).fetchall()


def test_a_library_is_copied_before_it_is_migrated(tmp_path: Path) -> None:
    """The copy is the library as it was, in one file."""
    old_library(tmp_path)
    Ledger(tmp_path).close()

    assert [("0001 first tables",)] == read(tmp_path / BEFORE, "SELECT name FROM migrations")
    assert [("u1",)] == read(tmp_path / BEFORE, "SELECT uid FROM jobs")
    assert [] == list(tmp_path.glob("*.part")) + list(tmp_path.glob(f"{BEFORE}-*"))


def test_a_backup_takes_no_other_s_place(tmp_path: Path) -> None:
    """One that is there already stays, and the next has a number."""
    old_library(tmp_path)
    (tmp_path / BEFORE).write_text("an older one")
    Ledger(tmp_path).close()

    assert "an older one" == (tmp_path / BEFORE).read_text()
    assert [("u1",)] == read(tmp_path / f"{BEFORE}-2", "SELECT uid FROM jobs")


def test_a_new_library_needs_no_copy(tmp_path: Path) -> None:
    """Neither before its first migration, nor on its first day."""
    Ledger(tmp_path).close()
    Ledger(tmp_path).close()

    assert ["library.sqlite"] == [path.name for path in tmp_path.iterdir()]


def test_a_folder_may_have_any_name(tmp_path: Path) -> None:
    """What has a meaning in addresses is a letter here."""
    folder = tmp_path / "foxes? 100% #1 @home"
    folder.mkdir()
    Ledger(folder).close()

    assert ["library.sqlite"] == [path.name for path in folder.iterdir()]


def test_a_migration_that_fails_changes_nothing(tmp_path: Path) -> None:
    """What its first steps did is undone, and the backup is there."""
    path = old_library(tmp_path)
    with closing(sqlite3.connect(path)) as raw:
        raw.execute("CREATE TABLE posters (uid VARCHAR)")  # in the way of the second migration
    with pytest.raises(LibraryError, match="posters already exists"):
        Ledger(tmp_path)

    columns = {row[1] for row in read(path, "PRAGMA table_info(jobs)")}
    assert [("0001 first tables",)] == read(path, "SELECT name FROM migrations")
    assert set() == columns & {"endpoint", "owner"}
    assert (tmp_path / BEFORE).exists()


def test_a_library_is_copied_once_a_day(tmp_path: Path) -> None:
    """Closing it copies it where the last copy is more than a day old, and not before."""
    old_library(tmp_path, len(MIGRATIONS))
    backup = tmp_path / "library.sqlite.backup"

    def jobs_in_backup_after(uid: str) -> list[tuple[object, ...]]:
        ledger = Ledger(tmp_path)
        ledger.intend(record(uid))
        ledger.close()
        return read(backup, "SELECT count(*) FROM jobs")

    first = jobs_in_backup_after("u2")
    second = jobs_in_backup_after("u3")
    yesterday = (datetime.now(UTC) - timedelta(hours=25)).timestamp()
    os.utime(backup, (yesterday, yesterday))
    third = jobs_in_backup_after("u4")

    assert ([(2,)], [(2,)], [(4,)]) == (first, second, third)


def damage(path: Path) -> bytes:
    """Write over everything behind the head of the file at *path*, and return what it is now."""
    whole = path.read_bytes()
    path.write_bytes(whole[:4096] + b"\xa5" * (len(whole) - 4096))
    return path.read_bytes()


def test_a_damaged_library_does_not_replace_its_backup(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """The copy is checked before it takes the place of the last good one."""
    path = old_library(tmp_path, len(MIGRATIONS))
    Ledger(tmp_path).close()
    backup = tmp_path / "library.sqlite.backup"
    good = backup.read_bytes()
    os.utime(backup, (0, 0))
    ledger = Database(tmp_path)
    damage(path)
    ledger.close()

    assert good == backup.read_bytes()
    assert "could not be backed up" in caplog.text


def test_a_file_that_is_no_database_is_refused(tmp_path: Path) -> None:
    """Something else under the database's name is an error, and stays as it is."""
    path = tmp_path / "library.sqlite"
    path.write_bytes(b"not a database" * 100)

    with pytest.raises(LibraryError) as caught:
        Ledger(tmp_path)

    assert (
        f"The library {path} cannot be used: file is not a database. Nothing was overwritten. "
        "There is no backup of it."
    ) == str(caught.value)
    assert b"not a database" * 100 == path.read_bytes()


@pytest.mark.parametrize("content", [b"", b"not a database" * 100])
def test_a_refusal_says_where_the_newest_backup_is(tmp_path: Path, content: bytes) -> None:
    """Of several, the newest is named; an empty file is no new library where there is one."""
    for age, name in enumerate(("backup", "before-0002", "before-0001")):
        path = tmp_path / f"library.sqlite.{name}"
        path.touch()
        os.utime(path, (1e9 - age, 1e9 - age))
    (tmp_path / "library.sqlite").write_bytes(content)

    with pytest.raises(LibraryError) as caught:
        Ledger(tmp_path)

    assert str(caught.value).endswith(
        f"The newest backup is {tmp_path / 'library.sqlite.backup'}; to go back to it, move "
        "library.sqlite away and copy the backup to its name."
    )
    assert content == (tmp_path / "library.sqlite").read_bytes()


def test_damage_that_is_met_later_is_told_too(tmp_path: Path) -> None:
    """A library that opens and cannot be read says so, and where its backup is."""
    path = old_library(tmp_path, len(MIGRATIONS))
    Ledger(tmp_path).close()
    left = damage(path)

    with pytest.raises(LibraryError, match=r"malformed.*The newest backup is .*\.backup;"):
        Ledger(tmp_path).jobs()

    assert left == path.read_bytes()


def test_a_database_of_something_else_is_left_alone(tmp_path: Path) -> None:
    """Not even a setting is changed on it."""
    path = tmp_path / "library.sqlite"
    with closing(sqlite3.connect(path)) as raw:
        raw.execute("CREATE TABLE bookmarks (url TEXT)")
    before = path.read_bytes()

    with pytest.raises(LibraryError, match="a database of something else"):
        Ledger(tmp_path)

    assert before == path.read_bytes()


def test_a_newer_library_is_refused_as_it_is(tmp_path: Path) -> None:
    """The sentence names what is not known and the backup; the file stays as it is."""
    path = old_library(tmp_path)
    with closing(sqlite3.connect(path)) as raw, raw:
        raw.execute("INSERT INTO migrations VALUES ('0099 from the future', '2030-01-01')")

    with pytest.raises(LibraryError) as caught:
        Ledger(tmp_path)

    assert (
        f"The library {path} was written by a newer leonardo_nb (0099 from the future); upgrade "
        "to use it. Nothing was changed. There is no backup of it."
    ) == str(caught.value)
    assert [("0001 first tables",), ("0099 from the future",)] == read(
        path, "SELECT name FROM migrations"
    )


@pytest.mark.parametrize("url", ["mysql://u:secret@h/d", "no address secret", "sqlite:///secret"])
def test_an_address_of_something_else_is_refused(tmp_path: Path, url: str) -> None:
    """Only PostgreSQL's are taken, and what was given is not repeated."""
    with pytest.raises(LibraryError, match=r"none of PostgreSQL") as caught:
        Ledger(tmp_path, url)

    assert "secret" not in str(caught.value)


def test_a_server_that_is_not_there_is_told_without_secrets(tmp_path: Path) -> None:
    """The sentence names the database and the host, and no password."""
    pytest.importorskip("psycopg")
    with pytest.raises(
        LibraryError, match=r"^The library foxes on 127\.0\.0\.1 cannot be used"
    ) as e:
        Ledger(tmp_path, "postgresql://u:secret@127.0.0.1:1/foxes")

    assert "secret" not in str(e.value)


def test_it_is_seen_where_the_log_cannot_be_had() -> None:
    """SQLite says no by staying with another journal, as it does without shared memory."""
    with closing(sqlite3.connect(":memory:")) as raw:
        assert not set_journal(raw, "WAL")


def test_a_file_system_that_breaks_the_log_has_none() -> None:
    """An error of the system, as some network folders give, is a no; a busy database is not."""

    class Broken:
        def __init__(self, code: int) -> None:
            self.error = sqlite3.OperationalError("no")
            self.error.sqlite_errorcode = code

        def execute(self, _: str) -> sqlite3.Cursor:
            raise self.error

    codes = (sqlite3.SQLITE_PROTOCOL, sqlite3.SQLITE_IOERR | 5 << 8)
    assert [False, False] == [set_journal(Broken(code), "WAL") for code in codes]
    with pytest.raises(sqlite3.OperationalError):
        set_journal(Broken(sqlite3.SQLITE_BUSY), "WAL")


def test_the_log_is_waited_for_while_somebody_writes(tmp_path: Path) -> None:
    """SQLite says at once that it is busy when a journal is set, and is asked again."""
    path = tmp_path / "library.sqlite"
    with (
        closing(sqlite3.connect(path, isolation_level=None)) as writer,
        closing(sqlite3.connect(path, isolation_level=None)) as opener,
    ):
        writer.execute(IMMEDIATE)
        refusals = []

        class Asked:
            def execute(self, query: str) -> sqlite3.Cursor:
                try:
                    return opener.execute(query)
                except sqlite3.OperationalError as error:
                    refusals.append(str(error))
                    writer.rollback()
                    raise

        assert set_journal(Asked(), "WAL", patience=10.0)
    assert ["database is locked"] == refusals


def test_without_the_log_many_may_write(tmp_path: Path) -> None:
    """With a lock file in its place, nothing that threads write together is lost."""
    ledgers = [Ledger(tmp_path, wal=False) for _ in range(4)]
    with ThreadPoolExecutor(8) as threads:
        list(threads.map(lambda n: ledgers[n % 4].intend(record(f"u{n}")), range(40)))
    counts = [ledger.count() for ledger in ledgers]
    for ledger in ledgers:
        ledger.close()

    assert [40] * 4 == counts
    assert [("delete",)] == read(tmp_path / "library.sqlite", "PRAGMA journal_mode")
    assert (tmp_path / "library.lock").exists()


def test_without_the_log_nobody_reads_while_one_writes(tmp_path: Path) -> None:
    """A reader waits for the lock file."""
    database = Database(tmp_path, wal=False)
    lock = FileLock(tmp_path / "library.lock", patience=0.0)
    with database.writing(), pytest.raises(LibraryError, match="has held"), lock.held(shared=True):
        pass
    with database.reading(), lock.held(shared=True):
        pass
    database.close()


def test_without_the_log_the_daily_copy_waits_for_who_writes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """It might be torn where SQLite's own locks do not reach; it is made another time."""
    monkeypatch.setattr(database_module, "PATIENCE", 0.0)
    old_library(tmp_path, len(MIGRATIONS))
    database = Database(tmp_path, wal=False)
    with FileLock(tmp_path / "library.lock", patience=0.0).held():
        database.close()

    assert "has held" in caplog.text
    assert not (tmp_path / "library.sqlite.backup").exists()


def test_without_the_log_the_first_look_waits_for_who_writes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is half written is not taken for no library."""
    monkeypatch.setattr(database_module, "PATIENCE", 0.0)
    (tmp_path / "library.sqlite").write_bytes(b"half of a page, by another machine" * 100)
    lock = FileLock(tmp_path / "library.lock", patience=0.0)

    with lock.held(), pytest.raises(LibraryError, match="has held"):
        Database(tmp_path, wal=False)


def test_a_library_leaves_the_log_where_it_may_not_be(tmp_path: Path) -> None:
    """One that was made with the log is used without it after it was moved."""
    Ledger(tmp_path, wal=True).close()
    ledger = Ledger(tmp_path, wal=False)
    ledger.intend(record("u1"))
    ledger.close()

    assert [("delete",)] == read(tmp_path / "library.sqlite", "PRAGMA journal_mode")


def test_a_lock_is_one_s_at_a_time(tmp_path: Path) -> None:
    """Threads of one process wait for each other, too."""
    lock = FileLock(tmp_path / "lock", patience=10)
    inside, most, guard = 0, 0, threading.Lock()

    def work(_: int) -> None:
        nonlocal inside, most
        with lock.held():
            with guard:
                inside += 1
                most = max(most, inside)
            with guard:
                inside -= 1

    with ThreadPoolExecutor(8) as threads:
        list(threads.map(work, range(200)))

    assert 1 == most


def test_network_file_systems_are_known(tmp_path: Path) -> None:
    """The nearest mount above a folder says what it lies on."""
    mounts = tmp_path / "mounts"
    mounts.write_text(
        f"/dev/a / ext4 rw 0 0\nhost:/x {tmp_path}/far\\040away nfs4 rw 0 0\n"
        f"/dev/b {tmp_path}/far\\040away/near ext4 rw 0 0\n"
    )
    folders = [tmp_path, tmp_path / "far away" / "foxes", tmp_path / "far away" / "near" / "foxes"]

    assert [False, True, False] == [is_on_network(folder, mounts) for folder in folders]
    assert not is_on_network(tmp_path, tmp_path / "not Linux")


def test_no_question_reads_every_job(tmp_path: Path) -> None:
    """However large a library is, an index leads to what is asked for; sums of money read all."""
    ledger = Ledger(tmp_path)
    statements: list[tuple[str, tuple[object, ...]]] = []
    engine = ledger.database._engine
    sql.event.listen(
        engine,
        "before_cursor_execute",
        lambda _c, _cursor, statement, values, *_: statements.append((statement, values)),
    )
    ledger.intend(record("u1"))
    ledger.jobs()
    ledger.job("u1")
    ledger.find("u")
    ledger.media("i1")
    ledger.known(["j1"])
    ledger.unfinished("http://x.invalid")
    ledger.intend_once([record("u2")])
    ledger.owners("http://x.invalid")
    ledger.lost("http://x.invalid")
    ledger.with_uids(["u1", "u2"])
    ledger.reserved("s", "CREDITS")
    ledger.claim("u1", "me", NOON)
    ledger.beat("me", NOON)
    ledger.release("me")
    ledger.reserve("u1", Credits(1), Credits(2), "s")
    ledger.sent("u1", NOON)
    ledger.adopt(record("u1"))
    ledger.ended(record("u1"))
    with engine.connect() as connection:
        plans = [
            (statement, str(step.detail))
            for statement, values in list(statements)
            if not statement.startswith(("BEGIN", "PRAGMA"))
            for step in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", values)
        ]
    ledger.close()

    assert [] == [
        (statement, step)
        for statement, step in plans
        if step.startswith("SCAN") and step != "SCAN jobs USING INDEX ix_jobs_created"
    ]
    assert 1 == sum("ix_jobs_reuse (content_key=? AND state=?" in step for _, step in plans)
    assert 2 == sum("ix_jobs_state (state=? AND base_url=?)" in step for _, step in plans)
