"""
Counts what the crash suites did, and prints it at the end.

By default they take about two minutes. More of them: LEONARDO_CRASH_EVERY=1 stops the short stories
at every effect, LEONARDO_CRASH_EXAMPLES=1000 tells more long ones, and others in every run with
LEONARDO_CRASH_ANEW=1; LEONARDO_CRASH_SHRINK=1 makes one that fails shorter, LEONARDO_CRASH_TRACES
names a folder for what led to it; LEONARDO_CRASH_ROUNDS=100 kills more processes, at the moments of
LEONARDO_CRASH_SEED.
"""

from __future__ import annotations

import contextlib
import os
import uuid
from collections import Counter, defaultdict
from typing import TYPE_CHECKING

import pytest
import sqlalchemy as sql

if TYPE_CHECKING:
    from collections.abc import Iterator
    from contextlib import AbstractContextManager

_COUNTS: dict[str, Counter[str]] = defaultdict(Counter)


@pytest.fixture
def counts(request: pytest.FixtureRequest) -> Counter[str]:
    """What this test's suite has done so far; printed when all tests are over."""
    name = request.node.path.stem
    url = getattr(getattr(request.node, "callspec", None), "params", {}).get("database")
    return _COUNTS[name if url is None else f"{name} on {url}"]


@pytest.fixture(params=["SQLite", "PostgreSQL"])
def database(request: pytest.FixtureRequest) -> Iterator[str | None]:
    """The address of a database of its own, or None for the file in the library's folder."""
    if request.param == "SQLite":
        yield None
        return
    with a_schema() as url:
        yield url


def a_schema() -> AbstractContextManager[str]:
    """Give the address of an empty schema on the server of the tests; skip without one."""
    server = os.environ.get("LEONARDO_TEST_POSTGRES")
    if not server:
        pytest.skip("LEONARDO_TEST_POSTGRES names no server")
    pytest.importorskip("psycopg")
    return _schema(server)


@contextlib.contextmanager
def _schema(server: str) -> Iterator[str]:
    schema = f"test_{uuid.uuid4().hex}"
    engine = sql.create_engine(server)
    with engine.begin() as connection:
        connection.exec_driver_sql(f"CREATE SCHEMA {schema}")
    url = engine.url.update_query_dict({"options": f"-csearch_path={schema}"})
    try:
        yield url.render_as_string(hide_password=False)
    finally:
        with engine.begin() as connection:
            connection.exec_driver_sql(f"DROP SCHEMA {schema} CASCADE")
        engine.dispose()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say how many processes died, and what became of what they had asked for."""
    if not _COUNTS:
        return
    terminalreporter.section("never paid twice")
    for suite, counted in _COUNTS.items():
        facts = ", ".join(f"{number:,} {what}" for what, number in counted.items())
        terminalreporter.line(f"{suite}: {facts}")
