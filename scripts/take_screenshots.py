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
LARGEST_BYTES = 300_000
WIDTH, NARROW = 860, 600
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

REAL_TIME = """\
import leonardo_nb as leo
from leonardo_nb.simulator import Simulator
studio = leo.connect(simulator=Simulator(speed=2))
first = leo.generate("a lighthouse at dawn", seed=42, presetStyle="CINEMATIC")
images = first.result()"""

BOTH = """\
second = leo.generate("a red fox in the snow", seed=7, guidance_scale=5)
display(second.card(), first.card())"""

STATES = {
    "failed": "studio.simulator.script(fail=True)\n" + CARD + ".card()",
    "refused": 'studio.simulator.script(path="/generations", status=400, '
    'body={"error": "Not enough api tokens to complete this operation."})\n' + CARD + ".card()",
    "stopped": CARD + ".card()",
    "live": CARD.replace("job =", "live =").replace("\njob", "\nlive"),
    "several": 'four = leo.generate("a red fox in the snow", seed=7, num_images=4)\nfour.card()',
    "sweep": SWEEP + ".sheet()",
    "frozen": "live",
    "contact": "run",
}
"""What is photographed in every theme and width; jobs end when `let_go()` is called."""


STYLE = """
.jp-OutputArea-child + .jp-OutputArea-child { margin-top: 14px; }
.jp-Cell-inputWrapper { opacity: 0; }
"""
"""Room between two outputs of one cell, and nothing of a cell's code at the edge of a picture."""


def readme_picture(browser: Browser, lab: Lab, file: Path) -> None:
    """Photograph a live card above a finished one."""
    notebook = opened(browser, lab, "readme", [REAL_TIME, BOTH], WIDTH)
    notebook.run(0)
    notebook.run(1)
    cards = notebook.card(1)
    expect(cards.nth(1).locator("img")).to_be_visible()
    # far enough for the bar to be seen
    expect(cards.nth(0).locator(".leo-time")).to_contain_text("3.")
    notebook.page.mouse.move(0, 0)
    notebook.page.evaluate("document.activeElement?.blur()")
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(small(photograph(notebook.output(1), cards)))
    notebook.close()


def photograph(output: Locator, cards: Locator) -> Image.Image:
    """Return the part of the page that holds *cards*, with a little of the ground around."""
    boxes = [box for box in (card.bounding_box() for card in cards.all()) if box is not None]
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
    yield from themes(notebook, folder, ["live", "several", "stopped", "sweep"], names, "")
    notebook.run(len(cells))
    expect(notebook.output(names.index("sweep") + 1).locator(".leo-cell img")).to_have_count(12)
    notebook.run(names.index("frozen") + 1)
    notebook.run(names.index("contact") + 1)
    ended = ["failed", "refused", "live", "several", "sweep", "contact"]
    yield from themes(notebook, folder, ended, names, "-ended")
    notebook.close()


def themes(
    notebook: OpenNotebook, folder: Path, wanted: list[str], names: list[str], suffix: str
) -> Iterator[Path]:
    """Photograph what the cells called *wanted* show, in both themes and widths."""
    for theme, label in (("JupyterLab Light", "light"), (DARK, "dark")):
        notebook.theme(theme)
        for width in (WIDTH, NARROW):
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
