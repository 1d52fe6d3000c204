"""
A plan written in a file: TOML that a person writes, or what an export has inside.

    prompt = "a {animal} in {light}"
    name = "foxes"
    replicates = 2

    [slots]
    animal = ["fox", "owl"]
    light = ["rain", "fog"]

    [parameters]                              # a list is an axis, one value is the same everywhere
    seed = [1, 2, 3]
    guidance_scale = { linspace = [3, 12, 4] }        # or arange = [3, 12, 3]
    presetStyle = { film = "CINEMATIC", lively = "DYNAMIC" }           # labels and values

    [[zip]]
    name = "size"
    width = [512, 1024]
    height = [768, 640]

    [[without]]                               # what is left out, and why
    animal = "owl"
    light = "fog"
    because = "owls hide"
"""

from __future__ import annotations

import difflib
import json
import tomllib
from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

from leonardo_nb.errors import ExportFailed, InvalidRequest
from leonardo_nb.service.plain import as_shown
from leonardo_nb.service.values import shown
from leonardo_nb.sweeps.axes import (
    arange,
    axis_values,
    checked,
    const,
    handed_on,
    linspace,
    refuse_twice,
    same,
)
from leonardo_nb.sweeps.functions import plan
from leonardo_nb.sweeps.layout import axis_named
from leonardo_nb.sweeps.plan import Plan
from leonardo_nb.sweeps.saved import read_again
from leonardo_nb.sweeps.space import Space, prompt, slots_of, zip_

if TYPE_CHECKING:
    import os

    from leonardo_nb.studios import Studio
    from leonardo_nb.sweeps.axes import Axis, Role

__all__ = ["plan_of_file"]

LARGEST: Final = 20_000_000
"""Bytes of a file that is read; the points of 100,000 cells are a tenth of that."""
TABLES: Final = ("prompt", "name", "replicates", "order", "slots", "parameters", "zip", "without")
MAKERS: Final[dict[str, tuple[Callable[..., list[float]], tuple[int, ...], str]]] = {
    "linspace": (linspace, (3,), "{ linspace = [3, 12, 4] }"),
    "arange": (arange, (2, 3), "{ arange = [3, 12, 3] }"),
}
"""What makes an axis, of how many numbers, and how that is written."""
KINDS: Final = {"name": (str, "text"), "replicates": (int, "a whole number")}
IN_PYTHON: Final = {
    "check": "leo.plan(..., check=False)",
    "reuse": "leo.plan(..., reuse=False)",
    "studio": "leo.plan(..., studio=...)",
}


def plan_of_file(path: str | os.PathLike[str], *, studio: Studio | None = None) -> Plan:
    """
    Return the plan that is written in the file at *path*; nothing is sent.

    No file says where the service calls back: what you pay for is told to nobody else.

    Args:
        path: A TOML file, a `sweep.json`, or an HTML file that `run.to_html` has written; one
            without its words makes no plan.
        studio: Where it is to run; the default one if None.

    Raises:
        InvalidRequest: It cannot be read, has a part that there is not, or plans what cannot be
            asked for; the error names the part and the nearest one.
        UnknownParameter: A parameter is not the service's.
    """
    file = Path(path).expanduser()
    if file.suffix.lower() in {".html", ".htm"}:
        return _of_export(_in_html(file), studio)
    try:
        if file.stat().st_size > LARGEST:
            raise _unreadable(file, "is larger than any plan")
        text = file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise _unreadable(file, f"cannot be read ({error})") from error
    if file.suffix.lower() == ".json":
        try:
            data = json.loads(text)
        except (ValueError, RecursionError) as error:
            raise _unreadable(file, f"is no JSON ({error})") from error
        return _of_export(data, studio)
    try:
        data = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise _unreadable(file, f"is no TOML ({error})") from error
    return _planned(data, studio)


def _in_html(file: Path) -> dict[str, Any]:
    from leonardo_nb.sweeps.export.html import spec_in

    try:
        return spec_in(file)
    except ExportFailed as error:
        raise InvalidRequest(f"{error} Nothing was sent.", member="plan") from error


def _of_export(data: dict[str, Any], studio: Studio | None) -> Plan:
    """Return the plan of a `sweep.json`, which anybody may have written or changed."""
    space, fixed, more = read_again(data)
    for name in ("reuse", "check"):
        if not isinstance(more[name], bool):
            raise InvalidRequest(f"{name} is true or false, not {shown(more[name])}.", member=name)
    taken: set[str] = set()
    for axis in space.axes:
        _refuse_strange(axis)
        if twice := taken & {axis.name, *axis.sets}:
            raise InvalidRequest(
                f"Two axes vary {min(twice)}, and one request has one value of it; nothing was "
                "sent.",
                member=min(twice),
            )
        taken |= {axis.name, *axis.sets}
    slots = [] if space.template is None else slots_of(space.template)
    words = [axis.name for axis in space.axes if axis.role == "slot"]
    if set(slots) != set(words):
        raise InvalidRequest(
            f"The prompt has the slots {', '.join(slots) or 'none'}, and there are words for "
            f"{', '.join(words) or 'none'}; nothing was sent.",
            member="prompt",
        )
    return Plan(space, handed_on(fixed), studio=studio, **more)


def _refuse_strange(axis: Axis) -> None:
    """Refuse an axis that no line makes."""
    if axis.role == "replicate":
        raise InvalidRequest(
            "replicate is no axis of a plan; replicates is how many there are.", member="replicates"
        )
    for value in axis.values:
        pairs: Any = ((axis.name, value),)
        if axis.role == "zip":
            if not isinstance(value, tuple) or len(value) != len(axis.members):
                raise InvalidRequest(
                    f"{axis.name} pairs {', '.join(axis.members)}, and has {shown(value)}.",
                    member=axis.name,
                    value=value,
                )
            pairs = zip(axis.members, value, strict=True)
        for name, each in pairs:
            role: Role = "slot" if axis.role == "slot" else "member"
            checked(name, each, check=False, role=role)
    refuse_twice(axis.name, axis.values)
    labels = axis.given_labels or ()
    if len(set(labels)) < len(labels) or any(as_shown(each) != each for each in labels):
        raise InvalidRequest(
            f"{axis.name} has a label twice, or one that cannot be shown; a label means one of "
            "its values.",
            member=axis.name,
        )


def _planned(data: dict[str, Any], studio: Studio | None) -> Plan:
    for part in data:
        if part not in TABLES:
            near = difflib.get_close_matches(part, TABLES, 1, 0.4)
            hint = f"; did you mean {near[0]}?" if near else "."
            raise InvalidRequest(
                f"A plan has no part {part}: it has {', '.join(TABLES)}{hint} Parameters of the "
                "service stand under [parameters].",
                member=part,
                nearest=near[0] if near else None,
            )
    words = data.get("prompt")
    _refuse_other_kinds(data)
    space = Space.product([])
    if "slots" in data:
        if not isinstance(words, str):
            raise InvalidRequest(
                "[slots] needs prompt, one text with the slots in braces.", member="prompt"
            )
        space, words = prompt(words, **_table(data, "slots")), None
    for each in _tables(data, "zip"):
        if "name" not in each:
            raise InvalidRequest("Each [[zip]] needs a name.", member="zip")
        if not isinstance(each.get("labels", []), list):
            raise InvalidRequest(
                f"The labels of a [[zip]] are a list, not {shown(each['labels'])}.", member="labels"
            )
        space = space * zip_(**each)
    parameters = {name: _value(name, each) for name, each in _table(data, "parameters").items()}
    _refuse_what_stands_elsewhere(parameters)
    more = {name: data[name] for name in ("name", "replicates", "order") if name in data}
    made = plan(space, words, studio=studio, **more, **parameters)
    for each in _tables(data, "without"):
        made = _without(made, each)
    return made


def _refuse_other_kinds(data: Mapping[str, Any]) -> None:
    for part, (kind, called) in KINDS.items():
        value = data.get(part)
        if value is not None and (isinstance(value, bool) or not isinstance(value, kind)):
            raise InvalidRequest(
                f"{part} is {called}, not {shown(value)}.", member=part, value=value
            )


def _refuse_what_stands_elsewhere(parameters: Mapping[str, Any]) -> None:
    for name in parameters:
        if name in {"prompt", *KINDS, "order"}:
            raise InvalidRequest(
                f"{name} is no parameter of the service; it stands above [parameters], at the top "
                "of the file.",
                member=name,
            )
        if name in IN_PYTHON:
            raise InvalidRequest(
                f"{name} is no parameter of the service and stands in no file; it belongs to the "
                f"line that plans, {IN_PYTHON[name]}.",
                member=name,
            )
        if name not in handed_on(parameters):
            raise InvalidRequest(
                f"{name} stands in no file, which may be somebody else's: it says who is told of "
                "what you pay for. leo.connect(webhook_url=...) does it for all that you make.",
                member=name,
            )


def _without(made: Plan, wanted: dict[str, Any]) -> Plan:
    because = str(wanted.pop("because", "left out by the plan"))
    if not wanted:
        raise InvalidRequest(
            "Each [[without]] names values that are left out together.", member="without"
        )
    gone: dict[str, Any] = {}
    for typed, values in wanted.items():
        axis = axis_named(made.space.axes, typed, function="without")
        several = axis_values(axis.name, values)
        gone[axis.name] = [axis.find(one) for one in ([values] if several is None else several)]
    made.space.where(**gone)  # refuses what no place has

    def is_kept(point: Mapping[str, object] = MappingProxyType({})) -> bool:
        # the default says that it takes a place, whatever axes are called
        return not all(
            name in point and any(same(point[name], each) for each in some)
            for name, some in gone.items()
        )

    return made.over(made.space.where(is_kept, because=because))


def _value(name: str, value: object) -> Any:  # noqa: ANN401  a parameter's value, or an axis
    if not isinstance(value, Mapping):
        return value
    for maker, (make, numbers, usual) in MAKERS.items():
        if set(value) == {maker}:
            given = value[maker]
            if not isinstance(given, list) or len(given) not in numbers:
                raise InvalidRequest(
                    f"{name}: {maker} is a list of {' or '.join(map(str, numbers))} numbers, as in "
                    f"{usual}, not {shown(given)}.",
                    member=name,
                    value=value,
                )
            try:
                return make(*given)
            except (TypeError, ValueError) as error:
                raise InvalidRequest(f"{name}: {error}", member=name, value=value) from error
    return const(value["const"]) if set(value) == {"const"} else dict(value)


def _table(data: Mapping[str, Any], part: str) -> dict[str, Any]:
    found = data.get(part, {})
    if not isinstance(found, dict):
        raise InvalidRequest(f"[{part}] is a table, not {shown(found)}.", member=part)
    return found


def _tables(data: Mapping[str, Any], part: str) -> list[dict[str, Any]]:
    found = data.get(part, [])
    if not isinstance(found, list) or not all(isinstance(each, dict) for each in found):
        raise InvalidRequest(f"[[{part}]] are tables, not {shown(found)}.", member=part)
    return [dict(each) for each in found]


def _unreadable(file: Path, why: str) -> InvalidRequest:
    return InvalidRequest(f"The plan {file.name} {why}; nothing was sent.", member="plan")
