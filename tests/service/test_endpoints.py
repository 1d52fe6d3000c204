"""Every endpoint besides generations: what is asked, what is read, what is refused."""

from __future__ import annotations

import base64
import json
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from leonardo_nb.errors import (
    ConflictingParameters,
    ConnectionFailed,
    InvalidRequest,
    NotFound,
    RequestRefused,
    ServiceError,
    UnexpectedResponse,
)
from leonardo_nb.money import Credits, Dollars
from leonardo_nb.service.assets import (
    POLICY_EXPIRED,
    PlatformElement,
    Presigned,
    find_element,
)
from leonardo_nb.service.client import Client
from leonardo_nb.service.requests import (
    Body,
    CreateGeneration,
    ImageToVideo,
    MotionSvd,
    TextToVideo,
    UniversalUpscale,
    Unzoom,
    Upscale,
    VideoUpscale,
)
from leonardo_nb.service.responses import Ack, one_row

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

WIRE = Path(__file__).parents[1] / "wire"
KEY = "0f0e0d0c-1111-4222-8333-444444444444"
BASE = "https://cloud.example.org/api/rest/v1"
ID = "1f197fd2-30f6-6e90-8d3c-0242ac120002"
FORM = Presigned("u-1", "https://bucket.example.org/", {"key": "users/u-1.png", "Policy": "p"})
COST = {"apiCreditCost": None, "cost": {"amount": "0.0147", "unit": "DOLLARS"}}


@asynccontextmanager
async def answered(
    *answers: httpx.Response | Exception,
) -> AsyncIterator[tuple[Client, list[httpx.Request]]]:
    """A client, and the requests that it made; answered in turn."""
    waiting = list(answers)
    asked: list[httpx.Request] = []

    def handler(request: httpx.Request) -> httpx.Response:
        request.read()
        asked.append(request)
        answer = waiting.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    client = Client(base_url=BASE, api_key=KEY, transport=httpx.MockTransport(handler))
    try:
        yield client, asked
    finally:
        await client.aclose()


def ok(body: Any) -> httpx.Response:
    """Return a successful answer."""
    return httpx.Response(200, json=body)


def refused(text: str, status: int = 400, code: str = "unexpected") -> httpx.Response:
    """Return a refusal in the service's form."""
    return httpx.Response(status, json={"error": text, "path": "$", "code": code})


async def error_of(call: Callable[[Client], Any], answer: httpx.Response | Exception) -> Any:
    """Return what a call raises for an answer."""
    async with answered(answer) as (client, _):
        with pytest.raises((ServiceError, ConnectionFailed)) as caught:
            await call(client)
    return caught.value


# -- uploads


async def test_a_form_is_read_from_json_in_json() -> None:
    """The fields come as a text that holds JSON."""
    answer = {"id": "u-1", "key": "k", "url": "https://b/", "fields": json.dumps({"Policy": "p"})}
    async with answered(ok({"uploadInitImage": answer})) as (client, asked):
        form = await client.init_image(".PNG")

    assert ("u-1", {"Policy": "p"}, {"extension": "png"}) == (
        form.id,
        form.fields,
        json.loads(asked[0].content),
    )


async def test_a_form_shows_no_fields() -> None:
    """They let anybody upload."""
    assert "Policy" not in repr(FORM)


async def test_an_upload_goes_without_the_key_and_with_the_file_last() -> None:
    """The storage refuses a request that has an Authorization header."""
    async with answered(httpx.Response(204)) as (client, asked):
        await client.upload(FORM, b"\x89PNG", "image/png")
    content = asked[0].content
    order = [content.index(part) for part in (b'name="key"', b'name="Policy"', b'name="file"')]

    assert (False, sorted(order), True, KEY.encode() in content) == (
        "authorization" in asked[0].headers,
        order,
        b"image/png" in content,
        False,
    )


async def test_a_form_that_is_too_old() -> None:
    """Its error has a code of its own, so that the caller can ask for another form."""
    xml = (
        "<Error><Code>AccessDenied</Code>"
        "<Message>Invalid according to Policy: Policy expired.</Message></Error>"
    )
    error = await error_of(
        lambda it: it.upload(FORM, b"x", "image/png"), httpx.Response(403, text=xml)
    )

    assert (RequestRefused, POLICY_EXPIRED) == (type(error), error.code)


async def test_an_upload_that_is_refused() -> None:
    """The storage's own words are passed on."""
    xml = "<Error><Code>SignatureDoesNotMatch</Code><Message>Wrong.</Message></Error>"
    error = await error_of(
        lambda it: it.upload(FORM, b"x", "image/png"), httpx.Response(403, text=xml)
    )

    assert (
        'The service\'s storage refused the upload (SignatureDoesNotMatch): "Wrong.". '
        "Nothing was paid; try again, or with another file."
    ) == str(error)


async def test_an_upload_that_breaks_off() -> None:
    """It may have arrived, and sending it again does no harm."""
    error = await error_of(lambda it: it.upload(FORM, b"x", "image/png"), httpx.ReadError("gone"))

    assert (ConnectionFailed, True) == (type(error), error.delivered)


async def test_a_form_for_an_open_address() -> None:
    """A file goes nowhere but by https."""
    form = Presigned("u-1", "http://bucket.example.org/", {})
    async with answered() as (client, asked):
        with pytest.raises(UnexpectedResponse):
            await client.upload(form, b"x", "image/png")

    assert [] == asked


async def test_canvas_forms() -> None:
    """One for the image, one for the mask."""
    answer = {
        f"{which}{part}": value
        for which in ("init", "mask")
        for part, value in {
            "ImageId": f"{which}-id",
            "Url": "https://b/",
            "Fields": "{}",
            "Key": "k",
        }.items()
    }
    async with answered(ok({"uploadCanvasInitImage": answer})) as (client, asked):
        forms = await client.canvas_init_image("png")

    assert ("init-id", "mask-id", {"initExtension": "png", "maskExtension": "png"}) == (
        forms.image.id,
        forms.mask.id,
        json.loads(asked[0].content),
    )


async def test_a_clip_is_uploaded_and_looked_at() -> None:
    """The form's id is the upload's, and its state is told."""
    form = {"uploadId": "m-1", "url": "https://b/", "fields": "{}"}
    row = {"id": "m-1", "status": "COMPLETE", "duration": 2.5, "video_fps": 24}
    async with answered(ok({"uploadMedia": form}), ok({"uploaded_media_by_pk": row})) as (
        client,
        _,
    ):
        presigned = await client.media_upload("mp4", original_filename="a.mp4")
        seen = await client.media_info(presigned.id)

    assert ("m-1", "COMPLETE", 2.5) == (presigned.id, seen.status, seen.duration)


@pytest.mark.parametrize("extension", ["txt", "", "gif"])
async def test_a_file_that_cannot_be_uploaded(extension: str) -> None:
    """Nothing is asked; the sentence says what can be."""
    async with answered() as (client, asked):
        with pytest.raises(InvalidRequest) as caught:
            await client.init_image(extension)

    assert ([], True) == (asked, "png, jpg, jpeg and webp" in str(caught.value))


async def test_an_upload_that_does_not_exist() -> None:
    """Null says that there is none."""
    error = await error_of(lambda it: it.init_image_info(ID), ok({"init_images_by_pk": None}))

    assert NotFound is type(error)


async def test_deleting_uploads() -> None:
    """True where there was one."""
    async with answered(
        ok({"delete_init_images_by_pk": {"id": ID}}), ok({"delete_uploaded_media_by_pk": None})
    ) as (client, _):
        deleted = await client.delete_init_image(ID), await client.delete_media(ID)

    assert (True, False) == deleted


# -- elements and prompts


async def test_elements() -> None:
    """Rows without an id are no elements."""
    rows = [{"akUUID": ID, "name": "Glow", "weightMin": -1, "weightMax": 2}, {"name": "nothing"}]
    async with answered(ok({"loras": rows})) as (client, _):
        elements = await client.elements()

    assert [("Glow", -1, 2)] == [(it.name, it.weight_min, it.weight_max) for it in elements]


def test_an_element_by_name() -> None:
    """Any case; a name that does not exist is answered with the nearest."""
    elements = (PlatformElement(ID, "Glowing Neon"),)
    with pytest.raises(InvalidRequest) as caught:
        find_element("Glowin Neo", elements)

    assert (ID, "Glowing Neon") == (find_element("glowing neon", elements).id, caught.value.nearest)


async def test_prompt_tools() -> None:
    """Each gives a prompt and says what it cost."""
    answer = {"promptGeneration": {"prompt": "a bright fox", **COST}}
    async with answered(ok(answer), ok(answer)) as (client, asked):
        improved = await client.prompt_improve("a fox", instructions="brighter", is_video=True)
        drawn = await client.prompt_random()

    assert ("a bright fox", Dollars("0.0147"), improved) == (improved.text, improved.cost, drawn)
    assert {"prompt": "a fox", "promptInstructions": "brighter", "isVideo": True} == json.loads(
        asked[0].content
    )


@pytest.mark.parametrize("prompt", ["x" * 201, " "])
async def test_a_prompt_that_cannot_be_improved(prompt: str) -> None:
    """At most 200 characters, and not none."""
    async with answered() as (client, asked):
        with pytest.raises(InvalidRequest):
            await client.prompt_improve(prompt)

    assert [] == asked


# -- prices


@pytest.mark.parametrize(
    ("body", "service"),
    [
        (TextToVideo.of("w"), "MOTION_VIDEO_GENERATION"),
        (MotionSvd.of(ID), "MOTION_SVD_GENERATION"),
        (UniversalUpscale.of(ID), "UNIVERSAL_UPSCALER"),
    ],
)
async def test_the_calculator_is_asked(body: Body, service: str) -> None:
    """Videos by their resolution, the upscaler by the size of its image."""
    async with answered(ok({"calculateProductionApiServiceCost": {"cost": 60}})) as (client, asked):
        price = await client.price(body, size=(1024, 1024))

    assert (Credits(60), service) == (price, json.loads(asked[0].content)["service"])


async def test_the_table_is_asked_where_the_calculator_does_not_know() -> None:
    """An upscale always costs the same."""
    async with answered() as (client, _):
        price = await client.price(Upscale.of(ID))

    assert Credits(15) == price


@pytest.mark.parametrize(
    "body",
    [TextToVideo.of("w", model="KLING2_5"), CreateGeneration.of("a fox", modelId="gpt-image-2")],
)
async def test_a_price_that_nobody_knows(body: Body) -> None:
    """It is said, and nothing is asked."""
    async with answered() as (client, asked):
        with pytest.raises(InvalidRequest):
            await client.price(body)

    assert [] == asked


# -- acknowledgements, v2


async def test_the_upscale_of_a_video_has_two_ids() -> None:
    """It is looked for with the variation's."""
    job = {"generationId": "g-1", "variationId": "v-1", **COST}
    async with answered(ok({"motionVideoGenerationJob": job})) as (client, _):
        ack = await client.create(VideoUpscale.of(ID))

    assert ("v-1", "g-1") == (ack.id, ack.generation_id)


@pytest.mark.parametrize("wrapped", [True, False])
async def test_a_v2_job(wrapped: bool) -> None:
    """Asked for beside v1; the answer is read nested and flat."""
    job = {"generationId": ID, **COST}
    async with answered(ok({"generate": job} if wrapped else job)) as (client, asked):
        ack = await client.create(CreateGeneration.of("a fox", modelId="lucid-origin"))

    assert (ID, Dollars("0.0147"), "/api/rest/v2/generations") == (
        ack.id,
        ack.cost,
        asked[0].url.path,
    )


async def test_a_v2_failure_with_status_200() -> None:
    """An array is a refusal, whatever the status says."""
    failure = [
        {
            "message": "An error occurred.",
            "extensions": {
                "code": "VALIDATION_ERROR",
                "details": {"statusCode": 400, "errors": [{"message": "width is too large"}]},
            },
        }
    ]
    error = await error_of(lambda it: it.create_v2("lucid-origin", {"prompt": "x"}), ok(failure))

    assert (RequestRefused, "width") == (type(error), error.member)


async def test_v2_can_answer_like_v1() -> None:
    """HTTP 500 with v1's body is an error of the service."""
    answer = refused("Service Error", status=500)
    error = await error_of(lambda it: it.create_v2("lucid-origin", {"prompt": "x"}), answer)

    assert UnexpectedResponse is type(error)


async def test_a_webhook_is_left_out_in_v2() -> None:
    """The acknowledgement says so, and the job is looked at."""
    body = CreateGeneration.of(
        "a fox", modelId="lucid-origin", webhookCallbackUrl="https://example.org/hook"
    )
    async with answered(ok({"generate": {"generationId": ID}})) as (client, asked):
        ack = await client.create(body)

    assert (("webhookCallbackUrl",), False) == (ack.left_out, b"hook" in asked[0].content)


async def test_models_of_v2() -> None:
    """Ids, names and what each takes."""
    answer = {"productionApiAvailableModels": [{"id": "X", "name": "Y", "parameters": {"a": 1}}]}
    async with answered(ok(answer)) as (client, _):
        models = await client.models_v2()

    assert [("X", "Y", {"a": 1})] == [(it.id, it.name, it.parameters) for it in models]


@pytest.mark.parametrize("wrapped", [True, False])
async def test_a_background_removed_at_once(wrapped: bool, v2_schema: Any) -> None:
    """The bytes are decoded, the request fits the specification."""
    data = base64.b64encode(b"picture").decode()
    row = {
        "id": "s-1",
        "results": [{"contentType": "image/png", "dataB64": data, "width": 8, "height": 4}],
        "cost": COST["cost"],
        "blockedCount": 1,
    }
    async with answered(ok({"generateSync": row} if wrapped else row)) as (client, asked):
        result = await client.remove_background_sync(
            {"id": ID, "type": "UPLOADED"}, base64=True, size="preview"
        )

    assert (b"picture", 8, 1, Dollars("0.0147"), []) == (
        result.files[0].data,
        result.files[0].width,
        result.blocked,
        result.cost,
        v2_schema("/generationssync").errors(json.loads(asked[0].content)),
    )


# -- what is probably wrong


@pytest.mark.parametrize(
    ("call", "hint"),
    [
        (lambda it: it.create(Upscale.of(ID)), "job.images[0].id"),
        (lambda it: it.create(Unzoom.of(ID)), "isVariation=True"),
        (lambda it: it.create(ImageToVideo.of("w", imageId=ID)), "takes an image's id"),
        (lambda it: it.create(UniversalUpscale.of(ID)), "initImageId an upload's"),
        (lambda it: it.create(VideoUpscale.of(ID)), "takes a generation's id, job.id"),
        (lambda it: it.generation(ID), "takes a generation's id, job.id"),
        (lambda it: it.create(CreateGeneration.of("a fox")), "init_generation_image_id an image's"),
    ],
)
async def test_service_error_gets_a_hint(call: Callable[[Client], Any], hint: str) -> None:
    """The service does not say that it was given another kind of id; we say that it may be so."""
    for status in (400, 500):
        assert hint in str(await error_of(call, refused("Service Error", status=status)))


async def test_an_image_given_for_a_variation() -> None:
    """The service's words are about something else than what is wrong."""
    error = await error_of(
        lambda it: it.create(Unzoom.of(ID, is_variation=True)),
        refused("failed to find init variation"),
    )

    assert "leave it out for an image's" in str(error)


async def test_a_retired_endpoint() -> None:
    """What takes its place is named."""
    error = await error_of(
        lambda it: it.create(MotionSvd.of(ID)),
        refused("Endpoint not found", status=404, code="not-found"),
    )

    assert 'image.to_video(prompt, model="MOTION2") takes its place.' in str(error)


async def test_what_v2_cannot_say_is_not_asked() -> None:
    """A request that was not checked is refused before it is sent."""
    body = CreateGeneration.of("a fox", modelId="gpt-image-2", tiling=True, check=False)
    async with answered() as (client, asked):
        with pytest.raises(ConflictingParameters):
            await client.create(body)

    assert [] == asked


# -- answers that were seen


def seen(name: str) -> Any:
    """Return the body of an answer that was seen."""
    return json.loads((WIRE / f"{name}.json").read_text(encoding="utf-8"))["body"]


def test_a_seen_v2_acknowledgement() -> None:
    """Its id is shaped like a UUID of version 6."""
    ack = Ack.read(seen("v2-create"), CreateGeneration.wrappers)

    assert ("1f197fd2-30f6-6e90-8a11-5d0c3b2a4e6f", Dollars("0.0269")) == (ack.id, ack.cost)


def test_a_seen_variation_in_its_first_moments() -> None:
    """An empty array is no row."""
    assert None is one_row(seen("variation-new"), "generated_image_variation_generic", ID)


def test_a_seen_form() -> None:
    """Its fields are read, all of them texts."""
    form = Presigned.read(seen("upload-form"))

    assert ("image/png", 8, form.key) == (
        form.fields["Content-Type"],
        len(form.fields),
        form.fields["key"],
    )
