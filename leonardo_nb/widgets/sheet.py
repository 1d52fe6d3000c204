"""
The grid of a run: one widget, live while the run fills and whenever it is explored again.

One model however many cells; states travel as one letter a cell, pixels as message buffers. What
changes is gathered, and what is counted is kept, so that 10,000 cells cost the kernel no more
attention than ten do.
"""

from __future__ import annotations

import logging
from collections import deque
from typing import TYPE_CHECKING, Any, Final
from weakref import WeakSet

import anyio.to_thread
import numpy as np
import traitlets

from leonardo_nb.errors import LeonardoError
from leonardo_nb.sweeps.arrangement import Arrangement, first_arrangement, read_arrangement
from leonardo_nb.widgets import page
from leonardo_nb.widgets.live import Live
from leonardo_nb.widgets.pace import Gather
from leonardo_nb.widgets.sheet_answers import Answers
from leonardo_nb.widgets.sheet_deck import coords_of, deck_of, first_cells, indices
from leonardo_nb.widgets.sheet_marks import SheetMarks
from leonardo_nb.widgets.sheet_tally import DONE, OPEN, Tally
from leonardo_nb.widgets.sheet_thumbs import SIZES, first_of, thumbs_in
from leonardo_nb.widgets.sheet_view import head_view, reason_of
from leonardo_nb.widgets.sheet_wishes import NOT_YET, Wishes

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from leonardo_nb.engine.kinds import GenerationJob
    from leonardo_nb.library.files import StoredFile
    from leonardo_nb.sweeps.cells import Cell
    from leonardo_nb.sweeps.run import Run
    from leonardo_nb.widgets.show import Slot

__all__ = ["Sheet"]

logger = logging.getLogger("leonardo_nb")

TICK_SECONDS: Final = 1.0
"""How often the time left is said again, and prices and reasons, of which there may be many."""
FEW: Final = 100
"""So many reasons are said at once."""
MOST_WISHED: Final = 2_000
"""Cells in one wish of a page."""


class Sheet(Live):
    """
    A run's grid as a live widget; put it in any HBox or VBox.

    Made by `run.sheet()`. Its traits change on the engine's thread only, but for what the page
    sets, and not more than ten messages a second leave it, answers to its user aside.

    Attributes:
        run: Whose grid it is.
        slots: The outputs that show it.
        outputs: Those of them that nobody else holds.
    """

    _esm = page.esm("sheet_main.js")
    _css = page.css("sheet_main.css")

    deck = traitlets.Dict().tag(sync=True)
    """What a page has to know before it draws, see `sheet_deck.deck_of`."""
    coords = traitlets.Bytes().tag(sync=True)
    """Where each cell stands on each axis, see `sheet_deck.coords_of`."""
    states = traitlets.Unicode().tag(sync=True)
    """One letter a cell: waiting, running, looked for, done, failed, unknown outcome, stopped."""
    costs = traitlets.Bytes().tag(sync=True)
    """What each cell costs, or will: four bytes, little-endian float, NaN where nobody knows."""
    reasons = traitlets.Dict().tag(sync=True)
    """Why cells failed, by cell."""
    head = traitlets.Dict().tag(sync=True)
    """What stands above the grid, see `sheet_view.head_view`."""
    marks = traitlets.Dict().tag(sync=True)
    """Star, rejection and note of those cells that have one, by cell."""
    arrangement = traitlets.Dict().tag(sync=True)
    """How it is turned, see `sweeps.arrangement`; the page sets it, and `run.grid()`."""
    selected: traitlets.List[Any] = traitlets.List().tag(sync=True)
    """Positions of the cells that are chosen, the first one first."""
    first = traitlets.Dict().tag(sync=True)
    """Small pictures of the first view, for a page that opens now."""

    def __init__(self, run: Run, arrangement: Arrangement | None = None) -> None:
        self.run = run
        self.slots: WeakSet[Slot] = WeakSet()
        self.outputs: list[Slot] = []
        self._ends: list[Callable[[], object]] = []  # close() may come before the rest
        self._changed: deque[tuple[GenerationJob, Sequence[int]]] = deque()
        self._reasons: dict[str, str] = {}
        self._unpriced: dict[int, tuple[GenerationJob, Sequence[int]]] = {}
        self._problem = ""
        self._is_stale = True
        self._pictures_next = False
        self._ticks = False
        engine, thumbs = run.studio.engine, thumbs_in(run.studio.folder)
        self._gather = Gather(engine, self._draw)
        self._wishes = Wishes(engine, thumbs, self._file, self._gather.ask)
        self._answers = Answers(run, self._file, self._send_each)
        self._cells = tuple(run.cells)  # each is made anew when a run is asked for it
        pictures = [cell.picture for cell in self._cells]
        self._said = SheetMarks(engine, run.studio.shelf, pictures, self._show_marks, self._fail)
        # heard from here on: what changes while it is counted is counted again
        ends: list[Callable[[], object]] = [run.watch(self._heard_job), self._said.end]
        self._count()
        places = indices(run)
        arrangement = arrangement or first_arrangement(run.axes)
        deck = deck_of(run, places)
        names = [axis.name for axis in run.axes]
        view = first_cells(arrangement, names, places, min(deck["shapes"], default=1.0))
        super().__init__(
            engine,
            deck=deck,
            coords=coords_of(places),
            arrangement=arrangement.to_dict(),
            marks=self._said.read(),
            # on the engine's thread jobs would wait for these
            first={} if engine.is_current_thread() else first_of(thumbs, view, self._file),
            **self._now(),
            **self._rarely(),
        )
        self._ends = ends
        self._gather.ask()

    def close(self) -> None:
        """Take the grid off every page; the run goes on."""
        for end in self._ends:
            end()
        super().close()

    def __repr__(self) -> str:
        return f"<Sheet of {self.run!r}>"

    @property
    def turned(self) -> Arrangement:
        """How it is turned now, by whoever turned it last."""
        return read_arrangement(self.arrangement, self.run.axes)

    # ---- engine's thread, and the one that makes it ---------------------------------------------

    def _count(self) -> None:
        """Count every job, as it is at the beginning."""
        count = len(self._cells)
        self._tally = Tally(count)
        self._amounts = np.full(count, np.nan, dtype="<f4")
        places: dict[str, list[int]] = {}
        for position, cell in enumerate(self._cells):
            places.setdefault(cell.key, []).append(position)
        for cells in places.values():
            self._look(self.run.job(self._cells[cells[0]]), cells)

    def _look(self, job: GenerationJob, cells: Sequence[int]) -> bool:
        """Take in what *job* is now; return whether its cells look different."""
        amount = self.run.price_of(self._cells[cells[0]])
        changed = self._tally.look(job, cells, amount)
        if amount is None:
            self._unpriced[cells[0]] = (job, cells)
        else:
            self._unpriced.pop(cells[0], None)
            self._amounts[list(cells)] = float(amount.amount)
        if changed:
            error = job.error
            for cell in cells:
                if error is not None:
                    self._reasons[str(cell)] = reason_of(error)
                else:
                    self._reasons.pop(str(cell), None)
        return changed

    def _now(self) -> dict[str, Any]:
        head = head_view(self.run, self._tally)
        if self._problem:
            head["rest"] = ", ".join(filter(None, [head["rest"], self._problem]))
        return {"head": head, "states": self._tally.letters.decode("ascii")}

    def _rarely(self) -> dict[str, Any]:
        return {"costs": self._amounts.tobytes(), "reasons": dict(self._reasons)}

    # ---- engine's thread ------------------------------------------------------------------------

    def _heard_job(self, job: GenerationJob, cells: Sequence[int]) -> None:
        """Remember that *job* has changed; the first one after a message asks for the next."""
        self._changed.append((job, cells))  # whoever tries failed ones again is on another thread
        if len(self._changed) == 1:
            self._gather.ask()

    def _draw(self) -> None:
        """Send one message: what has changed, or pictures, each in its turn."""
        if not self.is_open:
            return
        has_changes = bool(self._changed) or self._is_stale
        if self._wishes.has_news and (self._pictures_next or not has_changes):
            self._pictures_next = False
            message, buffers = self._wishes.message()
            self.send(message, buffers)
        elif has_changes:
            self._pictures_next = True
            self._say_changes()
        if self._wishes.has_news or self._changed:
            self._gather.ask()

    def _say_changes(self) -> None:
        changed: dict[int, tuple[GenerationJob, Sequence[int]]] = {}
        while self._changed:
            job, cells = self._changed.popleft()
            changed[cells[0]] = (job, cells)
        different: list[int] = []
        for job, cells in changed.values():
            if self._look(job, cells):
                different += cells
        traits = self._now()
        if self._is_stale or len(self._reasons) <= FEW:
            traits["reasons"] = dict(self._reasons)
        if self._is_stale:
            traits |= self._rarely()
        self._is_stale = False
        with self.hold_sync():
            for name, value in traits.items():
                self.set_trait(name, value)
        self._wishes.arrived(different)
        if self._tally.counts.open and not self._ticks:
            self._ticks = True
            self._engine.call_later(TICK_SECONDS, self._tick)
        elif changed and not self._tally.counts.open:
            self._is_stale = True
            self._gather.ask()

    def _tick(self) -> None:
        self._ticks = False
        for job, cells in tuple(self._unpriced.values()):
            if self.run.price_of(self._cells[cells[0]]) is not None:
                self._look(job, cells)
        self._is_stale = True
        self._gather.ask()

    def _file(self, position: int) -> StoredFile | str | None:
        """Return the file of a cell's picture; `NOT_YET` while there may be one, else None."""
        letter = chr(self._tally.letters[position])
        if letter != DONE:
            return NOT_YET if letter in OPEN else None
        cell = self._cells[position]
        media = self.run.job(cell).snapshot.media
        return media[cell.image].file if cell.image < len(media) else None

    def _send_each(self, content: dict[str, Any], buffers: Sequence[bytes]) -> None:
        if self.is_open:
            self.send(content, list(buffers))

    def _show_marks(self, marks: dict[str, Any]) -> None:
        if self.is_open:
            self.set_trait("marks", marks)

    def _fail(self, sentence: str) -> None:
        """Say above the grid what could not be done, until something else is done."""
        self._problem = sentence
        if self.is_open:
            self.send_state("marks")  # the page has shown what was not kept
        self._is_stale = True
        self._gather.ask()

    def _do(self, content: dict[str, Any]) -> None:
        super()._do(content)
        match content:
            case {"do": "look"}:
                self._said.look()
                self._gather.ask()
            case {"do": "bye", "view": str(view)}:
                self._wishes.forget(view)
            case {"do": "want", "view": str(view), "size": int(size), "cells": list(cells)}:
                if size in SIZES:
                    self._wishes.want(view, size, self._known(cells))
            case {"do": "show", "cell": int(cell), "view": str(view)} if self._known([cell]):
                self._answers.show(cell, view)
            case {"do": "large", "cells": list(cells), "view": str(view)}:
                self._answers.enlarge(self._known(cells), view)
            case {"do": "download", "cell": int(cell), "view": str(view)} if self._known([cell]):
                self._answers.hand_over(cell, view)
            case {"do": "mark", "cell": int(cell)} if self._known([cell]):
                self._said.say(cell, content)
            case {"do": "pause" | "go_on" | "stop" | "retry" as act}:
                self._act(act)

    def _known(self, cells: Iterable[object]) -> list[int]:
        """Return those of *cells* that there are; a page can send anything."""
        count = len(self._cells)
        some = (cell for cell, _ in zip(cells, range(MOST_WISHED), strict=False))
        return [
            cell
            for cell in some
            if isinstance(cell, int) and not isinstance(cell, bool) and 0 <= cell < count
        ]

    def _act(self, act: str) -> None:
        self._problem = ""
        match act:
            case "pause":
                self.run.pause()
            case "go_on":
                self.run.go_on()
            case "stop":
                self.run.cancel()  # here, where nothing can be sent in between
            case "retry":
                self.run.studio.engine.spawn(self._retry)
        self._is_stale = True
        self._gather.ask()

    async def _retry(self) -> None:
        """Ask again for what failed, off the engine: the library writes each of them down."""
        try:
            await anyio.to_thread.run_sync(self.run.retry_failed)
        except LeonardoError as error:
            self._fail(str(error))

    # ---- any thread -----------------------------------------------------------------------------

    def turn(self, arrangement: Arrangement) -> None:
        """Show the grid as *arrangement* says, on every page."""
        self._set("arrangement", arrangement.to_dict())

    def choose(self, cells: Sequence[int]) -> None:
        """Choose *cells*, and bring the first of them into view, on every page."""
        self._set("selected", list(cells))
        if cells:
            self._soon(self._send_each, {"what": "go", "cell": cells[0]}, [])

    def _set(self, name: str, value: object) -> None:
        """Set a trait on the engine's thread, and return when it is set."""
        engine = self.run.studio.engine
        if engine.is_current_thread():
            self.set_trait(name, value)
            return

        async def set_it() -> None:
            self.set_trait(name, value)

        engine.wait(engine.run(set_it))

    def let_go(self) -> None:
        """Need it no longer for outputs that are plain now; pages that still show it keep it."""
        self.outputs.clear()
        self.is_kept = False

    @property
    def chosen(self) -> tuple[Cell, ...]:
        """The cells that are chosen, the first one first."""
        return tuple(self._cells[cell] for cell in self._known(self.selected))
