from __future__ import annotations

import io
import math
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image as Pillow

import leonardo_nb as leo
from leonardo_nb.sweeps.arrangement import Arrangement
from leonardo_nb.sweeps.export.handout import Handout
from leonardo_nb.widgets.contact import (
    MAX_HTML_BYTES,
    MAX_PAINTED_BYTES,
    contact_sheet,
    freeze_run,
    screens,
)
from leonardo_nb.widgets.contact_board import Board, Bounds, Spot, pages_of, told_apart
from leonardo_nb.widgets.contact_page import (
    EDGE,
    FIRST_PAGE,
    LABEL,
    MOST_PIXELS,
    MOST_SIDE,
    SHOWN_WIDTH,
    legible,
    paper_pages,
    screen_pages,
)
from leonardo_nb.widgets.contact_paint import Pictures, paint
from leonardo_nb.widgets.contact_words import Caption

if TYPE_CHECKING:
    from collections.abc import Collection
    from pathlib import Path

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
    page = screen_pages(Board.of(run), 4 / 3)[0]
    run.cancel()

    assert 12 <= LABEL * min(600 / page.width, 1)


def test_values_stand_below_the_names_of_their_axes(run: Run, studio: Studio) -> None:
    """As on the live sheet, on screen and on paper; where one axis wraps, beside each value."""
    found = Board.of(run)
    line = leo.plan("a fox", studio=studio, seed=[1, 2]).start()
    line.cancel()

    assert ("presetStyle", "seed") == (found.name_at("rows"), found.name_at("columns"))
    assert ("seed 1", "seed 2") == Board.of(line).columns
    for page in (screen_pages(found, 1)[0], paper_pages(found, 1, 256)[0]):
        painted = paint(run, page, None, Pictures(64))
        high = (EDGE + page.names) * page.density
        strip = painted.crop((0, 0, painted.width, round(high)))
        assert 2 == len(words_in(strip))


def words_in(strip: Pillow.Image) -> list[tuple[int, int]]:
    """Return where ink begins and ends in *strip*, with less than 20 pixels between letters."""
    grey = strip.convert("L")
    inked = [
        x for x in range(grey.width) if min(grey.crop((x, 0, x + 1, grey.height)).tobytes()) < 200
    ]
    starts = [x for x, before in zip(inked, [-99, *inked], strict=False) if x - before > 20]
    ends = [x for x, after in zip(inked, [*inked[1:], 10**6], strict=True) if after - x > 20]
    return list(zip(starts, ends, strict=True))


def test_long_name_of_rows_takes_no_room_from_many_columns(studio: Studio) -> None:
    """It stands out over the first pictures; beside few columns it has its own room."""
    few, many = (
        leo.plan("a fox", studio=studio, seed=range(n), guidance_scale=[4, 8]).start()
        for n in (2, 9)
    )
    few.cancel()
    many.cancel()
    narrow, wide = (screen_pages(Board.of(each), 1)[0].labels for each in (many, few))

    assert wide > 2 * narrow


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
    """Two columns of 400 pixels, and labels that grow with them."""
    narrow, wide = contact_sheet(run, tile=400), contact_sheet(run, tile=800)

    assert 2 * narrow.width == pytest.approx(wide.width, abs=4)
    assert wide.width > 2 * 800


def test_labels_of_small_pictures_are_not_small(run: Run) -> None:
    """They are 12 pixels high however small the pictures are."""
    page = paper_pages(Board.of(run), 1, 32)[0]

    assert 12 <= page.density * LABEL
    assert 32 == pytest.approx(page.density * page.tile[0], abs=1)


def test_sheet_too_large_for_memory_names_a_size_that_fits(run: Run) -> None:
    """Before anything is painted."""
    with pytest.raises(ValueError, match=r"take tile=\d+ or less"):
        contact_sheet(run, tile=20_000)


def test_first_page_of_a_large_sweep_can_be_read_and_says_where_the_rest_is(
    studio: Studio,
) -> None:
    """Of 40 columns and 25 rows it has whole rows of ten, and labels of 12 pixels."""
    run = leo.plan("a fox", studio=studio, seed=range(40), guidance_scale=steps(25)).start()
    run.cancel()
    page = screen_pages(Board.of(run), 4 / 3)[0]
    bundle = freeze_run(run)
    words = str(bundle.data["text/html"])

    assert 12 <= LABEL * min(600 / page.width, 1)
    assert FIRST_PAGE >= page.shown >= 100
    assert len(page.spots(0)) == page.shown
    assert "<code>.explore()</code> of the run shows all" in words
    assert f"{page.shown} of 1,000 cells" in words
    assert page.of == screens(run) == math.ceil(40 / 10) * math.ceil(25 / 13)


def steps(number: int) -> list[float]:
    """Return so many strengths of guidance."""
    return [1 + n / 4 for n in range(number)]


def board(grids: int, rows: int, columns: int, holes: Collection[Spot] = ()) -> Board:
    """Return a board without a run, with all its cells but the *holes*."""
    spots = [Spot(g, r, c) for g in range(grids) for r in range(rows) for c in range(columns)]
    cells = {spot: n for n, spot in enumerate(spots) if spot not in holes}
    return Board(
        tuple(f"seed {n}" if grids > 1 else "" for n in range(grids)),
        tuple(map(str, range(rows))) if rows > 1 else ("",),
        tuple(map(str, range(columns))),
        cells,
        len(cells),
        (),
        wraps=rows == 1,
        has_rows=rows > 1,
        has_columns=True,
    )


SIDES = st.integers(1, 12)


@settings(deadline=None)
@given(SIDES, SIDES, SIDES, SIDES, SIDES, SIDES, st.data())
def test_every_cell_is_on_one_page(  # noqa: PLR0917  sides of a board, and bounds
    grids: int, rows: int, columns: int, wide: int, high: int, blocks: int, data: st.DataObject
) -> None:
    """Whatever the bounds are, no cell is lost or shown twice, and no page has too much."""
    whole = board(grids, rows, columns)
    gone = data.draw(st.sets(st.sampled_from(sorted(whole.cells)), max_size=len(whole.cells) - 1))
    some = board(grids, rows, columns, gone)

    pages = pages_of(some, Bounds(wide, high, blocks))
    shown = [
        Spot(block.grid, row, column)
        for page in pages
        for block in page
        for row in block.rows
        for column in block.columns
    ]

    assert set(some.cells) <= set(shown)
    assert len(shown) == len(set(shown))
    assert all(len(page) <= blocks for page in pages)
    assert all(
        len(block.rows) <= high and len(block.columns) <= wide for page in pages for block in page
    )


@settings(deadline=None, max_examples=40)
@given(st.integers(1, 12), st.integers(1, 50), st.integers(1, 50), st.integers(16, 4096))
def test_no_two_places_overlap_and_no_page_is_too_large(
    grids: int, rows: int, columns: int, tile: int
) -> None:
    """On paper every picture has a place of its own, inside a page that programs open."""
    whole = board(grids, rows, columns)

    pages = paper_pages(whole, 4 / 3, tile)
    shown = 0
    for page in pages:
        words = 150  # a caption of five lines
        wide, high = page.width * page.density, (page.height + words) * page.density
        assert max(wide, high) <= MOST_SIDE
        assert wide * high <= MOST_PIXELS
        places = {
            page.corner_of(number, spot.row, spot.column)
            for number in range(len(page.blocks))
            for spot, _ in page.spots(number)
        }
        assert len(places) == page.shown
        right = max(x for x, _ in places) + page.tile[0]
        assert right <= page.width
        assert max(y for _, y in places) + page.tile[1] <= page.height
        shown += page.shown

    assert len(whole.cells) == shown


def test_holes_stay_empty_and_empty_grids_are_left_out(studio: Studio) -> None:
    """A grid none of whose cells is there has no place; the others keep theirs."""
    plan = leo.plan(
        leo.axes(seed=[1, 2, 3], guidance_scale=[3, 7], num_inference_steps=[10, 20]).where(
            lambda seed, guidance_scale: seed != 2 and (seed, guidance_scale) != (3, 7)
        ),
        prompt="a fox",
        studio=studio,
    )
    run = plan.start()
    run.cancel()

    found = Board.of(run)

    assert ("seed 1", "seed 3") == found.titles
    assert 6 == len(found.cells)


def test_arrangement_is_followed(studio: Studio) -> None:
    """Turned axes, hidden values and another order are what is seen, and the caption says so."""
    run = leo.plan("a fox", studio=studio, seed=[1, 2, 3], presetStyle=["ANIME", "DYNAMIC"]).start()
    run.cancel()
    turned = Arrangement(x="seed", y="presetStyle", shown={"seed": (2, 0)})

    found = Board.of(run, turned)
    words = str(freeze_run(run, arrangement=turned).data["text/html"])

    assert (("3", "1"), ("ANIME", "DYNAMIC")) == (found.columns, found.rows)
    assert 4 == len(found.cells)
    assert "2 hidden" in words


def test_long_labels_say_what_differs() -> None:
    """What they all begin with is left out once, and short ones stay as they are."""
    same = "a lighthouse at dawn on a rocky coast, "

    assert ("… rain", "… snow") == told_apart([f"{same}in rain", f"{same}in snow"])
    assert ("CINEMATIC", "CINEMATIC_HDR") == told_apart(["CINEMATIC", "CINEMATIC_HDR"])
    assert (f"{same}a", "b") == told_apart([f"{same}a", "b"])


def test_marks_stand_on_the_pictures(run: Run, tmp_path: Path) -> None:
    """A star, a cross over what is dimmed, and the sign of a note, on screen and on paper."""
    page = paper_pages(Board.of(run), 1, 64)[0]
    plain = [freeze_run(run).data["image/jpeg"], contact_sheet(run, tile=64).tobytes()]
    before = paint(run, page, None, Pictures(64))
    run.star(0)
    run.reject(1)
    run.note(2, "soft light")
    after = paint(run, page, None, Pictures(64), marks=run.marks)
    now = [freeze_run(run).data["image/jpeg"], contact_sheet(run, tile=64).tobytes()]

    assert plain[0] != now[0]
    assert plain[1] != now[1]
    changed = []
    for spot, cell in page.spots(0):
        x, y = (round(side * page.density) for side in page.corner_of(0, spot.row, spot.column))
        pixels = {"top": (54, 10), "middle": (32, 32), "left": (10, 32), "bottom": (54, 54)}
        differ = {
            name
            for name, (right, down) in pixels.items()
            if before.getpixel((x + right, y + down)) != after.getpixel((x + right, y + down))
        }
        changed.append((cell, differ))
    everything = {"top", "middle", "left", "bottom"}
    assert [{"top"}, everything, {"bottom"}, set()] == [differ for _, differ in sorted(changed)]
    (wordless,) = run.contact_sheets(tmp_path / "a.png", tile=64, prompt=False)
    run.note(2, "other")
    assert (
        wordless.read_bytes()
        == run.contact_sheets(tmp_path / "b.png", tile=64, prompt=False)[0].read_bytes()
    )


def test_cross_stays_off_the_words_of_a_cell_without_a_picture(studio: Studio) -> None:
    """It stands at the edge, as on the live sheet."""
    stopped = leo.plan("a fox", studio=studio, seed=[1, 2]).start()
    stopped.cancel()
    stopped.reject(0)
    page = paper_pages(Board.of(stopped), 1, 256)[0]
    painted = [
        paint(stopped, page, None, Pictures(256), marks=marks) for marks in ({}, stopped.marks)
    ]
    y = page.corner_of(0, 0, 0)[1]
    lower = [
        sheet.crop((0, round((y + 20) * page.density), sheet.width, sheet.height)).tobytes()
        for sheet in painted
    ]

    assert painted[0].tobytes() != painted[1].tobytes()
    assert lower[0] == lower[1]


def test_pages_are_written(run: Run, tmp_path: Path) -> None:
    """Each has a number in its name, is a JPEG, and says by what its pictures were made."""
    seen: list[tuple[int, int]] = []

    paths = run.contact_sheets(
        tmp_path / "foxes.jpg", tile=64, told=lambda done, of: seen.append((done, of))
    )

    assert [tmp_path / "foxes-1.jpg"] == list(paths)
    assert paths[0].read_bytes().startswith(b"\xff\xd8")
    assert b"trainedAlgorithmicMedia" in paths[0].read_bytes()
    assert [(0, 1), (1, 1)] == seen
    assert paths == run.contact_sheets(tmp_path / "foxes.jpg", tile=64)


@pytest.mark.parametrize("name", ["foxes.png", "foxes.webp"])
def test_pages_are_written_in_other_formats(run: Run, tmp_path: Path, name: str) -> None:
    """The ending says which."""
    (path,) = run.contact_sheets(tmp_path / name, tile=32)

    with Pillow.open(path) as page:
        assert path.suffix[1:].upper() == page.format
    assert (path,) == run.contact_sheets(tmp_path / name, tile=32)


def test_pages_without_words(run: Run, tmp_path: Path) -> None:
    """Where words are left out, the caption has none."""
    page = paper_pages(Board.of(run, prompt=False), 1, 64)[0]

    assert "fox" in Caption.of(run, page).prompt
    assert "" == Caption.of(run, page, prompt=False).prompt
    assert run.contact_sheets(tmp_path / "a.jpg", tile=32, prompt=False)


@pytest.mark.parametrize(
    ("path", "tile"), [("a.gif", 64), ("a", 64), ("a.jpg", 0), ("a.jpg", 9999)]
)
def test_pages_of_no_kind_are_refused(run: Run, tmp_path: Path, path: str, tile: int) -> None:
    """An ending or a size that is none is refused before anything is painted."""
    with pytest.raises(leo.InvalidRequest):
        run.contact_sheets(tmp_path / path, tile=tile)

    assert [] == list(tmp_path.glob("a*"))


@pytest.mark.parametrize("name", ["a.jpg", "a.png", "a.webp"])
def test_one_sheet_is_written_over_its_own_kind_alone(run: Run, tmp_path: Path, name: str) -> None:
    """A second one replaces the first; a picture of somebody else is left alone."""
    folder = tmp_path / "sheets"
    for _ in range(2):
        sheet = run.contact_sheet(folder / name, tile=32)
    Pillow.new("RGB", (8, 8)).save(folder / f"own-{name}")
    before = (folder / f"own-{name}").read_bytes()
    with pytest.raises(leo.ExportFailed, match="left alone"):
        run.contact_sheet(folder / f"own-{name}", tile=32)

    assert sheet.size == Pillow.open(io.BytesIO((folder / name).read_bytes())).size
    assert before == (folder / f"own-{name}").read_bytes()
    assert [name, f"own-{name}"] == sorted(file.name for file in folder.iterdir())


def test_one_sheet_has_a_format(run: Run, tmp_path: Path) -> None:
    """An ending that is none is one clear error."""
    with pytest.raises(leo.InvalidRequest, match=r"a\.txt ends otherwise"):
        run.contact_sheet(tmp_path / "a.txt", tile=32)


def test_reason_of_a_failed_cell_has_no_words_that_are_withheld(studio: Studio) -> None:
    """It is painted into the cell, and may quote the prompt."""
    failed = leo.sweep("nude", studio=studio, check=False, seed=[1, 2], **SMALL)
    failed.jobs[1].exception(20)
    page = paper_pages(legible(Board.of(failed)), 1, 256)[0]
    whole = paint(failed, page, None, Pictures(256))
    less = paint(failed, page, None, Pictures(256), Handout(failed, prompt=False))

    assert "nude" in str(failed.jobs[1].error)
    assert whole.tobytes() != less.tobytes()


def test_names_given_to_values_are_on_no_page_without_words(studio: Studio) -> None:
    """The values stand at its edge as they are."""
    seeds = {"ACME pick": 1, "other": 2}
    named = leo.sweep("a fox", studio=studio, seed=seeds, **SMALL).result(15)

    assert ("seed ACME pick", "seed other") == Board.of(named).columns
    assert ("seed 1", "seed 2") == Board.of(named, prompt=False).columns


def test_files_of_others_stay(run: Run, tmp_path: Path) -> None:
    """A picture that has the name of a page is not replaced."""
    Pillow.new("RGB", (9, 9)).save(tmp_path / "a-1.jpg")
    before = (tmp_path / "a-1.jpg").read_bytes()

    with pytest.raises(leo.ExportFailed):
        run.contact_sheets(tmp_path / "a.jpg", tile=32)

    assert before == (tmp_path / "a-1.jpg").read_bytes()


def test_labels_that_no_font_has_are_numbers_and_are_spelt_below(studio: Studio) -> None:
    """In the picture stands #1, and the words beside it say what that is."""
    run = leo.plan(["\U00012000\U00012001", "a fox"], studio=studio, seed=[1, 2]).start()
    run.cancel()

    found = legible(Board.of(run))

    assert {"#1", "a fox"} == set(found.rows)
    assert "#1 \U00012000\U00012001" in str(freeze_run(run).data["text/html"])


SEPARATORS = ["\n", "\r\n", "\t", "\x0b", "\x0c", "\x1c", "\x85", "\u2028", "\u2029", "\u202e"]


@pytest.mark.parametrize("mark", SEPARATORS)
def test_lines_in_a_value_are_written_on_one(run: Run, mark: str) -> None:
    """Beside a letter that is not ASCII they are more than Pillow can lay out."""
    prompts = [f"un café狐{mark}sur la table", "un thé"]
    styles = {f"ciné{mark}ma": "CINEMATIC", "b": "DYNAMIC"}
    several = leo.sweep(
        prompts, studio=run.studio, seed=[1, 2], presetStyle=styles, **SMALL
    ).result(15)

    shown = str(freeze_run(several).data["text/html"])
    contact_sheet(several, tile=64)

    assert mark not in shown
    assert "un café" in shown


def test_half_a_letter_in_a_label_is_written(run: Run) -> None:
    """No file can hold it, and no font has it."""
    styles = {"cin\ud800é": "CINEMATIC", "b": "DYNAMIC"}
    several = leo.sweep("a fox", studio=run.studio, presetStyle=styles, **SMALL).result(15)

    shown = str(freeze_run(several).data["text/html"])

    assert "cin\ufffdé" in shown
