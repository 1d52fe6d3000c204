"""
The leonardo-nb command.

Each command opens only the rooms that it needs; what is shown of jobs is in `terminal`.
"""

from __future__ import annotations

import importlib.util
import math
import os
import shlex
import shutil
import subprocess
import sys
from importlib.metadata import files
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer
from rich.console import Console
from rich.padding import Padding
from rich.text import Text

from leonardo_nb.errors import LeonardoError, UnknownParameter

if TYPE_CHECKING:
    from importlib.metadata import PackagePath

    from leonardo_nb.money import Cost

__all__ = ["app", "main"]

Library = Annotated[
    Path | None,
    typer.Option(help="The folder of jobs and pictures; else LEONARDO_LIBRARY, else yours."),
]

app = typer.Typer(
    name="leonardo-nb",
    help="Leonardo.AI image jobs in notebooks: a tour, a simulator, and what your library knows.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)

FIRST_NOTEBOOK = "01_first_image.ipynb"
NOTEBOOK_FILES = {".ipynb", ".zip", ".jsonl"}
"""Notebooks, and the files beside them that they open."""


def main() -> None:
    """Run the command; what goes wrong is one sentence."""
    try:
        app()
    except (LeonardoError, UnknownParameter) as error:
        _refuse(str(error))
    except KeyboardInterrupt:
        sys.exit(130)


def _refuse(sentence: str) -> NoReturn:
    from leonardo_nb.terminal import mark, plain

    console = Console(stderr=True)
    console.print(Text.assemble(mark("failed"), " ", plain(sentence)))
    sys.exit(1)


def _show_version(wanted: bool) -> None:  # noqa: FBT001  typer's callback
    if wanted:
        from leonardo_nb import __version__

        Console().print(f"leonardo_nb {__version__}", highlight=False)
        raise typer.Exit


@app.callback()
def _everything(
    version: Annotated[
        bool, typer.Option("--version", callback=_show_version, help="Say which version this is.")
    ] = False,
) -> None:
    """Take the options that stand before a command."""


@app.command()
def demo(
    folder: Annotated[Path, typer.Option(help="Where to write what it makes.")] = Path(
        "demo-output"
    ),
    speed: Annotated[float, typer.Option(help="How many times faster than the service.")] = 4.0,
) -> None:
    """Draw a picture and a sweep on the simulator; needs no key and costs nothing."""
    from leonardo_nb.demo import run_demo

    run_demo(Console(highlight=False), folder, speed=_above_zero(speed))


@app.command(context_settings={"allow_extra_args": True, "ignore_unknown_options": True})
def lab(
    context: typer.Context,
    folder: Annotated[Path, typer.Option(help="Where your copy of the notebooks goes.")] = Path(
        "leonardo-notebooks"
    ),
) -> None:
    """Open JupyterLab at your copy of the notebooks; further options go to JupyterLab."""
    if importlib.util.find_spec("jupyterlab") is None:
        _refuse('This needs JupyterLab: pip install "leonardo_nb[lab]" brings it.')
    folder.mkdir(parents=True, exist_ok=True)
    for file in _notebooks():
        # what you have changed in your copy stays
        if not (folder / file.name).exists():
            shutil.copyfile(file, folder / file.name)
    command = [sys.executable, "-m", "jupyterlab", str(folder / FIRST_NOTEBOOK), *context.args]
    if sys.platform == "win32":
        sys.exit(subprocess.call(command))  # noqa: S603  the user's own words
    sys.stdout.flush()
    os.execv(sys.executable, command)  # noqa: S606  in our place: what ends us ends it


def _notebooks() -> list[Path]:
    """Return the notebooks and what they open: in a checkout beside the package, else of pip."""
    beside = Path(__file__).parent.parent / "notebooks"
    found = (
        [*beside.iterdir()] if beside.is_dir() else [Path(str(f.locate())) for f in _installed()]
    )
    return sorted(each for each in found if each.suffix in NOTEBOOK_FILES)


def _installed() -> list[PackagePath]:
    return [file for file in files("leonardo_nb") or [] if "notebooks" in file.parts]


@app.command()
def simulate(
    port: Annotated[
        int, typer.Option(min=0, max=65535, help="The TCP port; 0 takes a free one.")
    ] = 8123,
    speed: Annotated[float, typer.Option(help="How many times faster than the service.")] = 1.0,
    state: Annotated[
        Path | None,
        typer.Option(help="A file that jobs, balance and uploads survive a restart in."),
    ] = None,
    webhook_url: Annotated[
        str | None,
        typer.Option(help="Where to tell of finished jobs: https, or http on this machine."),
    ] = None,
    webhook_key: Annotated[
        str | None,
        typer.Option(
            help="What callbacks bring along as their bearer token.",
            envvar="LEONARDO_SIMULATOR_WEBHOOK_KEY",
        ),
    ] = None,
) -> None:
    """Serve the simulator to any client, on this machine only, until interrupted."""
    from leonardo_nb.simulator import Simulator, serve
    from leonardo_nb.terminal import heading

    if webhook_key is not None and webhook_url is None:
        raise typer.BadParameter("needs --webhook-url as well", param_hint="--webhook-key")
    try:
        simulator = Simulator(
            speed=_above_zero(speed),
            state=state,
            webhook_url=_webhook(webhook_url),
            webhook_key=webhook_key,
        )
    except ValueError:
        _refuse(f"{state} holds no state of this simulator; name another file with --state.")
    except OSError as error:
        _refuse(f"{state} cannot be used ({error.strerror}); name another file with --state.")
    console = Console(soft_wrap=True, highlight=False)

    def say_where(base_url: str) -> None:
        pace = "as fast as" if speed == 1 else f"{speed:g} times as fast as"
        console.print()
        heading(console, "The simulator listens", f"{pace} the service, and free")
        console.print(_addresses(base_url, simulator.key, state, webhook_url))

    try:
        serve(simulator, port=port, started=say_where)
    except OSError as error:
        _refuse(f"Port {port} cannot be used ({error.strerror}); choose another with --port.")
    console.print(f"\n  Drew {simulator.creates:,} jobs; nothing was paid.")


def _above_zero(speed: float) -> float:
    if not 0 < speed < math.inf:  # no comparison holds for nan
        raise typer.BadParameter("must be a number above 0", param_hint="--speed")
    return speed


def _webhook(url: str | None) -> str | None:
    if url is None:
        return None
    from leonardo_nb.simulator.callbacks import checked_url

    try:
        return checked_url(url)
    except ValueError:
        raise typer.BadParameter(
            "must be an https address, or an http one on this machine", param_hint="--webhook-url"
        ) from None


def _addresses(base_url: str, key: str, state: Path | None, webhook_url: str | None) -> Text:
    """Return how to point clients at the simulator, each on a line that can be copied."""
    lines = {
        "base URL": base_url,
        "key": f"{key}, or any other UUID but the all-zero one",
        "Python": f'leo.connect(base_url="{base_url}", api_key="{key}")',
        "shell": f"export LEONARDO_BASE_URL={base_url} LEONARDO_API_KEY={key}",
        "curl": f'curl -H "Authorization: Bearer {key}" {base_url}/me',
        "to end": "Ctrl+C",
    }
    if webhook_url is not None:
        lines = {"callbacks": webhook_url} | lines
    if state is not None:
        lines = {"state": str(state)} | lines
    shown = Text()
    for name, line in lines.items():
        shown.append(f"\n  {name:<10}", "dim")
        shown.append(line)
    shown.append("\n")
    return shown


@app.command()
def jobs(
    limit: Annotated[int, typer.Option(min=1, help="How many, the newest first.")] = 20,
) -> None:
    """List what your library knows: what was asked for, what became of it, what it cost."""
    from leonardo_nb.studios import Studio
    from leonardo_nb.terminal import jobs_table

    # only the library is looked at; on the simulator no key is needed for that
    console = Console(highlight=False)
    with Studio(simulator=True) as studio:
        console.print(jobs_table(console, studio.jobs(limit=limit), studio.folder))


@app.command()
def resume(
    base_url: Annotated[
        str | None,
        typer.Option(help="The service that was asked; else LEONARDO_BASE_URL, else the live one."),
    ] = None,
    library: Library = None,
) -> None:
    """Take up every job that has not ended, and watch until all have; 1 if one needs you."""
    from leonardo_nb.studios import Studio
    from leonardo_nb.terminal import watch_resumed

    console = Console(highlight=False)
    with Studio(base_url=base_url, library=library) as studio:
        if studio.simulated:
            _refuse(
                "There is no key, so there is no service whose jobs could be taken up; those of "
                "the built-in simulator end with their kernel. Set LEONARDO_API_KEY, or keep a key "
                'with leo.login(keep="keyring").'
            )
        try:
            all_well = watch_resumed(console, studio.resume())
        except KeyboardInterrupt:
            said = (
                "Stopped watching. Nothing is lost: what is at the service goes on there, and "
                "`leonardo-nb resume` takes everything up again."
            )
            console.print(Padding(said, (1, 0, 0, 2)))
            raise typer.Exit(130) from None
    if not all_well:
        raise typer.Exit(1)


@app.command()
def spending(
    by: Annotated[str, typer.Option(help="For each day (in UTC), or for each sweep.")] = "day",
) -> None:
    """Say what the jobs of your library have cost, by day or by sweep."""
    from leonardo_nb.account.spending import by_named
    from leonardo_nb.studios import Studio
    from leonardo_nb.terminal import spending_table

    named = by_named(by)
    with Studio(simulator=True) as studio:
        spent = studio.spending(named)
        Console(highlight=False).print(spending_table(spent, studio.folder))


@app.command()
def sweep(  # noqa: PLR0917  typer's options, which are given by name
    plan: Annotated[Path, typer.Argument(help="A plan in TOML, or the sweep.json of an export.")],
    budget: Annotated[
        str | None,
        typer.Option(
            help="The most that all runs of its name may cost: 100 for credits, $1.50 for dollars."
        ),
    ] = None,
    name: Annotated[
        str | None, typer.Option(help="What the sweep is called; else what its plan says.")
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what it is and costs, and send nothing.")
    ] = False,
    base_url: Annotated[
        str | None,
        typer.Option(help="The service; else LEONARDO_BASE_URL, else the live one."),
    ] = None,
    simulated: Annotated[
        bool,
        typer.Option("--simulated", help="On the built-in simulator, although there is a key."),
    ] = False,
    library: Library = None,
) -> None:
    """
    Send a sweep and watch it fill; the same line again pays only for what is missing.

    A plan in TOML has prompt, name, replicates and order, and tables: [slots] for words of the
    prompt, [parameters] where a list is an axis, [[zip]] for values that belong together, and
    [[without]] for what is left out. README has one with all of it.
    """
    from leonardo_nb.studios import Studio
    from leonardo_nb.sweeps.plan_file import plan_of_file
    from leonardo_nb.terminal import plan_lines, watch_run

    console = Console(highlight=False)
    with Studio(base_url=base_url, library=library, simulator=simulated or None) as studio:
        made = plan_of_file(plan, studio=studio)
        console.print(plan_lines(made))
        if dry_run:
            return
        limit = None if budget is None else _amount(budget)
        if limit is None and not studio.simulated and len(made.known()) < len(made.keys):
            _refuse("This costs money: --budget says the most that it may cost. Nothing was sent.")
        run = made.start(limit, name=name)
        try:
            watch_run(console, run)
        except KeyboardInterrupt:
            said = (
                "Stopped watching. Nothing is lost: what is at the service goes on there, and the "
                "same line again sends only what is missing."
            )
            console.print(Padding(said, (1, 0, 0, 2)))
            raise typer.Exit(130) from None
        console.print(
            Padding(
                f"{run!r}\n`leonardo-nb export {shlex.quote(run.name)}` hands it on.", (1, 0, 0, 2)
            )
        )
    if run.counts.done < len(run):
        raise typer.Exit(1)


def _amount(text: str) -> Cost:
    """Return the amount that was typed: credits, or dollars after a $."""
    from leonardo_nb.money import Credits, Dollars

    number, is_dollars = text.strip().removeprefix("$"), text.strip().startswith("$")
    try:
        return Dollars(number) if is_dollars else Credits(number)
    except (ArithmeticError, TypeError, ValueError):
        _refuse(f'--budget {text} is no amount; write 100 for credits, "$1.50" for dollars.')


@app.command()
def sweeps(
    base_url: Annotated[
        str | None,
        typer.Option(help="The service that drew them; else LEONARDO_BASE_URL, else the live one."),
    ] = None,
    simulated: Annotated[
        bool, typer.Option("--simulated", help="Those of the simulator, although there is a key.")
    ] = False,
    library: Library = None,
) -> None:
    """List the sweeps of your library by name, the newest first."""
    from leonardo_nb.studios import Studio
    from leonardo_nb.sweeps.opening import sweeps as listed

    console = Console(highlight=False)
    with Studio(base_url=base_url, library=library, simulator=simulated or None) as studio:
        console.print(Text(repr(listed(studio=studio))), soft_wrap=True)


@app.command()
def export(  # noqa: PLR0917  typer's options, which are given by name
    name: Annotated[str, typer.Argument(help="The sweep's name, as leo.sweeps() lists it.")],
    to: Annotated[
        str | None,
        typer.Option(
            help="html, folder, sheet, replay, csv, parquet, json, gif, webp or mp4; else what "
            "the ending of --out says, else html."
        ),
    ] = None,
    out: Annotated[
        Path | None, typer.Option(help="The file or folder; else the sweep's name, here.")
    ] = None,
    prompt: Annotated[
        bool, typer.Option("--prompt/--no-prompt", help="Whether it may have your words in it.")
    ] = True,
    along: Annotated[
        str | None, typer.Option(help="The axis that is time in a film; else a long one.")
    ] = None,
    base_url: Annotated[
        str | None,
        typer.Option(help="The service that drew it; else LEONARDO_BASE_URL, else the live one."),
    ] = None,
    simulated: Annotated[
        bool, typer.Option("--simulated", help="Look among the sweeps of the simulator.")
    ] = False,
    library: Library = None,
) -> None:
    """Hand a sweep of your library on as a file or a folder; sends nothing and costs nothing."""
    from leonardo_nb.studios import Studio
    from leonardo_nb.sweeps.export.choosing import kind_of, named, place_for
    from leonardo_nb.sweeps.opening import open_sweep
    from leonardo_nb.terminal import export_watched

    kind = named(to) if to is not None else kind_of(out) if out is not None else named("html")
    options = {} if along is None else {"along": along}
    console = Console(highlight=False)
    with Studio(base_url=base_url, library=library, simulator=simulated or None) as studio:
        run = open_sweep(name, studio=studio)
        place = place_for(run, kind, prompt=prompt) if out is None else out
        try:
            export_watched(console, run, place, kind, prompt=prompt, **options)
        except ImportError as error:
            _refuse(str(error))


@app.command()
def doctor(
    online: Annotated[
        bool, typer.Option("--online", help="Ask the service whether it knows the key; free.")
    ] = False,
) -> None:
    """Check key, address, clock, library and Jupyter, and say what to do."""
    from leonardo_nb.doctor import Verdict, examine, shown

    findings = examine(online=online)
    Console(highlight=False).print(shown(findings))
    if any(finding.verdict is Verdict.MEND for finding in findings):
        raise typer.Exit(1)


if __name__ == "__main__":
    main()
