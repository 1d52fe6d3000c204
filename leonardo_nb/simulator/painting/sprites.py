"""What subjects can be painted, how large they are, and where they belong."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from leonardo_nb.simulator.painting import beings, structures, things

if TYPE_CHECKING:
    from collections.abc import Callable

    from leonardo_nb.simulator.painting.pen import Pen

__all__ = ["SPRITES", "Sprite"]


@dataclass(frozen=True, slots=True)
class Sprite:
    """
    One subject.

    Attributes:
        draw: Draws it with a pen, in units of its own height.
        height: Its height as a share of the picture's shorter side.
        aspect: Its width over its height.
        home: "land", "water", "air" or "deep": where its base goes.
    """

    draw: Callable[[Pen], None]
    height: float
    aspect: float
    home: str = "land"


SPRITES: dict[str, Sprite] = {
    **{name: Sprite(*row) for name, row in structures.ROWS.items()},
    **{name: Sprite(*row) for name, row in beings.ROWS.items()},
    **{name: Sprite(*row) for name, row in things.ROWS.items()},
}
