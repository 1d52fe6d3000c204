"""What a sheet answers to one page: a cell in words, a large picture, a file to keep."""

from __future__ import annotations

import asyncio
import logging
import re
from collections import deque
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from leonardo_nb.widgets.pace import painters
from leonardo_nb.widgets.sheet_thumbs import BROKEN, large
from leonardo_nb.widgets.sheet_view import cell_view

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from leonardo_nb.library.files import StoredFile
    from leonardo_nb.sweeps.run import Run

__all__ = ["Answers", "file_name"]

logger = logging.getLogger("leonardo_nb")

MOST_LARGE: Final = 64
"""Large pictures that wait to be made; who asks for more has gone on."""
LONGEST_NAME: Final = 120
"""Characters of the name under which a picture is downloaded."""


class Answers:
    """
    Answers questions of pages, each to the view that asked; used on the engine's thread alone.

    Args:
        run: Whose cells are asked about.
        file_of: Returns the file of a cell's picture, or something else where there is none.
        send: Sends a message with its buffers.
    """

    def __init__(
        self,
        run: Run,
        file_of: Callable[[int], StoredFile | str | None],
        send: Callable[[dict[str, Any], Sequence[bytes]], object],
    ) -> None:
        self._run = run
        self._file_of = file_of
        self._send = send
        self._large: deque[tuple[int, str]] = deque()
        self._paints = False

    def show(self, cell: int, view: str) -> None:
        """Say what is known of a cell."""
        detail = cell_view(self._run, cell)
        self._send({"what": "cell", "cell": cell, "view": view, "detail": detail}, [])

    def enlarge(self, cells: Iterable[int], view: str) -> None:
        """Send the pictures of *cells* large, one by one; those that were asked for last first."""
        self._large.extendleft((cell, view) for cell in reversed(list(cells)))
        while len(self._large) > MOST_LARGE:
            self._large.pop()
        if self._large and not self._paints:
            self._paints = True
            self._run.studio.engine.spawn(self._paint)

    async def _paint(self) -> None:
        try:
            while self._large:
                cell, view = self._large.popleft()
                data = await self._made(cell, large)
                if data is not None:
                    self._send({"what": "large", "cells": [cell], "view": view}, [data])
        finally:
            self._paints = False

    def hand_over(self, cell: int, view: str) -> None:
        """Send the file of a cell's picture, with every byte as the service made it."""
        self._run.studio.engine.spawn(self._hand_over, cell, view)

    async def _hand_over(self, cell: int, view: str) -> None:
        answer: dict[str, Any] = {"what": "file", "cell": cell, "view": view}
        data = await self._made(cell, lambda file: file.path.read_bytes())
        file = self._file_of(cell)
        if data is None or file is None or isinstance(file, str):
            self._send(answer, [])  # the page then says that it is gone
            return
        answer |= {"name": file_name(self._run, cell) + file.path.suffix, "type": file.media_type}
        self._send(answer, [data])

    async def _made(self, cell: int, make: Callable[[StoredFile], bytes]) -> bytes | None:
        """Return what *make* makes of a cell's file, off the engine; None where it cannot."""
        file = self._file_of(cell)
        if file is None or isinstance(file, str):
            return None
        try:
            return await asyncio.wrap_future(painters().submit(partial(make, file)))
        except BROKEN:
            logger.warning("The picture %s cannot be shown.", file.path, exc_info=True)
            return None


def file_name(run: Run, position: int) -> str:
    """Return what a cell's picture is called when it is downloaded, without an ending."""
    cell = run.cells[position]
    is_said = any(axis.name == "prompt" or axis.role == "slot" for axis in run.axes)
    words = [] if is_said else [str(cell.request.prompt)[:40]]
    for axis in run.axes:
        if axis.name in cell.coords:
            label = axis.label(cell.coords[axis.name])
            words.append(label if axis.name == "prompt" else f"{axis.name} {label}")
    parts = (re.sub(r"[^\w.-]+", "-", word).strip("-.") for word in words)
    return "_".join(filter(None, parts))[:LONGEST_NAME] or f"picture-{position}"
