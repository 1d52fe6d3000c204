"""What a finished job gives: pictures that are files here, and show themselves in a notebook."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import TYPE_CHECKING, overload

from leonardo_nb.errors import LibraryError

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    import PIL.Image

    from leonardo_nb.library.records import MediaFile

__all__ = ["Image", "Images"]

SHOWN_SIDE = 1024
"""Pixels of the longer side of a picture shown inline; the file keeps its own size."""
SHOWN_BYTES = 300_000
GAP = 12


class Image:
    """
    One finished picture.

    Attributes:
        id: The service's id of the picture (not of the job); what variations and guidance ask for.
        url: Where the service keeps it.
        path: The file here.
        seed: The job's seed; `job.again()` with it makes the same pictures again.
        width: In pixels, of the file; larger than asked for where the model upsizes.
        height: In pixels, of the file.
        nsfw: Whether the service marked it so; the mark only informs.
        index: Its place in its job, from 0.
    """

    __module__ = "leonardo_nb"

    def __init__(self, media: MediaFile, *, index: int = 0, seed: int | None = None) -> None:
        self.id = media.image_id
        self.url = media.url
        self.nsfw = media.nsfw
        self.path: Path = media.file.path
        self.width = media.file.width
        self.height = media.file.height
        self.media_type = media.file.media_type
        self.index = index
        self.seed = seed

    @property
    def size(self) -> tuple[int, int]:
        """Width and height in pixels."""
        return self.width, self.height

    def read_bytes(self) -> bytes:
        """
        Return the file's bytes, as the service made them.

        Raises:
            LibraryError: The file is gone.
        """
        try:
            return self.path.read_bytes()
        except OSError as error:
            raise LibraryError(
                f"The picture's file {self.path} cannot be read ({error.strerror}); "
                f"the service keeps it at {self.url}."
            ) from error

    def pil(self) -> PIL.Image.Image:
        """
        Return the picture as a Pillow image, decoded and independent of the file.

        Raises:
            LibraryError: The file is gone.
        """
        import PIL.Image

        image = PIL.Image.open(io.BytesIO(self.read_bytes()))
        image.load()
        return image

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Image) and (self.id, self.path) == (other.id, other.path)

    def __hash__(self) -> int:
        return hash((self.id, self.path))

    def __repr__(self) -> str:
        seed = "" if self.seed is None else f", seed {self.seed}"
        return f"<Image {self.index + 1}, {self.width} x {self.height}{seed}>"

    def _repr_mimebundle_(
        self, include: object = None, exclude: object = None
    ) -> dict[str, str | bytes]:
        del include, exclude
        media_type, data = shown(self.pil())
        return {media_type: data, "text/plain": repr(self)}


class Images(Sequence[Image]):
    """The pictures of one job, in the service's order; a sequence that shows itself."""

    __module__ = "leonardo_nb"

    def __init__(self, images: Iterable[Image]) -> None:
        self._images = tuple(images)

    @overload
    def __getitem__(self, index: int) -> Image: ...
    @overload
    def __getitem__(self, index: slice) -> Images: ...
    def __getitem__(self, index: int | slice) -> Image | Images:
        if isinstance(index, slice):
            return Images(self._images[index])
        return self._images[index]

    def __len__(self) -> int:
        return len(self._images)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Images) and self._images == other._images

    def __hash__(self) -> int:
        return hash(self._images)

    def __repr__(self) -> str:
        return f"<Images: {', '.join(map(repr, self._images))}>" if self else "<Images: none>"

    def _repr_mimebundle_(
        self, include: object = None, exclude: object = None
    ) -> dict[str, str | bytes]:
        del include, exclude
        if not self:
            return {"text/plain": repr(self)}
        media_type, data = shown(side_by_side([image.pil() for image in self]))
        return {media_type: data, "text/plain": repr(self)}


def side_by_side(images: Sequence[PIL.Image.Image]) -> PIL.Image.Image:
    """Return *images* in one row, at one height, on white where they are transparent."""
    import PIL.Image

    if len(images) == 1:
        return images[0]
    height = min(SHOWN_SIDE // 2, *(image.height for image in images))
    scaled = [
        image.convert("RGBA").resize((max(1, image.width * height // image.height), height))
        for image in images
    ]
    width = sum(image.width for image in scaled) + GAP * (len(scaled) - 1)
    row = PIL.Image.new("RGBA", (width, height), "white")
    left = 0
    for image in scaled:
        row.alpha_composite(image, (left, 0))
        left += image.width + GAP
    return row.convert("RGB")


def shown(image: PIL.Image.Image) -> tuple[str, bytes]:
    """Return media type and bytes of *image*, small enough to be kept in a notebook."""
    image = image.copy()
    image.thumbnail((SHOWN_SIDE, SHOWN_SIDE))
    transparent = "A" in image.getbands() or "transparency" in image.info
    if transparent:
        data = _encoded(image, "PNG")
        if len(data) <= SHOWN_BYTES:
            return "image/png", data
        image = side_by_side([image, image]).crop((0, 0, *image.size))
    for quality in (88, 78, 65, 50):
        data = _encoded(image.convert("RGB"), "JPEG", quality=quality)
        if len(data) <= SHOWN_BYTES:
            break
    return "image/jpeg", data


def _encoded(image: PIL.Image.Image, kind: str, **options: int) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, kind, optimize=True, **options)
    return buffer.getvalue()
