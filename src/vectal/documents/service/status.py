"""What people ask of documents: how far one is, its pages, to read it again, or to stop."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias, cast
from uuid import UUID

from vectal.auth.principal import Principal
from vectal.documents.contracts import (
    INDEX_OFF,
    UNDER_WAY,
    Document,
    DocumentPage,
    DocumentStage,
    DocumentState,
)
from vectal.documents.errors import (
    DocumentNotFoundError,
    NotUnderWayError,
    PageNotFoundError,
    UnderWayError,
)
from vectal.documents.repository import documents, pages
from vectal.documents.repository.documents import NewReading
from vectal.documents.service.journal import tell_row
from vectal.documents.service.sealing import DocumentSeals
from vectal.documents.tables import DocumentRow
from vectal.files.service import FileServices
from vectal.platform.clock import Clock
from vectal.platform.db import Database, DataScope, ReadSession, WriteSession

_INDEX_OFF: Final = (
    "This workspace keeps no search index. The file can be read, and is not found by what it says."
)

Enqueue: TypeAlias = Callable[[WriteSession, DataScope, UUID, int, str], Awaitable[None]]
"""Queues the reading of a file's version; the last word makes its key its own."""


@dataclass(frozen=True, slots=True)
class DocumentStatus:
    database: Database
    files: FileServices
    seals: DocumentSeals
    enqueue: Enqueue
    clock: Clock

    async def get(self, principal: Principal, file_id: UUID) -> Document:
        """The latest reading of a file. Raises `DocumentNotFoundError`."""
        async with self.database.read(principal) as session:
            row = await documents.find_newest(session, principal, file_id)
            if row is None:
                raise DocumentNotFoundError
            return await self._read(session, principal, row)

    async def list_documents(
        self, principal: Principal, file_ids: Sequence[UUID]
    ) -> list[Document]:
        """The latest reading of each of these files that has one and may be seen."""
        async with self.database.read(principal) as session:
            rows = await documents.list_newest(session, principal, file_ids)
            return [await self._read(session, principal, row) for row in rows]

    async def get_page(
        self, principal: Principal, file_id: UUID, page: int, number: int | None = None
    ) -> DocumentPage:
        """A page of a version, of the latest one that was read when none is named.

        Raises `DocumentNotFoundError` and `PageNotFoundError`.
        """
        async with self.database.read(principal) as session:
            row = await documents.find_newest(session, principal, file_id, number)
            if row is None:
                raise DocumentNotFoundError
            found = await pages.find(session, principal, row.id, page)
            if found is None:
                raise PageNotFoundError
            opened = await self.seals.open_page(session, principal, found)
        return DocumentPage(file_id, row.number, opened)

    async def reindex(self, principal: Principal, file_id: UUID) -> Document:
        """Read the newest version again; what is found now stays until that is done.

        Raises `StoredFileNotFoundError`, and `UnderWayError` while a reading lasts.
        """
        file = await self.files.get_file(principal, file_id)
        owner_id = None if file.visibility == "workspace" else file.owner_id
        async with self.database.transaction(principal) as session:
            old = await documents.find_newest(session, principal, file_id, lock=True)
            generation = 1
            if old is not None and old.number == file.number:
                if old.state in UNDER_WAY:
                    raise UnderWayError
                generation = old.generation + 1
            reading = NewReading(file_id, file.number, owner_id, generation)
            if not await documents.add(session, principal, reading):
                raise UnderWayError  # somebody else asked for the same at the same time
            await self.enqueue(session, principal, file_id, file.number, str(generation))
            found = await documents.find_newest(session, principal, file_id, file.number)
            if found is None:
                raise DocumentNotFoundError
            await tell_row(session, found)
            return await self._read(session, principal, found)

    async def cancel(self, principal: Principal, file_id: UUID) -> Document:
        """Stop a reading; its child ends within a second or so. Raises `NotUnderWayError`."""
        async with self.database.transaction(principal) as session:
            row = await documents.find_newest(session, principal, file_id, lock=True)
            if row is None:
                raise DocumentNotFoundError
            if row.state not in UNDER_WAY:
                raise NotUnderWayError(f"It is {row.state}.")
            await documents.change(
                session,
                principal,
                row.id,
                state="cancelled",
                epoch=row.epoch + 1,
                touched_at=self.clock.now(),
            )
            await tell_row(session, row, state="cancelled")
            row = await documents.find(session, principal, row.id)
            if row is None:
                raise DocumentNotFoundError
            return await self._read(session, principal, row)

    async def _read(self, session: ReadSession, scope: DataScope, row: DocumentRow) -> Document:
        report = await self.seals.open_report(session, scope, row)
        return Document(
            id=row.id,
            file_id=row.file_id,
            number=row.number,
            state=cast("DocumentState", row.state),
            stage=cast("DocumentStage", row.stage),
            is_searchable=row.is_searchable,
            pages_done=row.pages_done,
            pages_total=row.pages_total,
            chunks_done=row.chunks_done,
            chunks_total=row.chunks_total,
            code=row.code,
            detail=_INDEX_OFF if row.code == INDEX_OFF else report.detail or None,
            notices=report.notices,
            title=report.title,
            model_id=row.model_id,
            dimensions=row.dimensions,
            created_at=row.created_at,
            indexed_at=row.indexed_at,
        )
