"""
A run as contact sheets: what is left of a sheet when its jobs have ended, and what is handed on.

The same composition as the live grid, on white: pictures in rows, columns and grids, labels at the
edge of every page, a caption.
"""

from __future__ import annotations

import base64
import html
import io
import math
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from PIL import Image as Pillow
from PIL.PngImagePlugin import PngInfo

from leonardo_nb.engine.markup import NO_MATH
from leonardo_nb.errors import InvalidRequest, LibraryError
from leonardo_nb.library.embedding.xmp import of_trained
from leonardo_nb.service.values import shown
from leonardo_nb.sweeps.axes import is_whole
from leonardo_nb.sweeps.export.handout import Handout, at_one_moment
from leonardo_nb.sweeps.export.writing import place_of, written
from leonardo_nb.widgets.contact_board import Board
from leonardo_nb.widgets.contact_page import (
    MOST_PIXELS,
    MOST_SIDE,
    Page,
    legible,
    paper_pages,
    screen_pages,
)
from leonardo_nb.widgets.contact_paint import Pictures, paint
from leonardo_nb.widgets.contact_words import Caption
from leonardo_nb.widgets.freeze import Frozen, encode_jpeg

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from leonardo_nb.engine.kinds import GenerationJob
    from leonardo_nb.library.shelf import Mark
    from leonardo_nb.sweeps.arrangement import Arrangement
    from leonardo_nb.sweeps.export.writing import Told
    from leonardo_nb.sweeps.run import Run

__all__ = ["contact_sheet", "contact_sheets", "freeze_run", "save_sheet", "screens"]

HTML_DENSITIES, PAINTED_DENSITIES = (2.0, 1.6, 1.25, 1.0), (1.25, 1.0)
MAX_HTML_BYTES = 135_000
MAX_PAINTED_BYTES = 90_000
"""JPEG bytes of both; in base64 they are 300 kB of the saved notebook."""
SMALLER: Final = (0.84, 0.7, 0.58)
FORMATS: Final = {".jpg": "JPEG", ".jpeg": "JPEG", ".png": "PNG", ".webp": "WEBP"}
QUALITY: Final = 88
WEBP_SIDE: Final = 16_383
MOST_TILE: Final = 4_096


def freeze_run(run: Run, *, arrangement: Arrangement | None = None, page: int = 1) -> Frozen:
    """
    Return a plain contact sheet of a run: html, one picture, and words.

    The bundle has the form of `freeze.freeze_job`: text/html with the grid as a `data:` picture and
    a caption in the theme's colours, image/jpeg with the caption painted in, and text/plain. At
    most 150 cells are on a page, with labels that can be read; the caption says how many there are
    and where the others can be seen. It takes about half a second, on any thread.

    Args:
        run: What to show.
        arrangement: How its sheet is turned, without what that filters; as `run.layout` says where
            it is None.
        page: Which page, from 1 to `screens(run)`.
    """
    found = screen_pages(legible(Board.of(run, arrangement)), _shape(run))
    now = found[min(max(page, 1), len(found)) - 1]
    caption = Caption.of(run, now)
    pictures = Pictures(math.ceil(max(now.tile) * max(HTML_DENSITIES)), keeps=True)
    marks = _marks_of(run)
    small, width = _within(
        _tries(now, HTML_DENSITIES),
        MAX_HTML_BYTES,
        lambda each: paint(run, each, None, pictures, marks=marks),
    )
    painted, _ = _within(
        _tries(now, PAINTED_DENSITIES),
        MAX_PAINTED_BYTES,
        lambda each: paint(run, each, caption, pictures, marks=marks),
    )
    return Frozen(
        {
            "text/html": _figure(small, width, caption),
            "image/jpeg": painted,
            "text/plain": repr(run),
        },
        {},
    )


def screens(run: Run, arrangement: Arrangement | None = None) -> int:
    """Return how many pages `freeze_run` has."""
    return len(screen_pages(legible(Board.of(run, arrangement)), _shape(run)))


def contact_sheet(run: Run, *, tile: int = 256) -> Pillow.Image:
    """
    Return every cell of *run* on one sheet, laid out as it is.

    Args:
        run: What to show.
        tile: The longer side of each picture, in pixels.

    Raises:
        ValueError: The sheet would be larger than 100 million pixels or 65,500 a side.
    """
    run = at_one_moment(run)
    page = paper_pages(legible(Board.of(run)), _shape(run), tile, is_one=True)[0]
    wide, high = page.width * page.density, page.height * page.density
    if wide * high > MOST_PIXELS or max(wide, high) > MOST_SIDE:
        less = min(math.sqrt(MOST_PIXELS / wide / high), MOST_SIDE / max(wide, high))
        raise ValueError(
            f"A sheet of {len(run):,} pictures of {tile} pixels is larger than 100 million pixels; "
            f"take tile={max(math.floor(tile * less), 1)} or less, a part of the run "
            "(`run.sel(...)`), or pages (`run.contact_sheets(path)`)."
        )
    return _painted(run, page, tile, marks=_marks_of(run))


def save_sheet(sheet: Pillow.Image, path: str | Path) -> Path:
    """
    Write *sheet* to a file that is there when it is whole, and return where.

    Args:
        sheet: As `contact_sheet` has made it.
        path: Where to; the ending says the format. A sheet of ours that is there is replaced.

    Raises:
        InvalidRequest: The ending says no format.
        ExportFailed: The file cannot be written, or something else has its name.
    """
    place = place_of(path)
    kind = _format_of(place)
    with written(place) as part:
        _save(sheet, part, kind)
    return place


def contact_sheets(
    run: Run,
    path: str | Path,
    *,
    tile: int = 256,
    prompt: bool = True,
    told: Told | None = None,
) -> tuple[Path, ...]:
    """
    Write the pages of *run* to files; see `Run.contact_sheets`.

    Raises:
        InvalidRequest: *tile* is no whole number up to 4,096, or the ending says no format.
        ExportFailed: A file cannot be written, or something else has its name.
    """
    place = place_of(path)
    kind = _format_of(place)
    _check_tile(tile)
    run = at_one_moment(run)
    handout = None if prompt else Handout(run, prompt=False)
    marks = _marks_of(run, handout)
    pages = paper_pages(legible(Board.of(run, prompt=prompt)), _shape(run), tile)
    paths = [place.with_name(f"{place.stem}-{page.number}{place.suffix}") for page in pages]
    for done, (one, page) in enumerate(zip(paths, pages, strict=True)):
        if told is not None:
            told(done, len(pages))
        with written(one) as part:
            _save(_painted(run, page, tile, handout, marks=marks), part, kind)
    if told is not None:
        told(len(pages), len(pages))
    return tuple(paths)


def _painted(
    run: Run,
    page: Page,
    tile: int,
    handout: Handout | None = None,
    *,
    marks: Mapping[int, Mark],
) -> Pillow.Image:
    """Return *page* painted, with all words unless *handout* has others."""
    caption = Caption.of(run, page, is_file=True, prompt=handout is None)
    return paint(run, page, caption, Pictures(tile), handout, marks=marks)


def _marks_of(run: Run, handout: Handout | None = None) -> Mapping[int, Mark]:
    """Return what was marked; without words, a note is not there, as in other exports."""
    with suppress(LibraryError):  # a sheet without marks is better than none
        return run.marks if handout is None else handout.marks
    return {}


def _format_of(place: Path) -> str:
    kind = FORMATS.get(place.suffix.lower())
    if kind is None:
        raise InvalidRequest(
            f"Contact sheets are .jpg, .png or .webp, and {place.name} ends otherwise.",
            member="path",
            value=str(place),
            nearest=f"{place.stem}.jpg",
        )
    return kind


def _check_tile(tile: object) -> None:
    if is_whole(tile) and 1 <= tile <= MOST_TILE:  # type: ignore[operator]
        return
    raise InvalidRequest(
        f"contact_sheets() takes a whole number of pixels from 1 to {MOST_TILE:,} as tile, not "
        f"{shown(tile)}.",
        member="tile",
        value=tile,
        nearest=MOST_TILE if is_whole(tile) and tile > MOST_TILE else 1,  # type: ignore[operator]
    )


def _save(sheet: Pillow.Image, path: Path, kind: str) -> None:
    """Write *sheet*, which says that its pictures were made by a trained model, and by what."""
    said = of_trained("leonardo_nb")
    options: dict[str, Any] = {"xmp": said, "quality": QUALITY}
    if kind == "PNG":
        info = PngInfo()
        info.add_itxt("XML:com.adobe.xmp", said.decode())
        options = {"pnginfo": info}
    elif kind == "WEBP":
        options["method"] = 2  # the best one takes minutes for a page
        if max(sheet.size) > WEBP_SIDE:
            sheet = sheet.resize([side * WEBP_SIDE // max(sheet.size) for side in sheet.size])
    sheet.save(path, kind, **options)


def _shape(run: Run) -> float:
    """Return width over height of all places: of the tallest picture, or 1 for tall and wide."""
    found = {_proportion(job) for job in run.jobs} or {4 / 3}
    return 1.0 if min(found) < 1 < max(found) else min(found)


def _proportion(job: GenerationJob) -> float:
    request = job.request
    if request.width and request.height:
        return request.width / request.height
    images = job.images
    return images[0].width / images[0].height if images else 4 / 3


def _within(
    tries: list[Page], most_bytes: int, painted: Callable[[Page], Pillow.Image]
) -> tuple[bytes, int]:
    """Return a JPEG of at most *most_bytes*, and the width in which it is to be shown."""
    for each in tries:
        sheet = painted(each)
        data = encode_jpeg(sheet, most_bytes)
        if Pillow.open(io.BytesIO(data)).size == sheet.size:  # else it took pixels away
            break
    return data, each.width


def _tries(page: Page, densities: tuple[float, ...]) -> list[Page]:
    """Return *page* in sizes to be tried, the finest first."""
    found = [replace(page, density=density) for density in densities]
    # smaller pictures rather than a smaller sheet: the labels stay legible
    return [
        *found,
        *(replace(page.with_tiles(factor), density=densities[-1]) for factor in SMALLER),
    ]


def _figure(data: bytes, width: int, caption: Caption) -> str:
    encoded = base64.b64encode(data).decode("ascii")
    described = ", ".join(f"{name} {value}" for name, value in caption.pairs)
    alt = html.escape(f"Contact sheet: {caption.prompt}; {described}")
    return (
        f'<figure {NO_MATH} style="margin:0;max-width:{width}px">'
        f'<img src="data:image/jpeg;base64,{encoded}" alt="{alt}" '
        'style="display:block;width:100%;height:auto;margin:0;border-radius:4px">'
        f'<figcaption style="margin:8px 0 0;text-align:left">{caption.html()}</figcaption>'
        "</figure>"
    )
