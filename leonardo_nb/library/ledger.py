"""
What was asked, what was paid, and which files came of it, in the library's database.

The intent is written before a request goes out, id and cost at the acknowledgement, the files last;
after any crash the rows say what was paid for and what is missing. A job has one owner at a time,
and budgets hold for every process that shares the library. What is written is here, one transaction
each; what is asked is the reader's, what a row means is in `rows`, and what a budget counts in
`budgets`.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import sqlalchemy as sql

from leonardo_nb.library import budgets, rows
from leonardo_nb.library.database import Database, portions, written
from leonardo_nb.library.reader import Reader
from leonardo_nb.library.tables import FILES, JOBS, POSTERS, RESERVATIONS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from collections.abc import Set as AbstractSet
    from pathlib import Path

    from leonardo_nb.library.records import JobRecord
    from leonardo_nb.money import Cost

__all__ = ["Ledger"]

LEASES = "leases"
"""What transactions that change the owners of several jobs say, so that none waits for another in
a circle: the server locks the rows of an update in any order."""


class Ledger(Reader):
    """
    What the library in *folder* remembers.

    Every method is one transaction, on disk when it returns, and may be called from any thread and
    from several processes at once.

    Args:
        folder: Where the files are, and `library.sqlite`, unless *url* is given.
        url: Of a PostgreSQL database, as `postgresql+psycopg://user@host/name`; files stay in
            *folder*, which all who share the database must share, too.
        wal: Whether SQLite's write-ahead log is tried, see `Database`.

    Attributes:
        database: Where it is kept, which others of the library share.

    Raises:
        LibraryError: The database cannot be opened or written.
    """

    def __init__(self, folder: Path, url: str | None = None, *, wal: bool | None = None) -> None:
        super().__init__(folder, Database(folder, url, wal=wal))
        self._writing = self.database.writing

    def intend(self, record: JobRecord) -> None:
        """Write down that *record* is about to be asked for."""
        self.intend_all([record])

    def intend_all(self, records: Sequence[JobRecord]) -> None:
        """Write down that *records* are about to be asked for, all of them or none."""
        with self._writing() as connection:
            _insert(connection, records)

    def intend_once(self, records: Sequence[JobRecord]) -> tuple[JobRecord, ...]:
        """
        Write down those of *records* whose request the library does not have yet.

        It has a request where a job of the same content key and service is complete with all its
        files, or has not ended. Of several processes that ask for the same at once, one writes.

        Args:
            records: Of one service; those of one content key are one job.

        Returns:
            For each of *records* the job that there was, or the record itself.
        """
        found = []
        with self._writing(alone_on="requests asked for once") as connection:
            there = self._usable(
                connection,
                [each.content_key for each in records],
                records[0].base_url if records else "",
                simulated=bool(records) and records[0].simulated,
            )
            new = []
            for record in records:
                if record.content_key not in there:
                    new.append(record)
                    there[record.content_key] = record
                found.append(there[record.content_key])
            _insert(connection, new)
        return tuple(found)

    def from_history(self, record: JobRecord) -> JobRecord:
        """
        Write down *record*, a job that was asked for elsewhere, unless its service id is known.

        Returns:
            What the library knows of it, from before or from now on.
        """
        of_that_id = rows.all_jobs().where(JOBS.c.job_id == record.job_id).limit(1)
        with self._writing(alone_on=f"job {record.job_id}") as connection:
            if found := self._records(connection, of_that_id):
                return found[0]
            connection.execute(sql.insert(JOBS).values(**rows.taken_over(record)))
        return record

    def sent(
        self,
        uid: str,
        at: datetime,
        *,
        owner: str | None = None,
        again: int = 0,
        price: Cost | None = None,
    ) -> bool:
        """
        Write down that the request of job *uid* is leaving; from here on it may cost money.

        Args:
            uid: Our name for the job.
            at: When it leaves.
            owner: Who sends it. A sender that was away so long that another owner took the job
                must not send it.
            again: The how manyth time it is sent again, because its answer was lost; 0 for the
                first request.
            price: What it is said to cost, so that a lost answer has an amount.

        Returns:
            Whether it may leave: there is such a job, it is *owner*'s where one is named, and
            nobody has sent or found it meanwhile.
        """
        mine: list[sql.ColumnElement[bool]] = [JOBS.c.job_id.is_(None)]
        mine += [] if owner is None else [JOBS.c.owner == owner]
        mine += [JOBS.c.resent == again - 1] if again else [JOBS.c.sent.is_(None)]
        values: dict[str, Any] = {"sent": written(at), "settled": "unknown"}
        if again:
            values["resent"] = again
        if price is not None:
            values |= {"price_amount": str(price.amount), "price_unit": price.unit}
        return self._update(uid, *mine, **values) == 1

    def sent_back(self, uid: str, *, again: int = 0) -> None:
        """
        Write down that the service provably made nothing of what was sent for job *uid*.

        Args:
            uid: Our name for the job.
            again: As it was for `sent`; what was sent before may have made something all the same.
        """
        values: dict[str, Any] = {"sent": None, "settled": "none"}
        if again:
            values = {"resent": again - 1}
        self._update(uid, JOBS.c.job_id.is_(None), **values)

    def acked(self, record: JobRecord) -> None:
        """Write down the service's id and price of a job."""
        self._update(record.uid, **rows.acked(record))

    def adopt(self, record: JobRecord) -> bool:
        """
        Write down the id and price of a job that was found at the service, unless it is taken.

        Returns:
            False, and nothing is written, where another row has that id already, or this row
            another one: two requests that were the same must not both take the one job that came
            of them.
        """
        others = (JOBS.c.job_id == record.job_id) & (JOBS.c.uid != record.uid)
        taken = sql.select(JOBS.c.uid).where(others, ~rows.FROM_HISTORY)
        doubles = sql.select(JOBS.c.uid).where(others, rows.FROM_HISTORY)
        with self._writing(alone_on=f"job {record.job_id}") as connection:
            if connection.execute(taken.limit(1)).first() is not None:
                return False
            for each in connection.execute(doubles).scalars().all():  # this row has its place now
                for table in (POSTERS, FILES, RESERVATIONS, JOBS):
                    connection.execute(sql.delete(table).where(table.c.uid == each))
            free = JOBS.c.job_id.is_(None) | (JOBS.c.job_id == record.job_id)
            query = sql.update(JOBS).where(JOBS.c.uid == record.uid, free)
            return connection.execute(query.values(**rows.acked(record))).rowcount == 1

    def looked(self, uid: str) -> None:
        """Write down that a look has found the accepted job *uid* at work."""
        self._update(uid, JOBS.c.state == "ack", state="pending")

    def completed(self, record: JobRecord) -> None:
        """Write down the files of a job, and that it is done."""
        of_files = rows.files_of(record, self.folder)
        of_posters = rows.posters_of(record, self.folder)
        done = sql.update(JOBS).where(JOBS.c.uid == record.uid).values(**rows.completed(record))
        with self._writing() as connection:
            if connection.execute(done).rowcount == 0:
                return  # another row has taken its place, see `adopt`
            # another kernel may have looked for the same job; posters first, they refer to files
            for table in (POSTERS, FILES):
                connection.execute(sql.delete(table).where(table.c.uid == record.uid))
            for table, new in ((FILES, of_files), (POSTERS, of_posters)):
                if new:
                    connection.execute(sql.insert(table), new)

    def ended(self, record: JobRecord) -> None:
        """
        Write down that a job ended without files; one that is complete stays so.

        A failure whose record does not tell its charge was refused where it has no id, and is
        given back where it has one, as the service does.
        """
        self.ended_all([record])

    def ended_all(self, records: Sequence[JobRecord]) -> None:
        """Write down of each of *records* what `ended` says of one, all of them or none."""
        of_columns: dict[tuple[str, ...], list[dict[str, object]]] = {}
        for record in records:
            row = rows.ended(record)
            new = {f"new_{name}": value for name, value in row.items()}
            of_columns.setdefault(tuple(row), []).append({"of_job": record.uid} | new)
        with self._writing() as connection:
            for columns, ends in of_columns.items():
                values: dict[str, Any] = {name: sql.bindparam(f"new_{name}") for name in columns}
                query = sql.update(JOBS).where(
                    JOBS.c.uid == sql.bindparam("of_job"), JOBS.c.state != "complete"
                )
                connection.execute(query.values(values), ends)

    def claim(self, uid: str, owner: str, until: datetime, *, now: datetime | None = None) -> bool:
        """
        Make *owner* the one who works on job *uid*, until *until* or the next `beat`.

        Args:
            uid: Our name for the job.
            owner: Any name that no other engine has.
            until: When others may take the job, unless the owner says before that it lives.
            now: The present; the machine's clock by default.

        Returns:
            Whether *owner* has it: it was free, or *owner*'s already, or its lease was over. A job
            that is complete or has failed is nobody's. What was read of the job before may be old;
            read it again.
        """
        present = written(now or datetime.now(UTC))
        free = JOBS.c.owner.is_(None) | (JOBS.c.owner == owner) | (JOBS.c.lease_until < present)
        is_open = JOBS.c.state.not_in(("complete", "failed"))
        return self._update(uid, free, is_open, owner=owner, lease_until=written(until)) == 1

    def claim_all(
        self, uids: Sequence[str], owner: str, until: datetime, *, now: datetime | None = None
    ) -> AbstractSet[str]:
        """Make *owner* the one who works on *uids*, as `claim` does; return those that it has."""
        present = written(now or datetime.now(UTC))
        free = JOBS.c.owner.is_(None) | (JOBS.c.owner == owner) | (JOBS.c.lease_until < present)
        is_open = JOBS.c.state.not_in(("complete", "failed"))

        def claimed(connection: sql.Connection) -> AbstractSet[str]:
            has: set[str] = set()
            for some in portions(uids):
                these = JOBS.c.uid.in_(some)
                query = sql.update(JOBS).where(these, free, is_open)
                connection.execute(query.values(owner=owner, lease_until=written(until)))
                mine = sql.select(JOBS.c.uid).where(these, JOBS.c.owner == owner)
                has |= set(connection.execute(mine).scalars())
            return has

        return self.database.written_again(claimed, alone_on=LEASES)

    def beat(self, owner: str, until: datetime) -> int:
        """Keep *owner*'s jobs until *until*, and return how many it still has."""
        query = sql.update(JOBS).where(JOBS.c.owner == owner).values(lease_until=written(until))
        return self.database.written_again(
            lambda connection: connection.execute(query).rowcount, alone_on=LEASES
        )

    def release(self, owner: str) -> None:
        """Leave *owner*'s jobs to whoever wants them."""
        query = sql.update(JOBS).where(JOBS.c.owner == owner).values(owner=None, lease_until=None)
        self.database.written_again(lambda connection: connection.execute(query), alone_on=LEASES)

    def reserve(self, uid: str, amount: Cost, limit: Cost, scope: str) -> bool:
        """
        Set *amount* aside for job *uid*, unless that would pass *limit*.

        Counted are all jobs of the scope, of every process: what was charged, or the amount set
        aside where the charge is not known yet or its answer was lost. Nothing is counted for a
        job that was given back, or that ended without being sent. Another reservation of the same
        job in the same scope takes the place of the first.

        Args:
            uid: Our name for a job that was written down.
            amount: What it is said to cost; 0 where nobody knows.
            limit: The most that the jobs of the scope may cost together; amounts in another unit
                count by about what they are worth in this one.
            scope: Name of the budget, such as a sweep's. One job may lie in several.

        Returns:
            Whether it was set aside.
        """
        return uid in self.reserve_all({uid: amount}, limit, scope)

    def reserve_all(self, amounts: Mapping[str, Cost], limit: Cost, scope: str) -> AbstractSet[str]:
        """
        Set *amounts* aside as `reserve` does, as many of them as fit, in their order.

        Args:
            amounts: What each job is said to cost, by our name for it.
            limit: The most that the jobs of the scope may cost together.
            scope: Name of the budget.

        Returns:
            The jobs for which it was set aside.
        """
        with self._writing(alone_on=f"budget {scope}") as connection:
            return budgets.reserve(connection, amounts, limit, scope)

    def count_in(self, uid: str, amount: Cost, scope: str) -> None:
        """Count *amount* for job *uid* in a budget, whatever is left of it: it may be spent."""
        with self._writing(alone_on=f"budget {scope}") as connection:
            budgets.count_in(connection, uid, amount, scope)

    def close(self) -> None:
        """Let go of the database."""
        self.database.close()

    def _update(self, uid: str, *where: sql.ColumnElement[bool], **values: object) -> int:
        """Return how many rows it was, 0 or 1."""
        query = sql.update(JOBS).where(JOBS.c.uid == uid, *where).values(**values)
        with self._writing() as connection:
            return connection.execute(query).rowcount


def _insert(connection: sql.Connection, records: Sequence[JobRecord]) -> None:
    """Write *records* down, those of the same columns in one statement."""
    of_columns: dict[tuple[str, ...], list[dict[str, object]]] = {}
    for record in records:
        row = rows.intended(record)
        of_columns.setdefault(tuple(row), []).append(row)
    for new in of_columns.values():
        connection.execute(sql.insert(JOBS), new)
