"""A worker that is killed in the middle of a vendor's job: no line is lost, none is there twice."""

import asyncio
from typing import Any

import pytest
from tests.ai.vendor_batches.emulator import KEY, Emulator, Point, running_emulator
from tests.fixtures.servers import Servers
from tests.fixtures.tree import Tree
from tests.wire.batching import chat_line, read, start, until_ended, until_over
from tests.wire.conftest import Gateway, open_gateway

pytestmark = [pytest.mark.chaos, pytest.mark.timeout(500)]

LINES = 40
MODEL = "gpt-6.1-sol"
CLAUDE = "claude-haiku-5-5"
MESSAGE_POINTS: list[Point] = ["after_create", "poll", "results"]
POINTS: list[Point] = ["upload", "after_create", "poll", "results"]


async def test_each_line_ends_once(
    servers: Servers, valkey: str, worker: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    # An index that no other test has: workers of two installations must not share hints.
    own = valkey.rpartition("/")[0] + "/14"
    async with (
        running_emulator() as emulator,
        open_gateway(servers, f"vendor_{worker}", own, tmp_path_factory) as gateway,
    ):
        await _kill_and_count(gateway, emulator)


async def test_each_message_ends_once(
    servers: Servers, valkey: str, worker: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """The same at Anthropic's endpoint, whose jobs have no files."""
    own = valkey.rpartition("/")[0] + "/13"
    async with (
        running_emulator() as emulator,
        open_gateway(servers, f"messages_{worker}", own, tmp_path_factory) as gateway,
    ):
        await _kill_and_count_messages(gateway, emulator)


async def _add_claude(gateway: Gateway, emulator: Emulator) -> None:
    for other in (await gateway.ada.get("/ai/providers"))["items"]:
        if other["kind"] == "anthropic":  # it has the same models, and takes no jobs
            gone = await gateway.ada.http.delete(f"/ai/providers/{other['id']}")
            assert gone.status_code == 204
    await gateway.ada.post(
        "/ai/providers",
        {
            "kind": "anthropic",
            "name": "emulated",
            "base_url": emulator.url("anthropic"),
            "key": KEY,
            "models": [{"name": CLAUDE}],
        },
    )


async def _kill_and_count_messages(gateway: Gateway, emulator: Emulator) -> None:
    await _add_claude(gateway, emulator)
    client = gateway.anthropic()
    scheduler = await Tree.start(gateway.settings, command="scheduler")
    worker = await Tree.start(gateway.settings, command="worker")
    names = [f"message-{number}" for number in range(LINES)]
    requests: list[Any] = [
        {
            "custom_id": name,
            "params": {
                "model": CLAUDE,
                "max_tokens": 64,
                "messages": [{"role": "user", "content": name}],
            },
        }
        for name in names
    ]
    try:
        emulator.stalls = {MESSAGE_POINTS[0]}
        batch = await client.messages.batches.create(requests=requests)
        for following in (*MESSAGE_POINTS[1:], None):
            async with asyncio.timeout(120):
                await emulator.stalled.get()
            worker.kill()
            await worker.wait()
            emulator.stalls = {following} if following else set()
            worker = await Tree.start(gateway.settings, command="worker")
        batch = await until_ended(client, batch)
    finally:
        for process in (worker, scheduler):
            process.kill()
            await process.wait()
    results = [each async for each in await client.messages.batches.results(batch.id)]
    assert [each.custom_id for each in results] == names
    assert {each.result.type for each in results} == {"succeeded"}
    assert batch.request_counts.succeeded == LINES
    assert len(emulator.jobs) == 1
    found = await gateway.ada.get("/ai/usage", group="purpose")
    rows = {row["group"]: row for row in found["items"]}
    assert rows["batch"]["calls"] == LINES


async def _kill_and_count(gateway: Gateway, emulator: Emulator) -> None:
    await gateway.ada.post(
        "/ai/providers",
        {
            "kind": "openai",
            "name": "emulated",
            "base_url": emulator.url("openai"),
            "key": KEY,
            "models": [{"name": MODEL}],
        },
    )
    client = gateway.openai()
    scheduler = await Tree.start(gateway.settings, command="scheduler")
    worker = await Tree.start(gateway.settings, command="worker")
    names = [f"line-{number}" for number in range(LINES)]
    try:
        emulator.stalls = {POINTS[0]}
        batch = await start(client, [chat_line(name, name, MODEL) for name in names])
        for following in (*POINTS[1:], None):
            async with asyncio.timeout(120):
                await emulator.stalled.get()
            worker.kill()
            await worker.wait()
            emulator.stalls = {following} if following else set()
            worker = await Tree.start(gateway.settings, command="worker")
        batch = await until_over(client, batch)
    finally:
        for process in (worker, scheduler):
            process.kill()
            await process.wait()
    output = await read(client, batch.output_file_id)
    assert [line["custom_id"] for line in output] == names
    for line in output:
        assert line["response"]["body"]["choices"][0]["message"]["content"] == line["custom_id"]
    assert batch.request_counts is not None
    assert (batch.status, batch.request_counts.completed) == ("completed", LINES)
    assert batch.error_file_id is None
    assert batch.model_extra is not None
    assert batch.model_extra["vectal"] == {"repeated": 0, "route": "vendor"}
    assert len(emulator.jobs) == 1
    found = await gateway.ada.get("/ai/usage", group="purpose")
    rows = {row["group"]: row for row in found["items"]}
    assert (rows["batch"]["calls"], rows["batch"]["input_tokens"]) == (LINES, 10 * LINES)
