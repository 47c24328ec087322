"""One model at several providers: conversations are spread over them, and each stays with one."""

import asyncio
import secrets
from collections.abc import AsyncGenerator
from typing import Any

import pytest
from tests.platform.http.peer import reply
from tests.wire.conftest import JSON, UPSTREAM_KEY, Gateway
from tests.wire.test_passing_on import CHAT_ANSWER

MODEL = "twin-model"
SYSTEM = {"role": "system", "content": "Be brief. " * 200}


@pytest.fixture(scope="module")
async def twins(gateway: Gateway) -> AsyncGenerator[None]:
    made: list[str] = []
    for path in ("/left", "/right"):
        gateway.peer.answers[f"{path}/chat/completions"] = reply(CHAT_ANSWER, headers=JSON)
        provider = {
            "kind": "openai_compatible",
            "name": f"{path} {secrets.token_hex(3)}",
            "base_url": gateway.peer.url(path),
            "key": UPSTREAM_KEY,
            "models": [{"name": MODEL, "context_tokens": 100_000, "max_output_tokens": 8_192}],
        }
        made.append((await gateway.ada.post("/ai/providers", provider))["id"])
    yield
    for each in made:
        await gateway.ada.http.delete(f"/ai/providers/{each}")


pytestmark = pytest.mark.usefixtures("twins")


async def _ask(gateway: Gateway, *messages: dict[str, Any]) -> str:
    async with gateway.http() as http:
        answer = await http.post("/chat/completions", json={"model": MODEL, "messages": messages})
    assert answer.status_code == 200, answer.text
    return answer.headers["x-vectal-provider"]


async def test_a_conversation_stays_with_one_of_them(gateway: Gateway) -> None:
    for number in range(4):
        messages: list[dict[str, Any]] = [{"role": "user", "content": f"Question {number}"}]
        first = await _ask(gateway, *messages)
        for turn in range(4):
            messages += {"role": "assistant", "content": "Hi"}, {"role": "user", "content": "More"}
            assert await _ask(gateway, *messages) == first, turn


async def test_conversations_with_one_prompt_are_spread(gateway: Gateway) -> None:
    asked = [_ask(gateway, SYSTEM, {"role": "user", "content": str(n)}) for n in range(24)]
    assert len(set(await asyncio.gather(*asked))) == 2
