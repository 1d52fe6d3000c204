"""
A sweep as a film: one axis is time, and the others are fixed or stand side by side.

Drawing frames is here, and turning frames into a file is in `film`.
"""

from __future__ import annotations

import difflib
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from PIL import Image as Pillow
from PIL import ImageDraw, ImageOps

from leonardo_nb.errors import ExportFailed, InvalidRequest
from leonardo_nb.service.values import shown
from leonardo_nb.sweeps.export.film import Reel, gif_of, mp4_of, webp_of
from leonardo_nb.sweeps.export.handout import Handout
from leonardo_nb.sweeps.export.writing import place_of, written
from leonardo_nb.sweeps.layout import axis_named, lay_out
from leonardo_nb.widgets.freeze import drawable, font_for, wrapped
from leonardo_nb.widgets.sheet_thumbs import BROKEN

if TYPE_CHECKING:
    from pathlib import Path

    from leonardo_nb.sweeps.axes import Axis
    from leonardo_nb.sweeps.cells import Cell
    from leonardo_nb.sweeps.export.writing import Told
    from leonardo_nb.sweeps.layout import Layout, Place
    from leonardo_nb.sweeps.run import Run

__all__ = ["animate"]

FILMS: Final = {".gif": gif_of, ".webp": webp_of, ".mp4": mp4_of}
"""What makes a film, by the ending of its name."""
LARGEST: Final = 1_600
"""Pixels of a frame's longer side; pictures of a grid get smaller for it."""
SMALLEST: Final = 32
MOST_FRAMES: Final = 1_000
SLOWEST: Final = 0.05
GAP: Final = 4
GROUND: Final = (255, 255, 255)
EMPTY: Final = (238, 238, 238)
INK: Final = (40, 40, 40)
STRIP: Final = 0.075
"""Height of the strip of a label, of the frame's width."""
LOWEST, HIGHEST = 16, 56
"""Pixels of that strip at least and at most."""


@dataclass(frozen=True, slots=True)
class _Scene:
    """What all frames share: where each picture stands in them, and how large they are."""

    layout: Layout
    tile: tuple[int, int]
    size: tuple[int, int]
    strip: int

    def corner(self, place: Place) -> tuple[int, int]:
        """Return the upper left corner of a picture, in pixels."""
        column = place.facet * self.layout.columns + place.column
        return column * (self.tile[0] + GAP), place.row * (self.tile[1] + GAP)


def animate(
    run: Run,
    path: str | Path,
    along: str | None = None,
    *,
    fps: float = 2,
    size: int = 768,
    label: bool = False,
    prompt: bool = True,
    told: Told | None = None,
    **fixed: Any,  # noqa: ANN401  a value on an axis
) -> Path:
    """
    Write a film of *run* in which the values of one axis follow each other, and return its path.

    Where axes are left besides, each frame is a grid over them, laid out as a sheet. Cells without
    a picture are grey, and values without any are left out; a picture whose file is gone or damaged
    is none. It begins again at its end where the format can say so.

    Args:
        run: The run, or a part of it.
        path: Where to write it; `.gif`, `.webp` or `.mp4` (AV1, which every browser but some
            Safaris plays).
        along: The axis that is time; else the longest axis of numbers, or the longest.
        fps: Values a second, at most 20.
        size: Pixels of the longer side of a picture, at most.
        label: Put a strip with the value below each frame.
        prompt: False writes numbers instead of words that somebody wrote.
        told: Called with frames drawn and frames in all.
        **fixed: The value of other axes, as in `run.sel`.

    Raises:
        InvalidRequest: No such axis, value or ending, or a number that makes no film.
        ExportFailed: There is no picture, or the file cannot be written.
    """
    place = place_of(path)
    maker = _maker(place)
    _check("fps", fps, 1 / 60, 1 / SLOWEST)
    _check("size", size, SMALLEST, LARGEST)
    handout = Handout(run, prompt=prompt)
    cells = _fixed_cells(handout, fixed)
    axis = _along(
        handout, along, {axis_named(run.axes, name, function="animate").name for name in fixed}
    )
    frames = _frames(handout, axis, cells)
    if not frames:
        raise ExportFailed(
            "None of these cells has a picture yet, so there is no film.", path=place
        )
    others = [each for each in handout.axes if each is not axis and _varies(handout, each, frames)]
    scene = _scene(handout, others, frames, size, label=label)

    def draw(number: int) -> Pillow.Image:
        if told is not None:
            told(number, len(frames))
        words, some = frames[number]
        return _frame(handout, scene, some, words)

    with written(place) as file:
        try:
            data = maker(Reel(len(frames), draw), milliseconds=round(1000 / fps))
        except RuntimeError as error:
            raise ExportFailed(str(error), path=place) from error
        file.write_bytes(data)
    if told is not None:
        told(len(frames), len(frames))
    return place


def _maker(place: Path) -> Any:  # noqa: ANN401  a function of `film`
    if place.suffix.lower() not in FILMS:
        raise InvalidRequest(
            f"animate(): {place.name} ends in none of {', '.join(FILMS)}.",
            member="path",
            value=str(place),
            nearest=next(iter(difflib.get_close_matches(place.suffix, FILMS, 1, 0.4)), ".webp"),
        )
    return FILMS[place.suffix.lower()]


def _check(name: str, value: object, least: float, most: float) -> None:
    if isinstance(value, bool) or not isinstance(value, int | float) or not least <= value <= most:
        raise InvalidRequest(
            f"animate(): {name}={shown(value)} must be a number from {least:.3g} to {most:.4g}.",
            member=name,
            value=value,
            nearest=most if isinstance(value, int | float) and value > most else least,
        )


def _fixed_cells(handout: Handout, fixed: dict[str, Any]) -> list[Cell]:
    wanted = {}
    for name, value in fixed.items():
        axis = axis_named(handout.axes, name, function="animate")
        wanted[axis.name] = axis.index(axis.find(value))
    column = {axis.name: n for n, axis in enumerate(handout.axes)}
    return [
        cell
        for cell in handout.cells
        if all(handout.places[cell.index][column[name]] == at for name, at in wanted.items())
    ]


def _along(handout: Handout, along: str | None, fixed: set[str]) -> Axis:
    if along is not None:
        axis = axis_named(handout.axes, along, function="animate")
        if axis.name in fixed:
            raise InvalidRequest(
                f"animate(): {axis.name} is time here, and cannot be fixed as well.",
                member=axis.name,
            )
        return axis
    free = [axis for axis in handout.axes if axis.name not in fixed]
    if not free:
        raise InvalidRequest(
            "animate(): no axis is left that could be time; fix one fewer.", member="along"
        )
    # a film shows a direction, which numbers have
    return max(free, key=lambda axis: (axis.is_numeric and axis.name != "seed", len(axis)))


def _frames(handout: Handout, axis: Axis, cells: list[Cell]) -> list[tuple[str, list[Cell]]]:
    """Return label and cells of each frame that has a picture."""
    column = handout.axes.index(axis)
    by_value: list[list[Cell]] = [[] for _ in axis.values]
    for cell in cells:
        at = int(handout.places[cell.index][column])
        if at >= 0:
            by_value[at].append(cell)
    frames = [
        (f"{axis.name} {label}" if not handout.is_withheld(axis) else label, some)
        for label, some in zip(handout.labels[column], by_value, strict=True)
        if any(cell.index in handout.pictures for cell in some)
    ]
    if len(frames) > MOST_FRAMES:
        raise InvalidRequest(
            f"animate(): {axis.name} has {len(frames):,} values with pictures, and a film takes "
            f"{MOST_FRAMES:,}; take a part of the run.",
            member=axis.name,
            value=len(frames),
            nearest=MOST_FRAMES,
        )
    return frames


def _varies(handout: Handout, axis: Axis, frames: list[tuple[str, list[Cell]]]) -> bool:
    column = handout.axes.index(axis)
    return len({int(handout.places[cell.index][column]) for _, some in frames for cell in some}) > 1


def _scene(
    handout: Handout,
    others: list[Axis],
    frames: list[tuple[str, list[Cell]]],
    size: int,
    *,
    label: bool,
) -> _Scene:
    layout = lay_out(others)
    pictures = [
        handout.pictures[cell.index]
        for _, some in frames
        for cell in some
        if cell.index in handout.pictures
    ]
    wide = max(picture.width for picture in pictures)
    high = max(picture.height for picture in pictures)
    columns, rows = layout.columns * layout.grids, layout.rows
    room = min((LARGEST - GAP * (columns - 1)) / columns, (LARGEST - GAP * (rows - 1)) / rows)
    if room < SMALLEST:
        raise InvalidRequest(
            f"animate(): {columns} x {rows} pictures do not fit into a frame of {LARGEST:,} "
            "pixels; fix more axes, as in guidance_scale=7.",
            member="fixed",
        )
    factor = min(size / max(wide, high), room / max(wide, high), 1)
    tile = max(1, round(wide * factor)), max(1, round(high * factor))
    across = columns * (tile[0] + GAP) - GAP
    strip = min(max(LOWEST, round(across * STRIP)), HIGHEST) if label else 0
    down = rows * (tile[1] + GAP) - GAP + strip
    # films need even sides
    return _Scene(layout, tile, (across + across % 2, down + down % 2), strip)


def _frame(handout: Handout, scene: _Scene, cells: list[Cell], words: str) -> Pillow.Image:
    frame = Pillow.new("RGB", scene.size, GROUND)
    for cell in cells:
        corner = scene.corner(scene.layout.place(cell.coords))
        picture, less = handout.pictures.get(cell.index), None
        with suppress(*BROKEN):  # a file of somebody's own may be no whole picture
            less = None if picture is None else _fitted(picture.pil(), scene.tile)
        if less is None:
            frame.paste(EMPTY, (*corner, corner[0] + scene.tile[0], corner[1] + scene.tile[1]))
            continue
        left, top = ((scene.tile[i] - less.size[i]) // 2 for i in (0, 1))
        frame.paste(less, (corner[0] + left, corner[1] + top))
    if scene.strip:
        _write(frame, scene.strip, words)
    return frame


def _fitted(picture: Pillow.Image, tile: tuple[int, int]) -> Pillow.Image:
    """Return *picture* in RGB on white, no larger than *tile*."""
    upright = ImageOps.exif_transpose(picture).convert("RGBA")
    less = ImageOps.contain(upright, tile, Pillow.Resampling.LANCZOS)
    ground = Pillow.new("RGBA", less.size, (*GROUND, 255))
    return Pillow.alpha_composite(ground, less).convert("RGB")


def _write(frame: Pillow.Image, strip: int, words: str) -> None:
    """Write *words* into the strip at the bottom of *frame*, cut where there is no room."""
    font = font_for(words, max(11, round(strip * 0.52)))
    (line,) = wrapped(drawable(words, font), font, frame.width - strip, most=1) or [""]
    where = (frame.width / 2, frame.height - strip / 2)
    ImageDraw.Draw(frame).text(where, line, INK, font, anchor="mm")
