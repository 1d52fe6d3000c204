"""
The space of a sweep: which combinations of values are asked for, as a value of its own.

Spaces are multiplied, joined, filtered and sliced before there is a request; nothing here knows
the service, and every law of it (size, order, no place lost or doubled) is a property test.
"""

from __future__ import annotations

import difflib
import inspect
import math
import string
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple, Never, overload

import numpy as np

from leonardo_nb.errors import InvalidRequest, UnknownParameter
from leonardo_nb.service.requests import parameter_name
from leonardo_nb.service.values import ALIASES, shown
from leonardo_nb.sweeps.axes import (
    MAX_CELLS,
    Axis,
    axis_of,
    axis_values,
    checked,
    cut,
    describe,
    in_order,
    refuse_labels_twice,
    refuse_twice,
    without_const,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from numpy.typing import NDArray

__all__ = ["Drops", "Point", "Space", "axes", "prompt", "space_of", "times", "widened", "zip_"]

ABSENT = -1
"""Stands in `Space.points` where a point says nothing of an axis."""
NO_REASON = "left out by where()"
"""Why a place is left out of which no more is said."""
WHERE_TAKES = frozenset({"because", "predicate"})
"""Arguments of `Space.where`, which takes the names of axes as well."""
FEW = 3
"""Places that a sentence about dropped ones names."""


class _NoValue(AttributeError, KeyError):
    """What a `Point` raises for a name that it has no value for, however it was asked."""


class Point(dict[str, Any]):
    """
    One place of a space: its values by axis, also as attributes.

    >>> Point(seed=3).seed
    3
    """

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401  a value on an axis
        return self[name]

    def __missing__(self, name: str) -> Never:
        raise _NoValue(name, name=name, obj=self)


@dataclass(frozen=True, eq=False, slots=True)
class Drops:
    """
    Places that were left out, and why; iterating gives the values of each.

    Attributes:
        because: The reason, as a sentence or a part of one.
        axes: What the places are on.
        points: One row a place, as in `Space`.
        times: How many cells each would have been, where the space was multiplied since.
    """

    because: str
    axes: tuple[Axis, ...]
    points: NDArray[np.int32]
    times: int = 1

    def __len__(self) -> int:
        return len(self.points) * self.times

    def __iter__(self) -> Iterator[Point]:
        return (_point(self.axes, row) for row in self.points)

    def __str__(self) -> str:
        named = "; ".join(map(self._named, self.points[:FEW].tolist()))
        which = f"the first are {named}" if len(self.points) > FEW else named
        return f"{len(self):,} left out: {self.because.rstrip('.')} ({which})."

    __repr__ = __str__

    def _named(self, row: Sequence[int]) -> str:
        pairs = zip(self.axes, row, strict=True)
        said = [f"{axis.name}={cut(axis.labels[n])}" for axis, n in pairs if n != ABSENT]
        return ", ".join(said)


class _Asked(Point):
    """
    What a condition takes whose argument is called as no axis: the whole place.

    It is compared to places alone: where `lambda sed: sed != 2` was meant to ask a seed, nothing
    would be left out.
    """

    __hash__ = None  # type: ignore[assignment]
    # as a dict, which is no key

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, dict):
            raise TypeError(f"a Point, which is a whole place, is compared to {shown(other)}")
        return dict.__eq__(self, other)

    def __ne__(self, other: object) -> bool:
        return not self == other


_Asked.__name__ = Point.__name__  # Python's own errors name it to users


class Condition(NamedTuple):
    """What `where` asked of places, and why the others were left out."""

    predicate: Callable[..., object]
    because: str


@dataclass(frozen=True, eq=False, slots=True, repr=False)
class Space:
    """
    Places on some axes, in order; it can be multiplied, joined, filtered and sliced.

    `a * b` has every place of a with every one of b, b varying fastest; `a + b` has those of a and
    then those of b. `len(space)` places; iterating gives each as a `Point`.

    Attributes:
        axes: What varies.
        points: One row a place, one column an axis: where its value stands on the axis, from 0;
            -1 where it says nothing of that axis. Not to be written to.
        template: The prompt with the names of slots in braces, or None.
        dropped: What `where` left out, and why.
        conditions: What was asked of the places, and why; places that come later are asked, too.
    """

    __module__ = "leonardo_nb"

    axes: tuple[Axis, ...]
    points: NDArray[np.int32]
    template: str | None = None
    dropped: tuple[Drops, ...] = ()
    conditions: tuple[Condition, ...] = ()

    @classmethod
    def product(cls, axes: Sequence[Axis], template: str | None = None) -> Space:
        """
        Return every combination of the values of *axes*, the last one varying fastest.

        Raises:
            InvalidRequest: They are more than `MAX_CELLS`.
        """
        _refuse_too_many(axes)
        shape = [len(axis) for axis in axes]
        grid = np.indices(shape, dtype=np.int32).reshape(len(shape), -1).T if shape else None
        points = np.zeros((1, 0), np.int32) if grid is None else np.ascontiguousarray(grid)
        return cls(tuple(axes), _frozen(points), template)

    def __len__(self) -> int:
        return len(self.points)

    def __iter__(self) -> Iterator[Point]:
        return (_point(self.axes, row) for row in self.points.tolist())

    @overload
    def __getitem__(self, place: int) -> Point: ...
    @overload
    def __getitem__(self, place: slice) -> Space: ...
    def __getitem__(self, place: int | slice) -> Point | Space:
        if isinstance(place, slice):
            return self.at(self.points[place])
        return _point(self.axes, self.points[place])

    def at(self, points: NDArray[np.int32]) -> Space:
        """Return the space with other *points* on the same axes."""
        return Space(self.axes, _frozen(points), self.template, self.dropped, self.conditions)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Space):
            return NotImplemented
        return (
            self.template == other.template
            and [(axis, axis.labels) for axis in self.axes]
            == [(axis, axis.labels) for axis in other.axes]
            and np.array_equal(self.points, other.points)
        )

    __hash__ = None  # type: ignore[assignment]
    # values may be lists

    @property
    def is_product(self) -> bool:
        """Whether it has every combination of its axes once, the last one varying fastest."""
        shape = [len(axis) for axis in self.axes]
        if math.prod(shape) != len(self):
            return False
        if not shape:
            return True
        return np.array_equal(self.points, np.indices(shape).reshape(len(shape), -1).T)

    def __mul__(self, other: Space) -> Space:
        """Return every place of this space with every one of *other*, which varies fastest."""
        if not isinstance(other, Space):
            return NotImplemented
        for axis in other.axes:
            self._refuse_again(axis)
        if self.template is not None and other.template is not None:
            raise InvalidRequest(
                "Both parts have a prompt of their own; a request has one. Join them with +, or "
                "put the words into one leo.prompt().",
                member="prompt",
            )
        if len(self) * len(other) > MAX_CELLS:
            raise InvalidRequest(
                f"{len(self):,} x {len(other):,} places are {len(self) * len(other):,}; a sweep "
                f"has at most {MAX_CELLS:,}. Take fewer values, or .where() on the parts first.",
                member="space",
                nearest=MAX_CELLS,
            )
        points = np.hstack(
            [np.repeat(self.points, len(other), axis=0), np.tile(other.points, (len(self), 1))]
        )
        return Space(
            (*self.axes, *other.axes),
            _frozen(points),
            self.template or other.template,
            (*times(self.dropped, len(other)), *times(other.dropped, len(self))),
            (*self.conditions, *other.conditions),
        )

    def _refuse_again(self, axis: Axis) -> None:
        for own in self.axes:
            shared = {own.name, *own.sets} & {axis.name, *axis.sets}
            if shared:
                raise InvalidRequest(
                    f"Both parts vary {min(shared)}, and one request has one value of it; "
                    "join them with +, or leave it out of one.",
                    member=min(shared),
                )

    def __add__(self, other: Space) -> Space:
        """Return the places of this space and then those of *other*."""
        if not isinstance(other, Space):
            return NotImplemented
        if self.template != other.template:
            if self.template is not None and other.template is not None:
                return self.rendered() + other.rendered()
            without = self if self.template is None else other
            if any("prompt" in axis.sets for axis in without.axes):
                return self.rendered() + other.rendered()
        mine = {axis.name: axis for axis in self.axes}
        theirs = {axis.name: axis for axis in other.axes}
        joined = [
            axis.joined(theirs[axis.name]) if axis.name in theirs else axis for axis in self.axes
        ]
        for axis in joined:
            _refuse_labels_twice(axis)
        joined += [axis for axis in other.axes if axis.name not in mine]
        _refuse_overlap(joined)
        return Space(
            tuple(joined),
            _frozen(np.vstack([_moved(self, joined), _moved(other, joined)])),
            self.template or other.template,
            (*self.dropped, *other.dropped),
        )

    def rendered(self) -> Space:
        """Return the same places with whole prompts in the place of words for slots."""
        slots = [n for n, axis in enumerate(self.axes) if axis.role == "slot"]
        if self.template is None:
            return self
        rows, places = np.unique(self.points[:, slots], axis=0, return_inverse=True)
        texts = [render(self.template, _point([self.axes[n] for n in slots], row)) for row in rows]
        order = {text: n for n, text in enumerate(dict.fromkeys(texts))}
        column = np.array([order[text] for text in texts], np.int32)[places.reshape(-1)]
        kept = [n for n in range(len(self.axes)) if n not in slots]
        return Space(
            (Axis("prompt", tuple(order)), *(self.axes[n] for n in kept)),
            _frozen(np.column_stack([column, self.points[:, kept]]).astype(np.int32)),
            None,
            self.dropped,
        )

    def where(
        self,
        predicate: Callable[..., object] | None = None,
        *,
        because: str = NO_REASON,
        **values: Any,  # noqa: ANN401  values on axes
    ) -> Space:
        """
        Return the places for which *predicate* is true; the others are listed in `dropped`.

        Args:
            predicate: Takes a `Point`, or values by the names of its arguments:
                `lambda seed, presetStyle: ...`, `lambda **values: ...`.
            because: Why the others are left out, for whoever reads the plan.
            **values: A value, or a list of them, on an axis.

        Raises:
            InvalidRequest: It fails for a place, says neither True nor False, or leaves none; or
                *because* is no text.
        """
        because = _reason(because)
        keep = np.ones(len(self), bool)
        for typed, wanted in values.items():
            column, axis = self._column(typed)
            some = axis_values(axis.name, wanted)
            found = [axis.index(axis.find(one)) for one in ([wanted] if some is None else some)]
            keep &= np.isin(self.points[:, column], found)
        if predicate is not None:
            says = _asked(predicate, self.axes)
            keep &= np.fromiter((says(point) for point in self), bool, len(self))
        if not keep.any():
            raise InvalidRequest(
                f"where() leaves none of {len(self):,} places ({because}), so there are no cells.",
                member="where",
            )
        conditions = self.conditions
        if predicate is not None:
            conditions = (*conditions, Condition(predicate, because))
        return self.only(keep, because, conditions)

    def only(
        self, keep: NDArray[np.bool_], because: str, conditions: tuple[Condition, ...]
    ) -> Space:
        """Return the places to *keep*, the others listed, with *conditions* for later ones."""
        dropped = self.dropped
        if not keep.all():
            dropped = (*dropped, Drops(because, self.axes, _frozen(self.points[~keep])))
        return Space(self.axes, _frozen(self.points[keep]), self.template, dropped, conditions)

    def _column(self, typed: str) -> tuple[int, Axis]:
        name = ALIASES.get(typed, typed)
        for n, axis in enumerate(self.axes):
            if axis.name == name:
                return n, axis
        names = [axis.name for axis in self.axes]
        raise _no_axis("where()", typed, names)

    def __repr__(self) -> str:
        varies = " x ".join(f"{len(axis):,} {axis.name}" for axis in self.axes) or "nothing varies"
        places = "1 place" if len(self) == 1 else f"{len(self):,} places"
        holes = "" if self.is_product else ", not all of them"
        return f"<Space of {places}: {varies}{holes}>"


def axes(**axes: Any) -> Space:  # noqa: ANN401  lists of values
    """
    Return the space of every combination of some lists of values, the last varying fastest.

    >>> len(axes(seed=range(3), presetStyle=["CINEMATIC", "DYNAMIC"]))
    6

    Args:
        **axes: The service's parameters; each a list, a tuple, a range, an array, or a mapping of
            labels to values. A single value is an axis of one.

    Raises:
        UnknownParameter: A name is not the service's.
        InvalidRequest: An axis is empty, has a value twice or one that is refused, or the
            combinations are too many.
    """
    return Space.product(_axes_of(axes, check=True))


def _axes_of(given: Mapping[str, object], *, check: bool) -> list[Axis]:
    found: dict[str, Axis] = {}
    lengths: dict[str, int] = {}
    for typed, value in given.items():
        name = parameter_name(typed, function="axes")
        _refuse_twice_spelt(found, name, typed)
        found[name] = Axis(name, ())
        values = axis_values(name, value)
        lengths[name] = 1 if values is None else len(values)
    refuse_product(lengths)
    for typed, value in given.items():
        name = parameter_name(typed)
        axis = axis_of(name, value, check=check)
        if axis is None:
            single = checked(name, without_const(value), check=check, role="member")
            axis = Axis(name, (single,))
        found[name] = axis
    return list(found.values())


def _refuse_twice_spelt(found: Mapping[str, object], name: str, typed: str) -> None:
    if name in found:
        raise UnknownParameter(f"{name} is given twice, in two spellings.", member=typed)


def zip_(name: str, *, labels: Sequence[str] | None = None, **members: Any) -> Space:  # noqa: ANN401
    """
    Return one axis whose values set several parameters together.

    >>> zip_("size", width=[512, 1024], height=[512, 768]).axes[0].labels
    ('512 x 512', '1024 x 768')

    Args:
        name: What the axis is called; no parameter of the service, nor an argument of `where`.
        labels: How its values are written; as they are if None.
        **members: A list of values for each parameter, all of the same length.

    Raises:
        UnknownParameter: A member is not the service's.
        InvalidRequest: The lists differ in length, one is none, or a value is refused.
    """
    _refuse_own_name(name, "zip_")
    lists: dict[str, Sequence[Any]] = {}
    for typed, value in members.items():
        member = parameter_name(typed, function="zip_")
        _refuse_twice_spelt(lists, member, typed)
        values = axis_values(member, value)
        if values is None:
            raise InvalidRequest(
                f'zip_("{name}"): {member} is one value; give a list as long as the others, or '
                "name it in leo.plan(), where it is the same in every cell.",
                member=member,
                value=value,
            )
        lists[member] = values
    lengths = {member: len(values) for member, values in lists.items()}
    if labels is not None:
        lengths["labels"] = len(labels)
    if not lists or len(set(lengths.values())) > 1:
        said = ", ".join(f"{length:,} {member}" for member, length in lengths.items())
        raise InvalidRequest(
            f'zip_("{name}") pairs values, so its lists are of one length; these are '
            f"{said or 'none'}. Nothing was cut off or sent.",
            member=name,
        )
    columns = [
        [checked(member, each, check=True, role="member") for each in values]
        for member, values in lists.items()
    ]
    values = tuple(zip(*columns, strict=True))
    refuse_twice(name, values)
    given = None if labels is None else tuple(map(str, labels))
    if given is not None:
        refuse_labels_twice(f'zip_("{name}")', given)
    return Space.product([Axis(name, values, given, "zip", tuple(lists))])


def prompt(template: str, /, **slots: Any) -> Space:  # noqa: ANN401  lists of words
    """
    Return the space of a prompt with words in braces that vary.

    >>> space = prompt("a {animal} in {light}", animal=["fox", "owl"], light=["rain", "fog"])
    >>> len(space), space.rendered().axes[0].values[0]
    (4, 'a fox in rain')

    Args:
        template: The prompt; `{{` and `}}` stand for braces.
        **slots: Each slot's words: texts or numbers, in a list or a mapping of labels to words.

    Raises:
        InvalidRequest: A slot has no words, words have no slot, a slot is called as a parameter
            or an argument of `where`, or the template cannot be read.
    """
    names = slots_of(template)
    for name in slots:
        _refuse_own_name(name, "prompt")
        if name not in names:
            near = difflib.get_close_matches(name, names, 1, 0.5)
            hint = f"; did you mean {{{near[0]}}}?" if near else "."
            has = f"it has {', '.join(f'{{{each}}}' for each in names)}" if names else "it has none"
            raise InvalidRequest(
                f"prompt(): {cut(template)!r} has no slot {{{name}}}; {has}{hint}", member=name
            )
    for name in names:
        if name not in slots:
            near = difflib.get_close_matches(name, list(slots), 1, 0.5)
            raise InvalidRequest(
                f"prompt(): the slot {{{name}}} has no words; give {name}=[...].",
                member=name,
                nearest=near[0] if near else None,
            )
    found = []
    for name, words in slots.items():
        axis = axis_of(name, words, role="slot")
        single = None if axis else checked(name, words, check=True, role="slot")
        found.append(axis or Axis(name, (single,), None, "slot"))
    return Space.product(found, template)


def slots_of(template: object) -> list[str]:
    """
    Return the names of the slots of a prompt, each once, as they come.

    Raises:
        InvalidRequest: It is no text, a brace stands alone, or a slot is more than a name.
    """
    if not isinstance(template, str):
        raise InvalidRequest(
            f"prompt() begins with a text, not {shown(template)}.", member="prompt", value=template
        )
    try:
        parts = [part[1:] for part in string.Formatter().parse(template) if part[1] is not None]
    except ValueError as error:
        raise InvalidRequest(
            f"prompt(): {cut(template)!r} cannot be read: {error}. A brace that is meant as one is "
            "written twice, {{ or }}.",
            member="prompt",
            value=template,
        ) from error
    for name, form, conversion in parts:
        if not str(name).isidentifier() or form or conversion:
            raise InvalidRequest(
                f"prompt(): {{{name}}} is no slot; a slot is a name in braces, such as {{animal}}. "
                "A brace that is meant as one is written twice.",
                member="prompt",
                value=template,
            )
    return list(dict.fromkeys(str(name) for name, _, _ in parts))


def render(template: str, words: Mapping[str, object]) -> str:
    """Return the prompt of *template* with these *words* in its slots."""
    return template.format_map({name: str(word) for name, word in words.items()})


def _refuse_own_name(name: object, function: str) -> None:
    """Refuse a name that is a parameter's or of `where`: both would be called alike."""
    if not isinstance(name, str) or not name.strip():
        raise InvalidRequest(
            f"{function}() needs a name for its axis, not {shown(name)}.",
            member="name",
            value=name,
        )
    if name in WHERE_TAKES:
        raise InvalidRequest(
            f"{function}(): {name} is an argument of where(), which could not tell the two apart; "
            f'give the axis a name of its own, such as "{name}_1".',
            member=name,
            nearest=f"{name}_1",
        )
    if name in ALIASES or name in {"replicate", "prompt"}:
        raise InvalidRequest(
            f"{function}(): {name} is a parameter of a request; give the axis a name of its own, "
            f'such as "{name}s".',
            member=name,
            nearest=f"{name}s",
        )


def _no_axis(function: str, typed: str, names: Sequence[str]) -> InvalidRequest:
    nearest = _nearest(typed, names)
    hint = f'; did you mean "{nearest}"?' if nearest else "."
    has = f"it has {', '.join(names)}" if names else "it has none"
    return InvalidRequest(
        f"{function}: {typed} is no axis here; {has}{hint}", member=typed, nearest=nearest
    )


def _reason(because: object) -> str:
    if not isinstance(because, str):
        raise InvalidRequest(
            f"where(): because={shown(because)} is no text; say why the others are left out, or "
            "leave it out.",
            member="because",
            value=because,
            nearest=NO_REASON,
        )
    return because if because.strip(" .") else NO_REASON


def _nearest(typed: str, names: Sequence[str]) -> str | None:
    return next(iter(difflib.get_close_matches(typed, names, 1, 0.5)), None)


def _asked(predicate: Callable[..., object], axes: Sequence[Axis]) -> Callable[[Point], bool]:
    """Return *predicate* as it is asked of a point, with its failures as errors of ours."""
    names = {axis.name for axis in axes}
    try:
        parameters = list(inspect.signature(predicate).parameters.values())
    except (TypeError, ValueError):  # built into Python
        parameters = []
    takes_all = any(each.kind is inspect.Parameter.VAR_KEYWORD for each in parameters)
    wanted = [
        each.name
        for each in parameters
        if each.default is inspect.Parameter.empty
        and each.kind not in {inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD}
    ]
    by_name = takes_all or len(wanted) > 1 or (bool(wanted) and wanted[0] in names)
    if by_name and (unknown := [name for name in wanted if name not in names]):
        raise _no_axis("where()", unknown[0], sorted(names))
    given = [axis.name for axis in axes] if takes_all else wanted
    meant = None if by_name or not wanted else _nearest(wanted[0], sorted(names))

    def says(point: Point) -> bool:
        try:
            said = (
                predicate(**{each: point.get(each) for each in given})
                if by_name
                else predicate(_Asked(point))
            )
        except Exception as error:
            failed = f"where() failed for {describe(point)}"
            why = f"{type(error).__name__}: {error}".removesuffix(": ")
            if isinstance(error, _NoValue) and isinstance(error.obj, _Asked):
                name = str(error.name)
                why = f"a Point has no {name}"
                if name in names:
                    why = f'this place has no {name}; point.get("{name}") is None there'
                elif not meant or _nearest(name, sorted(names)):
                    raise _no_axis(failed, name, sorted(names)) from error
            if meant and isinstance(error, (TypeError, AttributeError)):
                raise InvalidRequest(
                    f"{failed}: {wanted[0]} is no axis here, so it is the whole place; "
                    f'did you mean "{meant}"? ({why}) Nothing was sent.',
                    member=wanted[0],
                    nearest=meant,
                ) from error
            raise InvalidRequest(
                f"{failed}: {why.rstrip('.')}. Nothing was sent.", member="where"
            ) from error
        answer = _truth_of(said)
        if answer is None:
            what = "None" if said is None else f"something of type {type(said).__name__}"
            raise InvalidRequest(
                f"where() said {what} for {describe(point)}; it must say True or False. Nothing "
                "was sent.",
                member="where",
            )
        return answer

    return says


def _truth_of(said: object) -> bool | None:
    """Return whether *said* is true; None where that is not clear, as of what is yet to run."""
    if isinstance(said, bool):
        return said
    if inspect.iscoroutine(said):
        said.close()  # else Python warns that nobody awaited it
    is_no_answer = (
        said is None
        or said is NotImplemented
        or isinstance(said, Point)
        or callable(said)
        or any(hasattr(said, name) for name in ("__await__", "__next__", "__anext__"))
        or (isinstance(said, float) and math.isnan(said))
    )
    if is_no_answer:
        return None
    try:
        return bool(said)
    except Exception:  # noqa: BLE001  an array of several, or pandas's NA
        return None


def space_of(given: Mapping[str, object], *, check: bool = True) -> tuple[Space, dict[str, Any]]:
    """
    Return the space that a user's keywords describe, and what is the same in all of it.

    Args:
        given: Parameters by their wire names; a list, tuple, range, array or mapping of labels to
            values is an axis.
        check: False lets a value on an axis be out of the service's limits.

    Raises:
        InvalidRequest: An axis is empty, has a value twice or one that is refused, or the
            combinations are too many.
    """
    lengths: dict[str, int] = {}
    for name, value in given.items():
        values = axis_values(name, value)
        if values is not None:
            lengths[name] = len(values)
    refuse_product(lengths)
    found = [axis_of(name, given[name], check=check) for name in lengths]
    fixed = {name: _plain(value) for name, value in given.items() if name not in lengths}
    return Space.product([axis for axis in found if axis is not None]), fixed


def widened(
    space: Space, fixed: Mapping[str, Any], typed: str, values: object
) -> tuple[Space, dict[str, Any]]:
    """
    Return *space* with more *values* on an axis, everywhere, and what is then fixed.

    What is the same in every cell becomes an axis, with its own value first.

    Raises:
        UnknownParameter: *typed* is neither an axis nor a parameter.
        InvalidRequest: A value is refused or there already.
    """
    by_name = {axis.name: n for n, axis in enumerate(space.axes)}
    name = typed if typed in by_name else parameter_name(typed, function="extend")
    if name not in by_name:
        if name == "prompt" and space.template is not None:
            raise InvalidRequest(
                "The prompt of this sweep has slots; widen one of them, or make another sweep.",
                member="prompt",
            )
        left = {member: value for member, value in fixed.items() if member != name}
        first = checked(name, fixed.get(name), check=False, role="member")
        own = Axis(name, (first,))
        axis = _more(own, values)
        return space * Space.product([axis.at(in_order(own, axis))]), left
    column = by_name[name]
    axis = _more(space.axes[column], values)
    order = in_order(space.axes[column], axis)
    axes = (*space.axes[:column], axis.at(order), *space.axes[column + 1 :])
    is_new = np.isin(np.arange(len(axis)), range(len(space.axes[column]), len(axis)))[order]
    if space.is_product:
        wider = Space.product(axes, space.template)
    else:
        rows = np.unique(np.delete(space.points, column, axis=1), axis=0)
        added = [
            np.insert(rows, column, place, axis=1) for place in range(len(axis))[-is_new.sum() :]
        ]
        points = np.vstack([space.points, *added])
        points[:, column] = np.argsort(order)[points[:, column]]
        wider = Space(axes, _frozen(points), space.template)
    for asked in space.conditions:
        says = _asked(asked.predicate, axes)
        new = is_new[wider.points[:, column]].tolist()
        keep = [not each or says(point) for each, point in zip(new, wider, strict=True)]
        wider = wider.only(np.array(keep, bool), asked.because, ())
    return wider.only(np.ones(len(wider), bool), "", space.conditions), dict(fixed)


def _more(axis: Axis, values: object) -> Axis:
    """Return *axis* with *values* behind its own."""
    if axis.role == "zip":
        given = list(values) if isinstance(values, list) else [values]
        places = []
        for value in given:
            if not isinstance(value, (list, tuple)) or len(value) != len(axis.members):
                raise InvalidRequest(
                    f"{axis.name} pairs {', '.join(axis.members)}; a new place is a tuple of "
                    f"{len(axis.members)} values, not {shown(value)}.",
                    member=axis.name,
                    value=value,
                )
            pairs = zip(axis.members, value, strict=True)
            places.append(tuple(checked(n, v, check=True, role="member") for n, v in pairs))
        new = Axis(axis.name, tuple(places), None, axis.role, axis.members)
    else:
        is_several = axis_values(axis.name, values) is not None
        found = axis_of(axis.name, values if is_several else [values], role=axis.role)
        new = found or axis.at([])
    for value in new.values:
        if axis.has(value):
            raise InvalidRequest(
                f"{axis.name} has {cut(axis.label(value))} already; widen it by values that it "
                "does not have.",
                member=axis.name,
                value=value,
            )
    more = axis.joined(new)
    _refuse_labels_twice(more)
    return more


def _plain(value: object) -> Any:  # noqa: ANN401  as typed, without numpy's types
    value = without_const(value)
    is_scalar = hasattr(value, "dtype") and getattr(value, "ndim", 1) == 0
    return value.item() if is_scalar and hasattr(value, "item") else value


def refuse_product(lengths: Mapping[str, int]) -> None:
    """Count before anything is built: `seed=range(10**9)` must not fill the memory."""
    count = math.prod(lengths.values())
    if count <= MAX_CELLS:
        return
    product = " x ".join(f"{length:,} {name}" for name, length in lengths.items())
    size = f"{product} are {count:,} cells" if len(lengths) > 1 else f"{product} is as many cells"
    longest = max(lengths, key=lambda name: lengths[name])
    raise InvalidRequest(
        f"{size}; a sweep has at most {MAX_CELLS:,}. "
        f"Take fewer values of {longest}, or make several sweeps.",
        member=longest,
        value=lengths[longest],
        nearest=max(MAX_CELLS * lengths[longest] // count, 1),
    )


def _refuse_too_many(axes: Sequence[Axis]) -> None:
    refuse_product({axis.name: len(axis) for axis in axes})


def _refuse_labels_twice(axis: Axis) -> None:
    # here and not where runs are joined: their pictures are paid for
    if axis.given_labels is not None:
        refuse_labels_twice(axis.name, axis.given_labels)


def _refuse_overlap(axes: Sequence[Axis]) -> None:
    """Refuse that a place could set a parameter twice, by a zip and by itself."""
    setting: dict[str, str] = {}
    for axis in axes:
        for member in axis.sets:
            if member in setting:
                raise InvalidRequest(
                    f"{setting[member]} and {axis.name} both set {member}; one axis can do so.",
                    member=member,
                )
            setting[member] = axis.name


def _moved(space: Space, joined: Sequence[Axis]) -> NDArray[np.int32]:
    """Return the points of *space* on the axes *joined*, which have more values or are more."""
    names = [axis.name for axis in space.axes]
    columns = []
    for axis in joined:
        if axis.name not in names:
            columns.append(np.full(len(space), ABSENT, np.int32))
            continue
        own = space.axes[names.index(axis.name)]
        # the last place stands for "says nothing", which is -1
        moved = np.array([*(axis.index(value) for value in own.values), ABSENT], np.int32)
        columns.append(moved[space.points[:, names.index(axis.name)]])
    if not columns:
        return np.zeros((len(space), 0), np.int32)
    return np.column_stack(columns)


def times(dropped: Sequence[Drops], cells: int) -> tuple[Drops, ...]:
    """Return *dropped*, each place of which would have been so many times as many *cells*."""
    return tuple(
        Drops(each.because, each.axes, each.points, each.times * cells) for each in dropped
    )


def _point(axes: Sequence[Axis], row: Sequence[int]) -> Point:
    return Point(
        {
            axis.name: axis.values[place]
            for axis, place in zip(axes, row, strict=True)
            if place != ABSENT
        }
    )


def _frozen(points: NDArray[np.int32]) -> NDArray[np.int32]:
    points = np.ascontiguousarray(points, np.int32)
    points.flags.writeable = False
    return points
