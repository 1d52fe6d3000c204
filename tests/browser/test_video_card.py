"""One video in a real JupyterLab: it plays in its card, and becomes a still with a play mark."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import HELD, WIDGET_TYPE, mime_types
from tests.browser.test_card import PLAIN_PICTURE, has_drawn, has_picture_and_no_widget

if TYPE_CHECKING:
    from tests.browser.conftest import Opener

pytestmark = [pytest.mark.browser, pytest.mark.timeout(120)]

PROMPT = "waves rolling onto a beach at dusk"
JOB = f'job = leo.text_to_video("{PROMPT}", seed=7)\njob'
AWAIT = "let_go()\nvideo = await job\nprint(video.duration, 'seconds')"
FACTS = "832 × 480, 5.0 s"  # noqa: RUF001  typographic


def test_film_plays_by_itself_and_then_becomes_a_still(notebook: Opener) -> None:
    """No cell waits while it plays; the next one makes it plain data, which the file holds."""
    page = notebook(HELD, JOB, AWAIT, "1 + 1")
    page.page.emulate_media(reduced_motion="no-preference")
    page.run(0)
    page.run(1)
    card = page.card(1)
    expect(card.locator(".leo-word")).to_have_text("Rendering")
    expect(card.locator(".leo-money")).to_have_text("100 credits")

    page.run(2)

    expect(page.output(2)).to_have_text("5.0 seconds")
    film = card.locator("video")
    expect(film).to_be_visible()
    page.page.wait_for_function("document.querySelector('.leo-card video')?.currentTime > 0.2")
    assert film.evaluate("film => film.src").startswith("blob:")
    expect(card.locator(".leo-detail")).to_contain_text(FACTS)

    page.run(3)

    has_picture_and_no_widget(page)
    expect(page.output(1)).to_contain_text(FACTS)
    expect(page.output(1)).to_contain_text(".card() of the job plays it")
    assert PLAIN_PICTURE == mime_types(page.save())[0]
    assert WIDGET_TYPE not in page.file.read_text("utf-8")
    assert [] == page.problems


def test_film_becomes_a_still_without_another_cell(notebook: Opener) -> None:
    """Where motion is not wanted nothing plays, and a card that nobody uses goes by itself."""
    page = notebook(HELD, JOB, AWAIT)
    for cell in range(3):
        page.run(cell)
    page.page.mouse.move(0, 0)
    expect(page.card(1).locator(".leo-word")).to_have_text("Done")
    expect(page.card(1).locator("video")).to_have_count(0)

    has_picture_and_no_widget(page)


def test_kept_card_plays_by_keyboard(notebook: Opener) -> None:
    """A card from `job.card()` stays; Enter on its still plays the film, with controls."""
    page = notebook(HELD, JOB, AWAIT, "job.card()")
    for cell in range(4):
        page.run(cell)
    still = page.card(3).get_by_role("button", name=f"Play the video: {PROMPT}")
    has_drawn(still.locator("img"))

    still.focus()
    page.page.keyboard.press("Enter")

    film = page.card(3).locator("video")
    expect(film).to_be_focused()
    page.page.wait_for_function("document.querySelector('.leo-card video')?.currentTime > 0.2")
    assert film.evaluate("film => [film.muted, film.loop, film.controls]") == [True, True, True]
    assert [] == page.problems


def test_image_becomes_a_video_below_its_card(notebook: Opener) -> None:
    """To video on a picture's card makes the job with the same prompt, and shows it below."""
    page = notebook(
        HELD,
        'image = leo.generate("a lighthouse at dawn", seed=42)\nimage.card()',
        "let_go()\nimages = await image",
        "print(leo.jobs()[0].request['prompt'])",
    )
    for cell in range(3):
        page.run(cell)

    page.card(1).get_by_role("button", name="To video").click()

    lower = page.output(1).locator(".leo-next .leo-card")
    expect(lower.locator(".leo-word")).to_have_text("Done")
    has_drawn(lower.locator(".leo-frame img"))
    page.run(3)
    expect(page.output(3)).to_have_text("a lighthouse at dawn")
    assert [] == page.problems
