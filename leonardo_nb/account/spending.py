"""What jobs have cost, by day or by sweep, as a table with a chart above it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Final, Literal, get_args

from leonardo_nb.account.charts import Bar, framed, lying, standing
from leonardo_nb.account.tables import Cell, Table
from leonardo_nb.errors import InvalidRequest
from leonardo_nb.library.records import Spending
from leonardo_nb.money import Cost
from leonardo_nb.service.reading import nearest_of, shown

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import date

    from leonardo_nb.money import Unit

__all__ = ["By", "SpendingTable", "by_named"]

By = Literal["day", "sweep"]

DRAWN_DAYS: Final = 30
DRAWN_SWEEPS: Final = 12
NAME_SHOWN: Final = 44
"""Characters; with what follows they fit into a cell of a terminal, which is cut at its end."""
NO_SWEEP: Final = "outside of sweeps"
UNITS: Final = {"CREDITS": "credits", "DOLLARS": "dollars"}


class SpendingTable(Table[Spending]):
    """
    What jobs have cost, a line for each day or sweep; a sequence of `Spending`.

    What was really paid comes first and then the simulator's play money, each with the newest
    first and with a total of its own for each unit. No two of them are ever added.

    Args:
        lines: As `Ledger.spending` gives them, the newest first.
        by: "day" or "sweep".
        today: In UTC; the chart of days ends there.

    Attributes:
        by: "day" or "sweep".
    """

    __module__ = "leonardo_nb"

    nouns = ("spending", "spending")
    page = 30

    def __init__(self, lines: Iterable[Spending], *, by: By, today: date) -> None:
        super().__init__(sorted(lines, key=lambda line: line.simulated))
        self.by = by
        self._today = today
        self._is_mixed = len({line.simulated for line in self}) > 1
        without = ("no price",) if any(line.unpriced for line in self) else ()
        self.columns = (by, "jobs", "charged", "refunded", "unknown", *without)
        self.numbers = frozenset(self.columns[1:])

    def cells(self, row: Spending) -> tuple[Cell, ...]:
        """Return what one day or sweep has cost."""
        name = row.name if len(row.name) <= NAME_SHOWN else row.name[: NAME_SHOWN - 1] + "…"
        simulated = self._is_mixed and row.simulated
        return self._cells(name or NO_SWEEP, row, simulated=simulated)

    def sums(self) -> tuple[tuple[Cell, ...], ...]:
        """Return a total for each unit, of what was paid and of what was simulated."""
        return tuple(self._cells("total", each, simulated=each.simulated) for each in totals(self))

    def _cells(self, name: str, row: Spending, *, simulated: bool) -> tuple[Cell, ...]:
        known = row.jobs > row.unpriced
        amounts = (row.refunded, row.unknown)
        cells = (
            Cell(f"{name}, simulated" if simulated else name),
            Cell(f"{row.jobs:,}"),
            Cell(str(row.charged) if known else "not known"),
            *(Cell(str(each) if each.amount else "") for each in amounts),
            Cell(f"{row.unpriced:,}" if row.unpriced else ""),
        )
        return cells[: len(self.columns)]

    def caption(self) -> str:
        """Return how many days or sweeps and jobs these are, and how many were simulated."""
        names = len({line.name for line in self} - {""})  # without the jobs of no sweep
        jobs = sum(line.jobs for line in self)
        simulated = sum(line.jobs for line in self if line.simulated)
        part = f"{len(self):,} of {self.total:,} lines: " if len(self) < self.total else ""
        some = "all simulated" if simulated == jobs else f"{simulated:,} of them simulated"
        return (
            f"{part}{_counted(names, self.by)}, {_counted(jobs, 'job')}"
            f"{f', {some}' if simulated else ''}"
        )

    def sentences(self) -> list[str]:
        """Return what stands below the rows: how many, and what their words mean."""
        said = super().sentences()
        unpriced = sum(line.unpriced for line in self)
        if self.by == "day":
            said.append("Days are in UTC.")
        if any(line.unknown.amount for line in self):
            said.append("Unknown: the answers are not here, and it may be paid.")
        if unpriced:
            has, it = ("has", "it is") if unpriced == 1 else ("have", "they are")
            said.append(f"{_counted(unpriced, 'job')} {has} no price; {it} in no sum.")
        if any(line.simulated for line in self):
            said.append("What is simulated was not paid.")
        return said

    def chart(self) -> str:
        """Return bars, one chart for each unit of what was paid and of what was simulated."""
        kinds = sorted({(line.simulated, line.unit) for line in self})
        draw = self._days if self.by == "day" else self._sweeps
        return "".join(
            draw([line for line in self if (line.simulated, line.unit) == kind], *kind)
            for kind in kinds
        )

    def _days(self, lines: Sequence[Spending], simulated: bool, unit: Unit) -> str:  # noqa: FBT001
        by_name = {line.name: line for line in lines}
        nothing = Cost.of(0, unit)
        days = [self._today - timedelta(days=back) for back in reversed(range(DRAWN_DAYS))]
        bars = []
        for at, day in enumerate(days):
            line = by_name.get(day.isoformat())
            has_label = at % 7 == (DRAWN_DAYS - 1) % 7  # today, and every week before it
            label = _day(day) if has_label else ""
            sure, maybe = (line.charged, line.unknown) if line else (nothing, nothing)
            bars.append(Bar(label, sure, maybe))
        if not any(bar.total for bar in bars):
            return ""
        most, when = max(((bar.total, day) for bar, day in zip(bars, days, strict=True)))
        sure, maybe = _sum(bars, unit)
        title = (
            f"From {_day(days[0])} to {_day(days[-1])} {days[-1].year}: {sure} charged"
            f"{f', and {maybe} that may be paid' if maybe.amount else ''}; the most on "
            f"{_day(when)}, {Cost.of(most, unit)}."
        )
        drawn = standing(bars, title=title, is_play_money=simulated)
        heading = f"{UNITS[unit].capitalize()} in the last {DRAWN_DAYS} days"
        return framed(heading, "simulated" if simulated else "", _key(sure, maybe), drawn)

    def _sweeps(self, lines: Sequence[Spending], simulated: bool, unit: Unit) -> str:  # noqa: FBT001
        bars = [
            Bar(line.name or NO_SWEEP, line.charged, line.unknown)
            for line in lines
            if line.charged.amount or line.unknown.amount
        ]
        if not bars:
            return ""
        newest = bars[:DRAWN_SWEEPS]
        drawn = lying(newest, is_play_money=simulated)
        heading = f"{UNITS[unit].capitalize()} by sweep"
        if len(newest) < len(bars):
            heading += f", the newest {DRAWN_SWEEPS}"
        key = _key(*_sum(newest, unit))
        return framed(heading, "simulated" if simulated else "", key, drawn)


def by_named(by: object) -> By:
    """
    Return *by* if it is "day" or "sweep".

    Raises:
        InvalidRequest: It is neither; names the nearest.
    """
    for each in get_args(By):
        if by == each:
            return each  # type: ignore[no-any-return]
    near = nearest_of(by, get_args(By), cutoff=0.0) if isinstance(by, str) else None
    near = near or "day"
    raise InvalidRequest(
        f'by is "day" or "sweep", not {shown(by)}; did you mean "{near}"?',
        member="by",
        value=by,
        nearest=near,
    )


def totals(lines: Iterable[Spending]) -> tuple[Spending, ...]:
    """
    Return one line for each unit of what was paid, and then of what was simulated.

    A line without any price has no unit of its own, and counts with the first one there is.
    """
    sums: dict[tuple[bool, Unit], Spending] = {}
    for line in sorted(lines, key=lambda line: line.jobs == line.unpriced):
        key = (line.simulated, line.unit)
        if line.jobs == line.unpriced:
            key = next((each for each in sums if each[0] == line.simulated), key)
        total = sums.get(key)
        if total is None:
            sums[key] = replace(line, name="")
            continue
        total = replace(total, jobs=total.jobs + line.jobs, unpriced=total.unpriced + line.unpriced)
        if total.unit == line.unit:
            total = replace(
                total,
                charged=total.charged + line.charged,
                refunded=total.refunded + line.refunded,
                unknown=total.unknown + line.unknown,
            )
        sums[key] = total
    return tuple(sums[key] for key in sorted(sums))


def _sum(bars: Sequence[Bar], unit: Unit) -> tuple[Cost, Cost]:
    sure, maybe = Cost.of(0, unit), Cost.of(0, unit)
    for bar in bars:
        sure, maybe = sure + bar.sure, maybe + bar.maybe
    return sure, maybe


def _key(sure: Cost, maybe: Cost) -> str:
    return f"{sure} charged" + (f"; in frames: {maybe} that may be paid" if maybe.amount else "")


def _day(day: date) -> str:
    return f"{day.day} {day:%b}"


def _counted(number: int, noun: str) -> str:
    return f"{number:,} {noun if number == 1 else f'{noun}s'}"
