"""Documents, wired: the services, the jobs of the pipeline, what starts them, and the sweeps."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack
from datetime import timedelta
from typing import Final
from uuid import UUID

from vectal.documents.extraction.contracts import ExtractionLimits, OcrOptions
from vectal.documents.index import VectorIndex
from vectal.documents.index.opening import open_index
from vectal.documents.ports import DocumentModels
from vectal.documents.service import NOBODY, DocumentRules, DocumentServices, RetrievalRules
from vectal.files.events import (
    FileChanged,
    FilePurged,
    FileReadable,
    FileRestored,
    FileStored,
    FileTrashed,
    FileVersionAdded,
)
from vectal.files.service import FileServices
from vectal.platform.config import Settings
from vectal.platform.crypto import Keyring
from vectal.platform.db import Database, DataScope, Scope, WriteSession
from vectal.platform.embedded.errors import ExitCode, OperatorError
from vectal.platform.events import EventRecord
from vectal.platform.events.consumers import Consumer, consumer
from vectal.platform.http import EgressLedger
from vectal.platform.jobs import Job, JobContext, JobQueue, JobRule, Sweep, job

READ: Final = "documents.read"
SETTLE: Final = "documents.settle"
_RULE: Final = JobRule(
    queue="documents", attempts=10, timeout=timedelta(hours=2), lease=timedelta(seconds=15)
)
_QUICK: Final = JobRule(queue="documents", attempts=5, timeout=timedelta(minutes=10))


def open_documents(
    stack: AsyncExitStack,
    settings: Settings,
    database: Database,
    keyring: Keyring,
    files: FileServices,
    jobs: JobQueue,
    ledger: EgressLedger,
    models: DocumentModels,
) -> DocumentServices:
    """Build everything and register the jobs. Nothing is loaded before it is asked."""
    services = DocumentServices.build(
        database=database,
        keyring=keyring,
        files=files,
        index=open_vectors(stack, settings, database, ledger),
        models=models,
        enqueue=_Enqueue(jobs),
        rules=DocumentRules(
            ocr=OcrOptions(languages=settings.ocr_languages),
            limits=ExtractionLimits(memory_bytes=settings.document_memory_mb << 20),
            parsers=settings.document_parsers,
            sandbox=settings.document_sandbox,
            retrieval=RetrievalRules(reranks=settings.document_rerank),
        ),
    )
    jobs.register(_read_job(services))
    jobs.register(_settle_job(services))
    return services


def open_vectors(
    stack: AsyncExitStack, settings: Settings, database: Database, ledger: EgressLedger
) -> VectorIndex:
    """The store that VECTAL_VECTOR_URL names."""
    url = settings.vector_url.get_secret_value() if settings.vector_url else None
    try:
        return open_index(stack, url, database, ledger)
    except ValueError as error:
        raise OperatorError(
            f"VECTAL_VECTOR_URL is not valid: {error}.",
            "docs/guides/knowledge.md lists the vector stores and their addresses.",
            ExitCode.BAD_SETTINGS,
        ) from error


class _Enqueue:
    """Queues the reading of one version; a name of its own makes it another job than the first."""

    def __init__(self, jobs: JobQueue) -> None:
        self._jobs = jobs

    async def __call__(
        self, session: WriteSession, scope: DataScope, file_id: UUID, number: int, name: str
    ) -> None:
        await self._jobs.enqueue(
            session,
            READ,
            f"{file_id}:{number}:{name}",
            user_id=scope.user_id,
            file_id=file_id,
            number=str(number),
        )


def make_consumers(documents: DocumentServices, jobs: JobQueue) -> Sequence[Consumer]:
    """What follows from what happens to files."""

    # Files that were stored before there was a worker, or a reader of documents, count too.
    @consumer(
        "documents.files_stored", FileStored, FileVersionAdded, FileReadable, from_oldest=True
    )
    async def stored(session: WriteSession, record: EventRecord) -> None:
        payload = record.payload
        file_id, number = UUID(payload["file_id"]), int(payload["number"])
        scope = _scope_of(record)
        await _Enqueue(jobs)(session, scope, file_id, number, "first")

    @consumer(
        "documents.files_changed",
        FileChanged,
        FileTrashed,
        FileRestored,
        FilePurged,
        from_oldest=True,
    )
    async def changed(session: WriteSession, record: EventRecord) -> None:
        file_id, scope = UUID(record.payload["file_id"]), _scope_of(record)
        if record.type in {FileTrashed.type, FileRestored.type}:
            is_hidden = record.type == FileTrashed.type
            await documents.settling.hide(session, scope, file_id, is_hidden=is_hidden)
        await jobs.enqueue(session, SETTLE, str(record.id), user_id=scope.user_id, file_id=file_id)

    return [stored, changed]


def make_sweeps(documents: DocumentServices, jobs: JobQueue, database: Database) -> Sequence[Sweep]:
    """Takes up readings that nobody works on, and renews the vectors of a model that was left."""

    async def take_up() -> None:
        for scope, file_id, number in await documents.settling.list_stalled(
            documents.rules.stalled
        ):
            async with database.transaction(scope) as session:
                await _Enqueue(jobs)(session, scope, file_id, number, "again")

    async def renew() -> None:
        await documents.settling.renew_vectors()

    async def switch() -> None:
        await documents.switch.sweep()

    return [
        Sweep("documents.switch_index", timedelta(seconds=20), switch),
        Sweep("documents.take_up", timedelta(seconds=30), take_up),
        Sweep("documents.renew_vectors", timedelta(minutes=1), renew),
    ]


def _scope_of(record: EventRecord) -> Scope:
    """What is private is done as its owner; what is shared belongs to nobody."""
    return Scope(record.workspace_id, record.user_id or NOBODY)


def _read_job(documents: DocumentServices) -> Job:
    @job(READ, _RULE)
    async def read(context: JobContext, ids: Mapping[str, str]) -> None:
        scope = Scope(context.workspace_id, UUID(ids["user_id"]))
        await documents.pipeline.run(
            scope, UUID(ids["file_id"]), int(ids["number"]), is_last=context.is_last
        )

    return read


def _settle_job(documents: DocumentServices) -> Job:
    @job(SETTLE, _QUICK)
    async def settle(context: JobContext, ids: Mapping[str, str]) -> None:
        scope = Scope(context.workspace_id, UUID(ids["user_id"]))
        await documents.settling.settle(scope, UUID(ids["file_id"]))

    return settle
