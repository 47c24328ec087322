"""A person with her files, over the worker's real database and a folder of her own."""

from collections.abc import AsyncGenerator, AsyncIterator, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import httpx2
import pytest
from fastapi import FastAPI
from tests.fixtures.accounts import MakeUser, Person, people_of

from vectal.auth.principal import Principal
from vectal.entrypoints.services import Services
from vectal.files.contracts import File, FileFilter, TargetKind, UploadDraft, Visibility
from vectal.files.ports import Scanner
from vectal.files.service import FileRules, FileServices
from vectal.platform.clock import FixedClock
from vectal.platform.config import Settings
from vectal.platform.crypto import Keyring
from vectal.platform.db import Database, DataScope
from vectal.platform.storage import ObjectStorage, open_storage

NOON = datetime(2026, 7, 15, 8, 30, tzinfo=UTC)
MIB = 1 << 20
API = "/api/v1"


async def pieces(*parts: bytes) -> AsyncIterator[bytes]:
    for part in parts:
        yield part


async def collect(stream: AsyncIterator[bytes]) -> bytes:
    return b"".join([piece async for piece in stream])


@dataclass
class Surroundings:
    """What other rooms would say: who is a member, and what files may be attached to."""

    members: bool = True
    seen: set[UUID] = field(default_factory=set[UUID])
    changeable: set[UUID] = field(default_factory=set[UUID])

    async def is_member(self, scope: DataScope) -> bool:
        del scope
        return self.members

    async def may_see(self, principal: Principal, kind: TargetKind, target_id: UUID) -> bool:
        del principal, kind
        return target_id in self.seen | self.changeable

    async def may_change(self, principal: Principal, kind: TargetKind, target_id: UUID) -> bool:
        del principal, kind
        return target_id in self.changeable


@dataclass(frozen=True)
class Drawer:
    """One person's files: her principal, the services, and where the sealed bytes lie."""

    person: Person
    services: FileServices
    storage: ObjectStorage
    clock: FixedClock
    around: Surroundings
    folder: Path

    @property
    def me(self) -> Principal:
        return self.person.principal

    async def put(
        self,
        name: str = "Plan.txt",
        body: bytes = b"the plan",
        visibility: Visibility = "private",
        *,
        folder_id: UUID | None = None,
        replaces: UUID | None = None,
    ) -> File:
        draft = UploadDraft(name, len(body), folder_id, visibility, replaces)
        return await self.services.store(self.me, draft, pieces(body))

    async def read(self, file: File, number: int | None = None) -> bytes:
        opened = await self.services.open_version(self.me, file.id, number)
        return await collect(opened.read())

    async def names(self, wanted: FileFilter | None = None) -> list[str]:
        """Of the files that she sees, in their order."""
        return sorted(each.name for each in (await self.services.list_files(self.me, wanted)).items)

    async def sweep(self) -> None:
        """Until nothing is left that was given up."""
        while await self.services.sweeper.remove_contents():
            pass

    async def audit(self) -> tuple[list[str], list[str]]:
        """Keys of her workspace: objects without a row, and rows without their object."""
        found = await self.services.sweeper.audit()
        mine = f"/{self.me.workspace_id}/"
        return [k for k in found.strays if mine in k], [k for k in found.missing if mine in k]

    def objects(self) -> list[Path]:
        """All files below the store."""
        return [each for each in self.folder.rglob("*") if each.is_file()]


MakeDrawer = Callable[..., Drawer]


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock(NOON)


@pytest.fixture
def make_drawer(db: Database, keyring: Keyring, clock: FixedClock, tmp_path: Path) -> MakeDrawer:
    """Drawers of people over one store; `rules` are the installation's."""

    def make(
        person: Person,
        rules: FileRules | None = None,
        *,
        storage: ObjectStorage | None = None,
        scanner: Scanner | None = None,
    ) -> Drawer:
        around = Surroundings()
        storage = storage or open_storage(Settings(storage_url=f"file://{tmp_path}/objects"))
        services = FileServices.build(
            database=db,
            keyring=keyring,
            storage=storage,
            rules=rules or FileRules(max_bytes=64 * MIB),
            standing=around,
            targets=around,
            scanner=scanner,
            clock=clock,
        )
        return Drawer(person, services, storage, clock, around, tmp_path / "objects")

    return make


@pytest.fixture
async def drawer(make_user: MakeUser, make_drawer: MakeDrawer) -> Drawer:
    return make_drawer(await make_user())


@pytest.fixture
async def visitor(house_services: Services) -> Person:
    """The owner of a fresh workspace, as the whole house knows her."""
    make = people_of(house_services.database, house_services.accounts, house_services.auth)
    return await make()


@pytest.fixture
async def api(house_app: FastAPI, visitor: Person) -> AsyncGenerator[httpx2.AsyncClient]:
    """A client of the whole house that speaks for the visitor."""
    async with httpx2.AsyncClient(
        transport=httpx2.ASGITransport(house_app),
        base_url="http://127.0.0.1:8484",
        headers=visitor.headers,
    ) as client:
        yield client
