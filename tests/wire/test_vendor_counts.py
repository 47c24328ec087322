"""A call whose bytes are too many for its budget: whoever is to answer it says how much it is."""

from __future__ import annotations

import asyncio
import json
import secrets
from collections.abc import AsyncGenerator, Iterator, Sequence
from typing import Any

import httpx2
import pytest
from tests.flows.visitor import Json
from tests.platform.http.peer import Answer, Seen, reply
from tests.wire.conftest import CHAT_MODEL, CLAUDE_MODEL, JSON, UPSTREAM_KEY, Gateway, Purses
from tests.wire.test_native_responses import ANSWER
from tests.wire.test_passing_on import (
    CHAT,
    CHAT_ANSWER,
    CHAT_STREAM,
    CLAUDE,
    CLAUDE_ANSWER,
    CLAUDE_STREAM,
    sse,
)

COUNT = "/claude/v1/messages/count_tokens"
GPT, GPT_COUNT = "vendor-teller", "/teller/responses/input_tokens"
TEXT = "The quick brown fox jumps over the lazy dog. " * 445
BYTES, COUNTED = 20_000, 4_900
ROOM = 8_000
"""Less than its bytes, more than its tokens."""
MESSAGE = {"role": "user", "content": TEXT}
DOORS: dict[str, tuple[str, Json]] = {
    "messages": ("/messages", {"max_tokens": 50, "messages": [MESSAGE]}),
    "chat": ("/chat/completions", {"max_completion_tokens": 50, "messages": [MESSAGE]}),
    "responses": ("/responses", {"max_output_tokens": 50, "input": TEXT}),
}
BOTH = pytest.mark.parametrize(("model", "path"), [(CLAUDE_MODEL, COUNT), (GPT, GPT_COUNT)])


def _says(gateway: Gateway, count: int) -> None:
    said = json.dumps({"input_tokens": count, "object": "response.input_tokens"}).encode()
    gateway.peer.answers[COUNT] = gateway.peer.answers[GPT_COUNT] = reply(said, headers=JSON)


def _either(whole: bytes, stream: Sequence[bytes]) -> Answer:
    """In one piece or in events, as it is asked for."""
    in_one, in_events = reply(whole, headers=JSON), sse(*stream)

    async def answer(request: Seen, writer: asyncio.StreamWriter) -> None:
        await (in_events if b'"stream":true' in request.body else in_one)(request, writer)

    return answer


@pytest.fixture(autouse=True)
def _vendors(gateway: Gateway, teller: None) -> Iterator[None]:
    assert teller is None, "it is there"
    answers = gateway.peer.answers
    answers[CLAUDE] = _either(CLAUDE_ANSWER, CLAUDE_STREAM)
    answers[CHAT] = answers["/teller/chat/completions"] = _either(CHAT_ANSWER, CHAT_STREAM)
    answers["/teller/responses"] = reply(ANSWER.encode(), headers=JSON)
    _says(gateway, COUNTED)
    yield
    for path in (COUNT, GPT_COUNT):
        answers.pop(path, None)


@pytest.fixture(scope="module")
async def teller(gateway: Gateway) -> AsyncGenerator[None]:
    """OpenAI, as far as it answers and counts."""
    made = await gateway.ada.post(
        "/ai/providers",
        {
            "kind": "openai",
            "name": f"teller {secrets.token_hex(3)}",
            "base_url": gateway.peer.url("/teller"),
            "key": UPSTREAM_KEY,
            "responses": "vendor",
            "batches": "queue",
            "models": [{"name": GPT, "context_tokens": 100_000, "max_output_tokens": 8_192}],
        },
    )
    async with gateway.http() as http:  # what can be reached is known for a second
        for _ in range(50):
            if (await http.get(f"/models/{GPT}")).status_code == 200:
                break
            await asyncio.sleep(0.1)
    yield
    await gateway.ada.http.delete(f"/ai/providers/{made['id']}")


async def _ask(
    gateway: Gateway, purses: Purses, model: str, door: str, room: int = ROOM, **more: Any
) -> tuple[httpx2.Response, list[str]]:
    """The answer, and where the vendor was asked for it."""
    headers = (await purses.make("tokens", str(room))).headers
    before, (path, body) = len(gateway.peer.seen), DOORS[door]
    async with gateway.http() as http:
        answer = await http.post(path, json={**body, **more, "model": model}, headers=headers)
    return answer, [seen.path for seen in gateway.peer.seen[before:]]


@BOTH
@pytest.mark.parametrize("door", DOORS)
async def test_what_fits_by_its_vendor_s_count_is_answered(
    gateway: Gateway, purses: Purses, model: str, path: str, door: str
) -> None:
    answer, asked = await _ask(gateway, purses, model, door)
    assert answer.status_code == 200, answer.text
    assert asked[0] == path
    assert len(asked) == 2
    counted, sent = (json.loads(seen.body) for seen in gateway.peer.seen[-2:])
    assert counted["model"] == sent["model"] == model
    assert json.dumps(TEXT) in gateway.peer.seen[-2].body.decode()
    assert not {"max_tokens", "max_output_tokens", "stream", "metadata"} & counted.keys()
    key = gateway.peer.seen[-2].headers
    assert UPSTREAM_KEY in key.get("x-api-key", "") + key.get("authorization", "")


@BOTH
async def test_what_does_not_fit_by_that_either_is_refused(
    gateway: Gateway, purses: Purses, model: str, path: str
) -> None:
    _says(gateway, ROOM - 50)
    answer, asked = await _ask(gateway, purses, model, "chat")
    assert (answer.status_code, asked) == (402, [path])
    assert "as its vendor counts" in answer.json()["error"]["message"]


@pytest.mark.parametrize(
    "said",
    [
        reply(b'{"error":{"type":"api_error"}}', status="500 Error", headers=JSON),
        reply(b'{"error":{"type":"not_found_error"}}', status="404 Not Found", headers=JSON),
        reply(b'{"input_tokens": "many"}', headers=JSON),
        reply(b'{"input_tokens": -1}', headers=JSON),
        reply(b"<html>", headers=JSON),
    ],
)
@BOTH
async def test_without_a_count_a_byte_may_be_a_token(
    gateway: Gateway, purses: Purses, model: str, path: str, said: Any
) -> None:
    gateway.peer.answers[path] = said
    answer, asked = await _ask(gateway, purses, model, "messages")
    assert (answer.status_code, asked) == (402, [path])
    assert "for each byte" in answer.json()["error"]["message"]


async def test_nobody_is_asked_where_there_is_room(gateway: Gateway, purses: Purses) -> None:
    answer, asked = await _ask(gateway, purses, CLAUDE_MODEL, "messages", BYTES + 5_000)
    assert (answer.status_code, asked) == (200, ["/claude/v1/messages"])


@pytest.mark.parametrize(
    ("room", "more"),
    [
        pytest.param(BYTES // 8, {}, id="it is far too long"),
        pytest.param(ROOM, {"max_tokens": 8_000}, id="so is its answer"),
        pytest.param(
            ROOM, {"tools": [{"type": "web_search_20250305", "name": "web_search"}]}, id="a search"
        ),
        pytest.param(
            ROOM,
            {
                "messages": [
                    MESSAGE,
                    {
                        "role": "user",
                        "content": [
                            {"type": "document", "source": {"type": "file", "file_id": "file_1"}}
                        ],
                    },
                ]
            },
            id="a document",
        ),
    ],
)
async def test_nobody_is_asked_where_it_would_not_help(
    gateway: Gateway, purses: Purses, room: int, more: Json
) -> None:
    answer, asked = await _ask(gateway, purses, CLAUDE_MODEL, "messages", room, **more)
    assert (answer.status_code, asked) == (402, [])


async def test_who_does_not_count_is_not_asked(gateway: Gateway, purses: Purses) -> None:
    answer, asked = await _ask(gateway, purses, CHAT_MODEL, "chat")
    assert (answer.status_code, asked) == (402, [])


async def test_a_count_of_next_to_nothing_is_not_believed(gateway: Gateway, purses: Purses) -> None:
    """The server that a provider's address names may be any."""
    _says(gateway, 0)
    big = {"messages": [{"role": "user", "content": TEXT * 4}]}
    room = BYTES * 4 // 8 + 400
    answer, asked = await _ask(gateway, purses, CLAUDE_MODEL, "messages", room, **big)
    assert (answer.status_code, len(asked)) == (200, 2)
    answer, _ = await _ask(gateway, purses, CLAUDE_MODEL, "messages", room - 400, **big)
    assert answer.status_code == 402


async def test_what_the_vendor_did_not_count_is_a_token_a_byte(
    gateway: Gateway, purses: Purses
) -> None:
    odd: Json = {"odd": "x" * 4_000}
    assert (await _ask(gateway, purses, CLAUDE_MODEL, "messages", **odd))[0].status_code == 402
    answer, _ = await _ask(gateway, purses, CLAUDE_MODEL, "messages", ROOM + 2_000, **odd)
    assert answer.status_code == 200, answer.text


async def test_frames_of_another_shape_hide_nothing_that_was_not_counted(
    gateway: Gateway, purses: Purses
) -> None:
    """A chat is sent to OpenAI as it came, and counted in the longer words of responses."""
    said = {"role": "user", "content": "word " * 60}
    many: Json = {"messages": [said] * 60, "odd": "x" * 4_000}
    answer, asked = await _ask(gateway, purses, GPT, "chat", **many)
    assert (answer.status_code, asked) == (402, [GPT_COUNT])
    answer, asked = await _ask(gateway, purses, GPT, "chat", ROOM + 5_000, **many)
    assert (answer.status_code, len(asked)) == (200, 2)
