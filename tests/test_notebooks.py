"""The notebooks, run from a fresh kernel as a reader would, and what is left in their cells."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import nbformat
import pytest
from nbclient import NotebookClient

if TYPE_CHECKING:
    from collections.abc import Iterator

FOLDER = Path(__file__).parents[1] / "notebooks"
WIDGET = "application/vnd.jupyter.widget-view+json"
PICTURES = frozenset({"image/jpeg", "image/png"})

pytestmark = [pytest.mark.notebook, pytest.mark.kernel, pytest.mark.timeout(180)]


@pytest.fixture(autouse=True)
def fast_simulator(monkeypatch: pytest.MonkeyPatch) -> None:
    """No key, and a service that is twenty times as fast."""
    monkeypatch.delenv("LEONARDO_API_KEY", raising=False)
    monkeypatch.setenv("LEONARDO_SIMULATOR_SPEED", "20")


def run(name: str) -> Any:
    notebook = nbformat.read(FOLDER / name, as_version=4)  # type: ignore[no-untyped-call]
    NotebookClient(notebook, timeout=120, kernel_name="python3", store_widget_state=False).execute()
    return notebook


def shown(notebook: Any) -> Iterator[tuple[str, frozenset[str]]]:
    """Yield the source of every code cell with the media types of each of its outputs."""
    for cell in notebook.cells:
        if cell.cell_type == "code":
            for output in cell.outputs:
                yield cell.source, frozenset(output.get("data", {}))


def test_the_first_picture_s_notebook_ends_in_pictures() -> None:
    """Every cell that shows a job ends as a plain picture; only the panel stays alive."""
    outputs = list(shown(run("01_first_image.ipynb")))

    alive = {source for source, types in outputs if WIDGET in types}
    pictures = [source for source, types in outputs if types & PICTURES and WIDGET not in types]

    assert ["leo.panel("] == [
        call for call in ("leo.panel(", "leo.generate(") if call in "".join(alive)
    ]
    assert ["job", "crop", "stricter", "foxes"] == [
        name
        for name in ("job", "crop", "stricter", "foxes")
        if any(name in each for each in pictures)
    ]


def test_the_sweep_s_notebook_ends_in_contact_sheets() -> None:
    """Every cell that shows a run ends as a sheet with words beside it, and no widget is left."""
    outputs = list(shown(run("02_parameter_sweeps.ipynb")))

    sheets = [types for _source, types in outputs if types & PICTURES]

    assert [] == [source for source, types in outputs if WIDGET in types]
    assert 6 == len(sheets)
    assert all({"text/html", "text/plain"} < types for types in sheets)
