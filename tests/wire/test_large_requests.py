"""Very large requests for a model with room for them: others hardly notice."""

import asyncio
import json
from contextlib import suppress
from typing import Any

import httpx2
import openai
import pytest
from tests.platform.http.peer import reply
from tests.wire.conftest import CHAT_MODEL, JSON, UPSTREAM_KEY, Gateway
from tests.wire.test_passing_on import CHAT_ANSWER, CHAT_STREAM, sse

from vectal.platform.clock import monotonic

VAST = "vendor-vast"
PATH = "/vast/chat/completions"
USER: Any = {"role": "user", "content": "a"}
_PAUSE_S = 0.01


@pytest.fixture(scope="module")
async def vast(gateway: Gateway) -> Gateway:
    """A vendor of chat completions whose model reads a hundred million tokens."""
    sizes = {"context_tokens": 100_000_000, "max_output_tokens": 8_192}
    await gateway.ada.post(
        "/ai/providers",
        {
            "kind": "openai_compatible",
            "name": "vast",
            "base_url": gateway.peer.url("/vast"),
            "key": UPSTREAM_KEY,
            "models": [{"name": VAST, **sizes}],
        },
    )
    await asyncio.sleep(1.1)  # until the server sees it
    return gateway


class Bystander:
    """Somebody else, who asks again and again and notes the longest wait."""

    def __init__(self, gateway: Gateway) -> None:
        self._gateway = gateway
        self.longest_s = 0.0

    async def watch(self) -> None:
        async with httpx2.AsyncClient(base_url=self._gateway.address, timeout=60) as http:
            while True:
                began = monotonic()
                assert (await http.get("/livez")).status_code == 200
                self.longest_s = max(self.longest_s, monotonic() - began)
                await asyncio.sleep(_PAUSE_S)


async def _post(vast: Gateway, path: str, body: bytes) -> tuple[httpx2.Response, float]:
    """The answer, and the longest that somebody else waited meanwhile."""
    bystander = Bystander(vast)
    watching = asyncio.create_task(bystander.watch())
    async with vast.http() as http:
        answer = await http.post(path, content=body, headers=JSON)
    await asyncio.sleep(2 * _PAUSE_S)
    watching.cancel()
    with suppress(asyncio.CancelledError):
        await watching
    return answer, bystander.longest_s


@pytest.mark.parametrize("path", ["/messages", "/responses"])
async def test_so_many_messages_are_refused_where_they_would_be_translated(
    vast: Gateway, path: str
) -> None:
    """They took ten seconds, in which nobody else was answered."""
    member = "input" if path == "/responses" else "messages"
    body = {"model": VAST, "max_tokens": 9, member: [USER] * 900_000}
    answer, longest_s = await _post(vast, path, json.dumps(body, separators=(",", ":")).encode())
    error = answer.json()["error"]
    assert (answer.status_code, error["type"]) == (400, "invalid_request_error")
    assert "may have 20,000 messages, parts and tools" in error["message"]
    assert longest_s < 1.0


async def test_where_the_wires_agree_the_vendor_judges(
    vast: Gateway, client: openai.AsyncOpenAI
) -> None:
    vast.peer.answers[PATH] = reply(CHAT_ANSWER, headers=JSON)
    answer = await client.chat.completions.create(model=VAST, messages=[USER] * 30_000)
    assert answer.choices[0].message.content == "Hi"


async def test_a_long_conversation_is_translated(vast: Gateway) -> None:
    vast.peer.answers[PATH] = sse(*CHAT_STREAM)
    body = {"model": VAST, "max_tokens": 9, "messages": [USER] * 19_999}
    answer, longest_s = await _post(vast, "/messages", json.dumps(body).encode())
    assert answer.status_code == 200, answer.text
    assert longest_s < 2.0


WORDS = "Some words of ordinary text, number {} of them, and then some more. "


def _ordinary(messages: int) -> list[Any]:
    """Messages of a kilobyte each, no two alike."""
    said = ("".join(WORDS.format(15 * i + j) for j in range(15)) for i in range(messages))
    return [{"role": "user", "content": text} for text in said]


@pytest.mark.parametrize("path", ["/messages", "/messages/count_tokens"])
async def test_a_million_tokens_are_counted_beside_the_others(vast: Gateway, path: str) -> None:
    vast.peer.answers[PATH] = sse(*CHAT_STREAM)
    body = {"model": VAST, "max_tokens": 9, "messages": _ordinary(4_000)}
    answer, longest_s = await _post(vast, path, json.dumps(body).encode())
    assert answer.status_code == 200, answer.text
    assert longest_s < 0.7


async def test_what_is_too_long_is_counted_beside_the_others(vast: Gateway) -> None:
    """Twice as long as the model reads: near enough to be counted before it is refused."""
    body = {"model": CHAT_MODEL, "max_tokens": 9, "messages": _ordinary(450)}
    answer, longest_s = await _post(vast, "/messages", json.dumps(body).encode())
    assert answer.status_code == 400
    assert answer.json()["error"]["message"].startswith("prompt is too long")
    assert longest_s < 0.7
