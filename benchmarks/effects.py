"""How long it takes to measure 1,000 pictures, and how often an interval holds what is true."""

from __future__ import annotations

import io
import itertools
import math
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import numpy as np

from leonardo_nb.simulator.painter import paint
from leonardo_nb.sweeps.measuring.measure import THREADS, small
from leonardo_nb.sweeps.measuring.metrics import METRICS
from leonardo_nb.sweeps.measuring.variance import analyse

if TYPE_CHECKING:
    from numpy.typing import NDArray

PICTURES = 1_000
PAINTED = 10
"""Pictures that are really drawn; the others are the same bytes, which nothing remembers here."""
SWEEPS = 300
SIDE = 1024


def measuring(kind: str) -> float:
    """Return the seconds that all metrics of 1,000 pictures take, files read and decoded."""
    files = []
    for seed in range(PAINTED):
        buffer = io.BytesIO()
        image = paint({"prompt": "a fox", "seed": seed}, width=SIDE, height=SIDE)
        image.save(buffer, kind, quality=90)
        files.append(buffer.getvalue())

    def one(n: int) -> None:
        picture = small(files[n % PAINTED])
        for metric in METRICS.values():
            metric.measure(picture)

    started = time.perf_counter()
    with ThreadPoolExecutor(THREADS) as pool:
        list(pool.map(one, range(PICTURES)))
    return time.perf_counter() - started


def explaining(*levels: int, seeds: int) -> tuple[int, float]:
    """Return how many pictures a grid has, and the seconds that its effects by a hash take."""
    cells = np.array(list(itertools.product(*map(range, levels))), np.int64)
    codes = np.repeat(cells, seeds, axis=0)
    luck = np.tile(np.arange(seeds), len(cells))
    points = (np.random.default_rng(0).random((len(codes), 64)) < 0.5) / 8
    started = time.perf_counter()
    analyse(points, codes, luck, ordered=[0])
    return len(codes), time.perf_counter() - started


def held(times: int, *, size: int, seeds: bool, tails: bool) -> dict[str, float]:
    """
    Return how often the interval of each part has the true share in it.

    Half of the change is one axis's, none the other's; the rest is noise, of which half is what a
    seed does everywhere where there are seeds.

    Args:
        times: Pictures a cell, of 4 x 3 cells.
        size: Dimensions.
        seeds: Whether the cells share seeds; else they have replicates.
        tails: Whether the noise is Student's with 4 degrees of freedom, and not normal.
    """
    rng = np.random.default_rng(7)
    cells = np.array(list(itertools.product(range(4), range(3))), np.int64)
    codes = np.repeat(cells, times, axis=0)
    luck = np.tile(np.arange(times), len(cells)) if seeds else None
    line = codes[:, 0] - 1.5
    steady = np.outer(line / line.std(), np.ones(size) / math.sqrt(size))
    truth = {"axis 0": 0.5, "axis 1": 0.0, "pair": 0.0, "noise": 0.5}
    found = dict.fromkeys(truth, 0)

    def noise(rows: int) -> NDArray[np.float64]:
        drawn: NDArray[np.float64] = (
            rng.standard_t(4, (rows, size)) / math.sqrt(2)
            if tails
            else rng.normal(size=(rows, size))
        )
        return drawn / math.sqrt(size)

    for _ in range(SWEEPS):
        points = steady + noise(len(codes))
        if luck is not None:
            points = steady + (noise(len(codes)) + noise(times)[luck]) / math.sqrt(2)
        for name, part in zip(truth, analyse(points, codes, luck).parts, strict=True):
            assert part.low is not None
            assert part.high is not None
            found[name] += part.low - 1e-9 <= truth[name] <= part.high + 1e-9
    return {name: count / SWEEPS for name, count in found.items()}


def main() -> None:
    """Print all of it."""
    for kind in ("JPEG", "PNG"):
        print(
            f"all metrics of {PICTURES:,} {kind} of {SIDE} pixels a side: {measuring(kind):.1f} s"
        )
    for levels in ((4, 3), (10, 10, 3), (10, 25, 10)):
        pictures, seconds = explaining(*levels, seeds=4)
        print(f"effects by a hash on {pictures:,} pictures: {seconds:.2f} s")
    for times, size, seeds, tails in (
        (2, 8, False, False),
        (3, 1, False, False),
        (4, 8, False, False),
        (3, 4, False, True),
        (3, 4, True, False),
        (4, 8, True, False),
    ):
        shares = held(times, size=size, seeds=seeds, tails=tails)
        kind = f"{times} {'seeds' if seeds else 'replicates'}, {size} dimensions"
        said = ", ".join(f"{name} {share:.0%}" for name, share in shares.items())
        print(f"intervals hold the truth, {kind}{', heavy tails' if tails else ''}: {said}")


if __name__ == "__main__":
    main()
