from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

import pytest
from PIL import Image as Pillow

import leonardo_nb as leo
from leonardo_nb.sweeps.layout import lay_out
from leonardo_nb.widgets.contact import (
    FIRST_PAGE,
    LABEL,
    MAX_HTML_BYTES,
    MAX_PAINTED_BYTES,
    SHOWN_WIDTH,
    _first,
    _Page,
    contact_sheet,
    freeze_run,
)

if TYPE_CHECKING:
    from leonardo_nb.simulator import Simulator
    from leonardo_nb.studios import Studio
    from leonardo_nb.sweeps.run import Run

SMALL: dict[str, Any] = {"width": 64, "height": 64}


@pytest.fixture
def run(studio: Studio) -> Run:
    """Two styles by two seeds, all done."""
    started = leo.sweep(
        'a <script>alert("fox")</script>',
        studio=studio,
        seed=[1, 2],
        presetStyle=["ANIME", "DYNAMIC"],
        **SMALL,
    )
    return started.result(15)


def test_bundle_is_plain(run: Run) -> None:
    """No widget in it; html for notebooks, a picture for hosts without, words for all."""
    assert {"text/html", "image/jpeg", "text/plain"} == set(freeze_run(run).data)


def test_bundle_is_small(run: Run) -> None:
    """Both pictures together are at most 300 kB of a saved notebook."""
    data = freeze_run(run).data

    assert len(data["image/jpeg"]) <= MAX_PAINTED_BYTES
    assert len(data["text/html"]) <= MAX_HTML_BYTES * 4 / 3 + 4_000
    assert (MAX_HTML_BYTES + MAX_PAINTED_BYTES) * 4 / 3 <= 300_000


def test_caption_says_what_varies_and_what_it_cost(run: Run) -> None:
    """And the day, and that it is simulated."""
    shown = str(freeze_run(run).data["text/html"])

    for words in ("rows presetStyle", "ANIME, DYNAMIC", "columns seed", "4 pictures", "simulated"):
        assert words in shown
    assert str(run.cost) in shown


def test_caption_keeps_markup_as_text(run: Run) -> None:
    """A prompt is never parsed."""
    shown = str(freeze_run(run).data["text/html"])

    assert "<script>" not in shown
    assert "&lt;script&gt;" in shown


def test_plain_words_are_the_repr(run: Run) -> None:
    """Steady from one run of a notebook to the next."""
    assert "<Run of 4 cells: 4 done>" == freeze_run(run).data["text/plain"]


def test_sheet_is_on_white_and_as_wide_as_it_is_shown(run: Run) -> None:
    """Without wider margins than its labels need."""
    painted = freeze_run(run).data["image/jpeg"]
    assert isinstance(painted, bytes)
    picture = Pillow.open(io.BytesIO(painted)).convert("RGB")

    assert picture.width <= 1.25 * SHOWN_WIDTH
    assert (255, 255, 255) == picture.getpixel((2, 2))


@pytest.mark.parametrize(
    "axes",
    [
        {"seed": [1, 2], "guidance_scale": [4, 7, 10], "presetStyle": ["ANIME", "DYNAMIC"]},
        {"seed": range(8), "guidance_scale": range(3, 9)},
        {"seed": range(5)},
    ],
)
def test_labels_are_legible_in_a_narrow_notebook(studio: Studio, axes: dict[str, Any]) -> None:
    """Shown 600 pixels wide they are 12 pixels high."""
    run = leo.plan("a fox", studio=studio, **axes).start()
    page = _Page.of(run, FIRST_PAGE)
    run.cancel()

    assert 12 <= LABEL * min(600 / page.width, 1)


def test_failed_cells_are_hatched_and_the_caption_counts_them(
    studio: Studio, simulator: Simulator
) -> None:
    """The sheet is whole although a picture is missing."""
    simulator.script(method="POST", path="/generations", fail=True, times=1)
    run = leo.sweep("a fox", studio=studio, seed=[1, 2], **SMALL).result(10)
    shown = str(freeze_run(run).data["text/html"])

    assert "1 of 2 done" in shown
    assert "1 failed" in shown


def test_picture_whose_file_is_gone_leaves_a_gap(
    run: Run, caplog: pytest.LogCaptureFixture
) -> None:
    """One lost file does not lose the sheet."""
    run.images[0].path.unlink()

    assert "image/jpeg" in freeze_run(run).data
    assert "cannot be opened for the contact sheet" in caplog.text


def test_full_sheet_has_tiles_of_the_size_asked_for(run: Run) -> None:
    """Two columns of 200 pixels, and labels that grow with them."""
    narrow, wide = contact_sheet(run, tile=100), contact_sheet(run, tile=200)

    assert 2 * narrow.width == pytest.approx(wide.width, abs=4)
    assert wide.width > 2 * 200


def test_sheet_too_large_for_memory_names_a_size_that_fits(run: Run) -> None:
    """Before anything is painted."""
    with pytest.raises(ValueError, match=r"take tile=\d+ or less"):
        contact_sheet(run, tile=20_000)


@pytest.mark.parametrize(
    ("axes", "expected"),
    [
        ({"seed": range(100)}, (1, 1, 100)),
        ({"seed": range(400)}, (1, 1, 150)),
        ({"seed": range(40), "guidance_scale": range(3, 13)}, (1, 15, 10)),
        ({"seed": range(20), "guidance_scale": [3, 6], "width": range(512, 552, 8)}, (15, 2, 5)),
    ],
)
def test_first_page_has_whole_rows_and_facets(
    axes: dict[str, Any], expected: tuple[int, int, int]
) -> None:
    """At most 150 cells, and no row cut short where it need not be."""
    assert expected == _first(lay_out(leo.plan("a fox", **axes).axes), 150)
