"""A WebSocket client in this process: what one caller says, and what comes back."""

import asyncio
import json
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

from fastapi import FastAPI
from starlette.types import Message, Scope

PATIENCE_S = 15.0


class Closed(Exception):  # noqa: N818 - what it says is the code, no error of ours
    def __init__(self, code: int) -> None:
        super().__init__(code)
        self.code = code


class Talk:
    def __init__(self) -> None:
        self._said: asyncio.Queue[Message] = asyncio.Queue()
        self._heard: asyncio.Queue[Message] = asyncio.Queue()

    async def connect(self) -> None:
        await self._said.put({"type": "websocket.connect"})

    async def receive(self) -> Message:
        return await self._said.get()

    async def send(self, message: Message) -> None:
        await self._heard.put(message)

    async def say(self, **message: Any) -> None:
        text = json.dumps(message)
        await self._said.put({"type": "websocket.receive", "text": text})

    async def hear(self) -> dict[str, Any]:
        """The next message but heartbeats; Closed when the server ends the talk."""
        while True:
            async with asyncio.timeout(PATIENCE_S):
                message = await self._heard.get()
            if message["type"] == "websocket.close":
                raise Closed(message["code"])
            if message["type"] == "websocket.send":
                heard: dict[str, Any] = json.loads(message["text"])
                if heard["type"] != "ping":
                    return heard

    async def leave(self) -> None:
        await self._said.put({"type": "websocket.disconnect", "code": 1000})


@asynccontextmanager
async def talk(app: FastAPI) -> AsyncGenerator[Talk]:
    made = Talk()
    scope: Scope = {
        "type": "websocket",
        "path": "/ws",
        "query_string": b"",
        "headers": [],
        "subprotocols": [],
        "client": ("127.0.0.1", 1),
        "scheme": "ws",
    }
    await made.connect()
    serving = asyncio.create_task(app(scope, made.receive, made.send))
    try:
        yield made
    finally:
        await made.leave()
        async with asyncio.timeout(PATIENCE_S):
            await serving
