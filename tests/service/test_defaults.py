from __future__ import annotations

from itertools import product
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leonardo_nb.service.catalog import (
    CONTRASTS,
    DEFAULTS,
    MODELS,
    PRESET_STYLES,
    SD_VERSIONS,
    STYLES,
    find_model,
)
from leonardo_nb.service.defaults import minimal, resolve
from leonardo_nb.service.requests import CreateGeneration
from leonardo_nb.service.rules import broken_rules

CANVAS = {
    "canvasRequest": True,
    "canvasRequestType": "INPAINT",
    "canvasInitId": "an-id",
    "canvasMaskId": "another-id",
}
MODES: list[dict[str, Any]] = [
    {},
    {"alchemy": True},
    {"alchemy": False},
    {"ultra": True},
    {"ultra": False},
    {"photoReal": True},
    {"photoReal": True, "photoRealVersion": "v1"},
    {"photoReal": True, "photoRealVersion": "v2"},
    {"promptMagic": True},
    {"highResolution": True},
    CANVAS,
    {"num_images": 4},
    {"scheduler": "LEONARDO"},
]
CHOICES: list[dict[str, Any]] = [
    {},
    *[{"modelId": model.id} for model in MODELS],
    *[{"sd_version": version} for version in SD_VERSIONS],
    {"modelId": "00000000-1111-4222-8333-444444444444"},
]


def can_be_completed(members: dict[str, object]) -> bool:
    """Whether any values of the members that were not given keep all rules."""
    open_ended: dict[str, list[object]] = {
        "alchemy": [True, False],
        "photoRealVersion": ["v1", "v2"],
        "modelId": [None, *(model.id for model in MODELS)],
        "presetStyle": [None],
        "contrast": [None, 3.5],
    }
    if "sd_version" in members:
        del open_ended["modelId"]  # it chooses the model
    names = [name for name in open_ended if name not in members]
    return any(
        not broken_rules(members | dict(zip(names, values, strict=True)))
        for values in product(*(open_ended[name] for name in names))
    )


@pytest.mark.parametrize("mode", MODES, ids=str)
def test_a_default_breaks_no_rule(mode: dict[str, object]) -> None:
    """Over all models and modes, what can be completed at all is completed without a conflict."""
    at_fault = [
        (choice, mode, [rule.name for rule in broken_rules(resolve(choice | mode))])
        for choice in CHOICES
        if broken_rules(resolve(choice | mode)) and can_be_completed(choice | mode)
    ]

    assert [] == at_fault


@pytest.mark.parametrize("choice", CHOICES, ids=str)
def test_every_model_can_be_asked_for_without_more(choice: dict[str, object]) -> None:
    """A prompt and a model are a whole request."""
    assert [] == broken_rules(resolve(choice))


def resolved(**members: object) -> dict[str, object]:
    """Return what is sent for *members*, models by name."""
    if name := members.get("modelId"):
        found = find_model(str(name))
        members["modelId"] = found.id if found else name
    return resolve(members)


@pytest.mark.parametrize(
    ("members", "name", "value"),
    [
        ({}, "num_images", 1),
        ({}, "presetStyle", "DYNAMIC"),
        ({}, "alchemy", True),
        ({}, "public", False),
        ({"alchemy": False}, "presetStyle", None),
        ({"ultra": True}, "alchemy", False),
        ({"photoReal": True}, "presetStyle", "CINEMATIC"),
        ({"photoReal": True}, "photoRealVersion", "v1"),
        ({"photoReal": True}, "modelId", None),
        ({"photoReal": True, "modelId": "kino-xl"}, "photoRealVersion", "v2"),
        ({"photoReal": True, "photoRealVersion": "v2"}, "modelId", find_model("kino-xl").id),  # type: ignore[union-attr]
        ({"sd_version": "v1_5"}, "modelId", None),
        ({"modelId": "lucid-origin"}, "alchemy", False),
        ({"modelId": "lucid-origin"}, "contrast", 3.5),
        ({"modelId": "lucid-origin"}, "presetStyle", None),
        ({"modelId": "lucid-origin"}, "styleUUID", STYLES["Dynamic"]),
        ({"modelId": "phoenix-v1.0"}, "contrast", 3.5),
        ({"modelId": "phoenix-v1.0"}, "alchemy", True),
        ({"modelId": "phoenix-v1.0"}, "presetStyle", None),
        ({"modelId": "phoenix-v1.0", "presetStyle": "ANIME"}, "styleUUID", None),
        ({"modelId": "flux-dev"}, "alchemy", None),
        ({"modelId": "flux-dev"}, "contrast", None),
        ({"modelId": "flux-kontext-pro"}, "alchemy", None),
        ({"modelId": "flux-kontext-pro"}, "width", 1024),
        ({"modelId": "flux-kontext-pro"}, "height", 1024),
        ({"modelId": "flux-kontext-pro", "width": 1456}, "height", 720),
        (CANVAS, "alchemy", False),
        (CANVAS, "presetStyle", None),
    ],
    ids=str,
)
def test_default(members: dict[str, object], name: str, value: object) -> None:
    """Each default follows from the model and the mode as the guides say."""
    assert value == resolved(**members).get(name)


SOME = st.fixed_dictionaries(
    {},
    optional={
        "modelId": st.sampled_from([model.id for model in MODELS]),
        "sd_version": st.sampled_from(SD_VERSIONS),
        "presetStyle": st.sampled_from(PRESET_STYLES),
        "styleUUID": st.sampled_from(list(STYLES.values())),
        "alchemy": st.booleans(),
        "ultra": st.booleans(),
        "photoReal": st.booleans(),
        "photoRealVersion": st.sampled_from(["v1", "v2"]),
        "contrast": st.sampled_from(CONTRASTS),
        "canvasRequest": st.booleans(),
        "width": st.sampled_from([512, 768, 1024, 1456]),
        "height": st.sampled_from([512, 768, 1024]),
        "num_images": st.integers(1, 8),
        "seed": st.integers(0, 9),
    },
)


@given(SOME)
def test_resolving_twice_changes_nothing(members: dict[str, object]) -> None:
    """A resolved request is resolved."""
    assert resolve(members) == resolve(resolve(members))


@given(SOME)
def test_minimal_undoes_resolve(members: dict[str, object]) -> None:
    """The few members that a caption shows are enough to make the same request again."""
    whole = resolve(members)

    assert whole == resolve(minimal(whole))


@given(SOME)
def test_a_given_value_is_kept(members: dict[str, object]) -> None:
    """No default overwrites what was asked for."""
    whole = resolve(members)

    assert members == {name: whole[name] for name in members}


def test_a_drawn_seed_goes_with_any_model() -> None:
    """Two hundred drawn seeds are all below the smallest of the models' limits, and differ."""
    seeds = {CreateGeneration.of("a fox").seed or 0 for _ in range(200)}

    assert (True, True) == (max(seeds) <= min(model.seed_max for model in MODELS), len(seeds) > 190)


def test_our_own_defaults_are_named() -> None:
    """One image, not in the community feed: where ours differ from the service's."""
    assert (1, False) == (DEFAULTS["num_images"], DEFAULTS["public"])


def test_the_product_is_whole() -> None:
    """The law above speaks of every model in every mode."""
    assert (1 + 24 + 11 + 1) * 13 == len(list(product(CHOICES, MODES)))
