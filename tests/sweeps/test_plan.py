from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

import pytest

import leonardo_nb as leo
from leonardo_nb.service.catalog import ALCHEMY_STYLES, PHOTO_REAL_V2_STYLES

if TYPE_CHECKING:
    from leonardo_nb.studios import Studio
    from leonardo_nb.sweeps.axes import Axis

SMALL: dict[str, Any] = {"width": 64, "height": 64}


def asked(studio: Studio, path: str) -> int:
    assert studio.simulator is not None
    return sum(path in logged for _, logged in studio.simulator.requests)


def test_plan_needs_no_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    """Counting is free: nothing is connected before a price is asked for."""
    default = importlib.import_module("leonardo_nb.default_studio")
    monkeypatch.setattr(default, "studio", lambda: pytest.fail("connected"))

    assert 8 == len(leo.plan("a fox", seed=range(8)))


def test_repr_counts_the_axes(studio: Studio) -> None:
    """Before it is priced, a plan says its size."""
    plan = leo.plan("a fox", studio=studio, seed=[1, 2], guidance_scale=[3, 6, 9])

    assert "<Plan of 6 cells (2 seed x 3 guidance_scale)>" == repr(plan)


def test_seed_is_drawn_once_and_recorded() -> None:
    """All cells share the seed, and `fixed` says which it is."""
    plan = leo.plan("a fox", guidance_scale=[3, 6])

    assert {plan.fixed["seed"]} == {cell.request.seed for cell in plan}


def test_estimate_counts_and_prices(studio: Studio) -> None:
    """Two images a cell are counted, and priced by the service's calculator."""
    plan = leo.plan("a fox", studio=studio, seed=[1, 2, 3], num_images=2)
    one = studio.price_later(plan.cells[0].request).result()
    estimate = plan.estimate()

    assert (6, 3, 6, one * 3) == (estimate.cells, estimate.jobs, estimate.images, estimate.cost)


def test_price_is_asked_once_for_each_that_differs(studio: Studio) -> None:
    """Forty cells of two sizes are two questions."""
    leo.plan("a fox", studio=studio, seed=range(20), width=[512, 768]).estimate()

    assert 2 == asked(studio, "pricing")


def test_estimate_draws_nothing(studio: Studio) -> None:
    """A plan that was only looked at has cost nothing."""
    plan = leo.plan("a fox", studio=studio, seed=[1, 2])
    plan._repr_html_()

    assert studio.simulator is not None
    assert 0 == studio.simulator.creates


def test_html_names_axes_and_price(studio: Studio) -> None:
    """The preview shows what varies, what is fixed, and the price; markup stays text."""
    shown = leo.plan("a <b>fox</b>", studio=studio, seed=[1, 2], presetStyle="ANIME")._repr_html_()

    assert "2 cells, all new, 16 credits, about" in shown
    assert "a &lt;b&gt;fox&lt;/b&gt;" in shown
    assert 'title="1">1</th>' in shown


def test_html_survives_a_service_that_does_not_answer(studio: Studio) -> None:
    """A plan can be shown when its price cannot be asked for."""
    assert studio.simulator is not None
    studio.simulator.script(method="POST", path="/pricing-calculator", status=401, times=9)

    assert "price unknown" in leo.plan("a fox", studio=studio, seed=[1, 2])._repr_html_()


def test_budget_is_a_wall(studio: Studio) -> None:
    """A plan that passes the budget sends nothing."""
    plan = leo.plan("a fox", studio=studio, seed=range(4))
    with pytest.raises(leo.BudgetExceeded) as caught:
        plan.start(budget=leo.Credits(31))

    assert studio.simulator is not None
    assert 0 == studio.simulator.creates
    assert "4 cells would cost 32 credits, which passes the budget of 31 credits" in str(
        caught.value
    )


def test_budget_needs_a_unit(studio: Studio) -> None:
    """A hundred of what?"""
    with pytest.raises(TypeError, match=r"leo.Credits\(100\)"):
        leo.plan("a fox", studio=studio, seed=[1]).start(budget=100)  # type: ignore[arg-type]


def test_budget_in_dollars_is_a_wall_too(dollars: Studio) -> None:
    """The calculator names credits on a dollar account; the budget is kept all the same."""
    plan = leo.plan("a fox", studio=dollars, seed=range(4))
    with pytest.raises(leo.BudgetExceeded) as caught:
        plan.start(budget=leo.Dollars("0.047"))

    assert dollars.simulator is not None
    assert 0 == dollars.simulator.creates
    assert "4 cells would cost $0.0479, which passes the budget of $0.0470" in str(caught.value)


def test_budget_in_dollars_that_holds_lets_it_start(dollars: Studio) -> None:
    """What is charged in the end is within it."""
    budget = leo.Dollars("0.05")
    run = leo.plan("a fox", studio=dollars, seed=range(4)).start(budget=budget).result(10)

    assert run.cost is not None
    assert run.cost <= budget


def test_budget_that_holds_lets_it_start(studio: Studio) -> None:
    """The estimate may be as much as the budget."""
    plan = leo.plan("a fox", studio=studio, seed=[1, 2], **SMALL)
    cost = plan.estimate().cost
    assert cost is not None

    assert 2 == plan.start(budget=cost).result(10).counts.done


def axis_of(studio: Studio, helper: Any, *args: Any, **parameters: Any) -> Axis:
    run: leo.Run = helper("a fox", *args, studio=studio, **SMALL, **parameters)
    return run.result(15).axes[0]


def test_sweep_seeds_counts_from_one(studio: Studio) -> None:
    """The same line asks for the same pictures."""
    axis = axis_of(studio, leo.sweep_seeds, 3)

    assert ("seed", (1, 2, 3)) == (axis.name, axis.values)


def test_sweep_guidance_has_both_ends(studio: Studio) -> None:
    """From the first to the last value, evenly."""
    axis = axis_of(studio, leo.sweep_guidance, 2, 16, 3)

    assert ("guidance_scale", (2, 9, 16)) == (axis.name, axis.values)


@pytest.mark.parametrize(
    ("mode", "styles"),
    [
        ({}, ALCHEMY_STYLES),
        ({"alchemy": False}, ("LEONARDO", "NONE")),
        (
            {"photoReal": True, "photoRealVersion": "v2", "modelId": "Kino XL"},
            PHOTO_REAL_V2_STYLES,
        ),
    ],
)
def test_sweep_styles_takes_those_of_the_mode(
    studio: Studio, mode: dict[str, object], styles: tuple[str, ...]
) -> None:
    """Every style that the service takes together with these parameters."""
    axis = axis_of(studio, leo.sweep_styles, **mode)

    assert ("presetStyle", styles) == (axis.name, axis.values)


def test_sweep_styles_of_a_model_with_style_ids(studio: Studio) -> None:
    """Lucid Origin is styled by styleUUID, so that is the axis, and the labels are names."""
    axis = axis_of(studio, leo.sweep_styles, modelId="Lucid Origin")

    assert "styleUUID" == axis.name
    assert "Cinematic" in axis.labels


@pytest.mark.parametrize("styles", [[], ()])
def test_sweep_styles_of_none_is_not_all(studio: Studio, styles: list[str]) -> None:
    """An empty list is a mistake somewhere above, and not thirteen paid jobs."""
    with pytest.raises(leo.InvalidRequest, match="presetStyle is an empty axis"):
        leo.sweep_styles("a fox", styles, studio=studio)

    assert studio.simulator is not None
    assert 0 == studio.simulator.creates


def test_sweep_styles_takes_one_by_name(studio: Studio) -> None:
    """A name is a list of one, and not of letters."""
    axis = axis_of(studio, leo.sweep_styles, "anime")

    assert ("presetStyle", ("ANIME",)) == (axis.name, axis.values)


@pytest.mark.parametrize(
    ("helper", "axis", "typed", "parameters"),
    [
        (leo.sweep_seeds, "seed", "seed", {}),
        (leo.sweep_guidance, "guidance_scale", "guidanceScale", {}),
        (leo.sweep_styles, "presetStyle", "preset_style", {}),
        (leo.sweep_styles, "styleUUID", "styleUUID", {"modelId": "Lucid Origin"}),
    ],
)
def test_helper_makes_its_axis_itself(
    studio: Studio, helper: Any, axis: str, typed: str, parameters: dict[str, Any]
) -> None:
    """The parameter that it varies cannot be given as well, in whatever spelling."""
    with pytest.raises(leo.UnknownParameter) as caught:
        helper("a fox", studio=studio, **{typed: 3}, **parameters)

    assert (
        f"{helper.__name__}() varies {axis} itself and takes no {typed}; "
        f"leo.sweep(prompt, {axis}=[...]) takes values of your own." == str(caught.value)
    )


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"n": "3"}, 'n must be a whole number, not "3"'),
        ({"n": 2.5}, "n must be a whole number, not 2.5"),
        ({"n": True}, "n must be a whole number, not True"),
        ({"start": "1"}, 'start must be a whole number, not "1"'),
    ],
)
def test_sweep_seeds_counts_with_whole_numbers(
    studio: Studio, wrong: dict[str, Any], sentence: str
) -> None:
    """Anything else is named with the argument that it was given for."""
    with pytest.raises(TypeError, match=rf"^sweep_seeds\(\): {sentence}\.$"):
        leo.sweep_seeds("a fox", studio=studio, **wrong)


def test_sweep_of_no_seeds_is_refused(studio: Studio) -> None:
    """There is no sweep without a cell."""
    with pytest.raises(leo.InvalidRequest, match="at least one seed"):
        leo.sweep_seeds("a fox", 0, studio=studio)


def test_budget_that_is_no_money_is_cut(studio: Studio) -> None:
    """A value comes back in a sentence, and not whole."""
    with pytest.raises(TypeError) as caught:
        leo.plan("a fox", studio=studio).start(budget="9" * 100_000)  # type: ignore[arg-type]

    assert 400 > len(str(caught.value))
