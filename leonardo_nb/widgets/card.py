"""
The card of one job: live while it runs, plain once it has ended.

The engine never imports this; a job opens it inside the method that shows it.
"""

from __future__ import annotations

import logging
import threading
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any
from weakref import WeakValueDictionary

import traitlets
from ipywidgets import widget_serialization

from leonardo_nb.errors import LeonardoError
from leonardo_nb.widgets import page
from leonardo_nb.widgets.freeze import thumbnail
from leonardo_nb.widgets.live import Live
from leonardo_nb.widgets.pace import Gather, aside
from leonardo_nb.widgets.view import card_view, facts_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from concurrent.futures import Future

    from leonardo_nb.engine.job import GenerationJob
    from leonardo_nb.engine.media import Image
    from leonardo_nb.widgets.pace import Scheduler

__all__ = ["Card", "card_for", "engine_of", "shared_card"]

logger = logging.getLogger("leonardo_nb")


class Card(Live):
    """
    One job as a live widget; put it in any HBox or VBox.

    Made by `job.card()`; all views of one job share one Card. Its traits change on the engine's
    thread only, at most ten times a second.
    """

    _esm = page.esm("card.js")
    _css = page.css("card.css")

    view = traitlets.Dict().tag(sync=True)
    """Everything the page says, see `leonardo_nb.widgets.view.card_view`."""
    pictures: traitlets.List[dict[str, Any]] = traitlets.List().tag(sync=True)
    """Thumbnails: dicts of key, data (JPEG bytes), type, alt, width and height in full size."""
    again = traitlets.Any(None, allow_none=True).tag(sync=True, **widget_serialization)
    """The Card of the job that "Again" has made, shown below this one, or None."""

    def __init__(self, job: GenerationJob) -> None:
        self.job = job
        self._thumbnails: dict[str, dict[str, Any]] = {}
        self._requested: set[str] = set()
        self._problem = ""
        self._ends: list[Callable[[], None]] = []  # close() may come before the rest
        super().__init__(engine_of(job), view=card_view(facts_of(job)))
        self._gather = Gather(self._engine, self._draw)
        self._ends.append(job.subscribe(self._changed))
        self._gather.ask()

    def close(self) -> None:
        """Take the card off every page; the job goes on."""
        ends, self._ends = self._ends, []
        for end in ends:
            end()
        with _lock:
            if _cards.get(self.job.uid) is self:
                del _cards[self.job.uid]
        is_first = self.is_open
        super().close()
        if is_first and self.again is not None:
            self._soon(self.again.release)

    def __repr__(self) -> str:
        return f"<Card of {self.job!r}>"

    def _changed(self, _job: object) -> None:
        self._gather.ask()

    # ---- engine's thread ------------------------------------------------------------------------

    def _draw(self) -> None:
        if not self.is_open:
            return
        images = list(self.job.images)
        for index, image in enumerate(images):
            key = f"{self.job.uid}-{index}"
            if key not in self._requested:
                self._requested.add(key)
                self._aside(thumbnail, image, then=partial(self._took, key))
        view = card_view(facts_of(self.job), is_made_again=self._is_made_again)
        if self._problem:
            view["notes"] = [*view["notes"], self._problem]
        here = [
            self._thumbnails[key]
            for key in (f"{self.job.uid}-{index}" for index in range(len(images)))
            if key in self._thumbnails
        ]
        with self.hold_sync():
            self.view = view
            if [picture["key"] for picture in here] != [p["key"] for p in self.pictures]:
                self.pictures = here

    def _took(self, key: str, made: tuple[bytes, int, int]) -> None:
        data, width, height = made
        self._thumbnails[key] = {
            "key": key,
            "data": data,
            "type": "image/jpeg",
            "alt": self.job.request.prompt,
            "width": width,
            "height": height,
        }
        self._gather.ask()

    def _do(self, content: dict[str, Any]) -> None:
        super()._do(content)
        match content.get("do"):
            case "look":
                self._gather.ask()
            case "cancel":
                self.job.cancel()
            case "again":
                self._make_again()
            case "open":
                self._open(str(content.get("key")), content.get("view"))

    @property
    def _last(self) -> Card:
        """The card below all others that "Again" has made from this one, or this one."""
        last = self
        while last.again is not None and last.again.is_open:
            last = last.again
        return last

    @property
    def _is_made_again(self) -> bool:
        last = self._last
        return last is not self and not last.job.done()

    def _make_again(self) -> None:
        if self._is_made_again:  # the second half of a double click would be paid, too
            self._answer_again()
            return
        last = self._last
        try:
            # the same seed would pay for the same picture
            is_done = self.job.state == "complete"
            job = self.job.again(seed=None) if is_done else self.job.again()
        except LeonardoError as error:
            self._say(str(error))
            self._answer_again()
        else:
            made = shared_card(job)
            made.hold()
            last.again = made
            for card in {self, last}:
                card._ends.append(job.subscribe(card._changed))  # noqa: SLF001  of the same class
            self._gather.ask()

    def _answer_again(self) -> None:
        """Let the page have its button back."""
        if self.is_open:
            self.send({"kind": "refused"})

    def _open(self, key: str, asked_by: object) -> None:
        keys = [f"{self.job.uid}-{index}" for index in range(len(self.job.images))]
        if key in keys:
            image = self.job.images[keys.index(key)]
            self._aside(_whole, image, then=lambda made: self._send_whole(key, asked_by, *made))

    def _send_whole(self, key: str, asked_by: object, data: bytes, kind: str) -> None:
        if self.is_open:
            self.send({"kind": "full", "key": key, "view": asked_by, "type": kind}, [data])

    # ---- any thread -----------------------------------------------------------------------------

    def _aside(
        self,
        function: Callable[[Any], Any],
        image: Image,
        *,
        then: Callable[[Any], None],
    ) -> None:
        """Run *function* off the engine; then go on there."""

        def ended(future: Future[Any]) -> None:
            error = future.exception()
            if error is None:
                then(future.result())
            else:
                logger.warning("A picture cannot be shown on its card.", exc_info=error)
                self._say(f"A picture cannot be shown: {error}")

        aside(self._engine, partial(function, image), ended)

    def _say(self, problem: str) -> None:
        self._problem = problem
        self._gather.ask()


_lock = threading.RLock()
_cards: WeakValueDictionary[str, Card] = WeakValueDictionary()


def _whole(image: Image) -> tuple[bytes, str]:
    data = Path(image.path).read_bytes()
    if data.startswith(b"\x89PNG"):
        return data, "image/png"
    return data, "image/webp" if data[8:12] == b"WEBP" else "image/jpeg"


def engine_of(job: GenerationJob) -> Scheduler:
    """Return the engine that looks after *job*."""
    engine: Scheduler = job._runner.engine  # noqa: SLF001  widgets are a job's own face
    return engine


def card_for(job: GenerationJob) -> Card:
    """Return the one Card of *job*, made when it is first asked for, and keep it live."""
    with _lock:
        card = shared_card(job)
        card.is_kept = True
        return card


def shared_card(job: GenerationJob) -> Card:
    """Return the one Card of *job* without keeping it once its output is a plain picture."""
    with _lock:
        card = _cards.get(job.uid)
        if card is None or not card.is_open:
            card = _cards[job.uid] = Card(job)
        return card
