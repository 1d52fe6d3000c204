"""
Shares and multiples as bars with their intervals, drawn into a page or by matplotlib.

The bars are html, because a page that is not trusted takes SVG away; see `account.charts`. They
give way where it is narrow, and take the page's colours, light or dark.
"""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING, Any, Final

from leonardo_nb.account.charts import ACCENT, framed
from leonardo_nb.account.tables import QUIET
from leonardo_nb.engine.markup import NO_MATH
from leonardo_nb.service.plain import on_one_line

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["Chart", "Mark"]

THICK: Final = 12
"""Of a bar, in pixels; the line of its interval runs through its middle."""
_LOUD: Final = f"background-color:#1976d2;background-color:{ACCENT}"
_QUIET: Final = "background-color:gray;background-color:currentColor;opacity:.35"
_LINE: Final = "background-color:gray;background-color:currentColor;opacity:.85"
LETTER, WIDEST_LABEL, BESIDE = 6.6, 268, 200
"""Pixels of a letter, of a label, and of a bar with its words, below which the label is above."""
CELLS: Final = 24
"""Characters of a bar in a terminal."""


@dataclass(frozen=True, slots=True)
class Mark:
    """
    One bar.

    Attributes:
        label: What it stands for.
        value: How long it is; None where that is not known.
        low: Where its interval begins, or None.
        high: Where it ends, or None.
        words: What stands at its right.
        is_quiet: Whether it is chance, or no more than chance.
    """

    label: str
    value: float | None
    low: float | None
    high: float | None
    words: str
    is_quiet: bool = False


@dataclass(frozen=True, slots=True)
class Chart:
    """
    Bars, one below the other; shows itself in a notebook and in a terminal.

    Attributes:
        heading: What is drawn.
        marks: The bars, from the top.
        top: What the whole width stands for.
        key: What the lines mean.
        pill: A word in a frame, such as "simulated", or empty.
        tick: Where an upright line stands, or None.
    """

    heading: str
    marks: Sequence[Mark]
    top: float
    key: str = ""
    pill: str = ""
    tick: float | None = None

    @staticmethod
    def page(sentence: str, charts: Sequence[Chart], notes: Sequence[str]) -> str:
        """Return *charts* below a *sentence*, and *notes* below them, as html."""
        foot = (
            f"<div style='font-size:12px;margin-top:6px;max-width:640px;{QUIET}'>"
            f"{' '.join(escape(on_one_line(note)) for note in notes)}</div>"
        )
        return (
            f"<div {NO_MATH}><div style='font-size:14px;line-height:1.45;max-width:640px;"
            f"margin:2px 0 14px'>{escape(on_one_line(sentence))}</div>"
            f"{''.join(chart.html() for chart in charts)}{foot if notes else ''}</div>"
        )

    def html(self) -> str:
        """Return it as html, without the element that keeps mathematics out."""
        label = max((len(on_one_line(mark.label)) for mark in self.marks), default=0)
        words = max((len(mark.words) for mark in self.marks), default=0)
        rows = "".join(
            self._row(mark, min(label * LETTER, WIDEST_LABEL), words) for mark in self.marks
        )
        inside = f"<div style='font-size:12px;line-height:1.4'>{rows}</div>"
        return framed(on_one_line(self.heading), self.pill, self.key, inside)

    def _row(self, mark: Mark, label: float, words: int) -> str:
        """Return a bar with its label of so many pixels, which goes above it where it is narrow."""
        width = self._part(mark.value or 0.0)
        colour = _QUIET if mark.is_quiet else _LOUD
        bar = f"<div style='width:{width:.2f}%;{colour}'></div>" if width else ""
        lines = ""
        if mark.low is not None and mark.high is not None:
            low, high = self._part(mark.low), self._part(mark.high)
            lines = self._over(low, max(high - low, 0.5), 2)
        if self.tick is not None:
            lines += self._over(self._part(self.tick), 0.4, THICK + 5)
        cut = "overflow:hidden;text-overflow:ellipsis;white-space:nowrap"
        return (
            "<div style='display:flex;flex-wrap:wrap;align-items:center;margin:0 0 5px'>"
            f"<span style='flex:1 1 {label:.0f}px;margin-right:12px;{cut}'>"
            f"{escape(on_one_line(mark.label))}</span>"
            f"<div style='flex:999 1 {BESIDE}px;display:flex;align-items:center'>"
            "<div aria-hidden='true' style='flex:1 1 60px'>"
            f"<div style='display:flex;height:{THICK}px'>{bar}</div>{lines}</div>"
            f"<span style='flex:none;min-width:{words}ch;margin-left:12px;text-align:right;"
            f"white-space:nowrap;font-variant-numeric:tabular-nums;{QUIET}'>{escape(mark.words)}"
            "</span></div></div>"
        )

    @staticmethod
    def _over(left: float, width: float, high: int) -> str:
        """Return a line over the bar above it, whose place it does not change."""
        above = (THICK + high) / 2
        below = THICK - above
        return (
            f"<div style='display:flex;height:{high}px;margin-top:-{above:g}px;"
            f"margin-bottom:{below:g}px'>"
            f"<div style='width:{left:.2f}%'></div>"
            f"<div style='width:{width:.2f}%;{_LINE}'></div></div>"
        )

    def _part(self, value: float) -> float:
        """Return *value* as per cent of the width."""
        return min(max(value / self.top, 0.0), 1.0) * 100

    def _repr_html_(self) -> str:
        return f"<div {NO_MATH}>{self.html()}</div>"

    def __repr__(self) -> str:
        wide = max((len(mark.label) for mark in self.marks), default=0)
        lines = [
            f"{on_one_line(mark.label):<{wide}}  "
            f"{'█' * round(self._part(mark.value or 0.0) * CELLS / 100):<{CELLS}}  {mark.words}"
            for mark in self.marks
        ]
        return "\n".join([on_one_line(self.heading), *lines])

    def draw(self, ax: Any) -> None:  # noqa: ANN401  matplotlib need not be there
        """Draw it with matplotlib, on *ax*."""
        for place, mark in enumerate(self.marks):
            value = mark.value or 0.0
            colour = "#9e9e9e" if mark.is_quiet else "#1976d2"
            ax.barh(place, value, height=0.6, color=colour)
            if mark.low is not None and mark.high is not None:
                ax.plot([mark.low, mark.high], [place, place], color="#424242", linewidth=1.5)
            ax.annotate(
                mark.words,
                (max(value, mark.high or 0.0), place),
                (5, 0),
                textcoords="offset points",
                va="center",
                fontsize=9,
            )
        ax.set_yticks(range(len(self.marks)), [on_one_line(mark.label) for mark in self.marks])
        ax.set_xlim(0, self.top * 1.35)  # words stand behind the longest bar
        ax.set_xticks([self.top * n / 4 for n in range(5)])
        ax.set_title(on_one_line(self.heading), loc="left", fontsize=10)
        ax.invert_yaxis()
        for side in ("top", "right"):
            ax.spines[side].set_visible(False)
