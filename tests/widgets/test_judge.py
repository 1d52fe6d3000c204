from __future__ import annotations

import re
from threading import Barrier
from typing import TYPE_CHECKING, Any

import pytest

import leonardo_nb as leo
from leonardo_nb.library.shelf import Mark
from leonardo_nb.widgets import page
from leonardo_nb.widgets.judge import Judge, freeze, show
from leonardo_nb.widgets.pace import THREADS, painters
from tests.sweeps.votes import SMALL, foxes, judged, run
from tests.widgets.test_show import FakeShell, shell

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from leonardo_nb.studios import Studio
    from leonardo_nb.sweeps.run import Run
    from leonardo_nb.testing import ManualClock

__all__ = ["foxes", "run", "shell"]  # fixtures


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Any, Any]]:
    """What is sent to pages."""
    heard: list[tuple[Any, Any]] = []

    def send(_: Judge, content: Any, buffers: Any = None) -> None:
        heard.append((content, buffers))

    monkeypatch.setattr(Judge, "send", send)
    return heard


@pytest.fixture
def judge(run: Run) -> Iterator[Judge]:
    """One that asks about the twelve pictures."""
    made = Judge(run, by="Ann", seed=1)
    yield made
    made.close()


def settled(judge: Judge) -> None:
    """Wait until the engine and the painters have done what they were asked for."""
    engine = judge.run.studio.engine

    async def turn() -> bool:
        return judge._works or bool(judge._todo)

    while engine.wait(engine.run(turn)):
        everybody = Barrier(THREADS + 1, timeout=10)  # met once each painter has nothing else to do
        for _ in range(THREADS):
            painters().submit(everybody.wait)
        everybody.wait()


def say(judge: Judge, **content: Any) -> None:
    judge._heard(judge, content, [])
    settled(judge)


def test_it_opens_with_a_question(judge: Judge, run: Run) -> None:
    """The first pair and the next two are there; what differs in each, and nothing of the best."""
    first = judge.pairs[0]
    cells = [run.cells[first[side]] for side in ("left", "right")]

    assert 3 == len(judge.pairs)
    assert "0 votes on 12 pictures" == judge.view["rest"]
    assert [] == judge.best
    assert 1.0 == first["ratio"]
    assert {name for name, _, _ in first["differs"]} == {
        axis.name for axis in run.axes if cells[0].coords[axis.name] != cells[1].coords[axis.name]
    }
    assert "<Judge of 'foxes': 0 votes>" == repr(judge)


def test_a_vote_of_the_page_is_kept_and_learned_from(judge: Judge, run: Run) -> None:
    """The vote is on the shelf, the leaders and the next pair are on the page."""
    first = judge.pairs[0]
    say(judge, do="vote", pair=first["number"], choice="right", view="a")
    (vote,) = run.studio.shelf.votes("foxes")

    assert (run.cells[first["right"]].picture, "Ann") == (vote.winner, vote.by)
    assert judge.view["rest"].startswith("1 vote on 12 pictures; the first is the best with a")
    assert (5, True) == (len(judge.best), judge.view["undo"])
    assert first["right"] == judge.best[0]["cell"]
    assert first["number"] not in [pair["number"] for pair in judge.pairs]
    assert 3 == len(judge.pairs)


def test_undo_of_the_page_asks_again(judge: Judge, run: Run) -> None:
    """The vote is gone, and the pair is the first again."""
    first = judge.pairs[0]
    say(judge, do="vote", pair=first["number"], choice="left", view="a")
    say(judge, do="undo", view="a")

    assert () == run.studio.shelf.votes()
    assert (first["left"], first["right"]) == (judge.pairs[0]["left"], judge.pairs[0]["right"])
    assert first["number"] < judge.pairs[0]["number"]
    assert not judge.view["undo"]


@pytest.mark.parametrize(
    "content",
    [
        {"do": "vote", "pair": 99, "choice": "left"},
        {"do": "vote", "pair": 1, "choice": "best"},
        {"do": "vote", "pair": "1", "choice": "left"},
        {"do": "undo"},
        {"do": "want", "large": [-1, 99, "x", None], "small": []},
        {"do": "want", "large": 3},
        {"do": []},
        {},
    ],
)
def test_what_a_page_may_not_say_is_ignored(
    judge: Judge, run: Run, sent: list[Any], content: dict[str, Any]
) -> None:
    """No vote, no picture, no error."""
    say(judge, **content)

    assert () == run.studio.shelf.votes()
    assert [] == [content for content, _ in sent]


def test_pictures_are_sent_as_they_are_asked_for(
    judge: Judge, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    """JPEG, one buffer each; of one whose file is gone it is said that it is gone."""
    painted = judge._painted
    gone: Path = run.job(run.cells[3]).images[0].path
    monkeypatch.setattr(type(run.job(run.cells[3]).images[0]), "pil", _pil_without(gone))

    size, made = painted("large", [2, 3])

    assert ("large", [2, 3]) == (size, [cell for cell, _ in made])
    assert b"\xff\xd8" == (made[0][1] or b"")[:2]
    assert None is made[1][1]


def _pil_without(gone: Path) -> Callable[[Any], Any]:
    from leonardo_nb.engine.media import Image

    whole = Image.pil

    def pil(self: Any) -> Any:
        if self.path == gone:
            raise OSError("gone")
        return whole(self)

    return pil


def test_it_says_why_nothing_is_asked(judge: Judge, run: Run) -> None:
    """Where all but one picture are rejected, and that they are."""
    run.studio.shelf.mark_all({cell.picture: Mark(reject=True) for cell in list(run.cells)[1:]})
    say(judge, do="undo", view="a")

    assert [] == list(judge.pairs)
    assert (
        "Two pictures are needed, and there are 1 picture of 12 cells, without those that are "
        "rejected." == judge.view["empty"]
    )


def test_a_run_that_fills_is_waited_for(studio: Studio, clock: ManualClock) -> None:
    """No picture yet: it says so; and asks by itself once there are two."""
    clock.holds = True
    filling = leo.sweep("a fox", studio=studio, seed=[1, 2, 3], **SMALL)
    judge = filling.judge()
    waits, why = list(judge.pairs), judge.view["empty"]
    clock.holds = False
    filling.result(20)
    studio.engine.call_soon(judge._look_again)
    settled(judge)

    assert [] == waits
    assert why.startswith("Two pictures are needed; there are 0 pictures of 3 cells so far.")
    assert (3, "", "0 votes on 3 pictures") == (
        len(judge.pairs),
        judge.view["empty"],
        judge.view["rest"],
    )
    judge.close()


def test_two_pictures_end_with_a_sentence(studio: Studio) -> None:
    """There is no second question."""
    two = leo.sweep("a fox", studio=studio, seed=[1, 2], **SMALL).result(20)
    judge = Judge(two, seed=1)
    say(judge, do="vote", pair=judge.pairs[0]["number"], choice="left", view="a")

    assert (
        "Each pair has been judged or skipped; there is nothing left to compare."
        == (judge.view["empty"])
    )
    judge.close()


def test_it_becomes_plain_with_the_best(run: Run) -> None:
    """Pictures with scores, no widget, and how to go on; without votes, only the words."""
    judge = Judge(run, seed=1)
    before = freeze(judge)
    judged(run, [(0, 1), (0, 2), (3, 4)])
    after = freeze(judge)
    words = re.sub(r"<[^>]+>", "", str(after.data["text/html"]))

    assert ["text/html", "text/plain"] == sorted(after.data)
    assert "There are no votes yet" in str(before.data["text/html"])
    assert 5 == str(after.data["text/html"]).count("<img ")
    assert "is ahead after 3 votes" in words
    assert words.endswith("Run the cell again to go on judging; the votes are kept.")
    judge.close()


def test_done_ends_its_asking(judge: Judge) -> None:
    """The page says so, and it may become plain."""
    asked = judge.asks
    say(judge, do="done", view="a")
    settled(judge)

    assert (True, False) == (asked, judge.asks)
    assert ("Judged", True) == (judge.view["word"], judge.view["done"])


def test_without_a_notebook_there_is_a_line(run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    """In plain Python it is its repr."""
    judge = run.judge()
    show(judge)

    assert "<Judge of 'foxes': 0 votes>\n" == capsys.readouterr().out
    judge.close()


def test_programs_that_run_notebooks_get_plain_data(run: Run, shell: FakeShell) -> None:
    """Nobody is there to answer, so no widget is left in their file."""
    shell.kernel._allow_stdin = False
    judge = run.judge()
    judge._ipython_display_()

    assert [(False, {"text/html", "text/plain"})] == [each[1:] for each in shell.published]
    judge.close()


def test_names_agree_with_the_page() -> None:
    """Every trait that the script reads is one of the class."""
    script = (page.HERE / "judge.js").read_text("utf-8")
    read = set(re.findall(r'model\.get\("(\w+)"\)', script))
    heard = set(re.findall(r'"change:(\w+)"', script))

    assert {"best", "pairs", "view"} == read == heard
    assert read <= set(Judge.class_trait_names(sync=True))
