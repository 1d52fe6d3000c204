"""Names, prompts and sentences of the service are text wherever they come out."""

from __future__ import annotations

import contextlib
import io
import json
import logging
import re
from html.parser import HTMLParser
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from rich.console import Console

import leonardo_nb as leo
from leonardo_nb import terminal
from leonardo_nb.service.plain import as_shown, as_text, on_one_line
from leonardo_nb.simulator import Simulator
from leonardo_nb.testing import ManualClock
from leonardo_nb.widgets.contact import freeze_run
from leonardo_nb.widgets.freeze import freeze_job

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

ESCAPES = "\x1b[31m\x1b]0;owned\x07\x9b2J\x1b]8;;https://evil.example.org\x1b\\"
BIDI = "\u202egnp.exe\u2066\u2069\u200f"
MARKUP = "<script>alert(1)</script><img src=x onerror=alert(1)>\"'><b>"
REST = "[bold red]rich[/] `code` {0} %s $HOME ../../etc/passwd"
PROMPT = f"a fox {ESCAPES}{BIDI}{MARKUP}{REST}"
"""What a person may send; the service sends it back, with more than that."""
HOSTILE = f"{PROMPT}\x00\ud800\r\nSet-Cookie: a=b"
OBEYED = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]"
)
"""What terminals and pages would act on; a line's end and a tab are no more than that."""
WORDS = {
    *("name", "description", "username", "creatorName", "prompt", "negativePrompt"),
    *("error", "message", "code", "path", "presetStyle", "sdVersion", "scheduler"),
    *("promptModeration", "moderationClassification", "baseModel", "transformType"),
}
SMALL: dict[str, Any] = {"width": 64, "height": 64, "alchemy": False, "seed": 1}


def poisoned(body: Any, name: str = "") -> Any:
    """Return *body* with hostile words in the place of all words."""
    if isinstance(body, dict):
        return {key: poisoned(value, key) for key, value in body.items()}
    if isinstance(body, list):
        return [poisoned(each, name) for each in body]
    return HOSTILE if isinstance(body, str) and name in WORDS else body


class Poisoning(httpx.AsyncBaseTransport):
    """Carries requests to the simulator, and poisons its answers."""

    def __init__(self, inner: httpx.AsyncBaseTransport) -> None:
        self.inner = inner

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Return the simulator's answer, with other words in it."""
        answer = await self.inner.handle_async_request(request)
        await answer.aread()
        if "json" not in answer.headers.get("content-type", ""):
            return answer
        body = json.dumps(poisoned(json.loads(answer.content))).encode()
        headers = {"content-type": "application/json"}
        return httpx.Response(answer.status_code, content=body, headers=headers)


class HostileService(Simulator):
    """The simulator, whose every word is somebody else's."""

    def transport(self) -> Any:
        """Return what carries requests to it."""
        return Poisoning(super().transport())


@pytest.fixture(scope="module")
def studio(tmp_path_factory: pytest.TempPathFactory) -> Iterator[leo.Studio]:
    """A studio on that service."""
    folder = tmp_path_factory.mktemp("library")
    with leo.Studio(simulator=HostileService(speed=1000), library=folder) as made:
        yield made


@pytest.fixture(scope="module")
def job(studio: leo.Studio) -> leo.GenerationJob:
    """A finished job with a hostile prompt of its own."""
    made = studio.generate(PROMPT, negative_prompt=PROMPT, **SMALL)
    made.result(timeout=10)
    return made


class Tags(HTMLParser):
    """Every element of a page, with its attributes."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note one."""
        self.found.append((tag, dict(attrs)))


def is_text(shown: str) -> bool:
    """Whether *shown* has nothing that a terminal would obey."""
    return OBEYED.search(shown) is None


def is_harmless(page: str) -> bool:
    """Whether a page has no element of the text's, and nothing that turns its direction."""
    tags = Tags()
    tags.feed(page)
    own = {
        *(
            "div",
            "span",
            "figure",
            "figcaption",
            "img",
            "table",
            "thead",
            "tbody",
            "tr",
            "td",
            "th",
        ),
        *("caption", "code", "b", "br", "details", "summary", "video", "p", "style", "svg", "path"),
    }
    acts = [
        (tag, name)
        for tag, attributes in tags.found
        for name, value in attributes.items()
        if name.startswith("on") or (name in {"src", "href"} and not str(value).startswith("data:"))
    ]
    return is_text(page) and not acts and {tag for tag, _ in tags.found} <= own


def shows(made: object) -> list[str]:
    """Return what a terminal shows of *made*."""
    return [repr(made), *str(made).splitlines()]


ASKED: dict[str, Callable[[leo.Studio], object]] = {
    "models": lambda it: it.models(),
    "elements": lambda it: it.elements(),
    "own elements": lambda it: it.elements(own=True),
    "me": lambda it: it.me(),
    "history": lambda it: it.history(),
    "jobs": lambda it: it.jobs(),
    "a better prompt": lambda it: it.improve_prompt("a fox"),
    "any prompt": lambda it: it.random_prompt(),
    "a studio": lambda it: it,
}


@pytest.mark.parametrize("what", ASKED)
def test_what_is_asked(studio: leo.Studio, job: leo.GenerationJob, what: str) -> None:
    """As text and as a page."""
    made = ASKED[what](studio)
    page = getattr(made, "_repr_html_", lambda: "")()

    assert [] == [line for line in shows(made) if not is_text(line)]
    assert is_harmless(page)
    assert "fox" in repr(made) + page or what in {"own elements", "a studio"}


def test_a_job_and_its_pictures(job: leo.GenerationJob) -> None:
    """Their words."""
    made = [job, job.images, job.images[0], job.request, job.snapshot]

    assert [] == [line for each in made for line in [repr(each)] if not is_text(line)]


def test_what_stays_in_the_notebook(job: leo.GenerationJob) -> None:
    """The frozen picture, which can be written into a notebook's file."""
    frozen = freeze_job(job)
    page, plain = str(frozen.data["text/html"]), str(frozen.data["text/plain"])
    saved = json.dumps({"text/html": page, "text/plain": plain}, ensure_ascii=False).encode()

    assert (True, True) == (is_harmless(page), is_text(plain))
    assert "&lt;script&gt;" in page
    assert saved


def test_the_card(job: leo.GenerationJob) -> None:
    """What the page is sent is text, and can be sent."""
    card = job.card()
    sent = json.dumps(card.get_state(), default=str, ensure_ascii=False).encode()
    words = json.dumps(card.view, ensure_ascii=False)
    card.close()

    assert sent
    assert is_text(words)


def test_a_sweep(studio: leo.Studio) -> None:
    """Axes and contact sheet."""
    plan = studio_plan(studio)
    run = plan.start()
    run.result(timeout=10)
    frozen = freeze_run(run)
    sheet = run.sheet()
    words = json.dumps([sheet.head, sheet.deck, sheet.reasons], ensure_ascii=False)
    sheet.close()

    assert is_harmless(plan._repr_html_())
    assert is_harmless(str(frozen.data["text/html"]))
    assert [] == [it for it in (repr(plan), repr(run), words) if not is_text(it)]
    assert is_text(str(frozen.data["text/plain"]))


def studio_plan(studio: leo.Studio) -> leo.Plan:
    """Return a plan with a hostile axis."""
    given: dict[str, Any] = {**SMALL, "seed": [1, 2]}
    return leo.plan([PROMPT, f"{PROMPT} again"], studio=studio, negative_prompt=PROMPT, **given)


def test_in_a_terminal(studio: leo.Studio, job: leo.GenerationJob) -> None:
    """The command's table and a job as it ends; only rich's own colours are escapes."""
    written = io.StringIO()
    console = Console(file=written, width=100, color_system=None)
    console.print(terminal.jobs_table(console, studio.jobs(), studio.folder))
    terminal.watch_job(console, job)

    assert "fox" in written.getvalue()
    assert is_text(written.getvalue())


def test_names_of_files(studio: leo.Studio, job: leo.GenerationJob) -> None:
    """They are made here, of the content."""
    names = {str(file.relative_to(studio.folder)) for file in studio.folder.rglob("*")}

    assert [] == [name for name in names if not re.fullmatch(r"[\w./-]+", name) or ".." in name]


def refused(status: int, body: Any, headers: dict[str, str] | None = None) -> leo.Studio:
    """Return a studio on a service that answers everything with *body*."""

    def handler(_: httpx.Request) -> httpx.Response:
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        return httpx.Response(status, content=content, headers=headers)

    class Refusing(Simulator):
        def transport(self) -> Any:
            return httpx.MockTransport(handler)

    return leo.Studio(simulator=Refusing(), clock=ManualClock())


REFUSALS: dict[str, Any] = {
    "a sentence": {"error": HOSTILE, "path": HOSTILE, "code": HOSTILE},
    "a list": [{"message": HOSTILE, "extensions": {"code": HOSTILE, "details": {"x": HOSTILE}}}],
    "a page": f"<html>{PROMPT}".encode(),
    "neither": PROMPT.encode(),
    "nothing that fits": {"sdGenerationJob": HOSTILE},
    "a member": {"error": f"Unexpected variable {HOSTILE}", "path": "$", "code": "bad-request"},
}


@pytest.mark.parametrize("status", [200, 302, 400, 401, 403, 404, 429, 500])
@pytest.mark.parametrize("what", REFUSALS)
def test_what_is_said_of_an_error(what: str, status: int, caplog: pytest.LogCaptureFixture) -> None:
    """Message, facts, card and log."""
    caplog.set_level(logging.DEBUG)
    with refused(status, REFUSALS[what], {"location": "https://a.example.org/\x1b"}) as studio:
        with pytest.raises(leo.LeonardoError) as caught:
            studio.models()
        error = caught.value
        facts = repr([error, str(error), getattr(error, "body", None), vars(error)])
        said = [str(error), repr(error), *map(str, _strings(vars(error))), caplog.text]

        assert [] == [each for each in said if not is_text(each)]
        assert is_text(facts)


def _strings(value: Any) -> Iterator[str]:
    """Give every string in *value*."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for each in (*value, *value.values()):
            yield from _strings(each)
    elif isinstance(value, (list, tuple)):
        for each in value:
            yield from _strings(each)


def test_a_job_that_was_refused() -> None:
    """Its card, its frozen form and its line in a terminal."""
    with refused(400, REFUSALS["a sentence"]) as studio:
        job = studio.generate(PROMPT, **SMALL)
        with contextlib.suppress(leo.LeonardoError):
            job.result(timeout=10)
        frozen, card = freeze_job(job), job.card()
        words = json.dumps(card.view, ensure_ascii=False)
        card.close()
        written = io.StringIO()
        terminal.watch_job(Console(file=written, width=100, color_system=None), job)

        assert "failed" == job.state
        assert is_harmless(str(frozen.data["text/html"]))
        assert is_text(str(frozen.data["text/plain"]) + words + repr(job) + written.getvalue())


# -- the functions


def test_prompts_come_back_as_they_were_sent() -> None:
    """A job whose answer was lost is found by its prompt; only half characters go."""
    body = {"generations": [{"prompt": f"{PROMPT}\ud800", "modelId": "m\x1b"}]}

    assert {"generations": [{"prompt": f"{PROMPT}\ufffd", "modelId": "m"}]} == as_text(body)


@pytest.mark.parametrize(
    "text", ["ein Fuchs im Schnee", "狐 🦊 👩‍🚀", "ثعلب", "שועל", "tab\tand\nline", "ﬁ é ñ", ""]
)
def test_ordinary_text_stays(text: str) -> None:
    """In any language, with emoji that are joined of several."""
    assert text == as_shown(text) == as_text(text)


def test_one_line() -> None:
    """Line ends of every kind become spaces."""
    assert "a b c d" == on_one_line("a\nb\r\n c\t\td")
