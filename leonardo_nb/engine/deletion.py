"""
Taking a job's files away from the service; what the library has of it stays.

A deletion cannot be taken back, and what we think of a job is not what the service does: a job that
was given up here is still drawn there. So what has not had the service's last word is looked at
first, and neither a job at work nor one whose files are not all here is deleted.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from leonardo_nb.engine.looks import look_at_generation
from leonardo_nb.errors import InvalidRequest, NotFound
from leonardo_nb.service.requests import BODIES

if TYPE_CHECKING:
    from leonardo_nb.engine.job import Job
    from leonardo_nb.engine.looks import Look
    from leonardo_nb.library.records import JobRecord
    from leonardo_nb.service.client import Client

__all__ = ["Sentence", "delete_job", "delete_record", "delete_unknown"]

_NEVER_ACCEPTED: Final = (
    "The service never accepted this job, so it has nothing of it that could be deleted."
)


class Sentence(str):
    """A sentence that a notebook's cell shows without quotes."""

    __slots__ = ()

    def __repr__(self) -> str:
        return str(self)


async def delete_job(client: Client, job: Job[Any]) -> Sentence:
    """
    Delete *job* at the service; return the sentence that says what is gone and what stays.

    Raises:
        InvalidRequest: It is in flight, has files that are not here, was never accepted, or is of
            a kind that the service does not delete.
        NotFound: The service does not have it any more.
    """
    snapshot = job.snapshot
    if not job.done():
        raise _in_flight(f"{job.noun} {job.id or 'without an id'}", job)
    if job.id is None:
        raise InvalidRequest(_NEVER_ACCEPTED, member="job", value=job)
    if job.request.looked_for != "generation":
        raise _no_way(job.noun)
    if not (snapshot.complete or snapshot.refunded):
        await _look(client, job.id, is_video=job.kind == "video", here=len(snapshot.media))
    return await _delete(client, job.id, len(snapshot.media))


async def delete_record(client: Client, record: JobRecord) -> Sentence:
    """
    Delete a job of the library that nobody holds; return the sentence that says so.

    Raises:
        InvalidRequest: As for `delete_job`.
        NotFound: The service does not have it any more.
    """
    if record.job_id is None:
        raise InvalidRequest(_NEVER_ACCEPTED, member="job", value=record.uid)
    body = BODIES.get(record.endpoint)
    if body is None or body.looked_for != "generation":
        raise _no_way(record.kind.capitalize())
    if record.state not in {"complete", "failed"}:
        is_video = record.kind == "video"
        await _look(client, record.job_id, is_video=is_video, here=len(record.media))
    return await _delete(client, record.job_id, len(record.media))


async def delete_unknown(client: Client, job_id: str) -> Sentence:
    """
    Delete a generation that only the service knows; return the sentence that says so.

    Its files were never here, and whoever names it by its whole id means them.

    Raises:
        InvalidRequest: It is in flight.
        NotFound: There is none of that id.
    """
    await _look(client, job_id)
    return await _delete(client, job_id, 0)


async def _look(
    client: Client, job_id: str, *, is_video: bool = False, here: int | None = None
) -> None:
    """
    Refuse what would be lost with the generation *job_id*.

    Args:
        client: The service.
        job_id: The generation's id.
        is_video: Whether only its videos count.
        here: How many of its files are here; None where nobody asked for them to be.
    """
    look = look_at_generation(await client.generation(job_id))
    if not (look.is_complete or look.is_failed):
        raise _in_flight(f"Generation {job_id}", job_id)
    there = _count(look, is_video=is_video)
    if here is None or look.is_failed or there <= here:
        return
    missing, noun = there - here, "file" if there == 1 else "files"
    which = f"its {there} {noun}" if missing == there else f"{missing} of its {there} {noun}"
    raise InvalidRequest(
        f"Generation {job_id} is complete, and {which} {'is' if missing == 1 else 'are'} not here; "
        f'deleting it would lose what is paid. leo.job("{job_id}") fetches what is missing.',
        member="job",
        value=job_id,
    )


def _count(look: Look, *, is_video: bool) -> int:
    return sum(not is_video or each.video_url is not None for each in look.files)


def _in_flight(what: str, value: object) -> InvalidRequest:
    return InvalidRequest(
        f"{what} is in flight, and deleting it would neither stop it nor bring its price back; "
        "wait until the service has ended it.",
        member="job",
        value=value,
    )


def _no_way(noun: str) -> InvalidRequest:
    return InvalidRequest(
        f"{noun}s that were made out of an image or a video cannot be deleted: the service deletes "
        "generations only.",
        member="job",
    )


async def _delete(client: Client, job_id: str, files: int) -> Sentence:
    """Delete the generation *job_id*, of which *files* are here."""
    if not await client.delete_generation(job_id):
        raise NotFound(
            f"The service has no generation {job_id}: it was deleted before, it is another "
            "account's, or this is an image's id and not a generation's.",
            status=200,
        )
    if files == 0:
        kept = "the library has no file of it"
    else:
        kept = f"{'its file' if files == 1 else f'its {files} files'} in the library stay"
        kept += "s" if files == 1 else ""
    return Sentence(
        f"Generation {job_id} is deleted at the service; {kept}. Its images can no longer be used "
        "for new jobs there, and what it cost stays spent."
    )
