"""What is done to a composed picture, in its order: the look's own hand, its brush, its colours."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PIL import Image, ImageChops, ImageFilter

from leonardo_nb.simulator.painting import drawings, photographs
from leonardo_nb.simulator.painting.looks import Grade, Look
from leonardo_nb.simulator.painting.surface import (
    bars,
    blurred,
    brushed,
    frame,
    graded,
    grained,
    paper,
    raised,
    vignetted,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from leonardo_nb.simulator.painting.compose import Painting

__all__ = ["finish", "loosened"]


HANDS: dict[str, Callable[[Painting, Image.Image, float], Image.Image]] = {
    **photographs.HANDS,
    **drawings.HANDS,
}


NATURAL = Grade(0.92, 1.04, 0.97, 0.02, 0.985, ("1f2a33", 0.12), ("fff0d8", 0.14))


def finish(painting: Painting, style: str, look: Look, *, strict: float, loose: float,
           detail: float, natural: bool, seed: int) -> Image.Image:  # fmt: skip
    """
    Return the finished picture.

    Args:
        painting: What was composed.
        style: The preset style's name.
        look: The same style's numbers.
        strict: 0 to 1: how crisp, saturated and contrasty.
        loose: 0 to 1: how washed, soft and drifting.
        detail: 0 to 1: how fine the brush.
        natural: Whether a photograph was asked for (photoReal).
        seed: Moves grain about.
    """
    image = painting.scene.image
    unit = painting.scene.unit
    if hand := HANDS.get(style):
        image = hand(painting, image, unit)
    image = loosened(image, unit, loose, detail)
    # few steps leave large daubs, many leave none but the look's own
    coarse = 7 * (1 - detail**2) ** 15
    daub = max(look.daub * (1.25 - 0.6 * detail), coarse if "SKETCH" not in style else 0.0)
    cell = round(daub * unit / 512)
    if cell >= 2:
        laid = brushed(image, cell, look.long, 0.36 if look.daub else 0.2)
        if painting.subject is not None:
            # what matters gets the finer brush
            fine = (
                brushed(image, max(2, round(cell * 0.4)), look.long * 0.7, 0.4)
                if daub > 3.5
                else image
            )
            laid.paste(fine, (0, 0), painting.cover)
        image = laid
    if style == "SKETCH_BW":
        # a pencil has no colour to drift
        image = graded(
            image, look.grade, saturation=1.0, contrast=1 + 0.3 * strict, black=0.2 * loose
        )
    else:
        drift = float(painting.scene.rng.uniform(-1, 1)) * 62 * loose**1.4
        image = graded(
            image, look.grade,
            saturation=(1 + 0.42 * strict) * (1 - 0.2 * loose) * (0.88 if natural else 1.0),
            contrast=(1 + 0.42 * strict) * (1 - 0.22 * loose),
            black=0.07 * loose, hue=drift,
        )  # fmt: skip
    if detail > 0.7:
        image = image.filter(ImageFilter.UnsharpMask(1.0, round(150 * (detail - 0.7)), 1))
    if strict > 0.05:
        image = image.filter(
            ImageFilter.UnsharpMask(max(1.0, unit * 0.003), round(130 * strict), 1)
        )
    if natural:
        image = graded(image, NATURAL)
        image = vignetted(image, 0.18)
    tooth = look.tooth * (0.6 + 0.6 * detail) + (
        0.12 * detail if style not in {"NONE", "MINIMALISTIC"} else 0
    )
    if tooth > 0.03:
        image = raised(image, paper(image.height, image.width, round(tooth, 2)))
    image = vignetted(image, look.vignette)
    image = grained(image, look.grain + (3 if natural else 0), seed)
    if style == "CINEMATIC":
        image = bars(image, 0.1)
    elif style == "CINEMATIC_CLOSEUP":
        image = bars(image, 0.055)
    elif style == "FASHION":
        image = frame(image, 0.045, (250, 249, 246))
    return image


def loosened(image: Image.Image, unit: float, loose: float, detail: float) -> Image.Image:
    """Return *image* dreamier: soft where it was sharp, with light running over its edges."""
    radius = loose**1.6 * unit * 0.011
    if radius > 0.35:
        soft = blurred(image, radius)
        bloom = blurred(image, unit * 0.03)
        image = Image.blend(soft, ImageChops.screen(soft, bloom), 0.35 * loose)
    if detail < 0.3:
        image = blurred(image, (0.3 - detail) * unit * 0.006)
    return image
