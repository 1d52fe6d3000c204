"""
What a studio takes where it is given nothing: variables of the environment, and the platform's.

Apart from the studio, because whoever only looks around, such as the doctor, makes none.
"""

from __future__ import annotations

import math
import os
from pathlib import Path
from typing import TYPE_CHECKING

from leonardo_nb.errors import InvalidRequest, LibraryError
from leonardo_nb.service.keychain import Keychain

if TYPE_CHECKING:
    from leonardo_nb.service.keys import Key

__all__ = [
    "LIVE_BASE_URL",
    "address_of",
    "base_url_of",
    "database_of",
    "demo_speed",
    "keychain",
    "library_folder",
    "webhook_token_of",
]

LIVE_BASE_URL = "https://cloud.leonardo.ai/api/rest/v1"
DEMO_SPEED = 3.0
"""Times as fast as the service; a first picture within about five seconds."""


def base_url_of(given: str | None) -> str | None:
    """Return the service that is asked for: *given*, else LEONARDO_BASE_URL, else None."""
    return given or os.environ.get("LEONARDO_BASE_URL") or None


def address_of(base_url: str | None = None) -> str:
    """Return the service's address: what is given, else LEONARDO_BASE_URL, else the live one."""
    return (base_url_of(base_url) or LIVE_BASE_URL).rstrip("/")


def keychain() -> Keychain:
    """Return the keys that are known without being given."""
    return Keychain(library_folder(None))


def library_folder(library: str | os.PathLike[str] | None) -> Path:
    """
    Return the library's folder: what is given, else LEONARDO_LIBRARY, else the platform's.

    Raises:
        LibraryError: It is no path.
    """
    if chosen := library or os.environ.get("LEONARDO_LIBRARY"):
        try:
            return Path(chosen).expanduser().resolve()
        except (ValueError, RuntimeError) as error:
            raise LibraryError(f"The library folder {chosen!r} is no path ({error}).") from error
    import platformdirs

    return platformdirs.user_data_path("leonardo_nb", appauthor=False)


def database_of(given: str | None) -> str | None:
    """Return the address of the jobs' database; None for a file in the library's folder."""
    named = os.environ.get("LEONARDO_DATABASE", "") if given is None else given
    return named.strip() or None


def webhook_token_of(given: str | Key | None) -> str | Key | None:
    """Return what callbacks have to carry: *given*, else LEONARDO_WEBHOOK_TOKEN, else None."""
    named = os.environ.get("LEONARDO_WEBHOOK_TOKEN", "").strip()
    return given if given is not None else named or None


def demo_speed() -> float:
    """
    Return how many times as fast as the service the built-in simulator is.

    Raises:
        InvalidRequest: LEONARDO_SIMULATOR_SPEED is no number above 0.
    """
    given = os.environ.get("LEONARDO_SIMULATOR_SPEED", str(DEMO_SPEED))
    try:
        speed = float(given)
    except ValueError:
        speed = math.nan
    if not 0 < speed < math.inf:
        raise InvalidRequest(
            f'LEONARDO_SIMULATOR_SPEED must be a number above 0, such as "{DEMO_SPEED:g}", '
            f'not "{given}".',
            member="LEONARDO_SIMULATOR_SPEED",
            value=given,
            nearest=DEMO_SPEED,
        )
    return speed
