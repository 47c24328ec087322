"""Calls that are answered without a task: the same in all respects as those that are not."""

import asyncio
import json
from typing import Any

import httpx2
import pytest
from tests.platform.http.peer import Answer, Seen, raw, reply
from tests.wire.conftest import CHAT_MODEL, CLAUDE_MODEL, JSON, Gateway
from tests.wire.test_passing_on import (
    CHAT,
    CHAT_ANSWER,
    CHAT_STREAM,
    CLAUDE,
    CLAUDE_ANSWER,
    CLAUDE_STREAM,
    chat_chunk,
)

LONG = {"connection": "close"}
"""Who closes after the answer is answered by the application."""
STREAM_HEAD = (
    b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
)
TRIES = 100
OF_THE_CALL = frozenset(
    {
        "connection", "date", "x-request-id", "request-id", "keep-alive",
        "x-ratelimit-remaining-requests", "x-ratelimit-reset-requests",
        "anthropic-ratelimit-requests-remaining", "anthropic-ratelimit-requests-reset",
    }
)  # fmt: skip


def chunked(*pieces: bytes) -> bytes:
    return b"".join(b"%x\r\n%b\r\n" % (len(piece), piece) for piece in pieces)


def kept(*pieces: bytes) -> Answer:
    """The pieces, on a connection that stays open."""

    async def answer(request: Seen, writer: asyncio.StreamWriter) -> None:
        del request
        for piece in pieces:
            writer.write(piece)
            await writer.drain()

    return answer


def kept_stream(*pieces: bytes) -> Answer:
    return kept(STREAM_HEAD, chunked(*pieces, b""))


def kept_answer(body: bytes) -> Answer:
    head = f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(body)}"
    return kept(f"{head}\r\n\r\n".encode(), body)


def first_then(first: Answer, then: Answer) -> Answer:
    """Another answer to the first request than to all others."""
    rest = iter([first])

    async def answer(request: Seen, writer: asyncio.StreamWriter) -> None:
        await next(rest, then)(request, writer)

    return answer


def body_of(model: str, **more: Any) -> dict[str, Any]:
    return {"model": model, "max_tokens": 9, "messages": [{"role": "user", "content": "x"}], **more}


async def count_direct(gateway: Gateway, http: httpx2.AsyncClient) -> float:
    text = (await http.get(f"{gateway.address}/metrics")).text
    name = "vectal_gateway_direct_calls_total "
    return next(float(line.split()[1]) for line in text.splitlines() if line.startswith(name))


async def count_long(gateway: Gateway, http: httpx2.AsyncClient, why: str) -> float:
    text = (await http.get(f"{gateway.address}/metrics")).text
    name = f'vectal_gateway_long_calls_total{{why="{why}"}} '
    lines = [line for line in text.splitlines() if line.startswith(name)]
    return float(lines[0].split()[1]) if lines else 0.0


async def ask_directly(
    gateway: Gateway, http: httpx2.AsyncClient, path: str, body: dict[str, Any]
) -> httpx2.Response:
    """The answer to a call that was direct, as those are that come soon after others."""
    for _ in range(TRIES):
        for _ in range(3):
            await http.post(path, json=body)
        before = await count_direct(gateway, http)
        answer = await http.post(path, json=body)
        if await count_direct(gateway, http) > before:
            return answer
    raise AssertionError("no call was direct")


async def _in_two(gateway: Gateway, pause_s: float) -> bytes:
    """A call whose body comes behind its head, as many clients write the two."""
    host, _, port = gateway.address.removeprefix("http://").partition(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    said = json.dumps(body_of(CHAT_MODEL)).encode()
    head = (
        "POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n"
        f"authorization: Bearer {gateway.key}\r\ncontent-length: {len(said)}\r\n\r\n"
    )
    for piece in (head.encode(), said[:20], said[20:]):
        writer.write(piece)
        await writer.drain()
        await asyncio.sleep(pause_s)
    async with asyncio.timeout(60):
        told = await reader.readuntil(CHAT_ANSWER)
    writer.close()
    return told


async def test_a_body_that_comes_behind_its_head_is_waited_for(gateway: Gateway) -> None:
    gateway.peer.answers[CHAT] = reply(CHAT_ANSWER, headers=JSON)
    async with gateway.http() as http:
        for _ in range(TRIES):
            before = await count_direct(gateway, http)
            for _ in range(3):
                assert (await _in_two(gateway, 0.01)).startswith(b"HTTP/1.1 200")
            if await count_direct(gateway, http) > before:
                return
    raise AssertionError("no call in two pieces was direct")


async def test_a_body_that_is_late_is_waited_for_by_the_application(gateway: Gateway) -> None:
    gateway.peer.answers[CHAT] = reply(CHAT_ANSWER, headers=JSON)
    async with gateway.http() as http:
        before = await count_direct(gateway, http)
        assert (await _in_two(gateway, 0.4)).startswith(b"HTTP/1.1 200")
        assert await count_direct(gateway, http) == before


PICTURE = {
    "role": "user",
    "content": [{"type": "image_url", "image_url": {"url": "data:image/png;base64,iVBORw0KGgo="}}],
}


@pytest.mark.parametrize(
    ("why", "headers", "messages"),
    [
        ("connection", LONG, []),
        ("head", {"vectal-hedge-after-ms": "60000"}, []),
        ("unplanned", {}, [PICTURE]),
    ],
)
async def test_it_counts_why_a_call_is_not_direct(
    gateway: Gateway, why: str, headers: dict[str, str], messages: list[dict[str, Any]]
) -> None:
    gateway.peer.answers[CHAT] = reply(CHAT_ANSWER, headers=JSON)
    body = body_of(CHAT_MODEL)
    body["messages"] = [*body["messages"], *messages]
    async with gateway.http() as http:
        await http.post("/chat/completions", json=body_of(CHAT_MODEL))
        before = await count_long(gateway, http, why), await count_direct(gateway, http)
        answer = await http.post("/chat/completions", json=body, headers=headers)
        after = await count_long(gateway, http, why), await count_direct(gateway, http)
    assert answer.status_code == 200
    assert after == (before[0] + 1, before[1])


async def test_a_refusal_of_the_vendor_makes_a_call_a_long_one(gateway: Gateway) -> None:
    gateway.peer.answers[CHAT] = reply(CHAT_ANSWER, headers=JSON)
    async with gateway.http() as http:
        await ask_directly(gateway, http, "/chat/completions", body_of(CHAT_MODEL))
        before = await count_long(gateway, http, "answer")
        gateway.peer.answers[CHAT] = raw(b"HTTP/1.1 400 Bad\r\ncontent-length: 2\r\n\r\n{}")
        for _ in range(TRIES):
            answer = await http.post("/chat/completions", json=body_of(CHAT_MODEL))
            assert answer.status_code == 400
            if await count_long(gateway, http, "answer") > before:
                return
    raise AssertionError("no refused call had begun as a direct one")


WHOLE = pytest.mark.parametrize(
    ("path", "model", "at", "answer"),
    [
        ("/chat/completions", CHAT_MODEL, CHAT, CHAT_ANSWER),
        ("/messages", CLAUDE_MODEL, CLAUDE, CLAUDE_ANSWER),
    ],
)


@WHOLE
async def test_an_answer_is_the_same_both_ways(
    gateway: Gateway, path: str, model: str, at: str, answer: bytes
) -> None:
    gateway.peer.answers[at] = reply(answer, headers=JSON)
    async with gateway.http() as http:
        direct = await ask_directly(gateway, http, path, body_of(model))
        sent = gateway.peer.seen[-1]
        before = await count_direct(gateway, http)
        long = await http.post(path, json=body_of(model), headers=LONG)
        assert await count_direct(gateway, http) == before
    assert direct.status_code == long.status_code == 200
    assert direct.content == long.content == answer
    told = [
        {name: value for name, value in each.headers.items() if name not in OF_THE_CALL}
        for each in (direct, long)
    ]
    assert told[0] == told[1]
    assert direct.headers.keys() | {"connection"} == long.headers.keys() | {"connection"}
    again = gateway.peer.seen[-1]
    assert (sent.body, dict(sent.headers)) == (again.body, dict(again.headers))


@pytest.mark.parametrize(
    ("path", "model", "at", "pieces"),
    [
        ("/chat/completions", CHAT_MODEL, CHAT, CHAT_STREAM),
        ("/messages", CLAUDE_MODEL, CLAUDE, CLAUDE_STREAM),
    ],
)
async def test_a_stream_is_the_same_both_ways(
    gateway: Gateway, path: str, model: str, at: str, pieces: tuple[bytes, ...]
) -> None:
    gateway.peer.answers[at] = kept_stream(*pieces)
    body = body_of(model, stream=True)
    async with gateway.http() as http:
        direct = await ask_directly(gateway, http, path, body)
        long = await http.post(path, json=body, headers=LONG)
    assert direct.content == long.content
    assert direct.headers["content-type"] == long.headers["content-type"]
    assert b"usage" in direct.content or path != "/messages"


async def test_it_is_in_the_ledger_with_its_tokens(gateway: Gateway) -> None:
    gateway.peer.answers[CHAT] = reply(CHAT_ANSWER, headers=JSON)
    async with gateway.http() as http:
        answer = await ask_directly(gateway, http, "/chat/completions", body_of(CHAT_MODEL))
    name = answer.headers["x-request-id"]
    found: list[Any] = []
    for _ in range(TRIES):
        calls = await gateway.ada.get("/ai/calls", limit=50)
        found = [each for each in calls["items"] if each["request_id"] == name]
        if found:
            break
        await asyncio.sleep(0.2)
    assert [(each["status"], each["input_tokens"], each["output_tokens"]) for each in found] == [
        ("ok", 11, 3)
    ]


async def test_a_refusal_behind_an_open_line_is_told_as_ever(gateway: Gateway) -> None:
    model = f"{CHAT_MODEL}-12"
    gateway.peer.answers[CHAT] = reply(CHAT_ANSWER, headers=JSON)
    async with gateway.http() as http:
        await ask_directly(gateway, http, "/chat/completions", body_of(model))
        gateway.peer.answers[CHAT] = reply(b'{"error":{"message":"No."}}', status="400 Bad")
        refused = await http.post("/chat/completions", json=body_of(model))
        gateway.peer.answers[CHAT] = reply(CHAT_ANSWER, headers=JSON)
        after = await http.post("/chat/completions", json=body_of(model))
    assert refused.status_code == 400
    assert refused.json()["error"]["message"]
    assert after.content == CHAT_ANSWER


async def test_a_line_that_breaks_is_tried_again(gateway: Gateway) -> None:
    model = f"{CHAT_MODEL}-13"
    gateway.peer.answers[CHAT] = reply(CHAT_ANSWER, headers=JSON)
    async with gateway.http() as http:
        await ask_directly(gateway, http, "/chat/completions", body_of(model))
        seen, good = len(gateway.peer.seen), reply(CHAT_ANSWER, headers=JSON)
        gateway.peer.answers[CHAT] = first_then(raw(b"no HTTP\r\n\r\n"), good)
        answer = await http.post("/chat/completions", json=body_of(model))
    assert answer.content == CHAT_ANSWER
    assert len(gateway.peer.seen) == seen + 2


@pytest.mark.parametrize("cut", [None, -30])
@pytest.mark.parametrize("counts", [False, True])
async def test_a_stream_that_breaks_off_says_so(
    gateway: Gateway, cut: int | None, *, counts: bool
) -> None:
    """Also where it breaks in the middle of an event."""
    model = f"{CHAT_MODEL}-14"
    gateway.peer.answers[CHAT] = kept_stream(*CHAT_STREAM)
    body = body_of(model, stream=True, stream_options={"include_usage": counts})
    async with gateway.http() as http:
        await ask_directly(gateway, http, "/chat/completions", body)
        first = chat_chunk({"role": "assistant", "content": "Hi"})
        half = [] if cut is None else [chat_chunk({"content": "Half"})[:cut]]
        gateway.peer.answers[CHAT] = raw(STREAM_HEAD, chunked(first, *half))
        answer = await http.post("/chat/completions", json=body)
    lines = [line for line in answer.text.split("\n\n") if line]
    assert json.loads(lines[0].removeprefix("data: "))["choices"][0]["delta"]["content"] == "Hi"
    assert "error" in json.loads(lines[-1].removeprefix("data: "))
    assert len(lines) == 2


async def test_a_long_answer_in_one_piece_is_put_together(gateway: Gateway) -> None:
    model = f"{CHAT_MODEL}-17"
    gateway.peer.answers[CHAT] = kept_answer(CHAT_ANSWER)
    long = CHAT_ANSWER + b" " * (3 << 20) + b"\n"
    async with gateway.http() as http:
        await ask_directly(gateway, http, "/chat/completions", body_of(model))
        before = await count_direct(gateway, http)
        gateway.peer.answers[CHAT] = kept_answer(long)
        answer = await http.post("/chat/completions", json=body_of(model))
        assert await count_direct(gateway, http) == before + 1
    assert answer.content == long


async def test_what_came_with_an_error_comes_before_it(gateway: Gateway) -> None:
    model = f"{CHAT_MODEL}-16"
    gateway.peer.answers[CHAT] = kept_stream(*CHAT_STREAM)
    body = body_of(model, stream=True)
    async with gateway.http() as http:
        await ask_directly(gateway, http, "/chat/completions", body)
        before = await count_direct(gateway, http)
        said = chat_chunk({"role": "assistant", "content": "Hi"})
        error = b'data: {"error":{"message":"overloaded","type":"overloaded_error"}}\n\n'
        gateway.peer.answers[CHAT] = kept_stream(said + error)
        answer = await http.post("/chat/completions", json=body)
        assert await count_direct(gateway, http) == before + 1
    lines = [line for line in answer.text.split("\n\n") if line]
    assert json.loads(lines[0].removeprefix("data: "))["choices"][0]["delta"]["content"] == "Hi"
    assert "overloaded" in json.loads(lines[1].removeprefix("data: "))["error"]["message"]
    assert len(lines) == 2


async def test_requests_behind_each_other_are_answered_in_turn(gateway: Gateway) -> None:
    """Two in one piece, on one connection."""
    gateway.peer.answers[CHAT] = reply(CHAT_ANSWER, headers=JSON)
    async with gateway.http() as http:
        await ask_directly(gateway, http, "/chat/completions", body_of(CHAT_MODEL))
    host, _, port = gateway.address.removeprefix("http://").partition(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    said = json.dumps(body_of(CHAT_MODEL)).encode()
    request = (
        b"POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n"
        b"authorization: Bearer %b\r\nx-request-id: request-%d\r\ncontent-length: %d\r\n\r\n%b"
    )
    for round_ in range(3):
        numbers = (2 * round_, 2 * round_ + 1)
        writer.write(
            b"".join(request % (gateway.key.encode(), each, len(said), said) for each in numbers)
        )
        for number in numbers:
            head = await reader.readuntil(b"\r\n\r\n")
            assert head.startswith(b"HTTP/1.1 200 OK\r\n")
            assert b"x-request-id: request-%d\r\n" % number in head
            assert await reader.readexactly(len(CHAT_ANSWER)) == CHAT_ANSWER
    writer.close()
    await writer.wait_closed()


async def test_a_revoked_key_is_refused_within_a_second(gateway: Gateway) -> None:
    gateway.peer.answers[CHAT] = reply(CHAT_ANSWER, headers=JSON)
    made = await gateway.ada.post("/api-keys", {"name": "direct", "scopes": ["ai:use"]})
    headers = {"Authorization": f"Bearer {made['key']}"}
    async with httpx2.AsyncClient(base_url=f"{gateway.address}/v1", headers=headers) as http:
        await ask_directly(gateway, http, "/chat/completions", body_of(CHAT_MODEL))
        gone = await gateway.ada.http.delete(f"/api-keys/{made['id']}")
        assert gone.is_success, gone.text
        statuses = set[int]()
        for _ in range(TRIES):
            answer = await http.post("/chat/completions", json=body_of(CHAT_MODEL))
            statuses.add(answer.status_code)
            if answer.status_code == 401:
                break
            await asyncio.sleep(0.1)
    assert 401 in statuses
    assert statuses <= {200, 401}
