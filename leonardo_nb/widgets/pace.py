"""
How often a widget redraws, and on which threads pictures are made small.

A sweep can change hundreds of times a second and a page cannot; this is the one place that
decides how many of those changes are worth sending, and how much drawing goes on at once.
"""

from __future__ import annotations

import logging
import os
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Protocol, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable
    from concurrent.futures import Future

__all__ = ["Gather", "Scheduler", "aside", "painters"]

T = TypeVar("T")

logger = logging.getLogger("leonardo_nb")

THREADS = 2
"""For thumbnails and frozen pictures, for all widgets together."""


class Scheduler(Protocol):
    """The part of the engine that a widget needs: run something on the engine's thread."""

    def call_soon(self, fn: Callable[..., object], /, *args: object) -> object:
        """Run *fn* on the engine's thread as soon as it is free; callable from any thread."""

    def call_later(self, seconds: float, fn: Callable[..., object], /, *args: object) -> object:
        """Run *fn* on the engine's thread *seconds* from now."""


class Gather:
    """
    Calls *draw* on the engine's thread, at most *per_second* times a second.

    The first ask draws at once, those that follow too soon become one, and the last is never lost.
    """

    def __init__(
        self, engine: Scheduler, draw: Callable[[], object], per_second: float = 10
    ) -> None:
        self._engine = engine
        self._draw = draw
        self._rest_seconds = 1 / per_second
        self._resting = False
        self._asked = False

    def ask(self) -> None:
        """Ask for a redraw, from any thread."""
        try:
            self._engine.call_soon(self._take)
        except RuntimeError:  # the engine is closed; there is nobody left to draw for
            logger.debug("A redraw was asked for after the engine had closed.")

    def _take(self) -> None:
        if self._resting:
            self._asked = True
            return
        self._resting = True
        self._engine.call_later(self._rest_seconds, self._rested)
        try:
            self._draw()
        except Exception:
            logger.exception("A widget could not be redrawn; its job goes on.")

    def _rested(self) -> None:
        self._resting = False
        if self._asked:
            self._asked = False
            self._take()


def aside(engine: Scheduler, work: Callable[[], T], then: Callable[[Future[T]], object]) -> None:
    """Do *work* off the engine, which has jobs to look after; then call *then* there with it."""

    def ended(future: Future[T]) -> None:
        try:
            engine.call_soon(then, future)
        except RuntimeError:
            logger.debug("A picture was ready after the engine had closed.")

    painters().submit(work).add_done_callback(ended)


_lock = threading.Lock()
_pool: ThreadPoolExecutor | None = None


def painters() -> ThreadPoolExecutor:
    """Return the few threads on which pictures are decoded, so that the engine never waits."""
    global _pool  # noqa: PLW0603  made on first use
    with _lock:
        if _pool is None:
            _pool = ThreadPoolExecutor(THREADS, thread_name_prefix="leonardo_nb pictures")
        return _pool


def _forget_after_fork() -> None:
    global _pool, _lock
    _pool, _lock = None, threading.Lock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget_after_fork)
