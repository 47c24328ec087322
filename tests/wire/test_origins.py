"""Pages of other sites that call models from a browser."""

from __future__ import annotations

from collections.abc import AsyncGenerator

import httpx2
import pytest
from tests.platform.http.peer import reply
from tests.wire.conftest import CHAT_MODEL, JSON, Gateway
from tests.wire.test_direct import ask_directly, body_of, kept_stream
from tests.wire.test_direct_ends import replica
from tests.wire.test_passing_on import CHAT, CHAT_ANSWER, CHAT_STREAM

SITE = "https://chat.example.com"
OTHER = "https://else.example.com"
ASKING = {
    "Access-Control-Request-Method": "POST",
    "Access-Control-Request-Headers": "authorization,content-type,x-stainless-lang",
}


@pytest.fixture(scope="module")
async def opened(gateway: Gateway) -> AsyncGenerator[Gateway]:
    async with replica(gateway, VECTAL_MODEL_ORIGINS=SITE) as (here, _):
        yield here


async def test_a_browser_may_ask_for_an_allowed_site(opened: Gateway) -> None:
    async with httpx2.AsyncClient(base_url=opened.address) as http:
        url = "/v1/chat/completions"
        answer = await http.request("OPTIONS", url, headers={"Origin": SITE, **ASKING})
        assert answer.status_code == 200
        assert answer.headers["access-control-allow-origin"] == SITE
        assert "POST" in answer.headers["access-control-allow-methods"]
        allowed = answer.headers["access-control-allow-headers"].lower()
        assert "x-stainless-lang" in allowed
        assert "access-control-allow-credentials" not in answer.headers
        refused = await http.request("OPTIONS", url, headers={"Origin": OTHER, **ASKING})
        assert refused.status_code == 400
        assert "access-control-allow-origin" not in refused.headers


async def test_its_page_may_read_answers_and_refusals(opened: Gateway) -> None:
    """By the direct way, too, which other calls of the same key go."""
    opened.peer.answers[CHAT] = reply(CHAT_ANSWER, headers=JSON)
    async with opened.http() as http:
        plain = await ask_directly(opened, http, "/chat/completions", body_of(CHAT_MODEL))
        assert "access-control-allow-origin" not in plain.headers
        for origin, allowed in ((SITE, SITE), (OTHER, None)):
            told = {"Origin": origin}
            whole = await http.post("/chat/completions", json=body_of(CHAT_MODEL), headers=told)
            assert whole.status_code == 200
            assert whole.headers.get("access-control-allow-origin") == allowed
            models = await http.get("/models", headers=told)
            assert models.headers.get("access-control-allow-origin") == allowed
            wrong = {**told, "Authorization": "Bearer vct_wrong"}
            refused = await http.post("/chat/completions", json={}, headers=wrong)
            assert refused.status_code == 401
            assert refused.headers.get("access-control-allow-origin") == allowed
        opened.peer.answers[CHAT] = kept_stream(*CHAT_STREAM)
        stream = await http.post(
            "/chat/completions", json=body_of(CHAT_MODEL, stream=True), headers={"Origin": SITE}
        )
        assert stream.headers["access-control-allow-origin"] == SITE
        assert stream.headers["access-control-expose-headers"] == "*"
        assert b"[DONE]" in stream.content


async def test_nothing_but_calls_of_models_is_opened(opened: Gateway) -> None:
    async with httpx2.AsyncClient(base_url=opened.address) as http:
        for path in ("/api/v1/me", "/graphql", "/livez"):
            asked = await http.request("OPTIONS", path, headers={"Origin": SITE, **ASKING})
            got = await http.get(path, headers={"Origin": SITE})
            for answer in (asked, got):
                assert "access-control-allow-origin" not in answer.headers


async def test_no_site_is_let_in_unless_somebody_says_so(gateway: Gateway) -> None:
    gateway.peer.answers[CHAT] = reply(CHAT_ANSWER, headers=JSON)
    async with gateway.http() as http:
        asked = await http.request(
            "OPTIONS", "/chat/completions", headers={"Origin": SITE, **ASKING}
        )
        answer = await http.post(
            "/chat/completions", json=body_of(CHAT_MODEL), headers={"Origin": SITE}
        )
    assert asked.status_code == 405
    assert answer.status_code == 200
    assert "access-control-allow-origin" not in answer.headers
