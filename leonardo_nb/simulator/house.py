"""
What every route of the simulator needs: the account, its clock, its pictures, and who is told.

Routes are plain classes that are given a `House`; only `app` knows them all.
"""

from __future__ import annotations

import json
import re
import threading
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Literal

from starlette.responses import JSONResponse

from leonardo_nb.simulator import refusals
from leonardo_nb.simulator.refusals import Refusal
from leonardo_nb.simulator.world import cost_of, status_at

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from starlette.requests import Request
    from starlette.responses import Response

    from leonardo_nb.simulator.darkroom import Darkroom
    from leonardo_nb.simulator.faults import Faults
    from leonardo_nb.simulator.gallery import Gallery
    from leonardo_nb.simulator.world import Kind, Shelf, SimJob, World

    Endpoint = Callable[[Request], Awaitable[Response]]
    Routes = tuple[tuple[str, str, Endpoint], ...]

__all__ = [
    "ANY_ORIGIN",
    "BASE_PATH",
    "MEDIA_PATH",
    "V2_PATH",
    "Answer",
    "House",
    "body_within",
    "is_uuid",
    "json_object",
    "key_in",
    "uuid_in_path",
    "whole_query",
]

BASE_PATH = "/api/rest/v1"
V2_PATH = "/api/rest/v2"
MEDIA_PATH = "/media/"
ANY_ORIGIN = {"Access-Control-Allow-Origin": "*"}

MOST_BODY_BYTES = 16 * 1024 * 1024
"""No request of the service's needs more: images in BASE64 are at most 7.5 MB."""

_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)


class Answer(JSONResponse):
    """JSON as the service sends it."""

    media_type = "application/json; charset=utf-8"

    def render(self, content: object) -> bytes:
        """Return *content* as bytes."""
        # ASCII only, so that half a surrogate pair in a prompt survives as well
        return json.dumps(content, separators=(",", ":")).encode()


@dataclass(slots=True)
class House:
    """
    One simulator's insides.

    Attributes:
        world: The account and its jobs.
        faults: What is scripted.
        gallery: Files that were made.
        darkroom: Makes them.
        now: Seconds.
        epoch: What to add to *now* for seconds since 1970.
        unit: Whether acknowledgements name credits or dollars.
        changed: Told after whatever a restart should remember, with the job where one is new.
        lock: Held while the world is read or changed.
    """

    world: World
    faults: Faults
    gallery: Gallery
    darkroom: Darkroom
    now: Callable[[], float]
    epoch: float
    unit: Literal["CREDITS", "DOLLARS"]
    changed: Callable[[SimJob | None], None]
    lock: threading.RLock = field(default_factory=threading.RLock)

    def create(self, kind: Kind, body: Mapping[str, object], path: str) -> SimJob:
        """Make a job of what was posted to *path*, or raise `Refusal`."""
        with self.lock:
            job = self.world.create(
                kind, body, self.now(), lambda: self.faults.fate_for("POST", path)
            )
            self.changed(job)
            return job

    def pay(self, price: int) -> None:
        """Take credits for what is done at once, or raise `Refusal`."""
        with self.lock:
            self.world.pay(price, self.now())
            self.changed(None)

    def cost(self, price: int) -> dict[str, object]:
        """Return the two members that name a price in every acknowledgement."""
        return {
            "apiCreditCost": price if self.unit == "CREDITS" else None,
            "cost": cost_of(price, self.unit),
        }

    def look(self, job_id: str, request: Request, shelf: Shelf) -> dict[str, object] | None:
        """Return what one look at a job answers, or None."""
        with self.lock:
            now = self.now()
            job = self.world.look(job_id, now, shelf)
            return None if job is None else self.row(job, str(request.base_url), now)

    def row(self, job: SimJob, base: str, now: float) -> dict[str, object]:
        """Return what a look at *job* answers; *base* is where the simulator is."""
        status = status_at(job, now)
        row = job.kind.row(job, status, self.date(job.created_at), self.addresses(job, base))
        images = row.get("generated_images")
        for image in images if isinstance(images, list) else ():
            image["generated_image_variation_generics"] = [
                self._variation(one, base, now) for one in self.world.variations_of(image["id"])
            ]
        return row

    def _variation(self, job: SimJob, base: str, now: float) -> dict[str, object]:
        status = status_at(job, now)
        row = job.kind.row(job, status, self.date(job.created_at), self.addresses(job, base))
        return {name: row[name] for name in ("id", "status", "transformType", "url")}

    def addresses(self, job: SimJob, base: str) -> Callable[[int], str]:
        """Return where each of a job's files is."""
        paths = job.kind.files(job)
        return lambda number: self.address(paths[number], base)

    def address(self, path: str, base: str) -> str:
        """Return where a file of the account is."""
        return f"{base.rstrip('/')}{MEDIA_PATH}users/{self.world.user_id}/{path}"

    def date(self, seconds: float) -> datetime:
        """Return the date of a moment of the simulator's clock."""
        return datetime.fromtimestamp(self.epoch + seconds, UTC)


def is_uuid(text: str) -> bool:
    """Return whether *text* has the shape of a UUID, of whichever version."""
    return _UUID.fullmatch(text) is not None


def key_in(authorization: str) -> str | None:
    """Return the well-formed key of an Authorization header, or None."""
    scheme, _, key = authorization.partition(" ")
    return key.strip() if scheme.lower() == "bearer" and is_uuid(key.strip()) else None


async def body_within(request: Request, most: int) -> bytes | None:
    """
    Return a request's body, or None where it has more than *most* bytes.

    It is read to its end all the same, and not kept: who is refused while sending sees a broken
    connection instead of the answer.
    """
    pieces, size = [], 0
    async for piece in request.stream():
        size += len(piece)
        if size <= most:
            pieces.append(piece)
        else:
            pieces.clear()
    return b"".join(pieces) if size <= most else None


async def json_object(request: Request, *, may_be_empty: bool = False) -> dict[str, object]:
    """Return the JSON object in a request's body, or raise `Refusal`."""
    content = await body_within(request, MOST_BODY_BYTES)
    if content is None:
        raise refusals.too_large()
    if may_be_empty and not content.strip():
        return {}
    try:
        body = json.loads(content, parse_constant=_no_constant)
    except (ValueError, RecursionError):
        raise refusals.unreadable_json() from None
    if not isinstance(body, dict):
        raise refusals.unreadable_json()
    return body


def _no_constant(name: str) -> object:
    raise ValueError(f"{name} is not JSON")


def uuid_in_path(request: Request, name: str) -> str:
    """Return a path's id, or raise `Refusal` where it is none."""
    value = str(request.path_params[name])
    if not is_uuid(value):
        raise Refusal(f'invalid input syntax for type uuid: "{value}"', code="data-exception")
    return value.lower()


def whole_query(request: Request, name: str, default: int) -> int:
    """Return a whole number of the query, or raise `Refusal`."""
    text = request.query_params.get(name, "")
    if not text:
        return default
    if not re.fullmatch(r"[0-9]{1,9}", text):
        raise refusals.wrong_type("a 32-bit integer", "Int", f"'{text}'", f"$.{name}")
    return int(text)
