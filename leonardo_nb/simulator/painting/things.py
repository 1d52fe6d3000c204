# ruff: noqa: E501  a shape or a style reads as one row
# fmt: off
"""Subjects for a table, and those of the sky."""

from __future__ import annotations

from typing import TYPE_CHECKING

from leonardo_nb.simulator.painting.colour import darker, hexa, lighter, mix
from leonardo_nb.simulator.painting.pen import ring

if TYPE_CHECKING:
    from collections.abc import Callable

    from leonardo_nb.simulator.painting.pen import Pen

__all__ = ["ROWS"]

Row = tuple["Callable[[Pen], None]", float, float, str]


def _steam(pen: Pen, x: float, y: float, tall: float) -> None:
    for dx, s in ((-0.12, 0.8), (0.02, 1.0), (0.15, 0.7)):
        pen.line([(x + dx, y), (x + dx - 0.035, y + tall * 0.3 * s), (x + dx + 0.03, y + tall * 0.62 * s), (x + dx - 0.01, y + tall * s)],
                 0.016, hexa("f7f2ea"))  # fmt: skip


def teapot(pen: Pen) -> None:
    """Draw a round teapot."""
    glaze = pen.paint(hexa("3f7f8a"))
    pen.line([(-0.42, 0.62), (-0.62, 0.62), (-0.68, 0.42), (-0.56, 0.26), (-0.4, 0.24)], 0.07, darker(glaze, 0.12))
    pen.blob([(0.38, 0.26), (0.56, 0.36), (0.62, 0.56), (0.74, 0.68), (0.66, 0.72), (0.54, 0.64), (0.48, 0.5), (0.36, 0.5)], glaze)
    pen.blob([(0, -0.01), (-0.26, 0.0), (-0.44, 0.18), (-0.47, 0.42), (-0.36, 0.64), (-0.18, 0.74), (0.18, 0.74), (0.36, 0.64), (0.47, 0.42), (0.44, 0.18), (0.26, 0.0)], glaze)
    pen.dark([(0.1, 0.0), (0.26, 0.0), (0.44, 0.18), (0.47, 0.42), (0.36, 0.64), (0.2, 0.73), (0.3, 0.4)], 0.32)
    pen.dark([(-0.3, 0.02), (0.3, 0.02), (0.42, 0.16), (-0.42, 0.16)], 0.22)
    pen.poly([(-0.44, 0.47), (0.44, 0.47), (0.46, 0.4), (-0.46, 0.4)], lighter(glaze, 0.55))
    pen.gleam([(-0.34, 0.36), (-0.28, 0.36), (-0.22, 0.62), (-0.28, 0.6)], 0.6)
    pen.blob([(-0.2, 0.73), (-0.12, 0.82), (0, 0.85), (0.12, 0.82), (0.2, 0.73), (0, 0.7)], lighter(glaze, 0.08))
    pen.ball(0, 0.9, 0.06, 0.055, hexa("d9a441"))


def cup(pen: Pen) -> None:
    """Draw a steaming cup on its saucer."""
    glaze = pen.paint(hexa("f0e6d4"))
    pen.oval(0, 0.05, 0.56, 0.09, darker(glaze, 0.08))
    pen.oval(0, 0.07, 0.5, 0.07, lighter(glaze, 0.2))
    pen.dark(ring(0.08, 0.06, 0.36, 0.05), 0.3)
    pen.line([(0.33, 0.48), (0.5, 0.47), (0.52, 0.33), (0.44, 0.22), (0.27, 0.2)], 0.055, darker(glaze, 0.06))
    pen.blob([(-0.38, 0.56), (-0.36, 0.34), (-0.26, 0.15), (-0.12, 0.07), (0.12, 0.07), (0.26, 0.15), (0.36, 0.34), (0.38, 0.56), (0, 0.5)], glaze)
    pen.dark([(0.08, 0.06), (0.26, 0.15), (0.36, 0.34), (0.38, 0.56), (0.18, 0.52), (0.16, 0.3)], 0.3)
    pen.gleam([(-0.29, 0.3), (-0.23, 0.28), (-0.2, 0.5), (-0.28, 0.52)], 0.5)
    pen.oval(0, 0.555, 0.38, 0.085, lighter(glaze, 0.25))
    pen.oval(0, 0.55, 0.34, 0.068, hexa("5a3522"))
    pen.oval(-0.05, 0.555, 0.2, 0.035, hexa("b98a5e"))
    pen.oval(-0.04, 0.556, 0.1, 0.017, hexa("f0dfc0"))
    _steam(pen, 0.0, 0.64, 0.34)


def bowl(pen: Pen) -> None:
    """Draw a bowl of noodles, seen a little from above."""
    glaze = pen.paint(hexa("b5402f"))
    pen.blob([(-0.72, 0.5), (-0.62, 0.24), (-0.4, 0.06), (-0.22, 0.0), (0.22, 0.0), (0.4, 0.06), (0.62, 0.24), (0.72, 0.5), (0, 0.4)], glaze)
    pen.dark([(0.16, 0.0), (0.4, 0.06), (0.62, 0.24), (0.72, 0.5), (0.4, 0.44), (0.34, 0.2)], 0.34)
    pen.poly([(-0.68, 0.38), (-0.4, 0.3), (0.4, 0.3), (0.68, 0.38), (0.66, 0.31), (0.4, 0.23), (-0.4, 0.23), (-0.66, 0.31)], hexa("f0e2c4"))
    pen.gleam([(-0.58, 0.3), (-0.5, 0.22), (-0.4, 0.32), (-0.5, 0.4)], 0.4)
    pen.oval(0, 0.51, 0.72, 0.22, lighter(glaze, 0.12))
    pen.oval(0, 0.5, 0.66, 0.19, hexa("6a2f22"))
    pen.oval(0, 0.495, 0.63, 0.17, hexa("d98f3f"))
    for index in range(16):
        x = -0.45 + 0.045 * index
        y = 0.49 + 0.05 * float(pen.rng.uniform(-1, 1))
        pen.line([(x - 0.14, y), (x - 0.05, y + 0.055), (x + 0.06, y + 0.02), (x + 0.16, y + 0.05)], 0.02,
                 hexa(("f4d58a", "eec46c", "f8e2a6")[index % 3]))  # fmt: skip
    pen.oval(-0.28, 0.57, 0.14, 0.085, hexa("fdf7ea"), angle=12)
    pen.ball(-0.27, 0.575, 0.075, 0.052, hexa("f2a531"))
    for x, y, turn in ((0.22, 0.56, -14), (0.36, 0.52, 8)):
        pen.oval(x, y, 0.15, 0.07, hexa("d99a86"), angle=turn)
        pen.oval(x - 0.01, y + 0.008, 0.1, 0.04, hexa("f0c9b4"), angle=turn)
    pen.oval(0.02, 0.62, 0.085, 0.06, hexa("fbf5ec"))
    pen.line([(-0.02, 0.62), (0.02, 0.645), (0.05, 0.615), (0.01, 0.6)], 0.014, hexa("e4789a"))
    for x, y in ((-0.05, 0.45), (-0.42, 0.5), (0.1, 0.5), (0.3, 0.43), (-0.18, 0.43), (0.44, 0.47), (-0.3, 0.46)):
        pen.oval(x, y, 0.026, 0.015, hexa("5f9a4a"), angle=35)
        pen.oval(x, y, 0.012, 0.006, hexa("b9d98a"), angle=35)
    pen.poly([(-0.62, 0.62), (-0.5, 0.86), (-0.36, 0.88), (-0.44, 0.58)], hexa("2f4a3a"))
    pen.line([(0.1, 0.6), (0.82, 0.9)], 0.026, hexa("7a4a34"))
    pen.line([(0.16, 0.57), (0.86, 0.82)], 0.026, hexa("8a563c"))
    _steam(pen, 0.0, 0.68, 0.32)


def book(pen: Pen) -> None:
    """Draw a pile of books, the top one open."""
    for index, (code, half) in enumerate((("2f5d62", 0.62), ("8c3b32", 0.55), ("c79a4b", 0.58))):
        y = 0.16 * index
        cover = pen.paint(hexa(code)) if index == 1 else hexa(code)
        pen.bar(-half, y, half, y + 0.15, cover)
        pen.bar(-half + 0.06, y + 0.025, half + 0.01, y + 0.125, hexa("f2e8d2"))
        pen.bar(-half, y, -half + 0.08, y + 0.15, darker(cover, 0.15))
        pen.dark([(0.2, y), (half, y), (half, y + 0.15), (0.2, y + 0.15)], 0.22)
    pen.poly([(0, 0.5), (-0.7, 0.58), (-0.64, 0.88), (0, 0.78), (0.64, 0.88), (0.7, 0.58)], hexa("7a4a34"))
    pen.blob([(0, 0.53), (-0.35, 0.63), (-0.66, 0.6), (-0.6, 0.9), (-0.3, 0.92), (0, 0.82), (0.3, 0.92), (0.6, 0.9), (0.66, 0.6), (0.35, 0.63)], hexa("f8f1de"))
    pen.dark([(0, 0.53), (0.1, 0.57), (0.09, 0.85), (0, 0.82)], 0.28)
    for side in (-1, 1):
        for row in range(5):
            y = 0.84 - 0.045 * row
            pen.line([(side * 0.1, y - 0.005), (side * 0.35, y + 0.025), (side * 0.55, y + 0.012)], 0.009, hexa("a99c86"))


def fruit(pen: Pen) -> None:
    """Draw apples and a pear."""
    one = pen.paint(hexa("c8402f"))
    pen.blob([(0.36, 0.0), (0.2, 0.06), (0.14, 0.26), (0.22, 0.46), (0.28, 0.66), (0.36, 0.82), (0.44, 0.66), (0.5, 0.46), (0.58, 0.26), (0.52, 0.06)], hexa("b5b24a"))
    pen.dark([(0.4, 0.0), (0.52, 0.06), (0.58, 0.26), (0.5, 0.46), (0.42, 0.7), (0.46, 0.3)], 0.3)
    pen.gleam(ring(0.27, 0.3, 0.04, 0.1), 0.4)
    pen.line([(0.36, 0.8), (0.4, 0.92)], 0.025, hexa("5a4030"))
    for x, r, tone in ((-0.42, 0.24, mix(one, hexa("e5a63a"), 0.6)), (-0.06, 0.3, one)):
        pen.blob([(x, r * 0.04), (x - r * 0.5, -0.01), (x - r * 0.95, r * 0.6), (x - r, r * 1.2), (x - r * 0.55, r * 1.75), (x, r * 1.6),
                  (x + r * 0.55, r * 1.75), (x + r, r * 1.2), (x + r * 0.95, r * 0.6), (x + r * 0.5, -0.01)], tone)  # fmt: skip
        pen.dark([(x + r * 0.2, 0), (x + r * 0.5, -0.01), (x + r * 0.95, r * 0.6), (x + r, r * 1.2), (x + r * 0.55, r * 1.75), (x + r * 0.6, r * 0.9)], 0.34)
        pen.gleam(ring(x - r * 0.45, r * 1.2, r * 0.2, r * 0.3), 0.55)
        pen.line([(x, r * 1.58), (x + r * 0.08, r * 2.0)], 0.025, hexa("5a4030"))
        pen.blob([(x + r * 0.06, r * 1.85), (x + r * 0.3, r * 2.05), (x + r * 0.62, r * 1.95), (x + r * 0.35, r * 1.8)], hexa("5f8a45"))


def cake(pen: Pen) -> None:
    """Draw a layered cake with a cherry."""
    cream = pen.paint(hexa("f4c9c4"))
    pen.oval(0, 0.05, 0.62, 0.09, hexa("dfe3e2"))
    pen.poly([(-0.48, 0.08), (-0.48, 0.6), (0.48, 0.6), (0.48, 0.08)], hexa("d9a468"))
    pen.oval(0, 0.08, 0.48, 0.06, hexa("d9a468"))
    for y in (0.2, 0.38):
        pen.bar(-0.48, y, 0.48, y + 0.05, hexa("fdf6e8"))
    pen.dark([(0.12, 0.04), (0.48, 0.08), (0.48, 0.6), (0.12, 0.6)], 0.28)
    pen.blob([(-0.5, 0.62), (-0.5, 0.48), (-0.38, 0.52), (-0.28, 0.42), (-0.18, 0.52), (-0.05, 0.44), (0.06, 0.53), (0.2, 0.4), (0.3, 0.52), (0.42, 0.47), (0.5, 0.5), (0.5, 0.62), (0, 0.68)], cream)
    pen.oval(0, 0.63, 0.5, 0.08, lighter(cream, 0.25))
    for x in (-0.34, -0.17, 0.17, 0.34):
        pen.ball(x, 0.7, 0.07, 0.06, lighter(cream, 0.5))
    pen.ball(0, 0.75, 0.085, 0.085, hexa("b5283a"))
    pen.line([(0, 0.82), (0.05, 0.92), (0.12, 0.97)], 0.014, hexa("4a5a34"))


def moon(pen: Pen) -> None:
    """Draw a great moon."""
    body = pen.paint(hexa("efe6cf"))
    pen.lamp(ring(0, 0.5, 0.47, 0.47), body, day=body)
    for x, y, r in ((-0.16, 0.62, 0.11), (0.17, 0.66, 0.08), (0.08, 0.38, 0.14), (-0.22, 0.34, 0.06), (0.28, 0.44, 0.05), (-0.04, 0.78, 0.05)):
        pen.lamp(ring(x, y, r, r * 0.92), darker(body, 0.16), day=darker(body, 0.16))
    pen.glow(0, 0.5, 0.7, body)


def peak(pen: Pen) -> None:
    """Draw one great mountain."""
    rock = pen.paint(hexa("6a7690"))
    pen.poly([(-0.95, -0.05), (-0.62, 0.3), (-0.42, 0.46), (-0.2, 0.78), (-0.06, 0.94), (0.02, 1.0), (0.14, 0.86), (0.3, 0.66), (0.42, 0.52), (0.66, 0.26), (0.95, -0.05)], rock)
    pen.poly([(-0.34, 0.58), (-0.2, 0.78), (-0.06, 0.94), (0.02, 1.0), (0.14, 0.86), (0.3, 0.66), (0.36, 0.59), (0.24, 0.6), (0.16, 0.5), (0.08, 0.62), (-0.04, 0.46), (-0.12, 0.6), (-0.22, 0.5)], hexa("f6f6f4"))
    pen.dark([(0.02, 1.0), (0.14, 0.86), (0.3, 0.66), (0.66, 0.26), (0.95, -0.05), (0.2, -0.05), (0.1, 0.3), (-0.02, 0.55), (0.05, 0.75)], 0.34)
    pen.dark([(-0.42, 0.46), (-0.3, 0.4), (-0.36, 0.1), (-0.5, -0.05), (-0.62, -0.05), (-0.5, 0.25)], 0.18)


ROWS: dict[str, Row] = {
    "teapot": (teapot, 0.36, 1.5, "land"),
    "cup": (cup, 0.44, 1.16, "land"),
    "bowl": (bowl, 0.46, 1.8, "land"),
    "book": (book, 0.32, 1.5, "land"),
    "fruit": (fruit, 0.34, 1.4, "land"),
    "cake": (cake, 0.44, 1.3, "land"),
    "moon": (moon, 0.44, 1.0, "air"),
    "peak": (peak, 0.62, 1.95, "far"),
}
