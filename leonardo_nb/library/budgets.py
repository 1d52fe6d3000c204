"""
What budgets have set aside for jobs, and what of it is spent: sums that are made when asked.

Apart from the ledger, which makes one transaction of each question: a budget is no job's own, and
one job may lie in several.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

import sqlalchemy as sql

from leonardo_nb.library.database import portions
from leonardo_nb.library.rows import CHARGE, UNFINISHED
from leonardo_nb.library.tables import JOBS, RESERVATIONS
from leonardo_nb.money import Cost, converted

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from collections.abc import Set as AbstractSet

    from leonardo_nb.money import Unit

__all__ = ["count_in", "reserve", "reserved", "set_aside"]


def reserve(
    connection: sql.Connection, amounts: Mapping[str, Cost], limit: Cost, scope: str
) -> AbstractSet[str]:
    """Set *amounts* aside, see `Ledger.reserve_all`; nobody else may reserve in *scope* then."""
    kept: set[str] = set()
    rows: list[dict[str, str]] = []
    before = set_aside(connection, scope, amounts)
    changed = {uid for uid, amount in before.items() if amount != amounts[uid]}
    for uid in changed:
        if _reserve_again(connection, uid, amounts[uid], limit, scope):
            kept.add(uid)
    total = sum(reserved(connection, scope, limit.unit), limit * 0)
    if total <= limit:  # what is counted already needs no second sum
        kept |= before.keys() - changed
    for uid, amount in amounts.items():
        worth = converted(amount, limit.unit)
        if uid not in before and total + worth <= limit:
            total += worth
            rows.append({"uid": uid, "amount": str(amount.amount), "unit": amount.unit})
    if rows:
        connection.execute(sql.insert(RESERVATIONS), [{"scope": scope, **row} for row in rows])
    _price(connection, rows)
    return kept | {row["uid"] for row in rows}


def count_in(connection: sql.Connection, uid: str, amount: Cost, scope: str) -> None:
    """Count *amount* for job *uid* in a budget, whatever is left of it."""
    price = {"amount": str(amount.amount), "unit": amount.unit}
    connection.execute(sql.insert(RESERVATIONS).values(scope=scope, uid=uid, **price))


def reserved(connection: sql.Connection, scope: str, unit: Unit) -> tuple[Cost, Cost]:
    """Return what was spent of a budget, and what is set aside besides, both in *unit*."""
    return _summed(connection.execute(_counted(scope)), unit)


def set_aside(
    connection: sql.Connection, scope: str, uids: Iterable[str]
) -> dict[str, Cost | None]:
    """Return what is set aside for *uids*; None for what counts as another amount, or not."""
    found: dict[str, Cost | None] = {}
    counts = JOBS.c.state.in_(UNFINISHED) & JOBS.c.cost_amount.is_(None)
    columns = (RESERVATIONS.c.uid, RESERVATIONS.c.amount, RESERVATIONS.c.unit)
    query = sql.select(*columns, counts.label("counts")).join_from(
        RESERVATIONS, JOBS, JOBS.c.uid == RESERVATIONS.c.uid
    )
    for some in portions(uids):
        these = query.where(RESERVATIONS.c.scope == scope, RESERVATIONS.c.uid.in_(some))
        for row in connection.execute(these):
            found[row.uid] = Cost.of(row.amount, row.unit) if row.counts else None
    return found


def _reserve_again(
    connection: sql.Connection, uid: str, amount: Cost, limit: Cost, scope: str
) -> bool:
    """Put another amount in the place of the one that is set aside for *uid*, if it fits."""
    query = _counted(scope).where(RESERVATIONS.c.uid != uid)
    spent, kept = _summed(connection.execute(query), limit.unit)
    if spent + kept + converted(amount, limit.unit) > limit:
        return False
    price = {"amount": str(amount.amount), "unit": amount.unit}
    mine = (RESERVATIONS.c.scope == scope) & (RESERVATIONS.c.uid == uid)
    connection.execute(sql.update(RESERVATIONS).where(mine).values(**price))
    _price(connection, [{"uid": uid, **price}])
    return True


def _price(connection: sql.Connection, rows: Sequence[Mapping[str, str]]) -> None:
    """Write down what jobs are said to cost; nothing for a price that nobody knows."""
    of_price: dict[tuple[str, str], list[str]] = {}
    for row in rows:
        if Decimal(row["amount"]):
            of_price.setdefault((row["amount"], row["unit"]), []).append(row["uid"])
    for (amount, unit), uids in of_price.items():
        for some in portions(uids):
            query = sql.update(JOBS).where(JOBS.c.uid.in_(some))
            connection.execute(query.values(price_amount=amount, price_unit=unit))


def _counted(scope: str) -> sql.Select[Any]:
    """Return the query of what is charged or set aside in a budget, equal amounts counted."""
    each = (JOBS.c.cost_amount, JOBS.c.cost_unit, RESERVATIONS.c.amount, RESERVATIONS.c.unit)
    ended = JOBS.c.state.in_(("complete", "failed", "cancelled"))
    nothing = (CHARGE == "refunded") | ((CHARGE == "none") & ended)
    is_spent = CHARGE.in_(("charged", "unknown"))
    return (
        # few prices and many jobs, so equal ones are counted there and not carried here
        sql.select(*each, is_spent.label("spent"), sql.func.count().label("jobs"))
        .join_from(RESERVATIONS, JOBS, JOBS.c.uid == RESERVATIONS.c.uid)
        .where(RESERVATIONS.c.scope == scope, ~nothing)
        .group_by(*each, sql.text("spent"))
    )


def _summed(rows: Iterable[sql.Row[Any]], unit: Unit) -> tuple[Cost, Cost]:
    """Return what is spent and what is only set aside, of rows that `_counted` gave."""
    spent = kept = Cost.of(0, unit)
    for row in rows:
        is_known = row.spent and row.cost_amount is not None
        amount = (
            Cost.of(row.cost_amount, row.cost_unit) if is_known else Cost.of(row.amount, row.unit)
        )
        worth = converted(amount, unit) * row.jobs
        spent, kept = (spent + worth, kept) if row.spent else (spent, kept + worth)
    return spent, kept
