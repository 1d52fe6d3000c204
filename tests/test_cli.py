from __future__ import annotations

import io
import json
import os
import queue
import re
import signal
import socket
import subprocess
import sys
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, NoReturn

import httpx
import pytest
from rich.console import Console
from typer.testing import CliRunner

from leonardo_nb import cli, terminal
from leonardo_nb.errors import LibraryError
from leonardo_nb.simulator import Simulator, serve_in_thread
from leonardo_nb.studios import Studio
from leonardo_nb.sweeps.functions import plan

if TYPE_CHECKING:
    from collections.abc import Iterator

    from leonardo_nb.account.spending import By
    from leonardo_nb.sweeps.run import Run

NOTEBOOKS = Path(__file__).parents[1] / "notebooks"
KEY = "51a70000-0000-4000-8000-000000000001"


def run(*arguments: str) -> str:
    """Run the command in this process; return what it printed."""
    answer = CliRunner().invoke(cli.app, arguments, catch_exceptions=False)
    assert 0 == answer.exit_code, answer.output
    return answer.output


def seen(*shown: object, width: int = 80) -> str:
    """Return what a terminal of that width without colours would show."""
    console = Console(file=io.StringIO(), width=width, color_system=None)
    console.print(*shown)
    file = console.file
    assert isinstance(file, io.StringIO)
    return file.getvalue()


def test_help_names_every_command() -> None:
    """What there is can be found out without reading."""
    answer = CliRunner().invoke(cli.app, ["--help"]).output

    assert [
        "demo",
        "lab",
        "simulate",
        "jobs",
        "resume",
        "spending",
        "sweep",
        "sweeps",
        "export",
        "doctor",
    ] == re.findall(r"^  (\w+)  ", answer, re.MULTILINE)


def test_version() -> None:
    """`--version` says which one this is."""
    assert "leonardo_nb 0.1.0\n" == run("--version")


def test_jobs_of_an_empty_library(library_folder: Path) -> None:
    """An empty library says where it is."""
    assert f"No jobs yet in {library_folder}" in "".join(run("jobs").splitlines())


def test_jobs_lists_the_newest(studio: Studio, library_folder: Path) -> None:
    """A row says what was asked for and how it ended; what was simulated names no cost."""
    studio.generate("a fox", seed=1).result()
    studio.generate("an owl", seed=2).result()

    answer = seen(terminal.jobs_table(Console(width=80), studio.jobs(limit=1), library_folder))

    assert ["an owl", "1", "simulated"] == re.findall(r"an owl|\b1\b(?= )|simulated", answer)[:3]
    assert "1 of 2 jobs" in answer


def test_spending_of_an_empty_library(library_folder: Path) -> None:
    """Nothing was spent, and where that is said of."""
    said = "".join(run("spending").splitlines())

    assert f"Nothing was spent yet by the jobs in {library_folder}." in said


@pytest.mark.parametrize("by", ["day", "sweep"])
@pytest.mark.parametrize("width", [50, 80])
def test_spending_is_listed(studio: Studio, by: By, width: int) -> None:
    """A row and a total, which says that it is simulated, also where it is narrow."""
    studio.generate("a fox", seed=1).result()

    answer = seen(terminal.spending_table(studio.spending(by), studio.folder), width=width)

    assert max(map(len, answer.splitlines())) <= width
    assert {by, "jobs", "charged", "total,", "simulated", "credits"} <= set(answer.split())


def test_spending_by_something_else(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """One sentence that names the nearest."""
    monkeypatch.setattr(sys, "argv", ["leonardo-nb", "spending", "--by", "sweeps"])

    with pytest.raises(SystemExit) as end:
        cli.main()

    assert 1 == end.value.code
    assert 'did you mean "sweep"?' in " ".join(capsys.readouterr().err.split())


def test_prompt_steers_no_terminal(studio: Studio, library_folder: Path) -> None:
    """Escape sequences and rich's markup in a prompt arrive as text."""
    studio.generate("\x1b[2Ja [bold]fox[/bold] \u202e", seed=1).result()

    answer = seen(terminal.jobs_table(Console(width=120), studio.jobs(), library_folder), width=120)

    assert "[2Ja [bold]fox[/bold]" in answer
    assert set() == set(answer) & {"\x1b", "\u202e"}


def test_failure_is_one_sentence(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """An error of ours is shown without a traceback, and the command fails."""

    def fails() -> None:
        raise LibraryError("The library cannot be written.")

    monkeypatch.setattr(cli, "app", fails)

    with pytest.raises(SystemExit) as end:
        cli.main()

    assert 1 == end.value.code
    assert "▲ The library cannot be written.\n" == capsys.readouterr().err


def test_lab_keeps_what_was_changed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Notebooks and what they open are copied once; JupyterLab gets the first, and all options."""
    called: list[list[str]] = []

    def take_our_place(_path: str, command: list[str]) -> NoReturn:
        called.append(command)
        raise SystemExit(0)

    monkeypatch.setattr(os, "execv", take_our_place)
    folder = tmp_path / "mine"
    folder.mkdir()
    (folder / cli.FIRST_NOTEBOOK).write_text("mine")

    run("lab", "--folder", str(folder), "--no-browser")

    assert "mine" == (folder / cli.FIRST_NOTEBOOK).read_text()
    assert sorted(path.name for path in NOTEBOOKS.iterdir() if path.is_file()) == sorted(
        path.name for path in folder.iterdir()
    )
    assert [
        [sys.executable, "-m", "jupyterlab", str(folder / cli.FIRST_NOTEBOOK), "--no-browser"]
    ] == called


def test_lab_becomes_jupyterlab(tmp_path: Path) -> None:
    """No process of ours stands between a signal and JupyterLab, which answers in our place."""
    command = [sys.executable, "-m", "leonardo_nb.cli", "lab", "--folder", str(tmp_path / "mine")]

    said = subprocess.run([*command, "--version"], capture_output=True, text=True, check=True)

    assert version("jupyterlab") == said.stdout.strip()


class Told(BaseHTTPRequestHandler):
    """Keeps what a callback brings."""

    said: ClassVar[queue.Queue[tuple[str | None, dict[str, Any]]]] = queue.Queue()

    def do_POST(self) -> None:
        """Take a callback."""
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        self.said.put((self.headers["authorization"], body))
        self.send_response(204)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@contextmanager
def simulating(*options: str, rest: list[str] | None = None) -> Iterator[str]:
    """Run the command; give its base URL, and put into *rest* what it says at its end."""
    command = [sys.executable, "-u", "-m", "leonardo_nb.cli", "simulate", "--port", "0"]
    with subprocess.Popen([*command, *options], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            lines = iter(process.stdout.readline, "")
            yield next(line.split()[-1] for line in lines if "base URL" in line)
        finally:
            process.send_signal(signal.SIGINT)
            said = process.stdout.read()
            if rest is not None:
                rest.append(said)


def test_simulate_answers_any_client() -> None:
    """The address that is printed is the address that answers."""
    rest: list[str] = []
    with simulating("--speed", "20", rest=rest) as base_url:
        answer = httpx.get(f"{base_url}/me", headers={"Authorization": f"Bearer {KEY}"})

    assert ["user_details"] == list(answer.json())
    assert "nothing was paid" in rest[0]


@pytest.mark.timeout(60)
def test_simulate_tells_and_remembers(tmp_path: Path) -> None:
    """Callbacks come with their key, and a restarted simulator knows its jobs."""
    headers = {"Authorization": f"Bearer {KEY}"}
    state = ("--state", str(tmp_path / "state.json"))
    fox = {"prompt": "a fox", "width": 64, "height": 64, "num_images": 1}
    with HTTPServer(("127.0.0.1", 0), Told) as receiver:
        threading.Thread(target=receiver.serve_forever, daemon=True).start()
        hook = ("--webhook-url", f"http://127.0.0.1:{receiver.server_port}/", "--webhook-key", "k")
        with simulating("--speed", "200", *state, *hook) as url:
            made = httpx.post(f"{url}/generations", json=fox, headers=headers).json()
            job = made["sdGenerationJob"]["generationId"]
            token, event = Told.said.get(timeout=20)
        receiver.shutdown()
    with simulating(*state) as url:
        row = httpx.get(f"{url}/generations/{job}", headers=headers).json()["generations_by_pk"]

    assert ("Bearer k", "image_generation.complete") == (token, event["type"])
    assert job == event["data"]["object"]["id"]
    assert (job, "COMPLETE") == (row["id"], row["status"])


@pytest.mark.parametrize("content", ["", "{}", "[]", "not JSON", '{"version": 1}', "[" * 99_999])
def test_another_file_is_no_state(content: str, tmp_path: Path) -> None:
    """It is a sentence that names the option, and the file is left as it is."""
    state = tmp_path / "state.json"
    state.write_text(content)
    answer = CliRunner().invoke(cli.app, ["simulate", "--port", "0", "--state", str(state)])

    assert (1, True) == (answer.exit_code, "--state" in answer.output.replace("\n", " "))
    assert content == state.read_text()


@pytest.mark.parametrize("where", [".", "file/state.json"])
def test_a_state_that_cannot_be_kept_is_told_at_once(where: str, tmp_path: Path) -> None:
    """A folder, or below a file: one sentence, before anything is served."""
    (tmp_path / "file").write_text("")
    state = str(tmp_path / where)
    answer = CliRunner().invoke(cli.app, ["simulate", "--port", "0", "--state", state])

    assert (1, True) == (answer.exit_code, "cannot be used" in answer.output.replace("\n", " "))


@pytest.mark.parametrize(
    "options",
    [("--webhook-url", "http://example.org/"), ("--webhook-url", "x"), ("--webhook-key", "k")],
)
def test_a_callback_needs_an_address_that_is_safe(options: tuple[str, str]) -> None:
    """Https, or this machine; a key alone would go nowhere."""
    answer = CliRunner().invoke(cli.app, ["simulate", "--port", "0", *options])

    assert (2, True) == (answer.exit_code, options[0] in answer.output)


@pytest.mark.parametrize("command", ["demo", "simulate"])
@pytest.mark.parametrize("speed", ["0", "-1", "nan", "inf"])
def test_speed_is_a_number_above_zero(command: str, speed: str, tmp_path: Path) -> None:
    """What no simulator can live at is refused, with the option's name."""
    folder = ["--folder", str(tmp_path)] if command == "demo" else []
    answer = CliRunner().invoke(cli.app, [command, "--speed", speed, *folder])

    assert (2, True) == (answer.exit_code, "--speed" in answer.output)


@pytest.mark.parametrize("port", ["99999", "-1", "web"])
def test_port_is_one_that_there_is(port: str) -> None:
    """What no machine has is refused, with the option's name."""
    answer = CliRunner().invoke(cli.app, ["simulate", "--port", port])

    assert (2, True) == (answer.exit_code, "--port" in answer.output)


def test_simulate_says_that_a_port_is_taken() -> None:
    """A taken port is a sentence that names the option."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        answer = CliRunner().invoke(cli.app, ["simulate", "--port", port])

    assert 1 == answer.exit_code
    assert f"Port {port} cannot be used" in answer.output
    assert "--port" in answer.output


@pytest.fixture
def served() -> Iterator[tuple[Simulator, str]]:
    """A simulator on a port, which therefore outlives studios, and its base URL."""
    simulator = Simulator(speed=50)
    with serve_in_thread(simulator) as base_url:
        yield simulator, base_url


def left_open(base_url: str, folder: Path) -> None:
    """Let a studio ask for a picture, and close before that is there."""
    with Studio(base_url=base_url, api_key=KEY, library=folder) as studio:
        accepted = threading.Event()
        job = studio.generate("a fox", seed=1, width=64, height=64)
        job.subscribe(lambda it: accepted.set() if it.id else None)
        assert job.id or accepted.wait(10)


def resumed(base_url: str, folder: Path) -> tuple[int, str]:
    """Run `leonardo-nb resume`; return its exit code, and its words on one line."""
    words = ["resume", "--base-url", base_url, "--library", str(folder)]
    answer = CliRunner(env={"LEONARDO_API_KEY": KEY}).invoke(cli.app, words, catch_exceptions=False)
    return answer.exit_code, " ".join(answer.output.split())


def test_resume_takes_up_what_is_open(served: tuple[Simulator, str], tmp_path: Path) -> None:
    """The picture that another process has paid for is fetched; then there is nothing to do."""
    simulator, base_url = served
    simulator.script(empty_looks=1)
    left_open(base_url, tmp_path)

    first, again = resumed(base_url, tmp_path), resumed(base_url, tmp_path)

    assert (0, True) == (first[0], first[1].startswith("1 job taken up: 1 at the service ● Done"))
    assert first[1].endswith("All ended: 1 done.")
    assert (0, "Nothing to pick up: every job has ended.") == again
    assert 1 == simulator.creates


def test_resume_fails_where_a_job_has(served: tuple[Simulator, str], tmp_path: Path) -> None:
    """It says which one, what became of the money, and what to do."""
    simulator, base_url = served
    simulator.script(fail=True, empty_looks=1)
    left_open(base_url, tmp_path)

    code, said = resumed(base_url, tmp_path)

    assert (1, True) == (code, said.endswith("All ended: 1 failed."))
    assert [] == [
        words
        for words in ("▲ Failed a fox", "refunded", "`job.again()`", 'job = leo.job("')
        if words not in said
    ]


def test_resume_without_a_key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """There is nobody to ask, which is a sentence that says how to give one."""
    monkeypatch.delenv("LEONARDO_API_KEY", raising=False)
    answer = CliRunner().invoke(cli.app, ["resume", "--library", str(tmp_path)])

    assert (1, True) == (
        answer.exit_code,
        "Set LEONARDO_API_KEY" in " ".join(answer.output.split()),
    )


@pytest.mark.timeout(60)
def test_resume_can_be_interrupted(served: tuple[Simulator, str], tmp_path: Path) -> None:
    """Ctrl-C stops the watching alone: the job is there for the next time."""
    simulator, base_url = served
    simulator.script(never_finish=True)
    left_open(base_url, tmp_path)
    words = ["resume", "--base-url", base_url, "--library", str(tmp_path)]
    with subprocess.Popen(
        [sys.executable, "-u", "-m", "leonardo_nb.cli", *words],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "LEONARDO_API_KEY": KEY},
    ) as process:
        assert process.stdout is not None
        first = process.stdout.readline()
        process.send_signal(signal.SIGINT)
        rest = process.stdout.read()

    with Studio(base_url=base_url, api_key=KEY, library=tmp_path) as studio:
        left = studio.unfinished()

    assert "  1 job taken up: 1 at the service\n" == first
    assert "Stopped watching. Nothing is lost" in rest
    assert (130, 1, 1) == (process.returncode, left, simulator.creates)


def _small_grid(studio: Studio) -> Run:
    planned = plan(
        "a fox", seed=[1, 2, 3], guidance_scale=[3, 12], width=512, height=512, studio=studio
    )
    return planned.start().result()


@pytest.mark.parametrize("width", [60, 120])
def test_grid_fits_the_terminal(studio: Studio, width: int) -> None:
    """A grid of pictures is never wider than the terminal, and each cell is a picture."""
    run = _small_grid(studio)
    console = Console(
        file=io.StringIO(),
        width=width,
        height=24,
        force_terminal=True,
        color_system="truecolor",
        _environ={},
    )

    terminal.watch_run(console, run)

    file = console.file
    assert isinstance(file, io.StringIO)
    lines = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]|\r", "", file.getvalue()).splitlines()
    assert max(map(len, lines)) <= width
    assert "6 of 6 pictures" in file.getvalue()
    assert not any("…" in line for line in lines)


def test_bar_is_full_only_at_the_end() -> None:
    """A job that is late fills its bar ever slower, and never wholly."""
    shares = [terminal._share(elapsed, 10) for elapsed in (0, 5, 10, 20, 1000)]

    assert sorted(shares) == shares
    assert 1 > shares[-1]


@pytest.mark.notebook
@pytest.mark.timeout(120)
def test_demo_makes_what_it_says(tmp_path: Path) -> None:
    """The demo uses no key, and leaves a notebook, a page and a contact sheet with pictures."""
    folder = tmp_path / "made"
    environment = {
        **os.environ,
        "LEONARDO_API_KEY": "not a key, and never looked at",
        "LEONARDO_BASE_URL": "http://127.0.0.1:9/api/rest/v1",
    }

    answer = subprocess.run(
        [sys.executable, "-m", "leonardo_nb.cli", "demo", "--folder", str(folder), "--speed", "20"],
        capture_output=True,
        text=True,
        check=True,
        env=environment,
    )

    notebook = json.loads((folder / "demo.ipynb").read_text(encoding="utf-8"))
    outputs = [output for cell in notebook["cells"] for output in cell.get("outputs", [])]
    shown = [kind for output in outputs for kind in output.get("data", {})]
    page = (folder / "demo.html").read_text(encoding="utf-8")
    made = ["demo.html", "demo.ipynb", "contact-sheet.png"]
    assert [] == [name for name in made if name not in answer.stdout]
    assert "18 of 18 pictures" in answer.stdout
    assert "" == answer.stderr
    assert 3 == sum(kind.startswith("image/") for kind in shown)
    assert "application/vnd.jupyter.widget-view+json" not in shown
    assert [] == [output for output in outputs if output["output_type"] == "error"]
    assert "<img" in page
    assert "<script" not in page
    assert b"\x89PNG" == (folder / "contact-sheet.png").read_bytes()[:4]


PLAN = """
prompt = "a fox"
name = "foxes"
[parameters]
seed = [1, 2, 3]
width = 64
height = 64
"""


def swept(base_url: str, folder: Path, *options: str) -> tuple[int, str]:
    """Return how `leonardo-nb sweep` ended on PLAN, and what it said on one line."""
    plan_file = folder / "plan.toml"
    plan_file.write_text(PLAN, encoding="utf-8")
    words = ["sweep", str(plan_file), "--base-url", base_url, "--library", str(folder), *options]
    answer = CliRunner().invoke(cli.app, words, env={"LEONARDO_API_KEY": KEY})
    return answer.exit_code, " ".join(f"{answer.output} {answer.exception}".split())


def test_sweep_pays_once_however_often_it_is_called(
    served: tuple[Simulator, str], tmp_path: Path
) -> None:
    """The second time everything is in the library already."""
    simulator, base_url = served
    first, again = (swept(base_url, tmp_path, "--budget", "100") for _ in range(2))

    assert (0, 0, 3) == (first[0], again[0], simulator.creates)
    assert "3 cells, all new" in first[1]
    assert "all in the library already, nothing to pay" in again[1]
    assert "`leonardo-nb export foxes` hands it on." in again[1]
    words = ["sweeps", "--base-url", base_url, "--library", str(tmp_path)]
    listed = CliRunner().invoke(cli.app, words, env={"LEONARDO_API_KEY": KEY})
    assert "foxes  3 seed" in listed.output


def test_sweep_costs_nothing_without_a_budget(
    served: tuple[Simulator, str], tmp_path: Path
) -> None:
    """Money needs a word; a dry run says what it would cost, and a small budget stops it."""
    simulator, base_url = served
    without = swept(base_url, tmp_path)
    dry = swept(base_url, tmp_path, "--dry-run")
    small = swept(base_url, tmp_path, "--budget", "1")
    wrong = swept(base_url, tmp_path, "--budget", "many")

    assert [1, 0, 1, 1] == [code for code, _ in (without, dry, small, wrong)]
    assert "--budget says the most" in without[1]
    assert "--budget many is no amount" in wrong[1]
    assert "passes the budget" in small[1]
    assert 0 == simulator.creates
