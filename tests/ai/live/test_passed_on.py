"""What is passed on as it came, at the real vendors: responses at OpenAI, counts at Anthropic.

Runs only where VECTAL_LIVE_OPENAI_KEY or VECTAL_LIVE_ANTHROPIC_KEY is set; costs a fraction of a
cent.
"""

from __future__ import annotations

import json
import os
from collections.abc import AsyncGenerator

import msgspec
import pytest

from vectal.ai.contracts import TokenUsage
from vectal.ai.ports import CallLimits, Credentials, ProviderKind
from vectal.ai.providers import anthropic, openai
from vectal.ai.providers.egress import HttpEgress
from vectal.ai.providers.pieces import generate
from vectal.ai.providers.raw import Heard, RawCall, RawEnd, forward
from vectal.platform.db import Database
from vectal.platform.http import EgressLedger, HttpClient
from vectal.platform.http.guard import EgressGuard

LIMITS = CallLimits(deadline_s=90, first_word_s=60, idle_s=60)


def _needs(kind: str) -> pytest.MarkDecorator:
    name = f"VECTAL_LIVE_{kind}_KEY"
    return pytest.mark.skipif(name not in os.environ, reason=f"{name} is not set")


@pytest.fixture
async def egress(db: Database) -> AsyncGenerator[HttpEgress]:
    client = HttpClient(EgressLedger(db), EgressGuard())
    yield HttpEgress(client)
    await client.close()


async def _told(
    egress: HttpEgress, kind: ProviderKind, credentials: Credentials, call: RawCall
) -> tuple[bytes, TokenUsage | None, Heard]:
    said, usage, heard = b"", None, Heard()
    async for item in generate(forward(egress, kind, credentials, call, LIMITS, heard)):
        if isinstance(item, RawEnd):
            usage = item.usage
        else:
            said += item
    return said, usage, heard


@_needs("OPENAI")
@pytest.mark.parametrize("stream", [False, True])
async def test_openai_answers_responses(egress: HttpEgress, *, stream: bool) -> None:
    body = {
        "model": "gpt-6-luna",
        "input": "Say yes.",
        "max_output_tokens": 512,
        "store": False,
        "include": ["reasoning.encrypted_content"],
        "stream": stream,
    }
    credentials = Credentials(openai.BASE_URL, os.environ["VECTAL_LIVE_OPENAI_KEY"])
    call = RawCall("responses", json.dumps(body).encode(), stream)
    said, usage, heard = await _told(egress, "openai", credentials, call)
    assert usage is not None
    assert usage.input_tokens > 0
    assert usage.output_tokens > 0
    if stream:
        assert b"event: response.completed" in said
        assert heard.chars > 0
    else:
        assert msgspec.json.decode(said)["status"] == "completed"


@_needs("ANTHROPIC")
async def test_anthropic_counts(egress: HttpEgress) -> None:
    body = {"model": "claude-haiku-5-5", "messages": [{"role": "user", "content": "Hello"}]}
    credentials = Credentials(anthropic.BASE_URL, os.environ["VECTAL_LIVE_ANTHROPIC_KEY"])
    call = RawCall(
        "messages", json.dumps(body).encode(), stream=False, path="/v1/messages/count_tokens"
    )
    said, usage, _ = await _told(egress, "anthropic", credentials, call)
    assert msgspec.json.decode(said)["input_tokens"] > 0
    assert usage is None
