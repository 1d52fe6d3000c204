"""
A sweep of thousands of cells for the benchmark of its grid, made without asking anybody.

Its jobs are real ones and change as real ones do; only the pictures are few, and drawn once.
"""

from __future__ import annotations

import asyncio
import hashlib
import io
import resource
import threading
import time
from typing import TYPE_CHECKING, Any

import leonardo_nb as leo
from leonardo_nb.engine.kinds import GenerationJob
from leonardo_nb.engine.lifecycle import Acked, Completed, Looked, Saved, Sent, Snapshot
from leonardo_nb.library.files import StoredFile
from leonardo_nb.library.records import MediaFile
from leonardo_nb.simulator.painter import paint
from leonardo_nb.widgets.sheet_thumbs import thumbs_in

if TYPE_CHECKING:
    from leonardo_nb.studios import Studio
    from leonardo_nb.sweeps.run import Run

DIFFERENT = 200
"""Pictures that are drawn; the others are the same again."""
SIZE = (512, 384)
STYLES = ("CINEMATIC", "DYNAMIC", "ANIME", "CREATIVE", "RAYTRACED")


def pictures(studio: Studio) -> list[StoredFile]:
    """Return the different pictures, as files of the library."""
    files = []
    for number in range(DIFFERENT):
        members = leo.CreateGeneration.of(
            "a lighthouse at dawn", seed=number, presetStyle=STYLES[number % len(STYLES)]
        ).wire()
        buffer = io.BytesIO()
        painted = paint(members, width=SIZE[0] // 2, height=SIZE[1] // 2)
        painted.convert("RGB").resize(SIZE).save(buffer, "JPEG", quality=88)
        data = buffer.getvalue()
        digest = hashlib.sha256(data).hexdigest()
        path = studio.folder / "media" / digest[:2] / f"{digest}.jpg"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
        files.append(StoredFile(path, digest, "image/jpeg", *SIZE, len(data)))
    return files


def small(studio: Studio, files: list[StoredFile], count: int) -> list[bytes]:
    """Return *count* small pictures of 128 pixels, which are then in the library, too."""
    thumbs = thumbs_in(studio.folder)
    for size in (64, 256):
        for file in files:
            thumbs.make(file, size)
    return [thumbs.make(files[n % len(files)], 128) for n in range(count)]


def empty_run(studio: Studio, count: int) -> Run:
    """Return a run of *count* cells, in four axes, of which nothing is sent."""
    from leonardo_nb.sweeps.run import Run

    seeds = range(1, count // (len(STYLES) * 10) + 1)
    plan = leo.plan(
        "a lighthouse at dawn",
        studio=studio,
        seed=list(seeds),
        guidance_scale=list(range(2, 12)),
        presetStyle=list(STYLES),
        width=SIZE[0],
        height=SIZE[1],
    )
    jobs = {cell.key: _job(studio, number, cell) for number, cell in enumerate(plan.cells)}
    return Run(studio, plan.axes, plan.fixed, plan.cells, jobs, name="grid", plan=plan)


def _job(studio: Studio, number: int, cell: Any) -> GenerationJob:  # noqa: ANN401  a Cell
    clock = studio.clock
    snapshot = Snapshot(
        uid=f"{number:032x}",
        request=cell.request,
        created=clock.wall(),
        started=clock.now(),
        expected=8.0,
        simulated=True,
        price=leo.Credits(4),
    )
    return GenerationJob(studio._runner, snapshot)  # noqa: SLF001  as the runner makes it


async def fill(run: Run, files: list[StoredFile], seconds: float) -> None:
    """Let every job of *run* be sent, accepted, looked at and completed; on the engine."""
    started, count = time.monotonic(), len(run)
    for number, job in enumerate(run.jobs):
        early = seconds * number / count - (time.monotonic() - started)
        if early > 0:
            await asyncio.sleep(max(early, 0.02))
        now = run.studio.clock.now()
        file = files[number % len(files)]
        media = MediaFile(f"{number:08x}", "https://example.invalid/", nsfw=False, file=file)
        job.apply(Sent())
        job.apply(Acked(f"{number:032x}", leo.Credits(4), now))
        job.apply(Looked())
        job.apply(Saved(media))
        job.apply(Completed(now + 8.0))


def filled_run(studio: Studio, files: list[StoredFile], count: int) -> Run:
    """Return a run of *count* cells that has ended."""
    run = empty_run(studio, count)
    studio.engine.wait(studio.engine.run(fill, run, files, 0.0))
    return run


async def main_thread_while(run: Run, files: list[StoredFile], seconds: float) -> dict[str, float]:
    """
    Fill *run* within *seconds* and return how busy the kernel's main thread was meanwhile.

    Returns:
        `share`: its processor time as a part of all time; `late`: by how many milliseconds a
        coroutine that sleeps for 10 ms was late, 95 of 100 times.
    """
    clock = time.pthread_getcpuclockid(threading.main_thread().ident or 0)
    work = run.studio.engine.run(fill, run, files, seconds)
    await asyncio.sleep(1.0)
    began, used = time.monotonic(), time.clock_gettime(clock)
    await asyncio.sleep(seconds * 0.6)
    share = (time.clock_gettime(clock) - used) / (time.monotonic() - began)
    late = []
    while not work.done():
        asked = time.monotonic()
        await asyncio.sleep(0.01)
        late.append(time.monotonic() - asked - 0.01)
    late.sort()
    return {"share": share, "late": 1000 * late[int(len(late) * 0.95)] if late else 0.0}


def resident() -> float:
    """Return the megabytes of memory that this process has now."""
    with open("/proc/self/statm", encoding="ascii") as file:  # noqa: PTH123  no path of ours
        return int(file.read().split()[1]) * resource.getpagesize() / 1e6
