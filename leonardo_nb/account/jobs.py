"""The jobs of a library, as rows in a table with small pictures of their files."""

from __future__ import annotations

from typing import TYPE_CHECKING

from leonardo_nb.account.tables import Cell, Table, Thumbnail, thumbnail
from leonardo_nb.engine.lifecycle import Charge, State
from leonardo_nb.errors import LibraryError
from leonardo_nb.library.records import JobRecord
from leonardo_nb.service.requests import body_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

__all__ = ["JobTable", "is_lost"]

WHAT_SHOWN = 120
SHORT_ID = 8
OWN = "(own)"
"""Marks the library's name for a job that has no id at the service."""
DEEPEST = 4
"""So many jobs that were made of each other are named in one row."""


class JobTable(Table[JobRecord]):
    """
    Some rows of the library, newest first; a sequence of `JobRecord`.

    Args:
        records: The rows.
        total: How many jobs the library knows in all.
        made: Returns the row that gave the picture or video of an id, or None where it is not here.
    """

    __module__ = "leonardo_nb"

    columns = ("asked", "what", "state", "seed", "files", "took", "cost", "id")
    nouns = ("job", "jobs")
    page = 50

    def __init__(
        self,
        records: Sequence[JobRecord],
        *,
        total: int,
        made: Callable[[str], JobRecord | None] = lambda _: None,
    ) -> None:
        notes = ['leo.job("...") with the beginning of an id brings one back.'] if records else []
        if any(map(_has_own_name, records)):
            notes.append(
                f"An id with {OWN} is the library's own: the service has given none, or its answer "
                "was lost. leo.job() takes it as well, without the mark."
            )
        super().__init__(records, notes=notes, total=total)
        self._made = made
        self._whats: dict[str, str] = {}
        self._pictures: dict[str, Thumbnail | None] = {}

    def caption(self) -> str:
        """Return how many jobs these are, of how many, and whether the simulator drew them."""
        simulated = sum(record.simulated for record in self)
        if not simulated:
            return super().caption()
        some = "simulated" if simulated == len(self) else f"{simulated:,} of them simulated"
        return f"{super().caption()}, {some}"

    def cells(self, row: JobRecord) -> tuple[Cell, ...]:
        """Return what the library knows of a job."""
        what = self.what(row)
        seed = row.request.get("seed")
        return (
            Cell(row.created.astimezone().strftime("%Y-%m-%d %H:%M")),
            Cell(what if len(what) <= WHAT_SHOWN else what[: WHAT_SHOWN - 1] + "…"),
            Cell(_state(row)),
            Cell("" if seed is None else str(seed)),
            Cell(str(len(row.media))),
            Cell("" if row.seconds is None else f"{row.seconds:.1f} s"),
            Cell(self.cost(row)),
            Cell(_name(row), is_code=True),
        )

    def cost(self, row: JobRecord) -> str:
        """Return what a job cost, may have cost, or what was given back."""
        match row.charge:
            case Charge.UNKNOWN:
                return "perhaps paid" if row.price is None else f"perhaps {row.price}"
            case Charge.REFUNDED:
                return "refunded" if row.cost is None else f"{row.cost} refunded"
            case Charge.CHARGED:  # of one that was found again the service names no cost
                return str(row.cost or row.price or "")
        return "" if row.cost is None else str(row.cost)

    def what(self, row: JobRecord) -> str:
        """
        Return in words what was asked for: the prompt, or what was done to which picture or video.

        A request that cannot be read any more, as after a change of the service, still has its
        prompt, or at least its kind.
        """
        if row.uid not in self._whats:
            self._whats[row.uid] = self._what(row, DEEPEST)
        return self._whats[row.uid]

    def _what(self, row: JobRecord, deepest: int) -> str:
        try:
            body = body_of(row.endpoint, row.request)
        except (KeyError, ValueError):  # an endpoint or a member that is not known here
            return str(row.request.get("prompt") or row.kind.capitalize())
        source = None
        if body.source_id and not row.request.get("prompt") and deepest:
            source = self._source(body.source_id)
        if source is None:
            return body.caption
        of = self._what(source, deepest - 1)
        if not source.request.get("prompt"):
            of = of[:1].lower() + of[1:]  # our own words, in the middle of a sentence
        return f"{body.caption} of {of}"

    def _source(self, name: str) -> JobRecord | None:
        try:
            return self._made(name)
        except LibraryError:  # taken away since; the rows are still right
            return None

    def picture(self, row: JobRecord) -> Thumbnail | None:
        """Return the first of its files as a small picture; of a video, its still."""
        if row.uid not in self._pictures:
            self._pictures[row.uid] = _picture(row)
        return self._pictures[row.uid]


def is_lost(row: JobRecord) -> bool:
    """Whether nobody knows how a job ended, and nobody looks for it."""
    return row.state == State.REQUEST and row.charge == Charge.UNKNOWN and row.error is not None


def _has_own_name(row: JobRecord) -> bool:
    """Whether only the library has a name for it by which `leo.job` finds it; no prompt has."""
    return row.job_id is None and row.kind != "prompt"


def _name(row: JobRecord) -> str:
    if _has_own_name(row):
        return f"{row.uid[:SHORT_ID]} {OWN}"
    return (row.job_id or "")[:SHORT_ID]


def _state(row: JobRecord) -> str:
    words = [row.state]
    if is_lost(row):
        words.append("answer lost")
    if row.resent:
        words.append("sent again once" if row.resent == 1 else f"sent again {row.resent} times")
    return ", ".join(words)


def _picture(row: JobRecord) -> Thumbnail | None:
    for media in row.media:
        still = media.poster or media.file
        if still.media_type.startswith("image/"):
            try:
                return thumbnail(still.path.read_bytes())
            except OSError:  # a file that was taken away is only not shown
                continue
    return None
