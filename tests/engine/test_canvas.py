"""An image and its mask, as they are sent to be drawn in again."""

from __future__ import annotations

import io

import PIL.Image
import pytest

import leonardo_nb as leo
from leonardo_nb.engine.canvas import read_canvas

SIZE = (64, 64)
RED, BLUE = (255, 0, 0), (0, 0, 255)


def photograph(orientation: int, size: tuple[int, int] = SIZE) -> bytes:
    """Return a PNG whose stored left upper quarter is red, with an EXIF *orientation*."""
    image = PIL.Image.new("RGB", size, BLUE)
    image.paste(RED, (0, 0, size[0] // 2, size[1] // 2))
    exif = PIL.Image.Exif()
    exif[0x0112] = orientation
    buffer = io.BytesIO()
    image.save(buffer, "PNG", exif=exif)
    return buffer.getvalue()


def white(size: tuple[int, int] = SIZE) -> PIL.Image.Image:
    return PIL.Image.new("L", size, "white")


def raw(data: bytes) -> PIL.Image.Image:
    """Return the pixels of *data* as they are stored, whatever its EXIF data says."""
    return PIL.Image.open(io.BytesIO(data))


@pytest.mark.parametrize(
    ("orientation", "red"),
    [(2, (48, 16)), (3, (48, 48)), (4, (16, 48)), (6, (48, 16)), (8, (16, 48))],
)
def test_a_turned_picture_is_sent_upright(orientation: int, red: tuple[int, int]) -> None:
    """Also where turning it leaves the size as it is: mirrored, upside down, or a square."""
    picture, _ = read_canvas(photograph(orientation), white())

    assert (RED, BLUE) == (
        raw(picture.data).getpixel(red),
        raw(picture.data).getpixel((63 - red[0], 63 - red[1])),
    )
    assert None is raw(picture.data).getexif().get(0x0112)


def test_a_turned_mask_is_sent_upright() -> None:
    """The white part of it lies where it is seen."""
    image = PIL.Image.new("L", SIZE, "black")
    image.paste(255, (0, 0, 32, 32))
    exif = PIL.Image.Exif()
    exif[0x0112] = 3
    buffer = io.BytesIO()
    image.save(buffer, "PNG", exif=exif)
    _, mask = read_canvas(PIL.Image.new("RGB", SIZE), buffer.getvalue())

    assert (255, 0) == tuple(raw(mask.data).getpixel(at) for at in ((48, 48), (16, 16)))


@pytest.mark.parametrize("orientation", [0, 1, 9])
def test_an_upright_picture_is_sent_byte_for_byte(orientation: int) -> None:
    """An original is not encoded again for nothing."""
    data = photograph(orientation)

    assert data == read_canvas(data, white())[0].data


@pytest.mark.parametrize(
    ("colour", "seen"), [((255, 255, 255), 255), ((200, 200, 200), 255), ((90, 90, 90), 0)]
)
def test_a_mask_is_black_and_white(colour: tuple[int, int, int], seen: int) -> None:
    """Half of the light decides, so nobody has to guess what the service makes of grey."""
    given = PIL.Image.new("RGB", SIZE, colour)
    given.paste((255, 255, 255), (0, 0, 8, 8))
    mask = raw(read_canvas(PIL.Image.new("RGB", SIZE), given)[1].data)

    assert ("L", 255, seen) == (mask.mode, mask.getpixel((4, 4)), mask.getpixel((48, 48)))


@pytest.mark.parametrize("mode", ["RGBA", "LA"])
def test_what_is_transparent_is_black(mode: str) -> None:
    """As it looks on a dark page; white that nobody sees is not drawn again."""
    given = PIL.Image.new("RGBA", SIZE, (255, 255, 255, 0))
    given.paste((255, 255, 255, 255), (0, 0, 32, 64))
    mask = raw(read_canvas(PIL.Image.new("RGB", SIZE), given.convert(mode))[1].data)

    assert ("L", 255, 0) == (mask.mode, mask.getpixel((4, 4)), mask.getpixel((48, 48)))


@pytest.mark.parametrize("colour", [(0, 40, 0), (0, 0, 255), (1, 1, 1)])
def test_a_mask_that_is_too_dark_says_how_dark_it_is(colour: tuple[int, int, int]) -> None:
    """Dark green, blue, or ones where 255 was meant."""
    with pytest.raises(leo.InvalidRequest, match="has nothing that is nearer to white") as caught:
        read_canvas(PIL.Image.new("RGB", SIZE), PIL.Image.new("RGB", SIZE, colour))

    assert "mask" == caught.value.member
