"""
What one look at a job sees, whatever kind of job it is, and whom to ask.

Pictures and videos are looked for among the generations, where one list serves all of them, and
the variations of their pictures; what is in no list is asked for one by one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from leonardo_nb.errors import UnexpectedResponse

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping, Sequence

    from leonardo_nb.service.client import Client
    from leonardo_nb.service.responses import Generation, Variation

__all__ = [
    "GenerationLooks",
    "Look",
    "Looks",
    "RemoteFile",
    "VariationLooks",
    "look_at_generation",
    "look_of_answer",
    "looks_at",
]

PENDING = "PENDING"
"""The service's own word for a job at work; there is no other."""
LIST_LONGEST = 100
"""Rows that are asked for at most."""


@dataclass(frozen=True, slots=True)
class RemoteFile:
    """
    One file that a job made, still at the service.

    Attributes:
        id: The service's name for it.
        url: The picture, or the still of a video; None where there is none.
        video_url: The video, or None where it is a picture.
        nsfw: Whether the service marked it so.
    """

    id: str
    url: str | None
    video_url: str | None = None
    nsfw: bool = False


@dataclass(frozen=True, slots=True)
class Look:
    """
    What one look at a job saw.

    Attributes:
        status: The service's word; one that we do not know is neither complete nor failed.
        files: What it made; empty until it is complete.
        moderation: Words that say what the service objected to; its only hint at a reason.
    """

    status: str
    files: tuple[RemoteFile, ...] = ()
    moderation: tuple[str, ...] = ()

    @property
    def is_complete(self) -> bool:
        """Whether the files are there."""
        return self.status == "COMPLETE"

    @property
    def is_failed(self) -> bool:
        """Whether the service gave up."""
        return self.status == "FAILED"


class Looks(Protocol):
    """Whom to ask about jobs of one kind."""

    async def one(self, job_id: str) -> Look | None:
        """
        Return what there is of one job, or None where the service does not know it yet.

        Raises:
            NotFound: The service says that there is none.
        """

    async def newest(self, count: int) -> Mapping[str, Look] | None:
        """Return the newest *count* jobs by id, from one request; None where there is no list."""


class GenerationLooks:
    """
    Looks at `GET /generations/{id}`, and at the account's list once the account is known.

    Args:
        client: The service.
        user_id: Gives the account's id, or None as long as it is not known.
    """

    def __init__(self, client: Client, user_id: Callable[[], str | None]) -> None:
        self._client = client
        self._user_id = user_id

    async def one(self, job_id: str) -> Look:
        """Return what there is of one job."""
        return look_at_generation(await self._client.generation(job_id, once=True))

    async def newest(self, count: int) -> Mapping[str, Look] | None:
        """Return the account's newest jobs by id."""
        rows = await self.rows(count)
        return None if rows is None else {row.id: look_at_generation(row) for row in rows}

    async def rows(self, count: int) -> tuple[Generation, ...] | None:
        """Return the account's newest generations as they are."""
        user_id = self._user_id()
        if user_id is None:
            return None
        return await self._client.generations(user_id, limit=count, once=True)


class VariationLooks:
    """
    Looks at pictures, or videos, that were made out of others.

    Args:
        ask: Returns one of them, or None in its first moments.
        rows: Returns the account's newest generations, whose rows name what was made out of their
            pictures; None where no list does.
        video: Whether they are videos.
    """

    def __init__(
        self,
        ask: Callable[[str], Awaitable[Variation | None]],
        *,
        rows: Callable[[int], Awaitable[tuple[Generation, ...] | None]] | None = None,
        video: bool = False,
    ) -> None:
        self._ask = ask
        self._rows = rows
        self._video = video

    async def one(self, job_id: str) -> Look | None:
        """Return what there is of one job, or None in its first moments."""
        row = await self._ask(job_id)
        if row is None:
            return None
        if row.is_complete and row.url is None:
            raise UnexpectedResponse(
                f"The service calls {job_id} complete and names no file.", status=200
            )
        picture, video = (None, row.url) if self._video else (row.url, None)
        is_there = picture is not None or video is not None
        files = (RemoteFile(row.id or job_id, picture, video),) if is_there else ()
        return Look(row.status, files)

    async def newest(self, count: int) -> Mapping[str, Look] | None:
        """Return what was made out of the pictures of the newest generations, by id."""
        del count  # what is new may be made out of what is old
        rows = None if self._rows is None else await self._rows(LIST_LONGEST)
        if rows is None:
            return None
        return _variations_in(rows)


def looks_at(rows: Sequence[Generation]) -> dict[str, Look]:
    """Return what *rows* of the list say of generations and of variations of them, by id."""
    return {row.id: look_at_generation(row) for row in rows} | _variations_in(rows)


def _variations_in(rows: Sequence[Generation]) -> dict[str, Look]:
    return {
        each.id: Look(each.status, (RemoteFile(each.id, each.url),) if each.url else ())
        for row in rows
        for image in row.images
        for each in image.variations
        if each.url is not None or not each.is_complete
    }


def look_of_answer(job_id: str, answer: tuple[str, ...] | None) -> Look | None:
    """Return what an acknowledgement brought with it, or None where the job goes on."""
    if answer is None:
        return None
    return Look("COMPLETE", tuple(RemoteFile(job_id, url) for url in answer))


def look_at_generation(row: Generation) -> Look:
    """Return what a row of the generations says, as a look."""
    files = tuple(
        RemoteFile(image.id, image.url, image.motion_mp4_url, image.nsfw) for image in row.images
    )
    return Look(row.status, files, row.moderation)
