# ruff: noqa: E501  a shape or a table reads as one row
"""What can be done to any picture: its colours, its focus, its brush, its grain and its edges."""

from __future__ import annotations

import math
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageChops, ImageDraw, ImageFilter

from leonardo_nb.simulator.painting.colour import Colour, hexa
from leonardo_nb.simulator.painting.texture import Floats, daubs, fibres, grain, tiled

if TYPE_CHECKING:
    from leonardo_nb.simulator.painting.looks import Grade

__all__ = [
    "bars",
    "blurred",
    "brushed",
    "floats",
    "frame",
    "graded",
    "grained",
    "image_of",
    "luma_steps",
    "paper",
    "raised",
    "ramp",
    "screened",
    "vignetted",
]


@lru_cache(maxsize=64)
def _table(grade: Grade, saturation: float, contrast: float, black: float,
           hue: float) -> ImageFilter.Color3DLUT:  # fmt: skip
    size = 17
    steps = np.linspace(0, 1, size, dtype=np.float32)
    blue, green, red = np.meshgrid(steps, steps, steps, indexing="ij")
    rgb = np.stack([red, green, blue], -1).reshape(-1, 3)
    luma = rgb @ np.array([0.3, 0.59, 0.11], dtype=np.float32)
    if hue:
        turn = math.radians(hue)
        cos, sin = math.cos(turn), math.sin(turn)
        third, root = (1 - cos) / 3, math.sqrt(1 / 3) * sin
        matrix = np.full((3, 3), third) + np.eye(3) * cos
        matrix += np.array([[0, -root, root], [root, 0, -root], [-root, root, 0]])
        rgb = (rgb @ matrix.T).astype(np.float32)
    rgb = luma[:, None] + (rgb - luma[:, None]) * np.float32(grade.saturation * saturation)
    strength = grade.contrast * contrast
    if strength >= 1:
        # an S curve keeps the ends
        curve = rgb.clip(0, 1)
        bent = curve * curve * (3 - 2 * curve)
        rgb = rgb + (bent - curve) * min(2.0, (strength - 1) * 2.2)
    else:
        rgb = 0.5 + (rgb - 0.5) * strength
    rgb = (rgb.clip(0, 1) ** grade.gamma).astype(np.float32)
    luma = (rgb @ np.array([0.3, 0.59, 0.11], dtype=np.float32))[:, None]
    for (code, share), weight in ((grade.shadows, (1 - luma) ** 1.6), (grade.lights, luma**1.6)):
        tint = np.asarray(hexa(code), np.float32) / 255
        scaled = (
            tint * (0.35 + 0.65 * luma) if code == grade.shadows[0] else tint * (0.4 + 0.6 * luma)
        )
        rgb = rgb + (scaled - rgb) * weight * share
    low = min(0.4, grade.black + black)
    rgb = low + rgb * (grade.white - low)
    return ImageFilter.Color3DLUT(size, rgb.clip(0, 1).astype(np.float32).ravel().tolist())


def graded(image: Image.Image, grade: Grade, *, saturation: float = 1.0, contrast: float = 1.0,
           black: float = 0.0, hue: float = 0.0) -> Image.Image:  # fmt: skip
    """Return *image* with its colours changed by *grade* and the request's own factors."""
    table = _table(grade, round(saturation, 2), round(contrast, 2), round(black, 2), round(hue))
    return image.filter(table)


def blurred(image: Image.Image, radius: float) -> Image.Image:
    """Return *image* out of focus; large radii are done small, where nobody can tell."""
    if radius < 0.35:
        return image
    if radius > 3:
        factor = 4 if radius > 6 else 2
        if min(image.size) >= 16 * factor:
            small = image.reduce(factor).filter(ImageFilter.GaussianBlur(radius / factor))
            return small.resize(image.size, Image.Resampling.BICUBIC)
    return image.filter(ImageFilter.GaussianBlur(radius))


def floats(image: Image.Image) -> Floats:
    """Return the pixels of *image* as numbers that can be calculated with."""
    return np.asarray(image, dtype=np.float32)


def image_of(values: Floats) -> Image.Image:
    """Return the picture that *values* are, what is out of range cut off."""
    return Image.fromarray(np.clip(values, 0, 255).astype(np.uint8))


def ramp(width: int, height: int, values: Floats) -> Image.Image:
    """Return a mask that changes only from top to bottom."""
    column = Image.fromarray(np.clip(values * 255, 0, 255).astype(np.uint8)[:, None])
    return column.resize((width, height), Image.Resampling.BILINEAR)


def vignetted(image: Image.Image, share: float, colour: Colour = (4, 6, 14)) -> Image.Image:
    """Return *image* with its corners turned towards *colour*."""
    if not share:
        return image
    small = 48
    y, x = np.mgrid[-1 : 1 : small * 1j, -1 : 1 : small * 1j].astype(np.float32)
    away = np.clip((np.hypot(x, y) - 0.55) / 0.86, 0, 1) ** 1.5
    mask = Image.fromarray((away * 255 * min(1.0, share)).astype(np.uint8)).resize(
        image.size, Image.Resampling.BICUBIC
    )
    image.paste(colour, (0, 0, *image.size), mask)
    return image


def brushed(image: Image.Image, cell: int, long: float, relief: float) -> Image.Image:
    """Return *image* laid on in daubs of a brush."""
    if cell < 2:
        return image
    high, wide = image.height, image.width
    packed = np.asarray(image.convert("RGBX")).view(np.uint32).reshape(-1)
    taken = packed[_daub_index(cell, long, high, wide)]
    smeared = Image.frombuffer("RGBX", (wide, high), taken.tobytes()).convert("RGB")
    if not relief:
        return smeared
    return raised(smeared, _daub_surface(cell, long, high, wide, relief))


# A sweep paints many pictures of one size: where the brush goes is worked out once.
@lru_cache(maxsize=6)
def _daub_index(cell: int, long: float, high: int, wide: int) -> npt.NDArray[np.int32]:
    """Return, for each pixel, which pixel its daub takes its colour from."""
    down, across, _ = daubs(cell, long)
    rows = np.arange(high, dtype=np.int32)[:, None] + tiled(down, high, wide)
    columns = np.arange(wide, dtype=np.int32)[None, :] + tiled(across, high, wide)
    index: npt.NDArray[np.int32] = rows.clip(0, high - 1) * wide + columns.clip(0, wide - 1)
    return index


@lru_cache(maxsize=6)
def _daub_surface(cell: int, long: float, high: int, wide: int, relief: float) -> Image.Image:
    return _surface(tiled(daubs(cell, long)[2], high, wide), relief)


@lru_cache(maxsize=6)
def paper(high: int, wide: int, share: float) -> Image.Image:
    """Return the surface of a rough paper of that size, for `raised`."""
    return _surface(tiled(fibres(), high, wide), share)


def _surface(tile: Floats, share: float) -> Image.Image:
    surface = tile * np.float32(share * 14) + np.float32(128)
    layer = Image.fromarray(np.clip(surface, 0, 255).astype(np.uint8))
    return Image.merge("RGB", (layer, layer, layer))


def raised(image: Image.Image, surface: Image.Image) -> Image.Image:
    """Return *image* lighter and darker where *surface* is above and below its middle."""
    return ImageChops.add(image, surface, scale=1, offset=-128)


def grained(image: Image.Image, levels: float, shift: int) -> Image.Image:
    """Return *image* with film grain."""
    if not levels:
        return image
    tile = tiled(grain(), image.height, image.width, shift % 97)
    return raised(image, _surface(tile.astype(np.float32), levels / 20 / 14))


def luma_steps(image: Image.Image, steps: int, share: float) -> Image.Image:
    """Return *image* with its lightness in flat *steps*."""
    values = floats(image)
    luma = np.asarray(image.convert("L"))
    at = np.linspace(0, 1, 256) * steps
    flat = np.floor(at) + np.clip((at % 1 - 0.5) * 9 + 0.5, 0, 1)
    wanted = (flat / steps) * 255
    ratio = ((wanted + 8) / (np.arange(256) + 8)).astype(np.float32)
    ratio = 1 + (ratio - 1) * np.float32(share)
    return image_of(values * ratio[luma][..., None])


def screened(image: Image.Image, light: Image.Image) -> Image.Image:
    """Return *image* with *light* added as a projector would."""
    return ImageChops.screen(image, light)


def bars(image: Image.Image, share: float) -> Image.Image:
    """Return *image* between two black bars, each *share* of its height."""
    tall = round(image.height * share)
    draw = ImageDraw.Draw(image)
    draw.rectangle((0, 0, image.width, tall), fill=(6, 6, 8))
    draw.rectangle((0, image.height - tall, image.width, image.height), fill=(6, 6, 8))
    return image


def frame(image: Image.Image, share: float, colour: Colour) -> Image.Image:
    """Return *image* in a frame of *share* of its shorter side."""
    wide = round(min(image.size) * share)
    draw = ImageDraw.Draw(image)
    for box in ((0, 0, image.width, wide), (0, image.height - wide, image.width, image.height),
                (0, 0, wide, image.height), (image.width - wide, 0, image.width, image.height)):  # fmt: skip
        draw.rectangle(box, fill=colour)
    return image
