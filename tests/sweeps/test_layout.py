from __future__ import annotations

import itertools
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leonardo_nb.errors import InvalidRequest
from leonardo_nb.sweeps.axes import Axis
from leonardo_nb.sweeps.layout import Layout, lay_out

SEED = Axis("seed", (1, 2))
SCALE = Axis("guidance_scale", (3, 6, 9, 12))
STYLE = Axis("presetStyle", ("CINEMATIC", "DYNAMIC", "ANIME"))
PROMPT = Axis("prompt", ("a fox", "an owl"))
MANY = Axis("num_inference_steps", tuple(range(10, 50)))


def names(layout: Layout) -> tuple[str | None, str | None, tuple[str, ...]]:
    return (
        layout.x.name if layout.x else None,
        layout.y.name if layout.y else None,
        tuple(axis.name for axis in layout.facets),
    )


@pytest.mark.parametrize(
    ("axes", "expected"),
    [
        ([], (None, None, ())),
        ([SCALE], ("guidance_scale", None, ())),
        ([SCALE, STYLE], ("guidance_scale", "presetStyle", ())),
        ([STYLE, SCALE], ("guidance_scale", "presetStyle", ())),
        ([SEED, SCALE, STYLE], ("guidance_scale", "presetStyle", ("seed",))),
        ([SEED, STYLE], ("seed", "presetStyle", ())),
        ([PROMPT, STYLE], ("presetStyle", "prompt", ())),
        ([STYLE, MANY], ("presetStyle", "num_inference_steps", ())),
        ([PROMPT, SCALE, STYLE], ("guidance_scale", "prompt", ("presetStyle",))),
    ],
)
def test_layout_is_chosen_sensibly(
    axes: list[Axis], expected: tuple[str | None, str | None, tuple[str, ...]]
) -> None:
    """Numbers across, prompts and long axes down, the seed side by side."""
    assert expected == names(lay_out(axes))


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ({"x": "seed"}, ("seed", "guidance_scale", ("presetStyle",))),
        ({"y": "guidance_scale"}, ("presetStyle", "guidance_scale", ("seed",))),
        ({"facet": "presetStyle"}, ("guidance_scale", "seed", ("presetStyle",))),
        ({"facet": ["seed", "presetStyle"]}, ("guidance_scale", None, ("seed", "presetStyle"))),
        ({"x": "preset_style", "y": "seed"}, ("presetStyle", "seed", ("guidance_scale",))),
    ],
)
def test_what_is_said_is_kept(
    said: dict[str, str], expected: tuple[str | None, str | None, tuple[str, ...]]
) -> None:
    """The rest is chosen around it."""
    assert expected == names(lay_out([SEED, SCALE, STYLE], **said))


def test_unknown_axis_names_those_there_are() -> None:
    """A parameter that is fixed is no axis."""
    with pytest.raises(InvalidRequest, match="it has seed, guidance_scale") as caught:
        lay_out([SEED, SCALE], x="scheduler")

    assert "x is" not in str(caught.value)


@pytest.mark.parametrize(
    ("said", "name", "hint"),
    [
        ({"x": "foo"}, '"foo"', "."),
        ({"y": "guidence"}, '"guidence"', '; did you mean "guidance_scale"?'),
        ({"facet": ["cfg"]}, '"cfg"', '; did you mean "guidance_scale"?'),
        ({"x": 5}, "5", "."),
        ({"y": 0}, "0", "."),
        ({"facet": 5}, "5", "."),
    ],
)
def test_what_is_no_axis_is_named_with_those_there_are(said: Any, name: str, hint: str) -> None:
    """Whatever was said instead of a name."""
    with pytest.raises(InvalidRequest) as caught:
        lay_out([SEED, SCALE], **said)

    assert f"grid(): {name} is no axis of this sweep; it has seed, guidance_scale{hint}" == str(
        caught.value
    )
    assert (name.strip('"') if '"' in name else "axis") == caught.value.member


def test_long_name_is_cut() -> None:
    """What was said comes back in a sentence, and not whole."""
    with pytest.raises(InvalidRequest) as caught:
        lay_out([SEED, SCALE], x="seed" * 25_000)

    assert 200 > len(str(caught.value))


def test_axis_in_two_places_is_refused() -> None:
    """Rows and columns of the same axis would be a diagonal."""
    with pytest.raises(InvalidRequest, match="not two of them"):
        lay_out([SEED, SCALE], x="seed", y="seed")


def test_facets_are_named_where_numbers_say_nothing() -> None:
    """`seed 1`, but CINEMATIC."""
    layout = lay_out([SEED, SCALE, STYLE], facet=["seed", "presetStyle"])

    assert "seed 1, CINEMATIC" == layout.facet_labels[0]


@given(
    axes=st.lists(st.sampled_from([SEED, SCALE, STYLE, PROMPT]), unique=True, max_size=4),
    data=st.data(),
)
def test_every_cell_has_its_own_place(axes: list[Axis], data: st.DataObject) -> None:
    """However it is laid out, the places are all different and fill the grids."""
    kept = st.sampled_from([axis.name for axis in axes]) if axes else st.none()
    layout = lay_out(axes, x=data.draw(st.none() | kept))
    coords = [
        dict(zip([axis.name for axis in axes], values, strict=True))
        for values in itertools.product(*(axis.values for axis in axes))
    ]
    places = {layout.place(point) for point in coords}

    assert len(coords) == len(places) == layout.grids * layout.rows * layout.columns


def test_pages_are_the_outermost_facets_for_who_has_none() -> None:
    """A picture of all cells shows them all."""
    layout = lay_out([SEED, SCALE, STYLE, PROMPT], page="presetStyle")

    assert (("presetStyle",), ("seed",)) == tuple(
        tuple(axis.name for axis in axes) for axes in (layout.pages, layout.facets)
    )
    assert "CINEMATIC, seed 1" == layout.facet_labels[0]
    assert 6 == len(layout.facet_labels) == layout.grids


def test_a_long_axis_is_no_facet() -> None:
    """Forty grids beside each other are none to look at, be it seeds or not."""
    axes = [Axis("seed", tuple(range(40))), Axis("presetStyle", ("A", "B")), Axis("width", (1, 2))]
    layout = lay_out(axes)

    assert "seed" not in [axis.name for axis in layout.facets]
