# ruff: noqa: E501  a shape or a table reads as one row
"""A picture while it is painted, and what every place is made of: sky, ridges, water, trees."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
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
)
from leonardo_nb.simulator.painting.texture import cloudy

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from leonardo_nb.simulator.painting.brief import Brief
    from leonardo_nb.simulator.painting.light import Light
    from leonardo_nb.simulator.painting.pen import Point

__all__ = ["Scene", "bounded", "circle", "lens"]


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
        self.fill([circle(x, y, radius)], lighter(self.light.sun, 0.45))
        if moon:
            for dx, dy, r in ((-0.3, -0.2, 0.24), (0.25, 0.3, 0.3), (0.3, -0.4, 0.14)):
                self.fill(
                    [circle(x + dx * radius, y + dy * radius, r * radius)],
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
                bright.append(lens(x, y, long, thick))
            else:
                (dark if d < 0.5 else bright).append(lens(b * self.width, y, long, thick))
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


def circle(x: float, y: float, radius: float) -> list[Point]:
    """Return the outline of a circle."""
    turns = np.linspace(0, 2 * np.pi, 48, endpoint=False)
    return [(x + radius * math.cos(t), y + radius * math.sin(t)) for t in turns]


def lens(x: float, y: float, long: float, thick: float) -> list[Point]:
    """Return the outline of a flat drop, such as a wave or a cloud has."""
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
