"""The kinds of job: pictures from words, videos, and one picture made out of another."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Final, cast

from leonardo_nb.engine.job import Job
from leonardo_nb.engine.media import Image, Images, Video
from leonardo_nb.engine.standing import in_short

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from leonardo_nb.library.records import MediaFile
    from leonardo_nb.service.requests import CreateGeneration

__all__ = ["KINDS", "GenerationJob", "VariationJob", "VideoJob"]


class GenerationJob(Job[Images]):
    """Pictures made from words; `await job` gives `Images`."""

    __module__ = "leonardo_nb"

    kind = "generation"
    noun = "Generation"
    gives = "images"

    @property
    def request(self) -> CreateGeneration:
        """What was asked for, with every default filled in."""
        return cast("CreateGeneration", self._snapshot.request)  # its kind chose this class

    @property
    def images(self) -> Images:
        """The pictures that have arrived so far, in the service's order."""
        seed = self.request.seed
        return Images(
            Image(item, index=index, seed=seed, maker=self._runner, made=self._snapshot)
            for index, item in enumerate(self._snapshot.media)
        )

    def _result(self) -> Images:
        return self.images

    def _facts(self) -> list[str]:
        count = len(self._snapshot.media)
        pictures = [] if count == 0 else [f"{count} image" if count == 1 else f"{count} images"]
        return [*pictures, *_paid(self, super()._facts())]


class VideoJob(Job[Video]):
    """A video from words, from an image or from another video; `await job` gives a `Video`."""

    __module__ = "leonardo_nb"

    kind = "video"
    noun = "Video"
    gives = "videos"

    @property
    def generation_id(self) -> str | None:
        """The service's id of the generation, or None before that, and for an upscaled video."""
        return self.id if self.request.looked_for == "generation" else None

    @property
    def video(self) -> Video | None:
        """The video, or None as long as it has not arrived."""
        media = self._snapshot.media
        return self._made(media[0]) if media else None

    @property
    def images(self) -> Images:
        """The video's still, where the service made one."""
        posters = [self._made(item).poster for item in self._snapshot.media]
        return Images(poster for poster in posters if poster is not None)

    @property
    def source(self) -> Image | Video | None:
        """What the video begins with, or None where it is words, or no file of it is here."""
        source = self._snapshot.source
        if source is None:
            return None
        if source.file.duration is None:
            is_variation = self.request.source_type == "VARIATION"
            return Image(source, maker=self._runner, is_variation=is_variation)
        return Video(source, maker=self._runner)

    def _made(self, media: MediaFile) -> Video:
        seed = getattr(self.request, "seed", None)
        return Video(media, seed=seed, generation_id=self.generation_id, maker=self._runner)

    def _result(self) -> Video:
        return self._made(self._snapshot.media[0])

    def _facts(self) -> list[str]:
        video = self.video
        length = [] if video is None else [f"{video.duration:.1f} s"]
        return [*length, *_paid(self, super()._facts())]


class VariationJob(Job[Image]):
    """One picture made out of another; `await job` gives the new `Image`."""

    __module__ = "leonardo_nb"

    kind = "variation"
    noun = "Variation"
    gives = "images"

    @property
    def image(self) -> Image | None:
        """The new picture, or None as long as it has not arrived."""
        media = self._snapshot.media
        return self._made(media[0]) if media else None

    @property
    def images(self) -> Images:
        """The new picture, once it has arrived."""
        return Images(map(self._made, self._snapshot.media))

    @property
    def source(self) -> Image | None:
        """The picture that it was made out of, or None where no file of it is here."""
        source = self._snapshot.source
        if source is None:
            return None
        is_variation = self.request.source_type == "VARIATION"
        return Image(source, maker=self._runner, is_variation=is_variation)

    def _made(self, media: MediaFile) -> Image:
        return Image(media, maker=self._runner, is_variation=True, made=self._snapshot)

    def _result(self) -> Image:
        return self._made(self._snapshot.media[0])

    def _facts(self) -> list[str]:
        image = self.image
        size = [] if image is None else [f"{image.width} x {image.height}"]
        return [*size, *_paid(self, super()._facts())]


def _paid(job: Job[Any], cost: list[str]) -> list[str]:
    """Return what a repr says of a job's cost and way; what comes from the library cost nothing."""
    return [*([] if job.snapshot.reused else cost), *in_short(job.snapshot)]


KINDS: Final[Mapping[str, type[Job[Any]]]] = MappingProxyType(
    {each.kind: each for each in (GenerationJob, VideoJob, VariationJob)}
)
"""The class of a job by the `kind` of its request."""
