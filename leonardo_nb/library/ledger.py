"""
The library's database: what was asked, what was paid, and which files came of it.

The only place that knows SQL. The intent is written before a request goes out, id and cost at the
acknowledgement, the files last; after any crash the rows say what was paid for and what is missing.
"""

from __future__ import annotations

import json
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import sqlalchemy as sql
from sqlalchemy import event, exc

from leonardo_nb.errors import LibraryError
from leonardo_nb.library.files import StoredFile
from leonardo_nb.library.records import JobRecord, MediaFile
from leonardo_nb.money import Cost

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from sqlalchemy.pool import ConnectionPoolEntry

__all__ = ["Ledger"]

IMMEDIATE = "BEGIN IMMEDIATE"
"""Takes the write lock first, so that two processes cannot both find a table missing."""

METADATA = sql.MetaData()

MIGRATIONS_DONE = sql.Table(
    "migrations",
    METADATA,
    sql.Column("name", sql.String, primary_key=True),
    sql.Column("applied", sql.String, nullable=False),
)

JOBS = sql.Table(
    "jobs",
    METADATA,
    sql.Column("uid", sql.String, primary_key=True),
    sql.Column("kind", sql.String, nullable=False),
    sql.Column("state", sql.String, nullable=False),
    sql.Column("request", sql.Text, nullable=False),
    sql.Column("content_key", sql.String, nullable=False, index=True),
    sql.Column("simulated", sql.Boolean, nullable=False),
    sql.Column("base_url", sql.String, nullable=False),
    sql.Column("created", sql.String, nullable=False, index=True),
    sql.Column("sent", sql.String),
    sql.Column("ended", sql.String),
    sql.Column("seconds", sql.Float),
    sql.Column("job_id", sql.String, index=True),
    sql.Column("cost_amount", sql.String),
    sql.Column("cost_unit", sql.String),
    sql.Column("error", sql.Text),
    sql.Column("endpoint", sql.String, nullable=False, server_default="generations"),
    sql.Column("answer", sql.Text),
)

FILES = sql.Table(
    "files",
    METADATA,
    sql.Column("uid", sql.String, sql.ForeignKey("jobs.uid"), primary_key=True),
    sql.Column("position", sql.Integer, primary_key=True),
    sql.Column("image_id", sql.String, nullable=False, index=True),
    sql.Column("url", sql.Text, nullable=False),
    sql.Column("nsfw", sql.Boolean, nullable=False),
    sql.Column("path", sql.String, nullable=False),
    sql.Column("sha256", sql.String, nullable=False),
    sql.Column("media_type", sql.String, nullable=False),
    sql.Column("width", sql.Integer, nullable=False),
    sql.Column("height", sql.Integer, nullable=False),
    sql.Column("size_bytes", sql.Integer, nullable=False),
    sql.Column("duration", sql.Float),
)

POSTERS = sql.Table(
    "posters",
    METADATA,
    sql.Column("uid", sql.String, primary_key=True),
    sql.Column("position", sql.Integer, primary_key=True),
    sql.Column("path", sql.String, nullable=False),
    sql.Column("sha256", sql.String, nullable=False),
    sql.Column("media_type", sql.String, nullable=False),
    sql.Column("width", sql.Integer, nullable=False),
    sql.Column("height", sql.Integer, nullable=False),
    sql.Column("size_bytes", sql.Integer, nullable=False),
    sql.ForeignKeyConstraint(["uid", "position"], ["files.uid", "files.position"]),
)

STORED = ("path", "sha256", "media_type", "width", "height", "size_bytes")
"""The columns that every stored file has, in `files` and in `posters`."""

MIGRATIONS: tuple[tuple[str, tuple[str, ...]], ...] = (
    (
        "0001 first tables",
        (
            """CREATE TABLE jobs (
                uid VARCHAR NOT NULL, kind VARCHAR NOT NULL, state VARCHAR NOT NULL,
                request TEXT NOT NULL, content_key VARCHAR NOT NULL, simulated BOOLEAN NOT NULL,
                base_url VARCHAR NOT NULL, created VARCHAR NOT NULL, sent VARCHAR, ended VARCHAR,
                seconds FLOAT, job_id VARCHAR, cost_amount VARCHAR, cost_unit VARCHAR, error TEXT,
                PRIMARY KEY (uid))""",
            "CREATE INDEX ix_jobs_content_key ON jobs (content_key)",
            "CREATE INDEX ix_jobs_created ON jobs (created)",
            "CREATE INDEX ix_jobs_job_id ON jobs (job_id)",
            """CREATE TABLE files (
                uid VARCHAR NOT NULL, position INTEGER NOT NULL, image_id VARCHAR NOT NULL,
                url TEXT NOT NULL, nsfw BOOLEAN NOT NULL, path VARCHAR NOT NULL,
                sha256 VARCHAR NOT NULL, media_type VARCHAR NOT NULL, width INTEGER NOT NULL,
                height INTEGER NOT NULL, size_bytes INTEGER NOT NULL,
                PRIMARY KEY (uid, position), FOREIGN KEY(uid) REFERENCES jobs (uid))""",
        ),
    ),
    (
        "0002 videos and variations",
        (
            # a kernel that runs an older leonardo_nb may still write rows, so there is a default
            "ALTER TABLE jobs ADD COLUMN endpoint VARCHAR DEFAULT 'generations' NOT NULL",
            "ALTER TABLE jobs ADD COLUMN answer TEXT",
            "ALTER TABLE files ADD COLUMN duration FLOAT",
            "CREATE INDEX ix_files_image_id ON files (image_id)",
            """CREATE TABLE posters (
                uid VARCHAR NOT NULL, position INTEGER NOT NULL, path VARCHAR NOT NULL,
                sha256 VARCHAR NOT NULL, media_type VARCHAR NOT NULL, width INTEGER NOT NULL,
                height INTEGER NOT NULL, size_bytes INTEGER NOT NULL,
                PRIMARY KEY (uid, position),
                FOREIGN KEY(uid, position) REFERENCES files (uid, position))""",
        ),
    ),
)
"""
Names and statements, in order; one that was released is never edited.

They are written out, and not made of the tables above, which say what the newest migration leaves
behind: a library of any age is to go through the same steps.
"""


class Ledger:
    """
    The database in the library folder *folder*.

    Every method is one transaction and may be called from any thread.

    Raises:
        LibraryError: The database cannot be opened or written.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.path = folder / "library.sqlite"
        self._engine = sql.create_engine(f"sqlite:///{self.path}")
        event.listen(self._engine, "connect", _configure)
        event.listen(self._engine, "begin", _begin)
        self._open = False
        with self._writing() as connection:
            self._migrate(connection)
        self._open = True

    def intend(self, record: JobRecord) -> None:
        """Write down that *record* is about to be asked for."""
        with self._writing() as connection:
            connection.execute(sql.insert(JOBS).values(_intended(record)))

    def adopted(self, record: JobRecord) -> JobRecord:
        """
        Write down *record*, a job that was asked for elsewhere, unless its service id is known.

        Returns:
            What the library knows of it, from before or from now on.
        """
        of_that_id = sql.select(JOBS).where(JOBS.c.job_id == record.job_id)
        with self._writing() as connection:
            row = connection.execute(of_that_id.limit(1)).first()
            if row is not None:
                return self._record(connection, row)
            sent = None if record.sent is None else _written(record.sent)
            connection.execute(
                sql.insert(JOBS).values(**_intended(record), **_acknowledged(record), sent=sent)
            )
        return record

    def sent(self, uid: str, at: datetime) -> None:
        """Write down that the request of job *uid* is leaving."""
        self._update(uid, sent=_written(at))

    def acked(self, record: JobRecord) -> None:
        """Write down the service's id and price of a job."""
        self._update(record.uid, **_acknowledged(record), state=record.state)

    def completed(self, record: JobRecord) -> None:
        """Write down the files of a job, and that it is done."""
        files = [
            {
                "uid": record.uid,
                "position": position,
                "image_id": item.image_id,
                "url": item.url,
                "nsfw": item.nsfw,
                "duration": item.file.duration,
                **self._stored(item.file),
            }
            for position, item in enumerate(record.media)
        ]
        posters = [
            {"uid": record.uid, "position": position, **self._stored(item.poster)}
            for position, item in enumerate(record.media)
            if item.poster is not None
        ]
        with self._writing() as connection:
            # another kernel may have looked for the same job; posters first, they refer to files
            for table in (POSTERS, FILES):
                connection.execute(sql.delete(table).where(table.c.uid == record.uid))
            for table, rows in ((FILES, files), (POSTERS, posters)):
                if rows:
                    connection.execute(sql.insert(table), rows)
            connection.execute(
                sql.update(JOBS)
                .where(JOBS.c.uid == record.uid)
                .values(**_acknowledged(record), **_end(record), state="complete", error=None)
            )

    def ended(self, record: JobRecord) -> None:
        """Write down that a job ended without files; one that is complete stays so."""
        self._update(
            record.uid,
            JOBS.c.state != "complete",
            **_acknowledged(record),
            **_end(record),
            state=record.state,
            error=record.error,
        )

    def jobs(self, *, limit: int = 50, offset: int = 0) -> tuple[JobRecord, ...]:
        """Return the newest jobs first, at most *limit* of them, without the first *offset*."""
        query = sql.select(JOBS).order_by(JOBS.c.created.desc(), JOBS.c.uid.desc())
        with self._reading() as connection:
            rows = connection.execute(query.limit(limit).offset(offset)).all()
            return tuple(self._record(connection, row) for row in rows)

    def count(self) -> int:
        """Return how many jobs the library knows."""
        with self._reading() as connection:
            return connection.execute(sql.select(sql.func.count()).select_from(JOBS)).scalar_one()

    def find(self, name: str) -> tuple[JobRecord, ...]:
        """Return the jobs whose own name or service id is *name*, or begins with it."""
        begins = name.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") + "%"
        exactly = (JOBS.c.uid == name) | (JOBS.c.job_id == name)
        roughly = JOBS.c.uid.like(begins, escape="\\") | JOBS.c.job_id.like(begins, escape="\\")
        with self._reading() as connection:
            rows = (
                connection.execute(sql.select(JOBS).where(exactly).limit(2)).all()
                or connection.execute(sql.select(JOBS).where(roughly).limit(2)).all()
            )
            return tuple(self._record(connection, row) for row in rows)

    def with_job_ids(self, job_ids: Sequence[str]) -> dict[str, JobRecord]:
        """
        Return the jobs that the service calls *job_ids*, by these ids; unknown ones are left out.

        Args:
            job_ids: Whole ids, as many as one page of the service's history has.
        """
        query = sql.select(JOBS).where(JOBS.c.job_id.in_(job_ids)).order_by(JOBS.c.created)
        with self._reading() as connection:
            rows = connection.execute(query).all()
            return {row.job_id: self._record(connection, row) for row in rows}

    def media(self, name: str) -> MediaFile | None:
        """
        Return the picture or video that the service calls *name*; None where it is not here.

        Args:
            name: The id of a picture or video, of which the newest copy is returned; or the
                service's id of a job, whose first file is meant. No beginnings of ids.
        """
        of_its_own = FILES.c.image_id == name
        of_its_job = (JOBS.c.job_id == name) & (FILES.c.position == 0)
        newest = (JOBS.c.created.desc(), JOBS.c.uid.desc(), FILES.c.position)
        with self._reading() as connection:
            for condition in (of_its_own, of_its_job):
                query = _files().join(JOBS, JOBS.c.uid == FILES.c.uid).where(condition)
                row = connection.execute(query.order_by(*newest).limit(1)).mappings().first()
                if row is not None:
                    return self._media(row)
        return None

    def made(self, name: str) -> JobRecord | None:
        """
        Return the newest job that gave the picture or video which the service calls *name*.

        *name* may also be the service's id of the job itself; None where it is not here. No
        beginnings of ids.
        """
        of_a_file = sql.select(FILES.c.uid).where(FILES.c.image_id == name)
        query = sql.select(JOBS).where((JOBS.c.job_id == name) | JOBS.c.uid.in_(of_a_file))
        newest = query.order_by(JOBS.c.created.desc(), JOBS.c.uid.desc()).limit(1)
        with self._reading() as connection:
            row = connection.execute(newest).first()
            return None if row is None else self._record(connection, row)

    def close(self) -> None:
        """Let go of the database."""
        self._engine.dispose()

    def _update(self, uid: str, *where: sql.ColumnElement[bool], **values: object) -> None:
        with self._writing() as connection:
            connection.execute(sql.update(JOBS).where(JOBS.c.uid == uid, *where).values(**values))

    def _record(self, connection: sql.Connection, row: sql.Row[Any]) -> JobRecord:
        query = _files().where(FILES.c.uid == row.uid).order_by(FILES.c.position)
        files = connection.execute(query).mappings().all()
        return JobRecord(
            uid=row.uid,
            kind=row.kind,
            state=row.state,
            request=json.loads(row.request),
            content_key=row.content_key,
            simulated=row.simulated,
            base_url=row.base_url,
            created=datetime.fromisoformat(row.created),
            sent=None if row.sent is None else datetime.fromisoformat(row.sent),
            ended=None if row.ended is None else datetime.fromisoformat(row.ended),
            seconds=row.seconds,
            job_id=row.job_id,
            cost=None if row.cost_amount is None else Cost.of(row.cost_amount, row.cost_unit),
            error=row.error,
            answer=None if row.answer is None else tuple(json.loads(row.answer)),
            media=tuple(self._media(file) for file in files),
            endpoint=row.endpoint,
        )

    def _media(self, row: sql.RowMapping) -> MediaFile:
        """Return the file in *row*, which `_files` gave."""
        return MediaFile(
            image_id=row["image_id"],
            url=row["url"],
            nsfw=row["nsfw"],
            file=self._file(row, duration=row["duration"]),
            poster=None if row["poster_path"] is None else self._file(row, "poster_"),
        )

    def _file(
        self, row: sql.RowMapping, prefix: str = "", *, duration: float | None = None
    ) -> StoredFile:
        facts = {name: row[prefix + name] for name in STORED}
        return StoredFile(**facts | {"path": self.folder / facts["path"]}, duration=duration)

    def _stored(self, file: StoredFile) -> dict[str, object]:
        """Return the columns of *file*; its path is relative, so that a library can be moved."""
        facts = {name: getattr(file, name) for name in STORED}
        return facts | {"path": file.path.relative_to(self.folder).as_posix()}

    def _migrate(self, connection: sql.Connection) -> None:
        MIGRATIONS_DONE.create(connection, checkfirst=True)
        done = set(connection.execute(sql.select(MIGRATIONS_DONE.c.name)).scalars())
        unknown = done - {name for name, _ in MIGRATIONS}
        if unknown:
            raise LibraryError(
                f"The library {self.path} was written by a newer leonardo_nb "
                f"({', '.join(sorted(unknown))}); upgrade to use it. Nothing was changed."
            )
        for name, statements in MIGRATIONS:
            if name not in done:
                for statement in statements:
                    connection.exec_driver_sql(statement)
                connection.execute(
                    sql.insert(MIGRATIONS_DONE).values(
                        name=name, applied=_written(datetime.now(UTC))
                    )
                )

    @contextmanager
    def _reading(self) -> Iterator[sql.Connection]:
        with self._translated(), self._engine.connect() as connection:
            yield connection

    @contextmanager
    def _writing(self) -> Iterator[sql.Connection]:
        if self._open and not self.path.exists():
            raise LibraryError(f"The library {self.path} is gone; leo.connect() makes a new one.")
        engine = self._engine.execution_options(begin=IMMEDIATE)
        with self._translated(), engine.begin() as connection:
            yield connection

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except exc.SQLAlchemyError as error:
            cause = getattr(error, "orig", None) or error
            raise LibraryError(f"The library {self.path} cannot be used: {cause}.") from error


def _files() -> sql.Select[Any]:
    """Return the query of all files, each with its poster's columns under `poster_`."""
    posters = [POSTERS.c[name].label(f"poster_{name}") for name in STORED]
    with_poster = (POSTERS.c.uid == FILES.c.uid) & (POSTERS.c.position == FILES.c.position)
    return sql.select(FILES, *posters).outerjoin_from(FILES, POSTERS, with_poster)


def _configure(connection: Any, _record: ConnectionPoolEntry) -> None:  # noqa: ANN401  sqlite3's own
    connection.isolation_level = None  # it would begin no transaction before a CREATE TABLE
    cursor = connection.cursor()
    # WAL lets other kernels read while one writes; FULL, because the rows are about money
    for pragma in ("busy_timeout=10000", "journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin(connection: sql.Connection) -> None:
    connection.exec_driver_sql(connection.get_execution_options().get("begin", "BEGIN"))


def _intended(record: JobRecord) -> dict[str, object]:
    return {
        "uid": record.uid,
        "kind": record.kind,
        "state": record.state,
        "request": json.dumps(dict(record.request), sort_keys=True, ensure_ascii=False),
        "content_key": record.content_key,
        "simulated": record.simulated,
        "base_url": record.base_url,
        "created": _written(record.created),
        "endpoint": record.endpoint,
    }


def _acknowledged(record: JobRecord) -> dict[str, object]:
    cost = record.cost
    return {
        "answer": None if record.answer is None else json.dumps(record.answer),
        "job_id": record.job_id,
        "cost_amount": None if cost is None else str(cost.amount),
        "cost_unit": None if cost is None else cost.unit,
    }


def _end(record: JobRecord) -> dict[str, object]:
    return {
        "ended": None if record.ended is None else _written(record.ended),
        "seconds": record.seconds,
    }


def _written(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="microseconds")
