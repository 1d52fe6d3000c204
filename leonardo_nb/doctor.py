"""
What may keep leonardo_nb from working on this machine, and what to do about it.

Each check is a function of plain values that returns a `Finding`; `examine` gathers the values.
No finding has a key in it: what is said of one is where it is and whether it looks like one.
"""

from __future__ import annotations

import os
import shutil
import ssl
import sys
import tempfile
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from enum import StrEnum
from http.client import HTTPException
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Final
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit
from urllib.request import HTTPRedirectHandler, HTTPSHandler, ProxyHandler, Request, build_opener
from uuid import UUID

from rich.console import Group
from rich.table import Table
from rich.text import Text

from leonardo_nb.errors import AuthenticationError, InvalidRequest, LeonardoError
from leonardo_nb.terminal import plain

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from email.message import Message

    from rich.console import RenderableType

    from leonardo_nb.service.keychain import Keychain, Source
    from leonardo_nb.service.keys import Key

__all__ = ["Finding", "Verdict", "examine", "shown"]

GIGABYTE: Final = 1_000_000_000
LITTLE_SPACE, NO_SPACE = 2 * GIGABYTE, GIGABYTE // 5
"""Bytes; a sweep of 100 large pictures takes about 0.2 GB."""
LARGE_SKEW, HUGE_SKEW = 60.0, 600.0
"""Seconds that this clock may differ from the service's; jobs are searched for by their time."""
REACH_SECONDS: Final = 10.0
WAL_FORMAT: Final = b"\x02\x02"
"""Bytes 18 and 19 of an SQLite file that keeps a write-ahead log."""
ALL_ZERO: Final = UUID(int=0)
KEY_LENGTH: Final = 36
WHERE: Final[Mapping[Source, str]] = {
    "login": "of leo.login(), in this process",
    "environment": "in LEONARDO_API_KEY",
    "keyring": "in the system's keyring",
}
WHOSE: Final[Mapping[Source, str]] = {
    "login": "that of leo.login()",
    "environment": "LEONARDO_API_KEY",
    "keyring": "that of the keyring",
}


class Verdict(StrEnum):
    """How much a finding matters."""

    FINE = "fine"
    NOTE = "note"
    LOOK = "look"
    MEND = "mend"
    """leonardo_nb does not work as it is asked to; the command fails."""


@dataclass(frozen=True, slots=True)
class Finding:
    """
    What one check found.

    Attributes:
        group: The heading that it stands under.
        what: What was looked at.
        verdict: How much it matters.
        found: What is so, in a few words.
        advice: What to do now; empty where there is nothing to do.
    """

    group: str
    what: str
    verdict: Verdict
    found: str
    advice: str = ""


@dataclass(frozen=True, slots=True)
class Part:
    """
    A package that leonardo_nb works with.

    Attributes:
        name: As it is installed.
        least: The oldest version that works.
        tested: The version that the tests were last run with.
        extra: What brings it, where `pip install leonardo_nb` alone does not.
        is_optional: Whether nothing is missed without it.
    """

    name: str
    least: str
    tested: str
    extra: str = ""
    is_optional: bool = False


PARTS: Final = (
    Part("ipywidgets", "8.1", "8.1"),
    Part("anywidget", "0.9.13", "0.11"),
    Part("ipykernel", "6.29", "7.4", "lab"),
    Part("jupyterlab", "4.2", "4.6", "lab"),
    Part("notebook", "7.2", "7.6", is_optional=True),
    Part("nbclient", "0.10", "0.11", is_optional=True),
)


def examine(*, online: bool = False) -> tuple[Finding, ...]:
    """
    Return what is found on this machine.

    Without a key and an address nothing is asked of anybody. With one, the address is asked for
    its headers without the key. The key itself is sent, in a question for the account, which is
    free, only where that is wished or where the address is on this machine; only then a keyring
    is asked for it, which may want to be unlocked. An older library is
    brought up to date, as by every studio, after a copy was made of it.

    Args:
        online: Ask the service whether it knows the key.
    """
    return tuple(_examined(online=online))


def _examined(*, online: bool) -> Iterator[Finding]:
    from leonardo_nb import environment

    yield Finding("Python", "leonardo_nb", Verdict.FINE, _version("leonardo_nb") or "not installed")
    yield Finding("Python", "Python", Verdict.FINE, sys.version.split()[0])
    folder = environment.library_folder(None)
    base_url = environment.address_of()
    keychain = environment.keychain()
    source = keychain.source(base_url)
    asked = bool(os.environ.get("LEONARDO_BASE_URL", "").strip())
    # a keyring may open a window to be unlocked, so it is asked only where the key is needed
    asks = online or _is_here(urlsplit(base_url).hostname or "")
    finding, key = _key(keychain, base_url, asks=asks, has_address=asked)
    yield finding
    yield keyring_finding()
    if source or asked:
        yield from _service(base_url, key, has_key=source is not None, asks=asks)
    else:
        yield Finding("Service", "address", Verdict.NOTE, "not asked; the simulator needs none")
    yield from _library(folder, os.environ.get("LEONARDO_DATABASE", "").strip())
    versions = {
        name: _version(name)
        for name in (*(part.name for part in PARTS), "nest_asyncio", "nest_asyncio2")
    }
    yield from (part_finding(part, versions[part.name]) for part in PARTS)
    yield from pair_findings(versions)
    yield _pillow()


def _key(
    keychain: Keychain, base_url: str, *, asks: bool, has_address: bool
) -> tuple[Finding, Key | None]:
    """Return what there is to say of the key, and the key, unless it stays in the keyring."""
    source = keychain.source(base_url)
    if source is None:
        return no_key_finding(base_url, has_address=has_address), None
    if source == "keyring" and not asks:
        return Finding("Service", "key", Verdict.FINE, WHERE[source]), None
    try:
        key = keychain.key(base_url)
    except LeonardoError as error:
        said = "the system's keyring does not give it"
        return Finding("Service", "key", Verdict.MEND, said, str(error)), None
    if key is not None:
        return key_finding(key, source), key
    return Finding(
        "Service",
        "key",
        Verdict.MEND,
        "no longer in the system's keyring",
        'leo.login(keep="keyring") puts it there again; leo.logout() forgets that it was there.',
    ), None


def no_key_finding(base_url: str, *, has_address: bool) -> Finding:
    """
    Return what there is to say where no key is known.

    Args:
        base_url: Where it would be sent.
        has_address: Whether that was given.
    """
    if has_address:
        host = urlsplit(base_url).hostname or base_url
        return Finding(
            "Service",
            "key",
            Verdict.MEND,
            f"none, and {host} needs one",
            "Set LEONARDO_API_KEY, or unset LEONARDO_BASE_URL to use the simulator.",
        )
    return Finding(
        "Service",
        "key",
        Verdict.NOTE,
        "none in LEONARDO_API_KEY or the keyring",
        "The built-in simulator is used, which costs nothing. For the service itself set "
        "LEONARDO_API_KEY, or say leo.login() in a notebook; what that keeps in memory is known "
        "only there.",
    )


def key_finding(key: Key, source: Source) -> Finding:
    """
    Return where *key* is and whether it looks like one, without showing it.

    Args:
        key: As it was found.
        source: Where that was.
    """
    where, whose = WHERE[source], WHOSE[source]
    try:
        key.checked()
    except InvalidRequest:
        return Finding(
            "Service",
            "key",
            Verdict.MEND,
            f"{whose} has characters that no key has",
            "Copy it again, without quotation marks and line ends.",
        )
    try:
        is_zero = UUID(key.reveal()) == ALL_ZERO
    except ValueError:
        return Finding(
            "Service",
            "key",
            Verdict.LOOK,
            f"{whose} is not shaped like a key",
            "The service's keys have 36 characters, as in 8-4-4-4-12; copy it again.",
        )
    if is_zero or len(key.reveal()) != KEY_LENGTH:
        return Finding(
            "Service",
            "key",
            Verdict.LOOK,
            f"{whose} looks like an example",
            "Make a key on the service's page for API keys, and copy that one.",
        )
    return Finding("Service", "key", Verdict.FINE, f"{where}, well-formed")


def keyring_finding() -> Finding:
    """Return whether the system's keyring could keep a key; it is not opened."""
    try:
        from keyring import get_keyring
        from keyring.backends.fail import Keyring as Nothing
    except ImportError:
        return Finding("Service", "keyring", Verdict.NOTE, "not installed, and not needed")
    backend = get_keyring()
    if isinstance(backend, Nothing) or backend.priority <= 0:
        return Finding(
            "Service",
            "keyring",
            Verdict.NOTE,
            "none that is open on this machine",
            "Keys can be kept in LEONARDO_API_KEY, or in memory by leo.login().",
        )
    return Finding("Service", "keyring", Verdict.FINE, str(backend.name))


def _service(base_url: str, key: Key | None, *, has_key: bool, asks: bool) -> Iterator[Finding]:
    from leonardo_nb.service.client import Client

    try:
        # a key of no worth, because only the address is looked at
        address = Client(base_url=base_url, api_key="not-a-key").base_url
    except LeonardoError as error:
        yield Finding("Service", "address", Verdict.MEND, "cannot be used", str(error))
        return
    host = urlsplit(address).hostname or ""
    finding, date = _reached(address, host)
    yield finding
    if date is not None:
        yield clock_finding(date, datetime.now(UTC))
    if finding.verdict is Verdict.FINE and has_key:
        if key is not None and asks:
            yield _account(base_url, key)
        elif not asks:
            yield Finding(
                "Service",
                "account",
                Verdict.NOTE,
                "not asked",
                "--online sends the key to the service and shows whether it is known.",
            )


def _is_here(host: str) -> bool:
    return host in {"localhost", "127.0.0.1", "::1"} or host.endswith(".localhost")


class _Stays(HTTPRedirectHandler):
    """Follows no redirect: its answer says enough."""

    def redirect_request(self, *_: object) -> None:
        """Return no further request."""


def _reached(base_url: str, host: str) -> tuple[Finding, str | None]:
    """Return whether somebody answers at *base_url*, and the answer's `Date`; no key is sent."""
    handlers = [_Stays(), HTTPSHandler(context=_certificates())]
    if _is_here(host):
        handlers.append(ProxyHandler({}))
    request = Request(base_url, method="HEAD", headers={"User-Agent": "leonardo-nb"})  # noqa: S310  Client has checked it
    try:
        with build_opener(*handlers).open(request, timeout=REACH_SECONDS) as answer:
            headers: Message = answer.headers
    except HTTPError as error:  # any status is an answer
        headers = error.headers
        error.close()
    except (URLError, HTTPException, OSError) as error:
        reason = getattr(error, "reason", None) or error
        advice = (
            "The certificate is not trusted: is there a proxy that opens connections, or a clock "
            "that is wrong?"
            if isinstance(reason, ssl.SSLError)
            else "Check the network, a proxy's settings (HTTPS_PROXY) and LEONARDO_BASE_URL."
        )
        said = f"{host} does not answer ({reason})"
        return Finding("Service", "address", Verdict.MEND, said, advice), None
    return Finding("Service", "address", Verdict.FINE, f"{host} answers"), headers.get("Date")


def _certificates() -> ssl.SSLContext:
    """Return the trust that the client has: certifi's list, which httpx brings."""
    try:
        import certifi
    except ImportError:
        return ssl.create_default_context()
    return ssl.create_default_context(cafile=certifi.where())


def _account(base_url: str, key: Key) -> Finding:
    import anyio

    from leonardo_nb.service.client import Client

    async def ask() -> str:
        client = Client(base_url=base_url, api_key=key)
        try:
            account = await client.me()
        finally:
            await client.aclose()
        return f"the key is known; {account.slots} jobs at once"

    try:
        return Finding("Service", "account", Verdict.FINE, anyio.run(ask))
    except AuthenticationError as error:
        return Finding("Service", "account", Verdict.MEND, "the key is refused", str(error))
    except LeonardoError as error:
        return Finding("Service", "account", Verdict.LOOK, "could not be asked", str(error))


def clock_finding(date: str, now: datetime) -> Finding:
    """
    Return how far this machine's clock is from the service's.

    Args:
        date: The `Date` of its answer.
        now: This clock's.
    """
    try:
        theirs = parsedate_to_datetime(date)
    except ValueError:
        return Finding("Service", "clock", Verdict.NOTE, "the service says no time")
    theirs = theirs if theirs.tzinfo else theirs.replace(tzinfo=UTC)
    skew = (now - theirs).total_seconds()
    if abs(skew) < LARGE_SKEW:
        return Finding("Service", "clock", Verdict.FINE, "right within a minute")
    size = f"{abs(skew):.0f} s" if abs(skew) < HUGE_SKEW else f"{abs(skew) / 60:,.0f} min"
    return Finding(
        "Service",
        "clock",
        Verdict.LOOK if abs(skew) < HUGE_SKEW else Verdict.MEND,
        f"{size} {'fast' if skew > 0 else 'slow'}",
        "Set it, by the network if you can: a job whose answer was lost is searched for by its "
        "time, and limits are shared by it.",
    )


def _library(folder: Path, database: str) -> Iterator[Finding]:
    there = next(path for path in (folder, *folder.parents) if os.path.lexists(path))
    try:
        free = shutil.disk_usage(there).free
    except OSError as error:
        yield Finding("Library", "disk", Verdict.LOOK, f"cannot be asked ({error.strerror})")
    else:
        yield disk_finding(free)
    if database:
        yield from _files(folder, there)
        yield from _on_server(folder, database)
        return
    if os.path.lexists(folder / "library.sqlite"):
        yield from _opened(folder, folder)
        return
    yield Finding(
        "Library",
        "folder",
        Verdict.NOTE,
        f"no library in {folder} yet",
        "The first studio makes it; LEONARDO_LIBRARY names another.",
    )
    try:
        with tempfile.TemporaryDirectory(dir=there, prefix=".leonardo-nb-doctor-") as trial:
            yield from _opened(Path(trial), folder)
    except OSError as error:
        yield _unwritable(there, error)


def _unwritable(there: Path, error: OSError) -> Finding:
    return Finding(
        "Library",
        "writing",
        Verdict.MEND,
        f"{there} cannot be written ({error.strerror})",
        "Name a folder of your own with LEONARDO_LIBRARY.",
    )


def _files(folder: Path, there: Path) -> Iterator[Finding]:
    """Return whether pictures can be kept in *folder*, of which *there* exists."""
    try:
        with tempfile.TemporaryDirectory(dir=there, prefix=".leonardo-nb-doctor-"):
            pass
    except OSError as error:
        yield _unwritable(there, error)
    else:
        yield Finding("Library", "files", Verdict.FINE, f"in {folder}")


def _on_server(folder: Path, url: str) -> Iterator[Finding]:
    """Return whether the database at *url* can be used; no tables are made in an empty one."""
    from leonardo_nb.library.database import Database
    from leonardo_nb.library.ledger import Ledger

    try:
        database = Database(folder, url, migrates=False)
        try:
            is_new = database.is_new()
        finally:
            database.close()
        if is_new:
            yield Finding(
                "Library",
                "database",
                Verdict.NOTE,
                f"no library in {database.name} yet",
                "It can be reached; the first studio makes the tables.",
            )
            return
        ledger = Ledger(folder, url)
        try:
            count = ledger.count()
        finally:
            ledger.close()
    except LeonardoError as error:
        said = "the one of LEONARDO_DATABASE cannot be used"
        yield Finding("Library", "database", Verdict.MEND, said, str(error))
        return
    jobs = f"{count:,} job" if count == 1 else f"{count:,} jobs"
    yield Finding("Library", "database", Verdict.FINE, f"{jobs} in {database.name}")
    yield Finding("Library", "version", Verdict.FINE, "this leonardo_nb's")


def _opened(folder: Path, wanted: Path) -> Iterator[Finding]:
    """Return what opening the library in *folder* shows; one on trial stands for *wanted*."""
    from leonardo_nb.library.ledger import Ledger

    try:
        ledger = Ledger(folder)
        try:
            ledger.check()
            count = ledger.count()
            with (folder / "library.sqlite").open("rb") as file:
                head = file.read(20)
        finally:
            ledger.close()
    except LeonardoError as error:
        yield Finding("Library", "opens", Verdict.MEND, f"{wanted} cannot be used", str(error))
        return
    except OSError as error:
        yield Finding("Library", "opens", Verdict.MEND, f"{wanted} cannot be read ({error})")
        return
    if folder == wanted:
        jobs = f"{count:,} job" if count == 1 else f"{count:,} jobs"
        yield Finding("Library", "opens", Verdict.FINE, f"{jobs} in {wanted}")
        yield Finding("Library", "version", Verdict.FINE, "this leonardo_nb's")
    if head[18:20] == WAL_FORMAT:
        yield Finding("Library", "journal", Verdict.FINE, "write-ahead log, for several kernels")
    else:
        yield Finding(
            "Library",
            "journal",
            Verdict.LOOK,
            "no write-ahead log on this file system",
            "It works, and kernels wait for each other; a folder on a local disk is quicker.",
        )


def disk_finding(free_bytes: int) -> Finding:
    """Return whether *free_bytes* are enough for pictures."""
    found = f"{free_bytes / GIGABYTE:,.1f} GB free"
    if free_bytes >= LITTLE_SPACE:
        return Finding("Library", "disk", Verdict.FINE, found)
    return Finding(
        "Library",
        "disk",
        Verdict.LOOK if free_bytes >= NO_SPACE else Verdict.MEND,
        found,
        "Make room, or name a folder on another disk with LEONARDO_LIBRARY; what is paid for "
        "cannot be kept on a full one.",
    )


def part_finding(part: Part, found: str | None) -> Finding:
    """Return whether *found*, the installed version of *part*, will do; None is not installed."""
    if found is None:
        if part.extra:
            advice = f'pip install "leonardo_nb[{part.extra}]" brings it, where you run Jupyter.'
            return Finding("Jupyter", part.name, Verdict.NOTE, "not installed here", advice)
        if part.is_optional:
            return Finding("Jupyter", part.name, Verdict.NOTE, "not installed, and not needed")
        advice = "pip install --upgrade leonardo_nb brings it."
        return Finding("Jupyter", part.name, Verdict.MEND, "missing", advice)
    if _release(found) < _release(part.least):
        return Finding(
            "Jupyter",
            part.name,
            Verdict.LOOK,
            f"{found} is older than {part.least}",
            f'pip install --upgrade "{part.name}>={part.least}", and start Jupyter anew.',
        )
    newer = _release(found)[:1] > _release(part.tested)[:1]
    if newer:
        said = f"{found}; tested with {part.tested}"
        return Finding("Jupyter", part.name, Verdict.NOTE, said)
    return Finding("Jupyter", part.name, Verdict.FINE, found)


def pair_findings(versions: Mapping[str, str | None]) -> Iterator[Finding]:
    """
    Return what is known of packages that stand side by side.

    Args:
        versions: By name; None where it is not installed.
    """
    lab, notebook = (versions.get(name) for name in ("jupyterlab", "notebook"))
    if lab and notebook:
        # Notebook 7.x is made of JupyterLab 4.x and refuses any other
        wanted = _release(lab)[1:2]
        if _release(lab)[:1] == (4,) and _release(notebook)[:2] != (7, *wanted):
            yield Finding(
                "Jupyter",
                "a pair",
                Verdict.LOOK,
                f"notebook {notebook}, jupyterlab {lab}",
                "Notebook 7.x goes with JupyterLab 4.x of the same x: "
                "pip install --upgrade notebook jupyterlab",
            )
    kernel, nesting, nesting2 = (
        versions.get(name) for name in ("ipykernel", "nest_asyncio", "nest_asyncio2")
    )
    if nesting2:
        yield Finding("Jupyter", "nested loops", Verdict.FINE, f"nest_asyncio2 {nesting2}")
    elif nesting and kernel and _release(kernel) >= (7,):
        yield Finding(
            "Jupyter",
            "nested loops",
            Verdict.LOOK,
            f"nest_asyncio {nesting} loses clicks",
            "On ipykernel 7 leo.allow_nested_loops() needs nest_asyncio2: "
            "pip install nest-asyncio2",
        )
    elif nesting:
        yield Finding("Jupyter", "nested loops", Verdict.FINE, f"nest_asyncio {nesting}")
    else:
        yield Finding(
            "Jupyter",
            "nested loops",
            Verdict.NOTE,
            "nest_asyncio is not installed",
            "Only leo.allow_nested_loops() needs it; `await job` works without.",
        )
    if versions.get("nbclient"):
        yield Finding(
            "Jupyter",
            "saved widgets",
            Verdict.NOTE,
            "nbclient stores widget state",
            "GitHub does not show such notebooks: run them with store_widget_state=False. Cards "
            "end as pictures and need none.",
        )


def _pillow() -> Finding:
    import PIL
    from PIL import features

    if features.check("avif"):
        return Finding("Jupyter", "pillow", Verdict.FINE, f"{PIL.__version__}, with AVIF")
    return Finding(
        "Jupyter",
        "pillow",
        Verdict.LOOK,
        f"{PIL.__version__}, without AVIF",
        "The simulator cannot make films; pip install --upgrade pillow brings it on most machines.",
    )


def _version(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None


def _release(text: str) -> tuple[int, ...]:
    """Return the numbers that a version begins with: (8, 1) for "8.1rc2"."""
    numbers = []
    for part in text.split("."):
        digits = part[: len(part) - len(part.lstrip("0123456789"))]
        if not digits:
            break
        numbers.append(int(digits))
        if digits != part:
            break
    return tuple(numbers)


# Shapes differ, not colours alone; the colours are the terminal's own, so they suit dark and light.
MARKS: Final[Mapping[Verdict, tuple[str, str]]] = {
    Verdict.FINE: ("●", "green"),
    Verdict.NOTE: ("○", "dim"),
    Verdict.LOOK: ("▲", "yellow"),
    Verdict.MEND: ("■", "red"),
}


def shown(findings: tuple[Finding, ...]) -> RenderableType:
    """Return *findings* for a terminal: what was found, and below it what to do."""
    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_column(no_wrap=True)
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    group = ""
    for finding in findings:
        if finding.group != group:
            table.add_row("", "", "")
            table.add_row("", Text(finding.group, "bold"), "")
            group = finding.group
        sign, colour = MARKS[finding.verdict]
        quiet = "dim" if finding.verdict is Verdict.NOTE else ""
        table.add_row(
            Text.assemble("  ", (sign, colour)),
            Text(finding.what, "dim"),
            Text(plain(finding.found).plain, quiet),
        )
        if finding.advice:
            advice = Table.grid(padding=(0, 1, 0, 0))
            advice.add_row(Text("→", quiet), Text(plain(finding.advice).plain, quiet))
            table.add_row("", "", advice)
    return Group(table, Text(), _summary(findings))


def _summary(findings: tuple[Finding, ...]) -> Text:
    mend, look = (
        sum(finding.verdict is verdict for finding in findings)
        for verdict in (Verdict.MEND, Verdict.LOOK)
    )
    if mend:
        things = "1 thing" if mend == 1 else f"{mend} things"
        line = Text.assemble("  ", MARKS[Verdict.MEND], f" {things} to mend")
    elif look:
        line = Text.assemble("  ", MARKS[Verdict.FINE], " It works")
    else:
        return Text.assemble("  ", MARKS[Verdict.FINE], " All is well.")
    things = "1 thing" if look == 1 else f"{look} things"
    return line.append(f"; {things} to look at." if look else ".")
