from __future__ import annotations

import contextvars
from pathlib import Path
from threading import Barrier
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import nbformat
import pytest
from nbclient import NotebookClient

import leonardo_nb as leo
from leonardo_nb.errors import Candidate, OutcomeUnknown
from leonardo_nb.widgets import freeze, show
from leonardo_nb.widgets.card import shared_card
from leonardo_nb.widgets.freeze import Frozen, freeze_jobs, publish
from leonardo_nb.widgets.pace import THREADS, painters
from leonardo_nb.widgets.sheet_outputs import show as show_run
from leonardo_nb.widgets.show import Showing, Slot, host, show_job

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from leonardo_nb.studios import Studio
    from tests.widgets.conftest import FakeEngine

ROOT = Path(__file__).parent.parent.parent
WIDGET = "application/vnd.jupyter.widget-view+json"
CELL: contextvars.ContextVar[str] = contextvars.ContextVar("CELL", default="whatever runs")


class FakeShell:
    """What is published, and whose cell it carries."""

    def __init__(self) -> None:
        self.kernel = SimpleNamespace(_allow_stdin=True)
        self.display_pub = self
        self.events = self
        self.published: list[tuple[str, bool, set[str]]] = []
        self.outputs: dict[str, set[str]] = {}
        self.before_cell: list[Callable[[object], None]] = []
        self.after_cell: list[Callable[[object], None]] = []

    def publish(self, *, data: Any, metadata: Any, transient: Any, update: bool) -> None:
        """Remember it."""
        self.published.append((CELL.get(), update, set(data)))
        self.outputs[transient["display_id"]] = set(data)

    def register(self, event: str, function: Callable[[object], None]) -> None:
        """Remember what runs when a cell begins or ends."""
        functions = self.before_cell if event == "pre_run_cell" else self.after_cell
        if function not in functions:
            functions.append(function)


@pytest.fixture
def shell(monkeypatch: pytest.MonkeyPatch) -> FakeShell:
    """A notebook around the test."""
    made = FakeShell()
    monkeypatch.setattr("IPython.get_ipython", lambda: made)
    return made


def test_without_a_notebook_there_is_a_line(
    make_job: Callable[..., Any], capsys: pytest.CaptureFixture[str]
) -> None:
    """In plain Python a job is its repr."""
    job = make_job()
    show_job(job)

    assert "python" == host()
    assert f"{job!r}\n" == capsys.readouterr().out


def test_finished_job_makes_no_widget(make_job: Callable[..., Any], shell: FakeShell) -> None:
    """What has ended is shown as a picture at once."""
    show_job(make_job(pictures=1, state="complete"))

    assert [("whatever runs", False, {"text/html", "image/jpeg", "text/plain"})] == shell.published


def test_quick_job_makes_no_widget(
    make_job: Callable[..., Any], shell: FakeShell, engine: FakeEngine
) -> None:
    """A job that ends within 0.4 s goes from a line to words without a widget between them."""
    job = make_job()
    show_job(job)
    engine.advance(0.3)
    job.tell(state="cancelled")
    engine.advance(1)
    for finish in shell.after_cell:
        finish(None)

    assert [False, True] == [update for _, update, _ in shell.published]
    assert not [kinds for _, _, kinds in shell.published if WIDGET in kinds]


def until_painted(engine: FakeEngine, seconds: float = 1) -> None:
    """Let what was handed to the picture threads end, and the engine hear of it."""
    engine.advance(seconds)
    everybody = Barrier(THREADS + 1, timeout=10)  # met once each thread has nothing else to do
    for _ in range(THREADS):
        painters().submit(everybody.wait)
    everybody.wait()
    engine.advance(seconds)


def test_card_that_was_shown_is_released(
    make_job: Callable[..., Any], shell: FakeShell, engine: FakeEngine
) -> None:
    """A line, the card, and the picture, after which the output holds the card no more."""
    job = make_job()
    show_job(job)
    engine.advance(0.5)
    card = shared_card(job)
    held = card._holds
    job.tell(state="cancelled")
    for finish in shell.after_cell:
        engine.turn()
        finish(None)
    until_painted(engine)

    assert [False, True, False] == [WIDGET in kinds for _, _, kinds in shell.published]
    assert (1, 0) == (held, card._holds)
    card.close()


def test_card_that_came_too_late_is_released(
    make_job: Callable[..., Any], shell: FakeShell, engine: FakeEngine
) -> None:
    """An output that is plain already shows no card, and holds none."""
    job = make_job()
    card = shared_card(job)
    showing = Showing(
        job,
        engine,
        is_final=job.done,
        live=lambda: card,
        freeze=lambda _: Frozen({"text/plain": "for good"}, {}),
        line=lambda: Frozen({"text/plain": "a line"}, {}),
    )
    showing.start()
    showing._slot.replace(Frozen({"text/plain": "for good"}, {}))
    engine.turn()

    assert 0 == card._holds
    assert not [kinds for _, _, kinds in shell.published if WIDGET in kinds]
    card.close()


class Lingering:
    """A video whose live card one page shows, and which has just ended."""

    def __init__(
        self,
        make_job: Callable[..., Any],
        shell: FakeShell,
        engine: FakeEngine,
        *,
        seen: bool = True,
    ) -> None:
        self.shell, self.engine = shell, engine
        self.job = make_job(kind="video")
        show_job(self.job)
        self.output = [*shell.outputs][-1]
        engine.advance(0.5)
        self.card = shared_card(self.job)
        if seen:
            self.says("look")
        self.job.tell(state="cancelled")
        engine.turn()

    def says(self, do: str) -> None:
        """Stand for the page."""
        self.card._heard(self.card, {"do": do, "view": "a"}, [])
        self.engine.turn()

    @property
    def is_plain(self) -> bool:
        """Whether the plain picture has been published."""
        until_painted(self.engine, 0)
        return WIDGET not in self.shell.outputs[self.output]

    def after(self, *seconds: float) -> list[bool]:
        """Return whether it was plain after each of so many more seconds."""
        seen = []
        for more in seconds:
            self.engine.advance(more)
            seen.append(self.is_plain)
        return seen


@pytest.fixture
def lingering(
    make_job: Callable[..., Any], shell: FakeShell, engine: FakeEngine
) -> Iterator[Callable[..., Lingering]]:
    """Return what makes a video that has ended, and close its card afterwards."""
    made: list[Lingering] = []

    def make(**how: bool) -> Lingering:
        made.append(Lingering(make_job, shell, engine, **how))
        return made[-1]

    yield make
    for each in made:
        each.card.close()


def test_video_that_is_seen_stays_for_six_seconds(lingering: Callable[..., Lingering]) -> None:
    """The page has the time to ask for the film; then the output becomes plain."""
    assert [False, True] == lingering().after(5.9, 0.2)


def test_video_that_nobody_sees_freezes_at_once(lingering: Callable[..., Lingering]) -> None:
    """A notebook runner never looks, and nothing is lost to it."""
    assert lingering(seen=False).is_plain


def test_picture_does_not_linger(
    make_job: Callable[..., Any], shell: FakeShell, engine: FakeEngine
) -> None:
    """Pictures from words are the same when they are plain."""
    job = make_job()
    show_job(job)
    engine.advance(0.5)
    card = shared_card(job)
    card._heard(card, {"do": "look", "view": "a"}, [])
    job.tell(state="cancelled")
    until_painted(engine, 0)

    assert WIDGET not in shell.published[-1][2]
    card.close()


def test_use_keeps_it_live_for_a_minute_at_most(lingering: Callable[..., Lingering]) -> None:
    """However long the film plays or a hand rests on it."""
    seen = lingering()
    seen.says("busy")

    assert [False, False, True] == seen.after(30, 29.9, 0.2)


def test_rest_is_counted_anew(lingering: Callable[..., Lingering]) -> None:
    """When the film has ended, or the hand is gone, another six seconds begin."""
    seen = lingering()
    before = seen.after(5)
    seen.says("busy")
    before += seen.after(20)
    seen.says("idle")

    assert [False, False, False, True] == [*before, *seen.after(5.9, 0.2)]


def test_next_cell_ends_what_lingers(lingering: Callable[..., Lingering], shell: FakeShell) -> None:
    """Whoever runs a cell has looked enough, also while the film plays."""
    seen = lingering()
    seen.says("busy")
    for begin in shell.before_cell:
        begin(None)

    assert seen.is_plain


def test_cell_does_not_wait_for_what_lingers(
    lingering: Callable[..., Lingering], shell: FakeShell, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It ends at once, and so does the next one once the output has been asked to be plain."""
    waited: list[bool] = []
    seen = lingering()
    wait = Slot.wait

    def noted(slot: Slot, timeout: float) -> None:
        waited.append(slot.is_due())
        wait(slot, timeout)

    monkeypatch.setattr(Slot, "wait", noted)
    for finish in shell.after_cell:
        finish(None)

    assert [] == waited
    assert [False, True] == seen.after(5.9, 0.2)


def test_what_it_has_made_is_not_lost(
    lingering: Callable[..., Lingering], shell: FakeShell
) -> None:
    """A job that its card's button has made stays in sight until it has ended, and is kept."""
    seen = lingering()
    seen.says("again")
    lower: Any = seen.card.made[0].job
    for begin in shell.before_cell:
        begin(None)
    before = seen.after(70)
    lower.tell(state="cancelled")
    words = freeze_jobs([seen.job, lower]).data["text/html"]

    assert [False] == before
    assert [True] == seen.after(6.1)
    assert 2 == str(words).count("Stopped")


def test_sheet_survives_its_freeze(studio: Studio, shell: FakeShell) -> None:
    """A page that was reloaded meanwhile still shows the grid; it goes with its last view."""

    async def look() -> None:
        sheet._do({"do": "look", "view": "reloaded"})

    async def state() -> tuple[int, bool]:
        return sheet._holds, sheet.is_open

    async def leave() -> None:
        sheet._do({"do": "bye", "view": "reloaded"})

    def ask(function: Callable[[], Any]) -> Any:
        return studio.engine.wait(studio.engine.run(function), 10)

    run = leo.sweep("a fox", studio=studio, seed=[1, 2], width=64, height=64)
    sheet = run.live_sheet()
    ask(look)
    show_run(run)
    run.result(15)
    for finish in shell.after_cell:
        finish(None)
    # the output is plain when the cell ends; that the engine has heard so may come a turn later
    seen = [ask(state)]
    while seen[-1][0]:
        seen.append(ask(state))
    ask(leave)

    assert (0, True) == seen[-1]
    assert not sheet.is_open


def test_updates_carry_no_cell(shell: FakeShell) -> None:
    """The first output belongs to its cell; updates leave from an empty context."""
    context = contextvars.copy_context()
    context.run(CELL.set, "cell 1")
    words = Frozen({"text/plain": "words"}, {})
    for update in (False, True):
        context.run(publish, "abc", words, update=update)

    assert ["cell 1", "whatever runs"] == [cell for cell, _, _ in shell.published]


def test_nothing_follows_the_plain_picture(shell: FakeShell) -> None:
    """A late change of a widget does not take the place of what stays."""
    slot = Slot()
    slot.replace(Frozen({"text/plain": "for good"}, {}))

    assert not slot.show(Frozen({"text/plain": "late"}, {}))
    assert 1 == len(shell.published)


def test_what_is_said_again_is_the_newest(shell: FakeShell) -> None:
    """What becomes plain as the next cell begins is not followed by what came before it."""
    slot = Slot()
    slot.show(Frozen({"text/plain": "a line"}, {}))
    for finish in shell.after_cell:
        finish(None)
    slot.show(Frozen({"a widget": "live"}, {}))  # between two cells: runners drop that
    slot.linger(lambda: slot.replace(Frozen({"text/html": "for good"}, {})))
    for begin in shell.before_cell:
        begin(None)

    assert {"text/html"} == shell.outputs[slot.display_id]


def test_cell_waits_for_what_is_due(shell: FakeShell, monkeypatch: pytest.MonkeyPatch) -> None:
    """What cannot become plain is waited for once and not after every cell."""
    waits: list[float] = []
    monkeypatch.setattr(show, "FINISH_SECONDS", 0)

    def is_due() -> bool:
        waits.append(1)
        return True

    slot = Slot(is_due)
    slot.show(Frozen({"text/plain": "a line"}, {}))
    for _ in range(3):
        for finish in shell.after_cell:
            finish(None)

    assert 1 == len(waits)


def test_publishing_outside_a_notebook_is_nothing() -> None:
    """Without IPython there is nowhere to publish."""
    publish("abc", Frozen({"text/plain": "words"}, {}), update=True)

    assert "python" == host()
    assert freeze.publish is publish


@pytest.mark.kernel
@pytest.mark.timeout(60)
def test_outputs_end_as_pictures_in_a_notebook(tmp_path: Path) -> None:
    """
    Under nbclient every job ends as plain data in its own cell.

    Not awaited there, while another cell is busy, cancelled, and in the very last cell.
    """
    connect = (
        "import leonardo_nb as leo\n"
        "from leonardo_nb.simulator import Simulator\n"
        f"leo.connect(simulator=Simulator(speed=50), library={str(tmp_path)!r})"
    )
    cells = [
        connect,
        "one = leo.generate('a fox', seed=1)\none",
        "two = leo.generate('a fox', seed=2, num_images=2)\ntwo",
        "two.result(); one.result();",
        "three = leo.generate('a fox', seed=3)\nthree",
        "three.cancel();",
        "four = leo.generate('a fox', seed=4)\ndisplay(four)\nawait four;",
        "five = leo.text_to_video('waves', seed=5)\ndisplay(five)\nawait five;",
        "six = four.images[0].nobg()\ndisplay(six)\nawait six;",
    ]
    v4: Any = nbformat.v4
    notebook = v4.new_notebook(cells=[v4.new_code_cell(cell) for cell in cells])
    NotebookClient(
        notebook, timeout=30, kernel_name="python3", resources={"metadata": {"path": str(ROOT)}}
    ).execute()

    shown = [set(cell.outputs[0].data) for cell in notebook.cells if cell.outputs]
    picture = {"text/html", "image/jpeg", "text/plain"}
    words = {"text/html", "text/plain"}

    assert [{"text/plain"}, picture, picture, words, picture, picture, picture] == shown


def shown_asking(
    make_job: Callable[..., Any], engine: FakeEngine, *, looked_at: bool, after: float = 0.5
) -> Any:
    """Return a job that was shown, and of which nobody knew the outcome some seconds later."""
    name = uuid4().hex  # no card of another test has it
    decision = make_job(uid=name, state="pending", sent=True, id="one")
    job = make_job(uid=name, decision=decision)
    show_job(job)
    engine.advance(after)
    if looked_at:
        card = shared_card(job)
        card._heard(card, {"do": "look", "view": "a"}, [])
        engine.turn()
    error = OutcomeUnknown("The answer was lost.", candidates=(Candidate("one", None, "x"),))
    job.tell(state="failed", sent=True, error=error)
    engine.turn()
    return job


def shows_widget(shell: FakeShell) -> bool:
    """Whether the one output has a widget in it."""
    (kinds,) = shell.outputs.values()
    return WIDGET in kinds


def test_a_question_that_nobody_sees_becomes_plain(
    make_job: Callable[..., Any], shell: FakeShell, engine: FakeEngine
) -> None:
    """A runner of notebooks waits for nobody's word."""
    shown_asking(make_job, engine, looked_at=False)
    until_painted(engine, seconds=show.LOOK_SECONDS + 1)

    assert not shows_widget(shell)


def test_a_runner_of_notebooks_is_not_asked(
    make_job: Callable[..., Any], shell: FakeShell, engine: FakeEngine
) -> None:
    """It would save a widget; what it runs ends its cells with plain data."""
    shell.kernel._allow_stdin = False
    shown_asking(make_job, engine, looked_at=False)
    for finish in shell.after_cell:
        engine.turn()
        finish(None)

    assert not shows_widget(shell)


def test_a_question_is_asked_wherever_it_is_shown(
    make_job: Callable[..., Any], shell: FakeShell, engine: FakeEngine
) -> None:
    """A job that has ended with one has its buttons in every cell that shows it."""
    job = shown_asking(make_job, engine, looked_at=False)
    until_painted(engine, seconds=show.LOOK_SECONDS + 1)
    shell.outputs.clear()
    show_job(job)
    engine.advance(1)
    card = shared_card(job)
    card._heard(card, {"do": "look", "view": "b"}, [])
    until_painted(engine, seconds=100)

    assert shows_widget(shell)


@pytest.mark.parametrize("after", [0.1, 0.5])
def test_a_page_may_be_a_moment_late_for_a_question(
    make_job: Callable[..., Any], shell: FakeShell, engine: FakeEngine, after: float
) -> None:
    """The first widget of a page takes a second, and the question may be there before."""
    card = shared_card(shown_asking(make_job, engine, looked_at=False, after=after))
    engine.advance(1)
    card._heard(card, {"do": "look", "view": "a"}, [])
    until_painted(engine, seconds=100)

    assert shows_widget(shell)


@pytest.mark.parametrize("ends_by", ["time", "cell"])
def test_a_question_keeps_its_buttons_for_a_while(
    make_job: Callable[..., Any], shell: FakeShell, engine: FakeEngine, ends_by: str
) -> None:
    """Its buttons stay for ten minutes, or until the next cell begins, and then it is plain."""
    shown_asking(make_job, engine, looked_at=True)
    until_painted(engine, seconds=290)
    stays = shows_widget(shell)
    if ends_by == "cell":
        for begin in shell.before_cell:
            begin(None)
    until_painted(engine, seconds=300 if ends_by == "time" else 1)

    assert (True, False) == (stays, shows_widget(shell))


def test_what_was_decided_on_is_what_stays(
    make_job: Callable[..., Any], shell: FakeShell, engine: FakeEngine
) -> None:
    """After "Take this one" the card shows that job, also into the next cell, then its picture."""
    job = shown_asking(make_job, engine, looked_at=True)
    card = shared_card(job)
    card._heard(card, {"do": "adopt", "id": "one"}, [])
    until_painted(engine)
    for begin in shell.before_cell:
        begin(None)
    until_painted(engine)
    during = shows_widget(shell)
    job.decision.images = make_job(pictures=1).images
    job.decision.tell(state="complete")
    until_painted(engine, seconds=show.LINGER_SECONDS + 1)

    assert (True, {"text/html", "image/jpeg", "text/plain"}) == (
        during,
        next(iter(shell.outputs.values())),
    )
