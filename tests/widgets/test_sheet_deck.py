from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

import leonardo_nb as leo
from leonardo_nb.sweeps.arrangement import Arrangement, arranged, first_arrangement
from leonardo_nb.widgets.sheet_deck import coords_of, costs_of, deck_of, first_cells, indices
from leonardo_nb.widgets.sheet_tally import Tally, letter_of

if TYPE_CHECKING:
    from leonardo_nb.simulator import Simulator
    from leonardo_nb.studios import Studio
    from leonardo_nb.sweeps.run import Run

SMALL: dict[str, Any] = {"width": 64, "height": 64}


@pytest.fixture
def run(studio: Studio) -> Run:
    """Two by three cells by two seeds."""
    return leo.sweep(
        "a <b>fox</b>",
        studio=studio,
        seed=[1, 2],
        guidance_scale=[3, 7.5],
        presetStyle=["ANIME", "DYNAMIC", "CINEMATIC"],
        **SMALL,
    )


def test_deck_has_each_axis_with_its_labels(run: Run) -> None:
    """As they are written at the edge."""
    deck = deck_of(run, indices(run))

    assert ["seed", "guidance_scale", "presetStyle"] == [axis["name"] for axis in deck["axes"]]
    assert ["3", "7.5"] == deck["axes"][1]["labels"]
    assert [True, True, False] == [axis["numeric"] for axis in deck["axes"]]
    assert (12, "a <b>fox</b>", True) == (deck["n"], deck["prompt"], deck["simulated"])


def test_deck_says_what_all_cells_share(run: Run) -> None:
    """What differs from the defaults and is no axis; and one shape for all."""
    deck = deck_of(run, indices(run))

    assert [["size", "64 \u00d7 64"]] == deck["same"]
    assert [1.0] == deck["shapes"]


def test_shapes_are_said_one_by_one_where_they_differ(studio: Studio) -> None:
    """A zip of sizes is one axis that sets two members."""
    sizes = leo.zip_("size", width=[512, 768], height=[768, 512])
    run = leo.sweep(sizes * leo.axes(seed=[1, 2]), prompt="a fox", studio=studio)
    deck = deck_of(run, indices(run))
    run.cancel()

    assert {round(512 / 768, 4), 1.5} == set(deck["shapes"])
    assert 4 == len(deck["shapes"])


def test_prompt_is_empty_where_its_words_vary(studio: Studio) -> None:
    """Each cell then says its own."""
    run = leo.sweep(leo.prompt("a {animal}", animal=["fox", "owl"]), studio=studio, **SMALL)
    deck = deck_of(run, indices(run))
    run.cancel()

    assert ("", ["fox", "owl"]) == (deck["prompt"], deck["axes"][0]["labels"])


def test_coords_are_two_bytes_each() -> None:
    """Whatever the machine's own order of bytes."""
    assert b"\x01\x00\x00\x01" == coords_of(np.array([[1, 256]], np.int32))


def test_cost_that_nobody_knows_is_no_number() -> None:
    """A filter by price leaves it out."""
    costs = np.frombuffer(costs_of([leo.Credits(3), None]), "<f4")

    assert 3.0 == costs[0]
    assert np.isnan(costs[1])


def test_first_cells_are_those_of_the_first_grid(run: Run) -> None:
    """Row by row, in the order of reading."""
    places = indices(run)
    names = [axis.name for axis in run.axes]
    turned = arranged(first_arrangement(run.axes), run.axes, page="seed", at={"seed": 2})

    shown = [run.cells[n].coords for n in first_cells(turned, names, places)]
    assert {2} == {coords["seed"] for coords in shown}
    assert 6 == len(shown)


def test_first_cells_are_no_more_than_a_page_shows() -> None:
    """It shows the first of them when it has decoded them all."""
    places = np.array([[a, b] for a in range(100) for b in range(10)], np.int32)
    found = first_cells(Arrangement(x="b", y="a"), ["a", "b"], places, 4 / 3)

    assert list(range(len(found))) == found
    assert 80 <= len(found) <= 140


def test_running_numbers_are_those_that_are_counted(studio: Studio, simulator: Simulator) -> None:
    """After every change, whatever it was."""
    simulator.script(method="POST", path="/generations", fail=True, times=2)
    run = leo.sweep("a fox", studio=studio, seed=range(12), **SMALL)
    tally = Tally(len(run.cells))

    def look(job: Any, cells: tuple[int, ...]) -> None:
        tally.look(job, cells, run.price_of(run.cells[cells[0]]))

    run.watch(look)
    for cell in run.cells:
        look(run.job(cell), (cell.index,))
    run.result(15)
    run.retry_failed().result(15)

    assert (run.counts, run.cost, run.price) == (tally.counts, tally.cost, tally.price)
    assert "".join(map(letter_of, run.jobs)) == tally.letters.decode()
    assert 0.0 == tally.seconds_left(10)
