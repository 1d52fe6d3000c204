"""The caption of a contact sheet: what was asked for, what varies, and what came of it."""

from __future__ import annotations

import html
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Final

from leonardo_nb.library.provenance import WITHHELD
from leonardo_nb.service.plain import as_shown, on_one_line
from leonardo_nb.sweeps.estimate import counted
from leonardo_nb.widgets.contact_board import told_apart
from leonardo_nb.widgets.contact_page import TITLE, Page, is_unwritable
from leonardo_nb.widgets.freeze import drawable, font_for, wrapped
from leonardo_nb.widgets.sheet_view import ends_of, money_words
from leonardo_nb.widgets.view import parameter_pairs

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from leonardo_nb.service.requests import CreateGeneration
    from leonardo_nb.sweeps.axes import Axis
    from leonardo_nb.sweeps.run import Run

__all__ = ["Caption", "Line"]

FEW: Final = 6
"""So many values of an axis are named in the caption."""
LONGEST: Final = 60
"""Characters of one value there."""
MANY: Final = 40
"""So many labels that no font here can write are spelt out in the words beside the picture."""


@dataclass(frozen=True, slots=True)
class Caption:
    """
    What a sheet says below its pictures.

    Attributes:
        prompt: What is the same in every cell; empty where it varies.
        pairs: What varies and where it stands, then what else is the same.
        facts: Page, pictures, costs, day.
        simulated: Whether the simulator drew it.
        rest: Where what is not on it can be seen; empty where all is.
        spelt: Labels that no font here can write, by axis, in full.
        turns: How the sheet is had live again; said beside the picture, and not in it.
    """

    prompt: str
    pairs: tuple[tuple[str, str], ...]
    facts: tuple[str, ...]
    simulated: bool
    rest: str = ""
    spelt: tuple[tuple[str, str], ...] = ()
    turns: str = ""

    @classmethod
    def of(cls, run: Run, page: Page, *, is_file: bool = False, prompt: bool = True) -> Caption:
        """
        Return the caption of *page*.

        Args:
            run: Whose page it is.
            page: Which one.
            is_file: Whether its other pages lie beside it.
            prompt: False leaves out what somebody wrote.
        """
        requests = [job.request for job in run.jobs]
        prompts = {request.prompt for request in requests}
        counts = run.counts
        all_done = counts.done == counts.total
        done = counted(counts.total, "picture")
        if not all_done:
            done = f"{counts.done:,} of {counts.total:,} done"
        hidden = page.board.total - len(page.board.cells)
        part = ""
        if page.of > 1:
            part = f"page {page.number:,} of {page.of:,}"
            if not is_file:
                part = f"{page.shown:,} of {page.board.total:,} cells"
        facts = [
            part,
            f"{hidden:,} hidden" if hidden else "",
            done,
            *ends_of(run),
            money_words(run),
            _day(run),
        ]
        withheld = set() if prompt else set(WITHHELD)
        rest = ""
        if page.of > 1 and not is_file:
            rest = "`.explore()` of the run shows all, `.contact_sheets()` writes them down"
        return cls(
            as_shown(prompts.pop()) if prompt and len(prompts) == 1 else "",
            tuple(_lined((*_varying(page), *_same(run, requests, withheld)))),
            tuple(fact for fact in facts if fact),
            run.simulated,
            rest,
            tuple(_lined(_spelt(page))),
            "" if is_file or rest else "`.explore()` of the run turns it",
        )

    def lines(self, width: float, density: float) -> list[Line]:
        """Return it set in lines of *width* shown pixels."""
        font = font_for(self.prompt, round(16 * density))
        prompt = wrapped(drawable(self.prompt, font), font, width * density, most=3)
        lines = [Line(((part, "ink"),), 16, 24) for part in prompt if part]
        pairs = [((f"{name} ", "quiet"), (value, "ink")) for name, value in self.pairs]
        lines += _flow(pairs, width, density)
        facts = [((fact, "quiet"),) for fact in self.facts]
        if self.simulated:
            facts.append((("simulated", "pill"),))
        if self.rest:
            facts.append(((self.rest.replace("`", ""), "quiet"),))
        return [*lines, *_flow(facts, width, density), Line((), 12, 6)]

    def html(self) -> str:
        """Return it as html in the colours of its page."""
        pairs = "&ensp; ".join(
            f'<span style="opacity:.75">{html.escape(name)}</span> {html.escape(value)}'
            for name, value in self.pairs
        )
        spelt = "&ensp; ".join(
            f'<span style="opacity:.75">{html.escape(name)}</span> {html.escape(value)}'
            for name, value in self.spelt
        )
        facts = [html.escape(fact) for fact in self.facts]
        if self.simulated:
            facts.append(
                '<span style="border:1px dashed;border-radius:3px;padding:0 5px;font-size:11px">'
                "simulated</span>"
            )
        facts += [_with_code(said) for said in (self.rest, self.turns) if said]
        lines = [
            ("font-size:14px;line-height:1.45", html.escape(self.prompt)),
            ("font-size:12px;line-height:1.6", pairs),
            ("font-size:12px;line-height:1.6", spelt),
            ("font-size:12px;line-height:1.6;opacity:.75", "&ensp; ".join(facts)),
        ]
        return "".join(
            f'<div style="{style};overflow-wrap:break-word">{text}</div>'
            for style, text in lines
            if text
        )


@dataclass(frozen=True, slots=True)
class Line:
    """Pieces of text side by side; each is "ink", "quiet" or a "pill"."""

    pieces: tuple[tuple[str, str], ...]
    size: int
    height: int


def _flow(
    groups: Sequence[tuple[tuple[str, str], ...]], width: float, density: float
) -> Iterator[Line]:
    """Set *groups* side by side, and never break inside one."""
    lines: list[list[tuple[str, str]]] = []
    used = 0.0
    for whole in groups:
        font = font_for("".join(piece for piece, _ in whole), round(TITLE * density))
        group = tuple((drawable(piece, font), ink) for piece, ink in whole)
        text = "".join(piece for piece, _ in group)
        wide = font.getlength(text) / density + 14
        if wide > width:
            *names, (value, ink) = group
            room = width * density - sum(font.getlength(name) for name, _ in names)
            cut = partial(wrapped, font=font, width=room, most=1)
            group = (*names, (cut(value)[0], ink))
        if lines and used + wide <= width:
            lines[-1] += [("    ", "ink"), *group]
            used += wide
        else:
            lines.append(list(group))
            used = wide
    return (Line(tuple(line), TITLE, 22) for line in lines)


def _lined(pairs: Iterable[tuple[str, str]]) -> Iterator[tuple[str, str]]:
    return ((on_one_line(name), on_one_line(value)) for name, value in pairs)


def _varying(page: Page) -> Iterator[tuple[str, str]]:
    """Say what the labels at the edge are: the numbers alone do not."""
    for place, axis, labels in page.board.places:
        name = f"one grid for each {axis.name}" if place == "grids" else f"{place} {axis.name}"
        yield name.strip(), _values(axis, labels)


def _values(axis: Axis, labels: tuple[str, ...]) -> str:
    short = told_apart(labels)
    if short and short[0].startswith("… ") and not labels[0].startswith("… "):
        same = " ".join(labels[0].split())
        begins = same[: len(same) - len(short[0]) + 2][:LONGEST].rstrip(" ,.;")
        return f"{begins} …, {len(labels):,} values"
    if len(labels) <= FEW and max(map(len, labels)) <= LONGEST:
        return ", ".join(labels)
    span = f"{labels[0]} to {labels[-1]}, " if axis.is_numeric else ""
    return f"{span}{len(labels):,} values"


def _spelt(page: Page) -> Iterator[tuple[str, str]]:
    """Spell out labels that no font here can write; in the picture they are numbers."""
    for _, axis, labels in page.board.places:
        poor = [(n, label) for n, label in enumerate(labels, 1) if is_unwritable(label)]
        if poor:
            yield axis.name, ", ".join(f"#{n} {label[:LONGEST]}" for n, label in poor[:MANY])


def _same(
    run: Run, requests: Sequence[CreateGeneration], withheld: set[str]
) -> Iterator[tuple[str, str]]:
    """Return what differs from the defaults in every cell alike."""
    if not requests:
        return
    first = requests[0]
    varying = {name for axis in run.axes for name in (axis.name, *axis.sets)} | withheld
    same = {
        name: value
        for name, value in first.notable().items()
        if name not in varying
        and all(getattr(each, name, None) == getattr(first, name, None) for each in requests)
    }
    yield from parameter_pairs(same)


def _day(run: Run) -> str:
    days = [job.created for job in run.jobs]
    if not days:
        return ""
    day = min(days).astimezone()
    return f"{day.day} {day:%B %Y}"


def _with_code(text: str) -> str:
    return "".join(
        f"<code>{html.escape(part)}</code>" if index % 2 else html.escape(part)
        for index, part in enumerate(text.split("`"))
    )
