from __future__ import annotations

import itertools
import time
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from leonardo_nb.sweeps.rank import (
    Factor,
    Posterior,
    Sources,
    additive,
    chance,
    fit,
    next_pair,
    tally,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from random import Random

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Vote = tuple[int, int, bool]

PAIRS = st.tuples(st.integers(0, 5), st.integers(0, 5), st.booleans())


def asked(quality: Floats, random: np.random.Generator, one: int, other: int) -> Vote:
    """Return what somebody says who prefers better pictures, more surely the further apart."""
    wins = random.random() < chance(np.array(quality[one] - quality[other]))
    return (one, other, False) if wins else (other, one, False)


def votes_of(quality: Floats, number: int, random: np.random.Generator) -> list[Vote]:
    """Return *number* votes on random pairs."""
    pairs = (random.choice(len(quality), 2, replace=False) for _ in range(number))
    return [asked(quality, random, int(one), int(other)) for one, other in pairs]


def everybody(count: int) -> NDArray[np.bool_]:
    return np.ones(count, dtype=bool)


def grid(*lengths: int) -> list[Factor]:
    """Return the factors of a full grid."""
    points = list(itertools.product(*(range(length) for length in lengths)))
    return [Factor(tuple(float(point[axis]) for point in points)) for axis in range(len(lengths))]


# -- counting


@given(st.lists(PAIRS, max_size=30), st.randoms())
def test_order_of_votes_does_not_matter(votes: list[Vote], random: Random) -> None:
    """The same votes in any order are the same numbers, to the last digit."""
    mixed = sorted(votes, key=lambda _: random.random())
    one, other = (fit(6, tally(some), sources=Sources(0.0, 1.5)) for some in (votes, mixed))

    assert one.mean.tolist() == other.mean.tolist()
    assert one.covariance.tolist() == other.covariance.tolist()


def test_tie_is_half_a_win_each() -> None:
    """And a picture against itself says nothing."""
    counts = tally([(2, 1, True), (1, 2, False), (3, 3, False)])

    assert (1, [1.5], [0.5]) == (len(counts), counts.won.tolist(), counts.lost.tolist())
    assert [0, 2, 2, 0] == counts.seen(4).tolist()


@given(st.lists(PAIRS, min_size=1, max_size=20))
def test_another_win_never_lowers_a_score(votes: list[Vote]) -> None:
    """Whatever was said before, also against it: one more win is not worse."""
    sources = Sources(0.0, 2.0)
    before = fit(6, tally(votes), sources=sources).mean
    after = fit(6, tally([*votes, (0, 1, False)]), sources=sources).mean

    assert after[0] >= before[0] - 1e-7
    assert after[1] <= before[1] + 1e-7


# -- odd logs


def test_without_votes_nothing_is_known() -> None:
    """All scores are 0, each is the best with the same chance, and a pair can be asked for."""
    known = fit(4, tally([]))
    pair = next_pair(known, everybody(4), np.random.default_rng(1))

    assert [0.0] * 4 == known.mean.tolist()
    assert pytest.approx([0.25] * 4, abs=0.05) == known.best_chances(everybody(4)).tolist()
    assert pair is not None
    assert 2 == len(set(pair))


def test_one_vote_orders_two_pictures() -> None:
    """The winner is ahead by as much as the loser is behind."""
    known = fit(2, tally([(1, 0, False)]))

    assert known.mean[1] == pytest.approx(-known.mean[0])
    assert known.mean[1] > 0.2


def test_votes_that_contradict_each_other_are_a_draw() -> None:
    """Ten wins each: equal, and more surely so than without a vote."""
    known = fit(2, tally([(0, 1, False), (1, 0, False)] * 10))
    _, before = fit(2, tally([])).scores(everybody(2))
    _, after = known.scores(everybody(2))

    assert known.mean == pytest.approx([0.0, 0.0], abs=1e-9)
    assert after[0] < 0.6 * before[0]


def test_a_circle_of_votes_is_a_draw() -> None:
    """Better than, better than, better than: nobody is best."""
    known = fit(3, tally([(0, 1, False), (1, 2, False), (2, 0, False)] * 5))

    assert known.mean == pytest.approx([0.0] * 3, abs=1e-9)


def test_groups_that_were_never_compared_stay_uncertain() -> None:
    """Each group has an order of its own; that between them is as open as at the beginning."""
    votes = [(0, 1, False), (2, 3, False)] * 8
    known = fit(4, tally(votes), sources=Sources(0.0, 1.5))

    def apart(one: int, other: int) -> float:
        weights = np.zeros(4)
        weights[one] = 1.0
        others = np.zeros(4)
        others[other] = 1.0
        return float(known.against(weights, others)[1][0])

    assert known.mean[0] == pytest.approx(known.mean[2])
    assert known.mean[0] > 0.5 > -0.5 > known.mean[3]
    assert apart(0, 2) > 1.3 > apart(0, 1)


@pytest.mark.parametrize("wins", [1_000, 100_000])
def test_very_many_votes_do_not_break_it(wins: int) -> None:
    """One picture always wins: far ahead, and every number is one."""
    known = fit(3, tally([(0, 1, False)] * wins))

    assert np.isfinite(known.mean).all()
    assert np.isfinite(known.covariance).all()
    assert known.mean[0] > 2


# -- what the axes share


def test_share_is_learned() -> None:
    """Where quality adds up over the axes that is found out, and where it does not, that, too."""
    random = np.random.default_rng(5)
    factors = grid(4, 4, 4)
    parts = [random.standard_normal(4) for _ in factors]
    adds_up = sum(part[np.array(f.places, int)] for part, f in zip(parts, factors, strict=True))
    quality = {"adds up": np.asarray(adds_up), "own": 1.7 * random.standard_normal(64)}
    share = {
        name: fit(64, tally(votes_of(each, 400, random)), factors).sources.share
        for name, each in quality.items()
    }

    assert share["adds up"] > 0.7
    assert share["own"] < 0.3


def test_sharing_helps_with_few_votes() -> None:
    """60 votes on 100 pictures whose quality adds up: known far better than one by one."""
    factors = grid(5, 4, 5)
    alike: list[float] = []
    alone: list[float] = []
    for seed in range(4):
        random = np.random.default_rng(seed)
        parts = [1.2 * random.standard_normal(n) for n in (5, 4, 5)]
        quality = np.asarray(
            sum(part[np.array(f.places, int)] for part, f in zip(parts, factors, strict=True))
        )
        counts = tally(votes_of(quality, 60, random))
        alike.append(np.corrcoef(fit(100, counts, factors).mean, quality)[0, 1])
        alone.append(np.corrcoef(fit(100, counts, sources=Sources(0.0, 2.0)).mean, quality)[0, 1])

    assert np.mean(alike) > np.mean(alone) + 0.1


def test_neighbours_on_a_numeric_axis_are_alike() -> None:
    """The further apart the less; values of other axes are equal or have nothing in common."""
    places = (0.0, 1.0, 4.0)

    assert [1.0, 0.0, 0.0] == additive([Factor(places)])[0].tolist()
    row = additive([Factor(places, is_smooth=True)])[0]
    assert row[0] > row[1] > row[2] > 0.0


# -- simulated people


def chosen_after(
    quality: Floats, votes: int, seed: int, ask: Callable[[Posterior], tuple[int, int]]
) -> float:
    """Return how far the chosen picture is below the best, in deviations of quality."""
    random = np.random.default_rng(seed)
    sources = Sources(0.0, 2.0)
    given: list[Vote] = []
    known = fit(len(quality), tally(given), sources=sources)
    for _ in range(votes):
        given.append(asked(quality, random, *ask(known)))
        known = fit(len(quality), tally(given), sources=sources, start=known)
    return float((quality.max() - quality[known.mean.argmax()]) / quality.std())


def mean_gap(kind: str, pictures: int, votes: int, people: Sequence[int]) -> float:
    """Return the mean of `chosen_after` over *people*, with random or chosen pairs."""
    gaps = []
    for seed in people:
        random = np.random.default_rng(1_000 + seed)
        quality = 3.0 * random.standard_normal(pictures)

        def ask(known: Posterior, random: np.random.Generator = random) -> tuple[int, int]:
            if kind == "random":
                one, other = random.choice(pictures, 2, replace=False)
                return int(one), int(other)
            pair = next_pair(known, everybody(pictures), random)
            assert pair is not None
            return pair

        gaps.append(chosen_after(quality, votes, seed, ask))
    return float(np.mean(gaps))


def test_chosen_pairs_find_better_pictures_than_random_ones() -> None:
    """50 pictures, 100 votes, 24 people: at most a third as far from the best; 0.06 of 0.58."""
    people = range(24)

    assert mean_gap("chosen", 50, 100, people) < mean_gap("random", 50, 100, people) / 3


def test_intervals_cover() -> None:
    """About 90 of 100 true scores are inside the intervals of 90 %, with sources learned."""
    inside: list[bool] = []
    for seed in range(20):
        random = np.random.default_rng(seed)
        quality = 1.5 * random.standard_normal(30)
        known = fit(30, tally(votes_of(quality, 120, random)), grid(5, 6))
        mean, apart = known.scores(everybody(30))
        true = quality - quality.mean()
        inside += list(np.abs(true - mean) < 1.645 * apart)

    assert 0.84 < np.mean(inside) < 0.96


def test_chance_to_be_best_is_what_it_says() -> None:
    """Over many people, the leader is the best about as often as was said."""
    said: list[float] = []
    true: list[bool] = []
    for seed in range(60):
        random = np.random.default_rng(seed)
        quality = 1.5 * random.standard_normal(12)
        votes = votes_of(quality, 80, random)
        known = fit(12, tally(votes), sources=Sources(0.0, 1.5))
        leader = int(known.mean.argmax())
        said.append(known.best_chances(everybody(12))[leader])
        true.append(leader == quality.argmax())

    assert np.mean(true) == pytest.approx(np.mean(said), abs=0.12)


def test_the_first_five_stay() -> None:
    """Votes among the last pictures leave the first five as they are."""
    random = np.random.default_rng(3)
    quality = np.linspace(4, -4, 20)
    votes = votes_of(quality, 300, random)
    last = [asked(quality, random, 15 + n % 5, 15 + (n + 1) % 5) for n in range(20)]
    one, other = (fit(20, tally(some)).mean for some in (votes, votes + last))

    assert np.argsort(-one)[:5].tolist() == np.argsort(-other)[:5].tolist()


# -- which pair comes next


def test_pairs_to_avoid_are_avoided() -> None:
    """Not even where only one other pair is left; and None where none is."""
    known = fit(3, tally([(0, 1, False)] * 50))
    random = np.random.default_rng(2)
    avoid = {frozenset((0, 1)), frozenset((0, 2))}
    pairs = [next_pair(known, everybody(3), random, avoid=avoid) for _ in range(20)]

    assert {frozenset((1, 2))} == {frozenset(pair or ()) for pair in pairs}
    assert None is next_pair(known, everybody(3), random, avoid={*avoid, frozenset((1, 2))})


def test_only_active_pictures_are_asked_about() -> None:
    """Rejected ones never; and one alone is no pair."""
    known = fit(5, tally([(0, 1, False), (2, 3, False)]))
    active = np.array([False, True, False, True, True])
    random = np.random.default_rng(2)
    pairs = [next_pair(known, active, random) for _ in range(30)]

    assert {1, 3, 4} == {picture for pair in pairs for picture in pair or ()}
    assert None is next_pair(known, np.arange(5) == 3, random)
    assert 0.0 == known.best_chances(active)[[0, 2]].sum()


def test_no_side_is_preferred() -> None:
    """Whoever is ahead stands on the left about as often as on the right."""
    known = fit(6, tally([(0, n, False) for n in range(1, 6)] * 30))
    random = np.random.default_rng(2)
    pairs = [next_pair(known, everybody(6), random) or (0, 0) for _ in range(200)]
    sides = [pair.index(0) for pair in pairs if 0 in pair]

    assert 0.4 < np.mean(sides) < 0.6


# -- speed


def test_a_thousand_pictures_are_fitted_soon() -> None:
    """1,000 pictures with 5,000 votes: 0.4 s alone on two cores, which tests share with others."""
    random = np.random.default_rng(0)
    quality = 2.0 * random.standard_normal(1_000)
    counts = tally(votes_of(quality, 5_000, random))
    begun = time.thread_time()
    known = fit(1_000, counts, grid(10, 10, 10))
    seconds = time.thread_time() - begun

    assert np.corrcoef(known.mean, quality)[0, 1] > 0.8
    assert seconds < 5
