"""
Connects for files, to addresses that were checked first.

It is its own file because it stands below `client.py`: httpx asks it for a connection. A name is
looked up once, its addresses are checked, and the connection goes to one of those; were the name
handed on instead, its owner could answer the second look-up otherwise ("DNS rebinding"). The name
still goes into the certificate's check and the `Host` header.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Final
from urllib.request import getproxies, proxy_bypass

import anyio
import httpcore
import httpx

if TYPE_CHECKING:
    import ssl
    from collections.abc import AsyncIterator, Iterable, Iterator

    from leonardo_nb.service.reach import Reach

__all__ = ["Dialer", "Files"]

_ONE_ADDRESS_SECONDS: Final = 3.0
"""How long one of several addresses of a name is tried before the next one."""
_FOREIGN: Final = (
    httpcore.TimeoutException,
    httpcore.NetworkError,
    httpcore.ProtocolError,
    httpcore.ProxyError,
    httpcore.UnsupportedProtocol,
)


class Dialer(httpcore.AsyncNetworkBackend):
    """
    Opens connections to what *reach* allows.

    Args:
        reach: What may be connected to.
    """

    def __init__(self, reach: Reach) -> None:
        self._reach = reach
        self._backend = httpcore.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109  httpcore's signature
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """
        Return a connection to *host*, whose every address was checked; all in *timeout* seconds.

        Raises:
            NotReached: The name's addresses are none that files are at.
        """
        try:
            with anyio.fail_after(timeout):
                addresses = await self._reach.addresses(host, port)
                for address in addresses[:-1]:
                    try:
                        return await self._backend.connect_tcp(
                            address, port, _ONE_ADDRESS_SECONDS, local_address, socket_options
                        )
                    except (httpcore.ConnectError, httpcore.ConnectTimeout):
                        continue
                return await self._backend.connect_tcp(
                    addresses[-1], port, timeout, local_address, socket_options
                )
        except TimeoutError as exc:
            raise httpcore.ConnectTimeout(f"{host} was not found in time") from exc
        except (OSError, UnicodeError) as exc:  # no such name, or none that could be one
            raise httpcore.ConnectError(f"{host} was not found") from exc

    async def sleep(self, seconds: float) -> None:
        """Wait, as httpcore asks for between tries."""
        await anyio.sleep(seconds)


class Files(httpx.AsyncBaseTransport):
    """
    Carries requests for files, to checked addresses only.

    Where the environment names a proxy for an address, the proxy looks the name up and connects;
    then only what the address itself says was checked.

    Args:
        reach: What may be connected to.
        verify: Checks certificates.
        uses_proxy: Whether the environment's proxies are used.
    """

    def __init__(self, reach: Reach, verify: ssl.SSLContext, *, uses_proxy: bool) -> None:
        self._verify = verify
        # httpx's own numbers
        self._pool = httpcore.AsyncConnectionPool(
            ssl_context=verify,
            max_connections=100,
            max_keepalive_connections=20,
            keepalive_expiry=5.0,
            network_backend=Dialer(reach),
        )
        self._proxies = getproxies() if uses_proxy else {}
        self._proxied: dict[str, httpx.AsyncHTTPTransport] = {}

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Return the answer to *request*, whose body is still on its way."""
        proxy = self._proxies.get(request.url.scheme) or self._proxies.get("all")
        if proxy and not proxy_bypass(request.url.host):
            return await self._through(proxy).handle_async_request(request)
        with _as_httpx():
            answer = await self._pool.handle_async_request(
                httpcore.Request(
                    request.method,
                    httpcore.URL(
                        scheme=request.url.raw_scheme,
                        host=request.url.raw_host,
                        port=request.url.port,
                        target=request.url.raw_path,
                    ),
                    headers=request.headers.raw,
                    content=request.stream,
                    extensions=request.extensions,
                )
            )
        return httpx.Response(
            answer.status,
            headers=answer.headers,
            stream=_Body(answer),
            extensions=answer.extensions,
        )

    def _through(self, proxy: str) -> httpx.AsyncHTTPTransport:
        if proxy not in self._proxied:
            address = proxy if "://" in proxy else f"http://{proxy}"
            self._proxied[proxy] = httpx.AsyncHTTPTransport(proxy=address, verify=self._verify)
        return self._proxied[proxy]

    async def aclose(self) -> None:
        """Close every connection."""
        await self._pool.aclose()
        for each in self._proxied.values():
            await each.aclose()


class _Body(httpx.AsyncByteStream):
    """An answer's body, whose errors are httpx's."""

    def __init__(self, answer: httpcore.Response) -> None:
        self._answer = answer

    async def __aiter__(self) -> AsyncIterator[bytes]:
        with _as_httpx():
            async for piece in self._answer.aiter_stream():
                yield piece

    async def aclose(self) -> None:
        await self._answer.aclose()


@contextmanager
def _as_httpx() -> Iterator[None]:
    """Turn httpcore's errors into httpx's, which have the same names."""
    try:
        yield
    except _FOREIGN as exc:
        raise getattr(httpx, type(exc).__name__)(str(exc)) from exc
