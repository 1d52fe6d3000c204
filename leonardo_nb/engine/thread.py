"""
One thread with one event loop, which outlives cells and interrupts.

Everything that happens to jobs and to their widgets happens on it, so state needs no locks. The
thread starts with the first call, never at import.
"""

from __future__ import annotations

import asyncio
import atexit
import contextvars
import logging
import os
import threading
from concurrent.futures import Future
from contextlib import ExitStack, suppress
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar, TypeVarTuple

import anyio
from anyio.from_thread import start_blocking_portal

from leonardo_nb.errors import EngineThreadError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Coroutine, Iterable

    from anyio.abc import TaskStatus
    from anyio.from_thread import BlockingPortal

__all__ = ["Engine"]

T = TypeVar("T")
Args = TypeVarTuple("Args")

log = logging.getLogger("leonardo_nb")

CLOSING_EVERY = 0.1
"""Seconds after which what still runs is cancelled once more."""
CLOSED = "This engine is closed; leo.connect() starts a new one."


class Engine:
    """
    Runs coroutines and plain functions on a thread of its own.

    What runs here starts from an empty context: ipykernel keeps the cell that started something in
    a context variable, and notebook runners drop whatever is published for a cell that is over.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._portal: BlockingPortal | None = None
        self._exits = ExitStack()
        self._thread_id: int | None = None
        self._process_id: int | None = None
        self._loop: asyncio.AbstractEventLoop
        self._tasks: set[asyncio.Task[None]] | None = None
        self._closed = False

    def run(self, function: Callable[[*Args], Awaitable[T]], *args: *Args) -> Future[T]:
        """
        Start *function* on the engine and return a future of its result; from any thread.

        The future cannot be cancelled: whoever waits for it may give up, the work goes on.
        """
        future: Future[T] = Future()
        future.set_running_or_notify_cancel()

        async def carry() -> None:
            try:
                future.set_result(await function(*args))
            except BaseException as error:
                future.set_exception(error)
                if not isinstance(error, Exception):
                    raise

        def start() -> None:
            if not self._start(carry):
                future.set_exception(RuntimeError(CLOSED))

        self._on_loop(start)
        return future

    def spawn(self, function: Callable[[*Args], Awaitable[object]], *args: *Args) -> None:
        """Start *function* on the engine for nobody to wait for; what it raises goes to the log."""
        self._on_loop(self._start, partial(self._logged, function, *args))

    def spawn_each(
        self, function: Callable[[T, *Args], Awaitable[object]], each: Iterable[T], *args: *Args
    ) -> None:
        """Start *function* once for each of *each*, in their order, as `spawn` does."""

        def start() -> None:
            for one in each:
                self._start(partial(self._logged, function, one, *args))

        self._on_loop(start)

    def call_soon(self, function: Callable[[*Args], object], *args: *Args) -> None:
        """
        Call *function* on the engine as soon as it is free; from any thread.

        What it raises goes to the log, for nobody waits for it.
        """

        async def now() -> None:
            self._guarded(function, *args)

        self.spawn(now)

    def call_later(self, seconds: float, function: Callable[[*Args], object], *args: *Args) -> None:
        """Call *function* on the engine after *seconds*; from any thread."""

        async def later() -> None:
            await anyio.sleep(seconds)
            self._guarded(function, *args)

        self.spawn(later)

    def is_current_thread(self) -> bool:
        """Whether the caller runs on the engine, where nothing may block."""
        return self._thread_id == threading.get_ident() and self._process_id == os.getpid()

    def wait(self, future: Future[T], timeout: float | None = None) -> T:
        """
        Return *future*'s result, blocking the calling thread.

        Raises:
            EngineThreadError: The caller runs on the engine, which has to finish it.
            TimeoutError: It took longer than *timeout* seconds.
        """
        if self.is_current_thread():
            raise EngineThreadError(
                "This would block the engine that has to finish it; use `await` here."
            )
        return future.result(timeout)

    def close(self) -> None:
        """
        Cancel what still runs, then end the thread; jobs that are paid stay in the library.

        Raises:
            EngineThreadError: Called on the engine's own thread, which cannot wait for itself.
        """
        if self.is_current_thread():
            raise EngineThreadError("The engine cannot close itself; call this on another thread.")
        with self._lock:
            self._closed = True
            portal, self._portal = self._portal, None
            exits, self._exits = self._exits, ExitStack()
        if portal is None:
            return
        if self._process_id != os.getpid():
            _forget(portal)
            return
        # the portal waits for its tasks, so an unfinished job would hang the exit
        portal.call(portal.stop, True)  # noqa: FBT003  anyio's own signature: cancel_remaining
        exits.close()
        atexit.unregister(self.close)

    @staticmethod
    def _guarded(function: Callable[[*Args], object], *args: *Args) -> None:
        try:
            function(*args)
        except Exception:
            log.exception("A call on the engine failed: %r", function)

    @staticmethod
    async def _logged(function: Callable[[*Args], Awaitable[object]], *args: *Args) -> None:
        try:
            await function(*args)
        except Exception:
            log.exception("A task on the engine failed: %r", function)

    def _on_loop(self, function: Callable[[*Args], object], *args: *Args) -> None:
        """Call *function* on the loop, in an empty context."""
        if self.is_current_thread():
            contextvars.Context().run(function, *args)
        else:
            # not the portal's own way, which blocks its caller until the loop is free
            self._running_loop().call_soon_threadsafe(
                function, *args, context=contextvars.Context()
            )

    def _start(self, carry: Callable[[], Coroutine[Any, Any, None]]) -> bool:
        """Start a task; return False where the engine has closed since."""
        if self._tasks is None:
            return False
        # a task of anyio's group keeps twice as much, and ten thousand of them may wait for a slot
        task = self._loop.create_task(carry())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return True

    async def _hold_tasks(self, *, task_status: TaskStatus[None]) -> None:
        """Be what tasks belong to, so that closing can cancel them all and wait."""
        self._tasks = tasks = set[asyncio.Task[None]]()
        try:
            task_status.started()
            await anyio.sleep_forever()
        finally:
            self._tasks = None
            with anyio.CancelScope(shield=True):
                while tasks:  # again, where one has swallowed it
                    for task in tuple(tasks):
                        task.cancel()
                    await asyncio.wait(tuple(tasks), timeout=CLOSING_EVERY)

    def _running_loop(self) -> asyncio.AbstractEventLoop:
        with self._lock:
            if self._closed:
                raise RuntimeError(CLOSED)
            if self._portal is not None and self._process_id != os.getpid():
                _forget(self._portal)
                self._portal = None
            if self._portal is None:
                self._exits = ExitStack()
                self._portal = self._exits.enter_context(
                    start_blocking_portal("asyncio", name="leonardo_nb")
                )
                self._thread_id = self._portal.call(threading.get_ident)
                self._loop = self._portal.call(asyncio.get_running_loop)
                self._portal.start_task(self._hold_tasks)
                self._process_id = os.getpid()
                atexit.register(self.close)
            return self._loop


def _forget(portal: BlockingPortal) -> None:
    """
    Mark a *portal* that a fork has copied as stopped; its thread stayed in the parent.

    Without it, whoever collects the portal asks that thread to stop, and waits for ever.
    """
    with suppress(StopIteration):
        portal.stop().send(None)  # it never waits, so one step is all of it
