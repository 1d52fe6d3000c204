"""
Taking a job's files away from the service; what the library has of it stays.

A deletion cannot be taken back, so a job that is still at work, or whose files are not here yet
while somebody fetches them, is not deleted.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from leonardo_nb.errors import InvalidRequest, NotFound

if TYPE_CHECKING:
    from leonardo_nb.engine.job import Job
    from leonardo_nb.library.records import JobRecord
    from leonardo_nb.service.client import Client

__all__ = ["Sentence", "check_job", "check_record", "delete_generation", "delete_job", "deleted"]


def check_job(job: Job[Any]) -> str:
    """
    Return the id under which the service can delete *job*.

    Raises:
        InvalidRequest: It is in flight, was never accepted, or is of a kind that the service does
            not delete.
    """
    if not job.done():
        raise InvalidRequest(
            f"{job.noun} {job.id or 'without an id'} is in flight, and deleting it would neither "
            "stop it nor bring its price back; `await job` first.",
            member="job",
            value=job,
        )
    if job.id is None:
        raise InvalidRequest(
            "The service never accepted this job, so it has nothing of it that could be deleted.",
            member="job",
            value=job,
        )
    if job.request.looked_for != "generation":
        raise _no_way(job.noun)
    return job.id


def check_record(record: JobRecord) -> str:
    """
    Return the id under which the service can delete a job of the library that nobody holds.

    Raises:
        InvalidRequest: As for `check_job`.
    """
    if record.job_id is None:
        raise InvalidRequest(
            "The service never accepted this job, so it has nothing of it that could be deleted.",
            member="job",
            value=record.uid,
        )
    if record.state not in {"complete", "failed"}:
        raise InvalidRequest(
            f'Job {record.job_id} may be in flight; leo.job("{record.job_id}") looks for it, and '
            "then it can be deleted.",
            member="job",
            value=record.job_id,
        )
    if record.kind == "variation":
        raise _no_way("Variation")
    return record.job_id


def _no_way(noun: str) -> InvalidRequest:
    return InvalidRequest(
        f"{noun}s that were made out of an image or a video cannot be deleted: the service deletes "
        "generations only.",
        member="job",
    )


async def delete_generation(client: Client, job_id: str, *, looks_first: bool = False) -> None:
    """
    Delete the generation *job_id* at the service.

    Args:
        client: The service.
        job_id: The generation's id.
        looks_first: Whether it is asked about first, because nobody here knows it.

    Raises:
        InvalidRequest: It is still at work.
        NotFound: There is none of that id.
    """
    if looks_first:
        found = await client.generation(job_id)
        if not (found.is_complete or found.is_failed):
            raise InvalidRequest(
                f"Generation {job_id} is in flight, and deleting it would neither stop it nor "
                "bring its price back.",
                member="job",
                value=job_id,
            )
    if not await client.delete_generation(job_id):
        raise NotFound(
            f"The service has no generation {job_id}: it was deleted before, it is another "
            "account's, or this is an image's id and not a generation's.",
            status=200,
        )


async def delete_job(client: Client, job: Job[Any]) -> Sentence:
    """
    Delete *job* at the service; return the sentence that says what is gone and what stays.

    Raises:
        InvalidRequest: As for `check_job`.
        NotFound: The service does not have it any more.
    """
    job_id = check_job(job)
    await delete_generation(client, job_id)
    return deleted(job_id, len(job.snapshot.media))


class Sentence(str):
    """A sentence that a notebook's cell shows without quotes."""

    __slots__ = ()

    def __repr__(self) -> str:
        return str(self)


def deleted(job_id: str, files: int) -> Sentence:
    """Return the sentence that says what is gone and what stays."""
    if files == 0:
        kept = "the library has no file of it"
    else:
        kept = f"{'its file' if files == 1 else f'its {files} files'} in the library stay"
        kept += "s" if files == 1 else ""
    return Sentence(
        f"Generation {job_id} is deleted at the service; {kept}. Its images can no longer be used "
        "for new jobs there, and what it cost stays spent."
    )
