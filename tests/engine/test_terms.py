"""On what terms a job is sent, as values."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as some

import leonardo_nb as leo
from leonardo_nb.engine.terms import AS_USUAL, Terms, Wall
from leonardo_nb.money import Cost, Credits, Dollars
from leonardo_nb.service.requests import CreateGeneration

WALLS = some.builds(
    Wall,
    scope=some.text(min_size=1, max_size=20),
    limit=some.integers(0, 10**6).map(Credits)
    | some.decimals(min_value=0, max_value=100, places=4).map(Dollars),
    name=some.text(max_size=20),
)


def wall(scope: str, credits_: int = 10) -> Wall:
    return Wall(scope, Credits(credits_))


def test_terms_are_taken_out_of_the_parameters() -> None:
    """What is left is the service's own."""
    parameters: dict[str, Any] = {"seed": 7, "reuse": True, "budget": Credits(5)}

    terms = Terms.taken_from(parameters)

    assert Terms(reuse=True, budget=Credits(5)) == terms
    assert {"seed": 7} == parameters


def test_what_is_not_said_is_as_usual() -> None:
    """A studio's own terms hold unless a call names others."""
    usual = Terms(resend="never", unpriced=True)

    assert usual == Terms.taken_from({"seed": 7}, usual)
    assert Terms(resend="once", unpriced=True) == Terms.taken_from({"resend": "once"}, usual)


@pytest.mark.parametrize("name", ["reuse", "unpriced"])
@pytest.mark.parametrize("value", [1, 0, "yes", None])
def test_a_flag_is_true_or_false(name: str, value: object) -> None:
    """Anything else is a mistake in the caller's code, and its sentence names the member."""
    with pytest.raises(TypeError, match=f"^{name}={value!r} must be True or False"):
        Terms().with_(**{name: value})


@pytest.mark.parametrize("budget", [Credits(-1), Dollars("-0.5")])
def test_a_budget_is_not_below_nothing(budget: Cost) -> None:
    """The least is nothing, without a sign."""
    with pytest.raises(leo.InvalidRequest, match=r"the least is (0 credits|\$0\.00)\.") as caught:
        Terms().with_(budget=budget)

    assert "-" not in repr(caught.value.nearest)


@pytest.mark.parametrize("budget", [5, 0, "5", True])
def test_a_budget_has_a_unit(budget: object) -> None:
    """The sentence names both units."""
    with pytest.raises(TypeError, match=r"has no unit; write leo\.Credits\(.*leo\.Dollars\("):
        Terms().with_(budget=budget)


@pytest.mark.parametrize(
    ("resend", "nearest"), [("nevr", "never"), ("onse", "once"), ("twice", "once")]
)
def test_a_wrong_choice_names_the_nearest(resend: str, nearest: str) -> None:
    """`resend` takes two words."""
    with pytest.raises(leo.InvalidRequest) as caught:
        Terms().with_(resend=resend)

    assert ("resend", resend, nearest) == (
        caught.value.member,
        caught.value.value,
        caught.value.nearest,
    )


def test_a_wrong_choice_is_cut_short_in_its_sentence() -> None:
    """A page that was pasted by mistake is not shown whole."""
    with pytest.raises(leo.InvalidRequest) as caught:
        Terms().with_(resend="x" * 10_000)

    assert len(str(caught.value)) < 200


@given(
    walls=some.lists(WALLS, max_size=4),
    unpriced=some.booleans(),
    resend=some.sampled_from(["once", "never"]),
    sweep=some.none() | some.text(max_size=10),
)
def test_another_kernel_reads_what_was_written(
    walls: list[Wall], unpriced: bool, resend: Any, sweep: str | None
) -> None:
    """Budgets, to the last decimal, and both choices come back from a row as they were."""
    terms = Terms(unpriced=unpriced, resend=resend, sweep=sweep, walls=tuple(walls))

    assert terms == Terms.of_json(json.loads(json.dumps(terms.as_json())), sweep)


def test_a_row_keeps_no_reuse() -> None:
    """Whether another job would have done is no question any more once it is a row of its own."""
    terms = Terms(reuse=True)

    assert AS_USUAL == Terms.of_json(terms.as_json())


@pytest.mark.parametrize("found", [None, {}, {"resend": "sometimes", "unpriced": "yes"}])
def test_a_row_of_before_is_as_usual(found: dict[str, Any] | None) -> None:
    """Also one of a later version, with words that are not known here."""
    assert Terms(sweep="foxes") == Terms.of_json(found, "foxes")


def test_walls_are_kept_once() -> None:
    """A studio's own budget takes the place of one of its name in the row; others stay."""
    terms = Terms().behind(wall("day", 5), wall("sweep foxes"))

    again = terms.behind(None, wall("day", 7))

    assert (wall("day", 7), wall("sweep foxes")) == again.walls


def test_terms_are_not_changed_by_use() -> None:
    """They are values."""
    terms = Terms(walls=(wall("day"),))
    terms.behind(wall("other"))
    terms.with_(reuse=True)

    assert Terms(walls=(wall("day"),)) == terms


def fox(**members: Any) -> CreateGeneration:
    return CreateGeneration.of("a fox", **members)


def test_an_own_seed_is_the_same_every_time() -> None:
    """With reuse, the same line means the same picture; what differs in anything does not."""
    terms = Terms(reuse=True)
    one, two = (terms.seeded(fox(contrast=3.5), ["contrast"]) for _ in range(2))
    other = terms.seeded(fox(contrast=4), ["contrast"])

    assert one.seed == two.seed
    assert one.seed != other.seed


def test_a_typed_seed_is_kept() -> None:
    """Reuse derives no seed where one was typed."""
    assert 7 == Terms(reuse=True).seeded(fox(seed=7), ["seed"]).seed


def test_without_reuse_a_seed_is_chance_s() -> None:
    """Two calls are two pictures."""
    request = fox()

    assert request is Terms().seeded(request, [])


def test_a_limit_in_dollars_stays_in_dollars() -> None:
    """The unit is written down with the amount."""
    kept: Cost = Wall.of_json(Wall("day", Dollars("0.0165")).as_json()).limit

    assert Dollars("0.0165") == kept
