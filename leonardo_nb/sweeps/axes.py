"""
One thing that varies in a sweep: its values, how each is written, and which members it sets.

Plain values and plain functions, below the algebra of `space`, which only counts places on axes.
"""

from __future__ import annotations

import difflib
import math
import sys
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from numbers import Integral, Real
from typing import Any, Final, Literal, TypeVar

from leonardo_nb.errors import InvalidRequest
from leonardo_nb.service.catalog import find_model, style_name
from leonardo_nb.service.plain import as_shown
from leonardo_nb.service.requests import check_value
from leonardo_nb.service.values import shown

__all__ = [
    "LISTS_BY_NATURE",
    "MAX_CELLS",
    "Axis",
    "Const",
    "Role",
    "arange",
    "axis_of",
    "axis_values",
    "const",
    "describe",
    "handed_on",
    "in_order",
    "is_whole",
    "label_of",
    "linspace",
    "mark_of",
    "same",
    "without_const",
]

T = TypeVar("T")
Role = Literal["member", "zip", "slot", "replicate"]
"""What an axis sets: one member, several at once, a word of the prompt, or one more picture."""

MAX_CELLS: Final = 100_000
"""More cells than this are refused: at 100 jobs a minute they would take most of a day."""

LONGEST_LABEL: Final = 60
"""Characters of a value that stand in a sentence; a prompt may have 1,500."""

LISTS_BY_NATURE: Final = frozenset({"controlnets", "elements", "imagePrompts", "userElements"})
"""Members whose single value is a list already, so that their axis is a list of lists."""

REPLICATE: Final = "replicate"

UNSENT: Final = frozenset({"webhookCallbackUrl"})
"""Members that no file hands on: whom the service calls back is the affair of who pays."""


@dataclass(frozen=True, slots=True)
class Axis:
    """
    One thing that varies: its name and its values, in the order given.

    Attributes:
        name: A parameter's wire name, or what the user calls a zip or a word of the prompt.
        values: What cells have as coordinates; of a zip, one tuple a place.
        given_labels: How the user wants the values written; None for as they are.
        role: What it sets.
        members: The parameters that a zip sets, in the order of its tuples.

    >>> Axis("guidance_scale", (3, 7.5)).labels
    ('3', '7.5')
    """

    __module__ = "leonardo_nb"

    name: str
    values: tuple[Any, ...]
    given_labels: tuple[str, ...] | None = field(default=None)
    role: Role = "member"
    members: tuple[str, ...] = ()
    _labels: list[tuple[str, ...]] = field(
        default_factory=list, init=False, repr=False, compare=False
    )
    _places: list[dict[object, int]] = field(
        default_factory=list, init=False, repr=False, compare=False
    )

    def __len__(self) -> int:
        return len(self.values)

    @property
    def labels(self) -> tuple[str, ...]:
        """How each value is written at the edge of a grid."""
        if self.given_labels is not None:
            return self.given_labels
        if not self._labels:  # written once: an axis may have thousands of values
            self._labels.append(
                tuple(self._label(value, n) for n, value in enumerate(self.values, 1))
            )
        return self._labels[0]

    def _label(self, value: object, number: int) -> str:
        if self.role == "zip" and isinstance(value, tuple):
            sizes = self.members == ("width", "height")
            return (" x " if sizes else ", ").join(
                label_of(name, each) for name, each in zip(self.members, value, strict=True)
            )
        return label_of(self.name, value, number)

    @property
    def is_numeric(self) -> bool:
        """Whether every value is a number, so that the axis has a direction."""
        return self.role != REPLICATE and all(
            isinstance(value, int | float) and not isinstance(value, bool) for value in self.values
        )

    @property
    def sets(self) -> tuple[str, ...]:
        """The parameters that its values decide; none for a word of the prompt."""
        return (self.name,) if self.role == "member" else self.members

    def label(self, value: object) -> str:
        """Return how *value*, which is on the axis, is written."""
        return self.labels[self.index(value)]

    def finder(self) -> Callable[[object], int | None]:
        """
        Return what says where a value stands, from 0, or None where it is not on the axis.

        It compares as the service would, and takes as long for 10 values as for 100,000.
        """
        if not self._places:  # built once, whole: several threads may ask
            places: dict[object, int] = {}
            for place, value in enumerate(self.values):
                with suppress(TypeError):
                    places.setdefault(mark_of(value), place)
            self._places.append(places)
        return self._place_of

    def _place_of(self, value: object) -> int | None:
        try:
            return self._places[0].get(mark_of(value))
        except TypeError:  # no hash and no JSON, as nothing that is sent
            return next((n for n, have in enumerate(self.values) if same(have, value)), None)

    def index(self, value: object) -> int:
        """Return where *value* stands, from 0; as `tuple.index`, but 1 is not True."""
        place = self.finder()(value)
        if place is None:
            raise ValueError(f"{shown(value)} is not on the axis {self.name}")
        return place

    def only(self, kept: Sequence[object]) -> Axis:
        """Return the axis with the *kept* of its values, in its own order."""
        place = self.finder()
        wanted = {place(value) for value in kept}
        return self.at([n for n, value in enumerate(self.values) if place(value) in wanted])

    def at(self, places: Sequence[int]) -> Axis:
        """Return the axis with the values at *places*, in that order."""
        labels = self.given_labels
        return Axis(
            self.name,
            tuple(self.values[n] for n in places),
            None if labels is None else tuple(labels[n] for n in places),
            self.role,
            self.members,
        )

    def joined(self, other: Axis) -> Axis:
        """
        Return the axis with what *other* has besides, behind its own values.

        Raises:
            InvalidRequest: The two set different things.
        """
        if (self.role, self.members) != (other.role, other.members):
            raise InvalidRequest(
                f"{self.name} is a {self.role} in one part and a {other.role} in the other; "
                "give one of them another name.",
                member=self.name,
            )
        more = [n for n, value in enumerate(other.values) if not self.has(value)]
        if not more:
            return self
        added = other.at(more)
        labels = None
        if self.given_labels is not None or other.given_labels is not None:
            labels = (*self.labels, *added.labels)
        return Axis(self.name, (*self.values, *added.values), labels, self.role, self.members)

    def has(self, value: object) -> bool:
        """Whether *value* is on the axis, as the service would compare it."""
        return self.finder()(value) is not None

    def find(self, value: object) -> Any:  # noqa: ANN401  a value on the axis
        """
        Return the axis's own value that *value* means: its label, a model's name, 7.0 for 7.

        Raises:
            InvalidRequest: It does not; the error names the nearest value that does.
        """
        value = _python_number(value)
        wanted: object = tuple(value) if self.role == "zip" and isinstance(value, list) else value
        if self.role == "member" and self.name not in LISTS_BY_NATURE:
            try:
                wanted = check_value(self.name, value)
            except InvalidRequest:
                wanted = value
        place = self.finder()
        found = [at for at in (place(wanted), place(value)) if at is not None]
        if found:
            return self.values[min(found)]
        labels = self.labels
        if isinstance(value, str) and value in labels:
            return self.values[labels.index(value)]
        nearest = self._nearest(wanted)
        raise InvalidRequest(
            f"{self.name} has no {shown(value)} in this sweep; the nearest value is "
            f"{cut(self.label(nearest))}. It has {listing(labels)}.",
            member=self.name,
            value=value,
            nearest=nearest,
        )

    def _nearest(self, value: object) -> object:
        if self.is_numeric and isinstance(value, int | float):
            return min(self.values, key=lambda have: abs(have - value))
        labels = [label.upper() for label in self.labels]
        near = difflib.get_close_matches(str(value)[:100].upper(), labels, 1, 0)
        return self.values[labels.index(near[0])]

    def as_json(self) -> dict[str, object]:
        """Return it made of what JSON has."""
        return {
            "name": self.name,
            "role": self.role,
            "members": list(self.members),
            "values": [list(v) if isinstance(v, tuple) else v for v in self.values],
            "labels": None if self.given_labels is None else list(self.given_labels),
        }


@dataclass(frozen=True, slots=True)
class Const:
    """One value that is a list, where a list would be an axis; see `leo.const`."""

    value: object


def const(value: object) -> Const:
    """
    Return *value* as one value, although it is a list, which would be an axis.

    >>> const([3, 4]).value
    [3, 4]
    """
    return Const(value)


def without_const(value: object) -> object:
    """Return what a `const` holds, also inside a list; anything else as it is."""
    if isinstance(value, Const):
        return value.value
    if isinstance(value, (list, tuple)) and any(isinstance(each, Const) for each in value):
        return [each.value if isinstance(each, Const) else each for each in value]
    return value


def in_order(before: Axis, after: Axis) -> list[int]:
    """
    Return in which order *after*'s values stand best: as before, or as numbers stand.

    Where the values *before* went up or down, so do those with more among them.

    >>> in_order(Axis("seed", (1, 5)), Axis("seed", (1, 5, 3)))
    [0, 2, 1]
    """
    places = list(range(len(after)))
    if not after.is_numeric or after.given_labels is not None:
        return places
    falls = len(before) > 1 and before.values[0] > before.values[-1]
    if list(before.values) != sorted(before.values, reverse=falls):
        return places
    return sorted(places, key=lambda n: after.values[n], reverse=falls)


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
    first, last = _exact(lo, asked), _exact(hi, asked)
    if not is_whole(n):
        raise TypeError(f"{asked}: n, how many values, must be a whole number.")
    _refuse_many(n, asked)
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


def arange(lo: float, hi: float, step: float = 1) -> list[float]:
    """
    Return the values from *lo* on, *step* apart, up to *hi*, which is among them where it is met.

    It counts in decimals, so nothing is lost at the end and no value has a tail.

    >>> arange(0.1, 0.5, 0.1), arange(5, 2, -1), arange(1, 2, 0.3)
    ([0.1, 0.2, 0.3, 0.4, 0.5], [5, 4, 3, 2], [1, 1.3, 1.6, 1.9])

    Raises:
        TypeError: Something is no number.
        ValueError: The step leads away from *hi* or nowhere, or the values are more than a sweep
            has cells.
    """
    lo, hi, step = _python_number(lo), _python_number(hi), _python_number(step)
    asked = f"arange({shown(lo)}, {shown(hi)}, {shown(step)})"
    first, last, by = (_exact(each, asked) for each in (lo, hi, step))
    if not by:
        raise ValueError(f"{asked}: a step of 0 leads nowhere.")
    steps = (last - first) / by
    if steps < 0:
        raise ValueError(f"{asked}: this step leads away from the end; take {shown(-step)}.")
    _refuse_many(math.floor(steps) + 1, asked)
    return [_plain(first + by * i) for i in range(math.floor(steps) + 1)]


def _refuse_many(n: int, asked: str) -> None:
    if n > MAX_CELLS:
        raise ValueError(f"{asked}: a sweep has at most {MAX_CELLS:,} cells.")


def _exact(value: object, asked: str) -> Fraction:
    """Return *value* as it is written: 0.1 is a tenth and not the binary number next to it."""
    if not isinstance(value, Real | Decimal) or isinstance(value, bool):
        raise TypeError(f"{asked}: both ends, and the step, must be numbers.")
    try:
        finite = math.isfinite(value)
    except OverflowError:  # a whole number beyond all floats
        finite = False
    if not finite:
        raise ValueError(f"{asked}: both ends, and the step, must be finite numbers.")
    return Fraction(str(value))


def is_whole(value: object) -> bool:
    """Return whether *value* is a whole number, numpy's too; a flag is none."""
    return isinstance(value, Integral) and not isinstance(value, bool)


def _tidied(value: Fraction, decimals: int) -> Fraction:
    """Return *value* itself where it has an end in decimals, else rounded."""
    exact = round(value, decimals + 6)
    return exact if exact == value else round(value, decimals)


def _plain(value: Fraction) -> float:
    return int(value) if value.denominator == 1 else float(value)


def axis_values(name: str, value: object) -> Sequence[Any] | None:
    """
    Return the values of an axis, or None where *value* is one fixed value.

    Text is one value. A member that is a list by nature (`elements`) is an axis only where it
    is a list of lists. A mapping is an axis whose values are named, but for those members.

    Raises:
        InvalidRequest: The axis is empty, or has no order of its own (a set, a generator).
    """
    value = without_const(value) if not isinstance(value, Const) else None
    if hasattr(value, "__array__") and hasattr(value, "tolist"):  # numpy, pandas: none imported
        value = value.tolist()
    if isinstance(value, Mapping) and name not in LISTS_BY_NATURE:
        value = list(value.values())
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
    length = _length(value)
    if length > MAX_CELLS:
        many = "more values than can be counted" if length > sys.maxsize else f"{length:,} values"
        raise InvalidRequest(
            f"{name} has {many} ({shown(value)}); a sweep has at most {MAX_CELLS:,} cells.",
            member=name,
            nearest=MAX_CELLS,
        )
    if not value:
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


def axis_of(name: str, value: object, *, check: bool = True, role: Role = "member") -> Axis | None:
    """
    Return the axis that a user's *value* stands for, each value on it checked; None for one value.

    Args:
        name: The member's wire name, or the slot's.
        value: A list, tuple, range, array or mapping of labels to values is an axis.
        check: False lets a value be out of the service's limits.
        role: "slot" for words of a prompt, which no service checks.

    Raises:
        InvalidRequest: The axis is empty, or has a value or a label twice, or a value that is
            refused.
    """
    values = axis_values(name, value)
    if values is None:
        return None
    labels: tuple[str, ...] | None = None
    if isinstance(value, Mapping):
        labels = tuple(as_shown(str(label)) for label in value)
        refuse_labels_twice(name, labels)
    kept = tuple(checked(name, _python_number(each), check=check, role=role) for each in values)
    refuse_twice(name, kept)
    return Axis(name, kept, labels, role)


def checked(name: str, value: Any, *, check: bool, role: Role) -> Any:  # noqa: ANN401  as typed
    """Return *value* as it goes on the wire, or as a word of a prompt."""
    if value is None and (role == "slot" or name in {"prompt", "seed"}):
        raise InvalidRequest(
            f"{name} has None among its values; every value on an axis is written out, so "
            "that each picture can be found and made again.",
            member=name,
        )
    if role == "slot":
        return _word(name, value)
    if name in UNSENT:
        raise InvalidRequest(
            f"{name} varies no picture and stands on no axis; give one address, which is the same "
            "in every cell.",
            member=name,
            value=value,
        )
    if value is None or name in LISTS_BY_NATURE:
        return value
    try:
        return check_value(name, value)
    except InvalidRequest:
        if check:
            raise
        return check_value(name, value, check=False)


def _word(name: str, value: object) -> str | int | float:
    if isinstance(value, str) or (
        isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
    ):
        return value
    raise InvalidRequest(
        f"{name} is a word of the prompt, so its values are texts or numbers, not {shown(value)}.",
        member=name,
        value=value,
    )


def refuse_twice(name: str, values: Sequence[Any]) -> None:
    """Refuse an axis on which a value stands twice: the same request gives the same picture."""
    first = Axis(name, tuple(values)).finder()
    for number, value in enumerate(values):
        if first(value) != number:
            raise InvalidRequest(
                f"{name} has {shown(_python_number(value))} twice. The same request gives the "
                "same picture, so each value stands once; other seeds give other pictures.",
                member=name,
                value=value,
            )


def refuse_labels_twice(what: str, labels: Sequence[str]) -> None:
    """Refuse two values that are written alike: asked for by its label, one would be lost."""
    if len(set(labels)) == len(labels):
        return
    twice = next(label for label, count in Counter(labels).items() if count > 1)
    raise InvalidRequest(
        f"{what} has the label {shown(twice)} twice; a label means one of its places.",
        member="labels",
        value=twice,
    )


def handed_on(members: Mapping[str, Any]) -> dict[str, Any]:
    """Return *members* without those that no file hands on."""
    return {name: value for name, value in members.items() if name not in UNSENT}


def describe(coords: Mapping[str, object]) -> str:
    """Return coordinates as words, such as `seed=1, presetStyle=CINEMATIC`."""
    return ", ".join(f"{name}={cut(label_of(name, value))}" for name, value in coords.items())


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
        case tuple():
            return ", ".join(label_of("", each) for each in value)
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


def same(one: object, other: object) -> bool:
    """Compare as the service would: 7 is 7.0, and True is not 1."""
    return isinstance(one, bool) == isinstance(other, bool) and one == other


def mark_of(value: object) -> object:
    """
    Return what has a hash, and is equal for two values exactly where they are `same`.

    >>> mark_of(7) == mark_of(7.0), mark_of(True) == mark_of(1), mark_of([7]) == mark_of([7.0])
    (True, False, True)

    Raises:
        TypeError: It is neither JSON's nor has a hash.
    """
    return (bool, value) if isinstance(value, bool) else _hashable(value)


def _hashable(value: object) -> object:
    match value:
        case list():
            return (list, tuple(map(_hashable, value)))
        case tuple():
            return tuple(map(_hashable, value))
        case dict():
            return (dict, frozenset((name, _hashable(each)) for name, each in value.items()))
        case _:
            hash(value)
            return value


def cut(label: str) -> str:
    """Return *label* short enough for a sentence."""
    return label if len(label) <= LONGEST_LABEL else f"{label[: LONGEST_LABEL - 3]}..."


def listing(labels: Sequence[str]) -> str:
    """Return the first of *labels*, and how many there are besides."""
    few = 8
    named = ", ".join(map(cut, labels[:few]))
    return named if len(labels) <= few else f"{named} and {len(labels) - few:,} more"
