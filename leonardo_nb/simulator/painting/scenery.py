"""Which place is behind the subject, and where its horizon and its sun are."""

from __future__ import annotations

from typing import TYPE_CHECKING

from leonardo_nb.simulator.painting import built, land, skies, waters
from leonardo_nb.simulator.painting.scene import Scene, bounded

if TYPE_CHECKING:
    from collections.abc import Callable


__all__ = ["paint_scene"]


PLACE_PAINTERS: dict[str, Callable[[Scene], None]] = {
    **land.PLACE_PAINTERS,
    **waters.PLACE_PAINTERS,
    **built.PLACE_PAINTERS,
    **skies.PLACE_PAINTERS,
}


def paint_scene(scene: Scene, *, horizon: float) -> None:
    """Paint the place of the scene's brief; *horizon* is a share of the height."""
    rng = scene.rng
    scene.horizon = scene.height * horizon
    scene.floor = scene.horizon + (scene.height - scene.horizon) * float(rng.uniform(0.52, 0.68))
    scene.from_left = bool(rng.random() < 0.5)
    away = float(rng.uniform(0.16, 0.4)) * (-1 if scene.from_left else 1)
    x = bounded(scene.centre + away, 0.1, 0.9) * scene.width
    height = bounded(scene.light.height + float(rng.uniform(-0.08, 0.1)), 0.03, 0.8)
    scene.sun = (x, scene.horizon * (1 - height))
    PLACE_PAINTERS[scene.brief.place](scene)
