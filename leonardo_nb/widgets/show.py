"""
Where a job or a run is shown: one place in the notebook that belongs to it.

First a quiet line, after 0.4 s a live widget, at the end plain data, all in the same output.
A page that is reloaded while the job runs has forgotten the output's `display_id` (JupyterLab 4.6
and Notebook 7.6 keep it in memory only); there the card stays, until the cell runs again.
"""

from __future__ import annotations

import logging
import sys
import threading
import time
import uuid
from typing import TYPE_CHECKING, Any
from weakref import WeakSet

from leonardo_nb.widgets.card import engine_of, shared_card
from leonardo_nb.widgets.freeze import Frozen, freeze_job, publish, waiting_line
from leonardo_nb.widgets.pace import painters
from leonardo_nb.widgets.view import facts_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from ipywidgets import DOMWidget

    from leonardo_nb.engine.job import GenerationJob
    from leonardo_nb.widgets.card import Card

__all__ = ["Slot", "host", "show_job"]

logger = logging.getLogger("leonardo_nb")

WIDGET_DELAY_SECONDS = 0.4
"""A job that ends sooner becomes a picture at once, and no widget is made."""

FINISH_SECONDS = 5.0
"""How long the end of a cell waits at most for the plain picture of a job that has ended."""


def host() -> str:
    """Return "kernel" where widgets can live, "terminal" in a plain IPython, else "python"."""
    from IPython import get_ipython

    shell = get_ipython()
    if shell is None:
        return "python"
    return "kernel" if getattr(shell, "kernel", None) is not None else "terminal"


class Slot:
    """
    One output of one cell, named by its `display_id`.

    `show()` comes first, from the cell's own thread, so that the output belongs to that cell;
    everything after it may come from any thread. After `replace()` nothing else is shown.

    A cell in which *is_due* has become true does not end before `replace()` has been called:
    notebook runners stop listening with the last cell, and would save the widget.
    """

    def __init__(self, is_due: Callable[[], bool] = lambda: False) -> None:
        self.display_id = uuid.uuid4().hex
        self.is_due = is_due
        self._lock = threading.Lock()
        self._is_open = False
        self._frozen = threading.Event()

    def show(self, content: DOMWidget | Frozen, *, plain: str | None = None) -> bool:
        """Show a widget or plain data; False where plain data has been put there for good."""
        bundle = content if isinstance(content, Frozen) else widget_bundle(content, plain=plain)
        with self._lock:
            if self._frozen.is_set():
                return False
            publish(self.display_id, bundle, update=self._is_open)
            if not self._is_open:
                self._is_open = True
                _wait_for(self)
        return True

    def replace(self, frozen: Frozen) -> None:
        """Put plain data there for good."""
        with self._lock:
            try:
                publish(self.display_id, frozen, update=self._is_open)
            finally:
                self._is_open = True
                self._frozen.set()
                _live.discard(self)

    def wait(self, timeout: float) -> None:
        """Wait at most *timeout* seconds until plain data is there, and never again."""
        self._frozen.wait(timeout)
        _live.discard(self)


_live: WeakSet[Slot] = WeakSet()


def _wait_for(slot: Slot) -> None:
    from IPython import get_ipython

    shell = get_ipython()
    if shell is not None:
        _live.add(slot)
        shell.events.register("post_run_cell", _finish)  # twice is once


def _finish(_result: object) -> None:
    """Let what is due become plain before the cell ends."""
    deadline = time.monotonic() + FINISH_SECONDS
    for slot in tuple(_live):
        if slot.is_due():
            slot.wait(max(0.0, deadline - time.monotonic()))


def widget_bundle(widget: Any, *, plain: str | None = None) -> Frozen:  # noqa: ANN401  traits are untyped
    """Return what shows *widget*, with *plain* as the words for hosts without widgets."""
    made = widget._repr_mimebundle_()
    data, metadata = made if isinstance(made, tuple) else (made, {})
    if plain is not None:
        data = {**data, "text/plain": plain}
    return Frozen(dict(data), dict(metadata))


def write_plain(text: str) -> None:
    """Say *text* where there is no notebook."""
    sys.stdout.write(f"{text}\n")


def show_job(job: GenerationJob) -> None:
    """
    Show *job* in the cell that runs, and leave a plain picture there once it has ended.

    The picture comes also when the job is not awaited in its own cell, and while another is busy.
    """
    match host():
        case "python":
            write_plain(repr(job))
        case "terminal":
            Slot().replace(Frozen({"text/plain": repr(job)}, {}))
        case _:
            _Showing(job).start()


class _Showing:
    """One job in one output: a line, then the card, then the picture."""

    def __init__(self, job: GenerationJob) -> None:
        self._job = job
        self._engine = engine_of(job)
        self._slot = Slot(is_due=lambda: facts_of(job).is_final)
        self._card: Card | None = None
        self._has_ended = False
        self._unsubscribe: Callable[[], None] = lambda: None

    def start(self) -> None:
        if facts_of(self._job).is_final:
            self._slot.replace(self._frozen())
            return
        wait = max(0.0, WIDGET_DELAY_SECONDS - self._job.elapsed)
        if wait:
            self._slot.show(waiting_line(self._job))
            self._engine.call_later(wait, self._go_live)
        else:
            self._go_live()
        self._unsubscribe = self._job.subscribe(self._changed)
        self._engine.call_soon(self._changed, self._job)  # it may have ended before we listened

    def _go_live(self) -> None:
        if self._has_ended:
            return
        card = shared_card(self._job)
        card.slots += 1
        self._card = card
        self._slot.show(card, plain=repr(self._job))

    def _changed(self, job: GenerationJob) -> None:
        if self._has_ended or not facts_of(job).is_final:
            return
        self._has_ended = True
        self._unsubscribe()
        painters().submit(self._freeze)

    def _freeze(self) -> None:
        try:
            self._slot.replace(self._frozen())
        except Exception:
            logger.exception("The output of %r could not be replaced.", self._job)
            return
        # not closed here: a page that was reloaded meanwhile cannot follow the display_id and still
        # shows the card; the last view that goes closes it
        if self._card is not None:
            self._card.slots -= 1

    def _frozen(self) -> Frozen:
        try:
            return freeze_job(self._job)
        except Exception:
            logger.exception("%r could not be made into a plain picture.", self._job)
            return Frozen({"text/plain": repr(self._job)}, {})
