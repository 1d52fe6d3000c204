"""Values on an axis: which one another value is, however many there are."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import leonardo_nb as leo
from leonardo_nb.sweeps.axes import Axis, same
from leonardo_nb.sweeps.layout import lay_out
from leonardo_nb.sweeps.parts import Part, selection, union

PLAIN = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-3, 3),
    st.sampled_from([-1.0, 0.0, 0.5, 1.0, 2.0]),
    st.sampled_from(["", "1", "a"]),
)
VALUES = st.one_of(
    PLAIN,
    st.tuples(PLAIN, PLAIN),
    st.lists(PLAIN, max_size=2),
    st.dictionaries(st.sampled_from("ab"), st.one_of(PLAIN, st.lists(PLAIN, max_size=2))),
    st.lists(st.dictionaries(st.sampled_from("ab"), PLAIN), max_size=2),
)


class Counting(str):
    """A text that counts how often it is compared; the hash finds it without."""

    __slots__ = ()
    compared = 0
    __hash__ = str.__hash__

    def __eq__(self, other: object) -> bool:
        Counting.compared += 1
        return str.__eq__(self, other) is True


@given(have=st.lists(VALUES, max_size=6), value=VALUES)
def test_value_is_where_the_first_equal_one_is(have: list[Any], value: Any) -> None:
    """As if every value were compared: 7 is 7.0, True is not 1, lists may be values."""
    axis = Axis("imagePrompts", tuple(have))
    places = [n for n, each in enumerate(have) if same(each, value)]

    assert (places[0] if places else None) == axis.finder()(value)
    assert bool(places) == axis.has(value)
    assert [have[n] for n in places] == list(axis.only([value]).values)


def test_what_has_no_hash_and_is_no_list_is_found_too() -> None:
    """It is compared with every value, one by one."""
    axis = Axis("words", ("a", bytearray(b"b"), {1}), None, "slot")

    assert [0, 1, 2] == [axis.index(each) for each in ("a", bytearray(b"b"), {1})]


def test_value_that_is_not_there_has_no_place() -> None:
    """The error of `index` says which axis it is not on."""
    axis = Axis("seed", (1, 2))

    assert axis.finder()(3) is None
    with pytest.raises(ValueError, match="3 is not on the axis seed"):
        axis.index(3)


def test_joining_and_selecting_compare_each_value_a_few_times() -> None:
    """Not each with each: 400 values joined with 400 would be 160,000 comparisons."""
    one, other = (
        leo.prompt("a {w}", w=[Counting(n) for n in numbers])
        for numbers in (range(400), range(200, 600))
    )
    Counting.compared = 0
    both = one + other
    some = both.where(w=[Counting(n) for n in range(0, 600, 2)])

    assert (600, 400) == (len(both.axes[0]), len(some))
    assert Counting.compared < 20 * 600


def words(numbers: range) -> Part:
    """Return cells whose words count how often they are compared."""
    plan = leo.plan(leo.prompt("a {w}", w=[Counting(n) for n in numbers]))
    return Part(plan.axes, {}, plan.cells)


def test_parts_compare_each_value_a_few_times() -> None:
    """Choosing 200 of 400 cells, joining 400 with 400, and laying them out."""
    one, other = words(range(400)), words(range(200, 600))
    Counting.compared = 0
    some = selection(one, {"w": [Counting(n) for n in range(0, 400, 2)]})
    both = union(one, other)
    layout = lay_out(both.axes)
    places = {layout.place(cell.coords) for cell in both.cells}

    assert (200, 600, 600) == (len(some.cells), len(both.cells), len(places))
    assert Counting.compared < 20 * 600
