"""Judging in a real JupyterLab: by keyboard, undone, and plain once the next cell begins."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import DARK, WIDGET_TYPE, mime_types

if TYPE_CHECKING:
    from playwright.sync_api import Locator

    from tests.browser.conftest import Opener, OpenNotebook

pytestmark = [pytest.mark.browser, pytest.mark.timeout(120)]

SWEEP = """\
import leonardo_nb as leo

run = leo.sweep(
    "a lighthouse at dawn",
    seed=[{seed}, {seed}0],
    presetStyle=["CINEMATIC", "ANIME"],
    width=256,
    height=256,
)
result = run.result()"""
TELL = """\
votes = run.rank().votes
print(len(votes), "votes,", sum(vote.tie for vote in votes), "equal")"""


def opened(notebook: Opener, seed: int) -> tuple[OpenNotebook, Locator]:
    """
    Open the notebook, and return it with the judge in its second cell.

    Each test has a *seed* of its own: votes outlive a test, too.
    """
    page = notebook(SWEEP.format(seed=seed), "run.judge()", TELL, "run.rank()")
    page.run(0)
    page.run(1)
    judge = page.output(1).locator(".leo-judge")
    expect(judge.locator(".leo-pair[data-ready] img")).to_have_count(2)
    return page, judge


def answer(page: OpenNotebook, judge: Locator, *keys: str) -> None:
    """Press each of *keys* once both pictures are there."""
    for key in keys:
        expect(judge.locator(".leo-pair[data-ready]")).to_be_visible()
        page.page.keyboard.press(key)


def test_pictures_are_judged_by_keyboard(notebook: Opener) -> None:
    """A click and then keys: each is one vote, and reaches no shortcut of the notebook."""
    page, judge = opened(notebook, 1)
    expect(judge.locator(".leo-differs")).to_be_hidden()
    judge.locator(".leo-pair .leo-side").first.click()
    answer(page, judge, "ArrowRight", "1", "2", "ArrowDown", "ArrowUp", "ArrowLeft")
    expect(judge.locator(".leo-rest")).to_have_text(re.compile("^6 votes on 4 pictures"))
    expect(judge.locator(".leo-best li img")).to_have_count(4)
    page.page.keyboard.press("Backspace")
    expect(judge.locator(".leo-rest")).to_have_text(re.compile("^5 votes on 4 pictures"))
    page.run(2)

    expect(page.output(2)).to_contain_text("5 votes, 1 equal")
    expect(page.page.locator(".jp-Notebook-cell")).to_have_count(4)
    assert [] == page.problems


def test_both_are_looked_at_large(notebook: Opener) -> None:
    """Enter shows both across the page, a key answers there, too, and Escape closes it."""
    page, judge = opened(notebook, 2)
    judge.locator(".leo-pair").focus()
    page.page.keyboard.press("Enter")
    closer = judge.locator("dialog.leo-closer")
    expect(closer.locator("img")).to_have_count(2)
    width = closer.locator(".leo-side").first.evaluate("node => node.clientWidth")
    answer(page, judge, "ArrowLeft")
    expect(judge.locator(".leo-rest")).to_have_text(re.compile("^1 vote on 4 pictures"))
    page.page.keyboard.press("Escape")

    expect(closer).to_have_count(0)
    expect(judge.locator(".leo-pair")).to_be_focused()
    assert width > 450


def test_it_becomes_plain_when_the_next_cell_begins(notebook: Opener) -> None:
    """The best pictures with their scores are in the file, and no widget."""
    page, judge = opened(notebook, 3)
    judge.locator(".leo-pair").focus()
    answer(page, judge, "ArrowLeft", "ArrowRight", "ArrowLeft")
    expect(judge.locator(".leo-rest")).to_have_text(re.compile("^3 votes"))
    page.run(3)

    expect(judge).to_have_count(0)
    expect(page.output(1).locator("figure img")).to_have_count(4)
    expect(page.output(1)).to_contain_text("is ahead after 3 votes on 4 pictures")
    cells = page.save()
    assert [["text/html", "text/plain"]] * 2 == mime_types([cells[1], cells[3]])
    assert WIDGET_TYPE not in page.file.read_text("utf-8")


@pytest.mark.parametrize("theme", ["JupyterLab Light", DARK])
def test_it_fits_a_narrow_page(notebook: Opener, theme: str) -> None:
    """In 420 pixels nothing stands out at the side, and words stand out from the ground."""
    page, judge = opened(notebook, 4)
    page.theme(theme)
    page.page.set_viewport_size({"width": 420, "height": 900})
    judge.locator(".leo-show").click()
    answer(page, judge, "ArrowLeft")
    expect(judge.locator(".leo-best li")).to_have_count(4)
    over = judge.evaluate(
        """node => [...node.querySelectorAll("*")].filter((each) =>
          !each.closest(".leo-said") &&
          each.getBoundingClientRect().right > node.getBoundingClientRect().right + 1).length"""
    )
    colours = judge.locator(".leo-word").evaluate(
        """node => [getComputedStyle(node).color,
          getComputedStyle(node.closest(".leo-judge")).backgroundColor]"""
    )

    assert 0 == over
    assert colours[0] != colours[1]
