"""
The simulator on a real port, for other programs and for tests of real connections.

uvicorn is imported here and only when something is served.
"""

from __future__ import annotations

import contextlib
import socket
import threading
from typing import TYPE_CHECKING, Any

from leonardo_nb.simulator.app import BASE_PATH, Simulator
from leonardo_nb.simulator.faults import ABORT

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable, Iterator

    import uvicorn
    from starlette.types import Receive, Send

__all__ = ["serve", "serve_in_thread"]

LOOPBACK = "127.0.0.1"


def serve(
    simulator: Simulator | None = None,
    *,
    port: int = 8123,
    speed: float = 1.0,
    started: Callable[[str], None] | None = None,
) -> None:
    """
    Serve *simulator*, or a new one, on the loopback interface until interrupted.

    Args:
        simulator: What to serve; a new one of *speed* where left out.
        port: The TCP port; 0 takes a free one.
        speed: How many times faster than the service a new simulator lives.
        started: Told the base URL as soon as requests are taken.

    Raises:
        OSError: The port is taken.
    """
    with _listening(port) as listener, contextlib.suppress(KeyboardInterrupt):
        if started is not None:
            started(_base_url(listener))
        _server(simulator or Simulator(speed=speed)).run(sockets=[listener])


@contextlib.contextmanager
def serve_in_thread(simulator: Simulator | None = None, *, port: int = 0) -> Iterator[str]:
    """
    Serve *simulator* from a thread; give its base URL, and stop when the block ends.

    Args:
        simulator: What to serve; a new one where left out.
        port: The TCP port; 0 takes a free one.
    """
    with _listening(port) as listener:
        server = _server(simulator or Simulator())
        thread = threading.Thread(
            target=server.run, args=([listener],), name="leonardo-simulator", daemon=True
        )
        thread.start()
        # The socket listens already, so a request that comes before the server waits for it.
        try:
            yield _base_url(listener)
        finally:
            server.should_exit = True
            thread.join()


def _listening(port: int) -> socket.socket:
    # The protocol must be named: asyncio sends small answers at once (TCP_NODELAY) only on sockets
    # that say they are TCP, and without that each one waits 40 ms for the client's delayed ACK.
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((LOOPBACK, port))
        listener.listen(128)
    except OSError:
        listener.close()
        raise
    return listener


def _base_url(listener: socket.socket) -> str:
    return f"http://{LOOPBACK}:{listener.getsockname()[1]}{BASE_PATH}"


def _server(simulator: Simulator) -> uvicorn.Server:
    import uvicorn
    from uvicorn.protocols.http.h11_impl import H11Protocol

    class Droppable(H11Protocol):
        """Tells each request how to close its connection without an answer."""

        def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
            super().connection_made(transport)
            app = self.app

            async def with_abort(scope: Any, receive: Receive, send: Send) -> None:  # noqa: ANN401
                scope.setdefault("extensions", {})[ABORT] = transport.abort
                await app(scope, receive, send)

            self.app = with_abort

    config = uvicorn.Config(
        simulator.app,
        http=Droppable,
        ws="none",
        lifespan="off",
        log_level="warning",
        access_log=False,
    )
    return uvicorn.Server(config)
