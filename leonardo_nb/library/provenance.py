"""
What is known of a picture, written into copies of its file, and read from files again.

Three things say it, each for other readers: an XMP property that the picture was made by a trained
model, the `parameters` text that most programs show, and our own JSON, which says all of it.
Pixels are never decoded, and what is in a file already stays.
"""

from __future__ import annotations

import io
import json
import math
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final, Literal, Protocol

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from leonardo_nb.errors import InvalidRequest
from leonardo_nb.library.embedding import jpeg, png, webp, xmp
from leonardo_nb.library.embedding.blocks import MOST_BYTES, Blocks, NoRoom, Written
from leonardo_nb.library.embedding.infotext import Infotext, read_infotext
from leonardo_nb.library.known import VERSION, WITHHELD, OnAxis, Provenance, is_wordy
from leonardo_nb.money import Cost, Unit

if TYPE_CHECKING:
    from pathlib import Path
    from typing import BinaryIO

__all__ = [
    "WITHHELD",
    "Embedded",
    "Found",
    "OnAxis",
    "Provenance",
    "embed",
    "found_in",
    "is_telling",
    "is_wordy",
    "read",
]

SIGNED: Final = (
    "It carries a C2PA manifest, which holds for the file as it is, so nothing was put into it."
)
DESCRIBES: Final = (b"AIPromptInformation", b"dc:description", b"exif:UserComment")
"""What XMP calls the places where programs put a prompt."""


@dataclass(frozen=True, slots=True)
class Embedded:
    """
    A copy of a picture's file, with what is known of it.

    Attributes:
        data: The file; the same bytes where nothing could be put into it.
        sidecar: Then a JSON file that is to lie beside it, called as the picture with the ending
            `.json`; else None.
        why: Then one sentence that says why; else empty.
    """

    data: bytes
    sidecar: bytes | None = None
    why: str = ""


@dataclass(frozen=True, slots=True)
class Found:
    """
    What a file says.

    Attributes:
        provenance: What is known of the picture, or None.
        why: Why nothing is known, in words that go on after the file's name; else empty.
        size: Width and height in pixels, where the file says them.
        media_type: By content, such as `image/png`; empty for other formats.
    """

    provenance: Provenance | None
    why: str = ""
    size: tuple[int, int] | None = None
    media_type: str = ""


def embed(data: bytes, what: Provenance) -> Embedded:
    """
    Return a copy of the picture *data* that says *what*; its pixels are the same bytes.

    JPEG, PNG and WebP. What other programs wrote stays: an XMP packet and an EXIF block get our
    properties besides, and a `parameters` text that is not ours is not replaced. Only where *what*
    withholds something are their words taken out, for they may say it. A file with a C2PA manifest
    is returned as it is, with a sidecar, for any change would break the manifest.

    Raises:
        InvalidRequest: *what* withholds something, and the file, which may say it, cannot be
            changed; no copy was made.

    Source: `leonardo_nb.library.embedding`, a module for each format.
    """
    file = io.BytesIO(data)
    format_ = _format_of(file)
    if format_ is None:
        return _as_it_is(data, what, "It is neither JPEG, PNG nor WebP.")
    there = format_.look(file)
    if there.is_signed or (there.xmp is not None and xmp.is_bound(there.xmp)):
        return _as_it_is(data, what, SIGNED)
    packet: bytes | None = what.xmp()
    is_alone = bool(what.withheld)
    if there.xmp is not None and not is_alone:
        packet = xmp.merged(there.xmp, what.properties())
    is_foreign = there.parameters is not None and " leonardo_nb " not in there.parameters
    record = json.dumps(what.as_json(), separators=(",", ":")).encode("ascii")
    text = None if is_foreign and not is_alone else what.text()
    try:
        return Embedded(format_.splice(file, Written(record, text, packet, is_alone)))
    except NoRoom as error:
        return _as_it_is(data, what, str(error))


def _as_it_is(data: bytes, what: Provenance, why: str) -> Embedded:
    """Return *data* with a sidecar, unless it may say what is withheld."""
    if what.withheld:
        raise InvalidRequest(
            f"This picture may say {', '.join(what.withheld)}, which is to be left out, and it "
            f"cannot be changed: {why} No copy was made; image.pil() is the picture alone.",
            member="prompt",
        )
    return Embedded(data, what.sidecar(), why)


def is_telling(data: bytes) -> bool:
    """Whether the file *data* may say how its picture was made, in words or in a manifest."""
    file = io.BytesIO(data)
    format_ = _format_of(file)
    if format_ is None:
        return True
    there = format_.look(file)
    packet = there.xmp or b""
    return (
        there.is_signed
        or there.record is not None
        or there.parameters is not None
        or xmp.is_bound(packet)
        or any(name in packet for name in DESCRIBES)
    )


def read(source: bytes | Path) -> Provenance | None:
    """
    Return what is known of the picture *source*: from our JSON, else from its `parameters`.

    A JSON file of ours beside the picture counts where the picture itself has none of it. Whatever
    the file contains, no more than about a megabyte of it is held, and nothing is raised.

    Args:
        source: The bytes of a file, or where it is.
    """
    return found_in(source).provenance


def found_in(source: bytes | Path) -> Found:
    """Return what *source* says of its picture, or why nothing; see `read`."""
    if isinstance(source, bytes):
        return _found(io.BytesIO(source))
    try:
        with source.open("rb") as file:
            found = _found(file)
    except OSError as error:
        return Found(None, f"cannot be read ({error.strerror})")
    is_ours = found.provenance is not None and found.provenance.by == "leonardo_nb"
    if found.media_type and not is_ours and (beside := _beside(source)) is not None:
        return replace(found, provenance=beside, why="")
    return found


def _found(file: BinaryIO) -> Found:
    format_ = _format_of(file)
    if format_ is None:
        return Found(None, "is neither JPEG, PNG nor WebP")
    there = format_.look(file)
    found, newer = _of_record(there.record)
    if found is None and there.parameters and (said := read_infotext(there.parameters)):
        found = _of_infotext(said, there.parameters)
    if not there.is_whole:
        return Found(None, "is cut off")
    why = ""
    if found is None:
        why = "does not say how it was made"
        if newer:
            why = "was written by a newer version of leonardo_nb"
    return Found(found, why, there.size, format_.MEDIA_TYPE)


class _Format(Protocol):
    """What is done with one format; its modules do it."""

    @property
    def MEDIA_TYPE(self) -> str:  # noqa: N802  a module's constant
        """By content."""

    def look(self, file: BinaryIO, /) -> Blocks:
        """Return what *file* has besides its pixels."""

    def splice(self, file: BinaryIO, what: Written, /) -> bytes:
        """Return *file* with *what* in it."""


def _format_of(file: BinaryIO) -> _Format | None:
    file.seek(0)
    head = file.read(12)
    if head.startswith(jpeg.MAGIC):
        return jpeg
    if head.startswith(png.MAGIC):
        return png
    if head.startswith(webp.MAGIC) and head[8:] == b"WEBP":
        return webp
    return None


class _Cost(BaseModel):
    amount: str
    unit: Unit


class _Axis(BaseModel):
    name: str
    label: str
    value: Any = None
    at: int = Field(default=0, ge=0)
    role: str = "member"
    members: tuple[str, ...] = ()


class _Sweep(BaseModel):
    name: str | None = None
    axes: tuple[_Axis, ...] = ()


class _Record(BaseModel):
    """Our JSON as it is read: members that are not known are passed over."""

    model_config = ConfigDict(extra="ignore", allow_inf_nan=False)

    leonardo_nb: Literal["picture"]
    version: int
    software: str = ""
    endpoint: str = "generations"
    request: dict[str, Any]
    model: str = ""
    generation: str | None = None
    image: str | None = None
    number: int = Field(default=0, ge=0)
    created: AwareDatetime | None = None
    seconds: float | None = Field(default=None, ge=0)
    cost: _Cost | None = None
    cell: str | None = None
    simulated: bool = False
    nsfw: bool = False
    withheld: tuple[str, ...] = ()
    sweep: _Sweep = Field(default_factory=_Sweep)


def _of_record(written: bytes | None) -> tuple[Provenance | None, bool]:
    """Return what our JSON says, and whether it is of a version that is not known here."""
    if written is None:
        return None, False
    try:
        found = json.loads(written)
        if not isinstance(found, dict) or found.get("leonardo_nb") != "picture":
            return None, False
        if isinstance(found.get("version"), int) and found["version"] > VERSION:
            return None, True
        record = _Record.model_validate(found)
        cost = None if record.cost is None else Cost.of(record.cost.amount, record.cost.unit)
    except (ValueError, RecursionError):  # also what pydantic, JSON and amounts of money raise
        return None, False
    sweep = record.sweep
    return (
        Provenance(
            request=record.request,
            endpoint=record.endpoint,
            generation=record.generation,
            image=record.image,
            number=record.number,
            created=record.created,
            cost=cost,
            model=record.model,
            simulated=record.simulated,
            nsfw=record.nsfw,
            seconds=record.seconds,
            sweep=sweep.name,
            axes=tuple(OnAxis(**dict(axis)) for axis in sweep.axes),
            cell=record.cell,
            withheld=record.withheld,
            software=record.software,
        ),
        False,
    )


def _of_infotext(said: Infotext, text: str) -> Provenance:
    """Return what a `parameters` text says by the service's names; what is no number is left."""
    request: dict[str, Any] = {"prompt": said.prompt}
    if said.negative:
        request["negative_prompt"] = said.negative
    for name, (member, kind) in _MEMBERS.items():
        if (value := _number(said.values.get(name), kind)) is not None:
            request[member] = value
    sides = said.values.get("Size", "").split("x")
    if len(sides) == 2 and all(map(str.isdecimal, sides)) and max(map(len, sides)) < 6:
        request["width"], request["height"] = map(int, sides)
    if sampler := said.values.get("Sampler"):
        request["scheduler"] = sampler
    if model := said.values.get("Model"):
        request["modelId"] = model
    return Provenance(
        request,
        by="parameters",
        model=model or "",
        software=said.values.get("Version", ""),
        parameters=text,
    )


_MEMBERS: Final = {
    "Steps": ("num_inference_steps", int),
    "CFG scale": ("guidance_scale", float),
    "Seed": ("seed", int),
}
"""Numbers of a `parameters` text, and what the service calls them."""


def _number(text: str | None, kind: type[int | float]) -> float | None:
    try:
        value = float(text or "")
    except ValueError:
        return None
    if not math.isfinite(value) or abs(value) > 2**63:
        return None
    if value == int(value):
        return int(text) if kind is int and text and text.isdecimal() else int(value)
    return None if kind is int else value


def _beside(picture: Path) -> Provenance | None:
    """Return what a JSON file beside *picture* says; it may be called in two ways."""
    for name in (picture.with_suffix(".json"), picture.with_name(f"{picture.name}.json")):
        with suppress(OSError), name.open("rb") as file:
            if (found := _of_record(file.read(MOST_BYTES))[0]) is not None:
                return found
    return None
