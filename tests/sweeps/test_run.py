from __future__ import annotations

import asyncio
import builtins
import re
from typing import TYPE_CHECKING, Any

import pytest

import leonardo_nb as leo
from leonardo_nb.engine.kinds import GenerationJob
from leonardo_nb.sweeps.run import Run
from leonardo_nb.widgets.sheet_view import head_view

if TYPE_CHECKING:
    from pathlib import Path

    from leonardo_nb.simulator import Simulator
    from leonardo_nb.studios import Studio
    from leonardo_nb.testing import ManualClock

SMALL: dict[str, Any] = {"width": 64, "height": 64}
STYLES = ["CINEMATIC", "DYNAMIC"]


@pytest.fixture
def run(studio: Studio) -> Run:
    """Six cells, all done."""
    started = leo.sweep("a fox", studio=studio, seed=[1, 2, 3], presetStyle=STYLES, **SMALL)
    return started.result(15)


def some_failed(studio: Studio, simulator: Simulator, times: int) -> Run:
    simulator.script(method="POST", path="/generations", fail=True, times=times)
    return leo.sweep("a fox", studio=studio, seed=[1, 2, 3], **SMALL)


# -- waiting


def test_result_is_the_run_with_every_picture(run: Run, simulator: Simulator) -> None:
    """Six cells are six jobs and six pictures, in the cells' order."""
    assert (6, 6, 6) == (run.counts.done, len(run.images), simulator.creates)
    assert [cell.request.seed for cell in run.cells] == [image.seed for image in run.images]


async def test_run_can_be_awaited_many_times(run: Run) -> None:
    """From any loop, before and after it has ended."""
    assert [run, run] == [await run, await run]


async def test_giving_up_waiting_does_not_stop_the_run(studio: Studio) -> None:
    """A cancelled waiter leaves the jobs alone, and its cell ends with a sentence."""
    started = leo.sweep("a fox", studio=studio, seed=[1, 2], **SMALL)
    waiter = asyncio.ensure_future(_awaited(started))
    await asyncio.sleep(0)
    waiter.cancel()
    with pytest.raises(asyncio.CancelledError, match=r"the sweep goes on. `await run` waits again"):
        await waiter

    assert 2 == (await started).counts.done


async def test_giving_up_keeps_what_was_said(studio: Studio) -> None:
    """Whoever cancels with a reason of his own reads his own."""
    started = leo.sweep("a fox", studio=studio, seed=[1, 2], **SMALL)
    waiter = asyncio.ensure_future(_awaited(started))
    await asyncio.sleep(0)
    waiter.cancel("too slow")
    with pytest.raises(asyncio.CancelledError, match=r"^too slow$"):
        await waiter

    await started


async def _awaited(run: Run) -> Run:
    return await run


def test_failed_cells_do_not_stop_the_rest(studio: Studio, simulator: Simulator) -> None:
    """The run is there, and `failures` says which cells failed and why."""
    run = some_failed(studio, simulator, 1).result(15)

    assert (2, 1) == (run.counts.done, run.counts.failed)
    assert [leo.JobFailed] == [type(error) for error in run.failures.values()]


def test_run_without_a_picture_raises(studio: Studio, simulator: Simulator) -> None:
    """Where all cells failed there is nothing to go on with."""
    with pytest.raises(leo.SweepFailed, match="All 3 cells of the sweep failed") as caught:
        some_failed(studio, simulator, 3).result(15)

    assert [0, 1, 2] == sorted(caught.value.failures)


def test_reason_of_all_is_said_once(studio: Studio, simulator: Simulator) -> None:
    """Each cell has an id of its own and they failed alike, which the ids must not hide."""
    with pytest.raises(leo.SweepFailed) as caught:
        some_failed(studio, simulator, 3).result(15)

    said = str(caught.value)
    assert "All 3 cells of the sweep failed. Each: " in said
    assert [] == re.findall(r"[0-9a-f]{8}-", said)


def test_refunded_cells_cost_nothing(studio: Studio, simulator: Simulator) -> None:
    """The service gives back what a failed job cost."""
    run = some_failed(studio, simulator, 1).result(15)
    one = next(job.cost for job in run.jobs if job.images)
    assert one is not None

    assert one * 2 == run.cost == run.price


def test_equal_cells_are_one_job(studio: Studio, simulator: Simulator) -> None:
    """`ANIME` left out and `alchemy` written out as it is by default ask for the same."""
    run = leo.sweep("a fox", studio=studio, seed=1, alchemy=[None, True], **SMALL).result(15)

    assert (2, 1, 2) == (len(run), simulator.creates, run.counts.done)


def test_subscribers_hear_of_every_change(studio: Studio) -> None:
    """Until they unsubscribe, on the engine's thread."""
    started = leo.sweep("a fox", studio=studio, seed=[1, 2], **SMALL)
    heard: list[Run] = []
    stop = started.subscribe(heard.append)
    started.result(15)
    studio.engine.wait(studio.engine.run(asyncio.sleep, 0))
    stop()

    assert {started} == set(heard)


# -- stopping


def test_cancel_withdraws_what_is_not_sent(studio: Studio, simulator: Simulator) -> None:
    """What is sent is paid for, and finishes; the rest costs nothing."""
    run = leo.sweep("a fox", studio=studio, seed=range(40), **SMALL)
    withdrawn = run.cancel()
    for job in run:
        job.exception(15)

    assert withdrawn == sum(not job.sent for job in run)
    assert 40 - withdrawn == run.counts.done == simulator.creates


def test_cancel_when_three_are_sent(studio: Studio, simulator: Simulator) -> None:
    """Of forty cells three are drawn, and thirty-seven are withdrawn."""
    withdrawn: list[int] = []

    def stop(run: Run) -> None:
        if not withdrawn and sum(job.sent for job in run) == 3:
            withdrawn.append(run.cancel())

    async def start() -> Run:
        run = leo.sweep("a fox", studio=studio, seed=range(40), **SMALL)
        run.subscribe(stop)  # on the engine's own thread nothing can be sent in between
        return run

    run = studio.engine.wait(studio.engine.run(start))
    for job in run:
        job.exception(15)

    assert [37] == withdrawn
    assert (3, 37, 3) == (run.counts.done, run.counts.stopped, simulator.creates)


def test_stopped_run_says_so(studio: Studio) -> None:
    """Where nothing was drawn, waiting ends with an error that says why."""

    async def start_and_stop() -> Run:
        run = leo.sweep("a fox", studio=studio, seed=[1, 2], **SMALL)
        for job in run:
            job.cancel()  # on the engine's own thread nothing can be sent in between
        return run

    run = studio.engine.wait(studio.engine.run(start_and_stop))

    with pytest.raises(leo.JobCancelled, match="All 2 cells of the sweep were stopped"):
        run.result(15)


# -- parts and views


def test_sel_gives_a_smaller_run(run: Run) -> None:
    """An axis with one value is no axis any more."""
    part = run.sel(seed=2)

    assert isinstance(part, Run)
    assert (["presetStyle"], 2, 2) == (
        [axis.name for axis in part.axes],
        len(part),
        part.fixed["seed"],
    )


def test_sel_of_one_cell_gives_its_job(run: Run) -> None:
    """Spelled as the user likes."""
    job = run.sel(seed=2.0, preset_style="dynamic")

    assert isinstance(job, GenerationJob)
    assert (2, "DYNAMIC") == (job.request.seed, str(job.request.presetStyle))


def test_sel_of_several_values_keeps_the_axis(run: Run) -> None:
    """In the axis's own order."""
    part = run.sel(seed=[3, 1])

    assert isinstance(part, Run)
    assert ((1, 3), 4) == (part.axes[0].values, len(part))


def test_sel_of_a_missing_value_names_the_nearest(run: Run) -> None:
    """The error lists what there is."""
    with pytest.raises(
        leo.InvalidRequest, match=r"the nearest value is 3\. It has 1, 2, 3\."
    ) as caught:
        run.sel(seed=7)

    assert 3 == caught.value.nearest


def test_sel_of_an_axis_given_twice_is_refused(run: Run) -> None:
    """Which spelling should win is nobody's guess."""
    with pytest.raises(leo.UnknownParameter, match=r"^sel\(\): presetStyle is given twice"):
        run.sel(presetStyle="CINEMATIC", preset_style="DYNAMIC")


@pytest.mark.parametrize(
    ("typed", "hint"),
    [("foo", "."), ("preset", '; did you mean "presetStyle"?'), ("sead", '; did you mean "seed"?')],
)
def test_sel_of_no_axis_names_those_there_are(run: Run, typed: str, hint: str) -> None:
    """And the nearest, where one is near."""
    with pytest.raises(leo.InvalidRequest) as caught:
        run.sel(**{typed: 1})

    assert f'sel(): "{typed}" is no axis of this sweep; it has seed, presetStyle{hint}' == str(
        caught.value
    )


def test_sel_of_what_does_not_vary_is_refused(run: Run) -> None:
    """A fixed parameter is no coordinate."""
    with pytest.raises(leo.InvalidRequest, match="guidance_scale is no axis of this sweep"):
        run.sel(guidance_scale=7)


def test_part_of_a_run_waits_for_its_own_cells(run: Run) -> None:
    """A view is a run: it can be awaited, counted and shown."""
    part = run.sel(seed=1)

    assert isinstance(part, Run)
    assert part is part.result(1)


def test_grid_turns_the_axes(run: Run) -> None:
    """The same jobs, laid out otherwise."""
    turned = run.grid(x="presetStyle", y="seed")

    assert ("presetStyle", "seed") == (
        turned.layout.x and turned.layout.x.name,
        turned.layout.y and turned.layout.y.name,
    )
    assert run.jobs == turned.jobs


# -- the table


def test_table_has_a_row_a_cell(run: Run) -> None:
    """Coordinates first, then what became of it."""
    table = run.to_pandas()

    assert ["seed", "presetStyle", "state", "cost", "seconds", "path", "error"] == list(table)
    assert [1, 1, 2, 2, 3, 3] == table["seed"].tolist()
    assert {"complete"} == set(table["state"])


def test_table_says_why_a_cell_failed(studio: Studio, simulator: Simulator) -> None:
    """The error is a column."""
    table = some_failed(studio, simulator, 1).result(15).to_pandas()

    assert 1 == table["error"].notna().sum()


def test_table_without_pandas_says_what_to_install(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The table is an extra."""
    real = builtins.__import__

    def without(name: str, *args: Any, **kwargs: Any) -> Any:
        if name == "pandas":
            raise ImportError(name)
        return real(name, *args, **kwargs)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(ImportError, match=r"leonardo_nb\[pandas\]"):
        run.to_pandas()


def test_repr_counts_the_cells(run: Run) -> None:
    """Nothing in it changes from one run of a notebook to the next."""
    assert "<Run of 6 cells: 6 done>" == repr(run)


def test_contact_sheet_is_saved(run: Run, tmp_path: Path) -> None:
    """The ending says the format."""
    sheet = run.contact_sheet(tmp_path / "sheet.png", tile=64)

    assert (tmp_path / "sheet.png").read_bytes().startswith(b"\x89PNG")
    assert sheet.width > 3 * 64


@pytest.mark.parametrize("tile", [0, -1, 2.5, "64", True, None])
def test_contact_sheet_has_pictures_of_some_size(run: Run, tile: Any) -> None:
    """Anything but a whole number of pixels is refused by name."""
    with pytest.raises(leo.InvalidRequest, match="whole number of pixels above 0 as tile"):
        run.contact_sheet(tile=tile)


# -- dollars


def test_money_can_be_read_at_every_moment_on_a_dollar_account(dollars: Studio) -> None:
    """Prices are in credits there and charges in dollars, and both stand in one grid."""
    changes: list[Run] = []
    heard: list[leo.Cost | None] = []

    def read(run: Run) -> None:
        changes.append(run)
        head_view(run)
        heard.append(run.cost)

    async def start() -> Run:
        run = leo.sweep("a fox", studio=dollars, seed=range(12), **SMALL)
        run.subscribe(read)  # on the engine's own thread nothing is missed
        return run

    run = dollars.engine.wait(dollars.engine.run(start)).result(15)

    assert len(changes) == len(heard)
    assert any(cost is not None and cost != run.cost for cost in heard)
    assert isinstance(run.cost, leo.Dollars)
    assert run.cost == run.price
    assert str(run.cost) == head_view(run)["money"]


def test_running_sheet_of_a_dollar_account_can_be_seen(dollars: Studio, clock: ManualClock) -> None:
    """While some cells are charged and others only have a price."""
    clock.holds = True
    run = leo.sweep("a fox", studio=dollars, seed=range(12), **SMALL)
    run.sheet()
    shown = run.contact_sheet(tile=32)
    clock.holds = False
    run.result(15)

    assert shown.width > 32
