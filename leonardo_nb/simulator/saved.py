"""
The state file: what a restarted simulator knows of its jobs, its balance and its uploads.

Written whole and put in place by a rename, so that a crash leaves the old state or the new one. The
contents of uploads lie beside it, one file each, because they would make every write long.
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
    from leonardo_nb.simulator.world import World

__all__ = ["State"]

VERSION = 1
KINDS = {kind.name: kind for kind in (*JOBS.values(), IMAGE_V2, VIDEO_V2)}
_FIELDS = [one.name for one in fields(SimJob) if one.name != "kind"]


class State:
    """
    One state file.

    Args:
        path: The file; contents of uploads are in a folder of the same name with `.files` added.
    """

    def __init__(self, path: str | Path) -> None:
        self._path = Path(path)
        self._folder = self._path.with_name(self._path.name + ".files")

    def restore(self, world: World) -> None:
        """
        Fill *world* with what was written last; nothing happens where there is no file.

        Raises:
            ValueError: The file holds something else; it is left as it is.
            OSError: The file cannot be read.
        """
        try:
            state = json.loads(self._path.read_text("utf-8"))
        except FileNotFoundError:
            return
        except (ValueError, RecursionError) as exc:
            raise ValueError(f"{self._path.name} is no state of this simulator") from exc
        if not isinstance(state, dict) or state.get("version") != VERSION:
            raise ValueError(f"{self._path.name} is no state of this simulator")
        try:
            self._fill(world, state)
        except (KeyError, TypeError, AttributeError) as exc:
            raise ValueError(f"{self._path.name} is no state of this simulator") from exc

    def _fill(self, world: World, state: dict[str, Any]) -> None:
        world.user_id = state["user_id"]
        world.credits = state["credits"]
        world.created = state["created"]
        for saved in state["jobs"]:
            thawed: dict[str, Any] = {name: _thawed(name, saved[name]) for name in _FIELDS}
            world.keep(SimJob(kind=KINDS[saved["kind"]], **thawed))
        world.spent = state["spent"]
        for saved in state["uploads"]:
            upload = Upload(**saved)
            world.uploads.announced[upload.id] = upload
            content = self._folder / str(upload.digest)
            if upload.digest is not None and content.exists():
                world.uploads.contents[upload.digest] = content.read_bytes()

    def write(self, world: World) -> None:
        """Put down what *world* is now."""
        state = {
            "version": VERSION,
            "user_id": world.user_id,
            "credits": world.credits,
            "created": world.created,
            "spent": world.spent,
            "jobs": [
                {"kind": job.kind.name, **{name: getattr(job, name) for name in _FIELDS}}
                for job in world.all_jobs()
            ],
            "uploads": [asdict(upload) for upload in world.uploads.announced.values()],
        }
        self._path.parent.mkdir(parents=True, exist_ok=True)
        for digest, content in world.uploads.contents.items():
            if not (self._folder / digest).exists():
                self._folder.mkdir(parents=True, exist_ok=True)
                _put(self._folder / digest, content)
        _put(self._path, json.dumps(state).encode())


def _thawed(name: str, value: object) -> object:
    if isinstance(value, list) and name in ("moderation", "output_ids"):
        return tuple(value)
    return value


def _put(path: Path, content: bytes) -> None:
    fresh = path.with_name(path.name + ".new")
    with fresh.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)
