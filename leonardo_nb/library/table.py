"""The jobs of a library as a table that shows itself."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import TYPE_CHECKING, overload

from leonardo_nb.service.requests import body_of

if TYPE_CHECKING:
    from leonardo_nb.library.records import JobRecord

__all__ = ["JobTable", "what_of"]

COLUMNS = ("asked", "state", "what", "seed", "files", "took", "cost", "id")
WHAT_SHOWN = 60
SHORT_ID = 8


class JobTable(Sequence["JobRecord"]):
    """
    Some rows of the library, newest first; a sequence of `JobRecord`.

    Attributes:
        total: How many jobs the library knows in all.
    """

    def __init__(self, records: Sequence[JobRecord], *, total: int) -> None:
        self._records = tuple(records)
        self.total = total

    @overload
    def __getitem__(self, index: int) -> JobRecord: ...
    @overload
    def __getitem__(self, index: slice) -> JobTable: ...
    def __getitem__(self, index: int | slice) -> JobRecord | JobTable:
        if isinstance(index, slice):
            return JobTable(self._records[index], total=self.total)
        return self._records[index]

    def __len__(self) -> int:
        return len(self._records)

    def rows(self) -> list[tuple[str, ...]]:
        """Return the cells as text, in the order of `COLUMNS`."""
        return [_row(record) for record in self._records]

    def __repr__(self) -> str:
        rows = [COLUMNS, *self.rows()]
        widths = [max(len(row[column]) for row in rows) for column in range(len(COLUMNS))]
        lines = [
            "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
            for row in rows
        ]
        return "\n".join([*lines, self._caption()])

    def _repr_html_(self) -> str:
        head = "".join(f"<th style='text-align:left'>{name}</th>" for name in COLUMNS)
        body = "".join(
            "<tr>"
            + "".join(f"<td style='text-align:left'>{escape(cell)}</td>" for cell in row)
            + "</tr>"
            for row in self.rows()
        )
        return (
            f"<table><caption>{escape(self._caption())}</caption>"
            f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
        )

    def _caption(self) -> str:
        if len(self) < self.total:
            return f"{len(self)} of {self.total:,} jobs"
        return "1 job" if self.total == 1 else f"{self.total:,} jobs"


def _row(record: JobRecord) -> tuple[str, ...]:
    # a prompt is text wherever it is shown, so nothing in it may steer a terminal
    what = "".join(c if c.isprintable() else " " for c in what_of(record))
    if len(what) > WHAT_SHOWN:
        what = what[: WHAT_SHOWN - 1] + "…"
    return (
        record.created.astimezone().strftime("%Y-%m-%d %H:%M"),
        f"{record.state}, simulated" if record.simulated else record.state,
        what,
        str(record.request.get("seed", "")),
        str(len(record.media)),
        "" if record.seconds is None else f"{record.seconds:.1f} s",
        "" if record.cost is None else str(record.cost),
        "" if record.job_id is None else record.job_id[:SHORT_ID],
    )


def what_of(record: JobRecord) -> str:
    """
    Return in words what was asked for: the prompt, or what was done to a picture or video.

    A request that cannot be read any more, as after a change of the service, still has its prompt,
    or at least its kind.
    """
    try:
        return body_of(record.endpoint, record.request).caption
    except (KeyError, ValueError):  # an endpoint or a member that is not known here
        return str(record.request.get("prompt") or record.kind.capitalize())
