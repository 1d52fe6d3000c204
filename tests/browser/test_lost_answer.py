"""Jobs whose answer was lost, in a real JupyterLab: the question, its buttons, and what stays."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import DARK, HELD, WIDGET_TYPE, mime_types

if TYPE_CHECKING:
    from tests.browser.conftest import Opener

pytestmark = [pytest.mark.browser, pytest.mark.timeout(120)]

PROMPT = "a lighthouse at dawn, gulls over the surf"
LOST = f"""\
studio.simulator.script(method="POST", path="/generations", drop="after", times=2)
job, twin = (leo.generate("{PROMPT}", seed=42) for _ in range(2))"""
"""Two alike, so that nobody can tell which of both is whose."""
PLAIN_WORDS = ["text/html", "text/plain"]


def test_a_lost_job_is_taken_and_another_sent_again(notebook: Opener) -> None:
    """
    The card asks; a candidate is taken by keyboard and "Send again" by hand.

    Both go on in the same output under the same name, and become pictures; three were paid.
    """
    page = notebook(
        HELD,
        f"{LOST}\ndisplay(job, twin.card())",
        "let_go()",
        "again = [leo.job(each.uid) for each in (job, twin)]\n"
        "print([each.exception(20) for each in again], len({each.id for each in again}))",
    )
    page.run(0)
    page.run(1)
    first, second = page.card(1).first, page.card(1).last
    for card in (first, second):
        expect(card.locator(".leo-word")).to_have_text("Outcome unknown")
        expect(card.locator(".leo-money")).to_have_text("8 credits perhaps paid")
        expect(card.locator(".leo-candidate")).to_have_count(2)
        expect(card.locator(".leo-actions")).to_contain_text("8 credits, may pay twice")

    take = first.get_by_role("button", name=re.compile("Take this one")).first
    take.focus()
    page.page.keyboard.press("Enter")
    expect(first.locator(".leo-word")).to_have_text("Drawing")
    expect(first.locator(".leo-candidate")).to_have_count(0)

    second.get_by_role("button", name="Send again").click()
    expect(second.locator(".leo-word")).to_have_text("Drawing")

    page.run(2)
    expect(second.locator(".leo-word")).to_have_text("Done")
    expect(second.locator(".leo-note").first).to_contain_text("sent once more")
    # the first is a plain picture now, and the second one's card was asked for
    expect(page.card(1)).to_have_count(1)
    expect(page.output(1).locator("figure img")).to_be_visible()
    page.run(3)
    expect(page.output(3)).to_have_text("[None, None] 2")
    assert [] == page.problems


def test_a_question_becomes_plain_with_the_next_cell(notebook: Opener) -> None:
    """No button and no widget is saved; whole ids are, and the dark theme has its colours."""
    page = notebook(HELD, f"{LOST}\njob", "1 + 1")
    page.run(0)
    page.run(1)
    expect(page.card(1).locator(".leo-word")).to_have_text("Outcome unknown")
    expect(page.card(1).get_by_role("button", name=re.compile("Take this one"))).to_have_count(2)
    page.theme(DARK)
    expect(page.card(1).locator(".leo-candidate")).to_have_count(2)
    page.theme("JupyterLab Light")

    page.run(2)

    expect(page.card(1)).to_have_count(0)
    expect(page.output(1)).to_contain_text("8 credits perhaps paid")
    expect(page.output(1)).to_contain_text(re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}"))
    expect(page.output(1).locator("button")).to_have_count(0)
    assert PLAIN_WORDS == mime_types(page.save())[0]
    assert WIDGET_TYPE not in page.file.read_text("utf-8")
