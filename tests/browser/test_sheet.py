"""A sweep in a real JupyterLab: its grid while it fills, and the contact sheet that stays."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import HELD, WIDGET_TYPE, Opener, OpenNotebook, mime_types

if TYPE_CHECKING:
    from playwright.sync_api import Locator

pytestmark = [pytest.mark.browser, pytest.mark.timeout(120)]

SWEEP = """\
run = leo.sweep(
    "a lighthouse at dawn",
    seed=[1, 2],
    guidance_scale=[4, 7, 10],
    reuse=False,
)
run"""
CHOSEN = "run.selected"
PLAIN_PICTURE = ["image/jpeg", "text/html", "text/plain"]
NO_WIDGET = re.compile("model not found|error displaying widget|loading widget", re.IGNORECASE)


def fill(page: OpenNotebook) -> None:
    """Show the sweep's grid in cell 1, and keep it live when it has ended."""
    page.run(0)
    page.run(1)
    expect(page.output(1).locator(".leo-sheet")).to_be_visible()


def test_grid_appears_and_fills(notebook: Opener) -> None:
    """The grid has a place for every cell from the start, and a picture in each at the end."""
    page = notebook(HELD, f"{SWEEP}.sheet()", "let_go()\nawait run\nrun")
    fill(page)
    sheet = page.output(1).locator(".leo-sheet")
    expect(sheet.locator(".leo-cell")).to_have_count(6)
    expect(sheet.locator(".leo-cell[data-state=running]")).to_have_count(6)
    expect(sheet.locator(".leo-cell img")).to_have_count(0)

    page.run(2)

    expect(sheet.locator(".leo-cell[data-state=done]")).to_have_count(6)
    expect(sheet.locator(".leo-cell img")).to_have_count(6)
    assert [] == page.problems


def test_cells_are_chosen_by_keyboard(notebook: Opener) -> None:
    """Arrows move to the neighbour in the grid, and the side shows the cell that is chosen."""
    page = notebook(HELD, f"{SWEEP}.sheet()", "let_go()\nresult = await run", CHOSEN)
    fill(page)
    page.run(2)
    sheet = page.output(1).locator(".leo-sheet")
    expect(sheet.locator(".leo-cell img")).to_have_count(6)
    chosen = sheet.locator(".leo-cell.leo-chosen")
    side = sheet.locator(".leo-side")
    sheet.locator(".leo-cell").first.click()
    expect(side).to_contain_text("guidance_scale4")
    first = chosen.get_attribute("aria-label")

    page.page.keyboard.press("ArrowRight")
    expect(side).to_contain_text("guidance_scale7")
    page.page.keyboard.press("Control+End")
    expect(side).to_contain_text("guidance_scale10")
    expect(side).to_contain_text("seed2")
    expect(chosen).to_be_focused()
    page.run(3)
    expect(page.output(3)).to_contain_text("seed=2, guidance_scale=10")
    sheet.locator(".leo-cell").nth(3).click()
    page.page.keyboard.press("Control+Home")

    expect(side).to_contain_text("seed1")
    assert first == chosen.get_attribute("aria-label")


def test_page_and_python_move_each_other(notebook: Opener) -> None:
    """A star on the page is one in Python, and `run.grid` turns the sheet that is open."""
    turn = "view = run.grid(x='seed', y='guidance_scale')\nrun.starred"
    page = notebook(HELD, f"{SWEEP}.sheet()", "let_go()\nresult = await run", turn)
    fill(page)
    page.run(2)
    sheet = page.output(1).locator(".leo-sheet")
    expect(sheet.locator(".leo-cell img")).to_have_count(6)
    expect(sheet.locator("select[data-key=x]")).to_have_value("guidance_scale")
    sheet.locator(".leo-cell").first.click()
    page.page.keyboard.press("s")
    expect(sheet.locator(".leo-cell").first).to_have_attribute("aria-label", re.compile("starred"))
    page.run(3)

    expect(page.output(3)).to_contain_text("seed=1, guidance_scale=4")
    expect(sheet.locator("select[data-key=x]")).to_have_value("seed")
    assert [] == page.problems


def test_sheet_is_live_again_after_a_restart(notebook: Opener) -> None:
    """The library has the pictures and the stars, and nothing is paid."""
    line = """\
import leonardo_nb as leo
leo.connect(simulator=True)
run = leo.sweep("a lighthouse at dusk", seed=[1, 2], guidance_scale=[4, 7, 10])
"""
    page = notebook(f"{line}await run\nrun.star(0)", f"{line}run.explore()", "run.freeze()")
    page.run(0)
    page.restart_kernel()
    page.run(1)
    sheet = page.output(1).locator(".leo-sheet")
    expect(sheet.locator(".leo-cell img")).to_have_count(6)
    expect(sheet.locator(".leo-cell[aria-label*=starred]")).to_have_count(1)
    expect(sheet).to_contain_text("all 6 from the library")
    page.run(2)

    expect(sheet).to_have_count(0)
    expect(page.output(1).locator("img").first).to_be_visible()
    assert PLAIN_PICTURE in mime_types(page.save())


def test_grid_freezes_into_a_picture(notebook: Opener) -> None:
    """When the sweep ends, a contact sheet is on the page, in the file, and outlives the kernel."""
    page = notebook(HELD, SWEEP, "let_go()\nresult = await run")
    fill(page)
    page.run(2)
    picture = page.output(1).locator("img").first
    expect(picture).to_be_visible()
    expect(page.output(1).locator(".leo-sheet")).to_have_count(0)

    saved = page.save()
    assert [PLAIN_PICTURE] == mime_types(saved)
    assert WIDGET_TYPE not in page.file.read_text("utf-8")

    page.restart_kernel()
    page.reload()
    expect(picture).to_be_visible()
    assert picture.evaluate("image => image.decode().then(() => image.naturalWidth)") > 0
    expect(page.page.locator(".jp-NotebookPanel")).not_to_contain_text(NO_WIDGET)


def test_failed_cell_says_why(notebook: Opener) -> None:
    """A cell that failed is told by its mark and its reason, and the others are there."""
    script = 'studio.simulator.script(moderation=["NSFW"])'
    page = notebook(HELD, f"{script}\n{SWEEP}.sheet()", "let_go()\nresult = await run")
    fill(page)
    page.run(2)
    sheet = page.output(1).locator(".leo-sheet")
    expect(sheet.locator(".leo-cell img")).to_have_count(5)

    sheet.locator(".leo-cell[data-state=failed]").click()

    expect(sheet.locator(".leo-error")).to_contain_text("failed")


def shown(notebook: Opener, *more: str) -> tuple[OpenNotebook, Locator]:
    """Open a notebook with a sheet whose six cells are done, and return both."""
    page = notebook(HELD, f"{SWEEP}.sheet()", "let_go()\nresult = await run", *more)
    fill(page)
    page.run(2)
    sheet = page.output(1).locator(".leo-sheet")
    expect(sheet.locator(".leo-cell img")).to_have_count(6)
    return page, sheet


def test_a_label_is_dragged_and_nothing_else(notebook: Opener) -> None:
    """Its value moves, no text is selected on the way, and the focus stays where it was."""
    page, sheet = shown(notebook)
    labels = sheet.locator(".leo-label")
    expect(labels).to_have_text(["4", "7", "10"])
    sheet.locator(".leo-cell").first.click()
    mouse = page.page.mouse
    boxes = [labels.nth(i).bounding_box() for i in range(3)]
    assert all(boxes)
    first, last = boxes[0], boxes[2]
    mouse.move(first["x"] + first["width"] / 2, first["y"] + 5)  # type: ignore[index]
    mouse.down()
    mouse.move(last["x"] + last["width"] - 2, last["y"] + 60, steps=8)  # type: ignore[index]
    selected = page.page.evaluate("String(getSelection())")
    mouse.up()

    expect(labels).to_have_text(["7", "10", "4"])
    assert "" == selected
    assert sheet.evaluate("node => node.contains(document.activeElement)")


def test_help_gives_the_focus_back(notebook: Opener) -> None:
    """Over a comparison, too, where the grid cannot have it."""
    page, sheet = shown(notebook)
    keys = page.page.keyboard
    sheet.locator(".leo-cell").first.click()
    for key in ("Space", "ArrowRight", "c"):
        keys.press(key)
    slider = sheet.get_by_role("button", name="Slider")
    slider.focus()
    keys.press("?")
    expect(sheet.locator(".leo-help")).to_be_visible()
    keys.press("Escape")
    expect(slider).to_be_focused()
    keys.press("Escape")

    expect(sheet.locator(".leo-stage")).to_be_hidden()
    keys.press("ArrowRight")
    expect(sheet.locator(".leo-cell").nth(2)).to_be_focused()


def test_escape_closes_a_panel_from_its_fields(notebook: Opener) -> None:
    """Letters are text in a field of the filter; Escape leads back to its button."""
    page, sheet = shown(notebook)
    button = sheet.get_by_role("button", name="Filter")
    button.click()
    field = sheet.get_by_label("Value or note has")
    field.click()
    page.page.keyboard.type("7 cxs")
    expect(field).to_have_value("7 cxs")
    field.fill("")
    page.page.keyboard.press("Escape")

    expect(sheet.locator(".leo-filter")).to_be_hidden()
    expect(button).to_be_focused()


def test_one_at_a_time_begins_with_the_chosen_cell(notebook: Opener) -> None:
    """An axis becomes a page where the chosen cell stands, and the size that was set stays."""
    _, sheet = shown(notebook)
    rows = sheet.locator("select[data-key=y]")
    rows.select_option("")
    sheet.locator(".leo-cell").last.click()
    chosen = sheet.locator(".leo-chosen").get_attribute("aria-label")
    sheet.locator(".leo-zoom input").fill("3")
    expect(sheet.get_by_role("button", name="Fit")).to_have_attribute("aria-pressed", "false")
    sheet.locator("select[data-key='at seed']").select_option("pages")

    expect(sheet.locator(".leo-pager output")).to_have_text("2")
    assert chosen == sheet.locator(".leo-chosen").get_attribute("aria-label")
    expect(sheet.get_by_role("button", name="Fit")).to_have_attribute("aria-pressed", "false")


def test_one_picture_asks_for_another(notebook: Opener) -> None:
    """Comparing one picture says on the page what is missing, until there are two."""
    page, sheet = shown(notebook)
    hint = sheet.locator(".leo-another")
    sheet.locator(".leo-cell").first.click()
    expect(hint).to_be_hidden()
    page.page.keyboard.press("c")
    expect(hint).to_be_visible()
    expect(hint).to_contain_text("Choose another picture")
    sheet.locator(".leo-cell").nth(1).click()
    expect(hint).to_be_hidden()
    page.page.keyboard.press("c")

    expect(sheet.locator(".leo-stage img")).to_have_count(2)


def test_nothing_is_chosen_before_somebody_chooses(notebook: Opener) -> None:
    """The first picture stands at the side, and no cell has the ring that `selected` has."""
    page, sheet = shown(notebook, CHOSEN)
    expect(sheet.locator(".leo-side img")).to_be_visible()
    expect(sheet.locator(".leo-chosen, [aria-selected=true]")).to_have_count(0)
    page.run(3)
    expect(page.output(3)).to_contain_text("()")
    sheet.locator(".leo-cell").first.click()

    expect(sheet.locator(".leo-chosen")).to_have_count(1)


def test_a_hidden_value_keeps_its_place(notebook: Opener) -> None:
    """Its chip stays among the others, and shown again the value is where it was."""
    page, sheet = shown(notebook)
    sheet.get_by_role("button", name="Values").click()
    chips = sheet.get_by_label("Values of guidance_scale").locator(".leo-chip")
    expect(chips).to_have_text(["4", "7", "10"])
    chips.nth(2).focus()
    page.page.keyboard.press("Alt+ArrowLeft")
    expect(chips).to_have_text(["4", "10", "7"])
    chips.nth(1).click()
    expect(chips.nth(1)).to_have_attribute("aria-pressed", "false")
    expect(chips).to_have_text(["4", "10", "7"])
    expect(sheet.locator(".leo-label")).to_have_text(["4", "7"])
    chips.nth(1).click()

    expect(sheet.locator(".leo-label")).to_have_text(["4", "10", "7"])
    expect(chips).to_have_text(["4", "10", "7"])
