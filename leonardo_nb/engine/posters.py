"""
How a video looks where it does not play: its still, with a mark that says what it is.

Its own file because saved cards show videos in the same way, and nobody else has to load Pillow.
"""

from __future__ import annotations

import math

from PIL import Image, ImageDraw

__all__ = ["dark_frame", "with_play_mark"]

MARK = 0.2
"""Diameter of the mark, as a part of the shorter side."""
LEAST_MARK = 24
"""Pixels of the mark in a small picture, as long as it leaves a fifth of the shorter side free."""

SHADE = (16, 16, 18, 158)
"""The disc: as dark as needed for its triangle on white (4.9:1), and still seen through."""
RING = (255, 255, 255, 92)
"""The disc's edge, so that it is seen on black as well."""
INK = (255, 255, 255, 245)

DARK = (43, 43, 46)
FINER = 4
"""Pixels that the mark is drawn in for each of its own, so that its edges are smooth."""


def with_play_mark(image: Image.Image) -> Image.Image:
    """Return a copy of *image* with a play mark in its middle, in RGB, or RGBA where it was."""
    see_through = "A" in image.getbands() or "transparency" in image.info
    marked = image.convert("RGBA")
    short = min(marked.size)
    side = max(1, round(max(MARK * short, min(LEAST_MARK, 0.8 * short))))
    left, top = (marked.width - side) // 2, (marked.height - side) // 2
    marked.alpha_composite(_mark(side), (left, top))
    return marked if see_through else marked.convert("RGB")


def dark_frame(width: int, height: int, *, longest: int = 1024) -> Image.Image:
    """Return a plain picture in the shape of *width* x *height*, in place of a missing still."""
    factor = min(1.0, longest / max(width, height))
    return Image.new("RGB", (max(1, round(width * factor)), max(1, round(height * factor))), DARK)


def _mark(side: int) -> Image.Image:
    """Return the mark: a triangle that points right, on a disc of *side* pixels."""
    large = side * FINER
    middle = large / 2
    line = max(FINER, large // 40)
    mark = Image.new("RGBA", (large, large), (255, 255, 255, 0))
    draw = ImageDraw.Draw(mark)
    draw.ellipse((0, 0, large - 1, large - 1), SHADE, RING, line)
    # Its corners lie on a circle round the middle of the disc. Were its box in the middle instead,
    # it would look as if it stood too far left, since most of it is there.
    reach, round_by = 0.235 * large, 0.045 * large
    corners = [
        (middle + reach * math.cos(turn), middle + reach * math.sin(turn))
        for turn in (0.0, 2 * math.pi / 3, 4 * math.pi / 3)
    ]
    draw.polygon(corners, INK)
    draw.line([*corners, *corners[:2]], INK, round(2 * round_by))
    for x, y in corners:
        draw.ellipse((x - round_by, y - round_by, x + round_by, y + round_by), INK)
    return mark.resize((side, side), Image.Resampling.LANCZOS)
