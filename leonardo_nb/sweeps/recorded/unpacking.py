"""
Opens a replay file that may come from anywhere, and takes nothing out of it that does not belong.

On its own because everything here is about distrust. Only members whose names we would have given
are looked at, so that no path can climb out; everything is bounded before it is read.
"""

from __future__ import annotations

import hashlib
import re
import stat
import struct
import warnings
import zipfile
import zlib
from typing import TYPE_CHECKING, Final

from leonardo_nb.errors import ReplayError
from leonardo_nb.library.files import LIMIT_BYTES, LIMIT_PIXELS, PICTURES, StoredFile
from leonardo_nb.service.plain import on_one_line
from leonardo_nb.sweeps.recorded.manifest import (
    MANIFEST,
    MOST_CELLS,
    MOST_MANIFEST,
    Picture,
    Recording,
    read,
    unplayable,
)

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path
    from typing import IO, BinaryIO

__all__ = ["MOST_BYTES", "MOST_FILES", "unpacked"]

MOST_FILES: Final = 4 * MOST_CELLS + 1
"""Members of the zip file: batches have several pictures a cell."""
MOST_BYTES: Final = 20_000_000_000
"""Of all pictures together, unpacked."""
MOST_LISTING: Final = 16_000_000
"""Bytes of the zip file's own list of members, which is read at once."""
MOST_GAIN: Final = 200
"""How many times as large a member is unpacked; text shrinks to a fiftieth, pictures not at all."""
SMALL: Final = 1_000_000
"""Bytes up to which nobody minds how well a member was packed."""
CHUNK: Final = 1 << 20
OURS: Final = re.compile(r"manifest\.json|media/[0-9a-f]{64}\.(jpg|png|webp)")

END, END_64, PLACE_64 = b"PK\5\6", b"PK\6\6", b"PK\6\7"
LONGEST_END: Final = 65_557
"""Bytes of the last record of a zip file, its longest comment included."""

BROKEN: Final = (
    zipfile.BadZipFile,
    zipfile.LargeZipFile,
    zlib.error,
    struct.error,
    EOFError,
    OSError,
    RuntimeError,  # what is encrypted, or packed in a way that is not known
    ValueError,
    LookupError,
    OverflowError,
)
"""What zipfile says of files that are damaged or made up."""
NO_PICTURE: Final = (OSError, SyntaxError, ValueError, TypeError, LookupError, EOFError)
"""What Pillow says of files that are none."""


def unpacked(path: Path, folder: Path) -> tuple[Recording, Mapping[str, StoredFile]]:
    """
    Return the recording in the replay file *path*, and its pictures as files in *folder*.

    A picture's first bytes are read for its kind and size; it is decoded when it is looked at.

    Args:
        path: The file.
        folder: An empty one of ours. What is in it after an error is the caller's to remove.

    Returns:
        The recording, and the files by their names in it.

    Raises:
        ReplayError: It is no whole replay file, of a newer version, or holds what it should not.
    """
    name = path.name
    try:
        with path.open("rb") as file:
            _refuse_long_listing(file, name)
            with zipfile.ZipFile(file) as packed:
                return _taken_out(packed, name, folder)
    except FileNotFoundError as error:
        raise unplayable(name, "it is not there") from error
    except (IsADirectoryError, PermissionError) as error:
        raise unplayable(name, f"it cannot be read ({error.strerror})") from error
    except BROKEN as error:
        why = on_one_line(getattr(error, "strerror", None) or error)[:200].rstrip(".")
        raise unplayable(name, f"it is no whole zip file ({why or 'cut off'})") from error


def _refuse_long_listing(file: BinaryIO, name: str) -> None:
    """
    Look at how long the list of members is said to be, before it is read.

    Raises:
        ReplayError: Too long.
    """
    size = file.seek(0, 2)
    file.seek(max(size - LONGEST_END - 76, 0))
    tail = file.read()
    file.seek(0)
    at = tail.rfind(END)
    if at < 0 or len(tail) < at + 22:
        return  # zipfile says it better
    (length,) = struct.unpack_from("<I", tail, at + 12)
    if at >= 20 and tail[at - 20 : at - 16] == PLACE_64:  # then a longer record has the length
        if at < 76 or tail[at - 76 : at - 72] != END_64:
            raise unplayable(name, "its list of members is nowhere")
        (length,) = struct.unpack_from("<Q", tail, at - 76 + 40)
    if length > MOST_LISTING:
        raise unplayable(name, f"it has more than the {MOST_FILES:,} files that are taken")


def _taken_out(
    packed: zipfile.ZipFile, name: str, folder: Path
) -> tuple[Recording, Mapping[str, StoredFile]]:
    members = _members(packed, name)
    if MANIFEST not in members:
        raise unplayable(name, f"it has no {MANIFEST}")
    with packed.open(members[MANIFEST]) as file:
        recording = read(file.read(MOST_MANIFEST), name)
    pictures = {picture.file: picture for take in recording.jobs for picture in take.media}
    (folder / "media").mkdir(parents=True, exist_ok=True)
    files: dict[str, StoredFile] = {}
    for picture in pictures.values():
        if picture.file not in members:
            raise unplayable(name, f"the picture {picture.file[6:18]}… is not in it")
        with packed.open(members[picture.file]) as file:
            files[picture.file] = _kept(file, picture, name, folder / picture.file)
    return recording, files


def _members(packed: zipfile.ZipFile, name: str) -> dict[str, zipfile.ZipInfo]:
    """
    Return what is in the file, by name.

    Raises:
        ReplayError: Something is in it that we would not have put there, or too much.
    """
    listed = packed.infolist()
    if len(listed) > MOST_FILES:
        raise unplayable(name, f"it has more than the {MOST_FILES:,} files that are taken")
    members: dict[str, zipfile.ZipInfo] = {}
    for info in listed:
        called = on_one_line(info.orig_filename)[:60]
        if info.orig_filename != info.filename or not OURS.fullmatch(info.filename):
            raise unplayable(name, f'it holds "{called}", which does not belong in a replay')
        if info.filename in members:
            raise unplayable(name, f'it holds "{called}" twice')
        kind = stat.S_IFMT(info.external_attr >> 16)
        if kind not in {0, stat.S_IFREG}:
            raise unplayable(name, f'"{called}" in it is no file, but a link or a device')
        is_known = info.compress_type in {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}
        if not is_known or info.flag_bits & 1:
            raise unplayable(name, f'"{called}" in it is packed in a way that is not ours')
        limit = MOST_MANIFEST if info.filename == MANIFEST else LIMIT_BYTES
        gain = info.file_size / max(info.compress_size, 1)
        if info.file_size > limit or (info.file_size > SMALL and gain > MOST_GAIN):
            raise unplayable(name, f'"{called}" in it would be {info.file_size:,} bytes')
        members[info.filename] = info
    if sum(info.file_size for info in listed) > MOST_BYTES:
        raise unplayable(
            name, f"its pictures are more than the {MOST_BYTES:,} bytes that are taken"
        )
    return members


def _kept(file: IO[bytes], picture: Picture, name: str, place: Path) -> StoredFile:
    """Return *picture*, written to *place*, once it is what the manifest says of it."""
    digest, size = hashlib.sha256(), 0
    try:
        with place.open("wb") as kept:
            while chunk := file.read(CHUNK):
                size += len(chunk)
                digest.update(chunk)
                kept.write(chunk)
    except OSError as error:
        raise ReplayError(
            f"The pictures of a replay could not be unpacked to {place.parent} "
            f"({error.strerror or error}), and none is left there; free some space, or name "
            "another folder for temporary files with TMPDIR."
        ) from error
    if digest.hexdigest() != picture.sha256:
        raise unplayable(name, f"the picture {picture.sha256[:12]}… in it was changed")
    if _seen(place) != (picture.media_type, picture.width, picture.height):
        raise unplayable(name, f"{picture.sha256[:12]}… in it is not the picture that it says")
    return StoredFile(
        path=place,
        sha256=picture.sha256,
        media_type=picture.media_type,
        width=picture.width,
        height=picture.height,
        size_bytes=size,
    )


def _seen(place: Path) -> tuple[str, int, int] | None:
    """Return media type, width and height by content, or None for what we would not decode."""
    from PIL import Image

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(place, formats=list(PICTURES)) as image:
                # Pillow's name for a JPEG that has a second picture behind it
                kind = "JPEG" if image.format == "MPO" else str(image.format)
                width, height = image.size
    except (*NO_PICTURE, Image.DecompressionBombError, Image.DecompressionBombWarning):
        return None
    return (PICTURES[kind], width, height) if width * height <= LIMIT_PIXELS else None
