"""A real JupyterLab with nothing of the user's own, and a browser that opens notebooks in it."""

from __future__ import annotations

import json
import os
import re
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import expect, sync_playwright

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator, Mapping, Sequence

    from playwright.sync_api import Browser, BrowserContext, Locator, Page, ViewportSize

HELD = (Path(__file__).parent.parent / "kernel" / "held.py").read_text(encoding="utf-8")
"""A studio whose jobs are drawn only once `let_go()` is called."""

SECONDS_TO_START = 60
PATIENCE_MS = 20_000
"""Milliseconds before a condition on the page fails its test."""
WIDE: ViewportSize = {"width": 1000, "height": 900}
DARK = "JupyterLab Dark"

CHROMIUM_ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
)

LAB_SETTINGS = {
    "apputils-extension/notification": {"fetchNews": "false", "checkForUpdates": False},
    "completer-extension/manager": {"autoCompletion": False},
}
"""No news, no question about news, and nothing that pops up over what is looked at."""

KERNEL_IS_READY = """() => {
  const context = window.jupyterapp?.shell?.currentWidget?.sessionContext;
  const kernel = context?.session?.kernel;
  return context?.isReady && kernel?.connectionStatus === "connected" && kernel.status === "idle";
}"""
"""The indicator on the page says idle before there is a kernel, and what is run then is lost."""

WIDGET_TYPE = "application/vnd.jupyter.widget-view+json"
RAN = re.compile(r"\[\d+\]:")


class Lab:
    """
    One JupyterLab on a free port of this machine.

    Attributes:
        root: The folder that it shows.
        url: Where it is, without a slash at the end.
    """

    def __init__(self, home: Path, *, variables: Mapping[str, str] | None = None) -> None:
        self.root = home / "notebooks"
        self.root.mkdir(parents=True)
        self.log = home / "lab.log"
        self._environment = {**os.environ, **self._own_folders(home), **(variables or {})}
        self._environment.pop("LEONARDO_API_KEY", None)
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        self.url = f"http://127.0.0.1:{port}"
        self._command = [
            *(sys.executable, "-m", "jupyterlab", "--no-browser", "--expose-app-in-browser"),
            *("--ServerApp.ip=127.0.0.1", f"--ServerApp.port={port}", "--ServerApp.port_retries=0"),
            *("--IdentityProvider.token=", "--ServerApp.password="),
            *("--ServerApp.allow_root=True", "--ServerApp.disable_check_xsrf=True"),
            f"--ServerApp.root_dir={self.root}",
        ]

    @staticmethod
    def _own_folders(home: Path) -> dict[str, str]:
        names = ("CONFIG_DIR", "DATA_DIR", "RUNTIME_DIR")
        own = {f"JUPYTER_{name}": str(home / name.lower()) for name in names}
        for name, settings in LAB_SETTINGS.items():
            file = home / "settings" / "@jupyterlab" / f"{name}.jupyterlab-settings"
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(json.dumps(settings), encoding="utf-8")
        return own | {
            "JUPYTERLAB_SETTINGS_DIR": str(home / "settings"),
            "JUPYTERLAB_WORKSPACES_DIR": str(home / "workspaces"),
            "IPYTHONDIR": str(home / "ipython"),
            "LEONARDO_LIBRARY": str(home / "library"),
            "LEONARDO_SIMULATOR_SPEED": "20",
        }

    @contextmanager
    def running(self) -> Iterator[Lab]:
        """Start it, and end it and its kernels afterwards."""
        with self.log.open("wb") as log:
            process = subprocess.Popen(
                self._command, env=self._environment, stdout=log, stderr=subprocess.STDOUT
            )
            try:
                self._until_it_answers(process)
                yield self
            finally:
                self.shut_kernels_down()
                process.terminate()
                process.wait(SECONDS_TO_START)

    def _until_it_answers(self, process: subprocess.Popen[bytes]) -> None:
        ends = time.monotonic() + SECONDS_TO_START
        while time.monotonic() < ends and process.poll() is None:
            with suppress(urllib.error.URLError, ConnectionError):
                self.ask("GET", "/api/status")
                return
            time.sleep(0.1)
        raise AssertionError(f"JupyterLab did not start:\n{self.log.read_text('utf-8')}")

    def ask(self, method: str, path: str) -> Any:
        """Return what the server's API answers."""
        request = urllib.request.Request(f"{self.url}{path}", method=method)  # noqa: S310  loopback
        with urllib.request.urlopen(request, timeout=SECONDS_TO_START) as answer:  # noqa: S310
            return json.loads(answer.read() or b"null")

    def shut_kernels_down(self) -> None:
        """End every kernel, so that the next notebook has the machine to itself."""
        with suppress(urllib.error.URLError, ConnectionError):
            for kernel in self.ask("GET", "/api/kernels"):
                self.ask("DELETE", f"/api/kernels/{kernel['id']}")

    def write(self, name: str, cells: Sequence[str]) -> Path:
        """Write a notebook that was never run, and return its file."""
        notebook = {
            "nbformat": 4,
            "nbformat_minor": 5,
            "metadata": {"kernelspec": {"name": "python3", "display_name": "Python 3"}},
            "cells": [
                {
                    "cell_type": "code",
                    "id": f"cell-{i}",
                    "metadata": {},
                    "source": source,
                    "outputs": [],
                    "execution_count": None,
                }
                for i, source in enumerate(cells)
            ],
        }
        file = self.root / name
        file.write_text(json.dumps(notebook), encoding="utf-8")
        return file


class OpenNotebook:
    """One notebook on the page, used as a person does."""

    def __init__(self, page: Page, lab: Lab, file: Path) -> None:
        self.page = page
        self.lab = lab
        self.file = file
        self.problems: list[str] = []
        page.on("pageerror", lambda error: self.problems.append(str(error)))

    def open(self) -> None:
        """Open its page, and wait until its kernel is ready."""
        name = self.file.stem
        self.page.goto(f"{self.lab.url}/doc/workspaces/{name}/tree/{self.file.name}")
        self.until_idle()

    def until_idle(self) -> None:
        """Wait until the kernel is ready for the next cell."""
        self.page.wait_for_function(KERNEL_IS_READY)

    def cell(self, number: int) -> Locator:
        """Return a cell, from 0."""
        return self.page.locator(".jp-Notebook-cell").nth(number)

    def output(self, number: int) -> Locator:
        """Return what a cell shows."""
        return self.cell(number).locator(".jp-Cell-outputArea")

    def card(self, number: int) -> Locator:
        """Return the card, or cards, that a cell shows."""
        return self.output(number).locator(".leo-card")

    def start(self, number: int) -> None:
        """Run a cell, and go on while it runs."""
        self.cell(number).locator(".cm-content").click()
        self.page.keyboard.press("Control+Enter")

    def run(self, number: int) -> None:
        """Run a cell, and wait until it has ended."""
        self.start(number)
        self.until_ran(number)

    def until_ran(self, number: int) -> None:
        """Wait until a cell has ended."""
        expect(self.cell(number).locator(".jp-InputPrompt")).to_have_text(RAN)

    def is_running(self, number: int) -> bool:
        """Whether a cell is at work."""
        return self.cell(number).locator(".jp-InputPrompt").text_content() == "[*]:"

    def save(self) -> list[dict[str, Any]]:
        """Save it, and return the code cells that are in the file then."""
        self.page.evaluate("window.jupyterapp.commands.execute('docmanager:save')")
        cells = json.loads(self.file.read_text(encoding="utf-8"))["cells"]
        return [cell for cell in cells if cell["cell_type"] == "code"]

    def restart_kernel(self) -> None:
        """Restart the kernel, as its button does."""
        self.page.evaluate("void window.jupyterapp.commands.execute('notebook:restart-kernel')")
        self.page.get_by_role("button", name="Confirm Kernel Restart").click()
        self.until_idle()

    def reload(self) -> None:
        """Reload the page."""
        self.page.reload()
        self.until_idle()

    def theme(self, name: str) -> None:
        """Change Lab's theme."""
        self.page.evaluate(
            "theme => window.jupyterapp.commands.execute('apputils:change-theme', {theme})", name
        )
        light = str("Dark" not in name).lower()
        expect(self.page.locator("body")).to_have_attribute("data-jp-theme-light", light)

    def close(self) -> None:
        """Close the page, and end its kernel."""
        self.page.close(run_before_unload=False)
        self.lab.shut_kernels_down()


def mime_types(cells: Sequence[Mapping[str, Any]]) -> list[list[str]]:
    """Return the types of all that *cells* show, output by output."""
    return [sorted(out["data"]) for cell in cells for out in cell["outputs"] if "data" in out]


@contextmanager
def browser_at(path: str) -> Iterator[Browser]:
    """Start the browser at *path*, and end it afterwards."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=[*CHROMIUM_ARGUMENTS])
        try:
            yield browser
        finally:
            browser.close()


@pytest.fixture(scope="session")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """One JupyterLab for all tests."""
    pytest.importorskip("jupyterlab")
    with Lab(tmp_path_factory.mktemp("lab")).running() as running:
        yield running


# not for the whole session: Playwright's loop would be in the way of other tests' own
@pytest.fixture(scope="module")
def context(chromium: str) -> Iterator[BrowserContext]:
    """One browser for a module's tests, so that Lab's files are fetched once."""
    expect.set_options(timeout=PATIENCE_MS)
    with browser_at(chromium) as browser:
        context = browser.new_context(viewport=WIDE, reduced_motion="reduce")
        context.set_default_timeout(PATIENCE_MS)
        yield context
        context.close()


class Opener:
    """Opens notebooks, and closes them when the test is over."""

    def __init__(self, lab: Lab, context: BrowserContext, prefix: str) -> None:
        self.lab = lab
        self.context = context
        self.prefix = prefix
        self.opened: list[OpenNotebook] = []

    def __call__(self, *cells: str) -> OpenNotebook:
        """Open a new notebook that has these cells."""
        return self.open_file(self.lab.write(f"{self.prefix}.ipynb", cells))

    def open_file(self, file: Path) -> OpenNotebook:
        """Open the notebook that is in *file*."""
        notebook = OpenNotebook(self.context.new_page(), self.lab, file)
        self.opened.append(notebook)
        notebook.open()
        return notebook


@pytest.fixture
def notebook(lab: Lab, context: BrowserContext, request: pytest.FixtureRequest) -> Iterator[Opener]:
    """Return what opens a notebook with the cells that it is given."""
    opener = Opener(lab, context, re.sub(r"\W+", "-", request.node.name).strip("-"))
    yield opener
    for opened in opener.opened:
        opened.close()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Keep a picture of the page on which a test failed, and name it in the report."""
    report = yield
    opener = getattr(item, "funcargs", {}).get("notebook")
    if report.when == "call" and report.failed and isinstance(opener, Opener):
        for number, opened in enumerate(opener.opened):
            picture = item.funcargs["tmp_path"] / f"page-{number}.png"  # type: ignore[attr-defined]
            with suppress(Exception):
                opened.page.screenshot(path=picture, full_page=True)
                report.sections.append(("screenshot", str(picture)))
            report.sections.extend(("page error", problem) for problem in opened.problems)
    return report
