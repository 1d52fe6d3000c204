"""Prompts with dollar signs in a real JupyterLab, which typesets what is between them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

if TYPE_CHECKING:
    from tests.browser.conftest import Opener, OpenNotebook

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]

STUDIO = r"""
import leonardo_nb as leo
from IPython.display import HTML
from leonardo_nb.simulator import Simulator
studio = leo.connect(simulator=Simulator(speed=1000), library="math")
PROMPT = r"a board with $x^2$ and \(y^2\) and $$z^2$$"
SMALL = dict(width=128, height=96, alchemy=False)
job = leo.generate(PROMPT, **SMALL)
images = job.result(20)
film = images[0].to_video(PROMPT)
film.result(20)
run = leo.sweep(PROMPT, seed=[1, 2], **SMALL)
run.result()""".strip()

SHOWN = ("job", "film", "run", "leo.plan(PROMPT, seed=[1, 2])", "leo.jobs()", "leo.history()")
MATHS = r'HTML("<p>$x^2$ and \\(y^2\\) and $$z^2$$</p>")'


def check(page: OpenNotebook) -> None:
    """Compare what is shown with html that is not marked, which is typeset last."""
    expect(page.output(len(SHOWN) + 1).locator("mjx-container")).to_have_count(3)
    for number, what in enumerate(SHOWN, 1):
        output = page.output(number)

        assert 0 == output.locator("mjx-container").count(), what
        expect(output.get_by_text("$x^2$").first).to_be_attached()


def test_prompts_are_not_typeset(notebook: Opener) -> None:
    """Neither where they were made, nor in a file that is not trusted."""
    page = notebook(STUDIO, *SHOWN, MATHS)
    for number in range(len(SHOWN) + 2):
        page.run(number)
    check(page)
    page.save()
    page.reload()
    check(page)
    document = json.loads(page.file.read_text("utf-8"))
    for cell in document["cells"]:
        cell["metadata"].pop("trusted", None)
    document["metadata"]["author"] = "somebody else"  # or it has the signature of the first one
    theirs = page.file.with_name("theirs-" + page.file.name)
    theirs.write_text(json.dumps(document), encoding="utf-8")
    other = notebook.open_file(theirs)
    trusted = "window.jupyterapp.shell.currentWidget.content.widgets[1].model.trusted"

    assert other.page.evaluate(trusted) is False
    check(other)
