"""
What a replay file says: the manifest of a recorded run, written by us and read from strangers.

On its own because who writes and who plays have to agree. What is read is checked in every member
before anything is made of it, for the file may come from anywhere.
"""

from __future__ import annotations

import json
from datetime import datetime
from typing import Annotated, Any, Final, Literal, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    PrivateAttr,
    ValidationError,
    model_validator,
)
from pydantic_core import from_json

from leonardo_nb.errors import ReplayError
from leonardo_nb.library.shelf import Mark
from leonardo_nb.money import Cost
from leonardo_nb.service.plain import as_shown, on_one_line
from leonardo_nb.service.requests import CreateGeneration
from leonardo_nb.sweeps.axes import handed_on
from leonardo_nb.sweeps.marks import LONGEST_NOTE

__all__ = [
    "KEY",
    "MANIFEST",
    "MOST_CELLS",
    "MOST_MANIFEST",
    "SUFFIXES",
    "VERSION",
    "Marked",
    "Money",
    "Picture",
    "Place",
    "Recording",
    "Scale",
    "Take",
    "read",
    "unplayable",
]

MANIFEST: Final = "manifest.json"
VERSION: Final = 1
MOST_CELLS: Final = 10_000
MOST_MANIFEST: Final = 64_000_000
"""Bytes; 10,000 cells with long prompts are 20 MB."""
LONGEST: Final = 31_536_000.0
"""Seconds of a replay, a year; pauses are not played."""
SUFFIXES: Final = {"image/jpeg": ".jpg", "image/png": ".png", "image/webp": ".webp"}
KEY: Final = r"^[0-9a-z:_-]{1,100}$"
DEEPEST: Final = 5
"""Levels of lists in a value; guiding images have three."""
LARGEST: Final = 1 << 63

Seconds = Annotated[float, Field(ge=0, le=LONGEST)]
Text = Annotated[str, Field(max_length=100_000)]
Word = Annotated[str, Field(max_length=200)]
Note = Annotated[
    str, Field(max_length=LONGEST_NOTE), AfterValidator(lambda text: as_shown(text).strip())
]
"""What a page or a terminal would obey is taken out of it; nobody needs it to understand a note."""
Side = Annotated[int, Field(ge=1, le=65_535)]
Index = Annotated[int, Field(ge=0, lt=MOST_CELLS)]


class _Part(BaseModel):
    """What a newer writer adds is passed over; what is there has the right type and range."""

    model_config = ConfigDict(strict=True, extra="ignore", allow_inf_nan=False, frozen=True)


class Money(_Part):
    """An amount with its unit."""

    amount: Annotated[str, Field(pattern=r"^[0-9]{1,12}(\.[0-9]{1,12})?$")]
    unit: Literal["CREDITS", "DOLLARS"]

    @classmethod
    def of(cls, cost: Cost | None) -> Money | None:
        """Return *cost* as it is written, or None."""
        return None if cost is None else cls(amount=f"{cost.amount:f}", unit=cost.unit)

    def cost(self) -> Cost:
        """Return the amount."""
        return Cost.of(self.amount, self.unit)


class Picture(_Part):
    """
    One picture of a job.

    Attributes:
        file: Its member of the zip file, named by its content.
        sha256: Of its bytes.
        id: The service's id of it, which may be empty.
    """

    file: Annotated[str, Field(pattern=r"^media/[0-9a-f]{64}\.(jpg|png|webp)$")]
    sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
    media_type: Literal["image/jpeg", "image/png", "image/webp"]
    width: Side
    height: Side
    id: Word = ""
    nsfw: bool = False

    @model_validator(mode="after")
    def _is_named_by_its_content(self) -> Self:
        if self.file != f"media/{self.sha256}{SUFFIXES[self.media_type]}":
            raise ValueError("a picture is not named by its content")
        return self


class Take(_Part):
    """
    One job as it went; times are seconds since the run began, None where it did not come to that.

    Attributes:
        key: What marks and votes on its pictures are kept under.
        request: What was asked for, by the service's names.
        id: The service's id of the job.
        end: How it ended; "stopped" also where it had not ended when the file was made.
        said: Why it failed.
        reason: The same without its id and seconds, where there is such a sentence.
    """

    key: Annotated[str, Field(pattern=KEY)]
    request: dict[str, Any]
    id: Word | None = None
    simulated: bool
    price: Money | None = None
    cost: Money | None = None
    asked: Seconds
    sent: Seconds | None = None
    accepted: Seconds | None = None
    ended: Seconds
    end: Literal["complete", "failed", "unknown", "stopped"]
    said: Text | None = None
    reason: Text | None = None
    refunded: bool = False
    notes: Annotated[list[Text], Field(max_length=100)] = []
    media: Annotated[list[Picture], Field(max_length=100)] = []
    _body: CreateGeneration = PrivateAttr()

    @model_validator(mode="after")
    def _is_in_order(self) -> Self:
        times = [self.asked, self.sent, self.accepted, self.ended]
        known = [time for time in times if time is not None]
        if known != sorted(known):
            raise ValueError("a job ended before it began")
        if (self.end == "complete") != bool(self.media):
            raise ValueError("a job has pictures exactly where it is complete")
        if self.accepted is not None and self.id is None:
            raise ValueError("a job was accepted and has no id")
        self._body = CreateGeneration.from_wire(handed_on(self.request))
        return self

    @property
    def body(self) -> CreateGeneration:
        """The request."""
        return self._body


class Scale(_Part):
    """One axis; the values of one of several members are lists."""

    name: Annotated[str, Field(min_length=1, max_length=100)]
    role: Literal["member", "zip", "slot", "replicate"] = "member"
    members: Annotated[list[Word], Field(max_length=100)] = []
    values: Annotated[list[Any], Field(min_length=1, max_length=MOST_CELLS)]
    labels: Annotated[list[Text], Field(max_length=MOST_CELLS)] | None = None

    @model_validator(mode="after")
    def _is_labelled(self) -> Self:
        if self.labels is not None and len(self.labels) != len(self.values):
            raise ValueError("an axis has not as many labels as values")
        if not all(map(_is_usual, self.values)):
            raise ValueError("a value is too large or too deep")
        if len({json.dumps(value, sort_keys=True) for value in self.values}) != len(self.values):
            raise ValueError("an axis has a value twice")
        width = len(self.members)
        if self.role == "zip" and any(
            not isinstance(value, list) or len(value) != width for value in self.values
        ):
            raise ValueError("an axis of several members has other values")
        return self


class Marked(_Part):
    """What somebody said of a cell's picture, as a `Mark` has it."""

    star: bool = False
    reject: bool = False
    note: Note = ""

    @model_validator(mode="after")
    def _is_of_one_mind(self) -> Self:
        if self.star and self.reject:
            raise ValueError("a picture has a star and is rejected")
        return self

    @classmethod
    def of(cls, mark: Mark | None) -> Marked | None:
        """Return *mark* as it is written, or None where it says nothing."""
        if not mark:
            return None
        is_rejected = mark.reject and not mark.star
        return cls(star=mark.star, reject=is_rejected, note=mark.note[:LONGEST_NOTE])

    def mark(self) -> Mark:
        """Return what was said."""
        return Mark(self.star, self.reject, self.note)


class Place(_Part):
    """
    One cell: the number of its value on each axis, its job, and which picture of it.

    Attributes:
        mark: What was said of the picture; all cells that show it have the same.
    """

    at: Annotated[list[Index], Field(max_length=100)]
    job: Index
    image: Index = 0
    mark: Marked | None = None


class Recording(_Part):
    """
    A run as it went.

    Attributes:
        created: When it began, in UTC.
        words: Whether the prompts are in it; else numbers stand in their place.
    """

    leonardo_nb: Literal["replay"] = "replay"
    version: Literal[1] = VERSION
    made_with: Word = ""
    name: Word
    created: Word
    words: bool = True
    axes: Annotated[list[Scale], Field(max_length=100)]
    fixed: dict[str, Any]
    jobs: Annotated[list[Take], Field(min_length=1, max_length=MOST_CELLS)]
    cells: Annotated[list[Place], Field(min_length=1, max_length=MOST_CELLS)]

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        if self.began.tzinfo is None:
            raise ValueError("it does not say in which time zone it began")
        if len({take.key for take in self.jobs}) != len(self.jobs):
            raise ValueError("a job is there twice")
        if not all(_is_usual(value) for value in self.fixed.values()):
            raise ValueError("a value is too large or too deep")
        if len({axis.name for axis in self.axes}) != len(self.axes):
            raise ValueError("an axis is there twice")
        shape = [len(axis.values) for axis in self.axes]
        places = set()
        marks: dict[tuple[int, int], Marked | None] = {}
        for cell in self.cells:
            on_axes = len(cell.at) == len(shape) and all(
                n < length for n, length in zip(cell.at, shape, strict=True)
            )
            if not on_axes or cell.job >= len(self.jobs):
                raise ValueError("a cell is on no axis, or of no job")
            places.add(tuple(cell.at))
            if marks.setdefault((cell.job, cell.image), cell.mark) != cell.mark:
                raise ValueError("a picture is marked in two ways")
        if len(places) != len(self.cells):
            raise ValueError("two cells have one place")
        return self

    @property
    def began(self) -> datetime:
        """When it began, in UTC."""
        return datetime.fromisoformat(self.created)

    @property
    def seconds(self) -> float:
        """How long the run took, from the first job asked for to the end of the last."""
        return max(take.ended for take in self.jobs)

    def written(self) -> bytes:
        """Return the manifest."""
        return self.model_dump_json(exclude_none=True).encode()


def read(data: bytes, name: str) -> Recording:
    """
    Return the recording whose manifest is *data*.

    Args:
        data: As it is in the file.
        name: Of the file, for the sentence.

    Raises:
        ReplayError: It is no manifest, is of a newer version, or says what cannot be.
    """
    try:
        said = from_json(data, allow_inf_nan=False)
    except ValueError as error:
        raise unplayable(name, f"its manifest is no JSON ({error})") from error
    if not isinstance(said, dict) or said.get("leonardo_nb") != "replay":
        raise unplayable(name, "its manifest is that of something else")
    version = said.get("version")
    if not isinstance(version, int) or isinstance(version, bool):
        raise unplayable(name, "its manifest says no version")
    if version > VERSION:
        raise ReplayError(
            f"{_quoted(name)} was made by a newer leonardo_nb (version {version} of the file, and "
            f"{VERSION} is known here); upgrade to play it. Nothing of it was kept."
        )
    try:
        return Recording.model_validate(said)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(str(part) for part in first["loc"][:6])
        raise unplayable(
            name, on_one_line(f"{where}: {first['msg']}" if where else first["msg"])[:300]
        ) from error


def _is_usual(value: object, depth: int = 0) -> bool:
    """Whether *value* is of a size that parameters have: numbers of 64 bits, few levels."""
    if isinstance(value, list | dict):
        inside = value.values() if isinstance(value, dict) else value
        return depth < DEEPEST and all(_is_usual(each, depth + 1) for each in inside)
    return not isinstance(value, int) or abs(value) < LARGEST


def unplayable(name: str, why: str) -> ReplayError:
    """Return the error of a file that cannot be played, *why* being the end of a sentence."""
    return ReplayError(
        f"{_quoted(name)} cannot be played: {why}. Nothing of it was kept; have it sent once more, "
        "or made anew with run.to_replay()."
    )


def _quoted(name: str) -> str:
    return f'"{on_one_line(name)[:100]}"'
