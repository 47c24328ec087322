"""What reaches the vendor and what comes back, where the wires agree and where they don't."""

import asyncio
import json
from typing import Any

import anthropic
import httpx2
import openai
import pytest
from tests.platform.http.peer import Answer, Seen, raw, reply
from tests.wire.conftest import CHAT_MODEL, CLAUDE_MODEL, JSON, UPSTREAM_KEY, Gateway

CHAT = "/chat/chat/completions"
CLAUDE = "/claude/v1/messages"
ODD_BODY = (
    b'{ "messages" : [ {"role":"user","content":"say \\"model\\": \\u00e4", "future": [1, 2.50]} ],'
    b'\n "model":"%s",  "vendor_option" : {"model": "inner"} }'
)
CHAT_ANSWER = (
    b'{"id":"up-1","object":"chat.completion","created":1,"model":"vendor-chat","odd":  true,'
    b'"choices":[{"index":0,"finish_reason":"stop","message":{"role":"assistant","content":"Hi"}}],'
    b'"usage":{"prompt_tokens":11,"completion_tokens":3,"total_tokens":14}}'
)
CLAUDE_ANSWER = (
    b'{"id":"msg_up","type":"message","role":"assistant","model":"vendor-claude",'
    b'"content":[{"type":"text","text":"Hi"}],"stop_reason":"end_turn","stop_sequence":null,'
    b'"usage":{"input_tokens":11,"output_tokens":3,"cache_read_input_tokens":5,'
    b'"cache_creation_input_tokens":0}}'
)


def chat_chunk(delta: dict[str, Any], reason: str | None = None) -> bytes:
    choice = {"index": 0, "delta": delta, "finish_reason": reason}
    body = {
        "id": "up-1",
        "object": "chat.completion.chunk",
        "created": 1,
        "model": CHAT_MODEL,
        "choices": [choice],
    }
    return b"data: " + json.dumps(body).encode() + b"\n\n"


CHAT_USAGE = (
    b'data: {"id":"up-1","object":"chat.completion.chunk","created":1,"model":"vendor-chat",'
    b'"choices":[],"usage":{"prompt_tokens":11,"completion_tokens":3,"total_tokens":14}}\n\n'
)
CHAT_STREAM = (
    b": comment\n\n",
    chat_chunk({"role": "assistant", "content": ""}),
    chat_chunk({"content": "Hi"}),
    chat_chunk({}, "stop"),
    CHAT_USAGE,
    b"data: [DONE]\n\n",
)


def claude_event(kind: str, **members: Any) -> bytes:
    return f"event: {kind}\ndata: {json.dumps({'type': kind, **members})}\n\n".encode()


CLAUDE_STREAM = (
    claude_event(
        "message_start",
        message={
            "id": "msg_up",
            "type": "message",
            "role": "assistant",
            "model": CLAUDE_MODEL,
            "content": [],
            "stop_reason": None,
            "stop_sequence": None,
            "usage": {"input_tokens": 11, "output_tokens": 1},
        },
    ),
    claude_event("content_block_start", index=0, content_block={"type": "text", "text": ""}),
    claude_event("content_block_delta", index=0, delta={"type": "text_delta", "text": "Hi"}),
    claude_event("content_block_stop", index=0),
    claude_event(
        "message_delta",
        delta={"stop_reason": "end_turn", "stop_sequence": None},
        usage={"output_tokens": 3},
    ),
    claude_event("message_stop"),
)


def sse(*pieces: bytes, then_wait: bool = False) -> Answer:
    head = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n"
    return raw(head, *pieces, then_wait=then_wait)


async def _usage(gateway: Gateway, model: str) -> dict[str, Any]:
    """The usage once it has stood still: the ledger is written each half second."""
    last: Any = None
    while True:
        await asyncio.sleep(1.2)
        found = await gateway.ada.get("/ai/usage", group="model")
        if found == last:
            break
        last = found
    rows = {row["group"]: row for row in found["items"]}
    return rows.get(model, {"calls": 0, "input_tokens": 0, "output_tokens": 0})


async def test_a_body_is_passed_on_byte_for_byte(gateway: Gateway) -> None:
    gateway.peer.answers[CHAT] = reply(CHAT_ANSWER, headers=JSON)
    async with gateway.http() as http:
        body = ODD_BODY % CHAT_MODEL.encode()
        answer = await http.post("/chat/completions", content=body, headers=JSON)
    assert answer.content == CHAT_ANSWER
    seen = gateway.peer.seen[-1]
    assert seen.body == body
    assert seen.headers["authorization"] == f"Bearer {UPSTREAM_KEY}"
    assert gateway.key not in str(seen.headers)


async def test_only_the_name_of_the_model_changes(gateway: Gateway) -> None:
    gateway.peer.answers[CHAT] = reply(CHAT_ANSWER, headers=JSON)
    async with gateway.http() as http:
        body = ODD_BODY % b"openai_compatible/vendor-chat"
        await http.post("/chat/completions", content=body, headers=JSON)
    assert gateway.peer.seen[-1].body == ODD_BODY % CHAT_MODEL.encode()


async def test_a_stream_comes_back_byte_for_byte(gateway: Gateway) -> None:
    gateway.peer.answers[CHAT] = sse(*CHAT_STREAM)
    body = {
        "model": CHAT_MODEL,
        "messages": [{"role": "user", "content": "x"}],
        "stream": True,
        "stream_options": {"include_usage": True},
    }
    async with gateway.http() as http:
        answer = await http.post("/chat/completions", json=body)
    assert answer.content == b"".join(CHAT_STREAM)


async def test_counts_that_nobody_asked_for_are_kept_back(gateway: Gateway) -> None:
    gateway.peer.answers[CHAT] = sse(*CHAT_STREAM)
    before = await _usage(gateway, CHAT_MODEL)
    body = {"model": CHAT_MODEL, "messages": [{"role": "user", "content": "x"}], "stream": True}
    async with gateway.http() as http:
        answer = await http.post("/chat/completions", json=body)
    assert b"usage" not in answer.content
    assert answer.content.endswith(b"data: [DONE]\n\n")
    assert json.loads(gateway.peer.seen[-1].body)["stream_options"] == {"include_usage": True}
    after = await _usage(gateway, CHAT_MODEL)
    assert after["calls"] == before["calls"] + 1
    assert after["input_tokens"] == before["input_tokens"] + 11
    assert after["output_tokens"] == before["output_tokens"] + 3


async def test_messages_are_passed_on_with_their_version_and_betas(gateway: Gateway) -> None:
    gateway.peer.answers[CLAUDE] = reply(CLAUDE_ANSWER, headers=JSON)
    body = b'{"model":"vendor-claude","max_tokens":9,"messages":[{"role":"user","content":"x"}]}'
    headers = {**JSON, "anthropic-beta": "some-beta-2026", "anthropic-version": "2023-06-01"}
    async with gateway.http() as http:
        for _ in range(5):  # one of them directly
            answer = await http.post("/messages", content=body, headers=headers)
            assert answer.content == CLAUDE_ANSWER
            seen = gateway.peer.seen[-1]
            assert seen.body == body
            assert seen.headers["anthropic-beta"] == "some-beta-2026"
            assert seen.headers["anthropic-version"] == "2023-06-01"
            assert seen.headers["x-api-key"] == UPSTREAM_KEY
        await http.post("/messages", content=body, headers={**JSON, "anthropic-version": ""})
    assert gateway.peer.seen[-1].headers["anthropic-version"] == "2026-10-21"


async def test_a_model_of_which_nobody_told_if_it_sees_is_shown_pictures(gateway: Gateway) -> None:
    """Lists of models seldom tell; whoever names one hears from its vendor."""
    gateway.peer.answers["/eyes/chat/completions"] = sse(*CHAT_STREAM)
    provider = {"kind": "openai_compatible", "name": "eyes", "models": [{"name": "maybe-sees"}]}
    where = {"base_url": gateway.peer.url("/eyes"), "key": UPSTREAM_KEY}
    made = await gateway.ada.post("/ai/providers", {**provider, **where})
    source = {"type": "base64", "media_type": "image/png", "data": "iVBORw0KGgo="}
    url = "data:image/png;base64,iVBORw0KGgo="
    shown = (
        ("/chat/completions", {"type": "image_url", "image_url": {"url": url}}),
        ("/messages", {"type": "image", "source": source}),
    )
    try:
        await asyncio.sleep(1.1)  # what can be reached is known for a second
        async with gateway.http() as http:
            for path, picture in shown:
                said = [{"role": "user", "content": [{"type": "text", "text": "What?"}, picture]}]
                body = {"model": "maybe-sees", "max_tokens": 9, "stream": True, "messages": said}
                assert (await http.post(path, json=body)).status_code == 200
                parts = json.loads(gateway.peer.seen[-1].body)["messages"][0]["content"]
                assert parts[1]["image_url"]["url"] == url
    finally:
        await gateway.ada.http.delete(f"/ai/providers/{made['id']}")


async def test_threads_that_a_vendor_keeps_are_not_leant_on(gateway: Gateway) -> None:
    """Its tool runners ask for one, and by these words send the whole conversation instead."""
    seen = len(gateway.peer.seen)
    said = {"max_tokens": 50, "messages": [{"role": "user", "content": "x"}]}
    threads = {"type": "create"}, {"type": "continue", "previous_message_id": "msg_1"}
    async with gateway.http() as http:
        for model in (CLAUDE_MODEL, CHAT_MODEL):
            for thread in threads:
                body = {"model": model, "thread": thread, **said}
                answer = await http.post("/messages", json=body)
                assert answer.status_code == 400
                details = answer.json()["error"]["details"]
                assert details["error_code"] == "thread_unsupported_request"
                assert details["unsupported"] == ["thread"]
    assert len(gateway.peer.seen) == seen


async def test_cached_input_is_counted_as_input(gateway: Gateway) -> None:
    gateway.peer.answers[CLAUDE] = reply(CLAUDE_ANSWER, headers=JSON)
    before = await _usage(gateway, CLAUDE_MODEL)
    async with gateway.http() as http:
        await http.post(
            "/messages",
            json={"model": CLAUDE_MODEL, "max_tokens": 9, "messages": []},
        )
    after = await _usage(gateway, CLAUDE_MODEL)
    assert after["input_tokens"] == before["input_tokens"] + 16


async def test_an_openai_client_reaches_anthropic(
    gateway: Gateway, client: openai.AsyncOpenAI
) -> None:
    gateway.peer.answers[CLAUDE] = sse(*CLAUDE_STREAM)
    messages: Any = [{"role": "system", "content": "Be short."}, {"role": "user", "content": "Yo"}]
    answer = await client.chat.completions.create(model=CLAUDE_MODEL, messages=messages)
    assert answer.choices[0].message.content == "Hi"
    assert answer.usage is not None
    assert (answer.usage.prompt_tokens, answer.usage.completion_tokens) == (11, 3)
    sent = json.loads(gateway.peer.seen[-1].body)
    assert "Be short." in json.dumps(sent["system"])
    assert sent["messages"][0]["role"] == "user"
    assert sent["max_tokens"] == 8_192, "no limit is the model's own longest answer"


async def test_a_clients_marks_for_the_cache_reach_anthropic(gateway: Gateway) -> None:
    gateway.peer.answers[CLAUDE] = sse(*CLAUDE_STREAM)
    mark = {"type": "ephemeral", "ttl": "1h"}
    part = {"type": "text", "text": "Be short.", "cache_control": mark}
    tool = {"type": "function", "function": {"name": "look"}, "cache_control": mark}
    messages = [{"role": "system", "content": [part]}, {"role": "user", "content": "Yo"}]
    body = {"model": CLAUDE_MODEL, "messages": messages, "tools": [tool]}
    async with gateway.http() as http:
        answer = await http.post("/chat/completions", json=body)
    assert answer.status_code == 200, answer.text
    sent = json.loads(gateway.peer.seen[-1].body)
    assert (sent["system"], sent["tools"][0]["cache_control"]) == ([part], mark)
    assert json.dumps(sent).count("cache_control") == 2, "none of ours beside the client's"


async def test_an_anthropic_client_reaches_openai(
    gateway: Gateway, claude: anthropic.AsyncAnthropic
) -> None:
    gateway.peer.answers[CHAT] = sse(*CHAT_STREAM)
    async with claude.messages.stream(
        model=CHAT_MODEL,
        max_tokens=99,
        system="Be short.",
        messages=[{"role": "user", "content": "Yo"}],
    ) as stream:
        final = await stream.get_final_message()
    assert final.content[0].type == "text"
    assert final.content[0].text == "Hi"
    assert (final.usage.input_tokens, final.usage.output_tokens) == (11, 3)
    sent = json.loads(gateway.peer.seen[-1].body)
    assert sent["messages"][0] == {"role": "system", "content": "Be short."}


@pytest.mark.parametrize(
    ("number", "status", "expected"),
    [(0, "400 Bad", 400), (1, "401 No", 502), (2, "403 No", 403), (3, "404 No", 404),
     (4, "429 Slow", 429), (5, "500 Oops", 502), (6, "529 Busy", 529)],
)  # fmt: skip
async def test_a_vendors_refusal_has_its_status(
    gateway: Gateway, number: int, status: str, expected: int
) -> None:
    body = b'{"error":{"message":"The vendor says no.","type":"some_error"}}'
    gateway.peer.answers[CHAT] = reply(body, status=status, headers=JSON)
    async with gateway.http() as http:
        answer = await http.post(
            "/chat/completions",
            json={
                "model": f"{CHAT_MODEL}-{number}",
                "messages": [{"role": "user", "content": "x"}],
            },
        )
    assert answer.status_code == expected, answer.text
    assert answer.json()["error"]["message"]
    assert UPSTREAM_KEY not in answer.text


async def test_an_error_inside_a_200_is_an_error(gateway: Gateway) -> None:
    error = b'data: {"error":{"message":"overloaded","type":"overloaded_error"}}\n\n'
    gateway.peer.answers[CHAT] = sse(error)
    body = {
        "model": f"{CHAT_MODEL}-7",
        "messages": [{"role": "user", "content": "x"}],
        "stream": True,
    }
    async with gateway.http() as http:
        answer = await http.post("/chat/completions", json=body)
    assert answer.status_code == 529


async def test_an_error_in_the_place_of_a_whole_answer_is_one(gateway: Gateway) -> None:
    error = b'{"error":{"message":"Slow down, sk-upstream-0123456789","code":429}}'
    gateway.peer.answers[CHAT] = reply(error, headers=JSON)
    gateway.peer.answers[CLAUDE] = reply(
        b'{"type":"error","error":{"type":"overloaded_error","message":"Busy"}}', headers=JSON
    )
    said: dict[str, Any] = {"max_tokens": 9, "messages": [{"role": "user", "content": "x"}]}
    async with gateway.http() as http:
        chat = await http.post("/chat/completions", json={"model": f"{CHAT_MODEL}-9", **said})
        claude = await http.post("/messages", json={"model": f"{CLAUDE_MODEL}-9", **said})
    assert (chat.status_code, claude.status_code) == (429, 529)
    assert UPSTREAM_KEY not in chat.text


@pytest.mark.parametrize(
    ("wish", "why"),
    [({}, "auto.plain"), ({"reasoning_effort": "high"}, "auto.reasoning")],
    ids=["plain", "thought"],
)
async def test_auto_hears_a_wish_for_thought(
    gateway: Gateway, wish: dict[str, Any], why: str
) -> None:
    # Whichever of the two is the better by now, by what other tests have made of them.
    gateway.peer.answers[CHAT] = reply(CHAT_ANSWER, headers=JSON)
    gateway.peer.answers[CLAUDE] = sse(*CLAUDE_STREAM)
    body = {"model": "vectal/auto", "messages": [{"role": "user", "content": "x"}], **wish}
    async with gateway.http() as http:
        answer = await http.post("/chat/completions", json=body)
    assert answer.status_code == 200
    assert why in answer.headers["x-vectal-route"]


async def test_a_stream_that_is_cut_says_so_and_is_billed_once(gateway: Gateway) -> None:
    model = f"{CHAT_MODEL}-8"
    before = await _usage(gateway, model)
    gateway.peer.answers[CHAT] = sse(*CHAT_STREAM[:3])
    body = {"model": model, "messages": [{"role": "user", "content": "x"}], "stream": True}
    async with gateway.http() as http:
        answer = await http.post("/chat/completions", json=body)
    assert answer.status_code == 200
    assert b'"content": "Hi"' in answer.content
    last = answer.content.rstrip(b"\n").rpartition(b"data: ")[2]
    assert json.loads(last)["error"]["message"]
    after = await _usage(gateway, model)
    assert after["calls"] == before["calls"] + 1
    assert after["output_tokens"] > before["output_tokens"]


async def test_who_goes_away_ends_the_vendors_stream(gateway: Gateway) -> None:
    before = await _usage(gateway, CHAT_MODEL)
    gateway.peer.answers[CHAT] = sse(*CHAT_STREAM[:3], then_wait=True)
    body = {"model": CHAT_MODEL, "messages": [{"role": "user", "content": "x"}], "stream": True}
    async with gateway.http() as http, http.stream("POST", "/chat/completions", json=body) as got:
        async for piece in got.aiter_bytes():
            if b"Hi" in piece:
                break
    after = await _usage(gateway, CHAT_MODEL)
    assert after["calls"] == before["calls"] + 1


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 400),
        (b"{", 400),
        (b"[]", 400),
        (b'"x"', 400),
        (b"null", 400),
        (b'{"model": 1}', 400),
        (b'{"model": "simulator"}', 400),
        (b'{"model": "simulator", "messages": []', 400),
        (b'{"model": "\xff", "messages": []}', 400),
        (b'{"model": "simulator", "messages": ' + b"[" * 5_000 + b"]" * 5_000 + b"}", 400),
        (b'{"model": "simulator", "messages": [{"role": "user", "content": "x"}], '
         b'"tools": [' + b",".join([b'{"type": "function"}'] * 10_000) + b"]}", 400),
        (b'{"model": "simulator", "stream_options": {"include_usage": 3}, "messages": []}', 400),
        (b" " * (33 << 20), 413),
    ],
    ids=["nothing", "cut", "list", "text", "null", "number", "no messages", "truncated", "bytes",
         "deep", "tools", "options", "large"],
)  # fmt: skip
@pytest.mark.parametrize("path", ["/chat/completions", "/messages"])
async def test_hostile_bodies_are_refused_in_the_vendors_shape(
    gateway: Gateway, path: str, body: bytes, status: int
) -> None:
    async with gateway.http() as http:
        answer = await http.post(path, content=body, headers=JSON)
    assert answer.status_code == status, answer.text[:300]
    error = answer.json()["error"]
    assert error["message"]
    assert "Traceback" not in answer.text
    if path == "/messages":
        assert answer.json()["type"] == "error"


@pytest.mark.parametrize("path", ["/nowhere", "/chat/completions"])
async def test_unknown_paths_and_methods_have_the_vendors_shape(
    gateway: Gateway, path: str
) -> None:
    async with gateway.http() as http:
        answer = await http.get(path)
    assert answer.status_code in {404, 405}
    assert answer.json()["error"]["type"] in {"invalid_request_error", "not_found_error"}


async def test_nobody_is_told_nothing(gateway: Gateway) -> None:
    async with httpx2.AsyncClient(base_url=f"{gateway.address}/v1") as http:
        answer = await http.post("/messages", json={"model": "simulator"})
    assert answer.status_code == 401
    assert answer.json()["error"]["type"] == "authentication_error"


async def test_a_reader_that_stops_changes_nobodys_answer(gateway: Gateway) -> None:
    """Twenty clients ask for a long answer and never read it; another is served."""
    text = "Tell me a story of 5000 words"
    body = {"model": "simulator", "messages": [{"role": "user", "content": text}], "stream": True}
    payload = json.dumps(body).encode()
    head = (
        f"POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {gateway.key}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(payload)}\r\n\r\n"
    ).encode()
    host, _, port = gateway.address.removeprefix("http://").partition(":")
    opened = [await asyncio.open_connection(host, int(port)) for _ in range(20)]
    try:
        for _, writer in opened:
            writer.write(head + payload)
        async with gateway.http() as http:
            short = {**body, "messages": [{"role": "user", "content": "Hello"}], "stream": False}
            answer = await http.post("/chat/completions", json=short)
        assert answer.status_code == 200
    finally:
        for _, writer in opened:
            writer.transport.abort()


async def test_a_member_that_stands_there_twice_reaches_no_vendor(gateway: Gateway) -> None:
    """Whoever reads the first would serve another model than whoever reads the last."""
    gateway.peer.answers[CHAT] = reply(CHAT_ANSWER, headers=JSON)
    asked = len(gateway.peer.seen)
    twice = b'{"model":"vendor-chat","messages":[{"role":"user","content":"hi"}],"model":"other"}'
    async with gateway.http() as http:
        for _ in range(6):  # more than open a breaker
            answer = await http.post(
                "/chat/completions", content=twice.replace(b"other", b"vendor-chat"), headers=JSON
            )
            assert answer.status_code == 400, answer.text
            assert "twice" in answer.json()["error"]["message"]
        assert len(gateway.peer.seen) == asked
        good = twice.replace(b',"model":"other"', b"")
        answer = await http.post("/chat/completions", content=good, headers=JSON)
    assert answer.status_code == 200, answer.text


def slow_to_end(*events: bytes, pause_s: float) -> Answer:
    """Events in chunks, the empty one that ends them a moment after the last."""

    async def answer(request: Seen, writer: asyncio.StreamWriter) -> None:
        del request
        head = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n"
        writer.write(head + b"Transfer-Encoding: chunked\r\n\r\n")
        for event in events:
            writer.write(b"%x\r\n%b\r\n" % (len(event), event))
            await writer.drain()
        await asyncio.sleep(pause_s)
        writer.write(b"0\r\n\r\n")
        await writer.drain()

    return answer


@pytest.mark.parametrize("path", ["/chat/completions", "/messages"])
async def test_a_vendor_that_ends_its_stream_late_keeps_its_connection(
    gateway: Gateway, path: str
) -> None:
    """One wire passes the stream on, the other has it translated."""
    gateway.peer.answers[CHAT] = slow_to_end(*CHAT_STREAM, pause_s=0.02)
    body: dict[str, Any] = {"model": CHAT_MODEL, "stream": True, "max_tokens": 9}
    body["messages"] = [{"role": "user", "content": "Hi"}]
    await asyncio.sleep(0.1)  # for the ends of others
    async with gateway.http() as http:
        assert (await http.post(path, json=body)).status_code == 200
        before = gateway.peer.connections
        for _ in range(3):
            await asyncio.sleep(0.1)
            assert (await http.post(path, json=body)).status_code == 200
    assert gateway.peer.connections == before
