"""What is made out of a picture in a real JupyterLab: both in one frame, and then side by side."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import DARK, HELD
from tests.browser.test_card import has_drawn

if TYPE_CHECKING:
    from tests.browser.conftest import Opener

pytestmark = [pytest.mark.browser, pytest.mark.timeout(120)]

IMAGE = 'images = await leo.generate("a lighthouse at dawn", seed=42)'
SLOW = "hand.step = 0.0"


def test_slider_lies_over_before_and_after(notebook: Opener) -> None:
    """A larger picture lies under the one before; the line between them follows the keys."""
    page = notebook(
        HELD, f"let_go()\n{IMAGE}", f"{SLOW}\njob = images[0].upscale()\njob.card()", "let_go()"
    )
    for cell in range(3):
        page.run(cell)
    card = page.card(2)
    expect(card.locator(".leo-word")).to_have_text("Working")
    has_drawn(card.locator(".leo-frame img"))  # what it is made out of

    page.run(3)

    expect(card.locator(".leo-word")).to_have_text("Done")
    slider = card.get_by_role("slider", name="Before and after")
    slider.focus()
    page.page.keyboard.press("ArrowLeft")
    expect(slider).to_have_attribute("aria-valuetext", "49 % before, 51 % after")
    for picture in card.locator(".leo-both img").all():
        has_drawn(picture)
    assert [] == page.problems


def test_cut_out_picture_lies_on_squares_in_the_dark(notebook: Opener) -> None:
    """What was cut away is quiet squares of the theme's own colours, in the frame and full size."""
    page = notebook(HELD, f"let_go()\n{IMAGE}", "job = images[0].nobg()\nawait job", "job.card()")
    for cell in range(4):
        page.run(cell)
    page.theme(DARK)
    ground = page.card(3).locator(".leo-layer[data-clear]")
    expect(ground).to_have_css("background-image", re.compile("repeating-conic-gradient"))
    page.card(3).get_by_role("button", name="Open").click()
    dialog = page.page.locator("dialog.leo-full")
    has_drawn(dialog.locator("img[data-clear]"))
    page.page.keyboard.press("Escape")
    page.theme("JupyterLab Light")
    assert [] == page.problems


def test_pair_stands_side_by_side_when_it_is_plain(notebook: Opener) -> None:
    """Frozen, both pictures are labelled, each with its size where the sizes differ."""
    page = notebook(HELD, f"let_go()\n{IMAGE}", "job = images[0].upscale()\nawait job", "job")
    for cell in range(4):
        page.run(cell)

    pictures = page.output(3).locator("img")
    expect(pictures).to_have_count(2)
    has_drawn(pictures.last)
    expect(page.output(3)).to_contain_text("before, 1792 × 1344")  # noqa: RUF001  typographic
    expect(page.output(3)).to_contain_text("after, 3584 × 2688")  # noqa: RUF001  typographic
    expect(page.card(3)).to_have_count(0)


def test_upscale_on_a_card_says_its_price_and_acts_on_what_was_opened(notebook: Opener) -> None:
    """With two pictures the card says which one is meant; the larger one comes below."""
    page = notebook(
        HELD,
        'job = leo.generate("a lighthouse at dawn", seed=42, num_images=2)\njob.card()',
        "let_go()\nimages = await job",
        "print(leo.jobs()[0].request['id'] == images[1].id)",
    )
    for cell in range(3):
        page.run(cell)
    actions = page.card(1).locator(".leo-actions").first
    expect(actions).to_contain_text("Upscalethe first, 15 credits")
    page.card(1).get_by_role("button", name="Open picture 2").click()
    page.page.keyboard.press("Escape")
    expect(actions).to_contain_text("picture 2, 15 credits")

    page.card(1).get_by_role("button", name="Upscale").click()

    lower = page.output(1).locator(".leo-next .leo-card")
    expect(lower.get_by_role("slider", name="Before and after")).to_be_visible()
    page.run(3)
    expect(page.output(3)).to_have_text("True")
    assert [] == page.problems
