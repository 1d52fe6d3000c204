"""Real kernels: notebooks run from end to end, and a kernel spoken to message by message."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass, field
from pathlib import Path
from queue import Empty
from typing import TYPE_CHECKING, Any

import nbclient
import nbformat
import pytest
from jupyter_client.manager import KernelManager
from jupyter_client.provisioning.local_provisioner import LocalProvisioner

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from jupyter_client.blocking.client import BlockingKernelClient

    Message = dict[str, Any]

PATIENCE = 30.0
"""Seconds before a kernel that says nothing fails its test."""
EXIT_SECONDS = 5
"""A kernel that takes longer to end would be killed by its server."""

HELD = (Path(__file__).parent / "held.py").read_text(encoding="utf-8")
"""A studio whose jobs are drawn only once `let_go()` is called."""


@dataclass(slots=True)
class Ran:
    """
    What one cell did.

    Attributes:
        reply: The content of the shell's reply.
        heard: Everything published until the kernel was idle again, as (type, content).
    """

    reply: Message
    heard: list[Message] = field(default_factory=list)

    @property
    def text(self) -> str:
        """What the cell printed, and the plain text of its result."""
        printed = [m["content"]["text"] for m in self.heard if m["msg_type"] == "stream"]
        results = [
            m["content"]["data"]["text/plain"]
            for m in self.heard
            if m["msg_type"] == "execute_result"
        ]
        return "".join([*printed, *results]).strip()

    @property
    def error(self) -> str:
        """What was raised, as `Name: words`, or nothing."""
        return f"{self.reply['ename']}: {self.reply['evalue']}" if "ename" in self.reply else ""


class Kernel:
    """One kernel, spoken to as a page does."""

    def __init__(self, manager: KernelManager, client: BlockingKernelClient) -> None:
        self.manager = manager
        self.client = client
        self.heard: list[Message] = []

    def send(self, code: str) -> str:
        """Ask for *code* to be run, and return the message's id at once."""
        return str(self.client.execute(code, store_history=True))

    def until(self, holds: Callable[[Message], bool]) -> Message:
        """Listen until a published message is such that *holds*; earlier ones count."""
        for message in self.heard:
            if holds(message):
                return message
        ends = time.monotonic() + PATIENCE
        while time.monotonic() < ends:
            try:
                message = self.client.get_iopub_msg(timeout=1)
            except Empty:
                continue
            self.heard.append(message)
            if holds(message):
                return message
        raise AssertionError(f"waited {PATIENCE:.0f} s in vain; heard {self.types}")

    @property
    def types(self) -> list[str]:
        """The types of all messages so far."""
        return [message["msg_type"] for message in self.heard]

    def until_said(self, words: str) -> None:
        """Listen until a cell has printed *words*."""
        self.until(lambda m: m["msg_type"] == "stream" and words in m["content"]["text"])

    def reply(self, sent: str) -> Ran:
        """Return what the cell did whose message is *sent*, once it has ended."""
        self.until(
            lambda m: (
                m["msg_type"] == "status"
                and m["content"]["execution_state"] == "idle"
                and m["parent_header"].get("msg_id") == sent
            )
        )
        mine = [m for m in self.heard if m["parent_header"].get("msg_id") == sent]
        while True:
            answer = self.client.get_shell_msg(timeout=PATIENCE)
            if answer["parent_header"].get("msg_id") == sent:
                return Ran(answer["content"], mine)

    def run(self, code: str) -> Ran:
        """Run *code* as a cell; what it raises fails the test."""
        ran = self.reply(self.send(code))
        assert "" == ran.error
        return ran

    def exit(self) -> int:
        """Ask the kernel to end, and return its exit code if it does so within a few seconds."""
        provisioner = self.manager.provisioner
        assert isinstance(provisioner, LocalProvisioner)
        assert provisioner.process is not None
        self.client.shutdown()
        return int(provisioner.process.wait(timeout=EXIT_SECONDS))

    def card(self, noun: str = "view") -> str:
        """Return the comm of the first card, once there is one; `deck` asks for a sweep's."""
        return str(self.until(lambda m: is_model(m, noun))["content"]["comm_id"])

    def click(self, comm: str, **content: object) -> None:
        """Send what the page sends for a click on the card *comm*."""
        self.client.shell_channel.send(
            self.client.session.msg(
                "comm_msg",
                {"comm_id": comm, "data": {"method": "custom", "content": content}},
            )
        )

    def models(self, noun: str = "view") -> int:
        """How many cards, or grids, have been opened on the page."""
        return sum(is_model(message, noun) for message in self.heard)


def is_model(message: Message, noun: str) -> bool:
    """Whether *message* opens a widget of ours with a trait called *noun*."""
    return message["msg_type"] == "comm_open" and noun in message["content"]["data"].get(
        "state", {}
    )


def code_cell(source: str, name: str) -> dict[str, Any]:
    """Return a cell that was never run."""
    return {
        "cell_type": "code",
        "id": name,
        "metadata": {},
        "source": source,
        "outputs": [],
        "execution_count": None,
    }


@pytest.fixture
def environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """What a kernel is started with: a fast simulator, and nothing of the user's own."""
    for name in ("JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR", "IPYTHONDIR"):
        folder = tmp_path / name.lower()
        folder.mkdir()
        monkeypatch.setenv(name, str(folder))
    monkeypatch.setenv("LEONARDO_SIMULATOR_SPEED", "20")
    return dict(os.environ)


@pytest.fixture
def kernel(environment: dict[str, str], tmp_path: Path) -> Iterator[Kernel]:
    """A kernel of its own, which is killed afterwards if it still lives."""
    manager = KernelManager(kernel_name="python3")
    manager.start_kernel(env=environment, cwd=str(tmp_path))
    client = manager.blocking_client()
    client.start_channels()
    try:
        client.wait_for_ready(timeout=PATIENCE)
        yield Kernel(manager, client)
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)
        manager.context.destroy()


@pytest.fixture
def execute(environment: dict[str, str], tmp_path: Path) -> Callable[..., list[list[Message]]]:
    """Return what runs cells as nbconvert and papermill do, and gives each one's outputs."""

    def run(*cells: str) -> list[list[Message]]:
        notebook = nbformat.from_dict(  # type: ignore[no-untyped-call]
            {
                "nbformat": 4,
                "nbformat_minor": 5,
                "metadata": {},
                "cells": [code_cell(source, f"cell-{i}") for i, source in enumerate(cells)],
            }
        )
        nbclient.NotebookClient(
            notebook,
            timeout=PATIENCE,
            kernel_name="python3",
            resources={"metadata": {"path": str(tmp_path)}},
        ).execute(env=environment)
        return [cell["outputs"] for cell in notebook.cells]

    return run


@pytest.fixture
def held(kernel: Kernel) -> Kernel:
    """A kernel whose simulator stands still, so that jobs are under way until `let_go()`."""
    kernel.run(HELD)
    return kernel
