"""
A pen that draws one subject, in units of its own height, at twice the size, then folded down.

Shapes, shadows, light edges and lamps are kept apart while drawing: the same drawing can then be
lit by any sky, outlined for a cartoon, or rounded for a render.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image, ImageChops, ImageDraw, ImageFilter

from leonardo_nb.simulator.painting.colour import Colour, darker

if TYPE_CHECKING:
    from collections.abc import Sequence

    from leonardo_nb.simulator.painting.light import Light

__all__ = ["Pen", "Point", "smooth"]

Point = tuple[float, float]


def smooth(points: Sequence[Point], *, closed: bool = True, steps: int = 6) -> list[Point]:
    """Return a soft curve through *points* (Catmull-Rom), as *steps* points for each given one."""
    knots = np.asarray(points, dtype=np.float64)
    if closed:
        knots = np.concatenate([knots[-1:], knots, knots[:2]])
    else:
        knots = np.concatenate([knots[:1], knots, knots[-1:]])
    before, here, there, after = knots[:-3], knots[1:-2], knots[2:-1], knots[3:]
    t = np.linspace(0.0, 1.0, steps, endpoint=False)[None, :, None]
    before, here, there, after = (one[:, None, :] for one in (before, here, there, after))
    way = 0.5 * (
        2 * here
        + (there - before) * t
        + (2 * before - 5 * here + 4 * there - after) * t**2
        + (3 * here - before - 3 * there + after) * t**3
    )
    return [(float(x), float(y)) for x, y in way.reshape(-1, 2)]


@dataclass(slots=True)
class Pen:
    """
    Draws in units: x from `-aspect / 2` to `aspect / 2`, y from 0 (the ground) up to 1.

    Attributes:
        height: Height of the drawing in pixels of the picture.
        aspect: Width over height.
        accent: The colour that the prompt asked for, or None.
        outline: Width of an ink line around every shape, in units; 0 for none.
        detail: How fine to draw, 0 to 1.
    """

    height: float
    aspect: float
    rng: np.random.Generator
    accent: Colour | None = None
    outline: float = 0.0
    detail: float = 0.5
    mirrored: bool = False
    night: bool = False
    shapes: Image.Image = field(init=False)
    shade: Image.Image = field(init=False)
    lamps: Image.Image | None = field(init=False, default=None)
    glows: list[tuple[float, float, float, Colour]] = field(init=False, default_factory=list)
    _draw: ImageDraw.ImageDraw = field(init=False)
    _shade_draw: ImageDraw.ImageDraw = field(init=False)
    _scale: float = field(init=False)
    _turn: float = field(init=False, default=0.0)

    MARGIN = 0.06
    SUPERSAMPLE = 2

    def __post_init__(self) -> None:
        self._scale = self.height * self.SUPERSAMPLE
        size = self._pixels()
        self.shapes = Image.new("RGBA", size)
        self.shade = Image.new("L", size, 128)
        self._draw = ImageDraw.Draw(self.shapes)
        self._shade_draw = ImageDraw.Draw(self.shade)

    def _pixels(self) -> tuple[int, int]:
        wide = math.ceil(self.height * (self.aspect + 2 * self.MARGIN))
        high = math.ceil(self.height * (1 + 2 * self.MARGIN))
        return max(2, wide) * self.SUPERSAMPLE, max(2, high) * self.SUPERSAMPLE

    def _at(self, points: Sequence[Point]) -> list[Point]:
        middle = self.shapes.width / 2
        base = self.shapes.height - self.MARGIN * self._scale
        way = -1.0 if self.mirrored else 1.0
        return [(middle + way * x * self._scale, base - y * self._scale) for x, y in points]

    def paint(self, colour: Colour) -> Colour:
        """Return the accent where the prompt named one, else *colour*."""
        return self.accent or colour

    def poly(self, points: Sequence[Point], colour: Colour) -> None:
        """Fill the polygon through *points*."""
        at = self._at(points)
        self._draw.polygon(at, fill=(*colour, 255))
        self._shade_draw.polygon(at, fill=128)
        if self.outline:
            width = max(1, round(self.outline * self._scale))
            self._draw.line([*at, at[0], at[1]], fill=(*darker(colour, 0.8), 255), width=width,
                            joint="curve")  # fmt: skip

    def blob(self, points: Sequence[Point], colour: Colour) -> None:
        """Fill the soft closed curve through *points*."""
        self.poly(smooth(points), colour)

    def oval(self, x: float, y: float, rx: float, ry: float, colour: Colour,
             *, angle: float = 0.0) -> None:  # fmt: skip
        """Fill an ellipse around (*x*, *y*), turned by *angle* degrees."""
        self.poly(ring(x, y, rx, ry, angle), colour)

    def ball(self, x: float, y: float, rx: float, ry: float, colour: Colour) -> None:
        """Fill an ellipse that has a lit and a shaded side."""
        self.oval(x, y, rx, ry, colour)
        self.dark(ring(x, y, rx, ry), 0.3)
        self._shade_draw.polygon(
            self._at(ring(x - rx * 0.16, y + ry * 0.16, rx * 0.82, ry * 0.82)), fill=128
        )
        self.gleam(ring(x - rx * 0.3, y + ry * 0.36, rx * 0.34, ry * 0.28), 0.35)

    def line(self, points: Sequence[Point], width: float, colour: Colour) -> None:
        """Draw a soft line through *points*, *width* units wide."""
        at = self._at(points)
        self._draw.line(
            at, fill=(*colour, 255), width=max(1, round(width * self._scale)), joint="curve"
        )

    def bar(self, left: float, bottom: float, right: float, top: float, colour: Colour) -> None:
        """Fill an upright rectangle."""
        self.poly([(left, bottom), (right, bottom), (right, top), (left, top)], colour)

    def dark(self, points: Sequence[Point], depth: float = 0.35) -> None:
        """Lay a shadow over what is drawn there so far."""
        self._shade_draw.polygon(self._at(points), fill=round(128 * (1 - depth)))

    def gleam(self, points: Sequence[Point], height: float = 0.4) -> None:
        """Lay light over what is drawn there so far."""
        self._shade_draw.polygon(self._at(points), fill=round(128 + 127 * height))

    def lamp(self, points: Sequence[Point], colour: Colour, *, day: Colour) -> None:
        """Fill a shape that shines at night and is plain *day* colour otherwise."""
        if not self.night:
            self.poly(points, day)
            return
        if self.lamps is None:
            self.lamps = Image.new("RGBA", self.shapes.size)
        self._draw.polygon(self._at(points), fill=(*colour, 255))
        ImageDraw.Draw(self.lamps).polygon(self._at(points), fill=(*colour, 255))

    def glow(self, x: float, y: float, radius: float, colour: Colour) -> None:
        """Remember a halo of light around (*x*, *y*), drawn over the picture later."""
        px, py = self._at([(x, y)])[0]
        half = self.SUPERSAMPLE
        self.glows.append((px / half, py / half, radius * self._scale / half, colour))

    def finished(self, light: Light, *, from_left: bool, rim: float = 0.5) -> Image.Image:
        """Return the drawing under *light* as RGBA at the picture's size."""
        # the shadows' edges are a soft brush's
        half = self.shapes.reduce(self.SUPERSAMPLE)
        shade = self.shade.reduce(self.SUPERSAMPLE)
        shade = shade.filter(ImageFilter.BoxBlur(max(0.4, self.height * 0.004)))
        wide, high = half.size
        alpha = half.getchannel("A")
        colours = half.convert("RGB")

        # one light for the whole thing: bright towards the sun, cool and dark away from it
        slope = np.linspace(1.0, -1.0, wide, dtype=np.float32)[None, :]
        fall = np.linspace(0.6, -0.8, high, dtype=np.float32)[:, None]
        lit_side = (slope if from_left else -slope) * 0.13 + fall * 0.09
        tone = np.asarray(shade, dtype=np.float32) * (1 / 128)
        tone = np.where(tone > 1, 1 + (tone - 1) * 0.75, tone) + lit_side
        sun = np.asarray(light.sun, dtype=np.float32) / 255
        ambient = np.asarray(light.ambient, dtype=np.float32)
        # shadows keep a little of the haze in them
        floor = np.asarray(light.haze, dtype=np.float32) * 0.1
        values = np.array(colours, dtype=np.float32)
        values *= ambient
        values *= tone[..., None]
        values += floor * (1 - np.minimum(tone, 1))[..., None]
        if rim:
            step = max(1, round(self.height * 0.014))
            inside = ImageChops.subtract(
                alpha, ImageChops.offset(alpha, step if from_left else -step, step)
            ).filter(ImageFilter.BoxBlur(max(0.4, step * 0.45)))
            edge = np.asarray(inside)
            where = edge > 0
            values[where] += (255 * sun - values[where]) * (
                edge[where][:, None] * np.float32(rim / 255)
            )
        np.clip(values, 0, 255, out=values)
        result = Image.fromarray(values.astype(np.uint8))
        result.putalpha(alpha)
        if self.lamps is not None:
            result.alpha_composite(self.lamps.reduce(self.SUPERSAMPLE))
        return result


def ring(x: float, y: float, rx: float, ry: float, angle: float = 0.0) -> list[Point]:
    """Return the points of an ellipse around (*x*, *y*), turned by *angle* degrees."""
    turn = math.radians(angle)
    cos, sin = math.cos(turn), math.sin(turn)
    count = 40
    points = []
    for step in range(count):
        at = 2 * math.pi * step / count
        px, py = rx * math.cos(at), ry * math.sin(at)
        points.append((x + px * cos - py * sin, y + px * sin + py * cos))
    return points
