"""
The default studio: the one that a notebook's lines use without naming it.

There is one in a process. It is made on first use or by `connect`, and anew by a login; what it was
asked to be then is remembered, so that a login changes whose it is and nothing else.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from leonardo_nb.engine.callbacks import token_of
from leonardo_nb.environment import address_of
from leonardo_nb.service.keys import Key
from leonardo_nb.studios import Studio

if TYPE_CHECKING:
    import os
    from pathlib import Path

    from leonardo_nb.engine.limits import Limits
    from leonardo_nb.engine.terms import Resend
    from leonardo_nb.money import Cost
    from leonardo_nb.simulator import Simulator

__all__ = ["asked_of", "connect", "log_in", "log_out", "studio"]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Wishes:
    """What the default studio was asked to be, but for whose it is."""

    base_url: str | None = None
    allow_http: bool = False
    library: str | os.PathLike[str] | None = None
    budget: Cost | None = None
    limits: Limits | None = None
    webhook_url: str | bool | None = None
    webhook_port: int = 0
    webhook_token: Key | None = None
    resend: Resend = "once"
    database: str | None = None  # may hold a password, and is in no repr

    def __repr__(self) -> str:
        return "<Wishes>"


_default: Studio | None = None
_wishes = _Wishes()
_default_lock = threading.RLock()


def studio() -> Studio:
    """Return the default studio; connects on first use."""
    with _default_lock:
        return _default or connect()


def connect(
    *,
    api_key: str | None = None,
    base_url: str | None = None,
    simulator: bool | Simulator | None = None,
    library: str | os.PathLike[str] | None = None,
    database: str | None = None,
    allow_http: bool = False,
    budget: Cost | None = None,
    limits: Limits | None = None,
    webhook_url: str | bool | None = None,
    webhook_port: int = 0,
    webhook_token: str | None = None,
    resend: Resend = "once",
) -> Studio:
    """
    Make a studio and make it the default one; see `Studio` for what the arguments mean.

    No request is made: the first job does that. The studio before it goes on with its jobs, and is
    closed with `close()` or with the process. Where jobs of before have not ended, one line says
    so.
    """
    key, api_key = Key(api_key or ""), None  # a traceback may show this frame
    token, webhook_token = token_of(webhook_token), None
    return _make_default(
        _Wishes(
            base_url=base_url,
            allow_http=allow_http,
            library=library,
            budget=budget,
            limits=limits,
            webhook_url=webhook_url,
            webhook_port=webhook_port,
            webhook_token=token,
            resend=resend,
            database=database,
        ),
        simulator,
        key,
    )


def asked_of() -> tuple[str, bool]:
    """Return the address that a login is for, and whether http is allowed; nothing is made."""
    return address_of(_wishes.base_url), _wishes.allow_http


def log_in(base_url: str) -> Studio:
    """
    Make the default studio anew, on the service at *base_url* with the key that is known for it.

    Its library, budget, limits and callbacks are what was asked for before. What was spent of a
    budget at this service today still counts.
    """
    if _default is not None and _wishes.webhook_url:
        _default.close()  # both cannot listen at one port
    return _make_default(replace(_wishes, base_url=base_url), None, None)


def log_out() -> None:
    """Close the default studio, if it has a key; the next use connects anew."""
    global _default, _wishes
    with _default_lock:
        left = _default
        if left is None or left.simulated:
            return
        _default, _wishes = None, replace(_wishes, base_url=None)
    left.close()


def _make_default(wishes: _Wishes, simulator: bool | Simulator | None, key: Key | None) -> Studio:  # noqa: FBT001  a choice that may be an object
    global _default, _wishes
    made = Studio(
        api_key=key,
        base_url=wishes.base_url,
        simulator=simulator,
        library=wishes.library,
        allow_http=wishes.allow_http,
        budget=wishes.budget,
        limits=wishes.limits,
        webhook_url=wishes.webhook_url,
        webhook_port=wishes.webhook_port,
        webhook_token=wishes.webhook_token,
        resend=wishes.resend,
        database=wishes.database,
    )
    _tell_of_unfinished(made)
    with _default_lock:
        _default, _wishes = made, wishes
    return made


_told: set[tuple[Path, str]] = set()
"""The libraries and services of which this process has said that there is something to resume."""


def _tell_of_unfinished(made: Studio) -> None:
    """Say in one line, once, that jobs of before have not ended."""
    of = (made.folder, made.base_url)
    if of in _told:
        return
    _told.add(of)
    if number := made.unfinished():
        jobs = "1 job of before has" if number == 1 else f"{number:,} jobs of before have"
        print(f"{jobs} not ended; leo.resume() picks up what is there.")  # noqa: T201  a cell's output
