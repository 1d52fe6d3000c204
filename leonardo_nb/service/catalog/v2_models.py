"""
Image models of the v2 API, and what each of them takes.

Condensed from the published schemas. A parameter that a model does not declare is refused by the
service, so what is not known to be taken is not sent.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from leonardo_nb.service.catalog.models import MODELS, XL_STYLES, Range

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["V2_MODELS", "V2_SEED_MAX", "V2Model", "find_v2_model"]

V2_SEED_MAX: Final = 2_147_483_647


@dataclass(frozen=True, slots=True)
class V2Model:
    """
    One image model of the v2 API.

    Attributes:
        slug: What `model` takes.
        name: As the service shows it, about.
        takes: Parameters that it declares, besides `prompt`, `width`, `height` and `quantity`.
        width: The widths that it takes, or None where no limit is published.
        height: The heights that it takes, or None where no limit is published.
        default_size: Width and height where none are given.
        modes: What `mode` takes; empty where it has none.
        guidances: How many images of each guidance it takes.
        prompt_max: The longest prompt in characters.
        quantity_max: The most pictures of one request.
        v1_id: Its `modelId` in the v1 API, or None where it is in v2 only.
        seen_styles: Names of styles that guides name for it; others are not refused.
    """

    slug: str
    name: str
    takes: frozenset[str]
    width: Range | None = None
    height: Range | None = None
    default_size: tuple[int, int] = (1024, 1024)
    modes: tuple[str, ...] = ()
    guidances: Mapping[str, int] = field(default_factory=dict)
    prompt_max: int = 9999
    quantity_max: int = 8
    v1_id: str | None = None
    seen_styles: tuple[str, ...] = ()


_LEONARDO: Final = frozenset({"seed", "style_ids", "prompt_enhance"})
_PHOENIX: Final = _LEONARDO | {"contrast", "tiling", "negative_prompt"}
_XL: Final = _PHOENIX | {"transparency", "platform_elements", "user_elements"}
_SEEDED: Final = frozenset({"seed"})
_NONE: Final[frozenset[str]] = frozenset()

_PHOENIX_GUIDANCES: Final = MappingProxyType(
    {"style": 4, "content": 1, "character": 1, "image_to_image": 1}
)
_XL_GUIDANCES: Final = MappingProxyType(
    {**_PHOENIX_GUIDANCES, "edge": 1, "pose": 1, "depth": 1, "text_image": 1}
)
_LUCID_GUIDANCES: Final = MappingProxyType({"style": 1, "content": 1})
_V1_IDS: Final = {model.slug: model.id for model in MODELS if model.slug}


def _side(low: int, high: int) -> Range:
    return Range(low, high, step=8, whole=True)


def _lucid(slug: str, name: str, size: tuple[int, int], default: int, prompt_max: int) -> V2Model:
    return V2Model(
        slug,
        name,
        _LEONARDO,
        _side(16, size[0]),
        _side(16, size[1]),
        (default, default),
        modes=("FAST", "ULTRA"),
        guidances=_LUCID_GUIDANCES,
        prompt_max=prompt_max,
        v1_id=_V1_IDS[slug],
    )


def _phoenix(slug: str, name: str) -> V2Model:
    return V2Model(
        slug,
        name,
        _PHOENIX,
        _side(32, 2048),
        _side(32, 2048),
        modes=("FAST", "QUALITY", "ULTRA"),
        guidances=_PHOENIX_GUIDANCES,
        prompt_max=2000,
        v1_id=_V1_IDS[slug],
    )


def _xl(slug: str, name: str, side: int) -> V2Model:
    return V2Model(
        slug,
        name,
        _XL,
        _side(32, side),
        _side(32, side),
        modes=("FAST", "QUALITY"),
        guidances=_XL_GUIDANCES,
        v1_id=_V1_IDS.get(slug),
        seen_styles=XL_STYLES,
    )


def _flux(slug: str, name: str, low: int, takes: frozenset[str], prompt_max: int) -> V2Model:
    return V2Model(
        slug,
        name,
        takes,
        _side(low, 2048),
        _side(low, 2048),
        prompt_max=prompt_max,
        v1_id=_V1_IDS[slug],
    )


def _referring(
    slug: str,
    name: str,
    references: int = 0,
    *,
    takes: frozenset[str] = _NONE,
    side: tuple[int, int] | None = None,
    quantity_max: int = 8,
) -> V2Model:
    """Return a model that reads a prompt and, perhaps, images that it refers to."""
    limits = Range(*side, whole=True) if side else None
    return V2Model(
        slug,
        name,
        takes,
        limits,
        limits,
        guidances=MappingProxyType({"image_reference": references} if references else {}),
        quantity_max=quantity_max,
        v1_id=_V1_IDS.get(slug),
    )


V2_MODELS: Final[tuple[V2Model, ...]] = (
    _lucid("lucid-origin", "Lucid Origin", (3840, 3616), 1200, 2000),
    _lucid("lucid-realism", "Lucid Realism", (2496, 2496), 1024, 9999),
    _phoenix("phoenix-v1.0", "Leonardo Phoenix 1.0"),
    _phoenix("phoenix-v0.9", "Leonardo Phoenix 0.9"),
    _flux("flux-dev", "Flux Dev", 480, _LEONARDO, 2000),
    _flux("flux-schnell", "Flux Schnell", 32, _LEONARDO, 9999),
    _referring("flux-kontext-pro", "FLUX.1 Kontext", 4, takes=_SEEDED, side=(32, 2048)),
    _xl("kino-xl", "Leonardo Kino XL", 1536),
    _xl("lightning-xl", "Leonardo Lightning XL", 1584),
    _xl("anime-xl", "Leonardo Anime XL", 1584),
    _xl("portrait-perfect", "Portrait Perfect", 1536),
    _xl("stock-photography", "Stock Photography", 1536),
    _xl("illustrative-albedo", "Illustrative Albedo", 1584),
    _xl("concept-art", "Concept Art", 1584),
    _xl("lifelike-vision", "Lifelike Vision", 1584),
    _xl("graphic-design", "Graphic Design", 1584),
    _referring("flux-kontext-max", "FLUX.1 Kontext Max", 4, takes=_SEEDED, side=(32, 2048)),
    _referring("flux-pro-2.0", "FLUX.2 Pro", 4, takes=_SEEDED, side=(64, 14142)),
    _referring("bfl/flux-3-image", "FLUX 3 Image", 10),
    _referring("ideogram-v3.0", "Ideogram 3.0", side=(32, 2048)),
    _referring("ideogram-v4.0", "Ideogram 4.0", quantity_max=4),
    _referring("ideogram/p-image-ideogram", "P-Image Ideogram"),
    _referring("ideogram/ideogram-4.5", "Ideogram 4.5", 5),
    _referring("gemini-2.5-flash-image", "Nano Banana", 6),
    _referring("nano-banana-2", "Nano Banana 2", 6),
    _referring("nano-banana-2-lite", "Nano Banana 2 Lite", 6),
    _referring("gemini-image-2", "Nano Banana Pro", 6),
    _referring("seedream-4.0", "Seedream 4.0", 6, side=(32, 14142)),
    _referring("seedream-4.5", "Seedream 4.5", 6, side=(32, 14142)),
    _referring("seedream-5.0-pro", "Seedream 5.0 Pro", quantity_max=6),
    _referring("bytedance/seedream-5.0-flash", "Seedream 5.0 Flash"),
    _referring("gpt-image-1.5", "GPT Image 1.5"),
    _referring("gpt-image-2", "GPT Image 2", takes=frozenset({"transparency"})),
    _referring("openai/gpt-image-2.5-flare", "GPT Image 2.5 Flare", 16),
    _referring("openai/gpt-image-2.5-sunburst", "GPT Image 2.5 Sunburst", 16),
    _referring("recraft-v4", "Recraft V4"),
    _referring("recraft-v4-pro", "Recraft V4 Pro"),
    _referring("krea-2-turbo", "Krea 2 Turbo"),
    _referring("krea/krea-2", "Krea 2"),
)
"""Leonardo's own first, then the others; those with a `v1_id` are in the v1 API as well."""


def _folded(text: str) -> str:
    return "".join(letter for letter in text.casefold() if letter.isalnum())


_BY_SPELLING: Final = {
    _folded(spelling): each
    for each in V2_MODELS
    for spelling in (each.name, each.slug, each.v1_id or each.slug)
}


@lru_cache(maxsize=1024)  # asked for every cell of a sweep
def find_v2_model(text: str) -> V2Model | None:
    """
    Return the v2 model that *text* names: its slug, name or v1 id, in any case, or None.

    >>> find_v2_model("GPT Image 2").slug, find_v2_model("lucid-origin").name, find_v2_model("x")
    ('gpt-image-2', 'Lucid Origin', None)
    """
    return _BY_SPELLING.get(_folded(text))
