"""
Which guidances there are, and by which number each family of models knows them.

The service names a guidance by a `preprocessorId` that differs between families, and publishes the
numbers only in its guides; those of Flux, Lucid and some of Phoenix were seen in integrations.
"""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from leonardo_nb.errors import InvalidRequest
from leonardo_nb.service.catalog.models import MODELS, Family, Model, find_model
from leonardo_nb.service.catalog.v2_models import find_v2_model

if TYPE_CHECKING:
    from collections.abc import Mapping

    from leonardo_nb.service.catalog.v2_models import V2Model

__all__ = [
    "GUIDANCES",
    "IMAGE_REFERENCE",
    "STRENGTHS",
    "STYLE_REFERENCE_PREPROCESSORS",
    "Guidance",
    "find_guidance",
    "guidance_of_preprocessor",
    "guidances_of",
]

STRENGTHS: Final = ("Low", "Mid", "High", "Ultra", "Max")
_THREE: Final = STRENGTHS[:3]

IMAGE_REFERENCE: Final = 0
"""
Stands for an image reference in `controlnets`; ours, and it never goes on the wire.

Only models of the v2 API have that guidance, and there guidances have names and no numbers.
"""


@dataclass(frozen=True, slots=True)
class Guidance:
    """
    One way in which an image guides a picture.

    Attributes:
        name: The short name, such as `"style"`; the v2 API's own where it has one.
        title: As the service shows it.
        preprocessors: The `preprocessorId` by family; a family that is missing does not have it.
        strengths: What `strengthType` takes; empty where `weight` says how strongly it guides.
        max_inputs: How many images of it one request takes, or None where it is not said.
    """

    name: str
    title: str
    preprocessors: Mapping[Family, int]
    strengths: tuple[str, ...] = ()
    max_inputs: int | None = None


def _ids(
    sd15: int | None = None,
    sd21: int | None = None,
    sdxl: int | None = None,
    *,
    phoenix: int | None = None,
    flux_dev: int | None = None,
    flux_schnell: int | None = None,
    lucid: int | None = None,
) -> Mapping[Family, int]:
    given: dict[Family, int | None] = {
        "sd15": sd15,
        "sd21": sd21,
        "sdxl": sdxl,
        "sdxl-lightning": sdxl,
        "phoenix": phoenix,
        "flux-dev": flux_dev,
        "flux-schnell": flux_schnell,
        "lucid": lucid,
    }
    return MappingProxyType({family: each for family, each in given.items() if each is not None})


GUIDANCES: Final[tuple[Guidance, ...]] = (
    Guidance(
        "style",
        "Style Reference",
        _ids(sdxl=67, phoenix=166, flux_dev=299, flux_schnell=298, lucid=431),
        STRENGTHS,
        max_inputs=4,
    ),
    Guidance("character", "Character Reference", _ids(sdxl=133, phoenix=397), _THREE, max_inputs=1),
    Guidance(
        "content",
        "Content Reference",
        _ids(sdxl=100, phoenix=364, flux_dev=233, flux_schnell=232, lucid=430),
        _THREE,
        max_inputs=1,
    ),
    Guidance("edge", "Edge to Image", _ids(1, 12, 19)),
    Guidance("depth", "Depth to Image", _ids(3, 13, 20)),
    Guidance("pose", "Pose to Image", _ids(7, 16, 21)),
    Guidance("text_image", "Text Image Input", _ids(11, 18, 22)),
    Guidance("sketch", "Sketch to Image", _ids(10, 17)),
    Guidance("normal_map", "Normal Map", _ids(6, 15)),
    Guidance("line_art", "Line Art", _ids(5)),
    Guidance("pattern", "Pattern to Image", _ids(8)),
    Guidance("qr_code", "QR Code to Image", _ids(9)),
    Guidance("image_reference", "Image Reference", MappingProxyType({})),
)

STYLE_REFERENCE_PREPROCESSORS: Final = frozenset(GUIDANCES[0].preprocessors.values())
"""`preprocessorId` of Style Reference on SDXL, Phoenix, Flux Schnell, Flux Dev and Lucid."""


def _folded(text: str) -> str:
    return "".join(letter for letter in text.casefold() if letter.isalnum())


_BY_SPELLING: Final = {
    spelling: each
    for each in GUIDANCES
    for spelling in (
        _folded(each.name),
        _folded(each.title),
        _folded(each.title).removesuffix("toimage"),
        _folded(each.title).removesuffix("input"),
    )
}


def guidances_of(family: Family | None) -> tuple[Guidance, ...]:
    """Return the guidances that a family of models has, in the order of `GUIDANCES`."""
    return tuple(each for each in GUIDANCES if family is not None and family in each.preprocessors)


def guidance_of_preprocessor(preprocessor_id: int) -> Guidance | None:
    """Return the guidance that a `preprocessorId` stands for, or None for an unknown number."""
    for each in GUIDANCES:
        if preprocessor_id in each.preprocessors.values():
            return each
    return GUIDANCES[-1] if preprocessor_id == IMAGE_REFERENCE else None


def find_guidance(name: str, model: Model | Family | str) -> int:
    """
    Return the `preprocessorId` of a guidance on a model.

    On a model that only the v2 API has, where guidances have names, it is any family's number, or
    `IMAGE_REFERENCE`; the request is translated back.

    Args:
        name: The guidance, such as `"style"` or `"Style Reference"`, in any case.
        model: The model, its name, id or slug, or the family.

    Raises:
        InvalidRequest: There is no such guidance, or the model lacks it; the sentence lists
            those that the model has.

    >>> find_guidance("style", "Phoenix 1.0"), find_guidance("Edge to Image", "kino-xl")
    (166, 19)
    """
    family: Family | None
    if isinstance(model, Model):
        family, title = model.family, model.name
    else:
        found = find_model(model)
        title = found.name if found else str(model)
        family = found.family if found else _FAMILIES.get(str(model))
        newer = None if family else find_v2_model(str(model))
        if newer is not None:
            return _on_newer(name, newer)
    had = [each.name for each in guidances_of(family)]
    has = f"it has {', '.join(had)}" if had else "it has none that we know of"
    guidance = _BY_SPELLING.get(_folded(name))
    if guidance is None:
        raise InvalidRequest(
            f'There is no guidance "{name}" on {title}; {has}.',
            member="controlnets",
            value=name,
            nearest=had[0] if had else None,
        )
    if family is None or family not in guidance.preprocessors:
        raise InvalidRequest(
            f"{title} has no {guidance.title}; {has}.",
            member="controlnets",
            value=name,
            nearest=had[0] if had else None,
        )
    return guidance.preprocessors[family]


def _on_newer(name: str, model: V2Model) -> int:
    guidance = _BY_SPELLING.get(_folded(name))
    if guidance is not None and guidance.name in model.guidances:
        return next(iter(guidance.preprocessors.values()), IMAGE_REFERENCE)
    known = {each.name for each in GUIDANCES}
    had = [each for each in model.guidances if each in known]
    has = f"it has {', '.join(had)}" if had else "it has none"
    lacks = guidance.title if guidance else f'guidance "{name}"'
    raise InvalidRequest(
        f"{model.name} has no {lacks}; {has}.",
        member="controlnets",
        value=name,
        nearest=had[0] if had else None,
    )


_FAMILIES: Final[Mapping[str, Family]] = MappingProxyType(
    {each.family: each.family for each in MODELS}
)
