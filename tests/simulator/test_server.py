from __future__ import annotations

import socket
import threading
from typing import TYPE_CHECKING

import httpx
import pytest

from leonardo_nb.simulator import Simulator, serve, serve_in_thread
from leonardo_nb.simulator.server import _listening

if TYPE_CHECKING:
    from collections.abc import Iterator

FOX = {"prompt": "a fox", "num_images": 1, "width": 64, "height": 64}


@pytest.fixture(scope="module")
def simulator() -> Simulator:
    return Simulator(speed=1000)


@pytest.fixture(scope="module")
def base_url(simulator: Simulator) -> Iterator[str]:
    with serve_in_thread(simulator) as url:
        yield url


@pytest.fixture
def client(simulator: Simulator, base_url: str) -> Iterator[httpx.Client]:
    headers = {"Authorization": f"Bearer {simulator.key}"}
    with httpx.Client(base_url=base_url, headers=headers) as opened:
        yield opened


def test_a_job_on_a_real_port(simulator: Simulator, client: httpx.Client) -> None:
    """Ask, look, fetch: the picture's address is on the host that was asked."""
    simulator.script(empty_looks=1)
    job = client.post("/generations", json=FOX).json()["sdGenerationJob"]["generationId"]
    rows = [client.get(f"/generations/{job}").json()["generations_by_pk"] for _ in range(2)]
    url = httpx.URL(rows[1]["generated_images"][0]["url"])

    assert ["PENDING", "COMPLETE"] == [row["status"] for row in rows]
    assert client.base_url.netloc == url.netloc
    assert client.get(url).content.startswith(b"\xff\xd8\xff")


def test_head_has_no_body_on_the_wire(simulator: Simulator, client: httpx.Client) -> None:
    """The connection is good for another request afterwards."""
    simulator.script(empty_looks=1)
    job = client.post("/generations", json=FOX).json()["sdGenerationJob"]["generationId"]
    client.get(f"/generations/{job}")
    row = client.get(f"/generations/{job}").json()["generations_by_pk"]
    head = client.head(row["generated_images"][0]["url"])

    assert int(head.headers["content-length"]) > 100
    assert 200 == client.get("/me").status_code


@pytest.mark.parametrize(("drop", "creates"), [("before", 0), ("after", 1)])
def test_drops_close_the_connection(
    simulator: Simulator,
    client: httpx.Client,
    drop: str,
    creates: int,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """No answer comes, not even a 500, and the server has nothing to complain about."""
    before = simulator.creates
    simulator.script(drop=drop)  # type: ignore[arg-type]
    with pytest.raises(httpx.TransportError):
        client.post("/generations", json=FOX)

    assert creates == simulator.creates - before
    assert [] == caplog.records
    assert 200 == client.get("/me").status_code


def test_scripts_reach_a_running_server(simulator: Simulator, client: httpx.Client) -> None:
    """A test's thread scripts what the server's thread serves."""
    simulator.script(path="/me", status=503, times=2)

    assert [503, 503, 200] == [client.get("/me").status_code for _ in range(3)]


def test_answers_are_sent_at_once() -> None:
    """The listener says that it is TCP, or every answer waits 40 ms for the client."""
    with _listening(0) as listener:
        assert socket.IPPROTO_TCP == listener.proto


def test_two_simulators_at_once(base_url: str) -> None:
    """Each has its own free port and account."""
    with serve_in_thread() as another:
        answer = httpx.get(f"{another}/me", headers={"Authorization": f"Bearer {'0' * 8}"})

    assert another != base_url
    assert 500 == answer.status_code


def test_nothing_listens_afterwards() -> None:
    """The port is closed and the thread is gone when the block ends."""
    before = threading.active_count()
    with serve_in_thread() as url:
        port = httpx.URL(url).port
        assert port is not None
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", port), timeout=1)

    assert before == threading.active_count()


def test_a_taken_port_is_an_error(base_url: str) -> None:
    """Serving where something serves already fails at once."""
    with pytest.raises(OSError, match="in use"):
        serve(port=httpx.URL(base_url).port or 0)


@pytest.mark.parametrize(
    ("path", "headers"),
    [
        ("/api/rest/v1/generations", f"Authorization: Bearer {Simulator().key}\r\n"),
        ("/uploads/", "Content-Type: multipart/form-data; boundary=b\r\n"),
    ],
)
def test_a_client_that_leaves_is_nobody_s_news(
    path: str, headers: str, capfd: pytest.CaptureFixture[str]
) -> None:
    """Half a body and then nothing: no traceback in the terminal, and nothing is made."""
    simulator = Simulator()
    head = f"POST {path} HTTP/1.1\r\nHost: here\r\n{headers}Content-Length: 200\r\n\r\n"
    with serve_in_thread(simulator) as url:
        port = int(url.split(":")[2].partition("/")[0])
        with socket.create_connection(("127.0.0.1", port)) as connection:
            connection.sendall(f'{head}{{"prompt"'.encode())
        # the server is one thread: once it answers this, it has read the half before
        assert 404 == httpx.get(url).status_code

    assert ("", 0) == (capfd.readouterr().err, simulator.creates)
