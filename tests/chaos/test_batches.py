"""A worker that is killed in the middle of a batch: no line is lost, none is there twice."""

import asyncio
import json
from collections import Counter
from typing import Any

import pytest
from tests.fixtures.servers import Servers
from tests.fixtures.tree import Tree
from tests.platform.http.peer import Answer, Seen, reply
from tests.wire.batching import chat_line, read, start, until_over
from tests.wire.conftest import CHAT_MODEL, JSON, Gateway, open_gateway

pytestmark = [pytest.mark.chaos, pytest.mark.timeout(400)]

LINES = 120
CONCURRENCY = 4
KILLS = 3


def _slow_vendor(asked: Counter[str]) -> Answer:
    """Answers with the question, a while later, and counts who asked."""

    async def answer(request: Seen, writer: asyncio.StreamWriter) -> None:
        text = json.loads(request.body)["messages"][0]["content"]
        asked[text] += 1
        await asyncio.sleep(0.15)
        message = {"role": "assistant", "content": text}
        choice = {"index": 0, "finish_reason": "stop", "message": message}
        body = {
            "id": "up", "object": "chat.completion", "created": 1, "model": CHAT_MODEL,
            "choices": [choice],
            "usage": {"prompt_tokens": 5, "completion_tokens": 2, "total_tokens": 7},
        }  # fmt: skip
        await reply(json.dumps(body).encode(), headers=JSON)(request, writer)

    return answer


async def _until_done(client: Any, batch: Any, count: int) -> None:
    async with asyncio.timeout(120):
        while True:
            batch = await client.batches.retrieve(batch.id)
            if batch.request_counts and batch.request_counts.completed >= count:
                return
            await asyncio.sleep(0.05)


async def test_each_line_ends_once(
    servers: Servers, valkey: str, worker: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    # An index that no other test has: workers of two installations must not share hints.
    own = valkey.rpartition("/")[0] + "/15"
    async with open_gateway(servers, f"killed_{worker}", own, tmp_path_factory) as gateway:
        await _kill_and_count(gateway)


async def _kill_and_count(gateway: Gateway) -> None:
    asked: Counter[str] = Counter()
    gateway.peer.answers["/chat/chat/completions"] = _slow_vendor(asked)
    settings = {**gateway.settings, "VECTAL_BATCH_CONCURRENCY": str(CONCURRENCY)}
    client = gateway.openai()
    scheduler = await Tree.start(settings, command="scheduler")
    worker = await Tree.start(settings, command="worker")
    names = [f"line-{number}" for number in range(LINES)]
    try:
        batch = await start(client, [chat_line(name, name, f"{CHAT_MODEL}-10") for name in names])
        for kill in range(1, KILLS + 1):
            await _until_done(client, batch, kill * LINES // (KILLS + 2))
            worker.kill()
            await worker.wait()
            worker = await Tree.start(settings, command="worker")
        batch = await until_over(client, batch)
    finally:
        for process in (worker, scheduler):
            process.kill()
            await process.wait()
    lines = await read(client, batch.output_file_id)
    assert [line["custom_id"] for line in lines] == names
    for line in lines:
        assert line["response"]["body"]["choices"][0]["message"]["content"] == line["custom_id"]
    counts = batch.request_counts
    assert counts is not None
    assert (batch.status, counts.completed, counts.failed) == ("completed", LINES, 0)
    assert batch.error_file_id is None
    # What was under way at a kill is sent again, and told; nothing else is.
    repeated = batch.model_extra["vectal"]["repeated"] if batch.model_extra else None
    assert isinstance(repeated, int)
    assert 0 < repeated <= KILLS * CONCURRENCY
    assert 0 <= sum(asked.values()) - LINES <= repeated
    found = await gateway.ada.get("/ai/usage", group="purpose")
    rows = {row["group"]: row for row in found["items"]}
    assert rows["batch"]["calls"] == LINES
    assert rows["batch"]["input_tokens"] == 5 * LINES
