"""
A sweep out of the pictures in a folder.

Copies of ours say their whole request and their place, so their sweep comes back as it was; of
pictures of other programs the `parameters` text is read, and what varies among them is laid out.
Nothing is sent, and nothing is written into the library: the files stay where they are.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime
from operator import itemgetter
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, get_args

from leonardo_nb.engine.kinds import GenerationJob
from leonardo_nb.engine.lifecycle import Snapshot
from leonardo_nb.errors import LibraryError
from leonardo_nb.library.files import LIMIT_BYTES, LIMIT_PIXELS, StoredFile
from leonardo_nb.library.provenance import OnAxis, Provenance, found_in
from leonardo_nb.library.records import MediaFile
from leonardo_nb.service.requests import CreateGeneration
from leonardo_nb.sweeps.axes import Axis, Role
from leonardo_nb.sweeps.cells import Cell
from leonardo_nb.sweeps.estimate import counted
from leonardo_nb.sweeps.found import FoundRun
from leonardo_nb.sweeps.infer import layout_of

if TYPE_CHECKING:
    from collections.abc import Collection, Container, Iterable, Iterator, Mapping, Sequence

    from leonardo_nb.studios import Studio

__all__ = ["FilesRun", "from_files"]

MOST: Final = 10_000
"""Pictures of one folder; a sweep has no more cells."""
MOST_ENTRIES: Final = 200_000
"""Files and folders that are looked at to find them."""
READERS: Final = 4
"""Threads that read and hash; the work is done outside of Python."""
ENDINGS: Final = frozenset(
    {".jpg", ".jpeg", ".jpe", ".png", ".webp", ".gif", ".avif", ".bmp", ".tif", ".tiff"}
)
"""Of files that somebody takes for pictures; others are not spoken of."""
LEFT_OUT: Final = "(left out)"
"""Stands for words that a picture does not say."""
FEW: Final = 3
ROLES: Final[dict[str, Role]] = {role: role for role in get_args(Role)}


class FilesRun(FoundRun):
    """
    A sweep that was read from files; `extend` asks only for what is not there.

    Where the files do not say their words, nobody can ask for more of it.

    Attributes:
        folder: Where they are.
        left_out: Why each of the other pictures in the folder is not in it, by path; in words that
            go on after the file's name.
    """

    __module__ = "leonardo_nb"

    folder: Path
    left_out: dict[Path, str]

    def __repr__(self) -> str:
        left = f", {counted(len(self.left_out), 'picture')} left out" if self.left_out else ""
        return f"{super().__repr__().removesuffix('>')}, from {self.folder.name}{left}>"


def from_files(folder: str | os.PathLike[str], *, studio: Studio | None = None) -> FilesRun:
    """
    Return the sweep that the pictures in *folder* are.

    Pictures that this package has handed on say all of their requests and where they stood, so
    their sweep is laid out as it was. Of other pictures the widely written `parameters` text is
    read: prompt, negative prompt, steps, sampler, CFG scale, seed, size and model; nothing more is
    claimed. What varies among them becomes axes, see `leonardo_nb.sweeps.infer`.

    Folders inside are read as well, links are not followed. The files stay where they are, nothing
    is written into the library, and nothing is sent or paid.

    Args:
        folder: Of at most 10,000 JPEG, PNG and WebP pictures.
        studio: Whose run it is; the default one if None.

    Returns:
        The run, all of it done; `run.left_out` says why other pictures are not in it.

    Raises:
        LibraryError: There is no such folder, it has too many pictures, or none that says how it
            was made.
    """
    root = Path(folder).expanduser()
    if not root.is_dir():
        what = "is a file" if root.is_file() else "does not exist"
        raise LibraryError(f"from_files() reads a folder of pictures, and {root} {what}.")
    if studio is None:
        from leonardo_nb.default_studio import studio as default

        studio = default()
    left_out: dict[Path, str] = {}
    entries = list(_entries(root.resolve(), left_out))
    with ThreadPoolExecutor(READERS) as readers:
        read = list(readers.map(_read, entries))
    pictures = [each for each in read if isinstance(each, _Picture)]
    left_out |= {
        path: each for path, each in zip(entries, read, strict=True) if isinstance(each, str)
    }
    if not pictures:
        raise LibraryError(_nothing(root, left_out))
    return _run(studio, root, pictures, left_out)


@dataclass(frozen=True, slots=True)
class _Picture:
    """One picture that says how it was made."""

    file: StoredFile
    changed: datetime
    known: Provenance
    request: CreateGeneration


class _FoundCell(Cell):
    """
    A cell of a batch of which pictures may be missing.

    Args:
        index: As of any cell.
        coords: As of any cell.
        request: As of any cell.
        key: As of any cell.
        image: Which of the pictures that are there it shows, from 0.
        number: Which of its job's pictures that was; marks and votes go by it.
    """

    __slots__ = ("number",)

    def __init__(  # noqa: PLR0917  as of any cell
        self,
        index: int,
        coords: dict[str, Any],
        request: CreateGeneration,
        key: str,
        image: int,
        number: int,
    ) -> None:
        super().__init__(index, coords, request, key, image)
        self.number = number

    def at(self, index: int, coords: dict[str, Any]) -> Cell:
        """Return the same picture as a cell at another place."""
        return _FoundCell(index, coords, self.request, self.key, self.image, self.number)

    @property
    def picture(self) -> str:
        """The name that the picture has where it was made."""
        return self.key if not self.number else f"{self.key}#{self.number}"


@dataclass(frozen=True, slots=True)
class _Grid:
    """Where pictures stand: axes, what is the same, and one (coords, picture) a cell."""

    axes: tuple[Axis, ...]
    fixed: dict[str, Any]
    cells: list[tuple[dict[str, Any], _Picture]]
    left_out: dict[Path, str] = field(default_factory=dict)


# ---- reading ------------------------------------------------------------------------------------


def _entries(root: Path, left_out: dict[Path, str]) -> Iterator[Path]:
    """Yield what look like pictures in *root* and its folders, by name, without following links."""
    found = seen = 0
    waiting = [root]
    while waiting:
        here = waiting.pop()
        try:
            with os.scandir(here) as listing:
                entries = sorted(listing, key=lambda entry: entry.name)
        except OSError as error:
            left_out[here] = f"cannot be read ({error.strerror})"
            continue
        seen += len(entries)
        for entry in entries:
            path = Path(entry.path)
            is_picture = path.suffix.lower() in ENDINGS and not entry.name.startswith(".")
            if entry.is_symlink():
                if is_picture:
                    left_out[path] = "is a link, which is not followed"
            elif entry.is_dir(follow_symlinks=False):
                waiting.append(path)
            elif is_picture and entry.is_file(follow_symlinks=False):
                found += 1
                yield path
        if found > MOST or seen > MOST_ENTRIES:
            raise LibraryError(
                f"{root} has more than {MOST:,} pictures or {MOST_ENTRIES:,} files; a sweep has at "
                "most so many cells. Read a folder inside it."
            )


def _read(path: Path) -> _Picture | str:
    """Return the picture in *path*, or why it is none of a sweep."""
    found = found_in(path)
    known = found.provenance
    if known is None:
        return found.why
    if found.size is None or 0 in found.size:
        return "does not say how large it is"
    if found.size[0] * found.size[1] > LIMIT_PIXELS:
        return f"has more than {LIMIT_PIXELS:,} pixels"
    if known.endpoint != CreateGeneration.endpoint:
        return "was not made by a prompt alone"
    try:
        request = CreateGeneration.from_wire(_wire(known))
    except (ValueError, RecursionError):
        return "says a request that cannot be read"
    try:
        with path.open("rb") as file:
            size_bytes = os.fstat(file.fileno()).st_size
            if size_bytes > LIMIT_BYTES:
                return f"is larger than {LIMIT_BYTES:,} bytes"
            digest = hashlib.file_digest(file, "sha256").hexdigest()
            changed = datetime.fromtimestamp(os.fstat(file.fileno()).st_mtime, UTC)
    except OSError as error:
        return f"cannot be read ({error.strerror})"
    stored = StoredFile(path, digest, found.media_type, *found.size, size_bytes)
    return _Picture(stored, changed, known, request)


def _wire(known: Provenance) -> dict[str, Any]:
    """Return the request that *known* says; words that were left out keep their number."""
    wire = dict(known.request)
    wordy = [axis.label for axis in known.axes if axis.name in known.withheld]
    for name in known.withheld:
        if name == "prompt" or name in CreateGeneration.model_fields:
            wire[name] = f"{LEFT_OUT[:-1]}: {', '.join(wordy)})" if wordy else LEFT_OUT
    return wire


def _nothing(root: Path, left_out: Mapping[Path, str]) -> str:
    """Say why no picture of a folder is one of a sweep."""
    if not left_out:
        return f"There is no picture in {root}."
    reasons = Counter(left_out.values()).most_common(FEW)
    named = ", ".join(f"{number:,} {reason}" for reason, number in reasons)
    return (
        f"None of the {counted(len(left_out), 'picture')} in {root} says how it was made: {named}. "
        "Pictures that run.to_folder() wrote say it, and those of programs that write `parameters`."
    )


# ---- laying out ---------------------------------------------------------------------------------


def _run(
    studio: Studio, root: Path, pictures: Sequence[_Picture], left_out: dict[Path, str]
) -> FilesRun:
    grid = _as_it_was(pictures) or _inferred(pictures)
    batches: dict[tuple[str, str], list[_Picture]] = {}
    for _, picture in grid.cells:
        batches.setdefault(_batch(picture), []).append(picture)
    jobs: dict[str, GenerationJob] = {}
    places: dict[Path, tuple[str, int, int]] = {}
    for (key, _), batch in batches.items():
        batch.sort(key=lambda each: each.known.number)
        # another job of the same request has a key of its own
        name = f"{key}@{batch[0].file.sha256[:16]}" if key in jobs else key
        jobs[name] = _job(studio, batch)
        places |= {each.file.path: (name, n, each.known.number) for n, each in enumerate(batch)}
    cells = [
        _FoundCell(index, coords, picture.request, *places[picture.file.path])
        for index, (coords, picture) in enumerate(grid.cells)
    ]
    names = {picture.known.sweep for _, picture in grid.cells}
    called = next(iter(names)) if len(names) == 1 else None
    run = FilesRun(studio, grid.axes, grid.fixed, cells, jobs, name=called or root.name)
    run.folder = root
    run.left_out = left_out | grid.left_out
    if any(picture.known.withheld for _, picture in grid.cells):
        run._refusal = "its pictures were handed on without their words"  # noqa: SLF001
    return run


def _batch(picture: _Picture) -> tuple[str, str]:
    """Return what is the same for the pictures of one job; without an id each is its own."""
    return picture.request.content_key(), picture.known.generation or picture.file.sha256


def _job(studio: Studio, batch: Sequence[_Picture]) -> GenerationJob:
    """Return the finished job of pictures that were made together."""
    known = batch[0].known
    runner = studio._runner  # noqa: SLF001  a job asks it for the time; nothing is started
    now = runner.clock.now()
    started = now - (known.seconds or 0.0)
    snapshot = Snapshot(
        uid=f"file-{batch[0].file.sha256[:32]}",
        request=batch[0].request,
        created=known.created or min(each.changed for each in batch),
        started=started,
        accepted=None if known.seconds is None else started,
        ended=now,
        simulated=known.simulated,
        job_id=known.generation,
        cost=known.cost,
        media=tuple(
            MediaFile(each.known.image or "", "", each.known.nsfw, each.file) for each in batch
        ),
        complete=True,
        notes=(_note(known),),
    )
    job = GenerationJob(runner, snapshot)
    job.end()
    return job


def _note(known: Provenance) -> str:
    if known.by == "parameters":
        by = f" of {known.software}" if known.software else ""
        return f"Read from a picture's `parameters`{by}, which say a part of its request."
    if known.withheld:
        return "Read from a picture that was handed on without its words; nothing was paid now."
    return "Read from a picture that was handed on; nothing was paid now."


def _as_it_was(pictures: Sequence[_Picture]) -> _Grid | None:
    """Return the sweep that all *pictures* say that they are cells of; None where they do not."""
    told = [picture.known for picture in pictures]
    shapes = {
        (
            each.sweep,
            each.withheld,
            tuple((axis.name, axis.role, axis.members) for axis in each.axes),
        )
        for each in told
    }
    names = {axis.name for axis in told[0].axes}
    if len(shapes) > 1 or not names or len(names) < len(told[0].axes):
        return None
    columns: list[dict[int, OnAxis]] = [{} for _ in told[0].axes]
    placed: dict[tuple[int, ...], _Picture] = {}
    left_out: dict[Path, str] = {}
    for picture in pictures:
        for column, place in zip(columns, picture.known.axes, strict=True):
            if column.setdefault(place.at, place) != place:
                return None  # it was widened in between, and its values were counted anew
        at = tuple(place.at for place in picture.known.axes)
        if placed.setdefault(at, picture) is not picture:
            left_out[picture.file.path] = "is there already"
    withheld = told[0].withheld
    values = [{at: _value(column[at], withheld) for at in sorted(column)} for column in columns]
    if not all(_are_apart(column.values()) for column in values):
        return None
    axes = tuple(
        Axis(
            place.name,
            tuple(column.values()),
            tuple(places[at].label for at in column),
            ROLES.get(place.role, "member"),
            place.members,
        )
        for place, column, places in zip(told[0].axes, values, columns, strict=True)
    )
    cells = [
        (
            {axis.name: column[n] for axis, column, n in zip(axes, values, at, strict=True)},
            picture,
        )
        for at, picture in sorted(placed.items(), key=itemgetter(0))
    ]
    first = [
        picture for coords, picture in cells if all(coords[name] == 1 for name in _replicates(axes))
    ]
    # replicates differ in the seed that follows from the first one's, which was the sweep's
    return _Grid(axes, _same(axes, first or list(placed.values())), cells, left_out)


def _replicates(axes: Iterable[Axis]) -> list[str]:
    return [axis.name for axis in axes if axis.role == "replicate"]


def _are_apart(values: Collection[object]) -> bool:
    """Whether the values of an axis can be told apart; a file may say anything."""
    try:
        return len({json.dumps(value, allow_nan=False) for value in values}) == len(values)
    except ValueError:
        return False


def _value(place: OnAxis, withheld: Container[str]) -> Any:  # noqa: ANN401  whatever JSON can hold
    """Return the value at *place*: paired ones as a tuple, for words left out their number."""
    if place.name in withheld:
        return place.label
    return tuple(place.value) if isinstance(place.value, list) else place.value


def _inferred(pictures: Sequence[_Picture]) -> _Grid:
    """Return the grid that *pictures* are by their requests."""
    found = layout_of(
        [picture.request for picture in pictures], [picture.known.number for picture in pictures]
    )
    cells = [(placed.coords, pictures[placed.entry]) for placed in found.cells]
    left_out = {pictures[entry].file.path: why for entry, why in found.left_out.items()}
    return _Grid(found.axes, dict(found.fixed), cells, left_out)


def _same(axes: Iterable[Axis], pictures: Iterable[_Picture]) -> dict[str, Any]:
    """Return the members that are the same in all *pictures*, without those that are axes."""
    names = {axis.name for axis in axes}
    wires = [picture.request.wire() for picture in pictures]
    return {
        name: value
        for name, value in wires[0].items()
        if name not in names and all(wire.get(name) == value for wire in wires)
    }
