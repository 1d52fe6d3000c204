"""
Stars, rejections and notes on the pictures of a sweep, kept in the library.

A mark belongs to a picture and not to a sweep, so every sweep that shows the picture has it. Sheets
in this process are told at once; what another process said is read when a sheet is looked at.
"""

from __future__ import annotations

import logging
import threading
from dataclasses import replace
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

from leonardo_nb.errors import InvalidRequest
from leonardo_nb.library.shelf import Mark
from leonardo_nb.service.values import shown
from leonardo_nb.sweeps.axes import axis_values
from leonardo_nb.sweeps.layout import axis_named

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from leonardo_nb.library.shelf import Shelf
    from leonardo_nb.sweeps.axes import Axis
    from leonardo_nb.sweeps.cells import Cell

__all__ = ["LONGEST_NOTE", "Marks", "checked_note", "listen", "positions_of"]

logger = logging.getLogger("leonardo_nb")

LONGEST_NOTE = 2_000
"""Characters of a note; what a page sends beyond is cut."""


def checked_note(text: object) -> str:
    """
    Return *text* as a note.

    Raises:
        InvalidRequest: It is no text, cannot be kept, or is too long; nothing of it is cut off
            unseen.
    """
    if not isinstance(text, str):
        raise InvalidRequest(
            f'A note is text, not {shown(text)}; "" takes it away.',
            member="note",
            value=text,
            nearest="" if text is None else str(text)[:LONGEST_NOTE],
        )
    note = _whole(text)
    if note != text:
        raise InvalidRequest(
            "A note has half a character (a lone surrogate), which cannot be kept; it was probably "
            "cut or decoded wrongly.",
            member="note",
            value=text,
            nearest=note[:LONGEST_NOTE],
        )
    if len(note) > LONGEST_NOTE:
        raise InvalidRequest(
            f"A note has at most {LONGEST_NOTE:,} characters; this one has {len(note):,}.",
            member="note",
            value=len(note),
            nearest=LONGEST_NOTE,
        )
    return note


def _whole(text: str) -> str:
    """Return *text* with a question mark for half a character, as a page may cut one."""
    return text.encode("utf-8", "replace").decode()


_lock = threading.Lock()
_listeners: WeakKeyDictionary[Shelf, list[Callable[[Mapping[str, Mark]], object]]] = (
    WeakKeyDictionary()
)


def listen(shelf: Shelf, function: Callable[[Mapping[str, Mark]], object]) -> Callable[[], None]:
    """
    Call *function* with what was said of pictures, by their names, whenever this process says it.

    It is called on the thread that says it.

    Returns:
        What ends that.
    """
    with _lock:
        functions = _listeners.setdefault(shelf, [])
        functions.append(function)

    def end() -> None:
        with _lock:
            if function in functions:
                functions.remove(function)

    return end


class Marks:
    """
    The marks on some pictures; every call reads or writes the library.

    Args:
        shelf: Where they are kept.
        pictures: The name of each cell's picture, in the order of the cells.

    Raises:
        LibraryError: From every method, where the library cannot be used.
    """

    def __init__(self, shelf: Shelf, pictures: Sequence[str]) -> None:
        self._shelf = shelf
        self._pictures = pictures

    def read(self) -> dict[int, Mark]:
        """Return the marks of those cells that have one, by position."""
        found = self._shelf.marks(self._pictures)
        if not found:
            return {}
        return {n: found[name] for n, name in enumerate(self._pictures) if name in found}

    def change(
        self,
        cells: Iterable[int],
        *,
        star: bool | None = None,
        reject: bool | None = None,
        note: str | None = None,
    ) -> None:
        """
        Change what is said of the pictures of *cells*; what is not given stays.

        A picture that gets a star is not rejected any more, and the other way round.
        """
        names = {self._pictures[cell] for cell in cells}
        before = self._shelf.marks(names)
        marks = {}
        for name in names:
            mark = before.get(name, Mark())
            if star is not None:
                mark = replace(mark, star=star, reject=mark.reject and not star)
            if reject is not None:
                mark = replace(mark, reject=reject, star=mark.star and not reject)
            if note is not None:
                mark = replace(mark, note=_whole(note.strip()[:LONGEST_NOTE]))
            marks[name] = mark
        self._shelf.mark_all(marks)
        with _lock:
            functions = tuple(_listeners.get(self._shelf, ()))
        for function in functions:
            try:
                function(marks)
            except Exception:
                logger.exception("A sheet could not be told of a mark.")


def positions_of(
    cells: Sequence[Cell],
    axes: Sequence[Axis],
    said: Iterable[object],
    coords: Mapping[str, object],
    *,
    function: str,
) -> tuple[int, ...]:
    """
    Return the positions of the cells that a user means.

    Args:
        cells: All cells of the run.
        axes: What varies in it.
        said: Cells, of this run or a part of it, or their positions.
        coords: Values on axes; every cell that has them all is meant. A list is any of its values.
        function: Who was called, for the sentence.

    Raises:
        InvalidRequest: No such cell, axis or value; the error names the nearest.
    """
    found: dict[int, None] = {}
    by_picture: dict[str, int] = {}
    for one in said:
        if isinstance(one, int) and not isinstance(one, bool):
            found[_position(one, len(cells), function)] = None
            continue
        name = getattr(one, "picture", None)
        if name is None:
            raise InvalidRequest(
                f"{function}() takes cells of the run, their positions, or values of axes, "
                f"not {shown(one)}.",
                member="cells",
                value=one,
            )
        if not by_picture:
            by_picture = {cell.picture: n for n, cell in enumerate(cells)}
        if name not in by_picture:
            raise InvalidRequest(
                f"{function}(): {shown(one)} is no cell of this run; take one of `run.cells`.",
                member="cells",
                value=one,
            )
        found[by_picture[name]] = None
    if coords:
        found.update(dict.fromkeys(_at(cells, axes, coords, function)))
    elif not found:
        raise InvalidRequest(
            f"{function}() takes cells, their positions, or values of axes such as "
            f"{function}(0) or {function}({axes[0].name if axes else 'seed'}=...).",
            member="cells",
        )
    return tuple(found)


def _position(number: int, count: int, function: str) -> int:
    if -count <= number < count:
        return number % count
    nearest = max(min(number, count - 1), 0)
    raise InvalidRequest(
        f"{function}(): there is no cell {number:,}; this run has {count:,}, from 0 to "
        f"{count - 1:,}.",
        member="cells",
        value=number,
        nearest=nearest,
    )


def _at(
    cells: Sequence[Cell], axes: Sequence[Axis], coords: Mapping[str, object], function: str
) -> list[int]:
    wanted: dict[str, list[object]] = {}
    for typed, value in coords.items():
        axis = axis_named(axes, typed, function=function)
        several = axis_values(axis.name, value)
        wanted[axis.name] = [axis.find(one) for one in ([value] if several is None else several)]
    return [
        position
        for position, cell in enumerate(cells)
        if all(name in cell.coords and cell.coords[name] in some for name, some in wanted.items())
    ]
