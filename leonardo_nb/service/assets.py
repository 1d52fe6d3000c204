"""
What an account has besides jobs, as we read it: uploads, elements, prompts, v2's own answers.

As tolerant as `responses.py`: only what the next step cannot do without is required.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from leonardo_nb.errors import InvalidRequest
from leonardo_nb.service.plain import as_shown
from leonardo_nb.service.reading import nearest_of
from leonardo_nb.service.responses import inside, printable, read_cost, rows

if TYPE_CHECKING:
    from leonardo_nb.money import Cost

__all__ = [
    "POLICY_EXPIRED",
    "CanvasPresigned",
    "PlatformElement",
    "Presigned",
    "Prompt",
    "SyncFile",
    "SyncResult",
    "Uploaded",
    "UserElementRow",
    "V2ModelRow",
    "find_element",
    "upload_complaint",
]

POLICY_EXPIRED: Final = "policy-expired"
"""`code` of the error when a presigned form is older than its two minutes; ask for another."""


def _text(row: Mapping[str, object], *names: str) -> str:
    for name in names:
        value = row.get(name)
        if isinstance(value, str) and value:
            return value
        if isinstance(value, int) and not isinstance(value, bool):
            return str(value)
    return ""


def _needed(row: Mapping[str, object], *names: str) -> str:
    if found := _text(row, *names):
        return found
    raise ValueError(f"{names[0]} is missing")


def _number(row: Mapping[str, object], name: str) -> float | None:
    value = row.get(name)
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        return None
    try:
        return float(value)
    except ValueError:
        return None


def _fields(row: Mapping[str, object], name: str) -> dict[str, str]:
    """Return a form's fields: JSON in a text, or an object where a service is kinder."""
    value = row.get(name)
    if isinstance(value, str):
        value = json.loads(value)
    if not isinstance(value, Mapping):
        raise ValueError(f"{name} holds no form")  # noqa: TRY004  the answer's fault, like the others
    return {str(key): str(each) for key, each in value.items()}


def _answer(body: object, wrapper: str) -> Mapping[str, object]:
    found = inside(body, wrapper)
    if not isinstance(found, Mapping):
        raise ValueError(f"{wrapper} is null")  # noqa: TRY004  the answer's fault, like the others
    return found


@dataclass(frozen=True, slots=True)
class Presigned:
    """
    A form that takes one file, for about two minutes.

    Attributes:
        id: The upload's id; what requests speak of once the file is there.
        url: Where the form goes; the key does not go with it.
        fields: What is sent before the file.
        key: Where the file will be kept.
    """

    id: str
    url: str
    fields: dict[str, str] = field(repr=False)  # they let anybody upload
    key: str = ""

    @classmethod
    def read(cls, body: object, wrapper: str = "uploadInitImage") -> Presigned:
        """Return the form in an answer."""
        row = _answer(body, wrapper)
        return cls(
            id=_needed(row, "id", "uploadId"),
            url=_needed(row, "url"),
            fields=_fields(row, "fields"),
            key=_text(row, "key"),
        )


@dataclass(frozen=True, slots=True)
class CanvasPresigned:
    """Two forms: one for the image, one for the mask whose white is drawn again."""

    image: Presigned
    mask: Presigned

    @classmethod
    def read(cls, body: object) -> CanvasPresigned:
        """Return the forms in an answer to `POST /canvas-init-image`."""
        row = _answer(body, "uploadCanvasInitImage")

        def form(identifier: str, prefix: str) -> Presigned:
            return Presigned(
                id=_needed(row, identifier),
                url=_needed(row, f"{prefix}Url"),
                fields=_fields(row, f"{prefix}Fields"),
                key=_text(row, f"{prefix}Key"),
            )

        return cls(image=form("initImageId", "init"), mask=form("maskImageId", "mask"))


@dataclass(frozen=True, slots=True)
class Uploaded:
    """
    A file that was uploaded.

    Attributes:
        status: How far the service is with it; empty for images, which need no work.
        duration: Seconds, for clips and sounds, where the service says so.
    """

    id: str
    url: str | None = None
    status: str = ""
    status_reason: str = ""
    media_type: str = ""
    width: int | None = None
    height: int | None = None
    duration: float | None = None
    thumbnail_url: str | None = None

    @classmethod
    def read(cls, row: Mapping[str, object]) -> Uploaded:
        """Return the file in a row of init images or of media."""
        width, height = _number(row, "width"), _number(row, "height")
        return cls(
            id=_needed(row, "id"),
            url=_text(row, "url") or None,
            status=_text(row, "status"),
            status_reason=_text(row, "statusReason"),
            media_type=_text(row, "mediaType"),
            width=None if width is None else int(width),
            height=None if height is None else int(height),
            duration=_number(row, "duration"),
            thumbnail_url=_text(row, "thumbnailUrl") or None,
        )


@dataclass(frozen=True, slots=True)
class PlatformElement:
    """
    One of the service's elements.

    Attributes:
        id: What `elements[].akUUID` takes.
        base_model: The `sd_version` that it was made for.
        weight: Its usual weight; `weight_min` and `weight_max` are its bounds.
    """

    id: str
    name: str = ""
    description: str = ""
    creator: str = ""
    base_model: str = ""
    image_url: str | None = None
    weight: float | None = None
    weight_min: float | None = None
    weight_max: float | None = None

    @classmethod
    def read(cls, body: object) -> tuple[PlatformElement, ...]:
        """Return the elements in an answer to `GET /elements`; rows without an id are left out."""
        return tuple(
            cls(
                id=_text(row, "akUUID"),
                name=_text(row, "name"),
                description=_text(row, "description"),
                creator=_text(row, "creatorName"),
                base_model=_text(row, "baseModel"),
                image_url=_text(row, "urlImage") or None,
                weight=_number(row, "weightDefault"),
                weight_min=_number(row, "weightMin"),
                weight_max=_number(row, "weightMax"),
            )
            for row in rows(body, "loras")
            if _text(row, "akUUID")
        )


@dataclass(frozen=True, slots=True)
class UserElementRow:
    """An element that the account trained; `id` is what `userElements[].userLoraId` takes."""

    id: int
    name: str = ""
    description: str = ""
    base_model: str = ""
    status: str = ""

    @classmethod
    def read(cls, body: object) -> tuple[UserElementRow, ...]:
        """Return the elements in an answer to `GET /elements/user/{userId}`."""
        return tuple(
            cls(
                id=int(number),
                name=_text(row, "name"),
                description=_text(row, "description"),
                base_model=_text(row, "baseModel"),
                status=_text(row, "status"),
            )
            for row in rows(body, "user_loras")
            if (number := _number(row, "id")) is not None
        )


def find_element(name: str, elements: Sequence[PlatformElement]) -> PlatformElement:
    """
    Return the element that *name*, or an id, stands for.

    Raises:
        InvalidRequest: There is none; the nearest is named.
    """
    wanted = name.strip().casefold()
    for each in elements:
        if wanted in {each.name.casefold(), each.id.casefold()}:
            return each
    nearest = nearest_of(name, [each.name for each in elements if each.name], cutoff=0.4)
    hint = f'the nearest is "{nearest}"' if nearest else "the list of elements has them all"
    raise InvalidRequest(
        f'There is no element "{name[:60]}"; {hint}.',
        member="elements",
        value=name,
        nearest=nearest,
    )


@dataclass(frozen=True, slots=True)
class Prompt:
    """A prompt that the service wrote, and what it cost."""

    text: str
    cost: Cost | None = None

    @classmethod
    def read(cls, body: object) -> Prompt:
        """Return the prompt in an answer of the prompt tools."""
        row = _answer(body, "promptGeneration")
        return cls(as_shown(_needed(row, "prompt")), read_cost(row))


@dataclass(frozen=True, slots=True)
class V2ModelRow:
    """
    A model that the v2 API lists; the list has no slugs, so it cannot say what `model` takes.

    Attributes:
        parameters: The schema of its parameters, as it came.
    """

    id: str
    name: str = ""
    parameters: Mapping[str, object] = field(default_factory=dict, repr=False)

    @classmethod
    def read(cls, body: object) -> tuple[V2ModelRow, ...]:
        """Return the models in an answer to `GET /v2/models`."""
        found = []
        for row in rows(body, "productionApiAvailableModels"):
            parameters = row.get("parameters")
            known = parameters if isinstance(parameters, Mapping) else {}
            found.append(cls(_text(row, "id"), _text(row, "name"), known))
        return tuple(found)


@dataclass(frozen=True, slots=True)
class SyncFile:
    """One result of a job that is answered at once: an address, or the bytes themselves."""

    content_type: str = ""
    url: str | None = None
    data: bytes | None = field(default=None, repr=False)
    width: int | None = None
    height: int | None = None


@dataclass(frozen=True, slots=True)
class SyncResult:
    """
    The answer of a job that waits for its result.

    Attributes:
        blocked: How many results the content filter kept; they are billed all the same.
    """

    id: str
    files: tuple[SyncFile, ...] = ()
    cost: Cost | None = None
    blocked: int = 0

    @classmethod
    def read(cls, body: object) -> SyncResult:
        """Return the result in an answer to `POST /v2/generationssync`, wrapped or not."""
        wrapped = isinstance(body, Mapping) and "generateSync" in body
        row = _answer(body, "generateSync") if wrapped else body
        if not isinstance(row, Mapping):
            raise ValueError("generateSync is missing")  # noqa: TRY004  the answer's fault, like the others
        blocked = _number(row, "blockedCount")
        results = row.get("results")
        return cls(
            id=_needed(row, "id"),
            files=tuple(
                _sync_file(each)
                for each in (results if isinstance(results, list) else ())
                if isinstance(each, Mapping)
            ),
            cost=read_cost(row),
            blocked=int(blocked or 0),
        )


def _sync_file(row: Mapping[str, object]) -> SyncFile:
    width, height = _number(row, "width"), _number(row, "height")
    try:
        data = base64.b64decode(_text(row, "dataB64"), validate=True) or None
    except binascii.Error as exc:
        raise ValueError("dataB64 is not base64") from exc
    return SyncFile(
        content_type=_text(row, "contentType"),
        url=_text(row, "url") or None,
        data=data,
        width=None if width is None else int(width),
        height=None if height is None else int(height),
    )


def upload_complaint(status: int, body: str) -> tuple[str, str]:
    """
    Return a code and a sentence for a presigned form that was refused.

    The answer is the storage's, not the service's: XML with a code and a message.
    """
    code = _tag(body, "Code") or f"HTTP {status}"
    message = _tag(body, "Message")
    if "expired" in message.lower():
        return (
            POLICY_EXPIRED,
            "The upload form was older than the two minutes that it is good for; ask for another.",
        )
    if code == "EntityTooLarge":
        return code, "The file is larger than the service takes; make it smaller."
    words = f': "{message[:200]}"' if message else ""
    return code, (
        f"The service's storage refused the upload ({code}){words}. Nothing was paid; try again, "
        "or with another file."
    )


def _tag(body: str, name: str) -> str:
    found = re.search(rf"<{name}>([^<]*)</{name}>", body)
    return printable(found[1]) if found else ""
