"""
Which grid a heap of requests is: what varies among them, and the largest nearly full product.

Pure and on its own because the account's history and a folder of pictures are read alike. A grid is
only ever found, never made up: each of its cells is one of the pictures that were given.
"""

from __future__ import annotations

import heapq
import json
import math
from collections import defaultdict
from dataclasses import dataclass, field
from fractions import Fraction
from typing import TYPE_CHECKING, Any, Final

from leonardo_nb.sweeps.axes import Axis, mark_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from leonardo_nb.service.requests import CreateGeneration

__all__ = ["FILL", "REPLICATE", "SIZE", "Inferred", "Placed", "layout_of"]

FILL: Final = Fraction(3, 5)
"""The share of its places that a grid has at least filled."""
REPLICATE: Final = "replicate"
"""The axis of pictures that nothing tells apart but a seed, or their place in a batch."""
SHARED: Final = 4
REPLICATED: Final = 3
CHANCE: Final = 2
"""What a picture counts: seeds shared by places, replicates, or one seed of its own a place."""
STARTS: Final = 3
"""From how many single axes a grid is grown; the best of them is taken."""
NO_AXIS: Final = frozenset({"num_images", "public", "webhookCallbackUrl"})
"""Members that do not change what one picture is."""
DECIDING: Final = frozenset({"modelId", "photoReal", "alchemy", "ultra"})
"""Members that the defaults of others depend on, so that those vary with them by themselves."""
IMAGE: Final = "image"
SIZE: Final = "size"
"""The axis of widths and heights that were chosen in pairs."""

Point = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Placed:
    """
    One picture's place in the grid.

    Attributes:
        coords: Its value on each axis.
        entry: Which of the given pictures it is, from 0.
    """

    coords: dict[str, Any]
    entry: int


@dataclass(frozen=True, slots=True)
class Inferred:
    """
    A grid that was found among requests.

    Attributes:
        axes: What varies; numbers ascend, texts are in alphabetical order. `replicate` counts from
            1 the pictures of a batch, or those whose seeds mean nothing to other places.
        fixed: The members that are the same in every cell.
        cells: Every picture that has a place, the last axis varying fastest; places may be empty.
        follows: Members that vary with an axis and are none of their own, with that axis's name.
        left_out: Why each of the other pictures has no place, by its number.
    """

    axes: tuple[Axis, ...] = ()
    fixed: dict[str, Any] = field(default_factory=dict)
    cells: tuple[Placed, ...] = ()
    follows: dict[str, str] = field(default_factory=dict)
    left_out: dict[int, str] = field(default_factory=dict)

    @property
    def places(self) -> int:
        """How many cells the full grid would have."""
        return math.prod(len(axis) for axis in self.axes) if self.cells else 0


def layout_of(requests: Sequence[CreateGeneration], images: Sequence[int]) -> Inferred:
    """
    Return the largest nearly full grid that *requests* are.

    Largest means most pictures, in a product of which at least `FILL` is there. Pictures that
    differ in more than the axes are left out, and rows or columns with few pictures are taken off
    until the rest is full enough. Seeds are an axis where places share them; else they may be
    replicates, whose pictures count three quarters, or half where each place has only one: there
    two cells differ by chance too. Where two members decide each other (each prompt has its
    negative one), or a model or a mode decides one, that is no axis and follows. Axes are found
    greedily, one after the other: a full product is found whole, and among grids with holes a
    slightly larger one may be missed.

    The result does not depend on the order in which the pictures are given, but for which of two
    that are the same in all of this has the place: the first.

    Args:
        requests: What was asked for, one a picture; a batch has its request once a picture.
        images: Which picture of its job each one is, from 0.

    Raises:
        ValueError: The two are not of one length.
    """
    if len(requests) != len(images):
        raise ValueError(f"{len(requests)} requests and {len(images)} pictures do not fit.")
    if not requests:
        return Inferred()
    table = _Table.of(requests, images)
    apart = _best(table)
    if not {"width", "height"} <= set(table.varying):
        return _told(table, apart)
    joined = table.joined()
    together = _best(joined)
    # sizes that were chosen as pairs are no product, and are one axis where that holds more
    return _told(joined, together) if together.rank[:2] > apart.rank[:2] else _told(table, apart)


@dataclass(frozen=True, slots=True)
class _Column:
    """One member: its values in order, and which of them each picture has."""

    values: tuple[Any, ...]
    codes: tuple[int, ...]

    @classmethod
    def of(cls, values: Sequence[Any]) -> _Column:
        marks = [mark_of(value) for value in values]
        first = dict(zip(reversed(marks), reversed(values), strict=True))
        ordered = sorted(first, key=lambda mark: _order(first[mark]))
        number = {mark: n for n, mark in enumerate(ordered)}
        return cls(tuple(first[mark] for mark in ordered), tuple(number[mark] for mark in marks))

    def decides(self, other: _Column) -> bool:
        """Whether who knows this value knows the other one's."""
        return len(set(zip(self.codes, other.codes, strict=True))) == len(self.values)


@dataclass(frozen=True, slots=True)
class _Table:
    """
    What all pictures are, column by column.

    Attributes:
        length: How many pictures there are.
        columns: By member; those that are the same everywhere too.
        varying: The members that may be axes of their own.
        leads: Members that vary and follow another, with its name.
    """

    length: int
    columns: dict[str, _Column]
    varying: tuple[str, ...]
    leads: dict[str, str]

    @classmethod
    def of(cls, requests: Sequence[CreateGeneration], images: Sequence[int]) -> _Table:
        wires = [request.wire() for request in requests]
        said = {name for wire in wires for name in wire} - NO_AXIS
        names = [name for name in requests[0].vocabulary.members if name in said]
        columns = {name: _Column.of([wire.get(name) for wire in wires]) for name in names}
        counts = [wire.get("num_images") for wire in wires]
        if len(set(counts)) == 1 and counts[0] is not None:
            columns["num_images"] = _Column.of(counts)
        columns[IMAGE] = _Column.of(images)
        return cls._with(columns)

    @classmethod
    def _with(cls, columns: dict[str, _Column]) -> _Table:
        varying = [name for name, column in columns.items() if len(column.values) > 1]
        able = [name for name in varying if name not in {"seed", IMAGE}]
        leads: dict[str, str] = {}
        for place, name in enumerate(able):
            for n, other in enumerate(able):
                if n == place or not columns[other].decides(columns[name]):
                    continue
                # of two that decide each other the first one leads
                is_mutual = columns[name].decides(columns[other])
                if n < place if is_mutual else other in DECIDING and name != "prompt":
                    leads[name] = other
                    break
        for name, leader in leads.items():
            while leader in leads:
                leader = leads[leader]  # noqa: PLW2901  up to the first one
            leads[name] = leader
        length = len(columns[IMAGE].codes)
        return cls(length, columns, tuple(name for name in varying if name not in leads), leads)

    def joined(self) -> _Table:
        """Return the table with width and height as one member."""
        width, height = self.columns["width"], self.columns["height"]
        sizes = [
            (width.values[wide], height.values[high])
            for wide, high in zip(width.codes, height.codes, strict=True)
        ]
        columns = {
            name: _Column.of(sizes) if name == "width" else column
            for name, column in self.columns.items()
            if name != "height"
        }
        return self._with(
            {SIZE if name == "width" else name: each for name, each in columns.items()}
        )

    def grouped(self, entries: Iterable[int], names: Sequence[str]) -> dict[Point, list[int]]:
        """Return *entries* by what they have of *names*."""
        codes = [self.columns[name].codes for name in names]
        groups: dict[Point, list[int]] = defaultdict(list)
        for entry in entries:
            groups[tuple(column[entry] for column in codes)].append(entry)
        return groups


@dataclass(frozen=True, slots=True)
class _Grid:
    """
    A candidate: which picture is at which point.

    Attributes:
        names: Of the axes; `REPLICATE` is the last one where seeds are replicates.
        points: The pictures, by the numbers of their values on the axes.
        group: All pictures that are the same in everything else, and one of two that are the same.
        rank: How good it is: pictures, fill, and what decides between equals.
    """

    names: tuple[str, ...]
    points: dict[Point, int]
    group: tuple[int, ...]
    rank: tuple[Any, ...]


def _best(table: _Table) -> _Grid:
    """Return the best grid, grown axis by axis from the best single ones."""
    seen: dict[tuple[str, ...], _Grid] = {}

    def grid(chosen: frozenset[str]) -> _Grid:
        names = tuple(name for name in table.varying if name in chosen)
        if names not in seen:
            seen[names] = _grid(table, names)
        return seen[names]

    def rank(chosen: frozenset[str]) -> tuple[Any, ...]:
        return grid(chosen).rank

    best: frozenset[str] = frozenset()
    starts = sorted((frozenset({name}) for name in table.varying), key=rank, reverse=True)
    for start in starts[:STARTS]:
        have = start
        while True:
            more = [have | {name} for name in table.varying if name not in have]
            wider = max(more, key=rank, default=have)
            if rank(wider) <= rank(have):
                break
            have = wider
        best = max(best, have, key=rank)
    return grid(best)


def _grid(table: _Table, names: tuple[str, ...]) -> _Grid:
    """Return the best grid whose axes are *names*, with seeds as they are or as replicates."""
    found = _largest(table, names, own=False)
    if {"seed", IMAGE} & set(names) or "seed" not in table.varying:
        return found
    return max(found, _largest(table, names, own=True), key=lambda each: each.rank)


def _largest(table: _Table, names: tuple[str, ...], *, own: bool) -> _Grid:
    """Return the best grid among those groups of pictures that differ in *names* only."""
    apart = {*names, "seed", IMAGE} if own else {*names}
    rest = [name for name in table.varying if name not in apart]
    groups = table.grouped(range(table.length), rest)
    best: _Grid | None = None
    for key, group in sorted(groups.items(), key=lambda each: (-len(each[1]), each[0])):
        if best is not None and SHARED * len(group) < best.rank[0]:
            break
        points = _replicated(table, group, names) if own else _pointed(table, group, names)
        kept = _peeled(points)
        shape = [len(values) for values in map(set, zip(*kept, strict=True))]
        is_chance = own and len(kept) > 1 and shape[-1] == 1
        rank = (
            len(kept) * (CHANCE if is_chance else REPLICATED if own else SHARED),
            Fraction(len(kept), math.prod(shape)),
            not own,
            -sum(length > 1 for length in shape),
            names,
            tuple(-code for code in key),
        )
        if best is None or rank > best.rank:
            all_names = (*names, REPLICATE) if own else names
            best = _Grid(all_names, kept, tuple(group), rank)
    assert best is not None  # noqa: S101  there is a group, for there is a picture
    return best


def _pointed(table: _Table, group: Sequence[int], names: Sequence[str]) -> dict[Point, int]:
    """Return *group* by place; of two at one place the first."""
    return {point: entries[0] for point, entries in table.grouped(group, names).items()}


def _replicated(table: _Table, group: Sequence[int], names: Sequence[str]) -> dict[Point, int]:
    """Return *group* by place and replicate, in the order of seeds and of their batches."""
    points: dict[Point, int] = {}
    for place, entries in table.grouped(group, names).items():
        different = _pointed(table, entries, ("seed", IMAGE))
        for number, seed in enumerate(sorted(different)):
            points[(*place, number)] = different[seed]
    return points


def _peeled(points: dict[Point, int]) -> dict[Point, int]:
    """Return *points* without the rows and columns that have too few of them, emptiest first."""
    size = len(next(iter(points)))
    slabs: list[dict[int, set[Point]]] = [defaultdict(set) for _ in range(size)]
    for point in points:
        for axis, value in enumerate(point):
            slabs[axis][value].add(point)
    heaps = [[(len(slab), -value) for value, slab in by_value.items()] for by_value in slabs]
    for heap in heaps:
        heapq.heapify(heap)
    left = set(points)
    while len(left) < FILL * math.prod(map(len, slabs)):
        candidates = []
        for axis, heap in enumerate(heaps):
            if len(slabs[axis]) < 2:
                continue
            while (known := slabs[axis].get(-heap[0][1])) is None or len(known) != heap[0][0]:
                heapq.heappop(heap)  # it was counted again since
            # as a share of its full row; all of them have the same volume behind them
            candidates.append((heap[0][0] * len(slabs[axis]), axis, heap[0][1]))
        _, axis, minus_value = min(candidates)
        for point in slabs[axis].pop(-minus_value):
            left.discard(point)
            for other, at in enumerate(point):
                if other != axis:
                    slabs[other][at].discard(point)
                    if slabs[other][at]:
                        heapq.heappush(heaps[other], (len(slabs[other][at]), -at))
                    else:
                        del slabs[other][at]
    return {point: entry for point, entry in points.items() if point in left}


def _told(table: _Table, grid: _Grid) -> Inferred:
    """Return *grid* in the values of its members, and why the others are not in it."""
    used = [sorted(values) for values in map(set, zip(*grid.points, strict=True))]
    shown = [n for n, values in enumerate(used) if len(values) > 1]
    axes = tuple(_axis(table, grid.names[n], used[n]) for n in shown)
    cells = []
    for point in sorted(grid.points):
        at = [axes[k].values[used[n].index(point[n])] for k, n in enumerate(shown)]
        names = [axis.name for axis in axes]
        cells.append(Placed(dict(zip(names, at, strict=True)), grid.points[point]))
    kept = [cell.entry for cell in cells]
    fixed: dict[str, Any] = {}
    follows: dict[str, str] = {}
    for name, column in table.columns.items():
        codes = {column.codes[entry] for entry in kept}
        value = column.values[min(codes)]
        if name == SIZE and len(codes) == 1:
            fixed |= dict(zip(("width", "height"), value, strict=True))
        elif len(codes) == 1 and name != IMAGE and value is not None:
            fixed[name] = value
        elif len(codes) > 1 and name in table.leads:
            follows[name] = table.leads[name]
    return Inferred(axes, fixed, tuple(cells), follows, _left_out(table, grid, used))


def _axis(table: _Table, name: str, codes: Sequence[int]) -> Axis:
    if name in {REPLICATE, IMAGE}:
        return Axis(REPLICATE, tuple(range(1, len(codes) + 1)), None, "replicate")
    values = tuple(table.columns[name].values[code] for code in codes)
    return (
        Axis(name, values, None, "zip", ("width", "height")) if name == SIZE else Axis(name, values)
    )


def _left_out(table: _Table, grid: _Grid, used: Sequence[Sequence[int]]) -> dict[int, str]:
    """Return why each picture that is in no cell is in none."""
    kept, group = set(grid.points.values()), set(grid.group)
    free = {"seed", IMAGE} if REPLICATE in grid.names else set()
    rest = [name for name in table.varying if name not in {*grid.names, *free}]
    on_axes = [(name, set(used[n])) for n, name in enumerate(grid.names) if name != REPLICATE]
    alike = table.grouped(range(table.length), table.varying).values()
    doubles = {entry for entries in alike for entry in entries[1:]}
    why: dict[int, str] = {}
    for entry in sorted(set(range(table.length)) - kept):
        code = {name: table.columns[name].codes[entry] for name in table.varying}
        usual = {name: table.columns[name].codes[grid.group[0]] for name in rest}
        if entry not in group:
            differs = [name for name in rest if code[name] != usual[name]]
            why[entry] = f"differs in {_listed(differs)}"
        elif entry in doubles:
            why[entry] = "is there already"
        elif few := [name for name, values in on_axes if code[name] not in values]:
            why[entry] = f"has a {_listed(few)} that too few others have"
        else:
            why[entry] = "is one replicate more than the others have"
    return why


def _listed(names: Sequence[str]) -> str:
    *most, last = ("place in its batch" if name == IMAGE else name for name in names)
    return f"{', '.join(most)} and {last}" if most else last


def _order(value: object) -> tuple[int, float, str]:
    """Return what values of an axis are sorted by: no value, numbers, then texts."""
    if value is None:
        return (0, 0.0, "")
    if isinstance(value, int | float) and not isinstance(value, bool):
        return (1, value, "")
    return (2, 0.0, value if isinstance(value, str) else json.dumps(value, sort_keys=True))
