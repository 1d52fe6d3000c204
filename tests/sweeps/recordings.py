"""Replay files that are made by hand, so that tests of playing them need no run."""

from __future__ import annotations

import functools
import hashlib
import io
import json
import threading
import zipfile
from typing import TYPE_CHECKING, Any

from PIL import Image

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from pathlib import Path

    from leonardo_nb.sweeps.run import Run

FIRST = "2026-01-01T00:00:00+00:00"


@functools.cache
def webp(n: int = 0) -> bytes:
    """Return a small picture; each number up to 4 is another one."""
    packed = io.BytesIO()
    Image.new("RGB", (16, 12), (60 * n, 120, 80)).save(packed, "WEBP", lossless=True)
    return packed.getvalue()


def picture(data: bytes, **changes: Any) -> dict[str, Any]:
    digest = hashlib.sha256(data).hexdigest()
    known = {
        "file": f"media/{digest}.webp",
        "sha256": digest,
        "media_type": "image/webp",
        "width": 16,
        "height": 12,
        "id": digest[:8],
        "nsfw": False,
    }
    return known | changes


def take(n: int, **changes: Any) -> dict[str, Any]:
    """Return a job that was asked for at once, and ended in its n-th second."""
    known = {
        "key": f"{n:064x}",
        "request": {"prompt": "a fox", "seed": n, "num_images": 1, "width": 512, "height": 384},
        "id": f"job-{n}",
        "simulated": False,
        "price": {"amount": "7", "unit": "CREDITS"},
        "cost": {"amount": "7", "unit": "CREDITS"},
        "asked": 0.0,
        "sent": 0.25,
        "accepted": 0.5,
        "ended": n + 1.0,
        "end": "complete",
        "notes": [],
        "media": [picture(webp(n % 4))],
    }
    return known | changes


def manifest(count: int = 4, **changes: Any) -> dict[str, Any]:
    known = {
        "leonardo_nb": "replay",
        "version": 1,
        "name": "foxes",
        "created": FIRST,
        "axes": [
            {
                "name": "seed",
                "role": "member",
                "members": ["seed"],
                "values": list(range(count)),
                "labels": [str(n) for n in range(count)],
            }
        ],
        "fixed": {"prompt": "a fox"},
        "jobs": [take(n) for n in range(count)],
        "cells": [{"at": [n], "job": n} for n in range(count)],
    }
    return known | changes


def marked(marks: Mapping[int, object], count: int = 4) -> list[dict[str, Any]]:
    """Return the cells of a manifest, with *marks* by cell."""
    said = [{"mark": marks[n]} if n in marks else {} for n in range(count)]
    return [{"at": [n], "job": n, **said[n]} for n in range(count)]


def packed(
    said: dict[str, Any] | bytes | None, more: Iterable[tuple[str | zipfile.ZipInfo, bytes]] = ()
) -> bytes:
    """Return a zip file of a manifest, the four pictures, and *more* members."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as made:
        for n in range(4):
            made.writestr(f"media/{hashlib.sha256(webp(n)).hexdigest()}.webp", webp(n))
        for name, data in more:
            made.writestr(name, data)
        if said is not None:
            data = said if isinstance(said, bytes) else json.dumps(said).encode()
            made.writestr("manifest.json", data, zipfile.ZIP_DEFLATED)
    return file.getvalue()


def put(path: Path, data: bytes) -> Path:
    path.write_bytes(data)
    return path


def until(run: Run, is_so: Callable[[Run], bool]) -> None:
    """Return once *is_so* of the run, having been woken by its changes."""
    happened = threading.Event()
    end = run.subscribe(lambda run: happened.set() if is_so(run) else None)
    if not is_so(run):
        assert happened.wait(10)
    end()
