"""
How jobs and runs look in a terminal.

The words are those of the card; here they only get colours, marks and, where the terminal has
enough colours, pictures made of half blocks. On its own because two commands show jobs.
"""

from __future__ import annotations

import os
from contextlib import nullcontext
from dataclasses import replace
from datetime import UTC, datetime
from queue import SimpleQueue
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from rich.console import Group
from rich.live import Live
from rich.padding import Padding
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
from rich.progress_bar import ProgressBar
from rich.style import Style
from rich.table import Table
from rich.text import Text

from leonardo_nb.account.jobs import is_lost
from leonardo_nb.engine.lifecycle import State
from leonardo_nb.engine.media import file_size
from leonardo_nb.service.plain import on_one_line
from leonardo_nb.sweeps.axes import listing
from leonardo_nb.sweeps.estimate import counted, in_words
from leonardo_nb.sweeps.preview import headline
from leonardo_nb.widgets.freeze import on_white
from leonardo_nb.widgets.sheet_view import ends_of, is_unknown, of_library
from leonardo_nb.widgets.view import (
    MARKS,
    day_of,
    error_lines,
    facts_of,
    money_line,
    seconds,
    shown_value,
    way_of,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from PIL.Image import Image as Picture
    from rich.console import Console, RenderableType

    from leonardo_nb.account.jobs import JobTable
    from leonardo_nb.account.spending import SpendingTable
    from leonardo_nb.engine.job import Job
    from leonardo_nb.engine.resumed import Resumed
    from leonardo_nb.library.records import JobRecord
    from leonardo_nb.sweeps.export.choosing import Kind
    from leonardo_nb.sweeps.plan import Plan
    from leonardo_nb.sweeps.run import Run

__all__ = [
    "can_show_pictures",
    "export_watched",
    "heading",
    "jobs_table",
    "mark",
    "pairs",
    "plain",
    "plan_lines",
    "spending_table",
    "watch_job",
    "watch_resumed",
    "watch_run",
]

ACCENT = "#1976d2"
"""JupyterLab's own blue, as on the card."""

SHAPES = {"circle": "○", "broken": "◌", "quarter": "◔", "disc": "●", "triangle": "▲", "square": "■"}
COLOURS = {
    "disc": "green",
    "triangle": "red",
    "quarter": ACCENT,
    "broken": ACCENT,
    "circle": "dim",
    "square": "dim",
}

SHORT_ID = 8
OTHER_COLUMNS = 62
"""Characters that the table of jobs needs for all but what was asked for."""
SHORTEST_WHAT = 16
SMALLEST_NAME = 10
"""Characters that a day's or sweep's name is given where it is narrow."""
FRAMES_A_SECOND = 8
BAR_WIDTH = 36
WORD_COLUMN = 18
"""Characters: "From the library" and its mark, so that lines of single jobs stand alike."""
PICTURE_COLUMNS = 56
"""A landscape of this width leaves room for the rest in 24 lines."""
SMALLEST_CELL, LARGEST_CELL = 4, 16
"""Characters, in width."""


def plain(text: object) -> Text:
    r"""
    Return *text* on one line, free of everything that a terminal or rich would obey.

    >>> plain("a fox\n\x1b[31m[bold]red[/]").plain
    'a fox [31m[bold]red[/]'
    """
    return Text(on_one_line(text))


def mark(phase: str) -> Text:
    """Return the card's mark of *phase*: shapes differ, not colours alone."""
    shape = MARKS[phase]
    return Text(SHAPES[shape], style=COLOURS[shape])


def can_show_pictures(console: Console) -> bool:
    """Whether there is a terminal with the colours for it."""
    return console.is_terminal and console.color_system in {"truecolor", "256"}


def half_blocks(picture: Picture, columns: int, rows: int) -> list[Text]:
    """Return *picture* as *rows* lines of half blocks: two pixels to a character."""
    # what is see-through has colours of its own, which are not to be seen
    small = on_white(picture).resize((columns, rows * 2))
    pixel = small.load()
    if pixel is None:  # pragma: no cover  a loaded picture has pixels
        return []
    lines = []
    for row in range(rows):
        line = Text()
        for column in range(columns):
            above, below = pixel[column, 2 * row], pixel[column, 2 * row + 1]
            line.append("▀", Style(color=_hex(above), bgcolor=_hex(below)))
        lines.append(line)
    return lines


def _hex(pixel: Any) -> str:  # noqa: ANN401  Pillow's pixel of an RGB picture
    red, green, blue = pixel
    return f"#{red:02x}{green:02x}{blue:02x}"


def heading(console: Console, title: str, note: str = "") -> None:
    """Print a title, with a quiet note after it, or below it where there is no room."""
    between = "   " if len(title) + len(note) + 5 <= console.width else "\n  "
    console.print(Text.assemble("  ", (title, f"bold {ACCENT}"), between, (note, "dim")))


def pairs(parameters: Mapping[str, object]) -> Text:
    """Return parameters as on the card: the name quiet, the value not."""
    line = Text()
    for name, value in parameters.items():
        line.append(f"{'   ' if line else ''}{name} ", "dim")
        line.append_text(plain(shown_value(value)))
    return line


def jobs_table(console: Console, jobs: JobTable, folder: Path) -> RenderableType:
    """Return rows of the library as a table that fits the terminal."""
    if not jobs:
        return Text(f"  No jobs yet in {folder}; `leonardo-nb demo` draws some elsewhere.")
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim")
    table.add_column("", no_wrap=True)
    table.add_column("asked", no_wrap=True)
    table.add_column("job", no_wrap=True)
    table.add_column("what", no_wrap=True)
    for number in ("files", "took", "cost"):
        table.add_column(number, justify="right", no_wrap=True)
    for job in jobs:
        what = plain(jobs.what(job))
        what.truncate(max(console.width - OTHER_COLUMNS, SHORTEST_WHAT), overflow="ellipsis")
        table.add_row(
            Text("  ") + mark(_phase(job)),
            _day(job.created.astimezone()),
            (job.job_id or job.uid)[:SHORT_ID],
            what,
            str(len(job.media)),
            "" if job.seconds is None else seconds(job.seconds),
            # what the simulator would have taken was not paid
            "simulated" if job.simulated else jobs.cost(job),
        )
    shown = f"{len(jobs):,} of {counted(jobs.total, 'job')}"
    return Group(table, Text(f"\n  {shown} in {folder}", "dim", overflow="fold"))


def spending_table(spending: SpendingTable, folder: Path) -> RenderableType:
    """Return what was spent as a table, its totals below the rest, and what is to be said of it."""
    if not spending:
        return Text(f"  Nothing was spent yet by the jobs in {folder}.", overflow="fold")
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim")
    for name in spending.columns:
        is_number = name in spending.numbers
        side: Literal["left", "right"] = "right" if is_number else "left"
        least = len(name) if is_number else SMALLEST_NAME
        table.add_column(name, justify=side, min_width=least, overflow="fold")
    for row in spending:
        table.add_row(*(plain(cell.text) for cell in spending.cells(row)))
    table.add_row()
    for sums in spending.sums():
        table.add_row(*(plain(cell.text) for cell in sums), style="bold")
    said = Text(" ".join(spending.sentences()), "dim")
    where = Text(f"In {folder}", "dim", overflow="fold")
    return Padding(Group(table, Text(), said, where), (0, 0, 0, 2))


def _day(then: datetime) -> str:
    this_year = then.year == datetime.now(UTC).astimezone().year
    return f"{then:%d %b %H:%M}" if this_year else f"{then:%d %b %Y}"


def _phase(job: JobRecord) -> str:
    """Return the card's word for a row's state."""
    match job.state:
        case "complete":
            return "done"
        case "failed":
            return "failed"
        case "cancelled":
            return "stopped"
        case "request":
            return "unknown" if is_lost(job) else "waiting"
    return "drawing"


def watch_job(console: Console, job: Job[Any]) -> None:
    """
    Show *job* until it has ended; what went wrong stays with the job.

    Of a video its still is shown, where there is one, and where the file is.
    """
    with Live(
        console=console,
        get_renderable=lambda: _job_line(job),
        refresh_per_second=FRAMES_A_SECOND,
    ):
        job.exception()
    _end_line(console)
    if job.images and can_show_pictures(console):
        console.print()
        picture = job.images[0].pil()
        columns = min(PICTURE_COLUMNS, console.width - 4)
        rows = round(columns * picture.height / picture.width / 2)
        for line in half_blocks(picture, columns, rows):
            console.print(Text("  ") + line)
    facts = facts_of(job)
    for words in filter(None, (facts.detail, facts.path)):
        console.print(Text.assemble("  ", (plain(words).plain, "dim")), soft_wrap=True)


def _end_line(console: Console) -> None:
    """End the line that Live leaves open where there is no terminal to go back in."""
    if not console.is_terminal:
        console.print()


def _job_line(job: Job[Any]) -> RenderableType:
    facts = facts_of(job)
    share = 1.0 if facts.phase == "done" else _share(facts.elapsed, facts.expected)
    about = f" of about {facts.expected:.0f} s" if facts.expected and not facts.is_final else ""
    if facts.phase == "searching":
        about = ""
    line = _line(
        facts.phase,
        facts.word,
        _bar(share, done=facts.is_final),
        f"made {day_of(job.created)}" if facts.reused else f"{seconds(facts.elapsed)}{about}",
        money_line(facts),
    )
    way = [Text.assemble("    ", (plain(said).plain, "dim")) for said in way_of(facts)]
    return Group(line, *way) if way else line


def _share(elapsed: float, expected: float | None) -> float:
    """Return how full a bar is that has no measure but time: never full before the end."""
    if not expected:
        return 0.0
    # beyond the expected time it slows down instead of standing still at the end
    done = elapsed / expected
    return 0.9 * done if done < 1 else 1 - 0.1 / done


def _bar(share: float, *, done: bool) -> ProgressBar:
    return ProgressBar(
        total=1.0,
        completed=share,
        width=BAR_WIDTH,
        complete_style=ACCENT,
        finished_style="green" if done else ACCENT,
    )


def _line(phase: str, word: str, bar: ProgressBar, *facts: str) -> Table:
    line = Table.grid(padding=(0, 2, 0, 0))
    head = Text.assemble("  ", mark(phase), " ", (word, "bold"))
    line.add_row(head, bar, *(Text(fact, "dim") for fact in facts))
    return line


MOST_IN_MOSAIC = 400
"""Cells that are drawn in a terminal; a larger run has its bar alone."""
LEFT_OUT_SHOWN = 4


def plan_lines(plan: Plan) -> RenderableType:
    """Return what *plan* is: its cells and price, what varies, what is left out and why."""
    lines = [plain(headline(plan))]
    lines += [
        Text.assemble(("  " + axis.name + " ", "dim"), plain(listing(axis.labels)))
        for axis in plan.axes
    ]
    lines += [Text("  ").append_text(plain(each)) for each in plan.dropped[:LEFT_OUT_SHOWN]]
    if len(plan.dropped) > LEFT_OUT_SHOWN:
        lines.append(Text(f"  and {len(plan.dropped) - LEFT_OUT_SHOWN:,} reasons more", "dim"))
    return Padding(Group(*lines), (0, 0, 0, 2))


def watch_run(console: Console, run: Run) -> None:
    """Show *run* as it fills, until no cell changes any more."""
    thumbnails: dict[str, Text] = {}
    size = _CellSize.of(run, console)
    pictures = can_show_pictures(console) and len(run) <= MOST_IN_MOSAIC

    def frame() -> RenderableType:
        bar = _run_line(run)
        return Group(bar, Text(""), _mosaic(run, size, thumbnails)) if pictures else bar

    with Live(console=console, get_renderable=frame, refresh_per_second=FRAMES_A_SECOND):
        for job in run.jobs:
            job.exception()
    _end_line(console)


def watch_resumed(console: Console, resumed: Resumed) -> bool:
    """
    Show *resumed* until all have ended; return whether all of them ended well.

    Each job that has ended leaves a line, and where it has failed or waits for somebody's word,
    why, and how to go on. Those that are under way stand below, as many as fit.

    Raises:
        KeyboardInterrupt: Somebody has seen enough; the jobs go on.
    """
    console.print(Text(f"  {resumed!r}"))
    if not resumed:
        return True
    ended: SimpleQueue[Job[Any]] = SimpleQueue()
    left = {job.uid: job for job in resumed}
    for job in resumed:
        job.add_done_callback(ended.put)
    live = Live(
        console=console,
        get_renderable=lambda: _under_way(console, tuple(left.values()), len(resumed)),
        refresh_per_second=FRAMES_A_SECOND,
        transient=True,
    )
    with live if _goes_back(console) else nullcontext():
        while left:
            job = ended.get()
            del left[job.uid]
            if live.is_started:
                live.refresh()  # or it would be drawn below its own end once more
            console.print(_end_of(job))
    console.print(_sum_of(resumed))
    return not any(job.state is State.FAILED for job in resumed)


def export_watched(
    console: Console,
    run: Run,
    place: Path,
    kind: Kind,
    *,
    prompt: bool = True,
    **options: str,
) -> None:
    """
    Hand *run* on with a bar that fills, and say what was written and what is not in it.

    Raises:
        LeonardoError: It cannot be written; nothing half written is left.
        ImportError: It needs a package that is not installed.
    """
    from leonardo_nb.sweeps.export.choosing import export
    from leonardo_nb.sweeps.export.handout import Handout

    bar_column = BarColumn(BAR_WIDTH, complete_style=ACCENT, finished_style="green")
    columns = (TextColumn("  {task.description}"), bar_column, MofNCompleteColumn())
    with Progress(*columns, console=console, transient=True) as bar:
        task = bar.add_task(kind.word, total=None)

        def told(done: int, total: int) -> None:
            bar.update(task, completed=done, total=total)

        made = export(run, place, kind, prompt=prompt, told=told, **options)
    size = sum(file.stat().st_size for file in (made.rglob("*") if made.is_dir() else [made]))
    said = plain(f"{made}, {file_size(size)}")
    console.print(Text.assemble("  ", mark("done"), " ", said), soft_wrap=True)
    missing = Handout(run).missing()
    if missing:
        console.print(Text.assemble("    ", (missing, "dim")), soft_wrap=True)


def _goes_back(console: Console) -> bool:
    """Whether what was written can be written over; below a cell it looks like it, and cannot."""
    in_cell = "JPY_PARENT_PID" in os.environ  # a command that was started with `!`
    return console.is_terminal and not console.is_dumb_terminal and not in_cell


def _under_way(console: Console, jobs: Sequence[Job[Any]], total: int) -> RenderableType:
    """Return how many have ended, and the lines of as many of *jobs* as fit below it."""
    ended = total - len(jobs)
    head = _line(
        "drawing" if jobs else "done",
        f"{ended:,} of {total:,} ended",
        _bar(ended / total, done=not jobs),
    )
    room = max(console.height - 4, 1)
    more = len(jobs) - room
    lines = _job_lines(jobs[:room])
    return Group(head, lines, *([Text(f"  and {more:,} more", "dim")] if more > 0 else []))


def _end_of(job: Job[Any]) -> RenderableType:
    """Return the line of a *job* that has ended, and below it what there is to say of it."""
    facts, name = facts_of(job), _short_name(job)
    if facts.phase in {"failed", "unknown"}:
        how = f'In a notebook: job = leo.job("{name}")'
        said = [*filter(None, error_lines(facts.error)), how]
    else:
        said = [each for each in (*facts.history, facts.path) if each]
    below = [
        Padding(Text(plain(each).plain, "dim", overflow="fold"), (0, 2, 0, 4)) for each in said
    ]
    return Group(_job_lines([job]), *below)


def _job_lines(jobs: Sequence[Job[Any]]) -> Table:
    """Return a line for each of *jobs*, which says by its words and its id which one it is."""
    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_column(no_wrap=True, min_width=WORD_COLUMN)
    table.add_column()  # alone may become narrower
    for _ in range(3):
        table.add_column(no_wrap=True, style="dim")
    for job in jobs:
        facts = facts_of(job)
        what = plain(facts.prompt)
        what.no_wrap, what.overflow = True, "ellipsis"
        here = "watched here" if facts.elsewhere and not facts.is_final else seconds(facts.elapsed)
        head = Text.assemble("  ", mark(facts.phase), " ", (facts.word, "bold"))
        money = money_line(replace(facts, balance=None))  # the same for all of them
        table.add_row(head, what, _short_name(job), here, money)
    return table


def _short_name(job: Job[Any]) -> str:
    return (job.id or job.uid)[:SHORT_ID]


def _sum_of(resumed: Resumed) -> Text:
    """Return how all of them ended, in one line."""
    unknown = sum(map(is_unknown, resumed))
    named = {
        "done": sum(job.state is State.COMPLETE for job in resumed),
        "failed": sum(job.state is State.FAILED for job in resumed) - unknown,
        "stopped": sum(job.state is State.CANCELLED for job in resumed),
        f"{'waits' if unknown == 1 else 'wait'} for your word": unknown,
    }
    ends = ", ".join(f"{number:,} {name}" for name, number in named.items() if number)
    phase = "unknown" if unknown else "failed" if named["failed"] else "done"
    return Text.assemble("\n  ", mark(phase), f" All ended: {ends}.")


def _run_line(run: Run) -> Table:
    counts = run.counts
    phase = "drawing" if counts.open else ("done" if counts.done else "failed")
    bar = _bar((counts.total - counts.open) / counts.total, done=not counts.open)
    left = f", about {in_words(run.seconds_left)} left" if counts.open else ""
    words = [f"{counts.done} of {counted(counts.total, 'picture')}", *ends_of(run)]
    had = of_library(run)
    if had:
        words.append(had)
    spent = f"{run.cost}" if run.cost is not None else ""
    return _line(phase, ", ".join(words), bar, spent + left)


def _mosaic(run: Run, size: _CellSize, thumbnails: dict[str, Text]) -> Table:
    """Return the grid laid out as on the sheet: columns, rows, and facets side by side."""
    layout = run.layout
    x_labels = layout.x.labels if layout.x else ("",)
    y_labels = layout.y.labels if layout.y else ("",)
    grids = [[[Text()] * layout.columns for _ in y_labels] for _ in range(layout.grids)]
    for cell, job in zip(run.cells, run.jobs, strict=True):
        place = layout.place(cell.coords)
        grids[place.facet][place.row][place.column] = _cell(job, size, thumbnails)
    line = Table.grid(padding=(0, 2, 0, 0))
    sides = _stack(
        f"{layout.x.name} →" if layout.x else "",
        (f"{layout.y.name} ↓" if layout.y else "",),
        [[_side(label, size.rows)] for label in y_labels],
        justify="right",
    )
    titles = layout.facet_labels
    line.add_row(
        Text(" "),
        sides,
        *(_stack(title, x_labels, rows) for title, rows in zip(titles, grids, strict=True)),
    )
    return line


def _stack(
    title: str,
    labels: Sequence[str],
    rows: list[list[Text]],
    justify: Literal["center", "right"] = "center",
) -> Group:
    """Return one grid with its title above and a label over each column."""
    grid = Table.grid(padding=(0, 1, 0, 0))
    grid.add_row(*(Text(plain(label).plain, "dim", justify=justify) for label in labels))
    for row in rows:
        grid.add_row(*row)
    style = "dim" if justify == "right" else ""
    return Group(Text(f"{plain(title).plain} ", style, justify=justify), grid)


def _side(label: str, rows: int) -> Text:
    """Return a row's label, half way down the row and as high as it."""
    above = (rows - 1) // 2
    lines = "\n" * above + plain(label).plain + "\n" * (rows - above)
    return Text(lines, "dim", justify="right")


def _cell(job: Job[Any], size: _CellSize, thumbnails: dict[str, Text]) -> Text:
    """Return the picture of one cell, or its mark while there is none; a gap follows below."""
    if job.images and job.uid not in thumbnails:
        lines = half_blocks(job.images[0].pil(), size.columns, size.rows)
        thumbnails[job.uid] = Text("\n").join([*lines, Text()])
    if job.uid in thumbnails:
        return thumbnails[job.uid]
    left = (size.columns - 1) // 2
    blank = Text(" " * size.columns, "on grey11")
    sign = Text.assemble(
        " " * left, mark(facts_of(job).phase), " " * (size.columns - left - 1), style="on grey11"
    )
    middle = (size.rows - 1) // 2
    lines = [sign if row == middle else blank for row in range(size.rows)]
    return Text("\n").join([*lines, Text()])


class _CellSize(NamedTuple):
    """How large a picture of the grid is, in characters."""

    columns: int
    rows: int

    @classmethod
    def of(cls, run: Run, console: Console) -> _CellSize:
        """Return the largest that lets the grid fit into the terminal."""
        layout = run.layout
        labels = [f"{axis.name} →" for axis in (layout.x, layout.y) if axis]
        labels += layout.y.labels if layout.y else ()
        gaps = 7 + layout.grids * (layout.columns + 1)
        wide = console.width - max(map(len, labels), default=0) - gaps
        columns = wide // (layout.grids * layout.columns)
        # two lines of labels, and two for the bar above them
        high = (console.height - 6) // layout.rows - 1
        request = run.cells[0].request
        shape = (request.height or 1) / (request.width or 1)
        # a character is about twice as high as it is wide
        columns = min(columns, int(2 * (high + 0.5) / shape), LARGEST_CELL)
        columns = max(columns, SMALLEST_CELL)
        return cls(columns, max(round(columns * shape / 2), 1))
