"""
Part of a picture drawn again: an image, and a mask whose white says where.

Everything that the service would refuse is refused here, before either of them is sent.
"""

from __future__ import annotations

import io
import math
from typing import Any, Final

from leonardo_nb.engine.pictures import Picture, read_picture
from leonardo_nb.errors import InvalidRequest
from leonardo_nb.service.requests import CreateGeneration
from leonardo_nb.service.values import ALIASES

__all__ = ["inpaint_of", "read_canvas"]

SMALLEST: Final = 32
LARGEST: Final = 1536
STEP: Final = 8
WEAKEST, STRONGEST = 0.2, 0.9
"""`init_strength` is what remains: at most 0.8 when inpainting, and at least 0.1 anyway."""
MODEL: Final = "SDXL 1.0"
"""The default model, Lightning XL, does not inpaint."""

ORIENTATION: Final = 0x0112
"""The EXIF tag that says how a picture is turned or mirrored; 1 is not at all."""
TURNED: Final = range(2, 9)
HALF: Final = 128
"""From here on up, of 255, grey is white."""

_SAID_OTHERWISE: Final = {
    "width": "the image's own size",
    "height": "the image's own size",
    "init_strength": "strength",
    "init_image_id": "the image that is drawn in",
    "init_generation_image_id": "the image that is drawn in",
}
"""Members that inpainting fills in, and what says them."""

_LATER: Final = "00000000-0000-4000-8000-000000000000"


def read_canvas(image: object, mask: object) -> tuple[Picture, Picture]:
    """
    Return *image* and *mask* as they are sent.

    Args:
        image: What `leo.upload` takes.
        mask: The same; white is drawn again, black stays; of grey, the lighter half is white.

    Raises:
        InvalidRequest: Their sizes differ, are no multiples of 8 or beyond 1536 pixels, or the
            mask has nothing to draw; nothing was sent.
    """
    picture, cover = _upright(read_picture(image)), _upright(read_picture(mask, member="mask"))
    if picture.size != cover.size:
        raise InvalidRequest(
            f"The mask has {_size(cover.size)} pixels and the image {_size(picture.size)}; they "
            f"have to be the same: mask.resize(({picture.width}, {picture.height})) makes it so. "
            "Nothing was sent.",
            member="mask",
            value=cover.size,
            nearest=picture.size,
        )
    nearest = _nearest(picture.size)
    if nearest != picture.size:
        raise InvalidRequest(
            f"The image has {_size(picture.size)} pixels; inpainting takes sides that are "
            f"multiples of {STEP} from {SMALLEST} to {LARGEST}. The nearest is {_size(nearest)}: "
            f"resize image and mask to {nearest}. Nothing was sent.",
            member="image",
            value=picture.size,
            nearest=nearest,
        )
    return picture, _flat(cover)


def _size(size: tuple[int, int]) -> str:
    return f"{size[0]} x {size[1]}"


def _upright(picture: Picture) -> Picture:
    """Return *picture* without a turn that its EXIF data asks for, so that both lie alike."""
    import PIL.Image

    with PIL.Image.open(io.BytesIO(picture.data)) as image:
        is_turned = image.getexif().get(ORIENTATION) in TURNED
    return read_picture(picture.pil()) if is_turned else picture


def _nearest(size: tuple[int, int]) -> tuple[int, int]:
    """Return the nearest size that is taken, of nearly the same shape."""
    scale = min(1.0, LARGEST / max(size))
    scale = max(scale, SMALLEST / min(size))
    width, height = (
        min(LARGEST, max(SMALLEST, math.floor(side * scale / STEP + 0.5) * STEP)) for side in size
    )
    return width, height


def _flat(mask: Picture) -> Picture:
    """
    Return *mask* as black and white without transparency, which is black.

    What the service makes of grey, or of a colour, is nowhere said.
    """
    import PIL.Image

    image = mask.pil()
    if "A" in image.getbands() or "transparency" in image.info:
        image = image.convert("RGBA")
        image = PIL.Image.alpha_composite(PIL.Image.new("RGBA", image.size, "black"), image)
    grey = image.convert("L")
    extrema: Any = grey.getextrema()
    if extrema[1] < HALF:
        how_dark = (
            "is black all over"
            if extrema[1] == 0
            else "has nothing that is nearer to white than to black (its lightest pixel is "
            f"{extrema[1]} of 255)"
        )
        raise InvalidRequest(
            f"The mask {how_dark}, so nothing would be drawn again; make white what is to be "
            "drawn. Nothing was sent.",
            member="mask",
        )
    return read_picture(grey.point([0] * HALF + [255] * (256 - HALF)), member="mask")


def inpaint_of(
    prompt: object,
    size: tuple[int, int],
    *,
    strength: float = 0.5,
    ids: tuple[str, str] = (_LATER, _LATER),
    check: bool = True,
    **parameters: Any,  # noqa: ANN401  typed by CreateGeneration
) -> CreateGeneration:
    """
    Return the request that draws part of an image again.

    Args:
        prompt: What to draw there.
        size: Width and height of the image in pixels.
        strength: How much is drawn anew, from 0.2 to 0.9; the service's `init_strength` is the
            rest.
        ids: Of the image and the mask; left out, to check a request before they are sent.
        check: As in `CreateGeneration.of`.
        **parameters: Members of `CreateGeneration`; without a model it is SDXL 1.0, and without
            alchemy, because inpainting goes with neither of the usual ones.

    Raises:
        InvalidRequest: A value, or a combination, that the service would refuse.
    """
    named = {ALIASES.get(each, each) for each in parameters}
    if taken := sorted(named & _SAID_OTHERWISE.keys()):
        instead = _SAID_OTHERWISE[taken[0]]
        raise InvalidRequest(f"inpaint() takes no {taken[0]}: it is {instead}.", member=taken[0])
    if isinstance(strength, bool) or not isinstance(strength, (int, float)):
        raise InvalidRequest(
            f"strength must be a number from {WEAKEST} to {STRONGEST}, not {strength!r:.40}.",
            member="strength",
            value=strength,
        )
    if check and not WEAKEST <= strength <= STRONGEST:
        nearest = WEAKEST if not strength > WEAKEST else STRONGEST
        raise InvalidRequest(
            f"strength must be a number from {WEAKEST} to {STRONGEST}; the nearest to "
            f"{strength:g} is {nearest:g}.",
            member="strength",
            value=strength,
            nearest=nearest,
        )
    if not {"modelId", "sd_version"} & named:
        parameters["modelId"] = MODEL
    if "alchemy" not in named and "photoReal" not in named:
        parameters["alchemy"] = False
    return CreateGeneration.of(
        prompt,
        check=check,
        width=size[0],
        height=size[1],
        canvasRequest=True,
        canvasRequestType="INPAINT",
        canvasInitId=ids[0],
        canvasMaskId=ids[1],
        init_strength=round(1 - strength, 2),
        **parameters,
    )
