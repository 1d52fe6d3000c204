"""
The database that the ledger is kept in: opened, refused, migrated, backed up and locked.

On SQLite, a file in the library folder, or on a PostgreSQL server that several machines share; what
differs between the two is here, so that the ledger is written once.
"""

from __future__ import annotations

import logging
import os
import re
import sqlite3
import threading
import time
import uuid
import weakref
from contextlib import closing, contextmanager, nullcontext, suppress
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

import sqlalchemy as sql
from sqlalchemy import event, exc

from leonardo_nb.errors import LibraryError
from leonardo_nb.library.locks import AGAIN, FileLock, is_on_network
from leonardo_nb.library.tables import MIGRATIONS, MIGRATIONS_DONE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from collections.abc import Set as AbstractSet
    from pathlib import Path

__all__ = ["Database", "portions", "written"]

log = logging.getLogger("leonardo_nb")

Result = TypeVar("Result")

IMMEDIATE = "BEGIN IMMEDIATE"
"""Takes the write lock first, so that two processes cannot both find a table missing."""

PATIENCE = 10.0
"""How long to wait for another process that writes, in seconds."""

DAY = 86_400.0

AT_ONCE = 500
"""Values in one statement; older SQLites take 999."""

DAMAGED = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}
UNABLE = {sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PROTOCOL}
"""What file systems without shared memory or locks make SQLite say."""

BROKEN_OFF = {"40001", "40P01"}
"""PostgreSQL's codes for what it undid because others were in the way: serialisation, deadlock."""

SOMEBODY = re.compile(r'\b(user|role) "[^"]*"')
"""How PostgreSQL names who connects; where the address names nobody, it is who runs this."""

INSTALL = 'pip install "leonardo_nb[scale]"'


class Database:
    """
    The database of the library in *folder*.

    An existing SQLite file is copied to `library.sqlite.before-<migration>` before it is migrated,
    and once a day to `library.sqlite.backup` when it is closed. A PostgreSQL server is backed up
    by whoever keeps it.

    Args:
        folder: Where the files are, and `library.sqlite`.
        url: Of a PostgreSQL database, such as `postgresql+psycopg://user@host/name`; None for the
            SQLite file.
        wal: Whether to try SQLite's write-ahead log; by default unless the folder is known to be
            on a network file system, where it fails. Without it a lock file guards every access.
        migrates: Whether tables are made and changed where that is due; else the database can
            only be asked whether it `is_new`.

    Raises:
        LibraryError: It cannot be opened, is damaged, is something else, or was written by a newer
            leonardo_nb. Nothing is changed then.
    """

    def __init__(
        self,
        folder: Path,
        url: str | None = None,
        *,
        wal: bool | None = None,
        migrates: bool = True,
    ) -> None:
        self.path = folder / "library.sqlite"
        self.is_sqlite = url is None
        self._lock: FileLock | None = None
        self._born = time.time()
        self._secrets: frozenset[str] = frozenset()
        if url is None:
            self.name = str(self.path)
            self._wal = not is_on_network(folder) if wal is None else wal
            if not self._wal:
                self._lock = self._lock_file()
            self._refuse_what_is_no_library()
            self._engine = sql.create_engine(
                # not as text: a folder may be named with what has a meaning in addresses
                sql.URL.create("sqlite", database=str(self.path)),
                connect_args={"timeout": PATIENCE},
            )
            event.listen(self._engine, "connect", self._configure)
            event.listen(self._engine, "begin", _begin)
        else:
            self._engine = _postgresql(url)
            # the address without user, password and options, any of which may be secret
            address = self._engine.url
            told = (address.username, address.password)
            also = (address.query.get("user"), address.query.get("password"))
            self._secrets = frozenset(str(each) for each in (*told, *also) if each)
            self.name = f"{address.database} on {address.host or 'this machine'}"
        self._is_open = False
        self._calm = threading.Condition()
        self._at_work = 0
        self._is_forking = False
        if hasattr(os, "register_at_fork"):
            os.register_at_fork(
                before=_calling(self._before_fork),
                after_in_parent=_calling(self._after_fork),
                after_in_child=_calling(self._after_fork_in_child),
            )
        try:
            if migrates:
                self._migrate()
        except LibraryError:
            self._engine.dispose()
            raise
        self._is_open = True

    @contextmanager
    def reading(self) -> Iterator[sql.Connection]:
        """Give a connection for one reading transaction."""
        with (
            self._at_peace(),
            self._translated(),
            self._alone(shared=True),
            self._engine.connect() as connection,
        ):
            yield connection

    @contextmanager
    def writing(self, *, alone_on: str | None = None) -> Iterator[sql.Connection]:
        """
        Give a connection for one writing transaction, which is on disk at the end.

        Args:
            alone_on: What no other transaction that says the same may work on meanwhile. SQLite
                has one writer at a time anyway.
        """
        if self.is_sqlite and self._is_open and not self.path.exists():
            raise LibraryError(f"The library {self.path} is gone; leo.connect() makes a new one.")
        with (
            self._at_peace(),
            self._translated(),
            self._alone(),
            self._engine.execution_options(begin=IMMEDIATE).begin() as connection,
        ):
            if alone_on is not None and not self.is_sqlite:
                # kept until the end; what comes then sees all that was written before
                key = sql.func.hashtextextended(alone_on, 0)
                connection.execute(sql.select(sql.func.pg_advisory_xact_lock(key)))
            yield connection

    def written_again(self, work: Callable[[sql.Connection], Result], *, alone_on: str) -> Result:
        """
        Do *work* in one transaction of `writing`; once more where the server broke that off.

        Args:
            work: May be done twice; of the first time nothing is left.
            alone_on: As for `writing`.
        """
        try:
            with self.writing(alone_on=alone_on) as connection:
                return work(connection)
        except LibraryError as error:
            cause = getattr(error.__cause__, "orig", None)
            if getattr(cause, "sqlstate", None) not in BROKEN_OFF:
                raise
        with self.writing(alone_on=alone_on) as connection:
            return work(connection)

    def is_new(self) -> bool:
        """Return whether no library was made in it yet."""
        with self.reading() as connection:
            return not self._done(connection)

    def check(self) -> None:
        """
        Read all of the database, to see that it is whole; a server looks after itself.

        Raises:
            LibraryError: It is damaged.
        """
        if not self.is_sqlite:
            return
        with self.reading() as connection:
            verdict = connection.exec_driver_sql("PRAGMA quick_check(1)").scalar_one()
        if verdict != "ok":
            raise self._damaged(str(verdict))

    def close(self) -> None:
        """Let go of the database; on SQLite, copy it first where the last copy is a day old."""
        self._engine.dispose()
        if self.is_sqlite and self.path.exists():
            daily = self.path.with_name(self.path.name + ".backup")
            try:
                last = daily.stat().st_mtime if daily.exists() else self._born
                if time.time() - last > DAY:
                    with self._at_peace(), self._alone(shared=True):
                        self._copy_to(daily)
            except (OSError, sqlite3.Error, LibraryError) as error:
                log.warning("The library %s could not be backed up: %s", self.path, error)

    def _before_fork(self) -> None:
        """
        Close all connections and let nobody open one until the process has forked.

        No connection may be in two processes. Letting go of them in the child is not enough on
        SQLite: it takes a lock of the parent for its own, so that the parent, when it closes,
        thinks itself the last and removes the log that the child goes on to write.
        """
        self._calm.acquire()  # released by `_after_fork`
        self._is_forking = True
        self._calm.wait_for(lambda: not self._at_work, PATIENCE)
        self._engine.dispose()

    def _after_fork(self) -> None:
        if self._is_forking:  # not where this was opened by another thread meanwhile
            self._is_forking = False
            self._calm.release()

    def _after_fork_in_child(self) -> None:
        self._is_forking = False
        self._calm = threading.Condition()  # the parent's may be held
        self._at_work = 0
        # what is still open after all that patience is the parent's, and not to be closed here
        self._engine.dispose(close=False)

    def _migrate(self) -> None:
        with self.reading() as connection:
            done = self._done(connection)
        if len(done) == len(MIGRATIONS):  # the usual case waits for nobody who writes
            return
        with self.writing(alone_on="migrations") as connection:
            done = self._done(connection)  # another process may have been faster
            missing = [migration for migration in MIGRATIONS if migration.name not in done]
            if done and missing and self.is_sqlite:
                name = missing[0].name.replace(",", "").replace(" ", "-")
                self._copy_to(_unused(self.path.with_name(f"{self.path.name}.before-{name}")))
            MIGRATIONS_DONE.create(connection, checkfirst=True)
            for migration in missing:
                more = () if self.is_sqlite else migration.postgresql
                for statement in (*migration.statements, *more):
                    connection.exec_driver_sql(statement)
                row = {"name": migration.name, "applied": written(datetime.now(UTC))}
                connection.execute(sql.insert(MIGRATIONS_DONE).values(row))

    def _done(self, connection: sql.Connection) -> AbstractSet[str]:
        """Return the names of the migrations that were applied."""
        if not sql.inspect(connection).has_table(MIGRATIONS_DONE.name):
            return set()
        rows = connection.execute(sql.select(MIGRATIONS_DONE)).all()
        if rows:
            self._born = datetime.fromisoformat(min(row.applied for row in rows)).timestamp()
        done = {row.name for row in rows}
        if unknown := done - {migration.name for migration in MIGRATIONS}:
            raise LibraryError(
                f"The library {self.name} was written by a newer leonardo_nb "
                f"({', '.join(sorted(unknown))}); upgrade to use it. Nothing was changed. "
                f"{self._backup_sentence()}"
            )
        return done

    def _refuse_what_is_no_library(self) -> None:
        """Look at the file before anything is set on it, for even a setting would change it."""
        if not self.path.exists() or self.path.stat().st_size == 0:
            media = self.path.with_name("media")
            has_pictures = media.is_dir() and any(media.iterdir())
            if self._backups() or (has_pictures and self.path.exists()):
                gone = "is empty" if self.path.exists() else "is gone"
                beside = "is a backup of it" if self._backups() else "are pictures beside it"
                raise LibraryError(
                    f"The library {self.path} {gone}, and there {beside}, so something went "
                    "wrong. Nothing was changed; to begin anew, give another folder with "
                    f'leo.connect(library="..."). {self._backup_sentence()}'
                )
            return
        try:
            with (
                nullcontext() if self._lock is None else self._lock.held(shared=True),
                closing(sqlite3.connect(self.path, timeout=PATIENCE)) as raw,
            ):
                query = "SELECT name FROM sqlite_master WHERE type = 'table'"
                tables = {name for (name,) in raw.execute(query)}
        except sqlite3.Error as error:
            raise self._refused(error) from error
        if tables and MIGRATIONS_DONE.name not in tables:
            raise LibraryError(
                f"{self.path} is a database of something else; it was left alone. Give another "
                'folder with leo.connect(library="...") or LEONARDO_LIBRARY.'
            )

    def _configure(self, connection: Any, _record: object) -> None:  # noqa: ANN401  sqlite3's own
        connection.isolation_level = None  # it would begin no transaction before a CREATE TABLE
        # WAL lets other kernels read while one writes
        if not (self._wal and set_journal(connection, "WAL", patience=PATIENCE)):
            with suppress(sqlite3.OperationalError):  # somebody has it open with WAL
                set_journal(connection, "DELETE")
            self._lock = self._lock_file()
        cursor = connection.cursor()
        # FULL, because the rows are about money
        for pragma in ("synchronous=FULL", "foreign_keys=ON"):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    def _lock_file(self) -> FileLock:
        return FileLock(self.path.with_name("library.lock"), patience=PATIENCE)

    @contextmanager
    def _at_peace(self) -> Iterator[None]:
        """Let no process fork meanwhile."""
        with self._calm:
            self._at_work += 1
        try:
            yield
        finally:
            with self._calm:
                self._at_work -= 1
                self._calm.notify_all()

    @contextmanager
    def _alone(self, *, shared: bool = False) -> Iterator[None]:
        """Hold the lock file where SQLite's own locks may not reach."""
        if self.is_sqlite and not self._is_open and self._lock is None:
            with self._engine.connect():  # says whether the lock is needed
                pass
        if self._lock is None:
            yield
        else:
            with self._lock.held(shared=shared):
                yield

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except exc.SQLAlchemyError as error:
            cause = getattr(error, "orig", None) or error
            raise self._refused(cause) from error

    def _refused(self, cause: BaseException) -> LibraryError:
        said = str(cause).strip().rstrip(".")
        if not self.is_sqlite:  # a server that refuses somebody repeats the name
            said = SOMEBODY.sub(r'\1 "***"', said)
            for secret in self._secrets:
                said = re.sub(rf"(?<!\w){re.escape(secret)}(?!\w)", "***", said)
        sentence = f"The library {self.name} cannot be used: {said}."
        if getattr(cause, "sqlite_errorcode", 0) & 0xFF in DAMAGED:
            sentence += f" Nothing was overwritten. {self._backup_sentence()}"
        return LibraryError(sentence)

    def _damaged(self, verdict: str) -> LibraryError:
        return LibraryError(
            f"The library {self.path} is damaged ({verdict}). Nothing was overwritten. "
            f"{self._backup_sentence()}"
        )

    def _backups(self) -> list[Path]:
        """Return the backups, oldest first."""
        found = [
            path
            for ending in ("backup", "before-*")
            for path in self.path.parent.glob(f"{self.path.name}.{ending}")
            if path.suffix != ".part"
        ]
        return sorted(found, key=lambda path: path.stat().st_mtime)

    def _backup_sentence(self) -> str:
        if not self.is_sqlite:
            return "Backups of it are with whoever keeps the server."
        if backups := self._backups():
            return (
                f"The newest backup is {backups[-1]}; to go back to it, move {self.path.name} "
                "away and copy the backup to its name."
            )
        return "There is no backup of it."

    def _copy_to(self, backup: Path) -> None:
        """Write what is committed to *backup*, whole or not at all."""
        part = backup.with_name(f"{backup.name}.{uuid.uuid4().hex}.part")
        try:
            with (
                closing(sqlite3.connect(self.path)) as source,
                closing(sqlite3.connect(part)) as to,
            ):
                source.backup(to)
                to.execute("PRAGMA journal_mode=DELETE")  # one file, without a log beside it
                # a damaged library must not take the place of a good backup
                (verdict,) = to.execute("PRAGMA quick_check(1)").fetchone()
            if verdict != "ok":
                raise self._damaged(verdict)
            part.replace(backup)
        except sqlite3.Error as error:
            raise self._refused(error) from error
        except OSError as error:
            raise LibraryError(
                f"The library {self.path} could not be backed up ({error.strerror}), so it was "
                "left as it is; free some space and try again."
            ) from error
        finally:
            part.unlink(missing_ok=True)


class Executing(Protocol):
    """What `set_journal` needs of a connection."""

    def execute(self, query: str, /) -> sqlite3.Cursor:
        """Return the cursor that has the answer to *query*."""


def set_journal(connection: Executing, mode: str, *, patience: float = 0.0) -> bool:
    """
    Return whether SQLite took the journal *mode*; it says no by staying with another.

    Args:
        connection: To an SQLite database.
        mode: As SQLite calls it, in capitals.
        patience: How long to wait for others who use the database, in seconds. SQLite's own
            waiting does not hold here: who writes makes it give up at once.
    """
    until = time.monotonic() + patience
    while True:
        try:
            (taken,) = connection.execute(f"PRAGMA journal_mode={mode}").fetchone()
        except sqlite3.OperationalError as error:
            code = error.sqlite_errorcode & 0xFF
            if code in UNABLE:
                return False
            if code != sqlite3.SQLITE_BUSY or time.monotonic() >= until:
                raise
            time.sleep(AGAIN)
        else:
            return str(taken).upper() == mode


def portions(values: Iterable[str]) -> Iterator[Sequence[str]]:
    """Give *values* in portions of as many as one statement takes."""
    every = list(values)
    for start in range(0, len(every), AT_ONCE):
        yield every[start : start + AT_ONCE]


def written(moment: datetime) -> str:
    """Return *moment* as the database has it: in UTC, as text that sorts by time."""
    return moment.astimezone(UTC).isoformat(timespec="microseconds")


def _calling(method: Callable[[], None]) -> Callable[[], None]:
    """Return what calls *method* as long as its object lives, without keeping it alive."""
    weakly = weakref.WeakMethod(method)

    def call() -> None:
        if (found := weakly()) is not None:
            found()

    return call


def _begin(connection: sql.Connection) -> None:
    connection.exec_driver_sql(connection.get_execution_options().get("begin", "BEGIN"))


def _postgresql(url: str) -> sql.Engine:
    """Return the engine for the server at *url*, whose commits are on disk."""
    try:
        address = sql.make_url(url)
    except (exc.ArgumentError, ValueError):  # whose words may repeat the password
        address = None
    if (
        address is None
        or address.get_backend_name() not in {"postgresql", "postgres"}
        or "@" in (address.database or "")  # the rest of a password that ended too early
    ):
        raise LibraryError(
            "The library's address is none of PostgreSQL; write "
            "postgresql+psycopg://user:password@host/database, with @ and / in a password as %40 "
            "and %2F, or leave it out to use a file."
        )
    has_own_patience = "connect_timeout" in address.query
    try:
        engine = sql.create_engine(
            address.set(drivername="postgresql+psycopg"),
            pool_pre_ping=True,
            # psycopg itself would wait for over two minutes
            connect_args={} if has_own_patience else {"connect_timeout": int(PATIENCE)},
            # who waited for a lock is to see what was written meanwhile
            isolation_level="READ COMMITTED",
        )
    except ModuleNotFoundError:
        raise LibraryError(f"A library on PostgreSQL needs psycopg; {INSTALL} brings it.") from None

    def configure(connection: Any, _record: object) -> None:  # noqa: ANN401  psycopg's own
        connection.autocommit = True
        # a server may be told to lose the last moments in a crash; the rows are about money
        connection.execute("SET synchronous_commit = on")
        connection.execute(f"SET lock_timeout = '{PATIENCE:.0f}s'")
        connection.autocommit = False

    event.listen(engine, "connect", configure)
    return engine


def _unused(path: Path) -> Path:
    """Return *path*, or it with the first number that no file has."""
    number, free = 2, path
    while free.exists():
        free, number = path.with_name(f"{path.name}-{number}"), number + 1
    return free
