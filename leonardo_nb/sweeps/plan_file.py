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
from leonardo_nb.service.values import shown
from leonardo_nb.sweeps.axes import arange, axis_values, const, linspace, same
from leonardo_nb.sweeps.functions import plan
from leonardo_nb.sweeps.layout import axis_named
from leonardo_nb.sweeps.plan import Plan
from leonardo_nb.sweeps.space import Space, prompt, zip_

if TYPE_CHECKING:
    import os

    from leonardo_nb.studios import Studio

__all__ = ["plan_of_file"]

LARGEST: Final = 20_000_000
"""Bytes of a file that is read; the points of 100,000 cells are a tenth of that."""
TABLES: Final = ("prompt", "name", "replicates", "order", "slots", "parameters", "zip", "without")
MAKERS: Final[dict[str, Callable[..., list[float]]]] = {"linspace": linspace, "arange": arange}


def plan_of_file(path: str | os.PathLike[str], *, studio: Studio | None = None) -> Plan:
    """
    Return the plan that is written in the file at *path*; nothing is sent.

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
        return Plan.from_dict(_in_html(file), studio=studio)
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
        return Plan.from_dict(data, studio=studio)
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
        space = space * zip_(**each)
    parameters = {name: _value(name, each) for name, each in _table(data, "parameters").items()}
    more = {name: data[name] for name in ("name", "replicates", "order") if name in data}
    made = plan(space, words, studio=studio, **more, **parameters)
    for each in _tables(data, "without"):
        made = _without(made, each)
    return made


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
    for maker, make in MAKERS.items():
        if set(value) == {maker}:
            try:
                return make(*value[maker])
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
