from __future__ import annotations

import gc
import io
import weakref
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageFilter

import leonardo_nb as leo
from leonardo_nb.errors import InvalidRequest
from leonardo_nb.simulator.painter import paint
from leonardo_nb.sweeps.measuring.measure import Memory, measure, memory, small
from leonardo_nb.sweeps.measuring.metrics import METRICS, SIDE, metric_named, numbers_of, oklab

if TYPE_CHECKING:
    from leonardo_nb.simulator import Simulator
    from leonardo_nb.studios import Studio
    from leonardo_nb.sweeps.run import Run

SMALL: dict[str, Any] = {"width": 64, "height": 64}


@pytest.fixture(scope="module")
def fox() -> Image.Image:
    return paint({"prompt": "a fox", "seed": 1}, width=SIDE, height=SIDE)


@pytest.fixture
def run(studio: Studio) -> Run:
    started = leo.sweep("a fox", studio=studio, seed=[1, 2], guidance_scale=[3, 7], **SMALL)
    return started.result(15)


def encoded(image: Image.Image, kind: str = "PNG") -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, kind)
    return buffer.getvalue()


def bits(name: str, image: Image.Image) -> np.ndarray[Any, Any]:
    return np.asarray(METRICS[name].measure(image))


# -- what each one sees


@settings(max_examples=30, deadline=None)
@given(st.binary(min_size=12, max_size=300), st.sampled_from(sorted(METRICS)))
def test_metrics_stay_in_their_range(data: bytes, name: str) -> None:
    """Any picture at all has finite numbers, within what the metric says of itself."""
    metric = METRICS[name]
    image = Image.frombytes("RGB", (len(data) // 3, 1), data[: len(data) // 3 * 3])

    found = numbers_of(metric.measure(image.resize((40, 30))))

    assert metric.low is not None
    assert metric.high is not None
    bounds = (0, 1) if metric.is_hash else (-1.1 if name == "colour" else 0, metric.high)
    assert bounds[0] <= found.min() <= found.max() <= bounds[1]


@pytest.mark.parametrize(
    ("name", "black", "white"),
    [("brightness", 0, 1), ("contrast", 0, 0), ("entropy", 0, 0), ("edges", 0, 0)],
)
def test_even_pictures_are_where_they_belong(name: str, black: float, white: float) -> None:
    """Black and white are the ends of brightness, and have nothing of the rest."""
    ends = [METRICS[name].measure(Image.new("RGB", (9, 9), each)) for each in ("black", "white")]

    assert pytest.approx([black, white], abs=1e-6) == ends


def test_oklab_is_that_of_its_author() -> None:
    """Pure red, as CSS Color 4 has it: lightness 0.628, a 0.225, b 0.126."""
    red = oklab(Image.new("RGB", (1, 1), (255, 0, 0)))[0, 0]

    assert pytest.approx([0.628, 0.225, 0.126], abs=5e-4) == red


def test_colourfulness_is_none_of_grey(fox: Image.Image) -> None:
    """A picture loses all of it with its colours."""
    grey = fox.convert("L").convert("RGB")

    assert 0 == METRICS["colourfulness"].measure(grey)
    assert METRICS["colourfulness"].measure(fox) > 10  # type: ignore[operator]


def test_noise_has_every_grey_value_and_many_edges() -> None:
    """Nearly 8 bits, and more edges than the same picture blurred."""
    random = np.random.default_rng(0).integers(0, 256, (SIDE, SIDE, 1), np.uint8)
    noise = Image.fromarray(np.repeat(random, 3, axis=2))
    blurred = noise.filter(ImageFilter.GaussianBlur(3))
    edges = METRICS["edges"].measure

    assert pytest.approx(8, abs=0.01) == METRICS["entropy"].measure(noise)
    assert edges(noise) > 5 * edges(blurred)  # type: ignore[operator]


@pytest.mark.parametrize("name", ["phash", "dhash"])
def test_hashes_stay_where_only_the_file_changed(name: str, fox: Image.Image) -> None:
    """A poor JPEG of half its size differs in at most 4 of 64 bits, another picture in 10."""
    buffer = io.BytesIO()
    fox.resize((SIDE // 2, SIDE // 2)).save(buffer, "JPEG", quality=40)
    other = paint({"prompt": "a boat at night", "seed": 9}, width=SIDE, height=SIDE)

    assert (bits(name, fox) != bits(name, small(buffer.getvalue()))).sum() <= 4
    assert (bits(name, fox) != bits(name, other)).sum() >= 10


def test_even_pictures_have_the_same_hash() -> None:
    """What is left of 0 in the cosine transform is not taken for a wave."""
    shades = [Image.new("RGB", (64, 64), (n, n, n)) for n in (30, 77, 201)]

    assert 1 == len({bits("phash", each).tobytes() for each in shades})


# -- reading


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
def test_pictures_are_read_at_one_size(kind: str, fox: Image.Image) -> None:
    """The longer side has 256 pixels, of a large picture as of a small one."""
    sizes = [
        small(encoded(fox.resize(size), kind)).size for size in ((1200, 600), (60, 30), (30, 60))
    ]

    assert [(256, 128), (256, 128), (128, 256)] == sizes


def test_transparent_pictures_are_read_on_white() -> None:
    """What is not there is white, as it is on a page."""
    clear = Image.new("RGBA", (10, 10), (255, 0, 0, 0))

    assert (255, 255, 255) == small(encoded(clear)).getpixel((0, 0))


def test_each_picture_is_measured_once(run: Run) -> None:
    """A second question is answered from memory, also one for another sweep's same pictures."""
    seen = []

    def width(image: Image.Image) -> int:
        seen.append(image.size)
        return image.width

    first = measure(run, width)
    measure(run, width)

    assert [256.0] * 4 == first.numbers.ravel().tolist()
    assert 4 == len(seen)


def test_what_a_function_gave_goes_with_it(run: Run) -> None:
    """A cell that is run again leaves neither its function nor its results behind."""
    before = memory.bytes

    def metric(image: Image.Image) -> object:
        return np.ones(4096) * image.width

    measure(run, metric)
    kept = memory.bytes
    gone = weakref.ref(metric)
    del metric
    gc.collect()

    assert kept - before >= 4 * 32_768
    assert (None, before) == (gone(), memory.bytes)


def test_memory_has_a_limit_in_bytes() -> None:
    """The function that has most forgets its oldest results."""
    held = Memory(100_000)
    large, small_one = metric_named(lambda image: 1), metric_named(lambda image: 2)
    held.put("first", {small_one: np.ones(8)})
    for n in range(9):
        held.put(f"{n}", {large: np.ones(4000)})

    assert held.bytes <= 100_000
    assert held.get(small_one, "first") is not None
    assert held.get(large, "0") is None
    assert held.get(large, "8") is not None


def test_an_error_in_a_function_names_its_cell_and_stops_nothing_else(run: Run) -> None:
    """Three of four are measured; the fourth is a hole, with its coordinates and the reason."""
    bad = run.images[2].read_bytes()
    wrong = np.asarray(small(bad))

    def picky(image: Image.Image) -> float:
        if np.array_equal(np.asarray(image), wrong):
            raise ZeroDivisionError("no legs")
        return 1.0

    found = measure(run, picky)

    assert 3 == len(found.cells)
    assert {2: "picky at seed=2, guidance_scale=3: ZeroDivisionError: no legs"} == found.failures
    assert found.notes == [
        (
            "1 cell could not be measured. The first: picky at seed=2, guidance_scale=3: "
            "ZeroDivisionError: no legs."
        )
    ]


@pytest.mark.parametrize(
    ("given", "why"),
    [
        (float("nan"), "which is not finite"),
        ("a lot", "which is no number and no array"),
        ([], "it gave 0 numbers"),
    ],
)
def test_a_function_that_gives_no_number_is_told_so(run: Run, given: object, why: str) -> None:
    """Where no picture can be measured, the error has the first one's reason."""
    with pytest.raises(InvalidRequest, match=why):
        measure(run, lambda image: given)


def test_a_function_is_called_for_one_picture_at_a_time(run: Run) -> None:
    """Pictures are read by several threads; what is the user's need not bear that."""
    inside: list[int] = []
    most: list[int] = []

    def counting(image: Image.Image) -> float:
        inside.append(1)
        most.append(len(inside))
        inside.pop()
        return 1.0

    measure(run, counting)

    assert [1, 1, 1, 1] == most


def test_a_file_that_is_gone_is_a_hole(run: Run) -> None:
    """The others are measured, and the note says which one is not."""
    run.images[0].path.unlink()

    found = measure(run, lambda image: image.height)  # a function that has seen none of them

    assert 3 == len(found.cells)
    assert "seed=1, guidance_scale=3: the picture cannot be read" in found.failures[0]


def test_failed_cells_are_holes(studio: Studio, simulator: Simulator) -> None:
    """They have no picture, and the note counts them."""
    simulator.script(method="POST", path="/generations", fail=True, times=1)
    run = leo.sweep("a fox", studio=studio, seed=[1, 2, 3], **SMALL).result(15)

    found = measure(run, "brightness")

    assert 2 == len(found.cells)
    assert ["1 cell has no picture and has no part in it."] == found.notes


def test_arrays_of_another_length_are_holes(run: Run) -> None:
    """The first one's length is every one's."""
    odd = np.asarray(small(run.images[3].read_bytes()))

    found = measure(run, lambda image: np.ones(2 + np.array_equal(np.asarray(image), odd)))

    assert 3 == len(found.cells)
    assert ["it gave 3 numbers, and 2 before"] == [
        why.partition(": ")[2] for why in found.failures.values()
    ]


# -- names


def test_unknown_metric_names_the_nearest() -> None:
    """One sentence, with every name there is."""
    with pytest.raises(InvalidRequest) as caught:
        metric_named("brightnes")

    assert caught.value.nearest == "brightness"
    assert 'there is no "brightnes"; did you mean "brightness"?' in str(caught.value)


def test_american_spelling_is_understood() -> None:
    """Nobody has to know how we write colour."""
    assert [METRICS["colour"], METRICS["colourfulness"]] == [
        metric_named(name) for name in ("color", "Colorfulness")
    ]


def test_what_is_no_metric_is_refused() -> None:
    """A number is neither a name nor a function."""
    with pytest.raises(TypeError, match=r"metric=3 must be a name \(phash"):
        metric_named(3)


def test_no_picture_yet_is_an_error(studio: Studio, simulator: Simulator) -> None:
    """It says how far the sweep is, and how to wait."""
    simulator.script(method="POST", path="/generations", fail=True, times=2)
    run = leo.sweep("a fox", studio=studio, seed=[1, 2], **SMALL)
    with pytest.raises(leo.SweepFailed):
        run.result(15)

    with pytest.raises(InvalidRequest, match=r"no cell of this sweep has a picture yet"):
        measure(run, "phash")


# -- the table


def test_table_has_a_row_a_picture_and_every_metric(run: Run) -> None:
    """Coordinates first, then numbers; hashes are text that can be copied."""
    table = run.metrics()

    assert ("seed", "guidance_scale", *METRICS) == table.columns
    assert 4 == len(table)
    assert 16 == len(str(table[0].found["phash"]))
    assert "<code" in table._repr_html_()
    assert 5 == len(repr(run.metrics("edges")).split("\n\n")[0].splitlines())


def test_table_becomes_a_frame(run: Run) -> None:
    """Numbers stay numbers, and a point has a column for each of them."""
    frame = run.metrics("colour", "brightness").to_pandas()

    assert ["seed", "guidance_scale", "colour_L", "colour_a", "colour_b", "brightness"] == list(
        frame.columns
    )
    assert frame["brightness"].tolist() == pytest.approx(frame["colour_L"].tolist())


def test_functions_of_one_name_have_a_column_each(run: Run) -> None:
    """Two lambdas are told apart by number."""
    table = run.metrics(lambda image: image.width, lambda image: image.height / 2)

    assert ("<lambda>", "<lambda> 2") == table.columns[2:]
    assert {"<lambda>": 256.0, "<lambda> 2": 128.0} == table[0].found
