"""
Reads the pictures of a sweep, once each and small, and keeps what was measured.

Apart from `metrics`, which is plain functions: here are files, threads and a memory. Nothing of it
runs on the engine.
"""

from __future__ import annotations

import hashlib
import io
import os
import threading
from collections import OrderedDict
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
from PIL import Image as Pillow

from leonardo_nb.errors import InvalidRequest, LeonardoError
from leonardo_nb.sweeps.axes import describe
from leonardo_nb.sweeps.estimate import counted
from leonardo_nb.sweeps.measuring.metrics import METRICS, SIDE, Metric, metric_named, numbers_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from contextlib import AbstractContextManager

    import pandas as pd
    from numpy.typing import NDArray

    from leonardo_nb.engine.media import Image
    from leonardo_nb.sweeps.cells import Cell
    from leonardo_nb.sweeps.run import Run

    Floats = NDArray[np.float64]

__all__ = ["Measured", "measure", "pictures_of", "small"]

KEPT: Final = 400_000
"""Results that are remembered; of ours a picture has eight, of 20 to 500 bytes."""
THREADS: Final = 4
MOST_PIXELS: Final = 80_000_000
UNREADABLE: Final = (
    LeonardoError,
    OSError,
    SyntaxError,
    ValueError,
    Pillow.DecompressionBombError,
)
"""What Pillow and our library raise of files that are gone or broken."""


@dataclass(frozen=True, slots=True)
class Measured:
    """
    What one metric gave for the pictures of a sweep.

    Attributes:
        metric: Which one.
        cells: The cells that have a picture which could be measured, in the order of the sweep.
        numbers: What the metric gave: pictures x numbers; of a hash 0 and 1.
        failures: Why others could not be measured, by cell index.
        without: How many cells have no picture.
    """

    metric: Metric
    cells: tuple[Cell, ...]
    numbers: Floats
    failures: Mapping[int, str]
    without: int

    @property
    def points(self) -> Floats:
        """What was measured as points: the squared distance of two is what they differ."""
        return (
            self.numbers / np.sqrt(self.numbers.shape[1]) if self.metric.is_hash else self.numbers
        )

    @property
    def notes(self) -> list[str]:
        """Return what is missing, as sentences."""
        said = []
        if self.without:
            has = "has" if self.without == 1 else "have"
            said.append(
                f"{counted(self.without, 'cell')} {has} no picture and {has} no part in it."
            )
        if self.failures:
            said.append(f"{counted(len(self.failures), 'cell')} could not be measured. ")
            said[-1] += f"The first: {next(iter(self.failures.values()))}."
        return said


class _Memory:
    """What was measured, by function and by the picture's bytes; the oldest is forgotten first."""

    def __init__(self) -> None:
        self._kept: OrderedDict[tuple[object, str], Floats] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, metric: Metric, sha256: str) -> Floats | None:
        with self._lock:
            return self._kept.get((metric.measure, sha256))

    def put(self, sha256: str, found: Mapping[Metric, Floats]) -> None:
        with self._lock:
            self._kept.update({(metric.measure, sha256): one for metric, one in found.items()})
            while len(self._kept) > KEPT:
                self._kept.popitem(last=False)


memory: Final = _Memory()


def small(data: bytes) -> Pillow.Image:
    """
    Return the picture in *data* as RGB, with at most `SIDE` pixels a side, on white.

    A JPEG is decoded at a fraction of its size already.

    Raises:
        OSError: It cannot be read.
    """
    image: Pillow.Image = Pillow.open(io.BytesIO(data))
    image.draft("RGB", (SIDE, SIDE))
    if "A" in image.getbands() or "transparency" in image.info:
        image = image.convert("RGBA")
        image = Pillow.alpha_composite(Pillow.new("RGBA", image.size, "white"), image)
    image = image.convert("RGB")
    # enlarged as well: edges of a small picture have to compare with those of a large one
    factor = SIDE / max(image.size)
    size = (max(1, round(image.width * factor)), max(1, round(image.height * factor)))
    return image.resize(size, Pillow.Resampling.BICUBIC, reducing_gap=2.0)


def pictures_of(run: Run) -> list[tuple[Cell, Image]]:
    """Return the pictures of *run* with their cells, in the order of its cells."""
    pictures = ((cell, run.picture(cell)) for cell in run.cells)
    return [(cell, image) for cell, image in pictures if image is not None]


def measure(
    run: Run, metric: object, pictures: Sequence[tuple[Cell, Image]] | None = None
) -> Measured:
    """
    Return what *metric* gives for the pictures of *run*.

    Each picture is read at most once for all of our own metrics, and what was measured is
    remembered by the picture's bytes until the kernel ends.

    Args:
        run: The sweep.
        metric: A name, or a function that takes a `PIL.Image.Image` and gives a number or an array;
            it is called in a thread, for one picture at a time.
        pictures: What `pictures_of` gives, where it is known already.

    Raises:
        InvalidRequest: There is no such metric, no picture, or none that could be measured.
        TypeError: *metric* is neither a name nor a function.
    """
    chosen = metric_named(metric)
    pictures = pictures_of(run) if pictures is None else pictures
    if not pictures:
        raise InvalidRequest(
            f"{chosen.name}: no cell of this sweep has a picture yet ({run.counts}); "
            "`await run` waits for them.",
            member="metric",
        )
    results = _results(chosen, [image for _, image in pictures])
    cells: list[Cell] = []
    numbers: list[Floats] = []
    failures: dict[int, str] = {}
    for (cell, _), result in zip(pictures, results, strict=True):
        why = result if isinstance(result, str) else ""
        if not isinstance(result, str):
            if not numbers or result.size == numbers[0].size:
                cells.append(cell)
                numbers.append(result)
                continue
            why = f"it gave {result.size:,} numbers, and {numbers[0].size:,} before"
        failures[cell.index] = f"{chosen.name} at {describe(cell.coords)}: {why}"
    if not numbers:
        raise InvalidRequest(
            f"Not one of {counted(len(pictures), 'picture')} could be measured. The first: "
            f"{next(iter(failures.values()))}.",
            member="metric",
        )
    there = {cell.index for cell, _ in pictures}
    return Measured(chosen, tuple(cells), np.stack(numbers), failures, len(run.cells) - len(there))


def sha256_of(image: Image) -> str:
    """Return the name of the picture's bytes."""
    media = image.origin.media
    return hashlib.sha256(image.read_bytes()).hexdigest() if media is None else media.file.sha256


def _results(metric: Metric, images: Sequence[Image]) -> list[Floats | str]:
    """Return for each of *images* what *metric* gives, or why it gives nothing."""
    # a function of the user's need not bear to be called by two threads at once
    alone = nullcontext() if METRICS.get(metric.name) is metric else threading.Lock()
    pool = ThreadPoolExecutor(min(THREADS, os.cpu_count() or 1))
    try:
        return list(pool.map(lambda image: _result(metric, image, alone), images))
    finally:
        pool.shutdown(cancel_futures=True)  # an interrupted cell does not wait for the rest


def _result(metric: Metric, image: Image, alone: AbstractContextManager[object]) -> Floats | str:
    try:
        name = sha256_of(image)
        had = memory.get(metric, name)
        if had is not None:
            return had
        if image.width * image.height > MOST_PIXELS:
            return f"the picture is too large, {image.width} x {image.height} pixels"
        picture = small(image.read_bytes())
    except UNREADABLE as error:
        return f"the picture cannot be read ({error})"
    # all of ours at once, because reading takes longer than measuring
    ours = METRICS.values() if METRICS.get(metric.name) is metric else (metric,)
    try:
        with alone:
            found = {each: numbers_of(each.measure(picture)) for each in ours}
    except Exception as error:  # noqa: BLE001  a function of the user's may do anything
        return f"{type(error).__name__}: {error}".rstrip(": ")
    memory.put(name, found)
    return found[metric]


def frame_of(rows: Sequence[Mapping[str, object]], function: str) -> pd.DataFrame:
    """
    Return *rows* as a pandas table.

    Raises:
        ImportError: pandas is not installed; names *function*.
    """
    try:
        import pandas as pd
    except ImportError as error:
        raise ImportError(f'{function} needs pandas: pip install "leonardo_nb[pandas]".') from error
    return pd.DataFrame(list(rows))
