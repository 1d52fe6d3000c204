"""
"Which is better?": two pictures of a run side by side, until somebody has judged enough.

The sitting itself is `sweeps.judging`; this draws it. Votes are kept and learned from off the
engine, one after the other, while the page shows the next pair already.
"""

from __future__ import annotations

import logging
from collections import deque
from functools import partial
from typing import TYPE_CHECKING, Any, Final

import traitlets

from leonardo_nb.engine.markup import NO_MATH
from leonardo_nb.errors import LeonardoError
from leonardo_nb.sweeps.estimate import counted
from leonardo_nb.sweeps.judging.pool import label_at
from leonardo_nb.sweeps.judging.ranking import Ranking, between, percent
from leonardo_nb.sweeps.judging.sitting import Judging, Pair, Scoreboard
from leonardo_nb.widgets import page
from leonardo_nb.widgets.freeze import Frozen, thumbnail
from leonardo_nb.widgets.live import Live
from leonardo_nb.widgets.pace import Gather, aside
from leonardo_nb.widgets.show import Showing, Slot, host, write_plain

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from concurrent.futures import Future

    from leonardo_nb.sweeps.axes import Axis
    from leonardo_nb.sweeps.run import Run

__all__ = ["Judge", "freeze", "show"]

logger = logging.getLogger("leonardo_nb")

SIDES: Final = {"large": 1024, "small": 176}
"""Pixels of the longer side of the pictures that are compared, and of the best ones."""
MOST_AT_ONCE: Final = 12
"""Pictures in one message; a page asks for no more than it shows."""
REFRESHES_PER_SECOND: Final = 0.5
"""How often it looks for new pictures while the run fills."""


class Judge(Live):
    """
    Asks which of two pictures is better; made by `run.judge()`, and shown by the cell.

    In the page, the left and right arrow keys choose, down says that both are equal, up skips the
    pair, Backspace takes back, and Enter shows both large. It becomes plain pictures of the best
    when somebody says that it is done, when the next cell begins, or after ten minutes of rest.

    Attributes:
        run: The run whose pictures are judged.
        judging: The sitting, which can be used from Python, too.
    """

    _esm = page.esm("judge.js")
    _css = page.css("judge.css")

    view = traitlets.Dict().tag(sync=True)
    """How it stands in words, see `view_of`."""
    pairs: traitlets.List[dict[str, Any]] = traitlets.List().tag(sync=True)
    """The pair that is asked about, and those that come next, see `pair_view`."""
    best: traitlets.List[dict[str, Any]] = traitlets.List().tag(sync=True)
    """The best pictures so far: `cell`, `score`, `between` and `label`."""

    def __init__(self, run: Run, *, by: str = "", seed: int | None = None) -> None:
        self._unsubscribe: Callable[[], None] = lambda: None  # close() may come before the rest
        self.run = run
        self.by = by
        self.judging = Judging(run, by=by, seed=seed)
        self._board = self.judging.refresh()
        self._is_done = False
        self._todo: deque[Callable[[], object]] = deque()
        self._works = False
        super().__init__(run.studio.engine, **self._now())
        if not run.done():
            self._gather = Gather(self._engine, self._look_again, REFRESHES_PER_SECOND)
            self._unsubscribe = run.subscribe(lambda _: self._gather.ask())

    def close(self) -> None:
        """Take it off every page; the votes are kept."""
        self._unsubscribe()
        super().close()

    def __repr__(self) -> str:
        return f"<Judge of {self.run.name!r}: {counted(self._board.votes, 'vote')}>"

    def add_done_callback(self, fn: Callable[[Judge], None]) -> None:
        """Call *fn* at once: nothing here ends by itself, and it may become plain at any time."""
        fn(self)

    def _ipython_display_(self) -> None:
        show(self)

    def _now(self) -> dict[str, Any]:
        return {
            "view": view_of(self.judging, self._board, is_done=self._is_done),
            "pairs": [pair_view(self.run.axes, pair) for pair in self.judging.pairs],
            "best": [
                {
                    "cell": each.cell.index,
                    "score": percent(each.score),
                    "between": between(each),
                    "label": label_at(self.run.axes, each.cell.coords),
                }
                for each in self._board.best
            ],
        }

    # ---- engine's thread ------------------------------------------------------------------------

    @property
    def asks(self) -> bool:
        """Whether it waits for somebody's word, until it is done."""
        return not self._is_done

    def _do(self, content: dict[str, Any]) -> None:
        super()._do(content)
        match content:
            case {
                "do": "vote",
                "pair": int(number),
                "choice": "left" | "right" | "equal" | "skip" as choice,
            }:
                self._next(partial(self.judging.choose, number, choice))
            case {"do": "undo"}:
                self._next(self.judging.undo)
            case {"do": "want", "large": list(large), "small": list(small)}:
                for size, cells in (("large", large), ("small", small)):
                    if some := self._some(cells):
                        work = partial(self._painted, size, some)
                        aside(self._engine, work, self._send_pictures)
            case {"do": "done"}:
                self._is_done = True
                self._draw()
        if content.get("do") in {"vote", "undo", "want", "done"}:
            self.tell_use()

    def _some(self, cells: Sequence[object]) -> list[int]:
        """Return those of *cells* that there are; a page can ask for anything."""
        count = len(self.run.cells)
        known = [n for n in cells if isinstance(n, int) and 0 <= n < count]
        return known[:MOST_AT_ONCE]

    def _look_again(self) -> None:
        if self.is_open and not self._todo:
            self._next(lambda: None)

    def _next(self, act: Callable[[], object]) -> None:
        """Do *act* off the engine after what was asked before, and then draw."""
        self._todo.append(act)
        self._work()

    def _work(self) -> None:
        if self._works or not self._todo:
            return
        self._works = True
        acts = [self._todo.popleft() for _ in range(len(self._todo))]
        aside(self._engine, partial(self._worked, acts), self._has_worked)

    def _has_worked(self, future: Future[Scoreboard]) -> None:
        self._works = False
        if (error := future.exception()) is not None:
            logger.error("What was said of two pictures could not be kept.", exc_info=error)
            words = str(error) if isinstance(error, LeonardoError) else repr(error)
            self.view = {**self.view, "word": "Not kept", "rest": words}
        else:
            self._board = future.result()
            self._draw()
        self._work()

    def _draw(self) -> None:
        if not self.is_open:
            return
        with self.hold_sync():
            for name, value in self._now().items():
                self.set_trait(name, value)

    def _send_pictures(self, future: Future[tuple[str, list[tuple[int, bytes | None]]]]) -> None:
        if (error := future.exception()) is not None:
            logger.error("Two pictures could not be shown.", exc_info=error)
            return
        size, made = future.result()
        if self.is_open:
            cells = [[cell, data is not None] for cell, data in made]
            buffers = [data for _, data in made if data is not None]
            self.send({"what": "pictures", "size": size, "cells": cells}, buffers)

    # ---- a painter's thread ---------------------------------------------------------------------

    def _worked(self, acts: list[Callable[[], object]]) -> Scoreboard:
        for act in acts:
            act()
        return self.judging.refresh()

    def _painted(self, size: str, cells: list[int]) -> tuple[str, list[tuple[int, bytes | None]]]:
        return size, [(cell, self._picture(cell, SIDES[size])) for cell in cells]

    def _picture(self, cell: int, side: int) -> bytes | None:
        """Return the picture in *cell* as JPEG, or None where its file is gone."""
        image = self.run.picture(self.run.cells[cell])
        if image is None:
            return None
        try:
            return thumbnail(image, longest=side)[0]
        except (LeonardoError, OSError, ValueError):
            logger.warning("%r cannot be shown.", image, exc_info=True)
            return None


def view_of(judging: Judging, board: Scoreboard, *, is_done: bool) -> dict[str, Any]:
    """
    Return how a sitting stands, in words.

    Members: `word`, `rest` (votes, and how sure it is), `empty` (why nothing is asked, or ""),
    `simulated`, `undo` (whether something can be taken back) and `done`.
    """
    votes = counted(board.votes, "vote")
    sure = f"; the first is the best with a chance of {percent(board.sure)}" if board.best else ""
    return {
        "word": "Judged" if is_done else "Which is better?",
        "rest": f"{votes} on {counted(board.pictures, 'picture')}{sure}",
        "empty": "" if judging.pairs else _why_nothing(judging, board),
        "simulated": judging.run.simulated,
        "undo": judging.given > 0,
        "done": is_done,
    }


def _why_nothing(judging: Judging, board: Scoreboard) -> str:
    run = judging.run
    if judging.active >= 2:
        return "Each pair has been judged or skipped; there is nothing left to compare."
    rejected = ", without those that are rejected" if judging.active < board.pictures else ""
    there = f"{counted(judging.active, 'picture')} of {counted(len(run.cells), 'cell')}{rejected}"
    if not run.done():
        return f"Two pictures are needed; there are {there} so far. The others come by themselves."
    return f"Two pictures are needed, and there are {there}."


def pair_view(axes: Sequence[Axis], pair: Pair) -> dict[str, Any]:
    """
    Return a pair as the page shows it.

    Members: `number`, `left` and `right` (cells), `ratio` (width by height of the wider one), and
    `differs`: name of the axis, label on the left, label on the right; shown when asked for.
    """
    both = (pair.left, pair.right)
    differs = []
    for axis in axes:
        left, right = (label_at([axis], cell.coords) for cell in both)
        if left != right:
            prefix = f"{axis.name} "
            differs.append([axis.name, left.removeprefix(prefix), right.removeprefix(prefix)])
    shapes = [cell.request.frame() for cell in both]
    return {
        "number": pair.number,
        "left": pair.left.index,
        "right": pair.right.index,
        "ratio": round(max(width / height for width, height, _ in shapes), 4),
        "differs": differs,
    }


def show(judge: Judge) -> None:
    """Show *judge* in the cell that runs; where nobody can answer, what is known already."""
    match host():
        case "python":
            write_plain(repr(judge))
        case "terminal":
            Slot().replace(Frozen({"text/plain": repr(judge)}, {}))
        case _:
            live = judge if judge.is_open else Judge(judge.run, by=judge.by)
            Showing(
                live,
                live.run.studio.engine,
                is_final=lambda: True,
                live=lambda: live,
                freeze=lambda _: freeze(live),
                line=lambda: Frozen({"text/plain": repr(live)}, {}),
                asks=lambda: live.asks,
            ).start()


def freeze(judge: Judge) -> Frozen:
    """Return the best pictures with their scores, as plain data without a widget."""
    ranking = Ranking(judge.run)
    again = "Run the cell again to go on judging; the votes are kept."
    return Frozen(
        {
            "text/html": f'<div {NO_MATH}>{ranking._repr_html_()}<div style="font-size:12px;'
            f'opacity:.72;margin:8px 0 0">{again}</div></div>',
            "text/plain": repr(ranking),
        },
        {},
    )
