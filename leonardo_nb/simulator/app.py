"""
The service's HTTP face: routes, keys, wrappers, and the `Simulator` that holds everything.

A route reads its request, asks the world, and wraps what comes back; what happens to jobs is in
`world`, what is refused in `images`, what goes wrong on purpose in `faults`.
"""

from __future__ import annotations

import json
import random
import re
import threading
import time
from collections import deque
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Literal

import anyio
import anyio.to_thread
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from leonardo_nb.service import catalog
from leonardo_nb.simulator import images, refusals
from leonardo_nb.simulator.faults import FaultLayer, Faults, Trouble
from leonardo_nb.simulator.gallery import Gallery, key_of
from leonardo_nb.simulator.refusals import Refusal
from leonardo_nb.simulator.shapes import enum
from leonardo_nb.simulator.world import COMPLETE, Fate, World, cost_of, status_at

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping, Sequence

    from starlette.requests import Request

    from leonardo_nb.simulator.faults import Drop
    from leonardo_nb.simulator.transport import InProcess
    from leonardo_nb.simulator.world import SimJob

    Endpoint = Callable[[Request], Awaitable[Response]]

__all__ = ["BASE_PATH", "KEY", "Simulator"]

BASE_PATH = "/api/rest/v1"
HOST = "http://simulator.invalid"
"""No such host can exist, so a request that misses the transport goes nowhere."""

KEY = "51a70000-0000-4000-8000-000000000001"
"""A key that is accepted; so is every other UUID but the all-zero one."""

UNKNOWN_KEY = "00000000-0000-0000-0000-000000000000"
LOGGED_REQUESTS = 10_000

_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)

SERVICES = (
    "IMAGE_GENERATION",
    "FANTASY_AVATAR_GENERATION",
    "MOTION_SVD_GENERATION",
    "MOTION_VIDEO_GENERATION",
    "VEO3_MOTION_VIDEO_GENERATION",
    "LCM_GENERATION",
    "MODEL_TRAINING",
    "TEXTURE_GENERATION",
    "UNIVERSAL_UPSCALER",
    "UNIVERSAL_UPSCALER_ULTRA",
)
_read_service = enum("ProductionApiServices", SERVICES)

NOT_BUILT = (
    ("GET", "/elements"),
    ("POST", "/elements"),
    ("GET", "/elements/{id}"),
    ("DELETE", "/elements/{id}"),
    ("GET", "/elements/user/{userId}"),
    ("POST", "/init-image"),
    ("GET", "/init-image/{id}"),
    ("DELETE", "/init-image/{id}"),
    ("POST", "/canvas-init-image"),
    ("POST", "/media"),
    ("GET", "/media/{id}"),
    ("DELETE", "/media/{id}"),
    ("POST", "/variations/upscale"),
    ("POST", "/variations/unzoom"),
    ("POST", "/variations/nobg"),
    ("POST", "/variations/universal-upscaler"),
    ("GET", "/variations/{id}"),
    ("POST", "/generations-text-to-video"),
    ("POST", "/generations-image-to-video"),
    ("POST", "/generations-motion-svd"),
    ("POST", "/generations-video-upscale"),
    ("GET", "/motion-variations/{id}"),
    ("POST", "/prompt/improve"),
    ("POST", "/prompt/random"),
    ("POST", "/datasets"),
    ("GET", "/datasets/{id}"),
    ("DELETE", "/datasets/{id}"),
    ("POST", "/datasets/{datasetId}/upload"),
    ("POST", "/datasets/{datasetId}/upload/gen"),
    ("POST", "/models"),
    ("GET", "/models/{id}"),
    ("DELETE", "/models/{id}"),
    ("GET", "/models/user/{userId}"),
    ("POST", "/generations-lcm"),
    ("POST", "/lcm-instant-refine"),
    ("POST", "/lcm-upscale"),
    ("POST", "/lcm-inpainting"),
    ("GET", "/blueprints"),
    ("GET", "/blueprints/{id}"),
    ("GET", "/blueprints/{id}/versions"),
    ("POST", "/blueprint-executions"),
    ("GET", "/blueprint-executions/{id}"),
    ("GET", "/blueprint-executions/{id}/generations"),
    ("POST", "/models-3d/upload"),
    ("GET", "/models-3d/{id}"),
    ("DELETE", "/models-3d/{id}"),
    ("GET", "/models-3d/user/{userId}"),
    ("POST", "/generations-texture"),
    ("GET", "/generations-texture/{id}"),
    ("DELETE", "/generations-texture/{id}"),
    ("GET", "/generations-texture/model/{modelId}"),
)
"""The rest of the v1 index; what is built moves out of here."""


class _Answer(JSONResponse):
    media_type = "application/json; charset=utf-8"

    def render(self, content: object) -> bytes:
        # ASCII only, so that half a surrogate pair in a prompt survives as well
        return json.dumps(content, separators=(",", ":")).encode()


class Simulator:
    """
    Leonardo.AI as far as its documentation tells, for tests, demos and notebooks without a key.

    Args:
        speed: How many times faster than the service it lives; 20 turns 15 s into 0.75 s.
        balance: Credits on the account at the start.
        slots: How many jobs run at once; further ones wait.
        unit: Whether acknowledgements name credits or dollars.
        now: Seconds; jobs are done when this clock says so.
        wall: The date that goes with *now*; left out, *now* counts from 1970 as `time.time` does.
        pause: Waits for scripted delays, and for nothing else.
        retry_after: Whether a 429 says when to come back; the service is not known to.
        requests_per_minute: For all requests together.
        creates_per_minute: For POST /generations alone.
        queue_per_slot: How many jobs may wait for each slot.
        seed: Makes ids and drawn seeds the same in every run; left out, they are unique.

    Attributes:
        app: The ASGI application.
        key: An API key that is accepted.
        base_url: Where the API is for a client that uses `transport()`.
        world: The account and its jobs.
        requests: Method and path of the latest requests, oldest first; `/api/rest/v1` left out.
    """

    def __init__(
        self,
        *,
        speed: float = 1.0,
        balance: int = 15_000,
        slots: int = 10,
        unit: Literal["CREDITS", "DOLLARS"] = "CREDITS",
        now: Callable[[], float] = time.time,
        wall: Callable[[], datetime] | None = None,
        pause: Callable[[float], Awaitable[None]] = anyio.sleep,
        retry_after: bool = False,
        requests_per_minute: int = 2000,
        creates_per_minute: int = 100,
        queue_per_slot: int = 20,
        seed: int | None = None,
    ) -> None:
        self.key = KEY
        self.base_url = HOST + BASE_PATH
        self.unit = unit
        self.world = World(
            credits=balance,
            slots=slots,
            speed=speed,
            tell_retry_after=retry_after,
            requests_per_minute=requests_per_minute,
            creates_per_minute=creates_per_minute,
            queue_per_slot=queue_per_slot,
            rng=random.SystemRandom() if seed is None else random.Random(seed),
        )
        self.requests: deque[tuple[str, str]] = deque(maxlen=LOGGED_REQUESTS)
        self._now = now
        self._epoch = 0.0 if wall is None else wall().timestamp() - now()
        self._faults = Faults()
        self._gallery = Gallery()
        self._lock = threading.RLock()
        self.app = self._build(pause)

    def __repr__(self) -> str:
        jobs = f"{self.creates} {'job' if self.creates == 1 else 'jobs'}"
        return f"<Simulator {jobs}, {self.balance} credits left>"

    @property
    def creates(self) -> int:
        """How many jobs were ever made, which is how many would have been paid for."""
        return self.world.created

    @property
    def balance(self) -> int:
        """The account's credits now, failed jobs refunded."""
        with self._lock:
            return self.world.balance_at(self._now())

    def transport(self) -> InProcess:
        """Return an httpx transport that reaches this simulator without a socket."""
        from leonardo_nb.simulator.transport import InProcess

        return InProcess(self.app)

    def script(
        self,
        *,
        method: str | None = None,
        path: str | None = None,
        times: int = 1,
        delay: float = 0.0,
        status: int | None = None,
        body: object = None,
        headers: Mapping[str, str] | None = None,
        work_done: bool = False,
        drop: Drop | None = None,
        corrupt: bool = False,
        empty_looks: int = 0,
        never_finish: bool = False,
        fail: bool = False,
        moderation: Sequence[str] = (),
    ) -> None:
        """
        Let something go wrong with the next requests that fit, or the next jobs.

        Scripts are used up in the order in which they were written, one for each request. The
        last four arguments are about jobs: they are taken by the next jobs that are really made.

        Args:
            method: Only requests with this method.
            path: Only requests to this path, written as in the reference and without the base
                path: `{id}` is any one segment, `*` is anything. Pictures are at `/media/*`.
            times: How many requests, or jobs, before it is used up.
            delay: Seconds that the answer is late; the work is done at once.
            status: Answer with this status and do not do the work.
            body: What that answer holds: text, bytes, or anything that JSON can say.
            headers: Further headers of that answer.
            work_done: With *status*: do the work all the same.
            drop: Close the connection without an answer, "before" or "after" the work is done.
                In process these are `httpx.ConnectError` and `httpx.ReadError`.
            corrupt: Cut the answer's body in half.
            empty_looks: The job is pending for so many looks and done at the next one.
            never_finish: The job stays pending for ever, and keeps its slot.
            fail: The job fails in the end and is refunded.
            moderation: The job fails and shows these classes, such as `["NSFW"]`.
        """
        self._faults.add(
            trouble=Trouble(
                delay=delay,
                status=status,
                body=body,
                headers=dict(headers or {}),
                work_done=work_done,
                drop=drop,
                corrupt=corrupt,
            ),
            fate=Fate(
                empty_looks=empty_looks,
                never_finish=never_finish,
                fail=fail,
                moderation=tuple(moderation),
            ),
            times=times,
            method=method,
            path=path,
        )

    # -- the app

    def _build(self, pause: Callable[[float], Awaitable[None]]) -> Starlette:
        built: tuple[tuple[str, str, Endpoint], ...] = (
            ("GET", "/me", self._me),
            ("GET", "/platformModels", self._platform_models),
            ("POST", "/generations", self._create_generation),
            ("GET", "/generations/{id}", self._generation),
            ("DELETE", "/generations/{id}", self._delete_generation),
            ("GET", "/generations/user/{userId}", self._generations),
            ("POST", "/pricing-calculator", self._price),
        )
        routes = [
            Route(BASE_PATH + path, self._guarded(endpoint, method, path), methods=[method])
            for method, path, endpoint in built
        ]
        routes += [
            Route(
                BASE_PATH + path, self._guarded(_not_built(method, path), method), methods=[method]
            )
            for method, path in NOT_BUILT
        ]
        routes.append(
            Route("/media/users/{user}/generations/{id}/{name}", self._media, methods=["GET"])
        )
        app = Starlette(
            routes=routes,
            middleware=[
                Middleware(
                    FaultLayer,
                    faults=self._faults,
                    log=lambda method, path: self.requests.append((method, path)),
                    local=lambda path: path.removeprefix(BASE_PATH),
                    pause=pause,
                )
            ],
            exception_handlers={Refusal: _refuse, HTTPException: _no_route},
        )
        app.router.redirect_slashes = False
        return app

    def _guarded(self, endpoint: Endpoint, method: str, path: str = "") -> Endpoint:
        """Return *endpoint* behind the key and the requests of a minute."""
        creates = (method, path) == ("POST", "/generations")

        async def guarded(request: Request) -> Response:
            _check_key(request.headers.get("authorization", ""))
            with self._lock:
                self.world.admit(self._now(), creates=creates)
            return await endpoint(request)

        return guarded

    async def _me(self, _: Request) -> Response:
        row = {
            "user": {"id": self.world.user_id, "username": "simulator"},
            "tokenRenewalDate": None,
            "paidTokens": 0,
            "subscriptionTokens": 0,
            "subscriptionGptTokens": 0,
            "subscriptionModelTokens": 0,
            "apiConcurrencySlots": self.world.slots,
            "apiPaidTokens": self.balance,
            "apiSubscriptionTokens": 0,
            "apiPlanTokenRenewalDate": None,
        }
        return _Answer({"user_details": [row]})

    async def _platform_models(self, _: Request) -> Response:
        rows = [
            {
                "id": model.id,
                "name": model.name,
                "description": f"{model.name}, simulated.",
                "featured": model.slug is not None,
                "nsfw": False,
                "generated_image": None,
            }
            for model in catalog.MODELS
        ]
        return _Answer({"custom_models": rows})

    async def _create_generation(self, request: Request) -> Response:
        body = await _json_object(request)
        with self._lock:
            job = self.world.create(
                images.IMAGE,
                body,
                self._now(),
                lambda: self._faults.fate_for("POST", "/generations"),
            )
        acknowledgement = {
            "generationId": job.id,
            "apiCreditCost": job.credits if self.unit == "CREDITS" else None,
            "cost": cost_of(job.credits, self.unit),
        }
        return _Answer({job.kind.wrapper: acknowledgement})

    async def _generation(self, request: Request) -> Response:
        job_id = _uuid_in_path(request, "id")
        with self._lock:
            now = self._now()
            job = self.world.look(job_id, now)
            row = None if job is None else self._row(job, now, request)
        return _Answer({"generations_by_pk": row})

    async def _generations(self, request: Request) -> Response:
        user_id = _uuid_in_path(request, "userId")
        offset = _whole_query(request, "offset", 0)
        limit = _whole_query(request, "limit", 10)
        rows: list[dict[str, object]] = []
        if user_id == self.world.user_id:
            with self._lock:
                now = self._now()
                page = self.world.page(offset, limit, now)
                rows = [self._row(job, now, request) for job in page]
        return _Answer({"generations": rows})

    async def _delete_generation(self, request: Request) -> Response:
        job_id = _uuid_in_path(request, "id")
        with self._lock:
            deleted = self.world.delete(job_id, self._now())
        row = None if deleted is None else {"id": deleted}
        return _Answer({"delete_generations_by_pk": row})

    async def _price(self, request: Request) -> Response:
        body = await _json_object(request)
        for name in body:
            if name not in ("service", "serviceParams"):
                raise refusals.unexpected_variable(name)
        service, params = body.get("service"), body.get("serviceParams")
        if service is None:
            raise refusals.missing_value("service")
        service = _read_service(service, "$.selectionSet.calculateProductionApiServiceCost.service")
        if service != images.IMAGE.name:
            raise refusals.not_built(f"The price of {service}")
        chosen = params.get(service) if isinstance(params, dict) else None
        if not isinstance(chosen, dict):
            raise refusals.missing_value(f"serviceParams.{service}")
        cost = images.price(chosen)
        return _Answer({"calculateProductionApiServiceCost": {"cost": cost}})

    async def _media(self, request: Request) -> Response:
        with self._lock:
            found = self._find_file(request)
        if found is None:
            return PlainTextResponse("Not Found", 404, headers=_ANY_ORIGIN)
        job, index = found
        key = key_of(job.members, index)
        picture = self._gallery.kept(key)
        if picture is None:
            size = job.kind.file_size(job.members)
            picture = await anyio.to_thread.run_sync(
                self._gallery.paint, key, job.members, index, size
            )
        kind = "image/png" if request.path_params["name"].endswith(".png") else "image/jpeg"
        headers = {**_ANY_ORIGIN, "Content-Length": str(len(picture))}
        body = b"" if request.method == "HEAD" else picture
        return Response(body, media_type=kind, headers=headers)

    def _find_file(self, request: Request) -> tuple[SimJob, int] | None:
        job = self.world.jobs.get(request.path_params["id"])
        if (
            job is None
            or request.path_params["user"] != self.world.user_id
            or status_at(job, self._now()) != COMPLETE
        ):
            return None
        for index in range(len(job.output_ids)):
            if request.path_params["name"] == job.kind.file_name(job.members, index):
                return job, index
        return None

    def _row(self, job: SimJob, now: float, request: Request) -> dict[str, object]:
        files = f"{request.base_url}media/users/{self.world.user_id}/generations/{job.id}"
        created_at = datetime.fromtimestamp(self._epoch + job.created_at, UTC)
        return job.kind.row(
            job,
            status_at(job, now),
            created_at,
            lambda index: f"{files}/{job.kind.file_name(job.members, index)}",
        )


_ANY_ORIGIN = {"Access-Control-Allow-Origin": "*"}


def _not_built(method: str, path: str) -> Endpoint:
    async def refuse(_: Request) -> Response:
        raise refusals.not_built(f"{method} {path}")

    return refuse


async def _refuse(_: Request, refusal: Exception) -> Response:
    if not isinstance(refusal, Refusal):
        raise refusal
    return _Answer(refusal.body, refusal.status, headers=refusal.headers)


async def _no_route(request: Request, _: Exception) -> Response:
    return await _refuse(request, refusals.no_endpoint())


def _check_key(authorization: str) -> None:
    scheme, _, key = authorization.partition(" ")
    if scheme.lower() != "bearer" or not _UUID.fullmatch(key.strip()):
        raise refusals.broken_key()
    if key.strip() == UNKNOWN_KEY:
        raise refusals.unknown_key()


async def _json_object(request: Request) -> dict[str, object]:
    try:
        body = json.loads(await request.body(), parse_constant=_no_constant)
    except (ValueError, RecursionError):
        raise refusals.unreadable_json() from None
    if not isinstance(body, dict):
        raise refusals.unreadable_json()
    return body


def _no_constant(name: str) -> object:
    raise ValueError(f"{name} is not JSON")


def _uuid_in_path(request: Request, name: str) -> str:
    value = str(request.path_params[name])
    if not _UUID.fullmatch(value):
        raise Refusal(f'invalid input syntax for type uuid: "{value}"', code="data-exception")
    return value.lower()


def _whole_query(request: Request, name: str, default: int) -> int:
    text = request.query_params.get(name, "")
    if not text:
        return default
    if not re.fullmatch(r"[0-9]{1,9}", text):
        raise refusals.wrong_type("a 32-bit integer", "Int", f"'{text}'", f"$.{name}")
    return int(text)
