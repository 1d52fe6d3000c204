"""
Films from one painted picture: the camera moves slowly, and so does what cannot stand still.

The picture is larger than the film, so that there is something to move over.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image, ImageChops, ImageDraw, ImageOps

from leonardo_nb.simulator.mp4 import film_of
from leonardo_nb.simulator.painter import marked
from leonardo_nb.simulator.painting.brief import MOST_CHARACTERS, read_brief
from leonardo_nb.simulator.painting.surface import blurred

if TYPE_CHECKING:
    from collections.abc import Callable

    from leonardo_nb.simulator.painting.brief import Brief

__all__ = ["OVERSIZE", "camera", "fps_for", "larger_than", "shoot"]

OVERSIZE = 1.18
"""How much larger than the film the picture is that the camera moves over."""

FPS = (12, 10, 8, 6)
MOST_PIXELS = 64_000_000
"""Pixels of a whole film; a larger one has fewer frames a second, so that it is soon drawn."""

MOST_BYTES = 1_000_000
QUALITIES = (55, 35, 18)
"""The first one that keeps a film below that; only rain and snow need another than the first."""

WET = ("sea", "lake", "beach", "underwater")


def fps_for(size: tuple[int, int], seconds: float) -> int:
    """Return the frames a second: 12, or fewer for films that are large and long."""
    for fps in FPS:
        if size[0] * size[1] * seconds * fps <= MOST_PIXELS:
            return fps
    return FPS[-1]


def larger_than(size: tuple[int, int]) -> tuple[int, int]:
    """Return the size of the picture that a film of *size* is made from."""
    return math.ceil(size[0] * OVERSIZE), math.ceil(size[1] * OVERSIZE)


def shoot(
    picture: Image.Image,
    size: tuple[int, int],
    seconds: float,
    *,
    prompt: str = "",
    seed: int = 0,
    last: Image.Image | None = None,
    reach: float = 1.0,
) -> bytes:
    """
    Return the MP4 of a slow move over *picture*.

    Args:
        picture: RGB; it is cut to the film's shape.
        size: Width and height of the film.
        seconds: How long it is.
        prompt: What is in it, so that water ripples and snow falls.
        seed: Which way the camera goes.
        last: What the film ends with.
        reach: How far the camera goes, at most 1.
    """
    fps = fps_for(size, seconds)
    count = max(2, round(seconds * fps))
    draw = camera(picture, size, count, prompt=prompt, seed=seed, last=last, reach=reach)
    film = b""
    for quality in QUALITIES:
        film = film_of(draw, count, fps=fps, quality=quality)
        if len(film) <= MOST_BYTES:
            break
    return film


def camera(
    picture: Image.Image,
    size: tuple[int, int],
    count: int,
    *,
    prompt: str = "",
    seed: int = 0,
    last: Image.Image | None = None,
    reach: float = 1.0,
) -> Callable[[int], Image.Image]:
    """Return what draws each of *count* frames of a film, by its number; see `shoot`."""
    brief = read_brief(prompt[:MOST_CHARACTERS], "")
    rng = np.random.default_rng([seed & 0xFFFFFFFF, 77])
    ground = _fitted(picture, larger_than(size))
    end = None if last is None else _fitted(last, size)
    pan = reach * float(rng.uniform(-1, 1)), reach * float(rng.uniform(-0.5, 0.5))
    inwards = bool(rng.random() < 0.6)
    flakes = rng.random((140, 3)).astype(np.float32)
    shine = _shine(size, rng)

    def draw(number: int) -> Image.Image:
        part = number / (count - 1)
        frame = _seen(ground, size, reach * part, pan, inwards=inwards)
        if brief.place in WET:
            frame = _rippling(frame, part, deep=brief.place == "underwater")
        else:
            frame = _drifting(frame, shine, part)
        if brief.weather in ("rain", "snowfall") or brief.place == "snow":
            frame = _falling(frame, flakes, number, brief)
        if end is not None and part > 0.5:
            frame = Image.blend(frame, end, _eased((part - 0.5) * 2))
        return marked(frame)

    return draw


def _fitted(picture: Image.Image, size: tuple[int, int]) -> Image.Image:
    if picture.mode == "RGBA":
        flat = Image.new("RGB", picture.size, (238, 238, 234))
        flat.paste(picture, (0, 0), picture)
        picture = flat
    return ImageOps.fit(picture.convert("RGB"), size, Image.Resampling.LANCZOS)


def _eased(part: float) -> float:
    return part * part * (3 - 2 * part)


def _seen(
    ground: Image.Image,
    size: tuple[int, int],
    part: float,
    pan: tuple[float, float],
    *,
    inwards: bool,
) -> Image.Image:
    """Return what the camera sees after *part* of its way."""
    along = 0.25 * part + 0.75 * _eased(part)
    near = along if inwards else 1 - along
    scale = 1.0 - (1 - 1 / OVERSIZE) * (0.25 + 0.75 * near)
    wide, high = ground.width * scale, ground.height * scale
    x = (ground.width - wide) * (0.5 + 0.5 * pan[0] * (2 * along - 1))
    y = (ground.height - high) * (0.5 + 0.5 * pan[1] * (2 * along - 1))
    box = (x, y, min(x + wide, ground.width), min(y + high, ground.height))
    return ground.resize(size, Image.Resampling.BICUBIC, box=box)


def _rippling(frame: Image.Image, part: float, *, deep: bool) -> Image.Image:
    values = np.asarray(frame)
    high, wide = values.shape[:2]
    top = 0 if deep else round(high * 0.6)
    rows = np.arange(top, high)
    depth = (rows - top) / max(1, high - top)
    reach = wide * 0.006 * (0.15 + depth)
    sway = reach * np.sin(2 * math.pi * (part * 4 - 9 * np.sqrt(depth + 0.02)))
    columns = (np.arange(wide)[None, :] + np.rint(sway)[:, None].astype(np.int64)) % wide
    columns = columns.clip(0, wide - 1)
    moved = values.copy()
    moved[top:] = np.take_along_axis(values[top:], columns[..., None], axis=1)
    return Image.fromarray(moved)


def _shine(size: tuple[int, int], rng: np.random.Generator) -> Image.Image:
    """Return light and shade twice as wide as the film, to be drawn over it like clouds."""
    coarse = Image.fromarray((rng.random((4, 12)) * 46).astype(np.uint8))
    return blurred(coarse.resize((size[0] * 2, size[1]), Image.Resampling.BICUBIC), size[1] * 0.05)


def _drifting(frame: Image.Image, shine: Image.Image, part: float) -> Image.Image:
    x = round((shine.width - frame.width) * 0.5 * part)
    light = shine.crop((x, 0, x + frame.width, frame.height))
    return ImageChops.screen(frame, Image.merge("RGB", (light, light, light)))


def _falling(
    frame: Image.Image, flakes: np.ndarray[tuple[int, ...], np.dtype[np.float32]],
    number: int, brief: Brief,
) -> Image.Image:  # fmt: skip
    draw = ImageDraw.Draw(frame)
    wide, high = frame.size
    rain = brief.weather == "rain"
    for x, y, size in flakes:
        speed = (0.09 + 0.05 * size) if rain else (0.012 + 0.014 * size)
        down = (y + number * speed) % 1.1 * high
        if rain:
            across = (x - number * speed * 0.12) % 1.0 * wide
            long = high * (0.02 + 0.03 * size)
            draw.line((across, down, across - long * 0.2, down + long), fill=(205, 214, 222))
        else:
            across = (x + 0.012 * math.sin(number * 0.25 + 9 * x)) * wide
            r = high * (0.002 + 0.005 * size)
            draw.ellipse((across - r, down - r, across + r, down + r), fill=(250, 251, 252))
    return frame
