"""
What is known of a cell's picture, as it is written into copies of its file.

Whoever hands sweeps on finds all of provenance here; `library.provenance` knows no sweeps.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from leonardo_nb.engine.provenance import of_job
from leonardo_nb.library.provenance import (
    Embedded,
    OnAxis,
    Provenance,
    embed,
    is_telling,
    is_wordy,
    read,
)
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
    "is_telling",
    "is_wordy",
    "of_cell",
    "of_job",
    "read",
    "signed",
    "wordless",
]


def of_cell(run: Run, cell: Cell, *, prompt: bool = True) -> Provenance:
    """
    Return what is known of the picture in *cell*, and of its place in *run*.

    Args:
        run: The sweep.
        cell: One of `run.cells`.
        prompt: False leaves out what somebody wrote: prompts, the words in them that vary, and the
            key of the request. Such axes keep numbers, as in "prompt 2"; names that were given to
            values of others are left out, too.
    """
    made = of_job(run.job(cell), cell.image, prompt=prompt)
    if not prompt and not made.withheld:
        # a request without words may have a picture whose file has some
        made = replace(made, withheld=("prompt",))
    wordy = set() if prompt else {axis.name for axis in run.axes if is_wordy(axis)}
    axes = run.axes if prompt else map(wordless, run.axes)
    # a name may be made of the first words of a prompt
    name = run.name if prompt else " x ".join(axis.name for axis in run.axes)
    return replace(
        made,
        sweep=name or None,
        axes=tuple(
            _place(axis, cell, is_told=axis.name not in wordy)
            for axis in axes
            if axis.name in cell.coords
        ),
        withheld=(*made.withheld, *sorted(wordy - set(made.withheld))),
    )


def _place(axis: Axis, cell: Cell, *, is_told: bool) -> OnAxis:
    value = cell.coords[axis.name]
    at = axis.index(value)
    told = _plain(value) if is_told else None
    return OnAxis(axis.name, axis.labels[at], told, at, axis.role, axis.members)


def wordless(axis: Axis) -> Axis:
    """
    Return *axis* with labels that nobody wrote: its values as they are, or numbers for words.

    The values are the same, so that cells are still found on it.

    >>> from leonardo_nb.sweeps.axes import Axis
    >>> wordless(Axis("seed", (1, 2), ("the client's", "mine"))).labels
    ('1', '2')
    >>> wordless(Axis("animal", ("fox", "owl"), role="slot")).labels
    ('animal 1', 'animal 2')
    """
    if not is_wordy(axis):
        return replace(axis, given_labels=None)
    return replace(axis, given_labels=tuple(f"{axis.name} {n}" for n in range(1, len(axis) + 1)))


def _plain(value: object) -> Any:  # noqa: ANN401  whatever JSON can hold
    """Return *value* made of what JSON has."""
    if isinstance(value, tuple | list):
        return [_plain(each) for each in value]
    if isinstance(value, dict):
        return {str(name): _plain(each) for name, each in value.items()}
    return value if isinstance(value, str | int | float | bool | None) else str(value)
