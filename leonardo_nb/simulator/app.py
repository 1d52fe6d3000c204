"""
The `Simulator`: one account with its jobs, its files, and the routes that lead to them.

What routes answer is in `desk` (v1), `v2` and `storage`; what happens to jobs is in `world`; what
goes wrong on purpose is in `faults`.
"""

from __future__ import annotations

import random
import time
from collections import deque
from typing import TYPE_CHECKING, Literal

import anyio
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import ClientDisconnect
from starlette.routing import Route

from leonardo_nb.simulator import refusals, saved
from leonardo_nb.simulator.callbacks import Callbacks
from leonardo_nb.simulator.darkroom import Darkroom
from leonardo_nb.simulator.desk import JOBS, Desk
from leonardo_nb.simulator.faults import FaultLayer, Faults, Trouble
from leonardo_nb.simulator.gallery import Gallery
from leonardo_nb.simulator.house import BASE_PATH, MEDIA_PATH, V2_PATH, Answer, House, key_in
from leonardo_nb.simulator.refusals import Refusal
from leonardo_nb.simulator.storage import Storage
from leonardo_nb.simulator.v2 import SecondDesk
from leonardo_nb.simulator.world import PENDING, Fate, World, status_at

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping, Sequence
    from datetime import datetime
    from pathlib import Path

    from starlette.requests import Request
    from starlette.responses import Response

    from leonardo_nb.simulator.callbacks import Send
    from leonardo_nb.simulator.faults import Drop
    from leonardo_nb.simulator.house import Endpoint
    from leonardo_nb.simulator.transport import InProcess
    from leonardo_nb.simulator.world import SimJob

__all__ = ["BASE_PATH", "KEY", "Simulator"]

HOST = "http://simulator.invalid"
"""No such host can exist, so a request that misses the transport goes nowhere."""

KEY = "51a70000-0000-4000-8000-000000000001"
"""A key that is accepted; so is every other UUID but the all-zero one."""

UNKNOWN_KEY = "00000000-0000-0000-0000-000000000000"
LOGGED_REQUESTS = 10_000


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
        refuses_retired: Whether Motion 1.0, which the service has retired, is refused; what the
            service itself says to it is not known.
        retry_after: Whether a 429 says when to come back; the service is not known to.
        requests_per_minute: For all requests together.
        creates_per_minute: For each endpoint that makes jobs.
        queue_per_slot: How many jobs may wait for each slot.
        seed: Makes ids and drawn seeds the same in every run; left out, they are unique.
        state: A file that jobs, balance and uploads survive a restart in; *now* must then go on
            counting across restarts, as `time.time` does.
        webhook_url: Where to tell of finished jobs, as a key's own callback does: https, or http
            on this machine.
        webhook_key: Sent along as a bearer token.
        send: Sends one callback: address, headers, body; left out, it is posted with httpx.
        callbacks_by_themselves: Whether a thread sends callbacks when they are due; False leaves
            that to `deliver_callbacks`, for tests whose time stands still.

    Attributes:
        app: The ASGI application.
        key: An API key that is accepted.
        base_url: Where the API is for a client that uses `transport()`.
        world: The account and its jobs.
        requests: Method and path of the latest requests, oldest first; `/api/rest/v1` left out,
            `/api/rest/v2` as `/v2`.
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
        refuses_retired: bool = False,
        retry_after: bool = False,
        requests_per_minute: int = 2000,
        creates_per_minute: int = 100,
        queue_per_slot: int = 20,
        seed: int | None = None,
        state: str | Path | None = None,
        webhook_url: str | None = None,
        webhook_key: str | None = None,
        send: Send | None = None,
        callbacks_by_themselves: bool = True,
    ) -> None:
        self.key = KEY
        self.base_url = HOST + BASE_PATH
        self.world = World(
            credits=balance,
            slots=slots,
            speed=speed,
            tell_retry_after=retry_after,
            refuses_retired=refuses_retired,
            requests_per_minute=requests_per_minute,
            creates_per_minute=creates_per_minute,
            queue_per_slot=queue_per_slot,
            rng=random.SystemRandom() if seed is None else random.Random(seed),
        )
        self.requests: deque[tuple[str, str]] = deque(maxlen=LOGGED_REQUESTS)
        self._faults = Faults()
        gallery = Gallery()
        self._house = House(
            world=self.world,
            faults=self._faults,
            gallery=gallery,
            darkroom=Darkroom(self.world.uploads.contents, gallery),
            now=now,
            epoch=0.0 if wall is None else wall().timestamp() - now(),
            unit=unit,
            changed=self._changed,
        )
        self._state = None if state is None else saved.State(state)
        if self._state is not None:
            self._state.restore(self.world)
            # a file that cannot be written is to be told now, and not to whoever asks first
            self._state.write(self.world)
        self._send = send or _post
        self._by_themselves = callbacks_by_themselves
        self._callbacks: Callbacks | None = None
        if webhook_url is not None:
            self.call_back(webhook_url, webhook_key)
        self.app = self._build(pause)

    def __repr__(self) -> str:
        jobs = f"{self.creates} {'job' if self.creates == 1 else 'jobs'}"
        return f"<Simulator {jobs}, {self.balance} credits left>"

    @property
    def unit(self) -> Literal["CREDITS", "DOLLARS"]:
        """Whether acknowledgements name credits or dollars."""
        return self._house.unit

    @unit.setter
    def unit(self, unit: Literal["CREDITS", "DOLLARS"]) -> None:
        self._house.unit = unit

    @property
    def creates(self) -> int:
        """How many jobs were ever made, which is how many would have been paid for."""
        return self.world.created

    @property
    def balance(self) -> int:
        """The account's credits now, failed jobs refunded."""
        with self._house.lock:
            return self.world.balance_at(self._house.now())

    def transport(self) -> InProcess:
        """Return an httpx transport that reaches this simulator without a socket."""
        from leonardo_nb.simulator.transport import InProcess

        return InProcess(self.app)

    def call_back(self, url: str, key: str | None = None) -> None:
        """
        Tell *url* of finished jobs from now on, those that are at work included.

        Args:
            url: https, or http on this machine.
            key: Sent along as a bearer token.

        Raises:
            ValueError: It is neither.
        """
        self._callbacks = Callbacks(
            self._house,
            url,
            key=key,
            send=self._send,
            by_itself=self._by_themselves,
            base=HOST,
        )
        now = self._house.now()
        for job in self.world.all_jobs():
            if status_at(job, now) == PENDING:
                self._callbacks.expect(job)

    @property
    def calls_back(self) -> bool:
        """Whether somebody is told of finished jobs."""
        return self._callbacks is not None

    def deliver_callbacks(self) -> int:
        """Send the callbacks that are due now; return how many were sent."""
        return 0 if self._callbacks is None else self._callbacks.deliver()

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
        absent_looks: int = 0,
        callbacks: int = 1,
        callback_delay: float = 0.0,
    ) -> None:
        """
        Let something go wrong with the next requests that fit, or the next jobs.

        Scripts are used up in the order in which they were written, one for each request. The
        arguments from *empty_looks* on are about jobs: they are taken by the next jobs that are
        really made, of whichever kind; *path* chooses one, such as `/variations/nobg`.

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
            absent_looks: A variation is not even listed for so many looks.
            callbacks: How often the webhook is told of the job's end: 0 never, 2 twice.
            callback_delay: Seconds that the webhook is told late.
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
                absent_looks=absent_looks,
                callbacks=callbacks,
                callback_delay=callback_delay,
            ),
            times=times,
            method=method,
            path=path,
        )

    # -- the app

    def _build(self, pause: Callable[[float], Awaitable[None]]) -> Starlette:
        desk, second, storage = Desk(self._house), SecondDesk(self._house), Storage(self._house)
        routes = [
            Route(base + path, self._guarded(endpoint, method, base + path), methods=[method])
            for base, table in ((BASE_PATH, desk.routes), (V2_PATH, second.routes))
            for method, path, endpoint in table
        ]
        routes += [
            Route(MEDIA_PATH + "elements/{name}", storage.element, methods=["GET"]),
            Route(MEDIA_PATH + "models/{name}", storage.model, methods=["GET"]),
            Route(MEDIA_PATH + "users/{user}/{path:path}", storage.file, methods=["GET"]),
            Route("/uploads/", storage.receive, methods=["POST"]),
        ]
        app = Starlette(
            routes=routes,
            middleware=[
                Middleware(
                    FaultLayer,
                    faults=self._faults,
                    log=lambda method, path: self.requests.append((method, path)),
                    local=_local,
                    pause=pause,
                )
            ],
            exception_handlers={
                Refusal: _refuse,
                HTTPException: _no_route,
                ClientDisconnect: _nobody,
            },
        )
        app.router.redirect_slashes = False
        return app

    def _guarded(self, endpoint: Endpoint, method: str, path: str) -> Endpoint:
        """Return *endpoint* behind the key and the requests of a minute."""
        creates = path if (method, path) in _CREATES else ""

        async def guarded(request: Request) -> Response:
            key = key_in(request.headers.get("authorization", ""))
            if key is None:
                raise refusals.broken_key()
            if key == UNKNOWN_KEY:
                raise refusals.unknown_key()
            with self._house.lock:
                self.world.admit(self._house.now(), creates=creates)
            if self._callbacks is not None:
                # files are where whoever asks for jobs finds the simulator
                self._callbacks.base = str(request.base_url)
            return await endpoint(request)

        return guarded

    def _changed(self, job: SimJob | None) -> None:
        if self._state is None:
            self.world.changes()  # nobody wants them
        else:
            self._state.add(self.world)
        if job is not None and self._callbacks is not None:
            self._callbacks.expect(job)


_CREATES = {("POST", BASE_PATH + path) for path in JOBS} | {("POST", V2_PATH + "/generations")}
"""Where jobs are made; each has its own limit."""


def _local(path: str) -> str:
    """Return a URL's path as scripts and logs have it: `/me`, `/v2/models`, `/media/...`."""
    if path.startswith(V2_PATH):
        return "/v2" + path.removeprefix(V2_PATH)
    return path.removeprefix(BASE_PATH)


def _post(url: str, headers: Mapping[str, str], body: bytes) -> None:
    from leonardo_nb.simulator.transport import post

    post(url, headers, body)


async def _refuse(_: Request, refusal: Exception) -> Response:
    if not isinstance(refusal, Refusal):
        raise refusal
    return Answer(refusal.body, refusal.status, headers=refusal.headers)


async def _nobody(request: Request, _: Exception) -> Response:
    """Answer a client that left in the middle of its request; nobody reads it."""
    return await _refuse(request, refusals.unreadable_json())


async def _no_route(request: Request, _: Exception) -> Response:
    return await _refuse(request, refusals.no_endpoint())
