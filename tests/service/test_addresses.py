from __future__ import annotations

import pytest

from leonardo_nb.service.addresses import public_address, unreachable

PREFIX = {"JUPYTERHUB_SERVICE_PREFIX": "/user/ada/"}


@pytest.mark.parametrize(
    ("environment", "url"),
    [
        (
            {**PREFIX, "JUPYTERHUB_PUBLIC_URL": "https://hub.example.org/user/ada/"},
            "https://hub.example.org/user/ada/proxy/8765/",
        ),
        (
            {**PREFIX, "JUPYTERHUB_HOST": "https://hub.example.org"},
            "https://hub.example.org/user/ada/proxy/8765/",
        ),
        (
            {
                "JUPYTERHUB_PUBLIC_URL": "https://ada.hub.example.org:8443/lab/user/ada/",
                "JUPYTERHUB_HOST": "https://hub.example.org:8443",
                **PREFIX,
            },
            "https://ada.hub.example.org:8443/lab/user/ada/proxy/8765/",
        ),
        (
            {
                **PREFIX,
                "JUPYTERHUB_HOST": "https://hub.example.org/",
                "BINDER_LAUNCH_HOST": "https://binder.example.org/",
            },
            "https://hub.example.org/user/ada/proxy/8765/",
        ),
    ],
)
def test_hub_that_says_where_it_is(environment: dict[str, str], url: str) -> None:
    """On a hub the port is behind jupyter-server-proxy, and the sentence says what that needs."""
    address = public_address(8765, environment)

    assert url == address.url
    assert "token" in address.sentence
    assert str(address).startswith(url)


@pytest.mark.parametrize(
    ("environment", "reason"),
    [
        ({}, "Nothing outside reaches this machine as far as its environment tells"),
        (PREFIX, "This hub does not tell its notebooks the address"),
        ({**PREFIX, "JUPYTERHUB_HOST": ""}, "This hub does not tell its notebooks the address"),
        (
            {**PREFIX, "BINDER_LAUNCH_HOST": "https://binder.example.org/"},
            "Binder does not tell its notebooks the address",
        ),
        (
            {**PREFIX, "JUPYTERHUB_HOST": "http://hub.example.org"},
            "The service calls https addresses only, and hub.example.org is given as http.",
        ),
        (
            {"JUPYTERHUB_PUBLIC_URL": "https://localhost:8000/user/ada/"},
            "The service cannot reach localhost",
        ),
        ({"JUPYTERHUB_PUBLIC_URL": "/user/ada/"}, "A webhook address is https:// and a host."),
    ],
)
def test_no_address_has_a_reason(environment: dict[str, str], reason: str) -> None:
    """Where nothing outside reaches the port there is no address, and a sentence says why."""
    address = public_address(8765, environment)

    assert address.url is None
    assert reason == address.sentence[: len(reason)]
    assert address.sentence == str(address)


def test_reason_says_what_to_give_instead() -> None:
    """The sentence holds the part of the address that is known, with the port."""
    assert "/user/ada/proxy/8765/" in public_address(8765, PREFIX).sentence
    assert "http://127.0.0.1:8765" in public_address(8765, {}).sentence


@pytest.mark.parametrize(
    "url",
    [
        "http://example.org/hook",
        "https://",
        "https://[",
        "https://example.org:port/",
        "https://127.0.0.1/",
        "https://[::1]:8000/",
        "https://10.0.0.7/hook",
        "https://jupyter/hook",
        "https://hub.default.svc.cluster.local/",
        "https://ada:secret@example.org/",
        "ftp://example.org/",
        "https://127.1/",
        "https://0x7f.1/",
        "https://0177.0.0.1/",
        "https://127.0.0.1./",
        "https://2130706433/",
        "https://example.org/\n",
        "https://example.org\r\nX: y/",
        "https://exa mple.org/",
        "\x1b[31mhttps://example.org/",
        "example.org/hook",
        "",
    ],
)
def test_address_that_the_service_cannot_call(url: str) -> None:
    """Only https to a public host is called; the sentence keeps passwords to itself."""
    reason = unreachable(url)

    assert reason is not None
    assert reason.endswith(".")
    assert "secret" not in reason


@pytest.mark.parametrize(
    "url", ["https://example.org/hook", "https://8.8.8.8:8443/", "https://a.b"]
)
def test_address_that_the_service_can_call(url: str) -> None:
    """Any https address of a public host will do, at any port and path."""
    assert unreachable(url) is None
