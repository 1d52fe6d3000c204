"""
The `parameters` text that programs for pictures of trained models write and read.

Prompt, `Negative prompt:`, and one line that begins with `Steps:`. Its readers are many and simple:
most of them look for these two words anywhere, so a prompt that has them says them with a word
joiner before the colon, which nobody sees.

Source: the form that Stable Diffusion web UI gave it, as several programs read it.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["Infotext", "infotext", "read_infotext"]

_JOINER: Final = "\u2060"
_MARKS: Final = re.compile(r"(?i)\b(negative prompt|steps):")
_HIDDEN: Final = re.compile(rf"(?i)\b(negative prompt|steps){_JOINER}:")
_PAIR: Final = re.compile(r'\s*(\w[\w \-/]{0,80}):\s*("(?:\\.|[^\\"])+"|[^,]*)(?:,|$)')
_LEAST: Final = 3
"""Pairs that make a last line one of parameters, as the readers count."""
_NEGATIVE: Final = "Negative prompt:"
_CONTROL: Final = re.compile("[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff]")
_LONGEST: Final = 100_000
"""Characters that are read; a prompt has at most some thousand."""


@dataclass(frozen=True, slots=True)
class Infotext:
    """
    What a `parameters` text says.

    Attributes:
        prompt: The words; empty where they were left out.
        negative: What should not be there.
        values: The rest by the names in the text, such as "CFG scale"; all are text.
    """

    prompt: str
    negative: str = ""
    values: Mapping[str, str] = field(default_factory=dict)


def infotext(what: Infotext) -> str:
    """
    Return the text that says *what*.

    >>> print(infotext(Infotext("a fox", "", {"Steps": "15", "Seed": "42"})))
    a fox
    Steps: 15, Seed: 42
    """
    lines = [_kept(what.prompt)] if what.prompt else []
    if what.negative:
        lines.append(f"{_NEGATIVE} {_kept(what.negative)}")
    lines.append(", ".join(f"{name}: {_quoted(value)}" for name, value in what.values.items()))
    return "\n".join(lines)


def read_infotext(text: str) -> Infotext | None:
    """Return what *text* says, or None where it is no such text."""
    *lines, last = text[:_LONGEST].strip().split("\n")
    pairs = _PAIR.findall(last)
    if len(pairs) < _LEAST:
        return None
    prompt, negative = list[str](), list[str]()
    now = prompt
    for line in lines:
        said = line.strip()
        if said.startswith(_NEGATIVE) and now is prompt:
            now, said = negative, said.removeprefix(_NEGATIVE).strip()
        now.append(said)
    values = {name.strip(): _unquoted(value.strip()) for name, value in pairs}
    return Infotext(_restored(prompt), _restored(negative), values)


def _kept(text: str) -> str:
    return _MARKS.sub(rf"\1{_JOINER}:", _CONTROL.sub(" ", text))


def _restored(lines: list[str]) -> str:
    return _HIDDEN.sub(r"\1:", "\n".join(lines).strip())


def _quoted(value: str) -> str:
    plain = _CONTROL.sub(" ", value)
    return json.dumps(plain, ensure_ascii=False) if set(plain) & set(',\n:"') else plain


def _unquoted(value: str) -> str:
    if not value.startswith('"'):
        return value
    try:
        found = json.loads(value)
    except ValueError:
        return value
    return found if isinstance(found, str) else value
