"""Answers to HTTP/1.0 over real sockets: nothing in them but what was said."""

import asyncio
from collections.abc import AsyncGenerator

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route
from tests.gateway.test_connection import PATIENT, connected, serving


async def _whole(_: Request) -> Response:
    return Response(b"all of it")


async def _pieces(_: Request) -> Response:
    async def pieces() -> AsyncGenerator[bytes]:
        for piece in (b"all", b" of", b"", b" it"):
            yield piece
            await asyncio.sleep(0)

    return StreamingResponse(pieces())


APP = Starlette(routes=[Route("/whole", _whole), Route("/pieces", _pieces)])


@pytest.mark.parametrize("more", ["", "Connection: keep-alive\r\n"])
@pytest.mark.parametrize("path", ["/whole", "/pieces"])
async def test_an_answer_ends_with_the_connection(path: str, more: str) -> None:
    async with serving(APP, PATIENT) as port, connected(port) as (reader, writer):
        writer.write(f"GET {path} HTTP/1.0\r\nHost: here\r\n{more}\r\n".encode())
        head, body = (await reader.read()).split(b"\r\n\r\n", 1)
    assert body == b"all of it"
    assert b"transfer-encoding" not in head
    assert b"connection: close" in head


async def test_an_answer_without_a_body_is_none() -> None:
    async with serving(APP, PATIENT) as port, connected(port) as (reader, writer):
        writer.write(b"HEAD /pieces HTTP/1.0\r\nHost: here\r\n\r\n")
        head, body = (await reader.read()).split(b"\r\n\r\n", 1)
    assert head.startswith(b"HTTP/1.1 200")
    assert body == b""
