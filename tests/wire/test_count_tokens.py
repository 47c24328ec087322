"""Counting the tokens of a request: by its vendor, or by our own count."""

import asyncio
import json
from collections.abc import Iterator
from typing import Any

import anthropic
import httpx2
import pytest
from tests.platform.http.peer import reply
from tests.wire.conftest import (
    CHAT_MODEL,
    CLAUDE_MODEL,
    JSON,
    UPSTREAM_KEY,
    Gateway,
    make_key,
)

PATH = "/claude/v1/messages/count_tokens"
BODY = b'{ "messages":[{"role":"user", "content":"Hi"}], "odd": [1.50],\n "model":"%s" }'
COUNTED = "x-vectal-counted-by"


@pytest.fixture(autouse=True)
def _counts_no_more(gateway: Gateway) -> Iterator[None]:
    """A vendor that counts wrong is believed where budgets are tight; others have one as well."""
    yield
    gateway.peer.answers.pop(PATH, None)


async def _count(gateway: Gateway, body: bytes, key: str | None = None) -> httpx2.Response:
    async with gateway.http() as http:
        told = {**JSON, "Authorization": f"Bearer {key or gateway.key}"}
        told["anthropic-version"] = "2026-10-21"
        return await http.post("/messages/count_tokens", content=body, headers=told)


async def test_the_vendor_counts_what_it_would_answer(gateway: Gateway) -> None:
    gateway.peer.answers[PATH] = reply(b'{"input_tokens": 4711,  "odd": 1}', headers=JSON)
    answer = await _count(gateway, BODY % f"anthropic/{CLAUDE_MODEL}".encode())
    assert answer.content == b'{"input_tokens": 4711,  "odd": 1}'
    assert answer.headers[COUNTED] == "vendor"
    assert answer.headers["x-vectal-model"] == CLAUDE_MODEL
    assert "request-id" in answer.headers
    seen = gateway.peer.seen[-1]
    assert seen.body == BODY % CLAUDE_MODEL.encode()
    assert seen.headers["anthropic-version"] == "2026-10-21"
    assert UPSTREAM_KEY in seen.headers.get("x-api-key", "") + seen.headers.get("authorization", "")
    assert gateway.key not in str(seen.headers)


async def test_the_client_of_the_vendor_reads_it(gateway: Gateway) -> None:
    gateway.peer.answers[PATH] = reply(b'{"input_tokens": 12}', headers=JSON)
    told = await gateway.anthropic().messages.count_tokens(
        model=CLAUDE_MODEL, messages=[{"role": "user", "content": "Hi"}]
    )
    assert told.input_tokens == 12


@pytest.mark.parametrize(
    "said",
    [
        reply(b'{"error":{"type":"api_error"}}', status="500 Error", headers=JSON),
        reply(b'{"error":{"type":"not_found_error"}}', status="404 Not Found", headers=JSON),
        reply(b'{"error":{"type":"rate_limit_error"}}', status="429 Slow", headers=JSON),
        reply(b'{"input_tokens": "many"}', headers=JSON),
        reply(b'{"input_tokens": -7}', headers=JSON),
        reply(b"<html>", headers=JSON),
    ],
)
async def test_we_count_where_the_vendor_does_not(gateway: Gateway, said: Any) -> None:
    gateway.peer.answers[PATH] = said
    answer = await _count(gateway, BODY % CLAUDE_MODEL.encode())
    assert answer.status_code == 200
    assert answer.headers[COUNTED] == "vectal"
    assert 0 < answer.json()["input_tokens"] < 50


async def test_what_the_vendor_finds_wrong_is_told(gateway: Gateway) -> None:
    error = {"type": "invalid_request_error", "message": "messages.0: roles must alternate"}
    said = json.dumps({"type": "error", "error": error}).encode()
    gateway.peer.answers[PATH] = reply(said, status="400 Bad Request", headers=JSON)
    with pytest.raises(anthropic.BadRequestError, match="roles must alternate"):
        await gateway.anthropic().messages.count_tokens(
            model=CLAUDE_MODEL, messages=[{"role": "user", "content": "Hi"}]
        )


async def test_what_would_be_translated_is_counted_here(gateway: Gateway) -> None:
    seen = len(gateway.peer.seen)
    answer = await _count(gateway, BODY % CHAT_MODEL.encode())
    assert answer.headers[COUNTED] == "vectal"
    assert answer.headers["x-vectal-model"] == CHAT_MODEL
    assert len(gateway.peer.seen) == seen


async def test_a_request_longer_than_any_window_is_counted(gateway: Gateway) -> None:
    body = {"model": CLAUDE_MODEL, "messages": [{"role": "user", "content": "word " * 400_000}]}
    answer = await _count(gateway, json.dumps(body).encode())
    assert answer.status_code == 200
    assert answer.json()["input_tokens"] > 300_000


async def test_no_count_for_a_model_that_there_is_not(gateway: Gateway) -> None:
    answer = await _count(gateway, BODY % b"no-such-model")
    assert answer.status_code == 404
    assert answer.json()["error"]["type"] == "not_found_error"


async def test_a_key_that_may_not_ask_the_model_is_told_nothing_of_it(gateway: Gateway) -> None:
    made = await gateway.ada.post("/api-keys", {"name": "narrow", "scopes": ["ai:use"]})
    rules = {"models": ["simulator"]}
    put = await gateway.ada.http.put(f"/ai/key-rules/{made['id']}", json=rules)
    assert put.status_code == 200, put.text
    seen = len(gateway.peer.seen)
    assert (await _count(gateway, BODY % CLAUDE_MODEL.encode(), made["key"])).status_code == 403
    assert len(gateway.peer.seen) == seen


async def test_a_key_without_the_scope_counts_nothing(gateway: Gateway) -> None:
    key = await make_key(gateway.ada, ["tasks:read"])
    assert (await _count(gateway, BODY % CLAUDE_MODEL.encode(), key)).status_code == 403


async def test_where_it_went_is_in_the_egress_ledger(gateway: Gateway) -> None:
    gateway.peer.answers[PATH] = reply(b'{"input_tokens": 12}', headers=JSON)
    body = BODY % CLAUDE_MODEL.encode()
    assert (await _count(gateway, body)).headers[COUNTED] == "vendor"
    newest: dict[str, Any] = {}
    for _ in range(25):
        found = (await gateway.ada.http.get("/egress", params={"limit": 100})).json()["items"]
        newest = found[0] if found else {}
        if newest.get("bytes_sent", 0) >= len(body):
            break
        await asyncio.sleep(0.2)
    assert newest["host"] == f"127.0.0.1:{gateway.peer.port}"
    assert (newest["purpose"], newest["outcome"], newest["status"]) == ("model call", "ok", 200)
