"""Where files may come from: no answer sends this machine into its own network."""

from __future__ import annotations

import socket
import ssl
from contextlib import asynccontextmanager, suppress
from ipaddress import ip_address
from typing import TYPE_CHECKING, Any

import anyio
import anyio.abc
import httpx
import pytest

from leonardo_nb.errors import ConnectionFailed, DownloadFailed, InvalidRequest, UnexpectedResponse
from leonardo_nb.service.assets import Presigned
from leonardo_nb.service.client import Client
from leonardo_nb.service.dialing import Files
from leonardo_nb.service.reach import NotReached, Reach, is_loopback, is_public

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Mapping

KEY = "0f0e0d0c-1111-4222-8333-444444444444"
BASE = "https://cloud.example.org/api/rest/v1"
PUBLIC = "93.184.215.14"
PUBLIC_6 = "2606:2800:21f:cb07:6820:80da:af6b:8b2c"
UNASKED = httpx.Response(200, content=b"this is never asked for")
ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\na file"

INSIDE = {
    "private, RFC 1918": "10.0.0.1 172.16.0.1 172.31.255.254 192.168.1.1",
    "loopback": "127.0.0.1 127.255.0.9 ::1",
    "link-local, with clouds' metadata": "169.254.169.254 fe80::1",
    "behind a carrier's NAT": "100.64.0.1 100.100.100.200",
    "this network, none and everybody": "0.0.0.0 0.1.2.3 255.255.255.255 ::",
    "multicast": "224.0.0.1 239.255.255.250 ff02::1",
    "reserved and documentation": "240.0.0.1 192.0.2.1 198.51.100.1 203.0.113.9 2001:db8::1",
    "benchmarks": "198.18.0.1",
    "unique local": "fd00:ec2::254 fc00::1",
    "site-local": "fec0::1",
    "IPv4 inside IPv6": "::ffff:10.0.0.1 ::ffff:7f00:1 ::127.0.0.1 ::10.0.0.1",
    "IPv4 inside NAT64": "64:ff9b::a00:1 64:ff9b::7f00:1 64:ff9b:1::a00:1",
    "IPv4 inside 6to4 and Teredo": "2002:a00:1:: 2002:7f00:1:: 2001:0:102:304:0:0:f5ff:fffe",
}


class Names:
    """A name server whose answers are written down, and that counts what it was asked."""

    def __init__(self, answers: Mapping[str, Any]) -> None:
        self.answers = dict(answers)
        self.asked: list[str] = []

    async def __call__(self, host: str, port: int) -> list[str]:
        """Return the addresses of *host*: the next of several answers, or the only one."""
        self.asked.append(host)
        if host not in self.answers:
            raise socket.gaierror(socket.EAI_NONAME, "unknown")
        known = self.answers[host]
        return list(known.pop(0) if isinstance(known[0], list) else known)


@pytest.mark.parametrize("kind", INSIDE)
def test_what_is_not_public(kind: str) -> None:
    """Addresses that no public machine has, in every way of writing them."""
    addresses = INSIDE[kind].split()

    assert [] == [each for each in addresses if is_public(ip_address(each))]


@pytest.mark.parametrize(
    "address", [PUBLIC, "8.8.8.8", PUBLIC_6, "64:ff9b::808:808", "::ffff:8.8.8.8", "2002:808:808::"]
)
def test_what_is_public(address: str) -> None:
    """Also through NAT64, which is how networks of IPv6 alone reach a public IPv4 machine."""
    assert is_public(ip_address(address))


@pytest.mark.parametrize("kind", INSIDE)
def test_a_name_that_leads_inside(kind: str) -> None:
    """A public name may be given any address; it is looked up, and not connected to."""
    for address in INSIDE[kind].split():
        reach = Reach("https", "cloud.example.org", resolve=Names({"evil.example.org": [address]}))

        with pytest.raises(NotReached) as caught:
            anyio.run(reach.addresses, "evil.example.org", 443)

        assert "evil.example.org is not on the public network; nothing was sent there." == str(
            caught.value
        )


async def test_only_the_public_addresses_of_a_name_are_used() -> None:
    """A name with addresses of both kinds leads outside only, in the system's order."""
    names = Names({"cdn.example.org": ["10.0.0.1", PUBLIC_6, "::1", PUBLIC]})
    reach = Reach("https", "cloud.example.org", resolve=names)

    assert [PUBLIC_6, PUBLIC] == await reach.addresses("cdn.example.org", 443)


@pytest.mark.parametrize(
    ("home", "target", "is_allowed"),
    [
        ("127.0.0.1", "127.0.0.2", True),
        ("127.0.0.1", "::1", True),
        ("127.0.0.1", "10.0.0.1", False),
        ("127.0.0.1", "169.254.169.254", False),
        ("10.1.2.3", "10.9.9.9", True),
        ("10.1.2.3", "192.168.0.1", False),
        ("10.1.2.3", "127.0.0.1", False),
        ("192.168.0.7", "::ffff:192.168.0.9", True),
        ("100.64.0.1", "100.127.0.1", True),
        ("100.64.0.1", "10.0.0.1", False),
        ("fd12:3456:789a::1", "fd12:3456:789a:7::2", True),
        ("fd12:3456:789a::1", "fd00:ec2::254", False),
        ("169.254.1.1", "169.254.169.254", False),
        (PUBLIC, "10.0.0.1", False),
    ],
)
async def test_a_service_of_ones_own(home: str, target: str, is_allowed: bool) -> None:
    """Files may come from the private network in which the service itself is, and no other."""
    names = Names({"leonardo.corp.example": [home], "files.corp.example": [target]})
    reach = Reach("https", "leonardo.corp.example", resolve=names)
    try:
        found = await reach.addresses("files.corp.example", 443)
    except NotReached:
        found = []

    assert ([target] if is_allowed else []) == found


async def test_a_public_name_costs_one_look_up() -> None:
    """Where the service is, is asked only when an address is not public."""
    names = Names({"cdn.example.org": [PUBLIC]})

    await Reach("https", "cloud.example.org", resolve=names).addresses("cdn.example.org", 443)

    assert ["cdn.example.org"] == names.asked


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("http://cdn.example.org/x.jpg", "is not https"),
        ("http://cloud.example.org/x.jpg", "is not https"),
        ("ftp://cdn.example.org/x.jpg", "is not https"),
        ("file:///etc/passwd", "is not https"),
        ("https://me:word@cdn.example.org/x.jpg", "is not the plain address of a file"),
        ("https://127.0.0.1/x", "is not on the public network"),
        ("https://[::1]:8443/x", "is not on the public network"),
        ("https://[::ffff:169.254.169.254]/x", "is not on the public network"),
        ("https://169.254.169.254/latest/meta-data", "is not on the public network"),
        ("https://10.0.0.1/x", "is not on the public network"),
        ("https://localhost:8888/api", "is this machine"),
        ("https://LOCALHOST./api", "is this machine"),
        ("https://lab.localhost/api", "is this machine"),
        ("https://2130706433/", "is a number written as a name"),
        ("https://0x7f000001/", "is a number written as a name"),
        ("https://127.1/", "is a number written as a name"),
        ("https://10.0.0.1./", "is a number written as a name"),
    ],
)
async def test_an_address_that_is_refused_as_it_stands(url: str, reason: str) -> None:
    """Nothing is looked up or sent; the same is said of a redirect there, and of an upload."""
    asked: list[str] = []

    def handler(request: httpx.Request) -> httpx.Response:
        asked.append(str(request.url))
        return httpx.Response(302, headers={"location": url})

    client = Client(base_url=BASE, api_key=KEY, transport=httpx.MockTransport(handler))
    said = []
    for address in (url, "https://cdn.example.org/start"):
        with pytest.raises(DownloadFailed) as caught:
            async with client.media(address):
                pass
        said.append(str(caught.value))
    form = Presigned(id="an-id", url=url, fields={"key": "x"})
    with pytest.raises(UnexpectedResponse) as refused:
        await client.upload(form, b"x", "image/png")
    await client.aclose()

    assert all(f" {reason}; it was not opened." in sentence for sentence in said)
    assert f"address {reason}; nothing was sent there." in str(refused.value)
    assert ["https://cdn.example.org/start"] == asked


@pytest.mark.parametrize("url", ["", "//cdn.example.org/x", "https:///x", "https://0177.0.0.1/"])
async def test_an_address_that_is_none(url: str) -> None:
    """A file's address is whole and readable, or not one."""
    client = Client(base_url=BASE, api_key=KEY, transport=httpx.MockTransport(lambda _: UNASKED))
    with pytest.raises(DownloadFailed) as caught:
        async with client.media(url):
            pass
    await client.aclose()

    assert url == caught.value.url


def test_a_base_url_without_encryption_where_it_is_asked_for() -> None:
    """`allow_http` lets the key travel openly; files may come openly from that host, too."""
    base = "http://leonardo.lan/api/rest/v1"
    client = Client(base_url=base, api_key=KEY, allow_http=True)
    refusals = [
        client._reach.refusal("http", host) for host in ("leonardo.lan", "cdn.lan", "127.0.0.1")
    ]

    assert base == client.base_url
    assert [None, "is not https", "is not https"] == refusals


def test_a_base_url_without_encryption_names_the_way() -> None:
    """Its refusal says what permits it."""
    with pytest.raises(InvalidRequest) as caught:
        Client(base_url="http://leonardo.lan/api/rest/v1", api_key=KEY)

    assert (
        "base_url must begin with https://, or the key would travel openly; the nearest is "
        '"https://leonardo.lan/api/rest/v1". Where nobody else listens, allow_http=True permits it.'
    ) == str(caught.value)


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("localhost.", True),
        ("::ffff:127.0.0.1", True),
        ("[::1]", True),
        ("localhost.evil.org", False),
    ],
)
def test_what_is_this_machine(host: str, expected: bool) -> None:
    """By name or address, in every way of writing it."""
    assert expected == is_loopback(host)


# -- with real connections to this machine


class Server:
    """A port of this machine that gives one answer, and keeps what it was sent."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.heard: list[bytes] = []


@asynccontextmanager
async def serving(
    answer: bytes | Callable[[anyio.abc.ByteStream], Awaitable[None]],
) -> AsyncIterator[Server]:
    """Listen on a free port while the block runs."""
    listener = await anyio.create_tcp_listener(local_host="127.0.0.1")
    server = Server(listener.extra(anyio.abc.SocketAttribute.local_port))  # noqa: S610  no Django

    async def handle(stream: anyio.abc.ByteStream) -> None:
        async with stream:
            server.heard.append(await stream.receive())
            if callable(answer):
                await answer(stream)
            else:
                await stream.send(answer)

    async with listener, anyio.create_task_group() as group:
        group.start_soon(listener.serve, handle)
        yield server
        group.cancel_scope.cancel()


@asynccontextmanager
async def dialing(
    home: str, names: Names, scheme: str = "http"
) -> AsyncIterator[httpx.AsyncClient]:
    """Carry requests for a service at *home*, by the addresses in *names*."""
    files = Files(
        Reach(scheme, home, resolve=names), ssl.create_default_context(), uses_proxy=False
    )
    async with httpx.AsyncClient(transport=files, timeout=5.0) as client:
        yield client


async def test_a_connection_goes_to_the_address_that_was_checked() -> None:
    """The name is looked up once; the server still hears the name."""
    names = Names({"leonardo.lan": [["127.0.0.1"]], "127.0.0.1": ["127.0.0.1"]})
    async with serving(ANSWER) as server, dialing("127.0.0.1", names) as client:
        answer = await client.get(f"http://leonardo.lan:{server.port}/x.jpg")

    assert (b"a file", ["leonardo.lan"]) == (answer.content, names.asked)
    assert f"Host: leonardo.lan:{server.port}".encode() in server.heard[0]


async def test_a_name_that_changes_its_address_on_the_way() -> None:
    """A second look-up would lead inside; there is none, and the next connection is refused."""
    names = Names({"evil.example.org": [[PUBLIC], ["127.0.0.1"]], "home.example.org": [PUBLIC]})
    reach = Reach("http", "home.example.org", resolve=names)
    first = await reach.addresses("evil.example.org", 80)
    async with serving(ANSWER) as server, dialing("home.example.org", names) as client:
        with pytest.raises(NotReached):
            await client.get(f"http://evil.example.org:{server.port}/x.jpg")

    assert ([PUBLIC], []) == (first, server.heard)


async def test_the_next_address_is_tried() -> None:
    """A name with one dead address still works."""
    names = Names({"localhost.lan": ["127.0.0.9", "127.0.0.1"]})
    async with serving(ANSWER) as server, dialing("127.0.0.1", names) as client:
        answer = await client.get(f"http://localhost.lan:{server.port}/x.jpg")

    assert b"a file" == answer.content


async def test_a_certificate_is_checked_for_the_name() -> None:
    """The address takes the name's place nowhere but in the connection: TLS asks for the name."""
    names = Names({"cdn.lan": ["127.0.0.1"]})
    async with serving(b"") as server, dialing("127.0.0.1", names, "https") as client:
        with pytest.raises(httpx.ConnectError):
            await client.get(f"https://cdn.lan:{server.port}/x.jpg")

    assert b"cdn.lan" in server.heard[0]


async def test_a_name_that_nobody_knows() -> None:
    """Is a connection that failed."""
    async with dialing("127.0.0.1", Names({})) as client:
        with pytest.raises(httpx.ConnectError) as caught:
            await client.get("http://nobody.lan/x.jpg")

    assert "nobody.lan was not found" == str(caught.value)


async def test_a_look_up_that_never_ends() -> None:
    """It ends with the time for connecting."""

    async def never(_: str, __: int) -> list[str]:
        await anyio.sleep_forever()
        return []

    files = Files(
        Reach("https", "a.org", resolve=never), ssl.create_default_context(), uses_proxy=False
    )
    async with httpx.AsyncClient(transport=files, timeout=0.01) as client:
        with pytest.raises(httpx.ConnectTimeout):
            await client.get("https://nobody.example.org/x.jpg")


async def test_a_service_on_a_port_serves_its_files() -> None:
    """The client's own connections, without a key."""
    async with serving(ANSWER) as server:
        home = f"http://127.0.0.1:{server.port}"
        client = Client(base_url=f"{home}/api/rest/v1", api_key=KEY)
        async with client.media(f"{home}/x.jpg") as media:
            got = b"".join([piece async for piece in media.aiter_bytes()])
        await client.aclose()

    assert b"a file" == got
    assert KEY.encode() not in server.heard[0]


async def test_an_answer_that_drips() -> None:
    """Each piece is in time, and together they are not: the file is given up."""

    async def drip(stream: anyio.abc.ByteStream) -> None:
        await stream.send(b"HTTP/1.1 200 OK\r\nContent-Length: 900000\r\n\r\n")
        with suppress(anyio.BrokenResourceError, anyio.ClosedResourceError):
            while True:
                await stream.send(b".")
                await anyio.sleep(0.001)

    async with serving(drip) as server:
        home = f"http://127.0.0.1:{server.port}"
        client = Client(base_url=home, api_key=KEY)
        async with client.media(f"{home}/x.jpg") as media:
            media._ends = anyio.current_time() + 0.05
            with pytest.raises(DownloadFailed) as caught:
                [piece async for piece in media.aiter_bytes()]
        await client.aclose()

    assert "The download from 127.0.0.1 broke off (TimeoutError); it can be fetched again." == str(
        caught.value
    )


async def test_a_head_that_drips() -> None:
    """Not even the headers of a file are waited for without end."""

    async def drip(stream: anyio.abc.ByteStream) -> None:
        with suppress(anyio.BrokenResourceError, anyio.ClosedResourceError):
            await stream.send(b"HTTP/1.1 200 OK\r\nX: ")
            while True:
                await stream.send(b".")
                await anyio.sleep(0.001)

    async with serving(drip) as server:
        home = f"http://127.0.0.1:{server.port}"
        client = Client(base_url=home, api_key=KEY, timeout=0.02)
        with pytest.raises(DownloadFailed) as caught:
            async with client.media(f"{home}/x.jpg"):
                pass
        form = Presigned(id="an-id", url=f"{home}/form", fields={})
        with pytest.raises(ConnectionFailed) as failed:
            await client.upload(form, b"", "image/png")
        await client.aclose()

    assert "127.0.0.1 could not be reached (TimeoutError); the file can be fetched again." == str(
        caught.value
    )
    assert "The upload to 127.0.0.1 broke off (TimeoutError); try again." == str(failed.value)


async def test_a_storage_that_says_too_much() -> None:
    """Of what a storage answers to an upload, only the beginning is read."""
    taken = 0

    async def pieces() -> AsyncIterator[bytes]:
        nonlocal taken
        for _ in range(1000):
            taken += 1
            yield b"x" * 10_000

    transport = httpx.MockTransport(lambda _: httpx.Response(503, content=pieces()))
    client = Client(base_url=BASE, api_key=KEY, transport=transport)
    form = Presigned(id="an-id", url="https://storage.example.org/", fields={})
    with pytest.raises(UnexpectedResponse) as caught:
        await client.upload(form, b"x", "image/png")
    await client.aclose()

    assert (3, 20_000) == (taken, len(caught.value.body))


async def test_a_proxy_is_given_names_and_no_inner_address(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the environment names a proxy, it connects; what stands in an address was checked."""
    async with serving(ANSWER) as proxy:
        monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{proxy.port}")
        monkeypatch.setenv("no_proxy", "")
        names = Names({})
        files = Files(
            Reach("http", "a.org", resolve=names), ssl.create_default_context(), uses_proxy=True
        )
        async with httpx.AsyncClient(transport=files, timeout=5.0) as client:
            answer = await client.get("http://cdn.example.org/x.jpg")

    assert (b"a file", []) == (answer.content, names.asked)
    assert proxy.heard[0].startswith(b"GET http://cdn.example.org/x.jpg")
