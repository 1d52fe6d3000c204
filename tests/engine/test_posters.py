"""How a video looks where it does not play."""

from __future__ import annotations

from typing import Any

import PIL.Image
import pytest

from leonardo_nb.engine.posters import dark_frame, with_play_mark


def luminance(image: PIL.Image.Image, place: tuple[int, int]) -> float:
    """Return the relative luminance of one pixel, 0 to 1."""
    pixel: Any = image.convert("RGB").getpixel(place)
    parts = (value / 255 for value in pixel)
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts)
    return float(0.2126 * red + 0.7152 * green + 0.0722 * blue)


@pytest.mark.parametrize("colour", ["white", "black", "gray", "yellow"])
def test_the_play_mark_is_seen_on_any_picture(colour: str) -> None:
    """The triangle stands out from its disc by 4.5:1, on light and on dark."""
    marked = with_play_mark(PIL.Image.new("RGB", (640, 360), colour))
    triangle, disc = luminance(marked, (320, 180)), luminance(marked, (320, 180 - 30))

    assert (triangle + 0.05) / (disc + 0.05) > 4.5


@pytest.mark.parametrize("size", [(640, 360), (360, 640), (961, 541), (30, 20), (1, 1)])
@pytest.mark.parametrize("mode", ["RGB", "L", "P", "CMYK"])
def test_a_mark_changes_no_size(size: tuple[int, int], mode: str) -> None:
    """Every picture keeps its size, and the one that was given stays as it is."""
    plain = PIL.Image.new("RGB", size, "white").convert(mode)
    before = plain.tobytes()

    marked = with_play_mark(plain)

    assert (size, "RGB") == (marked.size, marked.mode)
    assert before == plain.tobytes()


def test_a_see_through_picture_stays_so() -> None:
    """Only the mark is laid on it."""
    marked = with_play_mark(PIL.Image.new("RGBA", (100, 100), (0, 0, 0, 0)))

    assert ("RGBA", (0, 0, 0, 0)) == (marked.mode, marked.getpixel((0, 0)))


@pytest.mark.parametrize("size", [(640, 360), (8000, 4500), (65_535, 1)])
def test_a_dark_frame_has_the_shape_and_is_never_large(size: tuple[int, int]) -> None:
    """A video of any size has a frame of at most 1,024 pixels a side."""
    frame = dark_frame(*size)

    assert max(frame.size) <= 1024
    assert abs(frame.width * size[1] - frame.height * size[0]) <= max(size)
