"""A server that is killed while two models are asked: nobody knows what either has cost."""

from __future__ import annotations

import asyncio
import contextlib

import httpx2
from tests.flows.visitor import Json
from tests.wire.conftest import CHAT_MODEL, Gateway
from tests.wire.test_direct import body_of
from tests.wire.test_direct_ends import LONGER_THAN_TOLD_S, Gate, replica
from tests.wire.test_passing_on import CHAT

MODEL, RIVAL = f"{CHAT_MODEL}-21", f"{CHAT_MODEL}-22"
LONGEST_TOKENS = 500
NAME = "killed-hedge"


async def test_both_calls_have_their_lines_and_their_money(gateway: Gateway) -> None:
    await _prefer(gateway, {"fallbacks": {MODEL: [RIVAL]}})
    draft = {"name": "Hedged", "unit": "tokens", "cap": "1000000", "period": "total"}
    budget = await gateway.ada.post("/ai/budgets", draft)
    gate = Gate()
    try:
        async with replica(gateway) as (here, server), here.http() as http:
            await _earn_a_hedge(http)
            gateway.peer.answers[CHAT] = gate.holds(b"", b"")
            asking = asyncio.create_task(_ask(http))
            await gate.until_begun(2)
            await asyncio.sleep(LONGER_THAN_TOLD_S)
            server.kill()
            await asking
        lines = await _lines(gateway, 2)
        assert {each["model"] for each in lines} == {MODEL, RIVAL}
        told = {(each["status"], each["error_code"], each["estimated"]) for each in lines}
        assert told == {("failed", "ai.server_lost", True)}
        assert min(each["input_tokens"] for each in lines) > 0
        in_doubt = await _in_doubt(gateway, budget["id"])
        assert in_doubt >= 2 * LONGEST_TOKENS, "of both the longest answer"
    finally:
        gate.opened.set()
        await gateway.ada.http.delete(f"/ai/budgets/{budget['id']}")
        await _prefer(gateway, {})


async def _prefer(gateway: Gateway, wanted: Json) -> None:
    answer = await gateway.ada.http.put("/ai/preferences", json=wanted)
    assert answer.status_code == 200, answer.text


async def _ask(http: httpx2.AsyncClient) -> None:
    body = body_of(MODEL) | {"max_tokens": LONGEST_TOKENS}
    headers = {"x-request-id": NAME, "vectal-hedge-after-ms": "50"}
    with contextlib.suppress(httpx2.TransportError):
        answer = await http.post("/chat/completions", json=body, headers=headers)
        raise AssertionError(answer.text)


async def _earn_a_hedge(http: httpx2.AsyncClient) -> None:
    """A tenth of all calls may be hedges."""
    body = {"model": "simulator", "messages": [{"role": "user", "content": "Hi"}]}
    calls = [http.post("/chat/completions", json=body) for _ in range(22)]
    answers = await asyncio.gather(*calls)
    assert {each.status_code for each in answers} == {200}, answers[0].text


async def _lines(gateway: Gateway, number: int) -> list[Json]:
    """Of the ledger, once the lease of the killed server has run out."""
    found: list[Json] = []
    async with asyncio.timeout(60):
        while len(found) < number:
            await asyncio.sleep(0.5)
            calls = await gateway.ada.get("/ai/calls", limit=100)
            found = [each for each in calls["items"] if each["request_id"] == NAME]
    return found


async def _in_doubt(gateway: Gateway, budget_id: str) -> float:
    async with asyncio.timeout(60):
        while True:
            seen = await gateway.ada.get(f"/ai/budgets/{budget_id}")
            if seen["in_doubt"]:
                return float(seen["in_doubt"])
            await asyncio.sleep(0.5)
