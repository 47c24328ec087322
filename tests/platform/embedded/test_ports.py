"""Ports that are free now and stay ours across a restart."""

import socket

import pytest

from vectal.platform.embedded.ports import KERNEL_RANGE, find_free_port, is_free


def test_a_port_that_somebody_listens_on_is_not_free() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        assert not is_free("127.0.0.1", taken.getsockname()[1])


def test_a_found_port_can_be_taken() -> None:
    port = find_free_port()
    with socket.create_server(("127.0.0.1", port)) as server:
        assert server.getsockname()[1] == port


@pytest.mark.skipif(not KERNEL_RANGE.exists(), reason="only Linux tells its range in a file")
def test_no_outgoing_connection_can_get_a_found_port() -> None:
    lowest = int(KERNEL_RANGE.read_text().split()[0])
    assert all(find_free_port() < lowest for _ in range(20))
