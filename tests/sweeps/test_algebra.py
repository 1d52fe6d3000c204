"""Spaces are values: what their product, sum, filter and slices are follows from laws."""

from __future__ import annotations

import gc
import itertools
import math
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import leonardo_nb as leo
from leonardo_nb.errors import InvalidRequest, UnknownParameter
from leonardo_nb.service.requests import own_seed
from leonardo_nb.sweeps.axes import Axis
from leonardo_nb.sweeps.cells import Sorts, lay
from leonardo_nb.sweeps.order import ORDERS, order_of
from leonardo_nb.sweeps.space import Space

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

VALUES = st.lists(st.integers(0, 9), min_size=1, max_size=4, unique=True)


def spaces(*names: str) -> st.SearchStrategy[Space]:
    """Spaces on some of the axes *names*, full or with holes."""

    def filtered(space: Space, modulus: int) -> Space:
        kept = [n for n in range(len(space)) if n % modulus == 0]
        return space.at(space.points[kept])

    axes = st.tuples(*(VALUES for _ in names)).map(
        lambda found: Space.product(
            [Axis(name, tuple(values)) for name, values in zip(names, found, strict=True)]
        )
    )
    return st.builds(filtered, axes, st.integers(1, 3))


def points(space: Space) -> list[dict[str, Any]]:
    """Return what iterating *space* gives, as plain values."""
    return [dict(point) for point in space]


# -- product


@given(a=spaces("seed"), b=spaces("guidance_scale", "width"))
def test_a_product_has_every_pair_in_order(a: Space, b: Space) -> None:
    """As many places as both together multiply to, the second one varying fastest."""
    expected = [{**one, **other} for one, other in itertools.product(points(a), points(b))]

    assert expected == points(a * b)
    assert len(a) * len(b) == len(a * b)


@given(a=spaces("seed"), b=spaces("width"), c=spaces("height"))
def test_products_group_as_they_like(a: Space, b: Space, c: Space) -> None:
    """(a * b) * c is a * (b * c)."""
    assert (a * b) * c == a * (b * c)


@given(a=spaces("seed", "width"))
def test_one_is_a_space_of_one_place(a: Space) -> None:
    """The space without axes changes nothing, on either side."""
    one = leo.axes()

    assert (a, a) == (one * a, a * one)


def test_an_axis_stands_once_in_a_product() -> None:
    """One request has one value of a parameter; a zip has it, too."""
    size = leo.zip_("size", width=[512, 640], height=[512, 640])
    for other in (leo.axes(width=[512]), size):
        with pytest.raises(InvalidRequest, match="Both parts vary"):
            size * other


# -- sum


@given(a=spaces("seed", "width"), b=spaces("seed", "height"))
def test_a_sum_has_the_places_of_both(a: Space, b: Space) -> None:
    """None is lost or doubled: first those of the one, then those of the other."""
    assert points(a) + points(b) == points(a + b)
    assert len(a) + len(b) == len(a + b)


@given(a=spaces("seed"), b=spaces("seed", "width"), c=spaces("width"))
def test_sums_group_as_they_like(a: Space, b: Space, c: Space) -> None:
    """(a + b) + c is a + (b + c)."""
    assert (a + b) + c == a + (b + c)


@given(a=spaces("seed"), b=spaces("seed"), c=spaces("width"))
def test_products_distribute_over_sums(a: Space, b: Space, c: Space) -> None:
    """(a + b) * c is a * c + b * c, place by place."""
    assert points((a + b) * c) == points(a * c + b * c)


def test_what_stands_there_twice_is_one_cell() -> None:
    """Two parts may overlap; their common places are asked for once, and said."""
    plan = leo.plan(leo.axes(seed=[1, 2]) + leo.axes(seed=[2, 3]), prompt="a fox")

    assert [1, 2, 3] == [cell.coords["seed"] for cell in plan]
    assert ["they stand there already"] == [dropped.because for dropped in plan.dropped]


def test_a_space_without_places_is_refused() -> None:
    """A slice may be empty; a sweep may not."""
    with pytest.raises(InvalidRequest, match="no places"):
        leo.plan(leo.axes(seed=[1, 2])[5:], "a fox")


def test_what_a_part_does_not_say_is_the_plan_s() -> None:
    """A place without a style has the one beside the space, or the default."""
    space = leo.axes(presetStyle=["ANIME"]) + leo.axes(guidance_scale=[9])
    plan = leo.plan(space, prompt="a fox", guidance_scale=5)

    assert [
        {"presetStyle": "ANIME", "guidance_scale": 5},
        {"presetStyle": None, "guidance_scale": 9},
    ] == [cell.coords for cell in plan]


# -- where


@given(a=spaces("seed", "width"), modulus=st.integers(2, 4))
def test_where_keeps_what_is_true_in_order(a: Space, modulus: int) -> None:
    """What is kept and what is dropped are all places, each once."""
    wanted = [point for point in points(a) if sum(point.values()) % modulus]
    if not wanted:
        with pytest.raises(InvalidRequest, match="leaves none"):
            a.where(lambda p: sum(p.values()) % modulus)
        return
    some = a.where(lambda p: sum(p.values()) % modulus, because="it is even")
    gone = [dict(point) for dropped in some.dropped for point in dropped]

    assert wanted == points(some)
    assert sorted(map(repr, points(a))) == sorted(map(repr, wanted + gone))


def test_where_takes_values_by_name() -> None:
    """A condition may name what it needs, and values may be listed."""
    space = leo.axes(seed=[1, 2, 3], guidance_scale=[1, 2])

    assert 3 == len(space.where(lambda seed, guidance_scale: seed > guidance_scale))
    assert 2 == len(space.where(seed=[1, 3], guidance_scale=2))


def test_dropped_places_are_counted_after_a_product() -> None:
    """Each place that was left out would have been as many cells as the other part has."""
    space = leo.axes(seed=[1, 2]).where(seed=1, because="too many") * leo.axes(width=[512, 640])

    assert "2 left out: too many (seed=2)." == str(space.dropped[0])


@pytest.mark.parametrize("because", [3, None, ["too many"]])
def test_a_reason_is_a_text(because: Any) -> None:
    """What is none would only fail when somebody looks at what was left out."""
    with pytest.raises(InvalidRequest, match=r"because=.* is no text; say why"):
        leo.axes(seed=[1, 2]).where(seed=1, because=because)


@pytest.mark.parametrize("because", ["", " ", "."])
def test_an_empty_reason_is_none(because: str) -> None:
    """It reads as if nothing had been said."""
    space = leo.axes(seed=[1, 2]).where(seed=1, because=because)

    assert "1 left out: left out by where() (seed=2)." == str(space.dropped[0])


@pytest.mark.parametrize(
    ("condition", "sentence"),
    [
        (lambda p: p.sed > 1, "sed is no axis here; it has guidance_scale, seed; did you mean"),
        (lambda p: p["presetStyle"] == "ANIME", "presetStyle is no axis here"),
        (lambda p: 1 / 0 > p.seed, "ZeroDivisionError"),
        (lambda p: None, "it must say True or False"),
        (lambda p: False, "leaves none of 4 places"),
        (lambda seed, gidance: seed > gidance, "gidance is no axis here"),
    ],
)
def test_a_condition_that_fails_is_one_clear_error(condition: Any, sentence: str) -> None:
    """It says for which place, and why, before anything is sent."""
    with pytest.raises(InvalidRequest) as caught:
        leo.axes(seed=[1, 2], guidance_scale=[3, 4]).where(condition)

    assert sentence in str(caught.value)


async def later(seed: int) -> bool:
    return seed > 1


def one_by_one(seed: int) -> Iterator[bool]:
    yield seed > 1


async def later_one_by_one(seed: int) -> AsyncIterator[bool]:
    yield seed > 1


@pytest.mark.parametrize(
    ("condition", "kind"),
    [
        (later, "coroutine"),
        (one_by_one, "generator"),
        (later_one_by_one, "async_generator"),
        (lambda seed: lambda: seed > 1, "function"),
        (lambda seed: NotImplemented, "NotImplementedType"),
        (lambda seed: math.nan, "float"),
        (lambda seed: np.array([True, False]), "ndarray"),
        (lambda place: place, "Point"),
    ],
)
def test_what_has_no_clear_truth_keeps_no_place(condition: Any, kind: str) -> None:
    """What is yet to run counts as true in Python, and would let every place be paid for."""
    with pytest.raises(
        InvalidRequest, match=rf"said something of type {kind} for seed=1; it must say True or"
    ):
        leo.axes(seed=[1, 2, 3]).where(condition)
    gc.collect()  # a coroutine that nobody awaited would warn, which is an error here


@pytest.mark.parametrize(
    ("condition", "kept"),
    [
        (lambda seed: np.bool_(seed > 1), [2, 3]),
        (lambda seed: seed % 2, [1, 3]),
        (lambda **values: values["seed"] > 1, [2, 3]),
        (lambda seed, **others: seed > others["width"] - 511, [2, 3]),
        (lambda *places: places[0].seed > 1, [2, 3]),
        (lambda place: place != {"seed": 1, "width": 512}, [2, 3]),
    ],
)
def test_a_condition_may_be_any_function_that_tells(condition: Any, kept: list[int]) -> None:
    """What is as good as True or False will do, and so will any shape of arguments."""
    space = leo.axes(seed=[1, 2, 3], width=[512]).where(condition)

    assert kept == [place.seed for place in space]


@pytest.mark.parametrize(
    "condition",
    [
        lambda sed: sed > 1,
        lambda sed: sed != 1,
        lambda sed: sed in {1, 2},
        lambda sed: sed.bit_length() > 1,
        lambda sed: int(sed) > 1,
    ],
)
def test_a_mistyped_argument_is_named(condition: Any) -> None:
    """It gets the whole place, of which nothing can be said that was meant of a seed."""
    with pytest.raises(InvalidRequest, match=r"sed is no axis here.*did you mean") as caught:
        leo.axes(seed=[1, 2, 3]).where(condition)

    assert ("sed", "seed") == (caught.value.member, caught.value.nearest)


def test_an_error_of_the_users_own_is_told_as_it_is() -> None:
    """Only what a `Point` does not have is no axis."""
    own: dict[str, int] = {}
    for condition in (
        lambda p: p.presetStyle.foo,
        lambda p: own["lost"],
        lambda p: leo.axes(width=[512])[0]["height"],
    ):
        with pytest.raises(InvalidRequest) as caught:
            leo.axes(seed=[1, 2], presetStyle=["DYNAMIC", "CINEMATIC"]).where(condition)

        assert "is no axis here" not in str(caught.value)
        assert "where() failed for seed=1, presetStyle=DYNAMIC: " in str(caught.value)


def test_an_error_without_words_is_one_clear_error_too() -> None:
    """`raise KeyError` in a condition says its kind and where."""

    def condition(_: Any) -> bool:
        raise KeyError

    with pytest.raises(InvalidRequest, match=r"for seed=1: KeyError\. Nothing was sent\."):
        leo.axes(seed=[1, 2]).where(condition)


def test_a_place_that_says_nothing_of_an_axis_is_named() -> None:
    """In a sum of spaces an axis may be there and a place without a value on it."""
    space = leo.axes(seed=[1]) + leo.axes(width=[512])

    with pytest.raises(InvalidRequest, match=r"for seed=1: this place has no width; point\.get"):
        space.where(lambda p: p.width > 1)


def test_a_slot_may_be_called_template() -> None:
    """The template itself has no name that a slot could not have."""
    assert "a x" == leo.prompt("a {template}", template=["x"]).rendered()[0]["prompt"]


@pytest.mark.parametrize("name", ["because", "predicate"])
@pytest.mark.parametrize(
    "make",
    [
        lambda name: leo.prompt(f"a {{{name}}}", **{name: ["x", "y"]}),
        lambda name: leo.zip_(name, width=[512, 640], height=[512, 640]),
    ],
    ids=["prompt", "zip_"],
)
def test_an_axis_that_where_could_not_filter_is_refused(make: Any, name: str) -> None:
    """`where` has arguments of these names itself."""
    with pytest.raises(InvalidRequest, match=rf'{name} is an argument of where\(\).*"{name}_1"'):
        make(name)


# -- slices, equality, words


@given(a=spaces("seed", "width"), start=st.integers(-5, 20), stop=st.integers(-5, 20))
def test_a_slice_is_a_space(a: Space, start: int, stop: int) -> None:
    """Slicing and counting are those of the list of places."""
    assert points(a)[start:stop] == points(a[start:stop])
    assert points(a)[0] == dict(a[0])


def test_equal_spaces_are_equal() -> None:
    """By places and labels, in order."""
    one = leo.axes(seed=[1, 2])

    assert one == leo.axes(seed=[1, 2])
    assert one != leo.axes(seed=[2, 1])
    assert one != leo.axes(seed={"first": 1, "second": 2})


def test_repr_says_the_size_and_the_axes() -> None:
    """A sentence that can be compared."""
    space = leo.axes(seed=range(3), guidance_scale=[3, 7])

    assert "<Space of 6 places: 3 seed x 2 guidance_scale>" == repr(space)
    assert "<Space of 4 places: 3 seed x 2 guidance_scale, not all of them>" == repr(space[:4])


# -- zip, prompt, const, labels


def test_zip_pairs_values() -> None:
    """One axis sets several members; its labels are the user's, or the values."""
    size = leo.zip_("size", width=[512, 1024], height=[768, 640], labels=["tall", "wide"])
    plan = leo.plan("a fox", seed=1)
    cells = leo.plan(size, prompt="a fox", seed=1).cells

    assert [(512, 768), (1024, 640)] == [(c.request.width, c.request.height) for c in cells]
    assert ("tall", "wide") == size.axes[0].labels
    assert 1 == len(plan)


@pytest.mark.parametrize(
    ("members", "sentence"),
    [
        ({"width": [512, 640], "height": [512]}, "2 width, 1 height"),
        ({"width": [512], "height": [512], "labels": ["a", "b"]}, "2 labels"),
        ({"width": 512, "height": [512]}, "width is one value"),
        ({}, "these are none"),
        ({"width": [512, 512], "height": [512, 512]}, "twice"),
        ({"width": [513]}, "width"),
    ],
)
def test_a_zip_that_does_not_pair_is_refused(members: Any, sentence: str) -> None:
    """Nothing is cut off: lists of unequal length are an error."""
    with pytest.raises(InvalidRequest) as caught:
        leo.zip_("size", **members)

    assert sentence in str(caught.value)


def test_words_of_a_prompt_are_axes() -> None:
    """Each slot is an axis, and each cell has its whole prompt."""
    space = leo.prompt("a {animal} in {light}", animal=["fox", "owl"], light={"wet": "rain"})
    plan = leo.plan(space, seed=[1, 2])

    assert ["animal", "light", "seed"] == [axis.name for axis in plan.axes]
    assert ["a fox in rain", "a fox in rain", "a owl in rain", "a owl in rain"] == [
        cell.request.prompt for cell in plan
    ]
    assert ("wet",) == plan.axes[1].labels


@pytest.mark.parametrize(
    ("template", "slots", "sentence"),
    [
        ("a {animal}", {}, "the slot {animal} has no words"),
        ("a {animal}", {"animl": ["fox"]}, "did you mean {animal}?"),
        ("a fox", {"animal": ["fox"]}, "it has none"),
        ("a {animal", {"animal": ["fox"]}, "cannot be read"),
        ("a {0}", {"animal": ["fox"]}, "{0} is no slot"),
        ("a {animal!r}", {"animal": ["fox"]}, "is no slot"),
        ("a {seed}", {"seed": [1]}, "seed is a parameter"),
        ("a {animal}", {"animal": [["fox"]]}, "texts or numbers"),
        ("a {animal}", {"animal": [math.nan]}, "texts or numbers"),
        ("a {animal}", {"animal": ["fox", "fox"]}, "twice"),
        (7, {}, "begins with a text"),
    ],
)
def test_a_prompt_that_cannot_be_filled_is_refused(
    template: Any, slots: Any, sentence: str
) -> None:
    """Slots and words belong to each other."""
    with pytest.raises(InvalidRequest) as caught:
        leo.prompt(template, **slots)

    assert sentence in str(caught.value)


@pytest.mark.parametrize("make", [leo.plan, leo.sweep])
def test_words_of_a_slot_that_stand_beside_the_prompt_are_told_where_to_stand(make: Any) -> None:
    """A text alone is sent as it is; words in braces vary in `leo.prompt`."""
    with pytest.raises(UnknownParameter) as caught:
        make("a {animal} in {light}", animal=["fox"], light="rain")

    assert str(caught.value).endswith(
        'leo.prompt("a {animal} in {light}", animal=[...], light=[...]).'
    )
    for other in ("a {animal", "a fox", ["a {animal}"], None):
        with pytest.raises(UnknownParameter, match=r'no parameter "animal"\.$'):
            make(other, animal=["fox"])


def test_braces_and_commas_are_only_text() -> None:
    """Doubled braces are braces, and nothing in a word is read as syntax."""
    space = leo.prompt("{{a}} {x}", x=["b, {c}: [d]"])

    assert ["{a} b, {c}: [d]"] == [cell.request.prompt for cell in leo.plan(space)]


def test_prompts_of_several_templates_are_joined_as_prompts() -> None:
    """What has other words is another prompt."""
    space = leo.prompt("a {x}", x=["fox"]) + leo.prompt("the {y}", y=["owl", "cat"])

    assert ["a fox", "the owl", "the cat"] == [cell.request.prompt for cell in leo.plan(space)]


def test_const_is_one_value() -> None:
    """A list that would be an axis is one value, and a list of those is an axis."""
    element = {"akUUID": "01b6184e-3905-4dc7-9ec6-4f09982536d5"}

    assert 1 == len(leo.plan("a fox", elements=leo.const([element])))
    assert 2 == len(leo.plan("a fox", elements=[leo.const([element]), leo.const([])], check=False))


def test_labels_belong_to_values() -> None:
    """A mapping names the values of its axis, and a label means its value."""
    axis = leo.axes(presetStyle={"film": "CINEMATIC", "lively": "DYNAMIC"}).axes[0]

    assert (("film", "lively"), "CINEMATIC") == (axis.labels, axis.find("film"))


@pytest.mark.parametrize(
    "make",
    [
        lambda: leo.axes(seed={"a": 1, 1: 2, "1": 3}),
        lambda: leo.prompt("{x}", x={"a": "fox", "a\x07": "owl"}),
        lambda: leo.axes(presetStyle={"a": "ANIME"}) + leo.axes(presetStyle={"a": "DYNAMIC"}),
        lambda: leo.axes(seed={"2": 1}) + leo.axes(seed=[2]),
        lambda: leo.zip_("z", seed=[1, 2], labels=["a", "a"]),
        lambda: leo.zip_("z", seed=[1], labels=["a"]) + leo.zip_("z", seed=[2], labels=["a"]),
    ],
)
def test_a_label_means_one_place(make: Any) -> None:
    """Two values that are written alike could not be told apart, nor asked for."""
    with pytest.raises(InvalidRequest, match=r'has the label ".*" twice; a label means one of its'):
        make()


def test_parts_may_share_a_labelled_value() -> None:
    """The same label of the same value is no second one."""
    space = leo.axes(seed={"a": 1, "b": 2}) + leo.axes(seed={"a": 1, "c": 3})

    assert ("a", "b", "c") == space.axes[0].labels


@pytest.mark.parametrize(
    ("given", "values"),
    [
        ((0.1, 0.5, 0.1), [0.1, 0.2, 0.3, 0.4, 0.5]),
        ((3, 12, 3), [3, 6, 9, 12]),
        ((5, 2, -1), [5, 4, 3, 2]),
        ((1, 2, 0.3), [1, 1.3, 1.6, 1.9]),
        ((7, 7), [7]),
    ],
)
def test_arange_counts_in_decimals(given: tuple[float, ...], values: list[float]) -> None:
    """Both ends are there where the steps meet them, and no value has a tail."""
    assert values == leo.arange(*given)


@pytest.mark.parametrize("given", [(1, 2, 0), (1, 2, -1), (0, 1e9), (0, math.nan), (0, math.inf)])
def test_arange_that_leads_nowhere_is_refused(given: tuple[float, ...]) -> None:
    """A step of 0, a wrong sign, no end, and more values than a sweep has cells."""
    with pytest.raises(ValueError, match=r"^arange\("):
        leo.arange(*given)


# -- cells


MIXED: dict[str, list[Any]] = {
    "seed": [1, 7, 9_999_999_998],
    "guidance_scale": [3, 7, 7.5, 20],
    "presetStyle": ["ANIME", "LONG_EXPOSURE", "NONE"],
    "alchemy": [True, False],
    "scheduler": ["LEONARDO", "EULER_DISCRETE"],
    "modelId": ["Phoenix 1.0", "Flux Dev", "Kino XL", "Lucid Realism"],
    "contrast": [1, 3.5],
    "num_inference_steps": [10, 30],
    "negative_prompt": ["blur", None],
    "width": [512, 1024],
}


@given(
    chosen=st.lists(st.sampled_from(sorted(MIXED)), min_size=1, max_size=4, unique=True),
    prompts=st.lists(st.sampled_from(["a fox", "é 狐 {", 'a "b"\\']), min_size=1, unique=True),
)
def test_cells_are_the_requests_that_one_would_make_one_by_one(
    chosen: list[str], prompts: list[str]
) -> None:
    """What is found for sorts of cells together is what each by itself would be."""
    axes = {name: MIXED[name] for name in chosen}
    expected = {}
    for values in itertools.product(prompts, *axes.values()):
        members = dict(zip(("prompt", *axes), values, strict=True))
        try:
            request = leo.CreateGeneration.of(**{"seed": 5} | members)
        except InvalidRequest:
            continue
        expected[tuple(values)] = request
    space = Space.product(
        [Axis("prompt", tuple(prompts)), *(Axis(n, tuple(v)) for n, v in axes.items())]
    )
    fixed = {} if "seed" in axes else {"seed": 5}
    if not expected:
        with pytest.raises(InvalidRequest):
            lay(space, fixed)
        return
    cells = lay(space, fixed).cells

    assert list(expected) == [tuple(cell.coords.values()) for cell in cells]
    assert [each.content_key() for each in expected.values()] == list(cells.keys)
    assert list(expected.values()) == [cell.request for cell in cells]


ZIPPED = MIXED | {"modelId": [*MIXED["modelId"], "FLUX.2 Pro"], "prompt": ["a fox", "é {"]}


@given(
    chosen=st.lists(st.sampled_from(sorted(ZIPPED)), min_size=1, max_size=4, unique=True),
    beside=st.sampled_from([None, *sorted(MIXED)]),
    batches=st.integers(1, 3),
    data=st.data(),
)
def test_keys_of_zips_are_those_of_requests_made_one_by_one(
    chosen: list[str], beside: str | None, batches: int, data: st.DataObject
) -> None:
    """Each member of a zip is of few sorts, as an axis is; replicates are other seeds of those."""
    pairs = st.tuples(*(st.sampled_from(ZIPPED[name]) for name in chosen))
    zipped = tuple(data.draw(st.lists(pairs, min_size=1, max_size=6, unique_by=repr)))
    axes = [Axis("zipped", zipped, None, "zip", tuple(chosen))]
    if beside is not None and beside not in chosen:
        axes.append(Axis(beside, tuple(MIXED[beside])))
    fixed: dict[str, Any] = {
        name: value
        for name, value in {"prompt": "a fox", "seed": 5}.items()
        if not any(name in axis.sets for axis in axes)
    }
    expected = []
    for values, *others in itertools.product(*(axis.values for axis in axes)):
        members = dict(zip(chosen, values, strict=True))
        members |= dict(zip((axis.name for axis in axes[1:]), others, strict=True))
        try:
            request = leo.CreateGeneration.of(**fixed | members)
        except InvalidRequest:
            continue
        key = request.content_key()
        seeds = [own_seed({"key": key, "replicate": batch}) for batch in range(1, batches)]
        expected += [
            request,
            *(leo.CreateGeneration.from_wire(request.wire() | {"seed": seed}) for seed in seeds),
        ]
    if not expected:
        with pytest.raises(InvalidRequest):
            lay(Space.product(axes), fixed, replicates=batches)
        return
    cells = lay(Space.product(axes), fixed, replicates=batches).cells

    assert [each.content_key() for each in expected] == list(cells.keys)
    assert expected == [cell.request for cell in cells]


def test_a_zip_is_of_few_sorts_of_requests() -> None:
    """One is made for each sort, so a plan of 100,000 places is a matter of a second."""
    values: dict[str, Any] = {
        "seed": range(400),
        "guidance_scale": [1 + n % 19 for n in range(400)],
    }
    zipped = Sorts(leo.zip_("zipped", **values), {"prompt": "a fox"}, check=True)

    assert 2 == len(set(zipped.of.tolist()))


def test_replicates_are_other_seeds_of_the_same_cell() -> None:
    """The first has the cell's own seed, each other one a seed that follows from the cell."""
    plan = leo.plan("a fox", seed=[1, 2], replicates=3)
    again = leo.plan("a fox", seed=[2, 1], replicates=4)
    seeds = {(c.coords["seed"], c.coords["replicate"]): c.request.seed for c in plan}

    assert 6 == len(set(seeds.values())) == len(plan.keys)
    assert (1, 2) == (seeds[1, 1], seeds[2, 1])
    assert (
        seeds.items()
        <= {(c.coords["seed"], c.coords["replicate"]): c.request.seed for c in again}.items()
    )


def test_what_is_left_out_is_counted_in_cells() -> None:
    """A place with three replicates would have been three cells."""
    plan = leo.plan(leo.axes(seed=[1, 2]).where(seed=1), "a fox", replicates=3)

    assert (3, 3) == (len(plan), sum(map(len, plan.dropped)))


def test_a_batch_fills_replicates() -> None:
    """Four pictures of one request are four cells of one job."""
    plan = leo.plan("a fox", seed=[1, 2], num_images=4)

    assert (8, 2) == (len(plan), len(plan.keys))
    assert [0, 1, 2, 3] == [cell.image for cell in plan][:4]
    assert 8 == len({cell.picture for cell in plan})


def test_batches_and_replicates_go_together() -> None:
    """Six replicates of two pictures a request are three requests."""
    plan = leo.plan("a fox", seed=1, num_images=2, replicates=6)

    assert (6, 3) == (len(plan), len(plan.keys))


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"replicates": 0}, "at least one"),
        ({"replicates": 10**9}, "at most 100,000"),
        ({"replicates": 3, "num_images": 2}, "no multiple"),
        ({"replicates": 2, "num_images": [1, 2]}, "num_images as an axis"),
        ({"order": "spred"}, "'spread'"),
    ],
)
def test_what_a_plan_cannot_be_is_refused(given: Any, sentence: str) -> None:
    """One sentence that names what would do."""
    with pytest.raises(InvalidRequest) as caught:
        leo.plan("a fox", seed=[1, 2], **given)

    assert sentence in str(caught.value)


def test_an_axis_that_is_no_parameter_is_named() -> None:
    """With the nearest that there is."""
    with pytest.raises(UnknownParameter) as caught:
        leo.axes(guidence=[1])

    assert "guidance_scale" == caught.value.nearest


# -- order


@given(a=spaces("seed", "width", "height"), kind=st.sampled_from(ORDERS))
def test_an_order_has_every_cell_once(a: Space, kind: Any) -> None:
    """Whatever the order and the holes, none is lost or doubled."""
    shape = [len(axis) for axis in a.axes]
    order = order_of(kind, shape, a.points, lambda n: float(n % 3))

    assert list(range(len(a))) == sorted(order)


@pytest.mark.parametrize("shape", [(10, 10, 10), (5, 4, 8, 6), (32, 32)])
def test_spread_shows_every_value_soon(shape: tuple[int, ...]) -> None:
    """After a twentieth of the cells, every value of every axis has been seen."""
    space = Space.product([Axis(f"a{n}", tuple(range(size))) for n, size in enumerate(shape)])
    order = order_of("spread", shape, space.points, float)
    first = space.points[order[: math.ceil(len(space) / 20)]]

    assert list(shape) == [len(set(first[:, n].tolist())) for n in range(len(shape))]


def test_cheap_first_is_spread_among_equal_prices() -> None:
    """Small pictures come before large ones."""
    plan = leo.plan("a fox", width=[1024, 512], seed=range(4), order="cheap first")
    width = {cell.key: cell.request.width for cell in plan}

    assert [512] * 4 + [1024] * 4 == [width[key] for key in plan.keys_in_order]


# -- written down and read again


@given(
    space=spaces("seed", "guidance_scale").filter(lambda s: 0 not in s.axes[1].values),
    replicates=st.integers(1, 3),
)
def test_a_plan_is_made_again_of_what_was_written(space: Space, replicates: int) -> None:
    """Same cells, same keys, same order."""
    plan = leo.plan(space, prompt="a fox", replicates=replicates, order="rows")
    again = leo.Plan.from_dict(plan.to_dict())

    assert plan.keys_in_order == again.keys_in_order
    assert list(plan.cells) == list(again.cells)


@pytest.mark.parametrize(
    "change",
    [
        {"version": 99},
        {"version": "1"},
        {"leonardo_nb": "replay"},
        {"axes": None},
        {"points": [[99, 0]]},
        {"points": [["x"]]},
        {"fixed": 7},
        {"axes": [{"name": "seed", "role": "other", "members": [], "values": [1], "labels": None}]},
        {"axes": [{"name": "seed", "role": "member", "members": [], "values": [1], "labels": []}]},
    ],
)
def test_what_is_no_sweep_is_refused(change: dict[str, Any]) -> None:
    """One sentence, whatever is wrong in it."""
    data = leo.plan("a fox", seed=[1, 2], guidance_scale=[3, 4]).to_dict()
    with pytest.raises(InvalidRequest, match=r"no sweep|newer|not whole"):
        leo.Plan.from_dict({**data, **change})
