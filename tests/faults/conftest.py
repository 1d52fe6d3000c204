"""Counts the cells of the fault table, and says so at the end."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pytest

THE_TABLE = "test_what_happens_is_what_the_table_says"
TAKEN_UP = "test_what_stopped_is_taken_up_again"


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say how many cells there were, and how many are as the table says."""
    counted: Counter[tuple[str, str]] = Counter()
    for outcome in ("passed", "failed"):
        for report in terminalreporter.getreports(outcome):
            for test in (THE_TABLE, TAKEN_UP):
                counted[test, outcome] += report.when == "call" and f"::{test}[" in report.nodeid
    cells, right = sum_of(counted, THE_TABLE)
    if not cells:
        return
    terminalreporter.section("what happens when")
    terminalreporter.line(f"{cells} cells of routes x faults, {right} as the table says")
    stopped, well = sum_of(counted, TAKEN_UP)
    if stopped:
        terminalreporter.line(f"{stopped} paid jobs that had stopped, {well} taken up again")


def sum_of(counted: Counter[tuple[str, str]], test: str) -> tuple[int, int]:
    """Return how many cells of *test* were run, and how many of them passed."""
    right = counted[test, "passed"]
    return right + counted[test, "failed"], right
