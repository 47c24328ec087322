"""Servers to be called: the protocol's own, over a socket, and one that does as it is told."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator, Callable, Generator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from typing import Any, Literal

import uvicorn
from mcp.server.mcpserver import MCPServer
from mcp.server.mcpserver.exceptions import ToolError
from starlette.types import ASGIApp, Receive, Scope, Send
from tests.research.emulator import Asked, Reply, Server, serving

OBJECT: dict[str, Any] = {"type": "object", "properties": {"text": {"type": "string"}}}


class _Uvicorn(uvicorn.Server):
    @contextmanager
    def capture_signals(self) -> Generator[None]:
        """Signals are the test run's."""
        yield


@asynccontextmanager
async def listening(app: ASGIApp, lifespan: Literal["on", "off"] = "on") -> AsyncGenerator[int]:
    """The port at which the app is served."""
    config = uvicorn.Config(
        app, host="127.0.0.1", port=0, log_level="critical", ws="none", lifespan=lifespan
    )
    server = _Uvicorn(config)
    running = asyncio.create_task(server.serve())
    while not server.started:  # noqa: ASYNC110 - uvicorn tells by this flag alone
        await asyncio.sleep(0.01)
    try:
        yield server.servers[0].sockets[0].getsockname()[1]
    finally:
        server.should_exit = True
        await running


@dataclass
class RealServer:
    """The protocol's own server, and which requests reached it."""

    mcp: MCPServer
    port: int = 0
    requests: list[Mapping[str, str]] = field(default_factory=list[Mapping[str, str]])
    calls: list[str] = field(default_factory=list[str])

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/mcp"


@asynccontextmanager
async def real_server(
    *, json_response: bool = False, stateless: bool = False
) -> AsyncGenerator[RealServer]:
    made = RealServer(MCPServer("Tracker", version="1.2"))
    _add_tools(made)
    app = made.mcp.streamable_http_app(json_response=json_response, stateless_http=stateless)

    async def watched(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            headers = {name.decode(): value.decode() for name, value in scope["headers"]}
            made.requests.append({**headers, ":method": scope["method"]})
        await app(scope, receive, send)

    async with listening(watched) as made.port:
        yield made


def _add_tools(made: RealServer) -> None:
    async def find_issue(number: int, state: str = "open") -> str:
        """Find an issue by its number."""
        made.calls.append(f"find_issue {number} {state}")
        return f"issue {number} is {state}"

    async def fail() -> str:
        """Fail in any case."""
        made.calls.append("fail")
        raise ToolError("the tracker is <b>down</b>")

    made.mcp.tool(structured_output=False)(find_issue)
    made.mcp.tool(structured_output=False)(fail)


Answer = Callable[[dict[str, Any], Asked], Reply]


@dataclass
class Script:
    """Answers of a server that does as it is told; `methods` go before what is usual.

    A value is a result, an exact reply, or a function of the message.
    """

    tools: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    methods: dict[str, Any] = field(default_factory=dict[str, Any])
    session: str = ""
    protocol: str = "2025-11-25"

    def __call__(self, asked: Asked) -> Reply:
        if asked.method != "POST":
            return Reply(202)
        message = asked.json
        own = self.methods.get(message.get("method", ""))
        if callable(own):
            own = own(message, asked)
        if isinstance(own, Reply):
            return own
        if "id" not in message or "method" not in message:
            return Reply(202)
        result = self._usual(message["method"]) if own is None else own
        made = Reply.of({"jsonrpc": "2.0", "id": message["id"], "result": result})
        headers = {"mcp-session-id": self.session} if self.session else {}
        return Reply(made.status, made.body, {**made.headers, **headers})

    def _usual(self, method: str) -> dict[str, Any]:
        if method == "initialize":
            return {
                "protocolVersion": self.protocol,
                "capabilities": {"tools": {}},
                "serverInfo": {"name": "scripted", "version": "1"},
            }
        if method == "tools/list":
            return {"tools": self.tools}
        return {"content": [{"type": "text", "text": "done"}]}


def tool(name: str = "look", **members: Any) -> dict[str, Any]:
    return {"name": name, "description": "Look it up.", "inputSchema": OBJECT, **members}


def events(*messages: object) -> Reply:
    """A stream of these messages, and then its end."""
    lines = [f"event: message\ndata: {json.dumps(each)}\n\n" for each in messages]
    return Reply(200, "".join(lines).encode(), {"content-type": "text/event-stream"})


@asynccontextmanager
async def scripted(script: Script) -> AsyncGenerator[Server]:
    async with serving(script) as server:
        yield server
