from __future__ import annotations

import json
from pathlib import Path

import pytest

from leonardo_nb.service.catalog import MODELS, Model, pricing_params
from leonardo_nb.simulator import images
from leonardo_nb.simulator.elements import ELEMENTS
from leonardo_nb.simulator.refusals import Refusal
from leonardo_nb.simulator.world import Known, World

from .uploading import PICTURE

REFERENCE = Path(__file__).parents[2].parent / "shared" / "leonardo" / "reference-data.json"
SPECIFICATION = REFERENCE.with_name("openapi.json")

LIGHTNING = "b24e16ff-06e3-43eb-8d33-4416c2d75876"
KINO = "aa77f04e-3eec-4034-9c07-d0f619684628"
PHOENIX = "de7d3faf-762f-48e0-b3b7-9d0ac3a3fcf3"
LUCID_ORIGIN = "7b592283-e8a7-4c5a-9ba6-d18c31f258b9"
LUCID_REALISM = "05ce0082-2d80-4a2d-8653-4d1c85e2418e"
FLUX_DEV = "b2614463-296c-462a-9586-aafdb8f00e36"
DREAMSHAPER = "ac614f96-1082-45bf-be9d-757f2d31c174"
IMAGE_ID = "11111111-1111-4111-8111-111111111111"


def net(**changes: object) -> dict[str, object]:
    made: dict[str, object] = {
        "initImageId": IMAGE_ID,
        "initImageType": "UPLOADED",
        "preprocessorId": 67,
        "strengthType": "High",
    }
    return {"controlnets": [made | changes]}


def with_upload() -> Known:
    """Return what a request may point at where one picture was uploaded."""
    world = World()
    upload = world.uploads.announce(IMAGE_ID, "initImages", "png", 0.0)
    upload.digest = world.uploads.hold(PICTURE)
    return Known(world, 0.0)


def refusal(**members: object) -> Refusal:
    with pytest.raises(Refusal) as caught:
        images.read({"prompt": "a fox", **members}, with_upload())
    return caught.value


@pytest.mark.parametrize(
    "members",
    [
        {"num_images": 8, "width": 768, "height": 768},
        {"num_images": 4, "width": 1536, "height": 1536},
        {"width": 512.0},
        {"guidance_scale": 20},
        {"modelId": DREAMSHAPER, "guidance_scale": 30},
        {"seed": 9_999_999_998},
        {"modelId": FLUX_DEV, "seed": 2_147_483_637},
        {"alchemy": False, "presetStyle": "LEONARDO"},
        {"presetStyle": "CINEMATIC"},
        {"photoReal": True, "presetStyle": "VIBRANT"},
        {"photoReal": True, "photoRealVersion": "v2", "modelId": KINO, "presetStyle": "FOOD"},
        {"photoReal": True, "photoRealVersion": "v2", "modelId": KINO, "presetStyle": "DYNAMIC"},
        {"ultra": True, "alchemy": False, "presetStyle": "NONE"},
        {"ultra": True, "modelId": LUCID_ORIGIN},
        {"modelId": LUCID_ORIGIN, "contrast": 3.5},
        {"modelId": LUCID_REALISM, "alchemy": False},
        {"modelId": PHOENIX, "contrast": 2.5},
        {"modelId": PHOENIX, "alchemy": False, "contrast": 1.0, "presetStyle": "CINEMATIC"},
        {"styleUUID": "111dc692-d470-4eec-b791-3475abac4c46", "modelId": PHOENIX},
        {"sd_version": "v2"},
        net(),
        net(strengthType="Max"),
        net(preprocessorId=19, strengthType=None, weight=0.5),
        {"elements": [{"akUUID": "x"}, {"akUUID": "y", "weight": 0.5}]},
        {"userElements": [{"userLoraId": 7, "weight": 1}]},
        {"negative_prompt": None, "modelId": None, "seed": None, "controlnets": None},
        {name: None for name in images.MEMBERS if name != "prompt"},
    ],
)
def test_what_is_accepted(members: dict[str, object]) -> None:
    """Values at their bounds, every mode's styles, nulls for anything optional."""
    assert "a fox" == images.read({"prompt": "a fox", **members}, with_upload())["prompt"]


@pytest.mark.parametrize(
    ("members", "words"),
    [
        ({"num_images": 0}, "num_images"),
        ({"guidance_scale": 0}, "guidance_scale"),
        ({"guidance_scale": 21}, "guidance_scale"),
        ({"num_inference_steps": 9}, "num_inference_steps"),
        ({"num_inference_steps": 61}, "num_inference_steps"),
        ({"seed": -1}, "seed"),
        ({"seed": 9_999_999_999}, "seed"),
        ({"modelId": FLUX_DEV, "seed": 2_147_483_638}, "seed"),
        ({"init_strength": 0.95}, "init_strength"),
        ({"promptMagicStrength": 0}, "promptMagicStrength"),
        ({"contrastRatio": 1.1}, "contrastRatio"),
        ({"contrast": 2}, "contrast"),
        ({"photoRealVersion": "v3"}, "photoRealVersion"),
        ({"photoRealStrength": 0.6}, "photoRealStrength"),
        ({"promptMagicVersion": "v1"}, "promptMagicVersion"),
        ({"prompt": "   "}, "prompt"),
        ({"negative_prompt": "x" * 1501}, "negative_prompt"),
        ({"alchemy": False, "presetStyle": "DYNAMIC"}, "presetStyle DYNAMIC"),
        ({"presetStyle": "BOKEH"}, "presetStyle BOKEH"),
        ({"photoReal": True, "presetStyle": "BOKEH"}, "presetStyle BOKEH"),
        ({"photoReal": True, "alchemy": False}, "photoReal requires alchemy"),
        ({"photoReal": True, "modelId": KINO}, "photoReal v1"),
        ({"photoReal": True, "photoRealVersion": "v2"}, "photoReal v2"),
        ({"photoReal": True, "photoRealVersion": "v2", "modelId": LIGHTNING}, "photoReal v2"),
        ({"ultra": True}, "ultra"),
        ({"ultra": True, "alchemy": True, "modelId": PHOENIX}, "ultra"),
        ({"alchemy": True, "modelId": LUCID_ORIGIN}, "alchemy"),
        ({"modelId": LUCID_REALISM}, "alchemy"),
        ({"modelId": PHOENIX, "contrast": 1.8}, "2.5 or higher"),
        ({"styleUUID": "Cinematic"}, "styleUUID"),
        (net(preprocessorId=133, strengthType="Ultra"), "strengthType Ultra"),
        (net(initImageType="GENERATED"), "invalid init image id"),
        (net(initImageId="mine"), "invalid init image id"),
        ({"unzoom": True}, "unzoomAmount"),
        ({"unzoom": True, "unzoomAmount": 1}, "init_image_id"),
        ({"canvasRequest": True}, "canvasRequest"),
        ({"canvasRequest": True, "alchemy": False, "modelId": LIGHTNING}, "canvasRequest"),
        (
            {
                "canvasRequest": True,
                "alchemy": False,
                "modelId": KINO,
                "canvasRequestType": "INPAINT",
            },
            "canvasInitId",
        ),
    ],
)
def test_what_is_refused(members: dict[str, object], words: str) -> None:
    """Each rule of the reference has an example, and its text names the member."""
    refused = refusal(**members)

    assert 400 == refused.status
    assert words in refused.error


@pytest.mark.parametrize(
    ("members", "error", "path"),
    [
        ({"prompt": 7}, "expected a string for type 'String', but found a number", "prompt"),
        (
            {"num_images": "4"},
            "expected a 32-bit integer for type 'Int', but found a string",
            "num_images",
        ),
        (
            {"width": 512.5},
            "expected a 32-bit integer for type 'Int', but found a number",
            "width",
        ),
        (
            {"width": 2**31},
            "expected a 32-bit integer for type 'Int', but found a number",
            "width",
        ),
        (
            {"height": True},
            "expected a 32-bit integer for type 'Int', but found a boolean",
            "height",
        ),
        ({"seed": "7"}, "expected an integer for type 'bigint', but found a string", "seed"),
        (
            {"guidance_scale": []},
            "expected a float for type 'Float', but found a list",
            "guidance_scale",
        ),
        (
            {"guidance_scale": 10**400},
            "expected a float for type 'Float', but found a number",
            "guidance_scale",
        ),
        (
            {"presetStyle": 3},
            "expected an enum value for type 'sd_generation_style', but found a number",
            "presetStyle",
        ),
        ({"elements": {}}, "expected a list for type 'list', but found an object", "elements"),
        (
            {"elements": ["x"]},
            "expected an object for type 'element_input', but found a string",
            "elements[0]",
        ),
        ({"elements": [{"weight": 1}]}, "missing required field 'akUUID'", "elements[0]"),
        (
            {"imagePrompts": ["x", None]},
            "expected a string for type 'String', but found null",
            "imagePrompts[1]",
        ),
        (
            net(power=1),
            "field 'power' not found in type: 'controlnet_input'",
            "controlnets[0].power",
        ),
        (
            net(weight="a"),
            "expected a float for type 'Float', but found a string",
            "controlnets[0].weight",
        ),
    ],
)
def test_wrong_types_name_their_path(members: dict[str, object], error: str, path: str) -> None:
    """The path leads to the value, into lists and objects too."""
    refused = refusal(**members)

    assert (error, f"$.selectionSet.sdGenerationJob.args.arg1.{path}", "validation-failed") == (
        refused.error,
        refused.path,
        refused.code,
    )


def test_unlisted_enum_values_are_refused_with_the_list() -> None:
    """A misspelt style is told what there is."""
    refused = refusal(presetStyle="ANIMEE")

    assert refused.error.startswith("expected one of the values ['ANIME', ")
    assert refused.error.endswith("for type 'sd_generation_style', but found 'ANIMEE'")


def test_there_are_31_preset_styles() -> None:
    """The enum is the union of the modes' lists."""
    assert 31 == len(images.PRESET_STYLES)


def test_uploads_may_be_used_again() -> None:
    """The id of a picture that has arrived is accepted where one is asked for."""
    members = images.read({"prompt": "a fox", "init_image_id": IMAGE_ID}, with_upload())

    assert [IMAGE_ID] == list(members["sources"])  # type: ignore[call-overload]


@pytest.mark.parametrize(
    ("members", "name"),
    [
        ({"prompt": "a fox"}, "Leonardo_Lightning_XL_a_fox_0.jpg"),
        ({"prompt": "a fox", "sd_version": "v2"}, "Default_a_fox_0.jpg"),
        ({"prompt": "狐"}, "Leonardo_Lightning_XL_image_0.jpg"),
        (
            {"prompt": "a fox", "transparency": "foreground_only"},
            "Leonardo_Lightning_XL_a_fox_0.png",
        ),
        ({"prompt": "../../etc"}, "Leonardo_Lightning_XL_etc_0.jpg"),
    ],
)
def test_file_names(members: dict[str, object], name: str) -> None:
    """Letters and digits of model and prompt, the rest are underscores."""
    assert name == images.file_name(images.read(members), 0)


def test_members_are_those_of_the_specification() -> None:
    """The specification's members, no more and no fewer."""
    if not SPECIFICATION.exists():
        pytest.skip("needs the published specification beside the repository")
    body = json.loads(SPECIFICATION.read_text())["paths"]["/generations"]["post"]["requestBody"]
    properties = body["content"]["application/json"]["schema"]["properties"]

    assert set(properties) == set(images.MEMBERS)


def test_enums_are_those_of_the_reference() -> None:
    """The simulator's own lists agree with the gathered constants."""
    if not REFERENCE.exists():
        pytest.skip("needs the gathered reference data beside the repository")
    enums = json.loads(REFERENCE.read_text())["enums"]

    assert set(enums["presetStyle"]) == set(images.PRESET_STYLES)
    assert set(enums["scheduler"]) == set(images.SCHEDULERS)
    assert set(enums["sd_version"]) == set(images.SD_VERSIONS)


@pytest.mark.parametrize("model", [model for model in MODELS if model.home != "v2"])
@pytest.mark.parametrize("count", [0, 1, 4])
def test_the_calculator_names_the_charge(model: Model, count: int) -> None:
    """With and without elements, what the calculator says is what is taken; none costs more."""
    elements = [{"akUUID": element.id} for element in ELEMENTS[:count]]
    members = images.read({"prompt": "a fox", "modelId": model.id, "elements": elements})

    assert images.IMAGE.credits(members) == images.price(pricing_params(members))
    assert images.IMAGE.credits(members) == images.IMAGE.credits({**members, "elements": []})
