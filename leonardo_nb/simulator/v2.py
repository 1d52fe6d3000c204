"""
The v2 API: newer models, nested acknowledgements, and failures that arrive with status 200.

The simulator's own reading of the API reference, §10 and §11. Images and videos are made; 3D,
audio and the Aurora upscalers are part of the service but not simulated.
"""

from __future__ import annotations

import base64
import io
import math
from typing import TYPE_CHECKING

import anyio.to_thread
from PIL import Image, ImageColor

from leonardo_nb.service import catalog
from leonardo_nb.simulator import images, painter, refusals, retouch, videos
from leonardo_nb.simulator.darkroom import DEVELOPS
from leonardo_nb.simulator.house import Answer, json_object
from leonardo_nb.simulator.images import (
    REFUSED_WORDS,
    file_size,
    foresee,
    spread,
    uploaded,
    words_of,
)
from leonardo_nb.simulator.mp4 import can_film
from leonardo_nb.simulator.refusals import Refusal
from leonardo_nb.simulator.v2_models import MODELS, find_model
from leonardo_nb.simulator.world import Kind, Known, cost_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from starlette.requests import Request
    from starlette.responses import Response

    from leonardo_nb.simulator.house import Endpoint, House, Routes
    from leonardo_nb.simulator.v2_models import V2Model
    from leonardo_nb.simulator.world import SimJob, Source

__all__ = ["IMAGE_V2", "VIDEO_V2", "SecondDesk"]

STRENGTHS = {"LOW": "Low", "MID": "Mid", "HIGH": "High", "ULTRA": "Ultra", "MAX": "Max"}
STRENGTHS_OF = {
    "style": ("LOW", "MID", "HIGH", "ULTRA", "MAX"),
    "content": ("LOW", "MID", "HIGH", "ULTRA"),
}
PLAIN_STRENGTHS = ("LOW", "MID", "HIGH")
WITH_STRENGTH = ("style", "content", "character", "edge", "pose", "depth", "text_image")
IMAGE_TYPES = ("UPLOADED", "GENERATED", "VARIATION", "URL", "BASE64", "INIT", "GENERATION")
NEGATIVE_CHARACTERS = 1000
MOST_SIDE = 2048
"""Pictures are painted no larger than this; a few models would go on to 14,142."""

STYLES_OF = {
    "lucid-origin": ("Cinematic Creative Dynamic Fashion None Portrait Stock_Photo Vibrant"),
    "lucid-realism": (
        "Bokeh Cinematic Cinematic_Close-Up Creative Dynamic Fashion Film Food HDR Long_Exposure "
        "Macro Minimalist Monochrome Moody Neutral None Portrait Retro Stock_Photo Unprocessed "
        "Vibrant"
    ),
    "flux-dev": (
        "3D_Render Acrylic Anime_General Creative Dynamic Fashion Game_Concept Graphic_Design_3D "
        "Illustration None Portrait Portrait_Cinematic Portrait_Fashion Ray_Traced Stock_Photo "
        "Watercolor"
    ),
}
DYNAMIC = catalog.STYLES["Dynamic"]

REMOVE_BG_CREDITS = 70
REMOVE_BG_PREVIEW_CREDITS = 18
MOST_BASE64 = 7_500_000
MOST_SENTENCES = 50
"""One sentence for each wrong parameter; no model has that many."""


class Invalid(Exception):
    """Parameters that a model does not take; each sentence is one of them."""

    def __init__(self, *sentences: str) -> None:
        self.sentences = tuple(map(refusals.cut, sentences[:MOST_SENTENCES]))
        super().__init__("; ".join(self.sentences))


class Failed(Exception):
    """
    A v2 failure that is not about parameters.

    Attributes:
        code: The service's own word.
        status: The HTTP status that the body names; the answer's own is 200.
    """

    def __init__(self, message: str, code: str = "BadRequestException", status: int = 400) -> None:
        super().__init__(refusals.cut(message))
        self.code = code
        self.status = status


# -- what is read


def _model_of(body: Mapping[str, object]) -> tuple[V2Model, dict[str, object]]:
    strange = [name for name in body if name not in ("model", "public", "parameters")]
    if strange:
        raise Invalid(*(f"property {name} should not exist" for name in strange))
    model = find_model(body.get("model"))
    if model is None:
        raise Failed(f"Model {body.get('model')} not found", "NOT_FOUND", 404)
    if not isinstance(body.get("public", False), bool):
        raise Invalid("public must be a boolean")
    parameters = body.get("parameters")
    if not isinstance(parameters, dict):
        raise Invalid("parameters must be an object")
    return model, parameters


def _allowed(model: V2Model) -> set[str] | None:
    """Return the parameters that a model takes, or None where that is not known."""
    if model.extras is None and model.styles is None:
        return None
    names = {"prompt", "width", "height", "quantity", "seed", "style_ids", "prompt_enhance"}
    names |= {"guidances"} | set(model.extras or ())
    if model.modes or model.kind == "video":
        names.add("mode")
    if model.qualities:
        names.add("quality")
    if model.durations or model.default_duration:
        names.add("duration")
    return names


def _whole(value: object) -> int | None:
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _check(model: V2Model, parameters: Mapping[str, object]) -> None:
    """Raise `Invalid` with everything that is wrong."""
    wrong: list[str] = []
    allowed = _allowed(model)
    if allowed is not None:
        wrong += [f"property {name} should not exist" for name in parameters if name not in allowed]
    prompt = parameters.get("prompt")
    if not isinstance(prompt, str) or not prompt.strip():
        wrong.append("prompt should not be empty")
    elif len(prompt) > model.prompt_max:
        wrong.append(f"prompt must be shorter than or equal to {model.prompt_max} characters")
    for name in model.required:
        if parameters.get(name) is None and "." not in name:
            wrong.append(f"{name} should not be empty")
    wrong += _wrong_numbers(model, parameters)
    for name, values in (
        ("mode", model.modes),
        ("quality", model.qualities),
        ("prompt_enhance", ("AUTO", "ON", "OFF")),
        ("contrast", ("LOW", "MEDIUM", "HIGH")),
    ):
        value = parameters.get(name)
        if value is not None and values and value not in values:
            wrong.append(f"{name} must be one of the following values: {', '.join(values)}")
    for name in ("tiling", "transparency", "motion_has_audio"):
        if not isinstance(parameters.get(name, False), bool):
            wrong.append(f"{name} must be a boolean value")
    negative = parameters.get("negative_prompt", "")
    if not isinstance(negative, str) or len(negative) > NEGATIVE_CHARACTERS:
        wrong.append(
            f"negative_prompt must be shorter than or equal to {NEGATIVE_CHARACTERS} characters"
        )
    wrong += _wrong_styles(model, parameters) + _wrong_guidances(model, parameters)
    if wrong:
        raise Invalid(*wrong)


def _wrong_numbers(model: V2Model, parameters: Mapping[str, object]) -> list[str]:
    wrong: list[str] = []
    ranges = {
        "width": model.width or (0, 14_142),
        "height": model.height or (0, 14_142),
        "quantity": (1, model.quantity[1]),
        "seed": (0, model.seed_max),
    }
    for name, (low, high) in ranges.items():
        value = parameters.get(name)
        if value is None:
            continue
        whole = _whole(value)
        if whole is None or not low <= whole <= high:
            wrong.append(f"{name} must be an integer between {low} and {high}")
        elif name in ("width", "height") and whole % model.step:
            wrong.append(f"{name} must be a multiple of {model.step}")
    size = parameters.get("width"), parameters.get("height")
    if model.sizes and size not in ((None, None), (0, 0)) and size not in model.sizes:
        listed = ", ".join(f"{wide}x{high}" for wide, high in model.sizes)
        wrong.append(f"width and height must be one of {listed}")
    if parameters.get("seed") is not None and not model.has_seed:
        wrong.append("property seed should not exist")
    duration = parameters.get("duration")
    if duration is not None and (
        _whole(duration) is None
        or (model.durations and duration not in model.durations)
        or not 1 <= (_whole(duration) or 0) <= 15
    ):
        listed = ", ".join(str(one) for one in model.durations or range(1, 16))
        wrong.append(f"duration must be one of the following values: {listed}")
    return wrong


def _wrong_styles(model: V2Model, parameters: Mapping[str, object]) -> list[str]:
    styles = parameters.get("style_ids")
    if styles is None:
        return []
    if not isinstance(styles, list) or not all(isinstance(one, str) for one in styles):
        return ["style_ids must be an array of UUIDs"]
    if model.kind == "image" and len(styles) > 1:
        return ["style_ids must contain no more than 1 elements"]
    if model.styles is not None:
        names = [name.replace("_", " ") for name in STYLES_OF[model.styles].split()]
        ids = [catalog.STYLES[name] for name in names]
        return [
            f"style_ids: {one} is not a style of {model.slug}" for one in styles if one not in ids
        ]
    return []


def _wrong_guidances(model: V2Model, parameters: Mapping[str, object]) -> list[str]:
    guidances = parameters.get("guidances")
    if guidances is None:
        return []
    if not isinstance(guidances, dict):
        return ["guidances must be an object"]
    wrong: list[str] = []
    for name, entries in guidances.items():
        most = 16 if model.guidances is None else model.guidances.get(name, 0)
        if not most:
            wrong.append(f"guidances.property {name} should not exist")
        elif not isinstance(entries, list) or len(entries) > most:
            wrong.append(f"guidances.{name} must be an array of no more than {most} elements")
        else:
            wrong += _wrong_entries(name, entries)
    return wrong


def _wrong_entries(name: str, entries: list[object]) -> list[str]:
    wrong: list[str] = []
    for index, entry in enumerate(entries):
        at = f"guidances.{name}.{index}"
        image = entry.get("image", entry.get("video")) if isinstance(entry, dict) else None
        if not isinstance(entry, dict) or not isinstance(image, dict):
            wrong.append(f"{at}.image should not be empty")
            continue
        if image.get("type") not in IMAGE_TYPES:
            wrong.append(f"{at}.image.type must be one of the following values: "
                         f"{', '.join(IMAGE_TYPES[:5])}")  # fmt: skip
        strength = entry.get("strength")
        strengths = STRENGTHS_OF.get(name, PLAIN_STRENGTHS)
        needed = name in WITH_STRENGTH or strength is not None
        if needed and strength not in strengths:
            wrong.append(f"{at}.strength must be one of the following values: "
                         f"{', '.join(strengths)}")  # fmt: skip
    return wrong


def _colour(given: object) -> str | None:
    """Return what is behind a cut-out: a name, or hexadecimal with or without a #."""
    if given is None:
        return None
    for colour in (str(given), f"#{given}"):
        try:
            ImageColor.getrgb(colour)
        except ValueError:
            continue
        return colour
    raise Invalid("bg_color must be a colour")


def _source(image: Mapping[str, object], known: Known) -> Source:
    """Return the picture that an image object names, or raise `Failed`."""
    given = image.get("id")
    try:
        match image.get("type"):
            case "UPLOADED" | "INIT":
                return uploaded(known, given)
            case "GENERATED" | "GENERATION":
                source = known.image(given)
            case "VARIATION":
                source = known.variation(given)
            case "BASE64":
                return _from_data(str(image.get("data") or ""), known)
            case _:
                url = str(image.get("url") or "")
                if not url.startswith("data:"):
                    # the simulator fetches nothing from anywhere
                    raise Failed("couldn't access image")
                return _from_data(url.partition(",")[2], known)
    except Refusal as refusal:
        raise Failed(refusal.error) from None
    if source is None:
        raise Failed("invalid init image id")
    return source


def _from_data(text: str, known: Known) -> Source:
    try:
        content = base64.b64decode(text, validate=True)
    except ValueError:
        raise Failed("couldn't access image") from None
    if not content or len(content) > MOST_BASE64:
        raise Failed("couldn't access image")
    digest = known.world.uploads.hold(content)
    if not images.is_picture(known, digest):
        raise Failed("couldn't access image")
    return {"kind": "UPLOAD", "id": digest, "digest": digest}


_NETS = {"style": 67, "character": 133}


def _read_image(body: Mapping[str, object], known: Known) -> dict[str, object]:
    model, parameters = _model_of(body)
    _check(model, parameters)
    members = _common(model, parameters, body)
    sources: dict[str, Source] = {}
    nets: list[dict[str, object]] = []
    for name, entries in _guidances(parameters):
        for entry in entries:
            source = _source(entry["image"], known)
            key = str(source["id"])
            sources[key] = source
            strength = STRENGTHS.get(str(entry.get("strength")), "Mid")
            if name == "image_to_image":
                members["init_image_id"] = key
                members["init_strength"] = {"Low": 0.3, "Mid": 0.5, "High": 0.75}[strength]
            else:
                nets.append(
                    {
                        "initImageId": key,
                        # any other number guides the composition
                        "preprocessorId": _NETS.get(name, 100),
                        "strengthType": strength,
                    }
                )
    if nets:
        members["controlnets"] = nets
    if sources:
        members["sources"] = sources
    return members


def _guidances(
    parameters: Mapping[str, object],
) -> list[tuple[str, list[dict[str, dict[str, object]]]]]:
    guidances = parameters.get("guidances")
    return list(guidances.items()) if isinstance(guidances, dict) else []


def _common(
    model: V2Model, parameters: Mapping[str, object], body: Mapping[str, object]
) -> dict[str, object]:
    """Return v2 parameters under the names that the rest of the simulator knows."""
    prompt = str(parameters["prompt"])
    for word in words_of(prompt):
        if word in REFUSED_WORDS:
            raise Failed(f"content moderation filter: {word}")
    wide, high = model.default_size or (1024, 1024)
    styles = parameters.get("style_ids")
    style = styles[0] if isinstance(styles, list) and styles else DYNAMIC
    return {
        "slug": model.slug,
        "prompt": prompt,
        "negative_prompt": parameters.get("negative_prompt") or "",
        "modelId": model.model_id,
        "width": _whole(parameters.get("width")) or wide,
        "height": _whole(parameters.get("height")) or high,
        "num_images": _whole(parameters.get("quantity")) or model.quantity[0],
        "num_inference_steps": 25 if parameters.get("mode") in ("QUALITY", "ULTRA") else 15,
        "guidance_scale": 7,
        "seed": _whole(parameters.get("seed")),
        "scheduler": "EULER_DISCRETE",
        "styleUUID": style,
        "alchemy": False,
        "ultra": parameters.get("mode") == "ULTRA",
        "mode": parameters.get("mode"),
        "photoReal": False,
        "promptMagic": False,
        "tiling": parameters.get("tiling") is True,
        "transparency": "foreground_only" if parameters.get("transparency") is True else "disabled",
        "public": body.get("public") is True,
    }


def _read_video(body: Mapping[str, object], known: Known) -> dict[str, object]:
    model, parameters = _model_of(body)
    _check(model, parameters)
    if not can_film():
        raise refusals.not_built("Video without Pillow's AVIF encoder (its wheels have it)")
    common = _common(model, parameters, body)
    wide, high = (model.default_size or (832, 480)) if model.sizes else (1280, 720)
    members: dict[str, object] = {
        "slug": model.slug,
        "prompt": common["prompt"],
        "negativePrompt": common["negative_prompt"],
        "model": model.slug,
        "width": _whole(parameters.get("width")) or wide,
        "height": _whole(parameters.get("height")) or high,
        "duration": _whole(parameters.get("duration"))
        or model.default_duration
        or (model.durations[0] if model.durations else 5),
        "seed": common["seed"],
        "isPublic": common["public"],
        "styleIds": parameters.get("style_ids") or [],
    }
    for name, entries in _guidances(parameters):
        for entry in entries[:1]:
            if "image" in entry and name in ("start_frame", "image_reference", "end_frame"):
                ends = name == "end_frame"
                members["ending" if ends else "source"] = _source(entry["image"], known)
    if "guidances.start_frame" in model.required and "source" not in members:
        raise Invalid("guidances.start_frame should not be empty")
    return members


# -- what it costs, how long it takes, where it lies


def _credits(members: Mapping[str, object]) -> int:
    """Return the credits for images; a rate through the few amounts that were seen."""
    megapixels = int(str(members["width"])) * int(str(members["height"])) / 1e6
    factor = {"ULTRA": 2.5, "QUALITY": 1.8}.get(str(members.get("mode")), 1.0)
    each = max(3, math.ceil(6 * megapixels * factor))
    return each * int(str(members["num_images"]))


def _video_credits(members: Mapping[str, object]) -> int:
    short = min(int(str(members["width"])), int(str(members["height"])))
    resolution = "RESOLUTION_480" if short <= 576 else "RESOLUTION_720"
    model = {"motion_2.0": "MOTION2", "motion_2.0-fast": "MOTION2FAST"}.get(
        str(members["model"]), "KLING"
    )
    return videos.video_price(model, resolution, float(str(members["duration"])))


def _size(members: Mapping[str, object]) -> tuple[int, int]:
    width, height = file_size(members)
    factor = min(1.0, MOST_SIDE / max(width, height))
    return max(8, round(width * factor)), max(8, round(height * factor))


def _files(job: SimJob) -> tuple[str, ...]:
    named = {**job.members, "modelId": job.members["modelId"] or ""}
    return tuple(
        f"generations/{job.id}/{images.file_name(named, index)}"
        for index in range(len(job.output_ids))
    )


IMAGE_V2 = Kind(
    name="V2_IMAGE",
    wrapper="generate",
    read=_read_image,
    credits=_credits,
    seconds=lambda members: (catalog.expected_seconds(members) + 3) * spread(members),
    outputs=lambda members: int(str(members["num_images"])),
    foresee=foresee,
    row=images.row,
    files=_files,
    draw=lambda job, number, darkroom: darkroom.finished(
        darkroom.generated(job.members, number, _size(job.members))
    ),
    id_version=6,
)
DEVELOPS[IMAGE_V2.name] = lambda members, number, darkroom: darkroom.generated(
    members, number, _size(members)
)
VIDEO_V2 = Kind(
    name="V2_VIDEO",
    wrapper="generate",
    read=_read_video,
    credits=_video_credits,
    seconds=lambda members: 90.0 * spread(members),
    outputs=lambda _: 1,
    foresee=foresee,
    row=videos.row,
    files=videos.files,
    draw=videos.draw,
    event=("video_generation.complete", "generation"),
    id_version=6,
)
DEVELOPS[VIDEO_V2.name] = DEVELOPS[videos.TEXT_TO_VIDEO.name]


# -- what is answered


class SecondDesk:
    """
    Answers v2 requests.

    Args:
        house: Whose.
    """

    def __init__(self, house: House) -> None:
        self._house = house

    @property
    def routes(self) -> Routes:
        """Method, path and endpoint."""
        return (
            ("POST", "/generations", _failures("generate", self._generate)),
            ("POST", "/generationssync", _failures("generateSync", self._sync)),
            ("GET", "/models", self._models),
        )

    async def _generate(self, request: Request) -> Response:
        body = await json_object(request)
        model, _ = _model_of(body)
        kind = {"image": IMAGE_V2, "video": VIDEO_V2}.get(model.kind)
        if kind is None:
            raise refusals.not_built(f"{model.name} through POST /v2/generations")
        job = self._house.create(kind, body, "/v2/generations")
        return Answer(
            {
                "generate": {
                    "generationId": job.id,
                    "apiCreditCost": None,
                    "cost": cost_of(job.credits, self._house.unit),
                }
            }
        )

    async def _models(self, _: Request) -> Response:
        # ids are UUIDs and no slug is answered, which is why nobody can work from this list alone
        return Answer(
            {
                "productionApiAvailableModels": [
                    {
                        "id": model.model_id or f"51a7e0de-0000-4000-8000-{number:012}",
                        "name": model.name,
                        "parameters": _schema(model),
                    }
                    for number, model in enumerate(MODELS)
                ]
            }
        )

    async def _sync(self, request: Request) -> Response:
        body = await json_object(request)
        strange = set(body) - {"model", "public", "ephemeral", "base64", "parameters"}
        if strange:
            raise Invalid(*(f"property {name} should not exist" for name in sorted(strange)))
        if body.get("model") != "remove-bg":
            raise Failed(f"Model {body.get('model')} not found", "NOT_FOUND", 404)
        parameters = body.get("parameters")
        guidances = parameters.get("guidances") if isinstance(parameters, dict) else None
        entries = guidances.get("image_reference") if isinstance(guidances, dict) else None
        if (
            not isinstance(parameters, dict)
            or not isinstance(entries, list)
            or len(entries) != 1
            or not isinstance(entries[0], dict)
            or not isinstance(entries[0].get("image"), dict)
        ):
            raise Invalid("guidances.image_reference must contain exactly 1 elements")
        house = self._house
        with house.lock:
            source = _source(entries[0]["image"], Known(house.world, house.now()))
        preview = parameters.get("size") == "preview"
        price = REMOVE_BG_PREVIEW_CREDITS if preview else REMOVE_BG_CREDITS
        format_ = str(parameters.get("format", "png")).upper()
        if format_ not in ("PNG", "JPG", "WEBP"):
            raise Invalid("format must be one of the following values: png, jpg, webp")
        colour = _colour(parameters.get("bg_color"))
        crop = parameters.get("crop") is True
        house.pay(price)
        content, size = await anyio.to_thread.run_sync(
            self._removed,
            source,
            format_.replace("JPG", "JPEG"),
            500 if preview else MOST_SIDE,
            colour,
            crop,
        )
        kind = {"PNG": "png", "JPG": "jpeg", "WEBP": "webp"}[format_]
        result: dict[str, object] = {
            "contentType": f"image/{kind}",
            "width": size[0],
            "height": size[1],
        }
        if body.get("base64") is True:
            result["dataB64"] = base64.b64encode(content).decode()
        else:
            result["url"] = self._kept(content, format_.lower(), request)
        return Answer(
            {
                "generateSync": {
                    "id": house.world.new_id(6),
                    "results": [result],
                    "cost": cost_of(price, house.unit),
                    "blockedCount": 0,
                }
            }
        )

    def _removed(
        self,
        source: Source,
        format_: str,
        most: int,
        colour: str | None,
        crop: bool,  # noqa: FBT001  to_thread takes no keywords
    ) -> tuple[bytes, tuple[int, int]]:
        darkroom = self._house.darkroom
        image = retouch.cut_out(darkroom.source(source), darkroom.cover(source))
        if crop and (box := image.getchannel("A").getbbox()) is not None:
            image = image.crop(box)
        image.thumbnail((most, most))
        image = painter.marked(image)
        if format_ == "JPEG" or colour is not None:
            flat = Image.new("RGB", image.size, colour or "#ffffff")
            flat.paste(image, (0, 0), image)
            image = flat
        buffer = io.BytesIO()
        image.save(buffer, format_)
        return buffer.getvalue(), image.size

    def _kept(self, content: bytes, extension: str, request: Request) -> str:
        house = self._house
        with house.lock:
            upload = house.world.uploads.announce(
                house.world.new_id(), "initImages", extension, house.now()
            )
            upload.digest = house.world.uploads.hold(content)
            house.changed(None)
        path = f"initImages/{upload.id}.{upload.extension}"
        return house.address(path, str(request.base_url))


def _schema(model: V2Model) -> dict[str, object]:
    """Return a model's parameters as the models list describes them."""
    properties: dict[str, object] = {
        "prompt": {"type": "string", "minLength": 1, "maxLength": model.prompt_max},
        "quantity": {"type": "integer", "default": model.quantity[0], "maximum": model.quantity[1]},
    }
    for name, limits in (("width", model.width), ("height", model.height)):
        if limits is not None:
            properties[name] = {"type": "integer", "minimum": limits[0], "maximum": limits[1]}
    if model.modes:
        properties["mode"] = {"type": "string", "enum": list(model.modes)}
    return {"type": "object", "properties": properties, "required": ["prompt"]}


def _failures(path: str, endpoint: Endpoint) -> Endpoint:
    """Return *endpoint* with its failures as v2 sends them: an array, and status 200."""

    async def answered(request: Request) -> Response:
        try:
            return await endpoint(request)
        except Invalid as invalid:
            details = [{"message": sentence} for sentence in invalid.sentences]
            return _failure(path, "VALIDATION_ERROR", 400, "Validation failed", details)
        except Failed as failed:
            return _failure(path, failed.code, failed.status, str(failed), [])
        except Refusal as refusal:
            if refusal.code == "unexpected" and refusal.status == 400:
                return _failure(path, "BadRequestException", 400, refusal.error, [])
            raise

    return answered


def _failure(
    path: str, code: str, status: int, message: str, errors: list[dict[str, str]]
) -> Response:
    return Answer(
        [
            {
                "message": "An error occurred." if errors else message,
                "path": [path],
                "locations": [{"line": 1, "column": 40}],
                "extensions": {
                    "code": code,
                    "statusCode": status,
                    "details": {"message": message, "statusCode": status, "errors": errors},
                },
            }
        ]
    )
