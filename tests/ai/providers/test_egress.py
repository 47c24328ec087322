"""The adapters over real sockets, against servers that misbehave below HTTP."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest
from sqlalchemy import text as sql
from tests.ai.providers.rigs import OPENAI, Text, a_request

from vectal.ai.contracts import TextDelta
from vectal.ai.ports import CallLimits, Credentials, EgressRequest, ModelEvent, ProviderFault
from vectal.ai.providers.egress import HttpEgress, OpenedEgress, Silent
from vectal.ai.providers.openai import openai_adapter
from vectal.auth.principal import Principal
from vectal.platform.db import Database
from vectal.platform.http import EgressLedger, HttpClient
from vectal.platform.http.guard import EgressGuard

LIMITS = CallLimits(deadline_s=5, first_word_s=0.5, idle_s=0.5)
HEAD = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nconnection: close\r\n\r\n"
WHOLE = OPENAI.stream([Text("Hello")], "stop", None)
HALF = OPENAI.open_stream([Text("Half")])

Play = Callable[[asyncio.StreamWriter], Awaitable[None]]


@asynccontextmanager
async def _server(play: Play) -> AsyncGenerator[str]:
    """A server that reads a request and then does what `play` says with the socket."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await reader.readuntil(b"\r\n\r\n")
            await play(writer)
        except (ConnectionError, asyncio.IncompleteReadError):
            pass  # the client has left, as some of these tests want
        finally:
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/v1"


def _sends(*pieces: bytes) -> Play:
    async def play(writer: asyncio.StreamWriter) -> None:
        for piece in pieces:
            writer.write(piece)
            await writer.drain()

    return play


async def _resets(writer: asyncio.StreamWriter) -> None:
    writer.write(HEAD + HALF)
    await writer.drain()
    await asyncio.sleep(0.1)  # a reset would take unread bytes with it
    writer.transport.abort()


async def _hangs(writer: asyncio.StreamWriter) -> None:
    writer.write(HEAD + HALF)
    await writer.drain()
    await asyncio.sleep(10)


async def _says_nothing(writer: asyncio.StreamWriter) -> None:
    del writer
    await asyncio.sleep(10)


@pytest.fixture
async def opened(db: Database) -> AsyncGenerator[HttpEgress]:
    """A way out to which an operator has opened the loopback."""
    client = HttpClient(EgressLedger(db), EgressGuard.parse(["127.0.0.1"]))
    yield HttpEgress(client)
    await client.close()


async def _ask(
    egress: HttpEgress,
    url: str,
    principal: Principal | None = None,
    limits: CallLimits = LIMITS,
) -> tuple[str, ProviderFault | None]:
    events: list[ModelEvent] = []
    fault: ProviderFault | None = None
    credentials = Credentials(url, "sk-0123456789", principal)
    try:
        async for event in openai_adapter(egress).stream(credentials, a_request(), limits):
            events.append(event)  # noqa: PERF401  (what came before a fault counts)
    except ProviderFault as caught:
        fault = caught
    return "".join(event.text for event in events if isinstance(event, TextDelta)), fault


async def test_an_answer_comes_through(opened: HttpEgress) -> None:
    async with _server(_sends(HEAD, *(bytes([byte]) for byte in WHOLE))) as url:
        assert await _ask(opened, url) == ("Hello", None)


@pytest.mark.parametrize(
    ("play", "heard", "kinds"),
    [
        (_sends(HEAD + HALF), "Half", {"cut", "connection"}),
        (_resets, "Half", {"cut", "connection"}),
        (_hangs, "Half", {"timeout"}),
        (_says_nothing, "", {"timeout"}),
        (_sends(), "", {"connection"}),
        (_sends(b"\x00\xff garbage\r\n\r\n"), "", {"connection", "garbage"}),
        (_sends(b"HTTP/1.1 200 OK\r\n" + b"x: y\r\n" * 100_000), "", {"connection", "garbage"}),
        (
            _sends(b"HTTP/1.1 302 Found\r\nlocation: http://169.254.169.254/\r\n\r\n"),
            "",
            {"invalid_request"},
        ),
        (
            _sends(HEAD.replace(b"\r\n\r\n", b"\r\ncontent-encoding: br\r\n\r\n") + WHOLE),
            "",
            {"garbage"},
        ),
    ],
    ids=[
        "ends early",
        "resets",
        "hangs",
        "says nothing",
        "closes",
        "no http",
        "endless headers",
        "redirects inside",
        "unasked encoding",
    ],
)
async def test_trouble_below_http_is_a_fault(
    opened: HttpEgress, play: Play, heard: str, kinds: set[str]
) -> None:
    async with _server(play) as url:
        text, fault = await _ask(opened, url)
    assert text == heard
    assert fault is not None
    assert fault.kind in kinds


async def test_nobody_there_is_a_fault(opened: HttpEgress) -> None:
    _, fault = await _ask(opened, "http://127.0.0.1:9/v1")
    assert fault is not None
    assert fault.kind == "connection"


@pytest.mark.parametrize(
    "url",
    ["http://127.0.0.1:9/v1", "http://169.254.169.254/v1", "http://[::1]/v1", "file:///etc/passwd"],
)
async def test_addresses_inside_are_never_reached(db: Database, url: str) -> None:
    client = HttpClient(EgressLedger(db), EgressGuard())
    _, fault = await _ask(HttpEgress(client), url)
    await client.close()
    assert fault is not None
    assert (fault.kind, fault.retryable) == ("address_refused", False)


async def test_every_call_is_in_the_egress_ledger(db: Database, principal: Principal) -> None:
    ledger = EgressLedger(db)
    client = HttpClient(ledger, EgressGuard.parse(["127.0.0.1"]))
    async with _server(_sends(HEAD + WHOLE)) as url:
        await _ask(HttpEgress(client), url, principal)
    await client.close()
    await ledger.flush()
    async with db.read(principal) as session:
        rows = (await session.execute(sql("SELECT purpose, host, status FROM egress_ledger"))).all()
    place = url.removeprefix("http://").partition("/")[0]
    assert [tuple(row) for row in rows] == [("model call", place, 200)]


@pytest.mark.parametrize(
    ("limits", "outcome"),
    [
        (LIMITS, "timeout: first_byte"),
        (CallLimits(deadline_s=0.3, first_word_s=5, idle_s=5), "timeout: total"),
    ],
    ids=["the first byte", "the whole call"],
)
async def test_the_egress_ledger_says_that_the_head_was_late(
    db: Database, principal: Principal, limits: CallLimits, outcome: str
) -> None:
    ledger = EgressLedger(db)
    client = HttpClient(ledger, EgressGuard.parse(["127.0.0.1"]))
    async with _server(_says_nothing) as url:
        _, fault = await _ask(HttpEgress(client), url, principal, limits)
    await client.close()
    await ledger.flush()
    async with db.read(principal) as session:
        rows = (await session.execute(sql("SELECT outcome FROM egress_ledger"))).scalars().all()
    assert fault is not None
    assert (fault.kind, fault.detail) == ("timeout", "The provider did not answer in time.")
    assert rows == [outcome]


async def test_who_takes_over_a_silent_request_waits_no_longer_for_it(
    db: Database, principal: Principal
) -> None:
    ledger, loop = EgressLedger(db), asyncio.get_running_loop()
    client = HttpClient(ledger, EgressGuard.parse(["127.0.0.1"]))
    egress = HttpEgress(client)
    async with _server(_says_nothing) as url:
        request = EgressRequest("POST", url, {}, b"{}", deadline_s=60, scope=principal)
        ready = egress.ready(request)
        assert ready is not None
        begun = client.begin_on(await client.take(ready, 2), ready, b"{}", loop.time() + 60)
        opened = OpenedEgress(url, Silent(begun, None, b"", loop.time() + 0.1), egress)
        with pytest.raises(ProviderFault) as caught:
            await opened.send(replace(request, answer_by=loop.time() + 60))
    await client.close()
    await ledger.flush()
    assert (caught.value.kind, caught.value.gave_up) == ("timeout", True)
    async with db.read(principal) as session:
        rows = (await session.execute(sql("SELECT outcome FROM egress_ledger"))).scalars().all()
    assert rows == ["timeout: first_byte"]
