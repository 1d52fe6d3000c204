"""
Text from elsewhere, without what a terminal, a log or a page would obey.

Names and sentences of the service are shown in tables, errors and logs. What starts an escape
sequence, turns the direction of writing or is half a character has no place in any of them, so it
is taken out once, where answers come in. Prompts keep theirs until they are shown: a lost job is
found again by its prompt, which has to come back as it was sent.
"""

from __future__ import annotations

import re
from typing import Final

__all__ = ["as_shown", "as_text", "escaped", "on_one_line"]

CONTROL: Final = re.compile(
    "[\u0000-\u0008\u000b-\u001f\u007f-\u009f"  # C0 and C1: what starts an escape
    "\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069"  # what turns the direction; lines
    "\ufeff\ufff9-\ufffb\U000e0000-\U000e007f]"  # what is not seen and says something
)
_HALF: Final = re.compile("[\ud800-\udfff]")
"""Half a character cannot be written to a file, a database or a message."""
_KEPT: Final = frozenset({"prompt", "negativePrompt", "negative_prompt"})


def as_shown(text: object) -> str:
    r"""
    Return *text* free of everything that whoever shows it would obey; its lines stay.

    >>> as_shown("a fox\n\x1b[31mred\u202e")
    'a fox\n[31mred'
    """
    return _HALF.sub("\ufffd", CONTROL.sub("", str(text)))


def on_one_line(text: object) -> str:
    r"""
    Return *text* on one line, and otherwise as `as_shown` does.

    >>> on_one_line("a fox\n\x1b[31mred\u202e")
    'a fox [31mred'
    """
    return " ".join(as_shown(text).split())


def escaped(code: str) -> str:
    r"""
    Return *code*, a string as Python writes it, with escapes for what would be obeyed or not seen.

    >>> print(escaped('"a fox\u202e"'))
    "a fox\u202e"
    """
    return _HALF.sub(_escape, CONTROL.sub(_escape, code))


def _escape(found: re.Match[str]) -> str:
    return found[0].encode("unicode_escape").decode()


def as_text(body: object, name: str = "") -> object:
    """
    Return *body*, an answer as decoded from JSON, with harmless strings in the place of others.

    Args:
        body: Anything that JSON can say.
        name: The member that it is; prompts keep all but half characters.
    """
    if isinstance(body, str):
        whole = _HALF.sub("\ufffd", body)
        return whole if name in _KEPT else CONTROL.sub("", whole)
    if isinstance(body, list):
        return [as_text(each, name) for each in body]
    if isinstance(body, dict):
        return {str(as_text(key)): as_text(value, key) for key, value in body.items()}
    return body
