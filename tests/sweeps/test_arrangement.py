from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leonardo_nb.errors import InvalidRequest
from leonardo_nb.money import Credits
from leonardo_nb.sweeps.arrangement import (
    Arrangement,
    Filter,
    arranged,
    first_arrangement,
    read_arrangement,
)
from leonardo_nb.sweeps.axes import Axis

STYLES = Axis("presetStyle", ("ANIME", "DYNAMIC", "CINEMATIC"))
GUIDANCE = Axis("guidance_scale", (3, 7, 12))
SEEDS = Axis("seed", (1, 2))
AXES = (SEEDS, GUIDANCE, STYLES)
START = first_arrangement(AXES)


def test_first_arrangement_is_that_of_the_layout() -> None:
    """Numbers run across, words down, and the seed stands apart."""
    assert Arrangement("guidance_scale", "presetStyle", ("seed",)) == START


def test_first_arrangement_turns_over_what_would_be_too_many_grids() -> None:
    """Hundreds of grids are scrolled through by nobody."""
    many = (*AXES, Axis("contrast", tuple(range(500))))
    arrangement = first_arrangement(many)

    places = {arrangement.x, arrangement.y, *arrangement.facets, *arrangement.pages}
    assert {axis.name for axis in many} == places


def test_turning_from_python_keeps_size_and_filter() -> None:
    """Only what is said changes."""
    now = arranged(START, AXES, size=160, state="failed")
    turned = arranged(now, AXES, x="seed")

    assert ("seed", 160, "fu") == (turned.x, turned.size, turned.filter.state)


def test_a_value_goes_before_a_label() -> None:
    """A sheet shows what `sel` finds, also where one value is called as another one is."""
    axis = Axis("presetStyle", ("CINEMATIC", "DYNAMIC", "ANIME"), ("DYNAMIC", "CINEMATIC", "x"))
    turned = arranged(first_arrangement([axis]), [axis], presetStyle=["DYNAMIC", "x"])

    found = [axis.index(axis.find(name)) for name in ("DYNAMIC", "x")]
    assert [1, 2] == found == list(turned.filter.values["presetStyle"])


def test_pages_are_opened_by_value() -> None:
    """An axis that is turned over shows one value at a time."""
    turned = arranged(START, AXES, page="seed", at={"seed": 2})

    assert (("seed",), {"seed": 1}) == (turned.pages, dict(turned.at))


def test_page_that_is_none_cannot_be_opened() -> None:
    """The error says what to give as well."""
    with pytest.raises(InvalidRequest, match="page='seed'"):
        arranged(START, AXES, at={"seed": 2})


def test_shown_values_keep_the_order_that_is_said() -> None:
    """Hidden are those that are not named; labels are as good as values."""
    turned = arranged(START, AXES, shown={"presetStyle": ["CINEMATIC", "ANIME"], "seed": 2})

    assert {"presetStyle": (2, 0), "seed": (1,)} == dict(turned.shown)
    assert {"seed": (1,)} == dict(arranged(turned, AXES, shown={"presetStyle": None}).shown)


def test_filter_takes_values_prices_marks_and_words() -> None:
    """Everything that a page can filter by."""
    turned = arranged(START, AXES, guidance_scale=[3, 12], most=Credits(5), star=True, text="fox")

    wanted = Filter("", "star", 5.0, "fox", {"guidance_scale": (0, 2)})
    assert wanted == turned.filter


@pytest.mark.parametrize(
    ("said", "nearest"),
    [
        ({"x": "gidance_scale"}, "guidance_scale"),
        ({"shown": {"guidance_scale": [8]}}, 7),
        ({"state": "faled"}, "failed"),
        ({"star": "stars"}, "star"),
        ({"size": -5}, 0),
        ({"most": float("nan")}, 0),
        ({"presetStyle": "ANIMA"}, "ANIME"),
    ],
)
def test_what_there_is_not_is_an_error_with_the_nearest(
    said: dict[str, Any], nearest: object
) -> None:
    """Nothing is turned."""
    with pytest.raises(InvalidRequest) as refused:
        arranged(START, AXES, **said)

    assert nearest == refused.value.nearest


anything = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-5, 5)
    | st.floats()
    | st.sampled_from(["", "seed", "guidance_scale", "presetStyle", "star", "d", "nothing"]),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(["seed", "presetStyle", "x", "values", "state", "star", "most"]), inner
        )
    ),
    max_leaves=8,
)
MEMBERS = ("x", "y", "facets", "pages", "at", "shown", "size", "filter")


@given(st.dictionaries(st.sampled_from(MEMBERS), anything) | anything)
def test_whatever_a_page_says_each_axis_has_one_place(said: object) -> None:
    """A page can say anything."""
    found = read_arrangement(said, AXES)

    places = [*filter(None, [found.x, found.y]), *found.facets, *found.pages]
    assert sorted(axis.name for axis in AXES) == sorted(places)
    assert all(0 <= found.at[name] < 3 for name in found.pages)


def test_what_was_written_is_read_again() -> None:
    """What Python sets, a page gives back."""
    turned = arranged(
        START, AXES, page="seed", shown={"presetStyle": ["CINEMATIC", "ANIME"]}, size=64, most=3
    )

    assert turned == read_arrangement(turned.to_dict(), AXES)
