"""
What the library can be asked about its jobs; nothing here changes any.

Whoever only asks needs no more than this; the ledger, which writes, is a reader, too.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import sqlalchemy as sql

from leonardo_nb.library import budgets
from leonardo_nb.library.database import portions, written
from leonardo_nb.library.rows import (
    FROM_HISTORY,
    NEWEST,
    UNFINISHED,
    all_files,
    all_jobs,
    media_of,
    records_of,
)
from leonardo_nb.library.spending import spent_by
from leonardo_nb.library.tables import FILES, JOBS

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from collections.abc import Set as AbstractSet
    from datetime import datetime
    from pathlib import Path

    from leonardo_nb.library.database import Database
    from leonardo_nb.library.records import JobRecord, MediaFile, Spending
    from leonardo_nb.money import Cost, Unit

__all__ = ["Reader"]

PROMPT = "prompt"
"""The kind of what was paid for words: it is no job, and nothing of it can be looked for."""

LAST = "\U0010ffff"
"""Sorts after every character that an id may have."""


class Reader:
    """
    What the jobs of a library can be asked.

    Every method is one transaction, and may be called from any thread.

    Args:
        folder: Where the files are.
        database: Where the rows are.

    Attributes:
        path: The file of the database, where it is one.
    """

    def __init__(self, folder: Path, database: Database) -> None:
        self.folder = folder
        self.database = database
        self.path = database.path
        self._reading = database.reading

    def jobs(self, *, limit: int = 50, offset: int = 0) -> tuple[JobRecord, ...]:
        """Return the newest jobs first, at most *limit* of them, without the first *offset*."""
        query = all_jobs().order_by(*NEWEST)
        with self._reading() as connection:
            return self._records(connection, query.limit(limit).offset(offset))

    def job(self, uid: str) -> JobRecord | None:
        """Return the job that we call *uid*, or None."""
        with self._reading() as connection:
            found = self._records(connection, all_jobs().where(JOBS.c.uid == uid))
        return found[0] if found else None

    def count(self) -> int:
        """Return how many jobs the library knows."""
        with self._reading() as connection:
            return connection.execute(sql.select(sql.func.count()).select_from(JOBS)).scalar_one()

    def unfinished(
        self, base_url: str, *, limit: int = 1000, before: datetime | None = None
    ) -> tuple[JobRecord, ...]:
        """
        Return the jobs asked of *base_url* that have not ended: intended, sent or accepted.

        Args:
            base_url: The service that was asked.
            limit: How many at most; the oldest come first.
            before: Only those that were asked for earlier than this; all where None.
        """
        query = all_jobs().where(
            JOBS.c.state.in_(UNFINISHED), JOBS.c.base_url == base_url, JOBS.c.kind != PROMPT
        )
        if before is not None:
            query = query.where(JOBS.c.created < written(before))
        query = query.order_by(JOBS.c.created, JOBS.c.uid)
        with self._reading() as connection:
            return self._records(connection, query.limit(limit))

    def owners(self, base_url: str) -> AbstractSet[str]:
        """Return who works on jobs asked of *base_url* that have not ended."""
        query = sql.select(JOBS.c.owner).distinct()
        query = query.where(JOBS.c.state.in_(UNFINISHED), JOBS.c.base_url == base_url)
        with self._reading() as connection:
            return set(connection.execute(query.where(JOBS.c.owner.is_not(None))).scalars())

    def lost(self, base_url: str) -> tuple[JobRecord, ...]:
        """
        Return the jobs that were sent to *base_url* and have no id, the oldest first.

        Those that somebody has given up are among them: they may have been made all the same.
        """
        query = all_jobs().where(
            JOBS.c.state.in_((*UNFINISHED, "cancelled")),
            JOBS.c.base_url == base_url,
            JOBS.c.sent.is_not(None),
            JOBS.c.job_id.is_(None),
            JOBS.c.kind != PROMPT,
        )
        with self._reading() as connection:
            return self._records(connection, query.order_by(JOBS.c.created, JOBS.c.uid))

    def with_uids(self, uids: Sequence[str]) -> dict[str, JobRecord]:
        """Return the jobs that we call *uids*, by these names; unknown ones are left out."""
        found: dict[str, JobRecord] = {}
        with self._reading() as connection:
            for some in portions(uids):
                query = all_jobs().where(JOBS.c.uid.in_(some))
                found |= {each.uid: each for each in self._records(connection, query)}
        return found

    def known(self, job_ids: Sequence[str]) -> AbstractSet[str]:
        """
        Return those of the service's *job_ids* that some request of ours has led to.

        What was only taken over from the service's history has not: it may be what became of a
        request whose answer was lost.
        """
        query = sql.select(JOBS.c.job_id).where(JOBS.c.job_id.in_(job_ids), ~FROM_HISTORY)
        with self._reading() as connection:
            return set(connection.execute(query).scalars())

    def find(self, name: str) -> tuple[JobRecord, ...]:
        """Return the jobs, at most two, whose own name or service id is *name* or begins so."""
        if "\0" in name:  # PostgreSQL takes no such text
            return ()
        columns = (JOBS.c.uid, JOBS.c.job_id)
        with self._reading() as connection:
            # both kinds of id are in small letters
            for spelt in dict.fromkeys((name, name.lower())):
                for way in (
                    sql.or_(*(column == spelt for column in columns)),
                    # a range and not LIKE, which reads every job
                    sql.or_(*((column >= spelt) & (column < spelt + LAST) for column in columns)),
                ):
                    if found := self._records(connection, all_jobs().where(way).limit(2)):
                        return found
        return ()

    def with_job_ids(self, job_ids: Sequence[str]) -> dict[str, JobRecord]:
        """
        Return the jobs that the service calls *job_ids*, by these ids; unknown ones are left out.

        Args:
            job_ids: Whole ids, as many as one page of the service's history has.
        """
        query = all_jobs().where(JOBS.c.job_id.in_(job_ids)).order_by(JOBS.c.created)
        with self._reading() as connection:
            return {str(row.job_id): row for row in self._records(connection, query)}

    def media(self, name: str) -> MediaFile | None:
        """
        Return the picture or video that the service calls *name*; None where it is not here.

        Args:
            name: The id of a picture or video, of which the newest copy is returned; or the
                service's id of a job, whose first file is meant. No beginnings of ids.
        """
        of_its_own = FILES.c.image_id == name
        of_its_job = (JOBS.c.job_id == name) & (FILES.c.position == 0)
        with self._reading() as connection:
            for condition in (of_its_own, of_its_job):
                query = all_files().join(JOBS, JOBS.c.uid == FILES.c.uid).where(condition)
                row = (
                    connection.execute(query.order_by(*NEWEST, FILES.c.position).limit(1))
                    .mappings()
                    .first()
                )
                if row is not None:
                    return media_of(row, self.folder)
        return None

    def made(self, name: str) -> JobRecord | None:
        """
        Return the newest job that gave the picture or video which the service calls *name*.

        *name* may also be the service's id of the job itself; None where it is not here. No
        beginnings of ids.
        """
        of_a_file = sql.select(FILES.c.uid).where(FILES.c.image_id == name)
        query = all_jobs().where((JOBS.c.job_id == name) | JOBS.c.uid.in_(of_a_file))
        with self._reading() as connection:
            found = self._records(connection, query.order_by(*NEWEST).limit(1))
        return found[0] if found else None

    def has(
        self, content_keys: Sequence[str], *, base_url: str, simulated: bool
    ) -> AbstractSet[str]:
        """
        Return those of *content_keys* that `intend_once` would find here and that were sent.

        What is only written down has cost nothing yet, and may never be sent: see `unsent`.
        """
        with self._reading() as connection:
            found = self._usable(connection, content_keys, base_url, simulated=simulated)
        return {key for key, record in found.items() if not _is_unsent(record)}

    def unsent(
        self, content_keys: Sequence[str], *, base_url: str, simulated: bool
    ) -> dict[str, str]:
        """
        Return our name of each job that `intend_once` would find here and that may yet be sent.

        It was not sent, or its answer was lost: where nothing of it is found, it is sent again.
        """
        with self._reading() as connection:
            found = self._usable(connection, content_keys, base_url, simulated=simulated)
        return {
            key: record.uid
            for key, record in found.items()
            if record.state == "request" and record.job_id is None
        }

    def newest(
        self, content_keys: Sequence[str], *, base_url: str, simulated: bool
    ) -> dict[str, JobRecord]:
        """Return for each of *content_keys* the job that says most: done, under way, or ended."""
        with self._reading() as connection:
            found = self._usable(connection, content_keys, base_url, simulated=simulated)
            left = [key for key in dict.fromkeys(content_keys) if key not in found]
            for some in portions(left):
                same = all_jobs().where(
                    JOBS.c.content_key.in_(some),
                    JOBS.c.base_url == base_url,
                    JOBS.c.simulated == simulated,
                )
                for each in self._records(connection, same.order_by(*NEWEST)):
                    found.setdefault(each.content_key, each)
        return found

    def reserved(self, scope: str, unit: Unit) -> tuple[Cost, Cost]:
        """
        Return what was spent of a budget, and what is set aside besides, both in *unit*.

        What was sent and may have been paid is spent.

        Args:
            scope: The budget's name, as in `reserve`.
            unit: Amounts in another one count by about what they are worth in it.
        """
        with self._reading() as connection:
            return budgets.reserved(connection, scope, unit)

    def set_aside(self, scope: str, uids: Iterable[str]) -> dict[str, Cost]:
        """Return what is set aside in a budget for those of *uids* that have cost nothing yet."""
        with self._reading() as connection:
            found = budgets.set_aside(connection, scope, uids)
        return {uid: amount for uid, amount in found.items() if amount is not None}

    def spending(self, by: Literal["day", "sweep"] = "day") -> tuple[Spending, ...]:
        """Return what was spent, by day (in UTC) or by sweep, the newest first."""
        with self._reading() as connection:
            return spent_by(connection, by)

    def check(self) -> None:
        """Read all of it, to see that it is whole; raise `LibraryError` where it is damaged."""
        self.database.check()

    def _usable(
        self,
        connection: sql.Connection,
        content_keys: Sequence[str],
        base_url: str,
        *,
        simulated: bool,
    ) -> dict[str, JobRecord]:
        """Return by content key the newest jobs that stand for a request, finished ones first."""
        usable: dict[str, JobRecord] = {}
        is_done = sql.case((JOBS.c.state == "complete", 0), else_=1)
        for some in portions(dict.fromkeys(content_keys)):
            same = all_jobs().where(
                JOBS.c.content_key.in_(some),
                JOBS.c.base_url == base_url,
                JOBS.c.simulated == simulated,
                JOBS.c.state.in_(("complete", *UNFINISHED)),
            )
            for each in self._records(connection, same.order_by(is_done, *NEWEST)):
                is_whole = each.media and all(map(_is_here, each.media))
                if each.content_key not in usable and (each.state != "complete" or is_whole):
                    usable[each.content_key] = each
        return usable

    def _records(self, connection: sql.Connection, query: sql.Select[Any]) -> tuple[JobRecord, ...]:
        """Return the jobs of *query*, which `all_jobs` began, with their files."""
        return records_of(connection, query, self.folder)


def _is_unsent(record: JobRecord) -> bool:
    return record.state == "request" and record.sent is None


def _is_here(item: MediaFile) -> bool:
    """Whether the file is in its place; what has a final name is whole, see `MediaStore`."""
    return item.file.path.exists() and (item.poster is None or item.poster.path.exists())
