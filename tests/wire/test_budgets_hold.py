"""A budget holds at every door: outside calls and the product's own chat."""

import asyncio
import json
from typing import Any

import httpx2
from tests.flows.visitor import Json
from tests.wire.conftest import CHAT_MODEL, CLAUDE_MODEL, SCOPES, Gateway
from tests.wire.test_passing_on import CHAT_STREAM, CLAUDE, CLAUDE_STREAM, sse

HELLO: Json = {"model": "simulator", "messages": [{"role": "user", "content": "Hello"}]}


async def _key(gateway: Gateway) -> tuple[str, str]:
    made = await gateway.ada.post("/api-keys", {"name": "budget", "scopes": SCOPES})
    return made["id"], made["key"]


async def _budget(gateway: Gateway, **draft: Any) -> Json:
    body = {"name": "Test", "period": "total", **draft}
    made: Json = await gateway.ada.post("/ai/budgets", body)
    return made


async def _call(gateway: Gateway, key: str) -> httpx2.Response:
    async with gateway.http() as http:
        headers = {"Authorization": f"Bearer {key}"}
        return await http.post("/chat/completions", json=HELLO, headers=headers)


async def test_a_budget_of_requests_lets_so_many_through(gateway: Gateway) -> None:
    key_id, key = await _key(gateway)
    budget = await _budget(gateway, subject_kind="key", subject_id=key_id, unit="requests", cap="3")
    answers = await asyncio.gather(*(_call(gateway, key) for _ in range(8)))
    statuses = sorted(answer.status_code for answer in answers)
    assert statuses == [200] * 3 + [402] * 5
    refused = next(answer for answer in answers if answer.status_code == 402)
    assert refused.json()["error"]["code"] == "ai.budget_exceeded"
    await asyncio.sleep(1.5)  # spending is reported each second
    told = await gateway.ada.get(f"/ai/budgets/{budget['id']}")
    assert (told["spent"], told["left"]) == (3.0, 0.0)


async def test_a_budget_of_tokens_sets_the_worst_case_aside(gateway: Gateway) -> None:
    key_id, key = await _key(gateway)
    await _budget(gateway, subject_kind="key", subject_id=key_id, unit="tokens", cap="120")
    refused = await _call(gateway, key)
    assert refused.status_code == 402, refused.text
    async with gateway.http() as http:
        headers = {"Authorization": f"Bearer {key}"}
        short = {**HELLO, "max_tokens": 20}
        answer = await http.post("/chat/completions", json=short, headers=headers)
    assert answer.status_code == 200, answer.text


async def test_the_chat_keeps_to_it_too(gateway: Gateway) -> None:
    me = await gateway.ada.get("/me")
    budget = await _budget(
        gateway, subject_kind="user", subject_id=me["id"], unit="tokens", cap="1"
    )
    try:
        started = await gateway.ada.ask(await gateway.ada.converse(), "Hello")
        frames = [frame async for frame in gateway.ada.follow(started["turn"]["id"])]
    finally:
        await gateway.ada.http.delete(f"/ai/budgets/{budget['id']}")
    ended = frames[-1].data["turn"]
    assert ended["status"] == "failed"
    assert ended["error"]["code"] == "ai.provider_quota"
    await asyncio.sleep(1.2)  # a deleted budget holds for a second at most


async def test_what_was_used_is_told_by_key_and_call(gateway: Gateway) -> None:
    key_id, key = await _key(gateway)
    assert (await _call(gateway, key)).status_code == 200
    await asyncio.sleep(1.0)  # the ledger is written each half second
    by_key = await gateway.ada.get("/ai/usage", group="api_key")
    assert [row["calls"] for row in by_key["items"] if row["group"] == key_id] == [1]
    calls = (await gateway.ada.get("/ai/calls", limit=50))["items"]
    (mine,) = [call for call in calls if call["api_key_id"] == key_id]
    assert (mine["purpose"], mine["status"], mine["model"]) == ("gateway", "ok", "simulator")
    assert "choice.model" in mine["route_codes"]
    assert mine["request_id"]


async def test_a_keys_rules_hold(gateway: Gateway) -> None:
    key_id, key = await _key(gateway)
    rules = {"models": ["simulator"], "requests_per_minute": 2, "max_output_tokens": 10}
    put = await gateway.ada.http.put(f"/ai/key-rules/{key_id}", json=rules)
    assert put.status_code in {200, 201}, put.text
    async with gateway.http() as http:
        headers = {"Authorization": f"Bearer {key}"}
        other = {**HELLO, "model": "simulator-thinking"}
        forbidden = await http.post("/chat/completions", json=other, headers=headers)
        assert forbidden.status_code == 403, forbidden.text
        first = await http.post("/chat/completions", json=HELLO, headers=headers)
        assert first.status_code == 200, first.text
        assert first.headers["x-ratelimit-limit-requests"] == "2"
        second = await http.post("/chat/completions", json=HELLO, headers=headers)
        third = await http.post("/chat/completions", json=HELLO, headers=headers)
    assert (second.status_code, third.status_code) == (200, 429)
    assert int(third.headers["retry-after"]) >= 1


async def test_a_keys_longest_answer_is_written_into_what_is_passed_on(gateway: Gateway) -> None:
    key_id, key = await _key(gateway)
    await gateway.ada.http.put(f"/ai/key-rules/{key_id}", json={"max_output_tokens": 10})
    gateway.peer.answers["/chat/chat/completions"] = sse(*CHAT_STREAM)
    body = {**HELLO, "model": CHAT_MODEL, "max_tokens": 5_000}
    async with gateway.http() as http:
        headers = {"Authorization": f"Bearer {key}"}
        answer = await http.post("/chat/completions", json=body, headers=headers)
    assert answer.status_code == 200, answer.text
    assert json.loads(gateway.peer.seen[-1].body)["max_tokens"] == 10


async def test_an_answer_without_a_limit_is_never_longer_than_what_is_set_aside(
    gateway: Gateway,
) -> None:
    key_id, key = await _key(gateway)
    budget = await _budget(gateway, subject_kind="key", subject_id=key_id, unit="tokens", cap="100")
    gateway.peer.answers[CLAUDE] = sse(*CLAUDE_STREAM)
    body = {**HELLO, "model": CLAUDE_MODEL}
    async with gateway.http() as http:
        headers = {"Authorization": f"Bearer {key}"}
        for longest, cap, status in ((None, 8_192, 402), (None, 8_400, 200), (4_000, 4_400, 200)):
            await gateway.ada.http.put(
                f"/ai/key-rules/{key_id}", json={"max_output_tokens": longest}
            )
            changed = await gateway.ada.http.patch(
                f"/ai/budgets/{budget['id']}", json={"cap": str(cap)}
            )
            assert changed.status_code == 200, changed.text
            await asyncio.sleep(1.2)  # rules and budgets hold within a second
            answer = await http.post("/chat/completions", json=body, headers=headers)
            assert answer.status_code == status, answer.text
            if status == 200:
                sent = json.loads(gateway.peer.seen[-1].body)["max_tokens"]
                assert sent == (longest or 8_192) < cap
