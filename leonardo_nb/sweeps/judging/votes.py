"""
The votes of a sweep: which of two pictures somebody found better, as a log that merges.

A vote has a name of its own and names pictures by what they are, so logs of several people, of
several kernels and of copies of a file add up to the same, in any order and however often.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, overload

from leonardo_nb.errors import InvalidRequest
from leonardo_nb.library.shelf import Vote
from leonardo_nb.sweeps.estimate import counted
from leonardo_nb.sweeps.export.writing import place_of, written

if TYPE_CHECKING:
    from collections.abc import Collection

    from leonardo_nb.library.shelf import Shelf

__all__ = ["Merged", "Votes"]

VERSION: Final = 1
HEADER: Final = {"leonardo_nb": "votes", "version": VERSION}
MARK: Final = b'"leonardo_nb": "votes"'
"""What every file of votes has in its first line."""
LARGEST_BYTES: Final = 50_000_000
"""A million votes have fewer."""
LONGEST_NAME: Final = 400
"""Characters of a uid, a picture's name or a person's."""


@dataclass(frozen=True, slots=True)
class Merged:
    """
    What came out of a file of votes.

    Attributes:
        new: Votes that were not here yet.
        known: Votes that were here already.
        unknown: How many of all of them are about pictures that this run does not have; they are
            kept, and count as soon as it has them.
    """

    new: int
    known: int
    unknown: int

    def __str__(self) -> str:
        known = f", {self.known:,} known already" if self.known else ""
        has = "is" if self.unknown == 1 else "are"
        unknown = (
            f"; {self.unknown:,} {has} about pictures that this run does not have, and will count "
            "when it has them"
            if self.unknown
            else ""
        )
        return f"{counted(self.new, 'new vote')}{known}{unknown}."


class Votes(Sequence[Vote]):
    """
    Every vote between two pictures of a run, oldest first, as it stood when it was asked for.

    Votes on the same two pictures count whichever sweep they were given in.

    Args:
        shelf: Where votes are kept.
        sweep: The sweep under whose name those of a file are kept.
        pictures: The names of the run's pictures.
        by: Whose votes; everybody's without it.
    """

    def __init__(
        self, shelf: Shelf, sweep: str, pictures: Collection[str], *, by: str | None = None
    ) -> None:
        self._shelf = shelf
        self._sweep = sweep
        self._pictures = pictures
        self._by = by
        self._votes = self._now()

    def _now(self) -> tuple[Vote, ...]:
        known, by = self._pictures, self._by
        return tuple(
            vote
            for vote in self._shelf.votes()
            if vote.winner in known and vote.loser in known and (by is None or vote.by == by)
        )

    @overload
    def __getitem__(self, index: int) -> Vote: ...
    @overload
    def __getitem__(self, index: slice) -> tuple[Vote, ...]: ...
    def __getitem__(self, index: int | slice) -> Vote | tuple[Vote, ...]:
        return self._votes[index]

    def __len__(self) -> int:
        return len(self._votes)

    def __repr__(self) -> str:
        ties = sum(vote.tie for vote in self._votes)
        equal = f", {ties:,} of them equal" if ties else ""
        people = len({vote.by for vote in self._votes})
        by = f", by {people} people" if people > 1 else ""
        return f"<Votes: {len(self):,}{equal}{by}>"

    def save(self, path: str | Path) -> Path:
        """
        Write them as lines of JSON, without prompts, pictures and names of sweeps; return the path.

        A file of votes that is there is replaced, any other is left alone.

        Raises:
            ExportFailed: The file cannot be written, or something else is there.
        """
        path = place_of(path)
        lines = [HEADER, *map(_written, self._votes)]
        text = "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines)
        with written(path, mark=MARK) as part:
            part.write_text(text, encoding="utf-8")
        return path

    def merge(self, path: str | Path) -> Merged:
        """
        Add the votes of a file that `save` has written; those that are here already count once.

        Raises:
            InvalidRequest: It cannot be read, is no such file, or was made by a newer version;
                none of its votes was added.
        """
        path = Path(path).expanduser()
        votes = _read(path, self._sweep)
        unknown = sum(
            vote.winner not in self._pictures or vote.loser not in self._pictures for vote in votes
        )
        new = self._shelf.add_votes(votes)
        self._votes = self._now()
        return Merged(new, len(votes) - new, unknown)


def _written(vote: Vote) -> dict[str, object]:
    return {
        "uid": vote.uid,
        "winner": vote.winner,
        "loser": vote.loser,
        "at": vote.at.isoformat(),
        "tie": vote.tie,
        "by": vote.by,
    }


def _read(path: Path, sweep: str) -> tuple[Vote, ...]:
    """Return the votes of a file, each once, or say in one sentence why it has none."""

    def refused(why: str) -> InvalidRequest:
        return InvalidRequest(
            f"{path} {why}; no vote was added. Such a file is written by "
            "`run.rank().votes.save(path)`.",
            member="path",
            value=str(path),
        )

    try:
        if path.stat().st_size > LARGEST_BYTES:
            raise refused("has over 50 MB, more than a file of votes has")
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise refused(f"cannot be read ({error.strerror})") from error
    except UnicodeDecodeError as error:
        raise refused("is no file of votes: it is no text") from error
    found: dict[str, Vote] = {}
    has_header = False
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip():
            continue
        try:
            content = json.loads(line)
        except (ValueError, RecursionError):
            content = None
        if isinstance(content, dict) and content.get("leonardo_nb") == "votes":
            has_header = True
            if content.get("version") != VERSION:
                raise refused("was written by a newer leonardo_nb")
            continue
        if not has_header:
            raise refused("is no file of votes")
        vote = _vote(content, sweep)
        if vote is None:
            raise refused(f"is damaged: its line {number:,} is no vote")
        found.setdefault(vote.uid, vote)
    if not has_header:
        raise refused("is empty")
    return tuple(found.values())


def _vote(content: Any, sweep: str) -> Vote | None:  # noqa: ANN401  a file can hold anything
    """Return the vote that a line of JSON is, or None."""
    match content:
        case {
            "uid": str(uid),
            "winner": str(winner),
            "loser": str(loser),
            "at": str(at),
            "tie": bool(tie),
        } if uid and winner and loser and winner != loser:
            by = content.get("by", "")
        case _:
            return None
    texts = (uid, winner, loser, by)
    # what cannot be printed, such as half a character, is kept by no database
    if not all(
        isinstance(each, str) and len(each) <= LONGEST_NAME and each.isprintable() for each in texts
    ):
        return None
    try:
        when = datetime.fromisoformat(at)
        when = (when if when.tzinfo else when.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    return Vote(uid, sweep, winner, loser, when, tie, by)
