"""
How large everything is on a page of contact sheets, and how much goes onto one.

Lengths are in shown pixels, in which labels are 14 high; a page is painted so many times as large.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Final

from leonardo_nb.widgets.contact_board import Block, Board, Bounds, Spot, pages_of
from leonardo_nb.widgets.freeze import drawable, font_for, wrapped

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["EDGE", "LABEL", "SHOWN_WIDTH", "TITLE", "Page", "paper_pages", "screen_pages"]

SHOWN_WIDTH: Final = 690
"""Pixels in which a host shows it at most; in a place of 600 its labels are still 12 high."""
FIRST_PAGE: Final = 150
"""Pictures on a page that is kept in a notebook."""
NARROWEST: Final = 56
"""Pixels below which a picture in a notebook says nothing."""
PAPER_SIDE, PAPER_PIXELS = 16_000, 60_000_000
"""Of a page that is written to a file: what programs open, and 180 MB of memory. JPEG ends at
65,500 pixels a side."""
MOST_SIDE, MOST_PIXELS = 65_500, 100_000_000
SMALLEST_LABEL: Final = 12
"""Pixels of a label, however small the pictures are."""
LARGEST_LABEL: Final = 84
"""Pixels of a label beside very large pictures, where its page would else be mostly words."""
USUAL_TILE: Final = 190
"""Shown pixels of the longer side of a picture beside which a label is 14 high."""
BOUNDLESS: Final = 1e12
"""Pixels: more than anybody asks for."""
PROPORTION: Final = 4 / 3
"""Width over height that a page comes near to."""

GAP, FACET_GAP, EDGE = 6, 20, 10
LABEL, TITLE = 14, 15
LINE: Final = 1.3
"""Heights of a line of text."""
LABEL_LINES, TITLE_LINES, ROW_LABEL = 3, 2, 150
FEW_COLUMNS: Final = 4
"""Columns up to which a name of the rows is given the room of its own; else it stands out."""
LARGER, SEEN = 1.4, 760
"""Grids stand below each other where pictures get so much larger, and all are seen at once."""


@dataclass(frozen=True)
class Page:
    """
    The places of everything on one page.

    Attributes:
        board: What is shown.
        blocks: The part of it that is on this page.
        tile: Width and height of a picture.
        side: Blocks side by side.
        across: Pictures in a line, where one axis wraps; else 0.
        density: So many painted pixels are one of these.
        number: Which page it is, from 1.
        of: How many there are.
    """

    board: Board
    blocks: tuple[Block, ...]
    tile: tuple[int, int]
    side: int = 1
    across: int = 0
    density: float = 1.0
    number: int = 1
    of: int = 1

    def with_tiles(self, factor: float) -> Page:
        """Return the page with pictures *factor* times as large, and labels as they are."""
        wide, high = self.tile
        return replace(self, tile=(round(wide * factor), round(high * factor)))

    @cached_property
    def labels(self) -> int:
        """Width of the labels beside rows, with the gap; 0 where there are none."""
        return label_width(self.board) if self.board.has_rows else 0

    @cached_property
    def title(self) -> int:
        """Height of the titles above grids."""
        titles = {self.board.titles[block.grid] for block in self.blocks}
        lines = _lines(titles, TITLE, self.block_width, TITLE_LINES)
        return round(lines * TITLE * LINE + 6) if lines else 0

    @cached_property
    def names(self) -> int:
        """Height of the line that names rows and columns."""
        named = self.board.name_at("rows") or self.board.name_at("columns")
        return round(LABEL * LINE + 2) if named else 0

    @cached_property
    def head(self) -> int:
        """Height of the names, and of the labels above columns."""
        if not self.board.has_columns:
            return self.names
        shown = {self.board.columns[n] for block in self.blocks for n in block.columns}
        lines = max(_lines(shown, LABEL, self.tile[0], LABEL_LINES), 1)
        return self.names + round(lines * LABEL * LINE + 4)

    @cached_property
    def block_width(self) -> int:
        """Of the widest block, without labels beside it."""
        columns = max(len(block.columns) for block in self.blocks)
        if self.across:
            columns = min(columns, self.across)
        return columns * (self.tile[0] + GAP) - GAP

    def block_height(self, block: Block) -> int:
        """Return how high *block* is, its labels with it."""
        high = self.tile[1]
        if self.across:
            lines = math.ceil(len(block.columns) / self.across)
            return self.title + lines * (self.head + high + GAP) - GAP
        return self.title + self.head + len(block.rows) * (high + GAP) - GAP

    @cached_property
    def bands(self) -> tuple[tuple[Block, ...], ...]:
        """The blocks side by side, from the top to the bottom."""
        at = range(0, len(self.blocks), self.side)
        return tuple(self.blocks[start : start + self.side] for start in at)

    @cached_property
    def tops(self) -> tuple[int, ...]:
        """Where each band begins, and where the last one ends, with the gap."""
        tops = [EDGE]
        for band in self.bands:
            tops.append(tops[-1] + max(map(self.block_height, band)) + FACET_GAP)
        return tuple(tops)

    @property
    def width(self) -> int:
        """Of the pictures with their labels."""
        side = min(self.side, len(self.blocks))
        return 2 * EDGE + self.labels + side * (self.block_width + FACET_GAP) - FACET_GAP

    @property
    def height(self) -> int:
        """Of the pictures with their labels."""
        return self.tops[-1] - FACET_GAP + EDGE

    def corner(self, number: int) -> tuple[int, int]:
        """Return left and top of block *number* on this page, where its title begins."""
        band, place = divmod(number, self.side)
        left = EDGE + self.labels + place * (self.block_width + FACET_GAP)
        return left, self.tops[band]

    def corner_of(self, number: int, row: int, column: int) -> tuple[int, int]:
        """Return left and top of a picture in block *number*; row and column are the board's."""
        block = self.blocks[number]
        left, top = self.corner(number)
        wide, high = self.tile
        x, y = column - block.columns.start, row - block.rows.start
        if self.across:
            y, x = divmod(x, self.across)
            return left + x * (wide + GAP), top + self.title + self.head + y * (
                self.head + high + GAP
            )
        return left + x * (wide + GAP), top + self.title + self.head + y * (high + GAP)

    def spots(self, number: int) -> list[tuple[Spot, int]]:
        """Return the spots of block *number* that have a cell, and its index in `run.cells`."""
        block = self.blocks[number]
        cells = self.board.cells
        spots = (Spot(block.grid, row, column) for row in block.rows for column in block.columns)
        return [(spot, cells[spot]) for spot in spots if spot in cells]

    @property
    def shown(self) -> int:
        """How many cells are on this page."""
        return sum(len(self.spots(number)) for number in range(len(self.blocks)))


def screen_pages(board: Board, shape: float) -> list[Page]:
    """
    Return the pages that a notebook shows, each of at most 150 pictures and 690 pixels wide.

    Args:
        board: What is shown.
        shape: Width over height of the pictures.
    """
    most_wide = min(190, 220 * shape)
    if board.wraps:
        wide = min(most_wide if len(board.columns) <= 4 else 140, 210 * shape)
        across = max(math.floor((SHOWN_WIDTH - 2 * EDGE + GAP) / (wide + GAP)), 1)
        across = min(across, len(board.columns))
        across = math.ceil(len(board.columns) / math.ceil(len(board.columns) / across))
        each = min(len(board.columns), FIRST_PAGE)
        bounds = Bounds(each, 1, max(FIRST_PAGE // each, 1))
        return _numbered(
            Page(board, blocks, (round(wide), round(wide / shape)), across=across)
            for blocks in pages_of(board, bounds)
        )
    labels = label_width(board)
    fit = math.floor((SHOWN_WIDTH - 2 * EDGE - labels + GAP) / (min(NARROWEST, most_wide) + GAP))
    columns = min(len(board.columns), max(fit, 1))
    columns = math.ceil(len(board.columns) / math.ceil(len(board.columns) / columns))
    rows = min(len(board.rows), max(FIRST_PAGE // columns, 1))
    bounds = Bounds(columns, rows, max(FIRST_PAGE // (columns * rows), 1))
    parts = pages_of(board, bounds)
    side, tile = _on_screen(board, parts[0], shape, most_wide)
    return _numbered(Page(board, blocks, tile, side) for blocks in parts)


def _on_screen(
    board: Board, blocks: Sequence[Block], shape: float, most_wide: float
) -> tuple[int, tuple[int, int]]:
    """Return how many blocks stand side by side, and how large their pictures are."""
    columns, labels = max(len(block.columns) for block in blocks), label_width(board)

    def width(side: int) -> float:
        room = SHOWN_WIDTH - 2 * EDGE - labels - (side - 1) * FACET_GAP
        return room / side / columns - GAP

    # parts of one grid are read below each other
    most = len(blocks) if len({block.grid for block in blocks}) == len(blocks) else 1
    side = most
    while side > 1 and width(side) < min(84, most_wide):
        side -= 1
    sides = sorted({math.ceil(most / math.ceil(most / n)) for n in range(1, side + 1)})
    found = []
    for each in reversed(sides):
        wide = min(max(width(each), min(NARROWEST, most_wide)), most_wide)
        tile = math.floor(wide), max(round(wide / shape), 1)
        found.append(Page(board, tuple(blocks), tile, each))
    best = found[0]
    for page in found[1:]:
        if page.tile[0] >= LARGER * best.tile[0] and page.height <= SEEN:
            best = page
    return best.side, best.tile


def paper_pages(board: Board, shape: float, tile: int, *, is_one: bool = False) -> list[Page]:
    """
    Return the pages that are written to files, in about the proportion of a screen.

    Args:
        board: What is shown.
        shape: Width over height of the pictures.
        tile: Pixels of the longer side of a picture.
        is_one: Whether all is to be on one page, however large that gets.
    """
    density = min(max(tile / USUAL_TILE, SMALLEST_LABEL / LABEL), LARGEST_LABEL / LABEL)
    longer = tile / density
    size = (max(round(longer * min(1, shape)), 1), max(round(longer / max(1, shape)), 1))
    room = BOUNDLESS if is_one else PAPER_SIDE / density - 2 * EDGE - 100
    pixels = BOUNDLESS if is_one else PAPER_PIXELS / density**2
    wide, high = size[0] + GAP, size[1] + GAP + (3 * LABEL if board.wraps else 0)
    labels = label_width(board)
    columns = _fitting(len(board.columns), room - labels, wide)
    if board.wraps:
        most = min(math.sqrt(pixels), room)
        return _lines_of_pictures(board, size, density, most)
    rows = _fitting(len(board.rows), room, high)
    rows = max(min(rows, math.floor(pixels / (columns * wide + labels) / high)), 1)
    block = columns * wide + FACET_GAP, rows * high + 3 * TITLE + 5 * LABEL + FACET_GAP
    whole = columns == len(board.columns) and rows == len(board.rows)
    number = len(board.titles)
    side = best = 1
    if whole and number > 1:
        fits = [
            n
            for n in range(1, number + 1)
            if n == 1 or (n * block[0] + labels <= room and n * block[0] * block[1] <= pixels)
        ]
        side = min(fits, key=lambda n: _bad(n * block[0], math.ceil(number / n) * block[1]))
        most_bands = min(room / block[1], pixels / (side * block[0] + labels) / block[1])
        bands = number if is_one else max(math.floor(most_bands), 1)
        best = side * min(bands, math.ceil(number / side))
    parts = pages_of(board, Bounds(columns, rows, len(board.titles) if is_one else best))
    return _numbered(Page(board, blocks, size, side, density=density) for blocks in parts)


def _lines_of_pictures(
    board: Board, size: tuple[int, int], density: float, most: float
) -> list[Page]:
    """Return pages of pictures in lines, each at most *most* wide and high."""
    wide, high = size[0] + GAP, size[1] + GAP + 3 * LABEL
    number = len(board.columns)
    across = min(range(1, number + 1), key=lambda n: _bad(n * wide, math.ceil(number / n) * high))
    each = number
    if most < BOUNDLESS:
        across = max(min(across, math.floor(most / wide)), 1)
        each = max(across * math.floor(most / high), 1)
    blocks = len(board.titles) if most == BOUNDLESS else max(each // number, 1)
    parts = pages_of(board, Bounds(min(each, number), 1, blocks))
    return _numbered(Page(board, part, size, across=across, density=density) for part in parts)


def _bad(width: float, height: float) -> float:
    """Return how far a page is from the proportion of a screen."""
    return abs(math.log(width / height / PROPORTION))


def _fitting(number: int, room: float, each: float) -> int:
    """Return how many of *number* things go into one part where parts are about alike."""
    most = number if room == BOUNDLESS else max(math.floor(room / each), 1)
    return math.ceil(number / math.ceil(number / most))


def _numbered(pages: object) -> list[Page]:
    found: list[Page] = list(pages)  # type: ignore[call-overload]
    return [replace(page, number=n, of=len(found)) for n, page in enumerate(found, 1)]


def legible(board: Board) -> Board:
    """Return *board* with numbers for labels that no font here can write; captions spell them."""
    return replace(
        board,
        titles=_written(board.titles),
        rows=_written(board.rows),
        columns=_written(board.columns),
    )


def _written(labels: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(f"#{n}" if is_unwritable(label) else label for n, label in enumerate(labels, 1))


def is_unwritable(label: str) -> bool:
    """Whether most of *label* would be gaps in the best font here."""
    if label.isascii():
        return False
    kept = drawable(label, font_for(label, LABEL)).replace("·", "")
    return 2 * len("".join(kept.split())) < len("".join(label.split()))


def label_width(board: Board) -> int:
    """Return the width of labels beside rows, with the gap; 0 where there are none."""
    if not board.has_rows:
        return 0
    name = board.name_at("rows") if len(board.columns) <= FEW_COLUMNS else ""
    labels = (*board.rows, name)
    font = font_for(max(labels, key=len), LABEL)
    width = max(font.getlength(drawable(label, font)) for label in _longest(labels))
    # a little more: at another size the same words may be a little wider
    return math.ceil(min(width * 1.04, ROW_LABEL)) + 10


def _longest(labels: Sequence[str], few: int = 50) -> list[str]:
    """Return the labels that may be the widest; thousands need not be measured."""
    return sorted(set(labels), key=len, reverse=True)[:few]


def _lines(labels: set[str], size: int, width: float, most: int) -> int:
    """Return in how many lines of *width* the longest of *labels* stands, at most *most*."""
    lines = 0
    for label in _longest(tuple(labels)):
        if label and lines < most:
            font = font_for(label, size)
            lines = max(lines, len(wrapped(drawable(label, font), font, width, most=most)))
    return lines
