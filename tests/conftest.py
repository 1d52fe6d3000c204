"""One event loop, one library a test, and browser and node where they are."""

from __future__ import annotations

import os
import shutil
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings

if TYPE_CHECKING:
    from collections.abc import Generator
    from pathlib import Path

# how fast it is, benchmarks say: a machine that is busy with something else fails no test
settings.register_profile("leonardo_nb", parent=settings(), deadline=None)
settings.load_profile("leonardo_nb")

REQUIRED = frozenset(filter(None, os.environ.get("LEONARDO_NB_REQUIRE", "").split(",")))
"""The markers whose tests must not be skipped here."""

HOW_TO_HAVE = {
    "browser": "a Chromium: `apt-get install chromium`, or name one in LEONARDO_NB_CHROMIUM",
    "node": "node 18 or newer: `apt-get install nodejs`",
}


def find_chromium() -> str | None:
    """Return the path of the system's Chromium, or None."""
    named = os.environ.get("LEONARDO_NB_CHROMIUM")
    names = ("chromium", "chromium-browser", "google-chrome")
    return named or next(filter(None, map(shutil.which, names)), None)


def found(path: str | None, what: str) -> str:
    """Return *path*; without one the test is skipped, or fails where *what* is required."""
    return path or pytest.skip(f"needs {HOW_TO_HAVE[what]}")


@pytest.fixture(scope="session")
def chromium() -> str:
    """The path of the system's Chromium, for tests marked `browser`."""
    return found(find_chromium(), "browser")


@pytest.fixture(scope="session")
def node() -> str:
    """The path of node, for tests marked `node`."""
    return found(shutil.which("node"), "node")


@pytest.fixture(scope="module")
def anyio_backend() -> str:
    """The loop that kernels run."""
    return "asyncio"


@pytest.fixture(autouse=True)
def library_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A library of its own for every test."""
    folder = tmp_path / "library"
    monkeypatch.setenv("LEONARDO_LIBRARY", str(folder))
    return folder


def pytest_configure() -> None:
    """Refuse to require what nothing is marked with, which would never fail."""
    if unknown := REQUIRED - set(HOW_TO_HAVE):
        raise pytest.UsageError(f"LEONARDO_NB_REQUIRE names no marker: {sorted(unknown)}")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Let a skipped test fail where what it needs is required."""
    report = yield
    for what in REQUIRED:
        if report.skipped and item.get_closest_marker(what):
            report.outcome = "failed"
            report.longrepr = f"{what} is required here, and was skipped: {reason(report)}"
    return report


def reason(report: pytest.TestReport) -> str:
    """Return why *report*'s test was skipped."""
    return report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say what was skipped, and how to have it."""
    reasons: dict[str, int] = {}
    for report in terminalreporter.getreports("skipped"):
        why = reason(report).removeprefix("Skipped: ")
        reasons[why] = reasons.get(why, 0) + 1
    if reasons:
        terminalreporter.section("not run here")
    for why, count in reasons.items():
        terminalreporter.line(f"{count} {'test' if count == 1 else 'tests'}: {why}")
