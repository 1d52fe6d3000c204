"""What several kernels share: a file that any of them may leave at any moment."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING

import anyio
import pytest

from leonardo_nb.engine import boards
from leonardo_nb.engine.boards import FileBoard, MemoryBoard
from leonardo_nb.engine.limits import PLACE_LEASE, Limits, Pace, Slots
from leonardo_nb.engine.turns import Standing, ask
from leonardo_nb.errors import LibraryError, RateLimited
from leonardo_nb.testing import ManualClock

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

URL = "https://service.example/api/rest/v1"

TAKE = """
import sys
from pathlib import Path

import anyio

from leonardo_nb.engine.boards import FileBoard
from leonardo_nb.engine.turns import ask
from leonardo_nb.testing import ManualClock


async def main():
    board, had = FileBoard(Path(sys.argv[1]), sys.argv[2], ManualClock()), 0
    for number in range(100):
        name = f"{sys.argv[3]}-{number}"
        lines = {name: 10, "all": 120}
        had += 0 == await board.change(lambda it, now: ask(it, lines, name, now, 9.0))
    print(had)


anyio.run(main)
"""

HOLD_THE_LOCK = """
import sys, time
from pathlib import Path

from leonardo_nb.engine.boards import FileBoard
from leonardo_nb.testing import ManualClock

board = FileBoard(Path(sys.argv[1]), sys.argv[2], ManualClock())
with board._lock.held():
    board.path.with_suffix(".part").write_text("half of what")
    print("held", flush=True)
    time.sleep(60)
"""


def board_in(folder: Path, clock: ManualClock | None = None) -> FileBoard:
    return FileBoard(folder, URL, clock or ManualClock())


def turn(name: str, most: int = 1) -> Callable[[Standing, float], float]:
    return lambda standing, now: ask(standing, {"requests": most}, name, now, 120.0)


def in_folder(folder: Path) -> list[str]:
    return [path.name for path in folder.iterdir()]


@pytest.mark.timeout(60)
def test_processes_share_one_limit(tmp_path: Path) -> None:
    """Three processes that ask 300 times at one moment have the 120 turns together."""
    running = [
        subprocess.Popen(
            [sys.executable, "-c", TAKE, str(tmp_path), URL, str(number)],
            stdout=subprocess.PIPE,
            text=True,
        )
        for number in range(3)
    ]

    had = [int(process.communicate()[0]) for process in running]

    assert 120 == sum(had)


@pytest.mark.timeout(60)
def test_a_killed_process_gives_the_lock_back(tmp_path: Path) -> None:
    """It may die in the middle of a change; what it had not finished is not seen."""
    assert 0 == anyio.run(board_in(tmp_path).change, turn("before", 2))
    command = [sys.executable, "-c", HOLD_THE_LOCK, str(tmp_path), URL]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert "held\n" == process.stdout.readline()
        process.kill()

    waits = [anyio.run(board_in(tmp_path).change, turn(name, 2)) for name in ("after", "over")]

    assert [0, 61] == waits


async def test_a_lock_that_is_never_given_back_is_an_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A stopped process makes nobody wait without a word."""
    monkeypatch.setattr(boards, "LOCK_LONGEST", 0.0)
    board = board_in(tmp_path)

    with board._lock.held(), pytest.raises(LibraryError, match="has held"):
        await board_in(tmp_path).change(turn("a"))


@pytest.mark.parametrize("content", ["", "{}", "[]", '{"lines": {"requests": 3}}', "[" * 99_999])
async def test_an_unreadable_file_is_a_minute(content: str, tmp_path: Path) -> None:
    """Nobody knows what the last minute was, so nobody sends; then all is well again."""
    clock = ManualClock()
    board = board_in(tmp_path, clock)
    board.path.write_text(content)

    first = await board.change(turn("a"))
    clock.advance(60)

    assert (60, 0) == (first, await board.change(turn("a")))


async def test_a_folder_that_is_gone_is_an_error(tmp_path: Path) -> None:
    """A limit that cannot be kept lets nothing through, and says so."""
    with pytest.raises(LibraryError, match="is the folder writable"):
        await board_in(tmp_path / "gone").change(turn("a"))


async def test_services_have_files_of_their_own(tmp_path: Path) -> None:
    """Another base URL has other limits; its name is not in the folder."""
    other = FileBoard(tmp_path, "https://other.example/", ManualClock())
    for board in (board_in(tmp_path), other):
        assert 0 == await board.change(turn("a"))

    names = in_folder(tmp_path)
    assert 4 == len(names)
    assert not any("example" in name for name in names)


async def test_the_file_is_plain(tmp_path: Path) -> None:
    """Moments of the wall clock, names drawn by chance, and nothing else."""
    board = board_in(tmp_path)
    await Pace(Limits(), board).line("generations").turn()

    lines = json.loads(board.path.read_text())["lines"]

    assert ["generations", "requests"] == sorted(lines)
    assert [board.now()] == lines["generations"]["taken"]


@pytest.mark.parametrize("shared", [False, True])
async def test_two_kernels_pace_together(tmp_path: Path, shared: bool) -> None:
    """Of eight jobs at three a minute the last two go after two minutes."""
    clock = ManualClock()
    memory = MemoryBoard(clock)
    sent: list[float] = []

    async def kernel() -> None:
        pace = Pace(Limits(creates_per_minute=3), board_in(tmp_path, clock) if shared else memory)
        for _ in range(4):
            async with pace.request("generations"):
                sent.append(clock.now())

    async with anyio.create_task_group() as group:
        group.start_soon(kernel)
        group.start_soon(kernel)

    # each looks once a second whether it is the first of the line
    minutes = [sum(61 * n <= at < 61 * n + 10 for at in sent) for n in range(3)]
    assert [3, 3, 2] == minutes


async def test_a_refusal_slows_the_other_kernel(tmp_path: Path) -> None:
    """What one is told, the other waits for: nine seconds, and then at half the rate."""
    clock = ManualClock()
    one, other = (Pace(Limits(creates_per_minute=4), board_in(tmp_path, clock)) for _ in range(2))

    with pytest.raises(RateLimited):
        async with one.request("generations"):
            raise RateLimited("no", status=429, retry_after=9.0)
    times = []
    for _ in range(2):
        async with other.request("generations"):
            times.append(round(clock.now(), 1))
    async with other.request():
        pass

    assert [9.0, 61.0] == times


async def test_kernels_share_places(tmp_path: Path) -> None:
    """Of two kernels with three places each, three jobs are at work, and all six get done."""
    clock = ManualClock()
    at_work = most = done = 0

    async def job(slots: Slots) -> None:
        nonlocal at_work, most, done
        async with slots.place():
            at_work += 1
            most = max(most, at_work)
            await clock.pause(5)
            at_work -= 1
            done += 1

    async with anyio.create_task_group() as group:
        for _ in range(2):
            slots = Slots(3, board_in(tmp_path, clock))
            for _ in range(3):
                group.start_soon(job, slots)

    assert (3, 6) == (most, done)


async def test_a_dead_kernels_places_come_back(tmp_path: Path) -> None:
    """After its lease, and not before; whoever renews keeps his."""
    clock = ManualClock()
    dead, alive, new = (Slots(2, board_in(tmp_path, clock)) for _ in range(3))
    places = [dead.place(), alive.place()]
    for place in places:
        await place.__aenter__()
    clock.advance(PLACE_LEASE - 10)
    await alive.renew()

    with anyio.fail_after(10):
        async with new.place():
            waited = clock.now()

    assert PLACE_LEASE <= waited <= PLACE_LEASE + 2
    for place in places:
        await place.__aexit__(None, None, None)


async def test_a_resumed_job_has_its_place_at_once(tmp_path: Path) -> None:
    """It is at the service already; a new one waits until it has ended."""
    clock = ManualClock()
    slots = Slots(1, board_in(tmp_path, clock))
    order = []

    async def new() -> None:
        async with slots.place():
            order.append("new")

    async with (
        anyio.create_task_group() as group,
        slots.place(at_once=True),
        slots.place(at_once=True),
    ):
        group.start_soon(new)
        await clock.pause(20)
        order.append("resumed")

    assert ["resumed", "new"] == order


async def test_a_cancelled_turn_leaves_the_line() -> None:
    """Somebody who loses patience holds up nobody, and takes no turn."""
    clock = ManualClock(holds=True)
    board = MemoryBoard(clock)
    line = Pace(Limits(requests_per_minute=1), board).line()
    await line.turn()

    with anyio.move_on_after(0.01):
        await line.turn()

    standing = board._standing.lines["requests"]
    assert (1, ()) == (len(standing.taken), standing.waiting)


async def test_a_job_does_not_fail_because_its_place_cannot_be_given_back(tmp_path: Path) -> None:
    """It is paid and done; the place comes back with its lease."""
    folder = tmp_path / "library"
    folder.mkdir()

    async with Slots(1, board_in(folder)).place():
        shutil.rmtree(folder)

    assert not folder.is_dir()


async def test_a_refusal_that_cannot_be_told_is_still_one(tmp_path: Path) -> None:
    """What the service said reaches the caller, whatever happens to the file."""
    folder = tmp_path / "library"
    folder.mkdir()
    pace = Pace(Limits(), board_in(folder))

    async def send() -> None:
        async with pace.request("generations"):
            shutil.rmtree(folder)
            raise RateLimited("no", status=429)

    with pytest.raises(RateLimited):
        await send()
