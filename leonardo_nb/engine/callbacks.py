"""The door for the service's callbacks, which end a job's pause before its next look is due."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from leonardo_nb.errors import InvalidRequest
from leonardo_nb.service.addresses import Address, unreachable

if TYPE_CHECKING:
    from leonardo_nb.engine.runner import Runner
    from leonardo_nb.engine.thread import Engine
    from leonardo_nb.service.keys import Key
    from leonardo_nb.service.webhooks import Receiver

__all__ = ["Callbacks"]

LOOPBACK = "127.0.0.1"


class Callbacks:
    """
    Listens for callbacks in the engine's loop, once it is opened.

    Args:
        engine: The thread that listens.
        token: What callbacks have to carry as a bearer token, or None.

    Attributes:
        address: Where the service calls, or why it cannot; None where nothing listens.
        runner: Whose jobs the callbacks are about; until there is one they do nothing.
    """

    def __init__(self, engine: Engine, token: Key | None) -> None:
        self.token = token
        self.address: Address | None = None
        self.runner: Runner | None = None
        self._engine = engine
        self._receiver: Receiver | None = None

    def open(self, url: str | None, port: int) -> None:
        """
        Listen on this machine.

        Args:
            url: The https address at which the service calls; None works it out, where a hub tells.
            port: The TCP port; 0 takes the one that a hub's address names, or a free one.

        Raises:
            InvalidRequest: The service could not call *url*, or the port is taken or forbidden.
        """
        from leonardo_nb.service.webhooks import Receiver

        if url is not None and (reason := unreachable(url)):
            raise InvalidRequest(reason, member="webhook_url", value=url)
        receiver = Receiver(self._nudge, self.token, is_known=self._is_known)
        try:
            local = self._engine.wait(
                self._engine.run(receiver.start, LOOPBACK, port or _port_in(url))
            )
        except OSError as error:
            raise InvalidRequest(
                error.strerror or str(error), member="webhook_port", value=port
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


def _port_in(url: str | None) -> int:
    """Return the port that a hub's address hands on to, or 0 where *url* names none."""
    found = re.search(r"/proxy/(\d{1,5})(?:/|$)", url or "")
    return int(found[1]) if found else 0
