from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import leonardo_nb as leo
from leonardo_nb.errors import BudgetExceeded, InvalidRequest
from leonardo_nb.sweeps.measuring.refine import Gap, values_between
from leonardo_nb.sweeps.plan import Plan
from leonardo_nb.sweeps.run import Run
from leonardo_nb.testing import ManualClock

if TYPE_CHECKING:
    from pathlib import Path

    from PIL import Image

    from leonardo_nb.simulator import Simulator
    from leonardo_nb.studios import Studio

SMALL: dict[str, Any] = {"width": 64, "height": 64}


def detail(image: Image.Image) -> float:
    """Return what changes with guidance in the simulator's pictures, and hardly with the seed."""
    from leonardo_nb.sweeps.measuring.metrics import METRICS

    return float(METRICS["edges"].measure(image))  # type: ignore[arg-type]


@pytest.fixture
def run(studio: Studio) -> Run:
    """Twelve cells, of which the simulator draws those at 3 loosely."""
    return leo.sweep(
        "a fox",
        studio=studio,
        seed=[1, 2, 3],
        guidance_scale=[1, 4, 7, 20],
        **SMALL,
    ).result(15)


# -- which values


def test_values_go_where_most_changes() -> None:
    """Between 3 and 7, where 9 times as much changes as between 7 and 9."""
    gaps = [Gap(3, 7, 9.0), Gap(7, 9, 1.0)]

    assert [[5], [4.33, 5.67], [4, 5, 6], [4, 5, 6, 8]] == [
        values_between(gaps, n) for n in (1, 2, 3, 4)
    ]


def test_nothing_is_added_below_the_noise() -> None:
    """A gap of half the noise is left alone; one of five is cut until its pieces are below."""
    gaps = [Gap(0, 1, 1.0, vs_noise=0.5), Gap(1, 2, 10.0, vs_noise=5.0)]

    assert [1.333, 1.667] == values_between(gaps, 10)


def test_whole_numbers_stay_whole() -> None:
    """Steps are counted; there is no half of one, and no more than fit."""
    assert [11, 12] == values_between([Gap(10, 13, 1.0)], 10, every=1)
    assert [576, 640, 704] == values_between([Gap(512, 768, 1.0)], 3, every=8)
    assert [] == values_between([Gap(10, 11, 1.0)], 3, every=1)


gaps_ = st.lists(st.floats(0.01, 100), min_size=1, max_size=6).map(
    lambda changes: [Gap(n, n + 1, change) for n, change in enumerate(changes)]
)


@given(gaps_, st.integers(1, 12))
def test_values_are_new_and_in_order(gaps: list[Gap], n: int) -> None:
    """As many as were asked for, each inside a gap, none twice, none of those that are there."""
    values = values_between(gaps, n)

    assert n == len(values)
    assert sorted(set(values)) == values
    assert not {gap.start for gap in gaps} & set(values)
    assert all(gaps[0].start < value < gaps[-1].stop for value in values)


@given(gaps_, st.integers(1, 12))
def test_largest_gaps_are_cut_most(gaps: list[Gap], n: int) -> None:
    """Of two gaps the one in which more changes has no fewer values in it."""
    values = values_between(gaps, n)
    inside = [sum(gap.start < value < gap.stop for value in values) for gap in gaps]

    for one, few in zip(gaps, inside, strict=True):
        for other, many in zip(gaps, inside, strict=True):
            assert not (one.change < other.change and few > many)


# -- the plan, and the run


def test_without_a_budget_it_is_a_plan(run: Run, simulator: Simulator) -> None:
    """Nothing is sent; the plan has the old values and the new ones."""
    sent = simulator.creates

    plan = run.refine("guidance_scale", n=2, metric=detail)

    assert isinstance(plan, Plan)
    assert sent == simulator.creates
    axis = next(axis for axis in plan.axes if axis.name == "guidance_scale")
    assert {1, 4, 7, 20} < set(axis.values)
    assert 6 == len(axis)
    assert 6 == plan.estimate(new=True).jobs


def test_with_a_budget_it_is_sent(run: Run, simulator: Simulator) -> None:
    """As many values as the budget has room for; what is there is not paid again."""
    price = run.cost
    assert price is not None
    each = price.amount / 12
    sent = simulator.creates

    wider = run.refine("guidance_scale", leo.Credits(each * 7), metric=detail)

    assert isinstance(wider, Run)
    assert 18 == len(wider.result(15))
    assert sent + 6 == simulator.creates


def test_a_budget_below_one_value_sends_nothing(run: Run, simulator: Simulator) -> None:
    """One more value is three cells; the error has their price."""
    price = run.cost
    assert price is not None
    sent = simulator.creates

    with pytest.raises(BudgetExceeded, match=r"3 cells that are new would cost"):
        run.refine("guidance_scale", leo.Credits(price.amount / 12), metric=detail)

    assert sent == simulator.creates


# -- what cannot be refined


def test_unknown_axis_names_those_there_are(run: Run) -> None:
    """And the nearest."""
    with pytest.raises(InvalidRequest, match=r'did you mean "guidance_scale"\?'):
        run.refine("guidence")


def test_axis_without_numbers_names_one_with(studio: Studio) -> None:
    """Nothing lies between two styles."""
    run = leo.sweep(
        "a fox",
        studio=studio,
        presetStyle=["CINEMATIC", "DYNAMIC"],
        guidance_scale=[3, 7],
        **SMALL,
    ).result(15)

    with pytest.raises(InvalidRequest, match=r"presetStyle has none; guidance_scale can be"):
        run.refine("presetStyle")


def test_seeds_are_not_refined(run: Run) -> None:
    """They are numbers without an order."""
    with pytest.raises(InvalidRequest, match=r"seeds have no order"):
        run.refine("seed")


def test_what_is_all_noise_is_not_refined(run: Run) -> None:
    """More values would show more noise, and cost."""
    with pytest.raises(InvalidRequest, match=r"no neighbours on guidance_scale differ more"):
        run.refine("guidance_scale", metric=lambda image: image.width)


@pytest.mark.parametrize(("n", "nearest"), [(0, 1), (99, 24), (2.5, 3), ("two", 3)])
def test_number_of_values_is_a_small_whole_one(run: Run, n: Any, nearest: int) -> None:
    """The error has the nearest that is."""
    with pytest.raises(InvalidRequest, match=r"a whole number from 1 to 24 as n") as caught:
        run.refine("guidance_scale", n=n)

    assert nearest == caught.value.nearest


def test_a_replay_is_refined_for_a_service(tmp_path: Path, run: Run) -> None:
    """What it gives is a plan of the default studio, and no plan that nobody can draw."""
    path = run.to_replay(tmp_path / "foxes.zip")
    with closing(leo.replay(path, clock=ManualClock()).finish()) as played:
        plan = played.refine("guidance_scale", metric=detail)

    assert isinstance(plan, Plan)
    assert plan._studio is None
    assert len(plan) > len(run)
