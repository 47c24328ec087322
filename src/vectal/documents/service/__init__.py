"""Use cases of documents. `DocumentServices` bundles them."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self
from uuid import UUID

from vectal.auth.principal import Principal
from vectal.documents.contracts import Document, DocumentPage, SearchQuery, SearchResult
from vectal.documents.embedding.ports import Embedder
from vectal.documents.extraction.sandbox import Sandbox
from vectal.documents.index import VectorIndex
from vectal.documents.ports import DocumentModels
from vectal.documents.service.cutting import Cutting
from vectal.documents.service.drawings import Drawings
from vectal.documents.service.extracting import Extracting
from vectal.documents.service.pipeline import Pipeline
from vectal.documents.service.retrieval import Retrieval
from vectal.documents.service.rules import DocumentRules, RetrievalRules
from vectal.documents.service.sealing import DocumentSeals
from vectal.documents.service.settling import NOBODY, Settling
from vectal.documents.service.status import DocumentStatus, Enqueue
from vectal.documents.service.switching import IndexSwitch
from vectal.documents.service.vectorising import Vectorising
from vectal.files.service import FileServices
from vectal.platform.clock import Clock, SystemClock
from vectal.platform.crypto import Keyring
from vectal.platform.db import Database

__all__ = ["NOBODY", "DocumentRules", "DocumentServices", "Enqueue", "RetrievalRules"]


@dataclass(frozen=True, slots=True)
class DocumentServices:
    """What doors, jobs and modules above hold."""

    pipeline: Pipeline
    settling: Settling
    status: DocumentStatus
    retrieval: Retrieval
    switch: IndexSwitch
    embedders: Sequence[Embedder]
    drawings: Drawings
    rules: DocumentRules

    @classmethod
    def build(
        cls,
        *,
        database: Database,
        keyring: Keyring,
        files: FileServices,
        index: VectorIndex,
        models: DocumentModels,
        enqueue: Enqueue,
        rules: DocumentRules | None = None,
        clock: Clock | None = None,
    ) -> Self:
        embedders = models.embedders
        rules, clock, seals = (
            rules or DocumentRules(),
            clock or SystemClock(),
            DocumentSeals(keyring),
        )
        slots = asyncio.Semaphore(rules.parsers)
        return cls(
            pipeline=Pipeline(
                database,
                files,
                seals,
                Extracting(Sandbox(rules.sandbox), seals, rules, slots),
                Cutting(seals),
                Vectorising(embedders, index),
                index,
                rules,
                clock,
            ),
            settling=Settling(database, files, seals, index, embedders, enqueue, clock),
            status=DocumentStatus(database, files, seals, enqueue, clock),
            retrieval=Retrieval(
                database, files, index, embedders, rules.retrieval, models.reranker
            ),
            switch=IndexSwitch(database, index, enqueue, clock),
            embedders=embedders,
            drawings=Drawings(files, Sandbox(rules.sandbox), rules),
            rules=rules,
        )

    async def search(self, principal: Principal, query: SearchQuery) -> SearchResult:
        """The best passages that the person may see, for an answer with citations."""
        return await self.retrieval.search(principal, query)

    async def get_document(self, principal: Principal, file_id: UUID) -> Document:
        """Raises `DocumentNotFoundError`."""
        return await self.status.get(principal, file_id)

    async def get_page(
        self, principal: Principal, file_id: UUID, page: int, number: int | None = None
    ) -> DocumentPage:
        """Raises `DocumentNotFoundError` and `PageNotFoundError`."""
        return await self.status.get_page(principal, file_id, page, number)
