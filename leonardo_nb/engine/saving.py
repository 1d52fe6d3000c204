"""Copies of pictures that say how they were made, written where somebody wants them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

from leonardo_nb.engine.provenance import of_snapshot
from leonardo_nb.errors import ExportFailed
from leonardo_nb.library.files import SUFFIXES
from leonardo_nb.library.provenance import embed
from leonardo_nb.whole import written_whole

if TYPE_CHECKING:
    from leonardo_nb.engine.lifecycle import Snapshot
    from leonardo_nb.engine.media import Image

__all__ = ["save_copy"]

SAME: Final = {".jpeg": ".jpg", ".jpe": ".jpg"}
"""Endings that mean another one."""


def save_copy(
    image: Image, made: Snapshot | None, path: str | Path, *, prompt: bool = True
) -> Path:
    """
    Write a copy of *image*; see `Image.save`.

    Args:
        image: What is copied.
        made: The job that gave it; None where nobody knows, and then the copy says nothing.
        path: Where.
        prompt: False leaves out what somebody wrote.
    """
    place, own = Path(path).expanduser(), SUFFIXES[image.media_type]
    if place.is_dir():
        place /= f"{image.id or image.path.stem}{own}"
    elif not place.suffix:
        place = place.with_suffix(own)
    ending = place.suffix.lower()
    if SAME.get(ending, ending) != own:
        raise ExportFailed(
            f"The picture is a {own} file, and a copy keeps its bytes, so it cannot be "
            f"{place.name}; name it {place.with_suffix(own).name}. image.pil() can be saved as "
            "anything.",
            path=place,
        )
    data, sidecar = image.read_bytes(), None
    if made is not None:
        known = of_snapshot(made, image.index, seconds=_seconds(made), prompt=prompt)
        embedded = embed(data, known)
        data, sidecar = embedded.data, embedded.sidecar
    if sidecar is not None:
        _put(place.with_suffix(".json"), sidecar)
    _put(place, data)
    return place


def _seconds(made: Snapshot) -> float | None:
    return None if made.ended is None else max(made.ended - made.started, 0.0)


def _put(place: Path, data: bytes) -> None:
    try:
        with written_whole(place) as part:
            part.write_bytes(data)
    except OSError as error:
        raise ExportFailed(
            f"{place} could not be written ({error.strerror}), and nothing of it is left behind.",
            path=place,
        ) from error
