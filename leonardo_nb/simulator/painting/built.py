# ruff: noqa: E501  a shape or a table reads as one row
"""The places that people have built: a street and a room."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from leonardo_nb.simulator.painting.colour import (
    darker,
    hexa,
    lighter,
    lit,
    mix,
    turned,
)
from leonardo_nb.simulator.painting.scene import Scene, circle, lens

if TYPE_CHECKING:
    from collections.abc import Callable

    from PIL import Image

    from leonardo_nb.simulator.painting.pen import Point

__all__ = ["PLACE_PAINTERS"]


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
    inner = _view(scene, int(pane[2] - pane[0]), int(bottom - top))
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
        scene.fill([circle(px, py, s * 0.5)], turned(mix(wall, hexa("c05a44"), 0.6), 20), share=0.9)
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
            lens(
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


def _view(scene: Scene, wide: int, high: int) -> Image.Image | None:
    """Return a small landscape for a window, or None where it would be too small."""
    # a window shows any place, and the table of all places is made of this file's among others
    from leonardo_nb.simulator.painting.scenery import paint_scene

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


PLACE_PAINTERS: dict[str, Callable[[Scene], None]] = {
    "city": _city,
    "room": _room,
    "library": _room,
}
