"""Sessions with servers, and the services over the worker's database."""

from __future__ import annotations

import ssl
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import AsyncExitStack
from pathlib import Path
from uuid import UUID

import pytest
from tests.fixtures.accounts import MakeUser, Person
from tests.mcp.stand import Script, scripted
from tests.research.emulator import Server

from vectal.entrypoints.mcp import open_mcp
from vectal.mcp.contracts import ServerTool
from vectal.mcp.service import McpServices
from vectal.mcp.service.servers import ServerDraft
from vectal.mcp.wire.http import PURPOSE, HttpChannel, HttpServer, Patience
from vectal.mcp.wire.session import Session
from vectal.platform.config import Settings
from vectal.platform.crypto import Keyring
from vectal.platform.db import Database
from vectal.platform.http import Caller, EgressGuard, EgressLedger, HttpClient

SHORT = Patience(request_s=3.0, idle_s=1.0)
LONG = Patience(request_s=100.0, idle_s=100.0)
"""For programs that are to answer: they take a while to begin."""
MakeSession = Callable[..., Session]
OpenServices = Callable[..., McpServices]


@pytest.fixture
async def make_session(db: Database) -> AsyncGenerator[MakeSession]:
    """A session with a server at an address, before its handshake."""
    client = HttpClient(
        EgressLedger(db),
        EgressGuard.parse(["127.0.0.1"]),
        tls=ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT),
    )
    sessions: list[Session] = []

    def make(url: str, headers: dict[str, str] | None = None) -> Session:
        server = HttpServer(url, headers or {})
        sessions.append(Session(HttpChannel(client, server, Caller(PURPOSE), SHORT)))
        return sessions[-1]

    yield make
    for session in sessions:
        await session.close()
    await client.close()


@pytest.fixture
async def stack() -> AsyncGenerator[AsyncExitStack]:
    async with AsyncExitStack() as made:
        yield made


@pytest.fixture
def open_services(
    stack: AsyncExitStack, settings: Settings, db: Database, keyring: Keyring
) -> OpenServices:
    """The services as a process opens them; 127.0.0.1 is what the operator has opened."""

    def make(*, stdio: Path | None = None, allow: tuple[str, ...] = ("127.0.0.1",)) -> McpServices:
        wanted = settings.model_copy(update={"egress_allow": allow, "mcp_stdio": stdio})
        return open_mcp(stack, wanted, db, keyring, EgressLedger(db), LONG if stdio else SHORT)

    return make


class House:
    """A workspace with a scripted server."""

    def __init__(self, services: McpServices, owner: Person, script: Script, wire: Server) -> None:
        self.services = services
        self.owner = owner
        self.script = script
        self.wire = wire
        self.server_id = UUID(int=0)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.wire.port}/mcp"

    async def add(self, name: str = "tracker", secret: str = "") -> UUID:
        draft = ServerDraft(name, self.url, "", secret)
        made = await self.services.servers.create(self.owner.principal, draft)
        return made.id

    async def look(self) -> None:
        result = await self.services.servers.test(self.owner.principal, self.server_id)
        assert result.ok, result.detail

    async def tools(self, who: Person | None = None) -> dict[str, ServerTool]:
        page = await self.services.tools.list_tools(
            (who or self.owner).principal, self.server_id, cursor=None, limit=200
        )
        return {each.definition.name: each for each in page.items}

    async def consent(self, name: str, who: Person | None = None) -> ServerTool:
        found = (await self.tools(who))[name]
        return await self.services.tools.consent(
            (who or self.owner).principal, self.server_id, found.id, found.definition.sha256
        )

    def called(self) -> list[str]:
        """The names of the tools that were really called."""
        messages = [each.json for each in self.wire.asked if each.method == "POST"]
        return [each["params"]["name"] for each in messages if each.get("method") == "tools/call"]


MakeHouse = Callable[..., Awaitable[House]]


@pytest.fixture
def make_house(
    stack: AsyncExitStack, open_services: OpenServices, make_user: MakeUser
) -> MakeHouse:
    async def make(script: Script, *, secret: str = "") -> House:
        wire = await stack.enter_async_context(scripted(script))
        house = House(open_services(), await make_user(), script, wire)
        house.server_id = await house.add(secret=secret)
        return house

    return make
