"""
What a plan looks like in a notebook: its grid, still blank, with what it holds and what it costs.

On its own because it is words and html; nothing of a prompt becomes markup.
"""

from __future__ import annotations

import html
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import numpy as np

from leonardo_nb.engine.markup import NO_MATH
from leonardo_nb.errors import LeonardoError
from leonardo_nb.sweeps.axes import cut, label_of
from leonardo_nb.sweeps.estimate import counted, in_words
from leonardo_nb.sweeps.layout import Place, lay_out

if TYPE_CHECKING:
    from collections.abc import Sequence
    from collections.abc import Set as AbstractSet

    from numpy.typing import NDArray

    from leonardo_nb.sweeps.axes import Axis
    from leonardo_nb.sweeps.cells import Cell
    from leonardo_nb.sweeps.layout import Layout
    from leonardo_nb.sweeps.plan import Plan

__all__ = ["headline", "plan_html"]

MOST_COLUMNS, MOST_ROWS, MOST_GRIDS = 16, 12, 4
"""How much of a grid is drawn; the rest is said in words."""
MOST_DROPPED = 6
LABEL_SHOWN = 28

LINE = "rgba(128,128,128,.45)"
FRAME = "font:13px/1.5 var(--jp-ui-font-family,system-ui,sans-serif);max-width:60em"
QUIET = "opacity:.7"
BOX = "display:inline-block;width:18px;height:18px;border-radius:3px;vertical-align:middle;"
NEW = f"{BOX}border:1px solid {LINE}"
HAD = f"{BOX}border:1px solid {LINE};background:rgba(128,128,128,.45)"
HOLE = f"{BOX}border:1px dashed {LINE};opacity:.45"
CELL = "padding:1px 2px;text-align:center;border:0;background:none"
LABEL = (
    "font-size:inherit;padding:1px 6px;border:0;background:none;font-weight:400;"
    f"{QUIET};white-space:nowrap"
)
PLAIN = (
    "font-size:inherit;border:0;border-collapse:collapse;margin:.35em 1.2em .35em 0;"
    "display:inline-table"
)


def headline(plan: Plan, known: AbstractSet[str] | None = None) -> str:
    """
    Return how many cells *plan* has, how many are new, and what those cost and take.

    Args:
        plan: The plan.
        known: The content keys of what the library has; asked for if None.
    """
    known = plan.known() if known is None else known
    new, jobs = len(plan.keys) - len(known), len(plan.keys)
    try:
        estimate = plan.estimate_without(known)
    except LeonardoError as error:
        return f"{counted(len(plan), 'cell')}, price unknown: {error}"
    parts = [counted(len(plan), "cell")]
    if jobs < len(plan):
        parts.append(counted(jobs, "job"))
    if new == jobs:
        parts.append("all new")
    elif not new:
        parts.append("all in the library already, nothing to pay")
    else:
        parts.append(f"{new:,} new, {jobs - new:,} in the library already")
    if new:
        price = "price unknown" if estimate.cost is None else str(estimate.cost)
        parts += [price, f"about {in_words(estimate.seconds)}"]
    return ", ".join(parts)


def plan_html(plan: Plan) -> str:
    """Return *plan* as html: headline, blank grid, what all cells share, what is left out."""
    known = frozenset(plan.known())
    parts = [
        f'<div style="font-weight:600">{_text(headline(plan, known))}</div>',
        _grids(plan, known),
        _same(plan),
        _dropped(plan),
        _what_now(plan, known),
    ]
    return f'<div {NO_MATH} style="{FRAME}">{"".join(filter(None, parts))}</div>'


def _grids(plan: Plan, known: frozenset[str]) -> str:
    layout = lay_out(plan.axes)
    if not plan.axes:
        return ""
    drawn = _drawn(plan, layout)
    titles = layout.facet_labels
    tables = [
        _grid(plan, known, drawn, facet, title) for facet, title in enumerate(titles[:MOST_GRIDS])
    ]
    names = [axis.name for axis in (layout.y, layout.x) if axis is not None]
    said = " by ".join(names)
    if layout.facets:
        said += f", for each {' and '.join(axis.name for axis in layout.facets)}"
    more = len(titles) - MOST_GRIDS
    besides = f'<div style="{QUIET}">and {more:,} more grids like these</div>' if more > 0 else ""
    key = ""
    if known:
        key = (
            f'<div style="{QUIET}"><span style="{NEW}"></span> new '
            f'<span style="{HAD};margin-left:8px"></span> in the library</div>'
        )
    return f'<div style="{QUIET}">{_text(said)}</div><div>{"".join(tables)}{besides}</div>{key}'


def _drawn(plan: Plan, layout: Layout) -> dict[Place, Cell]:
    """Return the cells of the part of the grid that is drawn, by their places."""
    indices = plan.cells.indices

    def number(axes: Sequence[Axis]) -> NDArray[np.int64]:
        found = np.zeros(len(indices), np.int64)
        for axis in axes:
            found = found * len(axis) + indices[:, plan.axes.index(axis)]
        return found

    facets = number((*layout.pages, *layout.facets))
    rows = number([layout.y] if layout.y else [])
    columns = number([layout.x] if layout.x else [])
    is_drawn = (facets < MOST_GRIDS) & (rows < MOST_ROWS) & (columns < MOST_COLUMNS)
    return {
        Place(int(facets[n]), int(rows[n]), int(columns[n])): plan.cells[n]
        for n in np.flatnonzero(is_drawn).tolist()
    }


def _grid(
    plan: Plan, known: frozenset[str], drawn: dict[Place, Cell], facet: int, title: str
) -> str:
    layout = lay_out(plan.axes)
    columns, over = _first(layout.x.labels if layout.x else ("",), MOST_COLUMNS)
    rows, below = _first(layout.y.labels if layout.y else ("",), MOST_ROWS)
    head = "".join(
        f'<th style="{LABEL}" title="{_text(each)}">{_short(each)}</th>' for each in columns
    )
    if over:
        head += f'<th style="{LABEL}">+ {over:,}</th>'
    corner = f'<th style="{LABEL}"></th>' if layout.y else ""
    lines = []
    for r, label in enumerate(rows):
        boxes = "".join(
            f'<td style="{CELL}">{_box(drawn.get(Place(facet, r, c)), known)}</td>'
            for c in range(len(columns))
        )
        name = f'<th style="{LABEL};text-align:right" title="{_text(label)}">{_short(label)}</th>'
        lines.append(f'<tr style="background:none">{name if layout.y else ""}{boxes}</tr>')
    if below:
        lines.append(f'<tr style="background:none"><th style="{LABEL}">+ {below:,} more</th></tr>')
    caption = (
        f'<caption style="text-align:left;padding:0 6px;{QUIET}">{_short(title)}</caption>'
        if title
        else ""
    )
    return (
        f'<table style="{PLAIN}">{caption}<thead><tr style="background:none">{corner}{head}</tr>'
        f"</thead><tbody>{''.join(lines)}</tbody></table>"
    )


def _box(cell: Cell | None, known: frozenset[str]) -> str:
    if cell is None:
        return f'<span style="{HOLE}" title="left out"></span>'
    return f'<span style="{HAD if cell.key in known else NEW}"></span>'


def _first(labels: Sequence[str], most: int) -> tuple[Sequence[str], int]:
    return labels[:most], max(len(labels) - most, 0)


def _same(plan: Plan) -> str:
    pairs = [(name, label_of(name, value)) for name, value in plan.fixed.items()]
    if plan.space.template is not None:
        pairs.insert(0, ("prompt", plan.space.template))
    if not pairs:
        return ""
    said = ", ".join(
        f'<span style="{QUIET}">{_text(name)}</span> {_text(cut(value))}' for name, value in pairs
    )
    return f'<div style="margin-top:.3em">In every cell: {said}</div>'


def _what_now(plan: Plan, known: frozenset[str]) -> str:
    """Return the line that starts it, with what it costs as its budget."""
    cost = None
    if len(known) < len(plan.keys):
        with suppress(LeonardoError):
            cost = plan.estimate_without(known).cost
    budget = "" if cost is None else f"budget=leo.{cost!r}"
    return (
        f'<div style="margin-top:.4em;{QUIET}">Nothing is sent yet: '
        f"<code>plan.start({_text(budget)})</code> does that.</div>"
    )


def _dropped(plan: Plan) -> str:
    if not plan.dropped:
        return ""
    lines = "".join(f"<li>{_text(str(each))}</li>" for each in plan.dropped[:MOST_DROPPED])
    more = len(plan.dropped) - MOST_DROPPED
    others = f"<li>and {more:,} reasons more: plan.dropped</li>" if more > 0 else ""
    return f'<ul style="margin:.3em 0 0;padding-left:1.2em">{lines}{others}</ul>'


def _short(label: str) -> str:
    return _text(label if len(label) <= LABEL_SHOWN else f"{label[: LABEL_SHOWN - 1]}…")


def _text(value: Any) -> str:  # noqa: ANN401  shown as it is
    return html.escape(str(value))
