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

from leonardo_nb.engine.media import Video
from leonardo_nb.errors import LeonardoError
from leonardo_nb.service.requests import Unzoom
from leonardo_nb.widgets import page
from leonardo_nb.widgets.live import Live
from leonardo_nb.widgets.pace import Gather, aside
from leonardo_nb.widgets.thumbnails import place_of, small
from leonardo_nb.widgets.view import card_view, facts_of, offers

if TYPE_CHECKING:
    from collections.abc import Callable
    from concurrent.futures import Future

    from leonardo_nb.engine.job import Job
    from leonardo_nb.engine.kinds import VariationJob, VideoJob
    from leonardo_nb.engine.media import Image
    from leonardo_nb.money import Cost
    from leonardo_nb.widgets.pace import Scheduler

__all__ = ["Card", "VariationCard", "VideoCard", "card_for", "engine_of", "shared_card"]

logger = logging.getLogger("leonardo_nb")

MOST_CLIP_BYTES = 100_000_000
"""A larger film is not sent to a page, which would hold it several times; the file is there."""


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
    """Thumbnails, see `leonardo_nb.widgets.thumbnails.small`; of a video, its still."""
    made: traitlets.List[Card] = traitlets.List().tag(sync=True, **widget_serialization)
    """The Cards of the jobs that its own buttons have made, shown below this one, oldest first."""

    def __init__(self, job: Job[Any]) -> None:
        self.job = job
        self._thumbnails: dict[str, dict[str, Any]] = {}
        self._requested: set[str] = set()
        self._made_by: dict[str, Card] = {}
        self._chosen: int | None = None
        self._prices: dict[str, Cost] = {}
        self._has_asked = False
        self._problem = ""
        self._is_deciding = False
        self._followers: list[Callable[[Job[Any]], object]] = []
        self._leave: Callable[[], None] = lambda: None  # close() may come before the rest
        self._ends: list[Callable[[], None]] = []
        super().__init__(engine_of(job), view=card_view(facts_of(job)))
        self._gather = Gather(self._engine, self._draw)
        self._leave = job.subscribe(self._changed)
        self._gather.ask()

    def close(self) -> None:
        """Take the card off every page; the job goes on."""
        ends, self._ends = self._ends, []
        for end in (self._leave, *ends):
            end()
        with _lock:
            if _cards.get(self.job.uid) is self:
                del _cards[self.job.uid]
        is_first = self.is_open
        super().close()
        if is_first:
            for card in self.made:
                self._soon(card.release)

    def __repr__(self) -> str:
        return f"<Card of {self.job!r}>"

    def _changed(self, job: Job[Any]) -> None:
        if job.done():
            self.tell_use()
        self._gather.ask()

    @property
    def made_jobs(self) -> list[Job[Any]]:
        """The jobs that its buttons have made, and those that theirs have, as they stand below."""
        return [job for card in self.made for job in (card.job, *card.made_jobs)]

    # ---- engine's thread ------------------------------------------------------------------------

    @property
    def is_busy(self) -> bool:
        """Whether a page says that it is in use, or one of those below it."""
        return super().is_busy or any(card.is_busy for card in self.made)

    @property
    def is_at_work(self) -> bool:
        """Whether its job is under way, or one that its buttons have made."""
        if self._is_deciding or not self.job.done():
            return True
        return any(not card.job.done() or card.is_at_work for card in self.made)

    @property
    def asks(self) -> bool:
        """Whether its job, or one below it, waits for somebody's word: was it accepted and paid?"""
        return facts_of(self.job).asks or any(card.asks for card in self.made)

    def on_follow(self, function: Callable[[Job[Any]], object]) -> Callable[[], None]:
        """Call *function* with the job that it shows in another's place; return what ends that."""
        self._followers.append(function)

        def end() -> None:
            if function in self._followers:
                self._followers.remove(function)

        return end

    def _draw(self) -> None:
        if not self.is_open:
            return
        keys = self._keys
        for key, image in zip(keys, self.job.images, strict=False):
            self._make_small(key, image)
        busy = {do for do, card in self._made_by.items() if not card.job.done()}
        if self._is_deciding:
            busy.add("resend")
        facts = facts_of(self.job, chosen=self._chosen, prices=self._prices)
        if facts.kind == "generation" and facts.phase == "done":
            self._ask_prices()
        view = card_view(facts, busy=busy)
        if self._problem:
            view["notes"] = [*view["notes"], self._problem]
        here = [self._thumbnails[key] for key in keys if key in self._thumbnails]
        with self.hold_sync():
            self.view = view
            if [picture["key"] for picture in here] != [p["key"] for p in self.pictures]:
                self.pictures = here

    def _ask_prices(self) -> None:
        """Ask once what its buttons would cost; one answer serves all cards of a studio."""
        if self._has_asked:
            return
        self._has_asked = True
        for do, request in offers().items():
            self.job.ask_price(request, partial(self._priced, do))

    def _priced(self, do: str, price: Cost) -> None:
        self._prices[do] = price
        self._gather.ask()

    @property
    def _keys(self) -> list[str]:
        return [f"{self.job.uid}-{index}" for index in range(len(self.job.images))]

    def _make_small(self, key: str, image: Image) -> None:
        if key not in self._requested:
            self._requested.add(key)
            work = partial(small, image, key=key, alt=self.job.request.caption)
            self._aside(work, then=partial(self._took, key))

    def _took(self, key: str, picture: dict[str, Any]) -> None:
        self._thumbnails[key] = picture
        self._gather.ask()

    def _do(self, content: dict[str, Any]) -> None:
        super()._do(content)
        match content.get("do"):
            case "look":
                self._gather.ask()
            case "cancel":
                self.job.cancel()
            case "again" | "upscale" | "to-video" as do:
                self._make(do)
            case "resend":
                self._decide(self.job.resend)
            case "adopt":
                self._adopt(content.get("id"))
            case "open":
                self._open(str(content.get("key")), content.get("view"))

    def _make(self, do: str) -> None:
        under_way = self._made_by.get(do)
        if under_way is not None and not under_way.job.done():
            self._answer()  # the second half of a double click would be paid, too
            return
        try:
            job = self._job_of(do)
        except LeonardoError as error:
            self._say(str(error))
        else:
            if job is not None:
                card = self._made_by[do] = shared_card(job)
                card.hold()
                self.made = [*self.made, card]
                self._ends.append(card.on_use(self._lower_changed))
                self.tell_use()
                self._gather.ask()
                return
        self._answer()

    def _job_of(self, do: str) -> Job[Any] | None:
        """Return the job that a button makes, or None where there is no such button."""
        is_done = self.job.state == "complete"
        if do == "again":
            # the same seed would pay for the same picture
            has_seed = facts_of(self.job).has_seed
            return self.job.again(seed=None) if is_done and has_seed else self.job.again()
        images = self.job.images
        if not is_done or self.job.kind != "generation" or not images:
            return None
        image = images[self._chosen or 0]
        return image.upscale() if do == "upscale" else image.to_video(self.job.request.caption)

    def _adopt(self, wanted: object) -> None:
        """Take the job at the service that the page points at, if it was shown there."""
        shown = [candidate.id for candidate in facts_of(self.job).candidates]
        if isinstance(wanted, str) and wanted in shown:
            self._decide(partial(self.job.adopt, wanted))
        else:
            self._answer()

    def _decide(self, word: Callable[[], Job[Any]]) -> None:
        """Do what somebody has said of a job whose outcome is unknown; the first word counts."""
        if self._is_deciding or not facts_of(self.job).asks:
            self._answer()  # the second half of a double click would be paid, too
            return
        self._is_deciding = True
        self._problem = ""
        self.tell_use()
        self._gather.ask()
        # whoever answers may have to wait for the engine, so it is not asked on its thread
        aside(self._engine, word, self._decided)

    def _decided(self, answer: Future[Job[Any]]) -> None:
        self._is_deciding = False
        error = answer.exception()
        if error is None:
            self._follow(answer.result())
        else:
            if not isinstance(error, LeonardoError):
                logger.error("%r could not be decided on.", self.job, exc_info=error)
            self._say(str(error))
            self._answer()
        self.tell_use()

    def _follow(self, job: Job[Any]) -> None:
        """Show *job*, another one of the same name, in the place of the one that was shown."""
        self._leave()
        self.job = job
        self._thumbnails.clear()
        self._requested.clear()
        self._chosen = None
        if self.is_open:
            self._leave = job.subscribe(self._changed)
            self._gather.ask()
        for function in tuple(self._followers):
            function(job)

    def _lower_changed(self) -> None:
        self.tell_use()
        self._gather.ask()

    def _answer(self) -> None:
        """Let the page have its button back."""
        if self.is_open:
            self.send({"kind": "refused"})

    def _open(self, key: str, asked_by: object) -> None:
        if key not in self._keys:
            return
        index = self._keys.index(key)
        if len(self._keys) > 1 and self._chosen != index:
            self._chosen = index
            self._gather.ask()
        work = partial(_whole, self.job.images[index])
        self._aside(work, then=lambda made: self._send_whole(key, asked_by, *made))

    def _send_whole(self, key: str, asked_by: object, data: bytes, kind: str) -> None:
        if self.is_open:
            self.send({"kind": "full", "key": key, "view": asked_by, "type": kind}, [data])

    # ---- any thread -----------------------------------------------------------------------------

    def _aside(
        self,
        work: Callable[[], Any],
        *,
        then: Callable[[Any], None],
        failed: Callable[[str], None] | None = None,
    ) -> None:
        """Do *work* off the engine; then go on there, with the reason where it has *failed*."""
        what = "A picture" if failed is None else "The video"

        def ended(future: Future[Any]) -> None:
            error = future.exception()
            if error is None:
                then(future.result())
            else:
                logger.warning("A file cannot be shown on its card.", exc_info=error)
                (failed or self._say)(f"{what} cannot be shown: {error}")

        aside(self._engine, work, ended)

    def _say(self, problem: str) -> None:
        self._problem = problem
        self._gather.ask()


class _CardWithSource(Card):
    """The card of a job that may begin with a picture."""

    job: VideoJob | VariationJob

    before = traitlets.Dict().tag(sync=True)
    """The picture that it begins with, as in `pictures`, or empty where its file is not here."""

    def _draw(self) -> None:
        super()._draw()
        source = self.job.source
        still = source.poster if isinstance(source, Video) else source
        is_seen = self.job.kind == "variation" or not self.job.done()
        if self.is_open and is_seen and still is not None:
            self._make_small("before", still)

    def _took(self, key: str, picture: dict[str, Any]) -> None:
        if key == "before":
            self.before = picture
        else:
            super()._took(key, picture)


class VideoCard(_CardWithSource):
    """The card of a video, which is played in it; its bytes are sent when a page asks for them."""

    job: VideoJob

    _esm = page.esm("card_video.js")
    _css = page.css("card.css", "card_video.css")

    def _do(self, content: dict[str, Any]) -> None:
        super()._do(content)
        match content:
            case {"do": "clip", "view": str(view)} if self.job.video is not None:
                self._send_clip(self.job.video, view)

    def _send_clip(self, video: Video, view: str) -> None:
        def answer(data: bytes = b"", why: str = "") -> None:
            content = {"kind": "clip", "view": view, "type": video.media_type, "why": why}
            if self.is_open:
                self.send(content, [data] if data else None)

        if video.size_bytes > MOST_CLIP_BYTES:
            answer(why=f"It is too large to be played here; the file is at `{video.path}`")
        else:
            self._aside(video.read_bytes, then=answer, failed=lambda why: answer(why=why))


class VariationCard(_CardWithSource):
    """The card of a picture made out of another, with both in one frame."""

    job: VariationJob

    _esm = page.esm("card_variation.js")
    _css = page.css("card.css", "card_variation.css")

    place = traitlets.Any(None, allow_none=True).tag(sync=True)
    """
    Where the source is in what has come of it: left, top, width and height as parts of its sides.

    None until both were compared, and empty where it could not be found.
    """

    def _took(self, key: str, picture: dict[str, Any]) -> None:
        super()._took(key, picture)
        if self.before and self._thumbnails and "place" not in self._requested:
            self._requested.add("place")
            self._aside(partial(_compared, self.job), then=self._found)

    def _found(self, place: tuple[float, ...] | None) -> None:
        self.place = list(place or ())


_CARDS: dict[str, type[Card]] = {"video": VideoCard, "variation": VariationCard}
_lock = threading.RLock()
_cards: WeakValueDictionary[str, Card] = WeakValueDictionary()


def _compared(job: Any) -> tuple[float, ...] | None:  # noqa: ANN401  a VariationJob
    """Return where the picture that *job* began with is in what has come of it."""
    return place_of(job.source.pil(), job.image.pil(), is_wider=isinstance(job.request, Unzoom))


def _whole(image: Image) -> tuple[bytes, str]:
    data = Path(image.path).read_bytes()
    if data.startswith(b"\x89PNG"):
        return data, "image/png"
    return data, "image/webp" if data[8:12] == b"WEBP" else "image/jpeg"


def engine_of(job: Job[Any]) -> Scheduler:
    """Return the engine that looks after *job*."""
    engine: Scheduler = job._runner.engine  # noqa: SLF001  widgets are a job's own face
    return engine


def card_for(job: Job[Any]) -> Card:
    """Return the one Card of *job*, made when it is first asked for, and keep it live."""
    with _lock:
        card = shared_card(job)
        card.is_kept = True
        return card


def shared_card(job: Job[Any]) -> Card:
    """Return the one Card of *job* without keeping it once its output is a plain picture."""
    with _lock:
        card = _cards.get(job.uid)
        if card is None or not card.is_open:
            card = _cards[job.uid] = _CARDS.get(job.kind, Card)(job)
        return card
