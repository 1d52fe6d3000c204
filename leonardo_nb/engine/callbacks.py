"""The door for the service's callbacks, which end a job's pause before its next look is due."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from leonardo_nb.errors import InvalidRequest
from leonardo_nb.service.addresses import Address, unreachable
from leonardo_nb.service.keys import Key

if TYPE_CHECKING:
    from leonardo_nb.engine.runner import Runner
    from leonardo_nb.engine.thread import Engine
    from leonardo_nb.service.webhooks import Receiver

__all__ = ["Callbacks", "token_of"]

LOOPBACK = "127.0.0.1"
MOST_PORT = 65_535


class Callbacks:
    """
    Listens for callbacks in the engine's loop, once it is opened.

    Args:
        engine: The thread that listens.
        token: What callbacks have to carry as a bearer token, see `token_of`; or None.
        port: The TCP port; 0 takes the one that a hub's address names, or a free one.

    Raises:
        InvalidRequest: *port* can be none.

    Attributes:
        address: Where the service calls, or why it cannot; None where nothing listens.
        runner: Whose jobs the callbacks are about; until there is one they do nothing.
    """

    def __init__(self, engine: Engine, token: Key | None, port: int = 0) -> None:
        _check_port(port)
        self.token = token
        self._port = port
        self.address: Address | None = None
        self.runner: Runner | None = None
        self._engine = engine
        self._receiver: Receiver | None = None

    def open(self, url: str | None) -> None:
        """
        Listen on this machine.

        Args:
            url: The https address at which the service calls; None works it out, where a hub tells.

        Raises:
            InvalidRequest: The service could not call *url*, or the port is taken or forbidden.
        """
        from leonardo_nb.service.webhooks import Receiver

        if url is not None and (reason := unreachable(url)):
            raise InvalidRequest(reason, member="webhook_url", value=url)
        receiver = Receiver(self._nudge, self.token, is_known=self._is_known)
        try:
            local = self._engine.wait(
                self._engine.run(receiver.start, LOOPBACK, self._port or _port_in(url))
            )
        except OSError as error:
            raise InvalidRequest(
                error.strerror or str(error), member="webhook_port", value=self._port
            ) from error
        self._receiver = receiver
        self.address = (
            receiver.public_url() if url is None else Address(url, f"has to end at {local}")
        )

    @property
    def local_url(self) -> str | None:
        """Where it listens on this machine, or None where it does not."""
        return None if self._receiver is None else self._receiver.url

    def close(self) -> None:
        """Stop listening."""
        receiver, self._receiver = self._receiver, None
        if receiver is not None:
            self._engine.wait(self._engine.run(receiver.stop))

    def _nudge(self, job_id: str) -> None:
        if self.runner is not None:
            self.runner.nudge(job_id)

    def _is_known(self, job_id: str) -> bool:
        return self.runner is not None and self.runner.is_in_flight(job_id)


def token_of(token: object) -> Key | None:
    """
    Return what callbacks have to carry, hidden from logs; None for none.

    Raises:
        InvalidRequest: No callback could carry *token*. It is not repeated.
    """
    if token is None or isinstance(token, Key):
        return token
    if not isinstance(token, str):
        kind = type(token).__name__
        reason = f"webhook_token is text, not {'an' if kind[0] in 'aeiou' else 'a'} {kind}."
    elif not token.strip():
        reason = "webhook_token is blank, which is no lock; leave it out to take any callback."
    elif not token.isprintable() or token != token.strip():
        reason = (
            "webhook_token is one line without a space at either end, as a header can carry it; "
            "this one has a line break, a space or another character that nobody sees."
        )
    else:
        return Key(token)
    token = None  # errors are shown and logged, and a traceback may show this frame
    raise InvalidRequest(f"{reason} Nothing listens.", member="webhook_token")


def _check_port(port: object) -> None:
    """Raise `InvalidRequest` where *port* is no TCP port."""
    if isinstance(port, int) and not isinstance(port, bool) and 0 <= port <= MOST_PORT:
        return
    raise InvalidRequest(
        f"webhook_port is a whole number from 0 (any free port) to {MOST_PORT}, not {port!r}. "
        "Nothing listens.",
        member="webhook_port",
        value=port,
    )


def _port_in(url: str | None) -> int:
    """Return the port that a hub's address hands on to, or 0 where *url* names none."""
    found = re.search(r"/proxy/(\d{1,5})(?:/|$)", url or "")
    return int(found[1]) if found else 0
