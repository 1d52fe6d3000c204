"""Where a run is shown: live in the cell that asks, plain when it has ended, live again at will."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from leonardo_nb.widgets.contact import freeze_run, screens
from leonardo_nb.widgets.freeze import Frozen
from leonardo_nb.widgets.show import Showing, Slot, host, write_plain

if TYPE_CHECKING:
    from leonardo_nb.sweeps.arrangement import Arrangement
    from leonardo_nb.sweeps.run import Run

__all__ = ["explore", "freeze", "show"]

LONGEST_SECONDS: Final = 300.0
"""How long a sheet that has ended stays live at most while somebody has a hand in it."""


def show(run: Run) -> None:
    """
    Show *run* in the cell that runs, and leave a contact sheet there once it has ended.

    The sheet comes also when the run is not awaited in its own cell, and while another is busy.
    """
    if not _in_notebook(run):
        return
    sheet = None if run.done() else run.live_sheet()  # here, where `run.sheet()` is called
    showing = Showing(
        run,
        run.studio.engine,
        is_final=run.done,
        live=lambda: run.live_sheet() if sheet is None else sheet,
        # as it was last turned on the page
        freeze=lambda shown: freeze_run(
            run, arrangement=run.turned if shown is None else shown.turned
        ),
        line=lambda: Frozen({"text/plain": repr(run)}, {}),
        lingers=True,  # nobody loses a sheet from the hand that turns it
        longest=LONGEST_SECONDS,
    )
    if sheet is not None:
        sheet.slots.add(showing.slot)
    showing.start()


def explore(run: Run) -> None:
    """Show the live sheet of *run* in the cell that runs, whether it has ended or not."""
    if not _in_notebook(run):
        return
    sheet = run.live_sheet()
    sheet.is_kept = True
    slot = Slot()
    sheet.slots.add(slot)
    sheet.outputs.append(slot)  # nobody else holds it
    slot.show(sheet, plain=repr(run))


def freeze(run: Run, *, pages: int) -> None:
    """
    Put contact sheets where the live sheet of *run* is shown, or into the cell that runs.

    Args:
        run: As its sheet is turned.
        pages: At most so many, below each other.
    """
    if not _in_notebook(run):
        return
    sheet = run.open_sheet()
    turned = run.turned if sheet is None else sheet.turned
    frozen = _pages(run, turned, pages)
    slots = [] if sheet is None else list(sheet.slots)
    for slot in slots or [Slot()]:
        slot.replace(frozen)
    if sheet is not None:
        sheet.let_go()


def _in_notebook(run: Run) -> bool:
    """Whether a notebook shows it; elsewhere a run is one line, which is said here."""
    match host():
        case "python":
            write_plain(repr(run))
        case "terminal":
            Slot().replace(Frozen({"text/plain": repr(run)}, {}))
        case _:
            return True
    return False


def _pages(run: Run, turned: Arrangement | None, most: int) -> Frozen:
    """Return the first *most* pages as one bundle; hosts that take images only show the first."""
    count = min(screens(run, turned), max(most, 1))
    frozen = [freeze_run(run, arrangement=turned, page=n) for n in range(1, count + 1)]
    if count == 1:
        return frozen[0]
    parts = (f'<div style="margin:0 0 24px">{each.data["text/html"]!s}</div>' for each in frozen)
    return Frozen({**frozen[0].data, "text/html": f"<div>{''.join(parts)}</div>"}, {})
