"""
The bodies that ask for videos: from text, from an image, and from another video.

Which lengths, sizes and resolutions go together depends on the model, so the rules are made from
the tables of video models. A model that is in the v2 API only is asked for there, see
`service/v2_videos.py`; its requests are kept here in the words of v1, as those for pictures are.
"""

# ruff: noqa: N815  members are named as on the wire

from __future__ import annotations

import json
import random
import re
from functools import partial
from typing import TYPE_CHECKING, ClassVar, Final, Literal, Self

from leonardo_nb.errors import ConflictingParameters, InvalidRequest
from leonardo_nb.service.catalog import (
    FIXED_CREDITS,
    MOTION_SVD_RETIRED,
    RESOLUTIONS,
    SEED_MAX_FLUX,
    SEED_MAX_VEO,
    SHAPES,
    V2_VIDEO_MODELS,
    VIDEO_MODELS,
    Range,
    V2VideoModel,
    VideoModel,
    find_v2_video_model,
    find_video_model,
)
from leonardo_nb.service.reading import Member, Vocabulary, nearest_of, shown
from leonardo_nb.service.requests.body import Body, Closed, SourceType
from leonardo_nb.service.requests.image import Element  # noqa: TC001  pydantic reads it
from leonardo_nb.service.rules import Rule
from leonardo_nb.service.v2_videos import V2_ONLY, remarks, translated_video
from leonardo_nb.service.values import ELEMENT

if TYPE_CHECKING:
    from collections.abc import Mapping

    from leonardo_nb.service.v2 import Translation

__all__ = ["EndFrame", "ImageToVideo", "MotionSvd", "TextToVideo", "VideoUpscale"]

_MAX_PROMPT: Final = 9999  # characters; no model of the service takes more
_MAX_NEGATIVE: Final = 1000
_SOURCES: Final = ("GENERATED", "UPLOADED")
_FINER: Final = ("RESOLUTION_720",)
_SIDE: Final = Range(64, 4096, whole=True)
_NEWER: Final = tuple(model for model in V2_VIDEO_MODELS if model.v1_id is None)
"""Models that the v1 API does not have; it makes the clips of the others."""

_IDS: Final = {
    spelling: model.id for model in VIDEO_MODELS for spelling in (model.id, model.name)
} | {spelling: model.slug for model in _NEWER for spelling in (model.slug, model.name)}

_CLIP: Final = (
    Member("prompt", "text", "What happens in the video.", max_characters=_MAX_PROMPT),
    Member(
        "model",
        "choice",
        "The model that makes the video.",
        (*(each.id for each in VIDEO_MODELS), *(each.slug for each in _NEWER)),
    ),
    Member("resolution", "choice", "How fine the video is.", RESOLUTIONS),
    Member("width", "whole", "Width in pixels.", limits=_SIDE),
    Member("height", "whole", "Height in pixels.", limits=_SIDE),
    Member("duration", "whole", "Length in seconds.", limits=Range(1, 60, whole=True)),
    Member(
        "seed",
        "whole",
        "Where the video starts from; the same seed makes it again.",
        limits=Range(0, SEED_MAX_VEO, whole=True),
    ),
    Member(
        "negativePrompt", "text", "What to keep out of the video.", max_characters=_MAX_NEGATIVE
    ),
    Member("promptEnhance", "flag", "Let the service add detail to the prompt."),
    Member("promptEnhanceInstruction", "text", "How the prompt should be enhanced."),
    Member("frameInterpolation", "flag", "Blend frames into a smoother video."),
    Member("styleIds", "list", "Ids of styles; Motion 2.0 has its own."),
    Member(
        "elements",
        "list",
        "Elements to mix in; Motion 2.0 only.",
        items=ELEMENT,
        required=("akUUID",),
    ),
    Member("isPublic", "flag", "Show the video in the community feed."),
    Member(V2_ONLY, "flag", "Whether the video has sound; models of the v2 API only."),
)
_FIRST_FRAME: Final = (
    Member("imageId", "id", "The image that the video begins with."),
    Member("imageType", "choice", "Where that image is from.", _SOURCES),
    Member(
        "endFrameImage",
        "object",
        "The image that the video ends with.",
        items=(
            Member("id", "id", "The image."),
            Member("type", "choice", "Where it is from.", _SOURCES),
        ),
        required=("id", "type"),
    ),
)

# What people type who know the image parameters or another tool.
_ELSEWHERE: Final = {
    "audio": V2_ONLY,
    "end_frame": "endFrameImage",
    "end_image": "endFrameImage",
    "enhance_prompt": "promptEnhance",
    "enhanceprompt": "promptEnhance",
    "image": "imageId",
    "init_image_id": "imageId",
    "length": "duration",
    "modelid": "model",
    "model_id": "model",
    "public": "isPublic",
    "seconds": "duration",
    "size": "resolution",
    "sound": V2_ONLY,
    "styleuuid": "styleIds",
    "style": "styleIds",
}


def _model(members: Mapping[str, object]) -> VideoModel | None:
    return find_video_model(str(members.get("model") or VIDEO_MODELS[0].id))


def _newer(members: Mapping[str, object]) -> V2VideoModel | None:
    """Return the model of a request that goes to the v2 API, or None where v1 makes the clip."""
    found = find_v2_video_model(str(members.get("model") or ""))
    return None if found is None or found.v1_id is not None else found


def _model_id(text: str, *, check: bool) -> str:
    """Return what `model` takes for a model that *text* names, or *text* where nobody knows it."""
    if named := find_video_model(text):
        return named.id
    if newer := find_v2_video_model(text):
        return newer.slug
    found = nearest_of(text, _IDS, cutoff=0.4)
    if found is None or not check:
        return text
    nearest = _IDS[found]
    raise InvalidRequest(
        f'model {shown(text)} does not exist; the nearest is "{nearest}".',
        member="model",
        value=text,
        nearest=nearest,
    )


def _words(values: tuple[object, ...]) -> str:
    *most, last = map(str, values)
    return f"{', '.join(most)} or {last}" if most else last


def _runs_on(model: VideoModel, members: Mapping[str, object]) -> bool:
    return _model(members) is model


def _outside(
    model: VideoModel, name: str, taken: tuple[object, ...], members: Mapping[str, object]
) -> bool:
    given = members.get(name)
    return _runs_on(model, members) and given is not None and given not in taken


def _other_size(model: VideoModel, members: Mapping[str, object]) -> bool:
    width, height = members.get("width"), members.get("height")
    if not _runs_on(model, members) or width is None or height is None or not model.sizes:
        return False
    return (width, height) not in model.sizes


def _over_seed(model: VideoModel, members: Mapping[str, object]) -> bool:
    seed = members.get("seed")
    most = model.seed_max
    return _runs_on(model, members) and most is not None and isinstance(seed, int) and seed > most


def _given(model: VideoModel, name: str, members: Mapping[str, object]) -> bool:
    return _runs_on(model, members) and bool(members.get(name))


def _retired(model: VideoModel, members: Mapping[str, object]) -> bool:
    return _runs_on(model, members) and model.retired is not None


def _spoken(resolutions: tuple[str, ...]) -> str:
    """
    Return resolutions as people type them, and as the service names them.

    >>> _spoken(("RESOLUTION_480", "RESOLUTION_720"))
    '480p or 720p (RESOLUTION_480 or RESOLUTION_720)'
    """
    short = tuple(f"{each.removeprefix('RESOLUTION_')}p" for each in resolutions)
    return f"{_words(short)} ({_words(resolutions)})"


def _with_resolution(
    given: Mapping[str, object], taken: tuple[str, ...], *, check: bool
) -> Mapping[str, object]:
    """Return *given* with the service's name of the resolution, in any accepted spelling."""
    value = given.get("resolution")
    text = str(value).strip()
    height = re.fullmatch(r"(?:resolution_)?(480|720|1080)p?", text, re.IGNORECASE)
    named = f"RESOLUTION_{height[1]}" if height else ""
    if named in taken:
        return {**given, "resolution": named}
    if not check or not isinstance(value, str):
        return given  # of another type, or to be sent as it is
    nearest = None
    if number := re.fullmatch(r"(?:resolution_)?(\d{3,4})p?", text, re.IGNORECASE):
        lines = int(number[1])
        nearest = min(taken, key=lambda each: abs(int(each.removeprefix("RESOLUTION_")) - lines))
    hint = f'; the nearest is "{nearest}"' if nearest and len(taken) > 1 else ""
    raise InvalidRequest(
        f"resolution {shown(value)} does not exist here; it is {_spoken(taken)}{hint}.",
        member="resolution",
        value=value,
        nearest=nearest,
    )


def _rules_of(model: VideoModel) -> list[Rule]:
    """Return what does not go together on one model."""
    key, name = model.id.lower(), model.name
    rules = []
    if model.retired is not None:
        rules.append(
            Rule(
                f"{key}-retired",
                ("model",),
                f'{name} was retired on {model.retired}; use model="{model.instead}".',
                partial(_retired, model),
            )
        )
    rules.append(
        Rule(
            f"{key}-resolution",
            ("resolution", "model"),
            f"{name} takes {_spoken(model.resolutions)}.",
            partial(_outside, model, "resolution", model.resolutions),
        )
    )
    lengths = tuple(sorted(model.durations))
    rules.append(
        Rule(
            f"{key}-duration",
            ("duration", "model"),
            f"{name} takes a duration of {_words(lengths)} seconds."
            if lengths
            else f"{name} makes clips of about {model.clip_seconds:g} s; leave duration out.",
            partial(_outside, model, "duration", lengths),
        )
    )
    if model.sizes:
        sizes = _words(tuple(f"{width} x {height}" for width, height in model.sizes))
        rules.append(
            Rule(
                f"{key}-size",
                ("width", "height", "model"),
                f"{name} makes {sizes} pixels.",
                partial(_other_size, model),
            )
        )
    if model.seed_max is not None and model.seed_max < SEED_MAX_VEO:
        rules.append(
            Rule(
                f"{key}-seed",
                ("seed", "model"),
                f"On {name} seed is at most {model.seed_max}.",
                partial(_over_seed, model),
            )
        )
    if not model.takes_elements:
        rules.append(
            Rule(
                f"{key}-elements",
                ("elements", "model"),
                f"{name} takes no elements; Motion 2.0 does.",
                partial(_given, model, "elements"),
            )
        )
    return rules


_SIZE_PARTS: Final = Rule(
    "video-size-parts",
    ("width", "height"),
    "width and height go together; give both or neither.",
    lambda m: (m.get("width") is None) != (m.get("height") is None),
)
_COMMON: Final = (_SIZE_PARTS, *(rule for model in VIDEO_MODELS for rule in _rules_of(model)))


def _end_frame_rules() -> list[Rule]:
    takers = tuple(each.name for each in VIDEO_MODELS if each.takes_end_frame and not each.retired)
    return [
        Rule(
            f"{model.id.lower()}-end-frame",
            ("endFrameImage", "model"),
            f"{model.name} takes no endFrameImage; {_words(takers)} does.",
            partial(_given, model, "endFrameImage"),
        )
        for model in VIDEO_MODELS
        if not model.takes_end_frame
    ]


def _text_rules() -> list[Rule]:
    return [
        Rule(
            f"{model.id.lower()}-needs-image",
            ("model",),
            f"{model.name} needs an image to begin with; use image.to_video(), or another model.",
            partial(_runs_on, model),
        )
        for model in VIDEO_MODELS
        if not model.reads_text
    ]


class EndFrame(Closed):
    """The image that a video ends with."""

    id: str
    type: str


class _Clip(Body):
    """What a video from text and a video from an image have in common."""

    kind: ClassVar[Literal["generation", "video", "variation"]] = "video"
    looked_for: ClassVar[Literal["generation", "variation", "motion-variation"]] = "generation"
    # the structure document's samples have the name that is Motion 1.0's in reality
    wrappers: ClassVar[tuple[str, ...]] = (
        "motionVideoGenerationJob",
        "motionSvdGenerationJob",
        "generate",
    )
    lead: ClassVar[str] = "prompt"

    prompt: str
    model: str | None = None
    resolution: str | None = None
    width: int | None = None
    height: int | None = None
    duration: int | None = None
    seed: int | None = None
    negativePrompt: str | None = None
    promptEnhance: bool | None = None
    promptEnhanceInstruction: str | None = None
    frameInterpolation: bool | None = None
    styleIds: tuple[str, ...] | None = None
    elements: tuple[Element, ...] | None = None
    isPublic: bool | None = None
    motion_has_audio: bool | None = None

    @classmethod
    def _read(cls, given: Mapping[str, object], *, check: bool) -> Self:
        model = given.get("model")
        if isinstance(model, str) and model.strip():
            given = {**given, "model": _model_id(model, check=check)}
        return super()._read(_with_resolution(given, RESOLUTIONS, check=check), check=check)

    @classmethod
    def _ruled(cls, read: Mapping[str, object], *, check: bool) -> Self:
        newer = _newer(read)
        if newer is None:
            if V2_ONLY in read:
                named = _model(read)
                raise ConflictingParameters(
                    f"{named.name if named else 'The model'} is asked for in the v1 API, which has "
                    f"no {V2_ONLY}; leave it out, or use a model of the v2 API, such as "
                    'model="happy-horse-1.1".',
                    members=(V2_ONLY, "model"),
                    rule="v1",
                )
            return super()._ruled(read, check=check)
        # our rules speak of the v1 API; what this model takes is in its own row
        body = cls.model_validate_json(json.dumps(cls._resolved(cls._drawn(read))))
        translated_video(newer, body.wire(), check=check)
        return body

    @classmethod
    def _drawn(cls, read: Mapping[str, object]) -> dict[str, object]:
        if newer := _newer(read):
            is_drawn = "seed" not in read and newer.takes is not None and "seed" in newer.takes
            return dict(read) | ({"seed": _drawn_seed()} if is_drawn else {})
        model = _model(read)
        if "seed" in read or model is None or model.seed_max is None:
            return dict(read)
        return dict(read) | {"seed": _drawn_seed()}

    @classmethod
    def _resolved(cls, given: Mapping[str, object]) -> dict[str, object]:
        members = dict(given)
        members.setdefault("model", VIDEO_MODELS[0].id)
        if newer := _newer(members):
            return _resolved_newer(newer, members)
        if (model := _model(members)) is not None:
            width, height = members.get("width"), members.get("height")
            sides = [side for side in (width, height) if isinstance(side, int)]
            members.setdefault("resolution", _resolution(model, min(sides, default=0)))
            if model.durations:
                members.setdefault("duration", model.durations[0])
        members.setdefault("isPublic", False)
        return members

    @property
    def newer(self) -> V2VideoModel | None:
        """The model where the request goes to the v2 API, or None where v1 makes the clip."""
        return _newer({"model": self.model})

    @property
    def video_model(self) -> VideoModel | V2VideoModel | None:
        """The model, or None for one that our lists do not have."""
        return self.newer or find_video_model(self.model or VIDEO_MODELS[0].id)

    def translated(self) -> Translation | None:
        """
        Return the request in the words of the v2 API, or None where it goes to v1.

        Raises:
            ConflictingParameters: Something in it has no equivalent there.
        """
        newer = self.newer
        return None if newer is None else translated_video(newer, self.wire(), check=False)

    def frame(self, source: tuple[int, int] | None = None) -> tuple[int, int, int]:
        """Return width and height in pixels and the number of the video, which is one."""
        del source  # the service crops it
        if self.width and self.height:
            return self.width, self.height, 1
        if newer := self.newer:
            return *(newer.size_of(self.resolution or "") or newer.frame), 1
        return *SHAPES.get(self.resolution or "", SHAPES["RESOLUTION_480"]), 1

    @property
    def seconds(self) -> float:
        """How long the clip will be."""
        model = self.video_model
        return float(self.duration or (model.clip_seconds if model else 5.0))

    def pricing(self) -> dict[str, object] | None:
        """Return the body that asks the service's calculator, which knows Motion 2.0 and Veo 3."""
        model = None if self.newer else _model(self.wire())
        if model is None or model.price_service is None:
            return None
        params = {"resolution": self.resolution or model.resolutions[0]}
        return {"service": model.price_service, "serviceParams": {model.price_service: params}}

    def advice(self) -> tuple[str, ...]:
        """Say that the model is retired, or how little is published of what it takes."""
        if newer := self.newer:
            return remarks(newer, self.wire())
        model = _model(self.wire())
        if model is None or model.retired is None:
            return ()
        sentence = (
            f"{model.name} was retired on {model.retired}; where the service refuses it, "
            f'model="{model.instead}" takes its place.'
        )
        return (sentence,)


def _drawn_seed() -> int:
    return random.SystemRandom().randint(0, SEED_MAX_FLUX)


def _resolved_newer(model: V2VideoModel, members: dict[str, object]) -> dict[str, object]:
    """Return *members* with what is published of a v2 model's defaults, and no more than that."""
    if model.default_size is not None and members.get("resolution") is None:
        width, height = members.get("width"), members.get("height")
        for wide, high in (model.default_size, *model.sizes):
            if width in {None, wide} and height in {None, high}:
                members |= {"width": wide, "height": high}
                break
    if model.default_duration is not None:
        members.setdefault("duration", model.default_duration)
    members.setdefault("isPublic", False)
    return members


def _resolution(model: VideoModel, side: int) -> str:
    """Return the resolution of a video whose shorter side is *side* pixels; 0 where not given."""
    for resolution in model.resolutions:
        if side <= int(resolution.removeprefix("RESOLUTION_")):
            return resolution
    # 512 x 768 and 576 x 720 are sizes of the smallest resolution's, a little over its name
    return model.resolutions[-1]


class TextToVideo(_Clip):
    """
    Ask for a video from words: the body of `POST /generations-text-to-video`.

    A model that is in the v2 API only is asked for there, as `translated` says it. One that is in
    both, such as Motion 2.0, Veo 3.1 or Kling 2.5, is asked for in v1, also by its v2 name: v1's
    members are documented one by one, and its calculator knows the price of Motion 2.0.

    >>> TextToVideo.of("waves", resolution="720p", seed=1).notable()
    {'seed': 1, 'resolution': 'RESOLUTION_720'}
    """

    endpoint: ClassVar[str] = "generations-text-to-video"
    function: ClassVar[str] = "text_to_video"
    vocabulary: ClassVar[Vocabulary] = Vocabulary.of("text_to_video", _CLIP, _ELSEWHERE)
    rules: ClassVar[tuple[Rule, ...]] = (*_COMMON, *_text_rules())


class ImageToVideo(_Clip):
    """
    Ask for a video that begins with an image: the body of `POST /generations-image-to-video`.

    `imageType` is GENERATED where nothing else is said. Models of the v2 API are asked for there,
    as with `TextToVideo`: the image becomes the guidance `start_frame`, or `image_reference` where
    the model has no other, and `endFrameImage` becomes `end_frame`.
    """

    endpoint: ClassVar[str] = "generations-image-to-video"
    function: ClassVar[str] = "image_to_video"
    vocabulary: ClassVar[Vocabulary] = Vocabulary.of(
        "image_to_video", (_CLIP[0], *_FIRST_FRAME, *_CLIP[1:]), _ELSEWHERE
    )
    rules: ClassVar[tuple[Rule, ...]] = (*_COMMON, *_end_frame_rules())

    imageId: str
    imageType: str
    endFrameImage: EndFrame | None = None

    @property
    def source_id(self) -> str | None:
        """The id of the image that the video begins with."""
        return self.imageId

    @property
    def source_type(self) -> SourceType:
        """Of what sort that image is."""
        return "UPLOADED" if self.imageType == "UPLOADED" else "GENERATED"

    @classmethod
    def _resolved(cls, given: Mapping[str, object]) -> dict[str, object]:
        return super()._resolved({**given, "imageType": given.get("imageType") or "GENERATED"})


class MotionSvd(Body):
    """
    Ask for Motion 1.0 to move an image: the body of `POST /generations-motion-svd`.

    The service has retired it; what it answers now is not documented, so it is sent, and `advice`
    says what takes its place.
    """

    endpoint: ClassVar[str] = "generations-motion-svd"
    kind: ClassVar[Literal["generation", "video", "variation"]] = "video"
    looked_for: ClassVar[Literal["generation", "variation", "motion-variation"]] = "generation"
    wrappers: ClassVar[tuple[str, ...]] = ("motionSvdGenerationJob", "motionVideoGenerationJob")
    function: ClassVar[str] = "motion"
    lead: ClassVar[str] = "imageId"
    vocabulary: ClassVar[Vocabulary] = Vocabulary.of(
        "motion",
        (
            Member("imageId", "id", "The image that moves."),
            Member(
                "motionStrength",
                "whole",
                "How much it moves.",
                limits=Range(1, 10, whole=True),
            ),
            Member("isInitImage", "flag", "Whether it is an uploaded image."),
            Member("isVariation", "flag", "Whether it is a variation."),
            Member("isPublic", "flag", "Show the video in the community feed."),
        ),
        {"public": "isPublic", "strength": "motionStrength"},
    )
    rules: ClassVar[tuple[Rule, ...]] = (
        Rule(
            "one-origin",
            ("isInitImage", "isVariation"),
            "An image is uploaded or a variation, not both.",
            lambda m: m.get("isInitImage") is True and m.get("isVariation") is True,
        ),
    )

    imageId: str
    motionStrength: int | None = None
    isInitImage: bool | None = None
    isVariation: bool | None = None
    isPublic: bool | None = None

    @classmethod
    def _resolved(cls, given: Mapping[str, object]) -> dict[str, object]:
        usual = {"motionStrength": 5, "isInitImage": False, "isVariation": False, "isPublic": False}
        return usual | dict(given)

    @property
    def caption(self) -> str:
        """What is done to the image."""
        return "Motion"

    @property
    def source_id(self) -> str | None:
        """The id of the image that moves."""
        return self.imageId

    @property
    def source_type(self) -> SourceType:
        """Of what sort that image is."""
        if self.isVariation:
            return "VARIATION"
        return "UPLOADED" if self.isInitImage else "GENERATED"

    @property
    def seconds(self) -> float:
        """How long the clip will be: Motion 1.0 makes 25 frames."""
        return 4.0

    def pricing(self) -> dict[str, object]:
        """Return the body that asks the service's calculator; it has nothing to choose."""
        service = "MOTION_SVD_GENERATION"
        return {"service": service, "serviceParams": {service: {}}}

    def estimated_credits(self) -> int:
        """Return the published price."""
        return FIXED_CREDITS[self.endpoint]

    def advice(self) -> tuple[str, ...]:
        """Say that the model is retired, and what takes its place."""
        sentence = (
            f"Motion 1.0 was retired on {MOTION_SVD_RETIRED}; where the service refuses it, "
            'image.to_video(prompt, model="MOTION2") takes its place.'
        )
        return (sentence,)


class VideoUpscale(Body):
    """
    Ask for a finer video: the body of `POST /generations-video-upscale`.

    The only job that is looked for among the motion variations.
    """

    endpoint: ClassVar[str] = "generations-video-upscale"
    kind: ClassVar[Literal["generation", "video", "variation"]] = "video"
    looked_for: ClassVar[Literal["generation", "variation", "motion-variation"]] = (
        "motion-variation"
    )
    wrappers: ClassVar[tuple[str, ...]] = ("motionVideoGenerationJob",)
    function: ClassVar[str] = "upscale_video"
    lead: ClassVar[str] = "sourceGenerationId"
    vocabulary: ClassVar[Vocabulary] = Vocabulary.of(
        "upscale_video",
        (
            Member("sourceGenerationId", "id", "The video's generation."),
            Member("resolution", "choice", "How fine it becomes.", _FINER),
        ),
        {"generation_id": "sourceGenerationId", "id": "sourceGenerationId"},
    )

    sourceGenerationId: str
    resolution: str

    @classmethod
    def _read(cls, given: Mapping[str, object], *, check: bool) -> Self:
        return super()._read(_with_resolution(given, _FINER, check=check), check=check)

    @classmethod
    def _resolved(cls, given: Mapping[str, object]) -> dict[str, object]:
        return {"resolution": "RESOLUTION_720"} | dict(given)

    @property
    def caption(self) -> str:
        """What is done to the video."""
        return "Video upscale"

    @property
    def source_id(self) -> str | None:
        """The id of the video's generation."""
        return self.sourceGenerationId

    def frame(self, source: tuple[int, int] | None = None) -> tuple[int, int, int]:
        """Return width and height in pixels of the finer video."""
        across, down = source or (16, 9)
        return round(720 * across / min(across, down)), round(720 * down / min(across, down)), 1
