"""
Measure a sweep of 1,000 cells as one HTML file: how large, and how soon a browser has painted it.

Printed as ratios to the limits, 15 MB and 2 s, once for painted pictures and once for the same with
the grain of photographs, which is what makes pictures large.

    python -m benchmarks.html
"""

from __future__ import annotations

import io
import shutil
import statistics
import tempfile
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import Image
from playwright.sync_api import sync_playwright

from leonardo_nb.library.provenance import Provenance, embed
from leonardo_nb.service.requests import CreateGeneration
from leonardo_nb.simulator.painter import paint
from leonardo_nb.studios import Studio
from leonardo_nb.sweeps.from_files import from_files

if TYPE_CHECKING:
    from playwright.sync_api import Browser

    from leonardo_nb.sweeps.run import Run

CELLS = 1_000
STYLES = ("CINEMATIC", "DYNAMIC", "ILLUSTRATION", "NONE", "RAYTRACED")
SEEDS = 20
SCALES = tuple(range(1, CELLS // SEEDS // len(STYLES) + 1))
PAINTED = 40
"""Pictures that are painted; the others are parts of these, for painting all takes a minute."""
SIZE = (1024, 768)
GRAIN = 9.0
"""Deviation of the grain, of 255; a photograph at ISO 1,600 has about as much."""
MOST_BYTES = 15_000_000
MOST_SECONDS = 2.0
TIMES = 5

SEEN = """() => new Promise((seen) => {
  const frame = requestAnimationFrame;
  const isSeen = (cell) => {
    const { top, bottom, width } = cell.getBoundingClientRect();
    return bottom > 0 && top < innerHeight && width > 0;
  };
  const isPainted = (cell) =>
    [...cell.querySelectorAll("img")].some((img) => img.complete && img.naturalWidth);
  const look = () => {
    const cells = [...document.querySelectorAll(".leo-sheet .leo-cell")].filter(isSeen);
    if (!cells.length || !cells.every(isPainted)) return frame(look);
    frame(() => frame(() => seen([performance.now(), cells.length])));
  };
  look();
})"""
"""When every cell in view has its picture, in milliseconds since the file was asked for."""


def make_run(folder: Path, studio: Studio, *, grain: bool) -> Run:
    """Return a run of 1,000 cells whose pictures are files in *folder*."""
    rng = np.random.default_rng(7)
    painted = [
        paint(
            CreateGeneration.of("a fox in the snow", seed=n, presetStyle=STYLES[n % 5]).wire(),
            width=SIZE[0] * 5 // 4,
            height=SIZE[1] * 5 // 4,
        ).convert("RGB")
        for n in range(PAINTED)
    ]
    places = [(seed, scale, style) for seed in range(SEEDS) for scale in SCALES for style in STYLES]
    for number, (seed, scale, style) in enumerate(places):
        picture = painted[number % PAINTED]
        left, top = (int(rng.integers(picture.size[i] - SIZE[i])) for i in (0, 1))
        part = np.asarray(picture.crop((left, top, left + SIZE[0], top + SIZE[1])), np.float64)
        if grain:
            part = part + rng.normal(0, GRAIN, part.shape)
        buffer = io.BytesIO()
        Image.fromarray(part.clip(0, 255).astype(np.uint8)).save(buffer, "JPEG", quality=90)
        members: dict[str, Any] = {"seed": seed, "guidance_scale": scale, "presetStyle": style}
        request = CreateGeneration.of("a fox in the snow", **members)
        about = replace(Provenance(request.wire()), image=f"{number:08d}", simulated=True)
        (folder / f"{number:05d}.jpg").write_bytes(embed(buffer.getvalue(), about).data)
    return from_files(folder, studio=studio)


def opened(browser: Browser, file: Path) -> tuple[float, int]:
    """Return the seconds until everything in view is painted, and how many cells that are."""
    page = browser.new_page(viewport={"width": 1400, "height": 1000})
    try:
        page.goto(file.as_uri(), wait_until="commit")
        milliseconds, cells = page.evaluate(SEEN)
        return milliseconds / 1000, cells
    finally:
        page.close()


def measure(*, grain: bool) -> str:
    """Return what was measured as one line."""
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    if chromium is None:
        raise SystemExit("This needs a Chromium: apt-get install chromium.")
    with tempfile.TemporaryDirectory() as made, sync_playwright() as playwright:
        here = Path(made)
        (here / "pictures").mkdir()
        with Studio(simulator=True, library=here / "library") as studio:
            run = make_run(here / "pictures", studio, grain=grain)
            if len(run) != CELLS:
                raise SystemExit(f"The run has {len(run):,} cells instead of {CELLS:,}.")
            started = time.perf_counter()
            file = run.to_html(here / "foxes.html", pictures="none")
            took = time.perf_counter() - started
        arguments = ["--no-sandbox", "--disable-gpu"]
        browser = playwright.chromium.launch(executable_path=chromium, args=arguments)
        opened(browser, file)  # the browser's own first page is no measure of ours
        found = [opened(browser, file) for _ in range(TIMES)]
        browser.close()
        size, seconds = file.stat().st_size, statistics.median(each for each, _ in found)
    kind = "with grain" if grain else "painted"
    return (
        f"{CELLS:,} cells, {kind}: {size / 1e6:.1f} MB ({size / MOST_BYTES:.2f} of the limit), "
        f"{found[0][1]} cells in view painted after {seconds:.2f} s "
        f"({seconds / MOST_SECONDS:.2f} of the limit); written in {took:.1f} s"
    )


def main() -> None:
    """Print what was measured."""
    for grain in (False, True):
        print(measure(grain=grain))


if __name__ == "__main__":
    main()
