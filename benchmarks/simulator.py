"""
How many requests a second the simulator answers, beside an app that does nothing, in one run.

The clients are a process of their own, so that this one's processor time is the server's: requests
in a second of it are what one core answers, however busy the machine is.
"""

from __future__ import annotations

import http.client
import json
import subprocess
import sys
import threading
import time
from collections import Counter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

WISHED = 300
REQUESTS = 3000
CLIENTS = 4
WARM_JOBS = 200
BASE = "/api/rest/v1"
FOX = {"prompt": "a fox", "width": 512, "height": 512, "num_images": 1, "seed": 7}
PRICE = {
    "service": "IMAGE_GENERATION",
    "serviceParams": {
        "IMAGE_GENERATION": {
            "imageHeight": 512,
            "imageWidth": 512,
            "numImages": 1,
            "inferenceSteps": 15,
            "alchemyMode": True,
            "highResolution": False,
        }
    },
}


class Talk:
    """One connection, kept open."""

    def __init__(self, port: int, key: str) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", port)
        self._headers = {"Authorization": f"Bearer {key}"}

    def ask(self, method: str, path: str, body: object = None) -> bytes:
        """Return the body of an answer, which must not be a refusal."""
        content = None if body is None else json.dumps(body)
        self._connection.request(method, path, content, self._headers)
        answer = self._connection.getresponse()
        read = answer.read()
        assert answer.status in (200, 204), (method, path, answer.status, read[:200])
        return read

    def row(self, method: str, path: str, body: object = None) -> dict[str, dict[str, str]]:
        """Return an answer's JSON."""
        found: dict[str, dict[str, str]] = json.loads(self.ask(method, BASE + path, body))
        return found


def mixed(talk: Talk, user: str, image: str, picture: str, job: str) -> Iterator[tuple[str, str]]:
    """Ask what a sweep asks, job after job; yield each operation when it is done."""
    while True:
        made = talk.row("POST", "/generations", FOX)["sdGenerationJob"]["generationId"]
        yield "POST", "/generations"
        for one in (made, job, job):
            talk.row("GET", f"/generations/{one}")
            yield "GET", "/generations/{id}"
        talk.row("GET", f"/generations/user/{user}?limit=20")
        yield "GET", "/generations/user/{userId}"
        for _ in range(2):
            talk.ask("GET", picture)
            yield "GET", "a picture"
        talk.row("POST", "/pricing-calculator", PRICE)
        yield "POST", "/pricing-calculator"
        talk.row("GET", "/me")
        yield "GET", "/me"
        talk.row("GET", "/platformModels")
        yield "GET", "/platformModels"
        smaller = talk.row("POST", "/variations/nobg", {"id": image})["sdNobgJob"]["id"]
        yield "POST", "/variations/nobg"
        talk.row("GET", f"/variations/{smaller}")
        yield "GET", "/variations/{id}"
        talk.row("POST", "/init-image", {"extension": "png"})
        yield "POST", "/init-image"


def plain(talk: Talk) -> Iterator[tuple[str, str]]:
    """Ask for what is always the same."""
    while True:
        talk.ask("GET", "/")
        yield "GET", "/"


def clients(port: int, key: str, *ids: str) -> None:
    """Send all requests from a few connections; print how many of which, and the seconds."""
    counted: list[Counter[str]] = [Counter() for _ in range(CLIENTS)]

    def one(counter: Counter[str]) -> None:
        talk = Talk(port, key)
        asked = mixed(talk, *ids) if ids else plain(talk)
        for _ in range(REQUESTS // CLIENTS):
            counter[" ".join(next(asked))] += 1

    threads = [threading.Thread(target=one, args=(counter,)) for counter in counted]
    started = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    spent = time.perf_counter() - started
    print(json.dumps([spent, sum(counted, Counter())]))


def measured(port: int, key: str, *ids: str) -> tuple[float, float, dict[str, int]]:
    """Return requests a second of processor time and of the clock, and what was asked."""
    command = [sys.executable, __file__, str(port), key, *ids]
    begun = time.process_time()
    run = subprocess.run(command, check=True, capture_output=True, text=True)
    spent = time.process_time() - begun
    seconds, asked = json.loads(run.stdout)
    total = sum(asked.values())
    return total / spent, total / seconds, asked


def of_simulator() -> tuple[float, float, dict[str, int]]:
    """Measure the simulator, with some history, and with its pictures painted."""
    from leonardo_nb.simulator import Simulator, serve_in_thread

    many = 10**9
    simulator = Simulator(
        speed=1000,
        balance=many,
        slots=1000,
        requests_per_minute=many,
        creates_per_minute=many,
        queue_per_slot=many,
    )
    with serve_in_thread(simulator) as url:
        port = int(url.split(":")[2].partition("/")[0])
        talk = Talk(port, simulator.key)
        for _ in range(WARM_JOBS):
            job = talk.row("POST", "/generations", FOX)["sdGenerationJob"]["generationId"]
        images: list[dict[str, str]] = []
        while not images:
            row = talk.row("GET", f"/generations/{job}")["generations_by_pk"]
            images = row["generated_images"]  # type: ignore[assignment]
        picture = "/" + images[0]["url"].split("/", 3)[3]
        talk.ask("GET", picture)
        user = simulator.world.user_id
        return measured(port, simulator.key, user, images[0]["id"], picture, job)


def of_nothing() -> tuple[float, float, dict[str, int]]:
    """Measure the same server in front of an app that does nothing."""
    from starlette.applications import Starlette
    from starlette.responses import JSONResponse
    from starlette.routing import Route

    from leonardo_nb.simulator import Simulator, serve_in_thread

    async def answer(_: object) -> JSONResponse:
        return JSONResponse({})

    idle = Simulator()
    idle.app = Starlette(routes=[Route("/", answer)])
    with serve_in_thread(idle) as url:
        return measured(int(url.split(":")[2].partition("/")[0]), "none")


def results() -> tuple[float, float, float, dict[str, int]]:
    """Return what one core answers of the simulator and of nothing, the clock's, and the mix."""
    empty, _, _ = of_nothing()
    full, clock, asked = of_simulator()
    return full, empty, clock, asked


def main() -> None:
    """Print requests a second, and how many that is of an app that does nothing."""
    full, empty, clock, asked = results()
    print(f"simulator, {len(asked)} operations mixed: {full:.0f} requests a second on one core")
    print(f"by the clock, beside {CLIENTS} clients: {clock:.0f} a second")
    print(f"an app that does nothing: {empty:.0f} a second on one core; this is {full / empty:.2f}")
    for name, count in sorted(asked.items(), key=lambda each: -each[1]):
        print(f"  {count:5} {name}")
    print("as many as wished" if full >= WISHED else f"fewer than the {WISHED} that are wished")


if __name__ == "__main__":
    if len(sys.argv) > 1:
        clients(int(sys.argv[1]), *sys.argv[2:])
    else:
        main()
