from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

import leonardo_nb as leo
from leonardo_nb.errors import InvalidRequest
from leonardo_nb.sweeps.measuring.duplicates import _joined, _near_rows

if TYPE_CHECKING:
    from leonardo_nb.studios import Studio

SMALL: dict[str, Any] = {"width": 64, "height": 64}


def test_pictures_of_one_file_are_told_apart(studio: Studio) -> None:
    """Where it is public changes no pixel: two files of two are the same."""
    run = leo.sweep("a fox", studio=studio, seed=[1, 2], public=[True, False], **SMALL).result(15)

    groups = run.duplicates(0)

    assert [True, True] == [group.is_exact for group in groups]
    assert [(0.0, 0.0)] * 2 == [(group.phash, group.dhash) for group in groups]
    assert ((0, 1),) == tuple(tuple(cell.index for cell in same) for same in groups[0].same_bytes)
    assert "the same" in repr(groups)


def test_near_pictures_are_grouped_with_their_distance(studio: Studio) -> None:
    """Guidance of 7 and 7.1 draws nearly the same; another seed and style do not."""
    run = leo.sweep(
        "a fox", studio=studio, seed=[1, 2], guidance_scale=[7, 7.1], width=256, height=256
    ).result(15)

    groups = run.duplicates()

    assert [[0, 1], [2, 3]] == [[cell.index for cell in each.cells] for each in groups]
    assert all(each.phash <= 0.08 and each.dhash <= 0.08 for each in groups)
    assert "seed=1" in repr(groups)
    assert "guidance_scale=7, 7.1" in groups._repr_html_()
    assert [0, 0, 1, 1] == groups.to_pandas()["group"].tolist()


def test_no_duplicates_is_an_empty_table(studio: Studio) -> None:
    """It says so, and is false."""
    run = leo.sweep("a fox", studio=studio, seed=[1, 2, 3], width=256, height=256).result(15)

    found = run.duplicates(0.0)

    assert not found
    assert "no groups of near-identical pictures" == repr(found)


def test_colour_tells_apart_what_hashes_take_for_one() -> None:
    """Both hashes see grey only; a red and a green picture of one shape are two."""
    bits = np.ones((3, 64))
    colours = np.array([[0.5, 0.2, 0.0], [0.5, -0.2, 0.0], [0.5, 0.21, 0.0]])

    near = _near_rows((bits, bits), colours, 0.1)

    assert [[0, 2]] == _joined(3, near, ["a", "b", "c"])


def test_both_hashes_have_to_agree() -> None:
    """Six of 64 bits are 0.09: near at 0.1, and not at 0.08; in either hash."""
    one, other = np.zeros((2, 64)), np.zeros((2, 64))
    other[1, :6] = 1
    colours = np.zeros((2, 3))

    found = [
        _joined(2, _near_rows(bits, colours, distance), ["a", "b"])
        for bits in ((one, other), (other, one))
        for distance in (0.1, 0.08)
    ]

    assert [[[0, 1]], [], [[0, 1]], []] == found


def test_equal_files_are_near_at_any_distance() -> None:
    """Names are of bytes; the same name is the same picture, whatever was measured."""
    bits, colours = np.eye(3, 64), np.zeros((3, 3))

    near = list(_near_rows((bits, bits), colours, 0.0))

    assert [[0, 2]] == _joined(3, near, ["a", "b", "a"])
    assert [] == _joined(3, near, ["a", "b", "c"])


@pytest.mark.parametrize(("distance", "nearest"), [(-0.5, 0), (8, 1), ("near", 0.08), (True, 0.08)])
def test_distance_is_a_share(studio: Studio, distance: Any, nearest: float) -> None:
    """Bits are not counted, but shared; the error has the nearest value."""
    run = leo.sweep("a fox", studio=studio, seed=[1, 2], **SMALL).result(15)

    with pytest.raises(InvalidRequest, match=r"a share of a hash's bits, from 0 to 1") as caught:
        run.duplicates(distance)

    assert nearest == caught.value.nearest
