"""Videos of the models that live in the v2 API: what is published, and how it is asked for."""

from __future__ import annotations

import ast
import json
from typing import Any

import pytest

from leonardo_nb.errors import ConflictingParameters, InvalidRequest, UnknownParameter
from leonardo_nb.service.catalog import (
    V2_VIDEO_MODELS,
    V2VideoModel,
    find_v2_video_model,
    find_video_model,
)
from leonardo_nb.service.requests import ImageToVideo, TextToVideo, body_of

ID = "1f197fd2-30f6-6e90-8d3c-0242ac120002"
OTHER = "0d5f2b8e-1111-4222-8333-444455556666"
START = [{"image": {"id": ID, "type": "GENERATED"}}]
NEWER = [model for model in V2_VIDEO_MODELS if model.v1_id is None]
HORSE: dict[str, Any] = {"model": "happy-horse-1.1"}


def text(**given: Any) -> TextToVideo:
    """Return a request from words."""
    return TextToVideo.of("waves", **given)


def image(**given: Any) -> ImageToVideo:
    """Return a request that begins with an image."""
    return ImageToVideo.of("dolly in", image_id=ID, **given)


def parameters(body: TextToVideo | ImageToVideo) -> dict[str, object]:
    """Return what v2 is given besides the prompt and the one video that is asked for."""
    told = body.translated()
    assert told is not None
    return {
        name: value for name, value in told.parameters.items() if name not in {"prompt", "quantity"}
    }


TRANSLATED: list[tuple[TextToVideo | ImageToVideo, dict[str, object]]] = [
    (text(model="kling-3.0"), {}),
    (
        text(model="Kling 3.0", duration=7, seed=3, resolution="1080p"),
        {"duration": 7, "seed": 3, "width": 1920, "height": 1080},
    ),
    (text(model="veo-3.1-lite"), {"duration": 8}),
    (text(model="Kling 2.6", duration=10), {"duration": 10}),
    (text(**HORSE), {"duration": 5, "width": 1920, "height": 1080}),
    (
        text(**HORSE, resolution="720p", motion_has_audio=False),
        {"duration": 5, "width": 1280, "height": 720, "motion_has_audio": False},
    ),
    (text(**HORSE, width=832), {"duration": 5, "width": 832, "height": 1108}),
    (text(model="hailuo-2_3"), {"duration": 6, "width": 1376, "height": 768}),
    (
        text(model="Wan 3.0", prompt_enhance=False, style_ids=[OTHER]),
        {"prompt_enhance": "OFF", "style_ids": [OTHER]},
    ),
    (image(model="kling-3.0"), {"guidances": {"start_frame": START}}),
    (
        image(
            model="kling-video-o-3",
            image_type="UPLOADED",
            end_frame_image={"id": OTHER, "type": "GENERATED"},
        ),
        {
            "guidances": {
                "start_frame": [{"image": {"id": ID, "type": "UPLOADED"}}],
                "end_frame": [{"image": {"id": OTHER, "type": "GENERATED"}}],
            }
        },
    ),
    (
        image(model="kling-2.5-turbo-standard"),
        {"duration": 5, "width": 1280, "height": 720, "guidances": {"start_frame": START}},
    ),
    (
        image(model="happy-horse"),
        {"duration": 5, "width": 1920, "height": 1080, "guidances": {"image_reference": START}},
    ),
]
BODIES = [row[0] for row in TRANSLATED]

# What check=False sends all the same.
REFUSED: list[tuple[type[TextToVideo | ImageToVideo], dict[str, Any], str, str]] = [
    (TextToVideo, HORSE | {"duration": 2}, "duration", "takes a duration of 3, 4, 5"),
    (TextToVideo, {"model": "kling-2.6", "duration": 6}, "duration", "of 5 or 10 seconds."),
    (TextToVideo, HORSE | {"width": 1000, "height": 1000}, "width", "960 x 960"),
    (TextToVideo, {"model": "kling-3.0", "width": 640}, "width", "give both or neither"),
    (TextToVideo, HORSE | {"seed": 1}, "seed", "Happy Horse 1.1 takes no seed"),
    (TextToVideo, HORSE | {"prompt_enhance": True}, "promptEnhance", "takes no promptEnhance"),
    (TextToVideo, {"model": "kling-3.0", "seed": 2**31}, "seed", "at most 2147483647"),
    (TextToVideo, {"model": "kling-3.0", "negative_prompt": "fog"}, "negativePrompt", "Motion 2.0"),
    (TextToVideo, {"model": "wan-2.7", "elements": [{"akUUID": ID}]}, "elements", "Motion 2.0"),
    (TextToVideo, {"model": "wan-2.7", "style_ids": [ID, OTHER]}, "styleIds", "at most one"),
    (TextToVideo, {"model": "Kling 2.5 Turbo Standard"}, "model", "needs an image to begin with"),
    (
        ImageToVideo,
        HORSE | {"imageId": ID, "end_frame_image": {"id": ID, "type": "UPLOADED"}},
        "endFrameImage",
        "its guidances are start_frame and image_reference",
    ),
]

# What there is no word for, whatever the model.
UNSAYABLE: list[tuple[dict[str, Any], str, str]] = [
    ({"model": "kling-3.0", "prompt_enhance_instruction": "x"}, "promptEnhanceInstruction", "v2"),
    (
        {"model": "kling-3.0", "resolution": "720p", "width": 640, "height": 640},
        "resolution",
        "leave resolution out",
    ),
    ({"model": "hailuo-2_3", "resolution": "720p"}, "resolution", "1376 x 768"),
    ({"motion_has_audio": True}, "motion_has_audio", "Motion 2.0 is asked for in the v1 API"),
    ({"model": "Veo 3.1", "motion_has_audio": False}, "motion_has_audio", "Veo 3.1 is asked for"),
]


@pytest.mark.parametrize(("body", "expected"), TRANSLATED, ids=repr)
def test_translation(body: TextToVideo | ImageToVideo, expected: dict[str, object]) -> None:
    """Each member is said in v2's own words, and nothing is added that nobody has published."""
    assert expected == parameters(body)


@pytest.mark.parametrize("model", NEWER, ids=lambda model: model.slug)
def test_every_model_is_asked_for_by_slug_and_name(model: V2VideoModel) -> None:
    """Either makes the same request, which goes to v2 under the slug, and the name is taken."""
    by_slug, by_name = image(model=model.slug), image(model=model.name.upper())
    told = by_slug.translated()

    assert told is not None
    assert (by_slug, model.slug, 1) == (by_name, told.model, told.parameters["quantity"])
    assert model is by_slug.video_model


@pytest.mark.parametrize("model", [each for each in V2_VIDEO_MODELS if each.v1_id], ids=repr)
def test_models_of_both_apis_stay_in_v1(model: V2VideoModel) -> None:
    """Slug and name mean the model that v1 documents, which v2 is not asked for."""
    for spelling in (model.slug, model.name):
        body = text(model=spelling)
        assert (model.v1_id, None) == (body.model, body.translated())


@pytest.mark.parametrize(("kind", "given", "member", "sentence"), REFUSED)
def test_what_a_model_does_not_take(
    kind: type[TextToVideo | ImageToVideo], given: dict[str, Any], member: str, sentence: str
) -> None:
    """The sentence names what it takes; check=False sends it all the same."""
    with pytest.raises(ConflictingParameters) as caught:
        kind.of("waves", **given)

    assert (sentence in str(caught.value), member) == (True, caught.value.members[0])
    assert kind.of("waves", check=False, **given).translated() is not None


@pytest.mark.parametrize("check", [True, False])
@pytest.mark.parametrize(("given", "member", "sentence"), UNSAYABLE)
def test_what_there_is_no_word_for(
    given: dict[str, Any], member: str, sentence: str, *, check: bool
) -> None:
    """Nothing is dropped: what cannot be said is refused before anything is sent."""
    with pytest.raises(ConflictingParameters) as caught:
        text(check=check, **given)

    assert (sentence in str(caught.value), member) == (True, caught.value.members[0])


def test_a_long_prompt() -> None:
    """A model's own limit counts."""
    with pytest.raises(ConflictingParameters, match="at most 2,500 characters"):
        TextToVideo.of("w" * 2501, **HORSE)


@pytest.mark.parametrize(
    ("wrong", "nearest"),
    [
        ("Seedence 2.5", "bytedance/seedance-2.5"),
        ("kling-3", "kling-3.0"),
        ("Hapy Horse", "happy-horse"),
        ("MOTION3", "MOTION2"),
    ],
)
def test_a_model_that_does_not_exist(wrong: str, nearest: str) -> None:
    """Names and slugs of both APIs are looked through for the nearest."""
    with pytest.raises(InvalidRequest) as caught:
        text(model=wrong)

    assert ("model", nearest) == (caught.value.member, caught.value.nearest)


def test_sound_by_another_word() -> None:
    """Whoever knows it by another name is told the service's."""
    with pytest.raises(UnknownParameter) as caught:
        text(**HORSE, audio=True)

    assert "motion_has_audio" == caught.value.nearest


@pytest.mark.parametrize("body", BODIES, ids=repr)
def test_code_makes_the_same_request_again(body: TextToVideo | ImageToVideo) -> None:
    """The line of Python has every argument that is needed, under its own name."""
    call = ast.parse(body.code(), mode="eval").body
    assert isinstance(call, ast.Call)
    arguments = [ast.literal_eval(each) for each in call.args]
    named = {str(each.arg): ast.literal_eval(each.value) for each in call.keywords}

    assert body == type(body).of(*arguments, **named)
    assert body == body.replaced()


@pytest.mark.parametrize("body", BODIES, ids=repr)
def test_a_request_comes_back_from_the_ledger(body: TextToVideo | ImageToVideo) -> None:
    """Endpoint and wire form are kept, and what comes back is asked for in v2 again."""
    back = body_of(body.endpoint, json.loads(json.dumps(body.wire())))

    assert isinstance(back, (TextToVideo, ImageToVideo))
    assert (body, body.translated()) == (back, back.translated())


@pytest.mark.parametrize("body", BODIES, ids=repr)
def test_no_price_is_known(body: TextToVideo | ImageToVideo) -> None:
    """The calculator is not asked, and no table has it."""
    assert (None, None) == (body.pricing(), body.estimated_credits())


@pytest.mark.parametrize(
    ("body", "frame", "seconds"),
    [
        (text(model="kling-3.0"), (1280, 720, 1), 5.0),
        (text(model="kling-3.0", resolution="480p", duration=9), (832, 480, 1), 9.0),
        (text(model="veo-3.1-lite"), (1280, 720, 1), 8.0),
        (text(**HORSE), (1920, 1080, 1), 5.0),
        (text(**HORSE, resolution="720p"), (1280, 720, 1), 5.0),
    ],
    ids=repr,
)
def test_frame_and_seconds(body: TextToVideo, frame: tuple[int, int, int], seconds: float) -> None:
    """The card's frame is what will be asked for, or a guess where the service decides."""
    assert (frame, seconds) == (body.frame(), body.seconds)


@pytest.mark.parametrize(
    ("body", "sentences"),
    [
        (text(model="kling-3.0"), []),
        (image(**HORSE, motion_has_audio=True), []),
        (
            image(model="kling-3.0", duration=5, width=640, height=640),
            ["Whether Kling 3.0 takes duration, width, height and imageId is not published"],
        ),
        (image(model="happy-horse"), ["the image is a reference"]),
        (image(model="kling-2.5-turbo-standard"), []),
    ],
    ids=repr,
)
def test_what_is_not_published_is_said(
    body: TextToVideo | ImageToVideo, sentences: list[str]
) -> None:
    """A note stands beside the job where the service may refuse it, or take it otherwise."""
    advice = body.advice()

    assert len(sentences) == len(advice)
    assert all(part in whole for part, whole in zip(sentences, advice, strict=True))


# -- conformance


@pytest.mark.parametrize("model", V2_VIDEO_MODELS, ids=lambda model: model.slug)
def test_our_data_is_the_published_data(model: V2VideoModel, document: Any) -> None:
    """Sizes, lengths, guidances and limits are those of the published list."""
    row = next(each for each in document("v2-models.json")["models"] if each["model"] == model.slug)
    sizes = [f"{wide}x{high}" for wide, high in model.sizes]
    listed = [size for size in row.get("sizes", []) if size != "0x0"]
    v1 = find_video_model(model.slug)
    sounds = any("motion_has_audio" in extra for extra in row.get("extra", []))
    needs_size = "width" in row.get("required", [])

    assert (
        listed,
        row.get("duration", []),
        row.get("guidances"),
        row.get("prompt_max", 9999),
        row.get("seed_max", 2_147_483_647),
        "guidances.start_frame" not in row.get("required", []),
        sounds,
        "video",
    ) == (
        sizes,
        sorted(model.durations),
        None if model.guidances is None else dict(model.guidances),
        model.prompt_max,
        model.seed_max,
        model.reads_text,
        model.takes is not None and "motion_has_audio" in model.takes,
        row["kind"],
    )
    if "default_size" in row or not needs_size:
        assert row.get("default_size") == (model.default_size and list(model.default_size))
    assert row.get("default_duration", model.default_duration) == model.default_duration
    assert model.v1_id == (v1.id if v1 else None)


def test_every_published_video_model_is_known(document: Any) -> None:
    """Nothing of the published list is missing, and each is found by slug and name."""
    rows = [row for row in document("v2-models.json")["models"] if row["kind"] == "video"]
    found = [find_v2_video_model(row[key]) for row in rows for key in ("model", "name")]

    assert {row["model"] for row in rows} == {model.slug for model in V2_VIDEO_MODELS}
    assert [row["model"] for row in rows for _ in range(2)] == [
        model.slug for model in found if model is not None
    ]


@pytest.mark.parametrize("body", BODIES, ids=repr)
def test_what_we_send_fits_the_specification(
    body: TextToVideo | ImageToVideo, v2_schema: Any
) -> None:
    """Every translated body validates against the v2 specification."""
    told = body.translated()
    assert told is not None

    assert [] == v2_schema("/generations").errors(told.wire())
