# ruff: noqa: E501  a shape or a table reads as one row
"""The world behind the subject: sky, distance, ground or water, or a room, for each place."""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image, ImageChops, ImageDraw, ImageFilter

from leonardo_nb.simulator.painting.colour import (
    Colour,
    darker,
    hexa,
    lighter,
    lit,
    mix,
    turned,
)
from leonardo_nb.simulator.painting.texture import cloudy, noise

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from leonardo_nb.simulator.painting.brief import Brief
    from leonardo_nb.simulator.painting.light import Light
    from leonardo_nb.simulator.painting.pen import Point

__all__ = ["Scene", "paint_scene"]


@dataclass(slots=True)
class Scene:
    """
    A picture while it is painted; positions are in pixels, `unit` is the shorter side.

    Attributes:
        calm: 0 for a full landscape, 1 for as few shapes as possible.
        detail: How fine to draw, 0 to 1.
        horizon: Row of the horizon.
        floor: Row on which the subject stands.
        sun: Where the light stands.
        water: Row where water begins, or None.
    """

    width: int
    height: int
    rng: np.random.Generator
    light: Light
    brief: Brief
    detail: float
    calm: float = 0.0
    centre: float = 0.5
    image: Image.Image = field(init=False)
    unit: float = field(init=False)
    horizon: float = field(init=False, default=0.0)
    floor: float = field(init=False, default=0.0)
    sun: Point = field(init=False, default=(0.0, 0.0))
    from_left: bool = field(init=False, default=True)
    water: float | None = field(init=False, default=None)
    indoors: bool = field(init=False, default=False)
    front: list[Callable[[], None]] = field(init=False, default_factory=list)

    def __post_init__(self) -> None:
        self.unit = float(min(self.width, self.height))
        self.image = Image.new("RGB", (self.width, self.height))

    def fresh(self) -> np.random.Generator:
        """Return a stream of its own, so that drawing more here moves nothing elsewhere."""
        return self.rng.spawn(1)[0]

    # -- the means ---------------------------------------------------------------------------

    def column(self, stops: Sequence[tuple[float, Colour]], top: int, bottom: int) -> Image.Image:
        """Return a vertical gradient from row *top* to *bottom*, as wide as the picture."""
        rows = np.arange(top, max(bottom, top + 1), dtype=np.float32) + 0.5
        at = np.array([stop for stop, _ in stops], dtype=np.float32)
        values = np.stack(
            [np.interp(rows, at, [colour[band] for _, colour in stops]) for band in range(3)], -1
        )
        strip = Image.fromarray((values[:, None, :] + 0.5).astype(np.uint8))
        return strip.resize((self.width, strip.height), Image.Resampling.NEAREST)

    def mask(self, polygons: Sequence[Sequence[Point]], *, soft: float = 0.0,
             top: int = 0, bottom: int | None = None) -> Image.Image:  # fmt: skip
        """Return the coverage of *polygons*, antialiased, between two rows."""
        bottom = self.height if bottom is None else bottom
        double = Image.new("L", (self.width * 2, max(1, bottom - top) * 2))
        draw = ImageDraw.Draw(double)
        for points in polygons:
            draw.polygon([(2 * x, 2 * (y - top)) for x, y in points], fill=255)
        half = double.reduce(2)
        return half.filter(ImageFilter.BoxBlur(soft)) if soft else half

    def fill(self, polygons: Sequence[Sequence[Point]], colour: Colour, *, low: Colour | None = None,
             share: float = 1.0, soft: float = 0.0) -> None:  # fmt: skip
        """Fill *polygons* with *colour*, turning into *low* towards their lower edge."""
        ys = [y for points in polygons for _, y in points]
        if not ys:
            return
        top = max(0, math.floor(min(ys) - 2 * soft - 1))
        bottom = min(self.height, math.ceil(max(ys) + 2 * soft + 1))
        if bottom <= top:
            return
        mask = self.mask(polygons, soft=soft, top=top, bottom=bottom)
        if share < 1:
            mask = mask.point([round(value * share) for value in range(256)])
        if low is None:
            self.image.paste(colour, (0, top, self.width, bottom), mask)
        else:
            body = self.column([(top, colour), (bottom, low)], top, bottom)
            self.image.paste(body, (0, top), mask)

    def glow(self, x: float, y: float, radius: float, colour: Colour, strength: float) -> None:
        """Screen a soft round light over the picture."""
        reach = radius * 1.7
        left, top = max(0, int(x - reach)), max(0, int(y - reach))
        right, bottom = min(self.width, int(x + reach)), min(self.height, int(y + reach))
        if right - left < 2 or bottom - top < 2:
            return
        small = max(2, (right - left) // 6), max(2, (bottom - top) // 6)
        gx = np.linspace(left - x, right - x, small[0], dtype=np.float32)[None, :]
        gy = np.linspace(top - y, bottom - y, small[1], dtype=np.float32)[:, None]
        away = np.hypot(gx, gy) / radius
        fall = np.exp(-2.4 * away) * np.clip(1.0 - away / 1.7, 0, 1) * strength
        values = fall[..., None] * np.asarray(colour, dtype=np.float32)
        light = Image.fromarray(np.clip(values, 0, 255).astype(np.uint8)).resize(
            (right - left, bottom - top), Image.Resampling.BILINEAR
        )
        box = (left, top, right, bottom)
        self.image.paste(ImageChops.screen(self.image.crop(box), light), box)

    def ridge(self, base: float, rise: float, bumps: float, *, rough: float = 0.5,
              sharp: bool = False) -> list[Point]:  # fmt: skip
        """Return a skyline around row *base*, up to *rise* pixels high, from edge to edge."""
        octaves = 2 + round(4 * self.detail)
        rng = self.fresh()
        count = max(24, self.width // 5)
        x = np.linspace(0, 1, count)
        total = np.zeros(count)
        weight = 1.0
        for octave in range(octaves):
            knots = max(2, round(bumps * 2**octave)) + 3
            values = rng.random(knots)
            at = x * (knots - 3) + float(rng.random())
            left = at.astype(int)
            share = at - left
            if not sharp:
                share = share * share * (3 - 2 * share)
            total += weight * (values[left] * (1 - share) + values[left + 1] * share)
            weight *= rough
        total = (total - total.min()) / max(1e-6, float(np.ptp(total)))
        return [
            (float(px * self.width), float(base - rise * py))
            for px, py in zip(x, total, strict=True)
        ]

    def land(self, skyline: Sequence[Point], colour: Colour, low: Colour,
             bottom: float | None = None) -> None:  # fmt: skip
        """Fill everything under *skyline*."""
        end = float(self.height) if bottom is None else bottom
        outline = [(-2.0, skyline[0][1]), *skyline, (self.width + 2.0, skyline[-1][1]),
                   (self.width + 2.0, end), (-2.0, end)]  # fmt: skip
        self.fill([outline], colour, low=low)

    def shade(self, colour: Colour, depth: float) -> Colour:
        """Return a ground *colour* in this light, *depth* (0 to 1) away."""
        return mix(lit(colour, self.light.ambient), self.light.haze, depth)

    # -- the sky -----------------------------------------------------------------------------

    def sky(self, low: float) -> None:
        """Paint the sky down to row *low*: gradient, light, stars, clouds."""
        top, high, middle, horizon = self.light.sky
        end = max(8, int(low))
        gradient = self.column(
            [(0, top), (end * 0.4, high), (end * 0.78, middle), (end, horizon)], 0, self.height
        )
        self.image.paste(gradient)
        x, y = self.sun
        if self.light.night:
            self.stars(low)
        if self.brief.time != "storm":
            self.glow(x, y, self.unit * 0.55, self.light.sun, 0.42 if self.light.night else 0.62)
            self.disc(
                x, y, self.unit * (0.052 if self.light.night else 0.058), moon=self.light.night
            )
        if self.calm < 0.6:
            self.clouds(low)

    def disc(self, x: float, y: float, radius: float, *, moon: bool) -> None:
        """Paint the sun or the moon."""
        self.fill([_circle(x, y, radius)], lighter(self.light.sun, 0.45))
        if moon:
            for dx, dy, r in ((-0.3, -0.2, 0.24), (0.25, 0.3, 0.3), (0.3, -0.4, 0.14)):
                self.fill(
                    [_circle(x + dx * radius, y + dy * radius, r * radius)],
                    mix(self.light.sun, self.light.sky[2], 0.3), share=0.5, soft=radius * 0.06,
                )  # fmt: skip
        self.glow(x, y, radius * 2.4, self.light.sun, 0.5)

    def stars(self, low: float) -> None:
        """Scatter stars, small ones and a few large."""
        count = round((60 + 160 * self.detail) * (1 - 0.7 * self.calm))
        double = Image.new("L", (self.width * 2, max(2, int(low) * 2)))
        draw = ImageDraw.Draw(double)
        places = self.fresh().random((count, 3))
        for px, py, size in places:
            x, y = px * double.width, (py**1.3) * double.height
            r = (0.5 + 2.4 * size**6) * self.unit / 512
            draw.ellipse((x - r, y - r, x + r, y + r), fill=round(90 + 165 * size))
        self.image.paste((255, 250, 235), (0, 0), double.reduce(2))

    def clouds(self, low: float) -> None:
        """Paint banks of cloud, lit from where the light stands."""
        high = max(4, int(low))
        small = (max(8, self.width // 6), max(8, high // 4))
        field_ = cloudy(self.rng, small[1] + 2, small[0] + 2, float(self.rng.uniform(1.6, 2.6)))
        stormy = self.brief.time == "storm" or self.brief.weather == "rain"
        cover = float(self.rng.uniform(0.35, 0.75)) - (0.75 if stormy else 0.0)
        y = np.linspace(0, 1, small[1] + 2, dtype=np.float32)[:, None]
        thick = np.clip((field_ - cover - 1.1 * np.abs(y - 0.5)) * 1.5, 0, 1)
        thick = thick * thick * (3 - 2 * thick)
        # what is thinner towards the light is lit
        towards = thick[:-2, :-2] if self.from_left else thick[:-2, 2:]
        thick = thick[1:-1, 1:-1]
        edge = np.clip((thick - towards) * 2.6 + 0.42, 0, 1)
        _, high_sky, middle, horizon = self.light.sky
        glad = lighter(mix(self.light.sun, horizon, 0.35), 0.1)
        if self.light.night:
            glad = mix(middle, self.light.sun, 0.3)
        dull = mix(mix(high_sky, middle, 0.6), self.light.near, 0.28 if stormy else 0.1)
        if stormy:
            glad = mix(middle, horizon, 0.5)
        shade = np.asarray(dull, np.float32) + edge[..., None] * (
            np.asarray(glad, np.float32) - np.asarray(dull, np.float32)
        )
        size = (self.width, high)
        paint = Image.fromarray(shade.astype(np.uint8)).resize(size, Image.Resampling.BICUBIC)
        share = (0.85 if stormy else 0.78) * (1 - self.calm)
        mask = Image.fromarray((thick * 255 * share).astype(np.uint8)).resize(
            size, Image.Resampling.BICUBIC
        )
        self.image.paste(paint, (0, 0), mask)

    # -- water and ground --------------------------------------------------------------------

    def sea(self, top: float, colour: Colour, *, calm: float) -> None:
        """Paint water from row *top* down, reflecting what is above it."""
        start = int(top)
        high = self.height - start
        if high < 2 or start < 2:
            return
        self.water = top
        above = self.image.crop((0, max(0, start - high), self.width, start))
        mirrored = above.transpose(Image.Transpose.FLIP_TOP_BOTTOM)
        mirrored = mirrored.resize((self.width, high), Image.Resampling.BILINEAR)
        mirrored = mirrored.filter(ImageFilter.BoxBlur((self.unit * 0.012, self.unit * 0.005)))
        packed = np.asarray(mirrored.convert("RGBX")).view(np.uint32)[..., 0]
        rows = np.arange(high, dtype=np.float32)
        depth = rows / high
        # ripples grow towards the viewer
        phase = np.sqrt(rows * (900 / self.unit)) * 2.6
        sway = np.sin(phase + self.rng.random() * 6) * (2 + 16 * depth) * self.unit / 512
        sway *= 1.0 - 0.75 * calm
        columns = (np.arange(self.width)[None, :] + sway[:, None].astype(np.int32)).clip(
            0, self.width - 1
        )
        moved = np.take_along_axis(packed, columns, axis=1)
        rippled = Image.frombuffer("RGBX", (self.width, high), moved.tobytes()).convert("RGB")
        deep = np.asarray(darker(colour, 0.3), np.float32)
        shallow = np.asarray(mix(colour, self.light.sky[3], 0.35), np.float32)
        share = 0.34 + 0.42 * depth * (1.2 - 0.6 * calm)
        body = shallow + (deep - shallow) * (depth**0.8)[:, None]
        size = (self.width, high)
        tone = Image.fromarray(body[:, None, :].astype(np.uint8)).resize(size)
        mask = Image.fromarray((share * 255).clip(0, 255).astype(np.uint8)[:, None]).resize(size)
        rippled.paste(tone, (0, 0), mask)
        self.image.paste(rippled, (0, start))
        self.glitter(top, calm)

    def glitter(self, top: float, calm: float) -> None:
        """Scatter strokes of light over the water, most of them under the sun."""
        high = self.height - top
        bright: list[list[Point]] = []
        dark: list[list[Point]] = []
        count = round((60 + 130 * self.detail) * (1 - 0.6 * self.calm))
        draws = self.fresh().random((count, 4))
        for index, (a, b, c, d) in enumerate(draws):
            depth = a**1.6
            y = top + 2 + depth * high
            long = (5 + 46 * depth) * (0.4 + c) * self.unit / 512
            thick = (0.5 + 2.2 * depth) * self.unit / 512
            if index % 3:
                spread = (0.05 + 0.2 * depth) * self.unit
                x = self.sun[0] + (b - 0.5) * 2 * spread * (0.3 + d)
                long *= 0.7
                bright.append(_lens(x, y, long, thick))
            else:
                (dark if d < 0.5 else bright).append(_lens(b * self.width, y, long, thick))
        strength = 0.3 if self.brief.time == "storm" else 0.75
        self.fill(bright, lighter(self.light.sun, 0.2), share=strength * (1 - 0.3 * calm))
        self.fill(dark, mix(self.light.near, self.light.sky[1], 0.4), share=0.35)

    def surf(self, skyline: Sequence[Point], reach: float) -> None:
        """Draw foam along a shore."""
        foam = [(x, y - reach * 0.2 * (1 + math.sin(x * 0.06))) for x, y in skyline]
        back = [(x, y + reach) for x, y in reversed(skyline)]
        self.fill([[*foam, *back]], lighter(self.shade(hexa("eef4ef"), 0.15), 0.2), share=0.8,
                  soft=max(0.4, self.unit * 0.002))  # fmt: skip

    def conifers(self, skyline: Sequence[Point], tall: float, colour: Colour, low: Colour,
                 *, gap: float = 0.4, thin: float = 0.34) -> None:  # fmt: skip
        """Grow firs along *skyline*."""
        xs = np.array([x for x, _ in skyline])
        ys = np.array([y for _, y in skyline])
        trees: list[list[Point]] = []
        x = -tall * 0.3
        while x < self.width + tall * 0.3:
            high = tall * (0.55 + 0.6 * float(self.rng.random()))
            base = float(np.interp(x, xs, ys)) + tall * 0.1
            trees.append(_fir(x, base, high, high * thin, 3 + round(3 * self.detail)))
            x += tall * gap * (0.35 + float(self.rng.random()))
        self.fill(trees, colour, low=low)

    def grass(self, skyline_y: float, colour: Colour, count: int, tall: float) -> None:
        """Draw blades of grass along the lower edge."""
        blades: list[list[Point]] = []
        for a, b, c in self.fresh().random((count, 3)):
            x = a * self.width
            high = tall * (0.4 + 0.6 * b)
            lean = (c - 0.5) * high * 0.7
            w = max(0.7, tall * 0.03)
            y = skyline_y
            blades.append([(x - w, y), (x + lean * 0.4 - w * 0.6, y - high * 0.6),
                           (x + lean, y - high), (x + lean * 0.4 + w * 0.6, y - high * 0.55),
                           (x + w, y)])  # fmt: skip
        self.fill(blades, colour, low=darker(colour, 0.35))

    def mist(self, y: float, thick: float, strength: float) -> None:
        """Lay a band of haze around row *y*."""
        top, bottom = max(0, int(y - thick)), min(self.height, int(y + thick))
        if bottom - top < 2:
            return
        rows = np.linspace(-1, 1, bottom - top, dtype=np.float32)
        alpha = ((1 - rows**2) ** 2 * 255 * strength).astype(np.uint8)
        mask = Image.fromarray(alpha[:, None]).resize((self.width, bottom - top))
        self.image.paste(lighter(self.light.haze, 0.15), (0, top, self.width, bottom), mask)


def _circle(x: float, y: float, radius: float) -> list[Point]:
    turns = np.linspace(0, 2 * np.pi, 48, endpoint=False)
    return [(x + radius * math.cos(t), y + radius * math.sin(t)) for t in turns]


def _lens(x: float, y: float, long: float, thick: float) -> list[Point]:
    return [(x - long, y), (x - long * 0.3, y - thick), (x + long * 0.4, y - thick * 0.8),
            (x + long, y), (x + long * 0.3, y + thick), (x - long * 0.4, y + thick * 0.8)]  # fmt: skip


def _fir(x: float, base: float, high: float, wide: float, tiers: int) -> list[Point]:
    left: list[Point] = []
    for tier in range(tiers):
        up = 1 - tier / tiers
        reach = wide * 0.5 * (0.18 + 0.82 * (tier + 1) / tiers)
        y = base - high * up + high / tiers * 1.05
        left.append((x - reach, y))
        left.append((x - reach * 0.55, y - high / tiers * 0.12))
    left.pop()
    right = [(2 * x - px, py) for px, py in reversed(left)]
    return [(x, base - high), *left, *right]


def bounded(value: float, low: float, high: float) -> float:
    """Return *value*, or the bound that it passes."""
    return max(low, min(high, value))


# -- the places ----------------------------------------------------------------------------------


def _peaks(scene: Scene, *, water: bool = False) -> None:
    u, h = scene.unit, scene.height
    scene.sky(scene.horizon)
    rock = hexa(("5c6f8c", "6a6f93", "56758a")[scene.brief.mood % 3])
    layers = 1 if scene.calm > 0.6 else 2
    for layer in range(layers):
        depth = 0.66 - 0.26 * layer
        skyline = scene.ridge(scene.horizon + u * 0.02, u * (0.34 - 0.08 * layer), 2.4 + 1.2 * layer,
                              rough=0.46, sharp=True)  # fmt: skip
        base = scene.shade(rock, depth)
        scene.land(skyline, base, mix(base, scene.light.haze, 0.75))
        if layer == 1 or layers == 1 or scene.detail > 0.2:
            _snowcaps(scene, skyline, u * 0.3, depth)
        scene.mist(scene.horizon - u * 0.01, u * 0.1, 0.4)
    if water:
        return
    green = hexa(("4e7d55", "5f8a54", "3f7560")[scene.brief.mood % 3])
    hills = 1 if scene.calm > 0.6 else 3
    for layer in range(hills):
        depth = 0.42 - 0.16 * layer
        y = scene.horizon + (h - scene.horizon) * (0.16 + 0.24 * layer)
        skyline = scene.ridge(y, u * 0.11, 1.6 + 0.7 * layer)
        tone = scene.shade(turned(green, -6 * layer), depth)
        if layer < 2 and scene.calm < 0.6:
            scene.conifers(skyline, u * (0.05 + 0.03 * layer), darker(tone, 0.2), tone)
        scene.land(skyline, lighter(tone, 0.06), darker(tone, 0.35))


def _snowcaps(scene: Scene, skyline: Sequence[Point], reach: float, depth: float) -> None:
    """Whiten the lit side of the tops."""
    ys = np.array([y for _, y in skyline])
    xs = np.array([x for x, _ in skyline])
    limit = float(np.quantile(ys, 0.55))
    jag = scene.fresh().random(len(ys)) * reach * 0.16
    lower = np.maximum(ys, np.minimum(ys + (limit - ys) * 0.55 + jag, limit + jag * 0.3))
    points = [*zip(xs.tolist(), ys.tolist(), strict=True),
              *reversed([*zip(xs.tolist(), lower.tolist(), strict=True)])]  # fmt: skip
    snow = mix(lit(hexa("f6f4f4"), scene.light.ambient), scene.light.sun, 0.25)
    scene.fill([points], mix(snow, scene.light.haze, depth * 0.5), share=0.85)
    # the sides turned away from the light
    slope = np.gradient(ys) * (-1 if scene.from_left else 1)
    faces = []
    for index in range(0, len(xs) - 2, 1):
        if slope[index] > 0 and ys[index] < limit:
            x0, x1 = float(xs[index]), float(xs[index + 1])
            drop = float(limit - ys[index]) * 0.8
            lean = drop * (0.25 if scene.from_left else -0.25)
            faces.append([(x0, float(ys[index])), (x1, float(ys[index + 1])),
                          (x1 + lean, float(ys[index + 1]) + drop), (x0 + lean, float(ys[index]) + drop)])  # fmt: skip
    scene.fill(faces, scene.shade(hexa("3f4a72"), depth), share=0.4)


def _meadow(scene: Scene) -> None:
    u, h = scene.unit, scene.height
    scene.sky(scene.horizon)
    green = hexa(("7ba05b", "8fae5a", "6a9a63", "a3a65a")[scene.brief.mood % 4])
    layers = 2 if scene.calm > 0.6 else 5
    for layer in range(layers):
        share = layer / (layers - 1)
        depth = 0.7 * (1 - share) ** 1.2
        y = scene.horizon + (h - scene.horizon) * (0.02 + 0.62 * share)
        skyline = scene.ridge(y, u * (0.09 + 0.05 * share), 1.5 + scene.rng.random(), rough=0.3)
        tone = scene.shade(mix(turned(green, -14 * share), hexa("2f6a4a"), 0.45 * share), depth)
        if 0 < layer < layers - 1 and scene.calm < 0.6:
            scene.conifers(skyline, u * 0.05 * (1 + share), darker(tone, 0.22), tone, gap=1.5)
        scene.land(skyline, lighter(mix(tone, scene.light.sun, 0.12), 0.05), darker(tone, 0.28))
    tone = scene.shade(mix(green, hexa("1f4a3a"), 0.5), 0.0)
    scene.front.append(lambda: scene.grass(h + u * 0.01, darker(tone, 0.25),
                                           40 + round(120 * scene.detail), u * 0.12))  # fmt: skip
    if scene.calm < 0.4:
        petals = []
        for a, b in scene.fresh().random((30 + round(50 * scene.detail), 2)):
            r = u * (0.002 + 0.006 * b)
            petals.append(_circle(a * scene.width, h - u * 0.3 * (1 - b) - r, r))
        tint = (hexa("f4d35e"), hexa("f3eee0"), hexa("e4797a"))[scene.brief.mood % 3]
        scene.fill(petals, lit(tint, scene.light.ambient), share=0.9)


def _forest(scene: Scene) -> None:
    u, h = scene.unit, scene.height
    scene.sky(scene.horizon)
    green = hexa(("3f6b52", "4a7a4e", "376a66")[scene.brief.mood % 3])
    layers = 2 if scene.calm > 0.6 else 4
    for layer in range(layers):
        share = (layer + 1) / layers
        depth = 0.74 * (1 - share) + 0.06
        y = scene.horizon + (h - scene.horizon) * (0.5 * share)
        skyline = scene.ridge(y, u * 0.07, 2.0)
        tone = scene.shade(green, depth)
        scene.conifers(skyline, u * (0.17 + 0.2 * share), tone, darker(tone, 0.12),
                       gap=0.34, thin=0.4)  # fmt: skip
        scene.land(skyline, tone, darker(mix(tone, hexa("6b6a3c"), 0.2), 0.2))
        if layer < layers - 1:
            scene.mist(y, u * 0.12, 0.5)
    floor = scene.ridge(scene.horizon + (h - scene.horizon) * 0.62, u * 0.05, 1.4)
    tone = scene.shade(mix(green, hexa("8a8a4a"), 0.35), 0.02)
    scene.land(floor, lighter(mix(tone, scene.light.sun, 0.2), 0.04), darker(tone, 0.4))
    if scene.calm < 0.6:
        scene.front.append(lambda: _trunks(scene, darker(scene.shade(green, 0.0), 0.6)))


def _trunks(scene: Scene, colour: Colour) -> None:
    """Frame the picture with dark trunks at its sides."""
    u, h = scene.unit, scene.height
    trunks = []
    for side in (0, 1):
        x = (float(scene.rng.uniform(0.0, 0.08)) if side == 0 else
             float(scene.rng.uniform(0.92, 1.0))) * scene.width  # fmt: skip
        w = u * float(scene.rng.uniform(0.025, 0.05))
        trunks.append([(x - w, h), (x - w * 0.7, h * 0.6), (x - w * 0.5, -2), (x + w * 0.5, -2),
                       (x + w * 0.65, h * 0.6), (x + w * 1.2, h)])  # fmt: skip
    scene.fill(trunks, colour)
    scene.grass(h + u * 0.01, colour, 30 + round(70 * scene.detail), u * 0.1)


def _snow(scene: Scene) -> None:
    u, h = scene.unit, scene.height
    scene.sky(scene.horizon)
    if scene.calm < 0.6:
        skyline = scene.ridge(scene.horizon + u * 0.02, u * 0.2, 2.6, sharp=True)
        tone = scene.shade(hexa("8fa3bd"), 0.6)
        scene.land(skyline, tone, mix(tone, scene.light.haze, 0.6))
        _snowcaps(scene, skyline, u * 0.2, 0.6)
    white = mix(hexa("f2f4f6"), scene.light.sun, 0.18)
    blue = mix(hexa("a9bfdb"), scene.light.sky[0], 0.25)
    layers = 2 if scene.calm > 0.6 else 4
    for layer in range(layers):
        share = layer / max(1, layers - 1)
        y = scene.horizon + (h - scene.horizon) * (0.06 + 0.5 * share)
        skyline = scene.ridge(y, u * 0.08, 1.4 + layer * 0.3, rough=0.3)
        depth = 0.45 * (1 - share)
        if layer < layers - 1 and scene.calm < 0.6:
            fir = scene.shade(hexa("33544f"), depth + 0.12)
            scene.conifers(skyline, u * (0.09 + 0.06 * share), fir, mix(fir, white, 0.25), gap=0.9)
        scene.land(skyline, scene.shade(white, depth), scene.shade(blue, depth * 0.6))


def _desert(scene: Scene) -> None:
    u, h = scene.unit, scene.height
    scene.sky(scene.horizon)
    sand = hexa(("dba15c", "d88e56", "e0b070")[scene.brief.mood % 3])
    if scene.calm < 0.6:
        mesas = _mesas(scene, scene.horizon + u * 0.02)
        tone = scene.shade(hexa("b0604a"), 0.55)
        scene.fill(mesas, tone, low=mix(tone, scene.light.haze, 0.5))
    layers = 2 if scene.calm > 0.6 else 4
    for layer in range(layers):
        share = layer / max(1, layers - 1)
        y = scene.horizon + (h - scene.horizon) * (0.04 + 0.55 * share)
        skyline = scene.ridge(y, u * (0.06 + 0.06 * share), 1.2 + 0.3 * layer, rough=0.22)
        tone = scene.shade(mix(sand, hexa("b5653f"), 0.25 * share), 0.5 * (1 - share))
        scene.land(skyline, lighter(mix(tone, scene.light.sun, 0.2), 0.05), darker(tone, 0.24))
        _dune_shadow(scene, skyline, u * 0.3 * (0.4 + share), darker(tone, 0.4))


def _dune_shadow(scene: Scene, skyline: Sequence[Point], reach: float, colour: Colour) -> None:
    """Shade the slopes behind the crests."""
    ys = np.array([y for _, y in skyline])
    slope = np.gradient(ys) * (-1 if scene.from_left else 1)
    drop = np.clip(slope / max(1e-6, float(np.abs(slope).max())), 0, 1) ** 0.6 * reach
    side = reach * 0.5 * (1 if scene.from_left else -1)
    points = [*skyline, *reversed([(x + side * d / reach, y + d)
                                   for (x, y), d in zip(skyline, drop.tolist(), strict=True)])]  # fmt: skip
    scene.fill([points], colour, share=0.45, soft=scene.unit * 0.003)


def _mesas(scene: Scene, base: float) -> list[list[Point]]:
    u = scene.unit
    shapes = []
    for _ in range(int(scene.rng.integers(2, 5))):
        x, w = float(scene.rng.random()) * scene.width, u * float(scene.rng.uniform(0.08, 0.26))
        t = u * float(scene.rng.uniform(0.06, 0.17))
        shapes.append([(x - w, base + u * 0.05), (x - w * 0.7, base - t * 0.4), (x - w * 0.62, base - t),
                       (x + w * 0.2, base - t), (x + w * 0.28, base - t * 0.86), (x + w * 0.6, base - t * 0.86),
                       (x + w * 0.68, base - t * 0.4), (x + w, base + u * 0.05)])  # fmt: skip
    return shapes


def _sea(scene: Scene) -> None:
    u, h = scene.unit, scene.height
    scene.sky(scene.horizon)
    rock = hexa("5b6a7d")
    if scene.calm < 0.6:
        for layer in range(2):
            skyline = scene.ridge(scene.horizon + u * 0.045, u * (0.15 - 0.04 * layer), 1.7)
            # headlands sink into the sea on one side
            side = float(scene.rng.random()) < 0.5
            fade = [(x, y + u * 0.16 * ((x / scene.width) if side else (1 - x / scene.width)))
                    for x, y in skyline]  # fmt: skip
            tone = scene.shade(rock, 0.7 - 0.22 * layer)
            scene.land(fade, tone, mix(tone, scene.light.haze, 0.5), bottom=scene.horizon)
    blue = lit(hexa(("2d7f95", "2f6f9a", "3a8a8f")[scene.brief.mood % 3]), scene.light.ambient)
    scene.sea(scene.horizon, mix(blue, scene.light.sky[1], 0.3), calm=0.25)
    if not _stands(scene.brief):
        scene.floor = scene.horizon + (h - scene.horizon) * 0.45
        return
    _headland(scene)


def _stands(brief: Brief) -> bool:
    floats = {"boat", "whale", "fish", "gulls", "balloon", "moon", "dragon", "peak", "skyline"}
    return any(subject not in floats for subject in brief.subjects)


def _headland(scene: Scene) -> None:
    """Push a rock into the sea for the subject to stand on."""
    u, h, w = scene.unit, scene.height, scene.width
    x = scene.centre * w
    y = scene.floor
    left = scene.centre < 0.5
    raw: list[Point] = []
    rng = scene.fresh()
    count = 14 + round(26 * scene.detail)
    for step in range(count + 1):
        px = -0.05 * w + 1.1 * w * step / count
        away = (px - x) / u
        landward = away < 0 if left else away > 0
        fall = 0.1 * away**2 if landward else 1.5 * max(0.0, abs(away) - 0.17) ** 1.25
        jag = float(rng.normal(0, 0.012)) * (0.4 if abs(away) < 0.16 else 1.2)
        raw.append((px, y + u * (fall + jag)))
    rock = scene.shade(hexa("6d6a66"), 0.12)
    scene.surf([(px, py + u * 0.02) for px, py in raw if py < h + u * 0.2] or raw, u * 0.03)
    scene.land(raw, rock, darker(rock, 0.55))
    facets = []
    for px, py in raw[1:-1]:
        s = u * float(rng.uniform(0.03, 0.09))
        dy = u * float(rng.uniform(0.01, 0.2))
        facets.append([(px, py + dy), (px + s, py + dy + s * 0.4), (px + s * 0.5, py + dy + s * 1.5),
                       (px - s * 0.5, py + dy + s)])  # fmt: skip
    scene.fill(facets, darker(rock, 0.5), share=0.4)
    turf = mix(scene.shade(hexa("6f8f56"), 0.08), scene.light.sun, 0.1)
    top = [(px, py - u * 0.004) for px, py in raw]
    under = [(px, py + u * 0.03 + u * 0.02 * math.sin(px * 0.11)) for px, py in reversed(raw)]
    scene.fill([[*top, *under]], turf, low=darker(turf, 0.3), share=0.9)


def _lake(scene: Scene) -> None:
    u = scene.unit
    _peaks(scene, water=True)
    tone = scene.shade(hexa("47715a"), 0.36)
    skyline = scene.ridge(scene.horizon + u * 0.015, u * 0.07, 2.2)
    if scene.calm < 0.6:
        scene.conifers(skyline, u * 0.085, darker(tone, 0.15), tone)
    scene.land(skyline, tone, darker(tone, 0.2), bottom=scene.horizon + u * 0.012)
    water = lit(hexa("3d7f95"), scene.light.ambient)
    scene.sea(scene.horizon, mix(water, scene.light.sky[1], 0.45), calm=0.9)
    scene.mist(scene.horizon, u * 0.05, 0.35)
    if _stands(scene.brief):
        _bank(scene, hexa("5d8a58"))
    else:
        scene.floor = scene.horizon + (scene.height - scene.horizon) * 0.42


def _bank(scene: Scene, colour: Colour) -> None:
    u, h = scene.unit, scene.height
    skyline = scene.ridge(scene.floor + u * 0.01, u * 0.04, 1.3, rough=0.3)
    tone = scene.shade(colour, 0.04)
    scene.land(skyline, lighter(mix(tone, scene.light.sun, 0.18), 0.04), darker(tone, 0.4))
    scene.front.append(lambda: scene.grass(h + u * 0.01, darker(tone, 0.4),
                                           30 + round(80 * scene.detail), u * 0.11))  # fmt: skip


def _beach(scene: Scene) -> None:
    u, h = scene.unit, scene.height
    scene.sky(scene.horizon)
    blue = lit(hexa("3fa3ad"), scene.light.ambient)
    scene.sea(scene.horizon, mix(blue, scene.light.sky[1], 0.25), calm=0.5)
    y = scene.horizon + (h - scene.horizon) * 0.5
    skyline = scene.ridge(y + u * 0.05, u * 0.07, 1.2, rough=0.2)
    sand = scene.shade(hexa("e6cb9a"), 0.05)
    scene.surf(skyline, u * 0.035)
    scene.land([(x, py + u * 0.02) for x, py in skyline], darker(sand, 0.2), sand)
    scene.land([(x, py + u * 0.06) for x, py in skyline], lighter(sand, 0.1), darker(sand, 0.18))
    scene.floor = max(scene.floor, y + u * 0.22)


def _city(scene: Scene) -> None:  # noqa: PLR0915  one street, from far to near
    u, h, w = scene.unit, scene.height, scene.width
    scene.sky(scene.horizon)
    base = scene.horizon + u * 0.06
    night = scene.light.night
    layers = 1 if scene.calm > 0.6 else 3
    windows: list[list[Point]] = []
    for layer in range(layers):
        share = (layer + 1) / layers
        tone = scene.shade(
            hexa(("6a7690", "6f6a86", "5f7a86")[scene.brief.mood % 3]), 0.72 * (1 - share) + 0.12
        )
        blocks: list[list[Point]] = []
        sides: list[list[Point]] = []
        x = -u * 0.05
        while x < w + u * 0.05:
            wide = u * (0.05 + 0.07 * share) * float(scene.rng.uniform(0.6, 1.4))
            middle = 1 - min(1.0, abs(x / w - 0.5) * 1.6)
            tall = u * (
                0.16 + 0.26 * middle * float(scene.rng.random()) + 0.14 * float(scene.rng.random())
            )
            tall *= 1.25 - 0.35 * share
            top = base - tall
            blocks.append([(x, h), (x, top), (x + wide, top), (x + wide, h)])
            kind = float(scene.rng.random())
            if kind < 0.2:
                blocks.append(
                    [
                        (x + wide * 0.45, top),
                        (x + wide * 0.5, top - u * 0.07),
                        (x + wide * 0.55, top),
                    ]
                )
            elif kind < 0.4:
                blocks.append([(x + wide * 0.2, top), (x + wide * 0.2, top - u * 0.025),
                               (x + wide * 0.8, top - u * 0.025), (x + wide * 0.8, top)])  # fmt: skip
            dark = x + wide * 0.62 if scene.from_left else x
            sides.append(
                [(dark, h), (dark, top), (dark + wide * 0.38, top), (dark + wide * 0.38, h)]
            )
            if layer == layers - 1 or (layer and float(scene.rng.random()) < 0.35):
                windows += _windows(scene, x, top, wide, base + u * 0.05)
            x += wide * float(scene.rng.uniform(0.92, 1.25))
        scene.fill(blocks, tone, low=mix(tone, scene.light.haze, 0.45 * (1.2 - share)))
        scene.fill(sides, darker(tone, 0.4), share=0.4)
        if layer < layers - 1:
            scene.mist(base, u * 0.16, 0.35)
    pane = (
        hexa("ffd27a")
        if night or scene.brief.time == "sunset"
        else lighter(scene.light.sky[2], 0.2)
    )
    scene.fill(windows, pane, share=0.9 if night else 0.5)
    if night:
        scene.fill(windows[::5], hexa("7fe0e6"), share=0.8)
        scene.fill(windows[2::9], hexa("ff7fb0"), share=0.85)
        scene.glow(w / 2, base, u * 0.7, hexa("d9803f"), 0.3)
    road = mix(scene.shade(hexa("565a68"), 0.1), scene.light.sky[1], 0.15)
    if scene.brief.weather == "rain" or night or scene.brief.place == "lake":
        scene.sea(base, darker(road, 0.25), calm=0.6)
        scene.water = None
    else:
        scene.fill(
            [[(-2, base), (w + 2, base), (w + 2, h), (-2, h)]],
            lighter(road, 0.15),
            low=darker(road, 0.2),
        )
    vanish = scene.sun[0] * 0.2 + w * 0.4
    marks = []
    for step in range(5):
        near, far = (step / 5) ** 1.8, ((step + 0.5) / 5) ** 1.8
        y0, y1 = base + (h - base) * near, base + (h - base) * far
        x0, x1 = vanish + (w * 0.5 - vanish) * near, vanish + (w * 0.5 - vanish) * far
        marks.append([(x0 - u * 0.012 * near, y0), (x0 + u * 0.012 * near, y0),
                      (x1 + u * 0.012 * far, y1), (x1 - u * 0.012 * far, y1)])  # fmt: skip
    scene.fill(marks, scene.shade(hexa("efe3c0"), 0.1), share=0.7)


def _windows(scene: Scene, x: float, top: float, wide: float, low: float) -> list[list[Point]]:
    """Return the lit windows of one block."""
    u = scene.unit
    size = u * (0.017 - 0.006 * scene.detail)
    columns = max(1, int(wide / (size * 1.9)))
    rows = max(1, int((low - top) / (size * 2.1)))
    panes = []
    on = scene.rng.random((rows, columns)) < (0.34 if scene.light.night else 0.3)
    gap = wide / (columns + 0.5)
    for row, column in np.argwhere(on).tolist():
        px = x + gap * (column + 0.5)
        py = top + size * 1.2 + row * size * 2.1
        panes.append(
            [
                (px, py),
                (px + size * 0.8, py),
                (px + size * 0.8, py + size * 1.1),
                (px, py + size * 1.1),
            ]
        )
    return panes


def _space(scene: Scene) -> None:
    w, h, u = scene.width, scene.height, scene.unit
    deep = mix(hexa("080b22"), scene.brief.tint or hexa("0b0a2a"), 0.12)
    small = max(8, w // 4), max(8, h // 4)
    first = noise(scene.rng, small[1], small[0], (3, 3), 5)
    second = noise(scene.rng, small[1], small[0], (2, 3), 4)
    hue = float(scene.rng.uniform(0, 360))
    warm = np.asarray(scene.brief.tint or turned(hexa("d0487c"), (hue - 180) * 0.2), np.float32)
    cool = np.asarray(turned(hexa("2f7fc0"), (hue - 180) * 0.12), np.float32)
    cloud = np.clip((first - 0.42) * 3.2, 0, 1)[..., None] ** 1.5
    veil = np.clip((second - 0.45) * 3.0, 0, 1)[..., None] ** 1.5
    values = np.asarray(deep, np.float32) + warm * cloud * 0.75 + cool * veil * 0.65
    values += np.clip((first - 0.62) * 4, 0, 1)[..., None] * np.float32(120)
    scene.image.paste(
        Image.fromarray(np.clip(values, 0, 255).astype(np.uint8)).resize(
            (w, h), Image.Resampling.BICUBIC
        )
    )
    scene.stars(h)
    scene.stars(h)
    x, y = (0.8 if scene.centre < 0.5 else 0.2) * w, h * float(scene.rng.uniform(0.18, 0.34))
    _planet(scene, x, y, u * float(scene.rng.uniform(0.09, 0.17)))
    scene.floor = h * 0.8


def _planet(scene: Scene, x: float, y: float, radius: float) -> None:
    body = turned(hexa("d9975a"), float(scene.rng.uniform(0, 360)))
    scene.fill([_circle(x, y, radius)], lighter(body, 0.25), low=darker(body, 0.2))
    bands = [_lens(x, y + radius * dy, radius * math.sqrt(max(0.0, 1 - dy * dy)), radius * 0.07)
             for dy in (-0.5, -0.12, 0.22, 0.55)]  # fmt: skip
    scene.fill(bands, lighter(turned(body, 20), 0.3), share=0.5)
    away = radius * (0.45 if scene.from_left else -0.45)
    shadow = scene.mask([_circle(x, y, radius)])
    shadow = ImageChops.subtract(shadow, scene.mask([_circle(x - away, y - radius * 0.3, radius * 1.05)],
                                                    soft=radius * 0.14))  # fmt: skip
    scene.image.paste(hexa("0a0a20"), (0, 0), shadow.point([round(v * 0.8) for v in range(256)]))
    band = [(x + radius * 1.9 * math.cos(t), y + radius * 0.42 * math.sin(t) - radius * 0.3 * math.cos(t))
            for t in np.linspace(-0.35, np.pi + 0.35, 40)]  # fmt: skip
    inner = [(x + radius * 1.45 * math.cos(t), y + radius * 0.28 * math.sin(t) - radius * 0.23 * math.cos(t))
             for t in np.linspace(np.pi + 0.35, -0.35, 40)]  # fmt: skip
    scene.fill([[*band, *inner]], lighter(body, 0.5), share=0.8)


def _moonland(scene: Scene) -> None:
    u, h = scene.unit, scene.height
    _space(scene)
    scene.floor = scene.horizon + (h - scene.horizon) * 0.55
    grey = hexa("a9a6ae")
    for layer in range(3):
        y = scene.horizon + (h - scene.horizon) * (0.1 + 0.25 * layer)
        skyline = scene.ridge(y, u * 0.08, 1.6, rough=0.35)
        tone = mix(grey, hexa("3a3550"), 0.5 - 0.16 * layer)
        scene.land(skyline, lighter(tone, 0.15), darker(tone, 0.4))
    for _ in range(6):
        x, y = float(scene.rng.random()) * scene.width, h - float(scene.rng.random()) * u * 0.22
        r = u * float(scene.rng.uniform(0.02, 0.06))
        scene.fill([_lens(x, y, r * 1.4, r * 0.4)], hexa("5b5768"), share=0.7)
        scene.fill([_lens(x, y + r * 0.18, r * 1.3, r * 0.26)], hexa("c9c5cc"), share=0.6)


def _room(scene: Scene) -> None:
    u, h, w = scene.unit, scene.height, scene.width
    scene.indoors = True
    walls = ("c9a58a", "8fa39a", "a9899b", "7f93ab", "d8c3a0")
    wall = mix(hexa(walls[scene.brief.mood % len(walls)]), scene.brief.tint or hexa("c9a58a"),
               0.6 if scene.brief.tint else 0.0)  # fmt: skip
    dim = (0.45, 0.42, 0.5) if scene.light.night else (1.0, 0.97, 0.92)
    wall = lit(wall, dim)
    table = scene.floor - u * 0.1
    scene.image.paste(scene.column([(0, darker(wall, 0.12)), (table, lighter(wall, 0.12))], 0, h))
    # the window, with the world outside
    side = 0.24 if scene.centre > 0.5 else 0.76
    ww, wh = u * float(scene.rng.uniform(0.17, 0.22)), u * float(scene.rng.uniform(0.4, 0.48))
    x = side * w + float(scene.rng.uniform(-0.04, 0.04)) * w
    top, bottom = table - wh - u * 0.1, table - u * 0.09
    pane = (x - ww, top, x + ww, bottom)
    inner = replace_view(scene, int(pane[2] - pane[0]), int(bottom - top))
    frame = (
        lighter(mix(wall, hexa("f6efe2"), 0.6), 0.1)
        if not scene.light.night
        else lighter(wall, 0.1)
    )
    m = u * 0.018
    scene.fill([[(x - ww - m, top - m), (x + ww + m, top - m), (x + ww + m, bottom + m), (x - ww - m, bottom + m)]],
               frame, low=darker(frame, 0.15))  # fmt: skip
    if inner is not None:
        scene.image.paste(inner, (int(pane[0]), int(top)))
    bars = [[(x - m * 0.3, top), (x + m * 0.3, top), (x + m * 0.3, bottom), (x - m * 0.3, bottom)],
            [(x - ww, top + wh * 0.42), (x + ww, top + wh * 0.42), (x + ww, top + wh * 0.42 + m * 0.6), (x - ww, top + wh * 0.42 + m * 0.6)]]  # fmt: skip
    scene.fill(bars, frame)
    scene.from_left = x < scene.centre * w
    scene.sun = (x, (top + bottom) / 2)
    if scene.brief.place == "library":
        _shelves(scene, table, x, ww + u * 0.05, dim)
    elif scene.calm < 0.6:
        # a picture on the wall, away from the window
        px = w - x + float(scene.rng.uniform(-0.06, 0.06)) * w
        py, s = table - u * 0.48, u * 0.09
        scene.fill([_box(px, py, s * 1.1, s * 1.3)], darker(wall, 0.4))
        scene.fill([_box(px, py, s * 0.96, s * 1.16)], lighter(wall, 0.55))
        scene.fill(
            [_circle(px, py, s * 0.5)], turned(mix(wall, hexa("c05a44"), 0.6), 20), share=0.9
        )
        scene.fill([[(px - s * 0.7, py + s * 0.8), (px - s * 0.1, py + s * 0.05), (px + s * 0.7, py + s * 0.8)]],
                   hexa("3d5a6a"), share=0.85)  # fmt: skip
    # a slant of light from the window
    slant = u * (0.5 if scene.from_left else -0.5)
    scene.fill(
        [[(x - ww, table), (x + ww, table), (x + ww + slant, h), (x - ww + slant * 1.3, h)]],
        wall,
        share=0.0,
    )
    wood = lit(hexa(("8a5a3a", "6f4a36", "a8764c")[(scene.brief.mood >> 3) % 3]), dim)
    scene.fill(
        [[(-2, table), (w + 2, table), (w + 2, h), (-2, h)]],
        lighter(wood, 0.16),
        low=darker(wood, 0.3),
    )
    planks = []
    for step in range(4 + round(6 * scene.detail)):
        y = table + (h - table) * ((step + 0.6) / 9) ** 1.4
        planks.append(
            _lens(
                float(scene.rng.random()) * w, y, u * float(scene.rng.uniform(0.15, 0.5)), u * 0.002
            )
        )
    scene.fill(planks, darker(wood, 0.5), share=0.5)
    scene.fill([[(x - ww + slant * 0.3, table), (x + ww + slant * 0.3, table), (x + ww * 1.3 + slant, h),
                 (x - ww * 1.3 + slant, h)]], lighter(scene.light.sun, 0.2),
               share=0.14 if scene.light.night else 0.28, soft=u * 0.01)  # fmt: skip
    scene.glow(x, (top + bottom) / 2, u * 0.6, scene.light.sun, 0.2 if scene.light.night else 0.28)


def _box(x: float, y: float, rx: float, ry: float) -> list[Point]:
    return [(x - rx, y - ry), (x + rx, y - ry), (x + rx, y + ry), (x - rx, y + ry)]


def replace_view(scene: Scene, wide: int, high: int) -> Image.Image | None:
    """Return a small landscape for a window, or None where it would be too small."""
    if wide < 12 or high < 12:
        return None
    outside = ("meadow", "peaks", "city", "lake")[scene.brief.mood % 4]
    brief = replace(scene.brief, place=outside, subjects=())
    view = Scene(wide, high, scene.rng, scene.light, brief, scene.detail * 0.5, calm=0.3)
    paint_scene(view, horizon=0.55)
    return view.image


def _shelves(scene: Scene, table: float, x: float, gap: float,
             dim: tuple[float, float, float]) -> None:  # fmt: skip
    """Cover the wall with books, sparing the window."""
    u, w = scene.unit, scene.width
    tones = [
        lit(hexa(code), dim)
        for code in ("8c3b32", "2f5d62", "c79a4b", "4a4e69", "6b705c", "b5838d")
    ]
    spines: list[list[list[Point]]] = [[] for _ in tones]
    shelf = lit(hexa("5a3b28"), dim)
    left, right = x - gap, x + gap
    back = [[(-2.0, 0.0), (left, 0.0), (left, table), (-2.0, table)],
            [(right, 0.0), (w + 2.0, 0.0), (w + 2.0, table), (right, table)]]  # fmt: skip
    scene.fill(back, darker(shelf, 0.45), low=darker(shelf, 0.3))
    boards = []
    row_height = u * 0.155
    y = table - u * 0.02
    while y > 0:
        boards += [[(-2.0, y), (left, y), (left, y + u * 0.014), (-2.0, y + u * 0.014)],
                   [(right, y), (w + 2.0, y), (w + 2.0, y + u * 0.014), (right, y + u * 0.014)]]  # fmt: skip
        px = 0.0
        while px < w:
            thick = u * float(scene.rng.uniform(0.014, 0.034))
            if px + thick < left or px > right:
                tall = row_height * float(scene.rng.uniform(0.6, 0.86))
                spines[int(scene.rng.integers(len(tones)))].append(
                    [(px, y), (px, y - tall), (px + thick * 0.9, y - tall), (px + thick * 0.9, y)]
                )
            px += thick
        y -= row_height
    for tone, shapes in zip(tones, spines, strict=True):
        scene.fill(shapes, lighter(tone, 0.08))
    scene.fill(boards, lighter(shelf, 0.1))


def _underwater(scene: Scene) -> None:
    u, h, w = scene.unit, scene.height, scene.width
    dim = 0.6 if scene.light.night else 1.0
    top, low = hexa("7fd6d8"), hexa("0b3a5e")
    if scene.brief.tint is not None:
        top, low = mix(top, scene.brief.tint, 0.4), mix(low, scene.brief.tint, 0.25)
    tone = (dim, dim, dim)
    scene.light = replace(scene.light, haze=lit(hexa("3fa0b4"), tone), ambient=(0.9 * dim, 0.95 * dim, 1.0 * dim),
                          sun=hexa("d8fff4"))  # fmt: skip
    scene.image.paste(
        scene.column(
            [(0, lit(top, tone)), (h * 0.35, lit(hexa("2f9ab8"), tone)), (h, lit(low, tone))], 0, h
        )
    )
    scene.sun = (w * float(scene.rng.uniform(0.3, 0.7)), -u * 0.1)
    rays = []
    for _ in range(7):
        x = scene.sun[0] + u * float(scene.rng.normal(0, 0.25))
        spread = (x - scene.sun[0]) * 1.6
        t = u * float(scene.rng.uniform(0.02, 0.07))
        rays.append(
            [
                (x - t, -2.0),
                (x + t, -2.0),
                (x + spread + t * 2.4, h * 0.9),
                (x + spread - t * 2.4, h * 0.9),
            ]
        )
    scene.fill(rays, hexa("d8fff4"), share=0.16, soft=u * 0.012)
    for layer in range(3):
        y = h * (0.78 + 0.09 * layer)
        skyline = scene.ridge(y, u * 0.12, 1.8)
        ground = mix(lit(hexa("2c5a6b"), tone), lit(hexa("1b2f45"), tone), layer / 2)
        scene.land(skyline, mix(ground, scene.light.haze, 0.5 - 0.2 * layer), darker(ground, 0.2))
        if scene.calm < 0.6:
            _corals(scene, skyline, u * (0.05 + 0.04 * layer), tone, 0.5 - 0.2 * layer)
    bubbles = [
        _circle(a * w, b * h, u * (0.003 + 0.008 * c)) for a, b, c in scene.rng.random((40, 3))
    ]
    scene.fill(bubbles, hexa("e8fffb"), share=0.4)
    scene.floor = h * 0.72


def _corals(scene: Scene, skyline: Sequence[Point], tall: float, tone: tuple[float, float, float],
            depth: float) -> None:  # fmt: skip
    colours = ("e4688a", "f0a05a", "8a6fc0", "4fb58f")
    for index, code in enumerate(colours):
        shapes: list[list[Point]] = []
        for x, y in skyline[index :: max(1, len(skyline) // 5)]:
            for _ in range(4):
                lean = tall * float(scene.rng.normal(0, 0.5))
                t = tall * 0.12
                high = tall * float(scene.rng.uniform(0.6, 1.5))
                shapes.append(
                    [
                        (x - t, y + 4),
                        (x + lean - t, y - high),
                        (x + lean + t, y - high),
                        (x + t, y + 4),
                    ]
                )
                shapes.append(_circle(x + lean, y - high, t * 1.5))
        scene.fill(shapes, mix(lit(hexa(code), tone), scene.light.haze, depth))


PLACE_PAINTERS: dict[str, Callable[[Scene], None]] = {
    "sea": _sea, "beach": _beach, "lake": _lake, "desert": _desert, "forest": _forest,
    "snow": _snow, "peaks": _peaks, "city": _city, "meadow": _meadow, "space": _space,
    "moonland": _moonland, "room": _room, "library": _room, "underwater": _underwater,
}  # fmt: skip


def paint_scene(scene: Scene, *, horizon: float) -> None:
    """Paint the place of the scene's brief; *horizon* is a share of the height."""
    rng = scene.rng
    scene.horizon = scene.height * horizon
    scene.floor = scene.horizon + (scene.height - scene.horizon) * float(rng.uniform(0.52, 0.68))
    scene.from_left = bool(rng.random() < 0.5)
    away = float(rng.uniform(0.16, 0.4)) * (-1 if scene.from_left else 1)
    x = bounded(scene.centre + away, 0.1, 0.9) * scene.width
    height = bounded(scene.light.height + float(rng.uniform(-0.08, 0.1)), 0.03, 0.8)
    scene.sun = (x, scene.horizon * (1 - height))
    PLACE_PAINTERS[scene.brief.place](scene)
