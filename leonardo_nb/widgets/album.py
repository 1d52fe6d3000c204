"""
What is left of a panel in a saved notebook: its pictures, each with the line that makes it again.

No widget is in it, so it outlives the kernel; see `freeze.py` for what hosts keep of html.
"""

from __future__ import annotations

import base64
import html
import logging
from typing import TYPE_CHECKING, Any, Final

from PIL import Image as Pillow

from leonardo_nb.engine.markup import NO_MATH
from leonardo_nb.engine.standing import FROM_LIBRARY
from leonardo_nb.widgets.freeze import Frozen, columns, encode_jpeg, fitted, on_white
from leonardo_nb.widgets.view import facts_of

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["freeze_album", "keep_album"]

logger = logging.getLogger("leonardo_nb")

MAX_PICTURES: Final = 12
SHOWN_WIDTH: Final = 880
"""Pixels; about as wide as hosts show an output."""
DENSITY: Final = 1.5
MAX_HTML_BYTES: Final = 140_000
MAX_PAINTED_BYTES: Final = 75_000
"""JPEG bytes of both; in base64 they stay under 300 kB in the saved notebook."""
GAP: Final = 12


def freeze_album(jobs: Sequence[Any]) -> Frozen:
    """
    Return the pictures of *jobs* as plain data, newest first, each with its code.

    The bundle holds text/html (pictures as `data:` addresses, code as text), image/jpeg (the same
    pictures on white, for hosts that take images only) and text/plain (the code alone).
    """
    leaves = _leaves(jobs)
    code = "\n".join(dict.fromkeys(facts.code for facts, _ in leaves))
    if not leaves:
        words = "No picture was made here."
        return Frozen({"text/html": _quiet(words), "text/plain": words}, {})
    return Frozen(
        {
            "text/html": _page(jobs, leaves),
            "image/jpeg": _sheet([picture for _, picture in leaves]),
            "text/plain": code,
        },
        {},
    )


INSTEAD: Final = """\
<style>
.jp-OutputArea-child:has(.leo-panel) + .jp-OutputArea-child:has(.leo-kept),
.jp-OutputArea-child:not(:has(.leo-panel)):has(+ .jp-OutputArea-child .leo-kept) {
  display: none;
}
</style>
"""
"""
Shows either the live panel or what is kept beside it, never both.

Measured with JupyterLab 4.6: a saved widget is an error message after a restart, whatever else its
output holds; so the pictures are an output of their own, and where a page keeps styles (a notebook
that this person has run) the message is not shown. Elsewhere the pictures stand below it.
"""


def keep_album(jobs: Sequence[Any]) -> Frozen:
    """Return the pictures of *jobs* for the output next to a live panel; nothing without any."""
    frozen = freeze_album(jobs) if any(job.images for job in jobs) else Frozen({}, {})
    words = frozen.data.get("text/html", "")
    html_ = f'{INSTEAD}<div class="leo-kept">{words!s}</div>'
    return Frozen(
        {**frozen.data, "text/html": html_, "text/plain": frozen.data.get("text/plain", "")}, {}
    )


def _leaves(jobs: Sequence[Any]) -> list[tuple[Any, Pillow.Image]]:
    leaves: list[tuple[Any, Pillow.Image]] = []
    for job in reversed(jobs):
        for image in job.images:
            if len(leaves) == MAX_PICTURES:
                return leaves
            try:
                leaves.append((facts_of(job), on_white(image.pil())))
            except Exception:  # a file that was moved or is broken; the others stay
                logger.warning("%r cannot be opened for the notebook.", image, exc_info=True)
    return leaves


def _page(jobs: Sequence[Any], leaves: list[tuple[Any, Pillow.Image]]) -> str:
    across = columns(len(leaves))
    width = 640 if across == 1 else SHOWN_WIDTH
    side = round(width * DENSITY / across)
    figures = []
    for facts, picture in leaves:
        small = fitted(picture, side, side)
        data = base64.b64encode(encode_jpeg(small, MAX_HTML_BYTES // len(leaves))).decode("ascii")
        figures.append(
            '<figure style="margin:0;min-width:0">'
            f'<img src="data:image/jpeg;base64,{data}" alt="{html.escape(facts.prompt)}" '
            'style="display:block;width:100%;height:auto;margin:0">'
            '<figcaption style="margin:6px 0 0;font-size:12px;line-height:1.5;'
            'font-family:monospace;overflow-wrap:break-word;white-space:pre-wrap;opacity:.8">'
            f"{html.escape(facts.code)}</figcaption></figure>"
        )
    grid = (
        f"display:grid;grid-template-columns:{' '.join(['1fr'] * across)};"
        f"grid-gap:{GAP}px;max-width:{width}px"
    )
    row = f'<div style="{grid}">{"".join(figures)}</div>'
    return f"<div {NO_MATH}>{row}{_quiet(*_said(jobs, leaves))}</div>"


def _said(jobs: Sequence[Any], leaves: Sequence[object]) -> tuple[str, ...]:
    total = sum(len(job.images) for job in jobs)
    words = ["1 picture" if total == 1 else f"{total} pictures"]
    if len(leaves) < total:
        words.append(f"the newest {len(leaves)} are here")
    reused = sum(len(job.images) for job in jobs if job.snapshot.reused)
    if reused:
        words.append(f"{'all' if reused == total else f'{reused:,} of them'} {FROM_LIBRARY}")
    paid = [job for job in jobs if job.images and not job.snapshot.reused]
    costs = [job.cost for job in paid if job.cost is not None]
    if costs and len({cost.unit for cost in costs}) == 1:
        spent = str(sum(costs[1:], costs[0]))
        words.append(f"{spent} spent now" if reused else spent)
    if any(job.simulated for job in jobs):
        words.append("simulated")
    return tuple(words)


def _quiet(*words: str) -> str:
    spans = [
        '<span style="border:1px dashed;border-radius:3px;padding:0 5px;font-size:11px">'
        "simulated</span>"
        if word == "simulated"
        else html.escape(word)
        for word in words
    ]
    return (
        '<div style="margin:8px 0 0;font-size:12px;line-height:1.6;opacity:.75">'
        f"{'&ensp; '.join(spans)}</div>"
    )


def _sheet(pictures: Sequence[Pillow.Image]) -> bytes:
    across = columns(len(pictures))
    each = (SHOWN_WIDTH - GAP * (across - 1)) // across
    small = [fitted(picture, each, each) for picture in pictures]
    rows = [small[at : at + across] for at in range(0, len(small), across)]
    heights = [max(picture.height for picture in row) for row in rows]
    width = max(sum(p.width for p in row) + GAP * (len(row) - 1) for row in rows)
    sheet = Pillow.new("RGB", (width, sum(heights) + GAP * (len(rows) - 1)), "white")
    top = 0
    for row, height in zip(rows, heights, strict=True):
        for at, picture in enumerate(row):
            sheet.paste(picture, (at * (each + GAP), top))
        top += height + GAP
    return encode_jpeg(sheet, MAX_PAINTED_BYTES)
