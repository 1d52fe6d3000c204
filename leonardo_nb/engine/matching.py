"""
Whether a row of the account's newest jobs is what a request made: plain values and no I/O.

The service repeats the prompt, the seed, the size and some numbers of what it was asked. What it
does not repeat cannot be compared, and what it leaves empty proves nothing.
"""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from leonardo_nb.service.requests import Body
    from leonardo_nb.service.responses import Generation

__all__ = ["differences", "is_recognisable"]

_FLAGS: Final = ("ultra", "photoReal", "promptMagic")
_NEARLY: Final = 1e-4
"""Two numbers that differ by less, relatively, are one; the service may keep fewer digits."""


def is_recognisable(request: Body) -> bool:
    """Whether a row of the list can be told to be *request*'s: by its prompt or by its seed."""
    members = request.wire()
    return _prompt_of(members) is not None or members.get("seed") is not None


def differences(request: Body, row: Generation) -> tuple[str, ...] | None:
    """
    Return the members in which *row* is not what was asked for; None where it is something else.

    Prompt and seed are what a request is known by. A row in which both are the same, and another
    member is not, is hardly something else, and not surely the same; nor is one whose prompt has
    the same letters, spelt in another way.
    """
    members = request.wire()
    is_video = row.motion or row.video_url is not None or bool(row.raw.get("motionModel"))
    if is_video is not (request.kind == "video") and (is_video or row.is_complete):
        return None
    asked, said = _prompt_of(members), row.prompt
    if not _same(members.get("seed"), row.seed):
        return None
    is_respelt = asked is not None and said is not None and _words(asked) != _words(said)
    if is_respelt and _letters(str(asked)) != _letters(str(said)):
        return None
    if asked is None and (members.get("seed") is None or row.seed is None):
        return None  # nothing to know it by
    told: dict[str, object] = {
        "modelId": row.model_id,
        "width": row.width,
        "height": row.height,
        "presetStyle": row.preset_style,
        "guidance_scale": row.guidance_scale,
        "num_inference_steps": row.num_inference_steps,
        "scheduler": row.scheduler,
        "negative_prompt": row.negative_prompt or None,
        "negativePrompt": row.negative_prompt or None,
        "init_strength": row.raw.get("initStrength"),
        "num_images": len(row.images) if row.is_complete and row.images else None,
        "elements": _ids(row.raw.get("generation_elements"), "lora"),
        **{name: value for name in _FLAGS if isinstance(value := row.raw.get(name), bool)},
    }
    asked_for = members | {"elements": _ids(members.get("elements"))}
    differs = (
        name
        for name, value in told.items()
        if name in members and not _same(asked_for[name], value)
    )
    return (*(("prompt",) if is_respelt else ()), *differs)


def _words(prompt: str) -> list[str]:
    """Return the words of *prompt*, however its letters are composed."""
    return unicodedata.normalize("NFC", prompt).split()


def _letters(prompt: str) -> str:
    """Return what is left of *prompt* where a service has its own way with the rest."""
    plain = unicodedata.normalize("NFKD", prompt).casefold()
    return "".join(each for each in plain if each.isalnum())


def _prompt_of(members: Mapping[str, object]) -> str | None:
    """Return the prompt as the service will repeat it; None where it may write another one."""
    prompt = members.get("prompt")
    is_rewritten = members.get("enhancePrompt") is True or members.get("promptEnhance") is True
    return prompt if isinstance(prompt, str) and prompt.strip() and not is_rewritten else None


def _same(asked: object, said: object) -> bool:
    """Whether the two are one value, or one of them is not known."""
    if asked is None or said is None:
        return True
    if isinstance(asked, int | float) and isinstance(said, int | float):
        return math.isclose(asked, said, rel_tol=_NEARLY, abs_tol=_NEARLY)
    if isinstance(asked, str) and isinstance(said, str):
        return asked.split() == said.split()
    return asked == said


def _ids(elements: object, inside: str | None = None) -> frozenset[str] | None:
    """Return the ids of *elements*; None where one of them has none, so that they prove nothing."""
    if not isinstance(elements, list):
        return None
    found: set[str] = set()
    for each in elements:
        row = each.get(inside) if inside and isinstance(each, Mapping) else each
        name = row.get("akUUID") if isinstance(row, Mapping) else None
        if not isinstance(name, str):
            return None
        found.add(name)
    return frozenset(found)
