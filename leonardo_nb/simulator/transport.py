"""
The simulator without a socket: an httpx transport that calls the app in this process.

It is its own file because it is the only one of the simulator that knows httpx.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import httpx

from leonardo_nb.simulator.faults import Dropped

if TYPE_CHECKING:
    from starlette.types import ASGIApp

__all__ = ["InProcess"]


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
