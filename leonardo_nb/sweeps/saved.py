"""
A plan as JSON, and under its name in the library: what makes the same sweep again.

The form is `sweep.json` of exports, too. It has no key, no address and no picture in it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, cast, get_args

import numpy as np

from leonardo_nb.errors import InvalidRequest
from leonardo_nb.library.shelf import SweepRecord
from leonardo_nb.service.plain import as_shown
from leonardo_nb.service.values import shown
from leonardo_nb.sweeps.axes import MAX_CELLS, Axis, Role
from leonardo_nb.sweeps.space import Space

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from leonardo_nb.sweeps.plan import Plan

__all__ = ["LONGEST_NAME", "VERSION", "checked_name", "keep", "read_again", "written_down"]

VERSION: Final = 1
LONGEST_NAME: Final = 100
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


def keep(plan: Plan, name: str | None) -> str:
    """
    Put *plan* into the library under *name*, and return the name.

    Without one it is the plan's own; a number follows where another sweep is called so. What was
    widened under its name stays as wide when a part of it is asked for again.
    """
    shelf = plan.studio.shelf
    spec = written_down(plan)
    called, number = name or plan.name, 1
    if name is None:
        while (other := shelf.sweep(called)) is not None and not _is_same(other.spec, spec):
            number += 1
            ending = f" {number}"
            called = f"{plan.name[: LONGEST_NAME - len(ending)]}{ending}"
    other = shelf.sweep(called)
    if other is not None and not _is_same(other.spec, spec) and _is_part(plan, other.spec):
        spec = dict(other.spec)
    shelf.put_sweep(SweepRecord(called, spec | {"name": called}))
    return called


def _is_part(plan: Plan, spec: Mapping[str, Any]) -> bool:
    """Whether the sweep of *spec* has all cells of *plan*; not where it can no longer be read."""
    try:
        wider = type(plan).from_dict(spec)
    except InvalidRequest:
        return False
    return set(plan.keys) < set(wider.keys)


def _is_same(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    def but_its_name(spec: Mapping[str, Any]) -> dict[str, Any]:
        return {key: value for key, value in spec.items() if key != "name"}

    return but_its_name(one) == but_its_name(other)
