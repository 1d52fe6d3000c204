"""
Which pictures of a run people prefer, out of their votes.

`rank` does the arithmetic, `votes` keeps the log, `pool` says which pictures take part; this says
what came out, in words, tables and pictures.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING, Any, Final, NamedTuple, overload

import numpy as np

from leonardo_nb.account.tables import Cell as Text
from leonardo_nb.account.tables import Table, Thumbnail, fitting, shown, thumbnail
from leonardo_nb.engine.markup import NO_MATH
from leonardo_nb.errors import InvalidRequest, LibraryError
from leonardo_nb.service.plain import as_shown
from leonardo_nb.service.values import shown as said
from leonardo_nb.sweeps.axes import is_whole
from leonardo_nb.sweeps.estimate import counted
from leonardo_nb.sweeps.frame import frame_of
from leonardo_nb.sweeps.judging.pool import Pool, label_at, pool_of
from leonardo_nb.sweeps.judging.votes import Votes
from leonardo_nb.sweeps.layout import axis_named
from leonardo_nb.sweeps.measuring.words import open_between
from leonardo_nb.sweeps.measuring.words import open_percent as percent
from leonardo_nb.sweeps.rank import Posterior, chance, fit

if TYPE_CHECKING:
    import pandas as pd

    from leonardo_nb.sweeps.cells import Cell
    from leonardo_nb.sweeps.plan import Plan
    from leonardo_nb.sweeps.run import Run

__all__ = [
    "Best",
    "ByValue",
    "RankTable",
    "Ranked",
    "Ranking",
    "Standing",
    "Value",
    "between",
    "percent",
]

INTERVAL: Final = 1.645
"""Standard deviations on each side of a score; 90 of 100 true scores are inside."""
FEW: Final = 6
"""So many of the best pictures are looked around for new ones."""
PICTURE_SIDE: Final = 144
"""Pixels of the longer side of a picture among the best, as shown."""
QUIET: Final = "opacity:.72"
NO_VOTES: Final = "There are no votes yet; run.judge() asks which of two pictures is better."


class Ranked(NamedTuple):
    """
    One picture, and how good people find it.

    Attributes:
        cell: Where it stands in the run.
        score: The chance, from 0 to 1, that it is preferred to an average picture of the run.
        low: The score is above this with a chance of 95 %.
        high: And below this with a chance of 95 %.
    """

    cell: Cell
    score: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Standing:
    """
    One row of the table: a picture with all that is known of it.

    Attributes:
        place: 1 is the best; None where it was rejected.
        ranked: Its cell and score.
        votes: In how many votes it took part.
        best: The chance that it is the best of all.
    """

    place: int | None
    ranked: Ranked
    votes: int
    best: float


@dataclass(frozen=True, slots=True)
class Value:
    """
    One value of an axis, and how good people find its pictures.

    Attributes:
        value: The value itself.
        label: How it is written.
        score: The chance, from 0 to 1, that an average picture with it is preferred to an
            average picture of the run.
        low: The score is above this with a chance of 95 %.
        high: And below this with a chance of 95 %.
        pictures: How many pictures have it.
    """

    value: Any
    label: str
    score: float
    low: float
    high: float
    pictures: int


class Best(Sequence[Ranked]):
    """The best pictures, the best one first; in a notebook they show themselves."""

    def __init__(self, ranked: Iterable[Ranked], run: Run) -> None:
        self._ranked = tuple(ranked)
        self._run = run

    @overload
    def __getitem__(self, index: int) -> Ranked: ...
    @overload
    def __getitem__(self, index: slice) -> Best: ...
    def __getitem__(self, index: int | slice) -> Ranked | Best:
        if isinstance(index, slice):
            return Best(self._ranked[index], self._run)
        return self._ranked[index]

    def __len__(self) -> int:
        return len(self._ranked)

    def __eq__(self, other: object) -> bool:
        return self._ranked == other._ranked if isinstance(other, Best) else NotImplemented

    def __hash__(self) -> int:
        return hash(tuple(each.cell.picture for each in self._ranked))

    def __repr__(self) -> str:
        lines = [
            f"{place}. {percent(each.score)} ({between(each)})  "
            f"{label_at(self._run.axes, each.cell.coords)}".rstrip()
            for place, each in enumerate(self._ranked, 1)
        ]
        return "\n".join(map(as_shown, lines)) or "no pictures"

    def _repr_html_(self) -> str:
        pictures = fitting([small(self._run, each.cell) for each in self._ranked])
        figures = [
            _figure(
                place, each, picture, label_at(self._run.axes, each.cell.coords, between="\u00a0")
            )
            for place, (each, picture) in enumerate(zip(self._ranked, pictures, strict=True), 1)
        ]
        return (
            f'<div {NO_MATH} style="display:flex;flex-wrap:wrap;gap:12px 10px;margin:0">'
            f"{''.join(figures)}</div>"
        )


class RankTable(Table[Standing]):
    """Every picture with its score, the best one first."""

    columns = ("place", "picture", "score", "90 % interval", "is the best", "votes")
    numbers = frozenset({"place", "score", "is the best", "votes"})
    nouns = ("picture", "pictures")
    page = 20
    _run: Run

    @classmethod
    def of(cls, run: Run, rows: Iterable[Standing], notes: Iterable[str]) -> RankTable:
        """Return the table of *rows*, which are pictures of *run*."""
        table = cls(rows, notes=notes)
        table._run = run
        return table

    def cells(self, row: Standing) -> tuple[Text, ...]:
        """Return what *row* says."""
        return (
            Text("rejected" if row.place is None else str(row.place)),
            Text(label_at(self._run.axes, row.ranked.cell.coords)),
            Text(percent(row.ranked.score)),
            Text(between(row.ranked)),
            Text(percent(row.best)),
            Text(f"{row.votes:,}"),
        )

    def picture(self, row: Standing) -> Thumbnail | None:
        """Return the small picture of *row*."""
        return small(self._run, row.ranked.cell, side=48)


class ByValue(Table[Value]):
    """Each value of an axis with the mean score of its pictures, in the order of the axis."""

    numbers = frozenset({"score", "pictures"})
    nouns = ("value", "values")

    @classmethod
    def of(cls, name: str, rows: Iterable[Value], notes: Iterable[str]) -> ByValue:
        """Return the table of *rows*, which are values of the axis *name*."""
        table = cls(rows, notes=notes)
        table.columns = (name, "score", "90 % interval", "pictures")
        return table

    def cells(self, row: Value) -> tuple[Text, ...]:
        """Return what *row* says."""
        return (
            Text(row.label),
            Text(percent(row.score)),
            Text(between(row)),
            Text(f"{row.pictures:,}"),
        )


@dataclass(frozen=True, slots=True, eq=False)
class _Known:
    """What the votes say, and of which pictures."""

    key: object
    pool: Pool
    posterior: Posterior


class Ranking:
    """
    What people prefer among the finished pictures of a run, as the votes stand when it is asked.

    Rejected pictures are never the best, and are not asked about; votes on them still say
    something of the values that they share with others.

    Args:
        run: The run.
        by: Whose votes count; everybody's without it.
    """

    __module__ = "leonardo_nb"

    def __init__(self, run: Run, *, by: str | None = None) -> None:
        self.run = run
        self._by = by
        self._last: _Known | None = None

    @property
    def votes(self) -> Votes:
        """The votes, which can be saved to a file, and merged with those of one."""
        pictures = {cell.picture for cell in self.run.cells}
        return Votes(self.run.studio.shelf, self.run.name, pictures, by=self._by)

    def best(self, n: int = 5) -> Best:
        """
        Return the *n* best pictures, each as (cell, score, low, high), the best one first.

        Raises:
            InvalidRequest: There are no votes yet, fewer than two pictures, or *n* is no whole
                number above 0.
        """
        _refuse_number("best", n)
        known = self._known()
        ranked = self._ranked(known)
        order = [place for place in _order(known) if known.pool.active[place]]
        return Best([ranked[place] for place in order[:n]], self.run)

    def table(self) -> RankTable:
        """
        Return every picture with its score, its chance to be the best and its number of votes.

        Raises:
            InvalidRequest: There are no votes yet, or fewer than two pictures.
        """
        known, votes = self._known(), self.votes
        pool = known.pool
        ranked = self._ranked(known)
        seen = pool.tally(votes).seen(len(pool))
        best = known.posterior.best_chances(pool.active)
        order = sorted(_order(known), key=lambda place: not pool.active[place])
        rows = [
            Standing(
                n if pool.active[place] else None,
                ranked[place],
                round(seen[place]),
                float(best[place]),
            )
            for n, place in enumerate(order, 1)
        ]
        return RankTable.of(self.run, rows, [f"{counted(len(votes), 'vote')}.", *_left_out(pool)])

    def to_pandas(self) -> pd.DataFrame:
        """
        Return `table()` with one column an axis.

        Raises:
            ImportError: pandas is not installed.
        """
        return frame_of(
            [
                {
                    "place": row.place,
                    **{name: row.ranked.cell.coords.get(name) for name in self._axis_names()},
                    "score": row.ranked.score,
                    "low": row.ranked.low,
                    "high": row.ranked.high,
                    "best": row.best,
                    "votes": row.votes,
                    "cell": row.ranked.cell.index,
                }
                for row in self.table()
            ],
            "run.rank().to_pandas()",
        )

    def by(self, axis: str) -> ByValue:
        """
        Return for each value of *axis* how good people find its pictures.

        Raises:
            InvalidRequest: There is no such axis, there are no votes yet, or fewer than two
                pictures.
        """
        found = axis_named(self.run.axes, axis, function="by")
        known = self._known()
        pool = known.pool
        average = pool.active / max(int(pool.active.sum()), 1)
        name = found.name
        places = np.array(
            [found.index(cell.coords[name]) if name in cell.coords else -1 for cell in pool.cells]
        )
        rows = []
        for number, value in enumerate(found.values):
            has = (places == number) & pool.active
            if not has.any():
                continue
            mean, apart = known.posterior.against(has / has.sum(), average)
            low, middle, high = chance(mean[0] + INTERVAL * apart[0] * np.array([-1.0, 0.0, 1.0]))
            label = found.labels[number]
            rows.append(Value(value, label, float(middle), float(low), float(high), int(has.sum())))
        return ByValue.of(found.name, rows, [f"{counted(len(self.votes), 'vote')}."])

    def suggest(self, n: int = 8) -> Plan:
        """
        Return a plan of *n* cells that the run does not have and that may be better than all.

        Where a request gives several pictures they are all cells; one request is always among it.

        They are holes of the grid, values between and beyond those around the best pictures, and
        other seeds of these. What is known of them comes from the values that they share with
        pictures that were judged. Nothing is sent before `plan.start()`.

        Raises:
            InvalidRequest: There are no votes yet, fewer than two pictures, no cell that could be
                new, or *n* is no whole number above 0.
        """
        from leonardo_nb.sweeps.judging.suggest import suggested

        _refuse_number("suggest", n)
        known = self._known()
        best = [known.pool.cells[place] for place in _order(known) if known.pool.active[place]]
        return suggested(self.run, known.pool, known.posterior, best[:FEW], n)

    @property
    def sentence(self) -> str:
        """What came out, in a sentence or two; it also says where there is nothing yet."""
        try:
            known = self._known()
        except InvalidRequest as error:
            return str(error)
        pool = known.pool
        if not pool.active.any():
            return "Every picture is rejected, so none is the best."
        leader = next(place for place in _order(known) if pool.active[place])
        first = self._ranked(known)[leader]
        sure = known.posterior.best_chances(pool.active)[leader]
        where = label_at(self.run.axes, first.cell.coords) or f"cell {first.cell.index}"
        more = "" if sure > 0.5 else " More votes will tell: run.judge()."
        return as_shown(
            f"{where} is ahead after {counted(len(self.votes), 'vote')} on "
            f"{counted(len(pool), 'picture')}: it is preferred to an average picture "
            f"{percent(first.score)} of the time ({between(first)}), and is the best of all with "
            f"a chance of {percent(sure)}.{more}"
        )

    def __repr__(self) -> str:
        return f"<Ranking of {self.run.name!r}: {self.sentence}>"

    def _repr_html_(self) -> str:
        try:
            best = self.best(5)._repr_html_()
        except InvalidRequest:
            best = ""
        return (
            f'<div {NO_MATH}><div style="font-size:13px;line-height:1.5;margin:0 0 10px;'
            f'max-width:720px">{escape(self.sentence)}</div>{best}</div>'
        )

    def _axis_names(self) -> list[str]:
        return [axis.name for axis in self.run.axes]

    def _known(self) -> _Known:
        votes = self.votes
        pool = pool_of(self.run, votes)
        refuse_few(len(pool))
        counting = [vote for vote in votes if vote.winner in pool.number]
        if not len(pool.tally(counting)):
            raise InvalidRequest(NO_VOTES, member="votes")
        key = (pool.names, pool.active.tobytes(), tuple(vote.uid for vote in votes))
        if self._last is None or self._last.key != key:
            posterior = fit(len(pool), pool.tally(votes), pool.factors)
            self._last = _Known(key, pool, posterior)
        return self._last

    def _ranked(self, known: _Known) -> list[Ranked]:
        return ranked_of(known.pool, known.posterior)


def ranked_of(pool: Pool, posterior: Posterior) -> list[Ranked]:
    """Return the score of every picture of *pool*, in its order."""
    mean, apart = posterior.scores(pool.active)
    edges = (chance(mean), chance(mean - INTERVAL * apart), chance(mean + INTERVAL * apart))
    return [
        Ranked(cell, *map(float, scores)) for cell, *scores in zip(pool.cells, *edges, strict=True)
    ]


def refuse_few(pictures: int) -> None:
    """
    Say that there is nothing to compare.

    Raises:
        InvalidRequest: There are fewer than two pictures.
    """
    if pictures < 2:
        has = "has one finished picture" if pictures else "has no finished picture yet"
        raise InvalidRequest(
            f"The run {has}, and two are needed to say which is better; wait for it with "
            "`await run`, or make more of them with run.extend(seed=[...]).",
            member="pictures",
            value=pictures,
            nearest=2,
        )


def small(run: Run, cell: Cell, *, side: int = PICTURE_SIDE) -> Thumbnail | None:
    """Return the picture in *cell* made small, or None where its file is gone."""
    image = run.picture(cell)
    try:
        return None if image is None else thumbnail(image.pil(), side=side)
    except (LibraryError, OSError, ValueError):  # moved or broken; its score is still known
        return None


def between(each: Ranked | Value) -> str:
    """Return the interval of a score, such as `71 to 94 %`; no end of it is certain."""
    return open_between(each.low, each.high)


def _order(known: _Known) -> list[int]:
    """Return the pictures' places, the best one first; equals in the order of the run."""
    # rounded, so that pictures of which the same is known keep the order of the run
    return list(np.argsort(-np.round(known.posterior.mean, 9), kind="stable"))


def _left_out(pool: Pool) -> list[str]:
    if pool.finished == len(pool):
        return []
    return [f"{len(pool):,} of {counted(pool.finished, 'picture')} take part."]


def _refuse_number(function: str, n: int) -> None:
    if not is_whole(n) or n < 1:
        raise InvalidRequest(
            f"{function}({said(n)}): how many is a whole number above 0.",
            member="n",
            value=n,
            nearest=1 if is_whole(n) else 5,
        )


def _figure(place: int, each: Ranked, picture: Thumbnail | None, label: str) -> str:
    """Return one of the best pictures with its score and its place in the run."""
    width = PICTURE_SIDE if picture is None else max(picture.width, 112)
    image = (
        f'<div style="height:{PICTURE_SIDE}px;border:1px dashed rgba(128,128,128,.5);'
        'border-radius:4px"></div>'
        if picture is None
        else shown(Thumbnail(picture.data, picture.width, picture.height, f"{place}. {label}"))
    )
    return (
        f'<figure style="margin:0;width:{width}px;font-size:12px;line-height:1.45">{image}'
        f'<figcaption style="margin:6px 0 0;text-align:left"><b>{place}. {percent(each.score)}</b>'
        f' <span style="{QUIET};white-space:nowrap">{between(each)}</span>'
        f'<div style="{QUIET};overflow-wrap:anywhere">{escape(as_shown(label))}</div></figcaption>'
        "</figure>"
    )
