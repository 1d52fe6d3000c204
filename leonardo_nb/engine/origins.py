"""
What a job can begin with, and the requests that begin with it.

An image is named to the service by an id and by where it is from; which member says so differs
from one kind of job to the next. This is the one place that knows.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from leonardo_nb.errors import InvalidRequest
from leonardo_nb.service.requests import (
    CutOut,
    ImageToVideo,
    MotionSvd,
    RemoveBackground,
    UniversalUpscale,
    Unzoom,
    Upscale,
    VideoUpscale,
)

if TYPE_CHECKING:
    from leonardo_nb.engine.media import Image
    from leonardo_nb.engine.uploads import Upload
    from leonardo_nb.library.records import MediaFile
    from leonardo_nb.service.requests import SourceType

__all__ = [
    "ImageLike",
    "ImageType",
    "Origin",
    "described",
    "image_to_video_of",
    "media_of",
    "motion_of",
    "nobg_of",
    "origin_of",
    "reference_of",
    "universal_upscale_of",
    "unzoom_of",
    "upscale_of",
    "video_upscale_of",
]


ImageLike: TypeAlias = "Image | Upload | str"
"""What stands for an image the service has: one of ours, or its id as text."""

ImageType = Literal["GENERATED", "UPLOADED"]
"""The service's words for where an image is from that is no variation."""


@dataclass(frozen=True, slots=True)
class Origin:
    """
    An image that the service has.

    Attributes:
        id: The service's name for it.
        type: Where it is from.
        media: Our file of it, or None where only the id is known.
    """

    id: str
    type: SourceType = "GENERATED"
    media: MediaFile | None = None


_UPLOAD_IT = "; leo.upload() makes one of a file or a PIL.Image"

_OLDER = ("isVariation", "is_variation")
"""What the older endpoint takes beside the image."""


def origin_of(image: object, *, member: str = "image") -> Origin:
    """
    Return what *image* is to the service.

    Args:
        image: An `Image`, an `Upload`, or the id of a generated image as text.
        member: What the caller calls it, for the sentence.

    Raises:
        InvalidRequest: It is none of these; the sentence says how to make it one.
    """
    if isinstance(image, str):
        return Origin(image)
    if isinstance(origin := getattr(image, "origin", None), Origin):
        return origin
    raise InvalidRequest(
        f"{member} must be an Image of a job, an Upload, or an id as text, not "
        f"{described(image, otherwise=_UPLOAD_IT)}.",
        member=member,
        value=image,
    )


def reference_of(image: object, *, member: str = "image") -> tuple[str, ImageType]:
    """
    Return the id of *image*, and where the service has to look for it.

    Raises:
        InvalidRequest: It is neither an `Image` nor an `Upload`, or it is a variation, which only
            variations can begin with.
    """
    if isinstance(origin := getattr(image, "origin", None), Origin):
        return origin.id, _image_type(origin, image, member)
    what = (
        "text; of an id alone nobody can tell whether it is an upload's or an image's"
        if isinstance(image, str)
        else described(image, otherwise=_UPLOAD_IT)
    )
    raise InvalidRequest(
        f"{member} must be an Image of a job or an Upload, not {what}.",
        member=member,
        value=image,
    )


def described(what: object, *, otherwise: str = "") -> str:
    """
    Return words for something that is no image, with what is meant instead if that is near.

    Args:
        what: Anything.
        otherwise: What to add where nothing is near.
    """
    kind = type(what).__name__
    if hasattr(what, "images"):
        return f"the {kind} itself; take one of its pictures, such as .images[0]"
    if isinstance(what, (list, tuple)) or kind == "Images":
        return "several; take one of them, such as [0]"
    if hasattr(what, "poster"):
        return f"a {kind}; leo.upload(video.poster) makes an image of its still"
    return f"a {kind}{otherwise}"


def media_of(image: object) -> MediaFile | None:
    """Return our file of *image*, or None where there is none, or only an id was given."""
    return None if image is None else origin_of(image).media


def upscale_of(image: object, **parameters: Any) -> Upscale:  # noqa: ANN401  request members
    """Return the request that makes *image* larger; it takes images that were generated."""
    origin = origin_of(image)
    if origin.type != "GENERATED":
        raise InvalidRequest(
            f"upscale() takes images that were generated, and this is {_named(origin)}; "
            "universal_upscale() takes it.",
            member="image",
            value=image,
        )
    return Upscale.of(origin.id, **parameters)


def unzoom_of(image: object, **parameters: Any) -> Unzoom:  # noqa: ANN401  request members
    """Return the request that draws more around *image*."""
    origin = origin_of(image)
    if origin.type == "UPLOADED":
        raise InvalidRequest(
            "unzoom() takes images that were generated, and variations; this is an upload. "
            "universal_upscale() makes a variation of it.",
            member="image",
            value=image,
        )
    return Unzoom.of(origin.id, **_is_variation(origin), **parameters)


def nobg_of(image: object, **parameters: Any) -> RemoveBackground | CutOut:  # noqa: ANN401  request members
    """
    Return the request that takes away the background of *image*.

    Two endpoints do it: the older one knows nothing but the image, and takes no uploads.
    """
    origin = origin_of(image)
    if origin.type != "UPLOADED" and not parameters.keys() - {"check", *_OLDER}:
        return RemoveBackground.of(origin.id, **_is_variation(origin), **parameters)
    if not isinstance(image, str):
        parameters["imageType"] = origin.type
    return CutOut.of(origin.id, **parameters)


def universal_upscale_of(image: object, **parameters: Any) -> UniversalUpscale:  # noqa: ANN401  request members
    """
    Return the request that makes *image* larger in a style.

    Raises:
        ConflictingParameters: The result would be larger than the service makes.
    """
    if image is None:  # one of the service's own members has it
        return UniversalUpscale.of(**parameters)
    origin = origin_of(image)
    member = {"VARIATION": "variationId", "UPLOADED": "initImageId"}.get(origin.type)
    parameters[member or "generatedImageId"] = origin.id
    request = UniversalUpscale.of(**parameters)
    if origin.media is not None:
        request.output_size((origin.media.file.width, origin.media.file.height))
    return request


def image_to_video_of(prompt: object, image: object = None, **parameters: Any) -> ImageToVideo:  # noqa: ANN401  request members
    """Return the request for a video that begins with *image*, or with `imageId`."""
    if (end := parameters.get("endFrameImage")) is not None and not isinstance(end, dict):
        last = _not_variation(end, "endFrameImage")
        parameters["endFrameImage"] = {"id": last.id, "type": last.type}
    if image is not None:
        origin = _not_variation(image, "image")
        parameters["imageId"] = origin.id
        if not isinstance(image, str):
            parameters["imageType"] = origin.type
    return ImageToVideo.of(prompt, **parameters)


def motion_of(image: object, **parameters: Any) -> MotionSvd:  # noqa: ANN401  request members
    """Return the request that lets Motion 1.0 move *image*."""
    origin = origin_of(image)
    if origin.type != "GENERATED":
        name = "isInitImage" if origin.type == "UPLOADED" else "isVariation"
        parameters[name] = True
    return MotionSvd.of(origin.id, **parameters)


def video_upscale_of(video: object, **parameters: Any) -> VideoUpscale:  # noqa: ANN401  request members
    """
    Return the request for a finer *video*.

    Args:
        video: A `Video`, a `VideoJob` that has been accepted, or a generation's id as text.
        **parameters: Members of `VideoUpscale`.
    """
    generation = video if isinstance(video, str) else getattr(video, "generation_id", None)
    if not isinstance(generation, str):
        raise InvalidRequest(
            "video must be a Video that no upscaling has made, a VideoJob that was accepted, or "
            f"a generation's id as text, not {video!r}.",
            member="video",
            value=video,
        )
    return VideoUpscale.of(generation, **parameters)


def _not_variation(image: object, member: str) -> Origin:
    origin = origin_of(image, member=member)
    return Origin(origin.id, _image_type(origin, image, member), origin.media)


def _image_type(origin: Origin, image: object, member: str) -> ImageType:
    """
    Return where *origin* is from.

    Raises:
        InvalidRequest: It is a variation.
    """
    if origin.type == "VARIATION":
        raise InvalidRequest(
            f"{member} is the result of a variation, which the service does not take here; "
            "upload it: leo.upload(image).",
            member=member,
            value=image,
        )
    return origin.type


def _is_variation(origin: Origin) -> dict[str, bool]:
    return {"isVariation": True} if origin.type == "VARIATION" else {}


def _named(origin: Origin) -> str:
    return "an upload" if origin.type == "UPLOADED" else "the result of a variation"
