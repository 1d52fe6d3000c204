from __future__ import annotations

import io
from typing import TYPE_CHECKING

import pytest
from PIL import Image, features

from leonardo_nb.library.embedding.xmp import TRAINED, of_trained
from leonardo_nb.library.mp4 import read_film
from leonardo_nb.sweeps.export.film import Reel, gif_of, mp4_of, webp_of

if TYPE_CHECKING:
    from collections.abc import Callable

COLOURS = ["red", "green", "blue"]


def reel(count: int = 3) -> Reel:
    return Reel(count, lambda number: Image.new("RGB", (64, 48), COLOURS[number]))


@pytest.mark.parametrize("made", [gif_of, webp_of])
def test_animated_pictures_have_every_frame_and_begin_again(made: Callable[..., bytes]) -> None:
    """Three frames, each as long as was said, for ever."""
    with Image.open(io.BytesIO(made(reel(), milliseconds=700))) as film:
        film.seek(2)
        last = film.convert("RGB").getpixel((20, 20))
        assert (3, 0, 700) == (film.n_frames, film.info["loop"], film.info["duration"])  # type: ignore[attr-defined]

    assert isinstance(last, tuple)
    assert last[2] > 200


@pytest.mark.skipif(not features.check("avif"), reason="this Pillow encodes no AV1")
def test_mp4_is_as_long_and_as_large_as_its_frames() -> None:
    """The library's own reader, which checks that all of a film is there, finds it whole."""
    film = read_film(io.BytesIO(mp4_of(reel(), milliseconds=400)))

    assert (1.2, 64, 48) == (film.duration, film.width, film.height)


@pytest.mark.skipif(not features.check("avif"), reason="this Pillow encodes no AV1")
def test_mp4_of_one_frame_is_a_film() -> None:
    """As long as its frame, where only one value has a picture."""
    assert 0.4 == read_film(io.BytesIO(mp4_of(reel(1), milliseconds=400))).duration


MADE = [
    gif_of,
    webp_of,
    pytest.param(
        mp4_of,
        marks=pytest.mark.skipif(not features.check("avif"), reason="this Pillow encodes no AV1"),
    ),
]


@pytest.mark.parametrize("made", MADE)
def test_films_say_what_made_them(made: Callable[..., bytes]) -> None:
    """Us, so that they may be replaced when they are made anew; and a trained model."""
    film = made(reel(), milliseconds=400)

    assert b"leonardo_nb" in film
    assert 1 == film.count(of_trained("leonardo_nb"))
    assert TRAINED.encode() in film


def test_gif_is_read_beyond_what_it_says() -> None:
    """Also by who takes the packet for blocks; what begins again still stands ahead of it."""
    film = gif_of(reel(), milliseconds=400)
    at = film.index(b"\x21\xff\x0bXMP DataXMP") + 14

    while film[at]:
        at += film[at] + 1

    assert b"\x21\xf9" == film[at + 1 : at + 3]
    assert film.index(b"NETSCAPE2.0") < film.index(b"XMP DataXMP")


def test_frames_are_drawn_one_at_a_time() -> None:
    """A film of any length holds one frame."""
    drawn: list[int] = []

    def draw(number: int) -> Image.Image:
        drawn.append(number)
        return Image.new("RGB", (8, 8))

    film = Reel(3, draw)
    film.seek(1)
    film.seek(1)

    assert [0, 1] == drawn
    with pytest.raises(EOFError, match="3 frames"):
        film.seek(3)
