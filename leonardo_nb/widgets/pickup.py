"""
Jobs that were taken up again, as a column of cards under one line; live, then plain.

On its own because it shows jobs of every kind together, which a sheet does not.
"""

from __future__ import annotations

import html
from typing import TYPE_CHECKING, Any, Final

import traitlets
from ipywidgets import widget_serialization

from leonardo_nb.engine.lifecycle import State
from leonardo_nb.engine.markup import NO_MATH
from leonardo_nb.widgets import page
from leonardo_nb.widgets.card import Card, engine_of, shared_card
from leonardo_nb.widgets.freeze import Frozen, freeze_jobs
from leonardo_nb.widgets.live import Live
from leonardo_nb.widgets.pace import Gather
from leonardo_nb.widgets.sheet_view import is_unknown
from leonardo_nb.widgets.show import Showing, Slot, host, write_plain

if TYPE_CHECKING:
    from collections.abc import Callable

    from leonardo_nb.engine.job import Job
    from leonardo_nb.engine.resumed import Resumed

__all__ = ["MOST_CARDS", "Pickup", "head_view", "show"]

MOST_CARDS: Final = 12
"""So many jobs have a card; the others are counted."""


class Pickup(Live):
    """Several jobs as a live widget: a line about all of them, and the cards of the first 12."""

    _esm = page.esm("pickup.js")
    _css = page.css("pickup.css")

    head = traitlets.Dict().tag(sync=True)
    """What stands above and below the cards, see `head_view`."""
    cards: traitlets.List[Card] = traitlets.List().tag(sync=True, **widget_serialization)
    """The Cards, oldest job first."""

    def __init__(self, resumed: Resumed) -> None:
        self.resumed = resumed
        self._ends: list[Callable[[], None]] = []  # close() may come before the rest
        cards = [shared_card(job) for job in resumed[:MOST_CARDS]]
        super().__init__(engine_of(resumed[0]), head=head_view(resumed, cards), cards=cards)
        self._gather = Gather(self._engine, self._draw)
        for card in cards:
            card.hold()
            self._ends += [card.on_use(self._card_changed), card.release]
        self._ends.append(resumed.subscribe(lambda _: self._gather.ask()))
        self._gather.ask()

    def close(self) -> None:
        """Take it off every page; the jobs go on."""
        ends, self._ends = self._ends, []
        super().close()
        for end in ends:
            self._soon(end)

    def __repr__(self) -> str:
        return f"<Pickup of {self.resumed!r}>"

    @property
    def jobs(self) -> list[Job[Any]]:
        """The jobs that have a card, as they stand on the page, with those of their buttons."""
        return [job for card in self.cards for job in (card.job, *card.made_jobs)]

    # ---- engine's thread ------------------------------------------------------------------------

    @property
    def is_busy(self) -> bool:
        """Whether a page says that one of its cards is in use."""
        return super().is_busy or any(card.is_busy for card in self.cards)

    @property
    def is_at_work(self) -> bool:
        """Whether a job of its cards is under way."""
        return any(card.is_at_work for card in self.cards)

    @property
    def asks(self) -> bool:
        """Whether a job of its cards waits for somebody's word."""
        return any(card.asks for card in self.cards)

    def _card_changed(self) -> None:
        self.tell_use()
        self._gather.ask()

    def _draw(self) -> None:
        if self.is_open:
            self.head = head_view(self.resumed, self.cards)


def head_view(resumed: Resumed, cards: list[Card] | None = None) -> dict[str, Any]:
    """
    Return what is said of all the jobs together.

    Members: `mark`, `word`, `rest` (how they were taken up), `ends` (how many have ended, and how),
    `more` (of the jobs without a card, or ""), `simulated`, and `said`, the sentence for screen
    readers, which changes when all have ended.
    """
    jobs = list(resumed)
    for place, card in enumerate(cards or ()):
        jobs[place] = card.job  # it may have been sent again, or taken up, under the same name
    total = len(jobs)
    unknown = sum(map(is_unknown, jobs))
    named = {
        "done": sum(job.state == State.COMPLETE for job in jobs),
        "failed": sum(job.state == State.FAILED for job in jobs) - unknown,
        "of unknown outcome": unknown,
        "stopped": sum(job.state == State.CANCELLED for job in jobs),
    }
    ends = [f"{number:,} {name}" for name, number in named.items() if number]
    is_final = sum(named.values()) == total
    mark = "broken" if unknown else "disc" if named["done"] else "triangle"
    if not is_final:
        mark = "quarter"
    first, _, rest = repr(resumed).partition(": ")
    hidden = total - MOST_CARDS
    return {
        "mark": mark,
        "word": first,
        "rest": rest,
        "ends": ", ".join(ends) if is_final else f"{sum(named.values()):,} of {total:,} ended",
        "more": f"and {hidden:,} more; `leo.jobs()` lists them" if hidden > 0 else "",
        "simulated": any(job.simulated for job in jobs),
        "said": f"All ended: {', '.join(ends)}." if is_final else f"{resumed!r}.",
    }


def show(resumed: Resumed) -> None:
    """Show *resumed* in the cell that runs; once all have ended, their plain pictures stay."""
    match host():
        case "python":
            write_plain(repr(resumed))
        case "terminal":
            Slot().replace(Frozen({"text/plain": repr(resumed)}, {}))
        case _ if not resumed:
            Slot().replace(
                Frozen({"text/html": _line(repr(resumed)), "text/plain": repr(resumed)}, {})
            )
        case _:
            Showing(
                resumed,
                engine_of(resumed[0]),
                is_final=resumed.done,
                live=lambda: Pickup(resumed),
                freeze=lambda pickup: freeze(resumed, pickup),
                line=lambda: Frozen(
                    {"text/html": _line(repr(resumed)), "text/plain": repr(resumed)}, {}
                ),
                lingers=any(job.kind != "generation" for job in resumed[:MOST_CARDS]),
                asks=lambda: any(map(is_unknown, resumed[:MOST_CARDS])),
            ).start()


def freeze(resumed: Resumed, pickup: Pickup | None = None) -> Frozen:
    """Return the plain pictures of the first 12 jobs, with the line above them."""
    jobs = list(resumed[:MOST_CARDS]) if pickup is None else pickup.jobs
    head = head_view(resumed, None if pickup is None else pickup.cards)
    data = dict(freeze_jobs(jobs).data)
    taken = f"{head['word']}: {head['rest']}" if head["rest"] else head["word"]
    above = _line(f"{taken}. {head['ends']}.")
    below = _line(head["more"]) if head["more"] else ""
    data["text/html"] = f"<div>{above}{data['text/html']!s}{below}</div>"
    data["text/plain"] = repr(resumed)
    return Frozen(data, {})


def _line(words: str) -> str:
    parts = [
        f"<code>{html.escape(part)}</code>" if index % 2 else html.escape(part)
        for index, part in enumerate(words.split("`"))
    ]
    return (
        f'<div {NO_MATH} style="font-size:13px;line-height:1.5;opacity:.75;margin:0 0 10px">'
        f"{''.join(parts)}</div>"
    )
