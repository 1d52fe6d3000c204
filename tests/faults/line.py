"""A line between a studio and the simulator on which one thing goes wrong, and is counted."""

from __future__ import annotations

import json
import re
from datetime import timedelta
from email.utils import format_datetime
from typing import TYPE_CHECKING, Any

import httpx

from leonardo_nb.simulator import Simulator
from leonardo_nb.testing import ManualClock

from .expected import Means

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    import anyio

    from .expected import Cell, Fault

__all__ = ["FaultySimulator", "Line", "SkewedClock"]

TIMEOUT = 30.0
"""Seconds, as the client's."""
LID = 8 * 3600.0
SKEW = {"clock 7 hours ahead": 7.0, "clock 7 hours behind": -7.0}
"""Hours by which this machine's clock is wrong; the service's is right."""

PAGE = "<!DOCTYPE html><html><body><h1>{}</h1></body></html>"
NOBODY_KNOWS = [{"message": "An error occurred.", "extensions": {"code": "INTERNAL_SERVER_ERROR"}}]
REASON = [
    {
        "message": "An error occurred.",
        "extensions": {
            "code": "BAD_REQUEST",
            "details": {"statusCode": 400, "message": "This cannot be done."},
        },
    }
]
ANSWERS: dict[str, httpx.Response] = {
    "400": httpx.Response(400, json={"error": "This cannot be done.", "code": "bad-request"}),
    "401": httpx.Response(401, json={"error": "Invalid API key", "code": "access-denied"}),
    "403": httpx.Response(403, html=PAGE.format("403 Forbidden")),
    "404": httpx.Response(404, json={"error": "Nothing here.", "code": "not-found"}),
    "429": httpx.Response(429, json={"error": "Too many requests", "code": "unexpected"}),
    "429 with Retry-After": httpx.Response(
        429,
        json={"error": "Too many requests", "code": "unexpected"},
        headers={"Retry-After": "7"},
    ),
    "500": httpx.Response(500, json={"error": "internal error", "code": "unexpected"}),
    "500 that says the key is wrong": httpx.Response(
        500, json={"error": "Invalid response from authorization hook", "code": "unexpected"}
    ),
    "502": httpx.Response(502, html=PAGE.format("502 Bad Gateway")),
    "503": httpx.Response(503, html=PAGE.format("503 Service Unavailable")),
    "array with status 200": httpx.Response(200, json=NOBODY_KNOWS),
    "array with status 200 that says why": httpx.Response(200, json=REASON),
    "HTML with status 200": httpx.Response(200, html=PAGE.format("Please log in to this network")),
}
"""What comes in place of the real answer."""

DRAWN: dict[str, httpx.Response] = {}
"""One file of each type; drawing them anew for each of many simulators would take minutes."""


class SkewedClock(ManualClock):
    """The machine's clock, so many *hours* off; seconds go by as on *clock*."""

    def __init__(self, clock: ManualClock, hours: float) -> None:
        super().__init__()
        self._true = clock
        self._hours = hours

    def now(self) -> float:
        """Return seconds since some fixed moment."""
        return self._true.now()

    def wall(self) -> datetime:
        """Return the date and time that the machine takes for right."""
        return self._true.wall() + timedelta(hours=self._hours)

    async def pause(self, seconds: float, until: anyio.Event | None = None) -> None:
        """Return once *seconds* have gone by on the true clock."""
        await self._true.pause(seconds, until)


class Line(httpx.AsyncBaseTransport):
    """
    Carries requests to the simulator.

    Attributes:
        asked: How often the route of the cell was asked, since the line was armed.
        log: Method and path of every request, and when it was made, in clock seconds.
        cut_out: How many cut-outs were made; they are paid and are in no list.
        loses_next_job: Whether the next paid request's answer is lost, besides the fault.
        tells_time: Whether answers have a date, as those of every server have.
    """

    def __init__(self, inner: httpx.AsyncBaseTransport, clock: ManualClock) -> None:
        self._inner = inner
        self._clock = clock
        self._cell: Cell | None = None
        self._path = re.compile("")
        self._suffered = False
        self.asked = 0
        self.log: list[tuple[tuple[str, str], float]] = []
        self.cut_out = 0
        self.loses_next_job = False
        self.tells_time = True

    def arm(self, cell: Cell | None) -> None:
        """Let the fault of *cell* happen from now on; None mends the line."""
        self._cell = cell
        self._suffered = False
        self.asked = 0
        if cell is not None:
            parts = re.split(r"(\{\w+\}|\*)", cell.route.path)
            self._path = re.compile(
                "".join(
                    ".*" if part == "*" else "[^/]+" if part.startswith("{") else re.escape(part)
                    for part in parts
                )
            )

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Return an answer to *request*, or raise what a network raises."""
        answer = await self._answered(request)
        if self.tells_time:  # in process the simulator has nobody who would
            answer.headers["Date"] = format_datetime(self._clock.wall(), usegmt=True)
        return answer

    async def _answered(self, request: httpx.Request) -> httpx.Response:
        path = request.url.path.replace("/api/rest/v2", "/v2").replace("/api/rest/v1", "")
        self.log.append(((request.method, path), self._clock.now()))
        cell = self._cell
        if self.loses_next_job and request.method == "POST" and _is_job(path):
            self.loses_next_job = False
            await self._served(request)
            raise httpx.ReadError("connection reset by peer", request=request)
        if cell is None or cell.route.method != request.method or not self._path.fullmatch(path):
            return await self._served(request)
        self.asked += 1
        if self._suffered and not cell.lasts:
            return await self._served(request)
        return await self._suffer(cell.fault, request)

    async def _served(self, request: httpx.Request) -> httpx.Response:
        """Return the simulator's answer; files are drawn once in all."""
        path = request.url.path
        if path.endswith("/generationssync"):
            self.cut_out += 1
        if not path.startswith("/media/"):
            return await _whole(await self._inner.handle_async_request(request))
        suffix = path.rpartition(".")[2]
        if suffix not in DRAWN:
            DRAWN[suffix] = await _whole(await self._inner.handle_async_request(request))
        return _copy(DRAWN[suffix])

    async def _suffer(self, fault: Fault, request: httpx.Request) -> httpx.Response:
        self._suffered = True
        if fault.name.startswith("8 hours"):
            self._clock.advance(LID)
        answer = await self._served(request) if fault.is_done or fault.means in TWISTS else None
        if answer is not None and (twist := TWISTS.get(fault.means)):
            twisted = twist(answer)
            # a job that is not complete yet cannot be complete and empty
            self._suffered = twisted.content != answer.content
            return twisted
        if fault.means in {Means.ENDLESS, Means.FAILS}:
            return await self._served(request)  # the simulator sees to these
        if fault.means is Means.CLOCK:
            if request.method == "POST" and _is_job(request.url.path):  # also loses the answer
                raise httpx.ReadError("connection reset by peer", request=request)
            return _there(answer)
        if fault.name in ERRORS:
            if fault.name.startswith("timeout"):
                self._clock.advance(TIMEOUT)
            kind, words = ERRORS[fault.name]
            raise kind(words, request=request)
        if fault.name == "truncated JSON":
            there = _there(answer)
            return _of(there, there.content[: len(there.content) // 2])
        if fault.name == "wrong types":
            return _misfitting(_there(answer))
        return _copy(ANSWERS[fault.name.removesuffix(DONE).removesuffix(",")])


DONE = " after the work was done"
ERRORS: dict[str, tuple[type[httpx.RequestError], str]] = {
    "connection refused": (httpx.ConnectError, "[Errno 111] Connection refused"),
    "DNS failure": (httpx.ConnectError, "[Errno -2] Name or service not known"),
    "reset before the work was done": (
        httpx.RemoteProtocolError,
        "Server disconnected without sending a response.",
    ),
    "reset after the work was done": (httpx.ReadError, "connection reset by peer"),
    "timeout before the work was done": (httpx.ReadTimeout, ""),
    "timeout after the work was done": (httpx.ReadTimeout, ""),
}
"""What httpx raises; tests/faults/test_network.py holds it against a real network."""


def _is_job(path: str) -> bool:
    return any(each in path for each in ("/generations", "/variations/"))


def _there(answer: httpx.Response | None) -> httpx.Response:
    assert answer is not None
    return answer


async def _whole(answer: httpx.Response) -> httpx.Response:
    await answer.aread()
    return answer


def _copy(answer: httpx.Response) -> httpx.Response:
    """Return *answer* once more; one can be read only once."""
    return _of(answer, answer.content)


def _of(answer: httpx.Response, content: bytes) -> httpx.Response:
    headers = {
        name: value for name, value in answer.headers.items() if name.lower() != "content-length"
    }
    return httpx.Response(answer.status_code, headers=headers, content=content)


def _misfitting(answer: httpx.Response) -> httpx.Response:
    """Return *answer* with the same members of other types; of a file, another type of file."""
    try:
        body = json.loads(answer.content)
    except ValueError:
        return _of(answer, b"GIF89a" + bytes(100))
    return _of(answer, json.dumps(_other(body)).encode())


def _other(value: object) -> object:
    match value:
        case dict():
            return {name: _other(each) for name, each in value.items()}
        case list():
            return {"0": [_other(each) for each in value]}
        case str():
            return [value]
        case bool() | int() | float():
            return "seven"
    return value


def _strange(answer: httpx.Response) -> httpx.Response:
    """Return *answer* with a state that nobody knows."""
    return _of(answer, re.sub(rb'"(PENDING|COMPLETE)"', b'"RENDERING"', answer.content))


def _empty(answer: httpx.Response) -> httpx.Response:
    """Return *answer* without what a complete job has made, or without the variation."""
    body: Any = json.loads(answer.content)
    row = body.get("generations_by_pk")
    if row is None:
        body = {name: [] for name in body}
    elif row["status"] == "COMPLETE":
        row["generated_images"] = []
    return _of(answer, json.dumps(body, separators=(",", ":")).encode())


TWISTS: dict[Means, Callable[[httpx.Response], httpx.Response]] = {
    Means.STRANGE: _strange,
    Means.EMPTY: _empty,
}


class FaultySimulator(Simulator):
    """A simulator behind a `Line`."""

    def __init__(self, clock: ManualClock) -> None:
        super().__init__(
            now=clock.now,
            wall=clock.wall,
            pause=clock.pause,
            seed=1,
            requests_per_minute=1_000_000,
            creates_per_minute=1_000_000,
        )
        self.line = Line(super().transport(), clock)

    def transport(self) -> Any:
        """Return the line."""
        return self.line
