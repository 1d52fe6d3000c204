"""
Video models of the v2 API, and what is published of each.

Of most of them no more is published than that they exist. What is not known here is sent where
somebody asks for it, and never of our own accord: a parameter that a model does not declare is
refused by the service, which costs nothing.

Five of them are in the v1 API as well, and are asked for there: its members are documented one by
one, its calculator knows the price of Motion 2.0, and v2 has no word for some of them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from leonardo_nb.service.catalog.models import SEED_MAX_FLUX
from leonardo_nb.service.catalog.v2_models import V2_SEED_MAX
from leonardo_nb.service.catalog.videos import SHAPES, VIDEO_MODELS

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["V2_VIDEO_MODELS", "V2VideoModel", "find_v2_video_model"]

_USUAL_SECONDS: Final = 5.0
_USUAL_SIZE: Final = (1280, 720)


@dataclass(frozen=True, slots=True)
class V2VideoModel:
    """
    One video model of the v2 API.

    Attributes:
        slug: What `model` takes.
        name: As the service shows it, about.
        sizes: Width and height pairs in pixels that it makes; empty where no list is published.
        default_size: The pair that is asked for where none is given; None leaves it to the service.
        durations: What `duration` takes in seconds; the first is the usual one, the shortest where
            no guide says which. Empty where no list is published.
        default_duration: The seconds that are asked for where none are given; None leaves it to
            the service.
        prompt_max: The longest prompt in characters.
        seed_max: The largest seed.
        takes: Parameters that it declares, besides `prompt`, `width`, `height`, `quantity`,
            `duration` and `guidances`; None where that is not published.
        guidances: How many images of each guidance it takes; None where that is not published.
        reads_text: False where it needs an image to begin with.
        v1_id: Its `model` in the v1 API, or None where it is in v2 only.
    """

    slug: str
    name: str
    sizes: tuple[tuple[int, int], ...] = ()
    default_size: tuple[int, int] | None = None
    durations: tuple[int, ...] = ()
    default_duration: int | None = None
    prompt_max: int = 9999
    seed_max: int = V2_SEED_MAX
    takes: frozenset[str] | None = None
    guidances: Mapping[str, int] | None = None
    reads_text: bool = True
    v1_id: str | None = None

    @property
    def clip_seconds(self) -> float:
        """How long a clip is where nothing is asked for; a guess where nothing is published."""
        return float(self.default_duration or _USUAL_SECONDS)

    @property
    def frame(self) -> tuple[int, int]:
        """Width and height where nothing is asked for; a guess where nothing is published."""
        return self.default_size or _USUAL_SIZE

    @property
    def image_guidance(self) -> str:
        """The guidance that the image of a video becomes: its first frame, or a reference."""
        if self.guidances is None or "start_frame" in self.guidances:
            return "start_frame"
        return "image_reference"

    def size_of(self, resolution: str) -> tuple[int, int] | None:
        """Return the wide size in pixels that a `resolution` of v1 means, or None without one."""
        shape = SHAPES.get(resolution)
        if shape is None or not self.sizes:
            return shape
        fitting = (each for each in self.sizes if each[0] > each[1] == shape[1])
        return next(fitting, None)


_V1_IDS: Final = {model.slug: model.id for model in VIDEO_MODELS if model.slug}
_MOTION_SIZES: Final = ((512, 768), (576, 720), (832, 480), (480, 832), (1280, 720), (720, 1280))
_MOTION_TAKES: Final = frozenset(
    {"seed", "negative_prompt", "style_ids", "prompt_enhance", "elements", "frame_interpolation"}
)


def _motion(
    slug: str, name: str, seed_max: int, guidances: Mapping[str, int] | None
) -> V2VideoModel:
    return V2VideoModel(
        slug,
        name,
        _MOTION_SIZES,
        seed_max=seed_max,
        takes=_MOTION_TAKES,
        guidances=guidances,
        v1_id=_V1_IDS[slug],
    )


def _lasting(slug: str, name: str, durations: tuple[int, ...]) -> V2VideoModel:
    """Return a model of which the lengths are known, and no more."""
    return V2VideoModel(
        slug,
        name,
        durations=durations,
        default_duration=durations[0],
        v1_id=_V1_IDS.get(slug),
    )


_VEO: Final = (8, 4, 6)
_KLING: Final = (5, 10)
_HAILUO: Final = (6, 10)

V2_VIDEO_MODELS: Final[tuple[V2VideoModel, ...]] = (
    _motion("motion_2.0", "Motion 2.0", SEED_MAX_FLUX, {"start_frame": 1}),
    _motion("motion_2.0-fast", "Motion 2.0 Fast", 4_294_967_295, None),
    _lasting("veo-3.1-generate-001", "Veo 3.1", _VEO),
    _lasting("veo-3.1-fast-generate-001", "Veo 3.1 Fast", _VEO),
    _lasting("veo-3.1-lite", "Veo 3.1 Lite", _VEO),
    _lasting("kling-2.5", "Kling 2.5 Turbo", _KLING),
    V2VideoModel(
        "kling-2.5-turbo-standard",
        "Kling 2.5 Turbo Standard",
        default_size=(1280, 720),
        durations=_KLING,
        default_duration=5,
        reads_text=False,
    ),
    _lasting("kling-2.6", "Kling 2.6", _KLING),
    V2VideoModel("kling-video-o-1", "Kling O1"),
    V2VideoModel("kling-3.0", "Kling 3.0"),
    V2VideoModel("kling-3.0-turbo", "Kling 3.0 Turbo"),
    V2VideoModel("kling-video-o-3", "Kling O3"),
    V2VideoModel("ltxv-2.3-pro", "LTX 2.3 Pro"),
    V2VideoModel("ltxv-2.3-fast", "LTX 2.3 Fast"),
    V2VideoModel(
        "happy-horse",
        "Happy Horse",
        default_size=(1920, 1080),
        default_duration=5,
        guidances={"image_reference": 9, "video_reference_base": 1},
    ),
    V2VideoModel(
        "happy-horse-1.1",
        "Happy Horse 1.1",
        sizes=(
            (1280, 720),
            (720, 1280),
            (960, 960),
            (1108, 832),
            (832, 1108),
            (1920, 1080),
            (1080, 1920),
            (1440, 1440),
            (1662, 1248),
            (1248, 1662),
        ),
        default_size=(1920, 1080),
        durations=(5, 3, 4, *range(6, 16)),
        default_duration=5,
        prompt_max=2500,
        takes=frozenset({"motion_has_audio"}),
        guidances={"start_frame": 1, "image_reference": 9},
    ),
    V2VideoModel(
        "hailuo-2_3",
        "Hailuo 2.3",
        sizes=((1376, 768), (768, 1376), (768, 768), (1920, 1080), (1080, 1920), (1080, 1080)),
        # it needs a size, and no guide says which is usual: the smaller wide one
        default_size=(1376, 768),
        durations=_HAILUO,
        default_duration=6,
    ),
    _lasting("hailuo-2_3-fast", "Hailuo 2.3 Fast", _HAILUO),
    V2VideoModel("hailuo-03", "Hailuo 03"),
    V2VideoModel("alibaba/wan-3.0", "Wan 3.0"),
    V2VideoModel("wan-2.7", "Wan 2.7"),
    V2VideoModel("wan-2.6", "Wan 2.6"),
    V2VideoModel("bfl/flux-3-video", "FLUX 3 Video"),
    V2VideoModel("seedance-1.0-pro", "Seedance 1.0 Pro"),
    V2VideoModel("seedance-1.0-pro-fast", "Seedance 1.0 Pro Fast"),
    V2VideoModel("seedance-2.0", "Seedance 2.0"),
    V2VideoModel("seedance-2.0-fast", "Seedance 2.0 Fast"),
    V2VideoModel("seedance-2.0-mini", "Seedance 2.0 Mini"),
    V2VideoModel("bytedance/seedance-2.5", "Seedance 2.5"),
    V2VideoModel("grok-imagine-1.5", "Grok Imagine 1.5"),
    V2VideoModel("gemini-omni-flash", "Gemini Omni Flash"),
    V2VideoModel("google/gemini-omni-1.1-flash-preview", "Gemini Omni 1.1 Flash Preview"),
)
"""By maker; those with a `v1_id` are in the v1 API as well."""


def _folded(text: str) -> str:
    return "".join(letter for letter in text.casefold() if letter.isalnum())


_BY_SPELLING: Final = {
    _folded(spelling): each
    for each in V2_VIDEO_MODELS
    for spelling in (each.name, each.slug, each.v1_id or each.slug)
}


def find_v2_video_model(text: str) -> V2VideoModel | None:
    """
    Return the v2 video model that *text* names: its slug, name or v1 id, in any case, or None.

    >>> find_v2_video_model("Kling 3.0").slug, find_v2_video_model("MOTION2").slug
    ('kling-3.0', 'motion_2.0')
    """
    return _BY_SPELLING.get(_folded(text))
