# ruff: noqa: E501  a shape or a table reads as one row
"""The places with ground under them: peaks, meadow, forest, snow and desert."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from leonardo_nb.simulator.painting.colour import (
    Colour,
    darker,
    hexa,
    lighter,
    lit,
    mix,
    turned,
)
from leonardo_nb.simulator.painting.scene import Scene, circle

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from leonardo_nb.simulator.painting.pen import Point

__all__ = ["PLACE_PAINTERS", "peaks"]


def peaks(scene: Scene, *, water: bool = False) -> None:
    """Paint mountains, and a lake before them where *water* is asked for."""
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
            petals.append(circle(a * scene.width, h - u * 0.3 * (1 - b) - r, r))
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


PLACE_PAINTERS: dict[str, Callable[[Scene], None]] = {
    "desert": _desert,
    "forest": _forest,
    "snow": _snow,
    "peaks": peaks,
    "meadow": _meadow,
}
