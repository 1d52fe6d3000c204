"""Keys pressed within a widget are the widget's: JupyterLab's command mode does not hear them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import HELD

if TYPE_CHECKING:
    from playwright.sync_api import Locator

    from tests.browser.conftest import Opener, OpenNotebook

pytestmark = [pytest.mark.browser, pytest.mark.timeout(120)]

SWEEP = """\
run = leo.sweep(
    "a lighthouse at dawn",
    seed=[31, 32],
    guidance_scale=[4, 7, 10],
    width=256,
    height=256,
    reuse=False,
)
run"""
COMMANDS = ("d", "d", "x", "b", "m", "a", "v", "Shift+M", "Control+Backspace", "Shift+Enter")
"""Keys that delete, cut, add, turn into text, merge and run cells of a notebook."""


def cells(page: OpenNotebook) -> tuple[int, int]:
    """Return how many cells the notebook has, and how many of them are text."""
    both = page.page.locator(".jp-Notebook-cell"), page.page.locator(".jp-MarkdownCell")
    return both[0].count(), both[1].count()


def press(page: OpenNotebook, *keys: str) -> None:
    """Press *keys*, one after the other."""
    for key in keys:
        page.page.keyboard.press(key)


def test_commands_of_the_notebook_are_not_heard(notebook: Opener) -> None:
    """Whatever has the focus in a sheet, a judge or a card, the notebook keeps its cells."""
    job = 'job = leo.generate("a cat", width=256, height=256, seed=33, reuse=False)\njob.card()'
    page = notebook(HELD, f"{SWEEP}.sheet()", job, "let_go()\nawait run\nawait job", "run.judge()")
    page.run(0)
    page.run(1)
    page.run(2)
    sheet = page.output(1).locator(".leo-sheet")
    expect(sheet.locator(".leo-cell")).to_have_count(6)
    expect(page.card(2)).to_be_visible()

    def unheard(place: Locator) -> None:
        place.focus()
        expect(place).to_be_focused()
        press(page, *COMMANDS)
        assert (5, 0) == cells(page)
        press(page, "Escape")

    unheard(page.card(2).locator("button:visible").first)
    page.run(3)
    expect(sheet.locator(".leo-cell img")).to_have_count(6)
    page.run(4)
    judge = page.output(4).locator(".leo-judge")
    expect(judge.locator(".leo-pair[data-ready] img")).to_have_count(2)

    sheet.locator(".leo-cell").first.click()
    unheard(sheet.locator(".leo-cell").first)
    unheard(sheet.get_by_role("button", name="Values"))
    unheard(sheet.locator("select[data-key=y]"))
    unheard(sheet.locator(".leo-zoom input"))
    unheard(sheet.locator(".leo-track input").first)
    unheard(judge.locator(".leo-pair"))
    unheard(judge.locator(".leo-show"))
    expect(sheet).to_be_visible()
    expect(judge).to_be_visible()
    assert [] == page.problems


def test_arrows_move_sliders_and_menus(notebook: Opener) -> None:
    """Arrows are for what has the focus, and leave it there."""
    page = notebook(HELD, f"{SWEEP}.sheet()", "let_go()\nawait run")
    page.run(0)
    page.run(1)
    page.run(2)
    sheet = page.output(1).locator(".leo-sheet")
    expect(sheet.locator(".leo-cell img")).to_have_count(6)
    sheet.locator(".leo-cell").first.click()
    size = sheet.locator(".leo-zoom input")
    was = int(size.input_value())

    size.focus()
    press(page, "ArrowRight", "ArrowUp", "ArrowDown")
    expect(size).to_have_value(str(was + 1))
    expect(size).to_be_focused()
    track = sheet.locator(".leo-track input").nth(1)
    track.focus()
    press(page, "ArrowRight", "ArrowUp", "ArrowLeft")
    expect(track).to_have_value("1")
    expect(track).to_be_focused()
    rows = sheet.locator("select[data-key=y]")
    expect(rows).to_have_value("seed")
    rows.focus()
    press(page, "ArrowDown")
    expect(rows).to_have_value("guidance_scale")
    expect(rows).to_be_focused()
