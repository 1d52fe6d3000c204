from __future__ import annotations

import builtins
import re
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

import leonardo_nb as leo
from leonardo_nb.errors import InvalidRequest
from leonardo_nb.simulator import Simulator
from leonardo_nb.studios import Studio
from leonardo_nb.sweeps.effects import Effect, EffectTable, StepEffect, luck_of, said
from leonardo_nb.sweeps.measuring.chart import Chart, Mark
from leonardo_nb.testing import ManualClock

if TYPE_CHECKING:
    from collections.abc import Iterator

    from PIL import Image

    from leonardo_nb.sweeps.run import Run

SMALL: dict[str, Any] = {"width": 64, "height": 64}
STYLES = ["CINEMATIC", "DYNAMIC", "SKETCH_BW"]


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Run]:
    """36 cells, drawn once for all tests: 3 seeds, 3 styles, 4 values of guidance."""
    clock = ManualClock()
    simulator = Simulator(now=clock.now, wall=clock.wall, pause=clock.pause)
    folder = tmp_path_factory.mktemp("effects")
    with Studio(simulator=simulator, library=folder, clock=clock) as studio:
        yield leo.sweep(
            "a fox in $x^2$ snow",
            studio=studio,
            seed=[1, 2, 3],
            presetStyle=STYLES,
            guidance_scale=[3, 5, 7, 9],
            **SMALL,
        ).result(18)


def known(run: Run, value: Any) -> Any:
    """Return a function that gives each picture of *run* the number *value(coords)*."""
    from leonardo_nb.sweeps.measuring.measure import small

    numbers = {
        np.asarray(small(run.job(cell).images[0].read_bytes())).tobytes(): value(cell.coords)
        for cell in run.cells
    }

    def made_up(image: Image.Image) -> float:
        return float(numbers[np.asarray(image).tobytes()])

    return made_up


def wobble(coords: dict[str, Any]) -> float:
    """Return luck that every cell has of its own, normal, of 1."""
    place = [coords["seed"], int(coords["guidance_scale"]), STYLES.index(coords["presetStyle"])]
    return float(np.random.default_rng(place).normal())


# -- what it finds


def test_axis_that_does_it_all_explains_most(run: Run) -> None:
    """Numbers by style and a little luck: the sentence names the style, and the steps below it."""
    found = run.effects(known(run, lambda at: 15 * STYLES.index(at["presetStyle"]) + wobble(at)))

    first = found[0]
    assert ("presetStyle", "axis") == (first.name, first.kind)
    assert (first.share or 0) > 0.9
    assert first.is_sure
    assert (first.vs_noise or 0) > 50
    assert re.fullmatch(
        r"presetStyle explains most \(\d+ %\); guidance_scale from 3 to 9 is below seed noise\.",
        found.sentence,
    )


def test_seeds_are_the_noise_where_there_are_no_replicates(run: Run) -> None:
    """They are no effect among the others, and the notes say what they stand for."""
    found = run.effects("colour")

    assert "seed" == found.noise
    assert {"presetStyle", "guidance_scale"} == {row.name for row in found if row.kind == "axis"}
    assert ["Seeds stand for chance: no cell has replicates."] == list(found.notes)
    assert "seed noise" == found[len(found) - 1].name


def test_steps_are_those_of_neighbours(run: Run) -> None:
    """Numbers that jump between 5 and 7 have one step above the noise."""
    found = run.effects(known(run, lambda at: 8 * (at["guidance_scale"] > 5) + wobble(at)))

    assert [(3, 5), (5, 7), (7, 9)] == [(step.start, step.stop) for step in found.steps]
    assert [True, False, True] == [step.is_below_noise for step in found.steps]
    assert "guidance_scale from 5 to 7" == found.steps[1].name


@pytest.mark.parametrize("more", [{"num_images": 3}, {"replicates": 3}])
def test_replicates_measure_the_noise(studio: Studio, more: dict[str, Any]) -> None:
    """Whether they are pictures of one request or of several."""
    plan = leo.plan("a fox", studio=studio, guidance_scale=[3, 9], **more, **SMALL)

    found = plan.start().result(15).effects("dhash")

    assert ("replicate", 6) == (found.noise, found.pictures)
    assert "noise between replicates" == found[1].name
    assert found[1].low is not None


def test_pictures_of_one_seed_share_their_luck(studio: Studio) -> None:
    """The first replicate has the sweep's seed in every cell, the others one of their own."""
    plan = leo.plan("a fox", studio=studio, guidance_scale=[3, 9], replicates=3, **SMALL)
    run = plan.start().result(15)

    luck = luck_of(run, run.cells)

    assert luck is not None
    assert [0, 1, 2, 0, 3, 4] == luck.tolist()


def test_without_any_noise_it_says_so(studio: Studio) -> None:
    """One seed and one picture a cell: what is left over stands in, and is not called noise."""
    run = leo.sweep(
        "a fox", studio=studio, presetStyle=STYLES, guidance_scale=[3, 9], **SMALL
    ).result(15)

    found = run.effects("colour")

    assert "" == found.noise
    assert "what is left over" == found[len(found) - 1].name
    assert "chance is not measured" in found.notes[0]


def test_one_axis_without_noise_has_steps_and_no_shares(studio: Studio) -> None:
    """The sentence has the largest step, and does not say that the axis explains it."""
    run = leo.sweep("a fox", studio=studio, guidance_scale=[3, 7, 9], **SMALL).result(15)

    found = run.effects("edges")

    assert [None] == [row.share for row in found]
    assert found.sentence.startswith("One picture for each value does not tell")
    assert "the largest step is guidance_scale from" in found.sentence
    assert "nothing can be told apart" in repr(found)


def test_order_of_values_on_the_axis_is_theirs(studio: Studio) -> None:
    """Values that were typed in another order are neighbours by size all the same."""
    run = leo.sweep("a fox", studio=studio, seed=[1, 2], guidance_scale=[9, 3, 7], **SMALL).result(
        15
    )

    assert [(3, 7), (7, 9)] == [(step.start, step.stop) for step in run.effects("edges").steps]


def test_seeds_beside_replicates_have_no_steps(studio: Studio) -> None:
    """They are an axis then, and numbers, but in no order."""
    plan = leo.plan(
        "a fox", studio=studio, seed=[1, 2], guidance_scale=[3, 9], replicates=2, **SMALL
    )

    found = plan.start().result(15).effects("colour")

    assert {"seed", "guidance_scale"} == {row.name for row in found if row.kind == "axis"}
    assert ["guidance_scale"] == [step.axis for step in found.steps]


def test_failed_cells_leave_holes(studio: Studio, simulator: Simulator) -> None:
    """The rest is measured, and the note counts what is missing."""
    simulator.script(method="POST", path="/generations", fail=True, times=2)
    run = leo.sweep("a fox", studio=studio, seed=[1, 2, 3], presetStyle=STYLES, **SMALL).result(15)

    found = run.effects("colour")

    assert 7 == found.pictures
    assert "2 cells have no picture and have no part in it." in found.notes


def test_a_part_of_a_sweep_has_effects_of_its_own(run: Run) -> None:
    """What has one value in it is no axis there."""
    part = run.where(presetStyle="DYNAMIC")

    assert ["guidance_scale"] == [row.name for row in part.effects("edges") if row.kind == "axis"]


def test_one_seed_of_many_is_no_noise(run: Run) -> None:
    """What is left of the axis measures nothing, and what is left over stands in."""
    found = run.where(seed=1).effects("colour")

    assert "" == found.noise
    assert "what is left over" == found[len(found) - 1].name


# -- what cannot be asked


def test_nothing_but_seeds_is_an_error(studio: Studio) -> None:
    """It says what varies, and what would help."""
    run = leo.sweep("a fox", studio=studio, seed=[1, 2, 3], **SMALL).result(15)

    with pytest.raises(InvalidRequest, match=r"nothing but seed varies; run\.extend"):
        run.effects()


def test_one_picture_is_an_error(studio: Studio) -> None:
    """There is nothing to compare it with."""
    run = leo.sweep("a fox", studio=studio, seed=1, **SMALL).result(15)

    with pytest.raises(InvalidRequest, match=r"among the 1 picture of this sweep nothing varies"):
        run.effects()


def test_unknown_metric_is_refused_before_anything_is_read(run: Run) -> None:
    """The nearest name is in the sentence."""
    with pytest.raises(InvalidRequest, match=r'did you mean "phash"\?'):
        run.effects("pash")


# -- how it shows itself


def test_repr_is_one_line(run: Run) -> None:
    """Metric, pictures, and what is largest."""
    assert re.fullmatch(
        r"<Effects on colour of 36 pictures: presetStyle \d+ %, .*>", repr(run.effects("colour"))
    )


def test_table_has_a_row_an_effect(run: Run) -> None:
    """In a terminal it is text, in a frame numbers."""
    found = run.effects("colour")

    lines = repr(found.table()).splitlines()
    frame = found.to_pandas()

    assert ["what", "share", "95 % interval", "times the noise"] == re.split(r"  +", lines[0])
    assert [row.name for row in found] == frame["what"].tolist()
    assert [row.share for row in found] == frame["share"].tolist()


def test_html_has_sentence_bars_and_notes(run: Run) -> None:
    """No mathematics is made of anything, nothing is SVG, and simulated is said."""
    html = run.effects("colour")._repr_html_()

    assert html.startswith('<div class="mathjax_ignore tex2jax_ignore">')
    assert "presetStyle explains most" in html
    assert "simulated" in html
    assert "Steps of guidance_scale, in multiples of the noise" in html
    assert "<svg" not in html


def test_names_of_functions_are_text(run: Run) -> None:
    """A metric's name is the user's, and becomes no markup."""

    def measure(image: Image.Image) -> int:
        return image.width

    measure.__name__ = "<b>wide</b>"

    html = run.effects(measure)._repr_html_()

    assert "<b>" not in html
    assert "By this metric no picture differs from another." in html


def test_plot_without_matplotlib_is_a_chart(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same bars, in html and as text."""
    real = builtins.__import__

    def without(name: str, *args: Any, **more: Any) -> Any:
        if name.startswith("matplotlib"):
            raise ImportError(name)
        return real(name, *args, **more)

    monkeypatch.setattr("leonardo_nb.sweeps.effects.import_module", without)

    chart = run.effects("colour").plot()

    assert isinstance(chart, Chart)
    assert "█" in repr(chart)
    assert "presetStyle" in chart._repr_html_()


def test_plot_draws_where_it_is_told(run: Run) -> None:
    """With an axes object of matplotlib's, one bar an effect and one line an interval."""
    drawn: list[str] = []

    class Spine:
        def set_visible(self, visible: bool) -> None:
            drawn.append("spine")

    class Canvas:
        def __init__(self) -> None:
            self.spines = {"top": Spine(), "right": Spine()}

        def __getattr__(self, name: str) -> Any:
            return lambda *args, **more: drawn.append(name)

    canvas = Canvas()

    assert canvas is run.effects("colour").plot(canvas)
    assert (4, 4) == (drawn.count("barh"), drawn.count("plot"))


def test_bars_stay_within_their_chart() -> None:
    """What is longer than the scale ends at its end."""
    chart = Chart("a", [Mark("b <i>", 3.0, 2.0, 9.0, "3")], 1.5, tick=1.0)

    widths = [float(each) for each in re.findall(r"width:([\d.]+)%", chart.html())]

    assert max(widths) <= 100
    assert "<i>" not in chart.html()


# -- sentences


def effect(name: str, share: float, low: float, kind: Any = "axis") -> Effect:
    return Effect(name, kind, tuple(name.split(" x ")), share, low, min(share * 1.2, 1), 1.0)


def step(start: float, stop: float, high: float) -> StepEffect:
    return StepEffect("guidance_scale", start, stop, 1.0, high / 2, 0.0, high)


@pytest.mark.parametrize(
    ("rows", "steps", "sentence"),
    [
        (
            [effect("presetStyle", 0.62, 0.5), effect("seed noise", 0.3, 0.2, "noise")],
            [step(3, 7, 9), step(7, 9, 0.6)],
            "presetStyle explains most (62 %); guidance_scale from 7 to 9 is below seed noise.",
        ),
        (
            [effect("presetStyle", 0.2, 0.1), effect("seed noise", 0.7, 0.6, "noise")],
            [],
            (
                "Most of the change is seed noise (70 %); of the axes, presetStyle explains most "
                "(20 %)."
            ),
        ),
        (
            [effect("presetStyle", 0.02, 0.0), effect("seed noise", 0.97, 0.9, "noise")],
            [],
            "No axis can be told from seed noise (97 %).",
        ),
        (
            [
                effect("modelId", 0.4, 0.3),
                effect("presetStyle", 0.3, 0.2),
                effect("modelId x presetStyle", 0.1, 0.05, "pair"),
                effect("seed noise", 0.2, 0.1, "noise"),
            ],
            [],
            (
                "modelId and presetStyle explain most (40 % and 30 %); "
                "modelId \N{MULTIPLICATION SIGN} presetStyle together 10 %."
            ),
        ),
        (
            [
                effect("modelId", 0.8, 0.7),
                effect("presetStyle", 0.01, 0.0),
                effect("seed noise", 0.2, 0.1, "noise"),
            ],
            [],
            "modelId explains most (80 %); presetStyle cannot be told from seed noise.",
        ),
    ],
)
def test_sentences(rows: list[Effect], steps: list[StepEffect], sentence: str) -> None:
    """Each case is said as a person would, with no certainty that is not there."""
    assert sentence == said(rows, steps, "seed noise")


def test_shares_add_up_as_they_are_said() -> None:
    """Four that would be 101 % when each is rounded alone; what is no whole is left as it is."""
    shares = {"presetStyle": 0.926, "guidance_scale": 0.027, "seed noise": 0.046, "tiling": 0.001}
    rows = [effect(name, share, 0.0) for name, share in shares.items()]
    table = EffectTable(rows)
    said_of = [table.cells(row)[1].text for row in rows]

    assert ["92 %", "3 %", "5 %", "under 1 %"] == said_of
    assert said_of[:1] == [table[:1].cells(row)[1].text for row in table[:1]]
    assert ["93 %"] == [EffectTable(rows[:1]).cells(rows[0])[1].text]


def test_pair_has_a_sign_between_its_axes() -> None:
    """In the table, too; its name in code stays as it can be typed."""
    row = effect("modelId x presetStyle", 0.1, 0.05, "pair")

    assert "modelId \N{MULTIPLICATION SIGN} presetStyle" == EffectTable([row]).cells(row)[0].text


def test_small_steps_have_an_interval_in_numbers(run: Run) -> None:
    """A bar of next to nothing is "under 0.1", and the line over it is said."""
    found = run.effects(known(run, lambda at: 8 * (at["guidance_scale"] > 5) + wobble(at)))
    shown = found._repr_html_()

    assert "0.0 times" not in shown
    assert re.search(r"(under 0\.1|\d\.\d) times, (0|\d\.\d) to \d", shown)


def test_label_goes_above_its_bar_where_it_is_narrow(run: Run) -> None:
    """Each row may break between both, and its label then has the whole line."""
    shown = run.effects("colour")._repr_html_()

    assert "flex-wrap:wrap;align-items:center" in shown
    assert "flex:999 1 200px" in shown


def test_steps_in_a_row_are_one_span() -> None:
    """From 3 to 9 and not twice; the longest one of an axis."""
    rows = [effect("presetStyle", 0.62, 0.5), effect("seed noise", 0.3, 0.2, "noise")]
    steps = [step(1, 2, 0.5), step(2, 3, 4), step(3, 7, 0.5), step(7, 9, 0.6)]

    assert said(rows, steps, "noise").endswith("; guidance_scale from 3 to 9 is below noise.")
