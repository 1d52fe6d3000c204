# ruff: noqa: E501  a shape or a table reads as one row
"""The places beyond the air: space, and the ground of a moon."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image, ImageChops

from leonardo_nb.simulator.painting.colour import (
    darker,
    hexa,
    lighter,
    mix,
    turned,
)
from leonardo_nb.simulator.painting.scene import Scene, circle, lens
from leonardo_nb.simulator.painting.texture import noise

if TYPE_CHECKING:
    from collections.abc import Callable


__all__ = ["PLACE_PAINTERS"]


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
    scene.fill([circle(x, y, radius)], lighter(body, 0.25), low=darker(body, 0.2))
    bands = [lens(x, y + radius * dy, radius * math.sqrt(max(0.0, 1 - dy * dy)), radius * 0.07)
             for dy in (-0.5, -0.12, 0.22, 0.55)]  # fmt: skip
    scene.fill(bands, lighter(turned(body, 20), 0.3), share=0.5)
    away = radius * (0.45 if scene.from_left else -0.45)
    shadow = scene.mask([circle(x, y, radius)])
    shadow = ImageChops.subtract(shadow, scene.mask([circle(x - away, y - radius * 0.3, radius * 1.05)],
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
        scene.fill([lens(x, y, r * 1.4, r * 0.4)], hexa("5b5768"), share=0.7)
        scene.fill([lens(x, y + r * 0.18, r * 1.3, r * 0.26)], hexa("c9c5cc"), share=0.6)


PLACE_PAINTERS: dict[str, Callable[[Scene], None]] = {"space": _space, "moonland": _moonland}
