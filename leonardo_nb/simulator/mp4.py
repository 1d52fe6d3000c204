"""
MP4 files without a video library: AV1 from Pillow's AVIF encoder, the boxes by hand.

An animated AVIF holds real AV1 inter frames, so a film is that file's samples in another box. Every
Chromium, Firefox and recent Safari plays the result.

Source: ISO/IEC 14496-12 (boxes), "AV1 Codec ISO Media File Format Binding" (av01, av1C).
"""

from __future__ import annotations

import io
import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING

from PIL import Image, features

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = ["can_film", "film_of", "measures"]

TIMESCALE = 1200
"""Ticks a second: a whole number of them for 8, 10, 12, 24 and 30 frames a second."""

_MATRIX = struct.pack(">9I", 0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000)
_NESTED = {b"moov", b"trak", b"mdia", b"minf", b"stbl"}


def can_film() -> bool:
    """Return whether this Pillow can encode AV1; its wheels can from 11.3 on."""
    return bool(features.check("avif"))


class _Reel(Image.Image):
    """
    Frames as Pillow's animated pictures have them, each drawn when it is encoded.

    A list of them would hold a whole film in memory, which is 370 MB for 5 s of 1920 x 1080.
    """

    format = "REEL"

    def __init__(self, count: int, draw: Callable[[int], Image.Image]) -> None:
        super().__init__()
        self._count = count
        self._draw = draw
        self._number = -1
        self.n_frames = count
        self.is_animated = count > 1
        self.seek(0)

    def seek(self, frame: int) -> None:
        """Go to a frame; EOFError behind the last one."""
        if frame >= self._count:
            raise EOFError("no more frames")
        if frame != self._number:
            drawn = self._draw(frame).convert("RGB")
            self.im = drawn.im
            self._mode, self._size, self._number = "RGB", drawn.size, frame

    def tell(self) -> int:
        """Return the number of the frame that is shown."""
        return self._number


def film_of(draw: Callable[[int], Image.Image], count: int, *, fps: int, quality: int) -> bytes:
    """
    Return the MP4 of *count* frames, *fps* of them a second.

    Args:
        draw: Gives the frame of a number, from 0; all of one size, which should be even.
        count: How many frames, at least two.
        fps: Frames a second, a divisor of 1,200.
        quality: 0 to 100.
    """
    reel = _Reel(count, draw)
    buffer = io.BytesIO()
    reel.save(
        buffer, "AVIF", save_all=True, duration=1000 // fps, quality=quality, speed=9,
        subsampling="4:2:0", range="limited", max_threads=1,
    )  # fmt: skip
    still = buffer.getvalue()
    boxes = dict(_boxes(still, 0, len(still)))
    samples = list(_samples(still, boxes))
    (entry_at, entry_end) = boxes[b"stsd"]
    config = _box_within(still, entry_at + 16 + 78, entry_end, b"av1C")
    keys = _numbers(still, boxes[b"stss"]) if b"stss" in boxes else [1]
    return _film(_Track(samples, config, keys, reel.size, fps))


def measures(film: bytes) -> tuple[int, int, float]:
    """Return width, height (pixels) and duration (seconds) of a film made here."""
    boxes = dict(_boxes(film, 0, len(film)))
    start, _ = boxes[b"mvhd"]
    scale, ticks = struct.unpack(">II", film[start + 12 : start + 20])
    _, end = boxes[b"tkhd"]
    width, height = struct.unpack(">II", film[end - 8 : end])
    return width >> 16, height >> 16, ticks / scale


def _boxes(data: bytes, at: int, end: int) -> Iterator[tuple[bytes, tuple[int, int]]]:
    """Give the name and the content of every box, the nested ones too."""
    while at < end:
        size, name = struct.unpack(">I4s", data[at : at + 8])
        yield name, (at + 8, at + size)
        if name in _NESTED:
            yield from _boxes(data, at + 8, at + size)
        at += size


def _box_within(data: bytes, at: int, end: int, wanted: bytes) -> bytes:
    for name, (start, stop) in _boxes(data, at, end):
        if name == wanted:
            return data[start:stop]
    raise ValueError(f"no {wanted.decode()} in this file")


def _numbers(data: bytes, where: tuple[int, int], skip: int = 4) -> list[int]:
    """Return the counted 32-bit numbers of a full box."""
    start, _ = where
    (count,) = struct.unpack(">I", data[start + skip : start + skip + 4])
    first = start + skip + 4
    return list(struct.unpack(f">{count}I", data[first : first + 4 * count]))


def _samples(data: bytes, boxes: dict[bytes, tuple[int, int]]) -> Iterator[bytes]:
    start, _ = boxes[b"stsz"]
    (common,) = struct.unpack(">I", data[start + 4 : start + 8])
    if common:
        (count,) = struct.unpack(">I", data[start + 8 : start + 12])
        sizes = [common] * count
    else:
        sizes = _numbers(data, boxes[b"stsz"], skip=8)
    chunks = _numbers(data, boxes[b"stco"])
    runs = _numbers_of_three(data, boxes[b"stsc"])
    sample = 0
    for number, offset in enumerate(chunks, start=1):
        in_chunk = next(count for first, count, _ in reversed(runs) if first <= number)
        at = offset
        for size in sizes[sample : sample + in_chunk]:
            yield data[at : at + size]
            at += size
        sample += in_chunk


def _numbers_of_three(data: bytes, where: tuple[int, int]) -> list[tuple[int, int, int]]:
    start, _ = where
    (count,) = struct.unpack(">I", data[start + 4 : start + 8])
    rows = struct.iter_unpack(">III", data[start + 8 : start + 8 + 12 * count])
    return [(first, per_chunk, entry) for first, per_chunk, entry in rows]


@dataclass(frozen=True, slots=True)
class _Track:
    samples: list[bytes]
    config: bytes
    keys: list[int]
    size: tuple[int, int]
    fps: int


def _film(track: _Track) -> bytes:
    head = _box(b"ftyp", b"isom", struct.pack(">I", 512), b"isomiso2av01mp41")
    # offsets are known once the index's own length is
    length = len(head) + len(_index(track, 0)) + 8
    index = _index(track, length)
    return head + index + _box(b"mdat", *track.samples)


def _index(film: _Track, at: int) -> bytes:
    samples, keys, size = film.samples, film.keys, film.size
    tick = TIMESCALE // film.fps
    ticks = tick * len(samples)
    width, height = size
    table = _box(
        b"stbl",
        _full(b"stsd", struct.pack(">I", 1), _sample_entry(film.config, size)),
        _full(b"stts", struct.pack(">III", 1, len(samples), tick)),
        _full(b"stsc", struct.pack(">IIII", 1, 1, len(samples), 1)),
        _full(
            b"stsz",
            struct.pack(f">II{len(samples)}I", 0, len(samples), *(len(one) for one in samples)),
        ),
        _full(b"stco", struct.pack(">II", 1, at)),
        _full(b"stss", struct.pack(f">I{len(keys)}I", len(keys), *keys)),
    )
    media = _box(
        b"mdia",
        _full(b"mdhd", struct.pack(">IIIIHH", 0, 0, TIMESCALE, ticks, 0x55C4, 0)),
        _full(b"hdlr", struct.pack(">I4s12x", 0, b"vide"), b"simulated\0"),
        _box(
            b"minf",
            _full(b"vmhd", bytes(8), flags=1),
            _box(b"dinf", _full(b"dref", struct.pack(">I", 1), _full(b"url ", flags=1))),
            table,
        ),
    )
    track = _box(
        b"trak",
        _full(
            b"tkhd",
            struct.pack(">IIIII8xhhhH", 0, 0, 1, 0, ticks, 0, 0, 0, 0),
            _MATRIX,
            struct.pack(">II", width << 16, height << 16),
            flags=3,
        ),
        media,
    )
    movie = _full(
        b"mvhd",
        struct.pack(">IIIIIH10x", 0, 0, TIMESCALE, ticks, 0x10000, 0x100),
        _MATRIX,
        bytes(24),
        struct.pack(">I", 2),
    )
    return _box(b"moov", movie, track)


def _sample_entry(config: bytes, size: tuple[int, int]) -> bytes:
    return _box(
        b"av01",
        struct.pack(">6xH16xHHIII", 1, *size, 0x480000, 0x480000, 0),
        struct.pack(">H32sHh", 1, b"", 24, -1),
        _box(b"av1C", config),
    )


def _box(name: bytes, *parts: bytes) -> bytes:
    body = b"".join(parts)
    return struct.pack(">I4s", 8 + len(body), name) + body


def _full(name: bytes, *parts: bytes, flags: int = 0) -> bytes:
    return _box(name, struct.pack(">I", flags), *parts)
