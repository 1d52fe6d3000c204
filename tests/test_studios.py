"""Which service a studio speaks to, and what it remembers."""

from __future__ import annotations

import shutil
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import anyio
import pytest

import leonardo_nb as leo
from leonardo_nb import default_studio
from leonardo_nb.simulator import Simulator, serve_in_thread

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

KEY = "5b1e1d6c-0000-4000-8000-00000000beef"
SMALL: dict[str, Any] = {"width": 64, "height": 64, "alchemy": False}


@pytest.fixture(autouse=True)
def no_environment(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """No key, no address, and no default studio from another test."""
    for name in ("LEONARDO_API_KEY", "LEONARDO_BASE_URL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(default_studio, "_default", None)
    yield
    if default_studio._default is not None:
        default_studio._default.close()


def test_without_a_key_it_is_the_simulator() -> None:
    """And it says that this costs nothing."""
    studio = leo.connect()

    assert studio.simulated
    assert "the built-in simulator, which costs nothing" in repr(studio)


def test_with_a_key_it_is_the_service(monkeypatch: pytest.MonkeyPatch) -> None:
    """The key from the environment is used, and shown nowhere."""
    monkeypatch.setenv("LEONARDO_API_KEY", KEY)
    studio = leo.connect()

    assert (False, "https://cloud.leonardo.ai/api/rest/v1") == (studio.simulated, studio.base_url)
    assert KEY not in repr(studio) + repr(studio.client) + repr(vars(studio))


def test_the_simulator_can_be_asked_for_despite_a_key(monkeypatch: pytest.MonkeyPatch) -> None:
    """A demo stays free on a machine with a key."""
    monkeypatch.setenv("LEONARDO_API_KEY", KEY)

    assert leo.connect(simulator=True).simulated


def test_an_address_without_a_key_is_refused() -> None:
    """Nobody who names a service is given the simulator instead."""
    with pytest.raises(leo.InvalidRequest, match="api_key is empty"):
        leo.connect(base_url="https://example.com/api/rest/v1")


def test_the_default_studio_is_made_on_first_use() -> None:
    """And stays the same until another one is connected."""
    first = leo.studio()

    assert first is leo.studio()
    assert first is not leo.connect()


def test_threads_that_come_together_share_one_studio() -> None:
    """The first use makes one, not one each."""
    with ThreadPoolExecutor(8) as threads:
        found = set(threads.map(lambda _: leo.studio(), range(16)))

    assert 1 == len(found)


@pytest.mark.parametrize("speed", ["abc", "0", "-1", "nan", "inf"])
def test_a_speed_that_is_none_is_refused(monkeypatch: pytest.MonkeyPatch, speed: str) -> None:
    """The error names the variable and a value that works."""
    monkeypatch.setenv("LEONARDO_SIMULATOR_SPEED", speed)

    with pytest.raises(leo.InvalidRequest, match=r'LEONARDO_SIMULATOR_SPEED .* such as "3"'):
        leo.connect()


def test_an_address_that_would_send_the_key_in_the_clear_is_refused() -> None:
    """Only loopback may go without TLS."""
    with pytest.raises(leo.LeonardoError, match="https"):
        leo.connect(api_key=KEY, base_url="http://example.com/api/rest/v1")


def test_jobs_of_an_earlier_session_are_there(tmp_path: Path) -> None:
    """Another studio on the same library has the pictures, at no cost."""
    simulator = Simulator(speed=100)
    with leo.Studio(simulator=simulator, library=tmp_path) as first:
        made = first.generate("a fox", **SMALL)
        made.result(20)
    with leo.Studio(simulator=True, library=tmp_path) as second:
        found = second.job(str(made.id)[:8])

        assert ("complete", made.request, made.cost) == (found.state, found.request, found.cost)
        assert made.images[0].read_bytes() == found.result()[0].read_bytes()


def test_a_job_of_another_service_is_left_alone(tmp_path: Path) -> None:
    """Who connects to the wrong place is told so, and the row stays as it is."""
    library = tmp_path / "library"
    with (
        serve_in_thread(Simulator(speed=5)) as url,
        leo.Studio(base_url=url, api_key=KEY, library=library) as right,
    ):
        asked = right.generate("a fox", **SMALL)
        right.engine.wait(right.engine.run(accepted, asked), 20)
    with leo.Studio(simulator=True, library=library) as wrong:
        before = wrong.jobs()[0]
        with pytest.raises(leo.LibraryError, match=r"connect to the other one to look for it"):
            wrong.job(str(asked.id))

        assert before == wrong.jobs()[0]


async def accepted(job: leo.GenerationJob) -> None:
    """Return once the service has accepted *job*, and that is written down."""
    reached = anyio.Event()

    def look(it: leo.GenerationJob) -> None:
        if it.state == "pending":
            reached.set()

    job.subscribe(look)
    look(job)
    await reached.wait()


def test_two_studios_may_watch_one_job(tmp_path: Path) -> None:
    """Both get the picture, and the row is complete."""
    simulator = Simulator(speed=5)
    with (
        leo.Studio(simulator=simulator, library=tmp_path) as one,
        leo.Studio(simulator=simulator, library=tmp_path) as other,
    ):
        asked = one.generate("a fox", **SMALL)
        one.engine.wait(one.engine.run(accepted, asked), 20)
        seen = other.job(str(asked.id))

        assert [1, 1] == [len(asked.result(20)), len(seen.result(20))]
        assert ["complete"] == [record.state for record in one.jobs()]


def test_a_library_that_is_taken_away_is_missed_before_anything_is_paid(tmp_path: Path) -> None:
    """The next job fails with a sentence, and the service never hears of it."""
    simulator = Simulator(speed=100)
    with leo.Studio(simulator=simulator, library=tmp_path / "library") as studio:
        shutil.rmtree(tmp_path / "library")
        error = studio.generate("a fox", **SMALL).exception(20)

    assert isinstance(error, leo.LibraryError)
    assert 0 == simulator.creates


def test_a_budget_without_a_unit_is_refused() -> None:
    """Five of what?"""
    with pytest.raises(TypeError, match=r"budget=5 has no unit; write leo.Credits\(5\)"):
        leo.connect(budget=5)  # type: ignore[arg-type]


def test_a_live_job_is_the_same_object(tmp_path: Path) -> None:
    """Looking a running job up does not make a second one of it."""
    with leo.Studio(simulator=Simulator(speed=100), library=tmp_path) as studio:
        made = studio.generate("a fox", **SMALL)
        made.result(20)

        assert made is studio.job(str(made.id))


@pytest.mark.parametrize("name", ["", "no-such-job", "%"])
def test_an_unknown_job_is_an_error(tmp_path: Path, name: str) -> None:
    """The sentence says where to look."""
    with (
        leo.Studio(simulator=True, library=tmp_path) as studio,
        pytest.raises(leo.LibraryError, match=r"leo\.jobs\(\) lists what it has"),
    ):
        studio.job(name)


def test_the_service_names_its_models(tmp_path: Path) -> None:
    """Platform models come with id and name."""
    with leo.Studio(simulator=Simulator(speed=100), library=tmp_path) as studio:
        names = [model.name for model in studio.models()]

    assert "Leonardo Phoenix 1.0" in names


def test_a_refresh_brings_balance_and_slots(tmp_path: Path) -> None:
    """The account's numbers are there without a job."""
    with leo.Studio(simulator=Simulator(slots=4, balance=77), library=tmp_path) as studio:
        studio.refresh()

        assert (leo.Credits(77), 4) == (studio.account and studio.account.balance, studio.slots)


def test_a_studio_that_cannot_be_made_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither a thread nor a port, whatever it was that failed."""
    monkeypatch.setenv("LEONARDO_SIMULATOR_SPEED", "fast")
    before = {thread.ident for thread in threading.enumerate()}

    with pytest.raises(leo.InvalidRequest, match="LEONARDO_SIMULATOR_SPEED"):
        leo.Studio(library=tmp_path / "own", webhook_url=True)

    assert before == {thread.ident for thread in threading.enumerate()}


@pytest.mark.parametrize("token", [None, "a secret word"])
def test_callbacks_are_taken_with_and_without_a_token(
    token: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The token of the environment is the lock where none is given; without one there is none."""
    monkeypatch.delenv("LEONARDO_WEBHOOK_TOKEN", raising=False)
    if token is not None:
        monkeypatch.setenv("LEONARDO_WEBHOOK_TOKEN", token)
    with leo.connect(simulator=True, library=tmp_path, webhook_url=True) as studio:
        lock = studio._callbacks.token

        assert token == (None if lock is None else lock.reveal())
        assert 1 == len(studio.generate("a fox", width=64, height=64, alchemy=False).result(20))


@pytest.mark.parametrize("token", [" ", "secret ", 5])
def test_a_token_that_is_none_is_refused_by_connect(token: object, tmp_path: Path) -> None:
    """As by `Studio`, and not quietly mended into another one."""
    with pytest.raises(leo.InvalidRequest, match="webhook_token is"):
        leo.connect(
            simulator=True,
            library=tmp_path,
            webhook_url=True,
            webhook_token=token,  # type: ignore[arg-type]
        )
