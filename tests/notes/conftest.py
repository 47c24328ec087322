"""A person with notes, over the worker's real database and a folder of her own."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

import pytest
from tests.fixtures.accounts import Person

from vectal.accounts.service import AccountService
from vectal.auth.principal import Principal
from vectal.files.contracts import File, TargetKind
from vectal.files.service import FileRules, FileServices
from vectal.notes.service import NoteServices
from vectal.platform.config import Settings
from vectal.platform.crypto import Keyring
from vectal.platform.db import Database, DataScope
from vectal.platform.storage import open_storage
from vectal.tasks.service import TaskServices


class _Around:
    async def is_member(self, scope: DataScope) -> bool:
        del scope
        return True

    async def may_see(self, principal: Principal, kind: TargetKind, target_id: UUID) -> bool:
        del principal, kind, target_id
        return False

    async def may_change(self, principal: Principal, kind: TargetKind, target_id: UUID) -> bool:
        del principal, kind, target_id
        return False


@dataclass(frozen=True)
class Desk:
    person: Person
    notes: NoteServices
    files: FileServices
    tasks: TaskServices
    database: Database

    @property
    def me(self) -> Principal:
        return self.person.principal

    async def put(self, name: str, text: str) -> File:
        """A note as a person writes it."""
        over = await self.notes.shelf.find_named(self.me, name)
        return await self.notes.shelf.write(self.me, name, text, over)

    async def text(self, note_id: UUID) -> str:
        return (await self.notes.shelf.read(self.me, note_id)).text

    async def names(self) -> list[str]:
        page = await self.notes.shelf.list_notes(self.me, None)
        return [file.name for file in page.items]


@pytest.fixture
def desk(
    person: Person, db: Database, accounts: AccountService, keyring: Keyring, tmp_path: Path
) -> Desk:
    around = _Around()
    tasks = TaskServices.build(db, accounts.members)
    files = FileServices.build(
        database=db,
        keyring=keyring,
        storage=open_storage(Settings(storage_url=f"file://{tmp_path}/objects")),
        rules=FileRules(max_bytes=1 << 20),
        standing=around,
        targets=around,
    )
    notes = NoteServices.build(files, tasks, keyring)
    return Desk(person, notes, files, tasks, db)
