"""The index that can be read, per workspace: chunks and vectors, kept or not.

Switched off, nothing is searched from that moment on; what exists is deleted by a sweep, and new
files are read for viewing alone. Switched on, what was left out is cut and indexed from its pages.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from vectal.documents.contracts import INDEX_OFF, DocumentSettings
from vectal.documents.index import VectorIndex
from vectal.documents.repository import chunks, documents, settings
from vectal.documents.service.journal import tell_row
from vectal.documents.service.settling import NOBODY
from vectal.documents.service.status import Enqueue
from vectal.platform.clock import Clock
from vectal.platform.db import Database, DataScope, Scope

_AT_ONCE: Final = 100
_ROUNDS: Final = 100
"""Of one sweep; the next goes on."""


@dataclass(frozen=True, slots=True)
class IndexSwitch:
    database: Database
    index: VectorIndex
    enqueue: Enqueue
    clock: Clock

    async def get(self, scope: DataScope) -> DocumentSettings:
        async with self.database.read(scope) as session:
            return DocumentSettings(await settings.is_indexed(session, scope))

    async def set(self, scope: DataScope, wanted: DocumentSettings) -> DocumentSettings:
        """It counts for searches at once; the sweep does the rest within a minute or so."""
        async with self.database.transaction(scope) as session:
            await settings.save(session, scope, is_indexed=wanted.is_indexed)
        return wanted

    async def sweep(self) -> int:
        """Withdraw and restore what workspaces have switched; returns how many documents.

        Raises `VectorsUnavailableError`; what is left is done the next time.
        """
        done: set[UUID] = set()
        for _ in range(_ROUNDS):
            async with self.database.system("documents.list_switched") as session:
                gone = await settings.list_to_withdraw(session, _AT_ONCE)
                back = await settings.list_to_restore(session, _AT_ONCE)
            found = {document_id for _, _, document_id in (*gone, *back)}
            if found <= done:  # nothing is left, or nothing that can be helped now
                break
            for workspace_id, owner_id, document_id in gone:
                await self._withdraw(Scope(workspace_id, owner_id or NOBODY), document_id)
            for workspace_id, owner_id, document_id in back:
                await self._restore(Scope(workspace_id, owner_id or NOBODY), document_id)
            done |= found
        return len(done)

    async def _withdraw(self, scope: Scope, document_id: UUID) -> None:
        """Whoever works on it stops, vectors go, then chunks: what is cut off is done again."""
        async with self.database.transaction(scope) as session:
            row = await documents.find(session, scope, document_id, lock=True)
            if row is None:
                return
            values: dict[str, Any] = {"epoch": row.epoch + 1, "touched_at": self.clock.now()}
            if settings.is_in_use(row):
                values |= {"state": "skipped", "stage": "chunks", "code": INDEX_OFF}
            await documents.change(session, scope, document_id, **values, is_searchable=False)
            if settings.is_in_use(row):
                await tell_row(session, row, state="skipped", stage="chunks")
        await self.index.delete_documents(scope, [document_id])
        async with self.database.transaction(scope) as session:
            await chunks.remove(session, scope, [document_id])
            await documents.change(
                session,
                scope,
                document_id,
                chunks_done=0,
                chunks_total=0,
                tokens=0,
                target_model_id=None,
                model_id=None,
                dimensions=None,
            )

    async def _restore(self, scope: Scope, document_id: UUID) -> None:
        async with self.database.transaction(scope) as session:
            row = await documents.find(session, scope, document_id, lock=True)
            if row is None or not settings.is_left_out(row):
                return
            await documents.change(
                session,
                scope,
                document_id,
                state="extracting",
                stage="chunks",
                code=None,
                tries=0,
                touched_at=self.clock.now(),
            )
            await tell_row(session, row, state="extracting", stage="chunks")
            await self.enqueue(session, scope, row.file_id, row.number, f"indexed:{row.epoch}")
