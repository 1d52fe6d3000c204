from __future__ import annotations

import itertools
import math
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leonardo_nb.sweeps.measuring.variance import Analysis, Part, analyse

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Whole = NDArray[np.int64]


def grid(*levels: int, times: int = 1) -> Whole:
    """Return the codes of a full grid, each cell so many times."""
    cells = np.array(list(itertools.product(*map(range, levels))), np.int64)
    return np.repeat(cells, times, axis=0)


def part(analysis: Analysis, *axes: int, kind: str = "") -> Part:
    """Return the part of *axes*, or the one of *kind*."""
    return next(
        each
        for each in analysis.parts
        if (each.kind == kind if kind else each.axes == axes and each.kind in {"axis", "pair"})
    )


def noise(rng: np.random.Generator, rows: int, size: int = 4) -> Floats:
    """Return normal noise whose variance, over all dimensions together, is 1."""
    return rng.normal(size=(rows, size)) / math.sqrt(size)


def stretched(codes: Whole, axis: int, variance: float, size: int = 4) -> Floats:
    """Return what an axis does where its values lie evenly on a line, with *variance*."""
    line = codes[:, axis] - codes[:, axis].mean()
    direction = np.ones(size) / math.sqrt(size)
    moved: Floats = np.outer(line / line.std() * math.sqrt(variance), direction)
    return moved


# -- known truth


def anova(values: Floats, codes: Whole) -> list[float]:
    """Return the components of two axes, of both, and of noise, as a textbook has them."""
    (a, b), n = codes.max(0) + 1, len(codes)
    each = n // (a * b)
    table = values.reshape(a, b, each)
    mean = table.mean()
    rows, columns, cells = table.mean((1, 2)), table.mean((0, 2)), table.mean(2)
    within = ((table - cells[..., None]) ** 2).sum() / (n - a * b)
    both = cells - rows[:, None] - columns[None, :] + mean
    squares = (
        (b * each * ((rows - mean) ** 2).sum(), a - 1),
        (a * each * ((columns - mean) ** 2).sum(), b - 1),
        (each * (both**2).sum(), (a - 1) * (b - 1)),
    )
    return [float((total - free * within) / n) for total, free in squares] + [float(within)]


@settings(max_examples=40, deadline=None)
@given(st.integers(2, 4), st.integers(2, 4), st.integers(2, 4), st.integers(0, 2**32 - 1))
def test_full_grid_is_the_analysis_of_variance(a: int, b: int, times: int, seed: int) -> None:
    """Distances of pairs give the unbiased components that sums of squares give."""
    codes = grid(a, b, times=times)
    values = np.random.default_rng(seed).normal(size=len(codes))

    found = [each.variance for each in analyse(values[:, None], codes).parts]

    assert pytest.approx(anova(values, codes), abs=1e-9) == found


def test_a_hash_has_the_same_theory_as_a_number() -> None:
    """Bits as points, at the root of 64: half the squared distance is half the share of bits."""
    codes = grid(3, times=2)
    bits = np.random.default_rng(5).random((6, 64)) < 0.5
    apart = [(bits[2 * n] != bits[2 * n + 1]).mean() for n in range(3)]

    found = analyse(bits / 8, codes)

    assert pytest.approx(np.mean(apart) / 2) == found.noise


@pytest.mark.parametrize("with_seeds", [False, True])
def test_known_shares_are_recovered(with_seeds: bool) -> None:
    """Of 0.5 by one axis, 0.2 by another, and 0.3 by chance, the mean of 60 sweeps tells each."""
    codes, rng, shares = grid(4, 3, times=4), np.random.default_rng(1), []
    steady = stretched(codes, 0, 0.5) + stretched(codes, 1, 0.2)
    seeds = np.tile(np.arange(4), 12)
    for _ in range(60):
        luck = noise(rng, 48) * math.sqrt(0.3)
        if with_seeds:  # two thirds of the noise is what a seed does everywhere
            luck = luck * math.sqrt(1 / 3) + (noise(rng, 4) * math.sqrt(0.2))[seeds]
        found = analyse(steady + luck, codes, seeds if with_seeds else None)
        shares.append([each.share or 0.0 for each in found.parts])

    assert pytest.approx([0.5, 0.2, 0.0, 0.3], abs=0.03) == np.mean(shares, axis=0)


@pytest.mark.parametrize(
    ("times", "with_seeds", "size"), [(3, False, 1), (2, False, 8), (3, True, 4)]
)
def test_an_axis_that_does_nothing_is_not_found(times: int, with_seeds: bool, size: int) -> None:
    """Its part is 0 but for chance, and the interval has 0 in it in at least 95 of 100 sweeps."""
    codes, rng, variances, held = grid(4, 3, times=times), np.random.default_rng(2), [], 0
    seeds = np.tile(np.arange(times), 12) if with_seeds else None
    for _ in range(100):
        found = part(
            analyse(stretched(codes, 0, 0.5, size) + noise(rng, len(codes), size), codes, seeds),
            1,
        )
        variances.append(found.variance)
        held += found.low == 0

    assert pytest.approx(0, abs=0.01) == np.mean(variances)
    assert held >= 95


@pytest.mark.parametrize("times", [2, 4])
def test_intervals_hold_what_is_true(times: int) -> None:
    """Of an axis with a share of 0.5, in 89 or more of 100 sweeps: 95 but for chance."""
    codes, rng, held = grid(4, 3, times=times), np.random.default_rng(3), 0
    for _ in range(100):
        found = part(analyse(stretched(codes, 0, 1.0) + noise(rng, len(codes)), codes), 0)
        assert found.low is not None
        assert found.high is not None
        held += found.low <= 0.5 <= found.high

    assert held >= 89


def test_replicates_that_share_their_luck_are_not_compared() -> None:
    """The first of each cell has the sweep's own seed: what that does everywhere is no axis's."""
    codes, rng, found = grid(4, 3, times=3), np.random.default_rng(11), []
    luck = np.where(np.arange(36) % 3, np.arange(36), 0)
    for _ in range(60):
        points = noise(rng, 36) * math.sqrt(0.5)
        points[luck == 0] = points[0] + noise(rng, 12) * 0.01
        parts = analyse(points + stretched(codes, 0, 0.5), codes, luck).parts
        found.append([each.variance for each in parts])

    assert pytest.approx([0.5, 0.0, 0.0, 0.5], abs=0.03) == np.mean(found, axis=0)


def test_what_two_axes_do_only_together_is_theirs() -> None:
    """An exclusive or has no axis of its own."""
    codes = grid(2, 2, times=6)
    both = (codes[:, 0] ^ codes[:, 1])[:, None].astype(float)

    found = analyse(both + noise(np.random.default_rng(4), 24, 1) * 0.1, codes)

    assert part(found, 0).share == pytest.approx(0, abs=0.02)
    assert part(found, 1).share == pytest.approx(0, abs=0.02)
    assert part(found, 0, 1).share == pytest.approx(0.96, abs=0.03)


def test_three_axes_together_are_one_part() -> None:
    """What no pair explains, and no chance, is `more`."""
    codes = grid(2, 2, 2, times=4)
    all_three = (codes.sum(1) % 2)[:, None].astype(float)

    found = analyse(all_three + noise(np.random.default_rng(4), 32, 1) * 0.1, codes)

    assert (part(found, kind="more").share or 0) > 0.9


# -- laws


@settings(max_examples=25, deadline=None)
@given(st.randoms(use_true_random=False), st.booleans())
def test_order_of_pictures_does_not_matter(random: object, with_seeds: bool) -> None:
    """Shares and intervals are the same, to the last digit."""
    rng = np.random.default_rng(random.randrange(2**32))  # type: ignore[attr-defined]
    codes, seeds = grid(3, 2, times=2), np.tile(np.arange(2), 6)
    points = noise(rng, 12) + stretched(codes, 0, 0.5)
    order = rng.permutation(12)
    luck = seeds if with_seeds else None

    expected = analyse(points, codes, luck, ordered=[0])

    mixed = None if luck is None else luck[order]
    assert expected == analyse(points[order], codes[order], mixed, ordered=[0])


@settings(max_examples=25, deadline=None)
@given(st.floats(1e-6, 1e6), st.floats(-1e3, 1e3), st.integers(0, 2**32 - 1))
def test_unit_of_the_metric_does_not_matter(scale: float, shift: float, seed: int) -> None:
    """Shares are the same in metres and in feet, and wherever nothing is."""
    codes = grid(3, 2, times=2)
    points = noise(np.random.default_rng(seed), 12)

    expected = [each.share for each in analyse(points, codes).parts]
    found = [each.share for each in analyse((points + shift) * scale, codes).parts]

    assert pytest.approx(expected, abs=1e-6) == found


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(2, 3), st.booleans())
def test_variances_add_up(seed: int, axes: int, with_seeds: bool) -> None:
    """Before they are cut off at 0 they are all of what pictures of the sweep differ."""
    codes = grid(*([3, 2, 2][:axes]), times=3)
    seeds = np.tile(np.arange(3), len(codes) // 3) if with_seeds else None
    points = noise(np.random.default_rng(seed), len(codes))
    apart = ((points[:, None] - points[None]) ** 2).sum(2) / 2
    other = seeds[:, None] != seeds[None] if seeds is not None else ~np.eye(len(codes), dtype=bool)
    # each pair of cells as often as any other, each with other luck
    cell = np.unique(codes, axis=0, return_inverse=True)[1]
    means = [
        apart[np.ix_(cell == a, cell == b)][other[np.ix_(cell == a, cell == b)]].mean()
        for a, b in itertools.product(range(cell.max() + 1), repeat=2)
    ]

    found = sum(each.variance for each in analyse(points, codes, seeds).parts)

    assert pytest.approx(np.mean(means)) == found


# -- holes and what cannot be known


def test_holes_leave_the_shares_where_they_are() -> None:
    """A fifth of the pictures missing, in 60 sweeps: no axis gains or loses by it."""
    codes, rng, shares = grid(4, 3, times=3), np.random.default_rng(6), []
    for _ in range(60):
        points = stretched(codes, 0, 0.5) + noise(rng, 36) * math.sqrt(0.5)
        there = rng.random(36) > 0.2
        shares.append([each.share or 0.0 for each in analyse(points[there], codes[there]).parts])

    assert pytest.approx([0.5, 0.0, 0.0, 0.5], abs=0.04) == np.mean(shares, axis=0)


def test_without_replicates_what_is_left_over_stands_for_chance() -> None:
    """Two axes, one picture a cell: no pair can be told from noise, and it is not called so."""
    codes = grid(4, 3)
    points = stretched(codes, 0, 1.0) + noise(np.random.default_rng(7), 12) * 0.3

    found = analyse(points, codes)

    assert ["axis", "axis", "rest"] == [each.kind for each in found.parts]
    assert not found.is_measured
    assert part(found, 0).low is not None


def test_one_axis_without_replicates_says_nothing() -> None:
    """One picture a value is all or nothing of the axis; only raw steps are left."""
    codes = grid(3)

    found = analyse(np.array([[0.0], [1.0], [5.0]]), codes, ordered=[0])

    assert [None] == [each.share for each in found.parts]
    assert found.noise is None
    assert [None, None] == [step.ratio for step in found.steps]
    assert pytest.approx([0.5, 8.0]) == [step.change for step in found.steps]


def test_pictures_that_are_all_alike_have_no_shares() -> None:
    """Nothing differs, and nothing is divided by nothing."""
    found = analyse(np.full((12, 3), 0.1), grid(3, 2, times=2), ordered=[0])

    assert not found.differs
    assert {None} == {each.share for each in found.parts}
    assert {None} == {step.ratio for step in found.steps}


def test_no_chance_at_all_leaves_ratios_unknown() -> None:
    """Replicates that are equal give a noise of 0, and no multiple of it."""
    codes = grid(3, times=2)

    found = analyse(codes.astype(float), codes, ordered=[0])

    assert pytest.approx(1.0) == part(found, 0).share
    assert [None, None] == [step.ratio for step in found.steps]


def test_a_pair_without_its_pictures_is_not_estimated() -> None:
    """Values along a diagonal: no two pictures share a value, so no axis can be told apart."""
    codes = np.array([[n, n] for n in range(4) for _ in range(3)])

    found = analyse(noise(np.random.default_rng(8), 12), codes)

    assert [None, None, None] == [each.share for each in found.parts[:3]]


# -- steps


def test_steps_below_the_noise_are_told_from_those_above() -> None:
    """0, 3 and 3 units on: the first step is far above a noise of 1, the second one below."""
    codes = grid(3, 4, times=3)
    line = np.array([0.0, 3.0, 3.0])[codes[:, 0], None]

    first, second = analyse(line + noise(np.random.default_rng(9), 36, 1), codes, ordered=[0]).steps

    assert (0, (0, 1), (1, 2)) == (first.axis, first.codes, second.codes)
    assert first.low is not None
    assert second.high is not None
    assert first.low > 1 > second.high
    assert first.low < 4.5 < (first.high or 0)


def test_step_over_a_missing_value_is_between_those_that_are_there() -> None:
    """Codes need not be without gaps: a value of which every picture failed is passed over."""
    codes = grid(4, 3, times=2)
    there = codes[:, 0] != 1

    steps = analyse(noise(np.random.default_rng(1), 24)[there], codes[there], ordered=[0]).steps

    assert [(0, 2), (2, 3)] == [step.codes for step in steps]


@pytest.mark.parametrize("ordered", [(), (0,)])
def test_the_same_sweep_gives_the_same_numbers(ordered: Sequence[int]) -> None:
    """Draws are seeded; another seed moves the ends a little, and nothing else."""
    codes = grid(3, 2, times=3)
    points = noise(np.random.default_rng(10), 18) + stretched(codes, 0, 1.0)

    expected, again = (analyse(points, codes, ordered=ordered) for _ in range(2))
    other = analyse(points, codes, ordered=ordered, seed=1)

    assert expected == again
    assert [each.share for each in expected.parts] == [each.share for each in other.parts]
    assert pytest.approx(expected.parts[0].low, abs=0.05) == other.parts[0].low
