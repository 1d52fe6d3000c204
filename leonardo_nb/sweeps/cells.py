"""
The cells of a sweep: what each asks for, under which key, and which the service would refuse.

On its own because a plan has up to 100,000 of them: requests are made when somebody looks at one,
and rules are asked once for each combination that can matter to them, not once a cell.
"""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, Final, cast, overload

import numpy as np

from leonardo_nb.errors import ConflictingParameters, InvalidRequest, UnknownParameter
from leonardo_nb.service.catalog import find_v2_model
from leonardo_nb.service.requests import CreateGeneration, check_value, own_seed
from leonardo_nb.service.rules import SORTS
from leonardo_nb.sweeps.axes import MAX_CELLS, Axis, describe, mark_of
from leonardo_nb.sweeps.space import ABSENT, Drops, Space, render, times

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from numpy.typing import NDArray

__all__ = ["Cell", "Cells", "Laid", "each_once", "indices_of", "lay", "settled"]

REPLICATE: Final = "replicate"

COSTING: Final = ("num_inference_steps",)
"""What a price depends on of what may vary within one sort of requests."""


class Cell:
    """
    One place in the grid, and the request that fills it.

    Args:
        index: Its number in the order of `cells`, from 0.
        coords: Its value on each axis, by the axis's name.
        request: What is asked of the service, or what makes it when somebody looks.
        key: The request's content key; cells with equal keys are one job, paid once.
        image: Which of the job's pictures it shows, from 0.
    """

    __slots__ = ("_request", "coords", "image", "index", "key")

    def __init__(
        self,
        index: int,
        coords: dict[str, Any],
        request: CreateGeneration | Callable[[], CreateGeneration],
        key: str,
        image: int = 0,
    ) -> None:
        self.index = index
        self.coords = coords
        self.key = key
        self.image = image
        self._request = request

    @property
    def request(self) -> CreateGeneration:
        """What is asked of the service."""
        if not isinstance(self._request, CreateGeneration):
            self._request = self._request()
        return self._request

    def at(self, index: int, coords: dict[str, Any]) -> Cell:
        """Return the same request as a cell at another place."""
        return Cell(index, coords, self._request, self.key, self.image)

    @property
    def picture(self) -> str:
        """The name of what it shows, under which marks and votes are kept."""
        return self.key if not self.image else f"{self.key}#{self.image}"

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Cell):
            return NotImplemented
        return (self.index, self.picture, self.coords) == (other.index, other.picture, other.coords)

    def __hash__(self) -> int:
        return hash((self.index, self.picture))

    def __repr__(self) -> str:
        return f"<Cell {self.index}: {describe(self.coords) or 'nothing varies'}>"


class Cells(Sequence[Cell]):
    """
    Cells in the order of their places, each made when it is looked at.

    Args:
        axes: What varies.
        indices: One row a cell, one column an axis: where its value stands on the axis, from 0.
        keys: The content key of each cell.
        images: Which picture of its job each cell shows.
        request: Returns the request of the cell at a place.
    """

    def __init__(
        self,
        axes: Sequence[Axis],
        indices: NDArray[np.int32],
        keys: Sequence[str],
        images: Sequence[int],
        request: Callable[[int], CreateGeneration],
    ) -> None:
        self.axes = tuple(axes)
        self.indices = indices
        self.keys = keys
        self.images = images
        self._request = request

    def __len__(self) -> int:
        return len(self.keys)

    @overload
    def __getitem__(self, place: int) -> Cell: ...
    @overload
    def __getitem__(self, place: slice) -> Cells: ...
    def __getitem__(self, place: int | slice) -> Cell | Cells:
        if isinstance(place, slice):
            return self.take(range(len(self))[place])
        at = range(len(self))[place]
        row = self.indices[at]
        coords = {axis.name: axis.values[n] for axis, n in zip(self.axes, row, strict=True)}
        return Cell(at, coords, lambda: self._request(at), self.keys[at], self.images[at])

    def __iter__(self) -> Iterator[Cell]:
        return (self[n] for n in range(len(self)))

    def take(self, places: Sequence[int]) -> Cells:
        """Return the cells at *places*, in that order, numbered anew."""
        kept = list(places)
        return Cells(
            self.axes,
            self.indices[kept],
            [self.keys[n] for n in kept],
            [self.images[n] for n in kept],
            lambda at: self._request(kept[at]),
        )

    def made_by(self, request: Callable[[int], CreateGeneration]) -> Cells:
        """Return the same cells, whose requests *request* has."""
        return Cells(self.axes, self.indices, self.keys, self.images, request)

    @property
    def first_of_jobs(self) -> list[int]:
        """The places of the first cell of each job; the others show more of its pictures."""
        return list({key: n for n, key in reversed(list(enumerate(self.keys)))}.values())[::-1]


def indices_of(axes: Sequence[Axis], cells: Sequence[Cell]) -> NDArray[np.int32]:
    """
    Return where each of *cells* stands on each of *axes*, one row a cell, from 0.

    Raises:
        ValueError: A cell has a value that is not on the axis.
    """
    if isinstance(cells, Cells) and cells.axes == tuple(axes):
        return cells.indices
    found = np.empty((len(cells), len(axes)), np.int32)
    for column, axis in enumerate(axes):
        found[:, column] = [axis.index(cell.coords[axis.name]) for cell in cells]
    return found


@dataclass(frozen=True, eq=False, slots=True)
class Laid:
    """
    A space made into cells.

    Attributes:
        axes: What varies, replicates last; values of which no cell is left are gone.
        cells: What can be asked for.
        dropped: What cannot, or stands there already, and why.
        kinds: A number for each cell; cells with equal ones cost the same and take as long.
    """

    axes: tuple[Axis, ...]
    cells: Cells
    dropped: tuple[Drops, ...]
    kinds: NDArray[np.int64]


def lay(
    space: Space, fixed: Mapping[str, Any], *, replicates: int | None = None, check: bool = True
) -> Laid:
    """
    Return the cells of *space*, in its order.

    Cells that the service would refuse are dropped, each with the rule's sentence. A request for
    several pictures fills as many replicates; others are further requests, whose seeds follow from
    the cell's own request.

    Args:
        space: The places.
        fixed: What is the same in every cell.
        replicates: How many pictures each place has; as many as one request gives if None.
        check: False sends what our rules would refuse.

    Raises:
        InvalidRequest: No cell can be asked for, or a value that no axis moves is refused.
        ConflictingParameters: No cell can be asked for, for a rule.
    """
    if not len(space):
        raise InvalidRequest("The space has no places, so the sweep has no cells.", member="space")
    _refuse_both(space, fixed)
    space = settled(space, fixed)
    space, doubles = each_once(space)
    sorts = Sorts(space, fixed, check=check)
    broken = sorts.broken_drops()
    kept = np.flatnonzero(~sorts.is_broken)
    return _replicated(space, sorts, kept, replicates, (*space.dropped, *doubles, *broken))


def _refuse_both(space: Space, fixed: Mapping[str, Any]) -> None:
    for axis in space.axes:
        for member in axis.sets:
            # where a part of the space says nothing of a member, the plan's own value stands
            is_everywhere = bool((space.points[:, space.axes.index(axis)] != ABSENT).all())
            if member in fixed and is_everywhere:
                raise UnknownParameter(
                    f"{member} is given twice: by the space and beside it.", member=member
                )
    if space.template is not None and fixed.get("prompt") is not None:
        raise UnknownParameter(
            "prompt is given twice: by the space and beside it.", member="prompt"
        )


def settled(space: Space, fixed: Mapping[str, Any]) -> Space:
    """Return *space* with a value where a part of it says nothing of an axis."""
    axes, points = list(space.axes), np.array(space.points)
    for column, axis in enumerate(axes):
        missing = points[:, column] == ABSENT
        if not missing.any():
            continue
        value = fixed.get(axis.name) if axis.role == "member" else None
        if value is not None:
            value = check_value(axis.name, value, check=False)
        if not axis.has(value):
            axes[column] = axis.joined(Axis(axis.name, (value,), None, axis.role, axis.members))
        points[missing, column] = axes[column].index(value)
    return Space(tuple(axes), points, space.template, space.dropped)


def each_once(space: Space) -> tuple[Space, tuple[Drops, ...]]:
    """Return *space* without places that stand there already, and those."""
    if not space.axes:
        return Space((), space.points[:1], space.template, space.dropped), ()
    _, first = np.unique(space.points, axis=0, return_index=True)
    if len(first) == len(space):
        return space, ()
    is_first = np.zeros(len(space), bool)
    is_first[first] = True
    twice = Drops("they stand there already", space.axes, space.points[~is_first])
    return space.at(space.points[is_first]), (twice,)


class Sorts:
    """
    The requests of a space, made once for each sort of them.

    Two cells are of one sort where no rule and no default can tell them apart: they differ in
    their prompt or seed, or on the same side of a limit.

    Attributes:
        of: Of which sort each place is.
        is_broken: Whether the request of each place is refused.
    """

    def __init__(self, space: Space, fixed: Mapping[str, Any], *, check: bool) -> None:
        self._space = space
        self._fixed = fixed
        self._check = check
        self._columns = [*_columns(space)]
        marks = [column.sorts_at(fixed, check=check) for column in self._columns]
        if marks:
            _, first, of = np.unique(
                np.column_stack(marks), axis=0, return_index=True, return_inverse=True
            )
            self.of = of.reshape(-1)
        else:
            first, self.of = np.zeros(1, int), np.zeros(len(space), int)
        self._made: list[CreateGeneration | None] = []
        self._errors: dict[int, InvalidRequest] = {}
        for sort, place in enumerate(first.tolist()):
            try:
                self._made.append(CreateGeneration.of(check=check, **self._members(place)))
            except InvalidRequest as error:
                self._made.append(None)
                self._errors[sort] = error
        broken = np.array([made is None for made in self._made])
        self.is_broken = broken[self.of]
        self._refuse_words()

    def _refuse_words(self) -> None:
        """Refuse a word with which no prompt can be asked for, whatever stands beside it."""
        space = self._space
        refused = [sort for sort, error in self._errors.items() if _is_of(error, "prompt")]
        if space.template is None or not refused:
            return
        is_refused = np.isin(self.of, refused)
        slots = {n: axis for n, axis in enumerate(space.axes) if axis.role == "slot"}
        if not slots and is_refused.all():
            raise self._errors[int(self.of[0])]
        shortest = {
            axis.name: min(axis.values, key=lambda word: len(str(word))) for axis in slots.values()
        }
        for column, axis in slots.items():
            places = space.points[:, column]
            fits = np.unique(places[~is_refused])
            for word in np.setdiff1d(places, fits).tolist():
                alone = render(space.template, shortest | {axis.name: axis.values[word]})
                if _refusal(alone, check=self._check) is not None:
                    raise self._errors[int(self.of[np.argmax(places == word)])]

    def _members(self, place: int) -> dict[str, Any]:
        """Return what a person would give for the request at *place*."""
        members = dict(self._fixed)
        for column in self._columns:
            members |= column.members(place)
        return members

    def broken_drops(self) -> list[Drops]:
        """Return what is refused, by the sentence that says why."""
        if not self._errors:
            return []
        if len(self._errors) == len(self._made):
            self._refuse_fixed()
            self._refuse_all()
        sorts: dict[str, list[int]] = {}
        for sort, error in self._errors.items():
            sentence = str(error).removesuffix(" check=False sends it anyway.").rstrip(".")
            sorts.setdefault(sentence, []).append(sort)
        points = self._space.points
        return [
            Drops(sentence, self._space.axes, points[np.isin(self.of, some)])
            for sentence, some in sorts.items()
        ]

    def _refuse_fixed(self) -> None:
        """Refuse a value that no axis moves as itself: it is no cell's fault."""
        for error in self._errors.values():
            if any(_is_of(error, member) for member in self._fixed):
                raise error

    def _refuse_all(self) -> None:
        first = int(self.of[0])
        error, total = self._errors[first], len(self._space)
        coords = self._space[0]
        if not coords:
            raise error
        where = f"The cell {describe(coords)} cannot be asked for"
        if total > 1:
            where = f"All {total:,} cells cannot be asked for. The first is {describe(coords)}"
        others = list(dict.fromkeys(map(str, self._errors.values())))
        others = [other for other in others if other != str(error)]
        more = f" Of the others, some break another rule: {others[0]}" if others else ""
        message = f"{where}: {error}{more} Nothing was sent."
        if isinstance(error, ConflictingParameters):
            raise ConflictingParameters(message, members=error.members, rule=error.rule) from error
        raise InvalidRequest(
            message, member=error.member, value=error.value, nearest=error.nearest
        ) from error

    def kinds(self) -> NDArray[np.int64]:
        """Return a number for each place; requests of equal ones cost the same."""
        costing = [each.index for each in self._columns if each.name in COSTING]
        marks = np.column_stack([self.of, *costing])
        _, kinds = np.unique(marks, axis=0, return_inverse=True)
        return kinds.reshape(-1).astype(np.int64)

    def made(self, place: int) -> CreateGeneration:
        """Return the request of the sort at *place*, which may have other words or another seed."""
        return cast("CreateGeneration", self._made[self.of[place]])  # what is not broken was made

    def keys(self, places: Sequence[int], seeds: Sequence[int] | None = None) -> list[str]:
        """Return the content keys of the requests at *places*, with other *seeds* if given."""
        makers: dict[int, Callable[[Sequence[str]], str]] = {}
        free = [column for column in self._columns if column.is_free]
        if seeds is not None:
            free = [column for column in free if column.name != "seed"]
        names = [column.name for column in free]
        # of a place, the JSON of what it varies within its sort
        texts = [[column.texts[n] for n in column.index[places].tolist()] for column in free]
        if seeds is not None:
            names.append("seed")
            texts.append(list(map(str, seeds)))
        rows = list(zip(*texts, strict=True)) if texts else [()] * len(places)
        found = []
        for sort, row in zip(self.of[places].tolist(), rows, strict=True):
            if sort not in makers:
                makers[sort] = self._maker(sort, names, row)
            found.append(makers[sort](row))
        return found

    def _maker(
        self, sort: int, names: Sequence[str], row: Sequence[str | None]
    ) -> Callable[[Sequence[str]], str]:
        made = cast("CreateGeneration", self._made[sort])
        # what is not said is the same default in the whole sort
        said = [n for n, text in enumerate(row) if text is not None]
        key = made.content_keys([names[n] for n in said])
        return key if len(said) == len(row) else lambda row: key(row[n] for n in said)

    def request(self, place: int, seed: int | None = None) -> CreateGeneration:
        """Return the request at *place*, with another *seed* where one is given."""
        wire = self.made(place).wire()
        for column in self._columns:
            if column.is_free:
                wire |= {
                    name: each for name, each in column.members(place).items() if each is not None
                }
        if seed is not None:
            wire["seed"] = seed
        return CreateGeneration.from_wire(wire)


class Column:
    """
    What sets one member: an axis, its part of a zip, or all slots of a prompt together.

    Args:
        name: The member.
        values: What it is set to.
        index: At which place of *values* each cell is.
        is_free: Whether cells that differ in it alone may be of one sort.
    """

    def __init__(
        self,
        name: str,
        values: Sequence[Any],
        index: NDArray[np.int32],
        *,
        is_free: bool,
    ) -> None:
        self.name = name
        self._values = values
        self.index = index
        self.is_free = is_free
        self.texts = (
            [None if value is None else json.dumps(value) for value in values] if is_free else []
        )

    def members(self, place: int) -> dict[str, Any]:
        """Return what it sets at *place*."""
        value = self._values[self.index[place]]
        return {} if value is None else {self.name: value}

    def sorts_at(self, fixed: Mapping[str, Any], *, check: bool) -> NDArray[np.int64]:
        """Return a number for each cell; cells of different sorts have different ones."""
        self.is_free = self.is_free and not _is_v2_alone(fixed.get("modelId"))
        if not self.is_free:
            return self.index.astype(np.int64)
        sort: Callable[[Any], object] = SORTS[self.name]
        if self.name == "prompt":  # words, each of which was fine, may not be so together
            sort = partial(_refusal, check=check)
        marks = [(each is None, None if each is None else sort(each)) for each in self._values]
        numbers = {mark: n for n, mark in enumerate(dict.fromkeys(marks))}
        return np.array([numbers[mark] for mark in marks], np.int64)[self.index]


def _columns(space: Space) -> Iterator[Column]:
    slots = [n for n, axis in enumerate(space.axes) if axis.role == "slot"]
    set_: list[tuple[str, Sequence[Any], NDArray[np.int32]]] = []
    for n, axis in enumerate(space.axes):
        if axis.role == "zip":
            # each of its members by itself, so that requests are of few sorts here, too
            for m, name in enumerate(axis.members):
                given = [None if value is None else value[m] for value in axis.values]
                different, where = _different(given)
                set_.append((name, different, where[space.points[:, n]]))
        elif axis.role == "member":
            set_.append((axis.name, axis.values, space.points[:, n]))
    varies_v2 = any(
        _is_v2_alone(value) for name, values, _ in set_ if name == "modelId" for value in values
    )
    for name, values, places in set_:
        yield Column(name, values, places, is_free=name in SORTS and not varies_v2)
    if space.template is not None:
        if slots:
            rows, index = np.unique(space.points[:, slots], axis=0, return_inverse=True)
        else:
            rows, index = np.zeros((1, 0), np.int32), np.zeros(len(space), np.int32)
        words = [
            {
                space.axes[n].name: space.axes[n].values[each]
                for n, each in zip(slots, row, strict=True)
            }
            for row in rows.tolist()
        ]
        texts = [render(space.template, each) for each in words]
        places = index.reshape(-1).astype(np.int32)
        yield Column("prompt", texts, places, is_free=not varies_v2)


def _different(values: Sequence[Any]) -> tuple[list[Any], NDArray[np.int32]]:
    """Return *values* without those that stand there already, and where each of them is."""
    places: dict[object, int] = {}
    found: list[Any] = []
    index = np.empty(len(values), np.int32)
    for n, value in enumerate(values):
        try:
            mark = mark_of(value)
        except TypeError:  # no hash and no JSON: it is like no other
            mark = (Column, n)
        place = places.setdefault(mark, len(found))
        if place == len(found):
            found.append(value)
        index[n] = place
    return found, index


def _refusal(prompt: object, *, check: bool) -> str | None:
    """Return why the service would refuse the text, unless its model takes more; else None."""
    try:
        text = cast("str", check_value("prompt", prompt, check=check))
    except InvalidRequest as error:
        return str(error)
    return "too long" if SORTS["prompt"](text) else None


def _is_of(error: InvalidRequest, member: str) -> bool:
    """Whether *error* is of the value of *member* alone."""
    return error.member == member and not isinstance(error, ConflictingParameters)


def _is_v2_alone(model: object) -> bool:
    """Whether *model* is one of v2's own, whose limits our rules do not know."""
    newer = find_v2_model(str(model or ""))
    return newer is not None and newer.v1_id is None


def _replicated(
    space: Space,
    sorts: Sorts,
    kept: NDArray[np.intp],
    replicates: int | None,
    dropped: tuple[Drops, ...],
) -> Laid:
    """Return the cells of the places *kept*, each as often as it has pictures."""
    images = np.array([sorts.made(n).num_images or 1 for n in kept.tolist()], np.int32)
    batches = _batches(images, replicates)
    if (count := int(images.sum()) * batches) > MAX_CELLS:
        raise InvalidRequest(
            f"{len(kept):,} places with {count // len(kept):,} pictures each are {count:,} cells; "
            f"a sweep has at most {MAX_CELLS:,}.",
            member="replicates",
            value=count // len(kept),
            nearest=max(MAX_CELLS // len(kept), 1),
        )
    base = sorts.keys(kept.tolist())
    keys: list[str] = []
    if batches == 1 and int(images.max()) == 1:
        axes, points = _pruned(space.axes, space.points[kept])
        places = kept.tolist()
        return Laid(
            axes,
            Cells(axes, points, base, _Same(len(base)), lambda n: sorts.request(places[n])),
            dropped,
            sorts.kinds()[kept],
        )
    dropped = times(dropped, int(images.max()) * batches)
    seeds = [[own_seed({"key": key, "replicate": n}) for key in base] for n in range(1, batches)]
    by_batch = [base, *(sorts.keys(kept.tolist(), others) for others in seeds)]
    rows, numbers, parts, jobs = [], [], [], []
    for n, (place, count) in enumerate(zip(kept.tolist(), images.tolist(), strict=True)):
        for batch, key in enumerate(found[n] for found in by_batch):
            for image in range(count):
                rows.append(place)
                numbers.append(batch * count + image)
                parts.append(image)
                jobs.append((n, batch))
                keys.append(key)
    number = Axis(REPLICATE, tuple(range(1, max(numbers) + 2)), None, "replicate")
    points = np.column_stack([space.points[rows], np.array(numbers, np.int32)])
    axes, points = _pruned((*space.axes, number), points)

    def request(n: int) -> CreateGeneration:
        at, batch = jobs[n]
        return sorts.request(int(kept[at]), seeds[batch - 1][at] if batch else None)

    return Laid(axes, Cells(axes, points, keys, parts, request), dropped, sorts.kinds()[rows])


def _batches(images: NDArray[np.int32], replicates: int | None) -> int:
    """
    Return how many requests each place makes.

    Raises:
        InvalidRequest: Requests give several pictures, and *replicates* is no multiple of that.
    """
    if replicates is None:
        return 1
    each = int(images.max())
    if int(images.min()) != each:
        raise InvalidRequest(
            "replicates does not go with num_images as an axis: how many pictures a cell has is "
            "then what varies.",
            member="replicates",
        )
    if replicates % each:
        raise InvalidRequest(
            f"replicates={replicates} is no multiple of num_images={each}; the pictures of a "
            "request are paid for together, and all of them are shown.",
            member="replicates",
            value=replicates,
            nearest=math.ceil(replicates / each) * each,
        )
    return replicates // each


def _pruned(
    axes: Sequence[Axis], points: NDArray[np.int32]
) -> tuple[tuple[Axis, ...], NDArray[np.int32]]:
    """Return *axes* without the values of which no place is left, and *points* on these."""
    kept, columns = [], []
    for column, axis in enumerate(axes):
        used = np.unique(points[:, column])
        if len(used) == len(axis):
            kept.append(axis)
            columns.append(points[:, column])
            continue
        moved = np.zeros(len(axis), np.int32)
        moved[used] = np.arange(len(used))
        kept.append(axis.at(used.tolist()))
        columns.append(moved[points[:, column]])
    if not columns:
        return (), points
    return tuple(kept), np.column_stack(columns).astype(np.int32)


class _Same(Sequence[int]):
    """As many zeros as there are cells, without a list of them."""

    def __init__(self, length: int) -> None:
        self._length = length

    def __len__(self) -> int:
        return self._length

    @overload
    def __getitem__(self, place: int) -> int: ...
    @overload
    def __getitem__(self, place: slice) -> Sequence[int]: ...
    def __getitem__(self, place: int | slice) -> int | Sequence[int]:
        if isinstance(place, slice):
            return _Same(len(range(self._length)[place]))
        return 0
