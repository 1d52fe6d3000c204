"""
Which values are sent where none are given; many depend on the model and the mode.

It is its own file, and plain, because the panel shows these values before there is a request.
A default never breaks a rule of `rules.py`; a test tries every model in every mode.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from leonardo_nb.service.catalog import (
    DEFAULTS,
    MODELS,
    STYLES,
    family_of,
    find_model,
    find_v2_model,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

__all__ = ["minimal", "resolve"]

_KINO_XL: Final = next(model.id for model in MODELS if model.name == "Leonardo Kino XL")
_SDXL: Final = next(model.id for model in MODELS if model.name == "SDXL 1.0")
_NO_ALCHEMY: Final = frozenset({"flux-dev", "flux-schnell", "kontext"})
_STYLED_BY_ID: Final = frozenset({"phoenix", "flux-dev", "flux-schnell", "kontext", "lucid"})


def _size(members: Mapping[str, object]) -> tuple[object, object]:
    model = find_model(str(members.get("modelId", "")))
    width, height = members.get("width"), members.get("height")
    if model is not None and model.sizes:
        for wide, high in model.sizes:
            if width in {None, wide} and height in {None, high}:
                return wide, high
    return (
        DEFAULTS["width"] if width is None else width,
        DEFAULTS["height"] if height is None else height,
    )


def resolve(given: Mapping[str, object]) -> dict[str, object]:
    """
    Return *given* with every default filled in that its model and mode take.

    Pure: the same values give the same values, and resolving twice changes nothing. The seed is
    not among them, because it is drawn.
    """
    members = {name: value for name, value in given.items() if value is not None}
    newer = find_v2_model(str(members.get("modelId") or ""))
    if newer is not None and newer.v1_id is None:
        # what it does not declare it refuses, so no more than this is filled in
        width, height = newer.default_size
        usual = {"width": width, "height": height, "num_images": 1, "public": False}
        return members | {name: members.get(name, value) for name, value in usual.items()}
    inpaints = members.get("canvasRequest") is True
    if members.get("photoReal") is True:
        # v1 chooses its own model, so a model that is given means v2
        version = members.setdefault("photoRealVersion", "v2" if "modelId" in members else "v1")
        if version == "v2":
            members.setdefault("modelId", _KINO_XL)
        members.setdefault("photoRealStrength", DEFAULTS["photoRealStrength"])
    elif "sd_version" not in members:
        # the usual model does not inpaint
        members.setdefault("modelId", _SDXL if inpaints else DEFAULTS["modelId"])

    family = family_of(members)
    if members.get("photoReal") is True:
        members.setdefault("alchemy", True)  # PhotoReal is part of it
    elif family not in _NO_ALCHEMY:
        plain = family == "lucid" or members.get("ultra") is True or inpaints
        members.setdefault("alchemy", not plain)
    if family in {"phoenix", "lucid"}:
        members.setdefault("contrast", 3.5)  # "medium" in the guides, which ask for a value

    styled = "presetStyle" in members or "styleUUID" in members
    if family in _STYLED_BY_ID:
        if not styled and family != "kontext":
            members["styleUUID"] = STYLES["Dynamic"]
    elif not styled and members.get("alchemy") is True:
        photo_real = members.get("photoReal") is True
        members["presetStyle"] = "CINEMATIC" if photo_real else DEFAULTS["presetStyle"]

    members["width"], members["height"] = _size(members)
    for name in ("num_images", "num_inference_steps", "guidance_scale", "scheduler", "public"):
        members.setdefault(name, DEFAULTS[name])
    return members


def minimal(
    members: Mapping[str, object],
    resolved: Callable[[Mapping[str, object]], Mapping[str, object]] = resolve,
    *,
    kept: frozenset[str] = frozenset({"prompt", "seed"}),
) -> dict[str, object]:
    """
    Return the fewest members of a resolved request that resolve to the same request.

    The law is `resolved(minimal(members)) == members`.

    Args:
        members: A request with its defaults filled in.
        resolved: Fills them in; the one for pictures where nothing else is given.
        kept: What always stays.
    """
    few = dict(members)
    # dependent members first: a style that its mode implies goes before the mode itself
    for name in reversed(list(members)):
        if name in kept:
            continue
        without = {each: value for each, value in few.items() if each != name}
        if resolved(without) == members:
            few = without
    return few
