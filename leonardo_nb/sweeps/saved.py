"""
A plan as JSON, and under its name in the library: what makes the same sweep again.

The form is `sweep.json` of exports, too. It has no key, no address and no picture in it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, cast, get_args

import numpy as np

from leonardo_nb.engine.terms import Wall
from leonardo_nb.errors import InvalidRequest, UnknownParameter
from leonardo_nb.library.shelf import SweepRecord
from leonardo_nb.money import Cost
from leonardo_nb.service.plain import as_shown
from leonardo_nb.service.values import shown
from leonardo_nb.sweeps.axes import MAX_CELLS, Axis, Role, same
from leonardo_nb.sweeps.parts import in_numbers
from leonardo_nb.sweeps.space import Space

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from leonardo_nb.studios import Studio
    from leonardo_nb.sweeps.plan import Plan

__all__ = [
    "LONGEST_NAME",
    "VERSION",
    "budget_of",
    "budget_of_name",
    "checked_name",
    "name_for",
    "put",
    "read_again",
    "wall_of",
    "written_down",
]

VERSION: Final = 1
LONGEST_NAME: Final = 100
BUDGET: Final = "budget"
"""What a record of the library has besides, and no file that is handed on."""
ROLES: Final = get_args(Role)


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
    spec = written_down(plan)
    other = shelf.sweep(name)
    if other is not None:
        if not _is_same(other.spec, spec):
            spec = _joined(plan, other.spec) or spec
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


def _joins(plan: Plan, spec: Mapping[str, Any]) -> bool:
    """Whether *plan* differs from the sweep of *spec* by values on axes, or has cells of it."""
    try:
        other = type(plan).from_dict(spec, studio=plan.studio)
    except (InvalidRequest, UnknownParameter):
        return True  # it can no longer be asked for
    return plan.fixed == other.fixed or bool(set(plan.keys) & set(other.keys))


def _joined(plan: Plan, spec: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return the sweep of *spec* with the cells of *plan* besides; None for *plan* alone."""
    try:
        other = type(plan).from_dict(spec, studio=plan.studio)
    except (InvalidRequest, UnknownParameter):
        return None  # it can no longer be asked for
    mine, theirs = set(plan.keys), set(other.keys)
    if mine <= theirs:
        return written_down(other)
    if theirs <= mine or (plan.fixed != other.fixed and not mine & theirs):
        return None
    try:
        both = _both(other, plan)
    except (InvalidRequest, UnknownParameter):
        both = other
    is_whole = set(both.keys) == mine | theirs
    return written_down(both if is_whole else max(other, plan, key=len))


def _both(other: Plan, plan: Plan) -> Plan:
    """Return the plan of the places of both; what is fixed to two values becomes an axis."""
    if (other.replicates, other.space.template) != (plan.replicates, plan.space.template):
        return other
    known = [{*each.fixed, *(axis.name for axis in each.space.axes)} for each in (other, plan)]
    if known[0] != known[1]:
        return other  # what only one of them says may be the other's default
    fixed = {
        name: value
        for name, value in other.fixed.items()
        if name in plan.fixed and same(value, plan.fixed[name])
    }
    spaces = []
    for each in (other, plan):
        own = [Axis(name, (value,)) for name, value in each.fixed.items() if name not in fixed]
        spaces.append(each.space * Space.product(own))
    return other.over(in_numbers(spaces[0] + spaces[1], spaces[0]), fixed)


def _is_same(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    def what_it_asks(spec: Mapping[str, Any]) -> dict[str, Any]:
        return {key: value for key, value in spec.items() if key not in {"name", BUDGET}}

    return what_it_asks(one) == what_it_asks(other)
