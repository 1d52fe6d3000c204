"""
Where a job or a run is shown: one place in the notebook that belongs to it.

First a quiet line, soon a live widget (a job's after 0.4 s), at the end plain data, all in the
same output. A film or a variation that somebody looks at stays live for a moment, to be played or
compared, and a job of which nobody knows whether it was paid, until somebody has said what to do.
A page that is reloaded while the job runs has forgotten the output's `display_id` (JupyterLab 4.6
and Notebook 7.6 keep it in memory only); there the widget stays, until the cell runs again.
"""

from __future__ import annotations

import logging
import sys
import threading
import time
import uuid
from functools import partial
from typing import TYPE_CHECKING, Any, Generic, Protocol, TypeVar
from weakref import WeakSet

from leonardo_nb.widgets.card import Card, engine_of, shared_card
from leonardo_nb.widgets.freeze import Frozen, freeze_job, freeze_jobs, publish, waiting_line
from leonardo_nb.widgets.live import Live
from leonardo_nb.widgets.pace import aside
from leonardo_nb.widgets.view import facts_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from concurrent.futures import Future

    from ipywidgets import DOMWidget

    from leonardo_nb.engine.job import Job
    from leonardo_nb.widgets.pace import Scheduler

__all__ = ["Showing", "Slot", "host", "show_job"]

W = TypeVar("W", bound=Live)

logger = logging.getLogger("leonardo_nb")

WIDGET_DELAY_SECONDS = 0.4
"""A job that ends sooner becomes a picture at once, and no widget is made."""

FINISH_SECONDS = 5.0
"""How long the end of a cell waits at most for the plain picture of a job that has ended."""

LINGER_SECONDS = 6.0
"""How long what lingers stays live after it was last in use."""

LONGEST_SECONDS = 60.0
"""How long it stays live at most after its end, unless it says otherwise."""

ASKING_SECONDS = 600.0
"""How long what waits for somebody's word stays live, for there are its buttons."""


def host() -> str:
    """Return "kernel" where widgets can live, "terminal" in a plain IPython, else "python"."""
    from IPython import get_ipython

    shell = get_ipython()
    if shell is None:
        return "python"
    return "kernel" if getattr(shell, "kernel", None) is not None else "terminal"


LOOK_SECONDS = 3.0
"""How long the end of what asks waits for a page to say that it shows it."""


def has_reader() -> bool:
    """
    Whether somebody may be at the page of the cell that runs, and answer a question.

    Programs that run notebooks let no cell ask for input: nbclient says so, and with it nbconvert
    and papermill.
    """
    from IPython import get_ipython

    return bool(getattr(getattr(get_ipython(), "kernel", None), "_allow_stdin", False))


class Slot:
    """
    One output of one cell, named by its `display_id`.

    `show()` comes first, from the cell's own thread, so that the output belongs to that cell;
    everything after it may come from any thread. After `replace()` nothing else is shown.

    A cell in which *is_due* has become true does not end before `replace()` has been called:
    notebook runners stop listening with the last cell, and would save the widget. What `linger()`
    was called for is not waited for: a page looks at it, and no runner.
    """

    def __init__(self, is_due: Callable[[], bool] = lambda: False) -> None:
        self.display_id = uuid.uuid4().hex
        self._is_due = is_due
        self._lock = threading.Lock()
        self._is_open = False
        self._frozen = threading.Event()
        self._settled = threading.Event()  # nobody need wait: it is plain, or lingers
        self._hurry: Callable[[], object] | None = None

    def show(self, content: DOMWidget | Frozen, *, plain: str | None = None) -> bool:
        """Show a widget or plain data; False where plain data has been put there for good."""
        bundle = content if isinstance(content, Frozen) else widget_bundle(content, plain=plain)
        with self._lock:
            if self._frozen.is_set():
                return False
            if self._is_open:
                self._update(bundle)
            else:
                publish(self.display_id, bundle, update=False)
                self._is_open = True
                _wait_for(self)
        return True

    def replace(self, frozen: Frozen) -> None:
        """Put plain data there for good."""
        with self._lock:
            try:
                if self._is_open:
                    self._update(frozen)
                else:
                    publish(self.display_id, frozen, update=False)
            finally:
                self._is_open = True
                self._frozen.set()
                self._settled.set()
                _live.discard(self)

    def say_again(self) -> None:
        """Publish anew, as the cell's that begins, what came last between two cells."""
        with self._lock:  # nothing newer comes between the taking and the saying
            bundle = _unheard.pop(self, None)
            if bundle is not None:
                publish(self.display_id, bundle, update=True)

    def _update(self, bundle: Frozen) -> None:
        publish(self.display_id, bundle, update=True)
        if _a_cell_runs.is_set():  # asked afterwards: the cell may have ended meanwhile
            _unheard.pop(self, None)
        else:
            _unheard[self] = bundle

    def is_due(self) -> bool:
        """Whether a cell that ends has to wait for it."""
        return self._hurry is None and self._is_due()

    def linger(self, hurry: Callable[[], object]) -> None:
        """Let cells end without it; *hurry* is called when the next one begins, on its thread."""
        self._hurry = hurry
        self._settled.set()

    def go_on(self) -> None:
        """End `linger()`: the plain data is being made, and cells wait for it again."""
        self._hurry = None
        if not self._frozen.is_set():
            self._settled.clear()

    def hurry(self) -> None:
        """Say to what lingers that a cell begins."""
        if (hurry := self._hurry) is not None:
            hurry()

    def wait(self, timeout: float) -> None:
        """Wait at most *timeout* seconds until plain data is there or lingers, then never again."""
        self._settled.wait(timeout)
        if self._hurry is None:
            _live.discard(self)


_live: WeakSet[Slot] = WeakSet()
_a_cell_runs = threading.Event()
_unheard: dict[Slot, Frozen] = {}
"""What was updated last while no cell ran: runners drop that, so it is said again."""


def _wait_for(slot: Slot) -> None:
    from IPython import get_ipython

    shell = get_ipython()
    if shell is not None:
        _live.add(slot)
        _a_cell_runs.set()
        shell.events.register("pre_run_cell", _say_again)  # twice is once
        shell.events.register("post_run_cell", _finish)


def _say_again(_info: object) -> None:
    """Publish anew, as the cell's that begins, what came between two cells; end what lingers."""
    _a_cell_runs.set()
    for slot in tuple(_live):
        slot.hurry()
    for slot in tuple(_unheard):
        slot.say_again()


def _finish(_result: object) -> None:
    """Let what is due become plain before the cell ends."""
    deadline = time.monotonic() + FINISH_SECONDS
    for slot in tuple(_live):
        if slot.is_due():
            slot.wait(max(0.0, deadline - time.monotonic()))
    _a_cell_runs.clear()


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


def show_job(job: Job[Any]) -> None:
    """
    Show *job* in the cell that runs, and leave a plain picture there once it has ended.

    The picture comes also when the job is not awaited in its own cell, and while another is busy.
    A video or a variation that a page shows stays live for a moment after its end, and a job whose
    outcome is unknown for ten minutes, or until the next cell begins.
    """
    match host():
        case "python":
            write_plain(repr(job))
        case "terminal":
            Slot().replace(Frozen({"text/plain": repr(job)}, {}))
        case _:
            Showing(
                job,
                engine_of(job),
                is_final=lambda: facts_of(job).is_final,
                live=lambda: shared_card(job),
                freeze=lambda card: _freeze(job, card),
                line=lambda: waiting_line(job),
                delay=max(0.0, WIDGET_DELAY_SECONDS - job.elapsed),
                lingers=job.kind != "generation",
                asks=lambda: facts_of(job).asks,
            ).start()


def _freeze(job: Job[Any], card: Card | None) -> Frozen:
    """Return the plain picture of *job*, and of those that its card's own buttons have made."""
    if card is None:
        return freeze_job(job)
    # the card's own: it may have been sent again, or taken up, under the same name
    made = card.made_jobs
    return freeze_jobs([card.job, *made]) if made else freeze_job(card.job)


class Ending(Protocol):
    """What can be shown: a job, a run."""

    def add_done_callback(self, fn: Callable[[Any], None], /) -> object:
        """Call *fn* once nothing changes any more."""


class Showing(Generic[W]):
    """
    One job or one run in one output: a line, then its live widget, then plain data.

    Args:
        shown: The job or the run; its repr stands where neither widgets nor pictures are shown.
        engine: Its engine, on whose thread everything here happens but the painting.
        is_final: Whether it has ended.
        live: Returns its widget; called on the engine's thread.
        freeze: Returns its plain data, of the widget as it was last seen where there was one.
        line: Returns the words that stand there until the widget does.
        delay: Seconds before the widget is made.
        lingers: Whether a widget that a page shows stays live for 6 s after its end and after it
            was last in use, for a minute at most, and until the next cell begins. One that asks
            stays in any case, for ten minutes, and until the next cell begins.
        longest: Seconds for which it stays live at most.
        asks: Whether it has ended with a question; then the widget is made, however soon that was.
    """

    def __init__(
        self,
        shown: Ending,
        engine: Scheduler,
        *,
        is_final: Callable[[], bool],
        live: Callable[[], W],
        freeze: Callable[[W | None], Frozen],
        line: Callable[[], Frozen],
        delay: float = 0.0,
        lingers: bool = False,
        longest: float = LONGEST_SECONDS,
        asks: Callable[[], bool] = lambda: False,
    ) -> None:
        self._shown = shown
        self._engine = engine
        self._is_final = is_final
        self._live = live
        self._freeze = freeze
        self._line = line
        self._delay = delay
        self._lingers = lingers
        self._longest = longest
        self._asks = asks if has_reader() else lambda: False
        self._slot = Slot(is_due=lambda: is_final() and not self._asks())
        self._widget: W | None = None
        self._has_ended = False
        self._is_freezing = False
        self._uses = 0
        self._unhear: Callable[[], None] = lambda: None

    @property
    def slot(self) -> Slot:
        """The output in which it is shown."""
        return self._slot

    def start(self) -> None:
        """Show it in the cell that runs; called on that cell's own thread."""
        if self._is_final() and not self._asks():
            self._slot.replace(self._frozen())
            return
        self._slot.show(self._line())
        if self._delay:
            self._engine.call_later(self._delay, self._go_live)
        else:
            self._engine.call_soon(self._go_live)
        self._shown.add_done_callback(self._heard_the_end)

    def _heard_the_end(self, _shown: object) -> None:
        try:
            self._engine.call_soon(self._end)
        except RuntimeError:  # the engine is closed; there is nobody left to draw for
            logger.debug("%r ended after the engine had closed.", self._shown)

    def _next_cell_begins(self) -> None:
        try:
            self._engine.call_soon(self._hurry)
        except RuntimeError:
            logger.debug("%r stays live: its engine has closed.", self._shown)

    # ---- engine's thread ------------------------------------------------------------------------

    def _go_live(self) -> None:
        if not self._has_ended:
            self._make_live()

    def _make_live(self) -> None:
        widget = self._live()
        widget.hold()
        if self._slot.show(widget, plain=repr(self._shown)):
            self._widget = widget
        else:
            widget.release()

    def _end(self) -> None:
        self._has_ended = True
        if not self._asks():
            self._settle()
            return
        if self._widget is None:
            self._make_live()
        if self._widget is not None and self._widget.is_looked_at:
            self._settle()
        else:  # it has hardly been sent to the page, whose first widget takes a second
            self._slot.linger(self._next_cell_begins)
            self._engine.call_later(LOOK_SECONDS, self._settle)

    def _settle(self) -> None:
        """Become plain, or stay for a while, as what is shown and who looks at it want it."""
        if self._is_freezing:
            return
        widget = self._widget
        stays = widget is not None and (self._lingers or widget.asks)
        if widget is None or not stays or not widget.is_looked_at:
            self._freeze_now()
            return
        self._unhear = widget.on_use(partial(self._used, widget))
        self._slot.linger(self._next_cell_begins)
        self._engine.call_later(self._longest, self._insist)
        self._used(widget)

    def _used(self, widget: W) -> None:
        """Count its rest anew; while it is in use, there is none."""
        self._uses += 1
        if not (widget.is_busy or widget.is_at_work):
            seconds = ASKING_SECONDS if widget.asks else LINGER_SECONDS
            self._engine.call_later(seconds, self._rested, self._uses)

    def _rested(self, uses: int) -> None:
        if uses == self._uses:
            self._freeze_now()

    def _hurry(self) -> None:
        """Become plain although it is in use, but for jobs that can be seen nowhere else."""
        if self._widget is None or not self._widget.is_at_work:
            self._freeze_now()

    def _insist(self) -> None:
        """Become plain as soon as there are no such jobs, and nothing is asked."""
        if self._widget is None or not self._widget.asks:
            self._hurry()
        if not self._is_freezing:
            self._engine.call_later(LINGER_SECONDS, self._insist)

    def _freeze_now(self) -> None:
        if self._is_freezing:
            return
        self._is_freezing = True
        self._unhear()
        self._slot.go_on()
        aside(self._engine, self._replace, self._replaced)

    def _replaced(self, future: Future[None]) -> None:
        if (error := future.exception()) is not None:
            logger.error("The output of %r could not be replaced.", self._shown, exc_info=error)
        if self._widget is not None:
            # not closed here: a page that was reloaded meanwhile may still show it
            self._widget.release()

    # ---- a painter's thread ---------------------------------------------------------------------

    def _replace(self) -> None:
        self._slot.replace(self._frozen())

    def _frozen(self) -> Frozen:
        try:
            return self._freeze(self._widget)
        except Exception:
            logger.exception("%r could not be made into a plain picture.", self._shown)
            return Frozen({"text/plain": repr(self._shown)}, {})
