"""
What the library's database is made of: its tables as they are now, and the steps that led there.

Apart from the ledger, so that what is remembered is told from how it is asked for.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import sqlalchemy as sql

__all__ = [
    "FILES",
    "JOBS",
    "MARKS",
    "METADATA",
    "MIGRATIONS",
    "MIGRATIONS_DONE",
    "POSTERS",
    "RESERVATIONS",
    "STORED",
    "SWEEPS",
    "VOTES",
    "Migration",
]

METADATA = sql.MetaData()

MIGRATIONS_DONE = sql.Table(
    "migrations",
    METADATA,
    sql.Column("name", sql.String, primary_key=True),
    sql.Column("applied", sql.String, nullable=False),
)

STORED = ("path", "sha256", "media_type", "width", "height", "size_bytes")
"""The columns that every stored file has, in `files` and in `posters`."""


def _stored() -> list[sql.Column[Any]]:
    """Return the columns of `STORED`, anew for each table."""
    kinds = (sql.String, sql.String, sql.String, sql.Integer, sql.Integer, sql.Integer)
    return [
        sql.Column(name, kind, nullable=False) for name, kind in zip(STORED, kinds, strict=True)
    ]


JOBS = sql.Table(
    "jobs",
    METADATA,
    sql.Column("uid", sql.String, primary_key=True),
    sql.Column("kind", sql.String, nullable=False),
    sql.Column("state", sql.String, nullable=False),
    sql.Column("request", sql.Text, nullable=False),
    sql.Column("content_key", sql.String, nullable=False),
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
    sql.Column("owner", sql.String),
    sql.Column("lease_until", sql.String),
    sql.Column("sweep", sql.String),
    sql.Column("price_amount", sql.String),
    sql.Column("price_unit", sql.String),
    sql.Column("settled", sql.String),
    sql.Column("resent", sql.Integer, nullable=False, server_default="0"),
    sql.Column("terms", sql.Text),
    sql.Index("ix_jobs_reuse", "content_key", "state", "base_url", "created"),
    sql.Index("ix_jobs_state", "state", "base_url", "created"),
    sql.Index("ix_jobs_owner", "owner"),
)
"""
Times are texts in UTC that sort as they follow each other; amounts are decimals as text.

`settled` is a word of `leonardo_nb.engine.lifecycle.Charge`, or NULL where only the other columns
tell: before anything was sent, and in rows of kernels older than the column.
"""

FILES = sql.Table(
    "files",
    METADATA,
    sql.Column("uid", sql.String, sql.ForeignKey("jobs.uid"), primary_key=True),
    sql.Column("position", sql.Integer, primary_key=True),
    sql.Column("image_id", sql.String, nullable=False, index=True),
    sql.Column("url", sql.Text, nullable=False),
    sql.Column("nsfw", sql.Boolean, nullable=False),
    *_stored(),
    sql.Column("duration", sql.Float),
)

POSTERS = sql.Table(
    "posters",
    METADATA,
    sql.Column("uid", sql.String, primary_key=True),
    sql.Column("position", sql.Integer, primary_key=True),
    *_stored(),
    sql.ForeignKeyConstraint(["uid", "position"], ["files.uid", "files.position"]),
)

RESERVATIONS = sql.Table(
    "reservations",
    METADATA,
    sql.Column("scope", sql.String, primary_key=True),
    sql.Column("uid", sql.String, sql.ForeignKey("jobs.uid"), primary_key=True),
    sql.Column("amount", sql.String, nullable=False),
    sql.Column("unit", sql.String, nullable=False),
)
"""What each budget has set aside for each job, which may lie in several: a sweep's, a studio's."""

SWEEPS = sql.Table(
    "sweeps",
    METADATA,
    sql.Column("service", sql.String, primary_key=True),
    sql.Column("name", sql.String, primary_key=True),
    sql.Column("spec", sql.Text, nullable=False),
    sql.Column("created", sql.String, nullable=False),
    sql.Column("changed", sql.String, nullable=False),
)
"""How each sweep was laid out; its jobs are found by what they ask for, and know nothing of it."""

MARKS = sql.Table(
    "marks",
    METADATA,
    sql.Column("service", sql.String, primary_key=True),
    sql.Column("picture", sql.String, primary_key=True),
    sql.Column("star", sql.Boolean, nullable=False),
    sql.Column("reject", sql.Boolean, nullable=False),
    sql.Column("note", sql.Text, nullable=False),
    sql.Column("changed", sql.String, nullable=False),
)
"""What somebody said of a picture, named by its request and its place among that one's."""

VOTES = sql.Table(
    "votes",
    METADATA,
    sql.Column("uid", sql.String, primary_key=True),
    sql.Column("service", sql.String, nullable=False),
    sql.Column("sweep", sql.String, nullable=False),
    sql.Column("winner", sql.String, nullable=False),
    sql.Column("loser", sql.String, nullable=False),
    sql.Column("at", sql.String, nullable=False),
    sql.Column("tie", sql.Boolean, nullable=False),
    sql.Column("voter", sql.String, nullable=False),
    sql.Index("ix_votes_sweep", "service", "sweep"),
)
"""Which of two pictures somebody found better; a log that only grows, unless a vote is undone."""


class Migration(NamedTuple):
    """One step from an older library to a newer one."""

    name: str
    statements: tuple[str, ...]
    """In SQL that SQLite and PostgreSQL both take."""
    postgresql: tuple[str, ...] = ()
    """What PostgreSQL needs besides, afterwards."""


MIGRATIONS = (
    Migration(
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
    Migration(
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
    Migration(
        "0003 leases, spending and reuse",
        (
            # as above: what an older kernel writes must still be a whole row
            "ALTER TABLE jobs ADD COLUMN owner VARCHAR",
            "ALTER TABLE jobs ADD COLUMN lease_until VARCHAR",
            "ALTER TABLE jobs ADD COLUMN sweep VARCHAR",
            "ALTER TABLE jobs ADD COLUMN price_amount VARCHAR",
            "ALTER TABLE jobs ADD COLUMN price_unit VARCHAR",
            "ALTER TABLE jobs ADD COLUMN settled VARCHAR",
            "ALTER TABLE jobs ADD COLUMN resent INTEGER DEFAULT 0 NOT NULL",
            "ALTER TABLE jobs ADD COLUMN terms TEXT",
            "DROP INDEX ix_jobs_content_key",
            # all four: SQLite has no statistics, and would take the next one for this question
            "CREATE INDEX ix_jobs_reuse ON jobs (content_key, state, base_url, created)",
            "CREATE INDEX ix_jobs_state ON jobs (state, base_url, created)",
            "CREATE INDEX ix_jobs_owner ON jobs (owner)",
            """CREATE TABLE reservations (
                scope VARCHAR NOT NULL, uid VARCHAR NOT NULL, amount VARCHAR NOT NULL,
                unit VARCHAR NOT NULL,
                PRIMARY KEY (scope, uid), FOREIGN KEY(uid) REFERENCES jobs (uid))""",
        ),
        # SQLite compares text by its bytes; a server does so by its language unless it is told
        postgresql=(
            'ALTER TABLE jobs ALTER COLUMN uid TYPE VARCHAR COLLATE "C"',
            'ALTER TABLE jobs ALTER COLUMN state TYPE VARCHAR COLLATE "C"',
            'ALTER TABLE jobs ALTER COLUMN content_key TYPE VARCHAR COLLATE "C"',
            'ALTER TABLE jobs ALTER COLUMN base_url TYPE VARCHAR COLLATE "C"',
            'ALTER TABLE jobs ALTER COLUMN created TYPE VARCHAR COLLATE "C"',
            'ALTER TABLE jobs ALTER COLUMN job_id TYPE VARCHAR COLLATE "C"',
            'ALTER TABLE jobs ALTER COLUMN owner TYPE VARCHAR COLLATE "C"',
            'ALTER TABLE jobs ALTER COLUMN lease_until TYPE VARCHAR COLLATE "C"',
            'ALTER TABLE files ALTER COLUMN uid TYPE VARCHAR COLLATE "C"',
            'ALTER TABLE files ALTER COLUMN image_id TYPE VARCHAR COLLATE "C"',
            'ALTER TABLE posters ALTER COLUMN uid TYPE VARCHAR COLLATE "C"',
            'ALTER TABLE reservations ALTER COLUMN scope TYPE VARCHAR COLLATE "C"',
            'ALTER TABLE reservations ALTER COLUMN uid TYPE VARCHAR COLLATE "C"',
        ),
    ),
    Migration(
        "0004 sweeps, marks and votes",
        (
            """CREATE TABLE sweeps (
                service VARCHAR NOT NULL, name VARCHAR NOT NULL, spec TEXT NOT NULL,
                created VARCHAR NOT NULL, changed VARCHAR NOT NULL,
                PRIMARY KEY (service, name))""",
            """CREATE TABLE marks (
                service VARCHAR NOT NULL, picture VARCHAR NOT NULL, star BOOLEAN NOT NULL,
                reject BOOLEAN NOT NULL, note TEXT NOT NULL, changed VARCHAR NOT NULL,
                PRIMARY KEY (service, picture))""",
            """CREATE TABLE votes (
                uid VARCHAR NOT NULL, service VARCHAR NOT NULL, sweep VARCHAR NOT NULL,
                winner VARCHAR NOT NULL, loser VARCHAR NOT NULL, at VARCHAR NOT NULL,
                tie BOOLEAN NOT NULL, voter VARCHAR NOT NULL,
                PRIMARY KEY (uid))""",
            "CREATE INDEX ix_votes_sweep ON votes (service, sweep)",
        ),
    ),
)
"""
Names and statements, in order; one that was released is never edited.

They are written out, and not made of the tables above, which say what the newest migration leaves
behind: a library of any age is to go through the same steps.
"""
