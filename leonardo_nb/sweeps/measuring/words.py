"""
Shares and chances in words, the same in every table and sentence.

Apart from `effects` and the ranking, which both say how much and between what.
"""

from __future__ import annotations

__all__ = ["between", "open_between", "open_percent", "percent"]


def percent(share: float | None) -> str:
    """
    Return a share as it is said; none at all may be 0.

    >>> percent(0.624), percent(0.004), percent(0), percent(None)
    ('62 %', 'under 1 %', '0 %', 'not known')
    """
    if share is None:
        return "not known"
    return "under 1 %" if 0 < share < 0.005 else f"{100 * share:.0f} %"


def open_percent(share: float) -> str:
    """
    Return a chance as it is said; nothing that is open is certain.

    >>> open_percent(0.856), open_percent(0.9999), open_percent(0.001)
    ('86 %', 'over 99 %', 'under 1 %')
    """
    if share > 0.99:
        return "over 99 %"
    return "under 1 %" if share < 0.01 else f"{round(100 * share)} %"


def between(low: float | None, high: float | None) -> str:
    """
    Return an interval as it is said.

    >>> between(0.551, 0.678), between(0, 0.003), between(None, None)
    ('55 to 68 %', 'under 1 %', '')
    """
    if high is not None and high < 0.005:
        return "under 1 %"
    return "" if low is None or high is None else f"{100 * low:.0f} to {100 * high:.0f} %"


def open_between(low: float, high: float) -> str:
    """
    Return an interval of chances as it is said; no end of it is certain, either.

    >>> open_between(0.707, 0.9999)
    '71 to 99 %'
    """
    first, last = (min(max(round(100 * end), 1), 99) for end in (low, high))
    return f"{first} to {last} %"
