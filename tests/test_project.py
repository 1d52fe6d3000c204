from __future__ import annotations

import ast
import importlib.metadata
import itertools
import json
import re
import subprocess
import tomllib
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parent.parent
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
LARGEST_NOTEBOOK_BYTES = 3_000_000

each_notebook = pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.name)


def files_of_the_project() -> list[Path]:
    """Return what is, or is about to be, in the repository."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    names = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False).stdout
    if not names:
        pytest.skip("needs a git checkout")
    return [file for name in names.split("\0") if name and (file := ROOT / name).is_file()]


def code_cells(path: Path) -> list[dict[str, Any]]:
    """Return the code cells of the notebook at *path*."""
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    return [cell for cell in cells if cell["cell_type"] == "code" and "".join(cell["source"])]


def mime_types(cells: list[dict[str, Any]]) -> set[str]:
    """Return the types of everything that *cells* show."""
    return {kind for cell in cells for output in cell["outputs"] for kind in output.get("data", {})}


def test_all_seven_notebooks_are_there() -> None:
    """Each question that a new user has is the title of one."""
    assert [
        "01_first_image.ipynb",
        "02_parameter_sweeps.ipynb",
        "03_from_image_to_video.ipynb",
        "04_guidance_and_variations.ipynb",
        "05_never_pay_twice.ipynb",
        "06_sweep_in_depth.ipynb",
        "07_replay_without_a_key.ipynb",
    ] == [path.name for path in NOTEBOOKS]


@each_notebook
def test_notebook_is_saved_freshly_run(path: Path) -> None:
    """Every cell was run, once, from top to bottom, and none of them ended in an error."""
    cells = code_cells(path)
    outputs = [output for cell in cells for output in cell["outputs"]]

    assert list(range(1, len(cells) + 1)) == [cell["execution_count"] for cell in cells]
    assert [] == [output for output in outputs if output["output_type"] == "error"]


@each_notebook
def test_notebook_holds_its_pictures(path: Path) -> None:
    """Pictures are in the file itself, and no output waits for a widget that is gone."""
    shown = mime_types(code_cells(path))

    assert shown & {"image/png", "image/jpeg"}
    assert "application/vnd.jupyter.widget-view+json" not in shown


@each_notebook
def test_notebook_opens_on_github(path: Path) -> None:
    """It carries no widget state, which GitHub refuses, and is small enough to be looked at."""
    metadata = json.loads(path.read_text(encoding="utf-8"))["metadata"]

    assert "widgets" not in metadata
    assert path.stat().st_size < LARGEST_NOTEBOOK_BYTES


@each_notebook
def test_notebook_has_a_cell_that_is_checked(path: Path) -> None:
    """At least one cell's output is compared, because a run without comparison proves little."""
    assert any("NBVAL_CHECK_OUTPUT" in "".join(cell["source"]) for cell in code_cells(path))


def test_no_file_names_this_machine() -> None:
    """No path of the machine that a file was written on is in it."""
    here = re.compile(rf"(?<![\w/.]){re.escape(str(ROOT))}\b".encode())

    assert [] == [
        file.relative_to(ROOT).as_posix()
        for file in files_of_the_project()
        if here.search(file.read_bytes())
    ]


def test_no_link_leads_out_of_the_repository() -> None:
    """A clone is complete without anything beside it."""
    links = [file for file in files_of_the_project() if file.is_symlink()]

    assert [] == [link for link in links if not link.resolve().is_relative_to(ROOT)]


def test_constraints_are_names_and_versions() -> None:
    """Pins record no address."""
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    pins = [line for line in lines if line and not line.startswith("#")]

    assert [] == [pin for pin in pins if not re.fullmatch(r"[a-z0-9-]+==[\w.]+", pin)]
    names = [pin.partition("==")[0] for pin in pins]
    assert sorted(names) == names


def test_every_requirement_is_used() -> None:
    """Whatever a user is made to install, or offered as an extra, some module names."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = {**project["optional-dependencies"], "test": [], "dev": []}
    offered = [*project["dependencies"], *itertools.chain.from_iterable(extras.values())]
    names = {re.split(r"[^\w-]", requirement)[0].replace("-", "_") for requirement in offered}
    code = "\n".join(
        file.read_text(encoding="utf-8") for file in (ROOT / "leonardo_nb").rglob("*.py")
    )
    called = {"pillow": "PIL", "c2pa_python": "c2pa"}
    words = {called.get(name, name) for name in names}

    assert set() == {word for word in words if not re.search(rf"\b{word}\b", code)}


def test_page_loads_nothing_from_elsewhere() -> None:
    """Widgets show the same page on Binder, behind a firewall and without a network."""
    pages = [*(ROOT / "leonardo_nb").rglob("*.js"), *(ROOT / "leonardo_nb").rglob("*.css")]
    elsewhere = re.compile(r"""(import|url\(|src=)\W*https?:|fetch\(""")

    assert [] == [page.name for page in pages if elsewhere.search(page.read_text(encoding="utf-8"))]


def test_changelog_knows_this_version() -> None:
    """The newest heading of the CHANGELOG is this version, or what comes after it."""
    changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    headings = re.findall(r"^## \[?([^\] ]+)", changelog, re.MULTILINE)

    assert importlib.metadata.version("leonardo_nb") in headings[:2]


def test_every_test_says_its_fact() -> None:
    """A test's docstring is the sentence that its failure makes untrue."""
    silent = [
        f"{file.relative_to(ROOT).as_posix()}: {node.name}"
        for file in sorted((ROOT / "tests").rglob("test_*.py"))
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and node.name.startswith("test_")
        and not ast.get_docstring(node)
    ]

    assert [] == silent
