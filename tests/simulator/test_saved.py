from __future__ import annotations

import json
from typing import TYPE_CHECKING

import httpx
import pytest

from leonardo_nb.simulator import Simulator

from .uploading import arrived, image_of

if TYPE_CHECKING:
    from pathlib import Path

    from leonardo_nb.testing import ManualClock


def started(clock: ManualClock, state: Path) -> Simulator:
    return Simulator(now=clock.now, wall=clock.wall, pause=clock.pause, state=state)


def client_of(simulator: Simulator) -> httpx.AsyncClient:
    return httpx.AsyncClient(
        transport=simulator.transport(),
        base_url=simulator.base_url,
        headers={"Authorization": f"Bearer {simulator.key}"},
    )


async def test_everything_survives_a_restart(clock: ManualClock, tmp_path: Path) -> None:
    """Jobs, their files, the balance, the account's id and uploads are as they were."""
    state = tmp_path / "state.json"
    before = started(clock, state)
    async with client_of(before) as client:
        upload = await arrived(before, client)
        row = await image_of(client, clock, init_image_id=upload)
        image = row["generated_images"][0]
        variation = (await client.post("/variations/upscale", json={"id": image["id"]})).json()
        picture = (await client.get(image["url"])).content
    after = started(clock, state)
    async with client_of(after) as client:
        again = (await client.get(f"/generations/{row['id']}")).json()["generations_by_pk"]
        clock.advance(60)
        look = await client.get(f"/variations/{variation['sdUpscaleJob']['id']}")
        same = (await client.get(image["url"])).content
        info = (await client.get(f"/init-image/{upload}")).json()["init_images_by_pk"]

    assert row["generated_images"][0]["id"] == again["generated_images"][0]["id"]
    assert "COMPLETE" == look.json()["generated_image_variation_generic"][0]["status"]
    assert (picture, upload) == (same, info["id"])
    assert (before.balance, before.creates) == (after.balance, after.creates)


async def test_refunds_survive_a_restart(clock: ManualClock, tmp_path: Path) -> None:
    """A job that was failing when the simulator stopped is refunded once."""
    before = started(clock, tmp_path / "state.json")
    before.script(fail=True)
    async with client_of(before) as client:
        await client.post("/generations", json={"prompt": "a fox"})
    after = started(clock, tmp_path / "state.json")
    clock.advance(600)

    assert [15_000, 15_000] == [after.balance, after.balance]


async def test_callbacks_survive_a_restart(clock: ManualClock, tmp_path: Path) -> None:
    """Whoever waits is told of a job that was running when the simulator stopped."""
    state = tmp_path / "state.json"
    async with client_of(started(clock, state)) as client:
        await client.post("/generations", json={"prompt": "a fox"})
    sent: list[str] = []
    after = Simulator(
        now=clock.now, wall=clock.wall, state=state, webhook_url="https://hub.example/",
        send=lambda url, _headers, _body: sent.append(url), callbacks_by_themselves=False,
    )  # fmt: skip
    clock.advance(600)

    assert (1, ["https://hub.example/"]) == (after.deliver_callbacks(), sent)


def test_a_foreign_file_is_not_overwritten(clock: ManualClock, tmp_path: Path) -> None:
    """What is no state is an error, and stays as it is."""
    state = tmp_path / "state.json"
    state.write_text(json.dumps({"version": 99}))
    with pytest.raises(ValueError, match="is no state of this simulator"):
        started(clock, state)

    assert {"version": 99} == json.loads(state.read_text())


async def some_changes(simulator: Simulator, clock: ManualClock) -> None:
    """A job, an upload, and one of each that was deleted."""
    async with client_of(simulator) as client:
        gone = (await client.post("/init-image", json={"extension": "png"})).json()
        await client.delete(f"/init-image/{gone['uploadInitImage']['id']}")
        row = await image_of(client, clock)
        await client.delete(f"/generations/{row['id']}")
        await client.post("/prompt/random")
        await client.post("/init-image", json={"extension": "png"})
        await client.post("/generations", json={"prompt": "a fox"})


def known(simulator: Simulator) -> tuple[object, ...]:
    world = simulator.world
    return simulator.balance, simulator.creates, list(world.jobs), world.uploads.announced


async def test_a_change_is_one_line(clock: ManualClock, tmp_path: Path) -> None:
    """What is there already is not written again, however much it is."""
    state = tmp_path / "state.json"
    simulator = started(clock, state)
    await some_changes(simulator, clock)
    before = state.read_bytes()
    async with client_of(simulator) as client:
        await client.post("/init-image", json={"extension": "png"})
    after = state.read_bytes()

    assert before == after[: len(before)]
    assert (1, True) == (after[len(before) :].count(b"\n"), len(after) - len(before) < 400)


async def test_a_line_that_was_never_finished_is_dropped(
    clock: ManualClock, tmp_path: Path
) -> None:
    """Wherever a crash cuts the last line, what was written before it is all there."""
    state = tmp_path / "state.json"
    simulator = started(clock, state)
    await some_changes(simulator, clock)
    expected, whole = known(simulator), state.read_bytes()
    async with client_of(simulator) as client:
        await client.post("/generations", json={"prompt": "an owl"})
    line = state.read_bytes()[len(whole) :]
    for cut in (0, 1, len(line) // 2, len(line) - 1):
        state.write_bytes(whole + line[:cut])

        assert expected == known(started(clock, state))


async def test_an_older_file_is_read(clock: ManualClock, tmp_path: Path) -> None:
    """A file of one line without an end, as all were before, is the state that it says."""
    state = tmp_path / "state.json"
    simulator = started(clock, state)
    await some_changes(simulator, clock)
    again = started(clock, state)  # which writes all of it into one line
    state.write_bytes(state.read_bytes().rstrip())

    assert known(simulator) == known(again) == known(started(clock, state))


async def test_a_line_that_is_damaged_in_the_middle_is_told(
    clock: ManualClock, tmp_path: Path
) -> None:
    """Whatever follows it was paid for, so that the file is not used without it."""
    state = tmp_path / "state.json"
    await some_changes(started(clock, state), clock)
    lines = state.read_bytes().split(b"\n")
    state.write_bytes(b"\n".join([*lines[:2], b"{", *lines[2:]]))
    with pytest.raises(ValueError, match="is no state of this simulator"):
        started(clock, state)


@pytest.mark.parametrize("harm", ["half", "gone"])
async def test_a_file_that_was_harmed_is_written_afresh(
    harm: str, clock: ManualClock, tmp_path: Path
) -> None:
    """The next change puts all of it down again, as after a disk that was full."""
    state = tmp_path / "state.json"
    simulator = started(clock, state)
    await some_changes(simulator, clock)
    if harm == "half":
        state.write_bytes(state.read_bytes()[:-100])
    else:
        state.unlink()
    async with client_of(simulator) as client:
        await client.post("/init-image", json={"extension": "png"})

    assert known(simulator) == known(started(clock, state))


async def test_a_change_that_could_not_be_written_is_not_lost(
    clock: ManualClock, tmp_path: Path
) -> None:
    """It is in the file with the next one."""
    state = tmp_path / "state.json"
    simulator = started(clock, state)
    state.rename(tmp_path / "away")
    state.mkdir()
    async with client_of(simulator) as client:
        with pytest.raises(IsADirectoryError):
            await client.post("/init-image", json={"extension": "png"})
        state.rmdir()
        await client.post("/init-image", json={"extension": "jpg"})

    assert known(simulator) == known(started(clock, state))
    assert 2 == len(simulator.world.uploads.announced)


async def test_a_long_file_is_written_afresh(clock: ManualClock, tmp_path: Path) -> None:
    """Jobs that come and go do not let it grow for ever."""
    state = tmp_path / "state.json"
    simulator = started(clock, state)
    prompt = "a fox " * 200
    async with client_of(simulator) as client:
        for _ in range(600):
            clock.advance(1)
            made = await client.post("/generations", json={"prompt": prompt, "num_images": 1})
            await client.delete(f"/generations/{made.json()['sdGenerationJob']['generationId']}")

    assert 600 == simulator.creates
    assert state.stat().st_size < 1_000_000
    assert known(simulator) == known(started(clock, state))
