from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leonardo_nb.sweeps.export.handout import Handout
from leonardo_nb.sweeps.export.names import RESERVED, distinct, plain_name, stems_of

if TYPE_CHECKING:
    from leonardo_nb.sweeps.run import Run

FORBIDDEN = set('<>:"/\\|?*') | {chr(n) for n in range(32)}


def test_pictures_are_called_after_their_place(run: Run) -> None:
    """Axis and label, in the order of the axes."""
    assert "seed-2_presetStyle-DYNAMIC" == stems_of(Handout(run))[3]


def test_withheld_words_are_in_no_name(of_prompts: Run) -> None:
    """Numbers stand for them."""
    assert ["prompt-prompt-1", "prompt-prompt-2"] == stems_of(Handout(of_prompts, prompt=False))


def test_names_stay_when_a_sweep_is_widened(run: Run) -> None:
    """A part of it calls its pictures as the whole does."""
    some = run.sel(seed=[2, 3])

    assert stems_of(Handout(run))[2:] == stems_of(Handout(some))  # type: ignore[arg-type]


@given(st.text(max_size=200))
def test_any_text_becomes_a_name_for_any_system(text: str) -> None:
    """Nothing that Windows refuses, nothing that leads elsewhere, nothing too long."""
    name = plain_name(text)

    assert set() == FORBIDDEN & set(name)
    assert not name.startswith((".", "-", " "))
    assert not name.endswith((".", " "))
    assert len(name) <= 80


@given(st.lists(st.sampled_from(["fox", "Fox", "fox-2", "FOX", "cat", "ﬁ", "fi"])))
def test_names_differ_in_more_than_large_letters(names: list[str]) -> None:
    """A folder on Windows or a Mac takes all of them."""
    made = distinct(names)

    assert len(names) == len({name.casefold() for name in made})


@pytest.mark.parametrize("name", ["CON", "aux", "com1"])
def test_names_of_devices_are_known(name: str) -> None:
    """Windows has them since before folders."""
    assert name.casefold() in RESERVED
