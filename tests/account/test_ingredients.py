"""Images and elements that go into a picture, said as a person says them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import PIL.Image
import pytest

import leonardo_nb as leo

if TYPE_CHECKING:
    from leonardo_nb.simulator import Simulator

SMALL: dict[str, Any] = {"width": 64, "height": 64, "alchemy": False}
BRASS = "e1e00000-0000-4000-8000-000000000001"
WOODCUT = "e1e00000-0000-4000-8000-000000000006"


@pytest.fixture
def upload(studio: leo.Studio) -> leo.Upload:
    """A picture of one's own."""
    return studio.upload(PIL.Image.new("RGB", (64, 64), "red"))


def test_a_first_image_is_named_by_what_it_is(studio: leo.Studio, upload: leo.Upload) -> None:
    """An upload and a generated image go by different members."""
    image = studio.generate("a fox", init_image=upload, **SMALL).result(20)[0]
    job = studio.generate("a fox", init_image=image, init_strength=0.4, **SMALL)

    assert (image.id, None, 0.4) == (
        job.request.init_generation_image_id,
        job.request.init_image_id,
        job.request.init_strength,
    )
    assert upload.id == studio.request("a fox", init_image=upload).init_image_id
    assert 1 == len(job.result(20))


def test_what_begins_with_an_upload_looks_like_it(studio: leo.Studio, upload: leo.Upload) -> None:
    """The service really has its pixels: red stays red."""
    image = studio.generate(
        "a fox", init_image=upload, init_strength=0.9, **SMALL
    ).result(20)[0]  # fmt: skip
    red, green, blue = image.pil().resize((1, 1)).getpixel((0, 0))  # type: ignore[misc]

    assert red > green + 40
    assert red > blue + 40


def test_a_variation_has_to_be_uploaded_first(studio: leo.Studio) -> None:
    """Its id would not be found; its file can be sent."""
    image = studio.generate("a fox", **SMALL).result(20)[0]
    larger = studio.upscale(image).result(20)
    with pytest.raises(leo.InvalidRequest, match=r"result of a variation.*leo.upload\(image\)"):
        studio.request("a fox", init_image=larger)

    assert studio.upload(larger).id == studio.request(
        "a fox", init_image=studio.upload(larger)
    ).init_image_id  # fmt: skip


def test_image_prompts_are_images_or_ids(studio: leo.Studio, upload: leo.Upload) -> None:
    """One or several."""
    assert (upload.id, "an-id") == studio.request(
        "a fox", imagePrompts=[upload, "an-id"]
    ).imagePrompts  # fmt: skip
    assert (upload.id,) == studio.request("a fox", image_prompts=upload).imagePrompts


@pytest.mark.parametrize(
    ("given", "sent"),
    [
        ("Brass & Copper", [(BRASS, 1)]),
        (["brass & copper", "Woodcut"], [(BRASS, 1), (WOODCUT, 1)]),
        ({"Brass & Copper": 0.8}, [(BRASS, 0.8)]),
        ([{"name": "Woodcut", "weight": 2}], [(WOODCUT, 2)]),
        ({"name": "Woodcut", "weight": 2}, [(WOODCUT, 2)]),
        ([{"akUUID": WOODCUT, "weight": -1}], [(WOODCUT, -1)]),
        (WOODCUT, [(WOODCUT, 1)]),
        ({WOODCUT: 0.5}, [(WOODCUT, 0.5)]),
    ],
)
def test_elements_are_said_by_name(studio: leo.Studio, given: object, sent: object) -> None:
    """A name, names, a mapping to weights, items; ids go as ever."""
    request = studio.request("a fox", elements=given)

    assert sent == [(each.akUUID, each.weight) for each in request.elements or ()]


def test_the_list_of_elements_is_fetched_once(studio: leo.Studio, simulator: Simulator) -> None:
    """And not at all for ids."""
    studio.request("a fox", elements=[WOODCUT])
    before = list(simulator.requests)
    for name in ("Woodcut", "Soft Clay", "Woodcut"):
        studio.request("a fox", elements=name)

    assert ([], 1) == (before, list(simulator.requests).count(("GET", "/elements")))


def test_a_row_of_the_table_is_an_element(studio: leo.Studio) -> None:
    """What `leo.elements()` lists can be given as it is."""
    request = studio.request("a fox", elements=[studio.elements()[0]])

    assert (BRASS,) == tuple(each.akUUID for each in request.elements or ())


def test_an_element_of_one_s_own_goes_by_its_number(studio: leo.Studio) -> None:
    """Which is an integer, unlike the service's."""
    request = studio.request("a fox", userElements={"userLoraId": 7, "weight": 0.5})
    plain = studio.request("a fox", userElements=[7])

    assert [(7, 0.5), (7, None)] == [
        (each.userLoraId, each.weight)
        for made in (request, plain)
        for each in made.userElements or ()
    ]


def test_names_of_one_s_own_elements_are_found(studio: leo.Studio, simulator: Simulator) -> None:
    """The account's list is asked for; its rows have names."""
    row = {"id": 12, "name": "My Cat", "status": "COMPLETE", "baseModel": "SDXL_1_0"}
    simulator.script(path="/elements/user/{id}", status=200, body={"user_loras": [row]})
    request = studio.request("a fox", userElements={"my cat": 0.7})

    assert [(12, 0.7)] == [(each.userLoraId, each.weight) for each in request.userElements or ()]


@pytest.mark.parametrize(
    "parameters", [{"transparency": "foreground_only"}, {"tiling": True}, {"tiling": False}]
)
def test_other_members_pass_through(studio: leo.Studio, parameters: dict[str, Any]) -> None:
    """Transparency and tiling are the service's own members."""
    wire = studio.request("a fox", **parameters).wire()

    assert parameters.items() <= wire.items()


def test_transparency_comes_back(studio: leo.Studio) -> None:
    """As a PNG that is see-through."""
    image = studio.generate("a fox", transparency="foreground_only", **SMALL).result(20)[0]

    assert ("image/png", "RGBA") == (image.media_type, image.pil().mode)


def test_part_of_a_picture_is_drawn_again(studio: leo.Studio) -> None:
    """What is black in the mask stays as it was."""
    image = PIL.Image.new("RGB", (128, 128), "red")
    mask = PIL.Image.new("L", image.size)
    mask.paste(255, (0, 0, 64, 128))
    job = studio.inpaint("a hat", image, mask, strength=0.8)
    red, green, blue = job.result(20)[0].pil().getpixel((110, 64))  # type: ignore[misc]

    assert ("INPAINT", 0.2, 128, False) == (
        job.request.canvasRequestType,
        job.request.init_strength,
        job.request.width,
        job.request.alchemy,
    )
    assert (True, True) == (red > 200, max(green, blue) < 60)


def test_images_and_names_are_taken_by_a_sweep(studio: leo.Studio, upload: leo.Upload) -> None:
    """Several first images are an axis; elements by name are the same in every cell."""
    other = studio.upload(PIL.Image.new("RGB", (64, 64), "blue"))
    plan = leo.plan(
        "a fox", studio=studio, init_image=[upload, other], elements={"Woodcut": 0.5}, seed=1
    )  # fmt: skip

    assert [upload.id, other.id] == [cell.request.init_image_id for cell in plan.cells]
    assert {WOODCUT} == {each.akUUID for cell in plan.cells for each in cell.request.elements or ()}


def test_lists_of_elements_are_an_axis(studio: leo.Studio) -> None:
    """As for every member that is a list already."""
    plan = leo.plan("a fox", studio=studio, elements=[["Woodcut"], ["Brass & Copper"]], seed=1)

    assert [WOODCUT, BRASS] == [
        each.akUUID for cell in plan.cells for each in cell.request.elements or ()
    ]


def test_a_job_is_made_again_with_another_image(studio: leo.Studio, upload: leo.Upload) -> None:
    """Which is said as in the first place."""
    job = studio.generate("a fox", **SMALL)
    image = job.result(20)[0]

    assert upload.id == job.again(init_image=upload).request.init_image_id
    assert image.id == job.again(init_image=image).request.init_generation_image_id


def test_uploads_and_images_are_no_one_axis(studio: leo.Studio, upload: leo.Upload) -> None:
    """They go by different members."""
    image = studio.generate("a fox", **SMALL).result(20)[0]
    with pytest.raises(leo.InvalidRequest, match="one list has to be of one kind"):
        leo.plan("a fox", studio=studio, init_image=[upload, image])
    with pytest.raises(leo.InvalidRequest, match="takes one value, not several"):
        studio.generate("a fox", init_image=[upload])


def test_an_upload_can_be_drawn_in_again(studio: leo.Studio, upload: leo.Upload) -> None:
    """Inpainting has uploads of its own kind, so its file is sent once more."""
    mask = PIL.Image.new("L", upload.size, "white")

    assert 1 == len(studio.inpaint("a hat", upload, mask).result(20))


@pytest.mark.parametrize("given", [{"elements": ["Woodcut"]}, {"elements": {"Woodcut": 0.5}}])
def test_inpainting_takes_what_generate_takes(
    studio: leo.Studio, upload: leo.Upload, given: dict[str, Any]
) -> None:
    """Elements by name, and images as prompts."""
    image, mask = PIL.Image.new("RGB", (128, 128), "red"), PIL.Image.new("L", (128, 128), "white")
    job = studio.inpaint("a hat", image, mask, imagePrompts=[upload], **given)

    assert [WOODCUT] == [each.akUUID for each in job.request.elements or ()]
    assert (upload.id,) == job.request.imagePrompts
    assert 1 == len(job.result(20))


def test_inpainting_takes_no_other_first_image(studio: leo.Studio, upload: leo.Upload) -> None:
    """The image that is drawn in is the one."""
    image, mask = PIL.Image.new("RGB", (64, 64)), PIL.Image.new("L", (64, 64), "white")
    with pytest.raises(leo.InvalidRequest, match=r"takes no init_image_id: it is the image"):
        studio.inpaint("a hat", image, mask, init_image=upload)


async def test_elements_by_name_work_in_a_callback_once_the_list_is_here(
    studio: leo.Studio, simulator: Simulator
) -> None:
    """A callback runs on the engine, where nothing may be waited for."""
    said: list[object] = []

    def asked(job: leo.Job[Any]) -> None:
        try:
            said.append(studio.request("an owl", elements=["Woodcut"]).elements)
        except leo.EngineThreadError as error:
            said.append(error)

    job = studio.generate("a fox", **SMALL)
    await job
    for _ in range(2):
        studio.engine.wait(studio.engine.run(_called, asked, job))
        studio.elements()

    first, second = said
    assert "leo.elements()" in str(first)
    assert (WOODCUT,) == tuple(each.akUUID for each in second)  # type: ignore[attr-defined]


async def _called(function: Any, job: object) -> None:
    function(job)


def test_a_v2_model_takes_an_upload_as_a_guidance(studio: leo.Studio, upload: leo.Upload) -> None:
    """Among imagePrompts its id would be taken for a generated image's."""
    for model in ("Nano Banana", ["Nano Banana", "Phoenix 1.0"]):
        with pytest.raises(
            leo.InvalidRequest, match=r"leo\.guidance\.image_reference\(upload\)"
        ) as caught:
            studio.ingredients({"modelId": model, "imagePrompts": [upload]})
        assert "imagePrompts" == caught.value.member
    job = studio.generate(
        "a fox", modelId="Nano Banana", controlnets=[leo.guidance.image_reference(upload)]
    )

    assert 1 == len(job.result(20))


def test_a_v2_model_takes_generated_images_as_prompts(
    studio: leo.Studio, upload: leo.Upload
) -> None:
    """And other models take uploads."""
    image = studio.generate("a fox", **SMALL).result(20)[0]
    given: list[dict[str, object]] = [
        {"modelId": "Nano Banana", "imagePrompts": image},
        {"imagePrompts": upload},
    ]

    assert [[image.id], [upload.id]] == [studio.ingredients(each)["imagePrompts"] for each in given]
