"""
Where a key is found: in this process, in the environment, in the system's keyring.

Nothing asks the keyring unless `leo.login(keep="keyring")` has put a key there, for some keyrings
open a window to be unlocked. The library's folder remembers that much, and never the key.
"""

from __future__ import annotations

import json
import os
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final, Literal

from leonardo_nb.errors import LeonardoError, LibraryError
from leonardo_nb.service.keys import Key
from leonardo_nb.whole import written_whole

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["Keychain", "Source"]

Source = Literal["login", "environment", "keyring"]
"""Where a key is: kept by `leo.login()` in this process, in LEONARDO_API_KEY, in the keyring."""

VARIABLE: Final = "LEONARDO_API_KEY"
SERVICE: Final = "leonardo_nb"
"""Under which name a keyring keeps the keys; the user name there is the service's address."""
MARK: Final = "keyring.json"

_memory: dict[str, Key] = {}
"""Keys of `leo.login()` by service; they end with the process."""


class Keychain:
    """
    The keys that are known without being given, each for one service's address.

    Args:
        folder: The folder that remembers for which addresses the keyring has a key.
    """

    def __init__(self, folder: Path) -> None:
        self._mark = folder / MARK

    def key(self, base_url: str) -> Key | None:
        """
        Return the key for *base_url*, or None.

        The first of these that has one: `leo.login()` in this process, LEONARDO_API_KEY, the
        keyring. What login keeps is for the address it was given for; the variable is for any.

        Raises:
            LeonardoError: The keyring has the key, and does not give it.
        """
        source = self.source(base_url)
        if source == "login":
            return _memory.get(base_url)
        if source == "environment":
            return Key(os.environ.get(VARIABLE, ""))
        if source is None:
            return None
        keyring, trouble = _keyring()
        try:
            found = keyring.get_password(SERVICE, base_url)
        except trouble as error:
            raise _refused("cannot be read", error) from None
        return Key(found) if found else None

    def source(self, base_url: str) -> Source | None:
        """Return where `key` looks for the key for *base_url*, or None; no keyring is asked."""
        if base_url in _memory:
            return "login"
        if os.environ.get(VARIABLE, "").strip():
            return "environment"
        return "keyring" if base_url in self.kept() else None

    def kept(self) -> list[str]:
        """Return the addresses for which the keyring has a key."""
        try:
            known = json.loads(self._mark.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return []
        return [str(each) for each in known] if isinstance(known, list) else []

    def keep(self, base_url: str, key: Key, *, in_keyring: bool) -> None:
        """
        Remember *key* for *base_url* until the process ends, and *in_keyring* for longer.

        Raises:
            LeonardoError: There is no keyring that keeps it; it is kept nowhere.
        """
        if in_keyring:
            keyring, trouble = _keyring()
            try:
                keyring.set_password(SERVICE, base_url, key.reveal())
                is_there = keyring.get_password(SERVICE, base_url) == key.reveal()
            except trouble as error:
                raise _refused("does not take the key", error) from None
            if not is_there:  # one backend takes everything and keeps nothing
                raise _refused("does not keep the key", None)
            self._remember([*self.kept(), base_url])
        _memory[base_url] = key

    def forget(self) -> bool:
        """
        Forget every key that login has kept; return whether there was one.

        Raises:
            LeonardoError: The keyring does not let go of one.
        """
        there_was = bool(_memory)
        _memory.clear()
        for base_url in self.kept():
            keyring, trouble = _keyring()
            try:
                if keyring.get_password(SERVICE, base_url) is not None:
                    keyring.delete_password(SERVICE, base_url)
            except trouble as error:
                raise _refused("does not let go of the key", error) from None
            there_was = True
        with suppress(FileNotFoundError):
            self._mark.unlink()
        return there_was

    def _remember(self, base_urls: list[str]) -> None:
        try:
            self._mark.parent.mkdir(parents=True, exist_ok=True)
            with written_whole(self._mark) as part:
                part.write_text(json.dumps(sorted(set(base_urls))), encoding="utf-8")
        except OSError as error:
            raise LibraryError(
                f"{self._mark.parent} cannot be written ({error.strerror}), so the key in the "
                'keyring would not be found again; use keep="memory".'
            ) from error


def _keyring() -> tuple[Any, type[Exception]]:
    """Return the keyring package and the error that it raises."""
    try:
        import keyring
        import keyring.errors
    except ImportError:
        raise LeonardoError(
            "Keeping a key needs the package keyring: pip install 'leonardo_nb[keyring]'; or use "
            f'keep="memory", or {VARIABLE}.'
        ) from None
    return keyring, keyring.errors.KeyringError


def _refused(what: str, error: Exception | None) -> LeonardoError:
    # without the error as its cause: a backend's frames and words may have the key
    reason = "" if error is None else f" ({type(error).__name__})"
    return LeonardoError(
        f"The system's keyring {what}{reason}. On a server there is often none that is open; use "
        f'keep="memory", or set {VARIABLE}.'
    )
