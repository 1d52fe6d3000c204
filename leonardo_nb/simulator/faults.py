"""
Scripted trouble: what a test, or a curious user, wants to go wrong next.

A script is a number of faults left; each request, or each new job, takes at most one. It may be
written from any thread while another one is serving.
"""

from __future__ import annotations

import re
import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Generic, Literal, TypeVar

from leonardo_nb.simulator.world import NOTHING_SCRIPTED, Fate

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from starlette.types import ASGIApp, Message, Receive, Scope, Send

__all__ = ["ABORT", "Drop", "Dropped", "FaultLayer", "Faults", "Trouble"]

Drop = Literal["before", "after"]
T = TypeVar("T")

ABORT = "leonardo_nb.abort"
"""The scope's entry with the function that closes the connection; only a real port has one."""


class Dropped(Exception):
    """
    The connection is gone, and the simulator is in process, where there is none to close.

    Attributes:
        when: Whether that was before or after the work was done.
    """

    def __init__(self, when: Drop) -> None:
        super().__init__(f"dropped {when} the work was done")
        self.when = when


@dataclass(frozen=True, slots=True)
class Trouble:
    """
    What happens to one request.

    Attributes:
        delay: Seconds that the answer comes late; the work itself is done at once.
        status: Answer with this status, and do not do the work.
        body: The body that goes with it: text or bytes as they are, anything else as JSON.
        headers: Further headers of that answer.
        work_done: Do the work all the same; its real answer is thrown away.
        drop: Close the connection without an answer, before or after the work is done.
        corrupt: Cut the answer's body in half.
    """

    delay: float = 0.0
    status: int | None = None
    body: object = None
    headers: Mapping[str, str] = field(default_factory=dict)
    work_done: bool = False
    drop: Drop | None = None
    corrupt: bool = False


@dataclass(slots=True)
class _Line(Generic[T]):
    """Something scripted for the next *left* requests that fit."""

    what: T
    left: int
    method: str | None
    path: re.Pattern[str] | None

    def fits(self, method: str, path: str) -> bool:
        return (
            self.left > 0
            and self.method in (None, method)
            and (self.path is None or self.path.fullmatch(path) is not None)
        )


class Faults:
    """The scripts that are not used up yet, oldest first."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._troubles: list[_Line[Trouble]] = []
        self._fates: list[_Line[Fate]] = []

    def __repr__(self) -> str:
        with self._lock:
            left = sum(line.left for line in self._troubles)
            left += sum(line.left for line in self._fates)
        return f"<Faults {left} left>"

    def add(
        self,
        *,
        trouble: Trouble,
        fate: Fate,
        times: int,
        method: str | None,
        path: str | None,
    ) -> None:
        """Script *trouble* for the next requests that fit and *fate* for the next jobs."""
        if times < 1:
            raise ValueError(f"times must be at least 1, not {times}")
        method = method and method.upper()
        pattern = None if path is None else _pattern(path)
        with self._lock:
            if trouble != Trouble():
                self._troubles.append(_Line(trouble, times, method, pattern))
            if fate != NOTHING_SCRIPTED:
                self._fates.append(_Line(fate, times, method, pattern))

    def clear(self) -> None:
        """Forget every script."""
        with self._lock:
            self._troubles.clear()
            self._fates.clear()

    def trouble_for(self, method: str, path: str) -> Trouble | None:
        """Return what was scripted for a request, and use it up."""
        with self._lock:
            return _take(self._troubles, method, path)

    def fate_for(self, method: str, path: str) -> Fate:
        """Return what was scripted for a job that this request has just made, and use it up."""
        with self._lock:
            return _take(self._fates, method, path) or NOTHING_SCRIPTED


def _take(lines: list[_Line[T]], method: str, path: str) -> T | None:
    for line in lines:
        if line.fits(method, path):
            line.left -= 1
            if line.left == 0:
                lines.remove(line)
            return line.what
    return None


def _pattern(path: str) -> re.Pattern[str]:
    """Return what *path* stands for: `{id}` is one segment, `*` is anything."""
    parts = re.split(r"(\{\w+\}|\*)", path)
    return re.compile(
        "".join(
            ".*" if part == "*" else "[^/]+" if part.startswith("{") else re.escape(part)
            for part in parts
        )
    )


class FaultLayer:
    """
    The outermost layer of the app: logs each request and lets scripted trouble happen to it.

    Args:
        app: What answers when nothing is scripted.
        faults: The scripts.
        log: Told the method and path of every request.
        local: Turns a URL's path into the one that scripts and logs use.
        pause: Waits; a parameter so that tests need not.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        faults: Faults,
        log: Callable[[str, str], None],
        local: Callable[[str], str],
        pause: Callable[[float], Awaitable[None]],
    ) -> None:
        self.app = app
        self._faults = faults
        self._log = log
        self._local = local
        self._pause = pause

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        method, path = scope["method"], self._local(scope["path"])
        self._log(method, path)
        trouble = self._faults.trouble_for(method, path)
        if trouble is None:
            await self.app(scope, receive, send)
        else:
            await self._suffer(trouble, scope, receive, send)

    async def _suffer(self, trouble: Trouble, scope: Scope, receive: Receive, send: Send) -> None:
        answer: list[Message] = []

        async def keep(message: Message) -> None:
            answer.append(message)

        works = trouble.work_done or (trouble.drop != "before" and trouble.status is None)
        if works:
            await self.app(scope, receive, keep)
        if trouble.status is not None:
            answer = _scripted_answer(trouble)
        if trouble.corrupt:
            answer = _cut_in_half(answer)
        if trouble.delay:
            await self._pause(trouble.delay)
        if trouble.drop is not None:
            await _drop(trouble.drop, scope, receive)
            return
        for message in answer:
            await send(message)


async def _drop(when: Drop, scope: Scope, receive: Receive) -> None:
    abort = scope.get("extensions", {}).get(ABORT)
    if abort is None:
        raise Dropped(when)
    abort()
    # until the server has noticed, it would answer 500 in our place
    while (await receive())["type"] != "http.disconnect":
        pass


def _scripted_answer(trouble: Trouble) -> list[Message]:
    from starlette.responses import JSONResponse, Response

    body = trouble.body
    response = (
        Response(body)
        if isinstance(body, (str, bytes))
        else JSONResponse({} if body is None else body, media_type="application/json")
    )
    response.headers.update(trouble.headers)
    return [
        {"type": "http.response.start", "status": trouble.status, "headers": response.raw_headers},
        {"type": "http.response.body", "body": response.body},
    ]


def _cut_in_half(answer: list[Message]) -> list[Message]:
    start = dict(answer[0])
    whole = b"".join(message.get("body", b"") for message in answer[1:])
    half = whole[: len(whole) // 2]
    start["headers"] = [
        (name, value) for name, value in start["headers"] if name.lower() != b"content-length"
    ] + [(b"content-length", str(len(half)).encode())]
    return [start, {"type": "http.response.body", "body": half}]
