"""
Videos: what the service reads, refuses, charges and answers for its four video endpoints.

The simulator's own reading of the API reference, §8 and §18. Prices and most sizes are assumed:
nothing is published beyond the names of the resolutions.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from leonardo_nb.service.catalog import FIXED_CREDITS
from leonardo_nb.simulator import film, painter, refusals
from leonardo_nb.simulator.darkroom import DEVELOPS
from leonardo_nb.simulator.images import (
    FLAGGED_WORDS,
    REFUSED_WORDS,
    date_of,
    foresee,
    spread,
    uploaded,
    words_of,
)
from leonardo_nb.simulator.mp4 import can_film
from leonardo_nb.simulator.refusals import Refusal
from leonardo_nb.simulator.shapes import (
    bigint,
    boolean,
    enum,
    floating,
    integer,
    list_of,
    object_of,
    read_members,
    string,
)
from leonardo_nb.simulator.world import COMPLETE, Foreseen, Kind

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from PIL import Image

    from leonardo_nb.simulator.darkroom import Darkroom
    from leonardo_nb.simulator.shapes import Shape
    from leonardo_nb.simulator.world import Known, SimJob, Source, Status

__all__ = [
    "IMAGE_TO_VIDEO",
    "MOTION_SVD",
    "TEXT_TO_VIDEO",
    "VIDEO_UPSCALE",
    "draw",
    "files",
    "row",
    "video_price",
]

MODELS = (
    "MOTION2",
    "MOTION2FAST",
    "VEO3",
    "VEO3FAST",
    "VEO3_1",
    "VEO3_1FAST",
    "KLING2_1",
    "KLING2_5",
)
RETIRED = ("VEO3", "VEO3FAST")
RESOLUTIONS = {
    "RESOLUTION_480": (832, 480),
    "RESOLUTION_720": (1280, 720),
    "RESOLUTION_1080": (1920, 1080),
}
RESOLUTIONS_OF = {
    "MOTION2": ("RESOLUTION_480", "RESOLUTION_720"),
    "MOTION2FAST": ("RESOLUTION_480", "RESOLUTION_720"),
    "VEO3_1": ("RESOLUTION_720", "RESOLUTION_1080"),
    "VEO3_1FAST": ("RESOLUTION_720", "RESOLUTION_1080"),
    "KLING2_1": ("RESOLUTION_1080",),
    "KLING2_5": ("RESOLUTION_1080",),
}
MOTION_SIZES = ((512, 768), (576, 720), (832, 480), (480, 832), (1280, 720), (720, 1280))
DURATIONS = {
    "VEO3_1": (8, 4, 6),
    "VEO3_1FAST": (8, 4, 6),
    "KLING2_1": (5, 10),
    "KLING2_5": (5, 10),
}
"""The first one is the default; Motion 2.0 gives 5 s whatever is asked for."""

MOTION_SECONDS = 5
SEED_MAX = {"VEO3_1": 4_294_967_293, "VEO3_1FAST": 4_294_967_293}
SEED_MAX_MOTION = 2_147_483_637
PROMPT_CHARACTERS = 1500
SVD_SIZE = (1024, 576)
SVD_SECONDS = 4
SVD_STRENGTHS = range(1, 11)
SVD_STRENGTH = 5

_ending = object_of(
    "end_frame_image",
    {"id": string, "type": enum("init_image_type", ("GENERATED", "UPLOADED"))},
    required=("id", "type"),
)
_element = object_of("element_input", {"akUUID": string, "weight": floating}, required=("akUUID",))

_TEXT: Mapping[str, Shape] = {
    "prompt": string,
    "model": enum("motion_video_model", MODELS),
    "resolution": enum("motion_resolution", tuple(RESOLUTIONS)),
    "width": integer,
    "height": integer,
    "duration": integer,
    "frameInterpolation": boolean,
    "promptEnhance": boolean,
    "promptEnhanceInstruction": string,
    "isPublic": boolean,
    "negativePrompt": string,
    "styleIds": list_of(string),
    "elements": list_of(_element),
    "seed": bigint,
}
_IMAGE: Mapping[str, Shape] = {
    **_TEXT,
    "imageId": string,
    "imageType": enum("init_image_type", ("GENERATED", "UPLOADED")),
    "endFrameImage": _ending,
}
_UPSCALE: Mapping[str, Shape] = {
    "sourceGenerationId": string,
    "resolution": enum("MOTION_RESOLUTION", ("RESOLUTION_720",)),
}
_SVD: Mapping[str, Shape] = {
    "imageId": string,
    "isPublic": boolean,
    "isInitImage": boolean,
    "isVariation": boolean,
    "motionStrength": integer,
}
_ARGUMENTS = "$.selectionSet.motionVideoGenerationJob.args.arg1"
_SVD_ARGUMENTS = "$.selectionSet.motionSvdGenerationJob.args.arg1"


# -- what is read


def _read_text(body: Mapping[str, object], known: Known) -> dict[str, object]:
    return _read(body, known, _TEXT, ("prompt",))


def _read_image(body: Mapping[str, object], known: Known) -> dict[str, object]:
    members = _read(body, known, _IMAGE, ("prompt", "imageId", "imageType"))
    members["source"] = _source(known, members["imageId"], members["imageType"])
    ending = members.get("endFrameImage")
    if isinstance(ending, dict):
        if members["model"] != "KLING2_1":
            raise Refusal("endFrameImage is only supported by KLING2_1.")
        members["ending"] = _source(known, ending["id"], ending["type"])
    return members


def _source(known: Known, image_id: object, image_type: object) -> Source:
    if image_type == "UPLOADED":
        return uploaded(known, image_id)
    source = known.image(image_id)
    if source is None:
        raise Refusal("invalid init image id")
    return source


def _read(
    body: Mapping[str, object],
    _: Known,
    shapes: Mapping[str, Shape],
    required: tuple[str, ...],
) -> dict[str, object]:
    for name in body:
        if name not in shapes:
            raise refusals.unexpected_variable(name)
    for name in required:
        if body.get(name) is None:
            raise refusals.missing_value(name)
    if not can_film():
        raise refusals.not_built("Video without Pillow's AVIF encoder (its wheels have it)")
    members = read_members(body, shapes, _ARGUMENTS)
    _check_prompt(str(members["prompt"]))
    model = str(members.setdefault("model", "MOTION2"))
    if model in RETIRED:
        # since 2026-06-29; what the service says is not known
        raise Refusal(f"{model} is no longer available.")
    if "elements" in members and model not in ("MOTION2", "MOTION2FAST"):
        raise Refusal(f"elements are not supported by {model}.")
    seed = members.get("seed")
    if isinstance(seed, int) and not 0 <= seed <= SEED_MAX.get(model, SEED_MAX_MOTION):
        raise Refusal(
            f"Invalid seed, must be between 0 and {SEED_MAX.get(model, SEED_MAX_MOTION)}."
        )
    _set_size(members, model)
    _set_duration(members, model)
    members.setdefault("negativePrompt", "")
    members.setdefault("isPublic", False)
    return members


def _check_prompt(prompt: str) -> None:
    if not prompt.strip():
        raise Refusal("Invalid prompt, must not be empty.")
    if len(prompt) > PROMPT_CHARACTERS:
        raise Refusal(f"Invalid prompt, maximum length of {PROMPT_CHARACTERS} characters exceeded.")
    for word in words_of(prompt):
        if word in REFUSED_WORDS:
            raise refusals.words_moderated(word)


def _set_size(members: dict[str, object], model: str) -> None:
    width, height = members.get("width"), members.get("height")
    resolution = members.get("resolution")
    if resolution is not None and resolution not in RESOLUTIONS_OF[model]:
        listed = ", ".join(RESOLUTIONS_OF[model])
        raise Refusal(f"Invalid resolution, {model} supports {listed}.")
    if width is None and height is None:
        members.setdefault("resolution", RESOLUTIONS_OF[model][0])
        members["width"], members["height"] = RESOLUTIONS[str(members["resolution"])]
        return
    allowed: tuple[tuple[int, int], ...] = MOTION_SIZES
    if not model.startswith("MOTION2"):
        across = [RESOLUTIONS[name] for name in RESOLUTIONS_OF[model]]
        allowed = (*across, *((high, wide) for wide, high in across))
    if (width, height) not in allowed:
        raise Refusal("invalid dimensions")
    short = min(int(str(width)), int(str(height)))
    names = {480: "RESOLUTION_480", 720: "RESOLUTION_720", 1080: "RESOLUTION_1080"}
    members.setdefault("resolution", names.get(short, "RESOLUTION_480"))


def _set_duration(members: dict[str, object], model: str) -> None:
    allowed = DURATIONS.get(model)
    if allowed is None:
        # the official clients send their own default of 8 s to every model
        members["duration"] = MOTION_SECONDS
        return
    if members.setdefault("duration", allowed[0]) not in allowed:
        listed = ", ".join(str(seconds) for seconds in sorted(allowed))
        raise Refusal(f"Invalid duration, must be one of {listed}.")


def _read_svd(body: Mapping[str, object], known: Known) -> dict[str, object]:
    if known.world.refuses_retired:
        # gone since 2026-06-17; what the endpoint answers now is not known
        raise refusals.retired("POST /generations-motion-svd")
    for name in body:
        if name not in _SVD:
            raise refusals.unexpected_variable(name)
    if body.get("imageId") is None:
        raise refusals.missing_value("imageId")
    if not can_film():
        raise refusals.not_built("Video without Pillow's AVIF encoder (its wheels have it)")
    members = read_members(body, _SVD, _SVD_ARGUMENTS)
    strength = members.setdefault("motionStrength", SVD_STRENGTH)
    if strength not in SVD_STRENGTHS:
        raise Refusal("Invalid motionStrength, must be between 1 and 10.")
    members["source"] = _moved(known, members)
    members["width"], members["height"] = SVD_SIZE
    return (
        {"isPublic": False, "prompt": "", "negativePrompt": "", "seed": 0}
        | members
        | {
            "model": "SVD",
            "duration": SVD_SECONDS,
        }
    )


def _moved(known: Known, members: Mapping[str, object]) -> Source:
    """Return the picture that Motion 1.0 moves."""
    if members.get("isVariation") is True:
        variation = known.variation(members["imageId"])
        if variation is None:
            raise Refusal("failed to find init variation")
        return variation
    is_upload = members.get("isInitImage") is True
    return _source(known, members["imageId"], "UPLOADED" if is_upload else "GENERATED")


def _read_upscale(body: Mapping[str, object], known: Known) -> dict[str, object]:
    for name in body:
        if name not in _UPSCALE:
            raise refusals.unexpected_variable(name)
    for name in _UPSCALE:
        if body.get(name) is None:
            raise refusals.missing_value(name)
    members = read_members(body, _UPSCALE, _ARGUMENTS)
    video = known.video(members["sourceGenerationId"])
    if video is None:
        raise refusals.service_error()
    wide, high = int(str(video.members["width"])), int(str(video.members["height"]))
    factor = max(1.0, 720 / min(wide, high))
    members |= {
        "video": {**video.members},
        "width": round(wide * factor / 2) * 2,
        "height": round(high * factor / 2) * 2,
        "seed": 0,
    }
    return members


# -- what it costs, and how long it takes


def video_price(model: str, resolution: str, seconds: float = MOTION_SECONDS) -> int:
    """
    Return the credits for a video; assumed, since no table is published.

    >>> video_price("MOTION2", "RESOLUTION_480"), video_price("VEO3_1", "RESOLUTION_720", 8)
    (100, 672)
    """
    factor = {"RESOLUTION_480": 1.0, "RESOLUTION_720": 1.5}.get(resolution, 1.5)
    if model == "SVD":
        return FIXED_CREDITS["generations-motion-svd"]
    if model == "MOTION2":
        return round(100 * factor)
    if model == "MOTION2FAST":
        return round(60 * factor)
    if model.startswith("VEO3"):
        return round(84 * seconds * (0.5 if model.endswith("FAST") else 1.0))
    return round(50 * seconds)


def _credits(members: Mapping[str, object]) -> int:
    seconds = float(str(members["duration"]))
    return video_price(str(members["model"]), str(members.get("resolution")), seconds)


def _seconds(members: Mapping[str, object]) -> float:
    model = str(members["model"])
    usual = {
        "SVD": 60.0,
        "MOTION2": 70.0,
        "MOTION2FAST": 35.0,
        "VEO3_1FAST": 120.0,
        "VEO3_1": 190.0,
    }
    return usual.get(model, 150.0) * spread(members)


def _foresee(members: Mapping[str, object]) -> Foreseen:
    found = foresee({"prompt": members["prompt"]})
    flagged = any(word in FLAGGED_WORDS for word in words_of(str(members["prompt"])))
    return Foreseen(found.moderation, nsfw=flagged)


# -- what is drawn


def _numbers(members: Mapping[str, object]) -> tuple[tuple[int, int], float, int]:
    size = int(str(members["width"])), int(str(members["height"]))
    return size, float(str(members["duration"])), int(str(members["seed"]))


def _ground(
    members: Mapping[str, object], size: tuple[int, int], darkroom: Darkroom
) -> Image.Image:
    """Return the picture that the camera moves over."""
    source = members.get("source")
    if isinstance(source, dict):
        return darkroom.source(source)
    styles = members.get("styleIds")
    width, height = film.larger_than(size)
    words = {
        "prompt": members["prompt"],
        "negative_prompt": members["negativePrompt"],
        "seed": members["seed"],
        "styleUUID": styles[0] if isinstance(styles, list) and styles else None,
        "presetStyle": members.get("presetStyle", "CINEMATIC"),
        "num_inference_steps": 30,
    }
    if words["presetStyle"] == "CINEMATIC" and words["styleUUID"] is None:
        # bars would move with the camera
        words["presetStyle"] = "PHOTOGRAPHY"
    return painter.layers(words, width=width, height=height).image


def _shot(members: Mapping[str, object], size: tuple[int, int], darkroom: Darkroom) -> bytes:
    original, seconds, seed = _numbers(members)
    ending = members.get("ending")
    return film.shoot(
        # painted for the original's size, so that an upscaled film shows the same
        _ground(members, original, darkroom),
        size,
        seconds,
        prompt=str(members["prompt"]),
        seed=seed,
        last=darkroom.source(ending) if isinstance(ending, dict) else None,
        reach=_reach(members),
    )


def _reach(members: Mapping[str, object]) -> float:
    """Return how far the camera moves; 1 is as far as the picture allows."""
    return int(str(members.get("motionStrength", 10))) / 10


def _poster(members: Mapping[str, object], _: int, darkroom: Darkroom) -> Image.Image:
    size, _seconds_long, seed = _numbers(members)
    ground = _ground(members, size, darkroom)
    words, reach = str(members["prompt"]), _reach(members)
    return film.camera(ground, size, 2, prompt=words, seed=seed, reach=reach)(0)


def draw(job: SimJob, number: int, darkroom: Darkroom) -> bytes:
    """Return the poster (0) or the film (1)."""
    if number == 0:
        # a frame is marked already
        return painter.encode(_poster(job.members, 0, darkroom))
    return _shot(job.members, _numbers(job.members)[0], darkroom)


def _draw_upscaled(job: SimJob, _: int, darkroom: Darkroom) -> bytes:
    video = job.members["video"]
    assert isinstance(video, dict)  # noqa: S101  what was read
    size = int(str(job.members["width"])), int(str(job.members["height"]))
    return _shot(video, size, darkroom)


# -- what is answered


def files(job: SimJob) -> tuple[str, ...]:
    """Return where the poster and the film lie."""
    (output_id,) = job.output_ids
    return (f"generations/{job.id}/{output_id}.jpg", f"generations/{job.id}/{output_id}.mp4")


def row(
    job: SimJob, status: Status, created_at: datetime, url_of: Callable[[int], str]
) -> dict[str, object]:
    """Return what a look at a video job answers."""
    members = job.members
    motion = {
        "fantasyAvatar": None,
        "imageToVideo": "source" in members,
        "motion": True,
        "motionModel": members["model"],
        "motionStrength": members.get("motionStrength"),
    }
    entries = [
        {
            "id": output_id,
            "url": url_of(0),
            "motionMP4URL": url_of(1),
            "nsfw": job.nsfw,
            "likeCount": 0,
            "generated_image_variation_generics": [],
            **motion,
        }
        for output_id in job.output_ids
    ]
    return {
        "id": job.id,
        "status": status,
        "createdAt": date_of(created_at),
        "prompt": members["prompt"],
        "negativePrompt": members["negativePrompt"],
        "modelId": None,
        "imageWidth": members["width"],
        "imageHeight": members["height"],
        "inferenceSteps": None,
        "guidanceScale": None,
        "seed": members["seed"],
        # live answers have null in these two; the specification, and a strict client, do not
        "scheduler": "EULER_DISCRETE",
        "sdVersion": "v1_5",
        "presetStyle": None,
        "public": members["isPublic"],
        "ultra": None,
        "initStrength": None,
        "photoReal": None,
        "photoRealStrength": None,
        "promptMagic": None,
        "promptMagicStrength": None,
        "promptMagicVersion": None,
        **motion,
        "generation_elements": [],
        "prompt_moderations": [{"moderationClassification": list(job.moderation)}],
        "generated_images": entries if status == COMPLETE else [],
    }


def _upscale_row(
    job: SimJob, status: Status, created_at: datetime, url_of: Callable[[int], str]
) -> dict[str, object]:
    return {
        "id": job.id,
        "status": status,
        "motionTransformType": "UPSCALE",
        "resolution": "RESOLUTION_720",
        "url": url_of(0) if status == COMPLETE else None,
        "createdAt": date_of(created_at),
    }


def _video_kind(
    name: str, read: Callable[[Mapping[str, object], Known], dict[str, object]], wrapper: str
) -> Kind:
    return Kind(
        name=name,
        wrapper=wrapper,
        read=read,
        credits=_credits,
        seconds=_seconds,
        outputs=lambda _: 1,
        foresee=_foresee,
        row=row,
        files=files,
        draw=draw,
        event=("video_generation.complete", "generation"),
    )


TEXT_TO_VIDEO = _video_kind("TEXT_TO_VIDEO", _read_text, "motionVideoGenerationJob")
IMAGE_TO_VIDEO = _video_kind("IMAGE_TO_VIDEO", _read_image, "motionVideoGenerationJob")
MOTION_SVD = _video_kind("MOTION_SVD_GENERATION", _read_svd, "motionSvdGenerationJob")
VIDEO_UPSCALE = Kind(
    name="VIDEO_UPSCALE",
    wrapper="motionVideoGenerationJob",
    read=_read_upscale,
    credits=lambda _: 50,
    seconds=lambda members: 60.0 * spread(members),
    outputs=lambda _: 0,
    foresee=lambda _: Foreseen(),
    row=_upscale_row,
    files=lambda job: (
        f"generations/{job.members['sourceGenerationId']}/variations/upscale_{job.id}.mp4",
    ),
    draw=_draw_upscaled,
    shelf="motions",
    lane="upscaling",
    id_member="variationId",
    event=("post_processing.completed", "generated_image_variation_motion"),
)
DEVELOPS.update(TEXT_TO_VIDEO=_poster, IMAGE_TO_VIDEO=_poster)
