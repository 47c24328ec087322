"""The embedded Valkey over its real binary."""

import asyncio
import os
import signal
from collections.abc import AsyncGenerator

import pytest

from vectal.platform.embedded.folder import DataFolder
from vectal.platform.embedded.leftovers import find_servers_in
from vectal.platform.embedded.valkey import EmbeddedValkey, ValkeyEndpoint


@pytest.fixture
async def valkey(empty: DataFolder) -> AsyncGenerator[EmbeddedValkey]:
    server = EmbeddedValkey(empty)
    yield server
    await server.stop()


async def _tell(endpoint: ValkeyEndpoint, *commands: str) -> list[str]:
    """Send commands as typed and return their answers, one line each."""
    reader, writer = await asyncio.open_connection("127.0.0.1", endpoint.port)
    try:
        writer.write("".join(f"{command}\r\n" for command in commands).encode())
        return [(await reader.readline()).decode().strip() for _ in commands]
    finally:
        writer.close()


def _login(endpoint: ValkeyEndpoint) -> str:
    return "AUTH " + endpoint.url.removeprefix("redis://:").partition("@")[0]


async def test_it_asks_for_the_password(valkey: EmbeddedValkey) -> None:
    endpoint = await valkey.start()
    assert await _tell(endpoint, "GET x") == ["-NOAUTH Authentication required."]
    assert await _tell(endpoint, _login(endpoint), "PING") == ["+OK", "+PONG"]


async def test_what_was_written_survives_kill_9(valkey: EmbeddedValkey) -> None:
    endpoint = await valkey.start()
    assert await _tell(endpoint, _login(endpoint), "SET kept 9") == ["+OK", "+OK"]
    assert valkey.pid is not None
    os.kill(valkey.pid, signal.SIGKILL)
    await valkey.wait()
    again = await valkey.start()
    assert again == endpoint
    assert await _tell(again, _login(again), "STRLEN kept") == ["+OK", ":1"]


async def test_a_server_of_an_earlier_run_makes_way(
    valkey: EmbeddedValkey, empty: DataFolder
) -> None:
    endpoint = await valkey.start()
    await _tell(endpoint, _login(endpoint), "SET kept 9")
    later = EmbeddedValkey(empty)
    try:
        again = await later.start()
        assert await valkey.wait() == 0
        assert await _tell(again, _login(again), "STRLEN kept") == ["+OK", ":1"]
        assert len(find_servers_in(empty.valkey)) == 1
    finally:
        await later.stop()
    assert find_servers_in(empty.valkey) == []


async def test_files_that_cannot_be_read_are_put_aside(
    valkey: EmbeddedValkey, empty: DataFolder
) -> None:
    endpoint = await valkey.start()
    await _tell(endpoint, _login(endpoint), "SET lost 1", "SET lost 2")
    await valkey.stop()
    log = next((empty.valkey / "appendonlydir").glob("*.incr.aof"))
    log.write_bytes(b"*3\r\nnonsense\r\n" + log.read_bytes())
    again = await valkey.start()
    assert await _tell(again, _login(again), "STRLEN lost") == ["+OK", ":0"]
    (kept,) = empty.path.glob("valkey.broken-*")
    assert (kept / "appendonlydir").is_dir()
