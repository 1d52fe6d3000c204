"""
What is made of a picture that is there already: larger, wider, cut out, restyled, guided.

Plain functions from picture to picture, so that variations, image-to-image and films share them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from PIL import Image, ImageChops, ImageDraw, ImageFilter, ImageOps

from leonardo_nb.simulator.painting.looks import Grade
from leonardo_nb.simulator.painting.surface import (
    bars,
    blurred,
    brushed,
    graded,
    grained,
    luma_steps,
    screened,
    vignetted,
)
from leonardo_nb.simulator.painting.texture import noise

if TYPE_CHECKING:
    from typing import TypeAlias

    from leonardo_nb.simulator.painting.texture import Floats

    Indices: TypeAlias = np.ndarray[tuple[int, ...], np.dtype[np.int64]]

__all__ = [
    "coloured_after",
    "composed_after",
    "cut_out",
    "estimated_cover",
    "larger",
    "repainted",
    "restyled",
    "wider",
]

UNZOOM = 1.6
"""How much more a wider view shows, each way."""

_CINEMA = Grade(0.82, 1.3, 1.06, 0.03, 0.98, shadows=("0b4a5c", 0.5), lights=("ffb35c", 0.34))
_FLAT_ART = Grade(1.35, 1.05, 0.9)
_GAME = Grade(1.55, 1.4, 0.98, shadows=("3a12a0", 0.5), lights=("a8f0ff", 0.3))
_ARTISTIC = Grade(1.15, 1.05, 0.97, lights=("fff0d2", 0.16))
_REALISTIC = Grade(0.6, 1.2, 1.0, 0.02, 0.98)


def larger(image: Image.Image, factor: float, crisp: float = 1.0) -> Image.Image:
    """Return *image* with its sides times *factor*, its edges sharpened by *crisp* (0 to 2)."""
    size = (max(1, round(image.width * factor)), max(1, round(image.height * factor)))
    big = image.resize(size, Image.Resampling.LANCZOS)
    alpha = big.getchannel("A") if big.mode == "RGBA" else None
    rgb = big.convert("RGB")
    rgb = rgb.filter(ImageFilter.UnsharpMask(1.2 * factor, round(110 * crisp), 1))
    rgb = rgb.filter(ImageFilter.UnsharpMask(max(2.0, min(size) * 0.006), round(28 * crisp), 2))
    if alpha is not None:
        rgb.putalpha(alpha)
    return rgb


def wider(image: Image.Image, factor: float = UNZOOM) -> Image.Image:
    """Return a view of *image*'s size that shows *factor* times as much, *image* in its middle."""
    wide, high = image.size
    inner = image.convert("RGB").resize(
        (max(1, round(wide / factor)), max(1, round(high / factor))), Image.Resampling.LANCZOS
    )
    left, top = (wide - inner.width) // 2, (high - inner.height) // 2
    # what lies beyond an edge is the strip before it, there and back: narrow above and below, so
    # that no sky has a second horizon; wide at the sides, where a narrow one makes streaks
    box = (left, top, inner.width, inner.height)
    surroundings = Image.fromarray(np.asarray(inner)[_beyond((wide, high), box)])
    unit = min(wide, high)
    soft = blurred(surroundings, unit * 0.006)
    far = brushed(blurred(surroundings, unit * 0.02), max(2, round(unit * 0.008)), 2.0, 0.15)
    near_mask = _frame_mask((wide, high), (left, top, inner.width, inner.height), unit * 0.11)
    surroundings = Image.composite(soft, far, near_mask)
    edge = max(1.0, unit * 0.012)
    inside = _frame_mask((wide, high), (left, top, inner.width, inner.height), edge, inset=edge * 2)
    whole = surroundings.copy()
    whole.paste(inner, (left, top))
    return vignetted(Image.composite(whole, surroundings, inside), 0.1)


def _beyond(size: tuple[int, int], box: tuple[int, int, int, int]) -> tuple[Indices, Indices]:
    """Return for each pixel of a wider view which pixel of the inner picture it shows."""
    (wide, high), (left, top, columns, rows) = size, box
    down = np.arange(high, dtype=np.float32)[:, None] - top
    across = np.arange(wide, dtype=np.float32)[None, :] - left
    # the farther away, the less it is the same again
    out = np.maximum(_outside(down, rows), _outside(across, columns))
    drift = noise(np.random.default_rng(13), high, wide, (9, 7), 3) - np.float32(0.5)
    shifted = across + drift * out * np.float32(0.7)
    return _folded(down, rows, 0.07), _folded(shifted, columns, 0.22)


def _outside(at: Floats, inner: int) -> Floats:
    """Return how far each of *at* is beyond the edges of *inner*, 0 within."""
    return np.maximum(-at, at - inner + 1).clip(0)


def _folded(at: Floats, inner: int, share: float) -> Indices:
    """Return *at* within *inner*: beyond an edge, there and back over *share* of it."""
    strip = max(1, round(inner * share))
    back = strip - np.abs(_outside(at, inner) % (2 * strip) - strip)
    folded = np.where(at < 0, back, np.where(at >= inner, inner - 1 - back, at))
    indices: Indices = folded.round().astype(np.int64).clip(0, inner - 1)
    return indices


def _frame_mask(
    size: tuple[int, int], box: tuple[int, int, int, int], soft: float, inset: float = 0.0
) -> Image.Image:
    left, top, wide, high = box
    mask = Image.new("L", size)
    ImageDraw.Draw(mask).rectangle(
        (left + inset, top + inset, left + wide - inset, top + high - inset), fill=255
    )
    return blurred(mask, soft)


def cut_out(image: Image.Image, cover: Image.Image) -> Image.Image:
    """Return only what *cover* shows of *image*, as RGBA of the same size."""
    alpha = cover.resize(image.size).filter(ImageFilter.GaussianBlur(0.6))
    if image.mode == "RGBA":
        alpha = ImageChops.multiply(alpha, image.getchannel("A"))
    result = image.convert("RGB")
    result.putalpha(alpha)
    return result


def estimated_cover(image: Image.Image) -> Image.Image:
    """Return where the subject of any picture may be: what differs from its edges, middle first."""
    if image.mode == "RGBA" and np.asarray(image.getchannel("A")).min() < 255:
        return image.getchannel("A")
    small = image.convert("RGB")
    small.thumbnail((96, 96))
    values = np.asarray(small, dtype=np.float32)
    high, wide = values.shape[:2]
    rim = max(1, min(high, wide) // 12)
    edges = np.concatenate(
        [
            values[:rim].reshape(-1, 3),
            values[:, :rim].reshape(-1, 3),
            values[:, -rim:].reshape(-1, 3),
        ]
    )
    # the nearest of a few edge colours, because a background is seldom one
    order = np.argsort(edges.sum(1))
    tones = edges[order[np.linspace(0, len(order) - 1, 12).astype(int)]]
    apart = np.sqrt(((values[:, :, None, :] - tones) ** 2).sum(-1)).min(-1)
    y, x = np.mgrid[-1 : 1 : high * 1j, -1 : 1 : wide * 1j]
    middle = np.clip(1.25 - np.hypot(x, y * 0.9) ** 2, 0, 1)
    found = apart * middle
    mask = np.clip((found - 14) / 26, 0, 1)
    if mask.mean() < 0.02:
        mask = np.clip((middle - 0.55) * 6, 0, 1)
    alpha = Image.fromarray((mask * 255).astype(np.uint8))
    alpha = alpha.filter(ImageFilter.MedianFilter(5))
    return alpha.resize(image.size, Image.Resampling.BICUBIC)


def restyled(image: Image.Image, style: str, strength: float) -> Image.Image:
    """
    Return *image* as one of the universal upscaler's styles sees it.

    Args:
        image: RGB, already at its final size.
        style: `upscalerStyle` or `ultraUpscaleStyle`.
        strength: 0 to 1: how freely.
    """
    unit = min(image.size)
    match style:
        case "CINEMATIC":
            bright = image.point([max(0, (value - 150) * 2) for value in range(256)] * 3)
            bloom = screened(image, blurred(bright, unit * 0.04))
            other = vignetted(graded(Image.blend(image, bloom, 0.6), _CINEMA), 0.6)
            image, other = bars(image.copy(), 0.08), bars(other, 0.08)
        case "2D ART & ILLUSTRATION":
            smooth = blurred(image, unit * 0.002).filter(ImageFilter.MedianFilter(5))
            flat = graded(luma_steps(smooth, 5, 1.0), _FLAT_ART)
            other = ImageChops.multiply(flat, _outlines(smooth, unit).convert("RGB"))
        case "CG ART & GAME ASSETS":
            bright = graded(image, _GAME, hue=-16)
            glow = screened(bright, blurred(bright, unit * 0.03))
            other = Image.blend(bright, glow, 0.45).filter(
                ImageFilter.UnsharpMask(max(1.0, unit * 0.012), 90, 2)
            )
        case "ARTISTIC":
            other = graded(brushed(image, max(2, round(unit * 0.007)), 2.2, 0.4), _ARTISTIC)
        case "REALISTIC":
            fine = ImageFilter.UnsharpMask(max(1.0, unit * 0.004), 120, 2)
            other = grained(graded(image, _REALISTIC).filter(fine), 6, 0)
        case _:
            other = image.filter(ImageFilter.UnsharpMask(max(1.0, unit * 0.003), 70, 1))
    return Image.blend(image, other, 0.45 + 0.55 * strength)


def _outlines(image: Image.Image, unit: float) -> Image.Image:
    """Return black lines on white where *image* changes."""
    wide = max(0.7, unit * 0.0011)
    grey = image.convert("L")
    # what is far from its own surroundings is an edge, and stays one at every size
    apart = ImageChops.difference(blurred(grey, wide), blurred(grey, wide * 3.2))
    lines = apart.point([max(0, 255 - max(0, value - 6) * 16) for value in range(256)])
    return lines.filter(ImageFilter.GaussianBlur(wide * 0.5))


def coloured_after(image: Image.Image, other: Image.Image, share: float) -> Image.Image:
    """Return *image* with *share* (0 to 1) of the palette of *other*."""
    mine, theirs = _floats(image), _floats(_small(other))
    mean, spread = mine.mean((0, 1)), mine.std((0, 1)) + 1
    to_mean, to_spread = theirs.mean((0, 1)), theirs.std((0, 1)) + 1
    factor = np.clip(to_spread / spread, 0.55, 1.8)
    moved = _image((mine - mean) * factor + to_mean)
    return Image.blend(image.convert("RGB"), moved, max(0.0, min(1.0, share)))


def composed_after(
    image: Image.Image, other: Image.Image, share: float, cover: Image.Image | None = None
) -> Image.Image:
    """
    Return *image* with *share* (0 to 1) of where things are in *other*.

    What *cover* shows, its subject, stays solid until *share* is large.
    """
    image = image.convert("RGB")
    other = ImageOps.fit(other.convert("RGB"), image.size, Image.Resampling.BICUBIC)
    share = max(0.0, min(1.0, share))
    radius = min(image.size) * 0.03
    low_mine, low_theirs = _floats(blurred(image, radius)), _floats(blurred(other, radius))
    # what is coarse is blended; what is fine is added, so that neither shines through the other
    fine = (_floats(image) - low_mine) * (1 - share) + (_floats(other) - low_theirs) * share
    blended = _image(low_mine + (low_theirs - low_mine) * (0.2 + 0.75 * share) + fine)
    solid = max(0.0, min(1.0, (0.85 - share) / 0.3))
    if cover is None or not solid:
        return blended
    return Image.composite(image, blended, cover.point([round(one * solid) for one in range(256)]))


def repainted(original: Image.Image, fresh: Image.Image, mask: Image.Image) -> Image.Image:
    """Return *original* with *fresh* where *mask* is white, and untouched where it is black."""
    original = ImageOps.fit(original.convert("RGB"), fresh.size, Image.Resampling.BICUBIC)
    where = ImageOps.fit(mask.convert("L"), fresh.size, Image.Resampling.BILINEAR)
    # soft on the mask's own side only: a black pixel stays as it was
    soft = ImageChops.darker(where, blurred(where, max(0.6, min(fresh.size) * 0.008)))
    return Image.composite(fresh.convert("RGB"), original, soft)


def _small(image: Image.Image) -> Image.Image:
    copy = image.convert("RGB")
    copy.thumbnail((128, 128))
    return copy


def _floats(image: Image.Image) -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
    return np.asarray(image.convert("RGB"), dtype=np.float32)


def _image(values: np.ndarray[tuple[int, ...], np.dtype[np.float32]]) -> Image.Image:
    return Image.fromarray(np.clip(values, 0, 255).astype(np.uint8))
