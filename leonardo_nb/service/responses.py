"""
The bodies that we read; nothing that the service adds, leaves out or renames a value of stops us.

The documented types are stricter than the service is: nulls, numbers as text, new enum values and
members in either of two places all occur. Only what a job cannot do without, its id, is required.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Annotated, Final, Self

from pydantic import (
    AliasChoices,
    AliasPath,
    BaseModel,
    ConfigDict,
    Field,
    PlainValidator,
    model_validator,
)

from leonardo_nb.money import Cost, Credits, Dollars

__all__ = [
    "Account",
    "Ack",
    "GeneratedImage",
    "Generation",
    "MotionVariation",
    "PlatformModel",
    "Variation",
    "deleted_id",
    "inside",
    "one_row",
    "price_of",
    "printable",
    "read_cost",
    "rows",
]


_PLAIN_ID: Final = re.compile(r"[A-Za-z0-9_-]{1,64}")


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None


def _some_text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _id(value: object) -> str:
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    if not isinstance(value, str) or not value.strip():
        raise ValueError("an id is missing")
    return value


def _plain_id(value: object) -> str:
    """Return the id of a paid job, which is looked for by it: letters, digits and dashes, short."""
    found = _id(value)
    if not _PLAIN_ID.fullmatch(found):
        raise ValueError("the job's id is none")
    return found


def _id_or_none(value: object) -> str | None:
    try:
        return _id(value)
    except ValueError:
        return None


def _number(value: object) -> float | None:
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        return None
    try:
        number = float(value)
    except (ValueError, OverflowError):
        return None
    if not math.isfinite(number):
        return None
    return int(value) if isinstance(value, int) else number


def _whole(value: object) -> int | None:
    number = _number(value)
    return None if number is None else int(number)


def _is_true(value: object) -> bool:
    return value is True


def _time(value: object) -> datetime | None:
    if not isinstance(value, str):
        return None
    try:
        moment = datetime.fromisoformat(value)
        # The service writes UTC and no zone.
        return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
    except (ValueError, OverflowError):  # in UTC it may be before the year 1
        return None


def _moment(value: object) -> datetime | None:
    return value if isinstance(value, datetime) else _time(value)


def _words(value: object) -> tuple[str, ...]:
    """Return the moderation words of `prompt_moderations`, in whatever depth they are."""
    if isinstance(value, str):
        return (value,) if value else ()
    if isinstance(value, Mapping):
        return _words(value.get("moderationClassification"))
    if isinstance(value, (list, tuple)):
        return tuple(dict.fromkeys(word for each in value for word in _words(each)))
    return ()


_Text = Annotated[str | None, PlainValidator(_text)]
_Id = Annotated[str, PlainValidator(_id)]
_Number = Annotated[float | None, PlainValidator(_number)]
_Whole = Annotated[int | None, PlainValidator(_whole)]
_Flag = Annotated[bool, PlainValidator(_is_true)]


def printable(text: str) -> str:
    r"""
    Return the service's words in one line for a sentence, with nothing that steers a terminal.

    >>> printable("no \x1b[31mfox\n")
    'no �[31mfox'
    """
    flat = " ".join(text.split())
    return "".join(each if each.isprintable() else "\ufffd" for each in flat)


class _Answer(BaseModel):
    model_config = ConfigDict(
        frozen=True, extra="ignore", populate_by_name=True, protected_namespaces=()
    )


def inside(body: object, *wrappers: str) -> object:
    """
    Return what stands in *body* under the first of *wrappers* that is there; it may be None.

    Raises:
        ValueError: None of them is there.
    """
    if isinstance(body, Mapping):
        for wrapper in wrappers:
            if wrapper in body:
                return body[wrapper]
    raise ValueError(f"{wrappers[0]} is missing")


def rows(body: object, wrapper: str) -> list[Mapping[str, object]]:
    """Return the rows under *wrapper*; null is no rows, and what is not an object is no row."""
    found = inside(body, wrapper)
    if found is None:
        return []
    if not isinstance(found, list):
        raise ValueError(f"{wrapper} is not a list")  # noqa: TRY004  the answer's fault, like the others
    return [row for row in found if isinstance(row, Mapping)]


def _amount(value: object) -> Decimal | None:
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        return None
    try:
        amount = Decimal(str(value))
    except InvalidOperation:
        return None
    # less than nothing is no price, and would make room in a budget
    return amount if amount.is_finite() and amount >= 0 else None


def read_cost(job: Mapping[str, object]) -> Cost | None:
    """Return the job's price: the `cost` object, else the older number of credits."""
    cost = job.get("cost")
    if isinstance(cost, Mapping):
        amount, unit = _amount(cost.get("amount")), cost.get("unit")
        if amount is not None and unit == "DOLLARS":
            return Dollars(amount)
        if amount is not None and unit == "CREDITS":
            return Credits(amount)
    amount = _amount(job.get("apiCreditCost"))
    return None if amount is None else Credits(amount)


_CostOrNone = Annotated[Cost | None, PlainValidator(lambda value: value)]


class Ack(_Answer):
    """
    The acknowledgement of a job: from here on it costs money.

    Attributes:
        id: What to look for; the request's class says where.
        generation_id: The generation's id; for variations, which have none, the same as `id`.
        cost: Its price, or None where the service names none.
        left_out: Members that the service does not take, and the request went without.
        notes: What the answer says besides, in sentences.
        files: Where the results are, from endpoints that answer with them; None where the job has
            to be looked for.
    """

    id: _Id
    generation_id: _Id
    cost: _CostOrNone = None
    left_out: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    files: tuple[str, ...] | None = None

    @classmethod
    def read(
        cls,
        body: object,
        wrappers: tuple[str, ...] = ("sdGenerationJob", "generate"),
        *,
        left_out: tuple[str, ...] = (),
    ) -> Self:
        """
        Return the acknowledgement in an answer.

        Args:
            body: The answer.
            wrappers: Under which names it may stand; one without any, as the v2 API documents it,
                is read as well.
            left_out: What the request went without.
        """
        is_flat = isinstance(body, Mapping) and any(name in body for name in ("generationId", "id"))
        job = body if is_flat else inside(body, *wrappers)
        if not isinstance(job, Mapping):
            raise ValueError(f"{wrappers[0]} is null")  # noqa: TRY004  the answer's fault, like the others
        ids = [job.get(name) for name in ("variationId", "id", "generationId")]
        return cls(
            id=_plain_id(next((each for each in ids if each is not None), None)),
            generation_id=_plain_id(
                next((each for each in reversed(ids) if each is not None), None)
            ),
            cost=read_cost(job),
            left_out=left_out,
        )


class Account(_Answer):
    """
    Whose key it is, and what is left.

    Attributes:
        user_id: The id that lists of generations are asked with, or None where the service does
            not say whose key it is; nothing else needs it.
        username: As shown on the site; may be empty.
        slots: How many image jobs run at once.
        balance: API credits left, or None where the service does not say.
        renewal: When an API plan is renewed, or None where there is none.
    """

    user_id: str | None
    username: Annotated[str, PlainValidator(_some_text)] = ""
    slots: int = 10
    balance: _CostOrNone = None
    renewal: Annotated[datetime | None, PlainValidator(_moment)] = None

    @classmethod
    def read(cls, body: object) -> Self:
        """Return the account in an answer to `GET /me`."""
        found = rows(body, "user_details")
        if not found:
            raise ValueError("user_details is empty")
        row, user = found[0], found[0].get("user")
        user = user if isinstance(user, Mapping) else {}
        parts = [_amount(row.get(name)) for name in ("apiPaidTokens", "apiSubscriptionTokens")]
        known = [part for part in parts if part is not None]
        slots = _whole(row.get("apiConcurrencySlots"))
        return cls(
            user_id=_id_or_none(user.get("id")),
            username=_some_text(user.get("username")),
            slots=slots if slots and slots > 0 else 10,  # the documented default
            balance=Credits(sum(known, Decimal(0))) if known else None,
            renewal=_time(row.get("apiPlanTokenRenewalDate")),
        )


class PlatformModel(_Answer):
    """
    One of the models that anybody can draw with.

    Attributes:
        image_url: Where the service's preview is, or None where it has none.
    """

    id: _Id
    name: Annotated[str, PlainValidator(_some_text)] = ""
    description: Annotated[str, PlainValidator(_some_text)] = ""
    featured: _Flag = False
    nsfw: _Flag = False
    image_url: _Text = Field(None, validation_alias=AliasPath("generated_image", "url"))

    @classmethod
    def read(cls, body: object) -> tuple[Self, ...]:
        """Return the models in an answer to `GET /platformModels`, but for rows without an id."""
        found = rows(body, "custom_models")
        return tuple(cls.model_validate(row) for row in found if _id_or_none(row.get("id")))


class Variation(_Answer):
    """
    What a look at a variation sees: one image made out of another.

    Attributes:
        status: The service's word; one that we do not know is neither complete nor failed.
        url: Where it is, or None until it is there.
        transform: What was done, such as `"UPSCALE"`.
    """

    id: Annotated[str, PlainValidator(_some_text)] = ""
    status: Annotated[str, PlainValidator(_some_text)] = ""
    url: _Text = None
    transform: _Text = Field(None, validation_alias=AliasChoices("transformType", "transform"))
    created_at: Annotated[datetime | None, PlainValidator(_moment)] = Field(
        None, validation_alias=AliasChoices("createdAt", "created_at")
    )

    @property
    def is_complete(self) -> bool:
        """Whether the image is there."""
        return self.status == "COMPLETE"

    @property
    def is_failed(self) -> bool:
        """Whether the service gave up."""
        return self.status == "FAILED"


class MotionVariation(Variation):
    """
    What a look at a motion variation sees: one video made out of another.

    Attributes:
        resolution: How fine it is, such as `"RESOLUTION_720"`.
    """

    transform: _Text = Field(
        None, validation_alias=AliasChoices("motionTransformType", "transformType", "transform")
    )
    resolution: _Text = None


def one_row(body: object, wrapper: str, identifier: str) -> Mapping[str, object] | None:
    """
    Return the row of *identifier* under *wrapper*, or None where there is none yet.

    The service answers with an array under a singular name, empty in a job's first moments; an
    object in its place, and null, are read as well.
    """
    found = inside(body, wrapper)
    if isinstance(found, Mapping):
        return found
    every = rows(body, wrapper)
    return next((row for row in every if row.get("id") == identifier), every[0] if every else None)


def _variations(value: object) -> tuple[Variation, ...]:
    if not isinstance(value, (list, tuple)):
        return ()
    return tuple(
        each if isinstance(each, Variation) else Variation.model_validate(each)
        for each in value
        if isinstance(each, (Mapping, Variation))
    )


class GeneratedImage(_Answer):
    """
    One picture of a generation.

    Attributes:
        id: The image's own id; not the generation's.
        url: Where it is, or None until it is there.
        nsfw: The service's mark; it only informs.
        width: In pixels, where the service says so.
        height: In pixels, where the service says so.
        motion_mp4_url: Its video, where it is one; `url` is then the poster.
        variations: What was made out of it.
    """

    id: Annotated[str, PlainValidator(_some_text)] = ""
    url: _Text = None
    nsfw: _Flag = False
    width: _Whole = Field(None, validation_alias=AliasChoices("image_width", "imageWidth", "width"))
    height: _Whole = Field(
        None, validation_alias=AliasChoices("image_height", "imageHeight", "height")
    )
    motion_mp4_url: _Text = Field(
        None, validation_alias=AliasChoices("motionMP4URL", "motion_mp4_url", "motion_url")
    )
    variations: Annotated[tuple[Variation, ...], PlainValidator(_variations)] = Field(
        (), validation_alias=AliasChoices("generated_image_variation_generics", "variations")
    )

    @property
    def motion_url(self) -> str | None:
        """The same as `motion_mp4_url`."""
        return self.motion_mp4_url


def _images(value: object) -> tuple[GeneratedImage, ...]:
    if not isinstance(value, (list, tuple)):
        return ()
    return tuple(
        each if isinstance(each, GeneratedImage) else GeneratedImage.model_validate(each)
        for each in value
        if isinstance(each, (Mapping, GeneratedImage))
    )


# The specification has these on the images, the service has some of them on the generation.
_IN_EITHER_PLACE: Final = (
    "fantasyAvatar",
    "imageToVideo",
    "motion",
    "motionModel",
    "motionStrength",
)


class Generation(_Answer):
    """
    What a look at a job sees.

    Attributes:
        status: The service's word; one that we do not know is neither complete nor failed.
        images: Empty until complete.
        moderation: Words that say what the service objected to; its only hint at a reason.
        raw: The row as it came, for members that we do not name.
    """

    id: _Id
    status: Annotated[str, PlainValidator(_some_text)] = ""
    images: Annotated[tuple[GeneratedImage, ...], PlainValidator(_images)] = Field(
        (), validation_alias=AliasChoices("generated_images", "images")
    )
    seed: _Whole = None
    created_at: Annotated[datetime | None, PlainValidator(_time)] = Field(
        None, validation_alias=AliasChoices("createdAt", "created_at")
    )
    width: _Whole = Field(None, validation_alias=AliasChoices("imageWidth", "width"))
    height: _Whole = Field(None, validation_alias=AliasChoices("imageHeight", "height"))
    prompt: _Text = None
    negative_prompt: _Text = Field(
        None, validation_alias=AliasChoices("negativePrompt", "negative_prompt")
    )
    model_id: _Text = Field(None, validation_alias=AliasChoices("modelId", "model_id"))
    preset_style: _Text = Field(None, validation_alias=AliasChoices("presetStyle", "preset_style"))
    guidance_scale: _Number = Field(
        None, validation_alias=AliasChoices("guidanceScale", "guidance_scale")
    )
    num_inference_steps: _Whole = Field(
        None, validation_alias=AliasChoices("inferenceSteps", "num_inference_steps")
    )
    scheduler: _Text = None
    moderation: Annotated[tuple[str, ...], PlainValidator(_words)] = Field(
        (), validation_alias=AliasChoices("prompt_moderations", "moderation")
    )
    motion: _Flag = False
    raw: dict[str, object] = Field(default_factory=dict, repr=False)

    @model_validator(mode="before")
    @classmethod
    def _gather(cls, row: object) -> object:
        if not isinstance(row, Mapping):
            raise ValueError("a generation is not an object")  # noqa: TRY004  pydantic reads ValueError
        gathered = dict(row)
        images = row.get("generated_images")
        for name in _IN_EITHER_PLACE:
            if gathered.get(name) is None and isinstance(images, list):
                found = (each.get(name) for each in images if isinstance(each, Mapping))
                gathered[name] = next((value for value in found if value is not None), None)
        return gathered | {"raw": dict(row)}

    @property
    def video_url(self) -> str | None:
        """Where the video is, or None where there is none, or not yet."""
        return next((each.motion_mp4_url for each in self.images if each.motion_mp4_url), None)

    @property
    def is_complete(self) -> bool:
        """Whether the pictures are there."""
        return self.status == "COMPLETE"

    @property
    def is_failed(self) -> bool:
        """Whether the service gave up."""
        return self.status == "FAILED"


def price_of(body: object) -> Cost:
    """Return the price in an answer of the calculator; it counts in credits on every account."""
    answer = inside(body, "calculateProductionApiServiceCost")
    amount = _amount(answer.get("cost")) if isinstance(answer, Mapping) else None
    if amount is None:
        raise ValueError("calculateProductionApiServiceCost has no cost")
    return Credits(amount)


def deleted_id(body: object, wrapper: str = "delete_generations_by_pk") -> str | None:
    """Return the id in an answer to a DELETE, or None where nothing matched."""
    answer = inside(body, wrapper)
    if not isinstance(answer, Mapping) or answer.get("id") is None:
        return None
    return _id(answer["id"])
