from __future__ import annotations

import base64
import io
import re
from html.parser import HTMLParser
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from PIL import Image as Pillow
from PIL import ImageFont

from leonardo_nb.errors import Candidate, JobFailed, OutcomeUnknown
from leonardo_nb.money import Credits
from leonardo_nb.widgets.freeze import (
    columns,
    drawable,
    encode_jpeg,
    font_for,
    freeze_job,
    freeze_jobs,
    on_squares,
    on_white,
    wrapped,
)
from tests.widgets.conftest import FakeImage

if TYPE_CHECKING:
    from collections.abc import Callable

    from leonardo_nb.studios import Studio

WIDGET = "application/vnd.jupyter.widget-view+json"


class Page(HTMLParser):
    """The tags and the text of a piece of html."""

    def __init__(self, source: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(source)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Remember *tag*."""
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        """Remember *data*."""
        self.text += data


def html_of(bundle: Any) -> str:
    return str(bundle.data["text/html"])


def painted(bundle: Any) -> Pillow.Image:
    return Pillow.open(io.BytesIO(bundle.data["image/jpeg"]))


def noise(width: int, height: int) -> Pillow.Image:
    """Return what compresses worst."""
    pixels = np.random.default_rng(1).integers(0, 255, (height, width, 3), dtype=np.uint8)
    return Pillow.fromarray(pixels)


def test_done_job_of_the_simulator(studio: Studio) -> None:
    """A finished job freezes into html, a picture and a sentence, and no widget."""
    job = studio.generate("a fox", seed=42)
    job.result(timeout=10)

    bundle = freeze_job(job)

    assert ["image/jpeg", "text/html", "text/plain"] == sorted(bundle.data)
    assert '<Generation complete, 1 image, 8 credits: "a fox">' == bundle.data["text/plain"]
    assert "simulated" in Page(html_of(bundle)).text


def test_html_holds_the_picture(make_job: Callable[..., Any]) -> None:
    """Hosts prefer html over an image beside it, so the picture must be in the html."""
    job = make_job(pictures=2, state="complete", cost=Credits(11))

    images = [attrs for tag, attrs in Page(html_of(freeze_job(job))).tags if tag == "img"]

    assert 2 == len(images)
    assert all((image["src"] or "").startswith("data:image/jpeg;base64,") for image in images)
    assert f"1 of 2: {job.request.prompt}" == images[0]["alt"]


def test_prompt_is_text(make_job: Callable[..., Any]) -> None:
    """A prompt with markup and quotes is shown letter by letter and makes no tag."""
    job = make_job(pictures=1, state="complete")
    job.request.prompt = "<script>alert(\"x\")</script> 'q' & <b>"

    page = Page(html_of(freeze_job(job)))

    assert {"figure", "img", "figcaption", "div", "span"} == {tag for tag, _ in page.tags}
    assert job.request.prompt in page.text


@pytest.mark.parametrize("state", ["failed", "cancelled"])
def test_job_without_picture_is_words(make_job: Callable[..., Any], state: str) -> None:
    """A failed or stopped job leaves its sentence, and no picture."""
    error = JobFailed("It failed. `job.again()` sends it again.") if state == "failed" else None
    job = make_job(state=state, sent=True, id="sim-1", cost=Credits(11), error=error)

    bundle = freeze_job(job)
    text = Page(html_of(bundle)).text

    assert ["text/html", "text/plain"] == sorted(bundle.data)
    assert (state == "failed") == ("It failed." in text and "job.again()" in text)
    assert "sim-1" in text


def test_missing_file_leaves_the_words(
    make_job: Callable[..., Any], caplog: pytest.LogCaptureFixture
) -> None:
    """A file that was moved away costs the picture, not the output."""
    job = make_job(pictures=1, state="complete")
    job.images[0].path.unlink()

    assert ["text/html", "text/plain"] == sorted(freeze_job(job).data)
    assert "cannot be opened" in caplog.text


@pytest.mark.parametrize("count", [1, 4])
def test_bundle_fits_a_notebook(make_job: Callable[..., Any], count: int) -> None:
    """Even pictures of pure noise leave at most 300 kB in the saved notebook."""
    job = make_job(pictures=count, state="complete")
    for image in job.images:
        noise(1024, 768).save(image.path)

    bundle = freeze_job(job)
    jpeg = bundle.data["image/jpeg"]
    assert isinstance(jpeg, bytes)
    size = len(html_of(bundle)) + len(base64.b64encode(jpeg))

    assert size < 300_000


def test_painted_picture_is_on_white_with_a_caption(make_job: Callable[..., Any]) -> None:
    """Hosts that take images only get the words under the picture."""
    job = make_job(pictures=1, state="complete")
    Pillow.new("RGB", (1024, 768), "navy").save(job.images[0].path)

    picture = painted(freeze_job(job)).convert("L")
    below = np.asarray(picture)[610:]

    assert 800 == picture.width
    assert 255 == below[-1].min()
    assert below.min() < 80


def test_transparent_pictures_lie_on_white() -> None:
    """What is see-through is white, in the html too."""
    clear = Pillow.new("RGBA", (8, 8), (0, 0, 0, 0))

    assert (255, 255, 255) == on_white(clear).getpixel((4, 4))


def test_jpeg_keeps_its_budget() -> None:
    """Quality goes first, then pixels."""
    assert len(encode_jpeg(noise(600, 600), 20_000)) <= 20_000


@pytest.mark.parametrize(("count", "across"), [(1, 1), (2, 2), (3, 3), (4, 2), (6, 3), (8, 4)])
def test_columns(count: int, across: int) -> None:
    """Rows are full where they can be."""
    assert across == columns(count)


def test_letters_without_a_shape_are_dots() -> None:
    """The bundled font draws no boxes for what it lacks; accents go, other letters are dots."""
    font = ImageFont.load_default(18)

    assert "a · fox ·" == drawable("a 狐狸 fox 🦊", font)
    assert "naive cafe" == drawable("naïve café", font)


@pytest.mark.parametrize("layout", [ImageFont.Layout.BASIC, ImageFont.Layout.RAQM])
def test_what_is_drawn_is_on_one_line(layout: ImageFont.Layout) -> None:
    """Every way of laying out takes it, also the one of a Pillow without raqm."""
    try:
        font = ImageFont.truetype("DejaVuSans.ttf", 15, layout_engine=layout)
    except OSError:
        font = ImageFont.load_default(15)  # type: ignore[assignment]

    kept = drawable("caf\u00e9\r\n\ttable\x85\u2028\ud800\u00a0", font)

    assert font.getlength(kept) > 0
    assert {" "} == {letter for letter in kept if letter.isspace()}


def test_long_prompts_are_cut() -> None:
    """Three lines at most, none wider than asked for, even in one endless word."""
    font = font_for("a", 18)
    for text in ("a lighthouse at dawn " * 40, "x" * 1000):
        lines = wrapped(text, font, 300, most=3)

        assert 3 == len(lines)
        assert max(font.getlength(line) for line in lines) <= 300
        assert lines[-1].endswith("…")


def test_html_needs_no_theme(make_job: Callable[..., Any]) -> None:
    """Sanitisers drop variables; the caption inherits its colour instead."""
    source = re.sub(r"base64,[^\"]*", "", html_of(freeze_job(make_job(pictures=1))))

    assert "var(" not in source
    assert not re.search(r"[^-]color:", source)


def variation(make_job: Callable[..., Any], source: Pillow.Image, after: Pillow.Image) -> Any:
    """Return a variation that made *after* out of *source*."""
    job = make_job(kind="variation", pictures=1, source=source, state="complete", sent=True)
    after.save(job.images[0].path)
    job.images = [FakeImage(job.images[0].path)]
    return job


def test_frozen_video_is_a_still_with_its_facts(make_job: Callable[..., Any]) -> None:
    """Size, duration and file size are said, and how it is played again."""
    job = make_job(
        kind="video", noun="Video", pictures=1, film=True, state="complete", cost=Credits(300)
    )
    Pillow.new("RGB", (832, 480), "navy").save(job.images[0].path)

    bundle = freeze_job(job)
    text = Page(html_of(bundle)).text
    middle = painted(bundle).convert("L").crop((380, 200, 420, 260))

    assert "832 × 480, 5.0 s, 412 kB" in text  # noqa: RUF001  typographic
    assert ".card() of the job plays it" in text.replace("\N{NO-BREAK SPACE}", " ")
    assert '<Video complete, 1 video, 300 credits: "' in str(bundle.data["text/plain"])
    assert np.asarray(middle).max() > 230  # the mark is white, the sea is not


@pytest.mark.parametrize("pictures", [0, 1])
def test_frozen_video_without_a_still(make_job: Callable[..., Any], pictures: int) -> None:
    """A still that is missing, or cannot be read, is a dark frame in the video's shape."""
    job = make_job(kind="video", pictures=pictures, film=True, state="complete")
    for image in job.images:
        image.path.write_bytes(b"no picture")

    picture = painted(freeze_job(job))

    assert 800 == picture.width
    assert np.asarray(picture.convert("L").crop((0, 0, 800, 60))).max() < 60


def test_frozen_variation_is_a_labelled_pair(make_job: Callable[..., Any]) -> None:
    """Before and after stand side by side, equally high, with their sizes where these differ."""
    job = variation(
        make_job, Pillow.new("RGB", (64, 48), "red"), Pillow.new("RGB", (128, 96), "blue")
    )

    bundle = freeze_job(job)
    page = Page(html_of(bundle))
    images = [attrs for tag, attrs in page.tags if tag == "img"]
    picture = painted(bundle)

    assert 2 == len(images)
    assert "before, 64 × 48" in page.text  # noqa: RUF001  typographic
    assert "after, 128 × 96" in page.text  # noqa: RUF001  typographic
    red, _, blue = np.moveaxis(np.asarray(picture.convert("RGB"))[150], -1, 0)
    assert (True, True) == (bool(red[200] > 200 > blue[200]), bool(blue[600] > 200 > red[600]))


def test_pair_of_other_shapes_is_equally_high(make_job: Callable[..., Any]) -> None:
    """Columns are as wide as their pictures need."""
    job = variation(
        make_job, Pillow.new("RGB", (100, 100), "red"), Pillow.new("RGB", (300, 100), "blue")
    )

    assert "grid-template-columns:1fr 3fr" in html_of(freeze_job(job))


def test_cut_out_picture_lies_on_squares(make_job: Callable[..., Any]) -> None:
    """One sees that the background is gone."""
    cut = Pillow.new("RGBA", (64, 64), (0, 0, 0, 0))
    job = variation(make_job, Pillow.new("RGB", (64, 64), "red"), cut)
    shades = set(np.asarray(on_squares(cut).convert("L")).ravel().tolist())

    assert {227, 255} == shades
    assert "after" in Page(html_of(freeze_job(job))).text


def test_variation_whose_source_is_gone_stands_alone(
    make_job: Callable[..., Any], caplog: pytest.LogCaptureFixture
) -> None:
    """There is nothing to compare, so nothing is labelled."""
    job = variation(
        make_job, Pillow.new("RGB", (64, 48), "red"), Pillow.new("RGB", (64, 48), "blue")
    )
    job.source.path.unlink()

    page = Page(html_of(freeze_job(job)))

    assert 1 == sum(tag == "img" for tag, _ in page.tags)
    assert "before" not in page.text
    assert "cannot be opened" in caplog.text


def test_jobs_that_share_an_output_share_its_bytes(make_job: Callable[..., Any]) -> None:
    """What a card's buttons have made is kept below it, in no more room than one job has."""
    job = make_job(pictures=1, state="complete", sent=True)
    noise(1024, 768).save(job.images[0].path)

    bundle = freeze_jobs([job, job, job])
    jpeg = bundle.data["image/jpeg"]
    assert isinstance(jpeg, bytes)

    assert 3 == sum(tag == "figure" for tag, _ in Page(html_of(bundle)).tags)
    assert len(html_of(bundle)) + len(base64.b64encode(jpeg)) < 300_000
    assert 3 == len(str(bundle.data["text/plain"]).splitlines())


def test_an_unknown_outcome_freezes_into_its_candidates(make_job: Callable[..., Any]) -> None:
    """Without buttons: what may be paid, whole ids to take one with, and where the buttons are."""
    name = "4f3a2b1c-0000-4000-8000-000000000001"
    candidates = (Candidate(name, None, "COMPLETE"), Candidate("b", None, "x<b>", ("seed", "<i>")))
    error = OutcomeUnknown("The answer was lost. Take 4f3a.", candidates=candidates)
    page = Page(html_of(freeze_job(make_job(state="failed", sent=True, error=error))))

    assert {"button", "i", "script"}.isdisjoint({tag for tag, _ in page.tags})
    for words in (
        *(
            "Outcome unknown",
            "11 credits perhaps paid",
            "The answer was lost.",
            "2 of the account's",
        ),
        *(name, "no difference known", "seed, <i> differ", ".card() of the job has the buttons"),
    ):
        assert words in page.text


@pytest.mark.parametrize("pictures", [0, 1])
def test_what_happened_to_its_answer_is_in_the_frozen_card(
    make_job: Callable[..., Any], pictures: int
) -> None:
    """A job that was sent again says so below its picture, and in the painted one."""
    facts = {"state": "complete", "sent": True, "id": "x", "pictures": pictures}
    usual, again = (freeze_job(make_job(**facts, resent=times)) for times in (0, 1))

    assert "so it was sent once more." in Page(html_of(again)).text
    assert "sent once more" not in html_of(usual)
    if pictures:
        assert painted(usual).height < painted(again).height


def test_what_the_library_had_says_what_it_cost_now(make_job: Callable[..., Any]) -> None:
    """Nothing; and it says the day of the picture, not how long it once took."""
    job = make_job(state="complete", pictures=1, reused=True, cost=Credits(11), elapsed=8.0)
    text = Page(html_of(freeze_job(job))).text

    assert "from the library, no cost" in text
    assert "made 22 November 2026" in text
    assert "11 credits" not in text
    assert "8.0 s" not in text
