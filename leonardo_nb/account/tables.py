"""
Sequences that show themselves as a table with small pictures.

In a notebook they take the page's colours, light or dark, and give way where it is narrow; in a
terminal they are aligned text. Everything in them is text: nothing of the service's or of a prompt
becomes markup or steers a terminal.
"""

from __future__ import annotations

import base64
import io
import warnings
from collections.abc import Sequence
from dataclasses import dataclass, field
from html import escape
from typing import TYPE_CHECKING, Final, Generic, Self, TypeVar, overload

from leonardo_nb.engine.markup import NO_MATH
from leonardo_nb.service.plain import as_shown

if TYPE_CHECKING:
    from collections.abc import Iterable

    import PIL.Image

__all__ = ["Cell", "Table", "Thumbnail", "thumbnail"]

T = TypeVar("T")

PREVIEW_BYTES: Final = 200_000
"""JPEG bytes of all pictures of a table together, where its words leave room for so many."""
HTML_BYTES: Final = 295_000
"""What a table is at most in a saved notebook, words and pictures together."""
QUALITIES: Final = (78, 66, 52, 40)
MOST_PIXELS: Final = 80_000_000
CELL_SHOWN: Final = 60
WHOLE: Final = 16
"""Characters up to which a cell stays in one line."""
ROW_BYTES: Final = 480
"""What a row weighs besides its cells' words and its picture's bytes."""
LINE = "1px solid rgba(128,128,128,.3)"
QUIET = "opacity:.65"
FIGURES = "font-variant-numeric:tabular-nums;"


@dataclass(frozen=True, slots=True)
class Thumbnail:
    """
    A small picture.

    Attributes:
        data: JPEG, without transparency.
        width: In pixels as shown; the file has twice as many where it can.
        height: In pixels as shown.
        note: Words under it, such as that it is only an impression.
    """

    data: bytes = field(repr=False)
    width: int
    height: int
    note: str = ""


@dataclass(frozen=True, slots=True)
class Cell:
    """
    One cell's text.

    Attributes:
        text: What it says.
        is_code: Whether it is there to be copied, such as an id.
        quiet: Further words beneath, less loud.
    """

    text: str
    is_code: bool = False
    quiet: str = ""


def thumbnail(
    image: PIL.Image.Image | bytes, *, side: int = 56, note: str = "", quality: int = QUALITIES[0]
) -> Thumbnail | None:
    """
    Return *image* so small that *side* is its longer side as shown, or None where it is none.

    Args:
        image: A picture, or a file's bytes, which may be anything.
        side: In pixels as shown.
        note: Words under it.
        quality: Of the JPEG.
    """
    import PIL.Image
    import PIL.ImageOps

    try:
        if isinstance(image, bytes):
            with warnings.catch_warnings():
                warnings.simplefilter("error", PIL.Image.DecompressionBombWarning)
                image = PIL.Image.open(io.BytesIO(image), formats=("JPEG", "PNG", "WEBP"))
            if image.width * image.height > MOST_PIXELS:
                return None
            image.draft("RGB", (4 * side, 4 * side))
        image = PIL.ImageOps.exif_transpose(image)
        image.thumbnail((2 * side, 2 * side))
        if "A" in image.getbands() or "transparency" in image.info:
            image = image.convert("RGBA")
            image = PIL.Image.alpha_composite(PIL.Image.new("RGBA", image.size, "white"), image)
        buffer = io.BytesIO()
        image.convert("RGB").save(buffer, "JPEG", quality=quality, optimize=True)
    except (
        OSError,
        SyntaxError,
        ValueError,
        PIL.Image.DecompressionBombError,
        PIL.Image.DecompressionBombWarning,
    ):
        return None
    return Thumbnail(buffer.getvalue(), max(1, image.width // 2), max(1, image.height // 2), note)


class Table(Sequence[T], Generic[T]):
    """
    Rows of one kind, as a sequence that shows itself.

    What a kind of table says of a row is its class's: `columns`, `cells` and, where there are any,
    `picture`.

    Args:
        rows: In the order in which they are shown.
        notes: Sentences at its foot.
        total: Of how many rows these are a part; left out, they are all.

    Attributes:
        total: How many rows there are in all; a part of the table keeps the number.
    """

    columns: tuple[str, ...] = ()
    numbers: frozenset[str] = frozenset()
    """Those of `columns` that stand at the right, figure below figure."""
    nouns: tuple[str, str] = ("row", "rows")
    page: int | None = None
    """How many rows a notebook shows, or None for all."""

    def __init__(
        self, rows: Iterable[T], *, notes: Iterable[str] = (), total: int | None = None
    ) -> None:
        self._rows = tuple(rows)
        self.notes = tuple(notes)
        self.total = len(self._rows) if total is None else total

    @overload
    def __getitem__(self, index: int) -> T: ...
    @overload
    def __getitem__(self, index: slice) -> Self: ...
    def __getitem__(self, index: int | slice) -> T | Self:
        return self._part(self._rows[index]) if isinstance(index, slice) else self._rows[index]

    def _part(self, rows: tuple[T, ...]) -> Self:
        """Return the same kind of table of fewer *rows*."""
        part = object.__new__(type(self))
        part.__dict__.update(self.__dict__)
        part._rows = rows
        return part

    def __len__(self) -> int:
        return len(self._rows)

    def __eq__(self, other: object) -> bool:
        """Whether *other* has the same rows; a tuple of them is the same."""
        if isinstance(other, Table):
            return self._rows == other._rows
        return self._rows == other if isinstance(other, tuple) else NotImplemented

    def __hash__(self) -> int:
        return hash(self._rows)

    def cells(self, row: T) -> tuple[Cell, ...]:
        """Return what *row* says, in the order of `columns`."""
        raise NotImplementedError

    def picture(self, row: T) -> Thumbnail | None:
        """Return the small picture of *row*, or None."""
        del row
        return None

    def sums(self) -> tuple[tuple[Cell, ...], ...]:
        """Return lines below all rows, each in the order of `columns`."""
        return ()

    def chart(self) -> str:
        """Return what a notebook shows above the rows, as html."""
        return ""

    def caption(self) -> str:
        """Return how many rows these are, and of how many where it is a part."""
        noun = self.nouns[0] if self.total == 1 else self.nouns[1]
        part = f"{len(self):,} of " if len(self) < self.total else ""
        return f"{part}{self.total:,} {noun}"

    def __repr__(self) -> str:
        if not self:
            return f"no {self.nouns[1]}"
        cells = (*map(self.cells, self), *self.sums())
        rows = [self.columns, *([_plain(cell.text) for cell in row] for row in cells)]
        widths = [max(len(row[at]) for row in rows) for at in range(len(self.columns))]
        sides = [str.rjust if name in self.numbers else str.ljust for name in self.columns]
        lines = [
            "  ".join(
                side(cell, width) for side, cell, width in zip(sides, row, widths, strict=True)
            ).rstrip()
            for row in rows
        ]
        return "\n".join([*lines, "", *map(_printable, self.sentences())])

    def sentences(self) -> list[str]:
        """Return what stands below the rows."""
        return [f"{self.caption()}.", *self.notes]

    def _repr_html_(self) -> str:
        rows = self if self.page is None else self[: self.page]
        cells = [self._line(self.cells(row)) for row in rows]
        sums = "".join(
            f"<tr style='border-top:{LINE};background:none;font-weight:600'>{self._line(row)}</tr>"
            for row in self.sums()
        )
        chart = self.chart()
        foot = self._foot(f"The first {self.page} are shown." if len(rows) < len(self) else "")
        room = HTML_BYTES - sum(map(_size, (*cells, sums, chart, foot))) - ROW_BYTES * len(cells)
        pictures = fitting([self.picture(row) for row in rows], min(PREVIEW_BYTES, room * 3 // 4))
        has_pictures = any(pictures)
        head = "".join(
            f"<th style='text-align:{self._side(name)};padding:4px 14px 4px 0;font-weight:600;"
            f"{QUIET}'>{escape(name)}</th>"
            for name in (*([""] if has_pictures else []), *self.columns)
        )
        body = "".join(
            f"<tr style='border-top:{LINE};background:none'>"
            + (_picture_cell(picture) if has_pictures else "")
            + f"{words}</tr>"
            for words, picture in zip(cells, pictures, strict=True)
        )
        table = (
            "<div style='overflow-x:auto'><table style='border-collapse:collapse;margin:0;"
            "font-size:13px;line-height:1.35'>"
            f"<thead style='border:0'><tr style='background:none'>{head}</tr></thead>"
            f"<tbody>{body}{sums}</tbody></table></div>"
        )
        return f"<div {NO_MATH}>{chart}{table if self else ''}{foot}</div>"

    def _side(self, column: str) -> str:
        return "right" if column in self.numbers else "left"

    def _line(self, cells: tuple[Cell, ...]) -> str:
        pairs = zip(self.columns, cells, strict=True)
        return "".join(_cell(cell, side=self._side(name)) for name, cell in pairs)

    def _foot(self, more: str = "") -> str:
        words = self.sentences() if self else [f"No {self.nouns[1]}.", *self.notes]
        words += [more] if more else []
        return (
            f"<div style='font-size:12px;margin-top:6px;max-width:640px;{QUIET}'>"
            f"{' '.join(map(escape, words))}</div>"
        )


def _printable(text: str) -> str:
    """Return *text* in one line without anything that steers a terminal."""
    return "".join(each if each.isprintable() else " " for each in text)


def _plain(text: str) -> str:
    """Return *text* in one short line without anything that steers a terminal."""
    flat = _printable(text)
    return flat if len(flat) <= CELL_SHOWN else flat[: CELL_SHOWN - 1] + "…"


def _cell(cell: Cell, *, side: str = "left") -> str:
    text = escape(as_shown(cell.text))
    # an id is there to be copied, and a date is no shorter in two lines
    is_whole = cell.is_code or len(cell.text) <= WHOLE
    space = "white-space:nowrap" if is_whole else "white-space:normal"
    if cell.is_code and cell.text:
        look = f"font-size:11px;padding:0;background:none;color:inherit;{space}"
        text = f"<code style='{look}'>{text}</code>"
    else:
        text = f"<span style='{space}'>{text}</span>"
    quiet = (
        f"<div style='font-size:12px;{QUIET}'>{escape(as_shown(cell.quiet))}</div>"
        if cell.quiet
        else ""
    )
    width = "" if is_whole else "min-width:130px;"
    return (
        f"<td style='text-align:{side};vertical-align:middle;padding:5px 14px 5px 0;{width}"
        f"{FIGURES if side == 'right' else ''}white-space:normal;max-width:280px'>{text}{quiet}"
        "</td>"
    )


def _picture_cell(picture: Thumbnail | None) -> str:
    inside = "" if picture is None else shown(picture)
    return f"<td style='padding:4px 12px 4px 0;vertical-align:middle'>{inside}</td>"


def shown(picture: Thumbnail) -> str:
    """Return *picture* as an `<img>` with its bytes inside."""
    data = base64.b64encode(picture.data).decode("ascii")
    return (
        f"<img src='data:image/jpeg;base64,{data}' width='{picture.width}' "
        f"height='{picture.height}' alt='{escape(picture.note, quote=True)}' "
        "style='display:block;margin:0;max-width:none;border-radius:4px'>"
    )


def fitting(
    pictures: Sequence[Thumbnail | None], room: int = PREVIEW_BYTES
) -> list[Thumbnail | None]:
    """Return *pictures* so that they have at most *room* bytes; the last ones give way."""
    fitted = list(pictures)
    for quality in QUALITIES[1:]:
        if _bytes(fitted) <= room:
            return fitted
        fitted = [each and _again(each, quality) for each in fitted]
    for at, each in enumerate(fitted):
        room -= 0 if each is None else len(each.data)
        if room < 0:
            fitted[at] = None
    return fitted


def _size(html: str) -> int:
    return len(html.encode("utf-8", "replace"))


def _bytes(pictures: Iterable[Thumbnail | None]) -> int:
    return sum(len(each.data) for each in pictures if each is not None)


def _again(picture: Thumbnail, quality: int) -> Thumbnail:
    side = max(picture.width, picture.height)
    return thumbnail(picture.data, side=side, note=picture.note, quality=quality) or picture
