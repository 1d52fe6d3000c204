"""
A run as one picture: what is left of a sheet when its jobs have ended, and what can be handed on.

The same composition as the live grid, on white: pictures in rows, columns and facets, labels at
the edge, a caption.
"""

from __future__ import annotations

import base64
import html
import io
import logging
import math
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any

from PIL import Image as Pillow
from PIL import ImageDraw

from leonardo_nb.engine.markup import NO_MATH
from leonardo_nb.errors import LeonardoError
from leonardo_nb.sweeps.run import CellState
from leonardo_nb.widgets.freeze import (
    Frozen,
    drawable,
    encode_jpeg,
    fitted,
    font_for,
    on_white,
    wrapped,
)
from leonardo_nb.widgets.sheet_view import (
    ends_of,
    grid_view,
    is_unknown,
    money_words,
    reason_of,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from leonardo_nb.sweeps.layout import Layout, Place
    from leonardo_nb.sweeps.run import Run
    from leonardo_nb.sweeps.space import Cell

__all__ = ["contact_sheet", "freeze_run"]

logger = logging.getLogger("leonardo_nb")

SHOWN_WIDTH = 690
"""Pixels in which a host shows it at most; everything below is in these, times a density. In a
place of 600 its labels are still 12 pixels high."""
FIRST_PAGE = 150
"""Cells on the sheet that is left in a notebook; a full one is `run.contact_sheet(path)`."""
HTML_DENSITIES, PAINTED_DENSITIES = (2.0, 1.6, 1.25, 1.0), (1.25, 1.0)
MAX_HTML_BYTES = 135_000
MAX_PAINTED_BYTES = 90_000
"""JPEG bytes of both; in base64 they are 300 kB of the saved notebook."""
MAX_PIXELS = 100_000_000

GAP, FACET_GAP, EDGE = 6, 20, 10
LABEL, TITLE = 14, 15
HEAD, LABEL_HEAD = 24, 22
"""Heights of a facet's title and of the labels above columns."""
LARGER, SEEN = 1.4, 760
"""Facets stand below each other where pictures get so much larger, and all are seen at once."""
INK, QUIET_INK = "#1a1a1a", "#595959"
WELL, HATCHED, HATCH, BAD_INK = "#f3f3f3", "#fdf5f5", "#f6dcdc", "#b3261e"


def freeze_run(run: Run) -> Frozen:
    """
    Return the plain contact sheet of a run: html, one picture, and words.

    The bundle has the form of `freeze.freeze_job`: text/html with the grid as a `data:` picture and
    a caption in the theme's colours, image/jpeg with the caption painted in, and text/plain. More
    than 150 cells are cut to their first rows or facets, and the caption says so.
    """
    page = _Page.of(run, FIRST_PAGE)
    caption = _Caption.of(run, page)
    pictures = _Pictures(round(max(page.tile) * max(HTML_DENSITIES)))
    small, width = _within(page, None, HTML_DENSITIES, MAX_HTML_BYTES, pictures)
    painted, _ = _within(page, caption, PAINTED_DENSITIES, MAX_PAINTED_BYTES, pictures)
    return Frozen(
        {
            "text/html": _figure(small, width, caption),
            "image/jpeg": painted,
            "text/plain": repr(run),
        },
        {},
    )


def contact_sheet(run: Run, *, tile: int = 256) -> Pillow.Image:
    """
    Return every cell of *run* on one sheet.

    Args:
        run: What to show, laid out as it is.
        tile: The longer side of each picture, in pixels.

    Raises:
        ValueError: The sheet would be larger than 100 million pixels.
    """
    page = _Page.of(run, None)
    density = tile / max(page.tile)
    caption = _Caption.of(run, page)
    if page.width * page.height * density**2 > MAX_PIXELS:
        most = math.floor(max(page.tile) * math.sqrt(MAX_PIXELS / page.width / page.height))
        raise ValueError(
            f"A sheet of {len(run):,} pictures of {tile} pixels is larger than 100 million pixels; "
            f"take tile={most} or less, or a part of the run (`run.sel(...)`)."
        )
    return _compose(page, caption, density, _Pictures(tile))


def _within(
    page: _Page,
    caption: _Caption | None,
    densities: tuple[float, ...],
    most_bytes: int,
    pictures: _Pictures,
) -> tuple[bytes, int]:
    """Return a JPEG of at most *most_bytes*, and the width in which it is to be shown."""
    tries = [(page, density) for density in densities]
    # smaller pictures rather than a smaller sheet: the labels stay legible
    tries += [(page.with_tiles(factor), densities[-1]) for factor in (0.84, 0.7, 0.58)]
    for smaller, density in tries:
        sheet = _compose(smaller, caption, density, pictures)
        data = encode_jpeg(sheet, most_bytes)
        if Pillow.open(io.BytesIO(data)).size == sheet.size:  # else it took pixels away
            break
    return data, smaller.width


# ---- where everything stands, in shown pixels ---------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Page:
    """
    The part of a run that is on a sheet, and the places of its cells.

    Attributes:
        run: All of it.
        across: Grids (or, where one axis wraps, pictures) side by side.
        tile: Width and height of a picture.
        labels: Width of the row labels, with the gap; 0 where there are no rows.
        shown: How many facets, rows and columns are on it.
    """

    run: Run
    across: int
    tile: tuple[int, int]
    labels: int
    shown: tuple[int, int, int]

    @classmethod
    def of(cls, run: Run, most: int | None) -> _Page:
        layout = run.layout
        shown = _first(layout, most)
        facets, _, columns = shown
        shape = min(grid_view(run)["shapes"])
        labels = _label_width(layout)
        if layout.wraps:
            wide = min(190 if columns <= 4 else 140, 210 * shape)
            across = min(max(math.floor((SHOWN_WIDTH - 2 * EDGE + GAP) / (wide + GAP)), 1), columns)
            across = math.ceil(columns / math.ceil(columns / across))
            return cls(run, across, (round(wide), round(wide / shape)), 0, shown)
        most_wide = min(190, 220 * shape)
        across = facets
        while across > 1 and _tile_width(across, columns, labels) < min(84, most_wide):
            across -= 1
        sides = sorted({math.ceil(facets / math.ceil(facets / n)) for n in range(1, across + 1)})
        pages = []
        for side in reversed(sides):
            wide = min(max(_tile_width(side, columns, labels), min(64, most_wide)), most_wide)
            pages.append(cls(run, side, (round(wide), round(wide / shape)), labels, shown))
        best = pages[0]
        for page in pages[1:]:
            if page.tile[0] >= LARGER * best.tile[0] and page.height <= SEEN:
                best = page
        return best

    def with_tiles(self, factor: float) -> _Page:
        """Return the page with pictures *factor* times as large, and labels as they are."""
        wide, high = self.tile
        return replace(self, tile=(round(wide * factor), round(high * factor)))

    @property
    def cells(self) -> list[tuple[Cell, Place]]:
        """The cells that are on it, with their places."""
        facets, rows, columns = self.shown
        placed = ((cell, self.run.layout.place(cell.coords)) for cell in self.run.cells)
        return [
            (cell, place)
            for cell, place in placed
            if place.facet < facets and place.row < rows and place.column < columns
        ]

    @property
    def head(self) -> int:
        """Height of titles and column labels above a grid."""
        layout = self.run.layout
        titled = any(layout.facet_labels)
        return HEAD * titled + (LABEL_HEAD if layout.x and not layout.wraps else 0)

    @property
    def grid_size(self) -> tuple[int, int]:
        """Width and height of one grid, its head with it."""
        _, rows, columns = self.shown
        wide, high = self.tile
        if self.run.layout.wraps:
            lines = math.ceil(columns / self.across)
            label = LABEL_HEAD if self.run.layout.x else 0
            return (
                self.across * (wide + GAP) - GAP,
                self.head + lines * (label + high + GAP) - GAP,
            )
        return columns * (wide + GAP) - GAP, self.head + rows * (high + GAP) - GAP

    @property
    def side(self) -> int:
        """How many grids stand side by side."""
        return 1 if self.run.layout.wraps else self.across

    @property
    def width(self) -> int:
        """Of the grids with their labels."""
        grid, _ = self.grid_size
        return 2 * EDGE + self.labels + self.side * (grid + FACET_GAP) - FACET_GAP

    @property
    def height(self) -> int:
        """Of the grids with their labels."""
        bands = math.ceil(self.shown[0] / self.side)
        _, grid = self.grid_size
        return 2 * EDGE + bands * (grid + FACET_GAP) - FACET_GAP

    def corner(self, facet: int) -> tuple[int, int]:
        """Return left and top of a grid's head."""
        band, place = divmod(facet, self.side)
        wide, high = self.grid_size
        return (
            EDGE + self.labels + place * (wide + FACET_GAP),
            EDGE + band * (high + FACET_GAP),
        )

    def corner_of(self, place: Place) -> tuple[int, int]:
        """Return left and top of a picture."""
        left, top = self.corner(place.facet)
        wide, high = self.tile
        if self.run.layout.wraps:
            line, column = divmod(place.column, self.across)
            label = LABEL_HEAD if self.run.layout.x else 0
            return (
                left + column * (wide + GAP),
                top + self.head + line * (label + high + GAP) + label,
            )
        return left + place.column * (wide + GAP), top + self.head + place.row * (high + GAP)


def _first(layout: Layout, most: int | None) -> tuple[int, int, int]:
    """Return how many facets, rows and columns make at most *most* cells, whole ones first."""
    facets, rows, columns = layout.grids, layout.rows, layout.columns
    if most is None or facets * rows * columns <= most:
        return facets, rows, columns
    if rows * columns <= most:
        return most // (rows * columns), rows, columns
    if columns <= most:
        return 1, most // columns, columns
    return 1, 1, most


def _tile_width(across: int, columns: int, labels: int) -> float:
    room = SHOWN_WIDTH - 2 * EDGE - labels - (across - 1) * FACET_GAP
    return room / across / columns - GAP


def _label_width(layout: Layout) -> int:
    if layout.y is None:
        return 0
    font = font_for("".join(layout.y.labels), LABEL)
    longest = max(font.getlength(label) for label in layout.y.labels)
    return math.ceil(min(longest, 130)) + 10


# ---- painting -----------------------------------------------------------------------------------


def _compose(
    page: _Page, caption: _Caption | None, density: float, pictures: _Pictures
) -> Pillow.Image:
    """Return the sheet, every length times *density*."""
    width, height = page.width, page.height
    lines: list[_Line] = []
    if caption is not None:
        width = max(width, 420)  # room for the words under a single column
        lines = caption.lines(width - 2 * EDGE, density)
        height += sum(line.height for line in lines) + 4
    sheet = Pillow.new("RGB", (round(width * density), round(height * density)), "white")
    pen = _Pen(sheet, ImageDraw.Draw(sheet), density)
    _paint_labels(page, pen)
    for cell, place in page.cells:
        _paint_cell(page, pen, cell, place, pictures)
    top = page.height - 2
    for line in lines:
        line.paint(pen, EDGE, top)
        top += line.height
    return sheet


@dataclass(frozen=True, slots=True)
class _Pen:
    """Draws in shown pixels."""

    sheet: Pillow.Image
    draw: ImageDraw.ImageDraw
    density: float

    def font(self, text: str, size: int) -> Any:  # noqa: ANN401  FreeType or bitmap
        return font_for(text, round(size * self.density))

    def text(
        self,
        text: str,
        at: tuple[float, float],
        *,
        size: int = LABEL,
        ink: str = QUIET_INK,
        width: float,
        most: int = 1,
        anchor: str = "mt",
    ) -> None:
        """Write *text* in at most *most* lines around *at*: middle top, or right middle."""
        font = self.font(text, size)
        lines = wrapped(drawable(text, font), font, width * self.density, most=most)
        left, top = at
        step = size * 1.3
        if anchor[1] == "m":
            top -= step * (len(lines) - 1) / 2
        for number, line in enumerate(lines):
            where = (left * self.density, (top + number * step) * self.density)
            self.draw.text(where, line, ink, font, anchor=anchor)


def _paint_labels(page: _Page, pen: _Pen) -> None:
    layout = page.run.layout
    facets, rows, columns = page.shown
    grid, _ = page.grid_size
    wide, high = page.tile
    for facet in range(facets):
        left, top = page.corner(facet)
        if title := layout.facet_labels[facet]:
            middle = (left + grid / 2, top)
            pen.text(title, middle, size=TITLE, ink=INK, width=grid)
        places = [place for _, place in page.cells if place.facet == facet]
        if layout.x is not None:
            for column in range(columns):
                here = next(p for p in places if p.column == column)
                x, y = page.corner_of(here)
                pen.text(layout.x.labels[column], (x + wide / 2, y - 19), width=wide)
        if layout.y is not None and facet % page.side == 0:
            for row in range(rows):
                here = next(p for p in places if p.row == row)
                _, y = page.corner_of(here)
                pen.text(
                    layout.y.labels[row],
                    (left - 8, y + high / 2),
                    width=page.labels - 8,
                    most=max(min(high // 19, 5), 1),
                    anchor="rm",
                )


def _paint_cell(page: _Page, pen: _Pen, cell: Cell, place: Place, pictures: _Pictures) -> None:
    job = page.run.job(cell)
    density = pen.density
    left, top = page.corner_of(place)
    wide, high = page.tile
    box = (
        round(left * density),
        round(top * density),
        round((left + wide) * density),
        round((top + high) * density),
    )
    size = (box[2] - box[0], box[3] - box[1])
    if job.images:
        picture = pictures.of(cell, job.images[0], size)
        if picture is not None:
            pen.sheet.paste(
                picture,
                (
                    box[0] + (size[0] - picture.width) // 2,
                    box[1] + (size[1] - picture.height) // 2,
                ),
            )
            return
    state = CellState.of(job)
    middle = left + wide / 2
    if state is CellState.FAILED and not is_unknown(job):
        pen.sheet.paste(_hatched(size, density), box[:2])
        reason = reason_of(job.error)
        most = max(min(int((high - 30) // 19), 4), 0)
        lines_high = 1.3 * LABEL * most
        y = top + max((high - 16 - lines_high) / 2, 4)
        _triangle(pen, middle, y)
        if most:
            pen.text(reason, (middle, y + 17), ink=BAD_INK, width=wide - 10, most=most)
        return
    pen.draw.rectangle((box[0], box[1], box[2] - 1, box[3] - 1), WELL)
    word = "no file" if state is CellState.DONE else str(state)
    if is_unknown(job):
        word = "outcome unknown"
    pen.text(word, (middle, top + high / 2), width=wide - 4, most=2, anchor="mm")


class _Pictures:
    """A run's pictures, each opened once and kept no larger than any sheet needs it."""

    def __init__(self, longest: int) -> None:
        self._longest = longest
        self._kept: dict[int, Pillow.Image | None] = {}

    def of(self, cell: Cell, image: Any, size: tuple[int, int]) -> Pillow.Image | None:  # noqa: ANN401  a media.Image
        """Return a cell's picture fitted into *size*, or None where its file is gone or broken."""
        if cell.index not in self._kept:
            try:
                large = fitted(on_white(image.pil()), self._longest, self._longest)
            except (LeonardoError, OSError, ValueError):
                logger.warning("%r cannot be opened for the contact sheet.", image, exc_info=True)
                large = None
            self._kept[cell.index] = large
        kept = self._kept[cell.index]
        return None if kept is None else fitted(kept, *size)


def _hatched(size: tuple[int, int], density: float) -> Pillow.Image:
    tile = Pillow.new("RGB", size, HATCHED)
    draw = ImageDraw.Draw(tile)
    step = round(12 * density)
    for x in range(-size[1], size[0], step):
        draw.line((x, size[1], x + size[1], 0), HATCH, max(round(2 * density), 1))
    return tile


def _triangle(pen: _Pen, middle: float, top: float) -> None:
    corners = ((middle, top), (middle - 7, top + 12), (middle + 7, top + 12))
    pen.draw.polygon([(x * pen.density, y * pen.density) for x, y in corners], BAD_INK)


# ---- the caption --------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Caption:
    """What the sheet says below the pictures."""

    prompt: str
    pairs: tuple[tuple[str, str], ...]
    facts: tuple[str, ...]
    simulated: bool

    @classmethod
    def of(cls, run: Run, page: _Page) -> _Caption:
        grid = grid_view(run)
        counts = run.counts
        facets, rows, columns = page.shown
        on_page = facets * rows * columns
        done = f"{counts.done:,} of {counts.total:,} done"
        if counts.done == counts.total:
            done = f"{counts.total:,} {'picture' if counts.total == 1 else 'pictures'}"
        facts = [
            f"first {on_page:,} of {len(run):,} cells" if on_page < len(run) else "",
            done,
            *ends_of(run),
            money_words(run),
            _day(run),
        ]
        return cls(
            grid["prompt"],
            (*_varying(run.layout, page.side), *((name, value) for name, value in grid["same"])),
            tuple(fact for fact in facts if fact),
            run.simulated,
        )

    def lines(self, width: float, density: float) -> list[_Line]:
        """Return it set in lines of *width* shown pixels."""
        font = font_for(self.prompt, round(16 * density))
        prompt = wrapped(drawable(self.prompt, font), font, width * density, most=3)
        lines = [_Line(((part, INK),), 16, 24) for part in prompt if part]
        pairs = [((f"{name} ", QUIET_INK), (value, INK)) for name, value in self.pairs]
        lines += _flow(pairs, width, density)
        facts = [((fact, QUIET_INK),) for fact in self.facts]
        if self.simulated:
            facts.append((("simulated", "pill"),))
        return [*lines, *_flow(facts, width, density), _Line((), 12, 6)]


@dataclass(frozen=True, slots=True)
class _Line:
    """Pieces of text with their inks, side by side."""

    pieces: tuple[tuple[str, str], ...]
    size: int
    height: int

    def paint(self, pen: _Pen, left: float, top: float) -> None:
        for text, ink in self.pieces:
            font = pen.font(text, self.size)
            kept = drawable(text, font)
            wide = font.getlength(kept) / pen.density
            if ink == "pill":
                left += 6
                _dashed(pen, (left - 5, top - 1, left + wide + 5, top + self.size + 4))
            at = (left * pen.density, top * pen.density)
            pen.draw.text(at, kept, QUIET_INK if ink == "pill" else ink, font)
            left += wide


def _flow(
    groups: Sequence[tuple[tuple[str, str], ...]], width: float, density: float
) -> Iterator[_Line]:
    """Set *groups* side by side, and never break inside one."""
    size = TITLE
    lines: list[list[tuple[str, str]]] = []
    used = 0.0
    for whole in groups:
        group = whole
        text = "".join(piece for piece, _ in group)
        font = font_for(text, round(size * density))
        wide = font.getlength(text) / density + 14
        if wide > width:
            (name, ink), *rest = group
            room = width * density - font.getlength(name)
            cut = partial(wrapped, font=font, width=room, most=1)
            group = ((name, ink), *((cut(value)[0], other) for value, other in rest))
        if lines and used + wide <= width:
            lines[-1] += [("    ", INK), *group]
            used += wide
        else:
            lines.append(list(group))
            used = wide
    return (_Line(tuple(line), size, 22) for line in lines)


def _dashed(pen: _Pen, box: tuple[float, float, float, float]) -> None:
    left, top, right, bottom = (round(side * pen.density) for side in box)
    dash = max(round(3 * pen.density), 2)
    for x in range(left, right, 2 * dash):
        for y in (top, bottom):
            pen.draw.line((x, y, min(x + dash, right), y), QUIET_INK)
    for y in range(top, bottom, 2 * dash):
        for x in (left, right):
            pen.draw.line((x, y, x, min(y + dash, bottom)), QUIET_INK)


def _varying(layout: Layout, side: int) -> Iterator[tuple[str, str]]:
    """Say what the labels at the edge are: the numbers alone do not."""
    for where, axes in (
        ("columns" if layout.y else "", [layout.x] if layout.x else []),
        ("rows", [layout.y] if layout.y else []),
        ("side by side" if side > 1 else "below each other", layout.facets),
    ):
        for axis in axes:
            few = len(axis) <= 6 and axis.name != "prompt"
            span = f"{axis.labels[0]} to {axis.labels[-1]}, " if axis.is_numeric else ""
            value = ", ".join(axis.labels) if few else f"{span}{len(axis):,} values"
            yield f"{where} {axis.name}".strip(), value


def _day(run: Run) -> str:
    created = [job.created for job in run.jobs]
    if not created:
        return ""
    day = min(created).astimezone()
    return f"{day.day} {day:%B %Y}"


def _figure(data: bytes, width: int, caption: _Caption) -> str:
    encoded = base64.b64encode(data).decode("ascii")
    described = ", ".join(f"{name} {value}" for name, value in caption.pairs)
    alt = html.escape(f"Contact sheet: {caption.prompt}; {described}")
    return (
        f'<figure {NO_MATH} style="margin:0;max-width:{width}px">'
        f'<img src="data:image/jpeg;base64,{encoded}" alt="{alt}" '
        'style="display:block;width:100%;height:auto;margin:0;border-radius:4px">'
        f'<figcaption style="margin:8px 0 0;text-align:left">{_words(caption)}</figcaption>'
        "</figure>"
    )


def _words(caption: _Caption) -> str:
    pairs = "&ensp; ".join(
        f'<span style="opacity:.75">{html.escape(name)}</span> {html.escape(value)}'
        for name, value in caption.pairs
    )
    facts = [html.escape(fact) for fact in caption.facts]
    if caption.simulated:
        facts.append(
            '<span style="border:1px dashed;border-radius:3px;padding:0 5px;font-size:11px">'
            "simulated</span>"
        )
    lines = [
        ("font-size:14px;line-height:1.45", html.escape(caption.prompt)),
        ("font-size:12px;line-height:1.6", pairs),
        ("font-size:12px;line-height:1.6;opacity:.75", "&ensp; ".join(facts)),
    ]
    return "".join(
        f'<div style="{style};overflow-wrap:break-word">{text}</div>'
        for style, text in lines
        if text
    )
