"""
Cells whose pictures are the same, or nearly: what a sweep was paid for twice.

Bytes tell what is the same, hashes what looks the same. Two hashes and the mean colour have to
agree, because each of them alone takes some different pictures for one.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from numbers import Real
from typing import TYPE_CHECKING, Final

import numpy as np

from leonardo_nb.account.tables import Cell as Text
from leonardo_nb.account.tables import Table, Thumbnail, thumbnail
from leonardo_nb.errors import InvalidRequest, LeonardoError
from leonardo_nb.service.values import shown
from leonardo_nb.sweeps.axes import describe, label_of
from leonardo_nb.sweeps.frame import frame_of
from leonardo_nb.sweeps.measuring.measure import measure, pictures_of, sha256_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    import pandas as pd
    from numpy.typing import NDArray

    from leonardo_nb.engine.media import Image
    from leonardo_nb.sweeps.cells import Cell
    from leonardo_nb.sweeps.run import Run

    Floats = NDArray[np.float64]

__all__ = ["DuplicateTable", "Duplicates", "duplicates_of"]

NEAR: Final = 0.08
"""Share of a hash's bits that near-identical pictures differ in at most: 5 of 64."""
SAME_COLOUR: Final = 0.05
"""Distance of mean colours in OKLab, a few times what an eye sees."""
ROWS: Final = 500
"""Pictures that are compared with all others at once."""
SHOWN: Final = 6
"""Cells of a group that a table names."""


@dataclass(frozen=True, slots=True, eq=False)
class Duplicates:
    """
    Cells whose pictures are near-identical; each is near to at least one other of them.

    Attributes:
        cells: In the order of the sweep.
        same_bytes: Those of them whose files are the same, byte by byte, in groups.
        phash: The largest distance of two of them, in share of bits of the perceptual hash.
        dhash: The same, of the difference hash.
        image: The picture of the first cell.
    """

    cells: tuple[Cell, ...]
    same_bytes: tuple[tuple[Cell, ...], ...]
    phash: float
    dhash: float
    image: Image

    @property
    def is_exact(self) -> bool:
        """Whether all of them are the same file."""
        return len(self.same_bytes) == 1 and len(self.same_bytes[0]) == len(self.cells)


class DuplicateTable(Table[Duplicates]):
    """Groups of near-identical pictures, the largest group first."""

    __module__ = "leonardo_nb"
    columns = ("pictures", "where", "phash", "dhash", "files")
    numbers = frozenset({"pictures", "phash", "dhash"})
    nouns = ("group of near-identical pictures", "groups of near-identical pictures")
    page = 30

    def cells(self, row: Duplicates) -> tuple[Text, ...]:
        """Return which cells these are and how far apart."""
        same, varying = _shared(row.cells)
        files = "the same" if row.is_exact else "different"
        if row.same_bytes and not row.is_exact:
            files = f"{sum(map(len, row.same_bytes))} of them the same"
        return (
            Text(f"{len(row.cells)}"),
            Text(same or varying, quiet=varying if same else ""),
            Text(f"{row.phash:.2f}"),
            Text(f"{row.dhash:.2f}"),
            Text(files),
        )

    def picture(self, row: Duplicates) -> Thumbnail | None:
        """Return the first picture of the group, small."""
        try:
            return thumbnail(row.image.read_bytes())
        except LeonardoError:  # the file is gone since it was measured
            return None

    def to_pandas(self) -> pd.DataFrame:
        """
        Return a table with one row a cell: its group, coordinates, and whether all are one file.

        Raises:
            ImportError: pandas is not installed.
        """
        return frame_of(
            [
                {"group": n, **cell.coords, "is_exact": group.is_exact}
                for n, group in enumerate(self)
                for cell in group.cells
            ],
            "duplicates.to_pandas()",
        )


def duplicates_of(run: Run, distance: float = NEAR) -> DuplicateTable:
    """
    Return the groups of cells whose pictures are near-identical, the largest first.

    Two pictures are near where both hashes differ in at most *distance* of their bits, and their
    mean colours by at most 0.05 in OKLab. Pictures of one file are near whatever the distance.

    Args:
        run: The sweep, finished or not.
        distance: Share of bits, from 0 (equal hashes) to 1.

    Raises:
        InvalidRequest: *distance* is not from 0 to 1, or there is no picture.
    """
    is_share = isinstance(distance, Real) and not isinstance(distance, bool)
    if not (is_share and 0 <= distance <= 1):
        raise InvalidRequest(
            f"duplicates(): distance is a share of a hash's bits, from 0 to 1, not "
            f"{shown(distance)}; {NEAR} is usual.",
            member="distance",
            value=distance,
            nearest=min(max(distance, 0), 1) if is_share and not math.isnan(distance) else NEAR,
        )
    pictures = pictures_of(run)
    perceptual = measure(run, "phash", pictures)
    bits = perceptual.numbers, measure(run, "dhash", pictures).numbers
    colours = measure(run, "colour", pictures).numbers
    images = {cell.index: image for cell, image in pictures}
    names = [sha256_of(images[cell.index]) for cell in perceptual.cells]
    groups = _joined(len(names), _near_rows(bits, colours, distance), names)
    found = [
        _group([perceptual.cells[n] for n in group], [names[n] for n in group], images, bits, group)
        for group in groups
    ]
    found.sort(key=lambda each: (-len(each.cells), each.cells[0].index))
    return DuplicateTable(found, notes=perceptual.notes)


def _shared(cells: Sequence[Cell]) -> tuple[str, str]:
    """Return in words what the *cells* have in common, and what varies between them."""
    first = cells[0].coords
    common = {
        name: value
        for name, value in first.items()
        if all(cell.coords[name] == value for cell in cells)
    }
    others = [name for name in first if name not in common]
    if len(others) == 1:
        name = others[0]
        some = [label_of(name, cell.coords[name]) for cell in cells[:SHOWN]]
        named = f"{name}={', '.join(some)}"
    else:
        named = "; ".join(
            describe({name: cell.coords[name] for name in others}) for cell in cells[:SHOWN]
        )
    more = len(cells) - SHOWN
    return describe(common), f"{named} and {more:,} more" if more > 0 else named


def _near_rows(
    bits: tuple[Floats, Floats], colours: Floats, distance: float
) -> Iterator[tuple[int, NDArray[np.int64]]]:
    """Yield each picture's place with the places of those near it; itself is among them."""
    signs = [(2 * each - 1).astype(np.float32) for each in bits]
    # both are compared at once: a share of differing bits is half of what is missing in the product
    for start in range(0, len(colours), ROWS):
        rows = slice(start, start + ROWS)
        near = np.ones((len(colours[rows]), len(colours)), bool)
        for each in signs:
            apart = 0.5 - each[rows] @ each.T / (2 * each.shape[1])
            near &= apart <= distance + 1e-6
        for offset, row in enumerate(near):
            others = np.flatnonzero(row)
            gap = np.square(colours[others] - colours[start + offset]).sum(1)
            yield start + offset, others[gap <= SAME_COLOUR**2]


def _joined(
    count: int, near: Iterable[tuple[int, NDArray[np.int64]]], names: list[str]
) -> list[list[int]]:
    """Return groups of two and more places that nearness, or an equal name, joins."""
    group = np.arange(count)
    first: dict[str, int] = {}
    for place, others in near:
        same = first.setdefault(names[place], place)
        joined = group[np.append(others, [place, same])]
        if joined.min() < joined.max():
            group[np.isin(group, joined)] = joined.min()
    members: dict[int, list[int]] = {}
    for place, number in enumerate(group.tolist()):
        members.setdefault(number, []).append(place)
    return [each for each in members.values() if len(each) > 1]


def _group(
    cells: list[Cell],
    names: list[str],
    images: dict[int, Image],
    bits: tuple[Floats, Floats],
    places: list[int],
) -> Duplicates:
    by_name: dict[str, list[Cell]] = {}
    for cell, name in zip(cells, names, strict=True):
        by_name.setdefault(name, []).append(cell)
    phash, dhash = (_largest(each[places]) for each in bits)
    return Duplicates(
        tuple(cells),
        tuple(tuple(each) for each in by_name.values() if len(each) > 1),
        phash,
        dhash,
        images[cells[0].index],
    )


def _largest(bits: Floats) -> float:
    """Return the largest share of bits in which two rows differ."""
    signs = np.unique(2 * bits - 1, axis=0).astype(np.float32)
    least = min(
        float((signs[start : start + ROWS] @ signs.T).min()) for start in range(0, len(signs), ROWS)
    )
    return float(0.5 - least / (2 * bits.shape[1]))
