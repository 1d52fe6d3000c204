"""A key typed in a real JupyterLab is written down nowhere."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import DARK, mime_types

if TYPE_CHECKING:
    from playwright.sync_api import WebSocket

    from tests.browser.conftest import Opener

pytestmark = [pytest.mark.browser, pytest.mark.timeout(120)]

KEY = "0f0e0d0c-1111-4222-8333-4444deadbeef"
UNKNOWN = "00000000-0000-0000-0000-000000000000"
SERVICE = """\
import logging
import leonardo_nb as leo
from leonardo_nb.simulator import Simulator, serve_in_thread

logging.basicConfig(filename="kernel.log", level=logging.DEBUG)
get_ipython().kernel.log.setLevel(logging.DEBUG)
serving = serve_in_thread(Simulator(speed=20))
address = serving.__enter__()
"""
LOG_IN = "leo.login(base_url=address)"
WRITTEN = """\
import json
import ipywidgets

get_ipython().history_manager.writeout_cache()
state = json.dumps(ipywidgets.Widget.get_manager_state(drop_defaults=False))
held = repr([In, Out, _ih, _oh, _, __, ___, get_ipython().kernel.get_parent("shell")]) + state
held += repr({name: value for name, value in globals().items() if name != "held"})
half = "".join(["4444", "dead", "beef"])
print("simulated:", leo.studio().simulated, "the key is found:", held.count(half))
"""


def test_a_key_is_in_no_file_and_no_message(notebook: Opener) -> None:
    """
    The field takes a key, says so, and is gone; the key is found nowhere.

    Looked through are the notebook, the history, Lab's and the kernel's logs at level DEBUG, what
    the kernel holds, the widgets' states, and every message between page and server.
    """
    page = notebook(SERVICE, LOG_IN, WRITTEN)
    frames: list[str | bytes] = []

    def listen(socket: WebSocket) -> None:
        socket.on("framesent", lambda frame: frames.append(frame))  # noqa: PLW0108  no built-in
        socket.on("framereceived", lambda frame: frames.append(frame))  # noqa: PLW0108  as above

    page.page.on("websocket", listen)
    page.reload()  # so that the socket is one that is listened to
    page.run(0)
    page.run(1)
    output = page.output(1)
    field = output.locator("input[type=password]")
    expect(output.locator("label")).to_have_text("API key for 127.0.0.1")

    field.fill(UNKNOWN)
    field.press("Enter")
    expect(output.locator(".leo-error")).to_contain_text("The service does not know this key")
    expect(field).to_have_value("")
    expect(field).to_be_focused()

    field.fill(KEY)
    output.get_by_role("button", name="Log in").click()
    expect(output).to_have_text("Logged in to 127.0.0.1; the key is kept until this process ends.")
    page.run(2)
    expect(page.output(2)).to_contain_text("simulated: False the key is found: 0")
    cells = page.save()

    assert [["text/plain"]] == mime_types(cells[1:2])
    assert any(b"sealed" in _bytes(frame) for frame in frames)
    assert [] == [frame for frame in frames if KEY.encode() in _bytes(frame)]
    written = {
        str(file): file.read_bytes()
        for file in page.lab.root.parent.rglob("*")
        if file.is_file() and not file.is_symlink()
    }
    assert b"sealed" in written[str(page.lab.root / "kernel.log")]
    assert [] == [name for name, data in written.items() if KEY.encode() in data]
    assert [] == page.problems


def _bytes(frame: str | bytes) -> bytes:
    return frame.encode() if isinstance(frame, str) else frame


@pytest.mark.parametrize("theme", ["JupyterLab Light", DARK])
def test_the_field_is_readable(notebook: Opener, theme: str) -> None:
    """Words and border stand out from the page in both themes."""
    page = notebook(SERVICE, LOG_IN)
    page.run(0)
    page.theme(theme)
    page.run(1)
    field = page.output(1).locator("input[type=password]")
    field.fill(UNKNOWN)
    field.press("Enter")
    expect(page.output(1).locator(".leo-error")).to_be_visible()
    field.fill("12345")
    colour = field.evaluate("node => getComputedStyle(node).color")
    ground = page.page.locator(".jp-Notebook").evaluate(
        "node => getComputedStyle(node).backgroundColor"
    )

    assert "password" == field.get_attribute("type")
    assert colour != ground
