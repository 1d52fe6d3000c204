"""
What a price is asked of: a request, a function and what would be given to it, or a service.

Pure. Nothing is uploaded to ask a price: a picture that the service does not have yet counts by
its size alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from leonardo_nb.engine import origins
from leonardo_nb.engine.canvas import inpaint_of
from leonardo_nb.engine.origins import Origin, origin_of
from leonardo_nb.engine.pictures import read_picture
from leonardo_nb.errors import InvalidRequest
from leonardo_nb.library.files import StoredFile
from leonardo_nb.library.records import MediaFile
from leonardo_nb.money import Credits
from leonardo_nb.service.catalog import FIXED_CREDITS
from leonardo_nb.service.reading import nearest_of, shown
from leonardo_nb.service.requests import Body, TextToVideo, UniversalUpscale

if TYPE_CHECKING:
    from collections.abc import Callable

    from leonardo_nb.money import Cost
    from leonardo_nb.service.requests import CreateGeneration

__all__ = ["SERVICES", "Priced", "priced", "service_named"]

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
FREE: Final = frozenset({"upload", "me", "models", "elements", "styles", "history", "delete"})

_BEGIN_WITH_IMAGE: Final[dict[str, Callable[..., Body]]] = {
    "upscale": origins.upscale_of,
    "unzoom": origins.unzoom_of,
    "nobg": origins.nobg_of,
    "universal_upscale": origins.universal_upscale_of,
    "motion": origins.motion_of,
}
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


def priced(
    what: object,
    given: tuple[Any, ...],
    parameters: dict[str, Any],
    *,
    of_words: Callable[..., CreateGeneration],
) -> Priced | Cost:
    """
    Return what *what* would ask for, or its price where nobody has to be asked.

    Args:
        what: A prompt, a request, a public function or a method of an `Image`.
        given: What the function would be given in order.
        parameters: And by name.
        of_words: Makes the request of a prompt.

    Raises:
        InvalidRequest: It is none of these, or the request itself would be refused.
    """
    if isinstance(what, str):
        return Priced(of_words(what, *given, **parameters))
    if isinstance(what, Body):
        return Priced(what.replaced(**parameters) if parameters else what)
    name = getattr(what, "__name__", "")
    owner = getattr(what, "__self__", None)
    if name == "to_video":
        name, given = "image_to_video", (*given[:1], owner, *given[1:])
    elif name == "motion" and hasattr(owner, "origin"):
        given = (owner,)
    elif owner is not None and hasattr(owner, "origin"):
        given = (owner, *given)
    elif name == "upscale" and hasattr(owner, "generation_id"):
        name, given = "upscale_video", (owner, *given)
    return _of_function(what, name, given, parameters, of_words)


def _of_function(
    what: object,
    name: str,
    given: tuple[Any, ...],
    parameters: dict[str, Any],
    of_words: Callable[..., CreateGeneration],
) -> Priced | Cost:
    if name in FIXED:
        return Credits(FIXED_CREDITS[FIXED[name]])
    if name in FREE:
        return Credits(0)
    try:
        if name == "generate":
            return Priced(of_words(*given, **parameters))
        if name == "text_to_video":
            return Priced(TextToVideo.of(*given, **parameters))
        if name == "image_to_video":
            return Priced(origins.image_to_video_of(*given, **parameters))
        if name == "upscale_video":
            return Priced(origins.video_upscale_of(*given, **parameters))
        if name == "inpaint":
            return _inpainting(*given, **parameters)
        if name in _BEGIN_WITH_IMAGE:
            return _beginning(_BEGIN_WITH_IMAGE[name], *given, **parameters)
    except TypeError as error:
        if isinstance(error, InvalidRequest) or "argument" not in str(error):
            raise
        raise InvalidRequest(
            f"leo.{name}() cannot be asked like this ({error}); give leo.price() what it would be "
            "given.",
            member=name,
        ) from error
    raise InvalidRequest(
        "A price is asked of a prompt, of a request, of a function such as leo.text_to_video with "
        'what it would be given, or of service="MODEL_TRAINING" with its parameters; not of '
        f"{what!r:.60}.",
        member="what",
        value=what,
    )


def _inpainting(
    prompt: object,
    image: object = None,
    mask: object = None,
    strength: float = 0.5,
    **parameters: Any,  # noqa: ANN401  typed by CreateGeneration
) -> Priced:
    del mask  # it has the image's size, and costs nothing
    return Priced(inpaint_of(prompt, read_picture(image).size, strength=strength, **parameters))


def _beginning(make: Callable[..., Body], image: Any = None, **parameters: Any) -> Priced:  # noqa: ANN401
    if image is not None and not isinstance(image, str) and not hasattr(image, "origin"):
        image = _StandIn(image)
    request = make(image, **parameters)
    media = None if image is None else origin_of(image).media
    size = None if media is None else (media.file.width, media.file.height)
    if size is None and isinstance(request, UniversalUpscale):
        raise InvalidRequest(
            "The price of universal_upscale() follows from the size of its image, and an id alone "
            "does not tell it; give the Image, the Upload, or the picture's file.",
            member="image",
            value=image,
        )
    return Priced(request, size)


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
