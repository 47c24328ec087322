"""The short form of the kill tests, for every run: one server dies in the middle of an answer."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, suppress
from pathlib import Path

import httpx2
import pytest
from tests.fixtures.servers import Servers, TestDatabase, clone_database, drop_database
from tests.fixtures.tree import Tree
from tests.flows.server import serve
from tests.flows.visitor import Heard, Visitor, text_of

pytestmark = pytest.mark.timeout(300)  # two whole servers start, and a lease runs out


@pytest.fixture
async def database(servers: Servers, worker: str) -> AsyncGenerator[TestDatabase]:
    name = f"kill_{worker}"
    yield await clone_database(servers, name)
    await drop_database(servers, name)


async def test_another_server_ends_the_answer_of_a_killed_one(
    database: TestDatabase, valkey: str, tmp_path: Path
) -> None:
    async with AsyncExitStack() as stack:
        address, killed = await stack.enter_async_context(
            serve(database, valkey, tmp_path / "first", pace_ms=100)
        )
        other, _ = await stack.enter_async_context(
            serve(database, valkey, tmp_path / "second", pace_ms=5)
        )
        ada = await stack.enter_async_context(Visitor.set_up(address))
        await ada.add_task("Pay rent")
        started = await ada.ask(await ada.converse(), "Please add a task to call the bank", "act")
        turn_id = started["turn"]["id"]

        heard = await hear_until_killed(ada, turn_id, killed)
        ada.move_to(other)
        tab = await stack.enter_async_context(ada.open_tab())
        async with asyncio.timeout(60):
            heard += [frame async for frame in tab.follow(turn_id, heard[-1].id)]

        stored = await ada.get(f"/turns/{turn_id}")
        assert heard == [frame async for frame in ada.follow(turn_id)]
        assert [frame.id for frame in heard] == [str(n + 1) for n in range(len(heard))]
        assert [frame.event for frame in heard].count("turn.restarted") == 1
        assert (stored["turn"]["status"], stored["turn"]["attempt"]) == ("completed", 2)
        assert text_of(heard).encode() == stored["assistant_message"]["text"].encode()

        # What the killed server's tools had proposed is withdrawn, not offered twice.
        changesets = (await ada.get("/changesets", turn_id=turn_id))["items"]
        assert [each["status"] for each in changesets].count("pending") == 1


async def hear_until_killed(ada: Visitor, turn_id: str, server: Tree) -> list[Heard]:
    """Kill the server at the first word of the answer."""
    heard: list[Heard] = []
    with suppress(httpx2.TransportError):
        async for frame in ada.follow(turn_id):
            heard.append(frame)
            if frame.event == "turn.text":
                server.kill()
    assert heard[-1].event != "turn.ended"
    return heard
