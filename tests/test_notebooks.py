"""The notebooks, run from a fresh kernel as a reader would, and what is left in their cells."""

from __future__ import annotations

import tempfile
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
COMPOSED = 'Image.alpha_composite(ImageOps.fit(sketch, cut.size).convert("RGBA"), cut)'

pytestmark = [pytest.mark.notebook, pytest.mark.kernel, pytest.mark.timeout(180)]


@pytest.fixture(autouse=True)
def fast_simulator(monkeypatch: pytest.MonkeyPatch) -> None:
    """No key, and a service that is twenty times as fast."""
    monkeypatch.delenv("LEONARDO_API_KEY", raising=False)
    monkeypatch.setenv("LEONARDO_SIMULATOR_SPEED", "20")


def run(name: str) -> Any:
    notebook = nbformat.read(FOLDER / name, as_version=4)  # type: ignore[no-untyped-call]
    NotebookClient(
        notebook,
        timeout=120,
        kernel_name="python3",
        store_widget_state=False,
        resources={"metadata": {"path": str(FOLDER)}},
    ).execute()
    return notebook


def shown(notebook: Any) -> Iterator[tuple[str, frozenset[str]]]:
    """Yield the source of every code cell with the media types of each of its outputs."""
    for cell in notebook.cells:
        if cell.cell_type == "code":
            for output in cell.outputs:
                yield cell.source, frozenset(output.get("data", {}))


def players(notebook: Any) -> Iterator[int]:
    """Yield for every output how many films in it can be played."""
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            yield output.get("data", {}).get("text/html", "").count("<video ")


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


def test_the_video_s_notebook_ends_in_stills_and_players() -> None:
    """Each job ends as a plain picture, two films can be played, and no widget is left."""
    notebook = run("03_from_image_to_video.ipynb")
    outputs = list(shown(notebook))

    ends = [source.splitlines()[-1] for source, types in outputs if types & PICTURES]

    assert [] == [source for source, types in outputs if WIDGET in types]
    assert [
        *("job", "larger", "film", "video.embed()"),
        *("waves", "shore.embed()", "finer", "moved"),
    ] == ends
    assert [1, 1] == [count for count in players(notebook) if count]


def test_the_guidance_s_notebook_ends_in_pictures() -> None:
    """Each job ends as a plain picture, the tables are HTML, and no widget is left."""
    outputs = list(shown(run("04_guidance_and_variations.ipynb")))

    ends = [source.splitlines()[-1] for source, types in outputs if types & PICTURES]
    tables = [
        source.splitlines()[-1]
        for source, types in outputs
        if "text/html" in types and not types & PICTURES
    ]

    assert [] == [source for source, types in outputs if WIDGET in types]
    assert [
        *("lighthouse", "castle", "upload", "mountain", "meadows", "night", "fox"),
        *("wider", "alone", COMPOSED, "cinema"),
    ] == ends
    assert [
        *("leo.me()", "leo.elements()", 'leo.styles("Phoenix 1.0")[:6]'),
        *("leo.history(4)", "leo.me()"),
    ] == tables


def test_the_notebook_of_a_kernel_s_death_pays_once() -> None:
    """Taken up, run again and made wider, each cell is one job; two sheets, and nothing is left."""
    notebook = run("05_never_pay_twice.ipynb")
    outputs = list(shown(notebook))

    ends = [source.splitlines()[-1] for source, types in outputs if types & PICTURES]
    said = "".join(
        output["text"]
        for cell in notebook.cells
        for output in cell.get("outputs", [])
        if output["output_type"] == "stream"
    )

    assert [] == [source for source, types in outputs if WIDGET in types]
    assert ["picked", "run", "wider", "lost", "same"] == ends
    assert "jobs of before have not ended; leo.resume() picks up what is there." in said
    assert "12 cells, 12 jobs, 36 credits" in said
    assert "All ended:" in said
    assert [] == [path for path in (tempfile.gettempdir(), str(Path.home())) if path in said]


def test_the_replay_s_notebook_needs_no_service(monkeypatch: pytest.MonkeyPatch) -> None:
    """It plays, is turned, measured and judged, without a key, and leaves sheets and no widget."""
    monkeypatch.setenv("LEONARDO_BASE_URL", "http://127.0.0.1:9/nobody")
    notebook = run("07_replay_without_a_key.ipynb")
    outputs = list(shown(notebook))

    ends = [source.splitlines()[-1] for source, types in outputs if types & PICTURES]

    assert [] == [source for source, types in outputs if WIDGET in types]
    assert [
        "foxes",
        'foxes.grid(x="guidance_scale", y="seed", facet="presetStyle")',
        'foxes.sel(presetStyle="ILLUSTRATION", guidance_scale=12)',
    ] == ends
