"""One thread with one loop, which outlives cells and interrupts."""

from __future__ import annotations

import contextvars
import os
import subprocess
import sys
import threading
from typing import TYPE_CHECKING

import anyio
import anyio.lowlevel
import anyio.to_thread
import pytest

from leonardo_nb.engine.thread import Engine
from leonardo_nb.errors import EngineThreadError

if TYPE_CHECKING:
    from collections.abc import Iterator

VARIABLE: contextvars.ContextVar[str] = contextvars.ContextVar("VARIABLE", default="empty")


@pytest.fixture
def engine() -> Iterator[Engine]:
    made = Engine()
    yield made
    made.close()


def test_nothing_starts_before_the_first_call() -> None:
    """An engine that is never used has no thread, and closes all the same."""
    before = threading.active_count()
    Engine().close()

    assert before == threading.active_count()


def test_results_and_errors_come_back(engine: Engine) -> None:
    """A coroutine's value or exception reaches the thread that asked."""

    async def divide(one: int, other: int) -> float:
        await anyio.lowlevel.checkpoint()
        return one / other

    assert 2.0 == engine.wait(engine.run(divide, 4, 2))
    with pytest.raises(ZeroDivisionError):
        engine.wait(engine.run(divide, 4, 0))


def test_it_starts_things_for_itself(engine: Engine) -> None:
    """What runs on the engine may hand it more."""

    async def inner() -> int:
        return threading.get_ident()

    async def outer() -> bool:
        future = engine.run(inner)
        await anyio.lowlevel.checkpoint()
        await anyio.lowlevel.checkpoint()
        return future.result(0) == threading.get_ident()

    assert engine.wait(engine.run(outer))


def test_waiting_on_itself_is_refused(engine: Engine) -> None:
    """Blocking the engine for something that the engine must do would never end."""

    async def wait_here() -> None:
        engine.wait(engine.run(anyio.sleep, 0))

    with pytest.raises(EngineThreadError, match="use `await` here"):
        engine.wait(engine.run(wait_here))


def test_everything_starts_from_an_empty_context(engine: Engine) -> None:
    """The cell that started something is kept in a context variable, which must not come along."""

    async def seen() -> str:
        return VARIABLE.get()

    async def seen_from_inside() -> str:
        VARIABLE.set("inside")
        future = engine.run(seen)
        await anyio.lowlevel.checkpoint()
        await anyio.lowlevel.checkpoint()
        return future.result(0)

    VARIABLE.set("cell")

    assert ["empty", "empty"] == [
        engine.wait(engine.run(seen)),
        engine.wait(engine.run(seen_from_inside)),
    ]


def test_a_failing_call_goes_to_the_log(engine: Engine, caplog: pytest.LogCaptureFixture) -> None:
    """Nobody waits for it, and nothing else is disturbed."""
    ended = threading.Event()
    engine.call_soon(lambda: 1 / 0)
    engine.call_later(0, ended.set)

    assert ended.wait(5)
    assert "ZeroDivisionError" in caplog.text


def test_giving_a_future_up_harms_nobody(engine: Engine) -> None:
    """Its work goes on, and so does everything else on the engine."""
    begun, go_on = threading.Event(), threading.Event()

    async def work() -> None:
        begun.set()
        await anyio.to_thread.run_sync(go_on.wait, 5)

    future = engine.run(work)
    begun.wait(5)
    cancelled = future.cancel()
    go_on.set()
    engine.wait(future, 5)

    assert not cancelled
    assert not engine.run(anyio.sleep, 0).exception(5)


def test_a_task_that_nobody_waits_for_fails_into_the_log(
    engine: Engine, caplog: pytest.LogCaptureFixture
) -> None:
    """It is not silent, and nothing else is disturbed."""

    async def fail() -> None:
        await anyio.lowlevel.checkpoint()
        raise ValueError("nobody waits for me")

    engine.spawn(fail)
    engine.wait(engine.run(anyio.sleep, 0.01), 5)

    assert "nobody waits for me" in caplog.text


def test_it_cannot_close_itself(engine: Engine) -> None:
    """The sentence says so, and the engine goes on."""

    async def close() -> None:
        await anyio.lowlevel.checkpoint()
        engine.close()

    with pytest.raises(EngineThreadError, match="cannot close itself"):
        engine.wait(engine.run(close))
    assert not engine.run(anyio.sleep, 0).exception(5)


def test_closing_ends_what_still_runs(engine: Engine) -> None:
    """A task without an end does not hang the exit, and a closed engine says that it is closed."""
    engine.run(anyio.sleep_forever)
    engine.close()

    assert "leonardo_nb" not in [thread.name for thread in threading.enumerate()]
    with pytest.raises(RuntimeError, match="This engine is closed"):
        engine.run(anyio.sleep, 0)


def test_a_process_with_an_unfinished_task_ends() -> None:
    """Leaving Python with a job in flight takes no longer than leaving it without."""
    code = (
        "import anyio\n"
        "from leonardo_nb.engine.thread import Engine\n"
        "Engine().run(anyio.sleep_forever)\n"
        "print('leaving')\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=15, check=True
    )

    assert ("leaving\n", "") == (done.stdout, done.stderr)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_a_fork_gets_a_thread_of_its_own() -> None:
    """A fork copies the object and not the thread; the child's first call starts another."""
    code = (
        "import os, anyio\n"
        "from leonardo_nb.engine.thread import Engine\n"
        "async def pid(): return os.getpid()\n"
        "engine = Engine()\n"
        "engine.wait(engine.run(pid))\n"
        "child = os.fork()\n"
        "found = engine.wait(engine.run(pid)) == os.getpid()\n"
        "if not child: os._exit(0 if found else 1)\n"
        "assert os.waitpid(child, 0)[1] == 0 and found\n"
    )
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", code],
        capture_output=True,
        text=True,
        timeout=15,
        check=False,
    )

    assert (0, "") == (done.returncode, done.stderr)


def test_many_are_started_in_their_order(engine: Engine) -> None:
    """With one call, and each with the same further arguments."""
    started: list[tuple[int, str]] = []
    ended = threading.Event()

    async def note(number: int, word: str) -> None:
        started.append((number, word))
        if number == 4:
            ended.set()

    engine.spawn_each(note, range(5), "go")
    ended.wait(5)

    assert [(number, "go") for number in range(5)] == started
