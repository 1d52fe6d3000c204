"""
What a sweep can be asked besides its jobs: measuring, judging, marking, handing on.

Apart from `run`, which is about jobs; each method opens its room when it is called.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from leonardo_nb.library.shelf import Mark
    from leonardo_nb.money import Cost
    from leonardo_nb.sweeps.arrangement import Arrangement
    from leonardo_nb.sweeps.cells import Cell
    from leonardo_nb.sweeps.effects import Effects
    from leonardo_nb.sweeps.export.writing import Told
    from leonardo_nb.sweeps.judging.ranking import Ranking
    from leonardo_nb.sweeps.marks import Marks
    from leonardo_nb.sweeps.measuring.duplicates import DuplicateTable
    from leonardo_nb.sweeps.measuring.table import MetricTable
    from leonardo_nb.sweeps.plan import Plan
    from leonardo_nb.sweeps.run import Run
    from leonardo_nb.widgets.judge import Judge
    from leonardo_nb.widgets.sheet import Sheet

__all__ = ["SweepMethods"]

_making = threading.Lock()
"""A sheet is asked for by cells and by the engine, and there is one."""


class SweepMethods:
    """The part of `Run` that looks at its pictures and hands them on."""

    # ---- marks and views

    _whole: Run | None = None
    """The run whose sheet shows this one, where `grid` has made it."""
    _sheet: Sheet | None = None
    _arrangement: Arrangement | None = None

    @property
    def marks(self: Run) -> dict[int, Mark]:  # type: ignore[misc]
        """
        What was said of the pictures, by the position of the cell; read from the library now.

        Only cells of which something was said are in it.
        """
        return self._all_marks().read()

    @property
    def starred(self: Run) -> tuple[Cell, ...]:  # type: ignore[misc]
        """The cells whose picture has a star."""
        return tuple(self.cells[n] for n, mark in sorted(self.marks.items()) if mark.star)

    def star(  # type: ignore[misc]
        self: Run,
        *cells: Cell | int,
        undo: bool = False,
        **coords: Any,  # noqa: ANN401  a value on an axis
    ) -> tuple[Cell, ...]:
        """
        Give pictures a star, which the library keeps, and sheets show at once.

        Args:
            *cells: Cells of the run or of a part of it, or their positions.
            undo: Take the star away instead.
            **coords: Values on axes: every cell that has them all; a list is any of its values.

        Returns:
            The cells that were meant.

        Raises:
            InvalidRequest: There is no such cell, axis or value, or nothing is named.
            LibraryError: The library cannot be used.
        """
        return self._mark("star", cells, coords, star=not undo)

    def reject(  # type: ignore[misc]
        self: Run,
        *cells: Cell | int,
        undo: bool = False,
        **coords: Any,  # noqa: ANN401  a value on an axis
    ) -> tuple[Cell, ...]:
        """Mark pictures as rejected, as `star` gives stars; a picture has one of the two."""
        return self._mark("reject", cells, coords, reject=not undo)

    def note(self: Run, cell: Cell | int, text: str) -> Cell:  # type: ignore[misc]
        """
        Keep a note on the picture of *cell*; "" removes it.

        Raises:
            InvalidRequest: It is no text, has more than 2,000 characters, or there is no such cell.
        """
        from leonardo_nb.sweeps.marks import checked_note

        return self._mark("note", (cell,), {}, note=checked_note(text))[0]

    def _all_marks(self: Run) -> Marks:  # type: ignore[misc]
        from leonardo_nb.sweeps.marks import Marks

        return Marks(self.studio.shelf, [cell.picture for cell in self.cells])

    def _mark(  # type: ignore[misc]
        self: Run,
        function: str,
        cells: tuple[object, ...],
        coords: dict[str, Any],
        **change: Any,  # noqa: ANN401  star, reject or note
    ) -> tuple[Cell, ...]:
        from leonardo_nb.sweeps.marks import positions_of

        meant = positions_of(self.cells, self.axes, cells, coords, function=function)
        self._all_marks().change(meant, **change)
        return tuple(self.cells[n] for n in meant)

    @property
    def selected(self: Run) -> tuple[Cell, ...]:  # type: ignore[misc]
        """The cells that are chosen on the page, the first one first; several are compared."""
        sheet = self.open_sheet()
        return () if sheet is None else sheet.chosen

    def select(  # type: ignore[misc]
        self: Run,
        *cells: Cell | int,
        **coords: Any,  # noqa: ANN401  a value on an axis
    ) -> tuple[Cell, ...]:
        """
        Choose cells on every page that shows the live sheet, and bring the first one into view.

        Args:
            *cells: As in `star`.
            **coords: As in `star`.

        Returns:
            The cells that were meant.

        Raises:
            InvalidRequest: There is no such cell, axis or value, or nothing is named.
        """
        from leonardo_nb.sweeps.marks import positions_of

        meant = positions_of(self.cells, self.axes, cells, coords, function="select")
        if (sheet := self.open_sheet()) is not None:
            sheet.choose(meant)
        return tuple(self.cells[n] for n in meant)

    def grid(  # type: ignore[misc]
        self: Run,
        x: str | None = None,
        y: str | None = None,
        facet: str | Iterable[str] | None = None,
        page: str | Iterable[str] | None = None,
        *,
        at: Mapping[str, object] | None = None,
        shown: Mapping[str, object] | None = None,
        size: int | None = None,
        state: str | None = None,
        star: str | bool | None = None,
        most: Cost | float | None = None,
        text: str | None = None,
        **values: object,
    ) -> Run:
        """
        Turn the live sheet, wherever it is open, and return the same run laid out so.

        What is not said stays as it is on the page; where x, y, facet or page is said, the places
        of the other axes are chosen anew.

        Args:
            x: The axis of the columns.
            y: The axis of the rows.
            facet: The axis, or axes, side by side.
            page: The axis, or axes, of which one value is shown at a time.
            at: Which value of a page axis that is, as `{"seed": 2}`.
            shown: Which values of an axis are shown, in this order; None for all of them.
            size: Pixels that a picture is wide; 0 for what fits.
            state: Only cells that are "waiting", "running", "done", "failed", "unknown" or
                "stopped"; "" for all.
            star: Only cells with a star (True or "star"), "reject" or "unmarked"; "" for all.
            most: Only cells that cost no more.
            text: Only cells with these words in a label or a note; "" for all.
            **values: Only these values of an axis, one or a list; None for all.

        Raises:
            InvalidRequest: There is no such axis, value, state or mark; the error names the
                nearest.
        """
        from leonardo_nb.sweeps.arrangement import arranged, of_layout

        sheet = self.open_sheet()
        now = self.turned or of_layout(self.layout)
        turned = arranged(
            now,
            self.axes,
            x=x,
            y=y,
            facet=facet,
            page=page,
            at=at,
            shown=shown,
            size=size,
            state=state,
            star=star,
            most=most,
            text=text,
            **values,
        )
        if sheet is not None:
            sheet.turn(turned)
        view = self._view(self._part, layout=turned.layout(self.axes))
        view._whole = self._whole or self  # noqa: SLF001  its own kind
        view._arrangement = turned  # noqa: SLF001
        return view

    @property
    def turned(self: Run) -> Arrangement | None:  # type: ignore[misc]
        """How its live sheet is turned, or `grid` has turned it; None where nobody has."""
        sheet = self.open_sheet()
        return self._arrangement if sheet is None else sheet.turned

    def sheet(self: Run) -> Sheet:  # type: ignore[misc]
        """Return the live grid, an ipywidget that sits in any box; one model for all its views."""
        sheet = self.live_sheet()
        sheet.is_kept = True
        return sheet

    def live_sheet(self: Run) -> Sheet:  # type: ignore[misc]
        """Return the grid that `sheet` returns, without keeping it past the last cell it is in."""
        from leonardo_nb.widgets.sheet import Sheet

        whole = self._whole or self
        with _making:
            if (sheet := self.open_sheet()) is None:
                whole._sheet = sheet = Sheet(whole, self._arrangement)  # noqa: SLF001  its own kind
            return sheet

    def open_sheet(self: Run) -> Sheet | None:  # type: ignore[misc]
        """Return the live grid where there is one that has not been closed."""
        sheet = (self._whole or self)._sheet  # noqa: SLF001  its own kind
        return None if sheet is None or not sheet.is_open else sheet

    def explore(self: Run) -> None:  # type: ignore[misc]
        """
        Show the live sheet in this cell, at any time, also of a sweep that ended long ago.

        It stays live until `freeze()`, or until the kernel ends. A notebook that is saved while it
        is live keeps no picture of it: a page that is opened then knows nothing of the kernel.
        """
        from leonardo_nb.widgets.sheet_outputs import explore

        explore(self)

    def freeze(self: Run, *, pages: int = 10) -> None:  # type: ignore[misc]
        """
        Put labelled contact sheets where the live sheet is shown, as it was last turned.

        They are plain pictures, which a saved notebook keeps. Where no live sheet is shown, they
        come into this cell.

        Args:
            pages: At most so many, of up to 150 cells each; `contact_sheets(path)` writes all.
        """
        from leonardo_nb.widgets.sheet_outputs import freeze

        freeze(self, pages=pages)

    def _ipython_display_(self: Run) -> None:  # type: ignore[misc]
        from leonardo_nb.widgets.sheet_outputs import show

        show(self)

    # ---- measuring

    def effects(self: Run, metric: object = "phash") -> Effects:  # type: ignore[misc]
        """
        Return which axis explains how much of the change between the pictures.

        A share for each axis, each pair of axes, and for chance, with 95 % intervals; for numeric
        axes also which neighbouring values differ less than chance does. It shows itself, and says
        what it comes to in `effects.sentence`. Chance is measured by replicates, or by seeds.

        Args:
            metric: "phash", "dhash", "colour", "brightness", "contrast", "colourfulness",
                "entropy" or "edges", or a function that takes a `PIL.Image.Image` (RGB, 256 pixels
                on its longer side) and gives a number or an array.

        Raises:
            InvalidRequest: There is no such metric, there are too few pictures, or nothing varies.
            TypeError: *metric* is neither a name nor a function.
        """
        from leonardo_nb.sweeps.effects import effects_of

        return effects_of(self, metric)

    def metrics(self: Run, *metrics: object) -> MetricTable:  # type: ignore[misc]
        """
        Return numbers for each picture, as a table with `to_pandas()`.

        Args:
            *metrics: As in `effects`; all of ours where none is named.

        Raises:
            InvalidRequest: There is no such metric, no picture, or none that could be measured.
            TypeError: Something is neither a name nor a function.
        """
        from leonardo_nb.sweeps.measuring.table import metrics_of

        return metrics_of(self, metrics)

    def duplicates(self: Run, distance: float = 0.08) -> DuplicateTable:  # type: ignore[misc]
        """
        Return groups of cells whose pictures are near-identical; those of one file are told apart.

        Args:
            distance: The largest share of bits, from 0 to 1, in which each of two hashes differs.

        Raises:
            InvalidRequest: *distance* is not from 0 to 1, or there is no picture.
        """
        from leonardo_nb.sweeps.measuring.duplicates import duplicates_of

        return duplicates_of(self, distance)

    def refine(  # type: ignore[misc]
        self: Run,
        axis: str,
        budget: Cost | None = None,
        *,
        n: int | None = None,
        metric: object = "phash",
    ) -> Plan | Run:
        """
        Return the sweep with more values on a numeric *axis*, where neighbours differ most.

        Args:
            axis: A parameter that varies and is a number.
            budget: As in `run.extend`: the most that all runs of this name may cost together. As
                many values are added as it allows, and sent. Without it a plan is returned, and
                nothing is sent before its `start()`.
            n: How many values at most; without it three, or with a budget as many as there is
                something to see between.
            metric: What differing is; as in `effects`.

        Raises:
            InvalidRequest: There is no such axis, it has no order, too few pictures are there, or
                no neighbours differ more than chance.
            BudgetExceeded: Not even one more value is within the budget; nothing was sent.
        """
        from leonardo_nb.sweeps.measuring.refine import refine

        return refine(self, axis, budget, n=n, metric=metric)

    # ---- judging

    def rank(self: Run, *, by: str | None = None) -> Ranking:  # type: ignore[misc]
        """
        Return which pictures people prefer, out of the votes that `judge` and files have given.

        Pictures that are finished take part, also while the run still fills.

        Args:
            by: Whose votes count; everybody's without it.
        """
        from leonardo_nb.sweeps.judging.ranking import Ranking

        return Ranking(self, by=by)

    def judge(self: Run, *, by: str = "") -> Judge:  # type: ignore[misc]
        """
        Ask in the notebook which of two pictures is better, again and again; the cell shows it.

        The pairs are those from which most is learned of what is best. Votes are kept in the
        library as they are given, under the sweep's name.

        Args:
            by: Who judges, to tell people's votes apart.

        Raises:
            InvalidRequest: The run has ended with fewer than two pictures.
        """
        from leonardo_nb.sweeps.judging.ranking import refuse_few
        from leonardo_nb.widgets.judge import Judge

        if self.done():
            refuse_few(len({cell.picture for cell in self.cells if self.picture(cell)}))
        return Judge(self, by=by)

    # ---- handing on

    def contact_sheets(  # type: ignore[misc]
        self: Run,
        path: str | Path,
        *,
        tile: int = 256,
        prompt: bool = True,
        told: Told | None = None,
    ) -> tuple[Path, ...]:
        """
        Write its pictures as pages with labels, laid out as it is, to look at or to print.

        Each page has its labels and a caption, at most 60 million pixels and about 16,000 a side.
        Cells that failed are hatched, with the reason where there is room; holes stay empty.

        Args:
            path: A name such as "foxes.jpg", for pages `foxes-1.jpg` and so on; also `.png` and
                `.webp`. Pages of ours that are there are replaced.
            tile: The longer side of each picture, in pixels, up to 4,096.
            prompt: False leaves out what somebody wrote, and numbers it where it varies.
            told: Called with the pages that are done, and all.

        Returns:
            Where they are, in their order.

        Raises:
            InvalidRequest: *tile* is no such number, or the ending says no format.
            ExportFailed: A page could not be written, or something else has its name.
        """
        from leonardo_nb.widgets.contact import contact_sheets

        return contact_sheets(self, path, tile=tile, prompt=prompt, told=told)

    def to_replay(  # type: ignore[misc]
        self: Run,
        path: str | Path,
        pictures: Literal["full", "small"] = "full",
        *,
        prompt: bool = True,
    ) -> Path:
        """
        Write it as a file that `leo.replay` plays again anywhere, with no key and no network.

        Args:
            path: The file, such as "foxes.zip"; a replay of ours that is there is replaced.
            pictures: "full" for the bytes as the service made them, "small" for pictures of at
                most 512 pixels.
            prompt: False leaves out what somebody wrote, notes included.

        Returns:
            Where it is. It holds no key, no address and no path of this machine. Stars, rejections
            and notes are in it, and when each thing happened, as exactly as it is known; see
            `write_replay`.

        Raises:
            ExportFailed: It could not be written; nothing half written is left.
            InvalidRequest: *pictures* is neither of the two.
        """
        from leonardo_nb.sweeps.export.replay import write_replay

        return write_replay(self, path, pictures=pictures, prompt=prompt)

    def to_html(  # type: ignore[misc]
        self: Run,
        path: str | Path,
        *,
        prompt: bool = True,
        pictures: Literal["auto", "inside", "beside", "none"] = "auto",
        title: str | None = None,
    ) -> Path:
        """
        Write it as one HTML file that opens from disk and shows the same sheet, without a network.

        It holds no key, no address and no path of this machine; the plan is in it. Pictures of at
        most 1,024 pixels are inside as long as the file stays below 12 MB; else the service's own
        files are put beside it, into `name_files/`, which has to travel with it.

        Args:
            path: The file, such as "foxes.html"; one of ours that is there is replaced.
            prompt: False leaves out all words that somebody wrote, and the code that has them.
            pictures: "inside" or "beside" whatever the size; "none" for thumbnails alone.
            title: What stands above it; else the name of the sweep.

        Raises:
            ExportFailed: It could not be written; nothing half written is left.
            InvalidRequest: *pictures* is none of these, or the run has no cells.
        """
        from leonardo_nb.sweeps.export.html import to_html

        return to_html(self, path, prompt=prompt, pictures=pictures, title=title)

    def to_folder(  # type: ignore[misc]
        self: Run,
        path: str | Path,
        *,
        prompt: bool = True,
        layout: Literal["train", "flat"] = "train",
        provenance: bool = True,
    ) -> Path:
        """
        Write its pictures into a folder, named after their place, with tables of what is known.

        It is an image folder of the `datasets` library. A folder of the same sweep that is there
        is gone on with.

        Args:
            path: The folder.
            prompt: False leaves out all words that somebody wrote, also in names.
            layout: "train" puts pictures and `metadata.jsonl` into a folder of that name, where
                loaders look; "flat" puts everything into one folder.
            provenance: Put into each copy how it was made, without touching its pixels; False
                copies files byte for byte.

        Raises:
            ExportFailed: It could not be written, or holds something else.
        """
        from leonardo_nb.sweeps.export.folder import to_folder

        return to_folder(self, path, prompt=prompt, layout=layout, provenance=provenance)

    def to_csv(self: Run, path: str | Path, *, prompt: bool = True) -> Path:  # type: ignore[misc]
        """
        Write one row a cell as CSV: where it stands, what became of it, what it cost, its marks.

        Args:
            path: The file; one of ours that is there is replaced.
            prompt: False leaves out all words that somebody wrote.

        Raises:
            ExportFailed: It could not be written.
        """
        from leonardo_nb.sweeps.export.tables import to_csv

        return to_csv(self, path, prompt=prompt)

    def to_parquet(self: Run, path: str | Path, *, prompt: bool = True) -> Path:  # type: ignore[misc]
        """
        Write the table of `to_csv` as Parquet, with types, and the plan in its metadata.

        Args:
            path: The file; one of ours that is there is replaced.
            prompt: False leaves out all words that somebody wrote.

        Raises:
            ImportError: pyarrow is not installed.
            ExportFailed: It could not be written.
        """
        from leonardo_nb.sweeps.export.tables import to_parquet

        return to_parquet(self, path, prompt=prompt)

    def to_json(self: Run, path: str | Path, *, prompt: bool = True) -> Path:  # type: ignore[misc]
        """
        Write the `sweep.json` that the plan is made of again.

        Args:
            path: The file; one of ours that is there is replaced.
            prompt: False leaves out all words; what is left says what varied, and makes no plan.

        Raises:
            ExportFailed: It could not be written.
        """
        from leonardo_nb.sweeps.export.tables import to_json

        return to_json(self, path, prompt=prompt)

    def animate(  # type: ignore[misc]
        self: Run,
        path: str | Path,
        along: str | None = None,
        *,
        fps: float = 2,
        size: int = 768,
        label: bool = False,
        prompt: bool = True,
        **fixed: Any,  # noqa: ANN401  a value on an axis
    ) -> Path:
        """
        Write a film in which the values of one axis follow each other: GIF, WebP or MP4.

        Axes that are neither time nor fixed stand side by side in each frame.

        Args:
            path: The file; its ending says the format.
            along: The axis that is time; else the longest axis of numbers.
            fps: Values a second.
            size: Pixels of the longer side of a picture, at most.
            label: Put a strip with the value below each frame.
            prompt: False writes numbers instead of words that somebody wrote.
            **fixed: The value of other axes, as in `sel`.

        Raises:
            InvalidRequest: No such axis, value or ending.
            ExportFailed: There is no picture, or the file could not be written.
        """
        from leonardo_nb.sweeps.export.animation import animate

        return animate(self, path, along, fps=fps, size=size, label=label, prompt=prompt, **fixed)

    def export(  # type: ignore[misc]
        self: Run,
        path: str | Path,
        *,
        prompt: bool = True,
        **options: Any,  # noqa: ANN401  those of the export that is meant
    ) -> Path:
        """
        Hand it on as the ending of *path* says; a name without one is a folder.

        `.html` is `to_html`, `.csv`, `.parquet` and `.json` are tables and the plan, `.gif`,
        `.webp` and `.mp4` are `animate`, `.jpg` is `contact_sheets`, `.zip` is `to_replay`.

        Args:
            path: The file or folder.
            prompt: False leaves out all words that somebody wrote.
            **options: Those of the method that is meant.

        Raises:
            InvalidRequest: No export has this ending.
            ExportFailed: It could not be written.
        """
        from leonardo_nb.sweeps.export.choosing import export

        return export(self, path, prompt=prompt, **options)
