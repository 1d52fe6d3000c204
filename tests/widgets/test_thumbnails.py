from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

import pytest
from PIL import Image as Pillow

from leonardo_nb.simulator import retouch
from leonardo_nb.simulator.painter import paint
from leonardo_nb.widgets.thumbnails import LONGEST, place_of, small

if TYPE_CHECKING:
    from collections.abc import Callable


@pytest.fixture(scope="module")
def scene() -> Pillow.Image:
    """A picture with something in it."""
    return paint(
        {"prompt": "a lighthouse at dawn, gulls over the surf", "seed": 42}, width=192, height=144
    )


def test_wider_picture_is_found(scene: Pillow.Image) -> None:
    """Where the old picture stands in the new one is seen, since the service does not say."""
    place = place_of(scene, retouch.wider(scene), is_wider=True)
    assert place is not None
    left, top, width, height = place

    assert width == height == pytest.approx(1 / retouch.UNZOOM, abs=0.02)
    assert left == top == pytest.approx((1 - width) / 2)


def test_nothing_is_claimed_of_another_picture(scene: Pillow.Image) -> None:
    """A place that is not seen is not made up."""
    other = paint({"prompt": "a red fox in the snow", "seed": 7}, width=192, height=144)

    assert place_of(scene, other, is_wider=True) is None


@pytest.mark.parametrize(
    ("size", "found"), [((384, 288), True), ((385, 288), True), ((288, 384), False)]
)
def test_larger_picture_is_the_same_view(
    scene: Pillow.Image,
    size: tuple[int, int],
    found: bool,
) -> None:
    """Unless its shape is another one; sides are whole pixels."""
    place = place_of(scene, scene.resize(size), is_wider=False)

    assert ((0.0, 0.0, 1.0, 1.0) if found else None) == place


def test_small_picture_keeps_what_is_see_through(make_job: Callable[..., Any]) -> None:
    """It is WebP, which has transparency and is small; an opaque one is JPEG."""
    clear, opaque = make_job(pictures=2).images
    Pillow.new("RGBA", (1600, 1200), (200, 30, 30, 90)).save(clear.path)
    made, other = (small(image, key="a", alt="a fox") for image in (clear, opaque))
    opened = Pillow.open(io.BytesIO(made["data"]))

    assert ("WEBP", "RGBA", LONGEST) == (opened.format, opened.mode, max(opened.size))
    assert (True, "image/webp", 1600, 1200) == (
        made["clear"],
        made["type"],
        made["width"],
        made["height"],
    )
    assert (False, "image/jpeg") == (other["clear"], other["type"])
