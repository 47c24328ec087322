"""Who the client is: proxies are believed by name, everybody else is taken as she comes."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vectal.gateway.forwarded import TrustedProxies, is_nearby

TRUSTED = TrustedProxies(["10.0.0.0/8", "192.0.2.1", "2001:db8::/32"])


def resolve(peer: str, *forwarded: str, proto: str = "", kind: str = "http") -> tuple[str, str]:
    headers = [(b"x-forwarded-for", each.encode()) for each in forwarded]
    headers += [(b"x-forwarded-proto", proto.encode())] if proto else []
    scheme = "http" if kind == "http" else "ws"
    scope: dict[str, Any] = {
        "type": kind,
        "client": (peer, 5),
        "headers": headers,
        "scheme": scheme,
    }
    TRUSTED.resolve(scope)
    return scope["client"][0], scope["scheme"]


@pytest.mark.parametrize(
    ("peer", "forwarded", "client"),
    [
        ("203.0.113.9", ("198.51.100.7",), "203.0.113.9"),
        ("10.1.1.1", ("198.51.100.7",), "198.51.100.7"),
        ("10.1.1.1", ("6.6.6.6, 198.51.100.7",), "198.51.100.7"),
        ("10.1.1.1", ("6.6.6.6, 198.51.100.7, 10.2.2.2, 192.0.2.1",), "198.51.100.7"),
        ("10.1.1.1", ("6.6.6.6", "198.51.100.7"), "198.51.100.7"),
        ("10.1.1.1", ("10.3.3.3",), "10.3.3.3"),
        ("10.1.1.1", ("nonsense",), "10.1.1.1"),
        ("10.1.1.1", ("198.51.100.7, nonsense",), "10.1.1.1"),
        ("10.1.1.1", (), "10.1.1.1"),
        ("10.1.1.1", (",".join(["10.3.3.3"] * 500),), "10.3.3.3"),
        ("2001:db8::5", ("2a00::7",), "2a00::7"),
        ("testclient", ("198.51.100.7",), "testclient"),
    ],
)
def test_the_first_stranger_from_our_side_is_the_client(
    peer: str, forwarded: tuple[str, ...], client: str
) -> None:
    assert resolve(peer, *forwarded)[0] == client


def test_the_scheme_is_the_proxys_to_tell() -> None:
    assert resolve("10.1.1.1", proto="https")[1] == "https"
    assert resolve("10.1.1.1", proto="https", kind="websocket")[1] == "wss"
    assert resolve("10.1.1.1", proto="http")[1] == "http"
    assert resolve("10.1.1.1", proto="gopher")[1] == "http"
    assert resolve("203.0.113.9", proto="https")[1] == "http"


def test_a_proxy_that_is_no_address_is_refused() -> None:
    with pytest.raises(ValueError, match="appear to be"):
        TrustedProxies(["proxy.example"])


@given(st.lists(st.text(st.characters(max_codepoint=255), max_size=40), max_size=5))
def test_no_header_breaks_the_house(values: list[str]) -> None:
    headers = [(b"x-forwarded-for", value.encode("latin-1")) for value in values]
    scope: dict[str, Any] = {"type": "http", "client": ("10.0.0.1", 1), "headers": headers}
    TRUSTED.resolve(scope)


@pytest.mark.parametrize(
    ("host", "near"),
    [
        ("127.0.0.1", True),
        ("::1", True),
        ("10.4.5.6", True),
        ("192.168.1.1", True),
        ("8.8.8.8", False),
        ("testclient", False),
    ],
)
def test_near_is_this_machine_or_a_private_network(host: str, *, near: bool) -> None:
    assert is_nearby(host) is near
