"""
Which combinations of values the service refuses, as data, each with its sentence.

It is its own file, and plain, so that the panel can mark what does not go together while a form is
being filled in, and so that a rule that the service has dropped is one row to delete.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from leonardo_nb.service.catalog import (
    ALCHEMY_STYLES,
    MAX_PROMPT_CHARACTERS,
    PHOTO_REAL_V1_STYLES,
    PHOTO_REAL_V2_STYLES,
    PLAIN_STYLES,
    SEED_MAX_FLUX,
    STYLE_REFERENCE_PREPROCESSORS,
    STYLES,
    Model,
    family_of,
    find_model,
    guidance_of_preprocessor,
    style_name,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

__all__ = ["RULES", "SORTS", "Rule", "broken_rules"]

LEONARDO_GUIDANCE_MAX: Final = 7
"""The largest guidance_scale that the LEONARDO scheduler takes without alchemy."""


@dataclass(frozen=True, slots=True)
class Rule:
    """
    One thing that does not go together.

    Attributes:
        name: Short, for code and tests.
        members: The parameters it speaks of; the first is the one to change.
        sentence: What is wrong and what would be right, for a person.
        is_broken: Tells from a request with its defaults filled in.
    """

    name: str
    members: tuple[str, ...]
    sentence: str
    is_broken: Callable[[Mapping[str, object]], bool]


def _number(members: Mapping[str, object], name: str, default: float = 0) -> float:
    value = members.get(name)
    return value if isinstance(value, (int, float)) else default


def _model(members: Mapping[str, object]) -> Model | None:
    return find_model(str(members.get("modelId") or ""))


def _is(members: Mapping[str, object], name: str) -> bool:
    return members.get(name) is True


def _photo_real(members: Mapping[str, object], version: str) -> bool:
    return _is(members, "photoReal") and (members.get("photoRealVersion") or "v1") == version


def _style_outside(members: Mapping[str, object], styles: tuple[str, ...]) -> bool:
    style = members.get("presetStyle")
    return style is not None and style not in styles


def _uses_preset_style(members: Mapping[str, object]) -> bool:
    """Whether the published lists of preset styles speak of this request's model."""
    return not _is(members, "photoReal") and family_of(members) in {
        None,
        "sdxl",
        "sdxl-lightning",
        "sd15",
        "sd21",
    }


def _inpaints(members: Mapping[str, object]) -> bool:
    return _is(members, "canvasRequest") and members.get("canvasRequestType") == "INPAINT"


def _is_photo_real_v2_on_another_model(members: Mapping[str, object]) -> bool:
    model = _model(members)
    return _photo_real(members, "v2") and not (model is not None and model.photo_real_v2)


def _has_style_of_another_model(members: Mapping[str, object]) -> bool:
    model, style = _model(members), members.get("styleUUID")
    if model is None or not model.styles or not isinstance(style, str):
        return False
    # An id that no list has may be newer than our list.
    return style in STYLES.values() and style_name(style) not in model.styles


def _has_style_id_without_use(members: Mapping[str, object]) -> bool:
    family = family_of(members)
    return members.get("styleUUID") is not None and family in {
        "sdxl",
        "sdxl-lightning",
        "sd15",
        "sd21",
    }


def _has_too_strong_reference(members: Mapping[str, object]) -> bool:
    guides = members.get("controlnets")
    if not isinstance(guides, (list, tuple)):
        return False
    return any(
        guide.get("strengthType") in {"Ultra", "Max"}
        and guide.get("preprocessorId") not in STYLE_REFERENCE_PREPROCESSORS
        for guide in guides
        if isinstance(guide, dict)
    )


def _has_too_many_references(members: Mapping[str, object]) -> bool:
    guides = members.get("controlnets")
    numbers = [
        guide.get("preprocessorId")
        for guide in (guides if isinstance(guides, (list, tuple)) else ())
        if isinstance(guide, dict)
    ]
    known = [guidance_of_preprocessor(each) for each in numbers if isinstance(each, int)]
    return any(
        each is not None and each.max_inputs is not None and known.count(each) > each.max_inputs
        for each in known
    )


def _is_inpainting_on_another_model(members: Mapping[str, object]) -> bool:
    model = _model(members)
    refused = model is not None and not model.inpaints
    return _inpaints(members) and (refused or family_of(members) in {"phoenix", "sdxl-lightning"})


RULES: Final[tuple[Rule, ...]] = (
    Rule(
        "photo-real-needs-alchemy",
        ("alchemy", "photoReal"),
        "photoReal needs alchemy=True.",
        lambda m: _is(m, "photoReal") and not _is(m, "alchemy"),
    ),
    Rule(
        "photo-real-v1-model",
        ("modelId", "photoReal", "photoRealVersion"),
        'photoReal v1 chooses its own model; leave modelId out, or use photoRealVersion="v2".',
        lambda m: _photo_real(m, "v1") and m.get("modelId") is not None,
    ),
    Rule(
        "photo-real-v2-model",
        ("modelId", "photoReal", "photoRealVersion"),
        "photoReal v2 draws with Kino XL, Vision XL or Diffusion XL only.",
        _is_photo_real_v2_on_another_model,
    ),
    Rule(
        "photo-real-v1-style",
        ("presetStyle", "photoReal"),
        f"With photoReal v1, presetStyle is one of {', '.join(PHOTO_REAL_V1_STYLES)}.",
        lambda m: _photo_real(m, "v1") and _style_outside(m, PHOTO_REAL_V1_STYLES),
    ),
    Rule(
        "photo-real-v2-style",
        ("presetStyle", "photoReal"),
        f"With photoReal v2, presetStyle is one of {', '.join(PHOTO_REAL_V2_STYLES)}.",
        lambda m: _photo_real(m, "v2") and _style_outside(m, PHOTO_REAL_V2_STYLES),
    ),
    Rule(
        "alchemy-style",
        ("presetStyle", "alchemy"),
        f"With alchemy, presetStyle is one of {', '.join(ALCHEMY_STYLES)}; "
        "the other styles need photoReal.",
        lambda m: _uses_preset_style(m) and _is(m, "alchemy") and _style_outside(m, ALCHEMY_STYLES),
    ),
    Rule(
        "plain-style",
        ("presetStyle", "alchemy"),
        f"Without alchemy, presetStyle is {' or '.join(PLAIN_STYLES)}; "
        "leave it out, or use alchemy=True.",
        lambda m: (
            _uses_preset_style(m) and not _is(m, "alchemy") and _style_outside(m, PLAIN_STYLES)
        ),
    ),
    Rule(
        "ultra-or-alchemy",
        ("ultra", "alchemy"),
        "ultra and alchemy do not go together; use one of them.",
        lambda m: _is(m, "ultra") and _is(m, "alchemy"),
    ),
    Rule(
        "lucid-alchemy",
        ("alchemy", "modelId"),
        "Lucid models have no alchemy; leave it out or use alchemy=False.",
        lambda m: family_of(m) == "lucid" and _is(m, "alchemy"),
    ),
    Rule(
        "phoenix-contrast",
        ("contrast", "alchemy", "modelId"),
        "Phoenix with alchemy needs a contrast of 2.5 or more; 3.5 is medium.",
        lambda m: (
            family_of(m) == "phoenix" and _is(m, "alchemy") and _number(m, "contrast", 3.5) < 2.5
        ),
    ),
    Rule(
        "images-and-size",
        ("num_images", "width", "height"),
        "num_images is at most 4 when width or height is over 768.",
        lambda m: (
            _number(m, "num_images", 1) > 4 and max(_number(m, "width"), _number(m, "height")) > 768
        ),
    ),
    Rule(
        "flux-seed",
        ("seed", "modelId"),
        f"On Flux models seed is at most {SEED_MAX_FLUX}.",
        lambda m: (
            family_of(m) in {"flux-dev", "flux-schnell", "kontext"}
            and _number(m, "seed") > SEED_MAX_FLUX
        ),
    ),
    Rule(
        "model-style",
        ("styleUUID", "modelId"),
        "This styleUUID is not one of the model's own styles; "
        'leonardo_nb.service.catalog lists them, and "Dynamic" is in every list.',
        _has_style_of_another_model,
    ),
    Rule(
        "style-id-without-use",
        ("styleUUID", "modelId"),
        "styleUUID is for Phoenix, Flux and Lucid models; this model takes presetStyle.",
        _has_style_id_without_use,
    ),
    Rule(
        "reference-strength",
        ("controlnets",),
        "strengthType Ultra and Max are for Style Reference only; use Low, Mid or High.",
        _has_too_strong_reference,
    ),
    Rule(
        "reference-count",
        ("controlnets",),
        "A request takes up to 4 images as Style Reference, and one each as Character Reference "
        "and as Content Reference.",
        _has_too_many_references,
    ),
    Rule(
        "leonardo-scheduler",
        ("guidance_scale", "scheduler", "alchemy"),
        "Without alchemy, the LEONARDO scheduler takes guidance_scale up to "
        f"{LEONARDO_GUIDANCE_MAX}.",
        lambda m: (
            m.get("scheduler") == "LEONARDO"
            and not _is(m, "alchemy")
            and _number(m, "guidance_scale") > LEONARDO_GUIDANCE_MAX
        ),
    ),
    Rule(
        "unzoom-parts",
        ("unzoom", "unzoomAmount", "init_image_id"),
        "unzoom needs unzoomAmount and init_image_id as well.",
        lambda m: (
            _is(m, "unzoom") and (m.get("unzoomAmount") is None or m.get("init_image_id") is None)
        ),
    ),
    Rule(
        "inpaint-parts",
        ("canvasRequestType", "canvasInitId", "canvasMaskId"),
        "Inpainting needs canvasInitId and canvasMaskId as well.",
        lambda m: _inpaints(m) and (m.get("canvasInitId") is None or m.get("canvasMaskId") is None),
    ),
    Rule(
        "inpaint-model",
        ("modelId", "canvasRequestType"),
        "Lightning XL, Anime XL and Phoenix do not inpaint; SDXL 1.0 does.",
        _is_inpainting_on_another_model,
    ),
    Rule(
        "inpaint-mode",
        ("alchemy", "photoReal", "canvasRequestType"),
        "Inpainting does not go with alchemy or photoReal.",
        lambda m: _inpaints(m) and (_is(m, "alchemy") or _is(m, "photoReal")),
    ),
    Rule(
        "inpaint-strength",
        ("init_strength", "canvasRequestType"),
        "When inpainting, init_strength is at most 0.8.",
        lambda m: _inpaints(m) and _number(m, "init_strength") > 0.8,
    ),
    Rule(
        "inpaint-images",
        ("num_images", "width", "height", "canvasRequestType"),
        "When inpainting more than 1024 x 1024 pixels, num_images is at most 2.",
        lambda m: (
            _inpaints(m)
            and _number(m, "num_images", 1) > 2
            and _number(m, "width") * _number(m, "height") > 1024 * 1024
        ),
    ),
)


SORTS: Final[Mapping[str, Callable[[Any], object]]] = {
    "prompt": lambda prompt: len(prompt) > MAX_PROMPT_CHARACTERS,
    "negative_prompt": lambda _: None,
    "seed": lambda seed: seed > SEED_MAX_FLUX,
    "guidance_scale": lambda scale: scale > LEONARDO_GUIDANCE_MAX,
    "num_inference_steps": lambda _: None,
}
"""
Members of which rules and defaults ask no more than this: two requests that differ in values of one
sort break the same rules and have the same other members. Not for models that v2 alone has.
"""


def broken_rules(members: Mapping[str, object]) -> list[Rule]:
    """
    Return the rules that a request breaks, in the order of `RULES`.

    Args:
        members: A request named as on the wire, with its defaults filled in.
    """
    return [rule for rule in RULES if rule.is_broken(members)]
