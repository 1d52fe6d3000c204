"""What no well-meaning client sends is refused in the service's shape, and never a crash."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import httpx
import pytest

from leonardo_nb.simulator.house import MOST_BODY_BYTES
from leonardo_nb.simulator.uploads import MOST_FORM_BYTES

if TYPE_CHECKING:
    from leonardo_nb.simulator import Simulator

V2 = "http://simulator.invalid/api/rest/v2"
LONGEST_REFUSAL = 100_000  # bytes; fifty sentences of a thousand characters, escaped


def is_refusal(answer: httpx.Response) -> bool:
    """Return whether an answer has the v1 error's shape and type."""
    body = answer.json()
    return (
        answer.headers["content-type"] == "application/json; charset=utf-8"
        and isinstance(body, dict)
        and body.keys() == {"error", "path", "code"}
        and all(isinstance(text, str) and text for text in body.values())
    )


BODIES = {
    "nothing": b"",
    "half of it": b'{"prompt": "a f',
    "two": b'{"prompt": "a"} {"prompt": "b"}',
    "null": b"null",
    "a list": b"[]",
    "a string": b'"a fox"',
    "not a number": b'{"prompt": "a", "guidance_scale": NaN}',
    "infinity": b'{"prompt": "a", "guidance_scale": 1e999}',
    "no UTF-8": '{"prompt": "é"}'.encode("latin-1"),
    "zipped": b"\x1f\x8b\x08\x00",
    "an endless list": b"[" * 200_000,
    "an endless object": b'{"a":' * 100_000,
    "a deep list": b'{"prompt":' + b"[" * 50_000 + b"]" * 50_000 + b"}",
    "a list that can just be read": b'{"prompt":' + b"[" * 900 + b"]" * 900 + b"}",
    "a very long number": b'{"prompt": "a", "seed": ' + b"9" * 5000 + b"}",
    "a very long prompt": json.dumps({"prompt": "a" * 5_000_000}).encode(),
    "a very long name": json.dumps({"a" * 5_000_000: 1}).encode(),
    "very many names": json.dumps({f"m{number}": 1 for number in range(100_000)}).encode(),
    "more than a request can be": b'{"prompt": "' + b"a" * MOST_BODY_BYTES + b'"}',
}


@pytest.mark.parametrize("name", BODIES)
@pytest.mark.parametrize(
    "path", ["/generations", "/generations-text-to-video", "/init-image", "/pricing-calculator"]
)
async def test_a_strange_body_is_refused(client: httpx.AsyncClient, path: str, name: str) -> None:
    """One refusal that does not repeat megabytes, and nothing is made."""
    answer = await client.post(path, content=BODIES[name])
    expected = 413 if name == "more than a request can be" else 400

    assert expected == answer.status_code
    assert is_refusal(answer)
    assert len(answer.content) < LONGEST_REFUSAL


@pytest.mark.parametrize("name", BODIES)
@pytest.mark.parametrize("path", ["/generations", "/generationssync"])
async def test_a_strange_body_is_refused_by_v2(
    client: httpx.AsyncClient, simulator: Simulator, path: str, name: str
) -> None:
    """As an array with status 200, or as v1 does where it is no JSON object at all."""
    answer = await client.post(V2 + path, content=BODIES[name])
    failures = answer.json()

    assert len(answer.content) < LONGEST_REFUSAL
    assert 0 == simulator.creates
    if answer.status_code == 200:
        assert all(failure["extensions"]["code"] for failure in failures)
    else:
        assert is_refusal(answer)


@pytest.mark.parametrize("content_type", ["", "text/plain", "multipart/form-data", "x" * 2000])
async def test_the_type_of_a_body_is_not_looked_at(
    client: httpx.AsyncClient, content_type: str
) -> None:
    """What is JSON is read, whatever it is called."""
    headers = {"content-type": content_type}
    answer = await client.post("/generations", content=b'{"prompt": "a fox"}', headers=headers)

    assert 200 == answer.status_code


@pytest.mark.parametrize("method", ["OPTIONS", "PUT", "PATCH", "TRACE", "DELETE", "NEW"])
@pytest.mark.parametrize("path", ["/me", "/generations", "/nothing", "/"])
async def test_other_methods_have_no_endpoint(
    client: httpx.AsyncClient, method: str, path: str
) -> None:
    """The service's own sentence, as for a path that it does not have."""
    answer = await client.request(method, path)

    assert (404, "Endpoint not found") == (answer.status_code, answer.json()["error"])
    assert is_refusal(answer)


async def test_head_is_get_without_a_body(client: httpx.AsyncClient) -> None:
    """Status and length are those of GET."""
    head, get = await client.head("/me"), await client.get("/me")

    assert (200, b"") == (head.status_code, head.content)
    assert get.headers["content-length"] == head.headers["content-length"]


PATHS = (
    "/me/",
    "//me",
    "/ME",
    "/me%2f",
    "/me%00",
    "/me/%2e%2e/me",
    "/%2e%2e/%2e%2e/etc/passwd",
    "/generations/",
    "/generations/user/",
    "/generations/..%2f..",
    "/generations/" + "a/" * 500,
    "/v1/me",
)


@pytest.mark.parametrize("path", PATHS)
async def test_another_path_has_no_endpoint(client: httpx.AsyncClient, path: str) -> None:
    """Slashes, cases, encodings and dots lead nowhere."""
    answer = await client.get(path)

    assert 404 == answer.status_code
    assert is_refusal(answer)


@pytest.mark.parametrize("segment", ["x", "%ff", "%00", "é", "a" * 5000, "1e3", "-1", "'; --"])
@pytest.mark.parametrize(
    "path",
    [
        "/generations/{}",
        "/generations/user/{}",
        "/variations/{}",
        "/motion-variations/{}",
        "/init-image/{}",
        "/media/{}",
        "/elements/{}",
        "/elements/user/{}",
    ],
)
async def test_an_id_that_is_none_is_refused(
    client: httpx.AsyncClient, path: str, segment: str
) -> None:
    """What was sent is repeated, its beginning where it is long."""
    answer = await client.get(path.format(segment))

    assert (400, "data-exception") == (answer.status_code, answer.json()["code"])
    assert is_refusal(answer)
    assert len(answer.json()["error"]) <= 1000


@pytest.mark.parametrize(
    "query", ["limit=-1", "limit=x", "offset=1.5", "limit=99999999999", "offset=%00", "limit=1e3"]
)
async def test_a_page_that_is_none_is_refused(
    client: httpx.AsyncClient, simulator: Simulator, query: str
) -> None:
    """Whole numbers only."""
    answer = await client.get(f"/generations/user/{simulator.world.user_id}?{query}")

    assert 400 == answer.status_code
    assert is_refusal(answer)


async def test_the_bucket_takes_no_more_than_its_form_allows(simulator: Simulator) -> None:
    """It says so in its own XML, and keeps nothing."""
    async with httpx.AsyncClient(transport=simulator.transport()) as keyless:
        answer = await keyless.post(
            "http://simulator.invalid/uploads/",
            content=b"a" * (MOST_FORM_BYTES + 1),
            headers={"content-type": "multipart/form-data; boundary=b"},
        )

    assert (400, True) == (answer.status_code, "<Code>EntityTooLarge</Code>" in answer.text)
    assert {} == simulator.world.uploads.contents
