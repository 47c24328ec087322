"""No text takes more than what was set aside for it, whatever it is made of.

The vendor here bills one token for each byte of what is said to it, the most that any can.
"""

from __future__ import annotations

import asyncio
import base64
import json
import random
from collections.abc import Iterator
from typing import Any

import pytest
from tests.flows.visitor import Json
from tests.platform.http.peer import Seen, reply
from tests.wire.conftest import CHAT_MODEL, CLAUDE_MODEL, JSON, Gateway, Purses
from tests.wire.test_passing_on import CHAT, CHAT_ANSWER, CLAUDE, CLAUDE_ANSWER, sse

ANSWER = 3
AT_ONCE = 12
ALPHABETS = (
    "abc defgh",
    "!@#$%^&*()[]{}<>~`|\\\"'\t\n",
    "😀🧬🏴󠁧󠁢👩‍🚀",
    "ꯍ꯭ꯅ𐎀𐎁𒀀𒀁ᚠᚢ",
    "漢字かな한글",
    "é\u0301\u200d\ufeff\x01\x7f",
)


def texts(seed: int) -> Iterator[str]:
    """Without end."""
    chance = random.Random(seed)  # noqa: S311 - nothing is secret here
    while True:
        length = chance.randint(100, 900)
        if chance.random() < 0.2:
            yield base64.b64encode(chance.randbytes(length)).decode()
        else:
            yield "".join(chance.choices(chance.choice(ALPHABETS), k=length))


def said_in(body: bytes) -> int:
    """Bytes of all texts that are said in it."""
    read = json.loads(body)
    return len(read.get("system", "").encode()) + sum(
        len(text.encode()) for message in read["messages"] for text in _texts_of(message["content"])
    )


def _texts_of(content: str | list[Json]) -> list[str]:
    return [content] if isinstance(content, str) else [part["text"] for part in content]


async def bill_chat(request: Seen, writer: asyncio.StreamWriter) -> None:
    counted = said_in(request.body)
    usage = {"prompt_tokens": counted, "completion_tokens": ANSWER}
    if b'"stream":' in request.body:
        choice = {"index": 0, "delta": {"content": "Hi"}, "finish_reason": "stop"}
        chunks: list[Json] = [{"choices": [choice]}, {"choices": [], "usage": usage}]
        lines = (b"data: " + json.dumps(chunk).encode() + b"\n\n" for chunk in chunks)
        await sse(*lines, b"data: [DONE]\n\n")(request, writer)
        return
    answer = json.dumps({**json.loads(CHAT_ANSWER), "usage": usage}).encode()
    await reply(answer, headers=JSON)(request, writer)


async def bill_claude(request: Seen, writer: asyncio.StreamWriter) -> None:
    usage = {"input_tokens": said_in(request.body), "output_tokens": ANSWER}
    answer = json.dumps({**json.loads(CLAUDE_ANSWER), "usage": usage}).encode()
    await reply(answer, headers=JSON)(request, writer)


@pytest.mark.parametrize("escaped", [True, False])
@pytest.mark.parametrize(
    ("path", "model", "more"),
    [
        pytest.param("/chat/completions", CHAT_MODEL, {}, id="chat"),
        pytest.param("/chat/completions", CHAT_MODEL, {"stream": True}, id="streams"),
        pytest.param("/messages", CLAUDE_MODEL, {}, id="messages"),
        pytest.param("/responses", CHAT_MODEL, {}, id="translated"),
    ],
)
@pytest.mark.parametrize("in_parts", [False, True])
async def test_a_cap_is_never_passed(
    gateway: Gateway,
    purses: Purses,
    path: str,
    model: str,
    more: Json,
    *,
    escaped: bool,
    in_parts: bool,
) -> None:
    gateway.peer.answers[CHAT], gateway.peer.answers[CLAUDE] = bill_chat, bill_claude
    purse = await purses.make("tokens", "9000")
    headers = {**purse.headers, **JSON}
    statuses: list[int] = []
    billed = 0
    said = texts(len(path) + escaped)
    async with gateway.http() as http:

        async def ask(text: str) -> int:
            body = _body(path, model, text, in_parts=in_parts) | more
            content = json.dumps(body, ensure_ascii=escaped).encode()
            answer = await http.post(path, content=content, headers=headers)
            return answer.status_code

        while statuses.count(402) < AT_ONCE:
            asked = [next(said) for _ in range(AT_ONCE)]
            told = await asyncio.gather(*map(ask, asked))
            billed += sum(
                len(text.encode()) + ANSWER
                for text, status in zip(asked, told, strict=True)
                if status == 200
            )
            statuses += told
    assert set(statuses) == {200, 402}, statuses
    await asyncio.sleep(1.5)  # spending is reported each second
    spent = await gateway.ada.get(f"/ai/budgets/{purse.budget_id}")
    assert int(spent["spent"]) == billed <= 9_000


def _body(path: str, model: str, text: str, *, in_parts: bool) -> dict[str, Any]:
    if path == "/responses":
        parts = [{"type": "input_text", "text": text}] if in_parts else text
        said: Json = {"input": [{"role": "user", "content": parts}], "max_output_tokens": 5}
    else:
        content = [{"type": "text", "text": text}] if in_parts else text
        said = {"messages": [{"role": "user", "content": content}], "max_tokens": 5}
    return {"model": model, **said}
