"""Tables are text and small pictures, whatever the service puts into them."""

from __future__ import annotations

import os

import PIL.Image
import pytest

from leonardo_nb.account.offers import ElementTable
from leonardo_nb.account.tables import Cell, Table, Thumbnail, fitting, thumbnail
from leonardo_nb.service.assets import PlatformElement

MOST_BYTES = 200_000  # with base64 and words they stay under the 300 kB of a notebook's output
STEERS = "a\x1b[2J\x1b]0;title\x07b"
MARKUP = "<img src=x onerror=alert(1)>"


class Words(Table[str]):
    """Rows of one word each."""

    columns = ("word",)
    nouns = ("word", "words")

    def cells(self, row: str) -> tuple[Cell, ...]:
        """Return the word."""
        return (Cell(row),)


def noise(side: int) -> Thumbnail:
    """Return a picture that no compression makes small."""
    image = PIL.Image.frombytes("RGB", (2 * side, 2 * side), os.urandom(12 * side * side))
    made = thumbnail(image, side=side)
    assert made is not None
    return made


def test_a_cell_steers_no_terminal() -> None:
    """What cannot be printed is a space."""
    assert "a [2J ]0;title b" == repr(Words([STEERS])).splitlines()[1]


def test_a_sentence_under_a_table_steers_no_terminal() -> None:
    """It is a note, and the service's words may be in it; it is not cut."""
    long = "so it goes on, " * 10
    shown = repr(Words(["one"], notes=[STEERS + long]))

    assert "\x1b" not in shown
    assert "\x07" not in shown
    assert f"a [2J ]0;title b{long}" in shown


def test_an_element_s_name_steers_no_terminal() -> None:
    """The first of them is the example under the table."""
    row = PlatformElement(id="an-id", name=STEERS)
    shown = repr(ElementTable([row]))

    assert "\x1b" not in shown
    assert 3 == shown.count("a [2J ]0;title b")


def test_the_foot_of_a_table_is_text() -> None:
    """A note is no markup, with rows and without."""
    for rows in (["one"], []):
        html = Words(rows, notes=[MARKUP])._repr_html_()

        assert MARKUP not in html
        assert "&lt;img src=x onerror=alert(1)&gt;" in html


def test_cells_are_text() -> None:
    """What they say, what is quieter, and what is to be copied."""
    cells = Cell(MARKUP, quiet=MARKUP), Cell(MARKUP, is_code=True)

    class Marked(Table[str]):
        columns = ("text", "code")

        def cells(self, row: str) -> tuple[Cell, ...]:
            del row
            return cells

    html = Marked(["one"])._repr_html_()

    assert (0, 3) == (html.count("<img"), html.count("&lt;img"))


@pytest.mark.parametrize(("count", "side"), [(3, 40), (40, 60), (12, 160)])
def test_pictures_fit_into_a_notebook_together(count: int, side: int) -> None:
    """They are made poorer first, and then the last ones give way."""
    given = [noise(side) for _ in range(count)]
    fitted = fitting(given)
    total = sum(len(each.data) for each in fitted if each is not None)
    is_too_much = sum(len(each.data) for each in given) > MOST_BYTES

    assert total <= MOST_BYTES
    assert is_too_much is (fitted != given)
    assert fitted[0] is not None


def test_pictures_that_are_small_enough_are_left_as_they_are() -> None:
    """And where there is none, there is none."""
    given = [noise(20), None, noise(20)]

    assert given == fitting(given)
