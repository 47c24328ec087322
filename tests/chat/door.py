"""The stage behind a real server: uvicorn, the whole edge, real accounts and sign-ins."""

import asyncio
import socket
from collections.abc import AsyncGenerator, AsyncIterator, Generator
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any, cast

import httpx2
import msgspec
import uvicorn
from tests.chat.stage import Stage
from tests.fixtures.accounts import Person
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from vectal.accounts.service import AccountService
from vectal.auth.service import AuthService
from vectal.gateway.app import create_app
from vectal.platform.background import end_tasks
from vectal.platform.config import Settings


@dataclass(frozen=True)
class SentEvent:
    """One server-sent event as a client reads it."""

    id: str
    event: str
    data: dict[str, Any]


@dataclass
class Door:
    stage: Stage
    address: str

    def client(self, person: Person) -> httpx2.AsyncClient:
        return httpx2.AsyncClient(
            base_url=f"http://{self.address}/api/v1", headers=person.headers, timeout=20
        )

    @asynccontextmanager
    async def socket(
        self, person: Person | None = None, *, small: bool = False
    ) -> AsyncGenerator["Ears"]:
        """A WebSocket; with a person it has said hello and was welcomed.

        A `small` one holds little that was not read.
        """
        host, _, port = self.address.partition(":")
        raw = socket.socket()
        if small:
            raw.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        raw.setblocking(False)  # noqa: FBT003 - the socket's own signature
        await asyncio.get_running_loop().sock_connect(raw, (host, int(port)))
        async with connect(
            f"ws://{self.address}/ws", proxy=None, sock=raw, compression=None
        ) as connection:
            ears = Ears(connection)
            if person is not None:
                await ears.hello(person.access_token)
            yield ears


@dataclass
class Ears:
    """A client of the realtime protocol."""

    connection: ClientConnection

    async def say(self, **message: Any) -> None:
        await self.connection.send(msgspec.json.encode(message).decode())

    async def hello(self, token: str) -> dict[str, Any]:
        await self.say(type="hello", token=token)
        return await self.hear("welcome")

    async def next(self) -> dict[str, Any]:
        async with asyncio.timeout(15):
            return cast("dict[str, Any]", msgspec.json.decode(await self.connection.recv()))

    async def hear(self, kind: str) -> dict[str, Any]:
        """The next message of this kind; heartbeats between do not count."""
        while (message := await self.next())["type"] == "ping":
            pass
        assert message["type"] == kind, message
        return message

    async def subscribe(self, channel: str, after: str | None = None) -> str:
        await self.say(type="subscribe", channel=channel, after=after)
        return (await self.hear("subscribed"))["cursor"]

    async def closing_code(self) -> int:
        """Read until the server closes, and say with which code."""
        async with asyncio.timeout(15):
            with suppress(ConnectionClosed):
                while True:
                    await self.connection.recv()
        assert self.connection.close_code is not None
        return self.connection.close_code


async def read_events(response: httpx2.Response) -> AsyncIterator[SentEvent]:
    """Parse the stream as the standard says; comments are heartbeats."""
    fields: dict[str, str] = {}
    async for line in response.aiter_lines():
        if line.startswith(":"):
            continue
        if line:
            name, _, value = line.partition(": ")
            fields[name] = value
        elif "event" in fields:
            yield SentEvent(fields["id"], fields["event"], msgspec.json.decode(fields["data"]))
            fields = {}
        else:
            fields = {}


class _Server(uvicorn.Server):
    """Leaves the signals to pytest."""

    @contextmanager
    def capture_signals(self) -> Generator[None]:
        yield


@asynccontextmanager
async def open_door(
    stage: Stage, accounts: AccountService, auth: AuthService, settings: Settings
) -> AsyncGenerator[Door]:
    services = SimpleNamespace(
        database=stage.database,
        keyring=stage.keyring,
        accounts=accounts,
        auth=auth,
        chat=stage.chat,
        realtime=stage.realtime,
    )
    listener = socket.create_server(("127.0.0.1", 0))
    server = _Server(
        uvicorn.Config(
            create_app(services, settings),
            lifespan="off",
            ws="websockets-sansio",
            log_config=None,
            timeout_graceful_shutdown=1,
        )
    )
    serving = asyncio.create_task(server.serve(sockets=[listener]))
    while not server.started:  # noqa: ASYNC110 - uvicorn tells by this flag alone
        await asyncio.sleep(0.01)
    host, port = listener.getsockname()
    try:
        yield Door(stage, f"{host}:{port}")
    finally:
        stage.realtime.drain()
        server.should_exit = True
        await asyncio.wait({serving}, timeout=5)
        await end_tasks([serving])
