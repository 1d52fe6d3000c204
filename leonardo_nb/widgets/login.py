"""
A field for a key, in a notebook.

What is typed is in no trait: traits are echoed, and saved with notebooks. It comes once, sealed, in
a message, and the field is empty from then on.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import anywidget
import traitlets

from leonardo_nb.errors import LeonardoError
from leonardo_nb.service.keys import Key
from leonardo_nb.widgets import page
from leonardo_nb.widgets.freeze import Frozen
from leonardo_nb.widgets.seal import PRIME, Seal
from leonardo_nb.widgets.show import Slot

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from leonardo_nb.engine.thread import Engine

__all__ = ["KeyField", "show"]


class KeyField(anywidget.AnyWidget):
    """
    A password field with a button.

    Args:
        engine: Where *use* is called.
        host: Whose key it is, such as "cloud.leonardo.ai".
        use: Takes the key; returns what is said when it was good.
    """

    _esm = page.esm("login.js")
    _css = page.css("login.css")

    view = traitlets.Dict().tag(sync=True)
    """What is said: `host`, `line`, `error`, `busy`, `done`; `prime` and `public` of the seal."""

    def __init__(self, engine: Engine, host: str, use: Callable[[Key], Awaitable[str]]) -> None:
        self._engine = engine
        self._use = use
        self._host = host
        self._seal: Seal | None = None
        self.on_done: Callable[[str], object] = lambda _: None
        super().__init__()
        self._ask()
        self.on_msg(self._heard)

    def __repr__(self) -> str:
        return f"<KeyField for {self._host}>"

    def _ask(self, error: str | None = None) -> None:
        self._seal = Seal()
        self._say(error=error, prime=f"{PRIME:x}", public=self._seal.public)

    def _say(self, line: str = "", **more: object) -> None:
        self.view = {"host": self._host, "line": line, **more}

    def _heard(self, _: object, content: dict[str, Any], __: object) -> None:
        """Take the key out of its message; the rest is done on the engine."""
        if self._seal is None or content.get("kind") != "key":
            return
        seal, self._seal = self._seal, None  # good for one
        try:
            key = Key(seal.opened(content.get("public"), content.get("sealed")))
        except ValueError:
            key = Key("")
        self._engine.spawn(self._try, key)

    async def _try(self, key: Key) -> None:
        self._say(f"Asking {self._host} …", busy=True)
        try:
            said = await self._use(key)
        except LeonardoError as error:
            self._ask(str(error))
        else:
            self._say(said, done=True)
            self.on_done(said)


def show(field: KeyField) -> None:
    """Show *field* in the cell that runs; what it says in the end takes its place for good."""
    slot = Slot()

    def settle(said: str) -> None:
        slot.replace(Frozen({"text/plain": said}, {}))
        field.close()

    field.on_done = settle
    slot.show(field, plain="The field for a key is gone; leo.login() shows it again.")
