"""
What is known of one picture: plain values, and how each kind of reader is told of them.

Our own JSON says all of it, the `parameters` text what most programs show, XMP that a trained model
made it.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from importlib.metadata import version
from typing import TYPE_CHECKING, Any, Final, Literal, Protocol

from leonardo_nb.library.embedding import xmp
from leonardo_nb.library.embedding.infotext import Infotext, infotext

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

    from leonardo_nb.money import Cost

__all__ = ["VERSION", "WITHHELD", "OnAxis", "Provenance", "is_wordy"]

VERSION: Final = 1
"""Of our JSON; counts changes that an earlier reader would misunderstand."""

WITHHELD: Final = ("prompt", "negative_prompt", "enhancePromptInstruction")
"""The members of a request that are somebody's words."""


class _Varies(Protocol):
    """What varies in a sweep."""

    @property
    def role(self) -> str:
        """`slot` where it is a part of a prompt."""

    @property
    def sets(self) -> Iterable[str]:
        """The members of a request that it decides."""


def is_wordy(axis: _Varies) -> bool:
    """Whether values of *axis* are words that somebody wrote."""
    return axis.role == "slot" or any(name in WITHHELD for name in axis.sets)


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
        return xmp.packet(self.properties())

    def sidecar(self) -> bytes:
        """Return all of it as a JSON file to lie beside a picture that takes none of it."""
        said = {**self.as_json(), "parameters": self.text(), "digital_source_type": xmp.TRAINED}
        return json.dumps(said, indent=1).encode("ascii")

    def properties(self) -> dict[str, str]:
        """Return what the XMP packet says, by the names of its properties."""
        prompt = str(self.request.get("prompt", ""))
        tool = self.software or _software()
        if self.simulated:
            tool = f"{tool} (simulated)"
        is_ours = self.generation is not None  # else another program made the picture
        said = {
            "Iptc4xmpExt:DigitalSourceType": xmp.TRAINED,
            "Iptc4xmpExt:AISystemUsed": "Leonardo.AI" if is_ours else "",
            "Iptc4xmpExt:AISystemVersionUsed": self.model,
            "Iptc4xmpExt:AIPromptInformation": prompt,
            "xmp:CreatorTool": tool if is_ours else "",
            "xmp:CreateDate": ""
            if self.created is None
            else self.created.isoformat("T", "seconds"),
            "dc:description": prompt,
        }
        return {name: value for name, value in said.items() if value}


def _cost_json(cost: Cost | None) -> dict[str, str] | None:
    return None if cost is None else {"amount": str(cost.amount), "unit": cost.unit}


def _software() -> str:
    return f"leonardo_nb {version('leonardo_nb')}"
