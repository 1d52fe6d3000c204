"""Requests in the words of the v2 API, and its models."""

from __future__ import annotations

from typing import Any

import pytest

from leonardo_nb.errors import ConflictingParameters, InvalidRequest
from leonardo_nb.service.catalog import (
    STYLES,
    V2_MODELS,
    find_guidance,
    find_v2_model,
    guidances_of,
)
from leonardo_nb.service.requests import CreateGeneration
from leonardo_nb.service.v2 import lives_in_v2, translated

ID = "1f197fd2-30f6-6e90-8d3c-0242ac120002"
STYLE = {"guidance": "style", "initImageId": ID, "initImageType": "UPLOADED"}

TRANSLATED: list[tuple[dict[str, Any], dict[str, Any]]] = [
    (
        {"modelId": "lucid-origin", "seed": 7, "num_images": 2, "ultra": True},
        {"seed": 7, "quantity": 2, "mode": "ULTRA", "style_ids": [STYLES["Dynamic"]]},
    ),
    ({"modelId": "lucid-realism", "styleUUID": "HDR"}, {"style_ids": [STYLES["HDR"]]}),
    ({"modelId": "lucid-origin", "enhance_prompt": True}, {"prompt_enhance": "ON"}),
    (
        {"modelId": "lucid-origin", "controlnets": [{**STYLE, "strengthType": "Max"}]},
        {"guidances": {"style": [{"image": {"id": ID, "type": "UPLOADED"}, "strength": "MAX"}]}},
    ),
    (
        {"modelId": "phoenix-v1.0", "contrast": 4, "tiling": True, "negative_prompt": "fog"},
        {"contrast": "HIGH", "tiling": True, "negative_prompt": "fog", "mode": "QUALITY"},
    ),
    (
        {"modelId": "kino-xl", "presetStyle": "DYNAMIC", "transparency": "foreground_only"},
        {"style_ids": [STYLES["Dynamic"]], "transparency": True},
    ),
    (
        {
            "modelId": "concept-art",
            "elements": [{"akUUID": ID}],
            "user_elements": [{"userLoraId": 1}],
        },
        {"platform_elements": [{"akUUID": ID, "weight": 1}], "user_elements": [{"userLoraId": 1}]},
    ),
    (
        {"modelId": "phoenix-v1.0", "init_generation_image_id": ID},
        {
            "guidances": {
                "image_to_image": [{"image": {"id": ID, "type": "GENERATED"}, "strength": "MID"}]
            }
        },
    ),
    (
        {"modelId": "flux-pro-2.0", "imagePrompts": [ID]},
        {"guidances": {"image_reference": [{"image": {"id": ID, "type": "GENERATED"}}]}},
    ),
    ({"modelId": "GPT Image 2", "num_images": 8}, {"quantity": 8, "width": 1024, "height": 1024}),
]

REFUSED: list[tuple[dict[str, Any], str]] = [
    ({"modelId": "gpt-image-2", "seed": 7}, "takes no seed"),
    ({"modelId": "gpt-image-2", "guidance_scale": 9}, "guidance_scale has no equivalent"),
    ({"modelId": "flux-pro-2.0", "tiling": True}, "takes no tiling"),
    ({"modelId": "ideogram-v4.0", "num_images": 5}, "draws at most 4 pictures"),
    ({"modelId": "concept-art", "ultra": True}, "has no ultra"),
    ({"modelId": "ideogram-v4.0", "init_image_id": ID}, "it has none"),
    ({"modelId": "lucid-origin", "width": 2000, "num_inference_steps": 30}, "num_inference_steps"),
]


@pytest.mark.parametrize(("given", "expected"), TRANSLATED)
def test_translation(given: dict[str, Any], expected: dict[str, Any]) -> None:
    """Each member is said in v2's own words."""
    parameters = translated(CreateGeneration.of("a fox", **given)).parameters

    assert expected == {name: parameters.get(name) for name in expected}


@pytest.mark.parametrize(("given", "sentence"), REFUSED)
def test_what_v2_has_no_word_for(given: dict[str, Any], sentence: str) -> None:
    """Nothing is dropped: what cannot be said is refused before anything is paid."""
    with pytest.raises(ConflictingParameters) as caught:
        CreateGeneration.of("a fox", **given)

    assert sentence in str(caught.value)


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({}, False),
        ({"modelId": "phoenix-v1.0"}, False),
        ({"modelId": "lucid-origin"}, True),
        ({"modelId": "lucid-origin", "num_inference_steps": 30}, False),
        ({"modelId": "lucid-origin", "width": 2000}, True),
        ({"modelId": "gpt-image-2"}, True),
    ],
)
def test_which_api_a_request_goes_to(given: dict[str, Any], expected: bool) -> None:
    """A model of both APIs goes to v2 only where nothing is lost."""
    assert expected is lives_in_v2(CreateGeneration.of("a fox", **given))


def test_code_of_a_v2_request_makes_it_again() -> None:
    """A model that v1 does not have is named by its slug."""
    request = CreateGeneration.of("a fox", modelId="GPT Image 2", num_images=2)

    assert 'leo.generate("a fox", modelId="gpt-image-2", num_images=2)' == request.code()


def test_the_calculator_is_not_asked_for_v2_models() -> None:
    """It knows no model that is in v2 only."""
    assert None is CreateGeneration.of("a fox", modelId="gpt-image-2").pricing()


@pytest.mark.parametrize("model", V2_MODELS, ids=lambda model: model.slug)
def test_our_data_is_the_published_data(model: Any, document: Any) -> None:
    """Slug, v1 id, sizes, modes, guidances and limits are those of the published list."""
    rows = {row["model"]: row for row in document("v2-models.json")["models"]}
    row = rows[model.slug]
    v1_ids = {each.get("v2"): each["id"] for each in document("reference-data.json")["models_v1"]}
    sides = [[each.low, each.high] if each else None for each in (model.width, model.height)]

    assert (
        v1_ids.get(model.slug),
        [row.get("width"), row.get("height")],
        row.get("mode", []),
        row.get("guidances", {}),
        row.get("prompt_max", 9999),
        row.get("quantity", {}).get("max", 8),
    ) == (
        model.v1_id,
        sides,
        list(model.modes),
        dict(model.guidances),
        model.prompt_max,
        model.quantity_max,
    )


def test_every_published_image_model_is_known(document: Any) -> None:
    """Nothing of the published list is missing."""
    rows = document("v2-models.json")["models"]

    assert {row["model"] for row in rows if row["kind"] == "image"} == {
        model.slug for model in V2_MODELS
    }


@pytest.mark.parametrize("given", [row[0] for row in TRANSLATED])
def test_what_we_send_fits_the_specification(given: dict[str, Any], v2_schema: Any) -> None:
    """Every translated body validates against the v2 specification."""
    wire = translated(CreateGeneration.of("a fox", **given)).wire()

    assert [] == v2_schema("/generations").errors(wire)


# -- guidances


@pytest.mark.parametrize(
    ("model", "guides"),
    [
        ("lucid-origin", {"style": "Max"}),
        ("portrait-perfect", {"style": "Ultra", "character": "Low", "text_image": None}),
        ("Nano Banana", {"image_reference": None}),
    ],
)
def test_guidances_fit_the_specification(
    model: str, guides: dict[str, str | None], v2_schema: Any
) -> None:
    """What is said by name is posted as the v2 API has it."""
    image = {"initImageId": "an-id", "initImageType": "UPLOADED"}
    body = CreateGeneration.of(
        "a fox",
        modelId=model,
        controlnets=[
            {**image, "guidance": name, "strengthType": strength}
            for name, strength in guides.items()
        ],
    )
    wire = translated(body).wire()

    assert [] == v2_schema("/generations").errors(wire)
    assert guides.keys() == wire["parameters"]["guidances"].keys()  # type: ignore[index]


def published(row: dict[str, Any]) -> dict[str, int]:
    """Return a row of the published table by our families."""
    names = {
        "SD1_5": ["sd15"],
        "SD2_1": ["sd21"],
        "SDXL": ["sdxl", "sdxl-lightning"],
        "PHOENIX": ["phoenix"],
        "FLUX_DEV": ["flux-dev"],
        "FLUX_SCHNELL": ["flux-schnell"],
        "LUCID": ["lucid"],
    }
    ids = row | row.get("observed", {})
    return {ours: ids[theirs] for theirs, many in names.items() if theirs in ids for ours in many}


def test_preprocessors_are_the_published_ones(document: Any) -> None:
    """Each guidance has its number on each family of models, and no other."""
    for row in document("reference-data.json")["controlnet_preprocessors"]:
        for family, number in published(row).items():
            assert number == find_guidance(row["name"], family)


@pytest.mark.parametrize(
    ("name", "model", "sentence"),
    [
        ("character", "Flux Dev", "Flux Dev has no Character Reference; it has style, content."),
        ("nonsense", "lucid-origin", "it has style, content."),
        ("style", "Kontext", "it has none that we know of."),
    ],
)
def test_a_guidance_that_a_model_lacks(name: str, model: str, sentence: str) -> None:
    """The error says which guidances the model has."""
    with pytest.raises(InvalidRequest) as caught:
        find_guidance(name, model)

    assert sentence in str(caught.value)


def test_guidances_of_a_family() -> None:
    """Lucid has two."""
    assert ["style", "content"] == [each.name for each in guidances_of("lucid")]


@pytest.mark.parametrize(
    ("given", "number"),
    [({}, 67), ({"modelId": "Phoenix 1.0"}, 166), ({"modelId": "flux-dev"}, 299)],
)
def test_a_guidance_by_name(given: dict[str, Any], number: int) -> None:
    """The name becomes the number of the request's own model."""
    request = CreateGeneration.of("a fox", controlnets=[STYLE], **given)

    assert (number,) == tuple(each.preprocessorId for each in request.controlnets or ())


def test_a_weighted_guidance_takes_no_strength() -> None:
    """Edge is said with a number."""
    guide = {**STYLE, "guidance": "edge", "strengthType": "High"}

    with pytest.raises(InvalidRequest) as caught:
        CreateGeneration.of("a fox", controlnets=guide)

    assert "takes a weight" in str(caught.value)


def test_v2_models_are_found_by_any_spelling() -> None:
    """Names, slugs and v1 ids."""
    spellings = ["GPT Image 2", "gpt-image-2", "GPT_IMAGE_2"]

    assert {"gpt-image-2"} == {model.slug for each in spellings if (model := find_v2_model(each))}


@pytest.mark.parametrize("model", ["lucid-origin", "gpt-image-2"])
def test_the_calculator_knows_no_price_of_v2(model: str) -> None:
    """It has no parameter for these models, so a price of its would be another model's."""
    assert None is CreateGeneration.of("a fox", modelId=model).pricing()


def test_a_request_that_stays_in_v1_says_why() -> None:
    """A model of v2 that is given what v2 has no word for is asked of v1, and its job says so."""
    body = CreateGeneration.of("a fox", modelId="lucid-origin", tiling=True)
    (sentence,) = body.advice()

    assert "Lucid Origin is asked of the v1 API, because v2 has no word for tiling" in sentence
    assert () == CreateGeneration.of("a fox", modelId="lucid-origin").advice()
    assert () == CreateGeneration.of("a fox", tiling=True).advice()


def test_a_canvas_keeps_its_size() -> None:
    """The uploaded canvas does not grow with the request."""
    canvas: dict[str, Any] = {
        "canvasRequest": True,
        "canvasRequestType": "INPAINT",
        "modelId": "DreamShaper v7",
    }
    ids: dict[str, Any] = {
        "canvasInitId": ID,
        "canvasMaskId": ID,
        "alchemy": False,
        "init_strength": 0.5,
    }
    body = CreateGeneration.of("a door", width=512, height=512, **canvas, **ids)

    with pytest.raises(ConflictingParameters, match="512 x 512"):
        body.replaced(width=1024)
    assert 512 == body.replaced(prompt="a window").width
    assert 1024 == body.replaced(width=1024, check=False).width
