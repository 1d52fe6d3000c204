from __future__ import annotations

import re
import threading
from typing import TYPE_CHECKING, Any

import pytest

import leonardo_nb as leo
from leonardo_nb.widgets import sheet as sheet_module
from leonardo_nb.widgets.page import HERE
from leonardo_nb.widgets.sheet import Sheet

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from leonardo_nb.studios import Studio
    from leonardo_nb.sweeps.run import Run

SMALL: dict[str, Any] = {"width": 64, "height": 64}
SCRIPT = (HERE / "sheet.js").read_text(encoding="utf-8")


class Page(Sheet):
    """A sheet that remembers what it sent to the page."""

    def __init__(self, run: Run) -> None:
        self.sent: list[tuple[dict[str, Any], list[bytes]]] = []
        self._news = threading.Condition()
        super().__init__(run)
        self.observe(self._wake)

    def send(self, content: dict[str, Any], buffers: list[bytes] | None = None) -> None:
        """Remember a message."""
        self.sent.append((content, buffers or []))
        self._wake()

    def _wake(self, _change: object = None) -> None:
        with self._news:
            self._news.notify_all()

    def until(self, condition: Callable[[], bool]) -> bool:
        """Return whether *condition*, on traits and messages, came true while the engine worked."""
        with self._news:
            return self._news.wait_for(condition, 10)

    def hears(self, **content: Any) -> None:
        """Stand for a message from the page, on a thread of its own."""
        self._heard(self, content, [])

    def answers(self, what: str) -> list[tuple[dict[str, Any], list[bytes]]]:
        """Return the messages of one kind."""
        return [(content, buffers) for content, buffers in self.sent if content["what"] == what]


@pytest.fixture
def page(studio: Studio) -> Iterator[Page]:
    """The page of a run of two by two cells, all done."""
    run = leo.sweep("a fox", studio=studio, seed=[1, 2], presetStyle=["ANIME", "DYNAMIC"], **SMALL)
    made = Page(run)
    run.result(15)
    assert made.until(lambda: made.states == "dddd")
    yield made
    made.close()


def test_grid_ends_with_every_cell_done(page: Page) -> None:
    """The last change is never lost."""
    assert "4 of 4" == page.head["word"]


def test_small_pictures_are_sent_once_as_they_arrive(page: Page) -> None:
    """As buffers beside a message that says whose they are."""
    assert page.until(lambda: 4 == sum(len(buffers) for _, buffers in page.answers("small")))
    assert [0, 1, 2, 3] == sorted(
        n for content, _ in page.answers("small") for n in content["cells"]
    )
    assert all(data.startswith(b"\xff\xd8") for _, many in page.answers("small") for data in many)


def test_page_that_is_opened_later_gets_everything(page: Page) -> None:
    """A reload asks for what there is."""
    assert page.until(lambda: 4 == sum(len(buffers) for _, buffers in page.answers("small")))
    page.sent.clear()
    page.hears(do="look", view="me")

    assert page.until(lambda: bool(page.answers("small")))
    assert [0, 1, 2, 3] == page.answers("small")[0][0]["cells"]


def test_chosen_cell_is_answered_with_words_then_pictures(page: Page) -> None:
    """To the view that asked."""
    page.hears(do="show", cell=2, view="me")

    assert page.until(lambda: bool(page.answers("large")))
    content, _ = page.answers("cell")[0]
    assert (2, "me", "a fox") == (content["cell"], content["view"], content["detail"]["prompt"])


@pytest.mark.parametrize(
    "nonsense",
    [{"do": "show", "cell": 99, "view": "me"}, {"do": "show", "cell": "x"}, {"do": "fly"}, {}],
)
def test_nonsense_from_the_page_is_ignored(page: Page, nonsense: dict[str, Any]) -> None:
    """A page can send anything."""
    page.sent.clear()
    page.hears(**nonsense)
    page.hears(do="look", view="me")

    assert page.until(lambda: bool(page.answers("small")))
    assert [] == page.answers("cell")


def test_turning_lays_the_same_cells_out_otherwise(page: Page) -> None:
    """Rows and columns are the page's to choose."""
    page.hears(do="turn", x="presetStyle", y="seed")

    assert page.until(lambda: page.grid["x"]["name"] == "presetStyle")
    assert ("seed", [0, 1, 2, 3]) == (page.grid["y"]["name"], page.grid["cells"])


def test_turning_to_an_axis_that_is_none_changes_nothing(
    page: Page, caplog: pytest.LogCaptureFixture
) -> None:
    """It is logged, and the grid stays."""
    before = page.grid
    page.sent.clear()
    page.hears(do="turn", x="scheduler", y="seed")
    page.hears(do="look", view="me")

    # what the page says is heard in order, so an answer to the second means that the first is done
    assert page.until(lambda: bool(page.answers("small")))
    assert "a grid that there is not" in caplog.text
    assert before == page.grid


def test_stop_withdraws_what_is_not_sent(studio: Studio) -> None:
    """The button is `run.cancel()`."""

    async def start() -> Page:
        page = Page(leo.sweep("a fox", studio=studio, seed=range(40), **SMALL))
        page.hears(do="stop")  # on the engine's own thread nothing can be sent in between
        return page

    page = studio.engine.wait(studio.engine.run(start))
    for job in page.run:
        job.exception(15)

    assert 40 == page.run.counts.stopped
    page.close()


def test_one_run_has_one_sheet(studio: Studio) -> None:
    """Two views of one run share a model."""
    run = leo.sweep("a fox", studio=studio, seed=[1], **SMALL).result(10)
    sheet = run.sheet()

    assert sheet is run.sheet()
    sheet.close()


def test_show_without_a_notebook_says_it_plainly(
    studio: Studio, capsys: pytest.CaptureFixture[str]
) -> None:
    """In a script, a run is one line."""
    run = leo.sweep("a fox", studio=studio, seed=[1], **SMALL).result(10)
    sheet_module.show(run)

    assert "<Run of 1 cell: 1 done>\n" == capsys.readouterr().out


def test_script_reads_only_traits_that_are_synced() -> None:
    """A trait that was renamed on one side only would be undefined on the page."""
    read = set(re.findall(r'model\.get\("(\w+)"\)|"change:(\w+)"', SCRIPT))
    names = {name for pair in read for name in pair if name}

    assert names <= set(Sheet.class_trait_names(sync=True))
    assert {"head", "grid", "states", "reasons"} <= names


def test_script_parses_no_markup() -> None:
    """Prompts are anybody's text."""
    assert not re.search(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write", SCRIPT)
