from __future__ import annotations

import io
import json
import re
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from PIL import Image

from leonardo_nb.simulator import Simulator
from leonardo_nb.simulator.app import BASE_PATH
from leonardo_nb.simulator.desk import NOT_SIMULATED

if TYPE_CHECKING:
    from leonardo_nb.testing import ManualClock

FOX = {"prompt": "a fox", "num_images": 1, "width": 512, "height": 512}
NOBODY = "00000000-0000-0000-0000-000000000000"
STRANGER = "9d8a6c9e-5f0b-4a8e-9a39-3d1f0f6f7a11"


async def create(client: httpx.AsyncClient, **members: object) -> dict[str, Any]:
    answer = await client.post("/generations", json={**FOX, **members})
    made: dict[str, Any] = answer.json()["sdGenerationJob"]
    return made


async def look(client: httpx.AsyncClient, job_id: str) -> dict[str, Any]:
    answer = await client.get(f"/generations/{job_id}")
    row: dict[str, Any] = answer.json()["generations_by_pk"]
    return row


async def user_id(client: httpx.AsyncClient) -> str:
    return str((await client.get("/me")).json()["user_details"][0]["user"]["id"])


def other(simulator: Simulator, **options: Any) -> httpx.AsyncClient:
    """Return another client of *simulator*."""
    return httpx.AsyncClient(
        transport=simulator.transport(), base_url=simulator.base_url, **options
    )


# -- who is asking


@pytest.mark.parametrize(
    ("header", "status", "error", "code"),
    [
        (
            f"Bearer {NOBODY}",
            401,
            "Authentication hook unauthorized this request",
            "access-denied",
        ),
        ("Bearer secret", 500, "Invalid response from authorization hook", "unexpected"),
        ("Bearer ", 500, "Invalid response from authorization hook", "unexpected"),
        (STRANGER, 500, "Invalid response from authorization hook", "unexpected"),
        (None, 500, "Invalid response from authorization hook", "unexpected"),
    ],
)
async def test_bad_keys_are_refused(
    simulator: Simulator, header: str | None, status: int, error: str, code: str
) -> None:
    """A well-formed key that nobody has is a 401; anything malformed is the hook's 500."""
    headers = {} if header is None else {"Authorization": header}
    async with other(simulator, headers=headers) as client:
        answer = await client.get("/me")

    assert (status, {"error": error, "path": "$", "code": code}) == (
        answer.status_code,
        answer.json(),
    )


async def test_any_well_formed_key_is_one(simulator: Simulator) -> None:
    """Every UUID but the all-zero one opens the one account."""
    async with other(simulator, headers={"Authorization": f"Bearer {STRANGER}"}) as client:
        answer = await client.get("/me")

    assert 200 == answer.status_code


async def test_me_is_one_row(client: httpx.AsyncClient) -> None:
    """The account is the only row of a list, and its numbers are integers."""
    answer = await client.get("/me")
    (row,) = answer.json()["user_details"]

    assert "application/json; charset=utf-8" == answer.headers["content-type"]
    assert (15_000, 0, 10) == (
        row["apiPaidTokens"],
        row["apiSubscriptionTokens"],
        row["apiConcurrencySlots"],
    )


# -- the life of a job


async def test_acknowledgement_in_credits(client: httpx.AsyncClient) -> None:
    """The integer and the decimal string say the same, and the balance goes down by it."""
    made = await create(client)
    (row,) = (await client.get("/me")).json()["user_details"]

    assert {"amount": str(made["apiCreditCost"]), "unit": "CREDITS"} == made["cost"]
    assert 15_000 - made["apiCreditCost"] == row["apiPaidTokens"]


async def test_acknowledgement_in_dollars(clock: ManualClock) -> None:
    """A dollar account has four decimals and no credits."""
    simulator = Simulator(unit="DOLLARS", now=clock.now)
    async with other(simulator, headers={"Authorization": f"Bearer {simulator.key}"}) as client:
        made = await create(client)

    assert None is made["apiCreditCost"]
    assert "DOLLARS" == made["cost"]["unit"]
    assert re.fullmatch(r"0\.\d{4}", made["cost"]["amount"])


async def test_pending_then_complete(client: httpx.AsyncClient, clock: ManualClock) -> None:
    """No picture while pending, all of them with COMPLETE."""
    made = await create(client, num_images=2)
    before = await look(client, made["generationId"])
    clock.advance(60)
    after = await look(client, made["generationId"])

    assert ("PENDING", []) == (before["status"], before["generated_images"])
    assert ("COMPLETE", 2) == (after["status"], len(after["generated_images"]))


async def test_answers_echo_the_request(client: httpx.AsyncClient) -> None:
    """Names change case on the way back, values do not; the date has no zone and is UTC."""
    made = await create(
        client, negative_prompt="fog", seed=42, guidance_scale=7.5, presetStyle="CINEMATIC"
    )
    row = await look(client, made["generationId"])

    assert {
        "prompt": "a fox",
        "negativePrompt": "fog",
        "seed": 42,
        "guidanceScale": 7.5,
        "presetStyle": "CINEMATIC",
        "imageWidth": 512,
        "inferenceSteps": 15,
        "scheduler": "EULER_DISCRETE",
        "sdVersion": "SDXL_LIGHTNING",
        "createdAt": "2026-01-01T00:00:00.000",
    }.items() <= row.items()


async def test_defaults_are_the_service_s(client: httpx.AsyncClient, clock: ManualClock) -> None:
    """Only a prompt: four pictures, 1024 x 768, Lightning XL, Alchemy's DYNAMIC."""
    answer = await client.post("/generations", json={"prompt": "hi"})
    clock.advance(120)
    row = await look(client, answer.json()["sdGenerationJob"]["generationId"])

    assert (4, 1024, 768, "b24e16ff-06e3-43eb-8d33-4416c2d75876", "DYNAMIC") == (
        len(row["generated_images"]),
        row["imageWidth"],
        row["imageHeight"],
        row["modelId"],
        row["presetStyle"],
    )


async def test_one_request_takes_as_long_every_time(
    simulator: Simulator, client: httpx.AsyncClient
) -> None:
    """Jitter comes from the request, so a test can rely on it."""
    for seed in (1, 1, 2):
        await create(client, seed=seed)
    first, again, another = (job.done_at for job in simulator.world.jobs.values())

    assert first == again != another


@pytest.mark.parametrize("path", [f"/generations/{STRANGER}", f"/generations/{STRANGER.upper()}"])
async def test_unknown_jobs_are_null(client: httpx.AsyncClient, path: str) -> None:
    """An id that nothing has is no error."""
    got = await client.get(path)
    deleted = await client.delete(path)

    assert [(200, {"generations_by_pk": None}), (200, {"delete_generations_by_pk": None})] == [
        (got.status_code, got.json()),
        (deleted.status_code, deleted.json()),
    ]


async def test_deleted_jobs_are_gone(client: httpx.AsyncClient, clock: ManualClock) -> None:
    """The row and the file disappear, and the id is confirmed."""
    made = await create(client)
    clock.advance(60)
    url = (await look(client, made["generationId"]))["generated_images"][0]["url"]
    deleted = await client.delete(f"/generations/{made['generationId']}")

    assert {"delete_generations_by_pk": {"id": made["generationId"]}} == deleted.json()
    assert 404 == (await client.get(url)).status_code


async def test_lists_are_newest_first(client: httpx.AsyncClient) -> None:
    """Ten rows by default, `offset` and `limit` choose others."""
    ids = [(await create(client))["generationId"] for _ in range(12)]
    path = f"/generations/user/{await user_id(client)}"
    whole = (await client.get(path)).json()["generations"]
    part = (await client.get(path, params={"offset": 10, "limit": 5})).json()["generations"]

    assert ids[::-1][:10] == [row["id"] for row in whole]
    assert ids[::-1][10:] == [row["id"] for row in part]


async def test_rows_are_the_same_in_lists(client: httpx.AsyncClient) -> None:
    """A list's row is what a look at the job gives."""
    made = await create(client)
    listed = await client.get(f"/generations/user/{await user_id(client)}")

    assert [await look(client, made["generationId"])] == listed.json()["generations"]


async def test_other_people_s_lists_are_empty(client: httpx.AsyncClient) -> None:
    """Somebody else's jobs are not shown."""
    await create(client)

    assert {"generations": []} == (await client.get(f"/generations/user/{STRANGER}")).json()


@pytest.mark.parametrize(
    ("word", "status", "classes", "flags"),
    [
        ("fox", "COMPLETE", [], [False]),
        ("bikini", "COMPLETE", [], [True]),
        ("massacre", "FAILED", ["EXTREME_VIOLENCE"], []),
    ],
)
async def test_filters_after_submission(
    *,
    client: httpx.AsyncClient,
    clock: ManualClock,
    word: str,
    status: str,
    classes: list[str],
    flags: list[bool],
) -> None:
    """A job may be drawn and flagged, or fail with nothing but a class."""
    made = await create(client, prompt=f"a {word}")
    clock.advance(60)
    row = await look(client, made["generationId"])

    assert (status, classes, flags) == (
        row["status"],
        row["prompt_moderations"][0]["moderationClassification"],
        [image["nsfw"] for image in row["generated_images"]],
    )


# -- what is refused, word for word

TYPE_PATH = "$.selectionSet.sdGenerationJob.args.arg1."
DOCUMENTED = [
    ({}, 'expecting a value for non-nullable variable: "prompt"', "$", "validation-failed"),
    (
        {"prompt": None},
        'expecting a value for non-nullable variable: "prompt"',
        "$",
        "validation-failed",
    ),
    (
        {"prompt": "x", "sd_Version": "v2"},
        "Unexpected variable sd_Version",
        "$",
        "bad-request",
    ),
    (
        {"prompt": "x", "webhookCallbackUrl": "https://example.org"},
        "Unexpected variable webhookCallbackUrl",
        "$",
        "bad-request",
    ),
    (
        {"prompt": "x", "photoReal": "yes"},
        "expected a boolean for type 'Boolean', but found a string",
        TYPE_PATH + "photoReal",
        "validation-failed",
    ),
    ({"prompt": "x", "num_images": 9}, "Too many images", "$", "unexpected"),
    (
        {"prompt": "x", "num_images": 5, "width": 776, "height": 32},
        "Too many images",
        "$",
        "unexpected",
    ),
    ({"prompt": "x", "width": 517}, "invalid dimensions", "$", "unexpected"),
    ({"prompt": "x", "height": 1544}, "invalid dimensions", "$", "unexpected"),
    ({"prompt": "x", "height": 24}, "invalid dimensions", "$", "unexpected"),
    (
        {"prompt": "x" * 1501},
        "Invalid prompt, maximum length of 1500 characters exceeded.",
        "$",
        "unexpected",
    ),
    ({"prompt": "A Nude fox"}, "content moderation filter: nude", "$", "unexpected"),
    (
        {"prompt": "x", "modelId": STRANGER},
        (
            f"{STRANGER} is not supported within the Production API. "
            "Please try again with a different model ID."
        ),
        "$",
        "unexpected",
    ),
    ({"prompt": "x", "init_image_id": "1"}, "invalid init image id", "$", "unexpected"),
    (
        {"prompt": "x", "init_generation_image_id": STRANGER},
        "invalid init image id",
        "$",
        "unexpected",
    ),
]


@pytest.mark.parametrize(("body", "error", "path", "code"), DOCUMENTED)
async def test_documented_refusals(
    *,
    simulator: Simulator,
    client: httpx.AsyncClient,
    body: dict[str, object],
    error: str,
    path: str,
    code: str,
) -> None:
    """Text, path and code are the service's, and nothing is made or charged."""
    answer = await client.post("/generations", json=body)

    assert (400, {"error": error, "path": path, "code": code}) == (
        answer.status_code,
        answer.json(),
    )
    assert (0, 15_000) == (simulator.creates, simulator.balance)


async def test_no_credits(clock: ManualClock) -> None:
    """The text names the account; the status is 400."""
    simulator = Simulator(balance=0, now=clock.now)
    async with other(simulator, headers={"Authorization": f"Bearer {simulator.key}"}) as client:
        answer = await client.post("/generations", json=FOX)
        error = f"not enough api tokens userId: {await user_id(client)}"

    assert (400, {"error": error, "path": "$", "code": "unexpected"}) == (
        answer.status_code,
        answer.json(),
    )


async def test_too_many_creations(client: httpx.AsyncClient, clock: ManualClock) -> None:
    """The 101st POST of a minute is refused, a look is not, and the next minute is free."""
    statuses = [(await client.post("/generations", json={})).status_code for _ in range(101)]
    looked = await client.get("/me")
    clock.advance(60)
    later = await client.post("/generations", json=FOX)

    assert [400] * 100 + [429] == statuses
    assert (200, 200) == (looked.status_code, later.status_code)


async def test_a_full_queue_is_a_429(clock: ManualClock) -> None:
    """Jobs beyond the queue are refused, with a Retry-After on wish."""
    simulator = Simulator(slots=1, queue_per_slot=1, retry_after=True, now=clock.now)
    async with other(simulator, headers={"Authorization": f"Bearer {simulator.key}"}) as client:
        answers = [await client.post("/generations", json=FOX) for _ in range(3)]

    assert [200, 200, 429] == [answer.status_code for answer in answers]
    assert int(answers[-1].headers["retry-after"]) >= 1


@pytest.mark.parametrize(
    "body", [b"", b"{", b"[]", b'"x"', b"\xff", b'{"seed": NaN}', b"[" * 100_000]
)
async def test_bodies_that_are_no_object(client: httpx.AsyncClient, body: bytes) -> None:
    """What is not a JSON object is refused, not stumbled over."""
    answer = await client.post("/generations", content=body)

    assert (400, "invalid-json") == (answer.status_code, answer.json()["code"])


@pytest.mark.parametrize(
    "path",
    [
        "/generations/1",
        "/generations/user/me",
        f"/generations/user/{STRANGER}?limit=many",
        f"/generations/user/{STRANGER}?offset=-1",
    ],
)
async def test_malformed_addresses(client: httpx.AsyncClient, path: str) -> None:
    """An id that is no UUID and a number that is none are refused."""
    assert 400 == (await client.get(path)).status_code


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/nothing"),
        ("GET", "/generations"),
        ("GET", "/me/"),
        ("DELETE", "/me"),
        ("GET", "/../v2/generations/1"),
    ],
)
async def test_unknown_paths(client: httpx.AsyncClient, method: str, path: str) -> None:
    """A path, or a method on it, that the service does not have."""
    answer = await client.request(method, path)

    assert (404, "Endpoint not found") == (answer.status_code, answer.json()["error"])


@pytest.mark.parametrize(("method", "path"), NOT_SIMULATED)
async def test_the_rest_of_the_index(client: httpx.AsyncClient, method: str, path: str) -> None:
    """What the service has and the simulator has not says so in one sentence."""
    answer = await client.request(method, path.replace("{", "").replace("}", ""))

    assert (501, f"{method} {path} is part of the service, but not simulated.") == (
        answer.status_code,
        answer.json()["error"],
    )


# -- the price


def params(**changes: object) -> dict[str, object]:
    image: dict[str, object] = {
        "imageHeight": 512,
        "imageWidth": 512,
        "numImages": 4,
        "inferenceSteps": 15,
        "alchemyMode": True,
        "highResolution": False,
        "isSDXLLightning": True,
    }
    return {"service": "IMAGE_GENERATION", "serviceParams": {"IMAGE_GENERATION": image | changes}}


async def test_the_calculator_answers_whole_credits(client: httpx.AsyncClient) -> None:
    """Four pictures of 512 squared on Lightning XL with Alchemy cost 15 credits."""
    answer = await client.post("/pricing-calculator", json=params())

    assert {"calculateProductionApiServiceCost": {"cost": 15}} == answer.json()


async def test_the_calculator_and_the_job_agree(client: httpx.AsyncClient) -> None:
    """The price before is what the acknowledgement says."""
    answer = await client.post("/pricing-calculator", json=params())
    made = await create(client, num_images=4)

    assert made["apiCreditCost"] == answer.json()["calculateProductionApiServiceCost"]["cost"]


@pytest.mark.parametrize(
    ("body", "status", "error"),
    [
        ({}, 400, 'expecting a value for non-nullable variable: "service"'),
        ({"service": "CATS"}, 400, "but found 'CATS'"),
        ({"service": "IMAGE_GENERATION"}, 400, "serviceParams.IMAGE_GENERATION"),
        ({"service": "MODEL_TRAINING"}, 400, "serviceParams.MODEL_TRAINING"),
        ({"prompt": "x"}, 400, "Unexpected variable prompt"),
        (params(width=512), 400, "Unexpected variable width"),
        (params(imageWidth=None), 400, "imageWidth"),
        (params(imageWidth=1032), 400, "invalid dimensions"),
        (params(numImages=9), 400, "Too many images"),
        (params(inferenceSteps=9), 400, "inferenceSteps"),
        (params(isUltra=1), 400, "expected a boolean for type 'Boolean', but found a number"),
    ],
)
async def test_what_the_calculator_refuses(
    client: httpx.AsyncClient, body: dict[str, object], status: int, error: str
) -> None:
    """Its own names and bounds, which stop at 1024."""
    answer = await client.post("/pricing-calculator", json=body)

    assert status == answer.status_code
    assert error in answer.json()["error"]


# -- the files


async def picture(client: httpx.AsyncClient, clock: ManualClock, **members: object) -> str:
    made = await create(client, **members)
    clock.advance(120)
    return str((await look(client, made["generationId"]))["generated_images"][0]["url"])


async def test_addresses_follow_the_service(
    simulator: Simulator, client: httpx.AsyncClient, clock: ManualClock
) -> None:
    """Host of the request, user, job, model, prompt, number."""
    url = await picture(client, clock, prompt="A fox, <b>at dawn</b>!")
    (job,) = simulator.world.jobs

    assert (
        f"http://simulator.invalid/media/users/{simulator.world.user_id}/generations/{job}/"
        "Leonardo_Lightning_XL_A_fox_b_at_dawn_b_0.jpg"
    ) == url


@pytest.mark.parametrize(
    ("members", "kind", "size"),
    [
        ({"alchemy": False}, "JPEG", (64, 32)),
        ({}, "JPEG", (112, 56)),
        ({"modelId": "ac614f96-1082-45bf-be9d-757f2d31c174"}, "JPEG", (96, 48)),
        (
            {"modelId": "ac614f96-1082-45bf-be9d-757f2d31c174", "highResolution": True},
            "JPEG",
            (128, 64),
        ),
        ({"modelId": "de7d3faf-762f-48e0-b3b7-9d0ac3a3fcf3"}, "JPEG", (64, 32)),
        ({"transparency": "foreground_only", "alchemy": False}, "PNG", (64, 32)),
    ],
)
async def test_files_are_pictures(
    client: httpx.AsyncClient,
    clock: ManualClock,
    members: dict[str, object],
    kind: str,
    size: tuple[int, int],
) -> None:
    """JPEG, or PNG with transparency; Alchemy's are larger than asked for; no key is needed."""
    url = await picture(client, clock, width=64, height=32, **members)
    del client.headers["Authorization"]
    answer = await client.get(url)
    image = Image.open(io.BytesIO(answer.content))

    assert (kind, size) == (image.format, image.size)
    assert (f"image/{kind.lower()}", str(len(answer.content)), "*") == (
        answer.headers["content-type"],
        answer.headers["content-length"],
        answer.headers["access-control-allow-origin"],
    )


async def test_head_says_how_long_a_file_is(client: httpx.AsyncClient, clock: ManualClock) -> None:
    """The same headers and no body."""
    url = await picture(client, clock, width=64, height=64)
    head, whole = await client.head(url), await client.get(url)

    assert (b"", whole.headers["content-length"]) == (head.content, head.headers["content-length"])


async def test_same_request_same_bytes(client: httpx.AsyncClient, clock: ManualClock) -> None:
    """The picture depends on the request and not on the job."""
    urls = [await picture(client, clock, width=64, height=64, seed=seed) for seed in (1, 1, 2)]
    first, again, another = [(await client.get(url)).content for url in urls]

    assert first == again != another


async def test_files_that_are_not_there(client: httpx.AsyncClient, clock: ManualClock) -> None:
    """Another name, number, user or job, and a job that is still pending, are 404."""
    url = await picture(client, clock)
    pending = await create(client)
    job_id = url.split("/")[-2]
    wrong = [
        url.replace("_0.jpg", "_1.jpg"),
        url.replace("_0.jpg", "_0.png"),
        url.replace("fox", "dog"),
        url.replace(job_id, STRANGER),
        url.replace(job_id, pending["generationId"]),
        re.sub(r"users/[^/]+", f"users/{STRANGER}", url),
    ]

    assert [404] * 6 == [(await client.get(address)).status_code for address in wrong]


# -- odds and ends


async def test_requests_are_logged(simulator: Simulator, client: httpx.AsyncClient) -> None:
    """Method and path, without the base path, refused ones too."""
    await client.get("/me")
    await client.post("/generations", json={})

    assert [("GET", "/me"), ("POST", "/generations")] == list(simulator.requests)


async def test_half_a_character_survives(client: httpx.AsyncClient) -> None:
    """A prompt that is no valid text comes back as it was sent."""
    answer = await client.post("/generations", content=json.dumps({"prompt": "a \ud83e fox"}))
    row = await look(client, answer.json()["sdGenerationJob"]["generationId"])

    assert "a \ud83e fox" == row["prompt"]


async def test_platform_models_are_listed(client: httpx.AsyncClient) -> None:
    """Every model has the six members of the service's rows."""
    rows = (await client.get("/platformModels")).json()["custom_models"]

    assert {("description", "featured", "generated_image", "id", "name", "nsfw")} == {
        tuple(sorted(row)) for row in rows
    }
    assert "b24e16ff-06e3-43eb-8d33-4416c2d75876" in {row["id"] for row in rows}


async def test_platform_models_have_previews(client: httpx.AsyncClient) -> None:
    """Each its own, drawn when it is asked for, and the same on every simulator."""
    rows = (await client.get("/platformModels")).json()["custom_models"]
    again = Simulator().transport()
    pictures = {}
    async with httpx.AsyncClient(transport=again) as other:
        for row in rows:
            url = row["generated_image"]["url"]
            pictures[row["id"]] = (await client.get(url)).content
            assert pictures[row["id"]] == (await other.get(url)).content
        missing = await other.get(url.replace(".jpg", "x.jpg"))

    assert {b"\xff\xd8"} == {picture[:2] for picture in pictures.values()}
    assert len(rows) == len(set(pictures.values()))
    assert 404 == missing.status_code


async def test_repr_is_a_sentence(simulator: Simulator, client: httpx.AsyncClient) -> None:
    """It says what was made and what is left."""
    made = await create(client)

    assert f"<Simulator 1 job, {15_000 - made['apiCreditCost']} credits left>" == repr(simulator)
    assert BASE_PATH in simulator.base_url
