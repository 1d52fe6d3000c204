"""
What the list of platform models shows of each: one picture, drawn when somebody asks for it.

The painter knows no models, so that their previews differ by subject, seed and style.
"""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

from leonardo_nb.service.catalog import MODELS

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["PREVIEW_SIZE", "preview_id", "preview_of"]

PREVIEW_SIZE = 256
"""Width and height in pixels."""

_SUBJECTS = (
    "a lighthouse above a stormy sea at dawn",
    "a red fox on a snowy meadow",
    "a sailboat on a still lake between mountains",
    "a castle in a misty forest",
    "an owl on a branch before a full moon",
    "a small blue teapot on a wooden table",
    "an astronaut on an empty beach",
)
_STYLES = {
    "Anime": "ANIME",
    "3D": "RENDER_3D",
    "Portraits": "PORTRAIT",
    "Reality": "PHOTOGRAPHY",
    "Vision": "PHOTOGRAPHY",
    "Realism": "PHOTOGRAPHY",
    "Kino": "CINEMATIC",
    "Creative": "CREATIVE",
    "RPG": "ENVIRONMENT",
    "Pixel": "ILLUSTRATION",
}


def preview_id(model_id: str) -> str:
    """Return the id of a model's preview, which is the same everywhere."""
    made = uuid.uuid5(uuid.UUID(model_id), "preview")
    # only version 4 is in the service's specification
    return str(uuid.UUID(int=made.int, version=4))


def preview_of(picture_id: str) -> Mapping[str, object] | None:
    """Return what to draw for the preview of that id, or None where it is none."""
    for place, model in enumerate(MODELS):
        if preview_id(model.id) == picture_id:
            style = next((_STYLES[word] for word in model.name.split() if word in _STYLES), None)
            return {
                "prompt": _SUBJECTS[place % len(_SUBJECTS)],
                "seed": place + 1,
                "presetStyle": style or "DYNAMIC",
            }
    return None
