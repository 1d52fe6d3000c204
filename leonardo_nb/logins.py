"""
Give a key without writing it down, and take it away again.

A key in a cell is in the notebook, in its history and in whatever is made of it. Here it is typed
into a field that keeps nothing, or where a terminal shows nothing.
"""

from __future__ import annotations

import getpass
import logging
import os
import sys
from typing import TYPE_CHECKING, Literal
from urllib.parse import urlsplit

from leonardo_nb import default_studio, environment
from leonardo_nb.engine.deletion import Sentence
from leonardo_nb.engine.thread import Engine
from leonardo_nb.errors import (
    AuthenticationError,
    ConnectionFailed,
    InvalidRequest,
    LeonardoError,
    ServiceError,
)
from leonardo_nb.service.client import Client
from leonardo_nb.service.keychain import VARIABLE
from leonardo_nb.service.keys import Key

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from leonardo_nb.widgets.login import KeyField

__all__ = ["key_field", "login", "logout"]

log = logging.getLogger("leonardo_nb")

Keep = Literal["memory", "keyring"]
_engine = Engine()
"""Asks the service whether it knows a key; its thread starts with the first login."""


def login(*, keep: Keep = "memory", base_url: str | None = None) -> Sentence | None:
    """
    Ask for a key where nobody sees it, and make the default studio anew with it.

    In a notebook a field appears, and the cell ends at once; the key is never in the notebook, its
    history, its outputs or a widget's state. In a terminal the key is typed unseen. The service is
    asked once whether it knows the key, which costs nothing. A studio looks for its key in this
    order: its `api_key`, login in this process, LEONARDO_API_KEY, the keyring.

    Args:
        keep: For how long: "memory" until the process ends, "keyring" in the system's keyring, for
            other notebooks and days too; that needs `pip install 'leonardo_nb[keyring]'`.
        base_url: Whose key it is, and the only address that it is sent to; else the default
            studio's, else LEONARDO_BASE_URL, else the live service.

    Returns:
        In a terminal, what happened; in a notebook nothing, for the field says it.

    Raises:
        InvalidRequest: *keep* is neither, the address cannot be used, or nobody can be asked.
        AuthenticationError: In a terminal: the service does not know the key. It is not kept.
        LeonardoError: In a terminal: the keyring does not keep it.
    """
    if keep not in {"memory", "keyring"}:
        raise InvalidRequest(
            f'keep is "memory" or "keyring", not {keep!r}.',
            member="keep",
            value=keep,
            nearest="memory",
        )
    if not _is_notebook():
        return Sentence(_in_terminal(*_asking(base_url, keep)))
    from leonardo_nb.widgets.login import show

    show(key_field(base_url, keep=keep))
    return None


def key_field(base_url: str | None = None, *, keep: Keep = "memory") -> KeyField:
    """Return the field that `login` shows in a notebook."""
    from leonardo_nb.widgets.login import KeyField

    return KeyField(_engine, *_asking(base_url, keep))


def _asking(base_url: str | None, keep: Keep) -> tuple[str, Callable[[Key], Awaitable[str]]]:
    """Return whose key is wanted, and what is done with it; it returns what is said then."""
    known, allow_http = default_studio.asked_of()
    address = environment.address_of(base_url) if base_url else known
    host = urlsplit(address).hostname or address
    Client(base_url=address, api_key="not-a-key", allow_http=allow_http)  # refuses bad addresses

    async def use(key: Key) -> str:
        unsure = await _checked(address, key, allow_http=allow_http)
        environment.keychain().keep(address, key, in_keyring=keep == "keyring")
        default_studio.log_in(address)
        where = "in the system's keyring" if keep == "keyring" else "until this process ends"
        return f"Logged in to {host}; the key is kept {where}.{unsure}"

    return host, use


def logout() -> Sentence:
    """
    Forget the keys that login has kept, here and in the keyring, and close the default studio.

    Jobs that are paid stay in the library. LEONARDO_API_KEY is the environment's, and stays.

    Raises:
        LeonardoError: The keyring does not let go of a key.
    """
    there_was = environment.keychain().forget()
    default_studio.log_out()
    said = "Logged out; the key is forgotten." if there_was else "Nobody was logged in."
    if os.environ.get(VARIABLE, "").strip():
        said += f" {VARIABLE} is still set, so leo.connect() goes on using that key."
    return Sentence(said)


async def _checked(address: str, key: Key, *, allow_http: bool) -> str:
    """Return what the service's answer adds to the sentence, unless it does not know *key*."""
    client = Client(base_url=address, api_key=key, allow_http=allow_http)
    try:
        await client.me()
    except AuthenticationError as error:
        raise AuthenticationError(
            "The service does not know this key; it was not kept. Copy it again from the page "
            "with your API keys.",
            status=error.status,
            code=error.code,
        ) from None
    except (ConnectionFailed, ServiceError) as error:
        log.info("A key could not be checked: %s", error)
        return " It could not be checked, because the service did not answer as it should."
    finally:
        await client.aclose()
    return ""


def _is_notebook() -> bool:
    if "IPython" not in sys.modules:  # a script need not pay for it
        return False
    from leonardo_nb.widgets.show import host

    return host() == "kernel"


def _in_terminal(host: str, use: Callable[[Key], Awaitable[str]]) -> str:
    if sys.stdin is None or not sys.stdin.isatty():
        raise InvalidRequest(
            f"There is nobody here who could type a key; set {VARIABLE}, or give "
            "leo.connect(api_key=...).",
            member="api_key",
        )
    try:
        key = Key(getpass.getpass(f"API key for {host}: "))
    except EOFError:
        raise LeonardoError("No key was typed; nothing has changed.") from None
    return _engine.wait(_engine.run(use, key))
