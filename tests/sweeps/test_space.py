from __future__ import annotations

import math
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import leonardo_nb as leo
from leonardo_nb.errors import ConflictingParameters, InvalidRequest, UnknownParameter
from leonardo_nb.sweeps.axes import MAX_CELLS, Axis, label_of, linspace
from leonardo_nb.sweeps.order import spread_order
from leonardo_nb.sweeps.space import space_of

if TYPE_CHECKING:
    import random

    from leonardo_nb.sweeps.cells import Cell

MODEL = "Phoenix 1.0"
SHAPES = st.lists(st.integers(1, 6), max_size=4)


def cells(prompt: object = "a fox", *, check: bool = True, **parameters: object) -> list[Cell]:
    return list(leo.plan(prompt, check=check, **parameters).cells)  # type: ignore[arg-type]


def refused(prompt: object = "a fox", **parameters: Any) -> InvalidRequest:
    with pytest.raises(InvalidRequest) as caught:
        cells(prompt, **parameters)
    return caught.value


# -- what is an axis


def test_list_tuple_range_and_array_are_axes() -> None:
    """Whatever has a length and an order is an axis; what has one value is fixed."""
    space, fixed = space_of(
        {
            "prompt": "a fox",
            "seed": range(2),
            "guidance_scale": (3, 4),
            "num_images": 2,
            "width": np.array([512, 640]),
        }
    )

    assert ["seed", "guidance_scale", "width"] == [axis.name for axis in space.axes]
    assert {"prompt": "a fox", "num_images": 2} == fixed


def test_list_of_prompts_is_an_axis() -> None:
    """The prompt varies like any parameter."""
    assert ["a fox", "an owl"] == [cell.request.prompt for cell in cells(["a fox", "an owl"])]


def test_text_is_one_value() -> None:
    """A style is not a sequence of letters."""
    assert 1 == len(cells(presetStyle="ANIME"))


def test_list_by_nature_is_one_value() -> None:
    """One list of elements is fixed; a list of such lists is the axis."""
    one = [{"akUUID": "01b6184e-3905-4dc7-9ec6-4f09982536d5"}]
    other = [{"akUUID": "01b6184e-3905-4dc7-9ec6-4f09982536d5", "weight": 0.5}]

    assert (1, 2) == (len(cells(elements=one)), len(cells(elements=[one, other])))


def test_numpy_scalars_become_python_numbers() -> None:
    """What is sent and compared is a plain number."""
    space, fixed = space_of({"seed": list(np.arange(2)), "width": np.int64(512)})

    assert [int, int] == [type(value) for value in space.axes[0].values]
    assert int is type(fixed["width"])


@pytest.mark.parametrize("empty", [[], (), range(0), np.array([])])
def test_empty_axis_is_named(empty: object) -> None:
    """An axis without values would make a sweep without cells."""
    error = refused(seed=[1, 2], guidance_scale=empty)

    assert "guidance_scale" == error.member
    assert "guidance_scale is an empty axis" in str(error)


@pytest.mark.parametrize("orderless", [{1, 2}, (n for n in (1, 2)), iter([1, 2])])
def test_what_has_no_order_is_refused(orderless: object) -> None:
    """A set would lay the same sweep out differently every time."""
    assert "write seed=list(...)" in str(refused(seed=orderless))


@pytest.mark.parametrize("twice", [[7, 7], [7, 7.0], [7, np.float64(7)]])
def test_value_twice_is_refused(twice: list[float]) -> None:
    """The same request would be the same picture; 7 is 7.0."""
    assert "guidance_scale has 7" in str(refused(guidance_scale=twice))


def test_unknown_axis_is_refused() -> None:
    """A misspelt axis is named with the nearest valid name."""
    with pytest.raises(UnknownParameter) as caught:
        cells(guidence_scale=[3, 6])

    assert "guidance_scale" == caught.value.nearest


def test_two_spellings_of_one_parameter_are_refused() -> None:
    """Which of them should win is nobody's guess."""
    with pytest.raises(UnknownParameter, match="given twice"):
        cells(preset_style="ANIME", presetStyle=["CINEMATIC"])


@pytest.mark.parametrize(
    ("parameter", "values", "nearest"),
    [
        ("guidance_scale", [3, 0], 1),
        ("presetStyle", ["DYNAMIC", "ANIMEE"], "ANIME"),
        ("width", [512, 517], 520),
    ],
)
def test_bad_axis_value_names_the_nearest(
    parameter: str, values: list[object], nearest: object
) -> None:
    """Each value on an axis is checked before there is a cell."""
    error = refused(**{parameter: values})

    assert (parameter, nearest) == (error.member, error.nearest)


@pytest.mark.parametrize("count", [10**9, 10**30])
def test_too_many_cells_are_refused_without_being_built(count: int) -> None:
    """A thousand million seeds are counted, not made; nor are more than can be counted."""
    error = refused(seed=range(count))

    assert "a sweep has at most 100,000" in str(error)
    assert MAX_CELLS == error.nearest


# -- cells


def test_last_axis_varies_fastest() -> None:
    """The order is that of nested loops."""
    found = cells(seed=[1, 2], guidance_scale=[3, 6])

    assert [(1, 3), (1, 6), (2, 3), (2, 6)] == [tuple(cell.coords.values()) for cell in found]
    assert [0, 1, 2, 3] == [cell.index for cell in found]


@given(seeds=st.integers(1, 6), scales=st.integers(1, 5), styles=st.integers(1, 3))
def test_size_is_the_product(seeds: int, scales: int, styles: int) -> None:
    """There are as many cells as the axes multiply to, and no two are equal."""
    found = cells(
        seed=range(seeds),
        guidance_scale=range(3, 3 + scales),
        presetStyle=["CINEMATIC", "DYNAMIC", "ANIME"][:styles],
    )

    assert seeds * scales * styles == len(found)
    assert len(found) == len({cell.key for cell in found})


def test_cells_without_a_seed_share_one() -> None:
    """Otherwise what differs between two cells would be chance; None is no seed either."""
    plan = leo.plan("a fox", guidance_scale=[3, 6], seed=None)

    assert {plan.fixed["seed"]} == {cell.request.seed for cell in plan}


def test_equal_requests_have_equal_keys() -> None:
    """A default that is written out is the same request."""
    (written,) = cells(guidance_scale=7.0, seed=5)
    (left_out,) = cells(seed=5)

    assert left_out.key == written.key


def test_refused_cells_are_dropped_and_listed() -> None:
    """A rule broken in some cells takes those away, with its sentence."""
    plan = leo.plan("a fox", presetStyle=["DYNAMIC", "LONG_EXPOSURE"], seed=[1, 2])

    assert ["DYNAMIC", "DYNAMIC"] == [cell.coords["presetStyle"] for cell in plan]
    (dropped,) = plan.dropped
    assert dropped.because.startswith("With alchemy, presetStyle is one of")
    assert [("LONG_EXPOSURE", 1), ("LONG_EXPOSURE", 2)] == [
        (p.presetStyle, p.seed) for p in dropped
    ]


def test_words_that_are_too_long_together_are_dropped() -> None:
    """Each cell is refused by itself, with the length of its own prompt."""
    words = {"a": ["u" * 700, "x"], "b": ["v" * 900, "y", "w" * 950]}
    plan = leo.plan(leo.prompt("{a} {b}", **words), seed=[1, 2])

    assert (8, 4) == (len(plan), sum(map(len, plan.dropped)))
    assert ["prompt is 1,601 characters", "prompt is 1,651 characters"] == [
        dropped.because[:26] for dropped in plan.dropped
    ]
    assert 12 == len(leo.plan(leo.prompt("{a} {b}", **words), seed=[1, 2], check=False))


def test_words_that_say_nothing_together_are_dropped() -> None:
    """Also where the prompts are joined with those of another template."""
    space = leo.prompt("{a}{b}", a=["", "x"], b=["", "y"])

    for places in (space, space + leo.prompt("a {c}", c=["fox"])):
        plan = leo.plan(places)
        assert len(places) - 1 == len(plan)
        assert plan.dropped[0].because.startswith("prompt is empty")


@pytest.mark.parametrize(
    ("template", "words"),
    [
        ("{a} {b}", {"a": ["u" * 1_600, "x"], "b": ["v" * 900, "y"]}),
        ("{a} {b}", {"a": ["u" * 700, "x" * 701], "b": ["v" * 900, "y" * 910]}),
        ("{a}", {"a": ["u" * 1_600, "x"]}),
        ("u" * 1_600, {}),
    ],
)
def test_words_that_are_too_long_by_themselves_are_refused(template: str, words: Any) -> None:
    """No other word could mend them, so nobody meant them; so is a sweep without a cell."""
    error = refused(leo.prompt(template, **words), seed=[1, 2])

    assert "prompt" == error.member
    assert str(error).startswith("prompt is ")


def test_a_fixed_value_that_one_model_refuses_takes_its_cells_away() -> None:
    """Kontext draws wider than others; what it is refused for is the model's, and not its own."""
    plan = leo.plan("a fox", modelId=["Kino XL", "FLUX.1 Kontext"], width=1568, height=672)

    assert ["FLUX.1 Kontext"] == [label_of("modelId", cell.coords["modelId"]) for cell in plan]
    assert plan.dropped[0].because.startswith("width must be a multiple of 8 from 32 to 1536")


def test_a_sweep_without_a_valid_cell_is_refused() -> None:
    """Where a rule is broken in every cell, there is nothing to ask for."""
    error = refused(presetStyle=["LONG_EXPOSURE", "MACRO"], seed=[1, 2])

    assert isinstance(error, ConflictingParameters)
    assert "All 4 cells cannot be asked for" in str(error)
    assert "The first is presetStyle=LONG_EXPOSURE, seed=1" in str(error)


def test_unchecked_cells_may_break_rules() -> None:
    """The service's rules drift; the user may know better."""
    assert 2 == len(cells(presetStyle=["DYNAMIC", "LONG_EXPOSURE"], check=False))


def test_bad_fixed_value_blames_no_cell() -> None:
    """What no axis moves is wrong everywhere."""
    assert "cell" not in str(refused(width=517, seed=[1, 2]))


# -- finding a value again


def test_value_is_found_as_the_user_typed_it() -> None:
    """A model is found by name, a number as int or float."""
    axes = space_of({"modelId": [MODEL, "Kino XL"], "seed": [1, 5]})[0].axes

    assert ("Leonardo Kino XL", 1) == (
        label_of("modelId", axes[0].find("kino xl")),
        axes[1].find(1.0),
    )


@pytest.mark.parametrize(("wanted", "nearest"), [(4, 5), (2, 1), (100, 5)])
def test_missing_value_names_the_nearest(wanted: int, nearest: int) -> None:
    """On an axis of numbers, the nearest is the closest."""
    with pytest.raises(InvalidRequest) as caught:
        Axis("seed", (1, 5)).find(wanted)

    assert nearest == caught.value.nearest


def test_missing_style_names_the_nearest() -> None:
    """On an axis of words, the nearest is the most alike."""
    with pytest.raises(InvalidRequest) as caught:
        Axis("presetStyle", ("CINEMATIC", "DYNAMIC")).find("DYNAMITE")

    assert "DYNAMIC" == caught.value.nearest


def test_long_values_are_cut_in_sentences() -> None:
    """Prompts have no end; what is wrong with them stands in a line."""
    long = "a fox " * 20_000
    labels = tuple(f"{n} {'x' * 1_000}" for n in range(20))
    with pytest.raises(InvalidRequest) as missing:
        Axis("prompt", labels).find(long)
    broken = refused([label + "!" for label in labels], presetStyle="LONG_EXPOSURE", seed=1)
    twice = refused([labels[0], labels[0]])

    assert [] == [error for error in (missing.value, broken, twice) if len(str(error)) > 1_000]


# -- labels


@pytest.mark.parametrize(
    ("name", "value", "label"),
    [
        ("guidance_scale", 7.0, "7"),
        ("guidance_scale", 7.5, "7.5"),
        ("alchemy", True, "yes"),
        ("modelId", "aa77f04e-3eec-4034-9c07-d0f619684628", "Leonardo Kino XL"),
        ("styleUUID", "a5632c7c-ddbb-4e2f-ba34-8456ab3ac436", "Cinematic"),
        ("presetStyle", None, "default"),
        ("elements", [{"akUUID": "x"}], "elements (a list)"),
    ],
)
def test_label_is_what_a_person_would_write(name: str, value: object, label: str) -> None:
    """Models and styles have names, flags are yes or no, whole numbers have no point."""
    assert label == label_of(name, value)


# -- linspace

NUMBERS = st.integers(-1000, 1000) | st.decimals(-100, 100, places=2).map(float)


@given(lo=NUMBERS, hi=NUMBERS, n=st.integers(2, 50))
def test_linspace_has_both_ends_and_even_steps(lo: float, hi: float, n: int) -> None:
    """Different values in order, the ends exactly, the others within a hundredth of a step."""
    if lo == hi:
        return
    values = linspace(lo, hi, n)
    step = (Fraction(str(hi)) - Fraction(str(lo))) / (n - 1)

    assert (lo, hi, n) == (values[0], values[-1], len(set(values)))
    assert sorted(values, reverse=hi < lo) == values
    assert all(
        abs(Fraction(str(value)) - (Fraction(str(lo)) + i * step)) <= abs(step) / 100
        for i, value in enumerate(values)
    )


@given(lo=st.integers(-100, 100), step=st.integers(1, 20), n=st.integers(2, 30))
def test_linspace_gives_ints_where_they_are_whole(lo: int, step: int, n: int) -> None:
    """Steps of a whole number stay whole, and ints, as `num_inference_steps` needs."""
    values = linspace(lo, lo + step * (n - 1), n)

    assert list(range(lo, lo + step * n, step)) == values
    assert {int} == {type(value) for value in values}


@pytest.mark.parametrize(
    ("lo", "hi", "n"),
    [
        (3, 12, 1),
        (3, 12, 0),
        (3, 3, 4),
        (3, math.inf, 4),
        (math.nan, 1, 3),
        (0, 10**400, 3),
        (1, 2, 10**6),
    ],
)
def test_linspace_refuses_what_has_no_answer(lo: float, hi: float, n: int) -> None:
    """Both ends are always in, so one value between two ends is none."""
    with pytest.raises(ValueError, match=r"^linspace\("):
        linspace(lo, hi, n)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ((1, 2, "3"), 'linspace(1, 2, "3"): n, how many values, must be a whole number.'),
        ((1, 2, 2.5), "linspace(1, 2, 2.5): n, how many values, must be a whole number."),
        ((1, 2, True), "linspace(1, 2, True): n, how many values, must be a whole number."),
        ((True, 2, 2), "linspace(True, 2, 2): both ends, and the step, must be numbers."),
        (("1", 2, 2), 'linspace("1", 2, 2): both ends, and the step, must be numbers.'),
    ],
)
def test_linspace_counts_with_numbers(arguments: Any, sentence: str) -> None:
    """What is no number is named as it was given."""
    with pytest.raises(TypeError) as caught:
        linspace(*arguments)

    assert sentence == str(caught.value)


def test_linspace_takes_numpys_numbers() -> None:
    """They come from arrays, and are plain numbers here."""
    assert [1, 1.5, 2] == linspace(np.float32(1), np.int64(2), np.int64(3))  # type: ignore[arg-type]


# -- order


@given(shape=SHAPES)
def test_spread_order_is_a_permutation(shape: list[int]) -> None:
    """Every cell is started once."""
    assert list(range(math.prod(shape))) == sorted(spread_order(shape))


@pytest.mark.parametrize("shape", [[10, 10, 10], [16, 16], [5, 4, 8, 6]])
def test_spread_order_shows_more_values_early_than_rows_do(shape: list[int]) -> None:
    """A tenth of the cells has seen nearly every row and column, as the rows' order has not."""
    some = math.prod(shape) // 10

    assert 0.9 <= values_seen(spread_order(shape)[:some], shape)
    assert values_seen(list(range(some)), shape) <= 0.8


def values_seen(order: list[int], shape: list[int]) -> float:
    """Return the share of all axis values that the cells *order* have."""
    seen = set()
    for index in order:
        rest = index
        for axis in reversed(range(len(shape))):
            rest, value = divmod(rest, shape[axis])
            seen.add((axis, value))
    return len(seen) / sum(shape)


@given(shape=SHAPES, chosen=st.randoms(use_true_random=False))
def test_spread_order_is_always_the_same(shape: list[int], chosen: random.Random) -> None:
    """A sweep that is started again goes the same way."""
    assert spread_order(shape) == spread_order(list(shape))
