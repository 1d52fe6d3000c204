"""
How a value that a person typed is read, whatever the parameter: numbers, choices, ids, lists.

It is its own file because every kind of request reads its values alike; what each parameter takes
is a table beside the request. A `Vocabulary` is such a table with every accepted spelling.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from difflib import SequenceMatcher
from ipaddress import ip_address
from numbers import Integral, Real
from types import MappingProxyType
from typing import Final, Literal
from urllib.parse import urlsplit
from uuid import UUID

from leonardo_nb.errors import InvalidRequest, UnknownParameter
from leonardo_nb.service.catalog import (
    MODELS,
    STYLES,
    V2_MODELS,
    Range,
    find_model,
    find_style,
    find_v2_model,
)

__all__ = ["Kind", "Member", "Vocabulary", "is_uuid", "nearest_of", "read", "shown"]

Kind = Literal[
    "text", "id", "url", "flag", "whole", "number", "choice", "model", "style", "list", "object"
]


@dataclass(frozen=True, slots=True)
class Member:
    """
    One member of a request.

    Attributes:
        name: As on the wire.
        kind: What sort of value it takes; a "list" holds ids or the members in `items`, an
            "object" has those members itself.
        help: What it does, one sentence.
        choices: The only values it takes, where they are few.
        limits: The numbers it takes, where they are limited.
        items: What each item of a list has; empty where items are plain ids.
        required: Names that each item of a list must have.
        max_characters: The longest text, where the service limits it.
    """

    name: str
    kind: Kind
    help: str
    choices: tuple[str | float, ...] = ()
    limits: Range | None = None
    items: tuple[Member, ...] = ()
    required: tuple[str, ...] = ()
    max_characters: int | None = None


_MAX_BITS: Final = 63  # no number of the service's is longer


def _snake(name: str) -> str:
    return re.sub(r"(?<=[a-z0-9])([A-Z]+)", r"_\1", name).lower()


def _camel(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(word.capitalize() for word in rest)


def _folded(text: str) -> str:
    return re.sub(r"[^0-9a-z]", "", text.casefold())


def nearest_of(text: str, candidates: Iterable[str], *, cutoff: float) -> str | None:
    """Return the candidate that looks most like *text*, or None where none does."""
    wanted = _folded(text[:200])
    best, best_ratio = None, cutoff
    for candidate in candidates:
        folded = _folded(candidate)
        ratio = SequenceMatcher(None, wanted, folded).ratio()
        # "Phoenix" is nearer to "Leonardo Phoenix 1.0" than letter counting finds
        if len(wanted) >= 3 and (wanted in folded or (len(folded) >= 3 and folded in wanted)):
            ratio = max(ratio, 0.75)
        if ratio > best_ratio:
            best, best_ratio = candidate, ratio
    return best


def shown(value: object) -> str:
    """Return *value* as it stands in a sentence, cut to a sane length."""
    try:
        text = f'"{value}"' if isinstance(value, str) else repr(value)
    except Exception:  # noqa: BLE001  a value that cannot be shown must not hide what is wrong
        text = f"a {type(value).__name__}"
    return text if len(text) <= 60 else f"{text[:57]}..."


def _plain(number: float) -> str:
    return str(number) if isinstance(number, int) else f"{number:.10g}"


def _is_array(value: object) -> bool:
    shape = getattr(value, "shape", ())  # numpy's scalars have one too, and it is empty
    return isinstance(shape, tuple) and len(shape) > 0


def _wrong_type(name: str, value: object, wanted: str, nearest: object = None) -> InvalidRequest:
    if isinstance(value, (list, tuple, set, frozenset, range)) or _is_array(value):
        sentence = f"{name} takes one value, not several; leo.sweep() makes an axis of several."
    elif isinstance(value, str):
        tail = f"; write {_plain(float(nearest))}." if isinstance(nearest, (int, float)) else "."
        sentence = f"{name} must be {wanted}, not the text {shown(value)}{tail}"
    else:
        sentence = f"{name} must be {wanted}, not {shown(value)}."
    return InvalidRequest(sentence, member=name, value=value, nearest=nearest)


def _span(limits: Range | None, *, whole: bool) -> str:
    if limits is None:
        return "a whole number" if whole else "a number"
    between = f"from {_plain(limits.low)} to {_plain(limits.high)}"
    if limits.step > 1:
        return f"a multiple of {limits.step} {between}"
    return f"a whole number {between}" if whole else f"a number {between}"


def _clipped(number: float, limits: Range | None, *, whole: bool) -> float:
    """Return the nearest number that is taken."""
    if limits is not None:
        number = min(max(number, limits.low), limits.high)
    if not whole:
        return number
    step = limits.step if limits else 1
    return math.floor(number / step + 0.5) * step


def _is_flag(value: object) -> bool:
    return isinstance(value, bool) or type(value).__name__ in {"bool", "bool_"}  # numpy's


def _number(member: Member, name: str, value: object, *, check: bool) -> float:
    whole, limits = member.kind == "whole", member.limits
    wanted = _span(limits, whole=whole)
    if _is_flag(value) or not isinstance(value, (Real, Decimal)):
        nearest = None
        if isinstance(value, str) and re.fullmatch(r"\s*[-+]?\d{1,15}(\.\d{1,15})?\s*", value):
            nearest = _clipped(float(value), limits, whole=whole)
        raise _wrong_type(name, value, wanted, nearest)
    # str() first for numpy's short floats, so that np.float32(0.1) is 0.1
    number: float
    try:
        if isinstance(value, Integral):
            number = int(value)
        else:
            number = float(str(value)) if hasattr(value, "dtype") else float(value)
    except (ValueError, OverflowError):  # a signalling NaN, a fraction beyond all floats
        number = math.nan
    if isinstance(number, int) and number.bit_length() > _MAX_BITS:
        raise InvalidRequest(
            f"{name} must be {wanted}, not a number that long.",
            member=name,
            value=value,
            nearest=_clipped(number, limits, whole=whole) if limits else None,
        )
    if not math.isfinite(number):
        raise InvalidRequest(f"{name} must be {wanted}, not {number}.", member=name, value=value)
    if number == int(number) and abs(number) < 2**_MAX_BITS:
        number = int(number)
    if whole and not isinstance(number, int):
        nearest_whole = _clipped(number, limits, whole=True)
        raise InvalidRequest(
            f"{name} must be {wanted}; the nearest to {_plain(number)} is {_plain(nearest_whole)}.",
            member=name,
            value=value,
            nearest=nearest_whole,
        )
    if not check:
        return number
    if member.choices:
        return _number_among(member, name, number)
    nearest_number = _clipped(number, limits, whole=whole)
    if nearest_number != number:
        raise InvalidRequest(
            f"{name} must be {wanted}; "
            f"the nearest to {_plain(number)} is {_plain(nearest_number)}.",
            member=name,
            value=value,
            nearest=nearest_number,
        )
    return number


def _number_among(member: Member, name: str, number: float) -> float:
    choices = [float(choice) for choice in member.choices]
    nearest = min(choices, key=lambda choice: abs(choice - number))
    if math.isclose(nearest, number, rel_tol=1e-6):
        return int(nearest) if nearest == int(nearest) else nearest
    listed = f"{', '.join(map(_plain, choices[:-1]))} or {_plain(choices[-1])}"
    raise InvalidRequest(
        f"{name} must be {listed}; the nearest to {_plain(number)} is {_plain(nearest)}.",
        member=name,
        value=number,
        nearest=nearest,
    )


def _flag(name: str, value: object) -> bool:
    if _is_flag(value):
        return bool(value)
    raise _wrong_type(name, value, "True or False")


def _text(name: str, value: object) -> str:
    if isinstance(value, (bytes, bytearray)):
        raise InvalidRequest(
            f"{name} must be text, not bytes; decode it first.", member=name, value=value
        )
    if not isinstance(value, str):
        raise _wrong_type(name, value, "text")
    text = str(value)
    if "\0" in text:
        raise InvalidRequest(
            f"{name} has a NUL character at position {text.index(chr(0))}; take it out.",
            member=name,
            value=value,
        )
    try:
        text.encode()
    except UnicodeEncodeError as exc:
        raise InvalidRequest(
            f"{name} has half a character (a lone surrogate) at position {exc.start}; "
            "it was probably cut or decoded wrongly.",
            member=name,
            value=value,
        ) from None
    return text


def _prose(member: Member, name: str, value: object, *, check: bool) -> str:
    text = _text(name, value)
    blank = not any(letter.isprintable() and not letter.isspace() for letter in text)
    if name == "prompt" and blank:
        raise InvalidRequest(
            'prompt is empty; say what to draw, such as "a lighthouse at dawn".',
            member=name,
            value=value,
        )
    limit = member.max_characters
    if check and limit is not None and len(text) > limit:
        raise InvalidRequest(
            f"{name} is {len(text):,} characters long, {len(text) - limit:,} more than the "
            f"{limit:,} that the service takes.",
            member=name,
            value=value,
        )
    return text


def _choice(member: Member, name: str, value: object, *, check: bool) -> str:
    text = _text(name, value)
    choices = [choice for choice in member.choices if isinstance(choice, str)]
    for choice in choices:
        if _folded(choice) == _folded(text):
            return choice
    if not check and text.strip():
        return text  # the service may have learned a new one
    nearest = nearest_of(text, choices, cutoff=0.4)
    hint = f'the nearest is "{nearest}"' if nearest else f"it is one of {', '.join(choices)}"
    raise InvalidRequest(
        f"{name} {shown(text)} does not exist; {hint}.",
        member=name,
        value=value,
        nearest=nearest,
    )


def _uuid(text: str) -> str | None:
    bare = text.strip()
    if re.fullmatch(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}", bare):
        return bare.lower()
    return None


def is_uuid(value: object) -> bool:
    """Whether *value* is an id of the service's usual form, and so nobody's name."""
    return isinstance(value, UUID) or (isinstance(value, str) and _uuid(value) is not None)


def _model(name: str, value: object) -> str:
    text = str(value) if isinstance(value, UUID) else _text(name, value)
    if model := find_model(text):
        return model.id
    if newer := find_v2_model(text):
        return newer.slug
    if uuid := _uuid(text):
        return uuid  # a custom model, or one newer than our list
    spelt = {name: model.name for model in MODELS for name in (model.name, model.slug) if name}
    spelt |= {name: model.name for model in V2_MODELS for name in (model.name, model.slug)}
    found = nearest_of(text, spelt, cutoff=0.5)
    nearest = spelt[found] if found else None
    hint = f'the nearest is "{nearest}"' if nearest else "give a model's name or its id"
    raise InvalidRequest(
        f"{name} {shown(text)} names no model; {hint}.", member=name, value=value, nearest=nearest
    )


def _style(name: str, value: object) -> str:
    text = str(value) if isinstance(value, UUID) else _text(name, value)
    if uuid := find_style(text) or _uuid(text):
        return uuid
    nearest = nearest_of(text, STYLES, cutoff=0.4)
    hint = f'the nearest is "{nearest}"' if nearest else "give a style's name or its id"
    raise InvalidRequest(
        f"{name} {shown(text)} names no style; {hint}.", member=name, value=value, nearest=nearest
    )


def _id(name: str, value: object) -> str:
    text = str(value) if isinstance(value, UUID) else _text(name, value).strip()
    if not text:
        raise InvalidRequest(f"{name} is empty; give an id.", member=name, value=value)
    return text


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")


def _url(name: str, value: object) -> str:
    text = _text(name, value).strip()
    try:
        parts = urlsplit(text)
        host, _port = parts.hostname or "", parts.port
    except ValueError:
        host, parts = "", urlsplit("")
    if not host or parts.scheme not in {"http", "https"} or re.search(r"\s", text):
        raise InvalidRequest(
            f"{name} must be an address such as https://example.org/hook, not {shown(text)}.",
            member=name,
            value=value,
        )
    if parts.scheme == "http" and not _is_loopback(host):
        nearest = "https" + text[len("http") :]
        raise InvalidRequest(
            f"{name} must begin with https://, unless it is this machine; "
            f'the nearest is "{nearest}".',
            member=name,
            value=value,
            nearest=nearest,
        )
    return text


def _item(member: Member, name: str, value: object, *, check: bool) -> dict[str, object]:
    if hasattr(value, "model_dump"):
        value = value.model_dump(exclude_none=True)
    if not isinstance(value, Mapping):
        keys = ", ".join(each.name for each in member.items)
        raise InvalidRequest(
            f"{name} must be a dictionary with {keys}, not {shown(value)}.",
            member=member.name,
            value=value,
        )
    known = {each.name: each for each in member.items}
    spellings = {_snake(each): each for each in known} | {each: each for each in known}
    item: dict[str, object] = {}
    for key, inner in value.items():
        if key not in spellings:
            nearest = nearest_of(str(key), known, cutoff=0.5)
            hint = f'did you mean "{nearest}"?' if nearest else f"it has {', '.join(known)}."
            raise InvalidRequest(
                f"{name} has no member {shown(key)}; {hint}",
                member=member.name,
                value=value,
                nearest=nearest,
            )
        if inner is not None:
            inner_member = known[spellings[key]]
            item[inner_member.name] = read(
                inner_member, f"{name}.{inner_member.name}", inner, check=check
            )
    missing = [each for each in member.required if each not in item]
    if missing:
        raise InvalidRequest(
            f"{name} lacks {' and '.join(missing)}.", member=member.name, value=value
        )
    return {each: item[each] for each in known if each in item}


def _list(member: Member, name: str, value: object, *, check: bool) -> tuple[object, ...]:
    if isinstance(value, Mapping) or hasattr(value, "model_dump"):
        value = [value]
    if not isinstance(value, (list, tuple)):
        raise InvalidRequest(
            f"{name} must be a list, not {shown(value)}.", member=member.name, value=value
        )
    if not member.items:
        return tuple(_id(f"{name}[{at}]", each) for at, each in enumerate(value))
    return tuple(_item(member, f"{name}[{at}]", each, check=check) for at, each in enumerate(value))


def read(member: Member, name: str, value: object, *, check: bool) -> object:
    """
    Return *value* as it goes on the wire.

    Args:
        member: What it has to be.
        name: What to call it in a sentence.
        value: What was given.
        check: False lets numbers out of range, long texts and unknown choices through, in case the
            service has changed; wrong types are refused all the same.

    Raises:
        InvalidRequest: The member does not take that value; the sentence names the nearest one.
    """
    match member.kind:
        case "text":
            return _prose(member, name, value, check=check)
        case "whole" | "number":
            return _number(member, name, value, check=check)
        case "flag":
            return _flag(name, value)
        case "choice":
            return _choice(member, name, value, check=check)
        case "model":
            return _model(name, value)
        case "style":
            return _style(name, value)
        case "id":
            return _id(name, value)
        case "url":
            return _url(name, value)
        case "list":
            return _list(member, name, value, check=check)
        case "object":
            return _item(member, name, value, check=check)


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """
    What one kind of request takes, under every spelling.

    Attributes:
        function: Who is called, for sentences.
        members: What each parameter takes, in the order they are shown.
        aliases: Every accepted spelling, and the service's own.
        elsewhere: What people type who know another tool; they are told the name, not guessed at.
    """

    function: str
    members: Mapping[str, Member]
    aliases: Mapping[str, str]
    elsewhere: Mapping[str, str]

    @classmethod
    def of(
        cls, function: str, table: Iterable[Member], elsewhere: Mapping[str, str] | None = None
    ) -> Vocabulary:
        """Return the vocabulary of a *table*; each name is also known in snake_case."""
        members = {each.name: each for each in table}
        aliases = {spelling(name): name for name in members for spelling in (_snake, _camel, str)}
        return cls(
            function,
            MappingProxyType(members),
            MappingProxyType(aliases),
            MappingProxyType(dict(elsewhere or {})),
        )

    def name_of(self, spelling: str, *, function: str | None = None) -> str:
        """
        Return the service's own name of a parameter.

        Raises:
            UnknownParameter: There is none of that name; the nearest is named.
        """
        if spelling in self.aliases:
            return self.aliases[spelling]
        nearest = self.elsewhere.get(spelling.casefold()) or nearest_of(
            spelling, self.members, cutoff=0.6
        )
        hint = f'; did you mean "{nearest}"?' if nearest else "."
        raise UnknownParameter(
            f"{function or self.function}() has no parameter {shown(spelling)}{hint}",
            member=spelling,
            nearest=nearest,
        )

    def check(self, name: str, value: object, *, check: bool = True) -> object:
        """
        Return *value* as it goes on the wire under *name*, in any accepted spelling.

        Raises:
            UnknownParameter: There is no such parameter.
            InvalidRequest: It does not take that value; `member` is the parameter.
        """
        member = self.members[self.name_of(name)]
        try:
            return read(member, member.name, value, check=check)
        except InvalidRequest as exc:
            exc.member = (
                member.name
            )  # the sentence names the place in a list; this is the parameter
            raise
