"""The account's newest generations, as jobs in a table."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from leonardo_nb.account.tables import Cell, Table, Thumbnail, thumbnail
from leonardo_nb.engine.job import Job
from leonardo_nb.errors import LibraryError

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["History"]

WHAT_SHOWN = 120
SHORT_ID = 8


class History(Table[Job[Any]]):
    """
    Jobs of the account, newest first; a sequence of jobs.

    Args:
        rows: The jobs.
        offset: How many newer ones were left out.
    """

    __module__ = "leonardo_nb"

    columns = ("asked", "what", "state", "seed", "cost", "id")
    nouns = ("generation", "generations")

    def __init__(self, rows: Iterable[Job[Any]], *, offset: int = 0) -> None:
        super().__init__(
            rows,
            notes=(
                *([f"{offset} newer ones are left out."] if offset else []),
                "Each row is a job: leo.history()[0] shows the newest.",
            ),
        )

    def cells(self, row: Job[Any]) -> tuple[Cell, ...]:
        """Return what is known of a job."""
        what = row.request.caption
        what = what if len(what) <= WHAT_SHOWN else what[: WHAT_SHOWN - 1] + "…"
        seed = getattr(row.request, "seed", None)
        return (
            Cell(row.created.astimezone().strftime("%Y-%m-%d %H:%M")),
            Cell(what),
            Cell(str(row.state)),
            Cell("" if seed is None else str(seed)),
            Cell("" if row.cost is None else str(row.cost)),
            Cell((row.id or "")[:SHORT_ID], is_code=True),
        )

    def picture(self, row: Job[Any]) -> Thumbnail | None:
        """Return the first of its pictures whose file is here; of a video, its still."""
        for image in row.images:
            try:
                return thumbnail(image.read_bytes())
            except LibraryError:
                continue
        return None
