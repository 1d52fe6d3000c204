"""
Amounts as bars, drawn into a page.

Words are html beside the bars, so that a chart gives way where it is narrow and its letters stay as
large as the page's. Bars that stand are SVG; where a host takes that out of a page, the sentence
that is its title stands in its place. Bars that lie are html, which stays.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from html import escape
from typing import TYPE_CHECKING, Final

from leonardo_nb.account.tables import QUIET
from leonardo_nb.money import Cost
from leonardo_nb.service.plain import on_one_line

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["Bar", "framed", "lying", "round_above", "standing"]

HEIGHT: Final = 112
"""Of the standing bars, in pixels."""
LETTERS: Final = 12
"""Height of a line of the scale, in pixels; half of it stands out above and below."""
LEAST: Final = 2.0
"""Pixels that the smallest amount is high, so that it is not taken for nothing."""
LABEL_BARS: Final = 5
"""Bars below which a label has room."""
STEPS: Final = (1, 2, 5, 10)
ACCENT: Final = "var(--jp-brand-color1,#1976d2)"
PLAY_MONEY: Final = "currentColor"
WIDEST: Final = 640
SMALL: Final = "font-size:11px;line-height:12px;font-variant-numeric:tabular-nums"


@dataclass(frozen=True, slots=True)
class Bar:
    """
    One bar.

    Attributes:
        label: What it stands for; empty where nothing is to be said there.
        sure: What was charged.
        maybe: What may have been charged, in the same unit; drawn as an empty frame on top.
    """

    label: str
    sure: Cost
    maybe: Cost

    @property
    def total(self) -> Decimal:
        """Return both together, as a number of its unit."""
        return (self.sure + self.maybe).amount


def round_above(amount: Decimal) -> Decimal:
    """
    Return the smallest of 1, 2, 5, 10, 20, ... and of their tenths that is not below *amount*.

    >>> [f"{round_above(Decimal(each)):f}" for each in ("7", "40", "0.0147", "20")]
    ['10', '50', '0.02', '20']
    """
    size = Decimal(1).scaleb(amount.adjusted())
    steps = (size * step for step in STEPS)
    return next(step for step in steps if step >= amount)


def framed(heading: str, pill: str, key: str, inside: str) -> str:
    """Return a chart with its words above it: *heading*, *pill* in a frame, and *key*."""
    framed_pill = (
        "<span style='border:1px dashed currentColor;border-radius:3px;padding:0 5px;"
        f"font-size:11px;line-height:16px;{QUIET}'>{escape(pill)}</span>"
        if pill
        else ""
    )
    return (
        f"<div style='max-width:{WIDEST}px;margin:0 0 16px'>"
        "<div style='display:flex;flex-wrap:wrap;align-items:baseline;gap:2px 10px;font-size:13px;"
        f"margin-bottom:14px'><span style='font-weight:600'>{escape(heading)}</span>{framed_pill}"
        f"<span style='font-size:12px;{QUIET}'>{escape(key)}</span></div>{inside}</div>"
    )


def standing(bars: Sequence[Bar], *, title: str, is_play_money: bool) -> str:
    """
    Return *bars* side by side with a scale at the left and their labels below.

    Args:
        bars: In one unit, at least one of them above nothing.
        title: What the chart says, as a sentence.
        is_play_money: Whether nothing of it was paid.
    """
    top = round_above(max(bar.total for bar in bars))
    unit = bars[0].sure.unit
    width = 100 / len(bars)
    drawn = []
    for at, bar in enumerate(bars):
        left, sure, maybe = width * (at + 0.15), bar.sure.amount, bar.maybe.amount
        place = f"x='{left:.2f}%' width='{width * 0.7:.2f}%'"
        high = _high(sure, top)
        if sure:
            drawn.append(f"<rect {place} y='{HEIGHT - high:.1f}' height='{high:.1f}'/>")
        if maybe:
            more = _high(maybe, top)
            drawn.append(
                f"<rect {place} y='{HEIGHT - high - more + 0.5:.1f}' height='{more:.1f}' {_EMPTY}/>"
            )
    lines = "".join(
        f"<line x1='0' x2='100%' y1='{y}' y2='{y}' stroke='currentColor' stroke-opacity='.2'/>"
        for y in (0.5, HEIGHT / 2 + 0.5, HEIGHT - 0.5)
    )
    scale = "".join(
        f"<span>{escape(str(Cost.of(amount, unit)))}</span>" for amount in (top, top / 2)
    )
    return (
        "<div style='display:grid;grid-template-columns:auto minmax(0,1fr);gap:4px 8px'>"
        "<div aria-hidden='true' style='display:flex;flex-direction:column;text-align:right;"
        f"justify-content:space-between;margin:-{LETTERS // 2}px 0;{SMALL};{QUIET}'>"
        f"{scale}<span>0</span></div>"
        f"<svg role='img' width='100%' height='{HEIGHT}' style='display:block;overflow:visible;"
        f"color:inherit'><title>{escape(title)}</title>{lines}"
        f"<g {_paint(is_play_money=is_play_money)}>{''.join(drawn)}</g></svg>"
        f"<div></div>{_labels([bar.label for bar in bars])}</div>"
    )


def lying(bars: Sequence[Bar], *, is_play_money: bool) -> str:
    """
    Return *bars* one below the other, each between its label and what was charged.

    Args:
        bars: In one unit, at least one of them above nothing.
        is_play_money: Whether nothing of it was paid.
    """
    most = max(bar.total for bar in bars)
    colour = _LYING_PLAY if is_play_money else _LYING_PAID
    rows = []
    for bar in bars:
        sure, maybe = (float(each.amount / most * 100) for each in (bar.sure, bar.maybe))
        drawn = f"<div style='width:{sure:.2f}%;{colour}'></div>" if sure else ""
        if maybe:
            drawn += f"<div style='width:{maybe:.2f}%;box-sizing:border-box;{_LYING_MAYBE}'></div>"
        cut = "overflow:hidden;text-overflow:ellipsis;white-space:nowrap"
        rows.append(
            f"<span style='{cut}'>{escape(on_one_line(bar.label))}</span>"
            f"<div aria-hidden='true' style='display:flex;height:10px'>{drawn}</div>"
            f"<span style='text-align:right;font-variant-numeric:tabular-nums;{QUIET}'>"
            f"{escape(_said(bar))}</span>"
        )
    return (
        "<div style='display:grid;grid-template-columns:fit-content(45%) minmax(60px,1fr) auto;"
        "align-items:center;gap:4px 12px;font-size:12px;line-height:1.4'>"
        f"{''.join(rows)}</div>"
    )


# A colour in numbers first: a page that is not trusted takes variables away.
_LYING_PAID: Final = f"background-color:#1976d2;background-color:{ACCENT}"
_LYING_PLAY: Final = "background-color:gray;background-color:currentColor;opacity:.5"
_LYING_MAYBE: Final = "border:1px solid #1976d2"
_EMPTY: Final = "fill='none' stroke-width='1'"


def _paint(*, is_play_money: bool) -> str:
    """Return how bars are filled: loud only where money was paid."""
    colour, fill = (PLAY_MONEY, ".5") if is_play_money else (ACCENT, "1")
    return f"style='fill:{colour};stroke:{colour};fill-opacity:{fill}' stroke-width='0'"


def _high(amount: Decimal, top: Decimal) -> float:
    return max(LEAST, float(amount / top) * HEIGHT) if amount else 0.0


def _said(bar: Bar) -> str:
    return f"{bar.sure}, and {bar.maybe} that may be paid" if bar.maybe.amount else str(bar.sure)


def _labels(labels: Sequence[str]) -> str:
    """Return *labels* below their bars."""
    spans = []
    for at, label in enumerate(labels):
        if not label:
            continue
        first = min(max(at - 2, 0), len(labels) - LABEL_BARS)
        side = "left" if at < 2 else "right" if at > len(labels) - 3 else "center"
        spans.append(
            f"<span style='grid-row:1;grid-column:{first + 1}/span {LABEL_BARS};text-align:{side};"
            f"white-space:nowrap'>{escape(label)}</span>"
        )
    return (
        f"<div aria-hidden='true' style='display:grid;grid-template-columns:repeat({len(labels)},"
        f"minmax(0,1fr));{SMALL};{QUIET}'>{''.join(spans)}</div>"
    )
