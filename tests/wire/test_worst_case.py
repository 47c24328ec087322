"""What is set aside for a call is the most that it may take, whatever its bytes say of it."""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import AsyncGenerator, Mapping
from typing import Any

import httpx2
import pytest
from tests.flows.visitor import Json
from tests.platform.http.peer import Seen, reply
from tests.wire.conftest import CHAT_MODEL, CLAUDE_MODEL, JSON, Gateway, Purses
from tests.wire.test_passing_on import (
    CHAT,
    CHAT_ANSWER,
    CHAT_STREAM,
    CLAUDE,
    CLAUDE_ANSWER,
    sse,
)

CHAT_PATH, CLAUDE_PATH = "/chat/completions", "/messages"
PICTURE = {"type": "image", "source": {"type": "url", "url": "https://x.test/a.png"}}
FILE = {"type": "document", "source": {"type": "file", "file_id": "file_1"}}
LINK = {"type": "document", "source": {"type": "url", "url": "https://x.test/a.pdf"}}
SEARCH = {"type": "web_search_20250305", "name": "web_search"}
ONE_SEARCH = {**SEARCH, "max_uses": 1}
MCP = {"type": "url", "url": "https://x.test/mcp", "name": "x"}
COMPACTED = {"context_management": {"edits": [{"type": "compact_20260112"}]}}
WORDS = {"type": "text", "text": "Hello"}


def chat(**members: Any) -> Json:
    said = [{"role": "user", "content": "Hello"}]
    return {"model": CHAT_MODEL, "max_tokens": 50, "messages": said, **members}


def claude(*parts: Json, **members: Any) -> Json:
    said = [{"role": "user", "content": [*parts, WORDS]}]
    return {"model": CLAUDE_MODEL, "max_tokens": 50, "messages": said, **members}


async def _ask(
    gateway: Gateway, path: str, body: Json, headers: Mapping[str, str]
) -> httpx2.Response:
    gateway.peer.answers[CHAT] = reply(CHAT_ANSWER, headers=JSON)
    gateway.peer.answers[CLAUDE] = reply(CLAUDE_ANSWER, headers=JSON)
    async with gateway.http() as http:
        return await http.post(path, json=body, headers=headers)


@pytest.mark.parametrize(
    ("path", "body", "least"),
    [
        pytest.param(CHAT_PATH, chat(n=8), 400, id="several answers"),
        pytest.param(CLAUDE_PATH, claude(PICTURE), 5_000, id="a picture"),
        pytest.param(CLAUDE_PATH, claude(PICTURE, PICTURE), 10_000, id="two pictures"),
        pytest.param(CLAUDE_PATH, claude(FILE), 100_000, id="a document by its id"),
        pytest.param(CLAUDE_PATH, claude(LINK), 100_000, id="a document by its address"),
        pytest.param(CLAUDE_PATH, claude(tools=[SEARCH]), 1_100_000, id="searches by the vendor"),
        pytest.param(CLAUDE_PATH, claude(tools=[ONE_SEARCH]), 200_000, id="one of them"),
        pytest.param(CLAUDE_PATH, claude(mcp_servers=[MCP]), 1_100_000, id="an MCP server"),
        pytest.param(CHAT_PATH, chat(web_search_options={}), 200_000, id="a search in chat"),
        pytest.param(CLAUDE_PATH, claude(**COMPACTED), 208_192, id="a summary on the way"),
        pytest.param(
            CLAUDE_PATH, claude(max_tokens=20_000), 20_000, id="more than is known of its vendor"
        ),
    ],
)
async def test_it_is_set_aside(
    gateway: Gateway, purses: Purses, path: str, body: Json, least: int
) -> None:
    """`least` tokens do not do; a little more does."""
    refused = await _ask(gateway, path, body, (await purses.make("tokens", str(least))).headers)
    assert refused.status_code == 402, refused.text
    answer = await _ask(
        gateway, path, body, (await purses.make("tokens", str(least + 400))).headers
    )
    assert answer.status_code == 200, answer.text


async def test_several_answers_are_set_aside_on_the_short_way(
    gateway: Gateway, purses: Purses
) -> None:
    enough = (await purses.make("tokens", str(100_000))).headers
    for _ in range(6):
        answer = await _ask(gateway, CHAT_PATH, chat(n=8), enough)
        assert answer.status_code == 200, answer.text
    scarce = (await purses.make("tokens", str(1_000))).headers
    statuses = [(await _ask(gateway, CHAT_PATH, chat(n=8), scarce)).status_code for _ in range(3)]
    assert statuses == [200, 200, 200], "what was not used came back each time"
    assert (await _ask(gateway, CHAT_PATH, chat(n=30), scarce)).status_code == 402


@pytest.mark.parametrize("size", [1_000_000, 4_000_000])
async def test_a_large_document_is_no_long_prompt(gateway: Gateway, size: int) -> None:
    """Its bytes are pictures of pages as well: only the vendor knows what they come to."""
    data = base64.b64encode(b"%PDF-1.4 " + b"x" * size).decode()
    source = {"type": "base64", "media_type": "application/pdf", "data": data}
    answer = await _ask(gateway, CLAUDE_PATH, claude({"type": "document", "source": source}), {})
    assert answer.status_code == 200, answer.text
    assert gateway.peer.seen[-1].body.count(data.encode()) == 1


@pytest.fixture(scope="module")
async def untold(gateway: Gateway) -> AsyncGenerator[str]:
    """A model of whose limits its provider tells nothing."""
    name = "untold-model"
    draft = {"kind": "openai_compatible", "name": "untold", "key": "untold-key-of-a-test"}
    where = {"base_url": gateway.peer.url("/untold"), "models": [{"name": name}]}
    made = await gateway.ada.post("/ai/providers", {**draft, **where})
    whole, stream = reply(CHAT_ANSWER, headers=JSON), sse(*CHAT_STREAM)

    async def answer(request: Seen, writer: asyncio.StreamWriter) -> None:
        await (stream if b'"stream":true' in request.body else whole)(request, writer)

    gateway.peer.answers["/untold/chat/completions"] = answer
    await asyncio.sleep(1.0)  # models are known within a second
    yield name
    gone = await gateway.ada.http.delete(f"/ai/providers/{made['id']}")
    assert gone.is_success, gone.text
    await asyncio.sleep(1.0)  # so that nobody else is sent there


@pytest.mark.parametrize("path", [CHAT_PATH, CLAUDE_PATH])
@pytest.mark.parametrize("words", [1, 60_000])
async def test_what_is_only_guessed_of_a_model_refuses_nobody(
    gateway: Gateway, untold: str, path: str, words: int
) -> None:
    said = [{"role": "user", "content": "word " * words}]
    body = {"model": untold, "max_tokens": 60_000, "messages": said}
    answer = await _ask(gateway, path, body, {})
    assert answer.status_code == 200, answer.text
    assert json.loads(gateway.peer.seen[-1].body)["max_tokens"] == 60_000


async def test_nobody_knows_how_long_its_answers_may_be(
    gateway: Gateway, purses: Purses, untold: str
) -> None:
    body = chat(model=untold)
    del body["max_tokens"]
    answer = await _ask(
        gateway, CHAT_PATH, body, (await purses.make("tokens", str(31_000))).headers
    )
    assert answer.status_code == 402, answer.text
    enough = (await purses.make("tokens", str(32_300))).headers
    assert (await _ask(gateway, CHAT_PATH, body, enough)).status_code == 200
    limited = {**body, "max_tokens": 20_000}
    answer = await _ask(
        gateway, CHAT_PATH, limited, (await purses.make("tokens", str(15_000))).headers
    )
    assert answer.status_code == 402, answer.text
