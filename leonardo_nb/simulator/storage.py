"""
The routes outside the API: the CDN's files, and the bucket that presigned forms are posted to.

Neither asks for a key; the bucket refuses a request that brings one.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import anyio.to_thread
from starlette.responses import PlainTextResponse, Response

from leonardo_nb.simulator import painter
from leonardo_nb.simulator.elements import find_element
from leonardo_nb.simulator.gallery import key_of
from leonardo_nb.simulator.house import ANY_ORIGIN, body_within
from leonardo_nb.simulator.previews import PREVIEW_SIZE, preview_of
from leonardo_nb.simulator.uploads import (
    CONTENT_TYPES,
    MOST_FORM_BYTES,
    Denied,
    read_form,
    too_large,
)
from leonardo_nb.simulator.world import COMPLETE, status_at

if TYPE_CHECKING:
    from collections.abc import Mapping

    from starlette.requests import Request

    from leonardo_nb.simulator.house import House
    from leonardo_nb.simulator.world import SimJob

__all__ = ["Storage"]

ELEMENT_SIZE = 256


class Storage:
    """
    Gives files out and takes them in.

    Args:
        house: Whose.
    """

    def __init__(self, house: House) -> None:
        self._house = house

    async def file(self, request: Request) -> Response:
        """Answer GET and HEAD of a file that a job made or that was uploaded."""
        path = str(request.path_params["path"])
        if request.path_params["user"] != self._house.world.user_id:
            return _nothing()
        content = await self._content(path)
        if content is None:
            return _nothing()
        extension = path.rpartition(".")[2].lower()
        return _answer(request, content, CONTENT_TYPES.get(extension, "application/octet-stream"))

    async def element(self, request: Request) -> Response:
        """Answer GET of an element's picture."""
        element = find_element(str(request.path_params["name"]).removesuffix(".jpg"))
        if element is None:
            return _nothing()
        # the same subject for all, so that the elements can be compared
        members: dict[str, object] = {
            "prompt": "a red fox in the snow",
            "seed": 1,
            "elements": [{"akUUID": element.id}],
        }
        return await self._painted(request, members, ELEMENT_SIZE)

    async def model(self, request: Request) -> Response:
        """Answer GET of a platform model's preview."""
        members = preview_of(str(request.path_params["name"]).removesuffix(".jpg"))
        if members is None:
            return _nothing()
        return await self._painted(request, members, PREVIEW_SIZE)

    async def _painted(
        self, request: Request, members: Mapping[str, object], side: int
    ) -> Response:
        def paint() -> bytes:
            return painter.encode(painter.paint(members, width=side, height=side))

        key = key_of(members, side)
        picture = await anyio.to_thread.run_sync(self._house.gallery.paint, key, paint)
        return _answer(request, picture, "image/jpeg")

    async def receive(self, request: Request) -> Response:
        """Answer a presigned form."""
        house = self._house
        try:
            _check_no_key(request)
            body = await body_within(request, MOST_FORM_BYTES)
            if body is None:
                raise too_large()
            form = read_form(request.headers.get("content-type", ""), body)
            with house.lock:
                house.world.uploads.receive(*form, house.world.user_id, house.now())
                house.changed(None)
        except Denied as denied:
            return Response(
                denied.body, denied.status, media_type="application/xml", headers=ANY_ORIGIN
            )
        return Response(status_code=204, headers=ANY_ORIGIN)

    async def _content(self, path: str) -> bytes | None:
        house = self._house
        with house.lock:
            job, number = house.world.files.get(path, (None, 0))
            if job is None:
                return self._uploaded(path)
            if status_at(job, house.now()) != COMPLETE:
                return None
        key = _key_of(job, number)
        kept = house.gallery.kept(key)
        if kept is not None:
            return kept
        return await anyio.to_thread.run_sync(
            house.gallery.paint, key, lambda: job.kind.draw(job, number, house.darkroom)
        )

    def _uploaded(self, path: str) -> bytes | None:
        uploads = self._house.world.uploads
        found = re.fullmatch(r"(initImages|canvasImages|media)/([0-9a-f-]+)\.\w+", path)
        upload = uploads.announced.get(found[2]) if found else None
        if upload is None or upload.digest is None:
            return None
        return uploads.contents.get(upload.digest)


def _check_no_key(request: Request) -> None:
    if "authorization" in request.headers:
        raise Denied(403, "AccessDenied", "Only one auth mechanism allowed")


def _key_of(job: SimJob, number: int) -> str:
    return key_of({"kind": job.kind.name, **job.members}, number)


def _nothing() -> Response:
    return PlainTextResponse("Not Found", 404, headers=ANY_ORIGIN)


def _answer(request: Request, content: bytes, media_type: str) -> Response:
    """Return a file, or the range of it that a player asks for."""
    headers = {**ANY_ORIGIN, "Accept-Ranges": "bytes"}
    wanted = re.fullmatch(r"bytes=(\d{1,12})-(\d{0,12})", request.headers.get("range", ""))
    status = 200
    if wanted and int(wanted[1]) < len(content):
        first = int(wanted[1])
        last = min(int(wanted[2] or len(content) - 1), len(content) - 1)
        if last >= first:
            headers["Content-Range"] = f"bytes {first}-{last}/{len(content)}"
            content, status = content[first : last + 1], 206
    headers["Content-Length"] = str(len(content))
    body = b"" if request.method == "HEAD" else content
    return Response(body, status, media_type=media_type, headers=headers)
