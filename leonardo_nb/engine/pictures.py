"""
A picture that a person gives, whatever it comes as: read, checked, and as bytes that can be sent.

It is its own file, and knows no service, because everything that can be wrong with a picture is
found here, before anything leaves this machine.
"""

from __future__ import annotations

import hashlib
import io
import os
import re
import stat
import warnings
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Protocol, runtime_checkable

from leonardo_nb.engine.media import Image
from leonardo_nb.engine.origins import described
from leonardo_nb.errors import InvalidRequest
from leonardo_nb.library.files import LIMIT_BYTES, LIMIT_PIXELS

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import TypeAlias

    import PIL.Image

    from leonardo_nb.engine.origins import Origin

    PictureLike: TypeAlias = (
        str
        | os.PathLike[str]
        | bytes
        | bytearray
        | memoryview
        | PIL.Image.Image
        | Image
        | "Uploaded"
        | "Readable"
        | "ArrayLike"
    )

__all__ = ["ArrayLike", "Picture", "Readable", "Uploaded", "read_picture"]

LARGE_PIXELS: Final = 4_000_000
"""A larger picture that has to be encoded and is not transparent becomes a JPEG."""

SENT_AS_THEY_ARE: Final = {
    "JPEG": ("image/jpeg", "jpg"),
    "MPO": ("image/jpeg", "jpg"),  # a JPEG with a second picture behind it, as telephones make
    "PNG": ("image/png", "png"),
    "WEBP": ("image/webp", "webp"),
}
"""What the service takes, by Pillow's name: media type and extension."""

# Named one by one: some of Pillow's other readers start programs.
READ: Final = ("JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF", "AVIF", "JPEG2000", "PPM", "TGA", "ICO")

TEXT_LOOKED_AT = 4096


class Readable(Protocol):
    """A file that is open for reading bytes."""

    def read(self, size: int = -1, /) -> bytes:
        """Return at most *size* bytes."""


@runtime_checkable
class Uploaded(Protocol):
    """An `Upload`, which is made of what is read here."""

    @property
    def origin(self) -> Origin:
        """What it is to the service."""

    def read_bytes(self) -> bytes:
        """Return the bytes that were sent."""


class ArrayLike(Protocol):
    """A numpy array, or what can be read as one."""

    @property
    def __array_interface__(self) -> dict[str, Any]:
        """Where its numbers are."""


@dataclass(frozen=True)
class Picture:
    """
    A whole picture as a file's bytes.

    Attributes:
        data: What is sent; the original's own bytes where the service takes its format.
        media_type: `image/jpeg`, `image/png` or `image/webp`.
        extension: What goes with it, without the dot.
        width: In pixels.
        height: In pixels.
        name: What to call it in a sentence.
    """

    data: bytes = field(repr=False)
    media_type: str
    extension: str
    width: int
    height: int
    name: str

    @property
    def size(self) -> tuple[int, int]:
        """Width and height in pixels."""
        return self.width, self.height

    @cached_property
    def sha256(self) -> str:
        """Of the bytes, in hexadecimal."""
        return hashlib.sha256(self.data).hexdigest()

    def pil(self) -> PIL.Image.Image:
        """Return the picture decoded, and turned as it is meant to be seen."""
        import PIL.Image
        import PIL.ImageOps

        with PIL.Image.open(io.BytesIO(self.data)) as image:
            return PIL.ImageOps.exif_transpose(image)


def read_picture(what: object, *, member: str = "image") -> Picture:
    """
    Return the picture that *what* is.

    JPEG, PNG and WEBP files stay byte for byte as they are; anything else is encoded as PNG, or as
    JPEG where it is large and not transparent. A Pillow image is turned as its EXIF data says.

    Args:
        what: A path, bytes, an open file, a `PIL.Image`, an `Image` of a job, an `Upload`, or a
            numpy array.
        member: What the caller calls it, for the sentence.

    Raises:
        InvalidRequest: It is no picture, damaged, or too large; nothing was sent.
        LibraryError: The file of a job's `Image` is gone.
    """
    import PIL.Image

    if isinstance(what, (Image, Uploaded)):
        return _from_bytes(what.read_bytes(), "the picture", member, what)
    if isinstance(what, PIL.Image.Image):
        return _from_pil(what, "the picture", member, what)
    if isinstance(what, (bytes, bytearray, memoryview)):
        return _from_bytes(bytes(what), "what was given", member, what)
    if isinstance(what, (str, os.PathLike)):
        return _from_path(what, member)
    if callable(read := getattr(what, "read", None)):
        return _from_file(what, read, member)
    if hasattr(what, "__array_interface__"):
        return _from_array(what, member)
    raise _refusal(
        f"{member} must be a picture: a path, bytes, an open file, a PIL.Image or an Image of a "
        f"job, not {described(what)}.",
        member,
        what,
    )


def _refusal(sentence: str, member: str, what: object) -> InvalidRequest:
    return InvalidRequest(f"{sentence} Nothing was sent.", member=member, value=what)


def _from_path(what: str | os.PathLike[str], member: str) -> Picture:
    text = os.fspath(what)
    if re.match(r"(https?|data|file|s3):", text):
        raise _refusal(
            f"{member} is an address; only files of this machine are read, so fetch it first.",
            member,
            what,
        )
    try:
        path = Path(text).expanduser()
        if path.is_dir():
            raise _refusal(f"{_shown(text)} is a folder; give one picture of it.", member, what)
        found = path.stat()
        if not stat.S_ISREG(found.st_mode):
            # opening a pipe waits for whoever writes into it
            raise _refusal(f"{_shown(text)} is a device or a pipe, not a file.", member, what)
        if found.st_size > LIMIT_BYTES:
            raise _too_many_bytes(_shown(text), found.st_size, member, what)
        with path.open("rb") as file:  # which may have grown, or say nothing of its size
            data = file.read(LIMIT_BYTES + 1)
    except (OSError, ValueError, RuntimeError) as error:  # RuntimeError: there is no home
        if isinstance(error, InvalidRequest):
            raise
        if isinstance(error, FileNotFoundError):
            raise _refusal(f"There is no file {_shown(text)}.", member, what) from error
        reason = getattr(error, "strerror", None) or error
        raise _refusal(f"{_shown(text)} cannot be read ({reason}).", member, what) from error
    return _from_bytes(data, _shown(path.name), member, what)


def _from_file(what: object, read: Callable[[int], Any], member: str) -> Picture:
    name = getattr(what, "name", None)
    shown = _shown(Path(name).name) if isinstance(name, str) else "the file"
    try:
        data = read(LIMIT_BYTES + 1)
    except (OSError, ValueError) as error:  # ValueError: it is closed
        raise _refusal(f"{shown} cannot be read ({error}).", member, what) from error
    if isinstance(data, str):
        raise _refusal(f'{shown} is open as text; open it with "rb".', member, what)
    if not isinstance(data, (bytes, bytearray)):
        raise _refusal(f"{shown} gives {type(data).__name__} and no bytes.", member, what)
    return _from_bytes(bytes(data), shown, member, what)


def _from_array(what: object, member: str) -> Picture:
    import numpy as np
    import PIL.Image

    array: np.ndarray[Any, Any] = np.asarray(what)
    refused = _refusal(
        f"{member} is an array of {array.dtype} and shape {array.shape}; a picture has height "
        "x width, or height x width x 3 or 4, of uint8, of floats from 0 to 1, or of booleans.",
        member,
        None,
    )
    # by its shape alone: converting takes the memory of all its pixels, as many as it may have
    if array.ndim not in (2, 3) or array.shape[2:] not in ((), (1,), (3,), (4,)) or not array.size:
        raise refused
    height, width = array.shape[:2]
    _check_pixels(height * width, f"{width:,} x {height:,}", member, None)
    if array.dtype == np.bool_:
        array = array.astype(np.uint8) * 255
    elif array.dtype.kind == "f" and 0 <= array.min() <= array.max() <= 1:
        array = (array * 255).round().astype(np.uint8)
    if array.dtype != np.uint8:
        raise refused
    if array.shape[2:] == (1,):
        array = array[:, :, 0]
    return _from_pil(PIL.Image.fromarray(np.ascontiguousarray(array)), "the array", member, None)


def _from_pil(image: PIL.Image.Image, name: str, member: str, what: object) -> Picture:
    import PIL.ImageOps

    _check_pixels(image.width * image.height, f"{image.width:,} x {image.height:,}", member, what)
    if not image.width * image.height:
        raise _refusal(f"{name} has no pixels.", member, what)
    try:
        turned = PIL.ImageOps.exif_transpose(image)
    except (OSError, SyntaxError, ValueError) as error:  # Pillow reads files only when it has to
        raise _refusal(f"{name} is damaged ({error}).", member, what) from error
    data, kind = _encoded(turned)
    media_type, extension = SENT_AS_THEY_ARE[kind]
    if len(data) > LIMIT_BYTES:
        raise _too_many_bytes(name, len(data), member, what)
    return Picture(data, media_type, extension, turned.width, turned.height, name)


def _from_bytes(data: bytes, name: str, member: str, what: object) -> Picture:
    import PIL.Image

    if not data:
        raise _refusal(f"{name} is empty.", member, what)
    if len(data) > LIMIT_BYTES:
        raise _too_many_bytes(name, len(data), member, what)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", PIL.Image.DecompressionBombWarning)
            image = PIL.Image.open(io.BytesIO(data), formats=READ)
    except (PIL.Image.DecompressionBombError, PIL.Image.DecompressionBombWarning) as error:
        found = re.search(r"(\d+) pixels", str(error))
        pixels = int(found[1]) if found else LIMIT_PIXELS + 1
        _check_pixels(pixels, _png_size(data) or f"{pixels:,}", member, what)
        raise  # Pillow's limit is above ours, so this is not reached
    except (PIL.UnidentifiedImageError, OSError, SyntaxError, ValueError) as error:
        raise _refusal(
            f"{name} is {_kind_of(data)}, not a picture; give a JPEG, PNG or WEBP file.",
            member,
            what,
        ) from error
    with image:
        kind = str(image.format)
        _check_pixels(
            image.width * image.height, f"{image.width:,} x {image.height:,}", member, what
        )
        if kind not in SENT_AS_THEY_ARE:
            return _from_pil(image, name, member, what)
        size = image.size
        try:
            image.load()  # a job with half a picture would be paid for
        except (OSError, SyntaxError, ValueError) as error:
            raise _refusal(f"{name} is damaged ({error}).", member, what) from error
    media_type, extension = SENT_AS_THEY_ARE[kind]
    return Picture(data, media_type, extension, *size, name)


def _check_pixels(pixels: int, size: str, member: str, what: object) -> None:
    if pixels > LIMIT_PIXELS:
        raise _refusal(
            f"The picture has {size} pixels, more than the {LIMIT_PIXELS // 1_000_000} megapixels "
            "that are read here; make it smaller first.",
            member,
            what,
        )


def _png_size(data: bytes) -> str | None:
    """Return width and height out of a PNG's first bytes, for a picture too large to be opened."""
    if not data.startswith(b"\x89PNG") or data[12:16] != b"IHDR":
        return None
    width, height = (int.from_bytes(data[at : at + 4], "big") for at in (16, 20))
    return f"{width:,} x {height:,}"


def _too_many_bytes(name: str, size_bytes: int, member: str, what: object) -> InvalidRequest:
    return _refusal(
        f"{name} has {size_bytes / 1_000_000:,.0f} MB, more than the "
        f"{LIMIT_BYTES // 1_000_000} MB that are read here; save it smaller, as a JPEG.",
        member,
        what,
    )


def _kind_of(data: bytes) -> str:
    """Return words for what *data* is, where it is no picture that can be read."""
    brand = data[8:12] if data[4:8] == b"ftyp" else b""
    head = data[:TEXT_LOOKED_AT]
    lead = head.lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if brand in {b"heic", b"heix", b"mif1", b"msf1", b"hevc"}:
        return "a HEIC photograph, which cannot be read here"
    if brand:
        return "a video"
    if head.startswith(b"%PDF"):
        return "a PDF document"
    if head.startswith(b"PK\x03\x04"):
        return "a ZIP archive or an office document"
    if lead.startswith((b"<!doctype html", b"<html")):
        return "a web page"
    if b"<svg" in lead[:1000]:
        return "an SVG drawing"
    try:
        # a character may be cut in two where the look ends
        text = head.decode() if len(data) <= TEXT_LOOKED_AT else head[:-4].decode(errors="ignore")
        is_text = "\0" not in text and (len(data) <= TEXT_LOOKED_AT or head[:-4].isascii())
    except UnicodeDecodeError:
        is_text = False
    if is_text:
        return "text"
    if head.startswith((b"\xff\xd8", b"\x89PNG", b"RIFF", b"GIF8")):
        return "the beginning of a picture that is damaged"
    return "in no format that is known here"


def _shown(name: str) -> str:
    """Return a file's name as it stands in a sentence."""
    printable = "".join(each if each.isprintable() else "?" for each in name)
    return f'"{printable if len(printable) <= 80 else "..." + printable[-77:]}"'


def _encoded(image: PIL.Image.Image) -> tuple[bytes, str]:
    """Return *image* as a file's bytes, and Pillow's name of its format."""
    image = _plain(image)
    buffer = io.BytesIO()
    if image.mode != "RGBA" and image.width * image.height > LARGE_PIXELS:
        image.save(buffer, "JPEG", quality=95)
        return buffer.getvalue(), "JPEG"
    image.save(buffer, "PNG", compress_level=6)
    return buffer.getvalue(), "PNG"


def _plain(image: PIL.Image.Image) -> PIL.Image.Image:
    """Return *image* in grey, in colour, or in colour with transparency, 8 bits each."""
    if "A" in image.getbands() or "a" in image.getbands() or "transparency" in image.info:
        return image.convert("RGBA")
    if image.mode.startswith("I;16"):
        import numpy as np
        import PIL.Image

        # Pillow would cut what is above 255 instead of scaling it
        return PIL.Image.fromarray((np.asarray(image) >> 8).astype(np.uint8))
    return image.convert("L" if image.mode in {"1", "L", "I", "F"} else "RGB")
