"""
What a sheet says: every word, rounding and total of a run's grid, as plain values.

The page only draws what stands here, so wording is tested without Jupyter or a browser.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from leonardo_nb.engine.lifecycle import Charge, State
from leonardo_nb.engine.standing import FROM_LIBRARY
from leonardo_nb.errors import OutcomeUnknown
from leonardo_nb.money import Credits
from leonardo_nb.service.catalog import find_model
from leonardo_nb.service.plain import as_shown
from leonardo_nb.sweeps.axes import label_of
from leonardo_nb.sweeps.estimate import counted, in_words
from leonardo_nb.sweeps.run import CellState, took
from leonardo_nb.widgets.view import (
    card_view,
    day_of,
    error_lines,
    facts_of,
    parameter_pairs,
    seconds,
    way_of,
)

if TYPE_CHECKING:
    from leonardo_nb.engine.job import Job
    from leonardo_nb.engine.kinds import GenerationJob
    from leonardo_nb.money import Cost
    from leonardo_nb.sweeps.axes import Axis
    from leonardo_nb.sweeps.cells import Cell
    from leonardo_nb.sweeps.run import Run

__all__ = [
    "cell_view",
    "ends_of",
    "grid_view",
    "head_view",
    "is_unknown",
    "money_words",
    "of_library",
    "reason_of",
    "state_letters",
]

WITH_ID = re.compile(r"^Generation [0-9a-f]{8}-[0-9a-f-]{27} ")
REFUSED = re.compile(r'^The service refused \w+: "(.+)"\.?$')

LETTERS = {
    CellState.WAITING: "w",
    CellState.RUNNING: "r",
    CellState.DONE: "d",
    CellState.FAILED: "f",
    CellState.STOPPED: "s",
}
LOOKED_FOR, UNKNOWN = "l", "u"
"""For cells whose answer was lost: as long as they run, and where nobody knows how they ended."""


def state_letters(run: Run) -> str:
    """Return one letter a cell, so that a thousand cells are a kilobyte."""
    return "".join(_letter(job) for job in run.jobs)


def _letter(job: GenerationJob) -> str:
    if job.snapshot.is_searched:
        return LOOKED_FOR
    return UNKNOWN if is_unknown(job) else LETTERS[CellState.of(job)]


def is_unknown(job: Job[Any]) -> bool:
    """Whether nobody knows how *job* has ended, and whether it was paid."""
    return (
        job.state == State.FAILED
        and job.charge is Charge.UNKNOWN
        and isinstance(job.error, OutcomeUnknown)
    )


def head_view(run: Run) -> dict[str, Any]:
    """
    Return what stands above the grid.

    Members: `mark`, `word`, `rest` (what the word leaves out), `bar` (cells done, failed, running,
    waiting, stopped), `money`, `left`, `simulated`, `prompt`, `stop` (label and consequence, or
    None) and `said`, the sentence for screen readers, which changes at most nine times.
    """
    counts = run.counts
    return {
        "mark": _mark(run),
        "word": f"{counts.done:,} of {counts.total:,}",
        "rest": _rest(run),
        "bar": [counts.done, counts.failed, counts.running, counts.waiting, counts.stopped],
        "money": money_words(run),
        "left": f"about {in_words(run.seconds_left)} left" if counts.open else "",
        "simulated": run.simulated,
        "stop": _stop(run),
        "said": _said(run),
    }


def _mark(run: Run) -> str:
    counts = run.counts
    if counts.open:
        return "quarter" if counts.total > counts.waiting else "circle"
    if counts.done:
        return "disc"
    return "triangle" if counts.failed else "square"


def _rest(run: Run) -> str:
    jobs = run.jobs
    looked_for = sum(job.snapshot.is_searched for job in jobs)
    watched = sum(job.snapshot.elsewhere and not job.state.is_final for job in jobs)
    now = {"looked for": looked_for, "of another kernel watched": watched}
    return ", ".join(
        [*ends_of(run), *(f"{number:,} {name}" for name, number in now.items() if number)]
    )


def ends_of(run: Run) -> list[str]:
    """Return how many cells ended without a picture, and how, in words."""
    counts = run.counts
    unknown = sum(is_unknown(job) for job in run.jobs)
    named = {
        "failed": counts.failed - unknown,
        "of unknown outcome": unknown,
        "stopped": counts.stopped,
    }
    return [f"{number:,} {name}" for name, number in named.items() if number]


def of_library(run: Run) -> str:
    """Return how many cells cost nothing because the library had them, or ""."""
    reused = sum(job.snapshot.reused for job in run.jobs)
    if not reused:
        return ""
    some = f"all {reused:,}" if reused == len(run) else f"{reused:,} of {len(run):,}"
    return f"{some} {FROM_LIBRARY}"


def money_words(run: Run) -> str:
    """Return what is spent, of how much, or what is known of it, and what the library had."""
    had, spent = of_library(run), _spent(run)
    if not had:
        return spent
    if had.startswith("all "):
        return f"{had}, nothing spent now"
    if spent and run.price is not None:
        spent += " spent now"
    return f"{had}, {spent}" if spent else had


def _spent(run: Run) -> str:
    cost, price = run.cost, run.price
    open_ = run.counts.open
    if price is None:
        return f"{cost} so far" if cost is not None and open_ else str(cost or "")
    if not open_:
        return str(price)
    return f"{_bare(cost) if cost is not None else '0'} of {price}"


def _bare(amount: Cost) -> str:
    return f"{amount.amount:,f}" if isinstance(amount, Credits) else str(amount)


def _stop(run: Run) -> dict[str, str] | None:
    counts = run.counts
    if not counts.waiting:
        return None
    consequence = f"withdraws {counts.waiting:,} not sent"
    if counts.running:
        consequence += f", {counts.running:,} paid {'goes' if counts.running == 1 else 'go'} on"
    return {"label": "Stop", "consequence": consequence}


def _said(run: Run) -> str:
    counts = run.counts
    ended = counts.total - counts.open
    if not counts.open:
        parts = [f"{counts.done:,} of {counts.total:,} done", _rest(run), money_words(run)]
        return f"Sweep ended: {', '.join(part for part in parts if part)}."
    quarter = 4 * ended // counts.total
    failed = ", some failed" if counts.failed else ""
    steps = ("Sweep started", "A quarter done", "Half done", "Three quarters done")
    return f"{steps[quarter]}{failed}: {counted(counts.total, 'cell')}."


def grid_view(run: Run) -> dict[str, Any]:
    """
    Return where everything stands; it changes only when the axes are turned.

    Members: `x`, `y`, `facets` (each with `name` and `labels`; x and y may be None), `titles` (one
    a facet), `cells` (the position of each cell in `run.cells`, by facet, row and column), `shapes`
    (width over height, one a cell or one for all), `names` (of all axes), `wraps`, `prompt` (empty
    where it varies), `same`, the (name, value) pairs worth saying that all cells share, and
    `always`, these with model and size where they do not vary, for a side that has no cell to show.
    """
    layout = run.layout
    places = [layout.place(cell.coords) for cell in run.cells]
    order = sorted(range(len(places)), key=places.__getitem__)
    shapes = [_shape(cell) for cell in run.cells]
    return {
        "x": _axis_view(layout.x),
        "y": _axis_view(layout.y),
        "facets": [_axis_view(axis) for axis in layout.facets],
        "titles": list(layout.facet_labels),
        "cells": order,
        "shapes": shapes[:1] if len(set(shapes)) == 1 else shapes,
        "names": [axis.name for axis in run.axes],
        "wraps": layout.wraps,
        "prompt": ""
        if any(axis.name == "prompt" for axis in run.axes)
        else as_shown(run.fixed["prompt"]),
        "same": (same := _same_everywhere(run)),
        "always": [*_usual(run, {name for name, _ in same}), *same],
    }


def _axis_view(axis: Axis | None) -> dict[str, Any] | None:
    return None if axis is None else {"name": axis.name, "labels": list(axis.labels)}


def _shape(cell: Cell) -> float:
    request = cell.request
    return round((request.width or 1024) / (request.height or 768), 4)


def _same_everywhere(run: Run) -> list[list[str]]:
    """Return what differs from the defaults in every cell alike, as (name, value) text."""
    notable = [cell.request.notable() for cell in run.cells]
    varying = {axis.name for axis in run.axes}
    same = {
        name: value
        for name, value in (notable[0] if notable else {}).items()
        if name not in varying and all(other.get(name) == value for other in notable)
    }
    return [list(pair) for pair in parameter_pairs(same)]


def _usual(run: Run, said: set[str]) -> list[list[str]]:
    """Return model and size, which a reader looks for although they are the default."""
    found = []
    models = {cell.request.modelId for cell in run.cells}
    if len(models) == 1 and "modelId" not in said:
        (name,) = models
        model = find_model(name) if name else None
        found += [["model", model.name if model else str(name)]]
    sizes = {(cell.request.width, cell.request.height) for cell in run.cells}
    if len(sizes) == 1 and "size" not in said:
        found += [["size", " × ".join(str(side) for side in next(iter(sizes)))]]  # noqa: RUF001  typographic
    return found


def reason_of(error: BaseException | None) -> str:
    """
    Return why a cell failed, in one sentence without the id, for which a cell has no room.

    >>> reason_of(ValueError("Generation 438afa3c-4b23-4048-b6e2-0d0ddce0115c failed after 3 s."))
    'Failed after 3 s.'
    """
    reason = WITH_ID.sub("", error_lines(error)[0])
    if quoted := REFUSED.match(reason):
        reason = quoted[1]
    return reason[:1].upper() + reason[1:]


def cell_view(run: Run, index: int) -> dict[str, Any]:
    """
    Return one cell as it is shown large at the side.

    Members: those of `card_view` that the side shows, `where` (name and label on each axis),
    `parameters` (what else is not the default), `facts` (took, cost) and `notes`, what was
    unusual on its way.
    """
    cell = run.cells[index]
    job = run.job(cell)
    known = facts_of(job)
    card = card_view(known)
    facts = []
    if card["phase"] == "done" and job.snapshot.reused:
        facts += [["made", day_of(job.created)], ["cost", "none, from the library"]]
    elif card["phase"] == "done":
        facts.append(["took", seconds(took(job))])
    if card["money"] and not job.snapshot.reused:
        name = "cost" if job.done() or job.cost is not None else "price"
        facts.append([name, str(job.cost) if card["phase"] == "done" else card["money"]])
    return {
        "mark": card["mark"],
        "word": card["word"],
        "prompt": card["prompt"],
        "where": [
            [axis.name, label_of(axis.name, cell.coords[axis.name])]
            for axis in run.axes
            if axis.name != "prompt"
        ],
        "parameters": [pair for pair in card["parameters"] if pair[0] not in cell.coords],
        "facts": facts,
        "notes": way_of(known),
        "error": card["error"],
        "advice": card["advice"],
        "code": card["code"],
        "count": len(job.images),
    }
