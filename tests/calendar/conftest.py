"""People with calendars, over the worker's real database."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any, cast
from uuid import UUID

import httpx2
import pytest
from tests.fixtures.accounts import MakeUser, Person
from tests.fixtures.apps import app_over

from vectal.accounts.service import AccountService
from vectal.auth.principal import Principal, Role
from vectal.auth.service import AuthService
from vectal.calendar.contracts import CalendarEvent, ComingRun, EventFields, Window
from vectal.calendar.service import CalendarServices
from vectal.entrypoints.files import Standing
from vectal.platform.clock import FixedClock
from vectal.platform.config import Settings
from vectal.platform.crypto import Keyring
from vectal.platform.db import Database
from vectal.platform.db.paging import Slice
from vectal.platform.events import append
from vectal.tasks.service import TaskServices

# A Wednesday, 10:30 in Berlin.
NOON = datetime(2026, 7, 15, 8, 30, tzinfo=UTC)
BERLIN = "Europe/Berlin"


def at(day: int, hour: int = 0, minute: int = 0, month: int = 7) -> datetime:
    return datetime(2026, month, day, hour, minute, tzinfo=UTC)


def july(first: int = 1, last: int = 31) -> Window:
    return Window(at(first), at(last), BERLIN)


@dataclass
class Runs:
    """The runs that are to come, as a test says."""

    coming: list[ComingRun] = field(default_factory=list[ComingRun])

    async def list_coming(self, principal: Principal, limit: int) -> Slice[ComingRun]:
        del principal
        return Slice(self.coming[:limit], None)


@dataclass(frozen=True)
class Desk:
    """One person at work: her principal, and the services."""

    person: Person
    services: CalendarServices
    database: Database
    clock: FixedClock
    runs: Runs

    @property
    def me(self) -> Principal:
        return self.person.principal

    async def add(self, title: str = "Board", **fields: Any) -> CalendarEvent:
        if "starts_on" not in fields:
            fields.setdefault("starts_at", at(15, 9))
        given = cast("EventFields", {"title": title, **fields})
        return await self.services.events.create(self.me, given)

    async def change(self, event: CalendarEvent, **fields: Any) -> CalendarEvent:
        return await self.services.events.update(self.me, event.id, cast("EventFields", fields))

    async def get(self, event_id: UUID) -> CalendarEvent:
        return await self.services.events.get(self.me, event_id)

    async def seen(self, window: Window | None = None) -> list[tuple[str, datetime]]:
        """Titles and keys of all that takes place, page by page."""
        found: list[tuple[str, datetime]] = []
        cursor: str | None = None
        while True:
            page = await self.services.listing.list_occurrences(
                self.me, window or july(), cursor=cursor, limit=2
            )
            found += [(each.event.title, each.key) for each in page.items]
            cursor = page.next_cursor
            if cursor is None:
                return found


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
def runs() -> Runs:
    return Runs()


@pytest.fixture
def tasks(database: Database, clock: FixedClock) -> TaskServices:
    return TaskServices.build(database, AccountService.build(database).members, clock=clock)


@pytest.fixture
def services(
    database: Database, tasks: TaskServices, runs: Runs, clock: FixedClock
) -> CalendarServices:
    standing = Standing(database, AccountService.build(database))
    return CalendarServices.build(database, tasks, standing, runs, clock=clock)


MakeDesk = Callable[..., Awaitable[Desk]]


@pytest.fixture
def make_desk(
    make_user: MakeUser,
    services: CalendarServices,
    database: Database,
    clock: FixedClock,
    runs: Runs,
) -> MakeDesk:
    async def make(beside: Desk | None = None, role: Role = Role.MEMBER) -> Desk:
        if beside is None:
            person = await make_user(timezone=BERLIN)
        else:
            person = await make_user(
                timezone=BERLIN, workspace_id=beside.me.workspace_id, role=role
            )
        return Desk(person, services, database, clock, runs)

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
    services: CalendarServices,
    settings: Settings,
) -> AsyncGenerator[MakeApi]:
    """Clients of the app with people, tasks and calendars, by the headers that they send."""
    parts = SimpleNamespace(
        database=database,
        keyring=keyring,
        accounts=accounts,
        auth=auth,
        tasks=services.tasks,
        calendar=services,
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
