from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

pytestmark = pytest.mark.node

SUITES = sorted(Path(__file__).parent.glob("js/*.test.*js"))


@pytest.mark.parametrize("suite", SUITES, ids=lambda suite: suite.name)
def test_javascript(suite: Path, node: str) -> None:
    """The widgets' JavaScript passes its own tests."""
    run = subprocess.run(
        [node, "--test", str(suite)], capture_output=True, text=True, check=False, timeout=15
    )

    assert 0 == run.returncode, run.stdout + run.stderr
