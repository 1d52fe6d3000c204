"""Writes a run as a replay: its pictures, and when each of its jobs did what."""

from __future__ import annotations

import bisect
import hashlib
import io
import re
import zipfile
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from importlib.metadata import version
from typing import TYPE_CHECKING, Any, Final, Literal

from leonardo_nb.engine.lifecycle import State
from leonardo_nb.errors import ExportFailed, InvalidRequest, JobFailed, LibraryError, OutcomeUnknown
from leonardo_nb.library import provenance
from leonardo_nb.library.provenance import WITHHELD
from leonardo_nb.service.values import shown
from leonardo_nb.sweeps.axes import handed_on
from leonardo_nb.sweeps.export.handout import Handout
from leonardo_nb.sweeps.export.writing import place_of, written
from leonardo_nb.sweeps.provenance import wordless
from leonardo_nb.sweeps.recorded.manifest import (
    KEY,
    MANIFEST,
    MOST_CELLS,
    SUFFIXES,
    Marked,
    Money,
    Picture,
    Place,
    Recording,
    Scale,
    Take,
)

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from datetime import datetime
    from pathlib import Path

    from leonardo_nb.engine.kinds import GenerationJob
    from leonardo_nb.engine.media import Image
    from leonardo_nb.library.records import JobRecord
    from leonardo_nb.sweeps.axes import Axis
    from leonardo_nb.sweeps.cells import Cell
    from leonardo_nb.sweeps.export.writing import Told
    from leonardo_nb.sweeps.run import Run

__all__ = ["Size", "write_replay"]

Size = Literal["full", "small"]

MARK: Final = b"leonardo_nb replay"
"""The zip file's comment, by which we know it for ours."""
SMALL_SIDE: Final = 512
"""Pixels of the longer side of a small picture."""
SMALL_QUALITY: Final = 70
FULL_QUALITY: Final = 95
QUIET: Final = 5.0
"""Seconds in which nothing was at work that are kept of a longer pause, such as a night's."""
LONGEST_SAID: Final = 2_000
QUOTED: Final = 12
"""Characters of a prompt in a sentence by which it is known to be one."""
DATE: Final = (1980, 1, 1, 0, 0, 0)
"""Of every member, so that the same run is the same file."""

ADDRESS: Final = re.compile(r"\b[a-z][a-z0-9+.-]*://\S+", re.IGNORECASE)
PATH: Final = re.compile(r"(?<![\w/])(?:~|[A-Za-z]:)?(?:[/\\][^\s/\\:;,()\"']+){2,}[/\\]?")


def write_replay(
    run: Run,
    path: str | Path,
    *,
    pictures: Size = "full",
    prompt: bool = True,
    told: Told | None = None,
) -> Path:
    """
    Write *run* as a replay that `leo.replay` plays, and return where it is.

    It is a zip file: `manifest.json` with axes, cells and what was said of their pictures, requests
    and times, and the pictures. No key, no address and no path is in it; prompts and notes are as
    somebody wrote them. Times are as exact as they are known: of jobs of this process to the moment
    of each answer, of others to when they were asked for, sent, and ended, as the library has it;
    acceptance is then taken for the moment of sending. Looks, and when each file arrived, are
    written down nowhere and are played at the end of the job. Of pauses in which nothing was at
    work, such as a night before a sweep was widened, five seconds are kept. Cells that have not
    ended are recorded as stopped, and a picture whose file is gone or damaged as failed.
    Of a job of several pictures only those are in it that *run* shows, and whose files are whole.

    Args:
        run: The sweep, or a part of it.
        path: The file to write; a replay of ours that is there is replaced.
        pictures: "full" for the bytes as the service made them, "small" for WebP pictures of at
            most 512 pixels.
        prompt: False leaves out what somebody wrote: prompts and the words that vary in them are
            numbers then, notes are not in it, and votes that are kept under the pictures' names
            do not fit any more. A picture whose file says its prompt is written anew, without it.
        told: Is told how many pictures are written, and of how many.

    Raises:
        InvalidRequest: *pictures* is neither of the two.
        ExportFailed: The disk refuses it, something else has that name, or the run has no cells or
            more than 10,000.
    """
    if pictures not in {"full", "small"}:
        raise InvalidRequest(
            f'to_replay() takes pictures="full" or pictures="small", not {shown(pictures)}.',
            member="pictures",
            value=pictures,
            nearest="full",
        )
    place = place_of(path)
    if not 0 < len(run.cells) <= MOST_CELLS:
        raise ExportFailed(
            f"A replay has 1 to {MOST_CELLS:,} cells, and this run has {len(run.cells):,}; "
            "nothing was written. run.sel(...) or run.where(...) is a part of it.",
            path=place,
        )
    with written(place, mark=MARK) as part, zipfile.ZipFile(part, "w") as packed:
        packed.comment = MARK
        handout = Handout(run, prompt=prompt)
        recording = _Writer(handout, packed, small=pictures == "small").recorded(told)
        _add(packed, MANIFEST, recording.written(), zipfile.ZIP_DEFLATED)
    return place


def _add(packed: zipfile.ZipFile, name: str, data: bytes, how: int) -> None:
    info = zipfile.ZipInfo(name, DATE)
    info.external_attr = 0o644 << 16
    packed.writestr(info, data, how)


@dataclass(frozen=True, slots=True)
class _Times:
    """When a job did what; None where it did not come to that."""

    asked: datetime
    sent: datetime | None
    accepted: datetime | None
    ended: datetime


@dataclass
class _Writer:
    """Writes the pictures of *handout* into *packed* and says what it has written."""

    handout: Handout
    packed: zipfile.ZipFile
    small: bool
    _shown: dict[str, list[int]] = field(default_factory=dict)
    """Which pictures of each job are shown; as they are counted in the file, too."""
    _here: dict[str, list[int]] = field(default_factory=dict)
    """Those of them whose files are whole."""
    _files: dict[str, Picture] = field(default_factory=dict)
    _words: dict[tuple[str, str], str] = field(default_factory=dict)

    def recorded(self, told: Told | None) -> Recording:
        """Return the manifest, once every picture is in the file."""
        run = self.handout.run
        cells = {cell.key: cell for cell in run.cells}
        # a part of a run is handed on without the pictures that were left out of it
        there = {(cell.key, cell.image): cell.index in self.handout.pictures for cell in run.cells}
        # those that are gone last, so that the others are counted without them
        for key, image in sorted(there, key=lambda one: (one[0], not there[one], one[1])):
            self._shown.setdefault(key, []).append(image)
            self._here.setdefault(key, [])
            if there[key, image]:
                self._here[key].append(image)
        jobs = {key: run.job(cell) for key, cell in cells.items()}
        # before any sentence is written that may repeat one of them
        requests = {key: self._request(job) for key, job in jobs.items()}
        times = _times(run, jobs)
        began = min(each.asked for each in times.values())
        clock = _Squeezed(times.values(), began)
        takes = []
        for n, key in enumerate(jobs):
            named = self._key(n, key, requests[key])
            takes.append(self._take(named, cells[key], requests[key], times[key], clock))
            if told is not None:
                told(n + 1, len(jobs))
        number = {key: n for n, key in enumerate(jobs)}
        return Recording(
            made_with=version("leonardo_nb"),
            name=self.handout.name[:200],
            created=began.isoformat(),
            words=self.handout.prompt,
            axes=[self._scale(axis) for axis in run.axes],
            fixed=self._wordless(handed_on(run.fixed)),
            jobs=takes,
            cells=[
                Place(
                    at=at,
                    job=number[cell.key],
                    image=self._shown[cell.key].index(cell.image),
                    mark=Marked.of(self.handout.marks.get(cell.index)),
                )
                for cell, at in zip(run.cells, self.handout.places.tolist(), strict=True)
            ],
        )

    def _take(
        self,
        key: str,
        cell: Cell,
        request: dict[str, Any],
        times: _Times,
        clock: _Squeezed,
    ) -> Take:
        job = self.handout.run.job(cell)
        end, said, reason = _end_of(job)
        media: list[Picture] = []
        if end == "complete":
            with suppress(LibraryError):
                media = [self._picture(job.images[n]) for n in self._here[cell.key]]
            if not media:
                end, said = "failed", "Its picture was gone when this replay was made."
        snapshot = job.snapshot
        return Take(
            key=key,
            request=request,
            id=job.id,
            simulated=job.simulated,
            price=Money.of(job.price),
            cost=Money.of(job.cost),
            asked=clock.at(times.asked),
            sent=None if times.sent is None else clock.at(times.sent),
            accepted=None if times.accepted is None else clock.at(times.accepted),
            ended=clock.at(times.ended),
            end=end,
            said=self._harmless(said, cell),
            reason=self._harmless(reason, cell),
            refunded=snapshot.refunded,
            notes=[]
            if snapshot.reused
            else [self._harmless(note, cell) or "" for note in job.notes],
            media=media,
        )

    def _picture(self, image: Image) -> Picture:
        data, media_type, size = image.read_bytes(), image.media_type, image.size
        if self.small or (not self.handout.prompt and provenance.is_telling(data)):
            data, size = _redrawn(image, SMALL_SIDE if self.small else max(size))
            media_type = "image/webp"
        digest = hashlib.sha256(data).hexdigest()
        picture = Picture.model_validate(
            {
                "file": f"media/{digest}{SUFFIXES[media_type]}",
                "sha256": digest,
                "media_type": media_type,
                "width": size[0],
                "height": size[1],
                "id": image.id,
                "nsfw": image.nsfw,
            }
        )
        if picture.file not in self._files:
            self._files[picture.file] = picture
            _add(self.packed, picture.file, data, zipfile.ZIP_STORED)
        return picture

    def _request(self, job: GenerationJob) -> dict[str, Any]:
        return self._wordless(handed_on(job.request.wire()))

    def _wordless(self, members: Mapping[str, Any]) -> dict[str, Any]:
        """Return *members*, with numbers in the place of words where these are left out."""
        if self.handout.prompt:
            return dict(members)
        return {
            name: self._number(name, value) if name in WITHHELD and value else value
            for name, value in members.items()
        }

    def _number(self, name: str, text: str) -> str:
        known = sum(member == name for member, _ in self._words)
        return self._words.setdefault((name, text), f"{name} {known + 1} (left out)")

    def _key(self, number: int, key: str, request: Mapping[str, Any]) -> str:
        is_counted_alike = self._shown[key] == list(range(len(self._shown[key])))
        if self.handout.prompt and is_counted_alike and re.fullmatch(KEY, key):
            return key
        # a key of the words would let who guesses them know that they are right, and under its own
        # name a picture that is counted anew would get the votes on another one
        return hashlib.sha256(f"{number} {sorted(request.items())}".encode()).hexdigest()

    def _scale(self, axis: Axis) -> Scale:
        said = axis.as_json()
        if not self.handout.prompt:
            said["labels"] = None
        if self.handout.is_withheld(axis):
            said["values"] = list(wordless(axis).labels)
            said["role"] = "member" if axis.role == "zip" else axis.role
        return Scale.model_validate(said)

    def _harmless(self, said: str | None, cell: Cell) -> str | None:
        """Return a sentence without addresses, paths and, where they are left out, words."""
        if said is None:
            return None
        if any(text[:QUOTED] in said for _, text in self._words):
            return "Why is left out, with the words that it was about."
        said = self.handout.said(said, cell)
        return PATH.sub("(a file)", ADDRESS.sub("(an address)", said))[:LONGEST_SAID]


def _redrawn(image: Image, side: int) -> tuple[bytes, tuple[int, int]]:
    """Return *image* as a WebP without what else was in the file, with its longer side at most."""
    picture = image.pil()
    picture.thumbnail((side, side))
    picture.info.clear()
    packed = io.BytesIO()
    quality = SMALL_QUALITY if side <= SMALL_SIDE else FULL_QUALITY
    picture.save(packed, "WEBP", quality=quality, method=4)
    return packed.getvalue(), picture.size


def _end_of(
    job: GenerationJob,
) -> tuple[Literal["complete", "failed", "unknown", "stopped"], str | None, str | None]:
    """Return how *job* ended, and why, as a whole sentence and without its id."""
    error = job.error
    reason = error.reason if isinstance(error, JobFailed) else None
    if job.state is State.COMPLETE:
        return ("complete" if job.images else "failed"), None, None
    if job.state is State.FAILED:
        end: Literal["unknown", "failed"]
        end = "unknown" if isinstance(error, OutcomeUnknown) else "failed"
        return end, str(error), reason
    said = None if job.state.is_final else "It had not ended when this replay was made."
    return "stopped", said, None


def _times(run: Run, jobs: Mapping[str, GenerationJob]) -> dict[str, _Times]:
    """Return when each of *jobs* did what, from itself, or from the library."""
    rows = run.studio._ledger.with_uids([job.uid for job in jobs.values()])  # noqa: SLF001
    return {key: _times_of(job, rows.get(job.uid)) for key, job in jobs.items()}


def _times_of(job: GenerationJob, row: JobRecord | None) -> _Times:
    """Return the times of *job*: of one that was taken from the library, those of its *row*."""
    snapshot = job.snapshot
    asked = snapshot.created

    def at(seconds: float | None) -> datetime | None:
        if seconds is None:
            return None
        return asked + timedelta(seconds=max(seconds - snapshot.started, 0.0))

    # one that is made of a row has been accepted and has ended in the moment of its making
    is_old = snapshot.accepted is not None and snapshot.accepted == snapshot.ended
    sent = None if row is None else row.sent
    accepted = at(snapshot.accepted)
    ended = at(snapshot.ended)
    if is_old and row is not None:
        accepted = sent
        ended = row.ended or asked + timedelta(seconds=row.seconds or 0.0)
    if job.id is None:
        accepted = None
    if not snapshot.sent:
        sent = None
    elif sent is None:
        sent = accepted or asked
    # clocks of two machines, or of one that was set, may disagree
    sent = None if sent is None else max(sent, asked)
    accepted = None if accepted is None else max(accepted, sent or asked)
    return _Times(asked, sent, accepted, max(ended or asked, accepted or sent or asked))


class _Squeezed:
    """
    Seconds since the beginning, without the pauses in which nothing was at work.

    Args:
        times: Of all jobs.
        began: The beginning.
    """

    def __init__(self, times: Collection[_Times], began: datetime) -> None:
        self._began = began
        each = [(self._since(job.sent or job.ended), self._since(job.ended)) for job in times]
        each += [(self._since(job.asked),) * 2 for job in times]
        self._ends: list[float] = []
        """Where what is cut out ends, in order; with how much is cut out up to there."""
        self._cut: list[float] = []
        until, cut = 0.0, 0.0
        for start, end in sorted(each):
            if start - until > QUIET:
                cut += start - until - QUIET
                self._ends.append(start)
                self._cut.append(cut)
            until = max(until, end)

    def at(self, moment: datetime) -> float:
        """Return when *moment* is played; it is at no cut, for something happened then."""
        seconds = self._since(moment)
        before = bisect.bisect_right(self._ends, seconds)
        return round(max(seconds - (self._cut[before - 1] if before else 0.0), 0.0), 3)

    def _since(self, moment: datetime) -> float:
        return (moment - self._began).total_seconds()
