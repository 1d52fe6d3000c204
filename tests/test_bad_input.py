"""What can be given wrongly: one clear error each, nothing paid, nothing lost."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import PIL.Image
import pytest

import leonardo_nb as leo
from leonardo_nb import guidance

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from leonardo_nb.simulator import Simulator

SMALL: dict[str, Any] = {"width": 64, "height": 64, "alchemy": False}
PLAIN: dict[str, Any] = {"alchemy": False, "num_images": 1}


@pytest.fixture
def unpaid(studio: leo.Studio, simulator: Simulator) -> Iterator[None]:
    """Nothing is paid during the test, no job made, and the studio works afterwards."""
    before = simulator.balance, simulator.creates
    yield
    assert before == (simulator.balance, simulator.creates)
    assert 1 == len(studio.generate("a fox", **SMALL).result(20))


def picture(size: tuple[int, int] = (64, 64)) -> PIL.Image.Image:
    """Return a picture of one colour."""
    return PIL.Image.new("RGB", size, "red")


@pytest.mark.usefixtures("unpaid")
def test_a_text_file_as_an_upload(studio: leo.Studio, simulator: Simulator, tmp_path: Path) -> None:
    """It is named for what it is, and nothing is sent."""
    file = tmp_path / "notes.png"
    file.write_text("Not a picture at all.\n" * 20)
    with pytest.raises(leo.InvalidRequest, match=r'^"notes.png" is text, not a picture; give a JP'):
        studio.upload(file)

    assert [] == list(simulator.requests)


@pytest.mark.usefixtures("unpaid")
def test_an_image_of_30_000_by_30_000(studio: leo.Studio, simulator: Simulator) -> None:
    """It is not even decoded."""
    from tests.engine.test_pictures import huge_png

    with pytest.raises(leo.InvalidRequest, match="has 30,000 x 30,000 pixels"):
        studio.upload(huge_png(30_000))

    assert [] == list(simulator.requests)


@pytest.mark.usefixtures("unpaid")
def test_an_expired_presign(studio: leo.Studio, simulator: Simulator) -> None:
    """Once it is asked for anew without a word; twice it is an error."""
    simulator.script(path="/init-image", delay=130)
    first = studio.upload(picture())
    simulator.script(path="/init-image", delay=130, times=2)
    with pytest.raises(leo.RequestRefused, match="Nothing was paid; try again"):
        studio.upload(picture((72, 64)))

    assert first == studio.upload(picture())


@pytest.mark.usefixtures("unpaid")
def test_a_mask_of_another_size(studio: leo.Studio, simulator: Simulator) -> None:
    """Both sizes are named, before either picture is sent."""
    with pytest.raises(
        leo.InvalidRequest, match=r"mask has 64 x 32 pixels and the image 64 x 64.*resize\(\(64, 64"
    ):
        studio.inpaint("a hat", picture(), PIL.Image.new("L", (64, 32), "white"))

    assert [] == list(simulator.requests)


@pytest.mark.usefixtures("unpaid")
@pytest.mark.parametrize(
    ("size", "nearest"), [((100, 64), "104 x 64"), ((3072, 2048), "1536 x 1024"), ((8, 64), "32 x")]
)
def test_a_canvas_of_a_size_that_is_not_taken(
    studio: leo.Studio, simulator: Simulator, size: tuple[int, int], nearest: str
) -> None:
    """The nearest is named."""
    with pytest.raises(leo.InvalidRequest, match=f"The nearest is {nearest}"):
        studio.inpaint("a hat", picture(size), PIL.Image.new("L", size, "white"))

    assert [] == list(simulator.requests)


@pytest.mark.usefixtures("unpaid")
@pytest.mark.parametrize(
    ("parameters", "sentence"),
    [
        ({"modelId": "Phoenix 1.0"}, "Lightning XL, Anime XL and Phoenix do not inpaint"),
        ({"modelId": "lightning-xl"}, "Lightning XL, Anime XL and Phoenix do not inpaint"),
        ({"alchemy": True}, "Inpainting does not go with alchemy or photoReal"),
        ({"strength": 0.1}, "strength must be a number from 0.2 to 0.9; the nearest to 0.1 is 0.2"),
        ({"strength": "much"}, "strength must be a number"),
        ({"width": 64}, "inpaint.. takes no width: it is the image's own size"),
        ({"init_strength": 0.5}, "inpaint.. takes no init_strength: it is strength"),
    ],
)
def test_an_inpainting_that_cannot_be(
    studio: leo.Studio, simulator: Simulator, parameters: dict[str, Any], sentence: str
) -> None:
    """The rule's own sentence, before anything is sent."""
    with pytest.raises(leo.InvalidRequest, match=sentence):
        studio.inpaint("a hat", picture(), PIL.Image.new("L", (64, 64), "white"), **parameters)

    assert [] == list(simulator.requests)


@pytest.mark.usefixtures("unpaid")
def test_a_mask_without_white(studio: leo.Studio) -> None:
    """A job that draws nothing would be paid like any other."""
    with pytest.raises(leo.InvalidRequest, match="black all over"):
        studio.inpaint("a hat", picture(), PIL.Image.new("L", (64, 64)))


@pytest.mark.usefixtures("unpaid")
def test_a_guidance_that_the_model_lacks(studio: leo.Studio) -> None:
    """The sentence says which ones it has."""
    guide = guidance.character(studio.upload(picture()))
    with pytest.raises(leo.InvalidRequest, match=r"has no Character Reference; it has style, con"):
        studio.generate("a fox", modelId="flux-dev", controlnets=[guide])


@pytest.mark.usefixtures("unpaid")
@pytest.mark.parametrize(
    ("parameters", "sentence"),
    [
        ({"elements": [{"weight": 1}]}, r"elements\[0\] lacks akUUID, or the name of an element"),
        ({"elements": ["Brass and Coper"]}, 'the nearest is "Brass & Copper"'),
        (
            {"elements": {"Woodcut": 5}},
            'weight of "Woodcut" is from -1 to 2; the nearest to 5 is 2',
        ),
        ({"elements": [3.5]}, "must be an element's name"),
        ({"userElements": [{"weight": 1}]}, r"userElements\[0\] lacks userLoraId"),
        ({"userElements": "My Cat"}, 'no element of your own called "My Cat"'),
    ],
)
def test_an_element_without_its_id(
    studio: leo.Studio, parameters: dict[str, Any], sentence: str
) -> None:
    """Or with a name that nothing has, or a weight that it does not take."""
    with pytest.raises(leo.InvalidRequest, match=sentence):
        studio.generate("a fox", **parameters)


def test_an_image_id_where_a_generation_id_belongs(
    studio: leo.Studio, simulator: Simulator
) -> None:
    """The error says what is probably wrong."""
    job = studio.generate("a fox", **SMALL)
    image = job.result(20)[0]
    before = simulator.balance
    with pytest.raises(leo.LeonardoError, match="generation") as looked:
        studio.delete(image.id)
    upscaled = studio.upscale_video(image.id).exception(20)

    assert before == simulator.balance
    assert image.id in str(looked.value)
    assert "generation's id, job.id, of a finished video" in str(upscaled)


def test_a_generation_id_where_an_image_id_belongs(
    studio: leo.Studio, simulator: Simulator
) -> None:
    """For a variation, a video, and a picture that begins with one."""
    job = studio.generate("a fox", **SMALL)
    job.result(20)
    before = simulator.balance
    assert job.id is not None
    errors = [
        studio.upscale(job.id).exception(20),
        studio.image_to_video("it runs", job.id).exception(20),
        studio.generate("a fox", init_generation_image_id=job.id, **SMALL).exception(20),
    ]

    assert before == simulator.balance
    for error in errors:
        assert "job.images[0].id" in str(error), str(error)


def test_a_video_from_a_deleted_image(studio: leo.Studio, simulator: Simulator) -> None:
    """The service has it no more; the library does, and it can be uploaded."""
    job = studio.generate("a fox", width=512, height=512, alchemy=False)
    image = job.result(20)[0]
    said = job.delete()
    before = simulator.balance
    error = image.to_video("it runs").exception(20)

    assert before == simulator.balance
    assert "its file in the library stays" in said
    assert isinstance(error, leo.LeonardoError)
    assert "deleted" in str(error), str(error)
    assert image.read_bytes() == studio.upload(image).read_bytes()


@pytest.mark.parametrize(
    ("begun", "now"),
    [
        (lambda image: image.motion(), "leo.upload(image) sends the copy"),
        (lambda image: image.universal_upscale(), "leo.upload(image) sends the copy"),
        (lambda image: image.to_video("it runs"), "leo.upload(image) sends the copy"),
        (lambda image: image.upscale(), "job.again() draws a deleted one again"),
    ],
)
def test_what_begins_with_a_deleted_image(
    begun: Callable[[leo.Image], leo.Job[Any]], now: str, studio: leo.Studio, simulator: Simulator
) -> None:
    """Each error says that it may be deleted, and what to do."""
    job = studio.generate("a fox", **SMALL)
    image = job.result(20)[0]
    job.delete()
    before = simulator.balance
    error = str(begun(image).exception(20))

    assert (before, [True] * 3) == (
        simulator.balance,
        [words in error for words in ("job.images[0].id", "was deleted", now)],
    )


@pytest.mark.usefixtures("unpaid")
@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ("an-id", "nobody can tell whether it is an upload's or a generated image's"),
        (7, r"init_image must be an Image of a job or an Upload, not a int"),
    ],
)
def test_a_first_image_that_is_none(studio: leo.Studio, given: object, sentence: str) -> None:
    """The sentence says what is taken."""
    with pytest.raises(leo.InvalidRequest, match=sentence):
        studio.generate("a fox", init_image=given)


@pytest.mark.usefixtures("unpaid")
def test_a_first_image_that_is_given_twice(studio: leo.Studio) -> None:
    """It cannot be both."""
    upload = studio.upload(picture())
    with pytest.raises(leo.InvalidRequest, match="given twice, as init_image and as init_image_id"):
        studio.generate("a fox", init_image=upload, init_image_id=upload.id)


@pytest.mark.usefixtures("unpaid")
def test_a_prompt_too_long_to_be_improved(studio: leo.Studio, simulator: Simulator) -> None:
    """It is not sent."""
    for prompt in ("fox " * 60, "  ", 7):
        with pytest.raises(leo.InvalidRequest, match=r"^prompt "):
            studio.improve_prompt(prompt)  # type: ignore[arg-type]

    assert ("POST", "/prompt/improve") not in simulator.requests


@pytest.mark.usefixtures("unpaid")
@pytest.mark.parametrize(
    ("ask", "sentence"),
    [
        ({"service": "MODEL_TRAINNG"}, 'the nearest is "MODEL_TRAINING"'),
        ({"what": 7}, "A price is asked of a prompt"),
        ({"what": leo.connect}, "A price is asked of a prompt"),
        ({"what": leo.universal_upscale, "image": "an-id"}, "follows from the size of its image"),
        ({"what": leo.upscale, "picture": 1}, "missing a required argument: 'image'"),
        ({"what": "a fox", "modelId": "GPT Image 2"}, "no price for leo.generate"),
    ],
)
def test_a_price_that_nobody_knows(studio: leo.Studio, ask: dict[str, Any], sentence: str) -> None:
    """A sentence, and never a foreign error."""
    with pytest.raises((leo.InvalidRequest, leo.UnknownParameter), match=sentence):
        studio.price(**ask)


@pytest.mark.usefixtures("unpaid")
@pytest.mark.parametrize("given", [0, 101, -1, 2.5, True, "ten"])
def test_a_history_of_no_length(studio: leo.Studio, given: Any) -> None:
    """The sentence names the range."""
    with pytest.raises(leo.InvalidRequest, match="limit must be a whole number from 1 to 100"):
        studio.history(given)


def test_a_job_in_flight_is_not_deleted(studio: leo.Studio, simulator: Simulator) -> None:
    """Neither by itself nor by its id."""
    simulator.script(empty_looks=3)
    job = studio.generate("a fox", **SMALL)
    with pytest.raises(leo.InvalidRequest, match="is in flight"):
        job.delete()

    assert 1 == len(job.result(20))


@pytest.mark.usefixtures("unpaid")
@pytest.mark.parametrize("what", ["", "abc", 7, None])
def test_what_cannot_be_deleted(studio: leo.Studio, what: Any) -> None:
    """The beginning of an id is not enough where nothing can be taken back."""
    with pytest.raises(
        leo.InvalidRequest, match=r"delete\(\) takes a job, an Upload, or the whole"
    ):
        studio.delete(what)
