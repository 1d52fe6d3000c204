"""
Images that guide a picture, by name: each function makes one entry of `controlnets`.

    leo.generate("a fox", controlnets=[leo.guidance.style(image, strength="High")])

The service knows a guidance by a number that differs from model to model; the request finds the
number of its own model, or says which guidances that model has.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from leonardo_nb.engine.origins import reference_of
from leonardo_nb.errors import InvalidRequest
from leonardo_nb.service.catalog import GUIDANCES
from leonardo_nb.service.reading import nearest_of, shown

if TYPE_CHECKING:
    from leonardo_nb.engine.media import Image
    from leonardo_nb.engine.uploads import Upload

__all__ = [
    "character",
    "content",
    "depth",
    "edge",
    "image_reference",
    "line_art",
    "normal_map",
    "pattern",
    "pose",
    "qr_code",
    "sketch",
    "style",
    "text_image",
]

Strength = Literal["Low", "Mid", "High"]
"""How strongly a reference guides."""
StyleStrength = Literal["Low", "Mid", "High", "Ultra", "Max"]
"""How strongly a style does, which has more."""

_STRENGTHS = {each.name: each.strengths for each in GUIDANCES}


def style(
    image: Image | Upload, strength: StyleStrength = "High", influence: float | None = None
) -> dict[str, object]:
    """
    Draw in the style of *image*: Style Reference.

    Models of Stable Diffusion XL, Phoenix, Flux Dev and Schnell and Lucid have it, with up to four
    images (Lucid in the v2 API: one).

    Args:
        image: An `Image` of a job, or an `Upload`.
        strength: `"Low"`, `"Mid"`, `"High"`, `"Ultra"` or `"Max"`.
        influence: This image's share among several; not in the v2 API.

    Raises:
        InvalidRequest: There is no such strength (the nearest is named), or *image* is none.
    """
    guide = _strong("style", image, strength)
    return guide if influence is None else guide | {"influence": influence}


def character(image: Image | Upload, strength: Strength = "High") -> dict[str, object]:
    """
    Draw the character of *image*: Character Reference, on Stable Diffusion XL and Phoenix.

    Args:
        image: An `Image` of a job, or an `Upload`.
        strength: `"Low"`, `"Mid"` or `"High"`.

    Raises:
        InvalidRequest: There is no such strength (the nearest is named), or *image* is none.
    """
    return _strong("character", image, strength)


def content(image: Image | Upload, strength: Strength = "High") -> dict[str, object]:
    """
    Keep what *image* shows and where: Content Reference, on all newer families of models.

    Args:
        image: An `Image` of a job, or an `Upload`.
        strength: `"Low"`, `"Mid"` or `"High"`.

    Raises:
        InvalidRequest: There is no such strength (the nearest is named), or *image* is none.
    """
    return _strong("content", image, strength)


def edge(image: Image | Upload, weight: float | None = None) -> dict[str, object]:
    """Follow the edges of *image*; *weight* says how closely. On Stable Diffusion 1.5, 2.1, XL."""
    return _weighted("edge", image, weight)


def depth(image: Image | Upload, weight: float | None = None) -> dict[str, object]:
    """Keep what is near and far in *image*. On Stable Diffusion 1.5, 2.1 and XL."""
    return _weighted("depth", image, weight)


def pose(image: Image | Upload, weight: float | None = None) -> dict[str, object]:
    """Take the poses of the people in *image*. On Stable Diffusion 1.5, 2.1 and XL."""
    return _weighted("pose", image, weight)


def text_image(image: Image | Upload, weight: float | None = None) -> dict[str, object]:
    """Work the letters of *image* into the picture. On Stable Diffusion 1.5, 2.1 and XL."""
    return _weighted("text_image", image, weight)


def sketch(image: Image | Upload, weight: float | None = None) -> dict[str, object]:
    """Carry out the sketch in *image*. On Stable Diffusion 1.5 and 2.1."""
    return _weighted("sketch", image, weight)


def normal_map(image: Image | Upload, weight: float | None = None) -> dict[str, object]:
    """Follow the surfaces of *image*. On Stable Diffusion 1.5 and 2.1."""
    return _weighted("normal_map", image, weight)


def line_art(image: Image | Upload, weight: float | None = None) -> dict[str, object]:
    """Follow the drawn lines of *image*. On Stable Diffusion 1.5."""
    return _weighted("line_art", image, weight)


def pattern(image: Image | Upload, weight: float | None = None) -> dict[str, object]:
    """Work the pattern of *image* into the picture. On Stable Diffusion 1.5."""
    return _weighted("pattern", image, weight)


def qr_code(image: Image | Upload, weight: float | None = None) -> dict[str, object]:
    """Work the QR code in *image* into the picture. On Stable Diffusion 1.5."""
    return _weighted("qr_code", image, weight)


def image_reference(image: Image | Upload) -> dict[str, object]:
    """Let the prompt speak of *image*. On models of the v2 API such as Nano Banana and FLUX.2."""
    return _guide("image_reference", image)


def _guide(name: str, image: object) -> dict[str, object]:
    identifier, kind = reference_of(image)
    return {"guidance": name, "initImageId": identifier, "initImageType": kind}


def _strong(name: str, image: object, strength: str) -> dict[str, object]:
    strengths = _STRENGTHS[name]
    wanted = str(strength).casefold()
    for each in strengths:
        if each.casefold() == wanted:
            return _guide(name, image) | {"strengthType": each}
    nearest = nearest_of(str(strength), strengths, cutoff=0.4)
    hint = f'the nearest is "{nearest}"' if nearest else f"it is one of {', '.join(strengths)}"
    raise InvalidRequest(
        f"guidance.{name}() has no strength {shown(strength)}; {hint}.",
        member="strengthType",
        value=strength,
        nearest=nearest,
    )


def _weighted(name: str, image: object, weight: float | None) -> dict[str, object]:
    guide = _guide(name, image)
    return guide if weight is None else guide | {"weight": weight}
