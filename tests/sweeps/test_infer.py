"""The grid that a heap of requests is."""

from __future__ import annotations

import itertools
import math
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from leonardo_nb.service.requests import CreateGeneration
from leonardo_nb.sweeps.infer import FILL, REPLICATE, Inferred, layout_of

VALUES: dict[str, list[Any]] = {
    "prompt": ["a cat", "a fox", "a newt", "an owl"],
    "guidance_scale": [3, 5, 7.5, 11],
    "presetStyle": ["BOKEH", "CINEMATIC", "DYNAMIC"],
    "seed": [1, 2, 3, 4, 5],
    "width": [512, 640, 768],
    "num_inference_steps": [10, 15, 20],
}


def asked(**members: Any) -> CreateGeneration:
    return CreateGeneration.from_wire({"prompt": "a fox", "seed": 1, **members})


def product(**axes: list[Any]) -> list[CreateGeneration]:
    return [
        asked(**dict(zip(axes, values, strict=True)))
        for values in itertools.product(*axes.values())
    ]


def laid_out(requests: list[CreateGeneration], images: list[int] | None = None) -> Inferred:
    return layout_of(requests, images or [0] * len(requests))


def named(found: Inferred) -> dict[str, tuple[Any, ...]]:
    return {axis.name: axis.values for axis in found.axes}


def at(found: Inferred, requests: list[CreateGeneration]) -> set[tuple[str, str]]:
    """Return each cell as coordinates and content, whichever number it has."""
    return {
        (repr(sorted(cell.coords.items())), requests[cell.entry].content_key())
        for cell in found.cells
    }


axes = st.dictionaries(
    st.sampled_from(sorted(VALUES)), st.integers(2, 3), min_size=1, max_size=4
).map(lambda sizes: {name: VALUES[name][:size] for name, size in sizes.items()})
heaps = st.lists(
    st.fixed_dictionaries({name: st.sampled_from(values) for name, values in VALUES.items()}),
    min_size=1,
    max_size=40,
).map(lambda rows: [asked(**row) for row in rows])


@settings(max_examples=50, deadline=None)
@given(axes=axes, data=st.data())
def test_a_full_product_is_found_whole(axes: dict[str, list[Any]], data: st.DataObject) -> None:
    """Every combination of some values, in any order, is a grid without holes or rest."""
    requests = data.draw(st.permutations(product(**axes)))

    found = laid_out(requests)

    assert {name: tuple(values) for name, values in axes.items()} == named(found)
    assert len(requests) == len(found.cells) == found.places
    assert {} == found.left_out


@settings(max_examples=50, deadline=None)
@given(requests=heaps)
def test_no_cell_is_made_up(requests: list[CreateGeneration]) -> None:
    """Each cell is one picture that was given, at its own values; nobody is lost or there twice."""
    found = laid_out(requests)

    for cell in found.cells:
        wire = requests[cell.entry].wire()
        assert {n: v for n, v in cell.coords.items() if n not in {REPLICATE, "size"}} == {
            axis.name: wire.get(axis.name)
            for axis in found.axes
            if axis.name not in {REPLICATE, "size"}
        }
        assert found.fixed == {name: wire.get(name) for name in found.fixed}
    entries = [cell.entry for cell in found.cells]
    assert sorted([*entries, *found.left_out]) == list(range(len(requests)))
    places = [repr(cell.coords) for cell in found.cells]
    assert len(set(places)) == len(places)


@settings(max_examples=50, deadline=None)
@given(requests=heaps)
def test_a_grid_is_nearly_full(requests: list[CreateGeneration]) -> None:
    """At least three of five places of the product have a picture, and every value has one."""
    found = laid_out(requests)

    assert found.places * FILL <= len(found.cells)
    for axis in found.axes:
        assert 1 < len(axis)
        assert set(map(repr, axis.values)) == {repr(cell.coords[axis.name]) for cell in found.cells}


@settings(max_examples=50, deadline=None)
@given(requests=heaps, data=st.data())
def test_the_order_does_not_matter(requests: list[CreateGeneration], data: st.DataObject) -> None:
    """The same pictures in another order are the same grid."""
    shuffled = data.draw(st.permutations(requests))

    one, other = laid_out(requests), laid_out(shuffled)

    assert (one.axes, one.fixed, one.follows) == (other.axes, other.fixed, other.follows)
    assert at(one, requests) == at(other, shuffled)


def test_holes_are_left_empty() -> None:
    """Twelve of fifteen cells are a grid of three by five."""
    requests = product(seed=[1, 2, 3], guidance_scale=[3, 5, 7, 9, 11])
    del requests[13], requests[7], requests[2]

    found = laid_out(requests)

    assert {"guidance_scale": (3, 5, 7, 9, 11), "seed": (1, 2, 3)} == named(found)
    assert (12, 15) == (len(found.cells), found.places)


def test_what_differs_otherwise_is_left_out() -> None:
    """A picture of something else has no place, and the reason names the member."""
    requests = [asked(prompt="a ship"), *product(seed=[1, 2, 3], presetStyle=["BOKEH", "DYNAMIC"])]

    found = laid_out(requests)

    assert {"presetStyle": ("BOKEH", "DYNAMIC"), "seed": (1, 2, 3)} == named(found)
    assert {0: "differs in prompt"} == found.left_out


def test_a_lonely_value_is_left_out() -> None:
    """A value that one picture has is not worth a row of holes."""
    requests = [
        *product(seed=[1, 2], guidance_scale=[3, 5]),
        asked(seed=7, guidance_scale=3),
        asked(seed=8, guidance_scale=9),
    ]

    found = laid_out(requests)

    assert {"guidance_scale": (3, 5), "seed": (1, 2, 7)} == named(found)
    assert {5: "has a seed and guidance_scale that too few others have"} == found.left_out


def test_the_same_is_there_once() -> None:
    """Of two pictures of one request the first has the place."""
    found = laid_out([asked(), asked(), asked(seed=2)])

    assert [0, 2] == [cell.entry for cell in found.cells]
    assert {1: "is there already"} == found.left_out


def test_a_batch_fills_replicates() -> None:
    """The pictures of a batch differ in nothing that was asked for."""
    batch = [asked(seed=seed, num_images=3) for seed in (1, 2) for _ in range(3)]

    found = laid_out(batch, [0, 1, 2, 0, 1, 2])

    assert {"seed": (1, 2), REPLICATE: (1, 2, 3)} == named(found)
    assert {"prompt": "a fox", "num_images": 3} == found.fixed


def test_seeds_that_no_place_shares_are_replicates() -> None:
    """Seeds that were drawn by chance in each place are numbered, not an axis of holes."""
    seeds = itertools.count(100)
    requests = [
        asked(presetStyle=style, seed=next(seeds))
        for style in ("BOKEH", "DYNAMIC")
        for _ in range(3)
    ]

    found = laid_out(requests)

    assert {"presetStyle": ("BOKEH", "DYNAMIC"), REPLICATE: (1, 2, 3)} == named(found)
    assert "seed" not in found.fixed


def test_a_crossed_grid_passes_a_list_of_prompts() -> None:
    """Ten prompts with a seed each are no sweep where six cells share their seeds."""
    prompts = [asked(prompt=f"thing {n}", seed=50 + n) for n in range(10)]

    found = laid_out([*prompts, *product(seed=[1, 2, 3], guidance_scale=[3, 5])])

    assert {"guidance_scale": (3, 5), "seed": (1, 2, 3)} == named(found)


def test_members_that_go_together_are_one_axis() -> None:
    """A negative prompt that each prompt has of its own follows it."""
    pairs = {"a fox": "blur", "an owl": "noise"}
    requests = [
        asked(prompt=prompt, negative_prompt=without, seed=seed)
        for prompt, without in pairs.items()
        for seed in (1, 2, 3)
    ]

    found = laid_out(requests)

    assert {"prompt": ("a fox", "an owl"), "seed": (1, 2, 3)} == named(found)
    assert {"negative_prompt": "prompt"} == found.follows


def test_what_a_model_decides_follows_it() -> None:
    """Defaults that differ from model to model are no axis beside the models."""
    models = ["Phoenix 1.0", "Leonardo Kino XL", "Flux Dev"]
    requests = [
        CreateGeneration.of("a fox", modelId=model, seed=seed)
        for model in models
        for seed in (1, 2)
    ]

    found = laid_out(requests)

    assert ["modelId", "seed"] == [axis.name for axis in found.axes]
    assert 6 == len(found.cells)
    assert {"alchemy", "contrast", "presetStyle", "styleUUID"} >= set(found.follows)
    assert {"modelId"} == set(found.follows.values())


def test_sizes_in_pairs_are_one_axis() -> None:
    """Three shapes are three sizes, and no product of widths and heights."""
    sizes = [(512, 512), (512, 768), (768, 512)]
    requests = [asked(width=w, height=h, seed=seed) for w, h in sizes for seed in (1, 2, 3)]

    found = laid_out(requests)

    assert {"size": tuple(sizes), "seed": (1, 2, 3)} == named(found)
    assert 9 == len(found.cells)


def test_a_product_of_sizes_is_two_axes() -> None:
    """Where every width is there with every height, they are what they are."""
    found = laid_out(product(width=[512, 768], height=[512, 640, 768]))

    assert {"width": (512, 768), "height": (512, 640, 768)} == named(found)


def test_seven_is_seven_point_zero() -> None:
    """A service that repeats 7 as 7.0 makes no second value of it."""
    found = laid_out([asked(seed=1, guidance_scale=7), asked(seed=2, guidance_scale=7.0)])

    assert {"seed": (1, 2)} == named(found)


def test_nothing_is_no_grid() -> None:
    """No requests are no cells; one is a grid without axes."""
    assert Inferred() == laid_out([])
    assert ((), 1, 1) == ((one := laid_out([asked()])).axes, len(one.cells), one.places)


def test_ten_thousand_pictures_take_seconds() -> None:
    """Five axes of ten thousand cells are found, and the work is bounded."""
    requests = [
        asked(seed=seed, guidance_scale=scale, presetStyle=style, width=width, prompt=prompt)
        for seed, scale, style, width, prompt in itertools.product(
            range(25), range(1, 11), ["BOKEH", "DYNAMIC"], [512, 640, 768, 1024], list("abcde")
        )
    ]

    found = laid_out(requests)

    assert 10_000 == len(found.cells) == math.prod(len(axis) for axis in found.axes)
