"""
The demo: one picture and one sweep on the simulator, and what a user would keep of them.

It is a tour and a smoke test in one: the terminal shows jobs as they run, then a notebook is
executed as a user would, saved with its pictures, and turned into a page that needs no Python.
"""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING, Any

from rich.text import Text

from leonardo_nb.simulator import Simulator
from leonardo_nb.studios import Studio
from leonardo_nb.sweeps.functions import plan
from leonardo_nb.terminal import heading, mark, pairs, plain, watch_job, watch_run

if TYPE_CHECKING:
    from pathlib import Path

    from nbclient import NotebookClient
    from rich.console import Console

__all__ = ["run_demo"]

PROMPT = "a lighthouse at dawn, gulls over the surf"
SCRIPT = re.compile(r"<script\b.*?</script>", re.DOTALL)
"""nbconvert loads some from other hosts; a page of plain pictures works without."""
KERNEL = {"name": "python3", "display_name": "Python 3", "language": "python"}
WIDGET = "application/vnd.jupyter.widget-view+json"
SETTLING, SETTLING_TURNS = "import asyncio\nawait asyncio.sleep(0.5)", 20
CELL_TIMEOUT = 90
"""Seconds; a cell of the notebook takes about five."""

SWEEP = f"""\
run = leo.sweep(
    "{PROMPT}",
    seed=[1, 2, 3],
    guidance_scale=leo.linspace(3, 12, 3),
    presetStyle=["CINEMATIC", "DYNAMIC"],
    reuse=False,  # drawn anew, whatever the library has
)
run"""

NOTEBOOK = {
    "# Pictures from a notebook\n\n"
    "Made by `leonardo-nb demo` on the built-in simulator: no key, no cost, no network.": (
        "import leonardo_nb as leo\n\nleo.connect(simulator=True)"
    ),
    "A job is a line. The cell shows it while it runs, and keeps the picture.": (
        f'job = leo.generate("{PROMPT}", seed=42, presetStyle="CINEMATIC")\njob'
    ),
    "Other cells run meanwhile; `await` gives the pictures.": (
        "images = await job\nimages[0].size"
    ),
    "A sweep is a grid: every list is an axis.": SWEEP,
    "It can be cut and turned on any axis.": "await run\nrun.sel(seed=1)",
    "Every picture can be made again: all that was asked for is recorded.": "leo.jobs(limit=5)",
}
"""What is said, and the code below it."""


def run_demo(console: Console, folder: Path, *, speed: float = 4.0) -> None:
    """
    Run the demo in the terminal, and write its notebook, page and contact sheet to *folder*.

    Only ever on the simulator: a key in the environment is neither used nor passed on.

    Args:
        console: Where to show jobs as they run.
        folder: Made if it is not there; what an earlier demo left in it is replaced.
        speed: How many times faster than the service the simulator is; four times is fast enough
            for a tour, and slow enough to see jobs run.
    """
    folder.mkdir(parents=True, exist_ok=True)
    library = folder / "library"
    sheet = folder / "contact-sheet.png"
    console.print()
    with Studio(simulator=Simulator(speed=speed), library=library) as studio:
        _one_picture(console, studio)
        _one_sweep(console, studio, sheet)
    console.print()
    written = _write_notebook(console, folder, library, speed)
    _print_paths(console, {**written, "contact sheet": sheet, "pictures": library / "media"})


def _one_picture(console: Console, studio: Studio) -> None:
    job = studio.generate(PROMPT, seed=42, presetStyle="CINEMATIC")
    heading(console, "A job is a line", "on the simulator: no key, no cost, no network")
    console.print("  ", plain(job.request.prompt), sep="")
    console.print("  ", pairs(job.request.notable()), sep="")
    console.print()
    watch_job(console, job)
    job.result()


def _one_sweep(console: Console, studio: Studio, sheet: Path) -> None:
    planned = plan(
        PROMPT,
        seed=[1, 2, 3],
        guidance_scale=[3, 7.5, 12],
        presetStyle=["CINEMATIC", "DYNAMIC"],
        reuse=False,
        studio=studio,
    )
    console.print()
    heading(console, "A sweep is a grid", f"before anything is paid: {planned.estimate()}")
    axes = {axis.name: ", ".join(axis.labels) for axis in planned.axes}
    console.print("  ", pairs(axes), sep="")
    console.print()
    run = planned.start().grid(facet="presetStyle")  # leaves the most room for each picture
    watch_run(console, run)
    run.result()
    run.contact_sheet(str(sheet))


def _write_notebook(console: Console, folder: Path, library: Path, speed: float) -> dict[str, Path]:
    """Execute the demo's notebook and save it as it is and as a page; return where both are."""
    try:
        import nbformat
        from nbclient import NotebookClient
        from nbconvert import HTMLExporter
    except ImportError:
        console.print(
            "  No notebook was written: that needs Jupyter, which ", end="", highlight=False
        )
        console.print(Text('pip install "leonardo_nb[lab]"', "bold"), "brings.")
        return {}

    notebook = nbformat.v4.new_notebook(metadata={"kernelspec": KERNEL})
    for words, code in NOTEBOOK.items():
        notebook.cells.append(nbformat.v4.new_markdown_cell(words))
        notebook.cells.append(nbformat.v4.new_code_cell(code))
    environment = {
        **{name: value for name, value in os.environ.items() if name != "LEONARDO_API_KEY"},
        "LEONARDO_LIBRARY": str(library.absolute()),
        "LEONARDO_SIMULATOR_SPEED": str(speed),
    }
    client = NotebookClient(
        notebook,
        timeout=CELL_TIMEOUT,
        kernel_name="python3",
        extra_arguments=["--log-level=ERROR"],  # its start is no news
        store_widget_state=False,  # widgets have turned into pictures by then
        resources={"metadata": {"path": str(folder)}},
    )
    with console.status("[dim]Running the same as a notebook"):
        with client.setup_kernel(env=environment):
            for index, cell in enumerate(notebook.cells):
                client.execute_cell(cell, index)
            _settle(client, nbformat.v4.new_code_cell(SETTLING))
        notebook.metadata.pop("widgets", None)
        paths = {"notebook": folder / "demo.ipynb", "page": folder / "demo.html"}
        nbformat.write(notebook, paths["notebook"])
        page, _ = HTMLExporter().from_notebook_node(notebook, {"metadata": {"name": "leonardo_nb"}})
        paths["page"].write_text(SCRIPT.sub("", page), encoding="utf-8")
    return paths


def _settle(client: NotebookClient, cell: Any) -> None:  # noqa: ANN401  nbformat's are untyped
    """Go on listening until live outputs have turned plain: the last can outlive the last cell."""
    cells = client.nb.cells
    for _ in range(SETTLING_TURNS):
        kinds = {
            kind
            for each in cells
            for output in each.get("outputs", [])
            for kind in output.get("data", {})
        }
        if WIDGET not in kinds:
            return
        cells.append(cell)
        client.execute_cell(cell, len(cells) - 1)
        cells.pop()


def _print_paths(console: Console, paths: dict[str, Path]) -> None:
    heading(console, "Yours to keep")
    widest = max(map(len, paths))
    for name, path in paths.items():
        line = Text.assemble("  ", mark("done"), f" {name:<{widest}}  ", (str(path), "bold"))
        console.print(line, soft_wrap=True)  # a path that is cut cannot be copied
    console.print()
