"""Whether a row of the account's list is what a request made, on rows as the simulator writes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from leonardo_nb.engine.matching import differences, is_recognisable
from leonardo_nb.service.requests import CreateGeneration, TextToVideo, UniversalUpscale
from leonardo_nb.service.responses import Generation
from leonardo_nb.simulator import Simulator, images, videos

if TYPE_CHECKING:
    from leonardo_nb.service.requests import Body

SMALL: dict[str, Any] = {"width": 512, "height": 512, "alchemy": False, "seed": 42}


def fox(prompt: str = "a fox", **members: Any) -> CreateGeneration:
    return CreateGeneration.of(prompt, **SMALL | members)


def row_of(request: Body, *, after: float = 3600.0, **changed: Any) -> Generation:
    """Return the row that the simulator has of *request*, *after* seconds, with what is changed."""
    house = Simulator(now=lambda: 0.0)._house
    is_video = request.kind == "video"
    kind = videos.TEXT_TO_VIDEO if is_video else images.IMAGE
    job = house.create(kind, request.wire(), f"/{request.endpoint}")
    return Generation.model_validate(house.row(job, "http://simulator.invalid", after) | changed)


@pytest.mark.parametrize("after", [0.0, 3600.0])
@pytest.mark.parametrize(
    "request_",
    [
        fox(),
        fox(num_images=3),
        fox(negative_prompt="a dog", guidance_scale=7, num_inference_steps=20),
        fox(contrast=3.5),
        fox(presetStyle="ANIME", alchemy=True),
        TextToVideo.of("a fox", seed=42),
    ],
    ids=str,
)
def test_what_it_made_is_recognised(request_: Body, after: float) -> None:
    """Whether it is done or not, nothing differs."""
    assert () == differences(request_, row_of(request_, after=after))


@pytest.mark.parametrize(
    "other",
    [fox("a wolf"), fox(seed=43), fox("a fox and a hen"), TextToVideo.of("a fox", seed=42)],
    ids=str,
)
def test_another_prompt_seed_or_kind_is_something_else(other: Body) -> None:
    """It is no candidate at all."""
    assert differences(fox(), row_of(other)) is None


@pytest.mark.parametrize(
    ("changed", "differs"),
    [
        ({"guidance_scale": 8}, ("guidance_scale",)),
        ({"width": 768}, ("width",)),
        ({"width": 768, "height": 768}, ("width", "height")),
        ({"num_inference_steps": 21}, ("num_inference_steps",)),
        ({"negative_prompt": "a cat"}, ("negative_prompt",)),
        ({"num_images": 2}, ("num_images",)),
    ],
)
def test_what_is_near_says_in_what_it_differs(
    changed: dict[str, Any], differs: tuple[str, ...]
) -> None:
    """Prompt and seed are the same, and the members that are not are named."""
    usual: dict[str, Any] = {"guidance_scale": 7, "num_inference_steps": 20, "num_images": 3}
    wanted = fox(negative_prompt="a dog", **usual)
    made = fox(**{"negative_prompt": "a dog"} | usual | changed)

    assert differs == differences(wanted, row_of(made))


def test_how_many_pictures_is_unknown_until_they_are_there() -> None:
    """An unfinished row has none, which proves nothing."""
    assert () == differences(fox(num_images=3), row_of(fox(num_images=2), after=0.0))


@pytest.mark.parametrize("member", ["seed", "prompt", "modelId", "imageWidth", "guidanceScale"])
def test_what_the_service_leaves_empty_proves_nothing(member: str) -> None:
    """A row without it may be it."""
    empty: dict[str, Any] = {member: None}

    assert () == differences(fox(guidance_scale=7), row_of(fox(guidance_scale=7), **empty))


def test_what_is_not_repeated_is_not_compared() -> None:
    """Two requests that differ in contrast alone look the same in the list."""
    assert () == differences(fox(contrast=3), row_of(fox(contrast=4)))


def test_spaces_are_no_difference() -> None:
    """The service may write a prompt with other spaces."""
    assert () == differences(fox("a  red\nfox"), row_of(fox("a red fox")))


def test_a_number_may_lose_digits() -> None:
    """The service may keep fewer than were sent."""
    row = row_of(fox(guidance_scale=7), guidanceScale=7.0000001)

    assert () == differences(fox(guidance_scale=7), row)


def test_a_prompt_that_is_rewritten_is_not_compared() -> None:
    """The seed alone tells then; without either nothing does."""
    enhanced = fox(enhancePrompt=True)
    row = row_of(fox(), prompt="a majestic fox at dawn")

    assert () == differences(enhanced, row)
    assert differences(fox(), row) is None
    assert differences(enhanced, row_of(fox(), prompt="x", seed=None)) is None


def test_what_has_neither_prompt_nor_seed_cannot_be_found() -> None:
    """The list says nothing that would be like an upscale."""
    assert is_recognisable(fox())
    assert not is_recognisable(
        UniversalUpscale.of(generatedImageId="9c1f9a5a-0000-4000-8000-000000000001")
    )
