from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> zipfile.ZipFile:
    """What `pip install` would get."""
    folder = tmp_path_factory.mktemp("dist")
    build = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(folder)]
    subprocess.run([*build, str(ROOT)], check=True, capture_output=True)
    return zipfile.ZipFile(next(folder.glob("*.whl")))


def test_wheel_holds_the_whole_package(wheel: zipfile.ZipFile) -> None:
    """No module, script, style sheet or py.typed is left behind, and nothing else comes along."""
    here = {
        file.relative_to(ROOT).as_posix()
        for file in (ROOT / "leonardo_nb").rglob("*")
        if file.is_file() and "__pycache__" not in file.parts
    }
    there = {name for name in wheel.namelist() if name.startswith("leonardo_nb/")}

    assert here == there


def test_wheel_holds_the_notebooks(wheel: zipfile.ZipFile) -> None:
    """What `leonardo-nb lab` opens is there without a checkout."""
    here = sorted(path.name for path in (ROOT / "notebooks").iterdir() if path.is_file())
    there = sorted(Path(name).name for name in wheel.namelist() if "/notebooks/" in name)

    assert here == there


def test_wheel_holds_the_licence_and_the_command(wheel: zipfile.ZipFile) -> None:
    """The licence travels with the code, and `leonardo-nb` is installed."""
    entry_points = next(name for name in wheel.namelist() if name.endswith("entry_points.txt"))

    assert any(name.endswith("licenses/LICENSE") for name in wheel.namelist())
    assert "leonardo-nb = leonardo_nb.cli:main" in wheel.read(entry_points).decode()
