"""Jobs of every kind in a terminal."""

from __future__ import annotations

import io
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest
from PIL import Image as Pillow
from rich.console import Console

import leonardo_nb as leo
from leonardo_nb.account.jobs import JobTable
from leonardo_nb.library.records import JobRecord
from leonardo_nb.money import Credits
from leonardo_nb.terminal import half_blocks, jobs_table, watch_job

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from leonardo_nb.studios import Studio


def terminal(*, width: int = 100) -> tuple[Console, io.StringIO]:
    """Return a terminal without colours, and what it has shown."""
    file = io.StringIO()
    return Console(file=file, width=width, color_system=None), file


MADE: dict[str, Callable[[Any], Any]] = {
    "waves": lambda studio: studio.text_to_video("waves", seed=7),
    "Upscale": lambda studio: studio.generate("a fox", seed=1).result()[0].upscale(),
}


@pytest.mark.parametrize("what", list(MADE))
def test_every_kind_has_its_row(studio: Studio, library_folder: Path, what: str) -> None:
    """A variation has no prompt; its row says what was done."""
    MADE[what](studio).result(20)
    console, file = terminal()

    console.print(jobs_table(console, studio.jobs(limit=1), library_folder))

    assert what in file.getvalue()


@pytest.mark.parametrize(
    ("what", "words"),
    [("waves", "832 × 480, 5.0 s"), ("Upscale", " to ")],  # noqa: RUF001  typographic
)
def test_every_kind_can_be_watched(studio: Studio, what: str, words: str) -> None:
    """At the end stands what has come, and of a video where its file is."""
    job = MADE[what](studio)
    console, file = terminal(width=200)

    watch_job(console, job)

    assert "● Done" in file.getvalue()
    assert words in file.getvalue()
    assert (what == "waves") == (".mp4" in file.getvalue())


def test_what_was_cut_away_is_not_seen() -> None:
    """A see-through pixel has a colour of its own, which is not that of the paper."""
    cut = Pillow.new("RGBA", (4, 4), (200, 30, 30, 0))

    colours = {str(span.style) for line in half_blocks(cut, 4, 2) for span in line.spans}

    assert {"#ffffff on #ffffff"} == colours


@pytest.mark.parametrize(
    ("facts", "words"),
    [
        ({"resent": 1}, ["● Done", "so it was sent once more."]),
        ({"reused": True}, ["● From the library", "made ", "no cost"]),
        (
            {"complete": False, "job_id": None, "error": leo.OutcomeUnknown("Lost.")},
            ["◌ Outcome unknown", "perhaps paid"],
        ),
    ],
)
def test_a_terminal_says_what_was_unusual(
    studio: Studio, facts: dict[str, Any], words: list[str]
) -> None:
    """Below the line, quietly; in the words of the card."""
    job = studio.generate("a fox", seed=1, width=64, height=64)
    job.result(20)
    job._snapshot = replace(job.snapshot, **facts)
    console, file = terminal(width=200)

    watch_job(console, job)

    assert [] == [each for each in words if each not in file.getvalue()]


def test_a_table_marks_what_may_be_paid(library_folder: Path) -> None:
    """By shape, and by the words of the price."""
    row = JobRecord(
        uid="u",
        kind="generation",
        state="request",
        request={"prompt": "a fox"},
        content_key="k",
        simulated=False,
        base_url="https://service.invalid",
        created=datetime(2026, 1, 1, tzinfo=UTC),
        price=Credits(8),
        charge="unknown",
        error="The answer was lost.",
    )
    console, file = terminal(width=80)
    console.print(jobs_table(console, JobTable([row], total=1), library_folder))

    assert "◌" in file.getvalue()
    assert "perhaps 8 credits" in file.getvalue()
