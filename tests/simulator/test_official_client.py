"""Leonardo's own Python client takes the simulator for the service."""

from __future__ import annotations

import inspect
import json
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from leonardo_nb.simulator import Simulator, serve_in_thread
from leonardo_nb.simulator.mp4 import can_film
from leonardo_nb.testing import ManualClock

if TYPE_CHECKING:
    from collections.abc import Iterator

sdk = pytest.importorskip(
    "leonardo_ai_sdk", reason="needs the service's own client: `pip install Leonardo-Ai-SDK`"
)

NOBODY = "9d8a6c9e-5f0b-4a8e-9a39-3d1f0f6f7a11"
FOX = {"prompt": "a fox", "width": 64, "height": 64}


@pytest.fixture(scope="module")
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture(scope="module")
def simulator(clock: ManualClock) -> Simulator:
    return Simulator(now=clock.now, wall=clock.wall)


@pytest.fixture(scope="module")
def leonardo(simulator: Simulator) -> Iterator[Any]:
    with (
        serve_in_thread(simulator) as url,
        sdk.LeonardoAiSDK(bearer_auth=simulator.key, server_url=url) as opened,
    ):
        yield opened


def unset(value: Any, path: str = "") -> list[str]:
    """Return the paths of everything that the client silently could not parse."""
    if type(value).__name__ == "Unset":
        return [path]
    if isinstance(value, list):
        return [found for i, item in enumerate(value) for found in unset(item, f"{path}[{i}]")]
    # vars(), because reading a deprecated member as an attribute warns
    members = vars(value) if hasattr(type(value), "model_fields") else {}
    return [found for name in members for found in unset(members[name], f"{path}.{name}")]


def made(leonardo: Any, **members: object) -> str:
    answer = leonardo.image.create_generation(request={**FOX, **members})
    return str(answer.object.sd_generation_job.generation_id)


# What an answer leaves out is Unset as well; these the live service leaves out too.
ABSENT_ON_IMAGES = {"fantasy_avatar", "image_to_video", "motion", "motion_model", "motion_strength"}


def strange(value: Any) -> list[str]:
    return [path for path in unset(value) if path.rpartition(".")[2] not in ABSENT_ON_IMAGES]


def test_me_is_parsed(leonardo: Any) -> None:
    """Account, id and balance, nothing unset."""
    answer = leonardo.user.get_user_self()
    (details,) = answer.object.user_details

    assert [] == strange(answer.object)
    assert 10 == details.api_concurrency_slots
    assert isinstance(details.api_paid_tokens, int)


def test_its_own_defaults_are_accepted(leonardo: Any, simulator: Simulator) -> None:
    """A prompt alone becomes Alchemy, DYNAMIC and four images on the wire, and is accepted."""
    answer = leonardo.image.create_generation(request={"prompt": "hi"})
    job = simulator.world.jobs[answer.object.sd_generation_job.generation_id]

    assert [] == strange(answer.object)
    assert (True, "DYNAMIC", 4) == (
        job.members["alchemy"],
        job.members["presetStyle"],
        job.members["num_images"],
    )


@pytest.mark.parametrize(("unit", "kind"), [("CREDITS", int), ("DOLLARS", type(None))])
def test_acknowledgements_are_parsed(
    leonardo: Any, simulator: Simulator, unit: Any, kind: type
) -> None:
    """The cost is there in either unit."""
    simulator.unit = unit
    answer = leonardo.image.create_generation(request=FOX)
    simulator.unit = "CREDITS"
    job = answer.object.sd_generation_job

    assert [] == strange(answer.object)
    assert unit == job.cost.unit.value
    assert isinstance(vars(job)["api_credit_cost"], kind)


def test_looks_are_parsed(leonardo: Any, clock: ManualClock) -> None:
    """Pending and complete, nothing unset in row or images."""
    job = made(leonardo, num_images=2, seed=7)
    pending = leonardo.image.get_generation_by_id(id=job).object
    clock.advance(120)
    complete = leonardo.image.get_generation_by_id(id=job).object

    assert ([], []) == (strange(pending), strange(complete))
    assert ("PENDING", "COMPLETE") == (
        pending.generations_by_pk.status.value,
        complete.generations_by_pk.status.value,
    )
    assert 2 == len(complete.generations_by_pk.generated_images)


def test_lists_are_parsed(leonardo: Any, clock: ManualClock) -> None:
    """Every row of the account's list."""
    job = made(leonardo)
    clock.advance(120)
    user = leonardo.user.get_user_self().object.user_details[0].user.id
    answer = leonardo.image.get_generations_by_user_id(user_id=user, limit=5).object

    assert [] == strange(answer)
    assert job == answer.generations[0].id


def test_models_are_parsed(leonardo: Any) -> None:
    """Every platform model."""
    answer = leonardo.models.list_platform_models().object

    assert [] == strange(answer)
    assert len(answer.custom_models) > 20


def test_prices_are_parsed(leonardo: Any) -> None:
    """An integer, from parameters that the client fills with nulls where it likes."""
    answer = leonardo.pricing_calculator.pricing_calculator(
        request={
            "service": sdk.models.shared.PricingCalculatorServices.IMAGE_GENERATION,
            "service_params": {
                "image_generation": {
                    "image_height": 512,
                    "image_width": 512,
                    "num_images": 4,
                    "inference_steps": 15,
                    "alchemy_mode": True,
                    "high_resolution": False,
                    "is_sdxl_lightning": True,
                }
            },
        }
    ).object

    assert [] == strange(answer)
    assert 15 == answer.calculate_production_api_service_cost.cost


def test_deletions_are_parsed(leonardo: Any) -> None:
    """The id comes back, and null the second time."""
    job = made(leonardo)
    first = leonardo.image.delete_generation_by_id(id=job).object
    second = leonardo.image.delete_generation_by_id(id=job).object

    assert job == first.delete_generations_by_pk.id
    assert None is second.delete_generations_by_pk


def test_refusals_are_its_errors(leonardo: Any) -> None:
    """Status and body reach the client's own exception."""
    with pytest.raises(sdk.models.errors.SDKError) as caught:
        made(leonardo, width=60)

    assert 400 == caught.value.status_code
    assert "invalid dimensions" in caught.value.body


@pytest.fixture
def image(leonardo: Any, clock: ManualClock) -> str:
    job = made(leonardo)
    clock.advance(120)
    row = leonardo.image.get_generation_by_id(id=job).object.generations_by_pk
    return str(row.generated_images[0].id)


def variations(leonardo: Any, image: str) -> dict[str, Any]:
    """Make one variation of each kind; return the acknowledgements."""
    desk = leonardo.variation
    # left out, the client sends upscalerStyle as well, which the service does not take with this
    styled = {
        "generated_image_id": image,
        "upscaler_style": None,
        "ultra_upscale_style": "REALISTIC",
    }
    return {
        "upscale": desk.create_variation_upscale(request={"id": image}).object.sd_upscale_job,
        "unzoom": desk.create_variation_unzoom(
            request={"id": image, "is_variation": False}
        ).object.sd_unzoom_job,
        "nobg": desk.create_variation_no_bg(
            request={"id": image, "is_variation": False}
        ).object.sd_nobg_job,
        "universal": desk.create_universal_upscaler_job(request=styled).object.universal_upscaler,
    }


def test_variations_are_parsed(leonardo: Any, clock: ManualClock, image: str) -> None:
    """Acknowledged, absent, pending and done, nothing unset."""
    acknowledged = variations(leonardo, image)
    looks = []
    for seconds in (0, 1, 120):
        clock.advance(seconds)
        looks += [
            leonardo.variation.get_variation_by_id(id=ack.id).object
            for ack in acknowledged.values()
        ]

    assert [] == [path for ack in acknowledged.values() for path in unset(ack)]
    assert [] == unset(looks)
    assert [0, 1, 1] == [len(look.generated_image_variation_generic) for look in looks[::4]]


@pytest.mark.skipif(not can_film(), reason="this Pillow cannot encode AV1")
def test_videos_are_parsed(leonardo: Any, clock: ManualClock, image: str) -> None:
    """From text and from an image, upscaled, looked at: nothing unset."""
    motion = leonardo.motion
    texts = motion.create_text_to_video_generation(request={"prompt": "a fox"})
    still = motion.create_image_to_video_generation(
        request={"prompt": "a fox", "image_id": image, "image_type": "GENERATED"}
    )
    jobs = [texts.object.motion_video_generation_job, still.object.motion_video_generation_job]
    clock.advance(600)
    rows = [leonardo.image.get_generation_by_id(id=job.generation_id).object for job in jobs]
    upscaled = motion.create_video_upscale(
        request={"source_generation_id": jobs[0].generation_id, "resolution": "RESOLUTION_720"}
    ).object.motion_video_generation_job
    clock.advance(600)
    looked = leonardo.variation.get_motion_variation_by_id(id=upscaled.variation_id).object
    urls = [row.generations_by_pk.generated_images[0].motion_mp4_url for row in rows]

    assert [] == unset([jobs, rows, upscaled, looked])
    assert all(url.endswith(".mp4") for url in urls)
    assert looked.generated_image_variation_motion[0].url.endswith(".mp4")


def test_an_upload_guides_an_image(leonardo: Any, clock: ManualClock, image: str) -> None:
    """Announced, posted as the guide does, read back, used, and deleted."""
    row = leonardo.image.get_generations_by_user_id(
        user_id=leonardo.user.get_user_self().object.user_details[0].user.id, limit=1
    ).object.generations[0]
    picture = httpx.get(row.generated_images[0].url).content
    desk = leonardo.init_images
    form = desk.upload_init_image(request={"extension": "jpg"}).object.upload_init_image
    posted = httpx.post(form.url, data=json.loads(form.fields), files={"file": picture})
    url = desk.get_init_image_by_id(id=form.id).object.init_images_by_pk.url
    job = made(leonardo, init_image_id=form.id, init_strength=0.4, num_images=1)
    clock.advance(120)
    after = leonardo.image.get_generation_by_id(id=job).object

    assert image == row.generated_images[0].id
    assert (204, b"") == (posted.status_code, posted.content)
    assert picture == httpx.get(url).content
    assert [] == strange(after)
    assert "COMPLETE" == after.generations_by_pk.status.value
    assert form.id == desk.delete_init_image_by_id(id=form.id).object.delete_init_images_by_pk.id


def test_uploads_are_parsed(leonardo: Any) -> None:
    """Forms, and the rows of what was uploaded and deleted."""
    desk = leonardo.init_images
    form = desk.upload_init_image(request={"extension": "png"}).object
    canvas = desk.upload_canvas_init_image(
        request={"init_extension": "png", "mask_extension": "png"}
    ).object
    upload = form.upload_init_image.id
    row = desk.get_init_image_by_id(id=upload).object
    gone = desk.delete_init_image_by_id(id=upload).object

    assert [] == unset([form, canvas, row, gone])
    assert "key" in json.loads(form.upload_init_image.fields)


def test_elements_and_prompts_are_parsed(leonardo: Any, simulator: Simulator) -> None:
    """Every element, no own ones, and two prompts with their price."""
    listed = leonardo.elements.list_elements().object
    own = leonardo.elements.get_custom_elements_by_user_id(user_id=simulator.world.user_id).object
    better = leonardo.prompt.prompt_improve(request={"prompt": "a fox"}).object
    random = leonardo.prompt.prompt_random().object

    assert [] == unset([listed, own, better, random])
    assert [] == own.user_loras
    assert 4 == vars(random.prompt_generation)["api_credit_cost"]


CANVAS_IMAGE: dict[str, object] = {
    "request": {"image_data_url": "data:image/jpeg;base64,", "prompt": "a fox"}
}
BY_ID: dict[str, object] = {"id": NOBODY}
NOT_SIMULATED: dict[str, dict[str, object]] = {
    "blueprints.execute_blueprint": {
        "request": {
            "blueprint_version_id": NOBODY,
            "input": {"node_inputs": [], "public": False},
        }
    },
    "blueprints.get_blueprint_by_id": BY_ID,
    "blueprints.get_blueprint_execution": BY_ID,
    "blueprints.get_blueprint_execution_generations": {"request": BY_ID},
    "blueprints.get_blueprint_versions_by_blueprint_id": BY_ID,
    "blueprints.list_blueprints": {"request": {}},
    "dataset.create_dataset": {"request": {"name": "foxes"}},
    "dataset.delete_dataset_by_id": BY_ID,
    "dataset.get_dataset_by_id": BY_ID,
    "dataset.upload_dataset_image": {"dataset_id": NOBODY, "request_body": {"extension": "png"}},
    "dataset.upload_dataset_image_from_gen": {
        "dataset_id": NOBODY,
        "request_body": {"generated_image_id": NOBODY},
    },
    "elements.create_element": {
        "request": {
            "name": "f",
            "dataset_id": NOBODY,
            "lora_focus": "General",
            "train_text_encoder": True,
            "sd_version": "FLUX_DEV",
            "num_train_epochs": 1,
            "learning_rate": 0.1,
        }
    },
    "models.create_model": {
        "request": {"name": "f", "dataset_id": NOBODY, "instance_prompt": "a fox"}
    },
    "models.delete_model_by_id": BY_ID,
    "models.get_custom_models_by_user_id": {"user_id": NOBODY},
    "models.get_model_by_id": BY_ID,
    "realtime_canvas.create_lcm_generation": CANVAS_IMAGE,
    "realtime_canvas.perform_alchemy_upscale_lcm": CANVAS_IMAGE,
    "realtime_canvas.perform_inpainting_lcm": {
        "request": {
            "image_data_url": "data:image/jpeg;base64,",
            "mask_data_url": "data:image/jpeg;base64,",
            "prompt": "a fox",
        }
    },
    "realtime_canvas.perform_instant_refine": CANVAS_IMAGE,
    "texture.create_texture_generation": {"request": {"prompt": "moss"}},
    "texture.delete_texture_generation_by_id": BY_ID,
    "texture.get_texture_generation_by_id": BY_ID,
    "texture.get_texture_generations_by_model_id": {"model_id": NOBODY},
    "three_d_model_assets.delete3_d_model_by_id": BY_ID,
    "three_d_model_assets.get3_d_model_by_id": BY_ID,
    "three_d_model_assets.get3_d_models_by_user_id": {"user_id": NOBODY},
    "three_d_model_assets.upload_model_asset": {"request": {"name": "f"}},
}
SIMULATED = {
    "elements.delete_element_by_id",
    "elements.get_custom_elements_by_user_id",
    "elements.get_element_by_id",
    "elements.list_elements",
    "image.create_generation",
    "image.delete_generation_by_id",
    "image.get_generation_by_id",
    "image.get_generations_by_user_id",
    "init_images.delete_init_image_by_id",
    "init_images.get_init_image_by_id",
    "init_images.upload_canvas_init_image",
    "init_images.upload_init_image",
    "models.list_platform_models",
    "motion.create_image_to_video_generation",
    "motion.create_svd_motion_generation",
    "motion.create_text_to_video_generation",
    "motion.create_video_upscale",
    "pricing_calculator.pricing_calculator",
    "prompt.prompt_improve",
    "prompt.prompt_random",
    "user.get_user_self",
    "variation.create_universal_upscaler_job",
    "variation.create_variation_no_bg",
    "variation.create_variation_unzoom",
    "variation.create_variation_upscale",
    "variation.get_motion_variation_by_id",
    "variation.get_variation_by_id",
}
"""What the tests above call."""


def test_no_operation_is_forgotten(leonardo: Any) -> None:
    """Each of the client's operations is called above, or in the next test."""
    # the client opens its rooms on first use and has no public list of them
    rooms = sdk.LeonardoAiSDK._sub_sdk_map
    operations = {
        f"{room}.{name}"
        for room in rooms
        for name, _ in inspect.getmembers(type(getattr(leonardo, room)), inspect.isfunction)
        if name[0] != "_" and not name.endswith("_async") and name != "do_request"
    }

    assert SIMULATED | NOT_SIMULATED.keys() == operations


@pytest.mark.parametrize("name", NOT_SIMULATED)
def test_what_is_not_simulated_says_so(leonardo: Any, name: str) -> None:
    """Status 501 and one sentence, in the service's shape."""
    room, operation = name.split(".")
    with pytest.raises(sdk.models.errors.SDKError) as caught:
        getattr(getattr(leonardo, room), operation)(**NOT_SIMULATED[name])
    body = json.loads(caught.value.body)

    assert 501 == caught.value.status_code
    assert {"error", "path", "code"} == body.keys()
    assert body["error"].endswith(" is part of the service, but not simulated.")


@pytest.mark.skipif(not can_film(), reason="this Pillow cannot encode AV1")
def test_motion_1_is_parsed(leonardo: Any, image: str) -> None:
    """Its acknowledgement has a wrapper of its own."""
    answer = leonardo.motion.create_svd_motion_generation(request={"image_id": image}).object

    assert "45" == answer.motion_svd_generation_job.cost.amount


def test_own_elements_are_parsed(leonardo: Any) -> None:
    """Nobody trained one, so that there is none to read or delete."""
    read = leonardo.elements.get_element_by_id(id=7).object
    gone = leonardo.elements.delete_element_by_id(id=7).object

    assert (None, None) == (read.user_loras_by_pk, gone.delete_user_loras_by_pk)
