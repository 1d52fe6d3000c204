# ruff: noqa: E501  a shape or a table reads as one row
"""The hands of the looks that are drawn, painted or rendered."""

from __future__ import annotations

import math
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image, ImageChops, ImageDraw, ImageFilter, ImageOps

from leonardo_nb.simulator.painting.colour import darker, hexa, lighter, mix, turned
from leonardo_nb.simulator.painting.surface import (
    blurred,
    floats,
    image_of,
    luma_steps,
    ramp,
    screened,
)
from leonardo_nb.simulator.painting.texture import Floats, fibres, noise, tiled

if TYPE_CHECKING:
    from collections.abc import Callable

    from leonardo_nb.simulator.painting.compose import Painting

__all__ = ["HANDS"]


def _volume(painting: Painting, image: Image.Image, gloss: float) -> Image.Image:
    """Return *image* with its subject rounded and lit as a solid."""
    box = painting.cover.getbbox()
    if box is None:
        return image
    part = image.crop(box)
    alpha = painting.cover.crop(box)
    size = max(2.0, (box[3] - box[1]) * 0.035)
    small = alpha.reduce(2) if min(alpha.size) >= 8 else alpha
    factor = alpha.width / small.width
    height = np.zeros((small.height, small.width), dtype=np.float32)
    for radius, weight in ((size / factor, 0.9), (size * 2.4 / factor, 2.6)):
        height += (weight * size / 255) * floats(small.filter(ImageFilter.BoxBlur(radius)))
    grey = (
        part.convert("L").resize(small.size).filter(ImageFilter.GaussianBlur(size * 0.35 / factor))
    )
    height += floats(grey) * (size * 0.7 / 255)
    dy, dx = np.gradient(height / factor)
    length = np.sqrt(dx * dx + dy * dy + 1)
    side = -0.6 if painting.scene.from_left else 0.6
    # the ground rises towards the middle: light comes from above and from the sun's side
    light = (-dx * side + dy * 0.6 + 0.65) / length
    shine = np.clip(light * 0.94, 0, 1) ** 22
    diffuse = np.clip(0.5 + 0.75 * light, 0.42, 1.3)

    def grown(values: Floats) -> Floats:
        return np.asarray(Image.fromarray(values).resize(part.size, Image.Resampling.BILINEAR))

    lit = floats(part) * grown(diffuse)[..., None] + grown(shine)[..., None] * np.float32(
        190 * gloss
    )
    image.paste(image_of(lit), box[:2], alpha)
    return image


def _anime(painting: Painting, image: Image.Image, unit: float) -> Image.Image:
    image = luma_steps(image, 7, 0.8)
    scene = painting.scene
    # bloom, and the long rays of an opening title
    bright = blurred(
        image.point([max(0, (value - 190) * 3) for value in range(256)] * 3), unit * 0.03
    )
    image = screened(image, bright.point([round(value * 0.5) for value in range(256)] * 3))
    rays = Image.new("L", (image.width // 2, image.height // 2))
    draw = ImageDraw.Draw(rays)
    x, y = scene.sun[0] / 2, scene.sun[1] / 2
    for step in range(9):
        turn = math.radians(step * 40 + float(scene.rng.uniform(-8, 8)))
        wide = 0.035
        draw.polygon([(x, y), (x + unit * math.cos(turn - wide), y + unit * math.sin(turn - wide)),
                      (x + unit * math.cos(turn + wide), y + unit * math.sin(turn + wide))], fill=54)  # fmt: skip
    mask = rays.filter(ImageFilter.BoxBlur(1)).resize(image.size)
    image.paste((255, 255, 246), (0, 0), ImageChops.subtract(mask, painting.cover))
    return image


def _creative(painting: Painting, image: Image.Image, unit: float) -> Image.Image:
    """Stir the paint, then throw two complementary lights over it."""
    scene = painting.scene
    high, wide = image.height, image.width
    small = (max(4, high // 8), max(4, wide // 8))
    field = noise(scene.rng, *small, (3, 3), 2)
    gy, gx = np.gradient(field)
    swirl = np.stack([gx, -gy], -1)
    swirl *= unit * 0.075 / max(1e-6, float(np.abs(swirl).max()))
    across = np.asarray(
        Image.fromarray(swirl[..., 1].copy()).resize((wide, high), Image.Resampling.BICUBIC)
    )
    down = np.asarray(
        Image.fromarray(swirl[..., 0].copy()).resize((wide, high), Image.Resampling.BICUBIC)
    )
    rows = (np.arange(high, dtype=np.float32)[:, None] + down).clip(0, high - 1).astype(np.int32)
    columns = (
        (np.arange(wide, dtype=np.float32)[None, :] + across).clip(0, wide - 1).astype(np.int32)
    )
    packed = np.asarray(painting.behind.convert("RGBX")).view(np.uint32)[..., 0].reshape(-1)
    stirred = Image.frombuffer(
        "RGBX", (wide, high), packed[rows * wide + columns].tobytes()
    ).convert("RGB")
    hue = float(scene.rng.uniform(0, 360))
    one, two = turned(hexa("e0409a"), hue), turned(hexa("20b8c0"), hue)
    slope = (np.linspace(0, 1, 32)[:, None] + np.linspace(0, 1, 32)[None, :]) / 2
    mask = image_of((slope * 255).astype(np.float32)).resize(image.size, Image.Resampling.BICUBIC)
    wash = Image.composite(
        Image.new("RGB", image.size, one), Image.new("RGB", image.size, two), mask
    )
    stirred = Image.blend(stirred, ImageChops.overlay(stirred, wash), 0.55)
    scene.image = stirred
    for index, code in enumerate((one, two, hexa("ffd23f"))):
        blots = []
        for a, b, c in scene.rng.random((9, 3)):
            r = unit * (0.003 + 0.02 * c**4)
            x, y = a * wide, b * high
            blots.append([(x + r * math.cos(t) * (1 + 0.3 * math.sin(3 * t + index)), y + r * math.sin(t))
                          for t in np.linspace(0, 2 * math.pi, 14, endpoint=False)])  # fmt: skip
        scene.fill(blots, lighter(code, 0.15), share=0.85)
    if painting.subject is not None:
        scene.image.paste(image, (0, 0), painting.cover)
    return scene.image


def _illustration(painting: Painting, image: Image.Image, unit: float) -> Image.Image:
    image = luma_steps(image, 9, 0.7)
    scene = painting.scene
    # the paint ends before the paper does, not quite straight
    w, h = image.width, image.height
    edge = unit * 0.045
    points: list[tuple[float, float]] = []
    for x0, y0, x1, y1 in ((edge, edge, w - edge, edge), (w - edge, edge, w - edge, h - edge),
                           (w - edge, h - edge, edge, h - edge), (edge, h - edge, edge, edge)):  # fmt: skip
        for step in range(26):
            t = step / 26
            wobble = unit * 0.006
            points.append(
                (
                    x0 + (x1 - x0) * t + float(scene.rng.normal(0, wobble)),
                    y0 + (y1 - y0) * t + float(scene.rng.normal(0, wobble)),
                )
            )
    paper = Image.new("RGB", image.size, hexa("f7efdd"))
    paper.paste(image, (0, 0), scene.mask([points], soft=max(0.4, unit * 0.0012)))
    return paper


def _minimal(painting: Painting, image: Image.Image, unit: float) -> Image.Image:
    """Keep a few flat shapes and much empty paper."""
    scene = painting.scene
    soft = blurred(painting.behind, unit * 0.006)
    paper = mix(scene.light.sky[2], hexa("f6f1e7"), 0.62)
    if scene.light.night:
        paper = mix(scene.light.sky[1], hexa("8f9bb8"), 0.35)
    h = image.height
    share = np.interp(
        np.arange(h), [0, scene.horizon * 0.8, scene.horizon, h], [0.97, 0.9, 0.5, 0.5]
    )
    empty = Image.new("RGB", image.size, paper)
    empty = Image.composite(empty, soft, ramp(image.width, h, share.astype(np.float32)))
    scene.image = empty
    if not scene.indoors:
        scene.fill([[(scene.sun[0] + unit * 0.1 * math.cos(t), scene.sun[1] + unit * 0.1 * math.sin(t))
                     for t in np.linspace(0, 2 * math.pi, 64)]],
                   mix(scene.light.sun, hexa("e8765a") if not scene.light.night else hexa("f4efe0"), 0.62))  # fmt: skip
    if painting.subject is not None:
        scene.image.paste(image, (0, 0), painting.cover)
    return scene.image


def _raytraced(painting: Painting, image: Image.Image, unit: float) -> Image.Image:
    """Lay a polished floor and give the subject a body."""
    image = _volume(painting, image, 1.0)
    scene = painting.scene
    w, h = image.width, image.height
    box = painting.cover.getbbox()
    floor = int(
        min(h * 0.84, max(scene.horizon + unit * 0.08, (box[3] - unit * 0.02) if box else h * 0.72))
    )
    low = h - floor
    if low < 4:
        return image
    above = image.crop((0, max(0, floor - low), w, floor)).transpose(
        Image.Transpose.FLIP_TOP_BOTTOM
    )
    above = above.resize((w, low))
    tiles = Image.new("RGB", (w * 2, low * 2), mix(scene.light.near, (26, 28, 40), 0.5))
    draw = ImageDraw.Draw(tiles)
    rows = [0.0, 0.09, 0.21, 0.37, 0.6, 0.95, 1.4]
    for row in range(len(rows) - 1):
        y0, y1 = rows[row] * low * 2, rows[row + 1] * low * 2
        for column in range(-14, 14):
            if (row + column) % 2:
                continue
            s0, s1 = (
                (0.55 + rows[row] * 1.5) * unit * 0.16,
                (0.55 + rows[row + 1] * 1.5) * unit * 0.16,
            )
            draw.polygon([(w + column * s0, y0), (w + (column + 1) * s0, y0), (w + (column + 1) * s1, y1), (w + column * s1, y1)],
                         fill=lighter(scene.light.sky[2], 0.35))  # fmt: skip
    share = 0.72 - 0.4 * np.linspace(0, 1, low)
    ground = Image.composite(above, tiles.reduce(2), ramp(w, low, share.astype(np.float32)))
    image.paste(ground, (0, floor))
    edge = Image.new("L", (w, 3), 90)
    image.paste(lighter(scene.light.sky[3], 0.3), (0, floor), edge)
    if painting.subject is not None and box is not None and box[3] > floor:
        keep = painting.cover.copy()
        keep.paste(0, (0, min(h, floor + round(unit * 0.03)), w, h))
        image.paste(_volume(painting, scene.image.copy(), 1.0), (0, 0), keep)
    return image


def _render(painting: Painting, image: Image.Image, unit: float) -> Image.Image:
    """Turn every layer into soft clay and lift the subject off it."""
    behind = blurred(painting.behind, unit * 0.004)
    grey = floats(blurred(behind.convert("L"), unit * 0.012))
    dy, dx = np.gradient(grey)
    side = 1.0 if painting.scene.from_left else -1.0
    relief = ((dx * side + dy) * (unit / 512) * 7 + 128).clip(60, 215).astype(np.float32)
    layer = image_of(relief)
    clay = ImageChops.add(behind, Image.merge("RGB", (layer, layer, layer)), 1, -128)
    if painting.subject is None:
        return clay
    shadow = ImageChops.offset(painting.cover, round(unit * 0.025 * side), round(unit * 0.02))
    clay.paste(darker(painting.scene.light.near, 0.2), (0, 0),
               blurred(shadow, unit * 0.02).point([value * 11 // 20 for value in range(256)]))  # fmt: skip
    clay.paste(image, (0, 0), painting.cover)
    return _volume(painting, clay, 0.5)


@lru_cache(maxsize=6)
def _hatch(size: int, turn: int) -> Floats:
    """Return a tile of pencil strokes around 0..1, 1 where the pencil went."""
    rng = np.random.default_rng(400 + turn)
    tile = 192
    image = Image.new("L", (tile * 2, tile * 2))
    draw = ImageDraw.Draw(image)
    angle = math.radians(turn)
    dx, dy = math.cos(angle), math.sin(angle)
    for _ in range(round(5200 / size)):
        x, y = rng.uniform(0, tile * 2, 2)
        long = float(rng.uniform(14, 44)) * size / 3
        tone = int(rng.uniform(90, 230))
        for ox in (-tile * 2, 0, tile * 2):
            for oy in (-tile * 2, 0, tile * 2):
                draw.line(
                    (x + ox, y + oy, x + ox + dx * long, y + oy + dy * long),
                    fill=tone,
                    width=max(1, size // 2),
                )
    return floats(image.reduce(2)) / np.float32(255)


def _pencil(painting: Painting, image: Image.Image, unit: float, *, colour: bool) -> Image.Image:
    """Draw the picture again with a pencil: contours, then three directions of hatching."""
    soft = blurred(image, unit * 0.0022)
    grey = ImageOps.autocontrast(soft.convert("L"), cutoff=2)
    h, w = grey.height, grey.width
    tone = floats(grey) / 255
    wide = floats(grey.filter(ImageFilter.BoxBlur(max(1.0, unit * 0.005)))) / 255
    contour = np.clip((wide - tone) * 7.5, 0, 1)
    size = max(2, round(unit / 170))
    ink = np.zeros((h, w), dtype=np.float32)
    for turn, limit in ((-58, 0.84), (-22, 0.56), (35, 0.36)):
        ink += np.clip((limit - tone) * 2.9, 0, 0.85) * tiled(_hatch(size, turn), h, w)
    ink = np.clip(ink + contour * 0.9, 0, 0.96)
    # the pencil fades before the paper ends
    across = np.clip(np.minimum(np.arange(w), np.arange(w)[::-1]) / (unit * 0.09), 0, 1)
    down = np.clip(np.minimum(np.arange(h), np.arange(h)[::-1]) / (unit * 0.09), 0, 1)
    fade = (across[None, :] * down[:, None]).astype(np.float32)
    ragged = np.clip(fade * 1.6 - 0.3 + 0.5 * (tiled(fibres(), h, w) * 0.5), 0, 1)
    ink *= ragged
    paper = np.asarray(hexa("f5f0e4"), np.float32)
    del painting
    if not colour:
        lead = np.asarray(hexa("33343a"), np.float32)
        return image_of(paper + (lead - paper) * ink[..., None])
    body = floats(soft)
    wash = np.clip(0.5 + 0.6 * ink, 0, 0.97) * ragged
    picture = paper + (body * 0.9 - paper) * wash[..., None]
    lead = np.asarray(hexa("463a3e"), np.float32)
    return image_of(picture + (lead - picture) * (contour * ragged * 0.7)[..., None])


def _sketch_bw(painting: Painting, image: Image.Image, unit: float) -> Image.Image:
    return _pencil(painting, image, unit, colour=False)


def _sketch_colour(painting: Painting, image: Image.Image, unit: float) -> Image.Image:
    return _pencil(painting, image, unit, colour=True)


HANDS: dict[str, Callable[[Painting, Image.Image, float], Image.Image]] = {
    "ANIME": _anime,
    "CREATIVE": _creative,
    "ILLUSTRATION": _illustration,
    "MINIMALISTIC": _minimal,
    "RAYTRACED": _raytraced,
    "RENDER_3D": _render,
    "SKETCH_BW": _sketch_bw,
    "SKETCH_COLOR": _sketch_colour,
}
