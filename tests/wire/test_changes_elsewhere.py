"""What is changed at one server of an installation holds at the others within a second."""

from __future__ import annotations

import asyncio

import httpx2
from tests.platform.http.peer import reply
from tests.wire.conftest import CHAT_MODEL, JSON, Gateway
from tests.wire.test_direct import body_of
from tests.wire.test_direct_ends import replica
from tests.wire.test_passing_on import CHAT, CHAT_ANSWER

A_SECOND = 1.0
BODY = body_of(f"{CHAT_MODEL}-23")


async def test_a_cache_that_is_switched_on_elsewhere_is_on_within_a_second(
    gateway: Gateway,
) -> None:
    gateway.peer.answers[CHAT] = reply(CHAT_ANSWER, headers=JSON)
    async with replica(gateway) as (there, _), there.http() as far, gateway.http() as near:
        assert [await _cache(each) for each in (near, far)] == [None, None]
        try:
            await _prefer(gateway, enabled=True)
            assert await _cache(near) == "miss", "at once where it was changed"
            await asyncio.sleep(A_SECOND)
            assert await _cache(far) == "hit", "of the answer that the other server kept"
        finally:
            await _prefer(gateway, enabled=False)
        assert await _cache(near) is None
        await asyncio.sleep(A_SECOND)
        assert await _cache(far) is None


async def _cache(http: httpx2.AsyncClient) -> str | None:
    answer = await http.post("/chat/completions", json=BODY)
    assert answer.status_code == 200, answer.text
    return answer.headers.get("x-vectal-cache")


async def _prefer(gateway: Gateway, *, enabled: bool) -> None:
    wanted = {"response_cache": {"enabled": enabled, "ttl_s": 60}}
    answer = await gateway.ada.http.put("/ai/preferences", json=wanted)
    assert answer.status_code == 200, answer.text
