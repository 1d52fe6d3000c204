"""Jobs end as they should where the service says more, less or other words than it documents."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from leonardo_nb.simulator import Simulator
from leonardo_nb.studios import Studio
from leonardo_nb.testing import ManualClock

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    import leonardo_nb as leo

    Change = Callable[[Any], Any]
    Make = Callable[[Studio, leo.Image], leo.Job[Any]]

SMALL: dict[str, Any] = {"width": 128, "height": 128, "alchemy": False, "seed": 42}

# Without these there is no job, or nothing to fetch.
KEPT = {"id", "generationId", "variationId", "status", "url", "motionMP4URL"}


def everywhere(node: Any, change: Callable[[dict[str, Any]], dict[str, Any]]) -> Any:
    """Return *node* with every object in it changed."""
    if isinstance(node, list):
        return [everywhere(child, change) for child in node]
    if not isinstance(node, dict):
        return node
    return change({name: everywhere(child, change) for name, child in node.items()})


def is_plain(value: object) -> bool:
    """Return whether *value* is neither an object nor a list."""
    return not isinstance(value, (dict, list))


def word(name: str, value: object) -> object:
    """Return another word than *value* where it is one that the service could add to."""
    if name == "status":
        return "QUEUED" if value == "PENDING" else value
    if isinstance(value, str) and value.isupper() and name not in KEPT:
        return "NEW_VALUE"
    return value


CHANGES: dict[str, Change] = {
    "new members": lambda node: everywhere(node, lambda it: {**it, "brandNew": {"x": [1]}}),
    "unknown words": lambda node: everywhere(
        node, lambda it: {name: word(name, value) for name, value in it.items()}
    ),
    "nulls": lambda node: everywhere(
        node,
        lambda it: {
            name: None if is_plain(value) and name not in KEPT else value
            for name, value in it.items()
        },
    ),
    "members left out": lambda node: everywhere(
        node,
        lambda it: {
            name: value for name, value in it.items() if name in KEPT or not is_plain(value)
        },
    ),
    "empty lists as nulls": lambda node: everywhere(
        node, lambda it: {name: None if value == [] else value for name, value in it.items()}
    ),
    "numbers as text": lambda node: everywhere(
        node,
        lambda it: {
            name: str(value) if type(value) in (int, float) else value for name, value in it.items()
        },
    ),
}
JOBS: dict[str, Make] = {
    "generate": lambda studio, _: studio.generate("a fox", **SMALL),
    "generate on v2": lambda studio, _: studio.generate("a fox", modelId="lucid-origin", seed=1),
    "text to video": lambda studio, _: studio.text_to_video("waves", seed=1),
    "image to video": lambda _, image: image.to_video("slow dolly in", seed=1),
    "upscale": lambda _, image: image.upscale(),
    "unzoom": lambda _, image: image.unzoom(),
    "nobg": lambda _, image: image.nobg(),
    "universal upscale": lambda _, image: image.universal_upscale(),
}


class Changing(httpx.AsyncBaseTransport):
    """Changes what the API answers, and no file."""

    def __init__(self, inner: httpx.AsyncBaseTransport) -> None:
        self.inner = inner
        self.change: Change = lambda node: node

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Return the changed answer."""
        answer = await self.inner.handle_async_request(request)
        if "/api/rest/" not in request.url.path or answer.status_code != 200:
            return answer
        body = self.change(json.loads(await answer.aread()))
        return httpx.Response(200, json=body)


class Strange(Simulator):
    """A simulator whose transport can be told how to be strange."""

    changing: Changing

    def transport(self) -> Any:
        """Return a transport that changes answers."""
        self.changing = Changing(super().transport())
        return self.changing


@pytest.fixture
def strange(tmp_path: Path) -> Iterator[tuple[Studio, Strange]]:
    """A studio on a service that can become strange."""
    clock = ManualClock()
    simulator = Strange(now=clock.now, wall=clock.wall, pause=clock.pause, seed=1)
    with Studio(simulator=simulator, library=tmp_path, clock=clock) as studio:
        yield studio, simulator


# a film takes two seconds to make, and what is read of it is what is read of a picture
PAIRS = [(job, change) for job in JOBS for change in CHANGES if "video" not in job] + [
    (job, change) for job in JOBS for change in ("nulls", "unknown words") if "video" in job
]


@pytest.mark.parametrize(("job", "change"), PAIRS)
async def test_a_job_ends_all_the_same(
    strange: tuple[Studio, Strange], job: str, change: str
) -> None:
    """Asked for, looked at while it is pending, and its file fetched."""
    studio, simulator = strange
    image = (await studio.generate("a lighthouse", **SMALL))[0]
    simulator.script(empty_looks=2)
    simulator.changing.change = CHANGES[change]

    made = JOBS[job](studio, image)
    await made

    assert "complete" == str(made.state)
    assert None is made.error
