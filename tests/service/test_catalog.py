from __future__ import annotations

import subprocess
import sys

import pytest

from leonardo_nb.service import catalog
from leonardo_nb.service.catalog import (
    MODELS,
    PRESET_STYLES,
    STYLES,
    V2_MODELS,
    Model,
    expected_seconds,
    find_model,
    find_style,
    preset_styles_for,
    pricing_params,
    style_name,
)

LIGHTNING, KINO = MODELS[0], MODELS[2]


def test_there_are_31_preset_styles() -> None:
    """The modes' lists together are the service's whole list."""
    assert 31 == len(PRESET_STYLES)


def test_there_are_24_models_with_ids_of_their_own() -> None:
    """No two models share a name, an id or a slug."""
    slugs = [model.slug for model in MODELS if model.slug]

    assert (24, 24, len(slugs)) == (
        len({model.name for model in MODELS}),
        len({model.id for model in MODELS}),
        len(set(slugs)),
    )


@pytest.mark.parametrize(
    "spelling",
    [
        "Leonardo Phoenix 1.0",
        "Phoenix 1.0",
        "PHOENIX 1.0",
        "phoenix-v1.0",
        "de7d3faf-762f-48e0-b3b7-9d0ac3a3fcf3",
        "DE7D3FAF-762F-48E0-B3B7-9D0AC3A3FCF3",
    ],
)
def test_a_model_has_many_spellings(spelling: str) -> None:
    """Name, short name, slug and id all find it, in any case."""
    found = find_model(spelling)

    assert "Leonardo Phoenix 1.0" == (found.name if found else None)


@pytest.mark.parametrize("spelling", ["", "Phoenix", "xl", "dall-e", "1.0"])
def test_half_a_name_is_no_model(spelling: str) -> None:
    """What could be several models, or none, is none."""
    assert find_model(spelling) is None


def test_models_name_only_styles_that_exist() -> None:
    """Every style in a model's list has an id, and every list has Dynamic."""
    lists = [named for model in MODELS if (named := model.styles or model.seen_styles)]
    lists += [model.seen_styles for model in V2_MODELS if model.seen_styles]

    assert (set(), True) == (
        {style for named in lists for style in named} - set(STYLES),
        all("Dynamic" in named for named in lists),
    )


def test_style_names_and_ids_lead_to_each_other() -> None:
    """find_style and style_name are inverse for every style."""
    assert list(STYLES) == [style_name(find_style(name) or "") for name in STYLES]


@pytest.mark.parametrize(
    ("mode", "count"),
    [
        ({"alchemy": False}, 2),
        ({"alchemy": True}, 13),
        ({"photo_real": True}, 3),
        ({"photo_real": True, "version": "v2"}, 19),
    ],
)
def test_each_mode_has_its_styles(mode: dict[str, bool], count: int) -> None:
    """The number of styles of each mode is the documented one, CINEMATIC with Alchemy included."""
    assert count == len(preset_styles_for(**mode))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("members", "at_512", "at_1024"),
    [
        ({"modelId": LIGHTNING.id, "alchemy": True}, 15, 40),
        ({"modelId": KINO.id, "alchemy": True}, 24, 66),
        ({"photoReal": True, "photoRealVersion": "v1", "alchemy": True}, 23, 63),
        ({"sd_version": "v1_5", "alchemy": True}, 16, 44),
        ({"sd_version": "v2", "alchemy": False}, 7, 12),
        ({"sd_version": "v1_5", "alchemy": True, "promptMagic": True}, 24, 63),
    ],
)
def test_credits_are_the_published_table(
    members: dict[str, object], at_512: int, at_1024: int
) -> None:
    """Four images cost what the table says, at both of its sizes."""
    prices = [
        catalog.credits(members | {"num_images": 4, "width": side, "height": side})
        for side in (512, 1024)
    ]

    assert [at_512, at_1024] == prices


def test_more_steps_cost_more() -> None:
    """Four plain images at 512 squared with 30 steps cost the published 11 credits."""
    members = {"sd_version": "v1_5", "num_images": 4, "width": 512, "height": 512}

    assert 11 == catalog.credits(members | {"num_inference_steps": 30})


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.name)
def test_a_smallest_picture_costs_something(model: Model) -> None:
    """No estimate is zero or less, however small the picture."""
    assert catalog.credits({"modelId": model.id, "width": 32, "height": 32}) >= 1


def test_the_calculator_has_other_names() -> None:
    """A request's members are renamed for the calculator, and its model becomes a flag."""
    members = {"modelId": KINO.id, "width": 512, "height": 640, "num_images": 2, "alchemy": True}

    assert {
        "imageWidth": 512,
        "imageHeight": 640,
        "numImages": 2,
        "inferenceSteps": 15,
        "alchemyMode": True,
        "highResolution": False,
        "isSDXL": True,
    } == pricing_params(members)


@pytest.mark.parametrize(
    ("members", "low", "high"),
    [
        ({"sd_version": "v1_5", "width": 512, "height": 512}, 3.5, 4.5),
        ({"sd_version": "v1_5", "width": 1024, "height": 768}, 5, 8),
        ({"modelId": KINO.id, "alchemy": True, "width": 1536, "height": 864}, 15, 25),
    ],
)
def test_expected_seconds_are_near_what_was_seen(
    members: dict[str, object], low: float, high: float
) -> None:
    """The first guess lies in the range of each published observation."""
    assert low <= expected_seconds(members) <= high


def test_the_catalog_is_cheap_to_import() -> None:
    """The simulator and the panel read it without paying for pydantic or httpx."""
    script = (
        "import sys, leonardo_nb.service.catalog, leonardo_nb.service.rules,"
        "leonardo_nb.service.values, leonardo_nb.service.defaults;"
        "print(sorted({'pydantic', 'httpx', 'numpy'} & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )

    assert "[]" == done.stdout.strip()
