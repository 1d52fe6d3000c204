"""
The grid of a run: one widget, live while the run fills, plain once it has ended.

One model however many cells; states travel as one letter a cell, pixels as message buffers.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from typing import TYPE_CHECKING, Any

import traitlets

from leonardo_nb.engine.lifecycle import State
from leonardo_nb.errors import LeonardoError
from leonardo_nb.sweeps.layout import lay_out
from leonardo_nb.widgets import page
from leonardo_nb.widgets.contact import freeze_run
from leonardo_nb.widgets.freeze import Frozen, thumbnail
from leonardo_nb.widgets.live import Live
from leonardo_nb.widgets.pace import Gather, painters
from leonardo_nb.widgets.sheet_view import (
    cell_view,
    grid_view,
    head_view,
    reason_of,
    state_letters,
)
from leonardo_nb.widgets.show import Showing, Slot, host, write_plain

if TYPE_CHECKING:
    from collections.abc import Callable

    from leonardo_nb.sweeps.run import Run

__all__ = ["Sheet", "show"]

logger = logging.getLogger("leonardo_nb")

PREVIEW_SIDE = 720
"""Pixels of the longer side of the picture at the side."""
SMALL_SIDE, FEW_SIDE, FEW = 224, 400, 60
"""Pixels of the longer side of the small pictures: 400 for up to 60 of them, else 224."""
BATCH = 40
"""Small pictures in one message."""
TICK_SECONDS = 1.0
"""How often the time left is said again while nothing else changes."""


class Sheet(Live):
    """
    A run's grid as a live widget; put it in any HBox or VBox.

    Made by `run.sheet()`. Its traits change on the engine's thread only, at most ten times a
    second.
    """

    _esm = page.esm("sheet.js")
    _css = page.css("sheet.css")

    head = traitlets.Dict().tag(sync=True)
    """What stands above the grid, see `sheet_view.head_view`."""
    grid = traitlets.Dict().tag(sync=True)
    """Where everything stands, see `sheet_view.grid_view`."""
    states = traitlets.Unicode().tag(sync=True)
    """One letter a cell: waiting, running, done, failed, stopped."""
    reasons = traitlets.Dict().tag(sync=True)
    """Why cells failed, by cell."""

    def __init__(self, run: Run) -> None:
        self.run = run
        self._small: dict[int, bytes] = {}
        self._asked: set[int] = set()
        self._unpainted: deque[int] = deque()
        self._unsent: list[int] = []
        self._paints = False
        self._ticks = False
        self._unsubscribe: Callable[[], None] = lambda: None  # close() may come before the rest
        super().__init__(run.studio.engine, **self._now(), grid=grid_view(run))
        self._gather = Gather(self._engine, self._draw)
        self._unsubscribe = run.subscribe(lambda _: self._gather.ask())
        self._gather.ask()

    def close(self) -> None:
        """Take the grid off every page; the run goes on."""
        self._unsubscribe()
        super().close()

    def __repr__(self) -> str:
        return f"<Sheet of {self.run!r}>"

    def _now(self) -> dict[str, Any]:
        jobs = enumerate(self.run.jobs)
        return {
            "head": head_view(self.run),
            "states": state_letters(self.run),
            "reasons": {str(n): reason_of(job.error) for n, job in jobs if job.error is not None},
        }

    # ---- engine's thread ------------------------------------------------------------------------

    def _draw(self) -> None:
        if not self.is_open:
            return
        with self.hold_sync():
            for name, value in self._now().items():
                self.set_trait(name, value)
        for number, job in enumerate(self.run.jobs):
            if number not in self._asked and job.state is State.COMPLETE and job.images:
                self._asked.add(number)
                self._unpainted.append(number)
        if self._unpainted and not self._paints:
            self._paints = True
            self.run.studio.engine.run(self._paint)
        unsent, self._unsent = self._unsent, []
        self._send_small(unsent)
        if not self.run.done() and not self._ticks:
            self._ticks = True
            self._engine.call_later(TICK_SECONDS, self._tick)

    def _tick(self) -> None:
        self._ticks = False
        self._gather.ask()

    async def _paint(self) -> None:
        """Make small pictures one after the other, off the engine, which has jobs to look after."""
        side = FEW_SIDE if len(self.run) <= FEW else SMALL_SIDE
        try:
            while self._unpainted:
                number = self._unpainted.popleft()
                image = self.run.jobs[number].images[0]
                try:
                    data = await _thumbnail(image, side)
                except (LeonardoError, OSError, ValueError):
                    logger.warning("%r cannot be shown in its grid.", image, exc_info=True)
                    continue
                self._small[number] = data
                self._unsent.append(number)
                self._gather.ask()
        finally:
            self._paints = False

    def _send_small(self, numbers: list[int]) -> None:
        for start in range(0, len(numbers), BATCH):
            some = numbers[start : start + BATCH]
            self.send({"what": "small", "cells": some}, [self._small[n] for n in some])

    def _do(self, content: dict[str, Any]) -> None:
        super()._do(content)
        match content:
            case {"do": "look"}:
                self._unsent = []
                self._send_small(sorted(self._small))
                self._gather.ask()
            case {"do": "show", "cell": int(number), "view": view} if 0 <= number < len(self.run):
                self.run.studio.engine.run(self._show_cell, number, view)
            case {"do": "stop"}:
                self.run.cancel()
            case {"do": "turn", "x": str(x), "y": str(y)}:
                self._turn(x, y)

    def _turn(self, x: str, y: str) -> None:
        try:
            layout = lay_out(self.run.axes, x=x, y=y)
        except LeonardoError:
            logger.warning("The page asked for a grid that there is not.", exc_info=True)
            return
        self.run = self.run.grid(x=x, y=y, facet=[axis.name for axis in layout.facets])
        self.grid = grid_view(self.run)

    async def _show_cell(self, number: int, view: object) -> None:
        """Answer with one cell's words, then with its pictures, which take a moment."""
        if not self.is_open:
            return
        answer = {"what": "cell", "cell": number, "view": view}
        self.send({**answer, "detail": cell_view(self.run, number)})
        job = self.run.jobs[number]
        large = []
        for image in job.images:
            try:
                data = await _thumbnail(image, PREVIEW_SIDE)
            except (LeonardoError, OSError, ValueError):
                logger.warning("%r cannot be shown.", image, exc_info=True)
                continue
            large.append(data)
        if large and self.is_open:
            self.send({**answer, "what": "large"}, large)


async def _thumbnail(image: Any, longest: int) -> bytes:  # noqa: ANN401  a media.Image
    """Return *image* made small off the engine, which has jobs to look after."""
    made = painters().submit(thumbnail, image, longest=longest)
    data, _, _ = await asyncio.wrap_future(made)
    return data


def show(run: Run) -> None:
    """
    Show *run* in the cell that runs, and leave a contact sheet there once it has ended.

    The sheet comes also when the run is not awaited in its own cell, and while another is busy.
    """
    match host():
        case "python":
            write_plain(repr(run))
        case "terminal":
            Slot().replace(Frozen({"text/plain": repr(run)}, {}))
        case _:
            sheet = None if run.done() else run.live_sheet()  # here, where `run.sheet()` is called
            Showing(
                run,
                run.studio.engine,
                is_final=run.done,
                live=lambda: run.live_sheet() if sheet is None else sheet,
                # as it was last turned on the page
                freeze=lambda shown: freeze_run(run if shown is None else shown.run),
                line=lambda: Frozen({"text/plain": repr(run)}, {}),
            ).start()
