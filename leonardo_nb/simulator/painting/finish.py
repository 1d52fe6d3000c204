# ruff: noqa: E501  a shape or a table reads as one row
"""What is done to a composed picture: the look's own hand, its colours, its surface."""

from __future__ import annotations

import math
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageChops, ImageDraw, ImageFilter, ImageOps

from leonardo_nb.simulator.painting.colour import Colour, darker, hexa, lighter, mix, turned
from leonardo_nb.simulator.painting.looks import Grade, Look
from leonardo_nb.simulator.painting.texture import Floats, daubs, fibres, grain, noise, tiled

if TYPE_CHECKING:
    from collections.abc import Callable

    from leonardo_nb.simulator.painting.compose import Painting

__all__ = ["finish", "graded", "loosened"]

NATURAL = Grade(0.92, 1.04, 0.97, 0.02, 0.985, ("1f2a33", 0.12), ("fff0d8", 0.14))


# -- tools -----------------------------------------------------------------------------------------


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


def _floats(image: Image.Image) -> Floats:
    return np.asarray(image, dtype=np.float32)


def _image(values: Floats) -> Image.Image:
    return Image.fromarray(np.clip(values, 0, 255).astype(np.uint8))


def _ramp(width: int, height: int, values: Floats) -> Image.Image:
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
    return _raised(smeared, _daub_surface(cell, long, high, wide, relief))


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
def _tooth(high: int, wide: int, share: float) -> Image.Image:
    return _surface(tiled(fibres(), high, wide), share)


def _surface(tile: Floats, share: float) -> Image.Image:
    surface = tile * np.float32(share * 14) + np.float32(128)
    layer = Image.fromarray(np.clip(surface, 0, 255).astype(np.uint8))
    return Image.merge("RGB", (layer, layer, layer))


def _raised(image: Image.Image, surface: Image.Image) -> Image.Image:
    """Return *image* lighter and darker where *surface* is above and below its middle."""
    return ImageChops.add(image, surface, scale=1, offset=-128)


def grained(image: Image.Image, levels: float, shift: int) -> Image.Image:
    """Return *image* with film grain."""
    if not levels:
        return image
    tile = tiled(grain(), image.height, image.width, shift % 97)
    return _raised(image, _surface(tile.astype(np.float32), levels / 20 / 14))


def _focus(painting: Painting, image: Image.Image, radius: float) -> Image.Image:
    """Return *image* with everything but the subject out of focus."""
    cover = painting.cover
    soft = blurred(painting.behind, radius)
    if painting.subject is None:
        # without a subject the middle distance is sharp
        high = image.height
        rows = np.abs(np.linspace(0, 1, high) - painting.scene.horizon / high) * 3.4 - 0.25
        return Image.composite(soft, image, _ramp(image.width, high, np.clip(rows, 0, 1)))
    soft.paste(image, (0, 0), cover)
    return soft


def _luma_steps(image: Image.Image, steps: int, share: float) -> Image.Image:
    """Return *image* with its lightness in flat *steps*."""
    values = _floats(image)
    luma = np.asarray(image.convert("L"))
    at = np.linspace(0, 1, 256) * steps
    flat = np.floor(at) + np.clip((at % 1 - 0.5) * 9 + 0.5, 0, 1)
    wanted = (flat / steps) * 255
    ratio = ((wanted + 8) / (np.arange(256) + 8)).astype(np.float32)
    ratio = 1 + (ratio - 1) * np.float32(share)
    return _image(values * ratio[luma][..., None])


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
        height += (weight * size / 255) * _floats(small.filter(ImageFilter.BoxBlur(radius)))
    grey = (
        part.convert("L").resize(small.size).filter(ImageFilter.GaussianBlur(size * 0.35 / factor))
    )
    height += _floats(grey) * (size * 0.7 / 255)
    dy, dx = np.gradient(height / factor)
    length = np.sqrt(dx * dx + dy * dy + 1)
    side = -0.6 if painting.scene.from_left else 0.6
    # the ground rises towards the middle: light comes from above and from the sun's side
    light = (-dx * side + dy * 0.6 + 0.65) / length
    shine = np.clip(light * 0.94, 0, 1) ** 22
    diffuse = np.clip(0.5 + 0.75 * light, 0.42, 1.3)

    def grown(values: Floats) -> Floats:
        return np.asarray(Image.fromarray(values).resize(part.size, Image.Resampling.BILINEAR))

    lit = _floats(part) * grown(diffuse)[..., None] + grown(shine)[..., None] * np.float32(
        190 * gloss
    )
    image.paste(_image(lit), box[:2], alpha)
    return image


def _screened(image: Image.Image, light: Image.Image) -> Image.Image:
    return ImageChops.screen(image, light)


# -- the looks' own hands --------------------------------------------------------------------------


def _anime(painting: Painting, image: Image.Image, unit: float) -> Image.Image:
    image = _luma_steps(image, 7, 0.8)
    scene = painting.scene
    # bloom, and the long rays of an opening title
    bright = blurred(
        image.point([max(0, (value - 190) * 3) for value in range(256)] * 3), unit * 0.03
    )
    image = _screened(image, bright.point([round(value * 0.5) for value in range(256)] * 3))
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


def _bokeh(painting: Painting, image: Image.Image, unit: float) -> Image.Image:
    soft = blurred(painting.behind, unit * 0.022)
    scene = painting.scene
    lights = Image.new("RGB", image.size)
    for ring in range(4):
        layer = Image.new("L", image.size)
        draw = ImageDraw.Draw(layer)
        for a, b, c in scene.rng.random((11, 3)):
            r = unit * (0.014 + 0.042 * c) * (0.7 + 0.25 * ring)
            x, y = a * image.width, (b**0.8) * image.height
            draw.ellipse(
                (x - r, y - r, x + r, y + r),
                fill=70,
                outline=130,
                width=max(1, round(unit * 0.004)),
            )
        tint = (scene.light.sun, hexa("ffb765"), lighter(scene.light.sky[2], 0.2), hexa("ff8a7a"))[
            ring
        ]
        lights = ImageChops.add(
            lights,
            Image.composite(
                Image.new("RGB", image.size, tint), Image.new("RGB", image.size), layer
            ),
        )
    lights = lights.filter(ImageFilter.BoxBlur(max(0.6, unit * 0.0025)))
    soft = _screened(soft, lights)
    if painting.subject is not None:
        soft.paste(image, (0, 0), painting.cover)
    return soft


def _bars(image: Image.Image, share: float) -> Image.Image:
    tall = round(image.height * share)
    draw = ImageDraw.Draw(image)
    draw.rectangle((0, 0, image.width, tall), fill=(6, 6, 8))
    draw.rectangle((0, image.height - tall, image.width, image.height), fill=(6, 6, 8))
    return image


def _flare(painting: Painting, image: Image.Image, unit: float) -> Image.Image:
    x, y = painting.scene.sun
    if painting.scene.indoors or not 0 < y < image.height:
        return image
    across = np.exp(-np.abs(np.linspace(-x, image.width - x, 64)) / (unit * 0.4))
    down = np.exp(-((np.linspace(-1, 1, 33)) ** 2) * 12)
    streak = _image((across[None, :] * down[:, None] * 190).astype(np.float32))
    high = max(3, round(unit * 0.03))
    box = (0, int(y - high / 2), image.width, int(y - high / 2) + high)
    mask = streak.resize((image.width, high), Image.Resampling.BICUBIC)
    image.paste(hexa("a9dcff"), box, mask)
    return image


def _cinematic(painting: Painting, image: Image.Image, unit: float) -> Image.Image:
    return _flare(painting, image, unit)


def _closeup(painting: Painting, image: Image.Image, unit: float) -> Image.Image:
    return _focus(painting, image, unit * 0.014)


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
    mask = _image((slope * 255).astype(np.float32)).resize(image.size, Image.Resampling.BICUBIC)
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


def _shafts(painting: Painting, image: Image.Image, unit: float, share: float) -> Image.Image:
    scene = painting.scene
    if scene.indoors or scene.light.night or scene.brief.time == "storm":
        return image
    half = Image.new("L", (max(1, image.width // 4), max(1, image.height // 4)))
    draw = ImageDraw.Draw(half)
    x, y = scene.sun[0] / 4, scene.sun[1] / 4
    lean = unit * (0.12 if scene.from_left else -0.12)
    for _ in range(5):
        spread = float(scene.rng.normal(0, 0.22)) * unit
        wide = unit * float(scene.rng.uniform(0.008, 0.035))
        draw.polygon([(x - wide * 0.2, y), (x + wide * 0.2, y), (x + spread + lean + wide, half.height),
                      (x + spread + lean - wide, half.height)], fill=round(255 * share))  # fmt: skip
    mask = half.filter(ImageFilter.BoxBlur(max(1, unit * 0.004))).resize(
        image.size, Image.Resampling.BICUBIC
    )
    if painting.subject is not None:
        mask = ImageChops.subtract(mask, painting.cover.point([value // 3 for value in range(256)]))
    image.paste(lighter(scene.light.sun, 0.2), (0, 0), mask)
    return image


def _dynamic(painting: Painting, image: Image.Image, unit: float) -> Image.Image:
    return _shafts(painting, image, unit, 0.15)


def _environment(painting: Painting, image: Image.Image, unit: float) -> Image.Image:
    image = _shafts(painting, image, unit, 0.2)
    scene = painting.scene
    scene.image = image
    if scene.indoors:
        return image
    scene.mist(scene.horizon, unit * 0.22, 0.4)
    # two passing birds say how large the place is
    birds = []
    for a, b in scene.rng.random((5, 2)):
        x, y, s = image.width * (0.2 + 0.6 * a), scene.horizon * (0.25 + 0.45 * b), unit * 0.012
        birds.append([(x - s, y - s * 0.5), (x, y), (x + s, y - s * 0.6), (x, y + s * 0.3)])
    scene.fill(birds, darker(scene.light.near, 0.2), share=0.8)
    return scene.image


def _fashion(painting: Painting, image: Image.Image, unit: float) -> Image.Image:
    """Set the subject before a seamless studio backdrop, framed like a magazine page."""
    scene = painting.scene
    sets = (
        ("e8574a", "f6c9b8"),
        ("2f4bd0", "c9d2f6"),
        ("e6a91f", "fbe8b8"),
        ("c22f78", "f4c4da"),
        ("1f8a6f", "c4ead8"),
    )
    strong, pale = (hexa(code) for code in sets[int(scene.rng.integers(len(sets)))])
    if painting.subject is not None:
        back = scene.column(
            [
                (0, pale),
                (image.height * 0.72, lighter(pale, 0.35)),
                (image.height, mix(pale, strong, 0.3)),
            ],
            0,
            image.height,
        )
        scene.image = back
        x = scene.centre * image.width
        r = unit * 0.36
        scene.fill(
            [
                [
                    (x + r * math.cos(t), image.height * 0.46 + r * math.sin(t))
                    for t in np.linspace(0, 2 * math.pi, 72)
                ]
            ],
            strong,
        )
        slab = unit * 0.08
        scene.fill([[(image.width * 0.1, 0.0), (image.width * 0.1 + slab, 0.0), (image.width * 0.1 + slab, image.height), (image.width * 0.1, image.height)]],
                   mix(strong, (20, 16, 30), 0.2), share=0.9)  # fmt: skip
        shadow = ImageChops.offset(
            painting.cover, round(unit * (0.03 if scene.from_left else -0.03)), round(unit * 0.015)
        )
        shadow = blurred(shadow, unit * 0.012).point([value * 2 // 5 for value in range(256)])
        scene.image.paste(darker(strong, 0.75), (0, 0), shadow)
        scene.image.paste(image, (0, 0), painting.cover)
        image = scene.image
    else:
        wash = Image.composite(
            Image.new("RGB", image.size, pale),
            Image.new("RGB", image.size, strong),
            image.convert("L"),
        )
        image = Image.blend(image, wash, 0.72)
    return image


def _frame(image: Image.Image, share: float, colour: Colour) -> Image.Image:
    wide = round(min(image.size) * share)
    draw = ImageDraw.Draw(image)
    for box in ((0, 0, image.width, wide), (0, image.height - wide, image.width, image.height),
                (0, 0, wide, image.height), (image.width - wide, 0, image.width, image.height)):  # fmt: skip
        draw.rectangle(box, fill=colour)
    return image


def _film(painting: Painting, image: Image.Image, unit: float) -> Image.Image:
    bright = image.convert("L").point([max(0, (value - 185) * 3) for value in range(256)])
    halo = blurred(bright, unit * 0.02).point([round(value * 0.55) for value in range(256)])
    image.paste(hexa("ff9a6a"), (0, 0), halo)
    left = painting.scene.from_left
    across = np.clip(1 - np.linspace(0, 1, 40) * 3.2, 0, 1) ** 1.6
    leak = np.outer(
        0.45 + 0.55 * np.sin(np.linspace(0.3, 2.6, 40)), across if left else across[::-1]
    )
    mask = _image((leak * 120).astype(np.float32)).resize(image.size, Image.Resampling.BICUBIC)
    image.paste(hexa("ff7a3c"), (0, 0), mask)
    return image


def _food(painting: Painting, image: Image.Image, unit: float) -> Image.Image:
    """Blur the room away and push a linen cloth under everything."""
    scene = painting.scene
    image = _focus(painting, image, unit * 0.011)
    scene.image = image
    w, h = image.width, image.height
    top = h - unit * 0.13
    edge = scene.ridge(top, unit * 0.03, 3, rough=0.3)
    scene.land(edge, hexa("f6ead6"), hexa("e3cfae"))
    square = unit * 0.032
    checks: list[list[tuple[float, float]]] = []
    count = int(w / square) + 2
    for column in range(0, count, 2):
        x = column * square
        checks.append(
            [
                (x, top + unit * 0.012),
                (x + square, top + unit * 0.012),
                (x + square - unit * 0.03, h + 1.0),
                (x - unit * 0.03, h + 1.0),
            ]
        )
    scene.fill(checks, hexa("c8503c"), share=0.42)
    rows = []
    for step in range(0, 5, 2):
        y = top + unit * 0.03 + step * square * 0.75
        rows.append(
            [(-2.0, y), (w + 2.0, y), (w + 2.0, y + square * 0.75), (-2.0, y + square * 0.75)]
        )
    scene.fill(rows, hexa("c8503c"), share=0.42)
    return scene.image


def _hdr(painting: Painting, image: Image.Image, unit: float) -> Image.Image:
    del painting
    wide = blurred(image, unit * 0.05)
    local = ImageChops.add(
        ImageChops.subtract(image, wide, 1, 128),
        Image.new("RGB", image.size, (128, 128, 128)),
        1,
        -128,
    )
    flat = Image.blend(image, Image.new("RGB", image.size, (128, 128, 128)), 0.12)
    shifted = ImageChops.add(flat, local, 1, -128)
    shifted = ImageChops.add(
        shifted, local.point([round(96 + value * 0.25) for value in range(256)] * 3), 1, -128
    )
    return shifted.filter(ImageFilter.UnsharpMask(unit * 0.004, 70, 1))


def _illustration(painting: Painting, image: Image.Image, unit: float) -> Image.Image:
    image = _luma_steps(image, 9, 0.7)
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


def _long_exposure(painting: Painting, image: Image.Image, unit: float) -> Image.Image:
    scene = painting.scene
    w, h = image.width, image.height
    slim = max(2, w // 18)
    streaked = painting.behind.resize((slim, h), Image.Resampling.BOX).resize(
        (w, h), Image.Resampling.BICUBIC
    )
    moved = ImageChops.offset(painting.behind, round(unit * 0.03), 0)
    streaked = Image.blend(streaked, blurred(moved, unit * 0.004), 0.22)
    mask = Image.new("L", (w, h), 235)
    scene.image = Image.composite(streaked, painting.behind, mask)
    lines = max(1, round(unit * 0.002))
    if scene.light.night:
        trails = Image.new("L", (w, h))
        draw = ImageDraw.Draw(trails)
        x, y = scene.centre * w, scene.horizon * 0.2
        for a, b, c in scene.rng.random((80, 3)):
            r = unit * (0.05 + 0.9 * a)
            draw.arc(
                (x - r, y - r, x + r, y + r),
                b * 360,
                b * 360 + 26,
                fill=round(70 + 170 * c),
                width=lines,
            )
        trails.paste(0, (0, int(scene.horizon), w, h))
        scene.image.paste((236, 240, 255), (0, 0), trails.filter(ImageFilter.BoxBlur(0.5)))
    trails = Image.new("L", (w, h))
    draw = ImageDraw.Draw(trails)
    base = scene.horizon + (h - scene.horizon) * 0.55
    bright = scene.light.night or scene.brief.place == "city"
    for index in range(10):
        lift = (index - 5) * unit * 0.009 + float(scene.rng.normal(0, unit * 0.004))
        bend = float(scene.rng.uniform(0.02, 0.06)) * unit
        line = [
            (w * t, base + lift * (0.4 + t) + bend * math.sin(t * 3 + 0.6))
            for t in np.linspace(-0.02, 1.02, 26)
        ]
        draw.line(line, fill=150 if bright else 46, width=lines, joint="curve")
    glow = ImageChops.lighter(
        trails, blurred(trails, unit * 0.008).point([min(255, value * 3) for value in range(256)])
    )
    tint = hexa("ffb45e") if scene.light.night or scene.brief.place == "city" else hexa("fff6e4")
    scene.image.paste(tint, (0, 0), glow)
    if painting.subject is not None:
        scene.image.paste(image, (0, 0), painting.cover)
    return scene.image


def _macro(painting: Painting, image: Image.Image, unit: float) -> Image.Image:
    image = _focus(painting, image, unit * 0.03)
    w, h = image.width, image.height
    # a thin slice is sharp, even of the subject
    box = painting.cover.getbbox()
    middle = ((box[1] + box[3]) / 2 if box else h * 0.5) - unit * 0.06
    rows = np.clip((np.abs(np.arange(h) - middle) / unit - 0.2) * 3.2, 0, 1)
    image = Image.composite(blurred(image, unit * 0.014), image, _ramp(w, h, rows))
    # dew, each drop with the world upside down in it
    rng = painting.scene.rng
    for a, b, c in rng.random((13, 3)):
        r = round(unit * (0.008 + 0.034 * c**3))
        if r < 3:
            continue
        x, y = int(a * w), int(h * (0.35 + 0.62 * b))
        part = (
            image.crop((x - 3 * r, y - 3 * r, x + 3 * r, y + 3 * r))
            .resize((2 * r, 2 * r))
            .transpose(Image.Transpose.ROTATE_180)
        )
        part = Image.blend(part, Image.new("RGB", part.size, (255, 255, 255)), 0.14)
        disc = Image.new("L", (8 * r, 8 * r))
        ImageDraw.Draw(disc).ellipse((4, 4, 8 * r - 5, 8 * r - 5), fill=240)
        image.paste(
            (20, 26, 34),
            (x - r, y - r + max(1, r // 6)),
            disc.reduce(4).point([value // 3 for value in range(256)]),
        )
        image.paste(part, (x - r, y - r), disc.reduce(4))
        spot = Image.new("L", (8 * r, 8 * r))
        ImageDraw.Draw(spot).ellipse((1.9 * r, 1.4 * r, 3.4 * r, 2.6 * r), fill=245)
        image.paste((255, 255, 255), (x - r, y - r), spot.reduce(4))
    return image


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
    empty = Image.composite(empty, soft, _ramp(image.width, h, share.astype(np.float32)))
    scene.image = empty
    if not scene.indoors:
        scene.fill([[(scene.sun[0] + unit * 0.1 * math.cos(t), scene.sun[1] + unit * 0.1 * math.sin(t))
                     for t in np.linspace(0, 2 * math.pi, 64)]],
                   mix(scene.light.sun, hexa("e8765a") if not scene.light.night else hexa("f4efe0"), 0.62))  # fmt: skip
    if painting.subject is not None:
        scene.image.paste(image, (0, 0), painting.cover)
    return scene.image


def _moody(painting: Painting, image: Image.Image, unit: float) -> Image.Image:
    scene = painting.scene
    scene.image = image
    if not scene.indoors:
        scene.mist(scene.horizon + unit * 0.1, unit * 0.2, 0.5)
        scene.mist(scene.height - unit * 0.05, unit * 0.14, 0.45)
    return scene.image


def _photography(painting: Painting, image: Image.Image, unit: float) -> Image.Image:
    image = _focus(painting, image, unit * 0.0055)
    x, y = painting.scene.sun
    if painting.scene.indoors or painting.scene.light.night:
        return image
    cx, cy = image.width / 2, image.height / 2
    ghosts = Image.new("L", image.size)
    draw = ImageDraw.Draw(ghosts)
    for far, share, tone in ((0.6, 0.03, 34), (1.25, 0.055, 26), (1.6, 0.02, 46), (1.95, 0.09, 20)):
        gx, gy = x + (cx - x) * far, y + (cy - y) * far
        r = share * unit
        draw.polygon(
            [(gx + r * math.cos(t), gy + r * math.sin(t)) for t in np.linspace(0, 2 * math.pi, 7)],
            fill=tone,
        )
    image.paste(hexa("ffe9c4"), (0, 0), ghosts.filter(ImageFilter.BoxBlur(unit * 0.003)))
    return image


def _portrait(painting: Painting, image: Image.Image, unit: float) -> Image.Image:
    """Hang a painted studio cloth behind the subject."""
    scene = painting.scene
    small = noise(scene.rng, 48, 48, (3, 3), 4)
    y, x = np.mgrid[-1:1:48j, -1:1:48j].astype(np.float32)
    round_light = np.clip(1.15 - np.hypot(x, y + 0.15) * 0.85, 0, 1)
    tone = mix(mix(hexa("6a6458"), scene.light.sky[1], 0.35), scene.light.haze, 0.2)
    cloth = (0.35 + 0.75 * round_light + (small - 0.5) * 0.5)[..., None] * np.asarray(
        tone, np.float32
    )
    back = _image(cloth).resize(image.size, Image.Resampling.BICUBIC)
    back = Image.blend(blurred(painting.behind, unit * 0.04), back, 0.72)
    if painting.subject is None:
        return Image.blend(image, back, 0.45)
    shadow = blurred(ImageChops.offset(painting.cover, round(unit * 0.02), 0), unit * 0.03)
    back.paste((14, 14, 20), (0, 0), shadow.point([value // 3 for value in range(256)]))
    back.paste(image, (0, 0), painting.cover)
    return back


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
    ground = Image.composite(above, tiles.reduce(2), _ramp(w, low, share.astype(np.float32)))
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
    grey = _floats(blurred(behind.convert("L"), unit * 0.012))
    dy, dx = np.gradient(grey)
    side = 1.0 if painting.scene.from_left else -1.0
    relief = ((dx * side + dy) * (unit / 512) * 7 + 128).clip(60, 215).astype(np.float32)
    layer = _image(relief)
    clay = ImageChops.add(behind, Image.merge("RGB", (layer, layer, layer)), 1, -128)
    if painting.subject is None:
        return clay
    shadow = ImageChops.offset(painting.cover, round(unit * 0.025 * side), round(unit * 0.02))
    clay.paste(darker(painting.scene.light.near, 0.2), (0, 0),
               blurred(shadow, unit * 0.02).point([value * 11 // 20 for value in range(256)]))  # fmt: skip
    clay.paste(image, (0, 0), painting.cover)
    return _volume(painting, clay, 0.5)


def _retro(painting: Painting, image: Image.Image, unit: float) -> Image.Image:
    """Print in five inks, the shadows in dots."""
    sets = (("12343b", "2d6a6f", "e1775a", "f2b66d", "fbeed2"), ("2b2145", "7a3b69", "e2646a", "f5a65b", "fdf0c8"),
            ("1d3b2f", "4c7a58", "c9a24c", "e9734f", "f7ecd0"))  # fmt: skip
    inks = [hexa(code) for code in sets[int(painting.scene.rng.integers(len(sets)))]]
    grey = image.convert("L")
    h, w = grey.height, grey.width
    cell = max(3, round(unit / 92))
    y, x = np.mgrid[0:cell, 0:cell].astype(np.float32)
    dot = np.cos((x + 0.5) / cell * 2 * np.pi) + np.cos((y + 0.5) / cell * 2 * np.pi)
    screen = tiled((dot * 13).astype(np.int16), h, w)
    # each ink covers the same share of this very picture
    counts = np.cumsum(grey.histogram()) / (h * w)
    spread = (0.45 * counts + 0.55 * np.linspace(0, 1, 256)) * 255
    values = spread[np.asarray(grey)] + screen
    step = np.clip(values / 51.2, 0, 4).astype(np.uint8)
    flat = np.array(inks, dtype=np.uint8)[step]
    printed = Image.fromarray(flat)
    # a second, misregistered colour plate keeps subjects apart from their ground
    printed = Image.blend(printed, ImageChops.multiply(lighter_image(image), printed), 0.25)
    if painting.subject is not None:
        own = _luma_steps(image, 4, 0.9)
        printed.paste(Image.blend(own, printed, 0.35), (round(unit * 0.003), 0), painting.cover)
    return _frame(printed, 0.035, inks[4])


def lighter_image(image: Image.Image) -> Image.Image:
    """Return *image* half way to white."""
    return image.point([128 + value // 2 for value in range(256)] * 3)


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
    return _floats(image.reduce(2)) / np.float32(255)


def _pencil(painting: Painting, image: Image.Image, unit: float, *, colour: bool) -> Image.Image:
    """Draw the picture again with a pencil: contours, then three directions of hatching."""
    soft = blurred(image, unit * 0.0022)
    grey = ImageOps.autocontrast(soft.convert("L"), cutoff=2)
    h, w = grey.height, grey.width
    tone = _floats(grey) / 255
    wide = _floats(grey.filter(ImageFilter.BoxBlur(max(1.0, unit * 0.005)))) / 255
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
        return _image(paper + (lead - paper) * ink[..., None])
    body = _floats(soft)
    wash = np.clip(0.5 + 0.6 * ink, 0, 0.97) * ragged
    picture = paper + (body * 0.9 - paper) * wash[..., None]
    lead = np.asarray(hexa("463a3e"), np.float32)
    return _image(picture + (lead - picture) * (contour * ragged * 0.7)[..., None])


def _sketch_bw(painting: Painting, image: Image.Image, unit: float) -> Image.Image:
    return _pencil(painting, image, unit, colour=False)


def _sketch_colour(painting: Painting, image: Image.Image, unit: float) -> Image.Image:
    return _pencil(painting, image, unit, colour=True)


def _stock(painting: Painting, image: Image.Image, unit: float) -> Image.Image:
    image = _focus(painting, image, unit * 0.006)
    return image.filter(ImageFilter.UnsharpMask(1.2, 70, 1))


def _vibrant(painting: Painting, image: Image.Image, unit: float) -> Image.Image:
    del painting
    glow = blurred(image, unit * 0.03)
    return Image.blend(image, ImageChops.soft_light(image, glow), 0.6)


HANDS: dict[str, Callable[[Painting, Image.Image, float], Image.Image]] = {
    "ANIME": _anime, "BOKEH": _bokeh, "CINEMATIC": _cinematic, "CINEMATIC_CLOSEUP": _closeup,
    "CREATIVE": _creative, "DYNAMIC": _dynamic, "ENVIRONMENT": _environment, "FASHION": _fashion,
    "FILM": _film, "FOOD": _food, "HDR": _hdr, "ILLUSTRATION": _illustration,
    "LONG_EXPOSURE": _long_exposure, "MACRO": _macro, "MINIMALISTIC": _minimal, "MOODY": _moody,
    "PHOTOGRAPHY": _photography, "PORTRAIT": _portrait, "RAYTRACED": _raytraced,
    "RENDER_3D": _render, "RETRO": _retro, "SKETCH_BW": _sketch_bw,
    "SKETCH_COLOR": _sketch_colour, "STOCK_PHOTO": _stock, "VIBRANT": _vibrant,
}  # fmt: skip


def finish(painting: Painting, style: str, look: Look, *, strict: float, loose: float,
           detail: float, natural: bool, seed: int) -> Image.Image:  # fmt: skip
    """
    Return the finished picture.

    Args:
        painting: What was composed.
        style: The preset style's name.
        look: The same style's numbers.
        strict: 0 to 1: how crisp, saturated and contrasty.
        loose: 0 to 1: how washed, soft and drifting.
        detail: 0 to 1: how fine the brush.
        natural: Whether a photograph was asked for (photoReal).
        seed: Moves grain about.
    """
    image = painting.scene.image
    unit = painting.scene.unit
    if hand := HANDS.get(style):
        image = hand(painting, image, unit)
    image = loosened(image, unit, loose, detail)
    # few steps leave large daubs, many leave none but the look's own
    coarse = 7 * (1 - detail**2) ** 15
    daub = max(look.daub * (1.25 - 0.6 * detail), coarse if "SKETCH" not in style else 0.0)
    cell = round(daub * unit / 512)
    if cell >= 2:
        laid = brushed(image, cell, look.long, 0.36 if look.daub else 0.2)
        if painting.subject is not None:
            # what matters gets the finer brush
            fine = (
                brushed(image, max(2, round(cell * 0.4)), look.long * 0.7, 0.4)
                if daub > 3.5
                else image
            )
            laid.paste(fine, (0, 0), painting.cover)
        image = laid
    if style == "SKETCH_BW":
        # a pencil has no colour to drift
        image = graded(
            image, look.grade, saturation=1.0, contrast=1 + 0.3 * strict, black=0.2 * loose
        )
    else:
        drift = float(painting.scene.rng.uniform(-1, 1)) * 62 * loose**1.4
        image = graded(
            image, look.grade,
            saturation=(1 + 0.42 * strict) * (1 - 0.2 * loose) * (0.88 if natural else 1.0),
            contrast=(1 + 0.42 * strict) * (1 - 0.22 * loose),
            black=0.07 * loose, hue=drift,
        )  # fmt: skip
    if detail > 0.7:
        image = image.filter(ImageFilter.UnsharpMask(1.0, round(150 * (detail - 0.7)), 1))
    if strict > 0.05:
        image = image.filter(
            ImageFilter.UnsharpMask(max(1.0, unit * 0.003), round(130 * strict), 1)
        )
    if natural:
        image = graded(image, NATURAL)
        image = vignetted(image, 0.18)
    tooth = look.tooth * (0.6 + 0.6 * detail) + (
        0.12 * detail if style not in {"NONE", "MINIMALISTIC"} else 0
    )
    if tooth > 0.03:
        image = _raised(image, _tooth(image.height, image.width, round(tooth, 2)))
    image = vignetted(image, look.vignette)
    image = grained(image, look.grain + (3 if natural else 0), seed)
    if style == "CINEMATIC":
        image = _bars(image, 0.1)
    elif style == "CINEMATIC_CLOSEUP":
        image = _bars(image, 0.055)
    elif style == "FASHION":
        image = _frame(image, 0.045, (250, 249, 246))
    return image


def loosened(image: Image.Image, unit: float, loose: float, detail: float) -> Image.Image:
    """Return *image* dreamier: soft where it was sharp, with light running over its edges."""
    radius = loose**1.6 * unit * 0.011
    if radius > 0.35:
        soft = blurred(image, radius)
        bloom = blurred(image, unit * 0.03)
        image = Image.blend(soft, ImageChops.screen(soft, bloom), 0.35 * loose)
    if detail < 0.3:
        image = blurred(image, (0.3 - detail) * unit * 0.006)
    return image
