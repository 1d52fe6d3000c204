"""
Uploads: what was presigned, what has arrived, and what the storage says when it will not have it.

The storage behind a presigned form is not the service: it knows no key, speaks XML and sees the
fields of a form in their order.
"""

from __future__ import annotations

import base64
import hashlib
import io
import json
import re
from collections import OrderedDict
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from PIL import Image

from leonardo_nb.simulator.refusals import Refusal

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["Denied", "Upload", "Uploads", "read_form", "too_large"]

LIFETIME = 120.0
"""Seconds that a presigned form can be used; real ones at any speed, because networks are real."""

MOST_BYTES = 100 * 1024 * 1024
MOST_FORM_BYTES = MOST_BYTES + 64 * 1024
"""A file with the fields before it."""
ROOM_BYTES = 512 * 1024 * 1024
"""Files that have arrived are dropped beyond this much, the oldest first."""

BUCKET = "simulated-uploads"
CONTENT_TYPES = {
    "png": "image/png",
    "jpg": "image/jpeg",
    "jpeg": "image/jpeg",
    "webp": "image/webp",
    "mp4": "video/mp4",
    "mov": "video/quicktime",
    "mp3": "audio/mpeg",
    "wav": "audio/wav",
}
IMAGES = ("png", "jpg", "jpeg", "webp")
MEDIA = ("mp4", "mov", "mp3", "wav")


class Denied(Exception):
    """
    The storage's no.

    Attributes:
        status: The HTTP status.
        code: The storage's own name for it.
        message: What it says.
    """

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message

    @property
    def body(self) -> str:
        """The answer's body, XML."""
        return (
            '<?xml version="1.0" encoding="UTF-8"?>\n'
            f"<Error><Code>{self.code}</Code><Message>{_escaped(self.message)}</Message>"
            "<RequestId>SIMULATED0000001</RequestId><HostId>simulator</HostId></Error>"
        )


def too_large() -> Denied:
    """Return the storage's no to a file beyond what the form allows."""
    return Denied(400, "EntityTooLarge", "Your proposed upload exceeds the maximum allowed size")


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


@dataclass(slots=True)
class Upload:
    """
    One file that was announced.

    Attributes:
        id: What requests call it.
        folder: "initImages", "canvasImages" or "media".
        extension: Without the dot.
        created_at: When it was announced, in the world's seconds.
        digest: SHA-256 of the file, or None until it has arrived.
    """

    id: str
    folder: str
    extension: str
    created_at: float
    digest: str | None = None

    @property
    def content_type(self) -> str:
        """The type that the extension stands for."""
        return CONTENT_TYPES[self.extension]

    @property
    def is_media(self) -> bool:
        """Whether it is a film or a sound."""
        return self.folder == "media"


@dataclass(slots=True)
class Uploads:
    """
    What was uploaded to one account.

    Attributes:
        announced: Every upload by id, oldest first.
        contents: What has arrived, by digest, oldest first.
        touched: The ids of uploads that have changed since `World.changes` was asked.
    """

    announced: dict[str, Upload] = field(default_factory=dict)
    contents: OrderedDict[str, bytes] = field(default_factory=OrderedDict)
    touched: dict[str, None] = field(default_factory=dict)

    def announce(self, upload_id: str, folder: str, extension: object, now: float) -> Upload:
        """Promise a file, or raise `Refusal` where its extension is none of those taken."""
        wanted = str(extension).lower()
        if wanted not in (MEDIA if folder == "media" else IMAGES):
            raise Refusal("invalid file extension")
        upload = Upload(upload_id, folder, wanted, now)
        self.announced[upload_id] = upload
        self.touched[upload_id] = None
        return upload

    def forget(self, upload_id: str) -> None:
        """Take an upload's id away; what has arrived stays for jobs that were made of it."""
        del self.announced[upload_id]
        self.touched[upload_id] = None

    def find(self, upload_id: str) -> Upload | None:
        """Return the picture with that id, arrived or not."""
        upload = self.announced.get(upload_id)
        return None if upload is None or upload.is_media else upload

    def size(self, digest: str) -> tuple[int, int]:
        """Return the width and height of a picture that has arrived."""
        with Image.open(io.BytesIO(self.contents[digest])) as picture:
            return picture.size

    def fields(self, upload: Upload, user_id: str, wall: datetime) -> dict[str, str]:
        """Return the form's fields, which are to be sent before the file."""
        day = wall.strftime("%Y%m%d")
        fields = {
            "Content-Type": upload.content_type,
            "bucket": BUCKET,
            "X-Amz-Algorithm": "AWS4-HMAC-SHA256",
            "X-Amz-Credential": f"SIMULATED/{day}/us-east-1/s3/aws4_request",
            "X-Amz-Date": wall.strftime("%Y%m%dT%H%M%SZ"),
            "key": key_of(upload, user_id),
        }
        expires = (wall + timedelta(seconds=LIFETIME)).astimezone(UTC)
        policy = {
            "expiration": expires.strftime("%Y-%m-%dT%H:%M:%SZ"),
            "conditions": [
                *({name: value} for name, value in fields.items()),
                ["content-length-range", 0, MOST_BYTES],
            ],
        }
        fields["Policy"] = base64.b64encode(json.dumps(policy).encode()).decode()
        fields["X-Amz-Signature"] = _signature(fields["Policy"])
        return fields

    def receive(
        self, fields: Mapping[str, str], content: bytes | None, user_id: str, now: float
    ) -> Upload:
        """Take a file that was posted with *fields*, or raise `Denied`."""
        if "key" not in fields:
            raise Denied(
                400,
                "InvalidArgument",
                "Bucket POST must contain a field named 'key'.  "
                "If it is specified, please check the order of the fields.",
            )
        if content is None:
            raise Denied(
                400, "InvalidArgument", "POST requires exactly one file upload per request."
            )
        policy = fields.get("Policy", "")
        if fields.get("X-Amz-Signature") != _signature(policy):
            raise Denied(
                403,
                "SignatureDoesNotMatch",
                "The request signature we calculated does not match the signature you provided. "
                "Check your key and signing method.",
            )
        for condition in json.loads(base64.b64decode(policy))["conditions"]:
            if isinstance(condition, dict):
                ((name, value),) = condition.items()
                if fields.get(name) != value:
                    raise Denied(
                        403,
                        "AccessDenied",
                        "Invalid according to Policy: Policy Condition failed: "
                        f'["eq", "${name}", "{value}"]',
                    )
        upload = next(
            (one for one in self.announced.values() if key_of(one, user_id) == fields["key"]), None
        )
        if upload is None or now > upload.created_at + LIFETIME:
            raise Denied(403, "AccessDenied", "Invalid according to Policy: Policy expired.")
        if len(content) > MOST_BYTES:
            raise too_large()
        upload.digest = self.hold(content)
        self.touched[upload.id] = None
        return upload

    def hold(self, content: bytes) -> str:
        """Keep a file; return its digest."""
        digest = hashlib.sha256(content).hexdigest()
        self.contents[digest] = content
        held = sum(map(len, self.contents.values()))
        while held > ROOM_BYTES and len(self.contents) > 1:
            _, dropped = self.contents.popitem(last=False)
            held -= len(dropped)
        return digest


def key_of(upload: Upload, user_id: str) -> str:
    """Return where an upload lies in the bucket, which is also its path on the CDN."""
    return f"users/{user_id}/{upload.folder}/{upload.id}.{upload.extension}"


def _signature(policy: str) -> str:
    # whoever can read the simulator can forge this; it is there so that a client's omission shows
    return hashlib.sha256(b"simulated" + policy.encode()).hexdigest()


def read_form(content_type: str, body: bytes) -> tuple[dict[str, str], bytes | None]:
    """
    Return a multipart form's fields before the file, and the file, as the storage sees them.

    What comes after the file is not read, which is why the order matters.
    """
    found = re.search(r'boundary="?([^";]+)"?', content_type)
    if not content_type.lower().startswith("multipart/form-data") or found is None:
        raise Denied(
            412,
            "PreconditionFailed",
            "Bucket POST must be of the enclosure-type multipart/form-data",
        )
    fields: dict[str, str] = {}
    for part in (b"\r\n" + body).split(b"\r\n--" + found[1].encode())[1:]:
        head, blank, content = part.partition(b"\r\n\r\n")
        name = re.search(rb'name="([^"]*)"', head)
        if not blank or name is None:
            continue
        if name[1] == b"file":
            return fields, content
        fields[name[1].decode(errors="replace")] = content.decode(errors="replace")
    return fields, None
