"""
How much of what differs between pictures goes with which axis: plain numpy on plain numbers.

The theory is one for all metrics. A metric makes of each picture a point, so that half the squared
distance of two points is what they differ; of a hash that is half the share of its bits. V(U) is
its mean over all pairs that have the same value on exactly the axes U, and other luck: another
replicate, or another seed. A pair that agrees on U shares what U decides, so V(nothing) - V(U) is
the variance that comes with U, and inclusion and exclusion give each axis and each combination its
own part. What is left between pictures that agree on every axis is noise. With a full grid these
are the unbiased components of the analysis of variance (as omega squared reports them); with holes
they are Koch's estimators by symmetric differences, which need no full grid.

Source: Koch, Technometrics 10 (1968), 551-558; Anderson, Austral Ecology 26 (2001), 32-46.
"""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Whole = NDArray[np.int64]

__all__ = ["Analysis", "Part", "Step", "analyse"]

Kind = Literal["axis", "pair", "more", "noise", "rest"]

DRAWS: Final = 200
"""Worlds that the interval is made of; a hundred more move its ends by a twentieth."""
LEAST_DRAWS: Final = 50
WORK: Final = 2e8
"""Numbers that are added up for one interval at most, where fewer draws do."""
AT_ONCE: Final = 1_000_000
"""Numbers of one array; more of them leave the processor's cache."""
NORMAL: Final = 1.959964
"""Standard deviations to either side that hold 95 % of a normal distribution."""
TINY: Final = 1e-12
LEAST_RATIO: Final = 0.01
"""What errors may make of a ratio of 1 and more at the least, so that it has a logarithm."""


@dataclass(frozen=True, slots=True)
class Part:
    """
    What goes with one axis, with a pair of them, with more of them, or with none.

    Attributes:
        kind: "axis"; "pair": what two axes do only together; "more": what three and more do only
            together; "noise": what differs where no axis does; "rest": "more" and "noise", which
            cannot be told apart without replicates.
        axes: Which axes, by place; empty for the last three kinds.
        variance: In the metric's unit squared, unbiased: it may fall below 0 where nothing is.
        share: Of all variance, from 0 to 1; None where it cannot be estimated.
        low: Where the 95 % interval of the share begins; None where there is none.
        high: Where it ends.
    """

    kind: Kind
    axes: tuple[int, ...]
    variance: float
    share: float | None
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True, slots=True)
class Step:
    """
    What changes from one value of an axis to the next.

    Attributes:
        axis: Which axis, by place.
        codes: Its two values.
        change: Mean half squared distance of pictures that differ in this step alone, less the
            noise in it.
        ratio: The same, in multiples of the noise; None where the noise is not known.
        low: Where the 95 % interval of the ratio begins; None where there is none.
        high: Where it ends.
        pairs: How many pairs of pictures it is made of.
    """

    axis: int
    codes: tuple[int, int]
    change: float
    ratio: float | None
    low: float | None
    high: float | None
    pairs: int


@dataclass(frozen=True, slots=True)
class Analysis:
    """
    The parts of all variance, and the steps of the axes that have an order.

    Attributes:
        parts: Axes first, then pairs, then what is left.
        steps: In the order of the axes and their values.
        noise: The variance that is no axis's, or None where it is not known.
        differs: Whether any picture differs from another.
        is_measured: Whether the noise is that of replicates; else it is what is left over.
    """

    parts: tuple[Part, ...]
    steps: tuple[Step, ...]
    noise: float | None
    is_measured: bool
    differs: bool


class Grouping:
    """Rows that have the same values on some axes, to be added up."""

    def __init__(self, key: Whole) -> None:
        _, self.of, self.sizes = np.unique(key, return_inverse=True, return_counts=True)
        self._order = np.argsort(self.of, kind="stable")
        self._starts = np.concatenate(([0], np.cumsum(self.sizes)[:-1]))

    def sums(self, rows: Floats) -> Floats:
        """Return the sum of the rows of each group."""
        if len(self.sizes) == len(rows):
            return rows[self._order]
        added: Floats = np.add.reduceat(rows[self._order], self._starts, axis=0)
        return added

    def means(self, rows: Floats) -> Floats:
        """Return for each row the mean of its group."""
        mean: Floats = (self.sums(rows) / self.sizes[:, None])[self.of]
        return mean


class Design:
    """
    Which picture has which values.

    Sets of axes are written as bits: 5 is the first and the third axis.

    Args:
        codes: Pictures x axes, each axis's values numbered.
        luck: Pictures with equal numbers share their luck, as those of one seed do; None where
            each has its own.
    """

    def __init__(self, codes: Whole, luck: Whole | None = None) -> None:
        self.codes, self.luck = codes, luck
        self.pictures, self.axes = codes.shape
        self.sets = 1 << self.axes
        self.all = self.sets - 1
        self.levels = [len(np.unique(codes[:, axis])) for axis in range(self.axes)]
        self._by: dict[tuple[int, bool], Grouping] = {}
        self._partners: Floats = self._exactly(
            np.stack([self._partners_in(chosen) for chosen in range(self.sets)])
        )
        self.pairs: Floats = self._partners.sum(1)
        """For each set of axes, how many ordered pairs agree on exactly these."""

    def by(self, chosen: int, *, with_luck: bool = False) -> Grouping:
        """Return the pictures grouped by their values on the *chosen* axes."""
        if (chosen, with_luck) not in self._by:
            key = np.zeros(self.pictures, np.int64)
            columns = [self.codes[:, axis] for axis in range(self.axes) if chosen >> axis & 1]
            if with_luck and self.luck is not None:
                columns.append(self.luck)
            for column in columns:
                key = np.unique(key * (int(column.max()) + 1) + column, return_inverse=True)[1]
            self._by[chosen, with_luck] = Grouping(key)
        return self._by[chosen, with_luck]

    @property
    def by_luck(self) -> Grouping:
        """The pictures grouped by their luck; each alone where they share none."""
        return Grouping(np.arange(self.pictures) if self.luck is None else self.luck)

    def half_distances(self, points: Floats) -> Floats:
        """
        Return V for each set of axes and each draw; NaN where no pair agrees on exactly these.

        Args:
            points: Pictures x draws x dimensions.
        """
        _, draws, size = points.shape
        flat = points.reshape(self.pictures, -1)
        squares = np.square(points).sum(2)

        def added(group: Grouping) -> Floats:
            total: Floats = np.square(group.sums(flat)).reshape(-1, draws, size).sum((0, 2))
            return total

        own = squares.sum(0)
        together = [
            added(self.by(chosen))
            - (own if self.luck is None else added(self.by(chosen, with_luck=True)))
            for chosen in range(self.sets)
        ]
        products = self._exactly(np.stack(together))
        with np.errstate(all="ignore"):
            half: Floats = (self._partners @ squares - products) / self.pairs[:, None]
        half[self.pairs < 1] = np.nan
        return half

    def _partners_in(self, chosen: int) -> Floats:
        """Return how many pictures agree with each on the *chosen* axes and have other luck."""
        group = self.by(chosen)
        less: Floats = np.ones(self.pictures)
        if self.luck is not None:
            same = self.by(chosen, with_luck=True)
            less = same.sizes[same.of].astype(float)
        partners: Floats = group.sizes[group.of] - less
        return partners

    def _exactly(self, at_least: Floats) -> Floats:
        """Return what pairs that agree on exactly a set have, from those that agree on more too."""
        exact = np.array(at_least, float)
        for axis in range(self.axes):
            for chosen in range(self.sets):
                if not chosen >> axis & 1:
                    exact[chosen] -= exact[chosen | 1 << axis]
        return exact

    def variances(self, half: Floats) -> Floats:
        """
        Return the variance of each set of axes, with the noise in the place of the empty set.

        NaN where it cannot be estimated. Values of an axis are those that the sweep has, and no
        sample of others: a component is what it is on average over the other axes.
        """
        gained = half[0] - half
        for axis in range(self.axes):
            for chosen in range(self.sets):
                if chosen >> axis & 1:
                    gained[chosen] -= gained[chosen ^ 1 << axis]
        known = np.nan_to_num(gained)
        noise = half[self.all]
        if not self.is_replicated:
            noise = half[0] - known[1:].sum(0)
        found: Floats = np.empty_like(gained)
        found[0] = noise
        for chosen in range(1, self.sets):
            total = gained[chosen].copy()
            for more in range(chosen + 1, self.sets):
                if more & chosen == chosen:
                    total += known[more] / self._product(more ^ chosen)
            found[chosen] = total * math.prod(
                1 - 1 / self.levels[axis] for axis in range(self.axes) if chosen >> axis & 1
            )
        return found

    def _product(self, chosen: int) -> int:
        return math.prod(self.levels[axis] for axis in range(self.axes) if chosen >> axis & 1)

    @property
    def is_replicated(self) -> bool:
        """Whether some pictures have the same value on each axis, and other luck."""
        return bool(self.pairs[self.all] > 0)

    def together(self, points: Floats) -> Floats:
        """Return for each picture what all axes do only together, by means of groups."""
        found = np.zeros_like(points)
        for chosen in range(self.sets):
            sign = -1 if (self.all ^ chosen).bit_count() % 2 else 1
            found += sign * self.by(chosen).means(points)
        return found


@dataclass(frozen=True, slots=True)
class Worlds:
    """
    Sweeps that could have been: what is steady in each picture, and noise drawn anew.

    Noise is drawn from what pictures differ from the mean of their cell, made as large as it is
    without the mean's own error. Seeds that cross the cells move them together, so what a seed
    does everywhere is drawn by seed, and the rest of it by picture. Where few pictures share their
    luck it is drawn by picture, which makes intervals rather too long than too short.

    Attributes:
        steady: Pictures x dimensions.
        rest: What is drawn by picture.
        shared: What is drawn by seed, or None.
        freedom: Degrees of freedom of the noise; below 1 there are no worlds.
    """

    design: Design
    steady: Floats
    rest: Floats
    shared: Floats | None
    freedom: int

    @classmethod
    def of(cls, design: Design, points: Floats) -> Worlds:
        """Take *points* apart into what is steady and what is luck."""
        if not design.is_replicated:
            rest = design.together(points)
            used = sum(
                math.prod(design.levels[axis] - 1 for axis in range(design.axes) if s >> axis & 1)
                for s in range(design.all)
            )
            freedom = design.pictures - used
            grown = math.sqrt(design.pictures / freedom) if freedom > 0 else 0.0
            return cls(design, points - rest, rest * grown, None, freedom)
        cells = design.by(design.all)
        steady = cells.means(points)
        rest = points - steady
        sizes = cells.sizes[cells.of]
        if design.luck is None or np.median(design.by_luck.sizes) < 2:
            some = sizes > 1
            grown_rest = rest[some] * np.sqrt(sizes[some] / (sizes[some] - 1))[:, None]
            return cls(design, steady, grown_rest, None, design.pictures - len(cells.sizes))
        seeds = design.by_luck
        shared = seeds.sums(rest) / seeds.sizes[:, None]
        own = rest - shared[seeds.of]
        count = len(shared)
        freedom = design.pictures - len(cells.sizes) - (count - 1)
        grown = math.sqrt(design.pictures / freedom) if freedom > 0 else 0.0
        return cls(design, steady, own * grown, shared * math.sqrt(count / (count - 1)), freedom)

    def draw(self, draws: int, rng: np.random.Generator) -> Floats:
        """Return so many worlds: pictures x draws x dimensions."""
        shape = (len(self.steady), draws)
        drawn: Floats = self.rest[rng.integers(0, len(self.rest), shape)]
        if self.shared is not None:
            picks = rng.integers(0, len(self.shared), (len(self.shared), draws))
            drawn += self.shared[picks[self.design.by_luck.of]]
        drawn += self.steady[:, None, :]
        return drawn


@dataclass(frozen=True, slots=True)
class _Neighbours:
    """The pictures at two values of an axis next to each other."""

    axis: int
    codes: tuple[int, int]
    rows: Whole
    design: Design
    others: int

    def halves(self, points: Floats) -> tuple[Floats, Floats]:
        """Return V of pairs that differ in this step alone, and of those that luck alone parts."""
        found = self.design.half_distances(points[self.rows])
        return found[self.others], found[self.design.all]


def analyse(
    points: Floats,
    codes: Whole,
    luck: Whole | None = None,
    *,
    ordered: Sequence[int] = (),
    seed: int = 0,
) -> Analysis:
    """
    Return which part of the variance of *points* goes with which axis, with 95 % intervals.

    The intervals are those of a bootstrap with the same values on every axis and noise drawn anew:
    the share, and as many standard deviations of the drawn shares to each side as Student's
    distribution has for the noise's degrees of freedom. The order of the pictures does not matter.

    Args:
        points: Pictures x dimensions; half the squared distance is what is taken apart.
        codes: Pictures x axes: values, numbered; each axis has at least two of them.
        luck: Numbers that pictures share which share their luck, as seeds are; None for replicates
            that have nothing in common, or where there are none.
        ordered: Axes whose steps are wanted; their codes are in the order of their values.
        seed: Of the draws.
    """
    order = _canonical(points, codes, luck)
    codes = codes[order]
    points, scale = _turned(points[order])
    design = Design(codes, None if luck is None else luck[order])
    pairs = [_neighbours(design, axis) for axis in ordered]
    steps = [each for some in pairs for each in some]
    found = _Found(*_numbers(design, steps, points[:, None, :]))
    worlds = Worlds.of(design, points)
    spread = None
    if worlds.freedom > 0 and found.total[0] > TINY:
        drawn = [
            _Found(*_numbers(design, steps, worlds.draw(draws, rng)))
            for draws, rng in _portions(design, points.shape[1], seed)
        ]
        spread = _Spread.of(drawn, _student(worlds.freedom))
    return _told(design, steps, found, spread, scale**2)


@dataclass(frozen=True, slots=True)
class _Found:
    """Variances (sets x draws), and what changes between neighbours (steps x draws)."""

    variances: Floats
    changes: Floats

    @property
    def total(self) -> Floats:
        total: Floats = np.nansum(self.variances, axis=0)
        return total

    @property
    def shares(self) -> Floats:
        with np.errstate(all="ignore"):
            shares: Floats = self.variances / self.total
        return shares

    @property
    def ratios(self) -> Floats:
        """Neighbours against pictures that only luck tells apart; 1 is no change at all."""
        with np.errstate(all="ignore"):
            ratios: Floats = 1 + self.changes / self.variances[0]
        return np.maximum(ratios, LEAST_RATIO)


@dataclass(frozen=True, slots=True)
class _Spread:
    """Half the length of each interval; of ratios, which are never below 0, in logarithms."""

    shares: Floats
    more: float
    ratios: Floats

    @classmethod
    def of(cls, drawn: Sequence[_Found], times: float) -> _Spread:
        shares = np.concatenate([each.shares for each in drawn], axis=1)
        ratios = np.concatenate([each.ratios for each in drawn], axis=1)
        many = [n for n in range(len(shares)) if n.bit_count() > 2]
        with np.errstate(all="ignore"):
            return cls(
                times * shares.std(1),
                float(times * np.nansum(shares[many], axis=0).std()),
                times * np.log(ratios).std(1),
            )


def _told(
    design: Design,
    steps: Sequence[_Neighbours],
    found: _Found,
    spread: _Spread | None,
    unit: float,
) -> Analysis:
    """Return what was *found* as parts and steps; *unit* is what its variances are measured in."""
    variances, shares = found.variances[:, 0] * unit, found.shares[:, 0]
    # with one axis and one picture a value there is nothing to tell luck from the axis by
    has_noise = design.is_replicated or design.axes > 1

    def part(kind: Kind, sets: list[int], half: float) -> Part:
        variance, share = float(variances[sets].sum()), float(shares[sets].sum())
        chosen = sets[0] if kind in {"axis", "pair"} else 0
        axes = tuple(axis for axis in range(design.axes) if chosen >> axis & 1)
        if not (unit and has_noise and math.isfinite(share)):
            return Part(kind, axes, variance, None)
        kept = min(max(share, 0.0), 1.0)
        if not math.isfinite(half):
            return Part(kind, axes, variance, kept)
        low, high = max(kept - half, 0.0), min(max(share + half, 0.0), 1.0)
        return Part(kind, axes, variance, kept, low, high)

    def alone(chosen: int) -> float:
        return math.nan if spread is None else float(spread.shares[chosen])

    told = range(1, design.sets)
    if not design.is_replicated and has_noise:
        told = told[:-1]  # what all axes do together is among what is left over
    parts = [part("axis", [n], alone(n)) for n in told if n.bit_count() == 1]
    parts += [part("pair", [n], alone(n)) for n in told if n.bit_count() == 2]
    many = [n for n in told if n.bit_count() > 2 and math.isfinite(variances[n])]
    if many:
        parts.append(part("more", many, math.nan if spread is None else spread.more))
    if has_noise:
        parts.append(part("noise" if design.is_replicated else "rest", [0], alone(0)))
    noise = float(variances[0]) if has_noise and math.isfinite(variances[0]) else None
    changes = found.changes[:, 0] * unit
    is_known = noise is not None and variances[0] > TINY * unit
    return Analysis(
        tuple(parts),
        tuple(
            _step(
                each,
                float(change),
                float(found.ratios[n, 0]) if is_known else None,
                math.nan if spread is None else float(spread.ratios[n]),
            )
            for n, (each, change) in enumerate(zip(steps, changes, strict=True))
        ),
        noise,
        design.is_replicated,
        unit > 0,
    )


def _step(pair: _Neighbours, change: float, ratio: float | None, half: float) -> Step:
    """Return a step; *ratio* holds the noise itself, so that it is 1 where nothing changes."""
    pairs = int(pair.design.pairs[pair.others]) // 2
    if ratio is None or not math.isfinite(ratio):
        return Step(pair.axis, pair.codes, change, None, None, None, pairs)
    kept = max(ratio - 1, 0.0)
    if not math.isfinite(half):
        return Step(pair.axis, pair.codes, change, kept, None, None, pairs)
    low, high = (max(ratio * math.exp(each) - 1, 0.0) for each in (-half, half))
    return Step(pair.axis, pair.codes, change, kept, low, high, pairs)


def _numbers(design: Design, steps: Sequence[_Neighbours], points: Floats) -> tuple[Floats, Floats]:
    """Return the variances of *points*, and what changes at each step."""
    variances = design.variances(design.half_distances(points))
    changes = np.empty((len(steps), points.shape[1]))
    for n, step in enumerate(steps):
        half, luck = step.halves(points)
        if design.is_replicated:
            # the luck of the same pictures, whose errors are in both; else that of all
            changes[n] = half - np.where(np.isnan(luck), variances[0], luck)
        else:
            changes[n] = half - (variances[0] if design.axes > 1 else 0.0)
    return variances, changes


def _neighbours(design: Design, axis: int) -> list[_Neighbours]:
    """Return the steps of *axis* that pairs of pictures are there for."""
    present = np.unique(design.codes[:, axis]).tolist()
    found = []
    for low, high in itertools.pairwise(present):
        rows = np.flatnonzero(np.isin(design.codes[:, axis], (low, high)))
        luck = None if design.luck is None else design.luck[rows]
        # all other axes count as one, so that there are four sets and no more
        others = design.by(design.all ^ 1 << axis).of[rows]
        part = Design(np.stack([design.codes[rows, axis], others], axis=1), luck)
        if part.pairs[2] > 0:
            found.append(_Neighbours(axis, (low, high), rows, part, 2))
    return found


def _canonical(points: Floats, codes: Whole, luck: Whole | None) -> Whole:
    """Return an order of the pictures that does not depend on the one in which they came."""
    keys = [*points.T[::-1], *([] if luck is None else [luck]), *codes.T[::-1]]
    order: Whole = np.lexsort(keys)
    return order


def _turned(points: Floats) -> tuple[Floats, float]:
    """
    Return points at the same distances, but for a scale, and the scale; 0 where all are one.

    They are centred, and have as few dimensions as they need.
    """
    largest = float(np.abs(points).max())
    centred = points - points.mean(0)
    scale = math.sqrt(float(np.square(centred).sum(1).mean()))
    if scale <= TINY * largest:
        return np.zeros_like(points), 0.0
    centred /= scale
    if centred.shape[1] <= len(centred):
        return centred, scale
    left, sizes, _ = np.linalg.svd(centred, full_matrices=False)
    turned: Floats = left * sizes
    return turned, scale


def _portions(design: Design, size: int, seed: int) -> Iterator[tuple[int, np.random.Generator]]:
    """Yield how many worlds to draw at once, and with what."""
    rng = np.random.default_rng(seed)
    each = design.pictures * size
    left = int(min(max(WORK / (each * design.sets), LEAST_DRAWS), DRAWS))
    most = max(AT_ONCE // each, 1)
    while left > 0:
        now = min(left, most)
        yield now, rng
        left -= now


def _student(freedom: int) -> float:
    """
    Return how many standard deviations hold 95 % with so many degrees of freedom.

    Source: Abramowitz and Stegun, 26.7.5.

    >>> [round(_student(freedom), 2) for freedom in (3, 6, 30, 1000)]
    [3.18, 2.45, 2.04, 1.96]
    """
    z, f = NORMAL, freedom
    return (
        z
        + (z**3 + z) / (4 * f)
        + (5 * z**5 + 16 * z**3 + 3 * z) / (96 * f**2)
        + (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / (384 * f**3)
        + (79 * z**9 + 776 * z**7 + 1482 * z**5 - 1920 * z**3 - 945 * z) / (92160 * f**4)
    )
