"""Streams whose vendor says nothing for long: their clients are shown that they live."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from dataclasses import dataclass

import anthropic
import httpx2
import openai
import pytest
from tests.flows.visitor import Json
from tests.platform.http.peer import Seen, raw, reply
from tests.wire.conftest import CHAT_MODEL, CLAUDE_MODEL, JSON, Gateway
from tests.wire.test_direct import STREAM_HEAD, TRIES, ask_directly, body_of, chunked, count_direct
from tests.wire.test_direct_ends import Call, Gate, replica
from tests.wire.test_passing_on import (
    CHAT,
    CHAT_ANSWER,
    CHAT_STREAM,
    CLAUDE,
    CLAUDE_ANSWER,
    CLAUDE_STREAM,
)

ALIVE = b": waiting\n\n"
WHOLE_HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n"
NO = b'{"error": {"message": "no"}}'
BODY: Json = {"model": CHAT_MODEL, "messages": [{"role": "user", "content": "Hi"}]}
STREAM: Json = {**BODY, "stream": True}
WITH_USAGE: Json = {**STREAM, "stream_options": {"include_usage": True}}
CLAUDE_BODY: Json = {**STREAM, "model": CLAUDE_MODEL, "max_tokens": 50}


@dataclass(frozen=True)
class Impatient:
    """A server that shows soon that a stream lives."""

    gateway: Gateway
    http: httpx2.AsyncClient

    async def until_direct(self) -> None:
        """The next call goes the direct way, as those do that come soon after others."""
        await ask_directly(self.gateway, self.http, "/chat/completions", body_of(CHAT_MODEL))


@pytest.fixture(scope="module")
async def impatient(gateway: Gateway) -> AsyncGenerator[Impatient]:
    settings = {"VECTAL_MODEL_KEEP_ALIVE_S": "0.4"}
    async with replica(gateway, **settings) as (here, _), here.http() as http:
        yield Impatient(here, http)


async def _read_until_alive(response: httpx2.Response, gate: Gate) -> bytes:
    """What comes; the vendor goes on after two signs of life."""
    told = b""
    async for piece in response.aiter_raw():
        told += piece
        if told.count(ALIVE) == 2:
            gate.opened.set()
    return told


@pytest.mark.parametrize(
    "begun",
    [b"", STREAM_HEAD, STREAM_HEAD + chunked(*CHAT_STREAM[:2])],
    ids=["nothing", "head", "opening"],
)
async def test_a_direct_stream_shows_that_it_lives(impatient: Impatient, begun: bytes) -> None:
    """And its client then gets each byte of the answer, once."""
    gateway, gate = impatient.gateway, Gate()
    gateway.peer.answers[CHAT] = reply(CHAT_ANSWER, headers=JSON)
    await impatient.until_direct()
    whole = STREAM_HEAD + chunked(*CHAT_STREAM, b"")
    gateway.peer.answers[CHAT] = gate.holds(begun, whole.removeprefix(begun))
    seen = len(gateway.peer.seen)
    async with impatient.http.stream("POST", "/chat/completions", json=WITH_USAGE) as response:
        told = await _read_until_alive(response, gate)
        assert response.status_code == 200
        assert response.headers["content-type"].startswith("text/event-stream")
        name = response.headers["x-request-id"]
    assert told.replace(ALIVE, b"") == b"".join(CHAT_STREAM)
    assert told.startswith(ALIVE * 2)
    assert len(gateway.peer.seen) == seen + 1, "it was asked once"
    line = await _line(gateway, name)
    assert (line["status"], line["input_tokens"], line["output_tokens"]) == ("ok", 11, 3)


async def test_counts_that_nobody_asked_for_stay_hidden(impatient: Impatient) -> None:
    gateway, gate = impatient.gateway, Gate()
    gateway.peer.answers[CHAT] = reply(CHAT_ANSWER, headers=JSON)
    await impatient.until_direct()
    head, whole = STREAM_HEAD + chunked(*CHAT_STREAM[:2])[:-9], chunked(*CHAT_STREAM, b"")
    rest = whole.removeprefix(head.removeprefix(STREAM_HEAD))
    gateway.peer.answers[CHAT] = gate.holds(head, rest)
    async with impatient.http.stream("POST", "/chat/completions", json=STREAM) as response:
        told = await _read_until_alive(response, gate)
    assert b"Hi" in told
    assert told.endswith(b"data: [DONE]\n\n")
    assert b'"usage"' not in told


async def test_official_clients_wait(impatient: Impatient) -> None:
    gateway = impatient.gateway
    for number in range(2):  # the first has to look things up, the next may be direct
        chat, claude = Gate(), Gate()
        gateway.peer.answers[CHAT] = chat.holds(b"", STREAM_HEAD + chunked(*CHAT_STREAM, b""))
        gateway.peer.answers[CLAUDE] = claude.holds(b"", STREAM_HEAD + chunked(*CLAUDE_STREAM, b""))
        stream = await gateway.openai().chat.completions.create(
            model=CHAT_MODEL, messages=[{"role": "user", "content": "Hi"}], stream=True
        )
        chat.opened.set()  # the head is here, so somebody has been shown that it lives
        chunks = [chunk async for chunk in stream]
        assert (
            "".join(each.choices[0].delta.content or "" for each in chunks if each.choices) == "Hi"
        )
        messages = await gateway.anthropic().messages.create(
            model=CLAUDE_MODEL,
            messages=[{"role": "user", "content": "Hi"}],
            max_tokens=50,
            stream=True,
        )
        claude.opened.set()
        kinds = [event.type async for event in messages]
        assert kinds[0] == "message_start"
        assert kinds[-1] == "message_stop", number


@pytest.mark.parametrize("path", ["/chat/completions", "/messages", "/responses"])
async def test_a_failure_behind_signs_of_life_ends_the_stream(
    impatient: Impatient, path: str
) -> None:
    gateway, gate = impatient.gateway, Gate()

    async def refuses(request: Seen, writer: asyncio.StreamWriter) -> None:
        await gate.opened.wait()
        await reply(b'{"error": {"message": "no"}}', status="400 Bad Request", headers=JSON)(
            request, writer
        )

    gateway.peer.answers[CHAT] = refuses
    told: Json = {"model": CHAT_MODEL, "stream": True, "max_tokens": 50}
    told |= {"messages": BODY["messages"]}
    if path == "/responses":
        told = {"model": CHAT_MODEL, "stream": True, "input": "Hi"}
    async with impatient.http.stream("POST", path, json=told) as response:
        said = await _read_until_alive(response, gate)
    assert said.startswith(ALIVE * 2)
    last = said.removesuffix(b"\n\n").rpartition(b"\n\n")[2]
    assert last.startswith(b"data: " if path == "/chat/completions" else b"event: error\ndata: ")
    assert b'"error"' in last
    gate.opened.clear()
    with pytest.raises((openai.APIError, anthropic.APIError)) as caught:
        await _ask(gateway, path, gate)
    assert not isinstance(caught.value, openai.APIStatusError), "its status was told before"


async def _ask(gateway: Gateway, path: str, gate: Gate) -> None:
    """By the official client: it is shown that the stream lives, then that it has failed."""
    if path == "/messages":
        messages = await gateway.anthropic().messages.create(
            model=CHAT_MODEL,
            messages=[{"role": "user", "content": "Hi"}],
            max_tokens=50,
            stream=True,
        )
        gate.opened.set()
        assert [event async for event in messages] == []
    elif path == "/responses":
        events = await gateway.openai().responses.create(model=CHAT_MODEL, input="Hi", stream=True)
        gate.opened.set()
        assert [event.type async for event in events] == []
    else:
        chunks = await gateway.openai().chat.completions.create(
            model=CHAT_MODEL, messages=[{"role": "user", "content": "Hi"}], stream=True
        )
        gate.opened.set()
        assert [chunk async for chunk in chunks] == []


async def test_whole_answers_wait_in_silence(impatient: Impatient) -> None:
    gateway, gate = impatient.gateway, Gate()
    gateway.peer.answers[CLAUDE] = gate.holds(b"", WHOLE_HEAD % len(CLAUDE_ANSWER) + CLAUDE_ANSWER)
    asked = asyncio.create_task(
        impatient.http.post("/messages", json={**CLAUDE_BODY, "stream": False})
    )
    await gate.until_begun(1)
    await asyncio.sleep(1.0)  # more than two signs of life
    assert not asked.done()
    gate.opened.set()
    answer = await asked
    assert answer.content == CLAUDE_ANSWER


async def test_who_leaves_while_it_is_shown_to_live_ends_the_call(impatient: Impatient) -> None:
    gateway, left = impatient.gateway, asyncio.Event()

    async def silent(request: Seen, writer: asyncio.StreamWriter) -> None:
        del request
        writer.write(STREAM_HEAD)
        try:
            while True:
                writer.write(chunked(b": thinking\n\n"))
                await writer.drain()
                await asyncio.sleep(0.05)
        except ConnectionError:
            left.set()

    gateway.peer.answers[CHAT] = silent
    name = "left-while-waiting"
    call = await Call.send(gateway, STREAM, name)
    await call.reader.readuntil(ALIVE)
    call.writer.transport.abort()
    async with asyncio.timeout(60):
        await left.wait()
    line = await _line(gateway, name)
    assert line["status"] == "cancelled"
    assert line["input_tokens"] > 0


async def test_another_answers_behind_signs_of_life(impatient: Impatient) -> None:
    """What has shown that it lives may still fail over, as it has not said a word."""
    gateway, gate, tries = impatient.gateway, Gate(), 0
    gateway.peer.answers[CHAT] = reply(CHAT_ANSWER, headers=JSON)
    await impatient.until_direct()

    async def fails_once(request: Seen, writer: asyncio.StreamWriter) -> None:
        nonlocal tries
        tries += 1
        if tries == 1:
            await gate.opened.wait()
            await reply(b"{}", status="503 Service Unavailable", headers=JSON)(request, writer)
        else:
            await raw(STREAM_HEAD + chunked(*CHAT_STREAM, b""))(request, writer)

    gateway.peer.answers[CHAT] = fails_once
    before = await count_direct(gateway, impatient.http)
    async with impatient.http.stream("POST", "/chat/completions", json=WITH_USAGE) as response:
        told = await _read_until_alive(response, gate)
    assert told.replace(ALIVE, b"") == b"".join(CHAT_STREAM)
    assert tries == 2
    assert await count_direct(gateway, impatient.http) == before


async def _line(gateway: Gateway, request_id: str) -> Json:
    """Of the ledger, once it is there."""
    for _ in range(TRIES * 4):
        calls = await gateway.ada.get("/ai/calls", limit=100)
        for each in calls["items"]:
            if each["request_id"] == request_id:
                return dict(each)
        await asyncio.sleep(0.2)
    raise AssertionError(f"{request_id} has no line")
