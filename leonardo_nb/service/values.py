"""
What each parameter of `POST /generations` takes, as a table.

It is its own file because three readers need it without building a request: the request itself,
a sweep that checks its axes before anything is paid, and the panel that draws a form from it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from leonardo_nb.service.catalog import (
    CONTRASTS,
    LIMITS,
    MAX_PROMPT_CHARACTERS,
    PHOTO_REAL_STRENGTHS,
    PRESET_STYLES,
    SCHEDULERS,
    SD_VERSIONS,
)
from leonardo_nb.service.reading import Kind, Member, Vocabulary, shown

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = [
    "ALIASES",
    "ELEMENT",
    "GENERATION",
    "MEMBERS",
    "PARAMETERS",
    "Kind",
    "Member",
    "check_value",
    "parameter_name",
    "shown",
]


def _ranged(name: str, kind: Kind, help_: str) -> Member:
    return Member(name, kind, help_, limits=LIMITS[name])


_CONTROLNET = (
    Member("initImageId", "id", "The image that guides."),
    Member("initImageType", "choice", "Where that image is from.", ("GENERATED", "UPLOADED")),
    Member("preprocessorId", "whole", "The sort of guidance; the numbers depend on the model."),
    Member("weight", "number", "How strongly it guides."),
    Member(
        "strengthType",
        "choice",
        "How strongly a reference guides.",
        ("Low", "Mid", "High", "Ultra", "Max"),
    ),
    Member("influence", "number", "This image's share among several style references."),
)
ELEMENT: Final = (
    Member("akUUID", "id", "The element."),
    Member("weight", "number", "How strongly it acts."),
)
_USER_ELEMENT = (
    Member("userLoraId", "whole", "The element that you trained."),
    Member("weight", "number", "How strongly it acts."),
)

_TABLE: Final = (
    Member("prompt", "text", "What to draw.", max_characters=MAX_PROMPT_CHARACTERS),
    Member(
        "negative_prompt",
        "text",
        "What to keep out of the picture.",
        max_characters=MAX_PROMPT_CHARACTERS,
    ),
    Member("modelId", "model", "The model that draws: a name, a slug or an id."),
    Member("sd_version", "choice", "The base model, where no modelId is given.", SD_VERSIONS),
    _ranged("num_images", "whole", "How many pictures; each one costs."),
    _ranged("width", "whole", "Width in pixels."),
    _ranged("height", "whole", "Height in pixels."),
    _ranged("seed", "whole", "Where the picture starts from; the same seed draws it again."),
    _ranged("guidance_scale", "number", "How strictly the picture follows the prompt."),
    _ranged("num_inference_steps", "whole", "How many steps the model takes."),
    Member("scheduler", "choice", "How the model steps.", SCHEDULERS),
    Member("presetStyle", "choice", "The style; which ones depends on the mode.", PRESET_STYLES),
    Member("styleUUID", "style", "The style on Phoenix, Flux and Lucid: a name or an id."),
    Member("alchemy", "flag", "Finer and larger pictures, for more money."),
    Member("ultra", "flag", "The finest mode of some models; not with alchemy."),
    Member("contrast", "number", "Contrast on Phoenix, Flux and Lucid.", CONTRASTS),
    _ranged("contrastRatio", "number", "Contrast with older Alchemy versions."),
    Member("highResolution", "flag", "Larger output with Alchemy v1."),
    Member("expandedDomain", "flag", "A wider range of pictures with Alchemy."),
    Member("highContrast", "flag", "High contrast with Prompt Magic; False is RAW mode."),
    Member("photoReal", "flag", "Photographs; needs alchemy."),
    Member("photoRealVersion", "choice", "Which PhotoReal.", ("v1", "v2")),
    Member(
        "photoRealStrength",
        "number",
        "Depth of field: 0.55 is low, 0.5 medium, 0.45 high.",
        PHOTO_REAL_STRENGTHS,
    ),
    Member("promptMagic", "flag", "Follow the prompt more closely."),
    Member("promptMagicVersion", "choice", "Which Prompt Magic.", ("v2", "v3")),
    _ranged("promptMagicStrength", "number", "How strongly Prompt Magic acts."),
    Member("enhancePrompt", "flag", "Let the service add detail to the prompt."),
    Member("enhancePromptInstruction", "text", "How the prompt should be enhanced."),
    Member("init_image_id", "id", "An uploaded image to start from."),
    Member("init_generation_image_id", "id", "A generated image to start from."),
    _ranged("init_strength", "number", "How much of the first image remains."),
    Member("imagePrompts", "list", "Ids of images that act as prompts."),
    Member("imagePromptWeight", "number", "How strongly image prompts act."),
    Member(
        "controlnets",
        "list",
        "Images that guide the picture.",
        items=_CONTROLNET,
        required=("initImageId", "initImageType", "preprocessorId"),
    ),
    Member("elements", "list", "Elements to mix in.", items=ELEMENT, required=("akUUID",)),
    Member(
        "userElements",
        "list",
        "Elements of your own to mix in.",
        items=_USER_ELEMENT,
        required=("userLoraId",),
    ),
    Member("transparency", "choice", "Transparent background.", ("disabled", "foreground_only")),
    Member("tiling", "flag", "Pictures that tile without a seam."),
    Member("fantasyAvatar", "flag", "The fantasy avatar feature."),
    Member("unzoom", "flag", "Draw more around the first image."),
    Member("unzoomAmount", "number", "How much more to draw around it."),
    Member("upscaleRatio", "number", "How much to enlarge; enterprise accounts only."),
    Member("canvasRequest", "flag", "A job of the canvas editor."),
    Member(
        "canvasRequestType",
        "choice",
        "What the canvas editor does.",
        ("INPAINT", "OUTPAINT", "SKETCH2IMG", "IMG2IMG"),
    ),
    Member("canvasInitId", "id", "The canvas editor's first image."),
    Member("canvasMaskId", "id", "The canvas editor's mask; white is drawn again."),
    Member("controlNet", "flag", "Deprecated in favour of controlnets."),
    Member(
        "controlNetType",
        "choice",
        "Deprecated in favour of controlnets.",
        ("POSE", "CANNY", "DEPTH"),
    ),
    Member("weighting", "number", "Deprecated in favour of controlnets."),
    Member("public", "flag", "Show the pictures in the community feed."),
    Member("webhookCallbackUrl", "url", "Where the service calls when the job is done."),
)

# What people type who know another tool; they are told the name, not guessed at.
_ELSEWHERE: Final = {
    "cfg": "guidance_scale",
    "cfg_scale": "guidance_scale",
    "count": "num_images",
    "guidance": "guidance_scale",
    "images": "num_images",
    "model": "modelId",
    "model_name": "modelId",
    "n": "num_images",
    "negative": "negative_prompt",
    "sampler": "scheduler",
    "size": "width",
    "steps": "num_inference_steps",
    "style": "presetStyle",
    "style_id": "styleUUID",
    "webhook": "webhookCallbackUrl",
    "webhook_url": "webhookCallbackUrl",
}

GENERATION: Final = Vocabulary.of("generate", _TABLE, _ELSEWHERE)
"""`POST /generations` under every spelling."""

MEMBERS: Final[Mapping[str, Member]] = GENERATION.members
"""Every member of `POST /generations` by its name, in the order they are shown."""

PARAMETERS: Final[tuple[str, ...]] = tuple(MEMBERS)

ALIASES: Final[Mapping[str, str]] = GENERATION.aliases
"""Every accepted spelling of a parameter, and the service's own."""


def parameter_name(name: str, *, function: str = "generate") -> str:
    """
    Return the service's own name of a parameter.

    Args:
        name: Any accepted spelling, such as `preset_style`.
        function: Who was called, for the sentence.

    Raises:
        UnknownParameter: There is none of that name; the nearest is named.

    >>> parameter_name("preset_style")
    'presetStyle'
    """
    return GENERATION.name_of(name, function=function)


def check_value(name: str, value: object, *, check: bool = True) -> object:
    """
    Return *value* as it goes on the wire.

    Names of models and styles become ids, choices their own spelling, whole floats integers.

    Args:
        name: The parameter, in any accepted spelling.
        value: What was given.
        check: False lets numbers out of range, long prompts and unknown choices through, in case
            the service has changed; wrong types are refused all the same.

    Raises:
        UnknownParameter: There is no such parameter.
        InvalidRequest: It does not take that value; the sentence names the nearest one.

    >>> check_value("preset_style", "cinematic"), check_value("guidance_scale", 7.0)
    ('CINEMATIC', 7)
    """
    return GENERATION.check(name, value, check=check)
