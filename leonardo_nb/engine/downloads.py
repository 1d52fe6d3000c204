"""Fetches what jobs have made into the library."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import anyio

from leonardo_nb.errors import ConnectionFailed, DownloadFailed, ServiceError
from leonardo_nb.library.records import MediaFile

if TYPE_CHECKING:
    from leonardo_nb.clock import Clock
    from leonardo_nb.engine.looks import RemoteFile
    from leonardo_nb.library.files import MediaStore, StoredFile
    from leonardo_nb.service.client import Client

__all__ = ["Downloads"]

log = logging.getLogger("leonardo_nb")

AT_ONCE = 8
"""Files; many jobs that were finished while nobody watched are fetched one after the other."""
PAUSES = (1.0, 3.0)
"""Seconds before a file is fetched for the second and the third time."""


class Downloads:
    """
    Fetches files, each with a second and a third try.

    Args:
        client: The service.
        store: Where they are kept.
        clock: Time.
        speed: How many times as fast as the real service the client's one is.
    """

    def __init__(self, client: Client, store: MediaStore, clock: Clock, speed: float) -> None:
        self._client = client
        self._store = store
        self._clock = clock
        self._speed = speed
        self._places = anyio.CapacityLimiter(AT_ONCE)

    async def media(
        self, file: RemoteFile, *, is_video: bool, source: MediaFile | None = None
    ) -> MediaFile:
        """
        Return *file* as one of ours; a video with its still.

        Args:
            file: Where it is.
            is_video: Which of its two addresses is the result.
            source: What it was made out of, whose still serves a video that has none of its own.

        Raises:
            DownloadFailed: It could not be fetched; the sentence says where the service keeps it.
        """
        if not is_video:
            url = file.url or ""
            return MediaFile(file.id, url, file.nsfw, await self._fetched(url, "picture"))
        url = file.video_url or ""
        stored = await self._fetched(url, "video")
        return MediaFile(file.id, url, file.nsfw, stored, await self._still(file, source))

    async def _still(self, file: RemoteFile, source: MediaFile | None) -> StoredFile | None:
        """Return the still of a video; without one the video is as good, so nothing fails."""
        if file.url is not None:
            try:
                return await self._fetched(file.url, "still")
            except DownloadFailed as error:
                log.info("The still of video %s could not be fetched: %s", file.id, error)
        if source is None:
            return None
        return source.file if source.file.duration is None else source.poster

    async def _fetched(self, url: str, what: str) -> StoredFile:
        for pause in (*PAUSES, None):
            try:
                async with self._places, self._client.media(url) as answer:
                    return await self._store.save(answer.aiter_bytes(), url=url)
            except (ConnectionFailed, DownloadFailed, ServiceError) as error:
                if pause is None:
                    raise DownloadFailed(
                        f"The {what} is there and paid, and could not be fetched: {error} "
                        f"The service keeps it at {url}; leo.resume() fetches it again.",
                        url=url,
                    ) from error
                log.info("A %s is fetched again: %s", what, error)
                await self._clock.pause(pause / self._speed)
        raise AssertionError("unreachable")
