"""
What a price is asked of: a request, a function and what would be given to it, or a service.

Pure. Nothing is uploaded to ask a price: a picture that the service does not have yet counts by
its size alone.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from functools import partial
from inspect import signature
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final, Protocol, TypeVar

from leonardo_nb.engine import origins
from leonardo_nb.engine.canvas import inpaint_of
from leonardo_nb.engine.media import Image, Video
from leonardo_nb.engine.origins import Origin
from leonardo_nb.engine.pictures import read_picture
from leonardo_nb.errors import InvalidRequest, UnknownParameter
from leonardo_nb.library.files import StoredFile
from leonardo_nb.library.records import MediaFile
from leonardo_nb.money import Credits
from leonardo_nb.service.catalog import FIXED_CREDITS
from leonardo_nb.service.reading import nearest_of, shown
from leonardo_nb.service.requests import Body, TextToVideo, UniversalUpscale

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from leonardo_nb.money import Cost
    from leonardo_nb.service.requests import CreateGeneration

__all__ = ["SERVICES", "Priced", "priced", "service_named"]

T = TypeVar("T")

SERVICES: Final = (
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
"""What the calculator knows, by its own names."""

FIXED: Final = {"improve_prompt": "prompt/improve", "random_prompt": "prompt/random"}
FREE: Final = frozenset(
    {"upload", "me", "models", "elements", "styles", "history", "jobs", "job", "delete", "price"}
)

_NOT_SENT: Final = "00000000-0000-4000-8000-000000000000"


@dataclass(frozen=True, slots=True)
class Priced:
    """
    What the price is asked of.

    Attributes:
        request: What would be posted.
        size: Width and height in pixels of what it begins with, where that is known.
    """

    request: Body
    size: tuple[int, int] | None = None


class _StandIn:
    """A picture that the service does not have, for the one question what it would cost."""

    def __init__(self, picture: Any) -> None:  # noqa: ANN401  whatever leo.upload() takes
        read = read_picture(picture)
        file = StoredFile(Path(read.name), read.sha256, read.media_type, *read.size, len(read.data))
        self.origin = Origin(_NOT_SENT, "UPLOADED", MediaFile(_NOT_SENT, "", nsfw=False, file=file))


class _Asked(Protocol):
    """The studio that is asked for a price."""

    def request(self, prompt: object, *, check: bool = True, **parameters: Any) -> CreateGeneration:  # noqa: ANN401
        """Return the request for pictures."""

    def ingredients(
        self, parameters: Mapping[str, object], *, check: bool = True
    ) -> dict[str, Any]:
        """Return parameters as the service has them."""


def priced(
    what: object, given: tuple[Any, ...], parameters: dict[str, Any], *, studio: _Asked
) -> Priced | Cost:
    """
    Return what *what* would ask for, or its price where nobody has to be asked.

    Args:
        what: A prompt, a request, a public function, or a method of a studio, an `Image` or a
            `Video`.
        given: What the function would be given in order.
        parameters: And by name.
        studio: Makes requests of words.

    Raises:
        InvalidRequest: It is none of these, or the request itself would be refused.
    """
    if isinstance(what, str):
        return _called("generate", lambda: Priced(studio.request(what, *given, **parameters)))
    if isinstance(what, Body):
        return Priced(what.replaced(**parameters) if parameters else what)
    function = getattr(what, "__func__", what)
    name = _name_of(function, type(studio))
    if name in FIXED:
        return Credits(FIXED_CREDITS[FIXED[name]])
    if name in FREE:
        return Credits(0)
    if name not in _WAYS or not callable(function):
        raise InvalidRequest(
            "A price is asked of a prompt, of a request, of a function such as leo.text_to_video "
            'with what it would be given, or of service="MODEL_TRAINING" with its parameters; not '
            f"of {shown(what)}.",
            member="what",
            value=what,
        )
    owner = () if function is what else (getattr(what, "__self__", None),)
    bound = _called(name, lambda: signature(function).bind(*owner, *given, **parameters))
    arguments = dict(bound.arguments)
    arguments |= arguments.pop("parameters", {})
    me = arguments.pop("self", None)
    if isinstance(me, Image):
        arguments["image"] = me
        if "strength" in arguments:  # what Image.motion calls it
            arguments["motionStrength"] = arguments.pop("strength")
    elif isinstance(me, Video):
        arguments["video"] = me
    return _WAYS[name](studio, **arguments)


def _name_of(function: object, studio: type) -> str:
    """
    Return what *function* is called here; nothing where it is not ours.

    The very object decides: a name is no function, and a user's own `upload` is not `leo.upload`.
    """
    name = getattr(function, "__name__", None)
    if not isinstance(name, str):
        return ""
    # a room above this one; it is there already if anybody has a function of it
    functions = sys.modules.get("leonardo_nb.functions")
    if any(function is getattr(holder, name, None) for holder in (functions, studio)):
        return name
    if function is getattr(Image, name, None):
        return "image_to_video" if name == "to_video" else name
    return "upscale_video" if function is Video.upscale else ""


def _called(name: str, call: Callable[[], T]) -> T:
    """
    Return what *call* gives.

    Raises:
        InvalidRequest: *name* would not take what it was given.
    """
    try:
        return call()
    except TypeError as error:
        if isinstance(error, (InvalidRequest, UnknownParameter)):
            raise
        raise InvalidRequest(
            f"leo.{name}() cannot be asked like this ({error}); give leo.price() what it would be "
            "given.",
            member=name,
        ) from error


def _inpainting(
    studio: _Asked,
    prompt: object,
    image: object,
    mask: object,
    strength: float = 0.5,
    *,
    check: bool = True,
    **parameters: Any,  # noqa: ANN401  typed by CreateGeneration
) -> Priced:
    del mask  # it has the image's size, and costs nothing
    size = read_picture(image).size
    made = studio.ingredients(parameters, check=check)
    return Priced(inpaint_of(prompt, size, strength=strength, check=check, **made))


def _image_to_video(
    studio: _Asked,
    prompt: object,
    image: object = None,
    **parameters: Any,  # noqa: ANN401  typed by ImageToVideo
) -> Priced:
    del studio
    given = None if image is None else _standing(image)
    return Priced(origins.image_to_video_of(prompt, given, **parameters))


def _beginning(
    make: Callable[..., Body],
    studio: _Asked,
    image: object = None,
    **parameters: Any,  # noqa: ANN401  typed by the request
) -> Priced:
    del studio
    given = None if image is None else _standing(image)
    request = make(given, **parameters)
    media = origins.media_of(given)
    size = None if media is None else (media.file.width, media.file.height)
    if size is None and isinstance(request, UniversalUpscale):
        raise InvalidRequest(
            "The price of universal_upscale() follows from the size of its image, and an id alone "
            "does not tell it; give the Image, the Upload, or the picture's file.",
            member="image",
            value=image,
        )
    return Priced(request, size)


def _standing(image: object) -> object:
    """Return *image*, or what stands in for a picture that the service does not have."""
    return image if isinstance(image, str) or hasattr(image, "origin") else _StandIn(image)


_WAYS: Final[Mapping[str, Callable[..., Priced]]] = MappingProxyType(
    {
        "generate": lambda studio, prompt, **given: Priced(studio.request(prompt, **given)),
        "inpaint": _inpainting,
        "text_to_video": lambda _, prompt, **given: Priced(TextToVideo.of(prompt, **given)),
        "image_to_video": _image_to_video,
        "upscale_video": lambda _, video, **given: Priced(origins.video_upscale_of(video, **given)),
        "motion": partial(_beginning, origins.motion_of),
        "upscale": partial(_beginning, origins.upscale_of),
        "unzoom": partial(_beginning, origins.unzoom_of),
        "nobg": partial(_beginning, origins.nobg_of),
        "universal_upscale": partial(_beginning, origins.universal_upscale_of),
    }
)
"""What each function would ask for, by its name; they take the studio, and what it would take."""


def service_named(service: object) -> str:
    """
    Return the calculator's own name of *service*.

    Raises:
        InvalidRequest: It has none of that name; the nearest is named.
    """
    wanted = str(service).strip().upper().replace(" ", "_").replace("-", "_")
    if wanted in SERVICES:
        return wanted
    nearest = nearest_of(wanted, SERVICES, cutoff=0.4)
    hint = f'the nearest is "{nearest}"' if nearest else f"it knows {', '.join(SERVICES)}"
    raise InvalidRequest(
        f"The service's calculator has no price for {shown(service)}; {hint}.",
        member="service",
        value=service,
        nearest=nearest,
    )
