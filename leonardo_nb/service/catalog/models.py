"""Image models of the v1 API, their styles and schedulers, and what their parameters take."""

from __future__ import annotations

import re
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Final, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = [
    "ALCHEMY_STYLES",
    "CONTRASTS",
    "DEFAULTS",
    "FAMILY_OF_SD_VERSION",
    "LIMITS",
    "MAX_PROMPT_CHARACTERS",
    "MODELS",
    "PHOTO_REAL_STRENGTHS",
    "PHOTO_REAL_V1_STYLES",
    "PHOTO_REAL_V2_STYLES",
    "PLAIN_STYLES",
    "PRESET_STYLES",
    "SCHEDULERS",
    "SD_VERSIONS",
    "SEED_MAX",
    "SEED_MAX_FLUX",
    "STYLES",
    "XL_STYLES",
    "Alchemy",
    "Family",
    "Model",
    "Range",
    "family_of",
    "find_model",
    "find_style",
    "preset_styles_for",
    "style_name",
]

Family = Literal[
    "sdxl",
    "sdxl-lightning",
    "sd15",
    "sd21",
    "phoenix",
    "flux-dev",
    "flux-schnell",
    "kontext",
    "lucid",
]
Alchemy = Literal["v1", "v2", "quality"]

SEED_MAX: Final = 9_999_999_998
SEED_MAX_FLUX: Final = 2_147_483_637
MAX_PROMPT_CHARACTERS: Final = 1500


@dataclass(frozen=True, slots=True)
class Range:
    """The numbers that a parameter takes, both ends included."""

    low: float
    high: float
    step: int = 1
    """For integers: values are multiples of this."""
    whole: bool = False
    """True where only integers are taken."""


@dataclass(frozen=True, slots=True)
class Model:
    """
    One platform model of the v1 API.

    Attributes:
        name: As the service shows it.
        id: What `modelId` takes.
        family: Decides which parameters apply.
        sd_version: The matching `sd_version`, or None where it has none.
        alchemy: The Alchemy version its switch chooses, or None where Alchemy does not exist.
        slug: Its name in the v2 API, or None where it has none.
        seed_max: The largest seed.
        styled_by: The parameter that sets its style.
        styles: Names of the styles it takes; empty where the service publishes no list.
        seen_styles: Names of styles that guides and clients name for it, where no list is
            published; others are not refused.
        styles_counted: How many its list has, where only that is known.
        contrast: The contrast the guides ask for, or None where it is not asked for.
        photo_real_v2: True where PhotoReal v2 runs on it.
        inpaints: False where canvas inpainting is refused.
        sizes: Width and height pairs seen in use; empty where any size goes.
        aliases: Further spellings.
        home: The API that its requests go to, where both have it.
    """

    name: str
    id: str
    family: Family
    sd_version: str | None
    alchemy: Alchemy | None = None
    slug: str | None = None
    seed_max: int = SEED_MAX
    styled_by: Literal["presetStyle", "styleUUID"] = "presetStyle"
    styles: tuple[str, ...] = ()
    seen_styles: tuple[str, ...] = ()
    styles_counted: int | None = None
    contrast: float | None = None
    photo_real_v2: bool = False
    inpaints: bool = True
    sizes: tuple[tuple[int, int], ...] = ()
    aliases: tuple[str, ...] = ()
    home: Literal["v1", "v2"] = "v1"


_LUCID_ORIGIN_STYLES = (
    "Cinematic",
    "Creative",
    "Dynamic",
    "Fashion",
    "None",
    "Portrait",
    "Stock Photo",
    "Vibrant",
)
_LUCID_REALISM_STYLES = (
    "Bokeh",
    "Cinematic",
    "Cinematic Close-Up",
    "Creative",
    "Dynamic",
    "Fashion",
    "Film",
    "Food",
    "HDR",
    "Long Exposure",
    "Macro",
    "Minimalist",
    "Monochrome",
    "Moody",
    "Neutral",
    "None",
    "Portrait",
    "Retro",
    "Stock Photo",
    "Unprocessed",
    "Vibrant",
)
_FLUX_DEV_STYLES = (
    "3D Render",
    "Acrylic",
    "Anime General",
    "Creative",
    "Dynamic",
    "Fashion",
    "Game Concept",
    "Graphic Design 3D",
    "Illustration",
    "None",
    "Portrait",
    "Portrait Cinematic",
    "Portrait Fashion",
    "Ray Traced",
    "Stock Photo",
    "Watercolor",
)
# The v2 API's list has 23 and no HDR; its names are not known here. These are the older guide's,
# as clients have them, but for HDR.
_PHOENIX_STYLES = (
    "3D Render",
    "Bokeh",
    "Cinematic",
    "Cinematic Concept",
    "Creative",
    "Dynamic",
    "Fashion",
    "Graphic Design Pop Art",
    "Graphic Design Vector",
    "Illustration",
    "Macro",
    "Minimalist",
    "Moody",
    "None",
    "Portrait",
    "Portrait Fashion",
    "Pro B&W Photography",
    "Pro Color Photography",
    "Pro Film Photography",
    "Ray Traced",
    "Sketch (B&W)",
    "Sketch (Color)",
    "Stock Photo",
    "Vibrant",
)
XL_STYLES: Final = (
    "3D Render",
    "Bokeh",
    "Cinematic",
    "Creative",
    "Dynamic",
    "Fashion",
    "Film",
    "Food",
    "Illustration",
    "Minimalist",
    "Monochrome",
    "Moody",
    "Neutral",
    "None",
    "Portrait",
    "Ray Traced",
    "Retro",
    "Sketch (B&W)",
    "Sketch (Color)",
    "Stock Photo",
    "Unprocessed",
    "Vibrant",
)
"""Styles of the SDXL family in the v2 API; which of its models have others is not published."""
_KONTEXT_WIDE = ((1456, 720), (1248, 832), (1184, 880), (1104, 944), (1568, 672), (1392, 752))
_KONTEXT_SIZES = ((1024, 1024), *_KONTEXT_WIDE, *((high, wide) for wide, high in _KONTEXT_WIDE))

MODELS: Final[tuple[Model, ...]] = (
    Model(
        "Leonardo Lightning XL",
        "b24e16ff-06e3-43eb-8d33-4416c2d75876",
        "sdxl-lightning",
        "SDXL_LIGHTNING",
        "v2",
        "lightning-xl",
        inpaints=False,
    ),
    Model(
        "Leonardo Anime XL",
        "e71a1c2f-4f80-4800-934f-2c68979d8cc8",
        "sdxl-lightning",
        "SDXL_LIGHTNING",
        "v2",
        "anime-xl",
        inpaints=False,
    ),
    Model(
        "Leonardo Kino XL",
        "aa77f04e-3eec-4034-9c07-d0f619684628",
        "sdxl",
        "SDXL_1_0",
        "v2",
        "kino-xl",
        photo_real_v2=True,
    ),
    Model(
        "Leonardo Vision XL",
        "5c232a9e-9061-4777-980a-ddc8e65647c6",
        "sdxl",
        "SDXL_1_0",
        "v2",
        photo_real_v2=True,
    ),
    Model(
        "Leonardo Diffusion XL",
        "1e60896f-3c26-4296-8ecc-53e2afecc132",
        "sdxl",
        "SDXL_1_0",
        "v2",
        photo_real_v2=True,
    ),
    Model("AlbedoBase XL", "2067ae52-33fd-4a82-bb92-c2c55e7d2786", "sdxl", "SDXL_1_0", "v2"),
    Model("SDXL 1.0", "16e7060a-803e-4df3-97ee-edcfa5dc9cc8", "sdxl", "SDXL_1_0", "v2"),
    Model("SDXL 0.9", "b63f7119-31dc-4540-969b-2a9df997e173", "sdxl", "SDXL_0_9", "v2"),
    Model(
        "Leonardo Phoenix 1.0",
        "de7d3faf-762f-48e0-b3b7-9d0ac3a3fcf3",
        "phoenix",
        "PHOENIX",
        "quality",
        "phoenix-v1.0",
        styled_by="styleUUID",
        seen_styles=_PHOENIX_STYLES,
        styles_counted=23,
        contrast=3.5,
        inpaints=False,
    ),
    Model(
        "Leonardo Phoenix 0.9",
        "6b645e3a-d64f-4341-a6d8-7a3690fbf042",
        "phoenix",
        "PHOENIX",
        "quality",
        "phoenix-v0.9",
        styled_by="styleUUID",
        seen_styles=_PHOENIX_STYLES,
        styles_counted=23,
        contrast=3.5,
        inpaints=False,
    ),
    Model(
        "Lucid Origin",
        "7b592283-e8a7-4c5a-9ba6-d18c31f258b9",
        "lucid",
        None,
        slug="lucid-origin",
        styled_by="styleUUID",
        styles=_LUCID_ORIGIN_STYLES,
        contrast=3.5,
        home="v2",
    ),
    Model(
        "Lucid Realism",
        "05ce0082-2d80-4a2d-8653-4d1c85e2418e",
        "lucid",
        "KINO_2_0",
        slug="lucid-realism",
        styled_by="styleUUID",
        styles=_LUCID_REALISM_STYLES,
        contrast=3.5,
        aliases=("Kino 2.0",),
        home="v2",
    ),
    Model(
        "Flux Dev",
        "b2614463-296c-462a-9586-aafdb8f00e36",
        "flux-dev",
        "FLUX_DEV",
        slug="flux-dev",
        seed_max=SEED_MAX_FLUX,
        styled_by="styleUUID",
        styles=_FLUX_DEV_STYLES,
        aliases=("FLUX.1 Dev",),
    ),
    Model(
        "Flux Schnell",
        "1dd50843-d653-4516-a8e3-f0238ee453ff",
        "flux-schnell",
        "FLUX",
        slug="flux-schnell",
        seed_max=SEED_MAX_FLUX,
        styled_by="styleUUID",
        seen_styles=_FLUX_DEV_STYLES,  # clients give both Flux models the same
        aliases=("FLUX.1 Schnell",),
    ),
    Model(
        "FLUX.1 Kontext",
        "28aeddf8-bd19-4803-80fc-79602d1a9989",
        "kontext",
        None,
        slug="flux-kontext-pro",
        seed_max=SEED_MAX_FLUX,
        styled_by="styleUUID",
        sizes=_KONTEXT_SIZES,
        aliases=("Flux Kontext", "Kontext"),
    ),
    Model("RPG v5", "f1929ea3-b169-4c18-a16c-5d58b4292c69", "sd15", "v1_5", "v1"),
    Model("3D Animation Style", "d69c8273-6b17-4a30-a13e-d6637ae1c644", "sd15", "v1_5", "v1"),
    Model("DreamShaper v7", "ac614f96-1082-45bf-be9d-757f2d31c174", "sd15", "v1_5", "v1"),
    Model("Absolute Reality v1.6", "e316348f-7773-490e-adcd-46757c738eb7", "sd15", "v1_5", "v1"),
    Model("Anime Pastel Dream", "1aa0f478-51be-4efd-94e8-76bfc8f533af", "sd15", "v1_5", "v1"),
    Model("Pixel Art", "e5a291b6-3990-495a-b1fa-7bd1864510a6", "sd15", "v1_5", "v1"),
    Model("Character Portraits", "6c95de60-a0bc-4f90-b637-ee8971caf3b0", "sd15", "v1_5", "v1"),
    Model("Leonardo Creative", "6bef9f1b-29cb-40c7-b9df-32b51c1f67d3", "sd21", "v2", "v1"),
    Model("Leonardo Diffusion", "b820ea11-02bf-4652-97ae-9ac0cc00593d", "sd21", "v2", "v1"),
)

SCHEDULERS: Final = (
    "KLMS",
    "EULER_ANCESTRAL_DISCRETE",
    "EULER_DISCRETE",
    "DDIM",
    "DPM_SOLVER",
    "PNDM",
    "LEONARDO",
)

FAMILY_OF_SD_VERSION: Final[Mapping[str, Family]] = MappingProxyType(
    {
        "v1_5": "sd15",
        "v2": "sd21",
        "v3": "sd21",
        "SDXL_0_8": "sdxl",
        "SDXL_0_9": "sdxl",
        "SDXL_1_0": "sdxl",
        "SDXL_LIGHTNING": "sdxl-lightning",
        "PHOENIX": "phoenix",
        "FLUX": "flux-schnell",
        "FLUX_DEV": "flux-dev",
        "KINO_2_0": "lucid",
    }
)
SD_VERSIONS: Final = tuple(FAMILY_OF_SD_VERSION)

PLAIN_STYLES: Final = ("LEONARDO", "NONE")
"""presetStyle without Alchemy."""

ALCHEMY_STYLES: Final = (
    "ANIME",
    "CINEMATIC",
    "CREATIVE",
    "DYNAMIC",
    "ENVIRONMENT",
    "GENERAL",
    "ILLUSTRATION",
    "NONE",
    "PHOTOGRAPHY",
    "RAYTRACED",
    "RENDER_3D",
    "SKETCH_BW",
    "SKETCH_COLOR",
)
"""presetStyle with Alchemy; CINEMATIC is in the guides and not in the reference."""

PHOTO_REAL_V1_STYLES: Final = ("CINEMATIC", "CREATIVE", "VIBRANT")

PHOTO_REAL_V2_STYLES: Final = (
    "BOKEH",
    "CINEMATIC",
    "CINEMATIC_CLOSEUP",
    "CREATIVE",
    "FASHION",
    "FILM",
    "FOOD",
    "HDR",
    "LONG_EXPOSURE",
    "MACRO",
    "MINIMALISTIC",
    "MONOCHROME",
    "MOODY",
    "NEUTRAL",
    "PORTRAIT",
    "RETRO",
    "STOCK_PHOTO",
    "UNPROCESSED",
    "VIBRANT",
)

PRESET_STYLES: Final = tuple(
    sorted({*PLAIN_STYLES, *ALCHEMY_STYLES, *PHOTO_REAL_V1_STYLES, *PHOTO_REAL_V2_STYLES})
)

STYLES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "3D Render": "debdf72a-91a4-467b-bf61-cc02bdeb69c6",
        "Acrylic": "3cbb655a-7ca4-463f-b697-8a03ad67327c",
        "Anime General": "b2a54a51-230b-4d4f-ad4e-8409bf58645f",
        "Bokeh": "9fdc5e8c-4d13-49b4-9ce6-5a74cbb19177",
        "Cinematic": "a5632c7c-ddbb-4e2f-ba34-8456ab3ac436",
        "Cinematic Close-Up": "cc53f935-884c-40a0-b7eb-1f5c42821fb5",
        "Cinematic Concept": "33abbb99-03b9-4dd7-9761-ee98650b2c88",
        "Creative": "6fedbf1f-4a17-45ec-84fb-92fe524a29ef",
        "Dynamic": "111dc692-d470-4eec-b791-3475abac4c46",
        "Fashion": "594c4a08-a522-4e0e-b7ff-e4dac4b6b622",
        "Film": "85da2dcc-c373-464c-9a7a-5624359be859",
        "Food": "d574325d-1278-4fe2-974b-768525f253c3",
        "Game Concept": "09d2b5b5-d7c5-4c02-905d-9f84051640f4",
        "Graphic Design 2D": "703d6fe5-7f1c-4a9e-8da0-5331f214d5cf",
        "Graphic Design 3D": "7d7c2bc5-4b12-4ac3-81a9-630057e9e89f",
        "Graphic Design Pop Art": "2e74ec31-f3a4-4825-b08b-2894f6d13941",
        "Graphic Design Vector": "1fbb6a68-9319-44d2-8d56-2957ca0ece6a",
        "HDR": "97c20e5c-1af6-4d42-b227-54d03d8f0727",
        "Illustration": "645e4195-f63d-4715-a3f2-3fb1e6eb8c70",
        "Long Exposure": "335e6010-a75c-45d9-afc5-032c65e9180e",
        "Macro": "30c1d34f-e3a9-479a-b56f-c018bbc9c02a",
        "Minimalist": "cadc8cd6-7838-4c99-b645-df76be8ba8d8",
        "Monochrome": "a2f7ea66-959b-4bbe-b508-6133238b76b6",
        "Moody": "621e1c9a-6319-4bee-a12d-ae40659162fa",
        "Neutral": "0d914779-c822-430a-b976-30075033f1c4",
        "None": "556c1ee5-ec38-42e8-955a-1e82dad0ffa1",
        "Portrait": "ab5a4220-7c42-41e5-a578-eddb9fed3d75",
        "Portrait Cinematic": "4edb03c9-8a26-4041-9d01-f85b5d4abd71",
        "Portrait Fashion": "0d34f8e1-46d4-428f-8ddd-4b11811fa7c9",
        "Pro B&W Photography": "22a9a7d2-2166-4d86-80ff-22e2643adbcf",
        "Pro Color Photography": "7c3f932b-a572-47cb-9b9b-f20211e63b5b",
        "Pro Film Photography": "581ba6d6-5aac-4492-bebe-54c424a0d46e",
        "Ray Traced": "b504f83c-3326-4947-82e1-7fe9e839ec0f",
        "Retro": "6105baa2-851b-446e-9db5-08a671a8c42f",
        "Sketch (B&W)": "be8c6b58-739c-4d44-b9c1-b032ed308b61",
        "Sketch (Color)": "093accc3-7633-4ffd-82da-d34000dfc0d6",
        "Stock Photo": "5bdc3f2a-1be6-4d1c-8e77-992a30824a2c",
        "Unprocessed": "62736842-6e4b-4028-b79a-4f1a1606e893",
        "Vibrant": "dee282d3-891f-4f73-ba02-7f8131e5541b",
        "Watercolor": "1db308ce-c7ad-4d10-96fd-592fa6b75cc4",
    }
)
"""What `styleUUID` takes, by name; Phoenix, Flux and Lucid models are styled by it."""

CONTRASTS: Final = (1.0, 1.3, 1.8, 2.5, 3.0, 3.5, 4.0, 4.5)
PHOTO_REAL_STRENGTHS: Final = (0.45, 0.5, 0.55)

LIMITS: Final[Mapping[str, Range]] = MappingProxyType(
    {
        "width": Range(32, 1536, step=8, whole=True),
        "height": Range(32, 1536, step=8, whole=True),
        "num_images": Range(1, 8, whole=True),
        "num_inference_steps": Range(10, 60, whole=True),
        "guidance_scale": Range(1, 20),
        "seed": Range(0, SEED_MAX, whole=True),
        "init_strength": Range(0.1, 0.9),
        "promptMagicStrength": Range(0.1, 1.0),
        "contrastRatio": Range(0.0, 1.0),
    }
)

DEFAULTS: Final[Mapping[str, object]] = MappingProxyType(
    {
        "modelId": MODELS[0].id,
        "num_images": 1,
        "width": 1024,
        "height": 768,
        "num_inference_steps": 15,
        "guidance_scale": 7,
        "scheduler": "EULER_DISCRETE",
        "alchemy": True,
        "presetStyle": "DYNAMIC",
        "styleUUID": STYLES["Dynamic"],
        "photoRealVersion": "v1",
        "photoRealStrength": 0.55,
        "public": False,
    }
)
"""
What is sent where nothing is given; some depend on the model, see `requests.CreateGeneration`.

The service's own, but for two that are ours because they cost money or privacy: `num_images` (the
service draws 4) and `public` (the service documents no default).
"""


def _folded(text: str) -> str:
    """Return *text* with only what tells names apart: small letters and digits."""
    return re.sub(r"[^0-9a-z]", "", text.casefold())


def _model_spellings() -> dict[str, Model]:
    spellings: dict[str, Model] = {}
    for model in MODELS:
        for name in (model.name, model.id, model.slug or model.name, *model.aliases):
            spellings[_folded(name)] = model
            spellings[_folded(name).removeprefix("leonardo")] = model
    return spellings


_MODEL_BY_SPELLING: Final = _model_spellings()
_STYLE_BY_SPELLING: Final = {_folded(name): uuid for name, uuid in STYLES.items()} | {
    _folded(uuid): uuid for uuid in STYLES.values()
}
_STYLE_NAMES: Final = {uuid: name for name, uuid in STYLES.items()}


def find_model(text: str) -> Model | None:
    """
    Return the model that *text* names: its name, id or slug, in any case, or None.

    >>> find_model("phoenix 1.0").name, find_model("kino-xl").name, find_model("Phoenix")
    ('Leonardo Phoenix 1.0', 'Leonardo Kino XL', None)
    """
    return _MODEL_BY_SPELLING.get(_folded(text))


def find_style(text: str) -> str | None:
    """
    Return the style id that *text* names: a style's name or id, in any case, or None.

    >>> find_style("CINEMATIC_CLOSEUP") == STYLES["Cinematic Close-Up"]
    True
    """
    return _STYLE_BY_SPELLING.get(_folded(text))


def style_name(uuid: str) -> str | None:
    """Return the name of a style id, or None where it is not a published one."""
    return _STYLE_NAMES.get(uuid.lower())


def family_of(members: Mapping[str, object]) -> Family | None:
    """Return the family that a request runs on, or None for a custom or unknown model."""
    model_id = members.get("modelId")
    if isinstance(model_id, str):
        model = find_model(model_id)
        return model.family if model else None
    version = members.get("sd_version")
    return FAMILY_OF_SD_VERSION.get(version, "sd15") if isinstance(version, str) else "sd15"


def preset_styles_for(
    *, alchemy: bool = True, photo_real: bool = False, version: str = "v1"
) -> tuple[str, ...]:
    """Return the values that `presetStyle` takes in a mode; *version* is PhotoReal's."""
    if photo_real:
        return PHOTO_REAL_V2_STYLES if version == "v2" else PHOTO_REAL_V1_STYLES
    return ALCHEMY_STYLES if alchemy else PLAIN_STYLES
