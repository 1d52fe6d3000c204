"""A database on a server where there is one, and the counts of the fault table at the end."""

from __future__ import annotations

import os
import uuid
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest
import sqlalchemy as sql

from leonardo_nb.library.ledger import Ledger
from leonardo_nb.library.tables import FILES, JOBS, POSTERS, RESERVATIONS

if TYPE_CHECKING:
    from collections.abc import Iterator

THE_TABLE = "test_what_happens_is_what_the_table_says"
ON_POSTGRESQL = "test_what_happens_on_postgresql_is_what_the_table_says"
TAKEN_UP = "test_what_stopped_is_taken_up_again"
SENTENCES = {
    THE_TABLE: "cells of routes x faults, {} as the table says",
    ON_POSTGRESQL: "of them on PostgreSQL as well, {} as the table says",
    TAKEN_UP: "paid jobs that had stopped, {} taken up again",
}


@dataclass(frozen=True)
class Server:
    """
    A library's database on PostgreSQL.

    Attributes:
        engine: For what is done to it from outside.
        url: Its address.
    """

    engine: sql.Engine
    url: str

    def emptied(self) -> str:
        """Take everything out of it; return its address."""
        with self.engine.begin() as connection:
            for table in (RESERVATIONS, POSTERS, FILES, JOBS):
                connection.execute(sql.delete(table))
        return self.url


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """An empty schema on the server of the tests."""
    address = os.environ.get("LEONARDO_TEST_POSTGRES")
    if not address:
        pytest.skip("LEONARDO_TEST_POSTGRES names no server")
    pytest.importorskip("psycopg")
    schema = f"test_{uuid.uuid4().hex}"
    outer = sql.create_engine(address)
    with outer.begin() as connection:
        connection.exec_driver_sql(f"CREATE SCHEMA {schema}")
    url = outer.url.update_query_dict({"options": f"-csearch_path={schema}"})
    inner = sql.create_engine(url)
    whole = url.render_as_string(hide_password=False)
    Ledger(tmp_path_factory.mktemp("library"), whole).close()
    yield Server(inner, whole)
    inner.dispose()
    with outer.begin() as connection:
        connection.exec_driver_sql(f"DROP SCHEMA {schema} CASCADE")
    outer.dispose()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say how many cells there were, and how many are as the table says."""
    counted: Counter[tuple[str, str]] = Counter()
    for outcome in ("passed", "failed"):
        for report in terminalreporter.getreports(outcome):
            for test in SENTENCES:
                counted[test, outcome] += report.when == "call" and f"::{test}[" in report.nodeid
    if not counted.total():
        return
    terminalreporter.section("what happens when")
    for test, sentence in SENTENCES.items():
        right = counted[test, "passed"]
        if all_ := right + counted[test, "failed"]:
            terminalreporter.line(f"{all_:,} {sentence.format(f'{right:,}')}")
