"""How long a callback takes to become a nudge, beside a bare socket that answers, in one run."""

from __future__ import annotations

import asyncio
import json
import socket
import statistics
import time

from leonardo_nb.engine.thread import Engine
from leonardo_nb.service.webhooks import Receiver

TIMES = 300
TOGETHER = 200
TOKEN = "benchmark"  # noqa: S105  opens nothing


def message(job: str) -> bytes:
    """Return a whole request that carries the callback of *job*, 4 kB as the service's sample."""
    thing = {"id": job, "status": "COMPLETE", "prompt": "a fox " * 600}
    body = json.dumps({"type": "image_generation.complete", "data": {"object": thing}}).encode()
    head = f"POST / HTTP/1.1\r\nHost: here\r\nAuthorization: Bearer {TOKEN}\r\n"
    return f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body


def call(port: int, data: bytes) -> float:
    """Send *data* over a new connection, read until it closes; return when it was begun."""
    begun = time.perf_counter()
    with socket.create_connection(("127.0.0.1", port)) as connection:
        connection.sendall(data)
        while connection.recv(65_536):
            pass
    return begun


class Bare(asyncio.Protocol):
    """Answers as soon as something comes: the least that a callback can cost."""

    came: float

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep what is answered on."""
        self.transport = transport

    def data_received(self, _: bytes) -> None:
        """Note the time, and answer."""
        Bare.came = time.perf_counter()
        assert isinstance(self.transport, asyncio.Transport)
        self.transport.write(b"HTTP/1.1 200 OK\r\n\r\n")
        self.transport.close()


def milliseconds(durations: list[float]) -> str:
    """Return the median of *durations* and the one that 99 of 100 stay below."""
    high = statistics.quantiles(durations, n=100)[98]
    return f"{1000 * statistics.median(durations):.2f} ms, 99 of 100 below {1000 * high:.2f} ms"


def main() -> None:
    """Print the time of one callback, its ratio to a bare socket, and that of many at once."""
    engine = Engine()
    came: dict[str, float] = {}

    def nudge(job_id: str) -> None:
        came[job_id] = time.perf_counter()

    receiver = Receiver(nudge, TOKEN, is_known=lambda _: True)
    engine.wait(engine.run(receiver.start))
    port = receiver.port or 0

    async def bare() -> asyncio.Server:
        return await asyncio.get_running_loop().create_server(Bare, "127.0.0.1", 0)

    plain = engine.wait(engine.run(bare))
    plain_port = plain.sockets[0].getsockname()[1]
    ours, theirs = [], []
    call(port, message("first"))
    for number in range(TIMES):
        begun = call(plain_port, message("?"))
        theirs.append(Bare.came - begun)
        begun = call(port, message(job := f"one-{number}"))
        ours.append(came[job] - begun)
    ratio = statistics.median(ours) / statistics.median(theirs)
    print(f"callback to nudge: {milliseconds(ours)}")
    print(f"bare socket:       {milliseconds(theirs)}; a callback is {ratio:.1f} of it")

    async def many() -> list[float]:
        async def one(job: str) -> float:
            begun = time.perf_counter()
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(message(job))
            await reader.read()
            writer.close()
            return came[job] - begun

        return await asyncio.gather(*(one(f"many-{number}") for number in range(TOGETHER)))

    started = time.perf_counter()
    waits = asyncio.run(many())
    spent = time.perf_counter() - started
    print(f"{TOGETHER} at once:       all in {1000 * spent:.0f} ms, the last {max(waits):.3f} s")
    started = time.perf_counter()
    engine.wait(engine.run(receiver.stop))
    print(f"stop():            {1000 * (time.perf_counter() - started):.1f} ms")
    plain.close()
    engine.close()


if __name__ == "__main__":
    main()
