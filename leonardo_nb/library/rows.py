"""
Jobs and their files as rows: what of a record goes into which columns, and a record out of a row.

Apart from the ledger, so that what a column means is told from when it is written.
"""

from __future__ import annotations

import json
from datetime import datetime
from typing import TYPE_CHECKING, Any

import sqlalchemy as sql

from leonardo_nb.library.database import portions, written
from leonardo_nb.library.files import StoredFile
from leonardo_nb.library.records import JobRecord, MediaFile
from leonardo_nb.library.tables import FILES, JOBS, POSTERS, STORED
from leonardo_nb.money import Cost

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

__all__ = [
    "CHARGE",
    "FROM_HISTORY",
    "NEWEST",
    "UNFINISHED",
    "acked",
    "all_files",
    "all_jobs",
    "completed",
    "ended",
    "files_of",
    "intended",
    "media_of",
    "posters_of",
    "records_of",
    "taken_over",
]

UNFINISHED = ("request", "ack", "pending")
"""The states of jobs that are still under way."""

NEWEST = (JOBS.c.created.desc(), JOBS.c.uid.desc())

FROM_HISTORY = JOBS.c.content_key.like("echo:%")
"""Jobs of the service's history that no request of this library has led to."""

CHARGE = sql.func.coalesce(
    JOBS.c.settled,
    sql.case(
        (JOBS.c.job_id.is_not(None) & (JOBS.c.state == "failed"), "refunded"),
        (JOBS.c.job_id.is_not(None), "charged"),
        (JOBS.c.sent.is_not(None), "unknown"),
        else_="none",
    ),
)
"""What is known of a job's money, also where a kernel older than the column wrote the row."""

ACK = {"answer", "job_id", "cost_amount", "cost_unit"}


def all_jobs() -> sql.Select[Any]:
    """Return the query of all jobs, each with its `charge`."""
    return sql.select(JOBS, CHARGE.label("charge"))


def all_files() -> sql.Select[Any]:
    """Return the query of all files, each with its poster's columns under `poster_`."""
    posters = [POSTERS.c[name].label(f"poster_{name}") for name in STORED]
    with_poster = (POSTERS.c.uid == FILES.c.uid) & (POSTERS.c.position == FILES.c.position)
    return sql.select(FILES, *posters).outerjoin_from(FILES, POSTERS, with_poster)


def records_of(
    connection: sql.Connection, query: sql.Select[Any], folder: Path
) -> tuple[JobRecord, ...]:
    """Return the jobs of *query*, which `all_jobs` began, with their files in *folder*."""
    rows = connection.execute(query).all()
    media: dict[str, list[MediaFile]] = {row.uid: [] for row in rows}
    for some in portions(media):
        files = all_files().where(FILES.c.uid.in_(some)).order_by(FILES.c.uid, FILES.c.position)
        for file in connection.execute(files).mappings():
            media[file["uid"]].append(media_of(file, folder))
    return tuple(_record(row, media[row.uid]) for row in rows)


def media_of(row: sql.RowMapping, folder: Path) -> MediaFile:
    """Return the file in *row*, which `all_files` gave."""
    return MediaFile(
        image_id=row["image_id"],
        url=row["url"],
        nsfw=row["nsfw"],
        file=_file(row, folder, duration=row["duration"]),
        poster=None if row["poster_path"] is None else _file(row, folder, "poster_"),
    )


def _file(
    row: sql.RowMapping, folder: Path, prefix: str = "", *, duration: float | None = None
) -> StoredFile:
    facts = {name: row[prefix + name] for name in STORED}
    return StoredFile(**facts | {"path": folder / facts["path"]}, duration=duration)


def _record(row: sql.Row[Any], media: Iterable[MediaFile]) -> JobRecord:
    """Return the job in *row*, which `all_jobs` gave."""
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


def _moment(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)


def files_of(record: JobRecord, folder: Path) -> list[dict[str, object]]:
    """Return the rows of *record*'s files, which lie in *folder*."""
    return [
        {
            "uid": record.uid,
            "position": position,
            "image_id": item.image_id,
            "url": item.url,
            "nsfw": item.nsfw,
            "duration": item.file.duration,
            **_stored(item.file, folder),
        }
        for position, item in enumerate(record.media)
    ]


def posters_of(record: JobRecord, folder: Path) -> list[dict[str, object]]:
    """Return the rows of the stills of *record*'s videos, which lie in *folder*."""
    return [
        {"uid": record.uid, "position": position, **_stored(item.poster, folder)}
        for position, item in enumerate(record.media)
        if item.poster is not None
    ]


def _stored(file: StoredFile, folder: Path) -> dict[str, object]:
    """Return the columns of *file*; its path is relative, so that a library can be moved."""
    facts = {name: getattr(file, name) for name in STORED}
    return facts | {"path": file.path.relative_to(folder).as_posix()}


def intended(record: JobRecord) -> dict[str, object]:
    """Return the columns of a job that is about to be asked for."""
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


def taken_over(record: JobRecord) -> dict[str, object]:
    """Return the columns of a job of the service's history, which was asked for elsewhere."""
    sent = None if record.sent is None else written(record.sent)
    return intended(record) | _acknowledged(record) | {"sent": sent}


def acked(record: JobRecord) -> dict[str, object]:
    """Return the columns of an acknowledgement, which leaves a job that has ended as it is."""
    still = sql.case((JOBS.c.state.in_(UNFINISHED), record.state), else_=JOBS.c.state)
    return {"settled": "charged"} | _acknowledged(record) | {"state": still}


def completed(record: JobRecord) -> dict[str, object]:
    """Return the columns of a job that is done; its files have rows of their own."""
    return {**_acknowledged(record), **_finished(record), "state": "complete", "error": None}


def ended(record: JobRecord) -> dict[str, object]:
    """Return the columns of a job that has ended without files."""
    told: dict[str, object] = {}
    if record.charge is None and record.state == "failed":
        told["settled"] = "none" if record.job_id is None else "refunded"
    return {
        **_known(record),
        **told,
        **_finished(record),
        "state": record.state,
        # PostgreSQL takes no text with this in it
        "error": None if record.error is None else record.error.replace("\0", ""),
    }


def _acknowledged(record: JobRecord) -> dict[str, object]:
    """Return the columns of what an acknowledgement says."""
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
    return {name: value for name, value in columns.items() if name in known or name not in ACK}


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


def _finished(record: JobRecord) -> dict[str, object]:
    """Return the columns of an end; nobody works on the job after it."""
    return {
        "ended": None if record.ended is None else written(record.ended),
        "seconds": record.seconds,
        "owner": None,
        "lease_until": None,
    }
