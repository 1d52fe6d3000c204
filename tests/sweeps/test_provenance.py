from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from leonardo_nb.sweeps import provenance, sweep

if TYPE_CHECKING:
    from leonardo_nb.studios import Studio


def test_a_cell_says_where_it_stands(studio: Studio) -> None:
    """A copy of a cell's file says the whole request, ids, cost, and its place in the sweep."""
    run = sweep("a fox", seed=[1, 2], presetStyle=["CINEMATIC"], studio=studio).result()
    cell = run.cells[1]
    job = run.job(cell)

    copy = provenance.embed(job.images[0].read_bytes(), provenance.of_cell(run, cell))
    found = provenance.read(copy.data)

    assert found is not None
    assert job.request.wire() == found.request
    assert (job.id, job.images[0].id, 0) == (found.generation, found.image, found.number)
    assert (job.cost, job.created, True) == (found.cost, found.created, found.simulated)
    assert [("seed", "2", 2, 1), ("presetStyle", "CINEMATIC", "CINEMATIC", 0)] == [
        (axis.name, axis.label, axis.value, axis.at) for axis in found.axes
    ]
    assert cell.key == found.cell


def test_originals_are_never_touched(studio: Studio) -> None:
    """The library's file is the same before and after."""
    run = sweep("a fox", seed=[1], studio=studio).result()
    image = run.jobs[0].images[0]
    before = image.read_bytes()

    provenance.embed(before, provenance.of_cell(run, run.cells[0]))

    assert before == image.read_bytes()


def test_no_secret_is_told(studio: Studio) -> None:
    """Neither the address for callbacks nor one of the picture nor a path is in a copy."""
    run = sweep(
        "a fox", seed=[1], webhookCallbackUrl="https://me.example/?token=abc", studio=studio
    ).result()
    image = run.jobs[0].images[0]

    data = provenance.embed(image.read_bytes(), provenance.of_cell(run, run.cells[0])).data

    for told in (b"me.example", b"token", image.url.encode(), str(image.path).encode()):
        assert told not in data


@pytest.mark.parametrize("words", ["prompt", "negative_prompt"])
def test_words_that_vary_can_be_left_out(studio: Studio, words: str) -> None:
    """Without prompts an axis of words keeps numbers, and no word or key is in the copy."""
    axes = {"prompt": "a fox", words: ["a secret", "a mystery"], "seed": 1}
    run = sweep(axes.pop("prompt"), **axes, studio=studio).result()  # type: ignore[arg-type]
    cell = run.cells[1]

    what = provenance.of_cell(run, cell, prompt=False)
    data = provenance.embed(run.job(cell).images[0].read_bytes(), what).data

    assert [(f"{words} 2", None)] == [(axis.label, axis.value) for axis in what.axes]
    assert what.cell is None
    assert words in what.withheld
    for told in ("mystery", "fox", cell.key):
        assert told.encode() not in data
        assert told.encode("utf-16-be") not in data
