"""What jobs have cost, as a table and a chart."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import leonardo_nb as leo
from leonardo_nb.account.charts import round_above
from leonardo_nb.account.spending import SpendingTable, totals
from leonardo_nb.library.records import Spending
from leonardo_nb.money import Cost, Credits, Unit

if TYPE_CHECKING:
    from leonardo_nb.testing import ManualClock

TODAY = date(2026, 1, 31)
SMALL: dict[str, Any] = {"width": 64, "height": 64, "alchemy": False}


def line(name: str = "2026-01-31", unit: Unit = "CREDITS", **facts: Any) -> Spending:
    """Return a line of one job that was paid with 1 of its unit, unless *facts* say otherwise."""
    nothing = Cost.of(0, unit)
    usual = {"charged": Cost.of(1, unit), "refunded": nothing, "unknown": nothing}
    known = {"simulated": False, "jobs": 1, "unpriced": 0, **usual, **facts}
    return Spending(name=name, unit=unit, **known)


def table(*lines: Spending, by: Any = "day") -> SpendingTable:
    return SpendingTable(lines, by=by, today=TODAY)


def charts(made: SpendingTable) -> list[ET.Element]:
    """Return the drawings in a page, each of which must be well-formed."""
    return [
        ET.fromstring(each)  # noqa: S314  ours
        for each in re.findall(r"<svg.*?</svg>", made._repr_html_(), re.DOTALL)
    ]


def test_it_shows_itself_in_a_terminal() -> None:
    """What was paid first and then what was simulated, a total each, and what the words mean."""
    made = table(
        line(simulated=True, jobs=2, charged=Credits(16)),
        line(jobs=1_200, charged=Credits(9_600), refunded=Credits(8), unpriced=1),
        line("2026-01-30", unknown=Credits(5)),
    )

    assert (
        "day                     jobs        charged   refunded    unknown  no price\n"
        "2026-01-31             1,200  9,600 credits  8 credits                    1\n"
        "2026-01-30                 1       1 credit             5 credits\n"
        "2026-01-31, simulated      2     16 credits\n"
        "total                  1,201  9,601 credits  8 credits  5 credits         1\n"
        "total, simulated           2     16 credits\n"
        "\n"
        "2 days, 1,203 jobs, 2 of them simulated.\n"
        "Days are in UTC.\n"
        "Unknown: the answers are not here, and it may be paid.\n"
        "1 job has no price; it is in no sum.\n"
        "What is simulated was not paid."
    ) == repr(made)


def test_units_are_never_mixed() -> None:
    """Credits, dollars and the simulator's play money have totals and charts of their own."""
    lines = [
        line(unit=unit, simulated=simulated)
        for unit in ("DOLLARS", "CREDITS")
        for simulated in (True, False)
    ]
    made = table(*lines)

    assert [
        ("total", "1 credit"),
        ("total", "$1.00"),
        ("total, simulated", "1 credit"),
        ("total, simulated", "$1.00"),
    ] == [(row[0].text, row[2].text) for row in made.sums()]
    assert 4 == len(charts(made))
    assert 2 == made._repr_html_().count(">simulated</span>")


@given(
    st.lists(
        st.builds(
            line,
            unit=st.sampled_from(["CREDITS", "DOLLARS"]),
            simulated=st.booleans(),
            jobs=st.integers(1, 9),
            unpriced=st.integers(0, 1),
        )
    )
)
def test_totals_lose_nothing(lines: list[Spending]) -> None:
    """Every job is in one total, and every amount in that of its unit."""
    sums = totals(lines)

    for simulated in (True, False):
        mine = [each for each in lines if each.simulated == simulated]
        assert sum(each.jobs for each in mine) == sum(
            each.jobs for each in sums if each.simulated == simulated
        )
    for each in sums:
        assert each.charged.unit == each.unit


def test_jobs_without_any_price_count() -> None:
    """They have no unit, so they stand in the total that there is, and are not free."""
    unknown = line("2026-01-30", unpriced=3, jobs=3, charged=Credits(0))
    made = table(line(unit="DOLLARS"), unknown)

    assert [("total", "4", "$1.00", "3")] == [
        (row[0].text, row[1].text, row[2].text, row[5].text) for row in made.sums()
    ]
    assert "not known" == made.cells(unknown)[2].text
    assert "3 jobs have no price; they are in no sum." in repr(made)
    assert 1 == len(charts(made))


def test_thirty_days_are_drawn() -> None:
    """A bar where it was paid, a frame where it may be; what is older is only in the rows."""
    made = table(
        line(charged=Credits(30), unknown=Credits(10)), line("2026-01-02"), line("2026-01-01")
    )
    [chart] = charts(made)
    [title] = chart.findall("title")
    filled = [each for each in chart.iter("rect") if each.get("fill") is None]

    assert (2, 3) == (len(filled), len(list(chart.iter("rect"))))
    assert (
        "From 2 Jan to 31 Jan 2026: 31 credits charged, and 10 credits that may be paid; the most "
        "on 31 Jan, 40 credits."
    ) == title.text
    assert "3 days, 3 jobs." in made._repr_html_()


def test_the_bars_are_as_high_as_the_amounts() -> None:
    """Half as much is half as high."""
    [chart] = charts(table(line(charged=Credits(40)), line("2026-01-30", charged=Credits(20))))
    low, high = (float(each.get("height") or 0) for each in chart.iter("rect"))

    assert 2 == pytest.approx(high / low, abs=0.01)


def test_without_anything_lately_there_is_no_chart() -> None:
    """The rows and the total are there."""
    made = table(line("2025-01-01"))

    assert ([], 3) == (charts(made), made._repr_html_().count("<tr"))


def test_sweeps_are_text() -> None:
    """A name becomes neither markup nor an escape sequence, and is cut before what follows it."""
    made = table(
        line(f"<b>&\x1b[2J\u202e{'long ' * 40}", simulated=True),
        line(""),
        by="sweep",
    )
    page = made._repr_html_()

    assert ["outside of sweeps", "<b>&"] == [
        made.cells(made[0])[0].text,
        made.cells(made[1])[0].text[:4],
    ]
    assert "…, simulated" in repr(made)
    assert set() == {"\x1b", "\u202e"} & set(repr(made) + page)
    assert "<b>" not in page
    assert 2 == page.count("<div aria-hidden")


def test_the_newest_sweeps_are_drawn() -> None:
    """Twelve of them, in the order of the rows."""
    made = table(*(line(f"sweep {number}") for number in range(20)), by="sweep")

    page = made._repr_html_()

    assert [f">sweep {number}</span><div aria-hidden" in page for number in range(13)] == (
        [True] * 12 + [False]
    )
    assert "Credits by sweep, the newest 12" in made._repr_html_()


def test_a_part_has_its_own_total() -> None:
    """It is of the same kind, and says of how much it is a part."""
    part = table(line(), line("2026-01-30"), line("2026-01-29"))[:2]

    assert (SpendingTable, "2 credits") == (type(part), part.sums()[0][2].text)
    assert "2 of 3 lines: 2 days, 2 jobs." in repr(part)


def test_years_fit_into_a_saved_notebook() -> None:
    """Thirty rows are shown, the totals are of all, and the page is small."""
    made = table(
        *(line(f"{year}-01-{day:02}") for year in range(1990, 2026) for day in range(1, 29))
    )
    page = made._repr_html_()

    assert (32, True) == (page.count("<tr"), "The first 30 are shown." in page)
    assert "1,008 credits" in page
    assert len(page.encode()) < 100_000


def test_there_is_no_script() -> None:
    """A page that shows it runs nothing and asks nobody."""
    page = table(line(), line(unknown=Credits(5), simulated=True))._repr_html_()

    assert [] == re.findall(r"<script|javascript:|\bon\w+=|https?://|url\(", page)


@given(st.decimals(min_value="0.0001", max_value=10**9, places=4))
def test_a_scale_ends_above_its_bars(amount: Decimal) -> None:
    """At a round number, less than two and a half times as much."""
    top = round_above(amount)

    assert amount <= top < amount * Decimal("2.5") + Decimal("0.0001")
    assert top.normalize().as_tuple().digits in {(1,), (2,), (5,)}


def test_what_jobs_cost_is_in_it(studio: leo.Studio, clock: ManualClock) -> None:
    """A studio counts all jobs of its library; on the simulator they are simulated."""
    job = studio.generate("a fox", **SMALL)
    job.result()
    [spent] = studio.spending()

    assert (clock.wall().date().isoformat(), True, job.cost) == (
        spent.name,
        spent.simulated,
        spent.charged,
    )
    assert [""] == [each.name for each in studio.spending(by="sweep")]
    assert "all simulated" in repr(studio.spending())


def test_nothing_was_spent(studio: leo.Studio) -> None:
    """In words, without an empty table or chart."""
    assert "no spending" == repr(studio.spending())
    assert "<t" not in studio.spending()._repr_html_()


@pytest.mark.parametrize(
    ("by", "near"), [("days", "day"), ("Sweeps", "sweep"), (None, "day"), (7, "day"), ("", "day")]
)
def test_anything_else_is_refused(studio: leo.Studio, by: Any, near: str) -> None:
    """The nearest valid value is named."""
    with pytest.raises(leo.InvalidRequest) as refused:
        studio.spending(by)

    assert ("by", near) == (refused.value.member, refused.value.nearest)
    assert f'did you mean "{near}"?' in str(refused.value)
