"""
A form for exploring without typing code, made of ipywidgets.

What the fields are, offer and refuse is decided in `form.py`; here are only the widgets, the price
of the next click, and the pictures made so far.
"""

from __future__ import annotations

import html
import json
import logging
import threading
from functools import partial
from typing import TYPE_CHECKING, Any, Final

import anywidget
import traitlets
from ipywidgets import (
    HTML,
    Accordion,
    Box,
    Button,
    Checkbox,
    Dropdown,
    FloatSlider,
    IntSlider,
    IntText,
    Layout,
    Textarea,
    VBox,
    Widget,
    widget_serialization,
)

from leonardo_nb.default_studio import studio as default_studio
from leonardo_nb.engine.lifecycle import State
from leonardo_nb.errors import EngineThreadError, LeonardoError
from leonardo_nb.widgets import form, page
from leonardo_nb.widgets.album import freeze_album, keep_album
from leonardo_nb.widgets.card import Card, shared_card
from leonardo_nb.widgets.freeze import Frozen, thumbnail
from leonardo_nb.widgets.pace import Gather, painters
from leonardo_nb.widgets.show import Slot, host, write_plain
from leonardo_nb.widgets.view import facts_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from concurrent.futures import Future

    from leonardo_nb.engine.kinds import GenerationJob
    from leonardo_nb.money import Cost
    from leonardo_nb.service.requests import CreateGeneration
    from leonardo_nb.studios import Studio

__all__ = ["Panel", "panel"]

logger = logging.getLogger("leonardo_nb")

MAX_PICTURES: Final = 24
"""In the strip; older ones stay in `panel.jobs` and in the library."""
THUMBNAIL_SIDE: Final = 240
"""Pixels; shown at most half as large."""
PRICES_PER_SECOND: Final = 4
STALE_PRICE_SECONDS: Final = 0.25
"""For how long a price stays on the button after it was overtaken; longer would be untrue."""

PLACEHOLDERS: Final = {
    "prompt": "What to draw, such as: a lighthouse at dawn, gulls over the surf",
    "negative_prompt": "What to leave out of the picture",
}


class Strip(anywidget.AnyWidget):
    """The pictures made so far; choosing one puts its values back into the form."""

    _esm = page.esm("panel_strip.js")
    _css = page.css("panel.css")

    pictures: traitlets.List[dict[str, Any]] = traitlets.List().tag(sync=True)
    """Newest first: dicts of key, data (JPEG bytes), type, alt and label."""
    current = traitlets.Unicode("").tag(sync=True)
    """The key of the picture that is shown large, or ""."""
    fields = traitlets.Dict().tag(sync=True, **widget_serialization)
    """The form's widgets by field, for the page to say what they show when Generate is clicked."""


class Footer(anywidget.AnyWidget):
    """The form as a line of code, with what is left on the account."""

    _esm = page.esm("panel_footer.js")

    code = traitlets.Unicode("").tag(sync=True)
    """What makes the same picture, or "" while something is wrong."""
    note = traitlets.Unicode("").tag(sync=True)
    """What is left on the account, in words."""
    simulated = traitlets.Bool(default_value=False).tag(sync=True)


class Panel(VBox):
    """
    A form for pictures: fields, the price of the next click, and the pictures made so far.

    Made by `leo.panel()`. It is an ipywidget and sits in any HBox or VBox. Shown as a cell's last
    line it owns its output, and `freeze()` turns that into plain pictures.

    Attributes:
        generate_button: Does what `generate()` does.
    """

    __module__ = "leonardo_nb"

    _is_closed = False
    _is_built = False  # close() may come before the rest

    def __init__(
        self, prompt: str = "", *, studio: Studio | None = None, **starting_values: object
    ) -> None:
        self._chosen, has_seed = form.started(prompt, starting_values)
        self._studio = studio or default_studio()
        self._guard = threading.RLock()
        self._sending = threading.RLock()
        self._keeping = threading.Lock()
        self._version = 0
        self._drawer: int | None = None  # the thread that sets widgets, which nobody else did
        self._draws_seed = not has_seed
        self._jobs: list[GenerationJob] = []
        self._keys: dict[str, str] = {}
        self._last: GenerationJob | None = None
        self._current: GenerationJob | None = None
        self._dismissed: set[str] = set()
        self._cards: dict[str, Card] = {}
        self._follows: dict[str, Callable[[], None]] = {}
        self._thumbnails: dict[str, dict[str, Any]] = {}
        self._requested: set[str] = set()
        self._price: Cost | None = None
        self._price_key = ""  # what was asked for last
        self._price_of = ""  # what the price is of
        self._problem = ""
        self._account_problem = ""
        self._slots: list[tuple[Slot, Slot]] = []
        self._ends: list[Callable[[], None]] = []

        self._plain = Layout()
        self._controls: dict[str, Any] = {}
        self._choices: dict[str, tuple[form.Choice, ...]] = {}
        self._boxes: dict[str, VBox] = {}
        self._notes: dict[str, HTML] = {}
        super().__init__(children=self._built())
        self.add_class("leo-panel")
        self._is_built = True

        engine = self._studio.engine
        self._gather = Gather(engine, self._draw)
        self._pricing = Gather(engine, self._ask_price, PRICES_PER_SECOND)
        self._draw()
        self._pricing.ask()
        self._ask_account()

    # ---- what it says to the outside ------------------------------------------------------------

    @property
    def values(self) -> dict[str, object]:
        """What the form says now, as `leo.generate(**panel.values)` takes it: what differs."""
        return form.values_of(self._chosen)

    @property
    def request(self) -> CreateGeneration:
        """
        The request that the form makes now.

        Raises:
            InvalidRequest: Something is wrong with it; the sentence is the one on the page.
        """
        return form.request_of(self._chosen)

    @property
    def jobs(self) -> tuple[GenerationJob, ...]:
        """The jobs asked for here, oldest first."""
        return tuple(self._jobs)

    @property
    def last(self) -> GenerationJob | None:
        """The job that gave pictures last, or None."""
        return self._last

    def generate(self) -> GenerationJob:
        """
        Ask for what the form says, as its button does; return the job at once.

        The same values with the same seed give the same pictures, so they are not paid for again:
        the job that has them is returned.

        Raises:
            InvalidRequest: Something is wrong with the values.
        """
        # the engine draws under the guard, so nobody may wait for the engine while holding it
        if not self._sending.acquire(blocking=not self._studio.engine.is_current_thread()):
            raise EngineThreadError("Another thread is sending this panel's job; try again.")
        try:
            with self._guard:
                request = form.request_of(self._chosen)
                job = self._job_of(request)
            if job is None:
                self._dismissed.update(old.uid for old in self._jobs if old.done())
                job = self._studio.submit(request)
                self._adopt(job)
            with self._guard:
                self._current = job
                self._problem = ""
                if self._draws_seed and self._chosen.get("seed") == request.seed:
                    self._chosen = form.changed(self._chosen, "seed", form.drawn_seed())
                self._version += 1
        finally:
            self._sending.release()
        self._gather.ask()
        return job

    def freeze(self) -> None:
        """
        Turn the outputs that show this panel into plain pictures, each with its code.

        A widget in a saved notebook is an error message after a restart, plain pictures are not.
        The panel itself goes on; showing it again opens a live one.
        """
        frozen = freeze_album(self._jobs)
        with self._keeping:
            slots, self._slots = self._slots, []
            for live, kept in slots:
                live.replace(frozen)
                kept.replace(Frozen({"text/html": "<span></span>", "text/plain": ""}, {}))

    def close(self) -> None:
        """
        Take the panel off every page, with everything that it is made of; its jobs go on.

        What a saved notebook shows in its place stays; `freeze()` shows it at once.
        """
        if not self._is_built:
            super().close()
            return
        with self._guard:
            self._is_closed = True
            cards, self._cards = list(self._cards.values()), {}
            ends, self._ends = self._ends, []
        for end in ends:
            end()
        for widget in (self, self._empty, *self._notes.values()):
            for part in [*_parts(widget)]:
                if part is not self:
                    part.close()
        super().close()
        for card in cards:
            self._let_go(card)

    def __repr__(self) -> str:
        count = len(self._jobs)
        jobs = "no job yet" if not count else "1 job" if count == 1 else f"{count} jobs"
        prompt = str(self._chosen["prompt"])
        said = f'"{prompt[:40]}…"' if len(prompt) > 40 else f'"{prompt}"'
        return f"<Panel {said}, {jobs}>" if prompt else f"<Panel {jobs}>"

    def _ipython_display_(self) -> None:
        if host() != "kernel":
            write_plain(repr(self))
            return
        live, kept = Slot(), Slot()
        # stays as it is while the panel changes, so it counts nothing
        live.show(self, plain="A panel for making pictures; run this cell to have it.")
        # beside the widget, hidden while it lives: what a saved notebook shows in its place
        kept.show(keep_album(self._jobs))
        with self._keeping:
            self._slots.append((live, kept))

    def _keep(self) -> None:
        try:
            with self._keeping:
                if self._slots:
                    album = keep_album(self._jobs)
                    for _live, kept in self._slots:
                        kept.show(album)
        except Exception:
            logger.exception("The pictures of %r could not be put into the notebook.", self)

    # ---- building -------------------------------------------------------------------------------

    def _built(self) -> list[Any]:
        for field in form.FIELDS:
            self._boxes[field.name] = self._box(field)
        boxes = [self._boxes[field.name] for field in form.FIELDS if not field.folded]
        toggles = [self._boxes[f.name] for f in _folded("toggle")]
        others = [self._boxes[f.name] for f in form.FIELDS if f.folded and f.control != "toggle"]
        self._more = Accordion(
            [
                self._styled(
                    VBox,
                    [
                        self._styled(Box, toggles, "leo-toggles"),
                        self._styled(Box, others, "leo-grid"),
                    ],
                    "leo-folded",
                )
            ],
            titles=("More",),
            layout=self._plain,
        )
        self._more.add_class("leo-more")
        self.generate_button = Button(description="Generate", layout=self._plain)
        self.generate_button.add_class("leo-generate")
        self.generate_button.on_click(self._clicked)
        self._reason = HTML(layout=self._plain)
        self._reason.add_class("leo-reason")
        self._footer = Footer(simulated=self._studio.simulated, layout=self._plain)
        self._empty = HTML(layout=self._plain)
        self._empty.add_class("leo-empty")
        self._shown = self._styled(VBox, [self._empty], "leo-shown")
        self._strip = Strip(fields=self._seen_fields(), layout=self._plain)
        self._strip.on_msg(self._heard)
        asking = [
            *boxes[:2],
            self._styled(Box, boxes[2:], "leo-grid"),
            self._more,
            self._styled(Box, [self.generate_button, self._reason], "leo-go"),
            self._footer,
        ]
        return [
            self._styled(
                Box,
                [
                    self._styled(VBox, asking, "leo-form"),
                    self._styled(VBox, [self._shown, self._strip], "leo-stage"),
                ],
                "leo-columns",
            )
        ]

    def _styled(self, kind: Any, children: Sequence[Any], name: str) -> Any:  # noqa: ANN401  ipywidgets is untyped
        box = kind(children, layout=self._plain)
        box.add_class(name)
        return box

    def _seen_fields(self) -> dict[str, Any]:
        return {
            name: control
            for name, control in self._controls.items()
            if not isinstance(control, (Button, Dropdown))
        }

    def _box(self, field: form.Field) -> VBox:
        about = {"description": field.label, "tooltip": field.help, "layout": self._plain}
        control: Any
        match field.control:
            case "prose":
                rows = 3 if field.name == "prompt" else 1
                place = PLACEHOLDERS.get(field.name, "")
                control = Textarea(rows=rows, placeholder=place, **about)
                control.add_class(f"leo-prose-{rows}")
            case "toggle":
                control = Checkbox(indent=False, **about)
            case "slider":
                kind = IntSlider if field.whole else FloatSlider
                shown = {} if field.whole else {"readout_format": ".4"}
                control = kind(
                    value=field.low,
                    min=field.low,
                    max=field.high,
                    step=field.step,
                    **shown,
                    **about,
                )
            case "menu" | "size":
                self._choices[field.name] = (("", None),)
                control = Dropdown(options=[""], index=0, **about)
            case "number":
                control = IntText(**about)
        self._controls[field.name] = control
        changes = "index" if field.control in {"menu", "size"} else "value"
        control.observe(partial(self._took, field.name), changes)
        inside = self._styled(Box, [control, *self._beside(field)], f"leo-line-{field.control}")
        return self._styled(VBox, [inside], "leo-field")

    def _beside(self, field: form.Field) -> list[Any]:
        if field.name == "size":
            sides = []
            for name in ("width", "height"):
                side = IntText(
                    description=name.capitalize(), tooltip=f"{name}, in pixels", layout=self._plain
                )
                side.add_class("leo-side")
                side.observe(partial(self._took_side, name), "value")
                self._controls[name] = side
                sides.append(side)
            return sides
        if field.name == "seed":
            dice = Button(
                description="Draw another seed", tooltip="Draw another seed", layout=self._plain
            )
            dice.add_class("leo-dice")
            dice.on_click(lambda _button: self._take("seed", form.drawn_seed()))
            fresh = Checkbox(
                description="new each time",
                tooltip="Draw another seed after every Generate",
                indent=False,
                layout=self._plain,
            )
            fresh.add_class("leo-fresh")
            fresh.observe(self._took_fresh, "value")
            self._controls["dice"], self._controls["fresh"] = dice, fresh
            return [dice, fresh]
        return []

    # ---- what the page says; on any thread ------------------------------------------------------

    def _took(self, name: str, change: Any) -> None:  # noqa: ANN401  traitlets' Bunch
        if self._drawer == threading.get_ident():
            return
        value = change["new"]
        if name in self._choices:
            choices = self._choices[name]
            if value is None or not 0 <= value < len(choices):
                return
            value = choices[value][1]
        elif isinstance(value, float):
            value = round(value, 6)  # a slider's steps add up to 7.199999999999999
        self._take(name, int(value) if isinstance(value, float) and value == int(value) else value)

    def _took_side(self, name: str, change: Any) -> None:  # noqa: ANN401  traitlets' Bunch
        if self._drawer == threading.get_ident():
            return
        width, height = form.size_of(self._chosen)
        size = (change["new"], height) if name == "width" else (width, change["new"])
        self._take("size", size)

    def _took_fresh(self, change: Any) -> None:  # noqa: ANN401  traitlets' Bunch
        if self._drawer != threading.get_ident():
            with self._guard:
                self._draws_seed = bool(change["new"])

    def _take(self, name: str, value: object) -> None:
        with self._guard:
            self._chosen = form.changed(self._chosen, name, value)
            self._version += 1
            self._problem = ""
        self._gather.ask()
        self._pricing.ask()

    def _clicked(self, _button: object) -> None:
        try:
            self.generate()
        except (LeonardoError, RuntimeError) as error:  # RuntimeError: the studio is closed
            self._problem = str(error)
            self._gather.ask()

    def _heard(self, _widget: object, content: Any, _buffers: object) -> None:  # noqa: ANN401  a page can send anything
        if not isinstance(content, dict):
            return
        match content.get("do"):
            case "use":
                self._use(str(content.get("key")))
            case "generate" if not self.generate_button.disabled:
                self._see(content.get("values"))
                self._clicked(None)
            case "see":
                self._see(content.get("values"))

    def _see(self, values: object) -> None:
        """
        Take what stands in the fields on the page at the moment of a click.

        A text that is still being typed is sent in pieces, and a click overtakes the last ones
        while the kernel is busy; what is paid for must be what was on the page.
        """
        for name, value in values.items() if isinstance(values, dict) else ():
            control = self._controls.get(name)
            if control is not None and value is not None and control.value != value:
                try:
                    control.value = value
                except traitlets.TraitError:
                    logger.warning("The page sent %r for %s.", value, name)

    def _use(self, key: str) -> None:
        """Put the values of a picture back into the form, and show it large."""
        uid = key.rpartition("-")[0]
        job = next((each for each in self._jobs if each.uid == uid), None)
        if job is None:
            return
        with self._guard:
            self._chosen = form.chosen_of(job.request)
            self._draws_seed = False
            self._current = job
            self._problem = ""
            self._version += 1
        self._gather.ask()
        self._pricing.ask()

    # ---- jobs -----------------------------------------------------------------------------------

    def _job_of(self, request: CreateGeneration) -> GenerationJob | None:
        """Return the job that has, or will have, the pictures of *request*."""
        key = request.content_key()
        for job in reversed(self._jobs):
            is_open = job.state not in {State.FAILED, State.CANCELLED}
            # what may be paid is not paid for again here: its card asks what to do
            if self._keys[job.uid] == key and (is_open or facts_of(job).asks):
                return job
        return None

    def _adopt(self, job: GenerationJob) -> None:
        with self._guard:
            if job.uid in self._keys:
                return
            self._jobs.append(job)
            self._keys[job.uid] = job.request.content_key()
            self._current = job
            self._ends.append(job.subscribe(self._job_changed))
        job.add_done_callback(self._job_ended)
        self._gather.ask()

    def _replaced(self, job: Any) -> None:  # noqa: ANN401  a GenerationJob
        """A card goes on with another job of the same name, and so does what is shown here."""
        with self._guard:
            self._jobs = [job if each.uid == job.uid else each for each in self._jobs]
            if self._current is not None and self._current.uid == job.uid:
                self._current = job
            self._ends.append(job.subscribe(self._job_changed))
        job.add_done_callback(self._job_ended)
        self._gather.ask()

    def _job_changed(self, _job: object) -> None:
        self._gather.ask()

    def _job_ended(self, job: GenerationJob) -> None:
        if self._is_closed:
            return
        if job.state is State.COMPLETE:
            self._last = job
            painters().submit(self._keep)
        self._gather.ask()

    def _made_again(self, change: Any) -> None:  # noqa: ANN401  traitlets' Bunch
        """The card's own "Again" makes a job too, and it belongs here."""
        for card in change["new"]:
            if (
                card.job.kind == "generation"
            ):  # a film or a larger picture stands below its card only
                self._adopt(card.job)

    # ---- money ----------------------------------------------------------------------------------

    def _ask_account(self) -> None:
        refresh = self._studio._runner.refresh_account  # noqa: SLF001  `refresh()` would block
        try:
            asked = self._studio.engine.run(refresh)
        except RuntimeError:  # the studio is closed; the first click says so
            logger.debug("The balance could not be asked for.", exc_info=True)
        else:
            asked.add_done_callback(self._accounted)

    def _accounted(self, asked: Future[Any]) -> None:
        error = asked.exception()
        if isinstance(error, LeonardoError):
            self._account_problem = str(error)
        elif error is not None:  # the studio was closed meanwhile; there is nobody to tell
            logger.debug("The balance could not be asked for.", exc_info=error)
            return
        self._gather.ask()

    def _ask_price(self) -> None:
        try:
            request = form.request_of(self._chosen if self._has_prompt() else self._with_prompt())
        except LeonardoError:
            return
        key = json.dumps(request.pricing(), sort_keys=True)
        if key == self._price_key:
            return
        self._price_key = key
        engine = self._studio.engine
        engine.call_later(STALE_PRICE_SECONDS, self._forget_price, key)
        asked = self._studio.price_later(request)
        asked.add_done_callback(lambda future: self._priced(key, future))

    def _has_prompt(self) -> bool:
        return bool(str(self._chosen["prompt"]).strip())

    def _with_prompt(self) -> dict[str, object]:
        return {**self._chosen, "prompt": "-"}  # the price does not depend on the words

    def _priced(self, key: str, future: Future[Cost]) -> None:
        if key != self._price_key or future.cancelled():  # the latest wins
            return
        error = future.exception()
        self._price = None if error is not None else future.result()
        self._price_of = key
        if error is not None:
            logger.info("The price is not known: %s", error)
            self._price_key = ""
        self._gather.ask()

    def _forget_price(self, key: str) -> None:
        if key == self._price_key != self._price_of:
            self._price = None
            self._gather.ask()

    # ---- drawing; on the engine's thread --------------------------------------------------------

    def _draw(self) -> None:
        if self._is_closed:
            return
        with self._guard:
            chosen, version = dict(self._chosen), self._version
        found = form.problems(chosen)
        self._drawer = threading.get_ident()
        try:
            self._draw_fields(chosen, version)
            self._draw_problems(chosen, found)
            self._draw_foot(chosen, found)
            self._draw_stage(chosen)
            self._draw_strip()
        finally:
            self._drawer = None

    def _draw_fields(self, chosen: dict[str, object], version: int) -> None:
        values = form.shown(chosen)
        width, height = form.size_of(chosen)
        sides = {"width": width, "height": height, "fresh": self._draws_seed}
        with self._guard:
            if version != self._version:
                return  # what is on the page is newer, and has asked for a drawing of its own
            for field in form.FIELDS:
                if field.name in self._choices:
                    self._draw_menu(field.name, chosen, values[field.name])
                else:
                    _set(self._controls[field.name], "value", values[field.name])
            for name, value in sides.items():
                _set(self._controls[name], "value", value)
        _set(self._more, "titles", (form.folded_words(chosen),))

    def _draw_menu(self, name: str, chosen: dict[str, object], value: object) -> None:
        control, choices = self._controls[name], form.menu(name, chosen)
        index = next(at for at, (_, each) in enumerate(choices) if each == value)
        with control.hold_sync():
            if choices != self._choices[name]:
                self._choices[name] = choices
                control.options = [label for label, _ in choices]
            _set(control, "index", index)

    def _draw_problems(self, chosen: dict[str, object], found: tuple[form.Problem, ...]) -> None:
        sentences: dict[str, list[str]] = {}
        wrong: set[str] = set()
        for problem in found:
            if problem.members == ("prompt",) and not str(chosen["prompt"]).strip():
                continue  # nobody has done anything wrong yet
            wrong.update(field.name for field in problem.fields)
            if problem.fields:
                sentences.setdefault(problem.fields[0].name, []).append(problem.sentence)
        for field in form.FIELDS:
            box = self._boxes[field.name]
            _mark(box, "leo-wrong", on=field.name in wrong)
            line = box.children[0]
            if field.name not in sentences:
                _set(box, "children", (line,))
                continue
            note = self._notes.get(field.name)
            if note is None:
                note = self._notes[field.name] = HTML(layout=self._plain)
                note.add_class("leo-problem")
            _set(note, "value", html.escape(" ".join(sentences[field.name])))
            _set(box, "children", (line, note))
        if any(field.folded and field.name in wrong for field in form.FIELDS):
            _set(self._more, "selected_index", 0)

    def _draw_foot(self, chosen: dict[str, object], found: tuple[form.Problem, ...]) -> None:
        made = None
        if not found:
            with self._guard:
                made = self._job_of(form.request_of(chosen))
        # an empty prompt has a price too; anything else that is wrong has none
        is_priced = self._price is not None and all(p.members == ("prompt",) for p in found)
        price = f"  {self._price}" if is_priced else ""
        account = self._studio.account
        unreached = self._account_problem if account is None else ""
        reason = form.reason(found) or self._problem or unreached
        if made is not None and not reason:
            reason = (
                "These values are being drawn."
                if not made.done()
                else "It may have been paid already; its card asks what to do."
                if made.state is State.FAILED
                else "This picture is made already. Change a value, or draw another seed."
            )
        button = self.generate_button
        with button.hold_sync():
            _set(button, "description", f"Generate{price}")
            _set(button, "disabled", bool(found) or made is not None)
            _set(button, "tooltip", " ".join(problem.sentence for problem in found) or reason)
        also = form.carried(chosen)
        if also and not reason:
            reason = f"Sent along: {', '.join(also)}."
        _set(self._reason, "value", html.escape(reason))
        left = account.balance if account is not None else None
        with self._footer.hold_sync():
            _set(self._footer, "code", "" if found else form.request_of(chosen).code())
            _set(self._footer, "note", "" if left is None else f"{left} left")

    def _draw_stage(self, chosen: dict[str, object]) -> None:
        with self._guard:
            current = self._current
            others = [
                job
                for job in reversed(self._jobs)
                if job is not current
                and (not job.done() or job.state is State.FAILED)
                and job.uid not in self._dismissed
            ]
        if current is None:
            _set(self._empty, "value", _empty_frame(*form.size_of(chosen)))
            return
        wanted = [current, *others]
        kept = {job.uid for job in wanted}
        with self._guard:
            if self._is_closed:
                return
            cards = tuple(self._card(job) for job in wanted)
            gone = [self._cards.pop(uid) for uid in [*self._cards] if uid not in kept]
        _set(self._shown, "children", cards)
        for card in gone:
            self._let_go(card)

    def _card(self, job: GenerationJob) -> Card:
        card = self._cards.get(job.uid)
        if card is None or not card.is_open:
            card = self._cards[job.uid] = shared_card(job)
            self._studio.engine.call_soon(card.hold)
            card.observe(self._made_again, "made")
            self._follows[job.uid] = card.on_follow(self._replaced)
        return card

    def _let_go(self, card: Card) -> None:
        card.unobserve(self._made_again, "made")
        self._follows.pop(card.job.uid, lambda: None)()
        try:
            self._studio.engine.call_soon(partial(card.release, stays=False))
        except RuntimeError:  # the engine has closed; nothing else will close it
            card.close()

    def _draw_strip(self) -> None:
        pictures: list[dict[str, Any]] = []
        for job in reversed(self._jobs):
            if job.state is not State.COMPLETE or len(pictures) >= MAX_PICTURES:
                continue
            for index, image in enumerate(job.images):
                key = f"{job.uid}-{index}"
                if key in self._thumbnails:
                    pictures.append(self._thumbnails[key])
                elif key not in self._requested:
                    self._requested.add(key)
                    self._aside(key, job, image)
        pictures = pictures[:MAX_PICTURES]
        kept = {picture["key"] for picture in pictures}
        if len(self._thumbnails) > 2 * MAX_PICTURES:
            self._thumbnails = {k: v for k, v in self._thumbnails.items() if k in kept}
        if [each["key"] for each in pictures] != [each["key"] for each in self._strip.pictures]:
            self._strip.pictures = pictures
        chosen = "" if self._current is None else self._current.uid
        _set(self._strip, "current", chosen)

    def _aside(self, key: str, job: GenerationJob, image: Any) -> None:  # noqa: ANN401  an Image
        """Make a thumbnail off the engine, which has jobs to look after."""

        def ended(future: Future[tuple[bytes, int, int]]) -> None:
            error = future.exception()
            if error is not None:
                logger.warning("A picture cannot be shown in its panel.", exc_info=error)
                return
            data, width, height = future.result()
            seed = job.request.seed
            self._thumbnails[key] = {
                "key": key,
                "data": data,
                "type": "image/jpeg",
                "alt": job.request.prompt,
                "label": f"Use these values again: seed {seed}, {job.request.prompt}",
                "shape": width / height,
            }
            self._gather.ask()

        painter: Callable[..., tuple[bytes, int, int]] = thumbnail
        painters().submit(painter, image, longest=THUMBNAIL_SIDE).add_done_callback(ended)


def panel(prompt: str = "", *, studio: Studio | None = None, **starting_values: object) -> Panel:
    """
    Return a form for pictures, which shows itself; no code has to be typed.

    Args:
        prompt: What stands in it at first.
        studio: Whom it asks for pictures; else the default studio.
        **starting_values: As in `leo.generate`; without a seed, every click draws another.

    Raises:
        UnknownParameter: There is no such parameter; names the nearest.
        InvalidRequest: A value that the service would refuse; names member and nearest value.
    """
    return Panel(prompt, studio=studio, **starting_values)


def _folded(control: form.Control) -> list[form.Field]:
    return [field for field in form.FIELDS if field.folded and field.control == control]


def _parts(widget: Any) -> Iterator[Widget]:  # noqa: ANN401  ipywidgets is untyped
    """Return *widget* and all that it is made of, but for cards, which others may show too."""
    if isinstance(widget, Card):
        return
    yield widget
    for name in ("layout", "style"):
        if isinstance(part := getattr(widget, name, None), Widget):
            yield part
    for child in getattr(widget, "children", ()):
        yield from _parts(child)


def _set(widget: Any, name: str, value: object) -> None:  # noqa: ANN401  ipywidgets is untyped
    if getattr(widget, name) != value:
        setattr(widget, name, value)


def _mark(widget: Any, name: str, *, on: bool) -> None:  # noqa: ANN401  ipywidgets is untyped
    if on:
        widget.add_class(name)
    else:
        widget.remove_class(name)


def _empty_frame(width: object, height: object) -> str:
    """Return the place where the picture will be, in its shape."""
    is_size = isinstance(width, int) and isinstance(height, int) and width > 0 < height
    ratio = f"{width} / {height}" if is_size else "4 / 3"
    return f'<div style="aspect-ratio: {ratio}"><span>The picture will be here</span></div>'
