"""
Run the notebooks on the simulator, in place, so that they are saved with their pictures.

    python scripts/run_notebooks.py [notebooks/01_first_image.ipynb ...]
"""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path

import nbformat
from nbclient import NotebookClient

NOTEBOOKS = Path(__file__).parent.parent / "notebooks"
SPEED = "6"
"""Times as fast as the service; the notebooks say what they cost, not how long they took."""

FREEZE = """
for value in list(globals().values()):
    if isinstance(value, leo.Panel):
        value.freeze()
"""
"""Run last and not saved: who runs the notebook wants a live panel, the file wants its pictures."""


def run(path: Path) -> None:
    """Run the notebook at *path* from a fresh kernel and save it without widgets."""
    notebook = nbformat.read(path, as_version=4)
    notebook.cells.append(nbformat.v4.new_code_cell(FREEZE))
    notebook.metadata = {key: value for key, value in notebook.metadata.items() if key != "widgets"}
    NotebookClient(
        notebook,
        timeout=120,
        kernel_name="python3",
        # GitHub refuses notebooks whose widget state is not whole, and ours need none
        store_widget_state=False,
        record_timing=False,
        resources={"metadata": {"path": str(path.parent)}},
    ).execute()
    notebook.cells.pop()
    notebook.metadata["kernelspec"] = {
        "display_name": "Python 3",
        "language": "python",
        "name": "python3",
    }
    notebook.metadata["language_info"] = {"name": "python"}
    nbformat.write(notebook, path)


def main() -> None:
    """Run what the command line names, or all notebooks."""
    paths = [Path(name) for name in sys.argv[1:]] or sorted(NOTEBOOKS.glob("*.ipynb"))
    os.environ.pop("LEONARDO_API_KEY", None)
    os.environ["LEONARDO_SIMULATOR_SPEED"] = SPEED
    os.environ.pop("LEONARDO_LIBRARY", None)
    os.environ.pop("XDG_DATA_HOME", None)
    with tempfile.TemporaryDirectory() as home:
        os.environ["HOME"] = home  # so that the library's path reads as it does for everybody
        for path in paths:
            sys.stdout.write(f"{path.name}\n")
            run(path)


if __name__ == "__main__":
    main()
