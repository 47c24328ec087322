"""Calls of a script: together in few trips, each with its own answer, and never for ever."""

import asyncio
import secrets
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, cast

import pytest
from redis.asyncio import Redis

from vectal.platform.embedded.folder import DataFolder
from vectal.platform.embedded.valkey import EmbeddedValkey
from vectal.platform.redis_script import FAILURES, Packed, RedisScript

COUNT = "redis.call('INCR', KEYS[1]) return KEYS[1] .. ' ' .. ARGV[1]"


@asynccontextmanager
async def _silent_server() -> AsyncGenerator[str]:
    """One that takes connections and says nothing."""
    held: list[asyncio.StreamWriter] = []

    async def hold(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        held.append(writer)
        await reader.read()
        writer.close()
        await writer.wait_closed()

    server = await asyncio.start_server(hold, "127.0.0.1", 0)
    async with server:
        yield f"redis://127.0.0.1:{server.sockets[0].getsockname()[1]}/0"
    for writer in held:
        writer.close()


@pytest.fixture
async def redis(valkey: str) -> AsyncGenerator[Redis]:
    client: Redis = Redis.from_url(valkey)  # pyright: ignore[reportUnknownMemberType]  # untyped kwargs of redis-py
    yield client
    await client.aclose()


async def test_many_calls_share_a_connection_and_keep_their_answers(
    valkey: str, redis: Redis
) -> None:
    name = f"tests-{secrets.token_hex(4)}"
    script = RedisScript(valkey, COUNT, name)
    answers = await asyncio.gather(*(script.call([name], [str(number)]) for number in range(300)))
    assert answers == [f"{name} {number}".encode() for number in range(300)]
    clients: list[dict[str, str]] = await cast("Any", redis).client_list()
    assert sum(each["name"] == name for each in clients) == 1
    assert await redis.get(name) == b"300"
    await script.close()


async def test_what_is_posted_arrives_though_nobody_waits(valkey: str, redis: Redis) -> None:
    name = f"tests-{secrets.token_hex(4)}"
    script = RedisScript(valkey, COUNT, name)
    assert all(script.post(Packed.of([name], ["1"])) for _ in range(250))
    await script.flush()
    assert await redis.get(name) == b"250"
    await script.close()


async def test_a_caller_that_leaves_disturbs_nobody(valkey: str) -> None:
    script = RedisScript(valkey, COUNT, "tests")
    name = f"tests-{secrets.token_hex(4)}"
    calls = [asyncio.create_task(script.call([name], [str(number)])) for number in range(10)]
    await asyncio.sleep(0)
    calls[3].cancel()
    answers = await asyncio.gather(*calls, return_exceptions=True)
    assert isinstance(answers[3], asyncio.CancelledError)
    assert sum(isinstance(answer, bytes) for answer in answers) == 9
    await script.close()


async def test_whoever_comes_while_others_are_done_is_served(valkey: str) -> None:
    """Each caller comes back at once, so that some come while the sender puts its line away."""
    script = RedisScript(valkey, COUNT, "tests")
    name = f"tests-{secrets.token_hex(4)}"

    async def again_and_again(number: int) -> None:
        for turn in range(50):
            assert await script.call([name], [str(number)]) == f"{name} {number}".encode()
            for _ in range(turn % 7):
                await asyncio.sleep(0)

    async with asyncio.timeout(60):
        await asyncio.gather(*(again_and_again(number) for number in range(8)))
    await script.close()


async def test_callers_of_a_sender_that_is_ended_are_told(valkey: str) -> None:
    script = RedisScript(valkey, COUNT, "tests")
    call = asyncio.create_task(script.call(["x"], ["1"]))
    await asyncio.sleep(0)
    sender: asyncio.Task[None] = vars(script)["_sender"]
    sender.cancel()
    with pytest.raises(ConnectionAbortedError):
        await call
    assert await script.call([f"tests-{secrets.token_hex(4)}"], ["1"])
    await script.close()


async def test_a_mistake_in_one_call_is_its_own(valkey: str, redis: Redis) -> None:
    script = RedisScript(valkey, COUNT, "tests")
    name = f"tests-{secrets.token_hex(4)}"
    await redis.lpush(name, "no number")
    wrong, right = await asyncio.gather(
        script.call([name], ["1"]), script.call([f"{name}-2"], ["2"]), return_exceptions=True
    )
    assert isinstance(wrong, FAILURES)
    assert right == f"{name}-2 2".encode()
    await script.close()


async def test_a_silent_server_fails_all_that_wait_at_once() -> None:
    async with _silent_server() as url:
        script = RedisScript(url, COUNT, "tests")
        calls = [script.call(["x"], [str(number)]) for number in range(250)]
        answers = await asyncio.gather(*calls, return_exceptions=True)
        assert all(isinstance(answer, FAILURES) for answer in answers)
        await script.close()


async def test_an_answer_that_comes_late_reaches_nobody(public_path: Path) -> None:
    data = DataFolder(public_path / "data")
    data.open()
    server = EmbeddedValkey(data, durable=False)
    url = (await server.start()).url
    script, admin = RedisScript(url, COUNT, "tests"), cast("Any", Redis.from_url(url))  # pyright: ignore[reportUnknownMemberType]  # untyped kwargs of redis-py
    assert await script.call(["x"], ["1"]) == b"x 1"
    await admin.client_pause(800)
    with pytest.raises(TimeoutError):
        await script.call(["x"], ["2"])
    await admin.ping()
    assert await script.call(["x"], ["3"]) == b"x 3"
    await script.close()
    await admin.aclose()
    await server.stop()


async def test_no_more_wait_than_there_is_room_for() -> None:
    async with _silent_server() as url:
        script = RedisScript(url, COUNT, "tests")
        posted = [script.post(Packed.of(["x"], ["1"])) for _ in range(10_001)]
        assert (sum(posted), posted[-1]) == (10_000, False)
        with pytest.raises(TimeoutError):
            await script.call(["x"], ["1"])
        await script.close()
