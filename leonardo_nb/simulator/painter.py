"""
The simulator's painter: a request goes in, a picture comes out, and always the same one.

The pictures are drawn from the prompt's words, so that a demonstration without a key or a network
still shows what seed, guidance, steps and style do.
"""

from __future__ import annotations

import io
import math
from functools import lru_cache
from typing import TYPE_CHECKING, Literal, NamedTuple

import numpy as np
from PIL import Image, ImageChops, ImageDraw, ImageFont

from leonardo_nb.service.catalog import STYLES
from leonardo_nb.simulator.elements import find_element
from leonardo_nb.simulator.painting.brief import MOST_CHARACTERS, read_brief
from leonardo_nb.simulator.painting.compose import compose
from leonardo_nb.simulator.painting.finish import finish
from leonardo_nb.simulator.painting.looks import LOOKS, STYLE_LOOKS
from leonardo_nb.simulator.painting.materials import mixed

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["Layers", "encode", "layers", "marked", "paint", "tileable"]


def _number(value: object, default: float) -> float:
    try:
        number = float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError, OverflowError):
        return default
    return number if math.isfinite(number) else default


class Layers(NamedTuple):
    """A picture without its mark: `image` (RGB), and `cover`, where its subjects are (L)."""

    image: Image.Image
    cover: Image.Image


def paint(members: Mapping[str, object], *, index: int = 0, width: int, height: int) -> Image.Image:
    """
    Return the picture for a request.

    Args:
        members: The request, with the service's own names and its defaults filled in; what is
            missing or strange is taken as its default.
        index: Which of the job's images this is; each varies like a neighbouring seed.
        width: Pixels across.
        height: Pixels down.

    Returns:
        RGB, or RGBA with only the subject where `transparency` is "foreground_only".
    """
    image, cover = layers(members, index=index, width=width, height=height)
    if members.get("transparency") == "foreground_only":
        image.putalpha(cover)
    elif members.get("tiling") is True:
        image = tileable(image)
    return marked(image)


def layers(members: Mapping[str, object], *, index: int = 0, width: int, height: int) -> Layers:
    """Return the picture for a request and where its subjects are; see `paint`."""
    prompt = str(members.get("prompt") or "")[:MOST_CHARACTERS]
    brief = read_brief(prompt, str(members.get("negative_prompt") or "")[:MOST_CHARACTERS])
    seed = abs(int(_number(members.get("seed"), 0))) + index
    rng = np.random.default_rng([seed, brief.mood & 0xFFFFFFFF])
    guidance = min(20.0, max(1.0, _number(members.get("guidance_scale"), 7)))
    steps = min(60.0, max(10.0, _number(members.get("num_inference_steps"), 15)))
    # the usual 7 is the middle: below it things come loose, above it they are drawn tight
    strict, loose = max(0.0, (guidance - 7) / 13), max(0.0, (7 - guidance) / 6)
    detail = math.sqrt((steps - 10) / 50)
    style = _style(members)
    look = LOOKS[style]
    cutout = members.get("transparency") == "foreground_only"
    painting = compose(
        brief, look, width=width, height=height, rng=rng, strict=strict, loose=loose,
        detail=detail, backdrop=not cutout,
    )  # fmt: skip
    image = finish(
        painting, style, look, strict=strict, loose=loose, detail=detail,
        natural=members.get("photoReal") is True, seed=seed,
    )  # fmt: skip
    image = image.convert("RGB")
    for name, weight in _elements(members):
        image = mixed(image, name, weight)
    return Layers(image, painting.cover)


def _elements(members: Mapping[str, object]) -> list[tuple[str, float]]:
    """Return name and weight of each element that is known, in the request's order."""
    given = members.get("elements")
    found: list[tuple[str, float]] = []
    for item in given if isinstance(given, (list, tuple)) else ():
        element = find_element(item.get("akUUID")) if isinstance(item, dict) else None
        if element is not None:
            found.append((element.name, _number(item.get("weight"), 1.0)))
    return found


def _style(members: Mapping[str, object]) -> str:
    """Return the look's name: `styleUUID` where it is known, else `presetStyle`."""
    wanted = str(members.get("styleUUID") or "").lower()
    for name, uuid in STYLES.items():
        if wanted in {uuid.lower(), name.lower()}:
            return STYLE_LOOKS.get(name, "DYNAMIC")
    preset = str(members.get("presetStyle") or "DYNAMIC").upper()
    return preset if preset in LOOKS else "DYNAMIC"


def tileable(image: Image.Image) -> Image.Image:
    """Return *image* with opposite edges that meet, by fading into itself moved half a side."""
    for horizontal in (True, False):
        side = image.width if horizontal else image.height
        moved = ImageChops.offset(
            image, side // 2 if horizontal else 0, 0 if horizontal else side // 2
        )
        away = np.minimum(np.arange(side), np.arange(side)[::-1]) / max(1.0, side * 0.16)
        share = np.clip(away, 0, 1)
        share = (share * share * (3 - 2 * share) * 255).astype(np.uint8)
        strip = Image.fromarray(share[None, :] if horizontal else share[:, None])
        image = Image.composite(image, moved, strip.resize(image.size))
    return image


@lru_cache(maxsize=8)
def _font(size: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    return ImageFont.load_default(size)


def marked(image: Image.Image) -> Image.Image:
    """Write "simulated" into the lower right corner."""
    unit = min(image.size)
    size = max(8, round(unit * 0.024))
    text = "simulated" if image.width >= 72 else "sim"
    font = _font(size)
    left, top, right, bottom = font.getbbox(text)
    x = image.width - (right - left) - round(size * 0.8)
    y = image.height - (bottom - top) - round(size * 0.8)
    draw = ImageDraw.Draw(image, "RGBA" if image.mode == "RGB" else None)
    draw.text((x + 1 - left, y + 1 - top), text, font=font, fill=(10, 12, 24, 120))
    draw.text((x - left, y - top), text, font=font, fill=(255, 255, 255, 190))
    return image


def encode(image: Image.Image, format: Literal["JPEG", "PNG"] = "JPEG") -> bytes:  # noqa: A002
    """Return *image* as a file's bytes; the same picture gives the same bytes."""
    buffer = io.BytesIO()
    if format == "PNG":
        image.save(buffer, "PNG", compress_level=3)
    else:
        flat = image if image.mode == "RGB" else image.convert("RGB")
        flat.save(buffer, "JPEG", quality=90, subsampling=0)
    return buffer.getvalue()
