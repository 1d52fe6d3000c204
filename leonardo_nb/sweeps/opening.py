"""The sweeps that the library knows: listed, and opened again after a restart."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING, Any

from leonardo_nb.account.tables import Cell, Table
from leonardo_nb.errors import NotFound
from leonardo_nb.library.shelf import SweepRecord
from leonardo_nb.service.values import shown
from leonardo_nb.sweeps import saved
from leonardo_nb.sweeps.estimate import counted
from leonardo_nb.sweeps.plan import Plan
from leonardo_nb.sweeps.run import Run

if TYPE_CHECKING:
    from collections.abc import Mapping

    from leonardo_nb.studios import Studio

__all__ = ["SweepTable", "open_sweep", "sweeps"]


class SweepTable(Table[SweepRecord]):
    """
    The sweeps of a library, the one that was changed last first; a sequence of `SweepRecord`.

    Args:
        records: The rows.
    """

    __module__ = "leonardo_nb"

    columns = ("name", "varies", "cells", "started", "changed")
    numbers = frozenset({"cells"})
    nouns = ("sweep", "sweeps")

    def __init__(self, records: tuple[SweepRecord, ...]) -> None:
        notes = ['leo.open_sweep("...") opens one of them again.'] if records else []
        super().__init__(records, notes=notes)

    def cells(self, row: SweepRecord) -> tuple[Cell, ...]:
        """Return what the library knows of a sweep."""
        return (
            Cell(row.name),
            Cell(_varies(row.spec)),
            Cell(f"{saved.cells_of(row.spec):,}"),
            Cell(row.created.astimezone().strftime("%Y-%m-%d %H:%M")),
            Cell(row.changed.astimezone().strftime("%Y-%m-%d %H:%M")),
        )


def _varies(spec: Mapping[str, Any]) -> str:
    values: dict[str, set[str]] = {}
    replicates = 1
    for each in saved.specs_of(spec):
        replicates = max(replicates, each["replicates"] or 1)
        for axis in each["axes"]:
            values.setdefault(axis["name"], set()).update(map(repr, axis["values"]))
    axes = [f"{len(some):,} {name}" for name, some in values.items()]
    if replicates > 1:
        axes.append(counted(replicates, "replicate"))
    return " x ".join(axes) or "nothing"


def sweeps(*, studio: Studio | None = None) -> SweepTable:
    """
    Return the sweeps that the library knows of this service, as a table.

    Raises:
        LibraryError: The library cannot be used.
    """
    return SweepTable(_studio(studio).shelf.sweeps())


def open_sweep(name: str, *, studio: Studio | None = None) -> Run:
    """
    Return the sweep that is called *name*, with the jobs that the library has of it.

    Nothing is paid: jobs at the service are watched to their end, requests whose answers were lost
    are looked for among the account's newest jobs, and cells that were never sent, or of which
    nothing is found, are held back until `run.go_on()`, unless this kernel is sending them already.
    Cells of which the library has no job are "stopped"; `run.plan.start()` asks for them. What is
    asked for later is behind the budget that the sweep had last.

    It has the cells of everything that was asked for under the name. Where some of its places were
    widened by replicates and others were not, no one plan makes all of it: `run.plan` and
    `run.extend()` are then of parts, such as `run.where(replicate=1)`.

    Args:
        name: As `leo.sweeps()` lists it.
        studio: Whose library; the default one if None.

    Raises:
        NotFound: There is none of that name; the error names the nearest.
        LibraryError: The library cannot be used.
    """
    where = _studio(studio)
    # no name has half a character, which no database takes
    record = where.shelf.sweep(str(name).encode("utf-8", "replace").decode())
    if record is None:
        known = [each.name for each in where.shelf.sweeps()]
        near = difflib.get_close_matches(str(name)[:200], known, 1, 0.4)
        hint = f'; did you mean "{near[0]}"?' if near else "; leo.sweeps() lists those there are."
        raise NotFound(f"No sweep is called {shown(name)} in this library{hint}", status=200)
    plans, part = saved.opened(Plan, record.spec, where)
    jobs = where.opened({key: job for plan in plans for key, job in plan.requests.items()})
    terms = where.usual.with_(reuse=True).of_sweep(record.name)
    budget = saved.budget_of(record.spec)
    if budget is not None:
        terms = terms.behind(saved.wall_of(where, record.name, budget))
    plans[0].budget = budget
    plan = plans[0] if len(plans) == 1 else None
    run = Run(
        where, part.axes, part.fixed, part.cells, jobs, name=record.name, terms=terms, plan=plan
    )
    run._like = plans[0]  # noqa: SLF001  a run of this house
    return run


def _studio(studio: Studio | None) -> Studio:
    if studio is None:
        from leonardo_nb.default_studio import studio as default

        studio = default()
    return studio
