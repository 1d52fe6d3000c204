from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent


def outcome(required: str, file: str, folder: Path) -> str:
    """Return the last line of pytest over *file*, with *required* and without any program."""
    environment = {name: os.environ[name] for name in ("HOME", "TMPDIR") if name in os.environ}
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(HERE / file)]
    run = subprocess.run(
        command,
        capture_output=True,
        text=True,
        check=False,
        cwd=HERE.parent,
        env=environment | {"LEONARDO_NB_REQUIRE": required, "PATH": str(folder)},
    )
    return (run.stdout + run.stderr).strip().splitlines()[-1]


@pytest.mark.parametrize(("required", "word"), [("browser", "skipped"), ("browser,node", "errors")])
def test_what_is_required_is_not_skipped(required: str, word: str, tmp_path: Path) -> None:
    """Without node its tests are skipped, and an error where node is required, as it is in CI."""
    last = outcome(required, "test_js.py", tmp_path)

    assert (True, False) == (word in last, "passed" in last)


def test_nothing_is_required_in_vain(tmp_path: Path) -> None:
    """A requirement that no test has a marker for would never fail."""
    assert "LEONARDO_NB_REQUIRE names no marker: ['nodes']" in outcome(
        "nodes", "test_js.py", tmp_path
    )
