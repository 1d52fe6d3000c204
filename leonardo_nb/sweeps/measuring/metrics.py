"""
What a picture is as a number, or as a point: hashes, colour, brightness, contrast and more.

Plain numpy and Pillow on a small picture, `SIDE` pixels on its longer side. Each metric says its
unit and its range; what it is called with and what it gives is the same for a function of the
user's own.
"""

from __future__ import annotations

import math
from collections.abc import Hashable
from dataclasses import dataclass
from functools import cache, partial
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from PIL import Image

from leonardo_nb.errors import InvalidRequest
from leonardo_nb.service.plain import as_shown
from leonardo_nb.service.reading import nearest_of, shown

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Bits = NDArray[np.bool_]

__all__ = ["METRICS", "SIDE", "Metric", "metric_named", "numbers_of", "oklab"]

SIDE: Final = 256
"""Pixels of the longer side of what is measured, so that large and small pictures compare."""
HASH_SIDE: Final = 8
DCT_SIDE: Final = 32
MOST_NUMBERS: Final = 4096
"""Numbers that a function of the user's may give for one picture."""


@dataclass(frozen=True, slots=True)
class Metric:
    """
    One way to see a picture as a number or as a point.

    Attributes:
        name: What it is called.
        measure: Takes an RGB `PIL.Image.Image` of at most `SIDE` pixels a side; gives a number or
            an array of the same shape for every picture.
        unit: Of the number, or of the distance of two points.
        low: The smallest number there can be, or of a distance.
        high: The largest; None where there is no bound.
        help: What it sees, in a sentence.
        is_hash: Whether it gives 64 bits, of which the differing share is the distance.
    """

    name: str
    measure: Callable[[Image.Image], object]
    unit: str = ""
    low: float | None = None
    high: float | None = None
    help: str = ""
    is_hash: bool = False


def numbers_of(value: object) -> Floats:
    """
    Return what a metric gave, a number or an array, as a row of numbers.

    Raises:
        ValueError: It is no number, or holds one that is not finite, or too many.
    """
    try:
        numbers = np.asarray(value, float).ravel()
    except (TypeError, ValueError):
        raise ValueError(f"it gave {shown(value)}, which is no number and no array") from None
    if not 0 < numbers.size <= MOST_NUMBERS:
        raise ValueError(f"it gave {numbers.size:,} numbers; 1 to {MOST_NUMBERS:,} are taken")
    if not np.isfinite(numbers).all():
        raise ValueError(f"it gave {shown(value)}, which is not finite")
    return numbers


def metric_named(metric: object) -> Metric:
    """
    Return the metric that *metric* means: its name, itself, or a function of the user's.

    >>> metric_named("dhash").unit
    'share of bits'

    Raises:
        InvalidRequest: There is none of that name; names the nearest.
        TypeError: It is neither a name nor a function.
    """
    if isinstance(metric, Metric):
        return metric
    if callable(metric):
        name = str(getattr(metric, "__name__", type(metric).__name__))
        # what has been measured is remembered by function, and not every object can be a key
        is_key = isinstance(metric, Hashable)
        return Metric(as_shown(name), metric if is_key else partial(metric))
    if not isinstance(metric, str):
        raise TypeError(
            f"metric={shown(metric)} must be a name ({', '.join(METRICS)}) or a function that "
            "takes a picture and returns a number or an array."
        )
    name = metric.casefold().replace("color", "colour")
    if name in METRICS:
        return METRICS[name]
    near = nearest_of(name, METRICS, cutoff=0.0) or next(iter(METRICS))
    raise InvalidRequest(
        f'metric: there is no {shown(metric)}; did you mean "{near}"? There are '
        f"{', '.join(METRICS)}, and any function that takes a picture and returns a number.",
        member="metric",
        value=metric,
        nearest=near,
    )


def _grey(image: Image.Image) -> Floats:
    return np.asarray(image.convert("L"), float)


def oklab(image: Image.Image) -> Floats:
    """
    Return lightness, green to red and blue to yellow of each pixel: rows x columns x 3.

    A distance of 0.02 is about the least that an eye sees side by side.

    Source: Björn Ottosson, "A perceptual color space for image processing", 2020.
    """
    linear = _linear()[np.asarray(image.convert("RGB"))]
    cones = np.cbrt(linear @ _TO_CONES.T)
    lab: Floats = cones @ _TO_LAB.T
    return lab


@cache
def _linear() -> Floats:
    """Return the light of each of the 256 values of sRGB, from 0 to 1."""
    value = np.arange(256) / 255
    return np.where(value <= 0.04045, value / 12.92, ((value + 0.055) / 1.055) ** 2.4)


_TO_CONES: Final = np.array(
    [
        [0.4122214708, 0.5363325363, 0.0514459929],
        [0.2119034982, 0.6806995451, 0.1073969566],
        [0.0883024619, 0.2817188376, 0.6299787005],
    ]
)
_TO_LAB: Final = np.array(
    [
        [0.2104542553, 0.7936177850, -0.0040720468],
        [1.9779984951, -2.4285922050, 0.4505937099],
        [0.0259040371, 0.7827717662, -0.8086757660],
    ]
)


def _coarse(image: Image.Image) -> Floats:
    """Return OKLab of every two by two pixels, which takes a quarter of the time."""
    return oklab(image.reduce(2))


def phash(image: Image.Image) -> Bits:
    """
    Return the perceptual hash: which of the 64 slowest cosine waves are above their median.

    As `imagehash.phash` has it: of 32 x 32 grey pixels. It sees where large light and dark shapes
    are, and neither colour nor detail.
    """
    small = np.asarray(
        image.convert("L").resize((DCT_SIDE, DCT_SIDE), Image.Resampling.LANCZOS), float
    )
    waves = _cosines()[:HASH_SIDE]
    # rounded, so that the waves of an even picture are 0 and not what is left of 0
    slow = np.round(waves @ small @ waves.T, 6)
    bits: Bits = (slow > np.median(slow)).ravel()
    return bits


@cache
def _cosines() -> Floats:
    """Return the cosine transform of 32 values (DCT-II), a wave a row."""
    place = np.arange(DCT_SIDE)
    return 2 * np.cos(np.pi * place[:, None] * (2 * place + 1) / (2 * DCT_SIDE))


def dhash(image: Image.Image) -> Bits:
    """
    Return the difference hash: where it becomes lighter from left to right, on 9 x 8 grey pixels.

    As `imagehash.dhash` has it. It sees small shifts that the perceptual hash overlooks.
    """
    small = image.convert("L").resize((HASH_SIDE + 1, HASH_SIDE), Image.Resampling.LANCZOS)
    pixels = np.asarray(small, int)
    bits: Bits = (pixels[:, 1:] > pixels[:, :-1]).ravel()
    return bits


def colour(image: Image.Image) -> Floats:
    """Return the mean colour in OKLab: lightness, green to red, blue to yellow."""
    mean: Floats = _coarse(image).mean((0, 1))
    return mean


def brightness(image: Image.Image) -> float:
    """Return the mean lightness in OKLab, from 0 (black) to 1 (white)."""
    return round(float(_coarse(image)[..., 0].mean()), 12)


def contrast(image: Image.Image) -> float:
    """Return the standard deviation of lightness in OKLab, from 0 (even) to 0.5."""
    return round(float(_coarse(image)[..., 0].std()), 12)


def colourfulness(image: Image.Image) -> float:
    """
    Return how colourful it is, from 0 (grey); 33 is moderate, above 109 extreme.

    Source: Hasler and Süsstrunk, "Measuring colourfulness in natural images", 2003.
    """
    red, green, blue = np.moveaxis(np.asarray(image.convert("RGB"), float), 2, 0)
    first, second = red - green, (red + green) / 2 - blue
    spread = math.hypot(first.std(), second.std())
    return spread + 0.3 * math.hypot(first.mean(), second.mean())


def entropy(image: Image.Image) -> float:
    """Return the entropy of its grey values, from 0 (one value) to 8 bits (all 256 as often)."""
    return abs(float(image.convert("L").entropy()))


def edges(image: Image.Image) -> float:
    """Return how steep its grey values are: root mean square from pixel to pixel, of 0 to 255."""
    grey = _grey(image)
    if min(grey.shape) < 2:
        return 0.0
    down, across = np.gradient(grey)
    return float(np.sqrt((down**2 + across**2).mean()))


def _table(*metrics: Metric) -> dict[str, Metric]:
    return {metric.name: metric for metric in metrics}


_BITS: Final[dict[str, Any]] = {"unit": "share of bits", "low": 0, "high": 1, "is_hash": True}

METRICS: Final = _table(
    Metric("phash", phash, help="Where large light and dark shapes are.", **_BITS),
    Metric("dhash", dhash, help="Where it becomes lighter from left to right.", **_BITS),
    Metric("colour", colour, "distance in OKLab", 0, 1.1, "The mean colour."),
    Metric("brightness", brightness, "lightness in OKLab", 0, 1, "How light it is."),
    Metric("contrast", contrast, "lightness in OKLab", 0, 0.5, "How much lightness varies."),
    Metric("colourfulness", colourfulness, "", 0, 300, "How far from grey it is."),
    Metric("entropy", entropy, "bits", 0, 8, "How many different grey values it has."),
    Metric("edges", edges, "grey values a pixel", 0, 181, "How much fine detail it has."),
)
"""Every metric of ours, by name."""
