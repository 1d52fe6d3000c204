"""
What a card says: every word, rounding and total, as plain functions on plain values.

The page only draws what stands here, so wording is tested without Jupyter or a browser. The
frozen picture takes its caption from here too, so both always say the same.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Any, Final

from leonardo_nb.engine.lifecycle import Charge
from leonardo_nb.engine.media import file_size
from leonardo_nb.engine.standing import ELSEWHERE, FROM_LIBRARY, NO_COST, history
from leonardo_nb.errors import (
    AuthenticationError,
    BudgetExceeded,
    ConnectionFailed,
    DownloadFailed,
    InvalidRequest,
    JobFailed,
    JobTimeout,
    LibraryError,
    ModerationError,
    NotEnoughCredits,
    OutcomeUnknown,
    RateLimited,
    RequestRefused,
)
from leonardo_nb.money import Credits
from leonardo_nb.service.catalog.guidances import guidance_of_preprocessor
from leonardo_nb.service.plain import as_shown, on_one_line
from leonardo_nb.service.requests import ImageToVideo, Upscale

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from leonardo_nb.engine.job import Job
    from leonardo_nb.errors import Candidate
    from leonardo_nb.money import Cost
    from leonardo_nb.service.requests import Body

__all__ = [
    "CardFacts",
    "candidate_lines",
    "card_view",
    "day_of",
    "error_lines",
    "error_of",
    "facts_of",
    "money_line",
    "offers",
    "parameter_pairs",
    "seconds",
    "shown_value",
    "steady_line",
    "way_of",
]

VALUE_LENGTH = 80
"""Characters of one parameter's value; a negative prompt can have a thousand."""
SHORT_ID = 8
"""Characters of an id that tell it from others."""
AT_ONCE_SECONDS = 0.1
"""A shorter time is not worth saying."""
ANY_ID = "00000000-0000-4000-8000-000000000000"
"""Stands for a picture where only the price is asked for."""

MARKS = {
    "waiting": "circle",
    "sending": "circle",
    "searching": "broken",
    "drawing": "quarter",
    "saving": "quarter",
    "done": "disc",
    "failed": "triangle",
    "unknown": "broken",
    "stopped": "square",
}

WORDS = {
    "waiting": "Waiting",
    "sending": "Sending",
    "searching": "Answer lost, looking for it",
    "drawing": "Drawing",
    "saving": "Saving",
    "done": "Done",
    "failed": "Failed",
    "unknown": "Outcome unknown",
    "stopped": "Stopped",
}

WORKING = {"video": "Rendering", "variation": "Working"}
"""What stands in the place of "Drawing" for jobs that do something else, by kind."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CardFacts:
    """
    What was true of a job at one moment.

    A live job must not cross threads into a widget; this can.
    """

    state: str
    sent: bool
    kind: str = "generation"
    """`"generation"`, `"video"` or `"variation"`."""
    elapsed: float
    """Seconds since the job was made, until now or until it ended."""
    at: float
    """When these facts were true, in seconds since 1970, for a page that is opened later."""
    expected: float | None = None
    """How many seconds such a job usually takes."""
    charge: Charge = Charge.NONE
    """Whether money was spent on it."""
    cost: Cost | None = None
    """What the service charged, once it has said so."""
    price: Cost | None = None
    """What the calculator said beforehand."""
    balance: Cost | None = None
    simulated: bool = False
    prompt: str = ""
    """The prompt, or what is done to a picture, in words."""
    parameters: tuple[tuple[str, str], ...] = ()
    notes: tuple[str, ...] = ()
    error: BaseException | None = None
    id: str | None = None
    code: str = ""
    width: int = 1024
    height: int = 768
    count: int = 1
    """How many pictures or videos were asked for."""
    arrived: int = 0
    """How many of them are here."""
    detail: str = ""
    """What has come, in numbers: size and duration of a video, sizes before and after."""
    has_seed: bool = True
    """Whether it is drawn from a number, so that another one gives another result."""
    path: str = ""
    """Where the file of a video is."""
    lost: str = ""
    """Why the answer to its request was lost, or "" where it was not."""
    searched: bool = False
    """Whether the account's newest jobs are being searched for it."""
    history: tuple[str, ...] = ()
    """What stays true after its end and bears on what it cost, see `engine.standing`."""
    reused: bool = False
    """Whether it was in the library when it was asked for."""
    elsewhere: bool = False
    """Whether another kernel works on it."""
    created: datetime | None = None
    """When it was asked for."""
    chosen: int | None = None
    """Which picture was opened last, from 0: the one that "Upscale" acts on."""
    prices: Mapping[str, Cost] = field(default_factory=dict)
    """What the calculator says of what can be made of a picture, by action."""

    @property
    def phase(self) -> str:
        """The state as a reader of the card thinks of it, a key of `WORDS`."""
        match self.state:
            case "complete":
                return "done"
            case "failed":
                return "unknown" if self.asks else "failed"
            case "cancelled":
                return "stopped"
            case "request" if self.searched:
                return "searching"
            case "request":
                return "sending" if self.sent else "waiting"
            case _:
                return "saving" if self.arrived else "drawing"

    @property
    def asks(self) -> bool:
        """Whether it waits for somebody's word: nobody knows if it was accepted and paid."""
        return isinstance(self.error, OutcomeUnknown) and self.charge is Charge.UNKNOWN

    @property
    def candidates(self) -> tuple[Candidate, ...]:
        """The jobs at the service that may be it, where it waits for somebody's word."""
        return self.error.candidates if isinstance(self.error, OutcomeUnknown) and self.asks else ()

    @property
    def word(self) -> str:
        """The phase in a word or a few, those of the kind of job."""
        if self.phase == "done" and self.reused:
            return FROM_LIBRARY.capitalize()
        if self.phase == "drawing":
            return WORKING.get(self.kind, WORDS["drawing"])
        return WORDS[self.phase]

    @property
    def counted(self) -> str:
        """What is here, in words: "1 picture", "4 pictures", "1 video"."""
        noun = "video" if self.kind == "video" else "picture"
        return f"1 {noun}" if self.arrived == 1 else f"{self.arrived} {noun}s"

    @property
    def is_final(self) -> bool:
        """True once nothing more will happen."""
        return self.phase in {"done", "failed", "unknown", "stopped"}


def facts_of(
    job: Job[Any], *, chosen: int | None = None, prices: Mapping[str, Cost] | None = None
) -> CardFacts:
    """
    Return what is true of *job* now; callable from any thread.

    Args:
        job: Of any kind.
        chosen: Which of its pictures was opened last, from 0.
        prices: What the calculator says of what can be made of them, by action; see `offers`.
    """
    request = job.request
    expected = job.expected
    snapshot = job.snapshot
    if expected is not None and snapshot.accepted is not None:
        expected += snapshot.accepted - snapshot.started  # the job's own counts from its acceptance
    source = getattr(job, "source", None)  # pictures from words begin with nothing
    width, height, count = request.frame(None if source is None else (source.width, source.height))
    video = getattr(job, "video", None)
    arrived = len(job.images)
    if job.kind == "video":
        arrived = int(video is not None)  # its still may be missing
    made = video or (job.images[0] if job.kind == "variation" and arrived else None)
    if made is not None:
        width, height = made.width, made.height
    notable = dict(request.notable())
    if source is not None:  # it is seen, so that its id need not be read
        notable = {name: value for name, value in notable.items() if value != request.source_id}
    return CardFacts(
        kind=job.kind,
        state=str(job.state),
        sent=job.sent,
        charge=job.charge,
        elapsed=job.elapsed,
        at=time.time(),
        expected=expected,
        cost=job.cost,
        price=job.price,
        balance=job.balance,
        simulated=job.simulated,
        prices=prices or {},
        prompt=as_shown(request.caption),
        parameters=parameter_pairs(notable),
        notes=snapshot.notes,
        error=job.error,
        id=job.id,
        code=request.code(),
        width=width,
        height=height,
        count=count,
        arrived=arrived,
        detail=_detail(made, source),
        lost=on_one_line(snapshot.lost or ""),
        searched=snapshot.is_searched,
        history=history(snapshot),
        reused=snapshot.reused,
        elsewhere=snapshot.elsewhere,
        created=job.created,
        has_seed=getattr(request, "seed", None) is not None,
        path="" if video is None else str(video.path),
        chosen=chosen,
    )


def _detail(made: Any, source: Any) -> str:  # noqa: ANN401  an Image or a Video
    """Return in numbers what a video is, or what has become of a picture."""
    if made is None:
        return ""
    size = _size(made)
    if hasattr(made, "duration"):
        return f"{size}, {seconds(made.duration)}, {file_size(made.size_bytes)}"
    return size if source is None or _size(source) == size else f"{_size(source)} to {size}"


def _size(shown: Any) -> str:  # noqa: ANN401  an Image or a Video
    return f"{shown.width} × {shown.height}"  # noqa: RUF001  typographic


def steady_line(facts: CardFacts, noun: str = "Generation") -> str:
    """
    Return the job as one line without id, date or seconds, the same at every run of a notebook.

    >>> facts = CardFacts(state="complete", sent=True, elapsed=8, at=0, prompt="a fox", arrived=1)
    >>> steady_line(facts)
    '<Generation complete, 1 image: "a fox">'
    """
    parts = [facts.state]
    if facts.arrived:
        parts.append(facts.counted.replace("picture", "image"))
    if facts.reused:
        parts.append(FROM_LIBRARY)
    elif facts.cost is not None:
        parts.append(str(facts.cost))
    return f'<{noun} {", ".join(parts)}: "{_cut(facts.prompt)}">'


def _cut(text: str) -> str:
    """Return *text* in one line of bearable length."""
    text = " ".join(text.split())
    return text if len(text) <= VALUE_LENGTH else text[: VALUE_LENGTH - 1].rstrip() + "…"


def seconds(value: float) -> str:
    """
    Return a duration as a person says it; the page's clock reads the same.

    >>> seconds(8.34), seconds(34.2), seconds(65)
    ('8.3 s', '34 s', '1 min 05 s')
    """
    tenths = int(value * 10)
    if tenths < 100:
        return f"{tenths / 10:.1f} s"
    minutes, rest = divmod(tenths // 10, 60)
    return f"{minutes} min {rest:02d} s" if minutes else f"{rest} s"


def shown_value(value: object) -> str:
    """
    Return a parameter's value as short text.

    >>> shown_value(7.0), shown_value(True), shown_value([{"akUUID": "x"}])
    ('7', 'yes', '[{"akUUID": "x"}]')
    """
    if value is None:
        return "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:g}"
    if isinstance(value, Mapping) or (isinstance(value, Sequence) and not isinstance(value, str)):
        value = json.dumps(value, ensure_ascii=False, default=str)
    return _cut(as_shown(value))


def parameter_pairs(notable: Mapping[str, object]) -> tuple[tuple[str, str], ...]:
    """
    Return what differs from the defaults as (name, value) text, width and height as one size.

    A picture that is pointed at is seen or is nothing to read, so its id is left out or cut, and
    an inpainting says how strong it is in the word of `leo.inpaint`.

    >>> parameter_pairs({"controlnets": [{"preprocessorId": 166, "strengthType": "High"}]})
    (('controlnets', 'style High'),)
    >>> parameter_pairs(
    ...     {
    ...         "canvasRequest": True,
    ...         "canvasRequestType": "INPAINT",
    ...         "canvasInitId": "a",
    ...         "canvasMaskId": "b",
    ...         "init_strength": 0.1,
    ...     }
    ... )
    (('strength', '0.9'),)
    """
    pairs: dict[str, str] = {}
    is_inpainting = notable.get("canvasRequestType") == "INPAINT"
    for name, value in notable.items():
        if name in {"width", "height"} and {"width", "height"} <= notable.keys():
            pairs["size"] = f"{notable['width']} × {notable['height']}"  # noqa: RUF001  typographic
        elif name in _CANVAS or (is_inpainting and name == "canvasRequestType"):
            continue
        elif name in _FIRST_IMAGES and "init_strength" in notable:
            continue  # how much of it remains says that there is one
        elif name == "init_strength" and is_inpainting and isinstance(value, (int, float)):
            pairs["strength"] = shown_value(round(1 - value, 2))
        elif name in _IDS:
            pairs[name] = _short(value)
        elif name == "endFrameImage":
            pairs[name] = _frame(value)
        elif name in _ITEMS and isinstance(value, (list, tuple)):
            pairs[name] = ", ".join(_ITEMS[name](each) for each in value)
        else:
            pairs[name] = shown_value(value)
    return tuple(pairs.items())


_CANVAS: Final = frozenset({"canvasRequest", "canvasInitId", "canvasMaskId"})
_FIRST_IMAGES: Final = frozenset({"init_image_id", "init_generation_image_id"})
_IDS: Final = _FIRST_IMAGES | {
    "id",
    "imageId",
    "generatedImageId",
    "initImageId",
    "variationId",
    "sourceGenerationId",
}
"""Members that hold the id of a picture or video."""


def _short(identifier: object) -> str:
    """Return an id as tables show it: enough to tell it from others."""
    text = shown_value(identifier)
    return f"{text[:SHORT_ID]}…" if len(text) > 2 * SHORT_ID else text


def _frame(item: object) -> str:
    """Return the picture that a video ends with as its short id."""
    return _short(item["id"]) if isinstance(item, Mapping) and "id" in item else shown_value(item)


def _guide(item: object) -> str:
    """Return a guidance as its name and how strongly it guides, or as it is where it is unknown."""
    if not isinstance(item, Mapping):
        return shown_value(item)
    known = guidance_of_preprocessor(item.get("preprocessorId", -1))
    if known is None:
        return shown_value(item)
    strong = item.get("strengthType", item.get("weight"))
    return known.name if strong is None else f"{known.name} {shown_value(strong)}"


def _element(item: object) -> str:
    """Return an element as its id and its weight; nothing here knows its name."""
    if not isinstance(item, Mapping):
        return shown_value(item)
    name = item.get("akUUID", item.get("userLoraId"))
    if name is None:
        return shown_value(item)
    return f"{name} {shown_value(item['weight'])}" if "weight" in item else f"{name}"


_ITEMS: Final[Mapping[str, Callable[[object], str]]] = {
    "controlnets": _guide,
    "elements": _element,
    "imagePrompts": _short,
    "userElements": _element,
}
"""Members that are lists, and what is said of one item."""


def money_line(facts: CardFacts) -> str:
    """Return what the job costs or did cost, and what is left, or "" where nobody knows."""
    match facts.phase:
        case "failed" | "unknown" | "stopped":
            return _money_of_no_picture(facts)
        case "done" if facts.reused:
            return NO_COST
    amount = facts.cost if facts.cost is not None else facts.price
    if amount is None:
        return ""
    if facts.phase == "done" and facts.balance is not None:
        return f"{amount}, {_bare(facts.balance)} left"
    return str(amount)


def _money_of_no_picture(facts: CardFacts) -> str:
    match facts.charge:
        case Charge.NONE:
            return "nothing spent"
        case Charge.REFUNDED:
            return "refunded"
        case Charge.UNKNOWN:
            return "perhaps paid" if facts.price is None else f"{facts.price} perhaps paid"
        case _:
            return "" if facts.cost is None else f"{facts.cost} spent"


def _bare(amount: Cost) -> str:
    """Return *amount* without the word for its unit, for use beside another that has it."""
    return f"{amount.amount:,f}" if isinstance(amount, Credits) else str(amount)


ADVICE: tuple[tuple[type[BaseException], str], ...] = (
    (AuthenticationError, "Check the key: `leo.connect(api_key=...)` takes another."),
    (NotEnoughCredits, "Top up the account, or ask for less."),
    (ModerationError, "Change the prompt and ask again: `job.again(prompt=...)`."),
    (RateLimited, "Wait a little, then `job.again()`."),
    (RequestRefused, "Change the parameter that is named: `job.again(...)` takes changes."),
    (DownloadFailed, "It exists at the service; `leo.job(...)` with this id fetches it again."),
    (JobTimeout, "It may still finish: `leo.job(...)` with this id looks again."),
    (ConnectionFailed, "Check the connection, then `job.again()`."),
    (LibraryError, "Check that the library's folder can be written."),
    (
        OutcomeUnknown,
        "It may have been paid: look at the account's newest pictures before you send it again.",
    ),
    (BudgetExceeded, "Raise the budget in `leo.connect(budget=...)`, or ask for less."),
    (InvalidRequest, "Change the parameter that is named: `job.again(...)` takes changes."),
    (JobFailed, "`job.again()` submits the same request once more."),
)


def error_lines(error: BaseException | None) -> tuple[str, str]:
    """Return what happened (one sentence) and what to do now."""
    if error is None:
        return "", ""
    said = error.reason if isinstance(error, JobFailed) else str(error)
    text = on_one_line(said) or type(error).__name__
    # a full stop inside `code`, an address or a number does not end the sentence
    first = re.match(r"(?:`[^`]*`|[^`])*?[.!?](?=\s+[A-Z\d`])", text)
    headline = first.group(0) if first else text
    rest = text[len(headline) :].strip()
    if not rest:
        rest = next((advice for kind, advice in ADVICE if isinstance(error, kind)), "")
    return headline, rest


def card_view(facts: CardFacts, *, busy: Collection[str] = ()) -> dict[str, Any]:
    """
    Return everything that the page draws, pixels excepted.

    Args:
        facts: What is true of the job.
        busy: The actions whose job is under way, so that they wait.

    Members: `phase`, `mark`, `word`; `ticking`, `elapsed`, `at`, `expected` (seconds) for
    the page's own clock, or `time` where the clock has stopped; `money`, `simulated`, `prompt`,
    `parameters` (name and value pairs), `detail`, `unplayable` (what is said where the browser
    cannot play a video), `notes`, `error`, `advice`, `candidates` (jobs at the
    service that may be it: `id`, `short`, `asked`, `differs`, the `label` of the button that takes
    it, the `name` of that for screen readers, and `busy`), `actions` (each with `do`, `label`,
    `consequence` and `busy`), `code`, `id`, `frame` (width, height, count) and `said`, the
    sentence for screen readers, which changes with the phase and not with the seconds.
    """
    phase = facts.phase
    error, advice = error_of(facts)
    return {
        "phase": phase,
        "mark": MARKS[phase],
        "word": facts.word,
        "ticking": not facts.is_final,
        "elapsed": round(facts.elapsed, 3),
        "at": round(facts.at, 3),
        # nobody knows how long it takes to find it
        "expected": None if phase == "searching" else facts.expected,
        "time": _time(facts),
        "money": money_line(facts),
        "simulated": facts.simulated,
        "prompt": facts.prompt,
        "parameters": [list(pair) for pair in facts.parameters],
        "detail": _with_day(facts),
        "unplayable": f"This browser cannot play it; the file is at `{facts.path}`"
        if facts.path
        else "",
        "notes": _notes(facts),
        "error": error,
        "advice": advice,
        "candidates": _candidates(facts, busy),
        "actions": _actions(facts, busy),
        "code": facts.code,
        "id": facts.id or "",
        "frame": {"width": facts.width, "height": facts.height, "count": facts.count},
        "said": _said(facts, error),
    }


def _with_day(facts: CardFacts) -> str:
    """Return what has come, in numbers, and of what the library had the day it was made."""
    made = ""
    if facts.phase == "done" and facts.reused and facts.created is not None:
        made = f"made {day_of(facts.created)}"
    return ", ".join(filter(None, (facts.detail, made)))


def _notes(facts: CardFacts) -> list[str]:
    """Return what else is worth saying, the way to its end first."""
    # where it is from stands at the top, with its day
    said = FROM_LIBRARY.capitalize() if facts.reused else None
    notes = [note for note in facts.notes if said is None or not note.startswith(said)]
    # whoever sent it again may have said more of it than is known afterwards
    beginnings = [way.partition(",")[0] for way in facts.history]
    told = [each for each in beginnings if any(note.startswith(each) for note in notes)]
    way = [each for each in way_of(facts) if each.partition(",")[0] not in told]
    return [*way, *notes]


def way_of(facts: CardFacts) -> list[str]:
    """Return what is unusual on a job's way to its files: whose it is, lost, found, sent again."""
    now = [ELSEWHERE] if facts.elsewhere and not facts.is_final else []
    if facts.phase == "searching":
        now.append(facts.lost)
    return [*now, *facts.history]


def error_of(facts: CardFacts) -> tuple[str, str]:
    """
    Return why a job has no files (one sentence) and what to do now, or twice "".

    Where jobs at the service are listed beside it, they are not named in the text once more.
    """
    if facts.phase not in {"failed", "unknown"}:
        return "", ""
    headline, advice = error_lines(facts.error)
    if count := len(facts.candidates):
        found = (
            f"{count} of the account's newest jobs may be it"
            if count > 1
            else ("One of the account's newest jobs may be it, and is not surely it")
        )
        happened = f" What happened: {facts.lost}" if facts.lost else ""
        advice = f"{found}. Nothing is sent again without your word.{happened}"
    return headline, advice


def candidate_lines(facts: CardFacts) -> list[tuple[Candidate, str, str]]:
    """Return each job at the service that may be it, when it was asked for, and what differs."""
    return [(each, _asked(each, facts), _differs(each)) for each in facts.candidates]


def _asked(candidate: Candidate, facts: CardFacts) -> str:
    if candidate.created is None:
        return "time unknown"
    then = candidate.created.astimezone()
    is_today = facts.created is None or facts.created.astimezone().date() == then.date()
    return f"{then:%H:%M:%S}" if is_today else f"{then.day} {then:%B %H:%M:%S}"


def _differs(candidate: Candidate) -> str:
    members = ", ".join(on_one_line(member) for member in candidate.differs)
    return (
        f"{members} {'differs' if len(candidate.differs) == 1 else 'differ'}"
        if members
        else ("no difference known")
    )


def _candidates(facts: CardFacts, busy: Collection[str]) -> list[dict[str, Any]]:
    return [
        {
            "id": each.id,
            "short": each.id[:SHORT_ID],
            "asked": asked,
            "status": on_one_line(each.status).lower(),
            "differs": differs,
            "label": "Take this one",
            "name": f"Take this one: {each.id[:SHORT_ID]}, asked for {asked}, {differs}",
            "busy": bool(busy),
        }
        for each, asked, differs in candidate_lines(facts)
    ]


def day_of(when: datetime) -> str:
    """Return the day of *when* as people here say it."""
    day = when.astimezone()
    return f"{day.day} {day:%B %Y}"


def _time(facts: CardFacts) -> str:
    match facts.phase:
        case "waiting":
            return "to be sent"
        case "done":
            return "" if facts.reused else seconds(facts.elapsed)
        case "failed" | "unknown" | "stopped":
            # refused at once: "after 0.0 s" would say nothing
            return f"after {seconds(facts.elapsed)}" if facts.elapsed >= AT_ONCE_SECONDS else ""
    return ""


def _actions(facts: CardFacts, busy: Collection[str]) -> list[dict[str, Any]]:
    match facts.phase:
        case "waiting" if not facts.elsewhere:
            return [_action("cancel", "Cancel", "withdraws the job; nothing is spent")]
        case "waiting" | "sending" | "searching" | "drawing" | "saving":
            return [_action("cancel", "Cancel", _stopping(facts))]
    if facts.phase == "unknown":
        again = _action("resend", "Send again", _again(facts))
        # one word decides: while one is at work, the others wait
        again["busy"] = bool(busy)
        return [again, _action("copy-code", "Copy code")]
    again = _action("again", "Again", _again(facts))
    copies = [_action("copy-code", "Copy code")]
    if facts.id and not (facts.kind == "generation" and facts.phase == "done"):
        copies.append(_action("copy-id", "Copy id"))
    actions = [again, *copies]
    if facts.phase == "done":
        first = ("play", "Play") if facts.kind == "video" else ("open", "Open")
        actions = [_action(*first), again, *_offers(facts), *copies]
    return [action | {"busy": action["do"] in busy} for action in actions]


def _offers(facts: CardFacts) -> list[dict[str, Any]]:
    """Return what can be made of a picture, with what it costs."""
    if facts.kind != "generation" or not facts.arrived:
        return []
    which = ""
    if facts.arrived > 1:
        which = "the first, " if facts.chosen is None else f"picture {facts.chosen + 1}, "
    labels = {"upscale": "Upscale", "to-video": "To video"}
    return [
        _action(do, labels[do], which + _offered(request, facts.prices.get(do)))
        for do, request in offers().items()
    ]


@cache
def offers() -> dict[str, Body]:
    """Return a request for each thing that can be made of a picture; of any, for its price."""
    return {
        "upscale": Upscale.of(ANY_ID),
        "to-video": ImageToVideo.of("it moves", imageId=ANY_ID, seed=1),
    }


def _offered(request: Body, price: Cost | None) -> str:
    """Return a price in words: the calculator's, else our own estimate, where there is one."""
    if price is not None:
        return str(price)
    estimate = request.estimated_credits()
    return "costs credits" if estimate is None else f"about {Credits(estimate)}"


def _action(do: str, label: str, consequence: str = "") -> dict[str, Any]:
    return {"do": do, "label": label, "consequence": consequence, "busy": False}


def _stopping(facts: CardFacts) -> str:
    if facts.elsewhere:
        return "stops watching; the other kernel goes on"
    if facts.phase == "searching":
        may_be = "it" if facts.price is None else f"up to {facts.price}"
        return f"stops looking; {may_be} may be spent"
    if facts.cost is not None:
        verb = "is" if facts.cost.amount == 1 else "are"
        return f"stops watching; the {facts.cost} {verb} spent"
    if facts.price is not None:
        return f"stops watching; up to {facts.price} may be spent"
    return "stops watching; the cost may be spent"


def _again(facts: CardFacts) -> str:
    amount = facts.cost if facts.cost is not None else facts.price
    words = ["new seed"] if facts.phase == "done" and facts.has_seed else []
    words += [str(amount)] if amount is not None else []
    words += ["may pay twice"] if facts.charge is Charge.UNKNOWN else []
    return ", ".join(words)


def _said(facts: CardFacts, error: str) -> str:
    match facts.phase:
        case "waiting":
            return "Waiting to be sent."
        case "sending":
            return "Sending."
        case "drawing":
            usual = f", usually {facts.expected:.0f} seconds" if facts.expected else ""
            return f"{facts.word}{usual}."
        case "saving":
            return "Saving."
        case "searching":
            return f"{facts.word}."
        case "done":
            return f"{facts.word}: {facts.counted}, {money_line(facts)}.".replace(", .", ".")
        case "failed" | "unknown":
            return f"{facts.word}: {error}"
    return f"Stopped, {money_line(facts)}.".replace(", .", ".")
