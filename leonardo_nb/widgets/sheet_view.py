"""
What a sheet says: every word, rounding and total of a run's grid, as plain values.

The page only draws what stands here, so wording is tested without Jupyter or a browser.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from leonardo_nb.engine.standing import FROM_LIBRARY
from leonardo_nb.money import Credits
from leonardo_nb.sweeps.estimate import counted, in_words, slots_of
from leonardo_nb.sweeps.recorded.theatre import Theatre
from leonardo_nb.sweeps.states import took
from leonardo_nb.widgets.sheet_replay import as_replay
from leonardo_nb.widgets.sheet_tally import Tally, is_unknown
from leonardo_nb.widgets.view import (
    card_view,
    day_of,
    error_lines,
    facts_of,
    seconds,
    way_of,
)

if TYPE_CHECKING:
    from leonardo_nb.money import Cost
    from leonardo_nb.sweeps.run import Run
    from leonardo_nb.sweeps.states import Counts

__all__ = [
    "cell_view",
    "ends_of",
    "head_view",
    "is_unknown",
    "money_words",
    "of_library",
    "reason_of",
]

WITH_ID = re.compile(r"^Generation [0-9a-f]{8}-[0-9a-f-]{27} ")
REFUSED = re.compile(r'^The service refused \w+: "(.+)"\.?$')


def head_view(run: Run, tally: Tally | None = None) -> dict[str, Any]:
    """
    Return what stands above the grid.

    Members: `mark`, `word`, `rest` (what the word leaves out), `bar` (cells done, failed, running,
    waiting, stopped), `money`, `left`, `simulated`, `actions` (each with `do`, `label` and
    `consequence`) and `said`, the sentence for screen readers, which changes at most nine times.

    Args:
        run: Any run.
        tally: Its numbers where somebody keeps them; else they are counted now.
    """
    tally = tally or Tally.of(run)
    counts = tally.counts
    is_paused = run.is_paused
    head = {
        "mark": _mark(counts, is_paused=is_paused),
        "word": f"{counts.done:,} of {counts.total:,}",
        "rest": _rest(tally, is_paused=is_paused) + _to_go_on(run, counts),
        "bar": [counts.done, counts.failed, counts.running, counts.waiting, counts.stopped],
        "money": _money(tally),
        "left": "" if is_paused else _left(run, tally),
        "simulated": tally.simulated,
        "actions": _actions(tally, is_paused=is_paused),
        "said": _said(tally),
    }
    return as_replay(run, head)


def _mark(counts: Counts, *, is_paused: bool) -> str:
    if counts.open:
        if is_paused:
            return "bars"
        return "quarter" if counts.total > counts.waiting else "circle"
    if counts.failed:
        return "triangle"
    return "disc" if counts.done and not counts.stopped else "square"


def _left(run: Run, tally: Tally) -> str:
    if not tally.counts.open:
        return ""
    studio = run.studio
    seconds = tally.seconds_left(slots_of(studio), studio.limits.creates_per_minute, studio.speed)
    return f"about {in_words(seconds)} left"


def _rest(tally: Tally, *, is_paused: bool = False) -> str:
    now = {"looked for": tally.looked_for, "of another kernel watched": tally.watched}
    paused = ["paused"] if is_paused else []
    return ", ".join(
        [*paused, *_ends(tally), *(f"{number:,} {name}" for name, number in now.items() if number)]
    )


def _to_go_on(run: Run, counts: Counts) -> str:
    """Return what asks again for the cells that were stopped, for which there is no button."""
    if counts.open or not counts.stopped or isinstance(run.studio, Theatre):
        return ""
    return f"; run.extend() sends {'it' if counts.stopped == 1 else 'them'}"


def ends_of(run: Run) -> list[str]:
    """Return how many cells ended without a picture, and how, in words."""
    return _ends(Tally.of(run))


def _ends(tally: Tally) -> list[str]:
    named = {
        "failed": tally.failed,
        "of unknown outcome": tally.unknown,
        "stopped": tally.counts.stopped,
    }
    return [f"{number:,} {name}" for name, number in named.items() if number]


def of_library(run: Run) -> str:
    """Return how many cells cost nothing because the library had them, or ""."""
    return _of_library(Tally.of(run))


def _of_library(tally: Tally) -> str:
    reused, size = tally.reused, tally.counts.total
    if not reused:
        return ""
    some = f"all {reused:,}" if reused == size else f"{reused:,} of {size:,}"
    return f"{some} {FROM_LIBRARY}"


def money_words(run: Run) -> str:
    """Return what is spent, of how much, or what is known of it, and what the library had."""
    return _money(Tally.of(run))


def _money(tally: Tally) -> str:
    had, spent = _of_library(tally), _spent(tally)
    if not had:
        return spent
    if had.startswith("all "):
        return f"{had}, nothing spent now"
    if spent and tally.price is not None:
        spent += " spent now"
    return f"{had}, {spent}" if spent else had


def _spent(tally: Tally) -> str:
    cost, price = tally.cost, tally.price
    open_ = tally.counts.open
    if price is None:
        return f"{cost} so far" if cost is not None and open_ else str(cost or "")
    if not open_:
        return str(price)
    return f"{_bare(cost) if cost is not None else '0'} of {price}"


def _bare(amount: Cost) -> str:
    return f"{amount.amount:,f}" if isinstance(amount, Credits) else str(amount)


def _actions(tally: Tally, *, is_paused: bool) -> list[dict[str, str]]:
    """Return what can be done to all of it, each with its consequence."""
    counts = tally.counts
    actions = []
    sends = [f"{counts.waiting:,} that wait"] if counts.waiting else []
    if tally.looked_for:
        sends.append(f"of {tally.looked_for:,} looked for what is not found")
    if is_paused and sends:
        actions.append(("go_on", "Go on", f"sends {', and '.join(sends)}"))
    elif counts.waiting:
        verb = "waits" if counts.waiting == 1 else "wait"
        actions.append(("pause", "Pause", f"{counts.waiting:,} {verb}{_going_on(counts)}"))
    if counts.waiting:
        verb = "is" if counts.waiting == 1 else "are"
        consequence = f"{counts.waiting:,} {verb} never sent or paid{_going_on(counts)}"
        actions.append(("stop", "Stop", consequence))
    if tally.failed:
        price = tally.price_again
        cost = "" if price is None else f", {price}"
        actions.append(("retry", "Try again", f"only the {tally.failed:,} that failed{cost}"))
    names = ("do", "label", "consequence")
    return [dict(zip(names, action, strict=True)) for action in actions]


def _going_on(counts: Counts) -> str:
    if not counts.running:
        return ""
    return f", {counts.running:,} already paid {'finishes' if counts.running == 1 else 'finish'}"


def _said(tally: Tally) -> str:
    counts = tally.counts
    ended = counts.total - counts.open
    if not counts.open:
        parts = [f"{counts.done:,} of {counts.total:,} done", _rest(tally), _money(tally)]
        return f"Sweep ended: {', '.join(part for part in parts if part)}."
    quarter = 4 * ended // counts.total
    failed = ", some failed" if counts.failed else ""
    steps = ("Sweep started", "A quarter done", "Half done", "Three quarters done")
    return f"{steps[quarter]}{failed}: {counted(counts.total, 'cell')}."


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
    decided = {name for axis in run.axes for name in (axis.name, *axis.sets)}
    if decided >= {"width", "height"}:
        decided.add("size")
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
            [axis.name, axis.label(cell.coords[axis.name])]
            for axis in run.axes
            if axis.name in cell.coords and axis.name != "prompt"
        ],
        "parameters": [pair for pair in card["parameters"] if pair[0] not in decided],
        "facts": facts,
        "notes": way_of(known),
        "error": card["error"],
        "advice": card["advice"],
        "code": card["code"],
    }
