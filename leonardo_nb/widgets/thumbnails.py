"""
Pictures as live cards show them: small, on squares where they are see-through, at their place.

On its own because it is plain work on pixels, done off the engine.
"""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any, Final

from PIL import Image as Pillow
from PIL import ImageChops, ImageOps, ImageStat

from leonardo_nb.widgets.freeze import fitted, is_see_through, on_white

if TYPE_CHECKING:
    from leonardo_nb.engine.media import Image

__all__ = ["place_of", "small"]

LONGEST: Final = 680
"""Pixels of the longer side; twice as many as a card shows."""
SAME_SHAPE: Final = 0.02
"""How much the shapes of two pictures of the same view may differ: sides are whole pixels."""
COMPARED: Final = 96
"""Pixels of the longer side in which two pictures are compared."""
SCALES: Final = tuple(step / 100 for step in range(96, 29, -2))
"""How much smaller a picture may stand in a wider one."""
NEAR: Final = 14.0
"""Mean difference, of 255, up to which two pictures are of the same view."""


def small(image: Image, *, key: str, alt: str) -> dict[str, Any]:
    """
    Return one picture as a card's page takes it.

    Members: `key`, `data` (JPEG bytes; WebP where it is see-through), `type`, `alt`, `clear`
    (whether it is see-through), `id`, and `width` and `height` in full size.
    """
    full = image.pil()
    less = ImageOps.exif_transpose(fitted(full, LONGEST, LONGEST))
    clear = is_see_through(less)
    buffer = io.BytesIO()
    if clear:
        less.convert("RGBA").save(buffer, "WEBP", quality=84)
    else:
        on_white(less).save(buffer, "JPEG", quality=84)
    return {
        "key": key,
        "data": buffer.getvalue(),
        "type": "image/webp" if clear else "image/jpeg",
        "alt": alt,
        "clear": clear,
        "id": str(image.id),
        "width": full.width,
        "height": full.height,
    }


def place_of(
    before: Pillow.Image, after: Pillow.Image, *, is_wider: bool
) -> tuple[float, ...] | None:
    """
    Return where *before* is in *after*: left, top, width and height as parts of *after*'s sides.

    A larger picture, or one without its background, is the same view. A wider one has it in its
    middle at a scale that the service does not tell, so both are compared.

    Args:
        before: What *after* was made out of.
        after: What has come.
        is_wider: Whether there is more around it now.

    Returns:
        None where it cannot be found, so that nothing is claimed.
    """
    shape = before.width / before.height
    if abs(shape / (after.width / after.height) - 1) > SAME_SHAPE:
        return None
    if not is_wider:
        return (0.0, 0.0, 1.0, 1.0)
    size = fitted(on_white(after), COMPARED, COMPARED).size
    source, whole = (_grey(picture, size) for picture in (before, after))
    differences = {scale: _difference(source, whole, scale) for scale in SCALES}
    best = min(differences, key=lambda scale: differences[scale])
    if differences[best] > NEAR:
        return None
    edge = (1 - best) / 2
    return (edge, edge, best, best)


def _grey(picture: Pillow.Image, size: tuple[int, int]) -> Pillow.Image:
    return on_white(picture).convert("L").resize(size, Pillow.Resampling.BOX)


def _difference(source: Pillow.Image, whole: Pillow.Image, scale: float) -> float:
    """Return how much *whole*'s middle differs from *source* made *scale* times as large."""
    size = (max(1, round(whole.width * scale)), max(1, round(whole.height * scale)))
    left, top = (whole.width - size[0]) // 2, (whole.height - size[1]) // 2
    middle = whole.crop((left, top, left + size[0], top + size[1]))
    apart = ImageChops.difference(source.resize(size, Pillow.Resampling.BOX), middle)
    return float(ImageStat.Stat(apart).mean[0])
