"""
Take the pictures that README and notebooks show, in a real JupyterLab.

    python scripts/take_screenshots.py            # notebooks/images/card.png
    python scripts/take_screenshots.py --all DIR  # every state, light, dark and narrow, into DIR
"""

from __future__ import annotations

import argparse
import io
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, cast

import numpy as np
from PIL import Image
from playwright.sync_api import expect

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))

from tests.browser.conftest import DARK, HELD, Lab, OpenNotebook, browser_at  # noqa: E402
from tests.conftest import HOW_TO_HAVE, find_chromium  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, Locator, ViewportSize

README_PICTURE = ROOT / "notebooks" / "images" / "card.png"
LARGEST_BYTES = 350_000
WIDTHS = (860, 600, 360)
WIDTH = WIDTHS[0]
WORD_COLOURS, PICTURE_COLOURS = 64, 192

CARD = """\
job = leo.generate("a lighthouse at dawn, gulls over the surf", seed=42, presetStyle="CINEMATIC")
job"""

SWEEP = """\
run = leo.sweep(
    "a lighthouse at dawn",
    seed=[1, 2],
    guidance_scale=[4, 7, 10],
    presetStyle=["CINEMATIC", "ANIME"],
)
run"""

README_SWEEP = """\
import leonardo_nb as leo
from leonardo_nb.simulator import Simulator
some = Simulator(speed=4, slots=3)
some.script(method="POST", path="/generations", times=6, empty_looks=1)
some.script(method="POST", path="/generations", times=6, never_finish=True)
run = leo.sweep(
    "a red fox in the snow",
    studio=leo.connect(simulator=some),
    seed=[7, 8, 9],
    guidance_scale=[7, 9, 11, 13],
    presetStyle="ILLUSTRATION",
)
sheet = run.sheet()
first = leo.connect(simulator=Simulator(speed=8)).generate(
    "a lighthouse at dawn, gulls over the surf", seed=42, presetStyle="ILLUSTRATION"
)
images = first.result()
leo.connect(simulator=Simulator(speed=2))"""
"""A sweep that stays half full, a job that is done, and a studio that draws in real time."""

README_CARDS = """\
second = leo.generate("an owl in the moonlight", seed=7, presetStyle="ANIME")
display(second.card(), first.card(), sheet)"""

STATES = {
    "failed": "studio.simulator.script(fail=True)\n" + CARD + ".card()",
    "refused": 'studio.simulator.script(path="/generations", status=400, '
    'body={"error": "Not enough api tokens to complete this operation."})\n' + CARD + ".card()",
    "stopped": CARD + ".card()",
    "live": CARD.replace("job =", "live =").replace("\njob", "\nlive"),
    "two": "display(job.card(), live.card())",
    "several": 'four = leo.generate("a red fox in the snow", seed=7, num_images=4)\nfour.card()',
    "sweep": SWEEP + ".sheet()",
    "frozen": "live",
    "contact": "run",
}
"""What is photographed in every theme and width; jobs end when `let_go()` is called."""


STYLE = """
.jp-Cell-inputWrapper { opacity: 0; }
"""
"""Nothing of a cell's code at the edge of a picture."""


def readme_picture(browser: Browser, lab: Lab, file: Path) -> None:
    """Photograph a live card, a finished one, and a grid that is half full."""
    notebook = opened(browser, lab, "readme", [README_SWEEP, README_CARDS], 690)
    notebook.run(0)
    notebook.run(1)
    shown = notebook.output(1).locator(".leo-card, .leo-sheet")
    cards = notebook.card(1)
    expect(cards.nth(1).locator("img")).to_be_visible()
    expect(notebook.output(1).locator(".leo-sheet .leo-cell img")).to_have_count(6)
    # half way: about eight seconds are expected
    expect(cards.nth(0).locator(".leo-time")).to_contain_text("4.")
    notebook.page.mouse.move(0, 0)
    notebook.page.evaluate("document.activeElement?.blur()")
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(small(photograph(notebook.output(1), shown)))
    notebook.close()


def photograph(output: Locator, shown: Locator) -> Image.Image:
    """Return the part of the page that holds what is *shown*, with a little of the ground."""
    boxes = [box for box in (each.bounding_box() for each in shown.all()) if box is not None]
    left = min(box["x"] for box in boxes) - 8
    top = min(box["y"] for box in boxes) - 8
    clip = {
        "x": left,
        "y": top,
        "width": max(box["x"] + box["width"] for box in boxes) + 8 - left,
        "height": max(box["y"] + box["height"] for box in boxes) + 8 - top,
    }
    return Image.open(io.BytesIO(output.page.screenshot(clip=clip)))  # type: ignore[arg-type]


def small(image: Image.Image) -> bytes:
    """
    Return *image* as a PNG of a bearable size.

    Words and pictures have their own colours: in one palette a photograph's thousand shades leave
    none for a green dot.
    """
    image = image.convert("RGB")
    words = image.crop((image.width * 9 // 20, 0, image.width, image.height)).getcolors(
        image.width**2
    )
    often = sorted(words or [], reverse=True)[:WORD_COLOURS]
    colours = [channel for _, colour in often for channel in cast("tuple[int, ...]", colour)]
    colours += (image.quantize(PICTURE_COLOURS).getpalette() or [])[: 3 * PICTURE_COLOURS]
    # Pillow looks for the nearest of given colours in steps of several shades, and misses white
    palette = np.array(colours, np.int16).reshape(-1, 3)
    pixels = np.asarray(image, np.int16)
    near = [abs(row[:, None] - palette).sum(axis=2).argmin(axis=1) for row in pixels]
    indexed = Image.fromarray(np.array(near, np.uint8))
    indexed.putpalette(colours)
    buffer = io.BytesIO()
    indexed.save(buffer, "PNG", optimize=True)
    if buffer.tell() >= LARGEST_BYTES:
        raise SystemExit(f"The picture has {buffer.tell():,} bytes; {LARGEST_BYTES:,} are allowed.")
    return buffer.getvalue()


def opened(browser: Browser, lab: Lab, name: str, cells: list[str], width: int) -> OpenNotebook:
    """Open a new notebook at 2x on a page of its own."""
    size: ViewportSize = {"width": width + 200, "height": 1400}
    page = browser.new_page(viewport=size, device_scale_factor=2, reduced_motion="reduce")
    notebook = OpenNotebook(page, lab, lab.write(f"{name}.ipynb", cells))
    notebook.open()
    page.add_style_tag(content=STYLE)
    return notebook


def every_state(browser: Browser, lab: Lab, folder: Path) -> Iterator[Path]:
    """Photograph each state in both themes and widths; yield the files."""
    names = [*STATES]
    cells = [HELD, *STATES.values()]
    notebook = opened(
        browser, lab, "states", [*cells, "let_go()\nawait run", "job.cancel()"], WIDTH
    )
    notebook.run(0)
    for number in range(1, names.index("frozen") + 1):
        notebook.run(number)
        if names[number - 1] == "stopped":
            notebook.run(len(cells) + 1)
    yield from themes(notebook, folder, ["live", "two", "several", "stopped", "sweep"], names, "")
    notebook.run(len(cells))
    expect(notebook.output(names.index("sweep") + 1).locator(".leo-cell img")).to_have_count(12)
    notebook.run(names.index("frozen") + 1)
    notebook.run(names.index("contact") + 1)
    ended = ["failed", "refused", "live", "two", "several", "sweep", "contact"]
    yield from themes(notebook, folder, ended, names, "-ended")
    notebook.close()


def themes(
    notebook: OpenNotebook, folder: Path, wanted: list[str], names: list[str], suffix: str
) -> Iterator[Path]:
    """Photograph what the cells called *wanted* show, in both themes and widths."""
    for theme, label in (("JupyterLab Light", "light"), (DARK, "dark")):
        notebook.theme(theme)
        for width in WIDTHS:
            notebook.page.set_viewport_size({"width": width + 200, "height": 1400})
            for name in wanted:
                file = folder / f"{name}{suffix}-{label}-{width}.png"
                output = notebook.output(names.index(name) + 1)
                output.scroll_into_view_if_needed()
                output.screenshot(path=file, scale="css")
                yield file
    notebook.page.set_viewport_size({"width": WIDTH + 200, "height": 1400})
    notebook.theme("JupyterLab Light")


def main() -> None:
    """Take them."""
    parser = argparse.ArgumentParser(description="Take the pictures of README and notebooks.")
    parser.add_argument("--all", type=Path, metavar="DIR", help="every state, into DIR")
    folder = parser.parse_args().all
    chromium = find_chromium()
    if chromium is None:
        raise SystemExit(f"This needs {HOW_TO_HAVE['browser']}.")
    expect.set_options(timeout=30_000)
    with (
        tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as home,
        Lab(Path(home)).running() as lab,
        browser_at(chromium) as browser,
    ):
        if folder is None:
            readme_picture(browser, lab, README_PICTURE)
            sys.stdout.write(f"{README_PICTURE.relative_to(ROOT)}\n")
            return
        folder.mkdir(parents=True, exist_ok=True)
        for file in every_state(browser, lab, folder):
            sys.stdout.write(f"{file}\n")


if __name__ == "__main__":
    main()
