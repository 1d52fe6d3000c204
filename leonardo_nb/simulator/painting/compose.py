# ruff: noqa: E501  a shape or a table reads as one row
"""Puts subjects into a scene: where they stand, what they throw and mirror, what is in front."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

from leonardo_nb.simulator.painting.colour import darker, hexa, lighter
from leonardo_nb.simulator.painting.light import choose_light
from leonardo_nb.simulator.painting.pen import Pen
from leonardo_nb.simulator.painting.scene import Scene, bounded
from leonardo_nb.simulator.painting.scenery import paint_scene
from leonardo_nb.simulator.painting.sprites import SPRITES

if TYPE_CHECKING:
    from leonardo_nb.simulator.painting.brief import Brief
    from leonardo_nb.simulator.painting.light import Light
    from leonardo_nb.simulator.painting.looks import Look
    from leonardo_nb.simulator.painting.sprites import Sprite

__all__ = ["Painting", "compose"]


@dataclass(slots=True)
class Painting:
    """
    A composed picture before its look is laid over it.

    Attributes:
        scene: The scene; its image is the whole picture.
        behind: The picture without its subjects.
        cover: Where the subjects are, as "L".
        subject: The subjects alone, as RGBA, or None where there are none.
    """

    scene: Scene
    behind: Image.Image
    cover: Image.Image
    subject: Image.Image | None = None
    box: tuple[int, int, int, int] | None = None
    glows: list[tuple[float, float, float, tuple[int, int, int]]] = field(default_factory=list)


def compose(brief: Brief, look: Look, *, width: int, height: int, rng: np.random.Generator,
            strict: float, loose: float, detail: float, backdrop: bool = True) -> Painting:  # fmt: skip
    """
    Paint the scene and what is in it.

    Args:
        brief: What to paint.
        look: The style; it says how near, how calm, how outlined.
        width: Pixels across.
        height: Pixels down.
        rng: Where the composition comes from.
        strict: 0 to 1: how large and central the subject is.
        loose: 0 to 1: how far everything drifts.
        detail: 0 to 1: how fine to draw.
        backdrop: False paints the subjects alone.
    """
    # one stream for each part, so that a style or a step more does not move the others
    *placing, for_scene, for_weather, for_finish = rng.spawn(6)
    light = choose_light(brief, rng)
    side = float(rng.uniform(-1, 1))
    drift = side * (0.2 * (1 - strict) + 0.08 * loose) * (1 - look.central)
    # a little to one side is better than almost in the middle
    centre = (
        0.5 + drift + (0.002 + 0.07 * (1 - strict) * (1 - look.central)) * (1 if side > 0 else -1)
    )
    scene = Scene(width, height, for_scene, light, brief, detail, calm=look.calm, centre=centre)
    horizon = float(rng.uniform(0.5, 0.66)) + look.lower
    if height > width * 1.2:
        horizon += 0.05
    if backdrop:
        paint_scene(scene, horizon=bounded(horizon, 0.3, 0.85))
    else:
        scene.horizon, scene.floor = height * 0.7, height * 0.86
    behind = scene.image.copy()
    painting = Painting(scene, behind, Image.new("L", (width, height)))
    scale = look.size * (0.86 + 0.42 * strict - 0.2 * loose) * float(rng.uniform(0.92, 1.1))
    if not backdrop:
        scale *= 1.35
    layer = Image.new("RGBA", (width, height)) if brief.subjects else None
    order = sorted(
        enumerate(brief.subjects), key=lambda one: (SPRITES[one[1]].home != "far", -one[0])
    )
    for rank, name in order:
        scene.rng = placing[rank]
        _place(painting, layer, name, SPRITES[name], rank=rank, scale=scale, look=look,
               loose=loose)  # fmt: skip
    if layer is not None:
        painting.subject = layer
        painting.cover = layer.getchannel("A")
    if backdrop:
        for paint_front in scene.front:
            if not scene.indoors and not look.near and look.calm < 0.6:
                paint_front()
        for x, y, radius, colour in painting.glows:
            strength = 0.7 if scene.light.night else 0.3
            scene.glow(x, y, radius, colour, strength)
        scene.rng = for_weather
        _weather(scene, loose)
    scene.rng = for_finish
    return painting


def _place(painting: Painting, layer: Image.Image | None, name: str, sprite: Sprite,
           *, rank: int, scale: float, look: Look, loose: float) -> None:  # fmt: skip
    scene = painting.scene
    u, rng = scene.unit, scene.rng
    # what only comes along is not brought near
    share = 1.0 if rank == 0 else 0.6 / (look.size if look.near else 1.0)
    tall = u * sprite.height * scale * share
    if look.near and rank == 0:
        tall = min(tall, scene.width * 1.3 / sprite.aspect, scene.height * 1.35)
    else:
        # wide things shrink rather than leave the picture
        tall = min(tall, scene.width * 0.96 / sprite.aspect, scene.height * 0.92)
    tall = max(tall, 6.0)
    accent = scene.brief.accents.get(name)
    pen = Pen(
        tall, sprite.aspect, rng, accent=accent, outline=look.outline, detail=scene.detail,
        mirrored=bool(rng.random() < 0.5), night=scene.light.night and not scene.indoors,
    )  # fmt: skip
    sprite.draw(pen)
    image = pen.finished(scene.light if not scene.indoors else _indoor(scene), from_left=scene.from_left,
                         rim=0.55 if not look.outline else 0.25)  # fmt: skip
    spots = (0.0, -0.3, 0.3)
    x = scene.centre * scene.width
    if rank:
        side = -1 if (x > scene.width / 2) == (rank % 2 == 1) else 1
        x = (
            bounded(
                x / scene.width + side * abs(spots[rank]) * float(rng.uniform(0.9, 1.25)),
                0.14,
                0.86,
            )
            * scene.width
        )
    base = _base(scene, sprite, tall, rank)
    if look.near and rank == 0:
        # heads stay in the picture, feet need not
        base = max(base, scene.height * 0.1 + tall, scene.height * 0.97)
    left = round(x - image.width / 2)
    if rank == 0 and tall * sprite.aspect < scene.width:
        half = tall * sprite.aspect / 2
        left = round(bounded(x, half * 0.9, scene.width - half * 0.9) - image.width / 2)
    top = round(base - image.height + Pen.MARGIN * tall)
    if sprite.home == "water" and scene.water is not None:
        _mirror(scene, image, left, round(base - tall * 0.01), tall)
    elif sprite.home == "land" and name not in {"lighthouse", "castle", "peak"}:
        _shadow(scene, left + image.width / 2, base, tall * sprite.aspect * 0.5, tall)
    share = 1 - 0.4 * loose
    if share < 1:
        faint = image.getchannel("A").point([round(value * share) for value in range(256)])
        image.putalpha(faint)
    scene.image.paste(image, (left, top), image)
    if layer is not None:
        layer.alpha_composite(image.crop((max(0, -left), max(0, -top), image.width, image.height)),
                              (max(0, left), max(0, top)))  # fmt: skip
    if rank == 0:
        painting.box = (left, top, left + image.width, top + image.height)
    painting.glows += [
        (left + gx, top + gy, radius, colour) for gx, gy, radius, colour in pen.glows
    ]


def _indoor(scene: Scene) -> Light:
    """Return the light in a room: the sky's colour stays outside."""
    dim = (0.72, 0.68, 0.7) if scene.light.night else (1.0, 0.97, 0.93)
    return replace(scene.light, ambient=dim)


def _base(scene: Scene, sprite: Sprite, tall: float, rank: int) -> float:
    """Return the row on which a subject's base stands."""
    rng = scene.rng
    if sprite.home == "air":
        room = max(0.0, scene.horizon * 1.05 - tall)
        return bounded(tall + room * float(rng.uniform(0.3, 0.85)) + scene.height * 0.04, tall * 1.04,
                       max(tall * 1.05, scene.height * 0.9))  # fmt: skip
    if sprite.home == "deep":
        return scene.height * float(rng.uniform(0.5, 0.66)) + tall * 0.3
    if sprite.home == "bust":
        return scene.height * 1.01
    if sprite.home == "far":
        return scene.horizon + scene.unit * 0.03
    if sprite.home == "water" and scene.water is not None:
        return scene.water + (scene.height - scene.water) * float(rng.uniform(0.25, 0.5))
    floor = scene.floor + (scene.unit * 0.03 * rank)
    return bounded(floor, min(tall * 1.02, scene.height * 0.96), scene.height * 0.97)


def _mirror(scene: Scene, image: Image.Image, left: int, base: int, tall: float) -> None:
    """Paint a floating thing's reflection."""
    flipped = image.transpose(Image.Transpose.FLIP_TOP_BOTTOM)
    flipped = flipped.resize((image.width, max(2, round(image.height * 0.62))))
    values = np.asarray(flipped)
    rows = np.arange(values.shape[0])
    sway = (np.sin(rows * 60 / max(20.0, tall)) * (0.004 + 0.03 * rows / len(rows)) * tall).astype(
        np.int32
    )
    columns = (np.arange(values.shape[1])[None, :] + sway[:, None]).clip(0, values.shape[1] - 1)
    rippled = Image.fromarray(np.take_along_axis(values, columns[..., None], axis=1))
    fade = np.linspace(0.55, 0.05, values.shape[0])[:, None] * np.asarray(rippled.getchannel("A"))
    mask = Image.fromarray(fade.astype(np.uint8)).filter(ImageFilter.BoxBlur(tall * 0.006))
    dim = Image.blend(
        rippled.convert("RGB"), Image.new("RGB", rippled.size, darker(scene.light.sky[1], 0.3)), 0.3
    )
    scene.image.paste(dim, (left, base), mask)
    wake = [[(left + image.width * 0.08, base), (left + image.width / 2, base - tall * 0.012),
             (left + image.width * 0.92, base), (left + image.width / 2, base + tall * 0.02)]]  # fmt: skip
    scene.fill(wake, lighter(scene.light.sky[3], 0.3), share=0.5, soft=max(0.5, tall * 0.004))


def _shadow(scene: Scene, x: float, base: float, half: float, tall: float) -> None:
    """Lay the subject's shadow on the ground, away from the light."""
    away = half * 0.5 * (1 if scene.from_left else -1)
    high = tall * 0.055
    points = [(x - half, base), (x - half * 0.5 + away * 0.3, base - high), (x + half * 0.6 + away, base - high * 0.7),
              (x + half + away, base + high * 0.2), (x + half * 0.4 + away * 0.5, base + high), (x - half * 0.6, base + high * 0.8)]  # fmt: skip
    scene.fill([points], darker(scene.light.near, 0.3), share=0.45, soft=max(0.6, tall * 0.012))


def _weather(scene: Scene, loose: float) -> None:
    weather, u, rng = scene.brief.weather, scene.unit, scene.rng
    w, h = scene.width, scene.height
    if scene.indoors or scene.brief.place in {"underwater", "space", "moonland"}:
        return
    if weather == "fog" and not loose > 0.95:
        for share in (0.1, 0.3, 0.55):
            scene.mist(scene.horizon + (h - scene.horizon) * share, u * 0.22, 0.5)
        veil = Image.new("RGB", (w, h), lighter(scene.light.haze, 0.2))
        scene.image.paste(veil, (0, 0), Image.new("L", (w, h), 46))
    elif weather == "rain":
        double = Image.new("L", (w, h))
        draw = ImageDraw.Draw(double)
        for a, b, c in rng.random((round(150 + 200 * scene.detail), 3)):
            x, y, long = a * (w + u * 0.2), b * h * 1.1 - u * 0.05, u * (0.03 + 0.07 * c)
            draw.line(
                (x, y, x - long * 0.22, y + long),
                fill=round(50 + 110 * c),
                width=max(1, round(u * 0.002 * (0.5 + c))),
            )
        scene.image.paste((226, 234, 240), (0, 0), double)
    elif weather == "snowfall":
        double = Image.new("L", (w * 2, h * 2))
        draw = ImageDraw.Draw(double)
        for a, b, c in rng.random((round(120 + 160 * scene.detail), 3)):
            r = u * (0.002 + 0.009 * c**3) * 2
            x, y = a * w * 2, b * h * 2
            draw.ellipse((x - r, y - r, x + r, y + r), fill=round(120 + 130 * c))
        scene.image.paste(
            (252, 252, 252), (0, 0), double.reduce(2).filter(ImageFilter.BoxBlur(u * 0.0012))
        )
    if scene.brief.time == "storm" and bool(rng.random() < 0.75) and weather != "fog":
        _lightning(scene)


def _lightning(scene: Scene) -> None:
    u, rng = scene.unit, scene.rng
    x, y = scene.sun[0], scene.horizon * 0.12
    right, left = [], []
    while y < scene.horizon:
        right.append((x + u * 0.004, y))
        left.append((x - u * 0.002, y))
        x += u * float(rng.uniform(-0.05, 0.05))
        y += u * float(rng.uniform(0.02, 0.06))
    if len(right) > 1:
        scene.fill([[*right, *reversed(left)]], hexa("fdf6d8"))
        scene.glow(x, scene.horizon * 0.5, u * 0.5, hexa("d9dcf0"), 0.4)
