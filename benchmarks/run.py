"""
Measure what users wait for, and write it to benchmarks/RESULTS.md.

Times depend on the machine, so most lines also have a figure that depends on it less: a ratio to
something that Python does by itself, or a count.
"""

from __future__ import annotations

import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

HERE = Path(__file__).parent


@dataclass(frozen=True)
class Line:
    """One line of the table: what, how long, and what to compare it with."""

    what: str
    measured: str
    compared: str


def median_seconds(run: Callable[[], object], times: int) -> float:
    """Return the median duration of *run*, in seconds."""
    durations = []
    for _ in range(times):
        started = time.perf_counter()
        run()
        durations.append(time.perf_counter() - started)
    return statistics.median(durations)


def python(code: str) -> Callable[[], object]:
    """Return what runs *code* in a Python of its own."""
    return lambda: subprocess.run([sys.executable, "-c", code], check=True)


def importing() -> Line:
    """Measure `import leonardo_nb`, in a fresh interpreter."""
    nothing = median_seconds(python("import json"), 15)
    ours = median_seconds(python("import leonardo_nb"), 15)
    return Line(
        "`import leonardo_nb`",
        f"{1000 * max(ours - nothing, 0):.0f} ms more than `import json`",
        f"{ours / nothing:.2f} of a Python that imports json; the limit is 150 ms more",
    )


def first_use() -> Line:
    """Measure what the first job of a session adds: rooms that open on first use."""
    nothing = median_seconds(python("import json"), 5)
    code = "import leonardo_nb as leo; leo.connect(simulator=True).close()"
    ours = median_seconds(python(code), 5)
    return Line("first `leo.connect()`", f"{1000 * (ours - nothing):.0f} ms", "once a session")


def painting() -> Line:
    """Measure one picture of the simulator, 512 x 512."""
    from leonardo_nb.service.requests import CreateGeneration
    from leonardo_nb.simulator.painter import paint

    seeds = iter(range(1, 1000))

    def one() -> None:
        members = CreateGeneration.of("a lighthouse at dawn", seed=next(seeds)).wire()
        paint(members, width=512, height=512)

    one()
    return Line("simulated picture, 512 x 512", f"{1000 * median_seconds(one, 15):.0f} ms", "")


def planning() -> Line:
    """Measure a plan of 100,000 cells with all keys, and the same requests made one by one."""
    import leonardo_nb as leo

    styles = leo.styles.for_(alchemy=True)[:10]

    def together() -> None:
        planned = leo.plan(
            "a fox", seed=range(1000), guidance_scale=range(1, 11), presetStyle=styles
        )
        assert len(planned.keys) == 100_000

    def one_by_one() -> None:
        for seed in range(1000):
            leo.CreateGeneration.of("a fox", seed=seed, presetStyle=styles[0]).content_key()

    seconds, each = median_seconds(together, 3), median_seconds(one_by_one, 3)
    return Line(
        "`leo.plan` of 100,000 cells, with their keys",
        f"{seconds:.2f} s",
        f"{seconds / (100 * each):.3f} of requests made one by one; the limit is 2 s",
    )


def jobs() -> Line:
    """Measure 60 jobs on a simulator without waiting; painting and saving them is what is left."""
    from leonardo_nb.simulator import Simulator
    from leonardo_nb.studios import Studio
    from leonardo_nb.sweeps.functions import plan

    count = 60
    with tempfile.TemporaryDirectory() as folder:
        simulator = Simulator(speed=1000, slots=20)
        with Studio(simulator=simulator, library=folder) as studio:
            planned = plan("a fox", seed=range(count), width=512, height=512, studio=studio)
            started = time.perf_counter()
            planned.start().result()
            seconds = time.perf_counter() - started
        sent = len(simulator.requests)
    return Line(
        f"{count} simulated jobs without waiting, 20 at once",
        f"{seconds:.1f} s",
        f"{sent / count:.1f} requests a job, downloads included",
    )


def called_back() -> Line:
    """Measure how soon a callback ends its job."""
    from benchmarks.watching import TIMES, callback_to_end

    median, longest = callback_to_end()
    return Line(
        f"a callback, until its job has ended ({TIMES} jobs)",
        f"{1000 * median:.0f} ms, at most {1000 * longest:.0f} ms",
        f"{median / 0.3:.2f} of the 300 ms that it may take",
    )


def looking() -> Line:
    """Count the looks at 200 jobs of every kind."""
    from benchmarks.watching import MANY, looks_of_many

    looks, seconds = looks_of_many()
    each = ", ".join(f"{count / seconds * 2:.2f} among the {kind}" for kind, count in looks.items())
    return Line(f"looks at {MANY} jobs of every kind in two seconds", each, "at most one of a kind")


def answering() -> Line:
    """Measure how many requests the simulator answers, beside an app that does nothing."""
    from benchmarks.simulator import WISHED, results

    full, empty, clock, asked = results()
    return Line(
        f"simulator, {len(asked)} operations mixed, pictures cached",
        f"{full:,.0f} requests a second on one core",
        f"{full / empty:.2f} of an app that does nothing; {clock:,.0f} a second by the clock; "
        f"{WISHED} are wished",
    )


def intending() -> Line:
    """Measure what the library takes of each paid job: an intent and an acknowledgement."""
    from benchmarks.ledger import intent_and_ack

    ours, syncing = intent_and_ack()
    return Line(
        "an intent and an acknowledgement, on disk",
        f"{1000 * ours:.1f} ms",
        f"{ours / syncing:.2f} of two bare writes that are flushed to the disk; 10 ms are wished",
    )


def remembering() -> Line:
    """Measure a library of 100,000 jobs."""
    from benchmarks.ledger import MANY, large

    found = large()
    opened, listed = found.seconds["open"], found.seconds["jobs()"]
    return Line(
        f"a library of {MANY:,} jobs",
        f"opens in {1000 * opened:.0f} ms, first page of `leo.jobs()` in {1000 * listed:.1f} ms",
        f"memory {found.kilobytes:,.0f} kB against {found.kilobytes_small:,.0f} kB with 100 jobs",
    )


def resuming() -> Line:
    """Measure how many requests it takes to know 1,000 jobs again."""
    from benchmarks.resuming import MANY, WISHED, requests_until_known

    asked, seconds = requests_until_known()
    return Line(
        f"`leo.resume()` of {MANY:,} jobs at the service",
        f"{asked} requests until all are known, {seconds:.1f} s",
        f"at most {WISHED} are wished",
    )


def sweeping() -> Line:
    """Measure how near a sweep of 1,000 cells comes to what the service allows."""
    from benchmarks.sweep import CELLS, WISHED
    from benchmarks.sweep import measured as measure

    found = list(measure())
    return Line(
        f"a sweep of {CELLS:,} cells ({'; '.join(what for what, _ in found)})",
        "; ".join(f"{each.seconds:,.1f} s" for _, each in found),
        f"{'; '.join(f'{each.ratio:.3f}' for _, each in found)} of the least that slots and "
        f"requests a minute allow; {WISHED} is wished",
    )


def card_size() -> Line:
    """Measure what each live card carries to the page."""
    from leonardo_nb.widgets import page

    sizes = {
        name: len((page.esm(f"{file}.js") + page.css(f"{file}.css")).encode())
        for name, file in (("card", "card"), ("sheet", "sheet_main"))
    }
    shown = ", ".join(f"{name} {size / 1000:.1f} kB" for name, size in sizes.items())
    return Line("script and style of a widget", shown, "each instance carries its own")


def main() -> None:
    """Run everything, print the table and keep it."""
    lines = []
    for measure in (
        importing,
        first_use,
        painting,
        planning,
        jobs,
        called_back,
        looking,
        answering,
        intending,
        remembering,
        resuming,
        sweeping,
        card_size,
    ):
        line = measure()
        lines.append(line)
        print(f"{line.what}: {line.measured}" + (f" ({line.compared})" if line.compared else ""))
    machine = f"Python {platform.python_version()}, {os.cpu_count()} cores, {platform.machine()}"
    table = [
        "# Benchmarks",
        "",
        f"Written by `make bench` on {machine}. Medians of several runs, but",
        "for the 60 jobs and the sweeps, which were run once.",
        "",
        "| what | measured | compared |",
        "| --- | --- | --- |",
        *(f"| {line.what} | {line.measured} | {line.compared} |" for line in lines),
        "",
        "What needs a browser is measured apart, by `python -m benchmarks.grid` (the sheet of a",
        "sweep in JupyterLab, beside a GridBox) and `python -m benchmarks.html` (the sheet in one",
        "file); `python -m benchmarks.effects` asks how often an interval of effects is right.",
        "",
    ]
    (HERE / "RESULTS.md").write_text("\n".join(table), encoding="utf-8")


if __name__ == "__main__":
    main()
