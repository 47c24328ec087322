"""Many calls on one connection: what is known from the last one never answers for another."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httpx2
from tests.platform.http.peer import Seen, reply
from tests.wire.conftest import CHAT_MODEL, JSON, SCOPES, Gateway, make_key
from tests.wire.test_direct import TRIES, count_direct
from tests.wire.test_passing_on import CHAT, CHAT_ANSWER

OTHER_MODEL = f"{CHAT_MODEL}-15"
PATIENCE_S = 90
LONGER_THAN_IDLE_S = 7
"""A connection that says nothing is closed after five."""
CALLS_FOR_A_RETRY = 11
"""A retry is bought by ten calls; other tests may have spent all that there were."""


@dataclass
class Line:
    """A connection of a program that always sends the same head."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    key: str

    def write(self, body: bytes, *, pause: bool = False) -> bytes:
        head = (
            "POST /v1/chat/completions HTTP/1.1\r\nHost: here\r\nContent-Type: application/json\r\n"
            f"Authorization: Bearer {self.key}\r\nContent-Length: {len(body)}\r\n\r\n"
        ).encode()
        if not pause:
            self.writer.write(head + body)
        return head + body

    async def read(self) -> tuple[int, dict[str, str], bytes]:
        async with asyncio.timeout(PATIENCE_S):
            head = (await self.reader.readuntil(b"\r\n\r\n")).decode()
            first, *lines = head.strip().split("\r\n")
            headers = dict(line.lower().split(": ", 1) for line in lines)
            body = await self.reader.readexactly(int(headers["content-length"]))
        return int(first.split()[1]), headers, body

    async def ask(self, body: bytes) -> tuple[int, dict[str, str], bytes]:
        self.write(body)
        return await self.read()


@asynccontextmanager
async def line_to(gateway: Gateway, key: str | None = None) -> AsyncGenerator[Line]:
    host, _, port = gateway.address.removeprefix("http://").partition(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    try:
        yield Line(reader, writer, key or gateway.key)
    finally:
        writer.close()


@asynccontextmanager
async def newest_key(gateway: Gateway) -> AsyncGenerator[tuple[httpx2.AsyncClient, str]]:
    """Ada at the REST API, and the key that she made last."""
    made = await gateway.ada.get("/api-keys")
    newest = max(made["items"], key=lambda each: each["created_at"])
    headers = {"Authorization": f"Bearer {gateway.ada.token}"}
    address = f"{gateway.address}/api/v1"
    async with httpx2.AsyncClient(base_url=address, headers=headers, timeout=60) as http:
        yield http, str(newest["id"])


def said(text: str, model: str = CHAT_MODEL, **more: Any) -> bytes:
    return json.dumps(
        {"model": model, "messages": [{"role": "user", "content": text}], **more}
    ).encode()


async def echo(request: Seen, writer: asyncio.StreamWriter) -> None:
    """The answer says which model was asked for what."""
    asked = json.loads(request.body)
    text = f"{asked['model']} {asked['messages'][0]['content']}"
    await reply(CHAT_ANSWER.replace(b'"Hi"', json.dumps(text).encode()), headers=JSON)(
        request, writer
    )


def text_of(body: bytes) -> str:
    return json.loads(body)["choices"][0]["message"]["content"]


async def until_direct(gateway: Gateway, line: Line) -> None:
    """Ask until calls of this line are answered without a task."""
    async with gateway.http() as http:
        for _ in range(TRIES):
            before = await count_direct(gateway, http)
            for _ in range(3):
                assert (await line.ask(said("warm")))[0] == 200
            if await count_direct(gateway, http) > before:
                return
    raise AssertionError("no call was direct")


async def test_each_call_is_answered_as_itself(gateway: Gateway) -> None:
    gateway.peer.answers[CHAT] = echo
    async with line_to(gateway) as one, line_to(gateway) as other:
        await until_direct(gateway, one)
        ids: set[str] = set()
        for number in range(40):
            model = (CHAT_MODEL, OTHER_MODEL)[number % 2]
            line = (one, other)[number % 3 == 0]
            more: dict[str, Any] = {"max_tokens": 5 + number % 4} if number % 5 else {}
            text = f"{number} \u00e4\n" * (number + 1)
            status, headers, body = await line.ask(said(text, model, **more))
            assert (status, text_of(body)) == (200, f"{model} {text}")
            assert headers["x-vectal-model"] == model
            ids.add(headers["x-request-id"])
        assert len(ids) == 40


async def test_requests_behind_each_other_are_answered_in_order(gateway: Gateway) -> None:
    gateway.peer.answers[CHAT] = echo
    async with line_to(gateway) as line:
        await until_direct(gateway, line)
        for text in ("a", "b", "c"):
            line.write(said(text))
        assert [text_of((await line.read())[2]) for _ in range(3)] == [
            f"{CHAT_MODEL} {text}" for text in ("a", "b", "c")
        ]
        line.writer.write(b"".join(line.write(said(text), pause=True) for text in ("d", "e")))
        assert [text_of((await line.read())[2])[-1] for _ in range(2)] == ["d", "e"]


async def test_a_request_in_pieces_is_waited_for(gateway: Gateway) -> None:
    gateway.peer.answers[CHAT] = echo
    async with line_to(gateway) as line:
        await until_direct(gateway, line)
        whole = line.write(said("in pieces"), pause=True)
        for at in range(0, len(whole), 60):
            line.writer.write(whole[at : at + 60])
            await asyncio.sleep(0.005)
        assert text_of((await line.read())[2]).endswith("in pieces")
        assert text_of((await line.ask(said("next")))[2]).endswith("next")


async def test_bad_bodies_behind_a_known_head_are_refused(gateway: Gateway) -> None:
    gateway.peer.answers[CHAT] = echo
    good = said("x")
    async with line_to(gateway) as line:
        await until_direct(gateway, line)
        for bad in (
            good[:-1],
            good.replace(b'"messages"', b'"model": "vendor-chat-3", "messages"'),
            good.replace(b'"x"', b'"\xff"'),
            good.replace(b"[{", b"[[" * 3_000 + b"{"),
            b"",
        ):
            status, _, body = await line.ask(bad)
            assert status == 400, bad
            assert json.loads(body)["error"]["message"]
        assert (await line.ask(good))[0] == 200


async def test_a_key_that_ends_is_refused_at_once(gateway: Gateway) -> None:
    gateway.peer.answers[CHAT] = echo
    key = await make_key(gateway.ada, SCOPES)
    async with line_to(gateway, key) as line:
        await until_direct(gateway, line)
        async with newest_key(gateway) as (http, key_id):
            assert (await http.delete(f"/api-keys/{key_id}")).status_code == 204
        assert (await line.ask(said("after")))[0] == 401


async def test_rules_of_a_key_hold_for_calls_that_were_under_way_before(gateway: Gateway) -> None:
    gateway.peer.answers[CHAT] = echo
    key = await make_key(gateway.ada, SCOPES)
    async with line_to(gateway, key) as line:
        await until_direct(gateway, line)
        async with newest_key(gateway) as (http, key_id):
            path = f"/ai/key-rules/{key_id}"
            put = await http.put(path, json={"models": [OTHER_MODEL]})
            assert put.status_code == 200, put.text
        assert (await line.ask(said("after")))[0] == 403
        assert (await line.ask(said("after", OTHER_MODEL)))[0] == 200
        async with newest_key(gateway) as (http, key_id):
            put = await http.put(f"/ai/key-rules/{key_id}", json={"providers": ["anthropic"]})
            assert put.status_code == 200, put.text
        for _ in range(3):
            status, _, body = await line.ask(said("after"))
            assert (status, json.loads(body)["error"]["code"]) == (403, "provider_not_allowed")


async def test_a_call_that_goes_on_elsewhere_keeps_its_connection(gateway: Gateway) -> None:
    gateway.peer.answers[CHAT] = echo
    async with line_to(gateway) as line:
        await until_direct(gateway, line)
        for _ in range(CALLS_FOR_A_RETRY):
            assert (await line.ask(said("warm")))[0] == 200
        asked = 0

        async def late(request: Seen, writer: asyncio.StreamWriter) -> None:
            nonlocal asked
            asked += 1
            if asked == 1:
                await reply(b"{}", status="503 Service Unavailable", headers=JSON)(request, writer)
                return
            await asyncio.sleep(LONGER_THAN_IDLE_S)
            await echo(request, writer)

        gateway.peer.answers[CHAT] = late
        status, headers, body = await line.ask(said("a longer text than before"))
        assert (status, text_of(body)) == (200, f"{CHAT_MODEL} a longer text than before")
        assert headers["content-length"] == str(len(body))
        assert asked == 2
        gateway.peer.answers[CHAT] = echo
        assert (await line.ask(said("and on")))[0] == 200


async def test_an_idle_connection_is_closed(gateway: Gateway) -> None:
    gateway.peer.answers[CHAT] = echo
    async with line_to(gateway) as line:
        await until_direct(gateway, line)
        for _ in range(4):
            await asyncio.sleep(2)
            assert (await line.ask(said("still there")))[0] == 200
        async with asyncio.timeout(PATIENCE_S):
            assert await line.reader.read() == b""
