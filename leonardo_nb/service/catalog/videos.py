"""
Video models of the v1 API: which clips they make, and until when.

What a model takes is from the service's guides; where a guide says nothing, nothing is refused.
Models that are in the v2 API only are in `v2_videos.py`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from leonardo_nb.service.catalog.models import SEED_MAX_FLUX

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = [
    "MOTION_SVD_RETIRED",
    "RESOLUTIONS",
    "SEED_MAX_VEO",
    "SHAPES",
    "VIDEO_MODELS",
    "VideoModel",
    "find_video_model",
]

RESOLUTIONS: Final = ("RESOLUTION_480", "RESOLUTION_720", "RESOLUTION_1080")
SEED_MAX_VEO: Final = 4_294_967_293
MOTION_SVD_RETIRED: Final = date(2026, 6, 17)
"""When Motion 1.0, `POST /generations-motion-svd`, was retired."""

_480, _720, _1080 = RESOLUTIONS
SHAPES: Final[Mapping[str, tuple[int, int]]] = MappingProxyType(
    {_480: (832, 480), _720: (1280, 720), _1080: (1920, 1080)}
)
"""Width and height in pixels of a video whose sides were not given, by its resolution."""

_MOTION_SIZES = ((512, 768), (576, 720), (832, 480), (480, 832), (1280, 720), (720, 1280))
_KLING_SIZES = ((1920, 1080), (1080, 1920))


@dataclass(frozen=True, slots=True)
class VideoModel:
    """
    One video model.

    Attributes:
        id: What `model` takes.
        name: As the service shows it.
        resolutions: What `resolution` takes; the first is the usual one.
        durations: What `duration` takes in seconds; the first is the usual one. Empty where the
            length is fixed and the member does not apply.
        clip_seconds: How long a clip is where nothing is asked for.
        sizes: Width and height pairs that it makes; empty where no list is published.
        seed_max: The largest seed, or None where no guide speaks of seeds.
        reads_text: False where it needs an image to begin with.
        takes_end_frame: Whether a clip may be led to a second image.
        takes_elements: Whether elements act on it.
        price_service: What the calculator calls it, or None where the calculator does not know it.
        retired: The day from which it is gone, or None.
        instead: What to use in its place, where it is gone.
        listed: False where the guides name it and the specification does not.
        slug: Its name in the v2 API, or None.
    """

    id: str
    name: str
    resolutions: tuple[str, ...]
    durations: tuple[int, ...] = ()
    clip_seconds: float = 5.0
    sizes: tuple[tuple[int, int], ...] = ()
    seed_max: int | None = None
    reads_text: bool = True
    takes_end_frame: bool = False
    takes_elements: bool = False
    price_service: str | None = None
    retired: date | None = None
    instead: str | None = None
    listed: bool = True
    slug: str | None = None


VIDEO_MODELS: Final[tuple[VideoModel, ...]] = (
    VideoModel(
        "MOTION2",
        "Motion 2.0",
        (_480, _720),
        sizes=_MOTION_SIZES,
        seed_max=SEED_MAX_FLUX,
        takes_elements=True,
        price_service="MOTION_VIDEO_GENERATION",
        slug="motion_2.0",
    ),
    VideoModel(
        "MOTION2FAST",
        "Motion 2.0 Fast",
        (_480, _720),
        sizes=_MOTION_SIZES,
        seed_max=SEED_MAX_FLUX,
        takes_elements=True,
        price_service="MOTION_VIDEO_GENERATION",
        slug="motion_2.0-fast",
    ),
    VideoModel(
        "VEO3_1",
        "Veo 3.1",
        (_720, _1080),
        (8, 4, 6),
        8.0,
        seed_max=SEED_MAX_VEO,
        takes_end_frame=True,
        listed=False,
        slug="veo-3.1-generate-001",
    ),
    VideoModel(
        "VEO3_1FAST",
        "Veo 3.1 Fast",
        (_720, _1080),
        (8, 4, 6),
        8.0,
        seed_max=SEED_MAX_VEO,
        takes_end_frame=True,
        listed=False,
        slug="veo-3.1-fast-generate-001",
    ),
    VideoModel(
        "KLING2_5",
        "Kling 2.5 Turbo",
        (_1080,),
        (5, 10),
        sizes=(*_KLING_SIZES, (1440, 1440)),
        takes_end_frame=True,
        slug="kling-2.5",
    ),
    VideoModel(
        "KLING2_1",
        "Kling 2.1 Pro",
        (_1080,),
        (5, 10),
        sizes=_KLING_SIZES,
        reads_text=False,
        takes_end_frame=True,
    ),
    VideoModel(
        "VEO3",
        "Veo 3",
        (_720,),
        (8, 4, 6),
        8.0,
        seed_max=SEED_MAX_VEO,
        price_service="VEO3_MOTION_VIDEO_GENERATION",
        retired=date(2026, 6, 29),
        instead="VEO3_1",
    ),
    VideoModel(
        "VEO3FAST",
        "Veo 3 Fast",
        (_720,),
        (8, 4, 6),
        8.0,
        seed_max=SEED_MAX_VEO,
        price_service="VEO3_MOTION_VIDEO_GENERATION",
        retired=date(2026, 6, 29),
        instead="VEO3_1FAST",
    ),
)
"""What `model` of a video request takes; the first is the service's default."""


def _folded(text: str) -> str:
    return "".join(letter for letter in text.casefold() if letter.isalnum())


_BY_SPELLING: Final = {
    _folded(spelling): each
    for each in VIDEO_MODELS
    for spelling in (each.id, each.name, each.slug or each.id)
}


def find_video_model(text: str) -> VideoModel | None:
    """
    Return the v1 video model that *text* names: its id, name or v2 slug, in any case, or None.

    >>> find_video_model("motion 2.0").id, find_video_model("VEO_3").id, find_video_model("x")
    ('MOTION2', 'VEO3', None)
    """
    return _BY_SPELLING.get(_folded(text))
