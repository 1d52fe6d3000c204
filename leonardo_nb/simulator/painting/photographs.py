# ruff: noqa: E501  a shape or a table reads as one row
"""The hands of the looks that are taken with a camera: lens, light and film."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image, ImageChops, ImageDraw, ImageFilter

from leonardo_nb.simulator.painting.colour import darker, hexa, lighter, mix
from leonardo_nb.simulator.painting.surface import (
    blurred,
    frame,
    image_of,
    luma_steps,
    ramp,
    screened,
)
from leonardo_nb.simulator.painting.texture import noise, tiled

if TYPE_CHECKING:
    from collections.abc import Callable

    from leonardo_nb.simulator.painting.compose import Painting

__all__ = ["HANDS"]


def _focus(painting: Painting, image: Image.Image, radius: float) -> Image.Image:
    """Return *image* with everything but the subject out of focus."""
    cover = painting.cover
    soft = blurred(painting.behind, radius)
    if painting.subject is None:
        # without a subject the middle distance is sharp
        high = image.height
        rows = np.abs(np.linspace(0, 1, high) - painting.scene.horizon / high) * 3.4 - 0.25
        return Image.composite(soft, image, ramp(image.width, high, np.clip(rows, 0, 1)))
    soft.paste(image, (0, 0), cover)
    return soft


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
    soft = screened(soft, lights)
    if painting.subject is not None:
        soft.paste(image, (0, 0), painting.cover)
    return soft


def _flare(painting: Painting, image: Image.Image, unit: float) -> Image.Image:
    x, y = painting.scene.sun
    if painting.scene.indoors or not 0 < y < image.height:
        return image
    across = np.exp(-np.abs(np.linspace(-x, image.width - x, 64)) / (unit * 0.4))
    down = np.exp(-((np.linspace(-1, 1, 33)) ** 2) * 12)
    streak = image_of((across[None, :] * down[:, None] * 190).astype(np.float32))
    high = max(3, round(unit * 0.03))
    box = (0, int(y - high / 2), image.width, int(y - high / 2) + high)
    mask = streak.resize((image.width, high), Image.Resampling.BICUBIC)
    image.paste(hexa("a9dcff"), box, mask)
    return image


def _cinematic(painting: Painting, image: Image.Image, unit: float) -> Image.Image:
    return _flare(painting, image, unit)


def _closeup(painting: Painting, image: Image.Image, unit: float) -> Image.Image:
    return _focus(painting, image, unit * 0.014)


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


def _film(painting: Painting, image: Image.Image, unit: float) -> Image.Image:
    bright = image.convert("L").point([max(0, (value - 185) * 3) for value in range(256)])
    halo = blurred(bright, unit * 0.02).point([round(value * 0.55) for value in range(256)])
    image.paste(hexa("ff9a6a"), (0, 0), halo)
    left = painting.scene.from_left
    across = np.clip(1 - np.linspace(0, 1, 40) * 3.2, 0, 1) ** 1.6
    leak = np.outer(
        0.45 + 0.55 * np.sin(np.linspace(0.3, 2.6, 40)), across if left else across[::-1]
    )
    mask = image_of((leak * 120).astype(np.float32)).resize(image.size, Image.Resampling.BICUBIC)
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
    image = Image.composite(blurred(image, unit * 0.014), image, ramp(w, h, rows))
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
    back = image_of(cloth).resize(image.size, Image.Resampling.BICUBIC)
    back = Image.blend(blurred(painting.behind, unit * 0.04), back, 0.72)
    if painting.subject is None:
        return Image.blend(image, back, 0.45)
    shadow = blurred(ImageChops.offset(painting.cover, round(unit * 0.02), 0), unit * 0.03)
    back.paste((14, 14, 20), (0, 0), shadow.point([value // 3 for value in range(256)]))
    back.paste(image, (0, 0), painting.cover)
    return back


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
    printed = Image.blend(printed, ImageChops.multiply(_lightened(image), printed), 0.25)
    if painting.subject is not None:
        own = luma_steps(image, 4, 0.9)
        printed.paste(Image.blend(own, printed, 0.35), (round(unit * 0.003), 0), painting.cover)
    return frame(printed, 0.035, inks[4])


def _lightened(image: Image.Image) -> Image.Image:
    """Return *image* half way to white."""
    return image.point([128 + value // 2 for value in range(256)] * 3)


def _stock(painting: Painting, image: Image.Image, unit: float) -> Image.Image:
    image = _focus(painting, image, unit * 0.006)
    return image.filter(ImageFilter.UnsharpMask(1.2, 70, 1))


def _vibrant(painting: Painting, image: Image.Image, unit: float) -> Image.Image:
    del painting
    glow = blurred(image, unit * 0.03)
    return Image.blend(image, ImageChops.soft_light(image, glow), 0.6)


HANDS: dict[str, Callable[[Painting, Image.Image, float], Image.Image]] = {
    "BOKEH": _bokeh,
    "CINEMATIC": _cinematic,
    "CINEMATIC_CLOSEUP": _closeup,
    "DYNAMIC": _dynamic,
    "ENVIRONMENT": _environment,
    "FASHION": _fashion,
    "FILM": _film,
    "FOOD": _food,
    "HDR": _hdr,
    "LONG_EXPOSURE": _long_exposure,
    "MACRO": _macro,
    "MOODY": _moody,
    "PHOTOGRAPHY": _photography,
    "PORTRAIT": _portrait,
    "RETRO": _retro,
    "STOCK_PHOTO": _stock,
    "VIBRANT": _vibrant,
}
