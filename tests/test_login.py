"""Giving a key without writing it down."""

from __future__ import annotations

import json
import logging
import os
import pty
import select
import subprocess
import sys
import threading
import time
from typing import TYPE_CHECKING, Any

import pytest

import leonardo_nb as leo
from leonardo_nb import default_studio, environment, logins
from leonardo_nb.service import keychain
from leonardo_nb.service.keychain import Keychain
from leonardo_nb.service.keys import Key
from leonardo_nb.simulator import Simulator, serve_in_thread
from leonardo_nb.widgets.seal import PRIME, Seal

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from leonardo_nb.widgets.login import KeyField

KEY = "0f0e0d0c-1111-4222-8333-444444444444"
UNKNOWN = "00000000-0000-0000-0000-000000000000"
"""The one key that the simulator does not know."""
LIVE = "https://cloud.leonardo.ai/api/rest/v1"


@pytest.fixture(autouse=True)
def nobody_is_logged_in(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """No key, no address, and no default studio from another test."""
    for name in ("LEONARDO_API_KEY", "LEONARDO_BASE_URL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(default_studio, "_default", None)
    monkeypatch.setattr(default_studio, "_wishes", default_studio._Wishes())
    monkeypatch.setattr(keychain, "_memory", {})
    yield
    if default_studio._default is not None:
        default_studio._default.close()


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    """A service on a port of this machine."""
    with serve_in_thread(Simulator(speed=1000)) as url:
        yield url


@pytest.fixture
def ring(monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[tuple[str, str], str]]:
    """A keyring of this test's own, as the package keyring has it."""
    import keyring
    import keyring.backend

    kept: dict[tuple[str, str], str] = {}

    class Ring(keyring.backend.KeyringBackend):
        priority = 1.0

        def set_password(self, service: str, username: str, password: str) -> None:
            kept[service, username] = password

        def get_password(self, service: str, username: str) -> str | None:
            return kept.get((service, username))

        def delete_password(self, service: str, username: str) -> None:
            del kept[service, username]

    before = keyring.get_keyring()
    keyring.set_keyring(Ring())  # type: ignore[no-untyped-call]
    yield kept
    keyring.set_keyring(before)


def sealed(view: dict[str, Any], text: str) -> dict[str, Any]:
    """Return the message that a page makes of *text*."""
    own = 987654321
    common = pow(int(view["public"], 16), own, PRIME).to_bytes(256, "big")
    data = text.encode()
    mixed = bytes(a ^ b for a, b in zip(data, common[256 - len(data) :], strict=True))
    return {"kind": "key", "public": f"{pow(2, own, PRIME):x}", "sealed": mixed.hex()}


def field_of(address: str, *, keep: logins.Keep = "memory") -> KeyField:
    """Return the field that `leo.login()` shows in a notebook."""
    return logins.key_field(address, keep=keep)


def hear(field: KeyField, message: dict[str, Any]) -> dict[str, Any]:
    """Let *field* hear *message*, and return what it says in the end."""
    answered = threading.Event()

    def look(change: Any) -> None:
        if not change.new.get("busy"):
            answered.set()

    field.observe(look, "view")
    field._heard(field, message, [])
    assert answered.wait(10)
    return dict(field.view)


def type_in(field: KeyField, text: str) -> dict[str, Any]:
    """Type *text* and log in, and return what the field says in the end."""
    return hear(field, sealed(field.view, text))


# -- the field


def test_a_key_that_the_service_knows(address: str) -> None:
    """The default studio is made anew on that service, and shows no key."""
    said = type_in(field_of(address), KEY)

    assert "Logged in to 127.0.0.1; the key is kept until this process ends." == said["line"]
    assert (address, False) == (leo.studio().base_url, leo.studio().simulated)
    assert KEY not in repr(leo.studio()) + repr(vars(leo.studio()))
    assert leo.me().slots


def test_a_key_that_the_service_does_not_know(address: str) -> None:
    """It is kept nowhere, and the field can be used again."""
    field = field_of(address)
    first = field.view["public"]
    said = type_in(field, UNKNOWN)

    assert "The service does not know this key; it was not kept." in said["error"]
    assert first != said["public"]
    assert leo.studio().simulated
    assert "Logged in" in type_in(field, KEY)["line"]


def test_a_key_with_a_slip_in_it(address: str) -> None:
    """It is refused here, without being repeated."""
    said = type_in(field_of(address), f"{KEY[:8]} {KEY[8:]}")

    assert "api_key is empty or has characters that no key has; copy it again." == said["error"]


@pytest.mark.parametrize(
    "message",
    [
        {"kind": "key"},
        {"kind": "key", "public": "1", "sealed": "00"},
        {"kind": "key", "public": "zz", "sealed": "00"},
        {"kind": "key", "public": "2", "sealed": "0"},
        {"kind": "key", "public": "2", "sealed": "00" * 201},
        {"kind": "key", "public": "2", "sealed": "ff" * 36},
    ],
)
def test_a_message_that_no_page_sends(address: str, message: dict[str, Any]) -> None:
    """It is no key, and nothing is asked of anybody."""
    assert (
        "api_key is empty or has characters that no key has; copy it again."
        == (hear(field_of(address), message)["error"])
    )


def test_a_message_of_another_kind(address: str) -> None:
    """It is not listened to, and the field can be used as before."""
    field = field_of(address)
    before = dict(field.view)
    field._heard(field, {"kind": "look"}, [])

    assert before == field.view


def test_no_state_and_no_message_has_the_key(address: str) -> None:
    """What the page sends is sealed, and what it is sent has nothing of it."""
    field = field_of(address)
    message = sealed(field.view, KEY)
    type_in(field, KEY)

    assert KEY not in json.dumps(message)
    assert KEY not in repr(field) + repr(field.get_state()) + repr(vars(field))


def test_a_seal_is_good_for_one(address: str) -> None:
    """A message that is sent again opens nothing."""
    field = field_of(address)
    message = sealed(field.view, UNKNOWN)
    type_in(field, UNKNOWN)

    assert "api_key is empty" in hear(field, message)["error"]


def test_a_seal_says_nothing_of_its_number() -> None:
    """Two seals have nothing in common."""
    assert Seal().public != Seal().public
    assert "<Seal>" == repr(Seal())


def limit_of(studio: leo.Studio) -> leo.Cost | None:
    """Return the studio's budget."""
    wall = studio._runner.purse.wall
    return None if wall is None else wall.limit


def test_a_login_keeps_what_was_asked_for(address: str, tmp_path: Path) -> None:
    """Library and budget of the default studio stay; a budget that went would be spent."""
    leo.connect(library=tmp_path / "mine", budget=leo.Credits(7)).close()
    type_in(field_of(address), KEY)
    studio = leo.studio()

    assert (tmp_path / "mine", leo.Credits(7)) == (studio.folder, limit_of(studio))


# -- where a key is looked for


def test_the_order(address: str, ring: dict[Any, str], monkeypatch: pytest.MonkeyPatch) -> None:
    """Login in this process, then the environment, then the keyring."""
    chain = environment.keychain()
    chain.keep(address, Key("in-keyring"), in_keyring=True)
    keychain._memory.clear()
    found = [chain.key(address)]
    monkeypatch.setenv("LEONARDO_API_KEY", "in-environment")
    found.append(chain.key(address))
    chain.keep(address, Key("in-memory"), in_keyring=False)
    found.append(chain.key(address))

    assert ["in-keyring", "in-environment", "in-memory"] == [key.reveal() for key in found if key]


def test_a_key_in_the_keyring_is_there_the_next_day(address: str, ring: dict[Any, str]) -> None:
    """Another process finds it without being told; the library's folder says only that it is."""
    type_in(field_of(address, keep="keyring"), KEY)
    leo.studio().close()
    keychain._memory.clear()
    studio = leo.connect(base_url=address)
    mark = (studio.folder / "keyring.json").read_text(encoding="utf-8")

    assert {("leonardo_nb", address): KEY} == ring
    assert (False, [address]) == (studio.simulated, json.loads(mark))


def test_a_kept_key_goes_to_no_other_service(address: str, ring: dict[Any, str]) -> None:
    """A key is for the address that it was given for."""
    type_in(field_of(address, keep="keyring"), KEY)

    assert leo.connect().simulated
    with pytest.raises(leo.InvalidRequest):
        leo.connect(base_url="https://other.example.org/api/rest/v1")


def test_nothing_asks_the_keyring_before_login(monkeypatch: pytest.MonkeyPatch) -> None:
    """It may open a window; a demo must not."""

    def asked() -> Any:
        pytest.fail("the keyring was asked")

    monkeypatch.setattr(keychain, "_keyring", asked)

    assert leo.connect().simulated


def test_the_simulator_needs_no_keyring(address: str, ring: dict[Any, str]) -> None:
    """Asked for by name it is taken, whatever is kept."""
    environment.keychain().keep(LIVE, Key(KEY), in_keyring=True)

    assert leo.connect(simulator=True).simulated
    assert not leo.connect().simulated


def test_a_keyring_that_is_locked(address: str, ring: dict[Any, str]) -> None:
    """One sentence; the backend's own words, which may have the key, are left out."""
    import keyring
    import keyring.backends.fail

    keyring.set_keyring(keyring.backends.fail.Keyring())  # type: ignore[no-untyped-call]
    said = type_in(field_of(address, keep="keyring"), KEY)

    assert (
        "The system's keyring does not take the key (NoKeyringError). On a server there is often "
        'none that is open; use keep="memory", or set LEONARDO_API_KEY.'
    ) == said["error"]
    assert {} == keychain._memory


def test_a_keyring_that_forgets(address: str, ring: dict[Any, str]) -> None:
    """One backend takes everything and keeps nothing; it is found out at once."""
    import keyring
    import keyring.backends.null

    keyring.set_keyring(keyring.backends.null.Keyring())  # type: ignore[no-untyped-call]
    said = type_in(field_of(address, keep="keyring"), KEY)

    assert said["error"].startswith("The system's keyring does not keep the key.")


def test_no_package_keyring(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is an extra; the sentence says how to have it."""
    monkeypatch.setitem(sys.modules, "keyring", None)
    said = type_in(field_of(address, keep="keyring"), KEY)

    assert (
        "Keeping a key needs the package keyring: pip install 'leonardo_nb[keyring]'; or use "
        'keep="memory", or LEONARDO_API_KEY.'
    ) == said["error"]


def test_a_mark_that_cannot_be_read(library_folder: Path) -> None:
    """The folder remembers nothing then, and nothing fails."""
    library_folder.mkdir(parents=True)
    for text in ("", "{}", "[1", "null"):
        (library_folder / "keyring.json").write_text(text, encoding="utf-8")

        assert [] == Keychain(library_folder).kept()


def test_a_mark_that_cannot_be_written(ring: dict[Any, str], tmp_path: Path) -> None:
    """A file stands where the folder should be; the error says what else there is."""
    (tmp_path / "file").touch()

    with pytest.raises(leo.LibraryError, match='would not be found again; use keep="memory"'):
        Keychain(tmp_path / "file" / "in").keep("https://a", Key("a-key"), in_keyring=True)


# -- and out again


def test_logging_out(address: str, ring: dict[Any, str]) -> None:
    """The key is gone everywhere, and the next studio is the simulator."""
    type_in(field_of(address, keep="keyring"), KEY)
    said = leo.logout()

    assert ("Logged out; the key is forgotten.", {}, {}) == (said, ring, keychain._memory)
    assert leo.studio().simulated


def test_logging_out_of_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the environment has is not login's to forget, and that is said."""
    monkeypatch.setenv("LEONARDO_API_KEY", KEY)

    assert (
        "Nobody was logged in. LEONARDO_API_KEY is still set, so leo.connect() goes on using that "
        "key."
    ) == leo.logout()


# -- where there is no notebook


def test_nobody_can_be_asked() -> None:
    """A script without a terminal is told what to do instead."""
    run = subprocess.run(
        [sys.executable, "-c", "import leonardo_nb as leo; leo.login()"],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )

    assert (
        "There is nobody here who could type a key; set LEONARDO_API_KEY, or give "
        "leo.connect(api_key=...)."
    ) in run.stderr


def test_in_a_terminal_nothing_is_shown(address: str) -> None:
    """The key is typed unseen; what happened is said, and the key is not."""
    code = f"import leonardo_nb as leo; print(repr(leo.login(base_url={address!r})), leo.studio())"
    own, theirs = pty.openpty()
    with subprocess.Popen(
        [sys.executable, "-c", code],
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        start_new_session=True,
    ):
        os.close(theirs)
        shown, ends, typed = "", time.monotonic() + 15, False
        while time.monotonic() < ends and select.select([own], [], [], 5)[0]:
            try:
                piece = os.read(own, 4096).decode()
            except OSError:  # the other end is closed
                break
            shown += piece
            if not typed and "API key for 127.0.0.1: " in shown:
                os.write(own, f"{KEY}\n".encode())
                typed = True
    os.close(own)

    assert "Logged in to 127.0.0.1; the key is kept until this process ends. <Studio on" in shown
    assert KEY not in shown


@pytest.mark.parametrize(
    ("given", "member"),
    [({"keep": "disk"}, "keep"), ({"base_url": "http://leonardo.example.org"}, "base_url")],
)
def test_what_cannot_be_asked_for(given: dict[str, Any], member: str) -> None:
    """It is refused before anybody types a key."""
    with pytest.raises(leo.InvalidRequest) as caught:
        leo.login(**given)

    assert member == caught.value.member


def test_a_service_that_does_not_answer(caplog: pytest.LogCaptureFixture) -> None:
    """The key is kept, and it is said that nobody has checked it."""
    with caplog.at_level(logging.DEBUG):
        said = type_in(field_of("http://127.0.0.1:9/api/rest/v1"), KEY)

    assert said["line"].endswith(
        "It could not be checked, because the service did not answer as it should."
    )
    assert KEY not in caplog.text
