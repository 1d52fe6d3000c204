"""What the jobs of each day, or of each sweep, have cost: counted in the database, summed here."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Literal

import sqlalchemy as sql

from leonardo_nb.library.records import Spending
from leonardo_nb.library.rows import CHARGE
from leonardo_nb.library.tables import JOBS
from leonardo_nb.money import Cost

if TYPE_CHECKING:
    from collections.abc import Iterable

    from leonardo_nb.money import Unit

__all__ = ["spent_by"]


def spent_by(connection: sql.Connection, by: Literal["day", "sweep"]) -> tuple[Spending, ...]:
    """Return what was spent, by day (in UTC) or by sweep, the newest first."""
    name = {
        "day": sql.func.substr(JOBS.c.created, 1, 10),
        "sweep": sql.func.coalesce(JOBS.c.sweep, ""),
    }[by].label("name")
    amount = sql.func.coalesce(JOBS.c.cost_amount, JOBS.c.price_amount).label("amount")
    unit = sql.case(
        (JOBS.c.cost_amount.is_not(None), JOBS.c.cost_unit), else_=JOBS.c.price_unit
    ).label("unit")
    each = (name, JOBS.c.simulated, unit, CHARGE.label("charge"), amount)
    last = sql.func.max(JOBS.c.created).label("last")
    groups = sql.select(*each, sql.func.count().label("jobs"), last).where(CHARGE != "none")
    query = groups.group_by(*(sql.text(column.name) for column in each))
    rows = connection.execute(query).all()
    return _lines(sorted(rows, key=lambda row: str(row.last), reverse=True))


def _lines(rows: Iterable[sql.Row[Any]]) -> tuple[Spending, ...]:
    """Return a line for each name and unit of *rows*, in the order in which they come."""
    lines: dict[tuple[str, bool, Unit], Spending] = {}
    rows = list(rows)
    units: dict[tuple[str, bool], Unit] = {}
    for row in rows:
        if row.unit is not None:
            units.setdefault((row.name, row.simulated), row.unit)
    for row in rows:
        unit = row.unit or units.get((row.name, row.simulated), "CREDITS")
        key = (row.name, row.simulated, unit)
        nothing = Cost.of(0, unit)
        line = lines.get(key) or Spending(*key, 0, nothing, nothing, nothing, 0)
        line = replace(line, jobs=line.jobs + row.jobs)
        if row.amount is None:
            line = replace(line, unpriced=line.unpriced + row.jobs)
        else:
            amount = Cost.of(row.amount, unit) * row.jobs
            line = replace(line, **{row.charge: getattr(line, row.charge) + amount})
        lines[key] = line
    return tuple(lines.values())
