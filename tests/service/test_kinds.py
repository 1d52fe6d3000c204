"""Every kind of job: what it sends, what it refuses, what it costs."""

from __future__ import annotations

import ast
import json
from pathlib import Path
from typing import Any

import pytest

from leonardo_nb.errors import ConflictingParameters, InvalidRequest, UnknownParameter
from leonardo_nb.service.catalog import VIDEO_MODELS
from leonardo_nb.service.requests import (
    BODIES,
    Body,
    CreateGeneration,
    CutOut,
    ImageToVideo,
    MotionSvd,
    RemoveBackground,
    TextToVideo,
    UniversalUpscale,
    Unzoom,
    Upscale,
    VideoUpscale,
    body_of,
)

ID = "1f197fd2-30f6-6e90-8d3c-0242ac120002"
OTHER = "0d5f2b8e-1111-4222-8333-444455556666"

# Requests of every kind with every member that it has, one row each; shared by the tests below.
EVERY: list[Body] = [
    TextToVideo.of("waves", seed=1),
    TextToVideo.of("waves", model="MOTION2FAST", resolution="720p", frame_interpolation=True),
    TextToVideo.of("waves", model="Veo 3.1", duration=6, prompt_enhance=True, is_public=True),
    TextToVideo.of("waves", model="VEO3", check=False),
    TextToVideo.of("waves", model="VEO3FAST", check=False),
    TextToVideo.of("waves", model="KLING2_5", width=1440, height=1440, duration=10),
    TextToVideo.of(
        "waves",
        width=832,
        height=480,
        negative_prompt="fog",
        prompt_enhance_instruction="make it cinematic",
        style_ids=[ID],
        elements=[{"akUUID": ID, "weight": 0.5}],
    ),
    ImageToVideo.of("dolly in", image_id=ID, seed=1),
    ImageToVideo.of(
        "dolly in",
        image_id=ID,
        image_type="uploaded",
        model="KLING2_1",
        end_frame_image={"id": OTHER, "type": "GENERATED"},
    ),
    MotionSvd.of(ID),
    MotionSvd.of(ID, motion_strength=10, is_init_image=True, is_public=True),
    MotionSvd.of(ID, is_variation=True),
    VideoUpscale.of(ID),
    Upscale.of(ID),
    Unzoom.of(ID),
    Unzoom.of(ID, is_variation=True),
    CutOut.of(ID),
    CutOut.of(ID, image_type="uploaded", bg_color="ffffff", crop=True, shadow_opacity=40),
    RemoveBackground.of(ID),
    RemoveBackground.of(ID, is_variation=True),
    UniversalUpscale.of(ID),
    UniversalUpscale.of(
        variation_id=ID,
        upscaler_style="cg art & game assets",
        creativity_strength=1,
        upscale_multiplier=2,
        prompt="a fox",
    ),
    UniversalUpscale.of(
        init_image_id=ID, ultra_upscale_style="realistic", detail_contrast=3, similarity=7
    ),
]
IDS = [f"{type(body).__name__}-{at}" for at, body in enumerate(EVERY)]

REFUSED: list[tuple[type[Body], tuple[object, ...], dict[str, Any], str]] = [
    (TextToVideo, ("w",), {"model": "VEO_3"}, 'model="VEO3_1"'),
    (TextToVideo, ("w",), {"model": "VEO3FAST"}, "retired on 2026-06-29"),
    (TextToVideo, ("w",), {"model": "KLING2_1"}, "needs an image to begin with"),
    (TextToVideo, ("w",), {"duration": 5}, "leave duration out"),
    (TextToVideo, ("w",), {"model": "VEO3_1", "duration": 5}, "4, 6 or 8 seconds"),
    (TextToVideo, ("w",), {"model": "KLING2_5", "duration": 6}, "5 or 10 seconds"),
    (
        TextToVideo,
        ("w",),
        {"resolution": "1080"},
        "480p or 720p (RESOLUTION_480 or RESOLUTION_720)",
    ),
    (TextToVideo, ("w",), {"width": 832}, "go together"),
    (TextToVideo, ("w",), {"width": 833, "height": 480}, "832 x 480"),
    (TextToVideo, ("w",), {"seed": 2_147_483_638}, "at most 2147483637"),
    (TextToVideo, ("w",), {"model": "VEO3_1", "elements": [{"akUUID": ID}]}, "no elements"),
    (
        ImageToVideo,
        ("w",),
        {"imageId": ID, "endFrameImage": {"id": ID, "type": "UPLOADED"}},
        "takes no endFrameImage",
    ),
    (MotionSvd, (ID,), {"isInitImage": True, "isVariation": True}, "not both"),
    (UniversalUpscale, (), {}, "exactly one"),
    (UniversalUpscale, (ID,), {"variationId": OTHER}, "exactly one"),
    (
        UniversalUpscale,
        (ID,),
        {"upscalerStyle": "GENERAL", "ultraUpscaleStyle": "ARTISTIC"},
        "use one of them",
    ),
    (UniversalUpscale, (ID,), {"similarity": 3}, "need ultraUpscaleStyle"),
]

WRONG: list[tuple[type[Body], tuple[object, ...], dict[str, Any], str, object]] = [
    (TextToVideo, ("",), {}, "prompt", None),
    (TextToVideo, ("w",), {"model": "MOTION3"}, "model", "MOTION2"),
    (TextToVideo, ("w",), {"resolution": "4k"}, "resolution", None),
    (TextToVideo, ("w",), {"resolution": "700p"}, "resolution", "RESOLUTION_720"),
    (TextToVideo, ("w",), {"resolution": 4}, "resolution", None),
    (ImageToVideo, ("w",), {}, "imageId", None),
    (ImageToVideo, ("w",), {"imageId": ID, "endFrameImage": {"id": ID}}, "endFrameImage", None),
    (MotionSvd, (ID,), {"motionStrength": 11}, "motionStrength", 10),
    (MotionSvd, (), {}, "imageId", None),
    (VideoUpscale, (ID,), {"resolution": "RESOLUTION_1080"}, "resolution", "RESOLUTION_720"),
    (Upscale, ("",), {}, "id", None),
    (UniversalUpscale, (ID,), {"creativityStrength": 0}, "creativityStrength", 1),
    (UniversalUpscale, (ID,), {"upscaleMultiplier": 2.5}, "upscaleMultiplier", 2),
]


@pytest.mark.parametrize(
    ("member", "style", "other"),
    [
        ("upscalerStyle", "ARTISTIC", "ultraUpscaleStyle"),
        ("upscaler_style", "realistic", "ultraUpscaleStyle"),
        ("ultraUpscaleStyle", "cinematic", "upscalerStyle"),
    ],
)
def test_a_style_of_the_other_upscaler_is_told_its_member(
    member: str, style: str, other: str
) -> None:
    """Both upscalers have styles; one that is the other's is not told a nearest."""
    with pytest.raises(InvalidRequest, match=f'value of {other}: {other}="{style.upper()}"') as no:
        UniversalUpscale.of(ID, **dict[str, Any]({member: style}))

    assert no.value.nearest is None


@pytest.mark.parametrize("typed", ["720p", "720", " 720P ", "resolution_720", "RESOLUTION_720"])
def test_a_resolution_is_taken_as_people_type_it(typed: str) -> None:
    """Of a video and of a finer one; what else is typed is answered in the same words."""
    assert "RESOLUTION_720" == TextToVideo.of("w", resolution=typed).resolution
    assert "RESOLUTION_720" == VideoUpscale.of(ID, resolution=typed).resolution
    with pytest.raises(InvalidRequest, match=r"480p, 720p or 1080p \(RESOLUTION_480"):
        TextToVideo.of("w", resolution="4k")


def test_every_kind_is_here() -> None:
    """A new kind of body is given rows above."""
    assert set(BODIES.values()) - {CreateGeneration} == {type(body) for body in EVERY}


@pytest.mark.parametrize("body", EVERY, ids=IDS)
def test_code_makes_the_same_request_again(body: Body) -> None:
    """The line of Python has every argument that is needed, under its own name."""
    call = ast.parse(body.code(), mode="eval").body
    assert isinstance(call, ast.Call)
    arguments = [ast.literal_eval(each) for each in call.args]
    named = {str(each.arg): ast.literal_eval(each.value) for each in call.keywords}

    assert body == type(body).of(*arguments, check=False, **named)


@pytest.mark.parametrize("body", EVERY, ids=IDS)
def test_a_request_comes_back_from_what_was_sent(body: Body) -> None:
    """The ledger keeps endpoint and wire form, and that is enough."""
    assert body == body_of(body.endpoint, json.loads(json.dumps(body.wire())))


@pytest.mark.parametrize("body", EVERY, ids=IDS)
def test_replacing_nothing_changes_nothing(body: Body) -> None:
    """`again()` without a change is the same request."""
    assert body == body.replaced(check=False)


def test_keys_tell_kinds_apart() -> None:
    """An upscale and an unzoom of one image are different results."""
    keys = [body.content_key() for body in (Upscale.of(ID), Unzoom.of(ID), RemoveBackground.of(ID))]

    assert 3 == len(set(keys))


def test_a_key_is_not_about_who_may_see_it() -> None:
    """Making a video public does not make another video."""
    shown, hidden = (TextToVideo.of("w", seed=1, is_public=each) for each in (True, False))

    assert shown.content_key() == hidden.content_key()


@pytest.mark.parametrize(("kind", "lead", "given", "sentence"), REFUSED)
def test_what_does_not_go_together(
    kind: type[Body], lead: tuple[object, ...], given: dict[str, Any], sentence: str
) -> None:
    """A combination that the service refuses is refused here, with what would be right."""
    with pytest.raises(ConflictingParameters) as caught:
        kind.of(*lead, **given)

    assert sentence in str(caught.value)


@pytest.mark.parametrize(("kind", "lead", "given", "sentence"), REFUSED)
def test_check_false_sends_it_anyway(
    kind: type[Body], lead: tuple[object, ...], given: dict[str, Any], sentence: str
) -> None:
    """The service may have changed."""
    assert kind is type(kind.of(*lead, check=False, **given))


@pytest.mark.parametrize(("kind", "lead", "given", "member", "nearest"), WRONG)
def test_a_value_that_it_does_not_take(
    kind: type[Body], lead: tuple[object, ...], given: dict[str, Any], member: str, nearest: object
) -> None:
    """The error names the member and, where there is one, the nearest value."""
    with pytest.raises(InvalidRequest) as caught:
        kind.of(*lead, **given)

    assert (member, nearest) == (caught.value.member, caught.value.nearest)


@pytest.mark.parametrize(
    ("kind", "name", "nearest"),
    [
        (TextToVideo, "modelId", "model"),
        (TextToVideo, "seconds", "duration"),
        (ImageToVideo, "end_frame", "endFrameImage"),
        (Unzoom, "is_variaton", "isVariation"),
        (UniversalUpscale, "creativity", "creativityStrength"),
    ],
)
def test_a_name_that_does_not_exist(kind: type[Body], name: str, nearest: str) -> None:
    """A misspelling, and a word of another tool, is answered with the service's name."""
    with pytest.raises(UnknownParameter) as caught:
        kind.of("x", check=True, **{name: 1})

    assert nearest == caught.value.nearest


@pytest.mark.parametrize("model", VIDEO_MODELS, ids=lambda model: model.id)
def test_defaults_of_a_video_break_no_rule_of_its_model(model: Any) -> None:
    """Only what is retired is refused where nothing else is given."""
    given = {"image_id": ID, "model": model.id, "check": model.retired is None}

    assert model is ImageToVideo.of("w", **given).video_model


def test_retired_jobs_say_what_takes_their_place() -> None:
    """Motion 1.0 is sent, for nobody knows what the service answers, and the card says so."""
    assert "retired on 2026-06-17" in MotionSvd.of(ID).advice()[0]


@pytest.mark.parametrize(
    ("body", "service", "params"),
    [
        (TextToVideo.of("w"), "MOTION_VIDEO_GENERATION", {"resolution": "RESOLUTION_480"}),
        (
            TextToVideo.of("w", model="VEO3", check=False),
            "VEO3_MOTION_VIDEO_GENERATION",
            {"resolution": "RESOLUTION_720"},
        ),
        (MotionSvd.of(ID), "MOTION_SVD_GENERATION", {}),
    ],
)
def test_pricing(body: Body, service: str, params: dict[str, object]) -> None:
    """The calculator is asked under its own names."""
    assert {"service": service, "serviceParams": {service: params}} == body.pricing()


@pytest.mark.parametrize(
    "body", [TextToVideo.of("w", model="KLING2_5"), VideoUpscale.of(ID), Upscale.of(ID)]
)
def test_what_the_calculator_does_not_know(body: Body) -> None:
    """Where the calculator has no service for it, it is not asked."""
    assert None is body.pricing()


def test_the_universal_upscaler_is_priced_by_what_comes_out() -> None:
    """1024 squared times 1.5 is 2.36 megapixels, so 3; ultra is asked by what goes in."""
    plain, ultra = (
        UniversalUpscale.of(ID, ultra_upscale_style=style).pricing_for((1024, 1024))[
            "serviceParams"
        ]
        for style in (None, "ARTISTIC")
    )

    assert (
        {"UNIVERSAL_UPSCALER": {"megapixel": 3}},
        {
            "UNIVERSAL_UPSCALER_ULTRA": {
                "inputWidth": 1024,
                "inputHeight": 1024,
                "upscaleMultiplier": 1.5,
            }
        },
    ) == (plain, ultra)


def test_an_image_that_would_become_too_large() -> None:
    """The sentence names the multiplier that fits 20 megapixels."""
    with pytest.raises(ConflictingParameters) as caught:
        UniversalUpscale.of(ID, upscale_multiplier=2).output_size((4000, 3000))

    assert "upscaleMultiplier=1.29 fits." in str(caught.value)


@pytest.mark.parametrize(
    ("body", "credits"),
    [
        (Upscale.of(ID), 15),
        (Unzoom.of(ID), 15),
        (RemoveBackground.of(ID), 5),
        (MotionSvd.of(ID), 45),
    ],
)
def test_published_prices(body: Body, credits: int) -> None:  # noqa: A002  the service's word
    """What always costs the same is in the table."""
    assert credits == body.estimated_credits()


# -- conformance: every body that our client can send

SHARED = Path(__file__).parents[3] / "shared" / "leonardo"
# In the guides and not in the specification's enum.
GUIDES_ONLY = {"VEO3_1", "VEO3_1FAST"}


# The client wraps a CutOut for v2; tests/conformance holds against it what is posted.
AS_POSTED = [body for body in EVERY if not isinstance(body, CutOut)]


@pytest.mark.parametrize("body", AS_POSTED, ids=repr)
def test_what_we_send_fits_the_specification(body: Body, request_schema: Any) -> None:
    """Every body of every kind validates, and has no member that the specification lacks."""
    wire = body.wire()
    if wire.get("model") in GUIDES_ONLY:
        wire["model"] = "MOTION2"
    schema = request_schema(f"/{body.endpoint}")

    assert (set(), []) == (wire.keys() - schema.properties, schema.errors(wire))
