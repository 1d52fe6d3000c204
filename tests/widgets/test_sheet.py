from __future__ import annotations

import re
import threading
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

import leonardo_nb as leo
from leonardo_nb.library.shelf import Mark
from leonardo_nb.widgets.page import HERE
from leonardo_nb.widgets.sheet import Sheet
from leonardo_nb.widgets.sheet_outputs import explore, show

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from leonardo_nb.simulator import Simulator
    from leonardo_nb.studios import Studio
    from leonardo_nb.sweeps.run import Run

SMALL: dict[str, Any] = {"width": 64, "height": 64}
SCRIPT = "\n".join(file.read_text(encoding="utf-8") for file in sorted(HERE.glob("sheet_*.js")))


class Page(Sheet):
    """A sheet that remembers what it sent to the page."""

    def __init__(self, run: Run) -> None:
        self.sent: list[tuple[dict[str, Any], Sequence[bytes]]] = []
        self._news = threading.Condition()
        super().__init__(run)
        self.observe(self._wake)

    def send(self, content: dict[str, Any], buffers: Sequence[bytes] | None = None) -> None:
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

    def answers(self, what: str) -> list[tuple[dict[str, Any], Sequence[bytes]]]:
        """Return the messages of one kind."""
        return [(content, buffers) for content, buffers in self.sent if content["what"] == what]

    def small(self) -> list[int]:
        """Return the cells whose small pictures were sent, in their order."""
        return [n for content, _ in self.answers("small") for n in content["cells"]]


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
    assert ("4 of 4", []) == (page.head["word"], page.head["actions"])


def test_small_pictures_are_made_only_when_the_page_asks(page: Page) -> None:
    """As WebP, in the order of need."""
    assert [] == page.sent
    page.hears(do="want", view="me", size=64, cells=[3, 1])

    assert page.until(lambda: page.small() == [3, 1])
    assert all(data.startswith(b"RIFF") for _, some in page.answers("small") for data in some)


def test_cells_of_one_batch_show_each_its_own_picture(studio: Studio) -> None:
    """Several pictures of one job fill several places."""
    page = Page(leo.sweep("a fox", studio=studio, num_images=2, **SMALL))
    page.run.result(15)
    assert page.until(lambda: page.states == "dd")
    page.hears(do="large", cells=[0, 1], view="me")

    assert page.until(lambda: 2 == len(page.answers("large")))
    (first,), (second,) = (buffers for _, buffers in page.answers("large"))
    assert first != second
    page.close()


def test_sheet_that_is_opened_again_has_its_first_view_at_once(page: Page) -> None:
    """The pictures of the first view are in the message that opens it."""
    again = Page(page.run)

    assert [0, 1, 2, 3] == sorted(again.first["cells"])
    assert all(data.startswith(b"RIFF") for data in again.first["data"])
    again.close()


def test_places_are_numbers_of_two_bytes(page: Page) -> None:
    """Cell by cell, where it stands on each axis."""
    coords = np.frombuffer(page.coords, "<u2").reshape(4, 2)

    assert [[0, 0], [0, 1], [1, 0], [1, 1]] == coords.tolist()


def test_costs_are_numbers_of_four_bytes(page: Page) -> None:
    """What each cell has cost."""
    amount = float(page.run.jobs[0].cost.amount)  # type: ignore[union-attr]

    assert page.until(lambda: [amount] * 4 == np.frombuffer(page.costs, "<f4").tolist())


def test_chosen_cell_is_answered_with_words(page: Page) -> None:
    """To the view that asked."""
    page.hears(do="show", cell=2, view="me")

    assert page.until(lambda: bool(page.answers("cell")))
    content, _ = page.answers("cell")[0]
    assert (2, "me", "a fox") == (content["cell"], content["view"], content["detail"]["prompt"])


def test_large_pictures_are_sent_to_who_asked(page: Page) -> None:
    """For the side and for comparing."""
    page.hears(do="large", cells=[1, 2], view="me")

    assert page.until(lambda: 2 == len(page.answers("large")))
    assert [[1], [2]] == [content["cells"] for content, _ in page.answers("large")]
    assert {"me"} == {content["view"] for content, _ in page.answers("large")}


def test_download_is_every_byte_of_the_file(page: Page) -> None:
    """As the service made it, under a name that says where it stands."""
    page.hears(do="download", cell=3, view="me")
    assert page.until(lambda: bool(page.answers("file")))
    content, (data,) = page.answers("file")[0]

    assert page.run.jobs[3].images[0].read_bytes() == data
    assert content["name"].startswith("a-fox_seed-2_presetStyle-DYNAMIC.")


def test_download_of_a_file_that_is_gone_says_so(page: Page) -> None:
    """Without bytes."""
    page.run.jobs[3].images[0].path.unlink()
    page.hears(do="download", cell=3, view="me")

    assert page.until(lambda: bool(page.answers("file")))
    assert [] == page.answers("file")[0][1]


@pytest.mark.parametrize(
    "nonsense",
    [
        {"do": "show", "cell": 99, "view": "me"},
        {"do": "show", "cell": "x"},
        {"do": "want", "view": "me", "size": 77, "cells": [1]},
        {"do": "want", "view": "me", "size": 64, "cells": [99, "x", -1, True]},
        {"do": "large", "cells": [None], "view": "me"},
        {"do": "mark", "cell": 1, "star": "yes"},
        {"do": "fly"},
        {},
    ],
)
def test_nonsense_from_the_page_is_ignored(page: Page, nonsense: dict[str, Any]) -> None:
    """A page can send anything."""
    page.hears(**nonsense)
    page.hears(do="show", cell=0, view="me")

    # what the page says is heard in order, so an answer to the second means that the first is done
    assert page.until(lambda: bool(page.answers("cell")))
    assert (1, {}) == (len(page.sent), page.run.marks)


def test_page_and_python_see_each_others_marks(page: Page) -> None:
    """What one says, the other has at once."""
    page.hears(do="mark", cell=1, star=True, note="this one")
    assert page.until(lambda: "1" in page.marks)
    assert {1: Mark(star=True, note="this one")} == page.run.marks

    page.run.reject(1)
    assert page.until(lambda: page.marks["1"]["reject"])
    assert Mark(reject=True, note="this one") == page.run.marks[1]


def test_marks_of_others_are_read_when_it_is_looked_at(page: Page) -> None:
    """Another process may have said something."""
    page.run.studio.shelf.mark(page.run.cells[2].picture, Mark(star=True))
    page.hears(do="look", view="me")

    assert page.until(lambda: page.marks.get("2", {}).get("star", False))


def test_turning_from_python_moves_the_open_sheet(studio: Studio) -> None:
    """And gives the same run laid out so, which shares the sheet."""
    run = leo.sweep("a fox", studio=studio, seed=[1, 2], presetStyle=["ANIME"], **SMALL).result(10)
    sheet = run.sheet()
    view = run.grid(x="presetStyle", y="seed", size=160)

    assert ("presetStyle", "seed", 160) == tuple(sheet.arrangement[n] for n in ("x", "y", "size"))
    assert sheet is view.sheet()
    assert "presetStyle" == view.layout.x.name  # type: ignore[union-attr]
    sheet.close()


def test_turning_to_what_is_none_changes_nothing(page: Page) -> None:
    """The error names the nearest, and the page stays as it is."""
    page.run._sheet = page
    before = page.arrangement

    with pytest.raises(leo.InvalidRequest, match="seed"):
        page.run.grid(x="sead")
    assert before == page.arrangement


def test_selection_is_readable_and_can_be_set(page: Page) -> None:
    """The first chosen is the first."""
    page.run._sheet = page
    page.selected = [3, 0]
    assert [3, 0] == [cell.index for cell in page.run.selected]

    page.run.select(seed=2)
    assert [2, 3] == page.selected
    assert page.until(lambda: [2] == [content["cell"] for content, _ in page.answers("go")])


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


def test_pause_and_go_on(studio: Studio) -> None:
    """What is not sent is held back, and goes when somebody says so."""

    async def start() -> Page:
        page = Page(leo.sweep("a fox", studio=studio, seed=range(30), **SMALL))
        page.hears(do="pause")
        return page

    page = studio.engine.wait(studio.engine.run(start))
    assert page.until(lambda: "go_on" in [each["do"] for each in page.head["actions"]])
    assert "paused" in page.head["rest"]
    page.hears(do="go_on")
    page.run.result(15)

    assert page.until(lambda: page.states == "d" * 30)
    page.close()


def test_what_failed_is_tried_again(studio: Studio, simulator: Simulator) -> None:
    """The same cells get other jobs, and their reasons go."""
    simulator.script(method="POST", path="/generations", fail=True, times=1)
    page = Page(leo.sweep("a fox", studio=studio, seed=[1, 2, 3], **SMALL))
    page.run.result(15)
    assert page.until(lambda: "f" in page.states and page.states.count("d") == 2)
    assert page.until(lambda: ["retry"] == [each["do"] for each in page.head["actions"]])
    assert 1 == len(page.reasons)
    page.hears(do="retry")

    assert page.until(lambda: page.states == "ddd")
    assert page.until(lambda: {} == page.reasons)
    page.close()


def test_few_messages_leave_it_however_much_happens(studio: Studio) -> None:
    """What changes is gathered."""
    counted: list[object] = []
    run = leo.sweep("a fox", studio=studio, seed=range(60), **SMALL)
    page = Page(run)
    page.observe(lambda _: counted.append(None), "states")
    started = studio.engine.wait(studio.engine.run(_now))
    run.result(15)
    assert page.until(lambda: page.states == "d" * 60)

    assert len(counted) <= 2 + 10 * (studio.engine.wait(studio.engine.run(_now)) - started)
    page.close()


async def _now() -> float:
    """Return the time of the engine's own loop, which is a real one."""
    import asyncio

    return asyncio.get_running_loop().time()


def test_one_run_has_one_sheet(studio: Studio) -> None:
    """Two views of one run share a model."""
    run = leo.sweep("a fox", studio=studio, seed=[1], **SMALL).result(10)
    sheet = run.sheet()

    assert sheet is run.sheet()
    sheet.close()


@pytest.mark.parametrize("say", [show, explore])
def test_show_without_a_notebook_says_it_plainly(
    studio: Studio, capsys: pytest.CaptureFixture[str], say: Callable[[Run], None]
) -> None:
    """In a script, a run is one line."""
    run = leo.sweep("a fox", studio=studio, seed=[1], **SMALL).result(10)
    say(run)

    assert "<Run of 1 cell: 1 done>\n" == capsys.readouterr().out


def test_script_reads_only_traits_that_are_synced() -> None:
    """A trait that was renamed on one side only would be undefined on the page."""
    read = set(re.findall(r'model\.get\("(\w+)"\)|"change:(\w+)"', SCRIPT))
    names = {name for pair in read for name in pair if name}

    assert names <= set(Sheet.class_trait_names(sync=True))
    assert {"deck", "coords", "states", "head", "arrangement"} <= names
