"""What a finished job gives: pictures and videos that are files here, and show themselves."""

from __future__ import annotations

import base64
import copy
import io
import logging
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Protocol, Self, overload

from leonardo_nb.engine import origins
from leonardo_nb.engine.markup import NO_MATH
from leonardo_nb.engine.origins import Origin
from leonardo_nb.engine.terms import Terms
from leonardo_nb.errors import LibraryError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    import PIL.Image

    from leonardo_nb.engine.kinds import VariationJob, VideoJob
    from leonardo_nb.engine.lifecycle import Snapshot
    from leonardo_nb.library.records import MediaFile
    from leonardo_nb.service.requests import Body, VariationBody, VideoBody

__all__ = ["Image", "Images", "Maker", "Video", "file_size"]

logger = logging.getLogger("leonardo_nb")

SHOWN_SIDE = 1024
"""Pixels of the longer side of a picture shown inline; the file keeps its own size."""
SHOWN_BYTES = 300_000
GAP = 12

SHOWN_WIDTH = 640
"""Pixels that a video's html is wide at most, as a frozen card is."""
SHOWN_HEIGHT = 560
POSTER_SIDE = 960
"""Pixels of the longer side of a shown poster: half as many again, for finer screens."""
POSTER_BYTES = 105_000
"""Of a shown poster's JPEG; it is in the bundle twice, which is 280 kB as text."""
EMBEDDED_BYTES = 20_000_000
"""Of a video that may be put into a notebook; it takes a third more there, at every save."""
ACROSS = "display:block;width:100%;height:auto;margin:0"


class Maker(Protocol):
    """
    What makes a job of a request: the studio's runner.

    Attributes:
        usual: On what terms, where nothing else is said.
    """

    usual: Terms

    @overload
    def submit(
        self, request: VideoBody, source: MediaFile | None = None, *, terms: Terms = ...
    ) -> VideoJob: ...
    @overload
    def submit(
        self, request: VariationBody, source: MediaFile | None = None, *, terms: Terms = ...
    ) -> VariationJob: ...


def _terms(maker: Maker | None, parameters: dict[str, Any]) -> Terms:
    """Return what *parameters* say of terms, and take it out of them."""
    return Terms.taken_from(parameters, None if maker is None else maker.usual)


def _maker(maker: Maker | None, request: Body) -> Maker:
    """
    Return *maker*.

    Raises:
        LibraryError: Nobody is there to ask, because the file came without its studio.
    """
    if maker is None:
        raise LibraryError(
            f"This file came without a studio that could be asked; see leo.{request.function}()."
        )
    return maker


class _Made:
    """
    A file that knows who made it.

    A pickle leaves the maker out, which has threads and connections; a copy here has the same one.
    """

    _maker: Maker | None

    def __getstate__(self) -> dict[str, object]:
        return {**self.__dict__, "_maker": None}

    def __copy__(self) -> Self:
        fresh = object.__new__(type(self))
        fresh.__dict__.update(self.__dict__)
        return fresh

    def __deepcopy__(self, memo: dict[int, object]) -> Self:
        del memo
        return copy.copy(self)  # what is in it never changes


class Image(_Made):
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
        is_variation: Whether it was made out of another picture; `id` is then a variation's.
    """

    __module__ = "leonardo_nb"

    def __init__(
        self,
        media: MediaFile,
        *,
        index: int = 0,
        seed: int | None = None,
        is_variation: bool = False,
        maker: Maker | None = None,
        made: Snapshot | None = None,
    ) -> None:
        self._media = media
        self._maker = maker
        self._made = made
        self.id = media.image_id
        self.url = media.url
        self.nsfw = media.nsfw
        self.path: Path = media.file.path
        self.width = media.file.width
        self.height = media.file.height
        self.media_type = media.file.media_type
        self.index = index
        self.seed = seed
        self.is_variation = is_variation

    @property
    def origin(self) -> Origin:
        """What it is to the service, for a job that begins with it."""
        return Origin(self.id, "VARIATION" if self.is_variation else "GENERATED", self._media)

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
        return _bytes_of(self.path, "picture", self.url)

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

    def save(self, path: str | Path, *, prompt: bool = True) -> Path:
        """
        Write a copy that says how it was made, and return where it is.

        The pixels are the same bytes. In the copy are the request, ids and cost as our own JSON,
        the `parameters` text that most programs show, and XMP that names it made by a trained
        model; `leo.from_files` reads it again. A picture with a C2PA manifest is copied as it is,
        and a `.json` file beside it says the rest.

        Args:
            path: A file's name, or a folder. Without an ending it gets the picture's own; one that
                is there is replaced.
            prompt: False leaves out what somebody wrote.

        Raises:
            ExportFailed: The ending says another format, or the disk refuses it.
            LibraryError: The file is gone.
        """
        from leonardo_nb.engine.saving import save_copy

        return save_copy(self, self._made, path, prompt=prompt)

    # making more of it; each returns at once, and awaiting the job gives the result

    def upscale(self, **parameters: Any) -> VariationJob:  # noqa: ANN401  typed by Upscale
        """Ask for it larger; see `Studio.upscale`."""
        terms = _terms(self._maker, parameters)
        request = origins.upscale_of(self, **parameters)
        return _maker(self._maker, request).submit(
            terms.seeded(request, parameters), self._media, terms=terms
        )

    def unzoom(self, **parameters: Any) -> VariationJob:  # noqa: ANN401  typed by Unzoom
        """Ask for more around it; see `Studio.unzoom`."""
        terms = _terms(self._maker, parameters)
        request = origins.unzoom_of(self, **parameters)
        return _maker(self._maker, request).submit(
            terms.seeded(request, parameters), self._media, terms=terms
        )

    def nobg(self, **parameters: Any) -> VariationJob:  # noqa: ANN401  typed by CutOut
        """Ask for it without its background; see `Studio.nobg`."""
        terms = _terms(self._maker, parameters)
        request = origins.nobg_of(self, **parameters)
        return _maker(self._maker, request).submit(
            terms.seeded(request, parameters), self._media, terms=terms
        )

    def universal_upscale(self, **parameters: Any) -> VariationJob:  # noqa: ANN401  typed by UniversalUpscale
        """Ask for it larger, with detail of a style; see `Studio.universal_upscale`."""
        terms = _terms(self._maker, parameters)
        request = origins.universal_upscale_of(self, **parameters)
        return _maker(self._maker, request).submit(
            terms.seeded(request, parameters), self._media, terms=terms
        )

    def to_video(self, prompt: str, **parameters: Any) -> VideoJob:  # noqa: ANN401  typed by ImageToVideo
        """Ask for a video that begins with it; see `Studio.image_to_video`."""
        terms = _terms(self._maker, parameters)
        request = origins.image_to_video_of(prompt, self, **parameters)
        return _maker(self._maker, request).submit(
            terms.seeded(request, parameters), self._media, terms=terms
        )

    def motion(self, strength: int | None = None, **parameters: Any) -> VideoJob:  # noqa: ANN401  typed by MotionSvd
        """Ask Motion 1.0, which is retired, to move it; see `Studio.motion`."""
        terms = _terms(self._maker, parameters)
        given = {} if strength is None else {"motionStrength": strength}
        request = origins.motion_of(self, **given, **parameters)
        return _maker(self._maker, request).submit(
            terms.seeded(request, parameters), self._media, terms=terms
        )

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


class Video(_Made):
    """
    One finished video.

    Shown as its still with a play mark; `video.embed()` is shown as a player.

    Attributes:
        id: The service's id of the video (not of the job).
        url: Where the service keeps it.
        path: The file here, an MP4.
        poster: Its still, with the same id; None where the service made none.
        duration: In seconds.
        width: In pixels.
        height: In pixels.
        size_bytes: Of the file.
        media_type: `video/mp4`.
        nsfw: Whether the service marked it so; the mark only informs.
        index: Its place in its job, from 0.
        seed: The job's seed; None where the job has none, as with motion.
        generation_id: The service's id of its generation; None for a video that was upscaled.
    """

    __module__ = "leonardo_nb"

    def __init__(
        self,
        media: MediaFile,
        *,
        index: int = 0,
        seed: int | None = None,
        generation_id: str | None = None,
        maker: Maker | None = None,
    ) -> None:
        self._media = media
        self._maker = maker
        self.id = media.image_id
        self.generation_id = generation_id
        self.url = media.url
        self.nsfw = media.nsfw
        self.path: Path = media.file.path
        still = None if media.poster is None else replace(media, file=media.poster, poster=None)
        self.poster = None if still is None else Image(still, index=index, seed=seed)
        self.duration = media.file.duration or 0.0
        self.width = media.file.width
        self.height = media.file.height
        self.size_bytes = media.file.size_bytes
        self.media_type = media.file.media_type
        self.index = index
        self.seed = seed
        self._plays = False

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
        return _bytes_of(self.path, "video", self.url)

    def embed(self) -> Video:
        """
        Return the same video, which plays where it is shown: its bytes go into the notebook.

        Raises:
            LibraryError: It is too large to be kept in a notebook.
        """
        if self.size_bytes > EMBEDDED_BYTES:
            raise LibraryError(
                f"The video has {file_size(self.size_bytes)}, more than the "
                f"{file_size(EMBEDDED_BYTES)} that are put into a notebook. Nothing is lost: "
                f"video.path has the file, {self.path}."
            )
        playing = copy.copy(self)
        playing._plays = True  # noqa: SLF001  our own copy
        return playing

    def upscale(self, **parameters: Any) -> VideoJob:  # noqa: ANN401  typed by VideoUpscale
        """Ask for it finer; see `Studio.upscale_video`."""
        terms = _terms(self._maker, parameters)
        request = origins.video_upscale_of(self, **parameters)
        return _maker(self._maker, request).submit(
            terms.seeded(request, parameters), self._media, terms=terms
        )

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Video) and (self.id, self.path) == (other.id, other.path)

    def __hash__(self) -> int:
        return hash((self.id, self.path))

    def __repr__(self) -> str:
        seed = "" if self.seed is None else f", seed {self.seed}"
        size = f"{self.width} x {self.height}"
        return f"<Video {self.index + 1}, {size}, {self.duration:.1f} s{seed}>"

    def _repr_html_(self) -> str:
        return self._html(self._marked(self._still()))

    def _repr_mimebundle_(
        self, include: object = None, exclude: object = None
    ) -> dict[str, str | bytes]:
        del include, exclude
        marked = self._marked(self._still())
        return {"text/html": self._html(marked), "image/jpeg": marked, "text/plain": repr(self)}

    def _html(self, marked: bytes) -> str:
        """
        Return a player where the video is embedded, else the JPEG *marked*; and what it is.

        Measured with JupyterLab 4.6: a video that is a `data:` address plays in a notebook that is
        not trusted, too. For hosts that take no videos the picture is inside the player.
        """
        factor = min(1.0, SHOWN_WIDTH / self.width, SHOWN_HEIGHT / self.height)
        width, height = max(1, round(self.width * factor)), max(1, round(self.height * factor))
        facts = f"{self.width} x {self.height}, {self.duration:.1f} s, {file_size(self.size_bytes)}"
        across = f'width="{width}" height="{height}" style="{ACROSS}"'
        shown = f'<img src="{_data_url("image/jpeg", marked)}" alt="Video, {facts}" {across}>'
        if self._plays:
            # its own poster has no mark, because players draw theirs
            still = self._still()
            poster = "" if still is None else f' poster="{_data_url("image/jpeg", _small(still))}"'
            film = _data_url(self.media_type, self.read_bytes())
            shown = (
                f'<video controls loop playsinline aria-label="Video, {facts}" {across}{poster} '
                f'src="{film}">{shown}</video>'
            )
        return (
            f'<figure {NO_MATH} style="margin:0;max-width:{width}px">{shown}'
            '<figcaption style="margin:8px 0 0;text-align:left;font-size:12px;line-height:1.6;'
            f'opacity:.75">{facts}</figcaption></figure>'
        )

    def _still(self) -> PIL.Image.Image | None:
        """Return the poster, decoded; None where there is none, or none that can be opened."""
        try:
            return None if self.poster is None else self.poster.pil()
        except (LibraryError, OSError, ValueError):  # moved or broken; the video is still shown
            logger.warning("The still of %s cannot be opened.", self, exc_info=True)
            return None

    def _marked(self, still: PIL.Image.Image | None) -> bytes:
        """Return the JPEG of *still*, or of a dark frame, with a play mark on it."""
        from leonardo_nb.engine.posters import dark_frame, with_play_mark

        frame = dark_frame(self.width, self.height) if still is None else still
        return _small(frame, with_play_mark)


def file_size(size_bytes: int) -> str:
    """
    Return the size of a file as a person says it.

    >>> file_size(412_345), file_size(1_640_000), file_size(83)
    ('412 kB', '1.6 MB', '1 kB')
    """
    if size_bytes >= 999_500:
        return f"{size_bytes / 1e6:.1f} MB"
    return f"{max(1, round(size_bytes / 1000))} kB"


def _bytes_of(path: Path, what: str, url: str) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise LibraryError(
            f"The {what}'s file {path} cannot be read ({error.strerror}); "
            f"the service keeps it at {url}."
        ) from error


def _data_url(media_type: str, data: bytes) -> str:
    return f"data:{media_type};base64,{base64.b64encode(data).decode('ascii')}"


def _small(
    frame: PIL.Image.Image, finish: Callable[[PIL.Image.Image], PIL.Image.Image] | None = None
) -> bytes:
    """Return *frame* as the JPEG of a poster; *finish* is done to it once it has its size."""
    frame = frame.convert("RGB")
    frame.thumbnail((POSTER_SIDE, POSTER_SIDE))
    return _jpeg(frame if finish is None else finish(frame), POSTER_BYTES)


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
    return "image/jpeg", _jpeg(image.convert("RGB"), SHOWN_BYTES)


def _jpeg(image: PIL.Image.Image, most_bytes: int) -> bytes:
    """Return *image* as a JPEG of at most *most_bytes*, unless even the poorest is larger."""
    for quality in (88, 78, 65, 50):
        data = _encoded(image, "JPEG", quality=quality)
        if len(data) <= most_bytes:
            break
    return data


def _encoded(image: PIL.Image.Image, kind: str, **options: int) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, kind, optimize=True, **options)
    return buffer.getvalue()
