"""
Which axis of a sweep explains how much of the change between its pictures.

`variance` has the theory, on plain numbers; here cells become codes, and shares become rows,
sentences and bars.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from leonardo_nb.account.tables import Cell as Text
from leonardo_nb.account.tables import Table
from leonardo_nb.errors import InvalidRequest
from leonardo_nb.sweeps.estimate import counted
from leonardo_nb.sweeps.frame import frame_of
from leonardo_nb.sweeps.measuring.chart import Chart, Mark
from leonardo_nb.sweeps.measuring.measure import Measured, measure
from leonardo_nb.sweeps.measuring.variance import Analysis, Kind, analyse
from leonardo_nb.sweeps.measuring.words import between, percent

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    import pandas as pd
    from numpy.typing import NDArray

    from leonardo_nb.sweeps.axes import Axis
    from leonardo_nb.sweeps.cells import Cell
    from leonardo_nb.sweeps.run import Run

    Whole = NDArray[np.int64]

__all__ = ["Effect", "EffectTable", "Effects", "StepEffect", "StepTable", "effects_of"]

TIMES: Final = "\N{MULTIPLICATION SIGN}"
MOST_AXES: Final = 8
"""Axes that are taken apart; each one more doubles the work."""
MOST_STEPS: Final = 12
"""Steps of one axis that a chart shows."""
WORTH_SAYING: Final = 0.05
"""Share from which a pair of axes has a place in the sentence."""


@dataclass(frozen=True, slots=True)
class Effect:
    """
    What one axis, a pair of axes, or chance has to do with the change.

    Attributes:
        name: The axis, `a x b` for a pair, or what the noise is.
        kind: "axis"; "pair": what two axes do only together; "more": what three and more do only
            together; "noise"; "rest": noise and "more", which nothing tells apart.
        axes: The names of the axes.
        share: Of all change, from 0 to 1; None where it cannot be estimated.
        low: Where the 95 % interval of the share begins, or None where there is none.
        high: Where it ends.
        vs_noise: The same as a multiple of the noise; None where the noise is not known.
    """

    name: str
    kind: Kind
    axes: tuple[str, ...]
    share: float | None
    low: float | None
    high: float | None
    vs_noise: float | None

    @property
    def is_sure(self) -> bool:
        """Whether the interval excludes that nothing is there."""
        return self.low is not None and self.low > 0


@dataclass(frozen=True, slots=True)
class StepEffect:
    """
    What changes from one value of a numeric axis to the next.

    Attributes:
        axis: The axis.
        start: The lower value.
        stop: The higher value, the next one that the sweep has.
        change: Half the mean squared distance between pictures that differ in this step alone,
            without the noise in it, in the metric's unit squared.
        vs_noise: The same as a multiple of the noise; None where the noise is not known.
        low: Where its 95 % interval begins, or None where there is none.
        high: Where it ends.
    """

    axis: str
    start: float
    stop: float
    change: float
    vs_noise: float | None
    low: float | None
    high: float | None

    @property
    def is_below_noise(self) -> bool:
        """Whether it changes less than the noise does, with 95 % certainty."""
        return self.high is not None and self.high < 1

    @property
    def name(self) -> str:
        """The step in words, such as `guidance_scale from 7 to 9`."""
        return f"{self.axis} from {self.start:g} to {self.stop:g}"


class EffectTable(Table[Effect]):
    """Effects as a table, the largest axis first and the noise last."""

    __module__ = "leonardo_nb"
    columns = ("what", "share", "95 % interval", "times the noise")
    numbers = frozenset(columns[1:])
    nouns = ("effect", "effects")

    def __init__(self, rows: Iterable[Effect], **more: Any) -> None:  # noqa: ANN401  as a table takes it
        super().__init__(rows, **more)
        self._told = _percents(self._rows)  # a part of the table says the same of its rows

    def cells(self, row: Effect) -> tuple[Text, ...]:
        """Return what is known of one axis or pair."""
        return (
            Text(_name(row)),
            Text(self._told.get(row) or percent(row.share)),
            Text(between(row.low, row.high)),
            Text("" if row.kind in {"noise", "rest"} else times(row.vs_noise)),
        )


class StepTable(Table[StepEffect]):
    """Steps between neighbouring values as a table, in the order of the values."""

    __module__ = "leonardo_nb"
    columns = ("axis", "from", "to", "times the noise", "95 % interval")
    numbers = frozenset(columns[1:])
    nouns = ("step", "steps")

    def cells(self, row: StepEffect) -> tuple[Text, ...]:
        """Return what is known of one step."""
        ends = times_between(row.low, row.high)
        return (
            Text(row.axis),
            Text(f"{row.start:g}"),
            Text(f"{row.stop:g}"),
            Text(times(row.vs_noise)),
            Text(ends),
        )


class Effects:
    """
    What explains the change between the pictures of a sweep, by one metric.

    Iterating gives an `Effect` for each axis and pair, the largest first, and the noise last.
    Shares are of the variance between pictures, measured by (half squared) distances, so that they
    mean the same for a number as for a hash; before they are cut off at 0 they add up to 1. They
    speak of the values that the sweep has, and of no others.

    Attributes:
        metric: The metric's name.
        noise: What the noise is: "seed", "replicate", or "" where nothing measures it.
        steps: What changes from each value of a numeric axis to the next.
        pictures: How many pictures it is made of.
        failures: Why cells could not be measured, by cell index.
        notes: What is missing, as sentences.
    """

    __module__ = "leonardo_nb"

    def __init__(
        self,
        measured: Measured,
        axes: Sequence[Axis],
        analysis: Analysis,
        noise: str,
        notes: Sequence[str],
        *,
        simulated: bool = False,
    ) -> None:
        self.metric = measured.metric.name
        self.noise = noise if analysis.is_measured else ""
        self.pictures = len(measured.cells)
        self.failures = measured.failures
        self.simulated = simulated
        self._rows = _rows(axes, analysis, NOISE[self.noise])
        self._differs = analysis.differs
        self.steps = StepTable(_steps(axes, analysis))
        self.notes = (*notes, *_honest(self._rows, analysis, noise), *measured.notes)

    def __iter__(self) -> Iterator[Effect]:
        return iter(self._rows)

    def __len__(self) -> int:
        return len(self._rows)

    def __getitem__(self, index: int) -> Effect:
        return self._rows[index]

    def table(self) -> EffectTable:
        """Return the effects as a table that shows itself."""
        return EffectTable(self._rows, notes=self.notes)

    def to_pandas(self) -> pd.DataFrame:
        """
        Return a table with one row an effect: what, kind, share, low, high, vs_noise.

        Raises:
            ImportError: pandas is not installed.
        """
        names = ("kind", "share", "low", "high", "vs_noise")
        rows = [{"what": row.name, **{name: getattr(row, name) for name in names}} for row in self]
        return frame_of(rows, "effects.to_pandas()")

    @property
    def sentence(self) -> str:
        """What it comes to, in a sentence or two, without the certainty it does not have."""
        return said(self._rows, self.steps, NOISE[self.noise], differs=self._differs)

    def plot(self, ax: object = None) -> object:
        """
        Return the shares with their intervals as bars.

        Args:
            ax: Where matplotlib draws them; a figure of its own if left out.

        Returns:
            matplotlib's axes, or a chart in html where matplotlib is not installed.
        """
        chart = self._chart()
        if ax is None:
            try:
                pyplot = import_module("matplotlib.pyplot")
            except ImportError:
                return chart
            ax = pyplot.subplots(figsize=(6.4, 0.8 + 0.35 * len(chart.marks)))[1]
        chart.draw(ax)
        return ax

    def _chart(self) -> Chart:
        told = _percents(self._rows)
        marks = [
            Mark(
                _name(row),
                row.share,
                row.low,
                row.high,
                _with_ends(row, told[row]),
                is_quiet=row.kind in {"noise", "rest"},
            )
            for row in self._rows
            if row.share is not None
        ]
        key = f"{counted(self.pictures, 'picture')}, thin lines: 95 % intervals"
        return Chart(f"Shares of the change in {self.metric}", marks, 1.0, key, self._pill)

    def _step_charts(self) -> list[Chart]:
        charts = []
        for axis in dict.fromkeys(step.axis for step in self.steps):
            steps = [step for step in self.steps if step.axis == axis and step.vs_noise is not None]
            if not steps:
                continue
            largest = sorted(steps, key=lambda step: -(step.vs_noise or 0))[:MOST_STEPS]
            kept = [step for step in steps if step in largest]
            marks = [
                Mark(
                    f"{step.start:g} to {step.stop:g}",
                    step.vs_noise,
                    step.low,
                    step.high,
                    _times_with_ends(step),
                    is_quiet=step.is_below_noise,
                )
                for step in kept
            ]
            top = max(1.5, *(mark.high or mark.value or 0 for mark in marks))
            heading = f"Steps of {axis}, in multiples of the noise"
            few = f"the largest {len(kept)}; " if len(kept) < len(steps) else ""
            key = f"{few}the upright line is the noise"
            charts.append(Chart(heading, marks, top, key, tick=1.0))
        return charts

    @property
    def _pill(self) -> str:
        return "simulated" if self.simulated else ""

    def __repr__(self) -> str:
        told = _percents(self._rows)
        known = [f"{_name(row)} {told[row]}" for row in self if row.share is not None]
        what = ", ".join(known[:3]) or "nothing can be told apart"
        return f"<Effects on {self.metric} of {counted(self.pictures, 'picture')}: {what}>"

    def _repr_html_(self) -> str:
        charts = [self._chart(), *self._step_charts()]
        return Chart.page(self.sentence, [chart for chart in charts if chart.marks], self.notes)


NOISE: Final = {
    "seed": "seed noise",
    "replicate": "noise between replicates",
    "": "what is left over",
}
"""How each kind of noise is called in a sentence."""


def times(ratio: float | None) -> str:
    """
    Return a multiple of the noise as it is said.

    >>> times(0.4123), times(12.7), times(0.02), times(None)
    ('0.4', '13', 'under 0.1', 'not known')
    """
    if ratio is None:
        return "not known"
    if ratio < 0.05:
        return "under 0.1"
    return f"{ratio:.0f}" if ratio >= 9.95 else f"{ratio:.1f}"


def times_between(low: float | None, high: float | None) -> str:
    """
    Return an interval of multiples of the noise as it is said.

    >>> times_between(0.2, 1.31), times_between(0.01, 9.7), times_between(0, 0.03)
    ('0.2 to 1.3', '0 to 9.7', 'under 0.1')
    """
    if low is None or high is None:
        return ""
    if high < 0.05:
        return times(high)
    return f"{times(low) if low >= 0.05 else 0} to {times(high)}"


def effects_of(run: Run, metric: object = "phash") -> Effects:
    """
    Return what explains the change between the pictures of *run*.

    The noise is measured by the replicates; where there are none, by the axis `seed`. Without
    either what is left over, after what axes do alone and by pairs, stands in for it, and the notes
    say so.

    Args:
        run: The sweep, finished or not; cells without a picture have no part in it.
        metric: A name, or a function that takes a `PIL.Image.Image` (RGB, 256 pixels on its longer
            side) and gives a number or an array.

    Raises:
        InvalidRequest: There is no such metric, there are too few pictures, nothing varies, or too
            many axes do.
        TypeError: *metric* is neither a name nor a function.
    """
    noise = noise_of(run)
    measured = measure(run, metric)
    axes, notes = [], []
    for axis in run.axes:
        if axis.name == noise:
            continue
        if len(np.unique(codes_of(axis, measured.cells))) > 1:
            axes.append(axis)
        else:
            notes.append(
                f"{axis.name} has one value among the pictures, so nothing is known of it."
            )
    if not axes:
        only = f"nothing but {noise} varies" if noise else "nothing varies"
        raise InvalidRequest(
            f"effects() compares pictures at different values of an axis, and among the "
            f"{counted(len(measured.cells), 'picture')} of this sweep {only}; "
            "run.extend(...) adds values.",
            member="axes",
        )
    if len(axes) > MOST_AXES:
        raise InvalidRequest(
            f"effects() takes at most {MOST_AXES} axes apart, and {len(axes)} vary; run.sel(...) "
            "is the part of the sweep at one value of an axis.",
            member="axes",
            value=len(axes),
            nearest=MOST_AXES,
        )
    places = [_ordered(axis, codes_of(axis, measured.cells)) for axis in axes]
    analysis = analyse(
        measured.points,
        np.stack(places, axis=1),
        luck_of(run, measured.cells),
        # one seed is no nearer to the next than to any other
        ordered=[n for n, axis in enumerate(axes) if axis.is_numeric and axis.name != "seed"],
    )
    return Effects(measured, axes, analysis, noise, notes, simulated=run.simulated)


def noise_of(run: Run) -> str:
    """Return the name of the axis that measures the noise of *run*, or ""."""
    varying = [axis for axis in run.axes if len(axis) > 1]
    names = [axis.name for axis in varying if axis.role == "replicate"]
    names += [axis.name for axis in varying if axis.name == "seed"]
    return names[0] if names else ""


def luck_of(run: Run, cells: Sequence[Cell]) -> Whole | None:
    """
    Return a number for each of *cells*, equal where pictures share their luck: seed and place.

    None where no two do, and where all do. A picture whose seed is not known shares it with none.
    """
    found: dict[tuple[object, int], int] = {}
    numbers = []
    for cell in cells:
        seed: object = run.job(cell).request.seed
        mark = (cell.key if seed is None else seed, cell.image)
        numbers.append(found.setdefault(mark, len(found)))
    return np.array(numbers, np.int64) if 1 < len(found) < len(numbers) else None


def codes_of(axis: Axis, cells: Sequence[Cell]) -> Whole:
    """Return the place of each cell's value on *axis*, from 0."""
    return np.array([axis.index(cell.coords[axis.name]) for cell in cells], np.int64)


def _with_ends(row: Effect, share: str) -> str:
    """Return a share and its interval in words, once where both are the same."""
    return ", ".join(dict.fromkeys(filter(None, (share, between(row.low, row.high)))))


def _times_with_ends(step: StepEffect) -> str:
    words = dict.fromkeys((times(step.vs_noise), times_between(step.low, step.high)))
    first, *rest = filter(None, words)
    return ", ".join((f"{first} times", *rest))


def _name(row: Effect) -> str:
    """Return the name of *row* as it is read; a pair has a sign and no letter between its axes."""
    return f" {TIMES} ".join(row.axes) if row.kind == "pair" else row.name


def _percents(rows: Sequence[Effect]) -> dict[Effect, str]:
    """
    Return the share of each row as it is said, rounded so that all together are 100 %.

    None is rounded by more than to the next number above or below. Where they are no whole, each
    is rounded alone.
    """
    whole = sum(row.share or 0.0 for row in rows)
    if any(row.share is None for row in rows) or not 0.995 <= whole <= 1.02:
        return {row: percent(row.share) for row in rows}
    exact = [round(100 * (row.share or 0.0), 6) for row in rows]
    points = [math.floor(each) for each in exact]
    parts = [n for n, each in enumerate(exact) if each > points[n]]
    # what is under 1 % is not rounded up to it
    parts.sort(key=lambda n: (exact[n] < 0.5, points[n] - exact[n]))
    for n in parts[: max(100 - sum(points), 0)]:
        points[n] += 1
    return {
        row: f"{number} %" if number or not row.share else percent(min(row.share, 0.004))
        for row, number in zip(rows, points, strict=True)
    }


def _ordered(axis: Axis, codes: Whole) -> Whole:
    """Return *codes* in the order of the values, where they are numbers."""
    if not axis.is_numeric:
        return codes
    rank = np.argsort(np.argsort(np.array(axis.values, float), kind="stable"), kind="stable")
    return np.asarray(rank[codes], np.int64)


def _rows(axes: Sequence[Axis], analysis: Analysis, noise: str) -> tuple[Effect, ...]:
    names = {
        "more": "three and more axes together",
        "noise": noise,
        "rest": "what is left over",
    }
    rows = []
    for part in analysis.parts:
        own = tuple(axes[n].name for n in part.axes)
        ratio = None
        if analysis.noise is not None and analysis.noise > 0 and part.share is not None:
            ratio = max(part.variance, 0.0) / analysis.noise
        name = names.get(part.kind) or " x ".join(own)
        rows.append(Effect(name, part.kind, own, part.share, part.low, part.high, ratio))
    order: dict[Kind, int] = {"axis": 0, "pair": 0, "more": 1, "noise": 2, "rest": 2}
    return tuple(sorted(rows, key=lambda row: (order[row.kind], -(row.share or 0))))


def _steps(axes: Sequence[Axis], analysis: Analysis) -> Iterator[StepEffect]:
    for step in analysis.steps:
        axis = axes[step.axis]
        ascending = sorted(axis.values)
        start, stop = (ascending[place] for place in step.codes)
        yield StepEffect(axis.name, start, stop, step.change, step.ratio, step.low, step.high)


def _honest(rows: Sequence[Effect], analysis: Analysis, noise: str) -> Iterator[str]:
    """Yield what these numbers are not, as sentences."""
    if not analysis.is_measured:
        why = (
            "No value of an axis has a picture of another seed"
            if noise == "seed"
            else "Each cell has one picture"
        )
        yield (
            f"{why}, so chance is not measured; `replicates=3`, or a few seeds as an axis, would "
            "measure it."
        )
        if any(row.kind == "rest" and row.share is not None for row in rows):
            yield "What is left over is chance, and what all axes do only together."
    elif noise == "seed":
        yield "Seeds stand for chance: no cell has replicates."
    lost = [row.name for row in rows if row.share is None]
    if lost and analysis.is_measured and any(row.share is not None for row in rows):
        yield (
            f"Not enough pairs of pictures for {', '.join(lost)}; the shares are of what can be "
            "estimated."
        )
    if any(row.share is not None for row in rows) and all(row.low is None for row in rows):
        yield "There are too few pictures for intervals."


def said(
    rows: Sequence[Effect], steps: Sequence[StepEffect], noise: str, *, differs: bool = True
) -> str:
    """Return what *rows* and *steps* come to, in a sentence."""
    if not differs:
        return "By this metric no picture differs from another."
    some = [row for row in rows if row.kind in {"axis", "pair"} and row.share is not None]
    if not some:
        return _without_shares(rows, steps)
    told = _percents(rows)
    best, chance = some[0], next((row for row in rows if row.kind in {"noise", "rest"}), None)
    parts = []
    if not best.is_sure and best.low is not None:
        how_much = "" if chance is None else f" ({told[chance]})"
        parts.append(f"No axis can be told from {noise}{how_much}")
    elif chance is not None and (chance.share or 0) > (best.share or 0):
        most = "Most" if (chance.share or 0) > 0.5 else "The largest part"
        parts.append(f"{most} of the change is {noise} ({told[chance]})")
        parts.append(f"of the axes, {_name(best)} explains most ({told[best]})")
    else:
        parts.append(_lead(some, told))
    if best.is_sure:
        parts += _more(some, steps, noise, told, led=parts[-1])
    parts += [f"{span} is below {noise}" for span in _spans(steps)]
    return "; ".join(parts) + "."


def _lead(some: Sequence[Effect], told: Mapping[Effect, str]) -> str:
    """Return what explains most; two where the second is nearly as large."""
    best = some[0]
    if (best.share or 0) <= 0.5 and len(some) > 1:
        second = some[1]
        if second.is_sure and (second.share or 0) > (best.share or 0) / 2:
            shares = f"{told[best]} and {told[second]}"
            return f"{_name(best)} and {_name(second)} explain most ({shares})"
    how = "most" if (best.share or 0) > 0.5 else "the largest part"
    return f"{_name(best)} explains {how} ({told[best]})"


def _more(
    some: Sequence[Effect],
    steps: Sequence[StepEffect],
    noise: str,
    told: Mapping[Effect, str],
    *,
    led: str,
) -> Iterator[str]:
    """Yield the largest pair besides, and the axes of which nothing is sure."""
    pairs = [row for row in some if row.kind == "pair" and row.is_sure]
    if pairs and _name(pairs[0]) not in led and (pairs[0].share or 0) > WORTH_SAYING:
        yield f"{_name(pairs[0])} together {told[pairs[0]]}"
    spoken = {step.axis for step in steps if step.is_below_noise}
    doubtful = [
        row.name for row in some if row.kind == "axis" and row.low == 0 and row.name not in spoken
    ]
    if doubtful:
        yield f"{' and '.join(doubtful[:2])} cannot be told from {noise}"


def _without_shares(rows: Sequence[Effect], steps: Sequence[StepEffect]) -> str:
    if any(row.kind in {"noise", "rest"} for row in rows):
        return "The axes cannot be told apart: no two pictures differ on all of them."
    largest = max(steps, key=lambda step: step.change, default=None)
    more = f"; the largest step is {largest.name}" if largest is not None else ""
    return f"One picture for each value does not tell what it does from chance{more}."


def _spans(steps: Sequence[StepEffect]) -> list[str]:
    """Return the runs of steps that are below the noise, in words, the longest of each axis."""
    longest: dict[str, tuple[float, float]] = {}
    open_: tuple[str, float, float] | None = None
    for step in steps:
        if not step.is_below_noise:
            open_ = None
            continue
        joins = open_ is not None and (open_[0], open_[2]) == (step.axis, step.start)
        start = open_[1] if joins and open_ is not None else step.start
        open_ = (step.axis, start, step.stop)
        low, high = longest.get(step.axis, (start, start))
        if step.stop - start > high - low:
            longest[step.axis] = (start, step.stop)
    return [f"{axis} from {low:g} to {high:g}" for axis, (low, high) in longest.items()][:2]
