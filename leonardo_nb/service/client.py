"""
One coroutine for each endpoint of the service, and the only file that knows httpx.

Foreign errors stop here: whatever httpx or pydantic raise becomes one of ours, so that nothing
above needs to know how bytes travel. The transport is a parameter, which is how the simulator in
process and scripted answers come in.
"""

from __future__ import annotations

import json
import math
from contextlib import asynccontextmanager
from ipaddress import ip_address
from typing import TYPE_CHECKING, Final, TypeVar, cast
from urllib.parse import quote

import anyio
import httpx
from pydantic import ValidationError

from leonardo_nb.errors import (
    ConnectionFailed,
    DownloadFailed,
    InvalidRequest,
    NotFound,
    RequestRefused,
    UnexpectedResponse,
)
from leonardo_nb.money import Credits
from leonardo_nb.service.catalog import pricing_params
from leonardo_nb.service.refusals import refusal, seconds_of_retry_after
from leonardo_nb.service.responses import (
    Account,
    Ack,
    Generation,
    PlatformModel,
    deleted_id,
    inside,
    price_of,
    rows,
)

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Mapping

    from leonardo_nb.money import Cost
    from leonardo_nb.service.requests import CreateGeneration

__all__ = ["Client", "Media"]

T = TypeVar("T")

_MAX_ANSWER_BYTES: Final = 20_000_000
_MAX_REDIRECTS: Final = 3
_MAX_KEPT_CHARACTERS: Final = 20_000
_CALCULATOR_MAX_SIDE: Final = 1024  # pixels; generations go up to 1536

# Raised before the request has left, so that nothing can have been paid.
_NEVER_SENT: Final = (
    httpx.ConnectError,
    httpx.ConnectTimeout,
    httpx.PoolTimeout,
    httpx.ProxyError,
    httpx.UnsupportedProtocol,
    httpx.LocalProtocolError,
    httpx.InvalidURL,
)


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")


def _is_local(host: str) -> bool:
    """Whether *host* is this machine, or a name that no network has (the simulator in process)."""
    return _is_loopback(host) or host.endswith(".invalid")


def _checked_base(base_url: str) -> httpx.URL:
    try:
        url = httpx.URL(str(base_url).strip().rstrip("/") + "/")
    except httpx.InvalidURL:
        url = httpx.URL("")
    if url.scheme not in {"http", "https"} or not url.host:
        raise InvalidRequest(
            "base_url must be an address such as https://cloud.leonardo.ai/api/rest/v1.",
            member="base_url",
            value=base_url,
        )
    if url.userinfo or url.query or url.fragment:
        raise InvalidRequest(
            "base_url must be a plain address, without a user, a question mark or a #.",
            member="base_url",
        )
    if url.scheme == "http" and not _is_local(url.host):
        nearest = str(url.copy_with(scheme="https")).rstrip("/")
        raise InvalidRequest(
            f"base_url must begin with https://, or the key would travel openly; "
            f'the nearest is "{nearest}".',
            member="base_url",
            value=base_url,
            nearest=nearest,
        )
    return url


def _checked_key(api_key: str) -> str:
    key = api_key.strip()
    if not key or not key.isascii() or not key.isprintable() or " " in key:
        # the value is not repeated: it may be a key with a slip in it
        raise InvalidRequest(
            "api_key is empty or has characters that no key has; copy it again.", member="api_key"
        )
    return key


class Media:
    """A file on its way; what it claims to be proves nothing, so only its bytes are offered."""

    def __init__(self, response: httpx.Response, url: str) -> None:
        self._response = response
        self._url = url

    async def aiter_bytes(self) -> AsyncIterator[bytes]:
        """
        Yield the file piece by piece.

        Raises:
            DownloadFailed: The connection broke on the way.
        """
        try:
            async for piece in self._response.aiter_bytes():
                yield piece
        except httpx.HTTPError as exc:
            raise DownloadFailed(
                f"The download from {httpx.URL(self._url).host} broke off "
                f"({type(exc).__name__}); it can be fetched again.",
                url=self._url,
            ) from exc


class Client:
    """
    The service, one coroutine for each endpoint.

    Every call may raise `AuthenticationError`, `RateLimited`, `UnexpectedResponse` or
    `ConnectionFailed`, besides what it says itself. No call is repeated on its own, but for the
    one in `create_generation` that the service has provably not acted on.

    Args:
        base_url: Up to and including `/api/rest/v1`. Only https, but for this machine.
        api_key: Sent to that host and no other; in no repr and no message.
        transport: Carries the requests; the network where None.
        timeout: Seconds to wait for a connection, and for each piece of an answer.
    """

    def __init__(
        self,
        *,
        base_url: str,
        api_key: str,
        transport: httpx.AsyncBaseTransport | None = None,
        timeout: float = 30.0,
    ) -> None:
        self._base = _checked_base(base_url)
        self._key = _checked_key(api_key)
        self._timeout = timeout
        self._takes_webhook = True
        # What is on this machine is not asked for through a proxy; one context for both is quick.
        uses_network = transport is None and not _is_local(self._base.host)
        verify = httpx.create_ssl_context() if transport is None else True
        # A redirect must not carry the key elsewhere, so none is followed.
        self._api = httpx.AsyncClient(
            base_url=self._base,
            headers={
                "Authorization": f"Bearer {self._key}",
                "Accept": "application/json",
                "User-Agent": "leonardo-nb",
            },
            transport=transport,
            timeout=timeout,
            follow_redirects=False,
            verify=verify,
            trust_env=uses_network,
        )
        # Files are public; a key sent along would be leaked to whoever keeps them.
        self._files = httpx.AsyncClient(
            headers={"Accept-Encoding": "identity", "User-Agent": "leonardo-nb"},
            transport=transport,
            timeout=timeout,
            follow_redirects=False,
            verify=verify,
            trust_env=uses_network,
        )

    def __repr__(self) -> str:
        return f"<Client {self.base_url}>"

    @property
    def base_url(self) -> str:
        """Where requests go."""
        return str(self._base).rstrip("/")

    async def aclose(self) -> None:
        """Close every connection; the client cannot be used afterwards."""
        await self._api.aclose()
        await self._files.aclose()

    async def me(self) -> Account:
        """
        Return whose key it is and what is left.

        Source: API reference, `GET /me`.
        """
        return _fitting(Account.read, await self._ask("GET", "me"))

    async def platform_models(self) -> tuple[PlatformModel, ...]:
        """
        Return the models that anybody can draw with, in the service's order.

        Source: API reference, `GET /platformModels`.
        """
        body = await self._ask("GET", "platformModels")
        return _fitting(
            lambda it: tuple(map(PlatformModel.model_validate, rows(it, "custom_models"))), body
        )

    async def create_generation(self, body: CreateGeneration) -> Ack:
        """
        Ask for pictures; return the job's id and price before anything is drawn.

        A service that does not take `webhookCallbackUrl` refuses the request without acting on it;
        it is then sent once more without, and `Ack.left_out` says so.

        Raises:
            RequestRefused: A value that our own rules let through; `member` names it.
            NotEnoughCredits: The balance does not cover it.
            ModerationError: The prompt was refused.
            ConnectionFailed: `delivered` tells whether it may have arrived.

        Source: API reference, `POST /generations`.
        """
        wire = body.wire()
        left_out: tuple[str, ...] = ()
        if not self._takes_webhook and wire.pop("webhookCallbackUrl", None):
            left_out = ("webhookCallbackUrl",)
        try:
            answer = await self._ask("POST", "generations", json_body=wire)
        except RequestRefused as exc:
            is_about_it = exc.member == "webhookCallbackUrl" and "webhookCallbackUrl" in wire
            if exc.status >= 500 or not is_about_it:
                raise
            self._takes_webhook = False
            del wire["webhookCallbackUrl"]
            left_out = ("webhookCallbackUrl",)
            answer = await self._ask("POST", "generations", json_body=wire)
        return _fitting(lambda it: Ack.read(it, left_out=left_out), answer)

    async def generation(self, generation_id: str) -> Generation:
        """
        Return what a look at one job sees.

        Raises:
            NotFound: There is no job of that id, or it was deleted.

        Source: API reference, `GET /generations/{id}`.
        """
        body = await self._ask("GET", f"generations/{_segment(generation_id)}")
        row = _fitting(lambda it: inside(it, "generations_by_pk"), body)
        if row is None:
            raise NotFound(
                f"The service knows no generation {generation_id}; "
                "it was deleted, or it is another account's.",
                status=200,
                body=body,
            )
        return _fitting(lambda _: Generation.model_validate(row), body)

    async def generations(
        self, user_id: str, *, offset: int = 0, limit: int = 10
    ) -> tuple[Generation, ...]:
        """
        Return an account's jobs, newest first; rows that cannot be read are left out.

        Source: API reference, `GET /generations/user/{userId}`.
        """
        body = await self._ask(
            "GET",
            f"generations/user/{_segment(user_id)}",
            params={"offset": offset, "limit": limit},
        )
        found = _fitting(lambda it: rows(it, "generations"), body)
        # one job with a broken row must not hide the others
        return tuple(each for row in found if (each := _readable(row)) is not None)

    async def delete_generation(self, generation_id: str) -> bool:
        """
        Delete a job and its files; return False where there was none.

        Source: API reference, `DELETE /generations/{id}`.
        """
        body = await self._ask("DELETE", f"generations/{_segment(generation_id)}")
        return _fitting(deleted_id, body) is not None

    async def price(self, body: CreateGeneration) -> Cost:
        """
        Return what a request would cost; nothing is drawn.

        The calculator takes sides up to 1024 only. A larger picture is priced at that size and
        scaled by its area, rounded up: rather too much than too little.

        Source: API reference, `POST /pricing-calculator`.
        """
        params = pricing_params(body.wire())
        width, height = cast("int", params["imageWidth"]), cast("int", params["imageHeight"])
        small = min(width, _CALCULATOR_MAX_SIDE), min(height, _CALCULATOR_MAX_SIDE)
        try:
            return await self._calculated(params)
        except RequestRefused:
            if small == (width, height):
                raise
        cost = await self._calculated(params | {"imageWidth": small[0], "imageHeight": small[1]})
        return Credits(math.ceil(cost.amount * width * height / (small[0] * small[1])))

    async def _calculated(self, params: Mapping[str, object]) -> Cost:
        asked = {"service": "IMAGE_GENERATION", "serviceParams": {"IMAGE_GENERATION": params}}
        return _fitting(price_of, await self._ask("POST", "pricing-calculator", json_body=asked))

    @asynccontextmanager
    async def media(self, url: str) -> AsyncIterator[Media]:
        """
        Open a finished file, without the key; up to three redirects are followed.

        Raises:
            DownloadFailed: It is not there, or not at an address that we go to.
        """
        target = self._checked_media(url, url)
        for _ in range(_MAX_REDIRECTS + 1):
            request = self._files.build_request("GET", target)
            try:
                response = await self._files.send(request, stream=True)
            except (httpx.HTTPError, httpx.InvalidURL) as exc:
                raise DownloadFailed(
                    f"{target.host} could not be reached ({type(exc).__name__}); "
                    "the file can be fetched again.",
                    url=url,
                ) from exc
            try:
                if not response.has_redirect_location:
                    if response.status_code != httpx.codes.OK:
                        raise DownloadFailed(
                            f"{target.host} answered HTTP {response.status_code} "
                            "instead of the file.",
                            url=url,
                        )
                    yield Media(response, url)
                    return
                target = self._checked_media(response.headers["location"], url, target)
            finally:
                await response.aclose()
        raise DownloadFailed(f"{target.host} redirected more than {_MAX_REDIRECTS} times.", url=url)

    def _checked_media(self, address: str, url: str, base: httpx.URL | None = None) -> httpx.URL:
        try:
            target = base.join(address) if base is not None else httpx.URL(address)
        except httpx.InvalidURL as exc:
            raise DownloadFailed("The file's address cannot be read.", url=url) from exc
        own = target.host == self._base.host or (
            _is_loopback(target.host) and _is_local(self._base.host)
        )
        is_open = target.scheme == "https" or (target.scheme == "http" and own)
        if not is_open or not target.host or target.userinfo:
            raise DownloadFailed(
                f"The file's address {str(target)[:100]} is not https; it was not opened.", url=url
            )
        return target

    async def _ask(
        self,
        method: str,
        path: str,
        *,
        json_body: Mapping[str, object] | None = None,
        params: Mapping[str, int] | None = None,
    ) -> object:
        """Return the decoded body of a successful answer, or raise what the answer means."""
        request = self._api.build_request(method, path, json=json_body, params=params)
        try:
            # httpx counts each piece anew; a server that drips must end too
            with anyio.fail_after(4 * self._timeout):
                response = await self._api.send(request, stream=True)
                try:
                    content = await self._content(response)
                finally:
                    await response.aclose()
        except _NEVER_SENT as exc:
            raise ConnectionFailed(
                f"{self._base.host} could not be reached ({_reason(exc)}). "
                "Nothing was sent; check the network and base_url.",
                delivered=False,
            ) from exc
        except (httpx.TimeoutException, TimeoutError) as exc:
            raise ConnectionFailed(
                f"{self._base.host} gave no answer within {self._timeout:g} s; "
                "the request may have arrived.",
                delivered=True,
            ) from exc
        except httpx.HTTPError as exc:
            raise ConnectionFailed(
                f"The connection to {self._base.host} broke before the answer was there "
                f"({_reason(exc)}); the request may have arrived.",
                delivered=True,
            ) from exc
        return self._decoded(response, content)

    async def _content(self, response: httpx.Response) -> bytes:
        pieces = bytearray()
        try:
            async for piece in response.aiter_bytes():
                pieces += piece
                if len(pieces) > _MAX_ANSWER_BYTES:
                    raise UnexpectedResponse(
                        f"{self._base.host} sent more than {_MAX_ANSWER_BYTES // 1_000_000} MB "
                        "where a short answer was due.",
                        status=response.status_code,
                    )
        except httpx.DecodingError as exc:
            raise UnexpectedResponse(
                f"{self._base.host} sent an answer that cannot be unpacked.",
                status=response.status_code,
            ) from exc
        # some answers repeat the key; it must not reach an error or a log
        return bytes(pieces.replace(self._key.encode(), b"[key]"))

    def _decoded(self, response: httpx.Response, content: bytes) -> object:
        status = response.status_code
        body: object
        try:
            body = json.loads(content)
            is_json = True
        except (ValueError, RecursionError):
            body, is_json = content[:_MAX_KEPT_CHARACTERS].decode(errors="replace"), False
        if 300 <= status < 400:
            raise UnexpectedResponse(
                f"{self._base.host} answered with a redirect (HTTP {status}), which is not "
                "followed, so that the key goes nowhere else; is base_url right?",
                status=status,
            )
        headers = response.headers
        retry_after = seconds_of_retry_after(headers.get("retry-after"), date=headers.get("date"))
        kept = body if len(content) <= _MAX_KEPT_CHARACTERS else None
        error = refusal(status, body, retry_after=retry_after)
        if error is not None and (is_json or not isinstance(error, UnexpectedResponse)):
            error.body = kept
            raise error
        if not is_json:
            what = "a web page" if _looks_like_html(body) else "something"
            raise UnexpectedResponse(
                f"{self._base.host} answered with {what} that is not JSON (HTTP {status}); "
                "is base_url right?",
                status=status,
                body=kept,
            )
        return body


def _fitting(read: Callable[[object], T], body: object) -> T:
    """Return what *read* finds in *body*, or say that the answer does not fit."""
    try:
        return read(body)
    except ValueError as exc:  # pydantic's ValidationError is one
        said = exc.errors()[0]["msg"] if isinstance(exc, ValidationError) else exc
        raise UnexpectedResponse(
            f"The service's answer does not fit what it documents: {said}.", status=200, body=body
        ) from exc


def _readable(row: Mapping[str, object]) -> Generation | None:
    try:
        return Generation.model_validate(row)
    except ValidationError:
        return None


def _segment(identifier: str) -> str:
    """Return *identifier* as one segment of a path, which it cannot leave."""
    text = str(identifier).strip()
    if text.strip(".") == "":
        raise InvalidRequest("The id is empty.", member="id", value=identifier)
    return quote(text, safe="")


def _reason(exc: Exception) -> str:
    text = str(exc)
    return text if text and len(text) <= 100 and "Bearer" not in text else type(exc).__name__


def _looks_like_html(body: object) -> bool:
    return isinstance(body, str) and body.lstrip()[:200].lower().startswith(("<!doctype", "<html"))
