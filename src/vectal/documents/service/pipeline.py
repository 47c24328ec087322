"""The way of a document: pages, chunks, vectors, and the switch that lets people find it.

A run may be killed anywhere. The next one goes on behind the last page, or the last chunk, that
was written down; what it writes is refused once a newer run has taken the document.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from vectal.documents.contracts import INDEX_OFF, DocumentState
from vectal.documents.embedding.errors import EmbeddingInputError
from vectal.documents.errors import IndexOffError
from vectal.documents.extraction.errors import ExtractionError
from vectal.documents.index import VectorIndex, VectorSpace
from vectal.documents.repository import chunks, documents, settings
from vectal.documents.repository.documents import NewReading
from vectal.documents.service.cutting import Cutting
from vectal.documents.service.extracting import Extracting
from vectal.documents.service.journal import Journal, TakenOverError
from vectal.documents.service.rules import DocumentRules
from vectal.documents.service.sealing import DocumentSeals, Report
from vectal.documents.service.vectorising import Vectorising
from vectal.documents.tables import DocumentRow
from vectal.files.errors import (
    InfectedError,
    NotReadableError,
    StoredFileNotFoundError,
    VersionNotFoundError,
)
from vectal.files.service import FileServices, OpenVersion
from vectal.platform.clock import Clock
from vectal.platform.db import Database, DataScope, WriteSession
from vectal.platform.errors import AppError
from vectal.platform.telemetry import get_logger

_LOOK_EVERY_S: Final = 1.0
_NEVER_READ: Final = frozenset(("audio", "video", "archive"))
_SKIPPED: Final = frozenset(("unsupported", "empty", INDEX_OFF))

_log = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Pipeline:
    database: Database
    files: FileServices
    seals: DocumentSeals
    extracting: Extracting
    cutting: Cutting
    vectorising: Vectorising
    index: VectorIndex
    rules: DocumentRules
    clock: Clock

    async def run(
        self, scope: DataScope, file_id: UUID, number: int, *, is_last: bool = False
    ) -> None:
        """Bring one version of a file as far as it gets; does nothing when that is done.

        Raises what may go away by itself, so that the job is tried again; when it `is_last`, that
        too ends the document as failed.
        """
        opened = await self._open(scope, file_id, number)
        if opened is None:
            return
        journal = await self._take(scope, opened)
        if journal is None:
            return
        try:
            await self._watch(journal, opened)
        except TakenOverError:
            _log.info("documents.taken_over", document_id=str(journal.document_id))
        except Exception as error:
            # A document's fault ends that document, and `_end` logs it; the rest is raised again.
            ending = self._ending_of(error, journal, is_last=is_last)
            if ending is not None:
                await self._end(journal, *ending)
            if ending is None or not isinstance(error, AppError):
                raise

    def _ending_of(
        self, error: Exception, journal: Journal, *, is_last: bool
    ) -> tuple[str, str] | None:
        """Code and words when the document ends by it; None when another try may help."""
        if isinstance(error, ExtractionError):
            is_over = error.is_final or is_last or journal.row.tries >= self.rules.tries
            return (error.failure, error.detail) if is_over else None
        if isinstance(error, EmbeddingInputError | IndexOffError):
            return error.code, error.detail
        if not is_last:
            return None
        if isinstance(error, AppError):
            return error.code, error.detail
        return "internal", "Something went wrong on our side."

    async def _open(self, scope: DataScope, file_id: UUID, number: int) -> OpenVersion | None:
        """The version; None when it is gone, or is not to be read yet."""
        try:
            opened = await self.files.open_version(scope, file_id, number)
        except (StoredFileNotFoundError, VersionNotFoundError):
            return None
        except (NotReadableError, InfectedError):
            return None  # a later event says when it may be read; one with a virus never is
        return opened if opened.version.is_current else None

    async def _take(self, scope: DataScope, opened: OpenVersion) -> Journal | None:
        file, number = opened.file, opened.version.number
        owner_id = None if file.visibility == "workspace" else file.owner_id
        async with self.database.transaction(scope) as session:
            row = await documents.find_newest(session, scope, file.id, number, lock=True)
            if row is None:
                is_hidden = file.trashed_at is not None
                reading = NewReading(file.id, number, owner_id, is_hidden=is_hidden)
                await documents.add(session, scope, reading)
                row = await documents.find_newest(session, scope, file.id, number, lock=True)
            if row is None:
                return None
            taken = await documents.take(session, scope, row.id, self.clock.now())
        if taken is None:
            return None
        return Journal(self.database, scope, self.clock, taken)

    async def _watch(self, journal: Journal, opened: OpenVersion) -> None:
        """Work, and look now and then whether the work is still wanted."""
        work = asyncio.create_task(self._work(journal, opened))
        try:
            while True:
                done, _ = await asyncio.wait({work}, timeout=_LOOK_EVERY_S)
                if done:
                    return await work
                if not await journal.is_ours():
                    raise TakenOverError
        finally:
            if not work.done():
                work.cancel()
                await asyncio.wait({work})
                if not work.cancelled() and (error := work.exception()) is not None:
                    _log.info("documents.stopped", error=repr(error))

    async def _work(self, journal: Journal, opened: OpenVersion) -> None:
        row = journal.row
        if row.tries >= self.rules.deaths:
            raise ExtractionError("crashed")
        if row.state == "queued":
            if opened.version.kind in _NEVER_READ:
                raise ExtractionError("unsupported", "Sound, video and archives hold no pages.")
            async with journal.step(tell=True, state="extracting", stage="pages"):
                pass
        if row.stage == "pages":
            await self.extracting.run(journal, opened)
        else:
            await journal.begin_try()
        await self._require_index(journal)
        if row.stage == "chunks":
            await self.cutting.run(journal)
        space = await self.vectorising.run(journal)
        await self._switch(journal, space)

    async def _require_index(self, journal: Journal) -> None:
        async with self.database.read(journal.scope) as session:
            if not await settings.is_indexed(session, journal.scope):
                raise IndexOffError

    async def _switch(self, journal: Journal, space: VectorSpace) -> None:
        """From now on this reading is found, and nothing that was before it."""
        scope, row = journal.scope, journal.row
        async with journal.step(
            tell=True,
            state="indexed",
            stage="done",
            is_searchable=True,
            model_id=space.model_id,
            dimensions=space.dimensions,
            code=None,
            indexed_at=self.clock.now(),
        ) as session:
            if not await settings.is_indexed(session, scope):
                raise IndexOffError
            gone = [
                each
                for each in await documents.list_of_file(session, scope, row.file_id)
                if each.id != row.id and each.number <= row.number
            ]
            await self._retire(session, scope, row, gone)
        # Stores outside are asked after the commit; `settle` makes up for what is cut off here.
        await self.index.delete_documents(scope, [each.id for each in gone])
        await self.index.delete_other_models(scope, row.id, space.model_id)

    async def _retire(
        self, session: WriteSession, scope: DataScope, row: DocumentRow, gone: list[DocumentRow]
    ) -> None:
        """Older readings lose their chunks; those of older versions keep pages for citations."""
        await chunks.remove(session, scope, [each.id for each in gone])
        again = [each.id for each in gone if each.number == row.number]
        await documents.remove(session, scope, again)
        for each in gone:
            if each.number < row.number:
                await documents.change(session, scope, each.id, is_searchable=False)

    async def _end(self, journal: Journal, code: str, detail: str) -> None:
        """Failed or skipped, with words for a person. Neither costs any other document."""
        state: DocumentState = "skipped" if code in _SKIPPED else "failed"
        _log.warning("documents.ended", document_id=str(journal.document_id), code=code)
        with suppress(TakenOverError):
            async with journal.step(tell=True, state=state, code=code) as session:
                report = await self.seals.open_report(session, journal.scope, journal.row)
                words = await self.seals.seal_report(
                    session,
                    journal.scope,
                    journal.document_id,
                    journal.row.owner_id,
                    Report(detail=detail[:1_000], title=report.title, notices=report.notices),
                )
                await documents.change(
                    session, journal.scope, journal.document_id, sealed_report=words
                )
