"""
What a notebook calls: the default studio's methods as functions.

The studio is made on first use; see `Studio` for what each of them takes and raises.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, overload

from leonardo_nb.default_studio import studio

if TYPE_CHECKING:
    from leonardo_nb.account.history import History
    from leonardo_nb.account.jobs import JobTable
    from leonardo_nb.account.me import Me
    from leonardo_nb.account.offers import ElementTable, ModelTable, OwnElementTable, StyleTable
    from leonardo_nb.account.prompts import Prompt
    from leonardo_nb.account.spending import By, SpendingTable
    from leonardo_nb.engine.job import Job
    from leonardo_nb.engine.kinds import GenerationJob, VariationJob, VideoJob
    from leonardo_nb.engine.media import Video
    from leonardo_nb.engine.origins import ImageLike
    from leonardo_nb.engine.pictures import PictureLike
    from leonardo_nb.engine.resumed import Resumed
    from leonardo_nb.engine.terms import Resend
    from leonardo_nb.engine.uploads import Upload
    from leonardo_nb.money import Cost

__all__ = [
    "delete",
    "elements",
    "generate",
    "history",
    "image_to_video",
    "improve_prompt",
    "inpaint",
    "job",
    "jobs",
    "me",
    "models",
    "motion",
    "nobg",
    "price",
    "random_prompt",
    "resume",
    "spending",
    "styles",
    "text_to_video",
    "universal_upscale",
    "unzoom",
    "upload",
    "upscale",
    "upscale_video",
]


def generate(
    prompt: str,
    *,
    check: bool = True,
    reuse: bool = False,
    budget: Cost | None = None,
    unpriced: bool = False,
    resend: Resend | None = None,
    **parameters: Any,  # noqa: ANN401
) -> GenerationJob:
    """
    Ask the default studio for pictures; return their job at once.

    See `Studio.generate` for arguments and errors.
    """
    return studio().generate(
        prompt,
        check=check,
        reuse=reuse,
        budget=budget,
        unpriced=unpriced,
        resend=resend,
        **parameters,
    )


def resume() -> Resumed:
    """Take up every job that has not ended, as after a restart. See `Studio.resume`."""
    return studio().resume()


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
    video: Video | VideoJob | str,
    *,
    check: bool = True,
    **parameters: Any,  # noqa: ANN401
) -> VideoJob:
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


def upload(what: PictureLike | Upload) -> Upload:
    """Send a picture to the service, so that jobs can begin with it. See `Studio.upload`."""
    return studio().upload(what)


def inpaint(
    prompt: str,
    image: PictureLike,
    mask: PictureLike,
    strength: float = 0.5,
    *,
    check: bool = True,
    **parameters: Any,  # noqa: ANN401
) -> GenerationJob:
    """Ask for the white part of *mask* to be drawn again in *image*. See `Studio.inpaint`."""
    return studio().inpaint(prompt, image, mask, strength, check=check, **parameters)


def me() -> Me:
    """Return the account's balance, slots and renewal, asked for now. See `Studio.me`."""
    return studio().me()


def models() -> ModelTable:
    """Return the models that the service offers, as a table, asked for now."""
    return studio().models()


@overload
def elements(*, own: Literal[False] = ...) -> ElementTable: ...
@overload
def elements(*, own: Literal[True]) -> OwnElementTable: ...
@overload
def elements(*, own: bool) -> ElementTable | OwnElementTable: ...
def elements(*, own: bool = False) -> ElementTable | OwnElementTable:
    """Return the service's elements, or the account's *own*, as a table, asked for now."""
    return studio().elements(own=own)


class _Styles:
    """What `leo.styles` is: a function, and `for_`, which gives the values of an axis."""

    def __call__(self, model: str | None = None) -> StyleTable:
        """Return the styles of *model*, or of the default one, as a table. See `Studio.styles`."""
        return studio().styles(model)

    @staticmethod
    def for_(modelId: str | None = None, **mode: Any) -> list[str]:  # noqa: ANN401, N803
        """
        Return the styles that a model takes in a mode, as values for an axis.

        `alchemy`, `photoReal` and `photoRealVersion` are as in a request. See
        `leonardo_nb.service.styling.styles_for`.
        """
        from leonardo_nb.service.styling import styles_for

        return styles_for(modelId, **mode)

    def __repr__(self) -> str:
        return "<function styles: leo.styles() and leo.styles.for_(model)>"


styles = _Styles()


def price(
    what: object = None,
    *given: Any,  # noqa: ANN401
    service: str | None = None,
    **parameters: Any,  # noqa: ANN401
) -> Cost:
    """
    Return what something would cost; nothing is made or paid.

    `leo.price("a fox", num_images=4)`, `leo.price(leo.text_to_video, "waves", resolution="720p")`,
    `leo.price(leo.universal_upscale, image)` and `leo.price(service="LCM_GENERATION", width=512,
    height=512)` are ways to ask. See `Studio.price`.
    """
    return studio().price(what, *given, service=service, **parameters)


def spending(by: By = "day") -> SpendingTable:
    """Return what the library's jobs have cost, by "day" or "sweep". See `Studio.spending`."""
    return studio().spending(by)


def improve_prompt(
    prompt: str, instructions: str | None = None, *, is_video: bool = False
) -> Prompt:
    """Return a better prompt, written by the service for 4 credits; see `Studio.improve_prompt`."""
    return studio().improve_prompt(prompt, instructions, is_video=is_video)


def random_prompt() -> Prompt:
    """Return a prompt out of nothing, for 4 credits; see `Studio.random_prompt`."""
    return studio().random_prompt()


def history(limit: int = 10, offset: int = 0) -> History:
    """Return the account's newest generations as jobs, in a table. See `Studio.history`."""
    return studio().history(limit, offset)


def delete(what: Job[Any] | Upload | str) -> str:
    """Delete a generation or an upload at the service, not in the library; see `Studio.delete`."""
    return studio().delete(what)
