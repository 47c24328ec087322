"""A workspace with its task services, over the worker's real database."""

from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any, cast

import httpx2
import pytest
from tests.fixtures.accounts import MakeUser, Person
from tests.fixtures.apps import app_over

from vectal.accounts.service import AccountService
from vectal.auth.principal import Principal
from vectal.auth.service import AuthService
from vectal.platform.clock import FixedClock
from vectal.platform.config import Settings
from vectal.platform.crypto import Keyring
from vectal.platform.db import Database
from vectal.platform.events import append
from vectal.tasks.contracts import Task, TaskFields
from vectal.tasks.service import TaskServices

# A Wednesday, 10:30 in Berlin.
NOON = datetime(2026, 7, 15, 8, 30, tzinfo=UTC)


@dataclass(frozen=True)
class Desk:
    """One person at work: her principal, and the services."""

    person: Person
    services: TaskServices
    clock: FixedClock

    @property
    def me(self) -> Principal:
        return self.person.principal

    async def add(self, title: str = "Pay rent", **fields: Any) -> Task:
        given = cast("TaskFields", {"title": title, **fields})
        return await self.services.tasks.create(self.me, given)

    async def get(self, task: Task) -> Task:
        return await self.services.tasks.get(self.me, task.id)


@pytest.fixture(scope="session")
async def database(settings: Settings) -> AsyncGenerator[Database]:
    """The worker's database with its outbox."""
    assert settings.database_url is not None
    opened = Database(settings.database_url.get_secret_value(), outbox=append, pool_size=5)
    yield opened
    await opened.close()


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock(NOON)


@pytest.fixture
def services(database: Database, clock: FixedClock) -> TaskServices:
    return TaskServices.build(database, AccountService.build(database).members, clock=clock)


MakeDesk = Callable[[], Awaitable[Desk]]


@pytest.fixture
def make_desk(make_user: MakeUser, services: TaskServices, clock: FixedClock) -> MakeDesk:
    async def make() -> Desk:
        return Desk(await make_user(timezone="Europe/Berlin"), services, clock)

    return make


@pytest.fixture
async def desk(make_desk: MakeDesk) -> Desk:
    return await make_desk()


MakeApi = Callable[[Mapping[str, str]], httpx2.AsyncClient]


@pytest.fixture
async def make_api(
    database: Database,
    keyring: Keyring,
    accounts: AccountService,
    auth: AuthService,
    services: TaskServices,
    settings: Settings,
) -> AsyncGenerator[MakeApi]:
    """Clients of the app with people and tasks, by the headers that they send."""
    parts = SimpleNamespace(
        database=database, keyring=keyring, accounts=accounts, auth=auth, tasks=services
    )
    transport = httpx2.ASGITransport(app_over(parts, settings))
    opened: list[httpx2.AsyncClient] = []

    def make(headers: Mapping[str, str]) -> httpx2.AsyncClient:
        client = httpx2.AsyncClient(
            transport=transport, base_url="http://127.0.0.1:8484", headers=dict(headers)
        )
        opened.append(client)
        return client

    yield make
    for client in opened:
        await client.aclose()


@pytest.fixture
def api(make_api: MakeApi, desk: Desk) -> httpx2.AsyncClient:
    """A client that speaks for the person at the desk."""
    return make_api(desk.person.headers)
