"""The head of a replay's sheet, and the marks that came with its file."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

import pytest

from leonardo_nb.library.shelf import Mark
from leonardo_nb.sweeps.functions import sweep
from leonardo_nb.sweeps.replay import replay
from leonardo_nb.testing import ManualClock
from leonardo_nb.widgets.sheet import Sheet
from leonardo_nb.widgets.sheet_replay import as_replay
from tests.sweeps.recordings import manifest, marked, packed, put

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from leonardo_nb.studios import Studio
    from leonardo_nb.sweeps.replay import Replay

HEAD: dict[str, Any] = {
    "bar": [1, 0, 2, 1, 0],
    "money": "7 of 28 credits",
    "left": "about 3 min left",
    "actions": [{"do": "stop", "label": "Stop", "consequence": "withdraws 1 not sent"}],
    "said": "Sweep started: 4 cells.",
}


@pytest.fixture
def run(tmp_path: Path) -> Iterator[Replay]:
    """A replay of four seconds that stands at its beginning."""
    clock = ManualClock(holds=True)
    cells = marked({1: {"star": True}, 2: {"note": "the ears"}})
    made = replay(put(tmp_path / "foxes.zip", packed(manifest(cells=cells))), 2, clock=clock)
    yield made
    made.close()


def test_a_replay_spends_nothing(run: Replay) -> None:
    """Its money is of then, its time is how long it plays, and nothing can be withdrawn."""
    head = as_replay(run, HEAD)

    assert "replay, it cost 7 of 28 credits" == head["money"]
    assert "about 2 s left" == head["left"]
    assert ["Pause", "To the end"] == [action["label"] for action in head["actions"]]
    assert "Replay started: 4 cells." == head["said"]


def test_a_replay_that_stands_can_go_on(run: Replay) -> None:
    """Paused, it says no time; also where a view of it is shown."""
    run.pause()

    head = as_replay(run.grid(x="seed"), HEAD)

    assert "" == head["left"]
    assert ["go_on", "stop"] == [action["do"] for action in head["actions"]]


def test_a_replay_that_has_ended_has_nothing_to_do(run: Replay) -> None:
    """At its end there are no actions."""
    assert [] == as_replay(run.finish(), HEAD | {"bar": [4, 0, 0, 0, 0]})["actions"]


def test_other_runs_keep_their_words(studio: Studio) -> None:
    """What is paid for says so."""
    run = sweep("a fox", seed=[1], width=512, height=512, studio=studio)

    assert HEAD is as_replay(run, HEAD)


def test_its_page_shows_what_was_said_and_can_say_more(run: Replay) -> None:
    """Marks of the file are in the sheet that opens; one from the page is kept beside them."""
    sheet = Sheet(run)
    first, heard = dict(sheet.marks), threading.Event()
    sheet.observe(lambda _: heard.set(), "marks")

    sheet._heard(sheet, {"do": "mark", "cell": 2, "reject": True}, [])

    assert heard.wait(10)
    assert {
        "1": {"star": True, "reject": False, "note": ""},
        "2": {"star": False, "reject": False, "note": "the ears"},
    } == first
    assert {1: Mark(star=True), 2: Mark(reject=True, note="the ears")} == run.marks
    sheet.close()
