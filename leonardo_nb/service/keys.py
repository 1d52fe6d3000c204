"""
A key that does not show itself, and what keeps it out of logs.

Tracebacks that print local variables, debug logs and pickles are made by others, from whatever
lies around; so what lies around is a `Key`, and its text is taken out only where it is sent.
"""

from __future__ import annotations

import logging
import re
from typing import Final, NoReturn
from weakref import WeakSet

from leonardo_nb.errors import InvalidRequest

__all__ = ["HIDDEN", "Key", "bare", "hidden"]

HIDDEN: Final = "[key]"
"""What stands where a key stood."""

_SHORTEST: Final = 8  # what is shorter is a slip, and may be a part of any word in a log

_LOGGERS: Final = (
    "httpcore.connection",
    "httpcore.http11",  # at DEBUG it writes down the headers of every answer
    "httpcore.http2",
    "httpcore.proxy",
    "httpcore.socks",
    "httpx",
    "leonardo_nb",
)
_known: WeakSet[Key] = WeakSet()


class Key:
    """
    A secret that is sent to one host; it shows itself nowhere and cannot be pickled.

    Args:
        text: As it was given; spaces around it are a slip of the copying hand.
    """

    __slots__ = ("__weakref__", "_text")

    def __init__(self, text: str | Key) -> None:
        self._text = text.reveal() if isinstance(text, Key) else text.strip()
        if len(self._text) >= _SHORTEST:
            _known.add(self)
        for name in _LOGGERS:
            logging.getLogger(name).addFilter(_hide_in)

    def checked(self) -> Key:
        """
        Return the key, if it can be one.

        Raises:
            InvalidRequest: It is empty, or has characters that no key has; it is not repeated, for
                it may be a key with a slip in it.
        """
        text = self._text
        is_one = bool(text) and text.isascii() and text.isprintable() and " " not in text
        del text  # a traceback may show this frame
        if not is_one:
            raise InvalidRequest(
                "api_key is empty or has characters that no key has; copy it again.",
                member="api_key",
            )
        return self

    def reveal(self) -> str:
        """Return the text itself, to be sent and not to be kept."""
        return self._text

    def __repr__(self) -> str:
        return HIDDEN

    def __reduce__(self) -> NoReturn:
        raise TypeError("A key is not written to files or sent to other processes.")


def hidden(text: str) -> str:
    """Return *text* with `[key]` in the place of every key that is in use."""
    for key in tuple(_known):
        # in any case: keys look like UUIDs, which some write in capitals
        text = re.sub(re.escape(key.reveal()), HIDDEN, text, flags=re.IGNORECASE)
    return text


def bare(error: BaseException) -> BaseException:
    """
    Return *error* as a cause without the frames in which it rose, and its own causes likewise.

    Inside httpx, httpcore and h11 these frames hold the request as bytes, with its headers, and
    whoever prints local variables in tracebacks prints them.
    """
    left: list[BaseException | None] = [error]
    seen = set[int]()
    while left:
        each = left.pop()
        if each is not None and id(each) not in seen:
            seen.add(id(each))
            each.__traceback__ = None
            left += [each.__cause__, each.__context__]
    return error


def _hide_in(record: logging.LogRecord) -> bool:
    """Take keys out of a line for the log; a filter that lets every line pass."""
    said = record.getMessage()
    if (kept := hidden(said)) != said:
        record.msg, record.args = kept, None
    return True
