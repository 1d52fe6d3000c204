# ruff: noqa: E501  a shape or a style reads as one row
# fmt: off
"""Subjects that stand, float or fly because somebody built them."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from leonardo_nb.simulator.painting.colour import darker, hexa, lighter, mix
from leonardo_nb.simulator.painting.pen import ring

if TYPE_CHECKING:
    from collections.abc import Callable

    from leonardo_nb.simulator.painting.pen import Pen

__all__ = ["ROWS"]

Row = tuple["Callable[[Pen], None]", float, float, str]

LAMP = hexa("ffe7a0")
PANE = hexa("4a6076")


def lighthouse(pen: Pen) -> None:
    """Draw a banded tower with a lantern room, and the keeper's cottage."""
    white, red = hexa("f4efe4"), pen.paint(hexa("c8432f"))
    # cottage
    pen.poly([(0.08, -0.03), (0.34, -0.03), (0.34, 0.1), (0.08, 0.1)], hexa("efe6d4"))
    pen.dark([(0.25, -0.03), (0.34, -0.03), (0.34, 0.1), (0.25, 0.1)], 0.25)
    pen.poly([(0.05, 0.095), (0.12, 0.175), (0.31, 0.175), (0.37, 0.095)], darker(red, 0.15))
    pen.lamp([(0.14, 0.03), (0.18, 0.03), (0.18, 0.075), (0.14, 0.075)], LAMP, day=PANE)
    pen.lamp([(0.21, 0.03), (0.25, 0.03), (0.25, 0.075), (0.21, 0.075)], LAMP, day=PANE)
    pen.bar(0.27, 0.15, 0.3, 0.2, hexa("a8604a"))

    def half(y: float) -> float:
        return 0.118 - 0.055 * math.pow(y / 0.72, 0.75)

    def band(low: float, high: float) -> list[tuple[float, float]]:
        return [(-half(low), low), (half(low), low), (half(high), high), (-half(high), high)]

    pen.poly([(-half(0), -0.04), (half(0), -0.04), (half(0.72), 0.72), (-half(0.72), 0.72)], white)
    for low, high in ((0.1, 0.24), (0.38, 0.5), (0.62, 0.72)):
        pen.poly(band(low, high), red)
    pen.dark([(half(0) * 0.25, -0.05), (half(0), -0.05), (half(0.72), 0.72), (half(0.72) * 0.25, 0.72)], 0.22)
    pen.dark([(half(0) * 0.65, -0.05), (half(0), -0.05), (half(0.72), 0.72), (half(0.72) * 0.65, 0.72)], 0.38)
    pen.gleam([(-half(0) * 0.75, 0), (-half(0) * 0.5, 0), (-half(0.72) * 0.5, 0.72), (-half(0.72) * 0.75, 0.72)], 0.3)
    for y in (0.29, 0.545):
        pen.lamp([(-0.016, y), (0.016, y), (0.016, y + 0.045), (0, y + 0.06), (-0.016, y + 0.045)], LAMP, day=PANE)
    pen.poly([(-0.03, -0.03), (0.03, -0.03), (0.03, 0.05), (0, 0.075), (-0.03, 0.05)], hexa("5a4034"))
    # gallery, lantern, cap
    pen.bar(-0.105, 0.72, 0.105, 0.742, hexa("3a3f4a"))
    for x in (-0.1, -0.066, -0.033, 0.0, 0.033, 0.066, 0.1):
        pen.bar(x - 0.003, 0.742, x + 0.003, 0.79, hexa("3a3f4a"))
    pen.bar(-0.105, 0.785, 0.105, 0.794, hexa("3a3f4a"))
    pen.poly([(-0.052, 0.742), (0.052, 0.742), (0.052, 0.86), (-0.052, 0.86)], hexa("f9e7ac"))
    if pen.night:
        pen.lamp([(-0.052, 0.742), (0.052, 0.742), (0.052, 0.86), (-0.052, 0.86)], LAMP, day=LAMP)
    for x in (-0.05, -0.018, 0.018, 0.05):
        pen.bar(x - 0.004, 0.742, x + 0.004, 0.865, hexa("3a3f4a"))
    pen.blob([(-0.075, 0.86), (-0.05, 0.905), (0, 0.945), (0.05, 0.905), (0.075, 0.86), (0, 0.855)], red)
    pen.dark([(0.02, 0.86), (0.075, 0.86), (0.05, 0.905), (0.01, 0.945)], 0.3)
    pen.bar(-0.004, 0.94, 0.004, 0.99, hexa("3a3f4a"))
    pen.glow(0, 0.8, 0.5 if pen.night else 0.26, LAMP)


def house(pen: Pen) -> None:
    """Draw a timber cabin with a chimney."""
    wall, roof = pen.paint(hexa("b98a5e")), hexa("7a3f35")
    pen.poly([(-0.5, -0.02), (0.16, -0.02), (0.16, 0.45), (-0.5, 0.45)], wall)
    pen.poly([(0.16, -0.02), (0.6, -0.02), (0.6, 0.45), (0.38, 0.78), (0.16, 0.45)], mix(wall, hexa("e9d3ac"), 0.25))
    for y in (0.06, 0.14, 0.22, 0.3, 0.38):
        pen.line([(-0.5, y), (0.6, y)], 0.008, darker(wall, 0.3))
    pen.bar(-0.3, 0.6, -0.17, 0.98, hexa("8c7a70"))
    pen.dark([(-0.22, 0.6), (-0.17, 0.6), (-0.17, 0.98), (-0.22, 0.98)], 0.3)
    pen.poly([(-0.56, 0.42), (0.14, 0.42), (0.38, 0.84), (-0.36, 0.84)], roof)
    pen.gleam([(-0.5, 0.52), (0.2, 0.52), (0.23, 0.57), (-0.47, 0.57)], 0.15)
    pen.gleam([(-0.43, 0.68), (0.28, 0.68), (0.31, 0.73), (-0.41, 0.73)], 0.15)
    pen.poly([(0.38, 0.84), (0.33, 0.84), (0.12, 0.42), (0.17, 0.42), (0.375, 0.76), (0.59, 0.4), (0.65, 0.4)],
             darker(roof, 0.3))  # fmt: skip
    pen.bar(0.3, -0.02, 0.46, 0.3, hexa("5b3a2a"))
    for left in (-0.4, -0.12):
        pen.bar(left - 0.02, 0.13, left + 0.18, 0.35, hexa("efe3cc"))
        pen.lamp([(left, 0.15), (left + 0.16, 0.15), (left + 0.16, 0.33), (left, 0.33)], LAMP, day=PANE)
        pen.bar(left + 0.073, 0.15, left + 0.087, 0.33, hexa("efe3cc"))
    pen.lamp(ring(0.38, 0.5, 0.06, 0.06), LAMP, day=PANE)
    pen.dark([(-0.5, 0.36), (0.16, 0.36), (0.16, 0.42), (-0.5, 0.42)], 0.3)
    pen.glow(-0.2, 0.25, 0.5, LAMP)


def castle(pen: Pen) -> None:
    """Draw a castle of five towers on its crag."""
    stone = mix(hexa("b9aa98"), pen.accent or hexa("b9aa98"), 0.5)
    roof = pen.paint(hexa("5a5f86"))
    crag = hexa("5f6350")
    pen.blob([(-0.68, -0.06), (-0.55, 0.1), (-0.42, 0.22), (-0.1, 0.27), (0.3, 0.25), (0.45, 0.14), (0.68, -0.06)], crag)
    pen.dark([(0.1, -0.06), (0.2, 0.24), (0.45, 0.14), (0.68, -0.06)], 0.3)

    def tower(x: float, low: float, top: float, half: float, cap: float) -> None:
        pen.bar(x - half, low, x + half, top, stone)
        pen.dark([(x + half * 0.2, low), (x + half, low), (x + half, top), (x + half * 0.2, top)], 0.3)
        pen.gleam([(x - half * 0.8, low), (x - half * 0.5, low), (x - half * 0.5, top), (x - half * 0.8, top)], 0.2)
        pen.bar(x - half * 1.22, top - 0.012, x + half * 1.22, top + 0.022, lighter(stone, 0.1))
        if cap:
            pen.poly([(x - half * 1.3, top + 0.02), (x + half * 1.3, top + 0.02), (x, top + cap)], roof)
            pen.dark([(x, top + 0.02), (x + half * 1.3, top + 0.02), (x, top + cap)], 0.32)
            pen.line([(x, top + cap), (x, top + cap + 0.05)], 0.006, darker(roof, 0.4))
            pen.poly([(x, top + cap + 0.05), (x + 0.045, top + cap + 0.036), (x, top + cap + 0.022)], hexa("c8432f"))
        else:
            for step in range(4):
                left = x - half * 1.22 + step * half * 0.7
                pen.bar(left, top + 0.02, left + half * 0.36, top + 0.045, lighter(stone, 0.1))
        for y in (0.35, 0.68):
            at = low + (top - low) * y
            pen.lamp([(x - 0.011, at), (x + 0.011, at), (x + 0.011, at + 0.03), (x, at + 0.043), (x - 0.011, at + 0.03)],
                     LAMP, day=PANE)  # fmt: skip

    tower(0.0, 0.3, 0.72, 0.075, 0.2)
    tower(-0.17, 0.2, 0.56, 0.055, 0.17)
    tower(0.19, 0.2, 0.6, 0.05, 0.17)
    pen.bar(-0.38, 0.14, 0.38, 0.36, stone)
    for step in range(13):
        left = -0.38 + step * 0.06
        pen.bar(left, 0.36, left + 0.034, 0.388, stone)
    pen.dark([(-0.38, 0.14), (0.38, 0.14), (0.38, 0.19), (-0.38, 0.19)], 0.2)
    tower(-0.38, 0.1, 0.46, 0.065, 0.17)
    tower(0.38, 0.08, 0.44, 0.065, 0.17)
    tower(-0.11, 0.15, 0.42, 0.045, 0.0)
    tower(0.11, 0.15, 0.42, 0.045, 0.0)
    pen.poly([(-0.045, 0.14), (0.045, 0.14), (0.045, 0.24), (0, 0.285), (-0.045, 0.24)], hexa("3d2c2a"))
    pen.blob([(-0.45, 0.02), (-0.3, 0.14), (-0.1, 0.15), (0.05, 0.13), (0.3, 0.13), (0.45, 0.02)], mix(crag, hexa("6f8a4f"), 0.6))
    pen.glow(0, 0.4, 0.4, LAMP)


def boat(pen: Pen) -> None:
    """Draw a sloop under full sail."""
    hull, sail = pen.paint(hexa("9c3d35")), hexa("f6efdf")
    pen.poly([(-0.02, 0.1), (0.005, 0.1), (0.005, 1.0), (-0.012, 1.0)], hexa("6b4a33"))
    main = [(0.02, 0.22), (0.02, 0.97), (0.18, 0.7), (0.33, 0.42), (0.43, 0.23), (0.2, 0.19)]
    pen.blob([(0.015, 0.21), (0.02, 0.97), (0.1, 0.84), (0.24, 0.58), (0.38, 0.33), (0.43, 0.22), (0.2, 0.185)], sail)
    pen.dark([(0.02, 0.2), (0.02, 0.5), (0.2, 0.3), (0.43, 0.22)], 0.16)
    pen.gleam([main[1], main[2], main[3], (0.16, 0.5)], 0.2)
    stripe = pen.accent or hexa("d98a3d")
    pen.poly([(0.02, 0.4), (0.35, 0.385), (0.33, 0.44), (0.02, 0.46)], stripe)
    pen.blob([(-0.035, 0.24), (-0.03, 0.9), (-0.1, 0.72), (-0.25, 0.42), (-0.37, 0.23), (-0.2, 0.2)],
             mix(sail, stripe, 0.75 if pen.accent else 0.1))  # fmt: skip
    pen.dark([(-0.035, 0.22), (-0.03, 0.9), (-0.1, 0.6), (-0.12, 0.22)], 0.2)
    pen.poly([(0.0, 0.99), (0.11, 0.965), (0.0, 0.94)], hexa("e0a93f"))
    pen.line([(0.0, 0.2), (0.44, 0.21)], 0.014, hexa("6b4a33"))
    pen.blob([(-0.46, 0.16), (-0.36, 0.05), (-0.2, -0.01), (0.2, -0.015), (0.38, 0.03), (0.44, 0.14), (0.2, 0.125), (-0.2, 0.125)], hull)
    pen.dark([(-0.4, 0.05), (-0.2, -0.02), (0.3, -0.02), (0.42, 0.06), (0.2, 0.045), (-0.2, 0.045)], 0.35)
    pen.poly([(-0.46, 0.163), (0.44, 0.147), (0.435, 0.125), (-0.44, 0.14)], hexa("f2e6cf"))
    pen.poly([(0.08, 0.14), (0.28, 0.14), (0.26, 0.19), (0.1, 0.2)], hexa("c79a64"))


def rocket(pen: Pen) -> None:
    """Draw a finned rocket on its flame."""
    white, red = hexa("f0ece2"), pen.paint(hexa("d0482f"))
    if pen.lamps is None and not pen.night:
        pen.blob([(-0.07, 0.24), (-0.1, 0.12), (-0.03, 0.03), (0, -0.06), (0.03, 0.03), (0.1, 0.12), (0.07, 0.24)], hexa("f58a2c"))
    pen.lamp([(-0.07, 0.24), (-0.085, 0.13), (-0.03, 0.05), (0, -0.06), (0.03, 0.05), (0.085, 0.13), (0.07, 0.24)],
             hexa("ff9a3c"), day=hexa("f58a2c"))  # fmt: skip
    pen.lamp([(-0.042, 0.24), (-0.05, 0.15), (0, 0.04), (0.05, 0.15), (0.042, 0.24)], hexa("fff0b0"), day=hexa("ffe9a0"))
    for side in (-1, 1):
        pen.poly([(side * 0.1, 0.5), (side * 0.22, 0.33), (side * 0.24, 0.16), (side * 0.1, 0.27)], red)
    pen.dark([(0.1, 0.5), (0.22, 0.33), (0.24, 0.16), (0.1, 0.27)], 0.3)
    pen.poly([(-0.06, 0.25), (0.06, 0.25), (0.08, 0.2), (-0.08, 0.2)], hexa("4a505c"))
    pen.blob([(-0.09, 0.25), (-0.125, 0.45), (-0.12, 0.65), (-0.08, 0.83), (0, 1.0), (0.08, 0.83), (0.12, 0.65), (0.125, 0.45), (0.09, 0.25), (0, 0.235)], white)
    pen.blob([(-0.085, 0.815), (-0.05, 0.91), (0, 1.0), (0.05, 0.91), (0.085, 0.815), (0, 0.8)], red)
    pen.poly([(-0.122, 0.42), (0.122, 0.42), (0.117, 0.37), (-0.117, 0.37)], red)
    pen.dark([(0.03, 0.24), (0.09, 0.25), (0.125, 0.45), (0.12, 0.65), (0.08, 0.83), (0.01, 0.99), (0.05, 0.7)], 0.34)
    pen.gleam([(-0.095, 0.4), (-0.07, 0.4), (-0.06, 0.75), (-0.08, 0.75)], 0.5)
    pen.oval(0, 0.64, 0.06, 0.06, hexa("5a6472"))
    pen.oval(0, 0.64, 0.045, 0.045, hexa("8fd0e0"))
    pen.gleam(ring(-0.014, 0.655, 0.018, 0.014), 0.7)
    pen.poly([(-0.012, 0.3), (0.012, 0.3), (0.008, 0.5), (-0.008, 0.5)], red)
    pen.glow(0, 0.1, 0.42, hexa("ff9a3c"))


def balloon(pen: Pen) -> None:
    """Draw a hot-air balloon."""
    one, two = pen.paint(hexa("d9573f")), hexa("f3d9a4")
    for share, tone in ((1.0, one), (0.72, two), (0.42, one), (0.14, two)):
        rx = 0.37 * share
        pen.blob([(-rx, 0.64), (-rx * 0.92, 0.84), (-rx * 0.5, 0.97), (0, 1.0), (rx * 0.5, 0.97), (rx * 0.92, 0.84),
                  (rx, 0.64), (rx * 0.7, 0.43), (0.075 * share + 0.01, 0.24), (-0.075 * share - 0.01, 0.24), (-rx * 0.7, 0.43)], tone)  # fmt: skip
    pen.dark([(0.1, 0.24), (0.26, 0.43), (0.37, 0.64), (0.34, 0.84), (0.18, 0.97), (0.22, 0.7)], 0.3)
    pen.gleam([(-0.27, 0.6), (-0.2, 0.58), (-0.18, 0.8), (-0.24, 0.82)], 0.35)
    for x in (-0.07, 0.07):
        pen.line([(x, 0.24), (x * 0.8, 0.11)], 0.007, hexa("5a4334"))
    pen.poly([(-0.065, 0.11), (0.065, 0.11), (0.05, 0.0), (-0.05, 0.0)], hexa("9a6a40"))
    pen.dark([(0.01, 0.11), (0.065, 0.11), (0.05, 0.0), (0.01, 0.0)], 0.3)
    pen.lamp(ring(0, 0.215, 0.025, 0.035), hexa("ffc65a"), day=hexa("ffc65a"))
    pen.glow(0, 0.3, 0.3, hexa("ffb25a"))


def car(pen: Pen) -> None:
    """Draw a rounded small car."""
    body = pen.paint(hexa("3f8a9c"))
    pen.blob([(-0.62, 0.5), (-0.5, 0.85), (-0.3, 0.96), (0.05, 0.98), (0.3, 0.86), (0.52, 0.5)], darker(body, 0.1))
    pen.poly([(-0.5, 0.55), (-0.42, 0.8), (-0.27, 0.89), (-0.1, 0.9), (-0.1, 0.55)], hexa("bfe0e6"))
    pen.poly([(-0.05, 0.55), (-0.05, 0.9), (0.1, 0.9), (0.26, 0.8), (0.42, 0.55)], hexa("a9d0da"))
    pen.gleam([(-0.4, 0.6), (-0.3, 0.6), (-0.2, 0.86), (-0.27, 0.86)], 0.5)
    pen.blob([(-0.96, 0.25), (-0.93, 0.48), (-0.6, 0.56), (0.0, 0.57), (0.5, 0.55), (0.85, 0.48), (0.98, 0.34), (0.95, 0.17), (0, 0.14), (-0.92, 0.15)], body)
    pen.dark([(-0.95, 0.3), (0.97, 0.3), (0.95, 0.15), (-0.92, 0.14)], 0.28)
    pen.gleam([(-0.85, 0.48), (0.8, 0.46), (0.7, 0.51), (-0.7, 0.53)], 0.4)
    pen.poly([(-0.97, 0.2), (0.98, 0.2), (0.97, 0.14), (-0.96, 0.14)], hexa("d9dcdc"))
    for x in (-0.55, 0.58):
        pen.oval(x, 0.16, 0.2, 0.2, hexa("23252e"))
        pen.oval(x, 0.16, 0.115, 0.115, hexa("d4d6d3"))
        pen.oval(x, 0.16, 0.05, 0.05, hexa("7c8288"))
    pen.lamp(ring(0.9, 0.38, 0.06, 0.07), LAMP, day=hexa("fdf3d0"))
    pen.lamp(ring(-0.94, 0.38, 0.03, 0.06), hexa("ff5a4a"), day=hexa("c8432f"))
    pen.line([(-0.08, 0.2), (-0.08, 0.55)], 0.012, darker(body, 0.4))
    pen.bar(0.02, 0.42, 0.14, 0.445, hexa("e9e9e4"))
    pen.glow(0.95, 0.38, 0.6, LAMP)


def robot(pen: Pen) -> None:
    """Draw a friendly round-eyed robot."""
    shell = pen.paint(hexa("c9cfd0"))
    dark, warm = hexa("39414c"), hexa("e58b3c")
    for x in (-0.1, 0.1):
        pen.bar(x - 0.035, 0.05, x + 0.035, 0.26, dark)
        pen.blob([(x - 0.085, -0.01), (x - 0.08, 0.06), (x, 0.085), (x + 0.085, 0.06), (x + 0.09, -0.01)], shell)
    for side in (-1, 1):
        pen.line([(side * 0.2, 0.52), (side * 0.3, 0.42), (side * 0.29, 0.27)], 0.05, dark)
        pen.ball(side * 0.29, 0.25, 0.055, 0.055, shell)
        pen.ball(side * 0.21, 0.53, 0.06, 0.06, warm)
    pen.blob([(-0.18, 0.24), (-0.215, 0.42), (-0.17, 0.58), (0, 0.6), (0.17, 0.58), (0.215, 0.42), (0.18, 0.24), (0, 0.21)], shell)
    pen.dark([(0.07, 0.2), (0.18, 0.24), (0.215, 0.42), (0.17, 0.58), (0.09, 0.6)], 0.3)
    pen.gleam([(-0.17, 0.33), (-0.14, 0.31), (-0.12, 0.53), (-0.15, 0.54)], 0.5)
    pen.oval(0, 0.43, 0.075, 0.075, dark)
    pen.lamp(ring(0, 0.43, 0.05, 0.05), hexa("ffb65c"), day=warm)
    pen.bar(-0.04, 0.58, 0.04, 0.64, dark)
    pen.blob([(-0.2, 0.65), (-0.215, 0.77), (-0.17, 0.87), (0, 0.895), (0.17, 0.87), (0.215, 0.77), (0.2, 0.65), (0, 0.625)], shell)
    pen.dark([(0.09, 0.63), (0.2, 0.65), (0.215, 0.77), (0.17, 0.87), (0.1, 0.885)], 0.28)
    pen.blob([(-0.15, 0.685), (-0.16, 0.77), (-0.13, 0.83), (0.13, 0.83), (0.16, 0.77), (0.15, 0.685), (0, 0.67)], dark)
    for x in (-0.07, 0.07):
        pen.lamp(ring(x, 0.755, 0.038, 0.044), hexa("8ff3ff"), day=hexa("86e3ef"))
        pen.gleam(ring(x - 0.01, 0.77, 0.012, 0.012), 0.9)
    pen.line([(0, 0.89), (0, 0.97)], 0.012, dark)
    pen.lamp(ring(0, 0.98, 0.025, 0.025), hexa("ff7a5a"), day=hexa("d9573f"))
    pen.glow(0, 0.6, 0.3, hexa("8ff3ff"))


def skyline(pen: Pen) -> None:
    """Draw a cluster of tall towers."""
    tone = pen.paint(hexa("6c7c95"))
    for x, half, top in ((-0.52, 0.1, 0.5), (-0.3, 0.09, 0.78), (0.48, 0.12, 0.6), (0.25, 0.1, 0.86),
                         (-0.1, 0.1, 0.66), (0.07, 0.08, 1.0), (-0.42, 0.09, 0.38), (0.38, 0.09, 0.42)):  # fmt: skip
        shade = mix(tone, hexa("d9cfc0"), 0.3 * (1 - top))
        pen.poly([(x - half, -0.02), (x + half, -0.02), (x + half, top - 0.05), (x + half * 0.5, top), (x - half, top - 0.03)], shade)
        pen.dark([(x + half * 0.2, -0.02), (x + half, -0.02), (x + half, top), (x + half * 0.2, top)], 0.3)
        rows = int(top / 0.05)
        for row in range(rows):
            for column in range(3):
                if pen.rng.random() < 0.55:
                    left = x - half * 0.75 + column * half * 0.55
                    y = 0.04 + row * 0.048
                    if y < top - 0.09:
                        pen.lamp([(left, y), (left + half * 0.3, y), (left + half * 0.3, y + 0.022), (left, y + 0.022)],
                                 LAMP, day=lighter(shade, 0.35))  # fmt: skip
    pen.glow(0, 0.3, 0.6, hexa("ffb870"))


def bridge(pen: Pen) -> None:
    """Draw a stone bridge of three arches."""
    stone = pen.paint(hexa("b3a08a"))
    deck = [(-1.6, 0.62), (-0.8, 0.84), (0, 0.92), (0.8, 0.84), (1.6, 0.62)]
    pen.poly([(-1.6, -0.05), *deck, (1.6, -0.05)], stone)
    pen.poly([*deck, (1.6, 0.74), (0.8, 0.96), (0, 1.04), (-0.8, 0.96), (-1.6, 0.74)], lighter(stone, 0.2))
    for x, r in ((-0.95, 0.34), (0.0, 0.42), (0.95, 0.34)):
        arch = [(x + r * math.cos(t), max(-0.05, 0.18 + r * 1.15 * math.sin(t))) for t in [math.pi * s / 16 for s in range(17)]]
        pen.poly([(x + r, -0.05), *arch, (x - r, -0.05)], hexa("4a4a55"))
        pen.dark([(x + r, -0.05), *arch, (x - r, -0.05)], 0.2)


def train(pen: Pen) -> None:
    """Draw a steam engine and a carriage."""
    body = pen.paint(hexa("2f5d4f"))
    pen.blob([(0.5, 0.75), (0.35, 0.85), (0.1, 0.95), (-0.3, 1.0), (-0.35, 0.9), (0.1, 0.84), (0.45, 0.7)], hexa("e6e1da"))
    pen.bar(-1.5, 0.12, -0.5, 0.56, hexa("8c3b32"))
    for x in (-1.38, -1.1, -0.82):
        pen.lamp([(x, 0.3), (x + 0.18, 0.3), (x + 0.18, 0.48), (x, 0.48)], LAMP, day=hexa("e9d9b0"))
    pen.bar(-1.54, 0.55, -0.46, 0.61, hexa("4a3a38"))
    pen.bar(-0.4, 0.12, 0.1, 0.66, body)
    pen.lamp([(-0.3, 0.4), (-0.02, 0.4), (-0.02, 0.58), (-0.3, 0.58)], LAMP, day=hexa("a9d0da"))
    pen.bar(-0.45, 0.65, 0.15, 0.7, hexa("3a3436"))
    pen.bar(0.1, 0.16, 0.95, 0.5, body)
    pen.dark([(-0.4, 0.12), (0.95, 0.12), (0.95, 0.26), (-0.4, 0.26)], 0.3)
    pen.gleam([(0.12, 0.42), (0.93, 0.42), (0.93, 0.47), (0.12, 0.47)], 0.35)
    pen.ball(0.95, 0.33, 0.06, 0.17, darker(body, 0.2))
    pen.poly([(0.68, 0.5), (0.66, 0.7), (0.62, 0.76), (0.88, 0.76), (0.84, 0.7), (0.82, 0.5)], hexa("3a3436"))
    pen.ball(0.4, 0.53, 0.08, 0.07, hexa("c79a4b"))
    pen.lamp(ring(1.02, 0.4, 0.045, 0.045), LAMP, day=hexa("fdf3d0"))
    for x in (-1.3, -0.75, -0.2, 0.2, 0.55, 0.85):
        pen.oval(x, 0.1, 0.12, 0.12, hexa("2a2629"))
        pen.oval(x, 0.1, 0.07, 0.07, hexa("a84a3a"))
    pen.line([(-0.2, 0.1), (0.85, 0.1)], 0.025, hexa("c9c5bd"))
    pen.glow(1.05, 0.4, 0.5, LAMP)


ROWS: dict[str, Row] = {
    "lighthouse": (lighthouse, 0.56, 0.82, "land"),
    "house": (house, 0.3, 1.35, "land"),
    "castle": (castle, 0.56, 1.42, "land"),
    "boat": (boat, 0.46, 0.96, "water"),
    "rocket": (rocket, 0.62, 0.56, "air"),
    "balloon": (balloon, 0.5, 0.8, "air"),
    "car": (car, 0.2, 2.05, "land"),
    "robot": (robot, 0.56, 0.74, "land"),
    "skyline": (skyline, 0.5, 1.3, "land"),
    "bridge": (bridge, 0.22, 3.2, "water"),
    "train": (train, 0.24, 3.1, "land"),
}
