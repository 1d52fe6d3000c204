"""Grain, brush daubs and paper: made once for each size, then only moved about."""

from __future__ import annotations

from functools import lru_cache
from typing import TypeVar

import numpy as np
import numpy.typing as npt
from PIL import Image

__all__ = ["Floats", "cloudy", "daubs", "fibres", "grain", "noise", "tiled"]

Floats = npt.NDArray[np.float32]

Number = TypeVar("Number", np.float32, np.int16, np.int32)

TILE = 256


def noise(rng: np.random.Generator, high: int, wide: int, cells: tuple[int, int],
          octaves: int = 3) -> Floats:  # fmt: skip
    """
    Return soft noise between about 0 and 1, *high* by *wide*.

    Args:
        rng: Where the values come from.
        high: Rows.
        wide: Columns.
        cells: How many bumps down and across in the coarsest octave.
        octaves: How many times finer noise is added.
    """
    total = np.zeros((high, wide), dtype=np.float32)
    weight, sum_of_weights = 1.0, 0.0
    for octave in range(octaves):
        rows = min(high, cells[0] << octave) + 1
        columns = min(wide, cells[1] << octave) + 1
        values = rng.random((rows, columns), dtype=np.float32)
        layer = Image.fromarray(values).resize((wide, high), Image.Resampling.BICUBIC)
        total += weight * np.asarray(layer)
        sum_of_weights += weight
        weight *= 0.5
    result: Floats = total / np.float32(sum_of_weights)
    return result


def cloudy(rng: np.random.Generator, high: int, wide: int, stretch: float) -> Floats:
    """
    Return billows around 0 with a deviation of 1, made from a spectrum, so without any lattice.

    Args:
        rng: Where the values come from.
        high: Rows.
        wide: Columns.
        stretch: How many times longer than high the billows are.
    """
    # made larger than needed, since a spectrum's edges meet and a sky's do not
    rows, columns = high + high // 3, wide + wide // 3
    waves = np.fft.rfft2(rng.standard_normal((rows, columns), dtype=np.float32))
    fy = np.fft.fftfreq(rows)[:, None] * rows
    fx = np.fft.rfftfreq(columns)[None, :] * rows * stretch
    radius = np.hypot(fy, fx)
    radius[0, 0] = np.inf
    values = np.fft.irfft2(waves * (radius + 2.0) ** -2.1, (rows, columns))[:high, :wide]
    result: Floats = ((values - values.mean()) / max(1e-9, float(values.std()))).astype(np.float32)
    return result


@lru_cache(maxsize=1)
def grain() -> npt.NDArray[np.int16]:
    """Return a tile of film grain, centred on 0 and about 40 wide."""
    rng = np.random.default_rng(20_11)
    values = rng.normal(0, 20, (TILE * 2, TILE * 2))
    soft = (values + np.roll(values, 1, 0) + np.roll(values, 1, 1)) / 1.6
    return np.clip(soft, -60, 60).astype(np.int16)


@lru_cache(maxsize=1)
def fibres() -> Floats:
    """Return a tile of paper or canvas tooth around 0, about 1 wide."""
    rng = np.random.default_rng(31)
    size = TILE * 2
    spectrum = np.fft.rfft2(rng.normal(0, 1, (size, size)))
    fy = np.fft.fftfreq(size)[:, None]
    fx = np.fft.rfftfreq(size)[None, :]
    radius = np.hypot(fx, fy)
    tooth = np.exp(-(((radius - 0.27) / 0.12) ** 2)) + 0.5 * np.exp(-((radius / 0.02) ** 2))
    values = np.fft.irfft2(spectrum * tooth, (size, size))
    result: Floats = (values / values.std() * 0.36).astype(np.float32)
    return result


@lru_cache(maxsize=24)
def daubs(cell: int, long: float) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.int32], Floats]:
    """
    Return how a brush smears: for each pixel of a tile, how far away its daub takes its colour.

    Args:
        cell: Width of a daub in pixels.
        long: How many times longer than wide a daub is.

    Returns:
        Rows and columns to step, and each daub's own lightness around 0.
    """
    rng = np.random.default_rng(7 * cell + round(10 * long))
    stretch = max(1, round(cell * long))
    count_y = max(2, TILE * 2 // cell + 1)
    count_x = max(2, TILE * 2 // stretch + 1)
    high, wide = count_y * cell, count_x * stretch
    # strokes lean: columns are sheared as rows go down, a whole tile's width over a tile
    y, x = np.mgrid[0:high, 0:wide].astype(np.float32)
    lean = np.float32(wide / high) * np.float32(round(0.45 * high / wide) or 0.0)
    sheared = (x + lean * y) % wide
    jitter = rng.random((2, count_y, count_x), dtype=np.float32)
    value = rng.normal(0, 1, (count_y, count_x)).astype(np.float32)
    row, column = (y // cell).astype(np.int32), (sheared // stretch).astype(np.int32)
    best = np.full((high, wide), np.inf, dtype=np.float32)
    step_y = np.zeros((high, wide), dtype=np.float32)
    step_x = np.zeros((high, wide), dtype=np.float32)
    own = np.zeros((high, wide), dtype=np.float32)
    for down in (-1, 0, 1):
        for across in (-1, 0, 1):
            r, c = row + down, column + across
            rr, cc = r % count_y, c % count_x
            dy = (r + jitter[0][rr, cc]) * cell - y
            dx = (c + jitter[1][rr, cc]) * stretch - sheared
            far = dy * dy + (dx / np.float32(long)) ** 2
            near = far < best
            best = np.where(near, far, best)
            step_y, step_x = np.where(near, dy, step_y), np.where(near, dx - lean * dy, step_x)
            own = np.where(near, value[rr, cc], own)
    # a bristle's ridge at the daub's rim
    ridge = np.sqrt(best) / cell
    relief = (own * 0.6 - (ridge - 0.5) * 0.8).astype(np.float32)
    return step_y.astype(np.int32), step_x.astype(np.int32), relief


def tiled(tile: npt.NDArray[Number], high: int, wide: int, shift: int = 0) -> npt.NDArray[Number]:
    """Return *tile* laid out to *high* by *wide*, moved by *shift*."""
    if not shift and high <= tile.shape[0] and wide <= tile.shape[1]:
        return tile[:high, :wide]
    rolled = np.roll(tile, (shift, shift * 3), (0, 1)) if shift else tile
    times = (-(-high // tile.shape[0]), -(-wide // tile.shape[1]))
    return np.tile(rolled, times)[:high, :wide]
