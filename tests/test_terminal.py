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
from leonardo_nb.engine.resumed import Resumed
from leonardo_nb.library.records import JobRecord
from leonardo_nb.money import Credits
from leonardo_nb.terminal import (
    _under_way,
    half_blocks,
    jobs_table,
    watch_job,
    watch_resumed,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from leonardo_nb.studios import Studio
    from leonardo_nb.testing import ManualClock


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


def test_jobs_that_are_taken_up_have_a_line_each(studio: Studio) -> None:
    """In the order in which they end, and no wider than the terminal."""
    jobs = [studio.generate("an owl, " * 20, seed=seed, width=64, height=64) for seed in (1, 2, 3)]
    console, file = terminal(width=60)

    is_well = watch_resumed(console, Resumed(jobs))

    lines = file.getvalue().splitlines()
    assert is_well
    assert max(map(len, lines)) <= 60
    assert 3 == sum("● Done" in line and "an owl" in line and "credits" in line for line in lines)
    assert "● All ended: 3 done." in lines[-1]


def test_nothing_to_take_up_is_one_line() -> None:
    """And that is well."""
    console, file = terminal()

    assert watch_resumed(console, Resumed())
    assert "  Nothing to pick up: every job has ended.\n" == file.getvalue()


def test_what_waits_for_a_word_is_told(studio: Studio) -> None:
    """With the line that gives the job whose methods the error names."""
    job = studio.generate("a fox", seed=1, width=64, height=64)
    job.result(20)
    error = leo.OutcomeUnknown("Lost. `job.resend()` sends it again.")
    job._snapshot = replace(job.snapshot, complete=False, job_id=None, error=error)
    console, file = terminal()

    is_well = watch_resumed(console, Resumed([job]))

    said = " ".join(file.getvalue().split())
    assert not is_well
    assert "◌ Outcome unknown a fox" in said
    assert f'`job.resend()` sends it again. In a notebook: job = leo.job("{job.uid[:8]}")' in said
    assert "◌ All ended: 1 waits for your word." in said


def test_a_terminal_shows_as_many_as_fit(studio: Studio, clock: ManualClock) -> None:
    """The others are counted."""
    clock.holds = True
    jobs = [studio.generate("a fox", seed=seed, width=64, height=64) for seed in range(30)]
    console, file = terminal()
    console.height = 14

    console.print(_under_way(console, jobs, 40))

    lines = file.getvalue().splitlines()
    clock.holds = False
    assert (12, True) == (len(lines), "10 of 40 ended" in lines[0])
    assert "  and 20 more" == lines[-1].rstrip()
