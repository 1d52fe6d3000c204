"""
The types that request members have, and what the service says about a value of another type.

One function per type: it takes a value and the path where it was found, returns the value as the
service keeps it (`512.0` is a fine integer), or raises `Refusal` in the service's own words.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Protocol

from leonardo_nb.simulator import refusals

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = [
    "Shape",
    "bigint",
    "boolean",
    "enum",
    "floating",
    "integer",
    "list_of",
    "object_of",
    "read_members",
    "string",
]

_INT32 = 2**31


class Shape(Protocol):
    """Reads one value."""

    def __call__(self, value: object, path: str) -> object:
        """Return *value* as kept, or raise `Refusal` naming *path*."""


def _found(value: object) -> str:
    match value:
        case None:
            return "null"
        case bool():
            return "a boolean"
        case str():
            return "a string"
        case int() | float():
            return "a number"
        case list():
            return "a list"
        case _:
            return "an object"


def boolean(value: object, path: str) -> bool:
    """Read a Boolean."""
    if not isinstance(value, bool):
        raise refusals.wrong_type("a boolean", "Boolean", _found(value), path)
    return value


def string(value: object, path: str) -> str:
    """Read a String."""
    if not isinstance(value, str):
        raise refusals.wrong_type("a string", "String", _found(value), path)
    return value


def floating(value: object, path: str) -> float:
    """Read a Float; integers are fine."""
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not _finite(value):
        raise refusals.wrong_type("a float", "Float", _found(value), path)
    return value


def integer(value: object, path: str) -> int:
    """Read an Int of 32 bits; `512.0` is one."""
    whole = _whole(value)
    if whole is None or not -_INT32 <= whole < _INT32:
        raise refusals.wrong_type("a 32-bit integer", "Int", _found(value), path)
    return whole


def bigint(value: object, path: str) -> int:
    """Read a bigint, which seeds are."""
    whole = _whole(value)
    if whole is None or not -(2**63) <= whole < 2**63:
        raise refusals.wrong_type("an integer", "bigint", _found(value), path)
    return whole


def enum(name: str, values: Sequence[str]) -> Shape:
    """Return the shape of an enum called *name*."""
    listed = ", ".join(f"'{value}'" for value in values)

    def read(value: object, path: str) -> str:
        if not isinstance(value, str):
            raise refusals.wrong_type("an enum value", name, _found(value), path)
        if value not in values:
            raise refusals.wrong_type(f"one of the values [{listed}]", name, f"'{value}'", path)
        return value

    return read


def list_of(item: Shape) -> Shape:
    """Return the shape of a list whose members all have shape *item*."""

    def read(value: object, path: str) -> list[object]:
        if not isinstance(value, list):
            raise refusals.wrong_type("a list", "list", _found(value), path)
        return [item(member, f"{path}[{index}]") for index, member in enumerate(value)]

    return read


def object_of(name: str, members: Mapping[str, Shape], *, required: Sequence[str] = ()) -> Shape:
    """Return the shape of an object called *name* with no further members."""

    def read(value: object, path: str) -> dict[str, object]:
        if not isinstance(value, dict):
            raise refusals.wrong_type("an object", name, _found(value), path)
        for member in value:
            if member not in members:
                raise refusals.Refusal(
                    f"field '{member}' not found in type: '{name}'",
                    path=f"{path}.{member}",
                    code="validation-failed",
                )
        for member in required:
            if value.get(member) is None:
                raise refusals.Refusal(
                    f"missing required field '{member}'", path=path, code="validation-failed"
                )
        return read_members(value, members, path)

    return read


def read_members(
    value: Mapping[str, object], members: Mapping[str, Shape], path: str
) -> dict[str, object]:
    """Return the members that are there and not null; null means the same as absent."""
    return {
        name: members[name](given, f"{path}.{name}")
        for name, given in value.items()
        if given is not None
    }


def _finite(value: float) -> bool:
    # an int beyond every float is finite too, but no Float
    try:
        return math.isfinite(value)
    except OverflowError:
        return False


def _whole(value: object) -> int | None:
    if isinstance(value, bool):
        return None
    if isinstance(value, int):
        return value
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return None
