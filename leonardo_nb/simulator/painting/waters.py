# ruff: noqa: E501  a shape or a table reads as one row
"""The places by the water, and the one under it."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING

from leonardo_nb.simulator.painting.colour import (
    Colour,
    darker,
    hexa,
    lighter,
    lit,
    mix,
)
from leonardo_nb.simulator.painting.land import peaks
from leonardo_nb.simulator.painting.scene import Scene, circle

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from leonardo_nb.simulator.painting.brief import Brief
    from leonardo_nb.simulator.painting.pen import Point

__all__ = ["PLACE_PAINTERS"]


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
    peaks(scene, water=True)
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
        circle(a * w, b * h, u * (0.003 + 0.008 * c)) for a, b, c in scene.rng.random((40, 3))
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
                shapes.append(circle(x + lean, y - high, t * 1.5))
        scene.fill(shapes, mix(lit(hexa(code), tone), scene.light.haze, depth))


PLACE_PAINTERS: dict[str, Callable[[Scene], None]] = {
    "sea": _sea,
    "beach": _beach,
    "lake": _lake,
    "underwater": _underwater,
}
