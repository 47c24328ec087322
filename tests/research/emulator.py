"""Small real HTTP servers that stand for search engines and for the web.

An emulator answers as the vendor's documentation says; no engine of the vendor is behind it.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlsplit


@dataclass(frozen=True)
class Asked:
    """One request as it came."""

    method: str
    path: str
    host: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def query(self) -> dict[str, str]:
        return {name: values[0] for name, values in parse_qs(urlsplit(self.path).query).items()}

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass(frozen=True)
class Reply:
    status: int = 200
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict[str, str])
    waits_for: asyncio.Event | None = None

    @classmethod
    def of(cls, value: object, status: int = 200) -> Reply:
        return cls(status, json.dumps(value).encode(), {"content-type": "application/json"})

    @classmethod
    def page(cls, text: str, status: int = 200, kind: str = "text/html; charset=utf-8") -> Reply:
        return cls(status, text.encode(), {"content-type": kind})


@dataclass
class Server:
    """Answers by `reply`; keeps what it was asked."""

    reply: Callable[[Asked], Reply]
    port: int = 0
    asked: list[Asked] = field(default_factory=list[Asked])

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while (request := await _read(reader)) is not None:
                self.asked.append(request)
                reply = self.reply(request)
                if reply.waits_for is not None:
                    await reply.waits_for.wait()
                lines = [f"HTTP/1.1 {reply.status} Whatever", f"content-length: {len(reply.body)}"]
                lines += [f"{name}: {value}" for name, value in reply.headers.items()]
                writer.write("\r\n".join([*lines, "", ""]).encode() + reply.body)
                await writer.drain()
        except (ConnectionError, asyncio.IncompleteReadError):
            pass  # the client has gone
        finally:
            writer.close()


async def _read(reader: asyncio.StreamReader) -> Asked | None:
    head = await reader.readuntil(b"\r\n\r\n") if not reader.at_eof() else b""
    if not head:
        return None
    first, *lines = head.decode("latin-1").split("\r\n")
    method, path, _ = first.split(" ", 2)
    headers = {
        name.strip().lower(): value.strip()
        for name, _, value in (line.partition(":") for line in lines if line)
    }
    body = await reader.readexactly(int(headers.get("content-length", "0")))
    return Asked(method, path, headers.get("host", ""), headers, body)


@asynccontextmanager
async def serving(reply: Callable[[Asked], Reply]) -> AsyncGenerator[Server]:
    server = Server(reply)
    listener = await asyncio.start_server(server.serve, "127.0.0.1", 0)
    server.port = listener.sockets[0].getsockname()[1]
    try:
        yield server
    finally:
        listener.close()


@dataclass(frozen=True)
class Found:
    """A page that an engine knows."""

    url: str
    title: str
    words: str
    day: str | None = None


Finder = Callable[[str], Sequence[Found]]
"""Query to pages, the best first."""


def searxng(find: Finder) -> Callable[[Asked], Reply]:
    def reply(asked: Asked) -> Reply:
        if asked.query.get("format") != "json":
            return Reply(403)
        results = [
            {
                "url": f.url, "title": f.title, "content": f.words, "engine": "emulator",
                "publishedDate": f"{f.day}T00:00:00" if f.day else None, "score": 1.0,
            }
            for f in find(asked.query["q"])
        ]  # fmt: skip
        return Reply.of({"query": asked.query["q"], "results": results, "unresponsive_engines": []})

    return reply


def brave(find: Finder, key: str) -> Callable[[Asked], Reply]:
    def reply(asked: Asked) -> Reply:
        if asked.headers.get("x-subscription-token") != key:
            return Reply.of({"type": "ErrorResponse"}, 401)
        results = [
            {
                "url": f.url, "title": f"<strong>{f.title}</strong>", "description": f.words,
                "page_age": f"{f.day}T00:00:00" if f.day else None, "type": "search_result",
            }
            for f in find(asked.query["q"])
        ]  # fmt: skip
        return Reply.of({"type": "search", "web": {"results": results}} if results else {})

    return reply


def tavily(find: Finder, key: str) -> Callable[[Asked], Reply]:
    def reply(asked: Asked) -> Reply:
        if asked.headers.get("authorization") != f"Bearer {key}":
            return Reply.of({"detail": {"error": "Unauthorized"}}, 401)
        results = [
            {"url": f.url, "title": f.title, "content": f.words, "score": 0.9,
             **({"published_date": f.day} if f.day else {})}
            for f in find(asked.json["query"])
        ]  # fmt: skip
        return Reply.of({"query": asked.json["query"], "results": results, "response_time": 0.1})

    return reply


def perplexity(find: Finder, key: str) -> Callable[[Asked], Reply]:
    """Both the Search API and Sonar."""

    def reply(asked: Asked) -> Reply:
        if asked.headers.get("authorization") != f"Bearer {key}":
            return Reply.of({"error": {"code": 401}}, 401)
        body = asked.json
        is_sonar = asked.path == "/chat/completions"
        query = body["messages"][-1]["content"] if is_sonar else body["query"]
        results = [
            {"url": f.url, "title": f.title, "snippet": f.words, "date": f.day} for f in find(query)
        ]
        if not is_sonar:
            return Reply.of({"id": "x", "results": results})
        message = {"role": "assistant", "content": "An answer that nobody should believe [1]."}
        return Reply.of(
            {
                "model": "sonar",
                "choices": [{"index": 0, "message": message, "finish_reason": "stop"}],
                "citations": [f.url for f in find(query)],
                "search_results": results,
                "usage": {"total_tokens": 40, "cost": {"total_cost": 0.006}},
            }
        )

    return reply
