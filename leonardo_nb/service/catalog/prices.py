"""
What jobs cost and how long they take, as estimates for plans made without asking the service.

The service's calculator and a job's own acknowledgement are the truth; where a number is a guess
and not the service's word, its docstring says so.
"""

from __future__ import annotations

import math
from decimal import Decimal
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from leonardo_nb.service.catalog.models import family_of

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = [
    "DOLLARS_PER_CREDIT",
    "FIXED_CREDITS",
    "MAX_OUTPUT_MEGAPIXELS",
    "credits",
    "credits_of_pricing",
    "expected_seconds",
    "expected_seconds_of",
    "in_dollars",
    "pricing_params",
]

DOLLARS_PER_CREDIT: Final = Decimal("0.001495")
"""Derived from the largest plan, 299 dollars for 200,000 credits; every quoted amount fits it."""

FIXED_CREDITS: Final[Mapping[str, int]] = MappingProxyType(
    {
        "variations/upscale": 15,
        "variations/unzoom": 15,
        "variations/nobg": 5,
        "generations-motion-svd": 45,
        "prompt/improve": 4,
        "prompt/random": 4,
    }
)
"""Credits of what always costs the same, by endpoint; the legacy table."""

MAX_OUTPUT_MEGAPIXELS: Final = 20
"""The largest picture that the universal upscaler gives."""

_EXPECTED_SECONDS: Final[Mapping[str, float]] = MappingProxyType(
    {
        "generations-text-to-video": 120.0,
        "generations-image-to-video": 120.0,
        "generations-motion-svd": 90.0,
        "generations-video-upscale": 60.0,
        "variations/upscale": 15.0,
        "variations/unzoom": 15.0,
        "variations/nobg": 8.0,
        "variations/universal-upscaler": 30.0,
    }
)


def expected_seconds_of(endpoint: str) -> float:
    """Return a first guess of how long a video or a variation takes: minutes, and a few seconds."""
    return _EXPECTED_SECONDS.get(endpoint, 30.0)


def in_dollars(credits: Decimal | int) -> Decimal:  # noqa: A002  the service's word for it
    """
    Return what *credits* are worth in dollars, to four decimals, as the service quotes them.

    >>> in_dollars(18)
    Decimal('0.0269')
    """
    return (Decimal(credits) * DOLLARS_PER_CREDIT).quantize(Decimal("0.0001"))


def _number(members: Mapping[str, object], name: str, default: float) -> float:
    value = members.get(name)
    return float(value) if isinstance(value, (int, float)) else float(default)


def _size(members: Mapping[str, object]) -> tuple[int, int]:
    return int(_number(members, "width", 1024)), int(_number(members, "height", 768))


def pricing_params(members: Mapping[str, object]) -> dict[str, object]:
    """
    Return the calculator's IMAGE_GENERATION parameters for a request; its names differ.

    Args:
        members: A request with its defaults filled in, named as on the wire.
    """
    family = family_of(members)
    width, height = _size(members)
    alchemy = members.get("alchemy") is True and family in {
        None,
        "sdxl",
        "sdxl-lightning",
        "sd15",
        "sd21",
        "phoenix",
    }
    params: dict[str, object] = {
        "imageWidth": width,
        "imageHeight": height,
        "numImages": int(_number(members, "num_images", 1)),
        "inferenceSteps": int(_number(members, "num_inference_steps", 15)),
        "alchemyMode": alchemy,
        "highResolution": members.get("highResolution") is True,
    }
    if members.get("photoReal") is True:
        params["photoRealMode"] = True
        params["photoRealVersion"] = members.get("photoRealVersion") or "v1"
        params["photoRealStrength"] = _number(members, "photoRealStrength", 0.55)
    if members.get("promptMagic") is True:
        params["promptMagic"] = True
        for name in ("promptMagicVersion", "promptMagicStrength"):
            if members.get(name) is not None:
                params[name] = members[name]
    loras = sum(
        len(given)
        for name in ("elements", "userElements")
        if isinstance(given := members.get(name), (list, tuple))
    )
    if loras:
        params["loraCount"] = loras
    if family is None:
        params["isModelCustom"] = True
    for name, families in _PRICING_FLAGS.items():
        if family in families:
            params[name] = True
    if members.get("ultra") is True:
        params["isUltra"] = True
    return params


_PRICING_FLAGS: Final[Mapping[str, frozenset[str]]] = {
    "isPhoenix": frozenset({"phoenix"}),
    "isSDXL": frozenset({"sdxl"}),
    "isSDXLLightning": frozenset({"sdxl-lightning"}),
    "isFluxSchnell": frozenset({"flux-schnell"}),
    "isFluxDev": frozenset({"flux-dev"}),
    "isFluxKontext": frozenset({"kontext"}),
}

_SMALL, _LARGE = 512 * 512, 1024 * 1024  # pixels of the published table's two columns


def _table_row(params: Mapping[str, object]) -> tuple[float, float]:
    """Return the credits of four images at 512 and at 1024 squared."""
    alchemy = params.get("alchemyMode") is True
    if params.get("photoRealMode") is True:
        return (24, 66) if params.get("photoRealVersion") == "v2" else (23, 63)
    if params.get("promptMagic") is True and alchemy:
        return 24, 63
    if params.get("isSDXLLightning") is True:
        return (15, 40) if alchemy else (7, 12)
    if params.get("isSDXL") is True or params.get("isPhoenix") is True:
        return (24, 66) if alchemy else (7, 12)
    # Flux is in no published table; Dev is taken for an Alchemy job, Schnell for a plain one.
    if params.get("isFluxDev") is True or params.get("isFluxKontext") is True:
        return 24, 66
    return (16, 44) if alchemy else (7, 12)


def credits_of_pricing(params: Mapping[str, object]) -> int:
    """
    Return the estimated credits for the calculator's IMAGE_GENERATION parameters.

    The published table has four images at two sizes; other sizes lie on the straight line through
    them. The part for more than 15 steps comes from the one published value (11 credits for plain
    images at 512 squared with 30 steps), `isUltra` is taken for twice the price. `loraCount`
    changes nothing, because no surcharge for elements is published.
    """
    small, large = _table_row(params)
    pixels = _number(params, "imageWidth", 1024) * _number(params, "imageHeight", 768)
    four = small + (large - small) * (pixels - _SMALL) / (_LARGE - _SMALL)
    steps = max(15.0, _number(params, "inferenceSteps", 15))
    price = max(four, small / 4) / 4 * _number(params, "numImages", 1)
    price *= 1 + (steps - 15) / 15 * 4 / 7
    if params.get("isUltra") is True:
        price *= 2
    return max(1, math.ceil(round(price, 6)))


def credits(members: Mapping[str, object]) -> int:  # noqa: A001  the service's word for it
    """
    Return the estimated credits of a request with its defaults filled in.

    An estimate from the legacy table, for plans made without asking the service; the service's
    calculator and the job's own acknowledgement are the truth.

    >>> lightning = "b24e16ff-06e3-43eb-8d33-4416c2d75876"
    >>> size = {"width": 512, "height": 512, "num_images": 4}
    >>> credits({"modelId": lightning, "alchemy": True, **size})
    15
    """
    return credits_of_pricing(pricing_params(members))


def expected_seconds(members: Mapping[str, object]) -> float:
    """
    Return a first guess of how many seconds a job takes, before any was measured.

    Fitted by hand to three published observations: 4 s for one plain image at 512 squared, 5 to
    8 s for plain images in general, 15 to 25 s with Alchemy at 1536 x 864.
    """
    family = family_of(members)
    width, height = _size(members)
    seconds = 3.0 + 4.0 * width * height / 1_000_000
    if pricing_params(members)["alchemyMode"] is True:
        seconds *= 2.4
    if members.get("ultra") is True:
        seconds *= 2.0
    if family in {"flux-dev", "kontext", "lucid"}:
        seconds *= 1.5
    seconds *= 0.5 + 0.5 * _number(members, "num_inference_steps", 15) / 15
    return round(seconds * (1 + 0.1 * (_number(members, "num_images", 1) - 1)), 1)
