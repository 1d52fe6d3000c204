"""What stays in a notebook that was run from end to end by a program."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    Execute = Callable[..., list[list[dict[str, Any]]]]

pytestmark = [pytest.mark.kernel, pytest.mark.timeout(120)]

PLAIN_PICTURE = ["image/jpeg", "text/html", "text/plain"]

GENERATE = """
import leonardo_nb as leo
job = leo.generate("a fox in the snow", seed=1)
job
"""

SWEEP = """
import leonardo_nb as leo
run = leo.sweep("a fox in the snow", seed=[1, 2], guidance_scale=[4, 7])
run
"""


def shown(outputs: list[dict[str, Any]]) -> list[list[str]]:
    """Return the types of everything that a cell shows, output by output."""
    return [sorted(output["data"]) for output in outputs if "data" in output]


def test_awaited_job_ends_as_a_picture(execute: Execute) -> None:
    """A job shown by one cell and awaited by the next leaves a plain picture, and no widget."""
    first, second = execute(GENERATE, "images = await job\nprint(len(images), job.state)")

    assert [PLAIN_PICTURE] == shown(first)
    assert "1 complete\n" == second[0]["text"]
    assert (
        '<Generation complete, 1 image, 8 credits: "a fox in the snow">'
        == (first[0]["data"]["text/plain"])
    )


def test_job_that_nobody_awaits_ends_as_a_picture(execute: Execute) -> None:
    """The picture comes while another cell keeps the kernel busy, and nothing awaits the job."""
    busy = "import time\nwhile not job.done():\n    time.sleep(0.1)"

    first, second = execute(GENERATE, busy)

    assert [PLAIN_PICTURE] == shown(first)
    assert [] == second


def test_job_shown_after_its_cell_waited_for_it(execute: Execute) -> None:
    """With `job.result()` before it, the card is a picture from the start."""
    source = GENERATE.replace("\njob\n", "\nimages = job.result()\njob\n")

    (outputs,) = execute(source)

    assert [PLAIN_PICTURE] == shown(outputs)


def test_job_shown_before_its_cell_waits(execute: Execute) -> None:
    """A card that was displayed in the middle of a blocking cell turns into a picture, too."""
    source = GENERATE.replace("\njob\n", "\ndisplay(job)\nimages = job.result()\n")

    first, _ = execute(source, "pass")

    assert [PLAIN_PICTURE] == shown(first)


def test_failed_job_ends_in_words(execute: Execute) -> None:
    """A job that fails leaves its reason, without a widget and without failing the notebook."""
    source = """
    import leonardo_nb as leo
    studio = leo.connect(simulator=True)
    studio.simulator.script(fail=True)
    job = leo.generate("a fox in the snow", seed=1)
    job
    """

    first, second = execute(source, "print(type(job.exception()).__name__)")

    assert [["text/html", "text/plain"]] == shown(first)
    assert "JobFailed\n" == "".join(
        each["text"] for each in second
    )  # the kernel may send it in two
    assert "refunded" in first[0]["data"]["text/html"]


def test_sweep_ends_as_a_contact_sheet(execute: Execute) -> None:
    """A sweep shown by one cell and awaited by the next leaves a plain picture, and no widget."""
    first, second = execute(SWEEP, "await run\nprint(run)")

    assert [PLAIN_PICTURE] == shown(first)
    assert "<Run of 4 cells: 4 done>\n" == second[0]["text"]


def test_sweep_that_nobody_awaits_ends_as_a_contact_sheet(execute: Execute) -> None:
    """The sheet comes while another cell keeps the kernel busy, and nothing awaits the sweep."""
    busy = "import time\nwhile not run.done():\n    time.sleep(0.1)"

    first, second = execute(SWEEP, busy)

    assert [PLAIN_PICTURE] == shown(first)
    assert [] == second
