"""
One coroutine for each endpoint of the service, and the only file that knows httpx.

Foreign errors stop here: whatever httpx or pydantic raise becomes one of ours, so that nothing
above needs to know how bytes travel. The transport is a parameter, which is how the simulator in
process and scripted answers come in.
"""

from __future__ import annotations

import json
import math
import re
from contextlib import asynccontextmanager
from email.utils import parsedate_to_datetime
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import TYPE_CHECKING, Final, Protocol, TypeVar, cast
from urllib.parse import quote

import anyio
import httpx
from pydantic import ValidationError

from leonardo_nb.errors import (
    ConnectionFailed,
    DownloadFailed,
    InvalidRequest,
    LeonardoError,
    NotFound,
    RateLimited,
    RequestRefused,
    UnexpectedResponse,
)
from leonardo_nb.money import Credits
from leonardo_nb.service import v2
from leonardo_nb.service.assets import (
    CanvasPresigned,
    PlatformElement,
    Presigned,
    Prompt,
    SyncResult,
    Uploaded,
    UserElementRow,
    V2ModelRow,
    upload_complaint,
)
from leonardo_nb.service.catalog import pricing_params
from leonardo_nb.service.dialing import Files
from leonardo_nb.service.keys import HIDDEN, Key, bare, hidden
from leonardo_nb.service.plain import as_text
from leonardo_nb.service.reach import NotReached, Reach, is_local
from leonardo_nb.service.refusals import refusal, seconds_of_retry_after
from leonardo_nb.service.requests import (
    CreateGeneration,
    CutOut,
    ImageToVideo,
    TextToVideo,
    UniversalUpscale,
)
from leonardo_nb.service.responses import (
    Account,
    Ack,
    Generation,
    MotionVariation,
    PlatformModel,
    Variation,
    deleted_id,
    inside,
    one_row,
    price_of,
    rows,
)
from leonardo_nb.service.retries import Kind, may_be_done

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Generator, Mapping
    from datetime import datetime

    from leonardo_nb.money import Cost
    from leonardo_nb.service.requests import Body

__all__ = ["Client", "Manners", "Media"]

T = TypeVar("T")

_MAX_ANSWER_BYTES: Final = 20_000_000
_MAX_REDIRECTS: Final = 3
_MAX_KEPT_CHARACTERS: Final = 20_000
_CALCULATOR_MAX_SIDE: Final = 1024  # pixels; generations go up to 1536
_MAX_IMPROVED_CHARACTERS: Final = 200
_IMAGE_EXTENSIONS: Final = ("png", "jpg", "jpeg", "webp")
_MEDIA_EXTENSIONS: Final = ("mp4", "mov", "mp3", "wav")
_FILE_SECONDS: Final = 1200.0  # 100 MB at 85 kB a second
_SLOWEST_UPLOAD: Final = 20_000  # bytes a second
BLOCKED: Final = (
    "The service's content filter kept the result; what was asked is billed all the same."
)
_SYNC_TIMEOUT: Final = 60.0  # seconds; the service waits up to about 27 for its own result

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


def _checked_base(base_url: str, *, allow_http: bool) -> httpx.URL:
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
    if url.scheme == "http" and not (allow_http or is_local(url.host)):
        nearest = str(url.copy_with(scheme="https")).rstrip("/")
        raise InvalidRequest(
            f"base_url must begin with https://, or the key would travel openly; "
            f'the nearest is "{nearest}". Where nobody else listens, allow_http=True permits it.',
            member="base_url",
            value=base_url,
            nearest=nearest,
        )
    return url


class _Bearer(httpx.Auth):
    """Says whose requests they are; the key is taken out here and nowhere else."""

    def __init__(self, key: Key) -> None:
        self._key = key

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        request.headers["Authorization"] = f"Bearer {self._key.reveal()}"
        yield request


def _no_cookies() -> CookieJar:
    """Return a jar that takes nothing: what is not kept is no leak, and nobody needs them."""
    return CookieJar(DefaultCookiePolicy(allowed_domains=[]))


class Manners(Protocol):
    """When a request may go, and whether it goes again."""

    async def ask(self, kind: Kind, send: Callable[[], Awaitable[T]], *, once: bool) -> T:
        """
        Return what *send* returns, called when it may go, and again as the policy says.

        Args:
            kind: What the request does.
            send: Sends it once.
            once: Whether it is its caller who sends it again.
        """


class Media:
    """A file on its way; what it claims to be proves nothing, so only its bytes are offered."""

    def __init__(self, response: httpx.Response, url: str) -> None:
        self._response = response
        self._url = url
        self._ends = anyio.current_time() + _FILE_SECONDS

    async def aiter_bytes(self) -> AsyncIterator[bytes]:
        """
        Yield the file piece by piece, for twenty minutes at most.

        Raises:
            DownloadFailed: The connection broke on the way, or it took too long.
        """
        pieces = aiter(self._response.aiter_bytes())
        try:
            while True:
                # a server that drips is patient, and its pieces are all in time
                with anyio.fail_after(self._ends - anyio.current_time()):
                    piece = await anext(pieces, None)
                if piece is None:
                    return
                yield piece
        except (httpx.HTTPError, TimeoutError) as exc:
            raise DownloadFailed(
                f"The download from {httpx.URL(self._url).host} broke off "
                f"({type(exc).__name__}); it can be fetched again.",
                url=self._url,
            ) from bare(exc)


class Client:
    """
    The service, one coroutine for each endpoint.

    Every call may raise `AuthenticationError`, `RateLimited`, `UnexpectedResponse` or
    `ConnectionFailed`, besides what it says itself. What makes a job is sent at once and is not
    repeated, but for the one in `create_generation` that the service has provably not acted on;
    everything else as its `manners` say.

    Args:
        base_url: Up to and including `/api/rest/v1`. Only https, but for this machine.
        api_key: Sent to that host and no other; in no repr and no message.
        transport: Carries the requests; the network where None. Names are looked up, and the
            addresses that they have checked, only on the network.
        timeout: Seconds to wait for a connection, and for each piece of an answer.
        allow_http: Let the key travel openly, to a host on a network where nobody else listens.

    Attributes:
        manners: Whoever paces requests and sends again what may be; without one each is sent once.
        service_time: What the service's clock showed when its last answer came, by the answer's
            `Date`, in whole seconds; None where no answer has said it.
        webhook_url: What requests for pictures name as `webhookCallbackUrl` where they name none
            themselves; left out for good once the service has refused it.
    """

    def __init__(
        self,
        *,
        base_url: str,
        api_key: str | Key,
        transport: httpx.AsyncBaseTransport | None = None,
        timeout: float = 30.0,
        allow_http: bool = False,
    ) -> None:
        self._key = api_key = Key(api_key)  # a traceback may show this frame
        self._base = httpx.URL("")
        self._key.checked()
        self._base = _checked_base(base_url, allow_http=allow_http)
        self._reach = Reach(self._base.scheme, self._base.host)
        self._timeout = timeout
        self._takes_webhook = True
        self.webhook_url: str | None = None
        self.manners: Manners | None = None
        self.service_time: datetime | None = None
        # What is on this machine is not asked for through a proxy; one context for both is quick.
        uses_network = transport is None and not is_local(self._base.host)
        verify = httpx.create_ssl_context() if transport is None else None
        # A redirect must not carry the key elsewhere, so none is followed.
        self._api = httpx.AsyncClient(
            base_url=self._base,
            headers={
                "Accept": "application/json",
                "User-Agent": "leonardo-nb",
            },
            auth=_Bearer(self._key),
            cookies=_no_cookies(),
            transport=transport,
            timeout=timeout,
            follow_redirects=False,
            verify=verify or True,
            trust_env=uses_network,
        )
        # Files are public; a key sent along would be leaked to whoever keeps them.
        self._files = httpx.AsyncClient(
            headers={"Accept-Encoding": "identity", "User-Agent": "leonardo-nb"},
            cookies=_no_cookies(),
            transport=transport
            if verify is None
            else Files(self._reach, verify, uses_proxy=uses_network),
            timeout=timeout,
            follow_redirects=False,
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

    async def me(self, *, once: bool = False) -> Account:
        """
        Return whose key it is and what is left.

        Args:
            once: Whether the caller does without it where this fails.

        Source: API reference, `GET /me`.
        """
        return _fitting(Account.read, await self._ask("GET", "me", once=once))

    async def platform_models(self) -> tuple[PlatformModel, ...]:
        """
        Return the models that anybody can draw with, in the service's order.

        Source: API reference, `GET /platformModels`.
        """
        return _fitting(PlatformModel.read, await self._ask("GET", "platformModels"))

    async def create(self, body: Body) -> Ack:
        """
        Ask for a job of any kind; return its id and price before anything is made.

        Pictures and videos of models that live in the v2 API are asked for there.

        Raises:
            RequestRefused: A value that our own rules let through; `member` names it.
            ConflictingParameters: Something that the v2 API has no word for.
            NotEnoughCredits: The balance does not cover it.
            ModerationError: The prompt was refused.
            ConnectionFailed: `delivered` tells whether it may have arrived.

        Source: API reference, the `POST` of each kind.
        """
        if isinstance(body, CreateGeneration):
            if v2.lives_in_v2(body):
                return await self._create_told(v2.translated(body))
            return await self.create_generation(body)
        if isinstance(body, (TextToVideo, ImageToVideo)) and (told := body.translated()):
            return await self._create_told(told)
        if isinstance(body, CutOut):
            result = await self.remove_background_sync(body.image(), **body.parameters())
            return Ack(
                id=result.id,
                generation_id=result.id,
                cost=result.cost,
                files=tuple(file.url for file in result.files if file.url is not None),
                notes=(BLOCKED,) if result.blocked else (),
            )
        answer = await self._ask_once("POST", body.endpoint, json_body=body.wire())
        return _fitting(lambda it: Ack.read(it, body.wrappers), answer)

    async def _create_told(self, told: v2.Translation) -> Ack:
        ack = await self.create_v2(told.model, told.parameters, public=told.public)
        return ack.model_copy(update={"left_out": told.left_out})

    async def create_v2(
        self, model_slug: str, parameters: Mapping[str, object], *, public: bool = False
    ) -> Ack:
        """
        Ask the v2 API for a job; it is looked for with `generation`, like the others.

        Source: API reference, `POST /v2/generations`.
        """
        wire = {"model": model_slug, "public": public, "parameters": dict(parameters)}
        answer = await self._ask_once("POST", self._v2("generations"), json_body=wire)
        return _fitting(lambda it: Ack.read(it, ("generate",)), answer)

    async def models_v2(self) -> tuple[V2ModelRow, ...]:
        """
        Return the models of the v2 API; the answer has no slugs.

        Source: API reference, `GET /v2/models`.
        """
        return _fitting(V2ModelRow.read, await self._ask("GET", self._v2("models")))

    async def remove_background_sync(
        self,
        image: Mapping[str, object],
        *,
        ephemeral: bool = False,
        base64: bool = False,
        public: bool = False,
        **parameters: object,
    ) -> SyncResult:
        """
        Take away an image's background and wait for the result, up to half a minute.

        Every answer is billed, also one whose results were blocked.

        Args:
            image: Where it is: `{"id": ..., "type": "UPLOADED" | "GENERATED" | "VARIATION"}`,
                `{"url": ..., "type": "URL"}` or `{"data": ..., "type": "BASE64"}`.
            ephemeral: Keep nothing; the address is good for 30 minutes.
            base64: Answer with the bytes themselves.
            public: Show the result in the community feed.
            **parameters: Such as `size`, `format`, `bg_color`, `crop`.

        Source: API reference, `POST /v2/generationssync`.
        """
        guidances = {"image_reference": [{"image": dict(image)}]}
        wire: dict[str, object] = {
            "model": "remove-bg",
            "public": public,
            "ephemeral": ephemeral,
            "base64": base64,
            "parameters": {**parameters, "guidances": guidances},
        }
        answer = await self._ask_once(
            "POST", self._v2("generationssync"), json_body=wire, timeout=_SYNC_TIMEOUT
        )
        return _fitting(SyncResult.read, answer)

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
        if self.webhook_url is not None:
            wire.setdefault("webhookCallbackUrl", self.webhook_url)
        if not self._takes_webhook:
            wire.pop("webhookCallbackUrl", None)
        try:
            answer = await self._ask_once("POST", "generations", json_body=wire)
        except RequestRefused as exc:
            is_about_it = exc.member == "webhookCallbackUrl" and "webhookCallbackUrl" in wire
            if exc.status >= 500 or not is_about_it:
                raise
            self._takes_webhook = False
            del wire["webhookCallbackUrl"]
            answer = await self._ask_once("POST", "generations", json_body=wire)
        # what nobody asked for by name need not be told as missing
        is_missed = body.webhookCallbackUrl is not None and "webhookCallbackUrl" not in wire
        left_out = ("webhookCallbackUrl",) if is_missed else ()
        return _fitting(lambda it: Ack.read(it, left_out=left_out), answer)

    async def generation(self, generation_id: str, *, once: bool = False) -> Generation:
        """
        Return what a look at one job sees.

        Args:
            generation_id: The job's id.
            once: Whether the caller looks again where this fails.

        Raises:
            NotFound: There is no job of that id, or it was deleted.

        Source: API reference, `GET /generations/{id}`.
        """
        body = await self._ask("GET", f"generations/{_segment(generation_id)}", once=once)
        row = _fitting(lambda it: inside(it, "generations_by_pk"), body)
        if row is None:
            raise NotFound(
                f"The service knows no generation {generation_id}; "
                "it was deleted, or it is another account's.",
                status=200,
                body=body,
            )
        return _fitting(lambda _: Generation.model_validate(row), body)

    async def variation(self, variation_id: str, *, once: bool = False) -> Variation | None:
        """
        Return what a look at a variation sees, or None in its first moments.

        The service knows a new variation only a moment later, and never says that one does not
        exist.

        Source: API reference, `GET /variations/{id}`.
        """
        body = await self._ask("GET", f"variations/{_segment(variation_id)}", once=once)
        wrapper = "generated_image_variation_generic"
        row = _fitting(lambda it: one_row(it, wrapper, variation_id), body)
        return None if row is None else _fitting(lambda _: Variation.model_validate(row), body)

    async def motion_variation(
        self, variation_id: str, *, once: bool = False
    ) -> MotionVariation | None:
        """
        Return what a look at a motion variation sees, or None in its first moments.

        Source: API reference, `GET /motion-variations/{id}`.
        """
        path = f"motion-variations/{_segment(variation_id)}"
        body = await self._ask("GET", path, once=once)
        wrapper = "generated_image_variation_motion"
        row = _fitting(lambda it: one_row(it, wrapper, variation_id), body)
        if row is None:
            return None
        return _fitting(lambda _: MotionVariation.model_validate(row), body)

    async def generations(
        self, user_id: str, *, offset: int = 0, limit: int = 10, once: bool = False
    ) -> tuple[Generation, ...]:
        """
        Return an account's jobs, newest first; rows that cannot be read are left out.

        Source: API reference, `GET /generations/user/{userId}`.
        """
        body = await self._ask(
            "GET",
            f"generations/user/{_segment(user_id)}",
            params={"offset": offset, "limit": limit},
            once=once,
        )
        found = _fitting(lambda it: rows(it, "generations"), body)
        # one job with a broken row must not hide the others
        return tuple(each for row in found if (each := _readable(row)) is not None)

    async def delete_generation(self, generation_id: str) -> bool:
        """
        Delete a job and its files; return False where there was none.

        Source: API reference, `DELETE /generations/{id}`.
        """
        path = f"generations/{_segment(generation_id)}"
        return await self._delete(path, "delete_generations_by_pk")

    async def price(self, body: Body, *, size: tuple[int, int] | None = None) -> Cost:
        """
        Return what a request would cost; nothing is made.

        The calculator takes sides up to 1024 only. A larger picture is priced at that size and
        scaled by its area, rounded up: rather too much than too little. What the calculator does
        not know is priced from the published table, where it is in it.

        Args:
            body: The request.
            size: Width and height in pixels of the image that it begins with; the universal
                upscaler is priced by it.

        Raises:
            InvalidRequest: Neither the calculator nor the table knows its price.

        Source: API reference, `POST /pricing-calculator`.
        """
        asked = body.pricing()
        if isinstance(body, CreateGeneration) and asked is not None:
            return await self._image_price(body)
        if isinstance(body, UniversalUpscale) and size is not None:
            asked = body.pricing_for(size)
        if asked is not None:
            answer = await self._ask(
                "POST", "pricing-calculator", kind=Kind.FREE_WRITE, json_body=asked
            )
            return _fitting(price_of, answer)
        credits_ = None if isinstance(body, CreateGeneration) else body.estimated_credits()
        if credits_ is None:
            raise InvalidRequest(
                f"The service's calculator has no price for leo.{body.function}() with these "
                "parameters; the job's own acknowledgement names it.",
                member="service",
            )
        return Credits(credits_)

    async def calculated(self, service: str, params: Mapping[str, object]) -> Cost:
        """
        Return the calculator's price of any service that it knows, such as `"MODEL_TRAINING"`.

        Source: API reference, `POST /pricing-calculator`.
        """
        asked = {"service": service, "serviceParams": {service: dict(params)}}
        return _fitting(
            price_of,
            await self._ask_free("pricing-calculator", asked),
        )

    async def _image_price(self, body: CreateGeneration) -> Cost:
        params = pricing_params(body.wire())
        width, height = cast("int", params["imageWidth"]), cast("int", params["imageHeight"])
        small = min(width, _CALCULATOR_MAX_SIDE), min(height, _CALCULATOR_MAX_SIDE)
        try:
            return await self.calculated("IMAGE_GENERATION", params)
        except RequestRefused:
            if small == (width, height):
                raise
        cost = await self.calculated(
            "IMAGE_GENERATION", params | {"imageWidth": small[0], "imageHeight": small[1]}
        )
        return Credits(math.ceil(cost.amount * width * height / (small[0] * small[1])))

    async def elements(self) -> tuple[PlatformElement, ...]:
        """
        Return the service's elements.

        Source: API reference, `GET /elements`.
        """
        return _fitting(PlatformElement.read, await self._ask("GET", "elements"))

    async def user_elements(self, user_id: str) -> tuple[UserElementRow, ...]:
        """
        Return the elements that an account trained.

        Source: API reference, `GET /elements/user/{userId}`.
        """
        body = await self._ask("GET", f"elements/user/{_segment(user_id)}")
        return _fitting(UserElementRow.read, body)

    async def prompt_improve(
        self, prompt: str, *, instructions: str | None = None, is_video: bool = False
    ) -> Prompt:
        """
        Return a better prompt; it costs a little.

        Args:
            prompt: At most 200 characters.
            instructions: How it should be better.
            is_video: Whether it is for a video.

        Source: API reference, `POST /prompt/improve`.
        """
        over = len(prompt) - _MAX_IMPROVED_CHARACTERS
        if over > 0 or not prompt.strip():
            sentence = (
                f"prompt is {len(prompt):,} characters long, {over:,} more than the "
                f"{_MAX_IMPROVED_CHARACTERS} that can be improved."
                if over > 0
                else "prompt is empty; there is nothing to improve."
            )
            raise InvalidRequest(sentence, member="prompt", value=prompt)
        wire: dict[str, object] = {"prompt": prompt}
        if instructions is not None:
            wire["promptInstructions"] = instructions
        if is_video:
            wire["isVideo"] = True
        return _fitting(
            Prompt.read,
            await self._ask("POST", "prompt/improve", kind=Kind.PAID_WRITE, json_body=wire),
        )

    async def prompt_random(self) -> Prompt:
        """
        Return a prompt out of nothing; it costs a little.

        Source: API reference, `POST /prompt/random`.
        """
        return _fitting(Prompt.read, await self._ask("POST", "prompt/random", kind=Kind.PAID_WRITE))

    async def init_image(self, extension: str) -> Presigned:
        """
        Return a form that takes one image, for about two minutes.

        Source: API reference, `POST /init-image`.
        """
        wire = {"extension": _extension(extension, _IMAGE_EXTENSIONS)}
        return _fitting(
            Presigned.read,
            await self._ask_free("init-image", wire),
        )

    async def canvas_init_image(
        self, extension: str, mask_extension: str | None = None
    ) -> CanvasPresigned:
        """
        Return two forms, for an image and for the mask whose white is drawn again.

        Source: API reference, `POST /canvas-init-image`.
        """
        wire = {
            "initExtension": _extension(extension, _IMAGE_EXTENSIONS),
            "maskExtension": _extension(mask_extension or extension, _IMAGE_EXTENSIONS),
        }
        body = await self._ask_free("canvas-init-image", wire)
        return _fitting(CanvasPresigned.read, body)

    async def init_image_info(self, image_id: str) -> Uploaded:
        """
        Return where an uploaded image is.

        Raises:
            NotFound: There is none of that id, or it was deleted.

        Source: API reference, `GET /init-image/{id}`.
        """
        return await self._uploaded(f"init-image/{_segment(image_id)}", "init_images_by_pk")

    async def delete_init_image(self, image_id: str) -> bool:
        """
        Delete an uploaded image; return False where there was none.

        Source: API reference, `DELETE /init-image/{id}`.
        """
        return await self._delete(f"init-image/{_segment(image_id)}", "delete_init_images_by_pk")

    async def media_upload(
        self, extension: str, *, original_filename: str | None = None
    ) -> Presigned:
        """
        Return a form that takes one clip or sound; a sound needs its file's name.

        Source: API reference, `POST /media`.
        """
        wire: dict[str, object] = {"extension": _extension(extension, _MEDIA_EXTENSIONS)}
        if original_filename is not None:
            wire["originalFilename"] = original_filename
        body = await self._ask_free("media", wire)
        return _fitting(lambda it: Presigned.read(it, "uploadMedia"), body)

    async def media_info(self, upload_id: str) -> Uploaded:
        """
        Return how far the service is with an uploaded clip or sound.

        Source: API reference, `GET /media/{id}`.
        """
        return await self._uploaded(f"media/{_segment(upload_id)}", "uploaded_media_by_pk")

    async def delete_media(self, upload_id: str) -> bool:
        """
        Delete an uploaded clip or sound; return False where there was none.

        Source: API reference, `DELETE /media/{id}`.
        """
        return await self._delete(f"media/{_segment(upload_id)}", "delete_uploaded_media_by_pk")

    async def _uploaded(self, path: str, wrapper: str) -> Uploaded:
        body = await self._ask("GET", path)
        row = _fitting(lambda it: inside(it, wrapper), body)
        if not isinstance(row, dict):
            raise NotFound(
                "The service knows no upload of that id; it was deleted, or it is not an upload's "
                "but a generated image's id.",
                status=200,
                body=body,
            )
        return _fitting(lambda _: Uploaded.read(row), body)

    async def upload(self, presigned: Presigned, data: bytes, content_type: str) -> None:
        """
        Send a file with the form that was given for it, without the key.

        The form's fields go first and the file last, as its storage asks.

        Raises:
            RequestRefused: The storage refused it; `code` is `assets.POLICY_EXPIRED` where the
                form was older than its two minutes, and another may be asked for.
            ConnectionFailed: No answer came; sending it again does no harm.

        Source: API reference, section 7.
        """
        target = self._checked_upload(presigned.url)

        async def send() -> None:
            await self._upload_once(target, presigned, data, content_type)

        await self._mannerly(Kind.UPLOAD, send, once=False)

    async def _upload_once(
        self, target: httpx.URL, presigned: Presigned, data: bytes, content_type: str
    ) -> None:
        suffix = content_type.partition("/")[2] or "bin"
        request = self._files.build_request(
            "POST",
            target,
            data=presigned.fields,
            files={"file": (f"file.{suffix}", data, content_type)},
        )
        try:
            with anyio.fail_after(4 * self._timeout + len(data) / _SLOWEST_UPLOAD):
                response = await self._files.send(request, stream=True)
                try:
                    text = await _beginning(response)
                finally:
                    await response.aclose()
        except NotReached as exc:
            raise UnexpectedResponse(
                f"The upload form's address cannot be used: {exc}", status=200
            ) from exc
        except (httpx.HTTPError, httpx.InvalidURL, TimeoutError) as exc:
            raise ConnectionFailed(
                f"The upload to {target.host} broke off ({type(exc).__name__}); try again.",
                delivered=not isinstance(exc, _NEVER_SENT),
            ) from bare(exc)
        if response.is_success:
            return
        code, sentence = upload_complaint(response.status_code, text)
        if response.status_code == httpx.codes.TOO_MANY_REQUESTS:
            raise RateLimited(
                sentence, status=response.status_code, code=code, retry_after=_pace(response)
            )
        if response.status_code >= httpx.codes.INTERNAL_SERVER_ERROR:
            raise UnexpectedResponse(sentence, status=response.status_code, code=code, body=text)
        raise RequestRefused(
            sentence, member="file", status=response.status_code, code=code, body=text
        )

    def _checked_upload(self, address: str) -> httpx.URL:
        try:
            target = self._base.join(address)
        except httpx.InvalidURL:
            target = httpx.URL("")
        if reason := self._reach.refusal(target.scheme, target.host, target.userinfo):
            raise UnexpectedResponse(
                f"The upload form's address {reason}; nothing was sent there.", status=200
            )
        return target

    @asynccontextmanager
    async def media(self, url: str) -> AsyncIterator[Media]:
        """
        Open a finished file, without the key; up to three redirects are followed.

        Each address, and on the network each address that its name has, is checked before
        anything is sent there; see `Reach`.

        Raises:
            DownloadFailed: It is not there, or not at an address that we go to.
        """
        target = self._checked_media(url, url)
        for _ in range(_MAX_REDIRECTS + 1):
            response = await self._opened(target, url)
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

    async def _opened(self, target: httpx.URL, url: str) -> httpx.Response:
        """Return the beginning of the answer from *target*, to which *url* has led."""
        request = self._files.build_request("GET", target)
        try:
            with anyio.fail_after(4 * self._timeout):
                return await self._files.send(request, stream=True)
        except NotReached as exc:
            raise DownloadFailed(f"The file's address cannot be used: {exc}", url=url) from exc
        except (httpx.HTTPError, httpx.InvalidURL, TimeoutError) as exc:
            raise DownloadFailed(
                f"{target.host} could not be reached ({type(exc).__name__}); "
                "the file can be fetched again.",
                url=url,
            ) from bare(exc)

    def _checked_media(self, address: str, url: str, base: httpx.URL | None = None) -> httpx.URL:
        try:
            target = base.join(address) if base is not None else httpx.URL(address)
        except httpx.InvalidURL as exc:
            raise DownloadFailed("The file's address cannot be read.", url=url) from exc
        if reason := self._reach.refusal(target.scheme, target.host, target.userinfo):
            raise DownloadFailed(
                f"The file's address {str(target)[:100]} {reason}; it was not opened.", url=url
            )
        return target

    def _v2(self, path: str) -> str:
        """Return the address of *path* in the v2 API, which stands beside v1."""
        return str(self._base.join("../v2/").join(path))

    async def _ask(
        self,
        method: str,
        path: str,
        *,
        kind: Kind = Kind.READ,
        once: bool = False,
        json_body: Mapping[str, object] | None = None,
        params: Mapping[str, int] | None = None,
    ) -> object:
        """
        Return the decoded body of a successful answer, or raise what the answer means.

        Args:
            method: Of HTTP.
            path: Below the base address, or a whole address.
            kind: What the request does.
            once: Whether it is its caller who sends it again.
            json_body: What is posted.
            params: What follows the question mark.
        """

        async def send() -> object:
            return await self._ask_once(method, path, json_body=json_body, params=params)

        return await self._mannerly(kind, send, once=once)

    async def _delete(self, path: str, wrapper: str) -> bool:
        """Delete what is at *path*; return False where there was none."""
        may_be_gone = False

        async def send() -> object:
            nonlocal may_be_gone
            try:
                return await self._ask_once("DELETE", path)
            except LeonardoError as error:
                # an earlier try whose answer was lost is why there is none now
                may_be_gone = may_be_gone or may_be_done(error)
                raise

        body = await self._mannerly(Kind.DELETE, send, once=False)
        return _fitting(lambda it: deleted_id(it, wrapper), body) is not None or may_be_gone

    async def _ask_free(self, path: str, body: Mapping[str, object]) -> object:
        """Post what costs nothing, so that twice is as good as once."""
        return await self._ask("POST", path, kind=Kind.FREE_WRITE, json_body=body)

    async def _mannerly(self, kind: Kind, send: Callable[[], Awaitable[T]], *, once: bool) -> T:
        if self.manners is None:
            return await send()
        return await self.manners.ask(kind, send, once=once)

    async def _ask_once(
        self,
        method: str,
        path: str,
        *,
        json_body: Mapping[str, object] | None = None,
        params: Mapping[str, int] | None = None,
        timeout: float | None = None,  # noqa: ASYNC109  httpx's, for each piece of an answer
    ) -> object:
        """Send one request, now."""
        seconds = self._timeout if timeout is None else max(timeout, self._timeout)
        request = self._api.build_request(
            method, path, json=json_body, params=params, timeout=seconds
        )
        try:
            # httpx counts each piece anew; a server that drips must end too
            with anyio.fail_after(4 * seconds):
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
            ) from bare(exc)
        except (httpx.TimeoutException, TimeoutError) as exc:
            raise ConnectionFailed(
                f"{self._base.host} gave no answer within {seconds:g} s; "
                "the request may have arrived.",
                delivered=True,
            ) from bare(exc)
        except httpx.HTTPError as exc:
            raise ConnectionFailed(
                f"The connection to {self._base.host} broke before the answer was there "
                f"({_reason(exc)}); the request may have arrived.",
                delivered=True,
            ) from bare(exc)
        self._note_clock(response)
        return self._decoded(response, content, f"{method} {path}")

    def _note_clock(self, response: httpx.Response) -> None:
        try:
            said = parsedate_to_datetime(response.headers.get("date", ""))
        except ValueError:
            return
        if said.tzinfo is not None:
            self.service_time = said

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
            ) from bare(exc)
        # some answers repeat the key; it must not reach an error or a log
        key = re.escape(self._key.reveal().encode())
        return re.sub(key, HIDDEN.encode(), bytes(pieces), flags=re.IGNORECASE)

    def _decoded(self, response: httpx.Response, content: bytes, asked: str) -> object:
        status = response.status_code
        body: object
        try:
            body, is_json = as_text(json.loads(content)), True
        except (ValueError, RecursionError):
            begun = content[:_MAX_KEPT_CHARACTERS].decode(errors="replace")
            body, is_json = as_text(begun), False
        if 300 <= status < 400:
            raise UnexpectedResponse(
                f"{self._base.host} answered with a redirect (HTTP {status}), which is not "
                "followed, so that the key goes nowhere else; is base_url right?",
                status=status,
            )
        retry_after = _pace(response)
        kept = body if len(content) <= _MAX_KEPT_CHARACTERS else None
        error = refusal(status, body, retry_after=retry_after, asked=asked)
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


async def _beginning(response: httpx.Response) -> str:
    """Return the beginning of a body as text; a storage's complaint is short."""
    pieces = bytearray()
    async for piece in response.aiter_bytes():
        pieces += piece
        if len(pieces) > _MAX_KEPT_CHARACTERS:
            break
    return str(as_text(pieces[:_MAX_KEPT_CHARACTERS].decode(errors="replace")))


def _fitting(read: Callable[[object], T], body: object) -> T:
    """Return what *read* finds in *body*, or say that the answer does not fit."""
    try:
        return read(body)
    except ValueError as exc:  # pydantic's ValidationError is one
        said = exc.errors()[0]["msg"] if isinstance(exc, ValidationError) else exc
        raise UnexpectedResponse(
            f"The service's answer does not fit what it documents: {said}. Is base_url right, and "
            "leonardo_nb up to date?",
            status=200,
            body=body,
        ) from exc


def _readable(row: Mapping[str, object]) -> Generation | None:
    try:
        return Generation.model_validate(row)
    except ValidationError:
        return None


def _extension(extension: str, known: tuple[str, ...]) -> str:
    """Return *extension* as the service takes it: small letters, no dot, one of *known*."""
    plain = str(extension).strip().lower().removeprefix(".")
    if plain not in known:
        raise InvalidRequest(
            f'A file that ends in ".{plain[:20]}" cannot be uploaded; '
            f"the service takes {', '.join(known[:-1])} and {known[-1]}.",
            member="extension",
            value=extension,
        )
    return plain


def _segment(identifier: str) -> str:
    """Return *identifier* as one segment of a path, which it cannot leave."""
    text = str(identifier).strip()
    if text.strip(".") == "":
        raise InvalidRequest("The id is empty.", member="id", value=identifier)
    return quote(text, safe="")


def _reason(exc: Exception) -> str:
    text = hidden(str(exc))
    return text if text and len(text) <= 100 and "Bearer" not in text else type(exc).__name__


def _pace(response: httpx.Response) -> float | None:
    # of its own: in the frame that raises, a traceback would show headers that repeat the key
    headers = response.headers
    return seconds_of_retry_after(headers.get("retry-after"), date=headers.get("date"))


def _looks_like_html(body: object) -> bool:
    return isinstance(body, str) and body.lstrip()[:200].lower().startswith(("<!doctype", "<html"))
