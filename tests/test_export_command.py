"""`leonardo-nb export`, on a library that a sweep was drawn into."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from typer.testing import CliRunner

import leonardo_nb as leo
from leonardo_nb import cli
from leonardo_nb.errors import InvalidRequest, NotFound
from leonardo_nb.sweeps.export.html import spec_in

if TYPE_CHECKING:
    from pathlib import Path

    from leonardo_nb.simulator import Simulator
    from leonardo_nb.studios import Studio

NAME = "red foxes"


@pytest.fixture
def drawn(studio: Studio, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A folder to work in, and a library that has a sweep of three."""
    leo.sweep("a fox", studio=studio, name=NAME, seed=[1, 2, 3], width=64, height=64).result(15)
    studio.close()
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    return tmp_path / "here"


def export(*arguments: str) -> str:
    """Run the command in this process; return what it printed."""
    answer = CliRunner().invoke(cli.app, ["export", *arguments], catch_exceptions=False)
    assert 0 == answer.exit_code, answer.output
    return answer.output


def test_sweep_becomes_a_file_of_its_name(drawn: Path) -> None:
    """One HTML file, here, with a line that says so."""
    said = export(NAME)

    assert ["red-foxes.html"] == [file.name for file in drawn.iterdir()]
    assert "red-foxes.html, " in said
    assert NAME == spec_in(drawn / "red-foxes.html")["name"]


@pytest.mark.parametrize(
    ("to", "made"),
    [
        ("folder", "red-foxes"),
        ("csv", "red-foxes.csv"),
        ("json", "red-foxes.json"),
        ("gif", "red-foxes.gif"),
        ("replay", "red-foxes.zip"),
    ],
)
def test_word_says_what_is_made(drawn: Path, to: str, made: str) -> None:
    """Each kind has its name."""
    export(NAME, "--to", to)

    assert [made] == [file.name for file in drawn.iterdir()]


def test_ending_of_the_file_says_it_too(drawn: Path) -> None:
    """Where only a file is named."""
    export(NAME, "--out", "table.csv")

    assert ["table.csv"] == [file.name for file in drawn.iterdir()]


def test_words_can_be_left_out(drawn: Path) -> None:
    """Neither in the file nor in its name."""
    export(NAME, "--to", "csv", "--no-prompt")

    assert ["seed.csv"] == [file.name for file in drawn.iterdir()]
    assert "fox" not in (drawn / "seed.csv").read_text("utf-8")


def test_cells_that_are_not_there_are_counted(
    studio: Studio, simulator: Simulator, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A sweep that is not whole can be handed on, and says so."""
    simulator.script(method="POST", path="/generations", fail=True, times=1)
    leo.sweep("a fox", studio=studio, name=NAME, seed=[1, 2, 3], width=64, height=64).result(15)
    studio.close()
    monkeypatch.chdir(tmp_path)

    assert "1 of 3 cells is not there" in export(NAME, "--to", "csv")


def test_unknown_sweep_is_one_sentence(drawn: Path) -> None:
    """The nearest name is in it."""
    with pytest.raises(NotFound, match='did you mean "red foxes"'):
        CliRunner().invoke(cli.app, ["export", "red fox"], catch_exceptions=False)


def test_unknown_word_is_one_sentence(drawn: Path) -> None:
    """It names those there are, before anything is opened."""
    with pytest.raises(InvalidRequest, match='did you mean "html"'):
        CliRunner().invoke(cli.app, ["export", NAME, "--to", "htm"], catch_exceptions=False)
