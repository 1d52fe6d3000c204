"""
Every route, every fault, once and every time: what the user gets is what expected.py says.

Each cell is a studio of its own on a simulator of its own, on a clock that never waits.
"""

from __future__ import annotations

import io
import os
import re
import shutil
import tempfile
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import PIL.Image
import pytest

import leonardo_nb as leo
from leonardo_nb.engine.job import Job
from leonardo_nb.engine.polling import Polling
from leonardo_nb.simulator import images, videos
from leonardo_nb.studios import Studio
from leonardo_nb.testing import ManualClock

from .expected import FAULTS, ROUTES, Does, Means, cells
from .line import SKEW, FaultySimulator, SkewedClock

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from .conftest import Server
    from .expected import Cell

SMALL: dict[str, Any] = {"width": 64, "height": 64, "alchemy": False}
MEMORY = Path("/dev/shm")  # noqa: S108  of a random name below
SELDOM = Polling(longest=55.0)
"""The usual 15 minutes, in fewer looks."""
SECONDS = 15.0
"""Real ones, after which a job that has not ended is a failure of the test."""
WHAT_TO_DO = re.compile(
    r"try again|trying again|again\(|check the network|base_url|word the prompt|"
    r"leo\.\w+\(|job\.\w+\(|image\.\w+\(|top up",
    re.IGNORECASE,
)
"""Every error says one of these."""


class Make(Protocol):
    """Makes the scene of a cell."""

    def __call__(self, cell: Cell, database: str | None = None) -> Scene:
        """Return it."""


@dataclass(frozen=True)
class Scene:
    """A studio and what its jobs can begin with."""

    studio: Studio
    simulator: FaultySimulator
    image: str
    video: str

    def upload(self) -> leo.Upload:
        """Return a picture that is at the service already."""
        return self.studio.upload(picture())

    def drawn(self) -> leo.GenerationJob:
        """Return a job that is complete."""
        job = self.studio.generate("a hare", **SMALL)
        job.result(SECONDS)
        return job

    def drawn_image(self) -> leo.Image:
        """Return a picture of a job of this studio."""
        return self.drawn().result(SECONDS)[0]


def picture(colour: str = "red", side: int = 512) -> bytes:
    file = io.BytesIO()
    PIL.Image.new("RGB", (side, side), colour).save(file, "PNG")
    return file.getvalue()


def a_fox(scene: Scene) -> object:
    return scene.studio.generate("a fox", **SMALL)


def in_the_mask(scene: Scene) -> object:
    return scene.studio.inpaint("a fox", picture(), picture("white")).request


DRIVES: dict[str, Callable[[Scene], object]] = {
    "generate": a_fox,
    "text_to_video": lambda it: it.studio.text_to_video("a fox"),
    "upscale_video": lambda it: it.studio.upscale_video(it.video),
    "v2_pictures": lambda it: it.studio.generate("a fox", modelId="gpt-image-1.5"),
    "v2_video": lambda it: it.studio.text_to_video("a fox", model="Kling 3.0"),
    "improve": lambda it: it.studio.improve_prompt("a fox"),
    "invent": lambda it: it.studio.random_prompt(),
    "me_first": a_fox,
    "price_first": a_fox,
    "look": a_fox,
    "upscale_of_unknown": lambda it: it.studio.upscale(it.image),
    "look_at_variation": lambda it: it.studio.upscale(it.image),
    "look_at_motion": lambda it: it.studio.upscale_video(it.video),
    "search": a_fox,
    "file": a_fox,
    "film": lambda it: it.studio.upscale_video(it.video),
    "me": lambda it: it.studio.me(),
    "price": lambda it: it.studio.price("a fox", **SMALL),
    "models": lambda it: it.studio.models(),
    "elements": lambda it: it.studio.elements(),
    "own_elements": lambda it: it.studio.elements(own=True),
    "history": lambda it: it.studio.history(),
    "previews": lambda it: it.studio.models(),
    "form": lambda it: it.upload(),
    "canvas_form": in_the_mask,
    "upload": lambda it: it.upload(),
}
"""What asks for each route."""

PREPARED: dict[str, tuple[Callable[[Scene], Any], Callable[[Studio, Any], object]]] = {
    "image_to_video": (Scene.drawn_image, lambda it, image: it.image_to_video("a fox", image)),
    "motion": (Scene.drawn_image, Studio.motion),
    "upscale": (Scene.drawn_image, Studio.upscale),
    "search_variation": (Scene.drawn_image, Studio.upscale),
    "unzoom": (Scene.drawn_image, Studio.unzoom),
    "nobg": (Scene.drawn_image, Studio.nobg),
    "universal_upscale": (Scene.drawn_image, Studio.universal_upscale),
    "universal_upscale_of_upload": (Scene.upload, Studio.universal_upscale),
    "cut_out": (Scene.upload, Studio.nobg),
    "delete": (Scene.drawn, Studio.delete),
    "delete_upload": (Scene.upload, Studio.delete),
}
"""As above, for what needs something of the studio's own first: what makes that, and what asks."""

CELLS = cells()


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """A folder in memory, where there is one: disks are slow, and no matter of these tests."""
    if MEMORY.is_dir() and os.access(MEMORY, os.W_OK):
        with tempfile.TemporaryDirectory(dir=MEMORY, prefix="leonardo-nb-") as made:
            yield Path(made)
    else:
        yield tmp_path


@pytest.fixture(scope="session")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A library in which nothing is; copying it is quicker than making one."""
    made = tmp_path_factory.mktemp("empty") / "library"
    with Studio(simulator=True, library=made):
        pass
    return made


@pytest.fixture
def make(folder: Path, empty: Path) -> Iterator[Make]:
    """Make the scene of a cell, its line not armed yet, with the database at an address or none."""
    shutil.copytree(empty, folder / "library")
    opened: list[Studio] = []

    def made(cell: Cell, database: str | None = None) -> Scene:
        clock = ManualClock()
        simulator = FaultySimulator(clock)
        house = simulator._house
        image = house.create(images.IMAGE, {"prompt": "a hare", **SMALL}, "/generations")
        video = house.create(
            videos.TEXT_TO_VIDEO, {"prompt": "a hare"}, "/generations-text-to-video"
        )
        clock.advance(3600)
        row: Any = house.row(image, "http://simulator.invalid", clock.now())
        hours = SKEW.get(cell.fault.name, 0.0)
        is_question = cell.route.does is Does.PAID_QUESTION
        studio = Studio(
            simulator=simulator,
            library=folder / "library",
            database=database,
            polling=SELDOM if cell.route.does is Does.LOOK else None,
            clock=SkewedClock(clock, hours) if hours else clock,
            budget=leo.Credits(1000) if is_question else None,
        )
        opened.append(studio)
        return Scene(studio, simulator, row["generated_images"][0]["id"], video.id)

    yield made
    for studio in opened:
        studio.close()


def cell_of(route: str, fault: str, *, lasts: bool = False) -> Cell:
    name = f"{route}, {fault}, {'always' if lasts else 'once'}"
    return next(cell for cell in CELLS if str(cell) == name)


def begun(cell: Cell, scene: Scene) -> Callable[[], object]:
    """Arm the line with the fault of *cell*; return what asks."""
    name = cell.route.name
    if name in PREPARED:
        prepare, wanted = PREPARED[name]
        ask = partial(wanted, scene.studio, prepare(scene))
    else:
        ask = partial(DRIVES[name], scene)
    scene.simulator.line.arm(cell)
    scene.simulator.line.loses_next_job = cell.route.does is Does.SEARCH
    scene.simulator.script(
        never_finish=cell.fault.means is Means.ENDLESS, fail=cell.fault.means is Means.FAILS
    )
    return ask


@pytest.mark.parametrize("cell", CELLS, ids=str)
def test_what_happens_is_what_the_table_says(cell: Cell, make: Make) -> None:
    """State, charge, requests, jobs at the service and the sentence are those of the table."""
    check(cell, make(cell))


ON_SERVER = {"generate", "cut_out", "search", "improve"}
"""Routes of each way in which the library bears on money."""


@pytest.mark.parametrize("cell", [cell for cell in CELLS if cell.route.name in ON_SERVER], ids=str)
def test_what_happens_on_postgresql_is_what_the_table_says(
    cell: Cell, make: Make, server: Server
) -> None:
    """The same, with the library's database on a server."""
    check(cell, make(cell, server.emptied()))


def check(cell: Cell, scene: Scene) -> None:
    """Let the fault of *cell* happen, and compare."""
    simulator = scene.simulator
    ask = begun(cell, scene)
    before = made(simulator), simulator.balance

    job, error = asked_for(ask)

    wanted = cell.outcome
    created, paid = made(simulator) - before[0], before[1] - simulator.balance
    if cell.route.does is Does.PAID_QUESTION:
        charge = charge_of_question(scene.studio, error)
    else:
        charge = "none" if job is None else str(job.charge)
    assert (wanted.error, wanted.charge, wanted.created) == (
        error and type(error).__name__,
        charge,
        created,
    ), error
    if job is not None:
        assert wanted.end == job.state
    asked = simulator.line.asked
    assert asked == wanted.asked if wanted.is_exact else 1 <= asked <= wanted.asked, asked
    assert [] == wrong_with_money(cell, job, paid)
    if error is not None:
        assert re.search(wanted.says, str(error), re.DOTALL), str(error)
        assert WHAT_TO_DO.search(str(error)), str(error)


BROKEN_OFF = {"JobTimeout", "AuthenticationError", "DownloadFailed", "OutcomeUnknown"}
STOPPED = {
    (cell.route, cell.fault.means): cell
    for cell in CELLS
    if cell.route.does in {Does.LOOK, Does.SEARCH, Does.FILE}
    and cell.outcome.error in BROKEN_OFF
    and cell.fault.means is not Means.ENDLESS
}
"""Where a job is at the service, and its way was broken off here; one of each meaning."""


@pytest.mark.parametrize("cell", STOPPED.values(), ids=str)
def test_what_stopped_is_taken_up_again(cell: Cell, make: Make) -> None:
    """When all is well again, `leo.resume()` brings the files, and nothing is paid for again."""
    scene = make(cell)
    asked_for(begun(cell, scene))
    simulator = scene.simulator
    before = simulator.creates, simulator.balance
    simulator.line.arm(None)

    (job,) = scene.studio.resume()
    job.result(SECONDS)

    assert ("complete", "charged") == (job.state, job.charge)
    assert before == (simulator.creates, simulator.balance)


UNFOUND = [route.name for route in ROUTES if route.does is Does.JOB and not route.is_found]


@pytest.mark.parametrize("route", [name for name in UNFOUND if name != "cut_out"])
def test_a_job_that_nobody_can_look_for_is_adopted(route: str, make: Make) -> None:
    """Whoever knows its id has the job, and pays nothing more; a cut-out's id is shown nowhere."""
    cell = cell_of(route, "reset after the work was done")
    scene = make(cell)
    job, _ = asked_for(begun(cell, scene))
    assert job is not None
    simulator = scene.simulator
    before = simulator.creates, simulator.balance
    there = newest(scene)

    adopted = job.adopt(there)
    adopted.result(SECONDS)

    assert ("complete", "charged", there) == (adopted.state, adopted.charge, adopted.id)
    assert before == (simulator.creates, simulator.balance)


@pytest.mark.parametrize("route", UNFOUND)
def test_a_job_that_nobody_can_look_for_is_sent_again_when_told(route: str, make: Make) -> None:
    """It is paid for once more, because the user says so, and once only."""
    cell = cell_of(route, "reset before the work was done")
    scene = make(cell)
    job, _ = asked_for(begun(cell, scene))
    assert job is not None
    before = made(scene.simulator)

    again = job.resend()
    again.result(SECONDS)

    assert ("complete", "charged", 1) == (
        again.state,
        again.charge,
        made(scene.simulator) - before,
    )


def made(simulator: FaultySimulator) -> int:
    """Return how many jobs were ever made, those that are answered with their result included."""
    return simulator.creates + simulator.line.cut_out


def asked_for(ask: Callable[[], object]) -> tuple[Job[Any] | None, leo.LeonardoError | None]:
    """Return the job, where there is one, and the error, where there is one."""
    job = None
    try:
        given = ask()
        if isinstance(given, Job):
            job = given
            job.result(SECONDS)
    except leo.LeonardoError as error:
        return job, error
    return job, None


def charge_of_question(studio: Studio, error: leo.LeonardoError | None) -> str:
    """Return what the budget says of a paid question."""
    if studio.spent == leo.Credits(0):
        return "none"
    return "unknown" if isinstance(error, leo.OutcomeUnknown) else "charged"


def wrong_with_money(cell: Cell, job: Job[Any] | None, paid: int) -> list[str]:
    """Return in what the account's balance contradicts what the user is told."""
    wrong = []
    charge = cell.outcome.charge
    if charge in {"none", "refunded"} and paid:
        wrong.append(f"{paid} credits were paid, and the user is told of none")
    if charge == "charged" and not paid:
        wrong.append("nothing was paid, and the user is told of a charge")
    if (
        job is not None
        and job.cost is not None
        and charge == "charged"
        and job.cost != paid_as(paid)
    ):
        wrong.append(f"{paid} credits were paid, and the job says {job.cost}")
    return wrong


def paid_as(paid: int) -> leo.Cost:
    return leo.Credits(paid)


@pytest.mark.parametrize(
    "cell",
    [
        cell
        for cell in CELLS
        if cell.route.does is Does.PRICE and "under a budget" in cell.outcome.gist
    ],
    ids=str,
)
def test_no_price_and_a_budget(cell: Cell, make: Make) -> None:
    """What costs nobody knows how much is not sent behind a wall, unless one asks for that."""
    scene = make(cell)
    scene.simulator.line.arm(cell)

    job = scene.studio.generate("a fox", budget=leo.Credits(100), **SMALL)
    with pytest.raises(leo.BudgetExceeded, match="unpriced=True"):
        job.result(SECONDS)

    assert ("failed", "none", 0) == (job.state, job.charge, sent(scene))


@pytest.mark.parametrize(
    "fault", ["reset before the work was done", "reset after the work was done"]
)
def test_a_lost_answer_that_is_left_to_the_user(fault: str, make: Make) -> None:
    """With `resend="never"` a job that is found is taken, and one that is not is not sent again."""
    cell = cell_of("generate", fault)
    scene = make(cell)
    scene.simulator.line.arm(cell)

    job, error = asked_for(lambda: scene.studio.generate("a fox", resend="never", **SMALL))

    assert job is not None
    assert 1 == scene.simulator.line.asked
    if cell.fault.is_done:
        assert ("complete", 1) == (job.state, sent(scene))
    else:
        assert ("failed", "unknown", 0) == (job.state, job.charge, sent(scene))
        assert isinstance(error, leo.OutcomeUnknown)


def test_nothing_is_sent_again_before_several_looks(make: Make) -> None:
    """Between the two requests the list is read at least three times, over at least 20 seconds."""
    cell = cell_of("generate", "reset before the work was done")
    scene = make(cell)
    line = scene.simulator.line
    asked_for(begun(cell, scene))

    first, second = (at for asked, at in line.log if asked == ("POST", "/generations"))
    looks = [
        at
        for (method, path), at in line.log
        if method == "GET" and path.startswith("/generations/user/") and first <= at <= second
    ]
    assert len(looks) >= 3
    assert looks[-1] - looks[0] >= 20


@pytest.mark.parametrize("fault", ["clock 7 hours ahead", "clock 7 hours behind"])
def test_a_wrong_clock_and_a_service_that_tells_no_time(fault: str, make: Make) -> None:
    """Nobody can say which clock is wrong; what was made is then taken or shown, never doubled."""
    cell = cell_of("generate", fault)
    scene = make(cell)
    scene.simulator.line.tells_time = False

    job, error = asked_for(begun(cell, scene))

    assert job is not None
    assert (1, 1) == (scene.simulator.line.asked, sent(scene))
    if error is not None:
        assert isinstance(error, leo.OutcomeUnknown)
        assert [each.id for each in error.candidates] == [newest(scene)]


def sent(scene: Scene) -> int:
    """Return how many jobs were made, besides the two that every scene begins with."""
    return scene.simulator.creates - 2


def newest(scene: Scene) -> str:
    return tuple(scene.simulator.world.all_jobs())[-1].id


def test_every_route_and_every_fault_has_a_cell() -> None:
    """No route and no fault is in the tables for nothing."""
    assert {route.name for route in ROUTES} == {cell.route.name for cell in CELLS}
    assert {fault.name for fault in FAULTS} == {cell.fault.name for cell in CELLS}
    assert {route.name for route in ROUTES} == {*DRIVES, *PREPARED}


def test_no_cell_makes_two_jobs() -> None:
    """Whatever goes wrong, and however often, nothing is made twice."""
    assert [] == [str(cell) for cell in CELLS if cell.outcome.created > 1]
