"""
Where the service could call a port of this machine, told from environment variables alone.

Nothing is asked of anybody: a hub says in its notebooks' environment how they are reached, and
jupyter-server-proxy hands `<notebook server>/proxy/<port>/` on to the port.
"""

from __future__ import annotations

import ipaddress
import os
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["Address", "public_address", "unreachable"]

# endings of names that no public name server knows
_LOCAL_ENDINGS = (".internal", ".lan", ".local", ".localhost", ".svc", ".test")
_BINDER = ("BINDER_LAUNCH_HOST", "BINDER_REPO_URL", "BINDER_REQUEST")


@dataclass(frozen=True, slots=True)
class Address:
    """
    Where callbacks can be sent, or why nowhere.

    Attributes:
        url: An https address that ends at the port, or None where nothing outside reaches it.
        sentence: What has to hold for callbacks to arrive there, or why there is no address.
    """

    url: str | None
    sentence: str

    def __str__(self) -> str:
        return self.sentence if self.url is None else f"{self.url} ({self.sentence})"


def public_address(port: int, environment: Mapping[str, str] = os.environ) -> Address:
    """
    Return the address at which the service reaches *port* of this machine through its hub.

    Args:
        port: Where a receiver listens on this machine.
        environment: The variables that JupyterHub and Binder set for a notebook server.

    Source: JupyterHub (`JUPYTERHUB_*`), BinderHub (`BINDER_*`), jupyter-server-proxy (`proxy/`).
    """
    public = environment.get("JUPYTERHUB_PUBLIC_URL", "")  # JupyterHub 5, where it knows its own
    host = environment.get("JUPYTERHUB_HOST", "")
    prefix = environment.get("JUPYTERHUB_SERVICE_PREFIX", "")
    if public:
        server, told_by = public, "JUPYTERHUB_PUBLIC_URL"
    elif host and prefix:
        server, told_by = f"{host.rstrip('/')}/{prefix.strip('/')}", "JUPYTERHUB_HOST"
    elif prefix:
        kind = "Binder" if any(map(environment.get, _BINDER)) else "This hub"
        path = f"/{prefix.strip('/')}/proxy/{port}/"
        return Address(
            None,
            f"{kind} does not tell its notebooks the address that they are reached at; give "
            f'leo.connect(webhook_url="https://<host in the browser\'s address bar>{path}").',
        )
    else:
        return Address(
            None,
            "Nothing outside reaches this machine as far as its environment tells; give "
            "leo.connect(webhook_url=...) the https address of a tunnel or proxy that ends at "
            f"http://127.0.0.1:{port}.",
        )
    url = f"{server.rstrip('/')}/proxy/{port}/"
    if reason := unreachable(url):
        return Address(None, f"{reason} The hub says so in {told_by}.")
    return Address(
        url,
        "needs jupyter-server-proxy on the notebook server, and the hub lets nobody in without a "
        "token of its own: make the webhook key one that may only access this server",
    )


def unreachable(url: object) -> str | None:
    """Return the sentence that says why the service could not call *url*, or None if it could."""
    if not isinstance(url, str):
        return "A webhook address is text: https:// and a host."
    if not url.isprintable() or " " in url:
        return "A webhook address is one line without spaces: https:// and a host."
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        host = None
    if not host:
        return "A webhook address is https:// and a host."
    if parts.scheme != "https":
        return f"The service calls https addresses only, and {host} is given as {parts.scheme}."
    if parts.username is not None:
        return f"The address of {host} carries a user name, which would be shown to everybody."
    if not _is_public(host):
        return f"The service cannot reach {host}, which is known on its own network only."
    return None


def _is_public(host: str) -> bool:
    """Whether the rest of the world could know *host*; no name server is asked."""
    host = host.rstrip(".")
    try:
        return ipaddress.ip_address(host).is_global
    except ValueError:
        # no top-level name is a number, but 127.1, 0x7f.1 and 0177.0.0.1 are this machine
        is_number = re.fullmatch(r"\d+|0x[0-9a-f]*", host.rpartition(".")[2])
        return "." in host and not is_number and not host.endswith(_LOCAL_ENDINGS)
