"""
What is known of a cell's picture, as it is written into copies of its file.

Whoever hands sweeps on finds all of provenance here; `library.provenance` knows no sweeps.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from leonardo_nb.engine.provenance import of_job
from leonardo_nb.library.provenance import WITHHELD, Embedded, OnAxis, Provenance, embed, read
from leonardo_nb.library.signing import Signatory, signed

if TYPE_CHECKING:
    from leonardo_nb.sweeps.axes import Axis
    from leonardo_nb.sweeps.cells import Cell
    from leonardo_nb.sweeps.run import Run

__all__ = [
    "Embedded",
    "OnAxis",
    "Provenance",
    "Signatory",
    "embed",
    "is_wordy",
    "of_cell",
    "of_job",
    "read",
    "signed",
]


def of_cell(run: Run, cell: Cell, *, prompt: bool = True) -> Provenance:
    """
    Return what is known of the picture in *cell*, and of its place in *run*.

    Args:
        run: The sweep.
        cell: One of `run.cells`.
        prompt: False leaves out what somebody wrote: prompts, the words in them that vary, and the
            key of the request. Such axes keep numbers, as in "prompt 2".
    """
    made = of_job(run.job(cell), cell.image, prompt=prompt)
    wordy = set() if prompt else {axis.name for axis in run.axes if is_wordy(axis)}
    # a name may be made of the first words of a prompt
    name = run.name if prompt else " x ".join(axis.name for axis in run.axes)
    return replace(
        made,
        sweep=name or None,
        axes=tuple(
            _place(axis, cell, is_told=axis.name not in wordy)
            for axis in run.axes
            if axis.name in cell.coords
        ),
        withheld=(*made.withheld, *sorted(wordy - set(made.withheld))),
    )


def _place(axis: Axis, cell: Cell, *, is_told: bool) -> OnAxis:
    value = cell.coords[axis.name]
    at = axis.index(value)
    if not is_told:
        return OnAxis(axis.name, f"{axis.name} {at + 1}", None, at, axis.role, axis.members)
    return OnAxis(axis.name, axis.labels[at], _plain(value), at, axis.role, axis.members)


def is_wordy(axis: Axis) -> bool:
    """Whether values of *axis* are somebody's words."""
    return axis.role == "slot" or bool(set(axis.sets) & set(WITHHELD))


def _plain(value: object) -> Any:  # noqa: ANN401  whatever JSON can hold
    """Return *value* made of what JSON has."""
    if isinstance(value, tuple | list):
        return [_plain(each) for each in value]
    if isinstance(value, dict):
        return {str(name): _plain(each) for name, each in value.items()}
    return value if isinstance(value, str | int | float | bool | None) else str(value)
