"""
Picture files, named by their content.

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
from typing import TYPE_CHECKING

import anyio.to_thread

from leonardo_nb.errors import DownloadFailed, LibraryError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path
    from typing import BinaryIO

__all__ = ["MediaStore", "StoredFile"]

LIMIT_BYTES = 100_000_000
LIMIT_PIXELS = 80_000_000
"""Above Pillow's own warning level nothing is decoded; the service's largest is 20 megapixels."""

OLD_SECONDS = 86_400.0
"""A file that has been on its way for a day is not coming any more."""

SUFFIXES = {"JPEG": ".jpg", "PNG": ".png", "WEBP": ".webp"}


@dataclass(frozen=True, slots=True)
class StoredFile:
    """
    A picture file in the library.

    Attributes:
        path: Where it is.
        sha256: Of its bytes, in hexadecimal; also its name.
        media_type: By content: `image/jpeg`, `image/png` or `image/webp`.
        width: In pixels.
        height: In pixels.
        size_bytes: Of the file.
    """

    path: Path
    sha256: str
    media_type: str
    width: int
    height: int
    size_bytes: int


class MediaStore:
    """
    The folder that holds picture files.

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
        limit_pixels: int = LIMIT_PIXELS,
    ) -> StoredFile:
        """
        Write *chunks* to a file, check that it is a whole picture, and give it its place.

        Args:
            chunks: The file's bytes, as they arrive.
            url: Where they come from, for the error.
            limit_bytes: A larger file is refused.
            limit_pixels: A larger picture is refused before it is decoded.

        Raises:
            DownloadFailed: It is too large, cut off, or no picture that we know.
            LibraryError: The disk refuses it.
        """
        part = self._incoming / f"{uuid.uuid4().hex}.part"
        try:
            digest = await self._receive(part, chunks, url=url, limit_bytes=limit_bytes)
            return await anyio.to_thread.run_sync(self._keep, part, digest, url, limit_pixels)
        except OSError as error:
            raise LibraryError(
                f"A picture could not be written to {self.folder} ({error.strerror}); "
                "free some space and fetch it again."
            ) from error
        finally:
            part.unlink(missing_ok=True)

    async def _receive(
        self, part: Path, chunks: AsyncIterator[bytes], *, url: str, limit_bytes: int
    ) -> str:
        digest, size = hashlib.sha256(), 0
        with part.open("wb") as file:
            async for chunk in chunks:
                size += len(chunk)
                if size > limit_bytes:
                    raise DownloadFailed(
                        f"The picture is larger than {limit_bytes:,} bytes and was not kept.",
                        url=url,
                    )
                digest.update(chunk)
                await anyio.to_thread.run_sync(file.write, chunk)
            await anyio.to_thread.run_sync(_flush, file)
        return digest.hexdigest()

    def _keep(self, part: Path, digest: str, url: str, limit_pixels: int) -> StoredFile:
        kind, width, height = _inspect(part, url=url, limit_pixels=limit_pixels)
        place = self.folder / "media" / digest[:2] / f"{digest}{SUFFIXES[kind]}"
        place.parent.mkdir(parents=True, exist_ok=True)
        size_bytes = part.stat().st_size
        part.replace(place)
        return StoredFile(
            path=place,
            sha256=digest,
            media_type=f"image/{kind.lower()}",
            width=width,
            height=height,
            size_bytes=size_bytes,
        )


def _flush(file: BinaryIO) -> None:
    file.flush()
    os.fsync(file.fileno())


def _inspect(path: Path, *, url: str, limit_pixels: int) -> tuple[str, int, int]:
    """Return format, width and height of the picture in *path*, having decoded all of it."""
    from PIL import Image, UnidentifiedImageError

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(path, formats=list(SUFFIXES)) as image:
                kind = str(image.format)
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
            "What the service sent is not a JPEG, PNG or WebP picture.", url=url
        ) from error
    except (OSError, SyntaxError, ValueError) as error:  # Pillow's words for a broken file
        raise DownloadFailed(f"The picture arrived damaged ({error}).", url=url) from error
    return kind, width, height
