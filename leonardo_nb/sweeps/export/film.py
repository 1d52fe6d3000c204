"""
Films of a few still pictures: GIF and WebP by Pillow, MP4 without a video library.

An animated AVIF of Pillow's holds an AV1 stream; an MP4 is the same samples in other boxes. Every
Chromium, Edge and Firefox plays that, and Safari on machines that can decode AV1.

Each says in XMP that its pictures were made by a trained model.

Source: ISO/IEC 14496-12 (boxes), "AV1 Codec ISO Media File Format Binding" (av01, av1C), GIF89a,
XMP part 3 (where the packet is in GIF and MP4).
"""

from __future__ import annotations

import io
import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from PIL import Image, features

from leonardo_nb.library.embedding.xmp import of_trained

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["Reel", "gif_of", "mp4_of", "webp_of"]

QUALITY: Final = 80
MAKER: Final = "leonardo_nb"
PARENTS: Final = frozenset({b"moov", b"trak", b"mdia", b"minf", b"stbl"})
UNTURNED: Final = struct.pack(">9I", 1 << 16, 0, 0, 0, 1 << 16, 0, 0, 0, 1 << 30)
"""The matrix of a film that is shown as it is."""
XMP_IN_GIF: Final = b"\x21\xff\x0bXMP DataXMP"
XMP_IN_GIF_ENDS: Final = bytes([1, *range(255, -1, -1), 0])
"""Who takes the packet's letters for lengths of blocks comes to its end by these."""
XMP_IN_MP4: Final = bytes.fromhex("be7acfcb97a942e89c71999491e3afac")
EXTENSION: Final = 0x21
OF_A_FRAME: Final = 0xF9
"""What kind of extension belongs to the frame behind it."""


class Reel(Image.Image):
    """
    Frames as Pillow's animated pictures have them, each drawn when it is asked for.

    A list of them would hold a whole film in memory at once.
    """

    format = "REEL"

    def __init__(self, count: int, draw: Callable[[int], Image.Image]) -> None:
        super().__init__()
        self.n_frames, self.is_animated = count, count > 1
        self._draw, self._at = draw, -1
        self.seek(0)

    def seek(self, frame: int) -> None:
        """Go to *frame*, from 0; EOFError behind the last one."""
        if frame >= self.n_frames:
            raise EOFError(f"there are {self.n_frames} frames")
        if frame != self._at:
            drawn = self._draw(frame).convert("RGB")
            self.im, self._mode, self._size, self._at = drawn.im, "RGB", drawn.size, frame

    def tell(self) -> int:
        """Return the number of the frame that is there."""
        return self._at


def gif_of(reel: Reel, *, milliseconds: int) -> bytes:
    """Return the GIF of *reel*, which begins again at its end; each frame has 256 colours."""
    buffer = io.BytesIO()
    reel.save(
        buffer, "GIF", save_all=True, duration=milliseconds, loop=0, comment=MAKER.encode()
    )  # fmt: skip
    return _said_in_gif(buffer.getvalue(), of_trained(MAKER))


def _said_in_gif(gif: bytes, packet: bytes) -> bytes:
    """Return *gif* with *packet* ahead of its first frame, behind what is said of all of them."""
    at = 13 + (3 << (gif[10] & 7) + 1 if gif[10] & 0x80 else 0)  # behind the colours of all frames
    while gif[at] == EXTENSION and gif[at + 1] != OF_A_FRAME:
        at += 2
        while gif[at]:
            at += gif[at] + 1
        at += 1
    return b"".join([gif[:at], XMP_IN_GIF, packet, XMP_IN_GIF_ENDS, gif[at:]])


def webp_of(reel: Reel, *, milliseconds: int) -> bytes:
    """Return the animated WebP of *reel*, which begins again at its end."""
    buffer = io.BytesIO()
    reel.save(
        buffer, "WEBP", save_all=True, duration=milliseconds, loop=0, quality=QUALITY,
        xmp=of_trained(MAKER),
    )  # fmt: skip
    return buffer.getvalue()


def mp4_of(reel: Reel, *, milliseconds: int) -> bytes:
    """
    Return the MP4 of *reel*, whose sides are even.

    Raises:
        RuntimeError: This Pillow cannot encode AV1; those on PyPI can from 11.3 on.
    """
    if not features.check("avif"):
        raise RuntimeError(
            "This Pillow has no AV1 encoder, which makes the films: "
            'pip install --upgrade "pillow>=11.3". An ending .webp or .gif needs none.'
        )
    if reel.n_frames == 1:  # of one frame Pillow makes a still, in other boxes
        still = reel.copy()
        reel, milliseconds = Reel(2, lambda _: still), milliseconds // 2
    buffer = io.BytesIO()
    reel.save(
        buffer, "AVIF", save_all=True, duration=milliseconds, quality=QUALITY, speed=8,
        subsampling="4:2:0", range="limited",
    )  # fmt: skip
    return _in_mp4(_stream_of(buffer.getvalue()), reel.size, milliseconds)


@dataclass(frozen=True, slots=True)
class _Stream:
    """The AV1 samples of a film, its codec's own box, and which samples stand alone, from 1."""

    samples: list[bytes]
    codec: bytes
    alone: list[int]


def _stream_of(avif: bytes) -> _Stream:
    boxes = dict(_walk(avif, 0, len(avif)))
    sizes = _longs(boxes[b"stsz"][4:])
    count = sizes[1]
    lengths = [sizes[0]] * count if sizes[0] else list(sizes[2 : 2 + count])
    starts = _longs(boxes[b"stco"][4:])[1:]
    runs = _longs(boxes[b"stsc"][4:])[1:]
    samples: list[bytes] = []
    for number, at in enumerate(starts, start=1):
        held = next(
            runs[i + 1] for i in range(len(runs) - 3, -1, -3) if runs[i] <= number
        )  # samples in this chunk: of the last run that begins no later
        for length in lengths[len(samples) : len(samples) + held]:
            samples.append(avif[at : at + length])
            at += length  # noqa: PLW2901  it walks through its chunk
    entry = boxes[b"stsd"][8:]
    codec = dict(_walk(entry, 86, len(entry)))[b"av1C"]
    alone = list(_longs(boxes[b"stss"][4:])[1:]) if b"stss" in boxes else [1]
    return _Stream(samples, codec, alone)


def _walk(data: bytes, at: int, end: int) -> list[tuple[bytes, bytes]]:
    """Return name and content of every box, those in others too; ours has one track."""
    found = []
    while at < end:
        size, name = struct.unpack_from(">I4s", data, at)
        found.append((name, data[at + 8 : at + size]))
        if name in PARENTS:
            found += _walk(data, at + 8, at + size)
        at += size
    return found


def _longs(data: bytes) -> tuple[int, ...]:
    return struct.unpack(f">{len(data) // 4}I", data[: len(data) // 4 * 4])


def _in_mp4(stream: _Stream, size: tuple[int, int], milliseconds: int) -> bytes:
    kind = _box(b"ftyp", b"isom", _long(512), b"isomiso2av01mp41")
    # where the samples are stands in the index, whose length does not depend on it
    ahead = len(kind) + len(_index(stream, size, milliseconds, 0)) + 8
    index = _index(stream, size, milliseconds, ahead)
    said = _box(b"uuid", XMP_IN_MP4, of_trained(MAKER))
    return kind + index + _box(b"mdat", *stream.samples) + said


def _index(stream: _Stream, size: tuple[int, int], milliseconds: int, at: int) -> bytes:
    """Return the `moov` box; its times are in milliseconds."""
    count, lasts = len(stream.samples), milliseconds * len(stream.samples)
    across = struct.pack(">II", size[0] << 16, size[1] << 16)
    sample = _box(
        b"av01",
        struct.pack(">6xH16xHH", 1, *size),
        struct.pack(">IIIH", 72 << 16, 72 << 16, 0, 1),
        struct.pack(">32xHh", 24, -1),
        _box(b"av1C", stream.codec),
    )
    samples = _box(
        b"stbl",
        _full(b"stsd", _long(1), sample),
        _full(b"stts", _long(1, count, milliseconds)),
        _full(b"stsc", _long(1, 1, count, 1)),
        _full(b"stsz", _long(0, count, *map(len, stream.samples))),
        _full(b"stco", _long(1, at)),
        _full(b"stss", _long(len(stream.alone), *stream.alone)),
    )
    where = _box(b"dinf", _full(b"dref", _long(1), _full(b"url ", flags=1)))
    media = _box(
        b"mdia",
        _full(b"mdhd", _long(0, 0, 1000, lasts), struct.pack(">HH", 0x55C4, 0)),
        _full(b"hdlr", _long(0), b"vide", bytes(12), f"{MAKER}\0".encode()),
        _box(b"minf", _full(b"vmhd", bytes(8), flags=1), where, samples),
    )
    track = _full(
        b"tkhd", _long(0, 0, 1, 0, lasts, 0, 0, 0, 0), UNTURNED, across, flags=3
    )  # fmt: skip
    film = _full(
        b"mvhd", _long(0, 0, 1000, lasts, 1 << 16), struct.pack(">H10x", 256), UNTURNED,
        bytes(24), _long(2),
    )  # fmt: skip
    return _box(b"moov", film, _box(b"trak", track, media))


def _long(*numbers: int) -> bytes:
    return struct.pack(f">{len(numbers)}I", *numbers)


def _box(name: bytes, *parts: bytes) -> bytes:
    content = b"".join(parts)
    return _long(8 + len(content)) + name + content


def _full(name: bytes, *parts: bytes, flags: int = 0) -> bytes:
    return _box(name, _long(flags), *parts)
