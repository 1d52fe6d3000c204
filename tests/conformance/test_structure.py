"""
The lifecycle of the structure document, entry by entry: Generation, Video and Variation.

The tables here are ours, so that every entry is driven wherever the tests run; where the document
lies beside the checkout, they are held against it. The document is not the service's, and says some
things that the service does not do; `REALITY` lists them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

import leonardo_nb as leo

from .conftest import document

if TYPE_CHECKING:
    from collections.abc import Callable

    from leonardo_nb.simulator import Simulator
    from leonardo_nb.studios import Studio

    Make = Callable[[Studio, leo.Image], leo.Job[Any]]

DOCUMENT = "third-party/json-structure/leonardo-ai-generation-structure.json"
SMALL: dict[str, Any] = {"width": 512, "height": 512, "alchemy": False, "seed": 42}
LIFECYCLE = ("request", "ack", "pending", "complete", "failed")
TERMINAL = {"COMPLETE": "complete", "FAILED": "failed"}
"""The service's words, and the lifecycle's."""

# entity, endpoint -> what asks for it, and the name under which the ack has the id
ENTRIES: dict[tuple[str, str], tuple[Make, str]] = {
    ("Generation", "POST /generations"): (
        lambda studio, _: studio.generate("a fox", **SMALL),
        "sdGenerationJob.generationId",
    ),
    ("Video", "POST /generations-text-to-video"): (
        lambda studio, _: studio.text_to_video("waves on a shore", seed=1),
        "motionVideoGenerationJob.generationId",
    ),
    ("Video", "POST /generations-image-to-video"): (
        lambda _, image: image.to_video("slow dolly in", seed=1),
        "motionVideoGenerationJob.generationId",
    ),
    ("Video", "POST /generations-motion-svd"): (
        lambda _, image: image.motion(strength=5),
        "motionSvdGenerationJob.generationId",
    ),
    ("Variation", "POST /variations/upscale"): (
        lambda _, image: image.upscale(),
        "sdUpscaleJob.id",
    ),
    ("Variation", "POST /variations/unzoom"): (
        lambda _, image: image.unzoom(),
        "sdUnzoomJob.id",
    ),
    ("Variation", "POST /variations/nobg"): (
        lambda _, image: image.nobg(),
        "sdNobgJob.id",
    ),
    ("Variation", "POST /variations/universal-upscaler"): (
        lambda _, image: image.universal_upscale(upscalerStyle="CINEMATIC"),
        "universalUpscaler.id",
    ),
}
POLLED_AT = {
    "Generation": "GET /generations/{id}",
    "Video": "GET /generations/{id}",
    "Variation": "GET /variations/{id}",
}
REALITY = {
    # where the service does otherwise than the document says
    ("Video", "poll"): "GET /motion-variations/{id}",
}
OPTIONAL: dict[str, Any] = {
    "negative_prompt": "rain",
    "modelId": "Kino XL",
    "num_images": 2,
    "width": 512,
    "height": 512,
    "num_inference_steps": 20,
    "guidance_scale": 9,
    "seed": 7,
    "scheduler": "DPM_SOLVER",
    "presetStyle": "CINEMATIC",
    "photoReal": True,
    "photoRealVersion": "v2",
    "alchemy": True,
    "promptMagic": True,
    "transparency": "foreground_only",
    "public": False,
    "tiling": True,
    "controlnets": [],  # filled with a picture that is there
    "elements": [],  # filled with one of the service's
    "webhookCallbackUrl": "https://example.org/hook",
}
NEEDS: dict[str, dict[str, Any]] = {
    # what an optional member does not go without
    "photoReal": {"photoRealVersion": "v2", "modelId": "Kino XL", "alchemy": True},
    "photoRealVersion": {"photoReal": True, "modelId": "Kino XL", "alchemy": True},
    "presetStyle": {"alchemy": True},
    "promptMagic": {"modelId": "DreamShaper v7", "alchemy": False},
    "controlnets": {"modelId": "Kino XL"},
}
ENDPOINTS = pytest.mark.parametrize(("entity", "endpoint"), ENTRIES, ids=lambda name: name)


@pytest.fixture
async def image(studio: Studio) -> leo.Image:
    """A picture that a video or a variation can begin with."""
    return (await studio.generate("a lighthouse", **SMALL))[0]


@pytest.fixture
def structure() -> dict[str, Any]:
    """The document's three entities."""
    found: dict[str, Any] = document(DOCUMENT)["structure"]
    return found


def states_of(job: leo.Job[Any]) -> list[str]:
    """Return the list in which the state of *job* will be, after every change."""
    states = [str(job.state)]
    job.subscribe(lambda _: states.append(str(job.state)))
    return states


def way(states: list[str], job: leo.Job[Any]) -> list[str]:
    """Return each state once; the last one wakes who waits before it is told to anybody else."""
    return list(dict.fromkeys([*states, str(job.state)]))


@ENDPOINTS
async def test_request_ack_pending_complete(
    studio: Studio, simulator: Simulator, image: leo.Image, entity: str, endpoint: str
) -> None:
    """The job goes through the document's states in its order, and is asked where it says."""
    make, _ = ENTRIES[entity, endpoint]
    simulator.script(empty_looks=2)
    before = len(simulator.requests)

    job = make(studio, image)
    states = states_of(job)
    await job

    method, path = POLLED_AT[entity].split(" ")
    asked = list(simulator.requests)[before:]
    assert ["request", "ack", "pending", "complete"] == way(states, job)
    assert tuple(endpoint.split(" ")) in asked
    assert (method, path.replace("{id}", str(job.id))) in asked


@ENDPOINTS
async def test_request_ack_pending_failed(
    studio: Studio, simulator: Simulator, image: leo.Image, entity: str, endpoint: str
) -> None:
    """A job that the service gives up is failed and refunded, and says so."""
    make, _ = ENTRIES[entity, endpoint]
    simulator.script(fail=True, empty_looks=2)
    before = simulator.balance

    job = make(studio, image)
    states = states_of(job)
    with pytest.raises(leo.JobFailed, match="refunds failed jobs"):
        await job

    assert ["request", "ack", "pending", "failed"] == way(states, job)
    assert (before, "refunded") == (simulator.balance, job.charge)


@ENDPOINTS
async def test_ack_has_id_and_cost(
    studio: Studio, image: leo.Image, entity: str, endpoint: str
) -> None:
    """The acknowledgement's id is the job's, and its price is what was charged."""
    make, where = ENTRIES[entity, endpoint]
    request = make(studio, image).request
    wrapper, member = where.split(".")

    answer: Any = studio.engine.wait(
        studio.engine.run(raw_post, studio, request.endpoint, request.wire())
    )

    assert [wrapper] == list(answer)
    assert isinstance(answer[wrapper][member], str)
    assert isinstance(answer[wrapper]["apiCreditCost"], int)
    assert {"amount", "unit"} == set(answer[wrapper]["cost"])


async def raw_post(studio: Studio, endpoint: str, wire: dict[str, object]) -> object:
    return await studio.client._ask("POST", endpoint, json_body=wire)


@pytest.mark.parametrize("member", OPTIONAL)
async def test_optional_member_of_a_generation(
    studio: Studio, simulator: Simulator, image: leo.Image, member: str
) -> None:
    """Every optional member reaches the service, and the job ends with its pictures."""
    value = OPTIONAL[member]
    if member == "controlnets":
        value = [leo.guidance.style(image, strength="High")]
    if member == "elements":
        elements = studio.engine.wait(studio.engine.run(studio.client.elements))
        fitting = next(each for each in elements if each.base_model == "SDXL_LIGHTNING")
        value = [{"akUUID": fitting.id, "weight": 0.5}]

    job = studio.generate("a fox", **(SMALL | NEEDS.get(member, {}) | {member: value}))
    images = await job

    assert member in job.request.wire()
    assert (2 if member == "num_images" else 1) == len(images)
    # the service has this one as a property of its keys: refused, then sent without
    is_left_out = any("sent without it" in note for note in job.notes)
    assert (member == "webhookCallbackUrl") == is_left_out


def test_required_member_of_a_generation(studio: Studio, simulator: Simulator) -> None:
    """Without a prompt nothing is sent."""
    before = len(simulator.requests)

    with pytest.raises(leo.InvalidRequest, match="prompt"):
        studio.generate(None)  # type: ignore[arg-type]

    assert before == len(simulator.requests)


# -- the tables against the document, where it is


def test_entities_and_endpoints(structure: dict[str, Any]) -> None:
    """Every request endpoint of every entity is driven."""
    listed = {
        (entity, endpoint)
        for entity, says in structure.items()
        for endpoint in says.get("request_endpoints") or [says["request"]["endpoint"]]
    }

    assert set(ENTRIES) == listed


def test_lifecycle(structure: dict[str, Any]) -> None:
    """Its words are ours, and only `cancelled` is ours alone."""
    assert {tuple(says["lifecycle"]) for says in structure.values()} == {LIFECYCLE}
    from leonardo_nb.engine.lifecycle import State

    assert set(State) - set(LIFECYCLE) == {"cancelled"}


def test_optional_and_required(structure: dict[str, Any]) -> None:
    """Every member of its request is one of ours, and the optional ones are driven."""
    request = structure["Generation"]["request"]

    assert ["prompt"] == request["required"]
    assert set(OPTIONAL) == set(request["optional"])


def test_poll(structure: dict[str, Any]) -> None:
    """Jobs are looked for where it says, but for what the service does otherwise."""
    says = {
        entity: each["poll"] if isinstance(each["poll"], str) else each["poll"]["endpoint"]
        for entity, each in structure.items()
    }

    assert {name: REALITY.get((name, "poll"), POLLED_AT[name]) for name in says} == says


def test_ack(structure: dict[str, Any]) -> None:
    """The id of a generation is where it says."""
    ack = structure["Generation"]["ack"]

    assert ENTRIES["Generation", "POST /generations"][1] == ack["returns"]
    assert "sdGenerationJob.apiCreditCost" == ack["cost"]


def test_terminal_states(structure: dict[str, Any]) -> None:
    """The service's last words are those."""
    assert list(TERMINAL) == structure["Generation"]["poll"]["terminal_states"]


@pytest.mark.parametrize("word", TERMINAL)
async def test_terminal_state_ends_a_job(studio: Studio, simulator: Simulator, word: str) -> None:
    """Each of them ends a job, in the state of that name."""
    if word == "FAILED":
        simulator.script(fail=True)

    job = studio.generate("a fox", **SMALL)
    job.exception()

    assert TERMINAL[word] == job.state


async def test_result_shape(studio: Studio, structure: dict[str, Any]) -> None:
    """Pictures are where it says: `generations_by_pk.generated_images[].url`."""
    job = studio.generate("a fox", **SMALL)
    images = await job
    row = studio.engine.wait(studio.engine.run(studio.client.generation, str(job.id))).raw

    assert "generations_by_pk.generated_images[].url" == structure["Generation"]["result"]["shape"]
    assert [image.url for image in images] == [each["url"] for each in row["generated_images"]]  # type: ignore[attr-defined]
