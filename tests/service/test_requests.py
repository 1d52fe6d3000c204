from __future__ import annotations

import ast
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from leonardo_nb.errors import ConflictingParameters, InvalidRequest, UnknownParameter
from leonardo_nb.service.catalog import MODELS, STYLES
from leonardo_nb.service.requests import PARAMETERS, CreateGeneration
from leonardo_nb.service.values import MEMBERS

SHARED = Path(__file__).parents[3] / "shared" / "leonardo"
SPECIFICATION = SHARED / "openapi.json"
STRUCTURE = SHARED / "third-party" / "json-structure" / "leonardo-ai-generation-structure.json"
# Accepted by the service, or promised to users, though the published specification lacks them.
NOT_IN_SPECIFICATION = {"styleUUID", "webhookCallbackUrl"}

# A value for every member of the structure document, with what else it needs.
STRUCTURE_MEMBERS: dict[str, dict[str, Any]] = {
    "negative_prompt": {"negative_prompt": "blurry"},
    "modelId": {"modelId": MODELS[1].id},
    "num_images": {"num_images": 2},
    "width": {"width": 512},
    "height": {"height": 512},
    "num_inference_steps": {"num_inference_steps": 30},
    "guidance_scale": {"guidance_scale": 7.5},
    "seed": {"seed": 42},
    "scheduler": {"scheduler": "DPM_SOLVER"},
    "presetStyle": {"presetStyle": "CINEMATIC"},
    "photoReal": {"photoReal": True},
    "photoRealVersion": {"photoRealVersion": "v2", "photoReal": True},
    "alchemy": {"alchemy": False},
    "promptMagic": {"promptMagic": True},
    "transparency": {"transparency": "foreground_only"},
    "public": {"public": True},
    "tiling": {"tiling": True},
    "controlnets": {
        "controlnets": [
            {
                "initImageId": "1f197fd2-30f6-6e90-8d3c-0242ac120002",
                "initImageType": "UPLOADED",
                "preprocessorId": 67,
                "strengthType": "Max",
                "influence": 0.5,
                "weight": 1,
            }
        ]
    },
    "elements": {"elements": [{"akUUID": "1f197fd2-30f6-6e90-8d3c-0242ac120002", "weight": 0.5}]},
    "webhookCallbackUrl": {"webhookCallbackUrl": "https://example.org/hook"},
}


def test_the_whole_structure_document_is_covered() -> None:
    """The table above has every optional member of the structure document."""
    if not STRUCTURE.exists():
        pytest.skip("the structure document is not on this machine")
    document = json.loads(STRUCTURE.read_text(encoding="utf-8"))

    assert document["structure"]["Generation"]["request"]["optional"] == list(STRUCTURE_MEMBERS)


@pytest.mark.parametrize("name", STRUCTURE_MEMBERS)
def test_structure_member(name: str) -> None:
    """Every member of the structure document is accepted and goes out as it came."""
    members = STRUCTURE_MEMBERS[name]

    assert members[name] == CreateGeneration.of("a fox", **members).wire()[name]


def valid_against_the_specification(body: dict[str, object]) -> list[str]:
    """Return what the published specification says against *body*."""
    from jsonschema import Draft202012Validator  # type: ignore[import-untyped]

    document = json.loads(SPECIFICATION.read_text(encoding="utf-8"))
    schema = document["paths"]["/generations"]["post"]["requestBody"]["content"]
    schema = schema["application/json"]["schema"] | {
        "components": document["components"],
        "additionalProperties": False,
    }
    known = {name: value for name, value in body.items() if name not in NOT_IN_SPECIFICATION}
    return [error.message for error in Draft202012Validator(schema).iter_errors(known)]


EVERYTHING: dict[str, Any] = {
    **{name: value for members in STRUCTURE_MEMBERS.values() for name, value in members.items()},
    "modelId": "kino-xl",
    "sd_version": "SDXL_1_0",
    "styleUUID": "Cinematic",
    "alchemy": True,
    "ultra": False,
    "contrast": 3.5,
    "contrastRatio": 0.5,
    "highResolution": True,
    "expandedDomain": True,
    "highContrast": False,
    "photoRealStrength": 0.5,
    "promptMagicVersion": "v3",
    "promptMagicStrength": 0.4,
    "enhancePrompt": True,
    "enhancePromptInstruction": "more light",
    "init_image_id": "an-id",
    "init_generation_image_id": "an-id",
    "init_strength": 0.3,
    "imagePrompts": ["an-id"],
    "imagePromptWeight": 0.5,
    "userElements": [{"userLoraId": 7, "weight": 1}],
    "fantasyAvatar": False,
    "unzoom": True,
    "unzoomAmount": 2,
    "upscaleRatio": 1.5,
    "canvasRequest": False,
    "canvasRequestType": "IMG2IMG",
    "canvasInitId": "an-id",
    "canvasMaskId": "an-id",
    "controlNet": False,
    "controlNetType": "POSE",
    "weighting": 0.5,
}


def test_every_member_has_a_value_here() -> None:
    """The request of everything below is one of everything."""
    assert set(PARAMETERS) - {"prompt"} == set(EVERYTHING)


@pytest.mark.parametrize("members", [{}, EVERYTHING, *({"modelId": m.id} for m in MODELS)], ids=len)
def test_what_we_send_fits_the_specification(members: dict[str, Any]) -> None:
    """The published specification accepts what we send, with every member and every model."""
    if not SPECIFICATION.exists():
        pytest.skip("the published specification is not on this machine")
    pytest.importorskip("jsonschema")

    assert [] == valid_against_the_specification(
        CreateGeneration.of("a fox", check=False, **members).wire()
    )


def test_the_fields_are_the_members() -> None:
    """The body and the table of what each member takes speak of the same members, in one order."""
    assert list(MEMBERS) == list(CreateGeneration.model_fields)


def test_a_body_is_closed() -> None:
    """A member that the service does not have cannot get into a body by any door."""
    with pytest.raises(ValidationError) as caught:
        CreateGeneration.model_validate({"prompt": "a fox", "guidence_scale": 7})

    assert "extra_forbidden" == caught.value.errors()[0]["type"]


def test_defaults_are_written_out() -> None:
    """What is sent can be read without knowing the service's defaults."""
    assert {
        "prompt": "a fox",
        "modelId": MODELS[0].id,
        "num_images": 1,
        "width": 1024,
        "height": 768,
        "seed": 42,
        "guidance_scale": 7,
        "num_inference_steps": 15,
        "scheduler": "EULER_DISCRETE",
        "presetStyle": "DYNAMIC",
        "alchemy": True,
        "public": False,
    } == CreateGeneration.of("a fox", seed=42).wire()


def test_none_is_left_out() -> None:
    """None means that nothing was given."""
    one, other = (
        CreateGeneration.of("a fox", seed=1, presetStyle=None, modelId=None),
        CreateGeneration.of("a fox", seed=1),
    )

    assert one == other


def test_a_misspelt_name() -> None:
    """It is refused before anything is paid, with the name that was meant."""
    with pytest.raises(UnknownParameter) as caught:
        CreateGeneration.of("a fox", guidence_scale=7)

    assert 'generate() has no parameter "guidence_scale"; did you mean "guidance_scale"?' == str(
        caught.value
    )


def test_a_name_given_twice() -> None:
    """Two spellings of one parameter are a slip, even where the values agree."""
    with pytest.raises(UnknownParameter) as caught:
        CreateGeneration.of("a fox", preset_style="ANIME", presetStyle="ANIME")

    assert 'presetStyle is given twice, as "preset_style" and as "presetStyle".' == str(
        caught.value
    )


def test_all_broken_rules_are_named_at_once() -> None:
    """Nobody has to mend a request one rule at a time."""
    with pytest.raises(ConflictingParameters) as caught:
        CreateGeneration.of("a fox", num_images=5, ultra=True, alchemy=True)

    assert (
        "ultra and alchemy do not go together; use one of them. "
        "num_images is at most 4 when width or height is over 768. "
        "check=False sends it anyway."
    ) == str(caught.value)


def test_kontext_has_sizes_of_its_own() -> None:
    """1568 is over the general limit and one of Kontext's widths."""
    assert 672 == CreateGeneration.of("a fox", modelId="Kontext", width=1568).height


def test_a_key_is_the_same_however_it_was_typed() -> None:
    """Spelling, order, defaults written out and 7.0 for 7 do not make another picture."""
    one = CreateGeneration.of("a fox", seed=7, guidance_scale=7, presetStyle="DYNAMIC")
    other = CreateGeneration.of(
        "a fox", preset_style="dynamic", model_id="Lightning XL", guidance_scale=7.0, seed=7.0
    )

    assert one.content_key() == other.content_key()


@pytest.mark.parametrize(
    "change",
    [{"public": True}, {"webhookCallbackUrl": "https://example.org/hook"}],
    ids=lambda change: next(iter(change)),
)
def test_a_key_is_about_the_picture(change: dict[str, Any]) -> None:
    """Who may see it and who is called do not make another picture."""
    request = CreateGeneration.of("a fox", seed=7)

    assert request.content_key() == request.replaced(**change).content_key()


@pytest.mark.parametrize(
    "change",
    [{"seed": 8}, {"prompt": "a fox "}, {"alchemy": False}, {"num_images": 2}],
    ids=lambda change: next(iter(change)),
)
def test_another_picture_has_another_key(change: dict[str, Any]) -> None:
    """Whatever moves the picture is in the key."""
    request = CreateGeneration.of("a fox", seed=7)

    assert request.content_key() != request.replaced(**change).content_key()


def test_a_key_is_steady() -> None:
    """Keys are in libraries on disk, so the same request has the same key in every version."""
    assert "e5ea408c7874d5f9573bc11a474d799be03afe84dc7b0c97af8ba6f3473c2726" == (
        CreateGeneration.of("a fox", seed=42, presetStyle="CINEMATIC").content_key()
    )


def test_replacing_a_mode_replaces_what_followed_from_it() -> None:
    """Without alchemy, the style that only alchemy implied is gone."""
    plain = CreateGeneration.of("a fox", seed=1).replaced(alchemy=False)

    assert (None, False, 1) == (plain.presetStyle, plain.alchemy, plain.seed)


def test_replacing_keeps_what_was_chosen() -> None:
    """Only the change changes."""
    request = CreateGeneration.of("a fox", seed=1, width=512, presetStyle="ANIME")

    assert request.wire() | {"seed": 2} == request.replaced(seed=2).wire()


def test_replacing_the_seed_with_none_draws_one() -> None:
    """Another picture of the same request is `again(seed=None)`."""
    assert 1 != CreateGeneration.of("a fox", seed=1).replaced(seed=None).seed


def test_replacing_is_checked() -> None:
    """A change is refused as the same value would have been at first."""
    with pytest.raises(InvalidRequest) as caught:
        CreateGeneration.of("a fox").replaced(width=517)

    assert 520 == caught.value.nearest


def test_replacing_by_a_name_that_does_not_exist() -> None:
    """The sentence names the call that was made."""
    with pytest.raises(UnknownParameter) as caught:
        CreateGeneration.of("a fox").replaced(sed=3)

    assert 'again() has no parameter "sed"; did you mean "seed"?' == str(caught.value)


def test_notable_is_what_was_chosen() -> None:
    """Seed first, models and styles by name, no prompt, no defaults, no webhook."""
    request = CreateGeneration.of(
        "a fox",
        model_id="phoenix-v1.0",
        style_uuid="watercolor",
        guidance_scale=7,
        seed=3,
        webhook_callback_url="https://example.org/secret",
    )

    assert [
        ("seed", 3),
        ("modelId", "Leonardo Phoenix 1.0"),
        ("styleUUID", "Watercolor"),
    ] == list(request.notable().items())


def test_pricing_asks_for_the_same_picture() -> None:
    """The calculator gets the request's size, steps and flags under its own names."""
    request = CreateGeneration.of("a fox", modelId="flux-dev", num_images=2)

    assert {
        "service": "IMAGE_GENERATION",
        "serviceParams": {
            "IMAGE_GENERATION": {
                "imageWidth": 1024,
                "imageHeight": 768,
                "numImages": 2,
                "inferenceSteps": 15,
                "alchemyMode": False,
                "highResolution": False,
                "isFluxDev": True,
            }
        },
    } == request.pricing()


def ran(code: str) -> CreateGeneration:
    """Return the request that running *code* would make."""
    call = ast.parse(code, mode="eval").body
    assert isinstance(call, ast.Call)
    keywords = {str(each.arg): ast.literal_eval(each.value) for each in call.keywords}
    return CreateGeneration.of(*map(ast.literal_eval, call.args), **keywords)


def test_code_of_everything_runs() -> None:
    """A request with every member, written as code and run, is the same request again."""
    members = {name: value for name, value in EVERYTHING.items() if name != "webhookCallbackUrl"}
    request = CreateGeneration.of("a fox", check=False, **members)
    call = ast.parse(request.code(), mode="eval").body
    assert isinstance(call, ast.Call)
    keywords: dict[str, Any] = {str(e.arg): ast.literal_eval(e.value) for e in call.keywords}

    assert request == CreateGeneration.of("a fox", check=False, **keywords)


@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1))
def test_code_quotes_any_prompt(prompt: str) -> None:
    """Quotes, backslashes, line breaks and controls survive the way through source code."""
    request = CreateGeneration.from_wire({"prompt": prompt, "seed": 1})
    call = ast.parse(request.code(), mode="eval").body
    assert isinstance(call, ast.Call)

    assert prompt == ast.literal_eval(call.args[0])


def test_code_reads_like_a_line_of_a_notebook() -> None:
    """Double quotes, the seed first, and only what was chosen."""
    request = CreateGeneration.of('a "fox"', modelId="Phoenix 1.0", seed=42, guidance_scale=7.5)

    assert (
        'leo.generate("a \\"fox\\"", seed=42, modelId="Leonardo Phoenix 1.0", guidance_scale=7.5)',
        request,
    ) == (request.code(), ran(request.code()))


@pytest.mark.parametrize("members", [{}, EVERYTHING], ids=["little", "everything"])
def test_a_request_comes_back_from_what_was_sent(members: dict[str, Any]) -> None:
    """The library keeps what was sent, and that is enough."""
    request = CreateGeneration.of("a fox", check=False, **members)

    assert request == CreateGeneration.from_wire(json.loads(json.dumps(request.wire())))


def test_requests_are_values() -> None:
    """Equal requests are one key of a dictionary."""
    one, other = (
        CreateGeneration.of("a fox", seed=1, elements=[{"akUUID": "an-id"}]) for _ in "ab"
    )

    assert 1 == len({one, other})


def test_repr_is_a_line_that_makes_it_again() -> None:
    """What a cell shows can be copied, and no webhook address is in it."""
    request = CreateGeneration.of("a fox", seed=1, webhookCallbackUrl="https://example.org/secret")

    assert '<CreateGeneration leo.generate("a fox", seed=1)>' == repr(request)


def test_styles_go_out_as_ids() -> None:
    """A style's name is for people."""
    request = CreateGeneration.of("a fox", modelId="lucid-origin", styleUUID="Vibrant")

    assert STYLES["Vibrant"] == request.wire()["styleUUID"]
