"""What `leonardo-nb doctor` finds, and what it says to do."""

from __future__ import annotations

import io
import json
import os
import re
import threading
import tomllib
import uuid
from contextlib import contextmanager
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

import keyring
import keyring.backend
import keyring.errors
import pytest
import sqlalchemy as sql
from rich.console import Console
from typer.testing import CliRunner

from leonardo_nb import cli, doctor, environment
from leonardo_nb.doctor import PARTS, Finding, Verdict
from leonardo_nb.errors import LeonardoError
from leonardo_nb.library.ledger import Ledger
from leonardo_nb.service import keychain
from leonardo_nb.service.keys import Key
from leonardo_nb.simulator import serve_in_thread

if TYPE_CHECKING:
    from collections.abc import Iterator

    from leonardo_nb.service.keychain import Source

KEY = "51a70000-0000-4000-8000-000000000001"
ZERO = "00000000-0000-0000-0000-000000000000"
NOW = datetime(2026, 1, 1, 12, tzinfo=UTC)
FINE, NOTE, LOOK, MEND = Verdict
URL = "https://cloud.leonardo.ai/api/rest/v1"


@pytest.fixture(autouse=True)
def bare(monkeypatch: pytest.MonkeyPatch) -> None:
    """No key and no address, whoever runs the tests."""
    for name in ("LEONARDO_API_KEY", "LEONARDO_BASE_URL", "LEONARDO_DATABASE"):
        monkeypatch.delenv(name, raising=False)


def examined(monkeypatch: pytest.MonkeyPatch, **environment: str) -> dict[str, Finding]:
    """Return what is found with *environment*, by what was looked at."""
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    return {finding.what: finding for finding in doctor.examine()}


def printed(*options: str) -> tuple[int, str]:
    """Run the command; return its exit code and what it printed, on one line."""
    answer = CliRunner().invoke(cli.app, ["doctor", *options], catch_exceptions=False)
    return answer.exit_code, " ".join(answer.output.split())


class Ring(keyring.backend.KeyringBackend):
    """A keyring that has one key, none, or does not open."""

    priority = 1.0

    def __init__(self, kept: object) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.kept = kept

    def get_password(self, service: str, username: str) -> str | None:
        """Return it."""
        del service, username
        if self.kept is LeonardoError:
            raise keyring.errors.KeyringLocked("the words of a keyring, with the key in them")
        return None if self.kept is None else str(self.kept)

    def set_password(self, service: str, username: str, password: str) -> None:
        """Keep nothing."""


@pytest.fixture(autouse=True)
def own_keyring() -> Iterator[None]:
    """Whatever a test takes for the keyring, it is given back."""
    before = keyring.get_keyring()
    yield
    keyring.set_keyring(before)


class Silent(BaseHTTPRequestHandler):
    """Answers every HEAD with 404 and a time of its own, and keeps the headers it was sent."""

    date: ClassVar[str] = "Thu, 01 Jan 2026 00:00:00 GMT"
    sent: ClassVar[list[str]] = []

    def do_HEAD(self) -> None:
        """Answer."""
        self.sent.append(str(self.headers))
        self.send_response_only(404)
        self.send_header("Date", self.date)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@contextmanager
def answering() -> Iterator[str]:
    with HTTPServer(("127.0.0.1", 0), Silent) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/api/rest/v1"
        server.shutdown()


def test_a_new_machine_is_well(library_folder: Path) -> None:
    """Without a key nothing is asked, nothing is made, and the exit code is 0."""
    code, said = printed()

    assert 0 == code, said
    assert "simulator" in said
    assert not library_folder.exists()
    assert [] == list(library_folder.parent.iterdir())


def test_the_simulator_is_reached(monkeypatch: pytest.MonkeyPatch) -> None:
    """An address on this machine is asked for the account at once."""
    with serve_in_thread() as url:
        found = examined(monkeypatch, LEONARDO_API_KEY=KEY, LEONARDO_BASE_URL=url)

    names = ("key", "address", "clock", "account")
    assert [FINE] * 4 == [found[name].verdict for name in names]
    assert "the key is known; 10 jobs at once" == found["account"].found


def test_a_refused_key_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    """The exit code is 1, the sentence says what to do, and the key is not in it."""
    with serve_in_thread() as url:
        monkeypatch.setenv("LEONARDO_API_KEY", ZERO)
        monkeypatch.setenv("LEONARDO_BASE_URL", url)
        code, said = printed()

    assert (1, True, False) == (code, "the key is refused" in said, ZERO in said)
    assert "1 thing to mend" in said


def test_nobody_there_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    """A port that nobody listens on is a sentence; the account is not asked."""
    found = examined(
        monkeypatch, LEONARDO_API_KEY=KEY, LEONARDO_BASE_URL="http://127.0.0.1:9/api/rest/v1"
    )

    assert (MEND, False) == (found["address"].verdict, "account" in found)
    assert "127.0.0.1 does not answer" in found["address"].found


def test_a_key_in_the_keyring_is_not_fetched(
    monkeypatch: pytest.MonkeyPatch, library_folder: Path
) -> None:
    """Where login has put one is known; a keyring that asks for a password is left alone."""
    monkeypatch.setattr(doctor, "_is_here", lambda _: False)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    library_folder.mkdir()
    with answering() as url:
        (library_folder / "keyring.json").write_text(json.dumps([url]))
        found = examined(monkeypatch, LEONARDO_BASE_URL=url)

    assert (FINE, "in the system's keyring") == (found["key"].verdict, found["key"].found)
    assert (NOTE, "not asked") == (found["account"].verdict, found["account"].found)


def test_an_address_needs_a_key(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without one nobody is asked for the account."""
    with serve_in_thread() as url:
        found = examined(monkeypatch, LEONARDO_BASE_URL=url)

    assert (MEND, FINE, False) == (
        found["key"].verdict,
        found["address"].verdict,
        "account" in found,
    )


def test_an_open_address_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is sent over http to another machine."""
    found = examined(monkeypatch, LEONARDO_API_KEY=KEY, LEONARDO_BASE_URL="http://example.org/v1")

    assert MEND == found["address"].verdict
    assert "https" in found["address"].advice


def test_the_address_is_asked_without_the_key(monkeypatch: pytest.MonkeyPatch) -> None:
    """Any answer is one, and tells the time; the question has no key in it."""
    Silent.sent.clear()
    with answering() as url:
        monkeypatch.setattr(doctor, "_is_here", lambda _: False)
        monkeypatch.setenv("NO_PROXY", "127.0.0.1")
        found = examined(monkeypatch, LEONARDO_API_KEY=KEY, LEONARDO_BASE_URL=url)

    assert (FINE, MEND, NOTE) == tuple(
        found[name].verdict for name in ("address", "clock", "account")
    )
    assert (1, False) == (len(Silent.sent), KEY in "".join(Silent.sent))


@pytest.mark.parametrize(("has_address", "verdict"), [(False, NOTE), (True, MEND)])
def test_no_key(has_address: bool, verdict: Verdict) -> None:
    """The simulator needs none, and another address does."""
    assert verdict == doctor.no_key_finding(URL, has_address=has_address).verdict


@pytest.mark.parametrize("source", ["login", "environment", "keyring"])
@pytest.mark.parametrize(
    ("key", "verdict"),
    [
        (KEY, FINE),
        (KEY.upper(), FINE),
        (ZERO, LOOK),
        (KEY.replace("-", ""), LOOK),
        ("sk-something-else", LOOK),
        (f"“{KEY}”", MEND),
        (f"{KEY}\x07", MEND),
        (f"{KEY} {KEY}", MEND),
    ],
)
def test_key(key: str, verdict: Verdict, source: Source) -> None:
    """Where it is and what it looks like is said, and nothing of it is shown."""
    found = doctor.key_finding(Key(key), source)
    word = {"login": "login()", "environment": "LEONARDO_API_KEY", "keyring": "keyring"}[source]

    assert (verdict, True) == (found.verdict, word in found.found)
    assert key not in found.found + found.advice


@pytest.mark.parametrize("kept", [KEY, None, LeonardoError])
def test_a_key_in_the_keyring_is_used(
    monkeypatch: pytest.MonkeyPatch, library_folder: Path, kept: object
) -> None:
    """Where the account is asked: it is known, or it is gone, or the keyring stays shut."""
    keyring.set_keyring(Ring(kept))
    library_folder.mkdir()
    with serve_in_thread() as url:
        (library_folder / "keyring.json").write_text(json.dumps([url]))
        found = examined(monkeypatch, LEONARDO_BASE_URL=url)

    said, verdict, is_asked = {
        KEY: ("in the system's keyring, well-formed", FINE, True),
        None: ("no longer in the system's keyring", MEND, False),
    }.get(kept, ("the system's keyring does not give it", MEND, False))  # type: ignore[call-overload]
    assert (said, verdict, is_asked) == (
        found["key"].found,
        found["key"].verdict,
        "account" in found,
    )


def test_a_key_of_login_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    """In the process that logged in it comes before the variable, as in a studio."""
    monkeypatch.setattr(keychain, "_memory", {})
    with serve_in_thread() as url:
        environment.keychain().keep(url, Key(KEY), in_keyring=False)
        found = examined(monkeypatch, LEONARDO_BASE_URL=url, LEONARDO_API_KEY=ZERO)

    assert "of leo.login(), in this process, well-formed" == found["key"].found
    assert "the key is known; 10 jobs at once" == found["account"].found


@pytest.mark.parametrize(
    ("date", "verdict", "found"),
    [
        ("Thu, 01 Jan 2026 12:00:30 GMT", FINE, "right within a minute"),
        ("Thu, 01 Jan 2026 12:02:00 GMT", LOOK, "120 s slow"),
        ("Thu, 01 Jan 2026 11:58:00 GMT", LOOK, "120 s fast"),
        ("Thu, 01 Jan 2026 10:00:00 GMT", MEND, "120 min fast"),
        ("yesterday", NOTE, "the service says no time"),
    ],
)
def test_clock(date: str, verdict: Verdict, found: str) -> None:
    """A minute is well, ten minutes are to be mended."""
    finding = doctor.clock_finding(date, NOW)

    assert (verdict, found) == (finding.verdict, finding.found)


@pytest.mark.parametrize(
    ("free", "verdict"), [(10**12, FINE), (2 * 10**9, FINE), (10**9, LOOK), (10**8, MEND)]
)
def test_disk(free: int, verdict: Verdict) -> None:
    """Two gigabytes are enough, a tenth of one is not."""
    assert verdict == doctor.disk_finding(free).verdict


def test_a_library_is_counted(monkeypatch: pytest.MonkeyPatch, library_folder: Path) -> None:
    """It opens, and several kernels can use it."""
    library_folder.mkdir()
    Ledger(library_folder).close()

    found = examined(monkeypatch)

    assert f"0 jobs in {library_folder}" == found["opens"].found
    assert [FINE] * 3 == [found[name].verdict for name in ("opens", "version", "journal")]


def test_a_damaged_library_is_told(monkeypatch: pytest.MonkeyPatch, library_folder: Path) -> None:
    """The command fails, and leaves the file as it is."""
    library_folder.mkdir()
    (library_folder / "library.sqlite").write_bytes(b"not a database, but long enough" * 99)

    found = examined(monkeypatch)

    assert (MEND, True) == (found["opens"].verdict, found["opens"].advice != "")
    assert (library_folder / "library.sqlite").read_bytes().startswith(b"not a database")


@pytest.fixture
def server() -> Iterator[sql.URL]:
    """Give the address of an empty schema on a server."""
    address = os.environ.get("LEONARDO_TEST_POSTGRES")
    if not address:
        pytest.skip("LEONARDO_TEST_POSTGRES names no server")
    pytest.importorskip("psycopg")
    schema = f"test_{uuid.uuid4().hex}"
    engine = sql.create_engine(address)
    with engine.begin() as connection:
        connection.exec_driver_sql(f"CREATE SCHEMA {schema}")
    yield engine.url.update_query_dict({"options": f"-csearch_path={schema}"})
    with engine.begin() as connection:
        connection.exec_driver_sql(f"DROP SCHEMA {schema} CASCADE")
    engine.dispose()


def test_the_database_of_the_environment_is_looked_at(
    monkeypatch: pytest.MonkeyPatch, server: sql.URL, library_folder: Path
) -> None:
    """Its jobs are counted, nothing is said of a file, and an empty one is left empty."""
    url = server.render_as_string(hide_password=False)
    new = examined(monkeypatch, LEONARDO_DATABASE=url)
    engine = sql.create_engine(server)
    tables = sql.inspect(engine).get_table_names()
    engine.dispose()
    Ledger(library_folder, url).close()
    made = examined(monkeypatch)

    name = f"{server.database} on {server.host}"
    assert (NOTE, f"no library in {name} yet") == (new["database"].verdict, new["database"].found)
    assert [] == tables
    assert (FINE, f"0 jobs in {name}") == (made["database"].verdict, made["database"].found)
    assert (FINE, f"in {library_folder}") == (made["files"].verdict, made["files"].found)
    assert set() == {"opens", "journal", "folder"} & {*new, *made}


def test_nobody_s_name_is_told_of_a_database(
    monkeypatch: pytest.MonkeyPatch, server: sql.URL
) -> None:
    """A server that refuses somebody says the name; the command fails without it."""
    nobody = server.set(username="nobody-of-that-name", password="secret-of-nobody")
    monkeypatch.setenv("LEONARDO_DATABASE", nobody.render_as_string(hide_password=False))

    code, said = printed()

    assert 1 == code
    assert f"The library {server.database} on {server.host} cannot be used" in said
    assert [] == [word for word in ("nobody-of", "secret-of") if word in said]


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://somebody:secret@127.0.0.1:1/foxes",
        "postgresql://somebody:s@ecret/secret@127.0.0.1/foxes",
        "postgresql://127.0.0.1:secret/foxes",
        "mysql://somebody:secret@127.0.0.1/foxes",
    ],
)
def test_a_database_that_is_not_there_is_told(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    """The command fails with a sentence that has no user and no password in it."""
    pytest.importorskip("psycopg")
    monkeypatch.setenv("LEONARDO_DATABASE", url)

    code, said = printed()

    assert (1, True) == (code, "LEONARDO_DATABASE cannot be used" in said)
    assert [] == [word for word in ("somebody", "ecret") if word in said]


def test_a_library_below_a_file_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A sentence, and no traceback."""
    (tmp_path / "file").write_text("")
    found = examined(monkeypatch, LEONARDO_LIBRARY=str(tmp_path / "file" / "library"))

    assert MEND == found["writing"].verdict


VERSIONS = {
    "ipykernel": "7.4.0",
    "jupyterlab": "4.6.6",
    "notebook": "7.6.5",
    "nest_asyncio": "1.6.0",
    "nest_asyncio2": "1.7.4",
}


def looked_at(**changed: str | None) -> set[str]:
    return {
        finding.what
        for finding in doctor.pair_findings({**VERSIONS, **changed})
        if finding.verdict is LOOK
    }


@pytest.mark.parametrize(
    ("changed", "names"),
    [
        ({}, set()),
        ({"notebook": "7.4.5"}, {"a pair"}),
        ({"notebook": "6.5.7"}, {"a pair"}),
        ({"notebook": None}, set()),
        ({"nest_asyncio2": None}, {"nested loops"}),
        ({"nest_asyncio2": None, "ipykernel": "6.31.0"}, set()),
        ({"nest_asyncio2": None, "nest_asyncio": None}, set()),
    ],
)
def test_pairs(changed: dict[str, str | None], names: set[str]) -> None:
    """Notebook goes with its JupyterLab, and nest_asyncio loses clicks on ipykernel 7."""
    assert names == looked_at(**changed)


@pytest.mark.parametrize(
    ("name", "found", "verdict"),
    [
        ("ipywidgets", "8.1.9", FINE),
        ("ipywidgets", "8.1rc1", FINE),
        ("ipywidgets", "7.8.5", LOOK),
        ("ipywidgets", "9.0.0", NOTE),
        ("ipywidgets", None, MEND),
        ("jupyterlab", None, NOTE),
        ("jupyterlab", "4.10.0", FINE),
        ("notebook", None, NOTE),
        ("anywidget", "0.9.2", LOOK),
    ],
)
def test_parts(name: str, found: str | None, verdict: Verdict) -> None:
    """Too old is said, a new one is named, and what is only for Jupyter may be elsewhere."""
    part = next(each for each in PARTS if each.name == name)

    assert verdict == doctor.part_finding(part, found).verdict


def test_the_oldest_parts_are_those_of_the_project() -> None:
    """One number each, in two files."""
    project = tomllib.loads((Path(__file__).parents[1] / "pyproject.toml").read_text("utf-8"))
    wanted = [
        *project["project"]["dependencies"],
        *project["project"]["optional-dependencies"]["lab"],
    ]
    least = dict(line.split(">=") for line in wanted)

    assert [least[part.name] for part in PARTS if part.name in least] == [
        part.least for part in PARTS if part.name in least
    ]


def test_it_fits_eighty_columns(monkeypatch: pytest.MonkeyPatch) -> None:
    """Long paths are folded, escape sequences are text, and verdicts differ in shape."""
    findings = tuple(
        Finding("Library", "folder", verdict, f"/{'long/' * 40}\x1b[31m", "Do this. " * 20)
        for verdict in Verdict
    )
    console = Console(file=io.StringIO(), width=80, force_terminal=True, _environ={})
    console.print(doctor.shown(findings))
    file = console.file
    assert isinstance(file, io.StringIO)
    lines = re.sub(r"\x1b\[[0-9;]*m", "", file.getvalue()).splitlines()

    assert max(map(len, lines)) <= 80
    assert 4 == len({line.strip()[0] for line in lines if "folder" in line})
    assert "■ 1 thing to mend; 1 thing to look at." in lines[-1]
    assert "\x1b[31m/" not in file.getvalue()
