"""A whole server with its `/v1`, the vendors' own clients at it, and vendors behind it."""

import secrets
from collections.abc import AsyncGenerator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import anthropic
import httpx2
import openai
import pytest
from tests.fixtures.servers import Servers, clone_database, drop_database
from tests.fixtures.tree import Tree
from tests.flows.server import serve, settings_of
from tests.flows.visitor import PASSWORD, Json, Visitor
from tests.platform.http.peer import Peer, running_peer

SCOPES = ["ai:use"]
CHAT_MODEL = "vendor-chat"
CLAUDE_MODEL = "vendor-claude"
EMBEDDING_MODEL = "vendor-vectors"
FILE_BYTES = 8 << 20
UPSTREAM_KEY = "sk-upstream-0123456789"


@dataclass(frozen=True)
class Gateway:
    """A server with an owner's key; `peer` plays the vendors that it calls."""

    address: str
    key: str
    ada: Visitor
    peer: Peer
    opened: AsyncExitStack
    settings: Mapping[str, str] = field(default_factory=dict[str, str])
    """For other processes of the same installation."""

    def openai(self, key: str | None = None, *, strict: bool = True) -> openai.AsyncOpenAI:
        client = openai.AsyncOpenAI(
            api_key=key or self.key,
            base_url=f"{self.address}/v1",
            max_retries=0,
            _strict_response_validation=strict,
        )
        self.opened.push_async_callback(client.close)
        return client

    def anthropic(
        self, api_key: str | None = None, auth_token: str | None = None
    ) -> anthropic.AsyncAnthropic:
        """With the owner's key, unless the caller brings something."""
        client = anthropic.AsyncAnthropic(
            api_key=None if auth_token else api_key or self.key,
            auth_token=auth_token,
            base_url=self.address,
            max_retries=0,
            _strict_response_validation=True,
        )
        self.opened.push_async_callback(client.close)
        return client

    def http(self) -> httpx2.AsyncClient:
        headers = {"Authorization": f"Bearer {self.key}"}
        return httpx2.AsyncClient(base_url=f"{self.address}/v1", headers=headers, timeout=60)


@pytest.fixture(scope="session")
async def gateway(
    servers: Servers, worker: str, valkey: str, tmp_path_factory: pytest.TempPathFactory
) -> AsyncGenerator[Gateway]:
    async with open_gateway(servers, f"wire_{worker}", valkey, tmp_path_factory) as opened:
        yield opened


@asynccontextmanager
async def open_gateway(
    servers: Servers, label: str, valkey: str, tmp_path_factory: pytest.TempPathFactory
) -> AsyncGenerator[Gateway]:
    """An installation of its own: database, server, owner and vendors."""
    name = f"test_{label}"
    database = await clone_database(servers, name)
    folder: Path = tmp_path_factory.mktemp("wire")
    told = {
        "VECTAL_EGRESS_ALLOW": "127.0.0.1",
        "VECTAL_LOG_LEVEL": "warning",
        "VECTAL_BATCH_FILE_BYTES": str(FILE_BYTES),
        # All tests of a worker call as one person; near a limit no call is direct.
        "VECTAL_MODEL_REQUESTS_PER_MINUTE": "60000",
    }
    async with (
        running_peer() as peer,
        serve(database, valkey, folder, pace_ms=0, **told) as (address, _),
        Visitor.set_up(address) as ada,
    ):
        key = await make_key(ada, SCOPES)
        await add_vendors(ada, peer)
        async with AsyncExitStack() as opened:
            settings = {
                **settings_of(database, valkey, folder),
                **told,
                "VECTAL_SIMULATOR_PACE_MS": "0",
            }
            yield Gateway(address, key, ada, peer, opened, settings)
    await drop_database(servers, name)


async def make_key(ada: Visitor, scopes: list[str]) -> str:
    made: Json = await ada.post("/api-keys", {"name": "wire", "scopes": scopes})
    return str(made["key"])


async def make_member_key(gateway: Gateway, role: str) -> str:
    """The key of another person, in Ada's workspace."""
    ada, email = gateway.ada, f"{role}-{secrets.token_hex(4)}@example.com"
    workspaces = await ada.get("/workspaces")
    path = f"/workspaces/{workspaces['items'][0]['id']}/invitations"
    asked = await ada.post(path, {"email": email, "role": role})
    async with httpx2.AsyncClient(base_url=f"{gateway.address}/api/v1", timeout=60) as http:
        account = {"email": email, "password": PASSWORD, "display_name": role}
        account["invitation_token"] = asked["token"]
        made = await http.post("/auth/signup", json=account)
        assert made.status_code == 201, made.text
        visitor = Visitor(gateway.address, http, made.json()["access_token"])
        http.headers["Authorization"] = f"Bearer {visitor.token}"
        return await make_key(visitor, SCOPES)


async def add_vendors(ada: Visitor, peer: Peer) -> None:
    """One vendor of each wire. Of its models, those with a number are there to fail."""
    for kind, path, model in (
        ("openai_compatible", "/chat", CHAT_MODEL),
        ("anthropic", "/claude", CLAUDE_MODEL),
    ):
        await ada.post(
            "/ai/providers",
            {
                "kind": kind,
                "name": kind,
                "base_url": peer.url(path),
                "key": UPSTREAM_KEY,
                # The peer plays no batch endpoints; the emulator beside it does.
                "batches": "queue",
                "models": [
                    *(
                        {"name": name, "embedding": True, "dimensions": 8}
                        for name in (
                            EMBEDDING_MODEL,
                            *(f"{EMBEDDING_MODEL}-{number}" for number in range(6)),
                        )
                    ),
                    *(
                        {
                            "name": name,
                            "context_tokens": 100_000,
                            "max_output_tokens": 8_192,
                            "tools": True,
                            "images": True,
                        }
                        for name in (model, *(f"{model}-{number}" for number in range(26)))
                    ),
                ],
            },
        )


@dataclass(frozen=True)
class Purse:
    """A key with a budget of its own."""

    budget_id: str
    key: str
    headers: Mapping[str, str]


@dataclass
class Purses:
    """Makes purses, which end with the test: a person has at most so many keys."""

    ada: Visitor
    _made: list[str] = field(default_factory=list[str])

    async def make(self, unit: str, cap: str) -> Purse:
        made = await self.ada.post("/api-keys", {"name": "purse", "scopes": SCOPES})
        draft = {"name": "Test", "period": "total", "unit": unit, "cap": cap}
        subject = {"subject_kind": "key", "subject_id": made["id"]}
        budget = await self.ada.post("/ai/budgets", {**draft, **subject})
        self._made += f"/ai/budgets/{budget['id']}", f"/api-keys/{made['id']}"
        return Purse(budget["id"], made["key"], {"Authorization": f"Bearer {made['key']}"})

    async def end(self) -> None:
        for path in self._made:
            gone = await self.ada.http.delete(path)
            assert gone.is_success, gone.text


@pytest.fixture
async def purses(gateway: Gateway) -> AsyncGenerator[Purses]:
    made = Purses(gateway.ada)
    yield made
    await made.end()


@pytest.fixture(scope="session")
async def batching(gateway: Gateway) -> AsyncGenerator[Gateway]:
    """The gateway with a worker and a scheduler beside it, which batches need."""
    beside = [
        await Tree.start({**gateway.settings}, command=name) for name in ("worker", "scheduler")
    ]
    try:
        yield gateway
    finally:
        for process in beside:
            process.kill()
            await process.wait()


JSON = {"Content-Type": "application/json"}


@pytest.fixture
def client(gateway: Gateway) -> openai.AsyncOpenAI:
    return gateway.openai()


@pytest.fixture
def claude(gateway: Gateway) -> anthropic.AsyncAnthropic:
    return gateway.anthropic()
