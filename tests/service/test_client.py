from __future__ import annotations

import json
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from leonardo_nb.errors import (
    AuthenticationError,
    ConnectionFailed,
    DownloadFailed,
    InvalidRequest,
    LeonardoError,
    NotEnoughCredits,
    NotFound,
    RateLimited,
    RequestRefused,
    UnexpectedResponse,
)
from leonardo_nb.money import Credits, Dollars
from leonardo_nb.service.client import Client
from leonardo_nb.service.requests import CreateGeneration
from leonardo_nb.simulator import Simulator

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from leonardo_nb.money import Cost

KEY = "0f0e0d0c-1111-4222-8333-444444444444"
BASE = "https://cloud.example.org/api/rest/v1"
FOX = CreateGeneration.of("a fox", seed=1, width=512, height=512)


class Time:
    """Seconds that pass when a test says so."""

    def __init__(self) -> None:
        self.now = 1_000_000.0

    def __call__(self) -> float:
        """Return what time it is."""
        return self.now


@asynccontextmanager
async def simulated(**options: Any) -> AsyncIterator[tuple[Client, Simulator, Time]]:
    """A client, the simulator that it talks to, and the simulator's time."""
    time = Time()
    simulator = Simulator(now=time, seed=1, **options)
    client = Client(
        base_url=simulator.base_url, api_key=simulator.key, transport=simulator.transport()
    )
    try:
        yield client, simulator, time
    finally:
        await client.aclose()


@asynccontextmanager
async def answered(
    handler: Callable[[httpx.Request], httpx.Response], base_url: str = BASE
) -> AsyncIterator[Client]:
    """A client whose every request is answered by *handler*."""
    client = Client(base_url=base_url, api_key=KEY, transport=httpx.MockTransport(handler))
    try:
        yield client
    finally:
        await client.aclose()


def always(status: int = 200, **answer: Any) -> Callable[[httpx.Request], httpx.Response]:
    """Return a handler that answers every request alike."""
    return lambda _: httpx.Response(status, **answer)


async def in_pieces(*pieces: bytes) -> AsyncIterator[bytes]:
    """Yield a body that is read only when somebody asks for it."""
    for piece in pieces:
        yield piece


async def error_of(handler: Callable[[httpx.Request], httpx.Response]) -> LeonardoError:
    """Return the error that `me()` raises for an answer."""
    async with answered(handler) as client:
        with pytest.raises(LeonardoError) as caught:
            await client.me()
    return caught.value


# -- against the simulator


async def test_me() -> None:
    """Slots and balance are the account's."""
    async with simulated(balance=120, slots=3) as (client, _, _):
        account = await client.me()

    assert (3, Credits(120)) == (account.slots, account.balance)


async def test_platform_models() -> None:
    """The usual model is the first of many."""
    async with simulated() as (client, _, _):
        models = await client.platform_models()

    assert ("Leonardo Lightning XL", 24) == (models[0].name, len(models))


async def test_a_job_from_request_to_picture() -> None:
    """Asked for, pending, complete; the file is the JPEG that its address promises."""
    async with simulated() as (client, _, time):
        ack = await client.create_generation(FOX)
        first = await client.generation(ack.generation_id)
        time.now += 600
        last = await client.generation(ack.generation_id)
        async with client.media(last.images[0].url or "") as media:
            content = b"".join([piece async for piece in media.aiter_bytes()])

    assert ("PENDING", "COMPLETE", b"\xff\xd8\xff", b"\xff\xd9") == (
        first.status,
        last.status,
        content[:3],
        content[-2:],
    )


async def test_the_calculators_price_is_what_the_job_costs() -> None:
    """What is shown before is what is charged."""
    async with simulated() as (client, _, _):
        price = await client.price(FOX)
        ack = await client.create_generation(FOX)

    assert price == ack.cost


async def test_a_price_asks_for_no_job() -> None:
    """Asking costs nothing."""
    async with simulated() as (client, simulator, _):
        await client.price(FOX)

    assert 0 == simulator.creates


async def test_a_picture_over_the_calculators_size_has_a_price() -> None:
    """The calculator refuses 1536 pixels; the price is scaled by area, rounded up."""
    wide, usual = (CreateGeneration.of("a fox", width=side, height=1024) for side in (1536, 1024))
    async with simulated() as (client, _, _):
        prices = await client.price(wide), await client.price(usual)

    assert prices[0].amount == -(-prices[1].amount * 3 // 2)


@pytest.mark.parametrize(("unit", "kind"), [("CREDITS", Credits), ("DOLLARS", Dollars)])
async def test_the_accounts_unit(unit: str, kind: type[Cost]) -> None:
    """The calculator and the balance count in credits on every account; a job costs its unit."""
    async with simulated(unit=unit) as (client, _, _):
        price = await client.price(FOX)
        ack = await client.create_generation(FOX)
        balance = (await client.me()).balance

    assert (Credits, kind, Credits) == (type(price), type(ack.cost), type(balance))


async def test_generations_are_listed_newest_first() -> None:
    """The jobs of an account, with an offset."""
    async with simulated() as (client, _, time):
        acks = []
        for _ in range(3):
            acks.append(await client.create_generation(FOX))
            time.now += 1
        user = (await client.me()).user_id or ""
        listed = await client.generations(user, offset=1, limit=10)

    assert [ack.generation_id for ack in acks[-2::-1]] == [each.id for each in listed]


async def test_delete() -> None:
    """True once, False where there is nothing left, and then it is not found."""
    async with simulated() as (client, _, _):
        ack = await client.create_generation(FOX)
        deleted = [await client.delete_generation(ack.generation_id) for _ in "ab"]
        with pytest.raises(NotFound) as caught:
            await client.generation(ack.generation_id)

    assert ([True, False], True) == (deleted, ack.generation_id in str(caught.value))


async def test_a_refused_webhook_address_is_left_out() -> None:
    """The service does not take it; one job is made without it, and the caller is told."""
    request = FOX.replaced(webhookCallbackUrl="https://example.org/hook")
    async with simulated() as (client, simulator, _):
        ack = await client.create_generation(request)

    assert (("webhookCallbackUrl",), 1) == (ack.left_out, simulator.creates)


async def test_a_server_that_broke_over_the_webhook_address_is_asked_once() -> None:
    """It may have made the job, so nothing is sent again."""
    request = FOX.replaced(webhookCallbackUrl="https://example.org/hook")
    broke = {"error": "Unexpected variable webhookCallbackUrl", "path": "$", "code": "bad-request"}
    async with simulated() as (client, simulator, _):
        simulator.script(method="POST", path="/generations", status=500, body=broke)
        with pytest.raises(UnexpectedResponse):
            await client.create_generation(request)

    assert 1 == [*simulator.requests].count(("POST", "/generations"))


async def test_a_refusal_of_the_webhook_address_is_remembered() -> None:
    """The second job is asked for once, not twice."""
    request = FOX.replaced(webhookCallbackUrl="https://example.org/hook")
    async with simulated() as (client, simulator, _):
        acks = [await client.create_generation(request) for _ in "ab"]

    assert (3, [("webhookCallbackUrl",)] * 2) == (
        [*simulator.requests].count(("POST", "/generations")),
        [ack.left_out for ack in acks],
    )


async def test_a_wrong_key() -> None:
    """A well-formed key that nobody has is refused with what to do now."""
    simulator = Simulator()
    client = Client(
        base_url=simulator.base_url,
        api_key="00000000-0000-0000-0000-000000000000",
        transport=simulator.transport(),
    )
    with pytest.raises(AuthenticationError) as caught:
        await client.me()

    assert 401 == caught.value.status


async def test_a_malformed_key() -> None:
    """The service says 500, and means the key."""
    simulator = Simulator()
    client = Client(
        base_url=simulator.base_url, api_key="not-a-key", transport=simulator.transport()
    )
    with pytest.raises(AuthenticationError) as caught:
        await client.me()

    assert 500 == caught.value.status


@pytest.mark.parametrize("unit", ["CREDITS", "DOLLARS"])
async def test_no_credits(unit: str) -> None:
    """Nothing is made, and the error is its own, whatever the account pays in."""
    async with simulated(balance=0, unit=unit) as (client, simulator, _):
        with pytest.raises(NotEnoughCredits):
            await client.create_generation(FOX)

    assert 0 == simulator.creates


async def test_a_value_that_only_the_service_refuses() -> None:
    """What check=False let through comes back with the member's name."""
    async with simulated() as (client, simulator, _):
        with pytest.raises(RequestRefused) as caught:
            await client.create_generation(FOX.replaced(check=False, num_images=9))

    assert ("num_images", 0) == (caught.value.member, simulator.creates)


async def test_too_many_requests() -> None:
    """The wait that the service asks for is in the error, in seconds."""
    async with simulated(creates_per_minute=1, retry_after=True) as (client, _, _):
        await client.create_generation(FOX)
        with pytest.raises(RateLimited) as caught:
            await client.create_generation(FOX)

    assert 0 < (caught.value.retry_after or 0) <= 60


@pytest.mark.parametrize(("drop", "delivered"), [("before", False), ("after", True)])
async def test_a_broken_connection(drop: Any, delivered: bool) -> None:
    """The error tells whether a job may have been made, and so whether it may be sent again."""
    async with simulated() as (client, simulator, _):
        simulator.script(method="POST", path="/generations", drop=drop)
        with pytest.raises(ConnectionFailed) as caught:
            await client.create_generation(FOX)

    assert (delivered, int(delivered)) == (caught.value.delivered, simulator.creates)


async def test_half_an_answer() -> None:
    """A body cut in half is not JSON, and says so."""
    async with simulated() as (client, simulator, _):
        simulator.script(path="/me", corrupt=True)
        with pytest.raises(UnexpectedResponse) as caught:
            await client.me()

    assert "not JSON (HTTP 200)" in str(caught.value)


async def test_prompts_arrive_as_they_are() -> None:
    """Markup, quotes, line breaks and emoji are the same on the other side."""
    prompt = "<script>alert(\"x\")</script>\n'🦊' & \\"
    async with simulated() as (client, _, _):
        ack = await client.create_generation(CreateGeneration.of(prompt))
        seen = await client.generation(ack.generation_id)

    assert prompt == seen.prompt


# -- answers that the simulator should never give


@pytest.mark.parametrize(
    ("raised", "delivered"),
    [
        (httpx.ConnectError("refused"), False),
        (httpx.ConnectTimeout("slow"), False),
        (httpx.PoolTimeout("full"), False),
        (httpx.ProxyError("no"), False),
        (httpx.UnsupportedProtocol("no"), False),
        (httpx.ReadError("gone"), True),
        (httpx.ReadTimeout("slow"), True),
        (httpx.WriteError("gone"), True),
        (httpx.WriteTimeout("slow"), True),
        (httpx.RemoteProtocolError("odd"), True),
    ],
    ids=lambda value: type(value).__name__,
)
async def test_what_may_have_arrived(raised: Exception, delivered: bool) -> None:
    """Only what provably never left may be sent again."""

    def handler(_: httpx.Request) -> httpx.Response:
        raise raised

    error = await error_of(handler)

    assert (delivered, raised) == (getattr(error, "delivered", None), error.__cause__)


async def test_an_unreachable_host() -> None:
    """The sentence names the host and what to check, and nothing was sent."""

    def handler(_: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("[Errno 111] Connection refused")

    assert (
        "cloud.example.org could not be reached ([Errno 111] Connection refused). "
        "Nothing was sent; check the network and base_url."
    ) == str(await error_of(handler))


@pytest.mark.parametrize(
    ("handler", "sentence"),
    [
        (
            always(200, html="<!doctype html><html>hello</html>"),
            (
                "cloud.example.org answered with a web page that is not JSON (HTTP 200); "
                "is base_url right?"
            ),
        ),
        (
            always(502, html="<html>bad gateway</html>"),
            (
                "cloud.example.org answered with a web page that is not JSON (HTTP 502); "
                "is base_url right?"
            ),
        ),
        (
            always(200, content=b""),
            (
                "cloud.example.org answered with something that is not JSON (HTTP 200); "
                "is base_url right?"
            ),
        ),
        (
            always(200, content=b"[" * 100_000),
            (
                "cloud.example.org answered with something that is not JSON (HTTP 200); "
                "is base_url right?"
            ),
        ),
        (
            always(200, content=b" " * 20_000_001),
            "cloud.example.org sent more than 20 MB where a short answer was due.",
        ),
        (
            lambda _: httpx.Response(
                200, content=in_pieces(b"no gzip"), headers={"content-encoding": "gzip"}
            ),
            "cloud.example.org sent an answer that cannot be unpacked.",
        ),
        (
            always(302, headers={"location": "https://elsewhere.example.org/"}),
            (
                "cloud.example.org answered with a redirect (HTTP 302), which is not followed, "
                "so that the key goes nowhere else; is base_url right?"
            ),
        ),
        (
            always(200, json={"user_details": []}),
            (
                "The service's answer does not fit what it documents: user_details is empty. "
                "Is base_url right, and leonardo_nb up to date?"
            ),
        ),
        (
            always(200, json=7),
            (
                "The service's answer does not fit what it documents: user_details is missing. "
                "Is base_url right, and leonardo_nb up to date?"
            ),
        ),
    ],
    ids=range(9),
)
async def test_an_answer_that_does_not_fit(
    handler: Callable[[httpx.Request], httpx.Response], sentence: str
) -> None:
    """Whatever comes instead of an answer is said in one short sentence."""
    error = await error_of(handler)

    assert (UnexpectedResponse, sentence) == (type(error), str(error))


async def test_a_list_with_a_broken_row() -> None:
    """One row that cannot be read does not hide the others."""
    listed = {"generations": [{"id": None}, "row", {"id": "an-id"}, {"id": True}]}
    async with answered(always(json=listed)) as client:
        found = await client.generations("a-user")

    assert ["an-id"] == [each.id for each in found]


@pytest.mark.parametrize("status", ["QUEUED", None])
async def test_an_unknown_status(status: str | None) -> None:
    """A look that sees a new word is a look all the same."""
    async with answered(
        always(json={"generations_by_pk": {"id": "an-id", "status": status}})
    ) as client:
        seen = await client.generation("an-id")

    assert (False, False) == (seen.is_complete, seen.is_failed)


@pytest.mark.parametrize(
    ("typed", "path"),
    [
        ("a/../../me", b"/api/rest/v1/generations/a%2F..%2F..%2Fme"),
        ("a?limit=1", b"/api/rest/v1/generations/a%3Flimit%3D1"),
    ],
)
async def test_an_id_stays_one_segment(typed: str, path: bytes) -> None:
    """No id can lead to another endpoint."""
    paths: list[bytes] = []

    def handler(request: httpx.Request) -> httpx.Response:
        paths.append(request.url.raw_path)
        return httpx.Response(200, json={"generations_by_pk": {"id": "an-id"}})

    async with answered(handler) as client:
        await client.generation(typed)

    assert [path] == paths


@pytest.mark.parametrize("typed", ["", " ", ".", ".."])
async def test_an_id_that_is_none(typed: str) -> None:
    """It would lead to another endpoint, so it is refused here."""
    async with answered(always()) as client:
        with pytest.raises(InvalidRequest) as caught:
            await client.delete_generation(typed)

    assert "id" == caught.value.member


async def test_another_refused_member_is_not_sent_again() -> None:
    """Only the webhook address is worth a second try."""
    bodies: list[object] = []

    def handler(request: httpx.Request) -> httpx.Response:
        bodies.append(json.loads(request.content))
        return httpx.Response(400, json={"error": "Unexpected variable tiling", "path": "$"})

    async with answered(handler) as client:
        with pytest.raises(RequestRefused) as caught:
            await client.create_generation(FOX.replaced(tiling=True))

    assert ("tiling", 1) == (caught.value.member, len(bodies))


# -- the key


def test_the_key_is_in_no_repr() -> None:
    """A client on a screen shows where it goes, and nothing else."""
    client = Client(base_url=BASE, api_key=KEY)

    assert f"<Client {BASE}>" == repr(client)


@pytest.mark.parametrize("status", [200, 400, 500])
async def test_an_answer_that_repeats_the_key(status: int) -> None:
    """The key is in no message, no body and no cause."""
    error = await error_of(always(status, json={"error": f"bad key {KEY}", "apiKey": KEY}))

    assert KEY not in f"{error}{getattr(error, 'body', '')}{error.__cause__!r}"


async def test_the_key_goes_to_the_service_only() -> None:
    """A file is fetched without it, from the service's own host too."""
    sent: list[str | None] = []

    def handler(request: httpx.Request) -> httpx.Response:
        sent.append(request.headers.get("authorization"))
        return httpx.Response(200, json={"generations_by_pk": {"id": "an-id"}})

    async with answered(handler) as client:
        await client.generation("an-id")
        async with client.media("https://cloud.example.org/x.jpg"):
            pass
        async with client.media("https://cdn.example.org/x.jpg"):
            pass

    assert [f"Bearer {KEY}", None, None] == sent


@pytest.mark.parametrize("key", ["", " ", "a b", "a\nb", "ключ", "a\0"])
def test_a_key_that_is_none(key: str) -> None:
    """It is refused without being repeated."""
    with pytest.raises(InvalidRequest) as caught:
        Client(base_url=BASE, api_key=key)

    assert ("api_key", None) == (caught.value.member, caught.value.value)


@pytest.mark.parametrize(
    "base_url",
    [
        "",
        "cloud.leonardo.ai",
        "ftp://example.org",
        "https://",
        "https://a:b@example.org",
        "http://[",
    ],
)
def test_a_base_url_that_is_none(base_url: str) -> None:
    """It is refused before anything is sent."""
    with pytest.raises(InvalidRequest) as caught:
        Client(base_url=base_url, api_key=KEY)

    assert "base_url" == caught.value.member


def test_a_base_url_without_encryption() -> None:
    """The key would travel openly; the nearest address is named."""
    with pytest.raises(InvalidRequest) as caught:
        Client(base_url="http://cloud.example.org/api/rest/v1/", api_key=KEY)

    assert BASE == caught.value.nearest


@pytest.mark.parametrize(
    "base_url",
    ["http://127.0.0.1:8123/api/rest/v1", "http://localhost:1/", "http://[::1]:1", f"{BASE}/"],
)
def test_a_base_url_that_is_fine(base_url: str) -> None:
    """This machine needs no encryption."""
    assert base_url.rstrip("/") == Client(base_url=base_url, api_key=KEY).base_url


# -- files


async def fetched(
    handler: Callable[[httpx.Request], httpx.Response], url: str, base_url: str = BASE
) -> bytes:
    """Return the file at *url*."""
    async with answered(handler, base_url) as client, client.media(url) as media:
        return b"".join([piece async for piece in media.aiter_bytes()])


def redirecting(*locations: str) -> Callable[[httpx.Request], httpx.Response]:
    """Return a handler that redirects to each of *locations* in turn, then gives a file."""
    left = list(locations)

    def handler(_: httpx.Request) -> httpx.Response:
        if left:
            return httpx.Response(302, headers={"location": left.pop(0)})
        return httpx.Response(200, content=b"a file")

    return handler


async def test_three_redirects_are_followed() -> None:
    """Relative ones too."""
    handler = redirecting("/a", "https://b.example.org/c", "d")

    assert b"a file" == await fetched(handler, "https://cdn.example.org/x.jpg")


async def test_four_redirects_are_a_loop() -> None:
    """Somebody is sending us in circles."""
    with pytest.raises(DownloadFailed) as caught:
        await fetched(redirecting("/a", "/b", "/c", "/d"), "https://cdn.example.org/x.jpg")

    assert "cdn.example.org redirected more than 3 times." == str(caught.value)


@pytest.mark.parametrize(
    "location",
    [
        "http://cdn.example.org/x.jpg",
        "http://127.0.0.1:8000/x.jpg",
        "http://169.254.169.254/latest",
        "file:///etc/passwd",
        "https://user:word@example.org/x.jpg",
    ],
)
async def test_a_file_is_fetched_over_https_only(location: str) -> None:
    """Neither an address nor a redirect leads to this machine or away from https."""
    errors = []
    for handler, url in (
        (redirecting(), location),
        (redirecting(location), "https://cdn.example.org/x.jpg"),
    ):
        with pytest.raises(DownloadFailed) as caught:
            await fetched(handler, url)
        errors.append(caught.value.url)

    assert [location, "https://cdn.example.org/x.jpg"] == errors


@pytest.mark.parametrize("url", ["http://127.0.0.1:8123/x.jpg", "http://localhost:8123/x.jpg"])
async def test_a_simulator_on_a_port_may_serve_files(url: str) -> None:
    """Where the service is this machine, so are its files."""
    assert b"a file" == await fetched(redirecting(), url, "http://127.0.0.1:8123/api/rest/v1")


async def test_a_file_that_is_gone() -> None:
    """The error has the address and the status."""
    with pytest.raises(DownloadFailed) as caught:
        await fetched(always(404), "https://cdn.example.org/x.jpg")

    assert "cdn.example.org answered HTTP 404 instead of the file." == str(caught.value)


async def test_a_download_that_breaks_off() -> None:
    """A connection lost in the middle is a failed download, not a foreign error."""

    async def half() -> AsyncIterator[bytes]:
        yield b"a fi"
        raise httpx.ReadError("gone")

    with pytest.raises(DownloadFailed) as caught:
        await fetched(lambda _: httpx.Response(200, content=half()), "https://cdn.example.org/x")

    assert "The download from cdn.example.org broke off (ReadError); it can be fetched again." == (
        str(caught.value)
    )
