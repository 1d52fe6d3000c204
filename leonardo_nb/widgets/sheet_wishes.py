"""
Which small pictures the pages of a sheet wait for, and which of them comes next.

A page says what is in view, nearest first, and says it again when it is scrolled; what was wished
before and is not painted yet is then forgotten. Painting happens a few pictures at a time, off the
engine, and stops while more is painted than has been sent.
"""

from __future__ import annotations

import logging
import time
from collections import deque
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from leonardo_nb.widgets.pace import aside
from leonardo_nb.widgets.sheet_thumbs import BROKEN, SIZES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from concurrent.futures import Future

    from leonardo_nb.library.files import StoredFile
    from leonardo_nb.widgets.pace import Scheduler
    from leonardo_nb.widgets.sheet_thumbs import Thumbs

__all__ = ["NOT_YET", "Wishes"]

logger = logging.getLogger("leonardo_nb")

AT_ONCE: Final = 2
"""Portions that are painted at once: as many as there are painters."""
PORTION: Final = 24
PORTION_SECONDS: Final = 0.05
"""A portion ends after so many pictures or so long, so that a newer wish is soon heard."""
MOST_CELLS: Final = 400
MOST_BYTES: Final = 600_000
"""Of small pictures in one message."""
UNSENT_BYTES: Final = 2_000_000
"""No more is painted as long as so much waits to be sent."""

NOT_YET: Final = "not yet"
"""What stands for the file of a cell that may still get a picture."""


@dataclass(slots=True)
class _Wish:
    """What one page waits for."""

    size: int
    cells: deque[int]
    """Those whose turn comes, in order."""
    all: frozenset[int]
    later: set[int] = field(default_factory=set)
    """Those that have no picture yet."""


class Wishes:
    """
    The wishes of all pages of one sheet; used on the engine's thread alone.

    Args:
        engine: On whose thread this is.
        thumbs: The library's small pictures.
        file_of: Returns the file of a cell's picture; `NOT_YET` while there may still be one, None
            where there will be none.
        ask: Called when there is something to be sent.
    """

    def __init__(
        self,
        engine: Scheduler,
        thumbs: Thumbs,
        file_of: Callable[[int], StoredFile | str | None],
        ask: Callable[[], object],
    ) -> None:
        self._engine = engine
        self._thumbs = thumbs
        self._file_of = file_of
        self._ask = ask
        self._wishes: dict[str, _Wish] = {}
        self._painting: set[tuple[int, int]] = set()
        self._portions = 0
        self._ready: dict[int, dict[int, bytes]] = {size: {} for size in SIZES}
        self._ready_bytes = 0
        self._none: dict[int, set[int]] = {size: set() for size in SIZES}

    def want(self, view: str, size: int, cells: Sequence[int]) -> None:
        """Take what *view* wishes now in the place of what it wished before."""
        self._wishes[view] = _Wish(size, deque(dict.fromkeys(cells)), frozenset(cells))
        self.go_on()

    def forget(self, view: str) -> None:
        """Drop what *view* wished; it is gone."""
        self._wishes.pop(view, None)

    def arrived(self, cells: Sequence[int]) -> None:
        """Say that *cells* have got their pictures, or will get none."""
        for wish in self._wishes.values():
            if wish.later:
                wish.cells.extend(cell for cell in cells if cell in wish.later)
                wish.later.difference_update(cells)
        self.go_on()

    @property
    def has_news(self) -> bool:
        """Whether there is something to be sent."""
        return self._ready_bytes > 0 or any(self._none.values())

    @property
    def is_painting(self) -> bool:
        """Whether painters have not done what they were given."""
        return self._portions > 0

    def message(self) -> tuple[dict[str, Any], list[bytes]]:
        """Return the next message and its buffers; only where there is something to be sent."""
        for size, cells in self._none.items():
            if cells:
                self._none[size] = set()
                return {"what": "none", "size": size, "cells": sorted(cells)}, []
        size = max(SIZES, key=lambda each: len(self._ready[each]))
        ready, total = self._ready[size], 0
        taken: list[int] = []
        for cell, data in ready.items():
            if taken and (len(taken) == MOST_CELLS or total + len(data) > MOST_BYTES):
                break
            taken.append(cell)
            total += len(data)
        buffers = [ready.pop(cell) for cell in taken]
        self._ready_bytes -= total
        self.go_on()
        return {"what": "small", "size": size, "cells": taken}, buffers

    def go_on(self) -> None:
        """Paint what is wished, as long as painters are free and what they made is sent."""
        while self._portions < AT_ONCE and self._ready_bytes < UNSENT_BYTES:
            size, portion = self._portion()
            if not portion:
                break
            self._portions += 1
            self._painting.update((cell, size) for cell, _ in portion)
            aside(
                self._engine,
                partial(_paint, self._thumbs, portion, size),
                partial(self._painted, portion, size),
            )
        if self.has_news:
            self._ask()

    def _portion(self) -> tuple[int, list[tuple[int, StoredFile]]]:
        """Return what is to be painted next: of the page that has waited longest, one size."""
        for view in tuple(self._wishes):
            wish = self._wishes[view]
            portion = list(self._taken(wish))
            if portion:
                self._wishes[view] = self._wishes.pop(view)  # the other pages are next
                return wish.size, portion
        return 0, []

    def _taken(self, wish: _Wish) -> Iterator[tuple[int, StoredFile]]:
        count = 0
        while wish.cells and count < PORTION and self._ready_bytes < UNSENT_BYTES:
            cell = wish.cells.popleft()
            if (cell, wish.size) in self._painting or cell in self._ready[wish.size]:
                continue
            file = self._file_of(cell)
            if file is None:
                self._none[wish.size].add(cell)
            elif isinstance(file, str):
                wish.later.add(cell)
            elif (data := self._thumbs.held(file, wish.size)) is not None:
                self._put(wish.size, cell, data)
            else:
                count += 1
                yield cell, file

    def _put(self, size: int, cell: int, data: bytes) -> None:
        self._ready_bytes += len(data) - len(self._ready[size].get(cell, b""))
        self._ready[size][cell] = data

    def _painted(
        self,
        portion: Sequence[tuple[int, StoredFile]],
        size: int,
        future: Future[dict[int, bytes | None]],
    ) -> None:
        self._portions -= 1
        self._painting.difference_update((cell, size) for cell, _ in portion)
        made = future.result()
        for cell, data in made.items():
            if data is None:
                self._none[size].add(cell)
            else:
                self._put(size, cell, data)
        left = [cell for cell, _ in portion if cell not in made]
        for wish in self._wishes.values():
            if wish.size == size:  # what nobody wishes any more is not painted
                wish.cells.extendleft(cell for cell in reversed(left) if cell in wish.all)
        self.go_on()


def _paint(
    thumbs: Thumbs, portion: Sequence[tuple[int, StoredFile]], size: int
) -> dict[int, bytes | None]:
    """Return small pictures by cell, None where there is none to be had; a painter's thread."""
    made: dict[int, bytes | None] = {}
    ends = time.monotonic() + PORTION_SECONDS
    for cell, file in portion:
        try:
            made[cell] = thumbs.make(file, size)
        except BROKEN:
            logger.warning("The picture %s cannot be shown in its grid.", file.path, exc_info=True)
            made[cell] = None
        if time.monotonic() > ends:
            break
    return made
