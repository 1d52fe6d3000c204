"""
What people laid out and said: sweeps by name, marks on pictures, votes between two of them.

Beside the ledger, in the same database: the ledger is about money, and none of this costs any.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import sqlalchemy as sql

from leonardo_nb.errors import InvalidRequest
from leonardo_nb.library.database import portions, written
from leonardo_nb.library.tables import MARKS, SWEEPS, VOTES

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from leonardo_nb.library.database import Database

__all__ = ["Mark", "Shelf", "SweepRecord", "Vote"]


@dataclass(frozen=True, slots=True)
class Mark:
    """What somebody said of one picture; false where nothing was said."""

    __module__ = "leonardo_nb"

    star: bool = False
    reject: bool = False
    note: str = ""

    def __bool__(self) -> bool:
        return self.star or self.reject or bool(self.note)


@dataclass(frozen=True, slots=True)
class Vote:
    """
    Which of two pictures somebody found better.

    Attributes:
        uid: Its own name; a vote that comes twice counts once.
        sweep: The name of the sweep in which it was given.
        winner: The better picture, by its `Cell.picture`.
        loser: The other one.
        at: When, in UTC.
        tie: Whether neither is better; winner and loser are then in the order shown.
        by: Who; empty where nobody said.
    """

    __module__ = "leonardo_nb"

    uid: str
    sweep: str
    winner: str
    loser: str
    at: datetime
    tie: bool = False
    by: str = ""


@dataclass(frozen=True, slots=True)
class SweepRecord:
    """
    A sweep as it was laid out last.

    Attributes:
        name: What it is called.
        spec: How its plan is made again, see `Plan.to_dict`.
        created: When it was started first, in UTC.
        changed: When it was started or widened last, in UTC.
    """

    name: str
    spec: Mapping[str, Any]
    created: datetime = field(default_factory=lambda: datetime.now(UTC))
    changed: datetime = field(default_factory=lambda: datetime.now(UTC))


class Shelf:
    """
    Sweeps, marks and votes of one service; simulated pictures have their own.

    Every method is one transaction, on disk when it returns, and may be called from any thread
    and from several processes at once. Each raises LibraryError where the database cannot be used.

    Args:
        database: The library's.
        service: Of whose pictures it speaks.
    """

    def __init__(self, database: Database, service: str) -> None:
        self._reading = database.reading
        self._writing = database.writing
        self._service = service

    # ---- sweeps

    def put_sweep(self, record: SweepRecord) -> None:
        """Keep *record* in the place of what had its name; it stays created when that was."""
        with self._writing(alone_on=f"sweep {record.name}") as connection:
            first = connection.execute(
                sql.select(SWEEPS.c.created).where(*self._named(record.name))
            ).scalar()
            connection.execute(sql.delete(SWEEPS).where(*self._named(record.name)))
            connection.execute(
                sql.insert(SWEEPS).values(
                    service=self._service,
                    name=record.name,
                    spec=json.dumps(record.spec),
                    created=first or written(record.created),
                    changed=written(record.changed),
                )
            )

    def sweep(self, name: str) -> SweepRecord | None:
        """Return the sweep of that *name*, or None."""
        with self._reading() as connection:
            row = connection.execute(sql.select(SWEEPS).where(*self._named(name))).first()
        return None if row is None else _sweep(row)

    def sweeps(self) -> tuple[SweepRecord, ...]:
        """Return all sweeps, the one that was changed last first."""
        newest = sql.select(SWEEPS).where(SWEEPS.c.service == self._service)
        with self._reading() as connection:
            rows = connection.execute(newest.order_by(SWEEPS.c.changed.desc(), SWEEPS.c.name))
            return tuple(_sweep(row) for row in rows)

    def _named(self, name: str) -> Sequence[sql.ColumnElement[bool]]:
        return (SWEEPS.c.service == self._service, SWEEPS.c.name == name)

    # ---- marks

    def marks(self, pictures: Iterable[str]) -> dict[str, Mark]:
        """Return the marks of those of *pictures* that have one."""
        found: dict[str, Mark] = {}
        with self._reading() as connection:
            for some in portions(pictures):
                rows = connection.execute(
                    sql.select(MARKS).where(
                        MARKS.c.service == self._service, MARKS.c.picture.in_(some)
                    )
                )
                found.update({row.picture: Mark(row.star, row.reject, row.note) for row in rows})
        return found

    def mark(self, picture: str, mark: Mark) -> None:
        """Keep *mark* for *picture* in the place of the one that it had; an empty one is none."""
        self.mark_all({picture: mark})

    def mark_all(self, marks: Mapping[str, Mark]) -> None:
        """Keep *marks*, by picture, all of them or none."""
        changed = written(datetime.now(UTC))
        with self._writing(alone_on="marks") as connection:
            for some in portions(marks):
                connection.execute(
                    sql.delete(MARKS).where(
                        MARKS.c.service == self._service, MARKS.c.picture.in_(some)
                    )
                )
            rows = [
                {
                    "service": self._service,
                    "picture": picture,
                    "star": mark.star,
                    "reject": mark.reject,
                    "note": mark.note,
                    "changed": changed,
                }
                for picture, mark in marks.items()
                if mark
            ]
            if rows:
                connection.execute(sql.insert(MARKS), rows)

    # ---- votes

    def add_votes(self, votes: Iterable[Vote]) -> int:
        """
        Keep those of *votes* that are not here yet; return how many these were.

        Raises:
            InvalidRequest: One has a picture win against itself; none of them was added.
        """
        given = {vote.uid: vote for vote in votes}
        for vote in given.values():
            if vote.winner == vote.loser:
                raise InvalidRequest(
                    "A vote is between two pictures, and one of these is between a picture and "
                    "itself. No vote was added.",
                    member="loser",
                    value=vote.loser,
                )
        with self._writing(alone_on="votes") as connection:
            for some in portions(tuple(given)):
                there = sql.select(VOTES.c.uid).where(VOTES.c.uid.in_(some))
                for uid in connection.execute(there).scalars():
                    del given[uid]
            rows = [
                {
                    "uid": vote.uid,
                    "service": self._service,
                    "sweep": vote.sweep,
                    "winner": vote.winner,
                    "loser": vote.loser,
                    "at": written(vote.at),
                    "tie": vote.tie,
                    "voter": vote.by,
                }
                for vote in given.values()
            ]
            if rows:
                connection.execute(sql.insert(VOTES), rows)
        return len(rows)

    def remove_votes(self, uids: Iterable[str]) -> None:
        """Forget the votes of these *uids*, which were taken back."""
        with self._writing(alone_on="votes") as connection:
            for some in portions(uids):
                connection.execute(sql.delete(VOTES).where(VOTES.c.uid.in_(some)))

    def votes(self, sweep: str | None = None) -> tuple[Vote, ...]:
        """Return the votes of *sweep*, or of all, oldest first."""
        query = sql.select(VOTES).where(VOTES.c.service == self._service)
        if sweep is not None:
            query = query.where(VOTES.c.sweep == sweep)
        with self._reading() as connection:
            rows = connection.execute(query.order_by(VOTES.c.at, VOTES.c.uid))
            return tuple(
                Vote(
                    row.uid,
                    row.sweep,
                    row.winner,
                    row.loser,
                    datetime.fromisoformat(row.at),
                    row.tie,
                    row.voter,
                )
                for row in rows
            )


def _sweep(row: Any) -> SweepRecord:  # noqa: ANN401  a row has the table's columns
    return SweepRecord(
        row.name,
        json.loads(row.spec),
        datetime.fromisoformat(row.created),
        datetime.fromisoformat(row.changed),
    )
