"""
What elements do to a finished picture: eight materials, each visibly itself at any size.

Each is a plain function from picture to picture. Lengths are shares of the shorter side, and
nothing is drawn by chance, so the same picture always becomes the same one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from PIL import Image, ImageChops, ImageDraw, ImageFilter

from leonardo_nb.simulator.painting.colour import hexa
from leonardo_nb.simulator.painting.looks import Grade
from leonardo_nb.simulator.painting.surface import (
    blurred,
    brushed,
    floats,
    graded,
    grained,
    image_of,
    paper,
    raised,
    screened,
    vignetted,
)
from leonardo_nb.simulator.painting.texture import noise

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from leonardo_nb.simulator.painting.texture import Floats

__all__ = ["MATERIALS", "mixed"]

_CLAY = Grade(1.15, 0.8, 0.8, 0.08, 0.97, lights=("fff0dc", 0.22))
_FADED = Grade(0.75, 0.95, 0.72, 0.12, 0.96, ("3f5560", 0.2), ("f4dfa8", 0.36))
_INK_BLUE = "1a1d26"
_SCISSORS = [max(0, min(255, (value - 128) * 14 + 128)) for value in range(256)]
_LONGEST_EDGE = 560
"""Pixels of what is made small and enlarged, since it is flat or soft anyway."""


def mixed(image: Image.Image, name: str, weight: float) -> Image.Image:
    """
    Return *image* (RGB) with *weight* of the element called *name*.

    At 0 nothing changes, at 1 the material is all there; beyond, it is exaggerated, and below 0
    the picture turns away from it.
    """
    material = MATERIALS.get(name)
    if material is None or not weight:
        return image
    share = max(-2.0, min(2.0, weight))
    if share > 1:
        share = 1 + (share - 1) * 0.3
    elif share < 0:
        share *= 0.3
    return Image.blend(image, material(image, float(min(image.size))), share)


def _luma(image: Image.Image, radius: float = 0.0) -> Floats:
    """Return the lightness of *image*, from 0 to 1."""
    return floats(blurred(image.convert("L"), radius)) / np.float32(255)


def _small(image: Image.Image) -> Image.Image:
    """Return *image* no longer than `_LONGEST_EDGE`."""
    share = min(1.0, _LONGEST_EDGE / max(image.size))
    size = (max(1, round(image.width * share)), max(1, round(image.height * share)))
    return image.resize(size, Image.Resampling.BOX)


def _slope(height: Floats, reach: int) -> Floats:
    """Return how much *height* faces a light from the upper left, around 0."""
    step = max(1, reach)
    moved = np.roll(height, (step, step), (0, 1))
    moved[:step], moved[:, :step] = height[:step], height[:, :step]
    slope: Floats = height - moved
    return slope


def _mapped(values: Floats, stops: tuple[tuple[float, str], ...]) -> Floats:
    """Return a colour for each of *values*, on straight lines between *stops*."""
    places = [place for place, _ in stops]
    colours = np.array([hexa(code) for _, code in stops], np.float32)
    channels = [np.interp(values, places, colours[:, at]) for at in range(3)]
    return np.stack(channels, -1).astype(np.float32)


def _edges(image: Image.Image, wide: float) -> Floats:
    """Return where *image* changes, from 0 to 1, as lines about *wide* pixels wide."""
    grey = image.convert("L")
    apart = ImageChops.difference(blurred(grey, max(0.5, wide)), blurred(grey, max(1.2, wide * 3)))
    edges: Floats = np.clip(floats(apart) / np.float32(26) - np.float32(0.12), 0, 1)
    return edges


def _brass(image: Image.Image, unit: float) -> Image.Image:
    """Warm metal: beaten relief whose lights and darks alternate as reflections do."""
    luma = _luma(image, unit * 0.006)
    relief = _slope(luma, round(unit * 0.006)) * np.float32(2.6)
    relief += _slope(_luma(image), max(1, round(unit * 0.002))) * np.float32(0.9)
    shine: Floats = np.clip(luma * 0.82 + 0.07 * np.sin(luma * 21) + relief + 0.06, 0, 1)
    stops = ((0, "190a06"), (0.22, "5a2411"), (0.42, "a8521f"), (0.6, "cf8a35"),
             (0.78, "ecc468"), (0.92, "fdf0bd"), (1, "fffdf0"))  # fmt: skip
    metal = image_of(_mapped(shine, stops))
    bright = metal.point([max(0, (value - 190) * 3) for value in range(256)] * 3)
    return vignetted(screened(metal, blurred(bright, unit * 0.02)), 0.35)


def _paper_cut(image: Image.Image, unit: float) -> Image.Image:
    """Layers of coloured paper, dark ones at the bottom, each with its shadow on the next."""
    small = _small(image).filter(ImageFilter.MedianFilter(5))
    # a little red thing on a field of snow is worth a sheet of its own
    flat = small.quantize(14, method=Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE)
    flat = flat.convert("RGB").filter(ImageFilter.ModeFilter(5))
    coloured = blurred(flat.resize(image.size, Image.Resampling.BICUBIC), unit * 0.0012)
    soft = small.resize(image.size, Image.Resampling.BICUBIC)
    luma = _luma(soft) * np.float32(255)
    cuts = np.quantile(luma, (0.12, 0.3, 0.5, 0.7, 0.88))
    cut = coloured.copy()
    away = max(1, round(unit * 0.008))
    for middle in cuts:
        shape = image_of((luma - np.float32(middle)) * np.float32(40) + np.float32(128))
        # scissors round off what is finer than themselves
        shape = blurred(shape, unit * 0.005).point(_SCISSORS)
        shadow = blurred(ImageChops.offset(shape, away, round(away * 1.4)), away * 1.1)
        cut.paste((14, 12, 24), (0, 0), shadow.point([value * 140 // 255 for value in range(256)]))
        cut.paste(coloured, (0, 0), shape)
        edge = ImageChops.subtract(shape, ImageChops.offset(shape, 1, 1))
        cut.paste((255, 255, 255), (0, 0), edge.point([value * 90 // 255 for value in range(256)]))
    return graded(raised(cut, paper(cut.height, cut.width, 0.5)), Grade(1.2, 1.05, 0.92))


def _facets(high: int, wide: int, cell: float) -> tuple[Floats, Floats, Floats]:
    """Return for each pixel the way to its facet's middle, down and across, and to the rim."""
    factor = max(1.0, max(high, wide) / _LONGEST_EDGE)
    rows, columns = max(2, round(high / factor)), max(2, round(wide / factor))
    side = max(2.0, cell / factor)
    y, x = np.mgrid[0:rows, 0:columns].astype(np.float32)
    lattice = np.random.default_rng(17).random((2, int(rows / side) + 4, int(columns / side) + 4))
    row, column = (y / side).astype(np.int32), (x / side).astype(np.int32)
    best = np.full((rows, columns), np.inf, np.float32)
    second, down, across = best.copy(), np.zeros_like(best), np.zeros_like(best)
    for i in range(3):
        for j in range(3):
            dy = ((row + i - 1 + lattice[0][row + i, column + j]) * side - y).astype(np.float32)
            dx = ((column + j - 1 + lattice[1][row + i, column + j]) * side - x).astype(np.float32)
            far = np.hypot(dy, dx)
            near = far < best
            second = np.where(near, best, np.minimum(second, far))
            down, across = np.where(near, dy, down), np.where(near, dx, across)
            best = np.minimum(best, far)

    def enlarged(values: Floats) -> Floats:
        return np.asarray(Image.fromarray(values).resize((wide, high), Image.Resampling.BILINEAR))

    times = np.float32(factor)
    return enlarged(down) * times, enlarged(across) * times, enlarged(second - best) * times


def _glass(image: Image.Image, unit: float) -> Image.Image:
    """Clear glass: facets that each show the picture a little askew, with bright bevels."""
    down, across, rim = _facets(image.height, image.width, unit * 0.075)
    rows = np.arange(image.height, dtype=np.float32)[:, None] - down * np.float32(0.55)
    columns = np.arange(image.width, dtype=np.float32)[None, :] - across * np.float32(0.55)
    values = floats(image)
    bent = values[
        rows.clip(0, image.height - 1).astype(np.int32),
        columns.clip(0, image.width - 1).astype(np.int32),
    ]
    facing = (down + across) / np.float32(unit * 0.075)
    bevel = np.clip(1 - rim / np.float32(unit * 0.012), 0, 1)
    light = facing * np.float32(30) + bevel * (np.float32(70) + facing * np.float32(90))
    tint = np.array([0.93, 1.03, 1.04], np.float32)
    clear = image_of(bent * tint * np.float32(0.94) + light[..., None] + np.float32(12))
    bright = clear.point([max(0, (value - 205) * 4) for value in range(256)] * 3)
    return screened(clear, blurred(bright, unit * 0.012))


def _ink(image: Image.Image, unit: float) -> Image.Image:
    """Black ink on white paper: solid darks, one wash, and lines with ragged ends."""
    rough = noise(np.random.default_rng(5), image.height, image.width, (50, 60), 4)
    ragged = (rough - np.float32(0.5)) * np.float32(0.14)
    luma = _luma(image, unit * 0.004)
    low, high = (float(each) for each in np.quantile(luma, (0.02, 0.98)))
    even = np.clip((luma - low) / max(0.05, high - low), 0, 1)
    # what is dark beside its surroundings is ink, so that a night is not all black
    local = even * np.float32(0.55) + (luma - _luma(image, unit * 0.12)) * np.float32(1.5) + ragged
    black = np.clip((np.float32(0.07) - local) * 40, 0, 1)
    wash = np.clip((np.float32(0.19) - local) * 30, 0, 1) * np.float32(0.34)
    lines = np.clip(_edges(image, unit * 0.0025) * 2.6 - np.abs(ragged) * 9, 0, 1)
    ink = np.maximum(np.maximum(black, wash), lines)[..., None]
    sheet = np.array([250, 249, 244], np.float32)
    drawn = image_of(sheet + (np.array(hexa(_INK_BLUE), np.float32) - sheet) * ink)
    return raised(drawn, paper(drawn.height, drawn.width, 0.35))


def _postcard(image: Image.Image, unit: float) -> Image.Image:
    """Faded print: dots of the press, a white border, corners that were in many hands."""
    old = graded(blurred(image, unit * 0.003), _FADED)
    pitch = max(2.2, unit / 128)
    y, x = np.mgrid[0 : image.height, 0 : image.width].astype(np.float32)
    turn = 2 * np.pi / pitch / 1.4142
    screen = np.sin((x + y) * np.float32(turn)) * np.sin((x - y) * np.float32(turn))
    dots = screen * (np.float32(1) - _luma(old)) * np.float32(30)
    stain = noise(np.random.default_rng(3), image.height, image.width, (3, 4), 3) - np.float32(0.5)
    values = floats(old) + dots[..., None]
    values += stain[..., None] * np.array([26, 34, 52], np.float32)
    card = vignetted(image_of(values), 0.3, (150, 108, 60))
    margin = round(unit * 0.05)
    board = Image.new("RGB", image.size, (241, 233, 211))
    inner = Image.new("L", image.size)
    ImageDraw.Draw(inner).rectangle(
        (margin, margin, image.width - margin - 1, image.height - margin - 1), fill=255
    )
    board.paste(card, (0, 0), blurred(inner, unit * 0.002))
    draw = ImageDraw.Draw(board)
    worn, crease = round(unit * 0.1), max(1, round(unit * 0.003))
    right, foot = image.width - 1, image.height - 1
    draw.line((right - worn * 2, 0, right, round(worn * 1.7)), fill=(212, 198, 164), width=crease)
    draw.polygon(((0, foot), (0, foot - worn // 2), (worn // 2, foot)), fill=(196, 178, 138))
    return grained(raised(board, paper(board.height, board.width, 0.6)), 4, 11)


def _woodcut(image: Image.Image, unit: float) -> Image.Image:
    """Carved lines: swelling cuts that bend around what they show, printed in one dark ink."""
    luma = _luma(image, unit * 0.004)
    form = _luma(image, unit * 0.03)
    y, x = np.mgrid[0 : image.height, 0 : image.width].astype(np.float32)
    pitch = np.float32(max(4.0, unit / 62))
    bend = form * np.float32(unit * 0.16) + np.sin(x / np.float32(unit * 0.13)) * pitch * 0.35
    phase = (y * np.float32(0.94) + x * np.float32(0.34) + bend) / pitch
    wave = (1 + np.cos(phase * np.float32(2 * np.pi))) / 2
    bright = np.clip((luma - form) * 1.3 + form, 0, 1)
    bright = np.clip((bright - 0.12) / 0.86, 0, 0.94)
    # a cut swells with the light until only paper is left
    paper_shows = np.clip((wave - (1 - bright) * 1.12 + 0.06) * (float(pitch) * 0.8), 0, 1)
    ink = np.maximum(1 - paper_shows, np.clip(_edges(image, unit * 0.003) * 2 - 0.5, 0, 1))
    grain = np.sin((y + form * unit * 0.05) / np.float32(unit * 0.006)) * np.float32(5)
    sheet = np.array([238, 226, 198], np.float32) + grain[..., None] * (1 - ink[..., None])
    dark = np.array([38, 24, 18], np.float32)
    cut = image_of(sheet + (dark - sheet) * ink[..., None])
    return raised(cut, paper(cut.height, cut.width, 0.3))


def _clay(image: Image.Image, unit: float) -> Image.Image:
    """Modelled by hand: rounded lumps of plain colour with soft light and finger marks."""
    small = _small(image)
    daub = max(2, round(min(small.size) * 0.02))
    small = brushed(small, daub, 1.2, 0.0).filter(ImageFilter.ModeFilter(7))
    lumps = blurred(small.resize(image.size, Image.Resampling.BICUBIC), unit * 0.003)
    # a lump is high in its middle, whatever its colour
    rim = blurred(image_of(_edges(lumps, unit * 0.004) * np.float32(255)), unit * 0.01)
    height = _luma(lumps, unit * 0.004) * np.float32(0.7) - floats(rim) / np.float32(255)
    dents = noise(np.random.default_rng(9), image.height, image.width, (9, 12), 2)
    light = _slope(height + dents * np.float32(0.9), round(unit * 0.008)) * np.float32(190)
    flat = floats(graded(lumps, _CLAY))
    shaded = image_of(flat + np.clip(light, -70, 60)[..., None])
    shine = shaded.point([max(0, (value - 225) * 4) for value in range(256)] * 3)
    return vignetted(screened(shaded, blurred(shine, unit * 0.012)), 0.15, (60, 36, 30))


def _neon(image: Image.Image, unit: float) -> Image.Image:
    """Signs in the rain: a dark street where every edge is a glowing tube, wet below."""
    night = floats(graded(image, Grade(0.75, 1.0, 1.5))) * np.array([0.26, 0.24, 0.46], np.float32)
    night += np.array([6, 4, 18], np.float32)
    tubes = _edges(blurred(image, unit * 0.004), unit * 0.0032)
    hue = _luma(image, unit * 0.1)
    hue = (hue - hue.min()) / max(1e-6, float(hue.max() - hue.min()))
    stops = ((0, "ff2bd6"), (0.35, "b04bff"), (0.6, "29b6ff"), (0.8, "22ffe0"), (1, "ffd83b"))
    lit = _mapped(hue, stops) * tubes[..., None]
    glow = image_of(lit * np.float32(1.3))
    street = screened(image_of(night), blurred(glow, unit * 0.035))
    street = screened(street, blurred(glow, unit * 0.01))
    street = screened(street, image_of(lit + np.float32(90) * (tubes**3)[..., None]))
    top = round(image.height * 0.74)
    wet = street.crop((0, 2 * top - image.height, image.width, top)).transpose(
        Image.Transpose.FLIP_TOP_BOTTOM
    )
    # a puddle smears upright, not sideways
    smear = wet.resize((wet.width, max(1, wet.height // 14))).resize(wet.size)
    fade = np.linspace(0.6, 0.15, wet.height, dtype=np.float32)[:, None, None]
    below = street.crop((0, top, image.width, image.height))
    street.paste(screened(below, image_of(floats(smear) * fade)), (0, top))
    rain = noise(np.random.default_rng(21), image.height // 24 + 2, image.width, (40, 400), 1)
    drops = np.clip((rain - 0.86) * 300, 0, 40).astype(np.uint8)
    streaks = Image.fromarray(drops).resize(image.size, Image.Resampling.BICUBIC)
    return screened(street, Image.merge("RGB", (streaks, streaks, streaks)))


MATERIALS: Mapping[str, Callable[[Image.Image, float], Image.Image]] = {
    "Brass & Copper": _brass,
    "Paper Cut": _paper_cut,
    "Glass Garden": _glass,
    "Lightning Ink": _ink,
    "Old Postcard": _postcard,
    "Woodcut": _woodcut,
    "Soft Clay": _clay,
    "Night Neon": _neon,
}
"""By the element's name; each takes a picture and its shorter side."""
