"""Where a budget counts money, a model is asked where its price is known."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator

import httpx2
import pytest
from tests.platform.http.peer import reply
from tests.wire.conftest import CHAT_MODEL, JSON, Gateway, Purses
from tests.wire.test_passing_on import CHAT, CHAT_ANSWER

MODEL = "gpt-4.1-mini"
VECTORS = "text-embedding-3-large"
VECTOR_ANSWER = (
    b'{"object":"list","data":[{"object":"embedding","index":0,"embedding":[0.5]}],'
    b'"usage":{"prompt_tokens":2,"total_tokens":2}}'
)
FIRST, SECOND = "a house of its own", "the vendor of the model"


@pytest.fixture(scope="module")
async def offered_twice(gateway: Gateway) -> AsyncGenerator[Gateway]:
    """First where nobody knows the price, then by its vendor."""
    made: list[str] = []
    for kind, name, path, priority in (
        ("openai_compatible", FIRST, "/untold", 1),
        ("openai", SECOND, "/told", 2),
    ):
        draft = {
            "kind": kind,
            "name": name,
            "key": "key-of-a-test-0123",
            "base_url": gateway.peer.url(path),
            "priority": priority,
            "models": [
                {"name": MODEL, "context_tokens": 200_000, "max_output_tokens": 8_192},
                {"name": VECTORS, "embedding": True},
            ],
        }
        made.append((await gateway.ada.post("/ai/providers", draft))["id"])
        gateway.peer.answers[f"{path}/chat/completions"] = reply(CHAT_ANSWER, headers=JSON)
        gateway.peer.answers[f"{path}/embeddings"] = reply(VECTOR_ANSWER, headers=JSON)
    gateway.peer.answers[CHAT] = reply(CHAT_ANSWER, headers=JSON)
    await asyncio.sleep(1.0)  # models are known within a second
    yield gateway
    for provider_id in made:
        gone = await gateway.ada.http.delete(f"/ai/providers/{provider_id}")
        assert gone.is_success, gone.text
    await asyncio.sleep(1.0)  # so that nobody else is sent there


async def _ask(gateway: Gateway, model: str, key: str) -> httpx2.Response:
    said = [{"role": "user", "content": "Hello"}]
    body = {"model": model, "max_tokens": 50, "messages": said}
    async with gateway.http() as http:
        return await http.post(
            "/chat/completions", json=body, headers={"Authorization": f"Bearer {key}"}
        )


@pytest.mark.parametrize(("unit", "cap", "by"), [("usd", "5", SECOND), ("tokens", "90000", FIRST)])
async def test_it_is_asked_where_its_price_is_known(
    offered_twice: Gateway, purses: Purses, unit: str, cap: str, by: str
) -> None:
    purse = await purses.make(unit, cap)
    for _ in range(2):  # the second call may be a short one
        answer = await _ask(offered_twice, MODEL, purse.key)
        assert answer.status_code == 200, answer.text
        assert answer.headers["x-vectal-provider"] == by


@pytest.mark.parametrize(("unit", "cap", "by"), [("usd", "5", SECOND), ("tokens", "90000", FIRST)])
async def test_so_are_vectors(
    offered_twice: Gateway, purses: Purses, unit: str, cap: str, by: str
) -> None:
    purse = await purses.make(unit, cap)
    async with offered_twice.http() as http:
        body = {"model": VECTORS, "input": "Hello"}
        answer = await http.post("/embeddings", json=body, headers=purse.headers)
    assert answer.status_code == 200, answer.text
    assert answer.headers["x-vectal-provider"] == by


async def test_it_is_refused_where_nobody_knows_it(offered_twice: Gateway, purses: Purses) -> None:
    refused = await _ask(offered_twice, CHAT_MODEL, (await purses.make("usd", "5")).key)
    assert refused.status_code == 422, refused.text
    assert refused.json()["error"]["code"] == "ai.budget_unpriced"
