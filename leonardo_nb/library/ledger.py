"""
What was asked, what was paid, and which files came of it, in the library's database.

The intent is written before a request goes out, id and cost at the acknowledgement, the files last;
after any crash the rows say what was paid for and what is missing. A job has one owner at a time,
and budgets hold for every process that shares the library.
"""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Literal

import sqlalchemy as sql

from leonardo_nb.library.database import Database, written
from leonardo_nb.library.files import StoredFile
from leonardo_nb.library.records import JobRecord, MediaFile, Spending
from leonardo_nb.library.tables import FILES, JOBS, POSTERS, RESERVATIONS, STORED
from leonardo_nb.money import Cost, converted

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from collections.abc import Set as AbstractSet
    from pathlib import Path

    from leonardo_nb.money import Unit

__all__ = ["Ledger"]

UNFINISHED = ("request", "ack", "pending")
"""The states of jobs that are still under way."""

PROMPT = "prompt"
"""The kind of what was paid for words: it is no job, and nothing of it can be looked for."""

LAST = "\U0010ffff"
"""Sorts after every character that an id may have."""

LEASES = "leases"
"""What transactions that change the owners of several jobs say, so that none waits for another in
a circle: the server locks the rows of an update in any order."""

AT_ONCE = 500
"""Values in one statement; older SQLites take 999."""


class Ledger:
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
        self.folder = folder
        self.database = Database(folder, url, wal=wal)
        self.path = self.database.path
        self._reading = self.database.reading
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

    def has(
        self, content_keys: Sequence[str], *, base_url: str, simulated: bool
    ) -> AbstractSet[str]:
        """Return those of *content_keys* that `intend_once` would find here."""
        with self._reading() as connection:
            return set(self._usable(connection, content_keys, base_url, simulated=simulated))

    def newest(
        self, content_keys: Sequence[str], *, base_url: str, simulated: bool
    ) -> dict[str, JobRecord]:
        """Return for each of *content_keys* the job that says most: done, under way, or ended."""
        with self._reading() as connection:
            found = self._usable(connection, content_keys, base_url, simulated=simulated)
            left = [key for key in dict.fromkeys(content_keys) if key not in found]
            for start in range(0, len(left), AT_ONCE):
                same = _jobs().where(
                    JOBS.c.content_key.in_(left[start : start + AT_ONCE]),
                    JOBS.c.base_url == base_url,
                    JOBS.c.simulated == simulated,
                )
                for each in self._records(connection, same.order_by(*_NEWEST)):
                    found.setdefault(each.content_key, each)
        return found

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
        keys = list(dict.fromkeys(content_keys))
        is_done = sql.case((JOBS.c.state == "complete", 0), else_=1)
        for start in range(0, len(keys), AT_ONCE):
            same = _jobs().where(
                JOBS.c.content_key.in_(keys[start : start + AT_ONCE]),
                JOBS.c.base_url == base_url,
                JOBS.c.simulated == simulated,
                JOBS.c.state.in_(("complete", *UNFINISHED)),
            )
            for each in self._records(connection, same.order_by(is_done, *_NEWEST)):
                is_whole = each.media and all(map(_is_here, each.media))
                if each.content_key not in usable and (each.state != "complete" or is_whole):
                    usable[each.content_key] = each
        return usable

    def from_history(self, record: JobRecord) -> JobRecord:
        """
        Write down *record*, a job that was asked for elsewhere, unless its service id is known.

        Returns:
            What the library knows of it, from before or from now on.
        """
        of_that_id = _jobs().where(JOBS.c.job_id == record.job_id).limit(1)
        with self._writing(alone_on=f"job {record.job_id}") as connection:
            if found := self._records(connection, of_that_id):
                return found[0]
            sent = None if record.sent is None else written(record.sent)
            values = _intended(record) | _acknowledged(record)
            connection.execute(sql.insert(JOBS).values(**values, sent=sent))
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
        self._update(record.uid, **_acked(record))

    def adopt(self, record: JobRecord) -> bool:
        """
        Write down the id and price of a job that was found at the service, unless it is taken.

        Returns:
            False, and nothing is written, where another row has that id already, or this row
            another one: two requests that were the same must not both take the one job that came
            of them.
        """
        others = (JOBS.c.job_id == record.job_id) & (JOBS.c.uid != record.uid)
        taken = sql.select(JOBS.c.uid).where(others, ~_FROM_HISTORY)
        doubles = sql.select(JOBS.c.uid).where(others, _FROM_HISTORY)
        with self._writing(alone_on=f"job {record.job_id}") as connection:
            if connection.execute(taken.limit(1)).first() is not None:
                return False
            for each in connection.execute(doubles).scalars().all():  # this row has its place now
                for table in (POSTERS, FILES, RESERVATIONS, JOBS):
                    connection.execute(sql.delete(table).where(table.c.uid == each))
            free = JOBS.c.job_id.is_(None) | (JOBS.c.job_id == record.job_id)
            query = sql.update(JOBS).where(JOBS.c.uid == record.uid, free)
            return connection.execute(query.values(**_acked(record))).rowcount == 1

    def looked(self, uid: str) -> None:
        """Write down that a look has found the accepted job *uid* at work."""
        self._update(uid, JOBS.c.state == "ack", state="pending")

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
            done = (
                sql.update(JOBS)
                .where(JOBS.c.uid == record.uid)
                .values(**_acknowledged(record), **_end(record), state="complete", error=None)
            )
            if connection.execute(done).rowcount == 0:
                return  # another row has taken its place, see `adopt`
            # another kernel may have looked for the same job; posters first, they refer to files
            for table in (POSTERS, FILES):
                connection.execute(sql.delete(table).where(table.c.uid == record.uid))
            for table, rows in ((FILES, files), (POSTERS, posters)):
                if rows:
                    connection.execute(sql.insert(table), rows)

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
            row = _ended(record)
            new = {f"new_{name}": value for name, value in row.items()}
            of_columns.setdefault(tuple(row), []).append({"of_job": record.uid} | new)
        with self._writing() as connection:
            for columns, rows in of_columns.items():
                values: dict[str, Any] = {name: sql.bindparam(f"new_{name}") for name in columns}
                query = sql.update(JOBS).where(
                    JOBS.c.uid == sql.bindparam("of_job"), JOBS.c.state != "complete"
                )
                connection.execute(query.values(values), rows)

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
            for start in range(0, len(uids), AT_ONCE):
                these = JOBS.c.uid.in_(uids[start : start + AT_ONCE])
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
        kept: set[str] = set()
        rows: list[dict[str, str]] = []
        with self._writing(alone_on=f"budget {scope}") as connection:
            before = self._set_aside(connection, scope, list(amounts))
            changed = {uid for uid, amount in before.items() if amount != amounts[uid]}
            for uid in changed:
                if self._reserve_again(connection, uid, amounts[uid], limit, scope):
                    kept.add(uid)
            total = sum(_summed(connection.execute(_reserved(scope)), limit.unit), limit * 0)
            if total <= limit:  # what is counted already needs no second sum
                kept |= before.keys() - changed
            for uid, amount in amounts.items():
                worth = converted(amount, limit.unit)
                if uid not in before and total + worth <= limit:
                    total += worth
                    rows.append({"uid": uid, "amount": str(amount.amount), "unit": amount.unit})
            if rows:
                connection.execute(
                    sql.insert(RESERVATIONS), [{"scope": scope, **row} for row in rows]
                )
            self._price(connection, rows)
        return kept | {row["uid"] for row in rows}

    @staticmethod
    def _set_aside(
        connection: sql.Connection, scope: str, uids: Sequence[str]
    ) -> dict[str, Cost | None]:
        """Return what is set aside for *uids*; None for what counts as another amount, or not."""
        found: dict[str, Cost | None] = {}
        counts = JOBS.c.state.in_(UNFINISHED) & JOBS.c.cost_amount.is_(None)
        columns = (RESERVATIONS.c.uid, RESERVATIONS.c.amount, RESERVATIONS.c.unit)
        query = sql.select(*columns, counts.label("counts")).join_from(
            RESERVATIONS, JOBS, JOBS.c.uid == RESERVATIONS.c.uid
        )
        for start in range(0, len(uids), AT_ONCE):
            these = RESERVATIONS.c.uid.in_(uids[start : start + AT_ONCE])
            for row in connection.execute(query.where(RESERVATIONS.c.scope == scope, these)):
                found[row.uid] = Cost.of(row.amount, row.unit) if row.counts else None
        return found

    def _reserve_again(
        self, connection: sql.Connection, uid: str, amount: Cost, limit: Cost, scope: str
    ) -> bool:
        """Put another amount in the place of the one that is set aside for *uid*, if it fits."""
        query = _reserved(scope).where(RESERVATIONS.c.uid != uid)
        spent, kept = _summed(connection.execute(query), limit.unit)
        if spent + kept + converted(amount, limit.unit) > limit:
            return False
        price = {"amount": str(amount.amount), "unit": amount.unit}
        mine = (RESERVATIONS.c.scope == scope) & (RESERVATIONS.c.uid == uid)
        connection.execute(sql.update(RESERVATIONS).where(mine).values(**price))
        self._price(connection, [{"uid": uid, **price}])
        return True

    @staticmethod
    def _price(connection: sql.Connection, rows: Sequence[Mapping[str, str]]) -> None:
        """Write down what jobs are said to cost; nothing for a price that nobody knows."""
        of_price: dict[tuple[str, str], list[str]] = {}
        for row in rows:
            if Decimal(row["amount"]):
                of_price.setdefault((row["amount"], row["unit"]), []).append(row["uid"])
        for (amount, unit), uids in of_price.items():
            for start in range(0, len(uids), AT_ONCE):
                these = JOBS.c.uid.in_(uids[start : start + AT_ONCE])
                query = sql.update(JOBS).where(these)
                connection.execute(query.values(price_amount=amount, price_unit=unit))

    def count_in(self, uid: str, amount: Cost, scope: str) -> None:
        """Count *amount* for job *uid* in a budget, whatever is left of it: it may be spent."""
        price = {"amount": str(amount.amount), "unit": amount.unit}
        with self._writing(alone_on=f"budget {scope}") as connection:
            connection.execute(sql.insert(RESERVATIONS).values(scope=scope, uid=uid, **price))

    def reserved(self, scope: str, unit: Unit) -> tuple[Cost, Cost]:
        """
        Return what was spent of a budget, and what is set aside besides, both in *unit*.

        What was sent and may have been paid is spent.

        Args:
            scope: The budget's name, as in `reserve`.
            unit: Amounts in another one count by about what they are worth in it.
        """
        with self._reading() as connection:
            return _summed(connection.execute(_reserved(scope)), unit)

    def spending(self, by: Literal["day", "sweep"] = "day") -> tuple[Spending, ...]:
        """Return what was spent, by day (in UTC) or by sweep, the newest first."""
        name = {
            "day": sql.func.substr(JOBS.c.created, 1, 10),
            "sweep": sql.func.coalesce(JOBS.c.sweep, ""),
        }[by].label("name")
        amount = sql.func.coalesce(JOBS.c.cost_amount, JOBS.c.price_amount).label("amount")
        unit = sql.case(
            (JOBS.c.cost_amount.is_not(None), JOBS.c.cost_unit), else_=JOBS.c.price_unit
        ).label("unit")
        each = (name, JOBS.c.simulated, unit, _CHARGE.label("charge"), amount)
        last = sql.func.max(JOBS.c.created).label("last")
        groups = sql.select(*each, sql.func.count().label("jobs"), last).where(_CHARGE != "none")
        query = groups.group_by(*(sql.text(column.name) for column in each))
        with self._reading() as connection:
            rows = connection.execute(query).all()
        return _spending(sorted(rows, key=lambda row: str(row.last), reverse=True))

    def jobs(self, *, limit: int = 50, offset: int = 0) -> tuple[JobRecord, ...]:
        """Return the newest jobs first, at most *limit* of them, without the first *offset*."""
        query = _jobs().order_by(*_NEWEST)
        with self._reading() as connection:
            return self._records(connection, query.limit(limit).offset(offset))

    def job(self, uid: str) -> JobRecord | None:
        """Return the job that we call *uid*, or None."""
        with self._reading() as connection:
            found = self._records(connection, _jobs().where(JOBS.c.uid == uid))
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
        query = _jobs().where(
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
        query = _jobs().where(
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
            for start in range(0, len(uids), AT_ONCE):
                query = _jobs().where(JOBS.c.uid.in_(uids[start : start + AT_ONCE]))
                found |= {each.uid: each for each in self._records(connection, query)}
        return found

    def known(self, job_ids: Sequence[str]) -> AbstractSet[str]:
        """
        Return those of the service's *job_ids* that some request of ours has led to.

        What was only taken over from the service's history has not: it may be what became of a
        request whose answer was lost.
        """
        query = sql.select(JOBS.c.job_id).where(JOBS.c.job_id.in_(job_ids), ~_FROM_HISTORY)
        with self._reading() as connection:
            return set(connection.execute(query).scalars())

    def find(self, name: str) -> tuple[JobRecord, ...]:
        """Return the jobs, at most two, whose own name or service id is *name* or begins so."""
        if "\0" in name:  # PostgreSQL takes no such text
            return ()
        columns = (JOBS.c.uid, JOBS.c.job_id)
        with self._reading() as connection:
            for spelt in dict.fromkeys(
                (name, name.lower())
            ):  # both kinds of id are in small letters
                for way in (
                    sql.or_(*(column == spelt for column in columns)),
                    # a range and not LIKE, which reads every job
                    sql.or_(*((column >= spelt) & (column < spelt + LAST) for column in columns)),
                ):
                    if found := self._records(connection, _jobs().where(way).limit(2)):
                        return found
        return ()

    def with_job_ids(self, job_ids: Sequence[str]) -> dict[str, JobRecord]:
        """
        Return the jobs that the service calls *job_ids*, by these ids; unknown ones are left out.

        Args:
            job_ids: Whole ids, as many as one page of the service's history has.
        """
        query = _jobs().where(JOBS.c.job_id.in_(job_ids)).order_by(JOBS.c.created)
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
                query = _files().join(JOBS, JOBS.c.uid == FILES.c.uid).where(condition)
                row = (
                    connection.execute(query.order_by(*_NEWEST, FILES.c.position).limit(1))
                    .mappings()
                    .first()
                )
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
        query = _jobs().where((JOBS.c.job_id == name) | JOBS.c.uid.in_(of_a_file))
        with self._reading() as connection:
            found = self._records(connection, query.order_by(*_NEWEST).limit(1))
        return found[0] if found else None

    def check(self) -> None:
        """Read all of it, to see that it is whole; raise `LibraryError` where it is damaged."""
        self.database.check()

    def close(self) -> None:
        """Let go of the database."""
        self.database.close()

    def _update(self, uid: str, *where: sql.ColumnElement[bool], **values: object) -> int:
        """Return how many rows it was, 0 or 1."""
        query = sql.update(JOBS).where(JOBS.c.uid == uid, *where).values(**values)
        with self._writing() as connection:
            return connection.execute(query).rowcount

    def _records(self, connection: sql.Connection, query: sql.Select[Any]) -> tuple[JobRecord, ...]:
        """Return the jobs of *query*, which `_jobs` began, with their files."""
        rows = connection.execute(query).all()
        media: dict[str, list[MediaFile]] = {row.uid: [] for row in rows}
        uids = list(media)
        for start in range(0, len(uids), AT_ONCE):
            files = _files().where(FILES.c.uid.in_(uids[start : start + AT_ONCE]))
            for file in connection.execute(
                files.order_by(FILES.c.uid, FILES.c.position)
            ).mappings():
                media[file["uid"]].append(self._media(file))
        return tuple(_record(row, media[row.uid]) for row in rows)

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


_NEWEST = (JOBS.c.created.desc(), JOBS.c.uid.desc())

_FROM_HISTORY = JOBS.c.content_key.like("echo:%")
"""Jobs of the service's history that no request of this library has led to."""

_CHARGE = sql.func.coalesce(
    JOBS.c.settled,
    sql.case(
        (JOBS.c.job_id.is_not(None) & (JOBS.c.state == "failed"), "refunded"),
        (JOBS.c.job_id.is_not(None), "charged"),
        (JOBS.c.sent.is_not(None), "unknown"),
        else_="none",
    ),
)
"""What is known of a job's money, also where a kernel older than the column wrote the row."""


def _jobs() -> sql.Select[Any]:
    """Return the query of all jobs, each with its `charge`."""
    return sql.select(JOBS, _CHARGE.label("charge"))


def _files() -> sql.Select[Any]:
    """Return the query of all files, each with its poster's columns under `poster_`."""
    posters = [POSTERS.c[name].label(f"poster_{name}") for name in STORED]
    with_poster = (POSTERS.c.uid == FILES.c.uid) & (POSTERS.c.position == FILES.c.position)
    return sql.select(FILES, *posters).outerjoin_from(FILES, POSTERS, with_poster)


def _reserved(scope: str) -> sql.Select[Any]:
    """Return the query of what is charged or set aside in a budget, equal amounts counted."""
    each = (JOBS.c.cost_amount, JOBS.c.cost_unit, RESERVATIONS.c.amount, RESERVATIONS.c.unit)
    ended = JOBS.c.state.in_(("complete", "failed", "cancelled"))
    nothing = (_CHARGE == "refunded") | ((_CHARGE == "none") & ended)
    is_spent = _CHARGE.in_(("charged", "unknown"))
    return (
        # few prices and many jobs, so equal ones are counted there and not carried here
        sql.select(*each, is_spent.label("spent"), sql.func.count().label("jobs"))
        .join_from(RESERVATIONS, JOBS, JOBS.c.uid == RESERVATIONS.c.uid)
        .where(RESERVATIONS.c.scope == scope, ~nothing)
        .group_by(*each, sql.text("spent"))
    )


def _summed(rows: Iterable[sql.Row[Any]], unit: Unit) -> tuple[Cost, Cost]:
    """Return what is spent and what is only set aside, of rows that `_reserved` gave."""
    spent = kept = Cost.of(0, unit)
    for row in rows:
        is_known = row.spent and row.cost_amount is not None
        amount = (
            Cost.of(row.cost_amount, row.cost_unit) if is_known else Cost.of(row.amount, row.unit)
        )
        worth = converted(amount, unit) * row.jobs
        spent, kept = (spent + worth, kept) if row.spent else (spent, kept + worth)
    return spent, kept


def _record(row: sql.Row[Any], media: Iterable[MediaFile]) -> JobRecord:
    """Return the job in *row*, which `_jobs` gave."""
    return JobRecord(
        uid=row.uid,
        kind=row.kind,
        state=row.state,
        request=json.loads(row.request),
        content_key=row.content_key,
        simulated=row.simulated,
        base_url=row.base_url,
        created=datetime.fromisoformat(row.created),
        sent=_moment(row.sent),
        ended=_moment(row.ended),
        seconds=row.seconds,
        job_id=row.job_id,
        cost=None if row.cost_amount is None else Cost.of(row.cost_amount, row.cost_unit),
        error=row.error,
        answer=None if row.answer is None else tuple(json.loads(row.answer)),
        media=tuple(media),
        endpoint=row.endpoint,
        owner=row.owner,
        lease_until=_moment(row.lease_until),
        sweep=row.sweep,
        price=None if row.price_amount is None else Cost.of(row.price_amount, row.price_unit),
        charge=row.charge,
        resent=row.resent,
        terms=None if row.terms is None else json.loads(row.terms),
    )


def _accounted(record: JobRecord) -> dict[str, object]:
    """Return the columns of a job's sweep and money that *record* tells, and no others."""
    columns: dict[str, object] = {}
    if record.sweep is not None:
        columns["sweep"] = record.sweep
    if record.price is not None:
        columns |= {"price_amount": str(record.price.amount), "price_unit": record.price.unit}
    if record.charge is not None:
        columns["settled"] = record.charge
    if record.resent:
        columns["resent"] = record.resent
    return columns


def _insert(connection: sql.Connection, records: Sequence[JobRecord]) -> None:
    """Write *records* down, those of the same columns in one statement."""
    of_columns: dict[tuple[str, ...], list[dict[str, object]]] = {}
    for record in records:
        row = _intended(record)
        of_columns.setdefault(tuple(row), []).append(row)
    for rows in of_columns.values():
        connection.execute(sql.insert(JOBS), rows)


def _intended(record: JobRecord) -> dict[str, object]:
    return {
        "uid": record.uid,
        "kind": record.kind,
        "state": record.state,
        "request": json.dumps(dict(record.request), sort_keys=True, ensure_ascii=False),
        "content_key": record.content_key,
        "simulated": record.simulated,
        "base_url": record.base_url,
        "created": written(record.created),
        "endpoint": record.endpoint,
        "terms": None if record.terms is None else json.dumps(dict(record.terms), sort_keys=True),
        "owner": record.owner,
        "lease_until": None if record.lease_until is None else written(record.lease_until),
        **_accounted(record),
    }


_ACK = {"answer", "job_id", "cost_amount", "cost_unit"}


def _acknowledged(record: JobRecord) -> dict[str, object]:
    cost = record.cost
    return _accounted(record) | {
        "answer": None if record.answer is None else json.dumps(record.answer),
        "job_id": record.job_id,
        "cost_amount": None if cost is None else str(cost.amount),
        "cost_unit": None if cost is None else cost.unit,
    }


def _known(record: JobRecord) -> dict[str, object]:
    """Return the columns of what *record* knows of an acknowledgement; others may know more."""
    told = {"job_id": record.job_id, "answer": record.answer, "cost_amount": record.cost}
    known = {name for name, value in told.items() if value is not None}
    known |= {"cost_unit"} if "cost_amount" in known else set()
    columns = _acknowledged(record)
    return {name: value for name, value in columns.items() if name in known or name not in _ACK}


def _acked(record: JobRecord) -> dict[str, object]:
    """Return the columns of an acknowledgement, which leaves a job that has ended as it is."""
    still = sql.case((JOBS.c.state.in_(UNFINISHED), record.state), else_=JOBS.c.state)
    return {"settled": "charged"} | _acknowledged(record) | {"state": still}


def _ended(record: JobRecord) -> dict[str, object]:
    """Return the columns of a job that has ended without files."""
    told: dict[str, object] = {}
    if record.charge is None and record.state == "failed":
        told["settled"] = "none" if record.job_id is None else "refunded"
    return {
        **_known(record),
        **told,
        **_end(record),
        "state": record.state,
        # PostgreSQL takes no text with this in it
        "error": None if record.error is None else record.error.replace("\0", ""),
    }


def _end(record: JobRecord) -> dict[str, object]:
    """Return the columns of an end; nobody works on the job after it."""
    return {
        "ended": None if record.ended is None else written(record.ended),
        "seconds": record.seconds,
        "owner": None,
        "lease_until": None,
    }


def _spending(rows: Iterable[sql.Row[Any]]) -> tuple[Spending, ...]:
    """Return a line for each name and unit of *rows*, in the order in which they come."""
    lines: dict[tuple[str, bool, Unit], Spending] = {}
    rows = list(rows)
    units: dict[tuple[str, bool], Unit] = {}
    for row in rows:
        if row.unit is not None:
            units.setdefault((row.name, row.simulated), row.unit)
    for row in rows:
        unit = row.unit or units.get((row.name, row.simulated), "CREDITS")
        key = (row.name, row.simulated, unit)
        nothing = Cost.of(0, unit)
        line = lines.get(key) or Spending(*key, 0, nothing, nothing, nothing, 0)
        line = replace(line, jobs=line.jobs + row.jobs)
        if row.amount is None:
            line = replace(line, unpriced=line.unpriced + row.jobs)
        else:
            amount = Cost.of(row.amount, unit) * row.jobs
            line = replace(line, **{row.charge: getattr(line, row.charge) + amount})
        lines[key] = line
    return tuple(lines.values())


def _is_here(item: MediaFile) -> bool:
    """Whether the file is in its place; what has a final name is whole, see `MediaStore`."""
    return item.file.path.exists() and (item.poster is None or item.poster.path.exists())


def _moment(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)
