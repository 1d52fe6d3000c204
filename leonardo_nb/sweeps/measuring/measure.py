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
from contextlib import nullcontext, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final
from weakref import WeakKeyDictionary

import numpy as np
from PIL import Image as Pillow

from leonardo_nb.errors import InvalidRequest, LeonardoError
from leonardo_nb.sweeps.axes import describe
from leonardo_nb.sweeps.estimate import counted
from leonardo_nb.sweeps.measuring.metrics import METRICS, SIDE, Metric, metric_named, numbers_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from contextlib import AbstractContextManager

    from numpy.typing import NDArray

    from leonardo_nb.engine.media import Image
    from leonardo_nb.sweeps.cells import Cell
    from leonardo_nb.sweeps.run import Run

    Floats = NDArray[np.float64]

__all__ = ["Measured", "Memory", "measure", "memory", "pictures_of", "small"]

KEPT_BYTES: Final = 128_000_000
"""Of results that are remembered: ours of about 40,000 pictures."""
AROUND: Final = 300
"""Bytes that a result takes beside its numbers, about: its name, and the array around it."""
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


class _Kept:
    """What one function gave, by the picture's bytes, the oldest first."""

    def __init__(self) -> None:
        self.bytes = 0
        self._kept: OrderedDict[str, Floats] = OrderedDict()

    def get(self, sha256: str) -> Floats | None:
        return self._kept.get(sha256)

    def put(self, sha256: str, found: Floats) -> None:
        if sha256 not in self._kept:
            self._kept[sha256] = found
            self.bytes += found.nbytes + AROUND

    def forget_one(self) -> None:
        _, found = self._kept.popitem(last=False)
        self.bytes -= found.nbytes + AROUND


class Memory:
    """
    What was measured, by function and by the picture's bytes, as long as the function lives.

    Args:
        most: Bytes that are kept; the function that has most forgets its oldest first.
    """

    def __init__(self, most: int = KEPT_BYTES) -> None:
        self._most = most
        # a function of the user's goes with its cell, and what it holds on to with it
        self._of: WeakKeyDictionary[Callable[..., object], _Kept] = WeakKeyDictionary()
        self._lock = threading.Lock()

    @property
    def bytes(self) -> int:
        """How many bytes are kept, about."""
        return sum(results.bytes for results in self._of.values())

    def get(self, metric: Metric, sha256: str) -> Floats | None:
        """Return what *metric* gave for a picture; None where that is not known."""
        with self._lock:
            try:
                results = self._of.get(metric.measure)
            except TypeError:  # nothing that can be referred to weakly
                return None
            return None if results is None else results.get(sha256)

    def put(self, sha256: str, found: Mapping[Metric, Floats]) -> None:
        """Keep what metrics gave for a picture."""
        with self._lock:
            for metric, numbers in found.items():
                with suppress(TypeError):
                    self._of.setdefault(metric.measure, _Kept()).put(sha256, numbers)
            while self.bytes > self._most:
                max(self._of.values(), key=lambda results: results.bytes).forget_one()


memory: Final = Memory()


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
    remembered by the picture's bytes, of a function of the user's as long as that lives.

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
