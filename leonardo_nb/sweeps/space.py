"""
The space of a sweep: which requests a few lists of values stand for.

Plain values and plain functions: a space can be counted, checked and priced before anything is
sent, and every law of it (size, order, identity) is a property test.
"""

from __future__ import annotations

import difflib
import itertools
import math
import random
import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from numbers import Integral, Real
from typing import TYPE_CHECKING, Any

from leonardo_nb.errors import ConflictingParameters, InvalidRequest, UnknownParameter
from leonardo_nb.service.catalog import SEED_MAX_FLUX, find_model, style_name
from leonardo_nb.service.plain import as_shown
from leonardo_nb.service.requests import CreateGeneration, check_value, parameter_name
from leonardo_nb.service.values import shown

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = [
    "MAX_CELLS",
    "Axis",
    "Cell",
    "Space",
    "axis_values",
    "cells_of",
    "describe",
    "draw_seed",
    "is_whole",
    "label_of",
    "linspace",
    "space_of",
    "spread_order",
]

MAX_CELLS = 1_000
"""More cells than this are refused: each is paid for, and none of this is laid out for more."""

LONGEST_LABEL = 60
"""Characters of a value that stand in a sentence; a prompt may have 1,500."""

LISTS_BY_NATURE = frozenset({"controlnets", "elements", "imagePrompts", "userElements"})
"""Members whose single value is a list already, so that their axis is a list of lists."""


@dataclass(frozen=True, slots=True)
class Axis:
    """
    One parameter that varies: its wire name and its values, in the order given.

    >>> Axis("guidance_scale", (3, 7.5)).labels
    ('3', '7.5')
    """

    name: str
    values: tuple[Any, ...]

    def __len__(self) -> int:
        return len(self.values)

    @property
    def labels(self) -> tuple[str, ...]:
        """How each value is written at the edge of a grid."""
        return tuple(label_of(self.name, value, n) for n, value in enumerate(self.values, 1))

    @property
    def is_numeric(self) -> bool:
        """Whether every value is a number, so that the axis has a direction."""
        return all(
            isinstance(value, int | float) and not isinstance(value, bool) for value in self.values
        )

    def only(self, kept: Sequence[object]) -> Axis:
        """Return the axis with the *kept* of its values, in its own order."""
        return Axis(self.name, tuple(value for value in self.values if value in kept))

    def find(self, value: object) -> Any:  # noqa: ANN401  a value on the axis
        """
        Return the axis's own value that *value* means: a model's id for its name, 7 for 7.0.

        Raises:
            InvalidRequest: It does not; the error names the nearest value that does.
        """
        wanted = value
        if self.name not in LISTS_BY_NATURE:
            value = _python_number(value)
            try:
                wanted = check_value(self.name, value)
            except InvalidRequest:
                wanted = value
        for have in self.values:
            if _same(have, wanted) or _same(have, value):
                return have
        nearest = self._nearest(wanted)
        raise InvalidRequest(
            f"{self.name} has no {shown(value)} in this sweep; the nearest value is "
            f"{_cut(label_of(self.name, nearest))}. It has {_listing(self.labels)}.",
            member=self.name,
            value=value,
            nearest=nearest,
        )

    def _nearest(self, value: object) -> object:
        if self.is_numeric and isinstance(value, int | float):
            return min(self.values, key=lambda have: abs(have - value))
        near = difflib.get_close_matches(str(value).upper(), map(str.upper, self.labels), 1, 0)
        return self.values[[label.upper() for label in self.labels].index(near[0])]


@dataclass(frozen=True, slots=True)
class Cell:
    """
    One place in the grid, and the request that fills it.

    Attributes:
        index: Its number in the order of `cells`, from 0.
        coords: Its value on each axis, by wire name.
        request: What is asked of the service.
        key: The request's content key; cells with equal keys are one job, paid once.
    """

    index: int
    coords: dict[str, Any]
    request: CreateGeneration
    key: str


@dataclass(frozen=True, slots=True)
class Space:
    """
    The product of some axes, and what is the same in every cell.

    `len(space)` points; the last axis varies fastest.
    """

    axes: tuple[Axis, ...]
    fixed: dict[str, Any]

    def __len__(self) -> int:
        return math.prod(len(axis) for axis in self.axes)

    def __iter__(self) -> Iterator[dict[str, Any]]:
        names = [axis.name for axis in self.axes]
        for values in itertools.product(*(axis.values for axis in self.axes)):
            yield dict(zip(names, values, strict=True))


def linspace(lo: float, hi: float, n: int) -> list[float]:
    """
    Return *n* evenly spaced values from *lo* to *hi*, both always among them.

    Values that are whole are ints, the others are rounded to as many decimals as the step
    needs, so that the label that is read is the value that was sent.

    >>> linspace(3, 12, 4), linspace(0.1, 0.5, 5), linspace(0, 1, 4)
    ([3, 6, 9, 12], [0.1, 0.2, 0.3, 0.4, 0.5], [0, 0.333, 0.667, 1])

    Raises:
        TypeError: An end is no number, or *n* is no whole one.
        ValueError: Fewer than two values between two different ends, no distance between the
            ends of several, or more values than a sweep has cells.
    """
    lo, hi, n = _python_number(lo), _python_number(hi), _python_number(n)
    asked = f"linspace({shown(lo)}, {shown(hi)}, {shown(n)})"
    if not (_is_number(lo) and _is_number(hi)):
        raise TypeError(f"{asked}: both ends must be numbers.")
    if not is_whole(n):
        raise TypeError(f"{asked}: n, how many values, must be a whole number.")
    if not (_is_finite(lo) and _is_finite(hi)):
        raise ValueError(f"{asked}: both ends must be finite numbers.")
    if n > MAX_CELLS:
        raise ValueError(f"{asked}: a sweep has at most {MAX_CELLS:,} cells.")
    # through str(), so that 0.1 is a tenth and not the binary number next to it
    first, last = Fraction(str(lo)), Fraction(str(hi))
    if n == 1 and first == last:
        return [_plain(first)]
    if n < 2:
        raise ValueError(f"{asked}: both ends are always in, so n is at least 2.")
    if first == last:
        raise ValueError(f"{asked}: the ends are equal, so there is only one value.")
    step = (last - first) / (n - 1)
    decimals = max(2 - math.floor(math.log10(abs(step))), 0)
    inner = [_plain(_tidied(first + step * i, decimals)) for i in range(1, n - 1)]
    return [_plain(first), *inner, _plain(last)]


def is_whole(value: object) -> bool:
    """Return whether *value* is a whole number, numpy's too; a flag is none."""
    return isinstance(value, Integral) and not isinstance(value, bool)


def _is_number(value: object) -> bool:
    return isinstance(value, Real | Decimal) and not isinstance(value, bool)


def _is_finite(value: float) -> bool:
    try:
        return math.isfinite(value)
    except OverflowError:  # a whole number beyond all floats
        return False


def _tidied(value: Fraction, decimals: int) -> Fraction:
    """Return *value* itself where it has an end in decimals, else rounded."""
    exact = round(value, decimals + 6)
    return exact if exact == value else round(value, decimals)


def _plain(value: Fraction) -> float:
    return int(value) if value.denominator == 1 else float(value)


def draw_seed() -> int:
    """Return a seed that every model accepts: Flux has the smallest upper bound."""
    return random.SystemRandom().randint(0, SEED_MAX_FLUX)


def space_of(
    prompt: object, parameters: Mapping[str, object], *, seed: int, check: bool = True
) -> Space:
    """
    Return the space that a user's keywords describe; every value on an axis is checked.

    Args:
        prompt: The prompt, or a list of prompts.
        parameters: Keywords as typed; a list, tuple, range or array is an axis.
        seed: The seed of every cell where the keywords name none.
        check: False lets a value on an axis be out of the service's limits.

    Raises:
        UnknownParameter: A keyword is not the service's.
        InvalidRequest: An axis is empty, has a value twice or one that is refused, or the
            cells are too many.
    """
    given: dict[str, object] = {"prompt": prompt}
    for typed, value in parameters.items():
        name = parameter_name(typed, function="sweep")
        if name in given:
            raise UnknownParameter(f"{name} is given twice, in two spellings.", member=typed)
        given[name] = value
    if given.get("seed") is None:
        given["seed"] = seed
    found = {name: axis_values(name, value) for name, value in given.items()}
    _refuse_too_many({name: values for name, values in found.items() if values is not None})
    axes = tuple(
        Axis(name, _checked(name, values, check=check))
        for name, values in found.items()
        if values is not None
    )
    fixed = {name: _python_number(given[name]) for name, values in found.items() if values is None}
    return Space(axes, fixed)


def axis_values(name: str, value: object) -> Sequence[Any] | None:
    """
    Return the values of an axis, or None where *value* is one fixed value.

    Text is one value. A member that is a list by nature (`elements`) is an axis only where it
    is a list of lists.

    Raises:
        InvalidRequest: The axis is empty, or has no order of its own (a set, a generator).
    """
    if hasattr(value, "__array__") and hasattr(value, "tolist"):  # numpy, pandas: none imported
        value = value.tolist()
    if isinstance(value, str | bytes | Mapping) or value is None:
        return None
    if isinstance(value, set | frozenset) or hasattr(value, "__next__"):
        raise InvalidRequest(
            f"{name} is a {type(value).__name__}, which has no length or order of its own; "
            f"write {name}=list(...) or sorted(...).",
            member=name,
            value=value,
        )
    if not isinstance(value, Sequence):
        return None
    if name in LISTS_BY_NATURE and not (
        value and all(isinstance(item, list | tuple) for item in value)
    ):
        return None
    if _length(value) > sys.maxsize:
        raise InvalidRequest(
            f"{name} has {shown(value)}, more values than can be counted; a sweep has at most "
            f"{MAX_CELLS:,}.",
            member=name,
            nearest=MAX_CELLS,
        )
    if not len(value):
        raise InvalidRequest(
            f"{name} is an empty axis, so the sweep has no cells; give it at least one value, "
            "or leave it out.",
            member=name,
            value=value,
        )
    return value


def _length(value: Sequence[Any]) -> float:
    try:
        return len(value)
    except OverflowError:  # a range may be longer than len() can say
        return math.inf


def _refuse_too_many(found: Mapping[str, Sequence[Any]]) -> None:
    """Count before anything is built: `seed=range(10**9)` must not fill the memory."""
    count = math.prod(len(values) for values in found.values())
    if count <= MAX_CELLS:
        return
    product = " x ".join(f"{len(values):,} {name}" for name, values in found.items())
    size = f"{product} are {count:,} cells" if len(found) > 1 else f"{product} is as many cells"
    longest = max(found, key=lambda name: len(found[name]))
    raise InvalidRequest(
        f"{size}; a sweep has at most {MAX_CELLS:,}. "
        f"Take fewer values of {longest}, or make several sweeps.",
        member=longest,
        value=len(found[longest]),
        nearest=max(MAX_CELLS * len(found[longest]) // count, 1),
    )


def _checked(name: str, values: Sequence[Any], *, check: bool) -> tuple[Any, ...]:
    kept: list[Any] = []
    for typed in values:
        value = _python_number(typed)
        if value is None and name in {"prompt", "seed"}:
            raise InvalidRequest(
                f"{name} has None among its values; every value on an axis is written out, so "
                "that each picture can be found and made again.",
                member=name,
            )
        if value is not None:
            try:
                value = check_value(name, value)
            except InvalidRequest:
                if check:
                    raise
        if any(_same(value, other) for other in kept):
            raise InvalidRequest(
                f"{name} has {shown(_python_number(typed))} twice. The same request gives the "
                "same picture, so each value stands once; other seeds give other pictures.",
                member=name,
                value=typed,
            )
        kept.append(value)
    return tuple(kept)


def cells_of(space: Space, *, check: bool = True) -> tuple[Cell, ...]:
    """
    Return the cells of *space*, in its order.

    Raises:
        InvalidRequest: Cells break a rule of the service (ConflictingParameters) or have a bad
            value; the error counts them and names the first one's coordinates.
    """
    cells: list[Cell] = []
    broken: list[tuple[dict[str, Any], InvalidRequest]] = []
    for index, coords in enumerate(space):
        try:
            request = CreateGeneration.of(check=check, **{**space.fixed, **coords})
        except InvalidRequest as error:
            # a value that no axis moves is wrong in every cell, and is no cell's fault
            if error.member in space.fixed and not isinstance(error, ConflictingParameters):
                raise
            broken.append((coords, error))
        else:
            cells.append(Cell(index, coords, request, request.content_key()))
    if broken:
        _refuse_broken(broken, len(space))
    return tuple(cells)


def _refuse_broken(broken: list[tuple[dict[str, Any], InvalidRequest]], total: int) -> None:
    coords, error = broken[0]
    if not coords:
        raise error
    others = Counter(str(other) for _, other in broken)
    where = f"The cell {describe(coords)} cannot be asked for"
    if len(broken) > 1:
        share = "All" if len(broken) == total else f"{len(broken):,} of"
        where = f"{share} {total:,} cells cannot be asked for. The first is {describe(coords)}"
    more = f" Of the others, some break another rule: {list(others)[1]}" if len(others) > 1 else ""
    message = f"{where}: {error}{more} Nothing was sent."
    if isinstance(error, ConflictingParameters):
        raise ConflictingParameters(message, members=error.members, rule=error.rule) from error
    raise InvalidRequest(
        message, member=error.member, value=error.value, nearest=error.nearest
    ) from error


def spread_order(shape: Sequence[int]) -> list[int]:
    """
    Return every cell's index once, in an order whose beginning already covers the grid.

    A Halton sequence on the axes: after a tenth of the cells every row and column has been
    seen, so a sweep that is stopped early, or looked at early, already says something.

    >>> spread_order([4, 2])[:4]
    [0, 4, 3, 6]
    """
    total = math.prod(shape)
    long_axes = [n for n, length in enumerate(shape) if length > 1]
    if len(long_axes) > len(_PRIMES):
        return list(range(total))
    order: dict[int, None] = {0: None}
    # enough draws to meet nearly every cell; what was never drawn follows in order
    for draw in range(1, 12 * total):
        index = 0
        for n, length in enumerate(shape):
            base = _PRIMES[long_axes.index(n)] if length > 1 else 2
            index = index * length + int(_radical_inverse(draw, base) * length)
        order[index] = None
        if len(order) == total:
            break
    order.update(dict.fromkeys(range(total)))
    return list(order)


_PRIMES = (2, 3, 5, 7, 11, 13, 17, 19, 23, 29)


def _radical_inverse(number: int, base: int) -> float:
    """Return *number*'s digits in *base*, mirrored at the point: 6 = 110 -> 0.011."""
    value, place = 0.0, 1.0
    while number:
        place /= base
        number, digit = divmod(number, base)
        value += digit * place
    return value


def describe(coords: Mapping[str, object]) -> str:
    """Return coordinates as words, such as `seed=1, presetStyle=CINEMATIC`."""
    return ", ".join(f"{name}={_cut(label_of(name, value))}" for name, value in coords.items())


def label_of(name: str, value: object, number: int | None = None) -> str:
    """
    Return *value* as it is written on a grid: models and styles by name, flags as yes and no.

    Args:
        name: The parameter's wire name.
        value: Its value.
        number: Where it stands on its axis, from 1: the name of a value that has no short
            form, such as a list of controlnets.
    """
    match value:
        case None:
            return "default"
        case bool():
            return "yes" if value else "no"
        case int():
            return str(value)
        case float():
            return str(int(value)) if value.is_integer() else str(value)
        case str():
            text = as_shown(value)
        case _:
            return f"{name} {number}" if number is not None else f"{name} (a list)"
    if name == "modelId":
        model = find_model(text)
        return model.name if model else text
    if name == "styleUUID":
        return style_name(text) or text
    return text


def _python_number(value: Any) -> Any:  # noqa: ANN401  what a user typed
    """Return a numpy scalar as the Python number it is, anything else unchanged."""
    if hasattr(value, "dtype") and hasattr(value, "item") and getattr(value, "ndim", 1) == 0:
        return value.item()
    return value


def _same(one: object, other: object) -> bool:
    """Compare as the service would: 7 is 7.0, and True is not 1."""
    return isinstance(one, bool) == isinstance(other, bool) and one == other


def _cut(label: str) -> str:
    return label if len(label) <= LONGEST_LABEL else f"{label[: LONGEST_LABEL - 3]}..."


def _listing(labels: Sequence[str]) -> str:
    few = 8
    named = ", ".join(map(_cut, labels[:few]))
    return named if len(labels) <= few else f"{named} and {len(labels) - few:,} more"
