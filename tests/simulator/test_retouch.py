"""What is made of a picture that is there already."""

from __future__ import annotations

import numpy as np
from PIL import Image, ImageDraw

from leonardo_nb.simulator import retouch
from leonardo_nb.simulator.painter import encode, layers


def test_a_wider_view_has_no_streaks() -> None:
    """A trunk near the edge comes again once beyond it, and not in every narrow strip."""
    image = Image.new("RGB", (640, 400), (240, 240, 240))
    ImageDraw.Draw(image).rectangle((20, 0, 44, 400), fill=(10, 10, 10))

    row = np.asarray(retouch.wider(image).convert("L"))[200, :120] < 170

    assert 1 == int((np.diff(row.astype(int)) == 1).sum()) + int(row[0])


def test_a_wider_view_is_the_same_bytes() -> None:
    """Two views of one picture are equal to the byte."""
    image = layers({"prompt": "a forest", "seed": 3}, width=192, height=144).image

    first, second = (encode(retouch.wider(image)) for _ in range(2))

    assert first == second


def test_a_wider_view_has_the_picture_in_its_middle() -> None:
    """The size stays, and the middle is the picture made smaller."""
    image = Image.new("RGB", (64, 32), "white")
    ImageDraw.Draw(image).ellipse((24, 8, 40, 24), fill="red")

    wide = retouch.wider(image)

    assert image.size == wide.size
    red, green, _ = np.asarray(wide, dtype=int)[16, 32]
    assert red - green > 150
