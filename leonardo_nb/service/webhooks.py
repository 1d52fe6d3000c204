"""
Receives the service's callbacks and turns each into at most one nudge for one job.

A callback carries no signature, so it is believed only that far: a nudge ends a pause, and the
look that follows asks the service itself. The account's keys are in every callback in clear text;
what is read of one is therefore an id, a time and a kind, and the rest is dropped at once.
"""

from __future__ import annotations

import asyncio
import errno
import hmac
import json
import logging
import os
import re
import socket
import time
from collections import OrderedDict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from starlette.applications import Starlette
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from leonardo_nb.service.addresses import Address, public_address
from leonardo_nb.service.keys import Key

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from starlette.requests import Request
    from starlette.types import Receive, Scope, Send
    from uvicorn.protocols.http.h11_impl import H11Protocol

__all__ = ["BODY_LIMIT_BYTES", "Event", "Receiver", "read_event"]

BODY_LIMIT_BYTES: Final = 1_000_000
"""The published sample is 4 kB; eight pictures and a long prompt stay below 50 kB."""

_LOOPBACK: Final = "127.0.0.1"
_CONNECTIONS: Final = 512  # above it the oldest one goes: callbacks take milliseconds
_JOBS_REMEMBERED: Final = 4096
_HEADERS_LIMIT_BYTES: Final = 16 * 1024

_ID = re.compile(r"[0-9A-Za-z-]{1,64}")
_KIND = re.compile(r"[a-z_]{1,40}\.[a-z_]{1,40}")

log = logging.getLogger("leonardo_nb")

# uvicorn tells its logger of every malformed request, which is nobody's news in a notebook
_silent = logging.Logger("silent", level=logging.CRITICAL + 1)  # noqa: LOG001  on no tree


@dataclass(frozen=True, slots=True)
class Event:
    """
    What is kept of a callback; everything else in it, with the keys, is gone.

    Attributes:
        kind: Such as `"image_generation.complete"`, or `"unknown"` where it is not of that form.
        timestamp: When the service made it, in milliseconds, or None.
        job_ids: The jobs that it may be about, the most likely one first.
    """

    kind: str
    timestamp: int | None
    job_ids: tuple[str, ...]


def read_event(body: bytes) -> Event | None:
    """
    Return what a callback's *body* says, or None where it is not an event.

    Kinds are not checked: the service documents one of them, and a job that is known is worth a
    look whatever its event is called.

    Source: API reference, "Guide to the Webhook Callback Feature".
    """
    try:
        envelope = json.loads(body)
    except (ValueError, RecursionError):  # the error holds the whole body, so it goes no further
        return None
    if not isinstance(envelope, dict) or not isinstance(envelope.get("type"), str):
        return None
    data = envelope.get("data")
    thing = data.get("object") if isinstance(data, dict) else None
    if not isinstance(thing, dict):
        return None
    kind, timestamp = envelope["type"], envelope.get("timestamp")
    return Event(
        kind=kind if _KIND.fullmatch(kind) else "unknown",
        timestamp=timestamp if type(timestamp) is int and abs(timestamp) < 2**63 else None,
        job_ids=tuple(dict.fromkeys(_job_ids(thing))),
    )


def _job_ids(thing: dict[str, Any]) -> Iterator[str]:
    """Give the ids of jobs in *thing*: its own, then its generation's, then its image's."""
    images = thing.get("images")
    image = images[0] if isinstance(images, list) and images else None
    inner = (thing.get("generatedImage"), thing.get("generated_image"), image)
    named = [it.get("generationId") for it in (thing, *inner) if isinstance(it, dict)]
    for value in (thing.get("id"), *named):
        if isinstance(value, str) and _ID.fullmatch(value):
            yield value


class Receiver:
    """
    A small web server in the loop that starts it, which nudges jobs and does nothing else.

    It takes the callbacks of an API key and those of one request's `webhookCallbackUrl` alike, at
    any path. Whoever sends learns nothing: a known job, an unknown one and a doubled callback get
    the same answer.

    Args:
        nudge: Told the id of a job that is worth a look; called in the loop, must not block.
        token: What callbacks have to carry as `Authorization: Bearer <token>`; with None anybody
            who reaches the port can cause a look at a job in flight.
        is_known: Whether a job of that id is in flight; called in the loop, must not block.
        seconds_between_nudges: A job gets at most one nudge in this time.
        read_seconds: A connection carries one callback and has this long for it.
        now: Seconds since some fixed moment.
    """

    def __init__(
        self,
        nudge: Callable[[str], None],
        token: str | Key | None = None,
        *,
        is_known: Callable[[str], bool],
        seconds_between_nudges: float = 1.0,
        read_seconds: float = 10.0,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        if token is not None and not Key(token).reveal():
            raise ValueError("A webhook token is some text; leave it out to take any callback.")
        self._nudge = nudge
        self._token = None if token is None else Key(token)
        self._is_known = is_known
        self._seconds_between_nudges = seconds_between_nudges
        self._read_seconds = read_seconds
        self._now = now
        # job -> when its last nudge was, and the kind and time of the event it was for
        self._nudged: OrderedDict[str, tuple[float, str, int | None]] = OrderedDict()
        self._server: asyncio.Server | None = None
        self._connections: dict[H11Protocol, None] = {}  # in the order of their arrival
        self._tasks: set[asyncio.Task[None]] = set()
        self.host = _LOOPBACK
        self.port: int | None = None
        self.app = Starlette(routes=[Route("/{path:path}", self._receive, methods=["POST"])])
        """The ASGI application, for those who serve it themselves."""

    def __repr__(self) -> str:
        where = "not listening" if self.url is None else f"at {self.url}"
        return f"<Receiver {where}, {'any caller' if self._token is None else 'with a token'}>"

    @property
    def url(self) -> str | None:
        """Where it listens on this machine, or None where it does not."""
        if self.port is None:
            return None
        return f"http://{f'[{self.host}]' if ':' in self.host else self.host}:{self.port}/"

    def public_url(self, environment: Mapping[str, str] = os.environ) -> Address:
        """
        Return the address to give to the service, or why there is none; see `Address`.

        Raises:
            RuntimeError: It does not listen, so it has no port yet.
        """
        if self.port is None:
            raise RuntimeError("The receiver has no address before start().")
        return public_address(self.port, environment)

    async def start(self, host: str = _LOOPBACK, port: int = 0) -> str:
        """
        Listen, in the current loop, and return the URL; whoever calls from now on is served.

        Await stop() before that loop ends, or its port stays open behind it.

        Args:
            host: The loopback interface, unless something on another machine hands callbacks on.
            port: The TCP port; 0 takes a free one.

        Raises:
            OSError: The port is taken or forbidden; the sentence names it.
            RuntimeError: It listens already.
        """
        if self._server is not None:
            raise RuntimeError(f"The receiver listens already, at {self.url}.")
        listener = _listening(host, port)
        self._server = await asyncio.get_running_loop().create_server(
            self._protocols(), sock=listener, backlog=_CONNECTIONS, start_serving=False
        )
        self.host, self.port = host, listener.getsockname()[1]
        await self._server.start_serving()
        return self.url or ""

    async def stop(self) -> None:
        """Close the port and every connection; nothing of it is left in the loop."""
        server, self._server, self.port = self._server, None, None
        if server is None:
            return
        server.close()
        for connection in tuple(self._connections):
            connection.transport.abort()
        await asyncio.sleep(0)  # the turn of the loop that closes them
        await asyncio.gather(*self._tasks, return_exceptions=True)  # each sees its caller is gone
        await server.wait_closed()

    async def _receive(self, request: Request) -> Response:
        if not self._is_allowed(request.headers.get("authorization", "")):
            return _Early("Unauthorized", 401)
        if int(request.headers.get("content-length", 0)) > BODY_LIMIT_BYTES:
            return _Early("A callback is at most 1 MB.", 413)
        body = bytearray()
        more = True
        while more:
            message = await request.receive()
            if message["type"] == "http.disconnect":
                return Response(status_code=400)  # nobody is there to read it
            body += message.get("body", b"")
            more = message.get("more_body", False)
            if len(body) > BODY_LIMIT_BYTES:
                return _Early("A callback is at most 1 MB.", 413, more=more)
        event = read_event(bytes(body))
        if event is None:
            return _answer("This is not an event of the Leonardo.Ai API.", 400)
        self._hand_on(event)
        return _answer("OK", 200)

    def _is_allowed(self, authorization: str) -> bool:
        if self._token is None:
            return True
        scheme, _, given = authorization.partition(" ")
        # header values are Latin-1 on the wire; the token's bytes are compared, in constant time
        expected = self._token.reveal().encode()
        same = hmac.compare_digest(given.strip(" ").encode("latin-1"), expected)
        return same and scheme.lower() == "bearer"

    def _hand_on(self, event: Event) -> None:
        """Nudge the first job of *event* that is known, unless it just was or this is doubled."""
        job_id = None
        try:
            job_id = next(filter(self._is_known, event.job_ids), None)
            if job_id is None or self._is_repeated(job_id, event):
                return
            self._nudge(job_id)
        except Exception as error:  # noqa: BLE001  whatever it is, the next callback is served
            # without the traceback, whose frames may show what a debugger prints of them
            log.error("A callback did not reach job %s (%s).", job_id, type(error).__name__)  # noqa: TRY400
            return
        self._nudged[job_id] = (self._now(), event.kind, event.timestamp)
        self._nudged.move_to_end(job_id)
        if len(self._nudged) > _JOBS_REMEMBERED:
            self._nudged.popitem(last=False)

    def _is_repeated(self, job_id: str, event: Event) -> bool:
        if job_id not in self._nudged:
            return False
        at, *last = self._nudged[job_id]
        is_doubled = event.timestamp is not None and last == [event.kind, event.timestamp]
        return is_doubled or self._now() - at < self._seconds_between_nudges

    def _protocols(self) -> Callable[[], H11Protocol]:
        """Return what makes uvicorn's protocol for one connection; uvicorn is imported here."""
        import uvicorn
        from uvicorn.protocols.http.h11_impl import H11Protocol
        from uvicorn.server import ServerState

        receiver = self
        state = ServerState()
        self._tasks = state.tasks

        class OneCallback(H11Protocol):
            """Serves one request, within a time: a caller that dawdles is cut off."""

            def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
                self.access_log = False
                self.logger = _silent
                super().connection_made(transport)
                self._deadline = self.loop.call_later(receiver._read_seconds, transport.abort)
                receiver._keep(self)

            def connection_lost(self, exc: Exception | None) -> None:
                self._deadline.cancel()
                receiver._connections.pop(self, None)
                super().connection_lost(exc)

        # A server object would install signal handlers and wake ten times a second; its protocol
        # does neither. `log_config` and `access_log` as they are leave all loggers untouched.
        config = uvicorn.Config(
            self.app,
            http=OneCallback,
            ws="none",
            lifespan="off",
            interface="asgi3",
            log_config=None,
            proxy_headers=False,
            h11_max_incomplete_event_size=_HEADERS_LIMIT_BYTES,
        )
        config.load()
        loop = asyncio.get_running_loop()
        return lambda: OneCallback(config, state, {}, loop)

    def _keep(self, connection: H11Protocol) -> None:
        self._connections[connection] = None
        if self._server is None:
            connection.transport.abort()
        elif len(self._connections) > _CONNECTIONS:
            oldest = next(iter(self._connections))
            del self._connections[oldest]
            oldest.transport.abort()


def _answer(sentence: str, status: int) -> Response:
    return PlainTextResponse(sentence, status, {"Connection": "close"})


class _Early(PlainTextResponse):
    """
    An answer given before the whole body was read; what still comes is thrown away.

    Closing a socket with bytes unread resets the connection, and its caller may never see why.
    """

    def __init__(self, sentence: str, status: int, *, more: bool = True) -> None:
        super().__init__(sentence, status, {"Connection": "close"})
        self._more = more

    async def __call__(self, _: Scope, receive: Receive, send: Send) -> None:
        start = {"type": "http.response.start", "status": self.status_code}
        await send({**start, "headers": self.raw_headers})
        await send({"type": "http.response.body", "body": self.body, "more_body": True})
        while self._more:  # ended by the connection's own deadline at the latest
            message = await receive()
            self._more = message["type"] == "http.request" and message.get("more_body", False)
        await send({"type": "http.response.body", "body": b"", "more_body": False})


def _listening(host: str, port: int) -> socket.socket:
    """
    Return a socket that is bound to *port* of *host*.

    The protocol is named because asyncio sends small answers at once (TCP_NODELAY) only on sockets
    that say they are TCP; without it each answer waits 40 ms for the caller's delayed ACK.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        if os.name == "posix":  # elsewhere it would let two programs share a port
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
    except (OSError, OverflowError) as error:
        listener.close()
        number = getattr(error, "errno", None) or errno.EINVAL
        why = {
            errno.EADDRINUSE: "is taken by another program; port=0 takes a free one",
            errno.EACCES: "is not for everybody; choose one above 1023",
        }.get(number, f"cannot be listened at ({error})")
        raise OSError(number, f"Port {port} of {host} {why}.") from None
    return listener
