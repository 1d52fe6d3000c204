"""What a price is asked of: the very functions, as they would be called."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import PIL.Image
import pytest

import leonardo_nb as leo

if TYPE_CHECKING:
    from collections.abc import Callable

    from leonardo_nb.simulator import Simulator

SMALL: dict[str, Any] = {"width": 64, "height": 64, "alchemy": False}
CLIP: dict[str, Any] = {"resolution": "RESOLUTION_480"}


@pytest.fixture
def image(studio: leo.Studio) -> leo.Image:
    """A picture that was generated."""
    return studio.generate("a fox", **SMALL).result(20)[0]


@pytest.fixture
def video(studio: leo.Studio) -> leo.Video:
    """A video of words."""
    return studio.text_to_video("waves", **CLIP).result(20)


@pytest.mark.parametrize("name", ["upload", "generate", "me", "improve_prompt", "upscale"])
def test_a_function_of_one_s_own_is_not_ours(studio: leo.Studio, name: str) -> None:
    """A name is no function: nobody knows what a user's own one does."""

    def own(*_: object) -> None:
        """Do something else."""

    own.__name__ = own.__qualname__ = name
    with pytest.raises(leo.InvalidRequest, match="A price is asked of a prompt"):
        studio.price(own, "a fox")


WAYS: list[Callable[[leo.Studio, leo.Image], list[tuple[Any, ...]]]] = [
    lambda studio, image: [(leo.motion, image, 7), (studio.motion, image, 7)],
    lambda _, image: [(image.motion, 5), (leo.Image.motion, image, 5)],
    lambda studio, image: [(studio.upscale, image), (leo.upscale, image), (image.upscale,)],
    lambda _, image: [(image.unzoom,), (leo.unzoom, image)],
    lambda _, image: [(image.nobg,), (leo.nobg, image)],
    lambda _, image: [(image.universal_upscale,), (leo.universal_upscale, image)],
    lambda _, image: [(image.to_video, "x"), (leo.image_to_video, "x", image)],
]


@pytest.mark.parametrize("ways", WAYS)
def test_every_way_to_call_has_the_same_price(
    studio: leo.Studio, image: leo.Image, ways: Callable[..., list[tuple[Any, ...]]]
) -> None:
    """A function, a studio's method, an image's method, and the method of the class."""
    prices = {studio.price(*way) for way in ways(studio, image)}

    assert 1 == len(prices)
    assert prices.pop() > leo.Credits(0)


def test_what_is_valid_for_the_function_is_valid_for_its_price(
    studio: leo.Studio, image: leo.Image, simulator: Simulator
) -> None:
    """By name as in order, and a job costs what was said."""
    before = simulator.balance
    prices = [
        studio.price(image.motion, strength=5),
        studio.price(image.to_video, prompt="x", **CLIP),
        studio.price(leo.image_to_video, image=image, prompt="x", **CLIP),
        studio.price(leo.text_to_video, prompt="waves", **CLIP),
        studio.price(studio.generate, prompt="a fox", **SMALL),
        studio.price(leo.generate, "a fox", check=False, **SMALL),
    ]

    assert before == simulator.balance
    assert all(price > leo.Credits(0) for price in prices)


def test_a_finer_video_has_no_published_price(studio: leo.Studio, video: leo.Video) -> None:
    """And it is this that is said, whichever way it is asked."""
    ways = [(video.upscale,), (leo.upscale_video, video), (studio.upscale_video, video)]
    for way in ways:
        with pytest.raises(leo.InvalidRequest, match=r"no price for leo\.upscale_video\(\)"):
            studio.price(*way)


def test_inpainting_has_the_price_of_all_that_goes_in(
    studio: leo.Studio, simulator: Simulator
) -> None:
    """With elements by name and images as prompts; nothing is uploaded to ask."""
    upload = studio.upload(PIL.Image.new("RGB", (64, 64)))
    pictures = PIL.Image.new("RGB", (128, 128), "red"), PIL.Image.new("L", (128, 128), "white")
    given: dict[str, Any] = {"elements": ["Woodcut"], "imagePrompts": [upload]}
    price = studio.price(leo.inpaint, "a hat", *pictures, **given)

    assert ("POST", "/canvas-init-image") not in simulator.requests
    job = studio.inpaint("a hat", *pictures, **given)
    job.result(20)
    assert price == job.cost


def test_a_picture_that_is_not_uploaded_has_a_price(studio: leo.Studio) -> None:
    """Its size alone counts, also as the beginning of a video."""
    picture = PIL.Image.new("RGB", (512, 512))

    assert studio.price(leo.image_to_video, "x", picture, **CLIP) > leo.Credits(0)
    assert studio.price(leo.universal_upscale, picture) > leo.Credits(0)


@pytest.mark.parametrize(
    ("what", "given", "said"),
    [
        (leo.motion, (), r"leo\.motion\(\) cannot be asked like this \(missing a required"),
        (leo.upscale, ("an-id", 2), r"leo\.upscale\(\) cannot be asked like this \(too many pos"),
        (leo.generate, (), r"leo\.generate\(\) cannot be asked like this"),
        (leo.connect, (), "A price is asked of a prompt"),
        (len, ("x",), "A price is asked of a prompt"),
        ([], (), "A price is asked of a prompt"),
    ],
)
def test_what_cannot_be_asked_is_said_in_our_words(
    studio: leo.Studio, what: Any, given: tuple[Any, ...], said: str
) -> None:
    """With the function's name, and never with one of ours that nobody calls."""
    with pytest.raises(leo.InvalidRequest, match=said) as caught:
        studio.price(what, *given)

    assert "_beginning" not in str(caught.value)
