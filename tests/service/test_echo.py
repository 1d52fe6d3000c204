"""What a row of the service's history says of its request, and what it does not."""

from __future__ import annotations

from typing import Any

import pytest

from leonardo_nb.service.requests import CreateGeneration, TextToVideo, body_of
from leonardo_nb.service.requests.echo import Echo, echo_of, is_echo
from leonardo_nb.service.responses import Generation

BRASS = "e1e00000-0000-4000-8000-000000000001"
ROW: dict[str, Any] = {
    "id": "an-id",
    "status": "COMPLETE",
    "prompt": "a fox",
    "negativePrompt": "",
    "modelId": "b24e16ff-06e3-43eb-8d33-4416c2d75876",
    "imageWidth": 512,
    "imageHeight": 512,
    "seed": 7,
    "initStrength": None,
    "imageToVideo": None,
    "motion": None,
    "motionModel": None,
    "generation_elements": [],
}


def echo(**members: Any) -> Echo:
    """Return the echo of a row with *members* of its own."""
    return echo_of(Generation.model_validate(ROW | members))


def test_a_plain_row_is_a_plain_request() -> None:
    """Prompt, model, size and seed."""
    found = echo()

    assert isinstance(found.request, CreateGeneration)
    assert () == found.missing
    assert {
        "prompt": "a fox",
        "modelId": ROW["modelId"],
        "width": 512,
        "height": 512,
        "seed": 7,
    } == found.request.wire()


@pytest.mark.parametrize("where", ["row", "entry"])
def test_a_video_that_began_with_an_image_says_so(where: str) -> None:
    """The row names no image, so nothing but a note can tell it from one of words."""
    facts = {"motion": True, "imageToVideo": True, "motionModel": "MOTION2"}
    entry = {"id": "one", "url": "u", "motionMP4URL": "v"}
    row = facts if where == "row" else {}
    found = echo(generated_images=[entry | (facts if where == "entry" else {})], **row)

    assert isinstance(found.request, TextToVideo)
    assert "MOTION2" == found.request.model
    assert ("which image it begins with",) == found.missing
    assert "does not say which image it begins with" in found.note()


def test_a_video_of_words_lacks_nothing_that_is_known() -> None:
    """Its row says that it began with no image."""
    assert () == echo(motion=True, imageToVideo=False).missing


def test_a_picture_that_began_with_an_image_says_so() -> None:
    """How strongly is all that the row keeps of it."""
    found = echo(initStrength=0.4)

    assert ("which image it starts from",) == found.missing
    assert 0.4 == found.request.wire()["init_strength"]


def test_elements_come_back() -> None:
    """Their ids and weights are in the row; of one's own there is no id."""
    known = {"id": 1, "weightApplied": 0.8, "lora": {"akUUID": BRASS}}
    own = {"id": 2, "weightApplied": 1, "lora": None}

    assert [{"akUUID": BRASS, "weight": 0.8}] == echo(
        generation_elements=[known]
    ).request.wire()["elements"]  # fmt: skip
    assert () == echo(generation_elements=[known]).missing
    assert ("which elements of your own it has",) == echo(generation_elements=[known, own]).missing


def test_modes_come_back() -> None:
    """PhotoReal, Prompt Magic and ultra are in the row by their members' names."""
    modes = {
        "ultra": True,
        "photoReal": True,
        "photoRealStrength": 0.5,
        "promptMagic": True,
        "promptMagicVersion": "v3",
        "promptMagicStrength": 0.4,
    }
    found = echo(**modes)

    assert modes.items() <= found.request.wire().items()
    assert set() == modes.keys() & echo(**dict.fromkeys(modes)).request.wire().keys()


@pytest.mark.parametrize(
    "members",
    [
        {"initStrength": "a lot"},
        {"generation_elements": "none"},
        {"generation_elements": [7, {"lora": {"akUUID": 9}}]},
        {"ultra": "yes", "promptMagicVersion": 3},
        {"motion": True, "motionModel": 9},
    ],
)
def test_a_strange_row_is_read_all_the_same(members: dict[str, Any]) -> None:
    """What has not its type is left out."""
    assert "a fox" == echo(**members).request.wire()["prompt"]


@pytest.mark.parametrize("members", [{}, {"motion": True}])
def test_an_echo_is_never_taken_for_the_request(members: dict[str, Any]) -> None:
    """A plan that looks for what is paid already must not find what only looks alike."""
    found = echo(**members)
    same = body_of(found.request.endpoint, found.request.wire())

    assert same == found.request
    assert same.content_key() != found.content_key()
    assert (True, False) == (is_echo(found.content_key()), is_echo(same.content_key()))


def test_what_is_not_known_to_be_missing_may_be() -> None:
    """The service keeps no guidance, no contrast and no image prompts."""
    assert "not whether there was more" in echo().note()
