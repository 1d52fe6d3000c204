"""Tables of account and catalogue in a real JupyterLab: light, dark, and where it is narrow."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import DARK, Opener, OpenNotebook

pytestmark = [pytest.mark.browser, pytest.mark.timeout(120)]

STUDIO = """\
import leonardo_nb as leo
from leonardo_nb.simulator import Simulator
studio = leo.connect(simulator=Simulator(speed=100), library="tables")
job = leo.generate("a lighthouse", modelId="Lucid Origin", styleUUID="Vibrant",
                   width=256, height=192)
images = job.result(20)"""

TABLES = (
    "leo.me()",
    "leo.models()",
    "leo.elements()",
    "leo.history()",
    "leo.jobs()",
    "leo.spending()",
)
NARROW = 480

COLOURS = """element => {
  const rgb = colour => colour.match(/[0-9.]+/g).slice(0, 3).map(Number);
  let back = element;
  while (/rgba\\(.*, 0\\)|transparent/.test(getComputedStyle(back).backgroundColor))
    back = back.parentElement;
  const light = ([r, g, b]) => 0.2126 * r + 0.7152 * g + 0.0722 * b;
  return [getComputedStyle(element).color, getComputedStyle(back).backgroundColor]
    .map(colour => light(rgb(colour)));
}"""


def shown(notebook: Opener, *cells: str) -> OpenNotebook:
    """Return a notebook in which *cells* have run, behind a first one that connects."""
    page = notebook(STUDIO, *cells)
    for number in range(len(cells) + 1):
        page.run(number)
    return page


def test_tables_can_be_read_in_any_theme(notebook: Opener) -> None:
    """Their words stand out from the page, in light and in dark."""
    page = shown(notebook, *TABLES)
    for theme in ("JupyterLab Light", DARK):
        page.theme(theme)
        for number in range(1, len(TABLES) + 1):
            cell = page.output(number).locator("td").last
            expect(cell).to_be_attached()
            words, back = cell.evaluate(COLOURS)

            assert abs(words - back) > 100, (theme, TABLES[number - 1], words, back)
    assert [] == page.problems


def test_a_narrow_page_is_not_pushed_aside(notebook: Opener) -> None:
    """A wide table scrolls by itself; styles flow into as many lines as they need."""
    page = shown(notebook, "leo.models()", 'leo.styles("Lucid Origin")', "leo.jobs()")
    page.page.set_viewport_size({"width": NARROW, "height": 900})
    for number in (1, 2, 3):
        area = page.output(number)
        wide = area.evaluate("element => [element.scrollWidth, element.clientWidth]")

        assert wide[0] <= wide[1] + 1, (number, wide)
    tops = (
        page.output(2)
        .locator("img")
        .evaluate_all(
            "images => [...new Set(images.map(each => each.getBoundingClientRect().top))].length"
        )
    )
    assert tops > 1


@pytest.mark.parametrize("by", ["day", "sweep"])
def test_a_chart_gives_way(notebook: Opener, by: str) -> None:
    """Its bars are within the page and stand out from it, and its words stay as large."""
    page = shown(notebook, f'leo.spending("{by}")')
    if by == "day":
        chart = page.output(1).get_by_role("img")
        bar = chart.locator("rect")
        words = chart.locator("title")
    else:  # html, which pages that are not trusted keep
        chart = words = page.output(1).locator("div:has(> div[aria-hidden='true'])").last
        bar = chart.locator("div[aria-hidden='true'] > div")
    expect(bar).to_have_count(1)
    for theme in ("JupyterLab Light", DARK):
        page.theme(theme)
        for width in (1400, NARROW):
            page.page.set_viewport_size({"width": width, "height": 900})
            area = page.output(1).evaluate("element => element.getBoundingClientRect().right")
            right, high = bar.evaluate(
                "bar => (box => [box.right, box.height])(bar.getBoundingClientRect())"
            )
            ink, back = chart.evaluate(COLOURS)

            assert (True, True) == (0 < right <= area, high >= 10), (theme, width, right, high)
            assert abs(ink - back) > 100, (theme, ink, back)
    assert "credits" in str(words.text_content())
    assert [] == page.problems


def test_pictures_of_styles_survive_without_a_kernel(notebook: Opener) -> None:
    """They are in the file, all eight of them, and impressions say so."""
    page = shown(notebook, 'leo.styles("Lucid Origin")')
    expect(page.output(1).get_by_text("impression", exact=True)).to_have_count(7)
    page.save()
    page.restart_kernel()
    page.reload()
    pictures = page.output(1).locator("img")

    expect(pictures).to_have_count(8)
    assert 0 < pictures.last.evaluate("image => image.decode().then(() => image.naturalWidth)")
