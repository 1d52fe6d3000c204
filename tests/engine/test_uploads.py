"""How a picture gets to the service, and what it is there."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import anyio
import PIL.Image
import pytest

import leonardo_nb as leo
from leonardo_nb.engine.media import Image
from leonardo_nb.engine.origins import reference_of
from leonardo_nb.engine.pictures import Picture, read_picture
from leonardo_nb.engine.uploads import Upload, Uploads
from leonardo_nb.library.files import MediaStore, StoredFile
from leonardo_nb.library.records import MediaFile
from leonardo_nb.service.client import Client

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from leonardo_nb.simulator import Simulator


@pytest.fixture
async def client(simulator: Simulator) -> AsyncIterator[Client]:
    """A client of the simulator."""
    made = Client(
        base_url=simulator.base_url, api_key=simulator.key, transport=simulator.transport()
    )
    yield made
    await made.aclose()


@pytest.fixture
def uploads(client: Client, tmp_path: Path) -> Uploads:
    """What was uploaded so far: nothing."""
    return Uploads(client, MediaStore(tmp_path / "library"))


def picture(colour: str = "red") -> Picture:
    """Return a small picture."""
    return read_picture(PIL.Image.new("RGB", (48, 32), colour))


async def test_what_arrives_is_what_was_given(
    uploads: Uploads, client: Client, simulator: Simulator
) -> None:
    """The id is an upload's, and the service has the very bytes."""
    given = picture()
    upload = await uploads.send(given)

    assert given.data == simulator.world.uploads.contents[given.sha256]
    assert upload.id == (await client.init_image_info(upload.id)).id
    assert (48, 32, "image/png", None) == (
        upload.width,
        upload.height,
        upload.media_type,
        upload.url,
    )


async def test_a_copy_stays_in_the_library(uploads: Uploads) -> None:
    """So that a card can show what a job began with, whatever becomes of the original."""
    given = picture()
    upload = await uploads.send(given)

    assert (given.data, given.sha256) == (upload.read_bytes(), upload.path.stem)


async def test_a_telephone_s_picture_is_kept_as_the_jpeg_that_it_is(uploads: Uploads) -> None:
    """The second picture behind the first makes no other format of it."""
    buffer = io.BytesIO()
    first, second = (PIL.Image.new("RGB", (48, 32), colour) for colour in ("red", "blue"))
    first.save(buffer, "MPO", save_all=True, append_images=[second])
    upload = await uploads.send(read_picture(buffer.getvalue()))

    assert ("image/jpeg", ".jpg") == (upload.media_type, upload.path.suffix)


async def test_the_same_content_is_sent_once(uploads: Uploads, simulator: Simulator) -> None:
    """Also by two that come at the same moment."""
    found: list[Upload] = []

    async def send() -> None:
        found.append(await uploads.send(picture()))

    async with anyio.create_task_group() as together:
        together.start_soon(send)
        together.start_soon(send)

    assert found[0] is found[1]
    assert 1 == list(simulator.requests).count(("POST", "/init-image"))


async def test_other_content_is_another_upload(uploads: Uploads) -> None:
    """Two colours, two ids."""
    one, other = await uploads.send(picture("red")), await uploads.send(picture("blue"))

    assert one != other
    assert one.id != other.id


async def test_a_deleted_one_is_sent_anew(uploads: Uploads) -> None:
    """Its id is not alive any more."""
    first = await uploads.send(picture())

    assert "the library's copy stays" in await uploads.delete(first)
    assert first.id != (await uploads.send(picture())).id


async def test_a_form_that_has_expired_is_asked_for_anew(
    uploads: Uploads, simulator: Simulator
) -> None:
    """Once, and the upload is there."""
    simulator.script(path="/init-image", delay=130)
    upload = await uploads.send(picture())

    assert [("POST", "/init-image"), ("POST", "/uploads/")] * 2 == list(simulator.requests)
    assert simulator.world.uploads.announced[upload.id].digest == upload.sha256


async def test_a_form_that_expires_twice_is_an_error(
    uploads: Uploads, simulator: Simulator
) -> None:
    """With a sentence that says what to do; it is not tried for ever."""
    simulator.script(path="/init-image", delay=130, times=3)
    before = simulator.balance
    with pytest.raises(leo.RequestRefused, match="two minutes that its form is good for, twice"):
        await uploads.send(picture())

    assert (before, 4) == (simulator.balance, len(simulator.requests))


async def test_a_canvas_whose_forms_have_expired_is_sent_anew(
    uploads: Uploads, simulator: Simulator
) -> None:
    """Both of them, for they go together."""
    simulator.script(path="/canvas-init-image", delay=130)
    first, second = await uploads.send_canvas(picture("red"), picture("white"))
    announced = simulator.world.uploads.announced

    assert [picture("red").sha256, picture("white").sha256] == [
        announced[first].digest,
        announced[second].digest,
    ]


async def test_a_storage_that_says_no_is_heard(uploads: Uploads, simulator: Simulator) -> None:
    """Another refusal than age is not tried again, and nothing is taken for uploaded."""
    body = "<Error><Code>EntityTooLarge</Code><Message>Too large.</Message></Error>"
    simulator.script(path="/uploads/", status=400, body=body)
    with pytest.raises(leo.RequestRefused, match="larger than the service takes"):
        await uploads.send(picture())

    assert isinstance(await uploads.send(picture()), Upload)


def stored(path: Path) -> MediaFile:
    """Return a file as the library knows it."""
    data = picture()
    path.write_bytes(data.data)
    file = StoredFile(path, data.sha256, "image/png", 48, 32, len(data.data))
    return MediaFile("an-id", "https://example.org/fox.png", nsfw=False, file=file)


def test_an_upload_shows_itself_small(tmp_path: Path) -> None:
    """As a picture, with its facts as text."""
    bundle = Upload(stored(tmp_path / "fox.png"))._repr_mimebundle_()
    image = PIL.Image.open(io.BytesIO(bytes(bundle["image/jpeg"])))  # type: ignore[arg-type]

    assert ((48, 32), "<Upload an-id, 48 x 32, image/png>") == (image.size, bundle["text/plain"])


def test_where_an_image_is_from_is_known(tmp_path: Path) -> None:
    """An upload and a generated image have ids of different kinds."""
    media = stored(tmp_path / "fox.png")

    assert ("an-id", "UPLOADED") == reference_of(Upload(media))
    assert ("an-id", "GENERATED") == reference_of(Image(media))


def test_an_id_alone_says_too_little() -> None:
    """Nobody can tell which kind it is."""
    with pytest.raises(leo.InvalidRequest, match="whether it is an upload's or an image's"):
        reference_of("51a70000-0000-4000-8000-000000000001")
