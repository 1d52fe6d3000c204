"""
Which addresses files may come from and go to: plain functions on addresses, and one look-up.

A file's address is told by an answer, and whoever can forge an answer must not be able to send
this machine to its own network: to a router's page, to a neighbour's notebook, to the keys that a
cloud hands out at 169.254.169.254. So what is public may be reached, and what is not only where
the service itself is, which is how the simulator on a port and a service of one's own work.
"""

from __future__ import annotations

import re
import socket
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address, ip_network
from typing import TYPE_CHECKING, Final, TypeAlias

import anyio

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    Resolve: TypeAlias = Callable[[str, int], Awaitable[list[str]]]

__all__ = ["NotReached", "Reach", "is_local", "is_loopback", "is_public", "neighbourhood"]

Address: TypeAlias = IPv4Address | IPv6Address

LOOPBACK: Final = "loopback"
_NEIGHBOURS: Final = tuple(
    map(ip_network, ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10"))
)
"""Private networks (RFC 1918), and those behind a carrier's or an overlay's NAT (RFC 6598)."""
_UNIQUE_LOCAL: Final = IPv6Network("fc00::/7")
_GLOBAL_UNICAST: Final = IPv6Network("2000::/3")
"""All of IPv6 that is handed out to the public; whatever is elsewhere has a meaning of its own."""
_NAT64: Final = IPv6Network("64:ff9b::/96")
_ENDS_IN_A_NUMBER: Final = re.compile(r"(?:^|\.)(?:\d+|0x[0-9a-f]*)$", re.IGNORECASE)
"""Names that old rules read as an IPv4 address, such as 127.1, 0x7f.1 and 2130706433."""


class NotReached(Exception):
    """Nothing was sent, because it would have gone to an address that files are not at."""


def _address(host: str) -> Address | None:
    """Return *host* as an address, or None where it is a name."""
    try:
        return _inner(ip_address(host.strip("[]")))
    except ValueError:
        return None


def _inner(address: Address) -> Address:
    """Return the IPv4 address that an IPv6 one only carries: mapped, NAT64, 6to4 or Teredo."""
    if isinstance(address, IPv4Address):
        return address
    carried = address.ipv4_mapped or address.sixtofour
    if carried is None and address.teredo is not None:
        carried = address.teredo[1]
    if carried is None and address in _NAT64:
        carried = IPv4Address(int(address) & 0xFFFFFFFF)
    return address if carried is None else carried


def is_loopback(host: str) -> bool:
    """Whether *host* is this machine, by its name or its address; nothing is looked up."""
    if (address := _address(host)) is not None:
        return address.is_loopback
    name = host.rstrip(".").lower()
    return name == "localhost" or name.endswith(".localhost")


def is_local(host: str) -> bool:
    """Whether *host* is this machine, or a name that no network has (the simulator in process)."""
    return is_loopback(host) or host.endswith(".invalid")


def is_public(address: Address) -> bool:
    """Whether *address* belongs to the public network, and to one machine there."""
    address = _inner(address)
    if isinstance(address, IPv6Address) and address not in _GLOBAL_UNICAST:
        return False
    return address.is_global and not (address.is_multicast or address.is_reserved)


def neighbourhood(address: Address) -> str:
    """
    Return the name of the network that is not public in which *address* is.

    Loopback is one, each private block is one, and so is each /48 of `fc00::/7`. Any other address,
    such as a link-local one, has no neighbours but itself.
    """
    address = _inner(address)
    if address.is_loopback:
        return LOOPBACK
    if isinstance(address, IPv6Address) and address in _UNIQUE_LOCAL:
        return str(IPv6Network((int(address) >> 80 << 80, 48)))
    return next((str(block) for block in _NEIGHBOURS if address in block), str(address))


async def _resolved(host: str, port: int) -> list[str]:
    """Return the addresses of *host*, in the order of the system's preference."""
    found = await anyio.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(each[4][0]) for each in found))


class Reach:
    """
    What files may be fetched from and sent to, for a service at one address.

    Allowed is https to public addresses; plain http, this machine and a private network only where
    the service itself is reached so.

    Args:
        scheme: Of the service's address.
        host: Of the service's address.
        resolve: Gives a name's addresses; the system's way where None.
    """

    def __init__(self, scheme: str, host: str, *, resolve: Resolve | None = None) -> None:
        self._is_open = scheme == "http"
        self._host = host
        self._resolve = resolve or _resolved

    def refusal(self, scheme: str, host: str, userinfo: bytes = b"") -> str | None:
        """
        Return why nothing is fetched from or sent to an address, or None.

        Only what the address itself says is judged; a name's addresses are in `addresses`.

        Args:
            scheme: Such as "https".
            host: A name or an address.
            userinfo: A user and password, which no file's address has.
        """
        at_home = host == self._host or (is_loopback(host) and is_local(self._host))
        may_be_plain = at_home and (self._is_open or is_loopback(host))
        if scheme != "https" and not (scheme == "http" and may_be_plain):
            return "is not https"
        if not host or userinfo:
            return "is not the plain address of a file"
        if at_home:
            return None
        address = _address(host)
        if address is None:
            if is_loopback(host):
                return "is this machine"
            name = host.rstrip(".")
            return "is a number written as a name" if _ENDS_IN_A_NUMBER.search(name) else None
        if is_public(address):
            return None
        own = _address(self._host)
        if own is not None and neighbourhood(own) == neighbourhood(address):
            return None
        return "is not on the public network"

    async def addresses(self, host: str, port: int) -> list[str]:
        """
        Return the addresses of *host* that may be connected to, in the system's order.

        Whoever connects must use one of these and not the name: a name's next answer may differ.

        Raises:
            NotReached: None of them may be; the sentence says why.
            OSError: There is no such name.
        """
        given = _address(host)
        found = [host.strip("[]")] if given is not None else await self._resolve(host, port)
        homes: set[str] | None = None
        allowed = []
        for each in found:
            address = ip_address(each)
            if not is_public(address):
                if homes is None:
                    homes = await self._homes(port)
                if neighbourhood(address) not in homes:
                    continue
            allowed.append(each)
        if not allowed:
            raise NotReached(f"{host} is not on the public network; nothing was sent there.")
        return allowed

    async def _homes(self, port: int) -> set[str]:
        """Return the neighbourhoods in which the service itself is."""
        if self._host.endswith(".invalid"):  # it is in this process
            return {LOOPBACK}
        if (own := _address(self._host)) is not None:
            return set() if is_public(own) else {neighbourhood(own)}
        try:
            found = map(ip_address, await self._resolve(self._host, port))
        except OSError:
            return set()
        return {neighbourhood(each) for each in found if not is_public(each)}
