"""
Image generation: what the service reads, refuses, charges and answers for `POST /generations`.

This is the simulator's own reading of the API reference. It shares no rule with the client's,
because a mistake made once would otherwise hide in both.
"""

from __future__ import annotations

import hashlib
import io
import json
import re
import warnings
from typing import TYPE_CHECKING

from PIL import Image

from leonardo_nb.service import catalog
from leonardo_nb.simulator import refusals
from leonardo_nb.simulator.darkroom import DEVELOPS
from leonardo_nb.simulator.elements import find_element
from leonardo_nb.simulator.refusals import Refusal
from leonardo_nb.simulator.shapes import (
    bigint,
    boolean,
    enum,
    floating,
    integer,
    list_of,
    object_of,
    read_members,
    string,
)
from leonardo_nb.simulator.world import COMPLETE, Foreseen, Kind, Known, World

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from leonardo_nb.simulator.darkroom import Darkroom
    from leonardo_nb.simulator.shapes import Shape
    from leonardo_nb.simulator.world import SimJob, Source, Status

__all__ = [
    "IMAGE",
    "MEMBERS",
    "date_of",
    "draw",
    "file_name",
    "file_size",
    "foresee",
    "is_picture",
    "price",
    "read",
    "row",
    "slug",
    "spread",
    "uploaded",
    "words_of",
]

SCHEDULERS = (
    "KLMS",
    "EULER_ANCESTRAL_DISCRETE",
    "EULER_DISCRETE",
    "DDIM",
    "DPM_SOLVER",
    "PNDM",
    "LEONARDO",
)
SD_VERSIONS = (
    "v1_5",
    "v2",
    "v3",
    "SDXL_0_8",
    "SDXL_0_9",
    "SDXL_1_0",
    "SDXL_LIGHTNING",
    "PHOENIX",
    "FLUX",
    "FLUX_DEV",
    "KINO_2_0",
)
STYLES_WITHOUT_ALCHEMY = ("LEONARDO", "NONE")
STYLES_WITH_ALCHEMY = (
    "ANIME",
    "CREATIVE",
    "DYNAMIC",
    "ENVIRONMENT",
    "GENERAL",
    "ILLUSTRATION",
    "PHOTOGRAPHY",
    "RAYTRACED",
    "RENDER_3D",
    "SKETCH_BW",
    "SKETCH_COLOR",
    "NONE",
    "CINEMATIC",  # in the guides, not in the reference
)
STYLES_OF_PHOTO_REAL = {
    "v1": ("CINEMATIC", "CREATIVE", "VIBRANT"),
    "v2": (
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
        "VIBRANT",
        "UNPROCESSED",
        "DYNAMIC",  # not in the list, but in one of the documentation's own samples
    ),
}
PRESET_STYLES = tuple(
    dict.fromkeys(
        (
            *STYLES_WITH_ALCHEMY,
            *STYLES_WITHOUT_ALCHEMY,
            *STYLES_OF_PHOTO_REAL["v1"],
            *STYLES_OF_PHOTO_REAL["v2"],
        )
    )
)
CONTRASTS = (1.0, 1.3, 1.8, 2.5, 3, 3.5, 4, 4.5)
STYLE_REFERENCES = (67, 166, 299, 298, 431)
PHOTO_REAL_V2_MODELS = (
    "aa77f04e-3eec-4034-9c07-d0f619684628",
    "1e60896f-3c26-4296-8ecc-53e2afecc132",
    "5c232a9e-9061-4777-980a-ddc8e65647c6",
)
LUCID_ORIGIN = "7b592283-e8a7-4c5a-9ba6-d18c31f258b9"
LUCID_REALISM = "05ce0082-2d80-4a2d-8653-4d1c85e2418e"
NOT_ON_CANVAS = (
    "b24e16ff-06e3-43eb-8d33-4416c2d75876",
    "e71a1c2f-4f80-4800-934f-2c68979d8cc8",
    "de7d3faf-762f-48e0-b3b7-9d0ac3a3fcf3",
    "6b645e3a-d64f-4341-a6d8-7a3690fbf042",
)

PROMPT_CHARACTERS = 1500
MOST_PIXELS = 64_000_000
"""An uploaded picture with more than this cannot be used."""

SEED_MAX = 9_999_999_998
SEED_MAX_FLUX = 2_147_483_637

REFUSED_WORDS = ("gore", "naked", "nsfw", "nude", "nudity", "porn")
"""The prompt filter stops these before anything is made."""

FAILING_WORDS = {"bloodbath": "EXTREME_VIOLENCE", "massacre": "EXTREME_VIOLENCE"}
"""These are only found afterwards: the job is accepted, fails, and shows the class."""

FLAGGED_WORDS = ("bikini", "lingerie")
"""These are drawn, and the images carry `nsfw: true`."""

_ARGUMENTS = "$.selectionSet.sdGenerationJob.args.arg1"

_controlnet = object_of(
    "controlnet_input",
    {
        "initImageId": string,
        "initImageType": enum("init_image_type", ("GENERATED", "UPLOADED")),
        "preprocessorId": floating,
        "weight": floating,
        "strengthType": enum("strength_type", ("Low", "Mid", "High", "Ultra", "Max")),
        "influence": floating,
    },
    required=("initImageId", "initImageType", "preprocessorId"),
)
_element = object_of("element_input", {"akUUID": string, "weight": floating}, required=("akUUID",))
_user_element = object_of("user_elements_input", {"userLoraId": integer, "weight": floating})

MEMBERS: Mapping[str, Shape] = {
    "prompt": string,
    "negative_prompt": string,
    "modelId": string,
    "num_images": integer,
    "width": integer,
    "height": integer,
    "num_inference_steps": integer,
    "guidance_scale": floating,
    "seed": bigint,
    "scheduler": enum("sd_generation_schedulers", SCHEDULERS),
    "sd_version": enum("sd_versions", SD_VERSIONS),
    "presetStyle": enum("sd_generation_style", PRESET_STYLES),
    "styleUUID": string,
    "alchemy": boolean,
    "ultra": boolean,
    "contrast": floating,
    "contrastRatio": floating,
    "highResolution": boolean,
    "expandedDomain": boolean,
    "highContrast": boolean,
    "photoReal": boolean,
    "photoRealVersion": string,
    "photoRealStrength": floating,
    "promptMagic": boolean,
    "promptMagicVersion": string,
    "promptMagicStrength": floating,
    "enhancePrompt": boolean,
    "enhancePromptInstruction": string,
    "init_image_id": string,
    "init_generation_image_id": string,
    "init_strength": floating,
    "imagePrompts": list_of(string),
    "imagePromptWeight": floating,
    "controlnets": list_of(_controlnet),
    "elements": list_of(_element),
    "userElements": list_of(_user_element),
    "transparency": enum("TransparencyType", ("disabled", "foreground_only")),
    "tiling": boolean,
    "public": boolean,
    "fantasyAvatar": boolean,
    "unzoom": boolean,
    "unzoomAmount": floating,
    "upscaleRatio": floating,
    "canvasRequest": boolean,
    "canvasRequestType": enum(
        "canvasRequestType", ("INPAINT", "OUTPAINT", "SKETCH2IMG", "IMG2IMG")
    ),
    "canvasInitId": string,
    "canvasMaskId": string,
    "controlNet": boolean,
    "controlNetType": enum("controlnet_type", ("POSE", "CANNY", "DEPTH")),
    "weighting": floating,
}

_DEFAULTS: Mapping[str, object] = {
    "negative_prompt": "",
    "num_images": 4,
    "width": 1024,
    "height": 768,
    "num_inference_steps": 15,
    "guidance_scale": 7,
    "scheduler": "EULER_DISCRETE",
    "public": False,
    "photoReal": False,
    "promptMagic": False,
    "transparency": "disabled",
}
_DEFAULT_MODEL = "b24e16ff-06e3-43eb-8d33-4416c2d75876"
_MODELS = {model.id: model for model in catalog.MODELS}
_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)


def read(body: Mapping[str, object], known: Known | None = None) -> dict[str, object]:
    """
    Return a request's members with the service's defaults filled in, or raise `Refusal`.

    Args:
        body: The decoded JSON object.
        known: What the request may point at; left out, there is nothing.
    """
    for name in body:
        if name not in MEMBERS:
            raise refusals.unexpected_variable(name)
    if body.get("prompt") is None:
        raise refusals.missing_value("prompt")
    given = read_members(body, MEMBERS, _ARGUMENTS)
    members = _with_defaults(given)
    _check_prompt(members)
    _check_model(members)
    _check_numbers(members)
    _check_modes(members, given)
    _check_inputs(members)
    sources = _sources(members, known or Known(World(), 0.0))
    if sources:
        members["sources"] = sources
    return members


def price(body: Mapping[str, object]) -> int:
    """Return the calculator's credits for IMAGE_GENERATION parameters, or raise `Refusal`."""
    for name in body:
        if name not in _PRICED:
            raise refusals.unexpected_variable(name)
    for name in ("imageHeight", "imageWidth", "numImages", "inferenceSteps", "alchemyMode"):
        if body.get(name) is None:
            raise refusals.missing_value(name)
    params = read_members(body, _PRICED, f"{_PRICE_ARGUMENTS}.serviceParams.IMAGE_GENERATION")
    # the calculator's bounds stop at 1024, where the request's go on to 1536
    _check_sides(params, "imageWidth", "imageHeight", "numImages", most=1024)
    _check_range(params, "inferenceSteps", 10, 60)
    # what is written false or null costs what it costs left out
    return catalog.credits_of_pricing(params)


_PRICE_ARGUMENTS = "$.selectionSet.calculateProductionApiServiceCost.args"
_PRICED: Mapping[str, Shape] = {
    "imageHeight": integer,
    "imageWidth": integer,
    "numImages": integer,
    "inferenceSteps": integer,
    "promptMagic": boolean,
    "promptMagicStrength": floating,
    "promptMagicVersion": string,
    "alchemyMode": boolean,
    "photoRealMode": boolean,
    "photoRealStrength": floating,
    "photoRealVersion": string,
    "highResolution": boolean,
    "loraCount": integer,
    "isModelCustom": boolean,
    "controlnetsCost": integer,
    "isPhoenix": boolean,
    "isSDXL": boolean,
    "isSDXLLightning": boolean,
    "isUltra": boolean,
    "isFluxSchnell": boolean,
    "isFluxDev": boolean,
    "isFluxKontext": boolean,
}


# -- what is refused


def _with_defaults(given: Mapping[str, object]) -> dict[str, object]:
    members = {**_DEFAULTS, **given}
    if members["photoReal"] is True:
        members.setdefault("photoRealVersion", "v1")
        members.setdefault("photoRealStrength", 0.55)
    without_model = "sd_version" in given or _is_photo_real(members, "v1")
    if "modelId" not in given and not without_model:
        members["modelId"] = _DEFAULT_MODEL
    members.setdefault("alchemy", _family(members) not in _ALCHEMY_IS_OFF or _is_realism(members))
    if _is_styled_by_preset(members) and members["alchemy"] and not _is_photo_real(members, "v1"):
        members.setdefault("presetStyle", "DYNAMIC")
    return members


_ALCHEMY_IS_OFF = ("lucid", "flux-dev", "flux-schnell", "kontext")


def _is_realism(members: Mapping[str, object]) -> bool:
    # the one model that the guides tell to switch Alchemy off for, so it must be on by default
    return members.get("modelId") == LUCID_REALISM


def _is_photo_real(members: Mapping[str, object], version: str) -> bool:
    return members.get("photoReal") is True and members.get("photoRealVersion") == version


def _family(members: Mapping[str, object]) -> str:
    return catalog.family_of(members) or "sd15"


def _is_styled_by_preset(members: Mapping[str, object]) -> bool:
    return _family(members) in ("sdxl", "sdxl-lightning", "sd15", "sd21")


def _check_prompt(members: Mapping[str, object]) -> None:
    prompt = str(members["prompt"])
    if not prompt.strip():
        raise Refusal("Invalid prompt, must not be empty.")
    for name in ("prompt", "negative_prompt"):
        if len(str(members[name])) > PROMPT_CHARACTERS:
            raise Refusal(
                f"Invalid {name}, maximum length of {PROMPT_CHARACTERS} characters exceeded."
            )
    for word in words_of(prompt):
        if word in REFUSED_WORDS:
            raise refusals.words_moderated(word)


def _check_model(members: Mapping[str, object]) -> None:
    model_id = members.get("modelId")
    if model_id is not None and model_id not in _MODELS:
        raise refusals.not_for_the_api(str(model_id))


def _check_sides(
    members: Mapping[str, object], width: str, height: str, count: str, *, most: int
) -> None:
    sides = (members[width], members[height])
    for side in sides:
        if not isinstance(side, int) or not 32 <= side <= most or side % 8:
            raise Refusal("invalid dimensions")
    images = members[count]
    if not isinstance(images, int) or images < 1:
        raise Refusal(f"Invalid {count}, must be between 1 and 8.")
    if images > 8 or (images > 4 and any(int(str(side)) > 768 for side in sides)):
        raise Refusal("Too many images")


def _check_range(members: Mapping[str, object], name: str, low: float, high: float) -> None:
    value = members.get(name)
    if isinstance(value, (int, float)) and not low <= value <= high:
        raise Refusal(f"Invalid {name}, must be between {low} and {high}.")


def _check_one_of(members: Mapping[str, object], name: str, values: tuple[object, ...]) -> None:
    value = members.get(name)
    if value is not None and value not in values:
        listed = ", ".join(str(choice) for choice in values)
        raise Refusal(f"Invalid {name}, must be one of {listed}.")


def _check_numbers(members: Mapping[str, object]) -> None:
    _check_sides(members, "width", "height", "num_images", most=1536)
    family = _family(members)
    old_alchemy = members["alchemy"] is True and family in ("sd15", "sd21")
    _check_range(members, "guidance_scale", 1, 30 if old_alchemy else 20)
    _check_range(members, "num_inference_steps", 10, 60)
    _check_range(members, "init_strength", 0.1, 0.9)
    _check_range(members, "promptMagicStrength", 0.1, 1.0)
    _check_range(members, "contrastRatio", 0, 1)
    is_flux = family in ("flux-dev", "flux-schnell", "kontext")
    _check_range(members, "seed", 0, SEED_MAX_FLUX if is_flux else SEED_MAX)
    _check_one_of(members, "contrast", CONTRASTS)
    _check_one_of(members, "photoRealVersion", ("v1", "v2"))
    _check_one_of(members, "photoRealStrength", (0.55, 0.5, 0.45))
    _check_one_of(members, "promptMagicVersion", ("v2", "v3"))


def _check_modes(members: Mapping[str, object], given: Mapping[str, object]) -> None:
    alchemy = members["alchemy"] is True
    if members.get("photoReal") is True:
        if not alchemy:
            raise Refusal("photoReal requires alchemy to be true.")
        if _is_photo_real(members, "v1") and "modelId" in given:
            raise Refusal("photoReal v1 does not take a modelId.")
        if _is_photo_real(members, "v2") and members.get("modelId") not in PHOTO_REAL_V2_MODELS:
            raise Refusal("photoReal v2 does not support this modelId.")
    if members.get("ultra") is True and alchemy:
        raise Refusal("ultra can not be used with alchemy.")
    if alchemy and members.get("modelId") in (LUCID_ORIGIN, LUCID_REALISM):
        raise Refusal("alchemy is not supported by this modelId.")
    contrast = members.get("contrast")
    too_flat = isinstance(contrast, (int, float)) and contrast < 2.5
    if _family(members) == "phoenix" and alchemy and too_flat:
        raise Refusal("Invalid contrast, must be 2.5 or higher when alchemy is true.")
    _check_style(members)
    _check_canvas(members)


def _check_style(members: Mapping[str, object]) -> None:
    style_id = members.get("styleUUID")
    if style_id is not None and not _UUID.fullmatch(str(style_id)):
        raise Refusal("Invalid styleUUID, must be a uuid.")
    style = members.get("presetStyle")
    if style is None or not _is_styled_by_preset(members):
        return
    if members.get("photoReal") is True:
        version = str(members["photoRealVersion"])
        styles, mode = STYLES_OF_PHOTO_REAL[version], f"photoReal {version}"
    elif members["alchemy"] is True:
        styles, mode = STYLES_WITH_ALCHEMY, "alchemy"
    else:
        styles, mode = STYLES_WITHOUT_ALCHEMY, "alchemy false"
    if style not in styles:
        raise Refusal(f"Invalid presetStyle {style}, not available with {mode}.")


def _check_canvas(members: Mapping[str, object]) -> None:
    if members.get("canvasRequest") is not True:
        return
    if members["alchemy"] is True or members["photoReal"] is True:
        raise Refusal("canvasRequest can not be used with alchemy or photoReal.")
    if members.get("modelId") in NOT_ON_CANVAS:
        raise Refusal("canvasRequest is not supported by this modelId.")
    if members.get("canvasRequestType") == "INPAINT":
        for name in ("canvasInitId", "canvasMaskId"):
            if members.get(name) is None:
                raise refusals.missing_value(name)
        _check_range(members, "init_strength", 0.1, 0.8)


def _check_inputs(members: Mapping[str, object]) -> None:
    for net in _objects(members, "controlnets"):
        strong = net.get("strengthType") in ("Ultra", "Max")
        if strong and net["preprocessorId"] not in STYLE_REFERENCES:
            raise Refusal(
                f"Invalid strengthType {net['strengthType']}, only available for Style Reference."
            )
    if members.get("unzoom") is True:
        for name in ("unzoomAmount", "init_image_id"):
            if members.get(name) is None:
                raise refusals.missing_value(name)


def _sources(members: Mapping[str, object], known: Known) -> dict[str, Source]:
    """Return how to draw each picture that the request points at, or raise `Refusal`."""
    uploads = [members.get(name) for name in ("init_image_id", "canvasInitId", "canvasMaskId")]
    generated = [members.get("init_generation_image_id")]
    for net in _objects(members, "controlnets"):
        (generated if net["initImageType"] == "GENERATED" else uploads).append(net["initImageId"])
    found: dict[str, Source] = {}
    for image_id in uploads:
        if image_id is not None:
            found[str(image_id)] = uploaded(known, image_id)
    for image_id in generated:
        if image_id is not None:
            source = known.image(image_id)
            if source is None:
                raise Refusal("invalid init image id")
            found[str(image_id)] = source
    canvas, mask = members.get("canvasInitId"), members.get("canvasMaskId")
    if canvas is not None and mask is not None:
        sizes = {known.world.uploads.size(str(found[str(one)]["digest"])) for one in (canvas, mask)}
        if len(sizes) > 1:
            raise Refusal("invalid dimensions")
    prompts = members.get("imagePrompts")
    for image_id in prompts if isinstance(prompts, list) else ():
        either = known.image(image_id)
        found[str(image_id)] = uploaded(known, image_id) if either is None else either
    return found


def uploaded(known: Known, image_id: object) -> Source:
    """Return an upload that has arrived, or raise `Refusal`."""
    source = known.upload(image_id)
    if source is None:
        raise Refusal("invalid init image id")
    if source["digest"] is None or not is_picture(known, str(source["digest"])):
        raise Refusal("couldn't access image")
    return source


def is_picture(known: Known, digest: str) -> bool:
    """Return whether an uploaded file is a picture of a bearable size."""
    content = known.world.uploads.contents.get(digest)
    if content is None:
        return False
    try:
        # only the head is read, so that a small file of a huge picture does no harm
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            with Image.open(io.BytesIO(content)) as picture:
                return picture.width * picture.height <= MOST_PIXELS
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        return False


def _objects(members: Mapping[str, object], name: str) -> list[dict[str, object]]:
    value = members.get(name)
    return value if isinstance(value, list) else []


# -- what happens


def foresee(members: Mapping[str, object]) -> Foreseen:
    """Return what the content filter finds in the prompt once the job is accepted."""
    words = words_of(str(members["prompt"]))
    return Foreseen(
        moderation=tuple(sorted({FAILING_WORDS[word] for word in words if word in FAILING_WORDS})),
        nsfw=any(word in FLAGGED_WORDS for word in words),
    )


def _seconds(members: Mapping[str, object]) -> float:
    return catalog.expected_seconds(members) * spread(members)


def spread(members: Mapping[str, object]) -> float:
    """Return a factor from 2/3 to 4/3, the same for one request."""
    text = json.dumps(members, sort_keys=True, default=str)
    part = int.from_bytes(hashlib.sha256(text.encode()).digest()[:4], "big") / 2**32
    return 2 / 3 + part * 2 / 3


def _outputs(members: Mapping[str, object]) -> int:
    return int(str(members["num_images"]))


def words_of(text: str) -> list[str]:
    """Return the words of *text*, lower case."""
    return re.findall(r"\w+", text.lower())


# -- what is answered


def date_of(created_at: datetime) -> str:
    """Return a date as the service writes it: UTC, milliseconds, no zone."""
    return created_at.strftime("%Y-%m-%dT%H:%M:%S.") + f"{created_at.microsecond:06}"[:3]


def row(
    job: SimJob, status: Status, created_at: datetime, url_of: Callable[[int], str]
) -> dict[str, object]:
    """Return what a look at an image job answers."""
    members = job.members
    files: list[dict[str, object]] = [
        {
            "id": output_id,
            "url": url_of(index),
            "nsfw": job.nsfw,
            "likeCount": 0,
            "motionMP4URL": None,
            "generated_image_variation_generics": [],
        }
        for index, output_id in enumerate(job.output_ids)
    ]
    return {
        "id": job.id,
        "status": status,
        "createdAt": date_of(created_at),
        "prompt": members["prompt"],
        "negativePrompt": members["negative_prompt"],
        "modelId": members.get("modelId"),
        "imageWidth": members["width"],
        "imageHeight": members["height"],
        "inferenceSteps": members["num_inference_steps"],
        "guidanceScale": members["guidance_scale"],
        "seed": members["seed"],
        "scheduler": members["scheduler"],
        "sdVersion": _sd_version(members),
        "presetStyle": members.get("presetStyle"),
        "public": members["public"],
        "ultra": members.get("ultra"),
        "initStrength": members.get("init_strength"),
        "photoReal": members["photoReal"],
        "photoRealStrength": members.get("photoRealStrength"),
        "promptMagic": members["promptMagic"],
        "promptMagicStrength": members.get("promptMagicStrength"),
        "promptMagicVersion": members.get("promptMagicVersion"),
        "fantasyAvatar": members.get("fantasyAvatar"),
        "imageToVideo": None,
        "motion": None,
        "motionModel": None,
        "motionStrength": None,
        "generation_elements": [
            _element_row(number, element)
            for number, element in enumerate(_objects(members, "elements"), start=1)
        ],
        "prompt_moderations": [{"moderationClassification": list(job.moderation)}],
        "generated_images": files if status == COMPLETE else [],
    }


def _element_row(number: int, element: Mapping[str, object]) -> dict[str, object]:
    known = find_element(element.get("akUUID"))
    lora = known and {
        "akUUID": known.id,
        "baseModel": known.base,
        "description": known.description,
        "name": known.name,
        "urlImage": None,
        "weightMin": known.weights[0],
        "weightDefault": known.weights[1],
        "weightMax": known.weights[2],
    }
    return {"id": number, "weightApplied": element.get("weight", 1.0), "lora": lora}


def _sd_version(members: Mapping[str, object]) -> str:
    """Return a listed version, because the official clients refuse null here."""
    model = _MODELS.get(str(members.get("modelId")))
    if model is None:
        return str(members.get("sd_version") or "v1_5")
    return model.sd_version or ("KINO_2_0" if model.family == "lucid" else "FLUX_DEV")


def file_name(members: Mapping[str, object], index: int) -> str:
    """Return what the file of image *index* is called: model, prompt, number."""
    model = _MODELS.get(str(members.get("modelId")))
    title = slug(model.name) if model else "Default"
    extension = "png" if members["transparency"] == "foreground_only" else "jpg"
    return f"{title}_{slug(str(members['prompt'])) or 'image'}_{index}.{extension}"


def slug(text: str) -> str:
    """Return *text* as part of a file name."""
    return re.sub(r"[^0-9A-Za-z]+", "_", text).strip("_")[:60].rstrip("_")


def file_size(members: Mapping[str, object]) -> tuple[int, int]:
    """Return the width and height of the files, which Alchemy makes larger than asked for."""
    factor = _alchemy_factor(members)
    return int(int(str(members["width"])) * factor), int(int(str(members["height"])) * factor)


def _alchemy_factor(members: Mapping[str, object]) -> float:
    if members["alchemy"] is not True:
        return 1.0
    match _family(members):
        case "sdxl" | "sdxl-lightning":
            return 1.75
        case "sd15" | "sd21":
            return 2.0 if members.get("highResolution") is True else 1.5
        case _:
            return 1.0


def _files(job: SimJob) -> tuple[str, ...]:
    count = len(job.output_ids)
    return tuple(f"generations/{job.id}/{file_name(job.members, i)}" for i in range(count))


def draw(job: SimJob, number: int, darkroom: Darkroom) -> bytes:
    """Return the file of one image."""
    return darkroom.finished(darkroom.generated(job.members, number, file_size(job.members)))


IMAGE = Kind(
    name="IMAGE_GENERATION",
    wrapper="sdGenerationJob",
    read=read,
    credits=catalog.credits,
    seconds=_seconds,
    outputs=_outputs,
    foresee=foresee,
    row=row,
    files=_files,
    draw=draw,
)
DEVELOPS[IMAGE.name] = lambda members, number, darkroom: darkroom.generated(
    members, number, file_size(members)
)
