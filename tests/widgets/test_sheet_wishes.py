from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

import pytest
from PIL import Image as Pillow

from leonardo_nb.library.files import StoredFile
from leonardo_nb.widgets import sheet_wishes
from leonardo_nb.widgets.sheet_thumbs import Thumbs
from leonardo_nb.widgets.sheet_wishes import NOT_YET, Wishes
from tests.widgets.conftest import FakeEngine

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


class Woken(FakeEngine):
    """An engine that wakes the test when a painter hands it something."""

    def __init__(self, news: threading.Condition) -> None:
        super().__init__()
        self._news = news

    @property
    def is_asked(self) -> bool:
        """Whether there is something to be run."""
        return bool(self._soon)

    def call_soon(self, fn: Callable[..., object], /, *args: object) -> None:
        """Remember *fn*, and wake the test."""
        with self._news:
            super().call_soon(fn, *args)
            self._news.notify_all()


class Desk:
    """Wishes, and the files that its cells have."""

    def __init__(self, folder: Path, count: int) -> None:
        self.news = threading.Condition()
        self.engine = engine = Woken(self.news)
        self.asked = 0
        self.files: dict[int, StoredFile | str | None] = {}
        for n in range(count):
            path = folder / f"{n}.png"
            Pillow.new("RGB", (80, 60), (n % 256, 90, 160)).save(path)
            self.files[n] = StoredFile(path, f"{n:064}", "image/png", 80, 60, 1)
        self.wishes = Wishes(engine, Thumbs(folder), self.files.__getitem__, self._ask)

    def _ask(self) -> None:
        self.asked += 1

    def painted(self) -> None:
        """Wait until the painters have done what they were given, and let the engine hear it."""
        while self.wishes.is_painting:
            with self.news:
                self.news.wait_for(lambda: self.engine.is_asked, 10)
            self.engine.turn()

    def sent(self) -> dict[str, list[int]]:
        """Take every message; return the cells of each kind."""
        found: dict[str, list[int]] = {"small": [], "none": []}
        while True:
            self.painted()
            if not self.wishes.has_news:
                return found
            message, buffers = self.wishes.message()
            found[message["what"]] += message["cells"]
            assert len(buffers) in {0, len(message["cells"])}


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    """Sixty cells with pictures."""
    return Desk(tmp_path, 60)


def test_wish_is_answered_in_its_order(desk: Desk) -> None:
    """What is nearest to the middle of the view comes first."""
    desk.wishes.want("me", 64, [7, 3, 5])

    assert [7, 3, 5] == desk.sent()["small"]


def test_new_wish_takes_the_place_of_the_old_one(desk: Desk) -> None:
    """Whoever scrolls by does not wait for what was passed."""
    desk.wishes.want("me", 64, range(60))
    desk.wishes.want("me", 64, [59])

    sent = desk.sent()["small"]
    assert 59 in sent
    assert len(sent) <= sheet_wishes.AT_ONCE * sheet_wishes.PORTION + 1


def test_two_pages_take_turns(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """One that wishes for much does not keep the other waiting."""
    monkeypatch.setattr(sheet_wishes, "PORTION", 4)
    desk.wishes.want("one", 64, range(50))
    desk.wishes.want("two", 64, [55])

    assert 55 in desk.sent()["small"][:20]


def test_page_that_goes_is_forgotten(desk: Desk) -> None:
    """Nothing more is painted for it."""
    desk.files.update(dict.fromkeys(range(60), NOT_YET))
    desk.wishes.want("me", 64, range(60))
    desk.wishes.forget("me")
    desk.wishes.arrived(range(60))

    assert {"small": [], "none": []} == desk.sent()


def test_cell_that_has_no_picture_yet_is_answered_when_it_has(desk: Desk) -> None:
    """The page need not ask again."""
    later, desk.files[4] = desk.files[4], NOT_YET
    desk.wishes.want("me", 64, [4])
    assert {"small": [], "none": []} == desk.sent()
    desk.files[4] = later
    desk.wishes.arrived([4])

    assert [4] == desk.sent()["small"]


@pytest.mark.parametrize("is_gone", [True, False])
def test_cell_that_gets_no_picture_is_said_to_have_none(desk: Desk, is_gone: bool) -> None:
    """One that failed, and one whose file somebody has deleted."""
    file: Any = desk.files[4]
    if is_gone:
        file.path.unlink()
    else:
        desk.files[4] = None
    desk.wishes.want("me", 64, [4, 5])

    assert {"small": [5], "none": [4]} == desk.sent()


def test_message_has_a_bound(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """A page draws between two messages."""
    monkeypatch.setattr(sheet_wishes, "MOST_CELLS", 10)
    desk.wishes.want("me", 64, range(20))
    desk.painted()

    assert 10 >= len(desk.wishes.message()[0]["cells"])


def test_painting_waits_for_sending(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """A page that is slow does not fill the memory."""
    monkeypatch.setattr(sheet_wishes, "UNSENT_BYTES", 1)
    desk.wishes.want("me", 64, range(60))
    for _ in range(5):
        desk.painted()

    waiting = len(desk.wishes.message()[0]["cells"])
    assert waiting <= sheet_wishes.AT_ONCE * sheet_wishes.PORTION
