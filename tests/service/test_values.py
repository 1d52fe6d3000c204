from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from typing import Any
from uuid import UUID

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from leonardo_nb.errors import InvalidRequest, UnknownParameter
from leonardo_nb.service.catalog import MODELS, STYLES
from leonardo_nb.service.values import ALIASES, MEMBERS, PARAMETERS, check_value, parameter_name

SEED = "seed must be a whole number from 0 to 9999999998"
GUIDANCE = "guidance_scale must be a number from 1 to 20"
WIDTH = "width must be a multiple of 8 from 32 to 1536"

REFUSED: list[tuple[str, object, str, object]] = [
    # name, value, sentence, nearest
    ("prompt", "", 'prompt is empty; say what to draw, such as "a lighthouse at dawn".', None),
    ("prompt", " \n\t", 'prompt is empty; say what to draw, such as "a lighthouse at dawn".', None),
    (
        "prompt",
        "\u200b",
        'prompt is empty; say what to draw, such as "a lighthouse at dawn".',
        None,
    ),
    (
        "prompt",
        "x" * 1501,
        "prompt is 1,501 characters long, 1 more than the 1,500 that the service takes.",
        None,
    ),
    (
        "negative_prompt",
        "x" * 1600,
        "negative_prompt is 1,600 characters long, 100 more than the 1,500 that the service takes.",
        None,
    ),
    ("prompt", b"a fox", "prompt must be text, not bytes; decode it first.", None),
    ("prompt", 7, "prompt must be text, not 7.", None),
    ("prompt", None, "prompt must be text, not None.", None),
    ("prompt", "a\0b", "prompt has a NUL character at position 1; take it out.", None),
    (
        "prompt",
        "a fox \ud83e",
        (
            "prompt has half a character (a lone surrogate) at position 6; "
            "it was probably cut or decoded wrongly."
        ),
        None,
    ),
    ("width", 517, f"{WIDTH}; the nearest to 517 is 520.", 520),
    ("width", 0, f"{WIDTH}; the nearest to 0 is 32.", 32),
    ("width", 4000, f"{WIDTH}; the nearest to 4000 is 1536.", 1536),
    ("width", 512.5, f"{WIDTH}; the nearest to 512.5 is 512.", 512),
    (
        "num_images",
        9,
        "num_images must be a whole number from 1 to 8; the nearest to 9 is 8.",
        8,
    ),
    ("guidance_scale", 0, f"{GUIDANCE}; the nearest to 0 is 1.", 1),
    ("guidance_scale", float("nan"), f"{GUIDANCE}, not nan.", None),
    ("guidance_scale", float("-inf"), f"{GUIDANCE}, not -inf.", None),
    ("guidance_scale", "7", f'{GUIDANCE}, not the text "7"; write 7.', 7),
    ("guidance_scale", 1 + 2j, f"{GUIDANCE}, not (1+2j).", None),
    ("seed", "abc", f'{SEED}, not the text "abc".', None),
    ("seed", True, f"{SEED}, not True.", None),
    ("seed", np.True_, f"{SEED}, not np.True_.", None),
    ("seed", 7.5, f"{SEED}; the nearest to 7.5 is 8.", 8),
    ("seed", -1, f"{SEED}; the nearest to -1 is 0.", 0),
    ("seed", 10**12, f"{SEED}; the nearest to 1000000000000 is 9999999998.", 9999999998),
    ("seed", 10**5000, f"{SEED}, not a number that long.", 9999999998),
    ("guidance_scale", Fraction(10**400), f"{GUIDANCE}, not nan.", None),
    ("guidance_scale", 1e300, f"{GUIDANCE}; the nearest to 1e+300 is 20.", 20),
    ("prompt", 10**5000, "prompt must be text, not a int.", None),
    (
        "seed",
        [1, 2],
        "seed takes one value, not several; leo.sweep() makes an axis of several.",
        None,
    ),
    (
        "seed",
        np.arange(2),
        "seed takes one value, not several; leo.sweep() makes an axis of several.",
        None,
    ),
    (
        "contrast",
        5,
        "contrast must be 1, 1.3, 1.8, 2.5, 3, 3.5, 4 or 4.5; the nearest to 5 is 4.5.",
        4.5,
    ),
    ("alchemy", "yes", 'alchemy must be True or False, not the text "yes".', None),
    ("alchemy", 1, "alchemy must be True or False, not 1.", None),
    (
        "presetStyle",
        "ANIMEE",
        'presetStyle "ANIMEE" does not exist; the nearest is "ANIME".',
        "ANIME",
    ),
    (
        "photoRealVersion",
        "2024",
        'photoRealVersion "2024" does not exist; it is one of v1, v2.',
        None,
    ),
    ("presetStyle", 3, "presetStyle must be text, not 3.", None),
    (
        "modelId",
        "Phoenix",
        'modelId "Phoenix" names no model; the nearest is "Leonardo Phoenix 1.0".',
        "Leonardo Phoenix 1.0",
    ),
    (
        "modelId",
        "Lightnig XL",
        'modelId "Lightnig XL" names no model; the nearest is "Leonardo Lightning XL".',
        "Leonardo Lightning XL",
    ),
    ("modelId", "Dall-E", 'modelId "Dall-E" names no model; give a model\'s name or its id.', None),
    (
        "styleUUID",
        "Cinematik",
        'styleUUID "Cinematik" names no style; the nearest is "Cinematic".',
        "Cinematic",
    ),
    (
        "webhookCallbackUrl",
        "http://example.org/hook",
        (
            "webhookCallbackUrl must begin with https://, unless it is this machine; "
            'the nearest is "https://example.org/hook".'
        ),
        "https://example.org/hook",
    ),
    (
        "webhookCallbackUrl",
        "example.org",
        (
            "webhookCallbackUrl must be an address such as https://example.org/hook, "
            'not "example.org".'
        ),
        None,
    ),
    ("init_image_id", " ", "init_image_id is empty; give an id.", None),
    ("elements", "an-id", 'elements must be a list, not "an-id".', None),
    ("elements", [3], "elements[0] must be a dictionary with akUUID, weight, not 3.", None),
    ("elements", [{"weight": 1}], "elements[0] lacks akUUID.", None),
    (
        "elements",
        [{"akUUID": "an-id", "weigth": 1}],
        'elements[0] has no member "weigth"; did you mean "weight"?',
        "weight",
    ),
    (
        "elements",
        [{"akUUID": "an-id", "weight": "much"}],
        'elements[0].weight must be a number, not the text "much".',
        None,
    ),
    (
        "controlnets",
        [{"initImageId": "an-id"}],
        "controlnets[0] lacks initImageType and preprocessorId.",
        None,
    ),
]


@pytest.mark.parametrize(
    ("name", "value", "sentence", "nearest"), REFUSED, ids=[row[0] for row in REFUSED]
)
def test_refusal(name: str, value: object, sentence: str, nearest: object) -> None:
    """A refusal says what, which member, and the nearest valid value."""
    with pytest.raises(InvalidRequest) as caught:
        check_value(name, value)

    assert (sentence, nearest) == (str(caught.value), caught.value.nearest)


@pytest.mark.parametrize(
    ("name", "value", "nearest"),
    [(name, value, nearest) for name, value, _, nearest in REFUSED if nearest is not None],
    ids=[row[0] for row in REFUSED if row[3] is not None],
)
def test_the_nearest_value_is_accepted(name: str, value: object, nearest: object) -> None:
    """Whoever follows the hint is not refused again."""
    value = [{"akUUID": "an-id", str(nearest): 1}] if name == "elements" else nearest

    assert check_value(name, value) is not None


@pytest.mark.parametrize(
    ("name", "value", "read"),
    [
        ("seed", 7.0, 7),
        ("seed", np.int64(7), 7),
        ("seed", np.uint8(7), 7),
        ("seed", Decimal(7), 7),
        ("width", np.float64(512), 512),
        ("guidance_scale", np.float32(7.1), 7.1),
        ("guidance_scale", Fraction(15, 2), 7.5),
        ("guidance_scale", 7.0, 7),
        ("contrast", np.float32(1.3), 1.3),
        ("alchemy", np.bool_(False), False),
        ("presetStyle", "cinematic", "CINEMATIC"),
        ("presetStyle", "Cinematic Closeup", "CINEMATIC_CLOSEUP"),
        ("presetStyle", np.str_("ANIME"), "ANIME"),
        ("modelId", "lightning xl", MODELS[0].id),
        ("modelId", UUID(MODELS[0].id), MODELS[0].id),
        (
            "modelId",
            "1F197FD2-30F6-6E90-8D3C-0242AC120002",
            "1f197fd2-30f6-6e90-8d3c-0242ac120002",
        ),
        ("styleUUID", "watercolor", STYLES["Watercolor"]),
        ("webhookCallbackUrl", "http://127.0.0.1:8000/hook", "http://127.0.0.1:8000/hook"),
        ("webhookCallbackUrl", "http://[::1]/hook", "http://[::1]/hook"),
        ("webhookCallbackUrl", "https://example.org", "https://example.org"),
        ("imagePrompts", ["an-id"], ("an-id",)),
        ("imagePrompts", [], ()),
        ("elements", {"ak_uuid": "an-id"}, ({"akUUID": "an-id"},)),
        ("prompt", "x" * 1500, "x" * 1500),
        ("prompt", "🦊", "🦊"),
    ],
    ids=repr,
)
def test_value_as_it_goes_on_the_wire(name: str, value: object, read: object) -> None:
    """Numpy's scalars, whole floats, names and any case become the service's own values."""
    got = check_value(name, value)

    assert (read, type(read)) == (got, type(got))


PROMPTS = ['<script>alert("x")</script>', 'it\'s "quoted"', "two\nlines\r\n\tand a tab", "a & b"]


@pytest.mark.parametrize("prompt", PROMPTS)
def test_a_prompt_stays_as_it_is(prompt: str) -> None:
    """Markup, quotes and line breaks are the user's; nothing is escaped or stripped."""
    assert prompt == check_value("prompt", prompt)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("width", 517),
        ("guidance_scale", 30),
        ("num_images", 9),
        ("contrast", 5),
        ("presetStyle", "NEWER"),
        ("prompt", "x" * 2000),
    ],
)
def test_without_checks_new_values_pass(name: str, value: object) -> None:
    """check=False lets through what the service may have learned to take."""
    assert value == check_value(name, value, check=False)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("width", "517"),
        ("width", 512.5),
        ("guidance_scale", float("nan")),
        ("presetStyle", 7),
        ("prompt", ""),
        ("prompt", "a\0"),
        ("modelId", "no such model"),
        ("alchemy", "yes"),
    ],
)
def test_without_checks_wrong_types_are_still_refused(name: str, value: object) -> None:
    """check=False is about ranges and rules, not about what cannot be sent at all."""
    with pytest.raises(InvalidRequest) as caught:
        check_value(name, value, check=False)

    assert name == caught.value.member


@pytest.mark.parametrize(
    ("typed", "nearest"),
    [
        ("guidence_scale", "guidance_scale"),
        ("preset_styl", "presetStyle"),
        ("modelID", "modelId"),
        ("steps", "num_inference_steps"),
        ("cfg", "guidance_scale"),
        ("model", "modelId"),
        ("n", "num_images"),
        ("webhook_url", "webhookCallbackUrl"),
    ],
)
def test_unknown_name(typed: str, nearest: str) -> None:
    """A name that does not exist is refused with the one that was meant."""
    with pytest.raises(UnknownParameter) as caught:
        parameter_name(typed)

    assert f'generate() has no parameter "{typed}"; did you mean "{nearest}"?' == str(caught.value)


def test_a_name_like_no_other() -> None:
    """Where nothing is near, nothing is suggested."""
    with pytest.raises(UnknownParameter) as caught:
        parameter_name("qqqq")

    assert 'generate() has no parameter "qqqq".' == str(caught.value)


@pytest.mark.parametrize(
    ("typed", "name"),
    [
        ("preset_style", "presetStyle"),
        ("model_id", "modelId"),
        ("photo_real", "photoReal"),
        ("photo_real_version", "photoRealVersion"),
        ("webhook_callback_url", "webhookCallbackUrl"),
        ("style_uuid", "styleUUID"),
        ("image_prompt_weight", "imagePromptWeight"),
        ("guidanceScale", "guidance_scale"),
        ("numImages", "num_images"),
    ],
)
def test_spelling(typed: str, name: str) -> None:
    """snake_case and camelCase both lead to the service's own name."""
    assert name == parameter_name(typed)


def test_no_spelling_means_two_things() -> None:
    """Every name of the service is its own first spelling."""
    assert PARAMETERS == tuple(ALIASES[name] for name in PARAMETERS)


@pytest.mark.parametrize("member", MEMBERS.values(), ids=lambda member: member.name)
def test_every_member_says_what_it_does(member: Any) -> None:
    """The panel shows a sentence beside every field."""
    assert (True, True) == (member.help.endswith("."), member.help[0].isupper())


ANYTHING = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(),
    st.binary(),
    st.complex_numbers(),
    st.lists(st.one_of(st.integers(), st.text(), st.dictionaries(st.text(), st.integers()))),
    st.dictionaries(st.text(), st.integers()),
)


@given(st.sampled_from(PARAMETERS), ANYTHING, st.booleans())
def test_any_value_is_read_or_refused(name: str, value: object, check: bool) -> None:
    """Whatever is given, the only error is ours, and what is read is read the same again."""
    try:
        read = check_value(name, value, check=check)
    except InvalidRequest as refused:
        first, second = name, refused.member
    else:
        first, second = repr(read), repr(check_value(name, read, check=check))

    assert first == second
