"""
A sweep as one HTML file that opens from disk and shows the same sheet, with no network and no key.

The page's own module of the sheet runs in it unchanged; `host.js` answers it out of the file. A
policy in the file lets nothing else run and nothing be fetched. Words are data, never markup.
"""

from __future__ import annotations

import base64
import gzip
import hashlib
import html
import io
import json
import re
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal, get_args
from urllib.parse import quote

from leonardo_nb.errors import ExportFailed, InvalidRequest
from leonardo_nb.library.provenance import WITHHELD
from leonardo_nb.service.plain import as_shown
from leonardo_nb.service.values import shown
from leonardo_nb.sweeps.arrangement import Filter, first_arrangement
from leonardo_nb.sweeps.estimate import total
from leonardo_nb.sweeps.export.folder import write_beside
from leonardo_nb.sweeps.export.handout import Handout
from leonardo_nb.sweeps.export.names import stems_of
from leonardo_nb.sweeps.export.writing import place_of, written
from leonardo_nb.widgets import page
from leonardo_nb.widgets.freeze import fitted, on_squares
from leonardo_nb.widgets.sheet_deck import coords_of, costs_of, deck_of, indices
from leonardo_nb.widgets.sheet_tally import letter_of
from leonardo_nb.widgets.sheet_thumbs import BROKEN, thumbs_in
from leonardo_nb.widgets.sheet_view import cell_view, reason_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from leonardo_nb.engine.media import Image
    from leonardo_nb.sweeps.export.writing import Told
    from leonardo_nb.sweeps.run import Run
    from leonardo_nb.widgets.sheet_thumbs import Thumbs

__all__ = ["Pictures", "spec_in", "to_html"]

Pictures = Literal["auto", "inside", "beside", "none"]

HERE: Final = Path(__file__).parent
SIZES: Final = (128, 256)
"""Thumbnails in the file, in pixels; a wish for 64 is answered with 128, which is small enough."""
FEW_SIZES: Final = (128,)
MANY: Final = 2_000
"""From so many cells on, only the smaller thumbnails are inside, so that the file can be sent."""
LARGE: Final = 1_024
"""Pixels of the longer side of a picture inside."""
LARGE_QUALITY: Final = 82
MOST_BYTES: Final = 12_000_000
"""Of a file with the pictures inside, where nothing else is asked for."""
THREADS: Final = 2
TIMES: Final = "×"  # noqa: RUF001  typographic
NO_TIME: Final = ["took", "0.0 s"]
"""What stands beside pictures of files, of which nobody knows how long they took."""
SPEC: Final = re.compile(
    r'<script type="application/json" id="leo-sweep">(.*?)</script>', re.DOTALL
)
PLACE: Final = re.compile(r"\{\{(\w+)\}\}")
EXPORT: Final = re.compile(r"^export (?=(?:const|function|async function) )", re.MULTILINE)
CLOSES: Final = re.compile(r"</script|<!--", re.IGNORECASE)
SHEET: Final = "sheet_main.js"
STYLE: Final = "sheet_main.css"
MOST_READ: Final = 400_000_000
"""Bytes of a file in which a sweep is looked for."""


def to_html(
    run: Run,
    path: str | Path,
    *,
    prompt: bool = True,
    pictures: Pictures = "auto",
    title: str | None = None,
    told: Told | None = None,
) -> Path:
    """
    Write *run* as one HTML file that shows its sheet, and return its path.

    It opens as the sheet was last turned, with every cell. Thumbnails of 128 and 256 pixels are
    inside (from 2,000 cells on only those of 128). Pictures of at most 1,024 pixels are inside as
    long as the file stays below 12 MB; else the service's own files are put beside it, into
    `name_files/`, which has to travel with it. Such a folder of the same sweep is gone on with, any
    other is left alone.

    Args:
        run: The run, or a part of it.
        path: Where to write it.
        prompt: False leaves out all words that somebody wrote, and the code that has them.
        pictures: `"inside"` or `"beside"` whatever the size; `"none"` for thumbnails alone.
        title: What stands above it; else the name of the sweep.
        told: Called with pictures read and pictures in all.

    Raises:
        InvalidRequest: *pictures* is none of these.
        ExportFailed: It cannot be written, or something else is there, or in the folder beside it.
    """
    if pictures not in get_args(Pictures):
        raise InvalidRequest(
            f"to_html(): pictures={shown(pictures)} is none of {', '.join(get_args(Pictures))}.",
            member="pictures",
            value=pictures,
            nearest="auto",
        )
    place, handout = place_of(path), Handout(run, prompt=prompt)
    with written(place) as to:
        inside = _packed(handout, pictures, told)
        stems = stems_of(handout)
        if pictures == "beside" or (pictures == "auto" and inside.large is None):
            folder = place.with_name(f"{place.stem}_files")
            names = {n: f"{stems[n]}{each.path.suffix}" for n, each in handout.pictures.items()}
            write_beside(folder, handout, names)
            beside = [f"{quote(folder.name)}/{quote(names[n])}" if n in names else ""
                      for n in range(len(run.cells))]  # fmt: skip
        else:
            names = {n: f"{stems[n]}.webp" for n in handout.pictures}
            beside = []
        contents = _contents(handout, inside, [names.get(n, "") for n in range(len(run.cells))])
        text = _document(handout, inside, contents | {"beside": beside}, title)
        to.write_text(text, encoding="utf-8", newline="\n")
    return place


def spec_in(path: str | Path) -> dict[str, Any]:
    """
    Return the `sweep.json` that an HTML file of ours has inside, for `Plan.from_dict`.

    Args:
        path: A file that `run.to_html` wrote.

    Raises:
        ExportFailed: It cannot be read, or there is none in it.
    """
    place = place_of(path)
    try:
        if place.stat().st_size > MOST_READ:
            raise ExportFailed(f"{place} is larger than any sheet of ours.", path=place)
        text = place.read_text(encoding="utf-8", errors="replace")
    except OSError as error:
        raise ExportFailed(f"{place} cannot be read ({error.strerror}).", path=place) from error
    found = SPEC.search(text)
    try:
        spec = json.loads(found[1]) if found else None
    except ValueError:
        spec = None
    if not isinstance(spec, dict):
        raise ExportFailed(
            f"{place} has no sweep in it; run.to_html() writes files that do.", path=place
        )
    return spec


@dataclass(frozen=True, slots=True)
class _Pack:
    """Pictures of one size as text, and how much of it is whose."""

    size: int
    lengths: list[int]
    text: str

    @classmethod
    def of(cls, size: int, pictures: Sequence[bytes]) -> _Pack:
        """Return *pictures*, empty for none, one after the other; each can be read alone."""
        parts = [base64.b64encode(data).decode("ascii") for data in pictures]
        return cls(size, [len(each) for each in parts], "".join(parts))


@dataclass(frozen=True, slots=True)
class _Inside:
    """The pictures in a file: thumbnails, the smallest first, and large ones or None."""

    small: tuple[_Pack, ...]
    large: _Pack | None


def _packed(handout: Handout, pictures: Pictures, told: Told | None) -> _Inside:
    """Return what is put inside; large pictures only as long as there is room for them."""
    cells = [handout.pictures.get(n) for n in range(len(handout.cells))]
    sizes = SIZES if len(cells) < MANY else FEW_SIZES
    thumbs = thumbs_in(handout.run.studio.folder)

    def small(image: Image | None) -> list[bytes]:
        # the larger one first: the smaller one is then made of it
        return [_made(image, partial(_thumb, thumbs, size)) for size in sizes[::-1]][::-1]

    count, done = len(handout.pictures), 0
    found: list[list[bytes]] = []
    with ThreadPoolExecutor(THREADS) as pool:
        for image, each in zip(cells, pool.map(small, cells), strict=True):
            found.append(each)
            if image is not None and told is not None:
                told(done, count)
                done += 1
        packs = tuple(_Pack.of(size, [each[n] for each in found]) for n, size in enumerate(sizes))
        inside = _Inside(packs, None)
        if pictures in {"auto", "inside"}:
            room = (
                MOST_BYTES - sum(len(pack.text) for pack in packs) if pictures == "auto" else None
            )
            inside = _Inside(packs, _large(pool, cells, room))
    if told is not None:
        told(count, count)
    return inside


def _large(
    pool: ThreadPoolExecutor, cells: Sequence[Image | None], room: int | None
) -> _Pack | None:
    """Return the large pictures; None where they do not fit into *room* bytes of text."""
    there = [image for image in cells if image is not None]
    if room is not None and there:
        # the first few tell how large they all are, so that thousands are not made in vain
        first = [len(_made(image, _webp)) for image in there[:: max(1, len(there) // 8)]]
        if sum(first) / len(first) * len(there) * 4 / 3 > room * 1.2:
            return None
    made = list(pool.map(lambda image: _made(image, _webp), cells))
    pack = _Pack.of(LARGE, made)
    return None if room is not None and len(pack.text) > room else pack


def _made(image: Image | None, make: Callable[[Image], bytes]) -> bytes:
    """Return what *make* makes of *image*; nothing of a file that is gone or broken."""
    if image is None:
        return b""
    try:
        return make(image)
    except BROKEN:
        return b""


def _thumb(thumbs: Thumbs, size: int, image: Image) -> bytes:
    media = image.origin.media
    return b"" if media is None else thumbs.make(media.file, size)


def _webp(image: Image) -> bytes:
    """Return *image* at most 1,024 pixels long, without whatever else is in its file."""
    less = fitted(image.pil(), LARGE, LARGE)
    buffer = io.BytesIO()
    on_squares(less).save(buffer, "WEBP", quality=LARGE_QUALITY, method=2)
    return buffer.getvalue()


# ---- words --------------------------------------------------------------------------------------


def _contents(handout: Handout, inside: _Inside, names: list[str]) -> dict[str, Any]:
    """Return what `host.js` answers with, but for pictures and details."""
    run = handout.run
    places = indices(run)
    ids = "".join(handout.pictures[n].id for n in sorted(handout.pictures))
    return {
        # the same file opened again finds its marks, another one does not
        "id": hashlib.sha256(f"{handout.name}\n{ids}".encode()).hexdigest()[:24],
        "traits": {
            "deck": _deck(handout, deck_of(run, places)),
            "coords": _text(coords_of(places)),
            "states": "".join(letter_of(job) for job in run.jobs),
            "costs": _text(costs_of([run.price_of(cell) for cell in handout.cells])),
            "reasons": {
                str(cell.index): handout.said(reason_of(error), cell)
                for cell in handout.cells
                if (error := run.job(cell).error) is not None
            },
            "head": _head(handout),
            "marks": {
                str(n): {"star": mark.star, "reject": mark.reject, "note": mark.note}
                for n, mark in handout.marks.items()
            },
            "arrangement": _turned(run),
            "selected": [],
            "first": {},
        },
        "small": [{"size": pack.size, "lengths": pack.lengths} for pack in inside.small],
        "large": inside.large and {"size": inside.large.size, "lengths": inside.large.lengths},
        "names": names,
        "type": "image/webp",
        # a key is made of the words, so that whoever guesses them could know that he is right
        "pictures": [cell.picture for cell in handout.cells] if handout.prompt else [],
    }


def _turned(run: Run) -> dict[str, Any]:
    """Return how *run* was last turned, for a screen of any width, and without what it hid."""
    turned = run.turned or first_arrangement(run.axes)
    return replace(turned, size=0, filter=Filter()).to_dict()


def _deck(handout: Handout, deck: dict[str, Any]) -> dict[str, Any]:
    """Return *deck* for a page that nobody stands behind, without what is withheld."""
    axes = [
        {**shown_axis, "labels": [*labels, *shown_axis["labels"][len(labels) :]]}
        for shown_axis, labels in zip(deck["axes"], handout.labels, strict=True)
    ]
    kept = {
        name: [pair for pair in deck[name] if handout.prompt or pair[0] not in WITHHELD]
        for name in ("same", "always")
    }
    can = {"mark": True, "pause": False, "download": True}
    prompt = deck["prompt"] if handout.prompt else ""
    return {**deck, **kept, "name": handout.name, "prompt": prompt, "axes": axes, "live": False,
            "can": can}  # fmt: skip


def _head(handout: Handout) -> dict[str, Any]:
    """Return what stands above the grid: what was paid in all, whoever paid it and when."""
    counts, run = handout.run.counts, handout.run
    ends = {"failed": counts.failed, "stopped": counts.stopped, "not ended": counts.open}
    paid = total({cell.key: run.job(cell).cost for cell in handout.cells}.values())
    mark = "quarter" if counts.open else "disc" if counts.done else "triangle"
    return {
        "mark": mark,
        "word": f"{counts.done:,} of {counts.total:,}",
        "rest": ", ".join(f"{number:,} {name}" for name, number in ends.items() if number),
        "bar": [counts.done, counts.failed, counts.running, counts.waiting, counts.stopped],
        "money": "" if paid is None else str(paid),
        "left": "",
        "simulated": run.simulated,
        "said": "",
        "actions": [],
    }


def _details(handout: Handout) -> list[dict[str, Any]]:
    """Return what stands at the side of each cell."""
    return [_detail(handout, n) for n in range(len(handout.cells))]


def _detail(handout: Handout, index: int) -> dict[str, Any]:
    cell = handout.cells[index]
    cost, detail = handout.run.job(cell).cost, cell_view(handout.run, index)
    # that it cost nothing when it was asked for again is of no use to others
    facts = [pair for pair in detail["facts"] if pair[0] != "cost" and pair != NO_TIME]
    detail = {**detail, "facts": [*facts, *([["cost", str(cost)]] if cost is not None else [])]}
    if handout.prompt:
        return detail
    where = handout.where(cell)
    return {
        **detail,
        "prompt": "",
        "code": "",
        "where": [[name, where.get(name, label)] for name, label in detail["where"]],
        "parameters": [pair for pair in detail["parameters"] if pair[0] not in WITHHELD],
        "notes": [handout.said(note, cell) for note in detail["notes"]],
        "error": handout.said(detail["error"] or "", cell),
        "advice": handout.said(detail["advice"] or "", cell),
    }


def _text(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")


# ---- the file -----------------------------------------------------------------------------------


def _document(
    handout: Handout, inside: _Inside, contents: dict[str, Any], title: str | None
) -> str:
    """Return the whole file."""
    name = as_shown(handout.name if title is None else title)
    script, style = _script(), _style()
    details = gzip.compress(_json(_details(handout)).encode(), 6, mtime=0)
    packs = [*inside.small, *([inside.large] if inside.large else [])]
    data = [
        _data("application/json", "leo-sweep", _json(handout.spec)),
        _data("application/json", "leo-contents", _json(contents)),
        _data("text/plain", "leo-details", _text(details)),
        *(_data("text/plain", f"leo-{pack.size}", pack.text) for pack in packs),
    ]
    values = {
        "policy": _policy(script, style, beside=bool(contents["beside"])),
        "version": version("leonardo_nb"),
        "title": html.escape(name),
        "made": html.escape(_made_how(handout)),
        "missing": html.escape(handout.missing()),
        "style": style,
        "data": "\n".join(data),
        "script": script,
    }
    template = (HERE / "file.html").read_text(encoding="utf-8")
    # in one pass, so that a value that looks like a place is no place
    return PLACE.sub(lambda found: values[found[1]], template)


def _made_how(handout: Handout) -> str:
    day = datetime.now(UTC).astimezone()
    over = f"A sweep over {handout.headline(TIMES)}" if handout.axes else "One picture"
    drawn = ", drawn by the built-in simulator" if handout.run.simulated else ""
    date = f"{day.day} {day:%B %Y}"
    return f"{over}{drawn}, handed on {date} with leonardo_nb {version('leonardo_nb')}"


def _script() -> str:
    """Return the sheet's own module and what answers it, which sees of it only `render`."""
    host = EXPORT.sub("", (HERE / "host.js").read_text(encoding="utf-8"))
    script = f"{page.esm(SHEET)}\n{{\n{host}\nstart(render, document);\n}}\n"
    if found := CLOSES.search(script):
        raise ValueError(f"A script of ours has {found[0]}, which would end it in a file.")
    return f"\n{script}"


def _style() -> str:
    return f"\n{page.css(STYLE)}\n{(HERE / 'file.css').read_text(encoding='utf-8')}"


def _policy(script: str, style: str, *, beside: bool) -> str:
    """Return what the file lets happen: these two, pictures of its own, and nothing else."""
    seal = {name: _text(hashlib.sha256(text.encode()).digest())
            for name, text in (("script", script), ("style", style))}  # fmt: skip
    pictures = "blob: data:" + (" 'self' file:" if beside else "")
    return (
        f"default-src 'none'; script-src 'sha256-{seal['script']}'; "
        f"style-src 'sha256-{seal['style']}'; img-src {pictures}; "
        "base-uri 'none'; form-action 'none'"
    )


def _json(value: object) -> str:
    """Return *value* as JSON in which nothing can end a script or begin a comment."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return text.encode("utf-8", "replace").decode().replace("<", "\\u003c")


def _data(kind: str, name: str, text: str) -> str:
    return f'<script type="{kind}" id="{name}">{text}</script>'
