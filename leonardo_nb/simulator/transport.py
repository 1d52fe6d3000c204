"""
What the simulator needs of httpx: a transport that calls the app in this process, and a post.

It is its own file because it is the only one of the simulator that knows httpx.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import httpx

from leonardo_nb.simulator.faults import Dropped

if TYPE_CHECKING:
    from collections.abc import Mapping

    from starlette.types import ASGIApp

__all__ = ["InProcess", "post"]


class InProcess(httpx.AsyncBaseTransport):
    """
    Requests go straight to *app*; a scripted drop is the error that a real network gives.

    Bodies arrive whole: pictures are a few hundred kilobytes, so streaming them would gain
    nothing here.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._asgi = httpx.ASGITransport(app=app)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Return the app's answer to *request*."""
        try:
            return await self._asgi.handle_async_request(request)
        except Dropped as dropped:
            if dropped.when == "before":
                raise httpx.ConnectError("simulated: connection refused", request=request) from None
            raise httpx.ReadError("simulated: connection reset", request=request) from None


def post(url: str, headers: Mapping[str, str], body: bytes) -> None:
    """Post a callback to whoever wants to be told."""
    httpx.post(url, headers=dict(headers), content=body, timeout=10.0).raise_for_status()
