"""The library's jobs as a table."""

from __future__ import annotations

import dataclasses
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import anyio
import anyio.to_thread
import PIL.Image
import pytest

import leonardo_nb as leo
from leonardo_nb.account.jobs import JobTable
from leonardo_nb.errors import LibraryError
from leonardo_nb.library.files import StoredFile
from leonardo_nb.library.records import JobRecord, MediaFile
from leonardo_nb.money import Credits
from leonardo_nb.simulator import Simulator
from leonardo_nb.studios import Studio

if TYPE_CHECKING:
    from pathlib import Path

SMALL: dict[str, Any] = {"width": 64, "height": 64, "alchemy": False, "num_images": 1}


def record(uid: str = "u1", **facts: Any) -> JobRecord:
    return dataclasses.replace(
        JobRecord(
            uid=uid,
            kind="generation",
            state="complete",
            request={"prompt": 'a "fox" 🦊', "seed": 7},
            content_key="k",
            simulated=True,
            base_url="http://simulator.invalid",
            created=datetime(2026, 1, 1, 12, tzinfo=UTC),
        ),
        **facts,
    )


def whats(table: JobTable) -> list[str]:
    return [table.cells(row)[1].text for row in table]


def noisy(path: Path) -> MediaFile:
    """A picture that is as large as a small picture can be."""
    PIL.Image.effect_noise((120, 120), 120).convert("RGB").save(path, "JPEG", quality=95)
    return MediaFile("i", "https://x", False, StoredFile(path, "ab", "image/jpeg", 120, 120, 1))


def test_prompts_are_text() -> None:
    """Markup is escaped in HTML, and nothing in a prompt steers a terminal."""
    table = JobTable([record(request={"prompt": "<script>\x1b[31m", "seed": 7})], total=1)

    assert "&lt;script&gt;" in table._repr_html_()
    assert "<script>" not in table._repr_html_()
    assert "\x1b" not in repr(table)


def test_every_kind_has_words() -> None:
    """A job without a prompt says what it does; one that cannot be read says what it was."""
    jobs = [
        record("1"),
        record("2", kind="video", endpoint="generations-text-to-video", request={"prompt": "sea"}),
        record("3", kind="variation", endpoint="variations/nobg", request={"id": "i1"}),
        record("4", kind="variation", endpoint="variations/nobg", request={"member": "unknown"}),
        record("5", kind="video", endpoint="of-tomorrow", request={"prompt": "a fox"}),
        record("6", kind="video", endpoint="of-tomorrow", request={}),
    ]

    assert [
        'a "fox" 🦊',
        "sea",
        "Remove background",
        "Variation",
        "a fox",
        "Video",
    ] == whats(JobTable(jobs, total=6))


def test_a_variation_says_of_what(studio: leo.Studio) -> None:
    """Its source's words follow, through as many steps as the library knows."""
    fox = studio.generate("a red fox in the snow", **SMALL).result()[0]
    wide = fox.unzoom().result()
    wide.nobg().result()
    fox.upscale().result()

    assert [
        "Upscale of a red fox in the snow",
        "Remove background of unzoom of a red fox in the snow",
        "Unzoom of a red fox in the snow",
        "a red fox in the snow",
    ] == whats(studio.jobs())


def test_what_was_made_of_a_circle_ends() -> None:
    """Rows that say they were made of each other are told in a few words."""
    row = record(kind="variation", endpoint="variations/upscale", request={"id": "i1"})

    [what] = whats(JobTable([row], total=1, made=lambda _: row))

    assert "Upscale of upscale of upscale of upscale of upscale" == what


def test_a_library_that_is_gone_still_has_its_rows() -> None:
    """A table that was made before shows itself; it only no longer knows of what."""

    def gone(_: str) -> JobRecord | None:
        raise LibraryError("The library is gone.")

    row = record(kind="variation", endpoint="variations/upscale", request={"id": "i1"})

    assert ["Upscale"] == whats(JobTable([row], total=1, made=gone))


@pytest.mark.parametrize(
    ("simulated", "said"),
    [
        ([True], "1 of 1,200 jobs, simulated."),
        ([True, False], "2 of 1,200 jobs, 1 of them simulated."),
        ([False], "1 of 1,200 jobs."),
    ],
)
def test_the_foot_says_how_much_is_left_out(simulated: list[bool], said: str) -> None:
    """A page of a larger library says so, and what was only simulated."""
    table = JobTable([record(simulated=each) for each in simulated], total=1200)

    assert said in repr(table)
    assert said in table._repr_html_()


def test_a_part_is_a_table_of_the_same_library(studio: leo.Studio) -> None:
    """A slice keeps the total, and its rows are the library's."""
    for seed in range(3):
        studio.generate("a fox", seed=seed, **SMALL).result()

    part = studio.jobs()[:2]

    assert (JobTable, 2, 3) == (type(part), len(part), part.total)
    assert [2, 1] == [row.request["seed"] for row in part]


def test_each_row_has_a_small_picture(studio: leo.Studio) -> None:
    """Of its first file; none where the file was taken away, or where there is none."""
    first = studio.generate("a fox", **SMALL).result()[0]
    studio.generate("a fox", **SMALL).result()
    first.path.unlink()
    table = studio.jobs()

    assert [True, False] == [table.picture(row) is not None for row in table]
    assert 1 == table._repr_html_().count("<img")


def test_files_are_opened_when_they_are_shown(tmp_path: Path) -> None:
    """Making and printing a table opens none; showing it opens those of one page."""
    media = noisy(tmp_path / "a.jpg")
    table = JobTable([record(str(at), media=(media,)) for at in range(60)], total=60)
    repr(table)
    before = len(table._pictures)
    page = table._repr_html_()

    assert (0, 50) == (before, len(table._pictures))
    assert 51 == page.count("<tr")
    assert "The first 50 are shown." in page


def test_a_page_fits_into_a_saved_notebook(tmp_path: Path) -> None:
    """The longest prompts and the noisiest pictures stay under 300 kB together."""
    media = noisy(tmp_path / "a.jpg")
    request = {"prompt": "<&'🦊" * 400, "seed": 9_999_999_998}
    rows = [record(str(at), request=request, media=(media,) * 4) for at in range(200)]

    page = JobTable(rows, total=10**9)._repr_html_()

    assert 20 < page.count("<img")
    assert len(page.encode()) < 300_000


def test_an_empty_library_says_so(studio: leo.Studio) -> None:
    """In words, without an empty table."""
    assert "no jobs" == repr(studio.jobs())
    assert "No jobs." in studio.jobs()._repr_html_()


@pytest.mark.parametrize(
    ("facts", "state", "cost"),
    [
        ({"cost": Credits(8)}, "complete", "8 credits"),
        ({"state": "failed", "cost": Credits(8), "charge": "refunded"}, "failed",
         "8 credits refunded"),
        ({"state": "request", "charge": "unknown", "price": Credits(8), "error": "Lost."},
         "request, answer lost", "perhaps 8 credits"),
        ({"state": "request", "charge": "unknown", "error": "Lost."}, "request, answer lost",
         "perhaps paid"),
        ({"state": "request", "charge": "unknown"}, "request", "perhaps paid"),
        ({"charge": "charged", "price": Credits(8)}, "complete", "8 credits"),
        ({"cost": Credits(8), "resent": 1}, "complete, sent again once", "8 credits"),
    ],
)  # fmt: skip
def test_a_row_says_what_it_may_have_cost(facts: dict[str, Any], state: str, cost: str) -> None:
    """An answer that was lost is neither paid nor unpaid, and what was given back is said."""
    table = JobTable([record(**facts)], total=1)
    cells = dict(zip(table.columns, table.cells(table[0]), strict=True))

    assert (state, cost) == (cells["state"].text, cells["cost"].text)


async def test_a_job_that_has_no_id_has_the_librarys_name(tmp_path: Path) -> None:
    """`leo.job` takes the name as it is shown, so a lost answer is decided after a restart."""
    simulator = Simulator(speed=50)
    before = Studio(simulator=simulator, library=tmp_path)
    simulator.script(method="POST", path="/generations", status=503)
    lost = before.generate("a fox", resend="never", **SMALL)
    with pytest.raises(leo.OutcomeUnknown):
        await lost
    before.close()
    after = Studio(simulator=simulator, library=tmp_path)
    table = after.jobs()

    name, mark = table.cells(table[0])[-1].text.split(" ")
    again = await anyio.to_thread.run_sync(lambda: after.job(name).resend())
    await again

    assert ("(own)", 8, lost.uid) == (mark, len(name), again.uid)
    assert "An id with (own) is the library's own" in repr(table)
    after.close()


def test_a_prompt_has_no_name() -> None:
    """`leo.job` finds none, so no id of it is shown, and no mark is explained."""
    table = JobTable([record(kind="prompt", request={"prompt": "a fox"})], total=1)

    assert "" == table.cells(table[0])[-1].text
    assert "own" not in repr(table)
