"""Batches as tests make them: files of lines, and the wait for their end."""

import asyncio
import json
from collections.abc import Iterable
from typing import Any

import anthropic
import openai
from anthropic.types.messages import MessageBatch
from openai.types import Batch

CHAT = "/v1/chat/completions"
PATIENCE_S = 90.0
OVER = {"completed", "failed", "expired", "cancelled"}


def chat_line(name: str, text: str = "Hello", model: str = "simulator", **more: Any) -> Any:
    body = {"model": model, "messages": [{"role": "user", "content": text}], **more}
    return {"custom_id": name, "method": "POST", "url": CHAT, "body": body}


def jsonl(lines: Iterable[Any]) -> bytes:
    """Lines as they are when they are bytes, else as JSON."""
    return b"".join(
        (line if isinstance(line, bytes) else json.dumps(line).encode()) + b"\n" for line in lines
    )


async def start(
    client: openai.AsyncOpenAI, lines: Iterable[Any], endpoint: Any = CHAT, **more: Any
) -> Batch:
    file = await client.files.create(file=("in.jsonl", jsonl(lines)), purpose="batch")
    return await client.batches.create(
        input_file_id=file.id, endpoint=endpoint, completion_window="24h", **more
    )


async def until_over(client: openai.AsyncOpenAI, batch: Batch) -> Batch:
    async with asyncio.timeout(PATIENCE_S):
        while True:
            batch = await client.batches.retrieve(batch.id)
            if batch.status in OVER:
                return batch
            await asyncio.sleep(0.1)


async def until_ended(client: anthropic.AsyncAnthropic, batch: MessageBatch) -> MessageBatch:
    async with asyncio.timeout(PATIENCE_S):
        while True:
            batch = await client.messages.batches.retrieve(batch.id)
            if batch.processing_status == "ended":
                return batch
            await asyncio.sleep(0.1)


async def read(client: openai.AsyncOpenAI, file_id: str | None) -> list[Any]:
    assert file_id is not None
    content = (await client.files.content(file_id)).content
    assert content.endswith(b"\n")
    return [json.loads(line) for line in content.splitlines()]
