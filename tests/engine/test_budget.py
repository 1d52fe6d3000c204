"""Walls for spending: a purse, and the ledger that counts."""

from __future__ import annotations

import uuid
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from leonardo_nb.engine.budget import Purse
from leonardo_nb.engine.terms import Terms, Wall
from leonardo_nb.errors import BudgetExceeded
from leonardo_nb.library.ledger import Ledger
from leonardo_nb.library.records import JobRecord
from leonardo_nb.money import Cost, Credits, Dollars, converted

if TYPE_CHECKING:
    from collections.abc import Iterator

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
PRICES = some.integers(min_value=0, max_value=60).map(Credits) | some.decimals(
    min_value=0, max_value="0.09", places=4
).map(Dollars)


@pytest.fixture(scope="module")
def ledger(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ledger]:
    """One library for all tests here; each has scopes of its own."""
    made = Ledger(tmp_path_factory.mktemp("ledger"))
    yield made
    made.close()


class Account:
    """A purse with a budget of *limit*, and the jobs that are paid from it."""

    def __init__(self, ledger: Ledger, limit: Cost | None, name: str = "the budget") -> None:
        scope = f"studio {uuid.uuid4().hex}"
        self.wall = None if limit is None else Wall(scope, limit, name)
        self.ledger = ledger
        self.purse = Purse(ledger, self.wall)

    async def reserved(self, price: Cost | None, **terms: Any) -> JobRecord:
        """Write a job down and set *price* aside for it; return its row."""
        walls = terms.pop("walls", ())
        asked = Terms(walls=walls, **terms).behind(self.wall)
        record = JobRecord(
            uid=uuid.uuid4().hex,
            kind="generation",
            state="request",
            request={"prompt": "a fox"},
            content_key="k",
            simulated=True,
            base_url="http://simulator.invalid",
            created=NOON,
            terms=asked.as_json(),
        )
        self.ledger.intend(record)
        try:
            await self.purse.reserve(record.uid, price, asked)
        except BudgetExceeded:
            self.ledger.ended(replace(record, state="failed"))
            raise
        return record

    def settle(self, record: JobRecord, cost: Cost | None) -> JobRecord:
        """Write down that the service took it, and what it said that it costs."""
        self.ledger.sent(record.uid, NOON)
        acked = replace(record, job_id=f"sim-{record.uid}", state="ack", cost=cost)
        self.ledger.acked(acked)
        return acked

    def give_back(self, record: JobRecord) -> None:
        """Write down that it failed, which the service refunds."""
        self.ledger.ended(replace(record, state="failed"))


@given(
    limit=some.sampled_from([Credits(100), Dollars("0.15")]),
    jobs=some.lists(
        some.tuples(PRICES, some.sampled_from(["settle", "refund", "withdraw", "lose", "wait"])),
        max_size=12,
    ),
)
@settings(max_examples=25)
async def test_a_budget_is_a_wall(
    ledger: Ledger, limit: Cost, jobs: list[tuple[Cost, str]]
) -> None:
    """Whatever is asked for, in either unit, what is let through never passes the limit."""
    account, spent = Account(ledger, limit), limit * 0
    for price, fate in jobs:
        try:
            job = await account.reserved(price)
        except BudgetExceeded:
            continue
        match fate:
            case "settle" | "refund":
                job = account.settle(job, price)
            case "lose":
                ledger.sent(job.uid, NOON)
        if fate in {"refund", "withdraw"}:
            account.give_back(job)
        if fate in {"settle", "lose"}:
            spent += converted(price, limit.unit)

        assert account.purse.left is not None
        assert account.purse.left >= limit * 0
    assert spent == account.purse.spent


async def test_what_is_given_back_twice_is_given_back_once(ledger: Ledger) -> None:
    """A refund cannot be counted again."""
    account = Account(ledger, Credits(10))
    job = account.settle(await account.reserved(Credits(4)), None)
    account.give_back(job)
    account.give_back(job)

    assert (Credits(10), Credits(0)) == (account.purse.left, account.purse.spent)


async def test_the_reserved_price_counts_where_the_service_names_none(ledger: Ledger) -> None:
    """An acknowledgement without a cost is not free."""
    account = Account(ledger, Credits(10))
    account.settle(await account.reserved(Credits(4)), None)

    assert Credits(4) == account.purse.spent


async def test_what_the_service_says_counts_and_not_the_price(ledger: Ledger) -> None:
    """Whatever the calculator had said."""
    account = Account(ledger, Credits(10))
    account.settle(await account.reserved(Credits(4)), Credits(6))

    assert (Credits(6), Credits(4)) == (account.purse.spent, account.purse.left)


async def test_a_lost_answer_counts_as_spent(ledger: Ledger) -> None:
    """Nobody knows whether it was paid, so its price is gone until somebody knows."""
    account = Account(ledger, Credits(10))
    job = await account.reserved(Credits(4))
    ledger.sent(job.uid, NOON)
    assert (Credits(4), Credits(6)) == (account.purse.spent, account.purse.left)

    ledger.sent_back(job.uid)

    assert (Credits(0), Credits(6)) == (account.purse.spent, account.purse.left)


async def test_dollars_charged_count_against_credits(ledger: Ledger) -> None:
    """A dollar account cannot pass a budget in credits."""
    account = Account(ledger, Credits(20))
    account.settle(await account.reserved(Credits(11)), Dollars("0.0165"))

    assert Credits(12) == account.purse.spent
    with pytest.raises(BudgetExceeded, match="11 credits and 8 credits of the budget"):
        await account.reserved(Credits(11))


async def test_an_unknown_price_does_not_pass(ledger: Ledger) -> None:
    """A budget lets nothing through whose price nobody knows, and says what would."""
    with pytest.raises(BudgetExceeded, match=r"nothing was sent\. unpriced=True"):
        await Account(ledger, Credits(10)).reserved(None)


async def test_an_unpriced_job_counts_from_its_acknowledgement(ledger: Ledger) -> None:
    """It is let through when told, and what it turns out to cost is gone."""
    account = Account(ledger, Credits(10))
    job = await account.reserved(None, unpriced=True)
    assert Credits(10) == account.purse.left

    account.settle(job, Credits(7))

    assert (Credits(7), Credits(3)) == (account.purse.spent, account.purse.left)


async def test_what_turned_out_dearer_leaves_nothing_and_no_less(ledger: Ledger) -> None:
    """`left` is never negative."""
    account = Account(ledger, Credits(10))
    account.settle(await account.reserved(None, unpriced=True), Credits(70))

    assert (Credits(70), Credits(0)) == (account.purse.spent, account.purse.left)


async def test_without_a_wall_everything_passes(ledger: Ledger) -> None:
    """No budget means no refusal, and nothing to be left."""
    account = Account(ledger, None)
    account.settle(await account.reserved(None), Credits(5))

    assert (None, None) == (account.purse.left, account.purse.spent)


async def test_every_wall_has_to_let_it_pass(ledger: Ledger) -> None:
    """What one budget refuses is not taken from another, once the job has ended."""
    account = Account(ledger, Credits(100))
    narrow = Wall(f"sweep {uuid.uuid4().hex}", Credits(3), "the sweep's budget")

    with pytest.raises(BudgetExceeded, match="3 credits of the sweep's budget of 3 credits"):
        await account.reserved(Credits(4), walls=(narrow,))

    assert (Credits(0), Credits(100)) == (account.purse.spent, account.purse.left)


@pytest.mark.parametrize(
    ("scope", "advice"),
    [
        ("sweep ", r"budget=\.\.\., or sweep over less"),
        ("job ", r"budget=\.\.\., or ask for less"),
        ("studio ", r"leo\.connect\(budget=\.\.\.\)"),
    ],
)
async def test_a_refusal_says_where_the_budget_is_raised(
    ledger: Ledger, scope: str, advice: str
) -> None:
    """Each kind of budget is given in another place."""
    wall = Wall(f"{scope}{uuid.uuid4().hex}", Credits(3))

    with pytest.raises(BudgetExceeded, match=f"Raise it with {advice}"):
        await Account(ledger, None).reserved(Credits(4), walls=(wall,))


async def test_the_same_job_is_set_aside_once(ledger: Ledger) -> None:
    """A job that is taken up again reserves anew, and its price counts once."""
    account = Account(ledger, Credits(10))
    job = await account.reserved(Credits(4))
    await account.purse.reserve(job.uid, Credits(4), Terms.of_json(job.terms))

    assert Credits(6) == account.purse.left


async def test_two_purses_with_one_scope_are_one(ledger: Ledger) -> None:
    """A budget holds for all who share the library and say the same name."""
    account = Account(ledger, Credits(10))
    with_more = Ledger(ledger.folder)
    other = Purse(with_more, account.wall)
    account.settle(await account.reserved(Credits(7)), Credits(7))
    spent_there = (other.spent, other.left)
    with_more.close()

    assert (Credits(7), Credits(3)) == spent_there
