"""What stands for an image the service has, and what is said of what does not."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

import leonardo_nb as leo
from leonardo_nb.engine.origins import described, origin_of, reference_of
from leonardo_nb.engine.pictures import read_picture

if TYPE_CHECKING:
    from collections.abc import Callable

SMALL: dict[str, Any] = {"width": 64, "height": 64, "alchemy": False}
CLIP: dict[str, Any] = {"resolution": "RESOLUTION_480", "seed": 7}


def test_the_same_is_said_of_the_same_thing_everywhere(studio: leo.Studio) -> None:
    """Whoever is given a job, its pictures, a video or a list says what is meant instead."""
    job = studio.generate("a fox", **SMALL)
    video = studio.text_to_video("waves", **CLIP).result(20)
    given = {
        "the GenerationJob itself; take one of its pictures, such as .images[0]": job,
        "several; take one of them, such as [0]": job.result(20),
        "a Video; leo.upload(video.poster) makes an image of its still": video,
        "a dict": {},
    }
    asked: list[Callable[[object], object]] = [origin_of, reference_of, read_picture]

    assert list(given) == [described(what) for what in given.values()]
    for words, what in given.items():
        for ask in asked:
            with pytest.raises(leo.InvalidRequest) as caught:
                ask(what)
            assert words in str(caught.value)


@pytest.mark.parametrize("ask", [origin_of, reference_of])
def test_a_file_has_to_be_uploaded_first(ask: Callable[[object], object]) -> None:
    """Its bytes are a picture, and the service has none of it yet."""
    with pytest.raises(leo.InvalidRequest, match=r"a bytes; leo.upload\(\) makes one of a file"):
        ask(b"...")


def test_a_variation_is_no_reference(studio: leo.Studio) -> None:
    """It is an image to a variation, and to nothing else; its file can be uploaded."""
    image = studio.generate("a fox", **SMALL).result(20)[0]
    larger = studio.upscale(image).result(20)
    for refuse in (reference_of, lambda what: studio.image_to_video("it runs", what)):
        with pytest.raises(leo.InvalidRequest, match=r"result of a variation.*leo.upload\(image\)"):
            refuse(larger)

    assert ("VARIATION", (image.id, "GENERATED")) == (origin_of(larger).type, reference_of(image))
