"""
Picture and video files, named by their content.

A file is received under a temporary name, checked, and only then renamed into place, so that
whatever has a final name is whole. What it is called and what it is said to be are decided by its
content, never by the address that it came from.
"""

from __future__ import annotations

import hashlib
import os
import time
import uuid
import warnings
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import anyio.to_thread

from leonardo_nb.errors import DownloadFailed, LibraryError
from leonardo_nb.library.mp4 import HEAD_BYTES, begins_like_mp4, read_film

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping
    from pathlib import Path
    from typing import BinaryIO

__all__ = ["MediaStore", "StoredFile"]

LIMIT_BYTES = 100_000_000
LIMIT_VIDEO_BYTES = 500_000_000
"""A minute at the rate of a Blu-ray disc is 300 MB; the service's videos are 2 to 20 s long."""
LIMIT_PIXELS = 80_000_000
"""Above Pillow's own warning level nothing is decoded; the service's largest is 20 megapixels."""

OLD_SECONDS = 86_400.0
"""A file that has been on its way for a day is not coming any more."""

PICTURES = {"JPEG": "image/jpeg", "PNG": "image/png", "WEBP": "image/webp"}
"""Media types by Pillow's names."""

SUFFIXES = {
    "image/jpeg": ".jpg",
    "image/png": ".png",
    "image/webp": ".webp",
    "video/mp4": ".mp4",
}


@dataclass(frozen=True, slots=True)
class StoredFile:
    """
    A picture or video file in the library.

    Attributes:
        path: Where it is.
        sha256: Of its bytes, in hexadecimal; also its name.
        media_type: By content: `image/jpeg`, `image/png`, `image/webp` or `video/mp4`.
        width: In pixels.
        height: In pixels.
        size_bytes: Of the file.
        duration: In seconds; None for a picture.
    """

    path: Path
    sha256: str
    media_type: str
    width: int
    height: int
    size_bytes: int
    duration: float | None = None


class MediaStore:
    """
    The folder that holds picture and video files.

    Raises:
        LibraryError: The folder cannot be made or written.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._incoming = folder / "incoming"
        try:
            self._incoming.mkdir(parents=True, exist_ok=True)
            probe = self._incoming / f"{uuid.uuid4().hex}.probe"
            probe.touch()
            probe.unlink()
            self._forget_old_parts()
        except OSError as error:
            raise LibraryError(
                f"The library folder {folder} cannot be written ({error.strerror}). Give another "
                'one with leo.connect(library="...") or LEONARDO_LIBRARY.'
            ) from error

    def _forget_old_parts(self) -> None:
        """Remove what kernels that were ended left half received; others may be receiving now."""
        for part in self._incoming.glob("*.part"):
            with suppress(FileNotFoundError):  # another process was faster
                if part.stat().st_mtime < time.time() - OLD_SECONDS:
                    part.unlink()

    async def save(
        self,
        chunks: AsyncIterator[bytes],
        *,
        url: str,
        limit_bytes: int = LIMIT_BYTES,
        limit_video_bytes: int = LIMIT_VIDEO_BYTES,
        limit_pixels: int = LIMIT_PIXELS,
    ) -> StoredFile:
        """
        Write *chunks* to a file, check that it is whole, and give it its place.

        A picture is decoded; of a video only the index is read, see `read_film`.

        Args:
            chunks: The file's bytes, as they arrive.
            url: Where they come from, for the error.
            limit_bytes: A larger file is refused, unless it begins like a video.
            limit_video_bytes: A larger video is refused.
            limit_pixels: A larger picture is refused before it is decoded.

        Raises:
            DownloadFailed: It is too large, cut off, or neither a picture nor a video that we know.
            LibraryError: The disk refuses it.
        """
        part = self._incoming / f"{uuid.uuid4().hex}.part"
        limits = {"picture": limit_bytes, "video": limit_video_bytes}
        try:
            digest, what = await self._receive(part, chunks, url=url, limits=limits)
            return await anyio.to_thread.run_sync(self._keep, part, digest, what, url, limit_pixels)
        except OSError as error:
            raise LibraryError(
                f"A file could not be written to {self.folder} ({error.strerror}); "
                "free some space and fetch it again."
            ) from error
        finally:
            part.unlink(missing_ok=True)

    async def _receive(
        self, part: Path, chunks: AsyncIterator[bytes], *, url: str, limits: Mapping[str, int]
    ) -> tuple[str, str]:
        """Return the SHA-256 of what came, and whether it begins like a picture or a video."""
        digest, size, head = hashlib.sha256(), 0, b""
        what = "picture"
        with part.open("wb") as file:
            async for chunk in chunks:
                if len(head) < HEAD_BYTES:
                    head = (head + chunk)[:HEAD_BYTES]
                    what = "video" if begins_like_mp4(head) else "picture"
                size += len(chunk)
                if size > limits[what]:
                    raise DownloadFailed(
                        f"The {what} is larger than {limits[what]:,} bytes and was not kept.",
                        url=url,
                    )
                digest.update(chunk)
                await anyio.to_thread.run_sync(file.write, chunk)
            await anyio.to_thread.run_sync(_flush, file)
        return digest.hexdigest(), what

    def _keep(self, part: Path, digest: str, what: str, url: str, limit_pixels: int) -> StoredFile:
        if what == "video":
            seen = _inspect_video(part, url=url)
        else:
            seen = _inspect_picture(part, url=url, limit_pixels=limit_pixels)
        suffix = SUFFIXES[seen.media_type]
        place = self.folder / "media" / digest[:2] / f"{digest}{suffix}"
        place.parent.mkdir(parents=True, exist_ok=True)
        size_bytes = part.stat().st_size
        part.replace(place)
        return StoredFile(
            path=place,
            sha256=digest,
            media_type=seen.media_type,
            width=seen.width,
            height=seen.height,
            size_bytes=size_bytes,
            duration=seen.duration,
        )


class _Seen(NamedTuple):
    """What the content of a file says of it."""

    media_type: str
    width: int
    height: int
    duration: float | None = None


def _flush(file: BinaryIO) -> None:
    file.flush()
    os.fsync(file.fileno())


def _inspect_video(path: Path, *, url: str) -> _Seen:
    """Return what the video in *path* says of itself; it is not decoded."""
    try:
        with path.open("rb") as file:
            film = read_film(file)
    except ValueError as error:
        raise DownloadFailed(f"The video arrived damaged ({error}).", url=url) from error
    return _Seen("video/mp4", film.width, film.height, film.duration)


def _inspect_picture(path: Path, *, url: str, limit_pixels: int) -> _Seen:
    """Return format and size of the picture in *path*, having decoded all of it."""
    from PIL import Image, UnidentifiedImageError

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(path, formats=list(PICTURES)) as image:
                # Pillow's name for a JPEG that has a second picture behind it
                kind = "JPEG" if image.format == "MPO" else str(image.format)
                width, height = image.size
                if width * height > limit_pixels:
                    raise DownloadFailed(
                        f"The picture has {width} x {height} pixels, more than the "
                        f"{limit_pixels:,} that are decoded here.",
                        url=url,
                    )
                image.load()
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise DownloadFailed(
            f"The picture has more than the {limit_pixels:,} pixels that are decoded here.",
            url=url,
        ) from error
    except UnidentifiedImageError as error:
        raise DownloadFailed(
            "What the service sent is not a JPEG, PNG or WebP picture, nor an MP4 video.", url=url
        ) from error
    except (OSError, SyntaxError, ValueError) as error:  # Pillow's words for a broken file
        raise DownloadFailed(f"The picture arrived damaged ({error}).", url=url) from error
    return _Seen(PICTURES[kind], width, height)
