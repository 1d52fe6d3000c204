"""
Turns an answer that is a no into the error that says so.

It is its own file, and pure, because the service says no in many shapes: two kinds of bodies, some
of them with status 200, the wrong key as a 500, and most reasons only as a sentence. Below 500 the
sentences are matched before the status, because the statuses are mostly undocumented. From 500 on
no sentence proves that nothing was done, so none of them makes a refusal of the answer.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, Final

from leonardo_nb.errors import (
    AuthenticationError,
    ModerationError,
    NotEnoughCredits,
    NotFound,
    RateLimited,
    RequestRefused,
    ServiceError,
    UnexpectedResponse,
)
from leonardo_nb.service.catalog import MOTION_SVD_RETIRED
from leonardo_nb.service.responses import printable
from leonardo_nb.service.values import MEMBERS

__all__ = ["refusal", "seconds_of_retry_after"]


def seconds_of_retry_after(
    header: str | None, *, date: str | None = None, now: datetime | None = None
) -> float | None:
    """
    Return the seconds of a `Retry-After` header, or None where there is none or it is nonsense.

    Args:
        header: Seconds, or an HTTP date.
        date: The answer's own `Date`, which a date is measured from, so that clocks may differ.
        now: What it is measured from where there is no `Date`.

    >>> seconds_of_retry_after("2.5")
    2.5
    >>> seconds_of_retry_after(
    ...     "Sun, 06 Nov 1994 08:49:47 GMT", date="Sun, 06 Nov 1994 08:49:37 GMT"
    ... )
    10.0
    """
    if header is None:
        return None
    try:
        seconds = float(header)
    except ValueError:
        until = _http_date(header)
        since = _http_date(date) or now or datetime.now(UTC)
        return None if until is None else max(0.0, (until - since).total_seconds())
    return max(0.0, seconds) if math.isfinite(seconds) else None


def _http_date(text: str | None) -> datetime | None:
    try:
        moment = parsedate_to_datetime(text or "")
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class _Complaint:
    """What a body says went wrong."""

    text: str
    code: str | None = None
    path: str | None = None
    status: int | None = None


def _complaint(body: object) -> _Complaint | None:
    """Return what *body* complains of, or None where it is no complaint."""
    if isinstance(body, list):
        return _from_array(body)
    if not isinstance(body, Mapping):
        return None
    error = body.get("error")
    if isinstance(error, str):
        code, path = body.get("code"), body.get("path")
        return _Complaint(
            error,
            code if isinstance(code, str) else None,
            path if isinstance(path, str) else None,
        )
    errors = body.get("errors")
    return _from_array(errors) if isinstance(errors, list) else None


def _from_array(errors: list[object]) -> _Complaint:
    texts: list[str] = []
    code = path = status = None
    for error in errors:
        if not isinstance(error, Mapping):
            continue
        extensions = _mapping(error.get("extensions"))
        details = _mapping(extensions.get("details"))
        inner = details.get("errors")
        for each in (*(inner if isinstance(inner, list) else ()), details, error):
            text = each.get("message") if isinstance(each, Mapping) else None
            if isinstance(text, str) and text not in {*texts, "An error occurred."}:
                texts.append(text)
        code = code or extensions.get("code")
        status = status or details.get("statusCode") or extensions.get("statusCode")
        path = path or error.get("path")
    return _Complaint(
        " ".join(texts) or "An error occurred.",
        code if isinstance(code, str) else None,
        ".".join(map(str, path)) if isinstance(path, list) else None,
        status if isinstance(status, int) else None,
    )


def _mapping(value: object) -> Mapping[str, object]:
    return value if isinstance(value, Mapping) else {}


# Sentences that name a member without writing its name.
_MEMBER_OF_SENTENCE: Final = (
    (re.compile(r"too many images", re.IGNORECASE), "num_images"),
    (re.compile(r"invalid dimensions", re.IGNORECASE), "width"),
    (re.compile(r"invalid prompt|prompt is too long", re.IGNORECASE), "prompt"),
    (re.compile(r"not supported within the production api", re.IGNORECASE), "modelId"),
    (re.compile(r"invalid init image id|couldn't access image", re.IGNORECASE), "init_image_id"),
    (re.compile(r"webhookcallbackurl", re.IGNORECASE), "webhookCallbackUrl"),
)
_NAMED = re.compile(r'(?:unexpected variable|variable:?)\s+"?(\w+)"?', re.IGNORECASE)
_TOO_MANY: Final = re.compile(r"too many (requests|jobs|pending)|queue|rate limit")
_BAD_REQUEST_CODES: Final = {
    "validation-failed",
    "bad-request",
    "VALIDATION_ERROR",
    "BadRequestException",
    "BAD_REQUEST",
}


def _named_member(complaint: _Complaint) -> str | None:
    """Return the parameter that the service objects to, where the words leave no doubt."""
    if found := _NAMED.search(complaint.text):
        return found[1]
    last = re.split(r"[.\[\]]+", (complaint.path or "").rstrip("]"))[-1]
    if last in MEMBERS:
        return last
    for sentence, member in _MEMBER_OF_SENTENCE:
        if sentence.search(complaint.text):
            return member
    return None


def _mentioned_member(complaint: _Complaint) -> str | None:
    """Return the parameter that the words mention; longest first, as "prompt" is a word too."""
    for name in sorted(MEMBERS, key=len, reverse=True):
        if re.search(rf"\b{name}\b", complaint.text):
            return name
    return None


def _quoted(text: str) -> str:
    flat = printable(text)
    return f'"{flat}"' if len(flat) <= 300 else f'"{flat[:297]}..."'


_IMAGE_ID: Final = (
    "It probably takes an image's id, job.images[0].id, and was given another, such as the "
    "generation's, job.id; or the image was deleted."
)
_GENERATION_ID: Final = (
    "It probably takes a generation's id, job.id, and was given another, such as an image's; or "
    "the generation was deleted."
)
_VIDEO_ID: Final = (
    "It probably takes a generation's id, job.id, of a finished video, and was given another, such "
    "as an image's or a generation of pictures'; or the video was deleted."
)
_KINDS_OF_IDS: Final = (
    "Uploaded and generated images have ids of different kinds, and a generation's, job.id, is "
    "neither: an image's is job.images[0].id. The image may also not have arrived yet, or was "
    "deleted."
)
_SEND_AGAIN: Final = "leo.upload(image) sends the copy that the library keeps."
_DRAW_AGAIN: Final = "job.again() draws a deleted one again, and is paid."


def _hint(asked: str, said: str) -> str:
    """
    Return a sentence on what is probably wrong, with a space before it, or nothing.

    Args:
        asked: Method and path, such as `"POST variations/upscale"`.
        said: The service's own words.
    """
    method, _, path = asked.partition(" ")
    text = said.lower()
    is_universal = path.startswith("variations/universal-upscaler")
    if "failed to find init variation" in text:
        if is_universal:
            return (
                " variationId takes the id of what an upscale or the like gave, and "
                "generatedImageId an image's; or the variation was deleted with its image. "
                f"{_SEND_AGAIN}"
            )
        return (
            " isVariation=True says that the id is a variation's; leave it out for an image's. "
            f"Or the variation was deleted with its image. {_DRAW_AGAIN}"
        )
    if "couldn't access image" in text or "invalid init image id" in text:
        return f" {_KINDS_OF_IDS} {_SEND_AGAIN}"
    if "service error" not in text:
        if path != "generations-motion-svd":
            return ""
        return (
            f" Motion 1.0 was retired on {MOTION_SVD_RETIRED}; "
            'image.to_video(prompt, model="MOTION2") takes its place.'
        )
    if is_universal and method == "POST":
        return (
            " generatedImageId takes an image's id, job.images[0].id, not the generation's; "
            "variationId a variation's, initImageId an upload's. Or the image was deleted. "
            f"{_SEND_AGAIN}"
        )
    if method == "POST" and path in {"generations-image-to-video", "generations-motion-svd"}:
        return f" {_IMAGE_ID} An uploaded image is told apart by its own parameter. {_SEND_AGAIN}"
    if method == "POST" and path.startswith("variations/"):
        return f" {_IMAGE_ID} A variation's id needs isVariation=True. {_DRAW_AGAIN}"
    if path == "generations-video-upscale":
        return f" {_VIDEO_ID}"
    if path.startswith("generations/"):
        return f" {_GENERATION_ID}"
    if path == "generations":
        return (
            " init_image_id takes an upload's id, init_generation_image_id an image's, "
            "job.images[0].id; neither takes a generation's. Or the image was deleted. "
            f"{_SEND_AGAIN}"
        )
    return ""


_CHANGE: Final = " Change it and try again."
_GONE: Final = " It was deleted, or is another account's; leo.history() shows what there is."

_BEGIN_WITH_AN_ID: Final = (
    "POST variations/",
    "POST generations-image-to-video",
    "POST generations-motion-svd",
    "POST generations-video-upscale",
)


def _is_wrong_id(asked: str, text: str) -> bool:
    """
    Whether an answer is the one that ids of another kind, and of deleted images, get.

    It comes with status 500 or 400, and is assumed to come before anything is made.
    """
    return "service error" in text and asked.startswith(_BEGIN_WITH_AN_ID)


def refusal(
    status: int, body: object, *, retry_after: float | None = None, asked: str = ""
) -> ServiceError | None:
    """
    Return the error that an answer means, or None where it means success.

    Args:
        status: The HTTP status.
        body: The decoded body; text where it was not JSON.
        retry_after: Seconds that the answer asks to wait.
        asked: Method and path, such as `"POST variations/upscale"`, for a hint at what is wrong.
    """
    complaint = _complaint(body)
    if status < 300 and complaint is None:
        return None
    said = complaint or _Complaint("")
    text, code = said.text.lower(), said.code
    meant = said.status or status
    # Whoever reads a refusal may send the request again and pay again, and a server that broke may
    # have made the job before it did: what it mentions is then no reason, and the outcome unknown.
    is_refusal = max(status, meant) < 500 or _is_wrong_id(asked, text)
    words = f": {_quoted(said.text)}" if said.text else ""
    hint = _hint(asked, said.text)
    facts: dict[str, Any] = {"status": status, "code": code, "path": said.path, "body": body}

    if status == 401 or "authorization hook" in text or "authentication hook" in text:
        return AuthenticationError(
            f"The service refused the API key{words}. "
            "Give a valid one with leo.connect(api_key=...) or LEONARDO_API_KEY.",
            **facts,
        )
    if is_refusal and ("not enough api tokens" in text or meant == 402):
        return NotEnoughCredits(
            "The account has not enough API credits for this job; nothing was drawn or charged. "
            "Credits of the web subscription do not pay for the API; top up the API balance.",
            **facts,
        )
    if is_refusal and ("content moderation" in text or "inappropriate content" in text):
        return ModerationError(
            f"The service's content filter refused the prompt{words}. "
            "Nothing was drawn or charged; word the prompt differently.",
            **facts,
        )
    if meant == 429 or (is_refusal and _TOO_MANY.search(text)):
        wait = "later" if retry_after is None else f"in {retry_after:g} s"
        return RateLimited(
            f"Too many requests at once{words}; try again {wait}.",
            retry_after=retry_after,
            **facts,
        )
    if meant == 404 or code in {"not-found", "NOT_FOUND"}:
        return NotFound(
            f"There is nothing at that address{words}; is base_url right?{hint}"
            if "endpoint" in text or not said.text
            else f"There is no such thing{words}.{hint or _GONE}",
            **facts,
        )
    member = _named_member(said)
    is_about_the_request = member or code in _BAD_REQUEST_CODES or (said.text and meant >= 400)
    if is_refusal and is_about_the_request:
        member = member or _mentioned_member(said)
        about = f" {member}" if member else " the request"
        return RequestRefused(
            f"The service refused{about}{words}. Nothing was drawn or charged.{hint or _CHANGE}",
            member=member,
            **facts,
        )
    if said.text:
        return UnexpectedResponse(
            f"The service reported an error (HTTP {status}){words}; trying again may help.{hint}",
            **facts,
        )
    return UnexpectedResponse(
        f"The service answered HTTP {status} without saying why; trying again may help.", **facts
    )
