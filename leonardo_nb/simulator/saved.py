"""
The state file: what a restarted simulator knows of its jobs, its balance and its uploads.

Its first line is the whole state and is put in place by a rename; each further line is one change
and is appended. A change therefore costs the same however much there is, and a crash loses at most
the line that was being written. The contents of uploads lie beside it, one file each.
"""

from __future__ import annotations

import json
import os
from dataclasses import asdict, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

from leonardo_nb.simulator.desk import JOBS
from leonardo_nb.simulator.uploads import Upload
from leonardo_nb.simulator.v2 import IMAGE_V2, VIDEO_V2
from leonardo_nb.simulator.world import SimJob

if TYPE_CHECKING:
    from collections.abc import Iterable

    from leonardo_nb.simulator.world import World

__all__ = ["State"]

VERSION = 1
"""Of the first line; a file of one line, as it was before there were changes, is read as well."""

GROWTH = 3
"""The file is written afresh once it has so many times the bytes of its first line."""
LEAST_BYTES = 1_000_000
"""Smaller files are left to grow."""

KINDS = {kind.name: kind for kind in (*JOBS.values(), IMAGE_V2, VIDEO_V2)}
_FIELDS = [one.name for one in fields(SimJob) if one.name != "kind"]
_TUPLES = ("moderation", "output_ids")


class State:
    """
    One state file.

    Args:
        path: The file; contents of uploads are in a folder of the same name with `.files` added.
    """

    def __init__(self, path: str | Path) -> None:
        self._path = Path(path)
        self._folder = self._path.with_name(self._path.name + ".files")
        self._size = 0
        self._most = 0
        self._paid = (0, 0)
        self._put_down: set[str] = set()

    def restore(self, world: World) -> None:
        """
        Fill *world* with what was written last; nothing happens where there is no file.

        Raises:
            ValueError: The file holds something else; it is left as it is.
            OSError: The file cannot be read.
        """
        try:
            content = self._path.read_bytes()
        except FileNotFoundError:
            return
        try:
            self._fill(world, _replayed(content))
        except (ValueError, RecursionError, KeyError, TypeError, AttributeError) as exc:
            raise ValueError(f"{self._path.name} is no state of this simulator") from exc

    def _fill(self, world: World, state: dict[str, Any]) -> None:
        jobs = [_job(row) for row in state["jobs"]]
        uploads = [Upload(**row) for row in state["uploads"]]
        world.user_id = state["user_id"]
        world.credits = state["credits"]
        world.created = state["created"]
        for job in jobs:
            world.keep(job)
        world.spent = state["spent"]
        for upload in uploads:
            world.uploads.announced[upload.id] = upload
            content = self._folder / str(upload.digest)
            if upload.digest is not None and content.exists():
                world.uploads.contents[upload.digest] = content.read_bytes()

    def write(self, world: World) -> None:
        """Put down all that *world* is now, in place of what was there."""
        world.changes()  # they are in it
        state = {
            "version": VERSION,
            "user_id": world.user_id,
            "credits": world.credits,
            "created": world.created,
            "spent": world.spent,
            "jobs": [_row(job) for job in world.all_jobs()],
            "uploads": [asdict(upload) for upload in world.uploads.announced.values()],
        }
        line = json.dumps(state).encode() + b"\n"
        self._path.parent.mkdir(parents=True, exist_ok=True)
        self._put_contents(world)
        _put(self._path, line)
        self._paid = (world.created, world.spent)
        self._size = len(line)
        self._most = max(LEAST_BYTES, GROWTH * len(line))

    def add(self, world: World) -> None:
        """
        Put down what has changed in *world*; on the disk itself where credits were taken.

        Where the file is not as it was left, as after a disk that was full or a hand that moved
        it, everything is put down again.
        """
        changes = world.changes()
        self._put_contents(world)
        change = {
            "created": world.created,
            "spent": world.spent,
            "jobs": {one: job and _row(job) for one, job in changes.jobs.items()},
            "uploads": {one: upload and asdict(upload) for one, upload in changes.uploads.items()},
        }
        line = json.dumps(change).encode() + b"\n"
        paid = (world.created, world.spent)
        if self._size + len(line) > self._most or not self._append(line, sync=paid != self._paid):
            self.write(world)
        self._paid = paid

    def _append(self, line: bytes, *, sync: bool) -> bool:
        """Return whether *line* is the file's last one now; False where it is not our file."""
        # until the line is there nothing is known of the file, and the next change writes it afresh
        size, self._size = self._size, -1
        try:
            file = self._path.open("r+b", buffering=0)
        except FileNotFoundError:
            return False
        with file:
            if file.seek(0, os.SEEK_END) != size or file.write(line) != len(line):
                return False
            if sync:
                os.fsync(file.fileno())
        self._size = size + len(line)
        return True

    def _put_contents(self, world: World) -> None:
        # they are in the order in which they arrived, so that the new ones are the last
        for digest, content in reversed(world.uploads.contents.items()):
            if digest in self._put_down:
                return
            if not (self._folder / digest).exists():
                self._folder.mkdir(parents=True, exist_ok=True)
                _put(self._folder / digest, content)
            self._put_down.add(digest)


def _replayed(content: bytes) -> dict[str, Any]:
    """
    Return the state that a file's lines come to.

    Raises:
        ValueError: It is none, or a line in its middle cannot be read.
    """
    first, *changes = content.split(b"\n")
    state = json.loads(first)
    if not isinstance(state, dict) or state.get("version") != VERSION:
        raise ValueError("of another version, or none")
    jobs = {row["id"]: row for row in state["jobs"]}
    uploads = {row["id"]: row for row in state["uploads"]}
    # what follows the last line's end is a line that was never finished
    for line in changes[:-1]:
        change = json.loads(line)
        state["created"], state["spent"] = change["created"], change["spent"]
        _replace(jobs, change["jobs"].items())
        _replace(uploads, change["uploads"].items())
    return {**state, "jobs": list(jobs.values()), "uploads": list(uploads.values())}


def _replace(rows: dict[str, Any], changes: Iterable[tuple[str, Any]]) -> None:
    for one, row in changes:
        if row is None:
            rows.pop(one, None)
        else:
            rows[one] = row


def _row(job: SimJob) -> dict[str, object]:
    return {"kind": job.kind.name, **{name: getattr(job, name) for name in _FIELDS}}


def _job(row: dict[str, Any]) -> SimJob:
    thawed: dict[str, Any] = {
        name: tuple(row[name]) if name in _TUPLES else row[name] for name in _FIELDS
    }
    return SimJob(kind=KINDS[row["kind"]], **thawed)


def _put(path: Path, content: bytes) -> None:
    fresh = path.with_name(path.name + ".new")
    with fresh.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)
