"""
What is left of a card when its job has ended: a picture with a caption, and no widget.

A widget in a saved notebook is an error message after a restart, so the output becomes plain data.
"""

from __future__ import annotations

import base64
import contextvars
import html
import io
import logging
import math
import unicodedata
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple

from PIL import Image as Pillow
from PIL import ImageDraw, ImageFont, ImageOps

from leonardo_nb.engine.markup import NO_MATH
from leonardo_nb.engine.posters import dark_frame, with_play_mark
from leonardo_nb.engine.standing import FROM_LIBRARY, NO_COST
from leonardo_nb.errors import LibraryError
from leonardo_nb.service.plain import as_shown
from leonardo_nb.widgets.view import (
    CardFacts,
    candidate_lines,
    day_of,
    error_of,
    facts_of,
    money_line,
    seconds,
    steady_line,
)

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from leonardo_nb.engine.job import Job
    from leonardo_nb.engine.media import Image

__all__ = ["Frozen", "freeze_job", "freeze_jobs", "publish"]

logger = logging.getLogger("leonardo_nb")

HTML_WIDTH = 960
"""Pixels across all pictures in the html; shown at most 640 wide, so half as many again."""
HTML_HEIGHT = 840
SHOWN_WIDTH = 640
SHOWN_HEIGHT = 560
PAINTED_WIDTH = 800
"""Pixels of the picture with a painted caption; about as wide as hosts show it."""
PAINTED_HEIGHT = 700
LABEL_HEIGHT = 24
"""Pixels above a pair of pictures, for the words that say which is which."""
MAX_HTML_BYTES = 105_000
"""JPEG bytes in the html; base64 makes 140 kB of them."""
MAX_PAINTED_BYTES = 105_000
"""JPEG bytes of the painted one; both together stay under 300 kB in the saved notebook."""
QUALITIES = (88, 82, 74, 66, 56, 45)

PLAYS = "`.card()` of the job plays it"
"""Nobody knows here what the cell calls the job."""
CHOOSES = '`.card()` of the job has the buttons; `.adopt("id")` and `.resend()` do the same'
"""Likewise."""
CELL = "text-align:left;font-size:12px;padding:2px 14px 2px 0;white-space:normal"
INK = "#1a1a1a"
QUIET_INK = "#595959"
WELL = "#f3f3f3"
SQUARE, SQUARE_INK = 8, "#e3e3e3"
"""Pixels and colour of the squares on which a picture lies that is see-through."""


class Frozen(NamedTuple):
    """A mime bundle without a widget in it; bytes are encoded when it is published."""

    data: dict[str, str | bytes]
    metadata: dict[str, Any]


def publish(display_id: str, bundle: Frozen, *, update: bool) -> None:
    """
    Put *bundle* where *display_id* is; from any thread.

    An update leaves from an empty context: ipykernel keeps the cell that started a thread in a
    context variable, and notebook runners drop what comes for a cell that is over. Without one the
    running cell's name is sent, which they accept.
    """
    from IPython import get_ipython

    shell = get_ipython()
    if shell is None:
        return
    data = {
        kind: base64.b64encode(value).decode("ascii") if isinstance(value, bytes) else value
        for kind, value in bundle.data.items()
    }

    def send() -> None:
        shell.display_pub.publish(
            data=data,
            metadata=bundle.metadata,
            transient={"display_id": display_id},
            update=update,
        )

    if update:
        contextvars.Context().run(send)
    else:
        send()


def freeze_job(job: Job[Any], *, share: int = 1) -> Frozen:
    """
    Return the plain picture of a job that has ended, or a quiet box of words where none came.

    The bundle holds text/html (pictures as `data:` addresses, a caption that can be selected and
    takes the theme's colours), image/jpeg (the same on white, the caption painted in, for hosts
    that take images only) and text/plain (one steady line). A video is its still with a play mark,
    a variation stands beside what it was made out of, and what is see-through lies on squares.

    Measured with JupyterLab 4.6, Notebook 7.6 and nbconvert 7.17: all three show text/html and not
    image/jpeg when both are there, so the html must hold the picture; `data:` pictures survive
    Lab's sanitiser in a notebook that is not trusted, `var(--jp-...)` colours do not, so the
    caption inherits its colour and is made quieter with `opacity`.

    Args:
        job: Of any kind.
        share: How many jobs share the bytes that one may have.
    """
    facts = facts_of(job)
    words = _Words.of(facts, job.created)
    plain = steady_line(facts, job.noun)
    pictures = _pictures(job, words)
    if not pictures:
        return Frozen({"text/html": _box(facts, words), "text/plain": plain}, {})
    return Frozen(
        {
            "text/html": _figure(pictures, words, MAX_HTML_BYTES // share),
            "image/jpeg": encode_jpeg(_painted(pictures, words), MAX_PAINTED_BYTES // share),
            "text/plain": plain,
        },
        {},
    )


def freeze_jobs(jobs: Sequence[Job[Any]]) -> Frozen:
    """Return the plain pictures of *jobs* below each other, in one bundle no larger than one's."""
    frozen = [freeze_job(job, share=len(jobs)).data for job in jobs]
    parts = [f'<div style="margin:0 0 20px">{data["text/html"]!s}</div>' for data in frozen]
    data: dict[str, str | bytes] = {
        "text/html": f"<div>{''.join(parts)}</div>",
        "text/plain": "\n".join(str(each["text/plain"]) for each in frozen),
    }
    sheets = [Pillow.open(io.BytesIO(each)) for one in frozen if (each := _jpeg_of(one))]
    if sheets:
        data["image/jpeg"] = encode_jpeg(_stacked(sheets), MAX_PAINTED_BYTES)
    return Frozen(data, {})


def _jpeg_of(data: dict[str, str | bytes]) -> bytes:
    painted = data.get("image/jpeg", b"")
    return painted if isinstance(painted, bytes) else b""


def _stacked(sheets: Sequence[Pillow.Image]) -> Pillow.Image:
    gap = 16
    width = max(sheet.width for sheet in sheets)
    stack = Pillow.new("RGB", (width, sum(sheet.height + gap for sheet in sheets) - gap), "white")
    top = 0
    for sheet in sheets:
        stack.paste(sheet, (0, top))
        top += sheet.height + gap
    return stack


class _Picture(NamedTuple):
    """One picture of a frozen job, small and opaque, with what stands above it."""

    image: Pillow.Image
    alt: str
    label: str = ""


def _pictures(job: Any, words: _Words) -> list[_Picture]:  # noqa: ANN401  a Job of any kind
    """Return what is shown of *job*, side by side; files that cannot be read are left out."""
    if job.kind == "video":
        return [] if job.video is None else [_still(job, words)]
    if job.kind == "variation" and job.images and job.source is not None:
        pair = [("before", job.source), ("after", job.images[0])]
        opened = [(label, image, _opened(image, HTML_WIDTH // 2)) for label, image in pair]
        # where one is missing there is nothing to compare
        if all(picture is not None for _, _, picture in opened):
            grew = job.source.size != job.images[0].size
            return [
                _Picture(
                    picture,
                    f"{label}: {words.prompt}",
                    f"{label}, {_size(image)}" if grew else label,
                )
                for label, image, picture in opened
                if picture is not None
            ]
    total = len(job.images)
    each = HTML_WIDTH // columns(total)
    found = [(index, _opened(image, each)) for index, image in enumerate(job.images, 1)]
    here = [(index, picture) for index, picture in found if picture is not None]
    return [
        _Picture(picture, words.prompt if len(here) == 1 else f"{index} of {total}: {words.prompt}")
        for index, picture in here
    ]


def _size(image: Any) -> str:  # noqa: ANN401  an Image
    return f"{image.width} × {image.height}"  # noqa: RUF001  typographic


def _still(job: Any, words: _Words) -> _Picture:  # noqa: ANN401  a VideoJob
    video = job.video
    poster = None if video.poster is None else _opened(video.poster, HTML_WIDTH)
    still = poster or fitted(dark_frame(video.width, video.height), HTML_WIDTH, HTML_HEIGHT)
    return _Picture(with_play_mark(still), f"Video: {words.prompt}")


def _opened(image: Image, width: int) -> Pillow.Image | None:
    try:
        return on_squares(fitted(image.pil(), width, HTML_HEIGHT))
    except (LibraryError, OSError, ValueError):  # moved or broken; the words stay
        logger.warning("Picture %s cannot be opened for the notebook.", image, exc_info=True)
        return None


def waiting_line(job: Job[Any]) -> Frozen:
    """Return what stands in the output for the moment in which no widget has been made yet."""
    facts = facts_of(job)
    plain = steady_line(facts, job.noun)
    return Frozen({"text/html": _box(facts, _Words.of(facts, None)), "text/plain": plain}, {})


@dataclass(frozen=True, slots=True)
class _Words:
    """The caption, before it is marked up or painted."""

    prompt: str
    parameters: tuple[tuple[str, str], ...]
    facts: tuple[str, ...]
    simulated: bool
    hint: str = ""
    history: tuple[str, ...] = ()

    @classmethod
    def of(cls, facts: CardFacts, when: datetime | None) -> _Words:
        line = [facts.detail] if facts.kind == "video" else []
        is_reused = facts.phase == "done" and facts.reused
        if facts.phase == "done" and not is_reused:
            # beside a video's own length the time needs a word
            line += [f"{'made in ' if line else ''}{seconds(facts.elapsed)}"]
        cost = facts.cost if facts.cost is not None else facts.price
        if is_reused:
            line += [f"{FROM_LIBRARY}, {NO_COST}"]
        elif facts.phase != "done":
            line += [money_line(facts)]
        elif cost is not None:
            line += [str(cost)]
        if when is not None:
            line += [f"made {day_of(when)}" if is_reused else day_of(when)]
        return cls(
            facts.prompt,
            facts.parameters,
            tuple(part for part in line if part),
            facts.simulated,
            PLAYS if facts.kind == "video" and facts.phase == "done" else "",
            facts.history,
        )


def is_see_through(image: Pillow.Image) -> bool:
    """Whether a part of *image* may be see-through."""
    return image.mode in {"RGBA", "LA", "PA"} or "transparency" in image.info


def on_squares(image: Pillow.Image) -> Pillow.Image:
    """Return *image* in RGB, laid on quiet squares where it is see-through, turned as it says."""
    upright = ImageOps.exif_transpose(image)
    if not is_see_through(upright):
        return upright.convert("RGB")
    ground = Pillow.new("RGBA", upright.size, "white")
    draw = ImageDraw.Draw(ground)
    for top in range(0, upright.height, SQUARE):
        for left in range(top % (2 * SQUARE), upright.width, 2 * SQUARE):
            draw.rectangle((left, top, left + SQUARE - 1, top + SQUARE - 1), SQUARE_INK)
    return Pillow.alpha_composite(ground, upright.convert("RGBA")).convert("RGB")


def on_white(image: Pillow.Image) -> Pillow.Image:
    """Return *image* in RGB, laid on white where it is see-through, turned as it says."""
    upright = ImageOps.exif_transpose(image)
    if is_see_through(upright):
        see_through = upright.convert("RGBA")
        white = Pillow.new("RGBA", see_through.size, "white")
        return Pillow.alpha_composite(white, see_through).convert("RGB")
    return upright.convert("RGB")


def encode_jpeg(image: Pillow.Image, max_bytes: int) -> bytes:
    """Return *image* as a JPEG of at most *max_bytes*: lower quality first, then fewer pixels."""
    while True:
        low, high, best = 0, len(QUALITIES) - 1, b""
        while low <= high:  # a search by halves: each try costs some 10 ms
            middle = (low + high) // 2
            buffer = io.BytesIO()
            image.save(buffer, "JPEG", quality=QUALITIES[middle], optimize=True)
            if buffer.tell() <= max_bytes:
                best, high = buffer.getvalue(), middle - 1
            else:
                low = middle + 1
        if best or min(image.size) <= 32:
            return best or buffer.getvalue()
        image = image.resize(
            (max(1, image.width * 4 // 5), max(1, image.height * 4 // 5)),
            Pillow.Resampling.LANCZOS,
        )


def columns(count: int) -> int:
    """Return how many pictures stand side by side."""
    return 1 if count < 2 else 2 if count in {2, 4} else 3 if count < 7 else 4


def fitted(image: Pillow.Image, width: int, height: int) -> Pillow.Image:
    """Return *image* no larger than *width* x *height* and never enlarged, in its own shape."""
    image = ImageOps.exif_transpose(image)
    factor = min(width / image.width, height / image.height, 1)
    if factor == 1:
        return image
    if image.mode in {"1", "P", "PA"}:  # colours by number cannot be mixed
        image = image.convert("RGBA")
    size = (max(1, round(image.width * factor)), max(1, round(image.height * factor)))
    return image.resize(size, Pillow.Resampling.LANCZOS, reducing_gap=2.0)


# ---- html ---------------------------------------------------------------------------------------


def _figure(pictures: Sequence[_Picture], words: _Words, most_bytes: int) -> str:
    across = columns(len(pictures))
    shares = _shares(pictures)
    shown = SHOWN_WIDTH
    if across == 1 or pictures[0].label:  # what is tall should not need scrolling
        shown = min(SHOWN_WIDTH, round(SHOWN_HEIGHT * sum(shares)))
    images = []
    for picture in pictures:
        jpeg = encode_jpeg(picture.image, most_bytes // len(pictures))
        data = base64.b64encode(jpeg).decode("ascii")
        image = (
            f'<img src="data:image/jpeg;base64,{data}" alt="{html.escape(picture.alt)}" '
            'style="display:block;width:100%;height:auto;margin:0">'
        )
        if picture.label:
            label = _div("font-size:12px;line-height:1.8;opacity:.75", picture.label)
            image = f'<div style="min-width:0">{label}{image}</div>'
        images.append(image)
    tracks = " ".join(f"{share:g}fr" for share in shares)
    grid = f"display:grid;grid-template-columns:{tracks};grid-gap:4px;"
    row = "".join(images) if across == 1 else f'<div style="{grid}">{"".join(images)}</div>'
    return (
        f'<figure {NO_MATH} style="margin:0;max-width:{shown}px">{row}'
        f'<figcaption style="max-width:{SHOWN_WIDTH}px;margin:8px 0 0;text-align:left">'
        f"{_caption(words)}</figcaption></figure>"
    )


def _shares(pictures: Sequence[_Picture]) -> list[float]:
    """Return how wide each column is: alone and in a pair in relation to the height, else alike."""
    if len(pictures) > 1 and not pictures[0].label:
        return [1.0] * columns(len(pictures))
    return [round(picture.image.width / picture.image.height, 4) for picture in pictures]


def _caption(words: _Words) -> str:
    lines = [_div("font-size:14px;line-height:1.45;overflow-wrap:break-word", words.prompt)]
    if words.parameters:
        pairs = "&ensp; ".join(
            f'<span style="opacity:.75">{html.escape(name)}</span> {html.escape(value)}'
            for name, value in words.parameters
        )
        lines.append(
            f'<div style="font-size:12px;line-height:1.6;overflow-wrap:break-word">{pairs}</div>'
        )
    facts = [html.escape(fact) for fact in words.facts]
    if words.simulated:
        facts.append(
            '<span style="border:1px dashed;border-radius:3px;padding:0 5px;font-size:11px">'
            "simulated</span>"
        )
    if words.hint:
        # sanitisers drop `white-space`
        facts.append(_with_code(words.hint.replace(" ", "\N{NO-BREAK SPACE}")))
    lines.append(
        '<div style="font-size:12px;line-height:1.6;opacity:.75">'
        + "&ensp; ".join(facts)
        + "</div>"
    )
    lines += [_div("font-size:12px;line-height:1.6;opacity:.75", said) for said in words.history]
    return "".join(lines)


def _div(style: str, text: str) -> str:
    return f'<div style="{style}">{html.escape(text)}</div>'


GLYPHS = {
    "failed": ("▲", "#d9363e"),
    "done": ("●", "#4a9a4e"),
    "stopped": ("■", "#808080"),
}
"""Shapes as letters, in colours that are seen on white and on black (3:1)."""
BROKEN = (
    '<span style="display:inline-block;width:8px;height:8px;border:2px dotted #1e88e5;'
    'border-radius:50%"></span>'
)
"""The mark of a lost answer; as a letter it is too thin to be seen."""


def _box(facts: CardFacts, words: _Words) -> str:
    """Return a job without pictures as a quiet box that outlives a restart."""
    mark, color = GLYPHS.get(facts.phase, ("○", "#808080"))
    sign = f'<span style="color:{color}">{mark}</span>'
    if facts.phase in {"searching", "unknown"}:
        sign = BROKEN
    headline, advice = error_of(facts)
    after = f"after {seconds(facts.elapsed)}" if facts.is_final else ""
    top = (
        f'<div style="font-size:13px;line-height:1.5">{sign} '
        f'<b>{facts.word}</b> <span style="opacity:.75">{html.escape(after)}</span></div>'
    )
    error = _div("font-size:13px;line-height:1.5;margin-top:4px", headline) if headline else ""
    what_now = (
        f'<div style="font-size:13px;line-height:1.5;opacity:.75">{_with_code(advice)}</div>'
        if advice
        else ""
    )
    identity = (
        f'<div style="font-size:12px;opacity:.75">id <code>{html.escape(facts.id)}</code></div>'
        if facts.id and facts.phase != "done"
        else ""
    )
    return (
        f'<div {NO_MATH} style="max-width:{SHOWN_WIDTH}px;box-sizing:border-box;padding:10px 14px;'
        'border:1px solid rgba(128,128,128,0.4);border-radius:6px">'
        f"{top}{_caption(words)}{error}{what_now}{_candidates(facts)}{identity}</div>"
    )


def _candidates(facts: CardFacts) -> str:
    """Return the jobs at the service that may be it, each with its whole id, for `adopt`."""
    rows = [
        f'<tr style="background:none"><td style="{CELL}"><code style="font-size:11px;padding:0;'
        f'background:none;color:inherit">{html.escape(each.id)}</code></td>'
        f'<td style="{CELL}">{html.escape(asked)}</td>'
        f'<td style="{CELL}">{html.escape(differs)}</td></tr>'
        for each, asked, differs in candidate_lines(facts)
    ]
    table = f'<table style="border-collapse:collapse;margin:4px 0">{"".join(rows)}</table>'
    hint = _with_code(CHOOSES) if facts.asks else ""
    return (table if rows else "") + (
        f'<div style="font-size:12px;line-height:1.6;opacity:.75">{hint}</div>' if hint else ""
    )


def _with_code(text: str) -> str:
    return "".join(
        f"<code>{html.escape(part)}</code>" if index % 2 else html.escape(part)
        for index, part in enumerate(text.split("`"))
    )


# ---- painted ------------------------------------------------------------------------------------


def _painted(pictures: Sequence[_Picture], words: _Words) -> Pillow.Image:
    gap, head = 6, LABEL_HEIGHT if pictures[0].label else 0
    across = columns(len(pictures))
    shares = _shares(pictures)
    width = PAINTED_WIDTH
    if across == 1 or pictures[0].label:
        width = min(PAINTED_WIDTH, round(PAINTED_HEIGHT * sum(shares)))
    room = width - gap * (across - 1)
    sides = [math.floor(room * share / sum(shares)) for share in shares]
    cells = [
        each.image.resize((side, max(1, round(each.image.height * side / each.image.width))))
        for index, each in enumerate(pictures)
        for side in [sides[index % across]]
    ]
    rows = [cells[i : i + across] for i in range(0, len(cells), across)]
    height = head + sum(max(cell.height for cell in row) for row in rows) + gap * (len(rows) - 1)

    full_width = max(width, 480)  # room for the caption of a slim picture
    lines = _caption_lines(words, full_width - 8)
    sheet = Pillow.new(
        "RGB", (full_width, height + 14 + sum(line.height for line in lines) + 6), "white"
    )
    draw = ImageDraw.Draw(sheet)
    small = font_for("", 15)
    lefts = [sum(sides[:index]) + gap * index for index in range(across)]
    for start, picture in zip(lefts, pictures, strict=False):
        draw.text((start + 2, 1), drawable(picture.label, small), QUIET_INK, small)
    top = head
    for row in rows:
        for start, cell in zip(lefts, row, strict=False):
            sheet.paste(cell, (start, top))
        top += max(cell.height for cell in row) + gap
    top = height + 14
    for line in lines:
        left = 4.0
        for run in line.runs:
            if run.is_pill:
                _pill(draw, left, top, run)
            else:
                draw.text((left, top), run.text, run.ink, run.font)
            left += run.width
        top += line.height
    return sheet


@dataclass(frozen=True, slots=True)
class _Run:
    text: str
    font: Any
    ink: str
    is_pill: bool = False

    @property
    def width(self) -> float:
        return float(self.font.getlength(self.text)) + (12 if self.is_pill else 0)


@dataclass(frozen=True, slots=True)
class _Line:
    runs: tuple[_Run, ...]
    height: int


def _caption_lines(words: _Words, width: float) -> list[_Line]:
    """Return the caption, wrapped: the prompt in three lines at most, then parameters and facts."""
    prompt = font_for(words.prompt, 18)
    text = drawable(words.prompt, prompt)
    lines = [_Line((_Run(part, prompt, INK),), 26) for part in wrapped(text, prompt, width, most=3)]
    small = font_for("".join(name + value for name, value in words.parameters), 15)
    groups = [
        (
            _Run(f"{drawable(name, small)} ", small, QUIET_INK),
            _Run(_cut(drawable(value, small), small, width / 2), small, INK),
        )
        for name, value in words.parameters
    ]
    lines += _flow(groups, width, small)
    facts: list[tuple[_Run, ...]] = [
        (_Run(drawable(fact, small), small, QUIET_INK),) for fact in words.facts
    ]
    if words.simulated:
        facts.append((_Run("simulated", font_for("", 13), QUIET_INK, is_pill=True),))
    lines += _flow(facts, width, small)
    for said in words.history:
        parts = wrapped(drawable(said, small), small, width, most=3)
        lines += [_Line((_Run(part, small, QUIET_INK),), 23) for part in parts]
    return lines


def _flow(groups: Sequence[tuple[_Run, ...]], width: float, font: Any) -> list[_Line]:  # noqa: ANN401  FreeType or bitmap
    """Set *groups* side by side and never break inside one, unless it is wider than the line."""
    space = _Run("   ", font, INK)
    lines: list[list[_Run]] = []
    used = 0.0
    for group in groups:
        needed = sum(run.width for run in group)
        if lines and used + space.width + needed <= width:
            lines[-1] += [space, *group]
            used += space.width + needed
        else:
            lines.append(list(group))
            used = needed
    return [_Line(tuple(line), 23) for line in lines]


def _pill(draw: ImageDraw.ImageDraw, left: float, top: float, run: _Run) -> None:
    draw.text((left + 6, top + 1), run.text, run.ink, run.font)
    right, bottom = left + run.width, top + 20
    for x in range(round(left), round(right), 6):
        draw.line((x, top - 1, min(x + 3, right), top - 1), run.ink)
        draw.line((x, bottom, min(x + 3, right), bottom), run.ink)
    for y in range(round(top) - 1, round(bottom), 6):
        draw.line((left, y, left, min(y + 3, bottom)), run.ink)
        draw.line((right, y, right, min(y + 3, bottom)), run.ink)


def _cut(text: str, font: Any, width: float) -> str:  # noqa: ANN401  FreeType or bitmap
    if font.getlength(text) <= width:
        return text
    while text and font.getlength(text + "…") > width:
        text = text[:-1]
    return text.rstrip() + "…"


def wrapped(text: str, font: Any, width: float, *, most: int) -> list[str]:  # noqa: ANN401  FreeType or bitmap
    """Return *text* in lines no wider than *width* pixels, at most *most*, the last one cut."""
    lines = [""]
    for word in text.split():
        rest = word
        if lines[-1] and font.getlength(f"{lines[-1]} {rest}") <= width:
            lines[-1] = f"{lines[-1]} {rest}"
            continue
        if lines[-1]:
            lines.append("")
        while font.getlength(rest) > width:  # one endless word
            cut = max(1, math.floor(len(rest) * width / font.getlength(rest)))
            while cut > 1 and font.getlength(rest[:cut]) > width:
                cut -= 1
            lines[-1] = rest[:cut]
            lines.append("")
            rest = rest[cut:]
        lines[-1] = rest
        if len(lines) > most:
            break
    if len(lines) > most:
        lines = lines[:most]
        lines[-1] = _cut(f"{lines[-1]} …………", font, width).rstrip(" …") + "…"
    return lines


SYSTEM_FONTS = (
    "NotoSansCJK-Regular.ttc",
    "NotoSans-Regular.ttf",
    "Arial Unicode.ttf",
    "PingFang.ttc",
    "msyh.ttc",
    "YuGothM.ttc",
    "malgun.ttf",
    "segoeui.ttf",
    "DejaVuSans.ttf",
)
"""Asked for by name, in this order, when the bundled font lacks a letter."""


@cache
def font_for(text: str, size: int) -> Any:  # noqa: ANN401  FreeType, or bitmap where Pillow lacks FreeType
    """Return the font that lacks fewest of *text*'s letters; Pillow's own one where it has all."""
    own = ImageFont.load_default(size)
    best, fewest = own, lacking(text, own)
    for name in SYSTEM_FONTS if fewest else ():
        try:
            font = ImageFont.truetype(name, size)
        except OSError:
            continue
        count = lacking(text, font)
        if count < fewest:
            best, fewest = font, count
        if not fewest:
            break
    return best


@cache
def _box_of(font: Any) -> bytes:  # noqa: ANN401  FreeType or bitmap
    """Return how *font* draws a letter that does not exist."""
    return bytes(font.getmask("\U0010fffe"))


@cache
def _has(font: Any, letter: str) -> bool:  # noqa: ANN401  FreeType or bitmap
    try:
        return letter.isspace() or bytes(font.getmask(letter)) != _box_of(font)
    except (UnicodeEncodeError, OSError):
        return False


def lacking(text: str, font: Any) -> int:  # noqa: ANN401  FreeType or bitmap
    """Return how many different letters of *text* the font would draw as a box."""
    return sum(not _has(font, letter) for letter in set(_on_a_line(text)))


def _on_a_line(text: str) -> str:
    """
    Return *text* as it may be measured and drawn: harmless, and every space in it a plain one.

    Pillow gives up on a line break beside a letter that is not ASCII ("raqm_layout() failed."), on
    one in a text with an anchor, and on half a character.
    """
    return "".join(" " if letter.isspace() else letter for letter in as_shown(text))


def drawable(text: str, font: Any) -> str:  # noqa: ANN401  FreeType or bitmap
    """
    Return *text* on one line, without the letters that the font does not have.

    Whatever is measured or drawn has been through here: Pillow fails at some of the rest. An
    accent is dropped where the plain letter is there; anything else is a middle dot, one for a
    whole run. The html beside the painted picture holds the true text.
    """
    kept: list[str] = []
    for letter in unicodedata.normalize("NFC", _on_a_line(text)):
        plain = unicodedata.normalize("NFKD", letter)[0]
        if _has(font, letter):
            kept.append(letter)
        elif _has(font, plain):
            kept.append(plain)
        elif not kept or kept[-1] != "·":
            kept.append("·")
    return "".join(kept)


def thumbnail(image: Image, *, longest: int = 680) -> tuple[bytes, int, int]:
    """Return one picture for the card as JPEG bytes, and its full width and height."""
    full = image.pil()
    buffer = io.BytesIO()
    on_white(fitted(full, longest, longest)).save(buffer, "JPEG", quality=84)
    return buffer.getvalue(), *full.size
