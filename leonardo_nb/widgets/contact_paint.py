"""Painting a page of contact sheets: labels, pictures, what stands where there is none, caption."""

from __future__ import annotations

import io
import logging
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from PIL import Image as Pillow
from PIL import ImageDraw

from leonardo_nb.sweeps.export.handout import bytes_of
from leonardo_nb.sweeps.states import CellState
from leonardo_nb.widgets.contact_page import EDGE, LABEL, LINE, TITLE, Page
from leonardo_nb.widgets.freeze import drawable, fitted, font_for, on_white, wrapped
from leonardo_nb.widgets.sheet_view import is_unknown, reason_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from leonardo_nb.engine.kinds import GenerationJob
    from leonardo_nb.engine.media import Image
    from leonardo_nb.library.shelf import Mark
    from leonardo_nb.sweeps.cells import Cell
    from leonardo_nb.sweeps.export.handout import Handout
    from leonardo_nb.sweeps.run import Run
    from leonardo_nb.widgets.contact_words import Caption, Line

__all__ = ["Pictures", "paint"]

logger = logging.getLogger("leonardo_nb")

INKS: Final = {"ink": "#1a1a1a", "quiet": "#595959", "pill": "#595959", "bad": "#b3261e"}
WELL, HATCHED, HATCH = "#f3f3f3", "#fdf5f5", "#f6dcdc"
DIMMED: Final = 0.65
"""How far a rejected picture goes over to white."""
STAR: Final = "8 1.6 9.9 6 14.6 6.4 11 9.5 12.1 14.1 8 11.6 3.9 14.1 5 9.5 1.4 6.4 6.1 6"
STROKES: Final = {
    "star": (f"{STAR} 8 1.6",),
    "reject": ("3.5 3.5 12.5 12.5", "12.5 3.5 3.5 12.5"),
    "note": ("3 3.5 13 3.5", "3 8 13 8", "3 12.5 9 12.5"),
}
"""The signs of marks, as sheet_cells.js draws them, in a box of 16."""
FINER: Final = 4
"""Signs are drawn so many times as large, that their edges are smooth."""
LEAST_WIDTH: Final = 420
"""Room for the words under a single column."""
AT_ONCE: Final = 64
"""Pictures that are open at the same time."""
READERS: Final = 2


def paint(
    run: Run,
    page: Page,
    caption: Caption | None,
    pictures: Pictures,
    handout: Handout | None = None,
    *,
    marks: Mapping[int, Mark] | None = None,
) -> Pillow.Image:
    """
    Return *page* painted on white.

    Args:
        run: Whose page it is.
        page: What stands where.
        caption: The words below, or None.
        pictures: Where pictures come from.
        handout: Says why cells have failed in the words that are handed on; all of them if None.
        marks: Stars, rejections and notes, by the position of the cell.
    """
    marks = marks or {}
    density = page.density
    width, height = page.width, page.height
    lines: list[Line] = []
    if caption is not None:
        width = max(width, LEAST_WIDTH)
        lines = caption.lines(width - 2 * EDGE, density)
        height += sum(line.height for line in lines) + 4
    sheet = Pillow.new("RGB", (round(width * density), round(height * density)), "white")
    pen = _Pen(sheet, ImageDraw.Draw(sheet), density)
    _paint_labels(page, pen)
    spots = [
        (number, spot, run.cells[index], marks.get(index))
        for number in range(len(page.blocks))
        for spot, index in page.spots(number)
    ]
    with ThreadPoolExecutor(READERS) as readers:
        for start in range(0, len(spots), AT_ONCE):
            some = spots[start : start + AT_ONCE]
            opened = readers.map(lambda each: pictures.of(run, each[2]), some)
            for (number, spot, cell, mark), picture in zip(some, opened, strict=True):
                corner = page.corner_of(number, spot.row, spot.column)
                job = run.job(cell)
                reason = "" if job.error is None else reason_of(job.error)
                if handout is not None:
                    reason = handout.said(reason, cell)
                if picture is not None and mark is not None and mark.reject:
                    picture = Pillow.blend(  # noqa: PLW2901  what is kept stays as it is
                        picture, Pillow.new("RGB", picture.size, "white"), DIMMED
                    )
                box = _paint_cell(job, pen, corner, page.tile, picture, reason=reason)
                if mark is not None:
                    _paint_mark(mark, pen, box, has_picture=picture is not None)
    top = page.height - 2
    for line in lines:
        _paint_line(pen, line, top)
        top += line.height
    return sheet


class Pictures:
    """
    A run's pictures, opened as small as they are needed.

    Args:
        longest: Pixels of the longer side.
        keeps: Whether they are kept for a second page of the same cells.
    """

    def __init__(self, longest: int, *, keeps: bool = False) -> None:
        self._longest = longest
        self._keeps = keeps
        self._kept: dict[int, Pillow.Image | None] = {}

    def of(self, run: Run, cell: Cell) -> Pillow.Image | None:
        """Return a cell's picture, or None where there is none or its file cannot be opened."""
        if cell.index in self._kept:
            return self._kept[cell.index]
        image = run.picture(cell)
        picture = None if image is None else self._opened(image)
        if self._keeps:
            self._kept[cell.index] = picture
        return picture

    def _opened(self, image: Image) -> Pillow.Image | None:
        data = bytes_of(image)
        if data is None:
            logger.warning("%r cannot be opened for the contact sheet: gone or damaged.", image)
            return None
        try:
            with Pillow.open(io.BytesIO(data)) as picture:
                # a JPEG is decoded at a half, a quarter or an eighth where that is enough
                picture.draft("RGB", (self._longest, self._longest))
                return fitted(on_white(picture), self._longest, self._longest)
        except (OSError, ValueError, SyntaxError):
            logger.warning("%r cannot be opened for the contact sheet.", image, exc_info=True)
            return None


@dataclass(frozen=True, slots=True)
class _Pen:
    """Draws in shown pixels."""

    sheet: Pillow.Image
    draw: ImageDraw.ImageDraw
    density: float

    def font(self, text: str, size: int) -> Any:  # noqa: ANN401  FreeType or bitmap
        return font_for(text, round(size * self.density))

    def width(self, text: str, size: int = LABEL) -> float:
        """Return how wide *text* is in one line."""
        font = self.font(text, size)
        return float(font.getlength(drawable(text, font)) / self.density)

    def text(
        self,
        text: str,
        at: tuple[float, float],
        *,
        size: int = LABEL,
        ink: str = "quiet",
        width: float,
        most: int = 1,
        anchor: str = "mt",
    ) -> None:
        """Write *text* in at most *most* lines: what *anchor* says of it at *at*."""
        font = self.font(text, size)
        lines = wrapped(drawable(text, font), font, width * self.density, most=most)
        left, top = at
        step = size * LINE
        if anchor[1] == "m":
            top -= step * (len(lines) - 1) / 2
        elif anchor[1] == "b":
            top -= step * (len(lines) - 1)
        for number, line in enumerate(lines):
            where = (left * self.density, (top + number * step) * self.density)
            self.draw.text(where, line, INKS[ink], font, anchor=anchor)


def _paint_labels(page: Page, pen: _Pen) -> None:
    board = page.board
    wide, high = page.tile
    most_high = max((page.head - page.names) // round(LABEL * LINE), 1)
    for number, block in enumerate(page.blocks):
        left, top = page.corner(number)
        if title := board.titles[block.grid]:
            middle = (left + page.block_width / 2, top)
            pen.text(title, middle, size=TITLE, ink="ink", width=page.block_width, most=2)
        if name := board.name_at("columns"):
            pen.text(name, (left + page.block_width / 2, top + page.title), width=page.block_width)
        if board.has_columns:
            for column in block.columns:
                x, y = page.corner_of(number, block.rows.start, column)
                at = (x + wide / 2, y - 6)
                text = board.columns[column]
                pen.text(text, at, ink="ink", width=wide, most=most_high, anchor="mb")
        if board.has_rows and number % page.side == 0:
            _paint_name_of_rows(page, pen, left - 8, top + page.title)
            for row in block.rows:
                _, y = page.corner_of(number, row, block.columns.start)
                pen.text(
                    board.rows[row],
                    (left - 8, y + high / 2),
                    ink="ink",
                    width=page.labels - 8,
                    most=max(min(int(high // (LABEL * LINE)), 5), 1),
                    anchor="rm",
                )


def _paint_name_of_rows(page: Page, pen: _Pen, right: float, top: float) -> None:
    """On the line of the other name, so that it does not read as the name of the columns."""
    name, other = page.board.name_at("rows"), page.board.name_at("columns")
    if pen.width(name) <= page.labels - 8:
        pen.text(name, (right, top), width=page.labels - 8, anchor="rt")
        return
    # over the pictures, as far as the other name lets it
    room = page.labels + (page.block_width - min(pen.width(other), page.block_width)) / 2 - 12
    pen.text(name, (EDGE, top), width=room, anchor="lt")


def _paint_cell(
    job: GenerationJob,
    pen: _Pen,
    corner: tuple[int, int],
    tile: tuple[int, int],
    picture: Pillow.Image | None,
    *,
    reason: str,
) -> tuple[int, int, int, int]:
    """Paint a cell, and return the box of its picture, or of its place, in painted pixels."""
    density = pen.density
    left, top = corner
    wide, high = tile
    box = (
        round(left * density),
        round(top * density),
        round((left + wide) * density),
        round((top + high) * density),
    )
    size = (box[2] - box[0], box[3] - box[1])
    if picture is not None:
        small = fitted(picture, *size)
        x, y = (size[0] - small.width) // 2, (size[1] - small.height) // 2
        at = (box[0] + x, box[1] + y)
        pen.sheet.paste(small, at)
        return (*at, at[0] + small.width, at[1] + small.height)
    state = CellState.of(job)
    middle = left + wide / 2
    if state is CellState.FAILED and not is_unknown(job):
        pen.sheet.paste(_hatched(size, density), box[:2])
        most = max(min(int((high - 30) // 19), 4), 0) if wide >= LEAST_REASON else 0
        mark = top + max((high - 16 - LINE * LABEL * most) / 2, 4)
        _triangle(pen, middle, mark)
        if most:
            pen.text(reason, (middle, mark + 17), ink="bad", width=wide - 10, most=most)
        return box
    pen.draw.rectangle((box[0], box[1], box[2] - 1, box[3] - 1), WELL)
    word = "no file" if state is CellState.DONE else str(state)
    if is_unknown(job):
        word = "outcome unknown"
    pen.text(word, (middle, top + high / 2), width=wide - 4, most=2, anchor="mm")
    return box


def _paint_mark(
    mark: Mark, pen: _Pen, box: tuple[int, int, int, int], *, has_picture: bool
) -> None:
    """Put the signs of *mark* over a picture, as the live sheet does."""
    left, top, right, bottom = box
    wide, edge = right - left, round(3 * pen.density)
    small = _side(0.22 * wide, 9, 16, pen.density)
    if mark.star:
        _paste_sign("star", pen, (right - edge - small, top + edge), small)
    if mark.reject and has_picture:
        side = _side(0.36 * wide, 10, 32, pen.density)
        middle = ((left + right - side) // 2, (top + bottom - side) // 2)
        _paste_sign("reject", pen, middle, side)
    elif mark.reject:  # the middle is the place of the cell's state
        _paste_sign("reject", pen, (right - edge - small, top + edge), small)
    if mark.note:
        _paste_sign("note", pen, (right - edge - small, bottom - edge - small), small)


def _side(wished: float, least: int, most: int, density: float) -> int:
    return round(min(max(wished, least * density), most * density))


def _paste_sign(name: str, pen: _Pen, at: tuple[int, int], side: int) -> None:
    """Paste a white sign with a dark line around it, which is legible on any picture."""
    scale = side * FINER / 16
    under, over = (2.4, 0.5) if name == "star" else (3.6, 1.6)
    sign = Pillow.new("RGBA", (side * FINER, side * FINER))
    draw = ImageDraw.Draw(sign)
    for colour, stroke in (("black", under), ("white", over)):
        for path in STROKES[name]:
            numbers = [float(number) * scale for number in path.split()]
            points = list(zip(numbers[::2], numbers[1::2], strict=True))
            if name == "star":
                draw.polygon(points, colour)
            width, half = max(round(stroke * scale), 1), stroke * scale / 2
            draw.line(points, colour, width)
            for x, y in points:  # round ends
                draw.ellipse((x - half, y - half, x + half, y + half), colour)
    sign = sign.resize((side, side), Pillow.Resampling.LANCZOS)
    pen.sheet.paste(sign, at, sign)


LEAST_REASON: Final = 90
"""Pixels of width in which a sentence can be read."""


def _hatched(size: tuple[int, int], density: float) -> Pillow.Image:
    tile = Pillow.new("RGB", size, HATCHED)
    draw = ImageDraw.Draw(tile)
    step = max(round(12 * density), 4)
    for x in range(-size[1], size[0], step):
        draw.line((x, size[1], x + size[1], 0), HATCH, max(round(2 * density), 1))
    return tile


def _triangle(pen: _Pen, middle: float, top: float) -> None:
    corners = ((middle, top), (middle - 7, top + 12), (middle + 7, top + 12))
    pen.draw.polygon([(x * pen.density, y * pen.density) for x, y in corners], INKS["bad"])


def _paint_line(pen: _Pen, line: Line, top: float) -> None:
    left: float = EDGE
    for text, ink in line.pieces:
        font = pen.font(text, line.size)
        kept = drawable(text, font)
        wide = font.getlength(kept) / pen.density
        if ink == "pill":
            left += 6
            _dashed(pen, (left - 5, top - 1, left + wide + 5, top + line.size + 4))
        at = (left * pen.density, top * pen.density)
        pen.draw.text(at, kept, INKS[ink], font)
        left += wide


def _dashed(pen: _Pen, box: tuple[float, float, float, float]) -> None:
    left, top, right, bottom = (round(side * pen.density) for side in box)
    dash = max(round(3 * pen.density), 2)
    for x in range(left, right, 2 * dash):
        for y in (top, bottom):
            pen.draw.line((x, y, min(x + dash, right), y), INKS["quiet"])
    for y in range(top, bottom, 2 * dash):
        for x in (left, right):
            pen.draw.line((x, y, x, min(y + dash, bottom)), INKS["quiet"])
