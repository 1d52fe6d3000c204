from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import leonardo_nb as leo
from leonardo_nb.sweeps.export.choosing import KINDS, kind_of, named, place_for

if TYPE_CHECKING:
    from leonardo_nb.sweeps.run import Run


@pytest.mark.parametrize("name", ["a.html", "a.csv", "a.json", "a.gif", "a.webp", "a"])
def test_ending_says_what_is_written(run: Run, tmp_path: Path, name: str) -> None:
    """The path that comes back is the one that was given, and something is there."""
    made = run.export(tmp_path / name)

    assert tmp_path / name == made
    assert made.exists()


def test_options_are_those_of_the_export(run: Run, tmp_path: Path) -> None:
    """They are handed to the method that is meant."""
    made = run.export(tmp_path / "a.gif", along="presetStyle", seed=2, label=True)

    assert made.stat().st_size > 0


def test_unknown_ending_is_refused_with_the_nearest() -> None:
    """The error names those there are."""
    with pytest.raises(leo.InvalidRequest, match="a name without an ending is a folder") as caught:
        kind_of(Path("a.htlm"))

    assert ".html" == caught.value.nearest


def test_unknown_word_is_refused_with_the_nearest() -> None:
    """As the command says it."""
    with pytest.raises(leo.InvalidRequest, match='did you mean "parquet"'):
        named("parket")


def test_every_word_is_a_kind() -> None:
    """And every ending means one kind only."""
    endings = [ending for kind in KINDS for ending in kind.endings]

    assert list(KINDS) == [named(kind.word) for kind in KINDS]
    assert len(endings) == len(set(endings))


def test_place_is_named_after_the_sweep_and_keeps_words_back(of_prompts: Run) -> None:
    """Where nobody says how the file is called."""
    assert "prompt.html" == str(place_for(of_prompts, named("html"), prompt=False))
    assert place_for(of_prompts, named("folder")).suffix == ""
