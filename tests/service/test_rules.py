from __future__ import annotations

from typing import Any

import pytest

from leonardo_nb.errors import ConflictingParameters
from leonardo_nb.service.catalog import STYLES, find_model
from leonardo_nb.service.requests import CreateGeneration
from leonardo_nb.service.rules import RULES, Rule, broken_rules
from leonardo_nb.service.values import MEMBERS


def model(name: str) -> str:
    """Return the id of a model."""
    found = find_model(name)
    assert found is not None
    return found.id


GUIDE = {"initImageId": "an-id", "initImageType": "UPLOADED", "preprocessorId": 67}
MASK = {"canvasInitId": "an-id", "canvasMaskId": "another-id"}
INPAINT = {"canvasRequest": True, "canvasRequestType": "INPAINT", "alchemy": False} | MASK

# rule: (breaks it, only just does not)
TABLE: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "photo-real-needs-alchemy": (
        {"photoReal": True, "alchemy": False},
        {"photoReal": True, "alchemy": True},
    ),
    "photo-real-v1-model": (
        {"photoReal": True, "alchemy": True, "photoRealVersion": "v1", "modelId": model("kino-xl")},
        {"photoReal": True, "alchemy": True, "photoRealVersion": "v2", "modelId": model("kino-xl")},
    ),
    "photo-real-v2-model": (
        {
            "photoReal": True,
            "alchemy": True,
            "photoRealVersion": "v2",
            "modelId": model("sdxl 1.0"),
        },
        {
            "photoReal": True,
            "alchemy": True,
            "photoRealVersion": "v2",
            "modelId": model("Vision XL"),
        },
    ),
    "photo-real-v1-style": (
        {"photoReal": True, "alchemy": True, "presetStyle": "BOKEH"},
        {"photoReal": True, "alchemy": True, "presetStyle": "VIBRANT"},
    ),
    "photo-real-v2-style": (
        {
            "photoReal": True,
            "alchemy": True,
            "photoRealVersion": "v2",
            "modelId": model("kino-xl"),
            "presetStyle": "ANIME",
        },
        {
            "photoReal": True,
            "alchemy": True,
            "photoRealVersion": "v2",
            "modelId": model("kino-xl"),
            "presetStyle": "BOKEH",
        },
    ),
    "alchemy-style": (
        {"alchemy": True, "presetStyle": "LEONARDO"},
        {"alchemy": True, "presetStyle": "NONE"},
    ),
    "plain-style": (
        {"alchemy": False, "presetStyle": "DYNAMIC"},
        {"alchemy": False, "presetStyle": "LEONARDO"},
    ),
    "ultra-or-alchemy": (
        {"ultra": True, "alchemy": True},
        {"ultra": True, "alchemy": False},
    ),
    "lucid-alchemy": (
        {"modelId": model("lucid-realism"), "alchemy": True},
        {"modelId": model("lucid-realism"), "alchemy": False},
    ),
    "phoenix-contrast": (
        {"modelId": model("phoenix-v1.0"), "alchemy": True, "contrast": 1.8},
        {"modelId": model("phoenix-v1.0"), "alchemy": True, "contrast": 2.5},
    ),
    "images-and-size": (
        {"num_images": 5, "width": 776, "height": 512},
        {"num_images": 8, "width": 768, "height": 768},
    ),
    "flux-seed": (
        {"modelId": model("flux-dev"), "seed": 2147483638},
        {"modelId": model("flux-dev"), "seed": 2147483637},
    ),
    "model-style": (
        {"modelId": model("lucid-origin"), "styleUUID": STYLES["Bokeh"]},
        {"modelId": model("lucid-realism"), "styleUUID": STYLES["Bokeh"]},
    ),
    "style-id-without-use": (
        {"modelId": model("kino-xl"), "styleUUID": STYLES["Dynamic"]},
        {"modelId": model("flux-schnell"), "styleUUID": STYLES["Dynamic"]},
    ),
    "reference-strength": (
        {"controlnets": [GUIDE | {"preprocessorId": 100, "strengthType": "Ultra"}]},
        {"controlnets": [GUIDE | {"preprocessorId": 67, "strengthType": "Max"}]},
    ),
    "reference-count": (
        {"controlnets": [GUIDE | {"preprocessorId": 133, "strengthType": "Mid"}] * 2},
        {"controlnets": [GUIDE | {"strengthType": "Mid"}] * 4},
    ),
    "leonardo-scheduler": (
        {"scheduler": "LEONARDO", "alchemy": False, "guidance_scale": 7.5},
        {"scheduler": "LEONARDO", "alchemy": False, "guidance_scale": 7},
    ),
    "unzoom-parts": (
        {"unzoom": True, "unzoomAmount": 2},
        {"unzoom": True, "unzoomAmount": 2, "init_image_id": "an-id"},
    ),
    "inpaint-parts": (
        INPAINT | {"canvasMaskId": None},
        INPAINT,
    ),
    "inpaint-model": (
        INPAINT | {"modelId": model("lightning-xl")},
        INPAINT | {"modelId": model("sdxl 1.0")},
    ),
    "inpaint-mode": (
        INPAINT | {"alchemy": True},
        INPAINT,
    ),
    "inpaint-strength": (
        INPAINT | {"init_strength": 0.85},
        INPAINT | {"init_strength": 0.8},
    ),
    "inpaint-images": (
        INPAINT | {"width": 1032, "height": 1024, "num_images": 3},
        INPAINT | {"width": 1024, "height": 1024, "num_images": 3},
    ),
}


def test_every_rule_is_in_the_table() -> None:
    """A rule without a row below is a rule without a test."""
    assert [rule.name for rule in RULES] == list(TABLE)


@pytest.mark.parametrize("name", TABLE)
def test_rule_refuses(name: str) -> None:
    """What breaks the rule is refused under the rule's name, with its sentence."""
    sentence = next(rule.sentence for rule in RULES if rule.name == name)

    with pytest.raises(ConflictingParameters) as caught:
        CreateGeneration.of("a fox", **TABLE[name][0])

    assert (name, True) == (caught.value.rule, sentence in str(caught.value))


@pytest.mark.parametrize("name", TABLE)
def test_rule_refuses_no_more_than_it_says(name: str) -> None:
    """What only just keeps the rule goes through."""
    assert "a fox" == CreateGeneration.of("a fox", **TABLE[name][1]).prompt


@pytest.mark.parametrize("name", TABLE)
def test_rule_can_be_overridden(name: str) -> None:
    """check=False sends what breaks the rule, in case the service has dropped it."""
    assert "a fox" == CreateGeneration.of("a fox", check=False, **TABLE[name][0]).prompt


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_rule_speaks_of_members_that_exist(rule: Rule) -> None:
    """Every member that a rule names is one of the request's."""
    assert set() == set(rule.members) - set(MEMBERS)


def test_rules_read_half_a_form() -> None:
    """An empty or half-filled form breaks no rule and raises nothing."""
    assert [] == broken_rules({}) + broken_rules({"presetStyle": None, "controlnets": None})
