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
from dataclasses import asdict, dataclass, replace
from importlib.metadata import version
from typing import TYPE_CHECKING, Any, Final, Literal, Protocol

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from leonardo_nb.library.embedding import jpeg, png, webp, xmp
from leonardo_nb.library.embedding.blocks import MOST_BYTES, Blocks, NoRoom, Written
from leonardo_nb.library.embedding.infotext import Infotext, infotext, read_infotext
from leonardo_nb.money import Cost, Unit

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime
    from pathlib import Path
    from typing import BinaryIO

__all__ = ["Embedded", "Found", "OnAxis", "Provenance", "embed", "found_in", "read"]

VERSION: Final = 1
"""Of our JSON; counts changes that an earlier reader would misunderstand."""

WITHHELD: Final = ("prompt", "negative_prompt", "enhancePromptInstruction")
"""The members of a request that are somebody's words."""

SIGNED: Final = (
    "It carries a C2PA manifest, which holds for the file as it is, so nothing was put into it."
)


@dataclass(frozen=True, slots=True)
class OnAxis:
    """
    Where a picture stands on one axis of its sweep.

    Attributes:
        name: The axis's.
        label: The value as it is written at the edge of the sheet.
        value: What JSON can hold of it; None also where it was left out.
        at: Which of the axis's values it is, from 0.
        role: "member", "zip", "slot" or "replicate".
        members: What of the request it decides, where that is not just what it is called.
    """

    name: str
    label: str
    value: Any = None
    at: int = 0
    role: str = "member"
    members: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Provenance:
    """
    What is known of one picture; what is not known is None or empty, and is not claimed.

    Attributes:
        request: What was asked for, by the service's names, without an address for callbacks.
        endpoint: Where it was asked; it says which kind of body `request` is.
        by: Who wrote it down: this package, which writes all of the request, or a program that
            writes the `parameters` text, which has some of it.
        generation: The service's id of the job.
        image: The service's id of the picture.
        number: Which picture of its job it is, from 0.
        created: When it was asked for, in UTC.
        cost: What the job cost, for all its pictures.
        model: The model's name, as people say it.
        simulated: Whether the built-in simulator drew it.
        nsfw: Whether the service marked it so.
        seconds: How long the job took.
        sweep: The name of the sweep that it is a cell of.
        axes: Its place on each axis of the sweep.
        cell: The content key of the request; cells with one key are one job.
        withheld: What was left out on purpose: names of members, and of axes.
        software: What wrote it, with its version.
        parameters: The `parameters` text as it was found; empty in one that is made here.
    """

    request: Mapping[str, Any]
    endpoint: str = "generations"
    by: Literal["leonardo_nb", "parameters"] = "leonardo_nb"
    generation: str | None = None
    image: str | None = None
    number: int = 0
    created: datetime | None = None
    cost: Cost | None = None
    model: str = ""
    simulated: bool = False
    nsfw: bool = False
    seconds: float | None = None
    sweep: str | None = None
    axes: tuple[OnAxis, ...] = ()
    cell: str | None = None
    withheld: tuple[str, ...] = ()
    software: str = ""
    parameters: str = ""

    def as_json(self) -> dict[str, Any]:
        """Return it made of what JSON has, as it is put into files."""
        written: dict[str, Any] = {
            "leonardo_nb": "picture",
            "version": VERSION,
            "software": self.software or _software(),
            "endpoint": self.endpoint,
            "request": dict(self.request),
            "model": self.model,
            "generation": self.generation,
            "image": self.image,
            "number": self.number,
            "created": None if self.created is None else self.created.isoformat(),
            "seconds": None if self.seconds is None else round(self.seconds, 3),
            "cost": _cost_json(self.cost),
            "simulated": self.simulated,
            "nsfw": self.nsfw,
            "cell": self.cell,
            "withheld": list(self.withheld),
        }
        if self.sweep is not None or self.axes:
            axes = [asdict(axis) | {"members": list(axis.members)} for axis in self.axes]
            written["sweep"] = {"name": self.sweep, "axes": axes}
        return written

    def text(self) -> str:
        """Return the `parameters` text; one that was found is returned as it was."""
        if self.parameters and not self.withheld:
            return self.parameters
        asked = self.request
        size = f"{asked['width']}x{asked['height']}" if {"width", "height"} <= set(asked) else None
        values = {
            "Steps": asked.get("num_inference_steps"),
            "Sampler": asked.get("scheduler"),
            "CFG scale": asked.get("guidance_scale"),
            "Seed": asked.get("seed"),
            "Size": size,
            "Model": self.model or asked.get("modelId"),
            "Style": asked.get("presetStyle"),
            "Version": self.software or _software(),
        }
        return infotext(
            Infotext(
                str(asked.get("prompt", "")),
                str(asked.get("negative_prompt") or ""),
                {name: str(value) for name, value in values.items() if value is not None},
            )
        )

    def xmp(self) -> bytes:
        """Return the XMP packet; it is a file of its own beside a picture that takes none."""
        return xmp.packet(self._properties())

    def sidecar(self) -> bytes:
        """Return all of it as a JSON file to lie beside a picture that takes none of it."""
        said = {**self.as_json(), "parameters": self.text(), "digital_source_type": xmp.TRAINED}
        return json.dumps(said, indent=1).encode("ascii")

    def _properties(self) -> dict[str, str]:
        prompt = str(self.request.get("prompt", ""))
        tool = self.software or _software()
        said = {
            "Iptc4xmpExt:DigitalSourceType": xmp.TRAINED,
            "Iptc4xmpExt:AISystemUsed": "" if self.by == "parameters" else "Leonardo.AI",
            "Iptc4xmpExt:AISystemVersionUsed": self.model,
            "Iptc4xmpExt:AIPromptInformation": prompt,
            "xmp:CreatorTool": f"{tool} (simulated)" if self.simulated else tool,
            "xmp:CreateDate": ""
            if self.created is None
            else self.created.isoformat("T", "seconds"),
            "dc:description": prompt,
        }
        return {name: value for name, value in said.items() if value}


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

    Source: `leonardo_nb.library.embedding`, a module for each format.
    """
    file = io.BytesIO(data)
    format_ = _format_of(file)
    if format_ is None:
        return Embedded(data, what.sidecar(), "It is neither JPEG, PNG nor WebP.")
    there = format_.look(file)
    if there.is_signed or (there.xmp is not None and xmp.is_bound(there.xmp)):
        return Embedded(data, what.sidecar(), SIGNED)
    packet: bytes | None = what.xmp()
    is_alone = bool(what.withheld)
    if there.xmp is not None and not is_alone:
        packet = xmp.merged(there.xmp, what._properties())  # noqa: SLF001  of this module
    is_foreign = there.parameters is not None and " leonardo_nb " not in there.parameters
    record = json.dumps(what.as_json(), separators=(",", ":")).encode("ascii")
    text = None if is_foreign and not is_alone else what.text()
    try:
        return Embedded(format_.splice(file, Written(record, text, packet, is_alone)))
    except NoRoom as error:
        return Embedded(data, what.sidecar(), str(error))


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


def _cost_json(cost: Cost | None) -> dict[str, str] | None:
    return None if cost is None else {"amount": str(cost.amount), "unit": cost.unit}


def _software() -> str:
    return f"leonardo_nb {version('leonardo_nb')}"
