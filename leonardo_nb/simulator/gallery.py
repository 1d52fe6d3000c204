"""
The files that finished jobs give: made on demand, and kept while there is room.

Painting costs time and a kept file costs memory, so the two are weighed here and nowhere else.
"""

from __future__ import annotations

import hashlib
import json
import os
import threading
from collections import OrderedDict
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

__all__ = ["Gallery", "key_of"]


class Gallery:
    """
    Files by request and number; the least recently shown are dropped first.

    Args:
        room_bytes: How many bytes of pictures are kept at most.
    """

    def __init__(self, room_bytes: int = 64 * 1024 * 1024) -> None:
        self._room_bytes = room_bytes
        self._held_bytes = 0
        self._pictures: OrderedDict[str, bytes] = OrderedDict()
        self._lock = threading.Lock()
        # More painters than cores would only share them, and each holds a picture in memory.
        self._easels = threading.BoundedSemaphore(min(4, os.cpu_count() or 1))

    def __len__(self) -> int:
        return len(self._pictures)

    def kept(self, key: str) -> bytes | None:
        """Return the picture with that key where it is kept, else None."""
        with self._lock:
            picture = self._pictures.get(key)
            if picture is not None:
                self._pictures.move_to_end(key)
            return picture

    def paint(self, key: str, make: Callable[[], bytes]) -> bytes:
        """Return the file with that key, made unless it is kept; blocks while it is made."""
        with self._easels:
            return self.made(key, make)

    def made(self, key: str, make: Callable[[], bytes]) -> bytes:
        """Do as `paint` for a file that another one is being made of, without waiting in line."""
        picture = self.kept(key)
        if picture is None:
            picture = make()
            self._keep(key, picture)
        return picture

    def _keep(self, key: str, picture: bytes) -> None:
        with self._lock:
            # two painters may have had the same picture in hand
            self._held_bytes += len(picture) - len(self._pictures.get(key, b""))
            self._pictures[key] = picture
            while self._held_bytes > self._room_bytes:
                _, dropped = self._pictures.popitem(last=False)
                self._held_bytes -= len(dropped)


def key_of(members: Mapping[str, object], index: int) -> str:
    """Return a key that two requests share only where their pictures are the same."""
    text = json.dumps([members, index], sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()
