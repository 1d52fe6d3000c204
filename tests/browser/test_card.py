"""One job in a real JupyterLab: its card while it runs, and the picture that stays."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import DARK, HELD, WIDGET_TYPE, mime_types

if TYPE_CHECKING:
    from playwright.sync_api import Locator

    from tests.browser.conftest import Opener, OpenNotebook

pytestmark = [pytest.mark.browser, pytest.mark.timeout(120)]

PROMPT = "a lighthouse at dawn, gulls over the surf"
JOB = f'job = leo.generate("{PROMPT}", seed=42, presetStyle="CINEMATIC")\njob'
PLAIN_PICTURE = ["image/jpeg", "text/html", "text/plain"]
NO_WIDGET = re.compile("model not found|error displaying widget|loading widget", re.IGNORECASE)


def has_drawn(picture: Locator) -> None:
    """Wait until the browser has really decoded *picture*, and fail if it cannot."""
    expect(picture).to_be_visible()
    picture.evaluate("image => image.decode()")
    assert picture.evaluate("image => image.naturalWidth") > 0


def has_picture_and_no_widget(page: OpenNotebook, cell: int = 1) -> None:
    """Check that a cell shows a plain picture, and that nothing tells of a lost widget."""
    has_drawn(page.output(cell).locator("img").first)
    expect(page.card(cell)).to_have_count(0)
    expect(page.page.locator(".jp-NotebookPanel")).not_to_contain_text(NO_WIDGET)


def test_card_ticks_while_another_cell_sleeps(notebook: Opener) -> None:
    """The card appears, and its seconds go on while a cell blocks the kernel in `time.sleep`."""
    sleeping = "while not hand.step:\n    time.sleep(0.1)"
    page = notebook(HELD, JOB, sleeping)
    page.run(0)
    page.run(1)
    card = page.card(1)
    expect(card.locator(".leo-word")).to_have_text("Drawing")
    expect(card.locator(".leo-prompt")).to_have_text(PROMPT)
    expect(card.locator(".leo-money")).to_have_text("8 credits")
    expect(card.locator(".leo-pill")).to_have_text("simulated")

    page.start(2)
    expect(page.cell(2).locator(".jp-InputPrompt")).to_have_text("[*]:")
    seconds = card.locator(".leo-time")
    before = seconds.text_content() or ""
    expect(seconds).not_to_have_text(before)
    later = seconds.text_content() or ""
    expect(seconds).not_to_have_text(later)

    assert page.is_running(2)
    assert re.match(r"\d+(\.\d)? s", later)
    assert [] == page.problems


def test_picture_takes_the_place_of_the_card(notebook: Opener) -> None:
    """When the job ends, its output is a picture with the prompt below it, and no card."""
    page = notebook(HELD, JOB, "let_go()\nimages = await job\nprint(len(images), 'picture')")
    page.run(0)
    page.run(1)
    expect(page.card(1)).to_be_visible()

    page.run(2)

    has_picture_and_no_widget(page)
    expect(page.output(1)).to_contain_text(PROMPT)
    expect(page.output(2)).to_have_text("1 picture")
    assert [] == page.problems


def test_kept_card_shows_its_pictures(notebook: Opener) -> None:
    """A card from `job.card()` stays a card; its picture opens in full size and closes again."""
    page = notebook(HELD, f"{JOB}.card()", "let_go()\nimages = await job")
    page.run(0)
    page.run(1)
    page.run(2)

    card = page.card(1)
    expect(card.locator(".leo-word")).to_have_text("Done")
    has_drawn(card.locator(".leo-frame img"))
    card.get_by_role("button", name=re.compile("Open picture 1")).click()
    dialog = page.page.locator("dialog.leo-full")
    has_drawn(dialog.locator("img"))
    expect(dialog).to_contain_text("1792 × 1344")  # noqa: RUF001  typographic
    page.page.keyboard.press("Escape")

    expect(dialog).to_have_count(0)


def test_cancel_is_heard_while_a_cell_awaits(notebook: Opener) -> None:
    """Cancel says what it does, ends the job, and so the cell that awaits it."""
    page = notebook(HELD, JOB, "images = await job", "print(job.state)")
    page.run(0)
    page.run(1)
    expect(page.card(1).locator(".leo-word")).to_have_text("Drawing")
    expect(page.card(1).locator(".leo-actions")).to_contain_text(
        "stops watching; the 8 credits are spent"
    )
    page.start(2)
    expect(page.cell(2).locator(".jp-InputPrompt")).to_have_text("[*]:")

    page.card(1).get_by_role("button", name="Cancel").click()

    page.until_ran(2)
    expect(page.output(2)).to_contain_text("JobCancelled")
    page.run(3)
    expect(page.output(3)).to_have_text("cancelled")
    expect(page.output(1)).to_contain_text("Stopped")
    expect(page.output(1)).to_contain_text("8 credits spent")


def test_picture_is_in_the_file_and_outlives_the_kernel(notebook: Opener) -> None:
    """The saved file holds plain data only; after restart and reload the picture is there."""
    page = notebook(HELD, JOB, "let_go()\nimages = await job")
    for cell in range(3):
        page.run(cell)
    has_picture_and_no_widget(page)

    saved = page.save()
    assert [PLAIN_PICTURE] == mime_types(saved)
    assert WIDGET_TYPE not in page.file.read_text("utf-8")

    page.restart_kernel()
    has_picture_and_no_widget(page)
    page.reload()
    has_picture_and_no_widget(page)
    expect(page.output(1)).to_contain_text(PROMPT)


def test_untrusted_copy_shows_the_picture(notebook: Opener) -> None:
    """A notebook that comes from somebody else shows its pictures before it is trusted."""
    page = notebook(HELD, JOB, "let_go()\nimages = await job")
    for cell in range(3):
        page.run(cell)
    has_picture_and_no_widget(page)
    page.save()
    copy = json.loads(page.file.read_text("utf-8"))
    copy["cells"][0]["source"] = "# another author's"  # so its signature is not the first one's
    for cell in copy["cells"]:
        cell["metadata"].pop("trusted", None)
    file = page.file.with_stem("from-somebody-else")
    file.write_text(json.dumps(copy), encoding="utf-8")

    theirs = notebook.open_file(file)

    trusted = "window.jupyterapp.shell.currentWidget.content.widgets[1].model.trusted"
    assert theirs.page.evaluate(trusted) is False
    has_picture_and_no_widget(theirs)
    expect(theirs.output(1)).to_contain_text(PROMPT)


def test_prompt_is_text_and_never_markup(notebook: Opener) -> None:
    """A prompt with a script, an image and quotes is shown as it was typed, live and frozen."""
    prompt = """<script>window.hacked=1</script><img src=x onerror="hacked=2"> "it's" &amp;"""
    page = notebook(
        HELD,
        f"job = leo.generate({prompt!r}, seed=42)\njob",
        "let_go()\nimages = await job",
        "job.card()",
    )
    page.run(0)
    page.run(1)
    expect(page.card(1).locator(".leo-prompt")).to_have_text(prompt)

    page.run(2)
    has_picture_and_no_widget(page)
    page.run(3)
    expect(page.card(3).locator(".leo-prompt")).to_have_text(prompt)

    expect(page.output(1)).to_contain_text(prompt)
    assert page.page.evaluate("window.hacked === undefined") is True
    assert [] == page.problems


def test_two_views_of_one_job(notebook: Opener) -> None:
    """Two views in a box show the same job, and a click in one is seen in the other."""
    page = notebook(
        HELD,
        f"import ipywidgets\n{JOB.removesuffix('job')}ipywidgets.HBox([job.card(), job.card()])",
    )
    page.run(0)
    page.run(1)
    words = page.card(1).locator(".leo-word")
    expect(words).to_have_text(["Drawing", "Drawing"])

    page.card(1).nth(1).get_by_role("button", name="Cancel").click()

    expect(words).to_have_text(["Stopped", "Stopped"])
    assert [] == page.problems


def test_again_makes_one_more_card(notebook: Opener) -> None:
    """Again on a kept card asks for the same with a new seed, and shows it below."""
    page = notebook(HELD, f"{JOB}.card()", "let_go()\nimages = await job", "len(leo.jobs())")
    for cell in range(3):
        page.run(cell)
    expect(page.card(1).locator(".leo-actions")).to_contain_text("new seed, 8 credits")

    page.card(1).get_by_role("button", name="Again").click()

    expect(page.card(1).locator(".leo-word")).to_have_text(["Done", "Done"])
    assert 2 == page.card(1).locator(".leo-frame img").count()


def test_clicks_work_after_nested_loops_are_allowed(notebook: Opener) -> None:
    """After an `asyncio.run()`, Enter on Cancel is heard while a cell awaits, and by the card."""
    nested = (
        "import asyncio\nleo.allow_nested_loops()\nprint(asyncio.run(asyncio.sleep(0.01, 'slept')))"
    )
    page = notebook(HELD, nested, JOB, "images = await job")
    page.run(0)
    page.run(1)
    expect(page.output(1)).to_have_text("slept")
    page.run(2)
    page.start(3)
    expect(page.cell(3).locator(".jp-InputPrompt")).to_have_text("[*]:")

    page.card(2).get_by_role("button", name="Cancel").focus()
    page.page.keyboard.press("Enter")

    page.until_ran(3)
    expect(page.output(3)).to_contain_text("JobCancelled")


def test_card_takes_the_dark_theme(notebook: Opener) -> None:
    """In the dark theme the card's words are light, and they stand on Lab's own ground."""
    page = notebook(HELD, JOB)
    page.run(0)
    page.run(1)
    expect(page.card(1)).to_be_visible()

    page.theme(DARK)

    red, green, blue = (
        int(part)
        for part in re.findall(
            r"\d+",
            page.card(1).locator(".leo-prompt").evaluate("node => getComputedStyle(node).color"),
        )[:3]
    )
    assert min(red, green, blue) > 200
    page.theme("JupyterLab Light")
