"""
What pictures are called outside the library: after their place in the sweep, on any system.

Plain text work. A name depends on a cell's own labels alone, so that a sweep that is widened keeps
the names that it had.
"""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable

    from leonardo_nb.sweeps.export.handout import Handout

__all__ = ["distinct", "plain_name", "stems_of"]

OTHER: Final = re.compile(r"[^\w.+-]+")
"""What has no place in a name: spaces, slashes, colons, quotes, signs that turn the direction."""
LONGEST_LABEL: Final = 32
LONGEST: Final = 80
"""Characters of a name, which may be three bytes each; most systems take 255 bytes."""
RESERVED: Final = frozenset(
    {"con", "prn", "aux", "nul", *(f"{port}{n}" for port in ("com", "lpt") for n in range(10))}
)
"""What Windows does not take as a name, whatever its ending is."""


def plain_name(text: str, longest: int = LONGEST) -> str:
    """
    Return *text* as a part of a name; "" where nothing of it can be in one.

    >>> plain_name('a fox: "running" / jumping.'), plain_name("光 と 影"), plain_name("../..")
    ('a-fox-running-jumping', '光-と-影', '')
    """
    letters = OTHER.sub("-", unicodedata.normalize("NFC", text))
    return letters[:longest].strip("-. ")


def distinct(names: Iterable[str]) -> list[str]:
    """
    Return *names*, each only once, also where large and small letters are the same.

    >>> distinct(["fox", "Fox", "fox-2", "cat"])
    ['fox', 'Fox-2', 'fox-2-2', 'cat']
    """
    taken: set[str] = set()
    made = []
    for name in names:
        number, free = 1, name
        while free.casefold() in taken:
            number += 1
            free = f"{name}-{number}"
        taken.add(free.casefold())
        made.append(free)
    return made


def stems_of(handout: Handout) -> list[str]:
    """Return what the picture of each cell is called, without ending: `seed-1_style-DYNAMIC`."""
    written = [
        distinct(plain_name(label, LONGEST_LABEL) or str(n) for n, label in enumerate(labels, 1))
        for labels in handout.labels
    ]
    heads = [plain_name(axis.name, LONGEST_LABEL) or "axis" for axis in handout.axes]
    return distinct(
        _whole(
            f"{heads[column]}-{written[column][place]}"
            for column, place in enumerate(places)
            if place >= 0
        )
        for places in handout.places.tolist()
    )


def _whole(parts: Iterable[str]) -> str:
    name = "_".join(parts)[:LONGEST].strip("-. ")
    return f"{name or 'picture'}-1" if name.casefold() in RESERVED else name or "picture"
