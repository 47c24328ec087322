"""Guardrails, the response cache and hedges, through a whole server and real sockets."""

import asyncio
import json
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx2
import pytest
from tests.fixtures.servers import Servers, clone_database, drop_database
from tests.flows.server import serve
from tests.flows.visitor import Visitor
from tests.platform.http.peer import Peer, reply, running_peer
from tests.wire.conftest import (
    CHAT_MODEL,
    CLAUDE_MODEL,
    EMBEDDING_MODEL,
    JSON,
    SCOPES,
    Gateway,
    add_vendors,
    make_key,
)
from tests.wire.test_passing_on import (
    CHAT,
    CHAT_ANSWER,
    CHAT_STREAM,
    CHAT_USAGE,
    CLAUDE,
    CLAUDE_ANSWER,
    chat_chunk,
    sse,
)

PLAIN: dict[str, Any] = {}
"""Preferences that want nothing."""


@pytest.fixture(scope="module")
async def house(
    servers: Servers, worker: str, valkey: str, tmp_path_factory: pytest.TempPathFactory
) -> AsyncGenerator[Gateway]:
    """A server of its own: other tests must not meet these preferences."""
    name = f"test_extras_{worker}"
    database = await clone_database(servers, name)
    folder: Path = tmp_path_factory.mktemp("extras")
    async with (
        running_peer() as peer,
        serve(
            database, valkey, folder, pace_ms=0,
            VECTAL_EGRESS_ALLOW="127.0.0.1", VECTAL_LOG_LEVEL="warning",
        ) as (address, _),
        Visitor.set_up(address) as ada,
    ):  # fmt: skip
        key = await make_key(ada, SCOPES)
        await add_vendors(ada, peer)
        async with AsyncExitStack() as opened:
            yield Gateway(address, key, ada, peer, opened)
    await drop_database(servers, name)


async def prefer(house: Gateway, **wanted: Any) -> None:
    answer = await house.ada.http.put("/ai/preferences", json=wanted)
    assert answer.status_code == 200, answer.text
    await asyncio.sleep(1.0)  # another process would hear of it as late as this


def ask(text: str, **more: Any) -> dict[str, Any]:
    return {"model": CHAT_MODEL, "messages": [{"role": "user", "content": text}], **more}


async def post(
    house: Gateway, body: dict[str, Any], path: str = "/chat/completions", **headers: str
) -> httpx2.Response:
    names = {name.replace("_", "-"): value for name, value in headers.items()}
    async with house.http() as http:
        return await http.post(path, json=body, headers=names)


async def earn_retries(house: Gateway, count: int) -> None:
    """Calls of which a tenth may be retries or hedges: other tests may have used up all."""
    await prefer(house)
    for _ in range(count):
        calls = [post(house, ask("A call") | {"model": "simulator"}) for _ in range(11)]
        answers = await asyncio.gather(*calls)
        assert {answer.status_code for answer in answers} == {200}, answers[0].text


async def newest_calls(house: Gateway, count: int) -> list[dict[str, Any]]:
    await asyncio.sleep(1.0)  # the ledger is written each half second
    found = await house.ada.get("/ai/calls", limit=count)
    return list(found["items"])


def seen_bodies(peer: Peer) -> list[str]:
    return [seen.body.decode() for seen in peer.seen]


# --- the cache --------------------------------------------------------------------------------


async def test_the_same_question_is_answered_from_the_cache(house: Gateway) -> None:
    await prefer(house, response_cache={"enabled": True, "ttl_s": 60})
    house.peer.answers[CHAT] = reply(CHAT_ANSWER, headers=JSON)
    first = await post(house, ask("cached?"))
    asked = len(house.peer.seen)
    await asyncio.sleep(0.5)
    second = await post(house, ask("cached?"))
    assert (first.headers["x-vectal-cache"], second.headers["x-vectal-cache"]) == ("miss", "hit")
    assert second.content == first.content == CHAT_ANSWER
    assert len(house.peer.seen) == asked
    assert second.headers["x-vectal-model"] == CHAT_MODEL
    hit = (await newest_calls(house, 1))[0]
    assert "cache.hit" in hit["route_codes"]
    assert (hit["cost_usd"], hit["input_tokens"], hit["attempts"]) == (0, 0, 0)


async def test_another_key_of_the_same_person_asks_for_itself(house: Gateway) -> None:
    await prefer(house, response_cache={"enabled": True, "ttl_s": 60})
    house.peer.answers[CHAT] = reply(CHAT_ANSWER, headers=JSON)
    other = replace(house, key=await make_key(house.ada, ["ai:use"]))
    told = [await post(each, ask("whose?")) for each in (house, other, house)]
    assert [each.headers["x-vectal-cache"] for each in told] == ["miss", "miss", "hit"]


@pytest.mark.parametrize("stream", [False, True])
async def test_the_cache_holds_from_the_moment_that_it_is_on(
    house: Gateway,
    stream: bool,  # noqa: FBT001 - a parameter
) -> None:
    """Whoever switched it on at this server: others hear of it within a second."""
    house.peer.answers[CHAT] = sse(*CHAT_STREAM) if stream else reply(CHAT_ANSWER, headers=JSON)
    body = ask(f"at once? {stream}", stream=stream)
    for number in range(3):
        await prefer(house)
        assert "x-vectal-cache" not in (await post(house, body)).headers
        wanted = {"response_cache": {"enabled": True, "ttl_s": 60 + number}}
        saved = await house.ada.http.put("/ai/preferences", json=wanted)
        assert saved.status_code == 200, saved.text
        first, second = await post(house, body), await post(house, body)
        told = (first.headers.get("x-vectal-cache"), second.headers.get("x-vectal-cache"))
        assert told == ("hit" if number else "miss", "hit")


async def test_a_stream_is_replayed_as_a_stream(house: Gateway) -> None:
    await prefer(house, response_cache={"enabled": True, "ttl_s": 60})
    house.peer.answers[CHAT] = sse(*CHAT_STREAM)
    body = ask("streamed?", stream=True, stream_options={"include_usage": True})
    first = await post(house, body)
    await asyncio.sleep(0.5)
    second = await post(house, body)
    assert second.headers["x-vectal-cache"] == "hit"
    assert second.headers["content-type"].startswith("text/event-stream")
    assert second.content == first.content == b"".join(CHAT_STREAM)
    whole = await post(house, ask("streamed?"))
    assert whole.headers["x-vectal-cache"] == "miss"


@pytest.mark.parametrize(("wish", "kept"), [("no-cache", True), ("no-store, max-age=0", False)])
async def test_a_client_may_want_an_answer_of_its_own(
    house: Gateway,
    wish: str,
    kept: bool,  # noqa: FBT001 - a parameter
) -> None:
    await prefer(house, response_cache={"enabled": True, "ttl_s": 60})
    house.peer.answers[CHAT] = reply(CHAT_ANSWER, headers=JSON)
    first = await post(house, ask(wish), cache_control=wish)
    assert first.headers["x-vectal-cache"] == "bypass"
    await asyncio.sleep(0.5)
    second = await post(house, ask(wish))
    assert second.headers["x-vectal-cache"] == ("hit" if kept else "miss")


async def test_without_the_wish_nothing_is_kept(house: Gateway) -> None:
    await prefer(house, **PLAIN)
    house.peer.answers[CHAT] = reply(CHAT_ANSWER, headers=JSON)
    asked = len(house.peer.seen)
    for _ in range(2):
        answer = await post(house, ask("plain"))
        assert "x-vectal-cache" not in answer.headers
        assert "x-vectal-guardrails" not in answer.headers
    assert len(house.peer.seen) == asked + 2


# --- guardrails -------------------------------------------------------------------------------

MAIL = "ada@example.org"


async def test_an_address_never_leaves_and_comes_back(house: Gateway) -> None:
    await prefer(house, guardrails={"personal_data": "redact"})
    house.peer.answers[CHAT] = sse(
        chat_chunk({"role": "assistant", "content": "Write to [EM"}),
        chat_chunk({"content": "AIL_"}),
        chat_chunk({"content": "1] now"}),
        chat_chunk({}, "stop"),
        CHAT_USAGE,
        b"data: [DONE]\n\n",
    )
    for stream in (True, False):
        answer = await post(house, ask(f"My address is {MAIL}", stream=stream))
        assert answer.headers["x-vectal-guardrails"] == "redacted.email"
        said = "".join(_deltas(answer.text)) if stream else _content(answer)
        assert said == f"Write to {MAIL} now"
        sent = house.peer.seen[-1].body.decode()
        assert MAIL not in sent
        assert "[EMAIL_1]" in sent
    call = (await newest_calls(house, 1))[0]
    assert "guardrail.redacted.email" in call["route_codes"]
    assert MAIL not in json.dumps(call)


def _deltas(text: str) -> list[str]:
    chunks = [json.loads(line[6:]) for line in text.splitlines() if line.startswith("data: {")]
    return [c["choices"][0]["delta"].get("content") or "" for c in chunks if c["choices"]]


def _content(answer: httpx2.Response) -> str:
    return str(answer.json()["choices"][0]["message"]["content"])


async def test_a_request_without_personal_data_is_passed_on_as_it_is(house: Gateway) -> None:
    await prefer(house, guardrails={"personal_data": "redact"})
    house.peer.answers[CHAT] = reply(CHAT_ANSWER, headers=JSON)
    body = b'{ "messages":[{"role":"user","content":"nothing"}],  "model":"vendor-chat"}'
    async with house.http() as http:
        answer = await http.post("/chat/completions", content=body, headers=JSON)
    assert answer.content == CHAT_ANSWER
    assert house.peer.seen[-1].body == body
    assert answer.headers["x-vectal-guardrails"] == "passed"


@pytest.mark.parametrize(
    "more",
    [
        {"metadata": {"owner": MAIL}},
        {"prediction": {"type": "content", "content": MAIL}},
        {"user": MAIL, "safety_identifier": "somebody"},
    ],
)
async def test_what_only_the_vendor_would_read_never_leaves(
    house: Gateway, more: dict[str, Any]
) -> None:
    await prefer(house, guardrails={"personal_data": "redact"})
    house.peer.answers[CHAT] = sse(*CHAT_STREAM)
    answer = await post(house, ask("Hi", **more))
    assert answer.headers["x-vectal-guardrails"] == "redacted.email", answer.text
    assert answer.status_code == 200
    assert MAIL not in house.peer.seen[-1].body.decode()


async def test_a_request_that_only_its_vendor_can_read_is_told_of_guardrails(
    house: Gateway,
) -> None:
    await prefer(house, guardrails={"personal_data": "mark"})
    asked = len(house.peer.seen)
    answer = await post(house, ask("nothing", n=2), "/chat/completions")
    assert answer.status_code == 400
    assert "This workspace has guardrails" in answer.json()["error"]["message"]
    assert len(house.peer.seen) == asked


async def test_texts_for_vectors_are_guarded_too(house: Gateway) -> None:
    vectors: dict[str, Any] = {
        "object": "list",
        "data": [],
        "model": "x",
        "usage": {"prompt_tokens": 1},
    }
    house.peer.answers["/chat/embeddings"] = reply(json.dumps(vectors).encode(), headers=JSON)
    body: dict[str, Any] = {"model": EMBEDDING_MODEL, "input": [f"Write to {MAIL}", "plain"]}
    await prefer(house, guardrails={"personal_data": "redact"})
    named = await post(
        house, {"model": EMBEDDING_MODEL, "input": "Hi", "user": MAIL}, "/embeddings"
    )
    assert named.headers["x-vectal-guardrails"] == "redacted.email", named.text
    assert MAIL not in house.peer.seen[-1].body.decode()
    answer = await post(house, body, "/embeddings")
    assert answer.status_code == 200, answer.text
    assert answer.headers["x-vectal-guardrails"] == "redacted.email"
    assert json.loads(house.peer.seen[-1].body)["input"] == ["Write to [EMAIL_1]", "plain"]
    asked = len(house.peer.seen)
    tokens = await post(house, {**body, "input": [1, 2, 3]}, "/embeddings")
    assert tokens.status_code == 400
    assert "can't be checked" in tokens.json()["error"]["message"]
    await prefer(house, guardrails={"personal_data": "refuse"})
    refused = await post(house, body, "/embeddings")
    assert refused.status_code == 400
    assert MAIL not in refused.text
    assert len(house.peer.seen) == asked


@pytest.mark.parametrize("path", ["/chat/completions", "/messages", "/responses"])
async def test_a_refusal_reaches_no_vendor_and_has_the_clients_shape(
    house: Gateway, path: str
) -> None:
    await prefer(house, guardrails={"personal_data": "refuse"})
    asked = len(house.peer.seen)
    text = "My card is 4111 1111 1111 1111."
    body: dict[str, Any] = ask(text, max_tokens=9)
    if path == "/responses":
        body = {"model": CHAT_MODEL, "input": text}
    answer = await post(house, body, path)
    assert answer.status_code == 400, answer.text
    assert answer.headers["x-vectal-guardrails"] == "refused.card"
    assert answer.json()["error"]["message"]
    # The id of a request is made of digits as well.
    assert "4111 1111" not in answer.text
    assert len(house.peer.seen) == asked
    call = (await newest_calls(house, 1))[0]
    assert (call["status"], call["attempts"]) == ("failed", 0)
    assert call["error_code"] == "ai.guardrail_blocked_request"
    assert "guardrail.refused.card" in call["route_codes"]


async def test_a_denied_answer_is_held_back_and_paid_for(house: Gateway) -> None:
    await prefer(house, guardrails={"denied_phrases": ["HI"]})
    for stream in (False, True):
        house.peer.answers[CHAT] = sse(*CHAT_STREAM)
        answer = await post(house, ask("greet", stream=stream))
        assert answer.status_code == 502
        assert answer.headers["x-vectal-guardrails"] == "denied"
        call = (await newest_calls(house, 1))[0]
        assert call["error_code"] == "ai.guardrail_blocked_answer"
        assert (call["input_tokens"], call["output_tokens"]) == (11, 3)


async def test_a_held_answer_that_breaks_off_is_paid_for_as_far_as_it_came(house: Gateway) -> None:
    await prefer(house, guardrails={"denied_phrases": ["something else"]})
    for number, stream in ((8, False), (9, True)):
        house.peer.answers[CHAT] = sse(chat_chunk({"role": "assistant", "content": "x" * 400}))
        answer = await post(
            house, ask("greet", stream=stream) | {"model": f"{CHAT_MODEL}-{number}"}
        )
        assert answer.status_code == 502
        call = (await newest_calls(house, 1))[0]
        assert (call["status"], call["output_tokens"] >= 100) == ("failed", True)
        assert call["input_tokens"] > 0


async def test_an_answer_of_another_schema_is_flagged_or_refused(house: Gateway) -> None:
    schema = {"type": "object", "required": ["n"], "properties": {"n": {"type": "integer"}}}
    wanted = {"type": "json_schema", "json_schema": {"name": "n", "schema": schema}}
    for mode, status in (("flag", 200), ("refuse", 502)):
        await prefer(house, guardrails={"schema_check": mode})
        house.peer.answers[CHAT] = sse(*CHAT_STREAM)
        answer = await post(house, ask("count", response_format=wanted))
        assert answer.status_code == status
        said = "schema.failed" if mode == "flag" else "schema.refused"
        assert answer.headers["x-vectal-guardrails"] == said
    house.peer.answers[CHAT] = sse(
        chat_chunk({"role": "assistant", "content": '{"n": 3}'}),
        chat_chunk({}, "stop"),
        b"data: [DONE]\n\n",
    )
    answer = await post(house, ask("count", response_format=wanted))
    assert (answer.status_code, _content(answer)) == (200, '{"n": 3}')


async def test_a_schema_with_look_around_goes_as_it_came(house: Gateway) -> None:
    schema = {"type": "object", "properties": {"n": {"pattern": "^(?=.*a)b"}}}
    wanted = {"type": "json_schema", "json_schema": {"name": "n", "schema": schema}}
    for rules, status, told in (
        ({}, 200, None),
        ({"schema_check": "flag"}, 200, "schema.unchecked"),
        ({"schema_check": "refuse", "on_failure": "pass"}, 200, "schema.unchecked"),
        ({"schema_check": "refuse"}, 502, "schema.unchecked"),
    ):
        await prefer(house, guardrails=rules)
        house.peer.answers[CHAT] = sse(
            chat_chunk({"role": "assistant", "content": '{"n": "b"}'}),
            chat_chunk({}, "stop"),
            b"data: [DONE]\n\n",
        )
        answer = await post(house, ask("count", response_format=wanted, stream=True))
        assert (answer.status_code, answer.headers.get("x-vectal-guardrails")) == (status, told)
        sent = json.loads(house.peer.seen[-1].body)
        assert sent["response_format"]["json_schema"]["schema"] == schema


@pytest.mark.parametrize(
    ("verdict", "on_failure", "status", "told"),
    [
        (reply(b'{"allow": true}', headers=JSON), "refuse", 200, "passed"),
        (reply(b'{"allow": false}', headers=JSON), "pass", 400, "webhook.refused.request"),
        (reply(b"oops", status="500 No"), "refuse", 400, "webhook.failed.request"),
        (reply(b"not json", headers=JSON), "refuse", 400, "webhook.failed.request"),
        (
            reply(b"oops", status="500 No"),
            "pass",
            200,
            "webhook.failed.request, webhook.failed.answer",
        ),
    ],
    ids=["allowed", "refused", "broken", "garbage", "broken but open"],
)
async def test_an_outside_judge_decides(
    house: Gateway, verdict: Any, on_failure: str, status: int, told: str
) -> None:
    hook = {"url": house.peer.url("/judge"), "timeout_ms": 2_000}
    await prefer(house, guardrails={"webhook": hook, "on_failure": on_failure})
    house.peer.answers["/judge"] = verdict
    house.peer.answers[CHAT] = sse(*CHAT_STREAM)
    answer = await post(house, ask("judge me"))
    assert (answer.status_code, answer.headers["x-vectal-guardrails"]) == (status, told)
    asked = [json.loads(seen.body) for seen in house.peer.seen if seen.path == "/judge"]
    assert {"stage": "request", "text": "judge me"} in asked


# --- fallbacks --------------------------------------------------------------------------------


@pytest.mark.parametrize(("number", "status"), [(16, "400 Bad"), (17, "413 Long"), (18, "422 No")])
async def test_a_wrong_request_stays_one_when_who_stands_in_is_in_trouble(
    house: Gateway, number: int, status: str
) -> None:
    await earn_retries(house, 4)  # as many as this takes of the workspace
    chat, claude = f"{CHAT_MODEL}-{number}", f"{CLAUDE_MODEL}-{number}"
    await prefer(house, fallbacks={chat: [claude], claude: [chat]})
    wrong = reply(b'{"error":{"message":"No such role."}}', status=status, headers=JSON)
    down = reply(b'{"error":{"message":"Down."}}', status="500 Oops", headers=JSON)
    house.peer.answers |= {CHAT: wrong, CLAUDE: down}
    answer = await post(house, ask("wrong") | {"model": chat})
    assert (answer.status_code, answer.json()["error"]["type"]) == (400, "invalid_request_error")
    assert "No such role." in answer.json()["error"]["message"]
    house.peer.answers |= {CHAT: down, CLAUDE: wrong}
    answer = await post(house, ask("wrong", max_tokens=9) | {"model": claude}, "/messages")
    assert (answer.status_code, answer.json()["error"]["type"]) == (400, "invalid_request_error")
    assert "No such role." in answer.json()["error"]["message"]


@pytest.mark.parametrize(
    ("asked", "fallback", "status"),
    [("talks-little", "talks-long", 200), ("talks-long", "talks-little", 402)],
)
async def test_who_only_stands_in_makes_no_call_too_dear(
    house: Gateway, asked: str, fallback: str, status: int
) -> None:
    """The budget would hold a long answer of the one, and not of the other."""
    models = [
        {"name": name, "context_tokens": 100_000, "max_output_tokens": longest}
        for name, longest in (("talks-little", 1_000), ("talks-long", 50_000))
    ]
    url = house.peer.url("/talks")
    provider = {"kind": "openai_compatible", "name": f"talks {asked}", "base_url": url}
    made = await house.ada.post("/ai/providers", {**provider, "models": models})
    key = await house.ada.post("/api-keys", {"name": "small", "scopes": SCOPES})
    subject = {"subject_kind": "key", "subject_id": key["id"]}
    draft = {"name": "Small", "period": "total", "unit": "tokens", "cap": "5000", **subject}
    await house.ada.post("/ai/budgets", draft)
    await prefer(house, fallbacks={asked: [fallback]})
    house.peer.answers["/talks/chat/completions"] = reply(CHAT_ANSWER, headers=JSON)
    headers = {"Authorization": f"Bearer {key['key']}"}
    async with house.http() as http:
        answer = await http.post(
            "/chat/completions", json=ask("Hello") | {"model": asked}, headers=headers
        )
    assert answer.status_code == status, answer.text
    await prefer(house)
    await house.ada.http.delete(f"/ai/providers/{made['id']}")


# --- hedges -----------------------------------------------------------------------------------


async def test_a_silent_model_gets_a_rival_and_both_are_in_the_ledger(house: Gateway) -> None:
    await earn_retries(house, 1)
    name = f"{CHAT_MODEL}-11"
    await prefer(
        house,
        fallbacks={name: [CLAUDE_MODEL]},
        providers=["openai_compatible", "anthropic"],
    )
    house.peer.answers[CHAT] = sse(then_wait=True)
    house.peer.answers[CLAUDE] = reply(CLAUDE_ANSWER, headers=JSON)
    body = ask("hurry", max_tokens=9) | {"model": name}
    answer = await post(house, body, "/messages", vectal_hedge_after_ms="50")
    assert answer.status_code == 200, answer.text
    assert answer.headers["x-vectal-model"] == CLAUDE_MODEL
    assert answer.content == CLAUDE_ANSWER
    calls = {call["model"]: call for call in await newest_calls(house, 2)}
    assert (calls[CLAUDE_MODEL]["status"], calls[name]["status"]) == ("ok", "cancelled")
    assert all("hedged" in call["route_codes"] for call in calls.values())
    assert calls[name]["estimated"]
    assert calls[name]["input_tokens"] > 0
    assert calls[name]["duration_ms"] >= 50


@pytest.mark.parametrize("value", ["49", "60001", "-1", "soon", "1e3", ""])
async def test_an_odd_time_to_hedge_is_refused(house: Gateway, value: str) -> None:
    answer = await post(house, ask("x"), vectal_hedge_after_ms=value)
    assert answer.status_code == 400
    assert "vectal-hedge-after-ms" in answer.json()["error"]["message"]
