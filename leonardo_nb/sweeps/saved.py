"""
A plan as JSON, and under its name in the library: what makes the same sweep again.

The form is `sweep.json` of exports, too, without the address that the service calls back. It has no
key and no picture in it.
"""

from __future__ import annotations

from functools import reduce
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Final, cast, get_args

import numpy as np

from leonardo_nb.engine.terms import Wall
from leonardo_nb.errors import InvalidRequest, UnknownParameter
from leonardo_nb.library.shelf import SweepRecord
from leonardo_nb.money import Cost
from leonardo_nb.service.plain import as_shown
from leonardo_nb.service.values import shown
from leonardo_nb.sweeps.axes import MAX_CELLS, Axis, Role, same
from leonardo_nb.sweeps.cells import each_once, settled
from leonardo_nb.sweeps.parts import Part, in_numbers, union
from leonardo_nb.sweeps.space import Space

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from numpy.typing import NDArray

    from leonardo_nb.studios import Studio
    from leonardo_nb.sweeps.cells import Cell
    from leonardo_nb.sweeps.plan import Plan

__all__ = [
    "LONGEST_NAME",
    "VERSION",
    "budget_of",
    "budget_of_name",
    "cells_of",
    "checked_name",
    "kept",
    "name_for",
    "opened",
    "put",
    "read_again",
    "specs_of",
    "wall_of",
    "written_down",
]

VERSION: Final = 1
LONGEST_NAME: Final = 100
BUDGET: Final = "budget"
BESIDES: Final = "besides"
CELLS: Final = "cells"
OF_RECORDS: Final = frozenset({BUDGET, BESIDES, CELLS})
"""What a record of the library has besides, and no file that is handed on."""
ROLES: Final = get_args(Role)
KINDS: Final = {"prompt": str, "name": str, "replicates": int, "points": list}
"""What parts of a sweep are, where they are there."""


def checked_name(name: object) -> str:
    """
    Return *name* for a sweep.

    Raises:
        TypeError: It is no text.
        InvalidRequest: It is empty or too long.
    """
    if not isinstance(name, str):
        raise TypeError(f"name={shown(name)} must be text.")
    plain = " ".join(as_shown(name).split())
    if not plain or len(plain) > LONGEST_NAME:
        raise InvalidRequest(
            f"A sweep's name has 1 to {LONGEST_NAME} characters; this one has {len(plain)}.",
            member="name",
            value=name,
            nearest=plain[:LONGEST_NAME] or None,
        )
    return plain


def written_down(plan: Plan) -> dict[str, Any]:
    """Return *plan* made of what JSON has."""
    space = plan.space
    return {
        "leonardo_nb": "sweep",
        "version": VERSION,
        "name": plan.name,
        "prompt": space.template,
        "axes": [_of_json_only(axis.as_json()) for axis in space.axes],
        "points": None if space.is_product else space.points.tolist(),
        "fixed": _of_json_only(plan.fixed),
        "replicates": plan.replicates,
        "order": plan.order,
        "reuse": plan.reuse,
        "check": plan.check,
    }


def _of_json_only(value: Any) -> Any:  # noqa: ANN401  a parameter's value
    """Return *value* with lists for tuples and mappings for objects of ours."""
    if hasattr(value, "model_dump"):
        value = value.model_dump(mode="json", exclude_none=True)
    if isinstance(value, dict):
        return {str(name): _of_json_only(each) for name, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [_of_json_only(each) for each in value]
    return value


def read_again(data: Mapping[str, Any]) -> tuple[Space, dict[str, Any], dict[str, Any]]:
    """
    Return the space, what is fixed, and what else a plan takes, of what `written_down` returned.

    Raises:
        InvalidRequest: It is no sweep, is not whole, or was written by a newer leonardo_nb.
    """
    if not isinstance(data, dict) or data.get("leonardo_nb") != "sweep":
        raise InvalidRequest("This is no sweep that leonardo_nb has written.", member="leonardo_nb")
    version = data.get("version")
    if not isinstance(version, int) or version > VERSION:
        raise InvalidRequest(
            f"This sweep was written by a newer leonardo_nb (version {shown(version)}, and this "
            f"one reads up to {VERSION}); pip install --upgrade leonardo_nb.",
            member="version",
            value=version,
            nearest=VERSION,
        )
    try:
        _kind_of_each(data)
        axes = tuple(_axis(each) for each in data["axes"])
        template = data["prompt"]
        if data["points"] is None:
            space = Space.product(axes, template)
        else:
            points = np.array(data["points"], np.int32).reshape(-1, len(axes))
            sizes = np.array([len(axis) for axis in axes])
            space = Space(axes, _on_axes(points, sizes), template)
        fixed = {str(name): value for name, value in data["fixed"].items()}
        more = {name: data[name] for name in ("replicates", "order", "reuse", "check")}
        more["name"] = data.get("name")
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError) as error:
        raise InvalidRequest(
            f"This sweep is not whole ({type(error).__name__}: {error}); nothing was sent.",
            member="sweep",
        ) from error
    return space, fixed, more


def _kind_of_each(data: Mapping[str, Any]) -> None:
    for part, kind in KINDS.items():
        value = data.get(part)
        if value is not None and (isinstance(value, bool) or not isinstance(value, kind)):
            raise TypeError(f"{part} is {shown(value)}")


def _on_axes(points: NDArray[np.int32], sizes: NDArray[np.int64]) -> NDArray[np.int32]:
    if len(points) > MAX_CELLS or (points < -1).any() or (points >= sizes).any():
        raise ValueError("places that are on no axis")
    return points


def _axis(data: Mapping[str, Any]) -> Axis:
    if data["role"] not in ROLES:
        raise ValueError(f"an axis of the kind {shown(data['role'])}")
    is_zip = data["role"] == "zip"
    values = tuple(
        tuple(value) if is_zip and isinstance(value, list) else value for value in data["values"]
    )
    labels = data["labels"]
    if labels is not None and len(labels) != len(values):
        raise ValueError("an axis with more labels than values")
    return Axis(
        str(data["name"]),
        values,
        None if labels is None else tuple(map(str, labels)),
        cast("Role", data["role"]),
        tuple(map(str, data["members"])),
    )


def name_for(plan: Plan, name: str | None) -> str:
    """
    Return under which name *plan* is kept.

    Without one given it is the plan's own. A number follows where another sweep is called so, of
    which it is no part: with a name that was given, one that asks for other things.
    """
    spec, shelf = written_down(plan), plan.studio.shelf
    first = plan.name if name is None else name
    called, number = first, 1
    while (other := shelf.sweep(called)) is not None and not (
        _is_same(other.spec, spec) or (name is not None and _joins(plan, other.spec))
    ):
        number += 1
        ending = f" {number}"
        called = f"{first[: LONGEST_NAME - len(ending)]}{ending}"
    return called


def wall_of(studio: Studio, name: str, budget: Cost) -> Wall:
    """Return the wall of all runs of the sweep *name* at the service of *studio*."""
    return Wall(f"sweep {studio.base_url} {name}", budget, f'the budget of sweep "{name}"')


def put(plan: Plan, name: str, budget: Cost | None) -> None:
    """
    Put *plan* into the library under *name*, with the *budget* that holds from now on.

    What was asked for under the name before stays part of it.
    """
    shelf = plan.studio.shelf
    other = shelf.sweep(name)
    plans = [plan]
    if other is not None and not _is_same(other.spec, written_down(plan)):
        try:
            plans = _joined(kept(type(plan), other.spec, plan.studio), plan)
        except (InvalidRequest, UnknownParameter):
            plans = [plan]  # the other can no longer be asked for
    spec = written_down(plans[0])
    if len(plans) > 1:
        spec[BESIDES] = [written_down(each) for each in plans[1:]]
    spec[CELLS] = sum(map(len, _each_picture_once(plans)))
    if other is not None:
        spec[BUDGET] = other.spec.get(BUDGET)
    if budget is not None:
        spec[BUDGET] = {"amount": str(budget.amount), "unit": budget.unit}
    shelf.put_sweep(SweepRecord(name, spec | {"name": name}))


def budget_of(spec: Mapping[str, Any]) -> Cost | None:
    """Return the budget that a record of the library names."""
    found = spec.get(BUDGET)
    return None if found is None else Cost.of(found["amount"], found["unit"])


def budget_of_name(studio: Studio, name: str) -> Cost | None:
    """Return the budget that the sweep *name* was last given, or None."""
    record = studio.shelf.sweep(name)
    return None if record is None else budget_of(record.spec)


def cells_of(spec: Mapping[str, Any]) -> int:
    """Return how many cells a record of the library has, of older ones how many places."""
    if CELLS in spec:
        return int(spec[CELLS])
    count = 1
    for axis in spec["axes"]:
        count *= len(axis["values"])
    places = count if spec["points"] is None else len(spec["points"])
    return places * int(spec["replicates"] or spec["fixed"].get("num_images") or 1)


def specs_of(spec: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Return what a record of the library is made of: one sweep, or several that are no one."""
    return [spec, *spec.get(BESIDES, ())]


def kept(make: type[Plan], spec: Mapping[str, Any], studio: Studio) -> list[Plan]:
    """
    Return the plans of a record of the library; all their cells are the sweep.

    Raises:
        InvalidRequest: One can no longer be asked for.
        UnknownParameter: One names what is no parameter any more.
    """
    plans = []
    for each in specs_of(spec):
        space, fixed, more = read_again(each)
        if not space.is_product:
            # older records have places twice that are in two of the sweeps they were joined of
            space = each_once(settled(space, fixed))[0]
            fixed = _without(fixed, space)
        plans.append(make(space, fixed, studio=studio, **more))
    return plans


def opened(make: type[Plan], spec: Mapping[str, Any], studio: Studio) -> tuple[list[Plan], Part]:
    """
    Return the plans of a record of the library, and the cells of all of them, each once.

    Raises:
        InvalidRequest: One can no longer be asked for.
        UnknownParameter: One names what is no parameter any more.
    """
    plans = kept(make, spec, studio)
    parts = [Part(each.axes, each.fixed, each.cells) for each in plans]
    if len(parts) > 1:
        everything = [
            Part(each.axes, _fixed_in(each, plans), cells)
            for each, cells in zip(plans, _each_picture_once(plans), strict=True)
        ]
        parts = [each for each in everything if each.cells]
    return plans, reduce(union, parts)


def _each_picture_once(plans: Sequence[Plan]) -> list[Sequence[Cell]]:
    """Return the cells of each of *plans* without what those before it show."""
    found: list[Sequence[Cell]] = [plans[0].cells]
    there: set[str] = set()
    for before, plan in pairwise(plans):
        there.update(cell.picture for cell in before)
        found.append([cell for cell in plan if cell.picture not in there])
    return found


def _fixed_in(plan: Plan, plans: Iterable[Plan]) -> dict[str, Any]:
    """Return what is the same in all of *plan*, with its defaults of what the others name."""
    defaults: dict[str, Any] = {}
    for other in plans:
        for name in _members(other.space, other.fixed):
            defaults |= plan._defaults(name)  # noqa: SLF001  a plan of this house
    return {name: value for name, value in defaults.items() if value is not None} | plan.fixed


def _members(space: Space, fixed: Mapping[str, Any]) -> dict[str, None]:
    """Return what *space* and *fixed* say something of, but for words of a prompt."""
    varied = (name for axis in space.axes if axis.role != "slot" for name in axis.sets)
    return dict.fromkeys((*fixed, *varied))


def _joins(plan: Plan, spec: Mapping[str, Any]) -> bool:
    """Whether *plan* differs from the sweep of *spec* by values on axes, or has cells of it."""
    if plan.space.template != spec.get("prompt"):
        return False  # words at the same place of two prompts are no values of one axis
    try:
        others = kept(type(plan), spec, plan.studio)
    except (InvalidRequest, UnknownParameter):
        return True  # it can no longer be asked for
    mine = set(plan.keys)
    return any(plan.fixed == each.fixed or mine & set(each.keys) for each in others)


def _joined(others: Sequence[Plan], plan: Plan) -> list[Plan]:
    """Return plans that have the cells of *others* and of *plan*, as few as can be."""
    mine = set(plan.keys)
    if mine <= {key for each in others for key in each.keys}:
        return list(others)
    left = [each for each in others if not set(each.keys) <= mine]
    for n, other in enumerate(left):
        try:
            both = _both(other, plan)
        except (InvalidRequest, UnknownParameter):
            continue
        if set(both.keys) == mine | set(other.keys):
            return [*left[:n], both, *left[n + 1 :]]
    return [*left, plan]


def _both(other: Plan, plan: Plan) -> Plan:
    """
    Return the plan of the places of both; what is fixed to two values becomes an axis.

    What only one of them says is in the other what its requests say; nothing, where these differ.

    Raises:
        InvalidRequest: No one plan has the places of both.
    """
    if other.replicates != plan.replicates:
        raise InvalidRequest("Their places have not as many pictures.", member="replicates")
    zips = {a.name: a for each in (other, plan) for a in each.space.axes if a.role == "zip"}
    theirs = set(other.keys)
    pairs = []
    for each in (other, plan):
        space, fixed = settled(each.space, each.fixed), _fixed_in(each, (other, plan))
        fixed = _without(fixed, space)
        if each is plan:
            space = _new_places(plan, space, theirs)
        for axis in zips.values():
            if axis.name not in {own.name for own in space.axes}:
                value = tuple(fixed.pop(member, None) for member in axis.members)
                space *= Space.product([Axis(axis.name, (value,), None, "zip", axis.members)])
        pairs.append((space, fixed))
    (first, mine), (second, yours) = pairs
    fixed = {n: value for n, value in mine.items() if n in yours and same(value, yours[n])}
    first, second = (
        space * Space.product([Axis(n, (value,)) for n, value in said.items() if n not in fixed])
        for space, said in pairs
    )
    both = in_numbers(settled(first + second, {}), first)
    return other.over(both.at(np.unique(both.points, axis=0)), fixed)


def _without(fixed: Mapping[str, Any], space: Space) -> dict[str, Any]:
    """Return what *fixed* says of what no axis of *space* sets."""
    varied = {name for axis in space.axes for name in axis.sets}
    return {name: value for name, value in fixed.items() if name not in varied}


def _new_places(plan: Plan, space: Space, keys: Collection[str]) -> Space:
    """Return those places of *plan*, settled to *space*, that not only show jobs of *keys*."""
    names = [axis.name for axis in space.axes]
    there: dict[bool, set[tuple[str, ...]]] = {True: set(), False: set()}
    for cell in plan:
        there[cell.key in keys].add(tuple(repr(cell.coords[name]) for name in names))
    old = there[True] - there[False]
    rows = [tuple(repr(point[name]) for name in names) not in old for point in space]
    return space.at(space.points[rows])


def _is_same(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    def what_it_asks(spec: Mapping[str, Any]) -> dict[str, Any]:
        asked = {key: value for key, value in spec.items() if key not in {"name", *OF_RECORDS}}
        return asked | {BESIDES: spec.get(BESIDES, [])}

    return what_it_asks(one) == what_it_asks(other)
