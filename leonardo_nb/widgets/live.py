"""
How long a live widget lives: as long as an output or a page needs it, and not much longer.

ipywidgets keep every widget until it is closed, and a notebook makes one with every job it shows.
"""

from __future__ import annotations

import logging
import threading
from typing import TYPE_CHECKING, Any, Final

import anywidget

if TYPE_CHECKING:
    from collections.abc import Callable

    from leonardo_nb.widgets.pace import Scheduler

__all__ = ["Live"]

logger = logging.getLogger("leonardo_nb")

MOST_LEFT: Final = 16
"""Widgets that nothing holds and that no page has left; hosts that never say so have no more."""


class Live(anywidget.AnyWidget):
    """
    A widget that several outputs may show, and that closes itself when nobody needs it.

    It is needed while an output holds it, or while it is kept for who asked for it. After that it
    stays for the pages that still show it: one that was reloaded while the job ran has forgotten
    the output's `display_id`, and cannot follow when plain data takes the widget's place. It closes
    with the last view that says that it goes, or when 16 newer ones are left like it.

    Attributes:
        is_kept: Whether somebody asked for it as a widget; then only `close()` ends it.
    """

    def __init__(self, engine: Scheduler, **traits: Any) -> None:  # noqa: ANN401  traits are untyped
        self.is_kept = False
        self._engine = engine
        self._holds = 0
        self._views: set[object] = set()
        self._busy: set[object] = set()
        self._users: list[Callable[[], object]] = []
        self._was_seen = False
        super().__init__(**traits)
        self._own_layout = self.layout
        self.on_msg(self._heard)

    def close(self) -> None:
        """Take it off every page."""
        with _lock:
            if self in _left:
                _left.remove(self)
        super().close()
        if (layout := getattr(self, "_own_layout", None)) is not None:
            layout.close()

    @property
    def is_open(self) -> bool:
        """Whether it can still be shown."""
        return self.comm is not None

    # ---- engine's thread ------------------------------------------------------------------------

    def hold(self) -> None:
        """Keep it open for one more output or widget that shows it."""
        self._holds += 1
        with _lock:
            if self in _left:
                _left.remove(self)

    def release(self, *, stays: bool = True) -> None:
        """Need it once less; unless it *stays* for the pages that show it, it closes at once."""
        self._holds -= 1
        if self._is_needed or not self.is_open:
            return
        if not stays or (self._was_seen and not self._views):
            self.close()
            return
        with _lock:
            _left.append(self)
            oldest = _left[:-MOST_LEFT]
        for widget in oldest:
            widget.close()

    @property
    def _is_needed(self) -> bool:
        return self._holds > 0 or self.is_kept

    @property
    def is_looked_at(self) -> bool:
        """Whether a page shows it; one that was reloaded without a word still counts."""
        return bool(self._views)

    @property
    def is_busy(self) -> bool:
        """Whether a page says that it is in use: a film plays, or a hand or the focus is in it."""
        return bool(self._busy)

    @property
    def is_at_work(self) -> bool:
        """Whether it has started what is not done, and would be lost from the page without it."""
        return False

    @property
    def asks(self) -> bool:
        """Whether it waits for somebody's word, which can be given nowhere else on the page."""
        return False

    def on_use(self, function: Callable[[], object]) -> Callable[[], None]:
        """Call *function* when its use changes; return what ends that."""
        self._users.append(function)

        def end() -> None:
            if function in self._users:
                self._users.remove(function)

        return end

    def tell_use(self) -> None:
        """Tell those who asked that its use has changed."""
        for function in tuple(self._users):
            function()

    def _do(self, content: dict[str, Any]) -> None:
        """Do what the page asks for."""
        match content:
            case {"do": "look", "view": str(view)}:
                self._views.add(view)
                self._was_seen = True
            case {"do": "busy", "view": str(view)} if view in self._views:
                self._busy.add(view)
                self.tell_use()
            case {"do": "idle", "view": str(view)}:
                self._busy.discard(view)
                self.tell_use()
            case {"do": "bye", "view": str(view)}:
                self._views.discard(view)
                self._busy.discard(view)
                self.tell_use()
                if not (self._views or self._is_needed):
                    self.close()

    # ---- any thread -----------------------------------------------------------------------------

    def _heard(self, _widget: object, content: Any, _buffers: object) -> None:  # noqa: ANN401  a page can send anything
        if isinstance(content, dict):
            self._soon(self._do, content)

    def _soon(self, function: Any, *args: object) -> None:  # noqa: ANN401  any callable
        try:
            self._engine.call_soon(function, *args)
        except RuntimeError:
            logger.debug("The engine has closed; there is nobody left to draw for.")


_lock = threading.RLock()
_left: list[Live] = []
"""Those that nothing holds and that may still be seen, oldest first."""
