from __future__ import annotations

import contextvars
from pathlib import Path
from typing import TYPE_CHECKING, Any

import nbformat
import pytest
from nbclient import NotebookClient

import leonardo_nb as leo
from leonardo_nb.widgets import freeze, show
from leonardo_nb.widgets.card import shared_card
from leonardo_nb.widgets.freeze import Frozen, publish
from leonardo_nb.widgets.pace import painters
from leonardo_nb.widgets.sheet import show as show_run
from leonardo_nb.widgets.show import Showing, Slot, host, show_job

if TYPE_CHECKING:
    from collections.abc import Callable

    from leonardo_nb.studios import Studio
    from tests.widgets.conftest import FakeEngine

ROOT = Path(__file__).parent.parent.parent
WIDGET = "application/vnd.jupyter.widget-view+json"
CELL: contextvars.ContextVar[str] = contextvars.ContextVar("CELL", default="whatever runs")


class FakeShell:
    """What is published, and whose cell it carries."""

    kernel = "a kernel"

    def __init__(self) -> None:
        self.display_pub = self
        self.events = self
        self.published: list[tuple[str, bool, set[str]]] = []
        self.after_cell: list[Callable[[object], None]] = []

    def publish(self, *, data: Any, metadata: Any, transient: Any, update: bool) -> None:
        """Remember it."""
        self.published.append((CELL.get(), update, set(data)))

    def register(self, event: str, function: Callable[[object], None]) -> None:
        """Remember what runs when a cell ends."""
        if function not in self.after_cell:
            self.after_cell.append(function)


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


def until_painted(engine: FakeEngine) -> None:
    """Let what was handed to the picture threads end, and the engine hear of it."""
    engine.advance(1)
    for future in [painters().submit(lambda: None) for _ in range(8)]:
        future.result(10)
    engine.advance(1)


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
    ]
    v4: Any = nbformat.v4
    notebook = v4.new_notebook(cells=[v4.new_code_cell(cell) for cell in cells])
    NotebookClient(
        notebook, timeout=30, kernel_name="python3", resources={"metadata": {"path": str(ROOT)}}
    ).execute()

    shown = [set(cell.outputs[0].data) for cell in notebook.cells if cell.outputs]
    picture = {"text/html", "image/jpeg", "text/plain"}
    words = {"text/html", "text/plain"}

    assert [{"text/plain"}, picture, picture, words, picture] == shown
