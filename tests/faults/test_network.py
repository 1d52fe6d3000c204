"""What the line says a network does, a network does: real sockets on this machine."""

from __future__ import annotations

import asyncio
import socket
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import pytest

import leonardo_nb as leo
from leonardo_nb.service.client import Client
from leonardo_nb.service.retries import Failure, failure_of

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable

KEY = "51a70000-0000-4000-8000-000000000001"


def free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


@asynccontextmanager
async def server(
    serve: Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]],
) -> AsyncIterator[str]:
    """Serve on a port of this machine for as long as the block runs; yield the address."""
    listening = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with listening:
        port = listening.sockets[0].getsockname()[1]
        yield f"http://127.0.0.1:{port}/api/rest/v1"


async def failure_at(address: str, timeout: float = 5.0) -> Failure:  # noqa: ASYNC109  the client's
    """Return what a request to *address* comes to."""
    client = Client(base_url=address, api_key=KEY, timeout=timeout)
    try:
        with pytest.raises(leo.LeonardoError) as caught:
            await client.me()
    finally:
        await client.aclose()
    return failure_of(caught.value)


async def test_a_refused_connection() -> None:
    """Nobody listens: nothing was sent."""
    assert Failure.UNREACHABLE == await failure_at(f"http://127.0.0.1:{free_port()}/api/rest/v1")


async def test_a_name_that_does_not_exist() -> None:
    """There is no such host: nothing was sent."""
    assert Failure.UNREACHABLE == await failure_at("https://no-such-host.invalid/api/rest/v1")


async def test_a_reset_before_an_answer() -> None:
    """The request was read and the connection cut: nobody knows."""

    async def cut(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.transport.abort()

    async with server(cut) as address:
        assert Failure.LOST == await failure_at(address)


async def test_a_reset_in_the_middle_of_an_answer() -> None:
    """Half of an answer came: nobody knows."""

    async def half(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{")
        await writer.drain()
        writer.transport.abort()

    async with server(half) as address:
        assert Failure.LOST == await failure_at(address)


async def test_a_close_without_an_answer() -> None:
    """The connection was closed in good order, and no answer came: nobody knows."""

    async def close(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.close()

    async with server(close) as address:
        assert Failure.LOST == await failure_at(address)


async def test_silence() -> None:
    """The request was read, and nothing comes: nobody knows."""
    asked = asyncio.Event()

    async def wait(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        asked.set()
        await reader.read()  # until the client gives up
        writer.close()

    async with server(wait) as address:
        assert Failure.LOST == await failure_at(address, timeout=0.2)
    assert asked.is_set()
