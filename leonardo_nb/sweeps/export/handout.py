"""
A run as it is handed on: with everybody's words, or without them.

The one place that knows which parts of a sweep are words that somebody wrote, so that no export
says a prompt that another one leaves out.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final, TypeVar

from leonardo_nb.errors import InvalidRequest, LibraryError
from leonardo_nb.library.provenance import WITHHELD, is_wordy
from leonardo_nb.service.plain import as_shown, on_one_line
from leonardo_nb.sweeps.book import Book
from leonardo_nb.sweeps.cells import indices_of
from leonardo_nb.sweeps.estimate import counted
from leonardo_nb.sweeps.provenance import wordless
from leonardo_nb.sweeps.states import CellState

if TYPE_CHECKING:
    from collections.abc import Mapping

    from leonardo_nb.engine.media import Image
    from leonardo_nb.library.shelf import Mark
    from leonardo_nb.service.requests import CreateGeneration
    from leonardo_nb.sweeps.axes import Axis
    from leonardo_nb.sweeps.cells import Cell
    from leonardo_nb.sweeps.run import Run

__all__ = ["LEFT_OUT", "Handout", "at_one_moment", "bytes_of"]

T = TypeVar("T")

LEFT_OUT: Final = "…"
"""What stands where words were."""
FEWEST: Final = 3
"""Characters of the shortest words that are looked for in sentences; shorter ones are anywhere."""


READERS: Final = 2


class Handout:
    """
    What an export takes from a run, read once.

    Attributes:
        run: The run, as it was at the moment of reading.
        prompt: Whether words are handed on.
        axes: Its axes.
        cells: Its cells.
        labels: How the values of each axis are written, in the order of `axes`.
        places: Where each cell stands on each axis, cells x axes; -1 where it says nothing of one.
    """

    def __init__(self, run: Run, *, prompt: bool = True) -> None:
        self.run = at_one_moment(run)
        self.prompt = prompt
        self.axes = run.axes
        self.cells = tuple(run.cells)
        self.labels = tuple(
            tuple(map(as_shown, (axis if prompt else wordless(axis)).labels)) for axis in run.axes
        )
        self.places = indices_of(run.axes, run.cells)
        if not self.cells:
            raise InvalidRequest(
                "This part of the sweep has no cells, so there is nothing to hand on.",
                member="run",
            )

    def is_withheld(self, axis: Axis) -> bool:
        """Whether *axis* has words on it that are not handed on."""
        return not self.prompt and is_wordy(axis)

    @property
    def name(self) -> str:
        """What the sweep is called; what varies in it where its name may be made of a prompt."""
        if self.prompt:
            return on_one_line(self.run.name) or "sweep"
        return " x ".join(axis.name for axis in self.axes) or "sweep"

    def label(self, cell: Cell, axis: Axis) -> str | None:
        """Return how the place of *cell* on *axis* is written; None where it says nothing of it."""
        column = self.axes.index(axis)
        place = int(self.places[cell.index][column])
        return None if place < 0 else self.labels[column][place]

    def where(self, cell: Cell) -> dict[str, str]:
        """Return how the place of *cell* is written, by the names of the axes that it is on."""
        labels = ((axis.name, self.label(cell, axis)) for axis in self.axes)
        return {name: label for name, label in labels if label is not None}

    @cached_property
    def pictures(self) -> dict[int, Image]:
        """Return the pictures that are there, by cell; those whose file is damaged are not."""
        found = {
            cell.index: picture
            for cell in self.cells
            if (picture := self.run.picture(cell)) is not None
        }
        with ThreadPoolExecutor(READERS) as readers:
            whole = readers.map(lambda each: bytes_of(each) is not None, found.values())
            return {n: found[n] for n, is_whole in zip(found, whole, strict=True) if is_whole}

    @cached_property
    def marks(self) -> Mapping[int, Mark]:
        """Return what was marked, by cell; without notes where words are withheld."""
        marks = self.run.studio.shelf.marks([cell.picture for cell in self.cells])
        if not self.prompt:
            marks = {name: replace(mark, note="") for name, mark in marks.items()}
        return {cell.index: mark for cell in self.cells if (mark := marks.get(cell.picture))}

    def words(self, request: CreateGeneration) -> dict[str, str]:
        """Return what somebody wrote in *request*, by member; nothing where it is withheld."""
        return _words(request) if self.prompt else {}

    def said(self, text: str, cell: Cell) -> str:
        """Return *text*, which is about *cell*, without the words that are withheld."""
        if self.prompt:
            return text
        wordy = (axis for axis in self.axes if is_wordy(axis))
        secrets = [*_words(cell.request).values(), *self._slots(cell, wordy)]
        for secret in sorted(secrets, key=len, reverse=True):
            for spelling in (secret, on_one_line(secret), as_shown(secret)):
                if len(spelling) >= FEWEST:
                    text = text.replace(spelling, LEFT_OUT)
        return text

    def _slots(self, cell: Cell, axes: Any) -> list[str]:  # noqa: ANN401  an iterator of axes
        values = (cell.coords.get(axis.name) for axis in axes)
        return [value for value in values if isinstance(value, str)]

    @property
    def spec(self) -> dict[str, Any]:
        """
        Return the `sweep.json`, which `Plan.from_dict` makes a plan of.

        Without words it says what varied; as it has no `prompt` then, no plan is made of it. The
        same holds for a run of which nobody knows how its words stood in a prompt.
        """
        try:
            spec: dict[str, Any] = self.run.plan.to_dict()
        except InvalidRequest:
            axes = [axis.as_json() for axis in self.axes]
            spec = {"leonardo_nb": "sweep", "version": 1, "name": self.name, "axes": axes}
        if self.prompt:
            return spec
        withheld = {
            axis.name: {"labels": None} | ({"values": list(labels)} if is_wordy(axis) else {})
            for axis, labels in zip(self.axes, self.labels, strict=True)
        }
        axes = [{**axis, **withheld.get(axis["name"], {})} for axis in spec["axes"]]
        fixed = {
            name: value for name, value in spec.get("fixed", {}).items() if name not in WITHHELD
        }
        kept = {name: value for name, value in spec.items() if name != "prompt"}
        return {**kept, "name": self.name, "axes": axes, "fixed": fixed}

    def missing(self) -> str:
        """Return how many cells are not there, and why not, as a sentence; "" where all are."""
        states = Counter(
            CellState.of(self.run.job(cell))
            for cell in self.cells
            if cell.index not in self.pictures
        )
        if not states:
            return ""
        total, here = len(self.cells), len(self.pictures)
        why = ", ".join(
            f"{number:,} {'without a picture' if state is CellState.DONE else state}"
            for state, number in states.items()
        )
        verb = "is" if total - here == 1 else "are"
        return f"{total - here:,} of {counted(total, 'cell')} {verb} not there: {why}."

    def headline(self, times: str = "x") -> str:
        """Return what the sweep is over, such as `3 seed x 4 presetStyle`."""
        many = (f"{len(axis):,} {axis.name}" for axis in self.axes)
        return f" {times} ".join(many) or "one picture"


def bytes_of(image: Image) -> bytes | None:
    """Return the bytes of *image*; None where its file is gone, or is not what once arrived."""
    try:
        data = image.read_bytes()
    except LibraryError:
        return None
    media = image.origin.media
    is_whole = media is None or hashlib.sha256(data).hexdigest() == media.file.sha256
    return data if is_whole else None


def at_one_moment(run: Run) -> Run:
    """
    Return *run* as it is now, whatever becomes of it while it is handed on.

    Else what an export says first and what it says last are of two moments of a run that fills.
    """
    book = run._book  # noqa: SLF001  a copy of its own kind
    still = _copied(run)
    still._book = Book({key: _copied(book.jobs[key]) for key in run._keys}, book.prices)  # noqa: SLF001
    return still


def _copied(one: T) -> T:
    """Return a run or a job that shares all with *one*, and of which nobody else knows."""
    other = object.__new__(type(one))
    other.__dict__.update(one.__dict__)
    return other


def _words(request: CreateGeneration) -> dict[str, str]:
    found = {name: getattr(request, name, None) for name in WITHHELD}
    return {name: value for name, value in found.items() if value}
