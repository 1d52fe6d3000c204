"""
What a notebook calls: the default studio's methods as functions.

The studio is made on first use; see `Studio` for what each of them takes and raises.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from leonardo_nb.studios import studio

if TYPE_CHECKING:
    from leonardo_nb.engine.job import Job
    from leonardo_nb.engine.kinds import GenerationJob, VariationJob, VideoJob
    from leonardo_nb.engine.media import Video
    from leonardo_nb.engine.origins import ImageLike
    from leonardo_nb.library.table import JobTable
    from leonardo_nb.service.responses import PlatformModel

__all__ = [
    "generate",
    "image_to_video",
    "job",
    "jobs",
    "models",
    "motion",
    "nobg",
    "text_to_video",
    "universal_upscale",
    "unzoom",
    "upscale",
    "upscale_video",
]


def generate(prompt: str, *, check: bool = True, **parameters: Any) -> GenerationJob:  # noqa: ANN401
    """
    Ask the default studio for pictures; return their job at once.

    See `Studio.generate` for arguments and errors.
    """
    return studio().generate(prompt, check=check, **parameters)


def text_to_video(prompt: str, *, check: bool = True, **parameters: Any) -> VideoJob:  # noqa: ANN401
    """Ask for a video made from words; return its job at once. See `Studio.text_to_video`."""
    return studio().text_to_video(prompt, check=check, **parameters)


def image_to_video(
    prompt: str,
    image: ImageLike | None = None,
    *,
    check: bool = True,
    **parameters: Any,  # noqa: ANN401
) -> VideoJob:
    """Ask for a video that begins with *image*. See `Studio.image_to_video`."""
    return studio().image_to_video(prompt, image, check=check, **parameters)


def motion(
    image: ImageLike,
    motionStrength: int | None = None,  # noqa: N803  the service's name
    *,
    check: bool = True,
    **parameters: Any,  # noqa: ANN401
) -> VideoJob:
    """Ask Motion 1.0, which is retired, to move *image*. See `Studio.motion`."""
    return studio().motion(image, motionStrength, check=check, **parameters)


def upscale_video(
    video: Video | VideoJob | str, *, check: bool = True, **parameters: Any
) -> VideoJob:  # noqa: ANN401
    """Ask for a finer *video*. See `Studio.upscale_video`."""
    return studio().upscale_video(video, check=check, **parameters)


def upscale(image: ImageLike, *, check: bool = True, **parameters: Any) -> VariationJob:  # noqa: ANN401
    """Ask for a larger *image*. See `Studio.upscale`."""
    return studio().upscale(image, check=check, **parameters)


def unzoom(image: ImageLike, *, check: bool = True, **parameters: Any) -> VariationJob:  # noqa: ANN401
    """Ask for more around *image*. See `Studio.unzoom`."""
    return studio().unzoom(image, check=check, **parameters)


def nobg(image: ImageLike, *, check: bool = True, **parameters: Any) -> VariationJob:  # noqa: ANN401
    """Ask for *image* without its background. See `Studio.nobg`."""
    return studio().nobg(image, check=check, **parameters)


def universal_upscale(
    image: ImageLike | None = None,
    *,
    check: bool = True,
    **parameters: Any,  # noqa: ANN401
) -> VariationJob:
    """Ask for a larger *image* with detail of a style. See `Studio.universal_upscale`."""
    return studio().universal_upscale(image, check=check, **parameters)


def jobs(*, limit: int = 50, offset: int = 0) -> JobTable:
    """Return what the default studio's library knows, newest first, as a table."""
    return studio().jobs(limit=limit, offset=offset)


def job(name: str) -> Job[Any]:
    """Return the job with the id *name* from the default studio's library; see `Studio.job`."""
    return studio().job(name)


def models() -> tuple[PlatformModel, ...]:
    """Return the models that the default studio's service offers by name, asked for now."""
    return studio().models()
