"""What follows when a file is hidden, shown to others, or gone: its document follows it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final
from uuid import UUID

from vectal.documents.contracts import UNDER_WAY
from vectal.documents.embedding.ports import Embedder, pick
from vectal.documents.index import VectorIndex
from vectal.documents.repository import documents, pages
from vectal.documents.service.sealing import DocumentSeals
from vectal.documents.service.status import Enqueue
from vectal.documents.tables import DocumentRow
from vectal.files.errors import StoredFileNotFoundError, VersionNotFoundError
from vectal.files.service import FileServices
from vectal.platform.clock import Clock
from vectal.platform.db import Database, DataScope, Scope, WriteSession

_PAGES_AT_ONCE: Final = 32
_LISTED: Final = 100
NOBODY: Final = UUID(int=0)
"""Acts for what a workspace shares; owns nothing."""


@dataclass(frozen=True, slots=True)
class Settling:
    database: Database
    files: FileServices
    seals: DocumentSeals
    index: VectorIndex
    embedders: Sequence[Embedder]
    enqueue: Enqueue
    clock: Clock

    async def hide(
        self, session: WriteSession, scope: DataScope, file_id: UUID, *, is_hidden: bool
    ) -> None:
        """The trash counts at once: in the transaction that heard of it."""
        await documents.hide(session, scope, file_id, is_hidden=is_hidden)

    async def settle(self, scope: DataScope, file_id: UUID) -> None:
        """Bring keys and vectors of a file's documents to what the file is now."""
        try:
            opened = await self.files.content.open_version(scope, file_id, judge=False)
        except (StoredFileNotFoundError, VersionNotFoundError):
            await self.forget(scope, file_id)
            return
        file = opened.file
        owner_id = None if file.visibility == "workspace" else file.owner_id
        # What was private is opened with its owner's key, whoever has changed it.
        owner = Scope(scope.workspace_id, file.owner_id)
        is_hidden = file.trashed_at is not None
        async with self.database.transaction(owner) as session:
            await documents.hide(session, owner, file_id, is_hidden=is_hidden)
            rows = await documents.list_of_file(session, owner, file_id)
        for row in rows:
            await self._rehome(owner, row, owner_id)
        await self.index.revise(owner, file_id, owner_id=owner_id, is_hidden=is_hidden)
        # What a run that was cut off after its switch has left in a store outside.
        gone = [row.id for row in rows if not row.is_searchable and row.state not in UNDER_WAY]
        await self.index.delete_documents(owner, gone)

    async def forget(self, scope: DataScope, file_id: UUID) -> None:
        """Of a file that is gone; its rows went with it."""
        await self.index.delete_files(scope, [file_id])

    async def list_stalled(self, silence: timedelta) -> Sequence[tuple[Scope, UUID, int]]:
        """Readings that nobody works on: who acts, the file and its version."""
        before = self.clock.now() - silence
        async with self.database.system("documents.list_stalled") as session:
            found = await documents.list_stalled(session, before, _LISTED)
        return [
            (Scope(workspace_id, owner_id or NOBODY), file_id, number)
            for workspace_id, owner_id, file_id, number in found
        ]

    async def renew_vectors(self) -> int:
        """Queue documents that another model has indexed than their workspace uses now.

        They are found by it until then. Returns how many were queued.
        """
        first = self.embedders[0].model_id
        async with self.database.system("documents.list_workspaces") as session:
            workspaces = await documents.list_workspaces_of_other_models(session, first, _LISTED)
        count = 0
        for workspace_id in workspaces:
            embedder = await pick(self.embedders, Scope(workspace_id, NOBODY))
            count += await self._renew_some(workspace_id, embedder.model_id)
        return count

    async def _renew_some(self, workspace_id: UUID, model_id: str) -> int:
        async with self.database.system("documents.list_of_other_models") as session:
            found = await documents.list_of_other_models(session, workspace_id, model_id, _LISTED)
        for owner_id, document_id in found:
            scope = Scope(workspace_id, owner_id or NOBODY)
            async with self.database.transaction(scope) as session:
                row = await documents.find(session, scope, document_id, lock=True)
                if row is None or row.state != "indexed" or row.model_id == model_id:
                    continue
                await documents.change(
                    session,
                    scope,
                    row.id,
                    state="embedding",
                    stage="vectors",
                    tries=0,
                    touched_at=self.clock.now(),
                )
                await self.enqueue(session, scope, row.file_id, row.number, model_id)
        return len(found)

    async def _rehome(self, scope: DataScope, row: DocumentRow, owner_id: UUID | None) -> None:
        """Seal pages and report under the key of whoever the file belongs to now."""
        if row.owner_id != owner_id:
            async with self.database.transaction(scope) as session:
                locked = await documents.find(session, scope, row.id, lock=True)
                if locked is None:
                    return
                report = await self.seals.open_report(session, scope, locked)
                sealed = await self.seals.seal_report(session, scope, row.id, owner_id, report)
                # A run that is under way seals for the old owner: it stops, and another goes on.
                epoch = locked.epoch + 1
                await documents.change(
                    session, scope, row.id, owner_id=owner_id, sealed_report=sealed, epoch=epoch
                )
                if locked.state in UNDER_WAY:
                    await self.enqueue(session, scope, row.file_id, row.number, f"epoch:{epoch}")
        while await self._reseal_some(scope, row.id, owner_id):
            pass

    async def _reseal_some(
        self, scope: DataScope, document_id: UUID, owner_id: UUID | None
    ) -> bool:
        async with self.database.transaction(scope) as session:
            found = await pages.list_sealed_otherwise(
                session, scope, document_id, owner_id, _PAGES_AT_ONCE
            )
            for each in found:
                page = await self.seals.open_page(session, scope, each)
                sealed = await self.seals.seal_page(session, scope, document_id, owner_id, page)
                await pages.replace(
                    session, scope, document_id, each.number, owner_id=owner_id, sealed=sealed
                )
        return len(found) == _PAGES_AT_ONCE
