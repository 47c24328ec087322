"""A person with a browser and a script: what they do, in the words of the product."""

import asyncio
import secrets
import time
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, Self, cast

import httpx2
import msgspec
from websockets.asyncio.client import ClientConnection, connect

Json = dict[str, Any]

PASSWORD = "plain sailing 42"
PATIENCE_S = 60.0
_RENEWS_AFTER_S = 240.0


@dataclass(frozen=True)
class Heard:
    """One frame of a turn, over whichever wire."""

    id: str
    event: str
    data: Json


@dataclass
class Visitor:
    """Someone signed in to the server at `address` (http://host:port)."""

    address: str
    http: httpx2.AsyncClient
    token: str = field(repr=False)
    renews_at: float = 0.0
    """When to sign in again: a server of a whole test run outlives a token."""

    @classmethod
    @asynccontextmanager
    async def set_up(cls, address: str, email: str = "ada@example.com") -> AsyncGenerator[Self]:
        """Make the first account of a fresh installation."""
        async with httpx2.AsyncClient(base_url=f"{address}/api/v1", timeout=PATIENCE_S) as http:
            account = {"email": email, "password": PASSWORD, "display_name": "Ada"}
            made = await http.post("/setup", json=account)
            assert made.status_code == 201, made.text
            visitor = cls(address, http, "")._with(made.json()["access_token"])

            async def stay_signed_in(request: httpx2.Request) -> None:
                if time.monotonic() < visitor.renews_at or request.url.path.endswith("/auth/login"):
                    return
                await visitor.log_in(email)
                request.headers["Authorization"] = http.headers["Authorization"]

            http.event_hooks["request"].append(stay_signed_in)
            yield visitor

    def _with(self, token: str) -> Self:
        self.token = token
        self.renews_at = time.monotonic() + _RENEWS_AFTER_S
        self.http.headers["Authorization"] = f"Bearer {token}"
        return self

    def move_to(self, address: str) -> None:
        """Go on at another server of the same installation."""
        self.address = address
        self.http.base_url = f"{address}/api/v1"

    async def log_in(self, email: str = "ada@example.com") -> None:
        answer = await self.post("/auth/login", {"email": email, "password": PASSWORD}, 200)
        self._with(answer["access_token"])

    async def get(self, path: str, **params: Any) -> Any:
        answer = await self.http.get(path, params=params)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def post(self, path: str, body: Json, status: int = 201) -> Any:
        headers = {"Idempotency-Key": secrets.token_hex(8)}
        answer = await self.http.post(path, json=body, headers=headers)
        assert answer.status_code == status, answer.text
        return answer.json() if answer.content else None

    async def add_task(self, title: str) -> Json:
        return cast("Json", await self.post("/tasks", {"title": title}))

    async def converse(self) -> str:
        return cast("str", (await self.post("/conversations", {}))["id"])

    async def ask(self, conversation_id: str, text: str, mode: str = "ask", **more: Any) -> Json:
        """Send a message; the answer is being written when this returns."""
        body = {"text": text, "mode": mode, **more}
        return cast("Json", await self.post(f"/conversations/{conversation_id}/turns", body))

    async def follow(self, turn_id: str, after: str | None = None) -> AsyncGenerator[Heard]:
        """A turn's frames as server-sent events."""
        headers = {"Last-Event-ID": after} if after else {}
        async with self.http.stream("GET", f"/turns/{turn_id}/events", headers=headers) as answer:
            assert answer.status_code == 200, await answer.aread()
            async for heard in parse_events(answer):
                yield heard

    @asynccontextmanager
    async def open_tab(self) -> AsyncGenerator["Tab"]:
        """A second screen, live over the WebSocket."""
        address = self.address.replace("http://", "ws://")
        async with connect(f"{address}/ws", proxy=None, compression=None) as connection:
            tab = Tab(connection)
            await tab.say(type="hello", token=self.token)
            await tab.hear("welcome")
            yield tab


@dataclass
class Tab:
    connection: ClientConnection

    async def say(self, **message: Any) -> None:
        await self.connection.send(msgspec.json.encode(message).decode())

    async def hear(self, kind: str, event: str | None = None) -> Json:
        """The next message of this kind (and event); others are passed over."""
        async with asyncio.timeout(PATIENCE_S):
            while True:
                message: Json = msgspec.json.decode(await self.connection.recv())
                if message["type"] == kind and event in (None, message.get("event")):
                    return message

    async def listen(self, channel: str, after: str | None = None) -> str:
        await self.say(type="subscribe", channel=channel, after=after)
        return cast("str", (await self.hear("subscribed"))["cursor"])

    async def follow(self, turn_id: str, after: str | None = None) -> AsyncGenerator[Heard]:
        """A turn's frames over the WebSocket."""
        await self.listen(f"turn:{turn_id}", after)
        event = ""
        while event != "turn.ended":
            update = await self.hear("update")
            event = update["event"]
            yield Heard(update["id"], event, update["data"])


async def parse_events(answer: httpx2.Response) -> AsyncIterator[Heard]:
    """Server-sent events as the standard says; comments are heartbeats."""
    fields: dict[str, str] = {}
    async for line in answer.aiter_lines():
        if line.startswith(":"):
            continue
        if line:
            name, _, value = line.partition(": ")
            fields[name] = value
            continue
        if "event" in fields:
            data: Json = msgspec.json.decode(fields["data"])
            yield Heard(fields["id"], fields["event"], data)
        fields = {}


def text_of(frames: list[Heard]) -> str:
    """What a client has put together: text since the last restart."""
    said = ""
    for frame in frames:
        if frame.event == "turn.restarted":
            said = ""
        elif frame.event == "turn.text":
            said += frame.data["text"]
    return said
