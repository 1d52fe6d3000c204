"""The request that a row of the service's history was made with, as far as the row says."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from leonardo_nb.service.requests.image import CreateGeneration
from leonardo_nb.service.requests.video import TextToVideo

if TYPE_CHECKING:
    from leonardo_nb.service.requests.body import Body
    from leonardo_nb.service.responses import Generation

__all__ = ["Echo", "echo_of", "is_echo"]

_LONGEST_PROMPT: Final = 10_000
_MARK: Final = "echo:"
_FLAGS: Final = ("ultra", "photoReal", "promptMagic")
_NUMBERS: Final = {
    "photoRealStrength": "photoRealStrength",
    "promptMagicStrength": "promptMagicStrength",
    "initStrength": "init_strength",
}
"""Numbers of a row, and what the request calls them."""


@dataclass(frozen=True, slots=True)
class Echo:
    """
    What a row of the history says of its request, which is never all of it.

    Attributes:
        request: As far as the row says; it may lack what was most of it, such as an image.
        missing: What was there and is not in the row, in words; empty where nothing is known to be
            missing. Guidance, contrast and image prompts are in no row.
    """

    request: Body
    missing: tuple[str, ...] = ()

    def content_key(self) -> str:
        """Return a key that no request has: what looks like a request need not be it."""
        return f"{_MARK}{self.request.content_key()}"

    def note(self) -> str:
        """Return the sentence that belongs beside such a job."""
        if self.missing:
            return (
                "This job was asked for elsewhere, and the service's history does not say "
                f"{' and '.join(self.missing)}; `job.again()` would ask for something else."
            )
        return (
            "This job was asked for elsewhere. The service's history says its words and numbers, "
            "and not whether there was more; `job.again()` may ask for something else."
        )


def is_echo(content_key: str) -> bool:
    """Whether *content_key* is that of a job which was taken over from the service's history."""
    return content_key.startswith(_MARK)


def echo_of(row: Generation) -> Echo:
    """
    Return the request that *row* was made with, as far as the row says.

    The service echoes the prompt, the sizes, some numbers and the elements. Of an image that it
    began with there is only a mark: that it was a video of an image, or how strongly it held.
    """
    common: dict[str, object] = {
        "prompt": (row.prompt or "")[:_LONGEST_PROMPT],
        "seed": row.seed,
        "width": row.width,
        "height": row.height,
    }
    elements, are_all = _elements(row)
    common["elements"] = elements
    missing = () if are_all else ("which elements of your own it has",)
    if row.motion or row.video_url is not None:
        model = _said(row, "motionModel")
        members = common | {
            "negativePrompt": row.negative_prompt,
            "model": model if isinstance(model, str) else None,
        }
        if _said(row, "imageToVideo") is True:
            missing = ("which image it begins with", *missing)
        return Echo(TextToVideo.from_wire(_known(members)), missing)
    members = common | {
        "negative_prompt": row.negative_prompt,
        "modelId": row.model_id,
        "presetStyle": row.preset_style,
        "guidance_scale": row.guidance_scale,
        "num_inference_steps": row.num_inference_steps,
        "scheduler": row.scheduler,
        "num_images": len(row.images) or None,
        **_modes(row.raw),
    }
    if members.get("init_strength") is not None:
        missing = ("which image it starts from", *missing)
    return Echo(CreateGeneration.from_wire(_known(members)), missing)


def _modes(raw: Mapping[str, object]) -> dict[str, object]:
    """Return what the row has by the request's own names; what has another type is left out."""
    found: dict[str, object] = {name: True for name in _FLAGS if raw.get(name) is True}
    for name, member in _NUMBERS.items():
        if isinstance(value := raw.get(name), (int, float)) and not isinstance(value, bool):
            found[member] = value
    if isinstance(version := raw.get("promptMagicVersion"), str):
        found["promptMagicVersion"] = version
    return found


def _elements(row: Generation) -> tuple[list[dict[str, object]], bool]:
    """Return the elements whose ids are in *row*, and whether they are all."""
    rows = row.raw.get("generation_elements")
    rows = rows if isinstance(rows, list) else []
    found: list[dict[str, object]] = []
    for each in rows:
        lora = each.get("lora") if isinstance(each, Mapping) else None
        identifier = lora.get("akUUID") if isinstance(lora, Mapping) else None
        weight = each.get("weightApplied") if isinstance(each, Mapping) else None
        if isinstance(identifier, str):
            is_number = isinstance(weight, (int, float)) and not isinstance(weight, bool)
            found.append({"akUUID": identifier, "weight": weight if is_number else 1})
    return found, len(found) == len(rows)


def _said(row: Generation, name: str) -> object:
    """Return what stands under *name*: in the row or, as documented, on one of its images."""
    entries = row.raw.get("generated_images")
    places = [row.raw, *(entries if isinstance(entries, list) else [])]
    found = (each.get(name) for each in places if isinstance(each, Mapping))
    return next((value for value in found if value is not None), None)


def _known(members: dict[str, object]) -> dict[str, object]:
    """Return what the row has; a prompt may be empty, nothing else."""
    return {
        name: value
        for name, value in members.items()
        if name == "prompt" or value not in (None, "", [])
    }
