"""The marks of a sheet: what its page says of pictures, in order, and what it hears of others."""

from __future__ import annotations

import logging
from collections import defaultdict, deque
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import anyio.to_thread

from leonardo_nb.errors import LibraryError
from leonardo_nb.sweeps.marks import Marks, listen

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from leonardo_nb.engine.thread import Engine
    from leonardo_nb.library.shelf import Mark, Shelf

__all__ = ["SheetMarks"]

logger = logging.getLogger("leonardo_nb")


class SheetMarks:
    """
    Reads and writes the marks of one sheet, off the engine, whose disk may be slow.

    Args:
        engine: On whose thread *show* and *fail* are called.
        shelf: Where marks are kept.
        pictures: The name of each cell's picture.
        show: Called with all marks, as a page takes them, when they have changed.
        fail: Called with a sentence when the library cannot be used.
    """

    def __init__(
        self,
        engine: Engine,
        shelf: Shelf,
        pictures: Sequence[str],
        show: Callable[[dict[str, dict[str, Any]]], object],
        fail: Callable[[str], object],
    ) -> None:
        self._engine = engine
        self._show = show
        self._fail = fail
        self._marks = Marks(shelf, pictures)
        self._places: dict[str, list[int]] = defaultdict(list)
        for position, name in enumerate(pictures):
            self._places[name].append(position)
        self._known: dict[int, Mark] = {}
        self._orders: deque[tuple[int, dict[str, Any]] | None] = deque()
        self._works = False
        self.end = listen(shelf, self._heard)

    def read(self) -> dict[str, dict[str, Any]]:
        """Return what the library has, as a page takes it; on the thread that makes the sheet."""
        with suppress(LibraryError):  # a page without marks is better than none
            self._known = self._marks.read()
        return self._said()

    # ---- engine's thread ------------------------------------------------------------------------

    def look(self) -> None:
        """Read again: another process may have said something."""
        self._order(None)

    def say(self, cell: int, content: Mapping[str, Any]) -> None:
        """Write what a page says of one cell: any of `star`, `reject` and `note`."""
        change: dict[str, Any] = {
            name: content[name]
            for name in ("star", "reject")
            if isinstance(content.get(name), bool)
        }
        if isinstance(content.get("note"), str):
            change["note"] = content["note"]
        if change:
            self._order((cell, change))

    def _order(self, order: tuple[int, dict[str, Any]] | None) -> None:
        self._orders.append(order)
        if not self._works:
            self._works = True
            self._engine.spawn(self._work)

    async def _work(self) -> None:
        """Do what was ordered, one after the other: a star and its taking back keep their order."""
        try:
            while self._orders:
                order = self._orders.popleft()
                try:
                    if order is None:
                        self._known = await anyio.to_thread.run_sync(self._marks.read)
                        self._show(self._said())
                    else:
                        await anyio.to_thread.run_sync(self._change, order)
                except LibraryError as error:
                    logger.warning("A mark could not be kept.", exc_info=True)
                    self._fail(str(error))
        finally:
            self._works = False

    def _change(self, order: tuple[int, dict[str, Any]]) -> None:
        cell, change = order
        self._marks.change([cell], **change)

    def _take(self, marks: Mapping[str, Mark]) -> None:
        for name, mark in marks.items():
            for cell in self._places.get(name, ()):
                if mark:
                    self._known[cell] = mark
                else:
                    self._known.pop(cell, None)
        self._show(self._said())

    def _said(self) -> dict[str, dict[str, Any]]:
        return {
            str(cell): {"star": mark.star, "reject": mark.reject, "note": mark.note}
            for cell, mark in sorted(self._known.items())
        }

    # ---- any thread -----------------------------------------------------------------------------

    def _heard(self, marks: Mapping[str, Mark]) -> None:
        if self._places.keys().isdisjoint(marks):
            return
        try:
            self._engine.call_soon(self._take, marks)
        except RuntimeError:
            logger.debug("The engine has closed; there is nobody left to draw for.")
