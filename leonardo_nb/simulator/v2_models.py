"""
The models of v2 as data: every slug that `POST /v2/generations` takes, and what is known of it.

Facts of the v2 reference of October 2026. Where nothing is known of a model, nothing is checked.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["MODELS", "V2Model", "find_model"]


@dataclass(frozen=True, slots=True)
class V2Model:
    """
    One model.

    Attributes:
        slug: What requests call it.
        name: What people call it.
        kind: What it makes.
        width: Least and greatest width in pixels; None where that is not known.
        height: Likewise.
        step: What both sides are a multiple of.
        sizes: The only sizes, where there is a list.
        default_size: What is made where no size is asked for.
        modes: The values of `mode`; none where it has no such member.
        qualities: The values of `quality`.
        prompt_max: Characters.
        seed_max: The greatest seed.
        has_seed: Whether it takes a seed at all.
        quantity: How many images by default, and at most.
        guidances: How many entries each guidance takes; None where that is not known.
        durations: The seconds that a video may have; none where that is not known.
        default_duration: The seconds of a video that no duration is asked for.
        styles: The name of its list of styles, where that is known.
        extras: Further members that it takes; None where that is not known.
        required: Members that it wants besides the prompt.
        model_id: The same model's id in v1.
    """

    slug: str
    name: str
    kind: Literal["image", "video", "upscale", "utility", "3d", "audio"]
    width: tuple[int, int] | None = None
    height: tuple[int, int] | None = None
    step: int = 1
    sizes: tuple[tuple[int, int], ...] = ()
    default_size: tuple[int, int] | None = None
    modes: tuple[str, ...] = ()
    qualities: tuple[str, ...] = ()
    prompt_max: int = 9999
    seed_max: int = 2_147_483_647
    has_seed: bool = True
    quantity: tuple[int, int] = (1, 8)
    guidances: Mapping[str, int] | None = None
    durations: tuple[int, ...] = ()
    default_duration: int | None = None
    styles: str | None = None
    extras: tuple[str, ...] | None = None
    required: tuple[str, ...] = ()
    model_id: str | None = None


_XL_EXTRAS = (
    "contrast",
    "tiling",
    "negative_prompt",
    "transparency",
    "platform_elements",
    "user_elements",
)
_XL_GUIDANCES = {
    "style": 4,
    "content": 1,
    "character": 1,
    "edge": 1,
    "pose": 1,
    "depth": 1,
    "text_image": 1,
    "image_to_image": 1,
}
_PHOENIX_GUIDANCES = {"style": 4, "content": 1, "character": 1, "image_to_image": 1}


def _xl(slug: str, name: str, most: int, model_id: str | None = None) -> V2Model:
    """Return one of the SDXL family, which differ only in how large they go."""
    return V2Model(
        slug,
        name,
        "image",
        width=(32, most),
        height=(32, most),
        modes=("FAST", "QUALITY"),
        quantity=(4, 8),
        guidances=_XL_GUIDANCES,
        extras=_XL_EXTRAS,
        model_id=model_id,
    )


MODELS = (
    V2Model(
        "lucid-origin",
        "Lucid Origin",
        "image",
        width=(16, 3840),
        height=(16, 3616),
        step=8,
        default_size=(1200, 1200),
        modes=("FAST", "ULTRA"),
        prompt_max=2000,
        quantity=(4, 8),
        guidances={"style": 1, "content": 1},
        styles="lucid-origin",
        model_id="7b592283-e8a7-4c5a-9ba6-d18c31f258b9",
    ),
    V2Model(
        "lucid-realism",
        "Lucid Realism",
        "image",
        width=(16, 2496),
        height=(16, 2496),
        step=8,
        default_size=(1024, 1024),
        modes=("FAST", "ULTRA"),
        prompt_max=9999,
        quantity=(4, 8),
        guidances={"style": 1, "content": 1},
        styles="lucid-realism",
        model_id="05ce0082-2d80-4a2d-8653-4d1c85e2418e",
    ),
    V2Model(
        "phoenix-v1.0",
        "Phoenix 1.0",
        "image",
        width=(32, 2048),
        height=(32, 2048),
        modes=("FAST", "QUALITY", "ULTRA"),
        prompt_max=2000,
        quantity=(4, 8),
        guidances=_PHOENIX_GUIDANCES,
        model_id="de7d3faf-762f-48e0-b3b7-9d0ac3a3fcf3",
        extras=("contrast", "tiling", "negative_prompt"),
    ),
    V2Model(
        "phoenix-v0.9",
        "Phoenix 0.9",
        "image",
        width=(32, 2048),
        height=(32, 2048),
        modes=("FAST", "QUALITY", "ULTRA"),
        prompt_max=2000,
        quantity=(4, 8),
        guidances=_PHOENIX_GUIDANCES,
        model_id="6b645e3a-d64f-4341-a6d8-7a3690fbf042",
        extras=("contrast", "tiling", "negative_prompt"),
    ),
    V2Model(
        "flux-dev",
        "FLUX Dev",
        "image",
        width=(480, 2048),
        height=(480, 2048),
        prompt_max=2000,
        quantity=(4, 8),
        styles="flux-dev",
        model_id="b2614463-296c-462a-9586-aafdb8f00e36",
    ),
    V2Model(
        "flux-schnell",
        "FLUX Schnell",
        "image",
        width=(32, 2048),
        height=(32, 2048),
        quantity=(4, 8),
        model_id="1dd50843-d653-4516-a8e3-f0238ee453ff",
    ),
    V2Model(
        "flux-kontext-pro",
        "FLUX.1 Kontext Pro",
        "image",
        width=(32, 2048),
        height=(32, 2048),
        guidances={"image_reference": 4},
    ),
    V2Model(
        "flux-kontext-max",
        "FLUX.1 Kontext Max",
        "image",
        width=(32, 2048),
        height=(32, 2048),
        guidances={"image_reference": 4},
    ),
    V2Model(
        "flux-pro-2.0",
        "FLUX.2 Pro",
        "image",
        width=(64, 14142),
        height=(64, 14142),
        guidances={"image_reference": 4},
    ),
    V2Model("bfl/flux-3-image", "FLUX 3 Image", "image", guidances={"image_reference": 10}),
    _xl("kino-xl", "Kino XL", 1536, "aa77f04e-3eec-4034-9c07-d0f619684628"),
    _xl("portrait-perfect", "Portrait Perfect", 1536),
    _xl("stock-photography", "Stock Photography", 1536),
    _xl("anime-xl", "Anime XL", 1584, "e71a1c2f-4f80-4800-934f-2c68979d8cc8"),
    _xl("illustrative-albedo", "Illustrative Albedo", 1584),
    _xl("concept-art", "Concept Art", 1584),
    _xl("lifelike-vision", "Lifelike Vision", 1584),
    _xl("graphic-design", "Graphic Design", 1584),
    _xl("lightning-xl", "Lightning XL", 1584, "b24e16ff-06e3-43eb-8d33-4416c2d75876"),
    V2Model(
        "ideogram-v3.0",
        "Ideogram 3.0",
        "image",
        width=(32, 2048),
        height=(32, 2048),
        qualities=("TURBO", "BALANCED", "QUALITY"),
    ),
    V2Model("ideogram-v4.0", "Ideogram 4.0", "image", quantity=(1, 4)),
    V2Model(
        "ideogram/p-image-ideogram",
        "P-Image Ideogram",
        "image",
    ),
    V2Model("ideogram/ideogram-4.5", "Ideogram 4.5", "image", guidances={"image_reference": 5}),
    V2Model(
        "gemini-2.5-flash-image",
        "Nano Banana",
        "image",
        quantity=(1, 8),
        guidances={"image_reference": 6},
    ),
    V2Model("nano-banana-2", "Nano Banana 2", "image", guidances={"image_reference": 6}),
    V2Model("nano-banana-2-lite", "Nano Banana 2 Lite", "image", guidances={"image_reference": 6}),
    V2Model("gemini-image-2", "Nano Banana Pro", "image", guidances={"image_reference": 6}),
    V2Model(
        "seedream-4.0",
        "Seedream 4.0",
        "image",
        width=(32, 14142),
        height=(32, 14142),
        guidances={"image_reference": 6},
    ),
    V2Model(
        "seedream-4.5",
        "Seedream 4.5",
        "image",
        width=(32, 14142),
        height=(32, 14142),
        guidances={"image_reference": 6},
    ),
    V2Model("seedream-5.0-pro", "Seedream 5.0 Pro", "image", quantity=(1, 6)),
    V2Model(
        "bytedance/seedream-5.0-flash",
        "Seedream 5.0 Flash",
        "image",
    ),
    V2Model(
        "gpt-image-1.5",
        "GPT Image 1.5",
        "image",
        qualities=("LOW", "MEDIUM", "HIGH"),
        has_seed=False,
    ),
    V2Model(
        "gpt-image-2",
        "GPT Image 2",
        "image",
        qualities=("LOW", "MEDIUM", "HIGH"),
        has_seed=False,
        extras=("transparency",),
    ),
    V2Model(
        "openai/gpt-image-2.5-flare",
        "GPT Image 2.5 Flare",
        "image",
        qualities=("LOW", "MEDIUM", "HIGH", "XHIGH", "MAX"),
        guidances={"image_reference": 16},
    ),
    V2Model(
        "openai/gpt-image-2.5-sunburst",
        "GPT Image 2.5 Sunburst",
        "image",
        qualities=("LOW", "MEDIUM", "HIGH", "XHIGH", "MAX"),
        guidances={"image_reference": 16},
    ),
    V2Model(
        "recraft-v4",
        "Recraft V4",
        "image",
    ),
    V2Model(
        "recraft-v4-pro",
        "Recraft V4 Pro",
        "image",
    ),
    V2Model(
        "krea-2-turbo",
        "Krea 2 Turbo",
        "image",
    ),
    V2Model(
        "krea/krea-2",
        "Krea 2",
        "image",
    ),
    V2Model(
        "motion_2.0",
        "Motion 2.0",
        "video",
        sizes=((512, 768), (576, 720), (832, 480), (480, 832), (1280, 720), (720, 1280)),
        prompt_max=9999,
        seed_max=2147483637,
        quantity=(1, 1),
        guidances={"start_frame": 1},
        extras=("negative_prompt", "controls", "elements", "frame_interpolation"),
    ),
    V2Model(
        "motion_2.0-fast",
        "Motion 2.0 Fast",
        "video",
        sizes=((512, 768), (576, 720), (832, 480), (480, 832), (1280, 720), (720, 1280)),
        seed_max=4294967295,
        quantity=(1, 1),
        guidances={"start_frame": 1},
        extras=("negative_prompt", "controls", "elements", "frame_interpolation"),
    ),
    V2Model("veo-3.1-generate-001", "Veo 3.1", "video", durations=(4, 6, 8)),
    V2Model("veo-3.1-fast-generate-001", "Veo 3.1 Fast", "video", durations=(4, 6, 8)),
    V2Model("veo-3.1-lite", "Veo 3.1 Lite", "video", durations=(4, 6, 8)),
    V2Model("kling-2.5", "Kling 2.5 Turbo", "video", durations=(5, 10)),
    V2Model("kling-2.6", "Kling 2.6", "video", durations=(5, 10)),
    V2Model(
        "kling-2.5-turbo-standard",
        "Kling 2.5 Turbo Standard",
        "video",
        default_size=(1280, 720),
        durations=(5, 10),
        required=("guidances.start_frame",),
    ),
    V2Model(
        "kling-video-o-1",
        "Kling O1",
        "video",
    ),
    V2Model(
        "kling-3.0",
        "Kling 3.0",
        "video",
    ),
    V2Model(
        "kling-3.0-turbo",
        "Kling 3.0 Turbo",
        "video",
    ),
    V2Model(
        "kling-video-o-3",
        "Kling O3",
        "video",
    ),
    V2Model(
        "ltxv-2.3-pro",
        "LTX 2.3 Pro",
        "video",
    ),
    V2Model(
        "ltxv-2.3-fast",
        "LTX 2.3 Fast",
        "video",
    ),
    V2Model(
        "happy-horse",
        "Happy Horse",
        "video",
        default_size=(1920, 1080),
        guidances={"image_reference": 9, "video_reference_base": 1},
        default_duration=5,
        required=("prompt", "quantity"),
        extras=("audio_setting",),
    ),
    V2Model(
        "happy-horse-1.1",
        "Happy Horse 1.1",
        "video",
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
        prompt_max=2500,
        quantity=(1, 1),
        guidances={"start_frame": 1, "image_reference": 9},
        durations=(3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15),
        default_duration=5,
        required=("prompt", "quantity"),
        extras=("motion_has_audio",),
    ),
    V2Model(
        "hailuo-2_3",
        "Hailuo 2.3",
        "video",
        sizes=((1376, 768), (768, 1376), (768, 768), (1920, 1080), (1080, 1920), (1080, 1080)),
        durations=(6, 10),
        required=("prompt", "quantity", "width", "height"),
    ),
    V2Model("hailuo-2_3-fast", "Hailuo 2.3 Fast", "video", durations=(6, 10)),
    V2Model(
        "hailuo-03",
        "Hailuo 03",
        "video",
    ),
    V2Model(
        "alibaba/wan-3.0",
        "Wan 3.0",
        "video",
    ),
    V2Model(
        "wan-2.7",
        "Wan 2.7",
        "video",
    ),
    V2Model(
        "wan-2.6",
        "Wan 2.6",
        "video",
    ),
    V2Model(
        "bfl/flux-3-video",
        "FLUX 3 Video",
        "video",
    ),
    V2Model(
        "seedance-1.0-pro",
        "Seedance 1.0 Pro",
        "video",
    ),
    V2Model(
        "seedance-1.0-pro-fast",
        "Seedance 1.0 Pro Fast",
        "video",
    ),
    V2Model(
        "seedance-2.0",
        "Seedance 2.0",
        "video",
    ),
    V2Model(
        "seedance-2.0-fast",
        "Seedance 2.0 Fast",
        "video",
    ),
    V2Model(
        "seedance-2.0-mini",
        "Seedance 2.0 Mini",
        "video",
    ),
    V2Model(
        "bytedance/seedance-2.5",
        "Seedance 2.5",
        "video",
    ),
    V2Model(
        "grok-imagine-1.5",
        "Grok Imagine 1.5",
        "video",
    ),
    V2Model(
        "gemini-omni-flash",
        "Gemini Omni Flash",
        "video",
    ),
    V2Model(
        "google/gemini-omni-1.1-flash-preview",
        "Gemini Omni 1.1 Flash Preview",
        "video",
    ),
    V2Model(
        "aurora-upscaler-creative",
        "Aurora Upscaler Creative",
        "upscale",
    ),
    V2Model(
        "aurora-upscaler-precise",
        "Aurora Upscaler Precise",
        "upscale",
    ),
    V2Model(
        "remove-bg",
        "Remove Background",
        "utility",
    ),
    V2Model(
        "rodin-v2",
        "Rodin V2",
        "3d",
    ),
    V2Model(
        "music-v1",
        "Music V1",
        "audio",
    ),
    V2Model(
        "sound-effects-v2",
        "Sound Effects V2",
        "audio",
    ),
    V2Model(
        "dialogue-v3",
        "Dialogue V3",
        "audio",
    ),
    V2Model(
        "seed-audio-1.0",
        "Seed Audio 1.0",
        "audio",
    ),
)
_BY_SLUG = {model.slug: model for model in MODELS}


def find_model(slug: object) -> V2Model | None:
    """Return the model with that slug, or None."""
    return _BY_SLUG.get(slug) if isinstance(slug, str) else None
