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
