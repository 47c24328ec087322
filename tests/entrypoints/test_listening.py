"""Ports that are asked for, ports that are found, and addresses as people type them."""

import socket

import pytest

from vectal.entrypoints.listening import count_connections, listen, port_of, url_of
from vectal.platform.embedded.errors import ExitCode, OperatorError


def test_the_next_free_port_is_taken() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        wanted = taken.getsockname()[1]
        with listen("127.0.0.1", wanted, exactly=False) as listener:
            assert wanted < port_of(listener) <= wanted + 200


def test_two_trees_never_share_a_port() -> None:
    with listen("127.0.0.1", 0, exactly=True) as first:
        with pytest.raises(OperatorError, match="is taken") as raised:
            listen("127.0.0.1", port_of(first), exactly=True)
        assert raised.value.exit_code == ExitCode.PORT_TAKEN


@pytest.mark.parametrize("host", ["192.0.2.1", "no-such-host.invalid"])
def test_an_address_of_another_machine_is_named(host: str) -> None:
    with pytest.raises(OperatorError, match=f"cannot listen on {host}:8484") as raised:
        listen(host, 8484, exactly=True)
    assert "VECTAL_HOST" in raised.value.remedy


@pytest.mark.parametrize(
    ("host", "url"),
    [
        ("127.0.0.1", "http://127.0.0.1:8484"),
        ("0.0.0.0", "http://localhost:8484"),  # noqa: S104 - how operators open every address
        ("::", "http://localhost:8484"),
        ("::1", "http://[::1]:8484"),
        ("vectal.lan", "http://vectal.lan:8484"),
    ],
)
def test_addresses_as_people_type_them(host: str, url: str) -> None:
    assert url_of(host, 8484) == url


def test_no_more_clients_are_held_than_there_are_sockets_for() -> None:
    assert count_connections(3) == 3
    assert 0 < count_connections(1 << 40) <= 1 << 40
