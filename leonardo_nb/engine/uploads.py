"""
Pictures of one's own at the service: sent once, known by their content, usable like any other.

A file goes through a form that the service signs for about two minutes. It goes without the key,
costs nothing, and a form that has become too old is asked for anew, once.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

import anyio

from leonardo_nb.engine.deletion import Sentence
from leonardo_nb.engine.media import shown
from leonardo_nb.engine.origins import Origin
from leonardo_nb.errors import LibraryError, NotFound, RequestRefused
from leonardo_nb.library.records import MediaFile
from leonardo_nb.service.assets import POLICY_EXPIRED

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable
    from pathlib import Path

    import PIL.Image

    from leonardo_nb.engine.pictures import Picture
    from leonardo_nb.library.files import MediaStore
    from leonardo_nb.service.client import Client

__all__ = ["Upload", "Uploads"]

T = TypeVar("T")

SHOWN_SIDE = 320
"""Pixels of the longer side of an upload that is shown; it is a reminder, not a result."""
PIECE_BYTES = 1 << 20


class Upload:
    """
    A picture that was uploaded; usable wherever an image is.

    Attributes:
        id: The service's id of it; an upload's, not a generated image's.
        path: The library's copy, byte for byte what was sent.
        width: In pixels, of the file.
        height: In pixels, of the file.
        media_type: `image/jpeg`, `image/png` or `image/webp`.
        size_bytes: Of the file.
        sha256: Of the file, in hexadecimal.
        url: None; the service keeps an upload where only its jobs look.
        media: The same as the library writes it down, for a job that begins with it.
    """

    __module__ = "leonardo_nb"

    url = None

    def __init__(self, media: MediaFile) -> None:
        self.media = media
        self.id = media.image_id
        self.path: Path = media.file.path
        self.width = media.file.width
        self.height = media.file.height
        self.media_type = media.file.media_type
        self.size_bytes = media.file.size_bytes
        self.sha256 = media.file.sha256

    @property
    def origin(self) -> Origin:
        """What it is to the service, for a job that begins with it."""
        return Origin(self.id, "UPLOADED", self.media)

    @property
    def size(self) -> tuple[int, int]:
        """Width and height in pixels."""
        return self.width, self.height

    def read_bytes(self) -> bytes:
        """
        Return the bytes that were sent.

        Raises:
            LibraryError: The library's copy is gone.
        """
        try:
            return self.path.read_bytes()
        except OSError as error:
            raise LibraryError(
                f"The library's copy {self.path} of this upload cannot be read "
                f"({error.strerror}); the service has it all the same."
            ) from error

    def pil(self) -> PIL.Image.Image:
        """
        Return the picture as a Pillow image, turned as it is meant to be seen.

        Raises:
            LibraryError: The library's copy is gone.
        """
        import io

        import PIL.Image
        import PIL.ImageOps

        with PIL.Image.open(io.BytesIO(self.read_bytes())) as image:
            return PIL.ImageOps.exif_transpose(image)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Upload) and (self.id, self.sha256) == (other.id, other.sha256)

    def __hash__(self) -> int:
        return hash((self.id, self.sha256))

    def __repr__(self) -> str:
        return f"<Upload {self.id[:8]}, {self.width} x {self.height}, {self.media_type}>"

    def _repr_mimebundle_(
        self, include: object = None, exclude: object = None
    ) -> dict[str, str | bytes]:
        del include, exclude
        image = self.pil()
        image.thumbnail((SHOWN_SIDE, SHOWN_SIDE))
        media_type, data = shown(image)
        return {media_type: data, "text/plain": repr(self)}


class Uploads:
    """
    What one studio has uploaded; it lives on the engine's thread.

    Args:
        client: The service.
        store: Where copies are kept.
    """

    def __init__(self, client: Client, store: MediaStore) -> None:
        self._client = client
        self._store = store
        self._known: dict[str, Upload] = {}
        self._sending: dict[str, anyio.Lock] = {}

    async def send(self, picture: Picture) -> Upload:
        """
        Return the upload of *picture*; the same content is sent once only.

        Raises:
            RequestRefused: The service, or its storage, does not take it; nothing was paid.
            ConnectionFailed: Nobody answers; sending it again does no harm.
            LibraryError: The copy cannot be written; nothing was sent.
        """
        async with self._sending.setdefault(picture.sha256, anyio.Lock()):
            if (known := self._known.get(picture.sha256)) is not None:
                return known
            stored = await self._store.save(_pieces(picture.data), url="upload")
            form = await _freshly(
                lambda: self._client.init_image(picture.extension),
                lambda form: self._client.upload(form, picture.data, picture.media_type),
            )
            upload = Upload(MediaFile(form.id, "", nsfw=False, file=stored))
            self._known[picture.sha256] = upload
            return upload

    async def send_canvas(self, picture: Picture, mask: Picture) -> tuple[str, str]:
        """
        Send a *picture* and the *mask* whose white is drawn again; return their ids.

        Raises:
            RequestRefused: The service, or its storage, does not take them; nothing was paid.
            ConnectionFailed: Nobody answers; sending them again does no harm.
        """

        async def post(forms: Any) -> None:  # noqa: ANN401  the client's CanvasPresigned
            await self._client.upload(forms.image, picture.data, picture.media_type)
            await self._client.upload(forms.mask, mask.data, mask.media_type)

        forms = await _freshly(
            lambda: self._client.canvas_init_image(picture.extension, mask.extension), post
        )
        return forms.image.id, forms.mask.id

    async def delete(self, upload: Upload) -> Sentence:
        """
        Delete *upload* at the service; return the sentence that says what is gone and what stays.

        Raises:
            NotFound: The service does not have it any more.
        """
        self._known = {key: each for key, each in self._known.items() if each.id != upload.id}
        if not await self._client.delete_init_image(upload.id):
            raise NotFound(
                f"The service has no upload {upload.id}: it was deleted before, or it is another "
                "account's. The library's copy stays.",
                status=200,
            )
        return Sentence(f"Upload {upload.id} is deleted at the service; the library's copy stays.")


async def _freshly(ask: Callable[[], Awaitable[T]], post: Callable[[T], Awaitable[None]]) -> T:
    """Ask for a form and post it; with another one where it became too old on the way."""
    try:
        form = await ask()
        await post(form)
    except RequestRefused as error:
        if error.code != POLICY_EXPIRED:
            raise
        form = await ask()
        try:
            await post(form)
        except RequestRefused as again:
            if again.code != POLICY_EXPIRED:
                raise
            raise RequestRefused(
                "The upload took longer than the two minutes that its form is good for, twice. "
                "Nothing was paid; try again on a faster line, or with a smaller picture.",
                member="file",
                status=again.status,
                code=again.code,
                body=again.body,
            ) from again
    return form


async def _pieces(data: bytes) -> AsyncIterator[bytes]:
    for at in range(0, len(data), PIECE_BYTES):
        yield data[at : at + PIECE_BYTES]
