"""
The routes of v1, each of which reads a request, asks the world, and wraps what comes back.

What happens to jobs is in `world`; what is refused is beside each kind of job.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from leonardo_nb.service import catalog
from leonardo_nb.simulator import images, prices, prompts, refusals, variations, videos
from leonardo_nb.simulator.elements import ELEMENTS
from leonardo_nb.simulator.house import (
    Answer,
    json_object,
    uuid_in_path,
    whole_query,
)
from leonardo_nb.simulator.images import date_of
from leonardo_nb.simulator.previews import preview_id
from leonardo_nb.simulator.refusals import Refusal
from leonardo_nb.simulator.shapes import read_members, string
from leonardo_nb.simulator.uploads import key_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from starlette.requests import Request
    from starlette.responses import Response

    from leonardo_nb.simulator.house import Endpoint, House, Routes
    from leonardo_nb.simulator.uploads import Upload
    from leonardo_nb.simulator.world import Kind

__all__ = ["JOBS", "NOT_SIMULATED", "Desk"]

JOBS: Mapping[str, Kind] = {
    "/generations": images.IMAGE,
    "/generations-text-to-video": videos.TEXT_TO_VIDEO,
    "/generations-image-to-video": videos.IMAGE_TO_VIDEO,
    "/generations-motion-svd": videos.MOTION_SVD,
    "/generations-video-upscale": videos.VIDEO_UPSCALE,
    "/variations/upscale": variations.UPSCALE,
    "/variations/unzoom": variations.UNZOOM,
    "/variations/nobg": variations.NOBG,
    "/variations/universal-upscaler": variations.UNIVERSAL,
}
"""The endpoints that make jobs, and the kind that each makes."""

NOT_SIMULATED = (
    ("POST", "/elements"),
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
"""The rest of the v1 index: training, datasets, blueprints, realtime canvas, 3D, textures."""


class Desk:
    """
    Answers v1 requests.

    Args:
        house: Whose.
    """

    def __init__(self, house: House) -> None:
        self._house = house

    @property
    def routes(self) -> Routes:
        """Method, path and endpoint of everything that is simulated."""
        return (
            ("GET", "/me", self._me),
            ("GET", "/platformModels", self._platform_models),
            *(("POST", path, self._maker(path, kind)) for path, kind in JOBS.items()),
            ("GET", "/generations/{id}", self._generation),
            ("DELETE", "/generations/{id}", self._delete_generation),
            ("GET", "/generations/user/{userId}", self._generations),
            ("GET", "/variations/{id}", self._variation),
            ("GET", "/motion-variations/{id}", self._motion_variation),
            ("POST", "/init-image", self._init_image),
            ("GET", "/init-image/{id}", self._init_image_info),
            ("DELETE", "/init-image/{id}", self._delete_init_image),
            ("POST", "/canvas-init-image", self._canvas_init_image),
            ("POST", "/media", self._upload_media),
            ("GET", "/media/{id}", self._media_info),
            ("DELETE", "/media/{id}", self._delete_media),
            ("GET", "/elements", self._elements),
            ("GET", "/elements/{id}", self._own_element),
            ("DELETE", "/elements/{id}", self._delete_own_element),
            ("GET", "/elements/user/{userId}", self._own_elements),
            ("POST", "/prompt/improve", self._improve),
            ("POST", "/prompt/random", self._random),
            ("POST", "/pricing-calculator", self._price),
            *((method, path, _not_simulated(method, path)) for method, path in NOT_SIMULATED),
        )

    # -- account

    async def _me(self, _: Request) -> Response:
        house = self._house
        with house.lock:
            balance = house.world.balance_at(house.now())
        row = {
            "user": {"id": house.world.user_id, "username": "simulator"},
            "tokenRenewalDate": None,
            "paidTokens": 0,
            "subscriptionTokens": 0,
            "subscriptionGptTokens": 0,
            "subscriptionModelTokens": 0,
            "apiConcurrencySlots": house.world.slots,
            "apiPaidTokens": balance,
            "apiSubscriptionTokens": 0,
            "apiPlanTokenRenewalDate": None,
        }
        return Answer({"user_details": [row]})

    async def _platform_models(self, request: Request) -> Response:
        base = str(request.base_url).rstrip("/")
        rows = [
            {
                "id": model.id,
                "name": model.name,
                "description": f"{model.name}, simulated.",
                "featured": model.slug is not None,
                "nsfw": False,
                "generated_image": {
                    "id": preview_id(model.id),
                    "url": f"{base}/media/models/{preview_id(model.id)}.jpg",
                },
            }
            for model in catalog.MODELS
        ]
        return Answer({"custom_models": rows})

    async def _price(self, request: Request) -> Response:
        cost = prices.price(await json_object(request))
        return Answer({"calculateProductionApiServiceCost": {"cost": cost}})

    # -- jobs

    def _maker(self, path: str, kind: Kind) -> Endpoint:
        async def make(request: Request) -> Response:
            job = self._house.create(kind, await json_object(request), path)
            ack = {kind.id_member: job.id, **self._house.cost(job.credits)}
            if kind is videos.VIDEO_UPSCALE:
                # both ids are answered; that this one is the original's is assumed
                ack = {"generationId": job.members["sourceGenerationId"], **ack}
            return Answer({kind.wrapper: ack})

        return make

    async def _generation(self, request: Request) -> Response:
        row = self._house.look(uuid_in_path(request, "id"), request, "generations")
        return Answer({"generations_by_pk": row})

    async def _generations(self, request: Request) -> Response:
        house = self._house
        user_id = uuid_in_path(request, "userId")
        offset = whole_query(request, "offset", 0)
        limit = whole_query(request, "limit", 10)
        rows: list[dict[str, object]] = []
        if user_id == house.world.user_id:
            with house.lock:
                now = house.now()
                page = house.world.page(offset, limit, now)
                rows = [house.row(job, str(request.base_url), now) for job in page]
        return Answer({"generations": rows})

    async def _delete_generation(self, request: Request) -> Response:
        house = self._house
        job_id = uuid_in_path(request, "id")
        with house.lock:
            deleted = house.world.delete(job_id, house.now())
            if deleted is not None:
                house.changed(None)
        row = None if deleted is None else {"id": deleted}
        return Answer({"delete_generations_by_pk": row})

    async def _variation(self, request: Request) -> Response:
        row = self._house.look(uuid_in_path(request, "id"), request, "variations")
        return Answer({"generated_image_variation_generic": [] if row is None else [row]})

    async def _motion_variation(self, request: Request) -> Response:
        row = self._house.look(uuid_in_path(request, "id"), request, "motions")
        return Answer({"generated_image_variation_motion": [] if row is None else [row]})

    # -- uploads

    async def _init_image(self, request: Request) -> Response:
        read = _strings(await json_object(request), ("extension",))
        upload = self._announce("initImages", read["extension"])
        return Answer(
            {
                "uploadInitImage": {
                    "id": upload.id,
                    "fields": self._fields(upload),
                    "key": key_of(upload, self._house.world.user_id),
                    "url": _bucket(request),
                }
            }
        )

    async def _canvas_init_image(self, request: Request) -> Response:
        read = _strings(await json_object(request), ("initExtension", "maskExtension"))
        answer: dict[str, object] = {}
        user_id = self._house.world.user_id
        for name in ("init", "mask"):
            upload = self._announce("canvasImages", read[f"{name}Extension"])
            answer |= {
                f"{name}ImageId": upload.id,
                f"{name}Fields": self._fields(upload),
                f"{name}Key": key_of(upload, user_id),
                f"{name}Url": _bucket(request),
            }
        return Answer({"uploadCanvasInitImage": answer})

    async def _upload_media(self, request: Request) -> Response:
        read = _strings(await json_object(request), ("extension",), ("originalFilename", "teamId"))
        if read["extension"].lower() in ("mp3", "wav") and "originalFilename" not in read:
            raise refusals.missing_value("originalFilename")
        upload = self._announce("media", read["extension"])
        return Answer(
            {
                "uploadMedia": {
                    "uploadId": upload.id,
                    "url": _bucket(request),
                    "fields": self._fields(upload),
                }
            }
        )

    def _announce(self, folder: str, extension: str) -> Upload:
        house = self._house
        with house.lock:
            upload = house.world.uploads.announce(
                house.world.new_id(), folder, extension, house.now()
            )
            house.changed(None)
            return upload

    def _fields(self, upload: Upload) -> str:
        house = self._house
        date = house.date(upload.created_at)
        return (
            Answer(None)
            .render(house.world.uploads.fields(upload, house.world.user_id, date))
            .decode()
        )

    async def _init_image_info(self, request: Request) -> Response:
        upload = self._found(request, media=False)
        row = upload and {
            "id": upload.id,
            "url": self._url(upload, request),
            "createdAt": date_of(self._house.date(upload.created_at)),
        }
        return Answer({"init_images_by_pk": row})

    async def _media_info(self, request: Request) -> Response:
        upload = self._found(request, media=True)
        arrived = upload is not None and upload.digest is not None
        sound = upload is not None and upload.content_type.startswith("audio/")
        row = upload and {
            "id": upload.id,
            "createdAt": date_of(self._house.date(upload.created_at)),
            "url": self._url(upload, request) if arrived else None,
            "thumbnailUrl": None,
            "status": "COMPLETE" if arrived else "PENDING",
            "statusReason": None,
            "mediaType": "AUDIO" if sound else "VIDEO",
            "duration": None,
            "width": None,
            "height": None,
            "video_fps": None,
        }
        return Answer({"uploaded_media_by_pk": row})

    async def _delete_init_image(self, request: Request) -> Response:
        return Answer({"delete_init_images_by_pk": self._delete(request, media=False)})

    async def _delete_media(self, request: Request) -> Response:
        return Answer({"delete_uploaded_media_by_pk": self._delete(request, media=True)})

    def _found(self, request: Request, *, media: bool) -> Upload | None:
        upload = self._house.world.uploads.announced.get(uuid_in_path(request, "id"))
        return upload if upload is not None and upload.is_media == media else None

    def _delete(self, request: Request, *, media: bool) -> dict[str, object] | None:
        with self._house.lock:
            upload = self._found(request, media=media)
            if upload is None:
                return None
            # jobs that were made of it keep what they need
            self._house.world.uploads.forget(upload.id)
            self._house.changed(None)
            return {"id": upload.id}

    def _url(self, upload: Upload, request: Request) -> str:
        path = f"{upload.folder}/{upload.id}.{upload.extension}"
        return self._house.address(path, str(request.base_url))

    # -- elements and prompts

    async def _elements(self, request: Request) -> Response:
        base = str(request.base_url).rstrip("/")
        rows = [
            {
                "akUUID": element.id,
                "name": element.name,
                "description": f"{element.description} Simulated.",
                "creatorName": "simulator",
                "baseModel": element.base,
                "urlImage": f"{base}/media/elements/{element.id}.jpg",
                "weightMin": element.weights[0],
                "weightDefault": element.weights[1],
                "weightMax": element.weights[2],
            }
            for element in ELEMENTS
        ]
        return Answer({"loras": rows})

    async def _own_element(self, request: Request) -> Response:
        _whole_in_path(request)
        return Answer({"user_loras_by_pk": None})

    async def _delete_own_element(self, request: Request) -> Response:
        _whole_in_path(request)
        return Answer({"delete_user_loras_by_pk": None})

    async def _own_elements(self, request: Request) -> Response:
        uuid_in_path(request, "userId")
        return Answer({"user_loras": []})

    async def _improve(self, request: Request) -> Response:
        prompt = prompts.improved(await json_object(request))
        return self._prompt(prompt)

    async def _random(self, request: Request) -> Response:
        for name in await json_object(request, may_be_empty=True):
            raise refusals.unexpected_variable(name)
        return self._prompt(prompts.invented(self._house.world.rng))

    def _prompt(self, prompt: str) -> Response:
        self._house.pay(prompts.CREDITS)
        cost = self._house.cost(prompts.CREDITS)
        # not nullable here, unlike in every other answer
        cost["apiCreditCost"] = prompts.CREDITS
        return Answer({"promptGeneration": {"prompt": prompt, **cost}})


def _bucket(request: Request) -> str:
    return f"{request.base_url}uploads/"


def _strings(
    body: Mapping[str, object], required: tuple[str, ...], optional: tuple[str, ...] = ()
) -> dict[str, str]:
    """Return the members of a request that has only strings, or raise `Refusal`."""
    for name in body:
        if name not in (*required, *optional):
            raise refusals.unexpected_variable(name)
    for name in required:
        if body.get(name) is None:
            raise refusals.missing_value(name)
    read = read_members(body, dict.fromkeys((*required, *optional), string), "$.args")
    return {name: str(value) for name, value in read.items()}


def _whole_in_path(request: Request) -> int:
    value = str(request.path_params["id"])
    if not value.isdecimal() or len(value) > 9:
        raise Refusal(f'invalid input syntax for type integer: "{value}"', code="data-exception")
    return int(value)


def _not_simulated(method: str, path: str) -> Endpoint:
    async def refuse(_: Request) -> Response:
        raise refusals.not_built(f"{method} {path}")

    return refuse
