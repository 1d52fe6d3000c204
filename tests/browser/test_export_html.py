"""A sweep that is one file, opened from disk as a friend would, with no network and no kernel."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import expect

import leonardo_nb as leo
from leonardo_nb.sweeps.export.html import to_html

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import BrowserContext, Page

    from leonardo_nb.studios import Studio
    from leonardo_nb.sweeps.run import Run

pytestmark = pytest.mark.browser

PROMPT = "a fox </script><img src=x onerror=\"document.title='broken'\"> \u202egnp.exe"
STYLES = ["CINEMATIC", "DYNAMIC"]
IS_SEEN = "img => img.complete && img.naturalWidth > 0"


@pytest.fixture
def run(studio: Studio) -> Run:
    """Six cells with a prompt that would be markup where it could."""
    started = leo.sweep(
        PROMPT, studio=studio, seed=[1, 2, 3], presetStyle=STYLES, width=128, height=96
    )
    return started.result(15)


class Opened:
    """A file in the browser, and all that it asked for and complained of."""

    def __init__(self, context: BrowserContext) -> None:
        self.page: Page = context.new_page()
        self.asked: list[str] = []
        self.said: list[str] = []
        self.page.on("request", lambda request: self.asked.append(request.url))
        self.page.on("console", lambda message: self.said.append(message.text))
        self.page.on("pageerror", lambda error: self.said.append(str(error)))

    def open(self, file: Path) -> Page:
        """Open *file* and wait until its first pictures are there."""
        self.page.goto(file.as_uri())
        expect(self.page.locator(".leo-cell img").first).to_be_visible()
        return self.page


@pytest.fixture
def opened(context: BrowserContext) -> Iterator[Opened]:
    """A page that is closed afterwards."""
    made = Opened(context)
    yield made
    made.page.close()


def painted(page: Page) -> list[bool]:
    found: list[Any] = page.locator(".leo-cell img").evaluate_all(f"all => all.map({IS_SEEN})")
    return [bool(each) for each in found]


def test_file_shows_every_picture_and_asks_for_nothing(
    run: Run, opened: Opened, tmp_path: Path
) -> None:
    """Six pictures, and not one request or complaint but for the file itself."""
    file = to_html(run, tmp_path / "foxes.html")
    page = opened.open(file)
    expect(page.locator(".leo-cell img")).to_have_count(6)

    assert [True] * 6 == painted(page)
    assert {file.as_uri()} == {url for url in opened.asked if not url.startswith("blob:")}
    assert [] == opened.said


def test_words_of_the_chosen_cell_are_text(run: Run, opened: Opened, tmp_path: Path) -> None:
    """Markup in a prompt is read, and does nothing."""
    page = opened.open(to_html(run, tmp_path / "foxes.html"))
    page.locator(".leo-cell").nth(3).click()
    expect(page.locator(".leo-side")).to_contain_text("a fox </script><img src=x onerror=")

    assert "broken" != page.title()
    assert 0 == page.locator("img[src=x]").count()


def test_large_picture_comes_out_of_the_file(run: Run, opened: Opened, tmp_path: Path) -> None:
    """The chosen cell is seen larger than its thumbnail."""
    page = opened.open(to_html(run, tmp_path / "foxes.html"))
    page.locator(".leo-cell").nth(3).click()
    width = run.images[0].width
    page.wait_for_function(
        "width => [...document.querySelectorAll('.leo-side img')]"
        ".some(img => img.naturalWidth === width)",
        arg=width,
    )


def test_pictures_beside_the_file_are_shown(run: Run, opened: Opened, tmp_path: Path) -> None:
    """They are the service's own, found by a relative address."""
    page = opened.open(to_html(run, tmp_path / "my foxes.html", pictures="beside"))
    page.locator(".leo-cell").nth(3).click()
    page.wait_for_function(
        "() => [...document.querySelectorAll('.leo-side img')]"
        ".some(img => img.src.includes('my%20foxes_files/') && img.naturalWidth > 0)"
    )

    assert [] == opened.said


def test_sheet_still_shows_when_the_folder_was_not_sent(
    run: Run, opened: Opened, tmp_path: Path
) -> None:
    """The thumbnails inside stand for what is missing."""
    file = to_html(run, tmp_path / "foxes.html", pictures="beside")
    for picture in (tmp_path / "foxes_files").iterdir():
        picture.unlink()
    page = opened.open(file)
    page.locator(".leo-cell").nth(3).click()
    page.wait_for_function(
        "() => [...document.querySelectorAll('.leo-side img')]"
        ".some(img => img.src.startsWith('blob:') && img.naturalWidth > 0)"
    )


def test_axes_are_turned_in_the_file(run: Run, opened: Opened, tmp_path: Path) -> None:
    """The sheet is the notebook's own: rows and columns change places."""
    page = opened.open(to_html(run, tmp_path / "foxes.html"))
    menus = page.locator(".leo-sheet select")
    before = menus.nth(0).input_value()
    menus.nth(1).select_option(before)
    expect(menus.nth(1)).to_have_value(before)
    expect(page.locator(".leo-cell img")).to_have_count(6)

    assert before != menus.nth(0).input_value()


def test_star_stays_when_the_file_is_opened_again(run: Run, opened: Opened, tmp_path: Path) -> None:
    """The browser keeps it, and it can be taken along as Python."""
    file = to_html(run, tmp_path / "foxes.html")
    page = opened.open(file)
    page.locator(".leo-cell").nth(2).click()
    page.keyboard.press("s")
    expect(page.locator("#leo-copy-marks")).to_have_text("Copy 1 mark as Python")
    page.reload()
    expect(page.locator("#leo-copy-marks")).to_have_text("Copy 1 mark as Python")
    expect(page.locator("#leo-kept")).to_have_text("Marks made here stay in this browser.")


def test_plan_is_saved_from_the_file(run: Run, opened: Opened, tmp_path: Path) -> None:
    """What makes the sweep again comes out of it."""
    page = opened.open(to_html(run, tmp_path / "foxes.html"))
    with page.expect_download() as download:
        page.get_by_role("button", name="Save sweep.json").click()

    assert "sweep.json" == download.value.suggested_filename
    plan = leo.Plan.from_dict(
        json.loads(download.value.path().read_text("utf-8")), studio=run.studio
    )
    assert [cell.key for cell in run.cells] == [cell.key for cell in plan.cells]


@pytest.mark.parametrize("width", [400, 1200])
def test_page_is_never_wider_than_the_window(
    run: Run, opened: Opened, tmp_path: Path, width: int
) -> None:
    """On a telephone as on a screen."""
    opened.page.set_viewport_size({"width": width, "height": 800})
    page = opened.open(to_html(run, tmp_path / "foxes.html"))

    assert width == page.evaluate("document.documentElement.scrollWidth")
