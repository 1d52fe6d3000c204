"""Images that guide a picture, by name."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

import leonardo_nb as leo
from leonardo_nb import guidance
from leonardo_nb.engine.media import Image
from leonardo_nb.engine.uploads import Upload
from leonardo_nb.library.files import StoredFile
from leonardo_nb.library.records import MediaFile
from leonardo_nb.service.catalog import GUIDANCES
from leonardo_nb.service.v2 import translated

if TYPE_CHECKING:
    from collections.abc import Mapping

FILE = StoredFile(Path("fox.png"), "0" * 64, "image/png", 48, 32, 100)
IMAGE = Image(MediaFile("an-image", "https://example.org/fox.png", nsfw=False, file=FILE))
UPLOAD = Upload(MediaFile("an-upload", "", nsfw=False, file=FILE))


def guides_of(**parameters: Any) -> list[Mapping[str, object]]:
    """Return the `controlnets` of a request with *parameters*, as they are posted."""
    wire = leo.CreateGeneration.of("a fox", **parameters).wire()
    guides = wire["controlnets"]
    assert isinstance(guides, list)
    return guides


def test_every_guidance_has_its_function() -> None:
    """None is missing, and none is made up."""
    assert sorted(guidance.__all__) == sorted(each.name for each in GUIDANCES)


@pytest.mark.parametrize(
    ("model", "number"),
    [("Kino XL", 67), ("Phoenix 1.0", 166), ("flux-dev", 299), ("Lucid Origin", 431)],
)
def test_the_model_s_own_number_is_found(model: str, number: int) -> None:
    """What is said by name goes out as the service has it."""
    guides = guides_of(modelId=model, controlnets=[guidance.style(UPLOAD)])

    assert [
        {
            "initImageId": "an-upload",
            "initImageType": "UPLOADED",
            "preprocessorId": number,
            "strengthType": "High",
        }
    ] == guides


def test_a_generated_image_is_told_apart() -> None:
    """From an upload, by the type that goes with its id."""
    (guide,) = guides_of(controlnets=guidance.content(IMAGE, "low"))  # type: ignore[arg-type]

    assert ("an-image", "GENERATED", "Low") == (
        guide["initImageId"],
        guide["initImageType"],
        guide["strengthType"],
    )


def test_a_weight_and_an_influence_go_out() -> None:
    """Where they are given, and only there."""
    style, edge, plain = guides_of(
        modelId="Kino XL",
        controlnets=[
            guidance.style(IMAGE, influence=0.3),
            guidance.edge(IMAGE, weight=0.8),
            guidance.pose(IMAGE),
        ],
    )

    assert (0.3, 0.8, False) == (style["influence"], edge["weight"], "weight" in plain)


@pytest.mark.parametrize(("typed", "nearest"), [("Hihg", "High"), ("medium", "Mid")])
def test_a_misspelt_strength_is_told_the_nearest(typed: str, nearest: str) -> None:
    """Before any request is made."""
    with pytest.raises(
        leo.InvalidRequest, match=f'"{typed}"; the nearest is "{nearest}"'
    ) as caught:
        guidance.style(IMAGE, typed)  # type: ignore[arg-type]

    assert nearest == caught.value.nearest


def test_the_strongest_are_for_style_only() -> None:
    """Ultra and Max are no strengths of a Character Reference."""
    with pytest.raises(leo.InvalidRequest, match=r"guidance.character\(\) has no strength"):
        guidance.character(IMAGE, "Ultra")  # type: ignore[arg-type]


def test_a_guidance_that_the_model_lacks_is_refused() -> None:
    """And the sentence says which ones it has."""
    with pytest.raises(leo.InvalidRequest, match="Flux Dev has no Depth to Image; it has style, "):
        guides_of(modelId="flux-dev", controlnets=[guidance.depth(IMAGE)])


def test_more_than_a_model_takes_are_refused() -> None:
    """Four styles are fine, two characters are not."""
    assert 4 == len(guides_of(controlnets=[guidance.style(IMAGE)] * 4))
    with pytest.raises(leo.ConflictingParameters, match="one each as Character Reference"):
        guides_of(controlnets=[guidance.character(IMAGE)] * 2)


def test_what_is_no_image_is_refused() -> None:
    """An id alone does not say which kind it is."""
    with pytest.raises(leo.InvalidRequest, match="must be an Image of a job or an Upload"):
        guidance.style("an-id")  # type: ignore[arg-type]


def test_v2_is_told_in_its_own_words() -> None:
    """A model that goes to v2 has its guidances by name, with capital strengths."""
    body = leo.CreateGeneration.of(
        "a fox", modelId="lucid-origin", controlnets=[guidance.style(UPLOAD, "Mid")]
    )

    assert {
        "style": [{"image": {"id": "an-upload", "type": "UPLOADED"}, "strength": "MID"}]
    } == translated(body).parameters["guidances"]


def test_a_model_of_v2_only_has_guidances_too() -> None:
    """They have no numbers there, so the number is translated back."""
    body = leo.CreateGeneration.of(
        "a fox",
        modelId="portrait-perfect",
        controlnets=[guidance.character(IMAGE, "Low"), guidance.edge(IMAGE)],
    )
    generated = {"id": "an-image", "type": "GENERATED"}

    assert {
        "character": [{"image": generated, "strength": "LOW"}],
        "edge": [{"image": generated, "strength": "MID"}],
    } == translated(body).parameters["guidances"]


def test_images_to_speak_of_are_references() -> None:
    """Nano Banana takes several, and has to be told which are uploads."""
    body = leo.CreateGeneration.of(
        "put the fox of the first picture into the second",
        modelId="Nano Banana",
        controlnets=[guidance.image_reference(IMAGE), guidance.image_reference(UPLOAD)],
    )

    assert [
        {"image": {"id": "an-image", "type": "GENERATED"}, "order": 0},
        {"image": {"id": "an-upload", "type": "UPLOADED"}, "order": 1},
    ] == translated(body).parameters["guidances"]["image_reference"]  # type: ignore[index]


def test_a_first_image_is_a_reference_where_there_is_nothing_else() -> None:
    """Nano Banana has no image-to-image of its own."""
    body = leo.CreateGeneration.of("a fox", modelId="Nano Banana", init_image_id="an-upload")

    assert {"image_reference": [{"image": {"id": "an-upload", "type": "UPLOADED"}}]} == translated(
        body
    ).parameters["guidances"]


@pytest.mark.parametrize(
    ("model", "sentence"),
    [
        ("Nano Banana", "Nano Banana has no Style Reference; it has image_reference."),
        ("portrait-perfect", "Portrait Perfect has no Sketch to Image; it has style, content, "),
        ("recraft-v4", "Recraft V4 has no Style Reference; it has none."),
        ("Phoenix 1.0", "has no Image Reference; it has style, character, content."),
    ],
)
def test_v2_models_say_what_they_have(model: str, sentence: str) -> None:
    """Each of them has others."""
    made = {
        "portrait-perfect": guidance.sketch(IMAGE),
        "Phoenix 1.0": guidance.image_reference(IMAGE),
    }.get(model, guidance.style(IMAGE))
    with pytest.raises(leo.InvalidRequest, match=sentence.replace(".", r"\.")):
        leo.CreateGeneration.of("a fox", modelId=model, controlnets=[made])


def test_what_v2_has_no_word_for_is_refused() -> None:
    """With what to do instead."""
    guides = [guidance.style(IMAGE, influence=0.5), guidance.edge(IMAGE, weight=1)]
    with pytest.raises(leo.ConflictingParameters) as caught:
        leo.CreateGeneration.of("a fox", modelId="portrait-perfect", controlnets=guides)

    assert "no influence; give strengthType instead." in str(caught.value)
    assert "no weight; leave it out." in str(caught.value)
