"""A person with files and documents over the worker's database, and an embedder that is quick."""

from __future__ import annotations

import hashlib
import math
import re
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from tests.fixtures.accounts import Person

from vectal.auth.principal import Principal
from vectal.documents.contracts import Document, SearchQuery, SearchResult
from vectal.documents.embedding.errors import EmbeddingError
from vectal.documents.embedding.ports import Vector
from vectal.documents.index import VectorIndex
from vectal.documents.service import DocumentServices
from vectal.files.contracts import File, UploadDraft, Visibility
from vectal.files.service import FileServices
from vectal.platform.db import DataScope, WriteSession

_WORD = re.compile(r"\w+")


@dataclass
class WordEmbedder:
    """Texts with the same words have the same direction. Knows nothing of meaning."""

    model_id: str = "words-1"
    dimensions: int = 384
    is_broken: bool = False
    texts: list[str] = field(default_factory=list[str])
    refused: set[UUID] = field(default_factory=set[UUID])
    """Workspaces that may not use it."""

    async def serves(self, scope: DataScope) -> bool:
        return scope.workspace_id not in self.refused

    async def embed(self, texts: Sequence[str], scope: DataScope | None = None) -> list[Vector]:
        del scope
        if self.is_broken:
            raise EmbeddingError
        self.texts += texts
        return [self._vector(text) for text in texts]

    async def embed_query(self, text: str, scope: DataScope | None = None) -> Vector:
        (vector,) = await self.embed([text], scope)
        return vector

    def _vector(self, text: str) -> Vector:
        sums = [0.0] * self.dimensions
        for word in _WORD.findall(f"{self.model_id[-1]} {text.lower()}"):
            digest = hashlib.sha256(word.encode()).digest()
            sums[int.from_bytes(digest[:4], "big") % self.dimensions] += 1.0
        length = math.sqrt(sum(value * value for value in sums))
        return [value / length for value in sums]


@dataclass
class Queued:
    """What was to be read, in the place of a queue."""

    calls: list[tuple[DataScope, UUID, int, str]] = field(
        default_factory=list[tuple[DataScope, UUID, int, str]]
    )

    async def __call__(
        self, session: WriteSession, scope: DataScope, file_id: UUID, number: int, name: str
    ) -> None:
        del session
        self.calls.append((scope, file_id, number, name))


@dataclass(frozen=True)
class Shelf:
    """One person's files and documents."""

    person: Person
    files: FileServices
    documents: DocumentServices
    index: VectorIndex
    embedder: WordEmbedder
    queued: Queued

    @property
    def me(self) -> Principal:
        return self.person.principal

    async def put(
        self,
        name: str,
        body: bytes,
        visibility: Visibility = "private",
        *,
        folder_id: UUID | None = None,
        replaces: UUID | None = None,
    ) -> File:
        draft = UploadDraft(name, len(body), folder_id, visibility, replaces)
        return await self.files.store(self.me, draft, _pieces(body))

    async def read(self, file: File) -> Document:
        """As the worker does."""
        await self.documents.pipeline.run(self.me, file.id, file.number)
        return await self.documents.get_document(self.me, file.id)

    async def add(self, name: str, body: bytes, visibility: Visibility = "private") -> File:
        """Stored and read; it is found from now on."""
        file = await self.put(name, body, visibility)
        document = await self.read(file)
        assert document.state == "indexed", document
        return file

    async def search(
        self, text: str, *, limit: int = 10, file_ids: tuple[UUID, ...] | None = None
    ) -> SearchResult:
        return await self.documents.search(self.me, SearchQuery(text, limit, file_ids))

    async def names(self, text: str) -> list[str]:
        return [each.name for each in (await self.search(text)).passages]


async def _pieces(body: bytes) -> AsyncIterator[bytes]:
    yield body
